"""What a learner has done so far: at their desk, the course folder, and in memory where there is none.

The engine knows no course folder and no search: `use` is handed the one, `dlcourse.workspace.desk`, and `find_with` the
other, `dlcourse.leads.finder`, where the exercises are collected.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from dlcourse.checking.exercise import Exercise
from dlcourse.figures.appearance import Panel

OFF = ("off", "no", "0", "false")  # what a classroom sets a switch to


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

    def record_lead(self, topic: str, exercise: str) -> object: ...

    def record_solution(self, topic: str, exercise: str) -> object: ...

    def counted(self, topic: str, exercise: str, since: float) -> Counted | None: ...

    def hands_in(self, topic: str, exercise: str) -> HandIn | None: ...

    def so_far(self, topic: str, exercise: str) -> dict: ...

    def beginning(self, topic: str, exercise: str) -> Beginning | None: ...


class Place(Protocol):
    """Where a small change puts a function right; `dlcourse.leads.search.Lead` says what its parts are."""

    lines: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]
    kind: str
    proves: str | tuple[str, ...]


class Searching(Protocol):
    """A search that is under way."""

    share: float
    lead: Place | None

    def wait(self, seconds: float) -> bool: ...

    def stop(self) -> None: ...


class Finder(Protocol):
    """What looks for the line of a mistake."""

    def unread(self, exercise: Exercise, source: str) -> list[tuple[int, str]]: ...

    def begin(self, exercise: Exercise, seed: int, source: str, namespace: Mapping[str, Any]) -> Searching | None: ...


_desk: Desk | None = None
_finder: Finder | None = None
_attempts: dict[str, int] = {}
_hints: dict[str, int] = {}


def use(desk: Desk) -> None:
    """Keep what is done in this course folder from now on."""
    global _desk
    _desk = desk


def find_with(finder: Finder) -> None:
    """Look for leads with this from now on."""
    global _finder
    _finder = finder


def finder() -> Finder | None:
    """What looks for leads; None where a classroom has set DLCOURSE_LEADS=off."""
    return _finder if os.environ.get("DLCOURSE_LEADS", "on").lower() not in OFF else None


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


def record_lead(topic: str, exercise: str) -> None:
    """Note that one more step of a lead was read."""
    if _desk:
        _desk.record_lead(topic, exercise)


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
    return os.environ.get("DLCOURSE_SOLUTIONS", "on").lower() not in OFF


def beginning(topic: str, exercise: str) -> Beginning | None:
    """The released text of an exercise; None where there is no released notebook to take it from."""
    return _desk.beginning(topic, exercise) if _desk else None


def _saved(topic: str, exercise: str) -> dict:
    return _desk.so_far(topic, exercise) if _desk else {}
