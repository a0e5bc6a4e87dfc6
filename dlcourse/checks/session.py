"""What a learner has done so far: in the course folder's progress file, and in memory where there is none."""

from __future__ import annotations

import os

from dlcourse import progress

_attempts: dict[str, int] = {}
_hints: dict[str, int] = {}


def record_attempt(topic: str, exercise: str, score: float) -> str | None:
    """Note an attempt; returns one sentence where it could not be saved."""
    key = f"{topic}/{exercise}"
    _attempts[key] = _attempts.get(key, 0) + 1
    return progress.record_attempt(topic, exercise, score)


def attempts(topic: str, exercise: str) -> int:
    key = f"{topic}/{exercise}"
    return max(_attempts.get(key, 0), _saved(key).get("attempts", 0))


def hints_shown(topic: str, exercise: str) -> int:
    key = f"{topic}/{exercise}"
    return max(_hints.get(key, 0), _saved(key).get("hints", 0))


def record_hint(topic: str, exercise: str) -> None:
    """Note that one more hint was read."""
    key = f"{topic}/{exercise}"
    _hints[key] = hints_shown(topic, exercise) + 1
    progress.record_hint(topic, exercise)


def solutions_allowed() -> bool:
    """Whether `solution` may show anything: a classroom sets DLCOURSE_SOLUTIONS=off."""
    return os.environ.get("DLCOURSE_SOLUTIONS", "on").lower() not in ("off", "no", "0", "false")


def _saved(key: str) -> dict:
    return progress.read().get("exercises", {}).get(key, {})
