"""The exercises on words and counts: vocabularies, one-hot vectors, the probability of a text, trigrams."""

from __future__ import annotations

from collections import Counter

import numpy as np

from dlcourse import language_model as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.language_model.parts import alphabet, columns, random_name, topic
from dlcourse.language_model import EOS, UNK

# build_vocabulary

ANIMALS = ("cats", "dogs", "owls", "mice", "hens", "pigs", "cows", "bees", "ants", "rats", "bats", "deer")


def _corpus(rng, words, sentences):
    """Sentences in which each word has a number of occurrences of its own, in an order of its own."""
    chosen = [str(word) for word in rng.permutation(ANIMALS)[:words]]
    every = [word for count, word in enumerate(chosen, 1) for _ in range(count)]
    parts = np.array_split(rng.permutation(every), sentences)
    return [[str(word) for word in part] for part in parts]


@topic.exercise(reference=reference.build_vocabulary, section="Words become numbers")
def build_vocabulary(rng):
    yield case(
        "cats three times, sleep twice, dream once, by hand",
        [["cats", "sleep"], ["cats", "dream"], ["cats", "sleep"]],
        4,
        group="the frequent words",
        expect={"cats": 0, "sleep": 1, EOS: 2, UNK: 3},
        compare=_same_vocabulary,
    )
    for words, sentences, size in ((6, 3, 5), (10, 4, 9)):
        yield case(
            f"{words} words, {size} places",
            _corpus(rng, words, sentences),
            size,
            group="the frequent words",
            compare=_same_vocabulary,
        )
    # neither in alphabetical order nor in its reverse
    second, fourth, first, third = sorted(str(word) for word in rng.permutation(ANIMALS)[:4])
    yield case(
        "words that are equally frequent",
        [[first, second], [third, fourth, first], [second, third, fourth]],
        5,
        group="equally frequent words",
        compare=_same_vocabulary,
    )
    yield case(
        "more places than words",
        [[first, first], [second]],
        9,
        group="more places than words",
        compare=_same_vocabulary,
    )
    yield case(
        "room for EOS and UNK only", [[first, second]], 2, group="more places than words", compare=_same_vocabulary
    )


def _same_vocabulary(expected, got):
    if not isinstance(got, dict):
        return "build_vocabulary must return a dictionary: the index of each word."
    for word in expected:
        if word not in got:
            return f"The vocabulary has no entry {word!r}."
    more = [word for word in got if word not in expected]
    if more:
        return f"The vocabulary has {more[0]!r}, for which there is no place: it holds {len(expected)} entries."
    for word, index in expected.items():
        given = got[word]
        if isinstance(given, np.ndarray) and given.ndim:
            return f"The index of {word!r} is an array of shape {given.shape}; {index} was expected."
        if isinstance(given, (bool, str)) or given is None or given != index:
            return f"The index of {word!r} is {given!r}; {index} was expected."
    return None


def _vocabulary(order=lambda counts: counts.most_common(), kept=lambda words, size: words[: size - 2], start=0, **how):
    """A vocabulary with one thing changed."""

    def variant(corpus, size):
        counts = Counter(word for sentence in corpus for word in (set(sentence) if how.get("sentences") else sentence))
        words = kept([word for word, _ in order(counts)], size)
        added = how.get("added", (EOS, UNK))
        words = [*added, *words] if how.get("in_front") else [*words, *added]
        return {word: index for index, word in enumerate(words, start)}

    return variant


