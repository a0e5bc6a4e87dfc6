"""What a Keras model does after training, and after it was saved and loaded, as plain data."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlcourse.checking.probes import canonical, fitting, isolation, models
from dlcourse.data import datasets


def keras_model(call_fn: Callable, args: dict) -> dict:
    """As `models.model`, in three parts: `sizes`, `inference` (with the gradient that reaches the
    input) and `training` (with the moving averages)."""
    return _in_parts(models.model(call_fn, args))


def face_model(call_fn: Callable, args: dict) -> dict:
    """As `keras_model`, for a function that is not told the shape of an image: a model that declares none is given
    64x64 colour images."""
    return _in_parts(models.model(call_fn, args, shape=(64, 64, 3)))


def _in_parts(found: object) -> object:
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
    `datasets.digits()`. `Y_train` has `names` too: the number that each of the ten digits goes by in this training, so
    that a model of an earlier one is found out.

    What the model makes of the other pictures is returned as `held_out`; `training` is its share of right answers on
    the pictures that it knows, `with_batch_statistics` the same in training mode, `by_usual_names` the share if each
    digit went by its own number, `steps` how often its optimizer has stepped. For anything but a model, `returned` is
    the name of its type.
    """
    X, Y = datasets.digits()
    chosen = np.asarray(args["X_train"]["digits"])
    others = np.setdiff1d(np.arange(len(X)), chosen)
    named = np.asarray(args["Y_train"]["names"], dtype=Y.dtype)[Y]
    given = {**args, "X_train": X[chosen], "Y_train": named[chosen]}

    def train(keras: Any) -> dict:
        with fitting.in_one_graph(keras):
            model = call_fn(**given)
        if model is None:
            return None
        if not isinstance(model, keras.Model):
            return {"returned": type(model).__name__}
        found = {"held_out": _outputs(model, X[others])}
        known = chosen[:400]
        in_use, in_training = (_outputs(model, X[known], training) for training in (False, True))
        found["training"] = _share_right(in_use, named[known])
        found["with_batch_statistics"] = _share_right(in_training, named[known])
        found["by_usual_names"] = _share_right(in_use, Y[known])
        optimizer = getattr(model, "optimizer", None)
        found["steps"] = 0 if optimizer is None else int(optimizer.iterations.numpy())
        return found

    return isolation.apart(train, floatx="float32", stateless=False)


def restored(call_fn: Callable, args: dict) -> dict:
    """Give the function a small trained model and a path in a new folder, and look at what it returns.

    Before that is used, the given model's weights are changed, so that a model which shares them is found out.
    `file`: at the path is a Keras file that restores the given model, with its optimizer's numbers; `outputs`: the
    returned model computes what the given one did; `training`: its optimizer holds the numbers that the given one held;
    `made`: it is another model; `there`: something is at the path.
    """
    X = canonical.noise("input", (4, *args["model"]["input_shape"])).astype("float32")
    Y = np.arange(4) % 3

    def look(keras: Any, folder: Path) -> dict:
        keras.utils.set_random_seed(args["model"]["seed"])
        layers = keras.layers
        model = keras.Sequential(
            [
                keras.Input(X.shape[1:]),
                layers.Conv2D(4, 3),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy", run_eagerly=True)
        model.train_on_batch(X, Y)
        before, steps = _outputs(model, X), _optimizer_numbers(model)
        path = folder / args["path"]
        returned = call_fn(model=model, path=str(path))
        if returned is None:
            return None
        if not isinstance(returned, keras.Model):
            raise TypeError(f"it returned a value of type {type(returned).__name__}, where a Keras model is asked for")
        file = _file_restores(keras, path, X, before, steps)
        for variable in [*model.weights, *model.optimizer.variables]:
            variable.assign(variable.numpy() + np.ones((), variable.dtype))
        same = _same_outputs(returned, X, before)
        ready = same and _same_numbers(_optimizer_numbers(returned), steps)
        made = returned is not model
        return {"file": file, "outputs": same, "training": ready, "made": made, "there": path.exists()}

    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        return isolation.apart(lambda keras: look(keras, Path(folder)), floatx="float32", stateless=False)


def _outputs(model: Any, X: np.ndarray, training: bool = False) -> np.ndarray:
    return np.asarray(model(X.astype("float32"), training=training), dtype="float64")


def _share_right(outputs: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(outputs.argmax(axis=1) == labels)) if outputs.shape == (len(labels), 10) else 0.0


def _file_restores(keras: Any, path: Path, X: np.ndarray, outputs: np.ndarray, steps: list[np.ndarray]) -> bool:
    try:
        with path.open("rb") as file:
            begins_as_zip = file.read(2) == b"PK"  # a pickled model has the archive inside, where Keras would find it
        loaded = keras.models.load_model(path)
    except Exception:  # whatever is wrong with the file, Keras restores no model from it
        return False
    return begins_as_zip and _same_outputs(loaded, X, outputs) and _same_numbers(_optimizer_numbers(loaded), steps)


def _same_outputs(model: Any, X: np.ndarray, outputs: np.ndarray) -> bool:
    found = _outputs(model, X)
    return found.shape == outputs.shape and bool(np.allclose(found, outputs, atol=1e-6))


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
