"""Folders around a class, and titles in front of user names: what is taken off before one asks whose a file is.

`ML101/ada/...` may be a class in a folder or a learner called ML101, so nothing is taken off that could be a learner,
unless something else says that a class is inside.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from autograder.grading.archives import File, InputError, shown
from autograder.grading.platforms import (
    BYPRODUCT,
    NOTEBOOK,
    Claim,
    counted,
    from_folder,
    platform_of,
    split_heads,
    stem_of,
)
from autograder.grading.students import Roster

WRAPPERS = re.compile(
    r"(.*[^a-z])?(submitted|submissions?|inbound|handed[ _-]?in|abgaben?|class|students|all)([^a-z].*)?", re.I
)
GITHUB_CLASSROOM = re.compile(r"(?P<slug>.+)-submissions")
CLASSROOM_50 = re.compile(r"(?P<slug>.+)_submissions_\d{4}_\d\d_\d\d_T_\d\d_\d\d_\d\d")


@dataclass
class Unwrapped:
    """The files of a class, and what was around them, outermost first."""

    files: list[File]
    around: list[str] = field(default_factory=list)


def unwrap(files: list[File], name: str, assignment: str, roster: Roster | None) -> Unwrapped:
    """Take off the folders around a class.

    Args:
        name: what the folder or archive itself is called.

    Raises:
        InputError: there is one learner in it, and their folder could be either of two.
    """
    found = Unwrapped(files, [name])
    beside = False
    while True:
        first = [file for file in found.files if len(file.place.parts) == 1]
        # Brightspace puts an index beside the folders, so somebody has downloaded a class.
        beside |= any(file.place.name.casefold() == "index.html" for file in first)
        tops = {file.place.parts[0] for file in found.files if len(file.place.parts) > 1}
        if len(tops) != 1 or not all(BYPRODUCT.fullmatch(file.place.name) for file in first):
            return found
        top = next(iter(tops))
        inner = _inside(found.files)
        if from_folder(top).platform or not _holds_class(top, inner, assignment, roster, beside):
            return found
        found = Unwrapped(inner, [*found.around, top])


def _inside(files: list[File]) -> list[File]:
    """The files one level down."""
    return [replace(file, place=PurePosixPath(*file.place.parts[1:])) for file in files if len(file.place.parts) > 1]


def _holds_class(top: str, inner: list[File], assignment: str, roster: Roster | None, beside: bool) -> bool:
    """Whether a folder is one around a class, rather than a learner's."""
    wanted = assignment.casefold()
    loose = [file.place.name for file in inner if len(file.place.parts) == 1]
    notebooks = [name for name in loose if NOTEBOOK.fullmatch(name)]
    folders = {file.place.parts[0] for file in inner if len(file.place.parts) > 1}
    if any(from_folder(folder).platform for folder in folders) or any(_is_told(name, assignment) for name in loose):
        return True
    if any(len(file.place.parts) > 2 and file.place.parts[1].casefold() == wanted for file in inner):
        return True  # nbgrader's layout, one level down
    if any(folder.casefold() == wanted for folder in folders):
        return False  # nbgrader's layout here: this is the learner
    if roster:
        inside = any(_is_known(name, roster) for name in (*folders, *map(stem_of, notebooks)))
        if inside or _is_known(top, roster):
            return inside
    if WRAPPERS.fullmatch(top) or top.casefold() == wanted or (beside and folders):
        return True
    with_notebooks = {f.place.parts[0] for f in inner if len(f.place.parts) > 1 and NOTEBOOK.fullmatch(f.place.name)}
    if len(folders) == 1 and not notebooks:
        only = next(iter(folders))
        if _holds_class(only, _inside(inner), assignment, roster, beside):
            return True
        if with_notebooks:
            raise InputError(
                f"{shown(f'{top}/{only}')} holds one learner's work, and either name could be theirs: name the folder "
                f"that {shown(only)} is in, or say with --student whose it is."
            )
    own = any(counted(stem_of(name))[0].casefold() == wanted for name in notebooks)
    return not own and (len(with_notebooks) > 1 or len({counted(stem_of(name))[0] for name in notebooks}) > 1)


