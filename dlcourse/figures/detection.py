"""Boxes on images.

Boxes are corners (y1, x1, y2, x2) in pixels of the image that they are drawn on, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dlcourse.figures import plots

# one for each class, seen on asphalt, on sky and on a white page
COLOURS = ("#ff9f1c", "#4cc9f0", "#9ef01a", "#f15bb5")


def pixels(boxes: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Rows (x, y, w, h, ...), fractions of an image, as corners (y1, x1, y2, x2) in its pixels."""
    x, y, w, h = np.asarray(boxes, dtype=float).reshape(-1, np.shape(boxes)[-1]).T[:4]
    height, width = image.shape[:2]
    return np.column_stack([(y - h / 2) * height, (x - w / 2) * width, (y + h / 2) * height, (x + w / 2) * width])


def draw_boxes(
    axes: Axes, boxes: np.ndarray, colours: Sequence[str], labels: Sequence[str] = (), dashed: bool = False
) -> None:
    """Draw boxes over what the axes show already.

    Args:
        labels: one for each box, or none.
    """
    for number, (y1, x1, y2, x2) in enumerate(np.asarray(boxes).reshape(-1, 4)):
        axes.add_patch(
            Rectangle(
                (x1 - 0.5, y1 - 0.5),
                x2 - x1,
                y2 - y1,
                fill=False,
                edgecolor=colours[number],
                linewidth=1.1 if dashed else 2.2,
                linestyle=(0, (3, 2)) if dashed else "solid",
                alpha=0.9,
            )
        )
        if labels:
            # a label grows towards the middle of the image, so that none is cut off
            (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
            on_the_right, at_the_top = x1 + x2 > left + right, y1 < top + 0.07 * (bottom - top)
            axes.text(
                (x2 if on_the_right else x1) - 0.5,
                y1 - 0.5,
                labels[number],
                fontsize=7.5,
                color="#111418",
                ha="right" if on_the_right else "left",
                va="top" if at_the_top else "bottom",
                clip_on=True,
                bbox={"facecolor": colours[number], "edgecolor": "none", "pad": 1.2, "alpha": 0.9},
            )


def draw_detections(
    axes: Axes, image: np.ndarray, found: tuple, names: Sequence[str], title: str = "", scores: bool = True
) -> None:
    """Draw an image with the boxes, classes and scores that a detector has found.

    Args:
        found: scores, boxes, classes.
    """
    plots.draw_image(axes, image, title)
    certainties, boxes, classes = (np.asarray(part) for part in found)
    labels = [
        f"{names[int(kind)]} {score:.2f}" if scores else names[int(kind)]
        for kind, score in zip(classes, certainties, strict=True)
    ]
    draw_boxes(axes, boxes, [COLOURS[int(kind)] for kind in classes], labels)


def show_detections(
    images: Sequence[np.ndarray],
    found: Sequence[tuple],
    names: Sequence[str],
    titles: Sequence[str] = (),
    caption: str = "",
    columns: int = 4,
    scores: bool = True,
) -> None:
    """Show images with the boxes found in them, in rows of `columns`."""
    rows = -(-len(images) // columns)
    side = plots.MAX_WIDTH / columns
    drawing = plots.figure(plots.MAX_WIDTH, rows * (side + (plots.TITLE if titles else 0)))
    all_axes = drawing.subplots(rows, columns, squeeze=False).ravel()
    for axes in all_axes[len(images) :]:
        axes.axis("off")
    titles = list(titles) or [""] * len(images)
    for axes, image, boxes, title in zip(all_axes, images, found, titles, strict=False):
        draw_detections(axes, image, boxes, names, title, scores)
    plots.show(drawing, caption)


def show_pairs(pairs: Sequence[tuple[Sequence[float], Sequence[float]]], titles: Sequence[str], caption: str) -> None:
    """Show pairs of boxes, given as corners (x1, y1, x2, y2) on squared paper, with what they share."""
    drawing = plots.figure(plots.MAX_WIDTH, plots.MAX_WIDTH / len(pairs) + plots.TITLE)
    for axes, pair, title in zip(np.atleast_1d(drawing.subplots(1, len(pairs))), pairs, titles, strict=True):
        for (x1, y1, x2, y2), colour in zip(pair, (plots.ORANGE, plots.BLUE), strict=True):
            axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, facecolor=colour, alpha=0.25))
            axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=colour, linewidth=2))
        (x1, y1), (x2, y2) = np.max([box[:2] for box in pair], axis=0), np.min([box[2:] for box in pair], axis=0)
        if x2 > x1 and y2 > y1:
            axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, facecolor=plots.GREEN, alpha=0.75))
        end = max(max(box) for box in pair)
        plots.style(axes, title=title)
        axes.set_xlim(-0.25, end + 0.25)
        axes.set_ylim(end + 0.25, -0.25)
        axes.set_xticks(range(int(end) + 1))
        axes.set_yticks(range(int(end) + 1))
        axes.grid(color=plots.INK, alpha=0.25, linewidth=0.6)
        axes.set_aspect("equal")
    plots.show(drawing, caption)


def draw_grid(axes: Axes, image: np.ndarray, grid: tuple[int, int]) -> None:
    """Draw the lines between the cells of a grid over an image."""
    height, width = image.shape[:2]
    for row in range(1, grid[0]):
        axes.axhline(row * height / grid[0] - 0.5, color=plots.PAPER, linewidth=0.9, alpha=0.8)
    for column in range(1, grid[1]):
        axes.axvline(column * width / grid[1] - 0.5, color=plots.PAPER, linewidth=0.9, alpha=0.8)
