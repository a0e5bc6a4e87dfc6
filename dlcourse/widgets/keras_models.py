"""The digit explorer of notebook 03: move a digit, add noise, and see what a model makes of it."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns


class DigitExplorer(Explorer):
    """A digit and the ten probabilities that a model gives it.

    The attributes `which`, `right`, `down` and `noise` are the controls; setting their `value` does what a hand
    does.

    Args:
        images: shape (m, 8, 8, 1), in [0, 1].
        labels: which digit each one is.
        predict: from images (m, 8, 8, 1) to probabilities (m, 10).
    """

    blamed = "The model"

    def __init__(self, images: np.ndarray, labels: np.ndarray, predict: Callable):
        self.images, self.labels, self.predict = images, labels, predict
        wide = {"layout": ipywidgets.Layout(width="300px"), "continuous_update": False}
        self.which = ipywidgets.IntSlider(0, 0, len(images) - 1, description="image", **wide)
        self.right = ipywidgets.IntSlider(0, -4, 4, description="move right", **wide)
        self.down = ipywidgets.IntSlider(0, -4, 4, description="move down", **wide)
        self.noise = ipywidgets.FloatSlider(0, min=0, max=1, step=0.05, description="noise", **wide)
        layout = columns([self.which, self.noise], [self.right, self.down])
        self._arrange(self.which, self.noise, self.right, self.down, layout=layout)

    def input(self) -> np.ndarray:
        """The chosen digit, moved and with noise, shape (8, 8, 1)."""
        image = np.pad(self.images[self.which.value], ((4, 4), (4, 4), (0, 0)))
        top, left = 4 - self.down.value, 4 - self.right.value
        moved = image[top : top + 8, left : left + 8]
        noise = np.random.default_rng(self.which.value).normal(size=moved.shape)
        return np.clip(moved + self.noise.value * noise, 0, 1)

    def probabilities(self) -> np.ndarray:
        """What the model makes of it, shape (10,)."""
        return np.asarray(self.predict(self.input()[np.newaxis]))[0]

    def _draw(self) -> tuple[plots.Picture, Words]:
        image, probabilities = self.input(), self.probabilities()
        label, answer = int(self.labels[self.which.value]), int(np.argmax(probabilities))
        drawing = plots.figure(6.4, 2.6)
        left, right = drawing.subplots(1, 2, width_ratios=[2, 3])
        plots.draw_image(left, image, limits=(0, 1))
        plots.style(right, x_label="digit", y_label="probability")
        colours = [plots.GREEN if digit == label else plots.BLUE for digit in range(10)]
        right.bar(range(10), probabilities, color=colours)
        right.set_xticks(range(10))
        right.set_ylim(0, 1)
        verdict = "right" if answer == label else f"wrong: it is a {label}"
        words = f"The model says {answer}, with a probability of {probabilities[answer]:.0%}, which is {verdict}."
        words += " The green bar is the right digit's."
        return plots.as_image(drawing, words), in_italics(words)


def explore_digits(images: np.ndarray, labels: np.ndarray, predict: Callable) -> None:
    """Show a DigitExplorer: a digit and a model's ten probabilities, with controls that move and disturb it."""
    DigitExplorer(images, labels, predict).show()
