"""The exercises of notebook 21 on who may look where, and on where things stand: masks and positions."""

from __future__ import annotations

import numpy as np

from dlcourse import attention as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checks.attention.parts import PROBES, TOLERANCE, topic

OWN_MASK = f"{PROBES}:own_mask"


def _numbers(got):
    """An answer as an array, where it is one: lists of lists are as good."""
    try:
        return np.asarray(got)
    except ValueError:  # a ragged list
        return None


def _exactly(expected, got):
    array = _numbers(got)
    if array is not None and array.dtype.kind == "b":
        got = array.astype("f4")
    found = compare(expected, got, "the mask")
    return found.message if found else None


# padding_mask


@topic.exercise(
    reference=reference.padding_mask,
    section="Who may look where",
    needs="tensorflow",
    aliases={"decoder_token_ids": "tokens", "seq": "tokens", "token_ids": "tokens", "x": "tokens", "ids": "tokens"},
)
def padding_mask(rng):
    by_hand = np.array([[7, 6, 0, 0], [1, 2, 3, 0]], "i4")
    yield case(
        "two texts, by hand",
        by_hand,
        group="texts",
        probe=OWN_MASK,
        compare=_exactly,
        expect=np.array([[[1, 1, 0, 0]], [[1, 1, 1, 0]]], "f4"),
    )
    tokens = rng.integers(1, 60, size=(5, 7)).astype("i4")
    tokens[np.arange(7) >= rng.integers(1, 7, size=(5, 1))] = 0
    yield case("five texts of other lengths", tokens, group="texts", probe=OWN_MASK, compare=_exactly)
    front = rng.integers(1, 60, size=(2, 4)).astype("i4")
    front[:, :2] = 0
    yield case("padding in front", front, group="padding in front", probe=OWN_MASK, compare=_exactly)


def _masking(test=lambda tokens: tokens != 0, axes=(slice(None), np.newaxis, slice(None))):
    return lambda tokens: test(np.asarray(tokens)).astype("f4")[axes]


for _key, _message, *_variants in (
    (
        "the-other-way-round",
        "The 1 stands where the padding is. Here a 1 means that one may look there, so it belongs to the real tokens.",
        _masking(lambda tokens: tokens == 0),
    ),
    (
        "no-axis-for-queries",
        "The mask has an axis for the texts and one for the keys, but none for the queries between them: (m, 1, T), so "
        "that it is the same for every query.",
        _masking(axes=(slice(None), slice(None))),
    ),
    (
        "axis-at-the-end",
        "The new axis stands at the end, so that the mask speaks of queries. Padding must not be looked *at*: the keys "
        "are the last axis, and the new one goes before it.",
        _masking(axes=(slice(None), slice(None), np.newaxis)),
    ),
    (
        "axis-of-heads",
        "There is an axis more than asked for: multi_head_attention puts that of the heads in by itself.",
        _masking(axes=(slice(None), np.newaxis, np.newaxis, slice(None))),
    ),
    (
        "tokens-themselves",
        "What comes back are the tokens; asked for is 1 where one stands, and 0 for padding.",
        lambda tokens: np.asarray(tokens)[:, np.newaxis],
    ),
    ("all-ones", "Padding counts as a token: its number is 0.", _masking(lambda tokens: tokens >= 0)),
    ("token-1-hidden", "The token 1 is hidden too. Only 0 is padding.", _masking(lambda tokens: tokens > 1)),
):
    padding_mask.mistake(_key, _message, _variants[0])
padding_mask.hint("tf.not_equal(tokens, 0) is True where a token stands; tf.cast(..., tf.float32) makes 1 and 0 of it.")
padding_mask.hint("A new axis of size 1 in the middle: mask[:, tf.newaxis, :].")


# look_ahead_mask


@topic.exercise(
    reference=reference.look_ahead_mask,
    section="Who may look where",
    needs="tensorflow",
    aliases={"sequence_length": "positions", "size": "positions", "T": "positions", "length": "positions"},
)
def look_ahead_mask(rng):
    by_hand = np.array([[[1, 0, 0], [1, 1, 0], [1, 1, 1]]], "f4")
    yield case("3 positions, by hand", 3, group="values", probe=OWN_MASK, compare=_exactly, expect=by_hand)
    many = int(rng.integers(5, 10))
    yield case(f"{many} positions", many, group="values", probe=OWN_MASK, compare=_exactly)
    yield case("one position", 1, group="values", probe=OWN_MASK, compare=_exactly, corner=True)


