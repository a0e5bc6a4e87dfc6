"""What a class got right and wrong, in numbers: from `results.json`, so that they are those of `grades.csv`."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from autograder.results.publishing import number
from autograder.results.tables import harmless

BINS = 10
OUTCOMES = ("full marks", "part of them", "wrong", "not attempted", "no verdict")
HANDED_IN = ("graded", "interrupted", "unreadable")
MOST_GROUPS = 5
STATUSES = {
    "interrupted": "the run was interrupted",
    "unreadable": "the notebook cannot be read",
    "failed": "the grader failed",
    "missing": "nothing was handed in",
}


@dataclass
class ExerciseNumbers:
    """One exercise over the class."""

    name: str
    points: float
    outcomes: Counter = field(default_factory=Counter)
    earned: list[float] = field(default_factory=list)
    mistakes: Counter = field(default_factory=Counter)  # sentences that name a mistake
    cases: Counter = field(default_factory=Counter)  # wrong in no way that has a name: by the first case that fails

    @property
    def mean(self) -> float:
        return round(statistics.fmean(self.earned), 2) if self.earned else 0.0

    @property
    def lost(self) -> int:
        return sum(self.outcomes.values()) - self.outcomes["full marks"]


@dataclass
class ClassNumbers:
    """One assignment over the class."""

    assignment: str
    max_score: float
    statuses: Counter
    scores: dict[str, float]  # of those who handed something in
    exercises: list[ExerciseNumbers]
    look: list[tuple[str, str]]  # who should be looked at, and why
    late: int
    days: list[tuple[str, int]]
    rows: list[dict]

    @property
    def mean(self) -> float:
        return round(statistics.fmean(self.scores.values()), 2) if self.scores else 0.0

    @property
    def median(self) -> float:
        return round(statistics.median(self.scores.values()), 2) if self.scores else 0.0

    @property
    def full(self) -> int:
        return sum(score >= self.max_score for score in self.scores.values())

    def bins(self) -> list[tuple[str, int]]:
        """How many have how many points: tenths of the maximum, the last with the maximum and what is above."""
        counts = Counter(min(int(BINS * score / self.max_score), BINS - 1) for score in self.scores.values())
        edges = [number(round(self.max_score * place / BINS, 2)) for place in range(BINS + 1)]
        return [(f"{edges[place]} to {edges[place + 1]}", counts[place]) for place in range(BINS)]


def numbers_of(table: dict) -> ClassNumbers:
    """Count.

    Args:
        table: what `results.json` holds.
    """
    exercises = {one["name"]: ExerciseNumbers(one["name"], one["points"]) for one in table["exercises"]}
    rows = table["submissions"]
    scores: dict[str, float] = {}
    look: list[tuple[str, str]] = []
    for row in rows:
        look += [(row["student"], reason) for reason in _reasons(row)]
        if row["status"] not in HANDED_IN:
            continue
        scores[row["student"]] = row["score"]
        for one in row["exercises"]:
            if one["name"] in exercises:
                _count(exercises[one["name"]], one)
    return ClassNumbers(
        table["assignment"],
        table["max_score"],
        Counter(row["status"] for row in rows),
        scores,
        list(exercises.values()),
        look,
        sum(bool(row.get("late")) for row in rows),
        _days(rows),
        rows,
    )


def _count(over: ExerciseNumbers, one: dict) -> None:
    over.earned.append(one["score"])
    outcome = outcome_of(one)
    over.outcomes[outcome] += 1
    if outcome not in ("wrong", "part of them"):
        return
    if one["mistake"]:
        over.mistakes[one["mistake"]] += 1
    elif one["status"] in ("failed", "partly"):
        over.cases[one["case"] or one["message"] or "no case"] += 1


def outcome_of(exercise: dict) -> str:
    """By the score, as it is in grades.csv; where that is 0, by what the grader saw."""
    if exercise["score"] >= exercise["points"]:
        return "full marks"
    if exercise["score"] > 0:
        return "part of them"
    if exercise["status"] in ("died", "unreadable", "missing"):
        return "no verdict"
    return "not attempted" if exercise["status"] == "not attempted" else "wrong"


def _reasons(row: dict) -> Iterator[str]:
    if row["status"] in STATUSES:
        yield STATUSES[row["status"]]
    for one in row["exercises"]:
        if one["status"] == "died":
            yield f"{one['name']} was ended"
    if row["status"] == "graded" and row["score"] == 0:
        tried = any(one["status"] != "not attempted" for one in row["exercises"])
        yield "tried, and earned nothing" if tried else "handed in, and nothing attempted"


def _days(rows: list[dict]) -> list[tuple[str, int]]:
    """How many handed in on which day, where anybody's platform has told; days without anybody included, up to 60."""
    counted = Counter(row["submitted"][:10] for row in rows if row.get("submitted"))
    if not counted:
        return []
    first, last = date.fromisoformat(min(counted)).toordinal(), date.fromisoformat(max(counted)).toordinal()
    if last - first >= 60:
        return sorted(counted.items())
    return [(day, counted[day]) for day in (date.fromordinal(place).isoformat() for place in range(first, last + 1))]


def report_csv(classes: list[ClassNumbers]) -> str:
    """Every number of the page, one in a line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("assignment", "exercise", "what", "which", "number"))
    for one in classes:
        rows: list[tuple] = [("", "learners", status, count) for status, count in sorted(one.statuses.items())]
        rows += [("", "learners", "late", one.late)] if one.late else []
        rows += [("", "score", "mean", number(one.mean)), ("", "score", "median", number(one.median))]
        rows += [("", "points", edges, count) for edges, count in one.bins()]
        rows += [("", "handed in", day, count) for day, count in one.days]
        for exercise in one.exercises:
            rows += [(exercise.name, "outcome", outcome, exercise.outcomes[outcome]) for outcome in OUTCOMES]
            rows.append((exercise.name, "score", "mean", number(exercise.mean)))
            rows += [(exercise.name, "mistake", said, count) for said, count in exercise.mistakes.most_common()]
            rows += [(exercise.name, "first failing case", said, count) for said, count in exercise.cases.most_common()]
        writer.writerows((one.assignment, *(harmless(str(cell)) for cell in row)) for row in rows)
    return text.getvalue()
