"""The exercise of notebook 08 that looks at a picture as if it were printed on rubber."""

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
from dlcourse.checks.transfer.reading import Finding, most_of, places, related, results_of, uniform, whole

ALIASES = {"images": "X", "x": "X", "generator": "rng", "degrees": "most", "max_degrees": "most", "maximum": "most"}


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
    results, wrong = whole(got)
    if wrong:
        return wrong
    most = most_of(got)
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
    ends = [np.take(moves, some, axis) for axis in (3, 4) for some in (range(3), range(-3, 0))]
    if any(np.ptp(end, axis=axis).max() < 0.01 * most for end, axis in zip(ends, (3, 3, 4, 4), strict=True)):
        return Finding("knots-end-early", "At one side of the picture all pixels are moved alike: no knot lies there.")
    return None


def largest_slope(most, n):
    """How much a move can change from one pixel to the next, between knots that are moved in opposite directions."""
    return most * (KNOTS - 1) / (n - 1)


def _look_at_knots(got):
    results, wrong = results_of(got)
    if wrong:
        return wrong
    most = most_of(got)
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
        "too-far",
        "Pixels are taken from farther away than `most`. The field says how far a pixel's place lies from the pixel: "
        "add it to the pixel's own row, np.arange(n_H)[:, np.newaxis], and to its own column.",
        lambda X, most, rng, knots=KNOTS: reference.local_warp(X, 4 * most, rng, knots),
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
        "knots-end-early",
        "At one side of the picture all pixels are moved alike, since the last knot lies before it: `knots` knots are "
        "numbered from 0 to knots - 1, and the last pixel is at the last one.",
        _warped(spread=lambda n, knots: np.linspace(0, knots, n)),
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
    in_place(reference.local_warp),
)
local_warp.hint(
    "The knots' moves are a tiny picture of knots x knots pixels with two channels: down, and to the right."
)
local_warp.hint(
    "Enlarge that tiny picture to n_H x n_W with sample_at, at rows np.linspace(0, knots - 1, n_H), and columns "
    "likewise."
)
local_warp.hint("A second sample_at looks at the picture itself, at np.arange(n_H)[:, np.newaxis] + the first channel.")
