"""Gradients by finite differences: an oracle that shares nothing with a backward pass but the forward one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def numerical_gradient(
    function: Callable[[np.ndarray], np.ndarray], x: np.ndarray, upstream: np.ndarray, step: float = 1e-5
) -> np.ndarray:
    """d sum(upstream * function(x)) / dx, element by element, by central differences.

    Args:
        x: where to differentiate, in float64; it is left unchanged.
        upstream: the gradient of the loss with respect to what `function` returns.
        step: its error is about step squared, and rounding about 1e-16 / step: 1e-5 balances them.
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + step
        above = function(x)
        x[index] = kept - step
        below = function(x)
        x[index] = kept
        gradient[index] = np.sum(upstream * (above - below)) / (2 * step)
    return gradient
