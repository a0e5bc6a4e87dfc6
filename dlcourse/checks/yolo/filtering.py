"""An exercise of notebook 10: keep the sure ones."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.panel.pictures import boxes as boxes_picture
from dlcourse.checks.yolo.comparing_boxes import predictions, same_boxes, topic


def _cells(*rows):
    """Rows (confidence, probabilities) as a grid of 1 row, with boxes that tell which is which."""
    confidence = np.array([row[0] for row in rows], "f4").reshape(1, len(rows), 1, 1)
    probabilities = np.array([row[1] for row in rows], "f4").reshape(1, len(rows), 1, -1)
    boxes = (np.arange(len(rows))[:, None] + np.array([1.0, 2.0, 3.0, 4.0])).astype("f4")
    return boxes.reshape(1, len(rows), 1, 4), confidence, probabilities


def _grid(rng, shape, num_classes, threshold):
    confidence, probabilities = predictions(rng, shape, num_classes, threshold)
    start = rng.uniform(0, 0.6, (*shape, 2))
    boxes = np.concatenate([start, start + rng.uniform(0.1, 0.4, (*shape, 2))], axis=-1).astype("f4")
    return boxes, confidence, probabilities


@topic.exercise(
    reference=reference.yolo_filter_boxes,
    outputs=("scores", "boxes", "classes"),
    section="Keep the sure ones",
    picture=boxes_picture(output=1, given=(0,)),
    weights={"which boxes stay": 2.0},
)
def yolo_filter_boxes(rng):
    stay, exact, edge = "which boxes stay", "exactly the threshold", "none or all"
    by_hand = _cells((0.9, (0.1, 0.8, 0.1)), (0.9, (0.4, 0.3, 0.3)), (0.4, (0.0, 0.0, 1.0)), (0.8, (0.05, 0.05, 0.9)))
    yield case(
        "four cells, by hand",
        *by_hand,
        0.5,
        group=stay,
        compare=same_boxes,
        expect=(np.array([0.72, 0.72], "f4"), by_hand[0][0, [0, 3], 0], np.array([1, 2])),
    )
    twice = _cells((0.9, (0.5, 0.45, 0.05)), (0.2, (0.1, 0.2, 0.7)))
    yield case("a box with two classes above the threshold", *twice, 0.3, group=stay, compare=same_boxes)
    yield case(
        "a grid of 3x4 cells with two boxes each", *_grid(rng, (3, 4, 2), 3, 0.3), 0.3, group=stay, compare=same_boxes
    )
    yield case("the threshold of 0.6 that nobody gave", *_grid(rng, (4, 3, 2), 3, 0.6), group=stay, compare=same_boxes)
    yield case(
        "19x19 cells, 5 boxes each, 80 classes", *_grid(rng, (19, 19, 5), 80, 0.6), 0.6, group=stay, compare=same_boxes
    )
    half = _cells(
        (1.0, (0.5, 0.25, 0.25)), (0.5, (0.0, 1.0, 0.0)), (0.4375, (1.0, 0.0, 0.0)), (1.0, (0.4375, 0.4375, 0.125))
    )
    yield case(
        "scores of exactly 0.5, threshold 0.5",
        *half,
        0.5,
        group=exact,
        compare=same_boxes,
        expect=(np.array([0.5, 0.5], "f4"), half[0][0, :2, 0], np.array([0, 1])),
    )
    low = _cells(
        (0.25, (0.5, 0.25, 0.25)), (0.5, (0.1875, 0.1875, 0.625)), (0.25, (0.25, 0.75, 0.0)), (0.5, (0.0, 0.0, 0.25))
    )
    yield case("scores of exactly 0.125, threshold 0.125", *low, 0.125, group=exact, compare=same_boxes)
    boxes, confidence, probabilities = _grid(rng, (2, 3, 2), 4, 0.3)
    yield case("no score is large enough", boxes, 0.5 * confidence, probabilities, 0.6, group=edge, compare=same_boxes)
    boxes, confidence, _ = _grid(rng, (2, 3, 2), 2, 0.3)
    yield case(
        "a threshold of 0 keeps every box",
        boxes,
        confidence,
        np.ones_like(confidence),
        0.0,
        group=edge,
        compare=same_boxes,
    )


def _filter(score=None, shown=None, keep=None, kind=None):
    """A wrong variant that changes one step of the right computation."""

    def variant(boxes, box_confidence, box_class_probs, threshold=0.6):
        box_scores = box_confidence * box_class_probs
        best = score(box_confidence, box_class_probs) if score else box_scores.max(axis=-1)
        mask = keep(best, threshold) if keep else best >= threshold
        classes = kind(box_confidence, box_class_probs) if kind else box_scores.argmax(axis=-1)
        result = shown(box_confidence, box_class_probs) if shown else best
        return result[mask], boxes[mask], classes[mask]

    return variant


def _along(axis, both=True):
    """The best of each place along another axis than the classes', or of everything."""

    def variant(boxes, box_confidence, box_class_probs, threshold=0.6):
        box_scores = box_confidence * box_class_probs
        classes = box_scores.argmax(axis=axis if both else -1)
        best = box_scores.max(axis=axis)
        mask = best >= threshold
        return best[mask], boxes[mask], classes[mask]

    return variant


def _not_all(*kept):
    """Only these of the three results are filtered."""

    def variant(boxes, box_confidence, box_class_probs, threshold=0.6):
        box_scores = box_confidence * box_class_probs
        best = box_scores.max(axis=-1)
        mask = best >= threshold
        parts = {"scores": best, "boxes": boxes, "classes": box_scores.argmax(axis=-1)}
        return tuple(part[mask] if name in kept else part for name, part in parts.items())

    return variant


