"""The exercises of notebook 06 on GoogLeNet: an auxiliary head, the network, the loss that joins its outputs."""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import layers

from dlcourse import inception as reference
from dlcourse.checking.comparing import IN_WORDS, compare
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import seen
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.googlenet import TOO_SMALL
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.inception.shared import conv, pool, topic

# auxiliary_head


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


# googlenet

SMALL = {"input_shape": (97, 65, 3), "classes": 7, "alpha": 0.125}
SIZES, COMPUTES, HEADS = "shapes and parameters", "what it computes", "the heads"

# For 224x224 pictures in colour and 1000 classes
ALONE, FIRST_HEAD, SECOND_HEAD = 6_998_552, 3_188_840, 3_190_888
PIXELS_OF_HEADS = 4 * 4  # what the heads' pooling leaves of 14x14
PER_CLASS, PER_PIXEL = 1024 + 1, 128 * 1024


def _parameters(n_C, classes, places=PIXELS_OF_HEADS, heads=True):
    """Of the paper's network for pictures with n_C channels, whose heads are left with so many places."""
    total = ALONE + 7 * 7 * (n_C - 3) * 64 + PER_CLASS * (classes - 1000)
    if heads:
        total += FIRST_HEAD + SECOND_HEAD + 2 * (PER_CLASS * (classes - 1000) + PER_PIXEL * (places - PIXELS_OF_HEADS))
    return total


