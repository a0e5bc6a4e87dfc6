"""Drawn digits look like the real ones, number by number."""

import numpy as np

from dlcourse.data import datasets
from dlcourse.data.drawn_digits import LEVELS, drawn_digits


def test_they_have_the_form_of_the_real_digits():
    X, Y = drawn_digits(60, seed=1)
    real, labels = datasets.digits()
    assert X.shape == (60, *real.shape[1:]) and X.dtype == real.dtype
    assert np.array_equal(np.bincount(Y), [6] * 10)
    assert X.min() == 0 and 0.9 < X.max() <= 1
    assert np.array_equal(X * LEVELS, np.round(X * LEVELS))
    assert abs(X.mean() - real.mean()) < 0.06


def test_a_seed_draws_the_same_and_no_two_are_alike():
    X, Y = drawn_digits(40, seed=3)
    again, labels = drawn_digits(40, seed=3)
    assert np.array_equal(X, again) and np.array_equal(Y, labels)
    assert len(np.unique(X.reshape(40, -1), axis=0)) == 40
    assert not np.array_equal(X, drawn_digits(40, seed=4)[0])


def test_most_real_digits_are_nearest_to_the_mean_of_the_drawn_ones_of_their_class():
    X, Y = drawn_digits(600, seed=0)
    real, labels = datasets.digits()
    means = np.stack([X[Y == digit].mean(axis=0) for digit in range(10)]).reshape(10, -1)
    pictures = real.reshape(len(real), -1)
    means, pictures = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (means, pictures))
    assert np.mean((pictures @ means.T).argmax(axis=1) == labels) > 0.6
