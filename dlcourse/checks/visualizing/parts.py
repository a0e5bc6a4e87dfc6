"""What the exercises of notebook 15 share: their topic, and the small networks that they look into."""

from __future__ import annotations

import numpy as np

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
