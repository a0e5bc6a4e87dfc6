"""What functions that change, train or join Keras models do with a small one, as plain data."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlcourse.checking.probes import fitting, isolation
from dlcourse.checking.probes.canonical import canonical, noise

CLASSES, SIDE = 3, 6
BAR = 0.9


def small_model(keras: Any) -> Any:
    """Seven layers, four of them with weights, which are always the same."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.4),
            layers.Dense(12, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.set_weights([canonical(variable, gamma=1.0) for variable in model.weights])
    return model


def pictures(m: int, word: str = "pictures") -> tuple[np.ndarray, np.ndarray]:
    """Pictures with a bright band at the top, in the middle or at the bottom, which is their class."""
    Y = np.arange(m) % CLASSES
    X = 0.2 * noise(word, (m, SIDE, SIDE, 1))
    for i, label in enumerate(Y):
        X[i, 2 * label : 2 * label + 2] += 1.0
    return X.astype("float32"), Y


def frozen(call: Callable, args: dict) -> dict | None:
    """What training would change after `freeze_base`, in several situations.

    `args["model"]` says which, by name: {"keep": its argument, "before": values of `keep` with which the function was
    called before, "whole": the model was frozen as a whole at first}. A text for each: the layers whose weights are
    trained, and whether moving averages move.
    """

    def look(keras: Any) -> dict | None:
        found = {}
        X, _ = pictures(12)
        for name, situation in args["model"].items():
            model = small_model(keras)
            if situation["whole"]:
                model.trainable = False
            for keep in situation["before"]:
                call(model=model, keep=keep)
            before = model.get_weights()
            returned = call(model=model, keep=situation["keep"])
            if returned is None:
                return None
            _must_be_a_model(keras, returned)
            if not _same(before, returned.get_weights()):
                found[name] = "the call itself changes weights"
                continue
            returned(X, training=True)
            found[name] = f"{_trained(returned)}; averages {_averages(returned, before)}"
        return found

    return isolation.apart(look, floatx="float32", stateless=False)


def _trained(model: Any) -> str:
    free = {id(variable) for variable in model.trainable_variables}
    return _in_words(model, [any(id(v) in free for v in layer.weights) for layer in model.layers])


def _averages(model: Any, before: list[np.ndarray]) -> str:
    pairs = zip(before, model.get_weights(), model.weights, strict=True)
    moved = any(not np.array_equal(a, b) for a, b, variable in pairs if "moving" in variable.name)
    return "move" if moved else "stay"


def _in_words(model: Any, flags: list[bool]) -> str:
    """The names of the layers whose flag is set."""
    names = [
        "head" if layer is model.layers[-1] else KINDS.get(type(layer).__name__, "another")
        for layer, flag in zip(model.layers, flags, strict=True)
        if flag
    ]
    return ", ".join(names) or "nothing"


KINDS = {"Conv2D": "convolution", "BatchNormalization": "normalisation", "Dense": "dense"}


def features(call: Callable, args: dict) -> dict | None:
    """What `extract_features` returns: at first, again when the model has changed, and without a path then; and
    whether a file with the first ones is there."""

    def look(keras: Any, folder: str) -> dict | None:
        model = small_model(keras)
        path = str(Path(folder) / args["path"])
        X = args["X"].astype("float32")
        first = call(model=model, X=X, path=path)
        if first is None:
            return None
        first = np.asarray(first)
        with contextlib.suppress(Exception):
            saved = np.load(path)
        file = "saved" in locals() and saved.shape == first.shape and bool(np.allclose(saved, first, atol=1e-5))
        model.set_weights([1.5 * value for value in model.get_weights()])
        again = np.asarray(call(model=model, X=X, path=path))
        fresh = np.asarray(call(model=model, X=X, path=None))
        return {"features": first, "file": file, "read again": again, "without a path": fresh}

    with tempfile.TemporaryDirectory() as folder:
        return isolation.apart(lambda keras: look(keras, folder), floatx="float32", stateless=False)


def new_head(call: Callable, args: dict) -> dict | None:
    """What kind of model `replace_head` returns.

    `answers`: "probabilities", "sigmoids" or "no probabilities"; `features`: its answers depend on what the last layer
    of the given model is given, and on nothing else, in the way of one dense layer; `given`: the given model is as it
    was."""

    def look(keras: Any) -> dict | None:
        keras.utils.set_random_seed(args["model"]["seed"])
        model = small_model(keras)
        X, _ = pictures(60)
        before, weights = np.asarray(model(X, training=False)), model.get_weights()
        below = np.asarray(keras.Model(model.inputs[0], model.layers[-1].input)(X, training=False), "float64")
        returned = call(**{**args, "model": model})
        if returned is None:
            return None
        _must_be_a_model(keras, returned)
        answers = np.asarray(returned(X, training=False), "float64")
        kind = _kind_of(answers)
        values = np.log(np.maximum(answers, 1e-30)) if kind == "probabilities" else answers
        if kind == "sigmoids":
            values = np.log(answers / np.maximum(1 - answers, 1e-12))
        values = values - values.mean(axis=1, keepdims=True)
        A = np.column_stack([below, np.ones(len(below))])
        left = values - A @ np.linalg.lstsq(A, values, rcond=None)[0]
        depends = bool(np.ptp(values, axis=0).max() > 1e-3 and np.abs(left).max() < 1e-3 * max(1, np.abs(values).max()))
        with contextlib.suppress(Exception):
            after = np.asarray(model(X, training=False))
        given = "after" in locals() and np.array_equal(before, after) and _same(weights, model.get_weights())
        given = given and bool(np.ptp(answers, axis=0).max() > 0)  # a model that says nothing has kept nothing
        if returned is model and given:
            kind, depends, given = "those of the given model", False, False
        return {
            "sizes": {"output_shape": tuple(answers.shape[1:]), "parameters": int(returned.count_params())},
            "answers": kind,
            "features": depends,
            "given": bool(given),
        }

    return isolation.apart(look, floatx="float32", stateless=False)


def _kind_of(answers: np.ndarray) -> str:
    if (answers >= 0).all() and np.allclose(answers.sum(axis=1), 1, atol=1e-3):
        return "probabilities"
    return "sigmoids" if (answers > 0).all() and (answers < 1).all() else "no probabilities"


def fine_tuned(call: Callable, args: dict) -> dict | None:
    """What `fine_tune` does with a model that has been compiled with all layers: first for its head, then, with a small
    learning rate and for one epoch, for all layers.

    `head` and `all`: which layers have moved, as in `frozen`; `answers`: it reads a share of BAR of new pictures right
    after the first; `epochs`: how many the first call took for each of the second's, given batches of equal size;
    `steps`: no number has moved further in the second than its learning rate allows, or "none"; `compiled`: both have
    compiled the model; `optimizer`: with a new one. Trainings run in one graph each, which follows `trainable` whether
    the model is compiled again or not: Keras's own would not.
    """

    def look(keras: Any) -> dict | None:
        keras.utils.set_random_seed(args["model"]["seed"])
        model = small_model(keras)
        X, Y = pictures(96)
        model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)
        before, first_optimizer = model.get_weights(), model.optimizer
        with _compilations(keras) as compiled, fitting.in_one_graph(keras):
            returned = call(**{**args, "model": model, "X": X, "Y": Y})
            if returned is None:
                return None
            _must_be_a_model(keras, returned)
            X_new, Y_new = pictures(60, "new pictures")
            found = {"head": _moves(returned, before), "answers": _share_right(returned, X_new, Y_new) >= BAR}
            new, second_optimizer, first_compiled = (
                returned.optimizer is not first_optimizer,
                returned.optimizer,
                compiled(),
            )
            steps, before, learning_rate = _steps_of(second_optimizer), returned.get_weights(), 1e-4
            changed = {"keep": len(model.layers), "epochs": 1, "learning_rate": learning_rate}
            returned = call(**{**args, "model": returned, "X": X, "Y": Y, **changed})
            new_again = returned.optimizer is not second_optimizer
            more = _steps_of(returned.optimizer) - (0 if new_again else steps)
        furthest = max(
            float(np.abs(a - b).max())
            for a, b, variable in zip(before, returned.get_weights(), returned.weights, strict=True)
            if "moving" not in variable.name
        )
        return {
            **found,
            "all": _moves(returned, before),
            "epochs": round(steps / max(more, 1)),
            "steps": furthest <= 2 * learning_rate * max(more, 1) if furthest else "none",
            "compiled": first_compiled > 0 and compiled() > first_compiled,
            "optimizer": bool(new and new_again),
        }

    return isolation.apart(look, floatx="float32", stateless=False)


