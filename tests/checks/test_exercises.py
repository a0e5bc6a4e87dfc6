"""Every exercise of every notebook: right answers pass; the stub and each named mistake fail with its sentence."""

import pytest
from one_slip import REASONS, groups_lost, may_cost_more
from surfaces import all_surfaces, plain

from dlcourse import checks
from dlcourse.checking import judging
from dlcourse.checking import plain as plain_data

EXERCISES = {f"{exercise.topic}/{exercise.name}": exercise for exercise in checks.exercises()}


def seeds(exercise):
    """Two, or one where a model has to be built for every case and mistake."""
    return (0, 1) if exercise.needs == "numpy" else (0,)


@pytest.fixture(params=EXERCISES, ids=str)
def exercise(request):
    return EXERCISES[request.param]


def test_the_reference_passes(exercise):
    for seed in seeds(exercise):
        report = checks.run(exercise.topic, exercise.name, exercise.reference, seed=seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]
        assert report.score == 1.0
        assert report.mistake is None


def test_a_stub_is_not_attempted(exercise):
    def stub(*args, **kwargs):
        raise NotImplementedError(f"{exercise.name} is not written yet")

    report = checks.run(exercise.topic, exercise.name, stub)
    assert (report.attempted, report.score, report.passed, report.mistake) == (False, 0.0, False, None)


def test_every_named_mistake_is_rejected_with_its_own_sentence(exercise):
    for seed in seeds(exercise):
        for mistake in exercise.mistakes:
            report = checks.run(exercise.topic, exercise.name, mistake.variant, seed=seed)
            assert not report.passed, f"{mistake.key} is accepted"
            assert report.mistake is not None, f"{mistake.key} is not named: {report.failures[0].message}"
            assert (report.mistake.key, report.mistake.message) == (mistake.key, mistake.message)
            for surface, text in all_surfaces(exercise, report).items() if seed == 0 else ():
                assert plain(mistake.message) in plain(text) or surface == "after the buttons", surface
            lost = groups_lost(report)
            assert len(lost) == 1 or may_cost_more(exercise, mistake, lost, report), (mistake.key, lost)


def test_mistakes_that_may_cost_more_than_one_group_are_mistakes_of_today():
    for name, reasons in REASONS.items():
        listed = [key for keys in reasons.values() for key in keys]
        assert set(listed) <= {mistake.key for mistake in EXERCISES[name].mistakes}, name


def test_no_group_is_earned_for_nothing_where_another_is_lost(exercise):
    """A case with several difficulties is left out where one of them is lost by itself; each group has others."""
    drawn = judging.draw_cases(exercise, 0)
    groups = {case.group for case in drawn}
    assert all(set(case.besides) <= groups - {case.group} for case in drawn)
    assert {case.group for case in drawn if not case.besides} == groups


def test_mistakes_and_hints_are_enough_and_say_different_things(exercise):
    assert len(exercise.mistakes) >= 3
    assert len(exercise.hints) >= 2
    for texts in ([mistake.message for mistake in exercise.mistakes], exercise.hints):
        assert len(set(texts)) == len(texts)
        assert [text for text in texts if not text.rstrip(")`\"'] ").endswith((".", "?", ":"))] == []


@pytest.mark.parametrize("nothing", [None, 0, "", (), {}], ids=repr)
def test_a_function_that_returns_a_trivial_value_earns_nothing(exercise, nothing):
    report = checks.run(exercise.topic, exercise.name, lambda *args, **kwargs: nothing)
    assert report.score == 0.0, [group.name for group in report.groups if group.passed]


def test_the_same_seed_draws_the_same_cases_and_another_seed_others(exercise):
    def drawn(seed):
        calls = [exercise.call(case).to_plain() for case in judging.draw_cases(exercise, seed)]
        return plain_data.dumps(calls)

    assert drawn(5) == drawn(5)
    if exercise.names:  # spot_the_mistake and a builder without arguments have nothing to draw
        assert drawn(5) != drawn(6)
