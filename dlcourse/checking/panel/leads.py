"""Which line it is: what a learner is shown, step by step, where no mistake was named.

The line, then the expression in it, then the kind of slip; never what should stand there. The words are about the
change that was tried, for that is what is proved: not that this line is wrong.
"""

from __future__ import annotations

import dataclasses
import html
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.panel import panel, session
from dlcourse.checking.report import Report
from dlcourse.figures.appearance import Panel

LABELS = ("Which line?", "Which part of it?", "Which kind of slip?")
TICK = 0.2  # seconds between two looks at a search


@dataclasses.dataclass
class Looked:
    """What is known of one text of a function. It is looked into once: checks that are repeated tell no more."""

    exercise: Exercise
    seed: int
    source: str
    first_line: int
    namespace: Mapping[str, Any]
    report: Report
    unread: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    lead: session.Place | None = None
    searched: bool = False
    shown: int = 0
    running: session.Searching | None = None

    @property
    def steps(self) -> list[Panel]:
        """What there is to be shown, step by step."""
        return _steps(self)


_latest: dict[str, Looked] = {}
_known: dict[tuple[str, str], Looked] = {}


def note(exercise: Exercise, report: Report, function: Callable, namespace: Mapping[str, Any]) -> None:
    """Keep what was checked, for whoever asks afterwards which line it is."""
    key = f"{exercise.topic}/{exercise.name}"
    _latest.pop(key, None)
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(function))
    except (OSError, TypeError, ValueError):  # its text is nowhere
        return
    source = "".join(lines)
    known = _known.get((key, source))
    if known is not None:
        known.report, known.namespace, known.first_line = report, namespace, max(first, 1)
    else:
        known = _known[key, source] = Looked(exercise, report.seed, source, max(first, 1), namespace, report)
    _latest[key] = known


def offered(exercise: Exercise) -> Looked | None:
    """The text of a function that failed without a name for what is wrong; None where there is nothing to look for."""
    looked = _latest.get(f"{exercise.topic}/{exercise.name}")
    return looked if looked is not None and session.finder() is not None and not why_not(looked.report) else None


def why_not(report: Report) -> str:
    """Why nothing is looked for after a check; "" where something is."""
    name = report.exercise
    if not report.attempted:
        return f"Write {name} and run its check once; if it says nothing about what is wrong, where({name}) may."
    if report.passed:
        return f"{name} passes its check: there is nothing to look for."
    if report.mistake:
        return f"The check of {name} has said which mistake it is: read what stands under it."
    return report.helper


def where(name: str) -> Panel:
    """The next step for a function, after a search that is waited for; an interrupt ends it."""
    if session.finder() is None:
        return panel.of_note(f"Leads are turned off in this classroom. hint({name}) still helps.")
    looked = next((each for each in _latest.values() if each.exercise.name == name), None)
    if looked is None:
        return panel.of_note(f"Run the check of {name} first: where({name}) looks at the function that was checked.")
    if reason := why_not(looked.report):
        return panel.of_note(reason)
    begin(looked)
    try:
        while not waited(looked, TICK):
            pass
    except BaseException:
        stop(looked)
        raise
    return next_step(looked)


def begin(looked: Looked) -> None:
    """Look for what is told free of charge, and begin a search if there is to be one."""
    finder = session.finder()
    if looked.searched or looked.running is not None or finder is None:
        return
    looked.unread = finder.unread(looked.exercise, looked.source)
    looked.running = finder.begin(looked.exercise, looked.seed, looked.source, looked.namespace)
    looked.searched = looked.running is None


def waited(looked: Looked, seconds: float) -> bool:
    """Whether the search is done, after so many seconds at most."""
    if looked.running is not None and looked.running.wait(seconds):
        looked.lead, looked.running, looked.searched = looked.running.lead, None, True
    return looked.running is None


def stop(looked: Looked) -> None:
    """End a search; it may be begun again."""
    if looked.running is not None:
        looked.running.stop()
        looked.running = None


def next_step(looked: Looked) -> Panel:
    """The next step, which counts as a hint; after the last one, all of them again."""
    steps = looked.steps
    if not steps:
        return _nothing(looked)
    if looked.shown >= len(steps):
        return Panel("".join(each.html for each in steps), "\n\n".join(each.text for each in steps))
    looked.shown += 1
    session.record_lead(looked.exercise.topic, looked.exercise.name)
    return steps[looked.shown - 1]


