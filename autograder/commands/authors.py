"""What the commands for authors have in common: an author's mistakes in words, and the exit status of each kind."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

from autograder.building.notebooks import CourseError
from autograder.building.source import AuthorError

WRONG_REQUEST, MISTAKES = 2, 1


def consoles(**options: object) -> tuple[Console, Console]:
    return Console(highlight=False, **options), Console(stderr=True, highlight=False, soft_wrap=True)


def in_words(work: Callable[[], int], err: Console, afterwards: str = "") -> int:
    """Do the work, which gives the exit status; print what keeps it from being done.

    Args:
        afterwards: what to say after an author's mistakes.
    """
    from autograder.building.clearing import ClearingError

    try:
        return work()
    except CourseError as error:
        err.print(str(error), markup=False)
        return WRONG_REQUEST
    except AuthorError as error:
        for sentence in filter(None, [*error.problems, afterwards]):
            err.print(sentence, markup=False)
    except ClearingError as error:
        err.print(str(error), markup=False)
    except OSError as error:
        err.print(f"{error.filename} cannot be read or written ({error.strerror}).", markup=False)
    return MISTAKES
