"""What `autograder build` prints."""

from __future__ import annotations

import functools

from rich.console import Console

from autograder.building.notebooks import build, course_folder, differences, headless, write
from autograder.commands.authors import consoles, in_words


def run(asked: list[str], check: bool) -> int:
    """Build, or compare; gives the exit status: 1 for mistakes and differences, 2 for a wrong request."""
    out, err = consoles(soft_wrap=True)
    return in_words(functools.partial(_compare if check else _build, asked, out, err), err, "Nothing was written.")


def _compare(asked: list[str], out: Console, err: Console) -> int:
    course = course_folder()
    built = build(course, asked)
    found = differences(course, built, every=not asked) + headless(built)
    for sentence in found:
        err.print(sentence, markup=False)
    if found:
        err.print("Run `autograder build` and commit what it writes.", markup=False)
        return 1
    out.print(f"{len(built)} of {len(built)} notebooks are what their sources give.")
    return 0


def _build(asked: list[str], out: Console, err: Console) -> int:
    course = course_folder()
    built = build(course, asked)
    changed = write(course, built)
    for path in changed:
        out.print(f"wrote {path.relative_to(course).as_posix()}", markup=False)
    for sentence in differences(course, built, every=not asked):
        err.print(sentence, markup=False)
    out.print(f"{len(built)} built, {len(changed)} files changed.", markup=False)
    return 0
