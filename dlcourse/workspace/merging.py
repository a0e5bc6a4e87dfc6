"""Bringing a learner's notebook up to a newer release, cell by cell, without touching what the learner has changed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from dlcourse.handing_in.notebook_files import is_solution

Cell = dict[str, Any]


@dataclass
class Merged:
    """The notebook, and the names of the cells in which the releases differ."""

    notebook: dict[str, Any]
    changed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # the release has changed them, and so had the learner


def merge(base: dict[str, Any], mine: dict[str, Any], new: dict[str, Any]) -> Merged:
    """Take the changes from one release to the next into a learner's notebook.

    A cell is changed or removed only where the learner has it exactly as it was released.

    Args:
        base: the release that the learner's notebook comes from.
        mine: the learner's notebook; its cells are changed in place.
        new: the release to come to.
    """
    done = Merged(mine)
    partner = pairs(base["cells"], new["cells"])
    held = _held(base["cells"], mine["cells"])
    _remove(base["cells"], set(partner.values()), held, done)
    before: Cell | None = None  # the learner's cell that the next new one comes after
    for index, cell in enumerate(new["cells"]):
        if index in partner:
            there = held.get(partner[index])
            if there is None:
                continue  # the learner has deleted it
            _update(base["cells"][partner[index]], there, cell, done)
        else:
            there = next((own for own in mine["cells"] if _same(own, cell)), None)
            if there is None:
                there = _inserted(mine, before, cell)
                done.added.append(_name(cell))
        before = there
    _mend_names(mine, new)
    return done


def pairs(base: list[Cell], new: list[Cell]) -> dict[int, int]:
    """Which cell of the older release each cell of the newer one comes from: by its text, else by its name.

    Names count the cells under a heading, so a cell that was put in renames those after it.
    """
    texts = [[(cell["cell_type"], cell["source"]) for cell in cells] for cells in (base, new)]
    found = {}
    for start, at, size in difflib.SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks():
        found |= {at + step: start + step for step in range(size)}
    free = {_name(cell): index for index, cell in enumerate(base) if index not in set(found.values())}
    for index, cell in enumerate(new):
        other = free.get(_name(cell))
        if index not in found and other is not None and base[other]["cell_type"] == cell["cell_type"]:
            found[index] = free.pop(_name(cell))
    return found


def _held(base: list[Cell], mine: list[Cell]) -> dict[int, Cell]:
    """The learner's copy of each released cell: by its name, else (editors lose names) by its text."""
    by_name = {_name(cell): cell for cell in reversed(mine) if _name(cell)}  # a copy, lower down, has the same name
    held = {index: by_name[_name(cell)] for index, cell in enumerate(base) if _name(cell) in by_name}
    free = [cell for cell in mine if all(cell is not other for other in held.values())]
    for index, cell in enumerate(base):
        if index not in held and (own := next((own for own in free if _same(own, cell)), None)) is not None:
            held[index] = own
            free = [other for other in free if other is not own]
    return held


def _remove(base: list[Cell], partners: set[int], held: dict[int, Cell], done: Merged) -> None:
    for index, cell in enumerate(base):
        own = held.get(index)
        if index in partners or own is None:
            continue
        if is_solution(cell) or not _same(own, cell):
            done.kept.append(_name(cell))
        else:
            done.notebook["cells"] = [other for other in done.notebook["cells"] if other is not own]
            done.removed.append(_name(cell))


def _update(base: Cell, mine: Cell, new: Cell, done: Merged) -> None:
    untouched = _same(mine, base)
    if not _same(base, new) and not _same(mine, new):
        if untouched:
            mine["source"] = new["source"]
            if mine["cell_type"] == "code":
                mine |= {"outputs": [], "execution_count": None}
            done.changed.append(_name(new))
        else:
            done.kept.append(_name(new))
    if "id" in mine and "id" in new:
        mine["id"] = new["id"]
    if untouched:
        mine["metadata"] = {**mine["metadata"], **new["metadata"]}


def _inserted(mine: dict[str, Any], before: Cell | None, cell: Cell) -> Cell:
    at = next((index + 1 for index, own in enumerate(mine["cells"]) if own is before), 0)
    made = {**cell, "metadata": {**cell["metadata"]}}
    mine["cells"] = [*mine["cells"][:at], made, *mine["cells"][at:]]
    return made


def _mend_names(mine: dict[str, Any], new: dict[str, Any]) -> None:
    """Cell ids must be unique, and the release's come first; formats before 4.5 have none."""
    if mine.get("nbformat_minor", 0) < 5:
        for cell in mine["cells"]:
            cell.pop("id", None)
        return
    taken = {cell.get("id"): cell for cell in new["cells"]}
    seen: set[str] = set()
    for cell in sorted(mine["cells"], key=lambda cell: not _same(cell, taken.get(cell.get("id"), {}))):
        while cell.get("id") in seen:
            cell["id"] += "-mine"
        seen.add(cell.get("id"))


def _same(one: Cell, other: Cell) -> bool:
    return one.get("cell_type") == other.get("cell_type") and one.get("source") == other.get("source")


def _name(cell: Cell) -> str:
    """nbgrader's name for a cell, which editors that lose ids keep, else its id."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id") or cell.get("id", "")
