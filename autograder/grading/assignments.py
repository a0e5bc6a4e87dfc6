"""Which released notebook is to be graded."""

from __future__ import annotations

from pathlib import Path

from autograder.grading.submissions import InputError


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
