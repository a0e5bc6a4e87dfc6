"""The exercises of notebook 05 on bottleneck blocks: the identity block, the convolutional block."""

from __future__ import annotations

from keras import layers

from dlcourse import residual as reference
from dlcourse.checking.momentum import momentum_mistakes
from dlcourse.checking.networks_seen import may_show
from dlcourse.checks.residual.parts import (
    block_case,
    bottleneck,
    conv,
    join,
    normalised,
    pictures,
    shapes_that_differ,
    the_pictures,
    topic,
)

# identity_block


@topic.exercise(
    reference=reference.identity_block,
    section="The identity block",
    needs="tensorflow",
    optional=("stage", "block", "training", "initializer"),
    aliases={"X_input": "X", "x": "X", "input_tensor": "X", "kernel_size": "f"},
    may_show=may_show("identity_block"),
)
def identity_block(rng):
    yield block_case(
        "a 3x3 image, f = 3, filters 2, 4 and 6",
        the_pictures(3, 3, 6),
        3,
        [2, 4, 6],
        1,
        "a",
        group="a block with f = 3",
    )
    yield block_case("a wider image", pictures(rng, 4, 6, 8), 3, [4, 4, 8], 2, "b", group="a block with f = 3")
    yield block_case("f = 5", pictures(rng, 6, 5, 4), 5, [3, 2, 4], 3, "c", group="other sizes of f")
    yield block_case("f = 1", pictures(rng, 4, 3, 4), 1, [2, 3, 4], 4, "d", group="other sizes of f")


def _identity(end="relu", **changed):
    def variant(X, f, filters, stage=None, block=None):
        return join(bottleneck(X, f, filters, **changed), X, end)

    return variant


def _identity_with_relu_before_norm(X, f, filters, stage=None, block=None):
    path = X
    for number, size in enumerate((1, f, 1)):
        path = layers.Conv2D(filters[number], size, padding="same")(path)
        path = normalised(layers.ReLU()(path) if number < 2 else path)
    return layers.ReLU()(path + X)


def _identity_with_second_filters_swapped(X, f, filters, stage=None, block=None):
    return _identity()(X, f, (filters[1], filters[0], filters[2]))


def _identity_with_two_convolutions(X, f, filters, stage=None, block=None):
    path = layers.ReLU()(conv(X, filters[0], f))
    return layers.ReLU()(conv(path, filters[2], f) + X)


def _identity_with_projection(X, f, filters, stage=None, block=None):
    return join(bottleneck(X, f, filters), conv(X, filters[2], 1))


identity_block.mistake(
    "no-shortcut",
    "The input is never added to the result of the main path: without the shortcut this is a plain "
    "block. See 'The skip connection'.",
    _identity("no shortcut"),
)
identity_block.mistake(
    "no-relu-at-the-end", "There is no ReLU after the addition. See 'The identity block'.", _identity("no relu")
)
identity_block.mistake(
    "relu-before-adding",
    "The last ReLU comes before the addition; it comes after it: g(z + a). See 'The skip connection'.",
    _identity("relu before"),
)
identity_block.mistake(
    "relu-before-and-after",
    "There is a ReLU on the main path right before the addition, so the block can only add, "
    "never take away. The third convolution has none. See 'The identity block'.",
    _identity("relu before and after"),
)
identity_block.mistake(
    "activation-on-the-shortcut",
    "A ReLU is applied to the shortcut; the input is added as it came. See 'The skip connection'.",
    _identity("relu on the shortcut"),
)
identity_block.mistake(
    "norm-missing-third",
    "The third convolution has no batch normalisation. See 'The identity block'.",
    _identity(norms=(True, True, False)),
)
identity_block.mistake(
    "norm-missing",
    "Batch normalisation is missing: each of the three convolutions is followed by one.",
    _identity(norms=(False,) * 3),
)
identity_block.mistake(
    "norm-after-adding",
    "The third batch normalisation comes after the addition, where it also changes the shortcut; "
    "it belongs to the main path.",
    _identity("norm after", norms=(True, True, False)),
)
identity_block.mistake(
    "norm-axis",
    "Batch normalisation runs over axis 1, the rows; channels are the last axis (axis=3).",
    _identity(axis=1),
)
identity_block.mistake(
    "relu-before-norm",
    "Batch normalisation comes after ReLU; here it stands between the convolution and ReLU.",
    _identity_with_relu_before_norm,
)
identity_block.mistake(
    "relu-missing",
    "There is no ReLU after the first and the second convolution. See 'The identity block'.",
    _identity(relus=(False, False)),
)
identity_block.mistake(
    "relu-missing-second",
    "There is no ReLU after the second convolution's batch normalisation.",
    _identity(relus=(True, False)),
)
identity_block.mistake(
    "valid-padding",
    "The middle convolution has padding 'valid', so its output is smaller than the shortcut. With "
    "'same' the shapes agree.",
    _identity(paddings=("same", "valid", "same")),
)
identity_block.mistake("f-ignored", "The middle convolution is 3x3 whatever f is.", _identity(sizes=(1, 3, 1)))
identity_block.mistake(
    "f-everywhere",
    "The first and the third convolution are fxf as well; they are 1x1. See 'The bottleneck'.",
    lambda X, f, filters, stage=None, block=None: join(bottleneck(X, f, filters, sizes=(f, f, f)), X),
)
identity_block.mistake(
    "filters-swapped",
    "The first convolution has filters[1] filters and the second filters[0]: exchange them.",
    _identity_with_second_filters_swapped,
)
identity_block.mistake(
    "two-convolutions",
    "The shortcut skips two convolutions; in this block it skips three, 1x1, fxf and 1x1. See 'The bottleneck'.",
    _identity_with_two_convolutions,
)
identity_block.mistake(
    "projected",
    "The shortcut goes through a convolution. In the identity block the shapes agree, and the input is added as it is.",
    _identity_with_projection,
)
identity_block.mistake(
    "concatenated",
    "The input is appended as further channels; it must be added. See 'The skip connection'.",
    _identity("concatenated"),
)
identity_block.mistake(
    "no-biases",
    "The convolutions have no biases. Those of this block keep them, as in the network with 23,600,006 "
    "parameters. See 'The identity block'.",
    _identity(use_bias=False),
)
identity_block.mistake(
    "main-path-twice",
    "The main path is added to itself: the second of the two is the input, as it was kept.",
    _identity("path twice"),
)
for _number, _name in ((1, "second"), (2, "third")):
    identity_block.mistake(
        f"{_name}-begins-again",
        f"The {_name} convolution begins with the block's input again; it takes what comes out of the one before.",
        _identity(begins_again=_number),
    )
