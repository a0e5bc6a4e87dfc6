"""Transposed convolutions, U-Net, and how well pixels are labelled: the references of notebook 12.

Images and activations are channels-last. A transposed convolution's filters are (f, f, n_C, n_C_prev), as in Keras: the
channels that come out before those that go in. Labels are whole numbers from 0, one for each pixel.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Integer
from numpy.lib.stride_tricks import sliding_window_view

from dlcourse.convolution import zero_pad

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

VOID = 255  # the label of a pixel that counts for nothing
DROPOUT = 0.3


# Larger again


def transposed_conv(
    A: Float[np.ndarray, "m n_H_prev n_W_prev n_C_prev"],
    W: Float[np.ndarray, "f f n_C n_C_prev"],
    stride: int,
    pad: int,
) -> Float[np.ndarray, "m n_H n_W n_C"]:
    """Each pixel of A puts the filter, times its number, into the window that begins at (h stride, w stride); where
    windows overlap they add up; then `pad` rows and columns are cut off at each side.

    n_H = (n_H_prev - 1) stride + f - 2 pad. It is the way back of a convolution from n_C to n_C_prev channels.

    Args:
        stride: at least 1, in pixels of the output.
        pad: at least 0, in pixels of the output.

    Raises:
        ValueError: nothing would be left.

    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, chapter 4.
    """
    m, rows, columns, _ = A.shape
    f, _, n_C, _ = W.shape
    n_H, n_W = ((n - 1) * stride + f - 2 * pad for n in (rows, columns))
    if min(n_H, n_W) < 1:
        raise ValueError(f"A border of {pad} leaves nothing of {n_H + 2 * pad} x {n_W + 2 * pad} pixels.")
    # (m, h, w, c_prev), (f, f, c, c_prev) -> (m, h, w, f, f, c)
    stamps = np.tensordot(A, W, axes=(3, 3))
    # a stride larger than the filter leaves a rest behind the last stamp, which is cut off below
    grown = np.zeros((m, rows * stride + f, columns * stride + f, n_C), dtype=stamps.dtype)
    for row in range(f):
        for column in range(f):
            grown[:, row : row + rows * stride : stride, column : column + columns * stride : stride] += stamps[
                :, :, :, row, column
            ]
    return grown[:, pad : pad + n_H, pad : pad + n_W].copy()


def transposed_conv_backward(
    dZ: Float[np.ndarray, "m n_H n_W n_C"],
    A: Float[np.ndarray, "m n_H_prev n_W_prev n_C_prev"],
    W: Float[np.ndarray, "f f n_C n_C_prev"],
    stride: int,
    pad: int,
) -> tuple[Float[np.ndarray, "m n_H_prev n_W_prev n_C_prev"], Float[np.ndarray, "f f n_C n_C_prev"]]:
    """Gradients of the loss with respect to the input and the filters of `transposed_conv`.

    The pixel (h, w) of A sees the window of dZ into which it has put the filter: dA is the filter times that window,
    an ordinary convolution, and dW adds up window times pixel.

    Returns:
        dA, dW.
    """
    f = W.shape[0]
    windows = sliding_window_view(zero_pad(dZ, pad), (f, f), axis=(1, 2))[:, ::stride, ::stride]
    # (m, h, w, c, f, f), (f, f, c, c_prev) -> (m, h, w, c_prev)
    dA = np.tensordot(windows, W, axes=((3, 4, 5), (2, 0, 1)))
    # (m, h, w, c, f, f), (m, h, w, c_prev) -> (c, f, f, c_prev)
    dW = np.tensordot(windows, A, axes=((0, 1, 2), (0, 1, 2)))
    return dA, np.ascontiguousarray(dW.transpose(1, 2, 0, 3))


def fitting_size(n: int, poolings: int) -> int:
    """2^poolings ceil(n / 2^poolings): the smallest size from n on that can be halved so often without a rest.

    Args:
        n: at least 1, in pixels.
        poolings: at least 0.
    """
    return -(-n >> poolings) << poolings


# U-Net


def conv_block(
    inputs: keras.KerasTensor, n_filters: int = 32, dropout_prob: float = 0, max_pooling: bool = True
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Two 3x3 convolutions with ReLU, a dropout if asked for, and a pooling that halves height and width if asked for.

    Args:
        dropout_prob: the share that is dropped; with 0 there is no dropout.

    Returns:
        What the next level reads, and what is handed across: the same before the pooling.

    Input shape: (m, n_H, n_W, n_C). Output shape: (m, n_H // 2, n_W // 2, n_filters), (m, n_H, n_W, n_filters).
    """
    from keras import layers

    across = _two_convolutions(inputs, n_filters)
    if dropout_prob:
        across = layers.Dropout(dropout_prob)(across)
    return layers.MaxPooling2D()(across) if max_pooling else across, across


