"""The exercises of notebook 16 on convolutions over one and over three axes."""

from __future__ import annotations

import numpy as np

from dlcourse import dimensions as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.dimensions.parts import FORWARD, NAMES, first_weights_summed, layer, on, padded, topic

OPTIONS = {"outputs": ("Z", None), "aliases": NAMES}


@topic.exercise(reference=reference.conv1d_forward, section="One axis", **OPTIONS)
def conv1d_forward(rng):
    step = np.array([0.0, 0, 0, 10, 10, 10]).reshape(1, 6, 1)
    W, zero, plain = np.array([-1.0, 0, 1]).reshape(3, 1, 1), np.zeros((1, 1, 1)), {"stride": 1, "pad": 0}
    expect = np.array([0.0, 10, 10, 0]).reshape(1, 4, 1)
    yield case("a step and the filter -1, 0, 1, by hand", step, W, zero, plain, group="one filter", expect=expect)
    yield case("one random signal and filter", *layer(rng, 1, (16,), 1, 1), group="one filter")
    yield case("two channels", *layer(rng, 1, (6,), 2, 1), group="channels, filters and signals")
    yield case("two filters", *layer(rng, 1, (6,), 2, 2), group="channels, filters and signals")
    yield case("three signals", *layer(rng, 3, (5,), 2, 4), group="channels, filters and signals")
    yield case("a filter of 5", *layer(rng, 2, (8,), 3, 2, f=5), group="channels, filters and signals")
    yield case("an even filter", *layer(rng, 2, (7,), 2, 3, f=2), group="channels, filters and signals")
    yield case("filters of one step", *layer(rng, 2, (4,), 3, 2, f=1), group="channels, filters and signals")
    several, strided = ("channels, filters and signals",), ("channels, filters and signals", "padding")
    yield case("padding 1, one filter", *layer(rng, 1, (5,), 1, 1, pad=1), group="padding")
    yield case("padding 1", *layer(rng, 1, (5,), 2, 2, pad=1), group="padding", besides=several)
    yield case("padding 2", *layer(rng, 2, (4,), 2, 3, pad=2), group="padding", besides=several)
    yield case("stride 2, one filter", *layer(rng, 1, (7,), 1, 1, stride=2), group="stride")
    leaving = layer(rng, 2, (8,), 2, 3, stride=2)
    yield case("stride 2 that leaves a rest", *leaving, group="stride", besides=several)
    both = layer(rng, 2, (10,), 2, 3, stride=3, pad=1)
    yield case("stride 3 with padding 1", *both, group="stride", besides=strided)
    A_prev, W, b, unmoved = layer(rng, 1, (14,), 1, 1, bias=True)
    yield case("a bias below 0", A_prev, W, -np.abs(b), unmoved, group="bias")
    yield case("a bias for each filter", *layer(rng, 1, (5,), 2, 3, bias=True), group="bias", besides=several)
    every = layer(rng, 3, (9,), 3, 4, stride=2, pad=1, bias=True)
    yield case("all together", *every, group="bias", besides=(*strided, "stride"))


