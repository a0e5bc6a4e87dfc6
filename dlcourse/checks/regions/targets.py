"""The exercise of notebook 11 on what a region proposal network shall say: `rpn_targets`."""

from __future__ import annotations

import numpy as np

from dlcourse import regions as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.regions.proposing import topic
from dlcourse.yolo import iou

CLEAR, EXACT, BEST, NONE = "clear cases", "a threshold met exactly", "the best anchor of a box", "no box"


def _shifted(shifts, width=10.0, height=10.0, top=0.0, left=0.0):
    """Boxes moved to the right: by s of a width w the IoU is (w - s) / (w + s)."""
    return np.array([[top, left + shift, top + height, left + width + shift] for shift in shifts], dtype=float)


def _drawn(rng, count, boxes, high, low):
    """Anchors and boxes in which no IoU is near a threshold, none of the two best of a box near each other, and no
    box's best anchor is below `high`."""
    while True:
        truth = rng.uniform(0, 40, (boxes, 2))
        truth = np.concatenate([truth, truth + rng.uniform(10, 25, (boxes, 2))], axis=1)
        near = truth[rng.integers(boxes, size=count)] + rng.normal(size=(count, 4)) * rng.uniform(0.3, 8, (count, 1))
        near[:boxes] = truth + rng.uniform(-0.5, 0.5, (boxes, 4))
        if np.any(near[:, 2:] - near[:, :2] < 3):
            continue
        anchors = near[rng.permutation(count)]
        overlaps = iou(anchors[:, None], truth[None])
        rows, columns = (np.sort(overlaps, axis=axis) for axis in (1, 0))
        apart = np.min(np.abs(overlaps[..., None] - [high, low])) > 0.004 and np.min(columns[-1] - columns[-2]) > 0.004
        if boxes > 1:
            apart = apart and np.all((rows[:, -1] - rows[:, -2] > 0.004) | (rows[:, -1] == 0))
        labels, matched = reference.rpn_targets(anchors, truth, high, low)
        if apart and columns[-1].min() > high and {-1, 0, 1} <= set(labels) and len(set(matched)) == boxes:
            return anchors, truth


@topic.exercise(
    reference=reference.rpn_targets,
    outputs=("labels", "matched"),
    section="What an anchor should say",
    aliases={"gt_boxes": "boxes", "truth": "boxes", "high_threshold": "high", "low_threshold": "low"},
    weights={CLEAR: 2.0},
)
def rpn_targets(rng):
    box = _shifted([0])
    yield case("four anchors, by hand", _shifted([0, 1, 4, 7]), box, 0.7, 0.3, group=CLEAR)
    yield case("twelve anchors, two boxes", *_drawn(rng, 12, 2, 0.7, 0.3), 0.7, 0.3, group=CLEAR)
    yield case("twenty anchors, three boxes", *_drawn(rng, 20, 3, 0.6, 0.4), 0.6, 0.4, group=CLEAR)
    # 10 x 10 moved by 2 and by 5: 8 / 12 and 5 / 15; the halves and quarters are exact in binary
    half = np.array([[0.0, 0, 10, 5], [0, 0, 10, 10], [0, 0, 5, 5]])
    yield case("IoU is just `high`, and just `low`", half, box, 0.5, 0.25, group=EXACT)
    again = np.array([[0.0, 0, 10, 10], [0, 0, 10, 7.5], [0, 0, 5, 10]]) + float(rng.integers(1, 30))
    yield case("others that meet them", again, box + again[0, 0], 0.75, 0.5, group=EXACT)
    far = _shifted([5, 6, 8], top=float(rng.integers(0, 9)))
    yield case("no anchor reaches `high`", far, _shifted([0], top=far[0, 0]), 0.7, 0.3, group=BEST)
    yield case("the best one is below `low`", _shifted([7, 8, 9]), box, 0.7, 0.3, group=BEST)
    yield case("two are equally good", _shifted([-6, 6, 8]), box, 0.7, 0.3, group=BEST)
    yield case(
        "a box that no anchor touches",
        _shifted([0, 4, 8]),
        np.array([[0.0, 0, 10, 10], [50, 50, 60, 60]]),
        0.7,
        0.3,
        group=BEST,
    )
    yield case("one box has good ones, one has not", _shifted([0, 1, 46]), _shifted([0, 40]), 0.7, 0.3, group=BEST)
    yield case(
        "a picture with nothing in it",
        _shifted([0, 3, 9]),
        np.zeros((0, 4)),
        0.7,
        0.3,
        group=NONE,
        corner=True,
        besides=(),
    )
    yield case("one box, three anchors", _shifted([0, 4, 9]), box, 0.7, 0.3, group=NONE)


