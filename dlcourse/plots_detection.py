"""Figures of notebook 10: boxes on images, and the explorer of the two thresholds.

Boxes are corners (y1, x1, y2, x2) in pixels of the image that they are drawn on, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dlcourse import plots
from dlcourse.notebook_tools import Words, in_italics
from dlcourse.widgets_explorer import Explorer, below

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


class ThresholdExplorer(Explorer):
    """Move the two thresholds; see which boxes appear, which vanish, and why.

    The attributes `image_choice`, `score_threshold` and `iou_threshold` are the controls; setting their `value` does
    what a reader's hand does.

    Args:
        images: (n_H, n_W, 3), one for each scene.
        outputs: for each, what the network says: box_xy, box_wh, box_confidence, box_class_probs.
        names: of the classes.
        yolo_eval: the reader's own function.
    """

    blamed = "`yolo_eval`"

    def __init__(
        self, images: Sequence[np.ndarray], outputs: Sequence[tuple], names: Sequence[str], yolo_eval: Callable
    ) -> None:
        self.images, self.outputs, self.names, self.yolo_eval = images, outputs, names, yolo_eval
        wide = ipywidgets.Layout(width="420px")
        words = {"description_width": "130px"}
        self.image_choice = ipywidgets.Dropdown(
            options=[(f"scene {number + 1}", number) for number in range(len(images))],
            description="image",
            layout=wide,
            style=words,
        )
        self.score_threshold, self.iou_threshold = (
            ipywidgets.FloatSlider(
                value,
                min=0.01,
                max=0.99,
                step=0.01,
                description=name,
                layout=wide,
                style=words,
                continuous_update=False,
            )
            for value, name in ((0.25, "score at least"), (0.5, "IoU at most"))
        )
        controls = self.image_choice, self.score_threshold, self.iou_threshold
        self._arrange(*controls, layout=below(*controls))

    def found(self) -> tuple[tuple, np.ndarray]:
        """What yolo_eval keeps, and the boxes that only the suppression takes away."""
        outputs, shape = self.outputs[self.image_choice.value], self.images[self.image_choice.value].shape[:2]
        count, score = outputs[2].size, self.score_threshold.value
        found = self.yolo_eval(outputs, shape, count, score, self.iou_threshold.value)
        scores, boxes, classes = (np.asarray(part) for part in found)
        _, sure, _ = self.yolo_eval(outputs, shape, count, score, 1.0)
        dropped = [box for box in np.asarray(sure) if not np.any(np.all(np.isclose(boxes, box), axis=1))]
        return (scores, boxes, classes), np.array(dropped).reshape(-1, 4)

    def _draw(self) -> tuple[plots.Picture, Words]:
        kept, dropped = self.found()
        image = self.images[self.image_choice.value]
        drawing = plots.figure(4.4, 4.4)
        axes = drawing.subplots()
        draw_detections(axes, image, kept, self.names)
        draw_boxes(axes, dropped, [plots.PAPER] * len(dropped), dashed=True)
        words = (
            f"Boxes from the network: {self.outputs[self.image_choice.value][2].size}. Sure enough: "
            f"{len(kept[0]) + len(dropped)}. Dropped, since they overlap a surer box of their class (dashed): "
            f"{len(dropped)}. Kept: {len(kept[0])}."
        )
        return plots.as_image(drawing, words), in_italics(words)


def explore_thresholds(
    images: Sequence[np.ndarray], outputs: Sequence[tuple], names: Sequence[str], yolo_eval: Callable
) -> None:
    """Show a ThresholdExplorer: scenes with boxes, and controls for the two thresholds."""
    ThresholdExplorer(images, outputs, names, yolo_eval).show()
