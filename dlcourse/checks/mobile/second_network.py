"""The exercise of notebook 07 on MobileNetV2."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse import mobile as reference
from dlcourse.checks.mobile.networks import NETWORK, named, network_cases
from dlcourse.checks.mobile.parts import SQUARE_ONLY, STEEP_NETWORK, conv, depthwise, is_square_only, topic

# learned numbers and all numbers, for images in colour and 1000 classes
NUMBERS = 3_504_872, 3_538_984


@topic.exercise(
    reference=reference.mobilenet_v2, section="MobileNetV2", companions=("inverted_residual_block",), **NETWORK
)
def mobilenet_v2(rng):
    yield from network_cases(rng, "mobilenet_v2", NUMBERS, 1280, 0.35, STEEP_NETWORK)


ROWS = reference.V2_ROWS


def _v2(
    rows=ROWS,
    stem_stride=2,
    stem_most=6.0,
    stem_relu=True,
    stem_norm=True,
    head=True,
    head_most=6.0,
    head_relu=True,
    head_norm=True,
    head_alpha=False,
    every_stride=False,
    rounded=reference.multiple_of_8,
    inside=None,
    average=True,
    softmax=True,
    square=False,
    alpha_used=True,
    stem_alpha=True,
    block=reference.inverted_residual_block,
):
    def variant(input_shape=(224, 224, 3), classes=1000, alpha=1.0):
        alpha = alpha if alpha_used else 1.0
        inputs = keras.Input((input_shape[0], *input_shape[::2]) if square else input_shape)
        width = rounded(32 * alpha) if stem_alpha else 32
        X = conv(inputs, width, 3, stem_stride, most=stem_most, norm=stem_norm, relu=stem_relu)
        for expansion, filters, count, first in rows:
            for number in range(count):
                width = (inside or rounded)(filters * alpha)
                X = block(X, expansion, width, 1 if number and not every_stride else first)
        if head:
            share = alpha if head_alpha else max(alpha, 1.0)
            X = conv(X, rounded(1280 * share), most=head_most, norm=head_norm, relu=head_relu)
        X = layers.GlobalAveragePooling2D()(X) if average else layers.Flatten()(X)
        return keras.Model(inputs, layers.Dense(classes, activation="softmax" if softmax else None)(X))

    return variant


def _without_shortcuts(X, expansion, filters, stride):
    path = X if expansion == 1 else conv(X, expansion * X.shape[-1], most=6.0)
    return conv(depthwise(path, stride, most=6.0), filters, relu=False)


named(mobilenet_v2, "no-softmax", "The last layer has no softmax.", _v2(softmax=False))
named(
    mobilenet_v2,
    "no-last-convolution",
    "The 1x1 convolution to 1280 channels is missing between the last block and the average.",
    _v2(head=False),
)
named(
    mobilenet_v2,
    "linear-last-convolution",
    "There is no ReLU6 after the 1x1 convolution to 1280 channels; only the ends of the blocks are linear.",
    _v2(head_relu=False),
)
named(
    mobilenet_v2,
    "plain-relu-in-the-last-convolution",
    "The convolution to 1280 channels is followed by ReLU; it is ReLU6, as everywhere in this network.",
    _v2(head_most=None),
)
named(
    mobilenet_v2,
    "plain-relu-in-the-first-convolution",
    "The first convolution is followed by ReLU; it is ReLU6, as everywhere in this network.",
    _v2(stem_most=None),
)
named(
    mobilenet_v2,
    "plain-relu-in-both",
    "The first and the last convolution are followed by ReLU; it is ReLU6, as everywhere in this network.",
    _v2(stem_most=None, head_most=None),
)
named(
    mobilenet_v2,
    "no-relu-after-the-first",
    "There is no ReLU6 after the first convolution and its batch normalisation.",
    _v2(stem_relu=False),
)
named(
    mobilenet_v2,
    "no-norm-after-the-first",
    "There is no batch normalisation after the first convolution.",
    _v2(stem_norm=False),
)
named(
    mobilenet_v2,
    "no-norm-after-the-last",
    "There is no batch normalisation after the convolution to 1280 channels.",
    _v2(head_norm=False),
)
named(
    mobilenet_v2,
    "first-without-stride",
    "The first convolution has no stride; it halves the image: strides=2.",
    _v2(stem_stride=1),
)
named(
    mobilenet_v2,
    "every-block-strided",
    "All blocks of a row have the row's stride; only the first one has it.",
    _v2(every_stride=True),
)
named(
    mobilenet_v2,
    "no-strides",
    "No block has a stride of 2; the first of four rows has.",
    _v2(rows=tuple((*row[:3], 1) for row in ROWS)),
)
named(
    mobilenet_v2,
    "first-row-expanded",
    "The first row has an expansion of 1: there is nothing to expand yet. Yours has 6.",
    _v2(rows=((6, *ROWS[0][1:]), *ROWS[1:])),
)
named(
    mobilenet_v2,
    "one-block-each",
    "Every row has one block; the table's column says how many there are.",
    _v2(rows=tuple((*row[:2], 1, row[3]) for row in ROWS)),
)
named(
    mobilenet_v2,
    "one-block-too-many",
    "Every row has one block too many: the number in the table counts the first one too.",
    _v2(rows=tuple((*row[:2], row[2] + 1, row[3]) for row in ROWS)),
)
named(
    mobilenet_v2,
    "no-shortcuts",
    "No block adds its input: ten of the seventeen do. Does each of yours begin where the one before ended?",
    _v2(block=_without_shortcuts),
)
named(
    mobilenet_v2,
    "alpha-ignored",
    "The argument alpha is not used: a layer has multiple_of_8(alpha * filters) filters.",
    _v2(alpha_used=False),
)
named(
    mobilenet_v2,
    "alpha-not-in-the-first",
    "The first convolution has 32 filters whatever alpha is.",
    _v2(stem_alpha=False),
)
named(
    mobilenet_v2,
    "alpha-in-the-last-convolution",
    "With an alpha below 1 the last convolution becomes smaller too; it keeps its 1280 channels.",
    _v2(head_alpha=True),
)
named(
    mobilenet_v2,
    "not-rounded-to-8",
    "The filters are int(alpha * filters); multiple_of_8 rounds them.",
    _v2(rounded=int),
)
named(
    mobilenet_v2,
    "blocks-not-rounded-to-8",
    "The blocks have int(alpha * filters) filters; multiple_of_8 rounds them too, not only those of the first "
    "convolution.",
    _v2(inside=int),
)
named(mobilenet_v2, "flattened", "The last images are flattened; take the average of each channel.", _v2(average=False))
mobilenet_v2.mistake(
    "square-only", SQUARE_ONLY, _v2(square=True), group="shapes and parameters", recognise=is_square_only
)
mobilenet_v2.hint("Two loops: over the seven rows of the table, and inside over the blocks of a row.")
mobilenet_v2.hint("Only the first block of a row has the row's stride; the others have 1, and so a shortcut.")
mobilenet_v2.hint(
    "Every number of filters goes through multiple_of_8(alpha * filters), but the last convolution: it has "
    "multiple_of_8(1280 * max(alpha, 1))."
)
