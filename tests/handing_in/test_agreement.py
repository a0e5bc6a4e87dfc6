"""`dlcourse submit`, `dlcourse check` and the grade say the same of a notebook."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import nbformat
import pytest
from classroom import Assignment, check, code, data, exercise, grade_one, insert, position, scores
from IPython.core.interactiveshell import InteractiveShell

from dlcourse.handing_in import absent
from dlcourse.workspace.running import run_notebook
from dlcourse.workspace.submit import submit

NAME = "01_convolution"
RIGHT = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"
WRONG = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, 0), (pad, 0), (0, 0)))"
ROLLED = """def zero_pad(X, pad):
    from scipy import ndimage

    return ndimage.shift(np.pad(X, ((0, 0), (0, 2 * pad), (0, 2 * pad), (0, 0))), (0, pad, pad, 0), order=0)"""

# The text of zero_pad's cell, cells of one's own below it (above its check), and below the check.
NOTEBOOKS: dict[str, tuple[str, list[str], list[str]]] = {
    "as it should be": (RIGHT, [], []),
    "an import that the grader refuses, unused": (
        f"from nbconvert import filters\nimport nbformat\n\n\n{RIGHT}", [], [],
    ),
    "one beside an import that is used": (
        "import nbconvert, math\n\n\n" + RIGHT.replace("pad):", "pad):\n    pad = math.floor(pad)"), [], [],
    ),
    "one in a cell of one's own, before a helper": (
        RIGHT.replace("np.pad", "framed"), ["import nbconvert\nframed = np.pad"], [],
    ),
    "one that gives way to something else": (
        f"try:\n    from nbconvert import nothing\nexcept ImportError:\n    nothing = None\n\n\n{RIGHT}", [], [],
    ),
    "%%time": (f"%%time\n{RIGHT}", [], []),
    "a magic that this IPython lacks": (f"%tensorflow_version 2.x\n\n\n{RIGHT}", [], []),
    "a magic of Colab's for a whole cell": (f"%%shell_of_theirs\n{RIGHT}", [], []),
    "a module that a cell writes": (
        "import importlib\n\nimportlib.invalidate_caches()\nfrom my_padding import zero_pad",
        ["%%writefile my_padding.py\nimport numpy as np\n\n\n" + RIGHT],
        [],
    ),
    "the right version above the check": (WRONG, [RIGHT], []),
}  # fmt: skip
LOST: dict[str, tuple[str, list[str], list[str]]] = {
    "an import that is used": (
        ROLLED.replace("    from scipy import ndimage\n\n", "") + "\n\n\nfrom scipy import ndimage", [], [],
    ),
    "an import inside the function": (ROLLED, [], []),
    "an import that a helper uses": (
        RIGHT.replace("np.pad(X", "framed(X"),
        ["from scipy import ndimage\n\n\ndef framed(X, to):\n    return ndimage.shift(np.pad(X, to), 0, order=0)"],
        [],
    ),
    "a module beside the notebook": ("from beside import zero_pad", [], []),
    "a syntax error": (RIGHT[:-3], [], []),
    "another name": (RIGHT.replace("zero_pad", "zero_padding"), [], []),
    "the right version below the check": (WRONG, [], [RIGHT]),
}  # fmt: skip
STATES = {"the right version below the check": "written twice"}


pytestmark = pytest.mark.usefixtures("no_kernels_left")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "my-course"
    (folder / ".dlcourse").mkdir(parents=True)
    (folder / NAME).mkdir()
    (folder / NAME / "beside.py").write_text(f"import numpy as np\n\n\n{RIGHT}\n")
    return folder


def written(assignment: Assignment, course: Path, work: tuple[str, list[str], list[str]]) -> Path:
    """A short notebook: the imports, zero_pad and what stands around it."""
    own, above, below = work
    notebook = assignment.honest(zero_pad=own)
    kept = [cell for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", [])]
    kept += [cell for cell in notebook["cells"] if "zero_pad" in (exercise(cell), check(cell))]
    notebook["cells"] = kept
    notebook = insert(notebook, position(notebook, "zero_pad", "check") + 1, *map(code, below))
    at = position(notebook, "zero_pad") + (0 if "my_padding" in own or "framed" in own else 1)
    path = course / NAME / f"{NAME}.ipynb"
    path.write_bytes(data(insert(notebook, at, *map(code, above))))
    return path


def verdicts(assignment: Assignment, path: Path) -> tuple[str, str, float]:
    """What `submit` says of zero_pad, what its check says, and the points of the handed-in file."""
    done = submit(str(path), "ada")
    state = next(one.state for one in done.exercises if one.name == "zero_pad")
    (verdict,) = run_notebook(path, timeout=60).verdicts
    handed_in, itself = grade_one(assignment, done.path.read_bytes()), grade_one(assignment, path.read_bytes())
    assert scores(handed_in) == scores(itself)
    return state, verdict.state, scores(handed_in)["zero_pad"]


def test_every_magic_of_ipython_is_known():
    """What is not known is left out of a cell, so nothing may be missing here."""
    shell = InteractiveShell()
    for kind, there in shell.magics_manager.magics.items():
        assert set(there) - absent.known_magics()[kind] == set()


def test_the_examples_can_be_imported_here():
    """Else these notebooks would fail for another reason."""
    assert all(importlib.util.find_spec(name) for name in ("nbconvert", "scipy.ndimage"))


@pytest.mark.parametrize("work", NOTEBOOKS)
def test_what_counts_is_said_to_count(assignment, course, work):
    path = written(assignment, course, NOTEBOOKS[work])
    assert verdicts(assignment, path) == ("written", "passed", assignment.points["zero_pad"])
    nbformat.read(path, as_version=4)


@pytest.mark.parametrize("work", LOST)
def test_what_earns_nothing_is_never_called_written(assignment, course, work):
    state, said, points = verdicts(assignment, written(assignment, course, LOST[work]))
    assert state == STATES.get(work, "cannot run")
    assert said in ("not right yet", "partly right", "stopped") and (said == "partly right") == (points > 0)
