"""What a notebook, or a teacher's configuration, of version 0.1 imports still works, in the course and in a sandbox."""

import importlib
import json
import subprocess
import sys

import pytest
from classroom import grade_id

from autograder.running.view import stage_course
from dlcourse.old_paths import MOVED

# The import lines of the ten notebooks as version 0.1 released them.
RELEASED = """
from dlcourse import block_diagrams, course_map, datasets, diagrams, doctor, drawn_faces, features, plots
from dlcourse import plots_detection, plots_sequences, scenes
from dlcourse.datasets_smiles import smiles
from dlcourse.depth_explorer import explore_depth, last_loss, show_degradation
from dlcourse.detection_scores import average_precision, precision_and_recall
from dlcourse.embedding import embedding_network, train_on_triplets
from dlcourse.encodings import img_to_encoding
from dlcourse.notebook_tools import attempt, show_table
from dlcourse.quiet import quiet
from dlcourse.sequences import NAMES, SENTENCE, Adam, binary_sums, marked_numbers, recall, sigmoid, softmax
from dlcourse.widgets import explore_filters
from dlcourse.widgets_faces import explore_threshold
from dlcourse.widgets_keras_models import explore_digits
from dlcourse.widgets_pooling import explore_pools
from dlcourse.widgets_sequences import explore_gradients, explore_memory
from dlcourse.widgets_style import explore_painting, paint
plots_detection.explore_thresholds, plots_detection.show_detections, plots.show_curves
"""


def run(code: str, folder=None) -> str:
    path = f"import sys; sys.path.insert(0, {str(folder)!r})\n" if folder else ""
    done = subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True)
    return done.stderr[-2000:] if done.returncode else ""


def test_the_notebooks_of_version_0_1_import_what_they_did():
    assert run(RELEASED) == ""


def test_they_do_so_in_the_sandbox_s_copy_of_the_course(tmp_path):
    stage_course(tmp_path, "recurrent")
    lines = [line for line in RELEASED.splitlines() if "course_map" not in line]  # the start page isn't graded
    lines.insert(0, "from dlcourse import datasets, diagrams, plots, plots_detection")
    works = "import numpy as np; assert np.allclose(softmax(np.zeros((2, 3))), 0.5); assert sigmoid(0.0) == 0.5"
    assert run("\n".join([*lines, works]), tmp_path) == ""


def test_what_is_not_given_stays_a_stand_in(tmp_path):
    stage_course(tmp_path, "recurrent")
    said = run("from dlcourse.recurrent import rnn_forward, softmax; rnn_forward(1, 2, 3)", tmp_path)
    assert "dlcourse.recurrent is not available while work is graded" in said
    assert not list(tmp_path.rglob("judging.py")) and not list(tmp_path.rglob("workspace"))


@pytest.mark.parametrize("old", MOVED)
def test_every_new_path_exists_and_nothing_else_is_at_the_old_one(old):
    for new in MOVED[old]:
        importlib.import_module(new)
    with pytest.raises(ImportError, match="cannot import name 'nothing_such'"):
        exec(f"from {old} import nothing_such")


def test_a_configuration_of_version_0_1_is_read():
    assert run("from autograder.nbgrader_config import configure") == ""


SETUP_OF_01 = """import numpy as np

from dlcourse import datasets, diagrams, plots
from dlcourse.checks.convolution import check, hint, solution
from dlcourse.notebook_tools import attempt, show_table
from dlcourse.widgets import explore_filters"""


def test_a_notebook_that_was_begun_with_version_0_1_runs_and_earns_its_points(assignment, tmp_path):
    notebook = assignment.honest()
    setup = next(cell for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", []))
    assert grade_id(setup) and "dlcourse.figures" in "".join(setup["source"])
    setup["source"] = SETUP_OF_01
    path = tmp_path / "01_convolution.ipynb"
    path.write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "dlcourse.workspace.command", "check", str(path), "--no-details"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    points = sum(assignment.points.values())
    assert done.returncode == 0 and f"{points:g} / {points:g}" in done.stdout, done.stdout + done.stderr
