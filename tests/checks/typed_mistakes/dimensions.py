"""Notebook 16, as learners write it."""

import numpy as np
from typed_mistakes.slips import slip


def layer_in_numbers(input_shape, f, n_C, stride=1, pad=0):
    n_C_prev = input_shape[-1]
    sizes = input_shape[:-1]
    shape = []
    weights = n_C_prev
    for n in sizes:
        shape.append(int((n + 2 * pad - f) / stride) + 1)
        weights = weights * f
    shape.append(n_C)
    parameters = (weights + 1) * n_C
    return tuple(shape), parameters


def steps_seen(f, dilations):
    seen = 1
    for dilation in dilations:
        seen = seen + (f - 1) * dilation
    return seen


def conv1d_forward(A_prev, W, b, hparameters):
    (m, n_prev, n_C_prev) = A_prev.shape
    (f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    n = int((n_prev - f + 2 * pad) / stride) + 1
    Z = np.zeros((m, n, n_C))
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (0, 0)), "constant")
    for i in range(m):
        a_prev_pad = A_prev_pad[i]
        for t in range(n):
            for c in range(n_C):
                start = t * stride
                end = start + f
                a_slice = a_prev_pad[start:end, :]
                weights = W[:, :, c]
                Z[i, t, c] = np.sum(a_slice * weights) + b[0, 0, c]
    cache = (A_prev, W, b, hparameters)
    return Z, cache


def conv1d_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    (m, n_prev, n_C_prev) = A_prev.shape
    (f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    (m, n, n_C) = dZ.shape
    dA_prev = np.zeros(A_prev.shape)
    dW = np.zeros(W.shape)
    db = np.zeros((1, 1, n_C))
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (0, 0)), "constant")
    dA_prev_pad = np.pad(dA_prev, ((0, 0), (pad, pad), (0, 0)), "constant")
    for i in range(m):
        for t in range(n):
            for c in range(n_C):
                start = t * stride
                end = start + f
                a_slice = A_prev_pad[i, start:end, :]
                dA_prev_pad[i, start:end, :] += W[:, :, c] * dZ[i, t, c]
                dW[:, :, c] += a_slice * dZ[i, t, c]
                db[:, :, c] += dZ[i, t, c]
        dA_prev[i] = dA_prev_pad[i, pad : pad + n_prev, :]
    return dA_prev, dW, db


def conv3d_forward(A_prev, W, b, hparameters):
    (m, n_D_prev, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    n_D = int((n_D_prev - f + 2 * pad) / stride) + 1
    n_H = int((n_H_prev - f + 2 * pad) / stride) + 1
    n_W = int((n_W_prev - f + 2 * pad) / stride) + 1
    Z = np.zeros((m, n_D, n_H, n_W, n_C))
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (pad, pad), (0, 0)), "constant")
    for i in range(m):
        for d in range(n_D):
            for h in range(n_H):
                for w in range(n_W):
                    d0 = d * stride
                    h0 = h * stride
                    w0 = w * stride
                    a_slice = A_prev_pad[i, d0 : d0 + f, h0 : h0 + f, w0 : w0 + f, :]
                    for c in range(n_C):
                        Z[i, d, h, w, c] = np.sum(a_slice * W[:, :, :, :, c]) + b[0, 0, 0, 0, c]
    cache = (A_prev, W, b, hparameters)
    return Z, cache


def conv3d_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    (m, n_D_prev, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    (m, n_D, n_H, n_W, n_C) = dZ.shape
    dA_prev = np.zeros(A_prev.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (pad, pad), (0, 0)), "constant")
    dA_prev_pad = np.pad(dA_prev, ((0, 0), (pad, pad), (pad, pad), (pad, pad), (0, 0)), "constant")
    for i in range(m):
        for d in range(n_D):
            for h in range(n_H):
                for w in range(n_W):
                    d0 = d * stride
                    h0 = h * stride
                    w0 = w * stride
                    a_slice = A_prev_pad[i, d0 : d0 + f, h0 : h0 + f, w0 : w0 + f, :]
                    for c in range(n_C):
                        dz = dZ[i, d, h, w, c]
                        dA_prev_pad[i, d0 : d0 + f, h0 : h0 + f, w0 : w0 + f, :] += W[:, :, :, :, c] * dz
                        dW[:, :, :, :, c] += a_slice * dz
                        db[0, 0, 0, 0, c] += dz
        dA_prev[i] = dA_prev_pad[i, pad : pad + n_D_prev, pad : pad + n_H_prev, pad : pad + n_W_prev, :]
    return dA_prev, dW, db