@topic.exercise(reference=reference.conv3d_forward, section="Three axes", **OPTIONS)
def conv3d_forward(rng):
    ball = np.zeros((1, 3, 3, 3, 1))
    ball[0, 1, 1, 1] = 2.0
    W, zero = np.arange(8.0).reshape(2, 2, 2, 1, 1), np.zeros((1, 1, 1, 1, 1))
    expect = 2 * np.arange(7.0, -1, -1).reshape(1, 2, 2, 2, 1)
    plain = {"stride": 1, "pad": 0}
    yield case("one bright voxel, by hand", ball, W, zero, plain, group="one filter", expect=expect)
    yield case("one random volume and filter", *layer(rng, 1, (4, 4, 4), 1, 1), group="one filter")
    yield case("two channels", *layer(rng, 1, (3, 3, 3), 2, 1, f=2), group="channels, filters and volumes")
    yield case("two filters", *layer(rng, 1, (3, 3, 3), 1, 2, f=2), group="channels, filters and volumes")
    yield case("volumes with three sizes", *layer(rng, 2, (3, 4, 5), 2, 3), group="channels, filters and volumes")
    yield case("more slices than rows", *layer(rng, 2, (5, 3, 2), 1, 2, f=2), group="channels, filters and volumes")
    yield case("filters of one voxel", *layer(rng, 2, (2, 3, 2), 3, 2, f=1), group="channels, filters and volumes")
    several, strided = ("channels, filters and volumes",), ("channels, filters and volumes", "padding")
    yield case("padding 1, one filter", *layer(rng, 1, (3, 3, 3), 1, 1, f=2, pad=1), group="padding")
    yield case("padding 1", *layer(rng, 1, (3, 4, 3), 1, 2, pad=1), group="padding", besides=several)
    yield case("padding 2", *layer(rng, 1, (2, 3, 2), 2, 1, f=2, pad=2), group="padding", besides=several)
    yield case("stride 2, one filter", *layer(rng, 1, (4, 4, 4), 1, 1, f=2, stride=2), group="stride")
    yield case("stride 2", *layer(rng, 1, (4, 4, 6), 1, 2, f=2, stride=2), group="stride", besides=several)
    leaving = layer(rng, 1, (5, 6, 4), 2, 1, stride=2)
    yield case("stride 2 that leaves a rest", *leaving, group="stride", besides=several)
    A_prev, W, b, unmoved = layer(rng, 1, (4, 4, 4), 1, 1, f=2, bias=True)
    yield case("a bias below 0", A_prev, W, -np.abs(b), unmoved, group="bias")
    yield case("a bias for each filter", *layer(rng, 1, (2, 3, 2), 1, 3, f=2, bias=True), group="bias", besides=several)
    every = layer(rng, 2, (3, 5, 4), 2, 2, stride=2, pad=1, bias=True)
    yield case("all together", *every, group="bias", besides=(*strided, "stride"))


def _with(axes, change):
    """A wrong variant, made by handing on other arguments."""
    return lambda A_prev, W, b, hparameters: FORWARD[axes](*change(A_prev, W, b, hparameters))


def _after(axes, change):
    """A wrong variant, made of the right output."""

    def variant(A_prev, W, b, hparameters):
        Z, cache = FORWARD[axes](A_prev, W, b, hparameters)
        return change(Z), cache

    return variant


def _strided(axes, moving):
    """Windows that move by the stride along some of the axes only, in an output of the right size."""

    def variant(A_prev, W, b, hparameters):
        dense, cache = FORWARD[axes](A_prev, W, b, {**hparameters, "stride": 1})
        right = FORWARD[axes](A_prev, W, b, hparameters)[0].shape
        every = (slice(None, None, hparameters["stride"]) if axis in moving else slice(None) for axis in range(axes))
        chosen = dense[(slice(None), *every)]
        return chosen[tuple(slice(n) for n in right[:-1])], cache

    return variant


def _size_of_the_first(axes):
    """Every loop runs over the places of the first axis: the rest of Z stays 0, or there is too much of it."""

    def variant(A_prev, W, b, hparameters):
        Z, cache = FORWARD[axes](A_prev, W, b, hparameters)
        n = Z.shape[1]
        if any(size < n for size in Z.shape[2:-1]):
            raise IndexError
        other = np.zeros_like(Z)
        other[on(axes, slice(n))] = Z[on(axes, slice(n))]
        return other, cache

    return variant


NO_STRIDE, NO_PAD = {"stride": 1}, {"pad": 0}


