"""The exercises of notebook 20 on networks that read in both directions, tag words, and judge sentences."""

from __future__ import annotations

import numpy as np

from dlcourse import sequences as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.sequences.parts import at_words, cell, lengths_of, mask_of, network, topic
from dlcourse.recurrent import sigmoid, softmax

# bidirectional_forward


@topic.exercise(
    reference=reference.bidirectional_forward,
    section="Both directions",
    companions=("reverse_sentences",),
    weights={"no padding": 2.0},
)
def bidirectional_forward(rng):
    everything = np.ones((1, 2), dtype=bool)
    one, two = np.tanh(1.0), np.tanh(2.0)
    yield case(
        "two words of one number, by hand",
        np.array([[[1.0, 0.0]]]),
        {"Wax": np.array([[1.0]]), "Waa": np.array([[2.0]]), "ba": np.array([[0.0]])},
        {"Wax": np.array([[2.0]]), "Waa": np.array([[1.0]]), "ba": np.array([[0.0]])},
        group="no padding",
        expect=np.array([[[one, np.tanh(2 * one)]], [[two, 0.0]]]),
        compare=at_words(everything),
    )
    for n_x, n_a, m, T in ((3, 2, 4, 5), (2, 4, 3, 6)):
        mask = np.ones((m, T), dtype=bool)
        yield case(
            f"{m} sentences of {T} words",
            rng.normal(size=(n_x, m, T)),
            cell(rng, n_a, n_x),
            cell(rng, n_a, n_x),
            group="no padding",
            compare=at_words(mask),
        )
    for n_x, n_a, m, T in ((3, 2, 4, 6), (2, 3, 5, 4)):
        mask = mask_of(lengths_of(rng, m, T), T)
        yield case(
            f"{m} sentences of at most {T} words, with a mask",
            rng.normal(size=(n_x, m, T)),
            cell(rng, n_a, n_x),
            cell(rng, n_a, n_x),
            mask,
            group="padding",
            compare=at_words(mask),
        )


_read = reference._states


def _turned(x, mask):
    return reference.reverse_sentences(x, np.ones(x.shape[1:], bool) if mask is None else mask)


def _back(x, parameters, mask):
    return _turned(_read(_turned(x, mask), parameters), mask)


def _ways(join):
    """Both directions, with one thing changed: join(x, forward, backward, mask)."""
    return lambda x, forward, backward, mask=None: join(x, forward, backward, mask)


def _late(x, parameters, mask):
    """The state before a word is read, in place of the one after it."""
    states = _read(_turned(x, mask), parameters)
    return _turned(np.concatenate([np.zeros_like(states[:, :, :1]), states[:, :, :-1]], axis=2), mask)


bidirectional_forward.mistake(
    "not-turned-back",
    "The backward states stand in the order in which they were made, so the last word's is at step 0: turn them round "
    "once more, and each stands at its own word.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _read(_turned(x, mask), b)])),
)
bidirectional_forward.mistake(
    "backward-reads-forwards",
    "The second cell reads from the first word on like the first one; it must be given the words from the last on.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _read(x, b)])),
)
bidirectional_forward.mistake(
    "turned-back-only",
    "The second cell reads from the first word on, and its states are turned round: it is its input that must be "
    "turned round too.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _turned(_read(x, b), mask)])),
)
bidirectional_forward.mistake(
    "one-set-of-weights",
    "Both directions use the forward weights; `backward` holds those of the second cell.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _back(x, f, mask)])),
)
bidirectional_forward.mistake(
    "weights-exchanged",
    "The weights of the two directions are exchanged.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, b), _back(x, f, mask)])),
)
bidirectional_forward.mistake(
    "padding-read",
    "With a mask, the backward cell reads the padding first, and its states at the words are no longer 0 before the "
    "last word: use reverse_sentences with the mask. See 'Padding and the way back'.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _back(x, b, None)])),
    group="padding",
)
bidirectional_forward.mistake(
    "turned-back-with-padding",
    "The words are turned round by the mask, but the states are turned back as if there were no padding: both times it "
    "is reverse_sentences with the mask.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _turned(_read(_turned(x, mask), b), None)])),
    group="padding",
)
bidirectional_forward.mistake(
    "directions-exchanged",
    "The backward states stand on top; the forward ones do, and the backward ones below them.",
    _ways(lambda x, f, b, mask: np.concatenate([_back(x, b, mask), _read(x, f)])),
)
bidirectional_forward.mistake(
    "added",
    "The states of both directions are added; they are put one below the other, (2 n_a, m, T), so that nothing is "
    "lost.",
    _ways(lambda x, f, b, mask: _read(x, f) + _back(x, b, mask)),
)
bidirectional_forward.mistake(
    "averaged",
    "The states of both directions are averaged; they are put one below the other, (2 n_a, m, T).",
    _ways(lambda x, f, b, mask: (_read(x, f) + _back(x, b, mask)) / 2),
)
bidirectional_forward.mistake(
    "behind-each-other",
    "The backward states are put behind the forward ones, along time; they stand below them, along the first axis.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _back(x, b, mask)], axis=2)),
    group="no padding",
)
bidirectional_forward.mistake(
    "side-by-side",
    "The states are joined along the sentences; they stand one below the other, along the first axis.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _back(x, b, mask)], axis=1)),
    group="no padding",
)
bidirectional_forward.mistake(
    "own-word-left-out",
    "The backward state at a word has not read this word yet: at step t it has read the words from the last to t.",
    _ways(lambda x, f, b, mask: np.concatenate([_read(x, f), _late(x, b, mask)])),
)
bidirectional_forward.hint("Without a mask: read(x, forward), and read(x[:, :, ::-1], backward) turned round again.")
bidirectional_forward.hint(
    "With a mask it is reverse_sentences(x, mask) both times; np.concatenate joins along axis 0."
)


