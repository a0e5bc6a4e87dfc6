"""The exercises of notebook 03 on models that are made: a list of layers, and the functional API."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse import keras_models as reference
from dlcourse.checking.exercise import Topic, case
from dlcourse.checking.momentum import momentum_mistakes
from dlcourse.checking.networks_seen import may_show
from dlcourse.checking.probes.models import TOLERANCE

topic = Topic("keras_models")

MODEL = "dlcourse.checking.probes.training:keras_model"
FACES = "dlcourse.checking.probes.training:face_model"


# happyModel


@topic.exercise(
    reference=reference.happyModel,
    section="A model is a list of layers",
    needs="tensorflow",
    by_output=True,
    weights={"inference": 2.0},
    may_show=may_show("happyModel"),
)
def happyModel(rng):
    yield case("the model under weights of the check", group="model", probe=FACES, tolerance=TOLERANCE)


def _happy(
    pad=3,
    norm=lambda: layers.BatchNormalization(),
    pool=lambda: layers.MaxPooling2D(2),
    relu=True,
    relu_first=False,
    last=lambda: layers.Dense(1, activation="sigmoid"),
    f=7,
    filters=32,
    stride=1,
    padding="valid",
    flat=True,
):
    """happyModel with one thing changed."""
    middle = [norm(), layers.ReLU()] if relu else [norm()]
    parts = [
        keras.Input((64, 64, 3)),
        layers.ZeroPadding2D(pad),
        layers.Conv2D(filters, f, strides=stride, padding=padding),
        *(middle[::-1] if relu_first else middle),
        pool(),
        layers.Flatten() if flat else None,
        last(),
    ]
    return keras.Sequential([part for part in parts if part is not None])


happyModel.mistake(
    "no-padding", "The border of 3 around the image is missing: ZeroPadding2D comes first.", lambda: _happy(pad=0)
)
happyModel.mistake(
    "no-batch-norm",
    "There is no BatchNormalization between the convolution and the ReLU.",
    lambda: _happy(norm=lambda: None),
)
happyModel.mistake(
    "no-relu",
    "There is no ReLU: a convolution and a dense layer alone are one linear function.",
    lambda: _happy(relu=False),
)
happyModel.mistake(
    "relu-before-norm", "The ReLU comes before the normalisation; here it comes after.", lambda: _happy(relu_first=True)
)
happyModel.mistake(
    "no-pool", "There is no pool: MaxPooling2D halves height and width.", lambda: _happy(pool=lambda: None)
)
happyModel.mistake(
    "average-pool",
    "The pool takes the mean; MaxPooling2D takes the maximum.",
    lambda: _happy(pool=lambda: layers.AveragePooling2D(2)),
)
happyModel.mistake(
    "softmax-of-one",
    "A softmax over a single unit is always 1. For one yes-or-no answer the activation is a sigmoid. See 'A model is a "
    "list of layers'.",
    lambda: _happy(last=lambda: layers.Dense(1, activation="softmax")),
)
happyModel.mistake(
    "no-sigmoid",
    "The last layer has no activation, so its output is no probability.",
    lambda: _happy(last=lambda: layers.Dense(1)),
)
happyModel.mistake(
    "two-units",
    "The last layer has two units; one probability is enough for a question with yes or no.",
    lambda: _happy(last=lambda: layers.Dense(2, activation="softmax")),
)
happyModel.mistake(
    "norm-over-rows",
    "The normalisation works on rows; it belongs to the channels, the last axis, which is its default.",
    lambda: _happy(norm=lambda: layers.BatchNormalization(axis=1)),
)
for _key, _message, _changed in (
    ("border-of-1", "The border around the image is 1 pixel wide; here it is 3: ZeroPadding2D(3).", {"pad": 1}),
    ("window-of-3", "The window of the convolution is 3 x 3; here it is 7 x 7.", {"f": 3}),
    ("window-of-5", "The window of the convolution is 5 x 5; here it is 7 x 7.", {"f": 5}),
    ("filters-16", "The convolution has 16 filters; here it has 32.", {"filters": 16}),
    ("filters-64", "The convolution has 64 filters; here it has 32.", {"filters": 64}),
    ("stride-of-two", "The convolution moves in steps of 2; here its stride is 1, the default.", {"stride": 2}),
    (
        "padded-twice",
        'The convolution adds a border of its own (padding="same") to the one of ZeroPadding2D: one of them is enough.',
        {"padding": "same"},
    ),
    (
        "no-flatten",
        "The last layer is applied at every place of the image: Flatten puts all numbers in one row first.",
        {"flat": False},
    ),
    (
        "relu-at-the-end",
        "The last layer has a ReLU, which has no largest value; a probability lies between 0 and 1: sigmoid.",
        {"last": lambda: layers.Dense(1, activation="relu")},
    ),
):
    happyModel.mistake(_key, _message, lambda changed=_changed: _happy(**changed))
_NO_NORM, _NO_SIGMOID = {"norm": lambda: None}, {"last": lambda: layers.Dense(1)}
for _first, _second, _changed in (
    ("no-batch-norm", "no-sigmoid", _NO_NORM | _NO_SIGMOID),
    ("no-padding", "no-batch-norm", _NO_NORM | {"pad": 0}),
    ("no-padding", "no-sigmoid", _NO_SIGMOID | {"pad": 0}),
    ("no-relu", "no-batch-norm", _NO_NORM | {"relu": False}),
    ("no-relu", "no-sigmoid", _NO_SIGMOID | {"relu": False}),
    ("no-pool", "no-sigmoid", _NO_SIGMOID | {"pool": lambda: None}),
):
    happyModel.pair(_first, _second, lambda changed=_changed: _happy(**changed))
momentum_mistakes(
    happyModel, lambda momentum: lambda: _happy(norm=lambda: layers.BatchNormalization(momentum=momentum))
)
happyModel.hint("One line for each layer of the table, in the same order, in a list: keras.Sequential([...]).")
happyModel.hint("Begin with keras.Input(shape=(64, 64, 3)). The window of the convolution is 7 x 7, so f is 7.")
happyModel.hint('The last line is a Dense layer of 1 unit with activation="sigmoid".')


# convolutional_model


@topic.exercise(
    reference=reference.convolutional_model,
    section="When a list is not enough",
    needs="tensorflow",
    by_output=True,
    weights={"inference": 2.0},
    may_show=may_show("convolutional_model"),
)
def convolutional_model(rng):
    n_H, n_W = (int(n) for n in rng.integers(41, 55, size=2))
    yield case("64x64 colour images", (64, 64, 3), group="model", probe=MODEL, tolerance=TOLERANCE)
    yield case("rectangular grey images", (n_H, n_W + 16, 1), group="model", probe=MODEL, tolerance=TOLERANCE)
    # The maximum of 64 numbers is rarely negative: only a tiny image shows whether a ReLU stands before the first pool
    yield case("images of two pixels", (1, 2, 3), group="model", probe=MODEL, tolerance=TOLERANCE)


def _convolutional(
    input_shape,
    filters=(8, 16),
    sizes=(4, 2),
    pools=(8, 4),
    strides=(8, 4),
    relu=("relu", "relu"),
    padding="same",
    pool_padding="same",
    pool=layers.MaxPooling2D,
    last="softmax",
    units=6,
    flat=True,
    again=False,
):
    """convolutional_model with one thing changed."""
    pictures = x = keras.Input(input_shape)
    for n_C, f, window, stride, activation in zip(filters, sizes, pools, strides, relu, strict=True):
        x = layers.Conv2D(n_C, f, padding=padding, activation=activation)(pictures if again else x)
        x = pool(window, strides=stride, padding=pool_padding)(x)
    return keras.Model(pictures, layers.Dense(units, activation=last)(layers.Flatten()(x) if flat else x))


convolutional_model.mistake(
    "pools-valid",
    'The pools leave out what does not fill a window; they have padding="same" as well.',
    lambda input_shape: _convolutional(input_shape, pool_padding="valid"),
)
convolutional_model.mistake(
    "convolutions-valid",
    'The convolutions have no border; they have padding="same".',
    lambda input_shape: _convolutional(input_shape, padding="valid"),
)
convolutional_model.mistake(
    "no-relu",
    "The ReLUs are missing: without them the convolutions are one linear function.",
    lambda input_shape: _convolutional(input_shape, relu=(None, None)),
)
convolutional_model.mistake(
    "first-relu-missing",
    "The ReLU after the first convolution is missing.",
    lambda input_shape: _convolutional(input_shape, relu=(None, "relu")),
)
convolutional_model.mistake(
    "second-relu-missing",
    "The ReLU after the second convolution is missing.",
    lambda input_shape: _convolutional(input_shape, relu=("relu", None)),
)
convolutional_model.mistake(
    "average-pool",
    "The pools take the mean; MaxPooling2D takes the maximum.",
    lambda input_shape: _convolutional(input_shape, pool=layers.AveragePooling2D),
)
convolutional_model.mistake(
    "pools-halve",
    "The pools have windows and strides of 2, Keras's default; here they are 8 and 4.",
    lambda input_shape: _convolutional(input_shape, pools=(2, 2), strides=(2, 2)),
)
convolutional_model.mistake(
    "filters-exchanged",
    "The first convolution has 8 filters and the second 16; here it is the other way round.",
    lambda input_shape: _convolutional(input_shape, filters=(16, 8)),
)
convolutional_model.mistake(
    "no-softmax",
    "The last layer has no activation, so its outputs are no probabilities.",
    lambda input_shape: _convolutional(input_shape, last=None),
)
convolutional_model.mistake(
    "sigmoid",
    "Six sigmoids are six answers that know nothing of each other. An image shows one sign: softmax.",
    lambda input_shape: _convolutional(input_shape, last="sigmoid"),
)
for _key, _message, _changed in (
    (
        "all-valid",
        'Neither the convolutions nor the pools have padding="same": all four have it.',
        {"padding": "valid", "pool_padding": "valid"},
    ),
    (
        "pools-exchanged",
        "The first pool has a window and a stride of 8 and the second of 4; here it is the other way round.",
        {"pools": (4, 8), "strides": (4, 8)},
    ),
    (
        "strides-of-one",
        "The pools move in steps of 1, so that the image keeps its size: their strides are 8 and 4, as their windows.",
        {"strides": (1, 1)},
    ),
    (
        "windows-exchanged",
        "The first convolution has a window of 4 x 4 and the second of 2 x 2; here it is the other way round.",
        {"sizes": (2, 4)},
    ),
    (
        "second-from-the-image",
        "The second convolution begins with the image again; it takes what comes out of the first pool.",
        {"again": True},
    ),
    (
        "no-flatten",
        "The last layer is applied at every place of the image: Flatten puts all numbers in one row first.",
        {"flat": False},
    ),
    ("one-unit", "The last layer has one unit; there are six signs: six units with a softmax.", {"units": 1}),
    ("ten-units", "The last layer has ten units; there are six signs: six units with a softmax.", {"units": 10}),
):
    convolutional_model.mistake(
        _key, _message, lambda input_shape, changed=_changed: _convolutional(input_shape, **changed)
    )
for _first, _second, _changed in (
    ("no-relu", "no-softmax", {"relu": (None, None), "last": None}),
    ("pools-valid", "no-softmax", {"pool_padding": "valid", "last": None}),
    ("pools-halve", "no-softmax", {"pools": (2, 2), "strides": (2, 2), "last": None}),
):
    convolutional_model.pair(
        _first, _second, lambda input_shape, changed=_changed: _convolutional(input_shape, **changed)
    )
convolutional_model.hint("x = layers.Conv2D(...)(x): make the layer, then call it on what came out of the one before.")
convolutional_model.hint('A window of 8 and a stride of 8: layers.MaxPooling2D(8, strides=8, padding="same").')
convolutional_model.hint("At the end: return keras.Model(inputs, outputs), both of them tensors that you have named.")
