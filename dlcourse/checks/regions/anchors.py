"""The exercises of notebook 11 on anchors: `generate_anchors`, `encode_boxes`, `decode_boxes`, `default_boxes`."""

from __future__ import annotations

import numpy as np

from dlcourse import regions as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.regions.proposing import topic

# generate_anchors

ONE_CELL, CELLS, ORDER = "shapes in one cell", "many cells", "several scales and ratios"


@topic.exercise(
    reference=reference.generate_anchors,
    section="Anchors",
    aliases={"shape": "grid", "feature_shape": "grid", "feature_stride": "stride", "aspect_ratios": "ratios"},
    weights={ONE_CELL: 2.0},
)
def generate_anchors(rng):
    scale, other = (float(number) for number in rng.uniform(10, 40, 2))
    ratio = float(rng.uniform(1.5, 3))
    by_hand = np.array([[-4.0, 2.0, 12.0, 6.0]])
    yield case(
        "one cell of 8 pixels, scale 8, ratio 4, by hand", (1, 1), 8, [8.0], [4.0], group=ONE_CELL, expect=by_hand
    )
    yield case("a wide one", (1, 1), 4, [scale], [1 / ratio], group=ONE_CELL)
    yield case("a tall one", (1, 1), 16, [scale], [ratio], group=ONE_CELL)
    yield case("2x3 cells, squares", (2, 3), 4, [scale], [1.0], group=CELLS)
    yield case("4x2 cells, squares", (4, 2), 16, [other], [1.0], group=CELLS)
    yield case("two scales, three ratios", (1, 1), 8, [scale, 2 * scale], [0.5, 1.0, ratio], group=ORDER)
    together = [other, 2 * other, 3 * other], [ratio, 1 / ratio]
    yield case("3x2 cells, all together", (3, 2), 16, *together, group=ORDER, besides=(CELLS,))


def _anchors(
    shape=lambda s, r: (s * np.sqrt(r), s / np.sqrt(r)),
    centre=lambda k, stride: (k + 0.5) * stride,
    columns_first=False,
    ratios_first=False,
    layout=lambda y, x, h, w: (y - h / 2, x - w / 2, y + h / 2, x + w / 2),
    shapes_first=False,
):
    def variant(grid, stride, scales, ratios):
        places = [(i, j) for i in range(grid[0]) for j in range(grid[1])]
        if columns_first:
            places = [(i, j) for j in range(grid[1]) for i in range(grid[0])]
        kinds = [(s, r) for s in scales for r in ratios]
        if ratios_first:
            kinds = [(s, r) for r in ratios for s in scales]
        both = [(place, kind) for place in places for kind in kinds]
        if shapes_first:
            both = [(place, kind) for kind in kinds for place in places]
        return np.array(
            [layout(*(centre(k, stride) for k in place), *shape(*kind)) for place, kind in both], dtype=float
        )

    return variant


