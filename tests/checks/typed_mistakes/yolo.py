"""Notebook 10, as learners write it."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from typed_mistakes.slips import slip, whole


def iou(box1, box2):
    (box1_x1, box1_y1, box1_x2, box1_y2) = box1
    (box2_x1, box2_y1, box2_x2, box2_y2) = box2
    xi1 = max(box1_x1, box2_x1)
    yi1 = max(box1_y1, box2_y1)
    xi2 = min(box1_x2, box2_x2)
    yi2 = min(box1_y2, box2_y2)
    inter_width = max(xi2 - xi1, 0)
    inter_height = max(yi2 - yi1, 0)
    inter_area = inter_width * inter_height
    box1_area = (box1_x2 - box1_x1) * (box1_y2 - box1_y1)
    box2_area = (box2_x2 - box2_x1) * (box2_y2 - box2_y1)
    union_area = box1_area + box2_area - inter_area
    if union_area == 0:
        return 0.0
    return inter_area / union_area


def yolo_filter_boxes(boxes, box_confidence, box_class_probs, threshold=0.6):
    box_scores = box_confidence * box_class_probs
    box_classes = np.argmax(box_scores, axis=-1)
    box_class_scores = np.max(box_scores, axis=-1)
    filtering_mask = box_class_scores >= threshold
    scores = box_class_scores[filtering_mask]
    boxes = boxes[filtering_mask]
    classes = box_classes[filtering_mask]
    return scores, boxes, classes


def yolo_non_max_suppression(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    order = np.argsort(-scores)
    keep = []
    while len(order) > 0 and len(keep) < max_boxes:
        best = order[0]
        keep.append(best)
        rest = []
        for j in order[1:]:
            if classes[j] != classes[best] or iou(boxes[best], boxes[j]) <= iou_threshold:
                rest.append(j)
        order = rest
    keep = np.array(keep, dtype=int)
    return scores[keep], boxes[keep], classes[keep]


def yolo_boxes_to_corners(box_xy, box_wh):
    box_mins = box_xy - (box_wh / 2.0)
    box_maxes = box_xy + (box_wh / 2.0)
    return np.concatenate([box_mins[..., 1:2], box_mins[..., 0:1], box_maxes[..., 1:2], box_maxes[..., 0:1]], axis=-1)


def yolo_eval(yolo_outputs, image_shape=(720.0, 1280.0), max_boxes=10, score_threshold=0.6, iou_threshold=0.5):
    box_xy, box_wh, box_confidence, box_class_probs = yolo_outputs
    boxes = yolo_boxes_to_corners(box_xy, box_wh)
    scores, boxes, classes = yolo_filter_boxes(boxes, box_confidence, box_class_probs, score_threshold)
    height, width = image_shape
    boxes = boxes * np.array([height, width, height, width])
    scores, boxes, classes = yolo_non_max_suppression(scores, boxes, classes, max_boxes, iou_threshold)
    return scores, boxes, classes


def kmeans_anchors(wh, k):
    anchors = wh[np.random.choice(len(wh), k, replace=False)].copy()
    for _ in range(100):
        distances = np.zeros((len(wh), k))
        for i in range(len(wh)):
            for j in range(k):
                shared = min(wh[i, 0], anchors[j, 0]) * min(wh[i, 1], anchors[j, 1])
                union = wh[i, 0] * wh[i, 1] + anchors[j, 0] * anchors[j, 1] - shared
                distances[i, j] = 1 - shared / union
        nearest = np.argmin(distances, axis=1)
        before = anchors.copy()
        for j in range(k):
            if np.sum(nearest == j) > 0:
                anchors[j] = np.mean(wh[nearest == j], axis=0)
        if np.all(before == anchors):
            break
    return anchors


def assign_anchors(boxes, anchors, grid):
    n_H, n_W = grid
    k = len(anchors)
    target = np.zeros((n_H, n_W, k, 6))
    for box in boxes:
        x, y, w, h, kind = box
        x = x * n_W
        y = y * n_H
        w = w * n_W
        h = h * n_H
        col = min(int(x), n_W - 1)
        row = min(int(y), n_H - 1)
        best_iou = -1
        best = 0
        for a in range(k):
            overlap = iou([0, 0, w, h], [0, 0, anchors[a][0], anchors[a][1]])
            if overlap > best_iou:
                best_iou = overlap
                best = a
        if target[row, col, best, 4] == 1:
            continue
        t_w = np.log(w / anchors[best][0])
        t_h = np.log(h / anchors[best][1])
        target[row, col, best] = [x - col, y - row, t_w, t_h, 1, kind]
    return target


def decode_head(features, anchors, num_classes):
    m, n_H, n_W, _ = features.shape
    k = len(anchors)
    features = features.reshape(m, n_H, n_W, k, 5 + num_classes)
    cells = np.zeros((n_H, n_W, 1, 2))
    for row in range(n_H):
        for col in range(n_W):
            cells[row, col, 0] = [col, row]
    box_xy = 1 / (1 + np.exp(-features[..., 0:2]))
    box_wh = np.exp(features[..., 2:4])
    box_confidence = 1 / (1 + np.exp(-features[..., 4:5]))
    logits = features[..., 5:]
    powers = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    box_class_probs = powers / np.sum(powers, axis=-1, keepdims=True)
    box_xy = (box_xy + cells) / np.array([n_W, n_H])
    box_wh = box_wh * anchors / np.array([n_W, n_H])
    return box_xy, box_wh, box_confidence, box_class_probs


def yolo_loss(y_true, y_pred, lambda_coord=5.0, lambda_noobj=0.5):
    m = y_true.shape[0]
    n_H, n_W, k = y_true.shape[1:4]
    y_pred = tf.reshape(y_pred, (m, n_H, n_W, k, -1))
    obj = y_true[..., 4]
    xy_loss = tf.reduce_sum(tf.square(tf.sigmoid(y_pred[..., 0:2]) - y_true[..., 0:2]), axis=-1)
    wh_loss = tf.reduce_sum(tf.square(y_pred[..., 2:4] - y_true[..., 2:4]), axis=-1)
    conf_loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=obj, logits=y_pred[..., 4])
    class_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.cast(y_true[..., 5], tf.int32), logits=y_pred[..., 5:]
    )
    loss = lambda_coord * obj * (xy_loss + wh_loss)
    loss += obj * conf_loss + lambda_noobj * (1 - obj) * conf_loss
    loss += obj * class_loss
    return tf.reduce_sum(loss) / m


def space_to_depth(X, block):
    m, n_H, n_W, n_C = X.shape
    out = np.zeros((m, n_H // block, n_W // block, block * block * n_C))
    for h in range(n_H // block):
        for w in range(n_W // block):
            square = X[:, h * block : (h + 1) * block, w * block : (w + 1) * block, :]
            out[:, h, w, :] = square.reshape(m, -1)
    return out


def both(key, *changes):
    """The same slip with and without the guard for 0 / 0."""
    return [slip(iou, key, *changes), slip(iou, key, *changes, NO_GUARD)]


NO_GUARD = ("    if union_area == 0:\n        return 0.0\n", "")
WIDTH, HEIGHT = "max(xi2 - xi1, 0)", "max(yi2 - yi1, 0)"
SECOND_AREA = "(box2_x2 - box2_x1) * (box2_y2 - box2_y1)"
SUPPRESSION = "yolo_non_max_suppression(scores, boxes, classes, max_boxes, iou_threshold)"
COMPETE = "classes[j] != classes[best] or iou(boxes[best], boxes[j]) <= iou_threshold"
SIDES = " / np.array([n_W, n_H])"
MAXIMUM = " - np.max(logits, axis=-1, keepdims=True)"
PLACE = "[x - col, y - row, t_w, t_h, 1, kind]"


def yolov2(input_shape=(608, 608, 3), num_anchors=5, num_classes=80, filters=32):
    def unit(X, n_C, f):
        X = layers.Conv2D(n_C, (f, f), strides=(1, 1), padding="same", use_bias=False)(X)
        X = layers.BatchNormalization()(X)
        X = layers.LeakyReLU(negative_slope=0.1)(X)
        return X

    inputs = keras.Input(shape=input_shape)
    X = unit(inputs, filters, 3)
    X = layers.MaxPooling2D((2, 2))(X)
    X = unit(X, filters * 2, 3)
    X = layers.MaxPooling2D((2, 2))(X)
    X = unit(X, filters * 4, 3)
    X = unit(X, filters * 2, 1)
    X = unit(X, filters * 4, 3)
    X = layers.MaxPooling2D((2, 2))(X)
    X = unit(X, filters * 8, 3)
    X = unit(X, filters * 4, 1)
    X = unit(X, filters * 8, 3)
    X = layers.MaxPooling2D((2, 2))(X)
    X = unit(X, filters * 16, 3)
    X = unit(X, filters * 8, 1)
    X = unit(X, filters * 16, 3)
    X = unit(X, filters * 8, 1)
    X = unit(X, filters * 16, 3)
    skip = X
    X = layers.MaxPooling2D((2, 2))(X)
    X = unit(X, filters * 32, 3)
    X = unit(X, filters * 16, 1)
    X = unit(X, filters * 32, 3)
    X = unit(X, filters * 16, 1)
    X = unit(X, filters * 32, 3)
    X = unit(X, filters * 32, 3)
    X = unit(X, filters * 32, 3)
    skip = unit(skip, filters * 2, 1)
    skip = space_to_depth_layer(skip)
    X = layers.Concatenate()([skip, X])
    X = unit(X, filters * 32, 3)
    outputs = layers.Conv2D(num_anchors * (5 + num_classes), (1, 1))(X)
    return keras.Model(inputs, outputs)


SLIPS = [
    # iou
    *both("no-maximum", (WIDTH, "xi2 - xi1"), (HEIGHT, "yi2 - yi1")),
    *both("absolute-for-maximum", (WIDTH, "abs(xi2 - xi1)"), (HEIGHT, "abs(yi2 - yi1)")),
    *both("one-side-unbounded", (HEIGHT, "yi2 - yi1")),
    *both("one-side-unbounded", (WIDTH, "xi2 - xi1")),
    *both(
        "maximum-of-the-product",
        (WIDTH, "xi2 - xi1"),
        (HEIGHT, "yi2 - yi1"),
        ("inter_width * inter_height", "max(inter_width * inter_height, 0)"),
    ),
    *both("first-area-twice", (SECOND_AREA, SECOND_AREA.replace("box2", "box1"))),
    *both("first-area-twice", ("box1_area + box2_area", "box1_area + box1_area")),
    *both("union-is-the-sum", (" - inter_area", "")),
    *both("shared-part-added", ("- inter_area", "+ inter_area")),
    *both("over-the-first", ("union_area = box1_area + box2_area - inter_area", "union_area = box1_area")),
    *both("shared-area-only", ("return inter_area / union_area", "return inter_area")),
    *both("union-over-shared", ("inter_area / union_area", "union_area / inter_area")),
    *both("one-edge", ("xi2 = min", "xi2 = max")),
    *both("one-edge", ("yi1 = max", "yi1 = min")),
    *both(
        "enclosing-box",
        ("xi1 = max", "xi1 = min"),
        ("yi1 = max", "yi1 = min"),
        ("xi2 = min", "xi2 = max"),
        ("yi2 = min", "yi2 = max"),
    ),
    *both(
        "pixels-counted",
        (WIDTH, "max(xi2 - xi1 + 1, 0)"),
        (HEIGHT, "max(yi2 - yi1 + 1, 0)"),
        ("_x2 - box1_x1", "_x2 - box1_x1 + 1"),
        ("_y2 - box1_y1", "_y2 - box1_y1 + 1"),
        ("_x2 - box2_x1", "_x2 - box2_x1 + 1"),
        ("_y2 - box2_y1", "_y2 - box2_y1 + 1"),
    ),
    *both(
        "read-in-pairs",
        ("_x1, box1_y1, box1_x2, box1_y2)", "_x1, box1_x2, box1_y1, box1_y2)"),
        ("_x1, box2_y1, box2_x2, box2_y2)", "_x1, box2_x2, box2_y1, box2_y2)"),
    ),
    slip(iou, "brackets-missing", ("inter_area / union_area", "inter_area / box1_area + box2_area - inter_area")),
    slip(iou, "zero-over-zero", NO_GUARD),
    # yolo_filter_boxes
    slip(
        yolo_filter_boxes, "confidence-alone", ("box_class_scores >= threshold", "box_confidence[..., 0] >= threshold")
    ),
    slip(yolo_filter_boxes, "probability-alone", ("np.max(box_scores", "np.max(box_class_probs")),
    slip(yolo_filter_boxes, "strictly-above", (">=", ">")),
    slip(yolo_filter_boxes, "the-wrong-ones", (">=", "<")),
    slip(yolo_filter_boxes, "another-axis", ("axis=-1", "axis=2")),
    slip(yolo_filter_boxes, "another-axis", ("axis=-1", "axis=1")),
    slip(yolo_filter_boxes, "another-axis", ("axis=-1", "axis=0")),
    slip(yolo_filter_boxes, "no-axis", (", axis=-1", "")),
    slip(yolo_filter_boxes, "no-axis", ("np.max(box_scores, axis=-1)", "np.max(box_scores)")),
    slip(yolo_filter_boxes, "class-of-the-confidence", ("np.argmax(box_scores", "np.argmax(box_confidence")),
    slip(yolo_filter_boxes, "threshold-written-in", (">= threshold", ">= 0.6")),
    slip(yolo_filter_boxes, "not-all-filtered", ("    boxes = boxes[filtering_mask]\n", "")),
    slip(yolo_filter_boxes, "not-all-filtered", ("box_classes[filtering_mask]", "box_classes")),
    slip(yolo_filter_boxes, "results-exchanged", ("return scores, boxes", "return boxes, scores")),
    slip(yolo_filter_boxes, "added", ("box_confidence * box_class_probs", "box_confidence + box_class_probs")),
    slip(yolo_filter_boxes, "summed", ("np.max(box_scores", "np.sum(box_scores")),
    slip(
        yolo_filter_boxes,
        "matrix-product",
        ("box_confidence * box_class_probs", "np.dot(box_confidence, box_class_probs)"),
    ),
    # yolo_non_max_suppression
    slip(yolo_non_max_suppression, "classes-ignored", ("classes[j] != classes[best] or ", "")),
    slip(yolo_non_max_suppression, "at-the-threshold", ("<= iou_threshold", "< iou_threshold")),
    slip(yolo_non_max_suppression, "as-given", ("np.argsort(-scores)", "list(range(len(scores)))")),
    slip(yolo_non_max_suppression, "the-least-sure-first", ("np.argsort(-scores)", "np.argsort(scores)")),
    slip(yolo_non_max_suppression, "the-overlapping-stay", ("<= iou_threshold", "> iou_threshold")),
    slip(
        yolo_non_max_suppression,
        "only-other-classes-compete",
        ("classes[j] != classes[best]", "classes[j] == classes[best]"),
    ),
    slip(yolo_non_max_suppression, "no-limit", (" and len(keep) < max_boxes", "")),
    slip(yolo_non_max_suppression, "one-too-many", ("len(keep) < max_boxes", "len(keep) <= max_boxes")),
    slip(yolo_non_max_suppression, "limit-first", ("np.argsort(-scores)", "np.argsort(-scores)[:max_boxes]")),
    slip(yolo_non_max_suppression, "limit-written-in", ("len(keep) < max_boxes", "len(keep) < 10")),
    slip(yolo_non_max_suppression, "threshold-written-in", ("<= iou_threshold", "<= 0.5")),
    slip(
        yolo_non_max_suppression,
        "classes-ignored+at-the-threshold",
        ("classes[j] != classes[best] or ", ""),
        ("<= iou_threshold", "< iou_threshold"),
    ),
    slip(
        yolo_non_max_suppression,
        "classes-ignored+no-limit",
        ("classes[j] != classes[best] or ", ""),
        (" and len(keep) < max_boxes", ""),
    ),
    slip(
        yolo_non_max_suppression,
        "one-round",
        ("        order = rest\n", "        keep += rest[: max_boxes - 1]\n        break\n"),
    ),
    slip(yolo_non_max_suppression, "empty-index", ("np.array(keep, dtype=int)", "np.array(keep)")),
    slip(
        yolo_non_max_suppression, "results-missing", ("return scores[keep], boxes[keep], classes[keep]", "return keep")
    ),
    slip(
        yolo_non_max_suppression,
        "results-exchanged",
        ("return scores[keep], boxes[keep]", "return boxes[keep], scores[keep]"),
    ),
    # yolo_boxes_to_corners
    slip(
        yolo_boxes_to_corners,
        "x-first",
        (
            "box_mins[..., 1:2], box_mins[..., 0:1], box_maxes[..., 1:2], box_maxes[..., 0:1]",
            "box_mins[..., 0:1], box_mins[..., 1:2], box_maxes[..., 0:1], box_maxes[..., 1:2]",
        ),
    ),
    slip(
        yolo_boxes_to_corners,
        "x-first",
        ("[box_mins[..., 1:2], box_mins[..., 0:1], box_maxes[..., 1:2], box_maxes[..., 0:1]]", "[box_mins, box_maxes]"),
    ),
    slip(yolo_boxes_to_corners, "not-halved", ("(box_wh / 2.0)", "box_wh")),
    slip(
        yolo_boxes_to_corners, "centre-as-corner", ("box_xy - (box_wh / 2.0)", "box_xy"), ("(box_wh / 2.0)", "box_wh")
    ),
    slip(
        yolo_boxes_to_corners,
        "in-pairs",
        ("box_mins[..., 0:1], box_maxes[..., 1:2]", "box_maxes[..., 1:2], box_mins[..., 0:1]"),
    ),
    slip(
        yolo_boxes_to_corners,
        "corners-exchanged",
        ("box_xy - ", "box_xy * 1 + "),
        ("box_maxes = box_xy + ", "box_maxes = box_xy - "),
    ),
    slip(yolo_boxes_to_corners, "axis-lost", ("1:2]", "1]"), ("0:1]", "0]")),
    slip(yolo_boxes_to_corners, "second-axis", ("..., 1:2", ":, 1:2"), ("..., 0:1", ":, 0:1")),
    slip(yolo_boxes_to_corners, "joined-along-the-first-axis", ("axis=-1", "axis=0")),
    # yolo_eval
    slip(yolo_eval, "not-scaled", ("    boxes = boxes * np.array([height, width, height, width])\n", "")),
    slip(yolo_eval, "width-and-height-exchanged", ("height, width = image_shape", "width, height = image_shape")),
    slip(yolo_eval, "score-threshold-forgotten", (", score_threshold)\n    height", ")\n    height")),
    slip(yolo_eval, "iou-threshold-forgotten", ("max_boxes, iou_threshold)\n    return", "max_boxes)\n    return")),
    slip(
        yolo_eval,
        "limit-forgotten",
        ("classes, max_boxes, iou_threshold)\n", "classes, iou_threshold=iou_threshold)\n"),
    ),
    slip(yolo_eval, "limit-and-overlap-forgotten", ("classes, max_boxes, iou_threshold)\n", "classes)\n")),
    slip(
        yolo_eval,
        "all-options-forgotten",
        ("classes, max_boxes, iou_threshold)\n", "classes)\n"),
        (", score_threshold)\n    height", ")\n    height"),
    ),
    slip(
        yolo_eval,
        "thresholds-forgotten",
        (", score_threshold)\n    height", ")\n    height"),
        ("max_boxes, iou_threshold)\n    return", "max_boxes)\n    return"),
    ),
    slip(
        yolo_eval, "options-by-place", ("classes, max_boxes, iou_threshold)\n", "classes, iou_threshold, max_boxes)\n")
    ),
    slip(
        yolo_eval,
        "thresholds-exchanged",
        ("probs, score_threshold)", "probs, iou_threshold)"),
        ("max_boxes, iou_threshold)\n    return", "max_boxes, score_threshold)\n    return"),
    ),
    slip(yolo_eval, "no-suppression", ("    scores, boxes, classes = " + SUPPRESSION + "\n", "")),
    slip(yolo_eval, "results-exchanged", ("return scores, boxes", "return boxes, scores")),
    slip(
        yolo_eval,
        "not-scaled+limit-and-overlap-forgotten",
        ("    boxes = boxes * np.array([height, width, height, width])\n", ""),
        ("classes, max_boxes, iou_threshold)\n", "classes)\n"),
    ),
    # kmeans_anchors
    slip(
        kmeans_anchors,
        "euclidean-distance",
        ("1 - shared / union", "(wh[i, 0] - anchors[j, 0]) ** 2 + (wh[i, 1] - anchors[j, 1]) ** 2"),
    ),
    slip(kmeans_anchors, "never-moved", ("range(100)", "range(0)")),
    slip(kmeans_anchors, "all-equal", ("wh[nearest == j]", "wh")),
    slip(kmeans_anchors, "by-area", ("1 - shared / union", "abs(wh[i, 0] * wh[i, 1] - anchors[j, 0] * anchors[j, 1])")),
    slip(
        kmeans_anchors,
        "not-a-number",
        (
            "            if np.sum(nearest == j) > 0:\n                anchors",
            "            if True:\n                anchors",
        ),
    ),
    # assign_anchors
    slip(assign_anchors, "one-number-for-both", ("int(x)", "int(y)")),
    slip(assign_anchors, "one-number-for-both", ("int(y)", "int(x)")),
    slip(assign_anchors, "first-axis-is-x", ("[row, col, best", "[col, row, best")),
    slip(
        assign_anchors,
        "first-axis-is-x",
        ("[row, col, best", "[col, row, best"),
        ("np.zeros((n_H, n_W", "np.zeros((n_W, n_H"),
    ),
    slip(assign_anchors, "grid-exchanged", ("n_H, n_W = grid", "n_W, n_H = grid")),
    slip(
        assign_anchors,
        "rows-for-columns",
        ("x = x * n_W", "x = x * n_H"),
        ("y = y * n_H", "y = y * n_W"),
        ("w = w * n_W", "w = w * n_H"),
        ("h = h * n_H", "h = h * n_W"),
    ),
    slip(assign_anchors, "place-in-cells", ("x - col, y - row", "x, y")),
    slip(assign_anchors, "place-in-the-image", ("x - col, y - row", "box[0], box[1]")),
    slip(assign_anchors, "no-logarithm", ("np.log(", "(")),
    slip(
        assign_anchors,
        "ratio-upside-down",
        ("np.log(w / anchors[best][0])", "np.log(anchors[best][0] / w)"),
        ("np.log(h / anchors[best][1])", "np.log(anchors[best][1] / h)"),
    ),
    slip(assign_anchors, "size-not-in-cells", ("        w = w * n_W\n        h = h * n_H\n", "")),
    slip(assign_anchors, "size-in-the-target", ("t_w, t_h", "w, h")),
    slip(assign_anchors, "beyond-the-edge", ("min(int(x), n_W - 1)", "int(x)"), ("min(int(y), n_H - 1)", "int(y)")),
    slip(assign_anchors, "last-wins", ("        if target[row, col, best, 4] == 1:\n            continue\n", "")),
    slip(assign_anchors, "always-the-first-anchor", ("                best = a\n", "")),
    slip(
        assign_anchors, "worst-anchor", ("overlap > best_iou", "overlap < best_iou"), ("best_iou = -1", "best_iou = 2")
    ),
    slip(assign_anchors, "rounded", ("int(x)", "int(round(x))"), ("int(y)", "int(round(y))")),
    slip(assign_anchors, "no-confidence", ("t_h, 1, kind]", "t_h, 0, kind]")),
    slip(
        assign_anchors,
        "overlap-for-confidence",
        ("t_h, 1, kind]", "t_h, best_iou, kind]"),
        ("best, 4] == 1", "best, 4] > 0"),
    ),
    slip(
        assign_anchors,
        "beyond-the-edge+last-wins",
        ("        if target[row, col, best, 4] == 1:\n            continue\n", ""),
        ("min(int(x), n_W - 1)", "int(x)"),
        ("min(int(y), n_H - 1)", "int(y)"),
    ),
    # decode_head
    slip(decode_head, "no-sigmoid", ("1 / (1 + np.exp(-features[..., 0:2]))", "features[..., 0:2]")),
    slip(decode_head, "no-cell", ("(box_xy + cells)", "box_xy")),
    slip(decode_head, "row-for-column", ("[col, row]", "[row, col]")),
    slip(decode_head, "in-cells", ("(box_xy + cells)" + SIDES, "box_xy + cells")),
    slip(decode_head, "nothing-divided", (SIDES, "")),
    slip(decode_head, "divided-by-the-wrong-side", ("np.array([n_W, n_H])", "np.array([n_H, n_W])")),
    slip(decode_head, "no-exponential", ("np.exp(features[..., 2:4])", "features[..., 2:4]")),
    slip(decode_head, "no-anchor", ("box_wh * anchors", "box_wh")),
    slip(decode_head, "size-in-cells", ("box_wh * anchors" + SIDES, "box_wh * anchors")),
    slip(decode_head, "raw-confidence", ("1 / (1 + np.exp(-features[..., 4:5]))", "features[..., 4:5]")),
    slip(decode_head, "axis-lost", ("4:5]", "4]")),
    slip(decode_head, "softmax-overflows", (MAXIMUM, "")),
    slip(
        decode_head,
        "softmax-over-everything",
        ("np.sum(powers, axis=-1, keepdims=True)", "np.sum(powers)"),
        (MAXIMUM, " - np.max(logits)"),
    ),
    slip(decode_head, "exponent-without-minus", ("np.exp(-features", "np.exp(features")),
    slip(
        decode_head,
        "anchors-last",
        (
            "features.reshape(m, n_H, n_W, k, 5 + num_classes)",
            "features.reshape(m, n_H, n_W, 5 + num_classes, k).transpose(0, 1, 2, 4, 3)",
        ),
    ),
    # yolo_loss
    slip(yolo_loss, "boxes-everywhere", ("lambda_coord * obj * (xy", "lambda_coord * (xy")),
    slip(yolo_loss, "classes-everywhere", ("obj * class_loss", "class_loss")),
    slip(
        yolo_loss,
        "all-everywhere",
        ("lambda_coord * obj * (xy", "lambda_coord * (xy"),
        ("obj * class_loss", "class_loss"),
    ),
    slip(yolo_loss, "no-sigmoid", ("tf.sigmoid(y_pred[..., 0:2])", "y_pred[..., 0:2]")),
    slip(yolo_loss, "exponential-of-the-size", ("square(y_pred[..., 2:4]", "square(tf.exp(y_pred[..., 2:4])")),
    slip(yolo_loss, "no-lambda-coord", ("lambda_coord * obj", "obj")),
    slip(yolo_loss, "no-lambda-noobj", ("lambda_noobj * (1 - obj)", "(1 - obj)")),
    slip(
        yolo_loss,
        "noobj-for-all",
        ("obj * conf_loss + lambda_noobj * (1 - obj) * conf_loss", "lambda_noobj * conf_loss"),
    ),
    slip(yolo_loss, "no-lambda-noobj", ("obj * conf_loss + lambda_noobj * (1 - obj) * conf_loss", "conf_loss")),
    slip(yolo_loss, "empty-places-left-out", (" + lambda_noobj * (1 - obj) * conf_loss", "")),
    slip(yolo_loss, "objects-left-out", ("obj * conf_loss + lambda_noobj", "lambda_noobj")),
    slip(yolo_loss, "defaults-exchanged", ("lambda_coord=5.0, lambda_noobj=0.5", "lambda_coord=0.5, lambda_noobj=5.0")),
    slip(
        yolo_loss,
        "weights-exchanged",
        ("= lambda_coord * obj", "= lambda_noobj * obj"),
        ("lambda_noobj * (1 - obj)", "lambda_coord * (1 - obj)"),
    ),
    slip(
        yolo_loss,
        "weights-written-in",
        ("lambda_coord * obj", "5.0 * obj"),
        ("lambda_noobj * (1 - obj)", "0.5 * (1 - obj)"),
    ),
    slip(yolo_loss, "not-averaged", (" / m\n", "\n")),
    slip(yolo_loss, "mean-over-cells", ("tf.reduce_sum(loss) / m", "tf.reduce_mean(loss)")),
    # yolov2
    slip(yolov2, "keras-slope", ("negative_slope=0.1", "")),
    slip(yolov2, "plain-relu", ("LeakyReLU(negative_slope=0.1)", "ReLU()")),
    slip(yolov2, "biases", (", use_bias=False", "")),
    slip(yolov2, "no-normalisation", ("        X = layers.BatchNormalization()(X)\n", ""), (", use_bias=False", "")),
    slip(yolov2, "no-passthrough", ("    X = layers.Concatenate()([skip, X])\n", "")),
    slip(yolov2, "passthrough-pooled", ("space_to_depth_layer(skip)", "layers.MaxPooling2D((2, 2))(skip)")),
    slip(yolov2, "four-numbers", ("(5 + num_classes)", "(4 + num_classes)")),
    slip(yolov2, "activation-at-the-end", ("num_classes), (1, 1))", 'num_classes), (1, 1), activation="sigmoid")')),
    slip(yolov2, "average-pooling", ("MaxPooling2D", "AveragePooling2D")),
    slip(yolov2, "no-return", ("    return keras.Model(inputs, outputs)\n", "")),
    slip(yolov2, "not-a-model", ("return keras.Model(inputs, outputs)", "return outputs")),
    slip(
        yolov2,
        "unit-at-the-end",
        (
            "outputs = layers.Conv2D(num_anchors * (5 + num_classes), (1, 1))(X)",
            "outputs = unit(X, num_anchors * (5 + num_classes), 1)",
        ),
    ),
    slip(yolov2, "confidence-once", ("num_anchors * (5 + num_classes)", "num_anchors * 5 + num_classes")),
    slip(yolov2, "filters-written-in", ("unit(X, filters * 32, 3)", "unit(X, 1024, 3)")),
    slip(yolov2, "shapes-added", ("layers.Concatenate()([skip, X])", "layers.Add()([skip, X])")),
    # space_to_depth
    slip(space_to_depth, "columns-first", ("square.reshape", "square.transpose(0, 2, 1, 3).reshape")),
    slip(space_to_depth, "channels-first", ("square.reshape", "square.transpose(0, 3, 1, 2).reshape")),
    slip(
        space_to_depth,
        "stride-forgotten",
        ("h * block : (h + 1) * block, w * block : (w + 1) * block", "h : h + block, w : w + block"),
    ),
]


@whole("yolo_non_max_suppression", "dropped-boxes-drop")
def suppression_of_all_pairs(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    order = np.argsort(-scores)
    scores, boxes, classes = scores[order], boxes[order], classes[order]
    keep = np.ones(len(scores), dtype=bool)
    for i in range(len(scores)):
        for j in range(i + 1, len(scores)):
            if classes[i] == classes[j] and iou(boxes[i], boxes[j]) > iou_threshold:
                keep[j] = False
    return scores[keep][:max_boxes], boxes[keep][:max_boxes], classes[keep][:max_boxes]


@whole("yolo_non_max_suppression", "limit-for-each-class")
def suppression_class_by_class(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    keep = []
    for c in np.unique(classes):
        order = [i for i in np.argsort(-scores) if classes[i] == c]
        kept = []
        for i in order:
            if all(iou(boxes[i], boxes[j]) <= iou_threshold for j in kept):
                kept.append(i)
        keep += kept[:max_boxes]
    keep = np.array(keep, dtype=int)
    keep = keep[np.argsort(-scores[keep])]
    return scores[keep], boxes[keep], classes[keep]


@whole("yolo_non_max_suppression", "class-by-class")
def suppression_unsorted(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    keep = []
    for c in np.unique(classes):
        order = [i for i in np.argsort(-scores) if classes[i] == c]
        kept = []
        for i in order:
            if all(iou(boxes[i], boxes[j]) <= iou_threshold for j in kept):
                kept.append(i)
        keep += kept
    keep = np.array(keep[:max_boxes], dtype=int)
    return scores[keep], boxes[keep], classes[keep]


@whole("iou", "read-as-size")
def iou_of_sizes(box1, box2):
    x1, y1, w1, h1 = box1
    x2, y2, w2, h2 = box2
    width = max(min(x1 + w1, x2 + w2) - max(x1, x2), 0)
    height = max(min(y1 + h1, y2 + h2) - max(y1, y2), 0)
    shared = width * height
    union = w1 * h1 + w2 * h2 - shared
    return shared / union if union > 0 else 0.0


@whole("space_to_depth", "reshaped-only")
def depth_by_reshape(X, block):
    m, n_H, n_W, n_C = X.shape
    return X.reshape(m, n_H // block, n_W // block, block * block * n_C)
