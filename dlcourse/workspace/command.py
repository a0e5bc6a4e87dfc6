"""The learner's command line: `dlcourse lab`, `check`, `progress`, `hint`, `reset`, `update`, `submit`, `doctor`."""

import contextlib
import importlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import dlcourse
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace.course import DEFAULT_FOLDER, plain_errors

if TYPE_CHECKING:
    from dlcourse.workspace.running import Run

BAD_INPUT = 2

app = typer.Typer(
    name="dlcourse",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A course on convolutional networks and sequence models. Start with `dlcourse lab`.",
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Junit = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was said as JUnit's XML, too.")]
AsJson = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write what was said as JSON, too.")]
Notebook = Annotated[str, typer.Argument(help="Path, number or topic word of a notebook: 01, convolution, ...")]
MARKS = {
    "passed": "[green]✓ passed[/]",
    "partly right": "[yellow]◐ partly right[/]",
    "not right yet": "[red]✗ not right yet[/]",
    "stopped": "[red]✗ stopped[/]",
    "not attempted": "[dim]· not attempted[/]",
    "not reached": "[dim]· not reached[/]",
}


def main() -> None:
    """Run the command; whatever a person can mend is one sentence on stderr and exit status 2."""
    try:
        app()
    except CourseError as problem:
        errors.print(f"dlcourse: {escape(str(problem))}")
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(130)


def _version(wanted: bool) -> None:
    if wanted:
        console.print(f"dlcourse {dlcourse.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """A course on convolutional networks and sequence models. Start with `dlcourse lab`."""


@app.command()
def lab(
    folder: Annotated[Path, typer.Argument(help="Where your copy of the course is, or shall be.")] = Path(
        DEFAULT_FOLDER
    ),
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser window.")] = True,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; by default a free one.")] = None,
) -> None:
    """Lay the course out in FOLDER, keeping every file that is there, and open JupyterLab on it."""
    from dlcourse.workspace import course, lab

    folder = folder.expanduser().absolute()
    if port is not None:
        lab.choose_port(port)  # says at once that it is in use
    _tell_laid_out(course.lay_out(folder))
    if lab.is_spawned():
        with plain_errors("starting JupyterLab"):
            lab.as_spawned(folder)
    # A closed terminal or `kill` ends JupyterLab as quietly as Ctrl-C does; a script's background job ignores Ctrl-C.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(plain_errors("starting JupyterLab"))
            with errors.status("Starting JupyterLab; the first time this takes up to a minute"):
                address, process = stack.enter_context(lab.jupyterlab(folder, port))
            console.print(f"JupyterLab is ready: {address}", soft_wrap=True)
            console.print("Press Ctrl-C here to stop it; your work is saved in the course folder.")
            sys.stdout.flush()
            if browser:
                lab.open_browser(address)
            process.wait()
    except KeyboardInterrupt:
        console.print("JupyterLab has stopped.")


def _tell_laid_out(done) -> None:
    if sentence := done.sentence():
        console.print(escape(sentence), soft_wrap=True)


@app.command()
def check(
    notebook: Notebook,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that one cell may take.")] = 120,
    details: Annotated[bool, typer.Option("--details/--no-details", help="Say what is wrong, too.")] = True,
    junit: Junit = None,
    as_json: AsJson = None,
) -> None:
    """Run a notebook of yours from top to bottom, and print what its checks say.

    The file is not changed. Exit status 0: all points; 1: some are missing; 2: it could not be run.
    """
    from dlcourse.handing_in.notebook_files import read_notebook
    from dlcourse.workspace.course import learner_notebook

    path = learner_notebook(notebook)
    read_notebook(path)  # says what is wrong with the file before the seconds that a kernel takes
    # Notebooks hold no addresses to check, and preparing jsonschema's grammar of them takes two seconds.
    sys.modules.setdefault("rfc3987_syntax", None)
    from dlcourse.workspace.outcomes import deaf_runner, write_outcomes
    from dlcourse.workspace.running import run_notebook

    with deaf_runner():
        with errors.status(f"Starting a kernel for {escape(path.name)}") as status:
            run = run_notebook(
                path, timeout, lambda done, cells: status.update(f"{escape(path.name)}: cell {done + 1} of {cells}")
            )
        print_verdicts(run, console, details)
    write_outcomes("dlcourse check", [run.suite()], junit, as_json)
    raise typer.Exit(0 if run.passed else 1)


def print_verdicts(run: "Run", out: Console, details: bool = True) -> None:
    """What the checks of a notebook said, as a table, and with `details` the words of those that were not passed."""
    table = Table(title=escape(Path(run.path).name), title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("Exercise")
    table.add_column("Points", justify="right")
    table.add_column("Verdict")
    for verdict in run.verdicts:
        table.add_row(escape(verdict.exercise), _of(verdict.earned, verdict.points), MARKS[verdict.state])
    table.add_section()
    table.add_row("All", _of(run.earned, run.points), "")
    out.print(table)
    for verdict in run.verdicts if details else []:
        if verdict.text and verdict.state in ("partly right", "not right yet", "stopped"):
            out.print(f"\n[bold]{escape(verdict.exercise)}[/]")
            out.print(escape(verdict.text), soft_wrap=True)
    for problem in run.problems:
        out.print(escape(problem), soft_wrap=True)


@app.command()
def progress(
    folder: Annotated[Path | None, typer.Argument(help="The course folder, or one inside it.")] = None,
) -> None:
    """Show which exercises you have tried and passed."""
    from dlcourse.workspace.course import find_course
    from dlcourse.workspace.course_map import stages

    course = find_course(folder)
    if course is None:
        where = f"{folder} is" if folder else "Here is"
        raise CourseError(f"{where} no course folder; go to yours, or make one with `dlcourse lab`.")
    table = Table(title=escape(str(course)), title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("Exercise", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    for name in ("Points", "Attempts", "Hints", "Solution"):
        table.add_column(name, justify="right", no_wrap=True)
    earned = points = 0.0
    for stage in stages(course):
        earned, points = earned + stage.earned, points + stage.points
        table.add_row(f"[bold]{escape(stage.place.stem)}[/]", "", _of(stage.earned, stage.points), "", "", "")
        for item, entry in stage.exercises:
            hints = entry.get("hints", 0) + entry.get("leads", 0)
            counts = [str(number or "") for number in (entry.get("attempts"), hints)]
            counts.append("seen" if entry.get("solution") else "")
            best = item.points * entry.get("best", 0.0)
            table.add_row(f"  {escape(item.exercise)}", MARKS[_state(entry)], _of(best, item.points), *counts)
    table.add_section()
    table.add_row("All", "", _of(earned, points), "", "", "")
    console.print(table)
    console.print("Points: your best so far. Hints and solutions that you look at are noted here and cost no points.")


def _of(earned: float, points: float) -> str:
    return f"{earned:.3g} / {points:g}"


def _state(entry: dict) -> str:
    if entry.get("passed"):
        return "passed"
    if not entry.get("attempts"):
        return "not attempted"
    return "partly right" if entry["best"] > 0 else "not right yet"


@app.command()
def hint(
    notebook: Notebook, exercise: Annotated[str, typer.Argument(help="Name of the function, such as conv_forward.")]
) -> None:
    """Show the next hint for an exercise; each says more than the one before."""
    import os

    from dlcourse.workspace import progress as record
    from dlcourse.workspace.course import find_course, released_place, topic_of

    topic = topic_of(released_place(notebook))
    try:
        # not by an import statement: checks may know the workspace, never the other way round
        hints = importlib.import_module("dlcourse.checks").get(topic, exercise).hints
    except KeyError as problem:
        raise CourseError(problem.args[0]) from None
    course = find_course()
    if course is not None:
        os.chdir(course)  # where the progress file is looked for
    if not hints:
        raise CourseError(f"{exercise} has no hints.")
    shown = record.read()["exercises"].get(f"{topic}/{exercise}", {}).get("hints", 0)
    number = len(hints)
    if shown < len(hints):  # reading the last one again is no further hint
        number = min(record.record_hint(topic, exercise), len(hints))
    console.print(f"Hint {number} of {len(hints)} for {escape(exercise)}:", style="bold")
    console.print(escape(hints[number - 1]), soft_wrap=True)
    if record.last_problem():
        errors.print(escape(record.last_problem()))


@app.command()
def reset(
    notebook: Notebook,
    exercise: Annotated[
        str | None, typer.Argument(help="Name of the function; without it, the whole notebook.")
    ] = None,
) -> None:
    """Put one exercise, or a whole notebook, back to the released text; the old text is kept beside it."""
    from dlcourse.workspace.reset import reset as put_back

    done = put_back(notebook, exercise)
    what = f"{exercise} in {done.notebook}" if exercise else str(done.notebook)
    console.print(f"Put back: {escape(what)}", soft_wrap=True)
    if done.kept:
        console.print(f"What you had is in {escape(str(done.kept))}", soft_wrap=True)
    console.print("If it is open in JupyterLab, choose File > Reload Notebook from Disk.")


@app.command()
def update(
    notebook: Annotated[str | None, typer.Argument(help="Path, number or topic word; without it, all.")] = None,
) -> None:
    """Take this release's texts into your notebooks. Cells that you have changed stay; the old file is kept beside."""
    from dlcourse.workspace.update import update as take

    done = take(notebook)
    for one in done:
        merged = one.merged
        counts = f"cells changed: {len(merged.changed)}, added: {len(merged.added)}, removed: {len(merged.removed)}"
        kept = f"; yours stay as they are: {', '.join(merged.kept)}" if merged.kept else ""
        console.print(escape(f"{one.place.stem}: {counts}{kept}. What you had is in {one.kept}"), soft_wrap=True)
    if done:
        console.print("If it is open in JupyterLab, choose File > Reload Notebook from Disk.")
    else:
        console.print("Everything has the texts of this release already.")


@app.command()
def submit(
    notebook: Notebook,
    name: Annotated[str | None, typer.Option(help="Yours; by default the name of this computer's user.")] = None,
    out: Annotated[Path | None, typer.Option(help="A folder, or FILE.ipynb; by default handed-in/.")] = None,
) -> None:
    """Make one small file to hand in, and say what your teacher will see. An earlier one stays as it is."""
    from dlcourse.handing_in.receipt import receipt
    from dlcourse.workspace.submit import submit as hand_in

    for part in receipt(hand_in(notebook, name, out)):
        console.print(part, soft_wrap=isinstance(part, str))


@app.command()
def doctor() -> None:
    """Say what this machine lacks for the course, and how to get it. Exit status 1: something is missing."""
    from dlcourse.workspace.doctor import examine

    missing = 0
    for found in examine():
        mark = "[green]✓[/]" if found.good else "[red]✗[/]" if found.needed else "[yellow]·[/]"
        console.print(f"{mark} {found.what}: {escape(found.state)}", soft_wrap=True)
        if not found.good:
            console.print(f"    {escape(found.remedy)}", soft_wrap=True)
            missing += found.needed
    console.print(f"{missing} thing{'s' if missing != 1 else ''} missing." if missing else "Ready for the course.")
    raise typer.Exit(1 if missing else 0)


if __name__ == "__main__":
    main()
