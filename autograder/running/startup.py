"""What every grading process does before it imports anything large."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator


def import_lightly() -> None:
    """Leave out what costs seconds of CPU and is never used here.

    jsonschema, which nbformat needs, builds a grammar of international URLs with rfc3987_syntax on import, where that
    is installed: 2 to 3 s. No schema of a notebook has such a URL in it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)


def load_checks(topic: str) -> None:
    """Import a topic's checks, and Keras with them where they need it.

    Where scikit-learn and matplotlib are installed, Keras imports them for wrappers and pictures that no check uses: a
    third of the time that it takes. They can still be imported afterwards.

    Raises:
        KeyError: there is no such topic.
    """
    from dlcourse import checks
    from dlcourse.checking.quiet import quiet

    if f"dlcourse.checks.{topic}" not in sys.modules:
        with quiet(), _absent("sklearn", "matplotlib"):
            checks.topic(topic)


@contextlib.contextmanager
def _absent(*names: str) -> Iterator[None]:
    """Let modules that are not imported yet look as if they weren't installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
