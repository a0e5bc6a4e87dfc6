"""Which notebook of the course was handed in, where it isn't the one that was asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from dlcourse.handing_in.master import Master
from dlcourse.handing_in.names import defined
from dlcourse.handing_in.reading import Notebook


def facts_of(other: Master, own: Collection[str]) -> dict[str, list[str]]:
    """What tells another notebook of the course from the one that is asked for: its exercises, and which of `own` its
    code has too (notebook 02 begins with a convolution that is written already)."""
    words = {word for cell in other.cells if cell.kind != "text" for word in re.findall(r"\w+", cell.source)}
    return {"exercises": list(other.points), "mentions": sorted(words & set(own))}


def other_notebook(
    notebook: Notebook, own: Collection[str], others: Mapping[str, Mapping[str, Collection[str]]]
) -> str:
    """The name of the other notebook that this one is; "" where it isn't.

    It is another if it has exercises that only that one has, and none that only the one asked for has. Names that
    several notebooks share (`spot_the_mistake`, `train_step`) say nothing.

    Args:
        own: the exercises of the notebook that was asked for.
        others: the facts of every other notebook, by its name.
    """
    here = {cell.grade_id.partition("-")[2] for cell in notebook.cells}
    here |= {name for cell in notebook.cells if cell.kind == "code" for name in defined(cell.source)}
    elsewhere = {name: set(facts["exercises"]) for name, facts in others.items()}
    found = {}
    for name, exercises in elsewhere.items():
        shared = set(own).union(*(names for other, names in elsewhere.items() if other != name))
        own_alone = set(own).difference(*elsewhere.values(), others[name]["mentions"])
        if not here & own_alone:
            found[name] = len(here & (exercises - shared))
    best = max(found, key=lambda name: found[name], default="")
    return best if best and found[best] else ""
