"""What a learner may ask for under an exercise: the next hint, a solution, the text that it began with.

The functions of a notebook and the buttons under a panel both show what is made here.
"""

from __future__ import annotations

import ast
import functools
import inspect
import pprint
import textwrap
from collections.abc import Callable

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.panel import panel, session
from dlcourse.figures.appearance import Panel


def next_hint(exercise: Exercise) -> Panel:
    """The next hint, which counts as read from now on; after the last one, the last one again."""
    shown = session.hints_shown(exercise.topic, exercise.name)
    if shown < len(exercise.hints):
        session.record_hint(exercise.topic, exercise.name)
    return panel.of_hint(exercise, min(shown, len(exercise.hints) - 1))


def solution(exercise: Exercise) -> Panel:
    """The reference, or why it is not shown."""
    if not session.solutions_allowed():
        return panel.of_note(f"Solutions are turned off in this classroom. hint({exercise.name}) still helps.")
    if session.attempts(exercise.topic, exercise.name) == 0:
        return panel.of_note(
            f"Write {exercise.name} and run its check once; after a first attempt, its solution can be shown."
        )
    if exercise.reference.__closure__:  # made by `topic.claims`: its source says nothing, its answers do
        answers = pprint.pformat(exercise.reference(), width=80, sort_dicts=False)
        source = f"def {exercise.name}():\n    return (\n{textwrap.indent(answers, ' ' * 8)}\n    )"
        return panel.of_solution(exercise, source)
    return panel.of_solution(exercise, with_helpers(exercise.reference))


def with_helpers(reference: Callable) -> str:
    """The source of a reference, and what it needs of its module, in the module's order: imports, constants, private
    functions. A reader can run it in the notebook, where the other exercises and TensorFlow are."""
    function = inspect.unwrap(reference)
    source = inspect.getsource(inspect.getmodule(function))
    statements = {name: statement for statement in ast.parse(source).body for name in _names_of(statement)}
    wanted, shown = [function.__name__], {}
    while wanted:
        statement = statements[wanted.pop()]
        shown[statement.lineno] = statement
        used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        wanted += [
            name
            for name in used & set(statements)
            if statements[name].lineno not in shown
            and (name.startswith("_") or not isinstance(statements[name], (ast.FunctionDef, ast.ClassDef)))
        ]
    lines, text, before = source.splitlines(), "", None
    for _, statement in sorted(shown.items()):
        if before is not None:
            text += "\n\n\n" if isinstance(statement, ast.FunctionDef) else "\n" if _same(before, statement) else "\n\n"
        begin = min([statement.lineno, *(part.lineno for part in getattr(statement, "decorator_list", []))])
        text += "\n".join(lines[begin - 1 : statement.end_lineno])
        before = statement
    return text + "\n"


def _same(before: ast.stmt, statement: ast.stmt) -> bool:
    """Whether both are imports, or neither is."""
    imports = (ast.Import, ast.ImportFrom)
    return isinstance(before, imports) == isinstance(statement, imports)


def _names_of(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def solution_is_open(exercise: Exercise) -> bool:
    """Whether `solution` would show it."""
    return session.solutions_allowed() and session.attempts(exercise.topic, exercise.name) > 0


@functools.lru_cache(maxsize=64)
def beginning(exercise: Exercise) -> Panel | None:
    """The released text of the exercise; None where there is no released notebook to take it from.

    It is shown, not put back: a kernel cannot write into a cell, and a file that changes under an open notebook is a
    conflict.
    """
    found = session.beginning(exercise.topic, exercise.name)
    return None if found is None else panel.of_beginning(exercise, found.source, found.command)
