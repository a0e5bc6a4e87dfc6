"""Canonical values for the variables of a model: numbers that depend only on a variable's role and shape, so that two
models which compute the same compute the same numbers."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np


def canonical(variable: Any, gamma: float | None = None, depthwise: bool = False) -> np.ndarray:
    """The canonical value of a Keras variable: it depends on the variable's role and shape only. Batch normalisations'
    gammas lie around `gamma`, by default GAMMA. A `depthwise` kernel has the values that the same filters have in a
    convolution with a group for each channel.

    Kernels that multiply the same flattened window get the same numbers whether they belong to a dense layer, to a
    1x1 convolution or to one as large as its input, and are scaled by their fan-in so that deep networks neither vanish
    nor blow up. A batch normalisation's values are such that training and inference differ.
    """
    shape, role = tuple(variable.shape), variable.name.rpartition("/")[2]
    if np.dtype(str(variable.dtype)).kind not in "f":
        return np.ones(shape, str(variable.dtype))  # the state of a dropout's generator, a counter
    if len(shape) < 2 or role in ("bias", "beta", "gamma", "moving_mean", "moving_variance"):
        if role in ("gamma", "moving_variance"):
            centre = (gamma or GAMMA) if role == "gamma" else 1.0
            return centre * (1.0 + 0.25 * np.clip(noise(role, shape), -2.0, 2.0))
        return 0.2 * noise("bias" if role == "beta" else role, shape)
    filters = 2 if depthwise else 1  # axes at the end that count filters
    fan_in, columns = math.prod(shape[:-filters]), math.prod(shape[-filters:])
    kind = "recurrent" if role == "recurrent_kernel" else "kernel"
    return noise(kind, (fan_in, columns), math.sqrt(GAIN / fan_in), str(variable.dtype)).reshape(shape)


# With a gain of 2 plain ReLU networks keep their scale (He and others); the gamma then keeps sums of many residual
# blocks from growing out of hand in inference.
GAIN, GAMMA = 2.0, 0.6


# A prime number, so that repeated noise never falls into step with the rows of a large kernel.
NOISE_PERIOD = 65_537


def noise(role: str, shape: Sequence[int], scale: float = 1.0, dtype: str = "float64") -> np.ndarray:
    """Normal numbers that depend only on a word and a shape; beyond NOISE_PERIOD they repeat, to save time."""
    word = f"{role} {'x'.join(map(str, shape))}"
    random_numbers = np.random.default_rng(zlib.crc32(word.encode()))
    numbers = scale * random_numbers.standard_normal(min(math.prod(shape), NOISE_PERIOD))
    return np.resize(numbers.astype(dtype), tuple(shape))
