"""Handing in: one small notebook with the learner's own code, put where the release has it.

The file is a notebook like any other, so a learning platform, nbgrader and `autograder grade` take it. What it says of
itself in its metadata is for people; graders work everything out again.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import dlcourse
from dlcourse.handing_in.absent import lacking
from dlcourse.handing_in.master import Master, read_master
from dlcourse.handing_in.names import alike, defined, syntax_error, tree_of
from dlcourse.handing_in.notebook_files import CourseError, write_atomically
from dlcourse.handing_in.packages import Graded, written_by
from dlcourse.handing_in.reading import Notebook, Unreadable, read
from dlcourse.handing_in.rebuilding import Program, Step, WrongNotebook, rebuild
from dlcourse.handing_in.receipt import Exercise, HandedIn
from dlcourse.workspace import server_class
from dlcourse.workspace.course import learner_notebook, plain_errors, released_notebooks, released_place
from dlcourse.workspace.progress import MARKER, course_folder

FOLDER = "handed-in"
NAME = "name"  # in the course folder's own folder
LARGEST = 256 * 2**20  # a notebook with all its pictures; what is handed in has none


def submit(name: str, learner: str | None = None, out: Path | None = None) -> HandedIn:
    """Make the file to hand in.

    Args:
        name: path, number or topic word of the notebook.
        learner: goes into the file's name; by default the one that was given on the start page, else the name of this
            computer's user.
        out: a folder, or the file itself; by default the class's on a server that has one, else `handed-in/` in the
            course folder.

    Raises:
        CourseError: there is nothing to hand in, or it cannot be read or written.
    """
    path = learner_notebook(name)
    learner = _file_name_of(learner if learner is not None else remembered_name(path))
    on_server = server_class.folder() is not None and out is None
    if on_server:
        learner = _file_name_of(server_class.user())  # there nobody hands in under another's name
    notebook = _read(path)
    master, release = _release_of(path, notebook)
    try:
        program = rebuild(master, notebook)
    except WrongNotebook as problem:
        raise CourseError(f"{path}: {problem}") from None
    exercises = tuple(_examined(master, notebook, program, path.resolve().parent))
    if all(exercise.state == "not attempted" for exercise in exercises):
        raise CourseError(f"Nothing in {path} is written yet, so there is nothing to hand in.")
    text = _notebook(release, master, program, exercises, learner)
    out = server_class.hand_in_folder(master.name) if on_server else out
    target, again = _put(text, path, master.name, learner, out)
    size = len(text.encode())
    return HandedIn(master.name, learner, target, size, exercises, program.repairs, again)


def remembered_name(path: Path | None = None) -> str:
    """The name under which somebody hands in from the course folder that `path` is in."""
    course = course_folder(path.parent if path is not None else None)
    try:
        return (course / MARKER / NAME).read_text(encoding="utf-8").strip() or _user() if course else _user()
    except (OSError, UnicodeDecodeError):
        return _user()


def remember_name(learner: str) -> None:
    """Hand in under this name from now on. Raises CourseError: nothing in it can be in a file's name."""
    course = course_folder()
    _file_name_of(learner)
    if course is not None:
        with plain_errors("noting your name"):
            write_atomically(course / MARKER / NAME, learner.strip() + "\n")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "me"


def _file_name_of(learner: str) -> str:
    """Letters, digits and a few signs: fit for a file's name on every system, and for a grader to read."""
    kept = re.sub(r"[^\w.@+]+", "-", learner).strip("-._")[:60]
    if not kept:
        raise CourseError(f"{learner!r} has no letter in it that can be in a file's name; choose another --name.")
    return kept


def _read(path: Path) -> Notebook:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise CourseError(f"{path} is larger than {LARGEST / 2**20:.0f} MB; clear its outputs in Jupyter first.")
        return read(path.read_bytes())
    except Unreadable as problem:
        raise CourseError(f"{path}: {problem}") from None
    except OSError as problem:
        raise CourseError(f"{path} cannot be read: {problem.strerror}.") from None


def _release_of(path: Path, notebook: Notebook) -> tuple[Master, str]:
    """The release that a notebook was made from: the one that its name says, if its content agrees."""
    releases = {}
    for place, file in released_notebooks().items():
        text = file.read_text(encoding="utf-8")
        with contextlib.suppress(CourseError):  # a notebook without checks
            releases[place] = read_master(place.stem, text), text
    shares = {place: _share(master, notebook) for place, (master, _) in releases.items()}
    best = max(shares, key=shares.get, default=None)
    if best is None or not shares[best]:
        raise CourseError(f"None of this course's exercises is in {path}; was another notebook meant?")
    try:
        meant = released_place(path.name)
    except CourseError:  # a name of the learner's own
        return releases[best]
    if meant not in releases:
        raise CourseError(f"{meant.stem} has no exercises, so there is nothing to hand in.")
    if shares[meant] < shares[best] / 2:
        raise CourseError(
            f"{path} holds the exercises of {best.stem}, not of {meant.stem}; name the notebook that you mean."
        )
    return releases[meant]


