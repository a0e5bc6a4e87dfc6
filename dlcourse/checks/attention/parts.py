"""What the exercises of notebook 21 share: the topic, numbers that are drawn, and how gradients are compared."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic

topic = Topic("attention")

PROBES = "dlcourse.checking.probes.attention"
LAYER, GRADIENT = f"{PROBES}:layer", f"{PROBES}:gradient"
TOLERANCE = 1e-4  # sums in float32 behind a softmax or a norm; the named mistakes are off by far more
GRADIENTS = "gradients"


def normal(rng, *shape, scale=1.0):
    return (scale * rng.normal(size=shape)).astype("f4")


def visible(rng, *shape):
    """A mask in which every query may look at some keys and not at others."""
    mask = (rng.random(shape) < 0.5).astype("f4")
    keys = shape[-1]
    first = rng.integers(keys, size=shape[:-1])
    np.put_along_axis(mask, first[..., np.newaxis], 1.0, axis=-1)
    np.put_along_axis(mask, (first[..., np.newaxis] + 1) % keys, 0.0, axis=-1)
    return mask


def padded(rng, m, T):
    """A mask (m, 1, T) of texts of different lengths, none of which is as long as the longest could be."""
    lengths = rng.permutation(np.arange(m) % (T - 2)) + 1 + rng.integers(2)
    return (np.arange(T) < lengths[:, np.newaxis]).astype("f4")[:, np.newaxis]


def other_forms(*args, places):
    """The forms in which a mask may be wanted besides: as truths, and with its other meaning."""
    return [
        tuple(
            {"as": form, "mask": arg} if place in places and arg is not None else arg for place, arg in enumerate(args)
        )
        for form in ("bool", "hides")
    ]


def attention_parameters(rng, d):
    kernels = {f"W{name}": normal(rng, d, d, scale=1.5 / d**0.5) for name in "qkvo"}
    return {**kernels, **{f"b{name}": normal(rng, d, scale=0.5) for name in "qkvo"}}


def norm_parameters(rng, d):
    return {"gamma": (1 + 0.3 * rng.normal(size=d)).astype("f4"), "beta": normal(rng, d, scale=0.3)}


def feed_forward_parameters(rng, d, units):
    return {
        "W1": normal(rng, d, units, scale=d**-0.5),
        "b1": normal(rng, units, scale=0.3),
        "W2": normal(rng, units, d, scale=units**-0.5),
        "b2": normal(rng, d, scale=0.3),
    }


CUT = (
    "No gradient comes back to what goes in, so a network with this function cannot learn. Use TensorFlow's functions "
    "from the arguments to the result: NumPy's functions, .numpy() and float() break the chain."
)


def compare_gradients(expected, got):
    expected, got = ((part or {}).get("gradient") if isinstance(part, dict) else None for part in (expected, got))
    if not isinstance(got, dict) or not isinstance(expected, dict):
        return None if got is expected else CUT
    if set(got) != set(expected):
        return "The gradients are not those of the arguments."
    # that of a bias of all keys is nothing but rounding: it moves all scores of a row alike
    largest = max(float(np.max(np.abs(gradient))) for gradient in expected.values())
    for path, gradient in expected.items():
        mine = got[path]
        if isinstance(mine, np.ndarray) and mine.dtype.kind == "f" and mine.shape == gradient.shape:
            if np.max(np.abs(mine - gradient)) <= TOLERANCE * largest:
                continue
        if difference := compare(gradient, mine, f"the gradient of {path}", TOLERANCE):
            return difference.message
    return None


def left_tensorflow(got):
    return isinstance(got, dict) and set(got) == {"gradient"} and got["gradient"] is None


def without_gradient(function):
    """The same calculation, cut off from its gradient."""

    def variant(*args):
        result = function(*args)
        return tuple(map(np.asarray, result)) if isinstance(result, tuple) else np.asarray(result)

    return variant


def name_the_cut(exercise, function):
    """Name the mistake of a calculation that is right, and through which no gradient comes back."""
    exercise.mistake("left-tensorflow", CUT, without_gradient(function), group=GRADIENTS, recognise=left_tensorflow)


def name_what_classes_raise(exercise, inputs):
    """Name what happens to the layers of the well-known course, which are classes."""
    given = ", ".join(f"{name}={name}" for name in inputs)
    exercise.raises(
        "a-class",
        "A class stands here, and the check calls a function. If your layer is a class, write a function beside "
        f"it that returns `call_layer(YourClass, parameters, num_heads, {given})`. See 'The same as a class'.",
        r"is a class and not a function",
    )
    exercise.raises(
        "mask-by-its-place",
        "In Keras 3 the fourth argument of a MultiHeadAttention is not the mask for keys and queries: give it by its "
        "name, `attention_mask=...`. See 'The same as a class'.",
        r"query_mask",
    )
