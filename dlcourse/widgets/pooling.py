"""The pool explorer of notebook 02: choose a window, a stride and a mode, and see what is left of a picture."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns


class PoolExplorer(Explorer):
    """A picture and what pooling makes of it.

    The attributes `image_choice`, `mode`, `f`, `stride` and `shift` are the controls; setting their `value` does what
    a reader's hand does.

    Args:
        images: one number per pixel, shape (n_H, n_W), by name.
        pool_forward: the reader's own function.
    """

    blamed = "`pool_forward`"

    def __init__(self, images: dict[str, np.ndarray], pool_forward: Callable):
        self.images = images
        self.pool_forward = pool_forward
        wide = ipywidgets.Layout(width="300px")
        self.image_choice = ipywidgets.Dropdown(options=list(images), description="image", layout=wide)
        self.mode = ipywidgets.Dropdown(options=["max", "average"], description="mode", layout=wide)
        self.f = ipywidgets.IntSlider(2, 1, 8, description="f", layout=wide, continuous_update=False)
        self.stride = ipywidgets.IntSlider(2, 1, 8, description="stride", layout=wide, continuous_update=False)
        self.shift = ipywidgets.IntSlider(0, 0, 8, description="move right", layout=wide, continuous_update=False)
        moved = self.image_choice, self.mode, self.shift, self.f, self.stride
        self._arrange(*moved, layout=columns([self.image_choice, self.mode, self.shift], [self.f, self.stride]))

    def input(self) -> np.ndarray:
        """The chosen picture, moved to the right; its first column fills the gap."""
        image, shift = self.images[self.image_choice.value], self.shift.value
        return np.pad(image, ((0, 0), (shift, 0)), mode="edge")[:, : image.shape[1]]

    def output(self) -> np.ndarray:
        """What pool_forward makes of it."""
        hparameters = {"f": self.f.value, "stride": self.stride.value}
        output, _ = self.pool_forward(self.input()[np.newaxis, :, :, np.newaxis], hparameters, self.mode.value)
        return output[0, :, :, 0]

    def _draw(self) -> tuple[plots.Picture, Words]:
        image, output = self.input(), self.output()
        drawing = plots.figure(plots.MAX_WIDTH, 2.8)
        left, right = drawing.subplots(1, 2)
        limits = plots.limits_of(image, False)
        plots.draw_image(left, image, f"{image.shape[0]} × {image.shape[1]}", limits, signed=False)
        plots.draw_image(right, output, f"{output.shape[0]} × {output.shape[1]}", limits, signed=False)
        share = output.size / image.size
        words = (
            f"Windows of {self.f.value} × {self.f.value}, {self.stride.value} apart: "
            f"{share:.1%} of the numbers are left. Both images are drawn to the same width."
        )
        return plots.as_image(drawing, words), in_italics(words)


def explore_pools(images: dict[str, np.ndarray], pool_forward: Callable) -> None:
    """Show a PoolExplorer: a picture and its pooled version, with controls for window, stride and mode."""
    PoolExplorer(images, pool_forward).show()
