"""What is no answer earns nothing, in no group of any exercise: a table of constants, zeros, the input handed back."""

import itertools

import numpy as np
import pytest

from dlcourse import checks
from dlcourse.checking import judging

EXERCISES = [exercise for exercise in checks.exercises() if exercise.name != "spot_the_mistake"]
NUMPY = [exercise for exercise in EXERCISES if exercise.needs == "numpy"]
TENSORFLOW = [exercise for exercise in EXERCISES if exercise.needs == "tensorflow"]


def filled(value, number):
    """A value of the same form, with one number everywhere."""
    if isinstance(value, dict):
        return {key: filled(part, number) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(filled(part, number) for part in value)
    if isinstance(value, str):
        return ""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return np.full(value.shape, number).astype(value.dtype)
    return type(value)(number) if isinstance(value, (bool, int, float, np.number, np.bool_)) else value


def no_answers(exercise, seed):
    expected = [row[1] for row in judging._prepare(exercise, seed).rows for _ in row[2]]
    yield "the first answer", lambda *args, **named: expected[0]
    for number in (0, 1):
        yield f"{number} in the first answer's form", lambda *args, number=number, **named: filled(expected[0], number)
        forms = itertools.cycle(expected)
        yield (
            f"{number} in each answer's form",
            lambda *args, number=number, forms=forms, **named: filled(next(forms), number),
        )
    for place in range(len(exercise.names)):
        yield f"input {place}", lambda *args, place=place, **named: args[place] if place < len(args) else None


@pytest.mark.parametrize("exercise", NUMPY, ids=lambda exercise: f"{exercise.topic}/{exercise.name}")
def test_what_is_no_answer_earns_nothing(exercise):
    for seed in range(2):
        for title, function in no_answers(exercise, seed):
            with np.errstate(all="ignore"):
                report = checks.run(exercise.topic, exercise.name, function, seed=seed, namespace={})
            earned = {group.name for group in report.groups if group.passed}
            assert not earned, (title, earned)


def no_tensors(exercise, expected):
    """Constants in the form of an answer, and numbers that do depend on an input, but say nothing of it."""
    import tensorflow as tf

    for number in (0.0, 1.0):
        yield (
            f"{number} as a tensor",
            lambda *args, number=number, **named: tf.constant(filled(expected, number), "float32"),
        )
    yield "zero times an input", lambda *args, **named: 0.0 * tf.reduce_sum(tf.cast(args[0], "float32"))


def no_networks(exercise):
    """A network, or layers, of the right shapes in which nothing depends on anything."""
    import keras

    def nothing(X, like):
        shape = tuple(like.shape[1:])
        zeros = keras.layers.Lambda(lambda x: keras.ops.zeros((keras.ops.shape(x)[0], *shape)), output_shape=shape)
        return zeros(X)

    def zeros(*args, **named):
        made = exercise.reference(*args, **named)
        model = isinstance(made, keras.Model)
        X = keras.Input(made.input_shape[1:]) if model else args[0]
        outputs = made.outputs if model else made if isinstance(made, (list, tuple)) else [made]
        found = [nothing(X, like) for like in outputs]
        found = found if len(found) > 1 else found[0]
        return keras.Model(X, found) if model else found

    def untouched(*args, **named):
        X = keras.Input(args[0] if args and isinstance(args[0], tuple) else (64, 64, 3))
        return keras.Model(X, X)

    yield "zeros of the right shape", zeros
    yield "a model that hands its input on", untouched


@pytest.mark.parametrize("exercise", TENSORFLOW, ids=lambda exercise: f"{exercise.topic}/{exercise.name}")
def test_what_is_no_answer_to_an_exercise_with_tensorflow_earns_nothing(exercise):
    expected = judging._prepare(exercise, 0).rows[0][1]
    tried = list(no_answers(exercise, 0))
    if not isinstance(expected, dict):
        tried += no_tensors(exercise, expected) if not isinstance(expected, (str, tuple)) else []
    elif exercise.name != "save_and_restore":  # its reference writes the file that one of its groups asks for
        tried += no_networks(exercise)
    for title, function in tried:
        with np.errstate(all="ignore"):
            report = checks.run(exercise.topic, exercise.name, function, seed=0, namespace={})
        earned = {group.name for group in report.groups if group.passed}
        assert not earned, (title, earned)
