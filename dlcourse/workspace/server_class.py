"""A class that works on one server: where what is handed in goes, and where feedback comes from.

The server says where the class is, in DLCOURSE_CLASS (docs/jupyterhub.md). Who somebody is there is what the server
calls them, never what they have typed.
"""

from __future__ import annotations

import contextlib
import getpass
import os
from pathlib import Path

CLASS, USER = "DLCOURSE_CLASS", "JUPYTERHUB_USER"
SUBMITTED, FEEDBACK = "submitted", "feedback"  # as nbgrader and `autograder grade` call them


def folder() -> Path | None:
    """The folder of the class; None where there is none."""
    named = os.environ.get(CLASS, "")
    return Path(named) if named else None


def user() -> str:
    """Who works here, as the server knows them."""
    return os.environ.get(USER) or getpass.getuser()


def hand_in_folder(notebook: str) -> Path | None:
    """Where the class hands this notebook in; None where there is no class."""
    there = folder()
    return there / SUBMITTED / user() / notebook if there is not None else None


def link_feedback(course: Path) -> None:
    """Show the learner's feedback in their course folder; what is there already stays."""
    there = folder()
    if there is not None:
        with contextlib.suppress(OSError):  # it is there, or this system has no links: the course works without
            (course / FEEDBACK).symlink_to(there / FEEDBACK / user(), target_is_directory=True)
