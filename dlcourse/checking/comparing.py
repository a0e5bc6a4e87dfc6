"""Compare what a function returned with what was expected, and say in words where they part.

Tolerances follow from the dtype of the answer and the length of the sums behind it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from dlcourse.checking import plain

# A sum of n products computed in another order differs by about sqrt(n) roundings; 64 of them leave room for the
# handful of operations around it, and are still ten orders of magnitude below a wrong answer in float64.
ROUNDINGS = 64
# Below this, two answers in float64 are the same answer, however it was come by (a Fourier transform, say).
FINEST = 1e-10

# An answer that holds more than this, and more than so many times what was asked for, is not looked into.
MOST_VALUES, MOST_TIMES, LARGEST_ANSWER = 200_000, 16, 16 * 2**20

# What the probes of networks call their findings, and what a learner reads.
IN_WORDS = {
    "parameters": "the number of parameters",
    "trainable": "the number of trained parameters",
    "output_shape": "the output's shape",
    "input_shape": "the input's shape",
    "inference": "the output",
    "training": "the output in training",
    "input_gradient": "the gradient at the input",
}


def in_words(key: object) -> str:
    """What an entry of a network's description is called, else the entry's own name."""
    return IN_WORDS.get(str(key), str(key))


@dataclasses.dataclass(frozen=True)
class Difference:
    """One sentence, and the place of the first difference where there is one."""

    message: str
    kind: str
    index: tuple[int, ...] | None = None


def compare(
    expected: Any, got: Any, label: str, tolerance: float | None = None, terms: int = 1, scale: float = 1.0
) -> Difference | None:
    """The first difference, or None.

    Args:
        label: what the value is called in the sentence.
        tolerance: relative to the largest expected value; None: from the dtype.
        terms: the length of the sums behind each value.
        scale: size of the inputs, below which an expected value of nearly zero is not resolved.
    """
    if isinstance(got, dict) and set(got) == {"not plain"}:
        return Difference(f"{label} is a {got['not plain']!s:.80}, which is not what was asked for.", "type")
    if expected is None:
        return None if got is None else Difference(f"{label} should be None.", "type")
    if got is None:
        return Difference(f"{label} is None: is there a `return` missing, or a value not filled in?", "none")
    if isinstance(expected, dict):
        return _compare_dicts(expected, got, label, tolerance, terms, scale)
    if isinstance(expected, (list, tuple)):
        return _compare_sequences(expected, got, label, tolerance, terms, scale)
    if isinstance(expected, str):
        if isinstance(got, str) and got == expected:
            return None
        return Difference(f"{label} is {written(got)}; {expected!r} was expected.", "value")
    return _compare_arrays(expected, got, label, tolerance, terms, scale)


def oversized(expected: Any, got: Any) -> str:
    """What an answer is that is so much larger than what was asked for that it isn't looked into, or "". That would
    take long, and what NumPy makes of it can be far larger still."""
    count, widest = plain.weigh(got)
    due, _ = plain.weigh(expected)
    if count <= max(MOST_VALUES, MOST_TIMES * due) and count * widest <= LARGEST_ANSWER:
        return ""
    return f"array of shape {got.shape}" if isinstance(got, np.ndarray) else f"{_kind(got)} of {count} values"


def safely(comparison: Callable[..., Any], expected: Any, got: Any, label: str, *how: Any) -> Difference | None:
    """What a comparison finds. Answers of every kind are compared with everything: one for which nobody has thought of
    the words is wrong all the same, and costs nothing else."""
    try:
        return comparison(expected, got, label, *how)
    except Exception:
        return Difference(f"{label} is not of the kind that was asked for: it could not be compared.", "type")


def agrees(expected: Any, got: Any, *how: Any) -> bool:
    """Whether `compare` finds no difference, without the words: of many wrong variants one wants to know no more."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(key in got and agrees(value, got[key], *how) for key, value in expected.items())
    if isinstance(expected, tuple) and isinstance(got, (tuple, list)):
        return len(expected) == len(got) and all(
            agrees(left, right, *how) for left, right in zip(expected, got, strict=True)
        )
    if (
        isinstance(expected, np.ndarray)
        and isinstance(got, np.ndarray)
        and {expected.dtype.kind, got.dtype.kind} == {"f"}
    ):
        if expected.shape == got.shape:
            return bool(np.all(_close(expected, got, *how)))
    return compare(expected, got, "", *how) is None


def _compare_dicts(expected: dict, got: Any, label: str, *how: Any) -> Difference | None:
    if not isinstance(got, dict):
        return Difference(f"{label} is a {_kind(got)}; a dictionary was expected.", "type")
    for key, value in expected.items():
        if key not in got:
            return Difference(f"{label} has no entry {key!r}.", "missing")
        inner = f"{label}[{key!r}]" if label != "the result" else str(key)
        if key in IN_WORDS and "parameters" in expected:
            inner = IN_WORDS[key]
        if found := compare(value, got[key], inner, *how):
            return found
    return None


def _compare_sequences(expected: Any, got: Any, label: str, *how: Any) -> Difference | None:
    if not isinstance(got, (list, tuple)) and not (isinstance(got, np.ndarray) and got.ndim):
        return Difference(f"{label} is {_one(got)}; {len(expected)} values were expected.", "type")
    if len(got) != len(expected):
        return Difference(f"{label} has {len(got)} values; {len(expected)} were expected.", "length")
    for position, (left, right) in enumerate(zip(expected, got, strict=True)):
        if found := compare(left, right, f"{label}[{position}]", *how):
            return found
    return None


