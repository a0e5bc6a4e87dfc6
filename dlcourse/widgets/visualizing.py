"""The explorer of notebook 15: which pixels of a row two neighbouring units see, through three layers."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.figures.plots import ACCENTS, INK
from dlcourse.widgets.explorer import Explorer, columns

PIXELS = 48
MOST_LAYERS = 5


class FieldExplorer(Explorer):
    """Choose the layers of a small stack; see what unit 0 and its neighbour see of a row of pixels.

    The attributes `count`, `f`, `stride` and `pad` are the controls; setting their `value` does what a reader's hand
    does.

    Args:
        receptive_field: the reader's own function.
    """

    blamed = "`receptive_field`"

    def __init__(self, receptive_field: Callable):
        self.receptive_field = receptive_field
        wide = {
            "layout": ipywidgets.Layout(width="340px"),
            "style": {"description_width": "150px"},
            "continuous_update": False,
        }
        self.count = ipywidgets.IntSlider(3, 1, MOST_LAYERS, description="layers", **wide)
        self.f = ipywidgets.IntSlider(3, 1, 7, description="filter", **wide)
        self.stride = ipywidgets.IntSlider(1, 1, 2, description="stride", **wide)
        self.pad = ipywidgets.IntSlider(0, 0, 3, description="padding", **wide)
        moved = self.count, self.f, self.stride, self.pad
        self._arrange(*moved, layout=columns([self.count, self.f], [self.stride, self.pad]))

    def _draw(self) -> tuple[plots.Picture, Words]:
        layer = self.f.value, self.stride.value, self.pad.value
        fields = [self.receptive_field([layer] * number) for number in range(1, self.count.value + 1)]
        drawing = plots.figure(plots.MAX_WIDTH, 0.9 + 0.45 * MOST_LAYERS)
        axes = plots.style(drawing.subplots(), "pixel of the row", "layer")
        for number, (r, jump, start) in enumerate(fields, 1):
            for unit, colour in enumerate(ACCENTS[:2]):
                left = start + unit * jump - 0.5
                axes.barh(number + 0.18 - 0.36 * unit, r, 0.3, left, color=colour)
        axes.axvspan(-0.5, PIXELS - 0.5, facecolor="none", edgecolor=INK, linewidth=1)
        axes.set_yticks(range(1, len(fields) + 1))
        axes.set_ylim(0.5, MOST_LAYERS + 0.5)
        words = _in_words(*fields[-1], layer, len(fields))
        return plots.as_image(drawing, words), in_italics(words)


def _in_words(r: int, jump: int, start: int, layer: tuple[int, int, int], count: int) -> str:
    f, _, _ = layer
    weights = f"{count} × {f} = {count * f} weights in a row" if count > 1 else f"{f} weights in a row"
    outside = f" {min(-start, r)} of the {r} pixels of unit 0 lie in the padding." if start < 0 else ""
    return (
        f"Unit 0 (above) and its neighbour (below) in each layer; the frame is the image. In the last one r = {r}, "
        f"jump {jump}, start {start}, with {weights}.{outside}"
    )


def explore_fields(receptive_field: Callable) -> None:
    """Show a FieldExplorer: what two neighbouring units see, with controls for a stack of equal layers."""
    FieldExplorer(receptive_field).show()
