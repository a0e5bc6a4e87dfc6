"""The exercise of notebook 17 on a whole sequence: `rnn_forward`."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.loops_over_time import forwards, next_input, one_step_late, only_steps
from dlcourse.checking.panel.pictures import strip
from dlcourse.checks.recurrent.shared import RNN, numbers, random_sequence, topic


@topic.exercise(
    reference=reference.rnn_forward,
    outputs=("a", "y_pred", None),
    section="The whole sequence",
    by_output=True,
    picture=strip(),
    companions=("rnn_cell_forward",),
    weights={"a": 2.0},
)
def rnn_forward(rng):
    parameters = numbers([[1.0]], [[0.5]], [[1.0], [-1.0]], [[0.0]], [[0.0], [0.0]])
    first = np.tanh(1.0 + 0.5 * 0.2)
    states = np.array([first, np.tanh(-1.0 + 0.5 * first)])
    expect = np.stack([np.exp(states), np.exp(-states)]) / (np.exp(states) + np.exp(-states))
    yield case(
        "two steps of one number, by hand",
        np.array([[[1.0, -1.0]]]),
        np.array([[0.2]]),
        parameters,
        group="by hand",
        expect=(states.reshape(1, 1, 2), expect.reshape(2, 1, 2), None),
    )
    yield case("one step", *random_sequence(rng, 3, 2, 4, 5, 1), group="lengths")
    yield case("two steps", *random_sequence(rng, 3, 5, 2, 4, 2), group="lengths")
    yield case("five steps", *random_sequence(rng, 4, 3, 2, 6, 5), group="lengths")
    yield case("more units than inputs, seven steps", *random_sequence(rng, 2, 6, 3, 1, 7), group="lengths")


rnn_forward.mistake(
    "state-not-carried",
    "Every step starts from a0: hand each step's hidden state to the next. If the loop does, it is rnn_cell_forward "
    "that does not use a_prev: check that one first. See 'The whole sequence'.",
    forwards(RNN, state=lambda a0, a: a0),
)
rnn_forward.mistake("a0-ignored", "The first step starts from zeros; it must start from a0.", forwards(RNN, start=0.0))
rnn_forward.mistake(
    "first-input-only",
    "Every step sees the first input: step t sees x[:, :, t].",
    forwards(RNN, see=lambda x, t: x[:, :, 0]),
)
rnn_forward.mistake(
    "from-the-end",
    "The sequence is read from its end; a recurrent network reads it from the first step on.",
    forwards(RNN, from_the_end=True),
)
rnn_forward.mistake(
    "one-step-late",
    "a[:, :, t] holds the state that goes into step t; it must hold the one that comes out of it.",
    one_step_late(RNN),
)
rnn_forward.mistake(
    "time-first",
    "Time is the first axis of the result; it must be the last: (n_a, m, T). See 'The whole sequence'.",
    forwards(RNN, axis=0),
)
rnn_forward.mistake(
    "last-step-only",
    "Only the last step is filled in: is the assignment to a and y_pred inside the loop?",
    only_steps(RNN, lambda t, T: t == T - 1),
)
rnn_forward.raises(
    "predictions-from-states",
    "a and y_pred are exchanged: a[:, :, t] takes the state, y_pred[:, :, t] the prediction.",
    r"could not broadcast",
    r"y_pred\[.*= *a_next|\ba\[.*= *y",
)
rnn_forward.raises(
    "input-of-a-step",
    "What comes out of a step does not fit. Each step sees its own input only, x[:, :, t] of the shape "
    "(n_x, m): not the whole of x, and time is the last axis.",
    r"could not broadcast|could not be broadcast|out of bounds|core dimension|not aligned",
)
rnn_forward.mistake(
    "predictions-from-states",
    "a and y_pred are exchanged: a[:, :, t] takes the state, y_pred[:, :, t] the prediction.",
    forwards(RNN, y=lambda a_next, yt_pred: a_next),
)
rnn_forward.mistake(
    "time-in-another-place",
    "Time is the last axis: step t is x[:, :, t], of the shape (n_x, m), and fills a[:, :, t].",
    forwards(RNN, see=lambda x, t: x[:, t, :]),
)
rnn_forward.mistake(
    "one-step-ahead", "Step t sees the input of the next step: it is x[:, :, t].", forwards(RNN, see=next_input)
)
rnn_forward.mistake(
    "first-step-only",
    "The steps after the first are still 0: does the loop run over all T of them?",
    only_steps(RNN, lambda t, T: t == 0),
)
rnn_forward.mistake(
    "last-step-missing",
    "The last step is still 0: range(T_x) already ends at T_x - 1.",
    only_steps(RNN, lambda t, T: t < T - 1),
)
rnn_forward.hint("Begin with zeros: a of shape (n_a, m, T) and y_pred of shape (n_y, m, T). Each step fills a slice.")
rnn_forward.hint("One variable carries the hidden state: it is a0 before the loop, and each step replaces it.")
rnn_forward.hint("In the loop: a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters).")
