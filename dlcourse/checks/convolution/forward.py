"""The exercises of notebook 01 on the way forth: `conv_single_step` and `conv_forward`."""

from __future__ import annotations

import numpy as np

from dlcourse import convolution as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.convolution.shared import BRIGHT_TO_DARK, VERTICAL, random_layer, topic

# conv_single_step


@topic.exercise(reference=reference.conv_single_step, section="Volumes and filters")
def conv_single_step(rng):
    zero = np.zeros((1, 1, 1))
    yield case(
        "a bright-to-dark edge under the vertical filter",
        BRIGHT_TO_DARK[0, :3, 2:5],
        VERTICAL[..., 0],
        zero,
        group="without a bias",
        expect=30.0,
    )
    yield case(
        "a dark-to-bright edge under the vertical filter",
        BRIGHT_TO_DARK[0, :3, 3:0:-1],
        VERTICAL[..., 0],
        zero,
        group="without a bias",
        expect=-30.0,
    )
    for f, channels in ((2, 1), (3, 3), (4, 2)):
        yield case(
            f"a {f}x{f}x{channels} slice",
            rng.normal(size=(f, f, channels)),
            rng.normal(size=(f, f, channels)),
            zero,
            group="without a bias",
        )
    for f, channels, sign in ((2, 1, 1), (3, 3, -1)):
        yield case(
            f"a {f}x{f}x{channels} slice with a bias",
            rng.normal(size=(f, f, channels)),
            rng.normal(size=(f, f, channels)),
            sign * rng.uniform(0.5, 2, size=(1, 1, 1)),
            group="with a bias",
        )
    yield case(
        "a bias below 0", BRIGHT_TO_DARK[0, :3, 2:5], VERTICAL[..., 0], zero - 50, group="with a bias", expect=-20.0
    )


conv_single_step.mistake(
    "no-bias", "The bias b is never added. See 'Volumes and filters'.", lambda a, W, b: np.sum(a * W)
)
conv_single_step.mistake(
    "bias-in-the-sum",
    "The bias is added to every product before the sum, so it counts f * f * n_C times.",
    lambda a, W, b: np.sum(a * W + b),
)
conv_single_step.mistake(
    "not-summed", "The products are not summed: one step gives one number.", lambda a, W, b: a * W + b
)
conv_single_step.mistake(
    "not-summed-over-channels",
    "The sum stops at height and width; the channels are summed as well. See 'Volumes and filters'.",
    lambda a, W, b: np.sum(a * W, axis=(0, 1)) + b.ravel(),
)
conv_single_step.mistake(
    "flipped",
    "The filter is flipped. Deep learning's convolution does not flip it. See 'To flip or not to flip'.",
    lambda a, W, b: np.sum(a * W[::-1, ::-1]) + b.item(),
)
conv_single_step.mistake(
    "relu",
    "Results below 0 become 0: that is the ReLU, which comes after the convolution, in a layer of its own.",
    lambda a, W, b: max(np.sum(a * W) + b.item(), 0.0),
)
conv_single_step.mistake(
    "mean", "This is the mean of the products; one step is their sum.", lambda a, W, b: np.mean(a * W) + b.item()
)
conv_single_step.raises(
    "matrix-product",
    "@ and np.dot multiply matrices. One step multiplies number by number, with *, and then sums. See 'Volumes and "
    "filters'.",
    "matmul|not aligned",
)
conv_single_step.mistake(
    "summed-along-one-axis",
    "The sum runs along one axis only; all products are summed to one number: np.sum without an axis.",
    lambda a, W, b: np.sum(a * W, axis=0) + b.item(),
)
conv_single_step.mistake(
    "weights-added",
    "The filter is added to the slice; each number is multiplied by its weight. See 'Volumes and filters'.",
    lambda a, W, b: np.sum(a + W) + b.item(),
)
conv_single_step.also("weights-added", lambda a, W, b: np.sum(a / W) + b.item())
conv_single_step.mistake(
    "bias-subtracted", "The bias is subtracted; it is added.", lambda a, W, b: np.sum(a * W) - b.item()
)
conv_single_step.mistake(
    "bias-multiplied", "The sum is multiplied by the bias; it is added.", lambda a, W, b: np.sum(a * W) * b.item()
)
conv_single_step.also("bias-in-the-sum", lambda a, W, b: np.sum(a * W + b) + b.item())
conv_single_step.hint("Multiply the slice and the filter number by number. What is then left to do with the products?")
conv_single_step.hint("np.sum without an axis sums over height, width and channels; b is an array with one number.")


