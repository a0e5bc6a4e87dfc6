"""Functions that draw, clip in place or train, called as plain data asks for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlcourse.checking import calling, plain

FEW, MANY = 25, 300


class Noting(np.random.Generator):
    """A generator that notes the probabilities with which it is asked to choose."""

    def __init__(self, bits: np.random.BitGenerator, noted: list) -> None:
        super().__init__(bits)
        self.noted = noted

    def choice(self, a: Any, size: Any = None, replace: bool = True, p: Any = None, *rest: Any, **more: Any) -> Any:
        self.noted.append(_even(a) if p is None else p)
        return super().choice(a, size, replace, p, *rest, **more)

    def multinomial(self, n: Any, pvals: Any, *rest: Any, **more: Any) -> Any:
        self.noted.append(pvals)
        return super().multinomial(n, pvals, *rest, **more)


def gradients(call: Callable, args: dict) -> object:
    """What a function makes of gradients, whether it works on them in place or on copies."""
    return call(**args)


def step(call: Callable, args: dict) -> object:
    """One step of gradient descent that changes `args["parameters"]` in place: the three results, and the parameters
    afterwards."""
    result = call(**args)
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return result
    names = ("loss", "gradients", "a_last")
    return {**dict(zip(names, result, strict=True)), "parameters": args["parameters"]}


def names(call: Callable, args: dict) -> object:
    """The names that are sampled with each of `args["seed"]`, and where they differ with the first ten again.

    `first` holds the probabilities with which the first character of all is chosen, where NumPy is asked to choose."""
    parameters, char_to_ix, seeds = args["parameters"], args["char_to_ix"], args["seed"]
    before = plain.copy(parameters)

    def once(seed: int) -> object:
        return _indices(call(parameters=parameters, char_to_ix=char_to_ix, seed=seed))

    with _kept_random_state():
        with _noting() as noted:
            first = once(seeds[0])
        if first is None:
            return None
        found = {"names": [first, *map(once, seeds[1:])], "first": _weights(noted)}
        several = any(name != first for name in found["names"])
        found["again"] = [*map(once, seeds[:10])] if several else []
    found["changed"] = not plain.same(before, parameters)
    return found


def draws(call: Callable, args: dict) -> object:
    """What is drawn in many calls, with one generator that begins with the number `args["rng"]`.

    `weights` holds the probabilities of the first draw, where the generator is asked to choose: then a few calls show
    that the index comes from it. Otherwise many show how often each index comes."""
    seed = args["rng"]
    noted: list = []
    generator = Noting(np.random.PCG64(seed), noted)
    state = generator.bit_generator.state
    with _kept_random_state():
        first = call(**{**args, "rng": generator})
        if first is None:
            return None
        weights = _weights(noted)
        unused = generator.bit_generator.state == state
        calls = MANY if weights is None and not unused else FEW
        drawn = [first, *(call(**{**args, "rng": generator}) for _ in range(calls - 1))]
    return {"drawn": [_index(one) for one in drawn], "weights": weights, "unused": unused}


def trained(call: Callable, args: dict) -> object:
    """The parameters that a training returns, alone or before other results, and what it was trained on."""
    with _kept_random_state():
        result = call(**args)
    parameters = result[0] if isinstance(result, (tuple, list)) and result else result
    if not isinstance(parameters, dict):
        return result
    return {"parameters": parameters, "data_x": args["data_x"], "char_to_ix": args["char_to_ix"]}


def _indices(name: Any) -> object:
    """A sampled name as a list of whole numbers; anything else as it is."""
    try:
        return [_index(one) for one in name]
    except TypeError:
        return name


def _index(one: Any) -> object:
    if isinstance(one, (np.ndarray, np.generic)) and np.size(one) == 1 and np.asarray(one).dtype.kind in "iu":
        return int(np.asarray(one).item())
    return calling.to_plain(one)


def _even(a: Any) -> np.ndarray:
    """The probabilities of a choice that is not told any."""
    size = a if np.ndim(a) == 0 else len(a)
    return np.full(size, 1 / size)


def _weights(noted: list) -> np.ndarray | None:
    if not noted:
        return None
    with contextlib.suppress(TypeError, ValueError):
        return np.array(noted[0], dtype=float).ravel()
    return None


@contextlib.contextmanager
def _noting() -> Iterator[list]:
    """Within it, NumPy's generators note the probabilities with which they are asked to choose."""
    noted: list = []
    make, choose = np.random.default_rng, np.random.choice

    def default_rng(seed: Any = None) -> np.random.Generator:
        return Noting(make(seed).bit_generator, noted)

    def choice(a: Any, size: Any = None, replace: bool = True, p: Any = None) -> Any:
        noted.append(_even(a) if p is None else p)
        return choose(a, size, replace, p)

    np.random.default_rng, np.random.choice = default_rng, choice
    try:
        yield noted
    finally:
        np.random.default_rng, np.random.choice = make, choose


@contextlib.contextmanager
def _kept_random_state() -> Iterator[None]:
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)