build_vocabulary.mistake(
    "in-order-of-appearance",
    "The first words of the corpus are kept; it is the most frequent ones that are. See 'Words become numbers'.",
    _vocabulary(order=lambda counts: list(counts.items())),
)
build_vocabulary.mistake(
    "rarest-kept",
    "The rarest words are kept: sorting goes from small to large unless `reverse=True` is asked for.",
    _vocabulary(order=lambda counts: sorted(counts.items(), key=lambda pair: pair[1])),
)
build_vocabulary.mistake(
    "alphabetical",
    "The words are in alphabetical order; the most frequent word comes first.",
    _vocabulary(order=lambda counts: sorted(counts.items())),
)
build_vocabulary.mistake(
    "ties-by-alphabet",
    "Words that are equally frequent are in alphabetical order; the one that comes first in the corpus is taken first.",
    _vocabulary(order=lambda counts: sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
)
build_vocabulary.mistake(
    "ties-reversed",
    "Of words that are equally frequent the last one comes first: sort by the negative count, since `reverse=True` or "
    "[::-1] turns the ties round too.",
    _vocabulary(order=lambda counts: sorted(counts.items(), key=lambda pair: pair[1])[::-1]),
)
build_vocabulary.mistake(
    "two-too-many",
    "`size` words are kept and two entries added: EOS and UNK are among the `size` entries.",
    _vocabulary(kept=lambda words, size: words[:size]),
)
build_vocabulary.mistake(
    "one-too-many",
    "There is one word too many: EOS and UNK take two of the `size` entries.",
    _vocabulary(kept=lambda words, size: words[: size - 1]),
)
build_vocabulary.mistake(
    "no-EOS",
    "The end of a sentence has no entry: EOS is missing. See 'Words become numbers'.",
    _vocabulary(added=(UNK,)),
)
build_vocabulary.mistake(
    "no-UNK",
    "There is no entry for words that are not known: UNK is missing. See 'Words become numbers'.",
    _vocabulary(added=(EOS,)),
)
build_vocabulary.mistake(
    "added-in-front", "EOS and UNK come first; they are the last two entries.", _vocabulary(in_front=True)
)
build_vocabulary.mistake(
    "UNK-before-EOS", "EOS and UNK are exchanged: EOS comes before UNK.", _vocabulary(added=(UNK, EOS))
)
build_vocabulary.mistake("from-one", "The indices begin with 1; they begin with 0.", _vocabulary(start=1))
build_vocabulary.mistake(
    "indices-to-words",
    "The dictionary leads from indices to words; it is asked what the index of a word is, so the words are its keys.",
    lambda corpus, size: {index: word for word, index in reference.build_vocabulary(corpus, size).items()},
    recognise=lambda got: isinstance(got, dict) and bool(got) and all(type(word) is str for word in got.values()),
)
build_vocabulary.mistake(
    "counts-for-indices",
    "The values are counts; the value of a word is its index, 0 for the most frequent one.",
    lambda corpus, size: {
        word: sum(sentence.count(word) for sentence in corpus) for word in reference.build_vocabulary(corpus, size)
    },
)
build_vocabulary.also(
    "counts-for-indices",
    lambda corpus, size: {
        word: index if word in (EOS, UNK) else sum(sentence.count(word) for sentence in corpus)
        for word, index in reference.build_vocabulary(corpus, size).items()
    },
)
build_vocabulary.shows(
    "no-dictionary",
    "A list came back; asked for is a dictionary with the index of each word.",
    lambda args, expected, got: isinstance(got, (list, tuple)),
)
build_vocabulary.hint("Count first: a dictionary from each word to how often it came, over all sentences.")
build_vocabulary.hint(
    "sorted(counts, key=lambda word: -counts[word]) puts the frequent words first and keeps ties in order."
)
build_vocabulary.hint("Cut the list at size - 2, add EOS and UNK, and number what you have with enumerate.")


# one_hot


def _sentence(rng, vocabulary, length, unknown=False):
    known = [word for word in vocabulary if word != UNK]
    words = [str(word) for word in rng.choice(known, size=length)]
    if unknown:
        words[int(rng.integers(length))] = "aardvarks"
    return words


def _some_vocabulary(rng, words):
    return reference.build_vocabulary(_corpus(rng, words, 3), words + 2)


@topic.exercise(reference=reference.one_hot, section="Words become numbers")
def one_hot(rng):
    yield case(
        "two words, by hand",
        ["sleep", "cats"],
        {"cats": 0, "sleep": 1, EOS: 2, UNK: 3},
        group="known words",
        expect=np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]),
    )
    for words, length in ((4, 3), (7, 9)):
        vocabulary = _some_vocabulary(rng, words)
        yield case(
            f"{length} words of {words + 2}", _sentence(rng, vocabulary, length), vocabulary, group="known words"
        )
    vocabulary = _some_vocabulary(rng, 5)
    yield case("as many words as entries", _sentence(rng, vocabulary, 7), vocabulary, group="known words")
    for words, length in ((4, 3), (6, 5)):
        vocabulary = _some_vocabulary(rng, words)
        yield case(
            "a word that is not known", _sentence(rng, vocabulary, length, True), vocabulary, group="unknown words"
        )


def _hot(index=lambda word, vocabulary: vocabulary.get(word, vocabulary[UNK]), finish=lambda columns: columns):
    def variant(words, vocabulary):
        hot = np.zeros((len(vocabulary), len(words)))
        for t, word in enumerate(words):
            place = index(word, vocabulary)
            if place is not None:
                hot[place, t] = 1
        return finish(hot)

    return variant


