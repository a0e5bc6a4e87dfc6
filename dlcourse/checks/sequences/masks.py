"""The exercises of notebook 20 on padding: the mask, a mean, a loss, and sentences that are turned round."""

from __future__ import annotations

import numpy as np

from dlcourse import sequences as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.sequences.parts import PADDING, at_words, lengths_of, mask_of, topic

# padding_mask


@topic.exercise(reference=reference.padding_mask, section=PADDING)
def padding_mask(rng):
    yield case(
        "three sentences, by hand",
        [2, 4, 1],
        4,
        group="sentences",
        expect=np.array([[True, True, False, False], [True] * 4, [True, False, False, False]]),
    )
    for m, T in ((4, 6), (6, 4), (5, 9)):
        yield case(f"{m} sentences of at most {T} words", lengths_of(rng, m, T), T, group="sentences")
    T = int(rng.integers(4, 8))
    yield case("a step more than the longest sentence has", [1, T - 1, 2], T, group="no sentence fills all steps")
    yield case("a sentence without words", [0, T, 2], T, group="a sentence without words")


def _masked(inside=lambda lengths, steps, T: steps < lengths, finish=lambda mask: mask):
    return lambda lengths, T: finish(inside(np.asarray(lengths)[:, np.newaxis], np.arange(T), T))


padding_mask.mistake(
    "padding-is-true",
    "The mask is True at the padding; it is True at the words. See 'With padding, and what it does'.",
    _masked(finish=np.logical_not),
)
padding_mask.mistake(
    "one-too-many",
    "A step too many is True: a sentence of 2 words has words at the steps 0 and 1, so it is `<`, not `<=`.",
    _masked(lambda lengths, steps, T: steps <= lengths),
)
padding_mask.mistake(
    "one-too-few",
    "The last word of each sentence counts as padding: a sentence of 2 words has words at the steps 0 and 1.",
    _masked(lambda lengths, steps, T: steps < lengths - 1),
)
padding_mask.mistake(
    "in-front",
    "The padding stands in front; here the words come first and the padding behind them.",
    _masked(lambda lengths, steps, T: steps >= T - lengths),
)
padding_mask.mistake(
    "transposed", "A row for each step came back; it is a row for each sentence: (m, T).", _masked(finish=np.transpose)
)
padding_mask.mistake(
    "cut-at-the-longest",
    "The mask ends with the longest sentence; it has T steps, however short the sentences are.",
    lambda lengths, T: mask_of(lengths, max(lengths)),
    group="no sentence fills all steps",
)
padding_mask.mistake(
    "one-row",
    "One row for all sentences came back; each sentence has a row of its own, since each has its own length.",
    lambda lengths, T: np.arange(T) < max(lengths),
)
padding_mask.mistake(
    "last-word-only",
    "Only the last word of each sentence is True; every word is.",
    _masked(lambda lengths, steps, T: steps == lengths - 1),
)
padding_mask.hint("Begin with np.zeros((m, T), dtype=bool), and fill each row as far as its sentence goes.")
padding_mask.hint("In a loop over the sentences: mask[i, :lengths[i]] = True.")


# masked_mean


def _states(rng, n, lengths, T):
    """Numbers at the padding too, as a network leaves them there."""
    return rng.normal(size=(n, len(lengths), T)), mask_of(lengths, T)


@topic.exercise(reference=reference.masked_mean, section=PADDING)
def masked_mean(rng):
    yield case(
        "two sentences, by hand",
        np.array([[[1.0, 3.0, 8.0], [4.0, 2.0, 3.0]]]),
        np.array([[True, True, False], [True, True, True]]),
        group="sentences",
        expect=np.array([[2.0, 3.0]]),
        tolerance=1e-6,  # a count + 1e-8 never divides by 0 either
    )
    for n, m, T in ((3, 4, 6), (2, 5, 4)):
        yield case(
            f"{m} sentences of at most {T} words",
            *_states(rng, n, lengths_of(rng, m, T), T),
            group="sentences",
            tolerance=1e-6,
        )
    a, mask = _states(rng, 3, lengths_of(rng, 4, 5), 5)
    yield case("a mask of 0 and 1", a, mask.astype(float), group="sentences", tolerance=1e-6)
    yield case(
        "a sentence without words",
        *_states(rng, 3, [0, 4, 2], 5),
        group="a sentence without words",
        corner=True,
        tolerance=1e-6,
    )


