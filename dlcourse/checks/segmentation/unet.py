"""The exercise of notebook 12 on the whole network: `unet_model`."""

from __future__ import annotations

import functools

import keras
import numpy as np
from keras import layers

from dlcourse import segmentation as reference
from dlcourse.checking.comparing import IN_WORDS, compare
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import seen
from dlcourse.checking.probes import segmentation as probes
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.segmentation.forwards import topic
from dlcourse.checks.segmentation.upwards import SIZES_AT_THE_SKIP, level_up

PROBE = "dlcourse.checking.probes.segmentation:{}".format
SLIM = {"input_size": (32, 48, 3), "n_filters": 2, "n_classes": 5}
COMPUTES, TRAINS, SIZES = "what it computes", "in training", "shapes and parameters"
LOOKS = {COMPUTES: "in_use", TRAINS: "in_training"}
WORDS = {**IN_WORDS, "input_shape": "the shape of the input"}
NO_MODEL = "unet_model should return a Keras model."


def differs(expected: dict, got: object) -> str | None:
    """Right is also a network whose blocks lay what was handed across in front: see `upsampling_block`."""
    if not isinstance(got, dict):
        return NO_MODEL
    first = None
    for right in (expected, *expected.get("or", ())):
        found = next(
            (
                difference
                for name, value in right.items()
                if name != "or"
                and (difference := compare(value, got.get(name), WORDS.get(name, name), TOLERANCE)) is not None
            ),
            None,
        )
        if found is None:
            return None
        first = first or found.message
    return first


@functools.cache
def _right(group: str) -> dict:
    return {**seen("unet_model", f"{group}: right"), "or": [seen("unet_model", f"{group}: side first")]}


@topic.exercise(
    reference=reference.unet_model,
    section="U-Net",
    needs="tensorflow",
    companions=("conv_block", "upsampling_block"),
    weights={COMPUTES: 3.0, TRAINS: 2.0},
    aliases={"input_shape": "input_size", "filters": "n_filters", "classes": "n_classes", "num_classes": "n_classes"},
)
def unet_model(rng):
    slim = "a slim one: 32x48 pixels, 2 filters, 5 classes"
    for group in (COMPUTES, TRAINS):
        yield case(
            slim if group == COMPUTES else "the same, with its dropouts",
            *SLIM.values(),
            group=group,
            probe=PROBE(LOOKS[group]),
            compare=differs,
            expect=_right(group),
        )
    n_H, n_W = (16 * int(n) for n in rng.choice(range(3, 9), 2, replace=False))
    for shape, n_filters, n_classes in (
        ((96, 128, 3), 32, 23),
        ((n_H, n_W, 1), int(rng.integers(4, 12)), int(rng.integers(2, 9))),
    ):
        yield case(
            f"{shape[0]}x{shape[1]} pixels, {n_filters} filters, {n_classes} classes",
            shape,
            n_filters,
            n_classes,
            group=SIZES,
            probe=PROBE("counts"),
            compare=differs,
            expect={
                "input_shape": shape,
                "output_shape": (*shape[:2], n_classes),
                "parameters": parameters(shape[2], n_filters, n_classes),
            },
        )


def parameters(n_C: int, n_filters: int, n_classes: int) -> int:
    """Of the whole network: (9 n_C_prev + 1) n_C for each layer of 3x3, and the 1x1 at the end."""

    def layer(before, after):
        return (9 * before + 1) * after

    widths = [n_filters * 2**level for level in range(5)]
    down = sum(layer(a, b) + layer(b, b) for a, b in zip([n_C, *widths], widths, strict=False))
    up = sum(layer(2 * n, n) + layer(2 * n, n) + layer(n, n) for n in widths[:4])
    return down + up + layer(n_filters, n_filters) + (n_filters + 1) * n_classes


