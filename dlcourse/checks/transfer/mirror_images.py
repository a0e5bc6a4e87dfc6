"""The exercise of notebook 08 on mirror images."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.probes.augmenting import coordinates
from dlcourse.checks.transfer.chance import CHANCE, PICTURE, drawn, from_the_generator, generator_mistakes, named, topic
from dlcourse.checks.transfer.reading import CLOSE, ORDER, SIGMAS, Finding, numbers_agree, results_of


@topic.exercise(
    reference=reference.mirror,
    section="Mirror images",
    aliases={"images": "X", "x": "X", "generator": "rng"},
    weights={PICTURE: 2.0},
)
def mirror(rng):
    n_H, n_W = rng.permutation(np.arange(5, 9))[:2]
    few = coordinates(12, n_H, n_W)  # so many batches that one coin for each of them comes down on both sides
    yield drawn("30 batches of twelve", few, rng=rng, group=PICTURE, look=_look_at_mirrored, calls=30)
    yield drawn(
        "24 batches of 20 pictures", coordinates(20, 3, 4), rng=rng, group=CHANCE, look=_look_at_coins, calls=24
    )
    yield from_the_generator(coordinates(40, 3, 4), rng=rng)


def _ways(got):
    """Which of the pictures are as they were, mirrored, upside down, or turned by half a turn; (4, calls, m)."""
    results, wrong = results_of(got)
    if wrong:
        return results, wrong
    X = coordinates(*got["shape"][:3])
    kinds = (X, X[:, :, ::-1], X[:, ::-1], X[:, ::-1, ::-1])
    return np.stack([np.abs(results - kind).max(axis=(2, 3, 4)) < 1e-4 for kind in kinds]), None


def _look_at_mirrored(got):
    ways, wrong = _ways(got)
    if wrong:
        return wrong
    as_it_was, mirrored, upside_down, turned = ways
    if (as_it_was | mirrored).all():
        return Finding("never", "No picture is mirrored.") if as_it_was.all() else None
    if (as_it_was | upside_down).all():
        return Finding("upside-down", "Pictures are turned upside down: the rows are exchanged, not the columns.")
    if (as_it_was | turned).all():
        return Finding("half-a-turn", "Rows and columns are both exchanged.")
    results, _ = results_of(got)
    if np.abs(results[..., 2] - results[..., 2][..., ::-1, :]).max() < CLOSE and not numbers_agree(results):
        return ORDER
    channels = np.abs(results[..., ::-1] - coordinates(*got["shape"][:3])).max(axis=(2, 3, 4)) < 1e-4
    if (as_it_was | channels).all():
        return Finding("channels", "The channels are exchanged; they are the last axis.")
    return Finding("other", "A picture is neither what it was nor its mirror image.")


def _look_at_coins(got):
    ways, wrong = _ways(got)
    if wrong:
        return wrong
    changed = ~ways[0]
    share = float(changed.mean())
    if share == 0:
        return Finding("never", "No picture of 480 is mirrored.")
    if share == 1:
        return Finding("always", "All of 480 pictures are mirrored.")
    if all(batch.all() or not batch.any() for batch in changed):
        return Finding("one-coin", "In each batch all pictures are mirrored, or none.")
    if abs(share - 0.5) > SIGMAS * 0.5 / changed.size**0.5:
        return Finding("share", f"{share:.0%} of 480 pictures are mirrored; about half of them should be.")
    return None


def _mirrored(coins=lambda X, rng: rng.random(len(X)) < 0.5, turn=lambda X: X[:, :, ::-1]):
    def variant(X, rng):
        return np.where(np.reshape(coins(X, rng), (-1, 1, 1, 1)), turn(X), X)

    return variant


for _key, _message, _changed, _group, _look in (
    (
        "upside-down",
        "The pictures are turned upside down. A mirror exchanges left and right, the columns: which axis of "
        "(m, n_H, n_W, n_C) is that? See 'Mirror images'.",
        {"turn": lambda X: X[:, ::-1]},
        PICTURE,
        _look_at_mirrored,
    ),
    (
        "half-a-turn",
        "Rows and columns are both exchanged, which is half a turn; only the columns change places.",
        {"turn": lambda X: X[:, ::-1, ::-1]},
        PICTURE,
        _look_at_mirrored,
    ),
    (
        "channels",
        "The channels are exchanged, so red becomes blue: the columns are the last axis but one.",
        {"turn": lambda X: X[..., ::-1]},
        PICTURE,
        _look_at_mirrored,
    ),
    (
        "always",
        "Every picture is mirrored, so the network never sees the others: each is mirrored with a probability of one "
        "half.",
        {"coins": lambda X, rng: np.ones(len(X), bool) | (rng.random(len(X)) < 0)},
        CHANCE,
        _look_at_coins,
    ),
    (
        "never",
        "No picture is ever mirrored.",
        {"coins": lambda X, rng: rng.random(len(X)) < 0},
        PICTURE,
        _look_at_mirrored,
    ),
    (
        "one-coin",
        "One coin is thrown for the whole batch: all its pictures are mirrored, or none. Each picture needs one of its "
        "own.",
        {"coins": lambda X, rng: np.full(len(X), rng.random() < 0.5)},
        CHANCE,
        _look_at_coins,
    ),
    (
        "share",
        "Not half of the pictures are mirrored. rng.normal() is below 0.5 more often than rng.random() is, and "
        "rng.integers(0, 1) is always 0: what does your coin do?",
        {"coins": lambda X, rng: rng.normal(size=len(X)) < 0.5},
        CHANCE,
        _look_at_coins,
    ),
):
    named(mirror, _key, _message, _mirrored(**_changed), _group, _look)


def _mirror_in_place(X, rng):
    coins = rng.random(len(X)) < 0.5
    X[coins] = X[coins][:, :, ::-1]
    return X


generator_mistakes(mirror, lambda make: lambda X, rng: reference.mirror(X, make()), _mirror_in_place)
mirror.hint("The columns are axis 2 of (m, n_H, n_W, n_C). A slice with the step -1 goes through an axis backwards.")
mirror.hint("rng.random() < 0.5 is a fair coin. Throw one for each picture: a loop over range(len(X)) will do.")
mirror.hint("result = X.copy(), and in the loop, where the coin says so, result[i] = X[i, :, ::-1].")
