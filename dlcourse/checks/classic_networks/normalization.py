"""The exercise of notebook 04 on local response normalization."""

from __future__ import annotations

import numpy as np

from dlcourse import classic_networks as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.classic_networks.parts import topic

PAPER = (5, 2.0, 1e-4, 0.75)


@topic.exercise(
    reference=reference.local_response_normalization,
    section="Neighbours that quieten each other",
    aliases={"bias": "k", "X": "A", "a": "A", "size": "n"},
)
def local_response_normalization(rng):
    by_hand = np.array([1.0, 2, 3, 4, 5]).reshape(1, 1, 1, 5)
    yield case(
        "five channels of one pixel, by hand",
        by_hand,
        3,
        1.0,
        1.0,
        1.0,
        group="inner channels and ends",
        # 1 / (1 + 1 + 4), 2 / (1 + 1 + 4 + 9), ..., 5 / (1 + 16 + 25)
        expect=by_hand / np.array([6, 15, 30, 51, 42]),
    )
    yield case("images with 12 channels, n = 5", 30 * _images(rng, 12), *PAPER, group="inner channels and ends")
    n, k = int(rng.choice([7, 9])), float(rng.uniform(1, 3))
    alpha, beta = float(rng.uniform(0.02, 0.2)), float(rng.uniform(0.3, 0.7))
    yield case(f"n = {n} and other constants", _images(rng, 11), n, k, alpha, beta, group="other constants")
    yield case(
        "three channels, n = 9: no channel has all its neighbours",
        _images(rng, 3),
        9,
        k,
        alpha,
        beta,
        group="few channels",
    )
    yield case("n = 1: each channel for itself", _images(rng, 4), 1, k, alpha, beta, group="few channels")


def _images(rng, n_C):
    return rng.normal(size=(2, 3, 4, n_C)) * 3


