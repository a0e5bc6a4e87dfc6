"""Runs a notebook in a real kernel without a network, and reads marks, errors, seconds and memory."""

from __future__ import annotations

import asyncio
import math
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dlcourse.workspace.outcomes import without_the_runner

if TYPE_CHECKING:
    from nbformat import NotebookNode

CUTTERS = (  # what starts a command in a network of its own, with nothing in it; the first that works is used
    ("unshare", "--map-root-user", "--net"),
    ("bwrap", "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"),
)
STARTUP_SECONDS = 60
SAMPLE_SECONDS = 0.05


@dataclass
class Run:
    """What happened when a notebook ran. `marks` and `points` go by the name of the exercise."""

    marks: dict[str, float] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    late: bool = False
    seconds: float = 0.0
    peak_bytes: int = 0
    cells: list[NotebookNode] = field(default_factory=list, repr=False)  # with what they showed

    @property
    def earned(self) -> float:
        return sum(self.marks.values())

    @property
    def possible(self) -> float:
        return sum(self.points.values())


@cache
def network_cutter() -> tuple[str, ...]:
    """The words that put a command into an empty network; none where this machine has no way to."""
    for words in CUTTERS:
        if shutil.which(words[0]):
            tried = subprocess.run([*words, sys.executable, "-c", ""], capture_output=True, timeout=30)
            if tried.returncode == 0:
                return words
    return ()


def verify(expanded: str, released: str, timeout: float) -> tuple[Run, Run]:
    """Run the solution and the release of one notebook.

    A solution must earn every point and a release none; neither may raise, or be over its time.
    """
    solution = execute(expanded, timeout)
    for name, points in solution.points.items():
        if name in solution.marks and solution.marks[name] != points:
            solution.problems.append(f"check-{name} gives {solution.marks[name]:g} of {points:g} points.")
    release = execute(released, timeout)
    for name, mark in release.marks.items():
        if mark != 0:
            release.problems.append(f"check-{name} gives {mark:g} points to a stub.")
    return solution, release


def execute(text: str, timeout: float, cutter: Sequence[str] | None = None) -> Run:
    """Run a notebook's text to its end, or until `timeout` seconds are over, in an empty temporary folder."""
    import nbformat

    return run_notebook(nbformat.reads(text, as_version=4), timeout, cutter)


def run_notebook(notebook: NotebookNode, timeout: float, cutter: Sequence[str] | None = None) -> Run:
    """As `execute`; what the cells show is in the notebook afterwards."""
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder:
        cutter = network_cutter() if cutter is None else cutter
        run = asyncio.run(_execute(notebook, Path(folder), timeout, cutter))
    _read_cells(notebook, run)
    run.cells = notebook.cells
    return run


async def _execute(notebook, folder: Path, timeout: float, cutter: Sequence[str]) -> Run:
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from autograder.building.nbgrader_config import quiet_environment

    run = Run()
    manager = AsyncKernelManager(kernel_name="python3", connection_file=str(folder / "kernel.json"))
    if cutter:
        manager.transport = "ipc"  # an empty network has no loopback to speak over
    manager.kernel_spec.argv = [
        *cutter, sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}",
        "--HistoryManager.hist_file=:memory:",
    ]  # fmt: skip
    started = time.monotonic()
    current = {"cell": None}
    work = folder / "work"
    work.mkdir()
    client = NotebookClient(
        notebook,
        km=manager,
        allow_errors=True,
        startup_timeout=STARTUP_SECONDS,
        timeout_func=lambda _cell: max(1, math.ceil(started + timeout - time.monotonic())),
        on_cell_start=lambda cell, cell_index: current.update(cell=cell),
        resources={"metadata": {"path": str(work)}},
    )
    memory = None
    try:
        await manager.start_kernel(cwd=str(work), env=without_the_runner(quiet_environment()))
        memory = Memory(manager.provisioner.pid)
        await client.async_execute()
    except CellTimeoutError:
        run.late = True
        run.problems.append(f"{_name(current['cell'])} was still running after {timeout:g} seconds.")
    except DeadKernelError:
        run.problems.append(f"the kernel died in {_name(current['cell'])}.")
    except RuntimeError as error:
        run.problems.append(f"the kernel did not start ({_one_line(str(error))}).")
    finally:
        run.seconds = time.monotonic() - started
        if client.kc is not None:
            client.kc.stop_channels()
        await manager.shutdown_kernel(now=True)
        if memory is not None:
            run.peak_bytes = memory.stop()
    if run.seconds > timeout and not run.problems:
        run.late = True
        run.problems.append(f"it takes {run.seconds:.1f} seconds; {timeout:g} are allowed.")
    return run


def _read_cells(notebook, run: Run) -> None:
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        graded = cell.metadata.get("nbgrader", {}).get("grade", False)
        values = []
        for output in cell.outputs:
            if output.output_type == "error":
                run.problems.append(f"{_name(cell)} raises {_one_line(f'{output.ename}: {output.evalue}')}")
            elif output.output_type == "execute_result":
                values.append(str(output.data.get("text/plain", "")))
            elif graded and output.output_type == "stream" and output.name == "stderr":
                run.problems.append(f"{_name(cell)} writes to stderr: {_one_line(output.text)}")
        if graded:
            name = cell.metadata.nbgrader.grade_id.removeprefix("check-")
            run.points[name] = cell_points = float(cell.metadata.nbgrader.points)
            mark = _mark(values, cell_points)
            if mark is not None:
                run.marks[name] = mark
            elif cell.execution_count is not None and all(out.output_type != "error" for out in cell.outputs):
                given = _one_line(" ".join(values)) or "nothing"
                run.problems.append(f"{_name(cell)} gives {given} where a mark from 0 to {cell_points:g} is due.")


def _mark(values: list[str], points: float) -> float | None:
    """nbgrader reads the same text, but takes what isn't a number for full marks."""
    try:
        mark = float(values[0])
    except (IndexError, ValueError):
        return None
    return mark if 0 <= mark <= points else None


def _name(cell) -> str:
    return "the notebook" if cell is None else cell.get("id", "a cell")


def _one_line(text: str, longest: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 3] + "..."


class Memory:
    """The largest memory that a process and its descendants had together, looked at 20 times a second."""

    def __init__(self, pid: int):
        import psutil

        self.root = psutil.Process(pid)
        self.seen = {self.root}
        self.peak = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over.is_set():
            self._look()
            self.over.wait(SAMPLE_SECONDS)

    def _look(self) -> None:
        import psutil

        try:
            processes = [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return
        self.seen.update(processes)
        total = 0
        for process in processes:
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        self.peak = max(self.peak, total)

    def stop(self) -> int:
        """Stop looking, and end what the kernel has left behind."""
        import psutil

        self.over.set()
        self.thread.join()
        for process in self.seen - {self.root}:
            try:
                process.kill()
            except psutil.Error:
                continue
        return self.peak
