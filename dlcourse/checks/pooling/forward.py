"""The exercise of notebook 02 on the way forth: `pool_forward`."""

from __future__ import annotations

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.pooling.shared import HALVE, images, topic

SQUARE = np.array([[3.0, 1, 0, 2], [7, 1, 4, 2], [0, 2, 5, 5], [1, 1, 9, 1]]).reshape(1, 4, 4, 1)


@topic.exercise(reference=reference.pool_forward, outputs=("A", None), section="Pooling")
def pool_forward(rng):
    largest = np.array([[7.0, 4], [2, 9]]).reshape(1, 2, 2, 1)

    def above(*shape):  # a search that begins at 0 is no difficulty of the stride
        return 0.1 + rng.random(shape)

    yield case("a 4x4 image by hand", SQUARE, HALVE, "max", group="maximum", expect=largest)
    yield case("without a mode it is the maximum", images(rng, 1, 4, 6, 1), HALVE, group="maximum")
    yield case("several images and channels", images(rng, 3, 4, 6, 2), HALVE, "max", group="maximum")
    # far below anything from which a search for the maximum might start
    yield case("only large negative numbers", -1e6 * (1 + rng.random((2, 4, 4, 2))), HALVE, "max", group="maximum")
    mean = np.array([[3.0, 2], [1, 5]]).reshape(1, 2, 2, 1)
    yield case("a 4x4 image by hand", SQUARE, HALVE, "average", group="average", expect=mean)
    yield case("windows of 3x3", images(rng, 2, 6, 9, 3), {"f": 3, "stride": 3}, "average", group="average")
    yield case("windows that overlap", above(2, 5, 6, 2), {"f": 3, "stride": 1}, "max", group="stride")
    yield case("stride 2, windows of 3x3", above(2, 7, 9, 2), {"f": 3, "stride": 2}, "max", group="stride")
    leaving, by_two = images(rng, 1, 6, 8, 3), {"f": 3, "stride": 2}
    yield case("stride 2 that leaves a rest", leaving, by_two, "average", group="stride", besides=("average",))
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


def _loops(
    window=lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f, left : left + f, c],
    start=lambda h, w, stride, f: (h * stride, w * stride),
    ranges=lambda n_H, n_W: (range(n_H), range(n_W)),
    size=lambda n_H, n_W: (n_H, n_W),
    place=lambda i, h, w, c: (i, h, w, c),
    pools=(np.max, np.mean),
):
    """The loops of the assignment with one thing changed."""

    def variant(A_prev, hparameters, mode="max"):
        f, stride = hparameters["f"], hparameters["stride"]
        n_H, n_W = size(*((n - f) // stride + 1 for n in A_prev.shape[1:3]))
        A = np.zeros((len(A_prev), n_H, n_W, A_prev.shape[3]))
        pool = pools[mode == "average"]
        rows, columns = ranges(n_H, n_W)
        for i in range(len(A)):
            for h in rows:
                for w in columns:
                    top, left = start(h, w, stride, f)
                    for c in range(A.shape[3]):
                        A[place(i, h, w, c)] = pool(window(A_prev, i, top, left, f, c))
        return A, None

    return variant


def window(shown):
    return _loops(window=shown)


pool_forward.mistake(
    "whole-map",
    "The maximum or mean is that of a whole channel; a window is f by f and begins at h * stride, w * stride.",
    window(lambda A_prev, i, top, left, f, c: A_prev[i, :, :, c]),
)
pool_forward.mistake(
    "whole-image",
    "The maximum or mean is that of the whole image, all channels together; a window is f by f, of one channel.",
    window(lambda A_prev, i, top, left, f, c: A_prev[i]),
)
pool_forward.mistake(
    "across-images",
    "The window goes through all images of the batch at once: is i used where the window is cut out?",
    window(lambda A_prev, i, top, left, f, c: A_prev[:, top : top + f, left : left + f, c]),
)
pool_forward.mistake(
    "image-index-left-out",
    "The image's index i is left out where the window is cut out, so images are taken for rows: A_prev[i, rows, "
    "columns, c].",
    window(lambda A_prev, i, top, left, f, c: A_prev[top : top + f, left : left + f, c]),
)
pool_forward.also(
    "image-index-left-out", window(lambda A_prev, i, top, left, f, c: A_prev[top : top + f, left : left + f])
)
pool_forward.mistake(
    "one-channel-for-all",
    "Every channel gets the result of the first: is c used where the window is cut out?",
    window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f, left : left + f, 0]),
)
pool_forward.also("stride-is-f", _loops(start=lambda h, w, stride, f: (h * f, w * f)))
pool_forward.mistake(
    "window-of-another-size",
    "The windows are not f by f: one that begins at row r ends at r + f, which the slice r : r + f leaves out.",
    window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f + 1, left : left + f + 1, c]),
)
pool_forward.also(
    "window-of-another-size",
    window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f - 1, left : left + f - 1, c]),
)
pool_forward.mistake(
    "window-without-an-end",
    "The window has no beginning or no end in one direction: a window is cut out by rows and by columns, f of each.",
    window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f, :, c]),
)
for shown in (
    lambda A_prev, i, top, left, f, c: A_prev[i, :, left : left + f, c],
    lambda A_prev, i, top, left, f, c: A_prev[i, top:, left:, c],
):
    pool_forward.also("window-without-an-end", window(shown))
pool_forward.mistake(
    "stride-in-one-direction",
    "The stride moves the windows in one direction only: both the row and the column where a window begins are "
    "multiplied by it.",
    _loops(start=lambda h, w, stride, f: (h * stride, w)),
)
pool_forward.also("stride-in-one-direction", _loops(start=lambda h, w, stride, f: (h, w * stride)))
pool_forward.mistake(
    "range-of-the-height-twice",
    "Both loops run over the same size, so part of A stays 0: h runs over n_H and w over n_W.",
    _loops(ranges=lambda n_H, n_W: (range(n_H), range(n_H))),
)
pool_forward.also("range-of-the-height-twice", _loops(ranges=lambda n_H, n_W: (range(n_W), range(n_W))))
pool_forward.mistake(
    "ranges-exchanged",
    "The ranges of the loops are exchanged: h, the row, runs over n_H and w, the column, over n_W.",
    _loops(ranges=lambda n_H, n_W: (range(n_W), range(n_H))),
)
pool_forward.mistake(
    "rows-and-columns-exchanged",
    "Row and column change places between the window and A: what is seen at row h, column w belongs to A[i, h, w, c].",
    _loops(place=lambda i, h, w, c: (i, w, h, c)),
)
pool_forward.mistake(
    "smallest",
    'The smallest number of the window is taken; in mode "max" it is the largest.',
    _loops(pools=(np.min, np.mean)),
)
pool_forward.also("width-from-height", _loops(size=lambda n_H, n_W: (n_H, n_H)))
pool_forward.also("width-from-height", _loops(size=lambda n_H, n_W: (n_W, n_W)))
pool_forward.mistake(
    "average-left-out-and-stride",
    "Two things: the mean is never taken, and the windows still move by 1.",
    _loops(start=lambda h, w, stride, f: (h, w), pools=(np.max, np.max)),
)
pool_forward.hint("The output's size is that of a convolution without padding; the number of channels stays.")
pool_forward.hint("The window of output (h, w) begins at row h * stride and column w * stride, and is f by f.")
pool_forward.hint("Four loops: images, rows, columns, channels. Inside, np.max or np.mean of one f x f window.")
