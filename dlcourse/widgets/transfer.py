"""The augmentation explorer of notebook 08: choose what is done to a picture, and how much of it."""

from collections.abc import Callable, Mapping

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns

SHOWN = 4


class AugmentationExplorer(Explorer):
    """A picture, and what an augmentation makes of it four times.

    The attributes `which`, `strength` and `draw` (the number of the draw) are the controls; setting their `value` does
    what a hand does.

    Args:
        image: shape (n_H, n_W, 3), in [0, 1].
        augmentations: by name, functions of a batch, a strength from 0 to 1, and a generator.
    """

    blamed = "The augmentation"

    def __init__(self, image: np.ndarray, augmentations: Mapping[str, Callable]):
        self.image, self.augmentations = image, augmentations
        wide = {"layout": ipywidgets.Layout(width="300px")}
        self.which = ipywidgets.Dropdown(options=list(augmentations), description="what", **wide)
        self.strength = ipywidgets.FloatSlider(
            0.3, min=0, max=1, step=0.05, description="how much", continuous_update=False, **wide
        )
        self.draw = ipywidgets.IntSlider(0, 0, 20, description="draw", continuous_update=False, **wide)
        layout = columns([self.which, self.strength], [self.draw])
        self._arrange(self.which, self.strength, self.draw, layout=layout)

    def pictures(self) -> np.ndarray:
        """What the chosen augmentation makes of the picture, SHOWN times."""
        batch = np.repeat(self.image[np.newaxis], SHOWN, axis=0)
        function = self.augmentations[self.which.value]
        return np.asarray(function(batch, self.strength.value, np.random.default_rng(self.draw.value)))

    def _draw(self) -> tuple[plots.Picture, Words]:
        pictures = self.pictures()
        drawing = plots.figure(plots.MAX_WIDTH, 1.75)
        for axes, picture in zip(drawing.subplots(1, SHOWN), pictures, strict=True):
            plots.draw_image(axes, picture)
        words = f"{self.which.value}, {self.strength.value:.0%} of what the cell allows, draw {self.draw.value}."
        words += " Move 'draw' to see other chances of the same."
        return plots.as_image(drawing, words), in_italics(words)


def explore_augmentation(image: np.ndarray, augmentations: Mapping[str, Callable]) -> None:
    """Show an AugmentationExplorer: a picture, and four chances of an augmentation, with controls."""
    AugmentationExplorer(image, augmentations).show()
