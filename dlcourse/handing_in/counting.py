"""Which text of an exercise will count: the rule of the grader, for whoever asks while the notebook is still open."""

from __future__ import annotations

import ast

from dlcourse.handing_in.master import Master
from dlcourse.handing_in.names import alike, bound, defined, tree_of
from dlcourse.handing_in.reading import Notebook
from dlcourse.handing_in.rebuilding import rebuild


def what_counts(master: Master, notebook: Notebook, name: str) -> str:
    """The cell whose function is there when an exercise is graded at its check; "" where no cell defines it.

    Raises:
        WrongNotebook: that is another notebook.
    """
    found = ""
    for step in rebuild(master, notebook).steps:
        if step.kind == "check" and step.name == name:
            break
        if step.kind in ("exercise", "own") and name in defined(step.source):
            found = step.source
    return found


def same_function(left: str, right: str, name: str) -> bool:
    """Whether two cells write a function alike, whatever else stands in them."""
    return alike(_definition(left, name), _definition(right, name))


def _definition(source: str, name: str) -> str:
    tree = tree_of(source)
    if tree is None:
        return source
    return "\n".join(ast.unparse(statement) for statement in tree.body if name in bound(statement))