def upsampling_block(
    expansive_input: keras.KerasTensor, contractive_input: keras.KerasTensor, n_filters: int = 32
) -> keras.KerasTensor:
    """A transposed 3x3 convolution of stride 2, what was handed across behind it as channels, two 3x3 convolutions with
    ReLU.

    Input shape: (m, n_H, n_W, n_C) from below, (m, 2 n_H, 2 n_W, n_C') from the side.
    Output shape: (m, 2 n_H, 2 n_W, n_filters).
    """
    from keras import layers

    larger = layers.Conv2DTranspose(n_filters, 3, strides=2, padding="same")(expansive_input)
    return _two_convolutions(layers.Concatenate()([larger, contractive_input]), n_filters)


def unet_model(
    input_size: tuple[int, int, int] = (96, 128, 3), n_filters: int = 32, n_classes: int = 23
) -> keras.Model:
    """Five levels down, the filters doubled at each, and up again; then a 3x3 convolution, and scores by a 1x1.

    The two lowest levels have a dropout of DROPOUT.

    Input shape: (m, n_H, n_W, n_C), multiples of 16. Output shape: (m, n_H, n_W, n_classes), before the softmax.

    Source: Ronneberger, Fischer and Brox, U-Net, figure 1, in the form of a well-known course.
    """
    import keras
    from keras import layers

    X = inputs = keras.Input(input_size)
    handed_across = []
    for level in range(4):
        X, across = conv_block(X, n_filters << level, DROPOUT if level == 3 else 0)
        handed_across.append(across)
    X, _ = conv_block(X, n_filters << 4, DROPOUT, max_pooling=False)
    for level in reversed(range(4)):
        X = upsampling_block(X, handed_across[level], n_filters << level)
    X = layers.Conv2D(n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(X)
    return keras.Model(inputs, layers.Conv2D(n_classes, 1)(X))


def _two_convolutions(X: keras.KerasTensor, n_filters: int) -> keras.KerasTensor:
    from keras import layers

    for _ in range(2):
        X = layers.Conv2D(n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(X)
    return X


# How wrong, how right


def pixel_loss(y_true: tf.Tensor, y_pred: tf.Tensor, ignore: int = VOID) -> tf.Tensor:
    """The mean of -ln softmax(y_pred)[y_true] over all pixels of the batch whose label is not `ignore`.

    Args:
        y_true: (m, n_H, n_W), labels.
        y_pred: (m, n_H, n_W, n_classes), before the softmax.

    Returns:
        0 where no pixel counts.
    """
    import tensorflow as tf

    y_pred = tf.convert_to_tensor(y_pred)
    counts = tf.not_equal(y_true, ignore)
    labels, scores = tf.boolean_mask(y_true, counts), tf.boolean_mask(y_pred, counts)
    # -ln softmax(z)[c] = ln(sum of exp z) - z_c
    right = tf.reduce_sum(scores * tf.one_hot(labels, y_pred.shape[-1], dtype=scores.dtype), axis=-1)
    losses = tf.reduce_logsumexp(scores, axis=-1) - right
    return tf.math.divide_no_nan(tf.reduce_sum(losses), tf.cast(tf.size(losses), losses.dtype))


def mean_iou(y_true: Integer[np.ndarray, "*pixels"], y_pred: Integer[np.ndarray, "*pixels"], n_classes: int) -> float:
    """The mean over the classes of (pixels of the class in both) / (pixels of the class in either).

    A class that is in neither does not count; one that is only predicted counts 0.

    Args:
        y_true, y_pred: labels below n_classes.
    """
    confusion = np.zeros((n_classes, n_classes))
    np.add.at(confusion, (np.ravel(y_true), np.ravel(y_pred)), 1)
    both = np.diag(confusion)
    either = confusion.sum(axis=0) + confusion.sum(axis=1) - both
    return float(np.mean(both[either > 0] / either[either > 0]))


def dice(y_true: Bool[np.ndarray, "*pixels"], y_pred: Bool[np.ndarray, "*pixels"]) -> float:
    """2 (pixels in both) / (pixels of one + pixels of the other); 1 where both are empty.

    Args:
        y_true, y_pred: masks.
    """
    total = np.count_nonzero(y_true) + np.count_nonzero(y_pred)
    return float(2 * np.count_nonzero(np.logical_and(y_true, y_pred)) / total) if total else 1.0


# One object or two


def count_instances(mask: Bool[np.ndarray, "n_H n_W"]) -> int:
    """How many connected pieces a mask has; pixels are connected that share a side.

    Every pixel of the mask begins with a number of its own, and takes the smallest of its neighbours' until nothing
    changes.
    """
    mask = np.asarray(mask).astype(bool)
    outside = math.prod(mask.shape)
    numbers = np.where(mask, np.arange(outside).reshape(mask.shape), outside)
    while True:
        framed = np.pad(numbers, 1, constant_values=outside)
        smallest = np.minimum.reduce(
            [numbers, framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:]]
        )
        smallest = np.where(mask, smallest, outside)
        if np.array_equal(smallest, numbers):
            return len(np.unique(numbers[mask]))
        numbers = smallest
