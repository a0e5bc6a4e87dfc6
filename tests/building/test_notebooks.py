"""What every authored notebook holds: its exercises are those of its checks, and the sentences point into its text."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

from dlcourse import checks

SOLUTIONS = {path.stem: path for path in sorted((Path(__file__).parents[2] / "solutions").glob("[0-9]*.py"))}


@pytest.fixture(params=SOLUTIONS, ids=str)
def notebook(request):
    return request.param.split("_", 1)[1], SOLUTIONS[request.param].read_text()


def test_each_exercise_is_written_checked_and_declared_once(notebook):
    topic, text = notebook
    written = re.findall(r'^# %% exercise="(\w+)"', text, re.MULTILINE)
    checked = re.findall(r'^# %% check="(\w+)" points=\d+$', text, re.MULTILINE)
    declared = [exercise.name for exercise in checks.exercises(topic)]
    assert written == checked
    assert sorted(written) == sorted(declared)


def test_the_sentences_point_to_headings_that_exist(notebook):
    """A mistake that sends its reader to a section sends them to one that is there."""
    topic, text = notebook
    headings = set(re.findall(r"^# #+ (.+)$", text, re.MULTILINE))
    for exercise in checks.exercises(topic):
        texts = [mistake.message for mistake in exercise.mistakes] + exercise.hints
        for section in re.findall(r"[Ss]ee '([^']+)'", " ".join(texts)):
            assert section in headings, f"{exercise.name}: there is no section {section!r}"


def test_the_text_is_plain(notebook):
    """No exclamation marks in prose, no emoji, no links that need a network to make sense."""
    _, text = notebook
    prose = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    assert not re.search(r"\w!(\s|$)", prose)
    assert not re.search("[\U0001f300-\U0001faff]", prose)


def test_whatever_a_notebook_takes_from_the_course_is_there(notebook):
    """A cell that only draws runs in no quick test, and its names move with the course's modules."""
    _, text = notebook
    modules, missing = {}, []
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "dlcourse":
            home = importlib.import_module(node.module)
            for name in node.names:
                found = getattr(home, name.name, _module(f"{node.module}.{name.name}"))
                if found is None:
                    missing.append(f"{node.module}.{name.name}")
                elif inspect.ismodule(found):
                    modules[name.asname or name.name] = found
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            if not hasattr(modules[node.value.id], node.attr):
                missing.append(f"{node.value.id}.{node.attr}, line {node.lineno}")
    assert modules and missing == []


def _module(name):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None
