"""Figures of the notebooks: images in rows, differences, curves. Matrices and volumes are in `diagrams`.

Figures have no background of their own and draw their text in a grey that can be read on white and on black, so one
picture serves the light and the dark theme. They are sent to the page as PNG, without pyplot's global state; the
caption goes below as text, in the theme's own colour, and is the picture's alternative text too.
"""

from collections.abc import Sequence
from io import BytesIO
from itertools import cycle

import numpy as np
from IPython.display import Image, display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dlcourse.figures.notebook_tools import caption as show_caption

INK = "#787c82"
PAPER = "#f3f2ee"
ORANGE, BLUE, GREEN, VIOLET = "#e07b1f", "#3d8fd1", "#2fa36b", "#b565c4"
ACCENTS = (ORANGE, BLUE, GREEN, VIOLET)
SIGNED = LinearSegmentedColormap.from_list("signed", ["#1f5f9e", "#7fb2dd", PAPER, "#f0ad6b", "#b4560b"])
LUMINANCE = np.array([0.2125, 0.7154, 0.0721])

MAX_WIDTH = 7.6  # inches at 100 pixels: what fits beside the notebook's margin
TITLE = 0.3  # inches above a picture


# Showing a figure


def figure(width: float = MAX_WIDTH, height: float = 2.6) -> Figure:
    """An empty figure without background, in inches; one inch is 100 pixels on the page."""
    empty = Figure(figsize=(width, height), facecolor="none", layout="constrained")
    FigureCanvasAgg(empty)
    return empty


class Picture(Image):
    """An image for `display` that a terminal shows as one word."""

    def __repr__(self) -> str:
        return "[figure]"


def as_image(drawing: Figure, caption: str = "") -> Picture:
    """The figure as something that `display` understands: PNG at double resolution, for sharp screens."""
    for axes in drawing.axes:
        axes.patch.set_alpha(0)
    drawing.set_dpi(200)
    file = BytesIO()
    drawing.canvas.print_png(file, pil_kwargs={"compress_level": 3})  # savefig would draw everything twice
    width = round(drawing.get_figwidth() * 100)
    return Picture(file.getvalue(), format="png", width=width, alt=caption or None)


def show(drawing: Figure, caption: str = "") -> None:
    """Show a figure and, below it, one or two sentences on what to see."""
    display(as_image(drawing, caption))
    if caption:
        show_caption(caption)


def style(axes: Axes, x_label: str = "", y_label: str = "", title: str = "") -> Axes:
    """Give axes with curves or points the course's look."""
    axes.set_facecolor("none")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(which="both", colors=INK, labelsize=9)
    axes.set_xlabel(x_label, color=INK, fontsize=10)
    axes.set_ylabel(y_label, color=INK, fontsize=10)
    axes.set_title(title, color=INK, fontsize=10)
    return axes


# Whole figures


def show_images(
    images: Sequence[np.ndarray],
    titles: Sequence[str] = (),
    caption: str = "",
    columns: int | None = None,
    signed: bool | None = None,
    limits: tuple[float, float] | None = None,
) -> None:
    """Show images in a row, or in rows of `columns`, all at the same height.

    Args:
        signed, limits: as in draw_image, for all of them.
    """
    columns = columns or len(images)
    rows = [range(start, min(start + columns, len(images))) for start in range(0, len(images), columns)]
    gap = 0.1
    widths = [image.shape[1] / image.shape[0] for image in images]  # where the height is 1
    height = min(2.6, min((MAX_WIDTH - gap * len(row)) / sum(widths[i] for i in row) for row in rows))
    full_width = max(sum(widths[i] * height + gap for i in row) for row in rows)
    row_height = height + (TITLE if titles else gap)
    drawing = figure(full_width, row_height * len(rows))
    drawing.set_layout_engine("none")
    titles = padded(titles, len(images))
    for number, row in enumerate(rows):
        left = gap / 2
        for i in row:
            place = (left, row_height * (len(rows) - 1 - number) + 0.03, widths[i] * height, height)
            axes = drawing.add_axes(np.array(place) / np.array(2 * (full_width, row_height * len(rows))))
            draw_image(axes, images[i], titles[i], limits, signed)
            left += widths[i] * height + gap
    show(drawing, caption)


def show_difference(expected: np.ndarray, got: np.ndarray, caption: str = "") -> None:
    """Show two images and where they differ."""
    drawing = figure(MAX_WIDTH, 2.6)
    left, middle, right = drawing.subplots(1, 3)
    signed = min(np.min(expected), np.min(got)) < 0
    limits = limits_of(np.stack([expected, got]), signed)
    draw_image(left, expected, "expected", limits, signed)
    draw_image(middle, got, "got", limits, signed)
    draw_image(right, got - expected, "got - expected", signed=True)
    show(drawing, caption)


def show_curves(
    curves: dict[str, Sequence[float]],
    x_label: str = "",
    y_label: str = "",
    caption: str = "",
    x: Sequence[float] | None = None,
    logarithmic: bool = False,
) -> None:
    """Show curves, each with its name in the legend, over x or over 0, 1, 2, ..."""
    drawing = figure(5.6, 2.8)
    axes = style(drawing.subplots(), x_label, y_label)
    for (name, values), colour in zip(curves.items(), cycle(ACCENTS)):
        axes.plot(np.arange(len(values)) if x is None else x, values, color=colour, linewidth=2, label=name)
    if logarithmic:
        axes.set_yscale("log")
    if len(curves) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    show(drawing, caption)


# Drawing into axes


def draw_image(
    axes: Axes,
    image: np.ndarray,
    title: str = "",
    limits: tuple[float, float] | None = None,
    signed: bool | None = None,
) -> None:
    """Draw an image: colour (n_H, n_W, 3), or one number per pixel (n_H, n_W) or (n_H, n_W, 1).

    Args:
        limits: the values drawn darkest and brightest. Default: the smallest and the largest of the image.
        signed: blue for negative, orange for positive, almost white for zero. Default: when there are negative values.
    """
    image = np.asarray(image, dtype=np.float64)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 3:
        axes.imshow(np.clip(image, 0, 1), interpolation="nearest")
    else:
        signed = is_signed(image) if signed is None else signed
        low, high = limits or limits_of(image, signed)
        axes.imshow(image, cmap=SIGNED if signed else "gray", vmin=low, vmax=high, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(INK)
        spine.set_linewidth(0.8)
    axes.set_title(title, color=INK, fontsize=10)


def mark_pixels(axes: Axes, row: float, column: float, height: int, width: int, colour: str = ORANGE) -> None:
    """Frame a window of an image drawn with draw_image; (row, column) is its upper left pixel."""
    axes.add_patch(
        Rectangle((column - 0.5, row - 0.5), width, height, fill=False, edgecolor=colour, linewidth=2, zorder=3)
    )


# Details


def is_signed(values: np.ndarray) -> bool:
    return bool(np.min(values) < 0)


def limits_of(values: np.ndarray, signed: bool) -> tuple[float, float]:
    largest = float(np.max(np.abs(values)))
    return (-largest, largest) if signed else (float(np.min(values)), float(np.max(values)))


def padded(titles: Sequence[str], count: int) -> list[str]:
    return list(titles) + [""] * (count - len(titles))
