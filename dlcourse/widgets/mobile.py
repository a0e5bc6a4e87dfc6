"""The cost explorer of notebook 07: choose a layer, and see what it costs to compute it at once or in two steps."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns

CHANNELS = [2**power for power in range(11)]


class CostExplorer(Explorer):
    """The multiplications of an ordinary and of a separable convolution.

    The attributes `f`, `n_C_prev`, `n_C` and `side` are the controls; setting their `value` does what a reader's hand
    does.

    Args:
        separable_cost: the reader's own function.
    """

    blamed = "`separable_cost`"

    def __init__(self, separable_cost: Callable):
        self.separable_cost = separable_cost
        wide = {"continuous_update": False, "layout": ipywidgets.Layout(width="340px")}
        wide["style"] = {"description_width": "110px"}
        self.f = ipywidgets.SelectionSlider(options=[1, 3, 5, 7, 9], value=3, description="f", **wide)
        self.side = ipywidgets.IntSlider(28, 1, 112, description="output, pixels", **wide)
        self.n_C_prev = ipywidgets.SelectionSlider(options=CHANNELS, value=256, description="channels in", **wide)
        self.n_C = ipywidgets.SelectionSlider(options=CHANNELS, value=256, description="channels out", **wide)
        left, right = [self.f, self.side], [self.n_C_prev, self.n_C]
        self._arrange(*left, *right, layout=columns(left, right))

    def costs(self) -> tuple[int, int, int]:
        """What separable_cost makes of the chosen layer."""
        side = self.side.value
        return self.separable_cost(side, side, self.f.value, self.n_C_prev.value, self.n_C.value)

    def _draw(self) -> tuple[plots.Picture, Words]:
        ordinary, depthwise, pointwise = self.costs()
        share = (depthwise + pointwise) / ordinary
        words = (
            f"{ordinary:,} multiplications at once; {depthwise:,} + {pointwise:,} in two steps: {share:.1%} of them. "
            f"The dashed line is 1/f² = {1 / self.f.value**2:.1%}."
        )
        return plots.as_image(self._figure(ordinary, depthwise, pointwise), words), in_italics(words)

    def _figure(self, ordinary: int, depthwise: int, pointwise: int) -> Figure:
        drawing = plots.figure(plots.MAX_WIDTH, 2.4)
        left, right = drawing.subplots(1, 2, width_ratios=[3, 2])
        plots.style(left, "multiplications, in millions")
        left.barh(1, ordinary / 1e6, color=plots.BLUE)
        left.barh(0, depthwise / 1e6, color=plots.ORANGE, label="depthwise")
        left.barh(0, pointwise / 1e6, left=depthwise / 1e6, color=plots.GREEN, label="pointwise")
        left.set_yticks([1, 0], ["ordinary", "separable"])
        left.set_xlim(0, 1.02 * max(ordinary, depthwise + pointwise) / 1e6)
        left.legend(frameon=False, labelcolor=plots.INK, fontsize=9, loc="lower right")
        plots.style(right, "channels out", "what is left")
        f = self.f.value
        right.plot(CHANNELS, [1 / n_C + 1 / f**2 for n_C in CHANNELS], color=plots.INK, linewidth=1.5)
        right.axhline(1 / f**2, color=plots.INK, linewidth=1, linestyle="--")
        right.plot([self.n_C.value], [(depthwise + pointwise) / ordinary], "o", color=plots.ORANGE, markersize=8)
        right.set_xscale("log", base=2)
        right.set_xticks(CHANNELS[::3], [str(n_C) for n_C in CHANNELS[::3]])
        right.set_ylim(0, max(1.1, np.ceil((depthwise + pointwise) / ordinary * 1.05)))
        return drawing


def explore_costs(separable_cost: Callable) -> None:
    """Show a CostExplorer: the cost of a layer, with controls for its filters, channels and size."""
    CostExplorer(separable_cost).show()