def _mean(real=lambda a, mask: np.where(mask.astype(bool), a, 0.0), count=lambda a, mask: mask.sum(axis=1)):
    return lambda a, mask: real(a, mask).sum(axis=2) / count(a, mask)


masked_mean.mistake(
    "padding-counted",
    "The padding is in the mean: only the steps at which the mask is True count, in the sum and in the number.",
    lambda a, mask: a.mean(axis=2),
)
masked_mean.mistake(
    "divided-by-all-steps",
    "The sum leaves the padding out, but it is divided by T; it is divided by the number of words of each sentence.",
    _mean(count=lambda a, mask: a.shape[2]),
)
masked_mean.mistake(
    "padding-in-the-sum",
    "The number of words is right, but the padding is in the sum: multiply by the mask first.",
    _mean(real=lambda a, mask: a),
)
masked_mean.mistake(
    "sum", "This is the sum over the words; the mean divides it by their number.", _mean(count=lambda a, mask: 1)
)
masked_mean.mistake(
    "one-number-for-all",
    "Every sum is divided by the number of words of all sentences together; each sentence has its own.",
    _mean(count=lambda a, mask: mask.sum()),
)
masked_mean.mistake(
    "mean-over-sentences",
    "The mean is taken over the sentences; it is taken over the steps, the last axis.",
    lambda a, mask: np.where(mask.astype(bool), a, 0.0).sum(axis=1) / np.maximum(mask.sum(axis=0), 1),
)
masked_mean.mistake(
    "mask-as-indices",
    "`a[:, mask]` puts the words of all sentences in one row, and their mean is one for all: a sentence is lost.",
    lambda a, mask: a[:, mask.astype(bool)].mean(axis=1),
)
masked_mean.mistake(
    "one-in-an-empty-sentence",
    "A number is added to every count, so that nothing is divided by 0; it also makes every other mean too small. "
    "np.maximum(count, 1) changes the empty sentence alone.",
    _mean(count=lambda a, mask: mask.sum(axis=1) + 1),
)
masked_mean.shows(
    "nothing-by-nothing",
    "A sentence without words is 0 / 0, which is nan, and one nan spoils the loss of the whole batch. Its mean is "
    "zeros: "
    "np.maximum(count, 1) never divides by 0.",
    lambda args, expected, got: bool(np.isnan(np.asarray(got)).any()),
)
masked_mean.hint("a * mask puts zeros at the padding: (n, m, T) times (m, T) goes by itself. Sum over the last axis.")
masked_mean.hint("mask.sum(axis=1) counts the words of each sentence; np.maximum of it and 1 never divides by 0.")


# masked_loss


def _believed(rng, n_y, lengths, T):
    shape = (n_y, len(lengths), T)
    y_hat, y = rng.uniform(0.05, 0.95, size=shape), rng.integers(0, 2, size=shape).astype(float)
    return y_hat, y, mask_of(lengths, T)


