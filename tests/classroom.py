"""A class made by tests: notebooks as learners hand them in, honest and otherwise, from a solution and its release."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Assignment:
    """One assignment: how it is released, and how it is solved. Notebooks are plain dictionaries here."""

    def __init__(self, name: str = "01_convolution", course: Path = ROOT) -> None:
        from autograder.building.notebooks import build

        built = build(course, [name])[0]
        self.name, self.released = built.name, built.released
        self.solutions = {
            exercise(cell): without_markers(text(cell))
            for cell in json.loads(built.expanded)["cells"]
            if exercise(cell)
        }

    def write_release(self, folder: Path) -> Path:
        """The released notebook as a file, for `--assignment`."""
        path = folder / f"{self.name}.ipynb"
        path.write_text(self.released, encoding="utf-8")
        return path

    def blank(self) -> dict:
        """The release as it was handed out."""
        return json.loads(self.released)

    def solved(self, *names: str, **code: str) -> dict:
        """The release with the solutions of `names` (all of them if there are none), and `code` for other exercises."""
        chosen = names or (() if code else self.solutions)
        sources = {name: self.solutions[name] for name in chosen} | code
        return self.written(sources)

    def honest(self, **code: str) -> dict:
        """Everything solved, but for the exercises whose code is given."""
        return self.written({**self.solutions, **code})

    def written(self, sources: dict[str, str]) -> dict:
        notebook = self.blank()
        for cell in notebook["cells"]:
            if exercise(cell) in sources:
                cell["source"] = sources[exercise(cell)]
        return notebook

    @property
    def points(self) -> dict[str, float]:
        from dlcourse.handing_in.master import read_master

        return read_master(self.name, self.released).points


# --- cells ----------------------------------------------------------------------------------------------------------


def text(cell: dict) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def grade_id(cell: dict) -> str:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")


def exercise(cell: dict) -> str:
    """The exercise that an exercise cell is for, or ""."""
    identifier = grade_id(cell)
    return identifier.removeprefix("exercise-") if identifier.startswith("exercise-") else ""


def check(cell: dict) -> str:
    """The exercise that a check cell is for, or ""."""
    identifier = grade_id(cell)
    return identifier.removeprefix("check-") if identifier.startswith("check-") else ""


def without_markers(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if not re.search(r"### (BEGIN|END) SOLUTION", line))


def code(source: str, **metadata: object) -> dict:
    """A cell that a learner has added."""
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


def position(notebook: dict, name: str, kind: str = "exercise") -> int:
    """Where an exercise's cell is (kind="exercise"), or its check."""
    which = exercise if kind == "exercise" else check
    return next(index for index, cell in enumerate(notebook["cells"]) if which(cell) == name)


def insert(notebook: dict, index: int, *cells: dict) -> dict:
    """A copy of the notebook with cells added."""
    changed = copy.deepcopy(notebook)
    changed["cells"][index:index] = cells
    return changed


def first(notebook: dict, source: str) -> dict:
    """A copy with a cell of the learner's own before everything else."""
    return insert(notebook, 0, code(source))


def last(notebook: dict, source: str) -> dict:
    """A copy with a cell of the learner's own behind everything else."""
    return insert(notebook, len(notebook["cells"]), code(source))


# --- what becomes of notebooks --------------------------------------------------------------------------------------


def without_metadata(notebook: dict) -> dict:
    """No ids, no nbgrader marks, no tags: what some converters leave."""
    changed = copy.deepcopy(notebook)
    changed["metadata"], changed["nbformat_minor"] = {}, 2
    for cell in changed["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    return changed


def as_colab(notebook: dict) -> dict:
    """Colab keeps ids of its own in the metadata, and nbgrader's marks are lost when cells are copied over."""
    changed = without_metadata(notebook)
    changed["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    changed["nbformat_minor"] = 0
    for number, cell in enumerate(changed["cells"]):
        cell["metadata"] = {"id": f"{number:012x}"} | ({"outputId": "0"} if cell["cell_type"] == "code" else {})
        cell["source"] = text(cell).splitlines(keepends=True)
    return changed


def as_vs_code(notebook: dict) -> dict:
    """VS Code keeps metadata, writes its own language ids, and gives new ids to cells it has split."""
    changed = copy.deepcopy(notebook)
    changed["nbformat_minor"] = 2
    for cell in changed["cells"]:
        cell.pop("id", None)
        cell["metadata"]["vscode"] = {"languageId": "python"}
    return changed


def as_nbformat_3(notebook: dict) -> dict:
    """The format of IPython 1 to 2: worksheets, and `input` for `source`."""
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cells.append(
                {"cell_type": "code", "input": text(cell), "language": "python", "metadata": {}, "outputs": []}
            )
        else:
            cells.append({"cell_type": "markdown", "source": text(cell), "metadata": {}})
    return {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": cells, "metadata": {}}],
    }


def without(notebook: dict, unwanted: Callable[[dict], object]) -> dict:
    """A copy without some cells."""
    changed = copy.deepcopy(notebook)
    changed["cells"] = [cell for cell in changed["cells"] if not unwanted(cell)]
    return changed


def with_outputs(notebook: dict, value: str) -> dict:
    """A copy in which every check claims a result."""
    changed = copy.deepcopy(notebook)
    for cell in changed["cells"]:
        if check(cell):
            cell["outputs"] = [
                {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": value}}
            ]
    return changed


# --- handing in -----------------------------------------------------------------------------------------------------


def data(notebook: dict | str | bytes) -> bytes:
    if isinstance(notebook, bytes):
        return notebook
    return notebook.encode() if isinstance(notebook, str) else json.dumps(notebook).encode()


def hand_in(folder: Path, student: str, notebook: dict | str | bytes, assignment: str = "") -> Path:
    """A loose file STUDENT.ipynb, or, with `assignment`, nbgrader's STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb."""
    path = folder / student / assignment / f"{assignment}.ipynb" if assignment else folder / f"{student}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data(notebook))
    return path


def grade_one(assignment: Assignment, notebook: dict | str | bytes, seed: int = 7, **settings: object) -> dict:
    """Grade in this process, in a real kernel: what `autograder grade` has a worker do."""
    from autograder.grading.one_submission import grade_submission, make_task

    return grade_submission(make_task("somebody", data(notebook), {**settings_of(assignment, seed), **settings}))


def settings_of(assignment: Assignment, seed: int = 7) -> dict:
    import tempfile

    from autograder.grading.one_submission import make_settings

    with tempfile.TemporaryDirectory() as folder:
        return make_settings(assignment.write_release(Path(folder)), seed)


def scores(result: dict) -> dict[str, float]:
    return {one["name"]: one["score"] for one in result["exercises"]}
