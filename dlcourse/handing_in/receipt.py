"""What the learner is told of a file to hand in, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

MARKS = {
    "written": "[green]✓ written[/]",
    "written twice": "[yellow]◐ written twice[/]",
    "unfinished": "[yellow]◐ unfinished[/]",
    "cannot run": "[red]✗ cannot run[/]",
    "not attempted": "[dim]· not attempted[/]",
}


@dataclass(frozen=True)
class Exercise:
    """What becomes of one exercise. `state` is "written", "written twice", "unfinished", "not attempted" or "cannot
    run"."""

    name: str
    points: float
    state: str
    reason: str = ""


@dataclass(frozen=True)
class HandedIn:
    """What `submit` did."""

    notebook: str  # NN_topic
    learner: str
    path: Path
    size: int
    exercises: tuple[Exercise, ...]
    repairs: tuple[str, ...]
    again: bool = False  # the same file had been made before


def receipt(done: HandedIn) -> Iterator[RenderableType]:
    """The exercises as the teacher will see them, what was put in order, and where the file is."""
    yield f"[italic]{escape(done.notebook)} of {escape(done.learner)}, as your teacher will see it[/]"
    table = Table(header_style="bold", box=SIMPLE_HEAD)
    table.add_column("Exercise", no_wrap=True)
    table.add_column("Points", justify="right")
    table.add_column("What is there")
    for one in done.exercises:
        table.add_row(escape(one.name), f"{one.points:g}", MARKS[one.state] + escape(one.reason and f": {one.reason}"))
    yield table
    if done.repairs:
        yield "Put in order on the way:"
        yield from (f"- {escape(sentence)}" for sentence in done.repairs)
    yield "Your code is handed in; your own text cells, pictures and outputs stay with you."
    yield "Nothing has changed since the last time. The file to hand in:" if done.again else "To hand in:"
    yield f"{escape(str(done.path))} ({max(1, round(done.size / 1000))} kB)"
