"""Short notebooks, each with one widget of the course: its cell, and the cells of the solution that it needs."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from classroom import ROOT, without_markers

from autograder.building.notebooks import METADATA
from autograder.building.source import Cell, read


@dataclass(frozen=True)
class Widget:
    """One widget: its notebook, the call that shows it, and how one of its controls is moved.

    `control` is the label of the control. It is a dropdown if there is a `choice` for it, else a slider, and `key`
    moves it. `quicker` maps code of the solution to code that takes less time.
    """

    notebook: str
    call: str
    control: str
    key: str = "ArrowRight"
    choice: str = ""
    quicker: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.call


# Those that need more said of them than their modules say.
SPECIAL = [
    Widget("01_convolution", "explore_filters", "filter", choice="blur"),
    Widget("02_pooling", "explore_pools", "f"),
    Widget("03_keras_models", "explore_digits", "image", quicker={"epochs=3,": "epochs=1,", "epochs=10": "epochs=2"}),
    Widget("04_classic_networks", "explore_layers", "network", choice="LeNet-5"),
    Widget("05_residual", "explore_depth", "layers", "ArrowLeft", quicker={"steps=60": "steps=6"}),
    Widget("06_inception", "explore_bottleneck", "reduced to"),
    Widget("07_mobile", "explore_costs", "channels out"),
    Widget("09_localization", "explore_windows", "side of the image"),
    Widget(
        "10_yolo",
        "explore_thresholds",
        "score at least",
        "End",
        quicker={"EPOCHS, BATCH = 3, 16": "EPOCHS, BATCH = 1, 16"},
    ),
    Widget("13_faces", "explore_threshold", "threshold", "End", quicker={"steps=240": "steps=10"}),
    Widget("14_style", "explore_painting", "step", "ArrowLeft", quicker={"steps=200": "steps=20"}),
    Widget("17_recurrent", "explore_gradients", "spectral radius"),
    Widget("18_gated_cells", "explore_memory", "forget bias"),
    Widget("21_attention", "explore_dates", "weights", choice="head 1", quicker={"STEPS = 400": "STEPS = 20"}),
]


def every_widget() -> list[Widget]:
    """One for each notebook: of a notebook that is not listed, the first slider is moved."""
    found = {widget.notebook: widget for widget in SPECIAL}
    for path in sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py")):
        module = ROOT / "dlcourse" / "widgets" / f"{path.stem.partition('_')[2]}.py"
        if path.stem not in found and module.is_file():
            text = module.read_text(encoding="utf-8")
            call = re.search(r"^def (explore_\w+)\(", text, re.MULTILINE)[1]
            control = re.search(r"\w+Slider\([^)]*?description=\"([^\"]+)\"", text)[1]
            found[path.stem] = Widget(path.stem, call, control)
    return [found[notebook] for notebook in sorted(found)]


WIDGETS = every_widget()


def write(widget: Widget, course: Path, quick: bool = True) -> str:
    """Put the short notebook into a course; its path there."""
    import nbformat

    cells = read(ROOT / "solutions" / f"{widget.notebook}.py").cells
    sources = [without_markers(cell.source) for cell in needed(cells, widget.call)]
    for slow, less in widget.quicker.items() if quick else ():
        assert sum(source.count(slow) for source in sources) == 1, f"{widget.notebook} has no single {slow!r}"
        sources = [source.replace(slow, less) for source in sources]
    path = Path(widget.notebook, f"{widget.call}.ipynb")
    made = nbformat.v4.new_notebook(metadata=METADATA, cells=[nbformat.v4.new_code_cell(one) for one in sources])
    (course / path.parent).mkdir(parents=True, exist_ok=True)
    nbformat.write(made, course / path)
    return path.as_posix()


def needed(cells: tuple[Cell, ...], call: str) -> list[Cell]:
    """The cell that shows a widget, and those before it whose names it needs, directly or through one another."""
    code = [cell for cell in cells if cell.kind not in ("text", "check")]
    (last,) = (number for number, cell in enumerate(code) if f"{call}(" in cell.source)
    kept, wanted = [code[last]], Names(code[last].source).read
    for cell in reversed(code[:last]):
        names = Names(cell.source)
        if wanted & (names.made | names.changed):
            kept.insert(0, cell)
            wanted = (wanted - names.made) | names.read
    return kept


class Names(ast.NodeVisitor):
    """The names of a cell: those that it reads from cells before it, those it makes, and those it changes a part of."""

    def __init__(self, source: str) -> None:
        self.read: set[str] = set()
        self.made: set[str] = set()
        self.changed: set[str] = set()
        self.visit(ast.parse(source))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.made.add(node.id)
        elif node.id not in self.made:
            self.read.add(node.id)

    def visit_alias(self, node: ast.alias) -> None:
        self.made.add((node.asname or node.name).partition(".")[0])

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)  # what is on the right is read first
        for target in node.targets:
            self.visit(target)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Store):
            self.changed |= {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "fit" and isinstance(node.func.value, ast.Name):
            self.changed.add(node.func.value.id)  # a model that has been trained is another model
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "train":
            self.changed |= {part.id for part in call.args if isinstance(part, ast.Name)}  # it hands nothing back
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.ListComp) -> None:
        """What it makes inside stays inside."""
        inside = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        inside |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        self.made |= {node.name} if hasattr(node, "name") else set()
        self.read |= read - inside - self.made

    visit_ClassDef = visit_Lambda = visit_ListComp = visit_FunctionDef
    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_FunctionDef
