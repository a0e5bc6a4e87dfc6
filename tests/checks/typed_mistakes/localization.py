"""Notebook 09, as learners write it."""

import numpy as np
import tensorflow as tf
from typed_mistakes.slips import slip


def encode_target(box, label, num_classes, image_shape):
    target = np.zeros(5 + num_classes)
    if box is None:
        return target
    y1 = box[0]
    x1 = box[1]
    y2 = box[2]
    x2 = box[3]
    height = image_shape[0]
    width = image_shape[1]
    bx = (x1 + x2) / 2
    by = (y1 + y2) / 2
    bw = x2 - x1
    bh = y2 - y1
    target[0] = 1
    target[1] = bx / width
    target[2] = by / height
    target[3] = bh / height
    target[4] = bw / width
    target[5 + label] = 1
    return target


def localization_loss(y_true, y_pred):
    m = y_true.shape[0]
    total = 0.0
    for i in range(m):
        diff = y_true[i] - y_pred[i]
        if y_true[i, 0] == 1:
            total += tf.reduce_sum(diff**2)
        else:
            total += diff[0] ** 2
    return total / m


def mixed_loss(y_true, y_pred):
    obj = y_true[:, 0]
    obj_loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true[:, 0], logits=y_pred[:, 0])
    box_loss = tf.reduce_sum(tf.square(y_true[:, 1:5] - y_pred[:, 1:5]), axis=1)
    class_loss = tf.nn.softmax_cross_entropy_with_logits(labels=y_true[:, 5:], logits=y_pred[:, 5:])
    loss = obj_loss + obj * (box_loss + class_loss)
    return tf.reduce_mean(loss)


def landmark_target(points, count=64):
    if points is None:
        return np.zeros(1 + 2 * count)
    target = [1]
    for i in range(len(points)):
        target.append(points[i][0])
        target.append(points[i][1])
    return np.array(target)


def mirror_landmarks(points, pairs):
    mirrored = np.copy(points)
    mirrored[..., 0] = 1 - mirrored[..., 0]
    for left, right in pairs:
        temp = np.copy(mirrored[..., left, :])
        mirrored[..., left, :] = mirrored[..., right, :]
        mirrored[..., right, :] = temp
    return mirrored


def sliding_windows(image, size, stride):
    n_H, n_W, n_C = image.shape
    windows = []
    corners = []
    rows = (n_H - size) // stride + 1
    columns = (n_W - size) // stride + 1
    for i in range(rows):
        for j in range(columns):
            y1 = i * stride
            x1 = j * stride
            y2 = y1 + size
            x2 = x1 + size
            windows.append(image[y1:y2, x1:x2, :])
            corners.append([y1, x1, y2, x2])
    return np.array(windows), np.array(corners)


def pyramid(image, scales):
    images = []
    for scale in scales:
        height = round(image.shape[0] * scale)
        width = round(image.shape[1] * scale)
        images.append(resized(image, (height, width)))
    return images


def window_and_stride(layers):
    window = 1
    step = 1
    for i in range(len(layers) - 1, -1, -1):
        f = layers[i][1]
        s = layers[i][2]
        window = (window - 1) * s + f
        step *= s
    return window, step


def window_cost(layers, n, channels=3):
    def multiplications(size):
        total = 0
        depth = channels
        for layer in layers:
            f = layer[1]
            s = layer[2]
            size = (size - f) // s + 1
            if layer[0] == "conv":
                filters = layer[3]
                total += size * size * filters * f * f * depth
                depth = filters
        return total

    window, stride = window_and_stride(layers)
    per_side = (n - window) // stride + 1
    return per_side * per_side * multiplications(window), multiplications(n)


def dense_to_conv(W, b, input_shape):
    n_H, n_W, n_C = input_shape
    units = W.shape[1]
    filters = np.zeros((n_H, n_W, n_C, units))
    for u in range(units):
        k = 0
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    filters[h, w, c, u] = W[k, u]
                    k += 1
    biases = b.reshape(1, 1, 1, units)
    return filters, biases


def conv_sliding_windows(network, image):
    A = image[np.newaxis, ...]
    last = len(network) - 1
    for i, layer in enumerate(network):
        if layer[0] == "pool":
            f = layer[1]
            A, _ = pool_forward(A, {"f": f, "stride": f})
        if layer[0] == "conv":
            A, _ = conv_forward(A, layer[1], layer[2], {"stride": 1, "pad": 0})
            if i < last:
                A = np.maximum(A, 0)
        if layer[0] == "dense":
            W, b = layer[1], layer[2]
            channels = A.shape[3]
            side = int(round(np.sqrt(W.shape[0] / channels)))
            filters, biases = dense_to_conv(W, b, (side, side, channels))
            A, _ = conv_forward(A, filters, biases, {"stride": 1, "pad": 0})
            if i < last:
                A = np.maximum(0, A)
    return A[0]


