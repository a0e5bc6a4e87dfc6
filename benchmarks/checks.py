"""How long a check takes: for right answers, written in several ways, and for the named mistake that takes longest.

    python benchmarks/checks.py                      the notebooks whose checks build models
    python benchmarks/checks.py residual pooling     these notebooks
    python benchmarks/checks.py residual/resnet18    this exercise

Each answer is checked twice in a process of its own in which Keras has been imported and nothing was computed: `first`
is the first check of a notebook, `again` the next one, with another seed. What the judge has kept from the first time
is forgotten before the second, as if another function had been checked.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from rich.console import Console
from rich.table import Table
from solution_functions import functions

from dlcourse import checks
from dlcourse.checking import judging
from dlcourse.checking.quiet import quiet

TOPICS = ["keras_models", "residual", "inception", "mobile", "yolo", "faces", "style"]
# In tests/: right answers that are written differently, as pairs of an exercise's name and a function.
OTHER_ANSWERS = {
    "keras_models": "test_keras_models",
    "residual": "test_residual_checks",
    "inception": "test_inception_checks",
}
Times = list[tuple[float, float]]  # CPU and wall, in seconds, of the first check and of the next


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=TOPICS, metavar="topic[/exercise]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--all", action="store_true", help="show every mistake, not only the slowest")
    options = parser.parse_args()
    table = Table(title=f"One check: CPU / wall in milliseconds, medians of {options.rounds}")
    for heading in ("exercise", "answer", "first", "again"):
        table.add_column(heading, justify="right" if heading in ("first", "again") else "left")
    for exercise in chosen(options.names):
        rows = [(name, *median(exercise, function, options.rounds)) for name, function in right_answers(exercise)]
        wrong = [(mistake.key, *median(exercise, mistake.variant, options.rounds)) for mistake in exercise.mistakes]
        wrong.sort(key=lambda row: max(*row[1], *row[2]), reverse=True)
        for name, first, again in rows + (wrong if options.all else wrong[:1]):
            table.add_row(f"{exercise.topic}/{exercise.name}", name, milliseconds(first), milliseconds(again))
    Console(width=120).print(table)


def chosen(names: list[str]) -> Iterator[checks.Exercise]:
    for name in names:
        topic, _, exercise = name.partition("/")
        yield from [checks.get(topic, exercise)] if exercise else checks.exercises(topic)


def right_answers(exercise: checks.Exercise) -> Iterator[tuple[str, Callable]]:
    yield "reference", exercise.reference
    if exercise.name != "spot_the_mistake":
        yield "solution", getattr(functions(exercise.topic), exercise.name)
    if exercise.topic in OTHER_ANSWERS:
        test = importlib.import_module(OTHER_ANSWERS[exercise.topic]).test_a_differently_written_right_answer_passes
        for name, function in test.pytestmark[0].args[1]:
            if name == exercise.name:
                yield function.__name__, function


def median(exercise: checks.Exercise, function: Callable, rounds: int) -> Times:
    """CPU and wall, in seconds, of the first check in a process and of the next."""
    found = [in_a_fork(exercise, function, seed) for seed in range(rounds)]
    return [tuple(statistics.median(times[number][clock] for times in found) for clock in (0, 1)) for number in (0, 1)]


def in_a_fork(exercise: checks.Exercise, function: Callable, seed: int) -> Times:
    there, here = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=measure, args=(exercise, function, seed, there))
    process.start()
    times = here.recv()
    process.join()
    return times


def measure(exercise: checks.Exercise, function: Callable, seed: int, there: object) -> None:
    times = []
    for number in (0, 1):
        judging._prepare.cache_clear()
        judging._probed.cache_clear()
        cpu, wall = time.process_time(), time.perf_counter()
        checks.run(exercise.topic, exercise.name, function, seed=2 * seed + number)
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    there.send(times)


def milliseconds(times: tuple[float, float]) -> str:
    return " / ".join(f"{1e3 * seconds:.0f}" for seconds in times)


if __name__ == "__main__":
    with quiet():
        importlib.import_module("keras")
    main()
