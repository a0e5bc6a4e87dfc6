"""The class on one page: what it got wrong, exercise by exercise, and who needs a look. It opens offline."""

from __future__ import annotations

from collections import Counter

from autograder.results.class_numbers import MOST_GROUPS, OUTCOMES, ClassNumbers
from autograder.results.publishing import number, template
from autograder.results.tables import lateness

MARKS = {"full marks": "full", "part of them": "part", "wrong": "wrong", "not attempted": "none", "no verdict": "dead"}
NARROWEST = 0.06  # of a bar: what is narrower has its number in the table only


def report_page(classes: list[ClassNumbers], names: bool = True) -> str:
    """The page.

    Args:
        names: False leaves out everything that says who somebody is.
    """
    return template("report.html").render(
        classes=[_assignment(one, names) for one in classes],
        across=_across(classes) if len(classes) > 1 else None,
        names=names,
        outcomes=[(outcome, MARKS[outcome]) for outcome in OUTCOMES],
        points=number,
    )


def _assignment(one: ClassNumbers, names: bool) -> dict:
    reasons = Counter(reason for _, reason in one.look)
    who: dict[str, list[str]] = {}
    for student, reason in one.look if names else ():
        who.setdefault(reason, []).append(student)
    return {
        "name": one.assignment,
        "max": one.max_score,
        "statuses": sorted(one.statuses.items()),
        "count": sum(one.statuses.values()),
        "handed_in": len(one.scores),
        "late": one.late,
        "mean": one.mean,
        "median": one.median,
        "full": one.full,
        "bins": _bars(one.bins()),
        "days": _bars(one.days),
        "exercises": [_exercise(exercise) for exercise in one.exercises],
        "look": [(reason, count, who.get(reason, [])) for reason, count in reasons.most_common()],
        "penalties": sum("penalty" in row for row in one.rows),
        "rows": [_row(row) for row in one.rows] if names else [],
    }


def _row(row: dict) -> dict:
    late = lateness(row)[0] or bool(row.get("late"))
    return {key: row.get(key) for key in ("student", "score", "status", "penalty", "submitted")} | {"late": late}


def _exercise(exercise) -> dict:
    whole, at, parts = sum(exercise.outcomes.values()), 0.0, []
    most = max([*exercise.mistakes.values(), *exercise.cases.values()], default=1)
    for outcome in OUTCOMES:
        share = exercise.outcomes[outcome] / whole if whole else 0.0
        if share:
            shown = exercise.outcomes[outcome] if share >= NARROWEST else ""
            parts.append(
                {"mark": MARKS[outcome], "outcome": outcome, "at": 100 * at, "wide": 100 * share, "shown": shown}
            )
        at += share
    return {
        "name": exercise.name,
        "points": exercise.points,
        "mean": exercise.mean,
        "counts": [exercise.outcomes[outcome] for outcome in OUTCOMES],
        "parts": parts,
        "told": ", ".join(
            f"{exercise.outcomes[outcome]} {outcome}" for outcome in OUTCOMES if exercise.outcomes[outcome]
        ),
        "mistakes": _shares(exercise.mistakes, most),
        "cases": _shares(exercise.cases, most),
        "more_mistakes": max(len(exercise.mistakes) - MOST_GROUPS, 0),
        "more_cases": max(len(exercise.cases) - MOST_GROUPS, 0),
    }


def _shares(counted: Counter, most: int) -> list[dict]:
    return [{"said": said, "count": n, "wide": 100 * n / most} for said, n in counted.most_common(MOST_GROUPS)]


def _bars(counted: list[tuple[str, int]]) -> list[dict]:
    most = max((count for _, count in counted), default=0) or 1
    return [{"label": label, "count": count, "high": 100 * count / most} for label, count in counted]


def _across(classes: list[ClassNumbers]) -> dict:
    """The same learners over several assignments: everybody who is in one of them."""
    students = sorted({row["student"] for one in classes for row in one.rows})
    rows = []
    for student in students:
        scores = [one.scores.get(student) for one in classes]
        shares = [score / one.max_score for score, one in zip(scores, classes, strict=True) if score is not None]
        rows.append({"student": student, "scores": scores, "share": sum(shares) / len(classes)})
    handed_in = Counter(sum(score is not None for score in row["scores"]) for row in rows)
    return {
        "assignments": [one.assignment for one in classes],
        "rows": rows,
        "handed_in": _bars([(str(count), handed_in[count]) for count in range(len(classes) + 1)]),
        "means": [
            (one.assignment, one.mean, one.max_score, round(100 * one.mean / one.max_score, 1)) for one in classes
        ],
    }
