"""The exercises of notebook 07 on blocks: the separable block, the inverted residual block."""

from __future__ import annotations

from keras import layers

from dlcourse import mobile as reference
from dlcourse.checking.momentum import momentum_mistakes
from dlcourse.checking.networks_seen import may_show
from dlcourse.checks.mobile.parts import STEEP_BLOCK, block_case, conv, depthwise, ended, pictures, the_pictures, topic

NAMES = {"X_input": "X", "x": "X", "inputs": "X", "strides": "stride", "s": "stride", "t": "expansion"}

# separable_block


@topic.exercise(
    reference=reference.separable_block,
    section="MobileNet",
    needs="tensorflow",
    optional=("training",),
    aliases=NAMES,
    may_show=may_show("separable_block"),
)
def separable_block(rng):
    yield block_case("more channels", the_pictures(4, 5, 3), 6, 1, group="stride 1")
    yield block_case("as many channels as before", pictures(rng, 3, 4, 4), 4, 1, group="stride 1")
    # odd sizes: "same" and a border of 1 agree there
    yield block_case("stride 2", pictures(rng, 5, 7, 3), 5, 2, group="stride 2")
    yield block_case("stride 2, fewer channels", pictures(rng, 7, 3, 4), 2, 2, group="stride 2")


def _separable(
    strides=None,
    size=3,
    pointwise_size=1,
    use_bias=False,
    norms=(True, True),
    relus=(True, True),
    inside="depthwise",
    pointwise_first=False,
    multiplier=1,
    padding="same",
    momentum=reference.MOMENTUM,
):
    def variant(X, filters, stride=1):
        first, second = strides or (stride, 1)
        first, second = first or stride, second or stride
        ends = [
            {"norm": norm, "relu": relu, "momentum": momentum, "use_bias": use_bias}
            for norm, relu in zip(norms, relus, strict=True)
        ]
        if pointwise_first:
            return depthwise(conv(X, filters, **ends[0]), first, **ends[1])
        if inside == "depthwise":
            X = depthwise(X, first, size=size, multiplier=multiplier, padding=padding, **ends[0])
        elif inside == "ordinary":
            X = conv(X, X.shape[-1], 3, first, **ends[0])
        return conv(X, filters, pointwise_size, second, **ends[1])

    return variant


def _with_keras_layer(X, filters, stride=1):
    X = layers.SeparableConv2D(filters, 3, strides=stride, padding="same", use_bias=False)(X)
    return ended(X)


separable_block.mistake(
    "separable-conv-2d",
    "Between the two convolutions batch normalisation and ReLU are missing. Keras's SeparableConv2D has nothing there "
    "either; MobileNet's block has both after each convolution.",
    _with_keras_layer,
)
separable_block.mistake(
    "ordinary-inside",
    "The 3x3 convolution is an ordinary one, in which every filter spans all channels; the depthwise one has a filter "
    "for each channel.",
    _separable(inside="ordinary"),
)
separable_block.mistake(
    "pointwise-first",
    "The pointwise convolution comes first; here the depthwise one does.",
    _separable(pointwise_first=True),
)
separable_block.mistake(
    "stride-on-the-pointwise",
    "The stride is on the pointwise convolution, which would throw away three quarters of what the depthwise one has "
    "computed; the depthwise one has it.",
    _separable(strides=(1, None)),
)
separable_block.mistake(
    "stride-twice",
    "Both convolutions have the stride; only the depthwise one has it.",
    _separable(strides=(None, None)),
)
separable_block.mistake(
    "no-stride", "The stride is left out: the depthwise convolution has it.", _separable(strides=(1, 1))
)
separable_block.mistake(
    "first-relu-missing", "There is no ReLU after the depthwise convolution.", _separable(relus=(False, True))
)
separable_block.mistake(
    "last-relu-missing", "There is no ReLU after the pointwise convolution.", _separable(relus=(True, False))
)
separable_block.mistake(
    "first-norm-missing",
    "There is no batch normalisation after the depthwise convolution.",
    _separable(norms=(False, True)),
)
separable_block.mistake(
    "last-norm-missing",
    "There is no batch normalisation after the pointwise convolution.",
    _separable(norms=(True, False)),
)
separable_block.mistake(
    "norms-missing",
    "The batch normalisations are missing, one after each convolution.",
    _separable(norms=(False, False)),
)
separable_block.mistake(
    "biases",
    "The convolutions have biases. Batch normalisation subtracts the mean, so a bias before it changes nothing: "
    "use_bias=False.",
    _separable(use_bias=True),
)
separable_block.mistake("pointwise-three", "The pointwise convolution is 3x3; it is 1x1.", _separable(pointwise_size=3))
separable_block.mistake(
    "two-channels-of-each",
    "The depthwise convolution makes two channels of each (depth_multiplier); it makes one.",
    _separable(multiplier=2),
)
separable_block.mistake(
    "no-pointwise",
    "The pointwise convolution is missing: no channel ever sees another one.",
    lambda X, filters, stride=1: depthwise(X, stride),
)
separable_block.mistake(
    "valid-padding",
    "The image becomes smaller at its edges: the depthwise convolution has padding 'same'.",
    _separable(padding="valid"),
)
momentum_mistakes(separable_block, lambda momentum: _separable(momentum=momentum))
separable_block.hint("Six layers in a row: a convolution, batch normalisation and ReLU, and the same again.")
separable_block.hint(
    "The first convolution is DepthwiseConv2D(3, strides=stride, padding='same', use_bias=False), the second "
    "Conv2D(filters, 1, use_bias=False)."
)


