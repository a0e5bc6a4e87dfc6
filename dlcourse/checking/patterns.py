"""Mistakes that can be seen in an answer itself, whatever the exercise: a sign, a lost axis, an array left at zero.

They are looked for where none of the exercise's own mistakes is recognised. One is named only if every case that
failed shows it.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Pair = tuple[str, Any, Any]  # what it is called, what was expected, what came
Found = tuple[str, str]  # key, sentence


def explain(function: str, labels: Sequence[str | None] | None, failures: Sequence[Sequence[Pair]]) -> Found | None:
    """Key and sentence, or None.

    Args:
        labels: the names of a returned tuple's parts.
        failures: for each failed case its differing results.
    """
    if not failures or not all(failures):
        return None
    for look in (_entries, _count, _left_none):
        if found := look(function, labels, failures[0][0]):
            return found
    if all(map(_exchanged, failures)):
        returned = ", ".join(label or "the cache" for label in labels or ())
        places = f"in another order: {function} returns {returned}" if labels else "in each other's places"
        return "results-exchanged", f"The results are right, and come back {places}."
    name = failures[0][0][0]
    pairs = [next(((e, g) for n, e, g in case if n == name), None) for case in failures]
    pairs = [pair for pair in pairs if pair is not None]
    arrays = [(_numbers(expected), _numbers(got)) for expected, got in pairs]
    if any(expected is None or got is None for expected, got in arrays):
        return None
    if max(expected.size for expected, _ in arrays) < 2 or arrays[0][0].dtype.kind == "b":
        return None  # one number, or one truth, shows no pattern
    for key, shows, sentence in PATTERNS:
        if all(shows(expected, got) for expected, got in arrays):
            inside = "the result" if name == "The result" else name
            return key, sentence.format(name=name, inside=inside)
    return None


def _numbers(value: Any) -> np.ndarray | None:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biuf" else None


def _entries(function: str, labels: Any, pair: Pair) -> Found | None:
    _, expected, got = pair
    if not isinstance(expected, dict) or not isinstance(got, dict):
        return None
    missing, more = [key for key in expected if key not in got], [key for key in got if key not in expected]
    if not missing:
        return None
    near = difflib.get_close_matches(str(missing[0]), list(map(str, more)), 1, 0.5)
    if near:
        return "entry-misspelled", (
            f"The entry {missing[0]!r} is called {near[0]!r} in what {function} returns: names agree to the letter."
        )
    shown = ", ".join(map(repr, missing[:4]))
    return "entry-missing", f"The dictionary that {function} returns lacks {shown}."


def _count(function: str, labels: Any, pair: Pair) -> Found | None:
    _, expected, got = pair
    if not isinstance(expected, tuple) or labels is None or len(expected) < 2 or isinstance(got, dict):
        return None
    count = len(got) if isinstance(got, (tuple, list)) else 1
    if count == len(expected):
        return None
    names = ", ".join(label or "the cache" for label in labels)
    number = "One result comes back" if count == 1 else f"{count} results come back"
    return "results-missing" if count < len(expected) else "results-too-many", (
        f"{number}; {function} returns {len(expected)}: {names}, separated by commas behind `return`."
    )


def _exchanged(pairs: Sequence[Pair]) -> bool:
    """Whether the results of one case are right and stand in each other's places."""
    if len(pairs) == 1 and isinstance(pairs[0][1], tuple):
        wanted, came = list(pairs[0][1]), pairs[0][2]
        came = list(came) if isinstance(came, (tuple, list)) else []
    else:
        wanted, came = [expected for _, expected, _ in pairs], [got for _, _, got in pairs]
    return 1 < len(wanted) == len(came) <= 4 and any(
        all(_same_result(expected, got) for expected, got in zip(wanted, order, strict=True))
        for order in list(itertools.permutations(came))[1:]
    )


def _same_result(expected: Any, got: Any) -> bool:
    left, right = _numbers(expected), _numbers(got)
    if left is None or right is None:
        return isinstance(expected, str) and expected == got
    return (left.dtype.kind == "b") == (right.dtype.kind == "b") and _same(left.astype(float), right.astype(float))


def _left_none(function: str, labels: Any, pair: Pair) -> Found | None:
    name, expected, got = pair
    if got is not None or expected is None:
        return None
    return "not-filled-in", f"{name} is None: was a None of the text left standing, or is it never computed?"


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-5, atol=1e-8 * (1 + _largest(one))))


def _largest(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0))


