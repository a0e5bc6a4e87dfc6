"""The exercises of notebook 05: residual blocks, ResNets, dense blocks.

Blocks and models are judged by what they compute under canonical weights: see dlcourse.probes.models.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import residual as reference
from dlcourse.checks.exercise import Topic, case, claim
from dlcourse.probes.models import TOLERANCE

topic = Topic("residual")
check, hint, solution = topic.check, topic.hint, topic.solution

BLOCK, COUNTS, LARGE = (f"dlcourse.probes.models:{name}" for name in ("block", "counts", "large_model"))

# In float32, and through many layers of a reader's own making; the smallest mistake, a ReLU left out before max
# pooling, moves the outputs by 1.7 % in ResNet-34 and by 38 % in ResNet-50.
NETWORK_TOLERANCE, DEEP_TOLERANCE = 8e-3, 0.03

# What dlcourse.probes.models:large_model sees of the references. It does not depend on the seed, takes a second, and is
# computed again in tests/test_residual.py.
SEEN = {
    "ResNet50": {
        "output_shape": (6,), "parameters": 23_600_006, "trainable": 23_546_886,
        "training": [
            [0.247971, 0.022163, 0.006625, 0.120088, 0.583966, 0.019187],
            [0.275428, 0.007953, 0.003206, 0.575418, 0.113247, 0.024747],
        ],
    },
    "resnet18": {
        "output_shape": (7,), "parameters": 11_189_703, "trainable": 11_180_103,
        "training": [
            [0.017229, 0.567611, 0.125307, 0.02617, 0.083411, 0.114062, 0.066211],
            [0.038039, 0.500059, 0.063171, 0.021086, 0.154867, 0.147982, 0.074797],
        ],
    },
    "resnet34": {
        "output_shape": (7,), "parameters": 21_305_287, "trainable": 21_288_263,
        "training": [
            [0.016085, 0.709122, 0.040444, 0.015748, 0.054887, 0.111991, 0.051723],
            [0.010923, 0.449513, 0.158788, 0.011177, 0.224225, 0.086397, 0.058977],
        ],
    },
}


def _block(title, X, *args, group):
    return case(title, X, *args, group=group, probe=BLOCK, tolerance=TOLERANCE)


def _seen(name):
    return {**SEEN[name], "training": np.array(SEEN[name]["training"], "float32")}


def _pictures(rng, n_H, n_W, n_C):
    return rng.normal(size=(3, n_H, n_W, n_C))


# Parts of wrong variants


def _norm(X, **options):
    return layers.BatchNormalization(momentum=reference.MOMENTUM, **options)(X)


def _conv(X, filters, size, stride=1, padding="same", use_bias=True, norm=True, axis=-1):
    X = layers.Conv2D(filters, size, strides=stride, padding=padding, use_bias=use_bias)(X)
    if not norm:
        return X
    return _norm(X, axis=axis)


def _join(path, shortcut, end="relu"):
    """The end of a residual block, right or wrong."""
    if end == "relu":
        return layers.ReLU()(path + shortcut)
    return {
        "no shortcut": lambda: layers.ReLU()(path),
        "no relu": lambda: path + shortcut,
        "relu before": lambda: layers.ReLU()(path) + shortcut,
        "relu before and after": lambda: layers.ReLU()(layers.ReLU()(path) + shortcut),
        "relu on the shortcut": lambda: layers.ReLU()(path + layers.ReLU()(shortcut)),
        "concatenated": lambda: layers.ReLU()(layers.Concatenate()([path, shortcut])),
        "norm after": lambda: layers.ReLU()(_norm(path + shortcut)),
    }[end]()


def _bottleneck(
    X, f, filters, s=1, sizes=None, strides=None, paddings=("same",) * 3, norms=(True,) * 3, relus=(True, True),
    **options,
):
    """Three convolutions, each of whose parts may be changed or left out."""
    sizes, strides = sizes or (1, f, 1), strides or (s, 1, 1)
    for number in range(3):
        X = _conv(X, filters[number], sizes[number], strides[number], paddings[number], norm=norms[number], **options)
        if number < 2 and relus[number]:
            X = layers.ReLU()(X)
    return X


# identity_block


@topic.exercise(
    reference=reference.identity_block, section="The identity block", needs="tensorflow",
    optional=("stage", "block", "training", "initializer"),
    aliases={"X_input": "X", "x": "X", "input_tensor": "X", "kernel_size": "f"},
)
def identity_block(rng):
    yield _block("a 3x3 picture, f = 3, filters 2, 4 and 6", _pictures(rng, 3, 3, 6), 3, [2, 4, 6], 1, "a",
                 group="a block with f = 3")
    yield _block("a wider picture", _pictures(rng, 4, 6, 8), 3, [4, 4, 8], 2, "b", group="a block with f = 3")
    yield _block("f = 5", _pictures(rng, 6, 5, 4), 5, [3, 2, 4], 3, "c", group="other sizes of f")
    yield _block("f = 1", _pictures(rng, 4, 3, 4), 1, [2, 3, 4], 4, "d", group="other sizes of f")


def _identity(end="relu", **changed):
    def variant(X, f, filters, stage=None, block=None):
        return _join(_bottleneck(X, f, filters, **changed), X, end)

    return variant


def _identity_with_relu_before_norm(X, f, filters, stage=None, block=None):
    path = X
    for number, size in enumerate((1, f, 1)):
        path = layers.Conv2D(filters[number], size, padding="same")(path)
        path = _norm(layers.ReLU()(path) if number < 2 else path)
    return layers.ReLU()(path + X)


def _identity_with_second_filters_swapped(X, f, filters, stage=None, block=None):
    return _identity()(X, f, (filters[1], filters[0], filters[2]))


def _identity_with_two_convolutions(X, f, filters, stage=None, block=None):
    path = layers.ReLU()(_conv(X, filters[0], f))
    return layers.ReLU()(_conv(path, filters[2], f) + X)


def _identity_with_projection(X, f, filters, stage=None, block=None):
    return _join(_bottleneck(X, f, filters), _conv(X, filters[2], 1))


identity_block.mistake(
    "no-shortcut", "The input is never added to the result of the main path: without the shortcut this is a plain "
    "block. See 'The skip connection'.", _identity("no shortcut"),
)
identity_block.mistake(
    "no-relu-at-the-end", "There is no ReLU after the addition. See 'The identity block'.", _identity("no relu"),
)
identity_block.mistake(
    "relu-before-adding", "The last ReLU comes before the addition; it comes after it: g(z + a). See 'The skip "
    "connection'.", _identity("relu before"),
)
identity_block.mistake(
    "relu-before-and-after", "There is a ReLU on the main path right before the addition, so the block can only add, "
    "never take away. The third convolution has none. See 'The identity block'.", _identity("relu before and after"),
)
identity_block.mistake(
    "activation-on-the-shortcut", "A ReLU is applied to the shortcut; the input is added as it came. See 'The skip "
    "connection'.", _identity("relu on the shortcut"),
)
identity_block.mistake(
    "norm-missing-third", "The third convolution has no batch normalisation. See 'The identity block'.",
    _identity(norms=(True, True, False)),
)
identity_block.mistake(
    "norm-missing", "Batch normalisation is missing: each of the three convolutions is followed by one.",
    _identity(norms=(False,) * 3),
)
identity_block.mistake(
    "norm-after-adding", "The third batch normalisation comes after the addition, where it also changes the shortcut; "
    "it belongs to the main path.", _identity("norm after", norms=(True, True, False)),
)
identity_block.mistake(
    "norm-axis", "Batch normalisation runs over axis 1, the rows; channels are the last axis (axis=3).",
    _identity(axis=1),
)
identity_block.mistake(
    "relu-before-norm", "Batch normalisation comes after ReLU; here it stands between the convolution and ReLU.",
    _identity_with_relu_before_norm,
)
identity_block.mistake(
    "relu-missing", "There is no ReLU after the first and the second convolution. See 'The identity block'.",
    _identity(relus=(False, False)),
)
identity_block.mistake(
    "relu-missing-second", "There is no ReLU after the second convolution's batch normalisation.",
    _identity(relus=(True, False)),
)
identity_block.mistake(
    "valid-padding", "The middle convolution has padding 'valid', so its output is smaller than the shortcut. With "
    "'same' the shapes agree.", _identity(paddings=("same", "valid", "same")),
)
identity_block.mistake(
    "f-ignored", "The middle convolution is 3x3 whatever f is.", _identity(sizes=(1, 3, 1)),
)
identity_block.mistake(
    "f-everywhere", "The first and the third convolution are fxf as well; they are 1x1. See 'The bottleneck'.",
    lambda X, f, filters, stage=None, block=None: _join(_bottleneck(X, f, filters, sizes=(f, f, f)), X),
)
identity_block.mistake(
    "filters-swapped", "The first convolution has filters[1] filters and the second filters[0]: exchange them.",
    _identity_with_second_filters_swapped,
)
identity_block.mistake(
    "two-convolutions", "The shortcut skips two convolutions; in this block it skips three, 1x1, fxf and 1x1. See "
    "'The bottleneck'.", _identity_with_two_convolutions,
)
identity_block.mistake(
    "projected", "The shortcut goes through a convolution. In the identity block the shapes agree, and the input is "
    "added as it is.", _identity_with_projection,
)
identity_block.mistake(
    "concatenated", "The input is appended as further channels; it must be added. See 'The skip connection'.",
    _identity("concatenated"),
)
identity_block.mistake(
    "no-biases", "The convolutions have no biases. Those of this block keep them, as in the network with 23,600,006 "
    "parameters. See 'The identity block'.", _identity(use_bias=False),
)
identity_block.hint("Keep X under a second name before the first convolution: it is needed again at the end.")
identity_block.hint(
    "The main path is convolution, batch normalisation, ReLU; the same again; then convolution and batch "
    "normalisation, without ReLU."
)
identity_block.hint(
    "Conv2D(F1, 1), Conv2D(F2, f, padding='same'), Conv2D(F3, 1); then Add()([X, X_shortcut]) and a ReLU."
)


# convolutional_block


@topic.exercise(
    reference=reference.convolutional_block, section="The convolutional block", needs="tensorflow",
    optional=("stage", "block", "training", "initializer"),
    aliases={"X_input": "X", "x": "X", "input_tensor": "X", "kernel_size": "f", "stride": "s", "strides": "s"},
)
def convolutional_block(rng):
    yield _block("a 2x2 picture with three channels, s = 2", _pictures(rng, 2, 2, 3), 3, [2, 4, 6], 1, "a", 2,
                 group="stride 2")
    yield _block("a rectangular picture, s = 2", _pictures(rng, 6, 5, 4), 3, [3, 2, 6], 2, "b", 2, group="stride 2")
    yield _block("s = 1, only the channels change", _pictures(rng, 4, 3, 4), 3, [2, 2, 5], 3, "c", 1,
                 group="other strides and sizes")
    yield _block("f = 5, s = 3", _pictures(rng, 7, 6, 2), 5, [2, 3, 4], 4, "d", 3, group="other strides and sizes")


def _convolutional(end="relu", shortcut=None, **changed):
    shortcut = {"stride": None, **(shortcut or {})}

    def variant(X, f, filters, stage=None, block=None, s=2):
        stride = shortcut["stride"] or s
        options = {name: value for name, value in shortcut.items() if name != "stride"}
        side = _conv(X, filters[2], options.pop("size", 1), stride, **options)
        return _join(_bottleneck(X, f, filters, s, **changed), side, end)

    return variant


def _stride_in_the_middle(X, f, filters, stage=None, block=None, s=2):
    return _join(_bottleneck(X, f, filters, strides=(1, s, 1)), _conv(X, filters[2], 1, s))


def _stride_of_two_always(X, f, filters, stage=None, block=None, s=2):
    return _convolutional()(X, f, filters, s=2)


def _stride_on_the_projection_only(X, f, filters, stage=None, block=None, s=2):
    return _join(_bottleneck(X, f, filters), _conv(X, filters[2], 1, s))


def _projection_of_the_end(X, f, filters, stage=None, block=None, s=2):
    path = _bottleneck(X, f, filters, s)
    return _join(path, _conv(path, filters[2], 1))


convolutional_block.mistake(
    "no-shortcut", "The projected input is never added to the main path. See 'The convolutional block'.",
    lambda X, f, filters, stage=None, block=None, s=2: layers.ReLU()(_bottleneck(X, f, filters, s)),
)
convolutional_block.mistake(
    "projection-without-stride", "The convolution on the shortcut has no stride, so the shortcut keeps the size that "
    "the main path has left behind. It has the same stride s.", _convolutional(shortcut={"stride": 1}),
)
convolutional_block.mistake(
    "main-path-without-stride", "The shortcut has the stride, the main path has not: its first convolution has the "
    "stride s.", _stride_on_the_projection_only,
)
convolutional_block.mistake(
    "stride-in-the-middle", "The stride is on the middle convolution; in this network the first 1x1 convolution has "
    "it. (Later versions of ResNet moved it; see 'The convolutional block'.)", _stride_in_the_middle,
)
convolutional_block.mistake(
    "stride-always-2", "The stride is 2 whatever s is.", _stride_of_two_always,
)
convolutional_block.mistake(
    "projection-without-norm", "The convolution on the shortcut has no batch normalisation.",
    _convolutional(shortcut={"norm": False}),
)
convolutional_block.mistake(
    "activation-on-the-shortcut", "There is a ReLU on the shortcut before the addition; the projection has none.",
    _convolutional("relu on the shortcut"),
)
convolutional_block.mistake(
    "no-relu-at-the-end", "There is no ReLU after the addition.", _convolutional("no relu"),
)
convolutional_block.mistake(
    "relu-before-adding", "The last ReLU comes before the addition; it comes after it.",
    _convolutional("relu before"),
)
convolutional_block.mistake(
    "relu-before-and-after", "There is a ReLU on the main path right before the addition; the third convolution has "
    "none.", _convolutional("relu before and after"),
)
convolutional_block.mistake(
    "projection-f", "The convolution on the shortcut is fxf; it is 1x1, since it only has to change the shape.",
    lambda X, f, filters, stage=None, block=None, s=2: _join(
        _bottleneck(X, f, filters, s), _conv(X, filters[2], f, s)
    ),
)
convolutional_block.mistake(
    "projection-of-the-end", "The shortcut's convolution is applied to the end of the main path; it starts from the "
    "block's input.", _projection_of_the_end,
)
convolutional_block.mistake(
    "norm-missing", "Batch normalisation is missing on the main path: each convolution is followed by one.",
    _convolutional(norms=(False,) * 3),
)
convolutional_block.mistake(
    "norm-missing-third", "The third convolution has no batch normalisation.",
    _convolutional(norms=(True, True, False)),
)
convolutional_block.mistake(
    "f-ignored", "The middle convolution is 3x3 whatever f is.", _convolutional(sizes=(1, 3, 1)),
)
convolutional_block.mistake(
    "valid-padding", "The middle convolution has padding 'valid', so its output is smaller than the shortcut.",
    _convolutional(paddings=("same", "valid", "same")),
)
convolutional_block.mistake(
    "no-biases", "The convolutions have no biases. Those of this block keep them. See 'The identity block'.",
    _convolutional(shortcut={"use_bias": False}, use_bias=False),
)
convolutional_block.hint(
    "Start from your identity block. Two things change: one stride, and what happens to the shortcut."
)
convolutional_block.hint(
    "The shortcut must come out with the shape of the main path: filters[2] channels, and every s-th pixel."
)
convolutional_block.hint(
    "X_shortcut = Conv2D(F3, 1, strides=s)(X_shortcut), then batch normalisation, and no ReLU before the addition."
)


# ResNet50


@topic.exercise(
    reference=reference.ResNet50, section="ResNet-50", needs="tensorflow", optional=("training",),
    companions=("identity_block", "convolutional_block"), weights={"what it computes": 2.0},
)
def ResNet50(rng):
    # sizes for which 2x2 places are left at the end, where every kind of average pooling agrees
    n_H, n_W, classes = 2 * int(rng.integers(29, 33)), 2 * int(rng.integers(29, 33)), int(rng.integers(7, 30))
    parameters = 23_600_006 - 7 * 7 * (3 - 1) * 64 + (2048 + 1) * (classes - 6)
    yield case(f"{n_H}x{n_W} pictures in grey, {classes} classes", (n_H, n_W, 1), classes,
               group="shapes and parameters", probe=COUNTS,
               expect={"output_shape": (classes,), "parameters": parameters})
    yield case("64x64 pictures in colour, 6 classes", (64, 64, 3), 6, group="what it computes", probe=LARGE,
               tolerance=DEEP_TOLERANCE, expect=_seen("ResNet50"))


def _resnet50(
    counts=(3, 4, 6, 3), zero_padding=True, stem_relu=True, stem_norm=True, max_pooling=True, first_stride=1,
    average=True, softmax=True, widths=(64, 128, 256, 512),
):
    def variant(input_shape=(64, 64, 3), classes=6):
        inputs = keras.Input(input_shape)
        X = layers.ZeroPadding2D(3)(inputs) if zero_padding else inputs
        X = _conv(X, 64, 7, 2, padding="valid", norm=stem_norm)
        X = layers.ReLU()(X) if stem_relu else X
        X = layers.MaxPooling2D(3, strides=2)(X) if max_pooling else X
        for number, (width, count) in enumerate(zip(widths, counts, strict=True)):
            filters = (width, width, 4 * width)
            X = reference.convolutional_block(X, 3, filters, s=2 if number else first_stride)
            for _ in range(count - 1):
                X = reference.identity_block(X, 3, filters)
        X = layers.AveragePooling2D(2, padding="same")(X) if average else X
        outputs = layers.Dense(classes, activation="softmax" if softmax else None)(layers.Flatten()(X))
        return keras.Model(inputs, outputs)

    return variant


ResNet50.mistake(
    "no-softmax", "The last layer has no softmax, so the outputs are no probabilities.", _resnet50(softmax=False),
)
ResNet50.mistake(
    "no-relu-in-the-stem", "There is no ReLU after the first convolution and its batch normalisation.",
    _resnet50(stem_relu=False),
)
ResNet50.mistake(
    "no-norm-in-the-stem", "There is no batch normalisation after the first convolution.", _resnet50(stem_norm=False),
)
ResNet50.mistake(
    "no-zero-padding", "The picture is not padded before the first convolution: three pixels on each side.",
    _resnet50(zero_padding=False),
)
ResNet50.mistake(
    "no-max-pooling", "The max pooling after the first convolution is missing.", _resnet50(max_pooling=False),
)
ResNet50.mistake(
    "no-average-pooling", "The average pooling before the last layer is missing.", _resnet50(average=False),
)
ResNet50.mistake(
    "first-stage-strided", "The first convolutional block has a stride of 2. Stage 2 has s = 1: max pooling has just "
    "halved the picture.", _resnet50(first_stride=2),
)
ResNet50.mistake(
    "one-block-too-many", "Each stage has one identity block too many: 3, 4, 6 and 3 count the convolutional block "
    "too. See 'ResNet-50'.", _resnet50(counts=(4, 5, 7, 4)),
)
ResNet50.mistake(
    "stages-without-identity-blocks", "Each stage has its convolutional block only; 2, 3, 5 and 2 identity blocks "
    "follow them.", _resnet50(counts=(1, 1, 1, 1)),
)
ResNet50.mistake(
    "resnet-101", "The fourth stage has 23 blocks: that is ResNet-101. ResNet-50 has 6 there.",
    _resnet50(counts=(3, 4, 23, 3)),
)
ResNet50.hint("Write the table of 'ResNet-50' from top to bottom, one line of code for each line.")
ResNet50.hint("In each stage a convolutional block comes first; the numbers of the table count it too.")
ResNet50.hint(
    "Where your count is not 23,600,006: model.summary() shows the layer whose shape or parameters surprise you."
)


# basic_block


@topic.exercise(
    reference=reference.basic_block, section="Basic blocks", needs="tensorflow", optional=("training",),
    aliases={"X_input": "X", "x": "X", "strides": "stride", "s": "stride", "F": "filters"},
)
def basic_block(rng):
    yield _block("the shapes agree", _pictures(rng, 4, 5, 6), 6, 1, group="same shape")
    yield _block("the shapes agree, three channels", _pictures(rng, 3, 3, 3), 3, 1, group="same shape")
    # odd sizes: "same" and a border of 1 agree there
    yield _block("stride 2 and more channels", _pictures(rng, 3, 3, 4), 6, 2, group="another shape")
    yield _block("more channels only", _pictures(rng, 4, 3, 3), 5, 1, group="another shape")
    yield _block("stride 2 only", _pictures(rng, 5, 7, 4), 4, 2, group="another shape")


def _basic(
    end="relu", projection="needed", strides=None, side_stride=None, side_norm=True, use_bias=False, norm=True,
    middle_relu=True, side_bias=False,
):
    def variant(X, filters, stride=1):
        first, second = strides or (stride, 1)
        first, second = first or stride, second or stride
        path = _conv(X, filters, 3, first, use_bias=use_bias, norm=norm)
        path = _conv(layers.ReLU()(path) if middle_relu else path, filters, 3, second, use_bias=use_bias, norm=norm)
        needed = {
            "needed": stride != 1 or X.shape[-1] != filters, "never": False, "always": True,
            "for the stride": stride != 1, "for the channels": X.shape[-1] != filters,
        }[projection]
        side = _conv(X, filters, 1, side_stride or stride, use_bias=side_bias, norm=side_norm) if needed else X
        return _join(path, side, end)

    return variant


basic_block.mistake(
    "no-shortcut", "The input is never added: this is a plain block.",
    lambda X, filters, stride=1: _basic("no shortcut", projection="never")(X, filters, stride),
)
basic_block.mistake("no-relu-at-the-end", "There is no ReLU after the addition.", _basic("no relu"))
basic_block.mistake(
    "relu-before-adding", "The last ReLU comes before the addition; it comes after it.", _basic("relu before")
)
basic_block.mistake(
    "relu-before-and-after", "There is a ReLU right before the addition; the second convolution has none.",
    _basic("relu before and after"),
)
basic_block.mistake(
    "always-projected", "The shortcut always goes through a convolution. Where the shapes agree, X itself is added.",
    _basic(projection="always"),
)
basic_block.mistake(
    "projected-for-the-stride-only", "Where only the number of channels changes, the shortcut needs a projection too.",
    _basic(projection="for the stride"),
)
basic_block.mistake(
    "projected-for-the-channels-only", "Where only the size changes (stride 2), the shortcut needs a projection too.",
    _basic(projection="for the channels"),
)
basic_block.mistake(
    "stride-twice", "Both 3x3 convolutions have the stride; only the first has it.", _basic(strides=(None, None)),
)
basic_block.mistake(
    "projection-without-norm", "The projection has no batch normalisation.", _basic(side_norm=False),
)
basic_block.mistake(
    "biases", "The 3x3 convolutions have biases. Batch normalisation subtracts the mean, so a bias before it changes "
    "nothing: use_bias=False.", _basic(use_bias=True),
)
basic_block.mistake(
    "biases-everywhere", "The convolutions have biases, the projection too. Batch normalisation subtracts the mean, so "
    "a bias before it changes nothing: use_bias=False.", _basic(use_bias=True, side_bias=True),
)
basic_block.mistake("norm-missing", "Batch normalisation is missing after the 3x3 convolutions.", _basic(norm=False))
basic_block.mistake(
    "relu-missing", "There is no ReLU between the two convolutions.", _basic(middle_relu=False)
)
basic_block.hint("When may X itself be added? When its shape is that of the main path.")
basic_block.hint(
    "The shapes agree where the stride is 1 and X.shape[-1] == filters. Otherwise the shortcut is "
    "Conv2D(filters, 1, strides=stride, use_bias=False) and batch normalisation."
)


# resnet18, resnet34


def _basic_network_cases(rng, name, trainable):
    yield case("224x224 pictures, 1000 classes", (224, 224, 3), 1000, group="shapes and parameters", probe=COUNTS,
               expect={"output_shape": (1000,), "trainable": trainable})
    n_H, n_W, classes = (int(number) for number in rng.integers((64, 64, 7), (100, 100, 30)))
    fewer = 7 * 7 * (3 - 1) * 64 + (512 + 1) * (1000 - classes)
    yield case(f"{n_H}x{n_W} pictures in grey, {classes} classes", (n_H, n_W, 1), classes,
               group="shapes and parameters", probe=COUNTS,
               expect={"output_shape": (classes,), "trainable": trainable - fewer})
    # 33 pixels stay odd until the last stage: "same" and explicit borders agree
    yield case("33x33 pictures, 7 classes", (33, 33, 3), 7, group="what it computes", probe=LARGE,
               tolerance=NETWORK_TOLERANCE, expect=_seen(name))


NETWORK = {
    "section": "ResNet-18 and ResNet-34", "needs": "tensorflow", "optional": ("blocks", "training"),
    "weights": {"what it computes": 2.0},
}


@topic.exercise(reference=reference.resnet18, companions=("basic_block",), **NETWORK)
def resnet18(rng):
    yield from _basic_network_cases(rng, "resnet18", 11_689_512)


@topic.exercise(reference=reference.resnet34, companions=("basic_block", "resnet18"), **NETWORK)
def resnet34(rng):
    yield from _basic_network_cases(rng, "resnet34", 21_797_672)


def _network(
    counts, stem_stride=2, stem_relu=True, stem_bias=False, max_pooling=True, strides=(1, 2, 2, 2),
    widths=(64, 128, 256, 512), average=True, softmax=True,
):
    def variant(input_shape=(224, 224, 3), classes=1000):
        inputs = keras.Input(input_shape)
        X = _conv(inputs, 64, 7, stem_stride, use_bias=stem_bias)
        X = layers.ReLU()(X) if stem_relu else X
        X = layers.MaxPooling2D(3, strides=2, padding="same")(X) if max_pooling else X
        for width, stride, count in zip(widths, strides, counts, strict=True):
            for number in range(count):
                X = reference.basic_block(X, width, 1 if number else stride)
        X = layers.GlobalAveragePooling2D()(X) if average else layers.Flatten()(X)
        return keras.Model(inputs, layers.Dense(classes, activation="softmax" if softmax else None)(X))

    return variant


for _exercise, _counts in ((resnet18, (2, 2, 2, 2)), (resnet34, (3, 4, 6, 3))):
    _exercise.mistake("no-softmax", "The last layer has no softmax.", _network(_counts, softmax=False))
    _exercise.mistake(
        "no-max-pooling", "The max pooling after the first convolution is missing.",
        _network(_counts, max_pooling=False),
    )
    _exercise.mistake(
        "no-relu-in-the-stem", "There is no ReLU after the first convolution and its batch normalisation.",
        _network(_counts, stem_relu=False),
    )
    _exercise.mistake(
        "first-stage-strided", "The first stage has a stride of 2; max pooling has just halved the picture there.",
        _network(_counts, strides=(2, 2, 2, 2)),
    )
    _exercise.mistake(
        "no-strides", "No stage has a stride of 2: from the second stage on, the first block has one.",
        _network(_counts, strides=(1, 1, 1, 1)),
    )
    _exercise.mistake(
        "flattened", "The last pictures are flattened; take the average of each channel first. It makes the last layer "
        "small and lets the network accept any size.", _network(_counts, average=False),
    )
    _exercise.mistake(
        "bias-in-the-stem", "The first convolution has biases; batch normalisation follows it, so they change nothing.",
        _network(_counts, stem_bias=True),
    )
    _exercise.mistake(
        "filters-not-doubled", "Every stage has 64 filters; where the picture is halved, the filters are doubled.",
        _network(_counts, widths=(64,) * 4),
    )
resnet18.mistake(
    "blocks-of-34", "The stages have 3, 4, 6 and 3 blocks: that is ResNet-34. ResNet-18 has two in each.",
    _network((3, 4, 6, 3)),
)
resnet18.mistake(
    "one-block-each", "Each stage has one block; there are two.", _network((1, 1, 1, 1)),
)
resnet34.mistake(
    "blocks-of-18", "Each stage has two blocks: that is ResNet-18. ResNet-34 has 3, 4, 6 and 3.",
    _network((2, 2, 2, 2)),
)
resnet34.mistake(
    "one-block-too-many", "Each stage has one block too many: 3, 4, 6 and 3 count the first one too.",
    _network((4, 5, 7, 4)),
)
resnet18.hint(
    "Two loops: over the four stages, with 64, 128, 256 and 512 filters, and inside over the blocks of a stage."
)
resnet18.hint("Only one kind of block has a stride of 2: the first of a stage, and not in the first stage.")
resnet18.hint("After the blocks GlobalAveragePooling2D and a Dense layer with softmax are left.")
resnet34.hint("What differs from ResNet-18? Only how many blocks each stage has.")
resnet34.hint("Your resnet18 takes the numbers of blocks as its third argument.")


# dense_block


@topic.exercise(
    reference=reference.dense_block, section="DenseNet", needs="tensorflow", optional=("training",),
    aliases={"n_layers": "layers", "num_layers": "layers", "k": "growth_rate", "x": "X"},
)
def dense_block(rng):
    yield _block("one layer", _pictures(rng, 4, 5, 6), 3, 1, group="one layer")
    yield _block("two layers", _pictures(rng, 5, 4, 4), 3, 2, group="several layers")
    yield _block("four layers", _pictures(rng, 4, 4, 3), 2, 4, group="several layers")


def _dense(use_bias=False, front=False, size=3, sees="all", keeps="all", order="norm relu conv", padding="same"):
    def variant(X, growth_rate, layers):
        parts, newest = [X], X
        for _ in range(layers):
            seen = {
                "all": lambda: _together(parts, front), "newest": lambda newest=newest: newest, "input": lambda: X,
            }[sees]()
            conv = keras.layers.Conv2D(growth_rate, size, padding=padding, use_bias=use_bias)
            if order == "norm relu conv":
                newest = conv(keras.layers.ReLU()(_norm(seen)))
            elif order == "norm conv":
                newest = conv(_norm(seen))
            elif order == "relu conv":
                newest = conv(keras.layers.ReLU()(seen))
            else:
                newest = keras.layers.ReLU()(_norm(conv(seen)))
            parts.append(newest)
        return {
            "all": lambda: _together(parts, front), "new": lambda: _together(parts[1:], front),
            "newest": lambda: newest, "sum": lambda: sum(parts[2:], parts[1]),
        }[keeps]()

    return variant


def _together(parts, front):
    parts = parts[::-1] if front else parts
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate()(list(parts))


dense_block.mistake(
    "sees-only-the-newest", "Each layer sees only the channels that the layer before it made; it sees all that came "
    "before, the block's input too. See 'DenseNet'.", _dense(sees="newest"),
)
dense_block.mistake(
    "sees-only-the-input", "Every layer sees the block's input only; it sees what the layers before it made as well.",
    _dense(sees="input"),
)
dense_block.mistake(
    "input-dropped", "The result holds the new channels only; the block's input belongs to it too.",
    _dense(keeps="new"),
)
dense_block.mistake(
    "last-layer-only", "Only the last layer's channels are returned; all are appended to the input.",
    _dense(keeps="newest"),
)
dense_block.mistake(
    "new-first", "New channels are put in front; append them behind those that are there.", _dense(front=True),
)
dense_block.mistake(
    "convolution-first", "The order is convolution, batch normalisation, ReLU; in a dense block batch normalisation "
    "and ReLU come before the convolution.", _dense(order="conv norm relu"),
)
dense_block.mistake("relu-missing", "The ReLU before the convolution is missing.", _dense(order="norm conv"))
dense_block.mistake(
    "norm-missing", "The batch normalisation before ReLU is missing.", _dense(order="relu conv")
)
dense_block.mistake(
    "biases", "The convolutions have biases; leave them out with use_bias=False.", _dense(use_bias=True)
)
dense_block.mistake("one-by-one", "The convolutions are 1x1; they are 3x3.", _dense(size=1))
dense_block.hint("In each turn of the loop, X grows by growth_rate channels, and the next turn works on all of X.")
dense_block.hint(
    "new = batch normalisation, ReLU, Conv2D(growth_rate, 3, padding='same', use_bias=False) of X; then join X and new."
)


# transition_layer


@topic.exercise(
    reference=reference.transition_layer, section="DenseNet", needs="tensorflow", optional=("training",),
    aliases={"theta": "compression", "reduction": "compression", "x": "X"},
)
def transition_layer(rng):
    yield _block("half of eight channels", _pictures(rng, 4, 6, 8), 0.5, group="half the channels")
    yield _block("half of seven channels is three", _pictures(rng, 6, 4, 7), 0.5, group="other shares")
    yield _block("all channels stay", _pictures(rng, 4, 4, 5), 1.0, group="other shares")
    yield _block("a picture of odd size", _pictures(rng, 5, 7, 6), 0.7, group="other shares")


def _transition(
    pooling="average", size=1, rounding=int, use_bias=False, norm=True, relu=True, compress=True, strided=False
):
    def variant(X, compression):
        filters = rounding(compression * X.shape[-1]) if compress else X.shape[-1]
        X = _norm(X) if norm else X
        X = layers.ReLU()(X) if relu else X
        X = layers.Conv2D(filters, size, padding="same", use_bias=use_bias, strides=2 if strided else 1)(X)
        return {
            "average": lambda: layers.AveragePooling2D(2)(X), "max": lambda: layers.MaxPooling2D(2)(X),
            "same": lambda: layers.AveragePooling2D(2, padding="same")(X), "none": lambda: X,
        }[pooling]()

    return variant


transition_layer.mistake(
    "no-compression", "The number of channels stays: the 1x1 convolution has floor(compression * n_C) filters.",
    _transition(compress=False),
)
transition_layer.mistake("max-pooling", "This is max pooling; a transition takes the average.", _transition("max"))
transition_layer.mistake("no-pooling", "The 2x2 average pooling is missing.", _transition("none"))
transition_layer.mistake(
    "rounded-up", "Where the share is no whole number, it is rounded down.",
    _transition(rounding=lambda x: int(np.ceil(x))),
)
transition_layer.mistake("three-by-three", "The convolution is 3x3; it is 1x1.", _transition(size=3))
transition_layer.mistake(
    "norm-missing", "The batch normalisation at the beginning is missing.", _transition(norm=False)
)
transition_layer.mistake(
    "relu-missing", "The ReLU after the batch normalisation is missing.", _transition(relu=False)
)
transition_layer.mistake(
    "biases", "The convolution has biases; leave them out with use_bias=False.", _transition(use_bias=True)
)
transition_layer.mistake(
    "same-pooling", "A last row or column is pooled although it is only half there; average pooling leaves it out "
    "(padding 'valid').", _transition("same"),
)
transition_layer.mistake(
    "strided", "The size is halved by a stride of the convolution; it is halved by average pooling.",
    _transition("none", strided=True),
)
transition_layer.hint("Four layers in a row: batch normalisation, ReLU, a 1x1 convolution, average pooling.")
transition_layer.hint("X.shape[-1] is the number of channels; int() rounds compression * X.shape[-1] down.")


# spot_the_mistake


spot_the_mistake = topic.claims(
    claim(
        "skipped_layers", "how many convolutional layers does the shortcut of your identity_block skip?", 3,
        {
            2: "Two are skipped in the basic block; count the convolutions of identity_block.",
            1: "Count the convolutions between the two ends of the shortcut.",
            4: "The convolution count is one too high: the addition is no layer with weights.",
        },
    ),
    claim(
        "resnet18_parameters", "the trainable parameters of ResNet-18 with 1000 classes.", 11_689_512,
        {
            2_000_000: "About 2 million is ResNet-110 for the small pictures of CIFAR-10. Ask your resnet18.",
            1_727_962: "This is ResNet-110 for CIFAR-10. Ask your resnet18.",
            11_699_112: "The moving averages of batch normalisation are counted too; they are not trained.",
            21_797_672: "This is ResNet-34.",
        },
    ),
    claim(
        "shift", "internal ... shift: what did the authors of batch normalisation call it?", "covariate",
        {
            "covariance": "A covariance is a matrix. The inputs of a layer are its covariates, as statisticians say.",
            "correlation": "The word is in the title of the paper on batch normalisation.",
        },
        choices=("covariance", "covariate", "correlation"),
    ),
    claim(
        "plain_networks", "why do deep plain networks with batch normalisation train worse, as He and others argue?",
        "degradation",
        {
            "vanishing gradients": "They measured the gradients: with batch normalisation their norms are healthy, "
            "forward and backward.",
            "overfitting": "The training error itself is higher; overfitting would lower it.",
        },
        choices=("vanishing gradients", "overfitting", "degradation"),
    ),
    claim(
        "dense_layers", "the number of fully connected layers of ResNet-34.", 1,
        {
            0: "After the average of each channel comes one more layer: which one makes 1000 numbers?",
            3: "Three is VGG-16; ResNet-34 averages each channel first.",
            2: "Look at the end of your resnet18: what comes after the average of each channel?",
        },
    ),
    claim(
        "dense_connections", "from which layers of its block does a layer of DenseNet get its input?", "preceding",
        {
            "all": "Not from all: those that come after it have computed nothing yet.",
            "the last": "That is a plain network.",
            "following": "A layer cannot see what comes after it.",
        },
        choices=("all", "preceding", "following", "the last"),
    ),
    claim(
        "last_competition", "the year of the last ImageNet competition (ILSVRC).", 2017,
        {
            2015: "ResNet won in 2015; there were two more.",
            2016: "There was one more, won by squeeze-and-excitation networks.",
            2012: "This was AlexNet's year.",
        },
    ),
)
spot_the_mistake.hint("For the numbers ask your own functions: build the model and count.")
spot_the_mistake.hint("For the words read 'The degradation problem' and 'DenseNet' again.")