@topic.exercise(reference=reference.masked_loss, section=PADDING)
def masked_loss(rng):
    yield case(
        "two sentences, by hand",
        np.array([[[0.8, 0.1, 0.5], [0.5, 0.5, 0.5]]]),
        np.array([[[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]]),
        np.array([[True, True, False], [True, False, False]]),
        group="one label a word",
        expect=-(np.log(0.8) + np.log(0.9) + np.log(0.5)) / 3,
        tolerance=1e-6,
    )
    for m, T in ((4, 6), (6, 3)):
        yield case(
            f"{m} sentences of at most {T} words",
            *_believed(rng, 1, lengths_of(rng, m, T), T),
            group="one label a word",
            tolerance=1e-6,
        )
    yield case(
        "three labels a word", *_believed(rng, 3, lengths_of(rng, 4, 5), 5), group="several labels", tolerance=1e-6
    )
    y_hat, y, mask = _believed(rng, 1, [2, 5, 3], 5)
    y_hat[:, ~mask] = 1 - y[:, ~mask]
    yield case(
        "a network that is sure, and wrong, of the padding", y_hat, y, mask, group="sure of the padding", tolerance=1e-6
    )


def _losses(y_hat, y):
    return -np.log(np.where(y == 1, y_hat, 1 - y_hat))


def _loss(real=lambda losses, mask: losses[:, mask.astype(bool)].sum(), count=lambda y, mask: mask.sum()):
    return lambda y_hat, y, mask: float(real(_losses(y_hat, y), mask) / count(y, mask))


masked_loss.mistake(
    "padding-counted",
    "The padding is in the loss: only the words count, in the sum and in the number.",
    lambda y_hat, y, mask: float(_losses(y_hat, y).sum() / mask.size),
)
masked_loss.mistake(
    "divided-by-all-steps",
    "The sum leaves the padding out, but it is divided by all m T steps; it is divided by the number of words, or a "
    "batch with much padding would seem better.",
    _loss(count=lambda y, mask: mask.size),
)
masked_loss.mistake(
    "divided-by-the-sentences",
    "The sum is divided by the number of sentences; here it is divided by the number of words.",
    _loss(count=lambda y, mask: len(mask)),
)
masked_loss.mistake("sum", "The loss is not divided: it is a mean over all words.", _loss(count=lambda y, mask: 1))
masked_loss.mistake(
    "padding-in-the-sum",
    "The number of words is right, but the padding's losses are in the sum.",
    _loss(real=lambda losses, mask: losses.sum()),
)
masked_loss.mistake(
    "mean-of-means",
    "This is the mean over the sentences of each sentence's mean; every word counts the same, so it is one sum by one "
    "number.",
    lambda y_hat, y, mask: float(((_losses(y_hat, y) * mask).sum(axis=(0, 2)) / mask.sum(axis=1)).mean()),
)
masked_loss.mistake(
    "no-minus", "The sign: a loss is not negative.", lambda y_hat, y, mask: -reference.masked_loss(y_hat, y, mask)
)
masked_loss.mistake(
    "ones-only",
    "Only the words with y = 1 have a loss; for the others it is -log(1 - y_hat).",
    lambda y_hat, y, mask: float(-(y * np.log(y_hat))[:, mask.astype(bool)].sum() / mask.sum()),
)
masked_loss.mistake(
    "mean-over-labels",
    "The labels of a word are averaged; their losses are added up, and divided by the number of words alone.",
    _loss(count=lambda y, mask: mask.sum() * len(y)),
    group="several labels",
)
masked_loss.mistake(
    "beliefs-masked",
    "The probabilities are multiplied by the mask before the logarithm: a padding that y_hat = 0 makes either log 0 or "
    "no loss at all. It is the losses from which the padding is left out.",
    lambda y_hat, y, mask: float(np.nansum(_losses(y_hat * mask, y)) / mask.sum()),
)


def _of_words(of_each):
    """The loss with another formula for each word."""

    def variant(y_hat, y, mask):
        words = mask.astype(bool)
        return float(of_each(y_hat[:, words], y[:, words]).sum() / words.sum())

    return variant


masked_loss.mistake(
    "sign-of-the-second-half",
    "The two halves have different signs; both are subtracted: -y log(y_hat) - (1 - y) log(1 - y_hat).",
    _of_words(lambda p, y: -y * np.log(p) + (1 - y) * np.log(1 - p)),
)
masked_loss.also("sign-of-the-second-half", _of_words(lambda p, y: y * np.log(p) - (1 - y) * np.log(1 - p)))
masked_loss.mistake(
    "logarithm-of-another-probability",
    "The second logarithm is taken of another number than 1 - y_hat, the probability of the label 0.",
    _of_words(lambda p, y: -y * np.log(p) - (1 - y) * np.log(p)),
)
for other in (lambda p: 1 + p, lambda p: 2 - p):
    masked_loss.also(
        "logarithm-of-another-probability",
        _of_words(lambda p, y, other=other: -y * np.log(p) - (1 - y) * np.log(other(p))),
    )
masked_loss.mistake(
    "divided-by-a-logarithm",
    "A label is divided by the logarithm; it is multiplied by it.",
    _of_words(lambda p, y: -y * np.log(p) - (1 - y) / np.log(1 - p)),
)
masked_loss.also("divided-by-a-logarithm", _of_words(lambda p, y: -y / np.log(p) - (1 - y) * np.log(1 - p)))
masked_loss.mistake(
    "every-word-costs-for-nothing",
    "The second half counts for words with the label 1 too: its factor is 1 - y, which is 0 for them.",
    _of_words(lambda p, y: -y * np.log(p) - np.log(1 - p)),
)
for factor in (lambda y: 1 + y, lambda y: 2 - y):
    masked_loss.also(
        "every-word-costs-for-nothing",
        _of_words(lambda p, y, factor=factor: -y * np.log(p) - factor(y) * np.log(1 - p)),
    )
masked_loss.shows(
    "infinity-times-zero",
    "0 times an infinite loss is nan: where a network is sure and wrong of the padding, multiplying its loss by 0 does "
    "not take it away. Choose the words, losses[:, mask], or np.where(mask, losses, 0).",
    lambda args, expected, got: bool(np.isnan(np.asarray(got)).any()),
)
masked_loss.hint("First all losses, -y log(y_hat) - (1 - y) log(1 - y_hat), as in notebook 17; then leave some out.")
masked_loss.hint("losses[:, mask] holds those of the words; mask.sum() is their number. Mind that 0 times inf is nan.")


# reverse_sentences


def _words(rng, n, lengths, T):
    return rng.normal(size=(n, len(lengths), T)), mask_of(lengths, T)


@topic.exercise(reference=reference.reverse_sentences, section="Padding and the way back")
def reverse_sentences(rng):
    x, mask = np.array([[[1.0, 2.0, 3.0, 0.0], [4.0, 5.0, 6.0, 7.0]]]), mask_of([3, 4], 4)
    yield case(
        "two sentences, by hand",
        x,
        mask,
        group="padding",
        expect=np.array([[[3.0, 2.0, 1.0, 0.0], [7.0, 6.0, 5.0, 4.0]]]),
        compare=at_words(mask),
    )
    for n, m, T in ((3, 4, 6), (2, 5, 4)):
        x, mask = _words(rng, n, lengths_of(rng, m, T), T)
        yield case(f"{m} sentences of at most {T} words", x, mask, group="padding", compare=at_words(mask))
    x, mask = _words(rng, 2, [5, 5, 5], 5)
    yield case("three sentences without padding", x, mask, group="no padding", compare=at_words(mask))


def _each(turn):
    """Another thing done to each sentence: turn(words (n, length), steps (n, T)) -> (n, T)."""

    def variant(x, mask):
        return np.stack([turn(x[:, i, : int(mask[i].sum())], x[:, i]) for i in range(x.shape[1])], axis=1)

    return variant


def _filled(words, steps):
    return np.concatenate([words, np.zeros((len(steps), steps.shape[1] - words.shape[1]))], axis=1)


reverse_sentences.mistake(
    "padding-in-front",
    "All T steps are turned round, so that the padding stands in front; only the words of each sentence are.",
    lambda x, mask: x[:, :, ::-1],
    group="padding",
)
reverse_sentences.mistake("not-turned", "Nothing is turned round.", lambda x, mask: x)
reverse_sentences.mistake(
    "sentences-turned",
    "The order of the sentences is turned round; it is the order of each sentence's words, the last axis.",
    lambda x, mask: x[:, ::-1],
)
reverse_sentences.mistake(
    "features-turned",
    "The features are turned round; it is the order of the words, the last axis.",
    lambda x, mask: x[::-1],
)
reverse_sentences.mistake(
    "one-too-few",
    "The first word is missing: from length - 1 down to 0 there are length steps, and `[length - 1 : 0 : -1]` ends "
    "before 0.",
    _each(lambda words, steps: _filled(words[:, :0:-1], steps)),
)
reverse_sentences.mistake(
    "one-length-for-all",
    "Every sentence is turned round with the length of the first one; each has its own.",
    lambda x, mask: _each(
        lambda words, steps: np.concatenate(
            [steps[:, : int(mask[0].sum())][:, ::-1], steps[:, int(mask[0].sum()) :]], axis=1
        )
    )(x, mask),
    group="padding",
)
reverse_sentences.also(
    "one-length-for-all",
    lambda x, mask: _each(lambda words, steps: _filled(steps[:, : int(mask[0].sum())][:, ::-1], steps))(x, mask),
    group="padding",
)
reverse_sentences.hint("Do it sentence by sentence, into a copy: the length of sentence i is mask[i].sum().")
reverse_sentences.hint("reversed[:, i, :length] = x[:, i, :length][:, ::-1], with reversed = x.copy().")
