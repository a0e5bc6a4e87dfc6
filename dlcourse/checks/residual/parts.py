"""What the exercises of notebook 05 share: how blocks are looked at, and the parts of wrong variants.

Blocks and models are judged by what they compute under canonical weights: see dlcourse.checking.probes.models.
"""

from __future__ import annotations

from keras import layers

from dlcourse import residual as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic, case
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checking.probes.residual import NO_BLOCKS, TOO_SMALL

topic = Topic("residual")

BLOCK, LARGE = "dlcourse.checking.probes.models:block", "dlcourse.checking.probes.models:large_model"
COUNTS = "dlcourse.checking.probes.residual:network_counts"


def shapes_that_differ(exercise):
    """Say what it means where two tensors of different shapes meet at the addition."""
    size, other = r"Received shapes \((?P<left>(\d+), (\d+), (?P<channels>\d+))\) and ", r"\((?P<right>{})\)"
    exercise.raises(
        "channels-differ",
        "At the addition one path has {channels} channels and the other {more}: the last convolution of the main path "
        "and the shortcut need the same number, and the shortcut is the input as it came, or its projection.",
        size + other.format(r"\2, \3, (?P<more>\d+)"),
    )
    exercise.raises(
        "sizes-differ",
        "At the addition the paths have the shapes ({left}) and ({right}), so that one was made smaller and the other "
        "not: main path and shortcut have the same strides, and a window larger than 1 has padding 'same'.",
        size + other.format(r"\d+, \d+, (?P=channels)"),
    )
    exercise.raises(
        "not-projected",
        "At the addition the paths have the shapes ({left}) and ({right}): the shortcut needs a 1x1 convolution with "
        "as many filters as the main path ends with, and with its stride.",
        size + other.format(r"[\d, ]+"),
    )


def block_case(title, X, *args, group):
    return case(title, X, *args, group=group, probe=BLOCK, tolerance=TOLERANCE)


def pictures(rng, n_H, n_W, n_C):
    return rng.normal(size=(3, n_H, n_W, n_C))


def the_pictures(n_H, n_W, n_C):
    """The same for every seed: for a first case, of which is kept what the wrong blocks make of it."""
    return noise("pictures", (3, n_H, n_W, n_C))


def counts_case(title, *args, group, expect):
    return case(title, *args, group=group, probe=COUNTS, expect=expect, compare=_compare_counts)


def _compare_counts(expected, got) -> str | None:
    if not isinstance(got, dict):
        return "No model came back."
    if got == NO_BLOCKS:
        return None
    if got == TOO_SMALL:
        return (
            "The network cannot be built for images of this size, and can be for images twice as high and wide: it "
            "halves them too often."
        )
    for name, value in expected.items():
        difference = compare(value, got.get(name), name)
        if difference is not None:
            return difference.message
    return None


def is_square_only(got) -> bool:
    """Whether a network that was asked for rectangular images takes square ones."""
    shape = got.get("input_shape", ()) if isinstance(got, dict) else ()
    return len(shape) == 3 and shape[0] == shape[1]


SQUARE_ONLY = (
    "The network takes square images only: input_shape holds a height, a width and the channels. Give it to Input "
    "as it is."
)


# Parts of wrong variants


def normalised(X, momentum=reference.MOMENTUM, **options):
    return layers.BatchNormalization(momentum=momentum, **options)(X)


def conv(X, filters, size, stride=1, padding="same", use_bias=True, norm=True, axis=-1, momentum=reference.MOMENTUM):
    X = layers.Conv2D(filters, size, strides=stride, padding=padding, use_bias=use_bias)(X)
    if not norm:
        return X
    return normalised(X, momentum, axis=axis)


def join(path, shortcut, end="relu"):
    """The end of a residual block, right or wrong."""
    if end == "relu":
        return layers.ReLU()(path + shortcut)
    return {
        "no shortcut": lambda: layers.ReLU()(path),
        "neither": lambda: path,
        "path twice": lambda: layers.ReLU()(path + path),
        "no relu": lambda: path + shortcut,
        "relu before": lambda: layers.ReLU()(path) + shortcut,
        "relu before and after": lambda: layers.ReLU()(layers.ReLU()(path) + shortcut),
        "relu on the shortcut": lambda: layers.ReLU()(path + layers.ReLU()(shortcut)),
        "concatenated": lambda: layers.ReLU()(layers.Concatenate()([path, shortcut])),
        "norm after": lambda: layers.ReLU()(normalised(path + shortcut)),
    }[end]()


def bottleneck(
    X,
    f,
    filters,
    s=1,
    sizes=None,
    strides=None,
    paddings=("same",) * 3,
    norms=(True,) * 3,
    relus=(True, True),
    begins_again=None,
    **options,
):
    """Three convolutions, each of whose parts may be changed or left out."""
    sizes, strides = sizes or (1, f, 1), strides or (s, 1, 1)
    before = X
    for number in range(3):
        X = conv(
            before if number == begins_again else X,
            filters[number],
            sizes[number],
            strides[number],
            paddings[number],
            norm=norms[number],
            **options,
        )
        if number < 2 and relus[number]:
            X = layers.ReLU()(X)
    return X
