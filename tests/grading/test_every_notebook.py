"""Every notebook through the grader, in real kernels: the solution earns all, a part its part, the release none."""

from __future__ import annotations

import pytest
from classroom import ROOT, Assignment, grade_one, scores

from autograder.grading.one_submission import close_pools

NAMES = [path.name for path in sorted((ROOT / "notebooks").iterdir()) if (path / f"{path.name}.ipynb").exists()]


@pytest.fixture(scope="module", params=NAMES)
def assignment(request):
    yield Assignment(request.param)
    close_pools()


def test_the_solution_earns_every_point(assignment):
    result = grade_one(assignment, assignment.honest())
    assert scores(result) == assignment.points, [one for one in result["exercises"] if one["status"] != "passed"]
    assert (result["status"], result["cells"], result["repairs"], result["kernels"]) == ("graded", [], [], 1)


def test_two_exercises_earn_their_points_and_nothing_else(assignment):
    """Two that call none of the others, which aren't written."""
    two = [name for name, called in calls(assignment).items() if not called][:2]
    result = grade_one(assignment, assignment.solved(*two))
    expected = {name: points if name in two else 0.0 for name, points in assignment.points.items()}
    assert len(two) == 2 and scores(result) == expected
    assert (result["status"], result["cells"], result["repairs"]) == ("graded", [], [])


def test_the_release_earns_nothing_and_raises_nothing(assignment):
    result = grade_one(assignment, assignment.blank())
    assert result["score"] == 0 and {one["status"] for one in result["exercises"]} == {"not attempted"}
    assert (result["status"], result["cells"], result["repairs"]) == ("graded", [], [])


def calls(assignment: Assignment) -> dict[str, list[str]]:
    """Which other exercises each one's solution calls."""
    return {
        name: [other for other in assignment.solutions if other != name and f"{other}(" in source]
        for name, source in assignment.solutions.items()
    }
