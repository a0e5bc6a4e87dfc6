"""The exercise of notebook 12 that makes an image larger: `transposed_conv`."""

from __future__ import annotations

import numpy as np

from dlcourse import segmentation as reference
from dlcourse.checking.exercise import Topic, case

topic = Topic("segmentation")

ALIASES = {"A_prev": "A", "X": "A", "x": "A", "s": "stride", "p": "pad", "padding": "pad", "filters": "W"}
CHANNELS = "several channels and images"


def layer(rng, m=1, n_H=3, n_W=4, n_C_prev=1, n_C=1, f=3):
    return rng.normal(size=(m, n_H, n_W, n_C_prev)), rng.normal(size=(f, f, n_C, n_C_prev))


@topic.exercise(
    reference=reference.transposed_conv, section="A convolution, backwards", aliases=ALIASES, weights={"stride 1": 2.0}
)
def transposed_conv(rng):
    A = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    W = np.array([[1.0, 2.0], [3.0, 5.0]]).reshape(2, 2, 1, 1)
    by_hand = np.array([[1.0, 4.0, 4.0], [6.0, 21.0, 18.0], [9.0, 27.0, 20.0]]).reshape(1, 3, 3, 1)
    yield case("a 2x2 image and a 2x2 filter, by hand", A, W, 1, 0, group="stride 1", expect=by_hand)
    yield case("one pixel", *layer(rng, n_H=1, n_W=1), 1, 0, group="stride 1")
    yield case("rows and columns differ", *layer(rng, n_H=2, n_W=5), 1, 0, group="stride 1")
    yield case("a filter of 4x4", *layer(rng, f=4), 1, 0, group="stride 1")
    yield case("stride 2", *layer(rng), 2, 0, group="stride")
    yield case("stride 2, a filter of 2x2: no window overlaps", *layer(rng, f=2), 2, 0, group="stride")
    yield case("stride 3, a filter of 5x5", *layer(rng, f=5), 3, 0, group="stride")
    yield case("a stride larger than the filter", *layer(rng, f=2), 3, 0, group="stride")
    yield case("a border of 1", *layer(rng), 1, 1, group="padding")
    yield case("a border of 2 and a filter of 4x4", *layer(rng, n_H=4, n_W=5, f=4), 1, 2, group="padding")
    yield case("stride 2 and a border of 1", *layer(rng, n_H=4), 2, 1, group="padding", besides=("stride",))
    yield case("three images", *layer(rng, m=3, n_H=2, n_W=3), 1, 0, group=CHANNELS)
    yield case("two channels in", *layer(rng, n_C_prev=2), 1, 0, group=CHANNELS)
    yield case("three channels out", *layer(rng, n_C=3), 1, 0, group=CHANNELS)
    yield case("as many channels in as out", *layer(rng, m=2, n_C_prev=3, n_C=3), 1, 0, group=CHANNELS)
    all_together = layer(rng, 2, 3, 4, 3, 2)
    yield case("all together", *all_together, 2, 1, group=CHANNELS, besides=("stride", "padding"))


def stamped(
    filters=lambda W: W,
    put=lambda window, stamp: window + stamp,
    step=lambda stride: stride,
    size=lambda n, f, stride, pad: (n - 1) * stride + f,
    cut=lambda grown, pad: grown[:, pad : grown.shape[1] - pad, pad : grown.shape[2] - pad],
    pixel=lambda numbers, W: W @ numbers,
    image=lambda A: A,
):
    """transposed_conv with one thing changed."""

    def variant(A, W, stride, pad):
        A, W, f = image(A), filters(W), W.shape[0]
        m, rows, columns, _ = A.shape
        n_C = np.shape(pixel(A[0, 0, 0], W))[-1]
        grown = np.zeros((m, *(size(n, f, stride, pad) for n in (rows, columns)), n_C))
        for i in range(m):
            for h in range(rows):
                for w in range(columns):
                    y, x = h * step(stride), w * step(stride)
                    window = grown[i, y : y + f, x : x + f]
                    stamp = pixel(A[i, h, w], W)[: window.shape[0], : window.shape[1]]
                    window[...] = put(window, stamp)
        return cut(grown, pad)

    return variant


def _one_after_another(A, W, stride, pad):
    """Only the first image, whatever the loop's index says."""
    Z = reference.transposed_conv(A, W, stride, pad)
    return np.repeat(Z[:1], len(Z), axis=0)


def _enlarged_first(A, W, stride, pad):
    """Each pixel repeated stride times, then stamped side by side: a nearest neighbour in front."""
    larger = np.repeat(np.repeat(A, stride, axis=1), stride, axis=2)
    n_H, n_W = reference.transposed_conv(A, W, stride, pad).shape[1:3]
    return reference.transposed_conv(larger, W, 1, pad)[:, :n_H, :n_W]


