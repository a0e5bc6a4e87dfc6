"""The exercises of notebook 08 that look at a picture in other places: turned, slanted, printed on rubber."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.probes.augmenting import coordinates
from dlcourse.checks.transfer.chance import (
    CHANCE,
    ORDER,
    PICTURE,
    Finding,
    affine,
    disc,
    drawn,
    from_the_generator,
    generator_mistakes,
    named,
    numbers_agree,
    places,
    related,
    results_of,
    topic,
    uniform,
)

ALIASES = {"images": "X", "x": "X", "generator": "rng", "degrees": "most", "max_degrees": "most", "maximum": "most"}

# How far the fit of a turn may be from one: the nearest pixel in place of what lies between is no mistake, and makes
# this much; half a pixel's error in the middle makes more.
OFF, ASKEW, BESIDE = 0.45, 0.06, 0.22


def _whole(got):
    """The results, with what is wrong with any augmentation that keeps the shape."""
    results, wrong = results_of(got)
    if wrong is None and not numbers_agree(results):
        wrong = ORDER
    return results, wrong


# rotate


@topic.exercise(
    reference=reference.rotate,
    section="Turning and slanting",
    aliases=ALIASES,
    companions=("sample_at",),
    weights={PICTURE: 2.0},
)
def rotate(rng):
    n_H, n_W = (int(n) for n in rng.permutation([11, 13, 15])[:2])
    yield drawn(
        f"ten pictures of {n_H}x{n_W}, 40 degrees at most",
        coordinates(10, n_H, n_W),
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
    results, wrong = _whole(got)
    if wrong:
        return wrong
    fit, _ = _turns(results)
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
    most, largest = got["asked"]["most"], float(np.abs(angles).max())
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


def _in_place(function):
    """The function, which writes what it returns into X besides."""

    def variant(X, most, rng):
        X[:] = function(X.copy(), most, rng)
        return X

    return variant


generator_mistakes(
    rotate, lambda make: lambda X, most, rng: reference.rotate(X, most, make()), _in_place(reference.rotate)
)
rotate.hint(
    "For every pixel of the *result*, say where in the picture its colour is: `sample_at` wants those rows and columns."
)
rotate.hint("With r and c counted from the middle, the place is (cos r - sin c, sin r + cos c); then add the middle.")
rotate.hint(
    "r = np.arange(n_H)[:, np.newaxis] - (n_H - 1) / 2 and c = np.arange(n_W) - (n_W - 1) / 2 make a whole grid "
    "of them."
)


# shear


@topic.exercise(
    reference=reference.shear,
    section="Turning and slanting",
    aliases=ALIASES,
    companions=("sample_at",),
    weights={PICTURE: 2.0},
)
def shear(rng):
    n_H = int(rng.choice([5, 7, 9]))
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
    results, wrong = _whole(got)
    if wrong:
        return wrong
    fit, _ = _slants(results, got["asked"]["most"])
    rest = fit.M - np.eye(2)
    if np.abs(rest[:, 0, 1]).max() > ASKEW > np.abs(rest[:, 1, 0]).max():
        return Finding("vertical", "The columns are shifted up and down; the rows should be shifted sideways.")
    if np.abs(rest[:, 0]).max() > ASKEW or np.abs(rest[:, 1, 1]).max() > ASKEW or fit.off > OFF:
        return Finding("no-slant", "What is done to the picture is no shift of its rows.")
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
    most = got["asked"]["most"]
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
generator_mistakes(
    shear, lambda make: lambda X, most, rng: reference.shear(X, most, make()), _in_place(reference.shear)
)
shear.hint("Compare with rotate: the row of a pixel's place is its own now, and only the column changes.")
shear.hint("The shift of a row is the picture's random number times the row's distance from the middle row.")


# local_warp


@topic.exercise(
    reference=reference.local_warp,
    section="Printed on rubber",
    aliases={**ALIASES, "grid": "knots", "n": "knots"},
    optional=("knots",),
    companions=("sample_at",),
    weights={PICTURE: 2.0},
)
def local_warp(rng):
    most = float(rng.integers(15, 25)) / 10
    yield drawn(
        f"six pictures of 25x31, {most} pixels at most",
        coordinates(6, 25, 31),
        most,
        rng=rng,
        group=PICTURE,
        look=_look_at_rubber,
    )
    yield drawn(
        "50 pictures of 31x31, 2 pixels at most",
        coordinates(25, 31, 31),
        2.0,
        rng=rng,
        group=CHANCE,
        look=_look_at_knots,
        calls=2,
    )
    yield from_the_generator(coordinates(3, 13, 13), 1.5, rng=rng)


KNOTS = 4


def _moves(results, most):
    """How far each pixel's place is from it, down and to the right, without a border where places leave the picture;
    and how wide that border is. Shape (2, calls, m, ...)."""
    n_H, n_W = results.shape[2:4]
    rows, columns = places(results)
    border = int(np.ceil(most))
    inside = (..., slice(border, n_H - border), slice(border, n_W - border))
    down, right = rows - np.arange(n_H)[:, np.newaxis], columns - np.arange(n_W)
    return np.stack([down[inside], right[inside]]), border


def _look_at_rubber(got):
    results, wrong = _whole(got)
    if wrong:
        return wrong
    most = got["asked"]["most"]
    moves, _ = _moves(results, most)
    if np.abs(moves).max() < 1e-3:
        return Finding("nothing", "The picture is what it was.")
    n_H, n_W = got["shape"][1:3]
    along = np.abs(np.diff(moves, axis=3)).max(), np.abs(np.diff(moves, axis=4)).max()
    allowed = [2 * largest_slope(most, n) + 0.02 for n in (n_H, n_W)]
    if np.abs(moves).max() > 2.5 * most:
        return Finding("too-far", f"A pixel is taken from {np.abs(moves).max():.1f} pixels away; {most} is the most.")
    if any(step > 1.6 * limit for step, limit in zip(along, allowed, strict=True)):
        return Finding("torn", "Neighbouring pixels are taken from places far apart: the picture is torn.")
    if np.ptp(moves, axis=(3, 4)).max() < 0.02 * most:
        return Finding("shifted", "The whole picture is shifted: all its pixels by the same.")
    if np.abs(moves[0] - moves[1]).max() < 0.02 * most and n_H != n_W:
        return Finding("same-both", "Every pixel moves down as far as to the right.")
    for word, which in (("rows", 0), ("columns", 1)):
        if np.ptp(moves[which]) < 0.02 * most:
            return Finding("one-direction", f"The {word} of the places are those of the pixels: nothing moves there.")
    return None


def largest_slope(most, n):
    """How much a move can change from one pixel to the next, between knots that are moved in opposite directions."""
    return most * (KNOTS - 1) / (n - 1)


def _look_at_knots(got):
    results, wrong = results_of(got)
    if wrong:
        return wrong
    most = got["asked"]["most"]
    moves, border = _moves(results, most)
    n = got["shape"][1]
    knots = [(n - 1) * k // (KNOTS - 1) - border for k in (1, 2)]
    at_knots = moves[:, :, :, knots][..., knots]  # (2, calls, m, 2, 2)
    if np.ptp(at_knots, axis=2).max() < 0.02 * most:
        return Finding("one-for-all", "All pictures of a batch are warped in the same way.")
    largest = np.abs(moves).max()
    if largest > most * 1.03:
        return Finding("too-far", f"A pixel is taken from {largest:.2f} pixels away; {most:.0f} is the most.")
    # that nothing moves in one direction, or everything alike, is another group's matter
    moving = at_knots[[np.ptp(part) > 0.02 * most for part in at_knots]]
    found = uniform(moving.swapaxes(0, 1), most, "The move of a knot", 0.03)
    if found:
        return found
    if np.abs(at_knots[0] - at_knots[1]).max() > 0.02 * most and related(at_knots[0], at_knots[1]):
        return Finding("related", "How far a knot moves down has to do with how far it moves to the right.")
    if np.ptp(at_knots, axis=(3, 4)).max() > 0.02 * most and related(at_knots[..., 0, :], at_knots[..., 1, :]):
        return Finding("related", "Neighbouring knots move together; each has its own random numbers.")
    return None


def _warped(moves=None, see=None, spread=None):
    """local_warp with one thing changed."""
    moves = moves or (lambda rng, m, most, knots: rng.uniform(-most, most, (m, knots, knots, 2)))
    spread = spread or (lambda n, knots: np.linspace(0, knots - 1, n))
    see = see or (lambda field: field)

    def variant(X, most, rng, knots=KNOTS):
        m, n_H, n_W, _ = X.shape
        field = reference.sample_at(moves(rng, m, most, knots), spread(n_H, knots)[:, np.newaxis], spread(n_W, knots))
        field = see(field)
        return reference.sample_at(X, np.arange(n_H)[:, np.newaxis] + field[..., 0], np.arange(n_W) + field[..., 1])

    return variant


def _each_pixel(X, most, rng, knots=KNOTS):
    m, n_H, n_W, _ = X.shape
    field = rng.uniform(-most, most, (m, n_H, n_W, 2))
    return reference.sample_at(X, np.arange(n_H)[:, np.newaxis] + field[..., 0], np.arange(n_W) + field[..., 1])


def _same_moves(rng, m, most, knots):
    return np.repeat(rng.uniform(-most, most, (m, knots, knots, 1)), 2, axis=3)


for _key, _message, _variant, _group, _look in (
    (
        "torn",
        "Neighbouring pixels are taken from places far apart, so the picture is torn to pieces. Move knots x knots "
        "points, and let the pixels between them follow: sample_at makes a smooth field of the knots' moves.",
        _each_pixel,
        PICTURE,
        _look_at_rubber,
    ),
    (
        "shifted",
        "The whole picture is shifted by the same: that moves it and warps nothing. Each of knots x knots points "
        "has its "
        "own move.",
        _warped(
            moves=lambda rng, m, most, knots: np.zeros((m, knots, knots, 2)) + rng.uniform(-most, most, (m, 1, 1, 2))
        ),
        PICTURE,
        _look_at_rubber,
    ),
    (
        "same-both",
        "Every point moves down exactly as far as to the right: one random number serves for both. Draw two.",
        _warped(moves=_same_moves),
        PICTURE,
        _look_at_rubber,
    ),
    (
        "one-direction",
        "The picture is warped in one direction only; a knot moves down and to the right.",
        _warped(moves=lambda rng, m, most, knots: rng.uniform(-most, most, (m, knots, knots, 2)) * [1, 0]),
        PICTURE,
        _look_at_rubber,
    ),
    (
        "one-for-all",
        "All pictures of the batch are warped in the same way. Each gets moves of its own.",
        _warped(moves=lambda rng, m, most, knots: np.repeat(rng.uniform(-most, most, (1, knots, knots, 2)), m, axis=0)),
        CHANCE,
        _look_at_knots,
    ),
    (
        "one-sided",
        "Points move in one direction only: a move is uniform between -most and most.",
        _warped(moves=lambda rng, m, most, knots: rng.uniform(0, most, (m, knots, knots, 2))),
        CHANCE,
        _look_at_knots,
    ),
):
    named(local_warp, _key, _message, _variant, _group, _look)
generator_mistakes(
    local_warp,
    lambda make: lambda X, most, rng, knots=KNOTS: reference.local_warp(X, most, make(), knots),
    _in_place(reference.local_warp),
)
local_warp.hint(
    "The knots' moves are a tiny picture of knots x knots pixels with two channels: down, and to the right."
)
local_warp.hint(
    "Enlarge that tiny picture to n_H x n_W with sample_at, at rows np.linspace(0, knots - 1, n_H), and columns "
    "likewise."
)
local_warp.hint("A second sample_at looks at the picture itself, at np.arange(n_H)[:, np.newaxis] + the first channel.")
