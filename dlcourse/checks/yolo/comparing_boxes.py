"""What the checks of detection share: comparing sets of boxes, boxes that no rounding moves, judging anchors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlcourse.checking.comparing import real_numbers
from dlcourse.checking.exercise import Topic
from dlcourse.yolo import iou

topic = Topic("yolo")

CLOSE = 2e-5  # float32 answers; relative to the size of the image or the score

Compare = Callable[[Any, Any], str | None]


# Comparing (scores, boxes, classes)


def same_boxes(expected: object, got: object) -> str | None:
    """None where both hold the same boxes with the same scores and classes, in whatever order."""
    return _compare(expected, got, by_score=False)


def same_boxes_by_score(expected: object, got: object) -> str | None:
    """None where both hold the same boxes with the same scores and classes, and `got` gives them by falling score."""
    return _compare(expected, got, by_score=True)


def either_of(*answers: tuple) -> Compare:
    """A comparison by falling score for a case with several right answers, such as equal scores on one object."""

    def compare(expected: object, got: object) -> str | None:
        sentence = same_boxes_by_score(expected, got)
        if sentence and any(same_boxes_by_score(answer, expected) is None for answer in answers):
            return None if any(same_boxes_by_score(answer, got) is None for answer in answers) else sentence
        return sentence

    return compare


def _compare(expected: object, got: object, by_score: bool) -> str | None:
    wanted, rows = _rows(expected), _rows(got)
    if isinstance(rows, str):
        return None if rows == wanted else rows
    if isinstance(wanted, str):
        return wanted
    if len(wanted) == len(rows) and all(map(_alike, wanted, rows)):
        return None
    left = list(rows)
    for row in wanted:
        partner = next((other for other in left if _alike(row, other)), None)
        if partner is None:
            return _missing(row, left, len(wanted), len(rows))
        left = [other for other in left if other is not partner]
    if left:
        return f"{_come_back(len(rows), 'box', len(wanted))} One too many is {_in_words(left[0])}."
    if by_score and np.any(np.diff([row[0] for row in rows]) > CLOSE):
        return "These are the right boxes, but not by falling score."
    return None


def _come_back(count: int, what: str, wanted: int) -> str:
    plural = f"{what}es" if what.endswith("x") else f"{what}s"
    came = f"One {what} comes" if count == 1 else f"{count or 'No'} {plural} come"
    return f"{came} back; {wanted} {'was' if wanted == 1 else 'were'} expected."


def _rows(answer: object) -> list[np.ndarray] | str:
    """One row (score, box, class) for each box, or a sentence on why there are none."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        count = len(answer) if isinstance(answer, (tuple, list)) else 1
        return f"{_come_back(count, 'value', 3)} They are scores, boxes and classes."
    arrays = []
    for name, part in zip(("scores", "boxes", "classes"), answer, strict=True):
        try:
            arrays.append(real_numbers(part))
        except (TypeError, ValueError, OverflowError):
            return f"{name} should be an array of numbers."
    scores, boxes, classes = arrays
    if scores.size == boxes.size == classes.size == 0:
        return []
    count = len(scores) if scores.ndim else 0
    if scores.shape != (count,) or boxes.shape != (count, 4) or classes.shape != (count,):
        return (
            f"scores, boxes and classes have the shapes {scores.shape}, {boxes.shape} and {classes.shape}; for n boxes "
            f"they should be (n,), (n, 4) and (n,)."
        )
    return list(np.column_stack([scores, boxes, classes]))


def _alike(left: np.ndarray, right: np.ndarray) -> bool:
    scale = max(1.0, float(np.abs(left[1:5]).max()))
    return bool(
        left[5] == right[5]
        and abs(left[0] - right[0]) <= CLOSE
        and np.all(np.abs(left[1:5] - right[1:5]) <= CLOSE * scale)
    )


def _missing(row: np.ndarray, left: Sequence[np.ndarray], wanted: int, count: int) -> str:
    counts = _come_back(count, "box", wanted) if count != wanted else ""
    for name, part in (("score", 0), ("class", 5)):
        others = [other for other in left if _alike(_with(other, part, row[part]), row)]
        if others:
            value = int(row[part]) if part else f"{row[part]:.4g}"
            found = f"{others[0][part]:.4g}"
            return f"{counts} The box {_corners(row)} has the {name} {found}; {value} was expected.".strip()
    return f"{counts} Missing is {_in_words(row)}.".strip()


def _with(row: np.ndarray, part: int, value: float) -> np.ndarray:
    changed = row.copy()
    changed[part] = value
    return changed


def _in_words(row: np.ndarray) -> str:
    return f"the box {_corners(row)} with the score {row[0]:.4g} and the class {row[5]:.4g}"


def _corners(row: np.ndarray) -> str:
    return f"({', '.join(f'{value:.4g}' for value in row[1:5])})"


# Drawing boxes


