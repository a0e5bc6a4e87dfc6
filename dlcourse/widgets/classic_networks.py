"""The layer explorer of notebook 04: which layers of a network hold the parameters, and which the activations."""

from collections.abc import Callable, Mapping

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns

SIZES = (50, 75, 100, 150, 200)  # percent of the image that a network was made for
COLOURS = {"convolution": plots.BLUE, "pooling": plots.VIOLET, "dense": plots.ORANGE, "image": plots.GREEN}


class LayerExplorer(Explorer):
    """Choose a network and the size of its images; see what each of its layers holds.

    The attributes `network` and `size` are the controls; setting their `value` does what a hand does.

    Args:
        networks: for each name a function from an image's side to a Keras model, and the side it was made for.
    """

    blamed = "The network"

    def __init__(self, networks: Mapping[str, tuple[Callable, int]]):
        self.networks = networks
        self.network = ipywidgets.Dropdown(options=list(networks), value=list(networks)[-1], description="network")
        self.size = ipywidgets.SelectionSlider(
            options=[(f"{size} %", size) for size in SIZES],
            value=100,
            description="image size",
            continuous_update=False,
            layout=ipywidgets.Layout(width="340px"),
        )
        self._arrange(self.network, self.size, layout=columns([self.network], [self.size]))

    def rows(self) -> list[tuple[str, int, int]]:
        """(kind, activations, parameters) of the image and of each layer that keeps its outputs."""
        build, side = self.networks[self.network.value]
        return layers_of(build(round(side * self.size.value / 100)))

    def _draw(self) -> tuple[plots.Picture, Words]:
        rows = self.rows()
        activations, parameters = (sum(column) for column in list(zip(*rows, strict=True))[1:])
        build, side = self.networks[self.network.value]
        n = round(side * self.size.value / 100)
        words = (
            f"{self.network.value} on images of {n} × {n}: {activations:,} activations, {4 * activations / 1e6:.1f} MB"
            f" for each image; {parameters:,} parameters, {4 * parameters / 1e6:.1f} MB for all of them together."
        )
        return plots.as_image(_draw_bars(rows), words), in_italics(words)


def explore_layers(networks: Mapping[str, tuple[Callable, int]]) -> None:
    """Show a LayerExplorer: activations and parameters of each layer, with controls for the network and the image."""
    LayerExplorer(networks).show()


def layers_of(model: object) -> list[tuple[str, int, int]]:
    """(kind, activations, parameters) of a Keras model's image, and of each convolution, pooling and dense layer."""
    rows = [("image", int(np.prod(model.input_shape[1:])), 0)]
    for layer in model.layers:
        name = type(layer).__name__
        kind = next((kind for word, kind in _KINDS.items() if word in name), None)
        if kind is not None:
            rows.append((kind, int(np.prod(layer.output.shape[1:])), layer.count_params()))
    return rows


_KINDS = {"Conv": "convolution", "Pooling": "pooling", "Dense": "dense"}


def _draw_bars(rows: list[tuple[str, int, int]]) -> Figure:
    drawing = plots.figure(plots.MAX_WIDTH, 3.6)
    above, below = drawing.subplots(2, 1, sharex=True)
    for axes, column, label in ((above, 1, "activations, MB"), (below, 2, "parameters, MB")):
        plots.style(axes, y_label=label)
        sizes = [4 * row[column] / 1e6 for row in rows]
        axes.bar(range(len(rows)), sizes, color=[COLOURS[row[0]] for row in rows], width=0.8)
    below.set_xlabel("layers, from the image to the answer", color=plots.INK, fontsize=10)
    below.set_xticks([])
    kinds = [kind for kind in COLOURS if any(row[0] == kind for row in rows)]
    handles = [plots.Rectangle((0, 0), 1, 1, color=COLOURS[kind]) for kind in kinds]
    above.legend(handles, kinds, frameon=False, labelcolor=plots.INK, fontsize=9, ncols=len(kinds))
    return drawing
