"""What the probes see of the large networks of notebooks 05 and 10, of the right ones and of the named mistakes.

It does not depend on the seed, and to build such a network takes a second or two: it is kept in _networks_seen.json,
which tests/seen_networks.py writes. The tests of the named mistakes build every network again.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dlcourse.checks.compare import compare
from dlcourse.checks.exercise import Exercise

FILE = Path(__file__).with_suffix(".json")
COMPUTES = "what it computes"


def seen(network: str, mistake: str = "right") -> dict:
    """What the probe gives for the network of an exercise; `mistake` is the key of the one that it shows."""
    found = dict(_kept()[network][mistake])
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


@functools.cache
def _kept() -> dict:
    return json.loads(FILE.read_text(encoding="utf-8"))
