"""Depthwise and pointwise convolutions, what they cost, MobileNet's blocks and networks, compound scaling: the
references of notebook 07.

Convolutions in front of a batch normalisation have no biases, as in the papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import as_strided

from dlcourse.convolution import same_padding

if TYPE_CHECKING:
    import keras

MOMENTUM = 0.9  # Keras's 0.99 needs hundreds of steps before inference may be trusted


# Convolutions


def depthwise_conv(
    X: Float[np.ndarray, "m n_H_prev n_W_prev n_C"],
    W: Float[np.ndarray, "f f n_C"],
    stride: int = 1,
    padding: str = "same",
) -> tuple[Float[np.ndarray, "m n_H n_W n_C"], tuple]:
    """Z[i, h, w, c] = sum of the window of X[i, :, :, c] at (h stride, w stride) times W[:, :, c].

    Args:
        padding: "valid", or "same" as TensorFlow understands it: an output of ceil(n / stride).

    Returns:
        Z and the cache (X, W, stride, padding) for `depthwise_conv_backward`.

    Raises:
        ValueError: the channels differ, the filter does not fit, or there is no such padding.

    Source: Howard and others, MobileNets, 2017, equation 3.
    """
    if X.shape[3] != W.shape[2]:
        raise ValueError(f"There are filters for {W.shape[2]} channels, the input has {X.shape[3]}.")
    f, (rows, columns) = W.shape[0], _borders(X, W, stride, padding)
    n_H, n_W = ((n + sum(border) - f) // stride + 1 for n, border in zip(X.shape[1:3], (rows, columns), strict=True))
    if min(n_H, n_W) < 1:
        raise ValueError(f"A filter of {f} x {f} does not fit in {X.shape[1]} x {X.shape[2]} pixels.")
    X_pad = np.pad(X, ((0, 0), rows, columns, (0, 0)))
    # with a stride, every filter column meets only every stride-th column of the picture: these are put side by side
    phases = [(X_pad[:, :, phase::stride], W[:, phase::stride]) for phase in range(min(stride, f))]
    Z = sum(
        np.einsum("mhijk,ijk->mhk", _windows(part, n_H, stride, *some.shape[:2], n_W), _wide(some, n_W))
        for part, some in phases
    )
    Z = Z.reshape(len(X), n_H, n_W, X.shape[3])
    return Z, (X, W, stride, padding)


def depthwise_conv_backward(
    dZ: Float[np.ndarray, "m n_H n_W n_C"], cache: tuple
) -> tuple[Float[np.ndarray, "m n_H_prev n_W_prev n_C"], Float[np.ndarray, "f f n_C"]]:
    """Gradients of the loss with respect to the input and the filters of `depthwise_conv`.

    Args:
        cache: (X, W, stride, padding), from `depthwise_conv`.

    Returns:
        dX, dW.
    """
    X, W, stride, padding = cache
    f, (rows, columns) = W.shape[0], _borders(X, W, stride, padding)
    m, n_H, n_W, n_C = dZ.shape
    X_pad = np.pad(X, ((0, 0), rows, columns, (0, 0)))
    dX_pad, dW = (np.zeros(array.shape, np.result_type(X, W, dZ)) for array in (X_pad, W))
    dZ_rows = dZ.reshape(m, n_H, n_W * n_C)
    for phase in range(min(stride, f)):
        wide = W[:, phase::stride].shape[1]
        windows = _windows(X_pad[:, :, phase::stride], n_H, stride, f, wide, n_W)
        # (f, f', n_W*n_C) -> the sum over n_W
        dW[:, phase::stride] = np.einsum("mhijk,mhk->ijk", windows, dZ_rows).reshape(f, wide, n_W, n_C).sum(axis=2)
    for row, column in np.ndindex(min(stride, f), min(stride, f)):
        # these pixels met this part of the filters: the way back is a convolution with it, turned by 180 degrees
        part = W[row::stride, column::stride][::-1, ::-1]
        high, wide = part.shape[0] - 1, part.shape[1] - 1
        surrounded = np.pad(dZ, ((0, 0), (high, high), (wide, wide), (0, 0)))
        n_rows, n_columns = n_H + high, n_W + wide
        met = np.einsum(
            "mhijk,ijk->mhk", _windows(surrounded, n_rows, 1, *part.shape[:2], n_columns), _wide(part, n_columns)
        )
        dX_pad[:, row::stride, column::stride][:, :n_rows, :n_columns] = met.reshape(m, n_rows, n_columns, n_C)
    n_H_prev, n_W_prev = X.shape[1:3]
    dX = dX_pad[:, rows[0] : rows[0] + n_H_prev, columns[0] : columns[0] + n_W_prev]
    return np.ascontiguousarray(dX), dW


def pointwise_conv(
    X: Float[np.ndarray, "m n_H n_W n_C_prev"], W: Float[np.ndarray, "n_C_prev n_C"]
) -> tuple[Float[np.ndarray, "m n_H n_W n_C"], tuple]:
    """Z[i, h, w] = X[i, h, w] W: a 1x1 convolution.

    Returns:
        Z and the cache (X, W) for `pointwise_conv_backward`.

    Raises:
        ValueError: the channels differ.
    """
    if X.shape[3] != len(W):
        raise ValueError(f"The filters have {len(W)} channels, the input has {X.shape[3]}.")
    return X @ W, (X, W)


def pointwise_conv_backward(
    dZ: Float[np.ndarray, "m n_H n_W n_C"], cache: tuple
) -> tuple[Float[np.ndarray, "m n_H n_W n_C_prev"], Float[np.ndarray, "n_C_prev n_C"]]:
    """dX = dZ W^T at every pixel, dW = the sum over all pixels of x^T dz.

    Args:
        cache: (X, W), from `pointwise_conv`.

    Returns:
        dX, dW.
    """
    X, W = cache
    # (m*h*w, c) each: the pixels of all pictures in one row
    return dZ @ W.T, X.reshape(-1, X.shape[3]).T @ dZ.reshape(-1, dZ.shape[3])


def _borders(X: np.ndarray, W: np.ndarray, stride: int, padding: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Zeros before and after, for rows and for columns."""
    if padding not in ("same", "valid"):
        raise ValueError(f"padding must be 'same' or 'valid', not {padding!r}.")
    rows, columns = (
        same_padding(n, W.shape[0], stride) if padding == "same" else (0, 0) for n in (X.shape[1], X.shape[2])
    )
    return rows, columns


