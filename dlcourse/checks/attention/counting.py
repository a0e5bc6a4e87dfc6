"""The exercises of notebook 21 on the size of an encoder layer, and on writing token by token."""

from __future__ import annotations

import numpy as np

from dlcourse import attention as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checks.attention.parts import PROBES, topic

DECODED = f"{PROBES}:decoded"


# encoder_parameters


@topic.exercise(
    reference=reference.encoder_parameters,
    section="The layers of a Transformer",
    needs="tensorflow",
    aliases={"d_model": "d", "d_ff": "units"},
)
def encoder_parameters(rng):
    yield case("d = 2, 3 units, by hand", 2, 3, group="a small layer", expect=4 * 6 + 9 + 8 + 8)
    yield case("a few numbers", int(rng.integers(3, 5)), int(rng.integers(5, 9)), group="a small layer")
    yield case("the base Transformer", 512, 2048, group="large layers")
    yield case("another size", int(rng.integers(5, 50)), int(rng.integers(51, 200)), group="large layers")


def _counted(d, units, attention=None, there=None, back=None, norms=None):
    """The number of parameters with some of its parts counted otherwise."""
    parts = [(attention, 4 * (d + 1) * d), (there, (d + 1) * units), (back, (units + 1) * d), (norms, 4 * d)]
    return sum(right if part is None else part for part, right in parts)


for _key, _message, *_variants in (
    (
        "no-biases",
        "The biases are left out: each map from n to k numbers has n k weights and k biases.",
        lambda d, units: 4 * d * d + 2 * d * units + 4 * d,
        lambda d, units: 4 * (d * d + d) + 2 * d * units + 4 * d,
    ),
    (
        "no-norms",
        "The norms learn too: gamma and beta, d numbers each, in each of the two.",
        lambda d, units: 4 * (d + 1) * d + 2 * d * units + units + d,
    ),
    (
        "half-norms",
        "One of the two norms is missing, or each is counted with gamma alone: a norm has gamma *and* beta, and "
        "there are two of them.",
        lambda d, units: 4 * (d + 1) * d + 2 * d * units + units + d + 2 * d,
    ),
    (
        "three-maps",
        "The attention has four maps: Wq, Wk, Wv, and Wo behind the heads.",
        lambda d, units: 3 * (d + 1) * d + 2 * d * units + units + d + 4 * d,
    ),
    (
        "one-map-fed-forward",
        "The feed-forward part has two maps, from d to units numbers and back.",
        lambda d, units: 4 * (d + 1) * d + (d + 1) * units + 4 * d,
    ),
    (
        "another-number-of-norms",
        "The norms are counted otherwise: there are two, and each has gamma and beta, d numbers each.",
        lambda d, units: _counted(d, units, norms=3 * (d + d)),
        lambda d, units: _counted(d, units, norms=2 / (d + d)),
        lambda d, units: _counted(d, units, norms=2 * d * d),
    ),
    (
        "weights-divided",
        "A division stands in the number of a map's weights: from n to k numbers there are n times k.",
        lambda d, units: _counted(d, units, attention=4 * (d / d + d)),
        lambda d, units: _counted(d, units, there=d / units + units),
        lambda d, units: _counted(d, units, back=units / d + d),
    ),
    (
        "biases-subtracted",
        "The biases of a map are subtracted; they come on top of its weights.",
        lambda d, units: _counted(d, units, attention=4 * (d * d - d)),
        lambda d, units: _counted(d, units, there=d * units - units),
    ),
    (
        "attention-for-nothing",
        "The attention's four maps are missing. Its formula has no parameters, but before and behind it there are "
        "maps.",
        lambda d, units: 2 * d * units + units + d + 4 * d,
    ),
):
    encoder_parameters.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        encoder_parameters.also(_key, _other)
encoder_parameters.hint("Six maps: four of d to d in the attention, one of d to units and one back. And two norms.")
encoder_parameters.hint("A map of n to k numbers has (n + 1) k parameters, a norm 2 d.")


# greedy_decode


def _written(expected, got):
    if not isinstance(got, dict):
        return "greedy_decode must return a list of tokens."
    found = compare(list(expected["tokens"]), _as_list(got.get("tokens")), "the result")
    return found.message if found else None


def _as_list(tokens):
    """A list, a tuple and an array are the same tokens."""
    if isinstance(tokens, np.ndarray) and tokens.ndim == 1:
        return tokens.tolist()
    return list(tokens) if isinstance(tokens, tuple) else tokens


def _table(rng, M, positions=6):
    """Scores of each token after each other, different for each position of a text; no two are equal, and a token never
    comes after itself."""
    scores = rng.permuted(np.tile(np.arange(M, dtype=float), (positions, M, 1)), axis=-1)
    scores += rng.uniform(-0.3, 0.3, size=scores.shape)
    scores[:, np.arange(M), np.arange(M)] = -10
    return scores


@topic.exercise(
    reference=reference.greedy_decode,
    section="Writing",
    needs="tensorflow",
    optional=("start",),
    shown_as={"scores": "a function of the tokens"},
)
def greedy_decode(rng):
    for length, M, start, group in (
        (4, 6, 0, "several tokens"),
        (6, 9, 0, "several tokens"),
        (1, 5, 0, "several tokens"),
        (5, 7, 3, "another start"),
    ):
        yield case(
            f"{length} of {M} tokens, after {start}",
            _table(rng, M),
            length,
            start,
            group=group,
            probe=DECODED,
            compare=_written,
        )


def _writing(
    row=lambda table: table[-1],
    best=np.argmax,
    fed=lambda written, start: written,
    end=lambda written: written[1:],
    more=0,
    begin=lambda start: start,
):
    """greedy_decode with one thing changed."""

    def variant(scores, length, start=0):
        written = [begin(start)]
        for _ in range(length + more):
            written.append(int(best(row(np.asarray(scores(list(fed(written, start))))))))
        return end(written)

    return variant


for _key, _message, *_variants in (
    (
        "first-row",
        "Every token is what comes after the start: it is taken from the first row of the scores, or the tokens "
        "written so far never go in. What comes next stands in the last row.",
        _writing(row=lambda table: table[0]),
    ),
    (
        "over-the-whole-table",
        "The maximum is looked for in the whole table; the row of the last position alone says what comes next.",
        _writing(row=lambda table: table, best=lambda table: np.argmax(table) % table.shape[-1]),
        _writing(row=lambda table: table, best=lambda table: np.argmax(table)),
    ),
    (
        "start-returned",
        "The start comes back too: it went in first, but the decoder did not write it.",
        _writing(end=lambda written: written),
        _writing(end=lambda written: written[:-1]),
    ),
    (
        "last-token-only",
        "Only the last token goes in; the decoder needs all that are written so far, the start first.",
        _writing(fed=lambda written, start: written[-1:]),
    ),
    (
        "start-forgotten",
        "The tokens go in without the start in front.",
        _writing(fed=lambda written, start: written[1:] or written),
    ),
    (
        "least-likely",
        "The token with the smallest score is taken; it should be the one with the largest.",
        _writing(best=np.argmin),
    ),
    ("one-too-few", "There is one token too few.", _writing(more=-1)),
    ("one-too-many", "There is one token too many.", _writing(more=1)),
    ("start-ignored", "The first token that goes in is 0, whatever `start` says.", _writing(begin=lambda start: 0)),
):
    greedy_decode.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        greedy_decode.also(_key, _other)
greedy_decode.hint("A list that begins with start, and a loop that puts one token after another to it.")
greedy_decode.hint("np.argmax(scores(tokens)[-1]) is the likeliest token after all those in the list.")
