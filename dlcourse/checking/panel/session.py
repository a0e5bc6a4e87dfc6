"""What a learner has done so far: at their desk, the course folder, and in memory where there is none.

The engine knows no course folder: `use` is handed one, `dlcourse.workspace.desk`, where the exercises are collected.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple, Protocol

from dlcourse.figures.appearance import Panel


class Beginning(NamedTuple):
    """The released text of an exercise, and the command that puts it back."""

    source: str
    command: str


class Counted(NamedTuple):
    """The cell that will be graded as the notebook was last saved, and all the code that stood in it then."""

    source: str
    cells: tuple[str, ...]


HandIn = Callable[[Callable[[Panel], None]], object]  # hands a notebook in, and shows the receipt with its argument


class Desk(Protocol):
    """What panels ask of a course folder."""

    def record_attempt(self, topic: str, exercise: str, score: float) -> str | None: ...

    def record_hint(self, topic: str, exercise: str) -> object: ...

    def record_solution(self, topic: str, exercise: str) -> object: ...

    def counted(self, topic: str, exercise: str, since: float) -> Counted | None: ...

    def hands_in(self, topic: str, exercise: str) -> HandIn | None: ...

    def so_far(self, topic: str, exercise: str) -> dict: ...

    def beginning(self, topic: str, exercise: str) -> Beginning | None: ...


_desk: Desk | None = None
_attempts: dict[str, int] = {}
_hints: dict[str, int] = {}


def use(desk: Desk) -> None:
    """Keep what is done in this course folder from now on."""
    global _desk
    _desk = desk


def record_attempt(topic: str, exercise: str, score: float) -> str | None:
    """Note an attempt; returns one sentence where it could not be saved."""
    key = f"{topic}/{exercise}"
    _attempts[key] = _attempts.get(key, 0) + 1
    return _desk.record_attempt(topic, exercise, score) if _desk else None


def attempts(topic: str, exercise: str) -> int:
    return max(_attempts.get(f"{topic}/{exercise}", 0), _saved(topic, exercise).get("attempts", 0))


def hints_shown(topic: str, exercise: str) -> int:
    return max(_hints.get(f"{topic}/{exercise}", 0), _saved(topic, exercise).get("hints", 0))


def record_hint(topic: str, exercise: str) -> None:
    """Note that one more hint was read."""
    _hints[f"{topic}/{exercise}"] = hints_shown(topic, exercise) + 1
    if _desk:
        _desk.record_hint(topic, exercise)


def record_solution(topic: str, exercise: str) -> None:
    """Note that the solution was looked at."""
    if _desk:
        _desk.record_solution(topic, exercise)


def counted(topic: str, exercise: str, since: float) -> Counted | None:
    """What will be graded, if the notebook has been saved since then; None where nobody can say."""
    return _desk.counted(topic, exercise, since) if _desk else None


def hands_in(topic: str, exercise: str) -> HandIn | None:
    """What hands the notebook in, under its last check; None under the others."""
    return _desk.hands_in(topic, exercise) if _desk else None


def solutions_allowed() -> bool:
    """Whether `solution` may show anything: a classroom sets DLCOURSE_SOLUTIONS=off."""
    return os.environ.get("DLCOURSE_SOLUTIONS", "on").lower() not in ("off", "no", "0", "false")


def beginning(topic: str, exercise: str) -> Beginning | None:
    """The released text of an exercise; None where there is no released notebook to take it from."""
    return _desk.beginning(topic, exercise) if _desk else None


def _saved(topic: str, exercise: str) -> dict:
    return _desk.so_far(topic, exercise) if _desk else {}