def _as_long(A, W, stride, pad):
    return stamped(size=lambda n, f, stride, pad: n * stride + f)(A, W, stride, pad)


for _key, _message, _variant in (
    (
        "overwritten",
        "Where windows overlap the last one wins (`=` for `+=`); they add up. See 'A convolution, backwards'.",
        stamped(put=lambda window, stamp: stamp),
    ),
    (
        "stride-ignored",
        "The windows begin one pixel apart, whatever the stride; pixel (h, w) writes at (h * stride, w * stride).",
        stamped(step=lambda stride: 1, size=lambda n, f, stride, pad: n - 1 + f),
    ),
    (
        "size-without-stride",
        "The right size, but the windows begin one pixel apart: pixel (h, w) writes at (h * stride, w * stride).",
        stamped(step=lambda stride: 1),
    ),
    (
        "border-kept",
        "Nothing is cut off: `pad` rows and columns go at each side. See 'A convolution, backwards'.",
        stamped(cut=lambda grown, pad: grown),
    ),
    (
        "border-added",
        "The result grows by the border; here it shrinks: what a convolution pads is what its way back cuts off.",
        stamped(cut=lambda grown, pad: np.pad(grown, ((0, 0), (pad, pad), (pad, pad), (0, 0)))),
    ),
    (
        "cut-at-one-side",
        "The border is cut off above and on the left only; `pad` rows and columns go at each side.",
        stamped(cut=lambda grown, pad: grown[:, pad:, pad:]),
    ),
    (
        "cut-twice-at-the-end",
        "All of the border is cut off below and on the right; `pad` rows and columns go at each side.",
        stamped(cut=lambda grown, pad: grown[:, : grown.shape[1] - 2 * pad, : grown.shape[2] - 2 * pad]),
    ),
    (
        "filter-flipped",
        "The filter is turned by 180 degrees; each pixel puts it down as it is.",
        stamped(filters=lambda W: W[::-1, ::-1]),
    ),
    (
        "filter-transposed",
        "The filter's rows and columns are exchanged.",
        stamped(filters=lambda W: W.transpose(1, 0, 2, 3)),
    ),
    (
        "channels-exchanged",
        "The last two axes of W are exchanged: the channels that come out stand before those that go in, "
        "(f, f, n_C, n_C_prev).",
        stamped(filters=lambda W: W.swapaxes(2, 3)),
    ),
    (
        "one-channel-in",
        "Only the first channel of A is used; every channel puts down its own filter, and they add up.",
        stamped(filters=lambda W: W[..., :1], image=lambda A: A[..., :1]),
    ),
    (
        "one-channel-out",
        "All channels come from the filters of the first: is the loop's index used?",
        stamped(filters=lambda W: np.repeat(W[:, :, :1], W.shape[2], axis=2)),
    ),
    ("first-image-only", "Every image is made from the first one: is the loop's index used?", _one_after_another),
    ("a-row-too-many", "A stride too many in the size: the last window begins at (n - 1) * stride.", _as_long),
    ("larger-one", "Where windows overlap you take the larger number; they add up.", stamped(put=np.maximum)),
    (
        "enlarged-first",
        "Each pixel is repeated before the filters are put down; between the pixels lie zeros, and each puts down its "
        "filter once.",
        _enlarged_first,
    ),
):
    transposed_conv.mistake(_key, _message, _variant)


def _to_the_end(cut):
    """A border cut with x[pad:-pad], which leaves nothing where there is none."""
    return stamped(cut=lambda grown, pad: grown[:, pad:-pad, pad:-pad] if cut else grown)


transposed_conv.mistake(
    "minus-nothing", "x[pad:-pad] is empty where pad is 0, since -0 is 0: end at pad + n_H.", _to_the_end(True)
)
transposed_conv.raises(
    "window-of-another-size",
    "A window and the filter that is put into it have different sizes: windows are f x f, and the array needs room for "
    "(n - 1) * stride + f rows and columns before anything is cut off.",
    r"could not (be )?broadcast|operands could not be broadcast",
)
transposed_conv.raises(
    "channels-do-not-meet",
    "The channels of A meet the wrong axis of W: its last axis is as long as A has channels, (f, f, n_C, n_C_prev).",
    r"matmul|shapes .* not aligned|shape-mismatch",
)
transposed_conv.hint("Take one pixel and a filter of 3x3. Which nine numbers of the output does it change?")
transposed_conv.hint(
    "Make room for (n - 1) * stride + f rows and columns, add to the window of each pixel, and cut the border off last."
)
transposed_conv.hint(
    "window += W @ A[i, h, w]: (f, f, n_C, n_C_prev) @ (n_C_prev,) is (f, f, n_C). At the end Z[:, pad : pad + n_H, "
    "pad : pad + n_W]."
)
