"""Putting exercises back to the released text, without losing what the learner had written."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcourse.handing_in.notebook_files import CourseError, checks_in, exercise_cells, read_notebook, write_notebook
from dlcourse.workspace.course import copy_in_one_step, find_course, plain_errors, released_notebooks, released_place


@dataclass(frozen=True)
class Reset:
    """What was put back, and where the old text is (None where there was none)."""

    notebook: Path
    kept: Path | None


def reset(name: str, exercise: str | None = None) -> Reset:
    """Put one exercise of a notebook, or all of the notebook, back to the released text.

    Args:
        name: path, number or topic word of the notebook.
        exercise: name of the function; None for the whole notebook.

    Raises:
        CourseError: unknown notebook or exercise, or a file that cannot be read or written.
    """
    place = released_place(name)
    released = released_notebooks()[place]
    target = _target(name, place)
    if exercise is None:
        return _reset_file(released, target)
    original = read_notebook(released)
    wanted = exercise_cells(original, exercise)
    if not wanted or exercise not in (known := [check.exercise for check in checks_in(original)]):
        known = ", ".join(check.exercise for check in checks_in(original))
        raise CourseError(f"There is no exercise `{exercise}` in {place.stem}; it has {known}.")
    notebook = read_notebook(target)
    _put_back(notebook, original, wanted, exercise)
    with plain_errors(f"putting {exercise} back in {target}"):
        kept = keep_beside(target)
        write_notebook(target, notebook)
    return Reset(target, kept)


def _target(name: str, place: Path) -> Path:
    path = Path(name)
    if path.suffix == ".ipynb" and (path.exists() or path.parent != Path()):
        return path
    course = find_course()
    if course is None:
        raise CourseError("There is no course folder here; go to yours, or make one with `dlcourse lab`.")
    return course / place


def _reset_file(released: Path, target: Path) -> Reset:
    """The whole file, which may be damaged or missing."""
    with plain_errors(f"putting {target} back"):
        kept = keep_beside(target) if target.exists() else None
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_in_one_step(released, target)
    return Reset(target, kept)


def keep_beside(path: Path, why: str = "before-reset") -> Path:
    """Copy `path` beside itself, under a name that no file has."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    kept = path.with_name(f"{path.stem}.{why}-{stamp}.ipynb")
    number = 2
    while kept.exists():
        kept = path.with_name(f"{path.stem}.{why}-{stamp}-{number}.ipynb")
        number += 1
    copy_in_one_step(path, kept)
    return kept


def _put_back(notebook: dict[str, Any], original: dict[str, Any], wanted: list[int], exercise: str) -> None:
    """Write the released cells of one exercise over the learner's: the same id, else the same function."""
    cells = notebook["cells"]
    by_id = {cell["id"]: cell for cell in cells if cell["cell_type"] == "code" and "id" in cell}
    by_name = [cells[index] for index in exercise_cells(notebook, exercise)]
    for index in wanted:
        cell = original["cells"][index]
        mine = by_id.get(cell.get("id")) or (by_name.pop(0) if by_name else None)
        if mine is None:
            before = original["cells"][index - 1].get("id") if index else None
            ids = [other.get("id") for other in cells]
            cells.insert(ids.index(before) + 1 if before in ids else len(ids), cell)
        else:
            mine.update(source=cell["source"], outputs=[], execution_count=None)
