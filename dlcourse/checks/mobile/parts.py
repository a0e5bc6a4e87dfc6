"""What the exercises of notebook 07 share: how blocks and networks are looked at, and the parts of wrong variants."""

from __future__ import annotations

from keras import layers

from dlcourse import mobile as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic, case
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.models import TOLERANCE

topic = Topic("mobile")

ARRAYS = {"A_prev": "X", "x": "X", "A": "X", "filters": "W", "w": "W", "strides": "stride", "pad": "padding"}

BLOCK, COUNTS = "dlcourse.checking.probes.models:block", "dlcourse.checking.probes.mobile:network_counts"
SLIM, STEEP_NETWORK, STEEP_BLOCK = (
    f"dlcourse.checking.probes.mobile:{name}" for name in ("slim_network", "steep_network", "steep_block")
)


def block_case(title, X, *args, group, probe=BLOCK):
    return case(title, X, *args, group=group, probe=probe, tolerance=TOLERANCE)


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
    "The network takes square images only: input_shape holds a height, a width and the channels. Give it to Input as "
    "it is."
)


# Parts of wrong variants


def ended(X, norm=True, most=None, relu=True, momentum=reference.MOMENTUM):
    """What follows a convolution; `most` is where ReLU cuts off, None for an ordinary one."""
    X = layers.BatchNormalization(momentum=momentum)(X) if norm else X
    return layers.ReLU(most)(X) if relu else X


def conv(X, filters, size=1, stride=1, use_bias=False, **end):
    X = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=use_bias)(X)
    return ended(X, **end)


def depthwise(X, stride=1, size=3, use_bias=False, padding="same", multiplier=1, **end):
    X = layers.DepthwiseConv2D(size, strides=stride, padding=padding, use_bias=use_bias, depth_multiplier=multiplier)(X)
    return ended(X, **end)
