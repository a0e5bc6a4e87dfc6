"""Let a Keras layer that a learner has written as a class calculate with given parameters.

The layers of notebook 21 are functions of their parameters. In Keras, and in the well-known course, a layer is a class
that makes its parameters itself; `call_layer` puts the given ones in their place, so that such a class can be checked,
and trained, as the function is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

EPSILON = 1e-6  # under the square root of a layer normalisation

# What the arguments of published layers are called
SIZES = {
    "d": ("embedding_dim", "d_model", "embed_dim", "d"),
    "num_heads": ("num_heads", "heads", "n_heads", "h"),
    "units": ("fully_connected_dim", "dff", "d_ff", "ff_dim", "units"),
    "rate": ("dropout_rate", "rate", "dropout"),
}
INPUTS = {
    "x": ("x", "y", "inputs"),
    "memory": ("memory", "enc_output", "encoder_output", "context"),
    "mask": ("mask", "padding_mask", "attention_mask"),
    "look_ahead": ("look_ahead", "look_ahead_mask"),
    "padding": ("padding", "padding_mask"),
    "training": ("training",),
}
PIECES = {
    "MultiHeadAttention": keras.layers.MultiHeadAttention,
    "LayerNormalization": keras.layers.LayerNormalization,
    "Dense": keras.layers.Dense,
}


def call_layer(layer_class: type, parameters: Mapping[str, Any], num_heads: int, **inputs: Any) -> Any:
    """What a Keras layer of this class gives where it has these parameters, outside training: the output, and for a
    decoder layer the weights with which it looks at the memory.

    Its pieces are Keras's; which has which parameters follows from the order in which they are called. A key may have
    more columns than `d / num_heads`: those that remain are 0.

    Args:
        layer_class: EncoderLayer(embedding_dim, num_heads, fully_connected_dim), or DecoderLayer.
        parameters: as `encoder_layer` or `decoder_layer` takes them.
        inputs: x and mask, or y, memory, look_ahead and padding.

    Raises:
        ValueError: the layer is made of other pieces, or its keys are too short.
    """
    x, memory = inputs["x"] if "x" in inputs else inputs["y"], inputs.get("memory")
    given = {"x": x, "training": False} if memory is None else {"x": x, "memory": memory, "training": False}
    for name in ("mask",) if memory is None else ("look_ahead", "padding"):
        keys, mask = memory if name == "padding" else x, inputs[name]
        shape = [*tf.unstack(tf.shape(x)[:2]), tf.shape(keys)[1]]
        given[name] = None if mask is None else tf.broadcast_to(mask, shape)  # (m, T_q, T_k)
    d, units = x.shape[-1], parameters["feed_forward"]["b1"].shape[0]
    layer, called = _layer_of(layer_class, int(d), int(num_heads), int(units), tuple(given))
    values: dict[int, Any] = {}
    for kind, arrays in _by_pieces(parameters, num_heads).items():
        pieces = [piece for piece in called if isinstance(piece, PIECES[kind])]
        if len(pieces) > len(arrays):
            raise ValueError(
                f"{layer_class.__name__} calls {len(pieces)} layers of {kind}; {len(arrays)} have parameters."
            )
        for piece, make in zip(pieces, arrays, strict=False):
            values |= {id(one): array for one, array in zip(piece.trainable_variables, make(piece), strict=True)}
    if any(id(one) not in values for one in layer.trainable_variables):
        raise ValueError(
            f"{layer_class.__name__} learns more than its {', '.join(PIECES)} layers: call_layer cannot fill it."
        )
    arrays = [tf.convert_to_tensor(values[id(one)]) for one in layer.trainable_variables]
    result, _ = layer.stateless_call(arrays, layer.non_trainable_variables, **_named(layer.call, INPUTS, given))
    if memory is None:
        return result[0] if isinstance(result, (tuple, list)) else result
    return result[0], result[-1]


@functools.lru_cache(maxsize=16)
def _layer_of(layer_class: type, d: int, num_heads: int, units: int, inputs: tuple[str, ...]) -> tuple[Any, list[Any]]:
    """A layer with variables, and its pieces in the order in which they are called first."""
    called: list[Any] = []

    def noted(piece: Any, call: Callable) -> Callable:
        def noting(*args: Any, **named: Any) -> Any:
            if piece not in called:
                called.append(piece)
            return call(*args, **named)

        return noting

    with tf.init_scope():  # variables are made outside of a compiled step
        sizes = {"d": d, "num_heads": num_heads, "units": units, "rate": 0.1}
        layer = layer_class(**_named(layer_class, SIZES, sizes))
        x = tf.zeros((1, 2, d))
        example = {"x": x, "memory": x, "training": False}
        given = _named(layer.call, INPUTS, {name: example.get(name) for name in inputs})
        layer(**given)
        inside = layer._flatten_layers(include_self=False, recursive=True)
        pieces = [piece for piece in inside if isinstance(piece, tuple(PIECES.values()))]
        for piece in pieces:
            piece.call = noted(piece, piece.call)
            if isinstance(piece, keras.layers.LayerNormalization):
                piece.epsilon = EPSILON
        layer(**given)
        for piece in pieces:
            del piece.call
    return layer, called


def _named(function: Callable, names: Mapping[str, tuple[str, ...]], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the names that a function's own parameters have. A parameter of another name that must be given
    gets the next of those that are left."""
    found, left, unknown = {}, dict(values), []
    for parameter in inspect.signature(function).parameters.values():
        known = next((name for name in left if parameter.name in names[name]), None)
        if known is not None:
            found[parameter.name] = left.pop(known)
        elif parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            unknown.append(parameter.name)
    return found | dict(zip(unknown, left.values(), strict=False))


def _by_pieces(parameters: Mapping[str, Any], num_heads: int) -> dict[str, list[Callable[[Any], list[Any]]]]:
    """For each kind of layer, the arrays of its variables: of the first that is called, of the second, and so on."""
    fed = parameters["feed_forward"]
    return {
        "MultiHeadAttention": [
            functools.partial(_in_heads, part, num_heads) for name, part in parameters.items() if "attention" in name
        ],
        "LayerNormalization": [
            lambda _, part=part: [part["gamma"], part["beta"]] for name, part in parameters.items() if "norm" in name
        ],
        "Dense": [lambda _, n=n: [fed[f"W{n}"], fed[f"b{n}"]] for n in (1, 2)],
    }


def _in_heads(P: Mapping[str, Any], num_heads: int, layer: Any) -> list[Any]:
    """The kernels and biases of Keras's layer, (d, heads, columns). Columns beyond d / heads are 0, and the queries
    larger by what the longer key is divided by."""
    d = P["bo"].shape[0]
    columns = d // num_heads
    more = layer.key_dim - columns
    if more < 0:
        raise ValueError(f"key_dim is {layer.key_dim}; with {num_heads} heads of {d} columns it is at least {columns}.")
    arrays = []
    for name in "qkv":
        larger = (layer.key_dim / columns) ** 0.5 if name == "q" else 1.0
        W, b = tf.reshape(P[f"W{name}"], (d, num_heads, columns)), tf.reshape(P[f"b{name}"], (num_heads, columns))
        arrays += [larger * tf.pad(W, ((0, 0), (0, 0), (0, more))), larger * tf.pad(b, ((0, 0), (0, more)))]
    W = tf.reshape(P["Wo"], (num_heads, columns, d))
    return [*arrays, tf.pad(W, ((0, 0), (0, more), (0, 0))), P["bo"]]
