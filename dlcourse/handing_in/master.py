"""The released notebook: its cells, its exercises, and what each check is worth."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from dataclasses import dataclass

from dlcourse.handing_in.names import defined
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.handing_in.packages import needs_of

NOT_RUN = ("text", "install")


@dataclass(frozen=True)
class MasterCell:
    """One released cell. `kind` is text, install, setup, code, demo, example, exercise or check; `name` is the
    exercise's."""

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
        """Every name that a released cell gives a value while it is graded."""
        code = (cell for cell in self.cells if cell.kind not in NOT_RUN)
        return frozenset(name for cell in code for name in defined(cell.source))

    @functools.cached_property
    def needs(self) -> str:
        """ "tensorflow" where the cell with the imports has TensorFlow or Keras, else "numpy"."""
        return needs_of("\n".join(cell.source for cell in self.cells if cell.kind == "setup"))


@functools.lru_cache(maxsize=8)
def read_master(name: str, text: str) -> Master:
    """Read a released notebook.

    Raises:
        CourseError: it has no checks, or is not a notebook of this course.
    """
    try:
        cells = tuple(_cell(cell) for cell in json.loads(text)["cells"])
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"The released notebook {name} cannot be read ({error}): install the course again, or build it."
        ) from None
    master = Master(name, cells, hashlib.sha256(text.encode()).hexdigest())
    if not master.points:
        raise CourseError(f"The released notebook {name} has no checks, so there is nothing to grade.")
    return master


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
    kind = next((tag for tag in metadata.get("tags", []) if tag in ("install", "setup", "demo", "example")), "code")
    return MasterCell(kind, identifier, source)
