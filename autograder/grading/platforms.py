"""What the name of a file or folder says of whose it is: learning platforms write names in forms of their own.

Each form is one row of `FOLDERS` or `FILES`. A name says at most four things, kept apart in a `Claim` because they are
not worth the same (see `autograder.grading.identity`): the platform's number, an exact id, a person's name, and when it
was handed in. Patterns take the *first* place that fits: what learners call their files cannot change whose they are.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime

NOTEBOOK = re.compile(r".+\.ipynb(\.(txt|json))?", re.IGNORECASE)

BRIGHTSPACE = (
    r"(?P<number>\d+-\d+) - (?:(?P<id>[^ ]*\d[^ ]*) - )?(?P<name>.+?) - "
    r"(?P<when>[^/]*?\d{4},? \d{1,2}[:.]?\d\d(?: ?[AP]M)?)"
)
FOLDERS = (
    ("moodle", r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_*"),
    ("brightspace", BRIGHTSPACE),
    (
        "nbgrader",
        r"(?P<id>.+)\+(?P<assignment>[^+]+)\+(?P<when>\d{4}-\d\d-\d\d[ T]\d\d:?\d\d:?\d\d[^+]*(?:\+\d\d:?\d\d)?)"
        r"(?:\+[\w=-]+)?",
    ),
)
FILES = (
    ("moodle", r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_+(?P<file>.+)"),
    ("blackboard", r"(?P<id>.+?)_attempt_(?P<when>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)(?:_(?P<file>.+)|\.(?P<kind>txt))"),
    ("brightspace", BRIGHTSPACE + r" - (?P<file>.+)"),
    ("canvas", r"(?:(?P<late>LATE)_)?(?P<name>anon)_(?P<number>[A-Za-z0-9]{5,})_(?P<order>\d+)_(?P<file>.+)"),
    ("canvas", r"(?P<name>.+?)(?:_(?P<late>LATE))?_(?P<number>\d+)_(?P<order>\d+)_(?P<file>.+)"),
    ("canvas", r"(?P<name>[^_].*?)(?:_(?P<late>LATE))?_(?P<number>\d+)_(?P<kind>text|link)\.html"),
    ("google", r"(?P<name>[^\d][^_]*?) - (?P<file>.+)"),
)
FOLDERS = tuple((platform, re.compile(pattern)) for platform, pattern in FOLDERS)
FILES = tuple((platform, re.compile(pattern)) for platform, pattern in FILES)
# What platforms and systems put beside the class's files, and nobody hands in.
BYPRODUCT = re.compile(
    r"index\.html?|[^/]*\.csv|scores\.json|classroom\.json|timestamp\.txt|readme[^/]*|thumbs\.db|desktop\.ini|"
    r"~\$[^/]*|gradebook\.db|nbgrader_config\.py|[^/]*\.log",
    re.IGNORECASE,
)
COPY = re.compile(
    r"(?P<base>.*?)(?:[\s_-]*\((?P<brackets>\d{1,4})\)|(?:^|[\s._-]+)v(?:er(?:sion)?)?[\s._-]*(?P<version>\d{1,4}))",
    re.I,
)
COUNTED = re.compile(r"(?P<base>.*?)[\s_-](?P<number>\d{1,3})")
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
ENGLISH = re.compile(
    r"(?P<month>[A-Z]{3})[A-Z]*\.? (?P<day>\d{1,2}), (?P<year>\d{4}),? (?P<hour>\d{1,2})[:.]?(?P<minute>\d\d)"
    r"(?: ?(?P<half>[AP])M)?",
    re.IGNORECASE,
)
# As in Moodle's worksheet, in English and in German.
DAY_FIRST = re.compile(
    r"(?:[^\W\d]+,? )?(?P<day>\d{1,2})\.? (?P<month>[^\W\d]{3,})\.? (?P<year>\d{4}),? "
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?: ?(?P<half>[AP])M)?",
    re.IGNORECASE,
)
GERMAN_MONTHS = {"m\u00e4r": 3, "mai": 5, "okt": 10, "dez": 12}
ZONE = re.compile(r"\d\d:?\d\d:?\d\d(?:[.,]\d+)? *(Z|UTC|GMT|[+-]\d\d:?\d\d|[A-Za-z_]+(?:/[A-Za-z_+-]+)+)")


@dataclass(frozen=True)
class Claim:
    """What one name says. Empty where it says nothing."""

    platform: str = ""
    number: str = ""  # the platform's own, of the person (in Moodle: in this assignment)
    id: str = ""  # in the words of whoever made the name: a user name, a folder's name
    name: str = ""  # a person's, and so never proof of anything
    file: str = ""  # what the learner's file was called
    kind: str = ""  # "" for files; Moodle's other plugins, Canvas's text and link, Blackboard's receipt
    when: str = ""  # as written
    order: int = 0  # Canvas's number of the attachment, which only grows
    late: bool = False
    assignment: str = ""  # where the name says which

    @property
    def key(self) -> tuple[str, str]:
        """Equal only for what is the same learner's for certain, roster or not."""
        if self.number:
            return self.platform, self.number
        return ("name", self.name) if self.name else ("id", self.id)

    @property
    def time(self) -> datetime | None:
        return time_of(self.when)


