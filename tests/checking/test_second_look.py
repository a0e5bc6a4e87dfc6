"""Numbers that were computed in float32 and kept in float64 are judged as float32, and a known mistake stays one."""

import numpy as np
import pytest

from dlcourse import checks
from dlcourse.checking import judging, plain
from dlcourse.checking.calling import Call, perform
from dlcourse.checking.exercise import Topic, case

SEEDS = range(5)


def loss_added_up(y_hat, y):
    """The losses of float32 are added up in float64, and divided there."""
    y_hat, y = np.float32(y_hat), np.float32(y)
    total = np.zeros(1)
    for loss in (-y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)).ravel():
        total += loss
    return total[0] / y.shape[1]


def convolution_added_up(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    padded = np.pad(A_prev.astype("f4"), ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    f, n_C = W.shape[0], W.shape[3]
    rows, columns = ((size - f) // stride + 1 for size in padded.shape[1:3])
    Z = np.zeros((len(A_prev), rows, columns, n_C))
    for h in range(rows):
        for w in range(columns):
            part = padded[:, h * stride : h * stride + f, w * stride : w * stride + f]
            Z[:, h, w] = np.tensordot(part, W.astype("f4"), 3)
    return Z + b, (A_prev, W, b, hparameters)


def mean_added_up(vectors, mask):
    kept = np.where(mask[np.newaxis], vectors, 0).astype("f4")
    total = np.zeros(kept.shape[:2])
    for t in range(kept.shape[2]):
        total += kept[:, :, t]
    return total / np.maximum(mask.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("topic", "name", "function"),
    [
        ("recurrent", "sequence_loss", loss_added_up),
        ("convolution", "conv_forward", convolution_added_up),
        ("sequences", "masked_mean", mean_added_up),
    ],
)
def test_sums_of_float32_in_float64_are_right(topic, name, function):
    for seed in SEEDS:
        report = checks.run(topic, name, function, seed=seed)
        assert report.passed, [failure.message for failure in report.failures]


def example():
    topic = Topic("example")

    @topic.exercise(reference=lambda x: {"mean": np.mean(x), "root": np.sqrt(x)}, name="two_parts", by_output=True)
    def two_parts(rng):
        yield case("some", rng.uniform(1, 2, size=5), group="values")
        yield case("more", rng.uniform(1, 2, size=(2, 3)), group="values")

    two_parts.mistake("small", "A small number is added.", lambda x: {"mean": np.mean(x) + 1e-7, "root": np.sqrt(x)})
    return two_parts


def report_on(function, naming=True):
    exercise, namespace = example(), {"two_parts": function}
    outcomes = perform(namespace, [Call.from_plain(call.to_plain()) for call in judging.questions(exercise, 0)])
    return judging.verdict(exercise, outcomes, 0, naming=naming)


def in_single(x):
    return np.float64(np.mean(x, dtype="f4")) / 3 * 3 + 1e-16


@pytest.mark.parametrize("naming", [True, False])
def test_a_small_mistake_that_is_known_fails_and_rounding_passes(naming):
    known = report_on(lambda x: {"mean": np.mean(x) + 1e-7, "root": np.sqrt(x)}, naming)
    assert [(group.name, group.passed) for group in known.groups][:2] == [("mean", False), ("root", True)]
    assert (known.mistake.key if known.mistake else None) == ("small" if naming else None)
    assert report_on(lambda x: {"mean": in_single(x), "root": np.sqrt(x)}, naming).passed


@pytest.mark.parametrize("away", [1e-4, 1e-2])
def test_what_float32_would_not_have_given_is_wrong(away):
    for function in (
        lambda x: {"mean": np.mean(x) * (1 + away), "root": np.sqrt(x)},
        lambda x: {"mean": in_single(x), "root": np.sqrt(x) + away},
    ):
        report = report_on(function)
        assert not report.passed and report.score > 0


def test_what_is_right_in_float32_earns_its_points_beside_what_is_wrong():
    report = report_on(lambda x: {"mean": in_single(x), "root": x})
    assert {group.name: group.passed for group in report.groups}["mean"]


def test_a_tree_is_rounded_part_by_part_and_stays_as_it_was():
    third = np.float64(1) / 3
    tree = {"a": [third, np.full(2, third)], "b": ("text", 1, True, None, float(third)), 3: np.arange(2)}
    found = plain.rounded(tree)
    assert plain.same(found, plain.rounded(found))
    assert found["a"][0] == np.float32(third) != third and found["a"][1].dtype == np.float64
    assert found["b"][:4] == ("text", 1, True, None) and type(found["b"][4]) is float
    assert tree["a"][1][0] == third and found[3].dtype.kind == "i"
