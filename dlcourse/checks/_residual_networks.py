"""The exercises of notebook 05 on networks: ResNet-50, the basic block, ResNet-18 and ResNet-34."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import residual as reference
from dlcourse.checks._momentum import momentum_mistakes
from dlcourse.checks._residual_parts import COUNTS, LARGE, block_case, conv, join, pictures, topic
from dlcourse.checks.exercise import case
from dlcourse.probes.moving_averages import FOLLOW

# In float32, and through many layers of a reader's own making; the smallest mistake, a ReLU left out before max
# pooling, moves the outputs by 1.7 % in ResNet-34 and by 38 % in ResNet-50.
NETWORK_TOLERANCE, DEEP_TOLERANCE = 8e-3, 0.03

# What dlcourse.probes.models:large_model sees of the references. It does not depend on the seed, takes a second, and is
# computed again in tests/test_residual.py.
SEEN = {
    "ResNet50": {
        "output_shape": (6,), "moving_averages": FOLLOW, "parameters": 23_600_006, "trainable": 23_546_886,
        "training": [
            [0.247971, 0.022163, 0.006625, 0.120088, 0.583966, 0.019187],
            [0.275428, 0.007953, 0.003206, 0.575418, 0.113247, 0.024747],
        ],
    },
    "resnet18": {
        "output_shape": (7,), "moving_averages": FOLLOW, "parameters": 11_189_703, "trainable": 11_180_103,
        "training": [
            [0.017229, 0.567611, 0.125307, 0.02617, 0.083411, 0.114062, 0.066211],
            [0.038039, 0.500059, 0.063171, 0.021086, 0.154867, 0.147982, 0.074797],
        ],
    },
    "resnet34": {
        "output_shape": (7,), "moving_averages": FOLLOW, "parameters": 21_305_287, "trainable": 21_288_263,
        "training": [
            [0.016085, 0.709122, 0.040444, 0.015748, 0.054887, 0.111991, 0.051723],
            [0.010923, 0.449513, 0.158788, 0.011177, 0.224225, 0.086397, 0.058977],
        ],
    },
}


def _seen(name):
    return {**SEEN[name], "training": np.array(SEEN[name]["training"], "float32")}


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
               screen=COUNTS, tolerance=DEEP_TOLERANCE, expect=_seen("ResNet50"))


def _resnet50(
    counts=(3, 4, 6, 3), zero_padding=True, stem_relu=True, stem_norm=True, max_pooling=True, first_stride=1,
    average=True, softmax=True, widths=(64, 128, 256, 512),
):
    def variant(input_shape=(64, 64, 3), classes=6):
        inputs = keras.Input(input_shape)
        X = layers.ZeroPadding2D(3)(inputs) if zero_padding else inputs
        X = conv(X, 64, 7, 2, padding="valid", norm=stem_norm)
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
    yield block_case("the shapes agree", pictures(rng, 4, 5, 6), 6, 1, group="same shape")
    yield block_case("the shapes agree, three channels", pictures(rng, 3, 3, 3), 3, 1, group="same shape")
    # odd sizes: "same" and a border of 1 agree there
    yield block_case("stride 2 and more channels", pictures(rng, 3, 3, 4), 6, 2, group="another shape")
    yield block_case("more channels only", pictures(rng, 4, 3, 3), 5, 1, group="another shape")
    yield block_case("stride 2 only", pictures(rng, 5, 7, 4), 4, 2, group="another shape")


def _basic(
    end="relu", projection="needed", strides=None, side_stride=None, side_norm=True, use_bias=False, norm=True,
    middle_relu=True, side_bias=False, momentum=reference.MOMENTUM,
):
    def variant(X, filters, stride=1):
        first, second = strides or (stride, 1)
        first, second = first or stride, second or stride
        options = {"use_bias": use_bias, "norm": norm, "momentum": momentum}
        path = conv(X, filters, 3, first, **options)
        path = conv(layers.ReLU()(path) if middle_relu else path, filters, 3, second, **options)
        needed = {
            "needed": stride != 1 or X.shape[-1] != filters, "never": False, "always": True,
            "for the stride": stride != 1, "for the channels": X.shape[-1] != filters,
        }[projection]
        side = conv(X, filters, 1, side_stride or stride, use_bias=side_bias, norm=side_norm) if needed else X
        return join(path, side, end)

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
momentum_mistakes(basic_block, lambda momentum: _basic(momentum=momentum))
basic_block.hint("When may X itself be added? When its shape is that of the main path.")
basic_block.hint(
    "The shapes agree where the stride is 1 and X.shape[-1] == filters. Otherwise the shortcut is "
    "Conv2D(filters, 1, strides=stride, use_bias=False) and batch normalisation."
)


# resnet18, resnet34


def _basic_network_cases(rng, name, trainable):
    """`trainable` is the paper's number, for pictures in colour and 1000 classes."""
    n_H, n_W, classes = (int(number) for number in rng.integers((64, 64, 7), (100, 100, 30)))
    fewer = 7 * 7 * (3 - 1) * 64 + (512 + 1) * (1000 - classes)
    yield case(f"{n_H}x{n_W} pictures in grey, {classes} classes", (n_H, n_W, 1), classes,
               group="shapes and parameters", probe=COUNTS,
               expect={"output_shape": (classes,), "trainable": trainable - fewer})
    # 33 pixels stay odd until the last stage: "same" and explicit borders agree
    yield case("33x33 pictures, 7 classes", (33, 33, 3), 7, group="what it computes", probe=LARGE, screen=COUNTS,
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
        X = conv(inputs, 64, 7, stem_stride, use_bias=stem_bias)
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
