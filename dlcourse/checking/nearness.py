"""Whether a wrong answer is that of a known mistake but for digits that rounding has lost.

Right answers are never judged by this: it only chooses the sentence that is told about an answer that is wrong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from dlcourse.checking.comparing import ROUNDINGS, agrees

SINGLE = ROUNDINGS * float(np.finfo(np.float32).eps)


@dataclasses.dataclass(frozen=True)
class Nearness:
    """`share`: how far an answer is from a mistake's, as a share of how far it is from the right one, and at least 1
    where it isn't the mistake's. `told`: whether some part is wrong as the mistake has it."""

    share: float
    told: bool = False

    def __add__(self, other: Nearness) -> Nearness:
        return Nearness(max(self.share, other.share), self.told or other.told)


UNTOUCHED, ANOTHER, THE_SAME = Nearness(0.0), Nearness(1.0), Nearness(0.0, told=True)


def nearness(variant: Any, got: Any, right: Any, scale: float, how: tuple) -> Nearness:
    """How near an answer is to a wrong variant's.

    Args:
        scale: the size of the arguments. A calculation in float32 with numbers as large as these, as the variant's or
            as the right ones loses digits of their size, however small the answer is.
        how: the tolerance, the length of the sums and the scale with which right answers are judged.
    """
    if isinstance(variant, dict):
        keys = variant.keys() if isinstance(got, dict) and got.keys() == variant.keys() else ()
        due = right if isinstance(right, dict) else {}
        return _all(nearness(variant[key], got[key], due.get(key), scale, how) for key in keys)
    if isinstance(variant, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(got) != len(variant):
            return ANOTHER
        due = right if isinstance(right, (list, tuple)) and len(right) == len(got) else (None,) * len(got)
        return _all(nearness(*parts, scale, how) for parts in zip(variant, got, due, strict=True))
    return _of_one(variant, got, right, scale, how)


def _all(parts: Iterable[Nearness]) -> Nearness:
    found = list(parts)
    return sum(found[1:], found[0]) if found else ANOTHER


def _of_one(variant: Any, got: Any, right: Any, scale: float, how: tuple) -> Nearness:
    wrong, came, due = _numbers(variant), _numbers(got), _numbers(right)
    if wrong is None or came is None or wrong.shape != came.shape:
        return THE_SAME if agrees(variant, got, *how) else ANOTHER
    comparable = due is not None and due.shape == came.shape
    tolerance, terms, _ = how
    tolerance = max(tolerance or 0.0, SINGLE * max(terms, 1) ** 0.5)
    largest = max(scale, *(float(np.max(np.abs(each))) for each in (wrong, came, *[due] * comparable)))
    away = float(np.max(np.abs(wrong - came)))
    if away > tolerance * largest:
        return ANOTHER
    if not comparable:
        return THE_SAME
    if agrees(right, got, *how) or agrees(right, variant, *how):
        return UNTOUCHED
    return Nearness(away / float(np.max(np.abs(came - due))), told=True)


def _numbers(value: Any) -> np.ndarray | None:
    """Fractions that can be subtracted from one another."""
    array = np.asarray(value) if isinstance(value, (float, np.ndarray, np.floating)) else np.asarray(None)
    return array.astype(np.float64) if array.dtype.kind == "f" and array.size and np.isfinite(array).all() else None
