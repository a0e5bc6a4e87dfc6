"""Stock nbgrader on the real course: the commands a teacher types, in a folder laid out like the repository."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from classroom import as_colab, text
from nbgrader.preprocessors import IgnorePattern
from nbgrader.utils import determine_grade
from traitlets.config import Config

from autograder.building.nbgrader_config import QUIET, settings
from autograder.building.notebooks import build, write
from dlcourse import checks
from dlcourse.workspace.submit import submit

NAME = "01_convolution"
NO_BIAS = """\
import numpy as np

def conv_forward(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    f, n_C = W.shape[0], W.shape[3]
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n_H = (padded.shape[1] - f) // stride + 1
    n_W = (padded.shape[2] - f) // stride + 1
    Z = np.zeros((A_prev.shape[0], n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            window = padded[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
            Z[:, h, w, :] = np.tensordot(window, W, axes=3)
    return Z, (A_prev, W, b, hparameters)
"""


@dataclass
class Class:
    """A course folder in which everything was handed in and autograded, and what the gradebook says."""

    folder: Path
    marks: dict[str, dict[str, float]]
    points: dict[str, float]
    released: bytes


def nbgrader(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """Run a command as somebody does who has activated no environment and set no variable for TensorFlow."""
    environment = {key: value for key, value in os.environ.items() if key not in (*QUIET, "PYTHONPATH")}
    environment["PATH"] = os.pathsep.join(
        entry for entry in environment["PATH"].split(os.pathsep) if not (Path(entry) / "nbgrader").exists()
    )
    command = [sys.executable, "-m", "nbgrader", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def cell_named(notebook: dict, name: str) -> dict:
    return next(cell for cell in notebook.cells if cell["id"] == name)


def hand_in(course: Path, student: str, notebook: dict, demos: bool = False) -> None:
    """Without the demos, to be quick: nothing is graded on them."""
    if not demos:
        slow = {"demo", "example"}
        notebook.cells = [cell for cell in notebook.cells if not slow & set(cell.metadata.get("tags", ()))]
    path = course / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Class:
    course = tmp_path_factory.mktemp("class")
    (course / "solutions").mkdir()
    shutil.copy(repository / "solutions" / f"{NAME}.py", course / "solutions")
    shutil.copy(repository / "nbgrader_config.py", course)
    built = build(course)
    write(course, built)
    released_path = course / "notebooks" / NAME / f"{NAME}.ipynb"
    released = released_path.read_bytes()

    done = nbgrader(course, "generate_assignment", NAME)
    assert done.returncode == 0, done.stderr
    assert released_path.read_bytes() == released, "nbgrader generates another release than `autograder build`"

    solution = nbformat.reads(built[0].expanded, as_version=4)
    release = nbformat.read(released_path, as_version=4)
    points = {
        cell.metadata.nbgrader.grade_id.removeprefix("check-"): float(cell.metadata.nbgrader.points)
        for cell in release.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    hand_in(course, "solution", nbformat.from_dict(solution), demos=True)
    hand_in(course, "release", nbformat.read(released_path, as_version=4))

    two = nbformat.read(released_path, as_version=4)
    for name in ("zero_pad", "conv_parameters"):
        cell_named(two, f"exercise-{name}").source = cell_named(solution, f"exercise-{name}").source
    body = "    import os, sys\n    os.write(2, b'a line on stderr')\n    print('another', file=sys.stderr)\n"
    cell = cell_named(two, "exercise-conv_parameters")
    head, _, rest = cell.source.partition("\n")
    assert head.startswith("def conv_parameters(") and head.endswith(":")
    cell.source = f"{head}\n{body}{rest}"
    check = cell_named(two, "check-conv_backward")
    check.source = "6.0"  # nbgrader puts the course's check back
    hand_in(course, "two", two)

    no_bias = nbformat.read(released_path, as_version=4)
    cell_named(no_bias, "exercise-conv_forward").source = NO_BIAS
    hand_in(course, "no_bias", no_bias)

    # A notebook out of Colab without its checks, put in order by `dlcourse submit`.
    worn = as_colab(nbformat.read(course / "submitted" / "no_bias" / NAME / f"{NAME}.ipynb", as_version=4))
    worn["cells"] = [cell for cell in worn["cells"] if not text(cell).startswith("check(")]
    (course / "worn.ipynb").write_text(json.dumps(worn))
    submitted = submit(str(course / "worn.ipynb"), "ada", course / f"{NAME}-ada.ipynb").path
    hand_in(course, "submitted", nbformat.read(submitted, as_version=4))

    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    return Class(course, marks_in(course), points, released)


def marks_in(course: Path) -> dict[str, dict[str, float]]:
    """By student and exercise, from the gradebook that nbgrader keeps."""
    import sqlite3

    with sqlite3.connect(course / "gradebook.db") as database:
        rows = database.execute(
            "select submitted_assignment.student_id, base_cell.name, grade.auto_score from grade"
            " join base_cell on grade.cell_id = base_cell.id"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"
        ).fetchall()
    marks: dict[str, dict[str, float]] = {}
    for student, name, score in rows:
        marks.setdefault(student, {})[name.removeprefix("check-")] = score
    return marks


def test_the_solution_earns_every_point(graded: Class) -> None:
    assert graded.marks["solution"] == graded.points
    assert sum(graded.points.values()) > 0


def test_the_release_earns_none(graded: Class) -> None:
    assert graded.marks["release"] == dict.fromkeys(graded.points, 0.0)


def test_two_exercises_earn_their_points_whatever_they_write_to_stderr(graded: Class) -> None:
    solved = ("zero_pad", "conv_parameters")
    assert graded.marks["two"] == {name: p if name in solved else 0.0 for name, p in graded.points.items()}


def test_a_bias_left_out_earns_what_the_groups_say(graded: Class) -> None:
    namespace: dict = {}
    exec(NO_BIAS, namespace)
    report = checks.run("convolution", "conv_forward", namespace["conv_forward"], namespace=namespace)
    assert 0 < report.score < 1
    assert any(group.passed for group in report.groups) and not all(group.passed for group in report.groups)
    expected = dict.fromkeys(graded.points, 0.0)
    expected["conv_forward"] = pytest.approx(report.score * graded.points["conv_forward"], abs=1e-4)
    assert graded.marks["no_bias"] == expected


def test_what_dlcourse_submit_makes_is_a_notebook_that_nbgrader_grades(graded: Class) -> None:
    assert graded.marks["submitted"] == {name: pytest.approx(mark) for name, mark in graded.marks["no_bias"].items()}
    assert graded.marks["submitted"]["conv_forward"] > 0


def test_feedback_shows_the_named_mistake(graded: Class) -> None:
    done = nbgrader(graded.folder, "generate_feedback", NAME, "--student", "no_bias")
    assert done.returncode == 0, done.stderr
    (page,) = (graded.folder / "feedback").rglob("*.html")
    namespace: dict = {}
    exec(NO_BIAS, namespace)
    report = checks.run("convolution", "conv_forward", namespace["conv_forward"], namespace=namespace)
    assert report.mistake is not None
    assert report.mistake.message.split(":")[0] in page.read_text(encoding="utf-8")


def test_validate(graded: Class) -> None:
    submitted = graded.folder / "submitted"
    solution = nbformat.read(submitted / "solution" / NAME / f"{NAME}.ipynb", as_version=4)
    solution.cells = [cell for cell in solution.cells if cell.metadata.get("tags", ["setup"]) == ["setup"]]
    nbformat.write(solution, graded.folder / "solution.ipynb")
    release = f"submitted/release/{NAME}/{NAME}.ipynb"
    done = nbgrader(graded.folder, "validate", release, "solution.ipynb")
    assert done.returncode == 0, done.stderr
    failed, succeeded = done.stdout.split("Success! Your notebook passes all the tests.")
    assert f"VALIDATION FAILED ON {len(graded.points)} CELL(S)!" in failed
    assert succeeded.strip() == ""


def test_a_check_that_a_learner_changed_is_put_back(graded: Class) -> None:
    text = (graded.folder / "autograded" / "two" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "check(conv_backward, points=" in text and '"6.0"' not in text


def test_formgrader_lists_the_assignment(graded: Class) -> None:
    with jupyter_server(graded.folder) as get:
        (assignment,) = json.loads(get("formgrader/api/assignments"))
        assert assignment["name"] == NAME
        assert assignment["num_submissions"] == len(graded.marks) == 5
        assert assignment["max_score"] == sum(graded.points.values())
        assert assignment["source_path"] == f"build/source/{NAME}"
        assert assignment["release_path"] == f"notebooks/{NAME}"
        submissions = json.loads(get(f"formgrader/api/submissions/{NAME}"))
        scores = {submission["student"]: submission["score"] for submission in submissions}
        assert scores == {student: pytest.approx(sum(marks.values())) for student, marks in graded.marks.items()}
        assert "formgrade" in get("formgrader/manage_assignments")
        assert "formgrade" in get("formgrader/gradebook")


@contextmanager
def jupyter_server(folder: Path) -> Iterator:
    """A server with formgrader on a free port; gives a function from a path to the text under it, which sends `data`
    there first, as a page does with what a teacher has typed in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", "--port", str(port),
        "--ServerApp.port_retries=0", "--IdentityProvider.token=x",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]  # fmt: skip
    log = folder / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, cwd=folder, stdout=file, stderr=file)

    def get(path: str, data: dict | None = None) -> str:
        sent = {} if data is None else {"data": json.dumps(data).encode(), "method": "PUT"}
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Authorization": "token x"}, **sent)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.read().decode()

    try:
        for _ in range(900):  # a busy machine
            try:
                get("api/status")
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None, log.read_text()
                time.sleep(0.2)
        yield get
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def test_a_mark_is_what_the_check_returns_whatever_is_on_stderr() -> None:
    config = Config()
    settings(config, Path("course"))
    cell = nbformat.v4.new_code_cell("check(f, points=5)", id="check-f")
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": 5}
    warning = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text=warning),
        nbformat.v4.new_output("display_data", data={"text/html": "<b>panel</b>"}),
        nbformat.v4.new_output("execute_result", data={"text/plain": "2.5"}),
        nbformat.v4.new_output("stream", name="stderr", text="\n"),
    ]
    assert determine_grade(cell) == (0, 5.0)
    IgnorePattern(config=config).preprocess(nbformat.v4.new_notebook(cells=[cell]), {})
    assert determine_grade(cell) == (2.5, 5.0)
