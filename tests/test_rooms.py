"""Rooms and arrows: what lies where, and that `make lint` notices an arrow that points the wrong way."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import ROOT

from dlcourse import checks

ROOMS = {"checking", "checks", "data", "figures", "handing_in", "leads", "old_paths", "widgets", "workspace"}
TOPICS = {path.stem.partition("_")[2]: path.stem[:2] for path in sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))}


def modules(folder: Path) -> set[str]:
    found = [*folder.glob("*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]
    return {path.stem for path in found} - {"__init__"}


def test_at_the_top_of_the_course_are_topics_and_rooms():
    assert modules(ROOT / "dlcourse") == TOPICS.keys() | ROOMS
    assert {path.name for path in (ROOT / "dlcourse").glob("*.py")} - {"__init__.py"} <= {f"{t}.py" for t in TOPICS}
    assert set(checks.topics()) == modules(ROOT / "dlcourse" / "checks") == TOPICS.keys()


def test_no_module_has_a_name_that_begins_with_an_underscore():
    files = [path for room in ("dlcourse", "autograder") for path in (ROOT / room).rglob("*.py")]
    assert files and [path for path in files if re.match(r"_[a-z]", path.stem)] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_imports_earlier_topics_only(topic):
    files = [ROOT / "dlcourse" / f"{topic}.py", *(ROOT / "dlcourse" / topic).glob("*.py")]
    nodes = [node for file in files if file.is_file() for node in ast.walk(ast.parse(file.read_text()))]
    named = [
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    named += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    ours = {name.split(".")[1] for name in named if name.startswith("dlcourse.")} - {topic}
    assert [name for name in ours if TOPICS[name] >= TOPICS[topic]] == []


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("arrows")
    for name in ("dlcourse", "autograder"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    wide = {**os.environ, "COLUMNS": "200"}  # a contract and its verdict in one line
    return subprocess.run(command, cwd=folder, env=wide, capture_output=True, text=True, timeout=120)


def test_the_arrows_are_right(copied):
    done = lint(copied)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("dlcourse/convolution.py", "from dlcourse.checking import comparing", "A topic imports earlier topics"),
        ("dlcourse/convolution.py", "from dlcourse import pooling", "No cycle between files"),
        ("dlcourse/checking/comparing.py", "from dlcourse.checking import exercise", "No cycle between files"),
        ("dlcourse/checking/judging.py", "from dlcourse.checking.panel import panel", "The engine judges without the"),
        ("dlcourse/workspace/course.py", "def f():\n    from dlcourse import checks", "The course's rooms"),
        ("dlcourse/figures/plots.py", "from dlcourse.widgets import explorer", "The course's rooms"),
        ("dlcourse/data/scenes.py", "import autograder", "The course knows no grader"),
        ("autograder/grading/records.py", "from autograder.results import tables", "The grader's rooms"),
    ],
)
def test_an_arrow_the_wrong_way_is_noticed(copied, file, line, broken):
    path = copied / file
    before = path.read_text()
    try:
        path.write_text(f"{before}\n{line}\n")
        done = lint(copied)
    finally:
        path.write_text(before)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.startswith(broken)]
    assert lines and lines[0].endswith("BROKEN"), done.stdout


def test_every_path_that_contributing_names_is_real():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:dlcourse|autograder|tests|scripts|benchmarks)/[\w/.]+\.(?:py|md|toml))`", text))
    named -= {path for path in named if "topic" in path}
    assert len(named) > 15
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []


def test_the_tree_in_contributing_has_every_room():
    tree = (ROOT / "CONTRIBUTING.md").read_text().partition("```\n")[2].partition("```")[0]
    shown, above = set(), []
    for line in tree.splitlines():
        name, depth = line.split("/")[0].strip(), (len(line) - len(line.lstrip())) // 2
        above = [*above[:depth], name]
        shown.add("/".join(above))
    rooms = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ("dlcourse", "autograder")
        for path in (ROOT / top).rglob("__init__.py")
    }
    topics = {f"dlcourse/checks/{topic}" for topic in TOPICS} | {f"dlcourse/{topic}" for topic in TOPICS}
    assert rooms - topics - {"dlcourse/checking/networks_seen"} <= shown
    assert [place for place in sorted(shown) if not (ROOT / place).is_dir()] == []


@pytest.mark.parametrize("topic", checks.topics())
def test_a_mistake_stands_in_the_file_of_its_exercise(topic):
    """Whoever looks for its sentence opens that file; elsewhere stands only what several exercises share."""
    room = ROOT / "dlcourse" / "checks"
    files = {path: path.read_text() for path in (room / f"{topic}.py", *(room / topic).glob("*.py")) if path.is_file()}
    keys = {exercise.name: {mistake.key for mistake in exercise.mistakes} for exercise in checks.exercises(topic)}
    astray = []
    for exercise in checks.exercises(topic):
        own = files.get(Path(exercise.cases.__code__.co_filename), "")  # claims have no file of their own
        for key in keys[exercise.name] if own else ():
            elsewhere = [path.name for path, text in files.items() if f'"{key}"' in text]
            shared = sum(key in others for others in keys.values()) > 1
            if elsewhere and f'"{key}"' not in own and not shared:
                astray.append((exercise.name, key, elsewhere))
    assert astray == []
