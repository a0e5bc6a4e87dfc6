"""Drawn faces that smile or do not: pictures for a first model, from a seed."""

import numpy as np
from jaxtyping import Float, Int

SIDE = 64


def smiles(count: int, seed: int = 0) -> tuple[Float[np.ndarray, "count 64 64 3"], Int[np.ndarray, " count"]]:
    """Faces of various colours, sizes and places, with brightness in [0, 1]; 1 for a smile, 0 for none.

    The corners of a smiling mouth are higher than its middle, those of the others lower.
    """
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 2)

    def any_from(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, size=(count, 1, 1))

    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    size = any_from(0.85, 0.95)
    x, y = (x - any_from(-0.04, 0.04)) / size, (y - any_from(-0.04, 0.04)) / size
    angle = any_from(-0.08, 0.08)
    x, y = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)

    picture = np.broadcast_to(rng.uniform(0.1, 0.9, size=(count, 1, 1, 3)), (count, SIDE, SIDE, 3)).copy()
    skin = _mixed(any_from(0, 1), (0.55, 0.36, 0.24), (0.98, 0.8, 0.62))
    dark = skin * any_from(0.1, 0.4)[..., None]
    picture = _over(picture, skin, _inside((x / any_from(0.75, 0.95)) ** 2 + y**2 - 1))
    eye, apart, open_eye = any_from(-0.35, -0.2), any_from(0.28, 0.42), any_from(0.09, 0.2)
    picture = _over(picture, dark, _inside(((np.abs(x) - apart) / 0.12) ** 2 + ((y - eye) / open_eye) ** 2 - 1))
    brow = eye - any_from(0.25, 0.32) + any_from(-0.3, 0.3) * (np.abs(x) - apart)
    picture = _over(picture, dark, _inside((np.abs(x) - apart) ** 2 / 0.03 + ((y - brow) / 0.045) ** 2 - 1))

    width, bend = any_from(0.38, 0.5), any_from(0.2, 0.3) * (2 * labels - 1).reshape(-1, 1, 1)
    mouth = any_from(0.42, 0.5) - bend * ((x / width) ** 2 - 0.5)
    lips = _mixed(any_from(0, 1), (0.45, 0.05, 0.05), (0.7, 0.1, 0.15))
    shape = np.maximum(np.abs(y - mouth) / any_from(0.07, 0.1), np.abs(x) / width)
    picture = _over(picture, lips, _inside(4 * (shape - 1)))

    light = any_from(0.8, 1.1)[..., None] + any_from(-0.15, 0.15)[..., None] * x[..., None]
    return np.clip(picture * light + rng.normal(0, 0.03, size=picture.shape), 0, 1), labels


def _inside(distance: np.ndarray) -> np.ndarray:
    """1 where a distance is negative, 0 where it is positive, with a soft edge."""
    return np.clip(0.5 - 5 * distance, 0, 1)


def _over(picture: np.ndarray, colour: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return picture + mask[..., None] * (colour - picture)


def _mixed(amount: np.ndarray, low: tuple[float, float, float], high: tuple[float, float, float]) -> np.ndarray:
    return np.array(low) + amount[..., None] * (np.array(high) - np.array(low))
