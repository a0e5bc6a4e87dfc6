"""Pooling forward and backward, the table of a network, a step of training: the references of notebook 02.

Images are channels-last. Where several numbers of a window are equally large, the first one, row by row, counts as
the maximum: so a window hands back as much gradient as it was given. TensorFlow does the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from dlcourse.convolution import conv_backward, conv_forward, conv_output_size, conv_parameters

Mode = Literal["max", "average"]
SAME_3x3 = {"stride": 1, "pad": 1}
HALVE = {"f": 2, "stride": 2}


def pool_forward(
    A_prev: Float[np.ndarray, "m n_H_prev n_W_prev n_C"], hparameters: dict, mode: Mode = "max"
) -> tuple[Float[np.ndarray, "m n_H n_W n_C"], tuple]:
    """A[i, h, w, c] = maximum or mean of A_prev's window at (h stride, w stride), in channel c.

    Args:
        hparameters: `f`, the side of the window, and `stride`, in pixels, both at least 1.

    Returns:
        A and the cache (A_prev, hparameters) for `pool_backward`.

    Raises:
        ValueError: `mode` is neither "max" nor "average", or the window does not fit.
    """
    _refuse_other_modes(mode)
    A = None
    for place in _places(A_prev.shape, hparameters):
        if A is None:
            A = A_prev[place].copy()
        elif mode == "max":
            np.maximum(A, A_prev[place], out=A)
        else:
            A += A_prev[place]
    if mode == "average":
        A /= hparameters["f"] ** 2
    return A, (A_prev, hparameters)


def create_mask_from_window(x: Float[np.ndarray, "f_H f_W"]) -> Bool[np.ndarray, "f_H f_W"]:
    """True at the largest number of a window, False elsewhere."""
    return (np.arange(x.size) == x.argmax()).reshape(x.shape)


def distribute_value(dz: float, shape: tuple[int, int]) -> Float[np.ndarray, "n_H n_W"]:
    """A matrix of equal numbers that add up to dz."""
    return np.full(shape, dz / prod(shape))


def pool_backward(
    dA: Float[np.ndarray, "m n_H n_W n_C"], cache: tuple, mode: Mode = "max"
) -> Float[np.ndarray, "m n_H_prev n_W_prev n_C"]:
    """The gradient of the loss with respect to the input of `pool_forward`.

    Each window hands its dA to its maximum, or an equal share of it to each of its numbers; where windows overlap,
    what they hand back adds up.

    Args:
        cache: (A_prev, hparameters), from `pool_forward`.

    Raises:
        ValueError: `mode` is neither "max" nor "average".
    """
    _refuse_other_modes(mode)
    A_prev, hparameters = cache
    dA_prev = np.zeros_like(A_prev, dtype=np.result_type(A_prev, dA))
    if mode == "average":
        share = dA / hparameters["f"] ** 2
        for place in _places(A_prev.shape, hparameters):
            dA_prev[place] += share
        return dA_prev
    A, _ = pool_forward(A_prev, hparameters)
    waiting = np.array(dA, dtype=dA_prev.dtype)  # what each window still has to hand back
    for place in _places(A_prev.shape, hparameters):
        handed = np.where(A_prev[place] == A, waiting, 0)
        dA_prev[place] += handed
        waiting -= handed
    return dA_prev


def layer_table(layers: Sequence[dict], input_shape: tuple[int, ...]) -> list[tuple[tuple[int, ...], int, int]]:
    """For the input and for each layer: the shape of what comes out, how many numbers that is, how many parameters.

    Args:
        layers: each one of {"kind": "conv", "f", "stride", "pad", "filters"}, {"kind": "pool", "f", "stride"} and
            {"kind": "dense", "units"}. A dense layer takes the numbers of a volume as one list.
        input_shape: (n_H, n_W, n_C) of one image.

    Raises:
        ValueError: a layer is of another kind, or a window does not fit.
    """
    shape = tuple(input_shape)
    rows = [(shape, prod(shape), 0)]
    for layer in layers:
        parameters = 0
        if layer["kind"] == "dense":
            parameters = (prod(shape) + 1) * layer["units"]
            shape = (layer["units"],)
        elif layer["kind"] in ("conv", "pool"):
            channels = layer.get("filters", shape[2])
            if layer["kind"] == "conv":
                parameters = conv_parameters(layer["f"], shape[2], channels)
            sizes = (conv_output_size(n, layer["f"], layer.get("pad", 0), layer["stride"]) for n in shape[:2])
            shape = (*sizes, channels)
        else:
            raise ValueError(f"A layer is of the kind conv, pool or dense, not {layer['kind']!r}.")
        rows.append((shape, prod(shape), parameters))
    return rows


def softmax_loss(
    scores: Float[np.ndarray, "m classes"], Y: Float[np.ndarray, "m classes"]
) -> tuple[float, Float[np.ndarray, "m classes"]]:
    """The cross-entropy of softmax(scores), averaged over the rows, and its gradient with respect to the scores.

    Args:
        Y: one-hot rows.
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-np.sum(Y * log_probabilities) / len(Y)), (np.exp(log_probabilities) - Y) / len(Y)


