"""The exercises of notebook 07 on depthwise convolutions, forward and backward."""

from __future__ import annotations

import numpy as np

from dlcourse import mobile as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.mobile.parts import ARRAYS, topic


def _images(rng, m=2, n_H=5, n_W=6, n_C=3, f=3):
    return rng.normal(size=(m, n_H, n_W, n_C)), rng.normal(size=(f, f, n_C))


# depthwise_conv


@topic.exercise(
    reference=reference.depthwise_conv, outputs=("Z", None), section="A filter for each channel", aliases=ARRAYS
)
def depthwise_conv(rng):
    X = np.array([[[1, 5], [2, 6]], [[3, 7], [4, 8]]], float)[None]
    W = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], float)
    expect = np.array([1 + 4, 6 + 7], float).reshape(1, 1, 1, 2)
    yield case("a 2x2 image with two channels, by hand", X, W, 1, "valid", group="without a border", expect=expect)
    yield case("one channel", *_images(rng, 1, 4, 5, 1), 1, "valid", group="without a border")
    yield case("three images with four channels", *_images(rng, 3, 4, 6, 4), 1, "valid", group="without a border")
    yield case("an even filter", *_images(rng, 2, 5, 4, 3, f=2), 1, "valid", group="without a border")
    yield case("filters of one pixel", *_images(rng, 2, 3, 4, 3, f=1), 1, "valid", group="without a border")
    yield case("a border of one pixel", *_images(rng, 2, 4, 5, 2), 1, "same", group="padding 'same'")
    yield case("filters of 5x5", *_images(rng, 1, 6, 5, 3, f=5), 1, "same", group="padding 'same'")
    yield case("an even filter and a border", *_images(rng, 2, 4, 5, 2, f=2), 1, "same", group="padding 'same'")
    yield case("stride 2", *_images(rng, 2, 7, 5, 3), 2, "valid", group="stride")
    yield case("stride 2 that leaves a rest", *_images(rng, 2, 6, 8, 2), 2, "valid", group="stride")
    yield case("stride 3", *_images(rng, 1, 8, 10, 2), 3, "valid", group="stride")
    yield case("stride 2 on an even image", *_images(rng, 2, 6, 4, 3), 2, "same", group="stride and 'same' together")
    yield case("stride 2 on an odd image", *_images(rng, 2, 5, 7, 2), 2, "same", group="stride and 'same' together")
    yield case(
        "stride 3, filters of 5x5", *_images(rng, 1, 7, 8, 2, f=5), 3, "same", group="stride and 'same' together"
    )


def _depthwise(change):
    """A wrong variant, made by handing on other arguments; `change` gives X, W, stride and padding."""
    return lambda X, W, stride=1, padding="same": reference.depthwise_conv(*change(X, W, stride, padding))


def _after(change):
    """A wrong variant, made of the right answer."""

    def variant(X, W, stride=1, padding="same"):
        Z, cache = reference.depthwise_conv(X, W, stride, padding)
        return change(Z), cache

    return variant


def _bordered(border):
    """Zeros of one's own choice in place of "same": `border(n, f, stride)` gives those before and after."""

    def variant(X, W, stride=1, padding="same"):
        if padding == "same":
            sides = [border(n, W.shape[0], stride) for n in X.shape[1:3]]
            X = np.pad(X, ((0, 0), *sides, (0, 0)))
        return reference.depthwise_conv(X, W, stride, "valid")

    return variant


def _stride_only_in_the_size(X, W, stride=1, padding="same"):
    Z, cache = reference.depthwise_conv(X, W, stride, padding)
    dense, _ = _bordered(lambda n, f, _: reference.same_padding(n, f, stride))(X, W, 1, padding)
    return dense[:, : Z.shape[1], : Z.shape[2]], cache


def _width_from_height(X, W, stride=1, padding="same"):
    Z, cache = reference.depthwise_conv(X, W, stride, padding)
    side = min(Z.shape[1:3])
    squared = np.zeros((Z.shape[0], Z.shape[1], Z.shape[1], Z.shape[3]))
    squared[:, :side, :side] = Z[:, :side, :side]
    return squared, cache


def _columns_as_rows(X, W, stride=1, padding="same"):
    """The zeros of the rows are put beside the columns too."""
    if padding == "same":
        side = reference.same_padding(X.shape[1], W.shape[0], stride)
        X = np.pad(X, ((0, 0), side, side, (0, 0)))
    return reference.depthwise_conv(X, W, stride, "valid")


