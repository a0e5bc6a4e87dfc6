"""What a learner may read about a verdict: what happened, in words, without hidden inputs or expected values.

Whatever comes from the learner's process may carry an input in it, so nothing of it is passed on but names and lines
that stand in the learner's own notebook.
"""

from __future__ import annotations

import builtins
import contextlib
import re
from dataclasses import dataclass

import numpy as np

from dlcourse.checking.comparing import compare, written
from dlcourse.checking.exercise import UNCHANGED, Exercise
from dlcourse.checking.report import Failure, Report

BUILTIN_ERRORS = {
    name
    for name in dir(builtins)
    if isinstance(getattr(builtins, name), type) and issubclass(getattr(builtins, name), BaseException)
}
NAMED = re.compile(
    r"(NameError: name|ModuleNotFoundError: No module named|AttributeError: .* has no attribute) '(\w+)'"
)
KINDS = {
    "type": "{label} is not of the kind that was asked for",
    "none": "{label} is None: a `return` is missing, or a value is not filled in",
    "shape": "{label} has the wrong shape",
    "length": "{label} has the wrong number of values",
    "missing": "{label} has entries missing",
    "nan": "{label} holds NaN",
    "value": "{label} is not right",
    "compare": "{label} is not right",
}


LONGEST_NAME, LONGEST_LINE, LONGEST_NUMBER, MOST_DIMENSIONS = 80, 300, 8, 6
COUNTS = ("parameters", "trainable")
WAITS = "counts when the rest is right"
NOTHING_SAID = {"status": "", "case": "", "message": "", "line": "", "mistake": "", "groups": []}


@dataclass(frozen=True)
class Lost:
    """Why an exercise has no verdict: the grader's own sentence."""

    reason: str


def describe(exercise: Exercise, report: Report, lost: Lost | None, fault: str, source: str) -> dict:
    """The verdict on one exercise in words, as plain data.

    Args:
        fault: what became of the exercise's own cell, if anything did.
        source: everything the learner wrote.
    """
    groups = [{"name": group.name, "passed": group.passed} for group in report.groups]
    for group in groups:
        if group["name"] == UNCHANGED and report.failures and report.failures[0].group != UNCHANGED:
            group["note"] = WAITS  # nobody knows yet whether they would be
    said = {**NOTHING_SAID, "groups": groups}
    if lost is not None:
        return no_verdict(lost)
    if not report.attempted:
        message = fault or report.note or "Not attempted yet."
        return {**said, "status": "failed" if fault else "not attempted", "message": message, "groups": []}
    if report.passed:
        return {**said, "status": "passed"}
    failure = report.failures[0]
    said["status"] = "partly" if report.score else "failed"
    said["case"] = failure.case
    said["message"] = _message(exercise, report, failure, source)
    said["line"] = failure.line[:LONGEST_LINE] if failure.line and failure.line in source else ""
    mistake = report.mistake
    if mistake and (exercise.names or mistake in exercise.mistakes or _own_answer(exercise, failure, source)):
        said["mistake"] = mistake.message
    if fault:
        said["message"] += f" {fault}"
    return said


def no_verdict(lost: Lost) -> dict:
    """What is said of an exercise that could not be judged."""
    return {**NOTHING_SAID, "status": "died", "message": f"No verdict: {lost.reason}", "groups": []}


def wrong_helper(exercise: Exercise, said: dict, judged: list[dict]) -> str:
    """A sentence on the first of the learner's other functions that this one builds on and that is not right either, as
    the panel has it; it is right or wrong with the helper that the learner has, so that one comes first."""
    wrong = {one["name"] for one in judged if one["status"] in ("failed", "partly")}
    if said["name"] not in wrong:
        return ""
    helper = next((name for name in exercise.siblings if name in exercise.companions and name in wrong), "")
    return (
        f"Your {helper} is not right either, and {exercise.name} builds on it: put {helper} right first."
        if helper
        else ""
    )


def public_error(error: str, source: str) -> str:
    """An error without its text, unless the text only names what stands in the notebook."""
    if (match := NAMED.match(error)) and len(match[2]) <= LONGEST_NAME and re.search(rf"\b{match[2]}\b", source):
        kind = match[1].partition(":")[0]
        return {
            "NameError": f"NameError: name '{match[2]}' is not defined.",
            "ModuleNotFoundError": f"ModuleNotFoundError: there is no '{match[2]}' here.",
            "AttributeError": f"AttributeError: there is no attribute '{match[2]}'.",
        }[kind]
    name = re.match(r"RuntimeError: dlcourse\.(\w+) is not available while work is graded", error)
    if name and re.search(rf"\b{name[1]}\b", source):
        return f"RuntimeError: dlcourse.{name[1]} is not available while work is graded: write your own function."
    if "is not available here: this notebook is written with" in error:
        name = re.match(r"ModuleNotFoundError: (\w+) is not available here", error)
        if name and re.search(rf"\b{name[1]}\b", source):
            return f"ModuleNotFoundError: {name[1]} is not available in this notebook."
    name = re.match(r"\w+", error)
    kind = name[0] if name else ""
    kind = kind if len(kind) <= LONGEST_NAME else ""
    return f"{kind}." if kind in BUILTIN_ERRORS or re.search(rf"\b{kind}\b", source) and kind else "an error."


