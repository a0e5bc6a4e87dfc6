"""The exercise of notebook 13 on the threshold of a door."""

from __future__ import annotations

import functools

import numpy as np

from dlcourse import faces as reference
from dlcourse.checking.comparing import real_numbers
from dlcourse.checking.exercise import case
from dlcourse.checks.faces.parts import topic


@topic.exercise(reference=reference.choose_threshold, section="How strict is the door", needs="tensorflow")
def choose_threshold(rng):
    by_hand = np.array([1.25, 0.5, 0.75, 1.0])
    yield _door("four pairs, half of which may be let in", by_hand, 0.5)
    for n, rate, title in (
        (40, 0.25, "ten of forty"),
        (30, 0.05, "one of thirty, since a half cannot be let in"),
        (57, 0.13, "seven of 57"),
        (200, 0.905, "nearly all"),
    ):
        yield _door(title, _distances(rng, n), rate)
    yield _door("nobody may be let in", _distances(rng, 12), 0.0)
    yield _door("fewer than one of twenty: nobody", _distances(rng, 20), 0.04)


def _distances(rng, n):
    """No two alike, none in its place, and most of them near the smallest: a share of the pairs is no share of the way
    to the largest."""
    shares = (np.arange(n) + rng.uniform(0.2, 0.8, n)) / n
    return np.roll(0.2 + 1.5 * shares[::-1] ** 3, n // 3)


def _door(title, different, rate):
    """All in one group: a constant that lets nobody in would be right where nobody may come in."""
    compare = functools.partial(_lets_the_same_in, different, rate)
    return case(title, different, rate, group="the pairs let in", compare=compare)


def _number(answer):
    """An answer as a number, or None: it may be anything."""
    try:
        numbers = real_numbers(answer).ravel()
    except (TypeError, ValueError, OverflowError):
        return None
    return float(numbers[0]) if len(numbers) == 1 and np.isfinite(numbers[0]) else None


def _lets_the_same_in(different, rate, expected, got):
    threshold, right = _number(got), _number(expected)
    if threshold is None or right is None:
        return "The threshold is not a number: return one of the distances, or a number between two of them."
    let_in, due = (int(np.sum(different < limit)) for limit in (threshold, right))
    if let_in == due or abs(threshold - right) <= 1e-6 * abs(right):  # float32 may round a distance up
        return None
    allowed = int(rate * len(different))
    return (
        f"A door that opens below {threshold:.4g} lets {let_in} of the {len(different)} pairs in; {allowed} may come "
        f"in, the share {rate:g}, and as many should."
    )


def _at(place):
    """The distance at a place of the sorted ones, or the nearest there is."""

    def variant(different, rate):
        ordered = np.sort(different)
        return ordered[min(max(place(rate, len(different)), 0), len(different) - 1)]

    return variant


choose_threshold.mistake(
    "kept-outside",
    "The share of the strangers who are kept outside is `rate`: it is the share that may come in, whose distances are "
    "the smallest.",
    lambda different, rate: np.sort(different)[::-1][int(rate * len(different))],
)
choose_threshold.also("kept-outside", lambda different, rate: np.quantile(different, 1 - rate))
choose_threshold.also("kept-outside", _at(lambda rate, n: int((1 - rate) * n)))
choose_threshold.mistake(
    "not-sorted",
    "The distances are taken in the order in which they come: sort them first.",
    lambda different, rate: different[int(rate * len(different))],
)
choose_threshold.mistake(
    "one-too-few",
    "One pair too few is let in: the door opens below the threshold, so the pair that the threshold is taken from "
    "stays outside.",
    lambda different, rate: np.sort(different)[int(rate * len(different)) - 1],
)
choose_threshold.also("one-too-few", _at(lambda rate, n: int(rate * n) - 1))
choose_threshold.also("one-too-few", lambda different, rate: np.quantile(different, rate, method="lower"))
choose_threshold.mistake(
    "one-too-many",
    "One pair too many is let in: positions are counted from 0, so there are as many before a position as its "
    "number says.",
    _at(lambda rate, n: int(rate * n) + 1),
)
choose_threshold.mistake(
    "rounded-up",
    "Where the share is not a whole number of pairs, one too many is let in: np.ceil rounds up, and np.quantile takes "
    "a number between two distances, the first of which should have stayed outside. At most so many may be let in, so "
    "round down.",
    _at(lambda rate, n: int(np.ceil(rate * n))),
)
choose_threshold.also("rounded-up", lambda different, rate: np.quantile(different, rate))
choose_threshold.mistake(
    "rounded",
    "Where half a pair or more is left over, one too many is let in: at most so many may be, so round down.",
    _at(lambda rate, n: int(np.floor(rate * n + 0.5))),
)
choose_threshold.mistake(
    "share-of-the-range",
    "This is a share of the way from the smallest distance to the largest: count pairs instead.",
    lambda different, rate: np.min(different) + rate * (np.max(different) - np.min(different)),
)
choose_threshold.mistake(
    "rate-itself",
    "The rate comes back. It is a share of pairs; a threshold is a distance.",
    lambda different, rate: rate,
)
choose_threshold.mistake(
    "number-let-in",
    "The number of pairs that may come in is returned: return the distance that lies behind so many.",
    lambda different, rate: int(rate * len(different)),
)
choose_threshold.hint("How many pairs may come in? rate * len(different), rounded down: int(...).")
choose_threshold.hint("Sort the distances. Which one has exactly so many before it?")
