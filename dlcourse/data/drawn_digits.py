"""Handwritten digits drawn by code: as many as one likes, each drawn another way, for a network to learn from first.

They are made as the real ones of `datasets.digits` were: a digit is written on a fine grid, stretched to fill it, and
the ink in each of 8x8 blocks is counted.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from PIL import Image, ImageDraw

SIDE = 8
FINE = 12  # fine pixels to one of the picture, each way
LEVELS = 16  # the real digits count the ink in sixteenths

# Ways to write each digit: strokes through points (x, y), x to the right and y down, as fractions of a box
WAYS = {
    0: [[[(0.5, 0.0), (0.1, 0.2), (0.0, 0.55), (0.2, 0.95), (0.55, 1.0), (0.9, 0.7), (0.9, 0.25), (0.5, 0.0)]]],
    1: [
        [[(0.5, 0.0), (0.5, 0.35), (0.48, 0.7), (0.47, 1.0)]],
        [[(0.25, 0.3), (0.45, 0.12), (0.55, 0.0)], [(0.55, 0.0), (0.55, 0.5), (0.52, 1.0)]],
        [
            [(0.25, 0.3), (0.45, 0.12), (0.55, 0.0)],
            [(0.55, 0.0), (0.55, 0.5), (0.52, 1.0)],
            [(0.25, 1.0), (0.52, 1.0), (0.8, 1.0)],
        ],
    ],
    2: [
        [
            [(0.1, 0.2), (0.35, 0.0), (0.7, 0.05), (0.8, 0.3), (0.55, 0.6), (0.1, 1.0)],
            [(0.1, 1.0), (0.5, 0.97), (0.95, 0.98)],
        ],
        [
            [(0.1, 0.25), (0.4, 0.0), (0.75, 0.15), (0.65, 0.5), (0.3, 0.9), (0.08, 0.85), (0.3, 0.78)],
            [(0.3, 0.78), (0.6, 0.98), (0.95, 0.9)],
        ],
    ],
    3: [
        [
            [(0.1, 0.08), (0.45, 0.0), (0.78, 0.12), (0.7, 0.38), (0.4, 0.48)],
            [(0.4, 0.48), (0.8, 0.58), (0.85, 0.85), (0.5, 1.0), (0.08, 0.93)],
        ]
    ],
    4: [
        [
            [(0.55, 0.0), (0.3, 0.35), (0.02, 0.65)],
            [(0.02, 0.65), (0.5, 0.66), (0.98, 0.64)],
            [(0.65, 0.35), (0.62, 0.7), (0.6, 1.0)],
        ],
        [
            [(0.2, 0.0), (0.12, 0.3), (0.1, 0.5)],
            [(0.1, 0.5), (0.5, 0.55), (0.9, 0.5)],
            [(0.8, 0.05), (0.75, 0.5), (0.65, 1.0)],
        ],
        [
            [(0.65, 0.0), (0.3, 0.3), (0.02, 0.62)],
            [(0.02, 0.62), (0.5, 0.66), (0.95, 0.64)],
            [(0.65, 0.0), (0.66, 0.5), (0.62, 1.0)],
        ],
    ],
    5: [
        [
            [(0.85, 0.02), (0.5, 0.0), (0.2, 0.03)],
            [(0.2, 0.03), (0.17, 0.25), (0.15, 0.45)],
            [(0.15, 0.45), (0.5, 0.38), (0.85, 0.6), (0.75, 0.9), (0.4, 1.0), (0.08, 0.9)],
        ]
    ],
    6: [
        [
            [
                (0.65, 0.0),
                (0.3, 0.25),
                (0.1, 0.65),
                (0.25, 0.95),
                (0.6, 1.0),
                (0.85, 0.8),
                (0.7, 0.55),
                (0.4, 0.55),
                (0.15, 0.75),
            ]
        ]
    ],
    7: [
        [[(0.05, 0.05), (0.5, 0.04), (0.9, 0.02)], [(0.9, 0.02), (0.6, 0.4), (0.4, 1.0)]],
        [
            [(0.05, 0.05), (0.5, 0.04), (0.9, 0.02)],
            [(0.9, 0.02), (0.6, 0.4), (0.4, 1.0)],
            [(0.25, 0.52), (0.55, 0.5), (0.85, 0.47)],
        ],
    ],
    8: [
        [
            [
                (0.5, 0.48),
                (0.2, 0.3),
                (0.3, 0.04),
                (0.6, 0.0),
                (0.8, 0.2),
                (0.5, 0.48),
                (0.2, 0.72),
                (0.3, 0.98),
                (0.65, 1.0),
                (0.82, 0.75),
                (0.5, 0.48),
            ]
        ]
    ],
    9: [
        [
            [(0.8, 0.25), (0.6, 0.02), (0.25, 0.08), (0.15, 0.35), (0.45, 0.5), (0.8, 0.25)],
            [(0.8, 0.25), (0.8, 0.6), (0.65, 1.0)],
        ],
        [
            [(0.8, 0.25), (0.6, 0.02), (0.25, 0.08), (0.15, 0.35), (0.45, 0.5), (0.8, 0.25)],
            [(0.8, 0.25), (0.85, 0.65), (0.6, 0.98), (0.2, 0.93)],
        ],
    ],
}


def drawn_digits(count: int, seed: int = 0) -> tuple[Float[np.ndarray, "m 8 8 1"], Int[np.ndarray, " m"]]:
    """`count` drawn digits as 8x8 pictures between 0 and 1, and which digit each one is; all ten equally often."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10)
    return np.stack([_draw(int(label), rng) for label in labels])[..., np.newaxis], labels


def _draw(digit: int, rng: np.random.Generator) -> np.ndarray:
    ways = WAYS[digit]
    strokes = ways[rng.integers(len(ways))]
    jitter, ends = 0.045, {}
    slant, squeeze, turn = rng.normal(0.0, 0.18), rng.uniform(0.55, 1.0), rng.normal(0.0, 0.09)
    if digit == 1:
        squeeze = rng.uniform(0.35, 0.8)
    curves = []
    for stroke in strokes:
        points = np.array([ends.setdefault(p, np.array(p) + rng.normal(0.0, jitter, 2)) for p in stroke])
        curves.append(_smooth(points))
    x, y = np.concatenate(curves).T
    x = squeeze * (x - 0.5)
    y = y - 0.5
    x, y = x - slant * y, y
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    side = SIDE * FINE
    pen = rng.uniform(0.085, 0.17) * side
    room = side - pen
    height, width = np.ptp(y), np.ptp(x)
    scale = room / max(height, width)
    x = (x - x.min() - width / 2) * scale + side / 2
    y = (y - y.min()) * scale + (side - height * scale) / 2
    canvas = Image.new("L", (side, side))
    pencil = ImageDraw.Draw(canvas)
    first = 0
    for curve in curves:
        line = list(zip(x[first : first + len(curve)], y[first : first + len(curve)], strict=True))
        pencil.line(line, fill=255, width=round(pen), joint="curve")
        for px, py in line:
            pencil.ellipse([px - pen / 2, py - pen / 2, px + pen / 2, py + pen / 2], fill=255)
        first += len(curve)
    ink = np.asarray(canvas.reduce(FINE), dtype=np.float64) / 255
    return np.round(ink * LEVELS) / LEVELS


def _smooth(points: np.ndarray, steps: int = 6) -> np.ndarray:
    """A curve through all points (Catmull and Rom)."""
    if len(points) < 3:
        return points
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, np.newaxis]
    parts = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*parts, points[-1:]])