def _steps(looked: Looked) -> list[Panel]:
    steps = []
    lead = looked.lead
    lines = looked.source.splitlines()
    if lead is not None or looked.unread:
        steps.append(_line(looked, lines))
    if lead is None:
        return steps
    if lead.spans:
        steps.append(_part(looked, lead, lines))
    if lead.kind:
        steps.append(_panel(looked, "The kind of slip", [f"<p>{html.escape(lead.kind.capitalize())}.</p>"],
                            [f"{lead.kind.capitalize()}."]))  # fmt: skip
    return steps


def _line(looked: Looked, lines: list[str]) -> Panel:
    rows, text = [], []
    for number, sentence in looked.unread:
        rows += [f"<p>{panel.with_code(sentence)}</p>", _code(looked, lines, {number: None})]
        text += [sentence.replace("`", ""), _plain(looked, lines, {number: None})]
    if lead := looked.lead:
        numbers = [number + looked.first_line - 1 for number in lead.lines]
        places = (
            f"line {numbers[0]}"
            if len(numbers) == 1
            else f"lines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
        )
        change = f"A small change in {places} alone " if len(numbers) == 1 else f"Small changes in {places} alone "
        if lead.proves == "every case":
            makes = ("makes" if len(numbers) == 1 else "make") + " every case pass."
        else:
            groups = " and ".join(f"“{group}”" for group in lead.proves)
            makes = f"{'makes' if len(numbers) == 1 else 'make'} {groups} right; the rest needs more."
        shown = dict.fromkeys(lead.lines)
        rows += [f"<p>{html.escape(change + makes)}</p>", _code(looked, lines, shown)]
        text += [change + makes, _plain(looked, lines, shown)]
    return _panel(looked, "Which line", rows, text)


def _part(looked: Looked, lead: session.Place, lines: list[str]) -> Panel:
    spans = {line: (start, end) for line, start, end in lead.spans}
    sentence = "The change is in the part that is underlined."
    return _panel(looked, "Which part of it", [f"<p>{sentence}</p>", _code(looked, lines, spans)],
                  [sentence, _plain(looked, lines, spans)])  # fmt: skip


def _code(looked: Looked, lines: list[str], spans: Mapping[int, tuple[int, int] | None]) -> str:
    """Lines of the learner's own, numbered as JupyterLab numbers those of a cell."""
    rows = []
    for number, span in spans.items():
        line, cut = _undented(lines, number, looked.source)
        shown = html.escape(line)
        if span is not None:
            start, end = (max(0, column - cut) for column in span)
            before, inside, after = (html.escape(part) for part in (line[:start], line[start:end], line[end:]))
            shown = f"{before}<u>{inside}</u>{after}"
        rows.append(f'<span class="quiet">{number + looked.first_line - 1:>4}</span>  {shown}')
    return f"<pre>{chr(10).join(rows)}</pre>"


def _plain(looked: Looked, lines: list[str], spans: Mapping[int, tuple[int, int] | None]) -> str:
    rows = []
    for number, span in spans.items():
        line, cut = _undented(lines, number, looked.source)
        rows.append(f"  {number + looked.first_line - 1:>4}  {line}")
        if span is not None:
            start, end = (max(0, column - cut) for column in span)
            rows.append(" " * (8 + start) + "^" * max(1, end - start))
    return "\n".join(rows)


def _undented(lines: list[str], number: int, source: str) -> tuple[str, int]:
    """A line without the indentation that it begins with, and how much that is beyond the function's own, which spans
    don't count."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    own = len(source) - len(source.lstrip(" "))
    bare = line.lstrip()
    return bare, len(line) - len(bare) - own


def _nothing(looked: Looked) -> Panel:
    name = looked.exercise.name
    return panel.of_note(
        f"No single small change was found that surely puts {name} right. There may be more than one mistake, or a "
        f"larger one: hint({name}) says how to go about it."
    )


def _panel(looked: Looked, title: str, rows: list[str], text: list[str]) -> Panel:
    return panel.of_lead(f"{title}: {looked.exercise.name}", rows, text)