one_hot.mistake(
    "rows", "The words stand in rows; each word is a column: (len(vocabulary), len(words)).", _hot(finish=lambda h: h.T)
)
one_hot.mistake(
    "unknown-as-zeros",
    "A word that is not known is a column of zeros; it counts as UNK. See 'Words become numbers'.",
    _hot(index=lambda word, vocabulary: vocabulary.get(word)),
)
one_hot.mistake(
    "unknown-as-EOS",
    "A word that is not known is taken for the end of the sentence; it counts as UNK.",
    _hot(index=lambda word, vocabulary: vocabulary.get(word, vocabulary[EOS])),
)
one_hot.mistake(
    "unknown-as-first",
    "A word that is not known is taken for the word of index 0; it counts as UNK.",
    _hot(index=lambda word, vocabulary: vocabulary.get(word, 0)),
)
one_hot.mistake(
    "unknown-raises",
    "A word that is not in the vocabulary raises KeyError: vocabulary.get(word, other) gives `other` for it.",
    _hot(index=lambda word, vocabulary: vocabulary[word]),
)
one_hot.raises(
    "unknown-raises",
    "A word that is not in the vocabulary raises KeyError: vocabulary.get(word, other) gives `other` for it.",
    "KeyError: 'aardvarks'",
)
one_hot.mistake(
    "indices",
    "These are the indices themselves; one-hot columns have a 1 in the row of the index and 0 elsewhere.",
    lambda words, vocabulary: np.array([vocabulary.get(word, vocabulary[UNK]) for word in words]),
)
one_hot.mistake(
    "one-vector",
    "All words are in one column; each has a column of its own, or their order is lost.",
    _hot(finish=lambda hot: hot.max(axis=1, keepdims=True)),
)
one_hot.mistake(
    "unknown-left-out",
    "A word that is not known is left out; it has a column too, with the 1 in the row of UNK.",
    lambda words, vocabulary: np.eye(len(vocabulary))[:, [vocabulary[word] for word in words if word in vocabulary]],
)
one_hot.mistake(
    "all-unknown",
    "Every word counts as UNK: look up the word itself.",
    _hot(index=lambda word, vocabulary: vocabulary[UNK]),
)
one_hot.mistake("not-one", "Another number than 1 stands in the columns.", _hot(finish=lambda hot: 2 * hot))


def _whole_rows(words, vocabulary):
    hot = np.zeros((len(vocabulary), len(words)))
    for t, word in enumerate(words):
        hot[vocabulary.get(word), t] = 1
    return hot


one_hot.mistake(
    "none-as-an-index",
    "Whole rows are filled with ones: vocabulary.get(word) is None where the word is not known, and None is no index. "
    "Its second argument is what comes then, the index of UNK.",
    _whole_rows,
)
one_hot.hint("Begin with np.zeros((len(vocabulary), len(words))) and write one 1 into each column.")
one_hot.hint("vocabulary.get(word, vocabulary[UNK]) is the index of a word, and of UNK where it isn't known.")


# sequence_probability


def _text(rng, size, steps):
    return columns(rng, size, steps), [int(index) for index in rng.integers(0, size, size=steps)]


THREE_STEPS = np.array([[0.5, 0.2, 0.9], [0.5, 0.8, 0.1]])


@topic.exercise(reference=reference.sequence_probability, section="The probability of a sentence")
def sequence_probability(rng):
    yield case(
        "three words, by hand", THREE_STEPS, [0, 1, 1], group="short texts", expect=0.5 * 0.8 * 0.1, tolerance=1e-6
    )
    yield case("one word", *_text(rng, 4, 1), group="short texts", tolerance=1e-6)
    for size, steps in ((5, 4), (4, 4), (6, 9)):
        yield case(f"{steps} words of {size}", *_text(rng, size, steps), group="longer texts", tolerance=1e-6)
    y_hat, y = _text(rng, 4, 5)
    y_hat[:, 2] = np.eye(4)[(y[2] + 1) % 4]
    yield case("a word that cannot come", y_hat, y, group="longer texts")


def _picked(y_hat, y):
    return y_hat[np.asarray(y), np.arange(len(y))]


def _of_picked(combine):
    return lambda y_hat, y: float(combine(_picked(y_hat, y)))


