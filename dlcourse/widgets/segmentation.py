"""The explorer of notebook 12: how often a transposed convolution writes each pixel."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns


class OverlapExplorer(Explorer):
    """Choose a filter, a stride and a border; see what becomes of an image of ones under a filter of ones.

    The attributes `n`, `f`, `stride` and `pad` are the controls; setting their `value` does what a reader's hand does.

    Args:
        transposed_conv: the reader's own function.
    """

    blamed = "`transposed_conv`"

    def __init__(self, transposed_conv: Callable):
        self.transposed_conv = transposed_conv
        wide = {
            "layout": ipywidgets.Layout(width="340px"),
            "style": {"description_width": "150px"},
            "continuous_update": False,
        }
        self.n = ipywidgets.IntSlider(6, 1, 10, description="side of the image", **wide)
        self.f = ipywidgets.IntSlider(3, 1, 6, description="filter", **wide)
        self.stride = ipywidgets.IntSlider(2, 1, 4, description="stride", **wide)
        self.pad = ipywidgets.IntSlider(0, 0, 3, description="border cut off", **wide)
        moved = self.n, self.f, self.stride, self.pad
        self._arrange(*moved, layout=columns([self.n, self.f], [self.stride, self.pad]))

    def _draw(self) -> tuple[plots.Picture, Words]:
        n, f, stride, pad = (control.value for control in (self.n, self.f, self.stride, self.pad))
        side = (n - 1) * stride + f - 2 * pad
        drawing = plots.figure(3.2, 3.2)
        axes = drawing.subplots()
        if side < 1:
            axes.axis("off")
            words = f"({n} - 1) · {stride} + {f} - 2 · {pad} = {side}: nothing is left of the image."
            return plots.as_image(drawing, words), in_italics(words)
        written = np.asarray(self.transposed_conv(np.ones((1, n, n, 1)), np.ones((f, f, 1, 1)), stride, pad))[
            0, :, :, 0
        ]
        plots.draw_image(axes, written, limits=(0, float(max(np.max(written), 1))), signed=False)
        words = _in_words(written, n, f, stride, pad)
        return plots.as_image(drawing, words), in_italics(words)


def _in_words(written: np.ndarray, n: int, f: int, stride: int, pad: int) -> str:
    least, most = int(np.min(written)), int(np.max(written))
    rows, columns = written.shape
    sizes = f"({n} - 1) · {stride} + {f} - 2 · {pad} = {rows}; {rows} × {columns} pixels"
    inner = written[f : rows - f, f : columns - f]  # where no edge is near
    if least == most:
        return f"{sizes}, each written {most} times: even grey."
    if inner.size and np.min(inner) == np.max(inner):
        within = f"within the edges all {int(np.max(inner))} times: no checkerboard"
        return f"{sizes}, written {least} to {most} times, and {within}."
    gaps = " Black pixels are never written." if least == 0 else ""
    return f"{sizes}, written {least} to {most} times: the brighter, the more often.{gaps}"


def explore_overlaps(transposed_conv: Callable) -> None:
    """Show an OverlapExplorer: how often each pixel is written, with controls for filter, stride and border."""
    OverlapExplorer(transposed_conv).show()
