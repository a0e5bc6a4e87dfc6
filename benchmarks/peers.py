"""The same class, graded by `autograder grade`, stock `nbgrader autograde` and `otter run`, and what each run took."""

from __future__ import annotations

import contextlib
import csv
import ctypes
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).resolve().parent.parent
SEED = 1


@dataclass
class Run:
    """What one tool took for a class."""

    seconds: float
    cpu: float
    memory: float  # MB
    scores: dict[str, float]


class Memory(threading.Thread):
    """The largest sum of what a process and all it starts take up, each page shared out among those that use it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.most, self.ended = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(1.0):
            total = 0
            try:
                family = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
            except psutil.Error:
                continue
            for process in family:
                try:
                    total += getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
                except psutil.Error:
                    continue
            self.most = max(self.most, total)


def measured(command: list, folder: Path, env: dict | None = None) -> tuple[float, float, float]:
    """Seconds, CPU seconds and megabytes of a command and of everything that it starts."""
    adopt_orphans()
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=log, stderr=log, env=env)
        memory = Memory(process.pid)
        memory.start()
        status = process.wait()
        seconds = time.monotonic() - started
        memory.ended.set()
        log.seek(0)
        if status:
            sys.exit(f"{command} ended with {status}:\n{log.read().decode(errors='replace')[-3000:]}")
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()  # what outlived the command for a moment counts as well
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, memory.most / 2**20


def adopt_orphans() -> None:
    """Linux counts a process's CPU time to whoever waits for it: let that be this process where its parent didn't."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def with_autograder(course: Path, name: str, out: Path) -> Run:
    release = course / "notebooks" / name / f"{name}.ipynb"
    words = ["grade", course / "submitted", "-a", release, "--out", out, "--course", out, "--seed", SEED]
    taken = measured([sys.executable, "-m", "autograder.command", *words], ROOT)
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        scores = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    return Run(*taken, scores)


def with_nbgrader(course: Path, name: str) -> Run:
    prepare = [sys.executable, "-m", "nbgrader", "generate_assignment", name]
    subprocess.run(prepare, cwd=course, capture_output=True, check=True)
    taken = measured([sys.executable, "-m", "nbgrader", "autograde", name], course)
    with sqlite3.connect(course / "gradebook.db") as database:
        rows = database.execute(
            "select submitted_assignment.student_id, sum(grade.auto_score) from grade"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id group by 1"
        )
        return Run(*taken, dict(rows.fetchall()))


# --- otter ----------------------------------------------------------------------------------------------------------


def with_otter(course: Path, name: str, python: Path) -> Run:
    """`otter run` on each submission: it grades one at a time and has no command for a class without Docker.

    Args:
        python: an interpreter with otter-grader and what the notebook imports.
    """
    folder = course / "otter"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    notebooks = to_otter(course, name, folder)
    generate = [python, "-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"]
    subprocess.run([*generate, "--no-requirements"], cwd=folder, env=env, capture_output=True, check=True)
    seconds, cpu, memory, scores = 0.0, 0.0, 0.0, {}
    for student, notebook in notebooks.items():
        out = folder / "out" / student
        out.mkdir(parents=True)
        command = [python, "-m", "otter", "run", "--no-logo", "-a", "autograder.zip", "-o", out, notebook]
        taken = measured(command, folder, env)
        seconds, cpu, memory = seconds + taken[0], cpu + taken[1], max(memory, taken[2])
        tests = json.loads((out / "results.json").read_text())["tests"]
        scores[student] = sum(test.get("score", 0.0) for test in tests)
    return Run(seconds, cpu, memory, scores)


def to_otter(course: Path, name: str, folder: Path) -> dict[str, Path]:
    """The class in otter's form: one test file for each exercise, which runs the same cases in the learner's kernel.

    An exercise is one case of otter's, so it earns all of its points or none.
    """
    topic = name.partition("_")[2]
    (folder / "tests").mkdir(parents=True)
    (folder / "submitted").mkdir()
    release = nbformat.read(course / "notebooks" / name / f"{name}.ipynb", as_version=4)
    for cell in release.cells:
        if cell.id.startswith("check-"):
            exercise, points = cell.id.removeprefix("check-"), cell.metadata.nbgrader.points
            code = (
                ">>> from dlcourse import checks\n"
                f">>> checks.run({topic!r}, {exercise!r}, {exercise}, seed={SEED}).passed\nTrue"
            )
            case = {"code": code, "hidden": False, "locked": False}
            suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
            test = {"name": exercise, "points": points, "suites": [suite]}
            (folder / "tests" / f"{exercise}.py").write_text(f"OK_FORMAT = True\n\ntest = {test!r}\n")
    found = {}
    for path in sorted(course.glob(f"submitted/*/{name}/{name}.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.id.startswith("check-"):
                cell.source = f'grader.check("{cell.id.removeprefix("check-")}")'
        first = next(index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        begin = nbformat.v4.new_code_cell("import otter\n\ngrader = otter.Notebook()", id="otter")
        notebook.cells.insert(first, begin)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        student = path.parts[-3]
        found[student] = folder / "submitted" / f"{student}.ipynb"
        nbformat.write(notebook, found[student])
    return found
