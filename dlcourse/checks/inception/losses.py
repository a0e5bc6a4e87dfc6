"""The exercise of notebook 06 on the loss that joins three outputs: `googlenet_loss`."""

from __future__ import annotations

import math

import keras
import numpy as np

from dlcourse import inception as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.inception.shared import topic


@topic.exercise(
    reference=reference.googlenet_loss,
    section="Three losses",
    needs="tensorflow",
    aliases={"labels": "y_true", "outputs": "y_pred"},
)
def googlenet_loss(rng):
    tensors, gradient = "dlcourse.checking.probes.tensors:tensors", "dlcourse.checking.probes.tensors:gradient"
    halves, quarters = np.full((2, 2), 0.5), np.array([[0.25, 0.75], [0.75, 0.25]])
    yield case(
        "two examples by hand",
        np.array([0, 1]),
        [halves, quarters, quarters],
        group="three outputs",
        probe=tensors,
        expect=math.log(2) + 0.3 * 2 * math.log(4),
    )
    yield case("five examples, four classes", *_outputs(rng, 5, 4), group="three outputs", probe=tensors)
    yield case("the heads' weight is 0.1", *_outputs(rng, 4, 3), 0.1, group="another weight", probe=tensors)
    y_true, (own, *_) = _outputs(rng, 6, 3)
    yield case("in use: one output, no heads", y_true, own, group="one output", probe=tensors)
    yield case(
        "the gradient for each output",
        *_outputs(rng, 3, 4),
        group="gradient",
        probe=gradient,
        compare=_compare_gradients,
    )


def _compare_gradients(expected: dict, got: object) -> str | None:
    """Along probabilities that still add up to 1: Keras's cross-entropy divides by their sum, a logarithm does not, and
    the gradients of the two differ by a number that is the same for all classes."""
    if not isinstance(got, dict) or got.get("gradient") is None:
        return "No gradient reaches y_pred: use TensorFlow's or Keras's functions throughout, and return a tensor."
    right, answer = ([_without_mean(part) for part in found["gradient"]] for found in (expected, got))
    difference = compare(right, answer, "the gradient", TOLERANCE)
    return difference and difference.message


def _without_mean(gradient: np.ndarray) -> np.ndarray:
    gradient = np.asarray(gradient)
    return gradient - gradient.mean(axis=-1, keepdims=True)


def _outputs(rng, m, classes):
    numbers = np.exp(rng.normal(size=(3, m, classes)))
    return rng.integers(0, classes, size=m), list(numbers / numbers.sum(axis=-1, keepdims=True))


def _loss(weights=lambda weight: (1.0, weight, weight), each=None, mean=True, one=True, alone=None):
    def cross_entropy(y_true, probabilities):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, probabilities)
        return losses if mean is None else keras.ops.mean(losses) if mean else keras.ops.sum(losses)

    def variant(y_true, y_pred, weight=0.3):
        if not isinstance(y_pred, (list, tuple)):
            if alone is not None:
                return alone * (each or cross_entropy)(y_true, y_pred)
            y_pred = [y_pred] if one else y_pred
        return sum(
            factor * (each or cross_entropy)(y_true, probabilities)
            for factor, probabilities in zip(weights(weight), y_pred, strict=False)
        )

    return variant


def _of_probabilities(y_true, probabilities):
    """1 - p in the place of -ln p."""
    chosen = keras.ops.one_hot(y_true, probabilities.shape[-1], dtype=probabilities.dtype)
    right = keras.ops.sum(probabilities * chosen, axis=-1)
    return keras.ops.mean(1 - right)


def _from_logits(y_true, probabilities):
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y_true, probabilities, from_logits=True))


for _key, _message, _variant in (
    (
        "heads-in-full",
        "The heads count as much as the network's own output; each counts `weight` times.",
        _loss(lambda w: (1.0, 1.0, 1.0)),
    ),
    ("own-only", "The heads' outputs are left out: y_pred[1] and y_pred[2] count too.", _loss(lambda w: (1.0,))),
    ("one-head-only", "Only one of the two heads counts.", _loss(lambda w: (1.0, w))),
    ("all-weighted", "The network's own output is weighted too; it counts in full.", _loss(lambda w: (w, w, w))),
    (
        "own-weighted",
        "The weights are the wrong way round: the network's own output counts in full.",
        _loss(lambda w: (w, 1.0, 1.0)),
    ),
    (
        "weight-shared",
        "The two heads share the weight between them; each has it in full.",
        _loss(lambda w: (1.0, w / 2, w / 2)),
    ),
    (
        "rest-for-the-own",
        "The network's own output counts 1 - weight or less, as in a mean; it counts in full, and the heads are added.",
        _loss(lambda w: (1 - w, w, w)),
    ),
    (
        "mean-of-three",
        "This is the mean of three losses; the heads' are weighted and added.",
        _loss(lambda w: (1 / 3,) * 3),
    ),
    (
        "divided-by-three",
        "The weighted sum is divided by the number of outputs; it is a sum, not a mean.",
        _loss(lambda w: (1 / 3, w / 3, w / 3), alone=1.0),
    ),
    ("not-averaged", "A loss for each example comes back; take their mean.", _loss(mean=None)),
    (
        "one-hot-expected",
        "categorical_crossentropy wants the classes as rows of 0 and 1. Here they are whole numbers: "
        "sparse_categorical_crossentropy takes those.",
        _loss(each=lambda y_true, p: keras.ops.mean(keras.losses.categorical_crossentropy(y_true, p))),
    ),
    ("weight-fixed", "The weight is always 0.3; it is an argument.", _loss(lambda w: (1.0, 0.3, 0.3))),
    ("summed", "The losses are summed over the batch; take the mean.", _loss(mean=False)),
    ("not-a-logarithm", "This is 1 - p; the cross-entropy is -ln p.", _loss(each=_of_probabilities)),
    (
        "softmax-twice",
        "The probabilities go through a softmax again: they are no logits, so from_logits stays False.",
        _loss(each=_from_logits),
    ),
    (
        "always-a-list",
        "In use y_pred is one array of probabilities, not a list of three: y_pred[0] is then its first example.",
        _loss(one=False),
    ),
):
    googlenet_loss.mistake(_key, _message, _variant)
googlenet_loss.hint(
    "keras.losses.sparse_categorical_crossentropy(y_true, probabilities) gives a loss for each example."
)
googlenet_loss.hint("isinstance(y_pred, (list, tuple)) tells the three outputs of the training from the one in use.")
