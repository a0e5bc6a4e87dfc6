"""Look at grades again: who would move with today's checks, and one lost point repeated from its seed."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.commands.grade import (
    ALL_GRADED,
    SOME_NOT,
    Options,
    bad_input,
    bar,
    consoles,
    earlier,
    interrupt_once,
    prepare,
    stopped,
    warn_of_isolation,
    write_reports,
)
from autograder.grading import whole_class
from autograder.grading.archives import InputError
from autograder.grading.one_submission import BUDGET, SECONDS, limits, needs_of, program_of
from autograder.grading.records import Records
from autograder.results import marks, tables
from autograder.results.publisher import Publisher
from autograder.results.publishing import number, verdict
from dlcourse.handing_in.master import Master, read_master
from dlcourse.handing_in.notebook_files import CourseError


def regrade(out: Path, dry_run: bool, seed: int | None, workers: int | None) -> int:
    """Grade everything again, show the differences, and keep the new results unless it's a dry run."""
    screen, err = consoles()
    interrupt_once()
    try:
        options = _options(out, seed, workers)
        with contextlib.ExitStack() as stack:
            records = Records(out)
            before = {result["student"]: {**result, "program": []} for result in records.all()}
            run = prepare(options, stack, err, dry=dry_run)
            with bar(err) as advance:
                done = whole_class.grade_class(run, advance, Publisher)
            if not dry_run:
                write_reports(run, done.marks)
    except CourseError as error:
        return bad_input(err, error)
    except KeyboardInterrupt:
        kept = "" if dry_run else " What was graded anew is kept; run the same command again for the rest."
        return stopped(err, f"Stopped.{kept}")
    before = {result["student"]: result for result in marks.joined(before.values(), done.marks)}
    moves = [move for result in done.results if (move := _move(before.get(result["student"]), result))]
    _show(screen, moves, len(done.results), dry_run)
    if kept := marks.told(done.marks, before):
        screen.print(kept, markup=False)
    for sentence in [*earlier(run), *done.problems]:
        err.print(sentence, markup=False)
    return SOME_NOT if done.problems or any(result["status"] == "failed" for result in done.results) else ALL_GRADED


def _options(out: Path, seed: int | None, workers: int | None) -> Options:
    known = Records(out).run()
    if not known:
        raise InputError(f"There are no grades in {out}: name the folder that `autograder grade --out` wrote.")
    given = {key: value for key, value in known["options"].items() if key in Options.__dataclass_fields__}
    for key in ("submitted", "out", "course", "roster"):
        given[key] = Path(given[key]) if given[key] else None
    given["assignment"] = known["master"]
    return dataclasses.replace(
        Options(**given),
        out=out,
        seed=known["seed"] if seed is None else seed,
        workers=workers or given.get("workers"),
        force=True,
    )


def _move(old: dict | None, new: dict) -> tuple[str, str, str, list[str]] | None:
    """Who moves from where to where, and why."""
    if old is None:
        return new["student"], "", number(new["score"]), ["This submission is new."]
    reasons = []
    if old["status"] != new["status"]:
        reasons.append(f"{old['status']} before, {new['status']} now. {new['problem']}".strip())
    were = {exercise["name"]: exercise for exercise in old["exercises"]}
    for exercise in new["exercises"]:
        was = were.get(exercise["name"])
        if was is None:
            reasons.append(f"{exercise['name']} is a new exercise.")
        elif (was["score"], was["points"]) != (exercise["score"], exercise["points"]):
            telling = exercise if exercise["score"] < was["score"] else was
            when = "now" if telling is exercise else "before"
            why = " ".join(filter(None, [telling["case"] and f"{telling['case']}:", telling["message"]]))
            points = f"{number(was['score'])} to {number(exercise['score'])}"
            reasons.append(f"{exercise['name']} {points} ({verdict(was)}, now {verdict(exercise)}; {when}: {why})")
        elif was.get("auto_score") != exercise.get("auto_score"):
            points = f"{number(was['auto_score'])} to {number(exercise['auto_score'])}"
            reasons.append(
                f"{exercise['name']} {points} by the checks; the teacher's {number(exercise['score'])} stays."
            )
    if not reasons:
        return None
    return new["student"], number(old["score"]), number(new["score"]), reasons


def _show(screen: Console, moves: list, count: int, dry_run: bool) -> None:
    if not moves:
        screen.print(f"Nobody's points change ({count} submissions).")
        return
    shown = Table(header_style="bold")
    for column in ("student", "before", "now", "why"):
        shown.add_column(column, overflow="fold")
    for student, before, now, reasons in moves:
        shown.add_row(tables.plain_text(student), before, now, tables.plain_text("\n".join(reasons)))
    screen.print(shown)
    kept = "Nothing was changed: run without --dry-run to apply it." if dry_run else "The new results were kept."
    screen.print(f"{len(moves)} of {count} submissions change. {kept}")


def replay(out: Path, student: str, name: str, seed: int | None, isolation: str) -> int:
    """Show the whole panel of one exercise of one submission."""
    from autograder.grading.judge import report_of
    from autograder.running.kernels import KernelPool
    from dlcourse import checks
    from dlcourse.checking.panel import panel

    screen, err = consoles()
    try:
        records = Records(out)
        result, master = records.load(student), _master(records)
        if result is None:
            names = ", ".join(records.students()[:20]) or "nobody"
            raise InputError(f"There is no result of {student!r} in {out}; there are: {names}.")
        if name not in master.points:
            raise InputError(f"{master.name} has no exercise {name!r}; it has {', '.join(master.points)}.")
        if not result["program"]:
            raise InputError(f"There is nothing to replay: {result['problem'] or result['status']}")
        warn_of_isolation(Options(out, master.name, out, isolation=isolation), err)
    except CourseError as error:
        return bad_input(err, error)
    needs = needs_of(master.topic)
    seconds = records.run()["options"]["seconds"] or SECONDS[needs]
    points = master.points[name]
    seed = result["seed"] if seed is None else seed
    program = program_of(master, result["program"])
    with KernelPool(needs=needs, topic=master.topic, isolation=isolation) as pool:
        report = report_of(program, master.topic, name, seed, pool, limits(seconds), BUDGET * seconds)
    exercise = checks.get(master.topic, name)
    shown = panel.of_report(exercise, report, round(report.score * points, 4), points)
    screen.print(tables.plain_text(shown.text))
    before = next((e["score"] for e in result["exercises"] if e["name"] == name), 0.0)
    screen.print(f"Seed {seed}. Recorded: {number(before)} of {number(points)}.")
    return ALL_GRADED


def _master(records: Records) -> Master:
    known = records.run()
    if not known:
        raise InputError(
            f"There are no grades in {records.folder}: name the folder that `autograder grade --out` wrote."
        )
    path = Path(known["master"])
    try:
        return read_master(path.stem, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The released notebook {path} cannot be read ({error.strerror}).") from None
