"""The explorer of notebook 17: how far back gradients reach, and which weights and inputs decide it."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots, sequences
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below

UNITS, STEPS = 30, 60
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class GradientExplorer(Explorer):
    """Choose how much Waa stretches and how large the inputs are; see how far back gradients reach.

    The attributes `radius` and `size` are the sliders; setting their `value` does what a reader's hand does.

    Args:
        rnn_forward, gradient_through_time: the reader's own functions.
    """

    blamed = "One of your functions"

    def __init__(self, rnn_forward: Callable, gradient_through_time: Callable):
        self.rnn_forward = rnn_forward
        self.gradient_through_time = gradient_through_time
        rng = np.random.default_rng(0)
        # orthogonal: it turns every vector and stretches none, so that only the slider decides how much is stretched
        self._turn = np.linalg.qr(rng.normal(size=(UNITS, UNITS)))[0]
        self._Wax = rng.normal(size=(UNITS, 3))
        self._x = rng.normal(size=(3, 1, STEPS))

        wide = {"layout": ipywidgets.Layout(width="420px"), "style": {"description_width": "130px"}}
        self.radius = ipywidgets.FloatSlider(
            0.8, min=0.5, max=3.0, step=0.1, description="spectral radius", continuous_update=False, **wide
        )
        self.size = ipywidgets.FloatSlider(
            0.1, min=0.0, max=1.0, step=0.05, description="size of the inputs", continuous_update=False, **wide
        )
        self._arrange(self.radius, self.size, layout=below(self.radius, self.size))

    def norms(self) -> np.ndarray:
        """How large the gradient of the last state is for each state, at the sliders' values."""
        Waa = self.radius.value * self._turn
        parameters = {
            "Wax": self._Wax,
            "Waa": Waa,
            "Wya": np.zeros((2, UNITS)),
            "ba": np.zeros((UNITS, 1)),
            "by": np.zeros((2, 1)),
        }
        a = self.rnn_forward(self.size.value * self._x, np.zeros((UNITS, 1)), parameters)[0]
        return self.gradient_through_time(a[:, 0, :], Waa)

    def _draw(self) -> tuple[plots.Picture, Words]:
        norms, radius = self.norms(), self.radius.value
        without_tanh = radius ** np.arange(STEPS - 1, -1, -1)
        drawing = sequences.reach({"with tanh": norms}, "norm of da⟨T⟩/da⟨t⟩", 1e-12, 1e12, without_tanh)
        words = (
            f"Spectral radius {radius:.1f}: {STEPS - 1} steps back, the gradient is {_times(norms[0])}; "
            f"without tanh it would be {_times(without_tanh[0])}."
        )
        return plots.as_image(drawing, words), in_italics(words)


def explore_gradients(rnn_forward: Callable, gradient_through_time: Callable) -> None:
    """Show a GradientExplorer: how far back gradients reach, with sliders for the weights and the inputs."""
    GradientExplorer(rnn_forward, gradient_through_time).show()


def _times(factor: float) -> str:
    """How large something is beside 1, in words: "about as large", "smaller by a factor of 10¹⁸"."""
    if 0.5 < factor < 2:
        return "about as large"
    return f"larger by a factor of {_size(factor)}" if factor >= 2 else f"smaller by a factor of {_size(1 / factor)}"


def _size(number: float) -> str:
    """A large number as a power of ten, a small one as it is."""
    if number < 1e4:
        return f"{number:,.0f}"
    return "10" + str(round(np.log10(number))).translate(SUPERSCRIPTS)
