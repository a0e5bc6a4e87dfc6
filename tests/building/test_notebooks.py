"""What every authored notebook holds: its exercises are those of its checks, and the sentences point into its text."""

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