# conv_forward


@topic.exercise(
    reference=reference.conv_forward,
    outputs=("Z", None),
    section="One layer",
    companions=("zero_pad", "conv_output_size", "conv_single_step"),
)
def conv_forward(rng):
    edge = np.repeat([[0.0, 30.0, 30.0, 0.0]], 4, axis=0).reshape(1, 4, 4, 1)
    plain, zero = {"stride": 1, "pad": 0}, np.zeros((1, 1, 1, 1))
    yield case(
        "the bright-to-dark image and the vertical filter",
        BRIGHT_TO_DARK,
        VERTICAL,
        zero,
        plain,
        group="one filter",
        expect=edge,
    )
    yield case("one random image and filter", *random_layer(rng, 1, 5, 5, 1, 1), group="one filter")
    yield case("an image with three channels", *random_layer(rng, 1, 5, 5, 3, 1), group="channels, filters and images")
    yield case("two filters", *random_layer(rng, 1, 4, 4, 2, 2), group="channels, filters and images")
    yield case("three rectangular images", *random_layer(rng, 3, 4, 6, 2, 3), group="channels, filters and images")
    yield case("an even filter", *random_layer(rng, 2, 5, 6, 2, 3, f=2), group="channels, filters and images")
    yield case("filters of one pixel", *random_layer(rng, 2, 3, 4, 3, 2, f=1), group="channels, filters and images")
    yield case("a filter of 5x5", *random_layer(rng, 1, 6, 5, 2, 2, f=5), group="channels, filters and images")
    several, strided = ("channels, filters and images",), ("channels, filters and images", "padding")
    yield case("padding 1, one filter", *random_layer(rng, 1, 4, 4, 1, 1, pad=1), group="padding")
    yield case("padding 1", *random_layer(rng, 1, 4, 5, 2, 2, pad=1), group="padding", besides=several)
    yield case("padding 2", *random_layer(rng, 2, 3, 4, 2, 3, pad=2), group="padding", besides=several)
    yield case("stride 2, one filter", *random_layer(rng, 1, 7, 7, 1, 1, stride=2), group="stride")
    leaving = random_layer(rng, 2, 6, 8, 2, 3, stride=2)
    yield case("stride 2 that leaves a rest", *leaving, group="stride", besides=several)
    padded = random_layer(rng, 2, 7, 9, 2, 3, stride=3, pad=1)
    yield case("stride 3 with padding 1", *padded, group="stride", besides=strided)
    A_prev, W, b, unmoved = random_layer(rng, 1, 6, 6, 1, 1, bias=True)
    yield case("a bias below 0", A_prev, W, -np.abs(b), unmoved, group="bias")
    yield case("a bias for each filter", *random_layer(rng, 1, 4, 4, 2, 3, bias=True), group="bias", besides=several)
    every = random_layer(rng, 3, 6, 7, 3, 4, stride=2, pad=1, bias=True)
    yield case("all together", *every, group="bias", besides=(*strided, "stride"))


def _forward(A_prev, W, b, hparameters, **changed):
    return reference.conv_forward(A_prev, W, b, {**hparameters, **changed})


def _stride_only_in_the_size(A_prev, W, b, hparameters):
    Z, cache = _forward(A_prev, W, b, hparameters)
    dense, _ = _forward(A_prev, W, b, hparameters, stride=1)
    return dense[:, : Z.shape[1], : Z.shape[2]], cache


def _first_image_only(A_prev, W, b, hparameters):
    Z, cache = _forward(A_prev, W, b, hparameters)
    return np.repeat(Z[:1], len(Z), axis=0), cache


def _one_channel_only(A_prev, W, b, hparameters):
    return _forward(A_prev[..., :1], W[:, :, :1], b, hparameters)


def _bias_in_the_sum(A_prev, W, b, hparameters):
    return _forward(A_prev, W, b * W[..., 0].size, hparameters)


