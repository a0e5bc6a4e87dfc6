"""The bottleneck explorer of notebook 06: how many multiplications a 1x1 convolution in front saves, or does not."""

from collections.abc import Callable

import ipywidgets
import numpy as np
from matplotlib.axes import Axes

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns


class BottleneckExplorer(Explorer):
    """A convolution on 28x28 pixels, and the same behind a 1x1 convolution to fewer channels: what each costs.

    The attributes `channels`, `filters`, `f` and `reduced` are the controls; setting their `value` does what a hand
    does.

    Args:
        conv_cost: (input_shape, filters, f) -> multiplications of a convolution.
        bottleneck_cost: (input_shape, reduced, filters, f) -> multiplications of both.
    """

    blamed = "The cost"

    def __init__(self, conv_cost: Callable, bottleneck_cost: Callable):
        self.conv_cost, self.bottleneck_cost = conv_cost, bottleneck_cost
        wide = {"layout": ipywidgets.Layout(width="320px"), "continuous_update": False}
        self.channels = ipywidgets.IntSlider(192, 16, 512, step=16, description="channels in", **wide)
        self.filters = ipywidgets.IntSlider(32, 16, 512, step=16, description="filters", **wide)
        self.f = ipywidgets.SelectionSlider(options=[1, 3, 5, 7], value=5, description="size f", **wide)
        self.reduced = ipywidgets.IntSlider(16, 4, 256, step=4, description="reduced to", **wide)
        layout = columns([self.channels, self.filters], [self.f, self.reduced])
        self._arrange(self.channels, self.filters, self.f, self.reduced, layout=layout)

    def costs(self) -> tuple[int, int, int]:
        """Multiplications without the bottleneck, of its 1x1 convolution, and of what comes behind that."""
        shape, filters, f = self._chosen()
        first = self.conv_cost(shape, self.reduced.value, 1)
        return (
            self.conv_cost(shape, filters, f),
            first,
            self.bottleneck_cost(shape, self.reduced.value, filters, f) - first,
        )

    def _chosen(self) -> tuple[tuple[int, int, int], int, int]:
        return (28, 28, self.channels.value), self.filters.value, self.f.value

    def _draw(self) -> tuple[plots.Picture, Words]:
        alone, first, second = self.costs()
        drawing = plots.figure(plots.MAX_WIDTH, 2.7)
        left, right = drawing.subplots(1, 2, width_ratios=[2, 3])
        plots.style(left, y_label="million multiplications")
        left.bar(0, alone / 1e6, color=plots.ORANGE)
        left.bar(1, first / 1e6, color=plots.GREEN)
        left.bar(1, second / 1e6, bottom=first / 1e6, color=plots.BLUE)
        f = self.f.value
        left.set_xticks([0, 1], [f"{f} × {f}", f"1 × 1, {f} × {f}"])
        self._draw_curve(right, alone)
        share = (first + second) / alone
        verdict = (
            f"the bottleneck costs {share:.1%} of it" if share < 1 else f"the bottleneck costs {share:.2f} times that"
        )
        words = f"The {f} × {f} convolution takes {alone:,} multiplications; {verdict} ({first:,} + {second:,})."
        return plots.as_image(drawing, words), in_italics(words + " Right: all widths; the dot is yours.")

    def _draw_curve(self, axes: Axes, alone: int) -> None:
        plots.style(axes, "channels in the middle")
        widths = np.arange(4, 257, 4)
        shape, filters, f = self._chosen()
        axes.plot(
            widths, [self.bottleneck_cost(shape, int(width), filters, f) / 1e6 for width in widths], color=plots.BLUE
        )
        axes.axhline(alone / 1e6, color=plots.ORANGE, linestyle="--")
        here = self.reduced.value
        axes.scatter(here, self.bottleneck_cost(shape, here, filters, f) / 1e6, color=plots.BLUE, s=50, zorder=3)
        axes.set_ylim(bottom=0)


def explore_bottleneck(conv_cost: Callable, bottleneck_cost: Callable) -> None:
    """Show a BottleneckExplorer: the multiplications of a convolution, with a bottleneck in front and without."""
    BottleneckExplorer(conv_cost, bottleneck_cost).show()
