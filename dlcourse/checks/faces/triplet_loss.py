"""The exercise of notebook 13 on the triplet loss."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlcourse import faces as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checks.faces.parts import topic


def _triplets(rng, m, d):
    """Anchors, and two neighbours of each; the far one is the negative in every other triplet, so that in any batch
    some triplets count and some do not."""
    anchor, near, far = rng.normal(size=(m, d)), rng.normal(size=(m, d)), rng.normal(size=(m, d))
    # no two distances alike, so that without a maximum they do not cancel
    near = anchor + rng.uniform(0.8, 1.2, (m, 1)) * near / np.linalg.norm(near, axis=1, keepdims=True)
    far = anchor + rng.uniform(2.2, 2.8, (m, 1)) * far / np.linalg.norm(far, axis=1, keepdims=True)
    swap = np.arange(m)[:, None] % 2 == 0
    return [anchor, np.where(swap, far, near), np.where(swap, near, far)]


TENSORS, GRADIENT = "dlcourse.checking.probes.tensors:tensors", "dlcourse.checking.probes.tensors:gradient"


def _float32(parts):
    """As a network gives them; rounding the squares of numbers below 10 leaves some 1e-6."""
    return [np.asarray(part, "float32") for part in parts]


def _gradient(parts, alpha):
    """By hand: the triplets whose loss is above 0 pull and push, the others do nothing."""
    anchor, positive, negative = parts
    near, far = np.sum((anchor - positive) ** 2, axis=1), np.sum((anchor - negative) ** 2, axis=1)
    counts = (near - far + alpha > 0)[:, None]
    return [2 * counts * part for part in (negative - positive, positive - anchor, anchor - negative)]


def _compare_gradients(expected, got):
    expected, got = (part.get("gradient") if isinstance(part, dict) else None for part in (expected, got))
    if expected is None or got is None:
        return (
            None
            if expected is got
            else (
                "No gradient comes back to the embeddings, so no network can learn from this loss. Use TensorFlow's "
                "functions: NumPy's, .numpy() and float() break the chain."
            )
        )
    difference = compare(expected, got, "the gradient", 1e-4)
    return difference.message if difference else None


@topic.exercise(reference=reference.triplet_loss, section="The triplet loss", needs="tensorflow")
def triplet_loss(rng):
    options = {"probe": TENSORS, "tolerance": 1e-5}
    A, P, N = _float32([[[0.0, 0.0]], [[3.0, 4.0]], [[6.0, 8.0]]])
    yield case(
        "one triplet with the positive nearer: 25 - 100 + 0.2 is below 0",
        None,
        [A, P, N],
        0.2,
        group="one triplet",
        expect=0.0,
        **options,
    )
    yield case(
        "one triplet with the negative nearer: 100 - 25 + 0.2",
        None,
        [A, N, P],
        0.2,
        group="one triplet",
        expect=75.2,
        **options,
    )
    near = _float32([A, [[1.0, 0.0]], [[0.0, 1.05]]])
    yield case(
        "the negative is farther, but by less than the margin",
        None,
        near,
        0.2,
        group="one triplet",
        expect=1.0 - 1.05**2 + 0.2,
        **options,
    )
    for m, d in ((4, 3), (8, 16)):
        yield case(
            f"{m} triplets of {d} numbers", None, _float32(_triplets(rng, m, d)), 0.2, group="a batch", **options
        )
    yield case("one triplet, a margin of 1", None, near, 1.0, group="the margin", expect=2 - 1.05**2, **options)
    for title, margin in (("a margin of 1", (1.0,)), ("the margin left at 0.2", ())):
        parts = _float32(_triplets(rng, 6, 5))
        yield case(title, None, parts, *margin, group="the margin", besides=("a batch",), **options)
    for title, m, besides in (("its gradient, of one triplet", 1, ()), ("its gradient", 6, ("a batch",))):
        parts = _float32(_triplets(rng, m, 4))
        yield case(
            title,
            None,
            parts,
            0.2,
            group="gradient",
            expect={"gradient": _gradient(parts, 0.2)},
            probe=GRADIENT,
            compare=_compare_gradients,
            besides=besides,
        )


def _loss(formula, power=2):
    """A wrong loss from the distances of positives and negatives."""

    def variant(y_true, y_pred, alpha=0.2):
        anchor, positive, negative = (tf.convert_to_tensor(part) for part in y_pred)
        distances = (tf.reduce_sum(tf.abs(anchor - part) ** power, axis=-1) for part in (positive, negative))
        return formula(*distances, alpha)

    return variant


def _between(distance, far_from=0):
    """Other distances, or that to the negative from elsewhere than the anchor."""

    def variant(y_true, y_pred, alpha=0.2):
        parts = [tf.convert_to_tensor(part) for part in y_pred]
        near, far = ((parts[start] - parts[end]) ** 2 for start, end in ((0, 1), (far_from, 2)))
        return tf.reduce_sum(tf.nn.relu(distance(near) - distance(far) + alpha))

    return variant


def _for_each_number(y_true, y_pred, alpha=0.2):
    anchor, positive, negative = y_pred
    return tf.reduce_sum(tf.nn.relu((anchor - positive) ** 2 - (anchor - negative) ** 2 + alpha))


triplet_loss.mistake(
    "left-tensorflow",
    "The value is right, but no gradient comes back to the embeddings: the calculation leaves "
    "TensorFlow, as it does with NumPy's functions, .numpy() or float().",
    lambda y_true, y_pred, alpha=0.2: np.asarray(tf.stop_gradient(reference.triplet_loss(y_true, y_pred, alpha))),
)
triplet_loss.mistake(
    "no-maximum",
    "Triplets that are right already make the loss smaller than 0: nothing stops at 0. See 'The triplet loss'.",
    _loss(lambda p, n, alpha: tf.reduce_sum(p - n + alpha)),
)
triplet_loss.mistake(
    "maximum-of-the-sum",
    "The maximum with 0 is taken after the sum; each triplet has its own.",
    _loss(lambda p, n, alpha: tf.nn.relu(tf.reduce_sum(p - n + alpha))),
)
triplet_loss.mistake(
    "margin-left-out",
    "The margin alpha is left out: a network that maps everything to one point would be perfect.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n))),
)
triplet_loss.mistake(
    "margin-subtracted",
    "The margin is subtracted; it is added, so that a negative must be farther by alpha.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n - alpha))),
)
triplet_loss.mistake(
    "exchanged",
    "Positive and negative are exchanged: this pulls strangers together.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(n - p + alpha))),
)
triplet_loss.mistake(
    "mean",
    "This is the mean over the batch; the course sums. See 'The triplet loss'.",
    _loss(lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(p - n + alpha))),
)
triplet_loss.mistake(
    "not-squared",
    "The distances are not squared.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(tf.sqrt(p) - tf.sqrt(n) + alpha))),
)
triplet_loss.mistake(
    "not-summed-over-features",
    "The maximum with 0 is taken for each number of the vectors; a distance sums over them first (axis=-1).",
    _for_each_number,
)
for _key, _message, _formula in (
    (
        "margin-added-once",
        "The margin is added once to the sum over the batch, and one maximum taken of it; each triplet has its own "
        "margin and its own maximum. A distance sums over a vector's numbers only (axis=-1), which leaves one for each "
        "triplet.",
        lambda p, n, alpha: tf.nn.relu(tf.reduce_sum(p - n) + alpha),
    ),
    (
        "margin-outside",
        "The margin is added to the finished sum, where no triplet meets it: it belongs inside the maximum of each.",
        lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n)) + alpha,
    ),
    (
        "minimum",
        "This is the minimum with 0, which keeps the triplets that are right already; take the maximum.",
        lambda p, n, alpha: tf.reduce_sum(tf.minimum(p - n + alpha, 0.0)),
    ),
    (
        "margin-written-in",
        "The margin is 0.2 whatever alpha is: use the argument.",
        lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n + 0.2)),
    ),
    (
        "one-distance-twice",
        "Both distances are to the same picture, so that they cancel and only the margins are left: one goes to the "
        "positive, the other to the negative.",
        lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - p + alpha)),
    ),
    (
        "one-for-each-triplet",
        "One number for each triplet comes back: add them up at the end.",
        lambda p, n, alpha: tf.nn.relu(p - n + alpha),
    ),
):
    triplet_loss.mistake(_key, _message, _loss(_formula))
triplet_loss.mistake(
    "mean-over-features",
    "The distances are means over a vector's numbers; they are sums: tf.reduce_sum(..., axis=-1).",
    _between(lambda squares: tf.reduce_mean(squares, axis=-1)),
)
triplet_loss.mistake(
    "absolute-differences",
    "The differences are not squared, only their sizes added: tf.square.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n + alpha)), power=1),
)
triplet_loss.mistake(
    "summed-over-the-batch",
    "The distances are summed over the batch (axis 0); each triplet has its own, summed over a vector's numbers: "
    "axis=-1.",
    _between(lambda squares: tf.reduce_sum(squares, axis=0)),
)
triplet_loss.mistake(
    "between-positive-and-negative",
    "One of the distances is that between positive and negative; both begin at the anchor.",
    _between(lambda squares: tf.reduce_sum(squares, axis=-1), far_from=1),
)
for _first, _second, _formula in (
    ("no-maximum", "mean", lambda p, n, alpha: tf.reduce_mean(p - n + alpha)),
    ("margin-left-out", "no-maximum", lambda p, n, alpha: tf.reduce_sum(p - n)),
    ("margin-left-out", "mean", lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(p - n))),
    ("maximum-of-the-sum", "mean", lambda p, n, alpha: tf.nn.relu(tf.reduce_mean(p - n + alpha))),
    ("exchanged", "mean", lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(n - p + alpha))),
    ("exchanged", "no-maximum", lambda p, n, alpha: tf.reduce_sum(n - p + alpha)),
    ("not-squared", "mean", lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(tf.sqrt(p) - tf.sqrt(n) + alpha))),
    ("not-squared", "no-maximum", lambda p, n, alpha: tf.reduce_sum(tf.sqrt(p) - tf.sqrt(n) + alpha)),
):
    triplet_loss.pair(_first, _second, _loss(_formula))
triplet_loss.hint("Two distances for each triplet: a squared difference, summed over a vector's numbers (axis=-1).")
triplet_loss.hint("Basic loss: distance to the positive, minus the one to the negative, plus alpha.")
triplet_loss.hint("tf.maximum with 0 for each triplet, then tf.reduce_sum over the batch.")