def causal_conv1d(x, W, dilation=1):
    (m, T, n_C_prev) = x.shape
    (f, n_C_prev, n_C) = W.shape
    zeros = (f - 1) * dilation
    x_pad = np.pad(x, ((0, 0), (zeros, 0), (0, 0)))
    y = np.zeros((m, T, n_C))
    for i in range(m):
        for t in range(T):
            for k in range(f):
                y[i, t, :] += np.dot(x_pad[i, t + k * dilation], W[k])
    return y


PADS = "((0, 0), (pad, pad), (pad, pad), (pad, pad), (0, 0))"
CUT = "[i, pad : pad + n_D_prev, pad : pad + n_H_prev, pad : pad + n_W_prev, :]"
SLIPS = [
    slip(layer_in_numbers, "first-place-missing", (" / stride) + 1)", " / stride))")),
    slip(layer_in_numbers, "padding-once", ("2 * pad", "pad")),
    slip(layer_in_numbers, "padding-ignored", ("n + 2 * pad - f", "n - f")),
    slip(layer_in_numbers, "stride-ignored", (" / stride", "")),
    slip(layer_in_numbers, "no-floor", ("int((n + 2 * pad - f) / stride)", "(n + 2 * pad - f) / stride")),
    slip(layer_in_numbers, "channels-left-out", ("weights = n_C_prev", "weights = 1")),
    slip(layer_in_numbers, "no-bias", ("(weights + 1) * n_C", "weights * n_C")),
    slip(layer_in_numbers, "one-bias", ("(weights + 1) * n_C", "weights * n_C + 1")),
    slip(layer_in_numbers, "input-channels-kept", ("shape.append(n_C)", "shape.append(n_C_prev)")),
    slip(layer_in_numbers, "channels-missing", ("    shape.append(n_C)\n", "")),
    slip(
        layer_in_numbers,
        "f-once",
        ("        weights = weights * f\n", ""),
        ("    shape.append(n_C)", "    weights = weights * f\n    shape.append(n_C)"),
    ),
    slip(
        layer_in_numbers,
        "f-cubed-always",
        ("        weights = weights * f\n", ""),
        ("    shape.append(n_C)", "    weights = weights * f**3\n    shape.append(n_C)"),
    ),
    slip(layer_in_numbers, "channels-as-an-axis", ("(weights + 1)", "(weights * f + 1)")),
    slip(layer_in_numbers, "no-return", ("    return tuple(shape), parameters\n", "")),
    slip(steps_seen, "f-times-dilation", ("(f - 1) * dilation", "f * dilation")),
    slip(steps_seen, "present-not-counted", ("seen = 1", "seen = 0")),
    slip(steps_seen, "dilations-ignored", ("(f - 1) * dilation", "(f - 1)")),
    slip(steps_seen, "last-layer-only", ("seen = seen + ", "seen = 1 + ")),
    slip(steps_seen, "multiplied", ("seen = seen + (f - 1) * dilation", "seen = seen * (1 + (f - 1) * dilation)")),
    slip(conv1d_forward, "no-bias", (" + b[0, 0, c]", "")),
    slip(conv1d_forward, "bias-subtracted", (" + b[0, 0, c]", " - b[0, 0, c]")),
    slip(
        conv1d_forward,
        "bias-in-the-sum",
        ("np.sum(a_slice * weights) + b[0, 0, c]", "np.sum(a_slice * weights + b[0, 0, c])"),
    ),
    slip(conv1d_forward, "one-bias-for-all", ("b[0, 0, c]", "b[0, 0, 0]")),
    slip(conv1d_forward, "no-padding", ("(pad, pad)", "(0, 0)"), (" + 2 * pad", "")),
    slip(conv1d_forward, "window-cut-short", ("a_prev_pad = A_prev_pad[i]", "a_prev_pad = A_prev[i]")),
    slip(conv1d_forward, "stride-not-in-the-window", ("t * stride", "t")),
    slip(conv1d_forward, "no-stride", ("t * stride", "t"), (" / stride", "")),
    slip(conv1d_forward, "one-filter-for-all", ("W[:, :, c]", "W[:, :, 0]")),
    slip(conv1d_forward, "all-filters-at-once", ("W[:, :, c]", "W")),
    slip(conv1d_forward, "flipped", ("W[:, :, c]", "W[::-1, :, c]")),
    slip(conv1d_forward, "first-example-only", ("A_prev_pad[i]", "A_prev_pad[0]")),
    slip(conv1d_forward, "one-channel-only", ("[start:end, :]", "[start:end, :1]"), ("W[:, :, c]", "W[:, :1, c]")),
    slip(conv1d_forward, "one-place", ("a_prev_pad[start:end, :]", "a_prev_pad[start]")),
    slip(conv1d_forward, "last-place-missing", ("in range(n)", "in range(n - 1)")),
    slip(conv1d_forward, "mean", ("np.sum", "np.mean")),
    slip(conv1d_forward, "padding-before-only", ("(pad, pad)", "(2 * pad, 0)")),
    slip(
        conv1d_forward, "float-for-a-size", ("int((n_prev - f + 2 * pad) / stride)", "(n_prev - f + 2 * pad) / stride")
    ),
    slip(conv1d_forward, "no-return", ("    return Z, cache\n", "")),
    slip(conv1d_backward, "overwritten", ("[i, start:end, :] += ", "[i, start:end, :] = ")),
    slip(conv1d_backward, "dW-overwritten", ("dW[:, :, c] += ", "dW[:, :, c] = ")),
    slip(conv1d_backward, "db-last-place", ("db[:, :, c] += ", "db[:, :, c] = ")),
    slip(conv1d_backward, "all-overwritten", (" += ", " = ")),
    slip(conv1d_backward, "dA-and-dW-overwritten", (":] += W", ":] = W"), ("dW[:, :, c] += ", "dW[:, :, c] = ")),
    slip(conv1d_backward, "minus", (":] += W", ":] -= W")),
    slip(conv1d_backward, "minus", ("dW[:, :, c] += ", "dW[:, :, c] -= ")),
    slip(conv1d_backward, "stride-forgotten", ("t * stride", "t")),
    slip(conv1d_backward, "filter-rotated", ("+= W[:, :, c]", "+= W[::-1, :, c]")),
    slip(conv1d_backward, "dZ-of-one-filter", ("dZ[i, t, c]", "dZ[i, t, 0]")),
    slip(conv1d_backward, "averaged", ("return dA_prev, dW, db", "return dA_prev, dW / m, db / m")),
    slip(conv1d_backward, "dW-averaged", ("return dA_prev, dW, db", "return dA_prev, dW / m, db")),
    slip(conv1d_backward, "border-kept", ("return dA_prev,", "return dA_prev_pad,")),
    slip(conv1d_backward, "cut-at-the-end", ("pad : pad + n_prev", ":n_prev")),
    slip(conv1d_backward, "empty-slice", ("pad : pad + n_prev", "pad:-pad")),
    slip(conv1d_backward, "nothing-written-back", ("        dA_prev[i] = dA_prev_pad[i, pad : pad + n_prev, :]\n", "")),
    slip(
        conv1d_backward,
        "unpadded",
        (
            "a_slice = A_prev_pad[i, start:end, :]",
            "a_slice = np.pad(A_prev, ((0, 0), (0, 2 * pad), (0, 0)))[i, start:end, :]",
        ),
    ),
    slip(conv1d_backward, "db-over-filters", ("db[:, :, c] += dZ[i, t, c]", "db += dZ[i, t, c]")),
    slip(conv3d_forward, "no-bias", (" + b[0, 0, 0, 0, c]", "")),
    slip(conv3d_forward, "one-bias-for-all", ("b[0, 0, 0, 0, c]", "b[0, 0, 0, 0, 0]")),
    slip(conv3d_forward, "bias-in-the-sum", ("c]) + b[0, 0, 0, 0, c]", "c] + b[0, 0, 0, 0, c])")),
    slip(conv3d_forward, "stride-not-in-the-window", ("d * stride", "d"), ("h * stride", "h"), ("w * stride", "w")),
    slip(conv3d_forward, "depth-not-strided", ("d * stride", "d")),
    slip(conv3d_forward, "only-the-depth-strided", ("h * stride", "h"), ("w * stride", "w")),
    slip(conv3d_forward, "no-stride", ("d * stride", "d"), ("h * stride", "h"), ("w * stride", "w"), (" / stride", "")),
    slip(conv3d_forward, "no-padding", (PADS, "((0, 0),) * 5"), (" + 2 * pad", "")),
    slip(
        conv3d_forward,
        "depth-not-padded",
        (PADS, "((0, 0), (0, 0), (pad, pad), (pad, pad), (0, 0))"),
        ("(n_D_prev - f + 2 * pad)", "(n_D_prev - f)"),
    ),
    slip(conv3d_forward, "pairs-for-each-axis", (PADS, "((0, 0), (pad, pad), (pad, pad), (0, 0))")),
    slip(conv3d_forward, "window-cut-short", ("A_prev_pad[i, d0", "A_prev[i, d0")),
    slip(conv3d_forward, "all-filters-at-once", ("W[:, :, :, :, c]", "W")),
    slip(conv3d_forward, "one-filter-for-all", ("W[:, :, :, :, c]", "W[:, :, :, :, 0]")),
    slip(conv3d_forward, "first-example-only", ("A_prev_pad[i, ", "A_prev_pad[0, ")),
    slip(conv3d_forward, "one-place", ("[i, d0 : d0 + f, h0", "[i, d0, h0")),
    slip(conv3d_forward, "depth-and-rows-exchanged", ("W[:, :, :, :, c]", "W[:, :, :, :, c].transpose(1, 0, 2, 3)")),
    slip(conv3d_forward, "mean", ("np.sum", "np.mean")),
    slip(conv3d_backward, "overwritten", (":] += W", ":] = W")),
    slip(conv3d_backward, "dW-overwritten", ("dW[:, :, :, :, c] += ", "dW[:, :, :, :, c] = ")),
    slip(conv3d_backward, "db-last-place", ("db[0, 0, 0, 0, c] += ", "db[0, 0, 0, 0, c] = ")),
    slip(conv3d_backward, "all-overwritten", (" += ", " = ")),
    slip(conv3d_backward, "stride-forgotten", ("d * stride", "d"), ("h * stride", "h"), ("w * stride", "w")),
    slip(conv3d_backward, "depth-not-strided", ("d * stride", "d")),
    slip(conv3d_backward, "filter-rotated", ("+= W[:, :, :, :, c]", "+= W[::-1, ::-1, ::-1, :, c]")),
    slip(conv3d_backward, "dZ-of-one-filter", ("dZ[i, d, h, w, c]", "dZ[i, d, h, w, 0]")),
    slip(conv3d_backward, "averaged", ("return dA_prev, dW, db", "return dA_prev, dW / m, db / m")),
    slip(conv3d_backward, "border-kept", ("return dA_prev,", "return dA_prev_pad,")),
    slip(conv3d_backward, "empty-slice", (CUT, "[i, pad:-pad, pad:-pad, pad:-pad, :]")),
    slip(conv3d_backward, "nothing-written-back", (f"        dA_prev[i] = dA_prev_pad{CUT}\n", "")),
    slip(causal_conv1d, "filter-reversed", ("W[k]", "W[f - 1 - k]")),
    slip(causal_conv1d, "looks-ahead", ("(zeros, 0)", "(0, zeros)"), ("W[k]", "W[k]")),
    slip(causal_conv1d, "dilation-ignored", ("(f - 1) * dilation", "f - 1"), ("k * dilation", "k")),
    slip(
        causal_conv1d,
        "dilation-less-one",
        ("(f - 1) * dilation", "(f - 1) * (dilation - 1)"),
        ("k * dilation", "k * (dilation - 1)"),
    ),
    slip(causal_conv1d, "not-the-present", ("(f - 1) * dilation", "f * dilation")),
    slip(causal_conv1d, "one-step-late", ("(zeros, 0)", "(zeros + 1, 0)")),
    slip(causal_conv1d, "one-filter-for-all", ("W[k]", "W[k][:, :1]")),
    slip(causal_conv1d, "no-return", ("    return y\n", "")),
    slip(causal_conv1d, "wrapped-round", ("x_pad[i, t + k * dilation]", "x[i, (t + k * dilation - zeros) % T]")),
]