def _both(exercise, axes, what, place, section):
    """The mistakes that one and three axes have in common."""
    for key, message, variant in (
        (
            "no-bias",
            "The bias b is never added: each filter has one, which is added to its whole output.",
            _with(axes, lambda A, W, b, h: (A, W, 0 * b, h)),
        ),
        (
            "flipped",
            "The filter is turned round before it is used. Deep learning's convolution does not flip it.",
            _with(axes, lambda A, W, b, h: (A, W[on(axes, slice(None, None, -1))[1:]], b, h)),
        ),
        (
            "no-padding",
            f"The padding is left out: pad the {what}s before the filter slides.",
            _with(axes, lambda A, W, b, h: (A, W, b, h | NO_PAD)),
        ),
        (
            "stride-not-in-the-window",
            f"The output has the right size, but the windows still move by 1: the stride must also decide where a "
            f"window begins. See '{section}'.",
            _strided(axes, ()),
        ),
        (
            "no-stride",
            "The stride is left out: the filter moves by 1, and the output is too large.",
            _with(axes, lambda A, W, b, h: (A, W, b, h | NO_STRIDE)),
        ),
        (
            "first-example-only",
            f"Every {what} of the batch gets the result of the first: is the loop's index used?",
            _after(axes, lambda Z: np.repeat(Z[:1], len(Z), axis=0)),
        ),
        (
            "one-channel-only",
            "Only the first channel of the input is used; a filter spans all of them.",
            _with(axes, lambda A, W, b, h: (A[..., :1], W[..., :1, :], b, h)),
        ),
        (
            "one-filter-for-all",
            "Every channel of the output comes from the first filter: is the loop's index used in W[..., c]?",
            _with(axes, lambda A, W, b, h: (A, np.repeat(W[..., :1], W.shape[-1], axis=-1), b, h)),
        ),
        (
            "one-bias-for-all",
            "Every filter gets the bias of the first: is the loop's index used in b?",
            _with(axes, lambda A, W, b, h: (A, W, np.repeat(b[..., :1], b.shape[-1], axis=-1), h)),
        ),
        (
            "bias-in-the-sum",
            "The bias is added to every product before the sum; it is added once.",
            _with(axes, lambda A, W, b, h: (A, W, b * W[..., 0].size, h)),
        ),
        ("bias-subtracted", "The bias is subtracted; it is added.", _with(axes, lambda A, W, b, h: (A, W, -b, h))),
        (
            "mean",
            "This is the mean of the products; one place of the output is their sum.",
            _with(axes, lambda A, W, b, h: (A, W / W[..., 0].size, b, h)),
        ),
        (
            "relu",
            "What is below 0 has become 0: that is the ReLU, which comes after the convolution, in a layer of its own.",
            _after(axes, lambda Z: np.maximum(Z, 0)),
        ),
        (
            "one-place",
            f"The window is one {place} thick, and NumPy stretches it over the filter without a word: it reaches from "
            f"t to t + f, as far as the filter.",
            _with(axes, lambda A, W, b, h: (A, first_weights_summed(W), b, h)),
        ),
        (
            "padding-before-only",
            "All zeros are put before the first place; pad of them come before and pad after.",
            lambda A, W, b, h: FORWARD[axes](padded(A, 2 * h["pad"], after=0), W, b, h | NO_PAD),
        ),
        (
            "last-place-missing",
            "The last place of the output is never reached: range(n) already ends at n - 1.",
            _last_place_missing(axes),
        ),
    ):
        exercise.mistake(key, message, variant)
    exercise.also(
        "padding-before-only", lambda A, W, b, h: FORWARD[axes](padded(A, 0, after=2 * h["pad"]), W, b, h | NO_PAD)
    )
    exercise.mistake(
        "stride-and-no-bias",
        "Two things: the windows still move by 1 (the stride must decide where one begins), and the bias is not added.",
        lambda A, W, b, h: _strided(axes, ())(A, W, 0 * b, h),
    )
    exercise.mistake(
        "no-padding-and-no-bias",
        "Two things: the padding is left out, and the bias is not added.",
        _with(axes, lambda A, W, b, h: (A, W, 0 * b, h | NO_PAD)),
    )
    exercise.mistake(
        "no-padding-and-no-stride",
        "Two things: the padding is left out, and the windows move by 1 whatever the stride.",
        _with(axes, lambda A, W, b, h: (A, W, b, h | NO_PAD | NO_STRIDE)),
    )


