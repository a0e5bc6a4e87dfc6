"""The explorer of notebook 18: how long an LSTM and a GRU hold a number, and which bias decides it."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots, sequences
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below

STEPS = 60
MARKED = {4: 0.9, 40: -0.9}  # the numbers that a memory should hold, by their place


class MemoryExplorer(Explorer):
    """Choose the bias of the gates that keep a memory; see how long an LSTM and a GRU hold a marked number.

    Either cell has one unit, with weights set by hand: at a mark it takes the number over. Between the marks the
    LSTM's forget gate is sigmoid(bias), and the GRU's update gate the rest to 1, so that both keep the same part.

    The attributes `bias` and `others` are the sliders; setting their `value` does what a reader's hand does.

    Args:
        lstm_forward, gru_forward: the reader's own functions.
        gate_over_time: (name of a gate, a (1, T), x (2, T), parameters) -> the gate at each step, (1, T).
    """

    blamed = "One of your functions"

    def __init__(self, lstm_forward: Callable, gru_forward: Callable, gate_over_time: Callable):
        self.lstm_forward = lstm_forward
        self.gru_forward = gru_forward
        self.gate_over_time = gate_over_time
        self._numbers = np.random.default_rng(0).uniform(-1, 1, size=STEPS)

        wide = {"layout": ipywidgets.Layout(width="420px"), "style": {"description_width": "130px"}}
        self.bias = ipywidgets.FloatSlider(
            2.0, min=0.0, max=10.0, step=0.5, description="forget bias", continuous_update=False, **wide
        )
        self.others = ipywidgets.FloatSlider(
            0.5, min=0.0, max=1.0, step=0.1, description="unmarked numbers", continuous_update=False, **wide
        )
        self._arrange(self.bias, self.others, layout=below(self.bias, self.others))

    def input(self) -> np.ndarray:
        """Numbers and marks, shape (2, T); the unmarked numbers are as large as the slider says."""
        x = np.stack([self.others.value * self._numbers, np.zeros(STEPS)])
        for step, number in MARKED.items():
            x[:, step] = number, 1.0
        return x

    def strips(self) -> dict[str, np.ndarray]:
        """Numbers and marks, and the gates and the memory of either cell, at each step."""
        x = self.input()
        # a gate of the LSTM sees the mark only: at a mark the forget gate shuts and the input gate opens
        lstm = _one_unit(f=(-20.0, self.bias.value), i=(20.0, -10.0), o=(0.0, 10.0))
        gru = _one_unit(u=(20.0, -self.bias.value), r=(0.0, 0.0))
        hidden, _, memory, _ = self.lstm_forward(x[:, np.newaxis], np.zeros((1, 1)), lstm)
        state, _, _ = self.gru_forward(x[:, np.newaxis], np.zeros((1, 1)), gru)
        return {
            "number": x[0],
            "mark": x[1],
            "LSTM: forget gate": self.gate_over_time("f", hidden[:, 0], x, lstm)[0],
            "input gate": self.gate_over_time("i", hidden[:, 0], x, lstm)[0],
            "memory": memory[0, 0],
            "GRU: update gate": self.gate_over_time("u", state[:, 0], x, gru)[0],
            "state": state[0, 0],
        }

    def _draw(self) -> tuple[plots.Picture, Words]:
        strips = self.strips()
        first, second = MARKED
        kept, taken = strips["LSTM: forget gate"][second - 1], strips["GRU: update gate"][second - 1]
        words = (
            f"Forget bias {self.bias.value:.1f}: between the marks the forget gate is {kept:.3f} and the update gate"
            f" {taken:.3f}. Step {first + 1} wrote {strips['memory'][first]:.3f}; at step {second} the LSTM's memory"
            f" is {strips['memory'][second - 1]:.3f} and the GRU's state {strips['state'][second - 1]:.3f}."
        )
        return plots.as_image(sequences.over_time(strips), words), in_italics(words)


def explore_memory(lstm_forward: Callable, gru_forward: Callable, gate_over_time: Callable) -> None:
    """Show a MemoryExplorer: how long two cells hold a number, with sliders for the bias and for the other numbers."""
    MemoryExplorer(lstm_forward, gru_forward, gate_over_time).show()


def _one_unit(**gates: tuple[float, float]) -> dict[str, np.ndarray]:
    """Parameters of a cell with one unit, whose gates have these weights for the mark and these biases."""
    parameters = {"Wc": np.array([[0.0, 1.0, 0.0]]), "bc": np.zeros((1, 1))}  # the candidate sees the number only
    parameters |= {"Wy": np.zeros((2, 1)), "by": np.zeros((2, 1))}
    for gate, (weight, bias) in gates.items():
        parameters["W" + gate] = np.array([[0.0, 0.0, weight]])
        parameters["b" + gate] = np.array([[bias]])
    return parameters
