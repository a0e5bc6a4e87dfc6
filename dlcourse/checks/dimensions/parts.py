"""What the exercises of notebook 16 share: layers over one or three axes, and the loops of wrong variants."""

from __future__ import annotations

import numpy as np

from dlcourse import dimensions as reference
from dlcourse.checking.exercise import Topic

topic = Topic("dimensions")

NAMES = {"X": "A_prev", "x": "A_prev", "A": "A_prev", "filters": "W", "w": "W", "bias": "b", "hparams": "hparameters"}
FORWARD = {1: reference.conv1d_forward, 3: reference.conv3d_forward}
BACKWARD = {1: reference.conv1d_backward, 3: reference.conv3d_backward}


def layer(rng, m=2, sizes=(6,), n_C_prev=3, n_C=4, f=3, stride=1, pad=0, bias=False):
    """The arguments of a convolution over as many axes as there are sizes."""
    A_prev = rng.normal(size=(m, *sizes, n_C_prev))
    W = rng.normal(size=(f,) * len(sizes) + (n_C_prev, n_C))
    shape = (1,) * (len(sizes) + 1) + (n_C,)
    b = rng.normal(size=shape) if bias else np.zeros(shape)
    return A_prev, W, b, {"stride": stride, "pad": pad}


def padded(A, pad, axes=None, after=None):
    """Zeros around the given axes, by default all but the first and the last."""
    axes = range(1, A.ndim - 1) if axes is None else axes
    after = pad if after is None else after
    return np.pad(A, [(pad, after) if axis in axes else (0, 0) for axis in range(A.ndim)])


def on(axes, change):
    """A slice for each of the axes between the examples and the channels."""
    return (slice(None), *(change,) * axes)


def first_weights_summed(W):
    """What a window that is one slice thick does: the filter is stretched over it, slice by slice."""
    thin = np.zeros_like(W)
    thin[0] = W.sum(axis=0)
    return thin


def cut(dA_pad, A_prev, pad):
    return dA_pad[(slice(None), *(slice(pad, pad + n) for n in A_prev.shape[1:-1]))]


def windows_of(dZ, f, stride):
    """Each place of the output, and the window that it came from."""
    for place in np.ndindex(dZ.shape[1:-1]):
        yield place, tuple(slice(p * stride, p * stride + f) for p in place)
