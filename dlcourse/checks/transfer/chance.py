"""What the exercises on augmentation share: they are judged by what becomes of pictures that say where each pixel is,
and by how often.

Nothing is compared with one magic array. An exercise has three groups: what is done to a picture, by which chance, and
whether the chance is the given generator's. A right answer fails by bad luck less than once in a hundred million runs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from dlcourse.checking.exercise import Exercise, Topic, case
from dlcourse.checking.probes.augmenting import SCALE

topic = Topic("transfer")

PICTURE, CHANCE, GENERATOR = "what is done to a picture", "chance", "the generator and the input"
DRAWS, REPEATED = "dlcourse.checking.probes.augmenting:draws", "dlcourse.checking.probes.augmenting:generator"

SIGMAS = 6.0  # how many standard errors a mean or a share may be off
CLOSE = 0.05  # pixels; results may come in float32


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is wrong with a result: the key of a named mistake, where it has one, and a sentence."""

    key: str
    sentence: str


Look = Callable[[dict], Finding | None]


def drawn(title: str, X: np.ndarray, *args: object, rng: np.random.Generator, group: str, look: Look, calls: int = 1):
    """A case: `calls` results with a generator of the check, looked at by `look`."""
    described = {"seed": int(rng.integers(10**6)), "calls": calls}
    return case(title, X, *args, described, group=group, probe=DRAWS, compare=_sentence_of(look))


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
        compare=_sentence_of(_look_at_the_generator),
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


def found_key(look: Look, got: object) -> str:
    finding = look(got) if isinstance(got, dict) else None
    return finding.key if finding else ""


def _sentence_of(look: Look) -> Callable:
    def compare(expected: object, got: object) -> str | None:
        if not isinstance(got, dict):
            return "There is no result: is there a `return` missing?"
        finding = look(got)
        return finding.sentence if finding else None

    return compare


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


# Reading results


def results_of(got: dict, shape: tuple | None = None) -> tuple[np.ndarray, Finding | None]:
    """All results as one array (calls, *shape), or what is wrong with their form. `shape` is by default the input's."""
    wanted = tuple(shape or got["shape"])
    arrays = [np.asarray(result) for result in got.get("results", [])]
    if not arrays or any(array.dtype.kind not in "fiu" for array in arrays):
        return np.empty(0), Finding("form", "The result is no array of numbers.")
    if any(array.shape != wanted for array in arrays):
        return np.empty(0), Finding("shape", f"The result has the shape {arrays[0].shape}; {wanted} was expected.")
    stacked = np.stack(arrays).astype(np.float64)
    if not np.isfinite(stacked).all():
        return np.empty(0), Finding("nan", "The result holds numbers that are not finite.")
    return stacked, None


def numbers_agree(results: np.ndarray) -> bool:
    """Whether each picture of coordinates came back at its own place in the batch: its middle says so."""
    m, n_H, n_W = results.shape[1:4]
    return bool(np.abs(results[:, :, n_H // 2, n_W // 2, 2] * m - np.arange(m)).max() < CLOSE)


ORDER = Finding(
    "order", "The pictures don't come back in their order: picture i of the result is made from picture i of X."
)


def places(results: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column that each pixel of pictures of coordinates comes from."""
    return results[..., 0] * SCALE, results[..., 1] * SCALE


@dataclasses.dataclass(frozen=True)
class Affine:
    """For each picture, where its pixels come from: M (p - middle) + where; `off` is how far the pixels are from
    that."""

    M: np.ndarray
    where: np.ndarray
    off: float


def affine(results: np.ndarray, inside: np.ndarray) -> Affine:
    """The best fit over the pixels of a mask (n_H, n_W), for all pictures of all calls."""
    n_H, n_W = inside.shape
    middle = np.array([(n_H - 1) / 2, (n_W - 1) / 2])
    here = np.argwhere(inside) - middle
    A = np.column_stack([here, np.ones(len(here))])
    rows, columns = (part[..., inside].reshape(-1, len(here)) for part in places(results))
    fits = [np.linalg.lstsq(A, part.T, rcond=None)[0] for part in (rows, columns)]
    off = max(float(np.sqrt(np.mean((A @ fit - part.T) ** 2))) for fit, part in zip(fits, (rows, columns), strict=True))
    M = np.stack([fit[:2].T for fit in fits], axis=1)
    return Affine(M, np.stack([fit[2] for fit in fits], axis=1) - middle, off)


def disc(n_H: int, n_W: int) -> np.ndarray:
    """The pixels that stay inside a picture however it is turned about its middle."""
    r, c = np.arange(n_H)[:, np.newaxis] - (n_H - 1) / 2, np.arange(n_W) - (n_W - 1) / 2
    return np.hypot(r, c) <= (min(n_H, n_W) - 1) / 2


def uniform(values: np.ndarray, most: float, what: str, tolerance: float = 0.02) -> Finding | None:
    """Whether numbers (calls, pictures) can be uniform between -most and most and independent."""
    of_calls = values.reshape(len(values), -1)
    values = of_calls.ravel()
    N, spread = len(values), most / 3**0.5
    largest = float(np.abs(values).max())
    if largest > most * (1 + tolerance):
        return Finding("too-far", f"{what} goes up to {largest:.3g}; the most is {most:.3g}.")
    if np.ptp(of_calls, axis=1).max() < most * tolerance / 2:
        return Finding("one-for-all", f"{what} is the same for all pictures of a batch: {values[0]:.3g}.")
    if np.abs(values).min() > most * 0.9:
        return Finding("always-the-largest", f"{what} is always the largest, in one direction or the other.")
    if values.min() > -most * tolerance or values.max() < most * tolerance:
        return Finding(
            "one-sided",
            f"{what} goes in one direction only: it lies between {values.min():.3g} and {values.max():.3g}.",
        )
    error = SIGMAS / N**0.5
    if largest < most * 0.8:
        return Finding("too-little", f"{what} goes up to {largest:.3g} in {N} pictures; the most is {most:.3g}.")
    if abs(values.mean()) > error * spread or abs(np.mean(np.abs(values) < most / 2) - 0.5) > error / 2:
        return Finding(
            "uneven",
            f"{what} is not uniform between -{most:.3g} and {most:.3g}: the mean is "
            f"{values.mean():.3g}, and {np.mean(np.abs(values) < most / 2):.0%} are within half of it.",
        )
    return None


def related(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two lists of numbers go together more than chance allows."""
    left, right = (np.ravel(part) - np.mean(part) for part in (left, right))
    norm = float(np.sqrt(np.sum(left**2) * np.sum(right**2)))
    return norm > 0 and abs(float(np.sum(left * right))) / norm > SIGMAS / len(left) ** 0.5
