"""What a learner reads after grading: page, graded notebook, results.json; and what nobody may read there."""

from __future__ import annotations

import json

import numpy as np
import pytest
from classroom import Assignment, grade_one

from autograder.grading.one_submission import make_task, unreadable
from autograder.grading.wording import WAITS, describe
from autograder.results.publishing import feedback_page, graded_notebook, inert
from dlcourse import checks
from dlcourse.handing_in.master import read_master

ROTATED = """def zero_pad(X, pad):
    padded = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    return padded[:, ::-1]"""
NARROW = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, 0), (0, 0)))"


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment()


@pytest.fixture(scope="module", autouse=True)
def no_kernels_left():
    yield
    from autograder.grading.one_submission import close_pools

    close_pools()


def said(name: str, function, seed: int = 3, source: str = "") -> dict:
    exercise = checks.get("convolution", name)
    report = checks.run("convolution", name, function, seed=seed)
    return describe(exercise, report, None, "", source)


def test_a_page_shows_the_code_and_what_counts_later_as_the_panel_does(assignment):
    result = grade_one(assignment, assignment.honest(zero_pad=ROTATED))
    page = feedback_page(result)
    assert "return padded[:, ::-1]" in page and "def same_padding" in page
    group = next(one for one in result["exercises"][0]["groups"] if one["name"] == "inputs unchanged")
    assert group == {"name": "inputs unchanged", "passed": False, "note": WAITS}
    assert f'<span aria-hidden="true">·</span> inputs unchanged <span class="quiet">{WAITS}</span>' in page
    helped = {one["name"]: one.get("helper") for one in result["exercises"]}
    assert helped["conv_forward"] == (
        "Your zero_pad is not right either, and conv_forward builds on it: put zero_pad right first."
    )
    assert f"<b>First this.</b> {helped['conv_forward']}" in page
    assert helped["zero_pad"] is None and helped["conv_output_size"] is None
    assert "inputs unchanged failed" not in page.replace("\n", " ")
    notebook = graded_notebook(result, assignment.released)
    assert f"[·] inputs unchanged ({WAITS})" in notebook and helped["conv_forward"] in notebook


def test_who_changes_an_input_is_told_so():
    def zero_pad(X, pad):
        padded = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        X *= 2
        return padded

    groups = {group["name"]: group for group in said("zero_pad", zero_pad)["groups"]}
    assert groups["inputs unchanged"] == {"name": "inputs unchanged", "passed": False}


def test_the_numbers_of_a_failing_case_are_told_and_no_values():
    namespace = {"np": np}
    exec(NARROW, namespace)
    assert ") was expected." in said("zero_pad", namespace["zero_pad"])["message"]
    exec(ROTATED, namespace)
    message = said("zero_pad", namespace["zero_pad"])["message"]
    assert "values differ, the first at [" in message
    enormous = said("zero_pad", lambda X, pad: np.zeros((1,) * 20 + (3,)))["message"]
    assert "The shape (" in enormous and "1, 1, 1, 1, 1, 1, 1, 1" not in enormous


@pytest.mark.parametrize("carrier", [int("123456789" * 9), 0.1234567890123, "a text from elsewhere", -(10**50)])
def test_answers_carry_no_hidden_inputs_out(carrier):
    exercise = checks.get("convolution", "spot_the_mistake")
    for key in exercise.reference():
        answers = {**exercise.reference(), key: carrier}
        assert str(carrier)[:9] not in json.dumps(said("spot_the_mistake", lambda answers=answers: answers))


def test_what_stands_in_the_notebook_or_is_short_may_be_quoted():
    exercise = checks.get("convolution", "spot_the_mistake")
    key, right = next((key, value) for key, value in exercise.reference().items() if not isinstance(value, str))
    answers = {**exercise.reference(), key: 17}
    assert right != 17 and "17 is not right" in said("spot_the_mistake", lambda: answers)["message"]


def test_names_of_files_are_neither_markdown_nor_formulas_nor_links(assignment):
    from nbconvert.filters import markdown2html

    master = read_master(assignment.name, assignment.released)
    name = "![x](https://example.org/p.png) <img src=x> **bold** $x^2$ `code` [a](b) www.example.org # _it_.ipynb"
    task = {"student": "ada", "notes": [f"{name} was taken."], "seed": 1, "digest": "0"}
    notebook = json.loads(graded_notebook(unreadable(task, master, name), assignment.released))
    page = markdown2html(notebook["cells"][0]["source"])
    assert page.count("<li>") == 3
    for live in ("<img", "<a ", "<em>", "<code>", "$"):
        assert live not in page
    assert page.count("<strong>") == 1  # the heading's own
    assert inert("Plain, O'Neill 3") == "Plain, O'Neill 3"


def test_whoever_handed_in_nothing_has_a_page_that_says_so(assignment):
    master = read_master(assignment.name, assignment.released)
    task = make_task("ada", b"", {**settings(assignment)}, "Nothing was handed in.")
    page = feedback_page(unreadable(task, master, "", "missing"))
    assert "Nothing was handed in." in page and "nothing handed in" in page and page.count("<section") == 8


def settings(assignment: Assignment) -> dict:
    from classroom import settings_of

    return settings_of(assignment)


def test_long_lines_and_many_lines_are_cut(assignment):
    master = read_master(assignment.name, assignment.released)
    result = unreadable(make_task("ada", b"", settings(assignment)), master, "", "graded")
    source = "\n".join(["x" * 10_000, *["y = 1"] * 10_000])
    result["program"] = [{"kind": "exercise", "id": "exercise-zero_pad", "source": source}]
    page = feedback_page(result)
    assert "x" * 300 in page and "x" * 301 not in page and len(page) < 20_000