sequence_probability.mistake(
    "sum", "The probabilities are added; by the chain rule they are multiplied.", _of_picked(np.sum)
)
sequence_probability.mistake(
    "mean", "This is the mean of the probabilities; by the chain rule they are multiplied.", _of_picked(np.mean)
)
sequence_probability.mistake(
    "divided",
    "It is divided by the probabilities; by the chain rule they are multiplied.",
    _of_picked(lambda p: 1 / np.prod(p)),
)
sequence_probability.mistake(
    "logarithm",
    "This is the logarithm of the probability: np.exp of it is asked for here.",
    _of_picked(lambda p: np.log(p).sum()),
)
sequence_probability.mistake(
    "loss", "This is the loss, -log P; asked for is the probability itself.", _of_picked(lambda p: -np.log(p).sum())
)
sequence_probability.mistake(
    "likeliest",
    "The likeliest word of each step is taken, not the one that came: y says which row.",
    lambda y_hat, y: float(np.prod(y_hat.max(axis=0))),
)
sequence_probability.mistake(
    "last-only", "Only the last word's probability is left: multiply up over all steps.", _of_picked(lambda p: p[-1])
)
sequence_probability.mistake(
    "first-left-out",
    "The first word's probability is missing: P(y<1>) is a factor too.",
    _of_picked(lambda p: np.prod(p[1:])),
)
sequence_probability.mistake(
    "last-left-out", "The last word's probability is missing.", _of_picked(lambda p: np.prod(p[:-1]))
)
sequence_probability.mistake(
    "every-pair",
    "y_hat[y] takes whole rows, all steps of them; of each column one entry is wanted, in the row of that step's word.",
    lambda y_hat, y: float(np.prod(y_hat[np.asarray(y)])),
)
sequence_probability.mistake(
    "geometric-mean",
    "A root is taken, as for a mean; the probability is the plain product.",
    _of_picked(lambda p: np.prod(p) ** (1 / len(p))),
)
sequence_probability.mistake(
    "one-column",
    "Every word is looked up in the first column; the word of step t is looked up in column t.",
    lambda y_hat, y: float(np.prod(y_hat[np.asarray(y), 0])),
)
sequence_probability.mistake(
    "axes-exchanged",
    "The step and the word are exchanged: y_hat[y[t], t], the row of the word, the column of the step.",
    lambda y_hat, y: float(np.prod(y_hat[np.arange(len(y)), np.asarray(y)])),
)
sequence_probability.hint("At step t the word y[t] came, and column t of y_hat says how likely it was: y_hat[y[t], t].")
sequence_probability.hint("Begin with 1 and multiply step by step, or use np.prod.")


# perplexity


@topic.exercise(reference=reference.perplexity, section="The loss, and what it means")
def perplexity(rng):
    size = int(rng.integers(3, 8))
    yield case(
        "a model that knows nothing, by hand",
        np.full((size, 5), 1 / size),
        [int(index) for index in rng.integers(0, size, size=5)],
        group="short texts",
        expect=float(size),
        tolerance=1e-6,
    )
    yield case("one word", *_text(rng, 4, 1), group="short texts", tolerance=1e-6)
    yield case("seven words of five", *_text(rng, 5, 7), group="short texts", tolerance=1e-6)
    yield case("four words of four", *_text(rng, 4, 4), group="short texts", tolerance=1e-6)
    y_hat, y = _text(rng, 5, 20)
    yield case("two thousand words", np.tile(y_hat, 100), y * 100, group="long texts", tolerance=1e-6)
    y_hat, y = _text(rng, 4, 5)
    y_hat[:, 2] = np.eye(4)[(y[2] + 1) % 4]
    yield case("a word that cannot come", y_hat, y, group="a word that cannot come", expect=float("inf"), corner=True)


