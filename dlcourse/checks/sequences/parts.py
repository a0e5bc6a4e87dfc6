"""What the exercises of notebook 20 share: the topic, sentences of different lengths, and networks drawn at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlcourse.checking.comparing import compare, real_numbers
from dlcourse.checking.exercise import Topic

topic = Topic("sequences")

PADDING = "With padding, and what it does"


def lengths_of(rng, m, T):
    """How many words m sentences have: one fills all T steps, one has a single word, the others lie between."""
    lengths = rng.integers(1, T, size=m)
    lengths[:2] = T, 1
    return [int(length) for length in rng.permutation(lengths)]


def mask_of(lengths, T):
    return np.arange(T) < np.asarray(lengths)[:, np.newaxis]


def cell(rng, n_a, n_x):
    return {
        "Wax": rng.normal(size=(n_a, n_x)),
        "Waa": rng.normal(size=(n_a, n_a)) / n_a**0.5,
        "ba": 0.5 * rng.normal(size=(n_a, 1)),
    }


def network(rng, n_a, n_x, n_y):
    return {
        "forward": cell(rng, n_a, n_x),
        "backward": cell(rng, n_a, n_x),
        "Wya": rng.normal(size=(n_y, 2 * n_a)),
        "by": rng.normal(size=(n_y, 1)),
    }


def at_words(mask: np.ndarray) -> Callable[[object, object], str | None]:
    """A comparison of arrays (n, m, T) at the words alone: at the padding anything may stand."""
    real = mask.astype(bool)

    def at_these_words(expected: object, got: object) -> str | None:
        if got is None:
            return "The result is None: is there a `return` missing?"
        try:
            right, answer = real_numbers(expected), real_numbers(got)
        except (TypeError, ValueError, OverflowError):
            return "The result is no array of numbers."
        if answer.shape != right.shape:
            return f"The result has the shape {answer.shape}; {right.shape} was expected."
        if right.shape[1:] != real.shape:  # a wrong variant of another shape, beside a learner's
            return None if np.allclose(answer, right) else "The result differs."
        found = compare(right[:, real], answer[:, real], "the result", terms=16)
        if found is None:
            return None
        if found.index is None:
            return "The result differs at the words."
        feature, word = found.index
        sentence, step = (int(part) for part in np.argwhere(real)[word])
        return (
            f"result[{feature}, {sentence}, {step}], at a word, is {answer[feature, sentence, step]:.6g}; "
            f"{right[feature, sentence, step]:.6g} was expected."
        )

    return at_these_words
