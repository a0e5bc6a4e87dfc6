"""What the exercises of notebook 01 share: random layers, and numbers that must be whole."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic

topic = Topic("convolution")

VERTICAL = np.array([[1.0, 0.0, -1.0]] * 3).reshape(3, 3, 1, 1)

BRIGHT_TO_DARK = np.repeat([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]], 6, axis=0).reshape(1, 6, 6, 1)


FLOAT = "The number is right, but it is a float, and np.zeros and range want whole numbers: use // or int(...)."


def whole_numbers(*labels):
    """A comparison of whole numbers: a float is none, even where it has the right value."""

    def whole(expected, got):
        expected, parts = (
            value if isinstance(value, (tuple, list)) or np.ndim(value) else [value] for value in (expected, got)
        )
        if len(parts) != len(labels):
            return f"{len(parts)} values come back; {len(labels)} were expected: {' and '.join(labels)}."
        for label, right, value in zip(labels, expected, parts, strict=True):
            if difference := compare(right, value, label):
                return difference.message
            if np.asarray(value).dtype.kind == "f" and np.asarray(right).dtype.kind != "f":
                return FLOAT
        return None

    return whole


def random_layer(rng, m=2, n_H=5, n_W=6, n_C_prev=3, n_C=4, f=3, stride=1, pad=0, bias=False):
    A_prev = rng.normal(size=(m, n_H, n_W, n_C_prev))
    W = rng.normal(size=(f, f, n_C_prev, n_C))
    b = rng.normal(size=(1, 1, 1, n_C)) if bias else np.zeros((1, 1, 1, n_C))
    return A_prev, W, b, {"stride": stride, "pad": pad}
