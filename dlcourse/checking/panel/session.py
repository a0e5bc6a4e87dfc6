"""What a learner has done so far: at their desk, the course folder, and in memory where there is none.

The engine knows no course folder: `use` is handed one, `dlcourse.workspace.desk`, where the exercises are collected.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol


class Beginning(NamedTuple):
    """The released text of an exercise, and the command that puts it back."""

    source: str
    command: str


class Desk(Protocol):
    """What panels ask of a course folder."""

    def record_attempt(self, topic: str, exercise: str, score: float) -> str | None: ...

    def record_hint(self, topic: str, exercise: str) -> object: ...

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


def solutions_allowed() -> bool:
    """Whether `solution` may show anything: a classroom sets DLCOURSE_SOLUTIONS=off."""
    return os.environ.get("DLCOURSE_SOLUTIONS", "on").lower() not in ("off", "no", "0", "false")


def beginning(topic: str, exercise: str) -> Beginning | None:
    """The released text of an exercise; None where there is no released notebook to take it from."""
    return _desk.beginning(topic, exercise) if _desk else None


def _saved(topic: str, exercise: str) -> dict:
    return _desk.so_far(topic, exercise) if _desk else {}
