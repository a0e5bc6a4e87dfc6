"""What `autograder verify` prints."""

from __future__ import annotations

import functools
import time
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from autograder.building.notebooks import Built, build, course_folder, differences
from autograder.building.site.running import keep
from autograder.building.verifying import Run, network_cutter, verify
from autograder.commands.authors import consoles, in_words
from dlcourse.workspace.outcomes import RIGHT, WRONG, Outcome, Suite, deaf_runner, write_outcomes


def run(asked: list[str], timeout: float, junit: Path | None = None, as_json: Path | None = None) -> int:
    """Verify; gives the exit status: 1 when anything is wrong with a notebook, 2 for a wrong request."""
    out, err = consoles()
    suites: list[Suite] = []
    with deaf_runner():
        status = in_words(functools.partial(_verify, asked, timeout, out, err, suites), err)
    written = in_words(lambda: write_outcomes("autograder verify", suites, junit, as_json) or 0, err) if suites else 0
    return status or written


def _verify(asked: list[str], timeout: float, out: Console, err: Console, suites: list[Suite]) -> int:
    course = course_folder()
    built = build(course, asked)
    problems = differences(course, built, every=not asked)
    told = "\n".join(problems)
    suites.append(Suite("notebooks", [Outcome("as their sources give them", WRONG if told else RIGHT, told)]))
    started = time.monotonic()
    results = []
    for notebook in built:
        with err.status(f"{notebook.name} ({len(results) + 1} of {len(built)})"):
            solution, release = verify(notebook.expanded, notebook.released, timeout)
        results.append((notebook, solution, release))
        if not solution.problems:
            keep(course, notebook, solution.cells)  # the site shows it, and need not run it again
        suites.append(suite_of(notebook, solution, release))
        problems += [f"{notebook.name}, solution: {problem}" for problem in solution.problems]
        problems += [f"{notebook.name}, release: {problem}" for problem in release.problems]
    out.print(table(results))
    out.print(f"Run in {time.monotonic() - started:.0f} seconds, {network()}.")
    for problem in problems:
        err.print(problem, markup=False)
    if late := [notebook.name for notebook, *runs in results if any(run.late for run in runs)]:
        err.print(
            f"If this machine is slow or busy, give more time: autograder verify {' '.join(late)} "
            f"--timeout {3 * timeout:g}",
            markup=False,
        )
    return 1 if problems else 0


def suite_of(notebook: Built, solution: Run, release: Run) -> Suite:
    """For machines."""
    outcomes = [
        Outcome(name, WRONG if run.problems else RIGHT, "\n".join(run.problems), run.earned, run.possible, run.seconds)
        for name, run in (("solution", solution), ("release", release))
    ]
    seconds = solution.seconds + release.seconds
    return Suite(notebook.name, outcomes, f"solutions/{notebook.name}.py", solution.earned, solution.possible, seconds)


def network() -> str:
    cutter = network_cutter()
    if not cutter:
        return "with the network on, because neither unshare nor bwrap works here"
    return f"without a network ({cutter[0]})"


def table(results: list[tuple[Built, Run, Run]]) -> Table:
    shown = Table(header_style="bold", box=SIMPLE_HEAD)  # 80 columns are enough for it
    shown.add_column("notebook", no_wrap=True)
    for column in ("solution", "seconds", "peak MB", "release", "seconds "):
        shown.add_column(column, justify="right", no_wrap=True)
    shown.add_column("result", no_wrap=True)
    for notebook, solution, release in results:
        wrong = len(solution.problems) + len(release.problems)
        result = "[green]right[/]" if not wrong else f"[red]{wrong} problem{'s' if wrong > 1 else ''}[/]"
        shown.add_row(
            notebook.name,
            f"{solution.earned:g} / {solution.possible:g}",
            f"{solution.seconds:.1f}",
            f"{max(solution.peak_bytes, release.peak_bytes) / 1e6:.0f}",
            f"{release.earned:g} / {release.possible:g}",
            f"{release.seconds:.1f}",
            result,
        )
    return shown
