"""What functions that draw from a random generator make of pictures, as plain data; the generator is made here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlcourse.checking.probes import isolation


def draws(call: Callable, args: dict) -> dict | None:
    """Call the function several times with one generator, which goes on from call to call.

    `args["rng"]` is {"seed": a number, "calls": how often}. With the results come the `shape` of the pictures that went
    in, and the numbers that were `asked` for.
    """
    described, X = args["rng"], args["X"]
    rng = np.random.default_rng(described["seed"])
    results = [call(**{**args, "X": X.copy(), "rng": rng}) for _ in range(described["calls"])]
    if any(result is None for result in results):
        return None
    asked = {name: value for name, value in args.items() if isinstance(value, (int, float))}
    return {"results": [np.asarray(result) for result in results], "shape": X.shape, "asked": asked}


def generator(call: Callable, args: dict) -> dict | None:
    """What a result has to do with what was handed in: `drew`, the generator has been asked for numbers; `repeats`,
    with an equal generator the result is the same; `changed`, the pictures that were given are not what they were;
    `pictures`, the result is as many pictures."""
    given, seed = args["X"].copy(), args["rng"]["seed"]
    rng, equal = np.random.default_rng(seed), np.random.default_rng(seed)
    first = call(**{**args, "X": given, "rng": rng})
    if first is None:
        return None
    first = np.array(first)
    again = np.asarray(call(**{**args, "X": args["X"].copy(), "rng": equal}))
    untouched = np.random.default_rng(seed).bit_generator.state
    return {
        "pictures": first.ndim == 4 and len(first) == len(given),
        "drew": rng.bit_generator.state != untouched,
        "repeats": bool(np.array_equal(first, again)),
        "changed": not np.array_equal(given, args["X"]),
    }


def augmenter(call: Callable, args: dict, pictures: np.ndarray, seed: int, calls: int) -> dict | None:
    """What a Keras model without weights makes of pictures, in training mode (`results`, several times) and in use."""

    def look(keras: Any) -> dict | None:
        keras.utils.set_random_seed(seed)
        made = call(**args)
        if made is None:
            return None
        if not callable(made):
            raise TypeError(f"it returned a value of type {type(made).__name__}, where a Keras model is asked for")
        X = pictures.astype("float32")
        return {
            "results": [np.asarray(made(X, training=True)) for _ in range(calls)],
            "in use": np.asarray(made(X, training=False)),
            "shape": X.shape,
        }

    return isolation.apart(look, floatx="float32", stateless=False)


def augmented_coordinates(call: Callable, args: dict) -> dict | None:
    """As `augmenter`, for `data_augmenter()`: 80 pictures of coordinates, three times."""
    return augmenter(call, args, coordinates(80, 17, 17), seed=args.pop("seed", 0), calls=3)


SCALE = 32


def coordinates(m: int, n_H: int, n_W: int) -> np.ndarray:
    """Pictures that say of each pixel where it is: channels row / SCALE, column / SCALE, and number of the picture / m.

    Whatever a function makes of them, it can be read off where each of its pixels comes from.
    """
    X = np.empty((m, n_H, n_W, 3))
    X[..., 0] = np.arange(n_H).reshape(n_H, 1) / SCALE
    X[..., 1] = np.arange(n_W) / SCALE
    X[..., 2] = np.arange(m).reshape(m, 1, 1) / m
    return X
