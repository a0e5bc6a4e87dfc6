"""One name where another belongs."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from dlcourse.leads.operators.kind import kind
from dlcourse.leads.places import Change, Edit, Text

ALIKE = 0.5  # names that share so much of their letters are mixed up easily


def similar(one: str, other: str) -> bool:
    if min(len(one), len(other)) == 1:
        return len(one) == len(other) or one[0] == other[0]
    return difflib.SequenceMatcher(None, one, other).ratio() > ALIKE


@kind("name", "one name stands where another one belongs")
def another_name(text: Text) -> Iterator[Change]:
    """Another name of the function's own that has a value by then."""
    for node in [*text.strangers, *text.loads]:
        start, end = text.span(node)
        for name in text.known_at(node):
            if name == node.id:
                continue
            likely = (
                node in text.strangers
                or name in text.unread
                or similar(name, node.id)
                or (name in text.loop_names and _is_index(text, node))
            )
            yield Change(
                "name",
                (Edit(start, end, name),),
                1 if likely else 3,
                (f"{text.statement(node).lineno} {node.id} {name}",),
            )


def _is_index(text: Text, node: ast.AST) -> bool:
    parent = text.parent[node]
    return isinstance(parent, (ast.Subscript, ast.Slice)) or (
        isinstance(parent, ast.Tuple) and isinstance(text.parent[parent], ast.Subscript)
    )


@kind("key", "an entry stands under another name than the one that is meant")
def another_key(text: Text) -> Iterator[Change]:
    """Another of the keys that the function uses, where an entry is taken out or put in."""
    keys = [
        node
        for node in text.nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (isinstance(text.parent[node], ast.Subscript) or _is_key(text.parent[node], node))
    ]
    known = list(dict.fromkeys([*(node.value for node in keys), *text.parameters]))
    for node in keys:
        start, end = text.span(node)
        for key in known:
            if key != node.value:
                tier = 1 if similar(key, node.value) else 2
                yield Change("key", (Edit(start, end, repr(key)),), tier)


def _is_key(parent: ast.AST, node: ast.AST) -> bool:
    return isinstance(parent, ast.Dict) and any(key is node for key in parent.keys)


@kind("copied line", "a line was made from another one, and a name of that one was left in it")
def copied_line(text: Text) -> Iterator[Change]:
    """One letter of several names at once, as in a line for each gate: `dWf`, `dbf` in that of `dWi`."""
    for statement in text.nodes:
        if not isinstance(statement, (ast.Assign, ast.AugAssign)):
            continue
        inside = [node for node in text.loads if text.statement(node) is statement]
        if len(inside) < 2:
            continue
        known = text.known_at(statement)
        for before in sorted({letter for node in inside for letter in node.id if letter.isalpha()}):
            for after in sorted({letter for name in known for letter in name if letter.isalpha()} - {before}):
                edits = tuple(
                    Edit(*text.span(node), node.id.replace(before, after))
                    for node in inside
                    if before in node.id and node.id.replace(before, after) in known
                )
                if len(edits) > 1:
                    yield Change("copied line", edits, 3)
