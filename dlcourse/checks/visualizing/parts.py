"""What the exercises of notebook 15 share: their topic, and the small networks that they look into."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlcourse.checking.exercise import Topic

topic = Topic("visualizing")

MODEL = {"probe": "dlcourse.checking.probes.visualizing:with_model", "tolerance": 1e-4}
NO_MODEL = "a small network"


def conv(rng, f, n_C_prev, n_C, stride=1, padding="same", lift=0.1):
    """A convolution with random filters, whose biases keep most units at work."""
    kernel = rng.normal(size=(f, f, n_C_prev, n_C)) / np.sqrt(f * f * n_C_prev)
    return "conv", kernel.astype("f4"), (lift + 0.1 * rng.normal(size=n_C)).astype("f4"), stride, padding


def classifier(rng, shape, labels=3, channels=(4, 5)):
    """Two convolutions, the largest activation of each channel, and a score for each label."""
    layers = [conv(rng, 3, shape[-1], channels[0]), ("pool", 2), conv(rng, 3, channels[0], channels[1])]
    dense = rng.normal(size=(channels[1], labels)).astype("f4"), rng.normal(size=labels).astype("f4")
    return {"shape": shape, "layers": layers, "dense": dense}


def pictures(rng, *shape):
    return rng.uniform(size=shape).astype("f4")


def scores(model, image):
    """What a `classifier` says of an image, in NumPy."""
    kernel, bias = model["dense"]
    volumes = forth(image, [(W, b) for kind, W, b, *_ in (row for row in model["layers"] if row[0] == "conv")])
    return np.maximum(volumes[-1][0], 0).max(axis=(0, 1, 2)) @ kernel + bias


def not_the_best(rng, image, label, labels=3, also=lambda model: True):
    """A classifier for which another label is the best one, so that the best score is no answer."""
    while True:
        model = classifier(rng, image.shape, labels)
        found = scores(model, image)
        if np.argmax(found) != label and also(model):
            return model


def convolved(A, W):
    before = (len(W) - 1) // 2
    after = len(W) - 1 - before
    padded = np.pad(A, ((0, 0), (before, after), (before, after), (0, 0)))
    windows = sliding_window_view(padded, W.shape[:2], axis=(1, 2))  # (m, h, w, c, f, f)
    return np.einsum("mhwcab,abcd->mhwd", windows, W)


def _pooled(A):
    m, h, w, n_C = A.shape
    windows = A.reshape(m, h // 2, 2, w // 2, 2, n_C).transpose(0, 1, 3, 5, 2, 4).reshape(m, h // 2, w // 2, n_C, 4)
    return windows.max(axis=-1), windows.argmax(axis=-1)


def forth(image, weights):
    """For each convolution Z, and but for the last one what is pooled of max(Z, 0), and the switches."""
    volumes, A = [], image[np.newaxis].astype(float)
    for number, (W, b) in enumerate(weights, 1):
        Z = convolved(A, W) + b
        A, switches = _pooled(np.maximum(Z, 0)) if number < len(weights) else (None, None)
        volumes.append((Z, A, switches))
    return volumes
