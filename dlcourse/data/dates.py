"""Dates as people write them in several languages, and as machines do."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import numpy as np

LANGUAGES = {
    "en_GB": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
    "sv": "Swedish",
}
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)


def human_date(date: datetime.date, language: str, with_weekday: bool) -> str:
    """A date in a language of LANGUAGES, in lower case: "7 march 2019", or "thursday, 7 march 2019".

    Source: the Unicode Common Locale Data Repository, as the package Babel holds it.
    """
    from babel.dates import format_date  # here: a notebook that is graded imports this module, and has no Babel

    return format_date(date, "full" if with_weekday else "long", language).lower()


def dates(count: int, seed: int, languages: Sequence[str] = tuple(LANGUAGES)) -> list[tuple[str, str]]:
    """Pairs such as ("7 march 2019", "2019-03-07"), drawn at random: the day, the language, whether the weekday is
    named. No day comes twice, so that a part of the pairs that is held out has days which the rest has not."""
    rng = np.random.default_rng(seed)
    days = rng.choice(np.arange(FIRST.toordinal(), LAST.toordinal() + 1), size=count, replace=False)
    drawn = zip(days, rng.integers(len(languages), size=count), rng.integers(2, size=count), strict=True)
    pairs = []
    for day, language, with_weekday in drawn:
        date = datetime.date.fromordinal(int(day))
        pairs.append((human_date(date, languages[language], bool(with_weekday)), date.isoformat()))
    return pairs