# tag_sequence


def _sentences(rng, n_x, n_a, n_y, lengths, T):
    return rng.normal(size=(n_x, len(lengths), T)), network(rng, n_a, n_x, n_y), mask_of(lengths, T)


@topic.exercise(reference=reference.tag_sequence, section="Names in sentences", companions=("bidirectional_forward",))
def tag_sequence(rng):
    for m, T in ((3, 5), (4, 4)):
        x, parameters, _ = _sentences(rng, 3, 2, 1, [T] * m, T)
        mask = np.ones((m, T), dtype=bool)
        yield case(f"{m} sentences of {T} words", x, parameters, mask, group="no padding", compare=at_words(mask))
    for n_y, m, T in ((1, 4, 6), (3, 3, 5)):
        x, parameters, mask = _sentences(rng, 2, 3, n_y, lengths_of(rng, m, T), T)
        yield case(
            f"{m} sentences of at most {T} words, {n_y} output{'s' * (n_y > 1)}",
            x,
            parameters,
            mask,
            group="padding",
            compare=at_words(mask),
        )


def _both(x, p, mask):
    return reference.bidirectional_forward(x, p["forward"], p["backward"], mask)


def _scores(a, p):
    return np.tensordot(p["Wya"], a, axes=1) + p["by"][:, :, np.newaxis]


def _half_silent(a, keep):
    silent = a.copy()
    n_a = len(a) // 2
    silent[n_a:] *= keep == "forward"
    silent[:n_a] *= keep == "backward"
    return silent


def _tags(states=_both, finish=sigmoid, scores=_scores):
    return lambda x, parameters, mask: finish(scores(states(x, parameters, mask), parameters))


tag_sequence.mistake(
    "no-sigmoid", "The scores come back; the sigmoid makes probabilities of them.", _tags(finish=lambda z: z)
)
tag_sequence.mistake(
    "softmax",
    "A softmax stands in place of the sigmoid: over a single output it is always 1, and each label is a yes or no of "
    "its own.",
    _tags(finish=softmax),
)
tag_sequence.mistake(
    "tanh", "tanh stands in place of the sigmoid: a probability lies between 0 and 1.", _tags(finish=np.tanh)
)
tag_sequence.mistake(
    "rounded",
    "The answers are cut to 0 and 1; asked for are the probabilities.",
    _tags(finish=lambda z: (z > 0).astype(float)),
)
tag_sequence.mistake("no-bias", "by is missing.", _tags(scores=lambda a, p: np.tensordot(p["Wya"], a, axes=1)))
tag_sequence.mistake(
    "mask-not-handed-on",
    "bidirectional_forward is called without the mask, so the backward direction begins in the padding.",
    _tags(states=lambda x, p, mask: _both(x, p, None)),
    group="padding",
)
tag_sequence.mistake(
    "forward-only",
    "Only the forward half of the states reaches the outputs; Wya has columns for both.",
    _tags(states=lambda x, p, mask: _half_silent(_both(x, p, mask), "forward")),
)
tag_sequence.mistake(
    "backward-only",
    "Only the backward half of the states reaches the outputs; Wya has columns for both.",
    _tags(states=lambda x, p, mask: _half_silent(_both(x, p, mask), "backward")),
)
tag_sequence.mistake(
    "directions-exchanged",
    "The weights of the two directions are exchanged on the way to bidirectional_forward: forward comes first.",
    _tags(states=lambda x, p, mask: reference.bidirectional_forward(x, p["backward"], p["forward"], mask)),
)
tag_sequence.mistake(
    "one-answer-a-sentence",
    "Every word has the answer of the last step: each step has its own state and its own output.",
    _tags(states=lambda x, p, mask: np.repeat(_both(x, p, mask)[:, :, -1:], x.shape[2], axis=2)),
    group="no padding",
)
tag_sequence.raises(
    "one-step-at-a-time",
    "`Wya @ a` with a of three axes multiplies over the wrong one: a step is a[:, :, t], (2 n_a, m); "
    "np.tensordot(Wya, a, "
    "axes=1) does all steps at once, and by[:, :, np.newaxis] fits what comes of it.",
    r"matmul|could not be broadcast|could not broadcast",
)
tag_sequence.hint("The states of both directions come from your bidirectional_forward, the mask handed on to it.")
tag_sequence.hint("For each step t: y[:, :, t] = sigmoid(Wya @ a[:, :, t] + by).")


