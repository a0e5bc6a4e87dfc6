"""Whether the moving averages of batch normalisation follow the batches, whatever the momentum.

With training, such an average a becomes m a + (1 - m) b, b being the batch's. Where a begins far from anything that a
batch may hold, the momentum m is what is left of it. Neither what a layer computes in training nor b depends on a.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

FAR = 1e12
FOLLOW, STAND_STILL, RUN_AWAY = "follow the batches", "stand still", "run away"


def far_away(made: Any, values: Sequence) -> list:
    """Values of a model's non-trainable variables, with those of moving averages replaced by a large number."""
    import tensorflow as tf

    averages = _averages(made)
    return [
        tf.fill(value.shape, tf.constant(FAR, value.dtype)) if id(variable) in averages else value
        for variable, value in zip(made.non_trainable_variables, values, strict=True)
    ]


def verdict(made: Any, after: Sequence) -> str:
    """What a call in training mode has made of the averages that began at `far_away`.

    Only Keras's own layers are judged (a reader's own may keep its averages in its own way), so a model that has none
    of them is in order.
    """
    averages = _averages(made)
    kept = [
        np.asarray(value, "float64") / float(np.asarray(FAR, np.asarray(value).dtype))
        for variable, value in zip(made.non_trainable_variables, after, strict=True)
        if id(variable) in averages
    ]
    if any(np.all(momentum == 1) for momentum in kept):
        return STAND_STILL
    if any(np.any(momentum > 1) or np.any(momentum < -TOLERANCE) for momentum in kept):
        return RUN_AWAY
    return FOLLOW


TOLERANCE = 1e-6  # the share that a batch's own numbers, up to a million, have in FAR


def _averages(made: Any) -> set[int]:
    """The variables of a model's layers that hold moving averages, by identity."""
    import keras

    normalisations = [
        layer for layer in made._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization) and layer.built
    ]
    return {id(variable) for layer in normalisations for variable in (layer.moving_mean, layer.moving_variance)}
