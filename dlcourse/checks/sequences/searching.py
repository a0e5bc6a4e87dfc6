"""The exercises of notebook 20 on the likeliest text and on how good a translation is: beam search and BLEU."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np

from dlcourse import sequences as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.sequences.parts import topic

# beam_search

SEARCH = "dlcourse.checking.probes.sequences:search"


def step_of(table):
    """The function that the probe makes of a table (L, M, M)."""
    return lambda tokens: table[min(len(tokens), len(table) - 1), tokens[-1] if tokens else 0]


def exhaustive(table, max_len, alpha):
    """The best of all texts, each of them looked at."""
    step, size = step_of(table), table.shape[-1]
    best, found = -np.inf, None
    for length in range(1, max_len + 1):
        for words in itertools.product(range(1, size), repeat=length - 1):
            for last in range(size) if length == max_len else (0,):
                tokens = [*words, last]
                score = sum(np.log(step(tokens[:t])[token]) for t, token in enumerate(tokens)) / length**alpha
                if score > best:
                    best, found = score, tokens
    return found


def _beam(
    width=lambda width: width,
    gain=np.log,
    join=lambda total, more: total + more,
    start=0.0,
    final=lambda total, T, alpha: total / T**alpha,
    rank=lambda total, T, alpha: total,
    ends=lambda tokens: tokens[-1] == 0,
    stays=False,
    extra=False,
    seen=lambda tokens: tokens,
    most=lambda max_len: max_len,
    cut=True,
    best=max,
    enough=lambda finished, width: False,
    result=lambda tokens: tokens,
):
    """A beam search in which each step may be another one."""

    def variant(step, beam_width, max_len, alpha=0.7):
        beam, finished, places = [(start, [])], [], width(beam_width)
        for _ in range(most(max_len)):
            found = [] if not stays else [pair for pair in beam if pair[1] and ends(pair[1])]
            for total, tokens in beam:
                if tokens and ends(tokens):
                    continue
                for token, p in enumerate(step(seen(tokens))):
                    found.append((join(total, gain(p)), [*tokens, token]))
            found.sort(key=lambda pair: -rank(pair[0], len(pair[1]), alpha))
            if extra:  # those that are finished take no place
                beam, free = [], places
                for pair in found:
                    if ends(pair[1]):
                        finished.append(pair)
                    elif free:
                        beam.append(pair)
                        free -= 1
                    if not free:
                        break
            else:
                kept = found[:places]
                beam = kept if stays else [pair for pair in kept if not ends(pair[1])]
                finished += [] if stays else [pair for pair in kept if ends(pair[1])]
            if not any(not ends(tokens) for _, tokens in beam) or enough(finished, beam_width):
                break
        finished += beam if cut else [pair for pair in beam if ends(pair[1])]
        if not finished:
            return None
        return result(best(finished, key=lambda pair: final(pair[0], len(pair[1]), alpha))[1])

    return variant


# Beams that keep their books otherwise; where they find another text, no case asks for it.
OTHER_BEAMS = (
    _beam(stays=True),
    _beam(extra=True),
    _beam(enough=lambda finished, width: len(finished) >= width),
    _beam(rank=lambda total, T, alpha: total / T**alpha),
    _beam(stays=True, rank=lambda total, T, alpha: total / T**alpha),
)
GREEDY = _beam(width=lambda width: 1)
ADDED = _beam(gain=lambda p: p)
ENDLESS = _beam(ends=lambda tokens: False)
LAST_ONLY = _beam(seen=lambda tokens: tokens[-1:])
ONE_LESS = _beam(most=lambda max_len: max_len - 1)
EVERYTHING = _beam(width=lambda width: 10**6)
WIDER, NARROWER = _beam(width=lambda width: width + 1), _beam(width=lambda width: max(width - 1, 1))
CLEARLY = (GREEDY, ADDED, ENDLESS, LAST_ONLY, ONE_LESS)  # wrong wherever something is looked for


# What finished texts are compared by: the sum of log probabilities, the number of tokens, the power.


def by_length(total, T, alpha):
    return total / T**alpha


def by_seven_tenths(total, T, alpha):
    return total / T**0.7


def by_one(total, T, alpha):
    return total / T


def by_sum(total, T, alpha):
    return total


def by_product(total, T, alpha):
    return total * T**alpha


def by_one_more(total, T, alpha):
    return total / (T + 1) ** alpha


def by_one_less(total, T, alpha):
    return total / max(T - 1, 1) ** alpha


BY_WRONG_LENGTHS = (by_seven_tenths, by_one, by_sum, by_product, by_one_more, by_one_less)


def _tables(rng, count, steps, size, end):
    """Probabilities that differ clearly; `end`: how likely the end is beside the other tokens."""
    raw = np.exp(1.3 * rng.normal(size=(count, steps, size, size)))
    raw[..., 0] *= end
    return raw / raw.sum(axis=-1, keepdims=True)


def _chosen(tables, width, alpha, finals):
    """Which text is the best one by each of `finals`, as a number, for many tables at once (which is what makes the
    search for a telling table quick)."""
    count, steps, size, _ = tables.shape
    logs, which = np.log(tables), np.arange(count)[:, np.newaxis]
    totals, last, finished = np.zeros((count, 1)), np.zeros((count, 1), int), []
    for step in range(steps):
        found = (totals[:, :, np.newaxis] + logs[which, step, last]).reshape(count, -1)
        kept = np.argsort(-found, axis=1)[:, :width]
        totals, last = np.take_along_axis(found, kept, axis=1), kept % size
        ended = (last == 0) | (step == steps - 1)
        finished.append(np.where(ended, totals, -np.inf))
        totals = np.where(ended, -np.inf, totals)
    scores = [[final(part, T, alpha) for T, part in enumerate(finished, 1)] for final in finals]
    return [np.concatenate(parts, axis=1).argmax(axis=1) for parts in scores]


def _telling(rng, steps, size, width, alpha, end, wrong, harmless, apart):
    """Tables, one after another: those of `wrong` find another text than the right one, those of `harmless` the same,
    and the two of `apart` two different ones."""
    while True:
        tables = _tables(rng, 64, steps, size, end)
        if wrong or harmless:
            finals = (by_length, *wrong, *harmless, *apart)
            right, *others = _chosen(tables, width, alpha, finals)
            tells = np.ones(len(tables), bool)
            for other in others[: len(wrong)]:
                tells &= other != right
            for other in others[len(wrong) : len(wrong) + len(harmless)]:
                tells &= other == right
            if apart:
                tells &= others[-2] != others[-1]
            tables = tables[tells]
        yield from tables


def _drawn(
    rng,
    steps,
    size,
    width,
    alpha=0.7,
    unlike=(),
    end=0.5,
    wrong=(),
    harmless=BY_WRONG_LENGTHS,
    apart=(),
    differ=(),
    same=(EVERYTHING,),
):
    """A table whose answer every beam finds, and none of the wrong ways in `unlike`; those in `differ` differ,
    and those in `same` are right here: what a mistake costs does not hang on what was drawn.

    It is never that of the case by hand, nor one token again and again; and it has an end, if one is likely at all:
    what becomes of texts without an end is asked by a case of its own.
    """
    for table in _telling(rng, steps, size, width, alpha, end, wrong, harmless, apart):
        args = (step_of(table), width, steps, alpha)
        right = reference.beam_search(*args)
        if right == [2, 0] or len(set(right)) == 1 or (end > 0.01 and right[-1] != 0):
            continue
        if any(other(*args) == right for other in unlike):
            continue
        found = [other(*args) for other in differ]
        if any(found[0] == other for other in found[1:]):
            continue
        if all(other(*args) == right for other in (*OTHER_BEAMS, *same)):
            break
    return table


FIRST_IS_WORSE = np.array([[[0.02, 0.53, 0.45]] * 3, [[0.4, 0.3, 0.3], [0.36, 0.33, 0.31], [0.9, 0.06, 0.04]]])


@topic.exercise(reference=reference.beam_search, section="The likeliest text")
def beam_search(rng):
    yield case(
        "a text that begins with the less likely word, by hand",
        FIRST_IS_WORSE,
        2,
        2,
        0.7,
        group="greedy search misses it",
        expect=[2, 0],
        probe=SEARCH,
    )
    for size, steps, width, others in ((4, 4, 3, [ADDED]), (5, 5, 2, [ENDLESS, LAST_ONLY])):
        table = _drawn(rng, steps, size, width, unlike=[GREEDY, NARROWER, *others], differ=(ADDED, ENDLESS))
        yield case(
            f"{size} tokens, at most {steps} long, a beam of {width}",
            table,
            width,
            steps,
            0.7,
            group="greedy search misses it",
            probe=SEARCH,
        )
    # each has one wrong way of its own, or two that differ, so that which cases fail tells which it was
    for words, alpha, telling in (
        (
            "alpha 1",
            1.0,
            {"wrong": (by_seven_tenths, by_sum), "harmless": (by_one_more, by_one_less), "apart": (by_sum, by_product)},
        ),
        ("alpha 0.7", 0.7, {"wrong": (by_one,), "harmless": (), "unlike": CLEARLY}),
        ("every token counts", 0.7, {"wrong": (by_one_less,), "harmless": (by_one,)}),
        ("no more tokens than it has", 0.7, {"wrong": (by_one_more,), "harmless": (by_one,)}),
    ):
        table = _drawn(rng, 4, 4, 4, alpha, end=1.5, **telling)
        yield case(f"a longer text wins by its length, {words}", table, 4, 4, alpha, group="lengths", probe=SEARCH)
    table = _drawn(rng, 4, 4, 2, unlike=[WIDER, GREEDY, EVERYTHING], end=0.8, same=())
    yield case("a beam that loses the best of all texts", table, 2, 4, 0.7, group="a narrow beam", probe=SEARCH)
    table = _drawn(rng, 4, 3, 81, unlike=CLEARLY)
    yield case(
        "a beam as wide as everything: the best of all texts",
        table,
        81,
        4,
        0.7,
        group="the best of all",
        expect=exhaustive(table, 4, 0.7),
        probe=SEARCH,
    )
    table = _drawn(rng, 3, 4, 3, unlike=[GREEDY, ADDED, LAST_ONLY], end=0.001)
    yield case("no text ends in time", table, 3, 3, 0.7, group="no end in time", probe=SEARCH)


beam_search.mistake(
    "greedy", "Only the likeliest beginning is kept, whatever beam_width is: this is greedy search.", GREEDY
)
beam_search.mistake(
    "probabilities-added",
    "The probabilities are added up; it is their logarithms, or the probabilities multiplied.",
    ADDED,
)
beam_search.mistake(
    "no-length",
    "The sums of log probabilities are compared as they are, so that short texts win: each is divided by T ** alpha.",
    _beam(final=by_sum),
)
beam_search.mistake(
    "times-length",
    "The sum is multiplied by T ** alpha; it is divided: log probabilities are negative, and a longer text has more "
    "of them.",
    _beam(final=by_product),
)
beam_search.mistake(
    "width-ignored",
    "More beginnings are kept than beam_width says: of all that a round finds, only the beam_width likeliest stay.",
    EVERYTHING,
)
beam_search.mistake(
    "alpha-ignored",
    "The power of the length is always the same; it is alpha, an argument.",
    _beam(final=by_seven_tenths),
)
beam_search.also("alpha-ignored", _beam(final=by_one))
beam_search.mistake(
    "length-one-off",
    "The length is one off: T is the number of tokens that come back, with the 0 at the end and nothing in front.",
    _beam(final=by_one_less),
)
beam_search.also("length-one-off", _beam(final=by_one_more))
beam_search.mistake(
    "end-does-not-end", "A text goes on after token 0, which is its end: it leaves the beam there.", ENDLESS
)
beam_search.mistake(
    "unlikeliest",
    "The worst of the finished texts comes back: log probabilities are negative, and the best is the largest.",
    _beam(best=min),
)
beam_search.mistake(
    "least-likely-kept",
    "The unlikeliest beginnings are kept: sorting goes from small to large.",
    _beam(rank=lambda total, T, alpha: -total),
)
beam_search.mistake(
    "end-left-out",
    "Token 0 is missing at the end of the text; it is the last of its tokens.",
    _beam(result=lambda tokens: tokens[:-1] if tokens[-1] == 0 else tokens),
)
beam_search.mistake(
    "last-token-only", "`step` is given the last token alone; it wants the list of all tokens so far.", LAST_ONLY
)
beam_search.mistake("one-round-too-few", "One round is missing: a text may have max_len tokens.", ONE_LESS)
beam_search.mistake(
    "unfinished-dropped",
    "What has no end after max_len tokens is thrown away, and nothing is left; it counts as it is.",
    _beam(cut=False),
    group="no end in time",
)
beam_search.shows(
    "text-and-score",
    "More than the text came back; asked for is the list of its tokens alone.",
    lambda args, expected, got: len(got) == 2 and isinstance(got[0], (list, tuple)) | isinstance(got[1], (list, tuple)),
)
beam_search.hint("Keep a list of pairs (sum of log probabilities, tokens); it begins with one pair, (0.0, []).")
beam_search.hint("In each round: every pair, continued by every token; sorted; the best beam_width kept.")
beam_search.hint(
    "Of those, what ends in 0 or has max_len tokens moves to the finished ones. Compare these by sum / T ** alpha."
)


# bleu

FEW_WORDS = ("the", "cat", "sat", "on", "mat", "dog", "a", "by")


def _words(rng, count):
    return [str(word) for word in rng.choice(FEW_WORDS, size=count)]


def _changed(rng, words, changes):
    """The same sentence with some words exchanged."""
    other = list(words)
    for place in rng.choice(len(words), size=changes, replace=False):
        other[int(place)] = str(rng.choice(FEW_WORDS))
    return other


def _bleu_case(rng, title, shorter, references, max_n, group, unlike):
    """A candidate, and translations that it resembles, where the wrong ways in `unlike` say something else."""
    while True:
        model = _words(rng, 9)
        candidate = _changed(rng, model, 2)
        candidate = [*candidate[: 9 - shorter], *candidate[:2]] if shorter <= 0 else candidate[: 9 - shorter]
        others = [model] + [_changed(rng, model, 3) + _words(rng, 3 * more) for more in range(1, references)]
        args = (candidate, others, max_n)
        right = reference.bleu(*args)
        if right and all(abs(wrong(*args) - right) > 1e-3 for wrong in unlike):
            return case(title, *args, group=group, tolerance=1e-6)


def _bleu(
    clip=lambda made, references: min(made, max(references)),
    below=lambda candidate, references, total: total,
    join=lambda precisions: float(np.exp(np.mean(np.log(precisions)))) if all(precisions) else 0.0,
    nearest=lambda c, lengths: min(lengths, key=lambda r: (abs(r - c), r)),
    penalty=lambda c, r: min(1.0, np.exp(1 - r / c)),
    orders=lambda max_n: range(1, max_n + 1),
):
    def variant(candidate, references, max_n=4):
        precisions = []
        for n in orders(max_n):
            made, given = reference._grams(candidate, n), [reference._grams(one, n) for one in references]
            hits = sum(clip(count, [grams[gram] for grams in given]) for gram, count in made.items())
            precisions.append(hits / max(below(candidate, references, made.total()), 1))
        c = len(candidate)
        return join(precisions) * float(penalty(c, nearest(c, [len(one) for one in references])))

    return variant


NOT_CLIPPED = _bleu(clip=lambda made, references: made * (max(references) > 0))
NO_PENALTY = _bleu(penalty=lambda c, r: 1.0)


@topic.exercise(reference=reference.bleu, section="How good is a translation?")
def bleu(rng):
    yield case(
        "the same word seven times, by hand",
        ["the"] * 7,
        [["the", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat", "on", "the", "mat"]],
        1,
        group="precisions",
        expect=2 / 7,
        tolerance=1e-6,
    )
    for max_n in (1, 2):
        yield _bleu_case(rng, f"up to {max_n} words in a row", 0, 1, max_n, "precisions", [NOT_CLIPPED])
    yield _bleu_case(rng, "up to 3 words in a row", -1, 2, 3, "precisions", [NOT_CLIPPED])
    for shorter in (2, 3):
        yield _bleu_case(rng, "shorter than the reference", shorter, 1, 2, "short candidates", [NO_PENALTY])
    yield _bleu_case(rng, "three references of different lengths", 1, 3, 2, "short candidates", [NO_PENALTY])
    words = ["the", "cat", "sat", "on"]
    yield case(
        "a longer reference as near as a shorter one",
        words,
        [[*words, "a"], words[:3]],
        2,
        group="short candidates",
        expect=1.0,
        tolerance=1e-6,
    )
    yield case(
        "no three words in a row",
        [*words[:2], "a", *words[2:]],
        [words],
        3,
        group="precisions",
        expect=0.0,
        corner=True,
    )


bleu.mistake(
    "not-clipped",
    "A word counts as often as the candidate says it; it counts at most as often as one of the references has it.",
    NOT_CLIPPED,
)
bleu.mistake(
    "clipped-by-all-together",
    "The counts of all references are added up before clipping; the largest count in any one of them is the limit.",
    _bleu(clip=lambda made, references: min(made, sum(references))),
)
bleu.mistake(
    "arithmetic-mean",
    "The precisions are averaged; it is their geometric mean, exp of the mean of their logarithms.",
    _bleu(join=lambda precisions: float(np.mean(precisions))),
)
bleu.mistake(
    "product",
    "The precisions are multiplied, but the root is missing: exp of the *mean* of the logarithms.",
    _bleu(join=lambda precisions: float(np.prod(precisions))),
)
bleu.mistake(
    "longest-only",
    "Only max_n words in a row are counted; the precisions of 1, 2, ..., max_n belong to the mean.",
    _bleu(orders=lambda max_n: [max_n]),
)
bleu.mistake(
    "one-order-missing",
    "max_n words in a row are missing: range(1, max_n) ends before max_n.",
    _bleu(
        orders=lambda max_n: range(1, max_n),
        join=lambda precisions: float(np.exp(np.mean(np.log(precisions)))) if precisions and all(precisions) else 0.0,
    ),
)
bleu.mistake(
    "no-penalty",
    "Brevity costs nothing: a candidate of one sure word would be perfect. The penalty is exp(1 - r / c) where c < r.",
    NO_PENALTY,
)
bleu.mistake(
    "penalty-for-length",
    "The penalty becomes a reward where the candidate is longer than the reference: it is at most 1.",
    _bleu(penalty=lambda c, r: np.exp(1 - r / c)),
)
bleu.mistake(
    "penalty-turned",
    "r and c are exchanged in the penalty: exp(1 - r / c), with c the candidate's length.",
    _bleu(penalty=lambda c, r: min(1.0, np.exp(1 - c / r))),
)
bleu.mistake(
    "ratio-for-penalty", "The penalty is c / r; it is exp(1 - r / c).", _bleu(penalty=lambda c, r: min(1.0, c / r))
)
bleu.mistake(
    "longest-reference",
    "r is the length of the longest reference; it is that of the one whose length is nearest to the candidate's.",
    _bleu(nearest=lambda c, lengths: max(lengths)),
)
bleu.mistake(
    "longer-of-two",
    "Where two references are equally near to the candidate's length, r is the longer's; it is the shorter's.",
    _bleu(nearest=lambda c, lengths: min(lengths, key=lambda r: (abs(r - c), -r))),
)
bleu.mistake(
    "divided-by-the-reference",
    "The hits are divided by the reference's number, which is recall; a precision divides by the candidate's.",
    _bleu(below=lambda candidate, references, total: total + len(references[0]) - len(candidate)),
)
bleu.mistake(
    "presence-only",
    "Each different word counts once, however often it comes: it is counts that are compared, up to the reference's.",
    lambda candidate, references, max_n=4: _by_presence(candidate, references, max_n),
)
bleu.raises(
    "logarithm-of-zero",
    "A precision of 0 has no logarithm: return 0 where any of them is 0.",
    "math domain error|expected a positive input",
)
bleu.hint(
    "For each n: Counter of the candidate's n-grams; of each, min(its count, the largest count in any reference)."
)
bleu.hint("The precisions' geometric mean is np.exp(np.mean(np.log(precisions))); if one of them is 0, so is BLEU.")
bleu.hint("r = min(lengths, key=lambda r: (abs(r - c), r)), and the penalty is min(1, exp(1 - r / c)).")


def _by_presence(candidate, references, max_n):
    def once(words, n):
        return Counter(dict.fromkeys(reference._grams(words, n), 1))

    precisions = []
    for n in range(1, max_n + 1):
        made = once(candidate, n)
        allowed = set().union(*(once(one, n) for one in references))
        precisions.append(sum(gram in allowed for gram in made) / max(len(made), 1))
    c = len(candidate)
    r = min((len(one) for one in references), key=lambda r: (abs(r - c), r))
    return float(np.exp(np.mean(np.log(precisions))) * min(1.0, np.exp(1 - r / c))) if all(precisions) else 0.0
