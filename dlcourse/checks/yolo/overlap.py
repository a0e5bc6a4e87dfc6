"""An exercise of notebook 10: how well do two boxes agree."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.panel.pictures import boxes as boxes_picture
from dlcourse.checks.yolo.comparing_boxes import topic


def _box(*corners):
    return np.array(corners, dtype=float)


@topic.exercise(
    reference=reference.iou,
    section="How well do two boxes agree",
    weights={"boxes that overlap and boxes that do not": 3.0},
    picture=boxes_picture("xy", given=(0, 1)),
)
def iou(rng):
    both = "boxes that overlap and boxes that do not"  # one group: 0 alone must earn nothing
    # a small number added to the union, so that it is never 0, is as right
    overlap = apart = {"group": both, "tolerance": 1e-6}
    empty = {"group": "boxes without area", "tolerance": 1e-6, "corner": True}  # a pair that overlaps is among them too
    yield case("two 2x2 boxes that share one unit", _box(0, 0, 2, 2), _box(1, 1, 3, 3), expect=1 / 7, **overlap)
    yield case("the notes' example", _box(2, 1, 4, 3), _box(1, 2, 3, 4), expect=1 / 7, **overlap)
    yield case("a box and itself", _box(1, 2, 4, 4), _box(1, 2, 4, 4), expect=1.0, **overlap)
    yield case("a small box inside a large one", _box(0, 0, 4, 4), _box(1, 1, 3, 2), expect=1 / 8, **overlap)
    yield case("a tall box and its lower right part", _box(0, 2, 3, 7), _box(1, 2, 3, 6), expect=8 / 15, **overlap)
    yield case("a cross", _box(0, 2, 6, 4), _box(2, 0, 4, 6), expect=4 / 20, **overlap)
    for _ in range(4):
        start, size = rng.uniform(0, 3, (2, 2)), rng.uniform(3.5, 6, (2, 2))
        boxes = np.concatenate([start, start + size], axis=1)
        yield case("two random boxes", boxes[0], boxes[1], **overlap)
    yield case("side by side", _box(1, 1, 3, 2), _box(5, 1, 6, 2), expect=0.0, **apart)
    yield case("one above the other", _box(1, 1, 3, 2), _box(1, 5, 3, 7), expect=0.0, **apart)
    yield case("apart in both directions", _box(1, 2, 3, 4), _box(5, 6, 7, 8), expect=0.0, **apart)
    yield case("a common edge", _box(0, 0, 2, 2), _box(2, 0, 4, 2), expect=0.0, **apart)
    yield case("a common corner", _box(1, 1, 2, 2), _box(2, 2, 3, 3), expect=0.0, **apart)
    left, gap, size = rng.uniform(0, 2, 2), rng.uniform(0.5, 2, 2), rng.uniform(1, 3, (2, 2))
    right = left + size[0] + gap
    yield case("two random boxes apart", _box(*left, *(left + size[0])), _box(*right, *(right + size[1])), **apart)
    # neither lies inside the other, where the area of one would be that of the union
    start, size = rng.uniform(0, 3, 2), np.sort(rng.uniform(3.5, 6, (2, 2)), axis=0)
    pair = [np.concatenate([start + shift, start + shift + side]) for shift, side in zip((0.0, 0.5), size, strict=True)]
    yield case("two random boxes", *pair, **{**empty, "corner": False})
    yield case("a box of width 0", _box(1, 0, 1, 2), _box(0, 0, 2, 2), expect=0.0, **empty)
    yield case("the same point twice", _box(1, 1, 1, 1), _box(1, 1, 1, 1), expect=0.0, **empty)
    yield case("the same line twice", _box(0, 1, 3, 1), _box(0, 1, 3, 1), expect=0.0, **empty)
    yield case("corners the wrong way round", _box(3, 0, 1, 2), _box(0, 0, 4, 2), expect=0.0, **empty)
    yield case("both corners the wrong way round", _box(3, 3, 1, 1), _box(0, 0, 4, 4), expect=0.0, **empty)


def _iou_from(shared_from=None, together_from=None, sides_from=None):
    """A wrong variant that changes one step of the right computation."""

    def variant(box1, box2):
        sides = np.minimum(box1[2:], box2[2:]) - np.maximum(box1[:2], box2[:2])
        if sides_from:
            sides = sides_from(box1, box2)
        shared = shared_from(sides) if shared_from else np.prod(np.maximum(sides, 0))
        area1, area2 = np.prod(box1[2:] - box1[:2]), np.prod(box2[2:] - box2[:2])
        together = together_from(area1, area2, shared) if together_from else area1 + area2 - shared
        return shared / together if shared else 0.0

    return variant


def _enclosing(box1, box2):
    return np.maximum(box1[2:], box2[2:]) - np.minimum(box1[:2], box2[:2])


def _guarded(wrong):
    """0 where the wrong variant divides by 0."""

    def variant(box1, box2):
        with np.errstate(divide="ignore", invalid="ignore"):
            found = wrong(box1, box2)
        return found if np.isfinite(found) else 0.0

    return variant


def _one_edge(which):
    """One of the four edges of the shared rectangle, x1, y1, x2 or y2, at the wrong of two numbers."""

    def sides_from(box1, box2):
        low, high = np.maximum(box1[:2], box2[:2]), np.minimum(box1[2:], box2[2:])
        if which < 2:
            low[which] = min(box1[which], box2[which])
        else:
            high[which - 2] = max(box1[which], box2[which])
        return high - low

    return _iou_from(sides_from=sides_from)


def _union_over_shared(box1, box2):
    with np.errstate(divide="ignore"):
        return np.float64(1) / np.float64(reference.iou(box1, box2))


def _brackets_missing(box1, box2):
    shared = np.prod(np.maximum(np.minimum(box1[2:], box2[2:]) - np.maximum(box1[:2], box2[:2]), 0))
    areas = [np.prod(box[2:] - box[:2]) for box in (box1, box2)]
    return shared / areas[0] + areas[1] - shared


def _zero_over_zero(box1, box2):
    sides = np.maximum(np.minimum(box1[2:], box2[2:]) - np.maximum(box1[:2], box2[:2]), 0)
    area1, area2 = np.prod(box1[2:] - box1[:2]), np.prod(box2[2:] - box2[:2])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.float64(np.prod(sides)) / (area1 + area2 - np.prod(sides))


def _size_for_corner(box1, box2):
    box1, box2 = (np.concatenate([box[:2], box[:2] + box[2:]]) for box in (box1, box2))
    return reference.iou(box1, box2)


def _rows_for_columns(box1, box2):
    """Corners read as (x1, x2, y1, y2)."""
    return reference.iou(box1[[0, 2, 1, 3]], box2[[0, 2, 1, 3]])


iou.mistake(
    "union-is-the-sum",
    "The union is taken as the sum of both areas, so the shared part counts twice: subtract it once. See 'How well do "
    "two boxes agree'.",
    _iou_from(together_from=lambda one, two, shared: one + two),
)
iou.mistake(
    "no-maximum",
    "Boxes apart in both directions give an overlap: two negative sides have a positive product. Neither side of the "
    "shared rectangle may fall below 0.",
    _iou_from(shared_from=lambda sides: np.prod(sides)),
)
iou.mistake(
    "maximum-of-the-product",
    "The product of the sides is kept from falling below 0, but two negative sides have a positive product: take the "
    "maximum of each side.",
    _iou_from(shared_from=lambda sides: max(np.prod(sides), 0.0)),
)
for _key, _message, _bounded in (
    (
        "absolute-for-maximum",
        "abs() turns a negative side into a positive one, so that boxes which lie apart share an area: take the "
        "maximum of the side and 0.",
        np.abs,
    ),
    (
        "one-side-unbounded",
        "Only one side of the shared rectangle is kept from falling below 0: boxes that lie apart in the other "
        "direction get a negative area.",
        lambda sides: np.array([max(sides[0], 0), sides[1]]),
    ),
):
    iou.mistake(_key, _message, _iou_from(shared_from=lambda sides, bounded=_bounded: np.prod(bounded(sides))))
iou.also("one-side-unbounded", _iou_from(shared_from=lambda sides: np.prod(np.array([sides[0], max(sides[1], 0)]))))
iou.mistake(
    "first-area-twice",
    "One of the two areas is counted twice and the other not at all: look for a 1 that should be a 2.",
    _iou_from(together_from=lambda one, two, shared: one + one - shared),
)
iou.also("first-area-twice", _iou_from(together_from=lambda one, two, shared: two + two - shared))
iou.mistake(
    "shared-part-added",
    "The shared area is added to both areas; they hold it twice already, so it is subtracted once.",
    _iou_from(together_from=lambda one, two, shared: one + two + shared),
)
iou.mistake(
    "union-over-shared",
    "The fraction is upside down: it is the shared area over that of the union.",
    _union_over_shared,
)
iou.mistake(
    "brackets-missing",
    "Without brackets only the first area stands below the fraction's line: shared / (area1 + area2 - shared).",
    _brackets_missing,
)
iou.mistake(
    "one-edge",
    "One of the four edges of the shared rectangle is at the wrong of two numbers: it begins at the larger of the two "
    "x1 and of the two y1, and ends at the smaller of the two x2 and of the two y2.",
    _one_edge(0),
)
for _edge in (1, 2, 3):
    iou.also("one-edge", _one_edge(_edge))
iou.mistake(
    "enclosing-box",
    "This is the box around both: the shared rectangle begins at the larger of the left edges and ends at the smaller "
    "of the right ones. See 'How well do two boxes agree'.",
    _iou_from(sides_from=_enclosing),
)
iou.mistake(
    "shared-area-only",
    "This is the shared area itself: divide it by the area of the union.",
    lambda box1, box2: np.prod(np.maximum(np.minimum(box1[2:], box2[2:]) - np.maximum(box1[:2], box2[:2]), 0)),
)
iou.mistake(
    "over-the-first",
    "The shared area is divided by the first box's area only; a small box inside a large one would "
    "then agree with it fully.",
    _iou_from(together_from=lambda one, two, shared: one),
)
iou.mistake(
    "over-the-smaller",
    "The shared area is divided by the smaller box's area: a small box inside a large one would "
    "then agree with it fully.",
    _iou_from(together_from=lambda one, two, shared: min(one, two)),
)
iou.mistake(
    "dice",
    "This is twice the shared area over the sum of the areas, another measure (Dice's). IoU divides by the union.",
    lambda box1, box2: 2 * reference.iou(box1, box2) / (1 + reference.iou(box1, box2)),
)
iou.mistake(
    "pixels-counted",
    "Each side is longer by 1, which counts whole pixels. Corners are points here: the width is x2 - x1, and boxes "
    "that only touch share nothing.",
    lambda box1, box2: reference.iou(box1 + [0, 0, 1, 1], box2 + [0, 0, 1, 1]),
)
iou.mistake(
    "read-as-size",
    "The last two numbers are taken for a width and a height; they are the second corner (x2, y2).",
    _size_for_corner,
)
iou.mistake(
    "read-in-pairs", "The four numbers are taken as (x1, x2, y1, y2); they are (x1, y1, x2, y2).", _rows_for_columns
)
# with a guard for a union of 0, and without one
iou.also("absolute-for-maximum", _guarded(_iou_from(shared_from=lambda sides: np.prod(np.abs(sides)))))
iou.also("enclosing-box", _guarded(_iou_from(sides_from=_enclosing)))
iou.also("read-in-pairs", lambda box1, box2: _zero_over_zero(box1[[0, 2, 1, 3]], box2[[0, 2, 1, 3]]))
iou.pair("no-maximum", "union-is-the-sum", _iou_from(np.prod, together_from=lambda one, two, shared: one + two))
iou.pair(
    "absolute-for-maximum",
    "union-is-the-sum",
    _iou_from(lambda sides: np.prod(np.abs(sides)), together_from=lambda one, two, shared: one + two),
)
iou.mistake(
    "zero-over-zero",
    "Two boxes without area give 0 / 0. Their IoU is 0 by definition: look before you divide.",
    _zero_over_zero,
)
iou.hint("Draw the two boxes. Which of the four left and right edges bound the shared part, and which the whole?")
iou.hint(
    "The shared rectangle begins at the larger of the two x1 and ends at the smaller of the two x2. The same for y."
)
iou.hint("Its sides never fall below 0. The union is both areas less the shared one; without a shared part, return 0.")
