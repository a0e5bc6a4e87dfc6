"""Taking a newer release's texts into the learner's own notebooks; the old file is kept beside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlcourse.handing_in.notebook_files import CourseError, read_notebook, write_notebook
from dlcourse.workspace.course import (
    find_course,
    plain_errors,
    release_of,
    released_notebooks,
    released_place,
    remember,
)
from dlcourse.workspace.merging import Merged, merge
from dlcourse.workspace.reset import keep_beside


@dataclass(frozen=True)
class Updated:
    """What became of one notebook; `kept` is the file as it was."""

    place: Path
    merged: Merged
    kept: Path


def update(name: str | None = None) -> list[Updated]:
    """Bring one notebook, or all of them, up to this release.

    Raises:
        CourseError: there is no course here, or a file cannot be read or written.
    """
    course = find_course()
    if course is None:
        raise CourseError("There is no course folder here; go to yours, or make one with `dlcourse lab`.")
    released = released_notebooks()
    wanted = [released_place(name)] if name else [place for place in released if (course / place).is_file()]
    done = []
    for place in wanted:
        if not (course / place).is_file():
            raise CourseError(f"{course / place} is missing; `dlcourse lab` lays it out.")
        came_from = release_of(course, place)
        if came_from is None or came_from.read_bytes() == released[place].read_bytes():
            continue
        mine = read_notebook(course / place)
        merged = merge(read_notebook(came_from), mine, read_notebook(released[place]))
        with plain_errors(f"bringing {course / place} up to date"):
            kept = keep_beside(course / place, "before-update")
            write_notebook(course / place, merged.notebook)
            remember(course, place, released[place])
        done.append(Updated(place, merged, kept))
    return done
