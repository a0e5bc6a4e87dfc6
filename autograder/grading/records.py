"""The folder of a graded class: one file for each submission, written as it comes, and the lock on the whole.

run.json                what the run is: assignment, seed, settings (the seed is a secret until the grades are out)
submissions/NAME.json   each learner's result, schema versioned
published               which results the gradebook and the feedback pages have
grades.csv results.json made from the above at the end of every run
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.grading.archives import InputError
from autograder.grading.one_submission import FINAL, SCHEMA


class Records:
    """The results of one class in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.results = self.folder / "submissions"

    def create(self) -> None:
        try:
            self.results.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.folder} cannot be used for the results ({error.strerror}).") from None

    def run(self) -> dict:
        """What is known of the run so far; empty for a new folder."""
        try:
            return json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise InputError(f"{self.folder / 'run.json'} cannot be read ({error}): choose another --out.") from None

    def begin(self, assignment: str, seed: int | None, **facts: object) -> int:
        """Note what the run is, and give its seed: the one asked for, else the folder's own, else a new secret.

        Raises:
            InputError: the folder holds another assignment's grades.
        """
        known = self.run()
        if known and known.get("assignment") != assignment:
            raise InputError(
                f"{self.folder} holds the grades of {known.get('assignment')}: choose another --out for {assignment}."
            )
        if seed is None:
            seed = known.get("seed", secrets.randbelow(2**53))
        write(
            self.folder / "run.json",
            to_json({"schema": SCHEMA, "assignment": assignment, "seed": seed, **facts}),
            0o600,
        )
        return seed

    def load(self, student: str) -> dict | None:
        """One learner's result, if there is a sound one."""
        try:
            result = json.loads(self.path(student).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        sound = isinstance(result, dict) and result.get("schema") == SCHEMA and result.get("student") == student
        return result if sound else None

    def graded(self, student: str, digest: str) -> dict | None:
        """The result of exactly this submission, if it needn't be graded again."""
        result = self.load(student)
        return result if result and result["digest"] == digest and result["status"] in FINAL else None

    def save(self, result: dict) -> None:
        write(self.path(result["student"]), to_json(result), 0o600)

    def path(self, student: str) -> Path:
        return self.results / f"{student}.json"

    def students(self) -> list[str]:
        """Everybody with a result, sorted."""
        return sorted(path.name.removesuffix(".json") for path in self.results.glob("*.json"))

    def all(self) -> Iterator[dict]:
        """Every result, by student, one at a time."""
        for student in self.students():
            if (result := self.load(student)) is not None:
                yield result

    # --- what has been passed on ----------------------------------------------------------------------------------

    def published(self) -> set[str]:
        try:
            return set((self.folder / "published").read_text(encoding="utf-8").splitlines())
        except OSError:
            return set()

    def note_published(self, mark: str) -> None:
        with open(self.folder / "published", "a", encoding="utf-8") as file:
            file.write(f"{mark}\n")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other graders out of a folder. The system frees the lock of a process that dies, however it dies.

    Raises:
        InputError: somebody else is grading here.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / ".autograder.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(f"{folder} cannot be written in ({error.strerror}): choose another folder.") from None
    with os.fdopen(descriptor, "r+") as file:
        if not _lock(file):
            who = file.read(100).strip() or "unknown"
            raise InputError(
                f"Another grader is at work in {folder} (process {who}): wait for it, or choose another --out."
            )
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.seek(0)
        file.truncate()


def _lock(file) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write(path: Path, text: str | bytes, mode: int = 0o644) -> None:
    """Put a file in its place at once, on the disk before its name: a kill leaves the old one or the new one."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def to_json(content: dict) -> str:
    """In one line: with line breaks, Python's encoder is not the one in C, and takes ten times as long."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"
