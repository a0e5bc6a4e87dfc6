"""The exercise of notebook 06 on help on the way: `auxiliary_head`."""

from __future__ import annotations

from keras import layers

from dlcourse import inception as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.inception.shared import conv, topic


@topic.exercise(
    reference=reference.auxiliary_head,
    section="Help on the way",
    needs="tensorflow",
    by_output=True,
    weights={"output": 2.0},
    aliases={"x": "X", "n_classes": "classes", "num_classes": "classes"},
)
def auxiliary_head(rng):
    head = "dlcourse.checking.probes.googlenet:head"
    options = {"group": "head", "probe": head, "tolerance": TOLERANCE}
    yield case("9x8x6, 5 classes, 4 filters, 40 units", noise("pictures", (3, 9, 8, 6)), 5, 4, 40, **options)
    yield case("6x11x3, 7 classes", rng.normal(size=(3, 6, 11, 3)), 7, 5, 36, **options)


def _head(
    pooling=lambda X: layers.AveragePooling2D(5, strides=3)(X),
    convolution=True,
    relu="relu",
    dense=True,
    dense_relu="relu",
    rate=0.7,
    drop_first=False,
    softmax="softmax",
    flatten=layers.Flatten,
    f=1,
    exchanged=False,
):
    def variant(X, classes, filters=128, units=1024):
        filters, units = (units, filters) if exchanged else (filters, units)
        X = pooling(X)
        X = conv(X, filters, f, activation=relu) if convolution else X
        X = flatten()(X)
        X = layers.Dropout(rate)(X) if drop_first else X
        X = layers.Dense(units, activation=dense_relu)(X) if dense else X
        X = layers.Dropout(rate)(X) if rate and not drop_first else X
        return layers.Dense(classes, activation=softmax)(X)

    return variant


for _key, _message, _variant in (
    ("no-dropout", "There is no dropout before the last layer. See 'Help on the way'.", _head(rate=None)),
    (
        "dropout-kept",
        "The dropout removes 30 % and keeps 70 %; it removes 70 %: Dropout takes the share that goes.",
        _head(rate=0.3),
    ),
    ("dropout-halves", "The dropout removes one half; it removes 70 %.", _head(rate=0.5)),
    (
        "dropout-too-early",
        "The dropout comes before the first dense layer; it comes between the two.",
        _head(drop_first=True),
    ),
    (
        "pooling-default-stride",
        "Without strides=3 the pooling moves by the size of its window, 5.",
        _head(pooling=lambda X: layers.AveragePooling2D(5)(X)),
    ),
    (
        "pooling-stride-1",
        "The pooling moves by one pixel, so many more places are left; it has a stride of 3: 14x14 becomes 4x4.",
        _head(pooling=lambda X: layers.AveragePooling2D(5, strides=1)(X)),
    ),
    (
        "pooling-same",
        "The pooling has padding 'same', so more places are left; it has none: 14x14 becomes 4x4.",
        _head(pooling=lambda X: layers.AveragePooling2D(5, strides=3, padding="same")(X)),
    ),
    (
        "max-pooling",
        "The pooling takes maxima; it takes averages here.",
        _head(pooling=lambda X: layers.MaxPooling2D(5, strides=3)(X)),
    ),
    (
        "no-pooling",
        "The 5x5 average pooling with stride 3 is missing; without it the dense layer is many times as large.",
        _head(pooling=lambda X: X),
    ),
    ("no-convolution", "The 1x1 convolution after the pooling is missing.", _head(convolution=False)),
    ("convolution-without-relu", "The 1x1 convolution has no ReLU.", _head(relu=None)),
    ("convolution-3x3", "The convolution is 3x3; it is 1x1.", _head(f=3)),
    ("no-dense", "The dense layer with ReLU in front of the last one is missing.", _head(dense=False)),
    ("dense-without-relu", "The first dense layer has no ReLU.", _head(dense_relu=None)),
    ("no-softmax", "The last layer has no softmax, so the outputs are no probabilities.", _head(softmax=None)),
    (
        "sigmoid",
        "The last layer's sigmoids know nothing of each other; the classes exclude each other: softmax.",
        _head(softmax="sigmoid"),
    ),
    (
        "averaged",
        "The average of each channel is taken before the dense layer; here the volume is flattened.",
        _head(flatten=layers.GlobalAveragePooling2D),
    ),
    (
        "exchanged",
        "`filters` and `units` are exchanged: the convolution has `filters`, the dense layer `units`.",
        _head(exchanged=True),
    ),
):
    auxiliary_head.mistake(_key, _message, _variant)
auxiliary_head.hint("Six layers in a row, from AveragePooling2D to a Dense with softmax; write them line by line.")
auxiliary_head.hint("AveragePooling2D(5, strides=3) has no padding by default. Flatten stands before the first Dense.")
auxiliary_head.hint("Dropout(0.7) sets 70 % of the numbers to zero, in training only. It stands between the two Dense.")
