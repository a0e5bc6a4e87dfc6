"""When a class had to hand in, who had longer, how late somebody is, and what that costs where a teacher asks for it.

A time with its zone is a moment. What a platform writes into names is a clock's time without one: it is read in the
zone of the deadline, which is therefore best named (`2026-11-24 23:59 Europe/Berlin`), so that summer time is followed.
"""

from __future__ import annotations

import contextlib
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from autograder.grading.archives import InputError, shown
from autograder.grading.students import Member
from autograder.grading.submissions import Submission

WRITTEN = "2026-11-24T23:59+01:00 or '2026-11-24 23:59 Europe/Berlin'"
MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ]+(?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?)?"
    r" *(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d|\[?[A-Za-z_]+(?:/[A-Za-z_+-]+)+\]?)?"
)
LONGER = re.compile(r"\+?(?P<number>\d+(?:\.\d+)?) *(?P<unit>hour|day|week|h|d|w)s?", re.IGNORECASE)
RULE = re.compile(
    r"(?P<number>\d+(?:\.\d+)?) *(?P<kind>%|points?) *(?P<of>of the score)? *(?:per|a|each) *(?P<unit>hour|day|week)"
    r"(?:[,;]? *(?:at most|up to|max(?:imum)?) *(?P<most>\d+(?:\.\d+)?) *(?P<most_kind>%|points?))?",
    re.IGNORECASE,
)
SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True)
class Penalty:
    """What each started hour, day or week costs."""

    words: str
    amount: float  # a share, or points
    kind: str  # "of the maximum", "of the score" or "points"
    unit: int  # seconds
    most: float = math.inf

    def taken(self, late_by: float) -> float:
        """The share or the points for so many seconds."""
        return min(math.ceil(late_by / self.unit) * self.amount, self.most)


@dataclass(frozen=True)
class Deadline:
    """The moment for the class, and the moments of those who have longer."""

    due: datetime
    penalty: Penalty | None = None
    extended: dict[str, datetime] = field(default_factory=dict)

    def lateness(self, one: Submission) -> dict:
        """What is kept with a result: when it was due, by how many seconds it is late, and what that costs."""
        due = self.extended.get(one.student, self.due)
        known: dict = {"due": due.isoformat(), "extended": one.student in self.extended, "late_by": None}
        known |= {"rule": self.penalty.words} if self.penalty else {}
        at = moment_of(one, self.due.tzinfo)
        if one.missing or at is None:
            return known
        # In UTC: Python takes the difference of two clocks in one zone, whatever summer time does in between.
        known["late_by"] = max(round((at.astimezone(UTC) - due.astimezone(UTC)).total_seconds()), 0)
        if known["late_by"] and self.penalty:
            known |= {
                "taken": self.penalty.taken(known["late_by"]),
                "kind": self.penalty.kind,
                "rule": self.penalty.words,
            }
        return known


def make_deadline(due: str | None, late: str | None, members: dict[str, Member]) -> Deadline | None:
    """The deadline of a run, from its options and the roster.

    Raises:
        InputError: something of it cannot be read.
    """
    if due is None:
        if late is not None:
            raise InputError(f"--late needs the time from which it counts: give --due too, such as --due {WRITTEN}.")
        return None
    moment = read_moment(due)
    if moment is None or moment.tzinfo is None:
        raise InputError(f"--due {shown(due)} is no time with a zone: write {WRITTEN}.")
    extended = {}
    for student, member in members.items():
        if member.due:
            longer = _extended(member.due, moment)
            if longer is None:
                raise InputError(
                    f"The roster's extension {shown(member.due)} of {student} is neither a time nor a length: write "
                    f"{WRITTEN}, or '2 days'."
                )
            extended[student] = longer
    return Deadline(moment, read_penalty(late) if late else None, extended)


def read_moment(text: str, zone: tzinfo | None = None) -> datetime | None:
    """A moment as it is written; in `zone` where it has none of its own. A day alone means its end."""
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        day = datetime.fromisoformat(match["day"])
        clock = time.fromisoformat(match["time"]) if match["time"] else time(23, 59, 59)
        return datetime.combine(day.date(), clock, zone_of(match["zone"]) if match["zone"] else zone)
    except (ValueError, OSError, KeyError):  # no such day, no such zone
        return None


def zone_of(text: str) -> tzinfo:
    """Raises KeyError or ValueError where there is no such zone."""
    if text in ("Z", "UTC", "GMT"):
        return UTC
    if match := re.fullmatch(r"([+-])(\d\d):?(\d\d)", text):
        size = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-size if match[1] == "-" else size)
    return ZoneInfo(text.strip("[]"))


def read_penalty(text: str) -> Penalty:
    """A rule in words.

    Raises:
        InputError: it is none.
    """
    match = RULE.fullmatch(text.strip())
    percent = bool(match) and match["kind"] == "%"
    most_percent = bool(match) and match["most_kind"] == "%"
    if match is None or (match["most"] and percent != most_percent) or (match["of"] and not percent):
        raise InputError(f"--late {shown(text)} is no rule: write '10% per day, at most 50%', or '2 points per day'.")
    scale = 100 if percent else 1
    kind = "points" if not percent else "of the score" if match["of"] else "of the maximum"
    most = float(match["most"]) / scale if match["most"] else math.inf
    return Penalty(
        " ".join(text.split()), float(match["number"]) / scale, kind, SECONDS[match["unit"][0].lower()], most
    )


def moment_of(one: Submission, zone: tzinfo | None) -> datetime | None:
    """When something was handed in: with the zone that stands there, else in `zone`."""
    if not one.when:
        return None
    with contextlib.suppress(KeyError, ValueError, OSError):
        zone = zone_of(one.zone) if one.zone else zone
    return datetime.fromisoformat(one.when).replace(tzinfo=zone)


def in_words(seconds: int) -> str:
    """How late something is: 1 day 3 h 20 min."""
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (rest // 60, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than a minute"


def _extended(text: str, due: datetime) -> datetime | None:
    if match := LONGER.fullmatch(text.strip()):
        length = timedelta(seconds=float(match["number"]) * SECONDS[match["unit"][0].lower()])
        by_hours = match["unit"][0].lower() == "h"  # two days later is the same time of the day, 48 hours may not be
        return (due.astimezone(UTC) + length).astimezone(due.tzinfo) if by_hours else due + length
    return read_moment(text, due.tzinfo)
