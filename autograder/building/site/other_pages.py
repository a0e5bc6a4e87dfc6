"""The pages that are not notebooks: the map in front, those for teachers, and the reference."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.building.notebooks import Built
from autograder.building.overview import PICTURE
from autograder.building.site.notebook_pages import picture
from autograder.building.source import ABOUT, place, read
from dlcourse.workspace.course_map import HEAD

TEACHERS = "teachers"  # README's section; the pages in docs/ follow it
# What notebooks and scripts import besides the topics; the names of what has no list of its own are in the page.
ROOMS = {
    "checks": ["dlcourse.checks"],
    "figures": ["dlcourse.figures.plots", "dlcourse.figures.diagrams", "dlcourse.figures.notebook_tools"],
    "data": ["dlcourse.data.datasets"],
}
REFERENCE = "reference"
SIGNS = re.compile(r"[\\*|]|(?<=\w)_(?!\w)")  # what reStructuredText would not take as it is


def write_front(folder: Path, course: Path, built: list[Built]) -> None:
    """index.md: the map of the course."""
    found = re.search(
        rf"!\[([^\]]+)\]\({PICTURE.name}\)", (course / "notebooks" / "README.md").read_text(encoding="utf-8")
    )
    shutil.copy(course / PICTURE, folder / PICTURE.name)
    rows = ["| | notebook | stands on | takes about | you write | and apply it to |", "|---|---|---|---|---|---|"]
    rows += [row for notebook in built if (row := _row(course, notebook))]
    panel = "A check in JupyterLab: the bias is missing, and the panel says so"
    front = [
        "# The course",
        "Convolutional networks and sequence models, in Jupyter notebooks. You write the functions; a check under each "
        "one says what is wrong, in words. These pages are the notebooks to read, with their figures.",
        picture("/docs/failing-panel.png", panel, look="only-light"),
        picture("/docs/failing-panel-dark.png", panel, look="only-dark dark-light"),
        "To work through them: `make lab` in the repository, or `dlcourse lab` where dlcourse is installed. It works "
        "offline, on two processor cores, without a graphics card.",
        "## The map",
        picture(f"/{PICTURE.name}", found[1] if found else "Which notebook builds on which: the table says it too."),
        "\n".join(rows),
        _toctree("Notebooks", [f"{one.name[:2]} {title_of(one)} <{place(one.name).with_suffix('')}>" for one in built]),
        _toctree("For teachers", [TEACHERS, *_papers(course)]),
        _toctree("Reference", [f"{REFERENCE}/{name}" for name in (*_topics(built), *ROOMS)]),
    ]
    (folder / "index.md").write_text("\n\n".join(front) + "\n", encoding="utf-8")


def _toctree(caption: str, pages: list[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", ":maxdepth: 1", f":caption: {caption}", "", *pages, "```"])


def _row(course: Path, notebook: Built) -> str:
    source = read(course / "solutions" / f"{notebook.name}.py", None)
    head = HEAD.search(source.cells[0].source)
    stands_on, takes = (" ".join(part.split()) for part in head.groups()) if head else ("", "")
    link = f"[{title_of(notebook)}]({place(notebook.name).as_posix()})"
    said = (source.said.get(words, "") for words in ABOUT)
    return "| " + " | ".join([notebook.name[:2], link, stands_on, takes, *said]) + " |"


def write_for_teachers(folder: Path, course: Path) -> None:
    """README's section for teachers, and the pages of docs/."""
    readme = (course / "README.md").read_text(encoding="utf-8")
    section = readme.partition("\n## For teachers\n")[2].partition("\n## ")[0]
    papers = _papers(course)
    for page, text in ({TEACHERS: f"# For teachers\n{section}"} | papers).items():
        (folder / f"{page}.md").write_text(_linked(text, papers, course), encoding="utf-8")


def _papers(course: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((course / "docs").glob("*.md"))}


def _linked(text: str, papers: Collection[str], course: Path) -> str:
    """Links to what is no page here become the files themselves, or their names."""

    def changed(found: re.Match) -> str:
        words, target = found.groups()
        if Path(target).stem in papers:
            return f"[{words}]({Path(target).stem}.md)"
        if target.startswith("../README.md"):
            return f"[{words}]({TEACHERS}.md)"
        file = target if target.startswith("docs/") else f"docs/{target}"
        return f"{{download}}`{words} </{file}>`" if (course / file).is_file() else words

    return re.sub(r"(?<!!)\[([^\]]+)\]\((?!http)([^)]+)\)", changed, text)


def write_reference(folder: Path, built: list[Built]) -> None:
    """A page for each topic, and one for each room whose functions others call."""
    target = folder / REFERENCE
    target.mkdir()
    for topic, notebook in _topics(built).items():
        words = f"For notebook {notebook.name[:2]}, {title_of(notebook)}: `from dlcourse import {topic}`"
        (target / f"{topic}.md").write_text(_page(topic, words, [f"dlcourse.{topic}"]), encoding="utf-8")
    for room, modules in ROOMS.items():
        (target / f"{room}.md").write_text(_page(room, "", modules), encoding="utf-8")


def title_of(notebook: Built) -> str:
    return "".join(json.loads(notebook.released)["cells"][0]["source"]).splitlines()[0].lstrip("# ")


def _topics(built: list[Built]) -> dict[str, Built]:
    return {notebook.name.partition("_")[2]: notebook for notebook in built}


def _page(name: str, words: str, modules: list[str]) -> str:
    parts = [f"# {name}", words]
    for module in modules:
        parts += [f"## {module}"] if len(modules) > 1 else []
        parts.append("\n".join(["```{eval-rst}", f".. automodule:: {module}", "   :members:", "```"]))
    return "\n\n".join(parts) + "\n"


def in_rest(lines: list[str]) -> Iterator[str]:
    """The lines of a docstring of ours, which is plain text with `code`, as reStructuredText."""
    for line in lines:
        parts = re.split(r"(`[^`]+`)", line)  # every second one is code
        yield "".join(f"`{part}`" if number % 2 else SIGNS.sub(r"\\\g<0>", part) for number, part in enumerate(parts))
