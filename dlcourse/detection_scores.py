"""How good a detector is on images that it has not seen: precision, recall and average precision.

The overlap of two boxes is computed by the function that is given, which in the notebook is the reader's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Boxes = tuple[np.ndarray, np.ndarray, np.ndarray]  # scores, boxes, classes


def precision_and_recall(
    found: Sequence[Boxes],
    truth: Sequence[tuple[np.ndarray, np.ndarray]],
    kind: int,
    iou: Callable[[np.ndarray, np.ndarray], float],
    threshold: float = 0.5,
) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall for one class, after the surest box, the two surest, and so on.

    A box is right where it overlaps an object of its class, that no surer box has found, by at least `threshold`.

    Args:
        found: for each image the scores, boxes and classes of a detector.
        truth: for each image the boxes and classes of what is there; corners in the same order and unit.
    """
    wanted = [boxes[classes == kind] for boxes, classes in truth]
    taken = [np.zeros(len(boxes), dtype=bool) for boxes in wanted]
    ranked = sorted(
        (
            (float(score), image, box)
            for image, (scores, boxes, classes) in enumerate(found)
            for score, box, other in zip(scores, boxes, classes, strict=True)
            if other == kind
        ),
        key=lambda entry: -entry[0],
    )
    right = np.zeros(len(ranked), dtype=bool)
    for place, (_, image, box) in enumerate(ranked):
        overlaps = [0.0 if gone else iou(box, other) for other, gone in zip(wanted[image], taken[image], strict=True)]
        if overlaps and max(overlaps) >= threshold:
            taken[image][int(np.argmax(overlaps))] = right[place] = True
    hits = np.cumsum(right)
    return hits / np.arange(1, len(ranked) + 1), hits / max(sum(map(len, wanted)), 1)


def average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """The area under the curve of precision over recall, each precision raised to the best one at a larger recall.

    Source: Everingham and others, The PASCAL Visual Object Classes Challenge, development kit of 2010, section 3.4.
    """
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * envelope))