def _targets(
    is_object=lambda best, high: best >= high,
    is_none=lambda best, low: best < low,
    between=-1,
    rescue="all",
    matched=lambda overlaps: overlaps.argmax(axis=1),
    touching=True,
    overlap=lambda a, b: iou(a[:, None], b[None]),
    late=False,
    none=0,
):
    def variant(anchors, boxes, high=0.7, low=0.3):
        anchors, boxes = np.asarray(anchors), np.asarray(boxes)
        if not len(boxes):
            return np.full(len(anchors), none), np.zeros(len(anchors), int)
        overlaps = overlap(anchors, boxes)
        best = overlaps.max(axis=1)
        labels = np.full(len(anchors), between)
        labels[is_none(best, low)] = 0
        labels[is_object(best, high)] = 1
        if rescue == "all":
            top = (overlaps == overlaps.max(axis=0)) & ((overlaps > 0) | (not touching))
            labels[top.any(axis=1)] = 1
        elif rescue == "first":
            for column in overlaps.T:
                if column.max() > 0:
                    labels[column.argmax()] = 1
        elif rescue == "one":
            labels[np.unravel_index(overlaps.argmax(), overlaps.shape)[0]] = 1
        if late:
            labels[is_none(best, low)] = 0
        return labels, matched(overlaps)

    return variant


def _shared_over_box(a, b):
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    return np.maximum(sides, 0).prod(axis=-1) / (b[:, 2:] - b[:, :2]).prod(axis=-1)


for _key, _message, _variant in (
    (
        "high-excluded",
        "An anchor whose IoU is just `high` counts as an object: at least, >=.",
        _targets(is_object=lambda best, high: best > high),
    ),
    (
        "low-included",
        "An anchor whose IoU is just `low` is no background yet: below, <.",
        _targets(is_none=lambda best, low: best <= low),
    ),
    (
        "no-best",
        "A box whose anchors all stay below `high` is lost: its best anchor counts as an object as well.",
        _targets(rescue=""),
    ),
    ("one-best", "Only the best anchor of all is rescued; each box has a best one of its own.", _targets(rescue="one")),
    ("first-best", "Of two equally good best anchors only the first counts; both do.", _targets(rescue="first")),
    (
        "background-last",
        "The best anchor of a box becomes background again where its IoU is below `low`: give the label 1 last.",
        _targets(late=True),
    ),
    (
        "best-without-touching",
        "A box that no anchor touches has no best anchor: an IoU of 0 is none.",
        _targets(touching=False),
    ),
    (
        "between-is-background",
        "Anchors between both thresholds are called background; they don't count: -1.",
        _targets(between=0),
    ),
    (
        "between-is-object",
        "Anchors between both thresholds are called objects; they don't count: -1.",
        _targets(between=1),
    ),
    (
        "matched-by-box",
        "matched holds 0 everywhere; it is the number of the box with which an anchor's IoU is largest.",
        _targets(matched=lambda overlaps: np.zeros(len(overlaps), int)),
    ),
    (
        "largest-iou-itself",
        "matched holds the largest IoU; the number of its box is asked for: argmax.",
        _targets(matched=lambda overlaps: overlaps.max(axis=1)),
    ),
    (
        "over-the-box",
        "The shared area is divided by the box alone; IoU divides by the area of both together.",
        _targets(overlap=_shared_over_box),
    ),
    (
        "nothing-does-not-count",
        "In a picture without boxes no anchor counts (-1); all of them are background: 0.",
        _targets(none=-1),
    ),
):
    rpn_targets.mistake(_key, _message, _variant)
rpn_targets.raises(
    "no-boxes",
    "A picture may hold nothing, and no box has no largest IoU: return zeros, two arrays of them.",
    r"zero-size array|empty sequence|attempt to get argmax",
)
rpn_targets.hint(
    "overlaps(anchors, boxes) has a row for each anchor. Its largest entries by row say 0, -1 or 1, those by "
    "column rescue."
)
rpn_targets.hint(
    "labels = -1 everywhere; 0 where the row's best is below `low`; 1 where it is at least `high`; at last 1 "
    "where an entry equals "
    "its column's best and is above 0."
)
