"""The exercise of notebook 12 on things of one class: `count_instances`."""

from __future__ import annotations

import numpy as np

from dlcourse import segmentation as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.segmentation.forwards import topic


def _rows(*rows: str) -> np.ndarray:
    return np.array([[letter == "#" for letter in row] for row in rows])


SNAKE = _rows("#######", "......#", "#####.#", "#...#.#", "#.#.#.#", "#.###.#", "#.....#", "#######")
COMB = _rows("#.#.#.#.#", "#.#.#.#.#", "#.#.#.#.#", "#########")
SEPARATE, CORNERS, WINDING = "separate pieces", "corners and edges", "winding pieces"


@topic.exercise(
    reference=reference.count_instances, section="One object or two", aliases={"image": "mask", "labels": "mask"}
)
def count_instances(rng):
    def boxes(title, places, shape=(12, 14)):
        mask = np.zeros(shape, bool)
        for y, x, h, w in places:
            mask[y : y + h, x : x + w] = True
        return case(title, mask, group=SEPARATE)

    yield case("two pieces, by hand", _rows("##..", "##..", "....", "..##"), group=SEPARATE, expect=2)
    h, w = (int(n) for n in rng.integers(2, 5, 2))
    yield boxes("one piece", [(2, 3, h, w)])
    yield boxes("four pieces", [(1, 1, h, w), (1, 8, 2, 4), (7, 2, 3, w), (8, 9, h, 3)], (14, 15))
    yield boxes("single pixels", [(int(n), 3 * k + 1, 1, 1) for k, n in enumerate(rng.integers(1, 9, 4))])
    yield case("pixels that touch at corners only", np.eye(4, dtype=bool), group=CORNERS)
    yield case("pieces at opposite edges", _rows("#...#", ".....", ".....", "#...#"), group=CORNERS)
    yield case("a chessboard", np.indices((3, 3)).sum(axis=0) % 2 == 0, group=CORNERS)
    yield case("a snake", SNAKE, group=WINDING)
    yield case("a comb", COMB, group=WINDING)
    yield case("a comb upside down", COMB[::-1], group=WINDING)
    yield case("a ring, with something in it", _rows("#####", "#...#", "#.#.#", "#...#", "#####"), group=WINDING)
    apart = np.pad(np.ones((40, 40), bool), 1)  # no piece at an edge, nor beside another one behind it
    apart[[12, 30]] = False
    yield case("three pieces of hundreds of pixels", apart, group="large pieces")
    yield case("a piece of 1,600 pixels", np.ones((40, 40), bool), group="large pieces")
    yield case("no pixel", np.zeros((4, 5), bool), group="no pieces")
    yield case("a single pixel", np.pad(np.ones((1, 1), bool), 2), group="no pieces")


SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))
CORNER_STEPS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def _flooded(mask, steps=SIDES, wrap=False, sizes=False):
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    found = []
    while left:
        piece = [left.pop()]
        for y, x in piece:
            for dy, dx in steps:
                place = ((y + dy) % mask.shape[0], (x + dx) % mask.shape[1]) if wrap else (y + dy, x + dx)
                if place in left:
                    left.remove(place)
                    piece.append(place)
        found.append(len(piece))
    return found if sizes else len(found)


def _one_sweep(mask):
    """Numbers handed on from above and from the left, once, and never joined."""
    numbers, last = np.zeros(mask.shape, int), 0
    for y, x in np.argwhere(mask):
        above = numbers[y - 1, x] if y else 0
        left = numbers[y, x - 1] if x else 0
        if not above and not left:
            last += 1
        numbers[y, x] = above or left or last
    return len(np.unique(numbers[mask]))


for _key, _message, _variant in (
    (
        "corners-connect",
        "Pixels that touch at a corner only are taken for connected; they must share a side. See 'One object or two'.",
        lambda mask: _flooded(mask, SIDES + CORNER_STEPS),
    ),
    (
        "one-sweep",
        "The arms of a U are counted as two pieces: one sweep from above and from the left, or a fill that goes down "
        "and to the right only, does not know yet that they meet below. Follow each piece to all four sides, to its "
        "end.",
        _one_sweep,
    ),
    (
        "around-the-edge",
        "The picture is joined to its opposite edge: in NumPy row -1 is the last row. Look whether y and x lie inside.",
        lambda mask: _flooded(mask, wrap=True),
    ),
    ("pixels", "These are the pixels of the mask; its pieces are asked for.", lambda mask: int(np.sum(mask))),
    (
        "runs-in-rows",
        "The runs of each row are counted; those of neighbouring rows that touch are one piece.",
        lambda mask: int(np.sum(mask & ~np.pad(mask, ((0, 0), (1, 0)))[:, :-1])),
    ),
    ("with-the-rest", "The pixels outside of the mask are counted as one piece more.", lambda mask: _flooded(mask) + 1),
    (
        "holes-too",
        "The pieces of the background are counted, too; the mask is where something is.",
        lambda mask: _flooded(mask) + _flooded(~mask),
    ),
    ("zero-or-one", "One comes back where anything is; count the pieces.", lambda mask: int(np.any(mask))),
):
    count_instances.mistake(_key, _message, _variant)


def _row_by_row(steps=SIDES, first_row=0, first_column=0):
    """Each piece followed from its first pixel in reading order, with these steps, from these rows and columns on."""

    def variant(mask):
        left, count = np.array(mask), 0
        for start in np.argwhere(mask):
            if not left[tuple(start)]:
                continue
            count += 1
            left[tuple(start)] = False
            waiting = [tuple(start)]
            while waiting:
                y, x = waiting.pop()
                for a, b in ((y + dy, x + dx) for dy, dx in steps):
                    if first_row <= a < mask.shape[0] and first_column <= b < mask.shape[1] and left[a, b]:
                        left[a, b] = False
                        waiting.append((a, b))
        return count

    return variant


def _other_steps(wrong, by):
    """The steps to the four sides, one of them so many pixels long."""
    return [(dy * by, dx * by) if (dy, dx) == wrong else (dy, dx) for dy, dx in SIDES]


count_instances.mistake(
    "a-side-left-out",
    "One of the four sides is never looked at: the neighbours of (y, x) are (y - 1, x), (y + 1, x), (y, x - 1) and "
    "(y, x + 1).",
    _row_by_row(_other_steps((0, -1), 0)),
)
for _side, _by in [((0, 1), 0), *((side, 2) for side in SIDES)]:
    count_instances.also("a-side-left-out", _row_by_row(_other_steps(_side, _by)))
count_instances.mistake(
    "zero-is-inside",
    "Row 0 and column 0 lie inside of the picture, and are never stepped on: 0 <= y < n_H and 0 <= x < n_W.",
    _row_by_row(first_row=1, first_column=1),
)
count_instances.also("zero-is-inside", _row_by_row(first_row=1))
count_instances.also("zero-is-inside", _row_by_row(first_column=1))
count_instances.raises(
    "recursion",
    "A piece of many pixels is deeper than Python lets functions call themselves. Keep a list of the pixels that wait, "
    "and take one from it in a while loop.",
    r"RecursionError|recursion depth",
)
count_instances.raises(
    "outside",
    "A neighbour lies outside of the picture: look whether 0 <= y < n_H and 0 <= x < n_W before you ask the mask.",
    r"IndexError|out of bounds",
)
count_instances.hint(
    "Take any pixel of the mask, and all that can be reached from it by steps to a side. That is one piece."
)
count_instances.hint(
    "Copy the mask. While a pixel is left: count one more, put it on a list; take a pixel from the list, wipe it out "
    "in the copy, and put those of its four neighbours on the list that are still there; until the list is empty."
)
