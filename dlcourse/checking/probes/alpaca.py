"""What `alpaca_model` of notebook 08 is asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlcourse.checking.probes import isolation
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.describing import canonical_values, sizes
from dlcourse.checking.probes.models import built

GAMMA = 1.0  # of the batch normalisations of a deep network: with less, nothing of a picture arrives at its end


def alpaca(call: Callable, args: dict) -> dict:
    """As `dlcourse.checking.probes.models:model` in parts, with augmentation that is no chance, {"scale": a, "offset":
    b}: `sizes`, `in use` and `in training`, there also whether the moving averages move.

    MobileNetV2 is made without its trained weights, whatever the function asks for: they are not judged, and there may
    be no network. The gradient at the input is not looked at.
    """

    def look(keras: Any) -> dict:
        import tensorflow as tf

        described = args["data_augmentation"]
        keras.utils.set_random_seed(described["seed"])
        augmentation = keras.Sequential([keras.layers.Rescaling(described["scale"], offset=described["offset"])])
        with _no_trained_weights(keras):
            made = call(**{**args, "data_augmentation": augmentation})
        made = built(keras, made, (*args["image_shape"], 3))
        X = np.clip(127 + 70 * noise("pictures", (2, *args["image_shape"], 3)), 0, 255)
        given = tf.constant(X, keras.config.floatx())
        trainable, others = canonical_values(made, GAMMA)
        inference, _ = made.stateless_call(trainable, others, given, training=False)
        training, after = made.stateless_call(trainable, others, given, training=True)
        moved = any(
            not np.array_equal(a, b)
            for a, b, variable in zip(others, after, made.non_trainable_variables, strict=True)
            if "moving" in variable.name
        )
        return {
            "sizes": sizes(made),
            "in use": np.asarray(inference, "float32"),
            "in training": {"outputs": np.asarray(training, "float32"), "averages": "move" if moved else "stay"},
        }

    return isolation.probed(look)


@contextlib.contextmanager
def _no_trained_weights(keras: Any) -> Iterator[None]:
    """Keras's MobileNetV2, under whatever name a notebook has imported it, finds no weights to load."""
    files = keras.applications.MobileNetV2.__globals__.get("file_utils")
    if files is None:
        yield
        return
    kept = files.get_file, files.exists, keras.Model.load_weights
    files.get_file, files.exists = (lambda *_, **__: "there.h5"), (lambda *_: True)
    keras.Model.load_weights = lambda *_, **__: None
    try:
        yield
    finally:
        files.get_file, files.exists, keras.Model.load_weights = kept
