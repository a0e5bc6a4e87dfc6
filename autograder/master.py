"""The released notebook: its cells, its exercises, and what each check is worth."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from autograder.names import defined
from autograder.submissions import InputError


@dataclass(frozen=True)
class MasterCell:
    """One released cell. `kind` is text, setup, code, demo, example, exercise or check; `name` the exercise's."""

    kind: str
    id: str
    source: str
    name: str = ""
    points: float = 0.0


@dataclass(frozen=True)
class Master:
    """A released notebook, called NN_topic."""

    name: str
    cells: tuple[MasterCell, ...]
    digest: str

    @property
    def topic(self) -> str:
        return self.name.partition("_")[2]

    @functools.cached_property
    def points(self) -> dict[str, float]:
        """What each check is worth, in the notebook's order."""
        return {cell.name: cell.points for cell in self.cells if cell.kind == "check"}

    @functools.cached_property
    def defined(self) -> frozenset[str]:
        """Every name that a released cell gives a value."""
        return frozenset(name for cell in self.cells if cell.kind != "text" for name in defined(cell.source))


@functools.lru_cache(maxsize=8)
def read_master(name: str, text: str) -> Master:
    """Read a released notebook.

    Raises:
        InputError: it has no checks, or is not a notebook of this course.
    """
    try:
        cells = tuple(_cell(cell) for cell in json.loads(text)["cells"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"The released notebook {name} cannot be read ({error}): run `autograder build`.") from None
    master = Master(name, cells, hashlib.sha256(text.encode()).hexdigest())
    if not master.points:
        raise InputError(f"The released notebook {name} has no checks, so there is nothing to grade.")
    return master


def find_master(asked: str, course: Path | None = None) -> Path:
    """The released notebook that `asked` names: a path, or a number, a topic or NN_topic of the course.

    Raises:
        InputError: there is none, or there are several.
    """
    path = Path(asked)
    if path.suffix == ".ipynb":
        if path.is_file():
            return path
        raise InputError(f"There is no notebook {path}.")
    if course is None:
        from dlcourse.course import released_folder

        course = released_folder()
    released = sorted(course.glob("[0-9][0-9]_*/[0-9][0-9]_*.ipynb"))
    found = [path for path in released if asked in (path.stem, *path.stem.split("_", 1))]
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.stem for path in released) or "none"
    raise InputError(f"There is no assignment {asked!r} in {course}; there are: {names}.")


def _cell(cell: dict) -> MasterCell:
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    metadata = cell.get("metadata", {})
    nbgrader = metadata.get("nbgrader", {})
    grade_id = nbgrader.get("grade_id", "")
    if cell["cell_type"] != "code":
        return MasterCell("text", cell.get("id", grade_id), source)
    identifier = grade_id or cell.get("id", "")
    for kind, is_kind in (("check", nbgrader.get("grade")), ("exercise", nbgrader.get("solution"))):
        if is_kind:
            name = re.sub(f"^{kind}-", "", grade_id)
            return MasterCell(kind, identifier, source, name, float(nbgrader.get("points") or 0))
    kind = next((tag for tag in metadata.get("tags", []) if tag in ("setup", "demo", "example")), "code")
    return MasterCell(kind, identifier, source)
