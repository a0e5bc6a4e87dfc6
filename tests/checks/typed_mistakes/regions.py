"""Notebook 11, as learners write it."""

import numpy as np
import tensorflow as tf
from typed_mistakes.slips import slip


def similarities(one, other, pixels):
    s_colour = 0
    for k in range(len(one["colour"])):
        s_colour += min(one["colour"][k], other["colour"][k])
    s_texture = 0
    for k in range(len(one["texture"])):
        s_texture += min(one["texture"][k], other["texture"][k])
    both = one["size"] + other["size"]
    y1 = min(one["box"][0], other["box"][0])
    x1 = min(one["box"][1], other["box"][1])
    y2 = max(one["box"][2], other["box"][2])
    x2 = max(one["box"][3], other["box"][3])
    area = (y2 - y1) * (x2 - x1)
    s_size = 1 - both / pixels
    s_fill = 1 - (area - both) / pixels
    return s_colour, s_texture, s_size, s_fill


def merge_regions(regions, pairs, pixels):
    best = -1
    for i, j in pairs:
        s = sum(similarities(regions[i], regions[j], pixels))
        if s > best:
            best = s
            pair = (i, j)
    a, b = regions[pair[0]], regions[pair[1]]
    size = a["size"] + b["size"]
    box = [
        min(a["box"][0], b["box"][0]),
        min(a["box"][1], b["box"][1]),
        max(a["box"][2], b["box"][2]),
        max(a["box"][3], b["box"][3]),
    ]
    colour = (a["size"] * a["colour"] + b["size"] * b["colour"]) / size
    texture = (a["size"] * a["texture"] + b["size"] * b["texture"]) / size
    return pair, {"size": size, "box": np.array(box), "colour": colour, "texture": texture}


def warp_regions(image, boxes, size):
    out = np.zeros((len(boxes), size, size, image.shape[2]))
    for n in range(len(boxes)):
        y1, x1, y2, x2 = boxes[n]
        for i in range(size):
            for j in range(size):
                y = int(np.floor(y1 + (i + 0.5) / size * (y2 - y1)))
                x = int(np.floor(x1 + (j + 0.5) / size * (x2 - x1)))
                y = min(max(y, 0), image.shape[0] - 1)
                x = min(max(x, 0), image.shape[1] - 1)
                out[n, i, j] = image[y, x]
    return out


def roi_pool(features, rois, size):
    out = np.zeros((len(rois), size, size, features.shape[2]))
    for n in range(len(rois)):
        y1, x1, y2, x2 = rois[n]
        top = int(np.floor(y1))
        left = int(np.floor(x1))
        h = int(np.ceil(y2)) - top
        w = int(np.ceil(x2)) - left
        for i in range(size):
            for j in range(size):
                y_start = top + int(np.floor(i * h / size))
                y_end = top + int(np.ceil((i + 1) * h / size))
                x_start = left + int(np.floor(j * w / size))
                x_end = left + int(np.ceil((j + 1) * w / size))
                out[n, i, j, :] = np.max(features[y_start:y_end, x_start:x_end], axis=(0, 1))
    return out


def roi_pool_backward(dA, features, rois):
    grad = np.zeros(features.shape)
    size = dA.shape[1]
    for n in range(len(rois)):
        y1, x1, y2, x2 = rois[n]
        top = int(np.floor(y1))
        left = int(np.floor(x1))
        h = int(np.ceil(y2)) - top
        w = int(np.ceil(x2)) - left
        for i in range(size):
            for j in range(size):
                a = top + int(np.floor(i * h / size))
                b = top + int(np.ceil((i + 1) * h / size))
                c = left + int(np.floor(j * w / size))
                d = left + int(np.ceil((j + 1) * w / size))
                for k in range(features.shape[2]):
                    cells = features[a:b, c:d, k]
                    y, x = np.unravel_index(np.argmax(cells), cells.shape)
                    grad[a + y, c + x, k] += dA[n, i, j, k]
    return grad


def bilinear(features, y, x):
    n_H, n_W = features.shape[0], features.shape[1]
    y = np.clip(y - 0.5, 0, n_H - 1)
    x = np.clip(x - 0.5, 0, n_W - 1)
    y0 = int(np.floor(y))
    x0 = int(np.floor(x))
    y1 = min(y0 + 1, n_H - 1)
    x1 = min(x0 + 1, n_W - 1)
    dy = y - y0
    dx = x - x0
    return (
        (1 - dy) * (1 - dx) * features[y0, x0]
        + (1 - dy) * dx * features[y0, x1]
        + dy * (1 - dx) * features[y1, x0]
        + dy * dx * features[y1, x1]
    )


