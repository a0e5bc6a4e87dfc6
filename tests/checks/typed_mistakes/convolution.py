"""Notebook 01, as learners write it."""

import numpy as np
from typed_mistakes.slips import slip, whole


def zero_pad(X, pad):
    X_pad = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), "constant", constant_values=(0, 0))
    return X_pad


def conv_output_size(n, f, pad, stride):
    return int((n - f + 2 * pad) / stride) + 1


def same_padding(n, f, stride):
    n_out = int(np.ceil(n / stride))
    total = max((n_out - 1) * stride + f - n, 0)
    before = total // 2
    after = total - before
    return before, after


def conv_single_step(a_slice_prev, W, b):
    s = np.multiply(a_slice_prev, W)
    Z = np.sum(s)
    Z = Z + b.item()
    return Z


def conv_forward(A_prev, W, b, hparameters):
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    n_H = int((n_H_prev - f + 2 * pad) / stride) + 1
    n_W = int((n_W_prev - f + 2 * pad) / stride) + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(m):
        a_prev_pad = A_prev_pad[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride
                    vert_end = vert_start + f
                    horiz_start = w * stride
                    horiz_end = horiz_start + f
                    a_slice_prev = a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]
                    weights = W[:, :, :, c]
                    biases = b[:, :, :, c]
                    Z[i, h, w, c] = conv_single_step(a_slice_prev, weights, biases)
    cache = (A_prev, W, b, hparameters)
    return Z, cache


def conv_parameters(f, n_C_prev, n_C):
    weights = f * f * n_C_prev
    return (weights + 1) * n_C


