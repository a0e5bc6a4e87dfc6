"""What U-Net is asked beside what probes.models asks of any model: its outputs in use, and in training, apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcourse.checking.probes.describing import describe, flat, sizes
from dlcourse.checking.probes.isolation import probed
from dlcourse.checking.probes.models import built, declared_shape, example_inputs

EVERY = (
    241  # so many outputs are one number of what is looked at; a prime, so that all rows and channels have their turn
)
LARGEST = 2_000_000  # parameters of a slim network; of a larger one only the sizes are looked at


def in_use(call: Callable, args: dict) -> object:
    """Shapes and `parameters` of a slim network; in `inference` some of its outputs for two pictures."""
    return probed(lambda keras: _look(keras, call, args, "inference"))


def in_training(call: Callable, args: dict) -> object:
    """As `in_use`, the outputs being those in `training`, whose dropouts draw their masks from a canonical seed."""
    return probed(lambda keras: _look(keras, call, args, "training"))


def counts(call: Callable, args: dict) -> object:
    """The `input_shape`, `output_shape` and `parameters` of a network; no weight is ever made."""
    return probed(lambda keras: _sizes(keras, _made(keras, call, args), args))


def _made(keras: Any, call: Callable, args: dict) -> Any:
    return built(keras, call(**args), declared_shape(args))


def _sizes(keras: Any, made: Any, args: dict) -> dict:
    asked = declared_shape(args)
    shapes = [tuple(tensor.shape[1:]) for tensor in keras.tree.flatten(made.inputs)]
    if len(shapes) == 1 and len(shapes[0]) == len(asked):
        shapes = tuple(size or wanted for size, wanted in zip(shapes[0], asked, strict=True))
    found = sizes(made)
    outputs = found["output_shape"]
    if isinstance(outputs, tuple) and len(outputs) == len(asked):
        outputs = tuple(size or wanted for size, wanted in zip(outputs, (*asked[:2], None), strict=True))
    return {"input_shape": shapes, "output_shape": outputs, "parameters": found["parameters"]}


def _look(keras: Any, call: Callable, args: dict, look: str) -> dict:
    made = _made(keras, call, args)
    found = _sizes(keras, made, args)
    if found["parameters"] <= LARGEST:
        outputs = describe(made, example_inputs(made, 2, declared_shape(args)), looks=(look,))[look]
        found[look] = np.concatenate([np.ravel(output) for output in flat([outputs])])[::EVERY]
    return found
