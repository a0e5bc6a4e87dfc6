"""The exercise of notebook 02 on a convolution as one matrix product: `im2col`."""

from __future__ import annotations

import itertools

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.pooling.shared import images, topic


@topic.exercise(reference=reference.im2col, section="Windows as rows", weights={"one image": 2.0})
def im2col(rng):
    by_hand = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape(1, 2, 3, 1)
    yield case(
        "2 x 3 pixels, windows of 2 x 2",
        by_hand,
        2,
        1,
        0,
        group="one image",
        expect=np.array([[1.0, 2.0, 4.0, 5.0], [2.0, 3.0, 5.0, 6.0]]),
    )
    yield case("one image, one channel", images(rng, 1, 5, 4, 1), 3, 1, 0, group="one image")
    yield case("two channels", images(rng, 1, 4, 5, 2), 2, 1, 0, group="channels")
    yield case("three channels", images(rng, 1, 3, 4, 3), 3, 1, 0, group="channels")
    yield case("three images", images(rng, 3, 4, 3, 1), 2, 1, 0, group="several images")
    yield case("a stride of 2", images(rng, 1, 7, 6, 1), 3, 2, 0, group="stride")
    yield case("a border of 1", images(rng, 1, 3, 4, 1), 3, 1, 1, group="border")


def _rows(A_prev, f, stride, pad, inside=(0, 1, 2), outside=(0, 1, 2), border=None, step=None, less=0):
    """Windows as rows, with one thing changed: the order inside a row or of the rows, the border, the stride."""
    border = ((0, 0), (pad, pad), (pad, pad), (0, 0)) if border is None else border(pad)
    A = np.pad(A_prev, border)
    step = stride if step is None else step
    sizes = (len(A), *((n - f) // step + 1 - less for n in A.shape[1:3]))
    rows = []
    for place in itertools.product(*(range(sizes[axis]) for axis in outside)):
        i, h, w = (place[outside.index(axis)] for axis in range(3))
        window = A[i, h * step : h * step + f, w * step : w * step + f]
        rows.append(window.transpose(inside).ravel())
    return np.array(rows)


for _key, _message, _change in (
    (
        "channels-first",
        "Inside a row the channels come first; they come last, as in W, so that a row meets the same numbers of W.",
        {"inside": (2, 0, 1)},
    ),
    (
        "window-transposed",
        "Inside a row the windows are read down their columns: rows first, then columns, then channels.",
        {"inside": (1, 0, 2)},
    ),
    (
        "places-down-the-columns",
        "The windows are in another order: along each row of the image first, so that the result can be put into the "
        "shape (m, n_H, n_W, n_C).",
        {"outside": (0, 2, 1)},
    ),
    (
        "images-last",
        "The images are counted fastest: all windows of the first image come first, then those of the second.",
        {"outside": (1, 2, 0)},
    ),
    ("stride-ignored", "The windows are one pixel apart: they begin `stride` pixels apart.", {"step": 1}),
    ("border-left-out", "There is no border: put `pad` zeros around each image first.", {"border": lambda pad: 0}),
    (
        "border-on-one-side",
        "The border is on one side only: `pad` zeros come before *and* after.",
        {"border": lambda pad: ((0, 0), (pad, 0), (pad, 0), (0, 0))},
    ),
    ("one-window-too-few", "The last windows are missing: (n + 2 pad - f) // stride + 1 of them fit.", {"less": 1}),
):
    im2col.mistake(
        _key, _message, lambda A_prev, f, stride, pad, change=_change: _rows(A_prev, f, stride, pad, **change)
    )
im2col.mistake(
    "columns",
    "The windows stand in the columns: one row for each window.",
    lambda A_prev, f, stride, pad: _rows(A_prev, f, stride, pad).T,
)
im2col.mistake(
    "not-flattened",
    "Each window still has its own axes: a row is the window as one list, of f * f * n_C numbers.",
    lambda A_prev, f, stride, pad: _rows(A_prev, f, stride, pad).reshape(-1, f, f, A_prev.shape[3]),
)
im2col.mistake(
    "only-the-first-image",
    "Only the first image has been cut into windows: go through all m.",
    lambda A_prev, f, stride, pad: _rows(A_prev[:1], f, stride, pad),
)
im2col.hint("Loops over images, rows and columns as in conv_forward; in place of the product, append the window.")
im2col.hint("window.ravel() is the window as a list, in the order that W.reshape(f * f * n_C, -1) has.")