identity_block.pair("no-shortcut", "no-relu-at-the-end", _identity("neither"))
identity_block.pair("norm-missing", "no-relu-at-the-end", _identity("no relu", norms=(False,) * 3))
identity_block.pair("relu-missing", "no-relu-at-the-end", _identity("no relu", relus=(False, False)))
shapes_that_differ(identity_block)
momentum_mistakes(identity_block, lambda momentum: _identity(momentum=momentum))
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
    reference=reference.convolutional_block,
    section="The convolutional block",
    needs="tensorflow",
    optional=("stage", "block", "training", "initializer"),
    aliases={"X_input": "X", "x": "X", "input_tensor": "X", "kernel_size": "f", "stride": "s", "strides": "s"},
    may_show=may_show("convolutional_block"),
)
def convolutional_block(rng):
    yield block_case(
        "a 2x2 image with three channels, s = 2", the_pictures(2, 2, 3), 3, [2, 4, 6], 1, "a", 2, group="stride 2"
    )
    yield block_case("a rectangular image, s = 2", pictures(rng, 6, 5, 4), 3, [3, 2, 6], 2, "b", 2, group="stride 2")
    yield block_case(
        "s = 1, only the channels change",
        pictures(rng, 4, 3, 4),
        3,
        [2, 2, 5],
        3,
        "c",
        1,
        group="other strides and sizes",
    )
    yield block_case("f = 5, s = 3", pictures(rng, 7, 6, 2), 5, [2, 3, 4], 4, "d", 3, group="other strides and sizes")


def _convolutional(end="relu", shortcut=None, **changed):
    shortcut = {"stride": None, **(shortcut or {})}

    def variant(X, f, filters, stage=None, block=None, s=2):
        stride = shortcut["stride"] or s
        options = {name: value for name, value in shortcut.items() if name != "stride"}
        side = conv(X, filters[2], options.pop("size", 1), stride, **options)
        return join(bottleneck(X, f, filters, s, **changed), side, end)

    return variant


def _stride_in_the_middle(X, f, filters, stage=None, block=None, s=2):
    return join(bottleneck(X, f, filters, strides=(1, s, 1)), conv(X, filters[2], 1, s))


def _stride_of_two_always(X, f, filters, stage=None, block=None, s=2):
    return _convolutional()(X, f, filters, s=2)


def _stride_on_the_projection_only(X, f, filters, stage=None, block=None, s=2):
    return join(bottleneck(X, f, filters), conv(X, filters[2], 1, s))


def _projection_of_the_end(X, f, filters, stage=None, block=None, s=2):
    path = bottleneck(X, f, filters, s)
    return join(path, conv(path, filters[2], 1))


def _strided_projection_of_the_end(X, f, filters, stage=None, block=None, s=2):
    path = bottleneck(X, f, filters, s)
    return join(path, conv(path, filters[2], 1, s))


def _norm_of_the_main_path(path):
    return join(path, normalised(path))


def _without_any_norm(X, f, filters, stage=None, block=None, s=2):
    return _convolutional(norms=(False,) * 3, shortcut={"norm": False})(X, f, filters, s=s)


