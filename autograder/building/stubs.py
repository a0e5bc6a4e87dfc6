"""What stands in a released exercise where the solution was."""

from __future__ import annotations

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions


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
