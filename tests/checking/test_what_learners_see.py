"""Whatever a function returns, everything that shows a verdict can show it: for every exercise, every group's failure
and values of every kind. (Every named mistake goes the same way in tests/checks/test_exercises.py.)"""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from surfaces import all_surfaces

from dlcourse import checks
from dlcourse.checking import judging, plain
from dlcourse.checking.calling import Outcome

EXERCISES = {f"{exercise.topic}/{exercise.name}": exercise for exercise in checks.exercises()}


class Strange:
    """Has no plain form, and no way to be compared or printed."""

    def __eq__(self, other):
        raise RuntimeError("not to be compared")

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("not to be printed")


VALUES = {
    "nothing": lambda: None,
    "True": lambda: True,
    "0": lambda: 0,
    "a large integer": lambda: 10**400,
    "-1.5": lambda: -1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "complex": lambda: 1 + 2j,
    "text": lambda: "<b>a & b</b> [red]c[/red] 'd'",
    "bytes": lambda: b"\xff\x00",
    "empty list": list,
    "empty tuple": tuple,
    "empty dictionary": dict,
    "set": lambda: {1, 2},
    "list of arrays of different shapes": lambda: [np.zeros((2, 3)), np.zeros(5), np.zeros((1, 1, 1, 4))],
    "tuple of two": lambda: (np.ones((2, 2)), None),
    "tuple of many": lambda: tuple(range(40)),
    "dictionary of arrays": lambda: {"dW": np.zeros((2, 1)), 3: [1, "a"], None: Strange()},
    "deep": lambda: [[[[[[[[[1]]]]]]]]],
    "array of 0": lambda: np.array(0.0),
    "empty array": lambda: np.zeros((0, 4)),
    "column": lambda: np.ones((2, 1)),
    "array of nan": lambda: np.full((3, 4, 4, 2), np.nan),
    "array of inf": lambda: np.full((4, 4), -np.inf),
    "array of integers": lambda: np.arange(6),
    "array of booleans": lambda: np.eye(3, dtype=bool),
    "array of complex numbers": lambda: np.ones((2, 2)) * 1j,
    "array of texts": lambda: np.array(["a", "b"]),
    "array of objects": lambda: np.array([None, "a", 1], dtype=object),
    "ragged array of objects": lambda: np.array([np.zeros(2), np.zeros(3)], dtype=object),
    "array of dates": lambda: np.array(["2026-01-01"], dtype="datetime64[D]"),
    "record array": lambda: np.zeros(2, dtype=[("a", float)]),
    "number of NumPy": lambda: np.float32(3.5),
    "date": lambda: datetime.date(2026, 1, 1),
    "generator": lambda: (i for i in range(3)),
    "function": lambda: print,
    "class": lambda: Strange,
    "object": Strange,
}


@pytest.fixture(params=EXERCISES, ids=str)
def exercise(request):
    return EXERCISES[request.param]


def test_values_of_every_kind(exercise):
    for name, value in VALUES.items():
        report = checks.run(exercise.topic, exercise.name, lambda *args, _value=value, **options: _value())
        assert not report.passed, name
        all_surfaces(exercise, report)


def test_errors_of_every_kind(exercise):
    def raise_it(error):
        raise error

    errors = [
        ValueError("operands could not be broadcast together with shapes (2,3) (4,)"),
        TypeError(""),
        KeyError("<b>dW</b>"),
        RecursionError("maximum recursion depth exceeded"),
        SystemExit(3),
        Exception("[red]" + "long " * 1000),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ]
    for error in errors:
        report = checks.run(exercise.topic, exercise.name, lambda *args, _error=error, **options: raise_it(_error))
        assert report.score == 0.0
        all_surfaces(exercise, report)


def test_each_group_failing_alone(exercise):
    """The answers of the reference, spoilt in one group of cases, or in one of several outputs."""
    prepared = judging._prepare(exercise, 0)
    names = [name for name, _, _ in prepared.groups]
    for group in names:
        report = judging.judge(exercise, lambda calls, _group=group: spoilt(exercise, prepared, _group), 0)
        assert not report.passed, group
        failed = {each.name for each in report.groups if not each.passed}
        assert group in failed and failed <= {group, "inputs unchanged"}, (group, failed)
        all_surfaces(exercise, report)


def spoilt(exercise, prepared, group):
    outcomes = [Outcome("no companion", error="it is not defined")] * len(prepared.calls)
    for case, expected, positions in prepared.rows:
        value, changed = plain.copy(expected), ()
        if group == "inputs unchanged":
            changed = (exercise.names[0],)
        elif exercise.by_output:
            value = with_part(exercise, value, group)
        elif case.group == group:
            value = wrong(value)
        outcomes[positions[-1]] = Outcome("value", value, changed=changed)
    return outcomes


def with_part(exercise, value, label):
    if isinstance(value, dict):
        return {key: wrong(part) if str(key) == label else part for key, part in value.items()}
    parts = [wrong(part) if name == label else part for name, part in zip(exercise.outputs, value, strict=True)]
    return tuple(parts)


def wrong(value):
    """The same kind of value, with other numbers."""
    if isinstance(value, dict):
        return {key: wrong(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(wrong(part) for part in value)
    if isinstance(value, np.ndarray):
        return ~value if value.dtype == bool else (-3 * value - 7).astype(value.dtype)
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float, np.generic)):
        return -3 * value - 7
    return None if value is None else f"not {value}"
