"""Reads solutions/NN_topic.py, the authored form of a notebook, and names each mistake in it by file and line."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"  # what nbgrader looks for, anywhere in a line
# Without comment_magics, jupytext takes the comment "# cat pictures" for a shell command and uncomments it.
PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
ABOUT = ("You write", "Applied to")  # the lines `#: ...` before the first cell
HEADERS = 'exercise="name", check="name" points=5, setup, demo, example, [markdown], or nothing'


Known = Callable[[str], Collection[str]]  # the names of a topic's exercises; LookupError if there is no such topic


class AuthorError(Exception):
    """What is wrong with an authored notebook: one sentence for each problem."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


def place(name: str) -> Path:
    """Where a notebook is in notebooks/ and in a learner's folder. The start page, 00, is at the top, where nbgrader
    looks for no assignments."""
    return Path(f"{name}.ipynb") if name.startswith("00_") else Path(name, f"{name}.ipynb")


@dataclass(frozen=True)
class Cell:
    """One authored cell; `kind` is text, code, setup, demo, example, exercise or check, `line` its header's."""

    kind: str
    source: str
    line: int
    name: str = ""
    points: int = 0


@dataclass(frozen=True)
class Source:
    """An authored notebook: `name` is NN_topic."""

    path: Path
    name: str
    cells: tuple[Cell, ...]
    said: dict[str, str] = field(default_factory=dict)  # "You write" and "Applied to", for the tables of the course

    @property
    def title(self) -> str:
        return self.cells[0].source.splitlines()[0].lstrip("# ").strip()

    @property
    def topic(self) -> str:
        return self.name.partition("_")[2]


def read(path: Path, known: Known | None = None, shown: str | None = None) -> Source:
    """Read and examine one authored notebook.

    Args:
        known: without it, the names of exercises are not compared with dlcourse.checks.
        shown: how messages call the file.

    Raises:
        AuthorError: there are mistakes in it; all of them are named.
    """
    shown = shown or str(path)
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", path.stem):
        raise AuthorError([f"{shown}: name the file NN_topic.py, such as 01_convolution.py."])
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AuthorError([f"{shown}: it cannot be read ({error})."]) from error
    problems = Problems(shown)
    text, said = _about(text, problems)
    source = Source(path, path.stem, tuple(_cells(text, problems)), said)
    if not problems.found:
        _examine(source, problems)
    if known is not None:
        _compare_names(source, known, problems)
    if problems.found:
        raise AuthorError([sentence for _, sentence in sorted(problems.found)])
    return source


class Problems:
    """Collects sentences with their lines."""

    def __init__(self, shown: str):
        self.shown = shown
        self.found: list[tuple[int, str]] = []

    def add(self, line: int, sentence: str) -> None:
        self.found.append((line, f"{self.shown}:{line}: {sentence}"))


def _about(text: str, problems: Problems) -> tuple[str, dict[str, str]]:
    """The text with blank lines for those at its top that say, for the tables, what a notebook is about."""
    lines, said = text.splitlines(keepends=True), {}
    for number, line in enumerate(lines):
        if not line.startswith("#: ") and line.strip():
            break
        if line.strip():
            name, _, words = line.removeprefix("#: ").partition(":")
            said[name.strip()] = words.strip()
            lines[number] = "\n"
    if said.keys() - set(ABOUT) or "" in said.values():
        problems.add(1, f"above the first cell stand only `#: {ABOUT[0]}: ...` and `#: {ABOUT[1]}: ...`.")
    return "".join(lines), said


def _cells(text: str, problems: Problems) -> list[Cell]:
    import jupytext

    lines = text.splitlines()
    headers = _header_lines(text)
    first = next((number for number, line in enumerate(lines, 1) if line.strip()), 1)
    if not headers or headers[0] != first:
        problems.add(first, "start the file with a cell header, such as `# %% [markdown]`.")
        return []
    try:
        read_cells = jupytext.reads(text.lstrip("\n"), fmt=PERCENT).cells
    except Exception as error:  # jupytext raises its own and its parser's errors
        problems.add(1, f"jupytext cannot read it ({error}).")
        return []
    if len(read_cells) != len(headers):
        problems.add(
            1,
            f"jupytext sees {len(read_cells)} cells and the file has {len(headers)} headers: "
            "keep lines that start with `# %%` out of strings.",
        )
        return []
    cells = []
    for line, cell in zip(headers, read_cells, strict=True):
        made = _cell(cell, line, lines[line - 1], problems)
        if made is not None:
            cells.append(made)
    return cells


