"""The exercises of notebook 10 on anchors: which they are, and which of them is responsible for a box."""

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


def drawn_truth(rng, count, grid):
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
        boxes, anchors = drawn_truth(rng, count, grid), rng.uniform(0.4, 2.2, (5, 2))
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
    yield case("one box", drawn_truth(rng, 1, (3, 3)), ANCHORS, (3, 3), group=place)
    yield case("a grid of 3 rows and 5 columns", drawn_truth(rng, 6, (3, 5)), ANCHORS, (3, 5), group=place)
    yield case("seven boxes", drawn_truth(rng, 7, (4, 4)), ANCHORS, (4, 4), group=shape)
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
    first = drawn_truth(rng, 1, (3, 3))
    other = np.array([[*first[0, :2], first[0, 3], first[0, 2], 1.0]])
    yield case("a tall and a wide box in one cell", np.concatenate([first, other]), ANCHORS, (3, 3), group=edge)
    yield case("an image without objects", first[:0], ANCHORS, (3, 3), group=edge)


def _assign(
    cell=None,
    inside=None,
    size=None,
    anchor=None,
    last_wins=False,
    clip=True,
    anchor_in_image=False,
    sides=lambda n_H, n_W: (n_H, n_W),
    confidence=lambda overlap: 1.0,
    place_of=lambda row, column: (row, column),
):
    """A wrong variant that changes one step of the right one."""

    def variant(boxes, anchors, grid):
        n_H, n_W = grid
        target = np.zeros((n_H, n_W, len(anchors), 6))
        for box in boxes:
            x, y, w, h, kind = box
            rows, columns = sides(n_H, n_W)
            x, y, w, h = x * columns, y * rows, w * columns, h * rows
            column, row = (cell or (lambda x, y: (int(x), int(y))))(x, y)
            if clip:
                column, row = min(column, n_W - 1), min(row, n_H - 1)
            overlaps = reference._centred_iou(np.array([box[2:4] if anchor_in_image else (w, h)]), anchors)[0]
            best = anchor(w, h, anchors) if anchor else int(overlaps.argmax())
            entry = (*place_of(row, column), best)
            if target[entry][4] and not last_wins:
                continue
            p_w, p_h = anchors[best]
            place = inside(box, x, y) if inside else (x - column, y - row)
            scale = size(box, w, h, p_w, p_h) if size else (np.log(w / p_w), np.log(h / p_h))
            target[entry] = (*place, *scale, confidence(overlaps[best]), kind)
        return target

    return variant


def _keeps_the_better(boxes, anchors, grid):
    best = reference._centred_iou(boxes[:, 2:4] * grid[::-1], anchors).max(axis=1)
    return reference.assign_anchors(boxes[np.argsort(-best)], anchors, grid)


def _in_cells(box, x, y):
    return x, y


def _ratio(box, w, h, p_w, p_h):
    return w / p_w, h / p_h


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
    _assign(inside=_in_cells),
)
assign_anchors.mistake(
    "no-logarithm",
    "The size is the ratio to the anchor itself; the target holds its natural logarithm.",
    _assign(size=_ratio),
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
assign_anchors.mistake(
    "one-number-for-both",
    "Row and column come of the same number: the column is that of x, the row that of y.",
    _assign(cell=lambda x, y: (int(y), int(y))),
)
assign_anchors.also("one-number-for-both", _assign(cell=lambda x, y: (int(x), int(x))))
assign_anchors.also("first-axis-is-x", _assign(place_of=lambda row, column: (column, row)))
assign_anchors.mistake(
    "grid-exchanged",
    "grid is (n_H, n_W), rows first, and here it is taken for (columns, rows).",
    lambda boxes, anchors, grid: reference.assign_anchors(boxes, anchors, grid[::-1]),
)
assign_anchors.mistake(
    "rows-for-columns",
    "x and w are multiplied by the number of rows, y and h by that of the columns: x runs along the columns.",
    _assign(sides=lambda n_H, n_W: (n_W, n_H)),
)
assign_anchors.also(
    "size-not-in-cells",
    _assign(size=lambda box, w, h, p_w, p_h: (np.log(box[2] / p_w), np.log(box[3] / p_h)), anchor_in_image=True),
)
assign_anchors.mistake(
    "size-in-the-target",
    "The target holds the box's size itself; it should be the logarithm of its ratio to the anchor: t_w = ln(w / p_w).",
    _assign(size=lambda box, w, h, p_w, p_h: (w, h)),
)
assign_anchors.mistake(
    "beyond-the-edge",
    "A centre on the right or lower edge would fall into a cell beyond the last one: it belongs to the last cell.",
    _assign(clip=False),
    group="edges and taken entries",
)
assign_anchors.mistake(
    "worst-anchor",
    "Each box goes to the anchor with the *smallest* IoU; take the largest.",
    _assign(anchor=lambda w, h, anchors: int(reference._centred_iou(np.array([(w, h)]), anchors)[0].argmin())),
)
assign_anchors.mistake(
    "no-confidence",
    "p_c stays 0 where there is a box, so that the network learns that there is nothing: it is 1 there.",
    _assign(confidence=lambda overlap: 0.0),
)
assign_anchors.mistake(
    "overlap-for-confidence",
    "p_c is the IoU of box and anchor; in the target it is 1, for there is an object.",
    _assign(confidence=lambda overlap: overlap),
)
assign_anchors.pair("place-in-cells", "no-logarithm", _assign(inside=_in_cells, size=_ratio))
assign_anchors.pair("place-in-the-image", "no-logarithm", _assign(inside=lambda box, x, y: box[:2], size=_ratio))
assign_anchors.pair("beyond-the-edge", "last-wins", _assign(clip=False, last_wins=True))
assign_anchors.raises(
    "beyond-the-edge", assign_anchors.mistakes[-7].message, r"index (\d+) is out of bounds for axis \d with size \1\b"
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
