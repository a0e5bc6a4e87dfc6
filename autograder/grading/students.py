"""The learners of a class: names that are safe to use, and rosters as spreadsheets and platforms write them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dlcourse.handing_in.notebook_files import CourseError

LONGEST = 80  # characters
MOST_BYTES = 200  # a file system takes 255, and endings come behind
RESERVED = {"con", "prn", "aux", "nul", "submissions"}
LARGEST_FIELD = 2**24  # characters; csv's own limit is 131,072, and then it gives up the whole file

# Columns by their names, letters and digits only. The first that is filled in counts.
ID_COLUMNS = ("student", "studentid", "username", "user", "login", "loginid", "sisloginid", "sisuserid", "idnumber",
              "idnummer", "orgdefinedid", "identifier", "githubusername", "id")  # fmt: skip
EMAIL_COLUMNS = ("email", "emailaddress", "emailadresse", "mail")
NAME_COLUMNS = ("name", "fullname", "vollstandigername", "studentname")
GIVEN_COLUMNS, FAMILY_COLUMNS = ("firstname", "givenname"), ("lastname", "surname", "familyname")
# Other exact ids of the same person, in which capitals don't count.
LOGIN_COLUMNS = ("username", "user", "login", "loginid", "sisloginid", "sisuserid", "orgdefinedid", "studentid",
                 "idnumber", "idnummer", "identifier", "githubusername", *EMAIL_COLUMNS)  # fmt: skip
# Numbers that a platform writes into the names of what it lets a teacher download.
NUMBER_COLUMNS = ("number", "participant", "lmsid", "canvasid", "moodleid", "userid", "githubid")
DOUBTFUL_COLUMNS = (
    "id",
    "identifier",
    "idnumber",
    "idnummer",
    "studentid",
)  # may be a platform's number, or a running one
DUE_COLUMNS = ("due", "extension", "extendedto", "deadline")  # of one learner alone
SUBMITTED_COLUMNS = ("submitted", "lastmodifiedsubmission", "zuletztgeandertabgabe")
NOBODY = ("pointspossible", "studenttest")  # lines of Canvas's export that are no learners
# "Participant 4711" in Moodle's worksheet, "Teilnehmer/in4711" in a German one
PARTICIPANT = re.compile(r"[^\W\d]+(?:/[^\W\d]+)? ?(\d+)")


class RosterError(CourseError):
    """A roster that cannot be used; the message says what to do."""


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


@dataclass(frozen=True)
class Member:
    """One line of a roster."""

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    due: str = ""  # who has longer: until when, as written
    submitted: str = ""  # when something was handed in, where the roster says it


@dataclass
class Roster:
    """The class, and under what each of its members can be found (the order is `autograder.grading.identity`'s)."""

    members: dict[str, Member] = field(default_factory=dict)
    numbers: dict[str, set[str]] = field(default_factory=dict)
    numbers_of: dict[str, set[str]] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)  # numbers from a column that may count something else
    words: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # what `add` was given, by student
    _ids: dict[str, set[str]] = field(default_factory=dict)
    _logins: dict[str, set[str]] = field(default_factory=dict)
    _names: dict[str, set[str]] = field(default_factory=dict)

    def add(
        self,
        member: Member,
        ids: Iterable[str],
        logins: Iterable[str] = (),
        names: Iterable[str] = (),
        numbers: Iterable[str] = (),
        doubtful: Iterable[str] = (),
    ) -> None:
        """Enter a member, and everything that says it is them."""
        student = member.student
        self.members[student] = member
        given = {"ids": ids, "logins": logins, "names": names, "numbers": numbers, "doubtful": doubtful}
        given = {kind: sorted({word for word in words if word.strip()}) for kind, words in given.items()}
        self.words[student] = given
        for index, words in (
            (self._ids, map(_exact, given["ids"])),
            (self._logins, (_exact(login).casefold() for login in given["logins"])),
            (self._names, map(_key, (*given["ids"], *given["logins"], *given["names"]))),
            (self.numbers, (*given["numbers"], *given["doubtful"])),
        ):
            for word in set(words) - {""}:
                index.setdefault(word, set()).add(student)
        self.numbers_of[student] = set(given["numbers"])
        self.doubtful |= set(given["doubtful"]) - set(given["numbers"])

    def has(self, number: str) -> bool:
        """Whether the roster knows a platform's number for certain."""
        return number in self.numbers and number not in self.doubtful

    def by_id(self, identifier: str) -> set[str]:
        """The members of this name, letter by letter; else those with such a login."""
        exact = _exact(identifier)
        return set(self._ids.get(exact) or self._logins.get(exact.casefold(), ()))

    def by_name(self, words: Iterable[str]) -> set[str]:
        """The members whom one of these words can mean, spelling aside."""
        return {student for word in words if _key(word) for student in self._names.get(_key(word), ())}

    def logins(self) -> set[str]:
        """Everything exact that a member may be called, in small letters."""
        return {identifier.casefold() for identifier in self._ids} | set(self._logins)