def _header_lines(text: str) -> list[int]:
    """The line numbers of cell headers; where Python can read the file, those inside strings don't count."""
    pattern = re.compile(r"# ?%%(?=\s|$)")
    found = [number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return found
    comments = {token.start[0] for token in tokens if token.type == tokenize.COMMENT and token.start[1] == 0}
    return [number for number in found if number in comments]


def _cell(cell, line: int, header: str, problems: Problems) -> Cell | None:
    metadata = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
    title = metadata.pop("title", "")
    keys = set(metadata)
    if cell.cell_type == "markdown" and not title and not keys:
        return Cell("text", cell.source, line)
    if cell.cell_type == "code" and not keys and title in ("", "setup", "demo", "example"):
        return Cell(title or "code", cell.source, line)
    if cell.cell_type == "code" and not title and keys == {"exercise"}:
        name = metadata["exercise"]
        return Cell("exercise", cell.source, line, name) if _is_name(name, line, problems) else None
    if cell.cell_type == "code" and not title and "check" in keys and keys <= {"check", "points"}:
        return _check(cell.source, metadata["check"], metadata.get("points"), line, problems)
    problems.add(line, f"`{header.strip()}` is not a header of this course; after `# %%` write {HEADERS}.")
    return None


def _check(body: str, name, points, line: int, problems: Problems) -> Cell | None:
    if not _is_name(name, line, problems):
        return None
    if body.strip():
        problems.add(line, f'leave the check of "{name}" empty: the builder writes it.')
    if type(points) is not int or points < 1:
        problems.add(line, f'say what the check of "{name}" is worth, in whole points: `points=5`.')
        return None
    return Cell("check", f"check({name}, points={points})", line, name, points)


def _is_name(name, line: int, problems: Problems) -> bool:
    right = isinstance(name, str) and name.isascii() and name.isidentifier() and len(name) <= 50
    if not right:
        problems.add(line, f"{name!r} is not the name of a function (ASCII, at most 50 characters).")
    return right


def _examine(source: Source, problems: Problems) -> None:
    exercises: dict[str, Cell] = {}
    checks: dict[str, Cell] = {}
    first = source.cells[0]
    if first.kind != "text" or not re.match(r"# +\S", first.source):
        problems.add(first.line, "begin the notebook with its title: a text cell that starts with `# Title`.")
    for cell in source.cells:
        if cell.kind != "text":
            _examine_python(cell, problems)
        _examine_markers(cell, problems)
        if cell.kind == "exercise":
            _once(cell, exercises, f'the exercise "{cell.name}"', problems)
        elif cell.kind == "check":
            _once(cell, checks, f'the check of "{cell.name}"', problems)
            if cell.name not in exercises:
                problems.add(cell.line, f'no cell `# %% exercise="{cell.name}"` comes before this check.')
    for name in exercises.keys() - checks.keys():
        problems.add(exercises[name].line, f'no cell `# %% check="{name}" points=...` follows this exercise.')


def _once(cell: Cell, seen: dict[str, Cell], what: str, problems: Problems) -> None:
    if cell.name in seen:
        problems.add(cell.line, f"{what} is already on line {seen[cell.name].line}.")
    seen.setdefault(cell.name, cell)


def _examine_python(cell: Cell, problems: Problems) -> None:
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        problems.add(cell.line + (error.lineno or 1), f"this is not Python ({error.msg}).")
        return
    if cell.kind != "exercise":
        return
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    if cell.name not in defined:
        problems.add(cell.line, f"this exercise cell does not define `{cell.name}`.")


def _examine_markers(cell: Cell, problems: Problems) -> None:
    opened = None
    regions = 0
    for number, line in enumerate(cell.source.splitlines(), cell.line + 1):
        begins, ends = BEGIN in line, END in line
        if (begins or ends) and cell.kind != "exercise":
            problems.add(number, "solutions belong in an exercise cell, so that they can be cleared.")
            return
        if begins:
            if opened is not None:
                problems.add(number, f"this `### {BEGIN}` comes before the end of the one on line {opened}.")
            if not line[0].isspace():
                problems.add(number, "indent the solution: outside a function, the stub would stop the notebook.")
            opened = number
            regions += 1
        elif ends:
            if opened is None:
                problems.add(number, f"this `### {END}` has no `### {BEGIN}` before it.")
            opened = None
    if opened is not None:
        problems.add(opened, f"this `### {BEGIN}` has no `### {END}` in its cell.")
    if cell.kind == "exercise" and not regions:
        problems.add(cell.line, f'put the solution of "{cell.name}" between `### {BEGIN}` and `### {END}`.')


def _compare_names(source: Source, known: Known, problems: Problems) -> None:
    checks = [cell for cell in source.cells if cell.kind == "check"]
    if not checks:
        return
    try:
        names = set(known(source.topic))
    except LookupError:
        problems.add(
            checks[0].line,
            f"dlcourse.checks has no exercises for {source.topic}: write dlcourse/checks/{source.topic}.py.",
        )
        return
    for cell in checks:
        if cell.name not in names:
            problems.add(cell.line, f'dlcourse.checks.{source.topic} declares no exercise "{cell.name}".')
