"""What a learner may ask for under an exercise: the next hint, a solution, the text that it began with.

The functions of a notebook and the buttons under a panel both show what is made here.
"""

from __future__ import annotations

import functools

from dlcourse.checking import taught
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.panel import panel, session
from dlcourse.figures.appearance import Panel


def next_hint(exercise: Exercise) -> Panel:
    """The next hint, which counts as read from now on; after the last one, the last one again."""
    shown = session.hints_shown(exercise.topic, exercise.name)
    if shown < len(exercise.hints):
        session.record_hint(exercise.topic, exercise.name)
    return panel.of_hint(exercise, min(shown, len(exercise.hints) - 1))


def all_hints(exercise: Exercise) -> Panel:
    """Every hint, once they have all been read."""
    shown = [panel.of_hint(exercise, position) for position in range(len(exercise.hints))]
    return Panel("".join(each.html for each in shown), "\n\n".join(each.text for each in shown))


def solution(exercise: Exercise) -> Panel:
    """The solution as the notebook teaches it, or why it is not shown."""
    if not session.solutions_allowed():
        return panel.of_note(f"Solutions are turned off in this classroom. hint({exercise.name}) still helps.")
    if session.attempts(exercise.topic, exercise.name) == 0:
        return panel.of_note(
            f"Write {exercise.name} and run its check once; after a first attempt, its solution can be shown."
        )
    source = taught.solution(exercise.topic, exercise.name)
    if source is None:
        return panel.of_note(f"The solution of {exercise.name} is not there: install the course again.")
    session.record_solution(exercise.topic, exercise.name)
    return panel.of_solution(exercise, source)


def solution_is_open(exercise: Exercise) -> bool:
    """Whether `solution` would show it."""
    return session.solutions_allowed() and session.attempts(exercise.topic, exercise.name) > 0


@functools.lru_cache(maxsize=64)
def beginning(exercise: Exercise) -> Panel | None:
    """The released text of the exercise; None where there is no released notebook to take it from.

    It is shown, not put back: a kernel cannot write into a cell, and a file that changes under an open notebook is a
    conflict.
    """
    found = session.beginning(exercise.topic, exercise.name)
    return None if found is None else panel.of_beginning(exercise, found.source, found.command)
