"""Call functions of notebook 21 with tensors, with masks of either polarity, and with shared layers.

Two generations of published functions take masks that mean the opposite: 1 where a query may look, or 1 where it may
not. Which one a function wants, its own words say: the name of its argument, or its docstring. Where they say only
that the mask is added to the scores, it can be either.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.describing import describe
from dlcourse.checking.probes.isolation import probed
from dlcourse.checking.probes.models import built, example_inputs

MASKS = ("mask", "look_ahead", "padding")
ENERGIES = 10  # units of the hidden layer that compares a state of the encoder with one of the decoder


def layer(call: Callable, args: dict) -> object:
    """Call the function with every array, also inside dictionaries, as a tensor."""
    _no_class(call)
    return call(**_given(call, args))


def gradient(call: Callable, args: dict) -> dict:
    """The gradients for all arrays of fractions among the arguments, masks apart, of the sum of the first result times
    numbers that depend on its shape only: {"gradient": {path: array}}; None where the calculation left TensorFlow."""
    import tensorflow as tf

    _no_class(call)
    given = _given(call, args)
    sources = dict(_leaves({name: value for name, value in given.items() if name not in MASKS}))
    with tf.GradientTape() as tape:
        for source in sources.values():
            tape.watch(source)
        result = call(**given)
        first = result[0] if isinstance(result, (tuple, list)) and len(result) else result
        J = tf.reduce_sum(first * tf.constant(upstream(first.shape), first.dtype)) if tf.is_tensor(first) else None
    found = tape.gradient(J, sources) if J is not None else {}
    if not any(part is not None for part in found.values()):
        return {"gradient": None}
    return {
        "gradient": {
            path: np.zeros(source.shape, "float32") if found[path] is None else np.asarray(found[path])
            for path, source in sources.items()
        }
    }


def _no_class(call: Callable) -> None:
    """Raises TypeError: a class stands where the function should, and would take its arguments for sizes."""
    if isinstance(_python(call), type):
        raise TypeError(f"{_python(call).__name__} is a class and not a function")


def upstream(shape: Any) -> np.ndarray:
    """What the result is multiplied by."""
    return noise("upstream", tuple(map(int, shape)))


def own_mask(call: Callable, args: dict) -> object:
    """What a function that makes a mask returns, as a mask with 1 where a query may look."""
    result = call(**{name: _tensor(value) for name, value in args.items()})
    if polarity(_python(call)) != HIDES:
        return result
    return 1 - np.asarray(result).astype("float32")


def decoded(call: Callable, args: dict) -> dict:
    """Let greedy_decode write with scores from a table: what comes after the tokens up to t depends on token t and on
    t. `read` says what was asked for."""
    table, read = np.asarray(args["scores"]), []

    def scores(tokens: object) -> np.ndarray:
        tokens = [int(token) for token in np.ravel(tokens)]
        read.append(tokens)
        return np.stack([table[t % len(table), token] for t, token in enumerate(tokens)])

    return {"tokens": call(**{**args, "scores": scores}), "read": read[:100]}


# Layers that are shared


def one_step(call: Callable, args: dict) -> dict:
    """Call one_step_attention with layers of given weights under the names that they have in the notebook.

    `args["layers"]` holds kernel and bias of the dense layers. `called` says how often each layer was called.
    """
    import keras

    called: dict[str, int] = {}
    made = shared_layers(keras, len(args["a"][0]), 1, 1)
    for name in ("densor", "densor1", "densor2"):
        made.pop(name, None)
        if name in args["layers"]:
            kernel, bias = args["layers"][name]
            made[name] = keras.layers.Dense(len(bias), "tanh" if name == "densor1" else "relu")
            made[name].build((None, None, len(kernel)))
            made[name].set_weights([kernel, bias])
    counted = {name: _counting(name, one, called) for name, one in made.items()}
    with names(_python(call), counted):
        context = call(a=_tensor(args["a"]), s_prev=_tensor(args["s_prev"]), layers=counted)
    one = not isinstance(context, (tuple, list))  # the context with the weights is no array
    return {"context": np.asarray(context) if one else context, "called": called}


def attention_model(call: Callable, args: dict) -> dict:
    """What the model of modelf does, with shared layers of the sizes that it is asked for."""

    def look(keras: Any) -> dict:
        made = shared_layers(keras, args["Tx"], args["n_s"], args["machine_vocab_size"])
        with names(_python(call), made):
            model = built(keras, call(**{**args, "layers": made}))
        return describe(model, example_inputs(model))

    return probed(look)


def shared_layers(keras: Any, Tx: int, n_s: int, machine_vocab_size: int) -> dict[str, Any]:
    """The layers that stand beside one_step_attention and modelf, by their names."""
    layers = keras.layers
    return {
        "repeator": layers.RepeatVector(Tx),
        "concatenator": layers.Concatenate(axis=-1),
        "densor1": layers.Dense(ENERGIES, activation="tanh"),
        "densor2": layers.Dense(1, activation="relu"),
        "activator": layers.Softmax(axis=1),
        "dotor": layers.Dot(axes=1),
        "post_activation_LSTM_cell": layers.LSTM(n_s, return_state=True),
        "output_layer": layers.Dense(machine_vocab_size, activation="softmax"),
    }


SHARED = ("repeator", "concatenator", "densor", "densor1", "densor2", "activator", "dotor")


@contextlib.contextmanager
def names(function: Callable, values: dict[str, Any]) -> Iterator[None]:
    """Let these names mean these layers in a function's notebook; other shared layers don't exist meanwhile."""
    namespace = getattr(function, "__globals__", {})
    before = {name: namespace.pop(name) for name in {*SHARED, *values} if name in namespace}
    namespace.update(values)
    try:
        yield
    finally:
        for name in values:
            namespace.pop(name, None)
        namespace.update(before)


def _counting(name: str, shared: Callable, called: dict[str, int]) -> Callable:
    def call(*given: object, **named: object) -> object:
        called[name] = called.get(name, 0) + 1
        return shared(*given, **named)

    return call


# What a mask means

LOOKS, HIDES, EITHER, SAYS_NOTHING = "looks", "hides", "either", ""

_ONE = r"\b(?:1(?:\.0?)?|ones?|true)(?![\w.]*\d)"
_UP_TO = r"(?:(?!\b0\b|\bfalse\b|\bzeros?\b)[^.\n]){0,60}?"
_NOT = (
    r"\b(?:(?:may|must|can|should|do|does|is|are) ?not (?:be )?(?:\w+ )?(?:see\w*|look\w*|attend\w*|visible|count\w*)|"
    r"(?:may|must|can|should) ?not\b|never|hid(?:e|es|den|ing)\b|masked|ignor\w*|padd(?:ing|ed)|block\w*|forb\w*|pad\b)"
)
_MAY = r"\b(?:may|can|look\w*|attend\w*|see\w*|visible|keep|kept|real|words?|tokens?)\b"
_HIDES_FIRST = re.compile(_ONE + _UP_TO + _NOT, re.IGNORECASE)
_LOOKS = re.compile(_ONE + _UP_TO + _MAY, re.IGNORECASE)
_HIDES_THEN = re.compile(_NOT + _UP_TO + _ONE, re.IGNORECASE)
_ADDED = re.compile(r"\bfor addition\b|\badded to\b", re.IGNORECASE)
_HIDING_NAME = re.compile(r"hid|block|forbid|ignor|mask_out|pad_positions", re.IGNORECASE)


def polarity(function: Callable) -> str:
    """What a 1 in a mask means to a function, by the name of an argument or by its docstring."""
    with contextlib.suppress(TypeError, ValueError):
        if any(_HIDING_NAME.search(name) for name in inspect.signature(function).parameters):
            return HIDES
    words = inspect.getdoc(function) or ""
    if _HIDES_FIRST.search(words):
        return HIDES
    if _LOOKS.search(words):
        return LOOKS
    if _HIDES_THEN.search(words):
        return HIDES
    return EITHER if _ADDED.search(words) else SAYS_NOTHING


def _meaning(call: Callable) -> str:
    """Of a function that says nothing of masks, what the scaled_dot_product_attention beside it says."""
    function = _python(call)
    said = polarity(function)
    beside = getattr(function, "__globals__", {}).get("scaled_dot_product_attention")
    return said or (polarity(beside) if callable(beside) else SAYS_NOTHING)


def _given(call: Callable, args: dict) -> dict:
    meaning = _meaning(call)
    return {name: _mask(value, meaning) if name in MASKS else _tensor(value) for name, value in args.items()}


def _mask(value: object, meaning: str) -> object:
    """A mask as the function wants it. In {"as": form, "mask": array} the form is "bool", or "hides": then it has its
    other meaning for a function of which one cannot say."""
    form = value["as"] if isinstance(value, dict) else ""
    mask = value["mask"] if isinstance(value, dict) else value
    if mask is None:
        return None
    if meaning == HIDES or (meaning == EITHER and form == "hides"):
        mask = 1 - mask
    return _tensor(mask.astype(bool) if form == "bool" else mask)


def _tensor(value: object) -> object:
    if isinstance(value, dict):
        return {name: _tensor(part) for name, part in value.items()}
    if isinstance(value, np.ndarray):
        import tensorflow as tf

        return tf.constant(value)
    return value


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{path} {name}".strip())
    elif hasattr(value, "dtype") and value.dtype.is_floating:
        yield path, value


def _python(call: Callable) -> Callable:
    function = inspect.unwrap(call)
    return getattr(function, "python_function", function)
