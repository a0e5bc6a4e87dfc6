"""What `autograder grade` and `autograder regrade` do and print."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from autograder.building.nbgrader_config import file_url
from autograder.grading import executors, whole_class
from autograder.grading.archives import InputError
from autograder.grading.assignments import find_master, other_notebooks
from autograder.grading.deadline import make_deadline
from autograder.grading.one_submission import code_version, facts_of
from autograder.grading.records import Records, locked, to_json, write
from autograder.grading.students import read_roster
from autograder.grading.submissions import take_in
from autograder.results import marks, tables
from autograder.results.outcomes import suites_of
from autograder.results.publisher import Publisher
from dlcourse.handing_in.master import Master, read_master
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace.outcomes import deaf_runner, write_outcomes

ALL_GRADED, SOME_NOT, BAD_INPUT, STOPPED = 0, 1, 2, 130
NOT_KEPT = ("seed", "force", "junit", "as_json")  # options of one run, and none of a regrade
PRESSES = 5.0  # seconds in which one Ctrl-C after another is the same wish
ADDRESSES = "sqlite:////FOLDER/gradebook.db or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"


@dataclass(frozen=True)
class Options:
    """The options of `autograder grade`, as given."""

    submitted: Path
    assignment: str
    out: Path
    course: Path | None = None
    roster: Path | None = None
    student: str | None = None
    seed: int | None = None
    workers: int | None = None
    scheduler: str | None = None
    database: str | None = None
    isolation: str = "auto"
    seconds: float | None = None
    budget: float | None = None
    force: bool = False
    due: str | None = None
    late: str | None = None
    junit: Path | None = None
    as_json: Path | None = None


def grade(options: Options) -> int:
    """Grade a class; gives the exit status."""
    with deaf_runner():
        status, results = _grade(options)
    if results is None:
        return status
    try:
        write_outcomes("autograder grade", suites_of(results), options.junit, options.as_json)
    except CourseError as error:
        return bad_input(consoles()[1], error)
    return status


def _grade(options: Options) -> tuple[int, list[dict] | None]:
    out, err = consoles()
    interrupt_once()
    try:
        with contextlib.ExitStack() as stack:
            run = prepare(options, stack, err)
            with bar(err) as advance:
                done = whole_class.grade_class(run, advance, Publisher)
            write_reports(run, done.marks)
            complete_course(run.course, run.master.name, run.settings["master"])
    except CourseError as error:
        return bad_input(err, error), None
    except KeyboardInterrupt:
        return stopped(err, "Stopped. What was graded is kept; the same command goes on from here."), None
    count = len(done.results)
    out.print(tables.table(done.results, f"{run.master.name}, {count} submission{'' if count == 1 else 's'}"))
    out.print(tables.summary(done.results, done.seconds, done.graded))
    out.print(f"{run.records.folder / 'grades.csv'}", markup=False)
    if kept := marks.told(done.marks, run.records.students()):
        out.print(kept, markup=False)
    for sentence in [*earlier(run), *done.problems]:
        err.print(sentence, markup=False)
    whole = all(result["status"] in ("graded", "missing") for result in done.results)
    status = ALL_GRADED if whole and not (done.problems or run.intake.sentences) else SOME_NOT
    return status, done.results


def prepare(options: Options, stack: contextlib.ExitStack, err: Console, dry: bool = False) -> whole_class.Plan:
    """Read everything that was given, take the locks, and say what the teacher should know first."""
    master_path = find_master(options.assignment)
    master = read_master(master_path.stem, master_path.read_text(encoding="utf-8"))
    roster = read_roster(options.roster) if options.roster else None
    deadline = make_deadline(options.due, options.late, roster.members if roster else {})
    intake = take_in(options.submitted, master.name, roster, options.student, other_notebooks(master_path))
    known_database(options.database)
    workers = max(1, min(options.workers or processors(), len(intake.submissions)))
    crew = executors.Crew(workers, master.topic)
    stack.push(lambda kind, *_: crew.close(wait=kind is None))  # after Ctrl-C nobody waits for them
    needs = what_it_needs(master, None if options.scheduler else crew)
    warn_of_isolation(options, err)
    records = Records(options.out)
    course = options.course or default_course(options.submitted, options.out)
    records.create()
    stack.enter_context(locked(options.out))
    if course.resolve() != options.out.resolve():
        stack.enter_context(locked(course))
    seed = options.seed
    if not dry:
        facts = {key: value for key, value in vars(options).items() if key not in NOT_KEPT}
        facts = {key: str(value.resolve()) if isinstance(value, Path) else value for key, value in facts.items()}
        seed = records.begin(
            master.name, seed, master=str(master_path.resolve()), options=facts, version=code_version(master.topic)
        )
    elif seed is None:
        seed = records.run()["seed"]
    for sentence in intake.sentences:
        err.print(tables.plain_text(sentence))
    url = options.database or file_url(course.resolve() / "gradebook.db")
    return whole_class.plan(
        intake,
        master_path,
        seed,
        records,
        course,
        crew=crew,
        needs=needs,
        scheduler=options.scheduler,
        database=None if url == "none" else url,
        force=options.force,
        dry=dry,
        deadline=deadline,
        isolation=options.isolation,
        seconds=options.seconds,
        budget=options.budget,
    )


def write_reports(run: whole_class.Plan, given: dict[str, marks.Marks]) -> None:
    """The files of this run's class, with what teachers gave by hand."""

    def results() -> Iterator[dict]:
        names = sorted(submission.student for submission in run.intake.submissions)
        return marks.joined(filter(None, map(run.records.load, names)), given)

    folder = run.records.folder
    write(folder / "grades.csv", tables.grades_csv(results(), run.master))
    write(folder / "results.json", to_json(tables.results_json(results(), run.master, run.intake.sentences)))


