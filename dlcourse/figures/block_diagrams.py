"""Diagrams of networks: layers as boxes in a row, with the shortcuts that jump over them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from dlcourse.figures.plots import BLUE, GREEN, INK, MAX_WIDTH, ORANGE, PAPER, VIOLET, figure, show

COLOURS = {"conv": BLUE, "norm": GREEN, "ReLU": ORANGE}
HEIGHT, GAP = 0.34, 0.14  # of a box, and between two boxes, in inches
ABOVE = 0.5  # how far above the boxes a shortcut runs


def show_blocks(
    *rows: tuple[str, Sequence[str], Sequence[str] | None], caption: str = "", start: str = "X", end: str = ""
) -> None:
    """Show blocks, one below the other, each from left to right.

    Args:
        rows: for each block its title, the boxes on the main path ("+" is where the shortcut arrives), and the boxes
            on the shortcut: none for X itself, None for a block without a shortcut.
    """
    drawing = figure(MAX_WIDTH, sum(_row_height(row) for row in rows))
    drawing.set_layout_engine("none")
    axes = _canvas(drawing)
    top = drawing.get_figheight()
    for row in rows:
        top -= _row_height(row)
        _draw_row(axes, row, top + 0.12, start, end)
    show(drawing, caption)


def show_branches(branches: Sequence[Sequence[str]], caption: str = "", start: str = "X", end: str = "joined") -> None:
    """Show branches that all begin at one tensor, one below the other, and are joined at the end.

    Args:
        branches: the boxes of each, from left to right.
        end: the words on the bar in which they meet.
    """
    step = HEIGHT + 0.2
    drawing = figure(MAX_WIDTH, step * len(branches) + 0.1)
    drawing.set_layout_engine("none")
    axes = _canvas(drawing)
    top = step * len(branches) - step / 2 + 0.05
    heights = [top - step * number for number in range(len(branches))]
    middle, fork, left = (heights[0] + heights[-1]) / 2, 0.5, 0.9
    widest = max(sum(map(_width, boxes)) + 0.4 * (len(boxes) - 1) for boxes in branches)
    meet = left + widest + 0.45
    axes.text(0.1, middle, start, ha="left", va="center", color=INK, fontsize=11)
    axes.plot([0.1 + 0.11 * len(start) + 0.04, fork], [middle, middle], color=INK, linewidth=1.2)
    axes.plot([fork, fork], [heights[0], heights[-1]], color=INK, linewidth=1.2)
    for boxes, height in zip(branches, heights, strict=True):
        place = fork
        widths = [_width(box) for box in boxes]
        begin = left + (widest - sum(widths) - 0.4 * (len(boxes) - 1)) / 2
        for box, width in zip(boxes, widths, strict=True):
            _arrow(axes, (place, height), (begin, height))
            _draw_box(axes, box, begin, height, width, COLOURS.get(box.split()[0], VIOLET))
            place, begin = begin + width, begin + width + 0.4
        _arrow(axes, (place, height), (meet, height))
    tall = heights[0] - heights[-1] + HEIGHT
    axes.add_patch(
        FancyBboxPatch(
            (meet, heights[-1] - HEIGHT / 2),
            0.34,
            tall,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=GREEN,
            linewidth=0,
        )
    )
    axes.text(meet + 0.17, middle, end, ha="center", va="center", color=PAPER, fontsize=9, rotation=90)
    _arrow(axes, (meet + 0.34, middle), (meet + 0.34 + 0.4, middle))
    show(drawing, caption)


def show_dense_connections(layers: int, caption: str = "") -> None:
    """Show which layers of a dense block get their input from which."""
    drawing = figure(MAX_WIDTH, 1.75)
    drawing.set_layout_engine("none")
    axes = _canvas(drawing)
    middle, width = 0.3, 0.78
    names = ["input", *(f"layer {number + 1}" for number in range(layers)), "result"]
    step = (MAX_WIDTH - width - 0.2) / (layers + 1)
    for number in range(layers + 1):
        begin = 0.1 + step * number + width
        for later in range(number + 1, layers + 2):
            end = 0.1 + step * later
            if later == number + 1:
                _arrow(axes, (begin, middle), (end, middle))
                continue
            axes.add_patch(
                FancyArrowPatch(
                    (begin - 0.2, middle + HEIGHT / 2),
                    (end + 0.2, middle + HEIGHT / 2),
                    arrowstyle="-|>",
                    connectionstyle="arc3,rad=-0.35",
                    mutation_scale=9,
                    color=INK,
                    linewidth=1.1,
                    shrinkA=0,
                    shrinkB=0,
                )
            )
    for number, name in enumerate(names):
        colour = BLUE if 0 < number <= layers else VIOLET
        _draw_box(axes, name, 0.1 + step * number, middle, width, colour)
    show(drawing, caption)


def _canvas(drawing: Figure) -> Axes:
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.get_figwidth())
    axes.set_ylim(0, drawing.get_figheight())
    axes.axis("off")
    return axes


def _row_height(row: tuple) -> float:
    return 0.3 + HEIGHT + 0.16 + (0 if row[2] is None else ABOVE)


def _draw_row(axes: Axes, row: tuple, bottom: float, start: str, end: str) -> None:
    title, boxes, shortcut = row
    middle = bottom + HEIGHT / 2
    left = 0.62
    widths = [0.26 if box == "+" else _width(box) for box in boxes]
    axes.text(0.1, middle, start, ha="left", va="center", color=INK, fontsize=11)
    _arrow(axes, (0.1 + 0.11 * len(start), middle), (left, middle))
    branch, arrival = 0.1 + 0.11 * len(start) + 0.12, None
    for box, width in zip(boxes, widths, strict=True):
        if box == "+":
            arrival = left + width / 2
            axes.add_patch(Circle((arrival, middle), width / 2, facecolor="none", edgecolor=INK, linewidth=1.4))
            axes.text(arrival, middle - 0.005, "+", ha="center", va="center", color=INK, fontsize=13)
        else:
            _draw_box(axes, box, left, middle, width, COLOURS.get(box.split()[0], VIOLET))
        _arrow(axes, (left + width, middle), (left + width + GAP, middle))
        left += width + GAP
    axes.text(left + 0.05, middle, end, ha="left", va="center", color=INK, fontsize=11)
    above = 0
    if shortcut is not None and arrival is not None:
        above, height = ABOVE, bottom + HEIGHT / 2 + ABOVE
        axes.plot([branch, branch, arrival], [middle, height, height], color=INK, linewidth=1.2, zorder=0)
        _arrow(axes, (arrival, height), (arrival, middle + 0.13))
        sizes = [_width(box) for box in shortcut]
        side = (branch + arrival - sum(sizes) - GAP * max(len(sizes) - 1, 0)) / 2
        for box, width in zip(shortcut, sizes, strict=True):
            _draw_box(axes, box, side, height, width, COLOURS.get(box.split()[0], VIOLET))
            side += width + GAP
    axes.text(0.1, bottom + HEIGHT + above + 0.14, title, ha="left", va="bottom", color=INK, fontsize=10)


def _width(words: str) -> float:
    return 0.078 * len(words) + 0.14


def _draw_box(axes: Axes, words: str, left: float, middle: float, width: float, colour: str) -> None:
    corner = (left, middle - HEIGHT / 2)
    axes.add_patch(
        FancyBboxPatch(corner, width, HEIGHT, boxstyle="round,pad=0,rounding_size=0.06", facecolor=colour, linewidth=0)
    )
    axes.text(left + width / 2, middle - 0.01, words, ha="center", va="center", color=PAPER, fontsize=9)


def _arrow(axes: Axes, begin: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, begin, arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0})
