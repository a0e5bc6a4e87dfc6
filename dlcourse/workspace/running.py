"""Running a learner's notebook in a kernel of its own, and reading what its checks say."""

import contextlib
import logging
import math
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from dlcourse.handing_in.absent import without_magics
from dlcourse.handing_in.names import defined
from dlcourse.handing_in.notebook_files import Check, CourseError, checks_in, read_notebook
from dlcourse.handing_in.packages import Graded, needs_of
from dlcourse.workspace.outcomes import DEAD, OPEN, RIGHT, WRONG, Outcome, Suite, without_the_runner

KERNEL = "python3"
STATES = {"passed": RIGHT, "partly right": WRONG, "not right yet": WRONG, "stopped": DEAD, "not attempted": OPEN,
          "not reached": DEAD}  # fmt: skip
START_PATIENCE = 120  # seconds for a kernel to answer
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Verdict:
    """What one check said."""

    exercise: str
    points: float
    earned: float
    state: str  # "passed", "partly right", "not right yet", "not attempted", "stopped" or "not reached"
    text: str = ""  # the panel as plain text, or why the check stopped

    @property
    def passed(self) -> bool:
        return self.state == "passed"


@dataclass
class Run:
    """What a whole notebook said."""

    path: Path
    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # cells other than checks that raised an error

    @property
    def earned(self) -> float:
        return sum(verdict.earned for verdict in self.verdicts)

    @property
    def points(self) -> float:
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        return all(verdict.passed for verdict in self.verdicts)

    def suite(self) -> Suite:
        """For machines."""
        outcomes = [
            Outcome(one.exercise, STATES[one.state], one.text if not one.passed else "", one.earned, one.points)
            for one in self.verdicts
        ]
        return Suite(self.path.stem, outcomes, str(self.path), self.earned, self.points)


def run_notebook(path: Path, timeout: float = 120, watch: Callable[[int, int], None] | None = None) -> Run:
    """Run every cell of a notebook, from the first to the last, without changing the file.

    Args:
        timeout: seconds that one cell may take; then it is interrupted, and the cells after it still run.
        watch: called with (cells done, cells in all) before each cell.

    Raises:
        CourseError: the file cannot be read, has no checks, or no kernel starts.
    """
    content = read_notebook(path)
    checks = checks_in(content)
    if not checks:
        raise CourseError(f"{path} has no checks in it; `dlcourse reset` puts the released notebook back.")
    notebook = nbformat.from_dict(content)
    stopped_at, why = _execute(notebook, path, timeout, watch)
    run = Run(path)
    for check in checks:
        if stopped_at is None or check.index < stopped_at:
            run.verdicts.append(verdict_of(check, notebook.cells[check.index], timeout))
        else:
            state = "stopped" if check.index == stopped_at else "not reached"
            run.verdicts.append(Verdict(check.exercise, check.points, 0.0, state, why))
    run.verdicts = [_explained(verdict, notebook, timeout) for verdict in run.verdicts]
    own = {check.index for check in checks}
    for index, cell in enumerate(notebook.cells):
        raised = _error(cell, timeout)
        if index not in own and raised and "NotImplementedError" not in raised:
            run.problems.append(f"Cell {index + 1}: {raised}")
    if stopped_at is not None and stopped_at not in own:
        run.problems.append(why)
    return run


def _execute(
    notebook: NotebookNode, path: Path, timeout: float, watch: Callable[[int, int], None] | None
) -> tuple[int | None, str]:
    """Run the cells; says at which one the kernel was lost and why, or None."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    there = Graded(needs_of("\n".join(cell.source for cell in code)))
    for cell in code:
        cell.outputs, cell.execution_count = [], None
        cell.source = without_magics(cell.source, there)[0]  # as the grader has it
    # Only our own sentences reach the terminal: nbclient logs every interrupted cell as an error.
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    client = NotebookClient(
        notebook,
        kernel_name=KERNEL,
        timeout=math.ceil(timeout),
        startup_timeout=START_PATIENCE,
        interrupt_on_timeout=True,
        allow_errors=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    environment = {
        **without_the_runner(dict(os.environ)),
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
    index = -1
    try:
        with client.setup_kernel(env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            for index, cell in enumerate(notebook.cells):
                if watch:
                    watch(index, len(notebook.cells))
                with _killed_after(client, 2 * timeout + 5):
                    client.execute_cell(cell, index)
    except NoSuchKernel:
        raise CourseError(
            "There is no Python kernel for Jupyter here; run `dlcourse doctor` to see how to get it."
        ) from None
    except (DeadKernelError, CellTimeoutError):
        return (index, f"The kernel died in cell {index + 1} (out of memory, a crash, or a loop that never ends).")
    except (RuntimeError, TimeoutError, OSError) as problem:
        if index >= 0:
            return index, f"The kernel was lost in cell {index + 1} ({type(problem).__name__})."
        raise CourseError(
            f"No kernel could be started ({_first_line(problem)}); `dlcourse doctor` says what is missing."
        ) from None
    return None, ""


@contextlib.contextmanager
def _killed_after(client: NotebookClient, seconds: float) -> Iterator[None]:
    """End a kernel that swallows the interrupt, as a bare `except:` in an endless loop does."""

    def kill() -> None:
        process = getattr(getattr(client.km, "provisioner", None), "process", None)
        if process is not None:
            process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _explained(verdict: Verdict, notebook: NotebookNode, timeout: float) -> Verdict:
    """A check that found a name missing, with what became of the cell that should give it."""
    missing = re.match(r"NameError: name '(\w+)' is not defined", verdict.text)
    if verdict.state != "stopped" or not missing:
        return verdict
    name = missing[1]
    giving = [cell for cell in notebook.cells if cell.cell_type == "code" and name in defined(cell.source)]
    what = "the imports" if name == "check" else name
    failed = next((raised for cell in reversed(giving) if (raised := _error(cell, timeout))), "")
    if failed:
        why = f"The cell of {what} failed ({failed.rstrip('.')}), so there is nothing to check."
    else:
        why = f"No cell gives {name}, so there is nothing to check." if not giving else verdict.text
    return replace(verdict, text=why)


def verdict_of(check: Check, cell: NotebookNode, timeout: float) -> Verdict:
    raised = _error(cell, timeout)
    if raised:
        return Verdict(check.exercise, check.points, 0.0, "stopped", raised)
    shown, value = "", None
    for output in cell.outputs:
        plain = str(output.get("data", {}).get("text/plain", ""))
        if output.output_type == "execute_result":
            value = plain
        elif output.output_type == "display_data":
            shown += plain + "\n"
    earned = _number(value)
    if earned is None:
        why = "The check gave no points back; its cell must read `check(name, points=...)`."
        return Verdict(check.exercise, check.points, 0.0, "stopped", why)
    earned = min(max(earned, 0.0), check.points)
    if earned >= check.points:
        state = "passed"
    elif earned > 0:
        state = "partly right"
    else:
        state = "not attempted" if "not attempted" in shown.lower() else "not right yet"
    return Verdict(check.exercise, check.points, earned, state, _COLOURS.sub("", shown).strip())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _error(cell: NotebookNode, timeout: float) -> str:
    """`Name: text` of the error that a cell ended in, or nothing."""
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if not errors:
        return ""
    name, text = errors[-1].ename, _COLOURS.sub("", str(errors[-1].evalue))
    if name == "KeyboardInterrupt":
        return f"interrupted: it took more than {timeout:g} seconds"
    return f"{name}: {_first_line(text)}" if text.strip() else name


def _first_line(problem: object) -> str:
    lines = str(problem).strip().splitlines()
    return lines[0] if lines else type(problem).__name__
