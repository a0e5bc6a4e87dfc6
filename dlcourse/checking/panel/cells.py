"""What has become of the notebook's cells in this kernel: which one a function comes from, and whether that still is
what stands there."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dlcourse.handing_in.names import defined

MOST = 500  # cells that are remembered


@dataclass(frozen=True)
class Ran:
    """One cell that was run."""

    cell: str  # its id; "" where the front end names none
    source: str
    error: str = ""
    gave: frozenset[str] = frozenset()  # the exercises that have had another function since
    at: float = field(default_factory=time.time)


class Log:
    """The cells that were run since the checks were imported, in their order."""

    def __init__(self, shell: Any, names: Collection[str]) -> None:
        self.ran: list[Ran] = []
        self._shell, self._names = shell, names
        self._held = self._functions()
        shell.events.register("post_run_cell", self.note)

    def _functions(self) -> dict[str, Any]:
        return {name: self._shell.user_ns[name] for name in self._names if name in self._shell.user_ns}

    def note(self, result: Any) -> None:
        """IPython calls this after each cell, with what has become of it."""
        info = getattr(result, "info", None)
        if info is None or getattr(info, "silent", False):
            return
        now = self._functions()
        gave = frozenset(name for name, value in now.items() if value is not self._held.get(name))
        self._held = now
        problem = result.error_before_exec or result.error_in_exec
        error = _in_words(problem) if problem is not None else ""
        cell = getattr(info, "cell_id", None) or ""
        self.ran = [*self.ran[1 - MOST :], Ran(cell, str(info.raw_cell), error, gave)]

    def origin(self, name: str) -> Ran | None:
        """The run that gave an exercise the function that it has now, if it was seen."""
        return next((ran for ran in reversed(self.ran) if name in ran.gave), None)

    def why_stale(self, name: str) -> str:
        """One sentence where the function is not that of its cell any more; "" where nothing speaks against it."""
        origin = self.origin(name)
        after = self.ran[self.ran.index(origin) + 1 :] if origin is not None else self.ran
        for ran in reversed(after):
            if name in defined(ran.source) and ran.error:
                return (
                    f"The cell of {name} failed when it was last run ({_short(ran.error)}), so the {name} that this "
                    f"notebook knows is an older one. Mend that cell and run it, then run this check again."
                )
            if origin is not None and ran.cell and ran.cell == origin.cell:
                if name in defined(ran.source) or ran.error:
                    return ""
                others = ", ".join(sorted(defined(ran.source))) or "nothing"
                return (
                    f"The cell that {name} came from defines {others} now, so the {name} that this notebook knows is "
                    f"an older one. Call it {name} again in that cell and run it, then run this check again."
                )
            if name in defined(ran.source):
                return ""
        return ""


def _in_words(problem: BaseException) -> str:
    """Python's own words; of a SyntaxError without the name that IPython gave the cell."""
    if isinstance(problem, SyntaxError) and problem.lineno is not None:
        return f"{type(problem).__name__}: {problem.msg} in line {problem.lineno}"
    return f"{type(problem).__name__}: {problem}"


def _short(error: str) -> str:
    return error.splitlines()[0].rstrip(".")[:160]
