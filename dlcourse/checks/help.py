"""What a learner may ask for under an exercise: the next hint, a solution, the text that it began with.

The functions of a notebook and the buttons under a panel both show what is made here.
"""

from __future__ import annotations

import functools
import inspect
import pprint
import textwrap

from dlcourse.appearance import Panel
from dlcourse.checks import panel, session
from dlcourse.checks.exercise import Exercise


def next_hint(exercise: Exercise) -> Panel:
    """The next hint, which counts as read from now on; after the last one, the last one again."""
    shown = session.hints_shown(exercise.topic, exercise.name)
    if shown < len(exercise.hints):
        session.record_hint(exercise.topic, exercise.name)
    return panel.of_hint(exercise, min(shown, len(exercise.hints) - 1))


def solution(exercise: Exercise) -> Panel:
    """The reference, or why it is not shown."""
    if not session.solutions_allowed():
        return panel.of_note(f"Solutions are turned off in this classroom. hint({exercise.name}) still helps.")
    if session.attempts(exercise.topic, exercise.name) == 0:
        return panel.of_note(
            f"Write {exercise.name} and run its check once; after a first attempt, its solution can be shown."
        )
    if exercise.reference.__closure__:  # made by `topic.claims`: its source says nothing, its answers do
        answers = pprint.pformat(exercise.reference(), width=80, sort_dicts=False)
        source = f"def {exercise.name}():\n    return (\n{textwrap.indent(answers, ' ' * 8)}\n    )"
        return panel.of_solution(exercise, source)
    return panel.of_solution(exercise, textwrap.dedent(inspect.getsource(exercise.reference)))


def solution_is_open(exercise: Exercise) -> bool:
    """Whether `solution` would show it."""
    return session.solutions_allowed() and session.attempts(exercise.topic, exercise.name) > 0


@functools.lru_cache(maxsize=64)
def beginning(exercise: Exercise) -> Panel | None:
    """The released text of the exercise; None where there is no released notebook to take it from.

    It is shown, not put back: a kernel cannot write into a cell, and a file that changes under an open notebook is a
    conflict.
    """
    from dlcourse.course import released_notebooks, topic_of
    from dlcourse.notebook_files import CourseError, exercise_cells, read_notebook

    for place, path in released_notebooks().items():
        if topic_of(place) != exercise.topic:
            continue
        try:
            notebook = read_notebook(path)
        except CourseError:
            return None
        cells = exercise_cells(notebook, exercise.name)
        if cells:
            source = "\n\n".join(notebook["cells"][index]["source"] for index in cells)
            return panel.of_beginning(exercise, source, f"dlcourse reset {place.stem[:2]} {exercise.name}")
    return None
