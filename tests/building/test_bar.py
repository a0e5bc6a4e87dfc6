"""What every notebook must have, and a new one that fails for each thing it lacks, and for nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import ROOT

from autograder.building.bar import missing, places

NOTEBOOKS = sorted(path.stem for path in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))
COPIED = ("solutions", "notebooks", "dlcourse", "autograder", "tests", "README.md", "CONTRIBUTING.md", "pyproject.toml")


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if not name.startswith("00_")])  # 00 is the start page
def test_a_notebook_lacks_nothing(name):
    lacks = missing(ROOT, name)
    assert not lacks, "\n".join(lacks)


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """The repository as an author has it, with a new notebook in it."""
    copy = tmp_path_factory.mktemp("author") / "course"
    copy.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


def run(course: Path, *command: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(course), "NO_COLOR": "1", "COLUMNS": "120"}
    command = [sys.executable, "-m", *command]
    return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=300)


def contents(course: Path) -> dict[str, bytes]:
    found = (path for path in course.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(course).as_posix(): path.read_bytes() for path in found}


def test_a_new_notebook_builds_earns_its_points_and_says_what_it_lacks(copied):
    before = contents(copied)
    made = run(copied, "autograder.command", "new", "99_example")
    assert made.returncode == 0, made.stderr
    five = {place.as_posix() for place in places("99_example").values()}
    now = contents(copied)
    assert now.keys() - before.keys() == five
    assert all(now[path] == before[path] for path in before)

    built = run(copied, "autograder.command", "build", "99")
    assert built.returncode == 0, built.stderr
    assert "notebooks/99_example/99_example.ipynb" in contents(copied)
    verified = run(copied, "autograder.command", "verify", "99")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "1 / 1" in verified.stdout and "0 / 1" in verified.stdout

    tests = ("tests/checks/test_example.py", "tests/building/test_bar.py", "-k", "example")
    done = run(copied, "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"1 failed, 1 passed", done.stdout), done.stdout
    for sentence in (
        "solutions/99_example.py does not begin with `#: You write: ...`, for the tables of the course.",
        "solutions/99_example.py: the head has no `**Stands on** ... **Takes** about ...`",
        "solutions/99_example.py has no section '## Spot the mistake'.",
        "solutions/99_example.py has no section '## Harder tasks'.",
        "solutions/99_example.py asks for 0 predictions before a result; ask for at least 2",
        "solutions/99_example.py has no exercise spot_the_mistake.",
        "dlcourse/checks/example: double knows 1 mistakes that learners make; name at least 3.",
        "dlcourse/checks/example: double has 1 hints; give at least 2, each saying more.",
        "tests/checks/test_example.py:3: TODO: reference = solution",
    ):
        assert sentence in made.stdout.replace("\n", " "), made.stdout
        assert sentence.partition(" ")[0] in done.stdout


def test_a_name_that_is_taken_or_no_name_is_one_sentence(copied):
    for name, words in (("01_other", "01_convolution is there already"), ("example", "write NN_topic")):
        done = run(copied, "autograder.command", "new", name)
        assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("what", ["text", "reference", "checks", "widget", "tests"])
def test_a_file_that_is_not_there_is_named(copied, what):
    place = places("17_recurrent")[what]
    there = copied / place if (copied / place).exists() else (copied / place).with_suffix("")  # a file or a folder
    away = there.rename(copied / "away")
    try:
        assert missing(copied, "17_recurrent")[0] == f"{place.as_posix()} is not there."
    finally:
        away.rename(there)
