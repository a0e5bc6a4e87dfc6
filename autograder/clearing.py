"""The learner's version of a notebook, made by nbgrader's own generate_assignment."""

from __future__ import annotations

import logging
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearSolutions
from traitlets.config import Config


class NameStubs(ClearSolutions):
    """nbgrader's ClearSolutions, with a stub that names the exercise.

    The rest, markers and all, is nbgrader's. It has one stub for a whole course, and a learner who meets
    "NotImplementedError" after Run All must be told which of fifteen functions is meant.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        kind, _, name = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")
        if kind == "exercise" and cell.cell_type == "code":
            stub = f'raise NotImplementedError("{name} is not written yet")'
            self.code_stub = {resources["language"]: stub}
        return super().preprocess_cell(cell, resources, cell_index)


def preprocessors() -> list[type]:
    """nbgrader's own steps from a source to a release, with the naming stubs."""
    return [NameStubs if step is ClearSolutions else step for step in GenerateAssignment().preprocessors]


class ClearingError(Exception):
    """nbgrader refused a notebook."""


def release(course: Path, name: str) -> str:
    """Clear build/source/name/name.ipynb of a course folder, and give back the text of the released notebook.

    No database is opened: this is what `nbgrader generate_assignment --no-db` does.
    """
    from autograder.nbgrader_config import settings

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