def _last_place_missing(axes):
    def variant(A_prev, W, b, hparameters):
        Z, cache = FORWARD[axes](A_prev, W, b, hparameters)
        short = np.zeros_like(Z)
        short[on(axes, slice(-1))] = Z[on(axes, slice(-1))]
        return short, cache

    return variant


_both(conv1d_forward, 1, "signal", "step", "One axis")
conv1d_forward.raises(
    "window-cut-short",
    "A window sticks out at the end and is shorter than the filter: take it from the padded signal, and begin the last "
    "one at (n - 1) * stride.",
    r"together with shapes \(\d+,\d+\) \(\d+,\d+\)",
)
conv1d_forward.raises(
    "all-filters-at-once",
    "W holds all the filters: its last axis says which one. The filter of channel c is W[:, :, c].",
    r"together with shapes \(\d+,\d+\) \(\d+,\d+,\d+\)",
)
conv1d_forward.hint("Compute n first, make Z full of zeros, and pad the whole batch once, along its middle axis.")
conv1d_forward.hint("Which slice of the padded signal does place t of the output look at when the stride is 2?")
conv1d_forward.hint("It begins at t * stride and ends f steps later. All channels belong to it; W[:, :, c] meets it.")

_both(conv3d_forward, 3, "volume", "slice", "Three axes")
for _key, _message, _variant in (
    (
        "depth-not-strided",
        "The stride moves the windows along rows and columns only; it belongs to the depth as well.",
        _strided(3, (1, 2)),
    ),
    (
        "depth-not-padded",
        "Rows and columns are padded, the slices are not: the border goes around all three axes.",
        lambda A, W, b, h: reference.conv3d_forward(padded(A, h["pad"], (2, 3)), W, b, h | NO_PAD),
    ),
    (
        "only-the-depth-strided",
        "The stride moves the windows along the depth only; it belongs to rows and columns as well.",
        _strided(3, (0,)),
    ),
    (
        "size-of-the-depth-for-all",
        "All three loops run over the size of one axis; depth, height and width need not be equal.",
        _size_of_the_first(3),
    ),
    (
        "depth-and-rows-exchanged",
        "Depth and rows of the filter are exchanged: the first axis of W runs along the slices.",
        _with(3, lambda A, W, b, h: (A, W.transpose(1, 0, 2, 3, 4), b, h)),
    ),
    (
        "filter-turned",
        "The filter's axes are in reverse: the first axis of W runs along the slices, the third along the columns.",
        _with(3, lambda A, W, b, h: (A, W.transpose(2, 1, 0, 3, 4), b, h)),
    ),
):
    conv3d_forward.mistake(_key, _message, _variant)
conv3d_forward.raises(
    "window-cut-short",
    "A window sticks out at the end and is smaller than the filter: take it from the padded volume, with a slice for "
    "each of the three axes.",
    r"together with shapes \((?:\d+,){3}\d+\) \((?:\d+,){3}\d+\)",
)
conv3d_forward.raises(
    "all-filters-at-once",
    "W holds all the filters: its last axis says which one. The filter of channel c is W[..., c].",
    r"together with shapes \((?:\d+,){3}\d+\) \((?:\d+,){4}\d+\)",
)
conv3d_forward.hint("One loop more than in notebook 01: over d, h and w. Three sizes, three beginnings of a window.")
conv3d_forward.hint("The window begins at slice d * stride, row h * stride, column w * stride, and is f thick in each.")
conv3d_forward.hint("np.pad takes five pairs here: none for the examples, three equal ones, none for the channels.")
