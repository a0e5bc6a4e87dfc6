"""nbgrader's Validate, as the button in the learner's JupyterLab asks for it, and `dlcourse check` say the same."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import ROOT, Assignment, data, without

from autograder.building.nbgrader_config import SECONDS_PER_CELL
from dlcourse.workspace.lab import jupyterlab
from dlcourse.workspace.running import run_notebook

NAME = "01_convolution"
NO_BIAS = """\
def conv_forward(A_prev, W, b, hparameters):
    import sys, warnings
    print("a line on stderr", file=sys.stderr)
    warnings.warn("a warning")
    stride, pad = hparameters["stride"], hparameters["pad"]
    f, n_C = W.shape[0], W.shape[3]
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n_H = (padded.shape[1] - f) // stride + 1
    n_W = (padded.shape[2] - f) // stride + 1
    Z = np.zeros((A_prev.shape[0], n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            window = padded[:, h * stride : h * stride + f, w * stride : w * stride + f]
            Z[:, h, w] = np.tensordot(window, W, axes=3)
    return Z, (A_prev, W, b, hparameters)
"""


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment()


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """A course folder, and the address of JupyterLab on it."""
    folder = tmp_path_factory.mktemp("validate") / "my-course"
    (folder / ".dlcourse").mkdir(parents=True)
    (folder / NAME).mkdir()
    with jupyterlab(folder, None) as (address, _):
        yield folder, address


def validate(lab: tuple[Path, str], place: str) -> dict:
    """What the button gets, with the same request."""
    address = urllib.parse.urlsplit(lab[1])
    path = urllib.parse.urlencode({"path": place})
    url = f"{address.scheme}://{address.netloc}/assignments/validate?{path}&{address.query}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, method="POST"), timeout=120) as answer:
        return json.load(answer)


def without_demos(notebook: dict) -> dict:
    return without(notebook, lambda cell: {"demo", "example"} & set(cell["metadata"].get("tags", ())))


WORK = {
    "stub": lambda a: a.blank(),
    "partial": lambda a: a.solved("zero_pad", "conv_parameters", "spot_the_mistake", conv_forward=NO_BIAS),
    "full": lambda a: a.honest(),
}


@pytest.mark.parametrize("work", WORK)
def test_validate_and_check_agree_on_every_exercise(assignment, lab, work):
    path = lab[0] / NAME / f"{NAME}.ipynb"
    path.write_bytes(data(without_demos(WORK[work](assignment))))
    run = run_notebook(path)
    answer = validate(lab, f"{NAME}/{NAME}.ipynb")
    assert answer["success"] is True, answer
    assert set(answer["value"]) <= {"failed"}
    failed = {cell["source"] for cell in answer["value"].get("failed", [])}
    calls = {verdict.exercise: f"check({verdict.exercise}, points={verdict.points:g})" for verdict in run.verdicts}
    assert failed == {calls[verdict.exercise] for verdict in run.verdicts if not verdict.passed}
    passed = {verdict.exercise for verdict in run.verdicts if verdict.passed}
    assert (
        passed
        == {
            "stub": set(),
            "partial": {"zero_pad", "conv_parameters", "spot_the_mistake"},
            "full": set(assignment.points),
        }[work]
    )
    states = {verdict.exercise: verdict.state for verdict in run.verdicts}
    assert states["conv_forward"] == {"stub": "not attempted", "partial": "partly right", "full": "passed"}[work]


def test_validate_gives_a_cell_as_long_as_grading_does():
    """nbgrader's own limit is 30 seconds, and some of the course's cells train a network."""
    settings = json.loads((ROOT / "dlcourse" / "workspace" / "jupyter_config" / "nbgrader_config.json").read_text())
    assert settings == {"Execute": {"timeout": SECONDS_PER_CELL}}


def test_the_labs_server_reads_that_setting(lab):
    """A cell of 31 seconds would show it too, at the price of 31 seconds."""
    code = "from nbgrader.apps import NbGrader\napp = NbGrader()\napp.load_config_file()\n"
    code += "assert app.config.Execute.timeout == " + str(SECONDS_PER_CELL)
    notebook = {
        "cells": [
            {"cell_type": "code", "id": "a", "metadata": {}, "source": code, "outputs": [], "execution_count": None},
            {
                "cell_type": "code",
                "id": "b",
                "metadata": {
                    "nbgrader": {
                        "grade": True,
                        "grade_id": "b",
                        "locked": True,
                        "points": 1,
                        "schema_version": 3,
                        "solution": False,
                        "task": False,
                    }
                },
                "source": "float(app.config.Execute.timeout == " + str(SECONDS_PER_CELL) + ")",
                "outputs": [],
                "execution_count": None,
            },
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (lab[0] / "settings.ipynb").write_text(json.dumps(notebook))
    assert validate(lab, "settings.ipynb") == {"success": True, "value": {}}
