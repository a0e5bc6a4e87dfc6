"""The explorer of notebook 10: move the two thresholds, and see which boxes appear, which vanish, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets
import numpy as np

from dlcourse.figures import detection, plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below


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
        detection.draw_detections(axes, image, kept, self.names)
        detection.draw_boxes(axes, dropped, [plots.PAPER] * len(dropped), dashed=True)
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
