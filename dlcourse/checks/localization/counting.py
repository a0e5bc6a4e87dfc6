"""The exercises of notebook 09 that count: which window a network sees, and what all windows cost."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.localization.targets import topic

# the network of the lecture, for 14 x 14 x 3
EXAMPLE = [("conv", 5, 1, 16), ("pool", 2, 2), ("conv", 5, 1, 400), ("conv", 1, 1, 400), ("conv", 1, 1, 4)]


def _layers(rng, depth, strides=True):
    """Convolutions and pools by chance: no two in a row alike."""
    layers = []
    for _ in range(depth):
        f = int(rng.integers(2, 5))
        stride = int(rng.integers(1, 4)) if strides else 1
        layers.append(("pool", 2, 2) if rng.uniform() < 0.4 else ("conv", f, stride, int(rng.integers(2, 9))))
    return layers


# window_and_stride


@topic.exercise(
    reference=reference.window_and_stride,
    outputs=("window", "stride"),
    section="Which window, and which stride",
    by_output=True,
    aliases={"network": "layers"},
)
def window_and_stride(rng):
    yield case("one convolution of 5 x 5", [("conv", 5, 1, 16)], group="one layer", expect=(5, 1))
    yield case("one convolution of 3 x 3, stride 2", [("conv", 3, 2, 8)], group="one layer", expect=(3, 2))
    yield case("a convolution and a pool", EXAMPLE[:2], group="several layers", expect=(6, 2))
    yield case("the network of the lecture", EXAMPLE, group="several layers", expect=(14, 2))
    yield case(
        "two convolutions with strides, then one without",
        [("conv", 5, 2, 8), ("conv", 3, 3, 8), ("conv", 3, 1, 8)],
        group="several layers",
        expect=(5 + 2 * 2 + 2 * 6, 6),
    )
    yield case("pools that overlap", [("pool", 3, 2), ("conv", 3, 1, 4), ("pool", 3, 2)], group="several layers")
    for depth in (3, 4, 6):
        yield case(f"{depth} layers by chance", [("conv", 4, 2, 3), *_layers(rng, depth)], group="several layers")


def _seen(
    window=lambda fs, strides, jumps: 1 + sum((f - 1) * jump for f, jump in zip(fs, jumps, strict=False)),
    stride=lambda kinds, strides: int(np.prod(strides)),
    layers=lambda layers: layers,
):
    """window_and_stride with one thing changed; `jumps[i]` is the product of the strides before layer i."""

    def variant(given):
        chosen = layers(list(given))
        kinds, fs, strides = ([layer[place] for layer in chosen] for place in range(3))
        jumps = [int(np.prod(strides[:number])) for number in range(len(strides) + 1)]
        return int(window(fs, strides, jumps)), int(stride(kinds, strides))

    return variant


for _key, _message, _changed in (
    (
        "strides-forgotten",
        "The window grows by f - 1 at each layer, as if all strides were 1. Behind a pool, two neighbours are "
        "two pixels "
        "apart. See 'Which window, and which stride'.",
        {"window": lambda fs, strides, jumps: 1 + sum(f - 1 for f in fs)},
    ),
    (
        "own-stride",
        "A layer's own stride makes its own window no larger, only those of the layers behind it.",
        {"window": lambda fs, strides, jumps: 1 + sum((f - 1) * jump for f, jump in zip(fs, jumps[1:], strict=True))},
    ),
    (
        "only-the-stride-before",
        "Only the stride of the layer just before is taken; all the strides before multiply.",
        {
            "window": lambda fs, strides, jumps: (
                1 + sum((f - 1) * s for f, s in zip(fs, [1, *strides[:-1]], strict=True))
            )
        },
    ),
    (
        "other-end",
        "The strides of the layers behind are taken, not of those before: go from the last layer to the first, or "
        "multiply by the strides that come earlier.",
        {
            "window": lambda fs, strides, jumps: (
                1 + sum((f - 1) * int(np.prod(strides[number + 1 :])) for number, f in enumerate(fs))
            )
        },
    ),
    (
        "not-less-one",
        "Each layer adds f pixels; a window of f reaches f - 1 pixels further than one pixel.",
        {"window": lambda fs, strides, jumps: 1 + sum(f * jump for f, jump in zip(fs, jumps, strict=False))},
    ),
    (
        "begins-at-zero",
        "The window is one pixel too small: it begins with the one output that is looked at, with 1.",
        {"window": lambda fs, strides, jumps: sum((f - 1) * jump for f, jump in zip(fs, jumps, strict=False))},
    ),
    (
        "sizes-multiplied",
        "The sizes of the filters are multiplied; two filters of 3 see 5 pixels, not 9.",
        {"window": lambda fs, strides, jumps: np.prod(fs)},
    ),
    (
        "first-filter",
        "This is the first layer's filter alone; each layer sees further.",
        {"window": lambda fs, strides, jumps: fs[0]},
    ),
    (
        "strides-added",
        "The strides are added; they multiply: every second one of every second pixel is every fourth.",
        {"stride": lambda kinds, strides: sum(strides)},
    ),
    (
        "last-stride",
        "This is one layer's stride; all strides multiply.",
        {"stride": lambda kinds, strides: strides[-1]},
    ),
    (
        "largest-stride",
        "This is the largest of the strides; all strides multiply.",
        {"stride": lambda kinds, strides: max(strides)},
    ),
    (
        "only-pools",
        "Only the strides of pools are counted; convolutions have strides, too.",
        {
            "stride": lambda kinds, strides: np.prod(
                [s for kind, s in zip(kinds, strides, strict=True) if kind == "pool"]
            )
        },
    ),
    (
        "only-convolutions",
        "Only the strides of convolutions are counted; pools have strides, too.",
        {
            "stride": lambda kinds, strides: np.prod(
                [s for kind, s in zip(kinds, strides, strict=True) if kind == "conv"]
            )
        },
    ),
    (
        "pools-left-out",
        "Pools are left out; they have windows and strides, as convolutions have.",
        {"layers": lambda layers: [layer for layer in layers if layer[0] == "conv"]},
    ),
):
    window_and_stride.mistake(_key, _message, _seen(**_changed))
window_and_stride.also("last-stride", _seen(stride=lambda kinds, strides: strides[0]))
window_and_stride.also(
    "other-end", lambda layers: (reference.window_and_stride(layers[::-1])[0], reference.window_and_stride(layers)[1])
)


def _backwards(begin=1, grow=lambda r, f, stride: (r - 1) * stride + f, order=reversed):
    """The recipe from the last layer to the first, with one thing changed."""

    def variant(layers):
        r, jump = begin, 1
        for _, f, stride, *_ in order(list(layers)):
            r, jump = grow(r, f, stride), jump * stride
        return r, jump

    return variant


window_and_stride.also("other-end", _backwards(order=list))
window_and_stride.mistake(
    "r-times-stride",
    "r outputs of a layer lie r - 1 strides apart, from the first to the last: (r - 1) * stride + f.",
    _backwards(grow=lambda r, f, stride: r * stride + f),
)
window_and_stride.mistake(
    "r-times-stride-less-one",
    "r outputs of a layer lie r - 1 strides apart, and the last of their windows is f wide: (r - 1) * stride + f.",
    _backwards(grow=lambda r, f, stride: r * stride + f - 1),
)
window_and_stride.also("begins-at-zero", _backwards(begin=0))
window_and_stride.also("strides-added", _seen(stride=lambda kinds, strides: 1 + sum(strides)))
for _key, _message, _variant in (
    (
        "bracket-missing",
        "Without brackets only the 1 is multiplied by the stride: (r - 1) * stride + f.",
        _backwards(grow=lambda r, f, stride: r - 1 * stride + f),
    ),
    (
        "one-short-at-each-layer",
        "The window is a pixel too small at each layer: r outputs see (r - 1) * stride + f inputs, and f is not f - 1.",
        _backwards(grow=lambda r, f, stride: (r - 1) * stride + f - 1),
    ),
    (
        "own-stride-alone",
        "Each layer's f - 1 is multiplied by its own stride; it is the strides of the layers before that lie between "
        "two of its inputs, all of them multiplied.",
        _seen(window=lambda fs, strides, jumps: 1 + sum((f - 1) * s for f, s in zip(fs, strides, strict=True))),
    ),
    (
        "divided-by-the-stride",
        "From the last layer to the first the window grows: multiply r - 1 by the stride, don't divide.",
        _backwards(grow=lambda r, f, stride: (r - 1) / stride + f),
    ),
):
    window_and_stride.mistake(_key, _message, _variant)
window_and_stride.also("divided-by-the-stride", _backwards(grow=lambda r, f, stride: (r - 1) // stride + f))
window_and_stride.mistake(
    "exchanged",
    "The stride comes before the window; first the window.",
    lambda layers: reference.window_and_stride(layers)[::-1],
)
window_and_stride.hint(
    "How many pixels do two neighbours see together, that come out of a 5 x 5 convolution? And r of them?"
)
window_and_stride.hint(
    "Begin with one output, r = 1, at the last layer. The r outputs of a layer see (r - 1) * stride + f inputs."
)
window_and_stride.hint("for kind, f, stride, *_ in reversed(layers): r grows as above; the strides are multiplied.")


# window_cost


@topic.exercise(
    reference=reference.window_cost,
    outputs=("window by window", "at once"),
    section="What is saved",
    by_output=True,
    companions=("window_and_stride",),
    aliases={"n_C": "channels", "image_size": "n", "size": "n"},
)
def window_cost(rng):
    one, more = {"group": "one window"}, {"group": "several windows"}
    yield case("the network of the lecture on 14 x 14", EXAMPLE, 14, 3, expect=(441_600, 441_600), **one)
    yield case("one convolution on a grey image", [("conv", 3, 1, 4)], 3, 1, expect=(36, 36), **one)
    yield case("16 x 16", EXAMPLE, 16, 3, expect=(4 * 441_600, 144 * 1200 + 4 * 321_600), **more)
    yield case("28 x 28", EXAMPLE, 28, 3, expect=(28_262_400, 21_273_600), **more)
    yield case("its convolution and pool alone, 28 x 28", EXAMPLE[:2], 28, 3, **more)
    yield case("a grey image, and a rest that no window reaches", EXAMPLE, 23, 1, **more)
    for _ in range(2):
        layers = [("conv", 3, 2, int(rng.integers(3, 9))), ("pool", 2, 2), ("conv", 3, 1, int(rng.integers(3, 9)))]
        yield case("a convolution with a stride", layers, int(rng.integers(25, 50)), int(rng.integers(2, 6)), **more)


def _cost(
    windows=lambda n, window, stride: ((n - window) // stride + 1) ** 2,
    products=lambda side, f, depth, filters: side * side * f * f * depth * filters,
    of_a_pool=lambda side, f, depth: 0,
    side=lambda n, f, stride: (n - f) // stride + 1,
    channels=lambda channels: channels,
    depths=True,
    at_once=None,
    then=lambda kind, n, f, stride: (n - f) // stride + 1,
    add=lambda total, more: total + more,
):
    """window_cost with one thing changed."""

    def of_an_image(layers, n, depth):
        total = 0
        for kind, f, stride, *filters in layers:
            out = side(n, f, stride)
            more = products(out, f, depth, filters[0]) if kind == "conv" else of_a_pool(out, f, depth)
            total = add(total, more) if more else total
            depth = filters[0] if kind == "conv" and depths else depth
            n = then(kind, n, f, stride)
        return total

    def variant(layers, n, given=3):
        window, stride = reference.window_and_stride(layers)
        depth, count = channels(given), windows(n, window, stride)
        each = of_an_image(layers, window, depth)
        return count * each, at_once(each, count) if at_once else of_an_image(layers, n, depth)

    return variant


for _key, _message, _changed in (
    (
        "one-window",
        "This is the cost of a single window; multiply it by the number of windows.",
        {"windows": lambda n, window, stride: 1},
    ),
    (
        "windows-in-a-row",
        "The windows of one row are counted; there are as many rows of them as columns.",
        {"windows": lambda n, window, stride: (n - window) // stride + 1},
    ),
    (
        "last-window-missing",
        "The last window of each row and column is not counted: (n - window) // stride + 1.",
        {"windows": lambda n, window, stride: max((n - window) // stride, 1) ** 2},
    ),
    (
        "every-pixel",
        "A window is counted at every pixel; they are `stride` pixels apart, the product of all strides.",
        {"windows": lambda n, window, stride: (n - window + 1) ** 2},
    ),
    (
        "side-by-side",
        "The windows are counted as if they lay side by side; they overlap, `stride` pixels apart.",
        {"windows": lambda n, window, stride: (n // window) ** 2},
    ),
    (
        "input-size",
        "The size of a layer's input is taken for that of its output: a filter of f stands in n - f + 1 places.",
        {"side": lambda n, f, stride: n},
    ),
    (
        "channels-forgotten",
        "A filter is as deep as its input: f * f * depth products for each number that comes out.",
        {"products": lambda side, f, depth, filters: side * side * f * f * filters},
    ),
    (
        "one-filter",
        "The cost of one filter is counted in each layer; each of them stands in each place.",
        {"products": lambda side, f, depth, filters: side * side * f * f * depth},
    ),
    (
        "f-not-squared",
        "A filter is f high and f wide: f * f products for each channel.",
        {"products": lambda side, f, depth, filters: side * side * f * depth * filters},
    ),
    (
        "side-not-squared",
        "A filter stands in side * side places, rows and columns.",
        {"products": lambda side, f, depth, filters: side * f * f * depth * filters},
    ),
    (
        "weights",
        "These are the weights; each is used once for every place where its filter stands.",
        {"products": lambda side, f, depth, filters: f * f * depth * filters},
    ),
    (
        "biases",
        "The biases are counted; they are added, not multiplied.",
        {"products": lambda side, f, depth, filters: side * side * (f * f * depth + 1) * filters},
    ),
    (
        "pools-multiply",
        "Products are counted for the pools; a maximum multiplies nothing.",
        {"of_a_pool": lambda side, f, depth: side * side * f * f * depth},
    ),
    (
        "always-three-channels",
        "The image always has 3 channels; `channels` says how many.",
        {"channels": lambda channels: 3},
    ),
    (
        "depth-of-the-image",
        "Every filter is taken to be as deep as the image; it is as deep as the layer before has filters.",
        {"depths": False},
    ),
    (
        "nothing-shared",
        "Both numbers are those of separate windows; at once, the layers run over the whole image, and what "
        "windows share "
        "is computed once.",
        {"at_once": lambda each, count: each * count},
    ),
    (
        "at-once-one-window",
        "At once, the layers run over the image of n x n pixels, not over a single window.",
        {"at_once": lambda each, count: each},
    ),
):
    window_cost.mistake(_key, _message, _cost(**_changed))


def _sides(side):
    """window_cost with another size of each layer's output."""
    return _cost(side=side, then=lambda kind, n, f, stride: side(n, f, stride))


