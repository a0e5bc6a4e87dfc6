"""`dlcourse check`: what it says where a check finds nothing to look at."""

from __future__ import annotations

import nbformat
import pytest
from small_course import CHECK, COUNT

from dlcourse.workspace.running import run_notebook

RIGHT = COUNT.replace('raise NotImplementedError("count is not written yet")', "return len(items)")


def run(course, **cells):
    """The verdict on `count` in a notebook with these cells' text."""
    content = nbformat.read(course.notebook, as_version=4)
    for cell in content.cells:
        cell.source = cells.get(cell.id.replace("-", "_"), cell.source)
    nbformat.write(content, course.notebook)
    return run_notebook(course.notebook, timeout=60).verdicts[0]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            {"setup_1": f"import nonsense_of_theirs\n{CHECK}"},
            "The cell of the imports failed (ModuleNotFoundError: No module named 'nonsense_of_theirs'), so there is "
            "nothing to check.",
        ),
        ({"exercise_1": RIGHT.replace("(items)", "(items", 1)}, "The cell of count failed (SyntaxError: "),
        ({"exercise_1": RIGHT.replace("count(", "count_them(")}, "No cell gives count, so there is nothing to check."),
    ],
    ids=["failed imports", "syntax error", "another name"],
)
def test_a_check_without_a_function_says_what_became_of_it(small_course, cells, words):
    verdict = run(small_course, **cells)
    assert verdict.state == "stopped" and verdict.text.startswith(words)


def test_a_magic_that_this_ipython_lacks_takes_no_function_with_it(small_course):
    verdict = run(small_course, exercise_1=f"%tensorflow_version 2.x\n{RIGHT}")
    assert verdict.state == "passed"
