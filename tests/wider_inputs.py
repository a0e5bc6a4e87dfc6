"""Whether two functions of an exercise behave alike, on inputs of a wider range than the exercise's own cases.

The cases of many seeds are taken as they are, and with other values, other numbers and other sizes. What the function
that serves as the measure cannot answer is left out: it is no input.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlcourse.checking import calling, plain
from dlcourse.checking.calling import Call, Outcome
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.judging import draw_cases

NONE, UNGRADED = "", "differs in what is not graded"


def difference(exercise: Exercise, right: dict, other: dict, seeds: range, variations: int) -> str:
    """The first difference in what is graded, else in what is not, else an empty text.

    Args:
        right: the namespace with the function that serves as the measure.
        other: the namespace with the function in question.
        variations: how many changed forms of each case are tried.
    """
    found = NONE
    for call, wanted in _answered(exercise, right, seeds, variations):
        got = _perform(other, call)
        now = _compare(exercise, wanted, got)
        if now and _compare(exercise, wanted, _perform(right, call)):
            continue  # the measure does not agree with itself: it draws random numbers
        if now and now != UNGRADED:
            return now
        found = found or now
    return found


def _answered(exercise: Exercise, right: dict, seeds: range, variations: int) -> Iterator[tuple[Call, Outcome]]:
    for seed in seeds:
        rng = np.random.default_rng(seed)
        for case in draw_cases(exercise, seed):
            call = dataclasses.replace(exercise.call(case, documented=True), keep=None)
            for number in range(1 + variations):
                tried = dataclasses.replace(call, args=_vary(call.args, rng)) if number else call
                wanted = _perform(right, tried)
                if wanted.kind == "value":
                    yield tried, wanted


def _perform(namespace: dict, call: Call) -> Outcome:
    return calling.perform(namespace, [call])[0]


def _compare(exercise: Exercise, wanted: Outcome, got: Outcome) -> str:
    if got.kind != "value":
        return f"raises {got.error}" if got.kind == "error" else got.kind
    labels = exercise.outputs
    left, right = wanted.value, got.value
    if labels and isinstance(left, tuple) and len(left) == len(labels):
        if not isinstance(right, (tuple, list)) or len(right) != len(labels):
            return "returns another number of values"
        graded = [position for position, label in enumerate(labels) if label is not None]
        parts = [(left[position], right[position]) for position in graded]
    else:
        parts = [(left, right)]
    for expected, value in parts:
        if not plain.same(expected, value) and (found := compare(expected, value, "the result")):
            return found.message
    if wanted.changed != got.changed:
        return "changes its inputs"
    if not plain.same(left, right) and compare(left, right, "the result"):
        return UNGRADED
    return NONE


def _vary(args: tuple, rng: np.random.Generator) -> tuple:
    return rng.choice([_other_values, _rounded, _other_numbers, _other_sizes])(args, rng)


def _map(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The tree with `change` made to its arrays and numbers."""
    if isinstance(tree, dict):
        return {key: _map(value, change) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(_map(value, change) for value in tree)
    return change(tree)


def _other_values(args: tuple, rng: np.random.Generator) -> tuple:
    """Larger or smaller, of the other sign, with zeros in between, or in another order."""
    scale, zeros, sign, order = 10 ** rng.uniform(-1.5, 1.5), rng.random(), rng.choice([-1, 1, 1]), rng.random()

    def change(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray) or not leaf.size:
            return leaf
        if leaf.dtype.kind == "f":
            values = leaf * scale * sign if order < 0.7 else rng.permuted(leaf)
            return np.where(rng.random(leaf.shape) < 0.3, 0, values).astype(leaf.dtype) if zeros < 0.2 else values
        return rng.permuted(leaf)

    return _map(args, change)


def _rounded(args: tuple, rng: np.random.Generator) -> tuple:
    """A few values only, so that ties occur and thresholds are met exactly."""
    step = float(rng.choice([0.25, 0.5, 1.0]))

    def change(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
            return (np.round(leaf / step) * step).astype(leaf.dtype)
        return round(leaf / step) * step if type(leaf) is float else leaf

    return _map(args, change)


def _other_numbers(args: tuple, rng: np.random.Generator) -> tuple:
    def change(leaf: Any) -> Any:
        if type(leaf) is int and rng.random() < 0.5:
            return leaf + int(rng.choice([-1, 1, 2]))
        if type(leaf) is float and rng.random() < 0.5:
            return leaf * float(rng.choice([0.0, 0.3, 0.9, 1.1, 3.0]))
        return leaf

    return _map(args, change)


def _other_sizes(args: tuple, rng: np.random.Generator) -> tuple:
    """Every axis of one length gets another one: axes that belong together stay together."""
    lengths: list[int] = []
    _map(args, lambda leaf: lengths.extend(leaf.shape) if isinstance(leaf, np.ndarray) else None)
    if not lengths:
        return _other_numbers(args, rng)
    old = int(rng.choice(sorted(set(lengths))))
    new = max(1, old + int(rng.choice([-2, -1, 1, 2])))

    def change(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray) and leaf.size:
            for axis in np.flatnonzero(np.array(leaf.shape) == old):
                leaf = np.take(leaf, range(new), axis=axis, mode="wrap")
        return leaf

    return _map(args, change)
