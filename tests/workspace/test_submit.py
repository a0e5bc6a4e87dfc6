"""Handing in: what `dlcourse submit` writes and says, and that it is graded as the learner's own notebook is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from classroom import (
    ROOT,
    Assignment,
    as_colab,
    as_nbformat_3,
    as_vs_code,
    check,
    code,
    data,
    exercise,
    first,
    grade_one,
    insert,
    last,
    position,
    scores,
    text,
    with_outputs,
    without,
    without_metadata,
)
from small_course import AS_ANYBODY
from test_command import assert_one_sentence, limit_file_size

from autograder.building.verifying import network_cutter
from autograder.grading.submissions import take_in
from dlcourse.handing_in.master import read_master
from dlcourse.handing_in.reading import read
from dlcourse.handing_in.rebuilding import Program, rebuild
from dlcourse.workspace.submit import submit

NAME = "01_convolution"
WRONG = "def conv_parameters(f, n_C_prev, n_C):\n    return n_C * n_C_prev * f * f"


pytestmark = pytest.mark.usefixtures("no_kernels_left")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course folder with the released notebook 01 in it."""
    folder = tmp_path / "my-course"
    (folder / ".dlcourse").mkdir(parents=True)
    (folder / NAME).mkdir()
    (folder / NAME / f"{NAME}.ipynb").write_bytes((ROOT / "notebooks" / NAME / f"{NAME}.ipynb").read_bytes())
    return folder


def write(course: Path, notebook: dict | str | bytes) -> Path:
    path = course / NAME / f"{NAME}.ipynb"
    path.write_bytes(data(notebook))
    return path


def run(course: Path, *words: str | Path, prefix: tuple[str, ...] = (), **options) -> subprocess.CompletedProcess:
    """`dlcourse submit` as a person runs it."""
    command = [
        *prefix,
        sys.executable,
        "-c",
        "from dlcourse.workspace.command import main; main()",
        "submit",
        *map(str, words),
    ]
    environment = {**os.environ, "COLUMNS": "160", "NO_COLOR": "1", "LOGNAME": "ada", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=60, **options)


def without_outputs(notebook: dict) -> bool:
    return not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook["cells"])


# --- the file -------------------------------------------------------------------------------------------------------


def doubled(assignment: Assignment) -> dict:
    notebook = assignment.honest()
    at = position(notebook, "zero_pad")
    return insert(notebook, at, assignment.blank()["cells"][at], code("def window(A): return A"))


def with_an_import(assignment: Assignment) -> dict:
    notebook = assignment.honest()
    setup = next(cell for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", []))
    setup["source"] = "import math\n" + text(setup)
    return notebook


def as_text(assignment: Assignment) -> dict:
    notebook = assignment.honest()
    notebook["cells"][position(notebook, "zero_pad")]["cell_type"] = "markdown"
    return notebook


WORK = {
    "as it should be": lambda a: a.honest(),
    "two exercises": lambda a: a.solved("zero_pad", "conv_parameters"),
    "with outputs": lambda a: with_outputs(a.honest(), "100.0"),
    "Colab": lambda a: as_colab(a.honest()),
    "VS Code": lambda a: as_vs_code(a.honest()),
    "nbformat 3": lambda a: as_nbformat_3(a.honest()),
    "no metadata": lambda a: without_metadata(a.honest()),
    "no checks": lambda a: without(a.honest(), check),
    "an exercise twice": doubled,
    "an exercise deleted": lambda a: without(a.honest(), lambda cell: exercise(cell) == "conv_forward"),
    "an exercise as text": as_text,
    "everything in one cell": lambda a: last(without(a.blank(), exercise), "\n\n".join(a.solutions.values())),
    "in another cell": lambda a: last(a.solved("conv_parameters"), a.solutions["zero_pad"]),
    "under another name": lambda a: without_metadata(
        a.honest(same_padding="def padding_same(n, f, stride):\n    return 0, 0")
    ),
    "an import among the released ones": with_an_import,
    "a helper below its use": lambda a: last(
        a.honest(zero_pad="def zero_pad(X, pad):\n    return framed(X, pad)"), "def framed(X, pad): return X"
    ),
    "half written": lambda a: a.honest(zero_pad="def zero_pad(X, pad):\n    return np.pad(X"),
    "magics": lambda a: first(a.honest(), "%matplotlib inline\n!ls"),
    "a demo that is needed": lambda a: a.honest(zero_pad="def zero_pad(X, pad):\n    return vertical"),
}


def plain(program: Program) -> list[tuple]:
    """A program without the names of the learner's own cells, which count positions."""
    return [
        (step.kind, step.name, "" if step.kind == "own" else step.id, step.source, step.points, step.run)
        for step in program.steps
    ]


@pytest.mark.parametrize("work", WORK)
def test_what_is_handed_in_is_rebuilt_to_the_same_code(assignment, course, work):
    """The grader runs the rebuilt notebook, so equal programs are equal points."""
    master = read_master(assignment.name, assignment.released)
    notebook = WORK[work](assignment)
    path = write(course, notebook)
    done = submit(str(path), "ada")
    made = json.loads(done.path.read_text())
    nbformat.validate(made)
    assert without_outputs(made)
    assert plain(rebuild(master, read(done.path.read_bytes()))) == plain(rebuild(master, read(path.read_bytes())))
    assert done.repairs == rebuild(master, read(path.read_bytes())).repairs
    assert made["metadata"]["dlcourse"]["repairs"] == list(done.repairs)
    assert path.read_bytes() == data(notebook)


def test_nothing_of_the_learners_but_code_is_in_it(assignment, course):
    notebook = with_outputs(assignment.honest(), "'a secret'")
    notebook["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": "my diary"})
    notebook["metadata"]["author"] = "an address"
    notebook["cells"][2]["metadata"]["private"] = "a note"
    made = submit(str(write(course, notebook)), "ada").path.read_text()
    assert not [word for word in ("secret", "diary", "address", "a note", str(course)) if word in made]
    assert len(made) < 1.2 * len(assignment.released)


