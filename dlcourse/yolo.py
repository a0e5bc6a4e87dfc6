"""Boxes, suppression, anchors, the loss and the network of YOLO: the references of notebook 10.

Three ways to write a box occur, and each function says which it takes:
corners (x1, y1, x2, y2) or (y1, x1, y2, x2), and centre with size (x, y, w, h). x runs to the right, y downwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int, Num

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


GIVEN = ("average_precision", "precision_and_recall")  # to notebooks, also while these are graded


# Boxes


def iou(box1: Num[np.ndarray, "*boxes 4"], box2: Num[np.ndarray, "*boxes 4"]) -> Float[np.ndarray, "*boxes"]:
    """Shared area over the area of both together: area1 + area2 - shared.

    Args:
        box1, box2: corners (x1, y1, x2, y2) in any unit, the same for both. Leading axes are broadcast.

    Returns:
        A number from 0 to 1. Boxes that only touch have 0, and so has a box without area: one of width or height 0,
        or one whose corners are the wrong way round.
    """
    box1, box2 = np.asarray(box1, dtype=np.float64), np.asarray(box2, dtype=np.float64)
    sides = np.minimum(box1[..., 2:], box2[..., 2:]) - np.maximum(box1[..., :2], box2[..., :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    area1, area2 = (np.prod(box[..., 2:] - box[..., :2], axis=-1) for box in (box1, box2))
    return np.divide(shared, area1 + area2 - shared, out=np.zeros_like(shared), where=shared > 0)


def yolo_filter_boxes(
    boxes: Float[np.ndarray, "*grid anchors 4"],
    box_confidence: Float[np.ndarray, "*grid anchors 1"],
    box_class_probs: Float[np.ndarray, "*grid anchors classes"],
    threshold: float = 0.6,
) -> tuple[Float[np.ndarray, " kept"], Float[np.ndarray, "kept 4"], Int[np.ndarray, " kept"]]:
    """Keep the boxes whose best class has a score of at least `threshold`; score = confidence * class probability.

    Args:
        boxes: corners, in either order and any unit; they are handed on as they are.
        threshold: a score equal to it stays.

    Returns:
        scores, boxes and classes (numbers from 0) of those kept.
    """
    box_scores = box_confidence * box_class_probs
    best = box_scores.max(axis=-1)
    keep = best >= threshold
    return best[keep], boxes[keep], box_scores.argmax(axis=-1)[keep]


def yolo_non_max_suppression(
    scores: Float[np.ndarray, " n"],
    boxes: Float[np.ndarray, "n 4"],
    classes: Num[np.ndarray, " n"],
    max_boxes: int = 10,
    iou_threshold: float = 0.5,
) -> tuple[Float[np.ndarray, " kept"], Float[np.ndarray, "kept 4"], Num[np.ndarray, " kept"]]:
    """Go through the boxes by falling score and drop each that overlaps a kept one of the same class.

    Args:
        boxes: corners, (x1, y1, x2, y2) or (y1, x1, y2, x2), in any unit.
        max_boxes: the most boxes to return, all classes together.
        iou_threshold: a box goes when its IoU with a kept one is larger; equal stays.

    Returns:
        scores, boxes and classes of those kept, by falling score; of equal scores the first given comes first.
    """
    left = np.argsort(-scores, kind="stable")
    kept = []
    while len(left) > 0 and len(kept) < max_boxes:
        best, left = left[0], left[1:]
        kept.append(best)
        clash = (classes[left] == classes[best]) & (iou(boxes[best], boxes[left]) > iou_threshold)
        left = left[~clash]
    kept = np.array(kept, dtype=int)
    return scores[kept], boxes[kept], classes[kept]


def yolo_boxes_to_corners(
    box_xy: Float[np.ndarray, "*boxes 2"], box_wh: Float[np.ndarray, "*boxes 2"]
) -> Float[np.ndarray, "*boxes 4"]:
    """Centre and size to corners (y1, x1, y2, x2), in the unit of the input: mind that y comes first.

    Args:
        box_xy: centres (x, y).
        box_wh: sizes (w, h).
    """
    half = box_wh / 2
    return np.concatenate([(box_xy - half)[..., ::-1], (box_xy + half)[..., ::-1]], axis=-1)


def yolo_eval(
    yolo_outputs: tuple,
    image_shape: tuple[float, float] = (720.0, 1280.0),
    max_boxes: int = 10,
    score_threshold: float = 0.6,
    iou_threshold: float = 0.5,
) -> tuple[Float[np.ndarray, " kept"], Float[np.ndarray, "kept 4"], Int[np.ndarray, " kept"]]:
    """From the decoded output of the network to the boxes to draw.

    Args:
        yolo_outputs: box_xy, box_wh (centres and sizes, fractions of the image), box_confidence, box_class_probs,
            as `decode_head` returns them.
        image_shape: height and width of the image, in pixels.

    Returns:
        scores, boxes and classes by falling score; boxes are corners (y1, x1, y2, x2) in pixels.
    """
    box_xy, box_wh, box_confidence, box_class_probs = yolo_outputs
    boxes = yolo_boxes_to_corners(box_xy, box_wh)
    scores, boxes, classes = yolo_filter_boxes(boxes, box_confidence, box_class_probs, score_threshold)
    height, width = image_shape
    boxes = boxes * np.array([height, width, height, width], dtype=boxes.dtype)
    return yolo_non_max_suppression(scores, boxes, classes, max_boxes, iou_threshold)


# Anchors and targets


def _centred_iou(wh1: np.ndarray, wh2: np.ndarray) -> np.ndarray:
    """IoU of boxes given by their sizes, laid on the same centre: (n, 2) and (k, 2) -> (n, k)."""
    shared = np.minimum(wh1[:, None], wh2[None]).prod(axis=-1)
    return shared / (wh1.prod(axis=-1)[:, None] + wh2.prod(axis=-1)[None] - shared)


def assign_anchors(
    boxes: Float[np.ndarray, "n 5"], anchors: Float[np.ndarray, "anchors 2"], grid: tuple[int, int]
) -> Float[np.ndarray, "n_H n_W anchors 6"]:
    """The target of one image: each box in the cell of its centre, at the anchor whose shape has the largest IoU.

    An entry is (x, y, t_w, t_h, p_c, class): the centre inside the cell, from 0 to 1; t_w = ln(w / p_w) and
    t_h = ln(h / p_h) for an anchor (p_w, p_h); 1 for "there is a box"; the number of its class. All others are 0.
    Where a second box wants the same place, the first keeps it.

    Args:
        boxes: rows (x, y, w, h, class): centre and size, fractions of the image.
        anchors: sizes (w, h), in cells.
        grid: rows and columns of cells.

    Source: Redmon and Farhadi, YOLO9000, 2016, section 2, "Direct location prediction".
    """
    n_H, n_W = grid
    target = np.zeros((n_H, n_W, len(anchors), 6))
    xy, wh = boxes[:, :2] * (n_W, n_H), boxes[:, 2:4] * (n_W, n_H)
    # a centre on the right or lower edge belongs to the last cell
    cells = np.minimum(np.floor(xy).astype(int), (n_W - 1, n_H - 1))
    best = _centred_iou(wh, anchors).argmax(axis=1)
    entries = np.column_stack([xy - cells, np.log(wh / anchors[best]), np.ones(len(boxes)), boxes[:, 4]])
    # backwards, so that of several boxes in one place the first is written last
    for (column, row), anchor, entry in list(zip(cells, best, entries, strict=True))[::-1]:
        target[row, column, anchor] = entry
    return target


def kmeans_anchors(wh: Float[np.ndarray, "n 2"], k: int) -> Float[np.ndarray, "{k} 2"]:
    """k sizes that stand for many: k-means with the distance 1 - IoU, all boxes laid on the same centre.

    Args:
        wh: sizes (w, h) of the boxes, in any unit.

    Returns:
        The sizes (w, h) of the anchors in the same unit, by area.

    Source: Redmon and Farhadi, YOLO9000, 2016, section 2, "Dimension clusters".
    """
    anchors = wh[np.random.default_rng(0).choice(len(wh), k, replace=False)]
    nearest = np.full(len(wh), -1)
    for _ in range(100):  # a mean need not raise the IoU, so it could go round in circles
        before, nearest = nearest, _centred_iou(wh, anchors).argmax(axis=1)
        if np.array_equal(before, nearest):
            break
        members = nearest[:, None] == np.arange(k)
        counts = members.sum(axis=0)[:, None]
        anchors = np.where(counts, members.T @ wh / np.maximum(counts, 1), anchors)
    return anchors[np.argsort(anchors.prod(axis=1))]


# The network's output


def decode_head(
    features: Float[np.ndarray, "m n_H n_W channels"], anchors: Float[np.ndarray, "anchors 2"], num_classes: int
) -> tuple[
    Float[np.ndarray, "m n_H n_W anchors 2"],
    Float[np.ndarray, "m n_H n_W anchors 2"],
    Float[np.ndarray, "m n_H n_W anchors 1"],
    Float[np.ndarray, "m n_H n_W anchors {num_classes}"],
]:
    """b_x = (sigmoid(t_x) + column) / n_W and b_w = p_w exp(t_w) / n_W; the same downwards, with the row and n_H.

    The confidence is sigmoid(t_o), the class probabilities are a softmax.

    Args:
        features: for each anchor in turn (t_x, t_y, t_w, t_h, t_o, one number for each class).
        anchors: sizes (p_w, p_h), in cells.

    Returns:
        box_xy and box_wh (centres and sizes, fractions of the image), box_confidence, box_class_probs.

    Source: Redmon and Farhadi, YOLO9000, 2016, section 2, "Direct location prediction".
    """
    m, n_H, n_W, _ = features.shape
    cells = features.reshape(m, n_H, n_W, len(anchors), 5 + num_classes)
    corner = np.stack(np.meshgrid(np.arange(n_W), np.arange(n_H)), axis=-1)[:, :, None]
    size = np.array([n_W, n_H])
    box_xy = (_sigmoid(cells[..., :2]) + corner) / size
    box_wh = anchors * np.exp(cells[..., 2:4]) / size
    shifted = np.exp(cells[..., 5:] - cells[..., 5:].max(axis=-1, keepdims=True))
    return box_xy, box_wh, _sigmoid(cells[..., 4:5]), shifted / shifted.sum(axis=-1, keepdims=True)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))  # no overflow at either end


def yolo_loss(y_true: tf.Tensor, y_pred: tf.Tensor, lambda_coord: float = 5.0, lambda_noobj: float = 0.5) -> tf.Tensor:
    """Error of the boxes, the confidences and the classes, summed over cells and anchors, averaged over images.

    Where y_true holds an object: lambda_coord * ((sigmoid(t_x) - x)^2 + (sigmoid(t_y) - y)^2 + (t_w - t_w true)^2 +
    (t_h - t_h true)^2) - ln sigmoid(t_o) - ln softmax(class). Elsewhere: -lambda_noobj * ln(1 - sigmoid(t_o)).

    Args:
        y_true: (m, n_H, n_W, anchors, 6), targets of `assign_anchors`.
        y_pred: (m, n_H, n_W, anchors * (5 + classes)), for each anchor (t_x, t_y, t_w, t_h, t_o, classes).

    Source: the terms and weights are those of Redmon and others, You Only Look Once, 2016, equation 3; the
    coordinates are YOLO9000's, the logarithms for confidence and class those of YOLOv3.
    """
    import tensorflow as tf

    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.cast(y_true, y_pred.dtype)
    anchors = y_true.shape[3]
    # (m, h, w, anchors * (5 + c)) -> (m, h, w, anchors, 5 + c)
    cells = tf.reshape(y_pred, [-1, *y_true.shape[1:4], y_pred.shape[-1] // anchors])
    present = y_true[..., 4]
    placed = tf.concat([tf.sigmoid(cells[..., :2]), cells[..., 2:4]], axis=-1)
    position = tf.reduce_sum((placed - y_true[..., :4]) ** 2, axis=-1)
    confidence = tf.nn.sigmoid_cross_entropy_with_logits(labels=present, logits=cells[..., 4])
    kind = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y_true[..., 5], tf.int32), cells[..., 5:])
    each = present * (lambda_coord * position + confidence + kind) + lambda_noobj * (1 - present) * confidence
    return tf.reduce_sum(each) / tf.cast(tf.shape(y_pred)[0], y_pred.dtype)


# The network


def space_to_depth(
    X: Num[np.ndarray, "m n_H n_W n_C"], block: int
) -> Num[np.ndarray, "m n_H//{block} n_W//{block} n_C*{block}*{block}"]:
    """Put the pixels of each block x block square behind one another: row by row, each with all its channels.

    Args:
        block: side of the squares, in pixels; it divides n_H and n_W.

    Raises:
        ValueError: it does not.

    Source: TensorFlow, tf.nn.space_to_depth.
    """
    m, n_H, n_W, n_C = X.shape
    if n_H % block or n_W % block:
        raise ValueError(f"Squares of {block} pixels do not fill an image of {n_H} x {n_W}.")
    squares = X.reshape(m, n_H // block, block, n_W // block, block, n_C)
    # (m, h, i, w, j, c) -> (m, h, w, i, j, c)
    return squares.transpose(0, 1, 3, 2, 4, 5).reshape(m, n_H // block, n_W // block, block * block * n_C)


def yolov2(
    input_shape: tuple[int, int, int] = (608, 608, 3), num_anchors: int = 5, num_classes: int = 80, filters: int = 32
) -> keras.Model:
    """YOLOv2: 22 convolutions with batch normalisation and leaky ReLU (0.1), the passthrough, one for the output.

    Args:
        filters: filters of the first layer; all others are multiples of it. 32 is the paper's network.

    Input shape:
        (m, n_H, n_W, channels), n_H and n_W multiples of 32.

    Output shape:
        (m, n_H / 32, n_W / 32, num_anchors * (5 + num_classes)).

    Source: Redmon and Farhadi, YOLO9000, 2016, section 3 and table 6.
    """
    import keras
    from keras import layers

    def convolution(X: keras.KerasTensor, size: int, multiple: int) -> keras.KerasTensor:
        X = layers.Conv2D(multiple * filters, size, padding="same", use_bias=False)(X)
        return layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization()(X))

    def stage(X: keras.KerasTensor, *multiples: int) -> keras.KerasTensor:
        """3x3 and 1x1 convolutions in turn."""
        for position, multiple in enumerate(multiples):
            X = convolution(X, 1 if position % 2 else 3, multiple)
        return X

    image = keras.Input(input_shape)
    X = image
    for multiples in ((1,), (2,), (4, 2, 4), (8, 4, 8)):
        X = layers.MaxPooling2D(2)(stage(X, *multiples))
    fine = stage(X, 16, 8, 16, 8, 16)
    coarse = stage(layers.MaxPooling2D(2)(fine), 32, 16, 32, 16, 32)
    coarse = convolution(convolution(coarse, 3, 32), 3, 32)
    n_H, n_W = input_shape[0] // 32, input_shape[1] // 32
    # space_to_depth with the symbolic tensors of Keras
    fine = layers.Reshape((n_H, 2, n_W, 2, 2 * filters))(convolution(fine, 1, 2))
    fine = layers.Reshape((n_H, n_W, 8 * filters))(layers.Permute((1, 3, 2, 4, 5))(fine))
    X = convolution(layers.Concatenate()([fine, coarse]), 3, 32)
    return keras.Model(image, layers.Conv2D(num_anchors * (5 + num_classes), 1)(X))


# How good a detector is on images that it has not seen


Found = tuple[np.ndarray, np.ndarray, np.ndarray]  # scores, boxes, classes


def precision_and_recall(
    found: Sequence[Found],
    truth: Sequence[tuple[np.ndarray, np.ndarray]],
    kind: int,
    iou: Callable[[np.ndarray, np.ndarray], float],
    threshold: float = 0.5,
) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall for one class, after the surest box, the two surest, and so on.

    A box is right where it overlaps an object of its class, that no surer box has found, by at least `threshold`.

    Args:
        found: for each image the scores, boxes and classes of a detector.
        truth: for each image the boxes and classes of what is there; corners in the same order and unit.
    """
    wanted = [boxes[classes == kind] for boxes, classes in truth]
    taken = [np.zeros(len(boxes), dtype=bool) for boxes in wanted]
    ranked = sorted(
        (
            (float(score), image, box)
            for image, (scores, boxes, classes) in enumerate(found)
            for score, box, other in zip(scores, boxes, classes, strict=True)
            if other == kind
        ),
        key=lambda entry: -entry[0],
    )
    right = np.zeros(len(ranked), dtype=bool)
    for place, (_, image, box) in enumerate(ranked):
        overlaps = [0.0 if gone else iou(box, other) for other, gone in zip(wanted[image], taken[image], strict=True)]
        if overlaps and max(overlaps) >= threshold:
            taken[image][int(np.argmax(overlaps))] = right[place] = True
    hits = np.cumsum(right)
    return hits / np.arange(1, len(ranked) + 1), hits / max(sum(map(len, wanted)), 1)


def average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """The area under the curve of precision over recall, each precision raised to the best one at a larger recall.

    Source: Everingham and others, The PASCAL Visual Object Classes Challenge, development kit of 2010, section 3.4.
    """
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * envelope))
