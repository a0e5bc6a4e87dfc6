"""The exercise of notebook 17 on the way back through time: `rnn_backward`."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import TOLERANCE, numerical_gradients
from dlcourse.checking.loops_over_time import backwards, dx_reversed, last_state_only, latest, taken_away, without_da0
from dlcourse.checking.panel.pictures import strip
from dlcourse.checks.recurrent.shared import RNN, numbers, places_of_single_outputs, random_sequence, topic

WEIGHTS = ("dWax", "dWaa", "dba")


def _caches(x, a0, parameters):
    documented = reference.rnn_forward(x, a0, parameters)[2]
    return made("rnn_forward", x, a0, parameters, take=2, otherwise=documented)


def _case(rng, title, group, numerical=False, **shape):
    x, a0, parameters = random_sequence(rng, **shape)
    da, caches = rng.normal(size=(*a0.shape, x.shape[2])), _caches(x, a0, parameters)
    if not numerical:
        return case(title, da, caches, group=group)

    def forward(x, a0, **parameters):
        return reference.rnn_forward(x, a0, parameters)

    expect = numerical_gradients(forward, {"x": x, "a0": a0, **parameters}, ("x", "a0", "Wax", "Waa", "ba"), da)
    return case(title, da, caches, group=group, expect=expect, tolerance=TOLERANCE)


def _by_hand():
    """All inputs are 0, so all states are, and tanh has the slope 1: each step back multiplies by Waa = 2."""
    parameters = numbers([[3.0]], [[2.0]], [[1.0], [0.0]], [[0.0]], [[0.0], [0.0]])
    x, a0 = np.zeros((1, 1, 3)), np.zeros((1, 1))
    dz = [1 + 2 * (10 + 2 * 100), 10 + 2 * 100, 100]
    expect = {
        "dx": 3.0 * np.array(dz).reshape(1, 1, 3),
        "da0": np.array([[2.0 * dz[0]]]),
        "dWax": np.zeros((1, 1)),
        "dWaa": np.zeros((1, 1)),
        "dba": np.array([[float(sum(dz))]]),
    }
    da = np.array([1.0, 10.0, 100.0]).reshape(1, 1, 3)
    caches = _caches(x, a0, parameters)
    return case("three steps of zeros, by hand", da, caches, group="by hand", expect=expect)


@topic.exercise(
    reference=reference.rnn_backward,
    section="The way back through time",
    by_output=True,
    picture=strip(),
    companions=("rnn_forward", "rnn_cell_forward", "rnn_cell_backward"),
)
def rnn_backward(rng):
    yield _by_hand()
    yield _case(rng, "one step", "lengths", n_x=2, n_a=3, m=4, T=1)
    yield _case(rng, "two steps", "lengths", n_x=3, n_a=2, m=4, T=2)
    yield _case(rng, "finite differences over three steps", "lengths", numerical=True, n_x=1, n_a=2, m=3, T=3)
    yield _case(rng, "five steps", "lengths", n_x=3, n_a=4, m=2, T=5)
    yield _case(rng, "as many units as examples as steps", "lengths", n_x=2, n_a=3, m=3, T=3)


rnn_backward.mistake(
    "nothing-handed-back",
    "Each step gets only its own da[:, :, t]. What comes back from the step after it, da_prev, must be added. See 'The "
    "way back through time'.",
    backwards(RNN, upstream=lambda da, t, da_prev: da[:, :, t]),
)
rnn_backward.mistake(
    "own-gradients-lost",
    "Only the last step gets its own da[:, :, t]; every step does, on top of what comes back.",
    backwards(RNN, upstream=last_state_only),
)
rnn_backward.mistake(
    "overwritten",
    "dWax, dWaa and dba hold one step's share: the weights are shared between steps, so add up (`+=`).",
    backwards(RNN, add=latest),
)
rnn_backward.mistake(
    "forwards",
    "The loop runs from the first step to the last; the way back starts at the last.",
    backwards(RNN, steps=range),
)
rnn_backward.mistake(
    "averaged-over-time",
    "dWax, dWaa and dba are divided by the number of steps; they are sums over the steps.",
    backwards(RNN, change=lambda right, da: {name: right[name] / da.shape[2] for name in WEIGHTS}),
)
rnn_backward.mistake(
    "da0-zero",
    "da0 is 0: it is the da_prev that is left after the first step of the sequence.",
    backwards(RNN, change=without_da0),
)
rnn_backward.mistake(
    "da0-is-da",
    "da0 is da[:, :, 0], the gradient of the first step's state; da0 belongs to the state before it.",
    backwards(RNN, change=lambda right, da: {"da0": da[:, :, 0]}),
)
rnn_backward.mistake(
    "dx-reversed",
    "dx has its steps in the order of the loop, last first: put dxt into dx[:, :, t].",
    backwards(RNN, change=dx_reversed),
)
rnn_backward.raises(
    "time-in-another-place",
    "Time is the last axis: the gradient of step t's state is da[:, :, t], of the shape (n_a, m).",
    r"could not be broadcast|could not broadcast|out of bounds|core dimension|not aligned",
    r"\[:, ?t, ?:\]|\[t, ?:",
)
rnn_backward.mistake(
    "time-in-another-place",
    "Time is the last axis: the gradient of step t's state is da[:, :, t], of the shape (n_a, m).",
    backwards(RNN, lambda da, t, da_prev: da[:, t, :] + da_prev),
)
rnn_backward.mistake(
    "own-gradients-left-out",
    "da[:, :, t], what step t's own output sends back, plays no part: it is added to what comes back "
    "from the step after.",
    backwards(RNN, lambda da, t, da_prev: da_prev),
)
for name in WEIGHTS:
    rnn_backward.mistake(
        f"{name}-overwritten",
        f"{name} holds one step's share only: all steps share the weights, so add up (`+=`).",
        backwards(RNN, add=lambda key, old, new, name=name: new if key == name else old + new),
    )
rnn_backward.mistake(
    "subtracted",
    "Gradients are taken away where they are added up (`-=` for `+=`, or a minus between da and da_prev).",
    backwards(RNN, add=taken_away),
)
rnn_backward.also("subtracted", backwards(RNN, lambda da, t, da_prev: da[:, :, t] - da_prev))
for name in WEIGHTS:
    rnn_backward.also(
        "subtracted", backwards(RNN, add=lambda key, old, new, name=name: old - new if key == name else old + new)
    )
rnn_backward.mistake(
    "first-step-missing",
    "The loop never comes to step 0: range(T - 1, -1, -1), or reversed(range(T)), goes down to it.",
    backwards(RNN, steps=lambda T: range(T - 1, 0, -1)),
)
rnn_backward.mistake(
    "last-step-missing",
    "The loop does not begin at the last step, T - 1.",
    backwards(RNN, steps=lambda T: range(T - 2, -1, -1)),
)
rnn_backward.mistake(
    "one-cache-for-all",
    "Every step goes back through the same cell: step t through cells[t].",
    backwards(RNN, read=lambda cells, t: cells[0]),
)
rnn_backward.also("one-cache-for-all", backwards(RNN, read=lambda cells, t: cells[-1]))
rnn_backward.also("one-cache-for-all", backwards(RNN, read=lambda cells, t: cells[len(cells) - 1 - t]))
rnn_backward.mistake(
    "whole-gradient-in-each-step",
    "Each step gets the gradients of all steps together; step t gets da[:, :, t], and what comes back.",
    backwards(RNN, lambda da, t, da_prev: da.sum(axis=2) + da_prev),
)
rnn_backward.mistake(
    "starts-with-ones", "Behind the last step there is nothing: da_prev begins as zeros.", backwards(RNN, start=1.0)
)
places_of_single_outputs(
    rnn_backward,
    {
        "dx": "filled step by step: dx[:, :, t] is step t's dxt",
        "da0": "the da_prev that is left when the loop has gone through the first step",
        "dWax": "the sum of all steps' dWax",
        "dWaa": "the sum of all steps' dWaa",
        "dba": "the sum of all steps' dba",
    },
    "The way back through time",
)
rnn_backward.hint("One variable carries the gradient that comes back from the step after: zeros before the loop.")
rnn_backward.hint("Step t's hidden state feeds two things, its own output and step t + 1. Its gradients add up.")
rnn_backward.hint(
    "For t in reversed(range(T)): rnn_cell_backward(da[:, :, t] + da_prev, cells[t]). Put dxt into dx[:, :, t], add up "
    "the gradients of the weights, and keep da_prev for the next round."
)
