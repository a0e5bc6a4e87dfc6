"""What `autograder new` writes and prints."""

from __future__ import annotations

import re

from autograder.building.bar import missing
from autograder.building.notebooks import CourseError, course_folder
from autograder.building.skeleton import files
from autograder.commands.authors import consoles


def run(name: str) -> int:
    """Write the five files of a new notebook, and say what they lack; gives the exit status: 2 for a wrong request."""
    out, err = consoles(soft_wrap=True)
    try:
        course = course_folder()
    except CourseError as error:
        err.print(str(error), markup=False)
        return 2
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", name):
        err.print(f"{name} is no name of a notebook: write NN_topic, such as 22_diffusion.", markup=False)
        return 2
    same = [path.stem for path in (course / "solutions").glob("[0-9][0-9]_*.py") if path.stem[:2] == name[:2]]
    taken = [place.as_posix() for place in files(name) if (course / place).exists()]
    if same or taken:
        err.print(f"{name} cannot be made: {', '.join(taken or same)} is there already.", markup=False)
        return 2
    for place, text in files(name).items():
        (course / place).write_text(text, encoding="utf-8", newline="\n")
        out.print(f"wrote {place.as_posix()}", markup=False)
    out.print("Run `make build`, and write what is left:")
    for sentence in missing(course, name):
        out.print(f"- {sentence}", markup=False)
    return 0