for _key, _message, _variant in (
    (
        "doubled",
        "A number is doubled, * 2, where it is to be squared, ** 2: windows, filters and images have rows and columns.",
        _cost(windows=lambda n, window, stride: ((n - window) // stride + 1) * 2),
    ),
    (
        "a-part-of-a-window",
        "Where a rest is left, a part of a place is counted: with // instead of / the rest is left out.",
        _cost(windows=lambda n, window, stride: ((n - window) / stride + 1) ** 2),
    ),
    (
        "last-convolution",
        "Only the last convolution is counted (`=` for `+=`); the products of all of them add up.",
        _cost(add=lambda total, more: more),
    ),
    (
        "pools-passed-over",
        "The pools multiply nothing, but what is behind them sees a smaller image: change the side at every layer.",
        _cost(then=lambda kind, n, f, stride: (n - f) // stride + 1 if kind == "conv" else n),
    ),
    (
        "layers-without-strides",
        "The strides of the layers are left out: a layer's output has a side of (side - f) // stride + 1.",
        _sides(lambda n, f, stride: n - f + 1),
    ),
    (
        "one-place-short",
        "The side of each layer's output is one too small: (side - f) // stride + 1.",
        _sides(lambda n, f, stride: (n - f) // stride),
    ),
):
    window_cost.mistake(_key, _message, _variant)
for _products in (
    lambda side, f, depth, filters: side * 2 * f * f * depth * filters,
    lambda side, f, depth, filters: side * side * f * 2 * depth * filters,
):
    window_cost.also("doubled", _cost(products=_products))
window_cost.also("a-part-of-a-window", _sides(lambda n, f, stride: (n - f) / stride + 1))
window_cost.mistake(
    "exchanged",
    "The results are exchanged: first window by window, then all at once.",
    lambda layers, n, channels=3: reference.window_cost(layers, n, channels)[::-1],
)
window_cost.hint(
    "Write the products of one image of any size first: a function of its side. What is a window but an image?"
)
window_cost.hint(
    "A convolution of f x f with n_C filters on `depth` channels: side * side * n_C * f * f * depth, side that "
    "of its output."
)
window_cost.hint(
    "Your window_and_stride says how large a window is; there are ((n - window) // stride + 1) ** 2 of them."
)
