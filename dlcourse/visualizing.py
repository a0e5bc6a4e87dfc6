"""What a unit sees, what it reacts to, what an answer rests on: the references of notebook 15.

Images and activations are channels-last. Networks give scores, before any softmax or sigmoid. A layer of a stack is (f,
stride, pad): the side of its window, its stride, and the pixels added at each side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Integer, Num

if TYPE_CHECKING:
    import keras

GIVEN = ("layers_until",)  # to notebooks, also while these are graded

RULES = ("gradient", "deconvnet", "guided")


# What a unit sees


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    """The pixels that a unit of the last layer depends on, along one side.

    r = 1 + sum over the layers of (f - 1) times the strides of all earlier layers; unit h sees the pixels from
    start + h jump on.

    Args:
        layers: (f, stride, pad) of each convolution or pooling, from the image on.

    Returns:
        r, how many pixels a unit sees; jump, how far the fields of two neighbours lie apart; start, the first pixel of
        unit 0, below 0 where it lies in the padding.

    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning; Le and Borji (2017).
    """
    f, strides, pads = np.array(layers, dtype=int).reshape(-1, 3).T
    jumps = np.concatenate([[1], np.cumprod(strides)])
    return int(1 + np.sum((f - 1) * jumps[:-1])), int(jumps[-1]), int(-np.sum(pads * jumps[:-1]))


def layers_until(model: keras.Model, layer: str) -> list[tuple[int, int, int]]:
    """(f, stride, pad) of a model's convolutions and poolings, up to the layer of this name, and with it.

    Raises:
        ValueError: there is no such layer, or one pads by as many pixels as the size of its input asks for.
    """
    found = []
    for one in model.layers:
        size = getattr(one, "kernel_size", None) or getattr(one, "pool_size", None)
        if size is not None:
            f, stride = int(size[0]), int(one.strides[0])
            if one.padding == "same" and (stride > 1 or f % 2 == 0):
                raise ValueError(f"{one.name} has padding 'same': give it a stride of 1 and an odd window.")
            found.append((f, stride, (f - 1) // 2 if one.padding == "same" else 0))
        if one.name == layer:
            return found
    raise ValueError(f"The network has no layer called {layer!r}: print model.summary().")


# What it reacts to


def first_layer_filters(model: keras.Model) -> Float[np.ndarray, "n_C f f n_C_prev"]:
    """The filters of the first convolution as images: 1/2 + w / (2 max |w|), each with a maximum of its own.

    A filter of zeros is grey, 1/2.
    """
    kernel = next(np.asarray(layer.kernel) for layer in model.layers if len(getattr(layer, "kernel_size", ())) == 2)
    largest = np.max(np.abs(kernel), axis=(0, 1, 2))
    return np.moveaxis(0.5 + kernel / (2 * np.where(largest > 0, largest, 1)), -1, 0)


def top_patches(
    model: keras.Model, layer: str, unit: int, images: Float[np.ndarray, "m n_H n_W n_C"], k: int = 9
) -> tuple[Float[np.ndarray, "q r r n_C"], Float[np.ndarray, " q"]]:
    """What a unit sees where it is most active: one patch of each image, for the k images that excite it most.

    Args:
        unit: which channel of the layer's output.

    Returns:
        The patches, as large as the receptive field, 0 outside of the image, and the unit's activations there; the
        strongest comes first. There are k of them, or m where that is less.

    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014), section 4.
    """
    import keras

    activations = np.asarray(keras.Model(model.input, model.get_layer(layer).output)(images))[..., unit]
    r, jump, start = receptive_field(layers_until(model, layer))
    m, _, n_W = activations.shape
    flat = activations.reshape(m, -1)
    strongest = np.max(flat, axis=1)
    chosen = np.argsort(-strongest, kind="stable")[:k]
    rows, columns = np.divmod(np.argmax(flat, axis=1)[chosen], n_W)
    far = r + abs(start) + jump  # no field reaches farther out
    wide = np.pad(images, ((0, 0), (far, far), (far, far), (0, 0)))
    reach = np.arange(r) + start + far
    patches = wide[
        chosen[:, None, None], (rows * jump)[:, None, None] + reach[:, None], (columns * jump)[:, None, None] + reach
    ]
    return patches, strongest[chosen]


# What an answer rests on


def occlusion_map(
    model: keras.Model, image: Float[np.ndarray, "n_H n_W n_C"], label: int, size: int, stride: int
) -> Float[np.ndarray, "rows columns"]:
    """How far the score of a label falls while a square is covered with the image's mean colour.

    Squares begin at the pixels 0, stride, 2 stride, ... and lie within the image.

    Returns:
        score of the whole image - score of the covered image, for each square; below 0 where the score rises.

    Source: Zeiler and Fergus (2014), section 4.3.
    """
    n_H, n_W, _ = image.shape
    rows, columns = (np.arange(0, n - size + 1, stride) for n in (n_H, n_W))
    inside_rows, inside_columns = (
        (np.arange(n) >= first[:, None]) & (np.arange(n) < first[:, None] + size)
        for n, first in ((n_H, rows), (n_W, columns))
    )
    covered = inside_rows[:, None, :, None, None] & inside_columns[None, :, None, :, None]
    seen = np.where(covered, np.mean(image, axis=(0, 1)), image).reshape(-1, *image.shape)
    scores = np.asarray(model(np.concatenate([image[np.newaxis], seen]).astype(image.dtype)))[:, label]
    return (scores[0] - scores[1:]).reshape(len(rows), len(columns))


def saliency(model: keras.Model, image: Float[np.ndarray, "n_H n_W n_C"], label: int) -> Float[np.ndarray, "n_H n_W"]:
    """max over the colours of |d score / d pixel|.

    Source: Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks (2014), section 3.
    """
    return np.max(np.abs(_gradient(model, image, label)), axis=-1)


def class_model_image(
    model: keras.Model,
    label: int,
    start: Float[np.ndarray, "n_H n_W n_C"],
    steps: int = 100,
    learning_rate: float = 0.1,
    penalty: float = 0.1,
) -> Float[np.ndarray, "n_H n_W n_C"]:
    """Climb J(x) = score of the label - penalty sum of x^2, from `start`, by steps of learning_rate dJ/dx.

    Source: Simonyan, Vedaldi and Zisserman (2014), section 2.
    """
    image = np.array(start)
    for _ in range(steps):
        image = image + learning_rate * (_gradient(model, image, label) - 2 * penalty * image)
    return image.astype(start.dtype)


def _gradient(model: keras.Model, image: np.ndarray, label: int) -> np.ndarray:
    import tensorflow as tf

    x = tf.constant(image[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = model(x)[0, label]
    return tape.gradient(score, x).numpy()[0]


# The way back


def unpool(
    A: Num[np.ndarray, "m h w n_C"], switches: Integer[np.ndarray, "m h w n_C"]
) -> Num[np.ndarray, "m 2*h 2*w n_C"]:
    """Put each number back to where the maximum of its window of 2 x 2 was; 0 elsewhere.

    Args:
        switches: 0 and 1 are the upper row of the window, 2 and 3 the lower one.

    Source: Zeiler and Fergus (2014), section 2.1.
    """
    m, h, w, n_C = A.shape
    apart = np.where(switches[..., np.newaxis] == np.arange(4), A[..., np.newaxis], np.zeros((), A.dtype))
    # (m, h, w, n_C, 2, 2) -> (m, h, 2, w, 2, n_C)
    return apart.reshape(m, h, w, n_C, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(m, 2 * h, 2 * w, n_C)


def relu_back(R: Float[np.ndarray, "*shape"], Z: Float[np.ndarray, "*shape"], rule: str) -> Float[np.ndarray, "*shape"]:
    """The way back through A = max(Z, 0), of what has come back to A.

    Args:
        rule: "gradient" lets pass where Z was positive, "deconvnet" what itself is positive, "guided" what is both.

    Raises:
        ValueError: it knows no such rule.

    Source: Springenberg, Dosovitskiy, Brox and Riedmiller, Striving for Simplicity (2015), figure 1.
    """
    if rule not in RULES:
        raise ValueError(f"The rule is {rule!r}: choose one of {', '.join(RULES)}.")
    passes = np.ones(np.shape(R), bool)
    if rule != "deconvnet":
        passes &= Z > 0
    if rule != "gradient":
        passes &= R > 0
    return np.where(passes, R, np.zeros((), R.dtype))


def deconv_visualization(
    image: Float[np.ndarray, "n_H n_W n_C"],
    weights: Sequence[tuple[Float[np.ndarray, "_ _ _ _"], Float[np.ndarray, " _"]]],
    unit: int,
    rule: str = "deconvnet",
) -> Float[np.ndarray, "n_H n_W n_C"]:
    """What of the image has made a unit of the last layer most active, projected back to the pixels.

    Between two convolutions ("same", with bias and ReLU) lies a max pooling of 2 x 2. The way back begins with 1 at the
    place where the unit is strongest, and goes through the switches, the rule at each ReLU, and the transposed filters.

    Args:
        weights: filters and biases of each convolution; sides of the filters are odd.
        unit: which channel of the last one.
        rule: as in `relu_back`; with "gradient" it is the gradient of that activation.

    Source: Zeiler and Fergus (2014), section 2.1.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def relu(Z: tf.Tensor) -> tuple:
        def back(R: tf.Tensor) -> tf.Tensor:
            passes = tf.ones_like(R, bool) if rule == "deconvnet" else Z > 0
            return tf.where(passes if rule == "gradient" else passes & (R > 0), R, tf.zeros_like(R))

        return tf.nn.relu(Z), back

    if rule not in RULES:
        raise ValueError(f"The rule is {rule!r}: choose one of {', '.join(RULES)}.")
    x = tf.constant(image[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(x)
        A = x
        for number, (W, b) in enumerate(weights):
            A = tf.nn.max_pool2d(A, 2, 2, "VALID") if number else A
            A = relu(tf.nn.conv2d(A, W, 1, "SAME") + b)
        strongest = tf.reshape(A[..., unit], [-1])[tf.argmax(tf.reshape(A[..., unit], [-1]))]
    return tape.gradient(strongest, x).numpy()[0]