for _key, _message, _variant in (
    (
        "ratio-upside-down",
        "Tall and wide are exchanged: a ratio is height over width.",
        _anchors(shape=lambda s, r: (s / np.sqrt(r), s * np.sqrt(r))),
    ),
    (
        "area-changes",
        "The width stays the scale and the height becomes ratio times it, so the area is not scale²: which h "
        "and w have h / w = "
        "ratio and h w = scale²?",
        _anchors(shape=lambda s, r: (s * r, s)),
    ),
    (
        "no-root",
        "h = scale * ratio and w = scale / ratio: then h / w is the square of the ratio. Take its root.",
        _anchors(shape=lambda s, r: (s * r, s / r)),
    ),
    (
        "corner-of-the-cell",
        "The anchors stand around the upper left corner of each cell; they stand around its centre: (i + 0.5) "
        "* stride.",
        _anchors(centre=lambda k, stride: k * stride),
    ),
    (
        "not-in-pixels",
        "The centres are counted in cells: multiply by the stride, after adding 0.5.",
        _anchors(centre=lambda k, stride: k + 0.5),
    ),
    (
        "half-a-pixel",
        "The centres lie half a pixel behind the corner of each cell; half a *cell* is meant: (i + 0.5) * stride.",
        _anchors(centre=lambda k, stride: k * stride + 0.5),
    ),
    (
        "x-first",
        "The corners are (x1, y1, x2, y2); (y1, x1, y2, x2) is asked for.",
        _anchors(layout=lambda y, x, h, w: (x - w / 2, y - h / 2, x + w / 2, y + h / 2)),
    ),
    (
        "centre-and-size",
        "These are centres and sizes; corners are asked for: the centre minus and plus half the size.",
        _anchors(layout=lambda y, x, h, w: (y, x, h, w)),
    ),
    (
        "whole-size",
        "The whole size is subtracted and added; half of it goes to each side.",
        _anchors(layout=lambda y, x, h, w: (y - h, x - w, y + h, x + w)),
    ),
    ("column-by-column", "The cells come column by column; row by row is asked for.", _anchors(columns_first=True)),
    (
        "ratios-outside",
        "Within a cell the ratios change slowest; for each scale all ratios is asked for.",
        _anchors(ratios_first=True),
    ),
    (
        "shape-by-shape",
        "All cells come for the first shape, then for the next; cell by cell is asked for, each with all its shapes.",
        _anchors(shapes_first=True),
    ),
):
    generate_anchors.mistake(_key, _message, _variant)
generate_anchors.hint("h / w = r and h w = s²: multiply the two, and h² is left.")
generate_anchors.hint("h = s √r, w = s / √r; the centre of cell (i, j) is ((i + 0.5) stride, (j + 0.5) stride).")


# encode_boxes, decode_boxes

ALIASES = {"box": "boxes", "anchor": "anchors", "t": "offsets", "deltas": "offsets", "rois": "anchors"}
CENTRES, SIZES = "the centre", "the size"


def _corners(centre, size):
    return np.concatenate([centre - size / 2, centre + size / 2], axis=1)


def _pairs(rng, count=4, moved=True, grown=True):
    """Boxes and their anchors, of different height and width."""
    around, unit = (
        rng.uniform(10, 50, (count, 2)),
        np.stack([rng.uniform(4, 12, count), rng.uniform(13, 30, count)], axis=1),
    )
    centre = around + rng.uniform(2, 9, (count, 2)) * rng.choice([-1, 1], (count, 2)) * moved
    size = unit * np.exp(rng.uniform(0.2, 0.9, (count, 2)) * rng.choice([-1, 1], (count, 2)) * grown)
    return _corners(centre, size), _corners(around, unit)


@topic.exercise(reference=reference.encode_boxes, section="Four numbers", aliases=ALIASES)
def encode_boxes(rng):
    box, anchor = np.array([[10.0, 10, 30, 20]]), np.array([[0.0, 0, 20, 40]])
    by_hand = np.array([[-5 / 40, 10 / 20, np.log(1 / 4), 0.0]])
    yield case("boxes of their anchors' size", *_pairs(rng, grown=False), group=CENTRES)
    yield case("other boxes of their anchors' size", *_pairs(rng, 3, grown=False), group=CENTRES)
    yield case("boxes around their anchors' centres", *_pairs(rng, moved=False), group=SIZES)
    yield case("other boxes around them", *_pairs(rng, 3, moved=False), group=SIZES)
    yield case("one box, by hand", box, anchor, group=SIZES, expect=by_hand, besides=(CENTRES,))
    yield case("five boxes", *_pairs(rng, 5), group=SIZES, besides=(CENTRES,))


