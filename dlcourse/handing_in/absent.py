"""What a learner's code uses that is not there when it is graded: packages, files beside the notebook, magics.

The grader leaves such lines out, so that an import which nothing uses takes no function with it. `dlcourse submit`
names the exercises that do use one, and a check doesn't count them: the three say the same.
"""

from __future__ import annotations

import ast
import dis
import functools
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dlcourse.handing_in.names import bound, parse, tree_of, used
from dlcourse.handing_in.packages import Graded

LINE_MAGIC = re.compile(r"^([ \t]*)%(\w+)[ \t]*([\w.]*)")
CELL_MAGIC = re.compile(r"\A\s*%%(\w+)")


# --- the text of a notebook -----------------------------------------------------------------------------------------


def without_absent(source: str, there: Graded) -> tuple[str, list[str]]:
    """A cell without the imports and magics that are not there, each a comment now, and a sentence about each."""
    source, said = without_magics(source, there)
    tree = _plain_tree(source)
    if tree is None:
        return source, said
    lines = source.splitlines()
    for statement in reversed(tree.body):
        gone = _refused(statement, there)
        alone = not _shares_a_line(tree.body, statement)
        if not gone or not alone:
            continue
        kept = [alias for alias in statement.names if alias not in gone]
        text = [f"# {line}" for line in lines[statement.lineno - 1 : statement.end_lineno]]
        if kept:
            text.append(ast.unparse(_with_names(statement, kept)))
        lines[statement.lineno - 1 : statement.end_lineno] = text
        packages = " and ".join(dict.fromkeys(f"`{_package(statement, alias)}`" for alias in gone))
        said.append(f"{packages} is not there when the notebook is graded; its import was left out.")
    return ("\n".join(lines), said) if said else (source, said)


def without_magics(source: str, there: Graded) -> tuple[str, list[str]]:
    """A cell without the magics that IPython doesn't bring along, as Colab's own, and a sentence about each."""
    if "%" not in source or _plain_tree(source) is not None:
        return source, []
    lines, said = source.splitlines(), []
    if (cell := CELL_MAGIC.match(source)) and cell[1] not in known_magics()["cell"]:
        number = source[: cell.end()].count("\n")
        lines[number] = f"# {lines[number].strip()}"
        said.append(f"`%%{cell[1]}` is not there when the notebook is graded; that line was left out.")
    elif cell:
        return source, []
    for number, line in enumerate(lines):
        found = LINE_MAGIC.match(line)
        if not found or not _lacks(found[2], found[3], there):
            continue
        lines[number] = f"{found[1]}pass  # {line.strip()}"
        said.append(f"`%{found[2]}` is not there when the notebook is graded; that line was left out.")
    return ("\n".join(lines), said) if said else (source, said)


def _lacks(magic: str, argument: str, there: Graded) -> bool:
    if magic in ("load_ext", "reload_ext"):
        return not (argument in _extensions() or there.has(argument))
    return magic not in known_magics()["line"]


# What a shell adds to the magics of IPython's classes: other names of them, and programs that read a cell.
ALIASES = {"line": {"ed", "hist", "rep"}, "cell": {"SVG", "HTML", "file", "!"}}
PROGRAMS = {"bash", "sh", "script", "perl", "ruby", "python", "python2", "python3", "pypy", "js", "javascript", "cmd"}


@functools.cache
def known_magics() -> dict[str, frozenset[str]]:
    """The names of the magics that IPython and a kernel bring along; those of extensions come with %load_ext."""
    from ipykernel.zmqshell import KernelMagics
    from IPython.core import magics
    from IPython.core.alias import default_aliases
    from IPython.extensions.autoreload import AutoreloadMagics

    classes = [getattr(magics, name) for name in dir(magics) if name.endswith("Magics")]
    names = {kind: set(known) for kind, known in ALIASES.items()}
    names["line"] |= {name for name, _ in default_aliases()}
    names["cell"] |= PROGRAMS
    for one in [*classes, AutoreloadMagics, KernelMagics]:
        for kind, known in getattr(one, "magics", {}).items():
            names[kind] |= set(known)
    return {kind: frozenset(known) for kind, known in names.items()}


