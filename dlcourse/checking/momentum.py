"""Two mistakes with the momentum of a batch normalisation, for every exercise that has one."""

from __future__ import annotations

from collections.abc import Callable

from dlcourse.checking.exercise import Exercise


def momentum_mistakes(exercise: Exercise, variant: Callable[[float], Callable]) -> None:
    """Name the momentum of 1, and one that is no share at all; `variant(momentum)` is the function that has it."""
    exercise.mistake(
        "averages-stand-still",
        "The moving averages of a batch normalisation stay where they began, and in use it "
        "needs them: with a momentum of 1, nothing of a batch reaches them. Take one below 1, such as 0.9.",
        variant(1.0),
    )
    exercise.mistake(
        "averages-run-away",
        "The moving averages of a batch normalisation run away from the batches. The momentum is "
        "the share of the old average that is kept, a number between 0 and 1, such as 0.9.",
        variant(1.9),
    )
