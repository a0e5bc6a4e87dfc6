"""What `autograder report` does and prints."""

from __future__ import annotations

from pathlib import Path

from autograder.commands.export import graded_class
from autograder.commands.grade import ALL_GRADED, bad_input, consoles
from autograder.grading.archives import InputError
from autograder.grading.records import write
from autograder.results.class_numbers import numbers_of, report_csv
from autograder.results.class_report import report_page
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace.course import plain_errors


def report(folders: list[Path], names: bool, out: Path | None) -> int:
    """Write the page and the table; gives the exit status."""
    screen, err = consoles()
    try:
        classes = [numbers_of(graded_class(folder)) for folder in folders]
        called = [one.assignment for one in classes]
        if len(set(called)) < len(called):
            raise InputError("Two of these folders hold the same assignment: name each assignment once.")
        page = out or folders[0] / ("report.html" if names else "report-without-names.html")
        if page.suffix != ".html":
            raise InputError(f"--out {page} must be the name of a page, such as report.html.")
        with plain_errors(f"writing {page}"):
            write(page, report_page(classes, names), 0o600)
            write(page.with_suffix(".csv"), report_csv(classes), 0o600)
    except CourseError as error:
        return bad_input(err, error)
    screen.print(
        f"{page}: open it in a browser; its numbers are in {page.with_suffix('.csv')}.", markup=False, soft_wrap=True
    )
    return ALL_GRADED