def _compare_arrays(
    expected: Any, got: Any, label: str, tolerance: float | None, terms: int, scale: float
) -> Difference | None:
    right = np.asarray(expected)
    try:
        answer = np.asarray(got)
    except ValueError:  # a ragged list
        answer = np.asarray(None)
    if answer.dtype.kind not in "biufc":
        return Difference(f"{label} is {_one(got)}; numbers were expected.", "type")
    if answer.shape != right.shape:
        if right.size == answer.size == 1 and (right.ndim == 0 or answer.ndim == 0):
            answer = answer.reshape(right.shape)
        else:
            return Difference(f"{label} has the shape {answer.shape}; {right.shape} was expected.", "shape")
    if right.size == 0:
        return None
    if right.dtype.kind in "biu" and answer.dtype.kind in "biu":
        close = answer == right
    elif right.dtype.kind in "biu":  # a whole number by way of fractions, such as (4 + 10 / 60) * 60
        close = np.abs(answer - right) <= FINEST * max(1.0, np.abs(right.astype(float)).max())
    else:
        close = _close(right, answer, tolerance, terms, scale)
    if np.all(close):
        return None
    index = tuple(int(i) for i in np.argwhere(~np.atleast_1d(close))[0])
    place = f"{label}[{', '.join(map(str, index))}]" if right.ndim else label
    value, wanted = np.atleast_1d(answer)[index], np.atleast_1d(right)[index]
    wrong = int(np.size(close) - np.count_nonzero(close))
    more = f" {wrong} of {right.size} values differ." if right.size > 1 else ""
    shown, due = (_number(value), _number(wanted)) if _number(value) != _number(wanted) else (value, wanted)
    message = f"{place} is {shown}; {due} was expected.{more}{_pattern(right, answer)}"
    return Difference(message, "nan" if np.isnan(value) else "value", index if right.ndim else None)


def _close(right: np.ndarray, answer: np.ndarray, tolerance: float | None, terms: int, scale: float) -> np.ndarray:
    finite = np.abs(right[np.isfinite(right)])
    largest = float(finite.max()) if finite.size else 1.0
    rounding = ROUNDINGS * _precision(right, answer) * max(terms, 1) ** 0.5
    if tolerance is not None:
        tolerance = max(tolerance, rounding)
    else:
        tolerance = max(FINEST, rounding)
        largest = max(largest, min(scale, 1.0))
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(answer - right) <= tolerance * largest
    return near | (answer == right) | (np.isnan(answer) & np.isnan(right))


def _precision(right: np.ndarray, answer: np.ndarray) -> float:
    """The rounding of one operation: float32's where either side was computed in it, float64's otherwise. Half
    precision is judged as float32: nothing in the course is asked for in fewer digits."""
    floats = [a for a in (right, answer) if a.dtype.kind in "fc"]
    single = any(np.finfo(a.dtype).bits < 64 for a in floats) or _is_float32_inside(answer)
    return float(np.finfo(np.float32 if single else np.float64).eps)


def _is_float32_inside(answer: np.ndarray) -> bool:
    """Whether numbers were computed in float32 and then stored in float64, by float() or in np.zeros."""
    if answer.dtype != np.float64:
        return False
    with np.errstate(over="ignore"):
        return np.array_equal(answer, answer.astype(np.float32), equal_nan=True)


def _pattern(right: np.ndarray, answer: np.ndarray) -> str:
    """What the whole answer looks like beside the expected one, where that says something."""
    if right.size < 2 or right.dtype.kind not in "fiu" or answer.dtype.kind == "c":
        return ""
    answer = answer.astype(float)
    right = right.astype(float)
    if not (np.isfinite(answer).all() and np.isfinite(right).all()):
        return ""
    if np.ptp(answer) == 0:
        return f" Every value is {_number(answer.flat[0])}."
    norm = float(np.vdot(right, right))
    factor = float(np.vdot(right, answer)) / norm if norm else 0.0
    scaled = factor and _number(factor) != "1"
    if scaled and np.allclose(answer, factor * right, rtol=1e-6, atol=1e-9 * abs(right).max()):
        return f" Every value is the expected one times {_number(factor)}."
    if np.ptp(answer - right) < 1e-9 * max(1.0, abs(right).max()):
        return f" Every value is the expected one plus {_number((answer - right).flat[0])}."
    if right.ndim >= 2 and right.shape == right.T.shape and np.allclose(answer, right.T):
        return " It is the expected array transposed."
    return ""


def real_numbers(answer: object) -> np.ndarray:
    """An answer as an array of float64.

    Raises:
        TypeError, ValueError, OverflowError: these are no real numbers.
    """
    if np.iscomplexobj(answer):
        raise TypeError("These numbers are complex.")
    return np.asarray(answer, dtype=np.float64)


def written(value: Any) -> str:
    """A learner's value as Python writes it, cut where it is long."""
    try:
        return f"{value!r:.80}"
    except ValueError:  # Python refuses to write whole numbers of more than 4300 digits
        return "a number of very many digits"


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else f"{value}"


def _kind(value: Any) -> str:
    return type(value).__name__


def _one(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        return f"a {_kind(value)} of {len(value)} values"
    return f"the {_kind(value)} {value[:60]!r}" if isinstance(value, str) else written(value)
