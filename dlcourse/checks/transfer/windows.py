"""The exercises of notebook 08 that move whole pixels: mirror images and windows."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.augmenting import coordinates
from dlcourse.checks.transfer.chance import (
    CHANCE,
    CLOSE,
    ORDER,
    PICTURE,
    SIGMAS,
    Finding,
    drawn,
    from_the_generator,
    generator_mistakes,
    named,
    numbers_agree,
    places,
    related,
    results_of,
    topic,
)

# mirror


@topic.exercise(
    reference=reference.mirror,
    section="Mirror images",
    aliases={"images": "X", "x": "X", "generator": "rng"},
    weights={PICTURE: 2.0},
)
def mirror(rng):
    n_H, n_W = rng.permutation(np.arange(5, 9))[:2]
    yield drawn("twelve small pictures", coordinates(12, n_H, n_W), rng=rng, group=PICTURE, look=_look_at_mirrored)
    yield drawn(
        "24 batches of 20 pictures", coordinates(20, 3, 4), rng=rng, group=CHANCE, look=_look_at_coins, calls=24
    )
    yield from_the_generator(coordinates(40, 3, 4), rng=rng)


def _ways(got):
    """Which of the pictures are as they were, mirrored, upside down, or turned by half a turn; (4, calls, m)."""
    results, wrong = results_of(got)
    if wrong:
        return results, wrong
    X = coordinates(*got["shape"][:3])
    kinds = (X, X[:, :, ::-1], X[:, ::-1], X[:, ::-1, ::-1])
    return np.stack([np.abs(results - kind).max(axis=(2, 3, 4)) < 1e-4 for kind in kinds]), None


def _look_at_mirrored(got):
    ways, wrong = _ways(got)
    if wrong:
        return wrong
    as_it_was, mirrored, upside_down, turned = ways
    if (as_it_was | mirrored).all():
        return None
    if (as_it_was | upside_down).all():
        return Finding("upside-down", "Pictures are turned upside down: the rows are exchanged, not the columns.")
    if (as_it_was | turned).all():
        return Finding("half-a-turn", "Rows and columns are both exchanged.")
    results, _ = results_of(got)
    if np.abs(results[..., 2] - results[..., 2][..., ::-1, :]).max() < CLOSE and not numbers_agree(results):
        return ORDER
    channels = np.abs(results[..., ::-1] - coordinates(*got["shape"][:3])).max(axis=(2, 3, 4)) < 1e-4
    if (as_it_was | channels).all():
        return Finding("channels", "The channels are exchanged; they are the last axis.")
    return Finding("other", "A picture is neither what it was nor its mirror image.")


def _look_at_coins(got):
    ways, wrong = _ways(got)
    if wrong:
        return wrong
    changed = ~ways[0]
    share = float(changed.mean())
    if share == 0:
        return Finding("never", "No picture of 480 is mirrored.")
    if share == 1:
        return Finding("always", "All of 480 pictures are mirrored.")
    if all(batch.all() or not batch.any() for batch in changed):
        return Finding("one-coin", "In each batch all pictures are mirrored, or none.")
    if abs(share - 0.5) > SIGMAS * 0.5 / changed.size**0.5:
        return Finding("share", f"{share:.0%} of 480 pictures are mirrored; about half of them should be.")
    return None


def _mirrored(coins=lambda X, rng: rng.random(len(X)) < 0.5, turn=lambda X: X[:, :, ::-1]):
    def variant(X, rng):
        return np.where(np.reshape(coins(X, rng), (-1, 1, 1, 1)), turn(X), X)

    return variant


for _key, _message, _changed, _group, _look in (
    (
        "upside-down",
        "The pictures are turned upside down. A mirror exchanges left and right, the columns: which axis of "
        "(m, n_H, n_W, n_C) is that? See 'Mirror images'.",
        {"turn": lambda X: X[:, ::-1]},
        PICTURE,
        _look_at_mirrored,
    ),
    (
        "half-a-turn",
        "Rows and columns are both exchanged, which is half a turn; only the columns change places.",
        {"turn": lambda X: X[:, ::-1, ::-1]},
        PICTURE,
        _look_at_mirrored,
    ),
    (
        "channels",
        "The channels are exchanged, so red becomes blue: the columns are the last axis but one.",
        {"turn": lambda X: X[..., ::-1]},
        PICTURE,
        _look_at_mirrored,
    ),
    (
        "always",
        "Every picture is mirrored, so the network never sees the others: each is mirrored with a probability of one "
        "half.",
        {"coins": lambda X, rng: np.ones(len(X), bool) | (rng.random(len(X)) < 0)},
        CHANCE,
        _look_at_coins,
    ),
    ("never", "No picture is ever mirrored.", {"coins": lambda X, rng: rng.random(len(X)) < 0}, CHANCE, _look_at_coins),
    (
        "one-coin",
        "One coin is thrown for the whole batch: all its pictures are mirrored, or none. Each picture needs one of its "
        "own.",
        {"coins": lambda X, rng: np.full(len(X), rng.random() < 0.5)},
        CHANCE,
        _look_at_coins,
    ),
    (
        "share",
        "Not half of the pictures are mirrored. rng.normal() is below 0.5 more often than rng.random() is, and "
        "rng.integers(0, 1) is always 0: what does your coin do?",
        {"coins": lambda X, rng: rng.normal(size=len(X)) < 0.5},
        CHANCE,
        _look_at_coins,
    ),
):
    named(mirror, _key, _message, _mirrored(**_changed), _group, _look)


def _mirror_in_place(X, rng):
    coins = rng.random(len(X)) < 0.5
    X[coins] = X[coins][:, :, ::-1]
    return X


generator_mistakes(mirror, lambda make: lambda X, rng: reference.mirror(X, make()), _mirror_in_place)
mirror.hint("The columns are axis 2 of (m, n_H, n_W, n_C). A slice with the step -1 goes through an axis backwards.")
mirror.hint("rng.random() < 0.5 is a fair coin. Throw one for each picture: a loop over range(len(X)) will do.")
mirror.hint("result = X.copy(), and in the loop, where the coin says so, result[i] = X[i, :, ::-1].")


# random_crop


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


# ten_crop


@topic.exercise(
    reference=reference.ten_crop, section="Ten crops", aliases={"images": "X", "x": "X", "crop_size": "size"}
)
def ten_crop(rng):
    yield case(
        "a picture of 3x3 with the numbers 1 to 9, windows of one pixel",
        np.arange(1.0, 10.0).reshape(1, 3, 3, 1),
        1,
        group=OWN,
        compare=_has(range(5)),
    )
    for group, m, n_H, n_W, size, due in (
        (OWN, 3, 7, 9, 5, range(5)),
        (OWN, 2, 5, 5, 5, range(5)),
        (MIRRORED, 2, 8, 6, 4, range(5, 10)),
        (ODD, 2, 8, 7, 3, [4]),
    ):
        X = rng.uniform(size=(m, n_H, n_W, 3))
        yield case(f"pictures of {n_H}x{n_W}, windows of {size}", X, size, group=group, compare=_has(due))


OWN, MIRRORED, ODD = "windows of the picture", "windows of its mirror image", "the middle with an odd margin"


def _has(due):
    """Whether the result has these of the ten windows, wherever they stand."""

    def compare(expected, got):
        try:
            answer = np.asarray(got, dtype=np.float64)
        except (TypeError, ValueError):
            return "The result is no array of numbers."
        if answer.shape != expected.shape:
            return f"The result has the shape {answer.shape}; {expected.shape} was expected."
        if expected.shape[1] != 10:  # two wrong answers, to find a name for one of them
            return None if np.allclose(answer, expected, rtol=0, atol=1e-6) else "The two are not the same."
        apart = np.abs(answer[:, :, np.newaxis] - expected[:, np.newaxis]).max(axis=(3, 4, 5))  # (m, 10, 10)
        missing = [number for number in due if (apart[:, :, number].min(axis=1) > 1e-6).any()]
        words = "the window", "the window of the mirror image"
        if missing:
            return f"Among the ten windows, {words[missing[0] >= 5]} {PLACES[missing[0] % 5]} is missing."
        return None

    return compare


PLACES = "top left", "top right", "bottom left", "bottom right", "in the middle"


def _ten(places=None, mirrored=lambda X: X[:, :, ::-1], both=True, axis=1):
    def variant(X, size):
        down, across = X.shape[1] - size, X.shape[2] - size
        begin = [(0, 0), (0, across), (down, 0), (down, across), (down // 2, across // 2)]
        begin = places(begin, down, across) if places else begin
        pictures = (X, mirrored(X)) if both else (X, X)
        windows = [x[:, top : top + size, left : left + size] for x in pictures for top, left in begin]
        return np.stack(windows, axis=axis)

    return variant


ten_crop.mistake(
    "upside-down",
    "The second five come from the picture upside down; a mirror exchanges left and right.",
    _ten(mirrored=lambda X: X[:, ::-1]),
    group=MIRRORED,
)
ten_crop.mistake(
    "not-mirrored",
    "The last five windows are the first five again: they are taken from the mirror image.",
    _ten(both=False),
    group=MIRRORED,
)
ten_crop.mistake(
    "five-only", "Five windows come back; the mirror image has five as well.", lambda X, size: _ten()(X, size)[:, :5]
)
ten_crop.mistake(
    "no-middle",
    "The window in the middle is missing: four corners and the middle make five.",
    lambda X, size: _ten(places=lambda begin, down, across: begin[:4])(X, size),
)
ten_crop.mistake(
    "crops-first",
    "The ten windows come first and the pictures second; the shape is (m, 10, size, size, n_C).",
    _ten(axis=0),
)
ten_crop.mistake(
    "off-by-one",
    "The windows at the far side end one pixel early: in 8 columns a window of 3 that ends with the last one "
    "begins at 5.",
    _ten(
        places=lambda begin, down, across: (
            [(max(top - (top == down), 0), max(left - (left == across), 0)) for top, left in begin[:4]] + begin[4:]
        )
    ),
)
ten_crop.mistake(
    "rounded-up",
    "Where the margin is odd, the window in the middle begins one pixel too late: (n_H - size) // 2 rounds down.",
    _ten(places=lambda begin, down, across: [*begin[:4], ((down + 1) // 2, (across + 1) // 2)]),
    group=ODD,
)
ten_crop.hint("A window that ends with the last row begins at n_H - size. The one in the middle begins half as far.")
ten_crop.hint("Five pairs (top, left) in a list, and two pictures, X and X[:, :, ::-1]: two loops make ten windows.")
ten_crop.hint("np.stack(windows, axis=1) puts ten arrays (m, size, size, n_C) side by side behind the first axis.")
