"""The files that learning platforms export for grades, and what each platform does with them when they come back.

Each function finds the one column to fill in, the learners' lines, and what the platform would not take. Headers are
translated by the site, so places and shapes count as well as words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from autograder.grading.archives import InputError, shown
from autograder.results.exported_file import ExportedFile, number_in
from autograder.results.matching import Line

NOT_SCORES = ("Current Score", "Current Points", "Current Grade", "Final Score", "Final Points", "Final Grade",
              "Override Score", "Override Grade", "Override Status")  # fmt: skip
CANVAS_TITLE = re.compile(r"(.*)\s\((\d+)\)", re.DOTALL)
BRIGHTSPACE_TITLE = re.compile(r"(.+) Points Grade(?: <.*>)?", re.DOTALL)
BLACKBOARD_TITLE = re.compile(r"(.+) \[[^\]]*\] ?\|\d+", re.DOTALL)
# Moodle's worksheet in English and German; in other languages its columns are found by their places.
GRADE, MAXIMUM = ("grade", "bewertung"), ("maximumgrade", "bestwertung")
GRADED_ON = ("lastmodifiedgrade", "zuletztgeandertbewertung")
COMMENTS = ("feedbackcomments", "feedbackalskommentar")
NO = ("no", "nein", "non", "nee", "nao", "nej", "nei", "ne", "nie")
# Moodle reads the dates of a worksheet back in English only.
READABLE = set("january february march april may june july august september october november december am pm "
               "monday tuesday wednesday thursday friday saturday sunday".split())  # fmt: skip


@dataclass
class Layout:
    """Where a platform's file has what, and what the platform leaves out."""

    platform: str
    column: int
    title: str
    maximum: Decimal | None
    lines: list[Line]
    kept: dict[int, str] = field(default_factory=dict)  # by row: why its old value must stay
    at_risk: set[int] = field(default_factory=set)  # rows that Moodle may skip for a date that it cannot read
    too_high: str = ""  # what becomes of a score above the maximum, where it doesn't count in full
    comments: int | None = None  # the column for feedback
    equal_at: Decimal = Decimal("0.00001")  # a change that is smaller is none


def canvas(file: ExportedFile, name: str, asked: str | None) -> Layout:
    """Canvas's gradebook."""
    header = file.header
    two_names = len(header) > 4 and (header[0], header[1]) == ("LastName", "FirstName") and "ID" in header[2]
    if not two_names and not (len(header) > 3 and "Student" in header[0] and "ID" in header[1]):
        raise InputError(
            f"{file.path} is not Canvas's gradebook: in Canvas, choose Grades, Export, and give that file."
        )
    number = 2 if two_names else 1
    after = number + 1
    ids = []
    if re.search(r"SIS\s+Login\s+ID", header[after]):
        ids, after = [after], after + 1
    elif re.search(r"SIS\s+User\s+ID", header[after]) and re.search(
        r"SIS\s+Login\s+ID", "".join(header[after + 1 :][:1])
    ):
        ids, after = [after, after + 1], after + 2
        for more in (r"Integration\s+ID", r"Root\s+Account"):
            after += bool(re.search(more, "".join(header[after:][:1])))
    if "Section" not in "".join(header[after:][:1]):
        raise InputError(f"{file.path} has no column Section where Canvas wants it: export the gradebook again.")
    titles = {
        column: match[1]
        for column, title in enumerate(header)
        if column > after and (match := CANVAS_TITLE.fullmatch(title)) and not any(word in title for word in NOT_SCORES)
    }
    column = _choose(
        file, titles, name, asked, "Canvas makes a new assignment of a column without a number in brackets"
    )
    layout = Layout("canvas", column, header[column], None, [], equal_at=Decimal("0.01"))
    for row in range(1, len(file.rows)):
        first = file.value(row, 0)
        if "Points Possible" in first:
            if "read only" in file.value(row, column):
                raise InputError(f"Canvas lets nobody write into {shown(header[column])}: name another with --column.")
            layout.maximum = number_in(file.value(row, column))
            continue
        told = [cell.value.strip() for cell in file.rows[row] if cell.value.strip()]
        if all(re.fullmatch(r"Muted|Manual Posting.*", word, re.IGNORECASE) for word in told):
            continue
        person = f"{file.value(row, 1)} {first}".strip() if two_names else first
        if re.sub(r"\W", "", person).casefold() in ("studenttest", "teststudent"):
            continue  # the teacher's own
        exact = tuple(file.value(row, place) for place in ids)
        layout.lines.append(Line(row, file.value(row, number), exact, (person,)))
        old = file.value(row, column).upper()
        if old == "EX":
            layout.kept[row] = "excused there (EX)"
        elif old == "N/A":
            layout.kept[row] = "not given this assignment there (N/A)"
    return layout


