"""The exercise of notebook 12 on a level of the way up: `upsampling_block`."""

from __future__ import annotations

import functools

import numpy as np
from keras import layers

from dlcourse import segmentation as reference
from dlcourse.checking.comparing import IN_WORDS, compare
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import may_show
from dlcourse.checking.probes import models
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.segmentation.blocks import BLOCK, conv
from dlcourse.checks.segmentation.forwards import topic

WORDS = {**IN_WORDS, "output_shape": "the shape of the output"}
NO_TENSOR = "upsampling_block should return a Keras tensor."


def _either(expected: dict, got: object) -> str | None:
    """Right is to lay either of the two volumes in front of the other: the filters behind them learn both alike."""
    found = None
    for right in (expected, *expected.get("or", ())):
        difference = _differs(right, got)
        if difference is None:
            return None
        found = found or difference
    return found


def _differs(expected: dict, got: object) -> str | None:
    if not isinstance(got, dict):
        return NO_TENSOR
    for name in LOOKS:
        difference = compare(expected.get(name), got.get(name), WORDS.get(name, name), TOLERANCE)
        if difference is not None:
            return difference.message
    return None


LOOKS = ("output_shape", "parameters", "trainable", "inference", "input_gradient", "training")

# below, from the side, n_filters
UPWARDS = (
    ("2x3 pixels with 4 channels, 4x6 from the side with 3, 5 filters", (2, 3, 4), (4, 6, 3), 5),
    ("as many channels from below as from the side", (3, 2, 3), (6, 4, 3), 3),
)


def _expected(below: np.ndarray, side: np.ndarray, n_filters: int) -> dict:
    """What the reference makes of two volumes, and, under "or", what it makes with the other one in front."""
    args = {"expansive_input": below, "contractive_input": side, "n_filters": n_filters}
    right, other = (
        models.block(lambda function=function, **given: function(**given), args)
        for function in (reference.upsampling_block, level_up(side_first=True))
    )
    return {**right, "or": [other]}


@functools.cache
def _of_every_seed() -> list[tuple]:
    """Of a first case is kept what the wrong blocks make of it, so it is the same for every seed."""
    drawn = [(title, _volume("below", below), _volume("side", side), n) for title, below, side, n in UPWARDS]
    return [(title, *args, _expected(*args)) for title, *args in drawn]


def _volume(name: str, shape: tuple[int, ...]) -> np.ndarray:
    return noise(name, (3, *shape))


@topic.exercise(
    reference=reference.upsampling_block,
    section="One level up",
    needs="tensorflow",
    aliases={"X": "expansive_input", "x": "expansive_input", "skip": "contractive_input", "filters": "n_filters"},
    may_show=may_show("upsampling_block"),
)
def upsampling_block(rng):
    args = rng.normal(size=(3, 1, 2, 5)), rng.normal(size=(3, 2, 4, 2)), 4
    for title, *given, expected in (*_of_every_seed(), ("1x2 pixels from below", *args, _expected(*args))):
        how = {"group": "the level above", "probe": BLOCK, "compare": _either}
        yield case(title, *given, **how, expect=expected)


def level_up(
    side_first=False,
    larger=lambda X, n: layers.Conv2DTranspose(n, 3, strides=2, padding="same")(X),
    join="concatenated",
    count=2,
    activations=("relu", "relu"),
    filters=lambda n: (n, n),
    sizes=(3, 3),
    of_the_joined=True,
):
    """upsampling_block with one thing changed."""

    def variant(expansive_input, contractive_input, n_filters=32):
        X = larger(expansive_input, n_filters)
        parts = [contractive_input, X] if side_first else [X, contractive_input]
        if join == "concatenated":
            X = layers.Concatenate()(parts)
        elif join == "added":
            X = X + conv(contractive_input, n_filters, 1, None)
        elif join == "side only":
            X = contractive_input
        for number in range(count):
            X = conv(X, filters(n_filters)[number], sizes[number], activations[number])
        return X

    return variant


