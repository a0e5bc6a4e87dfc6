"""The exercises of notebook 16 on a network for heartbeats and one for volumes."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse import dimensions as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.momentum import momentum_mistakes
from dlcourse.checking.networks_seen import may_show
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.dimensions.parts import topic

MODEL = "dlcourse.checking.probes.training:keras_model"
NETWORK = {
    "needs": "tensorflow",
    "by_output": True,
    "weights": {"inference": 2.0},
    "aliases": {"num_classes": "classes", "n_classes": "classes", "shape": "input_shape"},
}


# heartbeat_model


@topic.exercise(
    reference=reference.heartbeat_model,
    section="A network for heartbeats",
    may_show=may_show("heartbeat_model"),
    **NETWORK,
)
def heartbeat_model(rng):
    steps, leads, classes = (int(rng.integers(*between)) for between in ((61, 120), (2, 4), (5, 9)))
    yield case("160 samples, four kinds", (160, 1), 4, group="network", probe=MODEL, tolerance=TOLERANCE)
    yield case(
        f"{steps} samples of {leads} leads, {classes} kinds",
        (steps, leads),
        classes,
        group="network",
        probe=MODEL,
        tolerance=TOLERANCE,
    )


def _beats(
    filters=(16, 32, 32),
    f=5,
    padding="valid",
    relu="relu",
    window=2,
    pool=layers.MaxPooling1D,
    pools=3,
    end=lambda: layers.GlobalMaxPooling1D(),
    last="softmax",
    between=(),
    classes_of=lambda classes: classes,
):
    """heartbeat_model with one thing changed."""

    def variant(input_shape=(160, 1), classes=4):
        X = signal = keras.Input(input_shape)
        for number, count in enumerate(filters):
            X = layers.Conv1D(count, f, padding=padding, activation=relu)(X)
            X = pool(window)(X) if number < pools else X
        X = end()(X)
        for units in between:
            X = layers.Dense(units, activation="relu")(X)
        return keras.Model(signal, layers.Dense(classes_of(classes), activation=last)(X))

    return variant


for _key, _message, _changed in (
    ("padded", 'The convolutions have padding "same"; here they have none: 160 -> 156.', {"padding": "same"}),
    (
        "causal",
        "The convolutions are causal; the whole beat is there, so a filter may look to both sides.",
        {"padding": "causal"},
    ),
    ("no-relu", "The convolutions have no ReLU: without it three of them are one linear function.", {"relu": None}),
    ("filters-of-3", "The filters are 3 steps long; they are 5.", {"f": 3}),
    (
        "one-convolution-missing",
        "There are two convolutions; the table has three, with 16, 32 and 32 filters.",
        {"filters": (16, 32)},
    ),
    (
        "sixteen-always",
        "All convolutions have 16 filters; the second and the third have 32.",
        {"filters": (16, 16, 16)},
    ),
    ("thirty-two-always", "All convolutions have 32 filters; the first has 16.", {"filters": (32, 32, 32)}),
    ("filters-doubled", "The third convolution has 64 filters; it has 32, as the second.", {"filters": (16, 32, 64)}),
    ("no-pools", "The pools are missing: after each convolution one halves the signal.", {"pools": 0}),
    ("last-pool-missing", "The pool after the third convolution is missing.", {"pools": 2}),
    ("average-pools", "The pools take the mean; MaxPooling1D takes the maximum.", {"pool": layers.AveragePooling1D}),
    (
        "average-at-the-end",
        "The mean of each channel is taken at the end; here it is the maximum: GlobalMaxPooling1D.",
        {"end": lambda: layers.GlobalAveragePooling1D()},
    ),
    (
        "flattened",
        "The signal is flattened, so that the network cares where in it something was found. Take the maximum of each "
        "channel: GlobalMaxPooling1D.",
        {"end": lambda: layers.Flatten()},
    ),
    ("no-softmax", "The last layer has no softmax, so its outputs are no probabilities.", {"last": None}),
    (
        "sigmoid",
        "The last layer has sigmoids, which know nothing of each other. A beat is of one kind: softmax.",
        {"last": "sigmoid"},
    ),
    (
        "a-layer-too-many",
        "There is a dense layer before the last one; the maxima go into the softmax.",
        {"between": (32,)},
    ),
):
    heartbeat_model.mistake(_key, _message, _beats(**_changed))
heartbeat_model.mistake(
    "four-always",
    "The last layer has four units whatever the argument says; it has `classes`.",
    _beats(classes_of=lambda classes: 4),
)
heartbeat_model.mistake(
    "shape-ignored",
    "The network takes 160 samples of one lead whatever the argument says: keras.Input(input_shape).",
    lambda input_shape=(160, 1), classes=4: reference.heartbeat_model((160, 1), classes),
)
heartbeat_model.hint("The functional API of notebook 03: signal = keras.Input(input_shape), then one line for a layer.")
heartbeat_model.hint('Three times the same two lines: Conv1D(filters, 5, activation="relu"), then MaxPooling1D(2).')
heartbeat_model.hint('At the end GlobalMaxPooling1D(), then Dense(classes, activation="softmax").')


# volume_model


@topic.exercise(
    reference=reference.volume_model, section="A network for volumes", may_show=may_show("volume_model"), **NETWORK
)
def volume_model(rng):
    n_D, n_H, n_W = (int(n) for n in rng.choice(range(4, 9), 3, replace=False))
    shape = {"group": "network", "probe": MODEL, "tolerance": TOLERANCE}
    yield case("6 slices of 6x6 voxels, filters 3 slices deep", (6, 6, 6, 1), 3, **shape)
    yield case(f"{n_D}x{n_H}x{n_W} voxels of two kinds of tissue, one slice deep", (n_D, n_H, n_W, 2), 1, **shape)


def _volume(
    filters=(8, 8, 8),
    size=lambda depth: (depth, 3, 3),
    padding="same",
    bias=False,
    norm=True,
    momentum=reference.MOMENTUM,
    relu=True,
    relu_first=False,
    score=lambda: layers.Conv3D(1, 1, activation="sigmoid"),
    pool=lambda: None,
):
    """volume_model with one thing changed."""

    def variant(input_shape=(12, 12, 12, 1), depth=3):
        X = volume = keras.Input(input_shape)
        for count in filters:
            parts = [layers.BatchNormalization(momentum=momentum)] * norm + [layers.ReLU()] * relu
            parts = [
                layers.Conv3D(count, size(depth), padding=padding, use_bias=bias),
                *parts[:: -1 if relu_first else 1],
            ]
            for part in [*parts, pool()]:
                X = part(X) if part else X
        return keras.Model(volume, score()(X))

    return variant


for _key, _message, _changed in (
    (
        "depth-ignored",
        "The filters are 3 slices deep whatever the argument says: (depth, 3, 3).",
        {"size": lambda depth: (3, 3, 3)},
    ),
    (
        "one-slice-deep",
        "The filters are one slice deep whatever the argument says: (depth, 3, 3).",
        {"size": lambda depth: (1, 3, 3)},
    ),
    (
        "depth-everywhere",
        "The filters are as high and as wide as they are deep; they are 3 x 3 in a slice, whatever the depth.",
        {"size": lambda depth: (depth, depth, depth)},
    ),
    (
        "depth-last",
        "The depth is the filter's last size; slices are the first axis: (depth, 3, 3).",
        {"size": lambda depth: (3, 3, depth)},
    ),
    ("valid", 'The convolutions have no border; they have padding="same".', {"padding": "valid"}),
    (
        "bias",
        "The convolutions have biases; a normalisation follows, so they change nothing: use_bias=False.",
        {"bias": True},
    ),
    ("no-norm", "The batch normalisations are missing: one follows each of the three convolutions.", {"norm": False}),
    (
        "no-norm-but-biases",
        "In place of the batch normalisations the convolutions have biases.",
        {"norm": False, "bias": True},
    ),
    ("no-relu", "There is no ReLU: without it the convolutions are one linear function.", {"relu": False}),
    ("relu-before-norm", "The ReLU comes before the normalisation; here it comes after.", {"relu_first": True}),
    (
        "pooled",
        "There are pools; every voxel shall have an answer of its own, so nothing is made smaller.",
        {"pool": lambda: layers.MaxPooling3D(2, padding="same")},
    ),
    (
        "one-convolution-missing",
        "There are two convolutions in front of the last one; the table has three.",
        {"filters": (8, 8)},
    ),
    (
        "one-convolution-more",
        "There are four convolutions in front of the last one; the table has three.",
        {"filters": (8,) * 4},
    ),
    ("filters-doubled", "The numbers of filters grow; each of the three convolutions has 8.", {"filters": (8, 16, 32)}),
    (
        "no-sigmoid",
        "The last convolution has no activation, so its outputs are no probabilities.",
        {"score": lambda: layers.Conv3D(1, 1)},
    ),
    (
        "softmax-of-one",
        "A softmax over a single channel is always 1. For one yes-or-no answer it is a sigmoid.",
        {"score": lambda: layers.Conv3D(1, 1, activation="softmax")},
    ),
    (
        "relu-at-the-end",
        "The last convolution has a ReLU; a sigmoid makes a probability of its number.",
        {"score": lambda: layers.Conv3D(1, 1, activation="relu")},
    ),
    (
        "last-filter-larger",
        "The last filter is 3 x 3 x 3; it is a single voxel, which mixes the eight channels.",
        {"score": lambda: layers.Conv3D(1, 3, padding="same", activation="sigmoid")},
    ),
):
    volume_model.mistake(_key, _message, _volume(**_changed))
momentum_mistakes(volume_model, lambda momentum: _volume(momentum=momentum))
volume_model.hint("keras.Input(input_shape) takes all four sizes; the size of a filter may be a tuple of three.")
volume_model.hint('Three times: Conv3D(8, (depth, 3, 3), padding="same", use_bias=False), normalisation, ReLU.')
volume_model.hint('At the end Conv3D(1, 1, activation="sigmoid"): one filter of one voxel. Nothing is pooled.')
