"""The exercises of notebook 16 that count: sizes and parameters in any number of dimensions, steps seen."""

from __future__ import annotations

import math

from dlcourse import dimensions as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.dimensions.parts import topic

# layer_in_numbers


@topic.exercise(
    reference=reference.layer_in_numbers,
    outputs=("output_shape", "parameters"),
    section="Sizes and parameters",
    by_output=True,
    aliases={"filters": "n_C", "number_of_filters": "n_C", "padding": "pad"},
)
def layer_in_numbers(rng):
    yield case("16 filters of 5 on 14 numbers", (14, 1), 5, 16, 1, 0, group="one axis", expect=((10, 16), 96))
    yield case("32 filters of 5 on that", (10, 16), 5, 32, 1, 0, group="one axis", expect=((6, 32), 2592))
    yield case("an image: ten 3x3 filters", (6, 8, 3), 3, 10, 1, 0, group="two axes", expect=((4, 6, 10), 280))
    yield case(
        "16 filters of 5 on a cube of 14",
        (14, 14, 14, 1),
        5,
        16,
        1,
        0,
        group="three axes",
        expect=((10,) * 3 + (16,), 2016),
    )
    yield case(
        "32 filters on that", (10, 10, 10, 16), 5, 32, 1, 0, group="three axes", expect=((6,) * 3 + (32,), 64032)
    )
    for axes in (1, 2, 3, 1, 2, 3):
        f = int(rng.integers(2, 6))
        sizes = tuple(int(n) for n in rng.choice(range(f + 1, 20), axes, replace=False))
        n_C_prev, n_C = (int(n) for n in rng.choice(range(2, 20), 2, replace=False))
        pad, stride = int(rng.integers(3)), int(rng.integers(2, 4))
        title = f"{' x '.join(map(str, sizes))} with {n_C_prev} channels, stride {stride}, padding {pad}"
        yield case(title, (*sizes, n_C_prev), f, n_C, stride, pad, group="stride and padding")
    yield case(
        "a stride that leaves a rest", (8, 11, 2), 3, 4, 3, 0, group="stride and padding", expect=((2, 3, 4), 76)
    )


def _numbers(
    size=lambda n, f, stride, pad: (n + 2 * pad - f) // stride + 1,
    count=lambda f, axes, n_C_prev, n_C: (f**axes * n_C_prev + 1) * n_C,
    last=lambda n_C_prev, n_C: (n_C,),
):
    """layer_in_numbers with one thing changed."""

    def variant(input_shape, f, n_C, stride=1, pad=0):
        *sizes, n_C_prev = input_shape
        places = tuple(size(n, f, stride, pad) for n in sizes)
        return (*places, *last(n_C_prev, n_C)), count(f, len(sizes), n_C_prev, n_C)

    return variant


