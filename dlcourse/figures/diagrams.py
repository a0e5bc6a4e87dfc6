"""Diagrams of the notebooks: small matrices as numbers, shapes of arrays as stacks of sheets."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dlcourse.figures.plots import (
    ACCENTS,
    BLUE,
    INK,
    LUMINANCE,
    MAX_WIDTH,
    PAPER,
    SIGNED,
    TITLE,
    figure,
    is_signed,
    limits_of,
    padded,
    show,
)

RED_GREEN_BLUE = ("#d9534f", "#43a065", "#4a7fd0")
GREYS = LinearSegmentedColormap.from_list("greys", ["#3a3d42", PAPER])
SHEET_STEP = 0.08  # how far behind each other the sheets of a stack are, the largest sheet being 1

# (row, column, rows, columns) of the cells to frame, and a colour if it shall not be the next accent
Mark = tuple[int, int, int, int] | tuple[int, int, int, int, str]


def show_numbers(
    *parts: np.ndarray | str,
    titles: Sequence[str] = (),
    caption: str = "",
    signed: bool | Sequence[bool | None] | None = None,
    marks: dict[int, Sequence[Mark]] | None = None,
) -> None:
    """Show small matrices as numbers, with the signs between them: show_numbers(image, "*", W, "=", Z).

    Args:
        titles: one for each matrix, the signs not counted.
        signed: as in draw_image, for all matrices or for each.
        marks: by the number of a matrix (from 0), the cells to frame: see draw_numbers.
    """
    matrices = [part for part in parts if not isinstance(part, str)]
    titles = padded(titles, len(matrices))
    signed = [signed] * len(matrices) if signed is None or isinstance(signed, bool) else signed
    rows = max(matrix.shape[0] for matrix in matrices)
    named = [(matrix, title) for matrix, title in zip(matrices, titles, strict=True)]
    slots = [max(matrix.shape[1], 0.24 * len(title)) for matrix, title in named]  # a title may be the wider one
    width = sum(slots) + 1.1 * (len(parts) - len(matrices)) + 0.1
    drawing, axes = _canvas(width, rows + 0.1, min(0.4, MAX_WIDTH / width), TITLE if any(titles) else 0.02)
    left, number = 0.05, 0
    for part in parts:
        if isinstance(part, str):
            axes.text(left + 0.55, rows / 2, part, ha="center", va="center", color=INK, fontsize=15)
            left += 1.1
        else:
            column = left + (slots[number] - part.shape[1]) / 2
            row = (rows - part.shape[0]) / 2
            _place_numbers(axes, part, row, column, titles[number], None, signed[number], (marks or {}).get(number, ()))
            left += slots[number]
            number += 1
    show(drawing, caption)


def show_volumes(*parts: tuple[int, ...] | str, titles: Sequence[str] = (), caption: str = "") -> None:
    """Show the shapes of arrays as stacks of sheets, with the signs between them: (6, 6, 3), "*", (3, 3, 3), "=", ...

    A shape of four numbers (f, f, n_C_prev, n_C) is drawn as n_C stacks: filters.
    """
    shapes = [part for part in parts if not isinstance(part, str)]
    titles = padded(titles, len(shapes))
    largest = max(shape[0] for shape in shapes)
    tall = 1.0 + 5 * SHEET_STEP
    # the power keeps small sheets visible beside large ones and still shows which are larger
    sizes = [max(0.14, (shape[0] / largest) ** 0.7) for shape in shapes]
    widths = [max(_stacks_width(shape, size), 0.85) for shape, size in zip(shapes, sizes, strict=True)]
    width = sum(widths) + 0.55 * (len(parts) - len(shapes)) + 0.1
    drawing, axes = _canvas(width, tall + 0.35, min(1.05, MAX_WIDTH / width), TITLE if any(titles) else 0.02)
    left, number = 0.05, 0
    for part in parts:
        if isinstance(part, str):
            axes.text(left + 0.275, tall / 2, part, ha="center", va="center", color=INK, fontsize=15)
            left += 0.55
        else:
            middle = left + widths[number] / 2
            _place_stacks(axes, part, sizes[number], middle, tall / 2)
            axes.text(middle, tall + 0.08, " × ".join(map(str, part)), ha="center", va="top", color=INK, fontsize=10)
            axes.text(middle, -0.06, titles[number], ha="center", va="bottom", color=INK, fontsize=10)
            left += widths[number]
            number += 1
    show(drawing, caption)


def draw_numbers(
    axes: Axes,
    matrix: np.ndarray,
    title: str = "",
    limits: tuple[float, float] | None = None,
    signed: bool | None = None,
    marks: Sequence[Mark] = (),
) -> None:
    """Draw a small matrix as cells with their numbers; a matrix of texts gets cells without colour.

    Args:
        limits, signed: as in draw_image.
        marks: windows to frame, each (row, column, rows, columns) and, if wanted, a colour.
    """
    matrix = np.asarray(matrix)
    _place_numbers(axes, matrix, 0, 0, "", limits, signed, marks)
    axes.set_xlim(-0.05, matrix.shape[1] + 0.05)
    axes.set_ylim(matrix.shape[0] + 0.05, -0.05)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(title, color=INK, fontsize=10)


# Details


def _canvas(width: float, height: float, unit: float, above: float) -> tuple[Figure, Axes]:
    """A figure that is one drawing, in units of so many inches, y downwards; with room for titles above."""
    drawing = figure(width * unit, height * unit + above)
    drawing.set_layout_engine("none")
    axes = drawing.add_axes((0, 0, 1, height * unit / (height * unit + above)))
    axes.set_xlim(0, width)
    axes.set_ylim(height - 0.05, -0.05)
    axes.axis("off")
    return drawing, axes


def _place_numbers(
    axes: Axes,
    matrix: np.ndarray,
    top: float,
    left: float,
    title: str,
    limits: tuple[float, float] | None,
    signed: bool | None,
    marks: Sequence[Mark],
) -> None:
    rows, columns = matrix.shape
    shades = _shades(matrix, limits, signed)
    edges = np.arange(columns + 1) + left, np.arange(rows + 1) + top
    axes.pcolormesh(*edges, shades, edgecolors=(0.5, 0.5, 0.5, 0.5), linewidth=0.5)
    for row, column in np.ndindex(rows, columns):
        shade = shades[row, column]
        ink = INK if shade[3] < 1 else "#1d1f22" if shade[:3] @ LUMINANCE > 0.45 else "#f7f6f2"
        words = _number(matrix[row, column])
        axes.text(left + column + 0.5, top + row + 0.5, words, ha="center", va="center", color=ink, fontsize=10)
    axes.add_patch(Rectangle((left, top), columns, rows, fill=False, edgecolor=INK, linewidth=1))
    for number, (row, column, height, width, *colour) in enumerate(marks):
        colour = colour[0] if colour else ACCENTS[number % len(ACCENTS)]
        inset = 0.08 * (number % 3) if height * width > 1 else 0  # so that the sides of overlapping windows can be seen
        place, size = (left + column + inset, top + row + inset), (width - 2 * inset, height - 2 * inset)
        axes.add_patch(Rectangle(place, *size, fill=False, edgecolor=colour, linewidth=2.5, zorder=3))
    axes.text(left + columns / 2, top - 0.2, title, ha="center", va="bottom", color=INK, fontsize=10)


def _shades(matrix: np.ndarray, limits: tuple[float, float] | None, signed: bool | None) -> np.ndarray:
    """A colour for each cell; see-through for texts."""
    if matrix.dtype.kind in "OU":
        return np.full((*matrix.shape, 4), (0.5, 0.5, 0.5, 0.12))
    signed = is_signed(matrix) if signed is None else signed
    low, high = limits or limits_of(matrix, signed)
    return (SIGNED if signed else GREYS)((matrix - low) / ((high - low) or 1))


def _stacks_width(shape: tuple[int, ...], size: float) -> float:
    one = size + SHEET_STEP * (min(shape[2], 6) - 1)
    return one if len(shape) == 3 else 3 * one + 0.5


def _place_stacks(axes: Axes, shape: tuple[int, ...], size: float, middle: float, height: float) -> None:
    """One stack of sheets around (middle, height), or, for filters, the first three and dots."""
    if len(shape) == 4:
        step = (_stacks_width(shape, size) - 0.3) / 3
        for number in range(min(shape[3], 3)):
            _place_stacks(axes, shape[:3], size, middle - 0.15 + (number - 1) * step, height)
        if shape[3] > 3:
            axes.text(middle + 1.5 * step, height, "…", ha="center", va="center", color=INK, fontsize=13)
        return
    sheets = min(shape[2], 6)
    side = size + SHEET_STEP * (sheets - 1)
    for sheet in reversed(range(sheets)):
        colour = RED_GREEN_BLUE[sheet] if shape[2] == 3 else BLUE
        corner = (middle - side / 2 + sheet * SHEET_STEP, height - side / 2 + (sheets - 1 - sheet) * SHEET_STEP)
        axes.add_patch(Rectangle(corner, size, size, facecolor=colour, edgecolor=PAPER, linewidth=0.8))


def _number(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{value + 0.0:.0f}" if float(value).is_integer() else f"{value:.2g}"  # + 0.0 makes zero of minus zero