@contextlib.contextmanager
def _compilations(keras: Any) -> Iterator[Callable[[], int]]:
    """How often a model has been compiled so far."""
    own, inherited, count = keras.Model.compile, "compile" not in vars(keras.Model), [0]

    @functools.wraps(own)
    def compile(*given: Any, **named: Any) -> Any:
        count[0] += 1
        return own(*given, **named)

    keras.Model.compile = compile
    try:
        yield lambda: count[0]
    finally:
        if inherited:
            del keras.Model.compile
        else:
            keras.Model.compile = own


def tiny_model(keras: Any, word: str) -> Any:
    """Four classes; its weights depend on `word` only."""
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((SIDE, SIDE, 1)), layers.Flatten(), layers.Dropout(0.4), layers.Dense(4, activation="softmax")]
    )
    kernel, bias = model.weights
    model.set_weights([noise(f"{word} kernel", kernel.shape, 0.3), noise(f"{word} bias", bias.shape, 0.3)])
    return model


def together(call: Callable, args: dict) -> object:
    """Call `ensemble_predict` with small models that are told apart by the words in `args["models"]`."""

    def look(keras: Any) -> object:
        models = [tiny_model(keras, word) for word in args["models"]]
        returned = call(**{**args, "models": models, "X": args["X"].astype("float32")})
        return None if returned is None else np.asarray(returned)

    return isolation.apart(look, floatx="float32", stateless=False)


# Details


def _share_right(model: Any, X: np.ndarray, Y: np.ndarray) -> float:
    return float(np.mean(np.asarray(model(X, training=False)).argmax(axis=1) == Y))


def _must_be_a_model(keras: Any, returned: Any) -> None:
    if not isinstance(returned, keras.Model):
        raise TypeError(f"it returned a value of type {type(returned).__name__}, where a Keras model is asked for")


def _same(left: list, right: list) -> bool:
    return len(left) == len(right) and all(map(np.array_equal, left, right))


def _moves(model: Any, before: list[np.ndarray]) -> str:
    """Which layers have other weights than before, and whether moving averages have moved."""
    changed = {
        id(v) for a, b, v in zip(before, model.get_weights(), model.weights, strict=True) if not np.array_equal(a, b)
    }
    flags = [any(id(v) in changed and "moving" not in v.name for v in layer.weights) for layer in model.layers]
    return f"{_in_words(model, flags)}; averages {_averages(model, before)}"


def _steps_of(optimizer: Any) -> int:
    return int(optimizer.iterations.numpy())
