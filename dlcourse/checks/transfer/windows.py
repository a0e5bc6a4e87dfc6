"""The exercise of notebook 08 that cuts a window out of each picture, at a place by chance."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.probes.augmenting import coordinates
from dlcourse.checks.transfer.chance import CHANCE, PICTURE, drawn, from_the_generator, generator_mistakes, named, topic
from dlcourse.checks.transfer.reading import CLOSE, ORDER, SIGMAS, Finding, numbers_agree, places, related, results_of


@topic.exercise(
    reference=reference.random_crop,
    section="Windows",
    aliases={"images": "X", "x": "X", "generator": "rng", "crop_size": "size"},
    weights={PICTURE: 2.0},
)
def random_crop(rng):
    n_H, n_W = (int(n) for n in rng.permutation(np.arange(7, 12))[:2])
    size = int(rng.integers(3, 6))
    look = _look_at_windows
    yield drawn(f"windows of {size}x{size}", coordinates(12, n_H, n_W), size, rng=rng, group=PICTURE, look=look)
    yield drawn(
        "1,000 windows of 4x4 in pictures of 6x9",
        coordinates(250, 6, 9),
        4,
        rng=rng,
        group=CHANCE,
        look=_look_at_offsets,
        calls=4,
    )
    ends = "the smallest and the largest"
    yield drawn("windows of one pixel", coordinates(10, 4, 6), 1, rng=rng, group=ends, look=_look_at_ends)
    yield drawn("windows as large as the picture", coordinates(5, 6, 6), 6, rng=rng, group=ends, look=_look_at_ends)
    yield from_the_generator(coordinates(40, 6, 9), 3, rng=rng)


def _offsets(got):
    """The results of the only call, and the row and the column at which each window begins."""
    m, n_H, n_W, n_C = got["shape"]
    sides = {np.shape(result)[1:3] for result in got["results"]}
    if len(sides) != 1 or len(side := sides.pop()) != 2 or side[0] != side[1]:
        _, wrong = results_of(got, (m, 0, 0, n_C))
        if wrong.key != "shape":
            return None, None, None, wrong
        return None, None, None, Finding("shape", f"{wrong.sentence.split(';')[0]}; windows are square.")
    results, wrong = results_of(got, (m, *side, n_C))
    if wrong:
        return None, None, None, wrong
    rows, columns = places(results)
    return results, rows[:, :, 0, 0], columns[:, :, 0, 0], None


def _look_at_windows(got):
    results, top, left, wrong = _offsets(got)
    if wrong:
        return wrong
    rows, columns = places(results)
    steps = np.arange(results.shape[2])
    down, across = steps[:, np.newaxis], steps
    top, left = top[..., np.newaxis, np.newaxis], left[..., np.newaxis, np.newaxis]

    def begin_at(top, left):
        return max(np.abs(rows - top).max(), np.abs(columns - left).max()) < CLOSE

    if not begin_at(np.round(top) + down, np.round(left) + across):
        if begin_at(top + across, left + down):
            return Finding("transposed", "Rows and columns have changed places in the windows.")
        return Finding("no-window", "The result is no window of the picture: its pixels are not neighbours in X.")
    return None if numbers_agree(results) else ORDER


def _look_at_ends(got):
    found = _look_at_windows(got)
    return None if found and found.key == "transposed" else found  # another group says so


def _look_at_offsets(got):
    results, top, left, wrong = _offsets(got)
    if wrong:
        return wrong
    _, n_H, n_W, _ = got["shape"]
    down, across = n_H - results.shape[2], n_W - results.shape[2]
    top, left = np.round(top), np.round(left)
    if np.ptp(top, axis=1).max() == np.ptp(left, axis=1).max() == 0:
        if (top == down // 2).all() and (left == across // 2).all():
            return Finding("the-middle", "Every window is the one in the middle.")
        return Finding("one-window", "All pictures of a batch are cut at the same place.")
    if (top == left).all():
        return Finding("one-offset", "Every window begins at a row and a column of the same number.")
    if top.max() == down - 1 and left.max() == across - 1:
        return Finding("last-place-missing", "No window begins at the last possible row, nor at the last column.")
    for offsets, last, word in ((top, down, "row"), (left, across, "column")):
        shares = np.array([np.mean(offsets == place) for place in range(last + 1)])
        expected = 1 / (last + 1)
        if np.abs(shares - expected).max() > SIGMAS * (expected * (1 - expected) / top.size) ** 0.5:
            worst = int(np.abs(shares - expected).argmax())
            return Finding(
                "uneven",
                f"{shares[worst]:.1%} of {top.size:,} windows begin at {word} {worst}; {expected:.1%} should: every "
                f"place from 0 to {last} is as likely.",
            )
    if related(top, left):
        return Finding("related", "The row at which a window begins has to do with its column.")
    return None


def _cropped(
    last=lambda n, size: n - size + 1,
    place=lambda rng, m, rows, columns: (rng.integers(0, rows, m), rng.integers(0, columns, m)),
    cut=lambda x, top, left, size: x[top : top + size, left : left + size],
):
    def variant(X, size, rng):
        m, n_H, n_W, _ = X.shape
        top, left = place(rng, m, last(n_H, size), last(n_W, size))
        return np.stack([cut(x, int(r), int(c), size) for x, r, c in zip(X, top, left, strict=True)])

    return variant


def _same_offset(rng, m, rows, columns):
    offsets = rng.integers(0, min(rows, columns), m)
    return offsets, offsets


for _key, _message, _changed, _group, _look in (
    (
        "last-place-missing",
        "No window reaches the last row and the last column. A window of 4 in 6 pixels can begin at 0, 1 and 2: "
        "how many "
        "places are there, and where does rng.integers stop? See 'Windows'.",
        {"last": lambda n, size: n - size},
        CHANCE,
        _look_at_offsets,
    ),
    (
        "one-window",
        "One place is drawn for the whole batch, and all pictures are cut there. Draw one for each picture.",
        {
            "place": lambda rng, m, rows, columns: (
                np.full(m, rng.integers(0, rows)),
                np.full(m, rng.integers(0, columns)),
            )
        },
        CHANCE,
        _look_at_offsets,
    ),
    (
        "the-middle",
        "The window is always in the middle of the picture: that is the crop for use, not for training.",
        {
            "place": lambda rng, m, rows, columns: (
                np.full(m, (rows - 1) // 2) + 0 * rng.integers(0, 2),
                np.full(m, (columns - 1) // 2),
            )
        },
        CHANCE,
        _look_at_offsets,
    ),
    (
        "one-offset",
        "The same number is taken for the row and for the column, so windows lie on the diagonal only. Draw two.",
        {"place": _same_offset},
        CHANCE,
        _look_at_offsets,
    ),
    (
        "uneven",
        "Not every place is as likely: rng.integers(0, n) draws each whole number below n equally often; a rounded "
        "rng.uniform gives the ends half as often.",
        {
            "place": lambda rng, m, rows, columns: (
                np.round(rng.uniform(0, rows - 1, m)),
                np.round(rng.uniform(0, columns - 1, m)),
            )
        },
        CHANCE,
        _look_at_offsets,
    ),
    (
        "transposed",
        "Rows and columns change places in the windows: (m, size, size, n_C) is rows first, as in X.",
        {"cut": lambda x, top, left, size: x[top : top + size, left : left + size].swapaxes(0, 1)},
        PICTURE,
        _look_at_windows,
    ),
):
    named(random_crop, _key, _message, _cropped(**_changed), _group, _look)


random_crop.mistake(
    "end-is-length",
    "The windows come out in different sizes, and don't fit into one array: the second number of a slice is where it "
    "ends, not how long it is. top : top + size.",
    _cropped(cut=lambda x, top, left, size: x[top:size, left:size]),
    group=PICTURE,
)


def _crop_in_place(X, size, rng):
    windows = reference.random_crop(X, size, rng)
    X[:, :size, :size] = windows
    return windows


generator_mistakes(
    random_crop, lambda make: lambda X, size, rng: reference.random_crop(X, size, make()), _crop_in_place
)
random_crop.hint("Where may a window of 4 begin in a picture of 6 rows? Count the places: there are 6 - 4 + 1.")
random_crop.hint("rng.integers(0, n) draws from 0 to n - 1. Draw a row and a column for each picture.")
random_crop.hint("X[i, top : top + size, left : left + size] is one window; np.stack makes an array of a list of them.")
