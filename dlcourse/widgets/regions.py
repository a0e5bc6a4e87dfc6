"""The explorer of notebook 11: a region on a feature map, as RoI pooling and as RoIAlign see it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns

SIDE = 8


def bump() -> np.ndarray:
    """A feature map with one smooth hill, so that a small move should change little: (8, 8, 1)."""
    place = np.arange(SIDE) + 0.5
    return np.round(9 * np.exp(-((place[:, None] - 3.4) ** 2 + (place - 4.1) ** 2) / 6), 1)[..., None]


class RegionExplorer(Explorer):
    """Move a region over a feature map; see the cells that are pooled, the points that are asked, and both results.

    The attributes `top`, `left`, `side` and `bins` are the controls; setting their `value` does what a reader's hand
    does.

    Args:
        roi_pool, roi_align: the reader's own functions.
    """

    blamed = "`roi_pool` or `roi_align`"

    def __init__(self, roi_pool: Callable, roi_align: Callable):
        self.roi_pool, self.roi_align = roi_pool, roi_align
        wide = {
            "layout": ipywidgets.Layout(width="340px"),
            "style": {"description_width": "120px"},
            "continuous_update": False,
        }
        self.top = ipywidgets.FloatSlider(1.6, min=0, max=4, step=0.1, description="top", **wide)
        self.left = ipywidgets.FloatSlider(2.3, min=0, max=4, step=0.1, description="left", **wide)
        self.side = ipywidgets.FloatSlider(3.5, min=1, max=4, step=0.1, description="side", **wide)
        self.bins = ipywidgets.IntSlider(2, 1, 4, description="bins", **wide)
        moved = self.top, self.left, self.side, self.bins
        self._arrange(*moved, layout=columns([self.top, self.left], [self.side, self.bins]))

    def _draw(self) -> tuple[plots.Picture, Words]:
        top, left, side, bins = (control.value for control in (self.top, self.left, self.side, self.bins))
        features, region = bump(), np.array([[top, left, top + side, left + side]])
        pooled = np.asarray(self.roi_pool(features, region, bins), dtype=float)[0, :, :, 0]
        aligned = np.asarray(self.roi_align(features, region, bins), dtype=float)[0, :, :, 0]
        drawing = plots.figure(7.2, 2.7)
        on_the_map, by_pooling, by_aligning = drawing.subplots(1, 3)
        plots.draw_image(on_the_map, features, "a feature map", (0, 9), False)
        # imshow lays the centre of cell 0 at 0
        first, last = np.floor(region[0, :2]), np.ceil(np.round(region[0, 2:], 6))
        on_the_map.add_patch(
            plots.Rectangle(
                (first[1] - 0.5, first[0] - 0.5), *(last - first)[::-1], fill=False, edgecolor=plots.BLUE, linewidth=2
            )
        )
        on_the_map.add_patch(
            plots.Rectangle((left - 0.5, top - 0.5), side, side, fill=False, edgecolor=plots.ORANGE, linewidth=2)
        )
        places = (np.arange(bins) + 0.5) / bins * side - 0.5
        on_the_map.scatter(*np.meshgrid(left + places, top + places), s=12, color=plots.ORANGE, zorder=3)
        plots.draw_image(by_pooling, pooled, "RoI pooling", (0, 9), False)
        plots.draw_image(by_aligning, aligned, "RoIAlign", (0, 9), False)
        words = (
            f"Orange: the region from ({top:.1f}, {left:.1f}) on, and the points that RoIAlign asks, mean "
            f"{aligned.mean():.2f}. Blue: the "
            f"{int(last[0] - first[0])} × {int(last[1] - first[1])} cells of which RoI pooling takes maxima, mean "
            f"{pooled.mean():.2f}."
        )
        return plots.as_image(drawing, words), in_italics(words)


def explore_regions(roi_pool: Callable, roi_align: Callable) -> None:
    """Show a RegionExplorer: a feature map with a region to move, and what both functions make of it."""
    RegionExplorer(roi_pool, roi_align).show()
