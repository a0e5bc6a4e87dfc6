"""The files in a folder or a zip, by their places. Nothing is unpacked, and no link is followed."""

from __future__ import annotations

import functools
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dlcourse.handing_in.notebook_files import CourseError

MOST_FILES = 1_000_000  # of a class; of one learner `submissions.MOST_FILES_EACH`
DEEPEST = 12
SKIPPED = {"__MACOSX", ".ipynb_checkpoints"}
UTF8 = 0x800  # an archive's mark of names in UTF-8


class InputError(CourseError):
    """The submissions cannot be used at all; the message says what to do."""


@dataclass(frozen=True)
class File:
    """One file that may be a notebook: its place below what was handed in, and where to read it."""

    place: PurePosixPath
    path: Path  # the file itself, or the archive
    size: int
    member: zipfile.ZipInfo | None = None  # in the archive
    problem: str = ""

    def open(self):
        """The file's bytes as a stream."""
        if self.member is not None:
            return _opened(self.path, self.path.stat().st_mtime_ns).open(self.member)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        return os.fdopen(os.open(self.path, flags), "rb")

    def content(self, largest: int) -> bytes:
        """At most `largest` bytes and one, whatever the archive's directory says of its size."""
        with self.open() as stream:
            return stream.read(largest + 1)


def in_folder(root: Path) -> Iterator[File]:
    """Every file below a folder; what cannot be taken, and a folder without anything in it, with its problem."""
    for number, file in enumerate(_walk(root, root, 1)):
        if number >= MOST_FILES:
            raise InputError(f"{root} holds more than {MOST_FILES} files: name the folder of one assignment.")
        yield file


def in_archive(path: Path, refused: list[str]) -> Iterator[File]:
    """Every file of a zip; names that lead out of it are added to `refused`."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be opened ({error}); download it again.") from None
    if len(members) > MOST_FILES:
        raise InputError(f"{path} holds more than {MOST_FILES} files: grade one assignment at a time.")
    filled: set[PurePosixPath] = set()
    empty: list[File] = []
    for member in members:
        name = _name(member)
        parts = name.split("/")
        if name.startswith("/") or "\0" in name or ".." in parts or re.match(r"[A-Za-z]:", name):
            refused.append(f"{shown(member.filename)} was left out: its name leads out of the archive.")
            continue
        if any(part.startswith(".") and part != "." or part in SKIPPED for part in parts):
            continue
        place = PurePosixPath(*[part for part in parts if part not in ("", ".")] or ["unnamed"])
        if name.endswith("/"):
            empty.append(File(place, path, 0, problem=_empty(place.name)))
            continue
        mode, problem = member.external_attr >> 16, ""
        if stat.S_ISLNK(mode):
            problem = f"{shown(parts[-1])} is a symbolic link; hand in the notebook itself."
        elif member.flag_bits & 1:
            problem = f"{shown(parts[-1])} is encrypted; hand it in without a password."
        elif len(place.parts) > DEEPEST:
            problem = "The folders are too many levels deep: hand in the notebook itself."
        filled.update(place.parents)
        yield File(place, path, member.file_size, member, problem)
    filled.update(parent for file in empty for parent in file.place.parents)
    yield from (file for file in empty if file.place not in filled)


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name as it was meant. Windows PowerShell writes backslashes; macOS writes UTF-8 without the mark,
    which is then read as the code page of the first PCs."""
    name = member.filename
    if not member.flag_bits & UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name.replace("\\", "/")


@functools.lru_cache(maxsize=2)
def _opened(path: Path, _changed: int) -> zipfile.ZipFile:
    """An archive whose directory is read once, not once for each learner."""
    return zipfile.ZipFile(path)


def _walk(folder: Path, root: Path, depth: int) -> Iterator[File]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield File(PurePosixPath(folder.relative_to(root)), folder, 0, problem=f"The folder cannot be read ({error}).")
        return
    entries = [entry for entry in entries if not (entry.name.startswith(".") or entry.name in SKIPPED)]
    if not entries and folder != root:
        yield File(PurePosixPath(folder.relative_to(root)), folder, 0, problem=_empty(folder.name))
    for entry in entries:
        path = Path(entry.path)
        place = PurePosixPath(path.relative_to(root))
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            if depth < DEEPEST:
                yield from _walk(path, root, depth + 1)
            else:
                yield File(place, path, 0, problem="The folders are too many levels deep: hand in the notebook itself.")
        elif stat.S_ISLNK(status.st_mode):
            yield File(place, path, 0, problem=f"{shown(entry.name)} is a symbolic link; hand in the notebook itself.")
        elif not stat.S_ISREG(status.st_mode):
            yield File(place, path, 0, problem=f"{shown(entry.name)} is not a file.")
        else:
            yield File(place, path, status.st_size)


def _empty(name: str) -> str:
    return f"{shown(name)} is an empty folder."


def shown(name: str) -> str:
    """A name from outside, in a message: short and without control characters."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return f"'{plain if len(plain) <= 80 else plain[:77] + '...'}'"
