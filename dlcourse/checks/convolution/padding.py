"""The exercises of notebook 01 on sizes: `zero_pad`, `conv_output_size`, `same_padding`."""

from __future__ import annotations

import numpy as np

from dlcourse import convolution as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.convolution.shared import FLOAT, topic, whole_numbers

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


def _images_in_place(args, expected, got):
    X, pad = args
    inside = np.s_[:, pad : pad + X.shape[1], pad : pad + X.shape[2]]
    return pad > 0 and np.shape(got) == expected.shape and np.array_equal(np.asarray(got)[inside], X)


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
zero_pad.shows(
    "border-not-zero",
    "The images are in their places, but the border around them holds other numbers than zeros. np.empty "
    "leaves what stood in the memory before; np.zeros does not. See 'Padding'.",
    _images_in_place,
)
zero_pad.mistake(
    "padding-once",
    "The border is half as wide as it should be, or on one side only: it takes 2 * pad from edge to edge.",
    lambda X, pad: np.pad(X, ((0, 0), (pad, 0), (pad, 0), (0, 0))),
)
zero_pad.hint("Which of the four axes of (m, n_H, n_W, n_C) are directions in the picture?")
zero_pad.hint("np.pad takes one pair (before, after) for each axis; a pair of zeros leaves an axis as it is.")


# conv_output_size


@topic.exercise(reference=reference.conv_output_size, section="Stride and output size")
def conv_output_size(rng):
    one, larger = ({"group": group, "compare": whole_numbers("the result")} for group in ("stride 1", "larger strides"))
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
conv_output_size.also("precedence", lambda n, f, pad, stride: int(n - f + 2 * pad / stride) + 1)
conv_output_size.also("precedence", lambda n, f, pad, stride: int(n - f / stride + 2 * pad) + 1)
conv_output_size.mistake(
    "stride-forgotten",
    "The stride is left out: a filter that moves by 2 stands in half as many places. See 'Stride and output size'.",
    lambda n, f, pad, stride: n + 2 * pad - f + 1,
)
conv_output_size.mistake(
    "filter-added",
    "f is added; the filter takes away room: n + 2 pad - f. See 'Stride and output size'.",
    lambda n, f, pad, stride: (n + f + 2 * pad) // stride + 1,
)
conv_output_size.mistake(
    "padding-subtracted",
    "The padding is taken away; it makes the image larger: n + 2 pad.",
    lambda n, f, pad, stride: (n - f - 2 * pad) // stride + 1,
)
conv_output_size.also("padding-subtracted", lambda n, f, pad, stride: int((n - f - 2 * pad) / stride) + 1)
conv_output_size.mistake(
    "padding-forgotten",
    "The padding is left out: with it the image has n + 2 pad pixels.",
    lambda n, f, pad, stride: (n - f) // stride + 1,
)
conv_output_size.mistake(
    "stride-multiplied",
    "The travel of the filter is multiplied by the stride; larger steps are fewer, so divide.",
    lambda n, f, pad, stride: (n + 2 * pad - f) * stride + 1,
)
conv_output_size.mistake(
    "first-place-taken-off",
    "1 is taken off where it should be added: the place where the filter begins counts too.",
    lambda n, f, pad, stride: (n + 2 * pad - f) // stride - 1,
)
conv_output_size.mistake(
    "one-too-many",
    "One place too many is counted: the first place counts once.",
    lambda n, f, pad, stride: (n + 2 * pad - f) // stride + 2,
)
conv_output_size.hint("Slide the filter to the right by `stride` until it no longer fits. How many places was it in?")
conv_output_size.hint("How far can the left edge of the filter travel? Divide that by the stride, without a rest.")


# same_padding


@topic.exercise(reference=reference.same_padding, outputs=("before", "after"), section="Two meanings of 'same'")
def same_padding(rng):
    one, larger = (
        {"group": group, "compare": whole_numbers("before", "after")} for group in ("stride 1", "larger strides")
    )
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


def _same(n, f, stride, outputs=None, total=None, split=lambda t: (t // 2, t - t // 2)):
    outputs = -(-n // stride) if outputs is None else outputs(n, f, stride)
    wanted = (outputs - 1) * stride + f - n if total is None else total(outputs, n, f, stride)
    return split(max(wanted, 0))


def _same_with(**changed):
    return lambda n, f, stride: _same(n, f, stride, **changed)


same_padding.also("stride-ignored", lambda n, f, stride: ((f - 1) // 2, (f - 1) // 2))
same_padding.also("keeps-n", lambda n, f, stride: (((n - 1) * stride + f - n) // 2,) * 2)
same_padding.mistake(
    "half-of-a-pixel",
    "Half of an odd number is no whole number: t // 2 rounds the first part down, and the rest comes after.",
    _same_with(split=lambda t: (t / 2, t / 2)),
)
same_padding.mistake(
    "output-rounded-down",
    "The output has n / stride pixels, rounded up; here it is rounded down, and the last pixels are left out.",
    _same_with(outputs=lambda n, f, stride: n // stride),
)
same_padding.mistake(
    "first-place-missing",
    "One step too many: from the first place to the last there are one step fewer than places, (outputs - 1) * stride.",
    _same_with(total=lambda outputs, n, f, stride: outputs * stride + f - n),
)
same_padding.mistake(
    "twice-the-half",
    "Where the total is odd, a pixel is lost: both sides get the half, rounded down. What is left comes after.",
    _same_with(split=lambda t: (t // 2, t // 2)),
)
same_padding.mistake(
    "filter-forgotten",
    "The filter's own size is left out: the last window reaches f pixels beyond its beginning.",
    _same_with(total=lambda outputs, n, f, stride: (outputs - 1) * stride - n),
)
same_padding.mistake(
    "one-in-the-sum",
    "The total is off by one or two pixels: it is (outputs - 1) * stride + f - n.",
    _same_with(total=lambda outputs, n, f, stride: (outputs - 1) * stride + f - n + 1),
)
same_padding.also("one-in-the-sum", _same_with(total=lambda outputs, n, f, stride: (outputs - 2) * stride + f - n))
same_padding.also("one-in-the-sum", _same_with(total=lambda outputs, n, f, stride: (outputs + 1) * stride + f - n))
same_padding.mistake(
    "never-none",
    "Where no padding is needed it is 0; here it is never below 1.",
    lambda n, f, stride: (lambda t: (t // 2, t - t // 2))(max((-(-n // stride) - 1) * stride + f - n, 1)),
)
same_padding.hint("First the size of the output: n / stride, rounded up. How many pixels do so many windows cover?")
same_padding.hint("(outputs - 1) * stride + f pixels are covered. What is missing to n is the padding, never below 0.")
same_padding.hint("Half of it, rounded down, comes before; the rest after.")
