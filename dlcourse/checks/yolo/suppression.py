"""An exercise of notebook 10: one box for each object."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.panel.pictures import boxes as boxes_picture
from dlcourse.checks.yolo.comparing_boxes import either_of, same_boxes_by_score, scattered, topic


def _listed(*rows):
    """Rows (score, box, class) as the three arguments."""
    scores, boxes, classes = zip(*rows, strict=True)
    return np.array(scores, "f4"), np.array(boxes, "f4"), np.array(classes)


def _part(arrays, *places):
    return tuple(array[list(places)] for array in arrays)


def _all_dropped_by_the_surest(rng, count):
    """Boxes of which, down to the last one that is kept, only the surest drops any: whether the others would belongs to
    another group of cases."""
    while True:
        scores, boxes, classes = scattered(rng, 7, 1, 0.5, 2, chains=False)
        order = np.argsort(-scores)
        stay = [order[0], *(i for i in order if reference.iou(boxes[order[0]], boxes[i]) <= 0.5)]
        kept = reference.yolo_non_max_suppression(scores, boxes, classes, count, 0.5)
        if np.array_equal(kept[0], scores[stay[:count]]):
            return scores, boxes, classes


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
        "a stricter threshold of 0.2",
        *scattered(rng, 6, 1, 0.2),
        20,
        0.2,
        group=one,
        compare=same_boxes_by_score,
        besides=(exact,),
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
        besides=(most,),
    )
    yield case(
        "many boxes of 80 classes",
        *scattered(rng, 15, 80, 0.5, 2, chains=False),
        100,
        group=several,
        compare=same_boxes_by_score,
        besides=(most,),
    )
    halves = _listed((0.9, (0, 0, 2, 2), 0), (0.8, (0, 0, 2, 1), 0), (0.7, (4, 4, 8, 6), 0), (0.6, (4, 4, 8, 5), 0))
    yield by_hand("an IoU of exactly 0.5, threshold 0.5", exact, halves, (0, 1, 2, 3), 10, 0.5)
    yield by_hand("an IoU just above the threshold", exact, halves, (0, 2), 10, 0.46875)
    apart = [(3 * i, 0, 3 * i + 2, 2) for i in range(12)]
    rows = _listed(*((0.5 + 0.03 * i, box, 0) for i, box in enumerate(apart)))
    yield by_hand("twelve objects, and the limit of 10 that nobody gave", most, rows, tuple(range(11, 1, -1)))
    yield by_hand("twelve objects, at most 3", most, rows, (11, 10, 9), 3)
    doubled = _listed(
        (0.9, car, 0), (0.85, shifted, 0), (0.8, far, 0), (0.7, (12, 0, 14, 3), 0), (0.3, (20, 0, 22, 2), 1)
    )
    yield by_hand("a box that is dropped takes no place", most, doubled, (0, 2), 2)
    yield case(
        "random boxes, at most 4",
        *_all_dropped_by_the_surest(rng, 4),
        4,
        group=most,
        compare=same_boxes_by_score,
        besides=(several,),
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
    rivals_of="same",
    limit=lambda max_boxes: max_boxes,
    threshold=None,
):
    """A wrong variant that changes one decision of the right one.

    Args:
        order: in which the boxes are visited: by falling or rising score, or as given.
        dropped_drop: whether a dropped box still drops others.
        rounds: how many kept boxes drop others; None for all.
        cut: where max_boxes is applied.
        returned: the order of the result.
        rivals_of: whether boxes of the same or of the other classes compete.
        limit, threshold: other numbers than those asked for.
    """

    def variant(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
        max_boxes = limit(max_boxes)
        iou_threshold = iou_threshold if threshold is None else threshold
        visited = {
            "falling": np.argsort(-scores, kind="stable"),
            "rising": np.argsort(scores, kind="stable"),
            "given": np.arange(len(scores)),
        }[order]
        if cut == "before":
            visited = visited[:max_boxes]
        droppers, kept = [], []
        for i in visited:
            same = rivals_of == "same"
            rivals = [j for j in droppers if not per_class or (classes[j] == classes[i]) == same]
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
yolo_non_max_suppression.mistake(
    "the-overlapping-stay",
    "The boxes that overlap the surest one stay, and the others go: it is the other way round.",
    _suppress(goes=np.less_equal),
)
yolo_non_max_suppression.mistake(
    "only-other-classes-compete",
    "Boxes of *other* classes drop one another, and those of one class do not: only boxes of one class compete.",
    _suppress(rivals_of="other"),
)
yolo_non_max_suppression.mistake(
    "one-too-many",
    "One box too many comes back where max_boxes is reached: len(kept) < max_boxes, not <=.",
    _suppress(limit=lambda max_boxes: max_boxes + 1),
)
yolo_non_max_suppression.mistake(
    "limit-written-in",
    "At most 10 boxes come back, whatever was asked for: use the argument max_boxes.",
    _suppress(limit=lambda max_boxes: 10),
)
yolo_non_max_suppression.mistake(
    "threshold-written-in",
    "Boxes go at an overlap of 0.5, whatever was asked for: use the argument iou_threshold.",
    _suppress(threshold=0.5),
)
yolo_non_max_suppression.raises(
    "empty-index",
    "Where nothing is kept, np.array([]) is an array of floats, which cannot be used as an index: np.array(kept, "
    "dtype=int).",
    r"arrays used as indices must be of integer",
)
for _first, _second, _changed in (
    ("classes-ignored", "at-the-threshold", {"per_class": False, "goes": np.greater_equal}),
    ("classes-ignored", "no-limit", {"per_class": False, "cut": "never"}),
    ("at-the-threshold", "no-limit", {"goes": np.greater_equal, "cut": "never"}),
    ("as-given", "classes-ignored", {"order": "given", "returned": "given", "per_class": False}),
    ("as-given", "no-limit", {"order": "given", "returned": "given", "cut": "never"}),
):
    yolo_non_max_suppression.pair(_first, _second, _suppress(**_changed))
yolo_non_max_suppression.hint("Sort the boxes by falling score and walk through them. When may the next one stay?")
yolo_non_max_suppression.hint(
    "Keep a list of the places of those that stay. The next box stays if no box *on the list*, of its own class, "
    "overlaps it by more than the threshold."
)
yolo_non_max_suppression.hint(
    "np.argsort(-scores) gives the order. At the end, cut the list to max_boxes and use it as an index for all "
    "three arrays."
)
