"""The solutions as the notebooks teach them, for whoever asks after an attempt.

`solutions/` stays with the authors. What learners are given is packed, one file for each notebook, so that a search in
the folder of the course shows no answers; `autograder build` writes these files.
"""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

IN_COURSE = Path("dlcourse", "checking", "solutions")  # of the repository
FOLDER = Path(__file__).parent / "solutions"


def place(topic: str, folder: Path = FOLDER) -> Path:
    """Where the solutions of one topic are."""
    return folder / f"{topic}.z"


def packed(solutions: Mapping[str, str]) -> bytes:
    """Exercise -> text of its cell, as a file holds it."""
    return zlib.compress(json.dumps(dict(solutions), sort_keys=True).encode(), 9)


def unpacked(content: bytes) -> dict[str, str]:
    """Raises ValueError: that is no such file."""
    try:
        return json.loads(zlib.decompress(content))
    except (zlib.error, UnicodeDecodeError) as problem:
        raise ValueError(str(problem)) from None


def solution(topic: str, exercise: str) -> str | None:
    """The text of an exercise's cell with the solution in it; None where there is none."""
    return _solutions(topic).get(exercise)


@functools.cache
def _solutions(topic: str) -> dict[str, str]:
    try:
        return unpacked(place(topic).read_bytes())
    except (OSError, ValueError):
        return {}
