"""`autograder grade` against stock `nbgrader autograde`: the same submissions, the same machine, one after the other.

    python benchmarks/grading.py                              12 submissions of 01, and of a notebook with TensorFlow
    python benchmarks/grading.py -a 01_convolution -n 40
    python benchmarks/grading.py -a 01_convolution --scale 10 100 1000      only `autograder grade`: time and memory

A submission is the solution, and every third one only the first half of it. CPU time is that of all processes of the
command, sandboxes and kernels included; "beyond" is what is left of it, per submission, without the learner's own
functions on the same cases. Memory is the largest sum of the processes' own shares (PSS) in the run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
SEED = 1
SLOW = {"demo", "example"}


@dataclass
class Run:
    """What one command took."""

    seconds: float
    cpu: float
    memory: float  # MB
    scores: dict[str, float]


class Memory(threading.Thread):
    """The largest sum of what a process and all it starts take up."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.most, self.ended = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.5):
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


def measured(command: list, folder: Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and megabytes of a command."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=log, stderr=log)
        memory = Memory(process.pid)
        memory.start()
        status = process.wait()
        seconds = time.monotonic() - started
        memory.ended.set()
        log.seek(0)
        if status:
            sys.exit(f"{command} ended with {status}:\n{log.read().decode(errors='replace')[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, memory.most / 2**20


def make_course(folder: Path, name: str, count: int, demos: bool) -> None:
    """nbgrader's folders, with `count` submissions."""
    from autograder.building import build, write

    (folder / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / f"{name}.py", folder / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    (built,) = build(folder)
    write(folder, [built])
    solution, release = (nbformat.reads(text, as_version=4) for text in (built.expanded, built.released))
    exercises = [i for i, cell in enumerate(release.cells) if cell.id.startswith("exercise-")]
    for number in range(count):
        solved = exercises if number % 3 else exercises[: len(exercises) // 2]
        notebook = nbformat.from_dict(json.loads(built.released))
        for index in solved:
            notebook.cells[index].source = solution.cells[index].source
        if not demos:
            notebook.cells = [cell for cell in notebook.cells if not SLOW & set(cell.metadata.get("tags", ()))]
        path = folder / "submitted" / f"student{number:04d}" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


def with_autograder(folder: Path, name: str, out: Path) -> Run:
    import csv

    release = folder / "notebooks" / name / f"{name}.ipynb"
    words = ["grade", folder / "submitted", "-a", release, "--out", out, "--course", out, "--seed", SEED]
    taken = measured([sys.executable, "-m", "autograder.command", *words], ROOT)
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        scores = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    return Run(*taken, scores)


def with_nbgrader(folder: Path, name: str) -> Run:
    import sqlite3

    prepare = [sys.executable, "-m", "nbgrader", "generate_assignment", name]
    subprocess.run(prepare, cwd=folder, capture_output=True, check=True)
    taken = measured([sys.executable, "-m", "nbgrader", "autograde", name], folder)
    with sqlite3.connect(folder / "gradebook.db") as database:
        rows = database.execute(
            "select submitted_assignment.student_id, sum(grade.auto_score) from grade"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id group by 1"
        )
        return Run(*taken, dict(rows.fetchall()))


def own_cpu(folder: Path, name: str) -> float:
    """CPU seconds that a whole solution's own functions take on the cases of all checks."""
    from autograder.grading import needs_of
    from dlcourse import calling, checks
    from dlcourse.checks.judging import judge

    topic = name.partition("_")[2]
    notebook = nbformat.read(folder / "build" / "source" / name / f"{name}.ipynb", as_version=4)
    namespace: dict = {}
    if needs_of(topic) == "tensorflow":
        import keras
        import tensorflow as tf

        namespace |= {"keras": keras, "tf": tf}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not SLOW & set(cell.metadata.get("tags", ())) and "check-" not in cell.id:
            exec(cell.source, namespace)
    taken = 0.0

    def perform(calls: list) -> list:
        nonlocal taken
        begin = time.process_time()
        outcomes = calling.perform(namespace, calls)
        taken += time.process_time() - begin
        return outcomes

    rounds = []
    for _ in range(3):
        taken = 0.0
        for exercise in checks.exercises(topic):
            judge(checks.get(topic, exercise.name), perform, SEED)
        rounds.append(taken)
    return statistics.median(rounds)


def side_by_side(name: str, count: int, demos: bool, console: Console) -> None:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        folder = Path(temporary)
        make_course(folder / "course", name, count, demos)
        own = own_cpu(folder / "course", name) * (2 / 3 + 1 / 6)  # a third is half solved
        ours = with_autograder(folder / "course", name, folder / "out")
        theirs = with_nbgrader(folder / "course", name)
    table = Table(title=f"{name}, {count} submissions, {os.cpu_count()} processors", title_justify="left")
    for heading in ("", "submissions/min", "s", "CPU s each", "CPU s beyond", "MB"):
        table.add_column(heading, justify="right" if heading else "left")
    for label, run in (("autograder grade", ours), ("nbgrader autograde", theirs)):
        each = run.cpu / count
        speed = f"{60 * count / run.seconds:.1f}"
        table.add_row(label, speed, f"{run.seconds:.1f}", f"{each:.2f}", f"{each - own:.2f}", f"{run.memory:.0f}")
    console.print(table)
    same = all(abs(theirs.scores[student] - score) < 1e-3 for student, score in ours.scores.items())
    console.print(
        f"{theirs.seconds / ours.seconds:.1f} times as fast. A learner's own code takes about {own:.2f} s. "
        f"The scores are {'the same' if same else 'NOT the same'}."
    )


def scale(name: str, counts: list[int], demos: bool, console: Console) -> None:
    table = Table(title=f"{name}: autograder grade, by the size of the class", title_justify="left")
    for heading in ("submissions", "s", "s each", "CPU s each", "MB"):
        table.add_column(heading, justify="right")
    for count in track(counts, console=console, transient=True):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
            make_course(Path(temporary, "course"), name, count, demos)
            run = with_autograder(Path(temporary, "course"), name, Path(temporary, "out"))
        each = (f"{run.seconds:.1f}", f"{run.seconds / count:.2f}", f"{run.cpu / count:.2f}", f"{run.memory:.0f}")
        table.add_row(str(count), *each)
    console.print(table)


def available() -> list[str]:
    """01, and the first notebook that needs TensorFlow."""
    from autograder.grading import needs_of
    from dlcourse import checks

    known = {exercise.topic for exercise in checks.exercises()}
    names = [path.stem for path in sorted((ROOT / "solutions").glob("[0-9]*.py"))]
    heavy = [name for name in names if (topic := name.partition("_")[2]) in known and needs_of(topic) == "tensorflow"]
    return ["01_convolution", *heavy[:1]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-a", "--assignment", action="append", help="NN_topic; may be given several times")
    parser.add_argument("-n", "--submissions", type=int, default=12)
    parser.add_argument("--demos", action="store_true", help="hand in the figures too: nbgrader runs them all")
    parser.add_argument("--scale", type=int, nargs="+", metavar="N", help="class sizes, `autograder grade` alone")
    given = parser.parse_args()
    console = Console()
    for name in given.assignment or available():
        if given.scale:
            scale(name, given.scale, given.demos, console)
        else:
            side_by_side(name, given.submissions, given.demos, console)


if __name__ == "__main__":
    main()
