"""The class as a table: grades.csv for a learning platform, results.json for programs, and the table on the screen."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from autograder.grading.deadline import in_words
from autograder.grading.one_submission import SCHEMA
from autograder.results.publishing import number, on_time
from dlcourse.handing_in.master import Master

COLUMNS = ("student", "assignment", "score", "max_score", "status", "repairs")
LAST_COLUMNS = (
    "late",
    "late_by",
    "earned",
    "penalty",
    "submitted",
    "comments",
)  # behind the exercises, those that somebody has an entry in
MOST_ROWS = 60
STYLES = {"graded": "green", "interrupted": "yellow", "unreadable": "red", "failed": "red", "missing": "dim"}


def grades_csv(results: Iterable[dict], master: Master) -> str:
    """One line for each learner, sorted by name; after `repairs`, one column for each exercise. Where a platform or a
    teacher has said something of anybody, columns for that come last."""
    rows = []
    for result in results:
        scores = {exercise["name"]: number(exercise["score"]) for exercise in result["exercises"]}
        repairs = " ".join([*filter(None, [result["problem"]]), *result["repairs"]])
        facts = [result["student"], result["assignment"], number(result["score"]), number(result["max_score"])]
        row = [*facts, result["status"], repairs, *(scores.get(name, "0") for name in master.points)]
        rows.append([*row, "late" if result.get("late") else "", *lateness(result), comments(result)])
    header = [*COLUMNS, *master.points, *LAST_COLUMNS]
    kept = [place for place, name in enumerate(header) if name not in LAST_COLUMNS or any(row[place] for row in rows)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (header, *rows):
        writer.writerow([harmless(row[place]) for place in kept])
    return text.getvalue()


def lateness(result: dict) -> tuple[str, str, str, str]:
    """How late something is, the score without what that costs, what it costs, and when it was handed in."""
    late_by = (result.get("lateness") or {}).get("late_by")
    points = [number(result[key]) if "penalty" in result else "" for key in ("earned", "penalty")]
    return (in_words(late_by) if late_by else "", *points, result.get("submitted", ""))


def comments(result: dict) -> str:
    """What a teacher has written to a learner, by exercise."""
    given = ((e["name"], e.get("teacher", {}).get("comment")) for e in result["exercises"])
    return " ".join(f"{name}: {comment}" for name, comment in given if comment)


def harmless(cell: str) -> str:
    """A spreadsheet takes what begins like this for a formula, and would run it."""
    cell = cell.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    return f"'{cell}" if cell.lstrip()[:1] in ("=", "+", "-", "@") and cell else cell


def results_json(results: Iterable[dict], master: Master, refused: list[str]) -> dict:
    """Every result without the learner's code, the seed and the timings, so that equal runs are equal files."""
    left_out = {"program", "seed", "seconds", "cpu_seconds", "kernels", "digest", "known_as"}
    return {
        "schema": SCHEMA,
        "assignment": master.name,
        "max_score": float(sum(master.points.values())),
        "exercises": [{"name": name, "points": points} for name, points in master.points.items()],
        "refused": refused,
        "submissions": [{key: value for key, value in result.items() if key not in left_out} for result in results],
    }


def table(results: list[dict], title: str) -> Table:
    """The class on the screen; of a large class, those whose grade needs a look."""
    shown = [result for result in results if len(results) <= MOST_ROWS or result["status"] != "graded"]
    made = Table(title=title, title_justify="left", header_style="bold")
    made.add_column("student", overflow="fold")
    made.add_column("score", justify="right", no_wrap=True)
    made.add_column("status", no_wrap=True)
    made.add_column("what was repaired, or went wrong", overflow="fold")
    for result in shown[:MOST_ROWS]:
        lost = [f"{e['name']}: {e['message']}" for e in result["exercises"] if e["status"] == "died"]
        notes = [*filter(None, [result["problem"], on_time(result)]), *lost, *result["repairs"]]
        made.add_row(
            plain_text(result["student"]),
            f"{number(result['score'])} / {number(result['max_score'])}",
            Text(result["status"], STYLES[result["status"]]),
            plain_text(" ".join(notes)),
        )
    return made


def plain_text(text: str) -> Text:
    """Somebody else's words on a terminal: neither markup nor control characters."""
    return Text("".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text))


def summary(results: list[dict], seconds: float, graded_now: int) -> str:
    """One or two sentences on the whole."""
    count = {status: sum(result["status"] == status for result in results) for status in STYLES}
    scores = [result["score"] for result in results if result["status"] in ("graded", "interrupted", "unreadable")]
    mean = f" The mean is {number(round(sum(scores) / len(scores), 2))}." if scores else ""
    words = {
        "graded": "graded",
        "interrupted": "graded with an interruption",
        "unreadable": "unreadable",
        "failed": "not graded because the grader failed",
        "missing": "not handed in",
    }
    parts = ", ".join(f"{count[status]} {words[status]}" for status in words if count[status])
    again = f" {len(results) - graded_now} were already there." if graded_now < len(results) else ""
    return f"{parts}.{mean} {graded_now} graded in {seconds:.0f} s.{again}"
