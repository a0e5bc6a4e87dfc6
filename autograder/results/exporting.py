"""Grades into a teacher's own exported file: the one column, and a sentence on everybody whose grade doesn't arrive."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from autograder.grading.archives import InputError, shown
from autograder.results.exported_file import ExportedFile, decimal_mark, number_in, written
from autograder.results.matching import Learners, Line
from autograder.results.platform_files import Layout
from autograder.results.publishing import given, number, on_time, verdict

NAMES = {"canvas": "Canvas", "moodle": "Moodle", "brightspace": "Brightspace", "blackboard": "Blackboard"}
WITH_A_GRADE = ("graded", "interrupted", "unreadable")


@dataclass
class Filled:
    """What was filled in, and what was not."""

    content: bytes
    taken: dict[str, int] = field(default_factory=dict)  # the row, by learner
    same: list[str] = field(default_factory=list)  # their grade is there already
    lost: list[str] = field(default_factory=list)  # sentences: grades that don't arrive
    told: list[str] = field(default_factory=list)  # sentences that a teacher should know


def fill_in(
    file: ExportedFile,
    layout: Layout,
    results: list[dict],
    known_as: dict[str, dict],
    scale: bool = False,
    zeros: bool = False,
    comments: bool = False,
) -> Filled:
    """Put each learner's score into the column.

    Args:
        results: of the class, as they count (see `results.json`).
        scale: convert points where the platform's maximum is another one.
        zeros: who handed in nothing gets 0.
        comments: fill in the column for feedback too, where there is one.

    Raises:
        InputError: the platform's maximum is another one, and nobody has said what that means.
    """
    platform, done = NAMES[layout.platform], Filled(b"")
    factor = _factor(layout, results, scale, platform)
    matched = Learners(known_as, layout.platform).match(layout.lines)
    column = [file.value(line.place, layout.column) for line in layout.lines]
    mark = decimal_mark([*column, *_numbers(file, layout)], file.delimiter)
    if comments and layout.comments is None:
        raise InputError(f"{file.path} has no column for feedback that we know: leave --comments out.")
    empty, risky = [], []
    for result in results:
        student, line = result["student"], matched.students.get(result["student"])
        if line is None:
            continue
        graded = result["status"] in WITH_A_GRADE
        if not graded and not (zeros and result["status"] == "missing"):
            empty.append(line.words)
            continue
        score = Decimal(str(result["score"])) * factor
        told = _put(file, layout, line, written(score, mark), score, done, student)
        if told == "taken" and line.place in layout.at_risk:
            risky.append(line.words)
        if comments and told and graded and result["exercises"]:
            file.fill(line.place, layout.comments, comment(result))
    _tell(done, layout, platform, results, matched, empty, risky)
    done.content = file.content()
    return done


def _put(file: ExportedFile, layout: Layout, line: Line, value: str, score: Decimal, done: Filled, student: str) -> str:
    """Fill in one grade, if the platform takes it; gives what became of it, or "" where it is lost."""
    platform = NAMES[layout.platform]
    if reason := layout.kept.get(line.place):
        done.lost.append(f"{_plain(line.words)} keeps the old value: {reason}.")
        return ""
    if layout.too_high and layout.maximum is not None and score > layout.maximum:
        done.lost.append(
            f"{_plain(line.words)} keeps the old value: {value} is more than the {layout.maximum} points there, and "
            f"{layout.too_high}."
        )
        return ""
    old = number_in(file.value(line.place, layout.column))
    if old is not None and abs(old.quantize(layout.equal_at) - score.quantize(layout.equal_at)) < layout.equal_at:
        done.same.append(student)
        return "same"
    if not file.fill(line.place, layout.column, value):
        done.lost.append(f"{_plain(line.words)} is on a line that is too short for {platform}: export the file again.")
        return ""
    done.taken[student] = line.place
    return "taken"


def _tell(done: Filled, layout: Layout, platform: str, results: list[dict], matched, empty: list, risky: list) -> None:
    graded = {result["student"] for result in results if result["status"] in WITH_A_GRADE}
    strays = sorted(graded - matched.students.keys())
    if strays:
        done.lost.append(f"Graded, and on no line of {platform}'s file: {_list(strays)}.")
    if doubts := [f"{line.words} ({why})" for line, why in matched.lines if why]:
        done.lost.append(f"It cannot be told whose these lines are, so they keep their old value: {_list(doubts)}.")
    if unknown := [line.words for line, why in matched.lines if not why]:
        done.told.append(f"In {platform}'s file, and not in the results, so the old value stays: {_list(unknown)}.")
    if empty:
        done.told.append(f"Without a grade here, so the old value stays: {_list(empty)}.")
    if risky:
        done.told.append(
            f"Graded in Moodle before, on dates that Moodle cannot read in this language: {_list(risky)}. Tick *Allow "
            "updating records that have been modified more recently in Moodle* when you upload the worksheet, or it "
            "skips these silently."
        )
    elif layout.platform == "moodle":
        done.told.append(
            "Moodle skips silently whoever has been graded there since this worksheet was downloaded, and everybody "
            "while a rubric is active."
        )


def comment(result: dict) -> str:
    """One learner's feedback in a few lines for a cell: HTML's signs are written out, and it begins like no formula."""
    lines = [f"{number(result['score'])} of {number(result['max_score'])} points."]
    lines += filter(None, [result["problem"], on_time(result)])
    for exercise in result["exercises"]:
        quiet = exercise["status"] in ("passed", "not attempted")
        words = [exercise[key] for key in ("message", "mistake") if exercise[key] and not quiet]
        points = f"{number(exercise['score'])} / {number(exercise['points'])}"
        lines.append(
            " ".join([f"{exercise['name']}: {verdict(exercise)} ({points}).", *words, given(exercise)]).strip()
        )
    return "<br>".join(html.escape(" ".join(line.split()), quote=False) for line in lines)


def _factor(layout: Layout, results: list[dict], scale: bool, platform: str) -> Decimal:
    ours = Decimal(str(results[0]["max_score"])) if results else Decimal(1)
    if layout.maximum is None or layout.maximum == ours:
        return Decimal(1)
    if not scale:
        raise InputError(
            f"{shown(layout.title)} is worth {layout.maximum} points in {platform}, and the notebook "
            f"{number(float(ours))}: change it there, or give --scale to convert every score."
        )
    return layout.maximum / ours


def _numbers(file: ExportedFile, layout: Layout) -> Iterable[str]:
    """Every other cell in which a decimal mark may be seen, nearest first."""
    for line in layout.lines:
        yield from (file.value(line.place, column) for column in range(layout.column + 1, len(file.rows[line.place])))
    for row in range(1, len(file.rows)):
        yield from (cell.value for cell in file.rows[row])


def _list(words: list[str]) -> str:
    return ", ".join(_plain(word) for word in words)


def _plain(word: str) -> str:
    return shown(word)[1:-1]