def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    (m, n_H, n_W, n_C) = dZ.shape
    dA_prev = np.zeros((m, n_H_prev, n_W_prev, n_C_prev))
    dW = np.zeros((f, f, n_C_prev, n_C))
    db = np.zeros((1, 1, 1, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = zero_pad(dA_prev, pad)
    for i in range(m):
        a_prev_pad = A_prev_pad[i]
        da_prev_pad = dA_prev_pad[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride
                    vert_end = vert_start + f
                    horiz_start = w * stride
                    horiz_end = horiz_start + f
                    a_slice = a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]
                    da_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += a_slice * dZ[i, h, w, c]
                    db[:, :, :, c] += dZ[i, h, w, c]
        dA_prev[i, :, :, :] = da_prev_pad[pad : pad + n_H_prev, pad : pad + n_W_prev, :]
    return dA_prev, dW, db


SINGLE_STEP = "Z[i, h, w, c] = conv_single_step(a_slice_prev, weights, biases)"
SLICE = "a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]"
CUT = "da_prev_pad[pad : pad + n_H_prev, pad : pad + n_W_prev, :]"
SLIPS = [
    slip(zero_pad, "channels-padded", ("(0, 0)), ", "(pad, pad)), ")),
    slip(zero_pad, "after-only", ("(pad, pad), (pad, pad)", "(0, pad), (0, pad)")),
    slip(
        zero_pad, "wrong-axes", ("((0, 0), (pad, pad), (pad, pad), (0, 0))", "((pad, pad), (pad, pad), (0, 0), (0, 0))")
    ),
    slip(zero_pad, "border-not-zero", ("(0, 0))\n", "(1, 1))\n")),
    slip(zero_pad, "pairs-for-each-axis", ("((0, 0), (pad, pad), (pad, pad), (0, 0))", "((pad, pad), (pad, pad))")),
    slip(zero_pad, "no-return", ("    return X_pad\n", "")),
    slip(conv_output_size, "precedence", ("int((n - f + 2 * pad) / stride)", "int(n - f + 2 * pad / stride)")),
    slip(conv_output_size, "first-place-missing", (" + 1", "")),
    slip(conv_output_size, "padding-once", ("2 * pad", "pad")),
    slip(conv_output_size, "no-floor", ("int((n - f + 2 * pad) / stride)", "(n - f + 2 * pad) / stride")),
    slip(conv_output_size, "filter-added", ("n - f +", "n + f +")),
    slip(conv_output_size, "stride-forgotten", (" / stride", "")),
    slip(conv_output_size, "padding-subtracted", ("+ 2 * pad", "- 2 * pad")),
    slip(same_padding, "first-place-missing", ("(n_out - 1) * stride", "n_out * stride")),
    slip(same_padding, "output-rounded-down", ("int(np.ceil(n / stride))", "n // stride")),
    slip(same_padding, "negative", ("max((n_out - 1) * stride + f - n, 0)", "(n_out - 1) * stride + f - n")),
    slip(same_padding, "larger-half-first", ("return before, after", "return after, before")),
    slip(same_padding, "not-split", ("total // 2", "total"), ("total - before", "total")),
    slip(same_padding, "twice-the-half", ("total - before", "total // 2")),
    slip(same_padding, "half-of-a-pixel", ("total // 2", "total / 2")),
    slip(
        conv_single_step,
        "bias-in-the-sum",
        ("np.multiply(a_slice_prev, W)", "np.multiply(a_slice_prev, W) + b"),
        ("    Z = Z + b.item()\n", ""),
    ),
    slip(conv_single_step, "no-bias", ("    Z = Z + b.item()\n", "")),
    slip(conv_single_step, "matrix-product", ("np.multiply(a_slice_prev, W)", "a_slice_prev @ W")),
    slip(conv_single_step, "matrix-product", ("np.multiply(a_slice_prev, W)", "np.dot(a_slice_prev, W)")),
    slip(conv_single_step, "float-of-an-array", ("b.item()", "float(b)")),
    slip(conv_single_step, "old-numpy-name", ("b.item()", "np.float(b)")),
    slip(conv_single_step, "old-numpy-name", ("b.item()", "np.asscalar(b)")),
    slip(conv_single_step, "not-summed", ("np.sum(s)", "s")),
    slip(conv_single_step, "summed-along-one-axis", ("np.sum(s)", "np.sum(s, axis=0)")),
    slip(conv_single_step, "weights-added", ("np.multiply(a_slice_prev, W)", "a_slice_prev + W")),
    slip(conv_forward, "unpadded", ("A_prev_pad[i]", "A_prev[i]")),
    slip(conv_forward, "no-padding", ("+ 2 * pad", ""), ("zero_pad(A_prev, pad)", "A_prev")),
    slip(conv_forward, "stride-not-in-the-window", ("h * stride", "h"), ("w * stride", "w")),
    slip(conv_forward, "stride-in-one-direction", ("w * stride", "w")),
    slip(conv_forward, "no-stride", (" / stride", ""), ("h * stride", "h"), ("w * stride", "w")),
    slip(conv_forward, "width-from-height", ("n_W_prev - f", "n_H_prev - f")),
    slip(conv_forward, "range-of-the-height-twice", ("for w in range(n_W)", "for w in range(n_H)")),
    slip(
        conv_forward, "ranges-exchanged", ("h in range(n_H)", "h in range(n_W)"), ("w in range(n_W)", "w in range(n_H)")
    ),
    slip(conv_forward, "rows-and-columns-exchanged", ("Z[i, h, w, c]", "Z[i, w, h, c]")),
    slip(conv_forward, "window-turned", (SLICE, "a_prev_pad[horiz_start:horiz_end, vert_start:vert_end, :]")),
    slip(conv_forward, "one-filter-for-all", ("W[:, :, :, c]", "W[:, :, :, 0]")),
    slip(conv_forward, "first-image-only", ("A_prev_pad[i]", "A_prev_pad[0]")),
    slip(conv_forward, "one-bias-for-all", ("b[:, :, :, c]", "b[:, :, :, 0]")),
    slip(conv_forward, "results-missing", ("return Z, cache", "return Z")),
    slip(conv_forward, "none-left", ('stride = hparameters["stride"]', "stride = None")),
    slip(conv_forward, "unknown-key", ('hparameters["pad"]', 'hparameters["padding"]')),
    slip(
        conv_forward,
        "float-for-a-size",
        ("int((n_H_prev - f + 2 * pad) / stride) + 1", "(n_H_prev - f + 2 * pad) / stride + 1"),
    ),
    slip(conv_forward, "unknown-name", ("a_slice_prev, weights, biases", "a_slice, weights, biases")),
    slip(
        conv_forward,
        "float-of-an-array",
        (SINGLE_STEP, "Z[i, h, w, c] = np.sum(a_slice_prev * weights) + float(biases)"),
    ),
    slip(conv_forward, "array-for-a-number", (SINGLE_STEP, "Z[i, h, w, c] = a_slice_prev * weights + biases")),
    slip(conv_forward, "whole-image", (SLICE, "a_prev_pad")),
    slip(
        conv_forward,
        "shifted",
        ("Z[i, h, w, c] = conv", "Z[i, h, w, c] += conv"),
        ("np.zeros((m, n_H, n_W, n_C))", "np.ones((m, n_H, n_W, n_C))"),
    ),
    slip(conv_parameters, "channels-left-out", ("f * f * n_C_prev", "f * f")),
    slip(conv_parameters, "one-bias", ("(weights + 1) * n_C", "weights * n_C + 1")),
    slip(conv_parameters, "bias-for-each-channel", ("(weights + 1) * n_C", "weights * n_C + n_C_prev")),
    slip(conv_backward, "empty-slice", (CUT, "da_prev_pad[pad:-pad, pad:-pad, :]")),
    slip(conv_backward, "empty-slice", (CUT, "da_prev_pad[pad:-pad, pad:-pad, :]"), ("+= W[", "= W[")),
    slip(
        conv_backward,
        "border-kept",
        (f"dA_prev[i, :, :, :] = {CUT}", "pass"),
        ("return dA_prev,", "return dA_prev_pad,"),
    ),
    slip(conv_backward, "nothing-written-back", (f"        dA_prev[i, :, :, :] = {CUT}\n", "")),
    slip(conv_backward, "overwritten", ("+= W[", "= W[")),
    slip(conv_backward, "dW-overwritten", ("dW[:, :, :, c] +=", "dW[:, :, :, c] =")),
    slip(conv_backward, "db-last-pixel", ("db[:, :, :, c] +=", "db[:, :, :, c] =")),
    slip(conv_backward, "all-overwritten", ("+= ", "= ")),
    slip(conv_backward, "averaged", ("return dA_prev, dW, db", "return dA_prev, dW / m, db / m")),
    slip(conv_backward, "db-averaged-over-images", ("return dA_prev, dW, db", "return dA_prev, dW, db / m")),
    slip(conv_backward, "stride-forgotten", ("h * stride", "h"), ("w * stride", "w")),
    slip(conv_backward, "unpadded", ("A_prev_pad[i]\n        da", "A_prev[i]\n        da")),
    slip(conv_backward, "pixel-for-the-window", ("a_slice * dZ", "a_prev_pad[vert_start, horiz_start, :] * dZ")),
    slip(conv_backward, "dZ-of-one-filter", ("dZ[i, h, w, c]", "dZ[i, h, w, 0]")),
    slip(
        conv_backward,
        "filter-and-window-exchanged",
        ("+= W[:, :, :, c] * dZ", "+= a_slice * dZ"),
        ("dW[:, :, :, c] += a_slice", "dW[:, :, :, c] += W[:, :, :, c]"),
    ),
    slip(
        conv_backward,
        "begun-with-the-images",
        ("dA_prev_pad = zero_pad(dA_prev, pad)", "dA_prev_pad = A_prev_pad.copy()"),
    ),
    slip(conv_backward, "own-assert", ("    return dA", "    assert dA_prev.shape == dZ.shape\n    return dA")),
    slip(zero_pad, "", ("(pad, pad), (pad, pad)", "(0, 2 * pad), (0, 2 * pad)"), exercise="conv_forward"),
]


@whole("zero_pad", "border-not-zero")
def zero_pad_begun_with_ones(X, pad):
    m, n_H, n_W, n_C = X.shape
    X_pad = np.ones((m, n_H + 2 * pad, n_W + 2 * pad, n_C))
    X_pad[:, pad : pad + n_H, pad : pad + n_W, :] = X
    return X_pad


@whole("zero_pad", "empty-slice")
def zero_pad_with_minus(X, pad):
    m, n_H, n_W, n_C = X.shape
    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C))
    X_pad[:, pad:-pad, pad:-pad, :] = X
    return X_pad


@whole("same_padding", "keeps-n")
def same_padding_of_the_formula(n, f, stride):
    pad = ((n - 1) * stride + f - n) // 2
    return pad, pad


@whole("same_padding", "stride-ignored")
def same_padding_of_f(n, f, stride):
    pad = (f - 1) // 2
    return pad, pad


@whole("conv_forward", "flipped")
def conv_forward_flipped(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    f, _, _, n_C = W.shape
    n_H, n_W = conv_output_size(n_H_prev, f, pad, stride), conv_output_size(n_W_prev, f, pad, stride)
    Z = np.zeros((m, n_H, n_W, n_C))
    A_pad = zero_pad(A_prev, pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    for y in range(f):
                        for x in range(f):
                            pixel = A_pad[i, h * stride + y, w * stride + x]
                            Z[i, h, w, c] += np.sum(pixel * W[f - 1 - y, f - 1 - x, :, c])
                    Z[i, h, w, c] += b[0, 0, 0, c]
    return Z, (A_prev, W, b, hparameters)
