"""What was handed in: nbgrader's folders, a folder of loose notebooks or of one folder for each learner, or a zip from
a learning platform; and what becomes of every file in it. A file that cannot be taken costs only its owner, and nothing
is left out without a sentence.

`archives` lists the files, `wrappers` takes off what is around the class, `platforms` reads names, `identity` says
whose a file is, `attempts` which of somebody's files counts; this module passes the class through them.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.grading.archives import File, InputError, in_archive, in_folder, shown
from autograder.grading.attempts import Chosen, choose
from autograder.grading.identity import Key, identify
from autograder.grading.platforms import (
    BYPRODUCT,
    NOTEBOOK,
    Claim,
    from_file,
    from_folder,
    platform_of,
    time_of,
    zone_in,
)
from autograder.grading.slimming import KEPT, LARGEST, TooLarge, slim, too_large
from autograder.grading.students import Member, Roster
from autograder.grading.wrappers import unwrap, without_titles

MOST_FILES_EACH = 50_000


@dataclass(frozen=True)
class Submission:
    """One learner's notebook; where `problem` is not empty, there is none that can be graded."""

    student: str
    file: File | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    member: Member | None = None
    late: bool = False
    when: str = ""  # when it was handed in, where a name, nbgrader or the roster says so
    zone: str = ""  # of that time, where it is known
    known_as: dict = field(default_factory=dict)  # to platforms and on the roster, for the way back

    @property
    def missing(self) -> bool:
        return self.file is None and not self.problem

    def content(self, largest: int = LARGEST) -> tuple[bytes, str]:
        """The notebook's bytes, and a sentence where they cannot be had."""
        if self.problem or self.file is None:
            return b"", self.problem or "Nothing was handed in."
        if self.file.size > largest:
            return b"", too_large(largest)
        try:
            data = slim(self.file, largest, KEPT)
        except TooLarge as error:
            return b"", str(error)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
            return b"", f"The file cannot be read ({error})."
        except Exception as error:  # zlib.error, lzma.LZMAError and what else a damaged archive provokes
            return b"", f"The file is damaged ({error})."
        return data, ""


@dataclass
class Intake:
    """The submissions of a class, by student, and what was refused on the way."""

    submissions: list[Submission] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # what was graded, and should be looked at

    @property
    def sentences(self) -> list[str]:
        return [*self.refused, *self.doubts]


def take_in(
    path: Path, assignment: str, roster: Roster | None = None, student: str | None = None, others: Iterable[str] = ()
) -> Intake:
    """Find the submissions for one assignment.

    Args:
        path: a folder, a zip, or a single notebook.
        student: everything in `path` is this learner's.
        others: the course's other notebooks, by their names.

    Raises:
        InputError: there is no such folder or archive, nothing in it, or no telling whose anything is.
    """
    intake, path = Intake(), Path(path)
    files = _files(path, intake)
    if student is not None:
        claimed = {("id", student): [(Claim(id=student), file) for file in files]} if files else {}
    else:
        opened = unwrap(files, path.stem if path.is_file() else path.resolve().name, assignment, roster)
        claimed = _claimed(opened.files, opened.around, assignment, tuple(others), roster, intake)
    found = identify({key: [claim for claim, _ in group] for key, group in claimed.items()}, roster)
    intake.refused += found.refused
    seen: dict[str, Submission] = {}
    for learner in found.learners:
        group = [pair for key in learner.keys for pair in claimed[key]]
        told = learner.member.submitted if learner.member else ""
        submission = _submission(learner.student, group, assignment, student is not None)
        intake.doubts += [f"{learner.student}: {submission.doubt}"] if submission.doubt else []
        seen[learner.student] = Submission(
            learner.student,
            submission.file,
            submission.problem,
            (*learner.notes, *submission.notes),
            learner.member,
            late=submission.claim.late,
            **_time(submission, group, told),
            known_as=_known_as(learner.student, roster, [claim for claim, _ in group]),
        )
    intake.refused += [f"{name}: {one.problem}" for name, one in sorted(seen.items()) if one.problem]
    for name, member in (roster.members if roster else {}).items():
        known_as = _known_as(name, roster)
        seen.setdefault(name, Submission(name, None, found.doubted.get(name, ""), member=member, known_as=known_as))
    if not seen:
        told = f" {' '.join(intake.refused[:5])}" if intake.refused else ""
        raise InputError(f"There is no submission for {assignment} in {path}.{told}")
    intake.submissions = [seen[name] for name in sorted(seen)]
    return intake


