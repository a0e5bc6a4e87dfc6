"""What the Solution button shows: the taught text, which passes where it is pasted, and lies nowhere open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dlcourse
from dlcourse import checks
from dlcourse.checking import taught
from dlcourse.checking.panel import help, session
from dlcourse.handing_in.master import read_master
from dlcourse.handing_in.reading import read
from dlcourse.handing_in.rebuilding import rebuild
from dlcourse.workspace.course import released_notebooks, topic_of

NOTEBOOKS = {topic_of(place): path for place, path in released_notebooks().items()}


def run(source: str, namespace: dict) -> None:
    exec(compile(source, "<cell>", "exec"), namespace)


def shown_for(exercise) -> str:
    session.record_attempt(exercise.topic, exercise.name, 0.0)
    head, _, source = help.solution(exercise).text.partition("\n\n")
    assert head == f"One way to write {exercise.name}:"
    return source


@pytest.mark.parametrize("topic", NOTEBOOKS)
def test_every_shown_solution_pasted_into_a_fresh_notebook_passes(topic):
    """Each exercise's cell as it is shown, between the released cells that a grader runs for it."""
    released = NOTEBOOKS[topic].read_text()
    exercises, content = checks.topic(topic).exercises, json.loads(released)
    for cell in content["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "").removeprefix("exercise-")
        if name in exercises:
            cell["source"] = shown_for(exercises[name])
    master = read_master(NOTEBOOKS[topic].stem, released)
    namespace: dict = {"__name__": "__main__", "display": lambda *values, **options: None}
    passed = []
    for step in rebuild(master, read(json.dumps(content).encode())).steps:
        if step.kind == "check":
            report = checks.run(topic, step.name, namespace[step.name], namespace=namespace)
            assert report.passed, (step.name, [failure.message for failure in report.failures])
            passed.append(step.name)
        elif step.run and step.kind != "text":
            run(step.source, namespace)
    assert sorted(passed) == sorted(exercises)


def test_it_is_the_text_with_the_loops():
    exercise = checks.get("convolution", "conv_backward")
    assert taught.solution("convolution", "conv_backward").count("for ") >= 2
    assert "SOLUTION" not in shown_for(exercise)


def test_it_is_asked_for_after_an_attempt_only_and_noted(monkeypatch):
    exercise = checks.get("convolution", "zero_pad")
    noted = []
    monkeypatch.setattr(session, "record_solution", lambda topic, name: noted.append((topic, name)))
    assert "after a first attempt" in help.solution(exercise).text and noted == []
    assert "np.pad" in shown_for(exercise) and noted == [("convolution", "zero_pad")]


def test_no_solution_lies_open_in_the_package():
    lines = {
        line.strip()
        for topic in NOTEBOOKS
        for source in [taught.solution(topic, name) or "" for name in checks.topic(topic).exercises]
        for line in source.splitlines()
        if len(line.strip()) > 60
    }
    assert len(lines) > 50
    for file in Path(taught.FOLDER).iterdir():
        content = file.read_bytes()
        assert not [line for line in lines if line.encode() in content], file
    assert Path(taught.FOLDER).is_relative_to(Path(dlcourse.__file__).parent)
