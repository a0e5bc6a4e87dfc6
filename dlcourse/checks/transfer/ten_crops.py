"""The exercise of notebook 08 that cuts the ten windows out of a picture with which it is tested."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.comparing import real_numbers
from dlcourse.checking.exercise import case
from dlcourse.checks.transfer.chance import topic


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
            answer = real_numbers(got)
        except (TypeError, ValueError, OverflowError):
            return "The result is no array of numbers."
        if answer.shape != expected.shape:
            return f"The result has the shape {answer.shape}; {expected.shape} was expected."
        if expected.shape[1] != 10:  # two wrong answers, to find a name for one of them
            return None if np.allclose(answer, expected, rtol=0, atol=1e-6) else "The two are not the same."
        apart = np.abs(answer[:, :, np.newaxis] - expected[:, np.newaxis]).max(axis=(3, 4, 5))  # (m, 10, 10)
        missing = [number for number in due if not (apart[:, :, number] <= 1e-6).any(axis=1).all()]
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
for _down, _across in ((True, False), (False, True)):
    ten_crop.also(
        "off-by-one",
        _ten(
            places=lambda begin, down, across, late=(_down, _across): (
                [
                    (max(top - (late[0] and top == down), 0), max(left - (late[1] and left == across), 0))
                    for top, left in begin[:4]
                ]
                + begin[4:]
            )
        ),
    )
ten_crop.mistake(
    "rows-for-columns",
    "The windows on the right begin at n_H - size; they end with the last column, so they begin at n_W - size.",
    _ten(places=lambda begin, down, across: [(0, 0), (0, down), (down, 0), (down, down), begin[4]]),
)
ten_crop.mistake(
    "rounded-up",
    "Where the margin is odd, the window in the middle begins one pixel too late: (n_H - size) // 2 rounds down.",
    _ten(places=lambda begin, down, across: [*begin[:4], ((down + 1) // 2, (across + 1) // 2)]),
    group=ODD,
)
ten_crop.raises(
    "over-the-edge",
    "The windows are of different sizes: one begins so late that it hangs over the edge, where a slice is cut short. "
    "The last row is a window's when it begins at n_H - size, and the middle is half of that.",
    r"ValueError: all input arrays must have the same shape",
)
ten_crop.shows(
    "end-to-end",
    "The windows are joined end to end, as np.concatenate does it; np.stack(windows, axis=1) gives them an axis of "
    "their own: (m, 10, size, size, n_C).",
    lambda args, expected, got: np.ndim(got) == 4 and np.size(got) == np.size(expected),
)
ten_crop.hint("A window that ends with the last row begins at n_H - size. The one in the middle begins half as far.")
ten_crop.hint("Five pairs (top, left) in a list, and two pictures, X and X[:, :, ::-1]: two loops make ten windows.")
ten_crop.hint("np.stack(windows, axis=1) puts ten arrays (m, size, size, n_C) side by side behind the first axis.")
