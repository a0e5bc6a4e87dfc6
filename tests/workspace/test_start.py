"""The start page: its exercise, its place in the course, and what it looks like to nbgrader."""

import json
import os
import sys
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from solution_functions import functions
from traitlets.config import Config

from autograder.building.nbgrader_config import settings
from autograder.building.notebooks import build, course_folder, differences, place, write
from autograder.grading.assignments import find_master
from autograder.grading.submissions import InputError
from dlcourse import checks, start
from dlcourse.handing_in.notebook_files import checks_in, read_notebook
from dlcourse.workspace.course import released_notebooks, released_place, topic_of
from dlcourse.workspace.running import run_notebook

PAGE = Path("00_start.ipynb")


@pytest.mark.parametrize("hours, minutes, total", [(2, 15, 135), (0, 45, 45), (1, 0, 60), (0, 0, 0), (23, 59, 1439)])
def test_total_minutes_by_hand(hours, minutes, total):
    assert start.total_minutes(hours, minutes) == functions("start").total_minutes(hours, minutes) == total


@pytest.mark.parametrize(
    "way",
    [lambda hours, minutes: sum([60] * hours) + minutes, lambda hours, minutes: (hours + minutes / 60) * 60],
    ids=["a sum", "by way of hours"],
)
def test_other_ways_are_as_right(way):
    assert all(checks.run("start", "total_minutes", way, seed=seed).passed for seed in range(30))


def test_hours_alone_are_partly_right_and_constants_earn_nothing():
    half = checks.run("start", "total_minutes", lambda hours, minutes: 60 * hours)
    assert (half.score, half.mistake.key) == (0.5, "minutes-left-out")
    assert all(checks.run("start", "total_minutes", lambda h, m, c=c: c).score == 0 for c in (0, 60, 120, 135))


def test_it_is_at_the_top_of_the_course_and_found_by_number_word_and_name():
    assert list(released_notebooks())[0] == PAGE
    assert {released_place(name) for name in ("00", "0", "start", "00_start", "00_start.ipynb")} == {PAGE}
    assert topic_of(PAGE) == "start"
    assert [check.exercise for check in checks_in(read_notebook(released_notebooks()[PAGE]))] == ["total_minutes"]


def test_nbgrader_and_the_grader_see_no_assignment_in_it(tmp_path, repository, monkeypatch):
    (tmp_path / "solutions").mkdir()
    for name in ("00_start", "01_convolution"):
        (tmp_path / "solutions" / f"{name}.py").write_text((repository / "solutions" / f"{name}.py").read_text())
    built = build(tmp_path)
    write(tmp_path, built)
    assert differences(course_folder(tmp_path), built, every=True) == []
    made = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.ipynb"))
    assert made == [
        "build/source/01_convolution/01_convolution.ipynb",
        "notebooks/00_start.ipynb",
        "notebooks/01_convolution/01_convolution.ipynb",
    ]
    programs = str(Path(sys.executable).parent)  # nbgrader runs alembic by name
    monkeypatch.setenv("PATH", os.pathsep.join([programs, os.environ["PATH"]]))
    config = Config()
    settings(config, tmp_path)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    assert api.get_source_assignments() == {"01_convolution"}
    assert [assignment["name"] for assignment in api.get_assignments()] == ["01_convolution"]
    with pytest.raises(InputError, match="There is no assignment '00'"):
        find_master("00", tmp_path / "notebooks")


def test_a_start_page_without_a_source_is_named(tmp_path, repository):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "00_start.py").write_text((repository / "solutions" / "00_start.py").read_text())
    built = build(tmp_path)
    write(tmp_path, built)
    (tmp_path / "notebooks" / "00_welcome.ipynb").write_text("{}")
    assert place("00_start") == PAGE
    (sentence,) = differences(tmp_path, built, every=True)
    assert sentence == "notebooks/00_welcome.ipynb has no source solutions/00_welcome.py."


def test_it_runs_from_top_to_bottom_solved_and_unsolved(tmp_path, repository):
    """In a kernel, as `dlcourse check 00` does it: no front end, and nothing of the map or the machine may raise."""
    released = json.loads((repository / "notebooks" / PAGE).read_text())
    path = tmp_path / PAGE
    path.write_text(json.dumps(released))
    run = run_notebook(path)
    assert (run.earned, run.points, run.problems) == (0.0, 1.0, [])
    for cell in released["cells"]:
        if cell["id"] == "exercise-total_minutes":
            cell["source"] = "def total_minutes(hours, minutes):\n    return 60 * hours + minutes"
    path.write_text(json.dumps(released))
    run = run_notebook(path)
    assert (run.earned, run.passed, run.problems) == (1.0, True, [])
