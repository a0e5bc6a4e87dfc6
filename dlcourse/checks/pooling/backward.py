"""The exercise of notebook 02 on the way back: `pool_backward`."""

from __future__ import annotations

from functools import partial

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.pooling.shared import HALVE, NOTHING, among_equals, images, topic


def _far_apart(rng, *shape):
    """Images without two nearly equal numbers, which a finite difference would let change places."""
    size = int(np.prod(shape))
    return rng.permutation(np.linspace(-2, 2, size)).reshape(shape)


def _backward_case(rng, title, group, shape, f, stride, mode, numerical=False, besides=()):
    A_prev, hparameters = _far_apart(rng, *shape) if numerical else images(rng, *shape), {"f": f, "stride": stride}
    dA = rng.normal(size=reference.pool_forward(A_prev, hparameters)[0].shape)
    cache = made("pool_forward", A_prev, hparameters, mode, take=1, otherwise=(A_prev, hparameters))
    if not numerical:
        return case(title, dA, cache, mode, group=group, besides=besides)
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
        compare=partial(among_equals, A_prev, unit),
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
    overlap, outside, average = (
        "overlapping windows",
        "pixels in no window",
        {"mode": "average", "besides": ("average",)},
    )
    yield _backward_case(rng, "overlapping windows of 3x3", overlap, (2, 7, 5, 1), 3, 2, "max")
    yield _backward_case(rng, "a stride of 1", overlap, (2, 4, 5, 2), 3, 1, **average)
    yield _backward_case(rng, "a rest at the end", outside, (2, 5, 7, 1), 2, 2, "max")
    yield _backward_case(rng, "a stride larger than the window", outside, (2, 8, 7, 2), 2, 3, **average)
    low, high = np.sort(rng.normal(size=2))
    yield _tied_case(rng, "two equal numbers are largest", np.array([[low, high], [low - 1, high]]))
    yield _tied_case(rng, "only zeros, as in the corner of a digit", NOTHING)
    dA, cache, _ = _backward_case(rng, "", "", (2, 4, 5, 2), 2, 2, "max").args
    yield case("without a mode it is the maximum", dA, cache, group="maximum")


def _loops(
    hand,
    start=lambda h, w, stride: (h * stride, w * stride),
    upstream=lambda dA, i, h, w, c, top, left: dA[i, h, w, c],
    add=lambda old, new: old + new,
    window=lambda top, left, f: (slice(top, top + f), slice(left, left + f)),
):
    """The loops of the way back; `hand(window, dz, mode, its gradient so far)` gives what a window hands back."""

    def variant(dA, cache, mode="max"):
        A_prev, hparameters = cache
        f, stride = hparameters["f"], hparameters["stride"]
        dA_prev = np.zeros(A_prev.shape)
        for i, h, w, c in np.ndindex(dA.shape):
            top, left = start(h, w, stride)
            place = (i, *window(top, left, f), c)
            dz = upstream(dA, i, h, w, c, top, left)
            dA_prev[place] = add(dA_prev[place], hand(A_prev[place], dz, mode, dA_prev[place]))
        return dA_prev

    return variant


def _right(window, dz, mode, old):
    return _mask(window) * dz if mode == "max" else np.full(window.shape, dz / window.size)


def _mask(window):
    return reference.create_mask_from_window(window)


def _in_mode(only, hand):
    return lambda window, dz, mode, old: (hand if mode == only else _right)(window, dz, mode, old)


def _only_max(variant):
    return lambda dA, cache, mode="max": (variant if mode == "max" else reference.pool_backward)(dA, cache, mode)


def _only_average(variant):
    return lambda dA, cache, mode="max": (variant if mode == "average" else reference.pool_backward)(dA, cache, mode)


def _mask_of_all_channels(dA, cache, mode):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        window = A_prev[i, h * stride : h * stride + f, w * stride : w * stride + f]
        dA_prev[i, h * stride : h * stride + f, w * stride : w * stride + f, c] += (
            window[:, :, c] == window.max()
        ) * dA[i, h, w, c]
    return dA_prev


def _mask_through_channels(dA, cache, mode):
    A_prev, _ = cache
    largest = np.where(A_prev == A_prev.max(axis=3, keepdims=True), 1.0, 0.0)
    return reference.pool_backward(dA, cache) * largest


def _mask_of_the_first_image(dA, cache, mode):
    A_prev, hparameters = cache
    return reference.pool_backward(dA, (np.repeat(A_prev[:1], len(A_prev), axis=0), hparameters))


