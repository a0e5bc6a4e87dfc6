"""What the probes see of large networks, right and wrong, and of wrong small models and blocks.

It does not depend on the seed, and to build a large network takes a second or two, as does building all the wrong small
ones one after another: it is kept, one file for each exercise, and tests/seen_networks.py writes them. The tests of the
named mistakes build every one again.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlcourse.checking.calling import Outcome
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Exercise
from dlcourse.checking.probes.models import TOLERANCE

FOLDER = Path(__file__).parent
COMPUTES = "what it computes"


def seen(network: str, mistake: str = "right") -> dict:
    """What the probe gives for the network of an exercise; `mistake` is the key of the one that it shows."""
    found = dict(_kept(network)[mistake])
    if "output_shape" in found:
        found["output_shape"] = tuple(found["output_shape"])
    for name in {"training", "inference"} & set(found):
        found[name] = np.array(found[name], "float32")
    return found


def network_mistake(exercise: Exercise, key: str, message: str, variant: Callable, tolerance: float) -> None:
    """Name a wrong network, which is recognised by what is kept of it."""

    def recognise(got: object) -> bool:
        return compare(seen(exercise.name, key), got, "the result", tolerance) is None

    exercise.mistake(key, message, variant, group=COMPUTES, recognise=recognise)


def may_show(name: str) -> Callable[[str, Outcome], bool]:
    """Whether what a learner's model or block does in the first case can be what that of a named mistake does there;
    `name` is the exercise's."""

    def can_be(key: str, outcome: Outcome) -> bool:
        kept, got = _kept(name)[key], in_short(outcome)
        # the largest number is kept too, so this tolerance rules out nothing that the whole arrays would let through
        return set(kept) == set(got) and compare(kept, got, "the result", TOLERANCE) is None

    return can_be


SOME = 8


def in_short(outcome: Outcome) -> dict:
    """What a probe saw, without levels: in place of each array the largest of its numbers and SOME others, spread
    evenly."""
    if outcome.kind != "value" or not isinstance(outcome.value, dict):
        return {outcome.kind: outcome.error.split(":")[0]}
    return dict(_parts_in_short(outcome.value, ""))


def _parts_in_short(seen_parts: dict, above: str) -> Iterator[tuple[str, Any]]:
    for name, value in seen_parts.items():
        if isinstance(value, dict):
            yield from _parts_in_short(value, f"{above}{name} ")
        elif isinstance(value, list) and any(isinstance(part, np.ndarray) for part in value):
            yield from _parts_in_short(dict(enumerate(value)), f"{above}{name} ")
        else:
            yield f"{above}{name}", _some_of(value) if isinstance(value, np.ndarray) else value


def _some_of(array: np.ndarray) -> list[float]:
    places = np.linspace(0, array.size - 1, SOME).astype(int)
    return [float(np.max(np.abs(array))), *array.ravel()[places].tolist()]


@functools.cache
def _kept(exercise: str) -> dict:
    return json.loads((FOLDER / f"{exercise}.json").read_text(encoding="utf-8"))
