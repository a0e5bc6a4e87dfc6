"""The notebooks outside `dlcourse lab`: where dlcourse is missing, and as VS Code and Colab save them."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest
from classroom import as_colab, as_vs_code, check, code, data, first, grade_one, scores, text, without
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from test_command import row
from test_package import built_wheel

from autograder.building.notebooks import INSTALL
from dlcourse.workspace.submit import submit

NAME = "01_convolution"
MISSING = "No module named 'dlcourse'"


pytestmark = pytest.mark.usefixtures("no_kernels_left")


# --- where dlcourse is missing --------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The Python of an environment with everything that this one has, pip included, but dlcourse."""
    venv.create(tmp_path / "elsewhere", symlinks=True, with_pip=False)
    python = tmp_path / "elsewhere" / "bin" / "python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "dlcourse" not in entry.name and not (packages / entry.name).exists():
            (packages / entry.name).symlink_to(entry)
    return python


def run_in(python: Path, cells: list[str], **environment: str) -> list:
    """What each cell gives, run one after another in a new kernel of that environment."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    client = NotebookClient(notebook, km=manager, timeout=60, allow_errors=True)
    with client.setup_kernel(env={**inherited, **environment}, cwd=str(python.parent)):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
    return [cell.outputs for cell in notebook.cells]


def error(outputs: list) -> str:
    return next((output.evalue for output in outputs if output.output_type == "error"), "")


def test_the_first_cell_installs_the_course_where_it_is_missing_and_only_there(
    assignment, elsewhere, repository, tmp_path
):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    built_wheel(repository, wheels)
    released = assignment.blank()["cells"]
    kinds = ["install", "setup"]
    install, setup = (text(c) for c in released if set(c["metadata"].get("tags", ())) & set(kinds))
    assert install == INSTALL["source"]
    solved = [assignment.solutions["zero_pad"], "check(zero_pad, points=1)"]
    (tmp_path / "nothing").mkdir()
    offline = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    assert MISSING in error(run_in(elsewhere, [setup])[0])
    failed = run_in(elsewhere, [install, setup], **offline, PIP_FIND_LINKS=str(tmp_path / "nothing"))
    assert "No matching distribution found for dlcourse" in str(failed[0]) and MISSING in error(failed[1])

    installed = run_in(elsewhere, [install, setup, *solved], **offline, PIP_FIND_LINKS=str(wheels))
    assert [error(outputs) for outputs in installed] == [""] * 4
    assert installed[3][-1].data["text/plain"] == "1.0"

    again = run_in(elsewhere, [install, "dlcourse.__file__"], **offline, PIP_FIND_LINKS=str(tmp_path / "nothing"))
    assert again[0] == []
    assert str(elsewhere.parent.parent) in again[1][0].data["text/plain"]


def test_every_notebook_begins_with_it(repository):
    for path in (repository / "notebooks").rglob("*.ipynb"):
        first_code = next(c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code")
        assert text(first_code) == INSTALL["source"], path


def test_graders_do_not_run_it_and_do_not_mind_what_became_of_it(assignment):
    notebook = assignment.honest()
    index = next(index for index, cell in enumerate(notebook["cells"]) if text(cell) == INSTALL["source"])
    notebook["cells"][index]["source"] = "!pip install dlcourse==0.0.1\nraise SystemExit"
    edited = grade_one(assignment, notebook)
    deleted = grade_one(assignment, without(notebook, lambda cell: cell is notebook["cells"][index]))
    for result in (edited, deleted):
        assert scores(result) == assignment.points
        assert result["repairs"] == [] and result["cells"] == []


# --- as VS Code and Colab save them ---------------------------------------------------------------------------------


def colab_save(notebook: dict) -> dict:
    """As downloaded from Colab after a run: ids and output ids of its own, widgets' state, an old minor version."""
    saved = as_colab(first(notebook, "!pip install --quiet dlcourse\n%matplotlib inline"))
    saved["metadata"] |= {"accelerator": "GPU", "widgets": {"application/vnd.jupyter.widget-state+json": {}}}
    for cell in saved["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 7
            cell["metadata"] |= {"colab": {"base_uri": "https://colab.research.google.com/", "height": 34}}
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["Collecting\n"]}]
    return saved


def vs_code_save(notebook: dict) -> dict:
    """As VS Code leaves it: the kernel of somebody's own environment, its version of Python, no ids."""
    saved = as_vs_code(notebook)
    saved["metadata"] = {
        "kernelspec": {"display_name": ".venv (3.12.4)", "language": "python", "name": "somebodys-venv"},
        "language_info": {"name": "python", "version": "3.12.4", "file_extension": ".py"},
    }
    for cell in saved["cells"]:
        cell["source"] = text(cell).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/plain": ["an image"]}}]
    return saved


def without_demos(notebook: dict) -> dict:
    """To be quick: nothing is graded on them."""
    return without(copy.deepcopy(notebook), lambda cell: {"demo", "example"} & set(cell["metadata"].get("tags", ())))


@pytest.mark.parametrize("save", [colab_save, vs_code_save])
def test_a_save_opens_runs_and_grades(assignment, tmp_path, save):
    wrong = {"conv_parameters": "def conv_parameters(f, n_C_prev, n_C):\n    return f * f * n_C_prev * n_C"}
    notebook = save(without_demos(assignment.honest(**wrong)))
    nbformat.validate(notebook)
    expected = {**assignment.points, "conv_parameters": 0.0}
    path = tmp_path / f"{NAME}.ipynb"
    path.write_bytes(data(notebook))
    command = [sys.executable, "-m", "dlcourse.workspace.command", "check", str(path), "--no-details"]
    # Nothing is installed here, whatever a cell of the learner's own asks for.
    environment = {**os.environ, "COLUMNS": "120", "PIP_NO_INDEX": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    for name, points in assignment.points.items():
        assert row(done, name).startswith(f"{name} {expected[name]:g} / {points:g} ")
    assert grade_one(assignment, notebook)["score"] == sum(expected.values())
    handed_in = submit(str(path), "ada", tmp_path / "handed-in").path
    assert scores(grade_one(assignment, handed_in.read_bytes())) == expected
    assert path.read_bytes() == data(notebook)


def test_checks_that_an_editor_has_merged_with_an_exercise_are_found(assignment, tmp_path):
    """VS Code's join of two cells."""
    notebook = without_demos(assignment.honest())
    joined = []
    for cell in notebook["cells"]:
        if check(cell):
            joined[-1] = code(f"{text(joined[-1])}\n\n{text(cell)}")
        else:
            joined.append(cell)
    result = grade_one(assignment, vs_code_save({**notebook, "cells": joined}))
    assert scores(result) == assignment.points
