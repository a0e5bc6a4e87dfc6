"""Notebook 02, as learners write it."""

import numpy as np
from typed_mistakes.slips import slip, whole


def pool_forward(A_prev, hparameters, mode="max"):
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    f = hparameters["f"]
    stride = hparameters["stride"]
    n_H = int(1 + (n_H_prev - f) / stride)
    n_W = int(1 + (n_W_prev - f) / stride)
    n_C = n_C_prev
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride
                    vert_end = vert_start + f
                    horiz_start = w * stride
                    horiz_end = horiz_start + f
                    a_prev_slice = A_prev[i, vert_start:vert_end, horiz_start:horiz_end, c]
                    if mode == "max":
                        A[i, h, w, c] = np.max(a_prev_slice)
                    elif mode == "average":
                        A[i, h, w, c] = np.mean(a_prev_slice)
    cache = (A_prev, hparameters)
    return A, cache


def create_mask_from_window(x):
    mask = x == np.max(x)
    return mask


def distribute_value(dz, shape):
    (n_H, n_W) = shape
    average = dz / (n_H * n_W)
    a = np.ones(shape) * average
    return a


def pool_backward(dA, cache, mode="max"):
    (A_prev, hparameters) = cache
    stride = hparameters["stride"]
    f = hparameters["f"]
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        a_prev = A_prev[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride
                    vert_end = vert_start + f
                    horiz_start = w * stride
                    horiz_end = horiz_start + f
                    if mode == "max":
                        a_prev_slice = a_prev[vert_start:vert_end, horiz_start:horiz_end, c]
                        mask = create_mask_from_window(a_prev_slice)
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += mask * dA[i, h, w, c]
                    elif mode == "average":
                        da = dA[i, h, w, c]
                        shape = (f, f)
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += distribute_value(da, shape)
    return dA_prev


def layer_table(layers, input_shape):
    shape = tuple(input_shape)
    rows = [(shape, int(np.prod(shape)), 0)]
    for layer in layers:
        if layer["kind"] == "conv":
            n_H = (shape[0] + 2 * layer["pad"] - layer["f"]) // layer["stride"] + 1
            n_W = (shape[1] + 2 * layer["pad"] - layer["f"]) // layer["stride"] + 1
            parameters = (layer["f"] * layer["f"] * shape[2] + 1) * layer["filters"]
            shape = (n_H, n_W, layer["filters"])
        elif layer["kind"] == "pool":
            n_H = (shape[0] - layer["f"]) // layer["stride"] + 1
            n_W = (shape[1] - layer["f"]) // layer["stride"] + 1
            parameters = 0
            shape = (n_H, n_W, shape[2])
        else:
            parameters = (int(np.prod(shape)) + 1) * layer["units"]
            shape = (layer["units"],)
        rows.append((shape, int(np.prod(shape)), parameters))
    return rows


SHAPE_FIRST = '            shape = (layer["units"],)\n            parameters = (shape[0] + 1)'
WINDOW = "A_prev[i, vert_start:vert_end, horiz_start:horiz_end, c]"


def softmax_loss(scores, Y):
    m = scores.shape[0]
    loss = 0
    dscores = np.zeros(scores.shape)
    for i in range(m):
        shifted = scores[i] - np.max(scores[i])
        p = np.exp(shifted) / np.sum(np.exp(shifted))
        for k in range(scores.shape[1]):
            if Y[i, k] == 1:
                loss -= np.log(p[k]) / m
            dscores[i, k] = (p[k] - Y[i, k]) / m
    return loss, dscores


def dense_backward(dZ, A_prev, W):
    dA_prev = np.dot(dZ, W.T)
    dW = np.dot(A_prev.T, dZ)
    db = np.sum(dZ, axis=0, keepdims=True)
    return dA_prev, dW, db


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def im2col(A_prev, f, stride, pad):
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n_H = int((A_prev.shape[1] + 2 * pad - f) / stride) + 1
    n_W = int((A_prev.shape[2] + 2 * pad - f) / stride) + 1
    rows = []
    for i in range(A_prev.shape[0]):
        for h in range(n_H):
            for w in range(n_W):
                window = A_prev_pad[i, h * stride : h * stride + f, w * stride : w * stride + f, :]
                rows.append(window.ravel())
    return np.array(rows)


SLIPS = [
    slip(softmax_loss, "loss-summed", ("np.log(p[k]) / m", "np.log(p[k])")),
    slip(softmax_loss, "no-logarithm", ("np.log(p[k])", "p[k]")),
    slip(softmax_loss, "loss-below-zero", ("loss -=", "loss +=")),
    slip(softmax_loss, "gradient-not-averaged", ("(p[k] - Y[i, k]) / m", "p[k] - Y[i, k]")),
    slip(softmax_loss, "turned-round", ("p[k] - Y[i, k]", "Y[i, k] - p[k]")),
    slip(softmax_loss, "labels-forgotten", ("(p[k] - Y[i, k])", "p[k]")),
    slip(softmax_loss, "largest-not-subtracted", ("scores[i] - np.max(scores[i])", "scores[i]")),
    slip(dense_backward, "dW-transposed", ("np.dot(A_prev.T, dZ)", "np.dot(dZ.T, A_prev)")),
    slip(dense_backward, "dW-averaged", ("np.dot(A_prev.T, dZ)", "np.dot(A_prev.T, dZ) / dZ.shape[0]")),
    slip(dense_backward, "db-averaged", ("np.sum(dZ, axis=0", "np.mean(dZ, axis=0")),
    slip(dense_backward, "db-flat", (", keepdims=True", "")),
    slip(dense_backward, "db-over-the-units", ("axis=0", "axis=1")),
    slip(dense_backward, "db-summed-up", (", axis=0, keepdims=True", "")),
    slip(dense_backward, "db-not-summed", ("np.sum(dZ, axis=0, keepdims=True)", "dZ")),
    slip(relu_backward, "the-other-way-round", ("Z <= 0", "Z > 0")),
    slip(relu_backward, "relu-of-the-gradient", ("dZ[Z <= 0]", "dZ[dA <= 0]")),
    slip(relu_backward, "everything-passes", ("    dZ[Z <= 0] = 0\n", "")),
    slip(im2col, "columns", ("np.array(rows)", "np.array(rows).T")),
    slip(im2col, "not-flattened", ("window.ravel()", "window")),
    slip(im2col, "window-transposed", ("window.ravel()", "window.transpose(1, 0, 2).ravel()")),
    slip(im2col, "channels-first", ("window.ravel()", "window.transpose(2, 0, 1).ravel()")),
    slip(
        im2col,
        "border-left-out",
        ("A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))", "A_prev_pad, pad = A_prev, 0"),
    ),
    slip(im2col, "one-window-too-few", (" / stride) + 1", " / stride)")),
    slip(im2col, "only-the-first-image", ("range(A_prev.shape[0])", "range(1)")),
    slip(pool_forward, "across-channels", (WINDOW, "A_prev[i, vert_start:vert_end, horiz_start:horiz_end, :]")),
    slip(pool_forward, "across-images", (WINDOW, "A_prev[:, vert_start:vert_end, horiz_start:horiz_end, c]")),
    slip(pool_forward, "whole-map", (WINDOW, "A_prev[i, :, :, c]")),
    slip(pool_forward, "whole-image", (WINDOW, "A_prev[i]")),
    slip(pool_forward, "image-index-left-out", (WINDOW, "A_prev[vert_start:vert_end, horiz_start:horiz_end, c]")),
    slip(pool_forward, "first-image-only", ("A_prev[i, vert", "A_prev[0, vert")),
    slip(pool_forward, "stride-not-in-the-window", ("h * stride", "h"), ("w * stride", "w")),
    slip(pool_forward, "stride-is-f", ("h * stride", "h * f"), ("w * stride", "w * f")),
    slip(pool_forward, "mode-ignored", ('if mode == "max"', "if mode")),
    slip(pool_forward, "no-average", ('mode == "average"', 'mode == "avg"')),
    slip(pool_forward, "width-from-height", ("n_W_prev - f", "n_H_prev - f")),
    slip(pool_forward, "range-of-the-height-twice", ("for w in range(n_W)", "for w in range(n_H)")),
    slip(pool_forward, "rows-and-columns-exchanged", ("A[i, h, w, c]", "A[i, w, h, c]")),
    slip(pool_forward, "results-missing", ("return A, cache", "return A")),
    slip(pool_forward, "float-for-a-size", ("int(1 + (n_H_prev - f) / stride)", "1 + (n_H_prev - f) / stride")),
    slip(
        pool_forward,
        "window-of-another-size",
        ("vert_start + f", "vert_start + f + 1"),
        ("horiz_start + f", "horiz_start + f + 1"),
    ),
    slip(create_mask_from_window, "value-kept", ("x == np.max(x)", "x * (x == np.max(x))")),
    slip(create_mask_from_window, "truth-of-an-array", ("np.max(x)", "max(x)")),
    slip(create_mask_from_window, "number", ("x == np.max(x)", "np.max(x)")),
    slip(create_mask_from_window, "above-the-mean", ("x == np.max(x)", "x > np.mean(x)")),
    slip(distribute_value, "one-side", ("(n_H * n_W)", "n_H")),
    slip(distribute_value, "precedence", ("dz / (n_H * n_W)", "dz / n_H * n_W")),
    slip(distribute_value, "not-shared", ("dz / (n_H * n_W)", "dz")),
    slip(distribute_value, "number", ("np.ones(shape) * average", "average")),
    slip(distribute_value, "still-zeros", ("np.ones(shape)", "np.zeros(shape)")),
    slip(pool_backward, "overwritten", ("+=", "=")),
    slip(pool_backward, "max-overwritten", ("+= mask", "= mask")),
    slip(pool_backward, "no-mask", ("mask * dA[i, h, w, c]", "dA[i, h, w, c]")),
    slip(pool_backward, "value-too", ("mask * dA[i, h, w, c]", "mask * a_prev_slice * dA[i, h, w, c]")),
    slip(
        pool_backward, "dA-at-the-input's-place", ("mask * dA[i, h, w, c]", "mask * dA[i, vert_start, horiz_start, c]")
    ),
    slip(pool_backward, "stride-forgotten", ("h * stride", "h"), ("w * stride", "w")),
    slip(pool_backward, "mask-of-the-first-image", ("A_prev[i]", "A_prev[0]")),
    slip(
        pool_backward,
        "mask-through-channels",
        (
            "horiz_start:horiz_end, c]\n                        mask",
            "horiz_start:horiz_end]\n                        mask",
        ),
        ("mask * dA", "mask[:, :, c] * dA"),
    ),
    slip(pool_backward, "not-shared", ("distribute_value(da, shape)", "da")),
    slip(pool_backward, "averaged-again", ("da = dA[i, h, w, c]", "da = np.mean(dA)")),
    slip(
        pool_backward,
        "mask-of-the-gradient",
        (
            "create_mask_from_window(a_prev_slice)",
            "create_mask_from_window(dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c])",
        ),
    ),
    slip(
        pool_backward,
        "modes-exchanged",
        ('if mode == "max"', 'if mode == "average"'),
        ('elif mode == "average"', 'elif mode == "max"'),
    ),
    slip(layer_table, "channels-left-out", ('layer["f"] * layer["f"] * shape[2]', 'layer["f"] * layer["f"]')),
    slip(layer_table, "no-padding", (' + 2 * layer["pad"]', "")),
    slip(layer_table, "padding-once", ('2 * layer["pad"]', 'layer["pad"]')),
    slip(layer_table, "no-stride", (' // layer["stride"]', "")),
    slip(layer_table, "last-axis-only", ("int(np.prod(shape)) + 1) *", "shape[-1] + 1) *")),
    slip(layer_table, "first-place-missing", ('layer["stride"] + 1', 'layer["stride"]')),
    slip(layer_table, "one-subtracted", ('layer["stride"] + 1', 'layer["stride"] - 1')),
    slip(
        layer_table,
        "one-subtracted",
        (
            'n_H = (shape[0] - layer["f"]) // layer["stride"] + 1',
            'n_H = (shape[0] - layer["f"]) // layer["stride"] - 1',
        ),
    ),
    slip(
        layer_table,
        "one-too-many",
        (
            'n_W = (shape[1] - layer["f"]) // layer["stride"] + 1',
            'n_W = (shape[1] - layer["f"]) // layer["stride"] + 2',
        ),
    ),
    slip(layer_table, "filter-left-out", ('n_W = (shape[1] - layer["f"])', 'n_W = (shape[1] + layer["f"])')),
    slip(layer_table, "fraction", ('n_H = (shape[0] - layer["f"]) //', 'n_H = (shape[0] - layer["f"]) /')),
    slip(
        layer_table,
        "fraction",
        ('n_W = (shape[1] + 2 * layer["pad"] - layer["f"]) //', 'n_W = (shape[1] + 2 * layer["pad"] - layer["f"]) /'),
    ),
    slip(layer_table, "no-input-row", ("[(shape, int(np.prod(shape)), 0)]", "[]")),
    slip(
        layer_table,
        "parameters-of-the-new-shape",
        (
            "            parameters = (int(np.prod(shape)) + 1)",
            '            shape = (layer["units"],)\n            parameters = (shape[0] + 1)',
        ),
    ),
    slip(layer_table, "unknown-key", ('layer["filters"]', 'layer["filter"]')),
    slip(distribute_value, "", ("dz / (n_H * n_W)", "dz / n_H"), exercise="pool_backward"),
    slip(create_mask_from_window, "", ("np.max(x)", "np.min(x)"), exercise="pool_backward"),
]


@whole("pool_forward", "at-least-zero")
def pool_forward_by_search(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = (n_H_prev - f) // stride + 1, (n_W_prev - f) // stride + 1
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    largest, total = 0, 0
                    for y in range(f):
                        for x in range(f):
                            value = A_prev[i, h * stride + y, w * stride + x, c]
                            total += value
                            if value > largest:
                                largest = value
                    A[i, h, w, c] = largest if mode == "max" else total / (f * f)
    return A, (A_prev, hparameters)
