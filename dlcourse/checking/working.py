"""How a claim's number is worked out, and which part of it went wrong, told from what came out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from numbers import Real

LARGEST = 1e15


@dataclasses.dataclass(frozen=True)
class Working:
    """`formula` of these numbers, which are called by their names, such as "the number of filters"."""

    formula: Callable[..., float]
    numbers: dict[str, float]

    def result(self, **other: float) -> float:
        """What comes out, with other numbers in the place of some."""
        return self.formula(*{**self.numbers, **other}.values())

    def slip(self, answer: object) -> str | None:
        """A sentence on the one change of a number, or of the sign at it, with which the answer comes out."""
        if isinstance(answer, bool) or not isinstance(answer, Real) or not -LARGEST < answer < LARGEST:
            return None
        for name, other, words in self._changes():
            try:
                same = math.isclose(self.result(**{name: other}), answer)
            except ArithmeticError:
                continue
            if same:
                return f"{float(answer):,.10g} is what comes out {words}."
        return None

    def _changes(self) -> Iterator[tuple[str, float, str]]:
        for name, value in self.numbers.items():
            for other in (value + 1, value - 1):
                yield name, other, f"with {other:,.10g} for {name}; it is {value:,.10g}"
        for name, value in self.numbers.items():
            yield name, -value, f"with the other sign at {name}, {value:,.10g}"
            if value:
                yield name, 1 / value, f"where * and / are exchanged at {name}, {value:,.10g}"
