"""The exercises of notebook 05 on basic blocks, and on the networks that are made of them: ResNet-18 and ResNet-34."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse import residual as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.momentum import momentum_mistakes
from dlcourse.checking.networks_seen import may_show, network_mistake, seen
from dlcourse.checks.residual.parts import (
    LARGE,
    SQUARE_ONLY,
    block_case,
    conv,
    counts_case,
    is_square_only,
    join,
    pictures,
    shapes_that_differ,
    the_pictures,
    topic,
)

# In float32, and through many layers of a reader's own making; the smallest mistake, a ReLU left out before max
# pooling, moves the outputs of ResNet-34 by 1.7 %.
TOLERANCE = 8e-3

# basic_block


@topic.exercise(
    reference=reference.basic_block,
    section="Basic blocks",
    needs="tensorflow",
    optional=("training",),
    aliases={"X_input": "X", "x": "X", "strides": "stride", "s": "stride", "F": "filters"},
    may_show=may_show("basic_block"),
)
def basic_block(rng):
    yield block_case("the shapes agree", the_pictures(4, 5, 6), 6, 1, group="same shape")
    yield block_case("the shapes agree, three channels", pictures(rng, 3, 3, 3), 3, 1, group="same shape")
    # odd sizes: "same" and a border of 1 agree there
    yield block_case("stride 2 and more channels", pictures(rng, 3, 3, 4), 6, 2, group="another shape")
    yield block_case("more channels only", pictures(rng, 4, 3, 3), 5, 1, group="another shape")
    yield block_case("stride 2 only", pictures(rng, 5, 7, 4), 4, 2, group="another shape")


def _basic(
    end="relu",
    projection="needed",
    strides=None,
    side_stride=None,
    side_norm=True,
    use_bias=False,
    norm=True,
    middle_relu=True,
    side_bias=False,
    momentum=reference.MOMENTUM,
):
    def variant(X, filters, stride=1):
        first, second = strides or (stride, 1)
        first, second = first or stride, second or stride
        options = {"use_bias": use_bias, "norm": norm, "momentum": momentum}
        path = conv(X, filters, 3, first, **options)
        path = conv(layers.ReLU()(path) if middle_relu else path, filters, 3, second, **options)
        needed = {
            "needed": stride != 1 or X.shape[-1] != filters,
            "never": False,
            "always": True,
            "for the stride": stride != 1,
            "for the channels": X.shape[-1] != filters,
        }[projection]
        side = conv(X, filters, 1, side_stride or stride, use_bias=side_bias, norm=side_norm) if needed else X
        return join(path, side, end)

    return variant


basic_block.mistake(
    "no-shortcut",
    "The input is never added: this is a plain block.",
    lambda X, filters, stride=1: _basic("no shortcut", projection="never")(X, filters, stride),
)
basic_block.mistake("no-relu-at-the-end", "There is no ReLU after the addition.", _basic("no relu"))
basic_block.mistake(
    "relu-before-adding", "The last ReLU comes before the addition; it comes after it.", _basic("relu before")
)
basic_block.mistake(
    "relu-before-and-after",
    "There is a ReLU right before the addition; the second convolution has none.",
    _basic("relu before and after"),
)
basic_block.mistake(
    "always-projected",
    "The shortcut always goes through a convolution. Where the shapes agree, X itself is added.",
    _basic(projection="always"),
)
basic_block.mistake(
    "projected-for-the-stride-only",
    "Where only the number of channels changes, the shortcut needs a projection too.",
    _basic(projection="for the stride"),
)
basic_block.mistake(
    "projected-for-the-channels-only",
    "Where only the size changes (stride 2), the shortcut needs a projection too.",
    _basic(projection="for the channels"),
)
basic_block.mistake(
    "stride-twice", "Both 3x3 convolutions have the stride; only the first has it.", _basic(strides=(None, None))
)
basic_block.mistake("projection-without-norm", "The projection has no batch normalisation.", _basic(side_norm=False))
basic_block.mistake(
    "biases",
    "The 3x3 convolutions have biases. Batch normalisation subtracts the mean, so a bias before it changes "
    "nothing: use_bias=False.",
    _basic(use_bias=True),
)
basic_block.mistake(
    "biases-everywhere",
    "The convolutions have biases, the projection too. Batch normalisation subtracts the mean, so "
    "a bias before it changes nothing: use_bias=False.",
    _basic(use_bias=True, side_bias=True),
)
basic_block.mistake("norm-missing", "Batch normalisation is missing after the 3x3 convolutions.", _basic(norm=False))
basic_block.mistake("relu-missing", "There is no ReLU between the two convolutions.", _basic(middle_relu=False))
basic_block.pair("biases", "projection-without-norm", _basic(use_bias=True, side_norm=False))
basic_block.pair("biases", "no-relu-at-the-end", _basic("no relu", use_bias=True))
shapes_that_differ(basic_block)
momentum_mistakes(basic_block, lambda momentum: _basic(momentum=momentum))
basic_block.hint("When may X itself be added? When its shape is that of the main path.")
basic_block.hint(
    "The shapes agree where the stride is 1 and X.shape[-1] == filters. Otherwise the shortcut is "
    "Conv2D(filters, 1, strides=stride, use_bias=False) and batch normalisation."
)


# resnet18, resnet34


def _basic_network_cases(rng, name, trainable):
    """`trainable` is the paper's number, for images in colour and 1000 classes."""
    n_H, n_W = (int(size) for size in rng.choice(range(64, 100), 2, replace=False))
    classes = int(rng.integers(7, 30))
    fewer = 7 * 7 * (3 - 1) * 64 + (512 + 1) * (1000 - classes)
    yield counts_case(
        f"{n_H}x{n_W} images in grey, {classes} classes",
        (n_H, n_W, 1),
        classes,
        group="shapes and parameters",
        expect={"input_shape": (n_H, n_W, 1), "output_shape": (classes,), "trainable": trainable - fewer},
    )
    # 33 pixels stay odd until the last stage: "same" and explicit borders agree
    yield case(
        "33x33 images, 7 classes",
        (33, 33, 3),
        7,
        group="what it computes",
        probe=LARGE,
        tolerance=TOLERANCE,
        expect=seen(name),
    )


