"""Read a notebook as it comes from a learner: any format since 3, from any editor, with anything missing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

MOST_CELLS = 5_000
LONGEST_CELL = 2**20


class Unreadable(ValueError):
    """There is no notebook in these bytes; the message says what to do."""


@dataclass(frozen=True)
class Cell:
    """One cell as handed in. `grade_id` is nbgrader's name for it, where it still has one."""

    kind: str
    source: str
    id: str = ""
    grade_id: str = ""


@dataclass(frozen=True)
class Notebook:
    """The cells that were handed in, and what had to be done to read them."""

    cells: tuple[Cell, ...]
    repairs: tuple[str, ...] = ()


def read(data: bytes) -> Notebook:
    """Read a learner's notebook.

    Raises:
        Unreadable: there is no way to see cells in it.
    """
    if not data.strip(b" \t\r\n\0"):
        raise Unreadable("The file is empty: save the notebook and hand it in again.")
    content, repairs = _parsed(data)
    if not isinstance(content, dict):
        raise Unreadable("The file is not a Jupyter notebook: download the notebook itself (.ipynb) and hand it in.")
    if isinstance(content.get("worksheets"), list):
        repairs.append("The notebook was saved in an old format (nbformat 3); it was converted.")
        cells = [
            cell for sheet in content["worksheets"] if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))
        ]
    elif isinstance(content.get("cells"), list):
        cells = content["cells"]
    else:
        raise Unreadable("The file is JSON, but not a Jupyter notebook: it has no cells.")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"The notebook has {len(cells)} cells; at most {MOST_CELLS} are read.")
    made = [_cell(cell) for cell in cells]
    damaged = sum(cell is None for cell in made)
    if damaged:
        repairs.append(f"{damaged} damaged cell{'s were' if damaged > 1 else ' was'} left out.")
    return Notebook(tuple(cell for cell in made if cell is not None), tuple(repairs))


def _parsed(data: bytes) -> tuple[object, list[str]]:
    repairs = []
    encoding = "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
        repairs.append("The file was saved as UTF-16; it was converted.")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        repairs.append("The file has characters that are not UTF-8; they were replaced.")
    try:
        return json.loads(text), repairs
    except RecursionError:
        raise Unreadable("The file is not a Jupyter notebook: its JSON is nested too deeply.") from None
    except ValueError as error:
        start = text.lstrip()[:200].lower()
        if start.startswith(("<!doctype", "<html")):
            raise Unreadable("The file is a web page: download the notebook itself (.ipynb) and hand it in.") from None
        if start.startswith("<<<<<<<") or "\n<<<<<<< " in text[: 10**6]:
            raise Unreadable("The file holds conflicts of a merge: resolve them and hand it in again.") from None
        line = getattr(error, "lineno", None)
        where = f"; the first fault is in line {line}" if line else ""
        raise Unreadable(
            f"The file is not valid JSON{where}: save the notebook in Jupyter and hand it in again."
        ) from None


def _cell(cell: object) -> Cell | None:
    if not isinstance(cell, dict):
        return None
    source = _text(cell.get("source", cell.get("input")))
    if source is None or len(source) > LONGEST_CELL:
        return None
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    nbgrader = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
    kind = "code" if cell.get("cell_type") == "code" else "text"
    identifier = next((name for name in (cell.get("id"), metadata.get("id")) if isinstance(name, str)), "")
    grade_id = nbgrader.get("grade_id")
    return Cell(kind, _clean(source), identifier, grade_id if isinstance(grade_id, str) else "")


def _text(source: object) -> str | None:
    if source is None:
        return ""
    if isinstance(source, list):
        return "".join(source) if all(isinstance(line, str) for line in source) else None
    return source if isinstance(source, str) else None


def _list(value: object) -> list:
    return value if isinstance(value, list) else []


def _clean(source: str) -> str:
    """Line ends as Python wants them; NUL and lone surrogates, which no kernel takes, left out."""
    source = re.sub(r"\r\n?", "\n", source).replace("\0", "")
    return source.encode("utf-8", "replace").decode("utf-8")