for _key, _message, _changed in (
    (
        "channels-left-out",
        "A filter's weights are counted as if the input had one channel; a filter is as deep as its input.",
        {"count": lambda f, axes, p, c: (f**axes + 1) * c},
    ),
    (
        "f-squared-always",
        "A filter is counted as f * f whatever the number of axes; it is f along each of them. See 'Sizes and "
        "parameters'.",
        {"count": lambda f, axes, p, c: (f * f * p + 1) * c},
    ),
    (
        "f-cubed-always",
        "A filter is counted as f * f * f whatever the number of axes; a signal has one and an image two.",
        {"count": lambda f, axes, p, c: (f**3 * p + 1) * c},
    ),
    (
        "f-once",
        "A filter is f long along every axis: f to the power of the number of axes.",
        {"count": lambda f, axes, p, c: (f * p + 1) * c},
    ),
    (
        "f-times-axes",
        "f is multiplied by the number of axes; a filter of three axes has f * f * f places.",
        {"count": lambda f, axes, p, c: (f * axes * p + 1) * c},
    ),
    (
        "channels-as-an-axis",
        "The channels are counted as an axis along which the filter slides: the last number of input_shape is none.",
        {"count": lambda f, axes, p, c: (f ** (axes + 1) * p + 1) * c},
    ),
    ("no-bias", "The biases are not counted: one for each filter.", {"count": lambda f, axes, p, c: f**axes * p * c}),
    (
        "one-bias",
        "One bias is counted for the whole layer; each filter has its own.",
        {"count": lambda f, axes, p, c: f**axes * p * c + 1},
    ),
    (
        "bias-for-each-channel",
        "A bias is counted for each channel of the input; a filter has one.",
        {"count": lambda f, axes, p, c: (f**axes + 1) * p * c},
    ),
    (
        "input-channels-kept",
        "The output has as many channels as there are filters, not those of the input.",
        {"last": lambda p, c: (p,)},
    ),
    ("channels-missing", "The shape ends with the channels, as many as filters.", {"last": lambda p, c: ()}),
    (
        "stride-ignored",
        "The stride is left out: a filter that moves by 2 stands in half as many places.",
        {"size": lambda n, f, stride, pad: n + 2 * pad - f + 1},
    ),
    (
        "padding-once",
        "The padding is counted once; it lies at both ends.",
        {"size": lambda n, f, stride, pad: (n + pad - f) // stride + 1},
    ),
    (
        "padding-ignored",
        "The padding is left out: it makes the input longer by 2 * pad.",
        {"size": lambda n, f, stride, pad: (n - f) // stride + 1},
    ),
    (
        "first-place-missing",
        "The first place is not counted: the + 1 at the end is missing.",
        {"size": lambda n, f, stride, pad: (n + 2 * pad - f) // stride},
    ),
    (
        "rounded-up",
        "The division is rounded up, which counts a place where the filter hangs over the end.",
        {"size": lambda n, f, stride, pad: math.ceil((n + 2 * pad - f) / stride) + 1},
    ),
    (
        "no-floor",
        "Where the last step does not fit, a size is a fraction: a filter is placed a whole number of times.",
        {"size": lambda n, f, stride, pad: (n + 2 * pad - f) / stride + 1},
    ),
):
    layer_in_numbers.mistake(_key, _message, _numbers(**_changed))
layer_in_numbers.mistake(
    "first-size-for-all",
    "Every size is computed from the first; the axes need not be equally long.",
    lambda shape, f, n_C, stride=1, pad=0: reference.layer_in_numbers(
        (*shape[:1] * (len(shape) - 1), shape[-1]), f, n_C, stride, pad
    ),
)
layer_in_numbers.hint("How many axes are there? All numbers of input_shape but the last, which counts the channels.")
layer_in_numbers.hint("Each size by the formula of notebook 01, in a loop over input_shape[:-1]; then the filters.")
layer_in_numbers.hint("One filter has f ** axes weights for each channel of the input, and one bias.")


# steps_seen


@topic.exercise(
    reference=reference.steps_seen, section="Steps further apart", aliases={"kernel_size": "f", "dilation": "dilations"}
)
def steps_seen(rng):
    yield case("one layer of neighbours", 3, [1], group="one layer", expect=3)
    yield case("one layer with a dilation of 4", 2, [4], group="one layer", expect=5)
    yield case("a filter of one step", 1, [8], group="one layer", expect=1)
    yield case("three layers of neighbours", 2, [1, 1, 1], group="several layers", expect=4)
    yield case("dilations 1, 2, 4, 8", 2, [1, 2, 4, 8], group="several layers", expect=16)
    yield case("no layer at all", 2, [], group="several layers", expect=1)
    for _ in range(5):
        f = int(rng.integers(2, 7))
        dilations = [int(d) for d in rng.integers(1, 20, size=rng.integers(2, 6))]
        yield case(f"filters of {f}, dilations {dilations}", f, dilations, group="several layers")


for _key, _message, _variant in (
    (
        "f-times-dilation",
        "A filter of f steps has f - 1 gaps between them, not f: draw f = 2 with a dilation of 4.",
        lambda f, dilations: 1 + f * sum(dilations),
    ),
    (
        "present-not-counted",
        "The step itself is not counted: it depends on the present, too.",
        lambda f, dilations: (f - 1) * sum(dilations),
    ),
    (
        "dilations-ignored",
        "The dilations are left out: each layer looks back f - 1 gaps, and a gap is as long as its dilation.",
        lambda f, dilations: 1 + (f - 1) * len(dilations),
    ),
    (
        "last-layer-only",
        "Only the last layer is counted; the steps that it looks at have looked back themselves.",
        lambda f, dilations: 1 + (f - 1) * (list(dilations) or [0])[-1],
    ),
    (
        "largest-dilation-only",
        "Only the largest dilation is counted; the gaps of all layers add up.",
        lambda f, dilations: 1 + (f - 1) * max(dilations, default=0),
    ),
    (
        "multiplied",
        "The layers are multiplied; how far they look back adds up. (With dilations that double, the sum happens to "
        "be a product.)",
        lambda f, dilations: math.prod(1 + (f - 1) * d for d in dilations),
    ),
    (
        "a-power",
        "f to the power of the number of layers is right for dilations 1, f, f * f, ... alone; here they may be any.",
        lambda f, dilations: f ** len(dilations),
    ),
    (
        "each-layer-anew",
        "The fields of the layers are added up, and with each one its own present step; the present counts once.",
        lambda f, dilations: sum(1 + (f - 1) * d for d in dilations),
    ),
):
    steps_seen.mistake(_key, _message, _variant)
steps_seen.hint("A single layer: how many gaps lie between its f weights, and how long is each?")
steps_seen.hint(
    "The oldest step that a layer looks at has itself looked back, through the layer below: lengths add up."
)
