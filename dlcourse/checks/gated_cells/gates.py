"""What the exercises on GRU and LSTM share: random cells and sequences, and the names of their gates."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import Topic
from dlcourse.checking.loops_over_time import Cell

topic = Topic("gated_cells")

GRU, LSTM = ("c", "u", "r"), ("f", "i", "c", "o")
OF_GRU = Cell(reference.gru_cell_forward, reference.gru_forward, reference.gru_cell_backward)
OF_LSTM = Cell(reference.lstm_cell_forward, reference.lstm_forward, reference.lstm_cell_backward, memory=True)
GATE_NAMES = {
    "u": "update gate",
    "r": "relevance gate",
    "f": "forget gate",
    "i": "input gate",
    "o": "output gate",
    "c": "candidate",
}


def random_parameters(rng, gates, n_x, n_a, n_y):
    """Weights and biases large enough that no gate stands near its middle, and none near its ends."""
    parameters = {"Wy": rng.normal(size=(n_y, n_a)), "by": rng.normal(size=(n_y, 1))}
    for gate in gates:
        parameters[f"W{gate}"] = rng.normal(size=(n_a, n_a + n_x)) / (n_a + n_x) ** 0.5
        parameters[f"b{gate}"] = 0.5 * rng.normal(size=(n_a, 1))
    return parameters


def random_step(rng, gates, n_x=3, n_a=5, n_y=2, m=4):
    """xt, a_prev and the parameters; for an LSTM, the memory c_prev as well."""
    memory = (rng.normal(size=(n_a, m)),) if gates is LSTM else ()
    state = 0.8 * np.tanh(rng.normal(size=(n_a, m)))
    return rng.normal(size=(n_x, m)), state, *memory, random_parameters(rng, gates, n_x, n_a, n_y)


def random_sequence(rng, gates, n_x=3, n_a=5, n_y=2, m=4, T=5):
    state = 0.8 * np.tanh(rng.normal(size=(n_a, m)))
    return rng.normal(size=(n_x, m, T)), state, random_parameters(rng, gates, n_x, n_a, n_y)


def by_biases(**biases):
    """Parameters of one unit and one input whose gates are set by their biases alone: all weights are 0."""
    parameters = {f"W{gate}": np.zeros((1, 2)) for gate in biases}
    parameters.update({f"b{gate}": np.array([[float(bias)]]) for gate, bias in biases.items()})
    return {**parameters, "Wy": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}


def number(value):
    return np.array([[float(value)]])


def weight_names(gates):
    return [f"{letter}{gate}" for gate in gates for letter in "Wb"]
