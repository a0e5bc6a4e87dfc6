"""The learner's version of a notebook, made by nbgrader's own generate_assignment."""

from __future__ import annotations

import logging
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.building.nbgrader_config import settings


class ClearingError(Exception):
    """nbgrader refused a notebook."""


def release(course: Path, name: str) -> str:
    """Clear build/source/name/name.ipynb of a course folder, and give back the text of the released notebook.

    No database is opened: this is what `nbgrader generate_assignment --no-db` does.
    """
    config = Config()
    settings(config, course)
    config.CourseDirectory.assignment_id = name
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    records = _Records()
    log = logging.Logger("autograder.clearing", logging.ERROR)  # not registered, so that nothing is printed
    log.addHandler(records)
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config, log=log), config=config, log=log)
    try:
        converter.start()
    except Exception as error:
        raise ClearingError(f"nbgrader cannot clear {name}: {records.reason() or error}") from error
    return (course / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8")


class _Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def reason(self) -> str:
        """The exception that nbgrader met: it logs the traceback, and raises another."""
        for message in self.messages:
            if message.startswith("Traceback"):
                return message.strip().splitlines()[-1]
        return ""