def _best_score(confidence, probabilities):
    return (confidence * probabilities).max(axis=-1)


def _added(boxes, box_confidence, box_class_probs, threshold=0.6):
    box_scores = box_confidence + box_class_probs
    best = box_scores.max(axis=-1)
    return best[best >= threshold], boxes[best >= threshold], box_scores.argmax(axis=-1)[best >= threshold]


def _every_class(boxes, box_confidence, box_class_probs, threshold=0.6):
    *cell, kind = np.nonzero(box_confidence * box_class_probs >= threshold)
    return (box_confidence * box_class_probs)[(*cell, kind)], boxes[tuple(cell)], kind


yolo_filter_boxes.mistake(
    "confidence-alone",
    "Only the confidence is compared with the threshold. A box is kept by its score, confidence times class "
    "probability. See 'Keep the sure ones'.",
    _filter(score=lambda confidence, probabilities: confidence[..., 0], shown=_best_score),
)
yolo_filter_boxes.mistake(
    "confidence-as-score",
    "The confidence is taken for the score; the score is confidence times class probability.",
    _filter(score=lambda confidence, probabilities: confidence[..., 0]),
)
yolo_filter_boxes.mistake(
    "probability-alone",
    "The confidence is left out: a clear class in a box that holds nothing is kept. The score is "
    "confidence times class probability.",
    _filter(score=lambda confidence, probabilities: probabilities.max(axis=-1)),
)
yolo_filter_boxes.mistake(
    "strictly-above",
    "A score equal to the threshold is dropped; it should stay (>=, not >).",
    _filter(keep=lambda best, threshold: best > threshold),
)
yolo_filter_boxes.mistake(
    "the-wrong-ones",
    "The boxes below the threshold are kept and the others dropped: the mask is the wrong way round.",
    _filter(keep=lambda best, threshold: best < threshold),
)
yolo_filter_boxes.mistake(
    "probability-as-score",
    "The right boxes stay, but with their class probability for a score: return the product with the confidence.",
    _filter(shown=lambda confidence, probabilities: probabilities.max(axis=-1)),
)
yolo_filter_boxes.mistake(
    "confidence-returned",
    "The right boxes stay, but with their confidence for a score: return the product with the class probability.",
    _filter(shown=lambda confidence, probabilities: confidence[..., 0]),
)
yolo_filter_boxes.mistake(
    "classes-from-one",
    "The classes are counted from 1; argmax counts from 0, and so does the rest of the notebook.",
    _filter(kind=lambda confidence, probabilities: probabilities.argmax(axis=-1) + 1),
)
yolo_filter_boxes.mistake(
    "every-class", "A box comes back once for each class above the threshold; only its best class counts.", _every_class
)
yolo_filter_boxes.mistake(
    "summed",
    "The scores are summed over the classes, which only gives the confidence back: take the best class.",
    _filter(score=lambda confidence, probabilities: (confidence * probabilities).sum(axis=-1)),
)
yolo_filter_boxes.mistake(
    "another-axis",
    "The best class is looked for along another axis than that of the classes. They are the last one, axis=-1: then "
    "one number is left for each box, and the mask has the shape of the grid.",
    _along(2),
)
for _axis in (0, 1):
    yolo_filter_boxes.also("another-axis", _along(_axis))
yolo_filter_boxes.mistake(
    "no-axis",
    "Without an axis, the largest of *all* scores is one single number. Each box has a best class of its own: axis=-1.",
    _along(None),
)
yolo_filter_boxes.also("no-axis", _along(None, both=False))
yolo_filter_boxes.raises("another-axis", yolo_filter_boxes.mistakes[-2].message, r"boolean index did not match")
yolo_filter_boxes.raises(
    "matrix-product",
    "The scores have more axes than the grid of boxes. np.dot and @ multiply matrices; confidence and class "
    "probabilities are multiplied number by number, with *.",
    r"too many indices for array",
)
yolo_filter_boxes.mistake(
    "class-of-the-confidence",
    "The right boxes stay, all of class 0: the class is the place of the largest score, and this looks at the "
    "confidence, which is one number for each box.",
    _filter(kind=lambda confidence, probabilities: confidence.argmax(axis=-1)),
)
yolo_filter_boxes.mistake(
    "threshold-written-in",
    "The threshold is 0.6, whatever was asked for: use the argument threshold.",
    _filter(keep=lambda best, threshold: best >= 0.6),
)
yolo_filter_boxes.mistake(
    "not-all-filtered",
    "Scores, boxes and classes must stay in step: the mask chooses from all three of them, and here from some only.",
    _not_all("scores", "classes"),
)
for _kept in (("scores", "boxes"), ("boxes", "classes"), ("scores",), ("boxes",)):
    yolo_filter_boxes.also("not-all-filtered", _not_all(*_kept))
yolo_filter_boxes.mistake(
    "added",
    "Confidence and class probability are added. That there is an object *and* that it is a car are two "
    "probabilities, which are multiplied.",
    _added,
)
yolo_filter_boxes.pair(
    "probability-alone",
    "strictly-above",
    _filter(
        score=lambda confidence, probabilities: probabilities.max(axis=-1),
        keep=lambda best, threshold: best > threshold,
    ),
)
yolo_filter_boxes.hint(
    "What is the probability that this box holds a car? That there is an object, and that it is a car."
)
yolo_filter_boxes.hint(
    "box_confidence * box_class_probs gives all scores at once. Take the maximum over the last axis, and its place."
)
yolo_filter_boxes.hint(
    "best >= threshold has one True or False for each box: with it as an index, an array gives what to keep."
)
