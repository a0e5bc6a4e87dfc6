"""The exercises of notebook 20 by which word vectors are learned: pairs of neighbours, and their loss."""

from __future__ import annotations

from collections import Counter

import numpy as np

from dlcourse import sequences as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.sequences.parts import topic
from dlcourse.checks.sequences.vectors import some_words
from dlcourse.recurrent import sigmoid

SECTION = "Known by its neighbours"

# skip_gram_pairs


def _same_pairs(expected, got):
    """The same pairs, each as often, in any order."""
    if isinstance(got, np.ndarray) and got.dtype.kind == "U":
        got = got.tolist()
    if not isinstance(got, (list, tuple)):
        return "skip_gram_pairs must return a list of pairs."
    got = [pair.tolist() if isinstance(pair, np.ndarray) else pair for pair in got]
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in got):
        return "Each entry of the list must be a pair: (centre, context)."
    if not all(isinstance(word, str) for pair in got for word in pair):
        return "The pairs must hold words, as they stand in the sentence."
    due, found = Counter(map(tuple, expected)), Counter(map(tuple, got))
    for pair, count in due.items():
        if found[pair] < count:
            missing = f"{pair} is missing" if not found[pair] else f"{pair} comes {found[pair]} times, not {count}"
            return f"The pair {missing}: {len(got)} pairs came, {len(expected)} were expected."
    more = next(iter(found - due), None)
    if more is not None:
        return f"The pair {more} is too many: {len(got)} pairs came, {len(expected)} were expected."
    return None


@topic.exercise(reference=reference.skip_gram_pairs, section=SECTION)
def skip_gram_pairs(rng):
    yield case(
        "three words, by hand",
        ["owl", "hen", "cow"],
        1,
        group="windows",
        expect=[("owl", "hen"), ("hen", "owl"), ("hen", "cow"), ("cow", "hen")],
        compare=_same_pairs,
    )
    for count, window in ((7, 2), (6, 3)):
        yield case(
            f"{count} words, window {window}", some_words(rng, count), window, group="windows", compare=_same_pairs
        )
    words = some_words(rng, 5)
    yield case("a word that comes twice", [*words, words[-2]], 2, group="a word that comes twice", compare=_same_pairs)
    yield case("a window wider than the sentence", some_words(rng, 3), 5, group="a wide window", compare=_same_pairs)


def _pairs(near=lambda i, j, window: abs(i - j) <= window, other=lambda words, i, j: i != j, order=lambda pair: pair):
    def variant(words, window):
        return [
            order((words[i], words[j]))
            for i in range(len(words))
            for j in range(len(words))
            if near(i, j, window) and other(words, i, j)
        ]

    return variant


def _wrapped(words, window):
    return [
        (words[i], words[i + step])
        for i in range(len(words))
        for step in range(-window, window + 1)
        if step and i + step < len(words) and i + step >= -len(words)
    ]


skip_gram_pairs.mistake(
    "with-itself",
    "A word is paired with itself, at its own place: leave j == i out.",
    _pairs(other=lambda words, i, j: True),
)
skip_gram_pairs.mistake(
    "one-side-only",
    "Only the words behind are taken; those in front count too.",
    _pairs(lambda i, j, w: 0 <= j - i <= w),
)
skip_gram_pairs.mistake(
    "in-front-only",
    "Only the words in front are taken; those behind count too.",
    _pairs(lambda i, j, w: 0 <= i - j <= w),
)
skip_gram_pairs.mistake(
    "end-of-the-window-missing",
    "The last word of the window is missing: a range ends before its end, so it goes to i + window + 1.",
    _pairs(lambda i, j, w: -w <= j - i < w),
)
skip_gram_pairs.mistake(
    "window-too-narrow", "The window is one word too narrow on both sides.", _pairs(lambda i, j, w: abs(i - j) < w)
)
skip_gram_pairs.mistake(
    "every-pair",
    "All words of the sentence are paired; only those at most `window` places away are.",
    _pairs(lambda i, j, w: True),
)
skip_gram_pairs.mistake(
    "round-the-corner",
    "At the beginning an index becomes negative, and Python counts from the end: the first word has nothing in "
    "front. Use "
    "max(0, i - window).",
    _wrapped,
)
skip_gram_pairs.mistake(
    "same-word-left-out",
    "Pairs of equal words are left out; it is the place that differs, j != i: a word may stand beside itself.",
    _pairs(other=lambda words, i, j: words[i] != words[j]),
    group="a word that comes twice",
)
skip_gram_pairs.mistake(
    "each-pair-once",
    "A pair that comes twice counts once: a set forgets how often, and frequent neighbours count for more.",
    lambda words, window: sorted(set(reference.skip_gram_pairs(words, window))),
    group="a word that comes twice",
)
skip_gram_pairs.hint("Two loops: i over all places, and j from max(0, i - window) to the last place of the window.")
skip_gram_pairs.hint("range(max(0, i - window), min(len(words), i + window + 1)), without j == i.")


# negative_sampling_loss