def roi_align(features, rois, size):
    out = np.zeros((len(rois), size, size, features.shape[2]))
    for n in range(len(rois)):
        y1, x1, y2, x2 = rois[n]
        bin_h = (y2 - y1) / size
        bin_w = (x2 - x1) / size
        for i in range(size):
            for j in range(size):
                out[n, i, j] = bilinear(features, y1 + (i + 0.5) * bin_h, x1 + (j + 0.5) * bin_w)
    return out


def generate_anchors(grid, stride, scales, ratios):
    rows, cols = grid
    anchors = []
    for i in range(rows):
        for j in range(cols):
            cy = (i + 0.5) * stride
            cx = (j + 0.5) * stride
            for scale in scales:
                for ratio in ratios:
                    h = scale * np.sqrt(ratio)
                    w = scale / np.sqrt(ratio)
                    anchors.append([cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2])
    return np.array(anchors)


def encode_boxes(boxes, anchors):
    out = []
    for (y1, x1, y2, x2), (a1, b1, a2, b2) in zip(boxes, anchors):  # noqa: B905
        h, w = y2 - y1, x2 - x1
        ha, wa = a2 - a1, b2 - b1
        y, x = y1 + h / 2, x1 + w / 2
        ya, xa = a1 + ha / 2, b1 + wa / 2
        out.append([(x - xa) / wa, (y - ya) / ha, np.log(w / wa), np.log(h / ha)])
    return np.array(out)


def decode_boxes(offsets, anchors):
    out = []
    for (tx, ty, tw, th), (a1, b1, a2, b2) in zip(offsets, anchors):  # noqa: B905
        ha, wa = a2 - a1, b2 - b1
        ya, xa = a1 + ha / 2, b1 + wa / 2
        y, x = ya + ty * ha, xa + tx * wa
        h, w = ha * np.exp(th), wa * np.exp(tw)
        out.append([y - h / 2, x - w / 2, y + h / 2, x + w / 2])
    return np.array(out)


def rpn_targets(anchors, boxes, high=0.7, low=0.3):
    n = len(anchors)
    labels = -np.ones(n, dtype=int)
    matched = np.zeros(n, dtype=int)
    if len(boxes) == 0:
        return np.zeros(n, dtype=int), matched
    table = overlaps(anchors, boxes)
    for i in range(n):
        matched[i] = np.argmax(table[i])
        if table[i].max() < low:
            labels[i] = 0
        if table[i].max() >= high:
            labels[i] = 1
    for k in range(len(boxes)):
        best = table[:, k].max()
        for i in range(n):
            if table[i, k] == best and best > 0:
                labels[i] = 1
    return labels, matched


def multi_task_loss(labels, scores, offsets_true, offsets, masks_true, masks):
    n = labels.shape[0]
    total = 0.0
    for i in range(n):
        c = int(labels[i])
        loss = -tf.nn.log_softmax(scores[i])[c]
        if c > 0:
            d = tf.abs(offsets[i, c - 1] - offsets_true[i])
            loss += tf.reduce_sum(tf.where(d < 1, 0.5 * d**2, d - 0.5))
            z = masks[i, :, :, c - 1]
            t = masks_true[i]
            loss += tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=z))
        total += loss
    return total / n


def paste_mask(mask, box, image_shape):
    H, W = image_shape
    y1, x1, y2, x2 = box
    s = mask.shape[0]
    out = np.zeros((H, W), dtype=bool)
    for i in range(H):
        for j in range(W):
            y = i + 0.5
            x = j + 0.5
            if y < y1 or y >= y2 or x < x1 or x >= x2:
                continue
            v = (y - y1) / (y2 - y1) * s
            u = (x - x1) / (x2 - x1) * s
            value = bilinear(mask[:, :, None], v, u)[0]
            out[i, j] = value >= 0.5
    return out


def default_boxes(grids, ratios, smallest=0.2, largest=0.9):
    m = len(grids)
    boxes = []
    for k in range(m):
        s = smallest + (largest - smallest) * k / (m - 1)
        s_next = smallest + (largest - smallest) * (k + 1) / (m - 1)
        for i in range(grids[k]):
            for j in range(grids[k]):
                cy = (i + 0.5) / grids[k]
                cx = (j + 0.5) / grids[k]
                for r in ratios[k]:
                    h = s * np.sqrt(r)
                    w = s / np.sqrt(r)
                    boxes.append([cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2])
                side = np.sqrt(s * s_next)
                boxes.append([cy - side / 2, cx - side / 2, cy + side / 2, cx + side / 2])
    return np.array(boxes)


