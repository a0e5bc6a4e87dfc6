"""1x1 convolutions, multiplications and GoogLeNet: the references of notebook 06.

The networks are the paper's: convolutions with biases, each followed by ReLU, without batch normalisation, which came a
year later. The local response normalisations of the paper are left out: they have no parameters and gain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    import keras

# 1x1 convolutions


def one_by_one(
    X: Float[np.ndarray, "m n_H n_W n_C_prev"],
    W: Float[np.ndarray, "1 1 n_C_prev n_C"],
    b: Float[np.ndarray, "1 1 1 n_C"],
) -> Float[np.ndarray, "m n_H n_W n_C"]:
    """Z[m, h, w, k] = sum over c of X[m, h, w, c] W[0, 0, c, k], plus b[0, 0, 0, k].

    Source: Lin, Chen and Yan, Network In Network, 2013, section 3.1.
    """
    # (m, h, w, c) @ (c, k) -> (m, h, w, k)
    return X @ W[0, 0] + b


def one_by_one_backward(
    dZ: Float[np.ndarray, "m n_H n_W n_C"],
    X: Float[np.ndarray, "m n_H n_W n_C_prev"],
    W: Float[np.ndarray, "1 1 n_C_prev n_C"],
) -> tuple[
    Float[np.ndarray, "m n_H n_W n_C_prev"], Float[np.ndarray, "1 1 n_C_prev n_C"], Float[np.ndarray, "1 1 1 n_C"]
]:
    """The gradients of the loss with respect to X, W and b, from that with respect to Z.

    dX = dZ W^T at every pixel; dW = X^T dZ and db = dZ, summed over images and pixels.
    """
    # (m, h, w, k) @ (k, c) -> (m, h, w, c)
    dX = dZ @ W[0, 0].T
    # (c, m*h*w) @ (m*h*w, k) -> (c, k)
    dW = X.reshape(-1, X.shape[-1]).T @ dZ.reshape(-1, dZ.shape[-1])
    return dX, dW[None, None], dZ.sum(axis=(0, 1, 2), keepdims=True)


# Multiplications


def conv_cost(input_shape: tuple[int, int, int], filters: int, f: int, stride: int = 1, padding: str = "same") -> int:
    """Multiplications of a convolution: numbers in the output, times f * f * n_C_prev for each.

    Products with zeros of the padding count; additions and the bias do not.

    Args:
        input_shape: (n_H, n_W, n_C_prev).
        f: side of the filters, in pixels.
        padding: "same", with ceil(n / stride) pixels in the output, or "valid", with floor((n - f) / stride) + 1.
    """
    n_H, n_W, n_C_prev = input_shape
    rows, columns = (-(-n // stride) if padding == "same" else (n - f) // stride + 1 for n in (n_H, n_W))
    return rows * columns * filters * f * f * n_C_prev


def bottleneck_cost(input_shape: tuple[int, int, int], reduced: int, filters: int, f: int) -> int:
    """Multiplications of a 1x1 convolution to `reduced` channels and an fxf convolution of those to `filters`.

    Args:
        input_shape: (n_H, n_W, n_C_prev). Both convolutions have stride 1 and padding "same".
    """
    n_H, n_W, _ = input_shape
    return conv_cost(input_shape, reduced, 1) + conv_cost((n_H, n_W, reduced), filters, f)


# Blocks


def naive_inception_block(X, filters: Sequence[int]):
    """Filters of several sizes side by side: 1x1, 3x3 and 5x5 convolutions, and 3x3 max pooling.

    Args:
        filters: of the 1x1, the 3x3 and the 5x5 convolution. Pooling keeps all channels.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, n_H, n_W, sum(filters) + n_C)`, the branches in this order.

    Source: Szegedy and others, Going Deeper with Convolutions, 2014, figure 2(a).
    """
    from keras import layers

    branches = [_convolution(X, count, f) for count, f in zip(filters, (1, 3, 5), strict=True)]
    return layers.Concatenate()([*branches, layers.MaxPooling2D(3, strides=1, padding="same")(X)])


def inception_block(X, filters: Sequence[int]):
    """The same with 1x1 convolutions that keep the cost down: before the 3x3 and the 5x5, and after the pooling.

    Args:
        filters: of the 1x1 convolution; of the reduction and the 3x3 after it; of the reduction and the 5x5 after it;
            of the projection after the pooling: six numbers, in the order of the paper's table.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, n_H, n_W, filters[0] + filters[2] + filters[4] + filters[5])`, the branches in this order.

    Source: Szegedy and others, figure 2(b).
    """
    from keras import layers

    ones, reduce3, threes, reduce5, fives, projected = filters
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(X)
    branches = [
        _convolution(X, ones, 1),
        _convolution(_convolution(X, reduce3, 1), threes, 3),
        _convolution(_convolution(X, reduce5, 1), fives, 5),
        _convolution(pooled, projected, 1),
    ]
    return layers.Concatenate()(branches)


# GoogLeNet

# Filters of the modules, as inception_block takes them. None: max pooling 3x3 with stride 2.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "pool 3": None,
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "pool 4": None,
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
WITH_HEADS = ("4a", "4d")


def auxiliary_head(X, classes: int, filters: int = 128, units: int = 1024):
    """A classifier on features from the middle of a network, for the time of the training.

    5x5 average pooling with stride 3; a 1x1 convolution and ReLU; a dense layer and ReLU; dropout of 70 %; softmax.

    Args:
        filters: of the convolution.
        units: of the first dense layer.

    Input shape:
        `(m, n_H, n_W, n_C)`, n_H and n_W at least 5.

    Output shape:
        `(m, classes)`

    Source: Szegedy and others, section 5.
    """
    from keras import layers

    X = _convolution(layers.AveragePooling2D(5, strides=3)(X), filters, 1)
    X = layers.Dense(units, activation="relu")(layers.Flatten()(X))
    return layers.Dense(classes, activation="softmax")(layers.Dropout(0.7)(X))


def googlenet(
    input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000, alpha: float = 1.0, auxiliary: bool = True
) -> keras.Model:
    """GoogLeNet: three convolutions, nine inception blocks, the average of each channel, dropout of 40 %, softmax.

    Args:
        alpha: every number of filters, and the units in the heads, is multiplied by it; 1 is the paper's network.
        auxiliary: with the two heads of the training, which read the outputs of the modules 4a and 4d.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`; with the heads a list of three such, the network's own first.

    Source: Szegedy and others, table 1 and section 5.
    """
    import keras
    from keras import layers

    def scaled(*counts: int) -> list[int]:
        return [int(alpha * count) for count in counts]

    first, second, third = scaled(64, 64, 192)
    image = keras.Input(input_shape)
    X = _pooled(_convolution(image, first, 7, stride=2))
    X = _pooled(_convolution(_convolution(X, second, 1), third, 3))
    heads = []
    for name, filters in MODULES.items():
        X = _pooled(X) if filters is None else inception_block(X, scaled(*filters))
        if auxiliary and name in WITH_HEADS:
            heads.append(auxiliary_head(X, classes, *scaled(128, 1024)))
    X = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(X))
    outputs = layers.Dense(classes, activation="softmax")(X)
    return keras.Model(image, [outputs, *heads] if auxiliary else outputs, name="GoogLeNet")


def googlenet_loss(y_true, y_pred: Sequence, weight: float = 0.3):
    """The cross-entropy of the network's own output, plus `weight` times that of each head.

    Args:
        y_true: the right classes as whole numbers, of shape (m,).
        y_pred: probabilities of shape (m, classes): the network's own first, then those of the heads; or, in use, the
            network's own alone.

    Returns:
        The mean over the batch.

    Source: Szegedy and others, section 5.
    """
    import keras

    own, *heads = y_pred if isinstance(y_pred, (list, tuple)) else [y_pred]

    def mean(probabilities):
        return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y_true, probabilities))

    return mean(own) + weight * sum(map(mean, heads))


def _convolution(X, filters: int, f: int, stride: int = 1):
    from keras import layers

    return layers.Conv2D(filters, f, strides=stride, padding="same", activation="relu")(X)


def _pooled(X):
    from keras import layers

    return layers.MaxPooling2D(3, strides=2, padding="same")(X)
