"""`autograder build`: from solutions/NN_topic.py to build/source and notebooks, the same bytes every time."""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.building import overview
from autograder.building.source import BEGIN, END, AuthorError, Cell, Known, Source, place, read
from dlcourse.checking import taught
from dlcourse.workspace.course_map import HEAD

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# The first code cell of every notebook. It is no cell of nbgrader's, and graders don't run it.
INSTALL = {
    "cell_type": "code",
    "id": "install",
    "metadata": {"jupyter": {"source_hidden": True}, "tags": ["install"]},
    "source": (
        "# Installs the course where it is missing, as on Colab; everywhere else this does nothing.\n"
        "try:\n"
        "    import dlcourse\n"
        "except ModuleNotFoundError:\n"
        "    %pip install --quiet dlcourse"
    ),
    "execution_count": None,
    "outputs": [],
}
SHOWN_LINES = 3  # a cell that draws and is longer than this is folded, until somebody clicks on it
LONGEST_SLUG = 50  # nbformat allows ids of 64 characters; the counter needs some


class CourseError(Exception):
    """The course folder, or a notebook somebody asked for, isn't there."""


@dataclass(frozen=True)
class Built:
    """One notebook's derived texts: the expanded source for nbgrader, the learner's version, and the exercises' cells
    as the Solution button shows them."""

    name: str
    expanded: str
    released: str
    solutions: Mapping[str, str]
    row: str = ""  # of the tables of the course


def course_folder(start: Path | None = None) -> Path:
    """The nearest folder, from `start` upwards, that holds solutions/."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir():
            return folder
    raise CourseError(f"There is no folder solutions/ in {start} or above it: run this in the repository.")


def sources(course: Path, asked: Collection[str] = ()) -> list[Path]:
    """The authored notebooks asked for, or all of them: by number, topic, name or path."""
    every = sorted((course / "solutions").glob("[0-9][0-9]_*.py"))
    if not asked:
        if not every:
            raise CourseError(f"There is no NN_topic.py in {course / 'solutions'}.")
        return every
    chosen = []
    for word in asked:
        wanted = Path(word).stem
        found = [path for path in every if wanted in (path.stem, *path.stem.split("_", 1))]
        if not found:
            names = ", ".join(path.stem for path in every) or "none yet"
            raise CourseError(f"There is no notebook {word!r} in {course / 'solutions'}; there are: {names}.")
        chosen += found
    return sorted(set(chosen))


def known_exercises(topic: str) -> set[str]:
    """The names that dlcourse.checks declares for a topic.

    Raises:
        LookupError: it has no such topic.
    """
    from autograder.running.startup import load_checks
    from dlcourse import checks

    if topic not in checks.topics():
        raise LookupError(topic)
    load_checks(topic)
    return {exercise.name for exercise in checks.exercises(topic)}


def build(course: Path, asked: Collection[str] = (), known: Known | None = known_exercises) -> list[Built]:
    """Make every derived text, and write nothing into the course.

    Raises:
        AuthorError: some source is wrong; the problems of all of them are in it.
        ClearingError: nbgrader refused one.
    """
    read_sources, problems = [], []
    for path in sources(course, asked):
        try:
            read_sources.append(read(path, known, shown=path.relative_to(course).as_posix()))
        except AuthorError as error:
            problems += error.problems
    if problems:
        raise AuthorError(problems)
    return [_build_one(source, last_words(course, source.name)) for source in read_sources]


def last_words(course: Path, name: str) -> str:
    """The text at a notebook's end: the way to the one after it, among those that there are, and to the map."""
    if place(name).parent == Path():
        return ""  # the start page is the map
    names = [path.stem for path in sources(course)]
    following = names[names.index(name) + 1 :][:1]
    way = [f"**Next:** [{_title(course, other)}](../{place(other).as_posix()})" for other in following]
    if (course / "solutions" / "00_start.py").exists():
        way.append(f"[Back to the map](../{place('00_start')})")
    return " · ".join(way)


