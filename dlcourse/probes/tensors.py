"""Tensors, their gradients and optimizers, made from plain data in the learner's process.

Arrays become TensorFlow tensors of the same dtype; what comes back becomes arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np


def tensors(call: Callable, args: dict) -> object:
    """Call the function with every array, also inside lists, as a tensor."""
    return call(**{name: _as_tensors(value) for name, value in args.items()})


def content(call: Callable, args: dict) -> object:
    """As `tensors`, for compute_content_cost: it gets lists of activations or, in its first generation, one layer's."""
    given = {name: _as_tensors(value) for name, value in args.items()}
    return _content_cost(call, given)


def gradient(call: Callable, args: dict) -> dict:
    """How a cost changes with the generated image's activations: the gradient for each of them, as a list.

    {"gradient": None} where nothing reaches them, because the calculation left TensorFlow.
    """
    import tensorflow as tf

    given = {name: _as_tensors(value) for name, value in args.items()}
    generated = next(value for name, value in given.items() if name in GENERATED)
    sources = generated if isinstance(generated, list) else [generated]
    with tf.GradientTape() as tape:
        for source in sources:
            tape.watch(source)
        J = _content_cost(call, given) if "content_output" in given else call(**given)
    if J is None or not tf.is_tensor(J):
        return {"gradient": None}
    gradients = tape.gradient(J, sources)
    if all(part is None for part in gradients):
        return {"gradient": None}
    return {"gradient": [_array(part, source) for part, source in zip(gradients, sources, strict=True)]}


def training(call: Callable, args: dict) -> dict:
    """Take steps with train_step(generated_image, cost, optimizer), all three made from plain data.

    The image becomes a variable. `args["cost"]` holds `weights` and `target`: the cost is the weighted sum of squared
    differences. `args["optimizer"]` holds the `name` of a Keras optimizer, its `learning_rate`, and the number of
    `steps`.
    """
    import keras
    import tensorflow as tf

    image = tf.Variable(args["generated_image"])
    weights, target = tf.constant(args["cost"]["weights"]), tf.constant(args["cost"]["target"])
    settings = args["optimizer"]
    optimizer = getattr(keras.optimizers, settings["name"])(learning_rate=settings["learning_rate"])
    optimizer.build([image])  # a train_step under tf.function must not make variables

    def cost(generated_image: object) -> object:
        return tf.reduce_sum(weights * tf.square(generated_image - target))

    J = [call(generated_image=image, cost=cost, optimizer=optimizer) for _ in range(settings["steps"])]
    return {"generated_image": image.numpy(), "J": [None if value is None else _number(value) for value in J]}


GENERATED = ("generated_output", "a_G", "generated_image_output")


def _content_cost(call: Callable, given: dict) -> object:
    """The function's own parameters say what it wants; where they do not, the layers have different shapes, so that
    a function that takes the list for one layer's activations fails, and is called again with those."""
    last_only = {name: value[-1] for name, value in given.items()}
    if "a_C" in inspect.signature(call).parameters:
        return call(**last_only)
    try:
        return call(**given)
    except NotImplementedError:
        raise
    except Exception as error:
        try:
            return call(**last_only)
        except Exception:
            raise error from None


def _as_tensors(value: object) -> object:
    if isinstance(value, np.ndarray):
        import tensorflow as tf

        return tf.constant(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_as_tensors(part) for part in value)
    return value


def _array(gradient: object, source: object) -> np.ndarray:
    return np.zeros(source.shape, "float32") if gradient is None else np.asarray(gradient)


def _number(value: object) -> object:
    return np.asarray(value)[()] if hasattr(value, "__array__") else value
