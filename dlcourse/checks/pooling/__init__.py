"""The exercises of notebook 02: pooling forward and backward, the table of a network, a step of training."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.comparing import compare, real_numbers
from dlcourse.checking.exercise import Topic, case, claim, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.panel import notebook
from dlcourse.checks.pooling.slips import add_slips
from dlcourse.checks.pooling.train_step import declare_train_step

topic = Topic("pooling")
check, hint, solution = notebook.functions(topic)

HALVE = {"f": 2, "stride": 2}
SQUARE = np.array([[3.0, 1, 0, 2], [7, 1, 4, 2], [0, 2, 5, 5], [1, 1, 9, 1]]).reshape(1, 4, 4, 1)


def _images(rng, *shape):
    return rng.normal(size=shape)


# pool_forward


@topic.exercise(reference=reference.pool_forward, outputs=("A", None), section="Pooling")
def pool_forward(rng):
    largest = np.array([[7.0, 4], [2, 9]]).reshape(1, 2, 2, 1)

    def above(*shape):  # a search that begins at 0 is no difficulty of the stride
        return 0.1 + rng.random(shape)

    yield case("a 4x4 image by hand", SQUARE, HALVE, "max", group="maximum", expect=largest)
    yield case("without a mode it is the maximum", _images(rng, 1, 4, 6, 1), HALVE, group="maximum")
    yield case("several images and channels", _images(rng, 3, 4, 6, 2), HALVE, "max", group="maximum")
    # far below anything from which a search for the maximum might start
    yield case("only large negative numbers", -1e6 * (1 + rng.random((2, 4, 4, 2))), HALVE, "max", group="maximum")
    mean = np.array([[3.0, 2], [1, 5]]).reshape(1, 2, 2, 1)
    yield case("a 4x4 image by hand", SQUARE, HALVE, "average", group="average", expect=mean)
    yield case("windows of 3x3", _images(rng, 2, 6, 9, 3), {"f": 3, "stride": 3}, "average", group="average")
    yield case("windows that overlap", above(2, 5, 6, 2), {"f": 3, "stride": 1}, "max", group="stride")
    yield case("stride 2, windows of 3x3", above(2, 7, 9, 2), {"f": 3, "stride": 2}, "max", group="stride")
    yield case(
        "stride 2 that leaves a rest", _images(rng, 1, 6, 8, 3), {"f": 3, "stride": 2}, "average", group="stride"
    )
    yield case("a stride larger than the window", above(2, 8, 7, 2), {"f": 2, "stride": 3}, "max", group="stride")


def _forward(A_prev, hparameters, mode="max", **changed):
    return reference.pool_forward(A_prev, {**hparameters, **changed}, mode)


def _across_channels(A_prev, hparameters, mode="max"):
    joined = A_prev.max(axis=3, keepdims=True) if mode == "max" else A_prev.mean(axis=3, keepdims=True)
    return _forward(np.repeat(joined, A_prev.shape[3], axis=3), hparameters, mode)


def _only_in_the_size(A_prev, hparameters, mode="max"):
    A, cache = _forward(A_prev, hparameters, mode)
    return _forward(A_prev, hparameters, mode, stride=1)[0][:, : A.shape[1], : A.shape[2]], cache


def _width_from_height(A_prev, hparameters, mode="max"):
    A, cache = _forward(A_prev, hparameters, mode)
    squared = np.zeros((A.shape[0], A.shape[1], A.shape[1], A.shape[3]))
    side = min(A.shape[1:3])
    squared[:, :side, :side] = A[:, :side, :side]
    return squared, cache


def _average_times(factor):
    def variant(A_prev, hparameters, mode="max"):
        A, cache = _forward(A_prev, hparameters, mode)
        return A * factor(hparameters["f"]) if mode == "average" else A, cache

    return variant


pool_forward.mistake(
    "mode-ignored",
    "The maximum is taken for an average too: is `mode` looked at, and compared with the word "
    "\"average\"? See 'Pooling'.",
    lambda A_prev, hparameters, mode="max": _forward(A_prev, hparameters, "max"),
)
pool_forward.mistake(
    "always-average",
    "The mean is taken for a maximum too: is `mode` looked at, and compared with the word \"max\"? See 'Pooling'.",
    lambda A_prev, hparameters, mode="max": _forward(A_prev, hparameters, "average"),
)
pool_forward.mistake(
    "modes-exchanged",
    'The two modes are exchanged: "max" gives means and "average" gives maxima.',
    lambda A_prev, hparameters, mode="max": _forward(A_prev, hparameters, "average" if mode == "max" else "max"),
)
pool_forward.mistake(
    "no-average",
    'In mode "average" the output stays 0. Which word is the mode compared with? It is "average".',
    _average_times(lambda f: 0.0),
)
pool_forward.mistake(
    "across-channels",
    "The window goes through all channels at once. Each channel is pooled by itself: as many come out as went in. "
    "See 'Pooling'.",
    _across_channels,
)
pool_forward.mistake(
    "stride-not-in-the-window",
    "The output has the right size, but the windows still move by 1: the stride must also decide where a window "
    "begins.",
    _only_in_the_size,
)
pool_forward.mistake(
    "no-stride",
    "The stride is left out: the window moves by 1.",
    lambda A_prev, hparameters, mode="max": _forward(A_prev, hparameters, mode, stride=1),
)
pool_forward.mistake(
    "stride-is-f",
    "The window moves by its own size. Often f and stride are equal, but not always.",
    lambda A_prev, hparameters, mode="max": _forward(A_prev, hparameters, mode, stride=hparameters["f"]),
)
pool_forward.mistake(
    "at-least-zero",
    "The maximum never falls below 0: where the search for it begins, a number of the window must "
    "stand, for all of them can be negative.",
    lambda A_prev, hparameters, mode="max": _forward(
        np.maximum(A_prev, 0) if mode == "max" else A_prev, hparameters, mode
    ),
)
pool_forward.mistake(
    "sum", "The average is not divided by anything: it is the sum of the window.", _average_times(lambda f: f * f)
)
pool_forward.mistake(
    "divided-by-f", "The average is divided by f; a window holds f * f numbers.", _average_times(lambda f: f)
)
pool_forward.mistake(
    "first-image-only",
    "Every image of the batch gets the result of the first: is the loop's index used?",
    lambda A_prev, hparameters, mode="max": _forward(np.repeat(A_prev[:1], len(A_prev), axis=0), hparameters, mode),
)
pool_forward.mistake(
    "width-from-height",
    "The width of the output is computed from the height; images need not be square.",
    _width_from_height,
)
pool_forward.hint("The output's size is that of a convolution without padding; the number of channels stays.")
pool_forward.hint("The window of output (h, w) begins at row h * stride and column w * stride, and is f by f.")
pool_forward.hint("Four loops: images, rows, columns, channels. Inside, np.max or np.mean of one f x f window.")


# create_mask_from_window


NOTHING = np.zeros((2, 2))


def _among_equals(x, unit, expected, got):
    """Where several numbers are largest: all may get the unit, or one of them, or each a share; no other gets any."""
    if (found := compare(expected, got, "the result")) is None:
        return None
    try:
        given = real_numbers(got).reshape(x.shape)
    except (TypeError, ValueError, OverflowError):
        return found.message
    largest = x == x.max()
    winners = given[largest]
    one = np.count_nonzero(winners) == 1 and np.isclose(winners.sum(), unit)
    each = np.allclose(winners, unit) or np.allclose(winners, unit / winners.size)
    if np.all(given[~largest] == 0) and (one or each):
        return None
    return (
        f"Several numbers of this window are largest. Either each of them gets {unit:g}, or one of them gets it, or "
        "they share it equally; the others get 0."
    )


@topic.exercise(reference=reference.create_mask_from_window, section="The winner takes it all")
def create_mask_from_window(rng):
    by_hand = np.array([[3.0, 1.0], [7.0, 1.0]])
    yield case("a 2x2 window by hand", by_hand, group="one largest number", expect=by_hand == 7)
    for rows, columns in ((2, 2), (3, 3), (2, 4)):
        yield case(f"a {rows}x{columns} window", _images(rng, rows, columns), group="one largest number")
    yield case("only negative numbers", -1 - rng.random((3, 2)), group="one largest number")
    low, high = np.sort(1 + rng.random(2))
    twice = np.array([[low, high], [high, low - 1]])
    yield case(
        "two equal numbers are largest",
        twice,
        group="equal numbers",
        corner=True,
        compare=partial(_among_equals, twice, 1.0),
    )
    across = np.array([[high, low], [low - 1, high]])
    yield case(
        "two equal numbers in the other corners",
        across,
        group="equal numbers",
        corner=True,
        compare=partial(_among_equals, across, 1.0),
    )
    yield case(
        "only zeros, as in the corner of a digit",
        NOTHING,
        group="equal numbers",
        corner=True,
        compare=partial(_among_equals, NOTHING, 1.0),
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
distribute_value.hint("How many places are there in a window of this shape?")
distribute_value.hint("np.full(shape, value) makes an array with the same value everywhere.")


# pool_backward


def _far_apart(rng, *shape):
    """Images without two nearly equal numbers, which a finite difference would let change places."""
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(-2, 2, size)).reshape(shape)


def _backward_case(rng, title, group, shape, f, stride, mode, numerical=False):
    A_prev, hparameters = _far_apart(rng, *shape) if numerical else _images(rng, *shape), {"f": f, "stride": stride}
    dA = rng.normal(size=reference.pool_forward(A_prev, hparameters)[0].shape)
    cache = made("pool_forward", A_prev, hparameters, mode, take=1, otherwise=(A_prev, hparameters))
    if not numerical:
        return case(title, dA, cache, mode, group=group)
    expect = numerical_gradient(lambda x: reference.pool_forward(x, hparameters, mode)[0], A_prev, dA)
    return case(title, dA, cache, mode, group=group, expect=expect, tolerance=1e-7)


def _tied_case(rng, title, window):
    A_prev, unit = window.reshape(1, 2, 2, 1), float(1 + rng.random())
    cache = made("pool_forward", A_prev, HALVE, "max", take=1, otherwise=(A_prev, HALVE))
    return case(
        title,
        np.full((1, 1, 1, 1), unit),
        cache,
        "max",
        group="equal numbers",
        corner=True,
        compare=partial(_among_equals, A_prev, unit),
    )


def _by_hand(mode, expect):
    dA = np.array([[1.0, 2], [-1, 4]]).reshape(1, 2, 2, 1)
    A_prev = np.array([[3.0, 1, 0, 2], [7, 1, 4, 2], [0, 2, 5, 6], [1, 1, 9, 1]]).reshape(1, 4, 4, 1)
    cache = made("pool_forward", A_prev, HALVE, mode, take=1, otherwise=(A_prev, HALVE))
    group = "maximum" if mode == "max" else "average"
    return case("a 4x4 image by hand", dA, cache, mode, group=group, expect=np.reshape(expect, (1, 4, 4, 1)))


@topic.exercise(
    reference=reference.pool_backward,
    section="Both ways back",
    companions=("pool_forward", "create_mask_from_window", "distribute_value"),
    weights={"maximum": 2.0, "average": 2.0},
)
def pool_backward(rng):
    yield _by_hand("max", [[0.0, 0, 0, 0], [1, 0, 2, 0], [0, -1, 0, 0], [0, 0, 4, 0]])
    yield _backward_case(rng, "finite differences", "maximum", (1, 4, 6, 2), 2, 2, "max", numerical=True)
    yield _backward_case(rng, "several images and channels", "maximum", (3, 6, 4, 3), 2, 2, "max")
    yield _by_hand("average", np.repeat(np.repeat([[0.25, 0.5], [-0.25, 1]], 2, axis=0), 2, axis=1))
    yield _backward_case(rng, "finite differences", "average", (1, 3, 6, 2), 3, 3, "average", numerical=True)
    yield _backward_case(rng, "several images and channels", "average", (3, 4, 6, 3), 2, 2, "average")
    yield _backward_case(rng, "overlapping windows of 3x3", "overlapping windows", (2, 7, 5, 1), 3, 2, "max")
    yield _backward_case(rng, "a stride of 1", "overlapping windows", (2, 4, 5, 2), 3, 1, "average")
    yield _backward_case(rng, "a rest at the end", "pixels in no window", (2, 5, 7, 1), 2, 2, "max")
    yield _backward_case(rng, "a stride larger than the window", "pixels in no window", (2, 8, 7, 2), 2, 3, "average")
    low, high = np.sort(rng.normal(size=2))
    yield _tied_case(rng, "two equal numbers are largest", np.array([[low, high], [low - 1, high]]))
    yield _tied_case(rng, "only zeros, as in the corner of a digit", NOTHING)
    dA, cache, _ = _backward_case(rng, "", "", (2, 4, 5, 2), 2, 2, "max").args
    yield case("without a mode it is the maximum", dA, cache, group="maximum")


def _windows(dA, cache, hand, overwrite=False, begin=None):
    """The loops of the notebook, with `hand(window, dz, mode of the case)` in the middle."""
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        top, left = (h * stride, w * stride) if begin is None else begin(h, w, hparameters)
        place = np.s_[i, top : top + f, left : left + f, c]
        handed = hand(A_prev[place], dA[i, h, w, c])
        if overwrite:
            dA_prev[place] = handed
        else:
            dA_prev[place] += handed
    return dA_prev


def _hand(mode):
    if mode == "max":
        return lambda window, dz: reference.create_mask_from_window(window) * dz
    return lambda window, dz: reference.distribute_value(dz, window.shape)


def _in_one_mode(only, change):
    """A wrong variant that is wrong in one of the two modes."""

    def variant(dA, cache, mode="max"):
        return change(dA, cache) if mode == only else reference.pool_backward(dA, cache, mode)

    return variant


def _mask_through_channels(dA, cache):
    A_prev, _ = cache
    largest = np.where(A_prev == A_prev.max(axis=3, keepdims=True), 1.0, 0.0)
    return reference.pool_backward(dA, cache) * largest


def _mask_of_the_first_image(dA, cache):
    A_prev, hparameters = cache
    return reference.pool_backward(dA, (np.repeat(A_prev[:1], len(A_prev), axis=0), hparameters))


pool_backward.mistake(
    "overwritten",
    "Windows overlap, so gradients must be added up: here each pixel keeps only the last one "
    "(`=` for `+=`). See 'Both ways back'.",
    lambda dA, cache, mode="max": _windows(dA, cache, _hand(mode), overwrite=True),
)
pool_backward.mistake(
    "mode-ignored",
    'An average\'s gradient goes to the maximum too: is `mode` looked at, and compared with the word "average"?',
    lambda dA, cache, mode="max": reference.pool_backward(dA, cache, "max"),
)
pool_backward.mistake(
    "always-average",
    'A maximum\'s gradient is shared out too: is `mode` looked at, and compared with the word "max"?',
    lambda dA, cache, mode="max": reference.pool_backward(dA, cache, "average"),
)
pool_backward.mistake(
    "no-mask",
    "In mode \"max\" the whole window gets the gradient; only its largest number may. See 'The winner takes it all'.",
    _in_one_mode("max", lambda dA, cache: _windows(dA, cache, lambda window, dz: dz + 0 * window)),
)
pool_backward.mistake(
    "mask-times-value",
    "The mask is multiplied by the window's number; it is the gradient dA that goes there.",
    _in_one_mode(
        "max",
        lambda dA, cache: _windows(dA, cache, lambda window, dz: reference.create_mask_from_window(window) * window),
    ),
)
pool_backward.mistake(
    "value-too",
    "The gradient is multiplied by the largest number as well: a mask holds 0 and 1 only.",
    _in_one_mode(
        "max",
        lambda dA, cache: _windows(
            dA, cache, lambda window, dz: reference.create_mask_from_window(window) * window * dz
        ),
    ),
)
pool_backward.mistake(
    "mask-through-channels",
    "The mask is made of a window through all channels; each channel has its own maximum.",
    _in_one_mode("max", _mask_through_channels),
)
pool_backward.mistake(
    "mask-of-the-first-image",
    "The masks of the first image are used for all images: is the loop's index used?",
    _in_one_mode("max", _mask_of_the_first_image),
)
pool_backward.mistake(
    "not-shared",
    "In mode \"average\" each number gets all of the gradient; they share it. See 'Equal shares'.",
    _in_one_mode("average", lambda dA, cache: _windows(dA, cache, lambda window, dz: dz + 0 * window)),
)
pool_backward.mistake(
    "shared-by-f",
    'In mode "average" the gradient is divided by f; a window holds f * f numbers.',
    _in_one_mode("average", lambda dA, cache: _windows(dA, cache, lambda window, dz: dz / len(window) + 0 * window)),
)
pool_backward.mistake(
    "averaged-again",
    'In mode "average" the mean of the whole of dA is shared out; each window has a gradient of its own.',
    _in_one_mode("average", lambda dA, cache: reference.pool_backward(np.full_like(dA, dA.mean()), cache, "average")),
)
pool_backward.mistake(
    "stride-forgotten",
    "The windows move by 1 on the way back; they must begin where they began on the way forth: at h * stride.",
    lambda dA, cache, mode="max": _windows(dA, cache, _hand(mode), begin=lambda h, w, hparameters: (h, w)),
)
pool_backward.hint("Begin with zeros in the shape of A_prev; every window adds something to its place in there.")
pool_backward.hint("The loops meet each dA[i, h, w, c] once. Which window of A_prev did output (h, w) look at?")
pool_backward.hint(
    'In mode "max", the window of dA_prev grows by create_mask_from_window(window) * dA[i, h, w, c]; in mode '
    '"average", by distribute_value(dA[i, h, w, c], (f, f)).'
)


# layer_table


def _lenet(first):
    return [
        {"kind": "conv", "f": 5, "stride": 1, "pad": 0, "filters": first},
        {"kind": "pool", "f": 2, "stride": 2},
        {"kind": "conv", "f": 5, "stride": 1, "pad": 0, "filters": 16},
        {"kind": "pool", "f": 2, "stride": 2},
        {"kind": "dense", "units": 120},
        {"kind": "dense", "units": 84},
        {"kind": "dense", "units": 10},
    ]


def _random_convolution(rng):
    f = int(rng.integers(2, 5))
    return {
        "kind": "conv",
        "f": f,
        "stride": int(rng.integers(1, 3)),
        "pad": int(rng.integers(1, 3)),
        "filters": int(rng.integers(4, 20)),
    }


def _random_pool(rng):
    return {"kind": "pool", "f": 3, "stride": int(rng.integers(1, 3))}


@topic.exercise(reference=reference.layer_table, section="A whole network, layer by layer")
def layer_table(rng):
    size = (int(rng.integers(20, 30)), int(rng.integers(31, 40)), 3)
    yield case("one convolution", [_random_convolution(rng)], size, group="convolutions and pools")
    yield case("one pool", [_random_pool(rng)], (14, 17, 5), group="convolutions and pools")
    yield case(
        "three layers on a rectangular image",
        [_random_convolution(rng), _random_pool(rng), _random_convolution(rng)],
        size,
        group="convolutions and pools",
    )
    even = (2 * int(rng.integers(10, 15)), 2 * int(rng.integers(16, 20)), 4)
    moved_by_two = {**_random_convolution(rng), "f": 3, "stride": 2}
    yield case("a convolution that leaves a rest", [moved_by_two], even, group="convolutions and pools")
    yield case(
        "a pool that leaves a rest", [{"kind": "pool", "f": 3, "stride": 2}], even, group="convolutions and pools"
    )
    units = [int(n) for n in rng.integers(5, 40, size=3)]
    dense = [{"kind": "dense", "units": n} for n in units]
    yield case("a row of numbers and dense layers", dense, (int(rng.integers(10, 90)),), group="dense layers")
    yield case("an image and one dense layer", dense[:1], size, group="dense layers")
    for first, counts in ((8, (608, 0, 3216, 0, 48120, 10164, 850)), (6, (456, 0, 2416, 0, 48120, 10164, 850))):
        shapes = [(28, 28, first), (14, 14, first), (10, 10, 16), (5, 5, 16), (120,), (84,), (10,)]
        rows = [((32, 32, 3), 3072, 0), *((s, int(np.prod(s)), p) for s, p in zip(shapes, counts, strict=True))]
        yield case(
            f"the network of the notes with {first} filters",
            _lenet(first),
            (32, 32, 3),
            group="a whole network",
            expect=rows,
        )


def _table(layers, input_shape, count=None, rows=lambda rows: rows, **changed):
    """The right table with other parameters where count(layer, shape before) gives a number."""
    table = reference.layer_table(
        [{**layer, **{k: v for k, v in changed.items() if k in layer}} for layer in layers], input_shape
    )
    if count is not None:
        for number, layer in enumerate(layers, start=1):
            shape, size, parameters = table[number]
            other = count(layer, table[number - 1][0])
            table[number] = (shape, size, parameters if other is None else other)
    return rows(table)


layer_table.mistake(
    "no-input-row",
    "The table begins with the first layer; its first row is the input itself, with 0 parameters.",
    lambda layers, input_shape: _table(layers, input_shape, rows=lambda rows: rows[1:]),
)
layer_table.mistake(
    "channels-left-out",
    "A filter has f * f weights for each channel of what comes in; these channels are left out.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: (layer["f"] ** 2 + 1) * layer["filters"] if layer["kind"] == "conv" else None,
    ),
)
layer_table.mistake(
    "one-bias",
    "One bias is counted for each layer; every filter and every unit has its own. See 'A whole network, layer by "
    "layer'.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: {
            "conv": lambda: layer["f"] ** 2 * shape[-1] * layer["filters"] + 1,
            "dense": lambda: int(np.prod(shape)) * layer["units"] + 1,
            "pool": lambda: 0,
        }[layer["kind"]](),
    ),
)
layer_table.mistake(
    "no-bias",
    "The biases are not counted: each filter has one, and each unit.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: {
            "conv": lambda: layer["f"] ** 2 * shape[-1] * layer["filters"],
            "dense": lambda: int(np.prod(shape)) * layer["units"],
            "pool": lambda: 0,
        }[layer["kind"]](),
    ),
)
layer_table.mistake(
    "pool-parameters",
    "Pools are counted with parameters. They have none: a maximum has nothing to learn.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: (layer["f"] ** 2 * shape[-1] + 1) * shape[-1] if layer["kind"] == "pool" else None,
    ),
)
layer_table.mistake(
    "no-padding",
    "The padding of the convolutions is left out of their output's size.",
    lambda layers, input_shape: _table(layers, input_shape, pad=0),
)
layer_table.mistake(
    "no-stride",
    "The stride is left out of the output's size.",
    lambda layers, input_shape: _table(layers, input_shape, stride=1),
)
layer_table.mistake(
    "last-axis-only",
    "A dense layer after a volume has a weight for each of its numbers, not for each channel only.",
    lambda layers, input_shape: _table(
        layers, input_shape, lambda layer, shape: (shape[-1] + 1) * layer["units"] if layer["kind"] == "dense" else None
    ),
)
layer_table.hint("Walk through the layers with one variable `shape`: what comes out of one layer goes into the next.")
layer_table.hint("For conv and pool: height and width by (n + 2 pad - f) // stride + 1; for dense: the shape (units,).")
layer_table.hint(
    "Parameters: (f * f * channels before + 1) * filters; 0; (numbers before + 1) * units, where np.prod(shape) "
    "counts the numbers."
)


# train_step: its cases and mistakes take a module of their own


train_step = declare_train_step(topic)


add_slips(topic)


# spot_the_mistake


def _fully_connected(inputs, units):
    return reference.layer_table([{"kind": "dense", "units": units}], (inputs,))[-1][2]


def _course_of(counts):
    """The parameters from layer to layer, in a word."""
    steps = ["grow" if after > before else "shrink" for before, after in itertools.pairwise(counts)]
    return ", then ".join(name for name, _ in itertools.groupby(steps))


_COUNTS = [row[2] for row in reference.layer_table(_lenet(8), (32, 32, 3)) if row[2]]


spot_the_mistake = topic.claims(
    claim(
        "fc4_parameters",
        "the parameters of 84 units, fully connected to 120.",
        _fully_connected(120, 84),
        {
            16164: "A digit has been copied wrong: 120 * 84 is 10,080, and there are 84 biases.",
            120 * 84: "The 84 biases are missing.",
            120 * 84 + 1: "One bias is counted for the whole layer; each of the 84 units has its own.",
            120 * 84 + 120: "The biases belong to the 84 units, not to the 120 numbers that come in.",
        },
    ),
    claim(
        "softmax_parameters",
        "the parameters of 10 units, fully connected to 84.",
        _fully_connected(84, 10),
        {
            856: "84 * 10 is 840. How many units have a bias?",
            841: "One bias is counted for the whole layer; each of the 10 units has its own.",
            840: "The 10 biases are missing.",
            84 * 10 + 84: "The biases belong to the 10 units, not to the 84 numbers that come in.",
        },
    ),
    claim(
        "deeper",
        "what do the parameters do from CONV1 to the softmax, the pools left out?",
        _course_of(_COUNTS),
        {
            "grow": "They grow up to FC3. Look at the layers after it.",
            "shrink": "They do shrink after FC3. Look at the layers before it.",
        },
        choices=("grow", "shrink", "grow, then shrink"),
    ),
    claim(
        "convolution",
        "what is a convolution, if the image moves and its output moves with it?",
        "equivariant",
        {"invariant": "Invariant would mean that the output does not change when the image moves. It moves along."},
        choices=("equivariant", "invariant"),
    ),
    claim(
        "max_pooling",
        "against which movements does one 2 x 2 pool protect?",
        "small",
        {
            "all": "Move the image by four pixels: the pooled image moves by two.",
            "none": "Where the largest number moves within its window, the output stays as it is.",
        },
        choices=("all", "small", "none"),
    ),
)
spot_the_mistake.hint("Your layer_table answers three of the five.")
spot_the_mistake.hint("For the other two, look again at the figures of 'What a pool forgets'.")
