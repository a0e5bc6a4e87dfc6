"""The exercise of notebook 09 on the target of one object."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.exercise import Topic, case

topic = Topic("localization")


# encode_target


def _box(rng, image_shape):
    """Corners (y1, x1, y2, x2) in pixels, of a box that lies off the middle and is no square."""
    height, width = image_shape
    y1, x1 = rng.uniform(0.05, 0.3) * height, rng.uniform(0.15, 0.4) * width
    return np.array([y1, x1, y1 + rng.uniform(0.2, 0.35) * height, x1 + rng.uniform(0.4, 0.55) * width])


@topic.exercise(
    reference=reference.encode_target,
    section="A target for one object",
    aliases={"corners": "box", "class_id": "label", "classes": "num_classes", "n_classes": "num_classes"},
)
def encode_target(rng):
    square, other, nothing = ({"group": group} for group in ("a square image", "other images", "no object"))
    yield case(
        "a car in an image of 100 x 100",
        np.array([60.0, 30.0, 80.0, 70.0]),
        1,
        3,
        (100, 100),
        expect=np.array([1, 0.5, 0.7, 0.2, 0.4, 0, 1, 0]),
        **square,
    )
    yield case("the first of four classes", _box(rng, (64, 64)), 0, 4, (64, 64), **square)
    yield case("the last of four classes", _box(rng, (64, 64)), 3, 4, (64, 64), **square)
    for shape in ((60, 90), (120, 50)):
        label = 2 * int(rng.integers(2))  # not 1, which may stand at the class's place for another reason
        yield case(f"an image of {shape[0]} x {shape[1]}", _box(rng, shape), label, 3, shape, **other)
    yield case("no object, three classes", None, 1, 3, (100, 100), corner=True, **nothing)
    yield case("no object, two classes", None, 0, 2, (60, 90), corner=True, **nothing)
    whole = np.array([0.0, 0.0, 100.0, 100.0])
    yield case("an object that fills its image", whole, 0, 2, (100, 100), **nothing)


def _encoded(
    order=("p", "bx", "by", "bh", "bw"),
    height=lambda h, w: h,
    width=lambda h, w: w,
    half=2,
    size=1,
    centre=lambda low, high, half: (low + high) / half,
    corners=lambda box: box,
    classes=lambda label, count: np.arange(count) == label,
    nothing=lambda label, count: np.zeros(5 + count),
    whole=lambda target: target,
):
    """encode_target with one thing changed."""

    def variant(box, label, num_classes, image_shape):
        if box is None:
            return nothing(label, num_classes)
        h, w = image_shape
        y1, x1, y2, x2 = corners(np.asarray(box)) / np.tile([height(h, w), width(h, w)], 2)
        parts = {"p": 1, "by": centre(y1, y2, half), "bx": centre(x1, x2, half), "zero": 0}
        parts |= {"bh": (y2 - y1) * size, "bw": (x2 - x1) * size, "y2": y2, "x2": x2}
        return whole(np.array([*(parts[name] for name in order), *np.asarray(classes(label, num_classes), float)]))

    return variant


for _key, _message, _changed in (
    (
        "width-before-height",
        "Height and width are exchanged: the order is p_c, b_x, b_y, b_h, b_w. See 'A target for one object'.",
        {"order": ("p", "bx", "by", "bw", "bh")},
    ),
    (
        "y-before-x",
        "The centre comes out as (b_y, b_x): x stands before y in the target.",
        {"order": ("p", "by", "bx", "bh", "bw")},
    ),
    (
        "y-and-height-first",
        "Nothing is wrong but the names: this is p_c, b_y, b_x, b_w, b_h. The order is p_c, b_x, b_y, b_h, b_w.",
        {"order": ("p", "by", "bx", "bw", "bh")},
    ),
    (
        "corner-for-centre",
        "b_x and b_y are those of the upper left corner; the target wants the centre: half-way between the corners.",
        {"centre": lambda low, high, half: low},
    ),
    (
        "half-a-difference",
        "(x2 - x1) / 2 is half the width; the centre lies half-way between the edges, at (x1 + x2) / 2.",
        {"centre": lambda low, high, half: (high - low) / half},
    ),
    (
        "precedence",
        "Without brackets only one of the edges is halved: the centre is (x1 + x2) / 2.",
        {"centre": lambda low, high, half: low + high / half},
    ),
    ("not-halved", "The centre is the sum of both edges; halve it.", {"half": 1}),
    (
        "half-the-size",
        "Height and width are halved: b_h and b_w are those of the whole box, from edge to edge.",
        {"size": 0.5},
    ),
    (
        "pixels",
        "These are pixels; the target has fractions of the image, from 0 to 1: divide by its height or width.",
        {"height": lambda h, w: 1, "width": lambda h, w: 1},
    ),
    (
        "hundredths",
        "Everything is divided by 100, which is right for an image of 100 pixels only: image_shape has the sides.",
        {"height": lambda h, w: 100, "width": lambda h, w: 100},
    ),
    (
        "height-for-all",
        "Everything is divided by the height; what runs along x is a fraction of the width.",
        {"width": lambda h, w: h},
    ),
    (
        "width-for-all",
        "Everything is divided by the width; what runs along y is a fraction of the height.",
        {"height": lambda h, w: w},
    ),
    (
        "sides-exchanged",
        "Height and width of the image are exchanged: image_shape is (height, width), as the shape of an array.",
        {"height": lambda h, w: w, "width": lambda h, w: h},
    ),
    (
        "x-first",
        "The corners are read as (x1, y1, x2, y2); here y comes first: (y1, x1, y2, x2).",
        {"corners": lambda box: box[[1, 0, 3, 2]]},
    ),
    (
        "in-pairs",
        "The corners are read as (y1, y2, x1, x2); they are (y1, x1, y2, x2).",
        {"corners": lambda box: box[[0, 2, 1, 3]]},
    ),
    (
        "corners-kept",
        "The last two numbers of the box are its lower right corner; the target has height and width there.",
        {"order": ("p", "bx", "by", "y2", "x2")},
    ),
    (
        "labels-from-one",
        "The classes are counted from 1: class 0 is the first one, c_1, behind the four numbers of the box.",
        {"classes": lambda label, count: np.arange(count) == (label - 1) % count},
    ),
    (
        "class-as-a-number",
        "The class is written as its number; each class has a place of its own, 1 for the right one and 0 elsewhere.",
        {"classes": lambda label, count: [label]},
    ),
    (
        "label-in-its-place",
        "At the place of the class stands its number; it should be 1.",
        {"classes": lambda label, count: label * (np.arange(count) == label)},
    ),
    ("no-p_c", "p_c is missing: the target begins with 1 where there is an object.", {"whole": lambda t: t[1:]}),
    ("p_c-zero", "p_c is 0 where there is an object; it should be 1.", {"order": ("zero", "bx", "by", "bh", "bw")}),
    (
        "class-of-nothing",
        "Where there is no object, a class is 1 all the same: all numbers are 0 then.",
        {"nothing": lambda label, count: np.concatenate([np.zeros(5), np.arange(count) == label])},
    ),
    (
        "only-p_c",
        "Where there is no object, the target is p_c alone; it should be as long as every other, with zeros.",
        {"nothing": lambda label, count: np.zeros(1)},
    ),
    (
        "sure-of-nothing",
        "p_c is 1 where there is no object; all numbers are 0 then.",
        {"nothing": lambda label, count: np.concatenate([np.ones(1), np.zeros(4 + count)])},
    ),
    (
        "nothing-at-all",
        "Where there is no object, None comes back; the network needs a target all the same: zeros.",
        {"nothing": lambda label, count: None},
    ),
):
    encode_target.mistake(_key, _message, _encoded(**_changed))
encode_target.also(
    "class-of-nothing",
    _encoded(nothing=lambda label, count: np.concatenate([[1, 0, 0, 0, 0], np.arange(count) == label])),
)
encode_target.also("labels-from-one", _encoded(classes=lambda label, count: np.arange(1, count + 1) == label))


def _from_one_in_place(box, label, num_classes, image_shape):
    target = reference.encode_target(box, label, num_classes, image_shape)
    if box is not None:
        target[5 + label] = 0
        target[4 + label] = 1
    return target


encode_target.also("labels-from-one", _from_one_in_place)
encode_target.pair("width-before-height", "corner-for-centre", _encoded(("p", "bx", "by", "bw", "bh"), centre=min))
encode_target.pair(
    "pixels",
    "corner-for-centre",
    _encoded(height=lambda h, w: 1, width=lambda h, w: 1, centre=lambda low, high, half: low),
)
encode_target.raises(
    "none-unpacked",
    "Where there is no object, box is None, and has no corners: look whether `box is None` before anything else.",
    r"NoneType",
)
encode_target.hint("Draw the box. Where is its centre, if it begins at x1 and ends at x2? Which side does x run along?")
encode_target.hint(
    "image_shape is (height, width): y1 and y2 are fractions of the first, x1 and x2 of the second. Then b_h = y2 - y1."
)
encode_target.hint("Begin with np.zeros(5 + num_classes), and return it where box is None. Class 0 stands at place 5.")
