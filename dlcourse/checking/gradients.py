"""Gradients by finite differences: an oracle that shares nothing with a backward pass but the forward one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

# Finite differences are good to ten digits, but an answer in float32, which is right too, only to six.
TOLERANCE = 1e-5


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


def numerical_gradients(
    forward: Callable[..., Any],
    values: dict[str, np.ndarray],
    names: Iterable[str],
    upstream: np.ndarray | tuple[np.ndarray, ...],
    output: Callable[[Any], Any] = lambda result: result[0],
) -> dict[str, np.ndarray]:
    """The gradients of sum(upstream * output(forward(**values))) by the named arguments, under "d" and their name.

    Args:
        upstream: a tuple where `output` gives several arrays, one for each of them.
    """
    if isinstance(upstream, tuple):
        above, of_all = np.array(1.0), lambda parts: sum(np.sum(u * p) for u, p in zip(upstream, parts, strict=True))
    else:
        above, of_all = upstream, lambda part: part

    def along(name: str) -> Callable[[np.ndarray], np.ndarray]:
        return lambda value: of_all(output(forward(**{**values, name: value})))

    return {f"d{name}": numerical_gradient(along(name), values[name], above) for name in names}
