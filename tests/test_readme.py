"""README's teacher section in a fresh clone: every command that stands there, run as it is written.

Only what installs an environment and activates it is left out: tests/test_package.py installs the wheel.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from classroom import ROOT, Assignment
from test_nbgrader import jupyter_server

from autograder.building.notebooks import build

NAME = "01_convolution"
INSTALLING = ("pip install", "make lab")
MENTIONED = ("autograder grade",)  # without anything to grade
UNWRITTEN = re.compile(r"\b(?:[A-Z]{2,})\b|\{")  # a place to fill in, such as FOLDER


def commands() -> list[str]:
    """Every command of the section, in its order, each once."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## For teachers")[2].partition("\n## ")[0]
    found = []
    for block, inline in re.findall(r"^```\n(.*?)^```|`([^`\n]+)`", section, re.DOTALL | re.MULTILINE):
        for line in (block or inline).splitlines():
            is_command = line.startswith(("autograder ", "nbgrader ", "jupyter ", "source ", *INSTALLING))
            if is_command and line not in (*found, *MENTIONED) and not UNWRITTEN.search(line):
                found.append(line)
    return found


@dataclass
class Clone:
    """A clone in which everything was run, and what each command said."""

    folder: Path
    done: dict[str, subprocess.CompletedProcess]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    folder = tmp_path_factory.mktemp("fresh") / "dlcourse"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    assignment = Assignment()
    for student, solved in (("ada", assignment.honest()), ("bob", assignment.solved("zero_pad"))):
        slow = {"demo", "example"}  # nbgrader runs them too
        solved["cells"] = [cell for cell in solved["cells"] if not slow & set(cell["metadata"].get("tags", ()))]
        place = folder / "submitted" / student / NAME / f"{NAME}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(solved), encoding="utf-8")
    (folder / "class.csv").write_text("student,name,email,number\nada,Ada Lovelace,a@x.org,1\nbob,Bob Noe,b@x.org,2\n")
    exported(folder)
    made = Clone(folder, {})
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it is activated
    for command in commands():
        if command.startswith((*INSTALLING, "jupyter ", "source ")):
            continue
        made.done[command] = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    return made


def exported(folder: Path) -> None:
    """What a teacher has downloaded: Canvas's gradebook, Moodle's worksheet and its submissions."""
    (folder / "gradebook.csv").write_text(
        f"Student,ID,SIS User ID,SIS Login ID,Section,{NAME} (77)\n    Points Possible,,,,,22\n"
        "Ada Lovelace,501,,ada,,\nBob Noe,502,,bob,,\n"
    )
    (folder / "worksheet.csv").write_text(
        "Identifier,Full name,Status,Grade,Maximum grade,Grade can be changed,Last modified (grade)\n"
        "Participant 1,Ada Lovelace,,,22.00,Yes,-\nParticipant 2,Bob Noe,,,22.00,Yes,-\n"
    )
    with zipfile.ZipFile(folder / "submissions.zip", "w") as archive:
        for place in ("Ada Lovelace_1", "Bob Noe_2"):
            archive.writestr(f"{place}_assignsubmission_file_/{NAME}.ipynb", "{}")


def test_the_section_has_its_commands():
    words = {" ".join(command.split()[:2]) for command in commands()}
    assert words >= {
        "autograder doctor", "autograder grade", "autograder gradescope", "autograder replay", "autograder regrade",
        "autograder export",
        "autograder classroom50",
        "autograder report",
        "nbgrader validate", "nbgrader autograde", "nbgrader generate_feedback", "jupyter lab",
        "source .venv/bin/activate",
    }  # fmt: skip


@pytest.mark.parametrize("command", [one for one in commands() if one.startswith(("autograder", "nbgrader"))])
def test_each_command_does_what_it_says(clone, command):
    done = clone.done[command]
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_formgrader_finds_the_class_there(clone):
    with jupyter_server(clone.folder) as get:
        (listed,) = json.loads(get("formgrader/api/assignments"))
        assert (listed["name"], listed["num_submissions"], listed["release_path"]) == (NAME, 2, f"notebooks/{NAME}")
        scores = {one["student"]: one["score"] for one in json.loads(get(f"formgrader/api/submissions/{NAME}"))}
        assert scores == {"ada": 22, "bob": pytest.approx(Assignment().points["zero_pad"])}


def test_the_files_are_where_the_table_says(clone):
    results = clone.folder / "results"
    assert (results / "grades.csv").exists() and (results / "results.json").exists()
    for place in ("gradebook.db", f"autograded/ada/{NAME}/{NAME}.ipynb", f"feedback/bob/{NAME}/{NAME}.html"):
        assert (clone.folder / place).exists()
    assert (results / "gradescope" / "ada.json").exists() and (clone.folder / "autograder.zip").exists()


def test_grades_and_feedback_are_there_for_the_platforms(clone):
    folder = clone.folder / "results" / "export"
    points = f"{Assignment().points['zero_pad']:g}"
    assert f"Ada Lovelace,501,,ada,,22\nBob Noe,502,,bob,,{points}\n" in (folder / "gradebook.csv").read_text()
    assert f"Participant 2,Bob Noe,,{points},22.00" in (folder / "worksheet.csv").read_text()
    assert zipfile.ZipFile(folder / "feedback.zip").namelist() == [
        f"{who}_assignsubmission_file_/feedback.html" for who in ("Ada Lovelace_1", "Bob Noe_2")
    ]


def test_what_formgrader_was_given_is_the_course_as_it_is_built(clone):
    """`nbgrader generate_assignment` would make a release of it again."""
    source = (clone.folder / "build" / "source" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert source == build(ROOT, [NAME])[0].expanded