def moodle(file: ExportedFile, name: str, asked: str | None) -> Layout:
    """The worksheet for offline grading of one of Moodle's assignments."""
    keys = [_key(title) for title in file.header]
    rows = [row for row in range(1, len(file.rows)) if any(cell.value.strip() for cell in file.rows[row])]
    numbers = {row: re.fullmatch(r"\D+?(\d+)", file.value(row, 0)) for row in rows}
    if not rows or not all(numbers.values()):
        raise InputError(
            f"{file.path} is not a grading worksheet: in Moodle's assignment, switch on offline grading worksheets, "
            "choose Download grading worksheet, and give that file."
        )
    most = next((place for place, key in enumerate(keys) if key in MAXIMUM), None) or _maximum(file, rows)
    column = next((place for place, key in enumerate(keys) if key in GRADE), None)
    if asked is not None:
        column = _choose(file, dict(enumerate(file.header)), name, asked, "")
    elif column is None and most:
        column = most - 1
    limit = number_in(file.value(rows[0], most)) if most else None
    if column is None or limit is None:
        raise InputError(
            f"{file.path} has no grade with a maximum (Moodle has it as a scale, perhaps): set the assignment's grade "
            "to points, or name the column with --column."
        )
    layout = Layout("moodle", column, file.header[column], limit, [], too_high="Moodle skips it silently")
    layout.comments = next((place for place, key in enumerate(keys) if key in COMMENTS), None)
    graded_on = next((place for place, key in enumerate(keys) if key in GRADED_ON), None)
    for row in rows:
        exact = tuple(
            value for place in range(1, min(column, len(file.rows[row]))) if (value := file.value(row, place))
        )
        layout.lines.append(Line(row, numbers[row][1], exact, exact[:1]))
        if most and _key(file.value(row, most + 1)) in NO:
            layout.kept[row] = "locked there: Moodle would skip the grade silently"
        when = file.value(row, graded_on)
        words = set(re.findall(r"[^\W\d]+", when.casefold()))
        if number_in(file.value(row, column)) is not None and (graded_on is None or not words <= READABLE):
            layout.at_risk.add(row)
    return layout


def brightspace(file: ExportedFile, name: str, asked: str | None) -> Layout:
    """Brightspace's export of grades."""
    header = file.header
    ids = [place for place, title in enumerate(header) if title in ("OrgDefinedId", "Username")]
    if not ids or _key(header[-1]) != "endoflineindicator":
        raise InputError(
            f"{file.path} is not Brightspace's export: in Brightspace, choose Grades, Enter Grades, Export, with "
            "points, as CSV, and give that file."
        )
    titles = {column: match[1] for column, title in enumerate(header) if (match := BRIGHTSPACE_TITLE.fullmatch(title))}
    column = _choose(file, titles, name, asked, "Brightspace makes a new item of a column that it doesn't know")
    most = re.search(r"MaxPoints:([\d.,]+)", header[column])
    layout = Layout("brightspace", column, header[column], number_in(most[1]) if most else None, [])
    layout.too_high = "Brightspace cuts it down to the maximum"
    people = [header.index(title) for title in ("First Name", "Last Name") if title in header]
    for row in range(1, len(file.rows)):
        exact = tuple(file.value(row, place).removeprefix("#") for place in ids)
        if any(exact):
            person = " ".join(file.value(row, place) for place in people)
            emails = (file.value(row, header.index("Email")),) if "Email" in header else ()
            layout.lines.append(Line(row, "", (*exact, *emails), (person,) if person.strip() else ()))
            if file.value(row, len(header) - 1) != "#":
                layout.kept[row] = "on a line without its end (#): Brightspace would not take it"
    return layout


def blackboard(file: ExportedFile, name: str, asked: str | None) -> Layout:
    """Blackboard's download of the grade centre."""
    header = file.header
    if "Username" not in header:
        raise InputError(
            f"{file.path} has no column Username: in Blackboard's gradebook, choose Download grades, with all of the "
            "user information, and give that file."
        )
    titles = {column: match[1] for column, title in enumerate(header) if (match := BLACKBOARD_TITLE.fullmatch(title))}
    column = _choose(file, titles, name, asked, "Blackboard makes a text worth no points of a column without |number")
    inside = re.search(r"\[([^\]]*)\] ?\|\d+$", header[column])
    most = re.search(r"\d[\d.,]*", inside[1]) if inside else None
    layout = Layout("blackboard", column, header[column], number_in(most[0]) if most else None, [])
    key = header.index("Username")
    people = [header.index(title) for title in ("First Name", "Last Name") if title in header]
    for row in range(1, len(file.rows)):
        if file.value(row, key):
            person = " ".join(file.value(row, place) for place in people)
            layout.lines.append(Line(row, "", (file.value(row, key),), (person,) if person.strip() else ()))
    return layout


LAYOUTS: dict[str, Callable[[ExportedFile, str, str | None], Layout]] = {
    "canvas": canvas,
    "moodle": moodle,
    "brightspace": brightspace,
    "blackboard": blackboard,
}


def _choose(file: ExportedFile, titles: dict[int, str], name: str, asked: str | None, why: str) -> int:
    """The column to fill in: the one asked for, else the one that is called as the notebook, else the only one."""
    header = file.header
    there = ", ".join(shown(header[column]) for column in titles) or "none"
    if asked is not None:
        found = [column for column, title in titles.items() if asked.strip() in (header[column], title)]
        if len(found) != 1:
            reason = f"; {why}" if why and not found else ""
            raise InputError(
                f"{'Several columns are' if found else 'No column is'} called {shown(asked)}{reason}. Name one of "
                f"these with --column: {there}."
            )
        return found[0]
    wanted = _key(name)
    found = [column for column, title in titles.items() if wanted in _key(title)]
    found = found or ([*titles] if len(titles) == 1 else [])
    if len(found) != 1:
        raise InputError(
            f"It cannot be told which column of {file.path} is for {name}: name one of these with --column: {there}."
            if titles
            else f"{file.path} has no column for an assignment: make the assignment in the platform first, then export "
            "again."
        )
    return found[0]


def _maximum(file: ExportedFile, rows: list[int]) -> int | None:
    """The column behind the grade: the last in which every line has the same number of points."""
    for column in range(len(file.rows[0]) - 1, 1, -1):
        said = {file.value(row, column) for row in rows}
        if len(said) == 1 and (number_in(said.pop()) or 0) > 0:
            return column
    return None


def _key(text: str) -> str:
    """Letters and digits only, without accents and case."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