@functools.cache
def _extensions() -> frozenset[str]:
    import pkgutil

    from IPython import extensions

    return frozenset(module.name for module in pkgutil.iter_modules(extensions.__path__))


def _plain_tree(source: str) -> ast.Module | None:
    """The tree of what is Python as it stands, so that its line numbers are the cell's."""
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _refused(statement: ast.AST, there: Graded) -> list[ast.alias]:
    """The names of an import statement whose package is not there."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return []
    return [alias for alias in statement.names if not there.has(_package(statement, alias))]


def _package(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    name = (statement.module or "") if isinstance(statement, ast.ImportFrom) else alias.name
    return name.partition(".")[0]


def _shares_a_line(body: Iterable[ast.stmt], statement: ast.stmt) -> bool:
    return any(
        other is not statement and other.lineno <= statement.end_lineno and statement.lineno <= other.end_lineno
        for other in body
    )


def _with_names(statement: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(statement, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(statement.module, names, statement.level)


# --- what a rebuilt notebook lacks ----------------------------------------------------------------------------------


def lacking(sources: Iterable[str], removed: Mapping[str, str], given: frozenset[str], there: Graded) -> dict[str, str]:
    """Why functions of a notebook cannot work when it is graded: name -> reason.

    Args:
        sources: the learner's cells, as they are run.
        removed: names that an import gave which was left out -> their package.
        given: names that the released cells define.
    """
    uses: dict[str, frozenset[str]] = {}
    reasons: dict[str, str] = {}
    for source in sources:
        tree, lines = tree_of(source), source.splitlines()
        for statement in tree.body if tree is not None else ():
            text = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
            for name in bound(statement):
                uses[name] = used(text)
                reasons.pop(name, None)
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = next(_imported_inside(statement, there), "")
                if inner:
                    reasons[statement.name] = there.why_not(inner)
    for name, package in removed.items():
        if name not in uses and name not in given:
            reasons[name] = there.why_not(package)
    while more := {
        name: next(reasons[other] for other in sorted(others) if other in reasons)
        for name, others in uses.items()
        if name not in reasons and any(other in reasons for other in others)
    }:
        reasons |= more
    return reasons


def removed_names(source: str, there: Graded) -> dict[str, str]:
    """The names that `without_absent` takes from a cell -> their package."""
    tree = _plain_tree(without_magics(source, there)[0])
    return {
        (alias.asname or alias.name).partition(".")[0]: _package(statement, alias)
        for statement in (tree.body if tree is not None else ())
        for alias in _refused(statement, there)
    }


def _imported_inside(function: ast.AST, there: Graded) -> Iterator[str]:
    """The packages that a function imports when it runs; one inside a `try` may have something in its place."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try):
            continue
        yield from (_package(node, alias) for alias in _refused(node, there))
        waiting += ast.iter_child_nodes(node)


# --- a function in a running notebook -------------------------------------------------------------------------------


def used_by(function: Any, namespace: Mapping[str, Any], there: Graded) -> str:
    """The first package that a function, or one of the notebook's that it calls, uses and that will not be there."""
    seen: set[types.CodeType] = set()
    waiting = [function]
    while waiting:
        value = waiting.pop(0)
        if package := _package_of(value, namespace, there):
            return package
        code = getattr(getattr(value, "__wrapped__", value), "__code__", None)
        if code is None or code in seen or getattr(value, "__module__", None) not in ("__main__", None):
            continue
        seen.add(code)
        for name, imported in _names_in(code):
            if imported and not there.has(name):
                return name.partition(".")[0]
            if not imported and name in namespace:
                waiting.append(namespace[name])
    return ""


def _package_of(value: Any, namespace: Mapping[str, Any], there: Graded) -> str:
    name = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
    if not isinstance(name, str) or not callable(value) and not isinstance(value, types.ModuleType):
        return ""
    return "" if name == namespace.get("__name__") or there.has(name) else name.partition(".")[0]


def _names_in(code: types.CodeType) -> Iterator[tuple[str, bool]]:
    """Global names that a function reads, and modules that it imports outside `try`, with those of inner functions."""
    guarded = bool(getattr(code, "co_exceptiontable", b""))
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield step.argval, False
        elif step.opname == "IMPORT_NAME" and not guarded:
            yield step.argval, True
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_in(constant)
