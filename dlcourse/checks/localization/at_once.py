"""The exercises of notebook 09 on all windows at once: dense layers as convolutions, and a network of them."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.localization.targets import topic

# dense_to_conv


@topic.exercise(
    reference=reference.dense_to_conv,
    outputs=("filters", "biases"),
    section="A dense layer is a convolution",
    by_output=True,
    weights={"filters": 2.0},
    aliases={"weights": "W", "kernel": "W", "bias": "b", "shape": "input_shape"},
)
def dense_to_conv(rng):
    def layer(title, shape, units, group):
        W = rng.normal(size=(int(np.prod(shape)), units))
        return case(title, W, rng.normal(size=units), shape, group=group)

    yield case(
        "2 x 2 x 1 to one unit, by hand",
        np.array([[1.0], [2.0], [3.0], [4.0]]),
        np.array([5.0]),
        (2, 2, 1),
        group="squares",
        expect=(np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1), np.full((1, 1, 1, 1), 5.0)),
    )
    yield layer("2 x 2 x 3 to two units", (2, 2, 3), 2, "squares")
    yield layer("one pixel of 4 channels", (1, 1, 4), 3, "squares")
    yield layer("as many channels as rows", (3, 3, 3), 3, "squares")
    yield layer("rows and columns differ", (2, 4, 3), 5, "rows and columns differ")


def _filters(change=lambda W, shape: W.reshape(*shape, -1), biases=lambda b: b.reshape(1, 1, 1, -1)):
    """dense_to_conv with one thing changed."""
    return lambda W, b, input_shape: (change(W, tuple(input_shape)), biases(np.asarray(b)))


for _key, _message, _changed in (
    (
        "columns-first",
        "Columns run before rows: flattening goes through a volume row by row, so it is cut back into (n_H, "
        "n_W, n_C). See "
        "'A dense layer is a convolution'.",
        {"change": lambda W, s: W.reshape(s[1], s[0], s[2], -1).transpose(1, 0, 2, 3)},
    ),
    (
        "channels-first",
        "The channels come first in the cutting; Keras flattens channels last: (n_H, n_W, n_C).",
        {"change": lambda W, s: W.reshape(s[2], s[0], s[1], -1).transpose(1, 2, 0, 3)},
    ),
    (
        "fortran",
        'order="F" runs through the first axis fastest; flattening runs through the last one, which is the '
        "usual order.",
        {"change": lambda W, s: W.reshape(*s, W.shape[1], order="F")},
    ),
    (
        "units-first",
        "The units come first; in a filter of convolutions they are the last axis: (n_H, n_W, n_C, units).",
        {"change": lambda W, s: W.T.reshape(-1, *s)},
    ),
    (
        "units-mixed-in",
        "The units were put first by the cutting, and moved back afterwards: each row of W belongs to one "
        "input, and its "
        "units stay together.",
        {"change": lambda W, s: np.moveaxis(W.reshape(-1, *s), 0, -1)},
    ),
    (
        "one-by-one",
        "The filters are 1 x 1; a dense layer sees all the pixels that were flattened, so a filter is as large "
        "as that.",
        {"change": lambda W, s: W.reshape(1, 1, *W.shape)},
    ),
    (
        "flipped",
        "The filters are turned round; convolution here doesn't flip, as in notebook 01.",
        {"change": lambda W, s: W.reshape(*s, -1)[::-1, ::-1]},
    ),
    (
        "not-cut",
        "The weights are still a matrix; a filter has the axes (n_H, n_W, n_C, units).",
        {"change": lambda W, s: W},
    ),
    (
        "biases-in-a-row",
        "The biases have one axis; conv_forward wants the shape (1, 1, 1, units).",
        {"biases": lambda b: b},
    ),
    (
        "no-biases",
        "The biases are zeros; those of the dense layer stay.",
        {"biases": lambda b: 0 * b.reshape(1, 1, 1, -1)},
    ),
    (
        "biases-upright",
        "The biases lie along another axis; they have the shape (1, 1, 1, units).",
        {"biases": lambda b: b.reshape(-1, 1, 1, 1)},
    ),
):
    dense_to_conv.mistake(_key, _message, _filters(**_changed))
dense_to_conv.also("columns-first", _filters(change=lambda W, s: W.reshape(s[1], s[0], s[2], -1)))
dense_to_conv.also("channels-first", _filters(change=lambda W, s: W.reshape(s[2], s[0], s[1], -1)))
dense_to_conv.also("units-mixed-in", _filters(change=lambda W, s: W.reshape(-1, *s)))
dense_to_conv.also("biases-in-a-row", _filters(biases=lambda b: b.reshape(1, -1)))
dense_to_conv.also("biases-in-a-row", _filters(biases=lambda b: b.reshape(1, 1, -1)))
dense_to_conv.also("no-biases", _filters(biases=lambda b: np.zeros((1, 1, 1, 1))))
dense_to_conv.hint("Which number of a 2 x 2 x 3 volume comes fourth when it is flattened row by row, channels last?")
dense_to_conv.hint(
    "W has one row for each number that was flattened: cut that axis into three, and leave the units alone."
)
dense_to_conv.hint("W.reshape(n_H, n_W, n_C, units), and the biases as conv_forward of notebook 01 wants them.")


# conv_sliding_windows


def _network(rng, window, channels=2, dense=(4, 3), convolutions=((3, 3),), pools=(2,)):
    """Weights by chance: convolutions and pools in turn, then dense layers, for windows of so many pixels."""
    network, side, depth = [], window, channels
    for number, (f, filters) in enumerate(convolutions):
        network.append(("conv", rng.normal(size=(f, f, depth, filters)), rng.normal(size=(1, 1, 1, filters))))
        side, depth = side - f + 1, filters
        if number < len(pools):
            network.append(("pool", pools[number]))
            side //= pools[number]
    flat = side * side * depth
    for units in dense:
        network.append(("dense", rng.normal(size=(flat, units)), rng.normal(size=units)))
        flat = units
    return network


@topic.exercise(
    reference=reference.conv_sliding_windows,
    section="All windows at once",
    companions=("dense_to_conv",),
    aliases={"layers": "network", "model": "network", "X": "image"},
    weights={"several windows": 2.0},
)
def conv_sliding_windows(rng):
    # TensorFlow's pools give float32, whatever goes in
    one, several = ({"group": group, "tolerance": 1e-5} for group in ("one window", "several windows"))

    def image(n_H, n_W, channels=2):
        return rng.normal(size=(n_H, n_W, channels))

    yield case("a dense layer alone", _network(rng, 3, 1, (2,), (), ()), image(3, 3, 1), **one)
    yield case("windows of 6 x 6, an image of that size", _network(rng, 6), image(6, 6), **one)
    yield case("three dense layers", _network(rng, 8, 2, (5, 4, 2)), image(8, 8), **one)
    yield case("windows of 6 x 6 in 8 x 8 pixels", _network(rng, 6), image(8, 8), **several)
    yield case("rows and columns differ", _network(rng, 6), image(10, 16), **several)
    network = _network(rng, 14, 1, (4, 2), ((3, 2), (3, 3)), (2, 2))  # 14, 12, 6, 4, 2
    yield case("two pools: windows 4 pixels apart", network, image(22, 18, 1), **several)
    yield case("a rest that no window reaches", _network(rng, 6), image(9, 11), **several)
    yield case("a pool of 3", _network(rng, 8, 2, (3, 2), ((3, 2),), (3,)), image(14, 11), **several)


def _slid(
    relu=lambda number, last, kind: kind != "pool" and not last,
    bias=True,
    pool=np.max,
    step=lambda f: f,
    filters=lambda W, side, depth: W.reshape(side, side, depth, -1),
    result=lambda A: A[0],
    end=lambda A: A,
):
    """conv_sliding_windows with one thing changed."""

    def windows_of(A, f):
        return np.lib.stride_tricks.sliding_window_view(A, (f, f), axis=(1, 2))

    def variant(network, image):
        A = image[np.newaxis]
        for number, (kind, first, *rest) in enumerate(network):
            if kind == "pool":
                A = pool(windows_of(A, first)[:, :: step(first), :: step(first)], axis=(4, 5))
            else:
                depth = A.shape[-1]
                W = first if kind == "conv" else filters(first, round((len(first) / depth) ** 0.5), depth)
                A = np.tensordot(windows_of(A, len(W)), W, axes=[(4, 5, 3), (0, 1, 2)])
                A = A + np.ravel(rest[0]) if bias else A
            if relu(number, number == len(network) - 1, kind):
                A = np.maximum(A, 0)
        return result(end(A))

    return variant


def _softmax(A):
    powers = np.exp(A - A.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


for _key, _message, _changed in (
    (
        "relu-at-the-end",
        "The last layer has a ReLU, too; its scores are handed on as they are, the negative ones as well.",
        {"relu": lambda number, last, kind: kind != "pool"},
    ),
    (
        "no-relu",
        "There is no ReLU: one follows each layer with weights but the last.",
        {"relu": lambda number, last, kind: False},
    ),
    (
        "relu-behind-convolutions-only",
        "The ReLU behind the dense layers is missing: one follows each layer with weights but the last.",
        {"relu": lambda number, last, kind: kind == "conv" and not last},
    ),
    (
        "relu-behind-dense-only",
        "The ReLU behind the convolutions is missing: one follows each layer with weights but the last.",
        {"relu": lambda number, last, kind: kind == "dense" and not last},
    ),
    ("no-bias", "The biases are left out.", {"bias": False}),
    ("average-pools", "The pools take the mean; they take the maximum.", {"pool": np.mean}),
    (
        "pools-without-stride",
        "The pools move by one pixel; their stride is their size, ('pool', f).",
        {"step": lambda f: 1},
    ),
    (
        "columns-first",
        "The filters of a dense layer have rows and columns exchanged.",
        {"filters": lambda W, side, depth: W.reshape(side, side, depth, -1).transpose(1, 0, 2, 3)},
    ),
    (
        "channels-first",
        "The weights of a dense layer are cut with the channels first; they are last: (side, side, depth, units).",
        {"filters": lambda W, side, depth: W.reshape(depth, side, side, -1).transpose(1, 2, 0, 3)},
    ),
    (
        "batch-axis",
        "The axis of the batch is still there: one image goes in, so A[0] comes out.",
        {"result": lambda A: A},
    ),
    (
        "first-window",
        "Only the first window's scores come back; there is a row of scores for each window.",
        {"result": lambda A: A[0, 0, 0]},
    ),
    (
        "best-class",
        "The number of the best class comes back; the scores themselves are asked for.",
        {"result": lambda A: A[0].argmax(axis=-1)},
    ),
    ("softmax", "There is a softmax at the end; the scores are handed on as they are.", {"end": _softmax}),
    (
        "flattened",
        "The windows' scores come in one long row; they keep their places: (rows, columns, outputs).",
        {"result": lambda A: A[0].reshape(-1, A.shape[-1])},
    ),
):
    conv_sliding_windows.mistake(_key, _message, _slid(**_changed))


def _flattened_again(network, image):
    """What `classify` does with a window, done with the whole image."""
    A = image[np.newaxis]
    for number, layer in enumerate(network):
        if layer[0] == "dense":
            A = A.reshape(1, -1) @ layer[1] + layer[2]
            A = np.maximum(A, 0) if number < len(network) - 1 else A
        else:
            last_is_relu = layer[0] == "conv"
            A = _slid(relu=lambda *_, behind=last_is_relu: behind, result=lambda A: A)([layer], A[0])
    return A[0]


conv_sliding_windows.mistake(
    "flattened-again",
    "The dense layers are multiplied as `classify` does it, which fits a single window: make a convolution of each, "
    "with your dense_to_conv.",
    _flattened_again,
)
conv_sliding_windows.raises(
    "dense-multiplied",
    "A dense layer's matrix is multiplied with what comes out of the convolutions, which is larger than what "
    "one window "
    "leaves: make a convolution of it, with your dense_to_conv.",
    r"matmul|shapes .* not aligned",
)
conv_sliding_windows.raises(
    "whole-volume",
    "The matrix of a dense layer cannot be cut into filters of this size: a filter is as large as what *one window* "
    "leaves, side * side * channels = the rows of W, however large the image is.",
    r"cannot reshape array of size|index \d+ is out of bounds for axis 0",
)
conv_sliding_windows.raises(
    "side-is-no-whole-number",
    "The side of a filter has to be a whole number: round(... ** 0.5) or int(...), since a root is a float.",
    r"float.* (object )?cannot be interpreted as an integer|'numpy.float64' object",
)
conv_sliding_windows.hint(
    "A dense layer that has 512 rows of weights, behind 32 channels: how large a square did it see?"
)
conv_sliding_windows.hint(
    "side = round((len(W) / n_C) ** 0.5), with the n_C channels that come in; then dense_to_conv(W, b, (side, "
    "side, n_C))."
)
conv_sliding_windows.hint(
    "Then every layer with weights is conv_forward(A, W, b, {'stride': 1, 'pad': 0})[0], and a ReLU but for the last."
)
