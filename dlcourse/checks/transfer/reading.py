"""Reading off results which pictures have been moved, and whither: a sentence for whatever is not as it should be."""

from __future__ import annotations

import dataclasses

import numpy as np

from dlcourse.checking.probes.augmenting import SCALE

SIGMAS = 6.0  # how many standard errors a mean or a share may be off
LARGEST = 10**6  # of numbers that are still looked at
CLOSE = 0.05  # pixels; results may come in float32

# How far the fit of a turn may be from one: the nearest pixel in place of what lies between is no mistake, and makes
# this much; half a pixel's error in the middle makes more.
OFF, ASKEW, BESIDE = 0.45, 0.06, 0.22


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is wrong with a result: the key of a named mistake, where it has one, and a sentence."""

    key: str
    sentence: str


def is_seen(got: object) -> bool:
    """Whether this is what a probe of `dlcourse.checking.probes.augmenting` sends, so that it can be read."""
    if not isinstance(got, dict) or not {"results", "shape"} <= set(got):
        return False
    shape, results, asked = got["shape"], got["results"], got.get("asked", {})
    return (
        isinstance(shape, (list, tuple))
        and len(shape) == 4
        and all(isinstance(n, int) and 0 < n < LARGEST for n in shape)
        and isinstance(results, (list, tuple))
        and all(isinstance(result, np.ndarray) for result in results)
        and isinstance(asked, dict)
        and all(isinstance(number, (int, float)) and 0 < number < LARGEST for number in asked.values())
    )


def results_of(got: dict, shape: tuple | None = None) -> tuple[np.ndarray, Finding | None]:
    """All results as one array (calls, *shape), or what is wrong with their form. `shape` is by default the input's."""
    wanted = tuple(shape or got["shape"])
    arrays = got["results"]
    if not arrays or any(array.dtype.kind not in "fiu" for array in arrays):
        return np.empty(0), Finding("form", "The result is no array of numbers.")
    if any(array.shape != wanted for array in arrays):
        return np.empty(0), Finding("shape", f"The result has the shape {arrays[0].shape}; {wanted} was expected.")
    stacked = np.stack(arrays).astype(np.float64)
    if not (np.abs(stacked) < LARGEST).all():
        return np.empty(0), Finding("nan", "The result holds numbers that are not finite, or very large.")
    return stacked, None


def most_of(got: dict) -> float:
    """The largest change that was asked for."""
    return got.get("asked", {}).get("most", 1.0)


def numbers_agree(results: np.ndarray) -> bool:
    """Whether each picture of coordinates came back at its own place in the batch: its middle says so."""
    m, n_H, n_W = results.shape[1:4]
    return bool(np.abs(results[:, :, n_H // 2, n_W // 2, 2] * m - np.arange(m)).max() < CLOSE)


ORDER = Finding(
    "order", "The pictures don't come back in their order: picture i of the result is made from picture i of X."
)


def whole(got: dict) -> tuple[np.ndarray, Finding | None]:
    """The results of an augmentation that keeps shape and order, or what is wrong with these."""
    results, wrong = results_of(got)
    if wrong is None and not numbers_agree(results):
        wrong = ORDER
    return results, wrong


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
