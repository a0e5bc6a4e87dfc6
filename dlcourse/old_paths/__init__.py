"""The import paths of version 0.1, for notebooks that learners began with it and nbgrader_config.py files of its time.

Until version 0.1 all modules lay side by side. A saved notebook keeps its first cell, so `from dlcourse import plots`
must go on working; whoever imports from an old path gets what is there now. This goes with version 1.0.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable
from types import ModuleType

MOVED = {
    "dlcourse.block_diagrams": ("dlcourse.figures.block_diagrams",),
    "dlcourse.course_map": ("dlcourse.workspace.course_map",),
    "dlcourse.datasets": ("dlcourse.data.datasets",),
    "dlcourse.datasets_smiles": ("dlcourse.data.smiles",),
    "dlcourse.depth_explorer": ("dlcourse.widgets.residual",),
    "dlcourse.detection_scores": ("dlcourse.yolo",),
    "dlcourse.diagrams": ("dlcourse.figures.diagrams",),
    "dlcourse.doctor": ("dlcourse.workspace.doctor",),
    "dlcourse.drawn_faces": ("dlcourse.data.drawn_faces",),
    "dlcourse.embedding": ("dlcourse.data.embedding",),
    "dlcourse.encodings": ("dlcourse.faces",),
    "dlcourse.features": ("dlcourse.data.features",),
    "dlcourse.notebook_tools": ("dlcourse.figures.notebook_tools",),
    "dlcourse.plots": ("dlcourse.figures.plots",),
    "dlcourse.plots_detection": ("dlcourse.figures.detection", "dlcourse.widgets.yolo"),
    "dlcourse.plots_sequences": ("dlcourse.figures.sequences",),
    "dlcourse.progress": ("dlcourse.workspace.progress",),
    "dlcourse.quiet": ("dlcourse.checking.quiet",),
    "dlcourse.scenes": ("dlcourse.data.scenes",),
    "dlcourse.sequences": ("dlcourse.data.toy_sequences", "dlcourse.recurrent"),
    "dlcourse.widgets": ("dlcourse.widgets.convolution",),
    "dlcourse.widgets_faces": ("dlcourse.widgets.faces",),
    "dlcourse.widgets_keras_models": ("dlcourse.widgets.keras_models",),
    "dlcourse.widgets_pooling": ("dlcourse.widgets.pooling",),
    "dlcourse.widgets_sequences": ("dlcourse.widgets.recurrent", "dlcourse.widgets.gated_cells"),
    "dlcourse.widgets_style": ("dlcourse.widgets.style",),
    "autograder.nbgrader_config": ("autograder.building.nbgrader_config",),
}


class OldPaths(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """A finder that goes first, since some old names are those of other modules today; these know the old names too."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> object:
        if fullname not in MOVED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None:
            return importlib.machinery.ModuleSpec(fullname, self)
        spec.loader = KnowsOldNames(spec.loader.name, spec.loader.path)
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """An ordinary, empty one."""

    def exec_module(self, module: ModuleType) -> None:
        module.__getattr__ = _finds_in(module, None)


class KnowsOldNames(importlib.machinery.SourceFileLoader):
    """Loads a module that has taken an old name over."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        module.__getattr__ = _finds_in(module, getattr(module, "__getattr__", None))


def _finds_in(module: ModuleType, otherwise: Callable[[str], object] | None) -> Callable[[str], object]:
    """A module's `__getattr__`, for names that it does not have: where is each of them now?"""

    def find(name: str) -> object:
        if not name.startswith("__"):
            for new in MOVED[module.__name__]:
                if new != module.__name__ and hasattr(there := importlib.import_module(new), name):
                    return getattr(there, name)
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    return find


def install() -> None:
    if not any(type(finder).__name__ == "OldPaths" for finder in sys.meta_path):
        sys.meta_path.insert(0, OldPaths())
