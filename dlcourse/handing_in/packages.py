"""Which packages a graded notebook can import: one list, by which the grader walls its kernels, `dlcourse submit`
reads a notebook, and a check says what will not count."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

# What Jupyter, the plots and the widgets of the notebooks need, next to NumPy.
ALWAYS = ("numpy", "matplotlib", "ipykernel", "ipywidgets", "jaxtyping", "psutil", "pillow", "platformdirs")
NEEDS = {"numpy": (), "tensorflow": ("tensorflow", "keras", "scikit-learn", "scikit-image")}
SENTENCES = {
    "numpy": "{name} is not available here: this notebook is written with NumPy and the standard library only.",
    "tensorflow": "{name} is not available here: this notebook is written with NumPy, TensorFlow and Keras.",
}
WRITES = re.compile(r"\A\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?(?:\./)?(\w+)\.py\b")
WRITTEN_WITH = {"numpy": "NumPy and the standard library", "tensorflow": "NumPy, TensorFlow and Keras"}


@dataclass(frozen=True)
class Graded:
    """What can be imported while a notebook is graded.

    Attributes:
        needs: "numpy" or "tensorflow", as `Master.needs` says of a notebook.
        written: modules that a cell of the notebook writes, with %%writefile.
        folder: where the learner's notebook is, to tell a file beside it from a package.
    """

    needs: str
    written: frozenset[str] = frozenset()
    folder: Path | None = None

    def has(self, module: str) -> bool:
        """Whether a module's package can be imported."""
        root = module.partition(".")[0]
        known = root in sys.stdlib_module_names or root in ("dlcourse", "__main__") or root in self.written
        return known or root in import_names(self.needs)

    def why_not(self, module: str) -> str:
        """What to do about one that can't, for whoever has used it."""
        root = module.partition(".")[0]
        beside = (self.folder / f"{root}.py", self.folder / root) if self.folder is not None else ()
        if any(path.exists() for path in beside):
            return f"`{root}` is a file beside the notebook, and only the notebook is graded: move its code into a cell"
        return f"`{root}` is not there when the notebook is graded: write this with {WRITTEN_WITH[self.needs]}"


def needs_of(source: str) -> str:
    """ "tensorflow" for code that imports TensorFlow or Keras, else "numpy"."""
    return "tensorflow" if re.search(r"^\s*(?:import|from)\s+(?:tensorflow|keras)\b", source, re.M) else "numpy"


def written_by(sources: Iterable[str]) -> frozenset[str]:
    """The modules that cells write beside the notebook."""
    return frozenset(name for source in sources for name in WRITES.findall(source))


@functools.cache
def import_names(needs: str, extra: tuple[str, ...] = ()) -> frozenset[str]:
    """Top-level names that can be imported, next to the standard library and the course."""
    entries = package_entries(needs, extra)
    return frozenset(
        entry.name.partition(".")[0] for entry in entries if not entry.name.endswith((".dist-info", ".libs"))
    )


@functools.cache
def package_entries(needs: str, extra: tuple[str, ...] = ()) -> tuple[Path, ...]:
    """The files and folders of site-packages that a graded notebook may see.

    Args:
        extra: more distributions, that a teacher allows.
    """
    entries: set[Path] = set()
    for distribution in distributions(ALWAYS + NEEDS[needs] + extra):
        base = Path(str(distribution.locate_file("")))
        tops = _installed_at_top(distribution) - {"..", "__pycache__"}
        entries |= {base / top for top in tops if (base / top).exists() and not top.endswith(".pth")}
    return tuple(sorted(entries))


@functools.cache
def distributions(roots: tuple[str, ...]) -> tuple[importlib.metadata.Distribution, ...]:
    """The installed distributions that `roots` need, themselves included, from the packages' own metadata."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = list(roots)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return tuple(found.values())


def _installed_at_top(distribution: importlib.metadata.Distribution) -> set[str]:
    """First parts of the paths that a distribution has installed."""
    record = distribution.read_text("RECORD")
    if record is None:
        return {file.parts[0] for file in distribution.files or ()}
    # Not through `files`, which makes an object of each of TensorFlow's 20,000 paths, in every grading process.
    return {re.split("[/,]", line.lstrip('"'), maxsplit=1)[0] for line in record.splitlines() if line}
