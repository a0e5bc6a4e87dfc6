"""Small tasks that need a memory, and the sentence of the notes with its labels.

Recurrent arrays are (features, m, T): m sequences of T steps.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

SENTENCE = "Harry Potter and Hermione Granger invented a new spell".split()
NAMES = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0])


def binary_sums(
    rng: np.random.Generator, m: int, bits: int
) -> tuple[Float[np.ndarray, "2 m T"], Int[np.ndarray, "1 m T"]]:
    """m additions of two random numbers, written in binary, the lowest bit first.

    Args:
        bits: how long the two numbers are; one more step leaves room for the last carry, so T = bits + 1.

    Returns:
        At each step one bit of either number, and the bit of their sum.
    """
    summands = np.zeros((2, m, bits + 1))
    summands[:, :, :bits] = rng.integers(0, 2, size=(2, m, bits))
    digits = np.zeros((1, m, bits + 1), dtype=np.int64)
    carry = np.zeros(m, dtype=np.int64)
    for t in range(bits + 1):
        total = summands[:, :, t].sum(axis=0).astype(np.int64) + carry
        digits[0, :, t], carry = total % 2, total // 2
    return summands, digits


def marked_numbers(
    rng: np.random.Generator, m: int, steps: int, often: float = 0.1
) -> tuple[Float[np.ndarray, "2 m T"], Float[np.ndarray, "1 m T"]]:
    """m sequences of random numbers between -1 and 1, some of them marked; the last marked one is to be held.

    Args:
        often: how likely a step is to be marked; the first one always is.

    Returns:
        x: x[0] holds the numbers, x[1] the marks: 1 or 0.
        y: at each step, the number that was marked last.
    """
    x = np.zeros((2, m, steps))
    x[0] = rng.uniform(-1, 1, size=(m, steps))
    x[1] = rng.random((m, steps)) < often
    x[1, :, 0] = 1
    last = np.maximum.accumulate(np.where(x[1] == 1, np.arange(steps), 0), axis=1)
    return x, np.take_along_axis(x[0], last, axis=1)[np.newaxis]


def recall(rng: np.random.Generator, m: int, gap: int) -> tuple[Float[np.ndarray, "2 m T"], Int[np.ndarray, " m"]]:
    """m sequences of random signs, one of which is marked: at the end, the marked one is asked for.

    Args:
        gap: how many steps come after the first three, one of which is marked.

    Returns:
        x: x[0] holds the signs, 1 or -1, and x[1] the mark, 1 in one step and 0 in the others; T = 3 + gap.
        y: 1 where the marked sign was 1, and 0 where it was -1.
    """
    steps = 3 + gap
    x = np.zeros((2, m, steps))
    x[0] = rng.choice([-1.0, 1.0], size=(m, steps))
    marked = rng.integers(0, 3, size=m)
    everyone = np.arange(m)
    x[1, everyone, marked] = 1.0
    return x, (x[0, everyone, marked] > 0).astype(np.int64)
