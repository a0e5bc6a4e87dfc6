"""What was handed in: nbgrader's folders, a folder of loose notebooks or of one folder for each learner, or a zip from
a learning platform. Nothing is unpacked, no link is followed, and a file that cannot be taken costs only its owner."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from autograder.grading.students import (
    Handed,
    Member,
    Roster,
    from_file,
    from_folder,
    is_platform_name,
    safe_name,
    stem_of,
)
from dlcourse.handing_in.notebook_files import CourseError

LARGEST = 32 * 2**20
MOST_FILES = 50_000
DEEPEST = 12
SKIPPED = {"__MACOSX", ".ipynb_checkpoints"}
NOTEBOOK = re.compile(r".+\.ipynb(\.(txt|json))?", re.IGNORECASE)


class InputError(CourseError):
    """The submissions cannot be used at all; the message says what to do."""


@dataclass(frozen=True)
class File:
    """One file that may be a notebook: its place below what was handed in, and where to read it."""

    place: PurePosixPath
    path: Path  # the file itself, or the archive
    size: int
    member: str | None = None  # its name in the archive
    problem: str = ""

    def content(self, largest: int) -> bytes:
        """At most `largest` bytes and one, whatever the archive's directory says of its size."""
        if self.member is not None:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                return stream.read(largest + 1)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(self.path, flags), "rb") as stream:
            return stream.read(largest + 1)


@dataclass(frozen=True)
class Submission:
    """One learner's notebook; where `problem` is not empty, there is none that can be graded."""

    student: str
    file: File | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    member: Member | None = None

    @property
    def missing(self) -> bool:
        return self.file is None and not self.problem

    def content(self, largest: int = LARGEST) -> tuple[bytes, str]:
        """The notebook's bytes, and a sentence where they cannot be had."""
        if self.problem or self.file is None:
            return b"", self.problem or "Nothing was handed in."
        too_large = (
            f"The file is larger than {largest / 2**20:.0f} MB: clear the notebook's outputs and hand it in again."
        )
        if self.file.size > largest:
            return b"", too_large
        try:
            data = self.file.content(largest)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
            return b"", f"The file cannot be read ({error})."
        except Exception as error:  # zlib.error, lzma.LZMAError and what else a damaged archive provokes
            return b"", f"The file is damaged ({error})."
        return (b"", too_large) if len(data) > largest else (data, "")


@dataclass
class Intake:
    """The submissions of a class, by student, and what was refused on the way."""

    submissions: list[Submission] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def take_in(path: Path, assignment: str, roster: Roster | None = None, student: str | None = None) -> Intake:
    """Find the submissions for one assignment.

    Args:
        path: a folder, a zip, or a single notebook.
        student: everything in `path` is this learner's.

    Raises:
        InputError: there is no such folder or archive, or nothing in it.
    """
    intake = Intake()
    path = Path(path)
    if path.is_dir():
        files = list(_in_folder(path, path))
    elif path.is_file() and zipfile.is_zipfile(path):
        files = _without_wrapper(list(_in_archive(path, intake)))
    elif path.is_file() and NOTEBOOK.fullmatch(path.name):
        files = [File(PurePosixPath(path.name), path, path.stat().st_size)]
    else:
        what = "is neither a folder, a zip nor a notebook" if path.exists() else "does not exist"
        raise InputError(f"{path} {what}: name the folder or the zip that holds the submissions.")
    if len(files) > MOST_FILES:
        raise InputError(f"{path} holds more than {MOST_FILES} files: name the folder of one assignment.")
    groups = _by_student(files, assignment, student, intake)
    seen: dict[str, Submission] = {}
    for handed, group in groups:
        found = roster.find(handed.keys) if roster else None
        name = found or safe_name(handed.name)
        notes = () if found or not roster else ("This learner is not on the roster.",)
        if not found and name != handed.name:
            notes += (f"The name {_shown(handed.name)} was changed to one that can be a folder's name.",)
        known = seen.get(name)
        files_of = ([known.file] if known and known.file else []) + group
        seen[name] = replace(_choose(name, files_of, assignment), member=roster.members.get(name) if roster else None)
        seen[name] = replace(seen[name], notes=tuple(dict.fromkeys((*notes, *seen[name].notes))))
    for name, member in (roster.members if roster else {}).items():
        seen.setdefault(name, Submission(name, member=member))
    if not seen:
        raise InputError(f"There is no submission for {assignment} in {path}.")
    intake.submissions = [seen[name] for name in sorted(seen)]
    return intake


