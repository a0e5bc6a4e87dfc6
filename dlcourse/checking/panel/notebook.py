"""What a notebook calls: `check`, `hint` and `solution`."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from dlcourse.checking import calling
from dlcourse.checking.exercise import Exercise, Topic
from dlcourse.checking.judging import judge
from dlcourse.checking.panel import buttons, help, panel, session
from dlcourse.checking.report import Report
from dlcourse.figures.appearance import Panel


class Functions(NamedTuple):
    """What a notebook imports from the module of its checks."""

    check: Callable[..., float]
    hint: Callable[[Callable | str], None]
    solution: Callable[[Callable | str], None]


def functions(topic: Topic) -> Functions:
    """check, hint and solution for the exercises of one topic."""

    def check(function: Callable, points: float = 1.0, seed: int | None = None) -> float:
        """Check a function against its exercise, show what happened, and return the points earned."""
        return _check(topic, function, points, seed)

    def hint(function: Callable | str) -> None:
        """Show the next hint for an exercise."""
        exercise = _find(topic, function)
        if exercise is not None:
            _show(help.next_hint(exercise))

    def solution(function: Callable | str) -> None:
        """Show the reference for an exercise, after an attempt."""
        exercise = _find(topic, function)
        if exercise is not None:
            _show(help.solution(exercise))

    return Functions(check, hint, solution)


def _check(topic: Topic, function: Callable, points: float, seed: int | None) -> float:
    """Check, show, record; the points earned as a plain float, which is what nbgrader reads."""
    exercise = _find(topic, function)
    if exercise is None:
        return 0.0
    seed = secrets.randbelow(10**6) if seed is None else int(seed)
    namespace = {**_around(function), exercise.name: function}
    report = judge(exercise, lambda calls: calling.perform(namespace, calls), seed)
    warning = session.record_attempt(topic.name, exercise.name, report.score) if report.attempted else None
    earned = round(report.score * float(points), 4)
    _show_check(exercise, report, panel.of_report(exercise, report, earned, float(points), warning))
    return earned


def _find(topic: Topic, function: Callable | str) -> Exercise | None:
    name = function if isinstance(function, str) else getattr(function, "__name__", "")
    if name not in topic.exercises:  # a lambda, a partial, an object that can be called: the notebook's name for it
        around = _around(function)
        name = next((known for known in topic.exercises if around.get(known) is function), name)
    if name in topic.exercises:
        return topic.exercises[name]
    if not isinstance(function, str) and not callable(function):
        _show(
            panel.of_note(
                f"This is a {type(function).__name__}, not a function: run the cell that defines the function again."
            )
        )
        return None
    _show(
        panel.of_note(f"This notebook has no exercise called {name!r}. Its exercises are {', '.join(topic.exercises)}.")
    )
    return None


def _around(function: Callable | str) -> dict:
    """The names of the notebook, in which a function's companions are looked up; it may be written in another file."""
    shell = _shell()
    return shell.user_ns if shell is not None else getattr(function, "__globals__", {})


def _show_check(exercise: Exercise, report: Report, shown: Panel) -> None:
    if not buttons.wanted():
        _show(shown)
        return
    from IPython.display import display

    shown = Panel(buttons.STYLE + shown.html, shown.text)
    handle = display(shown, display_id=True)
    with contextlib.suppress(Exception):  # no ipywidgets, or one that does not fit: hint() and solution() do the same
        buttons.show(exercise, report, shown, handle.update)


def _show(shown: Panel) -> None:
    if _shell() is None:
        print(shown.text)
    else:
        from IPython.display import display

        display(shown)


def _shell() -> Any:
    """IPython, or None in a plain Python session."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()
