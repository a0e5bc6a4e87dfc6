"""Wrong functions as learners type them: each is told its own sentence, with every seed."""

import importlib
from types import ModuleType

import numpy as np
import pytest
from solution_functions import functions
from typed_mistakes import slips

from dlcourse import checks, gated_cells

# how many seeds each is tried with: networks take their time, and what they compute depends little on the seed
TOPICS = {
    "start": 3,
    "convolution": 3,
    "pooling": 3,
    "keras_models": 1,
    "residual": 1,
    "yolo": 2,
    "faces": 2,
    "style": 1,
    "recurrent": 3,
    "gated_cells": 3,
}


def typed(topic: str) -> ModuleType:
    return importlib.import_module(f"typed_mistakes.{topic}")


def right_functions(topic: str) -> dict:
    module = typed(topic)
    return {name: getattr(module, name) for name in checks.topic(topic).exercises if hasattr(module, name)}


def all_slips() -> list:
    for topic in TOPICS:
        typed(topic)
    return [slip for topic in TOPICS for slip in typed(topic).SLIPS] + [
        slip
        for slip in slips.WHOLE
        if slip.topic in TOPICS  # others have a file of tests of their own
    ]


@pytest.mark.parametrize(("topic", "name"), [(topic, name) for topic in TOPICS for name in right_functions(topic)])
def test_the_functions_in_which_slips_are_made_are_right(topic, name):
    namespace = dict(vars(functions(topic)))
    slip = slips.Slip(topic, name, "", slips.source_of(right_functions(topic)[name]), name)
    function = slips.define(slip, namespace, right_functions(topic))
    for seed in range(TOPICS[topic]):
        report = checks.run(topic, name, function, seed=seed, namespace=namespace)
        assert report.passed, report.failures[0].message


@pytest.mark.parametrize("slip", all_slips(), ids=lambda slip: f"{slip.topic}-{slip.title}".replace(" ", "_"))
def test_a_slip_is_named(slip):
    namespace = dict(vars(functions(slip.topic)))
    function = slips.define(slip, namespace, right_functions(slip.topic))
    for seed in range(TOPICS[slip.topic]):
        with np.errstate(all="ignore"):
            report = checks.run(slip.topic, slip.exercise, function, seed=seed, namespace=namespace)
        assert not report.passed
        if slip.helper:
            assert report.helper.startswith(f"Your {slip.helper} fails its own check")
        else:
            assert report.mistake and report.mistake.key == slip.key, (seed, report.failures[0])
            assert not report.helper


def test_errors_in_one_kind_of_cases_leave_the_outputs_their_points():
    """x[pad:-pad] raises where there is no border and is right elsewhere: it costs the last group only."""
    (slip,) = [s for s in typed("convolution").SLIPS if s.key == "empty-slice" and s.source.count(" += ") == 3]
    namespace = dict(vars(functions("convolution")))
    function = slips.define(slip, namespace, right_functions("convolution"))
    report = checks.run("convolution", "conv_backward", function, namespace=namespace)
    assert {group.name for group in report.groups if not group.passed} == {"inputs unchanged"}
    assert not report.passed
    assert "Behind it another one waits" not in report.mistake.message


def test_the_mistake_that_an_error_hides_is_told_with_it():
    (slip,) = [s for s in typed("convolution").SLIPS if s.key == "empty-slice" and s.source.count(" += ") == 2]
    namespace = dict(vars(functions("convolution")))
    function = slips.define(slip, namespace, right_functions("convolution"))
    report = checks.run("convolution", "conv_backward", function, namespace=namespace)
    assert "Behind it another one waits: Windows overlap" in report.mistake.message
    assert {"dA_prev"} <= {group.name for group in report.groups if not group.passed}


def test_the_table_that_is_passed_around_is_what_comes_of_handing_nothing_back():
    """Four numbers of it, for the seed and sizes with which it was made, beside what each mistake gives."""
    rng = np.random.RandomState(1)
    x, a0 = rng.randn(3, 10, 7), rng.randn(5, 10)
    parameters = {f"{letter}{gate}": rng.randn(5, 8 if letter == "W" else 1) for gate in "fioc" for letter in "Wb"}
    parameters |= {"Wy": np.zeros((2, 5)), "by": np.zeros((2, 1))}
    cells, _ = gated_cells.lstm_forward(x, a0, parameters)[3]
    caches, da = (cells[:4], x[:, :, :4]), rng.randn(5, 10, 4)
    exercise = checks.get("gated_cells", "lstm_backward")
    passed_around = [-0.00173313, 0.08287442, -0.30545663, -0.43281115]
    made = {mistake.key: mistake.variant(da, caches)["dx"][1, 2] for mistake in exercise.mistakes}
    assert [key for key, row in made.items() if np.allclose(row, passed_around, atol=1e-8)] == ["nothing-handed-back"]
    told = [mistake.key for mistake in exercise.mistakes if "passed around" in mistake.message]
    assert told == ["nothing-handed-back"]
