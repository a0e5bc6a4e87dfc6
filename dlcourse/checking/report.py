"""What a check found."""

from __future__ import annotations

import dataclasses
from typing import Any

from dlcourse.checking.calling import Made
from dlcourse.checking.exercise import Exercise, Mistake


@dataclasses.dataclass(frozen=True)
class Group:
    """The cases that earn their points together."""

    name: str
    weight: float
    passed: bool
    cases: int


@dataclasses.dataclass(frozen=True)
class Failure:
    """One case that failed: the call, what was expected and what came, and where they differ.

    `verdicts` says of each named output whether it agrees, for functions with several; `args` are the call's.
    """

    case: str
    group: str
    call: str
    message: str
    expected: Any = None
    got: Any = None
    index: tuple[int, ...] | None = None
    line: str = ""
    verdicts: dict[str, bool] = dataclasses.field(default_factory=dict)
    args: tuple = dataclasses.field(default=(), repr=False)

    @property
    def outputs(self) -> dict[str, tuple[Any, Any]]:
        """Expected and got of each named output, for functions with several."""
        if isinstance(self.expected, dict):
            got = self.got if isinstance(self.got, dict) else {}
            return {name: (self.expected.get(name), got.get(name)) for name in self.verdicts}
        if not self.verdicts:
            return {}
        graded = [position for position, part in enumerate(self.expected) if part is not None]
        return {
            name: (self.expected[position], self.got[position])
            for name, position in zip(self.verdicts, graded, strict=False)
        }

    @property
    def part(self) -> tuple[Any, Any]:
        """Expected and got: of a result with several outputs, the first that differs."""
        wrong = [name for name, right in self.verdicts.items() if not right]
        return self.outputs.get(wrong[0], (None, None)) if wrong else (self.expected, self.got)


@dataclasses.dataclass(frozen=True)
class Report:
    """The verdict on one function, reproducible from `seed`."""

    topic: str
    exercise: str
    seed: int
    attempted: bool
    groups: list[Group]
    failures: list[Failure]
    mistake: Mistake | None = None
    seconds: float = 0.0
    printed: str = ""
    note: str = ""
    blocked: str = ""  # why it earns nothing, however right it is
    helper: str = ""  # a sentence on a wrong function of the learner's own that this one calls

    @property
    def score(self) -> float:
        """Points earned, from 0 to 1: the weights of the groups that passed."""
        total = sum(group.weight for group in self.groups)
        earned = sum(group.weight for group in self.groups if group.passed)
        return float(earned / total) if self.attempted and total and not self.blocked else 0.0

    @property
    def passed(self) -> bool:
        return self.attempted and not self.blocked and bool(self.groups) and all(group.passed for group in self.groups)


def describe_call(exercise: Exercise, args: tuple) -> str:
    """The call as a learner would write it, with small values in full and large arrays by their shape."""
    words = exercise.shown_as
    shown = (f"{name}={words.get(name) or describe(arg)}" for name, arg in zip(exercise.names, args, strict=False))
    return f"{exercise.name}({', '.join(shown)})"


def describe(value: Any) -> str:
    """A value in at most a few words."""
    if isinstance(value, Made):
        return f"the {'cache' if value.take else 'result'} of {value.function}"
    if hasattr(value, "shape") and value.shape != ():
        if value.size <= 6 and value.ndim == 1:
            return "[" + ", ".join(describe(number) for number in value.tolist()) + "]"
        return f"array{value.shape}".replace(",)", ")")
    if hasattr(value, "shape") and value.dtype.kind in "biuf":
        return describe(value.item())
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {describe(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(describe(part) for part in value[:6]) + (", ..." if len(value) > 6 else "")
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, float):
        return f"{value:.4g}"
    return repr(value)
