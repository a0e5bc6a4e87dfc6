"""A claim's number with one slip in its working: the sentence says which part of it went wrong."""

import numpy as np
import pytest

from dlcourse import checks
from dlcourse.checking.exercise import equal_answers
from dlcourse.checking.judging import draw_cases
from dlcourse.checking.working import Working

FILTERS = Working(lambda f, n_C, bias: f * f * n_C + bias, {"f": 5, "n_C": 3, "the bias": 1})

WORKED = {
    f"{topic}/{claim.name}": claim
    for topic in ("convolution", "pooling", "style")
    for case in draw_cases(checks.get(topic, "spot_the_mistake"), seed=0)
    if (claim := case.compare.__self__).working
}


@pytest.mark.parametrize("name", WORKED)
def test_the_working_of_a_claim_gives_what_is_right(name):
    claim = WORKED[name]
    assert equal_answers(claim.right, claim.working.result(), claim.tolerance)


def test_there_are_workings():
    assert {name.partition("/")[0] for name in WORKED} == {"convolution", "pooling", "style"}


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (6 * 6 * 3 + 1, "with 6 for f; it is 5"),
        (5 * 5 * 2 + 1, "with 2 for n_C; it is 3"),
        (5 * 5 * 3 - 1, "with the other sign at the bias, 1"),
        (5 * 5 / 3 + 1, "where * and / are exchanged at n_C, 3"),
        (np.float32(77), "with 2 for the bias; it is 1"),
    ],
)
def test_one_slip_is_told(answer, part):
    assert part in FILTERS.slip(answer)


@pytest.mark.parametrize("answer", [12345, 10**400, True, None, "77", float("nan"), 77j, [77], np.array([77, 77])])
def test_what_no_one_slip_gives_is_not_explained(answer):
    assert FILTERS.slip(answer) is None


@pytest.mark.parametrize(
    ("topic", "name", "answer"),
    [
        ("convolution", "conv1_parameters", (5 * 5 * 3 + 1) * 7),
        ("convolution", "output_size", (7 + 2 * 1 - 4) // 3 + 1),
        ("convolution", "wide_image_weights", 3000 * 3000 * 4 * 1000),
        ("pooling", "fc4_parameters", (120 - 1) * 84),
        ("pooling", "softmax_parameters", (84 + 1) / 10),
        ("style", "style_sum", 1 + 1 + 1 + 3**2),
        ("style", "style_divisor", (2 * 4 * 3 * 3) ** 2),
        ("style", "pixel", 1.5 - 0.01 * 30),
    ],
)
def test_a_slip_in_a_claim_is_named(topic, name, answer):
    right = checks.get(topic, "spot_the_mistake").reference()
    report = checks.run(topic, "spot_the_mistake", lambda: {**right, name: answer})
    assert [group.name for group in report.groups if not group.passed] == [name]
    assert report.mistake.key == "slip-in-the-working"