def read_roster(path: Path) -> Roster:
    """Read a class list: a CSV with a column `student` (or `username`, `id`), and as many of `name`, `first name`,
    `last name`, `email`, `number` (the platform's own) as there are; or what Canvas, Moodle, Blackboard, Brightspace,
    GitHub Classroom and Classroom 50 export.

    Raises:
        RosterError: the file cannot be read, or has no such column.
    """
    roster = Roster()
    rows = _rows(path)
    canvas = bool(rows) and list(rows[0])[:2] == ["student", "id"]
    shared = _twice(row.get("student", "") for row in rows)
    for row in rows:
        if canvas:
            if _key(row["student"]) in NOBODY:
                continue
            row = _as_canvas(row, shared)
        if "bewertung" in row and "id" in row:
            row["identifier"] = row.pop("id")
        participant = PARTICIPANT.fullmatch(row.get("identifier", ""))
        if participant and ("fullname" in row or "status" in row or "grade" in row):  # Moodle's worksheet
            row = {**row, "participant": participant[1]}
            row["student"] = _first(row, ("idnumber", "idnummer", "username", *EMAIL_COLUMNS)) or row.pop("identifier")
            row.pop("identifier", "")
        student = _first(row, ID_COLUMNS) or _first(row, EMAIL_COLUMNS) or _first(row, NAME_COLUMNS)
        if not student:
            continue
        given, family = _first(row, GIVEN_COLUMNS), _first(row, FAMILY_COLUMNS)
        name, email = _first(row, NAME_COLUMNS), _first(row, EMAIL_COLUMNS)
        if not (given or family):
            family, comma, given = (part.strip() for part in name.partition(","))
            if not comma:
                given, _, family = name.rpartition(" ")
        told = _first(row, DUE_COLUMNS), _first(row, SUBMITTED_COLUMNS)
        member = Member(safe_name(student), given, family, email, *told)
        if member.student in roster.members:
            raise RosterError(f"The roster {path} has {student!r} twice; give every learner a name of their own.")
        roster.add(
            member,
            ids=(student, member.student),
            logins=[row.get(column, "") for column in LOGIN_COLUMNS],
            names=[name, f"{given} {family}", f"{family} {given}", email.partition("@")[0]],
            numbers=[_digits(row.get(column, "")) for column in NUMBER_COLUMNS],
            doubtful=[_digits(row.get(column, "")) for column in DOUBTFUL_COLUMNS],
        )
    if not roster.members:
        raise RosterError(f"The roster {path} names nobody; it needs a first line with a column called `student`.")
    return roster


def _rows(path: Path) -> list[dict[str, str]]:
    """The lines of a table by its columns, letters and digits only."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except OSError as error:
        raise RosterError(f"The roster {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise RosterError(f"The roster {path} is not text in UTF-8: save it as CSV in UTF-8.") from None
    text = text.replace("\0", "").lstrip("\r\n \ufeff")
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?', first.strip())  # Excel's line for itself
    if told or first.strip() == "sep=":
        text = rest.lstrip("\r\n ")
        first = text.partition("\n")[0]
    delimiter = told[1] if told else max(",;\t", key=first.count)
    csv.field_size_limit(LARGEST_FIELD)
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=delimiter) if any(map(str.strip, line))]
    except csv.Error as error:
        raise RosterError(f"The roster {path} is not a table ({error}): save it as CSV in UTF-8.") from None
    columns = [_key(column) for column in lines[0]] if lines else []
    rows = []
    for line in lines[1:]:
        rows.append(row := {})
        for column, value in zip(columns, line, strict=False):
            row.setdefault(column, value.strip().lstrip("#"))  # Brightspace's ids begin with it
    return rows


def _as_canvas(row: dict[str, str], shared: set[str]) -> dict[str, str]:
    """A line of Canvas's gradebook: `student` is a person's name there, and `id` the number in its file names."""
    name, number = row.get("student", ""), row.get("id", "")
    login = _first(row, ("sisloginid", "sisuserid"))
    row = {
        **row,
        "name": name,
        "canvasid": number,
        "student": login or (f"{name} {number}" if name in shared else name),
    }
    row.pop("id", "")
    return row


def _twice(values: Iterable[str]) -> set[str]:
    counted = Counter(values)
    return {value for value in counted if counted[value] > 1}


def _digits(text: str) -> str:
    """A platform's number, also from Moodle's "Participant 4711"."""
    match = PARTICIPANT.fullmatch(text)
    return match[1] if match else text


def _first(row: dict[str, str], columns: tuple[str, ...]) -> str:
    return next((row[column] for column in columns if row.get(column)), "")


def _exact(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _key(text: str) -> str:
    """Letters and digits only, without accents and case: how names differ between a roster and a file name."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