depthwise_conv.mistake(
    "summed-over-channels",
    "Every channel of the output is the sum over all channels: that is one filter of an ordinary convolution. Here "
    "channel c looks at channel c only. See 'A filter for each channel'.",
    _after(lambda Z: np.broadcast_to(Z.sum(axis=3, keepdims=True), Z.shape)),
)
depthwise_conv.mistake(
    "one-channel-left",
    "The channels are summed into one; each stays by itself, so the output has as many as the input.",
    _after(lambda Z: Z.sum(axis=3, keepdims=True)),
)
depthwise_conv.mistake(
    "channels-lost",
    "The output has no axis for the channels: the sum of a window goes over its rows and columns, not over channels.",
    _after(lambda Z: Z.sum(axis=3)),
)
depthwise_conv.mistake(
    "one-filter-for-all",
    "All channels meet the first filter; channel c has a filter of its own, W[:, :, c].",
    _depthwise(lambda X, W, stride, padding: (X, np.repeat(W[..., :1], W.shape[2], axis=2), stride, padding)),
)
depthwise_conv.mistake(
    "flipped",
    "The filters are turned by 180 degrees. As in notebook 01, they are not flipped.",
    _depthwise(lambda X, W, stride, padding: (X, W[::-1, ::-1], stride, padding)),
)
depthwise_conv.mistake(
    "no-padding",
    "The zeros are left out where padding is 'same': the output is then smaller than ceil(n / stride).",
    _depthwise(lambda X, W, stride, padding: (X, W, stride, "valid")),
)
depthwise_conv.mistake(
    "always-padded",
    "Zeros are put around the image whatever padding says; with 'valid' there are none.",
    _depthwise(lambda X, W, stride, padding: (X, W, stride, "same")),
)
depthwise_conv.mistake(
    "padded-as-for-stride-1",
    "The zeros for 'same' depend on the stride too: 6 pixels, a filter of 3 and a stride of 2 need none before and one "
    "after. Ask the function borders.",
    _bordered(lambda n, f, stride: ((f - 1) // 2, f - 1 - (f - 1) // 2)),
)
depthwise_conv.mistake(
    "larger-half-first",
    "Where the zeros are odd in number, the extra one comes after the image, not before.",
    _bordered(lambda n, f, stride: reference.same_padding(n, f, stride)[::-1]),
)
depthwise_conv.mistake(
    "stride-not-in-the-window",
    "The output has the right size, but the windows still move by 1: the window of (h, w) begins at (h * stride, "
    "w * stride).",
    _stride_only_in_the_size,
)
depthwise_conv.mistake(
    "no-stride",
    "The stride is left out: the filters move by 1.",
    _depthwise(lambda X, W, stride, padding: (X, W, 1, padding)),
)
depthwise_conv.mistake(
    "first-image-only",
    "Every image of the batch gets the result of the first: is the loop's index used?",
    _after(lambda Z: np.repeat(Z[:1], len(Z), axis=0)),
)
depthwise_conv.mistake(
    "width-from-height",
    "The width of the output is computed from the height; images need not be square.",
    _width_from_height,
)
depthwise_conv.mistake(
    "columns-padded-as-rows",
    "The columns get as many zeros as the rows. With a stride the two can differ: ask borders for each, with the "
    "height and with the width.",
    _columns_as_rows,
)
depthwise_conv.hint(
    "It is conv_forward of notebook 01 with one loop less: no sum over the channels, no loop over filters."
)
depthwise_conv.hint(
    "In place (h, w) take the window X_pad[i, h * stride : h * stride + f, w * stride : w * stride + f], of shape "
    "(f, f, n_C). Multiply it by W, number by number."
)
depthwise_conv.hint("Sum that product over its first two axes: n_C numbers are left, and they are Z[i, h, w].")


# depthwise_conv_backward


def _depthwise_case(rng, title, group, stride=1, padding="valid", numerical=False, **sizes):
    X, W = _images(rng, **sizes)
    dZ = rng.normal(size=reference.depthwise_conv(X, W, stride, padding)[0].shape)
    cache = made("depthwise_conv", X, W, stride, padding, take=1, otherwise=(X, W, stride, padding))
    if not numerical:
        return case(title, dZ, cache, group=group)

    def forward(X=X, W=W):
        return reference.depthwise_conv(X, W, stride, padding)[0]

    expect = numerical_gradient(lambda x: forward(X=x), X, dZ), numerical_gradient(lambda x: forward(W=x), W, dZ)
    return case(title, dZ, cache, group=group, expect=expect, tolerance=1e-7)


@topic.exercise(
    reference=reference.depthwise_conv_backward,
    outputs=("dX", "dW"),
    section="The way back",
    by_output=True,
    companions=("depthwise_conv",),
)
def depthwise_conv_backward(rng):
    X = np.array([[[1, 5], [2, 6]], [[3, 7], [4, 8]]], float)[None]
    W = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], float)
    cache = made("depthwise_conv", X, W, 1, "valid", take=1, otherwise=(X, W, 1, "valid"))
    upstream = np.array([10.0, 100.0])
    yield case(
        "two 2x2 channels under 2x2 filters, by hand",
        upstream.reshape(1, 1, 1, 2),
        cache,
        group="by hand",
        expect=((W * upstream)[None], X[0] * upstream),
    )
    yield _depthwise_case(rng, "one image, one channel", "stride 1", m=1, n_H=4, n_W=4, n_C=1)
    yield _depthwise_case(rng, "finite differences", "stride 1", numerical=True, m=2, n_H=4, n_W=3, n_C=2, f=2)
    yield _depthwise_case(rng, "three images", "stride 1", m=3, n_H=5, n_W=6, n_C=3)
    yield _depthwise_case(rng, "padding 'same'", "padding", padding="same", m=2, n_H=4, n_W=5, n_C=2)
    yield _depthwise_case(rng, "stride 2", "stride", stride=2, m=2, n_H=7, n_W=5, n_C=3)
    yield _depthwise_case(rng, "stride 2 that leaves a rest", "stride", stride=2, m=2, n_H=6, n_W=8, n_C=2)
    yield _depthwise_case(rng, "stride 2, padding 'same'", "stride", stride=2, padding="same", m=2, n_H=6, n_W=7, n_C=2)


