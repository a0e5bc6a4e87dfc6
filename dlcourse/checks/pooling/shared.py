"""What the exercises of notebook 02 share: images, windows with several largest numbers, a network of the notes."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.comparing import compare, real_numbers
from dlcourse.checking.exercise import Topic

topic = Topic("pooling")


HALVE = {"f": 2, "stride": 2}


NOTHING = np.zeros((2, 2))


def images(rng, *shape):
    return rng.normal(size=shape)


def among_equals(x, unit, expected, got):
    """Where several numbers are largest: all may get the unit, or one of them, or each a share; no other gets any."""
    if (found := compare(expected, got, "the result")) is None:
        return None
    try:
        given = real_numbers(got).reshape(x.shape)
    except (TypeError, ValueError, OverflowError):
        return found.message
    largest = x == x.max()
    winners = given[largest]
    one = np.count_nonzero(winners) == 1 and np.isclose(winners.sum(), unit)
    each = np.allclose(winners, unit) or np.allclose(winners, unit / winners.size)
    if np.all(given[~largest] == 0) and (one or each):
        return None
    return (
        f"Several numbers of this window are largest. Either each of them gets {unit:g}, or one of them gets it, or "
        "they share it equally; the others get 0."
    )


def lenet(first):
    return [
        {"kind": "conv", "f": 5, "stride": 1, "pad": 0, "filters": first},
        {"kind": "pool", "f": 2, "stride": 2},
        {"kind": "conv", "f": 5, "stride": 1, "pad": 0, "filters": 16},
        {"kind": "pool", "f": 2, "stride": 2},
        {"kind": "dense", "units": 120},
        {"kind": "dense", "units": 84},
        {"kind": "dense", "units": 10},
    ]
