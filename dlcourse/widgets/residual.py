"""Training curves of networks of several depths, with a slider over the depth."""

from collections.abc import Mapping, Sequence

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below

SMOOTH = 10  # steps, over which the last loss is averaged


class DepthExplorer(Explorer):
    """Choose a depth; see how networks of this depth learned, and where they stand among the others.

    The attribute `depth` is the slider; setting its `value` does what a reader's hand does.

    Args:
        curves: for each kind of network, its loss at each step of the training, by depth.
    """

    def __init__(self, curves: Mapping[str, Mapping[int, Sequence[float]]]):
        self.curves = curves
        depths = sorted({depth for by_depth in curves.values() for depth in by_depth})
        self.depth = ipywidgets.SelectionSlider(
            options=depths,
            value=depths[-1],
            description="layers",
            continuous_update=False,
            layout=ipywidgets.Layout(width="340px"),
        )
        self._arrange(self.depth, layout=below(self.depth))

    def _draw(self) -> tuple[plots.Picture, Words]:
        depth = self.depth.value
        ends = {kind: last_loss(by_depth[depth]) for kind, by_depth in self.curves.items() if depth in by_depth}
        values = ", ".join(f"{kind} {value:.2f}" for kind, value in ends.items())
        words = f"{depth} layers; training loss at the end: {values}. Right: all depths."
        return plots.as_image(_draw_curves(self.curves, depth), words), in_italics(words)


def explore_depth(curves: Mapping[str, Mapping[int, Sequence[float]]]) -> None:
    """Show a DepthExplorer: training curves of several kinds of networks, with a slider over their depth."""
    DepthExplorer(curves).show()


def last_loss(losses: Sequence[float]) -> float:
    """The mean loss of the last steps of a training."""
    return float(np.mean(losses[-SMOOTH:]))


def show_degradation(curves: Mapping[str, Mapping[int, Sequence[float]]], caption: str = "") -> None:
    """Show the training loss at the end over the depth, a curve for each kind of network."""
    drawing = plots.figure(5.2, 2.8)
    _draw_depths(plots.style(drawing.subplots(), "layers", "training loss at the end"), curves)
    plots.show(drawing, caption)


def _draw_curves(curves: Mapping, depth: int) -> Figure:
    drawing = plots.figure(plots.MAX_WIDTH, 2.8)
    left, right = drawing.subplots(1, 2, width_ratios=[3, 2])
    plots.style(left, "step", "training loss", f"networks of {depth} layers")
    highest = max(max(losses) for by_depth in curves.values() for losses in by_depth.values())
    for (kind, by_depth), colour in zip(curves.items(), plots.ACCENTS, strict=False):
        if depth in by_depth:
            left.plot(np.arange(len(by_depth[depth])), by_depth[depth], color=colour, linewidth=1.8, label=kind)
    left.set_ylim(0, 1.03 * highest)  # the same for all depths, so that the curves are seen to move
    left.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
    plots.style(right, "layers", "training loss at the end")
    _draw_depths(right, curves, depth)
    return drawing


def _draw_depths(axes, curves: Mapping, marked: int | None = None) -> None:
    if marked is not None:
        axes.axvline(marked, color=plots.INK, linewidth=1, linestyle=":")
    for (kind, by_depth), colour in zip(curves.items(), plots.ACCENTS, strict=False):
        depths = sorted(by_depth)
        ends = [last_loss(by_depth[depth]) for depth in depths]
        axes.plot(depths, ends, color=colour, linewidth=2, marker="o", label=kind)
    axes.set_xticks(sorted({depth for by_depth in curves.values() for depth in by_depth}))
    axes.set_ylim(bottom=0)
    if marked is None and len(curves) > 1:
        axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
