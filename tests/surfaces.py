"""Everything that a learner or a teacher may be shown of one report."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import nbformat
from rich.console import Console

from autograder.grading.wording import describe
from autograder.results import publishing, tables
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.panel import buttons, panel
from dlcourse.checking.report import Report
from dlcourse.figures.appearance import Panel
from dlcourse.handing_in.notebook_files import Check
from dlcourse.workspace import command, running

VOID = {"br", "img", "hr", "meta", "link", "col", "input", "rect"}
# What a learner should never read: our own names for things, and what Python says of objects.
NOT_FOR_LEARNERS = re.compile(
    r"Traceback|object at 0x|<lambda>|dlcourse\.checking|probe|dtype\('|Outcome\(|\bNone of None\b"
)


class _Balanced(HTMLParser):
    """Fails where an element is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
            self.open.pop()


def words_of(page: str) -> str:
    """The text of an HTML page; fails where its elements are not closed in their order."""
    parser, words = _Balanced(), []
    parser.handle_data = words.append
    parser.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    parser.close()
    assert parser.open == [], parser.open
    return " ".join(" ".join(words).split())


def plain(text: str) -> str:
    """Without line breaks, and without the quotes around a heading that a panel makes a link of."""
    return re.sub(r" (?=[.,;:)])", "", " ".join(text.replace("'", "").split()))


def all_surfaces(exercise: Exercise, report: Report, points: float = 5.0) -> dict[str, str]:
    """The text of each of them."""
    earned = round(report.score * points, 4)
    shown = panel.of_report(exercise, report, earned, points)
    found = {"panel": words_of(shown.html), "panel as text": shown.text}
    found["after the buttons"] = _pressed(exercise, report, shown)
    found["dlcourse check"] = _checked(exercise, shown, earned, points)
    told = {"name": exercise.name, "points": points, "score": earned, **describe(exercise, report, None, "", "")}
    result = {
        "assignment": "01_x", "student": "ada", "status": "graded", "score": earned, "max_score": points, "problem": "",
        "repairs": [], "exercises": [told], "cells": [], "program": [], "seed": 0,
        "late": False, "submitted": "",
    }  # fmt: skip
    found["feedback page"] = words_of(publishing.feedback_page(result))
    found["gradescope"] = publishing.gradescope(result)["tests"][0]["output"]
    with io.StringIO() as screen:
        Console(file=screen, width=400).print(tables.plain_text(shown.text))
        found["autograder replay"] = screen.getvalue()
    for name, text in found.items():
        assert text.strip(), name
        if name != "after the buttons":  # solutions are code, and may well say None
            assert not (strange := NOT_FOR_LEARNERS.search(text)), (name, strange[0], text)
    return found


def _pressed(exercise: Exercise, report: Report, above: Panel) -> str:
    drawn: list[Panel] = []
    row = buttons.Buttons(exercise, report, above, drawn.append)
    for button in row.box.children:
        button.click()
    for each in drawn:
        assert words_of(each.html)
    return drawn[-1].text if drawn else above.text


def _checked(exercise: Exercise, shown: Panel, earned: float, points: float) -> str:
    """What `dlcourse check` prints of a notebook whose check has shown this panel."""
    outputs = [
        {"output_type": "display_data", "data": shown._repr_mimebundle_(), "metadata": {}},
        {"output_type": "execute_result", "data": {"text/plain": repr(earned)}, "metadata": {}, "execution_count": 1},
    ]
    # as nbclient leaves it; nbformat's makers of cells would hold every one of thousands against its schema
    cell = nbformat.from_dict({"cell_type": "code", "source": "", "metadata": {}, "outputs": outputs})
    verdict = running.verdict_of(Check(exercise.name, points, 0), cell, 120)
    assert verdict.earned == earned
    with io.StringIO() as screen:
        command.print_verdicts(running.Run(path=__file__, verdicts=[verdict]), Console(file=screen, width=400))
        return screen.getvalue()
