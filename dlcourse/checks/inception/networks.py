"""The exercise of notebook 06 on GoogLeNet: `googlenet`."""

from __future__ import annotations

import math

import keras
from keras import layers

from dlcourse import inception as reference
from dlcourse.checking.comparing import IN_WORDS, compare
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import seen
from dlcourse.checking.probes.googlenet import TOO_SMALL
from dlcourse.checks.inception.shared import conv, pool, topic

# 5/32 of 24 filters is 3.75: to round is not to cut off
SMALL = {"input_shape": (97, 65, 3), "classes": 7, "alpha": 5 / 32}
# As little as the first convolution's ReLU changes behind a pooling, which takes mostly positive numbers, and far
# more than rounding does
TOLERANCE = 1e-3
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
    small = "a slim one: alpha 5/32, 97x65 pixels, 7 classes"
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


def _moved_up(name, before):
    order = [other for other in reference.MODULES if other != name]
    order.insert(order.index(before), name)
    return {other: reference.MODULES[other] for other in order}


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
    "rounded",
    "alpha times a number of filters is rounded to the nearest; it is rounded down: int(alpha * number).",
    _variant_of_googlenet(scale=lambda alpha, count: round(alpha * count)),
)
_mistake(
    "pooled-after-3a",
    "The max pooling that belongs behind 3b comes behind 3a. See the table of 'GoogLeNet'.",
    _variant_of_googlenet(modules=_moved_up("pool 3", "3b")),
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