def earlier(run: whole_class.Plan) -> list[str]:
    """A sentence on results of an earlier run whose names are none of this class's, as after one without the roster."""
    names = set(run.records.students()) - {submission.student for submission in run.intake.submissions}
    if not names:
        return []
    shown = ", ".join(sorted(names)[:5]) + (", ..." if len(names) > 5 else "")
    return [
        f"Left out of grades.csv and results.json, as nothing of theirs was handed in this time: {shown}. Their "
        f"earlier results are in {run.records.results}."
    ]


def default_course(submitted: Path, out: Path) -> Path:
    """The course of nbgrader's layout whose submissions these are; else the results' own folder."""
    parent = submitted.resolve().parent
    return parent if submitted.name == "submitted" and (parent / "nbgrader_config.py").exists() else out


def complete_course(course: Path, name: str, released: str) -> None:
    """Make a folder a course that nbgrader and formgrader can be started in; what it has already stays."""
    lines = ("from autograder.building.nbgrader_config import configure", "", "configure(c, __file__)  # noqa: F821")
    files = {"nbgrader_config.py": "\n".join(lines) + "\n"}
    files |= {f"{folder}/{name}/{name}.ipynb": released for folder in ("build/source", "notebooks")}
    for place, text in files.items():
        if (course / place).exists():
            continue
        if place.startswith("build/") and (course / "solutions" / f"{name}.py").exists():
            from autograder.building.notebooks import expanded

            text = expanded(course, name)
        write(course / place, text)


def what_it_needs(master: Master, crew: executors.Crew | None) -> str:
    """The packages that the notebook needs. A grading process tells, as each imports TensorFlow anyway.

    Raises:
        InputError: the notebook has checks that the installed dlcourse doesn't know.
    """
    try:
        needs, names = facts_of(master.topic) if crew is None else crew.ask(facts_of, master.topic)
    except KeyError:
        raise InputError(f"The installed dlcourse has no checks for {master.topic}.") from None
    if unknown := [name for name in master.points if name not in names]:
        raise InputError(f"The installed dlcourse has no exercise {', '.join(unknown)}: install the release's version.")
    return needs


def known_database(url: str | None) -> None:
    """Raises InputError, before the class is graded, where --db is no address, its driver is missing, or its server
    doesn't let us in. A file isn't opened yet: it may be made by the first result."""
    if url in (None, "none"):
        return
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(url)
    except SQLAlchemyError:
        raise InputError(f"--db is no address that SQLAlchemy knows; write {ADDRESSES}.") from None
    except ImportError as error:
        raise InputError(
            f"--db needs the package {error.name}; for PostgreSQL, pip install 'dlcourse[postgres]', and write "
            f"{ADDRESSES}."
        ) from None
    if engine.dialect.name == "sqlite":
        return
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"The database of --db lets nobody in: {said[0].rstrip('.')}. Mend the address; or grade with --db none, "
            "and enter the grades later, with this command again."
        ) from None
    finally:
        engine.dispose()


def interrupt_once() -> None:
    """Ctrl-C stops the run; pressed again while it ends, it would leave things behind, and tell how in many lines."""
    pressed = -PRESSES

    def stop(*_: object) -> None:
        nonlocal pressed
        if time.monotonic() < pressed + PRESSES:
            return
        pressed = time.monotonic()
        logging.getLogger("sqlalchemy").setLevel(logging.CRITICAL)  # it may be in the middle of writing
        raise KeyboardInterrupt

    def once_more(*_: object) -> None:
        raise KeyboardInterrupt

    def swallowed(found: sys.UnraisableHookArgs) -> None:
        if found.exc_type is KeyboardInterrupt:  # it came while a weak reference or a __del__ was called back
            signal.setitimer(signal.ITIMER_REAL, 0.01)
        else:
            sys.__unraisablehook__(found)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not in a script's background job
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGALRM, once_more)
        sys.unraisablehook = swallowed


def stopped(err: Console, sentence: str) -> int:
    """After Ctrl-C: end the grading processes, and say what is kept; gives the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Python's own end takes a moment
    executors.stop_local()
    err.print(sentence)
    return STOPPED


def warn_of_isolation(options: Options, err: Console) -> None:
    from autograder.running import sandbox

    try:
        found = sandbox.isolation(options.isolation)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"{error}".rstrip(".") + ". See `autograder doctor`.") from None
    if found.warning:
        err.print(found.warning, style="yellow", markup=False)


def processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def consoles() -> tuple[Console, Console]:
    return Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)


def bad_input(err: Console, error: Exception) -> int:
    err.print(str(error), markup=False)
    return BAD_INPUT


@contextlib.contextmanager
def bar(err: Console) -> Iterator[whole_class.Progress]:
    """A progress bar with the time left, where somebody is looking."""
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, refresh_per_second=4, disable=not err.is_terminal) as shown:
        task = shown.add_task("grading")
        yield lambda finished, total: shown.update(task, completed=finished, total=total)
