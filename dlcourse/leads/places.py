"""The text of a function, its tree, and which part of the one is which node of the other."""

from __future__ import annotations

import ast
import bisect
import builtins
import dataclasses
import functools
import textwrap
from collections.abc import Iterable, Iterator

# Where an expression with an operator in it must be put in brackets.
BRACKETED = (ast.BinOp, ast.IfExp, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Lambda)
TIGHT = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Attribute, ast.Starred, ast.Await)


@dataclasses.dataclass(frozen=True, order=True)
class Edit:
    """Another text from `start` up to `end`."""

    start: int
    end: int
    text: str


@dataclasses.dataclass(frozen=True)
class Change:
    """What may have been meant: one edit, or the same one wherever the same thing is computed.

    `alike` names what it has in common with other changes: those are also made together. `value` is the literal that it
    writes in, if it does. Changes with a larger `tier` are tried later.
    """

    kind: str
    edits: tuple[Edit, ...]
    tier: int = 1
    alike: tuple[str, ...] = ()
    value: bool = False

    def apply(self, source: str) -> str:
        return applied(source, self.edits)


def applied(source: str, edits: Iterable[Edit]) -> str:
    """The text with all these edits, which do not overlap."""
    for edit in sorted(edits, reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source


def overlap(edits: Iterable[Edit]) -> bool:
    ordered = sorted(edits)
    return any(
        later.start < earlier.end or later.start == earlier.start
        for earlier, later in zip(ordered, ordered[1:], strict=False)
    )


def size(source: str) -> int:
    """How much there is to read, in nodes of the tree."""
    return sum(1 for _ in ast.walk(ast.parse(source)))


class Text:
    """The source of one function.

    Raises:
        SyntaxError: it is not Python.
        ValueError: there is no function in it.
    """

    def __init__(self, source: str) -> None:
        self.source = textwrap.dedent(source)
        self.tree = ast.parse(self.source)
        found = next((node for node in self.tree.body if isinstance(node, ast.FunctionDef)), None)
        if found is None:
            raise ValueError("There is no function in this text.")
        self.function = found
        self.parent = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self._spans: dict[ast.AST, tuple[int, int]] = {}
        self._known: dict[int, list[str]] = {}
        self._lines = self.source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    # --- places ---------------------------------------------------------------------------------------------------

    def span(self, node: ast.AST) -> tuple[int, int]:
        if node not in self._spans:
            start = self._offset(node.lineno, node.col_offset)
            self._spans[node] = start, self._offset(node.end_lineno, node.end_col_offset)
        return self._spans[node]

    def _offset(self, line: int, column: int) -> int:
        """Columns of a tree count bytes."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode())
        return self._starts[line - 1] + column

    def line(self, offset: int) -> int:
        return bisect.bisect_right(self._starts, offset)

    def line_text(self, number: int) -> str:
        return self._lines[number - 1].rstrip("\n") if 0 < number <= len(self._lines) else ""

    def start_of_line(self, number: int) -> int:
        return self._starts[number - 1]

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    def bracketed(self, node: ast.AST) -> tuple[int, int] | None:
        """The span with the brackets directly around a node; None where there are none. Those of a call or a tuple
        are not its own."""
        start, end = self.span(node)
        before, after = start - 1, end
        while before >= 0 and self.source[before] in " \n\t":
            before -= 1
        while after < len(self.source) and self.source[after] in " \n\t":
            after += 1
        if before < 0 or after >= len(self.source) or self.source[before] != "(" or self.source[after] != ")":
            return None
        parent = self.parent.get(node)
        if isinstance(parent, ast.Call) and node is not parent.func and before == self.span(parent.func)[1]:
            return None
        return before, after + 1

    # --- edits ----------------------------------------------------------------------------------------------------

    def put(self, node: ast.AST, text: str) -> Edit:
        """Another expression for this one, in brackets where it needs them."""
        start, end = self.span(node)
        parent = self.parent.get(node)
        tight = isinstance(parent, TIGHT) or (
            isinstance(parent, (ast.Subscript, ast.Call)) and node in (getattr(parent, "value", None), _func(parent))
        )
        if tight and self.bracketed(node) is None and not _is_atom(text):
            text = f"({text})"
        return Edit(start, end, text)

    def around(self, edits: Iterable[Edit]) -> tuple[int, int]:
        """The least expression in which all these edits lie."""
        edits = list(edits)
        start, end = min(edit.start for edit in edits), max(edit.end for edit in edits)
        best = None
        for node in self.nodes:
            if isinstance(node, ast.expr):
                first, last = self.span(node)
                if first <= start and end <= last and (best is None or last - first < best[1] - best[0]):
                    best = first, last
        return best or (start, max(end, start + 1))

    def operand(self, node: ast.AST) -> str:
        """The text of a node as a part of a product."""
        text = self.of(node)
        return f"({text})" if isinstance(node, BRACKETED) else text

    # --- what there is --------------------------------------------------------------------------------------------

    def walk(self) -> Iterator[ast.AST]:
        """The nodes of the function's body, without its docstring."""
        for statement in self.function.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            yield from _in_order(statement)

    @functools.cached_property
    def nodes(self) -> list[ast.AST]:
        return list(self.walk())

    @functools.cached_property
    def parameters(self) -> list[str]:
        args = self.function.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        return [arg.arg for arg in every]

    @functools.cached_property
    def stored(self) -> list[str]:
        """The names that the function gives a value to."""
        return list(dict.fromkeys(n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)))

    @functools.cached_property
    def names(self) -> list[str]:
        """Parameters and local names."""
        return list(dict.fromkeys([*self.parameters, *self.stored]))

    @functools.cached_property
    def loads(self) -> list[ast.Name]:
        """Where local names are read."""
        known = set(self.names)
        return [n for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in known]

    @functools.cached_property
    def strangers(self) -> list[ast.Name]:
        """Names that are read as values and that the function gives none: the notebook's, or nobody's."""
        known = set(self.names)
        return [
            node
            for node in self.nodes
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id not in known
            and not isinstance(self.parent[node], ast.Attribute)
            and not hasattr(builtins, node.id)
            and getattr(self.parent[node], "func", None) is not node
        ]

    @functools.cached_property
    def unread(self) -> list[str]:
        read = {node.id for node in self.loads}
        return [name for name in self.names if name not in read and not name.startswith("_")]

    @functools.cached_property
    def loop_names(self) -> list[str]:
        targets = [n.target for n in self.nodes if isinstance(n, (ast.For, ast.comprehension))]
        inside = [node for target in targets for node in ast.walk(target)]
        return list(dict.fromkeys(node.id for node in inside if isinstance(node, ast.Name)))

    def known_at(self, node: ast.AST) -> list[str]:
        """The names that have a value by then, as far as the text tells."""
        line = node.lineno
        if line not in self._known:
            self._known[line] = [name for name in self.names if self._first_line.get(name, 0) <= line]
        return self._known[line]

    @functools.cached_property
    def _first_line(self) -> dict[str, int]:
        first = dict.fromkeys(self.parameters, 0)
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                first.setdefault(node.id, node.lineno)
        return first

    def statement(self, node: ast.AST) -> ast.stmt:
        while not isinstance(node, ast.stmt):
            node = self.parent[node]
        return node

    @functools.cached_property
    def expressions(self) -> list[ast.expr]:
        """What is computed: right sides, results, arguments, operands."""
        return [
            node
            for node in self.nodes
            if isinstance(node, ast.expr)
            and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
            and not isinstance(node, (ast.Slice, ast.Tuple, ast.List, ast.Constant, ast.Dict, ast.JoinedStr))
            and not self._only_named(node)
        ]

    def _only_named(self, node: ast.AST) -> bool:
        """A module or a function that is called, and what belongs to the place that is written to."""
        parent = self.parent.get(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return True
        return isinstance(parent, ast.Attribute)

    @functools.cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    def called(self, call: ast.Call) -> str:
        """The last part of the called function's name."""
        return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, as it is read; nothing of annotations."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _in_order(child)


def _func(node: ast.AST) -> ast.AST | None:
    return node.func if isinstance(node, ast.Call) else None


@functools.lru_cache(maxsize=4096)
def _is_atom(text: str) -> bool:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(node, (ast.Name, ast.Constant, ast.Call, ast.Subscript, ast.Attribute, ast.Tuple, ast.List))
