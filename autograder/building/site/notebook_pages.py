"""A notebook as a page: its text, its figures, and of each exercise only the stub that it begins with."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from autograder.building.notebooks import Built
from autograder.building.site.running import START, Outputs, is_check
from autograder.building.source import place

FIGURES = "figures"
WIDGET = "application/vnd.jupyter.widget-view+json"
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
READING = """:::{{note}}
This page is for reading. To write the functions and have them checked, open the notebook in JupyterLab: `dlcourse lab`,
then {number}; or {{download}}`download it <{file}>`.
:::"""
CONTROLS = """:::{{tip}}
In JupyterLab this picture has controls, and runs on the functions that you have written: `dlcourse lab`, then {number}.
:::"""


class Unfit(Exception):
    """Something on a page that readers of it would miss: one sentence for each."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


def write_page(folder: Path, notebook: Built, shown: Outputs) -> None:
    """Write the page's source for myst-nb, its figures and the notebook to download.

    Raises:
        Unfit: a figure has no text for those who don't see it.
    """
    page = folder / place(notebook.name)
    page.parent.mkdir(parents=True, exist_ok=True)
    download = folder / "downloads" / page.name
    download.parent.mkdir(exist_ok=True)
    download.write_text(notebook.released, encoding="utf-8")
    released = json.loads(notebook.released)
    number = f"notebook {notebook.name[:2]}"
    problems: list[str] = []
    cells: list[dict] = []
    for cell in released["cells"]:
        if cell["id"] == "install":
            continue
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cells.append(_text(source, cell["id"]))
            if len(cells) == 1:
                file = PurePosixPath("/downloads", page.name)
                cells.append(_text(READING.format(number=number, file=file), "reading"))
            continue
        cells.append(_code(source, cell))
        if is_check(cell) or notebook.name == START:
            continue
        for position, text in enumerate(_in_words(folder, notebook.name, cell["id"], shown, problems)):
            cells.append(_text(text, f"{cell['id'][:50]}-shows-{position}"))
        if any(WIDGET in output.get("data", {}) for output in shown.get(cell["id"], ())):
            cells.append(_text(CONTROLS.format(number=number), f"{cell['id'][:50]}-controls"))
    if problems:
        raise Unfit([f"solutions/{notebook.name}.py: {problem}" for problem in problems])
    page.write_text(json.dumps({**released, "cells": cells}), encoding="utf-8")


def _text(source: str, identifier: str) -> dict:
    return {"cell_type": "markdown", "id": identifier, "metadata": {}, "source": source}


def _code(source: str, cell: dict) -> dict:
    tags = ["hide-input"] if cell["metadata"].get("jupyter", {}).get("source_hidden") else []
    made = {"cell_type": "code", "id": cell["id"], "metadata": {"tags": tags}, "source": source}
    return made | {"execution_count": None, "outputs": []}


def _in_words(folder: Path, notebook: str, cell: str, shown: Outputs, problems: list[str]) -> Iterator[str]:
    """Each output as Markdown, since only that gives every picture its own text and width."""
    outputs = shown.get(cell, ())
    captions = [plain(output.get("metadata", {}).get("image/png", {}).get("alt") or "") for output in outputs]
    for position, output in enumerate(outputs):
        data = output.get("data", {})
        if output["output_type"] == "stream":
            yield _fenced(ANSI.sub("", _joined(output["text"])))
        elif "image/png" in data:
            words = next(filter(None, captions[position:]), "")  # two pictures may share the caption below them
            if not words:
                problems.append(f"a figure of cell {cell} has no caption, so those who don't see it learn nothing.")
            name = f"{cell}-{position}.png"
            path = folder / FIGURES / notebook / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(data["image/png"]))
            yield picture(f"/{FIGURES}/{notebook}/{name}", words, output["metadata"].get("image/png", {}).get("width"))
        elif "text/markdown" in data:
            yield _joined(data["text/markdown"])
        elif WIDGET in data:
            continue  # its picture is an output of its own
        elif "text/html" in data and "text/plain" in data and "<pre" in _joined(data["text/html"]):
            words = re.sub(r"<[^>]+>", "", _joined(data["text/html"]))  # a table of Keras's, in a terminal's colours
            yield _fenced(html.unescape(words))
        elif "text/plain" in data:
            yield _fenced(_joined(data["text/plain"]))


def picture(path: str, words: str, width: int | None = None, look: str = "") -> str:
    """A picture, and its text for those who don't see it."""
    lines = [f"```{{image}} {path}", f":alt: {json.dumps(words, ensure_ascii=False)}"]
    if width:
        lines.append(f":width: {width}px")
    lines.append(f":class: {look or 'dark-light'}")  # the theme else puts white behind it at night
    return "\n".join([*lines, "```"])


def plain(words: str) -> str:
    """A caption without Markdown's signs."""
    return " ".join(re.sub(r"[`*$]|\\(?=\W)", "", words).split())


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _fenced(text: str) -> str:
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`+", text))])
    return f"{fence}text\n{text.rstrip()}\n{fence}" if text.strip() else ""