def _windows(X: np.ndarray, n_H: int, stride: int, high: int, wide: int, n_W: int) -> np.ndarray:
    """A view of X, (m, n_H, high, wide, n_W*n_C): under each number of the filters the row of pixels that it meets.

    A row of the picture with all its channels is one run of numbers, which is what makes this fast.
    """
    X = np.ascontiguousarray(X)
    image, row, pixel, number = X.strides
    shape = (len(X), n_H, high, wide, n_W * X.shape[3])
    return as_strided(X, shape, (image, row * stride, row, pixel, number), writeable=False)


def _wide(W: np.ndarray, n_W: int) -> np.ndarray:
    """The filters' numbers side by side for n_W pixels: (f, f, n_W*n_C)."""
    return np.tile(W, (1, 1, n_W))


# What it costs


def separable_cost(n_H: int, n_W: int, f: int, n_C_prev: int, n_C: int) -> tuple[int, int, int]:
    """Multiplications of an ordinary convolution, and of the two steps of a separable one.

    n_H n_W n_C f f n_C_prev; n_H n_W n_C_prev f f; n_H n_W n_C n_C_prev.

    Args:
        n_H, n_W: size of the output, in pixels.

    Returns:
        ordinary, depthwise, pointwise.

    Source: Howard and others, MobileNets, 2017, section 3.1.
    """
    pixels = n_H * n_W
    return pixels * n_C * f * f * n_C_prev, pixels * n_C_prev * f * f, pixels * n_C * n_C_prev


def peak_memory(block: Sequence[tuple[int, int, int]], shortcut: bool = False) -> int:
    """The most numbers that are in memory at once while the layers of a block run, one after the other.

    While a layer runs, its input and its output are there; with a shortcut the block's input is, too, to the end. The
    sum is written where the last layer's output stands.

    Args:
        block: shapes (n_H, n_W, n_C) of the block's input and of what each layer makes of it, the last its output.
        shortcut: whether the block's input is added at the end.

    Source: Sandler and others, MobileNetV2, 2018, section 5.1.
    """
    numbers = [n_H * n_W * n_C for n_H, n_W, n_C in block]
    return max(
        before + after + (numbers[0] if shortcut and layer > 0 else 0)
        for layer, (before, after) in enumerate(zip(numbers, numbers[1:], strict=False))
    )


