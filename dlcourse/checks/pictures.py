"""Arrays too large to read, as pictures: expected, got, and their difference."""

from __future__ import annotations

import base64
import io

import numpy as np

PIXELS = 180


def side_by_side(expected: np.ndarray, got: np.ndarray) -> str:
    """Three small pictures of the plane that differs most, as HTML with the images inside."""
    planes = [_plane(array, _worst(expected, got)) for array in (expected, got)]
    difference = np.abs(planes[1] - planes[0])
    low = float(np.nanmin([np.nanmin(plane) for plane in planes]))
    high = float(np.nanmax([np.nanmax(plane) for plane in planes]))
    rows = [
        ("expected", planes[0], low, high), ("got", planes[1], low, high),
        ("difference (bright: large)", difference, 0.0, float(np.nanmax(difference))),
    ]
    return '<div class="sides">' + "".join(
        f'<figure><figcaption>{label}</figcaption><img alt="{label}" src="{_png(plane, low, high)}"></figure>'
        for label, plane, low, high in rows
    ) + "</div>"


def _worst(expected: np.ndarray, got: np.ndarray) -> tuple:
    """Where to cut an array of more than two dimensions: image and channel of the largest difference."""
    difference = np.nan_to_num(np.abs(got.astype(float) - expected.astype(float)), nan=np.inf)
    return np.unravel_index(np.argmax(difference), difference.shape)


def _plane(array: np.ndarray, place: tuple) -> np.ndarray:
    array = array.astype(float)
    if array.ndim == 2:
        return array
    if array.ndim == 3:
        return array[:, :, place[2]]
    middle = array.ndim - 3
    # images are (m, h, w, c), filters (f, f, c, c'): the two axes that span the picture differ
    if array.ndim == 4 and array.shape[0] == array.shape[1] and array.shape[0] < array.shape[2]:
        return array[:, :, place[2], place[3]]
    return array[tuple(place[:middle]) + (slice(None), slice(None), place[-1])]


def _png(plane: np.ndarray, low: float, high: float) -> str:
    from PIL import Image

    span = high - low or 1.0
    grey = np.uint8(np.clip(np.nan_to_num((plane - low) / span), 0, 1) * 255)
    zoom = max(1, PIXELS // max(grey.shape))
    image = Image.fromarray(np.kron(grey, np.ones((zoom, zoom), np.uint8)))
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
