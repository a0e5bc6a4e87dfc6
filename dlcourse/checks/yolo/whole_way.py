"""The exercises of notebook 10 on the way from decoded outputs to boxes that are drawn."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.panel.pictures import boxes as boxes_picture
from dlcourse.checks.yolo.comparing_boxes import predictions, same_boxes_by_score, topic

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


def _joined(cut, axis):
    """The four numbers cut out in another way, or joined along another axis."""

    def variant(box_xy, box_wh):
        low, high = box_xy - box_wh / 2, box_xy + box_wh / 2
        return np.concatenate([cut(low, 1), cut(low, 0), cut(high, 1), cut(high, 0)], axis=axis)

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
yolo_boxes_to_corners.mistake(
    "corners-exchanged",
    "The lower right corner comes first: the first one is the centre minus half the size.",
    lambda box_xy, box_wh: reference.yolo_boxes_to_corners(box_xy, -box_wh),
)
yolo_boxes_to_corners.mistake(
    "axis-lost",
    "A single number such as [..., 1] takes the last axis away, and then there is none to join along: [..., 1:2] keeps "
    "it.",
    _joined(lambda corner, place: corner[..., place], -1),
)
yolo_boxes_to_corners.mistake(
    "second-axis",
    "[:, 1:2] cuts the second axis, which holds x and y in a plain list of boxes only: [..., 1:2] cuts the last one, "
    "whatever the axes before.",
    _joined(lambda corner, place: corner[:, place : place + 1], -1),
)
yolo_boxes_to_corners.mistake(
    "joined-along-the-first-axis",
    "The four numbers are joined along the first axis, one below the other; they belong side by side, in the last one: "
    "axis=-1.",
    _joined(lambda corner, place: corner[..., place : place + 1], 0),
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
    def evaluation(title, group, outputs, *options, **more):
        return case(
            title,
            outputs,
            *options,
            group=group,
            compare=same_boxes_by_score,
            also=[(_older(outputs), *options)],
            **more,
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
    options, dropping = "its options", {"besides": ("a grid",)}
    lower = _outputs(rng, (3, 3, 2), 3, 0.3), (96.0, 160.0), 10, 0.3
    yield evaluation("3x3 cells, two boxes each", "a grid", *lower, besides=(options,))
    usual = _outputs(rng, (4, 5, 3), 3, 0.6), (300.0, 200.0)
    yield evaluation("the usual thresholds", "a grid", *usual, besides=(options,))
    yield evaluation("at most 3 of twelve objects", options, twelve, (240.0, 480.0), 3)
    strict, loose = (_outputs(rng, (5, 5, 2), 2, 0.2) for _ in range(2))
    yield evaluation("a threshold of 0.3 for the overlap", options, strict, (64.0, 64.0), 20, 0.2, 0.3, **dropping)
    yield evaluation("a threshold of 0.6 for the overlap", options, loose, (64.0, 48.0), 30, 0.2, 0.6, **dropping)
    few = _outputs(rng, (4, 4, 2), 5, 0.2), (64.0, 96.0), 3, 0.2, 0.5
    yield evaluation("at most 3 boxes", options, *few, **dropping)
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


def _unsuppressed(yolo_outputs, image_shape=(720.0, 1280.0), max_boxes=10, score_threshold=0.6, iou_threshold=0.5):
    """What the filter gives, in the order of the grid."""
    box_xy, box_wh, confidence, probabilities = yolo_outputs
    corners = reference.yolo_boxes_to_corners(box_xy, box_wh)
    scores, boxes, classes = reference.yolo_filter_boxes(corners, confidence, probabilities, score_threshold)
    return scores, boxes * np.array([*image_shape, *image_shape], "f4"), classes


def _one_box(yolo_outputs, image_shape=(720.0, 1280.0), max_boxes=10, score_threshold=0.6, iou_threshold=0.5):
    """What `len(kept) < max_boxes` makes of an overlap in the place of the limit."""
    return tuple(part[:1] for part in _evaluate(suppress=False)(yolo_outputs, image_shape, 10, score_threshold))


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
yolo_eval.also("no-suppression", _unsuppressed)
_LIMIT, _OVERLAP, _SCORE = {"max_boxes": 10}, {"iou_threshold": 0.5}, {"score_threshold": 0.6}
_FORGOTTEN = (
    (
        "limit-and-overlap-forgotten",
        "Neither max_boxes nor iou_threshold is handed on to the suppression, which then takes 10 and 0.5, whatever "
        "was asked for.",
        _LIMIT | _OVERLAP,
    ),
    (
        "thresholds-forgotten",
        "Neither of the two thresholds is handed on: 0.6 and 0.5 are taken, whatever was asked for.",
        _SCORE | _OVERLAP,
    ),
    (
        "score-threshold-and-limit-forgotten",
        "score_threshold and max_boxes are not handed on: 0.6 and 10 are taken, whatever was asked for.",
        _SCORE | _LIMIT,
    ),
    (
        "all-options-forgotten",
        "None of the three options is handed on: filter and suppression take 0.6, 10 and 0.5, whatever was asked for.",
        _SCORE | _LIMIT | _OVERLAP,
    ),
)
for _key, _message, _changed in _FORGOTTEN:
    yolo_eval.mistake(_key, _message, _evaluate(**_changed))
yolo_eval.mistake(
    "options-by-place",
    "max_boxes and iou_threshold have changed places on the way to the suppression: hand them on by name, "
    "max_boxes=max_boxes.",
    _evaluate(max_boxes="iou_threshold", iou_threshold="max_boxes"),
)
yolo_eval.also("options-by-place", _one_box)
yolo_eval.raises("options-by-place", yolo_eval.mistakes[-1].message, r"slice indices must be integers")
for _key, _scale in (("not-scaled", None), ("width-and-height-exchanged", (1, 0))):
    for _forgotten, _, _changed in (
        *_FORGOTTEN,
        ("score-threshold-forgotten", "", _SCORE),
        ("iou-threshold-forgotten", "", _OVERLAP),
        ("limit-forgotten", "", _LIMIT),
    ):
        yolo_eval.pair(_key, _forgotten, _evaluate(scale=_scale, **_changed))
yolo_eval.hint("Four steps, each of them one of your functions or one line: corners, filter, scale, suppress.")
yolo_eval.hint("Hand the three options on by name, so that none is lost or exchanged.")
yolo_eval.hint("Corners are (y1, x1, y2, x2): multiply by (height, width, height, width).")