def _backward(change):
    """A wrong variant that changes the two right gradients."""

    def variant(dZ, cache):
        return change(dZ, *cache, *reference.depthwise_conv_backward(dZ, cache))

    return variant


def _sides(X, W, stride, padding):
    sides = [reference.same_padding(n, W.shape[0], stride) if padding == "same" else (0, 0) for n in X.shape[1:3]]
    return np.pad(X, ((0, 0), *sides, (0, 0))), sides


def _cut(dX_pad, X, sides):
    (top, _), (left, _) = sides
    return dX_pad[:, top : top + X.shape[1], left : left + X.shape[2]]


def _overwritten(dZ, X, W, stride, padding, dX, dW):
    """`=` for `+=` in the window of the input's gradient: the last window wins."""
    X_pad, sides = _sides(X, W, stride, padding)
    dX_pad, f = np.zeros_like(X_pad), W.shape[0]
    for h, w in np.ndindex(dZ.shape[1:3]):
        dX_pad[:, h * stride : h * stride + f, w * stride : w * stride + f] = W * dZ[:, h, w][:, None, None]
    return _cut(dX_pad, X, sides), dW


def _window_not_strided(dZ, X, W, stride, padding, dX, dW):
    """Windows that move by 1 on the way back although the way forth had a stride."""
    (X_pad, sides), f = _sides(X, W, stride, padding), W.shape[0]
    used = X_pad[:, : dZ.shape[1] + f - 1, : dZ.shape[2] + f - 1]
    part, dW = reference.depthwise_conv_backward(dZ, (used, W, 1, "valid"))
    dX_pad = np.zeros_like(X_pad)
    dX_pad[:, : used.shape[1], : used.shape[2]] = part
    return _cut(dX_pad, X, sides), dW


def _border_kept(dZ, X, W, stride, padding, dX, dW):
    X_pad, _ = _sides(X, W, stride, padding)
    return reference.depthwise_conv_backward(dZ, (X_pad, W, stride, "valid"))[0], dW


def _cut_symmetrically(dZ, X, W, stride, padding, dX, dW):
    """The border is cut as if it began with (f - 1) // 2 zeros, whatever the stride."""
    X_pad, before = _sides(X, W, stride, padding)[0], (W.shape[0] - 1) // 2
    dX_pad = reference.depthwise_conv_backward(dZ, (X_pad, W, stride, "valid"))[0]
    return (_cut(dX_pad, X, [(before, 0)] * 2) if padding == "same" else dX), dW


def _window_for_filter(dZ, X, W, stride, padding, dX, dW):
    """The window of X in the place of W: what belongs into dW goes into dX."""
    (X_pad, sides), f = _sides(X, W, stride, padding), W.shape[0]
    dX_pad = np.zeros_like(X_pad)
    for h, w in np.ndindex(dZ.shape[1:3]):
        place = np.s_[:, h * stride : h * stride + f, w * stride : w * stride + f]
        dX_pad[place] += X_pad[place] * dZ[:, h, w][:, None, None]
    return _cut(dX_pad, X, sides), dW


