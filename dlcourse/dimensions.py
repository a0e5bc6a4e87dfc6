"""Convolutions over one and over three axes, forward and backward, causal convolutions, a network for heartbeats and
one for volumes: the references of notebook 16.

"Convolution" is cross-correlation here, as in every deep-learning library. Arrays are channels-last; a filter is as
long along every axis: f, or f x f x f.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view

from dlcourse.convolution import conv_output_size

if TYPE_CHECKING:
    import keras

MOMENTUM = 0.9  # Keras's 0.99 needs hundreds of steps before inference may be trusted

# Windows are gathered for a few examples at a time, so that they stay in the processor's cache until they are used.
WINDOW_BYTES = 2**20


# In numbers


def layer_in_numbers(
    input_shape: Sequence[int], f: int, n_C: int, stride: int = 1, pad: int = 0
) -> tuple[tuple[int, ...], int]:
    """The output's shape, and (f^d n_C_prev + 1) n_C: the parameters of a convolution over d axes.

    Args:
        input_shape: of one example: d sizes, then the channels.
        f: size of the filters along each of the d axes.
        n_C: how many filters.

    Raises:
        ValueError: the filter does not fit.
    """
    *sizes, n_C_prev = input_shape
    places = tuple(conv_output_size(int(n), f, pad, stride) for n in sizes)
    return (*places, n_C), (f ** len(sizes) * n_C_prev + 1) * n_C


# One axis, three axes


def conv1d_forward(
    A_prev: Float[np.ndarray, "m n_prev n_C_prev"],
    W: Float[np.ndarray, "f n_C_prev n_C"],
    b: Float[np.ndarray, "1 1 n_C"],
    hparameters: dict,
) -> tuple[Float[np.ndarray, "m n n_C"], tuple]:
    """Z[i, t, c] = sum of A_prev's window at t stride times W[..., c], plus b[c].

    Args:
        hparameters: `stride` (at least 1) and `pad` (at least 0), in steps.

    Returns:
        Z and the cache (A_prev, W, b, hparameters) for `conv1d_backward`.

    Raises:
        ValueError: the channels differ, or the filter does not fit.
    """
    return _forward(A_prev, W, b, hparameters)


def conv1d_backward(
    dZ: Float[np.ndarray, "m n n_C"], cache: tuple
) -> tuple[Float[np.ndarray, "m n_prev n_C_prev"], Float[np.ndarray, "f n_C_prev n_C"], Float[np.ndarray, "1 1 n_C"]]:
    """Gradients of the loss with respect to the input, the filters and the biases of `conv1d_forward`.

    Args:
        cache: (A_prev, W, b, hparameters), from `conv1d_forward`.

    Returns:
        dA_prev, dW, db.
    """
    return _backward(dZ, cache)


def conv3d_forward(
    A_prev: Float[np.ndarray, "m n_D_prev n_H_prev n_W_prev n_C_prev"],
    W: Float[np.ndarray, "f f f n_C_prev n_C"],
    b: Float[np.ndarray, "1 1 1 1 n_C"],
    hparameters: dict,
) -> tuple[Float[np.ndarray, "m n_D n_H n_W n_C"], tuple]:
    """Z[i, d, h, w, c] = sum of A_prev's window at (d, h, w) stride times W[..., c], plus b[c].

    Args:
        hparameters: `stride` (at least 1) and `pad` (at least 0), in voxels.

    Returns:
        Z and the cache (A_prev, W, b, hparameters) for `conv3d_backward`.

    Raises:
        ValueError: the channels differ, or the filter does not fit.
    """
    return _forward(A_prev, W, b, hparameters)


def conv3d_backward(
    dZ: Float[np.ndarray, "m n_D n_H n_W n_C"], cache: tuple
) -> tuple[
    Float[np.ndarray, "m n_D_prev n_H_prev n_W_prev n_C_prev"],
    Float[np.ndarray, "f f f n_C_prev n_C"],
    Float[np.ndarray, "1 1 1 1 n_C"],
]:
    """Gradients of the loss with respect to the input, the filters and the biases of `conv3d_forward`.

    Args:
        cache: (A_prev, W, b, hparameters), from `conv3d_forward`.

    Returns:
        dA_prev, dW, db.
    """
    return _backward(dZ, cache)


def _forward(A_prev: np.ndarray, W: np.ndarray, b: np.ndarray, hparameters: dict) -> tuple[np.ndarray, tuple]:
    """A convolution over as many axes as the filters have besides their channels."""
    stride, pad = hparameters["stride"], hparameters["pad"]
    axes, n_C = W.ndim - 2, W.shape[-1]
    if A_prev.shape[-1] != W.shape[-2]:
        raise ValueError(f"The filters have {W.shape[-2]} channels, the input has {A_prev.shape[-1]}.")
    sizes = (conv_output_size(n, f, pad, stride) for n, f in zip(A_prev.shape[1:-1], W.shape[:axes], strict=True))
    A_pad = _padded(A_prev, pad)
    kernel = W.reshape(-1, n_C)
    Z = np.empty((len(A_prev), *sizes, n_C), dtype=np.result_type(A_prev, W))
    for part in _parts(Z, kernel):
        np.matmul(_windows(A_pad[part], W, stride), kernel, out=Z[part].reshape(-1, n_C))
    Z += b.reshape(n_C)
    return Z, (A_prev, W, b, hparameters)


def _backward(dZ: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    axes, n_C = W.ndim - 2, W.shape[-1]
    A_pad = _padded(A_prev, pad)
    dA_pad = np.zeros(A_pad.shape, dtype=np.result_type(A_prev, W, dZ))
    dkernel = np.zeros((W[..., 0].size, n_C), dtype=dA_pad.dtype)
    for part in _parts(dZ, dkernel):
        rows = dZ[part].reshape(-1, n_C)
        dkernel += _windows(A_pad[part], W, stride).T @ rows
        # (places, k) @ (k, f*...*c): what each place sends back to each number of its window
        sent = (rows @ W.reshape(-1, n_C).T).reshape(*dZ[part].shape[:-1], *W.shape[:-1])
        for offset in itertools.product(*map(range, W.shape[:axes])):
            met = tuple(slice(o, o + stride * n, stride) for o, n in zip(offset, dZ.shape[1:-1], strict=True))
            dA_pad[(part, *met)] += sent[(..., *offset, slice(None))]
    inside = tuple(slice(pad, pad + n) for n in A_prev.shape[1:-1])
    db = dZ.sum(axis=tuple(range(dZ.ndim - 1))).reshape(b.shape)
    return np.ascontiguousarray(dA_pad[(slice(None), *inside)]), dkernel.reshape(W.shape), db


def _padded(A: np.ndarray, pad: int) -> np.ndarray:
    if pad < 0:
        raise ValueError(f"pad must be at least 0, not {pad}.")
    return np.pad(A, [(0, 0), *[(pad, pad)] * (A.ndim - 2), (0, 0)]) if pad else A


def _windows(A_pad: np.ndarray, W: np.ndarray, stride: int) -> np.ndarray:
    """Every window as one row, in the order in which W is stored: (places, f*...*f*n_C_prev)."""
    axes = W.ndim - 2
    windows = sliding_window_view(A_pad, W.shape[:axes], axis=tuple(range(1, axes + 1)))
    strided = windows[(slice(None), *(slice(None, None, stride),) * axes)]
    # (m, places, c, f, ..., f) -> (m, places, f, ..., f, c)
    return np.moveaxis(strided, axes + 1, -1).reshape(-1, W[..., 0].size)


def _parts(Z: np.ndarray, kernel: np.ndarray) -> list[slice]:
    """The examples in parts whose windows take about WINDOW_BYTES."""
    m, places = len(Z), Z[0, ..., 0].size
    count = max(1, WINDOW_BYTES // (places * len(kernel) * Z.itemsize))
    return [slice(start, min(start + count, m)) for start in range(0, m, count)]


# Causal convolutions


def causal_conv1d(
    x: Float[np.ndarray, "m T n_C_prev"], W: Float[np.ndarray, "f n_C_prev n_C"], dilation: int = 1
) -> Float[np.ndarray, "m T n_C"]:
    """y[i, t] = sum over k of x[i, t - (f - 1 - k) dilation] W[k], where x is 0 before its first step.

    Args:
        W: its last weight meets the present, the first one the oldest step, as in Keras.
        dilation: how many steps lie from one weight to the next; 1 for neighbours.

    Raises:
        ValueError: the channels differ, or `dilation` is below 1.

    Source: van den Oord and others, WaveNet, 2016, section 2.1.
    """
    if dilation < 1:
        raise ValueError(f"dilation must be at least 1, not {dilation}.")
    if x.shape[2] != W.shape[1]:
        raise ValueError(f"The filters have {W.shape[1]} channels, the input has {x.shape[2]}.")
    y = x @ W[-1]
    for back, weights in enumerate(W[-2::-1], start=1):
        steps = back * dilation
        if steps < x.shape[1]:
            y[:, steps:] += x[:, :-steps] @ weights
    return y


def steps_seen(f: int, dilations: Sequence[int]) -> int:
    """1 + (f - 1) (sum of the dilations): how many steps of the input one step of the last layer depends on.

    Args:
        f: size of the filters of all layers.
        dilations: of the causal convolutions, one for each layer.
    """
    return int(1 + (f - 1) * sum(dilations))


# Networks


def heartbeat_model(input_shape: tuple[int, int] = (160, 1), classes: int = 4) -> keras.Model:
    """Three times a convolution of 5 steps with ReLU and a pool of 2; the maximum of each channel; softmax.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`
    """
    import keras
    from keras import layers

    signal = keras.Input(input_shape)
    X = signal
    for filters in (16, 32, 32):
        X = layers.MaxPooling1D(2)(layers.Conv1D(filters, 5, activation="relu")(X))
    return keras.Model(signal, layers.Dense(classes, activation="softmax")(layers.GlobalMaxPooling1D()(X)))


def volume_model(input_shape: tuple[int, int, int, int] = (12, 12, 12, 1), depth: int = 3) -> keras.Model:
    """Three convolutions over three axes, and for each voxel the probability that it belongs to a nodule.

    Args:
        depth: of the filters, in slices; with 1 each slice is looked at by itself.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, n_D, n_H, n_W, 1)`
    """
    import keras
    from keras import layers

    X = volume = keras.Input(input_shape)
    for _ in range(3):
        X = layers.Conv3D(8, (depth, 3, 3), padding="same", use_bias=False)(X)
        X = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(X))
    return keras.Model(volume, layers.Conv3D(1, 1, activation="sigmoid")(X))
