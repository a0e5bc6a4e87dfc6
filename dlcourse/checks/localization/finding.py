"""The exercises of notebook 09 on what is found: the best window, and how often it is right."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.localization.targets import topic

# best_window


@topic.exercise(
    reference=reference.best_window,
    section="Back on the image",
    aliases={"score_maps": "maps", "window": "size", "window_size": "size", "score_threshold": "threshold"},
    weights={"several scales": 2.0},
)
def best_window(rng):
    def maps_of(*shapes):
        """No two scores are equal, and all lie between 0.05 and 0.9."""
        places = rng.permutation(sum(rows * columns for rows, columns in shapes))
        scores = 0.05 + 0.85 * (places + rng.uniform(0.2, 0.8, len(places))) / len(places)
        parts = np.split(scores, np.cumsum([rows * columns for rows, columns in shapes])[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    one, several, edge, nothing = (
        {"group": group} for group in ("one scale", "several scales", "equal to the threshold", "nothing found")
    )
    by_hand = np.array([[0.125, 0.25, 0.5], [0.25, 0.875, 0.125]])
    yield case(
        "the image itself, the best in row 1 and column 1",
        [by_hand],
        [1.0],
        14,
        2,
        0.5,
        expect=(0.875, (2.0, 2.0, 16.0, 16.0)),
        **one,
    )
    yield case("one map, 3 x 5 windows", maps_of((3, 5)), [1.0], 8, 3, 0.5, **one)
    yield case(
        "half as large, by hand", [by_hand], [0.5], 14, 2, 0.5, expect=(0.875, (4.0, 4.0, 32.0, 32.0)), **several
    )
    for place in (0, 1, 2):
        maps = maps_of((2, 3), (4, 3), (5, 7))
        maps[0] = 0.5 * maps[0]  # the first one is not always sure enough
        maps[place][-1, -2] = 0.95
        yield case(f"the best in map {place} of three", maps, [0.3, 0.45, 0.7], 24, 4, 0.5, **several)
    maps = [0.5 * maps_of((3, 4))[0]]
    maps[0][0, 0] = 0.5
    yield case("a score of just the threshold", maps, [1.0], 10, 2, 0.5, corner=True, **edge)
    yield case(
        "no score is high enough", [0.5 * part for part in maps_of((2, 2), (3, 4))], [0.5, 1.0], 10, 2, 0.5, **nothing
    )
    yield case("a higher threshold", maps_of((3, 3)), [0.5], 10, 2, 0.93, **nothing)
    maps = maps_of((3, 3))
    maps[0][0, 0] = 0.97
    yield case("a score above a higher threshold", maps, [1.0], 10, 2, 0.93, **nothing)


def _best(
    scale=lambda edge, s: edge / s,
    place=lambda row, column, stride: (row * stride, column * stride),
    corners=lambda y, x, size, s, scale: (scale(y, s), scale(x, s), scale(y + size, s), scale(x + size, s)),
    choose=lambda peaks, threshold: int(np.argmax(peaks)),
    of=np.argmax,
    enough=lambda score, threshold: score >= threshold,
    scales=lambda scales: scales,
    score=lambda best: best,
    nothing=None,
):
    """best_window with one thing changed."""

    def variant(maps, given, size, stride, threshold=0.5):
        peaks = [part.flat[of(part)] for part in maps]
        number = choose(peaks, threshold)
        if number is None or not enough(peaks[number], threshold):
            return nothing
        row, column = np.unravel_index(of(maps[number]), maps[number].shape)
        y, x = place(row, column, stride)
        return score(float(peaks[number])), corners(y, x, size, scales(given)[number], scale)

    return variant


def _first_enough(peaks, threshold):
    return next((number for number, peak in enumerate(peaks) if peak >= threshold), None)


for _key, _message, _changed in (
    (
        "not-scaled-back",
        "The box lies on the resized image: divide its corners by the scale of the map. See 'Back on the image'.",
        {"scale": lambda edge, s: edge},
    ),
    (
        "multiplied",
        "The corners are multiplied by the scale, which has been done already: divide, to come back to the image.",
        {"scale": lambda edge, s: edge * s},
    ),
    (
        "size-not-scaled",
        "The window's place is scaled back, but not its size: on the image it is size / scale pixels wide.",
        {"corners": lambda y, x, size, s, scale: (y / s, x / s, y / s + size, x / s + size)},
    ),
    (
        "size-for-corner",
        "The last two numbers are the size; they should be the lower right corner (y2, x2).",
        {"corners": lambda y, x, size, s, scale: (y / s, x / s, size / s, size / s)},
    ),
    (
        "x-first",
        "The corners are (x1, y1, x2, y2); here y comes first: (y1, x1, y2, x2).",
        {"corners": lambda y, x, size, s, scale: (x / s, y / s, (x + size) / s, (y + size) / s)},
    ),
    (
        "whole-pixels",
        "The corners are rounded to whole pixels; they stay fractions, as the division by the scale gives them.",
        {"scale": lambda edge, s: round(edge / s)},
    ),
    (
        "stride-forgotten",
        "Row and column of the map are taken for pixels: they are multiplied by the stride first.",
        {"place": lambda row, column, stride: (row, column)},
    ),
    (
        "size-for-stride",
        "Row and column are multiplied by the window's size; windows are `stride` pixels apart.",
        {"place": lambda row, column, stride: (row * "size", column)},
    ),
    (
        "first-that-is-enough",
        "The first map with a score that is high enough decides; another may have a higher one.",
        {"choose": _first_enough},
    ),
    ("first-map-only", "Only the first map is searched.", {"choose": lambda peaks, threshold: 0}),
    ("last-map-only", "The last map decides, whatever the others hold.", {"choose": lambda peaks, threshold: -1}),
    (
        "first-scale",
        "The map is the right one, but its box is scaled back by the first scale.",
        {"scales": lambda scales: [scales[0]] * len(scales)},
    ),
    (
        "last-scale",
        "The map is the right one, but its box is scaled back by the last scale.",
        {"scales": lambda scales: [scales[-1]] * len(scales)},
    ),
    (
        "greater",
        "A score equal to the threshold is enough: >=.",
        {"enough": lambda score, threshold: score > threshold},
    ),
    (
        "never-none",
        "Something is always found: where no score reaches the threshold, return None.",
        {"enough": lambda score, threshold: True},
    ),
    (
        "threshold-one-half",
        "The threshold is always 0.5; it is an argument.",
        {"enough": lambda score, threshold: score >= 0.5},
    ),
    ("a-tuple-of-nothing", "Where nothing is found, return None alone.", {"nothing": (None, None)}),
    ("zero-for-nothing", "Where nothing is found, return None.", {"nothing": (0.0, (0.0, 0.0, 0.0, 0.0))}),
    (
        "lowest",
        "The lowest score is taken; the best is the highest.",
        {"of": np.argmin, "choose": lambda peaks, threshold: int(np.argmin(peaks)), "enough": lambda *_: True},
    ),
):
    if _key != "size-for-stride":
        best_window.mistake(_key, _message, _best(**_changed))


def _apart_by_the_size(maps, scales, size, stride, threshold=0.5):
    found = _best(place=lambda row, column, stride: (row * size, column * size))
    return found(maps, scales, size, stride, threshold)


def _exchanged(maps, scales, size, stride, threshold=0.5):
    found = _best(place=lambda row, column, stride: (column * stride, row * stride))
    return found(maps, scales, size, stride, threshold)


best_window.mistake(
    "size-for-stride",
    "Row and column are multiplied by the window's size; windows are `stride` pixels apart.",
    _apart_by_the_size,
)
best_window.also("whole-pixels", _best(scale=lambda edge, s: int(edge / s)))
best_window.also("x-first", _exchanged)
best_window.mistake(
    "order-of-results",
    "The box comes before the score; first the score.",
    lambda *args: (lambda found: found and found[::-1])(reference.best_window(*args)),
)
best_window.mistake(
    "five-numbers",
    "Five numbers come back; two things should: the score, and a box of four numbers.",
    lambda *args: (lambda found: found and (found[0], *found[1]))(reference.best_window(*args)),
)
best_window.mistake(
    "without-the-score",
    "Only the box comes back; first the score.",
    lambda *args: (lambda found: found and found[1])(reference.best_window(*args)),
)
best_window.pair(
    "not-scaled-back", "stride-forgotten", _best(lambda edge, s: edge, lambda row, column, stride: (row, column))
)
best_window.pair("first-that-is-enough", "not-scaled-back", _best(scale=lambda edge, s: edge, choose=_first_enough))
best_window.hint(
    "At which pixel of the resized image does the window in row 3 of the map begin? And on the image itself?"
)
best_window.hint(
    "np.unravel_index(scores.argmax(), scores.shape) is the row and the column of the highest score of a map."
)
best_window.hint(
    "Keep the best so far: its score, and row * stride / scale, column * stride / scale, and both + size / scale."
)


# score_detections


def _one_of(answers: list) -> list:
    return [None if answer is None else np.array(answer, dtype=float) for answer in answers]


@topic.exercise(
    reference=reference.score_detections,
    outputs=("recall", "precision"),
    section="How often is it right",
    by_output=True,
    aliases={"detections": "found", "true_boxes": "truth", "boxes": "truth"},
)
def score_detections(rng):
    car, far = (10, 10, 20, 30), (50, 50, 60, 70)
    yield case(
        "four pictures: right, wrong place, missed, found where nothing is",
        _one_of([car, far, None, car]),
        _one_of([car, car, car, None]),
        group="boxes in all ways",
        expect=(1 / 3, 1 / 3),
    )
    yield case(
        "five pictures, in two of which nothing is found",
        _one_of([None, (10, 12, 24, 30), None, (12, 8, 22, 28), far]),
        _one_of([car, car, None, car, car]),
        group="boxes in all ways",
        expect=(2 / 4, 2 / 3),
    )
    found, truth = [], []
    for _ in range(30):
        low, size = rng.uniform(5, 50, 2), rng.uniform(15, 40, 2)
        box = np.concatenate([low, low + size])
        # a centre well inside or well outside, whose box touches the true one all the same
        inside = rng.uniform() < 0.5
        beside = np.where(np.arange(2) == rng.integers(2), 1.2, rng.uniform(0.1, 0.9, 2))
        centre = low + size * (rng.uniform(0.1, 0.9, 2) if inside else beside)
        half = rng.uniform(8, 14, 2)
        found.append(None if rng.uniform() < 0.3 else np.concatenate([centre - half, centre + half]))
        truth.append(None if rng.uniform() < 0.3 else box)
    yield case("30 pictures by chance", found, truth, group="boxes in all ways")
    centres = [(20.5, 20), (9.5, 20), (15, 30.5), (15, 9.5), (95, 20), (15, 95), (15, 20)]
    yield case(
        "centres half a pixel beyond each edge, far to one side, and one inside",
        _one_of([(y - 5, x - 5, y + 5, x + 5) for y, x in centres]),
        _one_of([car] * 7),
        group="boxes in all ways",
        expect=(1 / 7, 1 / 7),
    )
    edge = _one_of([(15, 25, 25, 35), (5, 20, 15, 40), (5, 5, 15, 15)])
    yield case(
        "centres on an edge and in a corner", edge, _one_of([car] * 3), group="edges", expect=(1.0, 1.0), corner=True
    )
    yield case(
        "nothing found", _one_of([None, None]), _one_of([car, None]), group="nothing", expect=(0.0, 1.0), corner=True
    )
    yield case(
        "nothing there", _one_of([None, car]), _one_of([None, None]), group="nothing", expect=(1.0, 0.0), corner=True
    )


def _scored(
    right=lambda box, true: _inside(_centre(box), true),
    recall=lambda right, there, said, n: right / there if there else 1.0,
    precision=lambda right, there, said, n: right / said if said else 1.0,
    both_none=0,
):
    """score_detections with one thing changed."""

    def variant(found, truth):
        hits = 0
        for box, true in zip(found, truth, strict=True):
            if box is None or true is None:
                hits += both_none if box is None and true is None else 0
            else:
                hits += bool(right(box, true))
        there, said = (sum(box is not None for box in boxes) for boxes in (truth, found))
        n = len(truth)
        return recall(hits, there, said, n), precision(hits, there, said, n)

    return variant


def _centre(box):
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _inside(point, box):
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


for _key, _message, _changed in (
    (
        "truth-in-the-found-box",
        "It is asked whether the true centre lies in the found box; a huge box would always be right. The found box's "
        "centre has to lie in the true one. See 'How often is it right'.",
        {"right": lambda box, true: _inside(_centre(true), box)},
    ),
    (
        "upper-left",
        "The upper left corner of the found box is looked at; it is the centre that has to lie in the true box.",
        {"right": lambda box, true: _inside(box[:2], true)},
    ),
    (
        "any-overlap",
        "A box counts as right if it touches the true one; its centre has to lie in it.",
        {"right": lambda box, true: box[0] < true[2] and true[0] < box[2] and box[1] < true[3] and true[1] < box[3]},
    ),
    (
        "wholly-inside",
        "A box counts as right only if it lies wholly in the true one; its centre is enough.",
        {"right": lambda box, true: _inside(box[:2], true) and _inside(box[2:], true)},
    ),
    (
        "one-direction",
        "Only one of the two directions is looked at: the centre's y between y1 and y2, and its x between x1 and x2.",
        {"right": lambda box, true: true[0] <= _centre(box)[0] <= true[2]},
    ),
    (
        "any-found-box",
        "Every box found in a picture with an object counts as right, wherever it lies.",
        {"right": lambda box, true: True},
    ),
    (
        "edges-left-out",
        "A centre on the edge of the true box counts: <=.",
        {"right": lambda box, true: true[0] < _centre(box)[0] < true[2] and true[1] < _centre(box)[1] < true[3]},
    ),
    (
        "exchanged",
        "Recall and precision are exchanged: recall is the share of the objects, precision that of the found boxes.",
        {
            "recall": lambda right, there, said, n: right / said if said else 1.0,
            "precision": lambda right, there, said, n: right / there if there else 1.0,
        },
    ),
    (
        "over-all-pictures",
        "Recall is divided by the number of pictures; it is the share of those with an object.",
        {"recall": lambda right, there, said, n: right / n},
    ),
    (
        "precision-over-all-pictures",
        "Precision is divided by the number of pictures; it is the share of the boxes found.",
        {"precision": lambda right, there, said, n: right / n},
    ),
    (
        "both-over-all-pictures",
        "Both are divided by the number of pictures; recall is a share of the objects, precision one of the "
        "found boxes.",
        {"recall": lambda right, there, said, n: right / n, "precision": lambda right, there, said, n: right / n},
    ),
    (
        "nothing-counts-as-right",
        "A picture in which nothing is, and nothing was found, counts as a right box; no box is no right box.",
        {"both_none": 1},
    ),
    (
        "counts",
        "These are numbers of boxes; divide the right ones by the objects, and by the boxes found.",
        {"recall": lambda right, there, said, n: right, "precision": lambda right, there, said, n: said - right},
    ),
    (
        "nothing-is-zero",
        "A share of nothing is 1 here: who finds nothing has said nothing wrong.",
        {
            "recall": lambda right, there, said, n: right / there if there else 0.0,
            "precision": lambda right, there, said, n: right / said if said else 0.0,
        },
    ),
    (
        "precision-of-nothing-is-zero",
        "Where nothing was found, the precision is 1 here: who finds nothing has said nothing wrong.",
        {"precision": lambda right, there, said, n: right / said if said else 0.0},
    ),
):
    score_detections.mistake(_key, _message, _scored(**_changed))


def _centred(y, x):
    """score_detections with another centre of the found box."""
    return _scored(right=lambda box, true: _inside((y(*box), x(*box)), true))


def _middle_y(y1, x1, y2, x2):
    return (y1 + y2) / 2


def _middle_x(y1, x1, y2, x2):
    return (x1 + x2) / 2


score_detections.mistake(
    "another-centre",
    "What you take for the centre of the found box is another point: it is ((y1 + y2) / 2, (x1 + x2) / 2), half of "
    "each sum.",
    _centred(lambda y1, x1, y2, x2: y1 + y2, lambda y1, x1, y2, x2: x1 + x2),
)
for _y, _x in (
    (lambda y1, x1, y2, x2: y1 + y2, _middle_x),
    (_middle_y, lambda y1, x1, y2, x2: x1 + x2),
    (lambda y1, x1, y2, x2: y1 + y2 / 2, lambda y1, x1, y2, x2: x1 + x2 / 2),
    (lambda y1, x1, y2, x2: (y2 - y1) / 2, lambda y1, x1, y2, x2: (x2 - x1) / 2),
    (lambda y1, x1, y2, x2: (y2 - y1) / 2, _middle_x),
    (_middle_y, lambda y1, x1, y2, x2: (x2 - x1) / 2),
    (lambda y1, x1, y2, x2: (y1 + x1) / 2, lambda y1, x1, y2, x2: (y2 + x2) / 2),
):
    score_detections.also("another-centre", _centred(_y, _x))
score_detections.mistake(
    "x-between-the-ys",
    "The centre's x is compared with the true box's y1 and y2, and its y with x1 and x2; a box is (y1, x1, y2, x2).",
    _centred(_middle_x, _middle_y),
)
score_detections.mistake(
    "either-direction",
    "One direction is enough to be right (`or`); the centre lies in the box only if both its y and its x do: `and`.",
    _scored(right=lambda box, true: true[0] <= _centre(box)[0] <= true[2] or true[1] <= _centre(box)[1] <= true[3]),
)
# y1 or x2 alone leaves one centre of the three, as the truth in the found box does: nothing tells these apart
for _edge in (1, 2):
    score_detections.also(
        "edges-left-out",
        _scored(
            right=lambda box, true, edge=_edge: _inside(_centre(box), true) and _centre(box)[edge % 2] != true[edge]
        ),
    )
score_detections.also("one-direction", _scored(right=lambda box, true: true[1] <= _centre(box)[1] <= true[3]))
score_detections.also("counts", _scored(recall=lambda right, *_: right, precision=lambda right, *_: right))
score_detections.raises(
    "none-has-no-corners",
    "Where nothing is, or nothing was found, there is None and no box: look for that before the corners.",
    r"NoneType",
)
score_detections.raises(
    "divided-by-nothing",
    "Where nothing was found, or no object is there, a share is one of nothing: it is 1 here, so look before "
    "you divide.",
    r"ZeroDivisionError",
)
score_detections.hint("Three counts over all pictures: right boxes, objects, found boxes.")
score_detections.hint(
    "A box is right where `y1 <= (box[0] + box[2]) / 2 <= y2`, and likewise for x; both must be there."
)
score_detections.hint("Recall is right / objects, precision right / found; where there is nothing to divide by, 1.")
