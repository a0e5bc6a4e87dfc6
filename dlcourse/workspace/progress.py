"""What a learner has tried and passed, kept in one small file inside the course folder and sent nowhere.

The course folder is the nearest parent of the working directory that has a `.dlcourse` folder (`dlcourse lab`
makes it). Outside such a folder nothing is written, and hints are counted in memory only.
"""

import contextlib
import errno
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlcourse.handing_in.notebook_files import write_atomically

MARKER = ".dlcourse"
FILE_NAME = "progress.json"
VERSION = 1
LOCK_PATIENCE = 2.0  # seconds; two notebooks may finish a check in the same moment
LOCK_IS_STALE = 10.0  # seconds; a kernel killed while saving leaves its lock behind

_unsaved_hints: dict[str, int] = {}
_last_problem: str | None = None


def course_folder(start: Path | str | None = None) -> Path | None:
    """The nearest folder at or above `start` (default: the working directory) that is a course folder."""
    try:
        here = Path(start) if start is not None else Path.cwd()
        here = here.resolve()
        return next((folder for folder in (here, *here.parents) if (folder / MARKER).is_dir()), None)
    except OSError:  # the working directory was deleted, or may not be read
        return None


def record_attempt(topic: str, exercise: str, score: float) -> str | None:
    """Count one run of a check.

    Args:
        score: share of the exercise's points that was earned, from 0 to 1.

    Returns:
        None, or one sentence saying why nothing was saved. Nothing is ever raised.
    """

    def update(entry: dict[str, Any]) -> None:
        earned = float(score)
        earned = min(max(earned, 0.0), 1.0) if math.isfinite(earned) else 0.0
        entry["attempts"] += 1
        entry["best"] = max(entry["best"], earned)
        entry["passed"] = entry["passed"] or earned >= 1.0

    return _change(topic, exercise, update)


def record_hint(topic: str, exercise: str) -> int:
    """Count one more hint, and say how many have now been shown. `last_problem` says if it was not saved."""
    key = f"{topic}/{exercise}"
    shown = _unsaved_hints.get(key, 0)

    def update(entry: dict[str, Any]) -> None:
        nonlocal shown
        shown = max(entry["hints"], shown)
        entry["hints"] = shown + 1

    _change(topic, exercise, update)
    _unsaved_hints[key] = shown + 1
    return shown + 1


def record_lead(topic: str, exercise: str) -> None:
    """Count one more step of a lead, which is a hint of another kind. `last_problem` says if it was not saved."""

    def update(entry: dict[str, Any]) -> None:
        entry["leads"] = entry["leads"] + 1

    _change(topic, exercise, update)


def record_solution(topic: str, exercise: str) -> None:
    """Note that an exercise's solution was looked at. `last_problem` says if it was not saved."""

    def update(entry: dict[str, Any]) -> None:
        entry["solution"] = True

    _change(topic, exercise, update)


def last_problem() -> str | None:
    """The sentence of the latest `record_...` call if that call could not save, else None."""
    return _last_problem


def read(folder: Path | str | None = None) -> dict[str, Any]:
    """The progress of the course at or above `folder`; an empty record if there is none."""
    course = course_folder(folder)
    if course is None:
        return _empty()
    try:
        return _load(course / MARKER / FILE_NAME)
    except (OSError, ValueError):
        return _empty()


def _empty() -> dict[str, Any]:
    return {"version": VERSION, "exercises": {}}


def _load(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _empty()
    if not isinstance(data, dict) or not isinstance(data.get("exercises"), dict):
        raise ValueError("no exercises in it")
    entries = {key: _entry(value) for key, value in data["exercises"].items() if isinstance(value, dict)}
    return {**data, "version": data.get("version", VERSION), "exercises": entries}


def _entry(known: dict[str, Any]) -> dict[str, Any]:
    """`known` with every field present and of its type, so that a file edited by hand breaks nothing."""

    def number(name: str) -> float:
        value = known.get(name, 0)
        return value if isinstance(value, int | float) and math.isfinite(value) else 0

    fields = {name: int(number(name)) for name in ("attempts", "hints", "leads")} | {"best": float(number("best"))}
    told = {"passed": known.get("passed") is True, "solution": known.get("solution") is True}
    return {**known, **fields, **told, "last": str(known.get("last", ""))}


def _change(topic: str, exercise: str, update: Callable[[dict[str, Any]], None]) -> str | None:
    global _last_problem
    _last_problem = None
    course = course_folder()
    key = f"{topic}/{exercise}"
    if course is None:
        return None
    path = course / MARKER / FILE_NAME
    try:
        with _locked(path.with_suffix(".lock")):
            try:
                data = _load(path)
            except ValueError:
                # Kept, not overwritten: it may be readable to a person.
                damaged = path.with_name(f"progress.damaged-{time.strftime('%Y%m%d-%H%M%S')}.json")
                os.replace(path, damaged)
                data = _empty()
                _last_problem = f"Your progress file was damaged, so a new one was begun; the old is {damaged.name}."
            entry = data["exercises"].setdefault(key, _entry({}))
            update(entry)
            entry["last"] = datetime.now(UTC).isoformat(timespec="seconds")
            write_atomically(path, json.dumps(data, indent=1, sort_keys=True) + "\n")
    except Exception as problem:  # a check must not fail because its result could not be noted down
        _last_problem = f"Your progress was not saved: {_reason(problem, path.parent)}"
    return _last_problem


def _reason(problem: Exception, folder: Path) -> str:
    code = problem.errno if isinstance(problem, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full, so free some space and run the check again."
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{folder} may not be written to, so give yourself permission to write there."
    return f"{problem} ({folder})."


@contextlib.contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold `lock`, waiting a little for another kernel; then go on without it rather than fail."""
    deadline = time.monotonic() + LOCK_PATIENCE
    held = False
    while not held and time.monotonic() < deadline:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            held = True
        except FileExistsError:
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > LOCK_IS_STALE:
                    lock.unlink()
            time.sleep(0.01)
    try:
        yield
    finally:
        if held:
            with contextlib.suppress(OSError):
                lock.unlink()
