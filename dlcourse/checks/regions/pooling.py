"""The exercises of notebook 11 on RoI pooling: `roi_pool`, `roi_pool_backward`."""

from __future__ import annotations

import numpy as np

from dlcourse import regions as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.regions.cropping import ALIASES, a_map, regions_in
from dlcourse.checks.regions.proposing import topic

NAMES = {**ALIASES, "dout": "dA", "dA_prev": "dA", "dZ": "dA", "gradient": "dA"}
WHOLE, FRACTIONS, UNEVEN, MANY = "whole cells", "fractions of a cell", "bins that overlap", "regions and channels"


def _ramp():
    """8x8 cells whose largest neighbours are never where one would guess."""
    return ((np.arange(64.0) * 29) % 64).reshape(8, 8, 1)


def _uneven(rng, count=1):
    """Regions of 5 x 7 cells, which 2 or 3 bins do not divide, whole ones."""
    begin = np.stack([rng.integers(0, 4, count), rng.integers(0, 4, count)], axis=1)
    return np.concatenate([begin, begin + (5, 7)], axis=1).astype(float)


def _even(rng, count=1, cells=(4, 6)):
    begin = np.stack([rng.integers(0, 5, count), rng.integers(0, 5, count)], axis=1)
    return np.concatenate([begin, begin + cells], axis=1).astype(float)


def _whole(rng, count=1):
    """Regions of 4 x 6 cells after their edges have been pushed outwards."""
    low, high = rng.uniform(0.1, 0.4, (count, 2)), rng.uniform(0.1, 0.4, (count, 2))
    rois = _even(rng, count)
    return np.concatenate([rois[:, :2] + low, rois[:, 2:] - high], axis=1)


@topic.exercise(reference=reference.roi_pool, section="RoI pooling", aliases=NAMES, weights={WHOLE: 2.0})
def roi_pool(rng):
    small = np.array([[1.0, 2, 3, 4], [8, 7, 6, 5], [9, 10, 11, 12], [16, 15, 14, 13]])[..., None]
    by_hand = np.array([[8.0, 6.0], [16.0, 14.0]])[None, ..., None]
    yield case("4x4 numbers, 2x2 bins, by hand", small, np.array([[0.0, 0, 4, 4]]), 2, group=WHOLE, expect=by_hand)
    yield case("4x6 cells, 2x2 bins", a_map(rng, 9, 11), _even(rng), 2, group=WHOLE)
    yield case("as many bins as cells", a_map(rng, 9, 11), _even(rng, cells=(3, 3)), 3, group=WHOLE)
    yield case("a single bin", a_map(rng, 9, 11), _even(rng), 1, group=WHOLE)
    yield case("edges between the cells", a_map(rng, 9, 11), _whole(rng), 2, group=FRACTIONS)
    yield case("edges between other cells", a_map(rng, 9, 11), _whole(rng), 2, group=FRACTIONS)
    yield case("a region within one cell", a_map(rng, 9, 11), np.array([[2.2, 3.3, 2.7, 3.9]]), 1, group=FRACTIONS)
    yield case("5x7 cells, 2x2 bins", a_map(rng, 9, 11), _uneven(rng), 2, group=UNEVEN)
    yield case("5x7 cells, 3x3 bins", a_map(rng, 9, 11), _uneven(rng), 3, group=UNEVEN)
    yield case("more bins than cells", a_map(rng, 9, 11), _even(rng, cells=(2, 2)), 3, group=UNEVEN)
    yield case("three regions", a_map(rng, 9, 11), _even(rng, 3), 2, group=MANY)
    yield case("three channels", a_map(rng, 9, 11, 3), _even(rng), 2, group=MANY)
    rois = regions_in(rng, 9, 11, 4, 2.0)
    yield case("all together", a_map(rng, 9, 11, 3), rois, 3, group=MANY, besides=(FRACTIONS, UNEVEN))


