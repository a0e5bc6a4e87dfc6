"""The functions of an authored notebook, without its figures: `functions("pooling").pool_forward`."""

import ast
import functools
from pathlib import Path
from types import SimpleNamespace

from autograder.building import source

SOLUTIONS = Path(__file__).resolve().parent.parent / "solutions"
DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


@functools.cache
def functions(topic: str) -> SimpleNamespace:
    """What the notebook's setup, exercises and code cells define: imports, functions, classes and CONSTANTS."""
    (path,) = SOLUTIONS.glob(f"[0-9][0-9]_{topic}.py")
    namespace: dict = {"__name__": f"solution_{topic}"}
    for cell in source.read(path).cells:
        if cell.kind in ("setup", "exercise", "code"):
            tree = ast.parse(cell.source)
            if cell.kind != "setup":
                tree.body = [node for node in tree.body if isinstance(node, DEFINITIONS) or _is_constant(node)]
            exec(compile(tree, str(path), "exec"), namespace)
    return SimpleNamespace(**namespace)


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and all(
        isinstance(target, ast.Name) and target.id.isupper() for target in node.targets
    )
