"""The exercise of notebook 14 on the Gram matrix."""

from __future__ import annotations

from functools import partial

import numpy as np
import tensorflow as tf

from dlcourse import style as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.style.parts import (
    GRADIENT,
    TENSORS,
    TOLERANCE,
    compare_gradients,
    gradient_lost,
    normal,
    off_the_tape,
    topic,
)


@topic.exercise(reference=reference.gram_matrix, section="The Gram matrix", needs="tensorflow")
def gram_matrix(rng):
    by_hand = np.array([[1, 2, 0], [0, 1, 3]], "f4")
    yield case(
        "two channels, three positions, by hand",
        by_hand,
        group="values",
        probe=TENSORS,
        tolerance=TOLERANCE,
        expect=np.array([[5, 2], [2, 10]], "f4"),
    )
    for channels, positions in ((3, 8), (4, 30)):
        yield case(
            f"{channels} channels, {positions} positions",
            normal(rng, channels, positions),
            group="values",
            probe=TENSORS,
            tolerance=TOLERANCE,
        )
    yield case("more channels than positions", normal(rng, 6, 4), group="any shape", probe=TENSORS, tolerance=TOLERANCE)
    yield case(
        "as many channels as positions", normal(rng, 5, 5), group="any shape", probe=TENSORS, tolerance=TOLERANCE
    )
    yield case(
        "its gradient",
        normal(rng, 3, 5),
        group="gradient",
        probe=GRADIENT,
        compare=partial(compare_gradients, source="A"),
    )


def gram_of(A, B=None):
    return tf.matmul(A, A if B is None else B, transpose_b=True)


def _cosine(A):
    lengths = tf.norm(A, axis=1, keepdims=True)
    return gram_of(A / lengths)


gram_matrix.mistake(
    "between-positions",
    "This multiplies positions with positions. G has a row and a column for each channel. See 'The Gram matrix'.",
    lambda A: tf.matmul(A, A, transpose_a=True),
)
gram_matrix.mistake(
    "mean",
    "The sums are divided by the number of positions; this course's Gram matrix keeps the sums.",
    lambda A: gram_of(A) / A.shape[1],
)
gram_matrix.mistake(
    "covariance",
    "The mean of each channel is subtracted first, as for a covariance; the Gram matrix multiplies the activations "
    "as they are.",
    lambda A: gram_of(A - tf.reduce_mean(A, axis=1, keepdims=True)),
)
gram_matrix.mistake(
    "cosine",
    "The channels are scaled to length 1 first; the Gram matrix multiplies the activations as they are.",
    _cosine,
)
gram_matrix.mistake(
    "diagonal-only",
    "Only products of a channel with itself are kept; those between two channels matter as well.",
    lambda A: tf.linalg.diag(tf.reduce_sum(A * A, axis=1)),
)
gram_matrix.mistake(
    "number-by-number", "A is squared number by number. G is a matrix product. See 'The Gram matrix'.", lambda A: A * A
)
gram_matrix.mistake(
    "size",
    "The sums are divided by the number of entries of A; this course's Gram matrix keeps the sums.",
    lambda A: gram_of(A) / tf.cast(tf.size(A), A.dtype),
)
gram_matrix.mistake("left-tensorflow", gradient_lost("A"), off_the_tape(reference.gram_matrix))
gram_matrix.mistake(
    "not-transposed",
    "A is multiplied by itself as it is; the second A is transposed, so that rows of channels meet rows of channels.",
    lambda A: tf.matmul(A, A),
)
gram_matrix.also("number-by-number", lambda A: A * tf.transpose(A))
gram_matrix.hint("G has one row and one column for each channel. Which axis of A counts channels?")
gram_matrix.hint("Entry (k, l) is the sum over positions of A[k] * A[l]: a row of A times a column of A transposed.")
gram_matrix.hint("tf.matmul multiplies two matrices; tf.transpose exchanges rows and columns.")
