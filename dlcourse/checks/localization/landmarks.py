"""The exercises of notebook 09 on landmarks: their target, and a mirror."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.localization.targets import topic

# landmark_target


@topic.exercise(
    reference=reference.landmark_target,
    section="Landmarks",
    optional=("count",),
    aliases={"landmarks": "points", "k": "count", "num_landmarks": "count", "n": "count"},
)
def landmark_target(rng):
    there, nothing = {"group": "a face"}, {"group": "no face", "corner": True}
    yield case(
        "two points, by hand", np.array([[0.25, 0.5], [0.75, 1]]), 2, expect=np.array([1, 0.25, 0.5, 0.75, 1]), **there
    )
    yield case("64 points: 129 numbers", rng.uniform(size=(64, 2)), 64, **there)
    yield case("six points", rng.uniform(size=(6, 2)), 6, **there)
    yield case("no face, 64 points", None, 64, **nothing)
    yield case("no face, six points", None, 6, **nothing)
    yield case("a face with one point", rng.uniform(size=(1, 2)), 1, group="no face")


def _numbers(order=np.ravel, first=(1,), last=(), nothing=lambda count: np.zeros(1 + 2 * count)):
    """landmark_target with one thing changed."""

    def variant(points, count=64):
        return nothing(count) if points is None else np.array([*first, *order(points), *last], dtype=float)

    return variant


for _key, _message, _variant in (
    (
        "all-x-first",
        "All x come first, and then all y; here each point's x is followed by its y.",
        _numbers(lambda points: points.T.ravel()),
    ),
    ("y-first", "Each point's y comes before its x.", _numbers(lambda points: points[:, ::-1].ravel())),
    (
        "all-y-first",
        "All y come first, and then all x; here each point's x is followed by its y.",
        _numbers(lambda points: points[:, ::-1].T.ravel()),
    ),
    ("no-p", "The number that says whether there is a face is missing: the target begins with 1.", _numbers(first=())),
    (
        "p-last",
        "The number that says whether there is a face stands at the end; it comes first.",
        _numbers(first=(), last=(1,)),
    ),
    ("p-zero", "The first number is 0 where there is a face; it should be 1.", _numbers(first=(0,))),
    (
        "in-rows",
        "The points are still rows; the target is one row of numbers.",
        lambda points, count=64: np.zeros((count, 2)) if points is None else points,
    ),
    (
        "only-p",
        "Where there is no face, the target is one number; it should be as long as every other: 1 + 2 * count zeros.",
        _numbers(nothing=lambda count: np.zeros(1)),
    ),
    (
        "one-number-a-point",
        "Where there is no face, there is one zero for each point; each has an x and a y.",
        _numbers(nothing=lambda count: np.zeros(1 + count)),
    ),
    (
        "no-p-for-nothing",
        "Where there is no face, the target is one number too short: p stands before the points there, too.",
        _numbers(nothing=lambda count: np.zeros(2 * count)),
    ),
    (
        "always-129",
        "Where there is no face, 129 numbers come back, whatever the count: 1 + 2 * count.",
        _numbers(nothing=lambda count: np.zeros(129)),
    ),
    (
        "sure-of-nothing",
        "The first number is 1 where there is no face.",
        _numbers(nothing=lambda count: np.concatenate([[1.0], np.zeros(2 * count)])),
    ),
    (
        "nothing-at-all",
        "Where there is no face, None comes back; the network needs a target all the same: zeros.",
        _numbers(nothing=lambda count: None),
    ),
    (
        "three-numbers-a-point",
        "Where there is no face, there are three zeros for each point; each has an x and a y, and p stands once before "
        "them all.",
        _numbers(nothing=lambda count: np.zeros(1 + 3 * count)),
    ),
    (
        "two-p-for-nothing",
        "Where there is no face, the target is one number too long: p stands once before the points, 1 + 2 * count.",
        _numbers(nothing=lambda count: np.zeros(2 * (1 + count))),
    ),
    (
        "p-is-the-count",
        "The first number says how many points there are; it says whether there is a face: 1.",
        lambda points, count=64: _numbers(first=(count,))(points, count),
    ),
    (
        "ones-for-nothing",
        "Where there is no face, the target is made of ones; all of its numbers are 0.",
        _numbers(nothing=lambda count: np.ones(1 + 2 * count)),
    ),
):
    landmark_target.mistake(_key, _message, _variant)
landmark_target.also("three-numbers-a-point", _numbers(nothing=lambda count: np.zeros((1 + 2) * count)))
landmark_target.raises(
    "none-unpacked",
    "Where there is no face, points is None: look whether `points is None` before anything else.",
    r"NoneType|NaN",
)
landmark_target.hint("How many numbers are 64 points, and one more?")
landmark_target.hint("points.ravel() or points.reshape(-1) goes through the rows: x, y, x, y. Put 1 in front of it.")


# mirror_landmarks


@topic.exercise(
    reference=reference.mirror_landmarks,
    section="In a mirror",
    aliases={"landmarks": "points", "swaps": "pairs", "x": "points"},
)
def mirror_landmarks(rng):
    """Landmarks without a pair stay; a face may have them anywhere in the row."""
    one, several = {"group": "one face"}, {"group": "several faces"}
    yield case(
        "two eyes and a nose, by hand",
        np.array([[0.25, 0.5], [0.625, 0.375], [0.5, 0.75]]),
        [(0, 1)],
        expect=np.array([[0.375, 0.375], [0.75, 0.5], [0.5, 0.75]]),
        **one,
    )
    yield case("six landmarks, two pairs", rng.uniform(size=(6, 2)), [(0, 1), (3, 4)], **one)
    yield case("pairs far apart, the larger number first", rng.uniform(size=(7, 2)), [(5, 0), (1, 4)], **one)
    yield case("three faces", rng.uniform(size=(3, 5, 2)), [(0, 1), (3, 4)], **several)
    yield case("as many faces as landmarks", rng.uniform(size=(4, 4, 2)), [(0, 2)], **several)
    yield case("no pair", rng.uniform(size=(3, 2)), [], group="no pair")


def _mirrored(move=lambda p: p * (-1, 1) + (1, 0), pairs=lambda pairs: pairs, exchange=None):
    """mirror_landmarks with one thing changed."""

    def right(points, a, b):
        points[..., [a, b], :] = points[..., [b, a], :]

    def variant(points, given):
        points = np.array(move(points))
        for a, b in pairs(given):
            (exchange or right)(points, a, b)
        return points

    return variant


def _one_overwritten(points, a, b):
    points[..., a, :] = points[..., b, :]
    points[..., b, :] = points[..., a, :]


def _only_one_number(number):
    def exchange(points, a, b):
        points[..., [a, b], number] = points[..., [b, a], number]

    return exchange


def _of_faces(points, a, b):
    if max(a, b) >= len(points):
        raise IndexError(f"index {max(a, b)} is out of bounds for axis 0 with size {len(points)}")
    points[[a, b]] = points[[b, a]]


for _key, _message, _variant in (
    (
        "not-exchanged",
        "The points are mirrored, and still have their old names: what was the left eye is now the right one, so the "
        "landmarks of a pair change places. See 'In a mirror'.",
        _mirrored(pairs=lambda pairs: []),
    ),
    (
        "only-exchanged",
        "The landmarks change places, and stay where they were in the picture: x becomes 1 - x.",
        _mirrored(move=np.array),
    ),
    (
        "upside-down",
        "y becomes 1 - y, as if the mirror lay on the ground: it is x that changes.",
        _mirrored(move=lambda p: p * (1, -1) + (0, 1)),
    ),
    (
        "both-mirrored",
        "Both x and y are turned round; a mirror on the wall changes x only.",
        _mirrored(move=lambda p: 1 - p),
    ),
    ("minus-x", "x becomes -x, which lies outside the picture: 1 - x.", _mirrored(move=lambda p: p * (-1, 1))),
    ("x-less-one", "x becomes x - 1; it is 1 - x.", _mirrored(move=lambda p: p - (1, 0))),
    (
        "axes-exchanged",
        "x and y of each point are exchanged; in a mirror y stays and x becomes 1 - x.",
        _mirrored(move=lambda p: p[..., ::-1]),
    ),
    (
        "order-reversed",
        "The whole row of landmarks is turned round; only those of a pair change places.",
        lambda points, pairs: (points * (-1, 1) + (1, 0))[..., ::-1, :],
    ),
    (
        "one-overwritten",
        "Both landmarks of a pair hold the same point: the first was overwritten before the second could take its "
        "old place. Write `a, b = b, a` with copies, or points[[a, b]] = points[[b, a]].",
        _mirrored(exchange=_one_overwritten),
    ),
    (
        "only-x-exchanged",
        "Only the x of a pair are exchanged; a point is two numbers.",
        _mirrored(exchange=_only_one_number(0)),
    ),
    (
        "only-y-exchanged",
        "Only the y of a pair are exchanged; a point is two numbers.",
        _mirrored(exchange=_only_one_number(1)),
    ),
    ("first-pair-only", "Only the first pair changes places.", _mirrored(pairs=lambda pairs: pairs[:1])),
    (
        "neighbours",
        "Neighbours in the row change places, whatever `pairs` says.",
        _mirrored(pairs=lambda pairs: [(a, min(a, b) + 1) for a, b in pairs]),
    ),
    (
        "faces-exchanged",
        "With several faces, whole faces change places: the landmarks are the last axis but one, points[..., a, :].",
        _mirrored(exchange=_of_faces),
    ),
):
    mirror_landmarks.mistake(_key, _message, _variant)


def _turned(read, write=None):
    """A move that writes 1 minus what is read there."""

    def move(points):
        turned = points.copy()
        turned[write or read] = 1 - points[read]
        return turned

    return move


for _key, _message, _move in (
    (
        "first-landmark-of-each-face",
        "Of several faces, points[:, 0] is the first landmark of each, and not x: the x of all are points[..., 0].",
        _turned((slice(None), 0)),
    ),
    (
        "first-row",
        "points[0] is the first landmark, or the first face; the x of all are points[..., 0].",
        _turned((0,)),
    ),
    ("x-into-y", "1 - x is written where y stands: it belongs into mirrored[..., 0].", _turned((..., 0), (..., 1))),
    ("y-into-x", "1 - y is written where x stands: x becomes 1 - x.", _turned((..., 1), (..., 0))),
    ("one-and-x", "x becomes 1 + x, which lies outside the picture: 1 - x.", lambda points: points + (1, 0)),
):
    mirror_landmarks.mistake(_key, _message, _mirrored(move=_move))
mirror_landmarks.also("one-overwritten", _mirrored(exchange=lambda points, a, b: _one_overwritten(points, b, a)))
mirror_landmarks.hint("Cover one eye, and look into a mirror. Which eye of the person there is covered?")
mirror_landmarks.hint("Work on a copy: mirrored = points.copy(); mirrored[..., 0] = 1 - mirrored[..., 0].")
mirror_landmarks.hint("Then, for each pair: mirrored[..., [a, b], :] = mirrored[..., [b, a], :].")