def _transposed(size=3, filters=lambda n: n, **options):
    return lambda X, n: layers.Conv2DTranspose(filters(n), size, strides=2, padding="same", **options)(X)


for _key, _message, _changed in (
    (
        "no-skip",
        "contractive_input is not used: what was handed across is laid behind the enlarged volume, as channels. See "
        "'One level up'.",
        {"join": "none"},
    ),
    (
        "side-only",
        "Only what was handed across is used; it is joined to what comes from below, enlarged.",
        {"join": "side only"},
    ),
    (
        "added",
        "The two volumes are added; they are laid behind one another as channels, with Concatenate.",
        {"join": "added"},
    ),
    (
        "transposed-with-relu",
        "The transposed convolution has a ReLU; it has none, the two convolutions behind it have.",
        {"larger": _transposed(activation="relu")},
    ),
    (
        "transposed-2x2",
        "The filters of the transposed convolution are 2x2; here they are 3x3.",
        {"larger": _transposed(2)},
    ),
    (
        "upsampling",
        "The volume is enlarged by repeating its pixels; a transposed convolution learns how to enlarge: "
        "Conv2DTranspose.",
        {"larger": lambda X, n: layers.UpSampling2D(2)(X)},
    ),
    (
        "repeated-and-convolved",
        "The pixels are repeated, and a convolution follows; here a transposed convolution does both: Conv2DTranspose.",
        {"larger": lambda X, n: conv(layers.UpSampling2D(2)(X), n, 3, None)},
    ),
    (
        "half-as-many-in-the-transposed",
        "The transposed convolution has half as many filters; it has n_filters, as the two behind it.",
        {"larger": _transposed(filters=lambda n: max(n // 2, 1))},
    ),
    ("one-convolution", "One convolution follows; there are two, one behind the other.", {"count": 1}),
    ("no-convolutions", "The convolutions behind the joining are missing: two of 3x3 with ReLU.", {"count": 0}),
    ("no-relu", "The convolutions have no ReLU: each is followed by one.", {"activations": (None, None)}),
    (
        "first-without-relu",
        "The first convolution has no ReLU: each is followed by one.",
        {"activations": (None, "relu")},
    ),
    (
        "second-without-relu",
        "The second convolution has no ReLU: each is followed by one.",
        {"activations": ("relu", None)},
    ),
    ("one-by-one", "The convolutions are 1x1; they are 3x3.", {"sizes": (1, 1)}),
    (
        "doubled",
        "The convolutions have twice as many filters; all have n_filters.",
        {"filters": lambda n: (2 * n, 2 * n)},
    ),
    (
        "filters-fixed",
        "There are 32 filters, whatever n_filters says.",
        {"filters": lambda n: (32, 32), "larger": _transposed(filters=lambda n: 32)},
    ),
):
    upsampling_block.mistake(_key, _message, level_up(**_changed))
SIZES_AT_THE_SKIP = (
    r"(matching shapes|same shape except).*?\((None|\d+), (?P<left>\d+, \d+), \d+\).*?"
    r"\((None|\d+), (?P<right>\d+, \d+), \d+\)"
)
upsampling_block.raises(
    "sizes-differ",
    "Where they are joined the two volumes have heights and widths of ({left}) and ({right}): what comes from below is "
    "doubled first, by strides=2 and padding='same'. Without padding there is a row too many, without strides half are "
    "missing.",
    SIZES_AT_THE_SKIP,
)
upsampling_block.raises(
    "added-as-they-are",
    "The two volumes are added, and for that their channels must agree. They are laid behind one another: "
    "Concatenate()([larger, contractive_input]).",
    r"Inputs have incompatible shapes|[Cc]annot broadcast shape|cannot be broadcast",
)
upsampling_block.hint("Three steps: enlarge what comes from below, lay the other volume beside it, convolve twice.")
upsampling_block.hint(
    "Conv2DTranspose(n_filters, 3, strides=2, padding='same')(expansive_input), then Concatenate()([..., ...]): "
    "channels are its axis by default."
)
