"""What a Keras model does after training, and after it was saved and loaded, as plain data."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlcourse import datasets
from dlcourse.probes import canonical, fitting, isolation, models


def keras_model(call_fn: Callable, args: dict) -> dict:
    """As `dlcourse.probes.models:model`, in three parts: `sizes`, `inference` (with the gradient that reaches the
    input) and `training` (with the moving averages)."""
    found = models.model(call_fn, args)
    if not isinstance(found, dict):
        return found
    return {
        "sizes": {name: found[name] for name in ("output_shape", "parameters", "trainable")},
        "inference": [found["inference"], found["input_gradient"]],
        "training": {"outputs": found["training"], "moving_averages": found["moving_averages"]},
    }


def held_out_digits(call_fn: Callable, args: dict) -> dict:
    """Train on some of the digits, and read all the others.

    The arguments say which: `X_train` and `Y_train` are {"digits": numbers}, the places of the training pictures in
    `datasets.digits()`. What the model makes of the other pictures is returned as `held_out`; `training` is its share
    of right answers on the pictures that it knows, `with_batch_statistics` the same in training mode, `steps` how often
    its optimizer has stepped. For anything but a model, `returned` is the name of its type.
    """
    X, Y = datasets.digits()
    chosen = np.asarray(args["X_train"]["digits"])
    others = np.setdiff1d(np.arange(len(X)), chosen)
    given = {**args, "X_train": X[chosen], "Y_train": Y[chosen]}

    def train(keras: Any) -> dict:
        with fitting.in_one_graph(keras):
            model = call_fn(**given)
        if model is None:
            return None
        if not isinstance(model, keras.Model):
            return {"returned": type(model).__name__}
        found = {"held_out": _outputs(model, X[others])}
        known = X[chosen[:400]]
        for name, training in (("training", False), ("with_batch_statistics", True)):
            answers = _outputs(model, known, training)
            right = answers.argmax(axis=-1) == Y[chosen[:400]] if answers.shape == (len(known), 10) else [0.0]
            found[name] = float(np.mean(right))
        optimizer = getattr(model, "optimizer", None)
        found["steps"] = 0 if optimizer is None else int(optimizer.iterations.numpy())
        return found

    return isolation.apart(train, floatx="float32", stateless=False)


def restored(call_fn: Callable, args: dict) -> dict:
    """Give the function a small trained model and a path in a new folder, and look at what it returns.

    Before that is used, the given model's weights are changed, so that a model which shares them is found out.
    `file`: there is a file at the path; `outputs`: the returned model computes what the given one did;
    `training`: its optimizer holds the numbers that the given one held; `made`: it is another model.
    """
    X = canonical.noise("input", (4, *args["model"]["input_shape"])).astype("float32")
    Y = np.arange(4) % 3

    def look(keras: Any, folder: Path) -> dict:
        keras.utils.set_random_seed(args["model"]["seed"])
        layers = keras.layers
        model = keras.Sequential([
            keras.Input(X.shape[1:]), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(),
            layers.Flatten(), layers.Dense(3, activation="softmax"),
        ])
        model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy", run_eagerly=True)
        model.train_on_batch(X, Y)
        before, steps = _outputs(model, X), _optimizer_numbers(model)
        path = folder / args["path"]
        returned = call_fn(model=model, path=str(path))
        if returned is None:
            return None
        if not isinstance(returned, keras.Model):
            raise TypeError(f"it returned a value of type {type(returned).__name__}, where a Keras model is asked for")
        for variable in [*model.weights, *model.optimizer.variables]:
            variable.assign(variable.numpy() + np.ones((), variable.dtype))
        same = np.allclose(_outputs(returned, X), before, atol=1e-6)
        ready = same and _same_numbers(_optimizer_numbers(returned), steps)
        made = returned is not model
        return {"file": path.exists(), "outputs": bool(same), "training": bool(ready), "made": made}

    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        return isolation.apart(lambda keras: look(keras, Path(folder)), floatx="float32", stateless=False)


def _outputs(model: Any, X: np.ndarray, training: bool = False) -> np.ndarray:
    return np.asarray(model(X.astype("float32"), training=training), dtype="float64")


def _optimizer_numbers(model: Any) -> list[np.ndarray]:
    optimizer = getattr(model, "optimizer", None)
    return [] if optimizer is None else [variable.numpy() for variable in optimizer.variables]


def _same_numbers(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    return len(left) == len(right) and all(map(np.array_equal, left, right))


@contextlib.contextmanager
def _inside(folder: str):
    """Files that the reader's function writes beside the path it was given go away with the folder."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