def _cut_with_a_minus(dZ, X, W, stride, padding, dX, dW):
    """The end of the cut counted from the end: where nothing is to be cut, -0 is 0, and nothing is left."""
    X_pad, ((above, below), (left, right)) = _sides(X, W, stride, padding)
    dX_pad = reference.depthwise_conv_backward(dZ, (X_pad, W, stride, "valid"))[0]
    return dX_pad[:, above:-below, left:-right], dW


depthwise_conv_backward.mistake(
    "filter-rotated",
    "dX uses the filters turned by 180 degrees. Each input pixel gets back the very weight that it met on the way "
    "forth. See 'The way back'.",
    _backward(
        lambda dZ, X, W, stride, padding, dX, dW: (
            reference.depthwise_conv_backward(dZ, (X, W[::-1, ::-1], stride, padding))[0],
            dW,
        )
    ),
)
depthwise_conv_backward.mistake(
    "overwritten",
    "Windows overlap, so gradients must be added up: dX holds only the last one (`=` for `+=`).",
    _backward(_overwritten),
)
depthwise_conv_backward.mistake(
    "stride-forgotten",
    "The windows move by 1 on the way back; they must begin where they began on the way forth: at h * stride.",
    _backward(_window_not_strided),
)
depthwise_conv_backward.mistake(
    "border-kept", "dX still has the border of zeros: cut it off before returning.", _backward(_border_kept)
)
depthwise_conv_backward.mistake(
    "cut-in-the-wrong-place",
    "The border is cut off in the wrong place: with a stride there can be fewer zeros before the image than after it. "
    "Cut as many as borders has put there.",
    _backward(_cut_symmetrically),
)
depthwise_conv_backward.mistake(
    "channels-mixed",
    "The gradient of every channel holds that of the others too. Channel c of Z came from channel c of X alone, and "
    "that is where its gradient goes.",
    _backward(lambda dZ, X, W, stride, padding, dX, dW: (np.broadcast_to(dX.sum(axis=3, keepdims=True), dX.shape), dW)),
)
depthwise_conv_backward.mistake(
    "averaged",
    "dW is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
    _backward(lambda dZ, X, W, stride, padding, dX, dW: (dX, dW / len(dZ))),
)
depthwise_conv_backward.mistake(
    "last-image-only",
    "dW holds the gradient of the last image only: it must be added up over the batch.",
    _backward(
        lambda dZ, X, W, stride, padding, dX, dW: (
            dX,
            reference.depthwise_conv_backward(dZ[-1:], (X[-1:], W, stride, padding))[1],
        )
    ),
)
depthwise_conv_backward.mistake(
    "last-place-only",
    "dW holds the gradient of the last window only: every window adds its part (`=` for `+=`).",
    _backward(lambda dZ, X, W, stride, padding, dX, dW: (dX, _last_window(dZ, X, W, stride, padding))),
)
depthwise_conv_backward.mistake(
    "weights-for-window",
    "dX and dW are exchanged: the window's gradient is made of W, that of W is made of the window.",
    _backward(lambda dZ, X, W, stride, padding, dX, dW: (dW, dX)),
)


def _last_window(dZ, X, W, stride, padding):
    X_pad, f = _sides(X, W, stride, padding)[0], W.shape[0]
    h, w = (n - 1 for n in dZ.shape[1:3])
    return X_pad[-1, h * stride : h * stride + f, w * stride : w * stride + f] * dZ[-1, h, w]


depthwise_conv_backward.mistake(
    "window-in-dx",
    "dX adds up windows of X. The derivative of window * W by the window is W: that is what the window's gradient is "
    "made of.",
    _backward(_window_for_filter),
)
depthwise_conv_backward.mistake(
    "empty-slice",
    "Where there are no zeros behind the image, dX comes back empty: [top:-0] is [top:0]. Count the end of the cut "
    "from the beginning, top + n_H_prev.",
    _backward(_cut_with_a_minus),
)
depthwise_conv_backward.hint("Begin with arrays of zeros in the shapes of X (padded) and W; everything is added up.")
depthwise_conv_backward.hint(
    "Z[i, h, w] = sum(window * W) over rows and columns. What is its derivative by the window? By W?"
)
depthwise_conv_backward.hint(
    "In each place the window's gradient grows by W * dZ[i, h, w], that of W by window * dZ[i, h, w]: the n_C numbers "
    "of dZ[i, h, w] meet the last axis. At the end the border is cut off dX, with the numbers that borders gave."
)
