"""What the exercises of notebook 04 on networks share: how they are looked at, and how wrong ones are made."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import keras
from keras import layers, ops

from dlcourse.checking.comparing import IN_WORDS, compare
from dlcourse.checking.exercise import Case, Exercise, Topic, case
from dlcourse.checking.networks_seen import COMPUTES
from dlcourse.checking.probes import classic_networks as probes
from dlcourse.checking.probes.models import TOLERANCE

topic = Topic("classic_networks")

SLIM = "dlcourse.checking.probes.classic_networks:slim_network"
BRIGHT = "dlcourse.checking.probes.classic_networks:slim_network_on_bright_pictures"
SIZES = "dlcourse.checking.probes.classic_networks:network_sizes"
FULL_SIZE = "at full size"

NETWORK = {"needs": "tensorflow", "aliases": {"num_classes": "classes", "n_classes": "classes", "shape": "input_shape"}}


def slim_case(
    title: str, reference: Callable, args: dict, *others: Callable, group: str = COMPUTES, probe: str = SLIM
) -> Case:
    """A case on the slim sister of a network, which is the same for every seed.

    Args:
        args: by name, in the order of the reference's parameters.
        others: networks that compute something else and are right too.
    """
    named = tuple(args.items())

    def either(expected: dict, got: object) -> str | None:
        found = _differ(expected, got)
        if found is None or not others or _differ(_seen(probe, reference, named), expected) is not None:
            return found  # without others, or where a wrong variant is compared
        return None if any(_differ(_seen(probe, build, named), got) is None for build in others) else found

    return case(title, *args.values(), group=group, probe=probe, compare=either)


@functools.lru_cache
def _seen(probe: str, build: Callable, named: tuple) -> dict:
    return getattr(probes, probe.partition(":")[2])(build, dict(named))


def _differ(expected: object, got: object) -> str | None:
    if not isinstance(expected, dict) or not isinstance(got, dict):
        alike = type(expected) is type(got) and repr(expected) == repr(got)  # arrays, for which == says no one thing
        return None if alike else "No Keras model came back."
    for name, value in expected.items():
        if name not in got:
            return (
                f"The network has {got.get('parameters', 0):,} parameters: it is not the slim one that was asked for."
            )
        found = compare(value, got[name], IN_WORDS.get(name, name), TOLERANCE)
        if found:
            return found.message
    return None if set(got) == set(expected) else "No Keras model came back."


def sizes_case(title: str, *args: object, group: str = FULL_SIZE) -> Case:
    return case(title, *args, group=group, probe=SIZES)


def square_only(exercise: Exercise, build: Callable) -> None:
    """Name the mistake of a network for square pictures."""

    def square(input_shape, classes, *sizes, **others):
        return build((input_shape[0], *input_shape[::2]), classes, *sizes, **others)

    exercise.mistake(
        "square-only",
        "The network takes square images only: input_shape holds a height, a width and the channels. Give it to Input "
        "as it is.",
        square,
        group=FULL_SIZE,
    )


# Parts of wrong variants


def convolution(X, filters, size, stride=1, padding="same", groups=1, activation="relu"):
    return layers.Conv2D(filters, size, stride, padding, groups=groups, activation=activation)(X)


def side_by_side(X, filters, size, stride, padding, groups, activation):
    """A convolution in groups, each of which is a layer."""
    if groups == 1:
        return convolution(X, filters, size, stride, padding, activation=activation)
    n_C = X.shape[-1] // groups
    parts = [X[..., n_C * group : n_C * (group + 1)] for group in range(groups)]
    made = [convolution(part, filters // groups, size, stride, padding, activation=activation) for part in parts]
    return layers.Concatenate()(made)


def pooled(X, window=3, stride=2, padding="valid", kind="max"):
    return {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[kind](window, stride, padding)(X)


def dense_part(
    X,
    classes: int,
    units: Sequence[int],
    dropout: str = "after",
    dense_activation: str | None = "relu",
    last: str | None = "softmax",
    flat: bool = True,
    rate: float = 0.5,
):
    """Flattening and dense layers, with dropout "after" or "before" those with units, or "" for none."""
    X = layers.Flatten()(X) if flat else layers.GlobalAveragePooling2D()(X)
    for count in units:
        X = layers.Dropout(rate)(X) if dropout == "before" else X
        X = layers.Dense(count, activation=dense_activation)(X)
        X = layers.Dropout(rate)(X) if dropout == "after" else X
    return layers.Dense(classes, activation=last)(X)


def normalised(X, radius=2, constant=2.0, factor=1e-4, exponent=0.75):
    squares = ops.pad(X * X, ((0, 0), (0, 0), (0, 0), (radius, radius)))
    sums = sum(squares[..., step : step + X.shape[-1]] for step in range(2 * radius + 1))
    return X / (constant + factor * sums) ** exponent


def tower(
    input_shape,
    classes,
    filters,
    units,
    *,
    border=0,
    first=(11, 4, "valid"),
    second=(5, 1, "same"),
    others=3,
    pools=("valid", "valid", "valid"),
    window=3,
    kind="max",
    activation="relu",
    after=lambda X: X,
    before=lambda X: X,
    both=2,
    groups=(1, 1, 1, 1, 1),
    inner_padding="same",
    dense_layers=2,
    apart=False,
    missing=(),
    behind=lambda X: X,
    **dense,
):
    """AlexNet or ZFNet, any part of which may be changed.

    Args:
        after, before: what is done with the outputs of the first `both` convolutions, after or before their ReLUs.
        pools: the padding of each pooling; "" leaves it out.
        apart: groups as convolutions of their own, side by side.
        missing: numbers of convolutions that are left out, from 0.
        behind: what is done with the outputs of the first two poolings.
    """
    X = image = keras.Input(input_shape)
    X = layers.ZeroPadding2D(border)(X) if border else X
    shapes = [first, second, *((others, 1, inner_padding) for _ in range(3))]
    for number, (count, (size, stride, padding), group) in enumerate(zip(filters, shapes, groups, strict=True)):
        if number in missing:
            X = pooled(X, window, 2, pools[2], kind) if number == 4 else X
            continue
        X = (side_by_side if apart else convolution)(X, count, size, stride, padding, group, None)
        X = before(X) if number < both else X
        X = layers.Activation(activation)(X) if activation else X
        X = after(X) if number < both else X
        if number in (0, 1, 4) and pools[min(number, 2)]:
            X = pooled(X, window, 2, pools[min(number, 2)], kind)
            X = behind(X) if number < 2 else X
    return keras.Model(image, dense_part(X, classes, [units] * dense_layers, **dense))
