"""What the networks of notebook 05 are asked beside what dlcourse.checking.probes.models asks of any model."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from dlcourse.checking.probes.isolation import probed
from dlcourse.checking.probes.models import built, declared_shape, sizes

NO_BLOCKS, TOO_SMALL = {"blocks": "no such argument"}, {"input_shape": "too small"}


def network_counts(call: Callable, args: dict) -> dict:
    """Sizes of a large network, and the `input_shape` that it takes: where it leaves a size open, the one asked for.

    Of one in which pictures become too small, though not those that are twice as high and wide, TOO_SMALL: it halves
    them too often. Of a function without the argument `blocks` that is asked for, as in older notebooks, NO_BLOCKS.
    """
    if "blocks" in args and not _takes_blocks(call.__wrapped__):
        return NO_BLOCKS

    def look(keras: Any) -> dict:
        try:
            return _counts(keras, call, args)
        except Exception as error:
            if "negative" not in str(error):  # a picture too small for a filter or a pool: a size below 1
                raise
            n_H, n_W, n_C = args["input_shape"]
            try:
                _counts(keras, call, {**args, "input_shape": (2 * n_H, 2 * n_W, n_C)})
            except Exception:
                raise error from None
            return TOO_SMALL

    return probed(look)


def _counts(keras: Any, call: Callable, args: dict) -> dict:
    asked = declared_shape(args)
    made = built(keras, call(**args), asked)
    shapes = [tuple(tensor.shape[1:]) for tensor in keras.tree.flatten(made.inputs)]
    if len(shapes) == 1 and len(shapes[0]) == len(asked):
        shapes = tuple(size or wanted for size, wanted in zip(shapes[0], asked, strict=True))
    return {"input_shape": shapes, **sizes(made)}


def _takes_blocks(function: Callable) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(parameter.name == "blocks" or parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