@topic.exercise(reference=reference.decode_boxes, section="Four numbers", aliases=ALIASES)
def decode_boxes(rng):
    def offsets(moved=1.0, grown=1.0, count=4):
        _, anchors = _pairs(rng, count)
        size = rng.uniform(0.2, 0.8, (count, 4)) * rng.choice([-1, 1], (count, 4))
        return size * (moved, moved, grown, grown), anchors

    by_hand = np.array([[10.0, 10, 30, 20]])
    t = np.array([[-5 / 40, 10 / 20, np.log(1 / 4), 0.0]])
    yield case("the size stays", *offsets(grown=0.0), group=CENTRES)
    yield case("the size stays again", *offsets(grown=0.0, count=3), group=CENTRES)
    yield case("the centre stays", *offsets(moved=0.0), group=SIZES)
    yield case("the centre stays again", *offsets(moved=0.0, count=3), group=SIZES)
    yield case("one box, by hand", t, np.array([[0.0, 0, 20, 40]]), group=SIZES, expect=by_hand, besides=(CENTRES,))
    yield case("five boxes", *offsets(count=5), group=SIZES, besides=(CENTRES,))


def _parts(corners):
    corners = np.asarray(corners, dtype=float)
    size = corners[:, 2:] - corners[:, :2]
    return corners[:, 0] + size[:, 0] / 2, corners[:, 1] + size[:, 1] / 2, size[:, 0], size[:, 1]


def _encoded(
    unit=lambda y, x, h, w, ha, wa: (wa, ha), log=np.log, order=(0, 1, 2, 3), centre=_parts, upside_down=False
):
    def variant(boxes, anchors):
        (y, x, h, w), (ya, xa, ha, wa) = centre(boxes), centre(anchors)
        across, down = unit(y, x, h, w, ha, wa)
        sizes = (log(wa / w), log(ha / h)) if upside_down else (log(w / wa), log(h / ha))
        return np.stack([(x - xa) / across, (y - ya) / down, *sizes], axis=1)[:, order]

    return variant


def _from_corner(corners):
    y, x, h, w = _parts(corners)
    return y - h / 2, x - w / 2, h, w


for _key, _message, _variant in (
    (
        "not-divided",
        "The way from centre to centre is in pixels; divide it by the anchor's width and height.",
        _encoded(unit=lambda y, x, h, w, ha, wa: (1, 1)),
    ),
    (
        "by-the-box",
        "The way from centre to centre is divided by the box's own size; divide it by the anchor's.",
        _encoded(unit=lambda y, x, h, w, ha, wa: (w, h)),
    ),
    (
        "height-for-width",
        "x is divided by the height and y by the width: x runs along the width.",
        _encoded(unit=lambda y, x, h, w, ha, wa: (ha, wa)),
    ),
    ("no-logarithm", "t_w and t_h are the ratios themselves; take their natural logarithm.", _encoded(log=lambda r: r)),
    ("ratio-upside-down", "The ratio is upside down: box over anchor.", _encoded(upside_down=True)),
    ("logarithm-to-2", "The logarithm has base 2; take the natural one, np.log.", _encoded(log=np.log2)),
    (
        "y-first",
        "The offsets come as (t_y, t_x, t_h, t_w); (t_x, t_y, t_w, t_h) is asked for.",
        _encoded(order=[1, 0, 3, 2]),
    ),
    (
        "corner-for-centre",
        "The way is that from corner to corner; take it from centre to centre.",
        _encoded(centre=_from_corner),
    ),
    ("exchanged", "Box and anchor are exchanged.", lambda boxes, anchors: _encoded()(anchors, boxes)),
):
    encode_boxes.mistake(_key, _message, _variant)
encode_boxes.hint("Corners are (y1, x1, y2, x2): h = y2 - y1, y = y1 + h / 2; the same for the anchor.")
encode_boxes.hint("np.stack([(x - x_a) / w_a, (y - y_a) / h_a, np.log(w / w_a), np.log(h / h_a)], axis=1).")


def _decoded(
    unit=lambda ha, wa: (wa, ha),
    grow=np.exp,
    order=(0, 1, 2, 3),
    layout=lambda y, x, h, w: (y - h / 2, x - w / 2, y + h / 2, x + w / 2),
    centre=_parts,
):
    def variant(offsets, anchors):
        tx, ty, tw, th = np.asarray(offsets)[:, order].T
        ya, xa, ha, wa = centre(anchors)
        across, down = unit(ha, wa)
        return np.stack(layout(ya + ty * down, xa + tx * across, ha * grow(th), wa * grow(tw)), axis=1)

    return variant


