"""A sentence in place of "name 'check' is not defined": which cell should have given that name."""

from __future__ import annotations

import re
import sys
from typing import Any

FUNCTIONS = ("check", "hint", "solution")


def explain(error: NameError) -> str:
    """What to do about a name that a cell with a check did not find; "" where nothing can be said."""
    found = re.match(r"name '(\w+)' is not defined", str(error))
    if not found:
        return ""
    if found[1] in FUNCTIONS:
        return (
            f"`{found[1]}` is not there: the cell with the imports, at the top of the notebook, has failed or has not "
            f"been run. Run it again, and read what it says."
        )
    return (
        f"`{found[1]}` is not there: its cell has not been run since the kernel was started, has failed, or gives it "
        f"another name. Run the cell above, then this one."
    )


def explain_call(error: TypeError, namespace: dict) -> str:
    """What to do where `check` is not the check any more; "" where the error is another."""
    if not re.search(r"object is not callable$", str(error)):
        return ""
    taken = [name for name in FUNCTIONS if name in namespace and not callable(namespace[name])]
    names = " and ".join(f"`{name}`" for name in taken)
    return f"{names} has been given another value: run the cell with the imports again." if taken else ""


def install_where_there_is_a_notebook() -> None:
    """Nothing in plain Python, where IPython need not be there."""
    if (ipython := sys.modules.get("IPython")) is not None and (shell := ipython.get_ipython()) is not None:
        install(shell)


def install(shell: Any) -> None:
    """Have IPython add that sentence where a check finds no function, or is not there itself."""

    def show(shell: Any, kind: type, error: Exception, traceback: Any, tb_offset: int | None = None) -> list[str]:
        cell = shell.user_ns.get("In", [""])[-1]
        words = ""
        if re.search(r"\b(?:check|hint|solution)\(", cell):
            words = explain(error) if kind is NameError else explain_call(error, shell.user_ns)
        if words:
            error.args = (f"{error}. {words}",)
        lines = shell.InteractiveTB.structured_traceback(kind, error, traceback, tb_offset=tb_offset)
        shell._showtraceback(kind, error, lines)
        return lines

    shell.set_custom_exc((NameError, TypeError), show)
