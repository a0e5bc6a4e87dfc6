"""The teacher's and maintainer's command line; each command imports what it needs only when it runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from autograder import grading_commands

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
    from autograder.build_command import run

    raise typer.Exit(run(notebooks or [], check))


@app.command()
def verify(
    notebooks: Notebooks = None,
    timeout: Annotated[int, typer.Option(help="Seconds that a notebook may take.", min=1)] = 60,
) -> None:
    """Run every solution and release offline; exit with 1 if a mark, an error or a time is wrong."""
    from autograder.verify_command import run

    raise typer.Exit(run(notebooks or [], timeout))


grading_commands.register(app)


def main() -> None:
    sys.exit(app())


if __name__ == "__main__":
    main()