NETWORK = {
    "section": "ResNet-18 and ResNet-34",
    "needs": "tensorflow",
    "optional": ("blocks", "training"),
    "weights": {"what it computes": 2.0},
}


# trainable parameters for pictures in colour and 1000 classes
RESNET_18, BLOCKS = 11_689_512, (1, 2, 1, 3)
TRAINABLE = {BLOCKS: 15_155_496, (1, 1, 1, 1): 5_418_792}


@topic.exercise(reference=reference.resnet18, companions=("basic_block",), **NETWORK)
def resnet18(rng):
    yield from _basic_network_cases(rng, "resnet18", RESNET_18)
    yield counts_case(
        "1, 2, 1 and 3 blocks",
        (64, 64, 3),
        1000,
        BLOCKS,
        group="other numbers of blocks",
        expect={"output_shape": (1000,), "trainable": TRAINABLE[BLOCKS]},
    )


@topic.exercise(reference=reference.resnet34, companions=("basic_block", "resnet18"), **NETWORK)
def resnet34(rng):
    yield from _basic_network_cases(rng, "resnet34", 21_797_672)


def _network(
    counts,
    stem_stride=2,
    stem_relu=True,
    stem_bias=False,
    max_pooling=True,
    strides=(1, 2, 2, 2),
    widths=(64, 128, 256, 512),
    average=True,
    softmax=True,
    square=False,
):
    def variant(input_shape=(224, 224, 3), classes=1000):
        inputs = keras.Input((input_shape[0], *input_shape[::2]) if square else input_shape)
        X = conv(inputs, 64, 7, stem_stride, use_bias=stem_bias)
        X = layers.ReLU()(X) if stem_relu else X
        X = layers.MaxPooling2D(3, strides=2, padding="same")(X) if max_pooling else X
        for width, stride, count in zip(widths, strides, counts, strict=True):
            for number in range(count):
                X = reference.basic_block(X, width, 1 if number else stride)
        X = layers.GlobalAveragePooling2D()(X) if average else layers.Flatten()(X)
        return keras.Model(inputs, layers.Dense(classes, activation="softmax" if softmax else None)(X))

    return variant


