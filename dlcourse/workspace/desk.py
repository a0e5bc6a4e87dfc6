"""What the panels of a notebook ask of the course folder: the progress so far, and the text an exercise began with."""

from __future__ import annotations

import functools
from pathlib import Path

from dlcourse.checking.panel.session import Beginning, Counted, HandIn
from dlcourse.handing_in.counting import what_counts
from dlcourse.handing_in.master import read_master
from dlcourse.handing_in.notebook_files import CourseError, exercise_cells, read_notebook
from dlcourse.handing_in.reading import Unreadable, read
from dlcourse.handing_in.rebuilding import WrongNotebook
from dlcourse.workspace import progress
from dlcourse.workspace.course import released_notebooks, topic_of
from dlcourse.workspace.progress import record_attempt, record_hint, record_lead, record_solution

__all__ = [
    "beginning",
    "counted",
    "hands_in",
    "record_attempt",
    "record_hint",
    "record_lead",
    "record_solution",
    "so_far",
]


def so_far(topic: str, exercise: str) -> dict:
    """The exercise's entry in the progress file; empty where there is none."""
    return progress.read().get("exercises", {}).get(f"{topic}/{exercise}", {})


def beginning(topic: str, exercise: str) -> Beginning | None:
    """The released text of an exercise, and the command that puts it back."""
    for place, path in released_notebooks().items():
        if topic_of(place) != topic:
            continue
        try:
            notebook = read_notebook(path)
        except CourseError:
            return None
        if cells := exercise_cells(notebook, exercise):
            source = "\n\n".join(notebook["cells"][index]["source"] for index in cells)
            return Beginning(source, f"dlcourse reset {place.stem[:2]} {exercise}")
    return None


def counted(topic: str, exercise: str, since: float) -> Counted | None:
    """What will be graded of the notebook that this kernel is of, if it has been saved since then.

    Args:
        since: seconds, as `time.time` gives them.
    """
    from dlcourse.workspace.hand_in import notebook_of

    released, path = _release(topic), notebook_of(topic)
    try:
        if released is None or path is None or path.stat().st_mtime <= since:
            return None
        notebook = read(path.read_bytes())
        master = read_master(released.stem, released.read_text(encoding="utf-8"))
        return Counted(what_counts(master, notebook, exercise), tuple(cell.source for cell in notebook.cells))
    except (OSError, CourseError, Unreadable, WrongNotebook):
        return None


def hands_in(topic: str, exercise: str) -> HandIn | None:
    """Hands the notebook of this kernel in, if the exercise is its last."""
    from dlcourse.workspace import hand_in

    path = hand_in.notebook_of(topic)
    if path is None or not hand_in.is_last(topic, exercise):
        return None
    return functools.partial(hand_in.hand_in, path)


def _release(topic: str) -> Path | None:
    return next((path for place, path in released_notebooks().items() if topic_of(place) == topic), None)