def _of_shape(test: Callable[[np.ndarray, np.ndarray], bool]) -> Callable[[np.ndarray, np.ndarray], bool]:
    """A test of arrays of one shape, without NaN, that aren't expected to be 0."""

    def shows(expected: np.ndarray, got: np.ndarray) -> bool:
        if expected.shape != got.shape and expected.size == got.size == 1:
            expected, got = expected.reshape(()), got.reshape(())
        if expected.shape != got.shape or not np.isfinite(got.astype(float)).all() or not np.any(expected):
            return False
        return test(expected.astype(float), got.astype(float))

    return shows


def _axes_exchanged(expected: np.ndarray, got: np.ndarray) -> bool:
    if expected.ndim != got.ndim or not 2 <= expected.ndim <= 4 or expected.size < 2:
        return False
    orders = list(itertools.permutations(range(expected.ndim)))[1:]
    return any(_same(expected.transpose(order), got) for order in orders)


def _axis_lost(expected: np.ndarray, got: np.ndarray) -> bool:
    return got.ndim < expected.ndim and got.size == expected.size > 1 and _same(np.squeeze(expected), np.squeeze(got))


def _axis_more(expected: np.ndarray, got: np.ndarray) -> bool:
    return got.ndim > expected.ndim and got.size == expected.size and _same(np.squeeze(expected), np.squeeze(got))


def _sizes(step: int) -> Callable[[np.ndarray, np.ndarray], bool]:
    def shows(expected: np.ndarray, got: np.ndarray) -> bool:
        if expected.ndim != got.ndim or expected.ndim == 0:
            return False
        steps = {after - before for before, after in zip(expected.shape, got.shape, strict=True)}
        return steps - {0} == {step}

    return shows


def _partly(expected: np.ndarray, got: np.ndarray) -> bool:
    written = got != 0
    return bool(
        written.any()
        and not written.all()
        and np.allclose(got[written], expected[written])
        and expected[~written].any()
    )


def _other_places(expected: np.ndarray, got: np.ndarray) -> bool:
    return (
        len(np.unique(np.round(expected, 9))) > 2
        and not _same(expected, got)
        and _same(np.sort(expected, axis=None), np.sort(got, axis=None))
    )


def _shifted(expected: np.ndarray, got: np.ndarray) -> bool:
    return expected.size > 2 and float(np.ptp(got - expected)) <= 1e-9 * (1 + _largest(expected))


def _cut(expected: np.ndarray, got: np.ndarray) -> bool:
    return bool(np.any(expected % 1)) and (_same(np.trunc(expected), got) or _same(np.floor(expected), got))


PATTERNS = (
    (
        "not-a-number",
        lambda expected, got: np.isfinite(expected.astype(float)).all() and not np.isfinite(got.astype(float)).all(),
        "{name} holds numbers that are none (nan or inf): of a division by 0, of the logarithm of 0, or of np.empty, "
        "whose numbers are left from before.",
    ),
    (
        "still-zeros",
        _of_shape(lambda expected, got: not got.any()),
        "{name} is nothing but zeros, as it was made: is anything written into it, and inside the loops?",
    ),
    (
        "sign-reversed",
        _of_shape(lambda expected, got: _same(-expected, got)),
        "{name} is right but for its sign, everywhere: look for a minus that is missing or one too many.",
    ),
    (
        "absolute-value",
        _of_shape(lambda expected, got: _same(np.abs(expected), got)),
        "{name} has lost its minus signs: every number has the right size, and none is below 0.",
    ),
    (
        "cut-to-whole-numbers",
        _of_shape(_cut),
        "The fractions of {inside} are cut off: of // in place of /, or of an array that was made for whole numbers.",
    ),
    (
        "partly-filled",
        _of_shape(_partly),
        "What is written into {inside} is right, but parts of it are still 0: do the loops run over all of it, and is "
        "everything added up?",
    ),
    (
        "axes-exchanged",
        _axes_exchanged,
        "{name} holds the right numbers with two of its axes exchanged, rows and columns for instance.",
    ),
    ("axis-lost", _axis_lost, "{name} holds the right numbers and has lost an axis: keepdims=True keeps it."),
    ("axis-more", _axis_more, "{name} holds the right numbers in an array with an axis too many."),
    (
        "one-too-large",
        _sizes(1),
        "{name} is one row or column too large: look at the + 1 of its size, and at what was added around it.",
    ),
    (
        "one-too-small",
        _sizes(-1),
        "{name} is one row or column too small: is the first place counted, the + 1 of its size?",
    ),
    (
        "other-places",
        _of_shape(_other_places),
        "{name} holds the right numbers in other places: look at the order of axes, of a reshape, or of a loop.",
    ),
    (
        "shifted",
        _of_shape(_shifted),
        "{name} is off by the same number everywhere: something is added or left out that is no part of the "
        "sum, or the array did not begin with zeros.",
    ),
)
