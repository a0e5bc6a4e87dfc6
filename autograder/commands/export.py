"""What `autograder export` does and prints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from autograder.commands.grade import ALL_GRADED, SOME_NOT, bad_input, consoles
from autograder.grading.archives import InputError
from autograder.grading.records import Records, write
from autograder.results import marks
from autograder.results.exported_file import read_exported
from autograder.results.exporting import NAMES, fill_in
from autograder.results.feedback_zip import pack
from autograder.results.platform_files import LAYOUTS
from autograder.results.publishing import feedback_page
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace.course import plain_errors


@dataclass(frozen=True)
class Options:
    """The options of `autograder export`, as given."""

    results: Path
    platforms: dict[str, Path | None]
    feedback: Path | None = None
    column: str | None = None
    scale: bool = False
    zeros: bool = False
    comments: bool = False
    out: Path | None = None


def export(options: Options) -> int:
    """Write the files; gives the exit status: 1 where a grade or a page doesn't arrive."""
    screen, err = consoles()
    try:
        said, lost = _export(options)
    except CourseError as error:
        return bad_input(err, error)
    for sentence in said:
        screen.print(sentence, markup=False, soft_wrap=True)
    for sentence in lost:
        err.print(sentence, markup=False)
    return SOME_NOT if lost else ALL_GRADED


def _export(options: Options) -> tuple[list[str], list[str]]:
    given = {platform: path for platform, path in options.platforms.items() if path is not None}
    if len(given) != 1:
        raise InputError("Name the one file to fill in: --canvas, --moodle, --brightspace or --blackboard FILE.")
    (platform, path), *_ = given.items()
    if options.feedback and platform not in ("canvas", "moodle"):
        raise InputError(f"{NAMES[platform]} takes no zip of feedback back that we know of: leave --feedback out.")
    if options.comments and platform != "moodle":
        raise InputError("--comments is for Moodle's worksheet, which has a column for them.")
    table = graded_class(options.results)
    records = Records(options.results)
    results = table["submissions"]
    whole = {result["student"]: records.load(result["student"]) or {} for result in results}
    known_as = {student: one.get("known_as", {}) for student, one in whole.items()}
    if not any(known_as.values()):
        raise InputError(
            f"{options.results} was graded before names were kept for the way back: run the same autograder grade "
            "again, which grades nobody anew."
        )
    folder = options.out or options.results / "export"
    file = read_exported(path)
    layout = LAYOUTS[platform](file, table["assignment"], options.column)
    done = fill_in(file, layout, results, known_as, options.scale, options.zeros, options.comments)
    target = folder / path.name
    if target.resolve() == path.resolve():
        raise InputError(f"{path} is the file that you exported: name another folder with --out.")
    said, lost = [], [*done.lost]
    pages = None
    if options.feedback:
        given_marks = marks.load(records)

        def page(student: str) -> str | None:
            result = whole[student]
            if result.get("status") not in ("graded", "interrupted", "unreadable"):
                return None
            return feedback_page(marks.with_marks(result, given_marks.get(student)))

        pages = pack(options.feedback, table["assignment"], platform, known_as, page)
        lost += pages.lost
    with plain_errors(f"writing in {folder}"):
        write(target, done.content, 0o600)
        if pages:
            write(folder / "feedback.zip", pages.content, 0o600)
    count, same = len(done.taken), len(done.same)
    there = f"; {same} {'is' if same == 1 else 'are'} there already" if same else ""
    said.append(
        f"{target}: {count} grade{'' if count == 1 else 's'} in the column {layout.title}{there}. Everything else in "
        f"it is as {NAMES[platform]} gave it."
    )
    if pages:
        said.append(f"{folder / 'feedback.zip'}: {len(pages.students)} pages, for {NAMES[platform]} to take back.")
    return [*said, *done.told], lost


def graded_class(folder: Path) -> dict:
    """The class as `autograder grade` has written it down.

    Raises:
        InputError: there is none.
    """
    try:
        table = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        if isinstance(table, dict) and isinstance(table.get("submissions"), list):
            return table
    except (OSError, ValueError):
        pass
    raise InputError(f"There are no grades in {folder}: name the folder that `autograder grade --out` wrote.")