def from_folder(folder: str) -> Claim:
    """Whose a folder is: a platform's form, or just the name."""
    for platform, pattern in FOLDERS:
        if match := pattern.fullmatch(folder):
            return _claim(platform, match)
    return Claim(id=folder)


def from_file(file: str, assignment: str, others: tuple[str, ...] = ()) -> Claim:
    """Whose a loose file is: a platform's form, or what is left of the name without a notebook's.

    Args:
        others: further notebooks of the course, whose names are no learner's either.
    """
    if claim := platform_of(file, assignment):
        return claim
    left, number = counted(stem_of(file))
    for known in (assignment, *others):
        left = re.sub(rf"(?<![^\W_]){re.escape(known)}(?![^\W_])", "", left, flags=re.IGNORECASE)
    left = re.sub(r"^[\s_-]+|[\s_-]+$", "", left)
    return Claim(id=left or stem_of(file), file=file, order=number)


def platform_of(file: str, assignment: str) -> Claim | None:
    """What a loose file's name says where a platform has written it."""
    for platform, pattern in FILES:
        match = pattern.fullmatch(file)
        if not match:
            continue
        if platform == "canvas" and _cut_apart(match, assignment):
            continue  # ada_20641234_01_convolution.ipynb: somebody's own form
        if platform == "google" and not (NOTEBOOK.fullmatch(file) and names_notebook(match["file"], assignment)):
            continue
        return _claim(platform, match)
    return None


def names_notebook(file: str, assignment: str) -> bool:
    """Whether a file is called as the assignment is, copies aside."""
    return counted(stem_of(file))[0].casefold() == assignment.casefold()


def counted(stem: str) -> tuple[str, int]:
    """A file's name without the number that browsers, platforms and `dlcourse submit` add to a further copy, and that
    number: `a (2)`, `a version 10`. A bare number may be a learner's own, so it stays."""
    if match := COPY.fullmatch(stem):
        return match["base"], int(match["brackets"] or match["version"])
    return stem, 0


def stem_of(file: str) -> str:
    """A notebook's name without `.ipynb`, and without what browsers add behind it."""
    return re.sub(r"\.ipynb(\.(txt|json|html?))?$", "", file, flags=re.IGNORECASE)


def time_of(when: str) -> datetime | None:
    """When something was handed in. None where the words aren't understood."""
    if match := re.match(r"(\d{4})-(\d\d)-(\d\d)[ T-](\d\d)[:-]?(\d\d)[:-]?(\d\d)", when):
        numbers = tuple(map(int, match.groups()))
    elif (match := ENGLISH.fullmatch(when.strip()) or DAY_FIRST.fullmatch(when.strip())) and month_of(match["month"]):
        hour = int(match["hour"])
        if match["half"]:
            hour = hour % 12 + (12 if match["half"].upper() == "P" else 0)
        numbers = (int(match["year"]), month_of(match["month"]), int(match["day"]))
        numbers += (hour, int(match["minute"]), 0)
    else:
        return None
    try:
        return datetime(*numbers)
    except ValueError:
        return None


def month_of(word: str) -> int:
    """Its number, by the first three letters; 0 for no month."""
    start = word.casefold()[:3]
    return MONTHS.index(start) + 1 if start in MONTHS else GERMAN_MONTHS.get(start, 0)


def zone_in(when: str) -> str:
    """The zone that stands behind a time; "" where there is none."""
    match = ZONE.search(when)
    return match[1] if match else ""


def _claim(platform: str, match: re.Match) -> Claim:
    said = {key: value for key, value in match.groupdict().items() if value}
    said["order"] = int(said.get("order", 0))
    said["late"] = "late" in said
    kind = said.pop("kind", "")
    return Claim(platform=platform, kind="" if kind == "file" else kind, **said)


def _cut_apart(match: re.Match, assignment: str) -> bool:
    """Whether a reading of a name cuts the assignment's own name in two."""
    whole, name = match.string.casefold(), assignment.casefold()
    starts = [found.start() for found in re.finditer(re.escape(name), whole)]
    return any(start < match.start("file") < start + len(name) for start in starts)


def split_heads(heads: list[str], separator: str, known: set[str]) -> dict[str, str]:
    """The user names behind one title that all heads begin with, as in `HW1_ada7` or `hw1-ada7`. Both parts may hold
    the separator: the title that makes most of the `known` names counts, else the longest that is common to all."""
    common = os.path.commonprefix(heads)
    ends = [found.end() for found in re.finditer(re.escape(separator), common) if found.end() < min(map(len, heads))]
    if not ends:
        return {head: head for head in heads}
    best = max(ends, key=lambda end: (sum(head[end:].casefold() in known for head in heads), end))
    return {head: head[best:] for head in heads}
