"""nbgrader's Validate button in the learner's JupyterLab says what the panels say."""

import json

import pytest
from classroom import Assignment, without

ANSWERED = "Your notebook passes all the tests."
FAILED = "def conv_parameters(f, n_C_prev, n_C):\n    return f * f * n_C_prev * n_C"


@pytest.fixture(scope="module")
def assignment():
    return Assignment()


def open_copy(page, notebook, name):
    """A notebook of our own beside 01, so that no other test's work is in it; without the demos, to be quick."""
    notebook = without(notebook, lambda cell: {"demo", "example"} & set(cell["metadata"].get("tags", ())))
    (page.folder / "01_convolution" / name).write_text(json.dumps(notebook))
    page.open(f"01_convolution/{name}")


def validate(page):
    """Press the button, which saves first; the text of the dialogue that comes."""
    button = page.tab.locator(".validate-button").first
    button.wait_for()
    button.click()
    return page.dialogue()


def test_all_right(page, assignment):
    open_copy(page, assignment.honest(), "validate-right.ipynb")
    assert ANSWERED in validate(page)
    page.run_all()
    assert "passed" in page.panel("conv_forward")


def test_one_wrong_and_one_not_attempted(page, assignment):
    solved = [name for name in assignment.points if name not in ("conv_parameters", "same_padding")]
    open_copy(page, assignment.solved(*solved, conv_parameters=FAILED), "validate-wrong.ipynb")
    said = validate(page)
    assert ANSWERED not in said
    named = {name for name in assignment.points if f"check({name}, points=" in said}
    assert named == {"conv_parameters", "same_padding"}
    page.run_all()
    assert "not attempted yet" in page.panel("same_padding")
    assert "not right yet" in page.panel("conv_parameters")
