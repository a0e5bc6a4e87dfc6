"""The exercises of notebook 02 on one window's way back: `create_mask_from_window`, `distribute_value`."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.pooling.shared import NOTHING, among_equals, images, topic

# create_mask_from_window


@topic.exercise(reference=reference.create_mask_from_window, section="The winner takes it all")
def create_mask_from_window(rng):
    by_hand = np.array([[3.0, 1.0], [7.0, 1.0]])
    yield case("a 2x2 window by hand", by_hand, group="one largest number", expect=by_hand == 7)
    for rows, columns in ((2, 2), (3, 3), (2, 4)):
        yield case(f"a {rows}x{columns} window", images(rng, rows, columns), group="one largest number")
    yield case("only negative numbers", -1 - rng.random((3, 2)), group="one largest number")
    low, high = np.sort(1 + rng.random(2))
    twice = np.array([[low, high], [high, low - 1]])
    yield case(
        "two equal numbers are largest",
        twice,
        group="equal numbers",
        corner=True,
        compare=partial(among_equals, twice, 1.0),
    )
    across = np.array([[high, low], [low - 1, high]])
    yield case(
        "two equal numbers in the other corners",
        across,
        group="equal numbers",
        corner=True,
        compare=partial(among_equals, across, 1.0),
    )
    yield case(
        "only zeros, as in the corner of a digit",
        NOTHING,
        group="equal numbers",
        corner=True,
        compare=partial(among_equals, NOTHING, 1.0),
    )
    up_to_zero = np.array([[0.0, -1.0], [-2.0, -3.0]])
    yield case("0 is the largest number", up_to_zero, group="one largest number", expect=up_to_zero == 0)


create_mask_from_window.mistake(
    "smallest", "The smallest number is marked; the mask belongs to the largest.", lambda x: x == x.min()
)
create_mask_from_window.mistake(
    "index",
    "This is the place of the largest number. Asked for is a mask, of the same shape as the window.",
    lambda x: np.argmax(x),
)
create_mask_from_window.mistake(
    "value-kept",
    "The largest number itself stands in the mask; it must be True (or 1) there.",
    lambda x: x * (x == x.max()),
)
create_mask_from_window.mistake(
    "absolute",
    "The number furthest from 0 is marked: a large negative number is not large. Leave out the abs.",
    lambda x: np.abs(x) == np.abs(x).max(),
)
create_mask_from_window.mistake(
    "not-at-zero",
    "Nothing is marked where the largest number is 0: 0 may be the largest, as in a dark corner.",
    lambda x: (x == x.max()) & (x != 0),
)
create_mask_from_window.mistake(
    "by-row",
    "The largest number of each row is marked; there is one for the whole window.",
    lambda x: x == x.max(axis=1, keepdims=True),
)
create_mask_from_window.mistake(
    "by-column",
    "The largest number of each column is marked; there is one for the whole window.",
    lambda x: x == x.max(axis=0, keepdims=True),
)
create_mask_from_window.mistake(
    "inverted", "The mask is the wrong way round: the largest number gets False.", lambda x: x != x.max()
)
create_mask_from_window.mistake(
    "number",
    "This is the largest number itself. Asked for is a mask of the window's shape: compare the window with it.",
    lambda x: x.max(),
)
create_mask_from_window.mistake(
    "above-the-mean", "Every number above the mean is marked; only the largest may be.", lambda x: x > x.mean()
)
create_mask_from_window.mistake(
    "nothing-marked", "No number is marked: where the window is equal to its maximum, the mask is True.", np.zeros_like
)
create_mask_from_window.mistake(
    "everything-marked", "Every number is marked: only the place of the largest gets True.", lambda x: x == x
)
create_mask_from_window.also("everything-marked", lambda x: x <= x.max())
create_mask_from_window.also("smallest", lambda x: np.arange(x.size).reshape(x.shape) == x.argmin())
create_mask_from_window.mistake(
    "rows-of-the-place",
    "The whole row or column of the largest number is marked: np.argmax counts through the whole window, and "
    "np.unravel_index turns that into row and column.",
    lambda x: (x == x.max()).any(axis=1, keepdims=True) & np.ones(x.shape, bool),
)
create_mask_from_window.also(
    "rows-of-the-place", lambda x: (x == x.max()).any(axis=0, keepdims=True) & np.ones(x.shape, bool)
)
create_mask_from_window.hint("Compare the whole window with its largest number: an array may stand beside `==`.")
create_mask_from_window.hint(
    "Or, for one True only: an array of zeros, and a 1 at np.unravel_index(np.argmax(x), x.shape)."
)


# distribute_value


@topic.exercise(reference=reference.distribute_value, section="Equal shares")
def distribute_value(rng):
    yield case("2, shared by four", 2.0, (2, 2), group="square windows", expect=np.full((2, 2), 0.5))
    yield case("a 3x3 window", float(rng.normal() + 3), (3, 3), group="square windows")
    yield case("a negative gradient", -float(rng.random() + 1), (4, 4), group="square windows")
    yield case("a 2x3 window", float(rng.normal() - 3), (2, 3), group="rectangular windows")
    yield case("a 4x1 window", float(rng.normal() + 3), (4, 1), group="rectangular windows")


distribute_value.mistake(
    "not-shared",
    "Each place gets all of dz; they must share it, so that it adds up to dz.",
    lambda dz, shape: np.full(shape, dz),
)
distribute_value.mistake(
    "one-side",
    "dz is divided by one side of the window; the window has n_H * n_W places.",
    lambda dz, shape: np.full(shape, dz / shape[0]),
)
distribute_value.mistake(
    "height-squared",
    "dz is divided by the square of the height; windows need not be square.",
    lambda dz, shape: np.full(shape, dz / shape[0] ** 2),
)
distribute_value.mistake(
    "sides-added",
    "The sides of the window are added; it has n_H * n_W places.",
    lambda dz, shape: np.full(shape, dz / sum(shape)),
)
distribute_value.mistake(
    "number",
    "This is the share of one place, a single number; return it in an array of `shape`.",
    lambda dz, shape: dz / (shape[0] * shape[1]),
)
distribute_value.mistake(
    "ones", "The value dz is not used: this shares out 1.", lambda dz, shape: np.full(shape, 1 / (shape[0] * shape[1]))
)
distribute_value.mistake(
    "precedence",
    "dz / n_H * n_W divides by n_H and multiplies by n_W: the product of the sides needs brackets.",
    lambda dz, shape: np.full(shape, dz / shape[0] * shape[1]),
)
distribute_value.mistake(
    "multiplied",
    "dz is multiplied by the number of places; it is shared out, so divide.",
    lambda dz, shape: np.full(shape, dz * prod(shape)),
)
distribute_value.also("one-side", lambda dz, shape: np.full(shape, dz / shape[1]))
distribute_value.also("height-squared", lambda dz, shape: np.full(shape, dz / shape[1] ** 2))
distribute_value.also("precedence", lambda dz, shape: np.full(shape, dz / (shape[0] / shape[1])))
distribute_value.hint("How many places are there in a window of this shape?")
distribute_value.hint("np.full(shape, value) makes an array with the same value everywhere.")
