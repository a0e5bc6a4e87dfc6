"""The exercise of notebook 04 on LeNet-5."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse import classic_networks as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import may_show
from dlcourse.checks.classic_networks.parts import NETWORK, SLIM, slim_case, topic

OLD, NEW = "as in 1998", "ReLU and max pooling"


@topic.exercise(reference=reference.lenet5, section="LeNet-5, 1998", may_show=may_show("lenet5"), **NETWORK)
def lenet5(rng):
    n_H, n_W = (int(n) for n in rng.choice(range(28, 41), 2, replace=False))
    classes, n_C = int(rng.integers(5, 30)), int(rng.integers(2, 4))
    as_it_was = {"input_shape": (32, 32, 1), "classes": 10, "activation": "tanh", "pooling": "average"}
    yield slim_case("32x32 images, ten classes, tanh, average pooling", reference.lenet5, as_it_was, group=OLD)
    yield case(
        f"{n_H}x{n_W} images with {n_C} channels, {classes} classes, ReLU, max pooling",
        (n_H, n_W, n_C),
        classes,
        "relu",
        "max",
        group=NEW,
        probe=SLIM,
        tolerance=5e-3,
    )


def _lenet(
    padding=("valid", "valid"),
    filters=(6, 16),
    size=5,
    units=(120, 84),
    kind=lambda pooling: pooling,
    inner=lambda activation: activation,
    of_dense=lambda activation: activation,
    last=lambda activation: "softmax",
    pools=(2, 2),
    window=2,
    classes_of=lambda classes: classes,
    flat=True,
    linear=None,
):
    """lenet5 with one thing changed; `linear` is the number of filters or units of a layer without activation."""

    def lenet5(input_shape=(32, 32, 1), classes=10, activation="tanh", pooling="average"):
        pool = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}[kind(pooling)]
        X = image = keras.Input(input_shape)
        for count, border, stride in zip(filters, padding, pools, strict=True):
            bent = None if count == linear else inner(activation)
            X = layers.Conv2D(count, size, padding=border, activation=bent)(X)
            X = pool(window, stride)(X) if stride else X
        X = layers.Flatten()(X) if flat else layers.GlobalAveragePooling2D()(X)
        for number in units:
            X = layers.Dense(number, activation=None if number == linear else of_dense(activation))(X)
        return keras.Model(image, layers.Dense(classes_of(classes), activation=last(activation))(X))

    return lenet5


for _key, _message, _changed in (
    (
        "padded",
        'The convolutions have padding "same"; LeNet-5 has none: 32 -> 28 and 14 -> 10.',
        {"padding": ("same", "same")},
    ),
    (
        "first-padded",
        'The first convolution has padding "same". That is for images of 28 pixels; these bring their border along, '
        "and "
        "32 becomes 28.",
        {"padding": ("same", "valid")},
    ),
    ("three-by-three", "The filters are 3x3; they are 5x5.", {"size": 3}),
    (
        "filters-exchanged",
        "The first convolution has 6 filters and the second 16; here it is the other way round.",
        {"filters": (16, 6)},
    ),
    (
        "two-dense-layers",
        "A dense layer is missing: between the flattened 400 numbers and the classes there are two, of 120 and 84 "
        "units.",
        {"units": (120,)},
    ),
    (
        "second-dense-layer-only",
        "The dense layer of 120 units is missing; the one of 84 comes after it.",
        {"units": (84,)},
    ),
    (
        "dense-layers-exchanged",
        "The dense layers have 120 units, then 84; here it is the other way round.",
        {"units": (84, 120)},
    ),
    ("pooling-missing", "There is no pooling after the second convolution.", {"pools": (2, 0)}),
    ("first-pooling-missing", "There is no pooling after the first convolution: 28 -> 14.", {"pools": (0, 2)}),
    (
        "pools-step-by-one",
        "The pooling windows move on by one pixel, so the images stay nearly as large as they were. Without a stride "
        "Keras moves them by their size, 2: 28 -> 14.",
        {"pools": (1, 1)},
    ),
    ("pools-overlap", "The pooling windows are 3x3 or overlap; they are 2x2 with a stride of 2.", {"window": 3}),
    (
        "no-activation-in-the-convolutions",
        "The convolutions have no activation; it belongs to every layer but the last.",
        {"inner": lambda activation: None},
    ),
    (
        "first-convolution-without-activation",
        "The first convolution has no activation; it belongs to every layer but the last.",
        {"linear": 6},
    ),
    (
        "second-convolution-without-activation",
        "The second convolution has no activation; it belongs to every layer but the last.",
        {"linear": 16},
    ),
    (
        "first-dense-layer-without-activation",
        "The dense layer of 120 units has no activation; it belongs to every layer but the last.",
        {"linear": 120},
    ),
    (
        "second-dense-layer-without-activation",
        "The dense layer of 84 units has no activation; it belongs to every layer but the last.",
        {"linear": 84},
    ),
    (
        "averaged",
        "The last images are averaged, which leaves 16 numbers, one for each channel; LeNet-5 flattens them, and all "
        "400 go into the dense layer.",
        {"flat": False},
    ),
    (
        "no-activation-in-the-dense-layers",
        "The dense layers of 120 and 84 units have no activation, so with the last one they are a single linear layer.",
        {"of_dense": lambda activation: None},
    ),
    (
        "no-softmax",
        "The last layer has no softmax, so its outputs are no probabilities.",
        {"last": lambda activation: None},
    ),
    (
        "activation-at-the-end",
        "The last layer has the activation of the others; it has a softmax.",
        {"last": lambda activation: activation},
    ),
):
    lenet5.mistake(_key, _message, _lenet(**_changed))
for _key, _message, _group, _changed in (
    (
        "tanh-always",
        "The activation is tanh whatever the argument says: hand it on, activation=activation.",
        NEW,
        {"inner": lambda activation: "tanh", "of_dense": lambda activation: "tanh"},
    ),
    (
        "tanh-in-the-dense-layers",
        "The dense layers have tanh whatever the argument says; the argument is for all layers but the last.",
        NEW,
        {"of_dense": lambda activation: "tanh"},
    ),
    (
        "average-always",
        'The pooling takes the mean whatever the argument says; with "max" it takes the maximum.',
        NEW,
        {"kind": lambda pooling: "average"},
    ),
    (
        "as-in-1998-always",
        "Neither activation nor pooling is used: the network is that of 1998 whatever the arguments say.",
        NEW,
        {"kind": lambda pooling: "average", "inner": lambda activation: "tanh", "of_dense": lambda activation: "tanh"},
    ),
    (
        "relu-always",
        "The activation is ReLU whatever the argument says: hand it on, activation=activation.",
        OLD,
        {"inner": lambda activation: "relu", "of_dense": lambda activation: "relu"},
    ),
    (
        "max-always",
        'The pooling takes the maximum whatever the argument says; with "average" it takes the mean.',
        OLD,
        {"kind": lambda pooling: "max"},
    ),
    (
        "ten-classes-always",
        "The last layer has ten units whatever the argument says; it has one for each class.",
        NEW,
        {"classes_of": lambda classes: 10},
    ),
):
    lenet5.mistake(_key, _message, _lenet(**_changed), group=_group)
lenet5.hint(
    "Seven layers in a row: convolution, pooling, convolution, pooling, then three dense ones, after a Flatten."
)
lenet5.hint("The sizes say it: 32 -> 28 needs a filter of 5 without padding, and 28 -> 14 a window of 2.")
lenet5.hint('pool = layers.AveragePooling2D if pooling == "average" else layers.MaxPooling2D, and then pool(2).')
