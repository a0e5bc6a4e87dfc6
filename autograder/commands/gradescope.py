"""What `autograder gradescope` prints."""

from __future__ import annotations

from pathlib import Path

from autograder.commands.grade import ALL_GRADED, bad_input, consoles
from autograder.grading.assignments import find_master
from autograder.grading.records import write
from autograder.results.gradescope import content
from dlcourse.handing_in.master import read_master
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace.course import plain_errors


def make(asked: str, out: Path) -> int:
    """Write the zip; gives the exit status."""
    screen, err = consoles()
    try:
        master = find_master(asked)
        name = read_master(master.stem, master.read_text(encoding="utf-8")).name
        with plain_errors(f"writing {out}"):
            write(out, content(master, name))
    except CourseError as error:
        return bad_input(err, error)
    screen.print(f"{out}: upload it to Gradescope as the autograder of {name}.", markup=False)
    return ALL_GRADED
