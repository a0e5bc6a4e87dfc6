"""The exercises of notebook 01: padding, output sizes, convolution forward and backward, parameters."""

from __future__ import annotations

import numpy as np

from dlcourse import convolution as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic, case, claim, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.panel import notebook
from dlcourse.checks.convolution.slips import add_slips

topic = Topic("convolution")
check, hint, solution = notebook.functions(topic)

VERTICAL = np.array([[1.0, 0.0, -1.0]] * 3).reshape(3, 3, 1, 1)
BRIGHT_TO_DARK = np.repeat([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]], 6, axis=0).reshape(1, 6, 6, 1)


# zero_pad


@topic.exercise(reference=reference.zero_pad, section="Padding")
def zero_pad(rng):
    small = np.arange(1.0, 5.0).reshape(1, 2, 2, 1)
    framed = np.array([[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]], float).reshape(1, 4, 4, 1)
    yield case("a 2x2 image and a border of 1, by hand", small, 1, group="one image", expect=framed)
    yield case("a rectangular image", rng.normal(size=(1, 3, 5, 1)), 2, group="one image")
    yield case("several images with several channels", rng.normal(size=(3, 4, 5, 2)), 1, group="batches and channels")
    yield case("a border of 3", rng.normal(size=(2, 5, 4, 3)), 3, group="batches and channels")
    yield case("a border of 0", rng.normal(size=(2, 3, 3, 2)), 0, group="batches and channels")
    yield case("float32 images", rng.normal(size=(2, 3, 4, 2)).astype("f4"), 2, group="batches and channels")


def _pad(widths, **mode):
    return lambda X, pad: np.pad(X, [tuple(pad * side for side in axis) for axis in widths], **mode)


zero_pad.mistake(
    "channels-padded",
    "The channels are padded too; a border goes around height and width only. See 'Padding'.",
    _pad([(0, 0), (1, 1), (1, 1), (1, 1)]),
)
zero_pad.mistake(
    "every-axis-padded",
    "All four axes are padded, so images of zeros are added to the batch. See 'Padding'.",
    _pad([(1, 1)] * 4),
)
zero_pad.mistake(
    "after-only",
    "Zeros are added on one side only; the border goes all around. See 'Padding'.",
    _pad([(0, 0), (0, 1), (0, 1), (0, 0)]),
)
zero_pad.mistake(
    "height-only",
    "Only the height is padded; the width needs the same border. See 'Padding'.",
    _pad([(0, 0), (1, 1), (0, 0), (0, 0)]),
)
zero_pad.mistake(
    "edge-repeated",
    "The border repeats the edge pixels; it must hold zeros. See 'Padding'.",
    _pad([(0, 0), (1, 1), (1, 1), (0, 0)], mode="edge"),
)
zero_pad.mistake(
    "wrong-axes",
    "The border lies around the batch and the height: axis 0 counts images. See 'Padding'.",
    _pad([(1, 1), (1, 1), (0, 0), (0, 0)]),
)
zero_pad.hint("Which of the four axes of (m, n_H, n_W, n_C) are directions in the picture?")
zero_pad.hint("np.pad takes one pair (before, after) for each axis; a pair of zeros leaves an axis as it is.")


# conv_output_size


FLOAT = "The number is right, but it is a float, and np.zeros and range want whole numbers: use // or int(...)."


def _whole(*labels):
    """A comparison of whole numbers: a float is none, even where it has the right value."""

    def whole(expected, got):
        expected, parts = (
            value if isinstance(value, (tuple, list)) or np.ndim(value) else [value] for value in (expected, got)
        )
        if len(parts) != len(labels):
            return f"{len(parts)} values come back; {len(labels)} were expected: {' and '.join(labels)}."
        for label, right, value in zip(labels, expected, parts, strict=True):
            if difference := compare(right, value, label):
                return difference.message
            if np.asarray(value).dtype.kind == "f" and np.asarray(right).dtype.kind != "f":
                return FLOAT
        return None

    return whole