def dense_backward(
    dZ: Float[np.ndarray, "m n"], A_prev: Float[np.ndarray, "m n_prev"], W: Float[np.ndarray, "n_prev n"]
) -> tuple[Float[np.ndarray, "m n_prev"], Float[np.ndarray, "n_prev n"], Float[np.ndarray, "1 n"]]:
    """The gradients of the loss with respect to A_prev, W and b of Z = A_prev W + b."""
    return dZ @ W.T, A_prev.T @ dZ, dZ.sum(axis=0, keepdims=True)


def relu_backward(dA: Float[np.ndarray, ...], Z: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
    """The gradient of the loss with respect to Z of A = max(Z, 0); 0 where Z is 0."""
    return dA * (Z > 0)


def im2col(
    A_prev: Float[np.ndarray, "m n_H_prev n_W_prev n_C"], f: int, stride: int, pad: int
) -> Float[np.ndarray, "windows numbers"]:
    """Every window of every image as a row of f * f * n_C numbers, image by image, row by row.

    Args:
        f: the side of the windows, in pixels.
        pad: zeros on each side of the images.
    """
    A = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(A, (f, f), axis=(1, 2))[:, ::stride, ::stride]
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, f * f * A.shape[3])


def train_step(
    parameters: dict[str, np.ndarray],
    X: Float[np.ndarray, "m n_H n_W n_C"],
    Y: Float[np.ndarray, "m classes"],
    learning_rate: float,
) -> tuple[dict[str, np.ndarray], float]:
    """One step of gradient descent for CONV - ReLU - POOL - CONV - ReLU - POOL - dense - softmax.

    Convolutions are 3x3 with stride 1 and pad 1, the pools take the maximum of 2x2 with stride 2.

    Args:
        parameters: W1, b1, W2, b2 of the convolutions, W3 (features, classes) and b3 (1, classes).
        Y: one-hot rows.

    Returns:
        The new parameters, and the cross-entropy before the step, averaged over the images.
    """
    m = len(X)
    Z1, conv1 = conv_forward(X, parameters["W1"], parameters["b1"], SAME_3x3)
    P1, pool1 = pool_forward(np.maximum(Z1, 0), HALVE)
    Z2, conv2 = conv_forward(P1, parameters["W2"], parameters["b2"], SAME_3x3)
    P2, pool2 = pool_forward(np.maximum(Z2, 0), HALVE)
    features = P2.reshape(m, -1)
    scores = features @ parameters["W3"] + parameters["b3"]
    loss, dscores = softmax_loss(scores, Y)

    gradients = {}
    dfeatures, gradients["W3"], gradients["b3"] = dense_backward(dscores, features, parameters["W3"])
    dZ2 = relu_backward(pool_backward(dfeatures.reshape(P2.shape), pool2), Z2)
    dP1, gradients["W2"], gradients["b2"] = conv_backward(dZ2, conv2)
    _, gradients["W1"], gradients["b1"] = conv_backward(relu_backward(pool_backward(dP1, pool1), Z1), conv1)
    return {name: value - learning_rate * gradients[name] for name, value in parameters.items()}, loss


def _places(shape: tuple[int, ...], hparameters: dict) -> Iterator[tuple[slice, ...]]:
    """For each cell of the window, row by row: the pixels that lie under this cell as the window moves."""
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = (conv_output_size(n, f, 0, stride) for n in shape[1:3])
    for row in range(f):
        for column in range(f):
            yield np.s_[:, row : row + stride * n_H : stride, column : column + stride * n_W : stride]


def _refuse_other_modes(mode: str) -> None:
    if mode not in ("max", "average"):
        raise ValueError(f'mode is "max" or "average", not {mode!r}.')