def unet(
    down=(1, 2, 4, 8),
    bottom=16,
    up=(1, 2, 4, 8),
    dropouts=(0, 0, 0, 0.3, 0.3),
    across=lambda levels, k: levels[k][1],
    block=reference.conv_block,
    upwards=reference.upsampling_block,
    last=True,
    last_activation="relu",
    last_size=1,
    scores=True,
    end=None,
    n_filters_used=True,
    n_classes_used=True,
    square=False,
):
    """unet_model with something changed."""

    def variant(input_size=(96, 128, 3), n_filters=32, n_classes=23):
        n = n_filters if n_filters_used else 32
        classes = n_classes if n_classes_used else 23
        X = inputs = keras.Input((input_size[0], *input_size[::2]) if square else input_size)
        levels = []
        for k, times in enumerate(down):
            levels.append(block(X, n * times, dropouts[k]))
            X = levels[-1][0]
        X = block(X, n * bottom, dropouts[len(down)], False)[0] if bottom else X
        for k in reversed(range(len(down))):
            X = upwards(X, across(levels, k), n * up[k])
        if last:
            X = layers.Conv2D(n, 3, padding="same", activation=last_activation)(X)
        if scores:
            X = layers.Conv2D(classes, last_size, padding="same", activation=end)(X)
        return keras.Model(inputs, X)

    return variant


def _mistake(key, message, variant, group=COMPUTES):
    """Name a wrong network, which is recognised by what is kept of it."""

    def recognise(got: object) -> bool:
        return isinstance(got, dict) and differs(seen("unet_model", key), got) is None

    unet_model.mistake(key, message, variant, group=group, recognise=recognise)


_NO_SKIPS = level_up(join="none")


def _from_above(levels, k):
    """What the level reads, in place of what it makes: as high and wide, but half as deep."""
    return levels[k - 1][0] if k else levels[k][1]


