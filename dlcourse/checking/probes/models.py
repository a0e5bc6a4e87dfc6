"""What a Keras block or model does, as plain data: how many parameters, which shapes, which outputs.

Two models that compute the same must give the same data, whatever their layers are called, in whatever order they
were made, fused or not, functional, sequential or subclassed. So every weight gets a canonical value that depends only
on its role (a kernel, a bias, a gamma, ...) and its shape, and the outputs are looked at. The reader's own weights and
random state stay as they are: the canonical values are used through Keras's stateless calls.

Everything is computed in float64, where no rounding moves a ReLU or a maximum to its other side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.describing import describe, flat, sizes
from dlcourse.checking.probes.isolation import NotAModel, probed

EXAMPLES = 3
FREE_SIZE = 16  # what an input axis of length None becomes
LARGEST = 25_000_000  # parameters; ResNet-50 has 23.6 million, and a network that is asked for should not have more


# Probes: what a case names as probe="dlcourse.checking.probes.models:block"


def block(call_fn: Callable, args: dict, gamma: float | None = None) -> dict:
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
        return drawn(keras, tensors, outputs), arrays

    return probed(lambda keras: describe(*build(keras), gamma=gamma))


def model(call_fn: Callable, args: dict, shape: tuple | None = None) -> dict:
    """Probe a function that returns a Keras model, such as `ResNet50(input_shape, classes)`.

    The inputs are canonical pictures of the shape that the model declares, or, where it declares none, of the
    argument `input_shape` or `input_size`; of `shape`, where there is no such argument.
    """

    def look(keras: Any) -> dict:
        asked = declared_shape(args) or shape
        made = built(keras, call_fn(**args), asked)
        return describe(made, example_inputs(made, asked=asked))

    return probed(look)


def deep_model(call_fn: Callable, args: dict) -> dict:
    """As `model`, for a deep network without shortcuts: with larger gammas its signal does not fade on the way, so that
    every layer shows in the outputs."""

    def look(keras: Any) -> dict:
        made = built(keras, call_fn(**args), declared_shape(args))
        return describe(made, example_inputs(made, asked=declared_shape(args)), gamma=1.0)

    return probed(look)


def large_model(call_fn: Callable, args: dict) -> dict:
    """As `model`, for a network of up to LARGEST parameters: its outputs in training mode only, in float32, for two
    examples. Full-size ResNet-50: about 1 s and half a gigabyte. Of a network that is larger still, only the sizes."""

    def look(keras: Any) -> dict:
        made = built(keras, call_fn(**args), declared_shape(args))
        found = sizes(made)
        if found["parameters"] > LARGEST:
            return found
        return describe(made, example_inputs(made, 2, declared_shape(args)), looks=("training",))

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
        return sizes(drawn(keras, tensors, outputs))

    return probed(look)


# A tolerance for cases with these probes: a wrong wiring differs by far more, and a layer of the reader's own may
# compute in float32.
TOLERANCE = 5e-3


# What other probes are made of


def example_inputs(made: Any, examples: int = EXAMPLES, asked: tuple | None = None) -> list[np.ndarray]:
    """Canonical inputs of the shapes that a built model declares; zeros and ones where it asks for whole numbers. Sizes
    that it leaves open are those of the shape `asked` for."""
    inputs = []
    for tensor in flat(made.inputs):
        declared = tensor.shape[1:]
        likely = asked if asked and len(asked) == len(declared) else (FREE_SIZE,) * len(declared)
        shape = (examples, *(other if size is None else size for size, other in zip(declared, likely, strict=True)))
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
        ValueError: it declares none, no shape was given, and it has not been built.
    """
    if not isinstance(made, keras.Layer):
        raise NotAModel(made, "a Keras model")
    with contextlib.suppress(AttributeError, ValueError):
        if isinstance(made, keras.Model) and made.inputs and made.outputs:
            return made
    shape = shape or _built_shape(made)
    if shape is None:
        raise ValueError("the model has no input shape: begin it with keras.Input(shape=...)")
    if isinstance(made, keras.Model) and type(made).build is keras.Model.build:
        made.built = True  # else Keras draws a model without a build of its own twice: to build it, and to call it
    tensor = keras.Input(shape=shape)
    return keras.Model(tensor, made(tensor))


# Details


def _built_shape(made: Any) -> tuple | None:
    """The shape of one example that a layer was built with: by `build`, or by a call."""
    shape = (made.get_build_config() or {}).get("input_shape") if made.built else None
    return tuple(shape[1:]) if isinstance(shape, (list, tuple)) and None not in shape[1:] else None


def drawn(keras: Any, tensors: list, outputs: object) -> Any:
    """The model between input tensors and what a function made of them."""
    leaves = flat(outputs)
    if not leaves or not all(isinstance(output, keras.KerasTensor) for output in leaves):
        raise NotAModel(outputs, "a Keras tensor")
    try:
        return keras.Model(tensors[0] if len(tensors) == 1 else tensors, outputs)
    except ValueError as error:
        if "connected" in str(error):
            raise ValueError("the tensor that it returned does not come from the tensor that it was given") from error
        raise