def _one_filter_for_all(A_prev, W, b, hparameters):
    return _forward(A_prev, np.repeat(W[..., :1], W.shape[3], axis=3), b, hparameters)


def _height_for_width(A_prev, W, b, hparameters):
    Z, cache = _forward(A_prev, W, b, hparameters)
    side = min(Z.shape[1:3])
    squared = np.zeros((Z.shape[0], Z.shape[1], Z.shape[1], Z.shape[3]))
    squared[:, :side, :side] = Z[:, :side, :side]
    return squared, cache


conv_forward.mistake(
    "no-bias",
    "The bias b is never added: each filter has one, which is added to its whole output. See 'One layer'.",
    lambda A_prev, W, b, hparameters: _forward(A_prev, W, 0 * b, hparameters),
)
conv_forward.mistake(
    "flipped",
    "The filter is turned by 180 degrees before it is used. That is mathematics' convolution; deep learning's does "
    "not flip. See 'To flip or not to flip'.",
    lambda A_prev, W, b, hparameters: _forward(A_prev, W[::-1, ::-1], b, hparameters),
)
conv_forward.mistake(
    "transposed",
    "Rows and columns of the filter are exchanged. See 'Volumes and filters'.",
    lambda A_prev, W, b, hparameters: _forward(A_prev, W.transpose(1, 0, 2, 3), b, hparameters),
)
conv_forward.mistake(
    "no-padding",
    "The padding is left out: pad the images before the filter slides. See 'Padding'.",
    lambda A_prev, W, b, hparameters: _forward(A_prev, W, b, hparameters, pad=0),
)
conv_forward.mistake(
    "stride-not-in-the-window",
    "The output has the right size, but the windows still move by 1: the stride must also decide where a window "
    "begins. See 'Stride and output size'.",
    _stride_only_in_the_size,
)
conv_forward.mistake(
    "no-stride",
    "The stride is left out: the filter moves by 1. See 'Stride and output size'.",
    lambda A_prev, W, b, hparameters: _forward(A_prev, W, b, hparameters, stride=1),
)
conv_forward.mistake(
    "first-image-only",
    "Every image of the batch gets the result of the first: is the loop's index used?",
    _first_image_only,
)
conv_forward.mistake(
    "one-channel-only",
    "Only the first channel of the input is used; a filter spans all of them. See 'Volumes and filters'.",
    _one_channel_only,
)
conv_forward.mistake(
    "one-filter-for-all",
    "Every channel of the output comes from the first filter: is the loop's index used?",
    _one_filter_for_all,
)
conv_forward.mistake(
    "bias-in-the-sum",
    "The bias is added to every product before the sum; it is added once. See 'One layer'.",
    _bias_in_the_sum,
)
conv_forward.mistake(
    "width-from-height",
    "The width of the output is computed from the height; images need not be square.",
    _height_for_width,
)


def _loops(
    start=lambda h, w, stride: (h * stride, w * stride),
    size=lambda n_H, n_W: (n_H, n_W),
    ranges=lambda n_H, n_W: (range(n_H), range(n_W)),
    window=None,
    weights=lambda W, c: W[..., c],
    bias=lambda b, c: b[0, 0, 0, c],
    image=lambda A_pad, A_prev, i: A_pad[i],
    place=lambda i, h, w, c: (i, h, w, c),
):
    """The loops of the assignment with one thing changed."""

    def variant(A_prev, W, b, hparameters):
        stride, pad = hparameters["stride"], hparameters["pad"]
        f, n_C = W.shape[0], W.shape[3]
        n_H, n_W = size(*(_places(n, f, pad, stride) for n in A_prev.shape[1:3]))
        A_pad = reference.zero_pad(A_prev, pad)
        Z = np.zeros((len(A_prev), n_H, n_W, n_C))
        rows, columns = ranges(n_H, n_W)
        for i in range(len(A_prev)):
            seen = image(A_pad, A_prev, i)
            for h in rows:
                for w in columns:
                    top, left = start(h, w, stride)
                    part = seen[top : top + f, left : left + f] if window is None else window(seen, top, left, f)
                    for c in range(n_C):
                        Z[place(i, h, w, c)] = np.sum(part * weights(W, c)) + bias(b, c)
        return Z, None

    return variant


