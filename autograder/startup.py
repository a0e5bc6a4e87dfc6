"""What every grading process does before it imports anything large."""

from __future__ import annotations

import sys


def import_lightly() -> None:
    """Leave out what costs seconds of CPU and is never used here.

    jsonschema, which nbformat needs, builds a grammar of international URLs with rfc3987_syntax on import, where that
    is installed: 2 to 3 s. No schema of a notebook has such a URL in it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)
