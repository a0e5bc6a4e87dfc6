"""Wrong functions as learners type them: a right one in their style, and the slip that is made in it.

A topic's file holds right functions, written with loops as most learners write them, and lists `slip`s: a function, the
key of the mistake that must be named, and what was typed in place of what. Where a function is wrong as a whole it is
written out, under `@whole`.
"""

from __future__ import annotations

import dataclasses
import inspect
import linecache
from collections.abc import Callable

WHOLE: list[Slip] = []


@dataclasses.dataclass(frozen=True)
class Slip:
    """A wrong function's text; `helper`: it stands in this function of the learner's, which the exercise calls."""

    topic: str
    exercise: str
    key: str
    source: str
    name: str
    helper: str = ""

    @property
    def title(self) -> str:
        return f"{self.exercise}: {self.key}" + (f" in {self.helper}" if self.helper else "")


def slip(function: Callable, key: str, *changes: tuple[str, str], exercise: str = "") -> Slip:
    """A right function with some of its text changed.

    Args:
        changes: pairs (what stands there, what the learner typed); every place where it stands is changed.
        exercise: where `function` is a helper, the exercise whose check is run.
    """
    source = source_of(function)
    for before, after in changes:
        if before not in source:
            raise ValueError(f"{function.__name__}, for {key!r}, has no {before!r}.")
        source = source.replace(before, after)
    name = function.__name__
    return Slip(_topic(function), exercise or name, key, source, name, name if exercise else "")


def source_of(function: Callable) -> str:
    source = inspect.getsource(function)
    return source[source.index("def ") :]


def _topic(function: Callable) -> str:
    return function.__module__.rpartition(".")[2]


def whole(exercise: str, key: str) -> Callable:
    """Mark a function that is wrong as a whole."""

    def mark(function: Callable) -> Callable:
        WHOLE.append(Slip(_topic(function), exercise, key, source_of(function), function.__name__))
        return function

    return mark


def define(slip: Slip, namespace: dict, right: dict[str, Callable]) -> Callable:
    """The function that the check is run on, among the learner's other functions, as cells of a notebook define it."""
    for function in right.values():
        _run(source_of(function), function.__name__, namespace)
    _run(slip.source, slip.title, namespace)
    namespace[slip.helper or slip.exercise] = namespace[slip.name]
    return namespace[slip.exercise]


def _run(source: str, title: str, namespace: dict) -> None:
    filename = f"<typed {title}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)