# inverted_residual_block


@topic.exercise(
    reference=reference.inverted_residual_block,
    section="The inverted residual block",
    needs="tensorflow",
    optional=("training",),
    aliases=NAMES | {"expansion_factor": "expansion", "expand_ratio": "expansion", "expand": "expansion"},
    may_show=may_show("inverted_residual_block"),
)
def inverted_residual_block(rng):
    yield block_case("other channels", the_pictures(4, 5, 3), 4, 5, 1, group="no shortcut")
    yield block_case("expansion 6", pictures(rng, 3, 4, 2), 6, 3, 1, group="no shortcut")
    yield block_case("as many channels, stride 1", pictures(rng, 4, 3, 3), 4, 3, 1, group="shortcut")
    yield block_case("stride 2, other channels", pictures(rng, 5, 7, 2), 3, 4, 2, group="stride 2")
    yield block_case("stride 2, as many channels", pictures(rng, 5, 3, 3), 3, 3, 2, group="stride 2")
    yield block_case("expansion 1", pictures(rng, 4, 4, 3), 1, 4, 1, group="expansion 1")
    yield block_case("numbers above 6", pictures(rng, 4, 5, 3), 4, 5, 1, group="ReLU6", probe=STEEP_BLOCK)


def _inverted(
    most=6.0,
    end="where it fits",
    inner=None,
    always_expands=False,
    strides=None,
    inside="depthwise",
    norms=(True, True, True),
    relus=(True, True, False),
    use_bias=False,
    padding="same",
    momentum=reference.MOMENTUM,
):
    """`inner(n_C, expansion, filters)` is the number of channels inside."""

    def variant(X, expansion, filters, stride=1):
        ends = [
            {"norm": norm, "relu": relu, "most": most, "momentum": momentum, "use_bias": use_bias}
            for norm, relu in zip(norms, relus, strict=True)
        ]
        first, middle, last = strides(stride) if strides else (1, stride, 1)
        n_C = X.shape[-1]
        path = X
        if expansion != 1 or always_expands:
            path = conv(X, inner(n_C, expansion, filters) if inner else expansion * n_C, 1, first, **ends[0])
        if inside == "depthwise":
            path = depthwise(path, middle, padding=padding, **ends[1])
        else:
            path = conv(path, path.shape[-1], 3, middle, **ends[1])
        path = conv(path, filters, 1, last, **ends[2])
        return _joined(path, X, stride, filters, end)

    return variant


def _joined(path, X, stride, filters, end):
    fits = stride == 1 and X.shape[-1] == filters
    if end == "never":
        return path
    if end == "projected":
        side = X if fits else ended(layers.Conv2D(filters, 1, strides=stride, use_bias=False)(X), relu=False)
        return layers.Add()([path, side])
    if end == "always":
        return layers.Add()([path, X])
    if not fits:
        return layers.ReLU(6.0)(path) if end == "relu at last" else path
    if end == "concatenated":
        return layers.Concatenate()([path, X])
    added = layers.Add()([path, X])
    return layers.ReLU(6.0)(added) if end in ("relu after", "relu at last") else added


