"""A course of one small notebook, for trying the `dlcourse` command on without the real ones."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import v4

REPOSITORY = Path(__file__).resolve().parent.parent

# Stands in for `dlcourse.checks`, whose panel and float it gives back, so that these tests do not depend on a topic.
CHECK = """\
from IPython.display import display

def check(function, points=1.0):
    try:
        right = [function([7, 7, 7]) == 3, function([]) == 0]
    except NotImplementedError:
        display({"text/plain": f"{function.__name__}: not attempted yet"}, raw=True)
        return 0.0
    wrong = "" if all(right) else " The empty list has no elements." if right[0] else " Count each one."
    display({"text/html": "<b>panel</b>", "text/plain": f"{sum(right)} of 2 groups.{wrong}"}, raw=True)
    return points * sum(right) / len(right)
"""
COUNT = '''\
def count(items):
    """How many items there are."""
    raise NotImplementedError("count is not written yet")'''
SIZE = COUNT.replace("count", "size")
# A prefix for commands that must meet file permissions: root, as which tests may run, is otherwise above them.
_POWERS = "-dac_override,-dac_read_search"
AS_ANYBODY = ["setpriv", f"--bounding-set={_POWERS}", f"--inh-caps={_POWERS}"] if os.geteuid() == 0 else []


def notebook(text: str) -> nbformat.NotebookNode:
    """The released notebook; `text` is its paragraph."""

    def code(source: str, name: str, **nbgrader: object) -> nbformat.NotebookNode:
        graded = {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **nbgrader}} if nbgrader else {}
        return v4.new_code_cell(source, id=name, metadata=graded)

    cells = [
        v4.new_markdown_cell("# Counting", id="title"),
        v4.new_markdown_cell(text, id="text-1"),
        code(CHECK, "setup-1"),
        code(COUNT, "exercise-1", solution=True, grade=False, locked=False),
        code("check(count, points=3)", "check-1", solution=False, grade=True, locked=True, points=3),
        code(SIZE, "exercise-2", solution=True, grade=False, locked=False),
        code("check(size, points=2)", "check-2", solution=False, grade=True, locked=True, points=2),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return v4.new_notebook(cells=cells, metadata=kernel)


class SmallCourse:
    """A release of a course with one notebook, and a folder where a learner works on it, all in real processes.

    The package is a copy of this repository's, so that its notebooks are the ones written here.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = root / "release"
        self.home = root / "home"
        self.folder = self.home / "my-course"
        self.notebook = self.folder / "01_counting" / "01_counting.ipynb"
        self.home.mkdir()
        shutil.copytree(
            REPOSITORY / "dlcourse", self.package / "dlcourse", ignore=shutil.ignore_patterns("__pycache__")
        )
        self.release()

    def release(self, text: str = "Count the elements.", number: str = "01", topic: str = "counting") -> Path:
        """Write a released notebook; `text` is its paragraph."""
        path = self.package / "notebooks" / f"{number}_{topic}" / f"{number}_{topic}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(text), path)
        return path

    def lay_out(self) -> subprocess.CompletedProcess:
        return self.python(
            "from pathlib import Path; from dlcourse.workspace import command, course;"
            f"command._tell_laid_out(course.lay_out(Path({str(self.folder)!r})))"
        )

    def environment(self, **more: str) -> dict[str, str]:
        ours = {"PYTHONPATH": str(self.package), "COLUMNS": "120", "HOME": str(self.home), "NO_COLOR": "1"}
        # A file-size limit would cut off the bytecode that Python writes, for every later process too.
        ours["PYTHONDONTWRITEBYTECODE"] = "1"
        return {**os.environ, **ours, **more}

    def run(self, *arguments: str | Path, cwd: Path | None = None, **options) -> subprocess.CompletedProcess:
        """Run the `dlcourse` command to its end."""
        return self.python(
            "from dlcourse.workspace.command import main; main()", *map(str, arguments), cwd=cwd, **options
        )

    def python(
        self, code: str, *arguments: str, cwd: Path | None = None, prefix: list[str] | None = None, **options
    ) -> subprocess.CompletedProcess:
        options.setdefault("env", self.environment())
        return subprocess.run(
            [*(prefix or []), sys.executable, "-c", code, *arguments],
            cwd=cwd or self.home,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    def write(self, source: str, notebook: Path | None = None) -> None:
        """Type `source` into the exercise cell, as a learner would."""
        path = notebook or self.notebook
        content = nbformat.read(path, as_version=4)
        next(cell for cell in content.cells if cell.id == "exercise-1").source = source
        nbformat.write(content, path)