def best_window(maps, scales, size, stride, threshold=0.5):
    best_score = -1
    best_box = None
    for k in range(len(maps)):
        for row in range(maps[k].shape[0]):
            for col in range(maps[k].shape[1]):
                if maps[k][row, col] > best_score:
                    best_score = maps[k][row, col]
                    y1 = row * stride / scales[k]
                    x1 = col * stride / scales[k]
                    best_box = (y1, x1, y1 + size / scales[k], x1 + size / scales[k])
    if best_score >= threshold:
        return best_score, best_box
    return None


def score_detections(found, truth):
    right = 0
    num_found = 0
    num_true = 0
    for i in range(len(found)):
        if found[i] is not None:
            num_found += 1
        if truth[i] is not None:
            num_true += 1
        if found[i] is not None and truth[i] is not None:
            cy = (found[i][0] + found[i][2]) / 2
            cx = (found[i][1] + found[i][3]) / 2
            y1, x1, y2, x2 = truth[i]
            if y1 <= cy <= y2 and x1 <= cx <= x2:
                right += 1
    recall = 1.0
    if num_true > 0:
        recall = right / num_true
    precision = 1.0
    if num_found > 0:
        precision = right / num_found
    return recall, precision


SLIPS = [
    slip(
        encode_target,
        "width-before-height",
        ("target[3] = bh / height", "target[3] = bw / width"),
        ("target[4] = bw / width", "target[4] = bh / height"),
    ),
    slip(
        encode_target,
        "y-before-x",
        ("target[1] = bx / width", "target[1] = by / height"),
        ("target[2] = by / height", "target[2] = bx / width"),
    ),
    slip(encode_target, "corner-for-centre", ("(x1 + x2) / 2", "x1"), ("(y1 + y2) / 2", "y1")),
    slip(encode_target, "half-a-difference", ("(x1 + x2) / 2", "(x2 - x1) / 2"), ("(y1 + y2) / 2", "(y2 - y1) / 2")),
    slip(encode_target, "precedence", ("(x1 + x2) / 2", "x1 + x2 / 2"), ("(y1 + y2) / 2", "y1 + y2 / 2")),
    slip(
        encode_target,
        "sides-exchanged",
        ("height = image_shape[0]", "height = image_shape[1]"),
        ("width = image_shape[1]", "width = image_shape[0]"),
    ),
    slip(
        encode_target,
        "x-first",
        ("y1 = box[0]", "x1 = box[0]"),
        ("x1 = box[1]", "y1 = box[1]"),
        ("y2 = box[2]", "x2 = box[2]"),
        ("x2 = box[3]", "y2 = box[3]"),
    ),
    slip(encode_target, "pixels", (" / width", ""), (" / height", "")),
    slip(encode_target, "labels-from-one", ("target[5 + label]", "target[4 + label]")),
    slip(encode_target, "label-in-its-place", ("target[5 + label] = 1", "target[5 + label] = label")),
    slip(encode_target, "none-unpacked", ("    if box is None:\n        return target\n", "")),
    slip(encode_target, "nothing-at-all", ("        return target\n    y1", "        return None\n    y1")),
    slip(localization_loss, "switched-by-the-prediction", ("if y_true[i, 0] == 1", "if y_pred[i, 0] > 0.5")),
    slip(localization_loss, "turned-round", ("y_true[i, 0] == 1", "y_true[i, 0] == 0")),
    slip(localization_loss, "not-averaged", ("return total / m", "return total")),
    slip(localization_loss, "nothing-costs-nothing", ("        else:\n            total += diff[0] ** 2\n", "")),
    slip(
        localization_loss,
        "everywhere",
        ("            total += diff[0] ** 2", "            total += tf.reduce_sum(diff**2)"),
    ),
    slip(localization_loss, "p_c-only-of-nothing", ("tf.reduce_sum(diff**2)", "tf.reduce_sum(diff[1:] ** 2)")),
    slip(localization_loss, "only-the-box", ("tf.reduce_sum(diff**2)", "tf.reduce_sum(diff[0:5] ** 2)")),
    slip(localization_loss, "absolute", ("diff**2", "tf.abs(diff)"), ("diff[0] ** 2", "tf.abs(diff[0])")),
    slip(mixed_loss, "box-everywhere", ("obj * (box_loss + class_loss)", "box_loss + obj * class_loss")),
    slip(mixed_loss, "classes-everywhere", ("obj * (box_loss + class_loss)", "obj * box_loss + class_loss")),
    slip(mixed_loss, "everywhere", ("obj * (box_loss + class_loss)", "box_loss + class_loss")),
    slip(mixed_loss, "weighed-by-the-prediction", ("obj = y_true[:, 0]", "obj = y_pred[:, 0]")),
    slip(mixed_loss, "not-averaged", ("return tf.reduce_mean(loss)", "return tf.reduce_sum(loss)")),
    slip(mixed_loss, "one-for-each", ("return tf.reduce_mean(loss)", "return loss")),
    slip(mixed_loss, "box-left-out", ("(box_loss + class_loss)", "class_loss")),
    slip(mixed_loss, "classes-left-out", ("(box_loss + class_loss)", "box_loss")),
    slip(mixed_loss, "mean-of-the-box", ("box_loss = tf.reduce_sum(", "box_loss = tf.reduce_mean(")),
    slip(mixed_loss, "p_c-left-out", ("obj_loss + obj *", "obj *")),
    slip(landmark_target, "y-first", ("points[i][0]", "points[i][2 - 1]"), ("points[i][1])", "points[i][0])")),
    slip(landmark_target, "p-zero", ("target = [1]", "target = [0]")),
    slip(landmark_target, "no-p", ("target = [1]", "target = []")),
    slip(landmark_target, "one-number-a-point", ("1 + 2 * count", "1 + count")),
    slip(landmark_target, "no-p-for-nothing", ("1 + 2 * count", "2 * count")),
    slip(landmark_target, "always-129", ("1 + 2 * count", "129")),
    slip(landmark_target, "nothing-at-all", ("return np.zeros(1 + 2 * count)", "return None")),
    slip(landmark_target, "none-unpacked", ("    if points is None:\n        return np.zeros(1 + 2 * count)\n", "")),
    slip(mirror_landmarks, "one-overwritten", ("np.copy(mirrored[..., left, :])", "mirrored[..., left, :]")),
    slip(
        mirror_landmarks,
        "upside-down",
        ("mirrored[..., 0] = 1 - mirrored[..., 0]", "mirrored[..., 1] = 1 - mirrored[..., 1]"),
    ),
    slip(mirror_landmarks, "minus-x", ("= 1 - mirrored", "= -mirrored")),
    slip(mirror_landmarks, "only-exchanged", ("    mirrored[..., 0] = 1 - mirrored[..., 0]\n", "")),
    slip(mirror_landmarks, "only-x-exchanged", (", left, :]", ", left, 0]"), (", right, :]", ", right, 0]")),
    slip(mirror_landmarks, "first-pair-only", ("in pairs:", "in pairs[:1]:")),
    slip(sliding_windows, "last-window-missing", ("// stride + 1", "// stride")),
    slip(sliding_windows, "places-not-multiplied", ("i * stride", "i"), ("j * stride", "j")),
    slip(sliding_windows, "x-first", ("[y1, x1, y2, x2]", "[x1, y1, x2, y2]")),
    slip(sliding_windows, "size-for-corner", ("[y1, x1, y2, x2]", "[y1, x1, size, size]")),
    slip(
        sliding_windows,
        "columns-first",
        (
            "    for i in range(rows):\n        for j in range(columns):",
            "    for j in range(columns):\n        for i in range(rows):",
        ),
    ),
    slip(sliding_windows, "as-many-columns-as-rows", ("(n_W - size)", "(n_H - size)")),
    slip(pyramid, "rounded-down", ("round(", "int(")),
    slip(pyramid, "sides-exchanged", ("(height, width)", "(width, height)")),
    slip(pyramid, "divided", (" * scale", " / scale")),
    slip(
        pyramid,
        "one-after-another",
        (
            "        images.append(resized(image, (height, width)))",
            "        image = resized(image, (height, width))\n        images.append(image)",
        ),
    ),
    slip(pyramid, "first-scale-only", ("    return images", "        return images")),
    slip(window_and_stride, "other-end", ("range(len(layers) - 1, -1, -1)", "range(len(layers))")),
    slip(window_and_stride, "begins-at-zero", ("window = 1", "window = 0")),
    slip(window_and_stride, "r-times-stride", ("(window - 1) * s + f", "window * s + f")),
    slip(window_and_stride, "strides-forgotten", ("(window - 1) * s + f", "window - 1 + f")),
    slip(window_and_stride, "last-stride", ("step *= s", "step = s")),
    slip(window_and_stride, "exchanged", ("return window, step", "return step, window")),
    slip(window_cost, "channels-forgotten", (" * f * f * depth", " * f * f")),
    slip(window_cost, "f-not-squared", (" * f * f * depth", " * f * depth")),
    slip(window_cost, "depth-of-the-image", ("                depth = filters\n", "")),
    slip(window_cost, "windows-in-a-row", ("per_side * per_side *", "per_side *")),
    slip(window_cost, "side-by-side", ("(n - window) // stride + 1", "n // window")),
    slip(window_cost, "one-filter", ("size * size * filters *", "size * size *")),
    slip(
        window_cost, "biases", ("size * size * filters * f * f * depth", "size * size * filters * (f * f * depth + 1)")
    ),
    slip(window_cost, "always-three-channels", ("depth = channels", "depth = 3")),
    slip(
        window_cost,
        "exchanged",
        (
            "return per_side * per_side * multiplications(window), multiplications(n)",
            "return multiplications(n), per_side * per_side * multiplications(window)",
        ),
    ),
    slip(
        dense_to_conv,
        "columns-first",
        (
            "        for h in range(n_H):\n            for w in range(n_W):",
            "        for w in range(n_W):\n            for h in range(n_H):",
        ),
    ),
    slip(
        dense_to_conv,
        "channels-first",
        (
            "        for h in range(n_H):\n            for w in range(n_W):\n                for c in range(n_C):",
            "        for c in range(n_C):\n            for h in range(n_H):\n                for w in range(n_W):",
        ),
    ),
    slip(dense_to_conv, "biases-in-a-row", ("b.reshape(1, 1, 1, units)", "b")),
    slip(dense_to_conv, "no-biases", ("b.reshape(1, 1, 1, units)", "np.zeros((1, 1, 1, units))")),
    slip(
        conv_sliding_windows,
        "relu-at-the-end",
        ("            if i < last:\n                A = np.maximum(0, A)", "            A = np.maximum(0, A)"),
    ),
    slip(
        conv_sliding_windows,
        "relu-behind-convolutions-only",
        ("            if i < last:\n                A = np.maximum(0, A)\n", ""),
    ),
    slip(
        conv_sliding_windows,
        "relu-behind-dense-only",
        ("            if i < last:\n                A = np.maximum(A, 0)\n", ""),
    ),
    slip(conv_sliding_windows, "pools-without-stride", ('"stride": f', '"stride": 1')),
    slip(conv_sliding_windows, "batch-axis", ("return A[0]", "return A")),
    slip(
        conv_sliding_windows,
        "flattened-again",
        (
            """            channels = A.shape[3]
            side = int(round(np.sqrt(W.shape[0] / channels)))
            filters, biases = dense_to_conv(W, b, (side, side, channels))
            A, _ = conv_forward(A, filters, biases, {"stride": 1, "pad": 0})
""",
            "            A = A.reshape(1, -1) @ W + b\n",
        ),
    ),
    slip(conv_sliding_windows, "whole-volume", ("(side, side, channels)", "A.shape[1:]")),
    slip(best_window, "not-scaled-back", (" / scales[k]", "")),
    slip(best_window, "multiplied", (" / scales[k]", " * scales[k]")),
    slip(best_window, "size-not-scaled", ("size / scales[k]", "size")),
    slip(best_window, "stride-forgotten", ("row * stride", "row"), ("col * stride", "col")),
    slip(
        best_window,
        "size-for-corner",
        ("y1 + size / scales[k], x1 + size / scales[k]", "size / scales[k], size / scales[k]"),
    ),
    slip(
        best_window,
        "x-first",
        (
            "(y1, x1, y1 + size / scales[k], x1 + size / scales[k])",
            "(x1, y1, x1 + size / scales[k], y1 + size / scales[k])",
        ),
    ),
    slip(best_window, "greater", (">= threshold", "> threshold")),
    slip(
        best_window,
        "never-none",
        (
            "    if best_score >= threshold:\n        return best_score, best_box\n    return None",
            "    return best_score, best_box",
        ),
    ),
    slip(best_window, "threshold-one-half", (">= threshold", ">= 0.5")),
    slip(best_window, "without-the-score", ("return best_score, best_box", "return best_box")),
    slip(score_detections, "exchanged", ("return recall, precision", "return precision, recall")),
    slip(score_detections, "over-all-pictures", ("right / num_true", "right / len(truth)")),
    slip(score_detections, "precision-over-all-pictures", ("right / num_found", "right / len(found)")),
    slip(score_detections, "edges-left-out", ("y1 <= cy <= y2 and x1 <= cx <= x2", "y1 < cy < y2 and x1 < cx < x2")),
    slip(score_detections, "one-direction", ("y1 <= cy <= y2 and x1 <= cx <= x2", "y1 <= cy <= y2")),
    slip(score_detections, "precision-of-nothing-is-zero", ("precision = 1.0", "precision = 0.0")),
    slip(
        score_detections,
        "divided-by-nothing",
        ("    if num_found > 0:\n        precision = right / num_found", "    precision = right / num_found"),
    ),
    slip(
        score_detections,
        "none-has-no-corners",
        ("        if found[i] is not None and truth[i] is not None:", "        if truth[i] is not None:"),
    ),
]
