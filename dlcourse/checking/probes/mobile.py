"""What the blocks and networks of notebook 07 are asked beside what probes.models asks of any model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlcourse.checking.probes.describing import describe, sizes
from dlcourse.checking.probes.isolation import probed
from dlcourse.checking.probes.models import block, built, declared_shape, example_inputs

STEEP = 4.0  # with gammas of this size some numbers lie above 6, where ReLU6 cuts them off


def steep_block(call: Callable, args: dict) -> dict:
    """As dlcourse.checking.probes.models.block, with numbers large enough to tell ReLU6 from ReLU."""
    return block(call, args, gamma=STEEP)


def slim_network(call: Callable, args: dict) -> dict:
    """A network with few filters, for two examples: its outputs in training mode."""
    return _slim(call, args)


def steep_network(call: Callable, args: dict) -> dict:
    """As slim_network, with numbers large enough to tell ReLU6 from ReLU."""
    return _slim(call, args, gamma=STEEP)


def _slim(call: Callable, args: dict, gamma: float | None = None) -> dict:
    def look(keras: Any) -> dict:
        made = built(keras, call(**args), declared_shape(args))
        inputs = example_inputs(made, 2, declared_shape(args))
        return describe(made, inputs, looks=("training",), gamma=gamma)

    return probed(look)


def network_counts(call: Callable, args: dict) -> dict:
    """Sizes of a network, and the `input_shape` that it takes: where it leaves a size open, the one asked for."""

    def look(keras: Any) -> dict:
        asked = declared_shape(args)
        made = built(keras, call(**args), asked)
        shapes = [tuple(tensor.shape[1:]) for tensor in keras.tree.flatten(made.inputs)]
        if len(shapes) == 1 and len(shapes[0]) == len(asked):
            shapes = tuple(size or wanted for size, wanted in zip(shapes[0], asked, strict=True))
        return {"input_shape": shapes, **sizes(made)}

    return probed(look)
