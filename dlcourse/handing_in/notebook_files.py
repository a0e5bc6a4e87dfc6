"""Reading and writing notebook files, and finding the exercises and checks in them.

Only the text is relied on, never the metadata: a notebook saved by Colab or VS Code has lost some of it.
"""

import ast
import contextlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CourseError(Exception):
    """Something the person at the keyboard can mend; the message is one sentence that says how."""


@dataclass(frozen=True)
class Check:
    """A cell that ends in `check(function, points=...)`."""

    exercise: str
    points: float
    index: int  # of the cell in the notebook


def read_notebook(path: Path) -> dict[str, Any]:
    """The notebook in `path`, as version 4, each cell's source as one text.

    Raises:
        CourseError: there is no such file, it may not be read, or it is not a notebook with cells.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CourseError(
            f"There is no notebook {path}; check the name, or run `dlcourse lab` to lay it out."
        ) from None
    except IsADirectoryError:
        raise CourseError(f"{path} is a folder; name a notebook in it.") from None
    except UnicodeDecodeError:
        raise CourseError(f"{path} is not a notebook: it is not text; `dlcourse reset` can put it back.") from None
    except OSError as problem:
        raise CourseError(f"{path} cannot be read: {problem.strerror}.") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        where = f" (line {problem.lineno})" if isinstance(problem, json.JSONDecodeError) else ""
        raise CourseError(
            f"{path} is damaged: it is not JSON{where}; open an older copy, or `dlcourse reset` it."
        ) from None
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise CourseError(f"{path} is not a notebook: it has no list of cells.")
    notebook = _version_4(content, path)
    if not notebook["cells"]:
        raise CourseError(f"{path} has no cells; put it back with `dlcourse reset`.")
    return notebook


def _version_4(content: dict[str, Any], path: Path) -> dict[str, Any]:
    damaged = CourseError(f"{path} is damaged: it is JSON, but not a notebook; `dlcourse reset` puts it back.")
    if content.get("nbformat") != 4:
        import nbformat  # takes seconds, and only notebooks of before 2015 need it here

        try:
            content = nbformat.reads(json.dumps(content), as_version=4)
        except Exception:  # nbformat raises whatever a damaged structure happens to cause
            raise damaged from None
    cells = content["cells"]
    if not isinstance(cells, list):
        raise damaged
    for cell in cells:
        if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
            raise damaged
        source = cell.get("source", "")
        lines = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            raise damaged
        cell["source"] = "".join(lines)
        if not isinstance(cell.setdefault("metadata", {}), dict):
            cell["metadata"] = {}
    return content


def write_notebook(path: Path, notebook: dict[str, Any]) -> None:
    """Write the notebook, as Jupyter would, in one step; a failure leaves the file as it was."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    content = {**notebook, "cells": cells}
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def checks_in(notebook: dict[str, Any]) -> list[Check]:
    """The checks of a notebook, in order."""
    found = []
    for index, cell in enumerate(notebook["cells"]):
        call = _last_check_call(cell["source"]) if cell["cell_type"] == "code" else None
        if call is not None:
            found.append(Check(exercise=call[0], points=call[1], index=index))
    return found


def _last_check_call(source: str) -> tuple[str, float] | None:
    if "check(" not in source:
        return None
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):
        return None
    call = statements[-1].value if statements and isinstance(statements[-1], ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check" and call.args):
        return None
    points = 1.0
    given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "points")]
    if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, int | float):
        points = float(given[0].value)
    return ast.unparse(call.args[0]), points


def defines(source: str, name: str) -> bool:
    """Whether running `source` would give `name` a value at the top level: a function, class or variable."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):  # a learner's half-written function still begins with its first line
        return (
            re.search(rf"^(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=", source, re.M)
            is not None
        )
    for statement in statements:
        if getattr(statement, "name", None) == name:
            return True
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return True
    return False


def is_solution(cell: dict[str, Any]) -> bool:
    """Whether nbgrader's metadata calls this cell the learner's to fill in."""
    return cell["cell_type"] == "code" and bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def exercise_cells(notebook: dict[str, Any], exercise: str) -> list[int]:
    """Where the cells of one exercise are: those that define its name, if possible marked ones."""
    defining = [
        index
        for index, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and defines(cell["source"], exercise)
    ]
    marked = [index for index in defining if is_solution(notebook["cells"][index])]
    return marked or defining


def write_atomically(path: Path, text: str) -> None:
    """Write `text` beside `path` and move it into place, so that `path` never holds half of it.

    Raises:
        OSError: it could not be written; `path` is as it was, and nothing is left beside it.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        with contextlib.suppress(OSError):
            os.chmod(name, path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
