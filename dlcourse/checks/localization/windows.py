"""The exercises of notebook 09 on windows: cutting them out, and images in several sizes."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.comparing import real_numbers
from dlcourse.checking.exercise import case
from dlcourse.checks.localization.targets import topic

# sliding_windows


@topic.exercise(
    reference=reference.sliding_windows,
    outputs=("windows", "corners"),
    section="Windows that slide",
    by_output=True,
    aliases={"window": "size", "window_size": "size", "step": "stride", "f": "size"},
)
def sliding_windows(rng):
    def cut(title, shape, size, stride, group):
        return case(title, rng.normal(size=shape), size, stride, group=group)

    image = np.arange(9.0).reshape(3, 3, 1)
    corners = np.array([[0, 0, 2, 2], [0, 1, 2, 3], [1, 0, 3, 2], [1, 1, 3, 3]])
    windows = np.stack([image[y1:y2, x1:x2] for y1, x1, y2, x2 in corners])
    yield case("four windows of 2 x 2 in 3 x 3 pixels", image, 2, 1, group="stride 1", expect=(windows, corners))
    yield cut("a window as large as the image", (4, 4, 2), 4, 1, "stride 1")
    yield cut("rows and columns differ", (5, 8, 3), 3, 1, "stride 1")
    yield cut("16 x 16 with windows of 14, stride 2", (16, 16, 1), 14, 2, "larger strides")
    yield cut("a stride that leaves a rest", (9, 12, 2), 4, 2, "larger strides")
    yield cut("a stride larger than the window", (11, 8, 1), 2, 3, "larger strides")


def _slid(
    places=lambda n, size, stride: range(0, n - size + 1, stride),
    corners=lambda y, x, size: (y, x, y + size, x + size),
    rows_first=True,
    at=lambda image, y, x, size: image[y : y + size, x : x + size],
    sides=lambda n_H, n_W: (n_H, n_W),
    otherwise=None,
    wrong=("rows", "columns"),
):
    """sliding_windows with one thing changed; windows that reach over the edge are filled up with zeros."""

    def variant(image, size, stride):
        n_H, n_W = sides(*image.shape[:2])
        rows, columns = (
            (otherwise if otherwise and axis in wrong else places)(n, size, stride)
            for axis, n in (("rows", n_H), ("columns", n_W))
        )
        order = [(y, x) for y in rows for x in columns] if rows_first else [(y, x) for x in columns for y in rows]
        padded = np.pad(image, ((0, size), (0, size), (0, 0)))
        return np.array([at(padded, y, x, size) for y, x in order]), np.array([corners(y, x, size) for y, x in order])

    return variant


for _key, _message, _changed in (
    (
        "last-window-missing",
        "The last window of each row and column is missing: there are (n - size) // stride + 1 of them. See 'Windows "
        "that slide'.",
        {"places": lambda n, size, stride: range(0, max(n - size, 1), stride)},
    ),
    (
        "over-the-edge",
        "Windows reach over the edge of the image: the last one begins at n - size.",
        {"places": lambda n, size, stride: range(0, n, stride)},
    ),
    (
        "stride-ignored",
        "The windows lie one pixel apart, whatever the stride says.",
        {"places": lambda n, size, stride: range(n - size + 1)},
    ),
    (
        "stride-is-the-size",
        "The windows lie side by side, `size` pixels apart; they are `stride` pixels apart, and may overlap.",
        {"places": lambda n, size, stride: range(0, n - size + 1, size)},
    ),
    (
        "places-not-multiplied",
        "The right number of windows, but one pixel apart: window i begins at i * stride.",
        {"places": lambda n, size, stride: range((n - size) // stride + 1)},
    ),
    ("columns-first", "The windows come column by column; they should come row by row.", {"rows_first": False}),
    (
        "x-first",
        "The corners are (x1, y1, x2, y2); here y comes first: (y1, x1, y2, x2).",
        {"corners": lambda y, x, size: (x, y, x + size, y + size)},
    ),
    (
        "in-pairs",
        "The corners are (y1, y2, x1, x2); they should be (y1, x1, y2, x2).",
        {"corners": lambda y, x, size: (y, y + size, x, x + size)},
    ),
    (
        "size-for-corner",
        "The last two numbers are the size of the window; they should be its lower right corner (y2, x2).",
        {"corners": lambda y, x, size: (y, x, size, size)},
    ),
    (
        "last-pixel",
        "The lower right corner is that of the last pixel; a box ends behind it: y2 = y1 + size.",
        {"corners": lambda y, x, size: (y, x, y + size - 1, x + size - 1)},
    ),
    (
        "upper-left-only",
        "The corners are only the upper left one of each window; a box has two: (y1, x1, y2, x2).",
        {"corners": lambda y, x, size: (y, x)},
    ),
    (
        "centres",
        "These are the centres of the windows; corners are asked for: (y1, x1, y2, x2).",
        {"corners": lambda y, x, size: (y + size / 2, x + size / 2)},
    ),
    (
        "row-and-column-exchanged",
        "The windows are cut with row and column exchanged: image[y1:y2, x1:x2], rows first.",
        {"at": lambda image, y, x, size: image[x : x + size, y : y + size]},
    ),
    (
        "as-many-columns-as-rows",
        "There are as many columns of windows as rows, even where the image is no square.",
        {"sides": lambda n_H, n_W: (n_H, n_H)},
    ),
    (
        "first-channel",
        "The windows hold the first channel only; they are as deep as the image.",
        {"at": lambda image, y, x, size: image[y : y + size, x : x + size, :1]},
    ),
):
    sliding_windows.mistake(_key, _message, _slid(**_changed))
sliding_windows.also("over-the-edge", _slid(places=lambda n, size, stride: range(0, n - size + stride, stride)))
sliding_windows.also(
    "last-window-missing",
    _slid(places=lambda n, size, stride: [number * stride for number in range((n - size) // stride)]),
)
sliding_windows.also("last-window-missing", _slid(places=lambda n, size, stride: range(0, n - size, stride)))
sliding_windows.also(
    "places-not-multiplied",
    lambda image, size, stride: (
        reference.sliding_windows(image, size, stride)[0],
        _slid(places=lambda n, size, stride: range((n - size) // stride + 1))(image, size, stride)[1],
    ),
)

for _key, _message, _changed in (
    (
        "first-place-missing",
        "The windows at the upper or left edge are missing: the first one begins at 0.",
        {"otherwise": lambda n, size, stride: range(1, n - size + 1, stride)},
    ),
    (
        "minus-one",
        "Windows at the end are missing: the last one begins at n - size, so that range(...) ends at n - size + 1, "
        "with a plus.",
        {"otherwise": lambda n, size, stride: range(0, n - size - 1, stride)},
    ),
    (
        "no-window",
        "Not a single window comes back: is each one appended, and has range(...) its three numbers, 0, n - size + 1 "
        "and stride?",
        {"places": lambda n, size, stride: range(0)},
    ),
    (
        "size-subtracted",
        "The size is subtracted from a corner; the lower right one is y2 = y1 + size, x2 = x1 + size.",
        {"corners": lambda y, x, size: (y, x, y - size, x - size)},
    ),
):
    sliding_windows.mistake(_key, _message, _slid(**_changed))
for _axis in ("rows", "columns"):
    for _key, _places in (
        ("first-place-missing", lambda n, size, stride: range(1, n - size + 1, stride)),
        ("minus-one", lambda n, size, stride: range(0, n - size - 1, stride)),
        ("stride-ignored", lambda n, size, stride: range(n - size + 1)),
    ):
        sliding_windows.also(_key, _slid(otherwise=_places, wrong=(_axis,)))
sliding_windows.also("size-subtracted", _slid(corners=lambda y, x, size: (y, x, y - size, x + size)))
sliding_windows.also("size-subtracted", _slid(corners=lambda y, x, size: (y, x, y + size, x - size)))
sliding_windows.raises(
    "windows-cut-short",
    "The windows are of several sizes: one that reaches over the edge is cut short. In n pixels the last one begins "
    "at n - size.",
    r"inhomogeneous",
)


sliding_windows.hint("Where does the last window begin, in 16 pixels, if windows are 14 wide and 2 apart?")
sliding_windows.hint("range(0, n_H - size + 1, stride) are the rows at which windows begin; for the columns with n_W.")
sliding_windows.hint("Append image[y : y + size, x : x + size] to one list, (y, x, y + size, x + size) to another.")


# pyramid


def _like(expected: object, got: object) -> str | None:
    """Whether two pyramids of pictures of coordinates have the same sizes, and show the same things in the same places,
    however the numbers between the pixels were found."""
    wanted = _levels(expected)
    levels = _levels(got)
    if isinstance(levels, str):
        return None if levels == wanted else levels
    if isinstance(wanted, str):
        return wanted
    if len(wanted) != len(levels):
        return f"{len(levels)} images come back; {len(wanted)} were expected, one for each scale."
    for number, (left, right) in enumerate(zip(wanted, levels, strict=True)):
        if left.shape != right.shape:
            return f"Image {number} has the shape {right.shape}; {left.shape} was expected."
    for number, (left, right) in enumerate(zip(wanted, levels, strict=True)):
        # one pixel of the smaller image and two of the larger: where a pixel's number is taken is free within it
        near = 1.0 / min(left.shape[:2]) + 2.0 / LARGER
        off = np.abs(left - right)
        if not np.all(off <= near):
            row, column = np.unravel_index(np.where(np.isnan(off), np.inf, off).max(axis=2).argmax(), left.shape[:2])
            return (
                f"Image {number} has the right size, but at pixel ({row}, {column}) it shows another part of the image "
                "than it should."
            )
    return None


LARGER = 20


def _levels(answer: object) -> list[np.ndarray] | str:
    """The images of a pyramid, or a sentence on why there are none."""
    if isinstance(answer, np.ndarray) and answer.ndim != 4 or not isinstance(answer, (list, tuple, np.ndarray)):
        return "A list of images was expected, one for each scale."
    if len(answer) > 100:
        return f"{len(answer)} images come back; there is one for each scale."
    try:
        levels = [real_numbers(image) for image in answer]
    except (TypeError, ValueError, OverflowError):
        return "A list of images was expected, each an array of numbers."
    if any(image.ndim != 3 or 0 in image.shape for image in levels):
        odd = next(image.shape for image in levels if image.ndim != 3 or 0 in image.shape)
        return f"Each image has three axes (n_H, n_W, n_C); one of these has the shape {odd}."
    return levels


def _coordinates(rng, n_H, n_W):
    """An image that says where each of its pixels is: down in the first channel, to the right in the second."""
    y, x = (np.arange(n_H) + 0.5) / n_H, (np.arange(n_W) + 0.5) / n_W
    return np.stack(np.broadcast_arrays(y[:, None], x[None], rng.uniform(0.1, 0.9)), axis=-1).astype("f4")


@topic.exercise(reference=reference.pyramid, section="Large and small", aliases={"img": "image", "factors": "scales"})
def pyramid(rng):
    smaller, other, rounded = ({"group": group, "compare": _like} for group in ("smaller", "larger", "rounded sizes"))
    yield case("half as large", _coordinates(rng, 20, 32), [0.5], **smaller)
    yield case("three scales", _coordinates(rng, 40, 20), [1.0, 0.75, 0.3], **smaller)
    yield case("scales in no order", _coordinates(rng, 20, 30), [0.4, 0.8, 0.5], **smaller)
    yield case("one and a half times as large", _coordinates(rng, 20, 24), [1.5], **other)
    yield case(
        "sides that must be rounded up", _coordinates(rng, 36, 31), [0.3, 0.6], **rounded
    )  # 10.8, 9.3, 21.6, 18.6
    yield case(
        "sides that must be rounded down", _coordinates(rng, 34, 21), [0.3, 0.4], **rounded
    )  # 10.2, 6.3, 13.6, 8.4


def _resized(sides=lambda n_H, n_W, s: (round(n_H * s), round(n_W * s)), scales=list, show=lambda image: image):
    """pyramid with one thing changed."""

    def variant(image, given):
        levels = []
        for scale in scales(given):
            rows, columns = (max(side, 1) for side in sides(*image.shape[:2], scale))
            y = (np.arange(rows) + 0.5) * image.shape[0] / rows
            x = (np.arange(columns) + 0.5) * image.shape[1] / columns
            levels.append(show(image)[np.ix_(y.astype(int), x.astype(int))])
        return levels

    return variant


def _cropped(image, scales):
    return [image[: round(image.shape[0] * s), : round(image.shape[1] * s)] for s in scales]


def _one_after_another(image, scales):
    levels = [image]
    for scale in scales:
        levels += _resized()(levels[-1], [scale])
    return levels[1:]


for _key, _message, _variant in (
    ("cropped", "A corner of the image is cut out; the whole image should become smaller.", _cropped),
    (
        "sides-exchanged",
        "Rows and columns are exchanged: most functions that resize images for the screen want (width, height), "
        "TensorFlow's wants (height, width).",
        _resized(sides=lambda n_H, n_W, s: (round(n_W * s), round(n_H * s))),
    ),
    (
        "divided",
        "The sides are divided by the scale; 0.5 is half as high and half as wide.",
        _resized(sides=lambda n_H, n_W, s: (round(n_H / s), round(n_W / s))),
    ),
    (
        "rounded-down",
        "The sides are rounded down, as int() and // do; round(...) takes the nearest whole number.",
        _resized(sides=lambda n_H, n_W, s: (int(n_H * s), int(n_W * s))),
    ),
    (
        "rounded-up",
        "The sides are rounded up; round(...) takes the nearest whole number.",
        _resized(sides=lambda n_H, n_W, s: (-int(-n_H * s // 1), -int(-n_W * s // 1))),
    ),
    (
        "one-after-another",
        "Each image is made from the one before, so the scales multiply: make each from the image itself.",
        _one_after_another,
    ),
    (
        "always-halved",
        "Each image is half as large as the one before, whatever the scales say.",
        lambda image, scales: _one_after_another(image, [0.5] * len(scales)),
    ),
    (
        "square",
        "All images come back as squares: height and width are scaled alike, each for itself.",
        _resized(sides=lambda n_H, n_W, s: (round(n_H * s),) * 2),
    ),
    ("height-only", "Only the height is scaled.", _resized(sides=lambda n_H, n_W, s: (round(n_H * s), n_W))),
    ("sorted", "The images come by size; they should come in the order of the scales.", _resized(scales=sorted)),
    ("upside-down", "The images stand on their heads.", _resized(show=lambda image: image[::-1])),
    ("mirrored", "The images are mirrored.", _resized(show=lambda image: image[:, ::-1])),
    (
        "turned",
        "Rows and columns are exchanged: the images lie on their sides.",
        lambda image, scales: [level.transpose(1, 0, 2) for level in _resized()(image, scales)],
    ),
    (
        "first-scale-only",
        "Only one image comes back; there is one for each scale.",
        lambda image, scales: _resized()(image, scales[:1]),
    ),
):
    pyramid.mistake(_key, _message, _variant)
pyramid.also("sorted", _resized(scales=lambda given: sorted(given, reverse=True)))
pyramid.also("first-scale-only", lambda image, scales: _resized()(image, scales[-1:]))
pyramid.also("one-after-another", _resized(scales=lambda given: np.cumprod(given)))
pyramid.hint("How many rows has an image of 36 rows at scale 0.3? `resized` wants whole numbers.")
pyramid.hint(
    "n_H, n_W = image.shape[:2]; then one resized(image, (round(n_H * scale), round(n_W * scale))) for each scale."
)
