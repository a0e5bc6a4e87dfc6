"""Pictures at the places where a network puts them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from dlcourse.figures import plots

SIDE = 24  # points, of a picture on the map


def show_map(pictures: Float[np.ndarray, "m side side 3"], places: Float[np.ndarray, "m 2"], caption: str = "") -> None:
    """Show small pictures, each at its place."""
    plots.show(draw_map(pictures, places), caption)


def draw_map(pictures: Float[np.ndarray, "m side side 3"], places: Float[np.ndarray, "m 2"]) -> Figure:
    """The drawing of `show_map`."""
    drawing = plots.figure(height=3.8)
    axes = plots.style(drawing.subplots())
    for picture, place in zip(pictures, places, strict=True):
        image = OffsetImage(picture, zoom=SIDE / picture.shape[0], interpolation="bilinear")
        axes.add_artist(AnnotationBbox(image, place, frameon=False, pad=0))
    axes.update_datalim(places)  # pictures don't count by themselves
    axes.margins(0.08)
    axes.autoscale_view()
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal", adjustable="datalim")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return drawing
