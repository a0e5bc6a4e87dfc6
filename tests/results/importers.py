"""What platforms do with a file of grades and with a zip of feedback that they are given back: their rules, written
here from their documentation and source for the tests, and knowing nothing of the exporter."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field


@dataclass
class Imported:
    """What an import changed."""

    grades: dict[str, float] = field(default_factory=dict)  # by the platform's own key
    created: list[str] = field(default_factory=list)  # columns that became new assignments
    points: dict[str, str] = field(default_factory=dict)  # maxima that were given
    strangers: list[str] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)


@dataclass
class Canvas:
    """Users by id with their SIS ids, logins and names; assignments by id; scores by user, "EX" for excused."""

    users: dict[str, tuple[str, str, str]]
    assignments: dict[str, str]
    scores: dict[str, str]
    wanted: str
    unassigned: set[str] = field(default_factory=set)  # whose cell is ignored

    def take(self, data: bytes) -> Imported:
        text = data.decode("utf-8-sig")
        counts = {mark: [len(row) for row in csv.reader(text.splitlines()[:3], delimiter=mark)] for mark in ";,"}
        widths = {mark: sizes[0] if len(set(sizes)) == 1 else 0 for mark, sizes in counts.items()}
        mark = ";" if widths[";"] > widths[","] else ","
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if row]
        header, done = rows[0], Imported()
        assert "Student" in header[0] and "ID" in header[1] and len(header) > 3
        fixed = (
            5 if "SIS User ID" in header[2] and "SIS Login ID" in header[3] else 4 if "SIS Login ID" in header[2] else 3
        )
        assert "Section" in header[fixed - 1]
        columns = {}
        for place, title in enumerate(header[fixed:], fixed):
            if re.search("(Current|Final|Override) (Score|Grade|Points|Status)", title):
                continue
            match = re.fullmatch(r"(.*)\s\((\d+)\)", title)
            if match and match[2] in self.assignments:
                columns[match[2]] = place
            else:
                done.created.append(title)
        for row in rows[1:]:
            if "Points Possible" in row[0]:
                done.points = {key: row[place] for key, place in columns.items()}
                continue
            if all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.I) for cell in row):
                continue
            user = self._user(row, fixed)
            if user is None:
                done.strangers.append(row[0])
                continue
            new, old = row[columns[self.wanted]].strip(), self.scores.get(user, "")
            new = "" if user in self.unassigned else new
            if re.fullmatch(r"-?[0-9.,]+%?", new):
                *before, last = re.split("[,.]", new)
                new = f"{''.join(before)}.{last}" if before else last
            if new == old or not (new and old) and new in ("", "-") and old in ("", "-"):
                continue
            if new and old and "EX" not in (new.upper(), old.upper()) and round(float(new), 2) == round(float(old), 2):
                continue
            done.grades[user] = float(new) if new and new.upper() != "EX" else None
        return done

    def _user(self, row: list[str], fixed: int) -> str | None:
        if row[1] in self.users:
            return row[1]
        for key, (sis, login, name) in self.users.items():
            if fixed == 5 and (row[2] and row[2] == sis or row[3] and row[3] == login):
                return key
            if row[0] == name:
                return key
        return None


@dataclass
class MoodleAssignment:
    """Participants by number, with what is known of their grades there; words as the site's language has them."""

    participants: set[str]
    maximum: float
    old: dict[str, float] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    word: str = "Participant "
    titles: tuple[str, str, str] = ("Identifier", "Grade", "Last modified (grade)")
    comments: str = "Feedback comments"
    mark: str = ","
    comma: bool = False
    ignore_dates: bool = False

    def take(self, data: bytes) -> Imported:
        done = Imported()
        header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=self.mark)
        place, grade, when = map(header.index, self.titles)
        for row in rows:
            number = row[place][len(self.word) :]
            if number not in self.participants:
                done.strangers.append(row[place])
                continue
            said = row[grade].replace(",", ".") if self.comma else row[grade].replace(",", "")
            known = self.old.get(number)
            english = re.search(r"\d (January|February|March|November|December) \d{4}", row[when])
            stale = known is not None and not english and not self.ignore_dates  # strtotime() gives nothing: 1970
            if self.comments in header and not stale and row[header.index(self.comments)]:
                done.comments[number] = row[header.index(self.comments)]
            try:
                value = float(said)
            except ValueError:
                continue
            if value == known or value < 0 or stale or number in self.locked or value > self.maximum:
                continue
            done.grades[number] = value
        return done


def moodle_feedback(names: list[str], participants: set[str]) -> dict[str, str]:
    """Whose feedback file each name in a zip becomes, as (number: file)."""
    taken = {}
    for name in names:
        parts = name.split("/")
        if parts[-1].startswith((".", "~")):
            continue
        for place, part in enumerate(parts):
            info = part.split("_", 4)
            if len(info) < 4 or not info[1].isdigit() or info[1] not in participants:
                continue
            if info[2:4] != ["assignsubmission", "file"]:
                continue
            rest = [*info[4:], *parts[place + 1 :]]
            taken[info[1]] = "/".join(filter(None, rest))
            break
    return taken


def canvas_feedback(names: list[str], attachments: dict[str, str]) -> dict[str, str]:
    """Whose comment each file becomes; `attachments` are users by the attachments that they have handed in."""
    taken = {}
    for name in names:
        digits = [part for part in name.rpartition("/")[2].split("_") if re.fullmatch(r"[0-9]+", part)][:2]
        if len(digits) == 2 and attachments.get(digits[1]) == digits[0]:
            taken[digits[0]] = name
    return taken


@dataclass
class Brightspace:
    """Learners by OrgDefinedId; the items that exist, with their maxima."""

    learners: set[str]
    items: dict[str, float]

    def take(self, data: bytes) -> Imported:
        done = Imported()
        header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        assert header[-1].strip() == "End-of-Line Indicator" and header[0] in ("OrgDefinedId", "Username")
        for place, title in enumerate(header):
            match = re.match(r"(.+) Points Grade", title)
            if match and match[1] not in self.items:
                done.created.append(title)
            for row in rows if match and match[1] in self.items else ():
                key = row[0].removeprefix("#")
                if row[-1] != "#" or key not in self.learners:
                    done.strangers.append(row[0])
                elif row[place]:
                    done.grades[key] = min(float(row[place]), self.items[match[1]])
        return done


@dataclass
class Blackboard:
    """Learners by user name; columns by the number behind `|`."""

    learners: set[str]
    columns: dict[str, float]
    wanted: str

    def take(self, data: bytes) -> Imported:
        done = Imported()
        tabs = data.startswith(b"\xff\xfe")
        text = data.decode("utf-16") if tabs else data.decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if tabs else ",")
        key = header.index("Username")
        for place, title in enumerate(header):
            match = re.search(r"\|(\d+)$", title)
            if "[" in title and not match:
                done.created.append(title)
            for row in rows if match and match[1] == self.wanted else ():
                if row[key] not in self.learners:
                    done.strangers.append(row[key])
                elif row[place]:
                    done.grades[row[key]] = float(row[place].replace(",", "."))
        return done
