"""The exercises of notebook 11 that cut regions out: `warp_regions`, `bilinear`, `roi_align`."""

from __future__ import annotations

import numpy as np

from dlcourse import regions as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.regions.proposing import topic

ALIASES = {"feature_map": "features", "A": "features", "boxes": "rois", "regions": "rois"}


def a_map(rng, n_H=6, n_W=8, n_C=1):
    return rng.normal(size=(n_H, n_W, n_C))


def regions_in(rng, n_H, n_W, count=1, least=1.0):
    """Corners (y1, x1, y2, x2) in cells, anywhere inside, none of them near a whole or half number."""
    while True:
        begin = rng.uniform(0, 1, (count, 2)) * (np.array([n_H, n_W]) - least)
        end = begin + least + rng.uniform(0, 1, (count, 2)) * (np.array([n_H, n_W]) - least - begin)
        rois = np.concatenate([begin, end], axis=1)
        if np.min(np.abs(2 * rois - np.round(2 * rois))) > 0.05 and np.all(end - begin > least):
            return rois


def centres_of(rois, size):
    part = (np.arange(size) + 0.5) / size
    return tuple(rois[:, [axis]] + part * (rois[:, [axis + 2]] - rois[:, [axis]]) for axis in (0, 1))


# warp_regions


def _image(rng, n_H=9, n_W=11):
    return rng.uniform(size=(n_H, n_W, 3))


def _clear(rng, n_H, n_W, size, count):
    """Boxes whose pixels' centres all lie clearly inside one pixel of the image."""
    while True:
        boxes = regions_in(rng, n_H, n_W, count, 2.0)
        places = np.concatenate([part.ravel() for part in centres_of(boxes, size)])
        if np.min(np.abs(places - np.round(places))) > 0.02:
            return boxes


@topic.exercise(
    reference=reference.warp_regions,
    section="R-CNN: cut out, stretch, classify",
    aliases={"img": "image", "rois": "boxes", "regions": "boxes"},
)
def warp_regions(rng):
    numbers = np.arange(36.0).reshape(6, 6, 1)
    by_hand = np.array([[[7.0], [10.0]], [[25.0], [28.0]]])[None]
    whole, edge = "whole pixels", "fractions, and out of the image"
    yield case("6x6 numbers to 2x2, by hand", numbers, np.array([[0.0, 0, 6, 6]]), 2, group=whole, expect=by_hand)
    yield case("a box as large as the result", _image(rng), np.array([[1.0, 2, 5, 6]]), 4, group=whole)
    yield case("a square to a smaller one", _image(rng), np.array([[0.0, 1, 9, 10]]), 3, group=whole)
    yield case("a tall one", _image(rng), np.array([[0.0, 3, 9, 6]]), 3, group="another shape")
    yield case("a wide one", _image(rng), np.array([[2.0, 1, 5, 10]]), 3, group="another shape")
    yield case("larger than it was", _image(rng), np.array([[3.0, 2, 5, 4]]), 6, group="another shape")
    yield case(
        "three boxes", _image(rng), np.array([[0.0, 3, 3, 6], [2, 1, 5, 4], [4, 7, 7, 10]]), 3, group="many boxes"
    )
    yield case(
        "five boxes", _image(rng), _clear(rng, 9, 11, 3, 5), 3, group="many boxes", besides=("another shape", edge)
    )
    yield case("fractions of a pixel", _image(rng), _clear(rng, 9, 11, 4, 1), 4, group=edge, besides=("another shape",))
    for side, box in (("at the top right", [-2.4, 6.3, 4.6, 13.3]), ("at the lower left", [5.3, -2.6, 11.4, 4.7])):
        reaching = np.array([box]) + rng.uniform(0, 0.1)
        yield case(f"a box that reaches out of the image {side}", _image(rng), reaching, 3, group=edge)


def _warped(middle=0.5, to_pixel=np.floor, clip=True, order=lambda boxes: boxes, span=lambda size: size, few=None):
    def variant(image, boxes, size):
        boxes = order(np.asarray(boxes, dtype=float))
        part = (np.arange(size) + middle) / span(size)
        indices = []
        for axis in (0, 1):
            places = to_pixel(boxes[:, [axis]] + part * (boxes[:, [axis + 2]] - boxes[:, [axis]])).astype(int)
            indices.append(np.clip(places, 0, image.shape[axis] - 1) if clip else places % image.shape[axis])
        cut = image[indices[0][:, :, None], indices[1][:, None, :]]
        return few(cut) if few else cut

    return variant


