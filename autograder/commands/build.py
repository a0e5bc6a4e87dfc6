"""What `autograder build` prints."""

from __future__ import annotations

from rich.console import Console

from autograder.building.notebooks import CourseError, build, course_folder, differences, write
from autograder.building.source import AuthorError


def run(asked: list[str], check: bool) -> int:
    """Build, or compare; gives the exit status: 1 for mistakes and differences, 2 for a wrong request."""
    from autograder.building.clearing import ClearingError

    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        course = course_folder()
        built = build(course, asked)
        if check:
            found = differences(course, built, every=not asked)
            for sentence in found:
                err.print(sentence, markup=False)
            if found:
                err.print("Run `autograder build` and commit what it writes.", markup=False)
            else:
                out.print(f"{len(built)} of {len(built)} notebooks are what their sources give.")
            return 1 if found else 0
        changed = write(course, built)
        left = differences(course, built, every=not asked)
    except CourseError as error:
        err.print(str(error), markup=False)
        return 2
    except AuthorError as error:
        for problem in error.problems:
            err.print(problem, markup=False)
        err.print("Nothing was written.", markup=False)
        return 1
    except ClearingError as error:
        err.print(str(error), markup=False)
        return 1
    except OSError as error:
        err.print(f"{error.filename} cannot be read or written ({error.strerror}).", markup=False)
        return 1
    for path in changed:
        out.print(f"wrote {path.relative_to(course).as_posix()}", markup=False)
    for sentence in left:
        err.print(sentence, markup=False)
    out.print(f"{len(built)} built, {len(changed)} files changed.", markup=False)
    return 0