SLIPS = [
    slip(similarities, "larger-entries", ("+= min(", "+= max(")),
    slip(
        similarities,
        "products",
        ('min(one["colour"][k], other["colour"][k])', 'one["colour"][k] * other["colour"][k]'),
        ('min(one["texture"][k], other["texture"][k])', 'one["texture"][k] * other["texture"][k]'),
    ),
    slip(similarities, "size-upside-down", ("1 - both / pixels", "both / pixels")),
    slip(similarities, "fill-upside-down", ("1 - (area - both) / pixels", "(area - both) / pixels")),
    slip(similarities, "whole-box", ("(area - both) / pixels", "area / pixels")),
    slip(similarities, "exchanged", ("return s_colour, s_texture", "return s_texture, s_colour")),
    slip(merge_regions, "least-similar", ("best = -1", "best = 99"), ("s > best", "s < best")),
    slip(merge_regions, "not-divided", (" / size", "")),
    slip(
        merge_regions,
        "plain-mean",
        ('(a["size"] * a["colour"] + b["size"] * b["colour"]) / size', '(a["colour"] + b["colour"]) / 2'),
        ('(a["size"] * a["texture"] + b["size"] * b["texture"]) / size', '(a["texture"] + b["texture"]) / 2'),
    ),
    slip(merge_regions, "first-box", ("np.array(box)", 'a["box"]')),
    slip(warp_regions, "corners-for-centres", ("i + 0.5", "i"), ("j + 0.5", "j")),
    slip(warp_regions, "rounded", ("np.floor", "np.round")),
    slip(warp_regions, "x-first", ("y1, x1, y2, x2", "x1, y1, x2, y2")),
    slip(warp_regions, "result-transposed", ("out[n, i, j]", "out[n, j, i]")),
    slip(
        warp_regions, "corner-to-corner", ("(i + 0.5) / size", "i / (size - 1)"), ("(j + 0.5) / size", "j / (size - 1)")
    ),
    slip(
        warp_regions,
        "outside",
        ("                y = min(max(y, 0), image.shape[0] - 1)\n", ""),
        ("                x = min(max(x, 0), image.shape[1] - 1)\n", ""),
    ),
    slip(roi_pool, "mean", ("np.max", "np.mean")),
    slip(roi_pool, "last-edge-down", ("np.ceil(y2)", "np.floor(y2)"), ("np.ceil(x2)", "np.floor(x2)")),
    slip(
        roi_pool,
        "edges-rounded",
        ("np.floor(y1)", "np.round(y1)"),
        ("np.floor(x1)", "np.round(x1)"),
        ("np.ceil(y2)", "np.round(y2)"),
        ("np.ceil(x2)", "np.round(x2)"),
    ),
    slip(roi_pool, "x-first", ("y1, x1, y2, x2", "x1, y1, x2, y2")),
    slip(roi_pool, "result-transposed", ("out[n, i, j, :]", "out[n, j, i, :]")),
    slip(roi_pool, "across-channels", (", axis=(0, 1))", ")")),
    slip(
        roi_pool,
        "one-too-many",
        ("np.ceil(y2)) - top", "np.ceil(y2)) - top + 1"),
        ("np.ceil(x2)) - left", "np.ceil(x2)) - left + 1"),
    ),
    slip(roi_pool_backward, "overwritten", ("+= dA", "= dA")),
    slip(roi_pool_backward, "not-moved", ("grad[a + y, c + x, k]", "grad[y, x, k]")),
    slip(roi_pool_backward, "smallest", ("np.argmax", "np.argmin")),
    slip(roi_pool_backward, "to-all", ("grad[a + y, c + x, k] +=", "grad[a:b, c:d, k] +=")),
    slip(roi_pool_backward, "one-channel", ("features[a:b, c:d, k]", "features[a:b, c:d, 0]")),
    slip(bilinear, "no-half", ("y - 0.5", "y"), ("x - 0.5", "x")),
    slip(bilinear, "half-added", ("y - 0.5", "y + 0.5"), ("x - 0.5", "x + 0.5")),
    slip(bilinear, "weights-upside-down", ("dy = y - y0", "dy = 1 - (y - y0)"), ("dx = x - x0", "dx = 1 - (x - x0)")),
    slip(bilinear, "outside", ("min(y0 + 1, n_H - 1)", "y0 + 1"), ("min(x0 + 1, n_W - 1)", "x0 + 1")),
    slip(roi_align, "corners-for-centres", ("i + 0.5", "i"), ("j + 0.5", "j")),
    slip(
        roi_align,
        "half-twice",
        ("y1 + (i + 0.5) * bin_h", "y1 + (i + 0.5) * bin_h - 0.5"),
        ("x1 + (j + 0.5) * bin_w", "x1 + (j + 0.5) * bin_w - 0.5"),
    ),
    slip(roi_align, "snapped", ("= rois[n]", "= np.round(rois[n])")),
    slip(roi_align, "x-first", ("y1, x1, y2, x2", "x1, y1, x2, y2")),
    slip(roi_align, "first-region", ("rois[n]", "rois[0]")),
    slip(generate_anchors, "corner-of-the-cell", ("(i + 0.5)", "i"), ("(j + 0.5)", "j")),
    slip(
        generate_anchors,
        "area-changes",
        ("scale * np.sqrt(ratio)", "scale * ratio"),
        ("scale / np.sqrt(ratio)", "scale"),
    ),
    slip(generate_anchors, "no-root", ("np.sqrt(ratio)", "ratio")),
    slip(generate_anchors, "ratio-upside-down", ("h = scale *", "h = scale /"), ("w = scale /", "w = scale *")),
    slip(generate_anchors, "not-in-pixels", (" * stride", "")),
    slip(generate_anchors, "whole-size", (" / 2", "")),
    slip(
        generate_anchors,
        "x-first",
        ("[cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2]", "[cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]"),
    ),
    slip(encode_boxes, "not-divided", ("(x - xa) / wa, (y - ya) / ha", "x - xa, y - ya")),
    slip(encode_boxes, "by-the-box", ("(x - xa) / wa, (y - ya) / ha", "(x - xa) / w, (y - ya) / h")),
    slip(encode_boxes, "no-logarithm", ("np.log(w / wa), np.log(h / ha)", "w / wa, h / ha")),
    slip(encode_boxes, "ratio-upside-down", ("w / wa)", "wa / w)"), ("h / ha)", "ha / h)")),
    slip(encode_boxes, "logarithm-to-2", ("np.log(", "np.log2(")),
    slip(decode_boxes, "not-multiplied", ("ty * ha", "ty"), ("tx * wa", "tx")),
    slip(decode_boxes, "no-exponential", ("np.exp(th)", "th"), ("np.exp(tw)", "tw")),
    slip(decode_boxes, "y-first", ("(tx, ty, tw, th)", "(ty, tx, th, tw)")),
    slip(decode_boxes, "whole-size", ("h / 2, x - w / 2, y + h / 2, x + w / 2", "h, x - w, y + h, x + w")),
    slip(decode_boxes, "centre-and-size", ("[y - h / 2, x - w / 2, y + h / 2, x + w / 2]", "[y, x, h, w]")),
    slip(rpn_targets, "high-excluded", (">= high", "> high")),
    slip(rpn_targets, "low-included", ("< low", "<= low")),
    slip(rpn_targets, "no-best", ("and best > 0", "and best > 1")),
    slip(rpn_targets, "best-without-touching", (" and best > 0", "")),
    slip(rpn_targets, "between-is-background", ("-np.ones(n, dtype=int)", "np.zeros(n, dtype=int)")),
    slip(rpn_targets, "no-boxes", ("    if len(boxes) == 0:\n        return np.zeros(n, dtype=int), matched\n", "")),
    slip(rpn_targets, "matched-by-box", ("        matched[i] = np.argmax(table[i])\n", "")),
    slip(multi_task_loss, "squares", ("tf.where(d < 1, 0.5 * d**2, d - 0.5)", "0.5 * d**2")),
    slip(multi_task_loss, "absolute", ("tf.where(d < 1, 0.5 * d**2, d - 0.5)", "d")),
    slip(multi_task_loss, "half-forgotten", ("0.5 * d**2", "d**2")),
    slip(multi_task_loss, "box-averaged", ("loss += tf.reduce_sum", "loss += tf.reduce_mean")),
    slip(multi_task_loss, "mask-summed", ("tf.reduce_mean(tf.nn.sig", "tf.reduce_sum(tf.nn.sig")),
    slip(multi_task_loss, "summed-over-regions", ("total / n", "total")),
    slip(paste_mask, "corner-of-the-pixel", ("i + 0.5", "i"), ("j + 0.5", "j")),
    slip(paste_mask, "x-first", ("y1, x1, y2, x2", "x1, y1, x2, y2")),
    slip(paste_mask, "box-rounded", ("= box", "= np.round(box)")),
    slip(paste_mask, "probabilities", ("dtype=bool", "dtype=float"), ("value >= 0.5", "value")),
    slip(paste_mask, "nearest", ("bilinear(mask[:, :, None], v, u)[0]", "mask[int(v), int(u)]")),
    slip(paste_mask, "binary-first", ("mask[:, :, None]", "(mask[:, :, None] >= 0.5) * 1.0")),
    slip(default_boxes, "divided-by-m", ("/ (m - 1)", "/ m")),
    slip(default_boxes, "mean-of-scales", ("np.sqrt(s * s_next)", "(s + s_next) / 2")),
    slip(default_boxes, "ratio-upside-down", ("h = s * ", "h = s / "), ("w = s / ", "w = s * ")),
    slip(default_boxes, "corner-of-the-cell", ("i + 0.5", "i"), ("j + 0.5", "j")),
]