def _by_student(
    files: list[File], assignment: str, student: str | None, intake: Intake
) -> list[tuple[Handed, list[File]]]:
    """The files of each learner, in the order of their names."""
    sorted_in = {file.place.parts[0] for file in files if len(file.place.parts) >= 3 and _is_for(file, assignment)}
    groups: dict[str, tuple[Handed, list[File]]] = {}
    for file in files:
        parts = file.place.parts
        if student is not None:
            handed = Handed(student, (student,))
        elif sorted_in:
            if len(parts) >= 3 and not _is_for(file, assignment):
                if parts[0] in sorted_in or not (file.problem or assignment.casefold() in parts[-1].casefold()):
                    continue  # another assignment's
            if len(parts) == 1 and not file.problem:
                if NOTEBOOK.fullmatch(parts[0]):
                    intake.refused.append(f"{_shown(parts[0])} was left out: it is in no learner's folder.")
                continue
            if len(parts) == 2 and not (file.problem or NOTEBOOK.fullmatch(parts[1])):
                continue
            handed = from_folder(parts[0])
        elif len(parts) > 1:
            handed = from_folder(parts[0])
        elif is_platform_name(parts[0]) or NOTEBOOK.fullmatch(parts[0]):
            handed = from_file(parts[0], assignment)
        else:
            continue
        groups.setdefault(handed.name, (handed, []))[1].append(file)
    return [groups[name] for name in sorted(groups)]


def _is_for(file: File, assignment: str) -> bool:
    """Whether a file is in a learner's folder for the assignment, as nbgrader has it."""
    return file.place.parts[1].casefold() == assignment.casefold()


def _choose(name: str, files: list[File], assignment: str) -> Submission:
    """The notebook to grade among what one learner has handed in."""
    readable = [file for file in files if NOTEBOOK.fullmatch(file.place.name) and not file.problem]
    if not readable:
        problem = next((file.problem for file in files if file.problem), "")
        names = ", ".join(_shown(file.place.name) for file in files[:3])
        return Submission(name, files[0], problem or f"There is no notebook among what was handed in ({names}).")

    def preference(file: File) -> tuple:
        own = from_file(file.place.name, assignment).file or file.place.name
        stem = stem_of(own).casefold()
        bare = re.sub(r"[\s_-]*(\(?(\d+)\)?|copy)$", "", stem)
        copy = re.search(r"-(\d+)$|\((\d+)\)$", stem)  # Canvas, and `dlcourse submit`, count what is handed in again
        exact, near = stem == assignment.casefold(), bare == assignment.casefold()
        return exact, near or assignment.casefold() in stem, int(copy[1] or copy[2]) if copy else 0, str(file.place)

    best = max(readable, key=preference)
    notes = ()
    if len(readable) > 1:
        notes = (f"{len(readable)} notebooks were handed in; {_shown(best.place.name)} was graded.",)
    if not NOTEBOOK.fullmatch(best.place.name) or not best.place.name.lower().endswith(".ipynb"):
        notes += (f"The file is called {_shown(best.place.name)}; it was read as a notebook.",)
    elif not preference(best)[1] and len(best.place.parts) > 1:
        notes += (f"The file is called {_shown(best.place.name)}, not {assignment}.ipynb.",)
    return Submission(name, best, notes=notes)


def _in_folder(folder: Path, root: Path, depth: int = 1) -> Iterator[File]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield File(PurePosixPath(folder.relative_to(root)), folder, 0, problem=f"The folder cannot be read ({error}).")
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in SKIPPED:
            continue
        path = Path(entry.path)
        place = PurePosixPath(path.relative_to(root))
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            if depth < DEEPEST:
                yield from _in_folder(path, root, depth + 1)
            else:
                yield File(place, path, 0, problem="The folders are too many levels deep: hand in the notebook itself.")
        elif stat.S_ISLNK(status.st_mode):
            yield File(place, path, 0, problem=f"{_shown(entry.name)} is a symbolic link; hand in the notebook itself.")
        elif not stat.S_ISREG(status.st_mode):
            yield File(place, path, 0, problem=f"{_shown(entry.name)} is not a file.")
        else:
            yield File(place, path, status.st_size)


def _in_archive(path: Path, intake: Intake) -> Iterator[File]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be opened ({error}); download it again.") from None
    if len(members) > MOST_FILES:
        raise InputError(f"{path} holds more than {MOST_FILES} files: grade one assignment at a time.")
    for member in members:
        name = member.filename
        parts = name.split("/")
        if name.startswith("/") or "\\" in name or "\0" in name or ".." in parts or re.match(r"[A-Za-z]:", name):
            intake.refused.append(f"{_shown(name)} was left out: its name leads out of the archive.")
            continue
        if member.is_dir() or any(part.startswith(".") or part in SKIPPED for part in parts):
            continue
        mode, problem = member.external_attr >> 16, ""
        if stat.S_ISLNK(mode):
            problem = f"{_shown(parts[-1])} is a symbolic link; hand in the notebook itself."
        elif member.flag_bits & 1:
            problem = f"{_shown(parts[-1])} is encrypted; hand it in without a password."
        place = PurePosixPath(*[part for part in parts if part not in ("", ".")] or ["unnamed"])
        yield File(place, path, member.file_size, name, problem)


def _without_wrapper(files: list[File]) -> list[File]:
    """Many archives hold one folder, and everything in it."""
    tops = {file.place.parts[0] for file in files}
    if len(tops) != 1 or len(files) < 2 or any(len(file.place.parts) < 2 for file in files):
        return files
    if is_platform_name(next(iter(tops))):
        return files
    return [replace(file, place=PurePosixPath(*file.place.parts[1:])) for file in files]


def _shown(name: str) -> str:
    """A name from outside, in a message: short and without control characters."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return f"'{shown if len(shown) <= 80 else shown[:77] + '...'}'"