for _key, _message, _variant in (
    (
        "not-multiplied",
        "t_x and t_y are added as pixels; multiply them by the anchor's width and height first.",
        _decoded(unit=lambda ha, wa: (1, 1)),
    ),
    (
        "height-for-width",
        "t_x is multiplied by the height and t_y by the width: x runs along the width.",
        _decoded(unit=lambda ha, wa: (ha, wa)),
    ),
    (
        "no-exponential",
        "The sizes are multiplied by t itself; multiply by e to the power of t.",
        _decoded(grow=lambda t: t),
    ),
    ("one-more", "The sizes are multiplied by 1 + t; multiply by e to the power of t.", _decoded(grow=lambda t: 1 + t)),
    (
        "y-first",
        "The offsets are read as (t_y, t_x, t_h, t_w); they are (t_x, t_y, t_w, t_h).",
        _decoded(order=[1, 0, 3, 2]),
    ),
    (
        "centre-and-size",
        "These are centres and sizes; corners are asked for.",
        _decoded(layout=lambda y, x, h, w: (y, x, h, w)),
    ),
    (
        "x-first",
        "The corners are (x1, y1, x2, y2); (y1, x1, y2, x2) is asked for.",
        _decoded(layout=lambda y, x, h, w: (x - w / 2, y - h / 2, x + w / 2, y + h / 2)),
    ),
    (
        "whole-size",
        "The whole size is subtracted and added; half of it goes to each side.",
        _decoded(layout=lambda y, x, h, w: (y - h, x - w, y + h, x + w)),
    ),
    (
        "from-the-corner",
        "The corner of the anchor is moved; move its centre, then lay half the new size to each side.",
        _decoded(centre=_from_corner),
    ),
    (
        "size-from-the-corner",
        "The new centre is taken for the upper left corner: half the size belongs to each side of it.",
        _decoded(layout=lambda y, x, h, w: (y, x, y + h, x + w)),
    ),
):
    decode_boxes.mistake(_key, _message, _variant)
decode_boxes.hint("Solve each line of encode_boxes for x, y, w and h.")
decode_boxes.hint("x = x_a + t_x w_a and w = w_a e^{t_w}; then x1 = x - w / 2 and x2 = x + w / 2.")


# default_boxes

SCALES, SQUARE, PLACES = "scales", "the square between two scales", "places"


@topic.exercise(
    reference=reference.default_boxes, section="SSD: many maps", aliases={"s_min": "smallest", "s_max": "largest"}
)
def default_boxes(rng):
    low, high = float(rng.uniform(0.1, 0.2)), float(rng.uniform(0.7, 0.95))
    ratio = float(rng.uniform(1.5, 3))

    def judged(title, group, *args, part=None, besides=()):
        expect = reference.default_boxes(*args)
        return case(title, *args, group=group, compare=_of_these(part), expect=expect, besides=besides)

    ones = (1.0,)
    yield judged("two maps of one cell", SCALES, (1, 1), (ones, ones), 0.2, 0.8, part="first")
    yield judged("three maps of one cell", SCALES, (1, 1, 1), (ones, (ratio,), (1 / ratio,)), low, high, part="first")
    yield judged("four maps of one cell", SCALES, (1, 1, 1, 1), ((ratio,),) * 4, low, high, part="first")
    yield judged("the squares of three maps", SQUARE, (1, 1, 1), (ones, (ratio,), ones), low, high)
    yield judged("3x3 and 2x2 cells", PLACES, (3, 2), ((ratio,), (1 / ratio,)), low, high, part="first")
    several = ((ratio,), (1.0, ratio, 1 / ratio), ones)
    yield judged("4x4, 2x2 and one cell", PLACES, (4, 2, 1), several, low, high, besides=(SQUARE,))


