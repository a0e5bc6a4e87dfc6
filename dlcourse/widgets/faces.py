"""Where to put the threshold: distances of pairs of pictures, and who is let in."""

from __future__ import annotations

import numpy as np
from ipywidgets import FloatSlider

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below


class ThresholdExplorer(Explorer):
    """Histograms of the distances of same and different pairs, with a threshold that can be moved."""

    def __init__(self, same: np.ndarray, different: np.ndarray, threshold: float) -> None:
        self.same, self.different = np.asarray(same), np.asarray(different)
        self.bins = np.linspace(0, max(self.same.max(), self.different.max()), 40)
        self.slider = FloatSlider(
            value=threshold,
            min=0.0,
            max=float(self.bins[-1]),
            step=0.01,
            description="threshold",
            readout_format=".2f",
            continuous_update=False,
        )
        self._arrange(self.slider, layout=below(self.slider))

    def rates(self) -> tuple[float, float]:
        """Share of the right persons who are let in, and of the wrong ones."""
        return float(np.mean(self.same < self.slider.value)), float(np.mean(self.different < self.slider.value))

    def _draw(self) -> tuple[plots.Picture, Words]:
        drawing = plots.figure(height=2.5)
        axes = plots.style(drawing.subplots(), "distance", "share of pairs")
        for distances, colour, label in (
            (self.same, plots.BLUE, "one person"),
            (self.different, plots.ORANGE, "two persons"),
        ):
            weights = np.full(len(distances), 1 / len(distances))
            axes.hist(distances, self.bins, weights=weights, color=colour, alpha=0.7, label=label)
        axes.axvline(self.slider.value, color=plots.INK, linestyle="--")
        axes.legend(frameon=False, labelcolor=plots.INK)
        let_in, wrongly = self.rates()
        words = (
            f"Left of the dashed line the door opens: for {let_in:.1%} of the pairs that show one person, "
            f"and for {wrongly:.1%} of those that show two."
        )
        return plots.as_image(drawing, words), in_italics(words)


def explore_threshold(same: np.ndarray, different: np.ndarray, threshold: float) -> None:
    """Show a ThresholdExplorer."""
    ThresholdExplorer(same, different, threshold).show()
