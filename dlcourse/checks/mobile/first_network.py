"""The exercise of notebook 07 on MobileNet."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse import mobile as reference
from dlcourse.checks.mobile.networks import NETWORK, named, network_cases
from dlcourse.checks.mobile.parts import SLIM, SQUARE_ONLY, conv, is_square_only, topic

# learned numbers and all numbers, for images in colour and 1000 classes
NUMBERS = 4_231_976, 4_253_864


@topic.exercise(reference=reference.mobilenet_v1, section="MobileNet", companions=("separable_block",), **NETWORK)
def mobilenet_v1(rng):
    yield from network_cases(rng, "mobilenet_v1", NUMBERS, 1024, 0.25, SLIM)


STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
WIDTHS = (64, 128, 128, 256, 256, *(512,) * 6, 1024, 1024)


def _v1(
    strides=STRIDES,
    widths=WIDTHS,
    stem="ordinary",
    stem_stride=2,
    stem_relu=True,
    stem_norm=True,
    stem_bias=False,
    block=reference.separable_block,
    average=True,
    softmax=True,
    square=False,
    stem_alpha=True,
    alpha_used=True,
):
    def variant(input_shape=(224, 224, 3), classes=1000, alpha=1.0):
        alpha = alpha if alpha_used else 1.0
        X = inputs = keras.Input((input_shape[0], *input_shape[::2]) if square else input_shape)
        width = int(32 * (alpha if stem_alpha else 1))
        if stem == "ordinary":
            X = conv(X, width, 3, stem_stride, norm=stem_norm, relu=stem_relu, use_bias=stem_bias)
        elif stem == "separable":
            X = block(X, width, stem_stride)
        for filters, stride in zip(widths, strides, strict=True):
            X = block(X, int(alpha * filters), stride)
        X = layers.GlobalAveragePooling2D()(X) if average else layers.Flatten()(X)
        return keras.Model(inputs, layers.Dense(classes, activation="softmax" if softmax else None)(X))

    return variant


def _ordinary_block(X, filters, stride):
    return conv(X, filters, 3, stride)


named(mobilenet_v1, "no-softmax", "The last layer has no softmax.", _v1(softmax=False))
named(
    mobilenet_v1,
    "separable-first",
    "The first convolution is separable; it is an ordinary one: with three channels there is nothing to save.",
    _v1(stem="separable"),
)
named(
    mobilenet_v1,
    "no-first-convolution",
    "The ordinary 3x3 convolution with 32 filters and a stride of 2 is missing in front of the 13 blocks.",
    _v1(stem=None),
)
named(
    mobilenet_v1,
    "first-without-stride",
    "The first convolution has no stride; it halves the image: strides=2.",
    _v1(stem_stride=1),
)
named(
    mobilenet_v1,
    "no-relu-after-the-first",
    "There is no ReLU after the first convolution and its batch normalisation.",
    _v1(stem_relu=False),
)
named(
    mobilenet_v1,
    "no-norm-after-the-first",
    "There is no batch normalisation after the first convolution.",
    _v1(stem_norm=False),
)
named(
    mobilenet_v1,
    "bias-in-the-first",
    "The first convolution has biases; batch normalisation follows it, so they change nothing: use_bias=False.",
    _v1(stem_bias=True),
)
named(
    mobilenet_v1,
    "ordinary-blocks",
    "The blocks are ordinary 3x3 convolutions; each is a separable_block.",
    _v1(block=_ordinary_block),
)
named(
    mobilenet_v1, "no-strides", "No block has a stride of 2; four of them have: see the table.", _v1(strides=(1,) * 13)
)
named(
    mobilenet_v1,
    "one-stride-too-many",
    "The last block has a stride of 2 as well, as the paper's own table says; its images are not halved again there. "
    "See the table.",
    _v1(strides=(*STRIDES[:-1], 2)),
)
named(
    mobilenet_v1,
    "one-block-too-few",
    "There are five blocks with 512 filters; after the first, which has the stride, there are five more: six in all.",
    _v1(strides=STRIDES[:6] + STRIDES[7:], widths=WIDTHS[:6] + WIDTHS[7:]),
)
named(
    mobilenet_v1,
    "one-block-too-many",
    "There are seven blocks with 512 filters: one with a stride of 2, and five more.",
    _v1(strides=(*STRIDES[:6], 1, *STRIDES[6:]), widths=(*WIDTHS[:6], 512, *WIDTHS[6:])),
)
named(mobilenet_v1, "flattened", "The last images are flattened; take the average of each channel.", _v1(average=False))
named(
    mobilenet_v1,
    "alpha-ignored",
    "The argument alpha is not used: every layer has int(alpha * filters) filters.",
    _v1(alpha_used=False),
)
named(
    mobilenet_v1,
    "alpha-not-in-the-first",
    "The first convolution has 32 filters whatever alpha is; it has int(alpha * 32).",
    _v1(stem_alpha=False),
)
mobilenet_v1.mistake(
    "square-only", SQUARE_ONLY, _v1(square=True), group="shapes and parameters", recognise=is_square_only
)
mobilenet_v1.hint("Write the filters and the strides of the 13 blocks as two lists, and go through them in one loop.")
mobilenet_v1.hint(
    "Around the loop: Input, Conv2D(int(alpha * 32), 3, strides=2, padding='same', use_bias=False), batch "
    "normalisation and ReLU; then GlobalAveragePooling2D and Dense(classes, activation='softmax')."
)
mobilenet_v1.hint(
    "Where your count is not 4,253,864: model.summary() shows the layer whose shape or parameters surprise you."
)
