"""What a learner's process sees of dlcourse while it is graded: all that the notebooks import, nothing that answers."""

import ast
from pathlib import Path

from autograder.running import view
from dlcourse import checks

ROOT = Path(__file__).resolve().parents[2]


def test_every_support_module_that_a_notebook_imports_is_there():
    kept = {str(path.with_suffix("")).split("/")[0] for path in view._support_modules(ROOT / "dlcourse")}
    imported = set()
    for path in (ROOT / "solutions").glob("*.py"):
        if path.stem == "00_start":
            continue  # nobody is graded on it
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "dlcourse":
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dlcourse."):
                imported.add(node.module.split(".")[1])
    assert imported - {"checks"} - set(checks.topics()) <= kept


def test_what_a_notebook_takes_from_a_topic_is_given_to_it_while_it_is_graded():
    for path in (ROOT / "solutions").glob("[0-9][0-9]_*.py"):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            topic = (getattr(node, "module", None) or "").removeprefix("dlcourse.")
            if isinstance(node, ast.ImportFrom) and topic in checks.topics():
                given = view.given_by((ROOT / "dlcourse" / f"{topic}.py").read_text(encoding="utf-8"))
                known = {name for part in ast.parse(given).body for name in view._bound_by(part)}
                assert {name.name for name in node.names} <= known, path.name


def test_no_topic_and_no_check_is_there():
    kept = {str(path.with_suffix("")).split("/")[0] for path in view._support_modules(ROOT / "dlcourse")}
    assert kept & ({"checks"} | set(checks.topics())) == set()
