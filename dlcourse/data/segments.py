"""A picture cut into pieces of nearly one colour, and what describes each piece: where selective search begins."""

from __future__ import annotations

import numpy as np

COLOURS = 5  # steps of each channel in a histogram
DIRECTIONS = 8  # of the slope of the brightness
FLAT = 0.04  # the slope below which brightness has no direction


def cut_up(image: np.ndarray, likeness: float = 0.03, least: int = 16) -> np.ndarray:
    """Number the pieces of an image: pixels beside each other are in one piece if their colours are alike.

    Args:
        image: (n_H, n_W, 3), brightness between 0 and 1.
        likeness: the most by which any channel of two neighbours may differ.
        least: pixels of a piece; smaller ones are given to the neighbour with the nearest colour.

    Returns:
        (n_H, n_W), numbers from 0.
    """
    image = np.asarray(image, dtype=np.float64)
    below = np.abs(np.diff(image, axis=0)).max(axis=2) <= likeness
    right = np.abs(np.diff(image, axis=1)).max(axis=2) <= likeness
    numbers = np.arange(image.shape[0] * image.shape[1]).reshape(image.shape[:2])
    while True:
        before = numbers.copy()
        for lines, joined in ((numbers, below), (numbers.T, right.T)):
            # down and up again, so that the smallest number goes as far as a column of one colour does
            for line in range(1, len(lines)):
                lines[line] = np.where(joined[line - 1], np.minimum(lines[line], lines[line - 1]), lines[line])
            for line in range(len(lines) - 2, -1, -1):
                lines[line] = np.where(joined[line], np.minimum(lines[line], lines[line + 1]), lines[line])
        if np.array_equal(before, numbers):
            return _renumbered(_without_crumbs(_renumbered(numbers), image, least))


def neighbours(labels: np.ndarray) -> list[tuple[int, int]]:
    """The pairs of pieces that share a side of a pixel, the smaller number first, in order."""
    beside = [(labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])]
    pairs = np.concatenate([np.stack([one.ravel(), other.ravel()], axis=1) for one, other in beside])
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    return [(int(one), int(other)) for one, other in pairs]


def describe(image: np.ndarray, labels: np.ndarray) -> list[dict]:
    """For each piece its size in pixels, its box (corners (y1, x1, y2, x2)) and two histograms that add up to 1.

    "colour" counts COLOURS steps of each channel, one channel after another; "texture" counts the directions of the
    slope of the brightness, with one more entry for pixels without any.
    """
    image = np.asarray(image, dtype=np.float64)
    step = np.clip((image * COLOURS).astype(int), 0, COLOURS - 1) + COLOURS * np.arange(3)
    down, along = np.gradient(image.mean(axis=2))
    turn = np.arctan2(down, along) / (2 * np.pi) * DIRECTIONS
    direction = np.where(np.hypot(down, along) < FLAT, DIRECTIONS, np.round(turn).astype(int) % DIRECTIONS)
    found = []
    for number in range(int(labels.max()) + 1):
        inside = labels == number
        rows, columns = np.nonzero(inside)
        colour = np.bincount(step[inside].ravel(), minlength=3 * COLOURS)
        texture = np.bincount(direction[inside], minlength=DIRECTIONS + 1)
        found.append(
            {
                "size": len(rows),
                "box": np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]),
                "colour": colour / colour.sum(),
                "texture": texture / texture.sum(),
            }
        )
    return found


def _renumbered(numbers: np.ndarray) -> np.ndarray:
    return np.unique(numbers, return_inverse=True)[1].reshape(numbers.shape)


def _without_crumbs(labels: np.ndarray, image: np.ndarray, least: int) -> np.ndarray:
    """Small pieces, the smallest first, go to the neighbour whose mean colour is nearest."""
    count = int(labels.max()) + 1
    sizes = np.bincount(labels.ravel(), minlength=count)
    sums = np.stack([np.bincount(labels.ravel(), image[..., c].ravel(), count) for c in range(3)], axis=1)
    beside = [set() for _ in range(count)]
    for one, other in neighbours(labels):
        beside[one].add(other)
        beside[other].add(one)
    into = np.arange(count)
    left = set(range(count))
    while len(left) > 1:
        small = min(left, key=lambda number: (sizes[number], number))
        if sizes[small] >= least:
            break
        means = {other: sums[other] / sizes[other] for other in beside[small]}
        host = min(means, key=lambda other: (np.abs(means[other] - sums[small] / sizes[small]).sum(), other))
        sizes[host] += sizes[small]
        sums[host] += sums[small]
        left.remove(small)
        for other in beside[small] - {host}:
            beside[other].add(host)
            beside[host].add(other)
        for other in beside[small]:
            beside[other].discard(small)
        into[into == small] = host
    return into[labels]
