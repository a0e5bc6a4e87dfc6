"""What a notebook calls: `check`, `hint` and `solution`."""

from __future__ import annotations

import builtins
import contextlib
import dataclasses
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from dlcourse.checking import calling, keras_settings, time_limit
from dlcourse.checking.exercise import Exercise, Topic
from dlcourse.checking.judging import judge
from dlcourse.checking.panel import buttons, cells, help, leads, panel, session
from dlcourse.checking.report import Report
from dlcourse.checking.time_limit import TimeLimit
from dlcourse.figures.appearance import Panel
from dlcourse.handing_in.absent import used_by
from dlcourse.handing_in.counting import same_function
from dlcourse.handing_in.packages import Graded, written_by

# For one call and for all of a check's: a grader stops an exercise after the second of these, too.
SECONDS = {"numpy": (10.0, 30.0), "tensorflow": (60.0, 120.0)}


class Stopped(KeyboardInterrupt):
    """The stop button, or Ctrl-C. The cells after this one don't run either, as after any interrupt."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines in place of ours and the engine's."""
        return [str(self)]


class Functions(NamedTuple):
    """What a notebook imports from the module of its checks."""

    check: Callable[..., float]
    hint: Callable[[Callable | str], None]
    solution: Callable[[Callable | str], None]


def functions(topic: Topic) -> Functions:
    """check, hint and solution for the exercises of one topic."""

    keras_settings.after_import()  # a topic may have imported Keras by itself
    shell = _shell()
    log = cells.Log(shell, topic.exercises) if shell is not None else None

    def check(function: Callable, points: float = 1.0, seed: int | None = None) -> float:
        """Check a function against its exercise, show what happened, and return the points earned."""
        return _check(topic, log, function, points, seed)

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


def where(function: Callable | str) -> None:
    """Show in which line of a function a small change makes its check pass, after a check that failed and named no
    mistake; called again, in which part of the line, then of which kind the slip is."""
    name = function if isinstance(function, str) else getattr(function, "__name__", "")
    try:
        _show(leads.where(name))
    except KeyboardInterrupt:
        raise Stopped(f"The search in {name} was stopped.") from None


def _check(topic: Topic, log: cells.Log | None, function: Callable, points: float, seed: int | None) -> float:
    """Check, show, record; the points earned as a plain float, which is what nbgrader reads."""
    exercise = _find(topic, function)
    if exercise is None:
        return 0.0
    if stale := _why_stale(log, exercise, function):
        _show(_above_the_points(panel.of_unchecked(exercise, stale, float(points))))
        return 0.0
    seed = secrets.randbelow(10**6) if seed is None else int(seed)
    namespace = {**_around(function), exercise.name: function}
    limit = TimeLimit(*SECONDS[exercise.needs])
    try:
        report = judge(exercise, lambda calls: calling.perform(namespace, calls, limit), seed)
    except KeyboardInterrupt as error:
        line = time_limit.where(error, getattr(function, "__globals__", None))
        _show(panel.of_unchecked(exercise, f"You stopped the check of {exercise.name}.", float(points), line))
        raise Stopped(f"The check of {exercise.name} was stopped.") from None
    if report.attempted and not report.passed and not report.mistake and (note := _taken_over(function)):
        report = dataclasses.replace(report, note=note)
    if report.attempted and (reason := _will_not_count(topic, log, function, namespace)):
        report = dataclasses.replace(report, blocked=f"{exercise.name} will not count as it is: {reason}.")
    warning = session.record_attempt(topic.name, exercise.name, report.score) if report.attempted else None
    leads.note(exercise, report, function, namespace)
    earned = round(report.score * float(points), 4)
    _show_check(exercise, report, panel.of_report(exercise, report, earned, float(points), warning))
    return earned


def _why_stale(log: cells.Log | None, exercise: Exercise, function: Callable) -> str:
    """Why a function is not the one that stands in the notebook; "" where it is, or where nobody can say."""
    if log is None or _around(function).get(exercise.name) is not function:
        return ""
    if found := log.why_stale(exercise.name):
        return found
    origin = log.origin(exercise.name)
    saved = session.counted(exercise.topic, exercise.name, origin.at) if origin and origin.cell else None
    name = exercise.name
    if saved is None or not saved.source or same_function(saved.source, origin.source, name):
        return ""
    if any(same_function(cell, origin.source, name) for cell in saved.cells):
        return (
            f"Two cells define {name}, and this one is not the one that will be graded. Put it into the cell that was "
            f"made for {name}, run that cell, then run this check again."
        )
    return (
        f"The cell of {name} was changed after it had run, so the {name} that this notebook knows is an older one. "
        f"Run that cell, then run this check again."
    )


def _will_not_count(topic: Topic, log: cells.Log | None, function: Callable, namespace: dict) -> str:
    """What a grader will not find that the function needs here; "" where there is nothing of the kind."""
    needs = "tensorflow" if any(each.needs == "tensorflow" for each in topic.exercises.values()) else "numpy"
    written = written_by(ran.source for ran in log.ran) if log is not None else frozenset()
    there = Graded(needs, written, Path.cwd())
    absent = used_by(function, namespace, there)
    return there.why_not(absent) if absent else ""


def _taken_over(function: Callable) -> str:
    """A sentence where the function uses one of Python's own functions that an import has replaced by NumPy's."""
    around = getattr(function, "__globals__", {})
    taken = [
        name
        for name in sorted(set(getattr(getattr(function, "__code__", None), "co_names", ())))
        if hasattr(builtins, name) and str(getattr(around.get(name), "__module__", "")).partition(".")[0] == "numpy"
    ]
    if not taken:
        return ""
    names = " and ".join(f"`{name}`" for name in taken)
    be, them = ("is", "it") if len(taken) == 1 else ("are", "them")
    return (
        f"{names} {be} NumPy's here, not Python's: `from numpy import *` or the like has replaced {them}. "
        f"Take that import out and restart the kernel."
    )


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

    shown = _above_the_points(shown)
    handle = display(shown, display_id=True)
    with contextlib.suppress(Exception):  # no ipywidgets, or one that does not fit: hint() and solution() do the same
        buttons.show(exercise, report, shown, handle.update)


def _above_the_points(shown: Panel) -> Panel:
    """A panel that says what the bare number is which a notebook shows under it."""
    if not buttons.wanted():
        return shown
    points = '<p class="dlcourse-points">The number below is the points, as graders read them.</p>'
    return Panel(buttons.STYLE + shown.html + points, shown.text)


def _show(shown: Panel) -> None:
    if _shell() is None:
        print(shown.text)
    else:
        from IPython.display import display

        display(shown)


def _shell() -> Any:
    """IPython, or None in a plain Python session: where nobody has imported it, none runs."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
