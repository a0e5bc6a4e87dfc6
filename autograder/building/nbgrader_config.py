"""nbgrader's settings for this course: its directories mapped onto ours, and no point lost for a line on stderr.

A course folder needs an nbgrader_config.py of two lines, because nbgrader looks there and nowhere else:

    from autograder.building.nbgrader_config import configure
    configure(c, __file__)
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from autograder.running.startup import KERAS

SECONDS_PER_CELL = 120

# Keeps most lines of TensorFlow, the kernel's debugger and Python's warnings from stderr: nbgrader gives a graded cell
# that has one no points. Kernels inherit these. TensorFlow's "Could not find cuda drivers" obeys none of them; it
# is why settings() has an IgnorePattern too.
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # its notice is one such line, and results change in the last digit with it
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONWARNINGS": "ignore",
}


def quiet_environment() -> dict[str, str]:
    """The environment for a grading kernel; whatever the caller has set stays, but for what Keras is."""
    return {**QUIET, **os.environ, **KERAS}


def configure(c, file: str) -> None:
    """Fill in nbgrader's configuration `c`, and prepare this process for the kernels that nbgrader starts in it.

    Args:
        file: the course's nbgrader_config.py.
    """
    settings(c, Path(file).resolve().parent)
    os.environ.update(quiet_environment())
    # nbgrader runs `alembic` by name for every database it opens: not found where no environment is activated.
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])


def file_url(path: Path) -> str:
    """The URL of an SQLite file. What SQLAlchemy reads as an escape, such as the `%20` of a folder, is escaped."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def settings(c, course: Path) -> None:
    """The settings alone."""
    from autograder.building.stubs import preprocessors  # nbgrader, which takes a second

    c.CourseDirectory.root = str(course)
    c.CourseDirectory.source_directory = os.path.join("build", "source")
    c.CourseDirectory.release_directory = "notebooks"
    c.CourseDirectory.submitted_directory = "submitted"
    c.CourseDirectory.autograded_directory = "autograded"
    c.CourseDirectory.feedback_directory = "feedback"
    if "db_url" not in c.CourseDirectory:  # nbgrader's own default takes "%" in a folder's name for an escape
        c.CourseDirectory.db_url = file_url(course / "gradebook.db")

    # notebooks/ is derived and committed, so the release is always there already; nbgrader would skip the
    # assignment and leave it out of its database.
    c.GenerateAssignment.force = True
    c.GenerateAssignment.preprocessors = preprocessors()

    # Formgrader and generate_feedback show notebooks with this; without it, formulas need a network.
    c.HTMLExporter.preprocessors = ["autograder.building.formulas.Formulas"]

    c.Execute.timeout = SECONDS_PER_CELL
    # A check's mark is the number it returns; what the learner's function writes to stderr says nothing.
    c.IgnorePattern.enabled = True
    c.IgnorePattern.pattern = r"[\s\S]"
