"""The teacher's and maintainer's command line; each command imports what it needs only when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.running.startup import import_lightly, print_anywhere, speak_utf8

app = typer.Typer(
    help="Build the course's notebooks, verify them, and grade what learners hand in.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Notebooks = Annotated[
    list[str] | None, typer.Argument(metavar="[NOTEBOOK]...", help="Number, topic, name or path; all if none is given.")
]


Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results go; the same folder resumes a run.")]
Junit = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what was found as JUnit's XML, too.")]
AsJson = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write what was found as JSON, too.")]
Isolation = Annotated[
    str,
    typer.Option(help="auto, bubblewrap (refuse to run without a sandbox) or process (no sandbox).", metavar="LEVEL"),
]


@app.callback()
def _root() -> None:
    """Keeps subcommands subcommands even while there is only one."""


@app.command()
def build(
    notebooks: Notebooks = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a notebook differs from a rebuild.")
    ] = False,
) -> None:
    """Make notebooks/ (and build/source/, for nbgrader) from solutions/."""
    from autograder.commands.build import run

    raise typer.Exit(run(notebooks or [], check))


@app.command()
def new(name: Annotated[str, typer.Argument(metavar="NN_TOPIC", help="Such as 22_diffusion.")]) -> None:
    """Write the five files of a new notebook: it builds, and says what it lacks."""
    from autograder.commands.new import run

    raise typer.Exit(run(name))


@app.command()
def verify(
    notebooks: Notebooks = None,
    timeout: Annotated[int, typer.Option(help="Seconds that a notebook may take.", min=1)] = 60,
    junit: Junit = None,
    as_json: AsJson = None,
) -> None:
    """Run every solution and release offline; exit with 1 if a mark, an error or a time is wrong."""
    from autograder.commands.verify import run

    raise typer.Exit(run(notebooks or [], timeout, junit, as_json))


@app.command()
def site() -> None:
    """Make the course's pages to read, in build/site/html, from what the solutions show (`pip install '.[site]'`)."""
    from autograder.commands.site import run

    raise typer.Exit(run())


@app.command()
def grade(
    submitted: Annotated[Path, typer.Argument(metavar="SUBMITTED", help="A folder, an LMS's zip, or one notebook.")],
    out: Out,
    assignment: Annotated[
        str, typer.Option("--assignment", "-a", help="The released notebook: number, topic, NN_topic, or a path.")
    ],
    roster: Annotated[Path | None, typer.Option(help="CSV of the class, with a column `student`.")] = None,
    student: Annotated[str | None, typer.Option(help="Everything in SUBMITTED is this learner's.")] = None,
    course: Annotated[
        Path | None,
        typer.Option(help="Folder for gradebook.db, autograded/ and feedback/. (default: submitted's, or DIR)"),
    ] = None,
    database: Annotated[
        str | None, typer.Option("--db", metavar="URL", help="The gradebook's SQLAlchemy URL; none for no gradebook.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draw the cases from this seed. (default: a new secret)", min=0)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Submissions at a time. (default: one for each processor)", min=1)
    ] = None,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Grade on a Dask cluster.")] = None,
    isolation: Isolation = "auto",
    seconds: Annotated[
        float | None,
        typer.Option(
            help="Seconds for one cell or exercise; time without a processor isn't counted. (default: 30, with "
            "TensorFlow 120)",
            min=1,
        ),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Seconds for a whole notebook. (default: 20 times that)", min=1)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded already.")] = False,
    due: Annotated[
        str | None, typer.Option(metavar="TIME", help="With its zone: '2026-11-24 23:59 Europe/Berlin'.")
    ] = None,
    late: Annotated[
        str | None, typer.Option(metavar="RULE", help="What lateness costs: '10% per day, at most 50%'.")
    ] = None,
    junit: Junit = None,
    as_json: AsJson = None,
) -> None:
    """Grade a class. Exits with 0 if all were graded, 1 if some could not be graded fully, 2 if nothing could be."""
    import_lightly()
    from autograder.commands.grade import Options
    from autograder.commands.grade import grade as run

    raise typer.Exit(
        run(
            Options(
                submitted,
                assignment,
                out,
                course,
                roster,
                student,
                seed,
                workers,
                scheduler,
                database,
                isolation,
                seconds,
                budget,
                force,
                due,
                late,
                junit,
                as_json,
            )
        )
    )