# classify_sequence


@topic.exercise(reference=reference.classify_sequence, section="Praise or blame", companions=("bidirectional_forward",))
def classify_sequence(rng):
    for m, T in ((3, 5), (4, 4)):
        x, parameters, _ = _sentences(rng, 3, 2, 1, [T] * m, T)
        yield case(f"{m} sentences of {T} words", x, parameters, np.ones((m, T), dtype=bool), group="no padding")
    for n_y, m, T in ((1, 4, 6), (3, 5, 5)):
        yield case(
            f"{m} sentences of at most {T} words, {n_y} output{'s' * (n_y > 1)}",
            *_sentences(rng, 2, 3, n_y, lengths_of(rng, m, T), T),
            group="padding",
        )
    yield case(
        "a sentence without words",
        *_sentences(rng, 2, 3, 1, [0, 4, 4], 4),
        group="a sentence without words",
        corner=True,
    )


def _ends(forward="last", backward="first", states=_both, finish=sigmoid, bias=True):
    """The states that are looked at, by where: "last" and "first" word, "end" of all steps, or the mean."""

    def variant(x, p, mask):
        a = states(x, p, mask)
        n_a, lengths, everyone = len(a) // 2, mask.astype(bool).sum(axis=1), np.arange(x.shape[1])
        where = {
            "last": lambda h: h[:, everyone, np.maximum(lengths - 1, 0)],
            "first": lambda h: h[:, :, 0],
            "end": lambda h: h[:, :, -1],
            "mean": lambda h: reference.masked_mean(h, mask),
            "mean of all": lambda h: h.mean(axis=2),
            "nothing": lambda h: 0.0 * h[:, :, 0],
        }
        both = np.concatenate([where[forward](a[:n_a]), where[backward](a[n_a:])])
        return finish(p["Wya"] @ np.where(lengths > 0, both, 0.0) + bias * p["by"])

    return variant


classify_sequence.mistake(
    "end-of-the-padding",
    "The forward state is taken at step T - 1, where for most sentences there is padding: each sentence's last word "
    "is at mask[i].sum() - 1.",
    _ends(forward="end"),
    group="padding",
)
classify_sequence.mistake(
    "backward-at-the-last-word",
    "The backward state is taken at the last word, where it has read a single word: it has read everything at step 0.",
    _ends(backward="last"),
)
classify_sequence.mistake(
    "both-at-the-end",
    "Both states are taken at step T - 1: the forward one belongs to the last word, the backward one to step 0.",
    _ends(forward="end", backward="end"),
)
classify_sequence.mistake(
    "both-at-the-start",
    "The forward state is taken at step 0, where it has read a single word: it has read everything at the last word.",
    _ends(forward="first"),
)
classify_sequence.mistake(
    "directions-at-wrong-ends",
    "Each direction is looked at where it begins; look where it has read everything.",
    _ends(forward="first", backward="last"),
)
classify_sequence.mistake(
    "mean",
    "The mean of the states is taken; asked for are the states after everything was read.",
    _ends("mean", "mean"),
)
classify_sequence.mistake(
    "mean-with-padding",
    "The mean of the states is taken, and over the padding too; asked for are the states after everything was read.",
    _ends("mean of all", "mean of all"),
)
classify_sequence.mistake(
    "no-sigmoid", "The scores come back; the sigmoid makes probabilities of them.", _ends(finish=lambda z: z)
)
classify_sequence.mistake(
    "softmax", "A softmax stands in place of the sigmoid: over a single output it is always 1.", _ends(finish=softmax)
)
classify_sequence.mistake("no-bias", "by is missing.", _ends(bias=False))
classify_sequence.mistake(
    "mask-not-handed-on",
    "bidirectional_forward is called without the mask, so the backward direction begins in the padding.",
    _ends(states=lambda x, p, mask: _both(x, p, None)),
    group="padding",
)
classify_sequence.mistake(
    "forward-only",
    "Only the forward state reaches the output; Wya has columns for both directions.",
    _ends(backward="nothing"),
)
classify_sequence.shows(
    "read-an-empty-sentence",
    "A sentence without words has a last word at -1, which is the end of the padding. Nothing was read, so both states "
    "are zeros, and the answer is sigmoid(by).",
    lambda args, expected, got: not args[2].any(axis=1).all() and np.shape(got) == np.shape(expected),
)
classify_sequence.hint(
    "Where has the forward cell read everything? At the last word. And the backward cell? At step 0."
)
classify_sequence.hint("With lengths = mask.sum(axis=1), a[:n_a, i, lengths[i] - 1] is sentence i's forward state.")
classify_sequence.hint("Start from last = np.zeros((2 * n_a, m)) and fill it for the sentences that have words.")