perplexity.mistake(
    "no-exponential",
    "This is the mean loss; the perplexity is np.exp of it. See 'The loss, and what it means'.",
    _of_picked(lambda p: -np.log(p).mean()),
)
perplexity.mistake(
    "no-minus",
    "The sign is missing: exp of the mean of log P is a probability, below 1; a perplexity is at least 1.",
    _of_picked(lambda p: np.exp(np.log(p).mean())),
)
perplexity.mistake(
    "sum",
    "The losses of the steps are added up; the perplexity takes their mean, or longer texts would seem worse.",
    _of_picked(lambda p: np.exp(-np.log(p).sum())),
)
perplexity.mistake(
    "root-of-the-product",
    "The probability of a long text is so small that it becomes 0: add up logarithms, and the product is never made.",
    _of_picked(lambda p: np.prod(p) ** (-1 / len(p))),
)
perplexity.mistake(
    "to-the-power-of-two",
    "The powers of 2 go with logarithms to base 2; with np.log it is np.exp.",
    _of_picked(lambda p: 2 ** -np.log(p).mean()),
)
perplexity.mistake(
    "mean-of-inverses",
    "This is the mean of 1 / P; the mean is taken of the logarithms, before the exponential.",
    _of_picked(lambda p: np.mean(1 / p)),
)
perplexity.mistake(
    "inverse-of-the-mean",
    "This is 1 by the mean probability; the mean is taken of the logarithms.",
    _of_picked(lambda p: 1 / np.mean(p)),
)
perplexity.mistake(
    "entropy",
    "This is made of all entries of y_hat, which is an entropy; only the words that came count.",
    lambda y_hat, y: float(np.exp(-np.sum(y_hat * np.log(y_hat), axis=0).mean())),
)
perplexity.mistake(
    "mean-over-everything",
    "The sum is divided by the number of entries of y_hat; it is divided by the number of steps.",
    lambda y_hat, y: float(np.exp(-np.log(_picked(y_hat, y)).sum() / y_hat.size)),
)
perplexity.mistake(
    "divided-by-the-vocabulary",
    "The sum is divided by the size of the vocabulary; it is divided by the number of steps.",
    lambda y_hat, y: float(np.exp(-np.log(_picked(y_hat, y)).sum() / len(y_hat))),
)
perplexity.mistake(
    "every-pair",
    "y_hat[y] takes whole rows, all steps of them; of each column one entry is wanted, in the row of that step's word.",
    lambda y_hat, y: float(np.exp(-np.log(y_hat[np.asarray(y)]).mean())),
)
perplexity.mistake(
    "small-number-added",
    "Something is added before the logarithm, which a word that cannot come turns into a number: its loss is inf, "
    "and so is the perplexity.",
    _of_picked(lambda p: np.exp(-np.log(p + 1e-12).mean())),
)
perplexity.mistake(
    "axes-exchanged",
    "The step and the word are exchanged: y_hat[y[t], t], the row of the word, the column of the step.",
    lambda y_hat, y: float(np.exp(-np.log(y_hat[np.arange(len(y)), np.asarray(y)]).mean())),
)
perplexity.raises(
    "math-log-of-zero",
    "math.log refuses 0, where np.log gives -inf, which becomes the inf that is asked for.",
    "math domain error|expected a positive input",
)
perplexity.shows(
    "small-number-added",
    "Something is added before the logarithm, which a word that cannot come turns into a number: its loss is inf, "
    "and so is the perplexity.",
    lambda args, expected, got: np.isinf(expected) and 1 < float(got) < np.inf,
)
perplexity.hint("First the loss of each step, -np.log of the entry that belongs to the word that came.")
perplexity.hint("Then their mean, then np.exp. Where a P is 0, np.log gives -inf, and np.exp of inf is inf.")


# trigram_model


def _names(rng, char_to_ix, count):
    return [random_name(rng, char_to_ix, int(rng.integers(2, 6))) for _ in range(count)]


@topic.exercise(reference=reference.trigram_model, section="Counting: the model to beat")
def trigram_model(rng):
    yield case("one name", ["ab"], {"\n": 0, "a": 1, "b": 2}, 1.0, group="alpha 1", expect=_by_hand())
    char_to_ix = alphabet(rng, 4)
    names = _names(rng, char_to_ix, 6)
    yield case("six names", [*names, names[0]], char_to_ix, 1.0, group="alpha 1")
    char_to_ix = alphabet(rng, 6)
    yield case("twenty names", _names(rng, char_to_ix, 20), char_to_ix, 1.0, group="alpha 1")
    for alpha, size in ((0.1, 4), (2.5, 5)):
        char_to_ix = alphabet(rng, size)
        yield case(f"alpha {alpha}", _names(rng, char_to_ix, 8), char_to_ix, alpha, group="other alphas")


def _by_hand():
    """ab: after two newlines a, after newline and a b, after ab a newline; one is added to each of three counts."""
    expect = np.full((3, 3, 3), 1 / 3)
    for i, j, k in ((0, 0, 1), (0, 1, 2), (1, 2, 0)):
        expect[i, j] = 1 / 4
        expect[i, j, k] = 2 / 4
    return expect


def _counted(before="\n\n", after="\n", index=lambda i, j, k: (i, j, k), joined=False, add=lambda old: old + 1):
    def counts(names, char_to_ix):
        size = len(char_to_ix)
        table = np.zeros((size, size, size))
        texts = ["".join(f"{name}\n" for name in names)] if joined else names
        for name in texts:
            text = [char_to_ix[char] for char in (before + name if joined else before + name + after)]
            for triple in zip(text, text[1:], text[2:], strict=False):
                table[index(*triple)] = add(table[index(*triple)])
        return table

    return counts