def _time(chosen: Chosen, group: list[tuple[Claim, File]], told: str) -> dict[str, str]:
    """When something was handed in: by its name, by nbgrader's timestamp.txt beside it, by the roster."""
    words = [chosen.claim.when]
    if chosen.file is not None:
        beside = (file for _, file in group if file.place == chosen.file.place.with_name("timestamp.txt"))
        for stamp in beside:
            with contextlib.suppress(Exception):  # a damaged archive; it is only a time
                words.append(stamp.content(200).decode("utf-8", "replace").strip())
    for when in [*words, told]:
        if (time := time_of(when)) is not None:
            return {"when": time.isoformat(" "), "zone": zone_in(when)}
    return {}


def _known_as(student: str, roster: Roster | None, claims: Iterable[Claim] = ()) -> dict:
    """Everything that says who a learner is, as plain data: what a platform wrote into names, what the roster has."""
    said = sorted({(claim.platform, claim.number, claim.id, claim.name) for claim in claims})
    keys = ("platform", "number", "id", "name")
    handed_in = [{key: word for key, word in zip(keys, words, strict=True) if word} for words in said]
    return {"handed_in": handed_in, "roster": roster.words.get(student, {}) if roster else {}}


def _files(path: Path, intake: Intake) -> list[File]:
    if path.is_dir():
        return list(in_folder(path))
    if path.is_file() and zipfile.is_zipfile(path):
        return list(in_archive(path, intake.refused))
    if path.is_file() and NOTEBOOK.fullmatch(path.name):
        return [File(PurePosixPath(path.name), path, path.stat().st_size)]
    what = "is neither a folder, a zip nor a notebook" if path.exists() else "does not exist"
    raise InputError(f"{path} {what}: name the folder or the zip that holds the submissions.")


def _claimed(
    files: list[File],
    around: list[str],
    assignment: str,
    others: tuple[str, ...],
    roster: Roster | None,
    intake: Intake,
) -> dict[Key, list[tuple[Claim, File]]]:
    """The files of each learner, with what their names say; what is no learner's is left out with a sentence."""
    # nbgrader's layout, for some at least: what is in another assignment's folder is another assignment's.
    sorted_in = {file.place.parts[0] for file in files if len(file.place.parts) > 2 and _is_for(file, assignment)}
    groups: dict[str, list[File]] = {}
    for file in files:
        if _counts(file, assignment, sorted_in, intake):
            groups.setdefault(file.place.parts[0], []).append(file)
    claims = {
        top: from_folder(top) if len(group[0].place.parts) > 1 or group[0].problem and not NOTEBOOK.fullmatch(top)
        else from_file(top, assignment, others)
        for top, group in groups.items()
    }  # fmt: skip
    claims = without_titles(claims, files, around, assignment, roster)
    claimed: dict[Key, list[tuple[Claim, File]]] = {}
    for top, group in sorted(groups.items()):
        claim = claims[top]
        if claim.assignment and claim.assignment.casefold() != assignment.casefold():
            continue  # in nbgrader's inbound folder: handed in for another one
        claimed.setdefault(claim.key, []).extend((claim, file) for file in group)
    return claimed


def _counts(file: File, assignment: str, sorted_in: set[str], intake: Intake) -> bool:
    """Whether a file may be some learner's hand-in for the assignment."""
    parts = file.place.parts
    if len(parts) == 1:
        if BYPRODUCT.fullmatch(parts[0]) and not file.problem:
            return False
        if platform_of(parts[0], assignment):
            return True
        if NOTEBOOK.fullmatch(parts[0]) and not (sorted_in and not file.problem):
            return True
        if file.problem:
            return True
        why = "it is in no learner's folder" if NOTEBOOK.fullmatch(parts[0]) else "it is not a notebook (.ipynb)"
        intake.refused.append(f"{shown(parts[0])} was left out: {why}.")
        return False
    if sorted_in and len(parts) >= 3 and not _is_for(file, assignment):
        if parts[0] in sorted_in or not (file.problem or assignment.casefold() in parts[-1].casefold()):
            return False  # another assignment's
    if sorted_in and len(parts) == 2 and not NOTEBOOK.fullmatch(parts[1]):
        return bool(file.problem) and parts[0] not in sorted_in
    return True


def _is_for(file: File, assignment: str) -> bool:
    """Whether a file is in a learner's folder for the assignment, as nbgrader has it."""
    return file.place.parts[1].casefold() == assignment.casefold()


def _submission(student: str, group: list[tuple[Claim, File]], assignment: str, alone: bool) -> Chosen:
    if len(group) > MOST_FILES_EACH:
        claim, file = group[0]
        return Chosen(file, claim, f"More than {MOST_FILES_EACH} files were handed in: hand in the notebook itself.")
    words = {student, *(word for claim, _ in group for word in (claim.id, claim.name, claim.number))}
    return choose(group, assignment, words, alone)
