"""What GoogLeNet and its heads are asked: sizes at full size, outputs of a slim one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlcourse.checking.probes import models
from dlcourse.checking.probes.describing import describe, flat, sizes
from dlcourse.checking.probes.isolation import probed

LARGEST = 1_000_000  # parameters of a slim network; of a larger one only the sizes are looked at
TOO_SMALL = {"input_shape": "too small"}


def head(call: Callable, args: dict) -> object:
    """As `models:block`, in three parts: `sizes`, `output` (with the gradient that reaches the input), and the output
    `in training`, with dropout."""
    found = models.block(call, args)
    if not isinstance(found, dict):
        return found
    return {
        "sizes": {name: found[name] for name in ("output_shape", "parameters", "trainable")},
        "output": [found["inference"], found["input_gradient"]],
        "in training": found["training"],
    }


def counts(call: Callable, args: dict) -> object:
    """The `input_shape`, `output_shapes` and `parameters` of a large network; no weight is ever made."""
    return probed(lambda keras: _sizes(_made(keras, call, args), args))


def network(call: Callable, args: dict) -> object:
    """`output_shapes` and `parameters` of a slim network, and its outputs in `inference` and in `training`, in float64.

    TOO_SMALL, where a window in it is larger than what it lies on.
    """
    return probed(lambda keras: _look(keras, call, args, first=0))


def heads(call: Callable, args: dict) -> object:
    """As `network`, for the outputs behind the first."""
    return probed(lambda keras: _look(keras, call, args, first=1))


def _look(keras: Any, call: Callable, args: dict, first: int) -> dict:
    try:
        made = _made(keras, call, args)
    except Exception as error:
        if "negative" in str(error):
            return TOO_SMALL
        raise
    found = _sizes(made, args)
    del found["input_shape"]
    if found["parameters"] > LARGEST:
        return found
    seen = describe(made, models.example_inputs(made, 2, models.declared_shape(args)), looks=("inference", "training"))
    for look in ("inference", "training"):
        found[look] = (seen[look] if isinstance(seen[look], list) else [seen[look]])[first:]
    found["output_shapes"] = found["output_shapes"][first:]
    return found


def _made(keras: Any, call: Callable, args: dict) -> Any:
    return models.built(keras, call(**args), models.declared_shape(args))


def _sizes(made: Any, args: dict) -> dict:
    asked = models.declared_shape(args)
    (tensor,) = flat(made.inputs)
    shape = tuple(size or wanted for size, wanted in zip(tensor.shape[1:], asked, strict=True))
    shapes = [tuple(output.shape[1:]) for output in flat(made.outputs)]
    return {"input_shape": shape, "output_shapes": shapes, "parameters": sizes(made)["parameters"]}
