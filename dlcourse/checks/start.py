"""The exercise of the start page: easy on purpose, since what it teaches is how a check answers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlcourse import start as reference
from dlcourse.checking.exercise import Case, Topic, case
from dlcourse.checking.panel import notebook

topic = Topic("start")
check, hint, solution = notebook.functions(topic)


@topic.exercise(reference=reference.total_minutes, outputs=("the result",), section="One exercise, to try it")
def total_minutes(rng: np.random.Generator) -> Iterator[Case]:
    for hours in (2, 1, int(rng.integers(3, 24))):
        yield case(f"{_hours(hours)} and no minutes", hours, 0, group="whole hours")
    for hours, minutes in ((2, 15), (0, 45), (int(rng.integers(3, 24)), int(rng.integers(1, 60)))):
        yield case(f"{_hours(hours)} and {minutes} minutes", hours, minutes, group="hours and minutes")


def _another_hour(args: tuple, expected: int, got: object) -> bool:
    """Whether so many minutes come of hours that are longer or shorter, by whole minutes."""
    hours, minutes = args
    return hours > 0 and got > minutes and got != expected and (got - minutes) % hours == 0


total_minutes.mistake(
    "hours-unchanged",
    "The hours are added as they are, so that 2 hours count as 2 minutes. Turn the hours into minutes first.",
    lambda hours, minutes: hours + minutes,
)
total_minutes.mistake(
    "minutes-left-out", "Only the hours are counted: the minutes are never added.", lambda hours, minutes: 60 * hours
)
total_minutes.mistake("hundred", "An hour is taken for 100 minutes.", lambda hours, minutes: 100 * hours + minutes)
total_minutes.mistake(
    "exchanged",
    "The two are exchanged: it is the minutes that are multiplied here, and the hours that are added.",
    lambda hours, minutes: 60 * minutes + hours,
)
total_minutes.mistake(
    "in-hours",
    "The result is in hours, with the minutes as a fraction. Minutes are asked for.",
    lambda hours, minutes: hours + minutes / 60,
)
total_minutes.mistake(
    "minutes-subtracted",
    "The minutes are taken away from those of the hours; the film goes on for them: add.",
    lambda hours, minutes: 60 * hours - minutes,
)
total_minutes.mistake(
    "divided",
    "60 is divided by the hours, so that a longer film counts less. Each hour has 60 minutes: multiply.",
    lambda hours, minutes: 60 / hours + minutes,
)
total_minutes.also("divided", lambda hours, minutes: 60 // hours + minutes)
total_minutes.also("divided", lambda hours, minutes: hours / 60 + minutes)
total_minutes.mistake(
    "brackets",
    "The minutes are multiplied by 60 too: they are minutes already. Only the hours are multiplied.",
    lambda hours, minutes: 60 * (hours + minutes),
)
total_minutes.shows(
    "another-hour", "The hours are multiplied by another number than 60, the minutes that one hour has.", _another_hour
)
total_minutes.hint("How many minutes are in two hours? What have you done with the 2 to get there?")
total_minutes.hint("Multiply the hours by the minutes that one hour has, then add the minutes.")


def _hours(count: int) -> str:
    return f"{count} hour{'' if count == 1 else 's'}"
