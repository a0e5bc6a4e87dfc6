"""The exercises of notebook 18 on the way back through time: `gru_backward` and `lstm_backward`."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import TOLERANCE, numerical_gradients
from dlcourse.checking.loops_over_time import (
    backwards,
    dx_reversed,
    last_state_only,
    latest,
    own_gradient_only,
    taken_away,
    without_da0,
)
from dlcourse.checking.panel.pictures import strip
from dlcourse.checks.gated_cells.gates import (
    GATE_NAMES,
    GRU,
    LSTM,
    OF_GRU,
    OF_LSTM,
    random_sequence,
    topic,
    weight_names,
)


def _case(rng, cell, gates, title, group, numerical=False, **shape):
    """One case of either way back; its caches are what the learner's own way forth keeps."""
    x, a0, parameters = random_sequence(rng, gates, **shape)
    da, name = rng.normal(size=(*a0.shape, x.shape[2])), cell.sequence.__name__
    *results, documented = cell.sequence(x, a0, parameters)
    caches = made(name, x, a0, parameters, take=len(results), otherwise=documented)
    if not numerical:
        return case(title, da, caches, group=group)

    def forward(x, a0, **parameters):
        return cell.sequence(x, a0, parameters)

    expect = numerical_gradients(forward, {"x": x, "a0": a0, **parameters}, ["x", "a0", *weight_names(gates)], da)
    return case(title, da, caches, group=group, expect=expect, tolerance=TOLERANCE)


def _cases(rng, cell, gates):
    yield _case(rng, cell, gates, "one step", "lengths", n_x=2, n_a=3, m=4, T=1)
    yield _case(rng, cell, gates, "two steps", "lengths", n_x=3, n_a=2, m=4, T=2)
    yield _case(rng, cell, gates, "finite differences", "lengths", numerical=True, n_x=1, n_a=2, m=3, T=2)
    yield _case(rng, cell, gates, "five steps", "lengths", n_x=3, n_a=4, m=2, T=5)
    yield _case(rng, cell, gates, "as many units as examples as steps", "lengths", n_x=2, n_a=3, m=3, T=3)


def _either_way_back(exercise, cell, gates):
    """What goes wrong in the loop around either cell."""
    weights = [f"d{name}" for name in weight_names(gates)]
    exercise.mistake(
        "own-gradients-lost",
        "Only the last step gets its own da[:, :, t]; every step does, on top of what comes back.",
        backwards(cell, last_state_only),
    )
    exercise.mistake(
        "overwritten",
        "The gradients of the weights hold one step's share; all steps share the weights, so add up (`+=`).",
        backwards(cell, add=latest),
    )
    exercise.mistake(
        "forwards",
        "The loop runs from the first step to the last; the way back starts at the last.",
        backwards(cell, steps=range),
    )
    exercise.mistake(
        "da0-zero",
        "da0 is 0: it is the da_prev that is left after the first step of the sequence.",
        backwards(cell, change=without_da0),
    )
    exercise.mistake(
        "dx-reversed",
        "dx has its steps in the order of the loop, last first: put dxt into dx[:, :, t].",
        backwards(cell, change=dx_reversed),
    )
    exercise.raises(
        "time-in-another-place",
        "Time is the last axis: the gradient of step t's state is da[:, :, t], of the shape (n_a, m).",
        r"could not be broadcast|could not broadcast|out of bounds|core dimension|not aligned",
        r"\[:, ?t, ?:\]|\[t, ?:",
    )
    exercise.mistake(
        "own-gradients-left-out",
        "da[:, :, t], what step t's own output sends back, plays no part: it is added to what comes back from the step "
        "after.",
        backwards(cell, lambda da, t, da_prev: da_prev),
    )
    exercise.mistake(
        "one-overwritten",
        "One of the weights' gradients holds one step's share only: all steps share the weights, so each is "
        "added up (`+=`).",
        backwards(cell, add=lambda key, old, new: new if key == weights[0] else old + new),
    )
    exercise.mistake(
        "subtracted",
        "Gradients are taken away where they are added up (`-=` for `+=`, or a minus between da and da_prev).",
        backwards(cell, lambda da, t, da_prev: da[:, :, t] - da_prev),
    )
    exercise.also("subtracted", backwards(cell, add=taken_away))
    for name in weights:
        if name != weights[0]:
            exercise.also(
                "one-overwritten",
                backwards(cell, add=lambda key, old, new, name=name: new if key == name else old + new),
            )
        exercise.also(
            "subtracted", backwards(cell, add=lambda key, old, new, name=name: old - new if key == name else old + new)
        )
    for letter in "Wb":
        exercise.also(
            "one-overwritten",
            backwards(cell, add=lambda key, old, new, letter=letter: new if key[1] == letter else old + new),
        )
        exercise.also(
            "subtracted",
            backwards(cell, add=lambda key, old, new, letter=letter: old - new if key[1] == letter else old + new),
        )
    exercise.mistake(
        "first-step-missing",
        "The loop never comes to step 0: range(T - 1, -1, -1), or reversed(range(T)), goes down to it.",
        backwards(cell, steps=lambda T: range(T - 1, 0, -1)),
    )
    exercise.mistake(
        "one-cache-for-all",
        "Every step goes back through the same cell, or through another step's: step t through cells[t].",
        backwards(cell, read=lambda cells, t: cells[0]),
    )
    exercise.also("one-cache-for-all", backwards(cell, read=lambda cells, t: cells[-1]))
    exercise.also("one-cache-for-all", backwards(cell, read=lambda cells, t: cells[len(cells) - 1 - t]))
    for name in ("dx", "da0"):
        what = "dx[:, :, t] is step t's dxt" if name == "dx" else "da0 is the da_prev left after the loop's last round"
        exercise.place(f"only-{name}", f"Only {name} is wrong: {what}.", [name])
    for gate in gates:
        exercise.place(
            "one-gate's-weights",
            f"Only the gradients of the {GATE_NAMES[gate]}'s weights are wrong: dW{gate} and db{gate} begin as zeros, "
            f"and every step adds its share.",
            [],
            [f"dW{gate}", f"db{gate}"],
        )


