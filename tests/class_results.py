"""A graded class without any grading: results as `autograder grade` leaves them, of learners whose scores are given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from classroom import ROOT

from autograder.grading.one_submission import make_task, unreadable
from autograder.grading.records import Records, to_json, write
from autograder.grading.students import read_roster
from autograder.grading.submissions import Submission, take_in
from autograder.results.tables import grades_csv, results_json
from dlcourse.handing_in.master import Master, read_master

NAME = "01_convolution"
SETTINGS = {"assignment": NAME, "master_digest": "", "seed": 1, "version": "", "seconds": 30}


def master(name: str = NAME) -> Master:
    return read_master(name, (ROOT / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8"))


def earned(of: Master, **fractions: float) -> list[dict]:
    """The verdicts on all exercises: `fractions` of their points, 0 and "not attempted" elsewhere."""
    made = []
    for name, points in of.points.items():
        fraction = fractions.get(name)
        status = "not attempted" if fraction is None else {0: "failed", 1: "passed"}.get(fraction, "partly")
        case = "a 3x3 image, by hand" if status in ("failed", "partly") else ""
        message = "The result is not right." if case else ""
        score = round(points * (fraction or 0), 4)
        made.append({"name": name, "points": points, "score": score, "status": status, "case": case, "message": message,
                     "line": "", "mistake": "", "groups": []})  # fmt: skip
    return made


def result(of: Master, student: str, status: str = "graded", exercises: list[dict] | None = None, **facts) -> dict:
    task = make_task(student, b"", {**SETTINGS, "assignment": of.name})
    made = unreadable(task, of, "", status) | {"seconds": 0.1, "cpu_seconds": 0.1}
    if exercises is not None:
        made |= {"exercises": exercises, "score": round(sum(one["score"] for one in exercises), 4)}
    return made | facts


def write_class(folder: Path, of: Master, results: list[dict], each: bool = True) -> Path:
    """The folder that `autograder grade --out` leaves; without `each`, only the tables of it."""
    records = Records(folder)
    records.create()
    write(folder / "run.json", to_json({"assignment": of.name, "seed": 1, "options": {}}))
    results = sorted(results, key=lambda one: one["student"])
    for one in results if each else ():
        records.save(one)
    write(folder / "grades.csv", grades_csv(results, of))
    write(folder / "results.json", to_json(results_json(results, of, [])))
    return folder


def from_hand_in(
    folder: Path, submitted: Path, roster: Path | None, verdicts: Callable[[Submission], dict], of: Master | None = None
) -> Path:
    """The class that was really handed in, with `verdicts` on each submission."""
    of = of or master()
    intake = take_in(submitted, of.name, read_roster(roster) if roster else None)
    results = []
    for one in intake.submissions:
        facts = {"known_as": one.known_as, "late": one.late, "submitted": one.when}
        if one.missing:
            results.append(result(of, one.student, "missing", **facts))
        else:
            results.append(result(of, one.student, **verdicts(one), **facts))
    return write_class(folder, of, results)
