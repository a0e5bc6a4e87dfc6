"""Whatever a function returns, its exercise is judged: quickly, without an exception, and without points for nonsense.

Every exercise of every topic is compared with values of every kind, and with what has the shape, the length or the
keys of the right answer and something else in it.
"""

from __future__ import annotations

import any_value
import pytest
from stopwatch import stopwatch

from autograder.grading.wording import describe
from dlcourse import checks
from dlcourse.checking import answers, judging, plain
from dlcourse.checking.calling import Outcome
from dlcourse.checking.exercise import Topic, case

SECONDS = 1.0
EXERCISES = checks.exercises()


def judged(exercise, values: list) -> tuple:
    """The verdict on these values, what the learner is told, and how long both took on a processor."""
    outcomes = [Outcome("value", value) for value in values]
    with stopwatch() as watch:
        report = judging.verdict(exercise, outcomes, seed=3)
        said = describe(exercise, report, None, "", "")
    return report, said, watch.seconds


@pytest.fixture(scope="module", params=EXERCISES, ids=lambda e: f"{e.topic}-{e.name}")
def exercise(request):
    calls = judging.questions(request.param, seed=3)
    judged(request.param, [1] * len(calls))  # what is computed once for a class: the known wrong variants
    return request.param


@pytest.fixture(autouse=True)
def no_exception_is_caught(monkeypatch):
    """In a class, one that nobody has thought of costs its exercise; here it is a fault of the comparison."""
    monkeypatch.setattr(answers, "safely", lambda comparison, *args: comparison(*args))


def test_a_value_of_any_kind_is_judged_and_earns_nothing(exercise):
    count = len(judging.questions(exercise, seed=3))
    for name, value in any_value.specimens().items():
        large = plain.weigh(value)[0] > 1000  # all of them together have to fit into one answer
        report, said, seconds = judged(exercise, [value, *[1] * (count - 1)] if large else [value] * count)
        told = report.failures[0].message if report.failures else report.note
        assert not report.passed and said["status"] in ("failed", "partly"), name
        assert told.rstrip("'\"").endswith((".", "?")), (name, told[-80:])
        assert len(str(said)) < 5000 and seconds < SECONDS, (name, len(str(said)), seconds)


def test_what_resembles_the_right_answer_is_judged(exercise):
    """The right answer in another form may be right; that is for other tests to say."""
    rows = judging._prepare(exercise, 3).rows
    right = [expected for _, expected, positions in rows for _ in positions]
    asked = rows[0][2]
    for number, value in enumerate(any_value.like(rows[0][1])):
        values = [value if position in asked else one for position, one in enumerate(right)]
        _, said, seconds = judged(exercise, values)
        assert said["status"] in ("failed", "partly", "passed") and seconds < SECONDS, (number, seconds)


def test_an_exception_costs_the_case_and_has_a_sentence(monkeypatch):
    """One that the tests above have not found: here, in the comparison of one of two cases."""
    monkeypatch.undo()
    topic = Topic("example")

    def unprepared(expected, got):
        raise OverflowError("cannot convert float infinity to integer")

    @topic.exercise(reference=lambda x: x + 1, name="plus_one")
    def plus_one(rng):
        yield case("one", 1.0, group="first", compare=unprepared)
        yield case("two", 2.0, group="second")

    plus_one.mistake("odd", "It is odd.", lambda x: x, recognise=lambda got: int(got) % 2 == 1)
    report = judging.verdict(plus_one, [Outcome("value", float("inf")), Outcome("value", 3.0)], seed=0)
    assert [(group.name, group.passed) for group in report.groups] == [("first", False), ("second", True)]
    assert report.failures[0].message == "the result is not of the kind that was asked for: it could not be compared."
    assert report.mistake is None


@pytest.mark.parametrize("name", sorted(any_value.specimens()))
def test_every_specimen_can_be_sent(name):
    value = any_value.specimens()[name]
    assert plain.weigh(plain.loads(plain.dumps(value))) == plain.weigh(value)