_mistake(
    "not-doubled",
    "Every level has n_filters filters; they double from level to level: n_filters, 2, 4, 8 and 16 times as many. See "
    "the table of 'U-Net'.",
    unet(down=(1, 1, 1, 1), bottom=1, up=(1, 1, 1, 1)),
)
_mistake(
    "doubled-one-level-late",
    "The filters are doubled one level too late: the second level has n_filters again; it has 2 * n_filters.",
    unet(down=(1, 1, 2, 4), bottom=8, up=(1, 1, 2, 4)),
)
_mistake(
    "doubled-at-once",
    "The first level has 2 * n_filters already; it has n_filters, and the lowest 16 * n_filters.",
    unet(down=(2, 4, 8, 16), bottom=32, up=(2, 4, 8, 16)),
)
_mistake(
    "added-up",
    "The filters grow by n_filters from level to level; they double: n_filters, 2, 4, 8 and 16 times as many.",
    unet(down=(1, 2, 3, 4), bottom=5, up=(1, 2, 3, 4)),
)
_mistake(
    "lowest-not-doubled",
    "The lowest level has 8 * n_filters; it has twice as many as the level above it, 16 * n_filters.",
    unet(bottom=8),
)
_mistake(
    "up-one-level-wide",
    "On the way up each level has twice the filters that it has on the way down: begin with 8 * n_filters, end with "
    "n_filters.",
    unet(up=(2, 4, 8, 16)),
)
_mistake(
    "up-halved-too-early",
    "On the way up the filters are halved one level too early: the first block up has 8 * n_filters, as its level has "
    "on the way down.",
    unet(up=(1, 1, 2, 4)),
)
_mistake(
    "up-not-halved",
    "On the way up every level has n_filters filters; they are halved from level to level: 8, 4, 2 and 1 times as "
    "many.",
    unet(up=(1, 1, 1, 1)),
)
_mistake(
    "up-in-the-other-order",
    "On the way up the filters grow from n_filters to 8 * n_filters; they shrink: first 8 times, last once.",
    unet(up=(8, 4, 2, 1)),
)
_mistake(
    "skip-from-the-level-above",
    "What is handed across is what the level *reads*, cblock[0] of the level above: as high and wide, but half as "
    "deep. It is what the level *makes*, its cblock[1].",
    unet(across=_from_above),
)
_mistake(
    "no-skips",
    "Nothing is handed across: each block up gets what its own level has made on the way down, cblock[1].",
    unet(upwards=_NO_SKIPS),
)
_mistake(
    "four-levels",
    "There is a level too few: four poolings, and a fifth level below them.",
    unet(down=(1, 2, 4), bottom=8, dropouts=(0, 0, 0.3, 0.3)),
)
_mistake(
    "five-poolings-wide",
    "The lowest level is missing: behind the fourth pooling come two more convolutions with 16 * n_filters.",
    unet(bottom=None),
)
_mistake(
    "no-last-3x3",
    "The 3x3 convolution with n_filters between the last block and the scores is missing.",
    unet(last=False),
)
_mistake("last-3x3-without-relu", "The 3x3 convolution behind the last block has no ReLU.", unet(last_activation=None))
_mistake(
    "no-last-convolution",
    "The last convolution is missing: a 1x1 with n_classes filters makes a score of each class for each pixel.",
    unet(scores=False),
)
_mistake(
    "scores-3x3",
    "The last convolution is 3x3; the scores of a pixel come from its own channels alone, 1x1.",
    unet(last_size=3),
)
_mistake(
    "softmax",
    "There is a softmax at the end; the scores are handed on as they are, and the loss takes their softmax.",
    unet(end="softmax"),
)
_mistake("sigmoid", "There is a sigmoid at the end; the scores are handed on as they are.", unet(end="sigmoid"))
_mistake("relu-at-the-end", "The last convolution has a ReLU: scores may be negative.", unet(end="relu"))
_mistake("n-filters-ignored", "The first level has 32 filters, whatever n_filters says.", unet(n_filters_used=False))
_mistake(
    "n-classes-ignored", "There are 23 scores for each pixel, whatever n_classes says.", unet(n_classes_used=False)
)
_mistake(
    "no-dropout",
    "There is no dropout: the two lowest levels drop 0.3 on the way down.",
    unet(dropouts=(0,) * 5),
    TRAINS,
)
_mistake(
    "dropout-in-the-fourth-only",
    "The lowest level has no dropout; it drops 0.3, as the level above it does.",
    unet(dropouts=(0, 0, 0, 0.3, 0)),
    TRAINS,
)
_mistake(
    "dropout-in-the-lowest-only",
    "Only the lowest level has a dropout; the level above it drops 0.3 as well.",
    unet(dropouts=(0, 0, 0, 0, 0.3)),
    TRAINS,
)
_mistake(
    "dropout-everywhere", "Every level has a dropout; only the two lowest have.", unet(dropouts=(0.3,) * 5), TRAINS
)
_mistake(
    "dropout-of-a-half",
    "The two lowest levels drop one half; they drop 0.3.",
    unet(dropouts=(0, 0, 0, 0.5, 0.5)),
    TRAINS,
)
unet_model.mistake(
    "square-only",
    "The network takes square images only: input_size holds a height, a width and the channels. Give it to Input as it "
    "is.",
    unet(square=True),
    group=SIZES,
    recognise=lambda got: isinstance(got, dict) and len(set(got.get("input_shape", ())[:2])) == 1,
)
unet_model.raises(
    "skip-of-another-size",
    "At a joining the two volumes have heights and widths of ({left}) and ({right}), so they come from different "
    "levels. Each block up gets cblock[1] of its own level, which is twice as high and wide as what comes from below: "
    "the fourth first, the first last; and the lowest level is not pooled (max_pooling=False).",
    SIZES_AT_THE_SKIP,
)
unet_model.raises(
    "both-results",
    "A level gives back two tensors, and both were handed on: cblock[0] goes down to the next level, cblock[1] across.",
    r"'(tuple|list)' object has no attribute|expected 1 input\(s\)|expects 1 input\(s\)|but it received 2 input",
)
unet_model.hint("Write the table of 'U-Net' from top to bottom: five blocks down, four up, two convolutions.")
unet_model.hint(
    "cblock1 = conv_block(inputs, n_filters); cblock2 = conv_block(cblock1[0], 2 * n_filters); and so on. The "
    "fifth has max_pooling=False."
)
unet_model.hint(
    "ublock6 = upsampling_block(cblock5[0], cblock4[1], 8 * n_filters); ublock7 = upsampling_block(ublock6, "
    "cblock3[1], 4 * n_filters); and so on."
)


def kept() -> dict:
    """What tests/seen_networks.py keeps: what the probes see of right networks, and of wrong ones."""
    side_first = unet(upwards=level_up(side_first=True))
    functions = {
        f"{group}: {which}": (group, function)
        for group in (COMPUTES, TRAINS)
        for which, function in (("right", reference.unet_model), ("side first", side_first))
    }
    functions |= {
        mistake.key: (mistake.group, mistake.variant)
        for mistake in unet_model.mistakes
        if mistake.group in (COMPUTES, TRAINS)
    }
    return {
        key: {
            name: np.asarray(value) if name in ("inference", "training") else value
            for name, value in getattr(probes, LOOKS[group])(lambda f=function, **given: f(**given), SLIM).items()
        }
        for key, (group, function) in functions.items()
    }
