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
    """How a cost changes with the arguments of CHANGING, such as the generated image's activations: the gradient for
    each of them, as a list.

    {"gradient": None} where nothing reaches them, because the calculation left TensorFlow; with "changed", the names
    of the arguments that were lists and no longer hold what they held.
    """
    import tensorflow as tf

    given = {name: _as_tensors(value) for name, value in args.items()}
    changing = [value for name, value in given.items() if name in CHANGING]
    sources = [source for value in changing for source in (value if isinstance(value, list) else [value])]
    before = {name: list(value) for name, value in given.items() if isinstance(value, list)}
    with tf.GradientTape() as tape:
        for source in sources:
            tape.watch(source)
        J = _content_cost(call, given) if "content_output" in given else call(**given)
    changed = tuple(name for name, parts in before.items() if list(map(id, parts)) != list(map(id, given[name])))
    found = {"gradient": None, **({"changed": changed} if changed else {})}
    gradients = tape.gradient(J, sources) if tf.is_tensor(J) else []
    if any(part is not None for part in gradients):
        found["gradient"] = [_array(part, source) for part, source in zip(gradients, sources, strict=True)]
    return found


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

    if takes_only_the_image(call.__wrapped__):
        step = step_of(call.__wrapped__, cost, optimizer)
    else:

        def step(generated_image):
            return call(generated_image=generated_image, cost=cost, optimizer=optimizer)

    J = [step(image) for _ in range(settings["steps"])]
    return {"generated_image": image.numpy(), "J": [None if value is None else _number(value) for value in J]}


# train_step(generated_image) of older notebooks, which finds the rest beside it


def takes_only_the_image(train_step: Callable) -> bool:
    """Whether a train_step gets its cost and its optimizer from the notebook."""
    parameters = inspect.signature(_python(train_step)).parameters.values()
    return (
        all(parameter.kind is not parameter.VAR_POSITIONAL for parameter in parameters)
        and len([parameter for parameter in parameters if parameter.name not in ("alpha", "beta", "STYLE_LAYERS")]) == 1
    )


def step_of(train_step: Callable, cost: Callable, optimizer: object) -> Callable:
    """A function of the image alone: the reader's train_step with this cost and this optimizer.

    One that takes only the image calls a network, then the functions for the costs, by the names that they have in the
    well-known course. While it runs, these names stand for a network that hands on the image, and for the given cost.
    """
    if not takes_only_the_image(train_step):
        return lambda image: train_step(image, cost, optimizer)
    python, step = _python(train_step), train_step
    if python is not train_step:
        import tensorflow as tf

        step = tf.function(python)  # a graph that was drawn before holds another cost

    def of_the_image(*given: object, **named: object) -> object:
        return cost([*given, *named.values()][1])

    names = {
        "cost": cost,
        "optimizer": optimizer,
        "vgg_model_outputs": lambda image: image,
        "a_C": None,
        "a_S": None,
        "compute_content_cost": of_the_image,
        "compute_style_cost": lambda *_, **__: 0.0,
        "total_cost": lambda J_content, J_style, *_, **__: J_content + J_style,
    }

    def with_names(image: object) -> object:
        namespace = python.__globals__
        before = {name: namespace[name] for name in names if name in namespace}
        namespace.update(names)
        try:
            return step(image)
        finally:
            for name in names:
                namespace.pop(name, None)
            namespace.update(before)

    return with_names


def _python(function: Callable) -> Callable:
    return getattr(function, "python_function", function)


CHANGING = ("generated_output", "a_G", "generated_image_output", "A", "J_content", "J_style", "y_pred")


def _content_cost(call: Callable, given: dict) -> object:
    """The layers have different shapes, so that a function that takes the list for one layer's activations fails, and
    is called again with those; but not where its arguments go by the names of the lists."""
    last_only = {name: value[-1] for name, value in given.items()}
    try:
        return call(**given)
    except NotImplementedError:
        raise
    except Exception as error:
        if set(given) & set(inspect.signature(_python(call.__wrapped__)).parameters):
            raise
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
    import tensorflow as tf

    # that of tf.gather is a list of rows
    return np.zeros(source.shape, "float32") if gradient is None else np.asarray(tf.convert_to_tensor(gradient))


def _number(value: object) -> object:
    return np.asarray(value)[()] if hasattr(value, "__array__") else value
