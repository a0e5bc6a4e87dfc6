"""What the panels of a notebook ask of the course folder: the progress so far, and the text an exercise began with."""

from __future__ import annotations

from dlcourse.checking.panel.session import Beginning
from dlcourse.handing_in.notebook_files import CourseError, exercise_cells, read_notebook
from dlcourse.workspace import progress
from dlcourse.workspace.course import released_notebooks, topic_of
from dlcourse.workspace.progress import record_attempt, record_hint

__all__ = ["beginning", "record_attempt", "record_hint", "so_far"]


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
