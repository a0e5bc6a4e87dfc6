"""What a teacher gives by hand in formgrader, put together with what the grader found.

The grader's own result stays as it is in `submissions/`. `marks.json` beside it has the teacher's part, as it was last
seen in the gradebook, so that it survives a run without one. Whatever is shown or exported is both, joined by
`with_marks`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from autograder.grading.records import Records, to_json, write

Marks = dict[str, dict]  # by exercise: "score", "extra" and "comment", those that were given


def with_marks(result: dict, marks: Marks | None) -> dict:
    """A result as it counts. Where a person has given a score it replaces the grader's, which stays as `auto_score`;
    extra credit comes on top; what lateness costs is taken off the sum."""
    if not marks:
        return with_penalty(result)
    exercises = []
    for exercise in result["exercises"]:
        if mark := marks.get(exercise["name"]):
            score = mark.get("score", exercise["score"]) + mark.get("extra", 0.0)
            exercise = {**exercise, "score": round(score, 4), "auto_score": exercise["score"], "teacher": mark}
        exercises.append(exercise)
    score = round(sum(exercise["score"] for exercise in exercises), 4)
    return with_penalty({**result, "exercises": exercises, "score": score})


def with_penalty(result: dict) -> dict:
    """A result less what being late costs, never below 0; `earned` is the score without that, and `penalty` what was
    taken off."""
    lateness = result.get("lateness") or {}
    if not lateness.get("taken") or "earned" in result:
        return result
    earned = result["score"]
    of = {"of the maximum": result["max_score"], "of the score": earned, "points": 1.0}[lateness["kind"]]
    penalty = round(max(min(lateness["taken"] * of, earned), 0.0), 4)
    return {**result, "score": round(earned - penalty, 4), "earned": earned, "penalty": penalty}


def joined(results: Iterable[dict], marks: dict[str, Marks]) -> Iterator[dict]:
    return (with_marks(result, marks.get(result["student"])) for result in results)


def load(records: Records) -> dict[str, Marks]:
    """The teacher's part as it was last seen."""
    try:
        return json.loads((records.folder / "marks.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def save(records: Records, marks: dict[str, Marks]) -> None:
    if marks or (records.folder / "marks.json").exists():
        write(records.folder / "marks.json", to_json(marks), 0o600)


def told(marks: dict[str, Marks], students: Iterable[str]) -> str:
    """A sentence on what was kept; "" where nothing was given by hand."""
    given = {student: marks[student] for student in students if marks.get(student)}
    if not given:
        return ""
    names = [f"{student} ({', '.join(sorted(given[student]))})" for student in sorted(given)]
    shown = "; ".join(names[:10]) + ("; ..." if len(names) > 10 else "")
    return f"Kept as a teacher gave them: scores and comments of {shown}."
