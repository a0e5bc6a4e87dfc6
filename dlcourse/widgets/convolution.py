"""The filter explorer of notebook 01: choose a filter, a stride and a padding, and see what they make of an image."""

from collections.abc import Callable

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from dlcourse.figures import diagrams, plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, columns

OWN_FILTER = "your own numbers"


class FilterExplorer(Explorer):
    """Choose an image, a 3x3 filter, a stride and a padding; see the output of a convolution.

    The attributes `image_choice`, `filter_choice`, `stride`, `pad` and `numbers` (nine fields, row by row) are the
    controls; setting their `value` does what a reader's hand does.

    Args:
        images: one number per pixel, shape (n_H, n_W), by name.
        filters: 3x3 arrays, by name.
        conv_forward: the reader's own function.
    """

    blamed = "`conv_forward`"

    def __init__(self, images: dict[str, np.ndarray], filters: dict[str, np.ndarray], conv_forward: Callable):
        self.images = images
        self.filters = filters
        self.conv_forward = conv_forward
        self._setting_numbers = False

        wide = ipywidgets.Layout(width="300px")
        self.image_choice = ipywidgets.Dropdown(options=list(images), description="image", layout=wide)
        self.filter_choice = ipywidgets.Dropdown(options=[*filters, OWN_FILTER], description="filter", layout=wide)
        self.stride = ipywidgets.IntSlider(1, 1, 4, description="stride", layout=wide, continuous_update=False)
        self.pad = ipywidgets.IntSlider(0, 0, 8, description="padding", layout=wide, continuous_update=False)
        self.numbers = [
            ipywidgets.FloatText(float(value), layout=ipywidgets.Layout(width="72px"))
            for value in self.filters[self.filter_choice.value].flat
        ]
        rows = [ipywidgets.HBox(self.numbers[row : row + 3]) for row in (0, 3, 6)]
        layout = columns([self.image_choice, self.filter_choice, self.stride, self.pad], rows)
        self._arrange(self.image_choice, self.stride, self.pad, layout=layout)

        self.filter_choice.observe(self._filter_was_chosen, "value")
        for field in self.numbers:
            field.observe(self._number_was_typed, "value")

    def output(self) -> np.ndarray:
        """What conv_forward makes of the chosen image with the numbers in the nine fields."""
        image = self.images[self.image_choice.value]
        filters = self._numbers().reshape(3, 3, 1, 1)
        hparameters = {"stride": self.stride.value, "pad": self.pad.value}
        output, _ = self.conv_forward(image[np.newaxis, :, :, np.newaxis], filters, np.zeros((1, 1, 1, 1)), hparameters)
        return output[0, :, :, 0]

    def _numbers(self) -> np.ndarray:
        return np.array([field.value for field in self.numbers]).reshape(3, 3)

    def _filter_was_chosen(self, change: dict) -> None:
        if self.filter_choice.value != OWN_FILTER:
            self._setting_numbers = True
            for field, value in zip(self.numbers, self.filters[self.filter_choice.value].flat, strict=True):
                field.value = round(float(value), 4)  # what fits in the field
            self._setting_numbers = False
            self._redraw(change)

    def _number_was_typed(self, change: dict) -> None:
        if not self._setting_numbers:
            self.filter_choice.value = OWN_FILTER
            self._redraw(change)

    def _draw(self) -> tuple[plots.Picture, Words]:
        image, output = self.images[self.image_choice.value], self.output()
        words = self._in_words(image.shape, output.shape)
        return plots.as_image(_side_by_side(image, self._numbers(), output), words), in_italics(words)

    def _in_words(self, before: tuple[int, int], after: tuple[int, int]) -> str:
        stride, pad = self.stride.value, self.pad.value
        rows, columns = (
            f"floor(({n} + 2·{pad} - 3) / {stride}) + 1 = {size}" for n, size in zip(before, after, strict=True)
        )
        scale = (
            "Orange is positive, blue negative."
            if _is_detector(self._numbers())
            else "The filter's numbers have a positive sum, so the output is an image again."
        )
        return f"Rows: {rows}. Columns: {columns}. {scale}"


def explore_filters(images: dict[str, np.ndarray], filters: dict[str, np.ndarray], conv_forward: Callable) -> None:
    """Show a FilterExplorer: an image and its output, with controls for the filter, the stride and the padding."""
    FilterExplorer(images, filters, conv_forward).show()


def _is_detector(numbers: np.ndarray) -> bool:
    """Whether a filter answers with signs, because its numbers add up to nothing, rather than with an image."""
    return bool(np.sum(numbers) < 1e-6)


def _side_by_side(image: np.ndarray, numbers: np.ndarray, output: np.ndarray) -> Figure:
    """The image, the filter's numbers, and the output drawn to the image's scale."""
    drawing = plots.figure(plots.MAX_WIDTH, 2.7)
    drawing.set_layout_engine("none")  # places by hand: a layout engine would take most of the time of a redraw
    left, middle, right = (
        drawing.add_axes(place) for place in ((0, 0, 0.41, 0.9), (0.42, 0, 0.15, 0.9), (0.58, 0, 0.41, 0.9))
    )
    plots.draw_image(left, image, f"image, {image.shape[0]} × {image.shape[1]}", limits=(0, 1))
    diagrams.draw_numbers(middle, numbers, "filter, 3 × 3", signed=True)
    title = f"output, {output.shape[0]} × {output.shape[1]}"
    if _is_detector(numbers):
        plots.draw_image(right, output, title, signed=True)
    else:
        plots.draw_image(right, output, title, limits=(0, float(np.sum(numbers))), signed=False)
    for axes, shape in ((left, image.shape), (right, output.shape)):
        # both frames get the size of the larger of the two, so that a stride of 2 is seen to halve the image
        rows, columns = (max(pair) for pair in zip(image.shape, output.shape, strict=True))
        axes.set_xlim((shape[1] - 1 - columns) / 2, (shape[1] - 1 + columns) / 2)
        axes.set_ylim((shape[0] - 1 + rows) / 2, (shape[0] - 1 - rows) / 2)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return drawing