def _square(image, boxes, size):
    """The longer side for both, from the box's corner."""
    boxes = np.array(boxes, dtype=float)
    longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    return reference.warp_regions(image, np.concatenate([boxes[:, :2], boxes[:, :2] + longer[:, None]], axis=1), size)


for _key, _message, _variant in (
    (
        "corners-for-centres",
        "A pixel takes the colour at its upper left corner; take it at its centre: (i + 0.5) / size of the way.",
        _warped(middle=0.0),
    ),
    (
        "corner-to-corner",
        "The first and the last pixel lie on the edges of the box; cut it into `size` parts and take their middles.",
        _warped(middle=0.0, span=lambda size: max(size - 1, 1)),
    ),
    (
        "rounded",
        "A place is rounded to a pixel: pixel i reaches from i to i + 1, so 2.7 lies in pixel 2.",
        _warped(to_pixel=np.round),
    ),
    (
        "x-first",
        "Rows and columns are exchanged: a box is (y1, x1, y2, x2).",
        _warped(order=lambda b: b[:, [1, 0, 3, 2]]),
    ),
    (
        "result-transposed",
        "The squares are mirrored at their diagonals: rows come first.",
        _warped(few=lambda cut: cut.swapaxes(1, 2)),
    ),
    (
        "aspect-kept",
        "The region keeps its shape; here each side is stretched by itself, so that every region becomes a square.",
        _square,
    ),
    (
        "around-the-edge",
        "A place outside of the image takes a pixel of the opposite edge: in NumPy -1 is the last row. Take "
        "the nearest "
        "one: np.clip.",
        _warped(clip=False),
    ),
    (
        "first-box",
        "Every result shows the first box: is the loop's index used?",
        _warped(few=lambda cut: np.repeat(cut[:1], len(cut), axis=0)),
    ),
    (
        "size-as-end",
        "The last two numbers of a box are taken for its height and width; they are its lower right corner.",
        _warped(order=lambda b: np.concatenate([b[:, :2], b[:, :2] + b[:, 2:]], axis=1)),
    ),
):
    warp_regions.mistake(_key, _message, _variant)
warp_regions.raises(
    "outside",
    "A place outside of the image: take the nearest pixel, np.clip(rows, 0, n_H - 1).",
    r"IndexError|out of bounds",
)
warp_regions.hint("Cut the box into size equal parts. Where is the middle of part i, between y1 and y2?")
warp_regions.hint(
    "rows = np.floor(y1 + (np.arange(size) + 0.5) / size * (y2 - y1)), whole and clipped; the same for columns; then "
    "image[rows[:, None], columns]."
)


# bilinear


def _inner_point(rng, n_H, n_W):
    y, x = rng.uniform(0.6, n_H - 1.6), rng.uniform(0.6, n_W - 1.6)
    return float(np.floor(y) + 0.5 + rng.uniform(0.15, 0.4)), float(np.floor(x) + 0.5 + rng.uniform(0.6, 0.85))


@topic.exercise(reference=reference.bilinear, section="Between four cells", aliases=ALIASES)
def bilinear(rng):
    ramp = np.arange(16.0).reshape(4, 4, 1)
    inside, edge, centre, many = "between four cells", "at the edge", "in a cell's centre", "several channels"
    yield case("a quarter down, three quarters along", ramp, 0.75, 1.25, group=inside, expect=np.array([1.75]))
    for title in ("a point", "another point", "a third point"):
        yield case(title, a_map(rng), *_inner_point(rng, 6, 8), group=inside)
    yield case("more rows than columns", a_map(rng, 7, 3), *_inner_point(rng, 7, 3), group=inside)
    row, column = (int(n) for n in rng.integers(1, 4, 2))
    other = a_map(rng)
    yield case("the centre of a cell", other, row + 0.5, column + 0.5, group=centre)
    yield case("between two cells", other, row + 0.5, column + 0.5 + float(rng.uniform(0.1, 0.4)), group=centre)
    low = float(rng.uniform(0.05, 0.45))
    yield case("above the first centres", a_map(rng), low, _inner_point(rng, 6, 8)[1], group=edge)
    yield case("beyond the last centres", a_map(rng), _inner_point(rng, 6, 8)[0], 8 - low, group=edge)
    yield case("in the last corner", a_map(rng), 6 - low, 8 - low / 2, group=edge)
    yield case("in the first corner", a_map(rng), low / 3, low, group=edge)
    yield case("three channels", a_map(rng, n_C=3), *_inner_point(rng, 6, 8), group=many)
    yield case("five channels", a_map(rng, n_C=5), *_inner_point(rng, 6, 8), group=many)


