"""Formulas without a network: every one of the course's becomes MathML, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.building.formulas import PARTS, with_mathml


def test_every_formula_of_every_notebook_is_understood(repository: Path) -> None:
    left, formulas = [], 0
    for path in sorted((repository / "notebooks").glob("*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                found = [part[0] for part in PARTS.finditer("".join(cell["source"])) if not part["code"]]
                formulas += len(found)
                left += [formula for formula in found if "<math" not in with_mathml(formula)]
    assert formulas > 400 and left == []


@pytest.mark.parametrize(
    "text",
    [
        "It costs 5$ or 6$.",
        "`a $x$ b`",
        "```\n$x$\n```",
        "~~~\n$$x$$\n~~~",
        "``a ` $x$``",
        "\\$x\\$",
        "no formula",
        "$ x $",
    ],
)
def test_code_and_money_stay(text: str) -> None:
    assert with_mathml(text) == text


def test_markdown_leaves_a_formula_alone() -> None:
    made = with_mathml("a $x_1 * y_2 * z$ b\n\n$$\n\\frac{1}{2}\n$$")
    assert made.count("<math") == 2 and "*" not in made and "_" not in made and "<mfrac>" in made