def compound_scaling(
    phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15
) -> tuple[float, float, float]:
    """alpha^phi, beta^phi, gamma^phi: by how much to multiply the layers, the channels, the sides of the picture.

    Multiplications grow with alpha beta^2 gamma^2, about 2, to the power of phi.

    Returns:
        depth, width, resolution.

    Source: Tan and Le, EfficientNet, 2019, equation 3.
    """
    return alpha**phi, beta**phi, gamma**phi


# Blocks and networks


def separable_block(X, filters: int, stride: int = 1):
    """A depthwise 3x3 convolution and a pointwise one, each with batch normalisation and ReLU.

    Args:
        filters: of the pointwise convolution.
        stride: of the depthwise one.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, ceil(n_H / stride), ceil(n_W / stride), filters)`

    Source: Howard and others, MobileNets, 2017, figure 3 on the right.
    """
    from keras import layers

    X = layers.ReLU()(_depthwise(X, stride))
    return layers.ReLU()(_convolution(X, filters))


def mobilenet_v1(
    input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000, alpha: float = 1.0
) -> keras.Model:
    """MobileNet: a 3x3 convolution with a stride of 2, 13 separable blocks, the average of each channel, softmax.

    Args:
        alpha: the share of the filters that every layer has, rounded down.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: Howard and others, MobileNets, 2017, table 1 (whose second but last block has a stride of 1 here: the
    pictures are 7x7 already).
    """
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    X = layers.ReLU()(_convolution(inputs, int(alpha * 32), 3, 2))
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    widths = (64, 128, 128, 256, 256, *(512,) * 6, 1024, 1024)
    for filters, stride in zip(widths, strides, strict=True):
        X = separable_block(X, int(alpha * filters), stride)
    outputs = layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(X))
    return keras.Model(inputs, outputs, name="MobileNet")


def inverted_residual_block(X, expansion: int, filters: int, stride: int = 1):
    """1x1 to expansion times as many channels, depthwise 3x3, 1x1 to `filters` channels; X is added where it fits.

    Each convolution has a batch normalisation; ReLU6 follows the first two, nothing the third. With an expansion of 1
    there is no first one.

    Args:
        expansion: channels inside over channels of X.
        stride: of the depthwise convolution. X is added where it is 1 and X has `filters` channels.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, ceil(n_H / stride), ceil(n_W / stride), filters)`

    Source: Sandler and others, MobileNetV2, 2018, table 1 and figure 4d.
    """
    from keras import layers

    path = X
    if expansion != 1:
        path = layers.ReLU(6.0)(_convolution(path, expansion * X.shape[-1]))
    path = layers.ReLU(6.0)(_depthwise(path, stride))
    path = _convolution(path, filters)
    return layers.Add()([path, X]) if stride == 1 and X.shape[-1] == filters else path


# expansion, filters, how many, stride of the first
V2_ROWS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet_v2(
    input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000, alpha: float = 1.0
) -> keras.Model:
    """MobileNetV2: a 3x3 convolution with a stride of 2, 17 inverted residual blocks, a 1x1 convolution to 1280
    channels, the average of each, softmax.

    Args:
        alpha: the share of the filters that every layer has, rounded by `multiple_of_8`; the last convolution has at
            least 1280.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: Sandler and others, MobileNetV2, 2018, table 2 and section 6.1.
    """
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    X = layers.ReLU(6.0)(_convolution(inputs, multiple_of_8(32 * alpha), 3, 2))
    for expansion, filters, count, first in V2_ROWS:
        for number in range(count):
            X = inverted_residual_block(X, expansion, multiple_of_8(filters * alpha), 1 if number else first)
    X = layers.ReLU(6.0)(_convolution(X, multiple_of_8(1280 * max(alpha, 1.0))))
    outputs = layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(X))
    return keras.Model(inputs, outputs, name="MobileNetV2")


def multiple_of_8(channels: float) -> int:
    """The nearest multiple of 8, at least 8, and one more where less than nine tenths of the channels would be left.

    Source: the authors' program; Keras has the same.
    """
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def _convolution(X, filters: int, size: int = 1, stride: int = 1):
    from keras import layers

    X = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(X)
    return layers.BatchNormalization(momentum=MOMENTUM)(X)


def _depthwise(X, stride: int):
    from keras import layers

    X = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(X)
    return layers.BatchNormalization(momentum=MOMENTUM)(X)
