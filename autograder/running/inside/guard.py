"""The import policy inside a kernel: which packages the learner's code may import.

In the sandbox a refused package is not on the file system either; here it gets a sentence that says why.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterable


class Guard:
    """A finder that goes first: it finds nothing, and refuses what is not allowed."""

    def __init__(self, allowed: Iterable[str], sentence: str) -> None:
        self.allowed = frozenset(allowed) | sys.stdlib_module_names | {"dlcourse", "__main__"}
        self.sentence = sentence

    def refuses(self, name: str) -> bool:
        root = name.partition(".")[0]
        return root not in self.allowed and not self.beside_the_notebook(root)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        __tracebackhide__ = True  # the learner sees the import, not this file
        if self.refuses(fullname):
            name = fullname.partition(".")[0]
            raise ModuleNotFoundError(self.sentence.format(name=name), name=fullname)

    @staticmethod
    def beside_the_notebook(root: str) -> bool:
        """A module that the learner handed in with the notebook, or wrote with %%writefile."""
        return importlib.machinery.PathFinder.find_spec(root, [os.getcwd()]) is not None


def install(allowed: Iterable[str], sentence: str) -> None:
    guard = Guard(allowed, sentence)
    sys.meta_path.insert(0, guard)
    find = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None):
        """Packages ask this way whether another is installed: a refused one is not, and that is no error."""
        return None if not name.startswith(".") and guard.refuses(name) else find(name, package)

    importlib.util.find_spec = find_spec
