"""The checks of notebook 09: right answers written differently, and what one slip costs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from solution_functions import functions

from dlcourse import checks, localization


def failed_groups(name, function, seed=0, **options):
    report = checks.run("localization", name, function, seed=seed, **options)
    return [group.name for group in report.groups if not group.passed]


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("localization")])
def test_the_solution_passes(name):
    solution = functions("localization")
    for seed in range(3):
        report = checks.run("localization", name, getattr(solution, name), seed=seed, namespace=vars(solution))
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Right answers, written differently


def target_in_a_list(box, label, num_classes, image_shape):
    if box is None:
        return [0] * (5 + num_classes)
    y1, x1, y2, x2 = np.array(box, "f4")
    n_H, n_W = image_shape
    return [1, (x1 + (x2 - x1) / 2) / n_W, np.mean([y1, y2]) / n_H, (y2 - y1) / n_H, (x2 - x1) / n_W] + [
        1 if c == label else 0 for c in range(num_classes)
    ]


def target_with_eye(corners, class_id, n_classes, image_shape):
    scaled = None if corners is None else corners / np.array([*image_shape, *image_shape])
    if scaled is None:
        return np.zeros(5 + n_classes, "f4")
    middle, size = (scaled[2:] + scaled[:2]) / 2, scaled[2:] - scaled[:2]
    return tf.concat([[1.0], middle[::-1], size, np.eye(n_classes)[class_id]], axis=0)


def loss_with_where(y_true, y_pred):
    squares = keras.ops.square(y_pred - y_true)
    there = y_true[:, :1] > 0.5
    return keras.ops.mean(
        keras.ops.sum(keras.ops.where(there, squares, squares * ([1] + [0] * (y_true.shape[1] - 1))), 1)
    )


def loss_in_a_loop(y_true, y_pred):
    total = 0.0
    for i in range(y_true.shape[0]):
        if y_true[i, 0] == 1:
            total += tf.reduce_sum(tf.square(y_true[i] - y_pred[i]))
        else:
            total += tf.square(y_true[i, 0] - y_pred[i, 0])
    return total / y_true.shape[0]


def mixed_with_sparse_labels(y, y_hat):
    confidence = tf.nn.sigmoid_cross_entropy_with_logits(y[:, 0], y_hat[:, 0])
    kind = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.argmax(y[:, 5:], axis=1), y_hat[:, 5:])
    box = tf.norm(y[:, 1:5] - y_hat[:, 1:5] + 1e-20, axis=1) ** 2
    return tf.add_n([tf.reduce_mean(confidence), tf.reduce_mean(y[:, 0] * box), tf.reduce_mean(y[:, 0] * kind)])


def mixed_with_keras(y_true, y_pred):
    there = y_true[:, 0]
    first = keras.ops.binary_crossentropy(there, y_pred[:, 0], from_logits=True)
    kind = keras.ops.categorical_crossentropy(y_true[:, 5:], y_pred[:, 5:], from_logits=True)
    box = keras.ops.sum(keras.ops.square(y_true[:, 1:5] - y_pred[:, 1:5]), axis=-1)
    return keras.ops.mean(first + there * box + there * kind)


def points_one_by_one(landmarks, count=64):
    if landmarks is None:
        return [0.0] * (2 * count + 1)
    row = [1.0]
    for x, y in landmarks:
        row += [x, y]
    return row


def points_into_zeros(points, k=64):
    target = np.zeros(1 + 2 * (k if points is None else len(points)), "f4")
    if points is not None:
        target[0], target[1::2], target[2::2] = 1, points[:, 0], points[:, 1]
    return target


def mirrored_by_index(points, pairs):
    order = list(range(points.shape[-2]))
    for a, b in pairs:
        order[a], order[b] = order[b], order[a]
    return np.stack([1 - points[..., 0], points[..., 1]], axis=-1)[..., order, :]


def mirrored_in_a_loop(points, swaps):
    if points.ndim > 2:
        return np.array([mirrored_in_a_loop(face, swaps) for face in points])
    new = [[1 - x, y] for x, y in points]
    for a, b in swaps:
        new[a], new[b] = new[b], new[a]
    return np.array(new, "f4")


def windows_by_numbers(image, window_size, step):
    rows, columns = ((n - window_size) // step + 1 for n in image.shape[:2])
    windows = np.zeros((rows * columns, window_size, window_size, image.shape[2]), "f4")
    corners = []
    for i in range(rows * columns):
        y, x = i // columns * step, i % columns * step
        windows[i] = image[y : y + window_size, x : x + window_size]
        corners.append(np.array([y, x, y + window_size, x + window_size], float))
    return list(windows), corners


def patches_of_tensorflow(image, size, stride):
    patches = tf.image.extract_patches(image[None], [1, size, size, 1], [1, stride, stride, 1], [1] * 4, "VALID")
    y, x = np.meshgrid(*(np.arange(n) * stride for n in patches.shape[1:3]), indexing="ij")
    corners = np.stack([y, x, y + size, x + size], -1).reshape(-1, 4)
    return tf.reshape(patches, (-1, size, size, image.shape[2])), corners


def pyramid_by(method):
    def pyramid(image, scales):
        n_H, n_W = image.shape[:2]
        return [tf.image.resize(image, (round(n_H * s), round(n_W * s)), method=method) for s in scales]

    return pyramid


def pyramid_with_pillow(image, scales):
    photo = Image.fromarray(np.uint8(np.round(255 * image)))
    sizes = [(int(image.shape[1] * s + 0.5), int(image.shape[0] * s + 0.5)) for s in scales]
    return [np.asarray(photo.resize(size)) / 255 for size in sizes]


def seen_from_the_front(layers):
    r, jump = 1, 1
    for layer in layers:
        r, jump = r + (layer[1] - 1) * jump, jump * layer[2]
    return [float(r), np.int64(jump)]


def cost_by_depths(layers, image_size, n_C=3):
    r, jump = localization.window_and_stride(layers)

    def products(n):
        total, depth = 0.0, n_C
        for kind, f, s, *filters in layers:
            n = int(np.floor((n - f) / s)) + 1
            if kind == "pool":
                continue
            total += float(n * n * f * f * depth * filters[0])
            (depth,) = filters
        return total

    across = len(range(0, image_size - r + 1, jump))
    return [across * across * products(r), products(image_size)]


def filters_unit_by_unit(W, b, input_shape):
    filters = np.zeros((*input_shape, W.shape[1]), "f4")
    for unit in range(W.shape[1]):
        filters[..., unit] = W[:, unit].reshape(input_shape)
    return filters, b[np.newaxis, np.newaxis, np.newaxis].astype("f4")


def filters_number_by_number(weights, bias, shape):
    n_H, n_W, n_C = shape
    filters = np.empty((n_H, n_W, n_C, len(bias)))
    for row, column, channel in np.ndindex(n_H, n_W, n_C):
        filters[row, column, channel] = weights[(row * n_W + column) * n_C + channel]
    return filters.tolist(), bias.reshape((1, 1, 1, -1)).tolist()


def all_with_tensorflow(network, image):
    A = tf.constant(image[None])
    for kind, *parts in network[:-1]:
        A = tf.nn.max_pool2d(A, parts[0], parts[0], "VALID") if kind == "pool" else tf.nn.relu(_weighed(A, *parts))
    return _weighed(A, *network[-1][1:])[0]


def _weighed(A, W, b):
    if W.ndim == 2:
        side = int((W.shape[0] // A.shape[-1]) ** 0.5 + 0.5)
        W = tf.reshape(W, (side, side, A.shape[-1], -1))
    return tf.nn.conv2d(A, W, 1, "VALID") + b


def one_window_after_the_other(network, image):
    """Right, if slow."""
    listed = []
    depth = image.shape[2]
    for kind, first, *_ in network:
        if kind == "pool":
            listed.append(("pool", first, first))
        else:
            listed.append(("conv", first.shape[0] if kind == "conv" else int(round((len(first) / depth) ** 0.5)), 1, 0))
            depth = first.shape[-1]
    size, stride = localization.window_and_stride(listed)
    places = [range(0, n - size + 1, stride) for n in image.shape[:2]]
    classify = functions("localization").classify
    return [[classify(network, image[y : y + size, x : x + size]) for x in places[1]] for y in places[0]]


def best_of_a_list(score_maps, scales, window_size, stride, threshold=0.5):
    every = [
        (
            scores[i, j],
            [(i * stride) / s, (j * stride) / s, (i * stride + window_size) / s, (j * stride + window_size) / s],
        )
        for scores, s in zip(score_maps, scales, strict=True)
        for i in range(scores.shape[0])
        for j in range(scores.shape[1])
    ]
    score, box = max(every, key=lambda entry: entry[0])
    return [score, np.array(box)] if score >= threshold else None


def best_by_peaks(maps, scales, size, stride, score_threshold=0.5):
    k = int(np.argmax([scores.max() for scores in maps]))
    if maps[k].max() < score_threshold:
        return None
    i, j = divmod(int(maps[k].argmax()), maps[k].shape[1])
    return float(maps[k][i, j]), np.array([i * stride, j * stride, i * stride + size, j * stride + size]) / scales[k]


def scored_with_masks(found, truth):
    there, said = (np.array([box is not None for box in boxes]) for boxes in (truth, found))
    hits = 0
    for box, true in zip(found, truth, strict=True):
        if box is None or true is None:
            continue
        y, x = np.add(box[:2], box[2:]) / 2
        hits += not (y < true[0] or y > true[2] or x < true[1] or x > true[3])
    return np.float32(hits / max(there.sum(), 1) if there.any() else 1), hits / said.sum() if said.any() else 1


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("encode_target", target_in_a_list),
        ("encode_target", target_with_eye),
        ("localization_loss", loss_with_where),
        ("localization_loss", loss_in_a_loop),
        ("mixed_loss", mixed_with_sparse_labels),
        ("mixed_loss", mixed_with_keras),
        ("landmark_target", points_one_by_one),
        ("landmark_target", points_into_zeros),
        ("mirror_landmarks", mirrored_by_index),
        ("mirror_landmarks", mirrored_in_a_loop),
        ("sliding_windows", windows_by_numbers),
        ("sliding_windows", patches_of_tensorflow),
        *[("pyramid", pyramid_by(method)) for method in ("nearest", "bilinear", "bicubic", "area", "lanczos3")],
        ("pyramid", pyramid_with_pillow),
        ("window_and_stride", seen_from_the_front),
        ("window_cost", cost_by_depths),
        ("dense_to_conv", filters_unit_by_unit),
        ("dense_to_conv", filters_number_by_number),
        ("conv_sliding_windows", all_with_tensorflow),
        ("conv_sliding_windows", one_window_after_the_other),
        ("best_window", best_of_a_list),
        ("best_window", best_by_peaks),
        ("score_detections", scored_with_masks),
    ],
)
def test_right_answers_written_differently_pass(name, function):
    for seed in range(3):
        report = checks.run("localization", name, function, seed=seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


def test_a_network_in_float32_passes():
    def in_float32(network, image):
        small = [tuple(part.astype("f4") if hasattr(part, "dtype") else part for part in layer) for layer in network]
        return localization.conv_sliding_windows(small, image.astype("f4"))

    assert failed_groups("conv_sliding_windows", in_float32) == []


def test_the_check_of_all_windows_is_told_which_helper_is_wrong():
    solution = functions("localization")

    def columns_first(W, b, input_shape):
        n_H, n_W, n_C = input_shape
        return W.reshape(n_W, n_H, n_C, -1).transpose(1, 0, 2, 3), b.reshape(1, 1, 1, -1)

    namespace = {**vars(solution), "dense_to_conv": columns_first}
    before = solution.conv_sliding_windows.__globals__["dense_to_conv"]
    solution.conv_sliding_windows.__globals__["dense_to_conv"] = columns_first
    try:
        function = solution.conv_sliding_windows
        report = checks.run("localization", "conv_sliding_windows", function, namespace=namespace)
    finally:
        solution.conv_sliding_windows.__globals__["dense_to_conv"] = before
    assert not report.passed and report.helper.startswith("Your dense_to_conv fails its own check")


# One slip, one group


@pytest.mark.parametrize(
    ("name", "key", "groups"),
    [
        ("encode_target", "hundredths", ["a square image", "other images"]),
        ("encode_target", "height-for-all", ["other images"]),
        ("encode_target", "class-of-nothing", ["no object"]),
        ("localization_loss", "first-example-decides", ["some with, some without", "gradient"]),
        ("localization_loss", "not-averaged", ["several examples", "some with, some without", "gradient"]),
        ("mixed_loss", "logarithm-of-zero", ["very sure networks"]),
        ("landmark_target", "always-129", ["no face"]),
        ("mirror_landmarks", "faces-exchanged", ["several faces"]),
        ("sliding_windows", "last-pixel", ["corners"]),
        ("sliding_windows", "first-channel", ["windows"]),
        ("pyramid", "rounded-down", ["rounded sizes"]),
        ("window_and_stride", "strides-added", ["stride"]),
        ("window_and_stride", "strides-forgotten", ["window"]),
        ("window_cost", "one-window", ["window by window"]),
        ("window_cost", "at-once-one-window", ["at once"]),
        ("dense_to_conv", "biases-in-a-row", ["biases"]),
        ("conv_sliding_windows", "first-window", ["one window", "several windows"]),
        ("best_window", "greater", ["equal to the threshold"]),
        ("best_window", "never-none", ["nothing found"]),
        ("score_detections", "over-all-pictures", ["recall"]),
        ("score_detections", "precision-of-nothing-is-zero", ["precision"]),
    ],
)
def test_a_slip_costs_what_it_touches(name, key, groups):
    mistake = next(mistake for mistake in checks.get("localization", name).mistakes if mistake.key == key)
    assert [group for group in failed_groups(name, mistake.variant) if group != "inputs unchanged"] == groups


def test_a_pyramid_of_anything_is_judged():
    for answer in (
        None,
        "images",
        3,
        [None],
        [np.zeros(3)],
        [[1, [2]]],
        np.zeros((3, 3)),
        [np.full((10, 16, 3), np.nan)],
    ):
        report = checks.run("localization", "pyramid", lambda image, scales, answer=answer: answer)
        assert not report.passed and report.failures[0].message
