"""Notebook 00, as learners write it."""

from typed_mistakes.slips import slip


def total_minutes(hours, minutes):
    total = 60 * hours
    total = total + minutes
    return total


SLIPS = [
    slip(total_minutes, "hours-unchanged", ("60 * hours", "hours")),
    slip(total_minutes, "minutes-left-out", ("    total = total + minutes\n", "")),
    slip(total_minutes, "hundred", ("60 * hours", "100 * hours")),
    slip(total_minutes, "exchanged", ("60 * hours", "60 * minutes"), ("total + minutes", "total + hours")),
    slip(total_minutes, "in-hours", ("60 * hours", "hours"), ("total + minutes", "total + minutes / 60")),
    slip(total_minutes, "minutes-subtracted", ("total + minutes", "total - minutes")),
    slip(total_minutes, "divided", ("60 * hours", "60 / hours")),
    slip(total_minutes, "divided", ("60 * hours", "hours / 60")),
    slip(
        total_minutes, "brackets", ("60 * hours", "hours + minutes"), ("total = total + minutes", "total = 60 * total")
    ),
    slip(total_minutes, "another-hour", ("60 * hours", "24 * hours")),
    slip(total_minutes, "another-hour", ("60 * hours", "61 * hours")),
    slip(total_minutes, "no-return", ("    return total\n", "")),
]