@topic.exercise(reference=reference.conv_output_size, section="Stride and output size")
def conv_output_size(rng):
    one, larger = ({"group": group, "compare": _whole("the result")} for group in ("stride 1", "larger strides"))
    yield case("6 pixels, a filter of 3", 6, 3, 0, 1, expect=4, **one)
    yield case("padding of 1 keeps 6 pixels", 6, 3, 1, 1, expect=6, **one)
    yield case("39 pixels, a filter of 3, stride 1", 39, 3, 0, 1, expect=37, **one)
    yield case("37 pixels, a filter of 5, stride 2", 37, 5, 0, 2, expect=17, **larger)
    yield case("the last step does not fit: 6 pixels, a filter of 3, stride 2", 6, 3, 0, 2, **larger)
    yield case(
        "three quarters of a step do not count: 10 pixels, a filter of 3, stride 4", 10, 3, 0, 4, expect=2, **larger
    )
    yield case("the filter covers everything", 5, 5, 0, 3, expect=1, **larger)
    for _ in range(8):
        f = int(rng.integers(1, 8))
        n, pad, stride = int(rng.integers(f, 60)), int(rng.integers(0, 4)), int(rng.integers(2, 5))
        yield case(f"{n} pixels, a filter of {f}, padding {pad}, stride {stride}", n, f, pad, stride, **larger)


