"""What the exercises of notebook 14 share: their topic, their probes, and what is said of a gradient that is lost."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic

topic = Topic("style")

TENSORS, CONTENT = "dlcourse.checking.probes.tensors:tensors", "dlcourse.checking.probes.tensors:content"
GRADIENT, TRAINING = "dlcourse.checking.probes.tensors:gradient", "dlcourse.checking.probes.tensors:training"
TOLERANCE = 1e-4  # sums of some thousand squares in float32; the named mistakes are off by far more
ACTIVATIONS = "the generated image's activations"


def gradient_lost(source=ACTIVATIONS):
    return (
        f"The value is right, but no gradient comes back to {source}: the calculation leaves TensorFlow, as it does "
        "with NumPy's functions, .numpy(), float() or a new tf.Variable."
    )


def normal(rng, *shape):
    return rng.normal(size=shape).astype("f4")


def compare_gradients(expected, got, source=ACTIVATIONS) -> str | None:
    if lists_changed(got) != lists_changed(expected):
        return f"It changes the list {' and '.join(lists_changed(got))}, which the next step needs as it was."
    expected, got = ((part or {}).get("gradient") if isinstance(part, dict) else None for part in (expected, got))
    if got is None or expected is None:
        return (
            None
            if got is expected
            else (
                f"No gradient comes back to {source}. Use TensorFlow's functions from there to the result: NumPy's "
                "functions, .numpy() and float() break the chain."
            )
        )
    difference = compare(expected, got, "the gradient", tolerance=TOLERANCE)
    return difference.message if difference else None


def lists_changed(got) -> tuple:
    """The lists that a cost has changed."""
    return tuple(got.get("changed", ())) if isinstance(got, dict) else ()


LIST_CHANGED = (
    "A list is not the same after the call, as with .pop() or .append(): the next step needs it as it was. Read "
    "its entries by index, as in content_output[-1]."
)


def divided_by(usual, expected, got):
    """What a cost was divided by, if it and its gradient are the right ones but for a factor; else 0.

    Args:
        usual: what the right one is divided by.
    """
    if isinstance(expected, dict):
        expected, got = expected["gradient"], got["gradient"]
    right, came = (np.concatenate([np.ravel(part) for part in _listed(parts)]) for parts in (expected, got))
    factor = float(np.vdot(right, came) / np.vdot(right, right))
    return usual / factor if factor > 0 and np.allclose(came, factor * right, 1e-4, 1e-6 * abs(came).max()) else 0.0


def is_whole(number):
    return number > 0.9 and abs(number - round(number)) < 1e-5 * number


def _listed(parts):
    return parts if isinstance(parts, (list, tuple)) else [parts]


def off_the_tape(function):
    """The same calculation, cut off from its gradient."""
    return lambda *args: np.asarray(tf.stop_gradient(function(*args)))
