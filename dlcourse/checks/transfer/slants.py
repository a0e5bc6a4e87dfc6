"""The exercise of notebook 08 that slants pictures."""

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
    most_of,
    places,
    results_of,
    uniform,
    whole,
)

ALIASES = {"images": "X", "x": "X", "generator": "rng", "degrees": "most", "max_degrees": "most", "maximum": "most"}


@topic.exercise(
    reference=reference.shear,
    section="Turning and slanting",
    aliases=ALIASES,
    companions=("sample_at",),
    weights={PICTURE: 2.0},
)
def shear(rng):
    n_H = int(rng.choice([4, 6, 8]))  # even: there n_H // 2 is beside the middle
    yield drawn(
        f"ten pictures of {n_H}x17, at most 0.5 pixels from row to row",
        coordinates(10, n_H, 17),
        0.5,
        rng=rng,
        group=PICTURE,
        look=_look_at_slanted,
    )
    most = float(rng.integers(20, 50)) / 100
    yield drawn(
        f"200 pictures, at most {most} pixels",
        coordinates(100, 7, 15),
        most,
        rng=rng,
        group=CHANCE,
        look=_look_at_slants,
        calls=2,
    )
    yield from_the_generator(coordinates(5, 5, 9), 0.4, rng=rng)


def _slants(results, most):
    """The affine fit over the columns that stay inside, and the slant of each picture."""
    n_H, n_W = results.shape[2:4]
    margin = int(np.ceil(most * (n_H - 1))) + 1
    inside = np.zeros((n_H, n_W), bool)
    inside[:, margin : n_W - margin] = True
    fit = affine(results, inside)
    across, down = fit.M[:, 1, 0], fit.M[:, 0, 1]
    return fit, across if np.ptp(across) >= np.ptp(down) else down


def _look_at_slanted(got):
    results, wrong = whole(got)
    if wrong:
        return wrong
    fit, _ = _slants(results, most_of(got))
    rest = fit.M - np.eye(2)
    if np.abs(rest[:, 0, 1]).max() > ASKEW > np.abs(rest[:, 1, 0]).max():
        return Finding("vertical", "The columns are shifted up and down; the rows should be shifted sideways.")
    if np.abs(rest[:, 0]).max() > ASKEW or np.abs(rest[:, 1, 1]).max() > ASKEW or fit.off > OFF:
        return Finding("no-slant", "What is done to the picture is no shift of its rows.")
    slants = fit.M[:, 1, 0]
    if np.abs(slants).max() < 1e-4:
        return Finding("nothing", "The pictures are what they were.")
    rows_beside = float(fit.where[:, 1] @ slants / (slants @ slants))
    left = np.abs(fit.where - np.outer(rows_beside * slants, [0, 1])).max()
    if BESIDE < abs(rows_beside) < 1 and left < BESIDE:
        return Finding("half-a-row", "The place that stays where it is lies half a row beside the middle.")
    if np.abs(fit.where).max() > BESIDE:
        columns = places(results)[1][:, :, 0] - np.arange(results.shape[3])
        middle = slice(results.shape[3] // 2 - 1, results.shape[3] // 2 + 2)
        if np.abs(columns[..., middle]).max() < BESIDE:
            return Finding("about-the-top", "The first row stays where it is, and the middle one is shifted.")
        return Finding("shifted", "The middle row is shifted; it should stay where it is.")
    return None


def _look_at_slants(got):
    results, wrong = results_of(got)
    if wrong:
        return wrong
    most = most_of(got)
    return uniform(_slants(results, most)[1].reshape(results.shape[:2]), most, "The shift from row to row", 0.04)


def _slanted(slant=None, move=None, middle=lambda n: (n - 1) / 2):
    """shear with one thing changed."""
    slant = slant or (lambda rng, m, most: rng.uniform(-most, most, m))
    move = move or (lambda r, c, s: (r, c + s * r))

    def variant(X, most, rng):
        s = np.reshape(slant(rng, len(X), most), (-1, 1, 1))
        middle_r, middle_c = middle(X.shape[1]), middle(X.shape[2])
        r, c = np.arange(X.shape[1])[:, np.newaxis] - middle_r, np.arange(X.shape[2]) - middle_c
        rows, columns = move(r, c, s)
        return reference.sample_at(X, middle_r + rows, middle_c + columns)

    return variant


for _key, _message, _changed, _group, _look in (
    (
        "vertical",
        "The columns are shifted up and down. Here rows are shifted sideways: the place of a pixel has another column, "
        "and its own row.",
        {"move": lambda r, c, s: (r + s * c, c)},
        PICTURE,
        _look_at_slanted,
    ),
    (
        "no-slant",
        "This is no shift of rows: a pixel's place has its own row, and a column that depends on how far that row is "
        "from the middle.",
        {"move": lambda r, c, s: (r + s * c, c + s * r)},
        PICTURE,
        _look_at_slanted,
    ),
    (
        "about-the-top",
        "The first row stays where it is, so the whole picture moves aside. The middle row should stay: count "
        "rows from "
        "(n_H - 1) / 2.",
        {"middle": lambda n: 0},
        PICTURE,
        _look_at_slanted,
    ),
    (
        "shifted",
        "The middle row is shifted, and should stay where it is: the shift of a row is its random number times its "
        "distance from the middle *row*, r - (n_H - 1) / 2.",
        {"move": lambda r, c, s: (r, c + s * (r - 5))},
        PICTURE,
        _look_at_slanted,
    ),
    (
        "half-a-row",
        "The place that stays where it is lies half a row beside the middle: n rows are numbered from 0 to n - 1, and "
        "their middle is (n - 1) / 2.",
        {"middle": lambda n: n / 2},
        PICTURE,
        _look_at_slanted,
    ),
    (
        "one-for-all",
        "One slant is drawn for the whole batch. Each picture gets its own.",
        {"slant": lambda rng, m, most: np.full(m, rng.uniform(-most, most))},
        CHANCE,
        _look_at_slants,
    ),
    (
        "one-sided",
        "Pictures are slanted in one direction only: the shift is uniform between -most and most.",
        {"slant": lambda rng, m, most: rng.uniform(0, most, m)},
        CHANCE,
        _look_at_slants,
    ),
):
    named(shear, _key, _message, _slanted(**_changed), _group, _look)
generator_mistakes(shear, lambda make: lambda X, most, rng: reference.shear(X, most, make()), in_place(reference.shear))
shear.hint("Compare with rotate: the row of a pixel's place is its own now, and only the column changes.")
shear.hint("The shift of a row is the picture's random number times the row's distance from the middle row.")
