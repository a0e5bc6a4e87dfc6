"""How an error that learners meet is described: its kind and text, the line where it rose, and what it means."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Raised:
    """An error that learners meet: where `error` is found in its text and `line` in its line, `message` explains it.

    Named groups of both patterns may stand in `message` in braces.
    """

    key: str
    message: str | Callable[[dict], str]
    error: re.Pattern
    line: re.Pattern = re.compile("")

    def explain(self, error: str, line: str) -> str | None:
        in_error, in_line = self.error.search(error), self.line.search(line)
        if in_error is None or in_line is None:
            return None
        found = {**in_line.groupdict(), **in_error.groupdict()}
        return self.message(found) if callable(self.message) else self.message.format(**found)


def raised(key: str, message: str | Callable[[dict], str], error: str, line: str = "") -> Raised:
    """One error; the two patterns are regular expressions."""
    return Raised(key, message, re.compile(error), re.compile(line))