inverted_residual_block.mistake(
    "no-shortcut",
    "X is never added. Where the stride is 1 and X has as many channels as the result, it is.",
    _inverted(end="never"),
)
inverted_residual_block.mistake(
    "always-added",
    "X is added whatever its shape; where the stride is 2 or the channels differ there is no shortcut.",
    _inverted(end="always"),
)
inverted_residual_block.mistake(
    "projected-shortcut",
    "Where the shapes differ, X goes through a convolution and is added, as in a ResNet; here there is no shortcut "
    "then.",
    _inverted(end="projected"),
)
inverted_residual_block.mistake(
    "relu-after-the-projection",
    "There is a ReLU after the last convolution. The projection is linear: few channels are handed on, and a ReLU "
    "would lose a part of them. See 'The inverted residual block'.",
    _inverted(relus=(True, True, True)),
)
inverted_residual_block.mistake(
    "relu-after-adding",
    "There is a ReLU after the addition, as in a ResNet; here the sum is handed on as it is.",
    _inverted(end="relu after"),
)
inverted_residual_block.mistake(
    "relu-at-last",
    "There is a ReLU6 at the very end, with a shortcut and without. The block hands on few channels, and a ReLU would "
    "lose a part of them: neither the projection nor the sum has one.",
    _inverted(end="relu at last"),
)
inverted_residual_block.mistake(
    "plain-relu",
    "Numbers above 6 stay as they are: this is ReLU. ReLU6 cuts them off at 6: ReLU(max_value=6).",
    _inverted(most=None),
)
inverted_residual_block.mistake(
    "expands-from-filters",
    "Inside there are expansion * filters channels; the expansion multiplies the channels of X.",
    _inverted(inner=lambda n_C, expansion, filters: expansion * filters),
)
inverted_residual_block.mistake(
    "expansion-as-channels",
    "Inside there are as many channels as the argument expansion says; it is a factor: expansion * n_C channels.",
    _inverted(inner=lambda n_C, expansion, filters: expansion),
)
inverted_residual_block.mistake(
    "narrow-inside",
    "The block is narrow inside, as ResNet's bottleneck; this one is the other way round: wide inside.",
    _inverted(inner=lambda n_C, expansion, filters: max(1, n_C // expansion)),
)
inverted_residual_block.mistake(
    "expansion-1-expands",
    "With an expansion of 1 there is nothing to expand, and the first convolution is left out. Yours is there.",
    _inverted(always_expands=True),
)
inverted_residual_block.mistake(
    "ordinary-inside", "The 3x3 convolution is an ordinary one; it is depthwise.", _inverted(inside="ordinary")
)
inverted_residual_block.mistake(
    "stride-on-the-expansion",
    "The stride is on the first convolution; the depthwise one has it.",
    _inverted(strides=lambda stride: (stride, 1, 1)),
)
inverted_residual_block.mistake(
    "stride-on-the-projection",
    "The stride is on the last convolution; the depthwise one has it.",
    _inverted(strides=lambda stride: (1, 1, stride)),
)
inverted_residual_block.mistake(
    "no-stride",
    "The stride is left out: the depthwise convolution has it.",
    _inverted(strides=lambda stride: (1, 1, 1)),
)
inverted_residual_block.mistake(
    "last-norm-missing",
    "There is no batch normalisation after the last convolution. Only its ReLU is left out.",
    _inverted(norms=(True, True, False)),
)
inverted_residual_block.mistake(
    "norms-missing",
    "The batch normalisations are missing, one after each convolution.",
    _inverted(norms=(False, False, False)),
)
inverted_residual_block.mistake(
    "middle-relu-missing", "There is no ReLU6 after the depthwise convolution.", _inverted(relus=(True, False, False))
)
inverted_residual_block.mistake(
    "biases",
    "The convolutions have biases. Batch normalisation subtracts the mean, so a bias before it changes nothing: "
    "use_bias=False.",
    _inverted(use_bias=True),
)
inverted_residual_block.mistake(
    "valid-padding",
    "The image becomes smaller at its edges: the depthwise convolution has padding 'same'.",
    _inverted(padding="valid"),
)
inverted_residual_block.mistake(
    "concatenated", "The shortcut is appended; it is added, channel by channel.", _inverted(end="concatenated")
)
momentum_mistakes(inverted_residual_block, lambda momentum: _inverted(momentum=momentum))
inverted_residual_block.hint(
    "Three convolutions: 1x1 to expansion * n_C channels, depthwise 3x3, 1x1 to filters. Which of them have a ReLU6?"
)
inverted_residual_block.hint("X.shape[-1] is n_C. Keep X under another name before the first convolution.")
inverted_residual_block.hint("X may be added where its shape is that of the result: stride == 1 and n_C == filters.")
