"""The loss of a detector as plain data: its value, and its gradient with respect to the network's output."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def loss(call_fn: Callable, args: dict) -> object:
    """The value of a loss written with TensorFlow, Keras or NumPy: tensors go in, or arrays where it fails on those."""
    try:
        return _plain(call_fn(**_tensors(args)))
    except NotImplementedError:
        raise
    except Exception as on_tensors:
        try:
            return _plain(call_fn(**args))
        except Exception:
            raise on_tensors from None


def loss_gradient(call_fn: Callable, args: dict) -> object:
    """The gradient of the loss with respect to `y_pred`.

    Raises:
        ValueError: nothing of the gradient arrives at y_pred.
    """
    import tensorflow as tf

    given = _tensors(args)
    with tf.GradientTape() as tape:
        tape.watch(given["y_pred"])
        value = call_fn(**given)
    gradient = tape.gradient(value, given["y_pred"]) if tf.is_tensor(value) else None
    if gradient is None:
        raise ValueError("the gradient does not reach y_pred: use TensorFlow's or Keras's functions throughout")
    return np.asarray(tf.convert_to_tensor(gradient))  # that of tf.gather is a list of rows


def _tensors(args: dict) -> dict:
    import tensorflow as tf

    return {name: tf.constant(value) if isinstance(value, np.ndarray) else value for name, value in args.items()}


def _plain(value: object) -> object:
    return None if value is None else np.asarray(value)