def _title(course: Path, name: str) -> str:
    text = (course / "solutions" / f"{name}.py").read_text(encoding="utf-8")
    found = re.search(r"^# # +(.*\S)", text, re.MULTILINE)
    return f"{name.partition('_')[0]} {found[1] if found else name}"


def write(course: Path, built: list[Built]) -> list[Path]:
    """Put the texts in their places, each at once; gives the files that changed."""
    changed = []
    for notebook in built:
        texts = [(course / "notebooks" / place(notebook.name), notebook.released)]
        if place(notebook.name).parent != Path():
            texts.insert(0, (course / "build" / "source" / place(notebook.name), notebook.expanded))
        for path, text in texts:
            if _content(path) != text.encode():
                _replace(path, text.encode())
                changed.append(path)
        path = _solutions_file(course, notebook)
        if _unpacked(path) != notebook.solutions:
            _replace(path, taught.packed(notebook.solutions))
            changed.append(path)
    for path, text in overview.pages(course, {notebook.name: notebook.row for notebook in built}):
        if _content(path) != text.encode():
            _replace(path, text.encode())
            changed.append(path)
    return changed


def _solutions_file(course: Path, notebook: Built) -> Path:
    return taught.place(notebook.name.partition("_")[2], course / taught.IN_COURSE)


def _unpacked(path: Path) -> dict[str, str] | None:
    """What is in the file, however it was packed: other versions of zlib make other bytes of the same text."""
    try:
        return taught.unpacked(path.read_bytes())
    except (OSError, ValueError):
        return None


def differences(course: Path, built: list[Built], every: bool) -> list[str]:
    """One sentence for each notebook that isn't what its source gives.

    Args:
        every: `built` is the whole course, so that a notebook without a source is one too many.
    """
    found = []
    for notebook in built:
        shown = f"notebooks/{place(notebook.name).as_posix()}"
        content = _content(course / shown)
        if content is None:
            found.append(f"{shown} is missing.")
        elif content != notebook.released.encode():
            found.append(f"{shown} differs from what solutions/{notebook.name}.py gives.")
        path = _solutions_file(course, notebook)
        if _unpacked(path) != notebook.solutions:
            found.append(f"{path.relative_to(course).as_posix()} differs from what solutions/{notebook.name}.py gives.")
    for path, text in overview.pages(course, {notebook.name: notebook.row for notebook in built}):
        if _content(path) != text.encode():
            found.append(f"{path.relative_to(course).as_posix()} is not what the sources say.")
    if every:
        known = {place(notebook.name).parts[0] for notebook in built}
        for path in sorted((course / "notebooks").glob("[0-9][0-9]_*")):
            if (path.is_dir() or path.suffix == ".ipynb") and path.name not in known:
                found.append(f"notebooks/{path.name} has no source solutions/{path.stem}.py.")
    return found


def headless(built: list[Built]) -> list[str]:
    """One sentence for each notebook whose first text does not say what it stands on and how long it takes."""
    return [
        f"solutions/{one.name}.py: end the first text with a line such as "
        "`**Stands on** notebooks 01 and 03. **Takes** about half an hour to read and two hours to do.`"
        for one in built
        if place(one.name).parent != Path() and not HEAD.search(_first_text(one))
    ]


def _first_text(built: Built) -> str:
    cells = json.loads(built.released)["cells"]
    return "".join(next((cell["source"] for cell in cells if cell["cell_type"] == "markdown"), ""))


def notebook(source: Source, last: str = "") -> dict:
    """The expanded notebook: nbgrader's metadata, fixed ids, solutions and all; `last` is the text at its end."""
    import nbformat

    identifiers = Identifiers()
    cells = [_expanded(cell, identifiers(cell)) for cell in source.cells]
    first = next((index for index, cell in enumerate(cells) if cell["cell_type"] == "code"), len(cells))
    cells.insert(first, INSTALL)
    if last:
        cells.append({"cell_type": "markdown", "id": "onwards", "metadata": {}, "source": last})
    made = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    made = nbformat.from_dict(made)
    nbformat.validate(made)
    return made