# gru_backward


@topic.exercise(
    reference=reference.gru_backward,
    section="The way back through a GRU",
    by_output=True,
    picture=strip(),
    companions=("gru_forward", "gru_cell_forward", "gru_cell_backward"),
)
def gru_backward(rng):
    yield from _cases(rng, OF_GRU, GRU)


gru_backward.mistake(
    "nothing-handed-back",
    "Each step gets only its own da[:, :, t]: add what comes back from the step after it.",
    backwards(OF_GRU, own_gradient_only),
)
_either_way_back(gru_backward, OF_GRU, GRU)
gru_backward.hint(
    "The loop is that of rnn_backward: from the last step to the first, with a da_prev that is handed back."
)
gru_backward.hint(
    "Each step gets da[:, :, t] + da_prev. The six gradients of weights and biases are added up over the steps."
)


# lstm_backward


@topic.exercise(
    reference=reference.lstm_backward,
    section="The way back through an LSTM",
    by_output=True,
    picture=strip(),
    companions=("lstm_forward", "lstm_cell_forward", "lstm_cell_backward"),
)
def lstm_backward(rng):
    yield from _cases(rng, OF_LSTM, LSTM)


lstm_backward.mistake(
    "state-not-handed-back",
    "Each step gets only its own da[:, :, t]: the da_prev that comes back from the step after it must be added.",
    backwards(OF_LSTM, own_gradient_only),
)
lstm_backward.mistake(
    "memory-not-handed-back",
    "The memory's gradient is not handed back: each step gets the dc_prev of the step after it. If the loop does so, "
    "it is lstm_cell_backward that leaves it out: check that one first.",
    backwards(OF_LSTM, memory=np.zeros_like),
)
lstm_backward.mistake(
    "nothing-handed-back",
    "Each step gets only its own da[:, :, t]: neither da_prev nor dc_prev comes back from the step after "
    "it. A table of expected values that is passed around has this mistake.",
    backwards(OF_LSTM, own_gradient_only, memory=np.zeros_like),
)
_either_way_back(lstm_backward, OF_LSTM, LSTM)
lstm_backward.hint(
    "Two gradients are handed from step to step here, da_prev and dc_prev; both are zeros after the last step."
)
lstm_backward.hint(
    "lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, cells[t]): the loss sees a<t>, and never c<t> itself."
)