def _of_these(part):
    """Compare all boxes, or those of the ratios alone, where each cell has one."""

    def compare(expected, got):
        try:
            answer = np.asarray(got, dtype=float)
        except (TypeError, ValueError, OverflowError):
            return "default_boxes must return an array of numbers."
        if answer.shape != expected.shape:
            return f"the result has the shape {answer.shape}; {expected.shape} was expected."
        chosen = slice(None, None, 2) if part == "first" else slice(None)
        wrong = ~np.isclose(answer[chosen], expected[chosen], rtol=1e-5, atol=1e-7)
        if not wrong.any():
            return None
        row = int(np.flatnonzero(wrong.any(axis=1))[0]) * (2 if part == "first" else 1)
        told = (", ".join(f"{number:.4g}" for number in box[row]) for box in (answer, expected))
        return "box {} is ({}); ({}) was expected.".format(row, *told)

    return compare


def _defaults(
    scale=lambda k, m, low, high: low + (high - low) * k / (m - 1),
    square=lambda s, following: np.sqrt(np.abs(s * following)),
    shape=lambda s, r: (s * np.sqrt(r), s / np.sqrt(r)),
    centre=lambda k, side: (k + 0.5) / side,
    square_first=False,
    columns_first=False,
    layout=lambda y, x, h, w: (y - h / 2, x - w / 2, y + h / 2, x + w / 2),
):
    def variant(grids, ratios, smallest=0.2, largest=0.9):
        boxes = []
        for k, (side, of_map) in enumerate(zip(grids, ratios, strict=True)):
            s, following = (scale(number, len(grids), smallest, largest) for number in (k, k + 1))
            shapes = [shape(s, r) for r in of_map]
            last = [] if square is None else [(square(s, following),) * 2]
            shapes = last + shapes if square_first else shapes + last
            for i in range(side):
                for j in range(side):
                    y, x = (i, j) if not columns_first else (j, i)
                    boxes += [layout(centre(y, side), centre(x, side), h, w) for h, w in shapes]
        return np.array(boxes, dtype=float)

    return variant


for _key, _message, _variant in (
    (
        "divided-by-m",
        "The last map does not reach the largest scale: there are m - 1 steps from the first of m maps to the last.",
        _defaults(scale=lambda k, m, low, high: low + (high - low) * k / m),
    ),
    (
        "fine-is-large",
        "The first, finest map has the largest boxes; it has the smallest.",
        _defaults(scale=lambda k, m, low, high: high - (high - low) * k / (m - 1)),
    ),
    (
        "mean-of-scales",
        "The last box of a cell has the mean of both scales; √(s_k s_(k+1)) is asked for.",
        _defaults(square=lambda s, following: (s + following) / 2),
    ),
    ("no-square", "Each cell lacks its last box, the square of side √(s_k s_(k+1)).", _defaults(square=None)),
    (
        "square-first",
        "The square between two scales comes first; it is the last box of each cell.",
        _defaults(square_first=True),
    ),
    (
        "square-of-its-own-scale",
        "The last box of a cell has the side s_k; it lies between this map's scale and the next: √(s_k s_(k+1)).",
        _defaults(square=lambda s, following: s),
    ),
    (
        "ratio-upside-down",
        "Tall and wide are exchanged: a ratio is height over width.",
        _defaults(shape=lambda s, r: (s / np.sqrt(r), s * np.sqrt(r))),
    ),
    (
        "corner-of-the-cell",
        "The boxes stand around the corner of each cell; they stand around its centre: (i + 0.5) / side.",
        _defaults(centre=lambda k, side: k / side),
    ),
    ("column-by-column", "The cells come column by column; row by row is asked for.", _defaults(columns_first=True)),
    (
        "centre-and-size",
        "These are centres and sizes; corners are asked for.",
        _defaults(layout=lambda y, x, h, w: (y, x, h, w)),
    ),
):
    default_boxes.mistake(_key, _message, _variant)
default_boxes.hint("s_k = smallest + (largest - smallest) k / (m - 1), also for the scale that follows the last one.")
default_boxes.hint(
    "The centre of cell (i, j) is ((i + 0.5) / side, (j + 0.5) / side); shapes are those of generate_anchors."
)
