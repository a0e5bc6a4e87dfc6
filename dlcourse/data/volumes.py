"""Drawn volumes that look a little like a piece of lung in a CT scan: vessels, and among them a nodule.

A vessel is a tube that runs more or less across the slices, a nodule is a ball. In one slice both are a bright disc.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

SIDE = 12
VESSELS = 3


def lungs(
    rng: np.random.Generator, count: int, side: int = SIDE
) -> tuple[Float[np.ndarray, "count side side side 1"], Bool[np.ndarray, "count side side side 1"]]:
    """Volumes of side^3 voxels, the first axis counting slices, each with VESSELS vessels and one nodule.

    Returns:
        The volumes, brightness about 0 (air) to 1 (tissue), and which voxels belong to the nodule.
    """
    grid = np.stack(np.meshgrid(*(np.arange(side, dtype=np.float64),) * 3, indexing="ij"), axis=-1)
    volumes, nodules = np.zeros((count, side, side, side)), np.zeros((count, side, side, side), dtype=bool)
    for number in range(count):
        middle, radius = rng.uniform(3, side - 4, 3), rng.uniform(1.5, 2.1)
        inside = radius - np.linalg.norm(grid - middle, axis=-1)
        shapes = [inside, *(_vessel(rng, grid, side) for _ in range(VESSELS))]
        volumes[number] = _soft(np.max(shapes, axis=0))
        nodules[number] = inside > 0
    volumes += rng.normal(0, 0.1, volumes.shape)
    return volumes[..., np.newaxis], nodules[..., np.newaxis]


def _vessel(rng: np.random.Generator, grid: np.ndarray, side: int) -> np.ndarray:
    """How deep each voxel lies in a tube from the first slice to the last, which leans by up to about 25 degrees."""
    lean = rng.uniform(-0.33, 0.33, 2)
    direction = np.array([1.0, *lean]) / np.sqrt(1 + np.sum(lean**2))
    offset = grid - np.array([(side - 1) / 2, *rng.uniform(1, side - 2, 2)])
    along = offset @ direction
    distance = np.linalg.norm(offset - along[..., np.newaxis] * direction, axis=-1)
    # thicker in one place than in another, as discs of a ball are
    return rng.uniform(1.2, 2.1) * (1 + 0.15 * np.sin(rng.uniform(0, 2 * np.pi) + 0.6 * along)) - distance


def _soft(depth: np.ndarray) -> np.ndarray:
    """1 inside, 0 outside, with an edge about one voxel wide."""
    return 1 / (1 + np.exp(-4 * depth))