def scattered(
    rng: np.random.Generator, objects: int, num_classes: int, iou_threshold: float, twins: int = 3, chains: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, boxes and classes of several boxes around each of some objects, in no order.

    No IoU is near the threshold and no two scores are equal, so that every way to compute them decides alike. Without
    `chains` no box overlaps two others that don't overlap each other: it makes no difference then whether a box that
    was dropped drops others.
    """
    count = objects * twins
    while True:
        centres = rng.uniform(0.15, 0.85, (objects, 1, 2))
        sizes = rng.uniform(0.15, 0.3, (objects, 1, 2))
        centres = centres + rng.normal(0, 0.03, (objects, twins, 2))
        sizes = sizes * rng.uniform(0.85, 1.2, (objects, twins, 2))
        boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=-1).reshape(-1, 4).astype("f4")
        classes = np.repeat(rng.integers(0, num_classes, objects), twins)
        other = rng.uniform(size=count) < 0.25  # some boxes of another class lie on the same object
        classes = np.where(other, (classes + 1) % num_classes, classes)
        overlaps = iou(boxes[:, None], boxes[None])
        rivals = (overlaps > iou_threshold) & (classes[:, None] == classes)
        if np.abs(overlaps - iou_threshold).min() > 2e-3 and (chains or np.array_equal(rivals, rivals @ rivals)):
            break
    scores = (0.3 + 0.65 * (rng.permutation(count) + rng.uniform(0.1, 0.9, count)) / count).astype("f4")
    order = rng.permutation(count)
    return scores[order], boxes[order], classes[order]


def predictions(
    rng: np.random.Generator, shape: tuple[int, ...], num_classes: int, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Confidences and class probabilities of a grid, with no score near the threshold."""
    while True:
        confidence = rng.uniform(0.05, 1.0, (*shape, 1)).astype("f4")
        sharpness = rng.uniform(0.3, 6.0, (*shape, 1))
        probabilities = np.exp(sharpness * rng.normal(size=(*shape, num_classes)))
        probabilities = (probabilities / probabilities.sum(axis=-1, keepdims=True)).astype("f4")
        best = (confidence * probabilities).max(axis=-1)
        # both kinds of trap are there: a confident box with no clear class, and a clear class in a doubtful box
        if np.abs(best - threshold).min() > 1e-4 and np.any(best >= threshold):
            return confidence, probabilities


# Judging anchors


def anchors_for(wh: np.ndarray, k: int, best: float) -> Compare:
    """A comparison for the anchors of k-means with 1 - IoU from any start: they must fit the boxes well, and each must
    be the mean (or the median) of the boxes that have their largest IoU with it.

    Args:
        wh: sizes of the boxes.
        best: the mean IoU that the reference reaches.
    """

    def compare(expected: object, got: object) -> str | None:
        label, sentence = judged(wh, k, best, got)
        return None if label == judged(wh, k, best, expected)[0] != "wrong" else sentence or "These anchors fit well."

    return compare


def judged(wh: np.ndarray, k: int, best: float, answer: object) -> tuple[str, str]:
    """What kind of answer these anchors are, and one sentence on it."""
    try:
        anchors = real_numbers(answer)
    except (TypeError, ValueError, OverflowError):
        return "shape", f"One array of anchors was expected, of the shape ({k}, 2): one (w, h) for each."
    if anchors.shape != (k, 2):
        return "shape", f"The anchors have the shape {anchors.shape}; ({k}, 2) was expected: one (w, h) for each."
    if not np.all(np.isfinite(anchors)) or np.any(anchors <= 0):
        return "not sizes", "There are anchors which are no sizes: NaN, infinite, zero or negative. Is a cluster empty?"
    mean = fit(wh, anchors)
    reached = f"The boxes' mean IoU with the best of the {k} anchors is {mean:.3f}; {best:.3f} can be reached."
    reached = reached if mean < best else "They fit the boxes well, and yet:"
    if mean >= 0.8 * best and _settled(wh, anchors, _overlaps(wh, anchors).argmax(axis=1)):
        return "right", ""
    if np.ptp(anchors, axis=0).max() <= 1e-6 * anchors.max():
        return "equal", f"{reached} All anchors are equal."
    if _settled(wh[:, ::-1], anchors, _overlaps(wh[:, ::-1], anchors).argmax(axis=1)):
        return "swapped", f"{reached} Width and height seem to be exchanged."
    if _settled(wh, anchors, ((wh[:, None] - anchors[None]) ** 2).sum(axis=-1).argmin(axis=1)):
        return "euclid", f"{reached} An anchor is not the mean of the boxes with which its IoU is largest."
    if _settled(wh, anchors, np.abs(wh.prod(axis=1)[:, None] - anchors.prod(axis=1)[None]).argmin(axis=1)):
        return "area", f"{reached} An anchor is not the mean of the boxes with which its IoU is largest."
    if all(np.any(np.all(np.isclose(wh, anchor, rtol=1e-6), axis=1)) for anchor in anchors):
        return "boxes", f"{reached} Each anchor is one of the boxes; it should be the mean of its boxes."
    return "wrong", f"{reached} An anchor is not the mean of the boxes with which its IoU is largest."


def fit(wh: np.ndarray, anchors: np.ndarray) -> float:
    """The mean, over the boxes, of the IoU with the anchor that suits best."""
    return float(_overlaps(wh, anchors).max(axis=1).mean())


def _overlaps(wh: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    return iou(_at_origin(wh)[:, None], _at_origin(anchors)[None])


def _at_origin(wh: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(wh), wh], axis=1)


def _settled(wh: np.ndarray, anchors: np.ndarray, nearest: np.ndarray) -> bool:
    """Whether each anchor is (nearly) the mean of its boxes, or each is (nearly) their median."""
    for middle in (np.mean, np.median):
        moved = [
            middle(wh[nearest == i], axis=0) if np.any(nearest == i) else anchor for i, anchor in enumerate(anchors)
        ]
        if np.all(iou(_at_origin(np.array(moved)), _at_origin(anchors)) >= SETTLED):
            return True
    return False


# An anchor which another step would still move by one or two per cent in a side is settled enough.
SETTLED = 0.96
