"""Convolution forward and backward, padding, output sizes, parameters: the references of notebook 01.

"Convolution" is cross-correlation here, as in every deep-learning library: the filter is not flipped.
Images are channels-last.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view

# Patches are gathered for a few images at a time, so that they stay in the processor's cache until they are used.
PATCH_BYTES = 2**20


def zero_pad(X: Float[np.ndarray, "m n_H n_W n_C"], pad: int) -> Float[np.ndarray, "m n_H+2*{pad} n_W+2*{pad} n_C"]:
    """Surround each image with `pad` rows and columns of zeros.

    Args:
        pad: width of the border, in pixels; at least 0.

    Raises:
        ValueError: `pad` is negative.
    """
    if pad < 0:
        raise ValueError(f"pad must be at least 0, not {pad}.")
    m, n_H, n_W, n_C = X.shape
    padded = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C), dtype=X.dtype)
    padded[:, pad : pad + n_H, pad : pad + n_W] = X
    return padded


def conv_output_size(n: int, f: int, pad: int, stride: int) -> int:
    """floor((n + 2 pad - f) / stride) + 1: the number of places where a filter fits along one axis.

    Args:
        n: size of the input along the axis, in pixels.
        f: size of the filter, in pixels.

    Raises:
        ValueError: the filter is larger than the padded input, or `stride` is below 1.

    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, relationship 6.
    """
    if stride < 1:
        raise ValueError(f"stride must be at least 1, not {stride}.")
    if n + 2 * pad < f:
        raise ValueError(f"A filter of {f} does not fit in {n} pixels with a border of {pad}.")
    return (n + 2 * pad - f) // stride + 1


def same_padding(n: int, f: int, stride: int) -> tuple[int, int]:
    """Padding before and after, in pixels, for an output of ceil(n / stride): TensorFlow's and Keras's "same".

    The total is max((ceil(n / stride) - 1) stride + f - n, 0); where it is odd, the extra pixel comes after.

    Source: TensorFlow, tf.nn.convolution, "Notes on padding".
    """
    total = max((-(-n // stride) - 1) * stride + f - n, 0)
    return total // 2, total - total // 2


def conv_single_step(
    a_slice_prev: Float[np.ndarray, "f f n_C_prev"], W: Float[np.ndarray, "f f n_C_prev"], b: Float[np.ndarray, "1 1 1"]
) -> float:
    """One number of the output: the sum of the slice times the filter, plus the bias."""
    return float(np.vdot(a_slice_prev, W) + b.item())


def conv_forward(
    A_prev: Float[np.ndarray, "m n_H_prev n_W_prev n_C_prev"],
    W: Float[np.ndarray, "f f n_C_prev n_C"],
    b: Float[np.ndarray, "1 1 1 n_C"],
    hparameters: dict,
) -> tuple[Float[np.ndarray, "m n_H n_W n_C"], tuple]:
    """Z[i, h, w, c] = sum of A_prev's window at (h stride, w stride) times W[..., c], plus b[c].

    Args:
        hparameters: `stride` (at least 1) and `pad` (at least 0), in pixels.

    Returns:
        Z and the cache (A_prev, W, b, hparameters) for `conv_backward`.

    Raises:
        ValueError: the channels differ, or the filter does not fit.
    """
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, _, channels, n_C = W.shape
    if channels != n_C_prev:
        raise ValueError(f"The filters have {channels} channels, the input has {n_C_prev}.")
    n_H = conv_output_size(n_H_prev, f, pad, stride)
    n_W = conv_output_size(n_W_prev, f, pad, stride)
    A_pad = zero_pad(A_prev, pad)
    kernel = W.reshape(f * f * n_C_prev, n_C)
    Z = np.empty((m, n_H, n_W, n_C), dtype=np.result_type(A_prev, W))
    for part in _parts(m, n_H * n_W * kernel.shape[0] * Z.itemsize):
        # (m, h, w, f*f*c) @ (f*f*c, k) -> (m, h, w, k)
        np.matmul(_patches(A_pad[part], f, stride), kernel, out=Z[part].reshape(-1, n_C))
    Z += b.reshape(n_C)
    return Z, (A_prev, W, b, hparameters)


def conv_backward(
    dZ: Float[np.ndarray, "m n_H n_W n_C"], cache: tuple
) -> tuple[
    Float[np.ndarray, "m n_H_prev n_W_prev n_C_prev"],
    Float[np.ndarray, "f f n_C_prev n_C"],
    Float[np.ndarray, "1 1 1 n_C"],
]:
    """Gradients of the loss with respect to the input, the filters and the biases of `conv_forward`.

    dW sums window * dZ over images and positions, db sums dZ, and dA_prev gives to each pixel, for each window
    that holds it, the filter's weight at that place times the window's dZ.

    Args:
        cache: (A_prev, W, b, hparameters), from `conv_forward`.

    Returns:
        dA_prev, dW, db.
    """
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, _, _, n_C = W.shape
    n_H, n_W = dZ.shape[1:3]
    A_pad = zero_pad(A_prev, pad)
    kernel = W.reshape(f * f * n_C_prev, n_C)
    dA_pad = np.zeros_like(A_pad, dtype=np.result_type(A_prev, W, dZ))
    dkernel = np.zeros_like(kernel, dtype=dA_pad.dtype)
    for part in _parts(m, n_H * n_W * kernel.shape[0] * dA_pad.itemsize):
        # (h*w, k) for all images of the part together
        dZ_rows = dZ[part].reshape(-1, n_C)
        dkernel += _patches(A_pad[part], f, stride).T @ dZ_rows
        # (m*h*w, k) @ (k, f*f*c) -> one window of gradients per output pixel
        windows = (dZ_rows @ kernel.T).reshape(-1, n_H, n_W, f, f, n_C_prev)
        for row in range(f):
            for column in range(f):
                dA_pad[part, row : row + stride * n_H : stride, column : column + stride * n_W : stride] += windows[
                    :, :, :, row, column
                ]
    dA_prev = dA_pad[:, pad : pad + n_H_prev, pad : pad + n_W_prev]
    db = dZ.sum(axis=(0, 1, 2)).reshape(b.shape)
    return np.ascontiguousarray(dA_prev), dkernel.reshape(W.shape), db


def conv_parameters(f: int, n_C_prev: int, n_C: int) -> int:
    """(f f n_C_prev + 1) n_C: weights and biases of a layer, whatever the size of its input."""
    return (f * f * n_C_prev + 1) * n_C


def _patches(A_pad: np.ndarray, f: int, stride: int) -> np.ndarray:
    """Every window as one row: (m*n_H*n_W, f*f*n_C_prev)."""
    windows = sliding_window_view(A_pad, (f, f), axis=(1, 2))[:, ::stride, ::stride]
    # (m, h, w, c, f, f) -> (m, h, w, f, f, c): the order in which W is stored
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, f * f * A_pad.shape[3])


def _parts(m: int, bytes_each: int) -> list[slice]:
    """The m images in parts whose patches take about PATCH_BYTES."""
    count = max(1, PATCH_BYTES // max(bytes_each, 1))
    return [slice(start, min(start + count, m)) for start in range(0, m, count)]
