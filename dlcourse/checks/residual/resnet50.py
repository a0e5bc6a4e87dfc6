"""The exercise of notebook 05 on ResNet-50."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import residual as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import network_mistake, seen
from dlcourse.checking.probes.residual import TOO_SMALL
from dlcourse.checks.residual.parts import LARGE, SQUARE_ONLY, conv, counts_case, is_square_only, topic

# In float32, and through many layers of a reader's own making; the smallest mistake, a ReLU left out before max
# pooling, moves the outputs by 38 %.
TOLERANCE = 0.03


@topic.exercise(
    reference=reference.ResNet50,
    section="ResNet-50",
    needs="tensorflow",
    optional=("training",),
    companions=("identity_block", "convolutional_block"),
    weights={"what it computes": 2.0},
)
def ResNet50(rng):
    # sizes for which 2x2 places are left at the end, where every kind of average pooling agrees
    n_H, n_W = (2 * int(size) for size in rng.choice(range(29, 33), 2, replace=False))
    classes = int(rng.integers(7, 30))
    parameters = 23_600_006 - 7 * 7 * (3 - 1) * 64 + (2048 + 1) * (classes - 6)
    yield counts_case(
        f"{n_H}x{n_W} images in grey, {classes} classes",
        (n_H, n_W, 1),
        classes,
        group="shapes and parameters",
        expect={"input_shape": (n_H, n_W, 1), "output_shape": (classes,), "parameters": parameters},
    )
    yield case(
        "64x64 images in colour, 6 classes",
        (64, 64, 3),
        6,
        group="what it computes",
        probe=LARGE,
        tolerance=TOLERANCE,
        expect=seen("ResNet50"),
    )


def _resnet50(
    counts=(3, 4, 6, 3),
    zero_padding=True,
    stem_relu=True,
    stem_norm=True,
    max_pooling=True,
    first_stride=1,
    average=True,
    softmax=True,
    widths=(64, 128, 256, 512),
    stem_padding="valid",
    max_padding="valid",
    average_padding="same",
    square=False,
):
    def variant(input_shape=(64, 64, 3), classes=6):
        inputs = keras.Input((input_shape[0], *input_shape[::2]) if square else input_shape)
        X = layers.ZeroPadding2D(3)(inputs) if zero_padding else inputs
        X = conv(X, 64, 7, 2, padding=stem_padding, norm=stem_norm)
        X = layers.ReLU()(X) if stem_relu else X
        X = layers.MaxPooling2D(3, strides=2, padding=max_padding)(X) if max_pooling else X
        for number, (width, count) in enumerate(zip(widths, counts, strict=True)):
            filters = (width, width, 4 * width)
            X = reference.convolutional_block(X, 3, filters, s=2 if number else first_stride)
            for _ in range(count - 1):
                X = reference.identity_block(X, 3, filters)
        X = layers.AveragePooling2D(2, padding=average_padding)(X) if average else X
        outputs = layers.Dense(classes, activation="softmax" if softmax else None)(layers.Flatten()(X))
        return keras.Model(inputs, outputs)

    return variant


def _mistake(key, message, variant):
    network_mistake(ResNet50, key, message, variant, TOLERANCE)


_mistake("no-softmax", "The last layer has no softmax, so the outputs are no probabilities.", _resnet50(softmax=False))
_mistake(
    "no-relu-in-the-stem",
    "There is no ReLU after the first convolution and its batch normalisation.",
    _resnet50(stem_relu=False),
)
_mistake(
    "no-norm-in-the-stem", "There is no batch normalisation after the first convolution.", _resnet50(stem_norm=False)
)
_mistake(
    "no-zero-padding",
    "The image is not padded before the first convolution: three pixels on each side.",
    _resnet50(zero_padding=False),
)
_mistake("no-max-pooling", "The max pooling after the first convolution is missing.", _resnet50(max_pooling=False))
_mistake("no-average-pooling", "The average pooling before the last layer is missing.", _resnet50(average=False))
_mistake(
    "first-stage-strided",
    "The first convolutional block has a stride of 2. Stage 2 has s = 1: max pooling has just halved the image.",
    _resnet50(first_stride=2),
)
_mistake(
    "one-block-too-many",
    "Each stage has one identity block too many: there are 2, 3, 5 and 2, besides the "
    "convolutional block. See the table of 'ResNet-50'.",
    _resnet50(counts=(4, 5, 7, 4)),
)
_mistake(
    "stages-without-identity-blocks",
    "Each stage has its convolutional block only; 2, 3, 5 and 2 identity blocks follow them.",
    _resnet50(counts=(1, 1, 1, 1)),
)
_mistake(
    "stem-padded-twice",
    "The first convolution has padding 'same', and the image is padded already: its padding is "
    "'valid'. See 'ResNet-50'.",
    _resnet50(stem_padding="same", average_padding="valid"),
)
_mistake(
    "max-pooling-padded",
    "The max pooling has padding 'same', which makes its output one place larger: 16x16, where "
    "the table has 15x15. Its padding is 'valid'.",
    _resnet50(max_padding="same"),
)
_mistake(
    "resnet-101",
    "The fourth stage has 23 blocks: that is ResNet-101. ResNet-50 has 6 there.",
    _resnet50(counts=(3, 4, 23, 3)),
)
ResNet50.mistake(
    "halved-too-often",
    "The image is halved once too often, so that nothing is left for the average pooling. "
    "Stage 2 has s = 1: max pooling has just halved the image there.",
    _resnet50(first_stride=2, average_padding="valid"),
    group="shapes and parameters",
    recognise=lambda got: got == TOO_SMALL,
)
ResNet50.mistake(
    "square-only", SQUARE_ONLY, _resnet50(square=True), group="shapes and parameters", recognise=is_square_only
)


def _parameters_of_a_block(width):
    """Of an identity block: three convolutions with their biases, and three batch normalisations."""
    return 17 * width**2 + 6 * width + 4 * 6 * width


def _more_parameters(expected, got):
    return int(got["parameters"]) - int(expected["parameters"])


def _is_another_number_of_blocks(args, expected, got):
    more = _more_parameters(expected, got)
    blocks = [more / _parameters_of_a_block(width) for width in (64, 128, 256, 512)]
    return any(0 < abs(count) < 6 and count == int(count) for count in blocks)


ResNet50.shows(
    "another-number-of-blocks",
    "By its parameters one of the stages has more or fewer identity blocks than the table of 'ResNet-50' says: 2, 3, 5 "
    "and 2, each behind a convolutional block.",
    _is_another_number_of_blocks,
)
ResNet50.shows(
    "classes-written-in",
    "There are 6 outputs whatever `classes` says: the last layer has as many units as there are classes.",
    lambda args, expected, got: args[1] != 6 and got["output_shape"] == (6,),
)
ResNet50.shows(
    "no-flatten",
    "The output still has a height and a width: Flatten comes before the last layer.",
    lambda args, expected, got: len(got["output_shape"]) == 3,
)
ResNet50.shows(
    "a-stage-not-halved",
    "More places are left at the end than in the table of 'ResNet-50', and the last layer has weights for all of them: "
    "the convolutional blocks of stages 3, 4 and 5 have s = 2.",
    lambda args, expected, got: (
        _more_parameters(expected, got) > 0 and _more_parameters(expected, got) % (2048 * args[1]) == 0
    ),
)
ResNet50.shows(
    "sigmoid",
    "The outputs for an image lie between 0 and 1 and do not add up to 1: the last layer has a softmax.",
    lambda args, expected, got: (
        np.all((got["training"] >= 0) & (got["training"] <= 1))
        and not np.allclose(got["training"].sum(axis=1), 1, atol=0.01)
    ),
)
ResNet50.hint("Write the table of 'ResNet-50' from top to bottom, one line of code for each line.")
ResNet50.hint("In each stage a convolutional block comes first; the table's numbers of identity blocks come after it.")
ResNet50.hint(
    "Where your count is not 23,600,006: model.summary() shows the layer whose shape or parameters surprise you."
)
