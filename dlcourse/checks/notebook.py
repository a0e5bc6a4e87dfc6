"""What a notebook calls: `check`, `hint` and `solution`."""

from __future__ import annotations

import inspect
import secrets
import textwrap
from collections.abc import Callable

from dlcourse import calling
from dlcourse.checks import panel, session
from dlcourse.checks.exercise import Exercise, Topic
from dlcourse.checks.judging import judge


def check(topic: Topic, function: Callable, points: float, seed: int | None) -> float:
    """Check, show, record; the points earned as a plain float, which is what nbgrader reads."""
    exercise = _find(topic, function)
    if exercise is None:
        return 0.0
    seed = secrets.randbelow(10**6) if seed is None else int(seed)
    namespace = {**getattr(function, "__globals__", {}), exercise.name: function}
    report = judge(exercise, lambda calls: calling.perform(namespace, calls), seed)
    warning = session.record_attempt(topic.name, exercise.name, report.score) if report.attempted else None
    earned = round(report.score * float(points), 4)
    _show(panel.of_report(exercise, report, earned, float(points), warning))
    return earned


def hint(topic: Topic, function: Callable | str) -> None:
    exercise = _find(topic, function)
    if exercise is None:
        return
    shown = session.hints_shown(topic.name, exercise.name)
    position = min(shown, len(exercise.hints) - 1)
    if shown < len(exercise.hints):
        session.record_hint(topic.name, exercise.name)
    _show(panel.of_hint(exercise, position))


def solution(topic: Topic, function: Callable | str) -> None:
    exercise = _find(topic, function)
    if exercise is None:
        return
    if not session.solutions_allowed():
        _show(panel.of_note(f"Solutions are turned off in this classroom. hint({exercise.name}) still helps."))
    elif session.attempts(topic.name, exercise.name) == 0:
        _show(panel.of_note(
            f"Write {exercise.name} and run its check once; after a first attempt, its solution can be shown."
        ))
    else:
        _show(panel.of_solution(exercise, textwrap.dedent(inspect.getsource(exercise.reference))))


def _find(topic: Topic, function: Callable | str) -> Exercise | None:
    name = function if isinstance(function, str) else getattr(function, "__name__", "")
    if name in topic.exercises:
        return topic.exercises[name]
    if not isinstance(function, str) and not callable(function):
        _show(panel.of_note(
            f"This is a {type(function).__name__}, not a function: run the cell that defines the function again."
        ))
        return None
    _show(panel.of_note(
        f"This notebook has no exercise called {name!r}. Its exercises are {', '.join(topic.exercises)}."
    ))
    return None


def _show(shown: panel.Panel) -> None:
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = lambda: None  # noqa: E731  (no IPython: a plain Python session)
    if get_ipython() is None:
        print(shown.text)
    else:
        display(shown)
