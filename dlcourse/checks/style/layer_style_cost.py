"""The exercise of notebook 14 on the style cost of one layer."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlcourse import style as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.style.content_cost import SQUARE_OF_THE_SUM, name_one_image, summed
from dlcourse.checks.style.gram import gram_of
from dlcourse.checks.style.parts import (
    GRADIENT,
    TENSORS,
    TOLERANCE,
    compare_gradients,
    gradient_lost,
    normal,
    off_the_tape,
    topic,
)


@topic.exercise(
    reference=reference.compute_layer_style_cost,
    section="The style cost of one layer",
    needs="tensorflow",
    companions=("gram_matrix",),
)
def compute_layer_style_cost(rng):
    a_S = np.array([[1, 0], [2, 1]], "f4").reshape(1, 1, 2, 2)
    a_G = np.array([[0, 1], [1, 0]], "f4").reshape(1, 1, 2, 2)
    yield case(
        "two positions and two channels, by hand",
        a_S,
        a_G,
        group="values",
        expect=24 / 64,
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    for shape in ((3, 5, 4), (6, 2, 3), (2, 2, 7)):
        yield case(
            f"a layer of {' x '.join(map(str, shape))}",
            normal(rng, 1, *shape),
            normal(rng, 1, *shape),
            group="values",
            probe=TENSORS,
            tolerance=TOLERANCE,
        )
    shuffled = normal(rng, 1, 4, 5, 3)
    elsewhere = rng.permutation(shuffled.reshape(-1, 3)).reshape(shuffled.shape)
    yield case(
        "the same style in other places costs nothing",
        shuffled,
        elsewhere,
        group="place does not matter",
        expect=0.0,
        probe=TENSORS,
        compare=_nothing,
    )
    # one with a difference, so that a constant does not earn the group
    yield case(
        "and another style costs something",
        shuffled,
        normal(rng, 1, 4, 5, 3),
        group="place does not matter",
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    yield case(
        "a layer of 24 x 40 x 32",
        normal(rng, 1, 24, 40, 32),
        normal(rng, 1, 24, 40, 32),
        group="a layer of real size",
        probe=TENSORS,
        tolerance=1e-3,
    )
    yield case(
        "its gradient",
        normal(rng, 1, 3, 4, 2),
        normal(rng, 1, 3, 4, 2),
        group="gradient",
        probe=GRADIENT,
        compare=compare_gradients,
    )


def _nothing(expected, got) -> str | None:
    """The cost of rounding errors is not quite nothing."""
    number = np.asarray(got) if isinstance(got, (int, float, np.ndarray, np.generic)) else np.empty(0)
    if number.size == 1 and number.dtype.kind in "biuf" and abs(float(number.reshape(())) - expected) < 1e-6:
        return None
    return "Only the positions were exchanged, which costs nothing: Gram matrices do not depend on the order."


def _by_channel(a):
    return tf.transpose(tf.reshape(a, (-1, a.shape[-1])))


def _layer_cost(measure, unrolled=_by_channel, gram=gram_of):
    def cost(a_S, a_G):
        return measure(gram(unrolled(a_S)) - gram(unrolled(a_G)), int(np.prod(a_S.shape[1:])))

    return cost


def _with_powers(channels=2, positions=2):
    """Other powers of the sizes in the constant."""

    def cost(a_S, a_G):
        _, n_H, n_W, n_C = a_G.shape
        difference = gram_of(_by_channel(a_S)) - gram_of(_by_channel(a_G))
        return summed(difference**2) / (4 * float(n_C) ** channels * float(n_H * n_W) ** positions)

    return cost


def _one_size_divided(axis):
    """The constant with one size on the wrong side of the line."""

    def cost(a_S, a_G):
        return _layer_cost(_usual)(a_S, a_G) * float(a_G.shape[1 + axis]) ** 4

    return cost


def _usual(difference, size):
    return summed(difference**2) / (2 * size) ** 2


def _overflow(difference, size):
    with np.errstate(over="ignore", divide="ignore"):
        divisor = np.int32(2 * size) ** 2
    return summed(difference**2) / tf.cast(divisor, tf.float32)


compute_layer_style_cost.mistake(
    "constant-not-squared",
    "The sum is divided by 2 n_H n_W n_C; the constant is squared. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: summed(d**2) / (2 * size)),
)
compute_layer_style_cost.mistake(
    "content-constant",
    "The sum is divided by the content cost's constant 4 n_H n_W n_C. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: summed(d**2) / (4 * size)),
)
compute_layer_style_cost.mistake(
    "no-constant",
    "The sum of squares is not divided by anything. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: summed(d**2)),
)
compute_layer_style_cost.mistake(
    "half",
    "The sum of squares is divided by 2; the constant is (2 n_H n_W n_C)^2. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: summed(d**2) / 2),
)
compute_layer_style_cost.mistake(
    "without-the-2",
    "The 2 in the constant (2 n_H n_W n_C)^2 is missing, so the cost is four times too large.",
    _layer_cost(lambda d, size: summed(d**2) / size**2),
)
compute_layer_style_cost.mistake(
    "not-squared",
    "The differences of the Gram matrices are added up without being squared. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: summed(d) / (2 * size) ** 2),
)
compute_layer_style_cost.mistake(
    "root",
    "A square root was taken: this is the Frobenius norm, and the cost takes the norm squared.",
    _layer_cost(lambda d, size: summed(d**2) ** 0.5 / (2 * size) ** 2),
)
compute_layer_style_cost.mistake(
    "not-transposed",
    "The activations are reshaped to (n_C, n_H * n_W) at once, which mixes the channels: first reshape to "
    "(n_H * n_W, n_C), then transpose. See 'The Gram matrix'.",
    _layer_cost(_usual, unrolled=lambda a: tf.reshape(a, (a.shape[-1], -1))),
)
compute_layer_style_cost.mistake(
    "between-positions",
    "The Gram matrix is taken between positions instead of channels, and then place matters. See 'The Gram matrix'.",
    _layer_cost(_usual, unrolled=lambda a: tf.reshape(a, (-1, a.shape[-1]))),
)
compute_layer_style_cost.mistake(
    "no-gram",
    "The activations themselves are compared, without Gram matrices: that would copy the style image.",
    _layer_cost(_usual, gram=lambda A: A),
)
compute_layer_style_cost.mistake(
    "overflow",
    "For a large layer the constant does not fit into int32, which tf.shape gives: square it as a Python int, from "
    "a_G.shape, or cast it to float32 first.",
    _layer_cost(_overflow),
)
for _key, _message, _measure in (
    (
        "twice-for-four",
        "The constant has a 2 where a 4 belongs: (2 n_H n_W n_C)^2 is 4 n_H^2 n_W^2 n_C^2.",
        lambda d, size: summed(d**2) / (2 * size**2),
    ),
    (
        "brackets-missing",
        "Without brackets only the 4 stands below the line, and the cost is multiplied by the sizes: "
        "... / (4 * n_C**2 * (n_H * n_W) ** 2).",
        lambda d, size: summed(d**2) / 4 * float(size) ** 2,
    ),
    ("square-of-the-sum", SQUARE_OF_THE_SUM, lambda d, size: summed(d) ** 2 / (2 * size) ** 2),
):
    compute_layer_style_cost.mistake(_key, _message, _layer_cost(_measure))
compute_layer_style_cost.mistake(
    "multiplied",
    "The sum of squares is multiplied by (2 n_H n_W n_C)^2; it is divided by it.",
    _layer_cost(lambda d, size: summed(d**2) * (2.0 * size) ** 2),
)
compute_layer_style_cost.mistake(
    "added",
    "The two Gram matrices are added; the cost takes the squares of their differences.",
    lambda a_S, a_G: _usual(gram_of(_by_channel(a_S)) + gram_of(_by_channel(a_G)), int(np.prod(a_S.shape[1:]))),
)
compute_layer_style_cost.mistake(
    "divided-by-a-size",
    "One of the three sizes is divided by in the constant: all of them are multiplied with each other, "
    "(2 * n_H * n_W * n_C) ** 2.",
    _one_size_divided(0),
)
for _axis in (1, 2):
    compute_layer_style_cost.also("divided-by-a-size", _one_size_divided(_axis))
name_one_image(compute_layer_style_cost)
compute_layer_style_cost.mistake(
    "channels-not-squared", "n_C is not squared in the constant: it is 4 n_C^2 (n_H n_W)^2.", _with_powers(channels=1)
)
compute_layer_style_cost.mistake(
    "positions-not-squared",
    "n_H n_W is not squared in the constant: it is 4 n_C^2 (n_H n_W)^2.",
    _with_powers(positions=1),
)
for _first, _flat in (
    ("not-transposed", lambda a: tf.reshape(a, (a.shape[-1], -1))),
    ("between-positions", lambda a: tf.reshape(a, (-1, a.shape[-1]))),
):
    for _second, _measure in (
        ("constant-not-squared", lambda d, size: summed(d**2) / (2 * size)),
        ("content-constant", lambda d, size: summed(d**2) / (4 * size)),
        ("no-constant", lambda d, size: summed(d**2)),
        ("without-the-2", lambda d, size: summed(d**2) / size**2),
        ("not-squared", lambda d, size: summed(d) / (2 * size) ** 2),
    ):
        compute_layer_style_cost.pair(_first, _second, _layer_cost(_measure, _flat))
compute_layer_style_cost.pair(
    "constant-not-squared", "not-squared", _layer_cost(lambda d, size: summed(d) / (2 * size))
)
compute_layer_style_cost.pair("no-constant", "not-squared", _layer_cost(lambda d, size: summed(d)))
OR_GRAM = " Check gram_matrix first: where that one does so, only that one has to change."
compute_layer_style_cost.mistake(
    "left-tensorflow", gradient_lost() + OR_GRAM, off_the_tape(reference.compute_layer_style_cost)
)
compute_layer_style_cost.hint(
    "It needs a right gram_matrix, which wants a matrix with one row for each channel. In (1, n_H, n_W, n_C) the "
    "channel is the last axis."
)
compute_layer_style_cost.hint("tf.reshape to (n_H * n_W, n_C), then tf.transpose; for both images.")
compute_layer_style_cost.hint(
    "Then the squared differences of the two Gram matrices, added up, over (2 * n_H * n_W * n_C) ** 2."
)