def _variant(
    left=lambda n: n // 2,
    right=lambda n: n // 2,
    power=lambda A: A**2,
    factor=lambda alpha, n: alpha,
    join=lambda A, sums, k, beta: A / (k + sums) ** beta,
    edge="cut",
):
    """The formula with one thing changed; `left` and `right` are how many neighbours are seen on each side."""

    def local_response_normalization(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
        powers, n_C = power(A), A.shape[-1]
        sums = np.zeros(A.shape)
        for i in range(n_C):
            near = np.arange(i - left(n), i + right(n) + 1)
            if edge == "slice":
                sums[..., i] = powers[..., i - left(n) : i + right(n) + 1].sum(axis=-1)
            elif edge == "wrap":
                sums[..., i] = powers[..., near % n_C].sum(axis=-1)
            elif edge == "strict":
                near = np.arange(i - left(n), i + right(n) + 1)
                sums[..., i] = 0 if near[0] < 0 or near[-1] >= n_C else powers[..., near].sum(axis=-1)
            else:
                sums[..., i] = powers[..., near[(near >= 0) & (near < n_C)]].sum(axis=-1)
        return join(A, factor(alpha, n) * sums, k, beta)

    return local_response_normalization


def _over_pixels(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
    return np.moveaxis(_variant()(np.moveaxis(A, 2, -1), n, k, alpha, beta), -1, 2)


def _all_channels(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
    return A / (k + alpha * np.sum(A**2, axis=-1, keepdims=True)) ** beta


def _to_one_number(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
    return A / (k + alpha * np.sum(A**2)) ** beta


def _of_neighbours(total):
    """The formula with another total of the neighbours of a channel."""

    def local_response_normalization(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
        B = np.zeros(A.shape)
        for i in range(A.shape[-1]):
            B[..., i] = A[..., i] / (k + alpha * total(A[..., max(0, i - n // 2) : i + n // 2 + 1])) ** beta
        return B

    return local_response_normalization


def _bracket_too_early(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
    return _variant(factor=lambda alpha, n: k + alpha, join=lambda A, sums, k, beta: A / sums**beta)(
        A, n, k, alpha, beta
    )


def _one_after_another(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
    A = A.copy()
    for i in range(A.shape[-1]):
        near = A[..., max(0, i - n // 2) : i + n // 2 + 1]
        A[..., i] = A[..., i] / (k + alpha * np.sum(near**2, axis=-1)) ** beta
    return A


for _key, _message, _wrong in (
    (
        "negative-index",
        "The first channels are wrong: where i - n // 2 is negative, Python counts the slice's beginning from the end, "
        "and "
        "nothing is left of it. The sum begins at channel 0 there.",
        _variant(edge="slice"),
    ),
    (
        "last-neighbour-missing",
        "The sum ends one channel too early: a slice leaves its end out, and channel i + n // 2 belongs to it.",
        _variant(right=lambda n: n // 2 - 1),
    ),
    (
        "last-neighbour-missing-and-negative-index",
        "Two things about the slice: it ends one channel too early, and where it begins below 0, Python counts from "
        "the "
        "end.",
        _variant(right=lambda n: n // 2 - 1, edge="slice"),
    ),
    (
        "radius-n",
        "The sum reaches n channels to each side; n is how many there are in all, so it reaches n // 2.",
        _variant(left=lambda n: n, right=lambda n: n),
    ),
    (
        "looks-ahead-only",
        "The sum begins at channel i; it lies around it, from i - n // 2 to i + n // 2.",
        _variant(left=lambda n: 0, right=lambda n: n - 1),
    ),
    (
        "wraps-around",
        "At the ends, the channels of the other end are counted (np.roll does this); where there is no neighbour, "
        "nothing is added.",
        _variant(edge="wrap"),
    ),
    (
        "ends-left-out",
        "Channels that lack a neighbour are only divided by k ** beta; their sum runs over the neighbours that there "
        "are.",
        _variant(edge="strict"),
    ),
    (
        "over-pixels",
        "The sum runs over neighbouring pixels; it runs over neighbouring channels of one pixel, the last axis.",
        _over_pixels,
    ),
    ("all-channels", "The sum runs over all channels; only n of them count.", _all_channels),
    (
        "over-pixels-too",
        "The sum of each channel runs over all pixels of all images; with axis=-1 each pixel has a sum of its own.",
        _of_neighbours(lambda near: np.sum(near**2)),
    ),
    (
        "to-one-number",
        "All squares are added up to one number; each channel of each pixel has a sum of its own, over its neighbours.",
        _to_one_number,
    ),
    (
        "squared-sum",
        "The channels are added and their sum is squared; it is the squares that are added.",
        _of_neighbours(lambda near: np.sum(near, axis=-1) ** 2),
    ),
    (
        "k-times-the-sum",
        "k and the sum are multiplied; k is added, so that it holds up the denominator where all is quiet: k + alpha * "
        "sum.",
        _variant(join=lambda A, sums, k, beta: A / (k * sums) ** beta),
    ),
    (
        "bracket-too-early",
        "alpha is added to k before the sum is multiplied by it: k + alpha * sum needs no bracket of its own.",
        _bracket_too_early,
    ),
    ("not-squared", "The channels are added as they are; it is their squares that count.", _variant(power=lambda A: A)),
    ("absolute", "The absolute values are added; it is the squares that count.", _variant(power=np.abs)),
    (
        "alpha-over-n",
        "alpha is divided by n, as in PyTorch; in the paper and in TensorFlow it is not.",
        _variant(factor=lambda alpha, n: alpha / n),
    ),
    (
        "without-k",
        "The constant k is missing in the denominator: without it, quiet neighbourhoods are divided by almost nothing.",
        _variant(join=lambda A, sums, k, beta: A / sums**beta),
    ),
    ("exponent-missing", "The exponent beta is missing.", _variant(join=lambda A, sums, k, beta: A / (k + sums))),
    (
        "exponent-on-the-sum-only",
        "The exponent is taken of the sum only; k belongs under it: (k + ...) ** beta.",
        _variant(join=lambda A, sums, k, beta: A / (k + sums**beta)),
    ),
    (
        "multiplied",
        "A is multiplied by (k + ...) ** beta; it is divided: loud neighbours make a channel quieter.",
        _variant(join=lambda A, sums, k, beta: A * (k + sums) ** beta),
    ),
    (
        "denominator-only",
        "What comes back is the denominator; A divided by it is asked for.",
        _variant(join=lambda A, sums, k, beta: (k + sums) ** beta),
    ),
    (
        "one-after-another",
        "A channel is changed before its neighbour has looked at it: all sums are over the channels as they came in.",
        _one_after_another,
    ),
):
    local_response_normalization.mistake(_key, _message, _wrong)
local_response_normalization.hint(
    "A loop over the channels is enough: for each i, which channels lie in the sum, and which of them exist?"
)
local_response_normalization.hint(
    "A slice may end beyond the last channel, but must not begin below 0: A[..., max(0, i - n // 2) : i + n // 2 + 1]."
)
local_response_normalization.hint("np.sum(... ** 2, axis=-1) of this slice has the shape of A[..., i].")