conv_output_size.mistake(
    "precedence",
    "Only f is divided by the stride: the whole of n + 2 pad - f must be. See 'Stride and output size'.",
    lambda n, f, pad, stride: int(n + 2 * pad - f / stride + 1),
)
conv_output_size.mistake(
    "no-floor",
    "Where the last step does not fit, the result is a fraction: a filter is placed a whole number of times. See "
    "'Stride and output size'.",
    lambda n, f, pad, stride: (n + 2 * pad - f) / stride + 1,
)
conv_output_size.mistake(
    "rounded",
    "The fraction is rounded to the nearest number; it is always rounded down.",
    lambda n, f, pad, stride: round((n + 2 * pad - f) / stride + 1),
)
conv_output_size.mistake(
    "rounded-up",
    "The division is rounded up, which counts a place where the filter hangs over the edge.",
    lambda n, f, pad, stride: -(-(n + 2 * pad - f) // stride) + 1,
)
conv_output_size.mistake(
    "first-place-missing",
    "The first place is not counted: the + 1 at the end is missing.",
    lambda n, f, pad, stride: (n + 2 * pad - f) // stride,
)
conv_output_size.mistake(
    "padding-once",
    "The padding is counted once; it lies on both sides.",
    lambda n, f, pad, stride: (n + pad - f) // stride + 1,
)
conv_output_size.mistake(
    "one-inside",
    "The + 1 is divided by the stride as well; it stands outside the fraction.",
    lambda n, f, pad, stride: (n + 2 * pad - f + 1) // stride,
)
conv_output_size.mistake("float", FLOAT, lambda n, f, pad, stride: float(reference.conv_output_size(n, f, pad, stride)))
conv_output_size.hint("Slide the filter to the right by `stride` until it no longer fits. How many places was it in?")
conv_output_size.hint("How far can the left edge of the filter travel? Divide that by the stride, without a rest.")


# same_padding


@topic.exercise(reference=reference.same_padding, outputs=("before", "after"), section="Two meanings of 'same'")
def same_padding(rng):
    one, larger = ({"group": group, "compare": _whole("before", "after")} for group in ("stride 1", "larger strides"))
    yield case("6 pixels, a filter of 3, stride 1", 6, 3, 1, expect=(1, 1), **one)
    yield case("an even filter: 6 pixels, a filter of 4", 6, 4, 1, expect=(1, 2), **one)
    yield case("6 pixels, a filter of 3, stride 2", 6, 3, 2, expect=(0, 1), **larger)
    yield case("7 pixels, a filter of 3, stride 2", 7, 3, 2, expect=(1, 1), **larger)
    yield case("a filter smaller than the stride needs none", 6, 1, 2, expect=(0, 0), **larger)
    for _ in range(8):
        n, f, stride = (int(rng.integers(low, high)) for low, high in ((7, 40), (2, 8), (2, 5)))
        yield case(f"{n} pixels, a filter of {f}, stride {stride}", n, f, stride, **larger)


def _total(n, f, stride):
    return max((-(-n // stride) - 1) * stride + f - n, 0)


same_padding.mistake(
    "larger-half-first",
    "Where the total is odd, the extra pixel goes after, not before.",
    lambda n, f, stride: (_total(n, f, stride) - _total(n, f, stride) // 2, _total(n, f, stride) // 2),
)
same_padding.mistake(
    "stride-ignored",
    "The stride is left out: f - 1 pixels in all are right only for a stride of 1.",
    lambda n, f, stride: ((f - 1) // 2, f - 1 - (f - 1) // 2),
)
same_padding.mistake(
    "keeps-n",
    "This padding keeps the output as large as the input at any stride: the other meaning of 'same'. TensorFlow's "
    'output has ceil(n / stride) pixels: look again at the two meanings of "same".',
    lambda n, f, stride: (((n - 1) * stride + f - n) // 2, (n - 1) * stride + f - n - ((n - 1) * stride + f - n) // 2),
)
same_padding.mistake(
    "not-split",
    "The whole padding is put on both sides; it is shared between before and after.",
    lambda n, f, stride: (_total(n, f, stride), _total(n, f, stride)),
)
same_padding.mistake(
    "negative",
    "A padding cannot be negative: a small filter with a large stride needs none.",
    lambda n, f, stride: (
        ((-(-n // stride) - 1) * stride + f - n) // 2,
        (-(-n // stride) - 1) * stride + f - n - ((-(-n // stride) - 1) * stride + f - n) // 2,
    ),
)
same_padding.mistake(
    "float", FLOAT, lambda n, f, stride: tuple(float(side) for side in reference.same_padding(n, f, stride))
)
same_padding.hint("First the size of the output: n / stride, rounded up. How many pixels do so many windows cover?")
same_padding.hint("(outputs - 1) * stride + f pixels are covered. What is missing to n is the padding, never below 0.")
same_padding.hint("Half of it, rounded down, comes before; the rest after.")


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
conv_single_step.hint("Multiply the slice and the filter number by number. What is then left to do with the products?")
conv_single_step.hint("np.sum without an axis sums over height, width and channels; b is an array with one number.")


# conv_forward


def _layer(rng, m=2, n_H=5, n_W=6, n_C_prev=3, n_C=4, f=3, stride=1, pad=0, bias=False):
    A_prev = rng.normal(size=(m, n_H, n_W, n_C_prev))
    W = rng.normal(size=(f, f, n_C_prev, n_C))
    b = rng.normal(size=(1, 1, 1, n_C)) if bias else np.zeros((1, 1, 1, n_C))
    return A_prev, W, b, {"stride": stride, "pad": pad}


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
    yield case("one random image and filter", *_layer(rng, 1, 5, 5, 1, 1), group="one filter")
    yield case("an image with three channels", *_layer(rng, 1, 5, 5, 3, 1), group="channels, filters and images")
    yield case("two filters", *_layer(rng, 1, 4, 4, 2, 2), group="channels, filters and images")
    yield case("three rectangular images", *_layer(rng, 3, 4, 6, 2, 3), group="channels, filters and images")
    yield case("an even filter", *_layer(rng, 2, 5, 6, 2, 3, f=2), group="channels, filters and images")
    yield case("filters of one pixel", *_layer(rng, 2, 3, 4, 3, 2, f=1), group="channels, filters and images")
    yield case("a filter of 5x5", *_layer(rng, 1, 6, 5, 2, 2, f=5), group="channels, filters and images")
    yield case("padding 1", *_layer(rng, 1, 4, 5, 2, 2, pad=1), group="padding")
    yield case("padding 2", *_layer(rng, 2, 3, 4, 2, 3, pad=2), group="padding")
    yield case("stride 2", *_layer(rng, 1, 7, 7, 1, 2, stride=2), group="stride")
    yield case("stride 2 that leaves a rest", *_layer(rng, 2, 6, 8, 2, 3, stride=2), group="stride")
    yield case("stride 3 with padding 1", *_layer(rng, 2, 7, 9, 2, 3, stride=3, pad=1), group="stride")
    yield case("a bias for each filter", *_layer(rng, 1, 4, 4, 2, 3, bias=True), group="bias")
    yield case("all together", *_layer(rng, 3, 6, 7, 3, 4, stride=2, pad=1, bias=True), group="bias")


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
conv_forward.hint("Compute n_H and n_W first, make Z full of zeros, and pad the whole batch once.")
conv_forward.hint("Which slice of the padded image does output pixel (h, w) look at when the stride is 2?")
conv_forward.hint("It begins at row h * stride and ends f rows later. All channels belong to it; W[..., c] meets it.")


# conv_backward


def _backward_case(rng, title, group, numerical=False, **shape):
    A_prev, W, b, hparameters = _layer(rng, bias=True, **shape)
    Z, _ = reference.conv_forward(A_prev, W, b, hparameters)
    dZ = rng.normal(size=Z.shape)
    cache = made("conv_forward", A_prev, W, b, hparameters, take=1, otherwise=(A_prev, W, b, hparameters))
    if not numerical:
        return case(title, dZ, cache, group=group)

    def forward(A_prev=A_prev, W=W, b=b):
        return reference.conv_forward(A_prev, W, b, hparameters)[0]

    expect = (
        numerical_gradient(lambda x: forward(A_prev=x), A_prev, dZ),
        numerical_gradient(lambda x: forward(W=x), W, dZ),
        numerical_gradient(lambda x: forward(b=x), b, dZ),
    )
    return case(title, dZ, cache, group=group, expect=expect, tolerance=1e-7)


def _by_hand():
    """One 2x2 filter on a 2x2 image: dW is the image and dA_prev the filter, both times dZ."""
    A_prev = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    W = np.array([[5.0, 6.0], [7.0, 8.0]]).reshape(2, 2, 1, 1)
    b, hparameters = np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0}
    dZ = np.full((1, 1, 1, 1), 10.0)
    cache = made("conv_forward", A_prev, W, b, hparameters, take=1, otherwise=(A_prev, W, b, hparameters))
    expect = (10 * W.reshape(1, 2, 2, 1), 10 * A_prev.reshape(2, 2, 1, 1), np.full((1, 1, 1, 1), 10.0))
    return case("a 2x2 image under a 2x2 filter, by hand", dZ, cache, group="without a border", expect=expect)


@topic.exercise(
    reference=reference.conv_backward,
    outputs=("dA_prev", "dW", "db"),
    section="The way back",
    by_output=True,
    companions=("zero_pad", "conv_forward"),
    weights={"dA_prev": 2.0, "dW": 2.0},
)
def conv_backward(rng):
    # without a border only where nothing else is difficult: x[pad:-pad], which is empty then, raises
    yield _by_hand()
    yield _backward_case(rng, "one image, one filter", "without a border", m=1, n_H=4, n_W=4, n_C_prev=1, n_C=1)
    yield _backward_case(rng, "finite differences", "stride 1", True, m=2, n_H=3, n_W=2, n_C_prev=2, n_C=2, f=2, pad=1)
    yield _backward_case(rng, "several images, channels and filters", "stride 1", m=3, n_H=4, n_C_prev=2, n_C=3, pad=1)
    yield _backward_case(rng, "as many channels as filters", "stride 1", m=2, n_H=4, n_W=3, n_C=3, pad=1)
    yield _backward_case(rng, "a filter of 5x5", "stride 1", m=1, n_H=4, n_W=3, n_C_prev=2, n_C=2, f=5, pad=1)
    yield _backward_case(rng, "padding 2", "padding", m=2, n_H=3, n_W=4, n_C_prev=2, n_C=3, pad=2)
    yield _backward_case(rng, "stride 2", "stride", m=2, n_H=5, n_W=7, n_C_prev=2, n_C=3, stride=2, pad=1)
    yield _backward_case(
        rng, "stride 2 that leaves a rest", "stride", m=2, n_H=4, n_W=6, n_C_prev=2, n_C=2, stride=2, pad=1
    )
    yield _backward_case(rng, "padding 2 and stride 3", "stride", m=2, n_H=6, n_W=7, n_C_prev=2, n_C=2, stride=3, pad=2)


def _backward(change):
    """A wrong variant that changes the three right gradients."""

    def variant(dZ, cache):
        A_prev, W, b, hparameters = cache
        return change(dZ, A_prev, W, b, hparameters, *reference.conv_backward(dZ, cache))

    return variant


def _input_gradient(dZ, A_prev, W, hparameters):
    zero = np.zeros((1, 1, 1, W.shape[3]))
    return reference.conv_backward(dZ, (A_prev, W, zero, hparameters))[0]


def _overwritten(dZ, A_prev, W, b, hparameters, dA, dW, db):
    """`=` for `+=` in the window of the input's gradient: the last window and filter win."""
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    dA_pad = np.zeros_like(reference.zero_pad(A_prev, pad))
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            window = np.s_[:, h * stride : h * stride + f, w * stride : w * stride + f]
            dA_pad[window] = W[..., -1] * dZ[:, h, w, -1][:, None, None, None]
    n_H, n_W = A_prev.shape[1:3]
    return dA_pad[:, pad : pad + n_H, pad : pad + n_W], dW, db


def _window_not_strided(dZ, A_prev, W, b, hparameters, dA, dW, db):
    """Windows that move by 1 on the way back although the way forth had a stride."""
    pad, f = hparameters["pad"], W.shape[0]
    A_pad = reference.zero_pad(A_prev, pad)
    used = A_pad[:, : dZ.shape[1] + f - 1, : dZ.shape[2] + f - 1]
    part, dW, db = reference.conv_backward(dZ, (used, W, b, {"stride": 1, "pad": 0}))
    dA_pad = np.zeros_like(A_pad)
    dA_pad[:, : used.shape[1], : used.shape[2]] = part
    n_H, n_W = A_prev.shape[1:3]
    return dA_pad[:, pad : pad + n_H, pad : pad + n_W], dW, db


conv_backward.mistake(
    "filter-rotated",
    "dA_prev uses the filter turned by 180 degrees. Each input pixel gets back the very weight that it met on the "
    "way forth. See 'The way back'.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (_input_gradient(dZ, A, W[::-1, ::-1], h), dW, db)),
)
conv_backward.mistake(
    "overwritten",
    "Windows overlap, so gradients must be added up: dA_prev holds only the last one (`=` for `+=`).",
    _backward(_overwritten),
)
conv_backward.mistake(
    "stride-forgotten",
    "The windows move by 1 on the way back; they must begin where they began on the way forth: at "
    "h * stride. See 'The way back'.",
    _backward(_window_not_strided),
)
conv_backward.mistake(
    "border-kept",
    "dA_prev still has the border of the padding: cut it off before returning.",
    _backward(
        lambda dZ, A, W, b, h, dA, dW, db: (
            reference.conv_backward(dZ, (reference.zero_pad(A, h["pad"]), W, b, {**h, "pad": 0}))[0],
            dW,
            db,
        )
    ),
)
conv_backward.mistake(
    "averaged",
    "dW and db are divided by the number of images. The mean belongs to the loss; it is already in dZ.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW / len(dZ), db / len(dZ))),
)
conv_backward.mistake(
    "db-averaged",
    "db is a mean of dZ; a bias is added everywhere, so its gradient is a sum.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, dZ.mean(axis=(0, 1, 2)).reshape(b.shape))),
)
conv_backward.mistake(
    "db-over-filters",
    "db sums over the filters too; each filter has a bias of its own.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, np.full_like(b, dZ.sum()))),
)
conv_backward.mistake(
    "db-last-pixel",
    "db holds the gradient of one place only: is it added up over all images, rows and columns?",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, dZ[-1, -1, -1].reshape(b.shape))),
)
conv_backward.mistake(
    "last-image-only",
    "dW holds the gradient of the last image only: it must be added up over the batch.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, reference.conv_backward(dZ[-1:], (A[-1:], W, b, h))[1], db)),
)
conv_backward.mistake(
    "unpadded",
    "dW is computed from the images without their border; use the padded ones, as on the way forth.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, _weights_gradient_unpadded(dZ, A, W, h), db)),
)


def _weights_gradient_unpadded(dZ, A_prev, W, hparameters):
    """The windows of the way forth, taken from the image without its border: those over the edge are cut short."""
    stride, f = hparameters["stride"], W.shape[0]
    grown = np.pad(A_prev, [(0, 0), (0, 2 * hparameters["pad"]), (0, 2 * hparameters["pad"]), (0, 0)])
    zero = np.zeros((1, 1, 1, W.shape[3]))
    assert grown.shape[1] >= (dZ.shape[1] - 1) * stride + f
    return reference.conv_backward(dZ, (grown, W, zero, {**hparameters, "pad": 0}))[1]


conv_backward.hint("Begin with arrays of zeros in the shapes of A_prev (padded), W and b; everything is added up.")
conv_backward.hint("Z[i, h, w, c] = sum(window * W[..., c]) + b[c]. What is its derivative by the window? By W? By b?")
conv_backward.hint(
    "Four loops as on the way forth. In each place: the window's gradient grows by W[..., c] * dZ[i, h, w, c], that "
    "of W[..., c] by window * dZ[i, h, w, c], that of b[c] by dZ[i, h, w, c]. The border is cut off at the end."
)


# conv_parameters


@topic.exercise(reference=reference.conv_parameters, section="How many parameters")
def conv_parameters(rng):
    options = {"group": "one layer", "compare": _whole("the result")}
    yield case("ten 3x3 filters on three channels", 3, 3, 10, expect=280, **options)
    yield case("twenty 5x5 filters on ten channels", 5, 10, 20, expect=5020, **options)
    for _ in range(4):
        f, n_C_prev, n_C = (int(rng.integers(2, high)) for high in (8, 30, 60))
        yield case(f"{n_C} filters of {f}x{f} on {n_C_prev} channels", f, n_C_prev, n_C, **options)


conv_parameters.mistake(
    "channels-left-out",
    "The channels of the input are left out: a filter has f * f weights for each of them.",
    lambda f, n_C_prev, n_C: (f * f + 1) * n_C,
)
conv_parameters.mistake("no-bias", "The biases are not counted: one for each filter.", lambda f, p, c: f * f * p * c)
conv_parameters.mistake(
    "one-bias", "One bias is counted for the whole layer; each filter has its own.", lambda f, p, c: f * f * p * c + 1
)
conv_parameters.mistake(
    "bias-for-each-channel",
    "A bias is counted for each channel of the input; a filter has one.",
    lambda f, p, c: (f * f + 1) * p * c,
)
conv_parameters.mistake(
    "f-not-squared", "A filter is f wide and f high: f * f weights for each channel.", lambda f, p, c: (f * p + 1) * c
)
conv_parameters.mistake("float", FLOAT, lambda f, n_C_prev, n_C: float(reference.conv_parameters(f, n_C_prev, n_C)))
conv_parameters.hint("How many weights has one filter? It is as deep as its input.")
conv_parameters.hint("Add its bias, then multiply by the number of filters. The size of the image plays no part.")


add_slips(topic)


spot_the_mistake = topic.claims(
    claim(
        "conv1_parameters",
        "the parameters of six 5x5 filters on a 32x32x3 input.",
        reference.conv_parameters(5, 3, 6),
        {
            (5 * 5 + 1) * 6: "156 is right for a grey image. This one has three channels, and a filter spans them all.",
            5 * 5 * 3 * 6: "The six biases are missing.",
            5 * 5 * 3 * 6 + 1: "One bias is counted; there is one for each filter.",
        },
    ),
    claim(
        "flip",
        "which axes does mathematics' convolution flip?",
        "both",
        {
            "neither": "Without a flip it is cross-correlation, which deep-learning libraries call convolution.",
            "rows": "The rows are flipped, and something else too: the filter is turned by 180 degrees.",
            "columns": "The columns are flipped, and something else too: the filter is turned by 180 degrees.",
        },
        choices=("rows", "columns", "both", "neither"),
    ),
    claim(
        "output_size",
        "the size of the output for n = 7, pad = 1, f = 4, stride = 2.",
        reference.conv_output_size(7, 4, 1, 2),
        {
            7 + 2 - 4 / 2 + 1: "Read literally, the notes divide only f by the stride.",
            (7 + 2 - 4) / 2 + 1: "A filter cannot be placed half a time: round down.",
            -(-(7 + 2 - 4) // 2) + 1: "Round down: the last place hangs over the edge.",
        },
    ),
    claim(
        "conv1_units",
        "what are the 28 * 28 * 6 = 4704?",
        "units",
        {
            "layers": "It is one layer; each of these is a single number in its output.",
            "filters": "There are six filters; each gives a plane of 28 * 28 numbers.",
            "parameters": "Filters are shared between places, so the parameters are far fewer.",
        },
        choices=("layers", "units", "filters", "parameters"),
    ),
    claim(
        "wide_image_weights",
        "the weights between a 3000x3000x3 image and 1000 units, fully connected.",
        3000 * 3000 * 3 * 1000,
        {
            1000 * 1000 * 3 * 1000: "3 billion is the figure for an image of 1000x1000x3.",
            3000 * 3000 * 1000: "The three channels are missing.",
            3000 * 3000 * 3: "These are the inputs; each of the 1000 units has a weight for every one of them.",
        },
    ),
)
spot_the_mistake.hint("Write each sentence of the notes as a small computation; your functions can do most of them.")
spot_the_mistake.hint("Look for a missing factor, a division that ends too early, a word that names the wrong thing.")
