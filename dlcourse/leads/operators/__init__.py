"""The slips that people make, each as the small change that undoes it."""

from __future__ import annotations

from collections.abc import Iterator

from dlcourse.leads.operators import arrays, calls, formulas, names
from dlcourse.leads.operators.kind import KINDS, Kind
from dlcourse.leads.places import Change, Text

__all__ = ["KINDS", "Kind", "changes"]

_ROOMS = (arrays, calls, formulas, names)  # each registers its kinds as it is imported


def changes(text: Text) -> Iterator[Change]:
    """Every small change of a function that some kind of slip makes, the likeliest first."""
    made = [change for kind in KINDS.values() for change in kind.changes(text)]
    seen = set()
    for change in sorted(made, key=lambda change: change.tier):
        changed = change.apply(text.source)
        if changed != text.source and changed not in seen:
            seen.add(changed)
            yield change