@topic.exercise(
    reference=reference.negative_sampling_loss,
    section=SECTION,
    outputs=("loss", "d_center", "d_context", "d_negatives"),
    by_output=True,
)
def negative_sampling_loss(rng):
    yield case(
        "one negative, by hand",
        np.array([1.0, 0.0]),
        np.array([0.0, 1.0]),
        np.array([[0.0, 2.0]]),
        group="by hand",
        expect=(2 * np.log(2), np.array([0.0, 0.5]), np.array([-0.5, 0.0]), np.array([[0.5, 0.0]])),
        tolerance=1e-6,
    )
    for size, k in ((3, 4), (5, 2), (4, 4)):
        yield case(
            f"{k} negatives of {size} numbers",
            *(rng.normal(size=size) for _ in range(2)),
            rng.normal(size=(k, size)),
            group="random vectors",
            tolerance=1e-6,
        )


def _sampled(
    loss=lambda s, n: -np.log(sigmoid(s)) - np.log(sigmoid(-n)).sum(),
    d_s=lambda s: sigmoid(s) - 1,
    d_n=sigmoid,
    center=lambda ds, dn, u, U: ds * u + dn @ U,
    context=lambda ds, v, u: ds * v,
    negatives=lambda dn, v, U: np.outer(dn, v),
):
    def variant(v, u, U):
        s, n = u @ v, U @ v
        ds, dn = d_s(s), d_n(n)
        return loss(s, n), center(ds, dn, u, U), context(ds, v, u), negatives(dn, v, U)

    return variant


negative_sampling_loss.mistake(
    "no-minus",
    "The sign of the loss: it is -log of the sigmoids, and never negative.",
    _sampled(loss=lambda s, n: np.log(sigmoid(s)) + np.log(sigmoid(-n)).sum()),
)
negative_sampling_loss.mistake(
    "negatives-not-turned",
    "The negatives' loss is -log sigmoid(-n): they are to be *unlike* the centre, so their score has a minus.",
    _sampled(loss=lambda s, n: -np.log(sigmoid(s)) - np.log(sigmoid(n)).sum(), d_n=lambda n: sigmoid(n) - 1),
)
negative_sampling_loss.also(
    "negatives-not-turned", _sampled(loss=lambda s, n: -np.log(sigmoid(s)) - np.log(sigmoid(n)).sum())
)
negative_sampling_loss.mistake(
    "context-turned",
    "The context's score has a minus; the negatives' has: the context is to be *like* the centre.",
    _sampled(loss=lambda s, n: -np.log(sigmoid(-s)) - np.log(sigmoid(n)).sum()),
)
negative_sampling_loss.mistake(
    "mean-of-the-negatives",
    "The negatives' losses are averaged; they are added up.",
    _sampled(loss=lambda s, n: -np.log(sigmoid(s)) - np.log(sigmoid(-n)).mean()),
)
negative_sampling_loss.mistake(
    "context-only", "The negatives have no part in the loss.", _sampled(loss=lambda s, n: -np.log(sigmoid(s)))
)
negative_sampling_loss.mistake(
    "no-sigmoid-in-the-gradient",
    "The gradients with respect to the scores are sigmoid(s) - 1 and sigmoid(n), not s - 1 and n.",
    _sampled(d_s=lambda s: s - 1, d_n=lambda n: n),
)
negative_sampling_loss.mistake(
    "gradient-turned",
    "All gradients have the wrong sign: for the context's score it is sigmoid(s) - 1, which is negative, for more "
    "likeness makes the loss smaller.",
    _sampled(d_s=lambda s: 1 - sigmoid(s), d_n=lambda n: -sigmoid(n)),
)
negative_sampling_loss.mistake(
    "slope-of-the-sigmoid",
    "The gradient of sigmoid itself, s (1 - s), stands where that of -log sigmoid is wanted: sigmoid(s) - 1.",
    _sampled(d_s=lambda s: sigmoid(s) * (1 - sigmoid(s)), d_n=lambda n: sigmoid(n) * (1 - sigmoid(n))),
)
negative_sampling_loss.mistake(
    "center-from-the-context-only",
    "d_center has the context's share only; each negative pushes the centre away too: add sigmoid(n_k) times its "
    "vector.",
    _sampled(center=lambda ds, dn, u, U: ds * u),
)
negative_sampling_loss.mistake(
    "center-without-the-context",
    "d_center has the negatives' share only; the context's is (sigmoid(s) - 1) times its vector.",
    _sampled(center=lambda ds, dn, u, U: dn @ U),
)
negative_sampling_loss.mistake(
    "own-vectors",
    "The gradient of a word's vector has that word's own vector in it; s = u . v, so the derivative by u is v.",
    _sampled(context=lambda ds, v, u: ds * u, negatives=lambda dn, v, U: dn[:, np.newaxis] * U),
)
negative_sampling_loss.mistake(
    "negatives-added-up",
    "d_negatives is one vector for all negatives; each has a gradient of its own: (k, d).",
    _sampled(negatives=lambda dn, v, U: dn.sum() * v),
)
negative_sampling_loss.hint("Two scores first: s = context . center, and n = negatives @ center, of shape (k,).")
negative_sampling_loss.hint(
    "The derivative of -log sigmoid(s) is sigmoid(s) - 1; that of -log sigmoid(-n) is sigmoid(n)."
)
negative_sampling_loss.hint("d_center collects from all of them: (sigmoid(s) - 1) context, and sigmoid(n) @ negatives.")