def _mistake(exercise, key, message, variant):
    network_mistake(exercise, key, message, variant, TOLERANCE)


for _exercise, _counts in ((resnet18, (2, 2, 2, 2)), (resnet34, (3, 4, 6, 3))):
    _mistake(_exercise, "no-softmax", "The last layer has no softmax.", _network(_counts, softmax=False))
    _mistake(
        _exercise,
        "no-max-pooling",
        "The max pooling after the first convolution is missing.",
        _network(_counts, max_pooling=False),
    )
    _mistake(
        _exercise,
        "no-relu-in-the-stem",
        "There is no ReLU after the first convolution and its batch normalisation.",
        _network(_counts, stem_relu=False),
    )
    _mistake(
        _exercise,
        "first-stage-strided",
        "The first row has a stride of 2; max pooling has just halved the image there.",
        _network(_counts, strides=(2, 2, 2, 2)),
    )
    _mistake(
        _exercise,
        "no-strides",
        "No row has a stride of 2: from the second row on, the first block has one.",
        _network(_counts, strides=(1, 1, 1, 1)),
    )
    _mistake(
        _exercise,
        "flattened",
        "The last images are flattened; take the average of each channel first. It makes the last layer "
        "small and lets the network accept any size.",
        _network(_counts, average=False),
    )
    _mistake(
        _exercise,
        "bias-in-the-stem",
        "The first convolution has biases; batch normalisation follows it, so they change nothing.",
        _network(_counts, stem_bias=True),
    )
    _mistake(
        _exercise,
        "filters-not-doubled",
        "Every row has 64 filters; where the image is halved, the filters are doubled.",
        _network(_counts, widths=(64,) * 4),
    )
    _exercise.mistake(
        "square-only",
        SQUARE_ONLY,
        _network(_counts, square=True),
        group="shapes and parameters",
        recognise=is_square_only,
    )


def _with_blocks(change):
    return lambda input_shape=(224, 224, 3), classes=1000, blocks=(2, 2, 2, 2): reference.resnet18(
        input_shape, classes, change(blocks)
    )


def _has(trainable):
    return lambda got: isinstance(got, dict) and got.get("trainable") == trainable


resnet18.mistake(
    "blocks-ignored",
    "Every row has two blocks, whatever the argument blocks says: row number k has blocks[k].",
    _with_blocks(lambda blocks: (2, 2, 2, 2)),
    group="other numbers of blocks",
    recognise=_has(RESNET_18),
)
resnet18.mistake(
    "first-number-for-all",
    "Every row has blocks[0] blocks; row number k has blocks[k].",
    _with_blocks(lambda blocks: blocks[:1] * 4),
    group="other numbers of blocks",
    recognise=_has(TRAINABLE[1, 1, 1, 1]),
)
_mistake(
    resnet18,
    "blocks-of-34",
    "The rows have 3, 4, 6 and 3 blocks: that is ResNet-34. ResNet-18 has two in each.",
    _network((3, 4, 6, 3)),
)
_mistake(resnet18, "one-block-each", "Each row has one block; there are two.", _network((1, 1, 1, 1)))
_mistake(
    resnet34,
    "blocks-of-18",
    "Each row has two blocks: that is ResNet-18. ResNet-34 has 3, 4, 6 and 3. "
    "If yours calls resnet18, look first whether that uses its argument blocks.",
    _network((2, 2, 2, 2)),
)
_mistake(
    resnet34,
    "one-block-too-many",
    "Each row has one block too many: they have 3, 4, 6 and 3, the first included.",
    _network((4, 5, 7, 4)),
)
resnet18.hint("Two loops: over the four rows, with 64, 128, 256 and 512 filters, and inside over the blocks of a row.")
resnet18.hint("Only one kind of block has a stride of 2: the first of a row, and not in the first row.")
resnet18.hint("After the blocks GlobalAveragePooling2D and a Dense layer with softmax are left.")
resnet34.hint("What differs from ResNet-18? Only how many blocks each row has.")
resnet34.hint("Your resnet18 takes the numbers of blocks as its third argument.")
