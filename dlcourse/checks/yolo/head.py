"""An exercise of notebook 10: reading the output of the network."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.yolo.anchors import ANCHORS
from dlcourse.checks.yolo.comparing_boxes import topic


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


def _softmax_over_everything(parts, right, grid, anchors):
    powers = np.exp(parts[..., 5:] - parts[..., 5:].max())
    return powers / powers.sum()


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
decode_head.mistake(
    "nothing-divided",
    "Centres and sizes are still in cells: divide x and w by the number of columns, y and h by that of the rows.",
    _decode(xy=lambda parts, right, grid, anchors: right * grid, wh=lambda parts, right, grid, anchors: right * grid),
)
decode_head.mistake(
    "softmax-over-everything",
    "The softmax adds up the numbers of all cells; each anchor of each cell has probabilities of its own: axis=-1, "
    "keepdims=True.",
    _decode(probabilities=_softmax_over_everything),
)
decode_head.mistake(
    "exponent-without-minus",
    "The sigmoid falls where it should rise: it is 1 / (1 + exp(-x)), with a minus.",
    _decode(
        xy=lambda parts, right, grid, anchors: right + (_sigmoid(-parts[..., :2]) - _sigmoid(parts[..., :2])) / grid,
        confidence=lambda parts, right, grid, anchors: _sigmoid(-parts[..., 4:5]),
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
