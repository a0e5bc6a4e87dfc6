"""Whose is it: learners' names from folders, from file names as learning platforms write them, and from a roster."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dlcourse.handing_in.notebook_files import CourseError

LONGEST = 80  # characters
MOST_BYTES = 200  # a file system takes 255, and endings come behind
RESERVED = {"con", "prn", "aux", "nul", "submissions"}

MOODLE_FOLDER = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_file_?$")
MOODLE_FILE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file_+(?P<file>.+)$")
CANVAS_FILE = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)$")

ID_COLUMNS = ("student", "studentid", "username", "user", "login", "loginid", "sisloginid", "idnumber", "id")
NUMBER_COLUMNS = ("number", "participant", "identifier", "lmsid", "canvasid", "moodleid", "userid", "id")
EMAIL_COLUMNS = ("email", "emailaddress", "mail")


class RosterError(CourseError):
    """A roster that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Handed:
    """What a file's or folder's name says: whose it is, in the words to look up, and the file's own name."""

    name: str
    keys: tuple[str, ...]
    file: str = ""


def safe_name(text: str) -> str:
    """A learner's name that is fit to be a folder's name on every system, a database key, and a cell of a table.

    Names that need changes get a short mark of the original, so that two of them cannot become one learner.
    """
    plain = unicodedata.normalize("NFC", text).strip()
    kept = re.sub(r"[^\w .,'()+@=-]", "_", plain).strip(" .")
    if not kept or kept.casefold().split(".")[0] in RESERVED or len(kept) > LONGEST or len(kept.encode()) > MOST_BYTES:
        kept = (kept[: LONGEST - 10].encode()[: MOST_BYTES - 10].decode(errors="ignore") or "student") + "_"
    if kept != plain:
        kept += "-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return kept


def from_folder(folder: str) -> Handed:
    """Whose a folder is: Moodle's `Name_123_assignsubmission_file`, or just the name."""
    if match := MOODLE_FOLDER.fullmatch(folder):
        return Handed(match["name"], (folder, match["name"], match["number"]))
    return Handed(folder, (folder,))


def from_file(file: str, assignment: str) -> Handed:
    """Whose a loose file is: Moodle's and Canvas's names, or what is left of the name without the assignment's."""
    stem = stem_of(file)
    for pattern in (MOODLE_FILE, CANVAS_FILE):
        if match := pattern.fullmatch(file):
            return Handed(match["name"], (match["name"], match["number"], stem), match["file"])
    left = re.sub(re.escape(assignment), "", stem, flags=re.IGNORECASE)
    left = re.sub(r"^[\s_-]+|[\s_-]+$|[\s_-]*\(\d+\)$", "", left)
    return Handed(left or stem, (left, stem), file)


def is_platform_name(name: str) -> bool:
    """Whether a learning platform has written this name."""
    return any(pattern.fullmatch(name) for pattern in (MOODLE_FOLDER, MOODLE_FILE, CANVAS_FILE))


def stem_of(file: str) -> str:
    """A notebook's name without `.ipynb`, and without what browsers add behind it."""
    return re.sub(r"\.ipynb(\.(txt|json|html?))?$", "", file, flags=re.IGNORECASE)


@dataclass(frozen=True)
class Member:
    """One line of a roster."""

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""


@dataclass
class Roster:
    """The class, and the words under which each of its members can be found."""

    members: dict[str, Member] = field(default_factory=dict)
    _by_key: dict[str, str | None] = field(default_factory=dict)

    def add(self, member: Member, keys: Iterable[str]) -> None:
        self.members[member.student] = member
        for key in {_key(key) for key in keys} - {""}:
            known = self._by_key.get(key, member.student)
            self._by_key[key] = member.student if known == member.student else None  # None: it could be two people

    def find(self, keys: Iterable[str]) -> str | None:
        """The member that the first telling key names."""
        return next((found for key in keys if (found := self._by_key.get(_key(key)))), None)


def read_roster(path: Path) -> Roster:
    """Read a class list: a CSV with a column `student` (or `username`, `id`), and as many of `name`, `first name`,
    `last name`, `email`, `number` (the platform's own) as there are.

    Raises:
        RosterError: the file cannot be read, or has no such column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RosterError(f"The roster {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise RosterError(f"The roster {path} is not text in UTF-8: save it as CSV in UTF-8.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    roster = Roster()
    for row in rows:
        known = {_key(column): (value or "").strip() for column, value in row.items() if isinstance(column, str)}
        student = _first(known, ID_COLUMNS) or _first(known, EMAIL_COLUMNS) or _first(known, ("name", "fullname"))
        if not student:
            continue
        given, family = _first(known, ("firstname", "givenname")), _first(known, ("lastname", "surname", "familyname"))
        name, email = _first(known, ("name", "fullname", "studentname")), _first(known, EMAIL_COLUMNS)
        if not (given or family):
            given, _, family = name.rpartition(" ")
        member = Member(safe_name(student), given, family, email)
        if member.student in roster.members:
            raise RosterError(f"The roster {path} has {student!r} twice; give every learner a name of their own.")
        numbers = [known.get(column, "") for column in NUMBER_COLUMNS]
        names = [student, name, f"{given} {family}", f"{family} {given}", email, email.partition("@")[0]]
        roster.add(member, [*names, *numbers])
    if not roster.members:
        raise RosterError(f"The roster {path} names nobody; it needs a first line with a column called `student`.")
    return roster


def _first(row: dict[str, str], columns: tuple[str, ...]) -> str:
    return next((row[column] for column in columns if row.get(column)), "")


def _key(text: str) -> str:
    """Letters and digits only, without accents and case: how names differ between a roster and a file name."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
