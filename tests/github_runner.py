"""GitHub's runner, as far as it listens: which commands it takes from what a step has printed."""

from __future__ import annotations

import re


def commands(printed: str) -> list[tuple[str, str, str]]:
    """(command, properties, text) of each, in the order printed."""
    found, stopped = [], None
    for line in printed.splitlines():
        match = re.match(r"\s*::([^ :]+)(?: ([^:]*(?:%3A[^:]*)*))?::(.*)$", line)
        if stopped is not None:
            stopped = None if line.strip() == f"::{stopped}::" else stopped
        elif match and match[1] == "stop-commands":
            stopped = match[3].strip()
        elif match:
            found.append((match[1], match[2] or "", unescaped(match[3])))
    assert stopped is None, "the runner was left deaf"
    return found


def unescaped(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


HOSTILE = "\n::error::forged\n::add-mask::e\n::set-env name=PATH::/tmp\n  ::warning file=a::b\n::stop-commands::x\n"
