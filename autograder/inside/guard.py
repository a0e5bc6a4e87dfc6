"""The import policy inside a kernel: which packages the learner's code may import.

In the sandbox a refused package is not on the file system either; here it gets a sentence that says why.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Iterable


class Guard:
    """A finder that goes first: it finds nothing, and refuses what is not allowed."""

    def __init__(self, allowed: Iterable[str], sentence: str) -> None:
        self.allowed = frozenset(allowed) | sys.stdlib_module_names | {"dlcourse", "__main__"}
        self.sentence = sentence

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        __tracebackhide__ = True  # the learner sees the import, not this file
        root = fullname.partition(".")[0]
        if root not in self.allowed and not self.beside_the_notebook(root):
            raise ModuleNotFoundError(self.sentence.format(name=root), name=fullname)

    @staticmethod
    def beside_the_notebook(root: str) -> bool:
        """A module that the learner handed in with the notebook, or wrote with %%writefile."""
        return importlib.machinery.PathFinder.find_spec(root, [os.getcwd()]) is not None


def install(allowed: Iterable[str], sentence: str) -> None:
    sys.meta_path.insert(0, Guard(allowed, sentence))
