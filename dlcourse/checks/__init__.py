"""The exercises of every notebook, and the way to check a function against one of them from a program.

>>> from dlcourse import checks, convolution
>>> checks.run("convolution", "zero_pad", convolution.zero_pad).passed
True
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

from dlcourse.checking import calling
from dlcourse.checking.exercise import Exercise, Mistake, Topic
from dlcourse.checking.judging import judge
from dlcourse.checking.panel import session, unset
from dlcourse.checking.panel.notebook import where
from dlcourse.checking.report import Failure, Group, Report
from dlcourse.leads import finder
from dlcourse.workspace import desk

__all__ = ["Exercise", "Failure", "Group", "Mistake", "Report", "exercises", "get", "run", "topics", "where"]

unset.install_where_there_is_a_notebook()  # before a topic is imported, which may fail
session.find_with(finder)
session.use(desk)  # what is tried in a notebook is noted in the course folder that it is in


@functools.cache
def topics() -> tuple[str, ...]:
    """The topics that have exercises: the modules and folders of this package."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def topic(name: str) -> Topic:
    """The exercises of one notebook.

    Raises:
        KeyError: there is no such topic.
    """
    if name not in topics():
        raise KeyError(f"There is no topic called {name!r}; the topics are {', '.join(topics())}.")
    return importlib.import_module(f"dlcourse.checks.{name}").topic


def get(topic_name: str, name: str) -> Exercise:
    """One exercise.

    Raises:
        KeyError: there is no such topic, or no such exercise in it.
    """
    found = topic(topic_name).exercises
    if name not in found:
        raise KeyError(f"{topic_name} has no exercise called {name!r}; it has {', '.join(found)}.")
    return found[name]


def exercises(topic_name: str | None = None) -> list[Exercise]:
    """All exercises, or those of one topic."""
    names = topics() if topic_name is None else (topic_name,)
    return [exercise for name in names for exercise in topic(name).exercises.values()]


def run(topic_name: str, name: str, fn: Callable, seed: int = 0, namespace: Mapping[str, Any] | None = None) -> Report:
    """Check a function against an exercise, in this process.

    Args:
        seed: draws the random cases.
        namespace: where the learner's other functions are looked up; by default the function's own globals.

    Raises:
        KeyError: there is no such exercise.
        TypeError: `fn` cannot be called.
    """
    exercise = get(topic_name, name)
    if not callable(fn):
        raise TypeError(f"{name} must be a function, not a {type(fn).__name__}.")
    around = getattr(fn, "__globals__", {}) if namespace is None else namespace
    functions = {**around, name: fn}
    return judge(exercise, lambda calls: calling.perform(functions, calls), seed)