@topic.exercise(
    reference=reference.googlenet,
    section="GoogLeNet",
    needs="tensorflow",
    companions=("inception_block", "auxiliary_head"),
    weights={COMPUTES: 3.0, HEADS: 2.0},
    aliases={"n_classes": "classes", "num_classes": "classes", "aux_logits": "auxiliary", "aux": "auxiliary"},
)
def googlenet(rng):
    probe = "dlcourse.checking.probes.googlenet:{}".format
    # multiples of 16 from 208 on: the heads see 13 to 15 rows and columns
    n_H, n_W = (16 * int(size) for size in rng.choice(range(13, 16), 2, replace=False))
    classes = int(rng.integers(20, 200))
    places = math.prod((n // 16 - 5) // 3 + 1 for n in (n_H, n_W))
    for auxiliary in (False, True):
        yield case(
            f"{n_H}x{n_W} images in grey, {classes} classes, {'with' if auxiliary else 'without'} the heads",
            (n_H, n_W, 1),
            classes,
            1.0,
            auxiliary,
            group=SIZES,
            probe=probe("counts"),
            compare=_compare_counts,
            expect={
                "input_shape": (n_H, n_W, 1),
                "output_shapes": [(classes,)] * (3 if auxiliary else 1),
                "parameters": _parameters(1, classes, places, auxiliary),
            },
        )
    small = "a slim one: alpha 1/8, 97x65 pixels, 7 classes"
    for group, auxiliary in ((COMPUTES, False), (HEADS, True)):
        yield case(
            f"{small}, {'with' if auxiliary else 'without'} the heads",
            *SMALL.values(),
            auxiliary,
            group=group,
            probe=probe("network" if group == COMPUTES else "heads"),
            compare=_differ if group == COMPUTES else _compare_heads,
            expect=seen("googlenet", f"{group}: right"),
        )


WORDS = {**IN_WORDS, "output_shapes": "the list of the outputs' shapes"}
NO_MODEL = "googlenet should return a Keras model."


def _compare_counts(expected: dict, got: object) -> str | None:
    if not isinstance(got, dict):
        return NO_MODEL
    for name, value in expected.items():
        difference = compare(value, got.get(name), WORDS.get(name, name))
        if difference is not None:
            return difference.message
    return None


def _compare_heads(expected: dict, got: object) -> str | None:
    """Right are two heads with a dropout each, and two that share one, whose masks differ."""
    found = _differ(expected, got)
    return None if found and _differ(seen("googlenet", f"{HEADS}: one dropout"), got) is None else found


def _differ(expected: dict, got: object) -> str | None:
    if not isinstance(got, dict):
        return NO_MODEL
    if got == TOO_SMALL and expected != TOO_SMALL:
        return "The network cannot be built for images of this size: a window in it is larger than what it lies on."
    for name, value in expected.items():
        difference = compare(value, got.get(name), WORDS.get(name, name), TOLERANCE)
        if difference is not None:
            return difference.message
    return None


def _variant_of_googlenet(
    modules=reference.MODULES,
    with_heads=reference.WITH_HEADS,
    stem=((7, 64, 2), "pool", (1, 64, 1), (3, 192, 1), "pool"),
    block=None,
    head=None,
    last=lambda X: layers.GlobalAveragePooling2D()(X),
    rate=0.4,
    softmax="softmax",
    outputs=lambda own, heads: [own, *heads],
    scale=lambda alpha, count: int(alpha * count),
    scaled_heads=True,
    square=False,
    pooling=layers.MaxPooling2D,
    always=False,
    never=False,
):
    """googlenet with something changed."""

    def variant(input_shape=(224, 224, 3), classes=1000, alpha=1.0, auxiliary=True):
        def scaled(*counts):
            return [scale(alpha, count) for count in counts]

        inputs = X = keras.Input((input_shape[0], *input_shape[::2]) if square else input_shape)
        for layer in stem:
            X = pool(X, pooling, stride=2) if layer == "pool" else conv(X, *scaled(layer[1]), layer[0], layer[2])
        heads, one = [], (block or reference.inception_block)
        for name, filters in modules.items():
            X = pool(X, pooling, stride=2) if filters is None else one(X, scaled(*filters))
            if name in with_heads:
                sizes = scaled(128, 1024) if scaled_heads else (128, 1024)
                heads.append((head or reference.auxiliary_head)(X, classes, *sizes))
        X = last(X)
        X = layers.Dropout(rate)(X) if rate else X
        own = layers.Dense(classes, activation=softmax)(X)
        return keras.Model(inputs, outputs(own, heads) if (auxiliary or always) and not never else own)

    return variant


def one_dropout_for_both_heads(input_shape, classes, alpha, auxiliary):
    """Right as well: the two heads share a layer that has no weights, and its masks differ."""
    shared = layers.Dropout(0.7)

    def head(X, classes, filters, units):
        X = layers.Flatten()(conv(layers.AveragePooling2D(5, strides=3)(X), filters, 1))
        return layers.Dense(classes, activation="softmax")(shared(layers.Dense(units, activation="relu")(X)))

    return _variant_of_googlenet(head=head)(input_shape, classes, alpha, auxiliary)


def _exchanged(left, right):
    places = {left: right, right: left}
    return {name: reference.MODULES[places.get(name, name)] for name in reference.MODULES}


def _without(*names):
    return {name: filters for name, filters in reference.MODULES.items() if name not in names}


def _mistake(key, message, variant, group=COMPUTES):
    """Name a wrong network, which is recognised by what is kept of it."""

    def recognise(got: object) -> bool:
        return _differ(seen("googlenet", key), got) is None

    googlenet.mistake(key, message, variant, group=group, recognise=recognise)


_mistake(
    "no-softmax",
    "The last layer has no softmax, so the outputs are no probabilities.",
    _variant_of_googlenet(softmax=None),
)
_mistake(
    "no-dropout",
    "There is no dropout before the last layer: 40 % of its inputs are dropped.",
    _variant_of_googlenet(rate=None),
)
_mistake(
    "dropout-kept",
    "The dropout removes 60 % and keeps 40 %; it removes 40 %: Dropout takes the share that goes.",
    _variant_of_googlenet(rate=0.6),
)
_mistake(
    "heads-dropout",
    "The dropout before the last layer removes 70 %, as in the heads; here it removes 40 %.",
    _variant_of_googlenet(rate=0.7),
)
_mistake(
    "flattened",
    "The last images are flattened; take the average of each channel. It makes the last layer small and lets the "
    "network accept any size.",
    _variant_of_googlenet(last=lambda X: layers.Flatten()(X)),
)
_mistake(
    "first-not-strided",
    "The first convolution has no stride; it has one of 2. See the table of 'GoogLeNet'.",
    _variant_of_googlenet(stem=((7, 64, 1), "pool", (1, 64, 1), (3, 192, 1), "pool")),
)
_mistake(
    "no-first-pooling",
    "The max pooling after the first convolution is missing. See the table of 'GoogLeNet'.",
    _variant_of_googlenet(stem=((7, 64, 2), (1, 64, 1), (3, 192, 1), "pool")),
)
_mistake(
    "no-second-pooling",
    "The max pooling before the first module is missing. See the table of 'GoogLeNet'.",
    _variant_of_googlenet(stem=((7, 64, 2), "pool", (1, 64, 1), (3, 192, 1))),
)
_mistake(
    "no-1x1-in-the-stem",
    "The 1x1 convolution before the 3x3 with 192 filters is missing. See the table of 'GoogLeNet'.",
    _variant_of_googlenet(stem=((7, 64, 2), "pool", (3, 192, 1), "pool")),
)
_mistake(
    "no-poolings-between-modules",
    "The max poolings after 3b and after 4e are missing: each halves height and width.",
    _variant_of_googlenet(modules=_without("pool 3", "pool 4")),
)
_mistake(
    "average-poolings",
    "The poolings take averages; they take maxima here.",
    _variant_of_googlenet(pooling=layers.AveragePooling2D),
)
_mistake(
    "naive-blocks",
    "The modules are naive blocks; take your inception_block with its reductions.",
    _variant_of_googlenet(block=lambda X, six: reference.naive_inception_block(X, (six[0], six[2], six[4]))),
)
_mistake(
    "4b-and-4c-exchanged",
    "The modules 4b and 4c are exchanged. See the table of 'GoogLeNet'.",
    _variant_of_googlenet(modules=_exchanged("4b", "4c")),
)
_mistake(
    "eight-modules",
    "There are eight modules: 5a is missing. It has the filters of 4e, and comes after the pooling.",
    _variant_of_googlenet(modules=_without("5a")),
)
_mistake(
    "heads-in-use",
    "With auxiliary=False the model still has its heads; then the network's own output is the only one.",
    _variant_of_googlenet(always=True),
)
_mistake(
    "alpha-ignored",
    "alpha changes nothing: every number of filters is multiplied by it.",
    _variant_of_googlenet(scale=lambda alpha, count: count),
)
_mistake(
    "heads-too-early",
    "The heads read what goes into the modules 4a and 4d; they read what comes out of them.",
    _variant_of_googlenet(with_heads=("pool 3", "4c")),
    HEADS,
)
_mistake(
    "head-after-4e",
    "The second head reads the output of 4e; it reads that of 4d.",
    _variant_of_googlenet(with_heads=("4a", "4e")),
    HEADS,
)
_mistake(
    "one-head",
    "There is one head; there are two, after 4a and after 4d.",
    _variant_of_googlenet(with_heads=("4a",)),
    HEADS,
)
_mistake(
    "heads-first",
    "The heads' outputs come before the network's own; its own comes first.",
    _variant_of_googlenet(outputs=lambda own, heads: [*heads, own]),
    HEADS,
)
_mistake(
    "no-heads",
    "With auxiliary=True the model has its own output only; the two heads are missing.",
    _variant_of_googlenet(never=True),
    HEADS,
)
_mistake(
    "heads-not-scaled",
    "alpha does not reach the heads: their 128 filters and 1024 units are multiplied by it too.",
    _variant_of_googlenet(scaled_heads=False),
    HEADS,
)
googlenet.mistake(
    "window-too-large",
    "The network cannot be built for smaller images: a window in it is larger than what it lies on. Is the last "
    "pooling 7x7? That fits images of 224 pixels only; GlobalAveragePooling2D fits all.",
    _variant_of_googlenet(last=lambda X: layers.Flatten()(layers.AveragePooling2D(7)(X))),
    group=COMPUTES,
    recognise=lambda got: got == TOO_SMALL,
)
googlenet.mistake(
    "square-only",
    "The network takes square images only: input_shape holds a height, a width and the channels. Give it to Input as "
    "it is.",
    _variant_of_googlenet(square=True),
    group=SIZES,
    recognise=lambda got: isinstance(got, dict) and len(set(got.get("input_shape", ())[:2])) == 1,
)
googlenet.hint("Write the table of 'GoogLeNet' from top to bottom. The nine modules are one loop over MODULES.")
googlenet.hint("scaled = [int(alpha * count) for count in filters] are the numbers that inception_block gets.")
googlenet.hint(
    "Keep what comes out of 4a and of 4d: auxiliary_head(X, classes, int(128 * alpha), int(1024 * alpha)). At the end "
    "keras.Model(inputs, [outputs, head1, head2]) or keras.Model(inputs, outputs)."
)


# googlenet_loss


@topic.exercise(
    reference=reference.googlenet_loss,
    section="Three losses",
    needs="tensorflow",
    aliases={"labels": "y_true", "outputs": "y_pred"},
)
def googlenet_loss(rng):
    tensors, gradient = "dlcourse.checking.probes.tensors:tensors", "dlcourse.checking.probes.tensors:gradient"
    halves, quarters = np.full((2, 2), 0.5), np.array([[0.25, 0.75], [0.75, 0.25]])
    yield case(
        "two examples by hand",
        np.array([0, 1]),
        [halves, quarters, quarters],
        group="three outputs",
        probe=tensors,
        expect=math.log(2) + 0.3 * 2 * math.log(4),
    )
    yield case("five examples, four classes", *_outputs(rng, 5, 4), group="three outputs", probe=tensors)
    yield case("the heads' weight is 0.1", *_outputs(rng, 4, 3), 0.1, group="another weight", probe=tensors)
    y_true, (own, *_) = _outputs(rng, 6, 3)
    yield case("in use: one output, no heads", y_true, own, group="one output", probe=tensors)
    yield case(
        "the gradient for each output",
        *_outputs(rng, 3, 4),
        group="gradient",
        probe=gradient,
        compare=_compare_gradients,
    )


def _compare_gradients(expected: dict, got: object) -> str | None:
    """Along probabilities that still add up to 1: Keras's cross-entropy divides by their sum, a logarithm does not, and
    the gradients of the two differ by a number that is the same for all classes."""
    if not isinstance(got, dict) or got.get("gradient") is None:
        return "No gradient reaches y_pred: use TensorFlow's or Keras's functions throughout, and return a tensor."
    right, answer = ([_without_mean(part) for part in found["gradient"]] for found in (expected, got))
    difference = compare(right, answer, "the gradient", TOLERANCE)
    return difference and difference.message


def _without_mean(gradient: np.ndarray) -> np.ndarray:
    gradient = np.asarray(gradient)
    return gradient - gradient.mean(axis=-1, keepdims=True)


def _outputs(rng, m, classes):
    numbers = np.exp(rng.normal(size=(3, m, classes)))
    return rng.integers(0, classes, size=m), list(numbers / numbers.sum(axis=-1, keepdims=True))


def _loss(weights=lambda weight: (1.0, weight, weight), each=None, mean=True, one=True):
    def cross_entropy(y_true, probabilities):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, probabilities)
        return keras.ops.mean(losses) if mean else keras.ops.sum(losses)

    def variant(y_true, y_pred, weight=0.3):
        if not isinstance(y_pred, (list, tuple)):
            y_pred = [y_pred] if one else y_pred
        return sum(
            factor * (each or cross_entropy)(y_true, probabilities)
            for factor, probabilities in zip(weights(weight), y_pred, strict=False)
        )

    return variant


def _of_probabilities(y_true, probabilities):
    """1 - p in the place of -ln p."""
    chosen = keras.ops.one_hot(y_true, probabilities.shape[-1], dtype=probabilities.dtype)
    right = keras.ops.sum(probabilities * chosen, axis=-1)
    return keras.ops.mean(1 - right)


def _from_logits(y_true, probabilities):
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y_true, probabilities, from_logits=True))


