"""What the exercises on augmentation share: they are judged by what becomes of pictures that say where each pixel is,
and by how often.

Nothing is compared with one magic array. An exercise has three groups: what is done to a picture, by which chance, and
whether the chance is the given generator's. A right answer fails by bad luck less than once in a hundred million runs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlcourse.checking.exercise import Exercise, Topic, case
from dlcourse.checks.transfer.reading import Finding, is_seen

topic = Topic("transfer")

PICTURE, CHANCE, GENERATOR = "what is done to a picture", "chance", "the generator and the input"
DRAWS, REPEATED = "dlcourse.checking.probes.augmenting:draws", "dlcourse.checking.probes.augmenting:generator"

Look = Callable[[dict], Finding | None]


def drawn(title: str, X: np.ndarray, *args: object, rng: np.random.Generator, group: str, look: Look, calls: int = 1):
    """A case: `calls` results with a generator of the check, looked at by `look`."""
    described = {"seed": int(rng.integers(10**6)), "calls": calls}
    return case(title, X, *args, described, group=group, probe=DRAWS, compare=sentence_of(look))


def from_the_generator(X: np.ndarray, *args: object, rng: np.random.Generator):
    """The case of the group GENERATOR."""
    described = {"seed": int(rng.integers(10**6)), "calls": 1}
    return case(
        "twice with equal generators",
        X,
        *args,
        described,
        group=GENERATOR,
        probe=REPEATED,
        compare=sentence_of(_look_at_the_generator),
    )


def named(exercise: Exercise, key: str, message: str, variant: Callable, group: str, look: Look) -> None:
    """Name a mistake that `look` finds in a result."""
    exercise.mistake(key, message, variant, group=group, recognise=lambda got: found_key(look, got) == key)


def generator_mistakes(exercise: Exercise, with_generator: Callable, in_place: Callable) -> None:
    """The three mistakes with generator and input that any of these exercises may have.

    Args:
        with_generator: from a function that makes a generator to the exercise's function.
        in_place: the exercise's function, writing into X.
    """
    for key, message, variant in (
        (
            "not-from-rng",
            "The random numbers don't come from `rng`: with equal generators the results differ. Ask the "
            "generator that "
            "is handed in, with rng.random, rng.uniform or rng.integers, not np.random.",
            with_generator(np.random.default_rng),
        ),
        (
            "always-the-same",
            "Every run gives the same result, whatever generator is handed in: a fixed seed inside the function. Ask "
            "`rng`, which goes on from call to call.",
            with_generator(lambda: np.random.default_rng(0)),
        ),
        (
            "writes-into-X",
            "The function writes into X, which the caller still needs. Make a new array, or work on X.copy().",
            in_place,
        ),
    ):
        named(exercise, key, message, variant, GENERATOR, _look_at_the_generator)


def in_place(function: Callable) -> Callable:
    """The function, which writes what it returns into X besides."""

    def variant(X, most, rng):
        X[:] = function(X.copy(), most, rng)
        return X

    return variant


def found_key(look: Look, got: object) -> str:
    """The key of what `look` finds; of what no probe sends, none."""
    finding = look(got) if _can_read(look, got) else None
    return finding.key if finding else ""


def sentence_of(look: Look) -> Callable:
    """A comparison for a case: the sentence of what `look` finds."""

    def compare(expected: dict, got: object) -> str | None:
        if not isinstance(got, dict):
            return "There is no result: is there a `return` missing?"
        if not _can_read(look, got) or _questions(got) != _questions(expected):
            return "The result cannot be read: return an array of pictures."
        finding = look(got)
        return finding.sentence if finding else None

    return compare


def _can_read(look: Look, got: object) -> bool:
    if look is _look_at_the_generator:
        return isinstance(got, dict) and set(got) == {"pictures", "drew", "repeats", "changed"}
    return is_seen(got)


def _questions(seen: dict) -> tuple:
    return tuple(seen.get("shape", ())), seen.get("asked")


def _look_at_the_generator(got: dict) -> Finding | None:
    if got.get("pictures") is not True:
        return Finding("form", "The result is not as many pictures as were given.")
    if got.get("changed") is not False:
        return Finding("writes-into-X", "X is not what it was before the call.")
    if got.get("repeats") is not True:
        return Finding("not-from-rng", "Two calls with equal generators give different results.")
    if got.get("drew") is not True:
        return Finding("always-the-same", "The generator that is handed in is never asked for a number.")
    return None
