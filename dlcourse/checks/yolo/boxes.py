"""The exercises of notebook 10 on boxes: overlap, filter, suppression, and the way to the boxes that are drawn."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.panel.pictures import boxes as boxes_picture
from dlcourse.checks.yolo.comparing_boxes import (
    either_of,
    predictions,
    same_boxes,
    same_boxes_by_score,
    scattered,
    topic,
)

# iou


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
    start, size = rng.uniform(0, 3, 2), rng.uniform(3.5, 6, (2, 2))
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


# yolo_filter_boxes


def _cells(*rows):
    """Rows (confidence, probabilities) as a grid of 1 row, with boxes that tell which is which."""
    confidence = np.array([row[0] for row in rows], "f4").reshape(1, len(rows), 1, 1)
    probabilities = np.array([row[1] for row in rows], "f4").reshape(1, len(rows), 1, -1)
    boxes = (np.arange(len(rows))[:, None] + np.array([1.0, 2.0, 3.0, 4.0])).astype("f4")
    return boxes.reshape(1, len(rows), 1, 4), confidence, probabilities


def _grid(rng, shape, num_classes, threshold):
    confidence, probabilities = predictions(rng, shape, num_classes, threshold)
    start = rng.uniform(0, 0.6, (*shape, 2))
    boxes = np.concatenate([start, start + rng.uniform(0.1, 0.4, (*shape, 2))], axis=-1).astype("f4")
    return boxes, confidence, probabilities


@topic.exercise(
    reference=reference.yolo_filter_boxes,
    outputs=("scores", "boxes", "classes"),
    section="Keep the sure ones",
    picture=boxes_picture(output=1, given=(0,)),
    weights={"which boxes stay": 2.0},
)
def yolo_filter_boxes(rng):
    stay, exact, edge = "which boxes stay", "exactly the threshold", "none or all"
    by_hand = _cells((0.9, (0.1, 0.8, 0.1)), (0.9, (0.4, 0.3, 0.3)), (0.4, (0.0, 0.0, 1.0)), (0.8, (0.05, 0.05, 0.9)))
    yield case(
        "four cells, by hand",
        *by_hand,
        0.5,
        group=stay,
        compare=same_boxes,
        expect=(np.array([0.72, 0.72], "f4"), by_hand[0][0, [0, 3], 0], np.array([1, 2])),
    )
    twice = _cells((0.9, (0.5, 0.45, 0.05)), (0.2, (0.1, 0.2, 0.7)))
    yield case("a box with two classes above the threshold", *twice, 0.3, group=stay, compare=same_boxes)
    yield case(
        "a grid of 3x4 cells with two boxes each", *_grid(rng, (3, 4, 2), 3, 0.3), 0.3, group=stay, compare=same_boxes
    )
    yield case("the threshold of 0.6 that nobody gave", *_grid(rng, (4, 3, 2), 3, 0.6), group=stay, compare=same_boxes)
    yield case(
        "19x19 cells, 5 boxes each, 80 classes", *_grid(rng, (19, 19, 5), 80, 0.6), 0.6, group=stay, compare=same_boxes
    )
    half = _cells(
        (1.0, (0.5, 0.25, 0.25)), (0.5, (0.0, 1.0, 0.0)), (0.4375, (1.0, 0.0, 0.0)), (1.0, (0.4375, 0.4375, 0.125))
    )
    yield case(
        "scores of exactly 0.5, threshold 0.5",
        *half,
        0.5,
        group=exact,
        compare=same_boxes,
        expect=(np.array([0.5, 0.5], "f4"), half[0][0, :2, 0], np.array([0, 1])),
    )
    low = _cells(
        (0.25, (0.5, 0.25, 0.25)), (0.5, (0.1875, 0.1875, 0.625)), (0.25, (0.25, 0.75, 0.0)), (0.5, (0.0, 0.0, 0.25))
    )
    yield case("scores of exactly 0.125, threshold 0.125", *low, 0.125, group=exact, compare=same_boxes)
    boxes, confidence, probabilities = _grid(rng, (2, 3, 2), 4, 0.3)
    yield case("no score is large enough", boxes, 0.5 * confidence, probabilities, 0.6, group=edge, compare=same_boxes)
    boxes, confidence, _ = _grid(rng, (2, 3, 2), 2, 0.3)
    yield case(
        "a threshold of 0 keeps every box",
        boxes,
        confidence,
        np.ones_like(confidence),
        0.0,
        group=edge,
        compare=same_boxes,
    )


def _filter(score=None, shown=None, keep=None, kind=None):
    """A wrong variant that changes one step of the right computation."""

    def variant(boxes, box_confidence, box_class_probs, threshold=0.6):
        box_scores = box_confidence * box_class_probs
        best = score(box_confidence, box_class_probs) if score else box_scores.max(axis=-1)
        mask = keep(best, threshold) if keep else best >= threshold
        classes = kind(box_confidence, box_class_probs) if kind else box_scores.argmax(axis=-1)
        result = shown(box_confidence, box_class_probs) if shown else best
        return result[mask], boxes[mask], classes[mask]

    return variant


def _best_score(confidence, probabilities):
    return (confidence * probabilities).max(axis=-1)


def _every_class(boxes, box_confidence, box_class_probs, threshold=0.6):
    *cell, kind = np.nonzero(box_confidence * box_class_probs >= threshold)
    return (box_confidence * box_class_probs)[(*cell, kind)], boxes[tuple(cell)], kind


yolo_filter_boxes.mistake(
    "confidence-alone",
    "Only the confidence is compared with the threshold. A box is kept by its score, confidence times class "
    "probability. See 'Keep the sure ones'.",
    _filter(score=lambda confidence, probabilities: confidence[..., 0], shown=_best_score),
)
yolo_filter_boxes.mistake(
    "confidence-as-score",
    "The confidence is taken for the score; the score is confidence times class probability.",
    _filter(score=lambda confidence, probabilities: confidence[..., 0]),
)
yolo_filter_boxes.mistake(
    "probability-alone",
    "The confidence is left out: a clear class in a box that holds nothing is kept. The score is "
    "confidence times class probability.",
    _filter(score=lambda confidence, probabilities: probabilities.max(axis=-1)),
)
yolo_filter_boxes.mistake(
    "strictly-above",
    "A score equal to the threshold is dropped; it should stay (>=, not >).",
    _filter(keep=lambda best, threshold: best > threshold),
)
yolo_filter_boxes.mistake(
    "the-wrong-ones",
    "The boxes below the threshold are kept and the others dropped: the mask is the wrong way round.",
    _filter(keep=lambda best, threshold: best < threshold),
)
yolo_filter_boxes.mistake(
    "probability-as-score",
    "The right boxes stay, but with their class probability for a score: return the product with the confidence.",
    _filter(shown=lambda confidence, probabilities: probabilities.max(axis=-1)),
)
yolo_filter_boxes.mistake(
    "confidence-returned",
    "The right boxes stay, but with their confidence for a score: return the product with the class probability.",
    _filter(shown=lambda confidence, probabilities: confidence[..., 0]),
)
yolo_filter_boxes.mistake(
    "classes-from-one",
    "The classes are counted from 1; argmax counts from 0, and so does the rest of the notebook.",
    _filter(kind=lambda confidence, probabilities: probabilities.argmax(axis=-1) + 1),
)
yolo_filter_boxes.mistake(
    "every-class", "A box comes back once for each class above the threshold; only its best class counts.", _every_class
)
yolo_filter_boxes.mistake(
    "summed",
    "The scores are summed over the classes, which only gives the confidence back: take the best class.",
    _filter(score=lambda confidence, probabilities: (confidence * probabilities).sum(axis=-1)),
)
yolo_filter_boxes.hint(
    "What is the probability that this box holds a car? That there is an object, and that it is a car."
)
yolo_filter_boxes.hint(
    "box_confidence * box_class_probs gives all scores at once. Take the maximum over the last axis, and its place."
)
yolo_filter_boxes.hint(
    "best >= threshold has one True or False for each box: with it as an index, an array gives what to keep."
)


# yolo_non_max_suppression


def _listed(*rows):
    """Rows (score, box, class) as the three arguments."""
    scores, boxes, classes = zip(*rows, strict=True)
    return np.array(scores, "f4"), np.array(boxes, "f4"), np.array(classes)


def _part(arrays, *places):
    return tuple(array[list(places)] for array in arrays)


@topic.exercise(
    reference=reference.yolo_non_max_suppression,
    outputs=("scores", "boxes", "classes"),
    picture=boxes_picture(output=1, given=(1,)),
    section="One box for each object",
    companions=("iou",),
    weights={"boxes of one class": 2.0, "several classes": 2.0},
)
def yolo_non_max_suppression(rng):
    one, several, exact = "boxes of one class", "several classes", "exactly the threshold"
    most, ties, nothing = "at most max_boxes", "equal scores, boxes without area", "no boxes"

    def by_hand(title, group, rows, kept, *options):
        return case(title, *rows, *options, group=group, expect=_part(rows, *kept), compare=same_boxes_by_score)

    car, shifted, far = (0, 0, 4, 4), (0, 1, 4, 5), (6, 0, 9, 4)
    yield by_hand(
        "two boxes on one object, one on another", one, _listed((0.9, car, 0), (0.8, shifted, 0), (0.7, far, 0)), (0, 2)
    )
    yield by_hand(
        "the surest box is not the first", one, _listed((0.6, far, 0), (0.7, car, 0), (0.95, shifted, 0)), (2, 0)
    )
    row = [(x, 0, x + 4, 4) for x in (0, 1.25, 2.5)]  # neighbours overlap by more than half, the outer two do not
    yield by_hand(
        "a box that was dropped drops nothing itself",
        one,
        _listed((0.9, row[0], 0), (0.8, row[1], 0), (0.7, row[2], 0)),
        (0, 2),
    )
    pile = [(0, y, 4, y + 4) for y in (0, 0.25, 0.5, 0.75)]
    yield by_hand(
        "four boxes on one object", one, _listed(*((0.9 - 0.1 * i, box, 0) for i, box in enumerate(pile))), (0,)
    )
    yield by_hand(
        "two objects with two boxes each",
        one,
        _listed((0.9, car, 0), (0.8, far, 0), (0.75, (6, 0.5, 9, 4.5), 0), (0.7, shifted, 0)),
        (0, 1),
    )
    yield case("five objects, three boxes each", *scattered(rng, 5, 1, 0.5), 20, group=one, compare=same_boxes_by_score)
    yield case(
        "a stricter threshold of 0.2", *scattered(rng, 6, 1, 0.2), 20, 0.2, group=one, compare=same_boxes_by_score
    )
    yield by_hand("a pedestrian in front of a car", several, _listed((0.9, car, 0), (0.8, shifted, 1)), (0, 1))
    mixed = _listed((0.5, far, 1), (0.9, car, 2), (0.6, car, 1), (0.7, shifted, 2), (0.8, (6, 0, 9, 3.5), 1))
    yield by_hand("three objects of two classes, in no order", several, mixed, (1, 4, 2))
    yield case(
        "eight objects of four classes",
        *scattered(rng, 8, 4, 0.5, 2, chains=False),
        30,
        group=several,
        compare=same_boxes_by_score,
    )
    yield case(
        "many boxes of 80 classes",
        *scattered(rng, 15, 80, 0.5, 2, chains=False),
        100,
        group=several,
        compare=same_boxes_by_score,
    )
    halves = _listed((0.9, (0, 0, 2, 2), 0), (0.8, (0, 0, 2, 1), 0), (0.7, (4, 4, 8, 6), 0), (0.6, (4, 4, 8, 5), 0))
    yield by_hand("an IoU of exactly 0.5, threshold 0.5", exact, halves, (0, 1, 2, 3), 10, 0.5)
    yield by_hand("an IoU just above the threshold", exact, halves, (0, 2), 10, 0.46875)
    apart = [(3 * i, 0, 3 * i + 2, 2) for i in range(12)]
    rows = _listed(*((0.5 + 0.03 * i, box, i % 2) for i, box in enumerate(apart)))
    yield by_hand("twelve objects, and the limit of 10 that nobody gave", most, rows, tuple(range(11, 1, -1)))
    yield by_hand("twelve objects, at most 3", most, rows, (11, 10, 9), 3)
    doubled = _listed(
        (0.9, car, 0), (0.85, shifted, 0), (0.8, far, 0), (0.7, (12, 0, 14, 3), 0), (0.3, (20, 0, 22, 2), 1)
    )
    yield by_hand("a box that is dropped takes no place", most, doubled, (0, 2), 2)
    yield case(
        "random boxes, at most 4",
        *scattered(rng, 7, 1, 0.5, 2, chains=False),
        4,
        group=most,
        compare=same_boxes_by_score,
    )
    yield by_hand("two objects with equal scores", ties, _listed((0.8, car, 0), (0.8, far, 0)), (0, 1))
    twins = _listed((0.8, car, 0), (0.8, shifted, 0), (0.6, far, 0))
    yield case(
        "two boxes on one object with equal scores: either may stay",
        *twins,
        group=ties,
        expect=_part(twins, 0, 2),
        compare=either_of(_part(twins, 0, 2), _part(twins, 1, 2)),
    )
    point, line = (1, 1, 1, 1), (2, 3, 5, 3)
    yield by_hand(
        "a point and a line, each twice",
        ties,
        _listed((0.9, point, 0), (0.8, point, 0), (0.7, line, 0), (0.6, line, 0)),
        (0, 1, 2, 3),
    )
    empty = np.zeros(0, "f4"), np.zeros((0, 4), "f4"), np.zeros(0, int)
    yield by_hand("no boxes at all", nothing, empty, ())
    yield by_hand("a single box", nothing, _listed((0.7, car, 3)), (0,))


def _suppress(
    order="falling",
    per_class=True,
    goes=np.greater,
    dropped_drop=False,
    rounds=None,
    cut="after",
    returned="falling",
    overlap=reference.iou,
):
    """A wrong variant that changes one decision of the right one.

    Args:
        order: in which the boxes are visited: by falling or rising score, or as given.
        dropped_drop: whether a dropped box still drops others.
        rounds: how many kept boxes drop others; None for all.
        cut: where max_boxes is applied.
        returned: the order of the result.
    """

    def variant(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
        visited = {
            "falling": np.argsort(-scores, kind="stable"),
            "rising": np.argsort(scores, kind="stable"),
            "given": np.arange(len(scores)),
        }[order]
        if cut == "before":
            visited = visited[:max_boxes]
        droppers, kept = [], []
        for i in visited:
            rivals = [j for j in droppers if not per_class or classes[j] == classes[i]]
            drop = any(goes(overlap(boxes[i], boxes[j]), iou_threshold) for j in rivals)
            if not drop:
                kept.append(i)
            if (dropped_drop or not drop) and (rounds is None or len(droppers) < rounds):
                droppers.append(i)
        if returned == "class by class":
            kept = [i for kind in np.unique(classes) for i in kept if classes[i] == kind]
        elif returned == "given":
            kept = sorted(kept)
        if cut == "for each class":
            before = [sum(classes[j] == classes[i] for j in kept[:place]) for place, i in enumerate(kept)]
            kept = [i for i, count in zip(kept, before, strict=True) if count < max_boxes]
        elif cut == "after":
            kept = kept[:max_boxes]
        places = np.array(kept, dtype=int)
        return scores[places], boxes[places], classes[places]

    return variant


def _sum_for_union(box1, box2):
    shared = reference.iou(box1, box2)
    return shared / (1 + shared)


yolo_non_max_suppression.mistake(
    "classes-ignored",
    "A box drops boxes of other classes too: the pedestrian in front of the car vanishes. Only boxes of one class "
    "compete. See 'One box for each object'.",
    _suppress(per_class=False),
)
yolo_non_max_suppression.mistake(
    "at-the-threshold",
    "A box whose IoU equals the threshold goes; it should stay (goes only if >).",
    _suppress(goes=np.greater_equal),
)
yolo_non_max_suppression.mistake(
    "as-given",
    "The boxes are visited in the order in which they were given; begin with the surest.",
    _suppress(order="given", returned="given"),
)
yolo_non_max_suppression.mistake(
    "the-least-sure-first",
    "The boxes are visited by rising score, so the least sure box of each object stays.",
    _suppress(order="rising", returned="rising"),
)
yolo_non_max_suppression.mistake(
    "dropped-boxes-drop",
    "A box that was dropped still drops others: only a box that is kept may do so. See 'One box for each object'.",
    _suppress(dropped_drop=True),
)
yolo_non_max_suppression.mistake(
    "one-round", "Only the surest box drops others; go on with the next one that is left.", _suppress(rounds=1)
)
yolo_non_max_suppression.mistake(
    "no-limit", "max_boxes is not used: return at most so many boxes.", _suppress(cut="never")
)
yolo_non_max_suppression.mistake(
    "limit-first",
    "Only max_boxes boxes are looked at: a box that is dropped should not take a place.",
    _suppress(cut="before"),
)
yolo_non_max_suppression.mistake(
    "limit-for-each-class",
    "max_boxes is applied to each class; it is the limit for all classes together.",
    _suppress(cut="for each class"),
)
yolo_non_max_suppression.mistake(
    "class-by-class",
    "The boxes come back class by class, and with max_boxes the surest may be lost: sort by score at the end, "
    "then cut.",
    _suppress(returned="class by class"),
)
yolo_non_max_suppression.mistake(
    "in-the-given-order",
    "The boxes come back in the order in which they were given: sort them by falling score.",
    _suppress(returned="given"),
)
yolo_non_max_suppression.mistake(
    "union-is-the-sum",
    "The overlap is divided by the sum of both areas, so it comes out too small: use your iou.",
    _suppress(overlap=_sum_for_union),
)
yolo_non_max_suppression.mistake(
    "nothing-dropped",
    "No box is dropped: compare each with those kept before it.",
    _suppress(goes=lambda overlap, threshold: False),
)
yolo_non_max_suppression.hint("Sort the boxes by falling score and walk through them. When may the next one stay?")
yolo_non_max_suppression.hint(
    "Keep a list of the places of those that stay. The next box stays if no box *on the list*, of its own class, "
    "overlaps it by more than the threshold."
)
yolo_non_max_suppression.hint(
    "np.argsort(-scores) gives the order. At the end, cut the list to max_boxes and use it as an index for all "
    "three arrays."
)


# yolo_boxes_to_corners


@topic.exercise(
    reference=reference.yolo_boxes_to_corners, section="Centres and corners", picture=boxes_picture(output=0)
)
def yolo_boxes_to_corners(rng):
    single = np.array([[0.5, 0.25]], "f4"), np.array([[0.2, 0.5]], "f4")
    yield case(
        "a box in the upper half, by hand",
        *single,
        group="a list of boxes",
        expect=np.array([[0.0, 0.4, 0.5, 0.6]], "f4"),
    )
    yield case(
        "seven boxes",
        rng.uniform(0, 1, (7, 2)).astype("f4"),
        rng.uniform(0, 1, (7, 2)).astype("f4"),
        group="a list of boxes",
    )
    shape = (3, 4, 2, 2)
    yield case(
        "a grid of 3x4 cells with two boxes each",
        rng.uniform(0, 1, shape).astype("f4"),
        rng.uniform(0, 1, shape).astype("f4"),
        group="a grid of boxes",
    )
    batch = (2, *shape)
    yield case(
        "two images of 3x4 cells with two boxes each",
        rng.uniform(0, 1, batch).astype("f4"),
        rng.uniform(0, 1, batch).astype("f4"),
        group="a grid of boxes",
    )
    yield case(
        "one box, not in a list", np.array([0.25, 0.5], "f4"), np.array([0.5, 0.25], "f4"), group="a list of boxes"
    )


def _corners(order, half=0.5, before=1.0):
    def variant(box_xy, box_wh):
        low, high = box_xy - before * half * box_wh, box_xy + half * box_wh
        parts = {"x1": low[..., :1], "y1": low[..., 1:], "x2": high[..., :1], "y2": high[..., 1:]}
        return np.concatenate([parts[name] for name in order.split()], axis=-1)

    return variant


yolo_boxes_to_corners.mistake(
    "x-first",
    "x comes before y. These corners are (y1, x1, y2, x2). See 'Centres and corners'.",
    _corners("x1 y1 x2 y2"),
)
yolo_boxes_to_corners.mistake(
    "not-halved",
    "The whole width and height are taken to both sides of the centre: the box comes out twice as large.",
    _corners("y1 x1 y2 x2", half=1.0),
)
yolo_boxes_to_corners.mistake(
    "centre-as-corner",
    "The centre is taken for the upper left corner: the box reaches half its size to each side.",
    _corners("y1 x1 y2 x2", half=1.0, before=0.0),
)
yolo_boxes_to_corners.mistake(
    "in-pairs",
    "The order is (y1, y2, x1, x2); it should be (y1, x1, y2, x2): one corner, then the other.",
    _corners("y1 y2 x1 x2"),
)
yolo_boxes_to_corners.mistake(
    "width-and-height-exchanged",
    "The width is used for y and the height for x: box_wh holds (w, h).",
    lambda box_xy, box_wh: reference.yolo_boxes_to_corners(box_xy, box_wh[..., ::-1]),
)
yolo_boxes_to_corners.hint("How far from its centre is a box's edge?")
yolo_boxes_to_corners.hint(
    "Compute both corners as (x, y) first; then think of the order, and join along the last axis."
)


# yolo_eval


def _outputs(rng, shape, num_classes, threshold):
    """Decoded predictions, several for each object, without scores or overlaps near a threshold."""
    while True:
        confidence, probabilities = predictions(rng, shape, num_classes, threshold)
        box_xy = rng.uniform(0.25, 0.75, (*shape, 2)).astype("f4")
        box_wh = rng.uniform(0.2, 0.45, (*shape, 2)).astype("f4")
        corners = reference.yolo_boxes_to_corners(box_xy, box_wh).reshape(-1, 4)
        overlaps = reference.iou(corners[:, None], corners[None])
        scores = np.sort((confidence * probabilities).max(axis=-1).ravel())
        if np.abs(overlaps[..., None] - np.array([0.3, 0.5, 0.6])).min() > 1e-5 and np.diff(scores).min() > 1e-6:
            return box_xy, box_wh, confidence, probabilities


def _older(outputs):
    """The order of an older generation: the confidence first."""
    box_xy, box_wh, confidence, probabilities = outputs
    return confidence, box_xy, box_wh, probabilities


@topic.exercise(
    reference=reference.yolo_eval,
    outputs=("scores", "boxes", "classes"),
    section="The whole way",
    picture=boxes_picture(output=1),
    companions=("yolo_boxes_to_corners", "yolo_filter_boxes", "yolo_non_max_suppression", "iou"),
    weights={"one object": 2.0},
)
def yolo_eval(rng):
    def evaluation(title, group, outputs, *options, **expect):
        return case(
            title,
            outputs,
            *options,
            group=group,
            compare=same_boxes_by_score,
            also=[(_older(outputs), *options)],
            **expect,
        )

    single = tuple(np.array(value, "f4").reshape(1, 1, 1, -1) for value in ((0.5, 0.25), (0.25, 0.5), 0.9, (0.1, 0.9)))
    yield evaluation(
        "one box in an image of 100x200, by hand",
        "one object",
        single,
        (100.0, 200.0),
        expect=(np.array([0.81], "f4"), np.array([[0.0, 75.0, 50.0, 125.0]], "f4"), np.array([1])),
    )
    yield evaluation("an image of 720x1280", "one object", single)
    edge = *(np.array(pair, "f4").reshape(1, 1, 1, 2) for pair in ((0.1, 0.95), (0.4, 0.3))), *single[2:]
    yield evaluation("a box that reaches over the edge", "one object", edge, (100.0, 200.0))
    row = np.stack([(np.arange(12) + 0.5) / 12, np.full(12, 0.5)], axis=1).reshape(1, 12, 1, 2)
    sure = (0.99 - 0.02 * np.arange(12)).reshape(1, 12, 1, 1)
    twelve = tuple(part.astype("f4") for part in (row, np.full_like(row, 0.05), sure, np.ones_like(sure)))
    yield evaluation("twelve objects, and the limit of 10 that nobody gave", "a grid", twelve, (240.0, 480.0))
    yield evaluation("3x3 cells, two boxes each", "a grid", _outputs(rng, (3, 3, 2), 3, 0.3), (96.0, 160.0), 20, 0.3)
    yield evaluation("the usual thresholds", "a grid", _outputs(rng, (4, 5, 3), 3, 0.6), (300.0, 200.0))
    options = "its options"
    yield evaluation(
        "a threshold of 0.3 for the overlap", options, _outputs(rng, (5, 5, 2), 2, 0.2), (64.0, 64.0), 20, 0.2, 0.3
    )
    yield evaluation(
        "a threshold of 0.6 for the overlap", options, _outputs(rng, (5, 5, 2), 2, 0.2), (64.0, 48.0), 30, 0.2, 0.6
    )
    yield evaluation("at most 3 boxes", options, _outputs(rng, (4, 4, 2), 5, 0.2), (64.0, 96.0), 3, 0.2, 0.5)
    yield evaluation("nothing is sure enough", options, _outputs(rng, (2, 2, 2), 3, 0.1), (64.0, 64.0), 10, 1.5, 0.5)


def _evaluate(corners=None, scale=(0, 1), suppress=True, **changed):
    def variant(yolo_outputs, image_shape=(720.0, 1280.0), max_boxes=10, score_threshold=0.6, iou_threshold=0.5):
        options = {"max_boxes": max_boxes, "score_threshold": score_threshold, "iou_threshold": iou_threshold}
        options |= {name: options.get(value, value) for name, value in changed.items()}
        box_xy, box_wh, confidence, probabilities = yolo_outputs
        boxes = (corners or reference.yolo_boxes_to_corners)(box_xy, box_wh)
        found = reference.yolo_filter_boxes(boxes, confidence, probabilities, options["score_threshold"])
        limit = options["iou_threshold"] if suppress else 2.0
        scores, boxes, classes = reference.yolo_non_max_suppression(*found, options["max_boxes"], limit)
        if scale is None:
            return scores, boxes, classes
        first, second = (image_shape[place] for place in scale)
        return scores, boxes * np.array([first, second, first, second], "f4"), classes

    return variant


yolo_eval.mistake(
    "cut-off",
    "The boxes are cut off at the edge of the image; a box may reach over it.",
    _evaluate(lambda box_xy, box_wh: np.clip(reference.yolo_boxes_to_corners(box_xy, box_wh), 0, 1)),
)
yolo_eval.mistake(
    "not-scaled",
    "The boxes are still fractions of the image: multiply y by its height and x by its width.",
    _evaluate(scale=None),
)
yolo_eval.mistake(
    "width-and-height-exchanged",
    "y is multiplied by the width and x by the height; image_shape is (height, width).",
    _evaluate(scale=(1, 0)),
)
yolo_eval.mistake(
    "no-suppression",
    "Several boxes on one object come back: non-max suppression is missing.",
    _evaluate(suppress=False),
)
yolo_eval.mistake(
    "not-turned-into-corners",
    "Centres and sizes are joined as if they were corners; turn them into corners first.",
    _evaluate(corners=lambda xy, wh: np.concatenate([xy[..., ::-1], wh[..., ::-1]], axis=-1)),
)
yolo_eval.mistake(
    "x-first",
    "The corners are (x1, y1, x2, y2), and x was multiplied by the height; they should be (y1, x1, y2, x2).",
    _evaluate(corners=_corners("x1 y1 x2 y2")),
)
yolo_eval.mistake(
    "score-threshold-forgotten",
    "score_threshold is not handed on: the boxes are filtered at 0.6, whatever was asked for.",
    _evaluate(score_threshold=0.6),
)
yolo_eval.mistake(
    "iou-threshold-forgotten",
    "iou_threshold is not handed on: boxes are suppressed at 0.5, whatever was asked for.",
    _evaluate(iou_threshold=0.5),
)
yolo_eval.mistake(
    "limit-forgotten", "max_boxes is not handed on: 10 boxes are kept, whatever was asked for.", _evaluate(max_boxes=10)
)
yolo_eval.mistake(
    "thresholds-exchanged",
    "The two thresholds are exchanged: one is for the score, the other for the overlap.",
    _evaluate(score_threshold="iou_threshold", iou_threshold="score_threshold"),
)
yolo_eval.hint("Four steps, each of them one of your functions or one line: corners, filter, scale, suppress.")
yolo_eval.hint("Hand the three options on by name, so that none is lost or exchanged.")
yolo_eval.hint("Corners are (y1, x1, y2, x2): multiply by (height, width, height, width).")
