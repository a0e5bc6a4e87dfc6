"""Targets and losses for one object, landmarks, windows that slide: the references of notebook 09.

A box is written in two ways, and each function says which it takes: corners (y1, x1, y2, x2) in pixels, and centre with
size (b_x, b_y, b_h, b_w) as fractions of the image. x runs to the right, y downwards. Points are (x, y).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Num

from dlcourse.convolution import conv_output_size

if TYPE_CHECKING:
    import tensorflow as tf

Layer = tuple[str, int, int, int] | tuple[str, int, int]  # ("conv", f, stride, n_C) or ("pool", f, stride)
Found = tuple[float, tuple[float, float, float, float]]  # score, corners (y1, x1, y2, x2)


# One object


def encode_target(
    box: Sequence[float] | None, label: int, num_classes: int, image_shape: tuple[int, int]
) -> Float[np.ndarray, " 5+{num_classes}"]:
    """[p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C]: is there an object, where is its centre, how large is it, what is it.

    Args:
        box: corners (y1, x1, y2, x2) in pixels; None where there is no object, and then all numbers are 0.
        label: which class, from 0.
        image_shape: height and width of the image, in pixels.

    Returns:
        Centre and size as fractions of the image: b_x and b_w of its width, b_y and b_h of its height.
    """
    target = np.zeros(5 + num_classes)
    if box is None:
        return target
    top_left, bottom_right = np.reshape(np.asarray(box, dtype=float), (2, 2)) / image_shape
    target[0] = 1
    target[1:3] = ((top_left + bottom_right) / 2)[::-1]
    target[3:5] = bottom_right - top_left
    target[5 + label] = 1
    return target


def localization_loss(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """(p - p_true)^2 + p_true * (sum of the squared differences of all other numbers), averaged over the examples.

    Args:
        y_true: (m, n), targets whose first number is p: 1 where there is something, 0 elsewhere.
        y_pred: (m, n), what the network says, in the same order.
    """
    import tensorflow as tf

    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.cast(y_true, y_pred.dtype)
    switch = tf.concat([tf.ones_like(y_true[:, :1]), tf.repeat(y_true[:, :1], y_true.shape[1] - 1, axis=1)], axis=1)
    return tf.reduce_mean(tf.reduce_sum(switch * (y_pred - y_true) ** 2, axis=1))


def mixed_loss(y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
    """-ln of the probability of the right p, + p_true * (squares of the box - ln softmax(right class)), averaged.

    Args:
        y_true: (m, 5 + C), targets of `encode_target`.
        y_pred: (m, 5 + C): p before its sigmoid, b_x, b_y, b_h, b_w, the classes before their softmax.
    """
    import tensorflow as tf

    y_pred = tf.convert_to_tensor(y_pred)
    y_true = tf.cast(y_true, y_pred.dtype)
    present = y_true[:, 0]
    is_there = tf.nn.softplus(y_pred[:, 0]) - present * y_pred[:, 0]
    box = tf.reduce_sum((y_pred[:, 1:5] - y_true[:, 1:5]) ** 2, axis=1)
    kind = tf.reduce_logsumexp(y_pred[:, 5:], axis=1) - tf.reduce_sum(y_true[:, 5:] * y_pred[:, 5:], axis=1)
    return tf.reduce_mean(is_there + present * (box + kind))


# Landmarks


def landmark_target(points: Float[np.ndarray, "k 2"] | None, count: int = 64) -> Float[np.ndarray, " 1+2*{count}"]:
    """[1, l_1x, l_1y, l_2x, ..., l_ky], or zeros where nothing is there.

    Args:
        points: landmarks (x, y), fractions of the image; None: there is no face.
        count: how many landmarks a face has.
    """
    if points is None:
        return np.zeros(1 + 2 * count)
    return np.concatenate([[1.0], np.ravel(points)])


def mirror_landmarks(
    points: Float[np.ndarray, "*examples k 2"], pairs: Sequence[tuple[int, int]]
) -> Float[np.ndarray, "*examples k 2"]:
    """The landmarks of the mirrored picture: x becomes 1 - x, and the landmarks of each pair change places.

    Args:
        points: (x, y), fractions of the image.
        pairs: numbers of landmarks that lie on the left and on the right of the picture, such as those of the eyes.
    """
    order = np.arange(points.shape[-2])
    for left, right in pairs:
        order[left], order[right] = right, left
    return points[..., order, :] * (-1, 1) + (1, 0)


# Windows


def sliding_windows(
    image: Num[np.ndarray, "n_H n_W n_C"], size: int, stride: int
) -> tuple[Num[np.ndarray, "n {size} {size} n_C"], Num[np.ndarray, "n 4"]]:
    """All square windows that lie wholly inside the image, row by row.

    Args:
        size: side of a window, in pixels.
        stride: from one window to the next, in pixels.

    Returns:
        The windows, and for each its corners (y1, x1, y2, x2) in pixels.
    """
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))[::stride, ::stride]
    rows, columns = (grid.ravel() * stride for grid in np.indices(windows.shape[:2]))
    # (rows, columns, c, size, size) -> (n, size, size, c)
    cut = windows.reshape(-1, image.shape[2], size, size).transpose(0, 2, 3, 1).copy()
    return cut, np.stack([rows, columns, rows + size, columns + size], axis=1)


def pyramid(image: Float[np.ndarray, "n_H n_W n_C"], scales: Sequence[float]) -> list[np.ndarray]:
    """The image in several sizes: each side times the scale, rounded.

    Args:
        scales: 0.5 is half as high and half as wide.
    """
    from PIL import Image

    def resized(scale: float) -> np.ndarray:
        rows, columns = (round(side * scale) for side in image.shape[:2])
        channels = [
            Image.fromarray(np.ascontiguousarray(image[..., c], dtype=np.float32)).resize(
                (columns, rows), Image.Resampling.BILINEAR
            )
            for c in range(image.shape[2])
        ]
        return np.stack([np.asarray(channel) for channel in channels], axis=-1)

    return [resized(scale) for scale in scales]


def window_and_stride(layers: Sequence[Layer]) -> tuple[int, int]:
    """Which square of the image one output sees, and how far the next output's square is from it, in pixels.

    From the last layer to the first, what is seen grows from r to (r - 1) stride + f; the stride is the product of all
    strides.

    Args:
        layers: ("conv", f, stride, n_C) or ("pool", f, stride), from the first to the last, without padding.
    """
    seen, jump = 1, 1
    for _, f, stride, *_ in layers:
        seen += (f - 1) * jump
        jump *= stride
    return seen, jump


def window_cost(layers: Sequence[Layer], n: int, channels: int = 3) -> tuple[int, int]:
    """Multiplications on an image of n x n pixels: window by window, and all windows at once.

    Args:
        layers: ("conv", f, stride, n_C) or ("pool", f, stride), without padding; a pool multiplies nothing.
        channels: those of the image.
    """

    def of_an_image(side: int) -> int:
        products, depth = 0, channels
        for kind, f, stride, *filters in layers:
            side = conv_output_size(side, f, 0, stride)
            if kind == "conv":
                products += side * side * filters[0] * f * f * depth
                depth = filters[0]
        return products

    window, stride = window_and_stride(layers)
    return conv_output_size(n, window, 0, stride) ** 2 * of_an_image(window), of_an_image(n)


def dense_to_conv(
    W: Float[np.ndarray, "n_H*n_W*n_C units"], b: Float[np.ndarray, " units"], input_shape: tuple[int, int, int]
) -> tuple[Float[np.ndarray, "n_H n_W n_C units"], Float[np.ndarray, "1 1 1 units"]]:
    """The filters and biases of a convolution that computes what a dense layer computes.

    Args:
        W, b: of the dense layer, behind a layer that flattens.
        input_shape: (n_H, n_W, n_C), of what is flattened.
    """
    return np.reshape(W, (*input_shape, W.shape[1])).copy(), np.reshape(b, (1, 1, 1, -1)).copy()


def conv_sliding_windows(
    network: Sequence[tuple], image: Float[np.ndarray, "n_H n_W n_C"]
) -> Float[np.ndarray, "rows columns outputs"]:
    """What a network says of every window of an image. The windows are cut out and looked at together.

    Args:
        network: ("conv", W, b), stride 1, with W of shape (f, f, n_C_prev, n_C); ("pool", f), maxima, stride f;
            ("dense", W, b). No padding; a ReLU follows all layers with weights but the last. A dense layer stands
            behind one that flattens.
        image: at least as large as the network's window.
    """
    layers, side = [], None
    depth = image.shape[2]
    for kind, first, *_ in network:
        if kind == "pool":
            layers.append(("pool", first, first))
        else:
            side = first.shape[0] if kind == "conv" else round((len(first) / depth) ** 0.5)
            depth = first.shape[-1]
            layers.append(("conv", side, 1, depth))
    size, stride = window_and_stride(layers)
    A, corners = sliding_windows(image, size, stride)
    for number, (kind, first, *rest) in enumerate(network):
        if kind == "pool":
            m, n_H, n_W, n_C = A.shape
            whole = A[:, : n_H // first * first, : n_W // first * first]
            A = whole.reshape(m, n_H // first, first, n_W // first, first, n_C).max(axis=(2, 4))
        elif kind == "conv":
            windows = np.lib.stride_tricks.sliding_window_view(A, first.shape[:2], axis=(1, 2))
            A = np.tensordot(windows, first, axes=[(4, 5, 3), (0, 1, 2)]) + np.ravel(rest[0])
        else:
            A = A.reshape(len(A), -1) @ first + np.ravel(rest[0])
        if kind != "pool" and number < len(network) - 1:
            A = np.maximum(A, 0)
    rows, columns = (conv_output_size(n, size, 0, stride) for n in image.shape[:2])
    return A.reshape(rows, columns, -1)


# The best window, and how often it is right


def best_window(
    maps: Sequence[Float[np.ndarray, "rows columns"]],
    scales: Sequence[float],
    size: int,
    stride: int,
    threshold: float = 0.5,
) -> Found | None:
    """The window with the highest score of all scales, as a box on the image before it was resized.

    Args:
        maps: for each scale, the score of every window.
        scales: those of the `pyramid`.
        size, stride: of the windows, in pixels of the resized image.
        threshold: a score equal to it is enough.

    Returns:
        Its score and its corners (y1, x1, y2, x2) in pixels; None where no score reaches the threshold.
    """
    best = max((float(scores.max(initial=-np.inf)) for scores in maps), default=-np.inf)
    if best < threshold:
        return None
    number = next(number for number, scores in enumerate(maps) if scores.size and scores.max() == best)
    row, column = np.unravel_index(maps[number].argmax(), maps[number].shape)
    y1, x1 = row * stride, column * stride
    return best, tuple(float(edge) / scales[number] for edge in (y1, x1, y1 + size, x1 + size))


def score_detections(found: Sequence[Sequence[float] | None], truth: Sequence[Sequence[float] | None]) -> tuple:
    """Recall and precision of a detector that looks for one object in each picture.

    A found box is right where its centre lies in the true box of its picture, edges included.

    Args:
        found, truth: for each picture corners (y1, x1, y2, x2), or None where nothing was found, or is.

    Returns:
        recall: right boxes over pictures with an object; precision: right boxes over found boxes. A share of nothing
        is 1.
    """
    right = 0
    for box, true in zip(found, truth, strict=True):
        if box is not None and true is not None:
            centre = np.reshape(box, (2, 2)).mean(axis=0)
            low, high = np.reshape(true, (2, 2))
            right += bool(np.all((low <= centre) & (centre <= high)))
    there, said = (sum(box is not None for box in boxes) for boxes in (truth, found))
    return right / there if there else 1.0, right / said if said else 1.0
