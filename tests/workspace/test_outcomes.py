"""Outcomes for machines: JUnit's XML, JSON, GitHub's annotations and summary; its runner takes no learner's orders."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from github_runner import HOSTILE, commands

from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace.outcomes import (
    DEAD,
    LARGEST_SUMMARY,
    OPEN,
    RIGHT,
    WRONG,
    Outcome,
    Suite,
    deaf_runner,
    junit_xml,
    write_outcomes,
)

SUITE = Suite(
    "01_convolution",
    [
        Outcome("zero_pad", RIGHT, "", 1, 1, 0.25),
        Outcome("conv_forward", WRONG, "stride 2, pad 1\nThe bias is <left> out & \x00\x1b[31m\ud800.", 2.5, 5),
        Outcome("conv_backward", DEAD, "It took more than 30 s."),
        Outcome("conv_parameters", OPEN, "", 0, 1),
    ],
    "01_convolution/01_convolution.ipynb",
    3.5,
    22,
    1.5,
)


@pytest.fixture
def github(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step_1"))
    return tmp_path


def failing(notebook: int, count: int, size: int = 40) -> Suite:
    outcomes = [Outcome(f"exercise_{number}", WRONG, "x, y: z|" * (size // 8), 0, 1) for number in range(count)]
    return Suite(f"{notebook:02}_topic", outcomes, f"{notebook:02}_topic.ipynb", 0, count)


def test_junit_tells_a_wrong_answer_from_a_dead_one():
    root = ElementTree.fromstring(junit_xml("dlcourse check", [SUITE]).encode())
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    counts = {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert suite.attrib == {"name": "01_convolution", "time": "1.500", **counts} and root.attrib == {
        "name": "dlcourse check",
        **counts,
    }
    properties, *cases = suite  # in the order that Ant's schema has
    assert properties.tag == "properties" and {one.tag for one in cases} == {"testcase"}
    values = {one.get("name"): one.get("value") for one in properties}
    scores = {"score.zero_pad": "1", "score.conv_forward": "2.5", "score.conv_parameters": "0"}
    assert values == {"score": "3.5", "max_score": "22", **scores}
    assert all(set(case.attrib) == {"classname", "name", "time"} for case in cases)
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["error"], ["skipped"]]
    failure = cases[1][0]
    assert failure.attrib == {"message": "stride 2, pad 1", "type": "failure"}
    assert failure.text == "stride 2, pad 1\nThe bias is <left> out & ??[31m?."


def test_files_are_written_and_what_keeps_them_from_it_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    write_outcomes("dlcourse check", [SUITE], tmp_path / "new" / "junit.xml", tmp_path / "new" / "all.json")
    table = json.loads((tmp_path / "new" / "all.json").read_text(encoding="utf-8"))
    assert (table["schema"], table["tool"]) == (1, "dlcourse check")
    assert [one["state"] for one in table["suites"][0]["outcomes"]] == [RIGHT, WRONG, DEAD, OPEN]
    assert ElementTree.parse(tmp_path / "new" / "junit.xml").getroot().get("tests") == "4"
    assert capsys.readouterr().out == ""
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="cannot be written .*; name another file."):
        write_outcomes("dlcourse check", [SUITE], tmp_path / "file" / "junit.xml", None)


def test_github_shows_what_is_wrong_and_runs_nothing_of_it(github, capsys):
    suite = Suite("01: a, b", [Outcome("zero_pad", WRONG, f"100% wrong{HOSTILE}", 0, 1)], "a,b:c.ipynb", 0, 1)
    write_outcomes("dlcourse check", [suite], None, None)
    (told,) = commands(capsys.readouterr().out)
    assert told == ("error", "file=a%2Cb%3Ac.ipynb,title=zero_pad (01%3A a%2C b)", f"100% wrong{HOSTILE}")
    page = (github / "step_1").read_text(encoding="utf-8")
    assert "0 / 1" in page and "100% wrong" in page and "::" not in page


def test_three_notebooks_with_sixty_failing_exercises_stay_within_githubs_limits(github, capsys):
    for number in range(3):
        write_outcomes("dlcourse check", [failing(number, 20)], None, None)  # three commands in one step
    told = commands(capsys.readouterr().out)
    assert len(told) == 10 and told[9][2] == "11 more are in the summary of this job."
    assert (github / "step_1").read_text(encoding="utf-8").count("exercise&#95;") == 60


def test_a_job_of_many_steps_stays_within_fifty_annotations(github, monkeypatch, capsys):
    for step in range(8):
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(github / f"summary_of_step_{step}"))
        write_outcomes("dlcourse check", [failing(number, 20) for number in range(3)], None, None)
        told = commands(capsys.readouterr().out)
        assert len(told) == (10 if step < 5 else 0)
        if told:
            assert told[-1][2] == "51 more are in the summary of this job."


@pytest.mark.parametrize("before", [0, 2**19, 2**20 - 100])
def test_a_summary_is_never_larger_than_it_may_be(github, capsys, before):
    (github / "step_1").write_text("x" * before)
    for number in range(3):
        write_outcomes("dlcourse check", [failing(number, 300, size=2_000)], None, None)
    page = (github / "step_1").read_bytes()
    assert len(page) <= LARGEST_SUMMARY and page.startswith(b"x" * before)
    if before < 2**19 + 1:
        assert b"The rest is left out" in page and page.count(b"exercise&#95;") > 50
    assert len(commands(capsys.readouterr().out)) == 10


def test_what_is_printed_meanwhile_is_no_command(github, capsys):
    with deaf_runner():
        print(HOSTILE, end="")
    assert commands(capsys.readouterr().out) == []
    with pytest.raises(ValueError, match="stopped"), deaf_runner():
        print("::error::no end of line", end="")
        raise ValueError("stopped")
    assert commands(capsys.readouterr().out) == []


ORDERS = f'''
import os, sys
print({HOSTILE!r})
os.write(1, {HOSTILE!r}.encode())
for name, path in os.environ.items():
    if name.startswith(("GITHUB_", "RUNNER_")):
        open(path, "a").write("PATH=/forged")
def count(items):
    """How many items there are."""
    print({HOSTILE!r})
    raise ValueError({HOSTILE!r})
'''


def test_a_notebook_gives_the_runner_no_orders(small_course, github, tmp_path):
    small_course.write(ORDERS)
    files = {name: tmp_path / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
    for path in files.values():
        path.write_text("")
    environment = small_course.environment(GITHUB_ACTIONS="true", **{name: str(path) for name, path in files.items()})
    words = ("check", "01", "--junit", tmp_path / "junit.xml", "--json", tmp_path / "all.json")
    done = small_course.run(*words, cwd=small_course.folder, env=environment)
    assert done.returncode == 1, done.stderr
    told = commands(done.stdout)
    assert [(name, text.partition("title=")[2]) for name, text, _ in told] == [("error", "count (01_counting)")]
    assert [path.read_text() for name, path in files.items() if name != "GITHUB_STEP_SUMMARY"] == ["", "", ""]
    page = files["GITHUB_STEP_SUMMARY"].read_text()
    assert "forged" in page and "::" not in page and "PATH=/forged" not in page
    table = json.loads((tmp_path / "all.json").read_text())
    assert [one["state"] for one in table["suites"][0]["outcomes"]] == [DEAD, OPEN]
    cases = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase")
    assert [[child.tag for child in case] for case in cases] == [["error"], ["skipped"]]
