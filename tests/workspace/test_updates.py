"""From an older release to this one, with work in it: what `dlcourse lab` offers, and `dlcourse update` takes."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import nbformat
import pytest
from classroom import (
    ROOT,
    Assignment,
    as_colab,
    check,
    code,
    data,
    exercise,
    insert,
    position,
    text,
    with_outputs,
    without,
)
from small_course import AS_ANYBODY, SmallCourse
from test_command import assert_one_sentence, limit_file_size

from dlcourse.handing_in.master import read_master
from dlcourse.handing_in.reading import read
from dlcourse.handing_in.rebuilding import rebuild
from dlcourse.workspace.merging import merge

NAME = "01_convolution"
PLACE = Path(NAME, f"{NAME}.ipynb")
NEW_NOTEBOOK, OLD_NOTEBOOK = "02_pooling", "99_dropped"
ADDED_EXERCISE = "same_padding"


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment()


def headings(notebook: dict) -> list[int]:
    return [index for index, cell in enumerate(notebook["cells"]) if text(cell).startswith("## ")]


def older(released: dict) -> dict:
    """The release before this one: other words in two places, no second section, one exercise fewer, and a demo and a
    check of an exercise that are gone now."""
    notebook = copy.deepcopy(released)
    start, end = headings(notebook)[1:3]
    section = [cell for cell in notebook["cells"][start:end] if not exercise(cell) and not check(cell)]
    assert section
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in section]
    notebook = without(notebook, lambda cell: ADDED_EXERCISE in (exercise(cell), check(cell)))
    notebook["cells"][0]["source"] = ["# The old title"]
    setup = next(cell for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", ()))
    setup["source"] = ["import os\n", *text(setup).splitlines(keepends=True)]
    at = position(notebook, "conv_forward", "check")
    gone = code("print('a demo that is gone')", tags=["demo"]) | {"id": "gone-1"}
    marks = {"grade": False, "grade_id": "exercise-gone", "locked": False, "points": 0, "schema_version": 3}
    stub = code("def gone():\n    raise NotImplementedError", nbgrader=marks | {"solution": True, "task": False})
    checked = code(
        "check(gone, points=1)",
        nbgrader=marks
        | {"grade_id": "check-gone", "grade": True, "points": 1, "locked": True, "solution": False, "task": False},
    )
    return insert(notebook, at + 1, gone, stub | {"id": "exercise-gone"}, checked | {"id": "check-gone"})


@pytest.fixture
def course(tmp_path, assignment) -> SmallCourse:
    """A course folder of the older release; `release_now` brings the newer one."""
    course = SmallCourse(tmp_path)
    put_release(course, {NAME: older(assignment.blank()), OLD_NOTEBOOK: older(assignment.blank())})
    done = course.lay_out()
    assert done.returncode == 0, done.stderr
    return course


def put_release(course: SmallCourse, notebooks: dict[str, dict]) -> None:
    shutil.rmtree(course.package / "notebooks")
    for name, notebook in notebooks.items():
        path = course.package / "notebooks" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook))


def release_now(course: SmallCourse, assignment: Assignment) -> None:
    new = json.loads((ROOT / "notebooks" / NEW_NOTEBOOK / f"{NEW_NOTEBOOK}.ipynb").read_text())
    put_release(course, {NAME: assignment.blank(), NEW_NOTEBOOK: new})


OWN = {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "My notes: é ☃"}
DIARY = "The learner's own words in a released paragraph."


def worked(released: dict, assignment: Assignment) -> dict:
    """A notebook with work in it: an exercise written, one half written, a text edited, cells added, outputs, and a
    demo deleted."""
    notebook = copy.deepcopy(released)
    for name, source in (("zero_pad", assignment.solutions["zero_pad"]), ("conv_backward", "def conv_backward(")):
        notebook["cells"][position(notebook, name)]["source"] = source
    notebook["cells"][headings(notebook)[-1]]["source"] = DIARY
    at = position(notebook, "conv_forward")
    notebook = insert(notebook, at, copy.deepcopy(OWN), code("trial = 1") | {"id": "trial"})
    demo = next(cell for cell in notebook["cells"] if "demo" in cell["metadata"].get("tags", ()))
    notebook["cells"].remove(demo)
    return with_outputs(notebook, "1.0")


def shape(notebook: dict) -> list[tuple]:
    return [(cell["cell_type"], cell.get("id"), text(cell), cell["metadata"]) for cell in notebook["cells"]]


def learners(notebook: dict, base: dict) -> list[tuple]:
    """What the learner has written: cells that are not as they were released, in order."""
    released = [(cell["cell_type"], text(cell)) for cell in base["cells"]]
    return [
        (cell["cell_type"], text(cell), cell.get("outputs"))
        for cell in notebook["cells"]
        if (cell["cell_type"], text(cell)) not in released
    ]


# --- dlcourse lab ---------------------------------------------------------------------------------------------------


def test_lab_adds_offers_and_touches_nothing(course, assignment):
    work = worked(older(assignment.blank()), assignment)
    for name in (NAME, OLD_NOTEBOOK):
        (course.folder / name / f"{name}.ipynb").write_bytes(data(work))
    release_now(course, assignment)
    done = course.lay_out()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"Laid out 1 file in {course.folder}; put new text of this release beside yours for {NAME} "
        f"(updates/{NAME}/{NAME}.changes.html); `dlcourse update` takes it; left {OLD_NOTEBOOK} as it is, which this "
        "release no longer has; nothing of yours was changed."
    ]
    for name in (NAME, OLD_NOTEBOOK):
        assert (course.folder / name / f"{name}.ipynb").read_bytes() == data(work)
    assert (course.folder / NEW_NOTEBOOK / f"{NEW_NOTEBOOK}.ipynb").is_file()
    offer = course.folder / "updates" / NAME
    assert json.loads((offer / f"{NAME}.ipynb").read_text()) == assignment.blank()
    page = (offer / f"{NAME}.changes.html").read_text().replace("&nbsp;", " ")
    assert "old" in page and f"def {ADDED_EXERCISE}" in page and "a demo that is gone" in page
    assert "def zero_pad" not in page, "its text is the same in both releases"
    assert course.lay_out().stdout == ""


# --- dlcourse update ------------------------------------------------------------------------------------------------


def test_a_notebook_without_work_becomes_the_new_release(course, assignment):
    release_now(course, assignment)
    done = course.run("update")
    assert done.returncode == 0, done.stderr
    updated = json.loads((course.folder / PLACE).read_text())
    # An exercise is the learner's, even where the release has it no longer.
    assert [cell[1] for cell in shape(updated) if cell[1] == "exercise-gone"] == ["exercise-gone"]
    kept = without(updated, lambda cell: cell["id"] == "exercise-gone")
    assert shape(kept) == shape(assignment.blank())
    assert course.run("update").stdout.strip() == "Everything has the texts of this release already."
    assert course.lay_out().stdout.count("beside yours") == 0


def test_update_takes_the_new_text_around_the_learners_work(course, assignment):
    old = older(assignment.blank())
    work = worked(old, assignment)
    (course.folder / PLACE).write_bytes(data(work))
    release_now(course, assignment)
    done = course.run("update", "01")
    assert done.returncode == 0, done.stderr
    assert "exercise-gone" in done.stdout.split("yours stay as they are: ")[1]
    updated = json.loads((course.folder / PLACE).read_text())
    nbformat.validate(updated)
    assert [cell for cell in learners(updated, assignment.blank()) if "def gone" not in cell[1]] == learners(work, old)

    # Everything else is the new release: without what is the learner's, nothing is left over and only the deleted demo
    # is missing.
    deleted = {text(cell) for cell in old["cells"]} - {text(cell) for cell in work["cells"]}
    deleted -= {text(work["cells"][position(work, name)]) for name in ("zero_pad", "conv_backward")}
    here = {text(cell) for cell in updated["cells"]}
    missing = [cell for cell in assignment.blank()["cells"] if text(cell) not in here]
    stubs = {"exercise-zero_pad", "exercise-conv_backward"}
    assert {text(cell) for cell in missing if cell["id"] not in stubs} <= deleted
    assert "# The old title" not in here and "print('a demo that is gone')" not in here
    assert [check(cell) for cell in updated["cells"] if check(cell)] == list(assignment.points)

    # And the grader sees a notebook of the new release with the same work in it.
    program = rebuild(read_master(NAME, assignment.released), read(data(updated)))
    sources = {step.name: step.source for step in program.steps if step.kind == "exercise"}
    assert sources["zero_pad"] == assignment.solutions["zero_pad"] and sources["conv_backward"] == "def conv_backward("
    (kept,) = (course.folder / NAME).glob("*.before-update-*.ipynb")
    assert kept.read_bytes() == data(work) and str(kept) in done.stdout


def test_a_changed_text_that_the_learner_has_changed_too_stays_and_is_named(course, assignment):
    path = course.folder / PLACE
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = "# My title"
    path.write_text(json.dumps(notebook))
    release_now(course, assignment)
    title = assignment.blank()["cells"][0]["id"]
    assert title in course.run("update", "convolution").stdout.split("yours stay as they are: ")[1]
    assert text(json.loads(path.read_text())["cells"][0]) == "# My title"


def test_a_notebook_out_of_colab_is_updated_too(assignment):
    """No ids, no marks: cells are found by their text."""
    old = normal(older(assignment.blank()))
    mine = normal(as_colab(worked(old, assignment)))
    before = learners(mine, old)
    merged = merge(old, mine, normal(assignment.blank()))
    nbformat.validate(merged.notebook)
    after = learners(merged.notebook, assignment.blank())
    assert [cell for cell in after if "def gone" not in cell[1]] == before
    assert f"exercise-{ADDED_EXERCISE}" in merged.added and not any("id" in cell for cell in merged.notebook["cells"])


def normal(notebook: dict) -> dict:
    """As `read_notebook` gives it."""
    made = copy.deepcopy(notebook)
    for cell in made["cells"]:
        cell["source"] = text(cell)
    return made


def test_ids_that_count_on_after_a_new_cell_do_not_mix_texts_up():
    """A cell put in under a heading renames those after it, and the learner has edited one of them."""

    def notebook(*cells: tuple[str, str]) -> dict:
        made = [{"cell_type": "markdown", "id": name, "metadata": {}, "source": words} for name, words in cells]
        return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

    base = notebook(("a-1", "one"), ("a-2", "two"), ("a-3", "three"))
    mine = notebook(("a-1", "one"), ("a-2", "my two"), ("x", "mine"), ("a-3", "three"))
    new = notebook(("a-1", "one"), ("a-2", "new"), ("a-3", "two"), ("a-4", "THREE"))
    merged = merge(base, mine, new)
    cells = [(cell["id"], cell["source"]) for cell in merged.notebook["cells"]]
    assert cells == [("a-1", "one"), ("a-2", "new"), ("a-3", "my two"), ("a-4", "THREE"), ("x", "mine")]


# --- what can go wrong ----------------------------------------------------------------------------------------------


def test_update_on_a_full_disk_loses_nothing(course, assignment):
    (course.folder / PLACE).write_bytes(work := data(worked(older(assignment.blank()), assignment)))
    release_now(course, assignment)
    assert_one_sentence(course.run("update", "01", preexec_fn=limit_file_size(100)), "disk is full")
    assert (course.folder / PLACE).read_bytes() == work
    assert [path.name for path in (course.folder / NAME).iterdir()] == [PLACE.name]


def test_update_of_what_cannot_be_read_or_written_is_one_sentence(course, assignment):
    release_now(course, assignment)
    assert_one_sentence(course.run("update", "02"), "is missing; `dlcourse lab` lays it out")
    assert_one_sentence(course.run("update", "98"), "There is no notebook `98`")
    assert_one_sentence(course.run("update", cwd=course.root), "no course folder")
    (course.folder / NAME).chmod(0o555)
    try:
        assert_one_sentence(course.run("update", "01", prefix=AS_ANYBODY), "may not write here")
    finally:
        (course.folder / NAME).chmod(0o755)
    (course.folder / PLACE).write_text("damaged")
    assert_one_sentence(course.run("update", "01"), "not JSON")
    assert (course.folder / PLACE).read_text() == "damaged"


# --- an exercise that was divided -----------------------------------------------------------------------------------

DIVIDED = ("softmax_loss", "dense_backward", "relu_backward", "im2col")


def test_a_notebook_from_before_an_exercise_was_divided_keeps_its_work_and_gets_the_new_exercises(tmp_path):
    """Notebook 02 once had its step of training in one piece."""
    released = json.loads((ROOT / "notebooks" / NEW_NOTEBOOK / f"{NEW_NOTEBOOK}.ipynb").read_text())
    old = without(released, lambda cell: exercise(cell) in DIVIDED or check(cell) in DIVIDED)
    course = SmallCourse(tmp_path)
    put_release(course, {NEW_NOTEBOOK: old})
    assert course.lay_out().returncode == 0
    place = course.folder / NEW_NOTEBOOK / f"{NEW_NOTEBOOK}.ipynb"
    work = copy.deepcopy(old)
    step = "def train_step(parameters, X, Y, learning_rate, layers=None):\n    return {}, 0.0  # all in one piece"
    work["cells"][position(work, "train_step")]["source"] = step
    work = insert(work, position(work, "train_step"), copy.deepcopy(OWN))
    place.write_bytes(data(work))

    put_release(course, {NEW_NOTEBOOK: released})
    done = course.run("update", "02")
    assert done.returncode == 0, done.stderr
    updated = json.loads(place.read_text())
    assert learners(updated, released) == learners(work, old)
    assert [check(cell) for cell in updated["cells"] if check(cell)] == [
        check(cell) for cell in released["cells"] if check(cell)
    ]
