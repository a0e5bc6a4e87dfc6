"""One answer beside the expected one, as an exercise names its parts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from dlcourse.checking.calling import Made
from dlcourse.checking.comparing import IN_WORDS, Difference, agrees, compare, safely
from dlcourse.checking.exercise import Case, Exercise
from dlcourse.checking.nearness import ANOTHER, THE_SAME, UNTOUCHED, Nearness, nearness


def difference(exercise: Exercise, case: Case, expected: Any, value: Any) -> tuple[Difference | None, dict[str, bool]]:
    """The first difference, and a verdict for each named output."""
    if case.compare is not None:
        return safely(functools.partial(_told, case), expected, value, "the result"), {}
    terms, scale = _size(case.args)
    how = (case.tolerance, terms, scale or 1.0)
    labels = exercise.outputs
    if labels and isinstance(expected, (list, tuple)) and len(expected) == len(labels):
        value = _rows_as_outputs(exercise, expected, value)
        if not isinstance(value, (list, tuple)) or len(value) != len(labels):
            count = len(value) if isinstance(value, (list, tuple)) else 1
            values = "one value" if count == 1 else f"{count} values"
            return Difference(f"{exercise.name} returns {values}; {len(labels)} were expected.", "length"), {}
        found = {
            label: safely(compare, left, right, label, *how)
            for label, left, right in zip(labels, expected, value, strict=True)
            if label is not None
        }
    elif isinstance(expected, dict) and isinstance(value, dict):
        words = IN_WORDS if "parameters" in expected else {}
        found = {
            str(key): safely(compare, part, value[key], words.get(key, str(key)), *how)
            if key in value
            else Difference(f"{exercise.name}'s result has no entry {key!r}.", "missing")
            for key, part in expected.items()
        }
    else:
        label = labels[0] if labels and labels[0] and len(labels) == 1 else "the result"
        return safely(compare, expected, value, label, *how), {}
    first = next((difference for difference in found.values() if difference), None)
    return first, {label: difference is None for label, difference in found.items()}


def _told(case: Case, expected: Any, value: Any, label: str) -> Difference | None:
    """The sentence of a case's own comparison."""
    sentence = case.compare(expected, value)
    return Difference(sentence, "compare") if sentence else None


def alike(exercise: Exercise, case: Case, expected: Any, value: Any) -> bool:
    """Whether there is no difference; quicker than to say which."""
    if case.compare is not None:
        return case.compare(expected, value) is None
    terms, scale = _size(case.args)
    value = _rows_as_outputs(exercise, expected, value)
    if isinstance(expected, tuple) and isinstance(value, (tuple, list)) and len(expected) == len(value):
        labels = exercise.outputs or ("",) * len(expected)
        pairs = zip(labels, expected, value, strict=False)
        return all(
            agrees(left, right, case.tolerance, terms, scale or 1.0)
            for label, left, right in pairs
            if label is not None
        )
    return agrees(expected, value, case.tolerance, terms, scale or 1.0)


def near(exercise: Exercise, case: Case, variant: Any, value: Any, right: Any) -> Nearness:
    """How near an answer is to what a wrong variant gives; the cache is not looked at."""
    if case.compare is not None:
        if case.compare(variant, value) is not None:
            return ANOTHER
        return UNTOUCHED if case.compare(right, value) is None else THE_SAME
    terms, scale = _size(case.args)
    if isinstance(right, tuple) and all(
        isinstance(v, (tuple, list)) and len(v) == len(right) for v in (variant, value)
    ):
        labels = exercise.outputs or ("",) * len(right)
        graded = [number for number, label in enumerate(labels) if label is not None]
        variant, value, right = ([parts[number] for number in graded] for parts in (variant, value, right))
    return nearness(variant, value, right, scale, (case.tolerance, terms, scale or 1.0))


def named_outputs(exercise: Exercise, expected: Any, value: Any) -> dict[str, Any]:
    """The parts of `value` by the names of the outputs; empty where it does not have those of `expected`."""
    if isinstance(expected, dict) and isinstance(value, dict) and set(expected) == set(value):
        return {str(key): value[key] for key in expected}
    value = _rows_as_outputs(exercise, expected, value)
    if isinstance(expected, tuple) and isinstance(value, (tuple, list)) and len(expected) == len(value):
        labels = exercise.outputs or ()
        return {name: part for name, part in zip(labels, value, strict=True) if name is not None}
    return {}


def _rows_as_outputs(exercise: Exercise, expected: Any, value: Any) -> Any:
    """The rows of an array that stands where a tuple was expected, if each has the shape of its output: two vectors
    are as good in one array as beside each other. Anything else comes back as it is."""
    labels = exercise.outputs
    if not labels or None in labels or not isinstance(expected, (list, tuple)) or len(expected) != len(labels):
        return value
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu" or value.shape[:1] != (len(labels),):
        return value
    rows = list(value)
    numbers = (np.ndarray, np.number, int, float)
    pairs = zip(expected, rows, strict=True)
    fits = all(isinstance(part, numbers) and np.shape(part) == row.shape for part, row in pairs)
    return rows if fits else value


def alike_within(case: Case) -> Callable[[Any, Any], bool]:
    """Whether two outputs of a case are alike, without the sentences: how nearly follows from what goes in."""
    terms, scale = _size(case.args)
    return lambda left, right: agrees(left, right, case.tolerance, terms, scale or 1.0)


def _size(args: Any) -> tuple[int, float]:
    """How many numbers go in, and how large they are."""
    if isinstance(args, Made):
        return _size(args.otherwise)
    if isinstance(args, np.ndarray) and args.dtype.kind in "fiu":
        return args.size, float(np.max(np.abs(args), initial=0.0))
    if isinstance(args, dict):
        args = list(args.values())
    if isinstance(args, (list, tuple)):
        sizes = [_size(arg) for arg in args]
        return sum(size for size, _ in sizes), max((scale for _, scale in sizes), default=0.0)
    return 0, 0.0
