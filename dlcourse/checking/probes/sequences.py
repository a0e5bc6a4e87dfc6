"""A search through texts whose probabilities stand in a table, called as plain data asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def search(call: Callable, args: dict) -> object:
    """What a search finds, where `args["step"]` (L, M, M) holds the probabilities of the next token: after how many
    tokens, and after which last one (0 at the beginning)."""
    table = np.asarray(args["step"])

    def step(tokens: Sequence[int]) -> np.ndarray:
        last = int(tokens[-1]) if len(tokens) else 0
        return table[min(len(tokens), len(table) - 1), last].copy()

    found = call(**{**args, "step": step})
    if isinstance(found, np.ndarray) and found.ndim == 1:
        found = found.tolist()
    if isinstance(found, (list, tuple)):
        return [int(token) if isinstance(token, (int, np.integer)) else token for token in found]
    return found
