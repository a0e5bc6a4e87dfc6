"""What a notebook asks for leads: names that nothing reads, and a search beside the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcourse.checking.exercise import Exercise
from dlcourse.leads import child
from dlcourse.leads import unread as names


def unread(exercise: Exercise, source: str) -> list[tuple[int, str]]:
    """Lines of the function's text, from 1, each with a sentence on a name that is never used."""
    return [(found.line, found.sentence) for found in names.unread(exercise, source)]


def begin(exercise: Exercise, seed: int, source: str, namespace: Mapping[str, Any]) -> child.Searching | None:
    """A search that runs from now on; None where this kernel cannot be forked, or the exercise builds networks."""
    if exercise.needs != "numpy" or not child.possible():
        return None
    return child.Searching(exercise, seed, source, namespace)