for _key, _message, _variant in (
    (
        "heads-in-full",
        "The heads count as much as the network's own output; each counts `weight` times.",
        _loss(lambda w: (1.0, 1.0, 1.0)),
    ),
    ("own-only", "The heads' outputs are left out: y_pred[1] and y_pred[2] count too.", _loss(lambda w: (1.0,))),
    ("one-head-only", "Only one of the two heads counts.", _loss(lambda w: (1.0, w))),
    ("all-weighted", "The network's own output is weighted too; it counts in full.", _loss(lambda w: (w, w, w))),
    (
        "own-weighted",
        "The weights are the wrong way round: the network's own output counts in full.",
        _loss(lambda w: (w, 1.0, 1.0)),
    ),
    (
        "weight-shared",
        "The two heads share the weight between them; each has it in full.",
        _loss(lambda w: (1.0, w / 2, w / 2)),
    ),
    (
        "rest-for-the-own",
        "The network's own output counts 1 - weight or less, as in a mean; it counts in full, and the heads are added.",
        _loss(lambda w: (1 - w, w, w)),
    ),
    (
        "mean-of-three",
        "This is the mean of three losses; the heads' are weighted and added.",
        _loss(lambda w: (1 / 3,) * 3),
    ),
    ("weight-fixed", "The weight is always 0.3; it is an argument.", _loss(lambda w: (1.0, 0.3, 0.3))),
    ("summed", "The losses are summed over the batch; take the mean.", _loss(mean=False)),
    ("not-a-logarithm", "This is 1 - p; the cross-entropy is -ln p.", _loss(each=_of_probabilities)),
    (
        "softmax-twice",
        "The probabilities go through a softmax again: they are no logits, so from_logits stays False.",
        _loss(each=_from_logits),
    ),
    (
        "always-a-list",
        "In use y_pred is one array of probabilities, not a list of three: y_pred[0] is then its first example.",
        _loss(one=False),
    ),
):
    googlenet_loss.mistake(_key, _message, _variant)
googlenet_loss.hint(
    "keras.losses.sparse_categorical_crossentropy(y_true, probabilities) gives a loss for each example."
)
googlenet_loss.hint("isinstance(y_pred, (list, tuple)) tells the three outputs of the training from the one in use.")
