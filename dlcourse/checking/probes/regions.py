"""The gradients of a loss of three parts, as plain data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LEARNED = ("scores", "offsets", "masks")


def loss_gradient(call_fn: Callable, args: dict) -> object:
    """The gradients with respect to `scores`, `offsets` and `masks`; zeros where one has no part in the loss.

    Raises:
        ValueError: nothing of the gradient arrives at the scores.
    """
    import tensorflow as tf

    given = {name: tf.constant(value) if isinstance(value, np.ndarray) else value for name, value in args.items()}
    with tf.GradientTape() as tape:
        for name in LEARNED:
            tape.watch(given[name])
        value = call_fn(**given)
    found = tape.gradient(value, [given[name] for name in LEARNED]) if tf.is_tensor(value) else [None]
    if found[0] is None:
        raise ValueError("the gradient does not reach the scores: use TensorFlow's or Keras's functions throughout")
    parts = zip(LEARNED, found, strict=True)
    gradients = (tf.zeros_like(given[name]) if part is None else tf.convert_to_tensor(part) for name, part in parts)
    return np.concatenate([np.ravel(gradient) for gradient in gradients])
