"""What a cell's code defines and what it uses, read from its syntax, without running it."""

from __future__ import annotations

import ast
import functools
import re
import symtable
import threading
import warnings

_parsing = threading.Lock()

MAGIC = re.compile(r"^[ \t]*[%!?]|\?[ \t]*$|=[ \t]*[%!]", re.MULTILINE)
MOST_TO_TRANSFORM = 1_000_000  # IPython reads the whole cell once for each magic; this takes a second or two


@functools.lru_cache(maxsize=512)  # the cells of the release and of one submission, not the trees of a whole class
def tree_of(source: str) -> ast.Module | None:
    """The syntax tree; None where there is a mistake in it. IPython's magics are understood."""
    source = re.sub(r"\A\s*%%(time|timeit|capture|prun)\b.*\n", "\n", source)  # these run the rest as it is
    parsed = _parse(source)
    magics = len(MAGIC.findall(source))
    if parsed is None and 0 < magics * len(source) < MOST_TO_TRANSFORM:
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            parsed = _parse(TransformerManager().transform_cell(source))
        except Exception:  # IPython's tokenizer raises what it likes on damaged code
            return None
    return parsed


def _parse(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse(source: str) -> ast.Module:
    """What `ast.parse` gives, in one thread at a time: before Python 3.11.5, two threads that make trees at once (on a
    Dask worker, say) make each other fail with a SystemError."""
    with _parsing:
        return ast.parse(source)


@functools.lru_cache(maxsize=4096)
def defined(source: str) -> frozenset[str]:
    """The names that running the cell gives a value; after a syntax error, the functions that it begins."""
    tree = tree_of(source)
    if tree is None:
        return frozenset(re.findall(r"^(?:async )?(?:def|class) +(\w+)", source, re.MULTILINE))
    return frozenset(name for statement in tree.body for name in bound(statement))


def bound(statement: ast.stmt) -> set[str]:
    """The names that one statement of the top level gives a value."""
    names: set[str] = set()
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        todo += ast.iter_child_nodes(node)
    return names


@functools.lru_cache(maxsize=4096)
def used(source: str) -> frozenset[str]:
    """The names that the cell takes from the rest of the notebook, at the top level or inside a function."""
    if tree_of(source) is None:
        return frozenset(re.findall(r"[^\W\d]\w*", source))
    try:
        table = symtable.symtable(source, "cell", "exec")
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # IPython's magics, or what only the compiler refuses
        return frozenset(node.id for node in ast.walk(tree_of(source)) if isinstance(node, ast.Name))
    names: set[str] = set()
    tables = [table]
    while tables:
        table = tables.pop()
        top = table.get_type() == "module"
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (top or symbol.is_global())
        }
        tables += table.get_children()
    return frozenset(names) - defined(source)


def new_statements(source: str, known: frozenset[str]) -> str:
    """The imports, functions, classes and plain assignments of a cell that define names not in `known`."""
    tree = tree_of(source)
    if tree is None:
        return ""
    lines = source.splitlines()
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    kept = []
    for statement in tree.body:
        new = bound(statement) - known
        if isinstance(statement, kinds) and new and "*" not in new:
            first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
            kept.append("\n".join(lines[first - 1 : statement.end_lineno]))
    return "\n".join(kept)


def only_defines(source: str) -> bool:
    """Whether a cell holds nothing but imports, functions and classes."""
    tree = tree_of(source)
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tree is not None and bool(tree.body) and all(isinstance(statement, kinds) for statement in tree.body)


def imports_only(source: str) -> bool:
    """Whether there is nothing but imports in it."""
    tree = tree_of(source)
    return tree is not None and all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in tree.body)


def statements(source: str) -> list[str]:
    """A cell's statements, one by one."""
    tree, lines = tree_of(source), source.splitlines()
    if tree is None:
        return [source]
    return ["\n".join(lines[statement.lineno - 1 : statement.end_lineno]) for statement in tree.body]


def syntax_error(source: str) -> str:
    """Python's own words on a cell that isn't Python; "" where it is."""
    if tree_of(source) is not None:
        return ""
    try:
        parse(source)
    except SyntaxError as error:
        return f"{type(error).__name__}: {error.msg:.200} (line {error.lineno} of the cell)."
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}."
    return ""


def alike(left: str, right: str) -> bool:
    """Whether two cells hold the same code, comments and layout aside."""
    if left.strip() == right.strip():
        return True
    one, other = tree_of(left), tree_of(right)
    try:
        return one is not None and other is not None and _same(one, other)
    except RecursionError:
        return False


def _same(one: object, other: object) -> bool:
    """Whether two parts of syntax trees are the same; ends at the first difference."""
    if type(one) is not type(other):
        return False
    if isinstance(one, ast.AST):
        return all(_same(getattr(one, name, None), getattr(other, name, None)) for name in one._fields)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other
