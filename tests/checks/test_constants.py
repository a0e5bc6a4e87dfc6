"""What is no answer earns nothing, in no group of any exercise: a table of constants, zeros, the input handed back."""

import itertools

import numpy as np
import pytest

from dlcourse import checks
from dlcourse.checking import judging

NUMPY = [e for e in checks.exercises() if e.needs == "numpy" and e.name != "spot_the_mistake"]


def filled(value, number):
    """A value of the same form, with one number everywhere."""
    if isinstance(value, dict):
        return {key: filled(part, number) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(filled(part, number) for part in value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return np.full(value.shape, number).astype(value.dtype)
    return type(value)(number) if isinstance(value, (bool, int, float)) else value


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