convolutional_block.mistake(
    "no-shortcut",
    "The projected input is never added to the main path. See 'The convolutional block'.",
    lambda X, f, filters, stage=None, block=None, s=2: layers.ReLU()(bottleneck(X, f, filters, s)),
)
convolutional_block.mistake(
    "projection-without-stride",
    "The convolution on the shortcut has no stride, so the shortcut keeps the size that "
    "the main path has left behind. It has the same stride s.",
    _convolutional(shortcut={"stride": 1}),
)
convolutional_block.mistake(
    "main-path-without-stride",
    "The shortcut has the stride, the main path has not: its first convolution has the stride s.",
    _stride_on_the_projection_only,
)
convolutional_block.mistake(
    "stride-in-the-middle",
    "The stride is on the middle convolution; in this network the first 1x1 convolution has "
    "it. (Later versions of ResNet moved it; see 'The convolutional block'.)",
    _stride_in_the_middle,
)
convolutional_block.mistake("stride-always-2", "The stride is 2 whatever s is.", _stride_of_two_always)
convolutional_block.mistake(
    "projection-without-norm",
    "The convolution on the shortcut has no batch normalisation.",
    _convolutional(shortcut={"norm": False}),
)
convolutional_block.mistake(
    "activation-on-the-shortcut",
    "There is a ReLU on the shortcut before the addition; the projection has none.",
    _convolutional("relu on the shortcut"),
)
convolutional_block.mistake("no-relu-at-the-end", "There is no ReLU after the addition.", _convolutional("no relu"))
convolutional_block.mistake(
    "relu-before-adding", "The last ReLU comes before the addition; it comes after it.", _convolutional("relu before")
)
convolutional_block.mistake(
    "relu-before-and-after",
    "There is a ReLU on the main path right before the addition; the third convolution has none.",
    _convolutional("relu before and after"),
)
convolutional_block.mistake(
    "projection-f",
    "The convolution on the shortcut is fxf; it is 1x1, since it only has to change the shape.",
    lambda X, f, filters, stage=None, block=None, s=2: join(bottleneck(X, f, filters, s), conv(X, filters[2], f, s)),
)
convolutional_block.mistake(
    "projection-of-the-end",
    "The shortcut's convolution is applied to the end of the main path; it starts from the block's input.",
    _projection_of_the_end,
)
convolutional_block.mistake(
    "norm-missing",
    "Batch normalisation is missing on the main path: each convolution is followed by one.",
    _convolutional(norms=(False,) * 3),
)
convolutional_block.mistake(
    "norm-missing-third", "The third convolution has no batch normalisation.", _convolutional(norms=(True, True, False))
)
convolutional_block.mistake(
    "f-ignored", "The middle convolution is 3x3 whatever f is.", _convolutional(sizes=(1, 3, 1))
)
convolutional_block.mistake(
    "valid-padding",
    "The middle convolution has padding 'valid', so its output is smaller than the shortcut.",
    _convolutional(paddings=("same", "valid", "same")),
)
convolutional_block.mistake(
    "no-biases",
    "The convolutions have no biases. Those of this block keep them. See 'The identity block'.",
    _convolutional(shortcut={"use_bias": False}, use_bias=False),
)
convolutional_block.mistake(
    "projection-of-the-end-strided",
    "The shortcut's convolution is applied to the end of the main path, whose size the stride has changed already; it "
    "starts from the block's input.",
    _strided_projection_of_the_end,
)
convolutional_block.mistake(
    "stride-everywhere",
    "All convolutions of the main path have the stride, which makes the image smaller three times; only the first has "
    "it.",
    lambda X, f, filters, stage=None, block=None, s=2: join(
        bottleneck(X, f, filters, strides=(s, s, s)), conv(X, filters[2], 1, s)
    ),
)
convolutional_block.mistake(
    "norm-of-the-wrong-path",
    "The shortcut's normalisation is applied to the main path, and the projection is lost: look at the name in its "
    "brackets.",
    lambda X, f, filters, stage=None, block=None, s=2: _norm_of_the_main_path(bottleneck(X, f, filters, s)),
)
convolutional_block.pair(
    "projection-without-norm", "no-relu-at-the-end", _convolutional("no relu", shortcut={"norm": False})
)
convolutional_block.pair("norm-missing", "projection-without-norm", _without_any_norm)
shapes_that_differ(convolutional_block)
momentum_mistakes(convolutional_block, lambda momentum: _convolutional(momentum=momentum))
convolutional_block.hint(
    "Start from your identity block. Two things change: one stride, and what happens to the shortcut."
)
convolutional_block.hint(
    "The shortcut must come out with the shape of the main path: filters[2] channels, and every s-th pixel."
)
convolutional_block.hint(
    "X_shortcut = Conv2D(F3, 1, strides=s)(X_shortcut), then batch normalisation, and no ReLU before the addition."
)
