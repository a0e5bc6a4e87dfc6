"""`autograder grade` against stock `nbgrader autograde` and `otter run`: the same submissions, one after the other.

    python benchmarks/grading.py                              20 submissions of each of three notebooks
    python benchmarks/grading.py --quick                      6 submissions of a notebook with NumPy and one with Keras
    python benchmarks/grading.py --otter OTHER/bin/python     against otter-grader too, installed in another environment
    python benchmarks/grading.py -a 01_convolution --scale 10 100 1000      only `autograder grade`: time and memory

A submission is the solution with its learner's name in comments, and every third one only the first half of it. CPU
time is that of all processes of the command, sandboxes and kernels included. "Beyond" is what is left of it, per
submission, without the learner's own code: the notebook's cells and the calls of all exercises, carried out plainly in
one process with everything imported. Memory is the largest sum of the processes' own shares (PSS) in the run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from peers import ROOT, SEED, Run, with_autograder, with_nbgrader, with_otter
from rich.console import Console
from rich.progress import track
from rich.table import Table

SLOW = {"demo", "example"}
INSTALL = "install"  # the cell that installs dlcourse where it is missing: IPython's, not Python's
NOTEBOOKS = ("01_convolution", "14_style", "03_keras_models")
HALF = 2 / 3 + 1 / 6  # of a whole solution, on average: every third submission is half of one


def make_course(folder: Path, name: str, count: int, demos: bool) -> None:
    """nbgrader's folders, with `count` submissions."""
    from autograder.building.notebooks import build, write

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
            name_first = f"# student{number:04d}\n"  # no two are the same, as in a real class
            notebook.cells[index].source = name_first + solution.cells[index].source
        if not demos:
            notebook.cells = [cell for cell in notebook.cells if not SLOW & set(cell.metadata.get("tags", ()))]
        path = folder / "submitted" / f"student{number:04d}" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


def own_cpu(course: Path, name: str) -> float:
    """CPU seconds of a whole solution's cells and of its functions on the cases of all checks, once all is imported."""
    from dlcourse import checks
    from dlcourse.checking import calling
    from dlcourse.checking.judging import judge

    topic = name.partition("_")[2]
    notebook = nbformat.read(course / "build" / "source" / name / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "check-" not in cell.id]
    taken = 0.0
    namespace: dict = {}

    def perform(calls: list) -> list:
        nonlocal taken
        begin = time.process_time()
        outcomes = calling.perform(namespace, calls)
        taken += time.process_time() - begin
        return outcomes

    rounds = []
    for _ in range(4):
        taken, namespace = 0.0, {}
        begin = time.process_time()
        for cell in cells:
            if not {INSTALL, *SLOW} & set(cell.metadata.get("tags", ())):
                exec(cell.source, namespace)
        taken += time.process_time() - begin
        for exercise in checks.exercises(topic):
            judge(checks.get(topic, exercise.name), perform, SEED)
        rounds.append(taken)
    return statistics.median(rounds[1:])  # the first also imports, and computes what is expected


def own_cpu_apart(course: Path, name: str) -> float:
    """The same in a process of its own, with one thread, as kernels have."""
    single = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    env = {**os.environ, **dict.fromkeys(single, "1"), "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, __file__, "--own", str(course), "-a", name]
    done = subprocess.run(command, env=env, cwd=course, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def new_table(title: str) -> Table:
    table = Table(title=title, title_justify="left")
    headings = ("tool", "notebook", "submissions", "s", "submissions/min", "ratio", "CPU s each", "beyond", "peak MB")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("tool", "notebook") else "right")
    return table


def side_by_side(name: str, count: int, demos: bool, otter: Path | None, table: Table) -> list[str]:
    """Add a notebook's rows; gives sentences on its scores."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        course = Path(temporary, "course")
        make_course(course, name, count, demos)
        own = own_cpu_apart(course, name) * HALF
        runs = {"autograder grade": with_autograder(course, name, Path(temporary, "out"))}
        runs["nbgrader autograde"] = with_nbgrader(course, name)
        if otter is not None:
            runs["otter run"] = with_otter(course, name, otter)
    ours = runs["autograder grade"]
    for tool, run in runs.items():
        add_row(table, tool, name, count, run, own, run.seconds / ours.seconds)
    theirs = runs["nbgrader autograde"].scores
    differ = [student for student, score in ours.scores.items() if abs(theirs[student] - score) > 1e-3]
    scores = f"other scores to {', '.join(differ)}" if differ else "the same scores"
    sentences = [f"{name}: a learner's own code takes {own:.2f} s of CPU. nbgrader gives {scores}."]
    if otter is not None:
        means = [statistics.mean(runs[tool].scores.values()) for tool in ("autograder grade", "otter run")]
        sentences.append(f"{name}: the mean score is {means[0]:.2f}, with otter {means[1]:.2f}.")
    return sentences


def add_row(table: Table, tool: str, name: str, count: int, run: Run, own: float, times: float) -> None:
    each = run.cpu / count
    ratio = "" if tool == "autograder grade" else f"1/{times:.1f}"
    speed = f"{60 * count / run.seconds:.1f}"
    figures = (f"{run.seconds:.1f}", speed, ratio, f"{each:.2f}", f"{each - own:.2f}", f"{run.memory:.0f}")
    table.add_row(tool, name, str(count), *figures)


def scale(name: str, counts: list[int], demos: bool, table: Table, console: Console) -> None:
    own = None
    for count in track(counts, console=console, transient=True):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
            course = Path(temporary, "course")
            make_course(course, name, count, demos)
            own = own_cpu_apart(course, name) * HALF if own is None else own
            run = with_autograder(course, name, Path(temporary, "out"))
            add_row(table, "autograder grade", name, count, run, own, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-a", "--assignment", action="append", help="NN_topic; may be given several times")
    parser.add_argument("-n", "--submissions", type=int, help="20, or 6 with --quick")
    parser.add_argument("--quick", action="store_true", help="fewer submissions, and two notebooks")
    parser.add_argument("--otter", type=Path, metavar="PYTHON", help="an interpreter that has otter-grader 7")
    parser.add_argument("--demos", action="store_true", help="hand in the figures too: nbgrader runs them all")
    parser.add_argument("--scale", type=int, nargs="+", metavar="N", help="class sizes, `autograder grade` alone")
    parser.add_argument("--own", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    names = given.assignment or list(NOTEBOOKS[:2] if given.quick else NOTEBOOKS)
    if given.own:
        print(own_cpu(given.own, names[0]))
        return
    console = Console()
    table = new_table(f"{time.strftime('%d %B %Y')}, {os.cpu_count()} processors, {platform.machine()}")
    sentences = []
    for name in names:
        if given.scale:
            scale(name, given.scale, given.demos, table, console)
        else:
            count = given.submissions or (6 if given.quick else 20)
            otter = given.otter.absolute() if given.otter else None
            sentences += side_by_side(name, count, given.demos, otter, table)
    console.print(table)
    for sentence in sentences:
        console.print(sentence)
    if not given.scale and given.otter is None:
        console.print("Without otter: --otter PYTHON names an interpreter that has otter-grader 7.")


if __name__ == "__main__":
    main()
