"""What a built Keras model computes under canonical weights, as plain data.

Every weight gets the value that `canonical` has for its role and its shape, through Keras's stateless
calls: the reader's own weights stay as they are.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dlcourse.checking.probes import moving_averages
from dlcourse.checking.probes.canonical import canonical, noise

# PyTorch's 1e-5 in place of Keras's 1e-3 in a normalisation is no mistake, and shows where a channel varies little.
EPSILON, LARGEST_EPSILON = 1e-3, 2e-3


def describe(
    made: Any,
    inputs: Sequence[np.ndarray],
    looks: Sequence[str] = ("inference", "input_gradient", "training"),
    gamma: float | None = None,
) -> dict:
    """Sizes of a model, and what it computes from `inputs` under canonical weights.

    Args:
        made: a Keras model that has been built.
        inputs: one array for each of its inputs.
        looks: which outputs to look at.
        gamma: see dlcourse.checking.probes.canonical.

    Returns:
        `output_shape`, `parameters`, `trainable`, and: `inference`, the outputs; `input_gradient`, the gradient of
        their sum, weighted by canonical noise, with respect to the inputs; `training`, the outputs in training mode,
        dropout's masks being drawn from a canonical seed; with them `moving_averages`, a word on whether those of batch
        normalisation follow (see `moving_averages`). A value is a list where there are several outputs
        or inputs. Outputs are given in float32.
    """
    import tensorflow as tf

    trainable, others = canonical_values(made, gamma)
    # whole numbers stay int32: an Embedding's or a one-hot's input
    tensors = [tf.constant(x, "int32" if x.dtype.kind in "iu" else _floatx()) for x in inputs]

    given = tensors[0] if len(tensors) == 1 else tensors

    def outputs() -> list:
        return flat(made.stateless_call(trainable, others, given, training=False)[0])

    found = sizes(made)
    with _one_epsilon(made):
        found.update(_predicted(looks, outputs, tensors))
        if "training" in looks:
            far = moving_averages.far_away(made, others)
            trained, after = made.stateless_call(trainable, far, given, training=True)
            found["training"] = _plain(flat(trained))
            found["moving_averages"] = moving_averages.verdict(made, after)
    return found


def _predicted(looks: Sequence[str], outputs: Callable[[], list], tensors: list) -> dict:
    import tensorflow as tf

    found = {}
    if "input_gradient" in looks:
        floats = [tensor for tensor in tensors if tensor.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(floats)
            inference = outputs()
            terms = [
                tf.reduce_sum(output * tf.constant(noise("upstream", tuple(output.shape)), output.dtype))
                for output in inference
                if output.dtype.is_floating
            ]
        found["inference"] = _plain(inference)
        found["input_gradient"] = _plain(tape.gradient(terms, floats, unconnected_gradients="zero"))
    elif "inference" in looks:
        found["inference"] = _plain(outputs())
    return found


def canonical_values(made: Any, gamma: float | None = None) -> tuple[list, list]:
    """Canonical values of a model's trainable variables, and of its others, as tensors."""
    import tensorflow as tf

    values: dict[tuple, Any] = {}  # large networks have many weights of equal role and shape
    depthwise = _depthwise_kernels(made)

    def canonical_tensor(variable: Any) -> Any:
        alone = id(variable) in depthwise
        key = (variable.name.rpartition("/")[2], tuple(variable.shape), alone, str(variable.dtype))
        if key not in values:
            values[key] = tf.constant(canonical(variable, gamma, alone), key[-1])
        return values[key]

    trainable, others = (
        [canonical_tensor(variable) for variable in variables]
        for variables in (made.trainable_variables, made.non_trainable_variables)
    )
    return trainable, others


def sizes(made: Any) -> dict:
    """`output_shape` (without the batch), `parameters` and `trainable` of a built Keras model."""
    shapes = [tuple(output.shape[1:]) for output in flat(made.outputs)]
    return {
        "output_shape": _one_or_all(shapes),
        "parameters": _count(made.weights),
        "trainable": _count(made.trainable_weights),
    }


# Details


def flat(outputs: object) -> list:
    if isinstance(outputs, dict):
        outputs = [outputs[key] for key in sorted(outputs)]
    if isinstance(outputs, (list, tuple)):
        return [leaf for output in outputs for leaf in flat(output)]
    return [outputs]


def _one_or_all(values: list) -> Any:
    return values[0] if len(values) == 1 else values


def _plain(tensors: list) -> Any:
    arrays = [np.asarray(tensor) for tensor in tensors]
    return _one_or_all([array.astype("float32") if array.dtype.kind == "f" else array for array in arrays])


def _count(variables: Sequence) -> int:
    return sum(math.prod(shape) for shape in {id(v): tuple(v.shape) for v in variables}.values())


def _depthwise_kernels(made: Any) -> set[int]:
    """The kernels with filters for each channel alone: a filter's window is one channel deep."""
    from keras import layers

    kinds = {layers.DepthwiseConv1D: "kernel", layers.DepthwiseConv2D: "kernel"}
    kinds |= {layers.SeparableConv1D: "depthwise_kernel", layers.SeparableConv2D: "depthwise_kernel"}
    return {
        id(getattr(layer, name))
        for layer in made._flatten_layers()
        for kind, name in kinds.items()
        if isinstance(layer, kind) and layer.built
    }


def _floatx() -> str:
    import keras

    return keras.config.floatx()


@contextlib.contextmanager
def _one_epsilon(made: Any) -> Iterator[None]:
    """Let all normalisations whose epsilon is small have the same one."""
    layers = [
        (layer, layer.epsilon)
        for layer in made._flatten_layers()
        if isinstance(getattr(layer, "epsilon", None), float) and 0 < layer.epsilon <= LARGEST_EPSILON
    ]
    try:
        for layer, _ in layers:
            layer.epsilon = EPSILON
        yield
    finally:
        for layer, epsilon in layers:
            layer.epsilon = epsilon
