"""What learners and formgrader get to see of a result: the graded notebook, the feedback page, Gradescope's file."""

from __future__ import annotations

import functools
import html
import json
from pathlib import Path

from autograder.grading.deadline import in_words
from autograder.grading.records import to_json, write
from dlcourse.handing_in.master import Master

WORDS = {
    "passed": "passed",
    "partly": "partly right",
    "failed": "not right yet",
    "not attempted": "not attempted",
    "died": "no verdict",
    "unreadable": "no verdict",
    "missing": "nothing handed in",
}
LONGEST_LINE, MOST_LINES = 300, 400
STATUS = {
    "graded": "",
    "interrupted": "The notebook could not be run to its end; what could be judged was.",
    "unreadable": "The notebook could not be graded.",
    "missing": "Nothing was handed in.",
    "failed": "The grader failed on this notebook; your teacher has been told.",
}


def publish(result: dict, master: Master, released: str, course: Path, out: Path) -> None:
    """Write everything about one result that somebody may open."""
    student, name = result["student"], result["assignment"]
    write(course / "feedback" / student / name / f"{name}.html", feedback_page(result))
    write(course / "autograded" / student / name / f"{name}.ipynb", graded_notebook(result, released))
    write(out / "gradescope" / f"{student}.json", to_json(gradescope(result)))


def feedback_page(result: dict) -> str:
    """One learner's page: what happened to each exercise, in words."""
    words = {"words": WORDS, "status": STATUS, "points": number, "verdict": verdict, "given": given, "on_time": on_time}
    return template("feedback.html").render(result=result, code=code_of(result), **words)


def verdict(exercise: dict) -> str:
    return WORDS.get(exercise["status"], exercise["status"])


def number(value: float) -> str:
    """Points as people write them: 4, 2.5, 0.3333."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def graded_notebook(result: dict, released: str) -> str:
    """The rebuilt notebook with each mark under its check, as formgrader wants to find it."""
    notebook = json.loads(released)
    cells = {_identifier(cell): cell for cell in notebook["cells"]}
    # Formgrader shows what a person gave in fields of its own.
    exercises = {one["name"]: {**one, "score": one.get("auto_score", one["score"])} for one in result["exercises"]}
    rows = result["program"] or [{"kind": "", "id": identifier} for identifier in cells]
    made = []
    for row in rows:
        if row["kind"] == "own":
            cell = {"cell_type": "code", "id": row["id"][:64], "metadata": {"tags": ["own"]}, "source": row["source"]}
            cell |= {"execution_count": None, "outputs": []}
        elif row["id"] in cells:
            cell = {**cells[row["id"]]}
            if "source" in row:
                cell["source"] = row["source"]
        else:
            continue
        nbgrader = cell.get("metadata", {}).get("nbgrader", {})
        exercise = exercises.get(nbgrader.get("grade_id", "").removeprefix("check-"))
        if nbgrader.get("grade") and exercise is not None:
            cell = {**cell, "execution_count": None, "outputs": _outputs(exercise)}
        made.append(cell)
    sentences = [*filter(None, [STATUS[result["status"]], result["problem"], on_time(result)]), *result["repairs"]]
    if sentences:
        text = "**From the grader**\n\n" + "\n".join(f"- {inert(sentence)}" for sentence in sentences)
        made.insert(0, {"cell_type": "markdown", "id": "from-the-grader", "metadata": {}, "source": text})
    return to_json({**notebook, "cells": made})


def inert(text: str) -> str:
    """Somebody's words in a cell of text, where they shall be neither Markdown, nor HTML, nor a formula, nor a link."""
    text = text.replace("$", "\uff04")
    return "".join(letter if letter.isalnum() or letter in " ,'" else f"&#{ord(letter)};" for letter in text)


def code_of(result: dict) -> dict[str, str]:
    """What the learner wrote for each exercise, as much of it as somebody reads on a page."""
    sources = {row["id"].removeprefix("exercise-"): row["source"] for row in result["program"] if "source" in row}
    return {
        name: "\n".join(
            line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} ..." for line in lines[:MOST_LINES]
        )
        + ("\n..." if len(lines) > MOST_LINES else "")
        for name, lines in ((name, source.strip("\n").split("\n")) for name, source in sources.items())
    }


def gradescope(result: dict) -> dict:
    """Gradescope's results.json for one submission."""
    lines = [*filter(None, [STATUS[result["status"]], result["problem"]]), *result["repairs"]]
    lines += [said] if (said := on_time(result)) else []
    return {
        "score": result["score"],
        "output": "\n".join(lines),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": exercise["name"],
                "score": exercise["score"],
                "max_score": exercise["points"],
                "output": "\n".join(
                    filter(
                        None,
                        [
                            verdict(exercise),
                            exercise["case"],
                            exercise["message"],
                            exercise["line"],
                            exercise.get("helper"),
                            exercise["mistake"],
                            given(exercise),
                        ],
                    )
                ),
                "visibility": "visible",
            }
            for exercise in result["exercises"]
        ],
    }


def on_time(result: dict) -> str:
    """What is to be said of the time of handing in: how late, and what that costs; "" where it was in time."""
    lateness = result.get("lateness") or {}
    if not result.get("late"):
        return ""
    late_by, when = lateness.get("late_by"), result.get("submitted", "")
    said = f"Handed in {in_words(late_by) + ' ' if late_by else ''}late{f', on {when}' if when else ''}."
    if "penalty" in result:
        said += f" {number(result['penalty'])} of the {number(result['earned'])} points earned are taken off for that "
        said += f"({lateness['rule']}" + (", of the maximum" if lateness["kind"] == "of the maximum" else "") + ")."
    elif lateness.get("rule") and late_by is None:
        said += " How late is not known, so nothing is taken off."
    return said


def given(exercise: dict) -> str:
    """What a teacher gave for an exercise, in a sentence or two."""
    mark = exercise.get("teacher", {})
    words = []
    if "score" in mark:
        words.append(f"Your teacher gave {number(mark['score'])} of {number(exercise['points'])} points.")
    if "extra" in mark:
        words.append(f"Extra credit: {number(mark['extra'])}.")
    if "comment" in mark:
        words.append(f"Your teacher's comment: {mark['comment']}")
    return " ".join(words)


def _outputs(exercise: dict) -> list[dict]:
    lines = [f"{exercise['name']}: {verdict(exercise)} ({number(exercise['score'])} / {number(exercise['points'])})"]
    marks = {
        group["name"]: "·" if group.get("note") else "x" if group["passed"] else " " for group in exercise["groups"]
    }
    notes = {group["name"]: f" ({group['note']})" for group in exercise["groups"] if group.get("note")}
    lines += [f"  [{mark}] {name}{notes.get(name, '')}" for name, mark in marks.items()]
    lines += [f"  {exercise[key]}" for key in ("case", "message", "line", "helper", "mistake") if exercise.get(key)]
    text = "\n".join(lines)
    return [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": f'<pre style="white-space: pre-wrap">{html.escape(text)}</pre>', "text/plain": text},
        },
        {
            "output_type": "execute_result",
            "execution_count": None,
            "metadata": {},
            "data": {"text/plain": repr(float(exercise["score"]))},
        },
    ]


def _identifier(cell: dict) -> str:
    grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")
    return grade_id if grade_id and cell["cell_type"] == "code" else cell.get("id", grade_id)


@functools.cache
def template(name: str):
    """A page of `templates/`; whatever is put into it is text, never HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment.get_template(name)
