"""Loops over time around a recurrent cell, forth and back, with one thing changed: wrong variants of any such loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Cell:
    """The references of a cell, one step and whole sequences; one with a memory takes and gives c beside a."""

    step: Callable
    sequence: Callable
    step_back: Callable
    memory: bool = False


def its_own_input(x, t):
    return x[:, :, t]


def next_input(x, t):
    return x[:, :, (t + 1) % x.shape[2]]


def forwards(
    cell,
    state=lambda a0, a: a,
    memory=lambda a0, c: c,
    first_memory=np.zeros_like,
    start=1.0,
    see=its_own_input,
    from_the_end=False,
    y=lambda a_next, yt_pred: yt_pred,
    axis=2,
):
    """A way forth: `state` and `memory` are handed on, `see` cuts out a step's input, `axis` is where time goes."""

    def variant(x, a0, parameters):
        rows, a_next, c_next = [], start * a0, first_memory(a0)
        steps = range(x.shape[2])
        for t in reversed(steps) if from_the_end else steps:
            handed = (state(a0, a_next), memory(a0, c_next)) if cell.memory else (state(a0, a_next),)
            a_next, *more, yt_pred, _ = cell.step(see(x, t), *handed, parameters)
            rows.append((a_next, y(a_next, yt_pred), *more))
            c_next = more[0] if more else None
        if from_the_end:
            rows.reverse()
        return (*(np.stack(parts, axis=axis) for parts in zip(*rows, strict=True)), None)

    return variant


def only_steps(cell, kept):
    """A way forth of which only the steps are filled in for which kept(t, T) is true."""

    def variant(x, a0, parameters):
        *results, _ = cell.sequence(x, a0, parameters)
        T = x.shape[2]
        return (*(result * kept(np.arange(T), T) for result in results), None)

    return variant


def one_step_late(cell):
    """The states that went into each step, rather than those that came out of it."""

    def variant(x, a0, parameters):
        a, *more = cell.sequence(x, a0, parameters)
        return np.concatenate([a0[:, :, None], a[:, :, :-1]], axis=2), *more[:-1], None

    return variant


def backwards(
    cell,
    upstream=lambda da, t, da_prev: da[:, :, t] + da_prev,
    memory=lambda dc_prev: dc_prev,
    steps=lambda T: range(T - 1, -1, -1),
    add=lambda name, old, new: old + new,
    read=lambda cells, t: cells[t],
    start=0.0,
    change=lambda right, da: {},
):
    """A way back: `upstream` is what reaches a step's state, `add` how the shares of the weights come together."""

    def variant(da, caches):
        cells, x = caches
        n_a, m, T = da.shape
        da_prev, dc_prev, dx, total = np.full((n_a, m), start), np.zeros((n_a, m)), np.zeros(x.shape), None
        for t in steps(T):
            handed = (memory(dc_prev),) if cell.memory else ()
            shares = cell.step_back(upstream(da, t, da_prev), *handed, read(cells, t))
            dx[:, :, t], da_prev, dc_prev = shares.pop("dxt"), shares.pop("da_prev"), shares.pop("dc_prev", None)
            total = {name: add(name, 0.0 if total is None else total[name], new) for name, new in shares.items()}
        if total is None:  # no step at all: the gradients are as they began
            parameters = cells[0][-1]
            total = {
                f"d{name}": np.zeros_like(value)
                for name, value in parameters.items()
                if name not in ("Wya", "Wy", "by")
            }
        gradients = {"dx": dx, "da0": da_prev, **total}
        return {**gradients, **change(gradients, da)}

    return variant


def own_gradient_only(da, t, da_prev):
    """What reaches a step's state where nothing comes back from the step after it."""
    return da[:, :, t]


def last_state_only(da, t, da_prev):
    """What reaches a step's state where only the last step gets a gradient of its own."""
    return da[:, :, t] * (t == da.shape[2] - 1) + da_prev


def latest(name, old, new):
    """Overwritten where it should be added up."""
    return new


def taken_away(name, old, new):
    return old - new


def without_da0(right, da):
    return {"da0": np.zeros_like(right["da0"])}


def dx_reversed(right, da):
    return {"dx": right["dx"][:, :, ::-1]}
