"""The exercises of notebook 18: GRU and LSTM, one step and whole sequences, forth and back."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.gated_cells.gates import GRU, LSTM, random_parameters, topic, weight_names
from dlcourse.checks.gated_cells.gru_step import gru_cell_forward
from dlcourse.checks.gated_cells.gru_step_back import gru_cell_backward
from dlcourse.checks.gated_cells.lstm_step import lstm_cell_forward
from dlcourse.checks.gated_cells.lstm_step_back import lstm_cell_backward
from dlcourse.checks.gated_cells.sequences import gru_forward, lstm_forward
from dlcourse.checks.gated_cells.sequences_back import gru_backward, lstm_backward
from dlcourse.recurrent import sigmoid

__all__ = [
    "check",
    "gru_backward",
    "gru_cell_backward",
    "gru_cell_forward",
    "gru_forward",
    "hint",
    "lstm_backward",
    "lstm_cell_backward",
    "lstm_cell_forward",
    "lstm_forward",
    "solution",
    "spot_the_mistake",
    "topic",
]

check, hint, solution = notebook.functions(topic)


def _weights_of(gates, n_a, n_x):
    """How many numbers are in the weights and biases of the gates, the output left out."""
    weights = random_parameters(np.random.default_rng(0), gates, n_x, n_a, 1)
    return sum(weights[name].size for name in weight_names(gates))


_kept = float(sigmoid(np.array(1.0)) ** 10)

spot_the_mistake = topic.claims(
    claim(
        "keras_update_gate",
        "in Keras's GRU, what happens to the old state where the update gate is 1?",
        "kept",
        {
            "replaced": "So it is in this notebook; Keras's gate is the complement: z = 1 - ut.",
            "forgotten": "A GRU never loses the old state without putting the candidate in its place.",
        },
        choices=("kept", "replaced", "forgotten"),
    ),
    claim(
        "keras_gru_parameters",
        "the parameters of keras.layers.GRU(100) on 50 inputs, as it comes.",
        _weights_of(GRU, 100, 50) + 3 * 100,
        {
            _weights_of(GRU, 100, 50): "So many has reset_after=False. The default, reset_after=True, is another cell, "
            "with a second set of biases.",
            _weights_of(GRU, 100, 50) - 300: "The biases are missing.",
            _weights_of(LSTM, 100, 50): "So many has an LSTM.",
        },
    ),
    claim(
        "gru_gates",
        "the gates of a GRU.",
        len(GRU) - 1,
        {
            3: "Three weight matrices, but one of them makes the candidate, which is no gate: it has tanh.",
            4: "An LSTM has four weight matrices, three of them for gates.",
            1: "There is one in the simplified GRU of some lectures; the full one has a relevance gate too.",
        },
    ),
    claim(
        "lstm_output",
        "what an LSTM hands to the layer above.",
        "a",
        {
            "c": "The memory c stays inside: the output gate decides what of it is shown.",
            "both": "Both are handed to the next step; only one goes to the layer above.",
        },
        choices=("a", "c", "both"),
    ),
    claim(
        "ten_steps",
        "what is left of c after ten steps with ft = sigmoid(1), and nothing written.",
        _kept,
        {
            0.5**10: "This is a forget gate of 1/2, as a bias of 0 makes it.",
            1.0: "sigmoid(1) is 0.73, not 1: some of the memory is lost at every step.",
            float(sigmoid(np.array(1.0))): "This is what is left after one step.",
        },
        tolerance=5e-4,
    ),
)
spot_the_mistake.hint("Three of the five are counted: write the shapes down, or let a small computation do it.")
spot_the_mistake.hint(
    "For the parameters: three matrices of n_a rows and n_a + n_x columns, and how many columns of biases?"
)
