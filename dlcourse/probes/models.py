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
import random
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

EXAMPLES = 3
FREE_SIZE = 16  # what an input axis of length None becomes


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

    return _probed(lambda keras: describe(*build(keras)))


def model(call_fn: Callable, args: dict) -> dict:
    """Probe a function that returns a Keras model, such as `ResNet50(input_shape, classes)`.

    The inputs are canonical pictures of the shape that the model declares, or, where it declares none, of the
    argument `input_shape` or `input_size`.
    """

    def look(keras: Any) -> dict:
        made = built(keras, call_fn(**args), declared_shape(args))
        return describe(made, example_inputs(made))

    return _probed(look)


def large_model(call_fn: Callable, args: dict) -> dict:
    """As `model`, for a network of tens of millions of parameters: its outputs in training mode only, in float32, for
    two examples. Full-size ResNet-50: about 1 s and half a gigabyte."""

    def look(keras: Any) -> dict:
        made = built(keras, call_fn(**args), declared_shape(args))
        return describe(made, example_inputs(made, examples=2), looks=("training",))

    return _probed(look, floatx="float32")


def counts(call_fn: Callable, args: dict) -> dict:
    """Probe a function that returns a large Keras model for its parameters and shapes only; no weight is ever made."""
    return _probed(lambda keras: sizes(built(keras, call_fn(**args), declared_shape(args))))


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

    return _probed(look)


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
        dropout's masks being drawn from a canonical seed. A value is a list where there are several outputs or inputs.
        Outputs are given in float32.
    """
    import tensorflow as tf

    values: dict[tuple, Any] = {}  # large networks have many weights of equal role and shape

    def canonical_tensor(variable: Any) -> Any:
        key = (variable.name.rpartition("/")[2], tuple(variable.shape), _dtype(variable))
        if key not in values:
            values[key] = tf.constant(canonical(variable), key[-1])
        return values[key]

    state = [
        [canonical_tensor(variable) for variable in variables]
        for variables in (made.trainable_variables, made.non_trainable_variables)
    ]
    # whole numbers stay int32: an Embedding's or a one-hot's input
    tensors = [tf.constant(x, "int32" if x.dtype.kind in "iu" else _floatx()) for x in inputs]

    def outputs(training: bool) -> list:
        given = tensors[0] if len(tensors) == 1 else tensors
        return _flat(made.stateless_call(*state, given, training=training)[0])

    found = sizes(made)
    with _one_epsilon(made):
        found.update(_looked_at(looks, outputs, tensors))
    return found


def _looked_at(looks: Sequence[str], outputs: Callable[[bool], list], tensors: list) -> dict:
    import tensorflow as tf

    found = {}
    if "input_gradient" in looks:
        floats = [tensor for tensor in tensors if tensor.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(floats)
            inference = outputs(training=False)
            terms = [
                tf.reduce_sum(output * tf.constant(noise("upstream", tuple(output.shape)), output.dtype))
                for output in inference if output.dtype.is_floating
            ]
        found["inference"] = _plain(inference)
        found["input_gradient"] = _plain(tape.gradient(terms, floats, unconnected_gradients="zero"))
    elif "inference" in looks:
        found["inference"] = _plain(outputs(training=False))
    if "training" in looks:
        found["training"] = _plain(outputs(training=True))
    return found


def sizes(made: Any) -> dict:
    """`output_shape` (without the batch), `parameters` and `trainable` of a built Keras model."""
    shapes = [tuple(output.shape[1:]) for output in _flat(made.outputs)]
    return {
        "output_shape": _one_or_all(shapes),
        "parameters": _count(made.weights),
        "trainable": _count(made.trainable_weights),
    }


def canonical(variable: Any) -> np.ndarray:
    """The canonical value of a Keras variable: it depends on the variable's role and shape only.

    Kernels that multiply the same flattened window get the same numbers whether they belong to a dense layer, to a
    1x1 convolution or to one as large as its input, and are scaled by their fan-in so that deep networks neither vanish
    nor blow up. A batch normalisation's values are such that training and inference differ.
    """
    shape, role = tuple(variable.shape), variable.name.rpartition("/")[2]
    if np.dtype(_dtype(variable)).kind not in "f":
        return np.ones(shape, _dtype(variable))  # the state of a dropout's generator, a counter
    if len(shape) < 2 or role in ("bias", "beta", "gamma", "moving_mean", "moving_variance"):
        if role in ("gamma", "moving_variance"):
            centre = GAMMA if role == "gamma" else 1.0
            return centre * (1.0 + 0.25 * np.clip(noise(role, shape), -2.0, 2.0))
        return 0.2 * noise("bias" if role == "beta" else role, shape)
    rows, columns = math.prod(shape[:-1]), shape[-1]
    depthwise = columns == 1 and len(shape) > 2
    fan_in = math.prod(shape[:-2]) if depthwise else rows
    kind = "recurrent" if role == "recurrent_kernel" else "kernel"
    return noise(kind, (rows, columns), math.sqrt(GAIN / fan_in), _dtype(variable)).reshape(shape)


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
        raise _NotAModel(made, "a Keras model")
    with contextlib.suppress(AttributeError, ValueError):
        if isinstance(made, keras.Model) and made.inputs and made.outputs:
            return made
    if shape is None:
        raise ValueError("the model has no input shape: begin it with keras.Input(shape=...)")
    tensor = keras.Input(shape=shape)
    return keras.Model(tensor, made(tensor))


def apart(function: Callable[[Any], Any], floatx: str = "float64", stateless: bool = True) -> Any:
    """Run `function(keras)` where it can disturb nothing: in a thread of its own, since Keras keeps its names and
    policies by thread, with variables that are given a shape and no value, and with Python's and NumPy's random
    state put back at the end.

    Args:
        floatx: the precision in which layers are made there.
        stateless: False to let variables have values, for code that reads them.
    """
    import keras

    found: list = []

    def run() -> None:
        try:
            scope = keras.StatelessScope(initialize_variables=False) if stateless else contextlib.nullcontext()
            with scope:
                found.append((function(keras), None))
        except BaseException as error:  # handed to the caller below
            found.append((None, error))

    with _kept_random_state(), _precision(keras, floatx):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    value, error = found[0]
    if error is not None:
        raise error
    return value


# Details


class _NotAModel(Exception):
    """A function returned something else than a tensor or a model."""

    def __init__(self, value: object, wanted: str) -> None:
        super().__init__(f"it returned a value of type {type(value).__name__}, where {wanted} is asked for")
        self.value = value


def _probed(look: Callable[[Any], dict], floatx: str = "float64") -> object:
    """What `look` sees, in the best conditions in which the reader's code runs: some code makes variables with values
    of its own, some computes in float32 whatever Keras is told."""
    error: Exception | None = None
    for precision, stateless in dict.fromkeys([(floatx, True), (floatx, False), ("float32", False)]):
        try:
            return apart(look, precision, stateless)
        except _NotAModel as found:
            if found.value is None:  # the check has a sentence of its own for a missing return
                return None
            raise TypeError(str(found)) from None
        except NotImplementedError:
            raise
        except Exception as caught:
            error = error or caught
            if not _is_about_conditions(caught):
                break
    raise error


def _is_about_conditions(error: Exception) -> bool:
    text = f"{type(error).__name__} {error}".lower()
    words = ("stateless", "float32", "float64", "float", "double", "dtype", "variable", "numpy()")
    return any(word in text for word in words)


def _drawn(keras: Any, tensors: list, outputs: object) -> Any:
    """The model between input tensors and what a function made of them."""
    flat = _flat(outputs)
    if not flat or not all(isinstance(output, keras.KerasTensor) for output in flat):
        raise _NotAModel(outputs, "a Keras tensor")
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


def _dtype(variable: Any) -> str:
    return str(variable.dtype)


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


@contextlib.contextmanager
def _precision(keras: Any, floatx: str) -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx(floatx)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


@contextlib.contextmanager
def _kept_random_state() -> Iterator[None]:
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
