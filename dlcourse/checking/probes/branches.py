"""What a block of parallel branches computes, branch by branch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from dlcourse.checking.probes.describing import describe, flat, sizes
from dlcourse.checking.probes.isolation import probed
from dlcourse.checking.probes.models import drawn

NAMES = ("the 1x1 branch", "the 3x3 branch", "the 5x5 branch", "the pooling branch")


def branches(call: Callable, args: dict) -> object:
    """Probe `naive_inception_block(X, filters)` or `inception_block(X, filters)`, whose result holds the channels of
    four branches one behind the other.

    Returns:
        `sizes`, with a word on whether a gradient reaches the input, and for each branch by its name its `output` and
        what it computes `in training`. Where the result has another number of channels, or is no volume: `sizes` and
        `result`, the whole. Where the branches' shapes do not let them be joined: `sizes` with what the shapes are.
    """
    X = args["X"]
    counts = _channels(args["filters"], X.shape[3])

    def look(keras: Any) -> dict:
        tensor = keras.Input(X.shape[1:])
        try:
            result = call(**{**args, "X": tensor})
        except ValueError as error:
            if shapes := _shapes_that_do_not_fit(str(error)):
                return {"sizes": {"output_shape": shapes}}
            raise
        whole = drawn(keras, [tensor], result)
        (output, *more) = flat(result)
        known = not more and len(output.shape) == 4 and output.shape[3] == sum(counts)
        parts = [output[..., begin:end] for begin, end in pairwise([0, *accumulate(counts)])] if known else [result]
        seen = describe(keras.Model(tensor, parts), [X])
        gradient = "reaches the input" if np.any(seen["input_gradient"]) else "does not reach the input"
        found = {"sizes": {**sizes(whole), "gradient": gradient}}
        if not known:
            return {**found, "result": seen["inference"]}
        for name, *values in zip(NAMES, seen["inference"], seen["training"], strict=True):
            found[name] = dict(zip(("output", "in training"), values, strict=True))
        return found

    return probed(look)


def _channels(filters: Sequence[int], n_C: int) -> tuple[int, ...]:
    """How many channels each branch hands on: three numbers are the naive block's, six those of the other."""
    if len(filters) == 3:
        return (*filters, n_C)
    return filters[0], filters[2], filters[4], filters[5]


def _shapes_that_do_not_fit(error: str) -> str:
    """What Keras says of volumes that it can neither join nor add, in short; empty for any other error."""
    told = ("matching shapes", "incompatible shapes", "same shape except")
    shapes = re.findall(r"\((?:None, )?(\d+), (\d+), (\d+)\)", error)
    if not shapes or not any(words in error for words in told):
        return ""
    return f"none: these do not fit together: {', '.join(' x '.join(shape) for shape in shapes)}"