def _edges(begin, end, size, floor=np.floor, ceil=np.ceil, rest="overlap"):
    """The bins along one axis, with one rule changed."""
    first = int(floor(begin))
    cells = max(int(ceil(end)) - first, 1)
    if rest == "overlap":
        return [(first + i * cells // size, first - (-(i + 1) * cells // size)) for i in range(size)]
    if rest == "down":  # both edges rounded down
        return [
            (first + i * cells // size, first + max((i + 1) * cells // size, i * cells // size + 1))
            for i in range(size)
        ]
    if rest == "cut":  # equal bins, what is left over is dropped
        step = max(cells // size, 1)
        return [(first + min(i * step, cells - 1), first + min((i + 1) * step, cells)) for i in range(size)]
    step = max(cells // size, 1)  # equal bins, the last takes what is left
    return [
        (first + min(i * step, cells - 1), first + (min((i + 1) * step, cells) if i < size - 1 else cells))
        for i in range(size)
    ]


def _pool(value=lambda cells: cells.max(axis=(0, 1)), edges=_edges, order=None, after=lambda A: A, **rules):
    def variant(features, rois, size):
        rois = np.array(rois, dtype=float)
        if order:
            rois = rois[:, order]
        pooled = np.zeros((len(rois), size, size, features.shape[2]))
        for n, (y1, x1, y2, x2) in enumerate(rois):
            for i, (top, bottom) in enumerate(edges(y1, y2, size, **rules)):
                for j, (left, right) in enumerate(edges(x1, x2, size, **rules)):
                    cells = features[top:bottom, left:right]
                    pooled[n, i, j] = value(cells) if cells.size else 0
        return after(pooled)

    return variant


def _lost_fractions(begin, end, size):
    """Down at both ends: the last cell is left out."""
    return _edges(begin, end, size, ceil=np.floor)


def _rounded(begin, end, size):
    return _edges(begin, end, size, floor=np.round, ceil=np.round)


def _inclusive(begin, end, size):
    return _edges(begin, end + 1, size)


def _size_as_end(features, rois, size):
    rois = np.array(rois, dtype=float)
    rois[:, 2:] += rois[:, :2]
    return _pool()(features, rois, size)


POOLING = (
    (
        "mean",
        "This is the mean of each bin; the largest value is asked for.",
        _pool(value=lambda cells: cells.mean(axis=(0, 1))),
    ),
    (
        "last-edge-down",
        "The end of a region is rounded down, and its last cells are lost: y1 and x1 down, y2 and x2 up.",
        _pool(edges=_lost_fractions),
    ),
    (
        "edges-rounded",
        "The edges are rounded to the nearest cell; they are pushed outwards: y1 and x1 down, y2 and x2 up.",
        _pool(edges=_rounded),
    ),
    (
        "bins-down",
        "The end of a bin is rounded down: it begins at floor(i h / size) and ends at ceil((i + 1) h / size).",
        _pool(rest="down"),
    ),
    (
        "rest-dropped",
        "All bins have h // size cells, and the last cells belong to none: a bin begins at floor(i h / size) "
        "and ends at "
        "ceil((i + 1) h / size).",
        _pool(rest="cut"),
    ),
    (
        "rest-to-the-last",
        "All bins have h // size cells, and the last takes the rest: a bin begins at floor(i h / size) and ends at "
        "ceil((i + 1) h / size).",
        _pool(rest="last"),
    ),
    ("x-first", "Rows and columns are exchanged: a region is (y1, x1, y2, x2).", _pool(order=[1, 0, 3, 2])),
    (
        "result-transposed",
        "The bins are mirrored at the diagonal: those of one row stand beside each other.",
        _pool(after=lambda A: A.swapaxes(1, 2)),
    ),
    (
        "one-too-many",
        "A region has one row and one column too many: cell 3 reaches from 3 to 4, so y2 = 4 ends behind cell 3.",
        _pool(edges=_inclusive),
    ),
    (
        "across-channels",
        "The maximum goes through all channels; each channel has its own.",
        _pool(value=lambda cells: cells.max()),
    ),
    (
        "first-region",
        "All results are those of the first region: is the loop's index used?",
        _pool(after=lambda A: np.repeat(A[:1], len(A), axis=0)),
    ),
    (
        "size-as-end",
        "The last two numbers of a region are taken for its height and width; they are its lower right corner.",
        _size_as_end,
    ),
)
for _key, _message, _variant in POOLING:
    roi_pool.mistake(_key, _message, _variant)
roi_pool.raises(
    "empty-bin", "A bin holds no cell, and has no maximum: round its beginning down and its end up.", r"zero-size array"
)
roi_pool.hint(
    "First whole cells: top = floor(y1), and h = ceil(y2) - top of them. Then bins: where does bin i begin and "
    "end among h cells?"
)
roi_pool.hint(
    "Bin i has the rows from top + floor(i * h / size) to top + ceil((i + 1) * h / size), the end not included; "
    "features[a:b, c:d].max(axis=(0, 1)) is the maximum of each channel."
)


# roi_pool_backward

ONE, OVERLAP, CHANNELS = "one region", "bins and regions that overlap", "several channels"


def _back(rng, title, group, rois, size=2, n_C=1, numerical=False, besides=()):
    features = a_map(rng, 9, 11, n_C)
    dA = rng.normal(size=(len(rois), size, size, n_C))
    if numerical:
        expect = numerical_gradient(lambda x: reference.roi_pool(x, rois, size), features, dA)
        return case(title, dA, features, rois, group=group, expect=expect, tolerance=1e-6, besides=besides)
    return case(title, dA, features, rois, group=group, besides=besides)


@topic.exercise(reference=reference.roi_pool_backward, section="The way back", aliases=NAMES, weights={ONE: 2.0})
def roi_pool_backward(rng):
    small = np.array([[1.0, 2, 3, 4], [8, 7, 6, 5], [9, 10, 11, 12], [16, 15, 14, 13]])[..., None]
    dA, expect = np.array([[1.0, 2.0], [3.0, 4.0]])[None, ..., None], np.zeros((4, 4, 1))
    expect[1, 0], expect[1, 2], expect[3, 0], expect[3, 2] = 1, 2, 3, 4
    yield case("4x4 numbers, 2x2 bins, by hand", dA, small, np.array([[0.0, 0, 4, 4]]), group=ONE, expect=expect)
    yield _back(rng, "4x6 cells", ONE, _even(rng))
    yield _back(rng, "edges between the cells", ONE, _whole(rng))
    yield _back(rng, "3x3 bins", ONE, _even(rng, cells=(3, 6)), 3)
    middle = np.zeros((5, 5, 1))
    middle[2, 2] = 1.0
    everywhere = np.zeros((5, 5, 1))
    everywhere[2, 2] = 10.0
    by_hand = np.array([[1.0, 2.0], [3.0, 4.0]])[None, ..., None]
    yield case(
        "one cell is the largest of all four bins",
        by_hand,
        middle,
        np.array([[0.0, 0, 5, 5]]),
        group=OVERLAP,
        expect=everywhere,
    )
    yield _back(rng, "5x7 cells", OVERLAP, _uneven(rng), 3)
    same = _even(rng)
    yield _back(rng, "twice the same region", OVERLAP, np.concatenate([same, same]))
    yield _back(rng, "three regions that overlap", OVERLAP, np.array([[1.0, 1, 7, 9], [2, 2, 8, 10], [0, 0, 6, 8]]))
    yield _back(rng, "three channels", CHANNELS, _even(rng), n_C=3)
    yield _back(rng, "finite differences", CHANNELS, _uneven(rng, 2), 2, 2, True, (OVERLAP,))


def _returned(
    put=lambda old, new: old + new,
    share=None,
    between=lambda d, features, before: d,
    where=np.argmax,
    of=lambda n, m: m,
    one=False,
):
    """roi_pool_backward with one thing changed."""

    def variant(dA, features, rois):
        d = np.zeros_like(features)
        size = dA.shape[1]
        for n, (y1, x1, y2, x2) in enumerate(rois):
            begun = d.copy()
            for i, (top, bottom) in enumerate(_edges(y1, y2, size)):
                for j, (left, right) in enumerate(_edges(x1, x2, size)):
                    for c in range(features.shape[2]):
                        cells = features[top:bottom, left:right, of(c, c)]
                        if share:
                            d[top:bottom, left:right, c] += share(cells) * dA[n, i, j, c]
                            continue
                        row, column = np.unravel_index(where(cells), cells.shape)
                        place = (top + row, left + column, c)
                        d[place] = put(d[place], dA[n, i, j, c])
            d = between(d, features, begun)
        return d

    return variant


def _not_moved(dA, features, rois):
    """The places are those within the bin."""
    d = np.zeros_like(features)
    size = dA.shape[1]
    for n, (y1, x1, y2, x2) in enumerate(rois):
        for i, (top, bottom) in enumerate(_edges(y1, y2, size)):
            for j, (left, right) in enumerate(_edges(x1, x2, size)):
                for c in range(features.shape[2]):
                    cells = features[top:bottom, left:right, c]
                    row, column = np.unravel_index(cells.argmax(), cells.shape)
                    d[row, column, c] += dA[n, i, j, c]
    return d


def _mask_times_value(cells):
    return (cells == cells.max()) * cells.max()


for _key, _message, _variant in (
    (
        "overwritten",
        "A cell that is the largest of two bins keeps the gradient of the last one only (`=` for `+=`); they add up.",
        _returned(put=lambda old, new: new),
    ),
    (
        "spread",
        "The gradient is shared by all cells of a bin, as for a mean; it all goes to the largest one.",
        _returned(share=lambda cells: np.full(cells.shape, 1 / cells.size)),
    ),
    (
        "to-all",
        "Every cell of a bin gets the gradient; only the largest one had a part in the result.",
        _returned(share=np.ones_like),
    ),
    ("smallest", "The gradient goes to the *smallest* cell of each bin.", _returned(where=np.argmin)),
    ("not-moved", "The place of the maximum is that within its bin; add the bin's first row and column.", _not_moved),
    (
        "last-region",
        "The gradient of the last region alone comes back: d_features begins as zeros once, before the loop.",
        _returned(between=lambda d, features, before: d - before),
    ),
    (
        "one-channel",
        "The places of the first channel's maxima are used for all channels.",
        _returned(of=lambda c, _: 0),
    ),
    (
        "times-the-value",
        "The gradient is multiplied by the maximum; of max(a, b, ...) the derivative by the largest is 1.",
        _returned(share=_mask_times_value),
    ),
):
    roi_pool_backward.mistake(_key, _message, _variant)
roi_pool_backward.hint("The same bins as on the way forth. Which cells of a bin would have changed its result?")
roi_pool_backward.hint(
    "np.unravel_index(cells.argmax(), cells.shape) is the place of the largest cell of one channel, counted "
    "within the bin; add "
    "dA[n, i, j, c] to that place of d_features."
)