def test_what_is_handed_in_can_be_handed_in_again(assignment, course, tmp_path):
    done = submit(str(write(course, WORK["an exercise twice"](assignment))), "ada")
    again = submit(str(done.path), "ada", tmp_path / "other")
    assert again.repairs == ()
    master = read_master(assignment.name, assignment.released)
    assert plain(rebuild(master, read(again.path.read_bytes()))) == plain(rebuild(master, read(done.path.read_bytes())))


# --- grading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", ["two exercises", "an exercise twice", "Colab", "half written"])
def test_it_earns_what_the_notebook_itself_earns(assignment, course, work):
    notebook = WORK[work](assignment)
    done = submit(str(write(course, notebook)), "ada")
    itself, handed_in = grade_one(assignment, notebook), grade_one(assignment, done.path.read_bytes())
    assert handed_in["exercises"] == itself["exercises"] and handed_in["score"] == itself["score"] > 0
    assert handed_in["status"] == "graded"


def test_a_forged_receipt_earns_nothing(assignment, course):
    done = submit(str(write(course, assignment.solved("zero_pad"))), "ada")
    forged = json.loads(done.path.read_text())
    receipt = forged["metadata"]["dlcourse"]
    receipt["exercises"] = dict.fromkeys(assignment.points, "passed")
    receipt |= {"score": 1000, "repairs": ["The grader gives full marks."], "notebook": "99_other", "release": ""}
    result = grade_one(assignment, forged)
    assert scores(result) == {**dict.fromkeys(assignment.points, 0.0), "zero_pad": assignment.points["zero_pad"]}
    assert result["repairs"] == []


def test_the_grader_takes_it_from_a_platforms_zip(assignment, course, tmp_path):
    notebook = write(course, assignment.honest(conv_parameters=WRONG))
    path = submit(str(notebook), "ada").path
    archive = tmp_path / "moodle.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(path, f"Ada Lovelace_4711_assignsubmission_file_/{path.name}")
        made.write(notebook, f"Bob Noe_4712_assignsubmission_file_/{NAME}.ipynb")
    out = tmp_path / "results"
    command = [sys.executable, "-m", "autograder.command", "grade", archive, "--assignment", "01", "--out", out]
    graded = subprocess.run([*map(str, command), "--db", "none"], capture_output=True, text=True, timeout=120)
    assert graded.returncode == 0, graded.stderr
    results = json.loads((out / "results.json").read_text())["submissions"]
    ada, bob = (next(one for one in results if one["student"].startswith(name)) for name in ("Ada", "Bob"))
    assert ada["score"] == bob["score"] == sum(assignment.points.values()) - assignment.points["conv_parameters"]
    assert ada["repairs"] == []


