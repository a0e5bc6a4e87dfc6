"""Feedback pages as the zip that a platform takes back, made from the zip of submissions that it gave."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.archives import InputError, in_archive, shown
from autograder.grading.platforms import Claim, from_folder, platform_of
from autograder.results.matching import Learners, Line

FIXED = (2020, 1, 1, 0, 0, 0)  # the same pages give the same zip
PAGE = "feedback.html"


@dataclass
class Packed:
    """The zip, who is in it, and sentences on who is not."""

    content: bytes = b""
    students: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def pack(given: Path, name: str, platform: str, known_as: dict[str, dict], page: Callable[[str], str | None]) -> Packed:
    """Make the zip.

    Args:
        given: the submissions as they were downloaded.
        name: the notebook's.
        page: a learner's feedback page; None where there is none.

    Raises:
        InputError: it is no zip of this platform.
    """
    names = _names(given, name, platform)
    learners = Learners(known_as, platform)
    places = list(names)
    lines = [
        Line(number, claim.number, (claim.id,), (claim.name,)) for number, claim in enumerate(map(names.get, places))
    ]
    found, packed = learners.match(lines), Packed()
    files: dict[str, str] = {}
    for student, line in sorted(found.students.items()):
        place, why = _place(places[line.place], names[places[line.place]], platform, name)
        content = page(student)
        if content is None:
            why = "there is no feedback on it"
        if why:
            packed.lost.append(f"{shown(student)[1:-1]} is not in the zip: {why}.")
            continue
        files[place] = content
        packed.students.append(student)
    for line, why in found.lines:
        packed.lost.append(f"{shown(line.words)[1:-1]} is not in the zip: {why or 'it is not in the results'}.")
    if absent := sorted(student for student in known_as.keys() - found.students.keys() if page(student) is not None):
        words = ", ".join(shown(student)[1:-1] for student in absent)
        packed.lost.append(f"Not among the submissions of {given.name}, and so without feedback there: {words}.")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, content in files.items():
            entry = zipfile.ZipInfo(place, FIXED)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content.encode("utf-8", "replace"))
    packed.content = made.getvalue()
    return packed


def _names(given: Path, name: str, platform: str) -> dict[str, Claim]:
    """One name for each learner, as the platform wrote it, with what it says."""
    refused: list[str] = []
    files = list(in_archive(given, refused))
    found: dict[tuple[str, str], tuple[str, Claim]] = {}
    for file in files:
        for part in file.place.parts:
            claim = from_folder(part)
            if claim.platform != platform:
                claim = platform_of(part, name) or Claim()
            if claim.platform != platform or claim.kind or (platform == "canvas" and not claim.order):
                continue
            known = found.get(claim.key)
            if known is None or (claim.order, part) > (known[1].order, known[0]):  # Canvas's newest attachment
                found[claim.key] = (part, claim)
            break
    if not found:
        raise InputError(
            f"{given} holds no names as {platform.capitalize()} writes them: give the zip of submissions that it let "
            "you download."
        )
    return dict(found.values())


def _place(part: str, claim: Claim, platform: str, name: str) -> tuple[str, str]:
    """Where a learner's page goes, and why the platform would not find it there."""
    if platform == "moodle":
        person = claim.name.replace("_", " ")  # Moodle cuts at the first one
        return f"{person}_{claim.number}_assignsubmission_file_/{PAGE}", ""
    stem = part[: len(part) - len(claim.file)]
    place = f"{stem}{name}.{PAGE}"
    digits = [word for word in place.split("_") if re.fullmatch(r"\d+", word, re.ASCII)][:2]
    if digits != [claim.number, str(claim.order)]:
        return place, "Canvas would take a number in its name for the learner's"
    return place, ""
