"""The exercises of notebook 12 on how well masks agree: `mean_iou`, `dice`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlcourse import segmentation as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.segmentation.forwards import topic

ALIASES = {"y": "y_true", "y_hat": "y_pred", "num_classes": "n_classes", "classes": "n_classes"}

# mean_iou


@topic.exercise(
    reference=reference.mean_iou, section="How right is a map", aliases=ALIASES, weights={"all classes there": 2.0}
)
def mean_iou(rng):
    def maps(shape, classes):
        """Labels in which each of the classes is, truly and predicted, and about half of them right."""
        y_true = rng.choice(classes, size=shape)
        y_pred = np.where(rng.uniform(size=shape) < 0.5, y_true, rng.choice(classes, size=shape))
        for labels in (y_true, y_pred):
            labels.flat[: len(classes)] = rng.permutation(classes)
        return y_true, y_pred

    yield case(
        "2 x 2 pixels, one of them wrong, by hand",
        np.array([[0, 0], [1, 1]]),
        np.array([[0, 1], [1, 1]]),
        2,
        group="all classes there",
        expect=(1 / 2 + 2 / 3) / 2,
    )
    yield case("one map, three classes", *maps((6, 7), 3 * [0] + [1, 2]), 3, group="all classes there")
    yield case("several maps", *maps((3, 5, 4), [0, 1, 2, 3]), 4, group="all classes there")
    # a small and a large map, so that the mean of the maps' numbers is another one
    y_true, y_pred = maps((2, 5, 6), [0, 1])
    y_pred[0] = y_true[0]
    yield case("one map right, one not", y_true, y_pred, 2, group="all classes there")
    there = maps((5, 6), [0, 1, 3])
    yield case("a class that is nowhere", *there, 4, group="a class that is nowhere")
    yield case("the last classes are nowhere", *maps((4, 6), [0, 1]), 5, group="a class that is nowhere")
    y_true, y_pred = maps((5, 6), [0, 1])
    y_pred[2, 1:4] = 2
    yield case("a class that is only predicted", y_true, y_pred, 3, group="a class in one map only")
    y_true, y_pred = maps((5, 6), [0, 1, 2])
    y_pred[y_pred == 1] = 0
    yield case("a class that is never predicted", y_true, y_pred, 3, group="a class in one map only")


def _scored(
    each=lambda both, true, said: both / (true + said - both),
    counted=lambda true, said: true + said > 0,
    otherwise=None,
    classes=range,
    mean=lambda scores, true: np.mean(scores),
):
    """mean_iou with one thing changed; `otherwise` is the score of a class that does not count."""

    def variant(y_true, y_pred, n_classes):
        scores, sizes = [], []
        for c in classes(n_classes):
            true, said = np.sum(y_true == c), np.sum(y_pred == c)
            both = np.sum((y_true == c) & (y_pred == c))
            if counted(true, said):
                scores.append(each(both, true, said))
            elif otherwise is not None:
                scores.append(otherwise)
            else:
                continue
            sizes.append(true)
        return float(mean(np.array(scores, float), np.array(sizes, float)))

    return variant


def _map_by_map(y_true, y_pred, n_classes):
    if y_true.ndim < 3:
        return reference.mean_iou(y_true, y_pred, n_classes)
    return float(np.mean([reference.mean_iou(t, p, n_classes) for t, p in zip(y_true, y_pred, strict=True)]))


for _key, _message, _variant in (
    (
        "accuracy",
        "This is the share of right pixels, which a network that says 'street' everywhere nearly reaches. IoU is taken "
        "class by class. See 'How right is a map'.",
        lambda y_true, y_pred, n_classes: float(np.mean(y_true == y_pred)),
    ),
    (
        "nowhere-is-zero",
        "A class that is in neither map counts as 0; it does not count at all.",
        _scored(otherwise=0.0),
    ),
    ("nowhere-is-one", "A class that is in neither map counts as 1; it does not count at all.", _scored(otherwise=1.0)),
    (
        "nowhere-is-nan",
        "0 / 0 of a class that is in neither map makes the mean NaN; leave such a class out.",
        _scored(otherwise=float("nan")),
    ),
    (
        "true-classes-only",
        "Only classes that are truly there count; one that is predicted by mistake must lower the mean: it counts 0.",
        _scored(counted=lambda true, said: true > 0),
    ),
    (
        "predicted-classes-only",
        "Only classes that were predicted count; one that was missed must lower the mean: it counts 0.",
        _scored(counted=lambda true, said: said > 0),
    ),
    (
        "classes-in-both-only",
        "Only classes that are in both maps count; one that is in either counts, 0 if need be.",
        _scored(counted=lambda true, said: min(true, said) > 0),
    ),
    (
        "union-counted-twice",
        "The pixels in both are counted twice in the union: |A| + |B| - |A and B|.",
        _scored(each=lambda both, true, said: both / (true + said)),
    ),
    (
        "dice",
        "This is the Dice number, 2 |A and B| / (|A| + |B|); IoU divides the pixels in both by those in either.",
        _scored(each=lambda both, true, said: 2 * both / (true + said)),
    ),
    (
        "recall",
        "You divide by the true pixels alone; pixels that were predicted by mistake belong to the union, too.",
        _scored(each=lambda both, true, said: both / true if true else 0.0),
    ),
    (
        "precision",
        "You divide by the predicted pixels alone; pixels that were missed belong to the union, too.",
        _scored(each=lambda both, true, said: both / said if said else 0.0),
    ),
    (
        "without-the-street",
        "Class 0 is left out; it counts as every other class: range(n_classes) begins with 0.",
        _scored(classes=lambda n: range(1, n)),
    ),
    (
        "last-class-missing",
        "The last class is left out: classes are 0 to n_classes - 1, range(n_classes).",
        _scored(classes=lambda n: range(n - 1)),
    ),
    (
        "weighted",
        "Large classes count more; every class counts the same.",
        _scored(mean=lambda scores, true: np.sum(scores * true) / np.sum(true)),
    ),
    ("map-by-map", "This is the mean over the maps; count the pixels of all maps together, then divide.", _map_by_map),
):
    mean_iou.mistake(_key, _message, _variant)
mean_iou.hint(
    "For one class: y_true == c and y_pred == c are two masks. How many pixels are in both, how many in either?"
)
mean_iou.hint(
    "np.sum(a & b) / np.sum(a | b), for each c in range(n_classes) where a | b holds any pixel; then the mean of these."
)


# dice


@topic.exercise(reference=reference.dice, section="Dice", aliases=ALIASES)
def dice(rng):
    def masks(shape, share=0.5):
        y_true = rng.uniform(size=shape) < share
        y_pred = np.where(rng.uniform(size=shape) < 0.6, y_true, rng.uniform(size=shape) < share)
        y_true.flat[:3], y_pred.flat[:3] = [True, True, False], [True, False, True]
        return y_true, y_pred

    yield case(
        "two pixels and one, one in both, by hand",
        np.array([[True, True], [False, False]]),
        np.array([[True, False], [False, False]]),
        group="masks",
        expect=2 / 3,
    )
    yield case("5 x 6 pixels", *masks((5, 6)), group="masks")
    yield case("several masks", *masks((3, 4, 5)), group="masks")
    yield case("few pixels", *masks((8, 9), 0.1), group="masks")
    nothing, one_and_two = np.zeros((3, 4), bool), (np.eye(1, 4, dtype=bool), np.array([[True, False, True, False]]))
    yield case("one pixel, and that and another", *one_and_two, group="one is empty")
    yield case("one of them is empty", nothing, masks((3, 4))[0], group="one is empty")
    yield case("the other is empty", masks((3, 4))[0], nothing, group="one is empty")
    yield case("one pixel, and that and the next", *one_and_two, group="both are empty")
    yield case("a single pixel, and itself", np.eye(1, dtype=bool), np.eye(1, dtype=bool), group="both are empty")
    yield case("both are empty", nothing, nothing, group="both are empty", expect=1.0, corner=True)


def _agree(score: Callable, of_nothing: float = 1.0):
    def variant(y_true, y_pred):
        both, true, said = np.sum(y_true & y_pred), np.sum(y_true), np.sum(y_pred)
        return float(score(both, true, said)) if true + said else of_nothing

    return variant


def _twice(both, true, said):
    return 2 * both / (true + said)


def _over_the_difference(both, true, said):
    return float(2 * both / (true - said)) if true != said else 1.0


for _key, _message, _variant in (
    (
        "iou",
        "This is IoU, the pixels in both over those in either; Dice is 2 |A and B| / (|A| + |B|).",
        _agree(lambda both, true, said: both / (true + said - both)),
    ),
    (
        "not-twice",
        "The 2 is missing: of two equal masks this is one half, and should be 1.",
        _agree(lambda both, true, said: both / (true + said)),
    ),
    (
        "twice-over-the-union",
        "You divide by the pixels in either; Dice divides by |A| + |B|, in which those in both count twice.",
        _agree(lambda both, true, said: 2 * both / (true + said - both)),
    ),
    (
        "accuracy",
        "This is the share of equal pixels; those that are in neither mask say nothing here.",
        lambda y_true, y_pred: float(np.mean(y_true == y_pred)),
    ),
    ("nothing-is-zero", "Two empty masks agree: 1, not 0.", _agree(_twice, 0.0)),
    ("nothing-is-nan", "0 / 0 where both masks are empty; they agree: 1.", _agree(_twice, float("nan"))),
    (
        "empty-is-one",
        "Where one mask alone is empty the two do not agree at all: 0. Only of two empty masks it is 1.",
        lambda y_true, y_pred: float(_agree(_twice)(y_true, y_pred)) if y_true.any() and y_pred.any() else 1.0,
    ),
    (
        "either-for-both",
        "Above stand the pixels in either mask; only those in both count there: &, not |.",
        _agree(lambda both, true, said: 2 * (true + said - both) / (true + said)),
    ),
    (
        "recall",
        "You divide by the true pixels alone; below stands |A| + |B|, those of both masks.",
        _agree(lambda both, true, said: both / true if true else 0.0),
    ),
    (
        "precision",
        "You divide by the predicted pixels alone; below stands |A| + |B|, those of both masks.",
        _agree(lambda both, true, said: both / said if said else 0.0),
    ),
    (
        "subtracted",
        "One sum is subtracted from the other; below stands |A| + |B|: add them.",
        lambda y_true, y_pred: _over_the_difference(np.sum(y_true & y_pred), np.sum(y_true), np.sum(y_pred)),
    ),
    (
        "multiplied",
        "The pixels in both are multiplied by |A| + |B|, so that the result grows with the masks; divide by it.",
        _agree(lambda both, true, said: 2 * both * (true + said)),
    ),
    (
        "one-if-not-empty",
        "1 comes back where there *are* pixels; it is the answer where both masks are empty: == 0, not != 0.",
        lambda y_true, y_pred: 1.0 if y_true.any() or y_pred.any() else float("nan"),
    ),
):
    dice.mistake(_key, _message, _variant)
dice.also("recall", lambda y_true, y_pred: float(2 * np.sum(y_true & y_pred) / np.sum(y_true)) if y_true.any() else 1.0)
dice.also(
    "precision", lambda y_true, y_pred: float(2 * np.sum(y_true & y_pred) / np.sum(y_pred)) if y_pred.any() else 1.0
)
dice.also("either-for-both", _agree(lambda both, true, said: (true + said - both) / (true + said)))
dice.raises(
    "divided-by-nothing",
    "Both masks may be empty, and 0 / 0 raises: return 1 then.",
    r"ZeroDivisionError|division by zero",
)
dice.hint("np.sum(a & b) counts the pixels in both. What are |A| and |B|?")
dice.hint("2 * np.sum(a & b) / (np.sum(a) + np.sum(b)); and if the number below is 0, both are empty: 1.")