def _share(master: Master, notebook: Notebook) -> float:
    """How many of a release's exercises are in a notebook, from 0 to 1."""
    there = {name for cell in notebook.cells if cell.kind == "code" for name in defined(cell.source)}
    there |= {cell.grade_id.removeprefix("exercise-") for cell in notebook.cells}
    there |= {cell.id.removeprefix("exercise-") for cell in notebook.cells}
    return len(there & set(master.points)) / len(master.points)


def _examined(master: Master, notebook: Notebook, program: Program, folder: Path) -> Iterator[Exercise]:
    """What can be said of each exercise without running it, by the rules of the grader."""
    graded = Graded(master.needs, written_by(cell.source for cell in notebook.cells), folder)
    own = [step for step in program.steps if step.kind in ("exercise", "own")]
    lacks = lacking((step.source for step in own), program.removed, master.defined, graded)
    there = frozenset(name for step in own for name in defined(step.source))
    for step in program.steps:
        if step.kind == "exercise":
            state, reason = _state(step, master, program, there, lacks)
            yield Exercise(step.name, master.points.get(step.name, 0.0), state, reason)


def _state(
    step: Step, master: Master, program: Program, there: frozenset[str], lacks: Mapping[str, str]
) -> tuple[str, str]:
    released = next(cell.source for cell in master.cells if cell.id == step.id)
    if alike(step.source, released):
        return "not attempted", ""
    if problem := syntax_error(step.source):
        return "cannot run", problem
    if tree_of(step.source) is None:
        return "cannot run", "its cell is not Python."
    if step.name not in there:
        return "cannot run", f"no cell defines {step.name}."
    if step.name in lacks:
        return "cannot run", f"{lacks[step.name]}."
    if stub := _stub(released):
        if stub in (line.strip() for line in step.source.splitlines()):
            return "unfinished", f"the line `{stub}` is still there."
    if step.name in program.twice:
        return "written twice", "the one above its check counts, not the one below."
    return "written", ""


def _stub(source: str) -> str:
    return next((line.strip() for line in source.splitlines() if "raise NotImplementedError(" in line), "")


# --- the file -------------------------------------------------------------------------------------------------------


def _notebook(release: str, master: Master, program: Program, exercises: tuple[Exercise, ...], learner: str) -> str:
    """The release with the learner's code in it: no outputs, nothing of the learner's metadata."""
    notebook = json.loads(release)
    released = {_identifier(cell): cell for cell in notebook["cells"]}
    taken = {cell.get("id") for cell in notebook["cells"]}
    cells = []
    for step in program.steps:
        if step.id in released:
            cell = released[step.id]
            cells.append({**cell, "source": step.source} if step.kind == "exercise" else cell)
        else:
            identifier = step.id
            while identifier in taken:
                identifier += "-"
            taken.add(identifier)
            cells.append(_own_cell(identifier, step.source))
    for cell in cells:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    receipt = {
        "dlcourse": dlcourse.__version__,
        "notebook": master.name,
        "release": master.digest,
        "learner": learner,
        "exercises": {exercise.name: exercise.state for exercise in exercises},
        "repairs": list(program.repairs),
    }
    made = {**notebook, "cells": cells, "metadata": {**notebook["metadata"], "dlcourse": receipt}}
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _identifier(cell: dict) -> str:
    """As `handing_in.master` names it."""
    grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")
    return grade_id if grade_id and cell["cell_type"] == "code" else cell.get("id", grade_id)


def _own_cell(identifier: str, source: str) -> dict:
    cell = {"cell_type": "code", "id": identifier, "metadata": {}, "source": source}
    return cell | {"execution_count": None, "outputs": []}


def _put(text: str, path: Path, notebook: str, learner: str, out: Path | None) -> tuple[Path, bool]:
    """Write the file under a name that no file has; a hand-in that is there already unchanged is not written again."""
    with plain_errors("handing in"):
        if out is not None and out.suffix == ".ipynb":
            return _reserve_and_write(out, text), False
        folder = out or (course_folder(path.parent) or path.resolve().parent) / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        earlier = _earlier(folder, notebook, learner)
        if earlier and (latest := earlier[max(earlier)]).read_bytes() == text.encode():
            return latest, True
        target = folder / _name(notebook, learner, max(earlier, default=0) + 1)
        return _reserve_and_write(target, text), False


def _name(notebook: str, learner: str, number: int) -> str:
    """Graders, and people, take the number in brackets for a later copy of the same learner's."""
    return f"{notebook}-{learner}{f' ({number})' if number > 1 else ''}.ipynb"


def _earlier(folder: Path, notebook: str, learner: str) -> dict[int, Path]:
    """What was handed in under the same name before, by its number."""
    pattern = re.compile(re.escape(f"{notebook}-{learner}") + r"(?: \((\d+)\))?\.ipynb")
    found = ((pattern.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(match[1] or 1): path for match, path in found if match}


def _reserve_and_write(target: Path, text: str) -> Path:
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        raise CourseError(f"{target} is there already; name another file, or a folder.") from None
    try:
        write_atomically(target, text)
    except BaseException:
        with contextlib.suppress(OSError):
            target.unlink()
        raise
    return target
