"""The exercises of notebook 10 on networks: space to depth, YOLOv2."""

from __future__ import annotations

import functools

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.comparing import IN_WORDS, compare
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import COMPUTES, seen
from dlcourse.checking.probes import models
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.yolo.comparing_boxes import topic

# space_to_depth


@topic.exercise(reference=reference.space_to_depth, section="Space to depth")
def space_to_depth(rng):
    square = np.arange(16.0).reshape(1, 4, 4, 1)
    by_hand = np.array([[[0, 1, 4, 5], [2, 3, 6, 7]], [[8, 9, 12, 13], [10, 11, 14, 15]]], float)[None]
    yield case("a 4x4 image in squares of 2", square, 2, group="one channel", expect=by_hand)
    yield case("a rectangle in squares of 3", rng.normal(size=(1, 6, 9, 1)), 3, group="one channel")
    yield case("three channels", rng.normal(size=(1, 4, 6, 3)), 2, group="images with channels")
    yield case("several images, squares of 4", rng.normal(size=(2, 8, 4, 2)), 4, group="images with channels")
    yield case("squares of 5", rng.normal(size=(2, 5, 10, 3)), 5, group="images with channels")


def _blocks(axes):
    def variant(X, block):
        m, n_H, n_W, n_C = X.shape
        squares = X.reshape(m, n_H // block, block, n_W // block, block, n_C).transpose(axes)
        return squares.reshape(m, n_H // block, n_W // block, -1)

    return variant


space_to_depth.mistake(
    "reshaped-only",
    "The numbers are only counted off anew: a square's rows do not lie next to each other in "
    "memory, so "
    "the axes must be exchanged between two reshapes.",
    lambda X, block: X.reshape(X.shape[0], X.shape[1] // block, X.shape[2] // block, -1),
)
space_to_depth.mistake(
    "columns-first", "The pixels of a square come column by column; take them row by row.", _blocks((0, 1, 3, 4, 2, 5))
)
space_to_depth.mistake(
    "channels-first",
    "All pixels of one channel come first; each pixel should bring all its channels.",
    _blocks((0, 1, 3, 5, 2, 4)),
)
space_to_depth.mistake(
    "one-pixel-of-each",
    "Only the first pixel of each square is kept: nothing may be lost.",
    lambda X, block: X[:, ::block, ::block],
)
space_to_depth.mistake(
    "averaged",
    "The squares are averaged; that is pooling. Nothing may be lost.",
    lambda X, block: X.reshape(X.shape[0], X.shape[1] // block, block, X.shape[2] // block, block, -1).mean(
        axis=(2, 4)
    ),
)
space_to_depth.mistake(
    "squares-left-apart",
    "Neighbouring output pixels hold pixels from far apart: the image is cut into block x block parts, instead of many "
    "squares of block x block pixels.",
    lambda X, block: (
        X.reshape(X.shape[0], block, X.shape[1] // block, block, X.shape[2] // block, -1)
        .transpose(0, 2, 4, 1, 3, 5)
        .reshape(X.shape[0], X.shape[1] // block, X.shape[2] // block, -1)
    ),
)
space_to_depth.mistake(
    "stride-forgotten",
    "The squares overlap: the square of output pixel (h, w) begins at h * block and w * block.",
    lambda X, block: np.stack(
        [
            np.stack(
                [X[:, h : h + block, w : w + block].reshape(len(X), -1) for w in range(X.shape[2] // block)], axis=1
            )
            for h in range(X.shape[1] // block)
        ],
        axis=1,
    ),
)
space_to_depth.hint("X[:, ::2, ::2] holds the upper left pixel of each 2x2 square. Which slices hold the other three?")
space_to_depth.hint(
    "Joining those slices along the last axis is already an answer: row by row, X[:, i::block, j::block]."
)


# yolov2


# Through 22 normalisations another epsilon moves the outputs in training, and a few maxima to a neighbouring pixel; a
# wrong wiring moves everything, inference first of all.
_LOOSE = {"inference": TOLERANCE, "training": 0.1, "input_gradient": 0.5}


# A small one whose height, width, anchors and classes cannot be taken for one another
SMALL = {"input_shape": (96, 64, 3), "num_anchors": 3, "num_classes": 7, "filters": 2}

# For 5 anchors and 80 classes; each channel of the output has 1024 weights and a bias.
PAPER, PAPER_CHANNELS, PER_CHANNEL = {"parameters": 50_983_561, "trainable": 50_962_889}, 425, 1025


@functools.cache
def _small(fine_first: bool = True) -> dict:
    """What a small network computes, for either order in which the two paths may be joined."""
    return models.deep_model(functools.partial(_variant_of_yolov2, fine_first=fine_first), SMALL)


def _in_either_order(expected: object, got: object) -> str | None:
    found = _differ(expected, got)
    same_size = _differ({name: expected[name] for name in ("output_shape", *PAPER)}, got) is None
    return None if found and same_size and _differ(_small(False), got) is None else found


def _differ(expected: object, got: object) -> str | None:
    if not isinstance(expected, dict) or not isinstance(got, dict):
        return "yolov2 should return a Keras model."
    for name, value in expected.items():
        found = compare(value, got.get(name), IN_WORDS.get(name, name), _LOOSE.get(name))
        if found:
            return found.message
    return None


@topic.exercise(
    reference=reference.yolov2,
    section="The network of YOLOv2",
    needs="tensorflow",
    aliases={"n_anchors": "num_anchors", "n_classes": "num_classes"},
)
def yolov2(rng):
    counts, model = "dlcourse.checking.probes.models:counts", "dlcourse.checking.probes.models:deep_model"
    anchors, classes = int(rng.integers(2, 10)), int(rng.integers(20, 100))
    channels = anchors * (5 + classes)  # 425 in the paper: 5 anchors, 80 classes
    sizes = {name: PAPER[name] + PER_CHANNEL * (channels - PAPER_CHANNELS) for name in PAPER}
    yield case(
        f"608x608 pixels, {anchors} anchors, {classes} classes",
        (608, 608, 3),
        anchors,
        classes,
        group="parameters and shapes",
        probe=counts,
        expect={"output_shape": (19, 19, channels), **sizes},
    )
    yield case(
        "a small one: 2 filters in the first layer, 96x64 pixels, 3 anchors, 7 classes",
        *SMALL.values(),
        group=COMPUTES,
        probe=model,
        expect=_small(),
        compare=_in_either_order,
    )


def _variant_of_yolov2(
    input_shape=(608, 608, 3),
    num_anchors=5,
    num_classes=80,
    filters=32,
    *,
    slope=0.1,
    biases=False,
    normalised=True,
    passthrough=True,
    fine_first=True,
    space=True,
    outputs=5,
    last_activation=None,
    pooled="max",
    normalised_output=False,
    stem=(16, 8, 16, 8, 16),
):
    from keras import Input, Model, layers

    def convolution(X, size, multiple):
        X = layers.Conv2D(multiple * filters, size, padding="same", use_bias=biases or not normalised)(X)
        X = layers.BatchNormalization()(X) if normalised else X
        return layers.LeakyReLU(negative_slope=slope)(X)

    pool = layers.MaxPooling2D if pooled == "max" else layers.AveragePooling2D
    image = Input(input_shape)
    X = image
    for multiples in ((1,), (2,), (4, 2, 4), (8, 4, 8)):
        for place, multiple in enumerate(multiples):
            X = convolution(X, 1 if place % 2 else 3, multiple)
        X = pool(2)(X)
    for place, multiple in enumerate(stem):
        X = convolution(X, 1 if place % 2 else 3, multiple)
    fine, X = X, pool(2)(X)
    for size, multiple in ((3, 32), (1, 16), (3, 32), (1, 16), (3, 32), (3, 32), (3, 32)):
        X = convolution(X, size, multiple)
    if passthrough:
        fine = convolution(fine, 1, 2)
        if space:
            n_H, n_W = input_shape[0] // 32, input_shape[1] // 32
            fine = layers.Reshape((n_H, 2, n_W, 2, 2 * filters))(fine)
            fine = layers.Reshape((n_H, n_W, 8 * filters))(layers.Permute((1, 3, 2, 4, 5))(fine))
        else:
            fine = pool(2)(fine)
        X = layers.Concatenate()([fine, X] if fine_first else [X, fine])
    X = convolution(X, 3, 32)
    X = layers.Conv2D(num_anchors * (outputs + num_classes), 1, activation=last_activation)(X)
    if normalised_output:
        X = layers.BatchNormalization()(X)
    return Model(image, X)


def _shows(mistake: str, got: object) -> bool:
    """Whether the sizes of a large network, or the outputs of a small one, are those of a named mistake."""
    kept = seen("yolov2", mistake)
    if not isinstance(got, dict):
        return False
    if "inference" not in got:
        channels = got["output_shape"][-1:]
        if not channels or not isinstance(channels[0], int):  # no output, or several
            return False
        more = channels[0] - PAPER_CHANNELS
        return all(got[name] == kept[name] + kept[f"{name} per channel"] * more for name in PAPER)
    return any(compare(outputs, first_outputs(got), "", TOLERANCE) is None for outputs in kept["inference"])


def first_outputs(found: dict, count: int = 40) -> np.ndarray:
    """What tells a small network from the others."""
    outputs = found["inference"]
    return np.ravel(outputs)[:count] if isinstance(outputs, np.ndarray) else np.zeros(0)


for _key, _message, _changed in (
    (
        "keras-slope",
        "LeakyReLU keeps 0.3 of negative numbers, Keras's own default; YOLOv2 keeps 0.1 (negative_slope).",
        {"slope": 0.3},
    ),
    ("plain-relu", "Negative numbers become 0; YOLOv2's leaky ReLU keeps 0.1 of them.", {"slope": 0.0}),
    (
        "biases",
        "The convolutions before a batch normalisation have biases, which beta replaces: use_bias=False.",
        {"biases": True},
    ),
    ("no-normalisation", "Batch normalisation is missing after the convolutions.", {"normalised": False}),
    (
        "no-passthrough",
        "The fine features do not reach the end: 38x38x64 become 19x19x256 and are joined to the "
        "1024 channels "
        "there. See 'The network of YOLOv2'.",
        {"passthrough": False},
    ),
    (
        "passthrough-pooled",
        "The fine features are pooled from 38x38 to 19x19; space to depth keeps them all, in 256 channels.",
        {"space": False},
    ),
    ("four-numbers", "Each anchor has 4 + classes outputs; with the confidence it is 5 + classes.", {"outputs": 4}),
    (
        "activation-at-the-end",
        "The last convolution has an activation; its numbers go to decode_head and to the loss as they are.",
        {"last_activation": "sigmoid"},
    ),
    (
        "normalised-at-the-end",
        "The last convolution is followed by a batch normalisation; it should have none, but a bias.",
        {"normalised_output": True},
    ),
    ("average-pooling", "The pooling takes averages; YOLOv2 takes maxima.", {"pooled": "average"}),
):
    yolov2.mistake(
        _key, _message, functools.partial(_variant_of_yolov2, **_changed), recognise=functools.partial(_shows, _key)
    )
yolov2.shows(
    "unit-at-the-end",
    "The last convolution is followed by a batch normalisation, as the others are; it has none, but a bias, and no "
    "activation.",
    lambda args, expected, got: got["parameters"] - expected["parameters"] == 3 * expected["output_shape"][-1],
)
yolov2.shows(
    "confidence-once",
    "num_anchors * 5 + num_classes gives the classes once for each cell; every anchor has its own: "
    "num_anchors * (5 + num_classes).",
    lambda args, expected, got: got["output_shape"][-1] == 5 * args[1] + args[2],
)
yolov2.shows(
    "filters-written-in",
    "With filters=2 the network has far too many parameters: numbers of filters are written in. Each is a multiple of "
    "`filters`.",
    lambda args, expected, got: len(args) == 4 and got["parameters"] > 2 * expected["parameters"],
)
yolov2.hint(
    "Write a function for the unit that occurs 22 times: convolution without bias, batch normalisation, "
    "LeakyReLU(negative_slope=0.1)."
)
yolov2.hint(
    "Five poolings make 32 = 2 * 2 * 2 * 2 * 2. Keep the tensor before the last of them: it is 38x38x512, the "
    "passthrough's beginning."
)
yolov2.hint(
    "The passthrough: a 1x1 convolution to 64 channels, space to depth to 256, then Concatenate with the 1024: "
    "1280 channels go into the last 3x3 convolution."
)
