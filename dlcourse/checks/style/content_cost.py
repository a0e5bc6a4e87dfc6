"""The exercise of notebook 14 on the content cost."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlcourse import style as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.style.parts import (
    CONTENT,
    GRADIENT,
    LIST_CHANGED,
    TOLERANCE,
    compare_gradients,
    divided_by,
    gradient_lost,
    is_whole,
    lists_changed,
    normal,
    off_the_tape,
    topic,
)


def volumes(rng, *shapes):
    return [normal(rng, 1, *shape) for shape in shapes]


@topic.exercise(
    reference=reference.compute_content_cost,
    section="The content cost",
    needs="tensorflow",
    aliases={"a_C": "content_output", "a_G": "generated_output"},
)
def compute_content_cost(rng):
    by_hand = np.array([[1, 2], [3, 4]], "f4").reshape(1, 2, 2, 1)
    first = np.full((1, 4, 4, 2), 3, "f4")
    yield case(
        "a layer of 2 x 2 x 1, by hand",
        [first, by_hand],
        [0 * first, 0 * by_hand],
        group="one layer",
        expect=30 / 16,
        probe=CONTENT,
        tolerance=TOLERANCE,
    )
    for shape in ((3, 5, 4), (6, 4, 7)):
        before = tuple(2 * n for n in shape)
        yield case(
            f"a last layer of {' x '.join(map(str, shape))}",
            volumes(rng, before, shape),
            volumes(rng, before, shape),
            group="one layer",
            probe=CONTENT,
            tolerance=TOLERANCE,
        )
    for shape in ((5, 3, 4), (4, 6, 3)):
        before = [(8, 10, 3), (7, 9, 5)]
        yield case(
            f"three layers, the last of {' x '.join(map(str, shape))}",
            volumes(rng, *before, shape),
            volumes(rng, *before, shape),
            group="the last of several layers",
            probe=CONTENT,
            tolerance=TOLERANCE,
        )
    yield case(
        "its gradient",
        volumes(rng, (6, 8, 2), (3, 4, 5)),
        volumes(rng, (6, 8, 2), (3, 4, 5)),
        group="gradient",
        probe=GRADIENT,
        compare=compare_gradients,
    )


def _content(measure, layer=-1):
    def cost(content_output, generated_output):
        a_C, a_G = content_output[layer], generated_output[layer]
        return measure(a_C - a_G, int(np.prod(a_C.shape[1:])))

    return cost


SQUARE_OF_THE_SUM = "The sum is squared; each difference is squared first, and then they are added up."
ONE_IMAGE = "The cost is always 0: one image is compared with itself. Look at which name stands where."


def name_one_image(exercise):
    """One image compared with itself: the first, which leaves the second without a gradient, or the second."""
    exercise.mistake("one-image-twice", ONE_IMAGE, lambda one, two, *rest: exercise.reference(one, one, *rest))
    exercise.also("one-image-twice", lambda one, two, *rest: exercise.reference(two, two, *rest))


def _without(axis):
    """The constant without one of the three sizes."""

    def cost(content_output, generated_output):
        a_C, a_G = content_output[-1], generated_output[-1]
        sizes = [n for place, n in enumerate(a_C.shape[1:]) if place != axis]
        return summed((a_C - a_G) ** 2) / (4 * int(np.prod(sizes)))

    return cost


def _one_size_divided(axis):
    """The constant with one size on the wrong side of the line."""

    def cost(content_output, generated_output):
        return _without(axis)(content_output, generated_output) * float(content_output[-1].shape[1 + axis])

    return cost


def summed(values):
    return tf.reduce_sum(values)


compute_content_cost.mistake(
    "half",
    "The sum of squares is divided by 2. This course divides by 4 n_H n_W n_C. See 'The content cost'.",
    _content(lambda d, size: summed(d**2) / 2),
)
compute_content_cost.mistake(
    "no-constant",
    "The sum of squares is not divided by anything: the constant is missing. See 'The content cost'.",
    _content(lambda d, size: summed(d**2)),
)
compute_content_cost.mistake(
    "mean",
    "This is the mean of the squares; the 4 in the constant is missing. See 'The content cost'.",
    _content(lambda d, size: summed(d**2) / size),
)
compute_content_cost.mistake(
    "not-squared",
    "The differences are added up without being squared, so they cancel. See 'The content cost'.",
    _content(lambda d, size: summed(d) / (4 * size)),
)
compute_content_cost.mistake(
    "absolute",
    "The absolute differences are added up; the cost takes their squares. See 'The content cost'.",
    _content(lambda d, size: summed(tf.abs(d)) / (4 * size)),
)
compute_content_cost.mistake(
    "root",
    "A square root was taken: this is the norm of the difference, and the cost takes the norm squared.",
    _content(lambda d, size: summed(d**2) ** 0.5 / (4 * size)),
)
compute_content_cost.mistake(
    "style-constant",
    "The constant is squared, as in the style cost; here it is 1 / (4 n_H n_W n_C).",
    _content(lambda d, size: summed(d**2) / (2 * size) ** 2),
)
compute_content_cost.mistake(
    "first-layer",
    "The first layer of the list is compared; the content layer is the last one.",
    _content(lambda d, size: summed(d**2) / (4 * size), layer=0),
)
compute_content_cost.mistake("left-tensorflow", gradient_lost(), off_the_tape(reference.compute_content_cost))
compute_content_cost.mistake(
    "list-changed",
    LIST_CHANGED,
    lambda content_output, generated_output: reference.compute_content_cost(
        [content_output.pop()], [generated_output.pop()]
    ),
    group="gradient",
    recognise=lists_changed,
)
compute_content_cost.mistake(
    "brackets-missing",
    "Without brackets only the 4 stands below the line, and the cost is multiplied by the sizes: "
    "... / (4 * n_H * n_W * n_C).",
    _content(lambda d, size: summed(d**2) / 4 * size),
)
compute_content_cost.also("brackets-missing", _content(lambda d, size: 1 / 4 * size * summed(d**2)))
compute_content_cost.mistake("channels-left-out", "n_C is missing in the constant 4 n_H n_W n_C.", _without(2))
compute_content_cost.mistake("side-left-out", "n_H or n_W is missing in the constant 4 n_H n_W n_C.", _without(0))
compute_content_cost.also("side-left-out", _without(1))
compute_content_cost.mistake(
    "twice-for-four",
    "The constant has a 2 where a 4 belongs: it is 1 / (4 n_H n_W n_C). See 'The content cost'.",
    _content(lambda d, size: summed(d**2) / (2 * size)),
)
compute_content_cost.mistake(
    "square-of-the-sum", SQUARE_OF_THE_SUM, _content(lambda d, size: summed(d) ** 2 / (4 * size))
)
compute_content_cost.mistake(
    "multiplied",
    "The sum of squares is multiplied by 4 n_H n_W n_C; it is divided by it.",
    _content(lambda d, size: summed(d**2) * (4 * size)),
)
compute_content_cost.mistake(
    "added",
    "The activations of the two images are added; the cost takes the squares of their differences.",
    lambda content_output, generated_output: _content(lambda d, size: summed(d**2) / (4 * size))(
        content_output, [-part for part in generated_output]
    ),
)
compute_content_cost.mistake(
    "divided-by-a-size",
    "One of the three sizes is divided by in the constant: all of them are multiplied with each other, "
    "4 * n_H * n_W * n_C.",
    _one_size_divided(0),
)
for _axis in (1, 2):
    compute_content_cost.also("divided-by-a-size", _one_size_divided(_axis))
compute_content_cost.shows(
    "another-constant",
    "The sum of squares is right, and what it is divided by is another number than 4 n_H n_W n_C.",
    lambda args, expected, got: is_whole(divided_by(4 * args[0][-1].size, expected, got)),
)
name_one_image(compute_content_cost)
for _first, _second, _measure in (
    ("no-constant", "not-squared", lambda d, size: summed(d)),
    ("no-constant", "absolute", lambda d, size: summed(tf.abs(d))),
    ("no-constant", "root", lambda d, size: summed(d**2) ** 0.5),
    ("mean", "not-squared", lambda d, size: summed(d) / size),
    ("mean", "absolute", lambda d, size: summed(tf.abs(d)) / size),
    ("half", "not-squared", lambda d, size: summed(d) / 2),
):
    compute_content_cost.pair(_first, _second, _content(_measure))
for _second, _measure in (
    ("half", lambda d, size: summed(d**2) / 2),
    ("no-constant", lambda d, size: summed(d**2)),
    ("mean", lambda d, size: summed(d**2) / size),
):
    compute_content_cost.pair("first-layer", _second, _content(_measure, layer=0))
compute_content_cost.raises(
    "all-layers",
    "All activations of the list are taken at once; the content layer is the last of them: content_output[-1].",
    r"Shapes of all inputs must match|'list' object has no attribute|unsupported operand type\(s\) for -: 'list'",
)
compute_content_cost.hint("Take the last activations of each list. Their shape gives n_H, n_W and n_C.")
compute_content_cost.hint("tf.square works number by number, and tf.reduce_sum adds up everything.")
compute_content_cost.hint("The sum of the squared differences, divided by 4 * n_H * n_W * n_C.")
