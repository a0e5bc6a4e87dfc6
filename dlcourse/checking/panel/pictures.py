"""Pictures of a failure, where looking says more than reading: arrays as images, sequences as strips, boxes as boxes.

Arrays too large to read are drawn without being asked. An exercise may declare what its values are, as in
`topic.exercise(..., picture=boxes(output=1))`: a picture is a function from a failure to HTML, or to None where there
is nothing to draw. Everything is an image with its own text, so that it is there in every front end and theme.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from dlcourse.checking.report import Failure
from dlcourse.figures.appearance import escape

Picture = Callable[[Failure], str | None]
PIXELS = 180
MOST_BOXES = 80
SHORTEST = 4  # time steps of a strip that says more than its numbers
POSITIVE, NEGATIVE, NEUTRAL = (199, 92, 22), (38, 98, 182), (244, 243, 240)


def numbers(*arrays: Any) -> bool:
    """Whether all of them are arrays of real numbers, with something in them."""
    return all(isinstance(a, np.ndarray) and a.size and a.dtype.kind in "biuf" for a in arrays)


def images(failure: Failure) -> str | None:
    """Expected, got and their difference: the image, or the one channel of it, in which they differ most."""
    expected, got = failure.part
    if not numbers(expected, got) or expected.shape != got.shape or np.squeeze(expected).ndim < 2:
        return None
    squeezed = np.squeeze(expected).ndim < expected.ndim
    expected, got = (np.squeeze(array).astype(float) for array in (expected, got))
    place = _worst(expected, got)
    if _coloured(expected) and _coloured(got):
        left, right = ((a if a.ndim == 3 else a[place[0]]) for a in (expected, got))
        where = f"image {place[0]} is drawn" if expected.ndim == 4 and not squeezed else ""
    else:
        left, right, index = plane(expected, got)
        where = f"drawn is {index}, where they differ most" if index and not squeezed else ""
    return _three(left, right, where)


def plane(expected: np.ndarray, got: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """The image or channel in which two arrays of one shape differ most, of both of them, and its index as text."""
    place = _worst(expected, got)
    return _plane(expected, place), _plane(got, place), _index(expected, place)


def strip(time: int = -1) -> Picture:
    """A sequence of vectors, as a strip: one column for each time step, one row for each unit.

    Args:
        time: the axis of an array (units, examples, time) that time runs along.
    """

    def picture(failure: Failure) -> str | None:
        expected, got = failure.part
        if not numbers(expected, got) or expected.shape != got.shape or expected.ndim != 3:
            return None
        expected, got = (np.moveaxis(array.astype(float), time, -1) for array in (expected, got))
        if expected.shape[-1] < SHORTEST:
            return None
        example = int(_worst(expected, got)[1])
        wrong = np.flatnonzero(np.any(~np.isclose(expected[:, example], got[:, example], rtol=1e-6, atol=1e-9), axis=0))
        steps = expected.shape[-1]
        which = f"wrong at {len(wrong)} of {steps} time steps, first at step {wrong[0]}" if len(wrong) else ""
        words = "; ".join(filter(None, [f"example {example}, time from left to right", which]))
        return _three(expected[:, example], got[:, example], words)

    return picture


def boxes(order: str = "yx", output: int | None = None, given: tuple[int, ...] = ()) -> Picture:
    """Boxes by their corners, expected beside got, on the boxes that were given.

    Args:
        order: "yx" for (y1, x1, y2, x2), "xy" for (x1, y1, x2, y2).
        output: which part of the result holds boxes; None: none, and only what was given is drawn.
        given: the positions of the arguments that hold boxes.
    """

    def picture(failure: Failure) -> str | None:
        given_boxes = [box for position in given for box in _corners(failure.args[position], order)]
        if output is None:
            return _sides([("the boxes of this case", _scene([], [], given_boxes))]) if given_boxes else None
        sides = [_corners(_entry(result, output), order) for result in (failure.expected, failure.got)]
        if not any(sides) or not isinstance(failure.got, (tuple, list, np.ndarray)):
            return None
        scene = [*given_boxes, *sides[0], *sides[1]]
        shown = [
            (f"{label}: {len(mine)} box{'' if len(mine) == 1 else 'es'}", _scene(mine, other, scene))
            for label, mine, other in (("expected", *sides), ("got", *reversed(sides)))
        ]
        return _sides(shown) + (
            '<p class="quiet">Thick: the boxes of the result; dashed: not in the other picture. '
            "Thin: all boxes of this case.</p>"
        )

    return picture


def _three(expected: np.ndarray, got: np.ndarray, where: str) -> str:
    finite = np.concatenate([a[np.isfinite(a)] for a in (expected, got)])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    difference = np.abs(got - expected)
    if difference.ndim == 3:
        difference = difference.max(axis=-1)
    known = difference[np.isfinite(difference)]
    largest = (float(known.max()) if known.size else 0.0) or 1.0
    difference[~np.isfinite(difference)] = largest
    strange = int(np.size(got) - np.isfinite(got).sum())
    sides = [
        ("expected", _png(_shades(expected, low, high))),
        ("got", _png(_shades(got, low, high))),
        (f"difference, up to {largest:.3g} (bright: large)", _png(_shades(difference, 0.0, largest, difference=True))),
    ]
    scale = "orange is positive, blue negative" if low < 0 else f"dark is {low:.3g}, bright {high:.3g}"
    missing = f"{strange} of the values drawn are not finite numbers" if strange else ""
    words = "; ".join(filter(None, [where, "" if expected.ndim == 3 else scale, missing]))
    return _sides(sides) + (f'<p class="quiet">{escape(words[:1].upper() + words[1:])}.</p>' if words else "")


def _sides(shown: list[tuple[str, str]]) -> str:
    return (
        '<div class="sides">'
        + "".join(
            f'<figure><figcaption>{escape(label)}</figcaption><img alt="{escape(label)}" src="{source}"></figure>'
            for label, source in shown
        )
        + "</div>"
    )


def _coloured(array: np.ndarray) -> bool:
    """Whether it looks like red, green and blue from 0 to 1, of pictures that are larger than a filter."""
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or min(array.shape[-3:-1]) < 8:
        return False
    return bool(np.isfinite(array).all() and array.min() >= -0.01 and array.max() <= 1.01)


def _worst(expected: np.ndarray, got: np.ndarray) -> tuple:
    """Where the largest difference is: what says which image and which channel of many is drawn."""
    difference = np.nan_to_num(np.abs(got - expected), nan=np.inf)
    return np.unravel_index(np.argmax(difference), difference.shape)


def _is_filters(array: np.ndarray) -> bool:
    """Images are (m, h, w, c), filters (f, f, c, c')."""
    return array.ndim == 4 and array.shape[0] == array.shape[1] and array.shape[0] < array.shape[2]


def _plane(array: np.ndarray, place: tuple) -> np.ndarray:
    if array.ndim == 2:
        return array
    if array.ndim == 3:
        return array[:, :, place[2]]
    if _is_filters(array):
        return array[:, :, place[2], place[3]]
    return array[tuple(place[: array.ndim - 3]) + (slice(None), slice(None), place[-1])]


def _index(array: np.ndarray, place: tuple) -> str:
    """Which plane of an array that is; "" for all of it."""
    if array.ndim == 2:
        return ""
    if array.ndim == 3 or _is_filters(array):
        index = [":", ":", *map(str, place[2:])]
    else:
        index = [*map(str, place[: array.ndim - 3]), ":", ":", str(place[-1])]
    return f"[{', '.join(index)}]"


def _shades(plane: np.ndarray, low: float, high: float, difference: bool = False) -> np.ndarray:
    """Numbers as colours: red, green and blue as they are, signs in orange and blue, everything else in greys."""
    plane = np.nan_to_num(plane, nan=low, posinf=high, neginf=low)
    if plane.ndim == 3:
        return np.uint8(np.clip(plane, 0, 1) * 255)
    if low < 0 and not difference:
        share = np.clip(plane / (max(-low, high) or 1.0), -1, 1)[..., np.newaxis]
        ends = np.where(share < 0, np.array(NEGATIVE, float), np.array(POSITIVE, float))
        return np.uint8(np.array(NEUTRAL) + np.abs(share) * (ends - np.array(NEUTRAL)))
    grey = np.clip((plane - low) / ((high - low) or 1.0), 0, 1)
    return np.uint8(np.repeat(grey[..., np.newaxis], 3, axis=-1) * 255)


def _png(colours: np.ndarray) -> str:
    from PIL import Image

    rows, columns = colours.shape[:2]
    zoom = max(1, PIXELS // max(rows, columns))
    image = Image.fromarray(np.repeat(np.repeat(colours, zoom, axis=0), zoom, axis=1))
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _entry(result: Any, output: int) -> Any:
    if isinstance(result, (tuple, list)):
        return result[output] if output < len(result) else None
    return result


def _corners(value: Any, order: str) -> list[tuple[float, ...]]:
    """(x1, y1, x2, y2) of each box in an array (..., 4); nothing where it isn't one."""
    if not numbers(value) or value.shape[-1] != 4:
        return []
    rows = value.reshape(-1, 4).astype(float)[:MOST_BOXES]
    rows = rows if order == "xy" else rows[:, [1, 0, 3, 2]]
    return [tuple(row) for row in rows if np.isfinite(row).all()]


def _scene(mine: list[tuple], other: list[tuple], scene: list[tuple]) -> str:
    """An SVG; its colours stand out from white and from black."""
    every = np.array([*mine, *scene])
    left, top = every[:, [0, 2]].min(), every[:, [1, 3]].min()
    size = max(every[:, [0, 2]].max() - left, every[:, [1, 3]].max() - top) or 1.0

    def rectangle(box: tuple, style: str) -> str:
        x1, x2 = sorted((box[0], box[2]))
        y1, y2 = sorted((box[1], box[3]))
        scale = (PIXELS - 10) / size
        place = 5 + scale * (x1 - left), 5 + scale * (y1 - top), scale * (x2 - x1), scale * (y2 - y1)
        return '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="none" {}/>'.format(*place, style)

    def known(box: tuple) -> bool:
        return any(np.allclose(box, one, rtol=1e-5, atol=1e-7) for one in other)

    parts = [rectangle(box, 'stroke="#888" stroke-width="1"') for box in scene]
    for box in mine:
        style = 'stroke="#2e8b57"' if known(box) else 'stroke="#d9730d" stroke-dasharray="7 4"'
        parts.append(rectangle(box, f'{style} stroke-width="3"'))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{PIXELS}" height="{PIXELS}">{"".join(parts)}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
