"""The exercises of notebook 10 on training: anchors, targets, reading the output, the loss."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.yolo.comparing_boxes import anchors_for, fit, topic

# kmeans_anchors


def _sizes(rng, count, lean=-0.5, low=0.05, spread=0.45):
    """Sizes of boxes from small to large, most of them taller than wide."""
    size = np.exp(rng.uniform(np.log(low), np.log(0.8), count))
    ratio = np.exp(rng.normal(lean, spread, count))
    return np.stack([size * np.sqrt(ratio), size / np.sqrt(ratio)], axis=1)


@topic.exercise(reference=reference.kmeans_anchors, section="Which anchors")
def kmeans_anchors(rng):
    def clustering(title, group, wh, k):
        anchors = reference.kmeans_anchors(wh, k)
        return case(title, wh, k, group=group, expect=anchors, compare=anchors_for(wh, k, fit(wh, anchors)))

    yield clustering("100 boxes, two anchors", "two or three anchors", _sizes(rng, 100), 2)
    yield clustering("120 boxes, three anchors", "two or three anchors", _sizes(rng, 120), 3)
    yield clustering(
        "boxes of one size: an anchor without boxes stays where it is",
        "two or three anchors",
        np.full((20, 2), [0.2, 0.4]),
        2,
    )
    yield clustering("150 boxes, five anchors", "five anchors", _sizes(rng, 150, low=0.02), 5)
    yield clustering("sizes in cells, five anchors", "five anchors", 19 * _sizes(rng, 150, low=0.02), 5)


def _kmeans(distance, start=None, steps=100, columns=(0, 1)):
    def variant(wh, k):
        anchors = wh[np.random.default_rng(1).choice(len(wh), k, replace=False)]
        for _ in range(steps):
            nearest = distance(wh, anchors).argmin(axis=1)
            anchors = np.array(
                [wh[nearest == i].mean(axis=0) if np.any(nearest == i) else anchors[i] for i in range(k)]
            )
        return anchors[:, columns]

    return variant


def _one_less_iou(wh, anchors):
    shared = np.minimum(wh[:, None], anchors[None]).prod(axis=-1)
    return 1 - shared / (wh.prod(axis=1)[:, None] + anchors.prod(axis=1)[None] - shared)


kmeans_anchors.mistake(
    "euclidean-distance",
    "The boxes are grouped by the ordinary distance between (w, h) and (w, h), so large boxes count most. Use 1 - "
    "IoU. See "
    "'Which anchors'.",
    _kmeans(lambda wh, anchors: ((wh[:, None] - anchors[None]) ** 2).sum(axis=-1)),
)
kmeans_anchors.mistake(
    "never-moved",
    "The anchors stay where they began, at some of the boxes: move each to the mean of its boxes, and repeat.",
    _kmeans(_one_less_iou, steps=0),
)
kmeans_anchors.mistake(
    "width-and-height-exchanged",
    "The anchors come out as (h, w); they should be (w, h), as in wh.",
    _kmeans(_one_less_iou, columns=(1, 0)),
)
kmeans_anchors.mistake(
    "by-area",
    "The boxes are grouped by their area alone: the shape counts too. Use 1 - IoU.",
    _kmeans(lambda wh, anchors: np.abs(wh.prod(axis=1)[:, None] - anchors.prod(axis=1)[None])),
)
kmeans_anchors.mistake(
    "all-equal",
    "All anchors are equal: each should be the mean of its own boxes only.",
    lambda wh, k: np.tile(wh.mean(axis=0), (k, 1)),
)
kmeans_anchors.hint(
    "What is the IoU of two boxes with one centre? The shared part is min(w1, w2) wide and min(h1, h2) high."
)
kmeans_anchors.hint(
    "Begin with k of the boxes, drawn at random. Give each box to the anchor with the largest IoU, then move each "
    "anchor to the mean of its boxes."
)
kmeans_anchors.hint(
    "Repeat until no box changes its anchor. An anchor without boxes stays where it is: the mean of nothing is NaN."
)


# assign_anchors


ANCHORS = np.array([[0.6, 1.5], [1.6, 0.7]])


def _truth(rng, count, grid):
    """Boxes in different cells, of clear shape."""
    n_H, n_W = grid
    cells = rng.choice(n_H * n_W, count, replace=False)
    x = (cells % n_W + rng.uniform(0.1, 0.9, count)) / n_W
    y = (cells // n_W + rng.uniform(0.1, 0.9, count)) / n_H
    tall = rng.uniform(size=count) < 0.5
    longer, shorter = rng.uniform(1.2, 1.9, count), rng.uniform(0.4, 0.8, count)
    w, h = np.where(tall, shorter, longer) / n_W, np.where(tall, longer, shorter) / n_H
    return np.column_stack([x, y, w, h, rng.integers(0, 3, count)])


def _close_calls(rng, count, grid):
    """Boxes and anchors of many shapes, so that the best anchor is often only a little better than the next."""
    while True:
        boxes, anchors = _truth(rng, count, grid), rng.uniform(0.4, 2.2, (5, 2))
        overlaps = np.sort(reference._centred_iou(boxes[:, 2:4] * grid[::-1], anchors), axis=1)
        if np.min(overlaps[:, -1] - overlaps[:, -2]) > 1e-4:
            return boxes, anchors


@topic.exercise(reference=reference.assign_anchors, section="Who is responsible")
def assign_anchors(rng):
    place, shape, edge = "the cell and the place in it", "the anchor and the size", "edges and taken entries"
    exact = np.array([[0.5, 0.5, 0.6 / 3, 1.5 / 3, 2.0]])
    target = np.zeros((3, 3, 2, 6))
    target[1, 1, 0] = (0.5, 0.5, 0.0, 0.0, 1.0, 2.0)
    yield case("a box in the middle, as large as the first anchor", exact, ANCHORS, (3, 3), group=place, expect=target)
    yield case("one box", _truth(rng, 1, (3, 3)), ANCHORS, (3, 3), group=place)
    yield case("a grid of 3 rows and 5 columns", _truth(rng, 6, (3, 5)), ANCHORS, (3, 5), group=place)
    yield case("seven boxes", _truth(rng, 7, (4, 4)), ANCHORS, (4, 4), group=shape)
    # with the area alone, or the distance of the sizes, another anchor would be chosen for one of these
    anchors = np.array([[1.0, 1.0], [0.4, 2.6], [3.0, 3.0]])
    sizes = np.array([[0.7, 1.6], [0.45, 2.2], [1.9, 1.9]]) / 4
    centres = (rng.permutation(4)[:3, None] + rng.uniform(0.2, 0.8, (3, 2))) / 4
    centres[:, 1] = (np.arange(3) + rng.uniform(0.2, 0.8, 3)) / 4
    tricky = np.column_stack([centres, sizes, [0, 1, 2]])
    yield case("three anchors of different sizes", tricky, anchors, (4, 4), group=shape)
    yield case("19x19 cells and five anchors", *_close_calls(rng, 40, (19, 19)), (19, 19), group=shape)
    yield case(
        "a centre on the right and lower edge",
        np.array([[1.0, 1.0, 0.2, 0.5, 1.0], [0.2, 1.0, 0.5, 0.2, 0.0]]),
        ANCHORS,
        (3, 3),
        group=edge,
    )
    again = exact * (1, 1, 1, 1, 0) + np.array([[0, 0, 0, 0, 0], [0.03, -0.05, -0.02, 0.04, 1]])
    yield case("two boxes for one entry: the first keeps it", again, ANCHORS, (3, 3), group=edge)
    yield case("two boxes for one entry, the second of which fits better", again[::-1], ANCHORS, (3, 3), group=edge)
    # the logarithms of the sizes are nearer to the first anchor
    yield case(
        "an anchor too wide and one too tall",
        np.array([[0.4, 0.6, 1 / 3, 1 / 3, 1.0]]),
        np.array([[1.5, 1.5], [1.0, 2.1]]),
        (3, 3),
        group=shape,
    )
    first = _truth(rng, 1, (3, 3))
    other = np.array([[*first[0, :2], first[0, 3], first[0, 2], 1.0]])
    yield case("a tall and a wide box in one cell", np.concatenate([first, other]), ANCHORS, (3, 3), group=edge)
    yield case("an image without objects", first[:0], ANCHORS, (3, 3), group=edge)


def _assign(
    cell=None, inside=None, size=None, anchor=None, last_wins=False, clip=True, entry=None, anchor_in_image=False
):
    """A wrong variant that changes one step of the right one."""

    def variant(boxes, anchors, grid):
        n_H, n_W = grid
        target = np.zeros((n_H, n_W, len(anchors), 6))
        for box in boxes:
            x, y, w, h, kind = box
            x, y, w, h = x * n_W, y * n_H, w * n_W, h * n_H
            column, row = (cell or (lambda x, y: (int(x), int(y))))(x, y)
            if clip:
                column, row = min(column, n_W - 1), min(row, n_H - 1)
            overlaps = reference._centred_iou(np.array([box[2:4] if anchor_in_image else (w, h)]), anchors)[0]
            best = anchor(w, h, anchors) if anchor else int(overlaps.argmax())
            if target[row, column, best, 4] and not last_wins:
                continue
            p_w, p_h = anchors[best]
            place = inside(box, x, y) if inside else (x - column, y - row)
            scale = size(box, w, h, p_w, p_h) if size else (np.log(w / p_w), np.log(h / p_h))
            target[row, column, best] = (*place, *scale, 1.0, kind)
        if entry:
            return target[..., entry]
        return target

    return variant


def _keeps_the_better(boxes, anchors, grid):
    best = reference._centred_iou(boxes[:, 2:4] * grid[::-1], anchors).max(axis=1)
    return reference.assign_anchors(boxes[np.argsort(-best)], anchors, grid)


assign_anchors.mistake(
    "first-axis-is-x",
    "Rows and columns are exchanged: y chooses the row, which is the first axis of the target, x the column.",
    lambda boxes, anchors, grid: reference.assign_anchors(boxes, anchors, grid).swapaxes(0, 1),
)
assign_anchors.mistake(
    "place-in-the-image",
    "x and y are places in the image; the target holds the place inside the cell, from 0 to 1.",
    _assign(inside=lambda box, x, y: box[:2]),
)
assign_anchors.mistake(
    "place-in-cells",
    "x and y count cells from the corner of the image; subtract the cell's own column and row.",
    _assign(inside=lambda box, x, y: (x, y)),
)
assign_anchors.mistake(
    "no-logarithm",
    "The size is the ratio to the anchor itself; the target holds its natural logarithm.",
    _assign(size=lambda box, w, h, p_w, p_h: (w / p_w, h / p_h)),
)
assign_anchors.mistake(
    "ratio-upside-down",
    "The ratio is upside down: t_w = ln(w / p_w), the box over the anchor.",
    _assign(size=lambda box, w, h, p_w, p_h: (np.log(p_w / w), np.log(p_h / h))),
)
assign_anchors.mistake(
    "size-not-in-cells",
    "The box's size is a fraction of the image and the anchors' are in cells: multiply the width by the number of "
    "columns and the height by the number of rows, for the IoU as well.",
    _assign(size=lambda box, w, h, p_w, p_h: (np.log(box[2] / p_w), np.log(box[3] / p_h))),
)
assign_anchors.mistake(
    "IoU-not-in-cells",
    "The anchor is chosen with the box's size as a fraction of the image, and the anchors are in "
    "cells: multiply the width by the number of columns and the height by the number of rows, for the IoU too.",
    _assign(anchor_in_image=True),
)
assign_anchors.mistake(
    "keeps-the-better",
    "Of two boxes for one entry the one with the larger IoU stays; the first keeps it, however it fits.",
    _keeps_the_better,
)
assign_anchors.mistake(
    "always-the-first-anchor",
    "Every box goes to the first anchor; choose the one with the largest IoU.",
    _assign(anchor=lambda w, h, anchors: 0),
)
assign_anchors.mistake(
    "nearest-size",
    "The anchor with the nearest (w, h) is chosen; it should be the one with the largest IoU.",
    _assign(anchor=lambda w, h, anchors: int(((anchors - (w, h)) ** 2).sum(axis=1).argmin())),
)
assign_anchors.mistake(
    "last-wins",
    "Where two boxes want one entry, the second overwrites the first; the first keeps it.",
    _assign(last_wins=True),
)
assign_anchors.mistake(
    "rounded",
    "The cell is found by rounding; a centre at 1.7 lies in the cell that begins at 1.",
    _assign(cell=lambda x, y: (round(x), round(y))),
)
assign_anchors.hint(
    "First put everything into cells: x and w times the number of columns, y and h times the number of rows."
)
assign_anchors.hint(
    "int(x) and int(y) are the column and the row (a centre on the last edge belongs to the last cell); the rest "
    "is the place inside."
)
assign_anchors.hint(
    "Which anchor has the largest IoU with (w, h), both laid on one centre? If its entry is taken, leave the box out."
)


# decode_head


def _features(rng, m, n_H, n_W, anchors, num_classes):
    features = rng.normal(size=(m, n_H, n_W, anchors, 5 + num_classes))
    features[..., 2:4] *= 0.5
    return features.reshape(m, n_H, n_W, -1).astype("f4")


@topic.exercise(
    reference=reference.decode_head,
    outputs=("box_xy", "box_wh", "box_confidence", "box_class_probs"),
    section="Reading the output",
    by_output=True,
)
def decode_head(rng):
    rounded = {"tolerance": 1e-5}  # the features are in float32, and whole numbers beside them make float64 of it
    one = np.array([[1.0, 2.0]], "f4")
    half = np.full((1, 2, 2, 1, 1), 0.5, "f4")
    centres = np.array([[(0.25, 0.25), (0.75, 0.25)], [(0.25, 0.75), (0.75, 0.75)]], "f4").reshape(1, 2, 2, 1, 2)
    yield case(
        "all zeros, 2x2 cells, one anchor",
        np.zeros((1, 2, 2, 7), "f4"),
        one,
        2,
        group="by hand",
        expect=(centres, half * np.array([1, 2], "f4"), half, np.repeat(half, 2, axis=4)),
        **rounded,
    )
    anchors = ANCHORS.astype("f4")
    yield case(
        "3x3 cells, two anchors, three classes", _features(rng, 1, 3, 3, 2, 3), anchors, 3, group="grids", **rounded
    )
    yield case("three rows and five columns", _features(rng, 2, 3, 5, 2, 3), anchors, 3, group="grids", **rounded)
    wide = rng.uniform(0.5, 6, (5, 2)).astype("f4")
    yield case("five anchors, eighty classes", _features(rng, 1, 4, 3, 5, 80), wide, 80, group="grids", **rounded)
    large = _features(rng, 1, 2, 3, 2, 4).reshape(1, 2, 3, 2, 9)
    large[..., 5:] += 1000 * np.sign(large[..., 5:])
    large[0, 1, 2, 0, 5:] -= 2000  # here every class is far below the largest of the other boxes
    yield case(
        "large numbers for the classes", large.reshape(1, 2, 3, 18), anchors, 4, group="large numbers", **rounded
    )


def _decode(xy=None, wh=None, confidence=None, probabilities=None, cells=None):
    """A wrong variant that changes one part of the right result."""

    def variant(features, anchors, num_classes):
        m, n_H, n_W, _ = features.shape
        parts = features.reshape(m, n_H, n_W, len(anchors), 5 + num_classes)
        if cells:
            parts = cells(features, len(anchors), num_classes)
            features = np.ascontiguousarray(parts).reshape(features.shape)
        result = list(reference.decode_head(features, anchors, num_classes))
        grid = np.array([n_W, n_H], "f4")
        for place, change in enumerate((xy, wh, confidence, probabilities)):
            if change:
                result[place] = change(parts, result[place], grid, anchors)
        return tuple(result)

    return variant


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _overflowing_softmax(parts, right, grid, anchors):
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(parts[..., 5:])
        return powers / powers.sum(axis=-1, keepdims=True)


decode_head.mistake(
    "no-sigmoid",
    "t_x and t_y are added as they are: their sigmoid keeps the centre inside its cell.",
    _decode(xy=lambda parts, right, grid, anchors: right + (parts[..., :2] - _sigmoid(parts[..., :2])) / grid),
)
decode_head.mistake(
    "no-cell",
    "The centre is that inside the cell: the cell's column and row are not added. See 'Reading the output'.",
    _decode(xy=lambda parts, right, grid, anchors: _sigmoid(parts[..., :2]) / grid),
)
decode_head.mistake(
    "row-for-column",
    "The row is added to x and the column to y; x runs along the columns.",
    _decode(
        xy=lambda parts, right, grid, anchors: (
            (
                _sigmoid(parts[..., :2])
                + np.stack(np.meshgrid(np.arange(grid[0]), np.arange(grid[1])), -1)[:, :, None, ::-1].astype("f4")
            )
            / grid
        )
    ),
)
decode_head.mistake(
    "in-cells",
    "The centres count cells; divide x by the number of columns and y by the number of rows.",
    _decode(xy=lambda parts, right, grid, anchors: right * grid),
)
decode_head.mistake(
    "divided-by-the-wrong-side",
    "x is divided by the number of rows and y by that of the columns.",
    _decode(
        xy=lambda parts, right, grid, anchors: right * grid / grid[::-1],
        wh=lambda parts, right, grid, anchors: right * grid / grid[::-1],
    ),
)
decode_head.mistake(
    "no-exponential",
    "The anchor is multiplied by t_w and t_h themselves; it should be by their exponential.",
    _decode(wh=lambda parts, right, grid, anchors: anchors * parts[..., 2:4] / grid),
)
decode_head.mistake(
    "no-anchor",
    "The anchors are not used: b_w = p_w exp(t_w).",
    _decode(wh=lambda parts, right, grid, anchors: np.exp(parts[..., 2:4]) / grid),
)
decode_head.mistake(
    "size-in-cells",
    "The sizes are still in cells; divide the width by the number of columns, the height by that of the rows.",
    _decode(wh=lambda parts, right, grid, anchors: right * grid),
)
decode_head.mistake(
    "raw-confidence",
    "The confidence is t_o itself; its sigmoid is a number from 0 to 1.",
    _decode(confidence=lambda parts, right, grid, anchors: parts[..., 4:5]),
)
decode_head.mistake(
    "sigmoid-for-softmax",
    "Each class has a sigmoid of its own; with a softmax the probabilities add up to 1.",
    _decode(probabilities=lambda parts, right, grid, anchors: _sigmoid(parts[..., 5:])),
)
decode_head.mistake(
    "softmax-overflows",
    "The softmax gives NaN for large numbers: subtract the largest before the exponential.",
    _decode(probabilities=_overflowing_softmax),
)
decode_head.mistake(
    "anchors-last",
    "The numbers of one anchor lie together: (t_x, t_y, t_w, t_h, t_o, classes) of the first, "
    "then those of "
    "the second. Reshape to (..., anchors, 5 + classes).",
    _decode(
        cells=lambda features, anchors, num_classes: features.reshape(
            *features.shape[:3], 5 + num_classes, anchors
        ).swapaxes(3, 4)
    ),
)
decode_head.hint("Reshape the last axis into (anchors, 5 + num_classes); then each part is a slice of the last axis.")
decode_head.hint(
    "For all cells at once you need an array with each cell's (column, row): np.meshgrid(np.arange(n_W), "
    "np.arange(n_H)) helps. It needs an axis for the anchors."
)
decode_head.hint(
    "Divide (x, y) and (w, h) by (n_W, n_H). A slice such as [..., 4:5] keeps its axis, which the confidence needs."
)


# yolo_loss


def _sure(rng, size, sign):
    """Logits so large that a logarithm of the sigmoid would be infinite."""
    features = rng.normal(size=size)
    features[..., 4:] *= 0
    features[..., 4] = sign * 120.0
    features[..., 5] = sign * 110.0
    return features


def _loss_case(rng, title, group, m, grid, objects, num_classes=3, options=(), probe="loss", sure=0):
    anchors = ANCHORS
    targets = [reference.assign_anchors(_truth(rng, objects, grid), anchors, grid) for _ in range(m)]
    y_true = np.stack(targets).astype("f4")
    y_true[..., 5] = np.where(y_true[..., 4] > 0, y_true[..., 5] % num_classes, 0)
    shape = (m, *grid, len(anchors), 5 + num_classes)
    features = _sure(rng, shape, sure) if sure else rng.normal(size=shape)
    return case(
        title,
        y_true,
        features.reshape(m, *grid, -1).astype("f4"),
        *options,
        group=group,
        probe=f"dlcourse.checking.probes.detection:{probe}",
        tolerance=1e-5,
    )


@topic.exercise(
    reference=reference.yolo_loss,
    section="The loss",
    needs="tensorflow",
    aliases={"target": "y_true", "features": "y_pred"},
    weights={"images with objects": 2.0},
)
def yolo_loss(rng):
    """Cases from one cell to many images; log is the natural logarithm."""
    probe = "dlcourse.checking.probes.detection:loss"
    zeros, empty = np.zeros((1, 1, 1, 7), "f4"), np.zeros((1, 1, 1, 1, 6), "f4")
    yield case(
        "one cell with nothing in it, an output of zeros",
        empty,
        zeros,
        group="one cell",
        probe=probe,
        expect=np.float32(0.5 * np.log(2)),
        tolerance=1e-5,
    )
    middle = np.array([0.5, 0.5, 0, 0, 1, 1], "f4").reshape(1, 1, 1, 1, 6)
    yield case(
        "one object where the output of zeros says it is",
        middle,
        zeros,
        group="one cell",
        probe=probe,
        expect=np.float32(2 * np.log(2)),
        tolerance=1e-5,
    )
    yield case(
        "one object beside it",
        np.array([0.9, 0.2, 0.5, -1, 1, 0], "f4").reshape(1, 1, 1, 1, 6),
        zeros,
        group="one cell",
        probe=probe,
        expect=np.float32(5 * (0.16 + 0.09 + 0.25 + 1) + 2 * np.log(2)),
        tolerance=1e-5,
    )
    yield _loss_case(rng, "one image with two objects", "images with objects", 1, (3, 3), 2)
    yield _loss_case(rng, "four images", "images with objects", 4, (3, 4), 3)
    yield _loss_case(rng, "images without objects", "images with objects", 3, (2, 3), 0)
    yield _loss_case(rng, "lambda_coord = 2", "the two weights", 2, (3, 3), 2, options=(2.0,))
    yield _loss_case(rng, "lambda_noobj = 0.1", "the two weights", 2, (3, 3), 2, options=(5.0, 0.1))
    yield _loss_case(rng, "very sure, and wrong everywhere", "very sure networks", 2, (3, 3), 2, sure=1)
    yield _loss_case(rng, "very sure that there is nothing", "very sure networks", 2, (3, 3), 2, sure=-1)
    yield _loss_case(rng, "the gradient", "gradient", 2, (3, 3), 3, probe="loss_gradient")
    yield _loss_case(rng, "the gradient of one image", "gradient", 1, (3, 4), 2, probe="loss_gradient")


def _loss(
    position=None,
    size=None,
    switch=None,
    everywhere=(),
    total=None,
    coord=None,
    noobj=None,
    confidence=None,
    squared=False,
    unstable=False,
):
    """A wrong variant that changes one part of the right one."""

    def variant(y_true, y_pred, lambda_coord=5.0, lambda_noobj=0.5):
        import tensorflow as tf

        y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        cells = tf.reshape(y_pred, [*y_true.shape[:4], -1])
        present = y_true[..., 4] if switch is None else switch(y_true[..., 4], cells[..., 4])
        truth = y_true[..., 4]
        xy = (position or tf.sigmoid)(cells[..., :2])
        wh = (size or tf.identity)(cells[..., 2:4])
        error = tf.concat([xy - y_true[..., :2], wh - y_true[..., 2:4]], axis=-1)
        boxes = tf.reduce_sum(tf.abs(error) if squared else error**2, axis=-1)
        cross = tf.nn.sigmoid_cross_entropy_with_logits(labels=truth, logits=cells[..., 4])
        if confidence:
            cross = confidence(truth, tf.sigmoid(cells[..., 4]))
        kind = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y_true[..., 5], tf.int32), cells[..., 5:])
        if unstable:
            sure = tf.sigmoid(cells[..., 4])
            cross = -truth * tf.math.log(sure) - (1 - truth) * tf.math.log(1 - sure)
            chosen = tf.gather(tf.nn.softmax(cells[..., 5:]), tf.cast(y_true[..., 5], tf.int32), batch_dims=4)
            kind = -tf.math.log(chosen)
        one = tf.ones_like(present)
        coord_weight = lambda_coord if coord is None else coord(lambda_coord, lambda_noobj)
        noobj_weight = lambda_noobj if noobj is None else noobj(lambda_coord, lambda_noobj)
        each = coord_weight * boxes * (one if "boxes" in everywhere else present)
        each += kind * (one if "classes" in everywhere else present)
        each += cross * truth + noobj_weight * cross * (1 - truth)
        return (total or (lambda each: tf.reduce_sum(each) / each.shape[0]))(each)

    return variant


def _tf():
    import tensorflow as tf

    return tf


yolo_loss.mistake(
    "switched-by-the-prediction",
    "The box and class errors are switched on where the *predicted* confidence is high; the true p_c decides. The "
    "threshold on the prediction belongs to the filter. See 'The loss'.",
    _loss(switch=lambda truth, logit: _tf().cast(logit >= 0, truth.dtype)),
)
yolo_loss.mistake(
    "boxes-everywhere",
    "The error of the box counts in empty entries too, where the target is only zeros: multiply by the true p_c.",
    _loss(everywhere=("boxes",)),
)
yolo_loss.mistake(
    "classes-everywhere",
    "The error of the class counts in empty entries too: multiply by the true p_c.",
    _loss(everywhere=("classes",)),
)
yolo_loss.mistake(
    "all-everywhere",
    "The errors of box and class count in empty entries too: multiply both by the true p_c.",
    _loss(everywhere=("boxes", "classes")),
)
yolo_loss.mistake(
    "no-sigmoid",
    "t_x and t_y are compared with the place in the cell as they are; compare their sigmoid.",
    _loss(position=lambda xy: xy),
)
yolo_loss.mistake(
    "exponential-of-the-size",
    "exp(t_w) is compared with ln(w / p_w); the target already holds t_w itself.",
    _loss(size=lambda wh: _tf().exp(wh)),
)
yolo_loss.mistake(
    "no-lambda-noobj",
    "The confidence of empty entries counts in full: weigh it with lambda_noobj.",
    _loss(noobj=lambda coord, noobj: 1.0),
)
yolo_loss.mistake(
    "empty-places-left-out",
    "Empty entries are left out: their confidence must learn to be 0, weighed with lambda_noobj.",
    _loss(noobj=lambda coord, noobj: 0.0),
)
yolo_loss.mistake(
    "no-lambda-coord", "The error of the box is not multiplied by lambda_coord.", _loss(coord=lambda coord, noobj: 1.0)
)
yolo_loss.mistake(
    "weights-exchanged",
    "The two weights are exchanged: lambda_coord is for the boxes, lambda_noobj for empty entries.",
    _loss(coord=lambda coord, noobj: noobj, noobj=lambda coord, noobj: coord),
)
yolo_loss.mistake(
    "mean-over-cells",
    "The errors are averaged over cells and anchors; sum them there, and average over images only.",
    _loss(total=lambda each: _tf().reduce_mean(each)),
)
yolo_loss.mistake(
    "not-averaged",
    "The errors are summed over the images as well; divide by their number.",
    _loss(total=lambda each: _tf().reduce_sum(each)),
)
yolo_loss.mistake(
    "squared-confidence",
    "The error of the confidence is squared, as in the first YOLO; here it is a cross-entropy.",
    _loss(confidence=lambda truth, sure: (truth - sure) ** 2),
)
yolo_loss.mistake(
    "absolute-errors", "The errors of the box are absolute values; they should be squares.", _loss(squared=True)
)
yolo_loss.mistake(
    "logarithm-of-zero",
    "For a very sure network the sigmoid or the softmax is exactly 0 or 1, and its logarithm infinite. TensorFlow's "
    "..._with_logits functions take the numbers before the sigmoid and stay finite.",
    _loss(unstable=True),
)
yolo_loss.hint(
    "Reshape y_pred to (m, n_H, n_W, anchors, 5 + classes); then every part is a slice of the last axis, as in "
    "the target."
)
yolo_loss.hint("present = y_true[..., 4] is 1 where there is an object: multiplying by it switches a term on and off.")
yolo_loss.hint(
    "tf.nn.sigmoid_cross_entropy_with_logits and tf.nn.sparse_softmax_cross_entropy_with_logits give the two "
    "logarithms, one number for each entry."
)
