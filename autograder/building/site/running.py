"""What the cells of the solutions show. Each notebook runs once, and what it showed is kept until its code changes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

from autograder.building.notebooks import Built
from autograder.building.verifying import run_notebook
from dlcourse.handing_in.notebook_files import write_atomically

KEPT = Path("build", "figures")  # in the course folder
AT_ONCE = 2  # TensorFlow does not use more than two cores well on networks of this size
SECONDS = 600.0  # for one notebook, on a machine as slow as it may be
START = "00_start"  # shows the reader's own machine and progress: nothing to run for somebody else

Outputs = Mapping[str, list[dict]]  # a cell's id -> what nbformat calls its outputs


class NotShown(Exception):
    """A solution did not run: one sentence for each thing that went wrong."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


def shown_by(course: Path, built: list[Built], said: Callable[[str], None] = lambda _: None) -> dict[str, Outputs]:
    """What the cells of each notebook show when its solution runs.

    Args:
        said: is told the name of each notebook that runs, when it has run.

    Raises:
        NotShown: a solution raised an error or took too long.
    """
    every = [notebook for notebook in built if notebook.name != START]
    there = {notebook.name: kept(course, notebook) for notebook in every}
    missing = [notebook for notebook in every if there[notebook.name] is None]
    problems: list[str] = []

    def run(notebook: Built) -> None:
        found = to_run(notebook)
        done = run_notebook(found, SECONDS)
        problems.extend(f"{notebook.name}: {problem}" for problem in done.problems)
        if not done.problems:
            there[notebook.name] = keep(course, notebook, found["cells"])
        said(f"{notebook.name} ({done.seconds:.0f} s)")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, missing))
    if problems:
        raise NotShown(problems)
    return {name: outputs for name, outputs in there.items() if outputs is not None}


def to_run(notebook: Built) -> dict:
    """The solution without what takes time and shows nothing here: the checks."""
    import nbformat

    found = nbformat.reads(notebook.expanded, as_version=4)
    found.cells = [cell for cell in found.cells if cell.id != "install" and not is_check(cell)]
    return found


def is_check(cell: Mapping) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("grade"))


def keep(course: Path, notebook: Built, cells: list[Mapping]) -> Outputs:
    """Note what the cells of a solution have shown, for `kept`."""
    shown = {cell["id"]: cell["outputs"] for cell in cells if cell.get("outputs") and not is_check(cell)}
    path = course / KEPT / f"{notebook.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"made of": made_of(course, notebook), "shown": shown}))
    return shown


def kept(course: Path, notebook: Built) -> Outputs | None:
    """What was shown the last time, if the code that showed it is today's."""
    try:
        found = json.loads((course / KEPT / f"{notebook.name}.json").read_text(encoding="utf-8"))
        return found["shown"] if found["made of"] == made_of(course, notebook) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def made_of(course: Path, notebook: Built) -> str:
    """A digest of all that decides what a notebook shows: its cells, the parts of the course that it imports, and they
    import, and the libraries' versions."""
    digest = hashlib.sha256()
    for cell in to_run(notebook)["cells"]:
        if cell["cell_type"] == "code":
            digest.update(f"{cell['id']}\n{cell['source']}\n".encode())
    for path in _reached(course, notebook.expanded):
        digest.update(path.read_bytes())
    for library in ("ipywidgets", "keras", "matplotlib", "numpy", "scikit-image", "scikit-learn", "tensorflow"):
        digest.update(f"{library} {metadata.version(library)}\n".encode())
    return digest.hexdigest()


IMPORTS = re.compile(r"(?:from|import) +(dlcourse(?:\.\w+)*)(?: +import +\(?([\w ,\n]+))?")
JUDGING = re.compile(r"dlcourse/(?:checks|checking|workspace|handing_in)/")  # shows nothing but panels


def _reached(course: Path, text: str) -> Iterator[Path]:
    """The modules of dlcourse that a text imports, and those that they import, but for what only judges."""
    seen: set[Path] = set()
    waiting = [text.replace("\\n", "\n")]
    while waiting:
        for module, names in IMPORTS.findall(waiting.pop()):
            place = course.joinpath(*module.split("."))
            for path in (place, *(place / name.strip() for name in names.split(","))):
                path = path.with_suffix(".py")
                if path.is_file() and path not in seen and not JUDGING.match(path.relative_to(course).as_posix()):
                    seen.add(path)
                    waiting.append(path.read_text(encoding="utf-8"))
    yield from sorted(seen)
