"""Which released notebook is to be graded."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

from autograder.grading.archives import InputError
from dlcourse.handing_in.master import read_master
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.handing_in.recognising import facts_of


def find_master(asked: str, course: Path | None = None) -> Path:
    """The released notebook that `asked` names: a path, or a number, a topic or NN_topic of the course.

    Raises:
        InputError: there is none, or there are several.
    """
    path = Path(asked)
    if path.suffix == ".ipynb":
        if path.is_file():
            return path
        raise InputError(f"There is no notebook {path}.")
    if course is None:
        from dlcourse.workspace.course import released_folder

        course = released_folder()
    released = sorted(course.glob("[0-9][0-9]_*/[0-9][0-9]_*.ipynb"))
    asked_for = asked.zfill(2) if asked.isdecimal() else asked
    found = [path for path in released if asked_for in (path.stem, *path.stem.split("_", 1))]
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.stem for path in released) or "none"
    raise InputError(f"There is no assignment {asked!r} in {course}; there are: {names}.")


@functools.cache
def other_notebooks(path: Path) -> dict[str, dict[str, list[str]]]:
    """What tells the other notebooks from this one, by name: those beside it, and those of the installed course."""
    from dlcourse.workspace.course import released_folder

    own = read_master(path.stem, path.read_text(encoding="utf-8"))
    found: dict[str, dict[str, list[str]]] = {}
    for course in (path.resolve().parent.parent, released_folder()):
        for other in sorted(course.glob("[0-9][0-9]_*/[0-9][0-9]_*.ipynb")):
            if other.stem == path.stem or other.stem in found:
                continue
            with contextlib.suppress(CourseError, OSError, UnicodeDecodeError):  # it is not the one that is graded
                text = other.read_text(encoding="utf-8")
                found[other.stem] = facts_of(read_master(other.stem, text), own.points)
    return found
