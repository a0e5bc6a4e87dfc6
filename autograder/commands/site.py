"""What `autograder site` prints."""

from __future__ import annotations

import functools
import time

from rich.console import Console

from autograder.building.notebooks import course_folder
from autograder.commands.authors import MISTAKES, WRONG_REQUEST, consoles, in_words


def run() -> int:
    """Make the site; gives the exit status: 1 when a page is not as it should be, 2 when something is missing."""
    out, err = consoles()
    return in_words(functools.partial(_make, out, err), err)


def _make(out: Console, err: Console) -> int:
    from autograder.building.site.making import SiteError, make
    from autograder.building.site.notebook_pages import Unfit
    from autograder.building.site.running import NotShown

    started = time.monotonic()
    try:
        front = make(course_folder(), said=lambda words: err.print(words, markup=False))
    except SiteError as error:
        err.print(str(error), markup=False)
        return WRONG_REQUEST
    except (NotShown, Unfit) as error:
        for problem in error.problems:
            err.print(problem, markup=False)
        return MISTAKES
    out.print(f"{front} ({time.monotonic() - started:.0f} s)", markup=False, soft_wrap=True)
    return 0