def _places(n, f, pad, stride):
    return (n + 2 * pad - f) // stride + 1


conv_forward.mistake(
    "unpadded",
    "The windows are taken from the images without their border, so those at the edge are cut short: "
    "take them from the padded images (A_prev_pad, not A_prev). See 'Padding'.",
    _loops(image=lambda A_pad, A_prev, i: A_prev[i]),
)
conv_forward.mistake(
    "stride-in-one-direction",
    "The stride moves the windows in one direction only: both the row and the column where a window begins are "
    "multiplied by it.",
    _loops(start=lambda h, w, stride: (h * stride, w)),
)
conv_forward.also("stride-in-one-direction", _loops(start=lambda h, w, stride: (h, w * stride)))
conv_forward.mistake(
    "range-of-the-height-twice",
    "Both loops run over the same size, so part of Z stays 0: h runs over n_H and w over n_W; images "
    "need not be square.",
    _loops(ranges=lambda n_H, n_W: (range(n_H), range(n_H))),
)
conv_forward.also("range-of-the-height-twice", _loops(ranges=lambda n_H, n_W: (range(n_W), range(n_W))))
conv_forward.mistake(
    "ranges-exchanged",
    "The ranges of the loops are exchanged: h, the row, runs over n_H and w, the column, over n_W.",
    _loops(ranges=lambda n_H, n_W: (range(n_W), range(n_H))),
)
conv_forward.mistake(
    "rows-and-columns-exchanged",
    "Row and column change places between the window and Z: what is seen at row h and column w belongs "
    "to Z[i, h, w, c].",
    _loops(place=lambda i, h, w, c: (i, w, h, c)),
)
conv_forward.mistake(
    "window-turned",
    "The window's rows begin at the column and its columns at the row: rows come first, a[rows, columns].",
    _loops(start=lambda h, w, stride: (w * stride, h * stride)),
)
conv_forward.mistake(
    "whole-image",
    "The filter meets the whole image; one step looks at one window of it, f by f. See 'One layer'.",
    _loops(window=lambda seen, top, left, f: seen),
)
conv_forward.mistake(
    "one-bias-for-all",
    "Every filter gets the bias of the first: is the loop's index used?",
    _loops(bias=lambda b, c: b[0, 0, 0, 0]),
)
conv_forward.mistake(
    "window-of-another-size",
    "The windows are longer or shorter than the filter: a window that begins at row r ends at r + f.",
    _loops(window=lambda seen, top, left, f: seen[top : top + f + 1, left : left + f + 1]),
)
conv_forward.also(
    "window-of-another-size", _loops(window=lambda seen, top, left, f: seen[top : top + f - 1, left : left + f - 1])
)
conv_forward.mistake(
    "last-row-missing",
    "The last row and column are never reached: range(n_H) already ends at n_H - 1.",
    _loops(ranges=lambda n_H, n_W: (range(n_H - 1), range(n_W - 1))),
)
conv_forward.mistake(
    "stride-and-no-bias",
    "Two things: the windows still move by 1 (the stride must decide where one begins), and the bias is not added.",
    _loops(start=lambda h, w, stride: (h, w), bias=lambda b, c: 0.0),
)
conv_forward.mistake(
    "no-padding-and-no-bias",
    "Two things: the padding is left out, and the bias is not added.",
    lambda A_prev, W, b, hparameters: reference.conv_forward(A_prev, W, 0 * b, {**hparameters, "pad": 0}),
)
conv_forward.mistake(
    "no-padding-and-no-stride",
    "Two things: the padding is left out, and the windows move by 1 whatever the stride.",
    lambda A_prev, W, b, hparameters: reference.conv_forward(A_prev, W, b, {"stride": 1, "pad": 0}),
)
conv_forward.hint("Compute n_H and n_W first, make Z full of zeros, and pad the whole batch once.")
conv_forward.hint("Which slice of the padded image does output pixel (h, w) look at when the stride is 2?")
conv_forward.hint("It begins at row h * stride and ends f rows later. All channels belong to it; W[..., c] meets it.")
