"""What the networks of notebook 04 are asked: a slim sister for what it computes, the whole one for its sizes.

And models, made here, that are handed to the reader's functions."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

from dlcourse.checking.probes import isolation
from dlcourse.checking.probes.describing import describe, sizes
from dlcourse.checking.probes.models import built, declared_shape, example_inputs

# More parameters than any slim sister has: one that ignores its argument is not worth computing.
LARGEST = 1_000_000
# So large that AlexNet's normalisation, whose factor is 0.0001, bends its first sums and leaves numbers of about 1.
BRIGHT = 1e5


def slim_network(call: Callable, args: dict) -> dict:
    """As `models:model`, for the slim sister of a large network; of one that is not slim, only the sizes."""
    looks = ("inference", "input_gradient", "training")
    return isolation.probed(lambda keras: _described(keras, call, args, looks))


def slim_network_on_bright_pictures(call: Callable, args: dict) -> dict:
    """As `slim_network`, in float32, which TensorFlow's local response normalization asks for, and on inputs whose
    squares count in it; without gradients, for which Keras compiles each convolution in groups anew."""
    looks = ("inference", "training")
    with _without_advice():
        return isolation.probed(lambda keras: _described(keras, call, args, looks, BRIGHT), floatx="float32")


def network_sizes(call: Callable, args: dict) -> dict:
    """Sizes of a network of any size, no weight of which is ever made, and the `input_shape` that it takes; where it
    leaves a size open, the one asked for."""

    def look(keras: Any) -> dict:
        asked = declared_shape(args)
        made = built(keras, call(**args), asked)
        shapes = [tuple(tensor.shape[1:]) for tensor in keras.tree.flatten(made.inputs)]
        if asked and len(shapes) == 1 and len(shapes[0]) == len(asked):
            shapes = tuple(size or wanted for size, wanted in zip(shapes[0], asked, strict=True))
        return {"input_shape": shapes, **sizes(made)}

    return isolation.probed(look, floatx="float32")


def of_a_model(call: Callable, args: dict) -> object:
    """What a function says of a model; `args["model"]` describes it: {"sequential": True or False, "layers": a list}.

    A layer is a list that begins with the name of its class in Keras; what follows are the class's own arguments.
    """

    def look(keras: Any) -> object:
        return call(**{**args, "model": _model(keras, **args["model"])})

    return isolation.probed(look, floatx="float32")


def _described(keras: Any, call: Callable, args: dict, looks: tuple, brightness: float = 1.0) -> dict:
    made = built(keras, call(**args), declared_shape(args))
    found = sizes(made)
    if found["parameters"] > LARGEST:
        return found
    inputs = [brightness * x for x in example_inputs(made, asked=declared_shape(args))]
    return describe(made, inputs, looks)


@contextlib.contextmanager
def _without_advice() -> Iterator[None]:
    """Keras compiles each convolution in groups anew at every call, which TensorFlow advises against in the reader's
    notebook."""
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _model(keras: Any, sequential: bool, layers: list) -> Any:
    shape, *others = layers
    made = [getattr(keras.layers, name)(*options) for name, *options in others]
    if sequential:
        return keras.Sequential([keras.Input(tuple(shape)), *made])
    X = image = keras.Input(tuple(shape))
    for layer in made:
        X = layer(X)
    return keras.Model(image, X)