def expanded(course: Path, name: str) -> str:
    """The source that nbgrader wants of an authored notebook, solutions and all, without building its release."""
    import nbformat

    source = read(course / "solutions" / f"{name}.py", None)
    return nbformat.writes(notebook(source, last_words(course, name))) + "\n"


def _build_one(source: Source, last: str) -> Built:
    import nbformat

    from autograder.building.clearing import release

    expanded = nbformat.writes(notebook(source, last)) + "\n"
    with tempfile.TemporaryDirectory(prefix="autograder-build-") as folder:
        course = Path(folder).resolve()
        path = course / "build" / "source" / source.name / f"{source.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(expanded, encoding="utf-8", newline="\n")
        released = release(course, source.name)
    return Built(source.name, expanded, released, _solutions(source), overview.row(source))


def _solutions(source: Source) -> dict[str, str]:
    exercises = (cell for cell in source.cells if cell.kind == "exercise")
    return {cell.name: "\n".join(_without_markers(cell.source)) for cell in exercises}


def _without_markers(text: str) -> list[str]:
    return [line for line in text.splitlines() if BEGIN not in line and END not in line]


def _expanded(cell: Cell, identifier: str) -> dict:
    made = {"cell_type": "markdown" if cell.kind == "text" else "code", "id": identifier, "metadata": {}}
    made["source"] = cell.source
    if made["cell_type"] == "code":
        made |= {"execution_count": None, "outputs": []}
    # Text is left free: nbgrader refuses to release a notebook again once its set of known cells has changed.
    if cell.kind in ("setup", "exercise", "check"):
        made["metadata"]["nbgrader"] = {
            "grade": cell.kind == "check",
            "grade_id": identifier,
            "locked": cell.kind != "exercise",
            "points": cell.points,
            "schema_version": 3,
            "solution": cell.kind == "exercise",
            "task": False,
        }
    if cell.kind in ("setup", "demo", "example"):
        made["metadata"]["tags"] = [cell.kind]
    if cell.kind == "demo" and len(cell.source.splitlines()) > SHOWN_LINES:
        made["metadata"]["jupyter"] = {"source_hidden": True}
    return made


class Identifiers:
    """Names cells: graded ones after their exercise, others after the nearest heading and a counter under it.

    So a new cell changes the ids of the cells that follow it under its own heading, and no others. A heading
    whose words an earlier one has used gets its parent's in front.
    """

    def __init__(self):
        self.path: list[tuple[int, str]] = []  # (level, slug) from the title down to the current heading
        self.current = "cell"
        self.taken: set[str] = set()
        self.counters: Counter[str] = Counter()

    def __call__(self, cell: Cell) -> str:
        if cell.kind in ("exercise", "check"):
            return f"{cell.kind}-{cell.name}"
        found = list(headings(cell.source)) if cell.kind == "text" else []
        for level, words in found[:1]:
            self._enter(level, words)
        self.counters[self.current] += 1
        identifier = f"{self.current}-{self.counters[self.current]}"
        for level, words in found[1:]:
            self._enter(level, words)
        return identifier

    def _enter(self, level: int, words: str) -> None:
        self.path = [part for part in self.path if part[0] < level] + [(level, slug(words))]
        self.current = self.path[-1][1]
        for _, parent in reversed(self.path[:-1]):
            if self.current not in self.taken:
                break
            self.current = f"{parent}-{self.current}"
        self.current = self.current[:LONGEST_SLUG].strip("-")
        self.taken.add(self.current)


def headings(text: str) -> Iterator[tuple[int, str]]:
    """The level and words of each markdown heading, those in code blocks left out."""
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        match = re.match(r"(#{1,6}) +(.*\S)", line)
        if match and not fenced:
            yield len(match[1]), match[2]


def slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "section"


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