@app.command()
def regrade(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of `autograder grade`.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show who would move, and why.")] = False,
    seed: Annotated[int | None, typer.Option(help="Another seed. (default: the same cases again)", min=0)] = None,
    workers: Annotated[int | None, typer.Option(min=1)] = None,
) -> None:
    """Grade a class again with today's checks, and show whose points change, exercise by exercise."""
    import_lightly()
    from autograder.commands.regrade import regrade as run

    raise typer.Exit(run(out, dry_run, seed, workers))


@app.command()
def replay(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of `autograder grade`.")],
    student: Annotated[str, typer.Argument(metavar="STUDENT")],
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE")],
    seed: Annotated[int | None, typer.Option(help="Another seed than the class's.", min=0)] = None,
    isolation: Isolation = "auto",
) -> None:
    """Repeat one exercise of one submission, and show all that the learner would have seen, hidden inputs included."""
    import_lightly()
    from autograder.commands.regrade import replay as run

    raise typer.Exit(run(out, student, exercise, seed, isolation))


@app.command()
def gradescope(
    notebook: Annotated[str, typer.Argument(metavar="NOTEBOOK", help="Number, topic or NN_topic.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The zip to write.")] = Path("autograder.zip"),
) -> None:
    """Make the zip that Gradescope's autograder asks for."""
    import_lightly()
    from autograder.commands.gradescope import make

    raise typer.Exit(make(notebook, out))


@app.command()
def classroom50(
    notebook: Annotated[str, typer.Argument(metavar="NOTEBOOK", help="Number, topic or NN_topic.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the bundle goes.")] = Path("classroom50"),
) -> None:
    """Make the bundle that Classroom 50 grades an assignment with."""
    import_lightly()
    from autograder.commands.classroom50 import make

    raise typer.Exit(make(notebook, out))


@app.command()
def export(
    results: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of `autograder grade`.")],
    canvas: Annotated[Path | None, typer.Option(metavar="FILE", help="Canvas's exported gradebook.")] = None,
    moodle: Annotated[Path | None, typer.Option(metavar="FILE", help="Moodle's worksheet for offline grading.")] = None,
    brightspace: Annotated[Path | None, typer.Option(metavar="FILE", help="Brightspace's exported grades.")] = None,
    blackboard: Annotated[Path | None, typer.Option(metavar="FILE", help="Blackboard's downloaded grades.")] = None,
    feedback: Annotated[
        Path | None, typer.Option(metavar="ZIP", help="The platform's zip of submissions; makes one of feedback of it.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="The column to fill in. (default: the notebook's)")] = None,
    scale: Annotated[bool, typer.Option("--scale", help="Convert to the platform's maximum.")] = False,
    zeros: Annotated[bool, typer.Option("--zeros", help="0 for everybody who handed in nothing.")] = False,
    comments: Annotated[bool, typer.Option("--comments", help="Fill in Moodle's feedback comments too.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where files go. (default: DIR/export)")] = None,
) -> None:
    """Fill grades into the file that a learning platform has exported. Exits with 1 if a grade would not arrive."""
    import_lightly()
    from autograder.commands.export import Options
    from autograder.commands.export import export as run

    platforms = {"canvas": canvas, "moodle": moodle, "brightspace": brightspace, "blackboard": blackboard}
    raise typer.Exit(run(Options(results, platforms, feedback, column, scale, zeros, comments, out)))


@app.command()
def report(
    results: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="The --out of `autograder grade`, one or more.")
    ],
    names: Annotated[bool, typer.Option("--names/--no-names", help="Whether it says who is who.")] = True,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The page. (default: report.html in DIR)")] = None,
) -> None:
    """Write one page on what a class got right and wrong, and a CSV with its numbers."""
    import_lightly()
    from autograder.commands.report import report as run

    raise typer.Exit(run(results, names, out))


@app.command()
def doctor() -> None:
    """Say what this machine can do for grading, and what it doesn't protect from."""
    import_lightly()
    from autograder.commands.doctor import describe

    raise typer.Exit(describe())


def main() -> None:
    speak_utf8()
    print_anywhere()
    sys.exit(app())


if __name__ == "__main__":
    main()
