"""What the exercises of notebook 19 share: the topic, alphabets, and networks that are drawn or made by hand."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.exercise import Topic

topic = Topic("language_model")

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def alphabet(rng, size):
    """Characters by their index: letters, and a newline in any place but the first, which is no rule."""
    chars = [*rng.choice(list(LETTERS), size=size - 1, replace=False)]
    chars.insert(int(rng.integers(1, size)), "\n")
    return {str(char): index for index, char in enumerate(chars)}


def random_name(rng, char_to_ix, length):
    return "".join(rng.choice([char for char in char_to_ix if char != "\n"], size=length))


def distribution(rng, size):
    """Probabilities that differ clearly from one another, in any order."""
    raw = 1.5 ** np.arange(size) * rng.uniform(0.9, 1.1, size=size)
    return rng.permutation(raw / raw.sum())


def columns(rng, size, steps):
    return np.stack([distribution(rng, size) for _ in range(steps)], axis=1)


def network(rng, size, n_a, scale=1.0):
    """Parameters drawn at random, such that every one of them shows in the outputs."""
    return {
        "Wax": scale * rng.normal(size=(n_a, size)),
        "Waa": scale * rng.normal(size=(n_a, n_a)) / n_a**0.5,
        "Wya": scale * rng.normal(size=(size, n_a)),
        "b": scale * rng.normal(size=(n_a, 1)),
        "by": scale * rng.normal(size=(size, 1)),
    }


SURE, APART = (
    100.0,
    20.0,
)  # what makes a network sure of a character, and what parts characters that it knows nothing of


def spells(text, char_to_ix):
    """A network that is sure of each character of `text`, from its place: unit t is on at step t, and turns on t + 1.

    The first unit is on only where the input is 0. The biases by keep back a character that the text does not have,
    and see to it that a wrong calculation too gives one name, whatever is drawn.
    """
    size, n_a = len(char_to_ix), len(text)
    Wax, Waa, b = np.zeros((n_a, size)), np.zeros((n_a, n_a)), np.full((n_a, 1), -6.0)
    Waa[np.arange(1, n_a), np.arange(n_a - 1)] = 12.0
    Wax[0], b[0] = -12.0, 6.0
    Wya, by = np.zeros((size, n_a)), APART * np.arange(size, dtype=float).reshape(-1, 1)
    for char, index in char_to_ix.items():
        if char in text:
            places = [t for t, other in enumerate(text) if other == char]
            Wya[index, places] = SURE
            by[index] += SURE * len(places)
        else:
            Wya[index] = -SURE - APART * index
            by[index] -= (SURE + APART * index) * (n_a + 1)
    return {"Wax": Wax, "Waa": Waa, "Wya": Wya, "b": b, "by": by}


def follows(successors, starts, char_to_ix):
    """A network that knows each character from the one before alone, and begins with any of `starts`: a unit for each
    character, and one for an input of 0."""
    size = len(char_to_ix)
    Wax, b = np.zeros((size + 1, size)), np.full((size + 1, 1), -6.0)
    Wax[np.arange(size), np.arange(size)] = 12.0
    Wax[size], b[size] = -12.0, 6.0
    Wya = np.zeros((size, size + 1))
    for start in starts:
        Wya[char_to_ix[start], size] = SURE
    for char, after in successors.items():
        Wya[char_to_ix[after], char_to_ix[char]] = SURE
    # a character that follows several others is as unlikely after the rest as one that follows none
    by = SURE * (np.sum(Wya > 0, axis=1, keepdims=True) - 1.0)
    if len(starts) == 1:
        by += APART * np.arange(size).reshape(-1, 1)
    return {"Wax": Wax, "Waa": np.zeros((size + 1, size + 1)), "Wya": Wya, "b": b, "by": by}
