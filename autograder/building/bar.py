"""What a notebook must have before it is released, as far as a program can see it: one sentence for each missing thing.

Whether it teaches well, people must say. The tests ask this of every notebook; `autograder new` writes one that fails.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from autograder.building.source import ABOUT, Source, read
from dlcourse.workspace.course_map import HEAD

SECTIONS = ("What you have just built", "Spot the mistake", "Harder tasks", "Where this comes from")
PREDICTION, PREDICTIONS = "**Predict.**", 2
MISTAKES, HINTS = 3, 2
UNWRITTEN = "TODO"
CLAIMS = "spot_the_mistake"


def places(name: str) -> dict[str, Path]:
    """The five files of a notebook, by what they hold; `name` is NN_topic."""
    topic = name.partition("_")[2]
    return {
        "text": Path("solutions", f"{name}.py"),
        "reference": Path("dlcourse", f"{topic}.py"),
        "checks": Path("dlcourse", "checks", f"{topic}.py"),
        "widget": Path("dlcourse", "widgets", f"{topic}.py"),
        "tests": Path("tests", "checks", f"test_{topic}.py"),
    }


def missing(course: Path, name: str) -> list[str]:
    """One sentence for each thing that a notebook lacks; `name` is NN_topic."""
    files = {what: _found(course, place) for what, place in places(name).items()}
    sentences = [f"{places(name)[what].as_posix()} is not there." for what, file in files.items() if file is None]
    if files["text"] is not None:
        source = read(files["text"], shown=places(name)["text"].as_posix())
        sentences += _of_the_text(source)
        if files["checks"] is not None:
            sentences += _of_the_exercises(source.topic)
        if files["widget"] is not None:
            sentences += _of_the_widget(source, files["widget"])
    for what, file in files.items():
        if file is not None and (lines := _unwritten(file)):
            shown = places(name)[what].as_posix()
            sentences += [f"{shown}:{number}: {text}" for number, text in lines]
    return sentences


def _found(course: Path, place: Path) -> Path | None:
    """A topic that has outgrown one file is a folder."""
    both = (course / place, course / place.with_suffix("") / "__init__.py")
    return next((path for path in both if path.is_file()), None)


def _of_the_text(source: Source) -> Iterator[str]:
    shown = f"solutions/{source.name}.py"
    for line in ABOUT:
        if not source.said.get(line):
            yield f"{shown} does not begin with `#: {line}: ...`, for the tables of the course."
    if not HEAD.search(source.cells[0].source):
        yield f"{shown}: the head has no `**Stands on** ... **Takes** about ...`, for the map of the course."
    text = "\n".join(cell.source for cell in source.cells if cell.kind == "text")
    for section in SECTIONS:
        if not re.search(rf"^###? {section}$", text, re.MULTILINE):
            yield f"{shown} has no section '## {section}'."
    if (asked := text.count(PREDICTION)) < PREDICTIONS:
        yield f"{shown} asks for {asked} predictions before a result; ask for at least {PREDICTIONS}: {PREDICTION}"
    if CLAIMS not in {cell.name for cell in source.cells if cell.kind == "exercise"}:
        yield f"{shown} has no exercise {CLAIMS}."


def _of_the_exercises(topic: str) -> Iterator[str]:
    from autograder.running.startup import load_checks
    from dlcourse import checks

    load_checks(topic)
    for exercise in checks.exercises(topic):
        where = f"dlcourse/checks/{topic}: {exercise.name}"
        if len(exercise.mistakes) < MISTAKES:
            yield f"{where} knows {len(exercise.mistakes)} mistakes that learners make; name at least {MISTAKES}."
        if len(exercise.hints) < HINTS:
            yield f"{where} has {len(exercise.hints)} hints; give at least {HINTS}, each saying more."
        if exercise.name != CLAIMS and not exercise.reference.__doc__:
            yield f"dlcourse/{topic}: {exercise.name} has no docstring."


def _of_the_widget(source: Source, widget: Path) -> Iterator[str]:
    tree = ast.parse(widget.read_text(encoding="utf-8"))
    offered = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("explore_")
    }
    code = "\n".join(cell.source for cell in source.cells if cell.kind != "text")
    if not offered:
        yield f"dlcourse/widgets/{source.topic}.py has no function explore_...: a picture with a control to move."
    elif not any(re.search(rf"\b{name}\(", code) for name in offered):
        yield f"solutions/{source.name}.py does not show its widget: call {' or '.join(sorted(offered))}."


def _unwritten(file: Path) -> list[tuple[int, str]]:
    """What the skeleton left to be written, by line."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    return [(number, line[line.index(UNWRITTEN) :].strip(" \"'")) for number, line in lines if f"{UNWRITTEN}:" in line]