def _between(shift=0.5, swap=False, weights=lambda down, along: (down, along), edge="clip", channels=lambda v: v):
    def variant(features, y, x):
        y, x = (x, y) if swap else (y, x)
        rows, columns = features.shape[:2]
        y, x = y - shift, x - shift
        if edge == "clip":
            y, x = np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1)
        top, left = int(np.floor(y)), int(np.floor(x))
        down, along = weights(y - top, x - left)
        value = np.zeros(features.shape[2])
        for row, weight in ((top, 1 - down), (top + 1, down)):
            for column, share in ((left, 1 - along), (left + 1, along)):
                inside = 0 <= row < rows and 0 <= column < columns
                if edge == "wrap" or (edge == "clip" and weight * share == 0):
                    row_, column_ = row % rows, column % columns
                elif edge == "zero" and not inside:
                    continue
                else:
                    row_, column_ = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
                value = value + weight * share * features[row_, column_]
        return channels(value)

    return variant


def _nearest(features, y, x):
    return features[min(int(y), len(features) - 1), min(int(x), features.shape[1] - 1)].copy()


for _key, _message, _variant in (
    (
        "no-half",
        "Cell i has its centre at i + 0.5, and here at i: subtract 0.5 from y and x first. See 'Between four cells'.",
        _between(shift=0.0),
    ),
    ("half-added", "0.5 is added; it has to be subtracted: a point at 0.5 is cell 0 itself.", _between(shift=-0.5)),
    ("nearest", "This is the cell in which the point lies; the four whose centres lie around it share.", _nearest),
    ("exchanged", "y and x are exchanged: y chooses the rows.", _between(swap=True)),
    (
        "weights-upside-down",
        "The far cells get the large weights: a cell's weight is 1 less the distance.",
        _between(weights=lambda down, along: (1 - down, 1 - along)),
    ),
    (
        "weights-exchanged",
        "The fraction of x weighs the rows and that of y the columns.",
        _between(weights=lambda down, along: (along, down)),
    ),
    (
        "mean",
        "All four cells count the same; the nearer a cell, the more it counts.",
        _between(weights=lambda d, a: (0.5, 0.5)),
    ),
    (
        "along-rows-only",
        "Only two cells share, beside each other; rows share as well.",
        _between(weights=lambda d, a: (0, a)),
    ),
    (
        "zero-outside",
        "Beyond the outermost centres a point loses weight to cells that are not there; move it to the nearest centre "
        "first: np.clip.",
        _between(edge="zero"),
    ),
    (
        "around-the-edge",
        "At the edge a cell of the opposite side has a share: row -1 is the last one. Clip y - 0.5 to 0 ... n_H - 1.",
        _between(edge="wrap"),
    ),
    (
        "channels-added",
        "The channels are added up; each has a value of its own.",
        _between(channels=lambda v: 0 * v + v.sum()),
    ),
):
    bilinear.mistake(_key, _message, _variant)
bilinear.raises(
    "outside",
    "The cell below or on the right does not exist at the edge: take min(top + 1, n_H - 1).",
    r"IndexError|out of bounds",
)
bilinear.hint(
    "Subtract 0.5 and clip: now whole numbers are centres. top = floor(y), and down = y - top is how far below it lies."
)
bilinear.hint(
    "The upper pair gives (1 - along) * left + along * right, the lower pair likewise; then the same between "
    "the two with `down`."
)


# roi_align


