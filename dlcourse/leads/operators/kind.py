"""What a kind of slip is: its name, its sentence, and the changes that undo it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from dlcourse.leads.places import Change, Text


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of slip. The sentence is "" where it would be the answer: only one other thing could be there then."""

    name: str
    sentence: str
    changes: Callable[[Text], Iterator[Change]]


KINDS: dict[str, Kind] = {}


def kind(name: str, sentence: str = "") -> Callable:
    """Register a generator of changes."""

    def register(changes: Callable[[Text], Iterator[Change]]) -> Callable[[Text], Iterator[Change]]:
        KINDS[name] = Kind(name, sentence, changes)
        return changes

    return register
