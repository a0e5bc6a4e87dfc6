"""The explorer of notebook 09: which windows a network sees in an image, and what one pass over all of them saves."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns

UNITS, CLASSES, REST = 400, 4, 5  # a dense layer that sees what 5 x 5 numbers were
MOST = 40


class WindowExplorer(Explorer):
    """Choose an image, a filter, a pool and a number of units; see the windows and what they cost.

    The attributes `n`, `f`, `pool` and `units` are the controls; setting their `value` does what a reader's hand does.

    Args:
        window_and_stride, window_cost: the reader's own functions.
    """

    blamed = "`window_and_stride` or `window_cost`"

    def __init__(self, window_and_stride: Callable, window_cost: Callable):
        self.window_and_stride, self.window_cost = window_and_stride, window_cost
        wide = {
            "layout": ipywidgets.Layout(width="340px"),
            "style": {"description_width": "150px"},
            "continuous_update": False,
        }
        self.n = ipywidgets.IntSlider(28, 10, MOST, description="side of the image", **wide)
        self.f = ipywidgets.IntSlider(5, 1, 7, description="first filter", **wide)
        self.pool = ipywidgets.IntSlider(2, 1, 4, description="pool", **wide)
        self.units = ipywidgets.SelectionSlider(
            options=[4, 20, 100, UNITS], value=UNITS, description="units of a dense layer", **wide
        )
        moved = self.n, self.f, self.pool, self.units
        self._arrange(*moved, layout=columns([self.n, self.f], [self.pool, self.units]))

    def network(self) -> list[tuple]:
        """The layers as the reader's functions want them."""
        units = self.units.value
        dense = [("conv", REST, 1, units), ("conv", 1, 1, units), ("conv", 1, 1, CLASSES)]
        return [("conv", self.f.value, 1, 16), ("pool", self.pool.value, self.pool.value), *dense]

    def _draw(self) -> tuple[plots.Picture, Words]:
        n = self.n.value
        window, stride = self.window_and_stride(self.network())
        places = np.arange(0, n - window + 1, stride)
        drawing = plots.figure(3.6, 3.4)
        axes = plots.style(drawing.subplots())
        axes.set_xlim(-0.5, MOST + 0.5)
        axes.set_ylim(MOST + 0.5, -0.5)
        axes.set_aspect("equal")
        axes.add_patch(plots.Rectangle((0, 0), n, n, facecolor=plots.BLUE, alpha=0.18, edgecolor=plots.INK))
        for number, place in enumerate(places[:2]):
            frame = plots.Rectangle((place, 0), window, window, fill=False, edgecolor=plots.ACCENTS[2 * number])
            frame.set_linewidth(2)
            axes.add_patch(frame)
        x, y = np.meshgrid(places + window / 2, places + window / 2)
        axes.scatter(x, y, s=7, color=plots.INK)
        words = self._in_words(n, window, stride, len(places))
        return plots.as_image(drawing, words), in_italics(words)

    def _in_words(self, n: int, window: int, stride: int, count: int) -> str:
        if not count:
            return f"The window is {window} pixels wide, wider than the image: nothing can be said of it."
        apart, together = self.window_cost(self.network(), n)
        apart_by = "1 pixel" if stride == 1 else f"{stride} pixels"
        windows = "One window" if count == 1 else f"{count} × {count} windows"
        return (
            f"{windows} of {window} × {window}, {apart_by} apart (a dot in the middle of each, two of them framed). "
            f"{apart:,} multiplications one by one, {together:,} at once: {apart / together:.2f} times fewer."
        )


def explore_windows(window_and_stride: Callable, window_cost: Callable) -> None:
    """Show a WindowExplorer: the windows of a network on an image, with controls for both."""
    WindowExplorer(window_and_stride, window_cost).show()
