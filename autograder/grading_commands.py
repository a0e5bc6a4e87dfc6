"""The commands around grading; each imports what it needs only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.startup import import_lightly

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results go; the same folder resumes a run.")]
Isolation = Annotated[
    str,
    typer.Option(help="auto, bubblewrap (refuse to run without a sandbox) or process (no sandbox).", metavar="LEVEL"),
]


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
) -> None:
    """Grade a class. Exits with 0 if all were graded, 1 if some could not be graded fully, 2 if nothing could be."""
    import_lightly()
    from autograder.grade_command import Options
    from autograder.grade_command import grade as run

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
            )
        )
    )


def regrade(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of `autograder grade`.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show who would move, and why.")] = False,
    seed: Annotated[int | None, typer.Option(help="Another seed. (default: the same cases again)", min=0)] = None,
    workers: Annotated[int | None, typer.Option(min=1)] = None,
) -> None:
    """Grade a class again with today's checks, and show whose points change, exercise by exercise."""
    import_lightly()
    from autograder.regrading import regrade as run

    raise typer.Exit(run(out, dry_run, seed, workers))


def replay(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The --out of `autograder grade`.")],
    student: Annotated[str, typer.Argument(metavar="STUDENT")],
    exercise: Annotated[str, typer.Argument(metavar="EXERCISE")],
    seed: Annotated[int | None, typer.Option(help="Another seed than the class's.", min=0)] = None,
    isolation: Isolation = "auto",
) -> None:
    """Repeat one exercise of one submission, and show all that the learner would have seen, hidden inputs included."""
    import_lightly()
    from autograder.regrading import replay as run

    raise typer.Exit(run(out, student, exercise, seed, isolation))


def gradescope(
    notebook: Annotated[str, typer.Argument(metavar="NOTEBOOK", help="Number, topic or NN_topic.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The zip to write.")] = Path("autograder.zip"),
) -> None:
    """Make the zip that Gradescope's autograder asks for."""
    import_lightly()
    from autograder.gradescope import make

    raise typer.Exit(make(notebook, out))


def doctor() -> None:
    """Say what this machine can do for grading, and what it doesn't protect from."""
    import_lightly()
    from autograder.machine import describe

    raise typer.Exit(describe())


def register(app: typer.Typer) -> None:
    for command in (grade, regrade, replay, gradescope, doctor):
        app.command()(command)
