"""The explorer of notebook 16: a stack of causal convolutions, and which steps its last output depends on."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns

STEPS = 32
DILATIONS = {
    "1, 1, 1, ...": lambda layer: 1,
    "1, 2, 4, ...": lambda layer: 2**layer,
    "1, 3, 9, ...": lambda layer: 3**layer,
    "4, 4, 4, ...": lambda layer: 4,
}


class DilationExplorer(Explorer):
    """Choose filters, layers and dilations; see what the present depends on.

    The attributes `f`, `layers` and `kind` are the controls; setting their `value` does what a reader's hand does.

    Args:
        causal_conv1d: the reader's own function. Which step it lets into which is asked of it, with a bang at each.
    """

    blamed = "`causal_conv1d`"

    def __init__(self, causal_conv1d: Callable):
        self.causal_conv1d = causal_conv1d
        wide = {"layout": ipywidgets.Layout(width="320px"), "style": {"description_width": "110px"}}
        self.f = ipywidgets.IntSlider(2, 1, 4, description="weights (f)", continuous_update=False, **wide)
        self.layers = ipywidgets.IntSlider(4, 1, 5, description="layers", continuous_update=False, **wide)
        self.kind = ipywidgets.Dropdown(options=list(DILATIONS), value="1, 2, 4, ...", description="dilations", **wide)
        self._arrange(self.f, self.layers, self.kind, layout=columns([self.f, self.layers], [self.kind]))

    def dilations(self) -> list[int]:
        return [DILATIONS[self.kind.value](layer) for layer in range(self.layers.value)]

    def links(self) -> list[np.ndarray]:
        """For each layer a table: whether a bang at this step of its input is heard at that step of its output."""
        bangs, ones = np.eye(STEPS)[:, :, np.newaxis], np.ones((self.f.value, 1, 1))
        return [np.abs(self.causal_conv1d(bangs, ones, dilation)[:, :, 0]) > 0 for dilation in self.dilations()]

    def needed(self) -> list[np.ndarray]:
        """For the input and for each layer's output: which steps the last step of the last layer depends on."""
        rows = [np.arange(STEPS) == STEPS - 1]
        for heard in reversed(self.links()):
            rows.insert(0, np.any(heard & rows[0], axis=1))
        return rows

    def _draw(self) -> tuple[plots.Picture, Words]:
        links, needed = self.links(), self.needed()
        words = self._in_words(np.flatnonzero(needed[0]))
        return plots.as_image(self._figure(links, needed), words), in_italics(words)

    def _in_words(self, seen: np.ndarray) -> str:
        dilations = ", ".join(map(str, self.dilations()))
        weights = f"{self.layers.value * self.f.value} weights, dilations {dilations}."
        if not len(seen):
            return f"{weights} The last output depends on no step of the signal."
        back = STEPS - int(seen[0])
        if back == STEPS:
            return f"{weights} The last output looks back to the first of these {STEPS} steps, or further."
        gaps = back - len(seen)
        missed = f", and misses {gaps} of them" if gaps else ", and misses none of them"
        return f"{weights} The last output looks back over {back} steps{missed}."

    def _figure(self, links: list[np.ndarray], needed: list[np.ndarray]) -> Figure:
        drawing = plots.figure(plots.MAX_WIDTH, 0.75 + 0.42 * len(links))
        axes = plots.style(drawing.subplots(), "step")
        for layer, heard in enumerate(links):
            pairs = np.argwhere(heard & needed[layer][:, np.newaxis] & needed[layer + 1])
            lines = [[(since, layer), (to, layer + 1)] for since, to in pairs]
            axes.add_collection(LineCollection(lines, colors=plots.ORANGE, linewidths=1.3, zorder=1))
        steps = np.arange(STEPS)
        for layer, row in enumerate(needed):
            axes.scatter(steps[~row], np.full((~row).sum(), layer), s=16, facecolors="none", edgecolors=plots.INK)
            axes.scatter(steps[row], np.full(row.sum(), layer), s=22, color=plots.ORANGE, zorder=2)
        names = ["signal", *(f"layer {layer + 1}" for layer in range(len(links)))]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(-0.5, len(links) + 0.5)
        axes.set_xlim(-1, STEPS)
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        return drawing


def explore_dilations(causal_conv1d: Callable) -> None:
    """Show a DilationExplorer: layers of causal convolutions, with controls for their filters and dilations."""
    DilationExplorer(causal_conv1d).show()