def _is_told(file: str, assignment: str) -> bool:
    """Whether a platform's form says whose a loose file is."""
    return platform_of(file, assignment) is not None


def _is_known(name: str, roster: Roster) -> bool:
    return bool(roster.by_id(name) or roster.by_name((name,)))


def without_titles(claims: dict[str, Claim], files: Iterable[File], around: list[str], assignment: str,
                   roster: Roster | None) -> dict[str, Claim]:  # fmt: skip
    """The claims of the class's first names, with the title taken off those that hold one: Blackboard's
    `HW1_ada7`, and repositories such as `hw1-ada7` of GitHub Classroom and Classroom 50.

    Args:
        claims: by the first part of each place.
    """
    files, logins = list(files), roster.logins() if roster else set()
    board = {name: claim for name, claim in claims.items() if claim.platform == "blackboard"}
    if board:
        receipts = (_text(file) for file in files if (c := board.get(file.place.parts[0])) and c.kind == "txt")
        known = logins | {
            match[1].casefold() for text in receipts if (match := re.search(r"\(([^()\n]+)\)\s*\n", text))
        }
        names = split_heads(sorted({claim.id for claim in board.values()}), "_", known)
        claims = claims | {name: replace(claim, id=names[claim.id]) for name, claim in board.items()}
    plain = [name for name, claim in claims.items() if not claim.platform and not claim.file]
    if roster and any(_is_known(folder, roster) for folder in plain):
        return claims
    names = _repositories(plain, files, around, assignment, logins)
    scores = _scores(files)
    for folder, login in names.items():
        told = scores.get(login.casefold(), {})
        claims[folder] = Claim("github", id=login, when=told.get("datetime", ""), late=told.get("late") == "true")
    return claims


def _repositories(
    folders: list[str], files: list[File], around: list[str], assignment: str, logins: set[str]
) -> dict[str, str]:
    """Whose repository each folder is, where that can be told for all of them."""
    if not folders:
        return {}
    slugs = [
        match["slug"] for name in around for form in (GITHUB_CLASSROOM, CLASSROOM_50) if (match := form.fullmatch(name))
    ]
    slugs += [found[0] for word in {assignment, assignment.replace("_", "-")}
              if (found := re.match(rf".*?(?<![^\W_]){re.escape(word)}(?=-)", folders[0], re.IGNORECASE))]  # fmt: skip
    for slug in slugs:
        if all(
            folder.casefold().startswith(f"{slug}-".casefold()) and len(folder) > len(slug) + 1 for folder in folders
        ):
            return {folder: folder[len(slug) + 1 :] for folder in folders}
    if known := set(_scores(files)) or logins:
        names = split_heads(folders, "-", known) if len(folders) > 1 else _last_known(folders[0], known)
        if any(name.casefold() in known for name in names.values()) and all(f != n for f, n in names.items()):
            return names
    marked = {
        file.place.parts[0]
        for file in files
        if file.place.parts[1:] == ("result.json",) and "classroom50/" in _text(file)
    }
    if len(folders) > 1 and marked >= set(folders):
        return split_heads(folders, "-", set())
    return {}


def _last_known(folder: str, known: set[str]) -> dict[str, str]:
    ends = [folder[found.end() :] for found in re.finditer("-", folder)]
    return {folder: next((end for end in ends if end.casefold() in known), folder)}


def _scores(files: list[File]) -> dict[str, dict[str, str]]:
    """What Classroom 50's summary says, by user name."""
    for file in files:
        if file.place.parts == ("scores.csv",):
            try:
                rows = list(csv.DictReader(io.StringIO(_text(file, 2**22))))
            except csv.Error:
                return {}
            return {row["username"].casefold(): row for row in rows if row.get("username")}
    return {}


def _text(file: File, largest: int = 2**16) -> str:
    """The beginning of a small text; "" where it cannot be read."""
    try:
        return "" if file.problem else file.content(largest).decode("utf-8", "replace")
    except Exception:  # whatever a damaged archive provokes: then the names have to do
        return ""
