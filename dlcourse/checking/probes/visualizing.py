"""Small networks of given weights, for functions of notebook 15 that look into one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def with_model(call: Callable, args: dict) -> object:
    """Call the function with a Keras model in place of its description.

    `args["model"]` holds `shape`, the input's, and `layers`: ("conv", kernel, bias, stride, padding), ("pool", size) or
    ("scale", factor); with `dense`, a kernel and a bias, the largest activations become scores.
    """
    return call(**{**args, "model": network(args["model"])})


def network(described: dict) -> Any:
    """The model; its layers are called conv1, pool1, conv2, ..., each by its kind and how many came before."""
    import keras

    usual: dict = {"dtype": "float32", "data_format": "channels_last"}
    X = image = keras.Input(tuple(described["shape"]), dtype="float32")
    counts: dict[str, int] = {}
    weights = []
    for kind, *given in described["layers"]:
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{kind}{counts[kind]}"
        if kind == "conv":
            kernel, bias, stride, padding = given
            layer = keras.layers.Conv2D(
                kernel.shape[3], kernel.shape[:2], stride, padding, activation="relu", name=name, **usual
            )
            weights.append((layer, [kernel, bias]))
        elif kind == "pool":
            layer = keras.layers.MaxPooling2D(given[0], name=name, **usual)
        else:
            layer = keras.layers.Rescaling(given[0], name=name, dtype="float32")
        X = layer(X)
    if "dense" in described:
        kernel, bias = described["dense"]
        X = keras.layers.GlobalMaxPooling2D(name="largest", **usual)(X)
        scores = keras.layers.Dense(len(bias), name="scores", dtype="float32")
        weights.append((scores, [kernel, bias]))
        X = scores(X)
    model = keras.Model(image, X)
    for layer, values in weights:
        layer.set_weights([np.asarray(value) for value in values])
    return model
