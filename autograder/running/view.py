"""What a kernel may see while a topic is graded: which packages, and a copy of `dlcourse` without the answers."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from dlcourse.handing_in import packages
from dlcourse.handing_in.names import parse

PRELOAD = {
    "numpy": (
        "numpy",
        "numpy.random",
        "numpy.linalg",
        "numpy.lib.stride_tricks",
        "matplotlib.pyplot",
        "matplotlib.font_manager",
        "matplotlib_inline.backend_inline",
        "matplotlib.backends.backend_agg",
        "ipywidgets",
        "IPython.display",
        "ipykernel.ipkernel",
        "ipykernel.zmqshell",
        "ipykernel.kernelapp",
        "ipykernel.debugger",
        "worker",
        "tarfile",
        "tornado.platform.asyncio",
        "pdb",
        "IPython.core.debugger",
        "IPython.extensions.storemagic",
        "faulthandler",
        "namespaces",
        "jaxtyping",
        "dlcourse.checking.calling",
        "dlcourse.checking.plain",
        "dlcourse.data.datasets",
        "dlcourse.figures.plots",
        "dlcourse.widgets.convolution",
        "dlcourse.figures.notebook_tools",
    ),
    "tensorflow": ("tensorflow", "keras"),
}
# Rooms that learners' notebooks use, and what of the engine runs on their side.
SUPPORT = (
    "figures",
    "widgets",
    "data",
    "checking/probes",
    "checking/calling.py",
    "checking/plain.py",
    "checking/quiet.py",
    "old_paths",
)

INERT_CHECKS = '''"""Stands in for the checks while work is graded: the grader judges, not the notebook."""


def check(*args, **options):
    return 0.0


hint = solution = check


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return check
'''
INERT_REFERENCE = '''"""Stands in for dlcourse.{name} while work is graded; what notebooks are given is there."""
{given}

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def absent(*args, **options):
        raise RuntimeError("dlcourse.{name} is not available while work is graded: write your own function.")

    return absent
'''


# --- packages -------------------------------------------------------------------------------------------------------


def import_names(needs: str, extra: tuple[str, ...] = ()) -> list[str]:
    """Top-level names that a kernel may import, next to the standard library."""
    return sorted({*packages.import_names(needs, extra), "guard", "namespaces", "worker"})


def site_folders() -> list[Path]:
    """Folders that hold installed packages: what is not asked for in them is hidden."""
    folders = {Path(folder) for folder in site.getsitepackages()}
    folders |= {Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")}
    base = Path(sys.base_prefix)
    for root in {base, Path("/usr"), Path("/usr/local")}:
        for pattern in ("lib*/python3*/site-packages", "lib*/python3*/dist-packages"):
            folders |= set(root.glob(pattern))
    return sorted(folder for folder in folders if folder.is_dir())


def library_path() -> list[str]:
    """The standard library's part of sys.path."""
    paths = [sysconfig.get_path("stdlib")]
    paths += [str(Path(paths[0]) / "lib-dynload"), sysconfig.get_config_var("DESTSHARED") or ""]
    return list(dict.fromkeys(path for path in paths if path and Path(path).is_dir()))


# --- the course -----------------------------------------------------------------------------------------------------


def stage_course(destination: Path, topic: str = "", package: Path | None = None) -> Path:
    """Copy `dlcourse` to `destination`, with inert stand-ins for every check and every reference.

    All topics are left out, not only the one that is graded: one topic's reference often answers another's exercise.
    What a topic lists as GIVEN stays.
    """
    package = package or _course_package()
    target = destination / "dlcourse"
    kept = _support_modules(package)
    for file in sorted(package.rglob("*")):
        relative = file.relative_to(package)
        if file.is_dir() or "__pycache__" in relative.parts:
            continue
        if file.suffix == ".py" and relative not in kept:
            continue
        if file.suffix != ".py" and relative.parts[0] not in SUPPORT:
            continue
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target / relative)
    (target / "checks").mkdir(parents=True)
    for name in {"__init__"} | set(_topics(package)) | ({topic} if topic else set()):
        (target / "checks" / f"{name}.py").write_text(INERT_CHECKS)
    references = {file.stem: file for file in package.glob("*.py") if file.stem != "__init__"}
    references |= {
        file.parent.name: file for file in package.glob("*/__init__.py") if file.parent.name in _topics(package)
    }
    for name in references.keys() | ({topic} if topic else set()):
        given = given_by(references[name].read_text()) if name in references else ""
        (target / f"{name}.py").write_text(INERT_REFERENCE.format(name=name, given=given))
    for path in (destination, *destination.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return destination


def given_by(source: str) -> str:
    """The part of a topic's module that its GIVEN names: these functions, and what they use of the module."""
    body = parse(source).body
    named = {name: node for node in body for name in _bound_by(node)}
    if "GIVEN" not in named:
        return ""
    waiting, kept = list(ast.literal_eval(named["GIVEN"].value)), set()
    while waiting:
        node = named.get(waiting.pop())
        if node is not None and node not in kept:
            kept.add(node)
            waiting += [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    return "\n\n".join(ast.unparse(node) for node in body if node in kept or node in future) + "\n"


def _bound_by(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]


def _topics(package: Path) -> list[str]:
    """The topics that have exercises: what is in checks/."""
    found = [*package.glob("checks/*.py"), *package.glob("checks/*/")]
    return sorted(path.stem for path in found if path.stem not in ("__init__", "__pycache__"))


def _course_package() -> Path:
    return Path(importlib.util.find_spec("dlcourse").origin).parent


def _support_modules(package: Path) -> set[Path]:
    """Modules of the course that learners use, and the course's modules these import in turn."""
    kept: set[Path] = set()
    waiting = [package / "__init__.py"]
    for place in SUPPORT:
        waiting += package.glob(place if place.endswith(".py") else f"{place}/**/*.py")
    while waiting:
        file = waiting.pop()
        relative = file.relative_to(package)
        if relative in kept:
            continue
        kept.add(relative)
        waiting += [room / "__init__.py" for room in file.parents if room.is_relative_to(package)]
        for name in _course_imports(file):
            candidates = (package / f"{name}.py", package / name / "__init__.py")
            waiting += [path for path in candidates if path.is_file()]
    return kept


def _course_imports(file: Path) -> Iterable[str]:
    for node in ast.walk(parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.startswith("dlcourse."):
                yield name.removeprefix("dlcourse.").replace(".", "/")