for _key, _message, _variant in (
    (
        "future-only",
        "The mask shows the future and hides the past: a position may look at those up to itself, which are the lower "
        "left of the table.",
        lambda n: np.triu(np.ones((1, n, n)), 1),
    ),
    (
        "upper-triangle",
        "Rows and columns are exchanged: the row is the query, and in row 0 only column 0 may be seen.",
        lambda n: np.triu(np.ones((1, n, n))),
    ),
    (
        "not-itself",
        "No position may look at itself, and the first then sees nothing. What stands at a position went *in* there, "
        "so it is known: the diagonal is 1.",
        lambda n: np.tril(np.ones((1, n, n)), -1),
    ),
    (
        "one-ahead",
        "Each position sees the next one too, which is the very token it has to predict.",
        lambda n: np.tril(np.ones((1, n, n)), 1),
    ),
    (
        "no-axis-for-examples",
        "The mask needs an axis of size 1 in front, (1, positions, positions): it is the same for every example.",
        lambda n: np.tril(np.ones((n, n))),
    ),
    ("itself-only", "Each position sees itself and nothing before it.", lambda n: np.eye(n)[np.newaxis]),
    ("everything", "Every position sees everything, the future too.", lambda n: np.ones((1, n, n))),
):
    look_ahead_mask.mistake(_key, _message, _variant)
look_ahead_mask.hint("Draw it for 3 positions: a table with a row for each query and a column for each key.")
look_ahead_mask.hint("tf.linalg.band_part(tf.ones((1, n, n)), -1, 0) keeps everything below the diagonal and on it.")


# positional_encoding


@topic.exercise(
    reference=reference.positional_encoding,
    section="Positions",
    needs="tensorflow",
    aliases={"d_model": "d", "position": "positions", "embedding_dim": "d"},
)
def positional_encoding(rng):
    two = np.stack([np.sin(np.arange(4)), np.cos(np.arange(4))], axis=1)[np.newaxis]
    yield case("4 positions, 2 columns, by hand", 4, 2, group="values", tolerance=TOLERANCE, expect=two)
    for positions, d in ((int(rng.integers(6, 12)), 8), (50, int(rng.integers(6, 12)) * 2)):
        yield case(f"{positions} positions, {d} columns", positions, d, group="values", tolerance=TOLERANCE)
    yield case("5 positions, 7 columns", 5, 7, group="an odd number of columns", tolerance=TOLERANCE)


def _angles(positions, d, exponent, first=0):
    return np.arange(first, first + positions)[:, np.newaxis] / 10_000.0 ** (exponent(np.arange(d)) / d)


def _encoding(exponent=lambda j: 2 * (j // 2), even=np.sin, odd=np.cos, first=0, axes=(np.newaxis,)):
    def variant(positions, d):
        angles = _angles(positions, d, exponent, first)
        return np.where(np.arange(d) % 2 == 0, even(angles), odd(angles))[axes]

    return variant


def _side_by_side(positions, d):
    angles = np.arange(positions)[:, np.newaxis] / 10_000.0 ** (2 * np.arange((d + 1) // 2) / d)
    return np.concatenate([np.sin(angles), np.cos(angles)[:, : d // 2]], axis=1)[np.newaxis]


for _key, _message, *_variants in (
    (
        "a-frequency-for-each-column",
        "Every column has a frequency of its own. A sine and the cosine next to it share one: columns 2i and 2i + 1 "
        "both have the exponent 2i / d, so i is the column // 2.",
        _encoding(lambda j: j),
    ),
    (
        "column-for-i",
        "The exponent of column j is 2j / d, but i counts *pairs* of columns: i = j // 2.",
        _encoding(lambda j: 2 * j),
    ),
    ("two-left-out", "The exponent is i / d; it is 2i / d.", _encoding(lambda j: j // 2)),
    (
        "side-by-side",
        "The sines stand in the first half of the columns and the cosines in the second; they take turns.",
        _side_by_side,
    ),
    (
        "sine-and-cosine-exchanged",
        "Sine and cosine are exchanged: the even columns, 0, 2, 4, ..., have the sine.",
        _encoding(even=np.cos, odd=np.sin),
    ),
    ("sines-only", "All columns are sines; the odd ones have the cosine.", _encoding(odd=np.sin)),
    (
        "neither",
        "These are the angles themselves: the sine of the even columns and the cosine of the odd ones are asked for.",
        _encoding(even=lambda a: a, odd=lambda a: a),
    ),
    ("positions-from-1", "The first position is 1; positions count from 0.", _encoding(first=1)),
    (
        "no-axis-for-examples",
        "The result needs an axis of size 1 in front, (1, positions, d), so that it can be added to every example.",
        _encoding(axes=()),
    ),
    (
        "axes-exchanged",
        "Positions and columns are exchanged: a row for each position, (1, positions, d).",
        lambda positions, d: np.swapaxes(_encoding()(positions, d), 1, 2),
    ),
):
    positional_encoding.mistake(_key, _message, _variants[0])
positional_encoding.hint(
    "First a table of angles, (positions, d): a column of positions divided by a row of 10000 ** (2i/d)."
)
positional_encoding.hint("For a column j, i is j // 2: np.arange(d) // 2 has 0, 0, 1, 1, 2, 2, ...")
positional_encoding.hint(
    "angles[:, 0::2] are the even columns. Put np.sin of them in their place, and np.cos of the odd ones."
)