@topic.exercise(
    reference=reference.roi_align,
    section="RoIAlign",
    companions=("bilinear",),
    aliases=ALIASES,
    weights={"one region": 2.0},
)
def roi_align(rng):
    one, many, channels = "one region", "several regions", "several channels"
    ramp = np.arange(16.0).reshape(4, 4, 1)
    by_hand = np.array([[2.5, 4.5], [10.5, 12.5]])[None, ..., None]
    yield case("4x4 numbers, 2x2 bins, by hand", ramp, np.array([[0.0, 0, 4, 4]]), 2, group=one, expect=by_hand)
    yield case("a region between the cells", a_map(rng), regions_in(rng, 6, 8, least=2.5), 2, group=one)
    yield case("three bins", a_map(rng), regions_in(rng, 6, 8, least=2.5), 3, group=one)
    yield case("a single bin", a_map(rng), regions_in(rng, 6, 8, least=2.0), 1, group=one)
    tall = np.array([[0.3, 2.2, 5.6, 3.9]]) + rng.uniform(0, 0.2, 4)
    yield case("a tall region", a_map(rng), tall, 4, group=one)
    yield case("three regions", a_map(rng), regions_in(rng, 6, 8, 3, 2.0), 2, group=many)
    yield case("five regions", a_map(rng, 7, 5), regions_in(rng, 7, 5, 5, 2.0), 3, group=many)
    yield case("three channels", a_map(rng, n_C=3), regions_in(rng, 6, 8, least=2.0), 2, group=channels)
    yield case("all together", a_map(rng, n_C=4), regions_in(rng, 6, 8, 4, 1.5), 3, group=channels, besides=(many,))


def _aligned(middle=0.5, snap=lambda rois: rois, span=lambda size: size, shift=0.0, order=None, after=lambda A: A):
    def variant(features, rois, size):
        rois = snap(np.array(rois, dtype=float))
        if order:
            rois = rois[:, order]
        part = (np.arange(size) + middle) / span(size)
        y, x = (rois[:, [axis]] + part * (rois[:, [axis + 2]] - rois[:, [axis]]) + shift for axis in (0, 1))
        return after(reference.bilinear(features, y[:, :, None], x[:, None, :]))

    return variant


def _corner_to_corner(features, rois, size):
    rois = np.array(rois, dtype=float)
    if size == 1:
        return reference.roi_align(features, rois, size)
    return _aligned(middle=0.0, span=lambda size: size - 1)(features, rois, size)


def _in_cells(features, rois, size):
    """The cell in which each middle lies."""
    y, x = centres_of(np.array(rois, dtype=float), size)
    rows, columns = (
        np.clip(np.floor(part).astype(int), 0, n - 1) for part, n in zip((y, x), features.shape[:2], strict=True)
    )
    return features[rows[:, :, None], columns[:, None, :]]


def _pooled(features, rois, size):
    return reference.roi_pool(features, np.clip(rois, 0, None), size)


for _key, _message, _variant in (
    (
        "pooled",
        "This is RoI pooling: edges are rounded, and the largest cell wins. RoIAlign rounds nothing, and asks "
        "for the value "
        "in the middle of each bin.",
        _pooled,
    ),
    (
        "snapped",
        "The region's corners are rounded to whole cells first: that is what RoIAlign avoids.",
        _aligned(snap=np.round),
    ),
    (
        "snapped-down",
        "The region's corners are cut down to whole numbers first: that is what RoIAlign avoids.",
        _aligned(snap=np.floor),
    ),
    (
        "corners-for-centres",
        "The value is taken in the upper left corner of each bin; take it in the middle: (i + 0.5) / size of the way.",
        _aligned(middle=0.0),
    ),
    (
        "corner-to-corner",
        "The points reach from corner to corner, as tf.image.crop_and_resize does; they lie in the middles of "
        "the bins.",
        _corner_to_corner,
    ),
    ("half-twice", "Half a cell is subtracted twice: bilinear does it already.", _aligned(shift=-0.5)),
    ("nearest", "Each middle takes the cell in which it lies; bilinear gives the value between four.", _in_cells),
    ("x-first", "Rows and columns are exchanged: a region is (y1, x1, y2, x2).", _aligned(order=[1, 0, 3, 2])),
    (
        "result-transposed",
        "The bins are mirrored at the diagonal: those of one row stand beside each other.",
        _aligned(after=lambda A: A.swapaxes(1, 2)),
    ),
    (
        "size-as-end",
        "The last two numbers of a region are taken for its height and width; they are its lower right corner.",
        _aligned(snap=lambda r: np.concatenate([r[:, :2], r[:, :2] + r[:, 2:]], axis=1)),
    ),
    (
        "first-region",
        "All results are those of the first region: is the loop's index used?",
        _aligned(after=lambda A: np.repeat(A[:1], len(A), axis=0)),
    ),
):
    roi_align.mistake(_key, _message, _variant)
roi_align.hint("A bin is (y2 - y1) / size high. Where is the middle of bin i?")
roi_align.hint("For bin (i, j): bilinear(features, y1 + (i + 0.5) * height, x1 + (j + 0.5) * width).")
