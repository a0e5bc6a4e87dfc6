"""The explorer of notebook 19: what a network of names says next, and the names that it invents at each temperature."""

from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below

DRAWS, NAMES, SHOWN, LONGEST = 400, 60, 8, 20


class NameExplorer(Explorer):
    """Begin a name and choose a temperature; see how likely each next character is, how often it is drawn, and names.

    The attributes `beginning` and `temperature` are the controls; setting their `value` does what a reader's hand does.

    Args:
        parameters: of a network that was trained on names.
        char_to_ix: the index of each character, the newline among them.
        rnn_forward: (X, Y, a_prev, parameters) -> the loss of a name, and (distributions (M, T), hidden states).
        sample_with_temperature: the reader's own.
        known: the names that the network was trained on.
    """

    blamed = "One of your functions"

    def __init__(
        self,
        parameters: dict[str, np.ndarray],
        char_to_ix: Mapping[str, int],
        rnn_forward: Callable,
        sample_with_temperature: Callable,
        known: Sequence[str],
    ):
        self.parameters, self.char_to_ix = parameters, dict(char_to_ix)
        self.rnn_forward, self.sample_with_temperature = rnn_forward, sample_with_temperature
        self.known = set(known)
        self._characters = sorted(self.char_to_ix, key=self.char_to_ix.get)

        wide = {"layout": ipywidgets.Layout(width="420px"), "style": {"description_width": "130px"}}
        self.beginning = ipywidgets.Text("ma", description="beginning", continuous_update=False, **wide)
        self.temperature = ipywidgets.FloatSlider(
            1.0, min=0.0, max=3.0, step=0.1, description="temperature", continuous_update=False, **wide
        )
        self._arrange(self.beginning, self.temperature, layout=below(self.beginning, self.temperature))

    def begun(self) -> str:
        """The beginning that was typed, without what is no letter of the network's alphabet."""
        typed = self.beginning.value.strip().lower()[:LONGEST]
        return "".join(char for char in typed if char in self.char_to_ix)

    def next_character(self) -> tuple[np.ndarray, np.ndarray]:
        """How likely each character is after the beginning, and how often it is drawn at the temperature."""
        y = self._read([None, *(self.char_to_ix[char] for char in self.begun())])[0]
        rng = np.random.default_rng(0)
        drawn = [self.sample_with_temperature(y, self.temperature.value, rng) for _ in range(DRAWS)]
        return y, np.bincount(drawn, minlength=len(y)) / DRAWS

    def names(self) -> list[str]:
        """Names that begin so, invented at the temperature."""
        rng = np.random.default_rng(1)
        return [self._invented(rng) for _ in range(NAMES)]

    def _read(self, indices: list, state: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The distribution and the hidden state after some characters."""
        state = np.zeros_like(self.parameters["b"]) if state is None else state
        _, (y_hat, states) = self.rnn_forward(indices, [0] * len(indices), state, self.parameters)
        return y_hat[:, -1], states[-1]

    def _invented(self, rng: np.random.Generator) -> str:
        name = self.begun()
        y, state = self._read([None, *(self.char_to_ix[char] for char in name)])
        while len(name) < LONGEST:
            index = int(self.sample_with_temperature(y, self.temperature.value, rng))
            if self._characters[index] == "\n":
                break
            name += self._characters[index]
            y, state = self._read([index], state)
        return name

    def _draw(self) -> tuple[plots.Picture, Words]:
        y, often = self.next_character()
        names, warmth = self.names(), self.temperature.value
        drawing = plots.figure(plots.MAX_WIDTH, 2.6)
        axes = plots.style(drawing.subplots(), "next character", "probability")
        places = np.arange(len(y))
        axes.bar(places - 0.2, y, width=0.4, color=plots.INK, label="the network's distribution")
        axes.bar(places + 0.2, often, width=0.4, color=plots.ORANGE, label=f"drawn at temperature {warmth:.1f}")
        axes.set_xticks(places, ["end" if char == "\n" else char for char in self._characters])
        axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
        copies = np.mean([name in self.known for name in names])
        begun = f"After {self.begun()}" if self.begun() else "At the beginning"
        likeliest = self._characters[int(np.argmax(y))]
        words = (
            f"{begun} the likeliest is {'the end' if likeliest == chr(10) else likeliest}, with {y.max():.2f}. At"
            f" temperature {warmth:.1f}: {', '.join(names[:SHOWN])}. Of {NAMES} names, {copies:.0%} are copies and"
            f" {len(set(names)) / NAMES:.0%} are different."
        )
        return plots.as_image(drawing, words), in_italics(words)


def explore_names(
    parameters: dict[str, np.ndarray],
    char_to_ix: Mapping[str, int],
    rnn_forward: Callable,
    sample_with_temperature: Callable,
    known: Sequence[str],
) -> None:
    """Show a NameExplorer: a network's next character and its names, with a beginning and a temperature to choose."""
    NameExplorer(parameters, char_to_ix, rnn_forward, sample_with_temperature, known).show()
