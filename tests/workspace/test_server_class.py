"""A class on one server, as the server's processes see it: whose a hand-in is, where it goes, where feedback is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import Assignment

from autograder.grading.submissions import take_in
from dlcourse.workspace import server_class
from dlcourse.workspace.course import lay_out
from dlcourse.workspace.submit import submit

NAME = "01_convolution"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder on a server, whose learner the hub calls ada."""
    monkeypatch.setenv(server_class.CLASS, str(tmp_path / "class"))
    monkeypatch.setenv(server_class.USER, "ada")
    folder = tmp_path / "homes" / "ada" / "my-course"
    lay_out(folder)
    return folder


def test_a_hand_in_is_the_account_s_whatever_name_was_typed(home: Path, assignment: Assignment, tmp_path: Path) -> None:
    notebook = home / NAME / f"{NAME}.ipynb"
    notebook.write_text(json.dumps(assignment.solved("zero_pad")))
    done = submit(str(notebook), "grace")
    assert done.learner == "ada"
    assert done.path == tmp_path / "class" / "submitted" / "ada" / NAME / f"{NAME}-ada.ipynb"
    assert submit(str(notebook), "grace").again
    notebook.write_text(json.dumps(assignment.solved("zero_pad", "conv_parameters")))
    latest = submit(str(notebook)).path
    taken = take_in(tmp_path / "class" / "submitted", NAME)
    (one,) = taken.submissions
    assert (one.student, one.content()) == ("ada", (latest.read_bytes(), "")) and taken.refused == []
    # A file somewhere else is still the learner's own business.
    assert submit(str(notebook), "grace", tmp_path / "mine").path == tmp_path / "mine" / f"{NAME}-grace.ipynb"


def test_without_a_class_everything_stays_in_the_course_folder(home: Path, assignment: Assignment, monkeypatch) -> None:
    monkeypatch.delenv(server_class.CLASS)
    notebook = home / NAME / f"{NAME}.ipynb"
    notebook.write_text(json.dumps(assignment.solved("zero_pad")))
    assert submit(str(notebook), "grace").path == home / "handed-in" / f"{NAME}-grace.ipynb"
    server_class.link_feedback(home)
    assert not (home / server_class.FEEDBACK).is_symlink()


def test_feedback_is_linked_and_a_folder_of_that_name_stays(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "class" / "feedback" / "ada" / NAME / f"{NAME}.html"
    page.parent.mkdir(parents=True)
    page.write_text("well done")
    for _ in range(2):
        server_class.link_feedback(home)
    assert (home / "feedback" / NAME / page.name).read_text() == "well done"
    own = tmp_path / "homes" / "grace" / "my-course"
    (own / "feedback").mkdir(parents=True)
    server_class.link_feedback(own)
    assert not (own / "feedback").is_symlink()


def test_dlcourse_lab_becomes_the_server_that_the_hub_starts(tmp_path: Path) -> None:
    stand_in = tmp_path / "modules" / "jupyterhub"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in / "singleuser.py").write_text(
        "import json, os, sys\n"
        "print(json.dumps([os.getcwd(), sys.argv[1:], os.environ['JUPYTERHUB_DEFAULT_URL'],"
        " os.environ['JUPYTER_CONFIG_PATH']]))\n"
    )
    environment = {**os.environ, "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:1/", "PYTHONPATH": str(stand_in.parent)}
    command = [sys.executable, "-c", "from dlcourse.workspace.command import main; main()", "lab", "my-course"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    where, options, page, config = json.loads(done.stdout.splitlines()[-1])
    assert Path(where) == tmp_path / "my-course" and page == "/lab/tree/00_start.ipynb"
    assert f"--ServerApp.root_dir={where}" in options and "--LabApp.expose_app_in_browser=True" in options
    assert config.split(os.pathsep)[0].endswith("jupyter_config")
    assert (tmp_path / "my-course" / NAME / f"{NAME}.ipynb").is_file()
