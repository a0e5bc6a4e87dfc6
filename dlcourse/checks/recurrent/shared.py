"""What the exercises of notebook 17 share: random cells and sequences."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import Topic
from dlcourse.checking.loops_over_time import Cell

topic = Topic("recurrent")

RNN = Cell(reference.rnn_cell_forward, reference.rnn_forward, reference.rnn_cell_backward)


def random_parameters(rng, n_x, n_a, n_y):
    """Weights small enough that tanh stays off its flat ends, where every gradient would be nearly 0."""
    return {
        "Wax": rng.normal(size=(n_a, n_x)) / n_x**0.5,
        "Waa": rng.normal(size=(n_a, n_a)) / n_a**0.5,
        "Wya": rng.normal(size=(n_y, n_a)),
        "ba": 0.5 * rng.normal(size=(n_a, 1)),
        "by": rng.normal(size=(n_y, 1)),
    }


def random_step(rng, n_x=3, n_a=5, n_y=2, m=4):
    return rng.normal(size=(n_x, m)), np.tanh(rng.normal(size=(n_a, m))), random_parameters(rng, n_x, n_a, n_y)


def random_sequence(rng, n_x=3, n_a=5, n_y=2, m=4, T=5):
    return rng.normal(size=(n_x, m, T)), np.tanh(rng.normal(size=(n_a, m))), random_parameters(rng, n_x, n_a, n_y)


def numbers(Wax, Waa, Wya, ba, by):
    """Parameters from nested lists."""
    names = ("Wax", "Waa", "Wya", "ba", "by")
    return {name: np.array(value, float) for name, value in zip(names, (Wax, Waa, Wya, ba, by), strict=True)}


def places_of_single_outputs(exercise, products, section):
    for name, product in products.items():
        exercise.place(
            f"only-{name}", f"Only {name} is wrong, so its own line is: it is {product}. See '{section}'.", [name]
        )
