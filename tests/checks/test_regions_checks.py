"""The checks of notebook 11: right answers written differently, what one slip costs, values of odd forms."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from solution_functions import functions

from dlcourse import checks, regions

SEEDS = range(2)


def run(name, function, seed=0, **options):
    return checks.run("regions", name, function, seed=seed, **options)


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("regions")])
def test_the_solution_passes(name):
    solution = functions("regions")
    for seed in range(4):
        report = run(name, getattr(solution, name), seed, namespace=vars(solution))
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Right answers, written differently


def similar_in_lists(a, b, size):
    histograms = [sum(min(x, y) for x, y in zip(a[key], b[key], strict=True)) for key in ("colour", "texture")]
    (y1, x1, y2, x2), (v1, u1, v2, u2) = a["box"], b["box"]
    around = (max(y2, v2) - min(y1, v1)) * (max(x2, u2) - min(x1, u1))
    both = a["size"] + b["size"]
    return [*histograms, (size - both) / size, (size - around + both) / size]


def merged_by_sorting(regions_, neighbours, size):
    def alike(pair):
        return -sum(regions.similarities(regions_[pair[0]], regions_[pair[1]], size))

    first = sorted(neighbours, key=alike)[0]
    parts = [regions_[number] for number in first]
    boxes = np.stack([part["box"] for part in parts])
    weights = np.array([part["size"] for part in parts])
    merged = {name: np.average([part[name] for part in parts], 0, weights) for name in ("colour", "texture")}
    merged["size"] = float(weights.sum())
    merged["box"] = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    return list(first), merged


def merged_with_loops(regions_, pairs, pixels):
    scores = [sum(similar_in_lists(regions_[i], regions_[j], pixels)) for i, j in pairs]
    i, j = pairs[int(np.argmax(scores))]
    n, m = regions_[i]["size"], regions_[j]["size"]
    _, merged = regions.merge_regions([regions_[i], regions_[j]], [(0, 1)], pixels)
    return np.array([i, j]), {**merged, "colour": (n * regions_[i]["colour"] + m * regions_[j]["colour"]) / (n + m)}


def warped_pixel_by_pixel(img, rois, size):
    warped = np.empty((len(rois), size, size, img.shape[2]), "float32")
    for n, i, j in np.ndindex(len(rois), size, size):
        y1, x1, y2, x2 = rois[n]
        y, x = y1 + (2 * i + 1) * (y2 - y1) / (2 * size), x1 + (2 * j + 1) * (x2 - x1) / (2 * size)
        warped[n, i, j] = img[max(0, min(int(y), len(img) - 1)), max(0, min(int(x), img.shape[1] - 1))]
    return warped


def warped_with_take(image, boxes, size):
    return [
        image.take(np.int64(y1 + (np.arange(size) + 0.5) * (y2 - y1) / size), 0, mode="clip").take(
            np.int64(x1 + (np.arange(size) + 0.5) * (x2 - x1) / size), 1, mode="clip"
        )
        for y1, x1, y2, x2 in boxes
    ]


def _cells(begin, end, size, part):
    first = int(begin)
    count = -int(-end // 1) - first
    return slice(first + part * count // size, first + -(-(part + 1) * count // size))


def pooled_channel_by_channel(feature_map, rois, size):
    pooled = [
        [
            [
                [
                    feature_map[_cells(y1, y2, size, i), _cells(x1, x2, size, j), c].max()
                    for c in range(feature_map.shape[2])
                ]
                for j in range(size)
            ]
            for i in range(size)
        ]
        for y1, x1, y2, x2 in rois
    ]
    return np.array(pooled)


def pooled_by_tensorflow(features, rois, size):
    A = tf.constant(features)
    rows = [
        tf.reduce_max(A[_cells(y1, y2, size, i), _cells(x1, x2, size, j)], axis=(0, 1))
        for y1, x1, y2, x2 in rois
        for i in range(size)
        for j in range(size)
    ]
    return tf.reshape(tf.stack(rows), (len(rois), size, size, -1))


def back_by_masks(dA, features, rois):
    d_features, size = np.zeros_like(features), dA.shape[1]
    for n, (y1, x1, y2, x2) in enumerate(rois):
        for i, j in np.ndindex(size, size):
            window = _cells(y1, y2, size, i), _cells(x1, x2, size, j)
            cells = features[window]
            first = np.zeros(cells.shape)
            flat = cells.reshape(-1, cells.shape[2]).argmax(axis=0)
            first.reshape(-1, cells.shape[2])[flat, np.arange(cells.shape[2])] = 1
            d_features[window] += first * dA[n, i, j]
    return d_features


def back_by_tensorflow(dout, feature_map, rois):
    A = tf.Variable(feature_map)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(pooled_of(A, rois, dout.shape[1]) * dout)
    return tape.gradient(loss, A).numpy()


def pooled_of(A, rois, size):
    """Cells that tie are not drawn, but the middle cell of four bins is the largest of each."""
    windows = [
        tf.reduce_max(A[_cells(y1, y2, size, i), _cells(x1, x2, size, j)], axis=(0, 1))
        for y1, x1, y2, x2 in rois
        for i in range(size)
        for j in range(size)
    ]
    return tf.reshape(tf.stack(windows), (len(rois), size, size, A.shape[2]))


def by_scipy(A, y, x):
    return [
        ndimage.map_coordinates(A[..., c], [[y - 0.5], [x - 0.5]], order=1, mode="nearest")[0]
        for c in range(A.shape[2])
    ]


def by_triangles(features, y, x):
    """Every cell, weighted by how near its centre is."""
    n_H, n_W = features.shape[:2]
    y, x = np.clip(y, 0.5, n_H - 0.5), np.clip(x, 0.5, n_W - 0.5)
    down = np.maximum(0, 1 - np.abs(np.arange(n_H) + 0.5 - y))
    along = np.maximum(0, 1 - np.abs(np.arange(n_W) + 0.5 - x))
    return np.einsum("h,w,hwc->c", down, along, features).astype("f4")


def aligned_by_triangles(feature_map, boxes, size):
    aligned = []
    for y1, x1, y2, x2 in boxes:
        weights = []
        for begin, end, n in ((y1, y2, feature_map.shape[0]), (x1, x2, feature_map.shape[1])):
            middles = np.clip(begin + (np.arange(size) + 0.5) * (end - begin) / size, 0.5, n - 0.5)
            weights.append(np.maximum(0, 1 - np.abs(middles[:, None] - np.arange(n) - 0.5)))
        aligned.append(np.einsum("ih,jw,hwc->ijc", *weights, feature_map))
    return aligned


def aligned_by_scipy(features, rois, size):
    aligned = np.empty((len(rois), size, size, features.shape[2]), "f4")
    for n, (y1, x1, y2, x2) in enumerate(rois):
        rows = np.linspace(y1, y2, 2 * size + 1)[1::2] - 0.5
        columns = np.linspace(x1, x2, 2 * size + 1)[1::2] - 0.5
        places = np.meshgrid(rows, columns, indexing="ij")
        for c in range(features.shape[2]):
            aligned[n, :, :, c] = ndimage.map_coordinates(features[..., c], places, order=1, mode="nearest")
    return aligned


def anchors_by_meshgrid(shape, stride, scales, aspect_ratios):
    y, x = np.meshgrid((np.arange(shape[0]) + 0.5) * stride, (np.arange(shape[1]) + 0.5) * stride, indexing="ij")
    sizes = np.array([(s * r**0.5, s * r**-0.5) for s in scales for r in aspect_ratios])
    centres = np.stack([y, x], axis=-1).reshape(-1, 1, 2)
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=2).reshape(-1, 4).astype("f4")


def anchors_in_lists(grid, stride, scales, ratios):
    found = []
    for place in range(grid[0] * grid[1]):
        row, column = divmod(place, grid[1])
        for area in (s * s for s in scales):
            for r in ratios:
                w = (area / r) ** 0.5
                y1, x1 = row * stride + stride / 2 - r * w / 2, column * stride + stride / 2 - w / 2
                found.append((y1, x1, y1 + r * w, x1 + w))
    return found


def encoded_one_by_one(box, anchor):
    rows = []
    for (y1, x1, y2, x2), (a1, b1, a2, b2) in zip(box, anchor, strict=True):
        h, w = a2 - a1, b2 - b1
        way = (x1 + x2 - b1 - b2) / 2 / w, (y1 + y2 - a1 - a2) / 2 / h
        rows.append([*way, np.log(x2 - x1) - np.log(w), np.log(y2 - y1) - np.log(h)])
    return rows


def encoded_in_float32(boxes, anchors):
    return regions.encode_boxes(boxes.astype("f4"), anchors.astype("f4"))


def decoded_one_by_one(t, anchors):
    rows = []
    for (tx, ty, tw, th), (y1, x1, y2, x2) in zip(t, anchors, strict=True):
        h, w = y2 - y1, x2 - x1
        top, left = y1 + (0.5 + ty - np.exp(th) / 2) * h, x1 + (0.5 + tx - np.exp(tw) / 2) * w
        rows.append([top, left, top + np.exp(th) * h, left + np.exp(tw) * w])
    return rows


def decoded_in_float32(offsets, anchors):
    return regions.decode_boxes(offsets.astype("f4"), anchors.astype("f4"))


def targets_one_by_one(anchors, gt_boxes, high=0.7, low=0.3):
    table = [[float(regions.iou(a, b)) for b in gt_boxes] for a in anchors]
    best_of_box = [max(row[k] for row in table) for k in range(len(gt_boxes))]
    labels, matched = [], []
    for row in table:
        rescued = any(x == best > 0 for x, best in zip(row, best_of_box, strict=True))
        best = max(row, default=0)
        labels.append(1 if rescued or best >= high else 0 if best < low or not row else -1)
        matched.append(row.index(best) if row else 0)
    return labels, matched


def targets_in_other_types(anchors, boxes, high=0.7, low=0.3):
    labels, matched = regions.rpn_targets(anchors, boxes, high, low)
    return [labels.astype("f4"), matched.astype("int8")]


def loss_with_gather(y, logits, t_true, t, m_true, masks):
    there = tf.cast(y > 0, tf.float32)
    index = tf.maximum(y - 1, 0)
    kind = -tf.gather(tf.nn.log_softmax(logits), y, batch_dims=1)
    d = tf.gather(t, index, batch_dims=1) - t_true
    box = tf.reduce_sum(tf.minimum(tf.abs(d), 1.0) * (tf.abs(d) - tf.minimum(tf.abs(d), 1.0) / 2), axis=1)
    z = tf.gather(tf.transpose(masks, [0, 3, 1, 2]), index, batch_dims=1)
    pixels = tf.maximum(z, 0.0) - z * m_true + tf.math.log1p(tf.exp(-tf.abs(z)))
    return tf.reduce_sum(kind + there * (box + tf.reduce_mean(pixels, axis=[1, 2]))) / tf.cast(tf.size(y), tf.float32)


def loss_by_keras(labels, scores, offsets_true, offsets, masks_true, masks):
    import keras

    total = 0.0
    for n in range(labels.shape[0]):
        total += keras.losses.sparse_categorical_crossentropy(labels[n], scores[n], from_logits=True)
        if labels[n] > 0:
            total += 4 * keras.losses.huber(offsets_true[n], offsets[n, labels[n] - 1])
            z = tf.reshape(masks[n, :, :, labels[n] - 1], [-1])
            total += keras.losses.binary_crossentropy(tf.reshape(masks_true[n], [-1]), z, from_logits=True)
    return total / labels.shape[0]


def pasted_by_scipy(mask, box, shape):
    y1, x1, y2, x2 = box
    y, x = np.arange(shape[0]) + 0.5, np.arange(shape[1]) + 0.5
    places = np.meshgrid((y - y1) / (y2 - y1) * len(mask) - 0.5, (x - x1) / (x2 - x1) * len(mask) - 0.5, indexing="ij")
    values = ndimage.map_coordinates(mask, places, order=1, mode="nearest")
    return ((values >= 0.5) & ((y >= y1) & (y < y2))[:, None] & ((x >= x1) & (x < x2))).astype(int)


def pasted_pixel_by_pixel(mask, box, image_shape):
    pasted = np.zeros(image_shape)
    for i, j in np.ndindex(image_shape):
        v, u = (i + 0.5 - box[0]) / (box[2] - box[0]), (j + 0.5 - box[1]) / (box[3] - box[1])
        if 0 <= v < 1 and 0 <= u < 1:
            pasted[i, j] = by_scipy(mask[..., None], v * len(mask), u * len(mask))[0] >= 0.5
    return pasted


def defaults_vectorised(grids, ratios, s_min=0.2, s_max=0.9):
    m, parts = len(grids), []
    for k, (n, row) in enumerate(zip(grids, ratios, strict=True)):
        s, more = (s_min + (s_max - s_min) * number / (m - 1) for number in (k, k + 1))
        areas, row = np.array([s * s] * len(row) + [s * more]), np.array([*row, 1.0])
        half = np.stack([np.sqrt(areas * row), np.sqrt(areas / row)], axis=1) / 2
        y, x = np.divmod(np.arange(n * n), n)
        centres = (np.stack([y, x], axis=1)[:, None] + 0.5) / n
        parts.append(np.concatenate([centres - half, centres + half], axis=2).reshape(-1, 4))
    return np.vstack(parts)


def defaults_in_float32(grids, ratios, smallest=0.2, largest=0.9):
    return regions.default_boxes(grids, ratios, smallest, largest).astype("f4").tolist()


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("similarities", similar_in_lists),
        ("similarities", lambda one, other, pixels: np.array(regions.similarities(one, other, pixels), "f4")),
        ("merge_regions", merged_by_sorting),
        ("merge_regions", merged_with_loops),
        ("warp_regions", warped_pixel_by_pixel),
        ("roi_pool", pooled_channel_by_channel),
        ("roi_pool", pooled_by_tensorflow),
        ("roi_pool_backward", back_by_masks),
        ("roi_pool_backward", back_by_tensorflow),
        ("bilinear", by_scipy),
        ("bilinear", by_triangles),
        ("roi_align", aligned_by_triangles),
        ("roi_align", aligned_by_scipy),
        ("generate_anchors", anchors_by_meshgrid),
        ("generate_anchors", anchors_in_lists),
        ("encode_boxes", encoded_one_by_one),
        ("encode_boxes", encoded_in_float32),
        ("decode_boxes", decoded_one_by_one),
        ("decode_boxes", decoded_in_float32),
        ("rpn_targets", targets_one_by_one),
        ("rpn_targets", targets_in_other_types),
        ("multi_task_loss", loss_with_gather),
        ("multi_task_loss", loss_by_keras),
        ("paste_mask", pasted_by_scipy),
        ("paste_mask", pasted_pixel_by_pixel),
        ("default_boxes", defaults_vectorised),
        ("default_boxes", defaults_in_float32),
    ],
)
def test_right_answers_written_differently_pass(name, function):
    for seed in SEEDS:
        report = run(name, function, seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# One slip, one group


@pytest.mark.parametrize(
    ("name", "key", "groups"),
    [
        ("similarities", "size-upside-down", ["s_size"]),
        ("merge_regions", "plain-mean", ["what becomes of them"]),
        ("warp_regions", "around-the-edge", ["fractions, and out of the image"]),
        ("roi_pool", "last-edge-down", ["fractions of a cell"]),
        ("roi_pool", "bins-down", ["bins that overlap"]),
        ("roi_pool", "first-region", ["regions and channels"]),
        ("roi_pool_backward", "overwritten", ["bins and regions that overlap"]),
        ("bilinear", "zero-outside", ["at the edge"]),
        ("roi_align", "first-region", ["several regions"]),
        ("generate_anchors", "column-by-column", ["many cells"]),
        ("generate_anchors", "ratios-outside", ["several scales and ratios"]),
        ("encode_boxes", "not-divided", ["the centre"]),
        ("encode_boxes", "logarithm-to-2", ["the size"]),
        ("decode_boxes", "one-more", ["the size"]),
        ("rpn_targets", "high-excluded", ["a threshold met exactly"]),
        ("rpn_targets", "low-included", ["a threshold met exactly"]),
        ("rpn_targets", "no-best", ["the best anchor of a box"]),
        ("rpn_targets", "nothing-does-not-count", ["no box"]),
        ("multi_task_loss", "softmax-masks", ["the mask"]),
        ("multi_task_loss", "squares", ["the box"]),
        ("multi_task_loss", "per-object", ["background"]),
        ("paste_mask", "box-rounded", ["between pixels"]),
        ("default_boxes", "mean-of-scales", ["the square between two scales"]),
    ],
)
def test_a_slip_costs_what_it_touches(name, key, groups):
    mistake = next(mistake for mistake in checks.get("regions", name).mistakes if mistake.key == key)
    for seed in SEEDS:
        report = run(name, mistake.variant, seed)
        lost = [group.name for group in report.groups if not group.passed]
        assert [group for group in lost if group != "inputs unchanged"] == groups


@pytest.mark.parametrize("odd", [None, "boxes", [[1, 2], [3]], {"boxes": 1}, np.array(["a"]), [[None] * 4]], ids=repr)
def test_default_boxes_of_an_odd_form_are_judged(odd):
    report = run("default_boxes", lambda *given: odd)
    assert not report.passed and report.score == 0
