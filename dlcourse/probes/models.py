"""What a Keras block or model does, as plain data: how many parameters, which shapes, which outputs.

Two models that compute the same must give the same data, whatever their layers are called, in whatever order they
were made, fused or not, functional, sequential or subclassed. So every weight gets a canonical value that depends only
on its role (a kernel, a bias, a gamma, ...) and its shape, and the outputs are looked at. The reader's own weights and
random state stay as they are: the canonical values are used through Keras's stateless calls.

Everything is computed in float64, where no rounding moves a ReLU or a maximum to its other side.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dlcourse.probes import moving_averages
from dlcourse.probes.canonical import canonical, noise
from dlcourse.probes.isolation import NotAModel, probed

EXAMPLES = 3
FREE_SIZE = 16  # what an input axis of length None becomes
LARGEST = 25_000_000  # parameters; ResNet-50 has 23.6 million, and a network that is asked for should not have more


# Probes: what a case names as probe="dlcourse.probes.models:block"


def block(call_fn: Callable, args: dict) -> dict:
    """Probe a function that maps tensors to tensors, such as `identity_block(X, f, filters, stage, block)`.

    Arrays among the arguments are the inputs: the function gets a Keras tensor of the array's shape, and the model it
    has drawn is then called on the array. A list of arrays becomes a list of tensors; the rest is passed on as it is.
    """

    def build(keras: Any) -> tuple[Any, list[np.ndarray]]:
        arrays: list[np.ndarray] = []
        tensors: list = []

        def given(value: object) -> object:
            if isinstance(value, np.ndarray) and value.ndim > 1:
                whole = value.dtype.kind in "iu"
                arrays.append(value)
                tensors.append(keras.Input(shape=value.shape[1:], dtype="int32" if whole else None))
                return tensors[-1]
            if isinstance(value, (list, tuple)) and any(isinstance(part, np.ndarray) for part in value):
                return type(value)(given(part) for part in value)
            return value

        outputs = call_fn(**{name: given(value) for name, value in args.items()})
        return _drawn(keras, tensors, outputs), arrays

    return probed(lambda keras: describe(*build(keras)))


def model(call_fn: Callable, args: dict) -> dict:
    """Probe a function that returns a Keras model, such as `ResNet50(input_shape, classes)`.

    The inputs are canonical pictures of the shape that the model declares, or, where it declares none, of the
    argument `input_shape` or `input_size`.
    """

    def look(keras: Any) -> dict:
        made = built(keras, call_fn(**args), declared_shape(args))
        return describe(made, example_inputs(made))

    return probed(look)


def large_model(call_fn: Callable, args: dict) -> dict:
    """As `model`, for a network of up to LARGEST parameters: its outputs in training mode only, in float32, for two
    examples. Full-size ResNet-50: about 1 s and half a gigabyte. Of a network that is larger still, only the sizes."""

    def look(keras: Any) -> dict:
        made = built(keras, call_fn(**args), declared_shape(args))
        found = sizes(made)
        if found["parameters"] > LARGEST:
            return found
        return describe(made, example_inputs(made, examples=2), looks=("training",))

    return probed(look, floatx="float32")


def counts(call_fn: Callable, args: dict) -> dict:
    """Probe a function that returns a large Keras model for its parameters and shapes only; no weight is ever made."""
    return probed(lambda keras: sizes(built(keras, call_fn(**args), declared_shape(args))))


def block_counts(call_fn: Callable, args: dict) -> dict:
    """As `block`, for parameters and shapes only; instead of an array, an input may be given by its shape alone, as
    {"input": (n_H, n_W, n_C)}."""

    def look(keras: Any) -> dict:
        tensors: list = []

        def given(value: object) -> object:
            if isinstance(value, dict) and set(value) == {"input"}:
                tensors.append(keras.Input(shape=value["input"]))
            elif isinstance(value, np.ndarray) and value.ndim > 1:
                tensors.append(keras.Input(shape=value.shape[1:]))
            else:
                return value
            return tensors[-1]

        outputs = call_fn(**{name: given(value) for name, value in args.items()})
        return sizes(_drawn(keras, tensors, outputs))

    return probed(look)


# A tolerance for cases with these probes: a wrong wiring differs by far more, and a layer of the reader's own may
# compute in float32.
TOLERANCE = 5e-3

# PyTorch's 1e-5 in place of Keras's 1e-3 in a normalisation is no mistake, and shows where a channel varies little.
EPSILON, LARGEST_EPSILON = 1e-3, 2e-3


# What other probes are made of


def describe(
    made: Any, inputs: Sequence[np.ndarray], looks: Sequence[str] = ("inference", "input_gradient", "training")
) -> dict:
    """Sizes of a model, and what it computes from `inputs` under canonical weights.

    Args:
        made: a Keras model that has been built.
        inputs: one array for each of its inputs.
        looks: which outputs to look at.

    Returns:
        `output_shape`, `parameters`, `trainable`, and: `inference`, the outputs; `input_gradient`, the gradient of
        their sum, weighted by canonical noise, with respect to the inputs; `training`, the outputs in training mode,
        dropout's masks being drawn from a canonical seed; with them `moving_averages`, a word on whether those of batch
        normalisation follow (see dlcourse.probes.moving_averages). A value is a list where there are several outputs
        or inputs. Outputs are given in float32.
    """
    import tensorflow as tf

    values: dict[tuple, Any] = {}  # large networks have many weights of equal role and shape

    def canonical_tensor(variable: Any) -> Any:
        key = (variable.name.rpartition("/")[2], tuple(variable.shape), str(variable.dtype))
        if key not in values:
            values[key] = tf.constant(canonical(variable), key[-1])
        return values[key]

    trainable, others = (
        [canonical_tensor(variable) for variable in variables]
        for variables in (made.trainable_variables, made.non_trainable_variables)
    )
    # whole numbers stay int32: an Embedding's or a one-hot's input
    tensors = [tf.constant(x, "int32" if x.dtype.kind in "iu" else _floatx()) for x in inputs]

    given = tensors[0] if len(tensors) == 1 else tensors

    def outputs() -> list:
        return _flat(made.stateless_call(trainable, others, given, training=False)[0])

    found = sizes(made)
    with _one_epsilon(made):
        found.update(_predicted(looks, outputs, tensors))
        if "training" in looks:
            far = moving_averages.far_away(made, others)
            trained, after = made.stateless_call(trainable, far, given, training=True)
            found["training"] = _plain(_flat(trained))
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
                for output in inference if output.dtype.is_floating
            ]
        found["inference"] = _plain(inference)
        found["input_gradient"] = _plain(tape.gradient(terms, floats, unconnected_gradients="zero"))
    elif "inference" in looks:
        found["inference"] = _plain(outputs())
    return found


def sizes(made: Any) -> dict:
    """`output_shape` (without the batch), `parameters` and `trainable` of a built Keras model."""
    shapes = [tuple(output.shape[1:]) for output in _flat(made.outputs)]
    return {
        "output_shape": _one_or_all(shapes),
        "parameters": _count(made.weights),
        "trainable": _count(made.trainable_weights),
    }


def example_inputs(made: Any, examples: int = EXAMPLES) -> list[np.ndarray]:
    """Canonical inputs of the shapes that a built model declares; zeros and ones where it asks for whole numbers."""
    inputs = []
    for tensor in _flat(made.inputs):
        shape = (examples, *(FREE_SIZE if size is None else size for size in tensor.shape[1:]))
        x = noise("input", shape)
        inputs.append((x > 0).astype("int32") if "int" in str(tensor.dtype) else x)
    return inputs


def declared_shape(args: dict) -> tuple | None:
    """The shape of one example, where a builder's arguments say it."""
    shape = args.get("input_shape", args.get("input_size"))
    return tuple(shape) if isinstance(shape, (list, tuple)) else None