def _trigrams(counts=None, divide=lambda c, alpha: (c + alpha) / (c + alpha).sum(axis=2, keepdims=True)):
    counts = counts or _counted()
    return lambda names, char_to_ix, alpha: divide(counts(names, char_to_ix), alpha)


trigram_model.mistake(
    "only-counts",
    "These are the counts; each row over the third character is divided by its sum to become probabilities.",
    _trigrams(divide=lambda c, alpha: c + alpha),
)
trigram_model.mistake(
    "no-alpha",
    "alpha is not added: what was never seen has the probability 0, or 0 / 0.",
    _trigrams(divide=lambda c, alpha: c / c.sum(axis=2, keepdims=True)),
)
trigram_model.mistake(
    "always-one",
    "1 is added to each count, whatever alpha is.",
    _trigrams(divide=lambda c, alpha: (c + 1) / (c + 1).sum(axis=2, keepdims=True)),
)
trigram_model.mistake(
    "alpha-in-the-numerator-only",
    "alpha is added above but not below, so the probabilities don't add up to 1: the sum below holds alpha M times.",
    _trigrams(divide=lambda c, alpha: (c + alpha) / c.sum(axis=2, keepdims=True)),
)
trigram_model.mistake(
    "alpha-once-in-the-sum",
    "alpha is in the sum only once; it was added to each of the M counts, so below stands alpha M.",
    _trigrams(divide=lambda c, alpha: (c + alpha) / (c.sum(axis=2, keepdims=True) + alpha)),
)
trigram_model.mistake(
    "divided-by-everything",
    "All counts are divided by their total; P(k | i, j) adds up to 1 over k, for each pair i, j.",
    _trigrams(divide=lambda c, alpha: (c + alpha) / (c + alpha).sum()),
)
trigram_model.mistake(
    "divided-along-the-first-axis",
    "The probabilities add up to 1 over the first character; they do so over the third, the last axis.",
    _trigrams(divide=lambda c, alpha: (c + alpha) / (c + alpha).sum(axis=0, keepdims=True)),
)
trigram_model.mistake(
    "divided-along-the-second-axis",
    "The probabilities add up to 1 over the second character; they do so over the third, the last axis.",
    _trigrams(divide=lambda c, alpha: (c + alpha) / (c + alpha).sum(axis=1, keepdims=True)),
)
trigram_model.mistake(
    "end-not-counted",
    "The newline at the end of a name isn't counted, so no name would ever end.",
    _trigrams(_counted(after="")),
)
trigram_model.mistake(
    "beginning-not-counted",
    "The first characters aren't counted: two newlines are thought before each name, so that it has a beginning.",
    _trigrams(_counted(before="")),
)
trigram_model.mistake(
    "one-newline-before",
    "There is one newline before each name; two are needed, for the first character has two before it.",
    _trigrams(_counted(before="\n")),
)
trigram_model.mistake(
    "names-joined",
    "The names are counted as one long text; each begins afresh, with two newlines before it.",
    _trigrams(_counted(joined=True)),
)
trigram_model.mistake(
    "axes-reversed",
    "The axes are reversed: P[i, j, k] is the probability of k after i, j.",
    _trigrams(_counted(index=lambda i, j, k: (k, j, i)), lambda c, alpha: (c + alpha) / (c + alpha).sum(axis=0)),
)
trigram_model.also("axes-reversed", _trigrams(_counted(index=lambda i, j, k: (k, j, i))))
trigram_model.mistake(
    "pair-exchanged",
    "The two characters before are exchanged: P[i, j, k] has i first, then j, then k.",
    _trigrams(_counted(index=lambda i, j, k: (j, i, k))),
)
trigram_model.mistake(
    "seen-or-not",
    "A triple counts once however often it comes: `=` in place of `+=`, or an index array that meets a place twice.",
    _trigrams(_counted(add=lambda old: 1)),
)
trigram_model.hint("For one name: text = '\\n\\n' + name + '\\n', and a loop over the places of its triples.")
trigram_model.hint("counts[i, j, k] += 1 for each triple; counts has the shape (M, M, M), M = len(char_to_ix).")
trigram_model.hint("Add alpha to the whole table, and divide it by its sum over the last axis, with keepdims=True.")