pool_backward.mistake(
    "overwritten",
    "Windows overlap, so gradients must be added up: here each pixel keeps only the last one "
    "(`=` for `+=`). See 'Both ways back'.",
    _loops(_right, add=lambda old, new: new),
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
    _loops(_in_mode("max", lambda window, dz, mode, old: dz + 0 * window)),
)
pool_backward.mistake(
    "mask-times-value",
    "The mask is multiplied by the window's number; it is the gradient dA that goes there.",
    _loops(_in_mode("max", lambda window, dz, mode, old: _mask(window) * window)),
)
pool_backward.mistake(
    "value-too",
    "The gradient is multiplied by the largest number as well: a mask holds 0 and 1 only.",
    _loops(_in_mode("max", lambda window, dz, mode, old: _mask(window) * window * dz)),
)
pool_backward.mistake(
    "mask-through-channels",
    "The mask is made of a window through all channels; each channel has its own maximum.",
    _only_max(_mask_through_channels),
)
pool_backward.mistake(
    "mask-of-the-first-image",
    "The masks of the first image are used for all images: is the loop's index used?",
    _only_max(_mask_of_the_first_image),
)
pool_backward.mistake(
    "not-shared",
    "In mode \"average\" each number gets all of the gradient; they share it. See 'Equal shares'.",
    _loops(_in_mode("average", lambda window, dz, mode, old: dz + 0 * window)),
)
pool_backward.mistake(
    "shared-by-f",
    'In mode "average" the gradient is divided by f; a window holds f * f numbers.',
    _loops(_in_mode("average", lambda window, dz, mode, old: dz / len(window) + 0 * window)),
)
pool_backward.mistake(
    "averaged-again",
    'In mode "average" the mean of the whole of dA is shared out; each window has a gradient of its own.',
    _only_average(lambda dA, cache, mode: reference.pool_backward(np.full_like(dA, dA.mean()), cache, mode)),
)
pool_backward.mistake(
    "stride-forgotten",
    "The windows move by 1 on the way back; they must begin where they began on the way forth: at h * stride.",
    _loops(_right, start=lambda h, w, stride: (h, w)),
)
pool_backward.mistake(
    "max-overwritten",
    'In mode "max" each pixel keeps only the last window\'s gradient (`=` for `+=`): windows overlap, so add up.',
    _only_max(_loops(_right, add=lambda old, new: new)),
)
pool_backward.mistake(
    "average-overwritten",
    'In mode "average" each pixel keeps only the last window\'s share (`=` for `+=`): windows overlap, so add up.',
    _only_average(_loops(_right, add=lambda old, new: new)),
)
pool_backward.mistake(
    "dA-at-the-input's-place",
    "dA is read where the window begins in A_prev; its own place is h, w: dA[i, h, w, c].",
    _loops(_right, upstream=lambda dA, i, h, w, c, top, left: dA[i, top, left, c]),
)
pool_backward.also("dA-at-the-input's-place", _only_max(pool_backward.mistakes[-1].variant))
pool_backward.also("dA-at-the-input's-place", _only_average(pool_backward.mistakes[-1].variant))
pool_backward.mistake(
    "modes-exchanged",
    'The two modes are exchanged: "max" is shared out, and "average" goes to the largest number.',
    lambda dA, cache, mode="max": reference.pool_backward(dA, cache, "average" if mode == "max" else "max"),
)
pool_backward.mistake(
    "mask-of-the-gradient",
    "The mask is made of dA_prev, which is being filled; it is made of A_prev's window: where was the maximum?",
    _loops(_in_mode("max", lambda window, dz, mode, old: (old == old.max()) * dz)),
)
pool_backward.also("mask-of-the-gradient", _loops(_in_mode("max", lambda window, dz, mode, old: _mask(old) * dz)))
pool_backward.mistake(
    "only-the-last-mode",
    'In mode "average" nothing is handed back: which word is the mode compared with? It is "average".',
    _loops(_in_mode("average", lambda window, dz, mode, old: 0 * window)),
)
pool_backward.mistake(
    "max-hands-nothing-back",
    'In mode "max" nothing is handed back: which word is the mode compared with? It is "max".',
    _loops(_in_mode("max", lambda window, dz, mode, old: 0 * window)),
)
pool_backward.mistake(
    "minus",
    "The gradients are taken away where they are added up (`-=` for `+=`).",
    _loops(_right, add=lambda old, new: old - new),
)
pool_backward.also("minus", _only_max(_loops(_right, add=lambda old, new: old - new)))
pool_backward.also("minus", _only_average(_loops(_right, add=lambda old, new: old - new)))
pool_backward.mistake(
    "divided-by-the-gradient",
    "The mask is divided by the gradient; it is multiplied by it, and is 0 elsewhere.",
    _loops(_in_mode("max", lambda window, dz, mode, old: _mask(window) / dz)),
)
pool_backward.mistake(
    "multiplied-by-the-window",
    'In mode "average" the gradient is multiplied by the size of the window; the numbers share it.',
    _loops(_in_mode("average", lambda window, dz, mode, old: np.full(window.shape, dz * window.size))),
)
pool_backward.mistake(
    "mean-of-the-window",
    'In mode "average" the numbers of A_prev play a part; an average hands back equal shares, whatever they are.',
    _loops(_in_mode("average", lambda window, dz, mode, old: np.full(window.shape, window.mean() * dz))),
)
pool_backward.also("mask-through-channels", _only_max(_mask_of_all_channels))
pool_backward.mistake(
    "window-without-an-end",
    "The place in dA_prev has no beginning or no end: output (h, w) looked at the rows from h * stride "
    "to h * stride + f and at the columns from w * stride to w * stride + f, and at no others.",
    _loops(_right, window=lambda top, left, f: (slice(None), slice(left, left + f))),
)
for window in (
    lambda top, left, f: (slice(top, top + f), slice(None)),
    lambda top, left, f: (slice(None, top + f), slice(left, left + f)),
    lambda top, left, f: (slice(top, None), slice(left, left + f)),
    lambda top, left, f: (slice(top, top + f), slice(None, left + f)),
    lambda top, left, f: (slice(top, top + f), slice(left, None)),
    lambda top, left, f: (slice(top, None), slice(left, None)),
):
    pool_backward.also("window-without-an-end", _loops(_right, window=window))
    pool_backward.also("window-without-an-end", _only_max(_loops(_right, window=window)))


pool_backward.hint("Begin with zeros in the shape of A_prev; every window adds something to its place in there.")
pool_backward.hint("The loops meet each dA[i, h, w, c] once. Which window of A_prev did output (h, w) look at?")
pool_backward.hint(
    'In mode "max", the window of dA_prev grows by create_mask_from_window(window) * dA[i, h, w, c]; in mode '
    '"average", by distribute_value(dA[i, h, w, c], (f, f)).'
)
