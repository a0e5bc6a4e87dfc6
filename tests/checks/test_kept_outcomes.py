"""Networks take their time: what a check has computed of a named mistake is used again."""

import dataclasses

import keras
import pytest
from keras.layers import Dense

from dlcourse import checks
from dlcourse.checking.calling import Outcome, perform
from dlcourse.checking.exercise import Topic, case
from dlcourse.checking.judging import judge


def small_network(classes, last="softmax", width=3, calls=None):
    if calls is not None:
        calls.append(classes)
    return keras.Sequential([keras.Input((4,)), Dense(width, activation="relu"), Dense(classes, activation=last)])


@pytest.fixture
def exercise_of_networks():
    """An exercise whose second case differs with the seed, and the calls of each mistake."""
    calls = {"no-softmax": [], "wide": []}

    def network(classes):
        return small_network(classes)

    def cases(rng):
        probe = "dlcourse.checking.probes.models:{}".format
        yield case("always", 3, group="computes", probe=probe("model"))
        yield case("with the seed", int(rng.integers(10, 10**6)), group="counts", probe=probe("counts"))

    exercise = Topic("networks").exercise(reference=network, name="network")(cases)
    exercise.mistake("wide", "", lambda classes: small_network(classes, width=5, calls=calls["wide"]))
    exercise.mistake("no-softmax", "", lambda classes: small_network(classes, None, calls=calls["no-softmax"]))
    return exercise, calls


def test_a_case_that_is_the_same_for_every_seed_is_computed_once(exercise_of_networks):
    exercise, calls = exercise_of_networks

    def without_softmax(classes):
        return small_network(classes, None)

    for seed in (1, 2, 3):
        report = judge(exercise, lambda asked: perform({"network": without_softmax}, asked), seed)
        assert report.mistake.key == "no-softmax"
    assert len(calls["no-softmax"]) == 1 + 3  # the case that is always the same, and one of each seed
    assert calls["no-softmax"].count(3) == 1
    assert calls["wide"] == [3]  # the first case rules it out


def test_a_wrong_network_is_still_named_by_what_only_its_outputs_show(exercise_of_networks):
    exercise, _ = exercise_of_networks

    def sigmoid(classes):
        return small_network(classes, "sigmoid")

    def wide(classes):
        return small_network(classes, width=5)

    found = [
        judge(exercise, lambda asked, wrong=wrong: perform({"network": wrong}, asked), seed=1).mistake
        for wrong in (sigmoid, wide)
    ]
    assert [mistake and mistake.key for mistake in found] == [None, "wide"]


def test_a_wrong_block_that_no_mistake_describes_is_told_from_all_of_them_without_building_one(monkeypatch):
    """What is kept of them is enough: tests/seen_networks.py."""
    built = []
    for name in ("identity_block", "convolutional_block", "basic_block"):
        exercise = checks.get("residual", name)
        noting = [
            dataclasses.replace(
                mistake, variant=lambda *given, mistake=mistake: built.append(mistake.key) or mistake.variant(*given)
            )
            for mistake in exercise.mistakes
        ]
        monkeypatch.setattr(exercise, "mistakes", noting)
        report = judge(
            exercise,
            lambda asked, exercise=exercise: perform(
                {exercise.name: lambda X, *given: keras.ops.tanh(exercise.reference(X, *given))}, asked
            ),
            seed=31,
        )
        assert not report.passed
        assert report.mistake is None
    assert not built


def test_an_outcome_that_differs_in_its_kind_or_its_entries_rules_a_mistake_out():
    may_show = checks.get("residual", "convolutional_block").may_show
    assert may_show("valid-padding", Outcome("error", error="ValueError: the shapes (1, 1, 6) and (2, 2, 6)"))
    assert not may_show("valid-padding", Outcome("error", error="TypeError: an integer is asked for"))
    assert not may_show("valid-padding", Outcome("value", value={"output_shape": (1, 1, 6)}))
    assert not may_show("no-shortcut", Outcome("error", error="ValueError: the shapes (1, 1, 6) and (2, 2, 6)"))
    assert not may_show("no-shortcut", Outcome("value", value={"not plain": "list"}))
