"""The exercise of notebook 08 that turns pictures."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.probes.augmenting import coordinates
from dlcourse.checks.transfer.chance import (
    CHANCE,
    PICTURE,
    drawn,
    from_the_generator,
    generator_mistakes,
    in_place,
    named,
    topic,
)
from dlcourse.checks.transfer.reading import (
    ASKEW,
    BESIDE,
    OFF,
    Finding,
    affine,
    disc,
    most_of,
    places,
    results_of,
    uniform,
    whole,
)

ALIASES = {"images": "X", "x": "X", "generator": "rng", "degrees": "most", "max_degrees": "most", "maximum": "most"}


@topic.exercise(
    reference=reference.rotate,
    section="Turning and slanting",
    aliases=ALIASES,
    companions=("sample_at",),
    weights={PICTURE: 2.0},
)
def rotate(rng):
    n_H, n_W = (int(n) for n in rng.permutation([12, 14, 16])[:2])  # even: there n // 2 is beside the middle
    yield drawn(
        f"twenty pictures of {n_H}x{n_W}, 40 degrees at most",
        coordinates(20, n_H, n_W),
        40.0,
        rng=rng,
        group=PICTURE,
        look=_look_at_turned,
    )
    most = float(rng.integers(15, 30))
    yield drawn(
        f"200 pictures, {most:.0f} degrees at most",
        coordinates(100, 9, 9),
        most,
        rng=rng,
        group=CHANCE,
        look=_look_at_angles,
        calls=2,
    )
    yield from_the_generator(coordinates(5, 7, 7), 30.0, rng=rng)


def _turns(results):
    """The affine fit, and the angle of each picture in degrees."""
    fit = affine(results, disc(*results.shape[2:4]))
    angles = np.arctan2(fit.M[:, 1, 0] - fit.M[:, 0, 1], fit.M[:, 0, 0] + fit.M[:, 1, 1])
    if _askew(fit) > 2 * ASKEW:  # no turn, which is another group's matter: the angle behind its sines
        sines = np.where(np.abs(fit.M[:, 0, 1]) > np.abs(fit.M[:, 1, 0]), -fit.M[:, 0, 1], fit.M[:, 1, 0])
        angles = np.arcsin(np.clip(sines, -1, 1))
    return fit, np.degrees(angles)


def _askew(fit):
    return float(np.abs(fit.M @ fit.M.swapaxes(1, 2) - np.eye(2)).max())


def _look_at_turned(got):
    results, wrong = whole(got)
    if wrong:
        return wrong
    fit, angles = _turns(results)
    if np.abs(angles).max() < 1e-3:
        return Finding("nothing", "The pictures are what they were.")
    if _stay(results, (0, 0)) and not _stay(results, None):
        return Finding("about-the-corner", "The first pixel of the picture stays where it is, and its middle moves.")
    askew = _askew(fit)
    if np.abs(fit.M[:, 0, 1] - fit.M[:, 1, 0]).max() < ASKEW < askew:
        return Finding("same-sign", "Both sines have the same sign: that squeezes the picture and turns nothing.")
    if fit.off > OFF or askew > 2 * ASKEW:
        return Finding("no-turn", "What is done to the picture is no turn: distances in it change.")
    if np.linalg.det(fit.M).min() < 0:
        return Finding("no-turn", "The picture is mirrored besides.")
    if np.abs(fit.where).max() > BESIDE:
        return Finding("half-a-pixel", "The middle of the picture moves: it is turned about a place beside it.")
    return None


def _stay(results, place):
    """Whether a pixel, by default the one in the middle, stays where it is in all pictures."""
    r, c = place or (results.shape[2] // 2, results.shape[3] // 2)
    rows, columns = places(results[:, :, r, c])
    return max(np.abs(rows - r).max(), np.abs(columns - c).max()) < BESIDE


def _look_at_angles(got):
    results, wrong = results_of(got)
    if wrong:
        return wrong
    angles = _turns(results)[1].reshape(results.shape[:2])
    most, largest = most_of(got), float(np.abs(angles).max())
    if largest > 2 * most:
        return Finding("radians", f"Pictures are turned by up to {largest:.0f} degrees; the most is {most:.0f}.")
    return uniform(angles, most, "The angle in degrees", 0.04)


def _turned(angle=None, M=None, middle=None, finish=lambda result: result):
    """rotate with one thing changed."""
    angle = angle or (lambda rng, m, most: np.deg2rad(rng.uniform(-most, most, m)))
    M = M or (lambda cos, sin: (cos, -sin, sin, cos))
    middle = middle or (lambda n: (n - 1) / 2)

    def variant(X, most, rng):
        angles = np.reshape(angle(rng, len(X), most), (-1, 1, 1))
        middle_r, middle_c = middle(X.shape[1]), middle(X.shape[2])
        r, c = np.arange(X.shape[1])[:, np.newaxis] - middle_r, np.arange(X.shape[2]) - middle_c
        a, b, d, e = M(np.cos(angles), np.sin(angles))
        return finish(reference.sample_at(X, middle_r + a * r + b * c, middle_c + d * r + e * c))

    return variant


for _key, _message, _changed, _group, _look in (
    (
        "radians",
        "The angle is taken for radians: NumPy's sine and cosine want them, and `most` is in degrees. np.deg2rad "
        "translates.",
        {"angle": lambda rng, m, most: rng.uniform(-most, most, m)},
        CHANCE,
        _look_at_angles,
    ),
    (
        "about-the-corner",
        "The picture is turned about its first pixel, so most of it leaves the frame. Count rows and columns from the "
        "middle, and add it again at the end. See 'Turning and slanting'.",
        {"middle": lambda n: 0},
        PICTURE,
        _look_at_turned,
    ),
    (
        "half-a-pixel",
        "The picture is turned about a place half a pixel beside its middle: n pixels are numbered from 0 to n - "
        "1, and "
        "their middle is (n - 1) / 2.",
        {"middle": lambda n: n / 2},
        PICTURE,
        _look_at_turned,
    ),
    (
        "same-sign",
        "Both sines have the same sign: that squeezes the picture along one diagonal and turns nothing. One of the two "
        "is negative.",
        {"M": lambda cos, sin: (cos, sin, sin, cos)},
        PICTURE,
        _look_at_turned,
    ),
    (
        "no-turn",
        "What is done to the picture changes distances in it, and a turn keeps them: cosine and sine have changed "
        "places, or one of the four is missing.",
        {"M": lambda cos, sin: (cos, -sin, 0, cos)},
        PICTURE,
        _look_at_turned,
    ),
    (
        "one-for-all",
        "One angle is drawn for the whole batch. Each picture gets its own.",
        {"angle": lambda rng, m, most: np.full(m, np.deg2rad(rng.uniform(-most, most)))},
        CHANCE,
        _look_at_angles,
    ),
    (
        "one-sided",
        "Pictures are turned in one direction only: the angle is uniform between -most and most.",
        {"angle": lambda rng, m, most: np.deg2rad(rng.uniform(0, most, m))},
        CHANCE,
        _look_at_angles,
    ),
    (
        "too-little",
        "The angles are too small: is the largest one `most` degrees, in both directions?",
        {"angle": lambda rng, m, most: np.deg2rad(rng.uniform(-most / 2, most / 2, m))},
        CHANCE,
        _look_at_angles,
    ),
):
    named(rotate, _key, _message, _turned(**_changed), _group, _look)


generator_mistakes(
    rotate, lambda make: lambda X, most, rng: reference.rotate(X, most, make()), in_place(reference.rotate)
)
rotate.hint(
    "For every pixel of the *result*, say where in the picture its colour is: `sample_at` wants those rows and columns."
)
rotate.hint("With r and c counted from the middle, the place is (cos r - sin c, sin r + cos c); then add the middle.")
rotate.hint(
    "r = np.arange(n_H)[:, np.newaxis] - (n_H - 1) / 2 and c = np.arange(n_W) - (n_W - 1) / 2 make a whole grid "
    "of them."
)