def _message(exercise: Exercise, report: Report, failure: Failure, source: str) -> str:
    if failure.group == UNCHANGED:
        return f"The result is right, but {exercise.name} changes one of its inputs: work on a copy."
    if failure.got is None and (match := re.match(rf"{exercise.name} raised (.*)\.$", failure.message, re.DOTALL)):
        if match[1].startswith("The answer could not be read"):
            return f"What {exercise.name} returned could not be read."
        return f"{exercise.name} raised {public_error(match[1], source)}"
    if failure.message.startswith("This needs another of your functions"):
        return "This needs another of your functions, which is missing or fails."
    if failure.got is None and failure.message.startswith("This case is not written yet"):
        return failure.message
    if failure.got is None:
        return KINDS["none"].format(label="The result") + "."
    if not exercise.names and _own_answer(exercise, failure, source):
        return failure.message
    wrong = [name for name, right in failure.verdicts.items() if not right]
    right = [name for name, agrees in failure.verdicts.items() if agrees]
    kind = _kind(failure)
    label = " and ".join(wrong) if len(wrong) == 1 else "The result"
    message = KINDS.get(kind, KINDS["value"]).format(label=label) + "."
    if len(wrong) + len(right) > 1:
        message += " " + "; ".join([*(f"{n} agrees" for n in right), *(f"{n} is wrong" for n in wrong)]) + "."
    with contextlib.suppress(Exception):  # what came back may have any structure
        message += _numbers(failure)
    return message


def _own_answer(exercise: Exercise, failure: Failure, source: str) -> bool:
    """Whether a sentence that quotes an answer may be passed on. Nothing hidden goes into an exercise without
    parameters, but a learner's code can carry another exercise's inputs into its answers, in the digits of a number
    for example: what is quoted is short, or stands in the notebook."""
    answer = failure.got
    if isinstance(answer, dict):
        answer = answer.get(failure.group)
    elif exercise.name == "spot_the_mistake":
        return True  # only that it must be a dictionary
    if answer is None or isinstance(answer, bool):
        return True
    if isinstance(answer, str):
        return answer in source
    return type(answer) in (int, float) and len(written(answer)) <= LONGEST_NUMBER


def _numbers(failure: Failure) -> str:
    """The numbers of a failing case that say nothing of its inputs: shapes, sizes, how many values are wrong."""
    expected, got = _part(failure)
    name = next((name for name, right in failure.verdicts.items() if not right), "")
    if name in COUNTS and type(expected) is int and type(got) is int and abs(got) < 10**10:
        return f" It is {got:,}; {expected:,} was expected."
    if not isinstance(expected, np.ndarray) or not isinstance(got, np.ndarray):
        return ""
    if expected.shape != got.shape:
        short = got.ndim <= MOST_DIMENSIONS and max(got.shape, default=0) < 10**5
        came = f"It has the shape {got.shape}; " if short else ""
        return f" {came}{expected.shape} was expected." if came else f" The shape {expected.shape} was expected."
    found = compare(expected, got, "")
    wrong = re.search(r"\d+ of \d+ values differ", found.message) if found else None
    if wrong is None or found.index is None:
        return ""
    return f" {wrong[0]}, the first at [{', '.join(map(str, found.index))}]."


def _part(failure: Failure) -> tuple[object, object]:
    """Expected and got: of a result with several outputs, the first that differs."""
    expected, got = failure.expected, failure.got
    wrong = [position for position, right in enumerate(failure.verdicts.values()) if not right]
    if wrong and isinstance(expected, dict):
        name = list(failure.verdicts)[wrong[0]]
        return expected[name], got[name]
    if wrong and isinstance(expected, (list, tuple)):
        graded = [position for position, part in enumerate(expected) if part is not None]
        return expected[graded[wrong[0]]], got[graded[wrong[0]]]
    return expected, got


def _kind(failure: Failure) -> str:
    try:
        found = compare(*_part(failure), "")
    except KeyError:
        return "missing"
    except Exception:  # what came back has another structure than what was expected
        return "type"
    return found.kind if found else "value"
