"""The exercises of notebook 18 on whole sequences: `gru_forward` and `lstm_forward`."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.loops_over_time import forwards, next_input, one_step_late, only_steps
from dlcourse.checking.panel.pictures import strip
from dlcourse.checks.gated_cells.gates import GRU, LSTM, OF_GRU, OF_LSTM, by_biases, number, random_sequence, topic
from dlcourse.recurrent import softmax


def _either_way_forth(exercise, cell):
    """What goes wrong in the loop around either cell."""
    exercise.raises(
        "input-of-a-step",
        "What comes out of a step does not fit. Each step sees its own input only, x[:, :, t] of the shape "
        "(n_x, m): not the whole of x, and time is the last axis.",
        r"could not broadcast|could not be broadcast|out of bounds|core dimension|not aligned|must match exactly|"
        r"same number of dimensions",
    )
    exercise.mistake(
        "last-step-only",
        "Only the last step is filled in: are the assignments inside the loop?",
        only_steps(cell, lambda t, T: t == T - 1),
    )
    exercise.mistake(
        "last-step-missing",
        "The last step is still 0: range(T_x) already ends at T_x - 1.",
        only_steps(cell, lambda t, T: t < T - 1),
    )
    exercise.mistake(
        "one-step-ahead", "Step t sees the input of another step: it is x[:, :, t].", forwards(cell, see=next_input)
    )


# gru_forward


@topic.exercise(
    reference=reference.gru_forward,
    outputs=("a", "y_pred", None),
    section="The GRU, through time",
    by_output=True,
    picture=strip(),
    companions=("gru_cell_forward",),
    weights={"a": 2.0},
)
def gru_forward(rng):
    parameters = by_biases(c=np.arctanh(0.5), u=0.0, r=0.0)  # each step goes half of the way to 0.5
    states = np.array([0.25, 0.375, 0.4375])
    y_pred = softmax(np.stack([states, -states])).reshape(2, 1, 3)
    yield case(
        "three steps half of the way to 1/2, by hand",
        rng.normal(size=(1, 1, 3)),
        number(0),
        parameters,
        group="by hand",
        expect=(states.reshape(1, 1, 3), y_pred, None),
    )
    yield case("one step", *random_sequence(rng, GRU, 3, 2, 4, 5, 1), group="lengths")
    yield case("two steps", *random_sequence(rng, GRU, 3, 5, 2, 4, 2), group="lengths")
    yield case("five steps", *random_sequence(rng, GRU, 4, 3, 2, 6, 5), group="lengths")
    yield case("more units than inputs, six steps", *random_sequence(rng, GRU, 2, 6, 3, 1, 6), group="lengths")


gru_forward.mistake(
    "state-not-carried",
    "Every step starts from a0: hand each step's hidden state to the next. If the loop does, it is gru_cell_forward "
    "that does not use a_prev: check that one first.",
    forwards(OF_GRU, state=lambda a0, a: a0),
)
gru_forward.mistake(
    "a0-ignored", "The first step starts from zeros; it must start from a0.", forwards(OF_GRU, start=0.0)
)
gru_forward.mistake(
    "first-input-only",
    "Every step sees the first input: step t sees x[:, :, t].",
    forwards(OF_GRU, see=lambda x, t: x[:, :, 0]),
)
gru_forward.mistake(
    "from-the-end", "The sequence is read from its end; begin with the first step.", forwards(OF_GRU, from_the_end=True)
)
gru_forward.mistake(
    "one-step-late",
    "a[:, :, t] holds the state that goes into step t; it must hold the one that comes out of it.",
    one_step_late(OF_GRU),
)
gru_forward.mistake(
    "time-first", "Time is the first axis of the result; it must be the last: (n_a, m, T).", forwards(OF_GRU, axis=0)
)
_either_way_forth(gru_forward, OF_GRU)
gru_forward.hint("It is rnn_forward from the notebook before with another cell in the loop.")
gru_forward.hint("a_next, yt_pred, cache = gru_cell_forward(x[:, :, t], a_next, parameters), from a_next = a0 on.")


# lstm_forward


@topic.exercise(
    reference=reference.lstm_forward,
    outputs=("a", "y", "c", None),
    section="The LSTM, through time",
    by_output=True,
    picture=strip(),
    companions=("lstm_cell_forward",),
)
def lstm_forward(rng):
    parameters = by_biases(f=0.0, i=0.0, c=np.arctanh(0.5), o=0.0)  # c is halved, and 1/4 added
    c = np.array([0.25, 0.375, 0.4375])
    a = 0.5 * np.tanh(c)
    y = softmax(np.stack([a, -a])).reshape(2, 1, 3)
    yield case(
        "three steps with all gates at 1/2, by hand",
        rng.normal(size=(1, 1, 3)),
        number(0.4),
        parameters,
        group="by hand",
        expect=(a.reshape(1, 1, 3), y, c.reshape(1, 1, 3), None),
    )
    yield case("one step", *random_sequence(rng, LSTM, 3, 2, 4, 5, 1), group="lengths")
    yield case("two steps", *random_sequence(rng, LSTM, 3, 5, 2, 4, 2), group="lengths")
    yield case("five steps", *random_sequence(rng, LSTM, 4, 3, 2, 6, 5), group="lengths")
    yield case("more units than inputs, six steps", *random_sequence(rng, LSTM, 2, 6, 3, 1, 6), group="lengths")


def _memory_second(x, a0, parameters):
    a, y, c, _ = reference.lstm_forward(x, a0, parameters)
    return a, c, y, None


lstm_forward.mistake(
    "memory-not-carried",
    "Every step starts with an empty memory: hand each step's c_next to the next. If the loop does, "
    "it is lstm_cell_forward that forgets: check that one first.",
    forwards(OF_LSTM, memory=lambda a0, c: np.zeros_like(c)),
)
lstm_forward.mistake(
    "state-not-carried",
    "Every step starts from a0: hand each step's hidden state to the next. If the loop does, it is "
    "lstm_cell_forward that does not use a_prev: check that one first.",
    forwards(OF_LSTM, state=lambda a0, a: a0),
)
lstm_forward.mistake(
    "memory-starts-as-a0",
    "The memory starts as a0; it starts empty, as zeros of the same shape.",
    forwards(OF_LSTM, first_memory=np.copy),
)
lstm_forward.mistake(
    "a0-ignored",
    "The first step starts from a hidden state of zeros; it must start from a0.",
    forwards(OF_LSTM, start=0.0),
)
lstm_forward.mistake(
    "first-input-only",
    "Every step sees the first input: step t sees x[:, :, t].",
    forwards(OF_LSTM, see=lambda x, t: x[:, :, 0]),
)
lstm_forward.mistake(
    "order-of-results", "The memory comes before the predictions; the order is a, y, c, caches.", _memory_second
)
lstm_forward.mistake(
    "time-first", "Time is the first axis of the results; it must be the last: (n_a, m, T).", forwards(OF_LSTM, axis=0)
)
_either_way_forth(lstm_forward, OF_LSTM)
lstm_forward.hint(
    "Two variables are handed from step to step: a_next, which is a0 at first, and c_next, zeros at first."
)
lstm_forward.hint(
    "The cell returns a_next, c_next, yt_pred, cache; this function returns a, y, c, caches. Mind the order."
)
