"""A step of training with layers that are not the notebook's: whether it uses those that it is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np


def given_layers(call: Callable, args: dict) -> dict:
    """{"result": what a train_step with the argument `layers` makes of LAYERS}; {} for one without this argument."""
    try:
        parameters = inspect.signature(call.__wrapped__).parameters
    except (TypeError, ValueError):
        return {}
    return {"result": call(**args, layers=LAYERS)} if "layers" in parameters else {}


def _conv_forward(A_prev, W, b, hparameters):
    """Only the middle of each 3x3 filter counts."""
    return A_prev @ W[1, 1] + b, (A_prev, W)


def _conv_backward(dZ, cache):
    A_prev, W = cache
    dW = np.zeros(W.shape)
    dW[1, 1] = np.tensordot(A_prev, dZ, axes=([0, 1, 2], [0, 1, 2]))
    return dZ @ W[1, 1].T, dW, dZ.sum(axis=(0, 1, 2), keepdims=True)


def _pool_forward(A_prev, hparameters, mode="max"):
    """The mean of 2x2 pixels, whatever the mode."""
    m, n_H, n_W, n_C = A_prev.shape
    return A_prev.reshape(m, n_H // 2, 2, n_W // 2, 2, n_C).mean(axis=(2, 4)), None


def _pool_backward(dA, cache, mode="max"):
    return np.repeat(np.repeat(dA, 2, axis=1), 2, axis=2) / 4


LAYERS = SimpleNamespace(
    conv_forward=_conv_forward, conv_backward=_conv_backward, pool_forward=_pool_forward, pool_backward=_pool_backward
)
