"""What a function computes and never reads, or is given and never uses: told free of charge, without a search."""

from __future__ import annotations

import ast
import dataclasses

from dlcourse.checking import taught
from dlcourse.checking.exercise import Exercise
from dlcourse.leads.places import Text


@dataclasses.dataclass(frozen=True)
class Unread:
    """A name that nothing reads; `line` is where it is given or computed, in the function's text, from 1."""

    name: str
    line: int
    given: bool

    @property
    def sentence(self) -> str:
        return f"`{self.name}` is {'given to the function' if self.given else 'computed'} and never used."


def unread(exercise: Exercise, source: str) -> list[Unread]:
    """The names of a function that it does not read, of those that the taught solution does read."""
    try:
        text = Text(source)
        solution = Text(taught.solution(exercise.topic, exercise.name) or "")
    except (SyntaxError, ValueError):
        return []
    read = {node.id for node in solution.loads}
    first: dict[str, int] = {}
    for node in text.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            first.setdefault(node.id, node.lineno)
    inside = {node.id for node in text.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return [
        Unread(name, first.get(name, text.function.lineno), name in text.parameters and name not in first)
        for name in text.names
        if name in read and name not in inside and not _is_counted_only(text, name)
    ]


def _is_counted_only(text: Text, name: str) -> bool:
    """Names that a shape is taken apart into are often not all needed."""
    for node in text.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            names = {inner.id for inner in ast.walk(node.targets[0]) if isinstance(inner, ast.Name)}
            if name in names and isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
                return True
    return False