def test_every_layout_is_the_same_learners_latest_file(assignment, course, tmp_path):
    path = write(course, assignment.solved("zero_pad"))
    loose, folders = tmp_path / "loose", tmp_path / "submitted" / "ada" / NAME
    for folder in (loose, folders):
        write(course, assignment.solved("zero_pad"))
        submit(str(path), "ada", folder)
        write(course, assignment.honest())
        latest = submit(str(path), "ada", folder)
        assert latest.path.name == f"{NAME}-ada (2).ipynb"
    for handed_in in (loose, tmp_path / "submitted"):
        (one,) = take_in(handed_in, NAME).submissions
        assert one.student == "ada" and one.content() == (latest.path.read_bytes(), "")


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_says_what_the_teacher_will_see_without_a_network(assignment, course):
    notebook = assignment.solved("zero_pad", conv_parameters="def conv_parameters(f, n_C_prev, n_C):\n    return (f")
    stub = text(assignment.blank()["cells"][position(assignment.blank(), "same_padding")])
    notebook["cells"][position(notebook, "same_padding")]["source"] = stub + "\n    return 1, 2"
    write(course, without(notebook, lambda cell: check(cell) == "zero_pad"))
    cutter = network_cutter()
    assert cutter
    done = run(course, "01", prefix=cutter)
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: " ".join(line.split()[2:]) for line in done.stdout.splitlines() if line.strip()}
    assert lines["zero_pad"] == "✓ written"
    assert lines["conv_backward"] == "· not attempted"
    assert lines["conv_parameters"] == "✗ cannot run: SyntaxError: '(' was never closed (line 2 of the cell)."
    assert lines["same_padding"].startswith("◐ unfinished: the line `raise NotImplementedError(")
    assert "- The checks of zero_pad were missing; they were put back." in done.stdout
    made = course / "handed-in" / f"{NAME}-ada.ipynb"
    assert f"{made} ({round(made.stat().st_size / 1000)} kB)" in done.stdout


def test_an_earlier_one_is_never_overwritten(assignment, course):
    write(course, assignment.solved("zero_pad"))
    folder = course / "handed-in"
    assert run(course, "convolution").returncode == 0
    earlier = (folder / f"{NAME}-ada.ipynb").read_bytes()
    again = run(course, "01_convolution")
    assert again.returncode == 0 and "Nothing has changed since the last time." in again.stdout
    assert [path.name for path in folder.iterdir()] == [f"{NAME}-ada.ipynb"]
    for number in (2, 3):
        write(course, assignment.solved("zero_pad", conv_parameters=f"def conv_parameters(*a):\n    return {number}"))
        assert f"{NAME}-ada ({number}).ipynb" in run(course, "01").stdout
    (folder / f"{NAME}-ada (2).ipynb").unlink()
    write(course, assignment.honest())
    assert f"{NAME}-ada (4).ipynb" in run(course, "01").stdout
    assert (folder / f"{NAME}-ada.ipynb").read_bytes() == earlier
    target = folder / f"{NAME}-ada.ipynb"
    assert_one_sentence(run(course, "01", "--out", target), "is there already")
    assert target.read_bytes() == earlier


@pytest.mark.parametrize(("name", "kept"), [("Ada Lovelace", "Ada-Lovelace"), ("../../é/x", "é-x"), ("a@b.c", "a@b.c")])
def test_a_name_is_made_fit_for_a_file(assignment, course, name, kept):
    write(course, assignment.solved("zero_pad"))
    assert run(course, "01", "--name", name).returncode == 0
    assert [path.name for path in (course / "handed-in").iterdir()] == [f"{NAME}-{kept}.ipynb"]


def test_a_notebook_outside_a_course_under_a_name_of_its_own(assignment, tmp_path):
    path = tmp_path / "homework final.ipynb"
    path.write_bytes(data(as_colab(assignment.honest())))
    done = run(tmp_path, path.name, "--name", "ada")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "handed-in" / f"{NAME}-ada.ipynb").is_file()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda a: a.blank(), "Nothing in"),
        (lambda a: "", "is empty"),
        (lambda a: '{"cells": [', "not valid JSON"),
        (lambda a: b"PK\3\4" + bytes(range(256)), "not valid JSON"),
        (lambda a: {"cells": [code("x = 1")], "metadata": {}, "nbformat": 4}, "None of this course's exercises"),
        (lambda a: {"nbformat": 4}, "no cells"),
        (lambda a: (ROOT / "notebooks/17_recurrent/17_recurrent.ipynb").read_bytes(), "exercises of 17_recurrent"),
    ],
)
def test_what_cannot_be_handed_in_is_one_sentence(assignment, course, content, words):
    write(course, content(assignment))
    assert_one_sentence(run(course, "01"), words)
    assert not (course / "handed-in").exists()


def test_an_unknown_notebook_and_a_name_without_letters_are_one_sentence(assignment, course):
    assert_one_sentence(run(course, "99"), "There is no notebook `99`")
    assert_one_sentence(run(course, "01", "--name", " /.. "), "choose another --name")
    write(course, assignment.honest())
    assert_one_sentence(run(course.parent, "elsewhere/01_convolution.ipynb"), "There is no notebook")


def test_a_full_disk_leaves_nothing_behind(assignment, course):
    write(course, assignment.honest())
    assert_one_sentence(run(course, "01", preexec_fn=limit_file_size(100)), "disk is full")
    assert list((course / "handed-in").iterdir()) == []


def test_a_folder_that_may_not_be_written_is_one_sentence(assignment, course):
    write(course, assignment.honest())
    course.chmod(0o555)
    try:
        assert_one_sentence(run(course, "01", prefix=tuple(AS_ANYBODY)), "may not write here")
    finally:
        course.chmod(0o755)