def built(keras: Any, made: Any, shape: tuple | None = None) -> Any:
    """A model with declared inputs and outputs: `made` itself, or wrapped where it has not met its input yet.

    Args:
        shape: of one example, for a model that declares none.

    Raises:
        ValueError: it declares none, and no shape was given.
    """
    if not isinstance(made, keras.Layer):
        raise NotAModel(made, "a Keras model")
    with contextlib.suppress(AttributeError, ValueError):
        if isinstance(made, keras.Model) and made.inputs and made.outputs:
            return made
    if shape is None:
        raise ValueError("the model has no input shape: begin it with keras.Input(shape=...)")
    if isinstance(made, keras.Model) and type(made).build is keras.Model.build:
        made.built = True  # else Keras draws a model without a build of its own twice: to build it, and to call it
    tensor = keras.Input(shape=shape)
    return keras.Model(tensor, made(tensor))


# Details


def _drawn(keras: Any, tensors: list, outputs: object) -> Any:
    """The model between input tensors and what a function made of them."""
    flat = _flat(outputs)
    if not flat or not all(isinstance(output, keras.KerasTensor) for output in flat):
        raise NotAModel(outputs, "a Keras tensor")
    try:
        return keras.Model(tensors[0] if len(tensors) == 1 else tensors, outputs)
    except ValueError as error:
        if "connected" in str(error):
            raise ValueError("the tensor that it returned does not come from the tensor that it was given") from error
        raise


def _flat(outputs: object) -> list:
    if isinstance(outputs, dict):
        outputs = [outputs[key] for key in sorted(outputs)]
    if isinstance(outputs, (list, tuple)):
        return [leaf for output in outputs for leaf in _flat(output)]
    return [outputs]


def _one_or_all(values: list) -> Any:
    return values[0] if len(values) == 1 else values


def _plain(tensors: list) -> Any:
    arrays = [np.asarray(tensor) for tensor in tensors]
    return _one_or_all([array.astype("float32") if array.dtype.kind == "f" else array for array in arrays])


def _count(variables: Sequence) -> int:
    return sum(math.prod(shape) for shape in {id(v): tuple(v.shape) for v in variables}.values())


def _floatx() -> str:
    import keras

    return keras.config.floatx()


@contextlib.contextmanager
def _one_epsilon(made: Any) -> Iterator[None]:
    """Let all normalisations whose epsilon is small have the same one."""
    layers = [
        (layer, layer.epsilon) for layer in made._flatten_layers()
        if isinstance(getattr(layer, "epsilon", None), float) and 0 < layer.epsilon <= LARGEST_EPSILON
    ]
    try:
        for layer, _ in layers:
            layer.epsilon = EPSILON
        yield
    finally:
        for layer, epsilon in layers:
            layer.epsilon = epsilon
