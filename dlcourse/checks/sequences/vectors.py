"""The exercises of notebook 20 on word vectors: their mean, angles between them, analogies."""

from __future__ import annotations

import numpy as np

from dlcourse import sequences as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checks.sequences.parts import topic

WORDS = ("owl", "hen", "cow", "bee", "ant", "rat", "bat", "elk", "fox", "cat", "dog", "pig")
SIZE = 50  # of the vectors that published solutions expect


def space(rng, words, size):
    """A vector for each word."""
    return {word: rng.normal(size=size) for word in words}


def some_words(rng, count):
    return [str(word) for word in rng.permutation(WORDS)[:count]]


# sentence_to_avg


@topic.exercise(reference=reference.sentence_to_avg, section="Praise or blame")
def sentence_to_avg(rng):
    small = {"owl": np.array([1.0, 2.0]), "hen": np.array([3.0, 0.0])}
    yield case("two words, by hand", "owl hen", small, group="known words", expect=np.array([2.0, 1.0]))
    for count in (3, 5):
        words = some_words(rng, count + 3)
        yield case(f"{count} words", " ".join(words[:count]), space(rng, words, SIZE), group="known words")
    words = some_words(rng, 4)
    yield case("a word that comes twice", " ".join([*words, words[0]]), space(rng, words, SIZE), group="known words")
    words = some_words(rng, 5)
    yield case("capital letters", " ".join(words[:3]).title(), space(rng, words, SIZE), group="capital letters")
    words = some_words(rng, 5)
    yield case(
        "a word that is not known",
        " ".join([words[0], "aardvark", words[1]]),
        space(rng, words, SIZE),
        group="unknown words",
    )
    words = some_words(rng, 4)
    yield case("no known word", "aardvarks sneeze", space(rng, words, SIZE), group="unknown words", corner=True)


def _average(known=lambda word, vectors: vectors.get(word), split=lambda s: s.lower().split(), join=np.mean):
    def variant(sentence, word_to_vec_map):
        found = [known(word, word_to_vec_map) for word in split(sentence)]
        found = [vector for vector in found if vector is not None]
        return join(found, axis=0) if found else np.zeros_like(next(iter(word_to_vec_map.values())))

    return variant


def _divided_by_all(sentence, word_to_vec_map):
    words = sentence.lower().split()
    return sum((word_to_vec_map.get(word, 0.0) for word in words), np.zeros(SIZE)[: _size(word_to_vec_map)]) / len(
        words
    )


def _size(word_to_vec_map):
    return len(next(iter(word_to_vec_map.values())))


sentence_to_avg.mistake("sum", "The vectors are added up; their mean divides by their number.", _average(join=np.sum))
sentence_to_avg.mistake(
    "letters",
    "The loop runs over the letters of the sentence; sentence.split() gives its words.",
    _average(split=lambda s: list(s.lower())),
)
sentence_to_avg.mistake(
    "unknown-in-the-number",
    "A word that is not known counts in the number: the sum is divided by the number of known words.",
    _divided_by_all,
    group="unknown words",
)
sentence_to_avg.mistake(
    "capital-letters",
    "A word with a capital letter isn't found: sentence.lower() first.",
    _average(split=lambda s: s.split()),
    group="capital letters",
)
sentence_to_avg.mistake(
    "each-word-once",
    "A word that comes twice counts once: a set forgets how often.",
    _average(split=lambda s: sorted(set(s.lower().split()))),
)
sentence_to_avg.mistake(
    "mean-of-numbers",
    "One number came back, the mean of all entries; the mean is taken over the words, axis 0.",
    lambda sentence, word_to_vec_map: float(np.mean(reference.sentence_to_avg(sentence, word_to_vec_map))),
)
sentence_to_avg.mistake(
    "last-word",
    "Only the last word's vector is left: add it up in the loop.",
    _average(join=lambda found, axis: found[-1]),
)
sentence_to_avg.mistake(
    "half",
    "It is half of the mean: each word counts twice in the number.",
    lambda sentence, word_to_vec_map: reference.sentence_to_avg(sentence, word_to_vec_map) / 2,
)
sentence_to_avg.mistake(
    "multiplied",
    "The sum is multiplied by the number of words; a mean divides by it.",
    _average(join=lambda found, axis: np.sum(found, axis) * len(found)),
)
sentence_to_avg.raises(
    "unknown-raises",
    "A word that has no vector raises KeyError: ask `if word in word_to_vec_map` first.",
    "KeyError: 'aardvarks?'",
)
sentence_to_avg.raises(
    "capital-letters", "A word with a capital letter isn't found: sentence.lower() first.", "KeyError: '[A-Z]"
)
sentence_to_avg.raises(
    "fifty-numbers",
    "The vectors of this case are shorter than 50: take the size from one of the vectors in the map.",
    "could not be broadcast|Cannot cast|non-broadcastable",
)
sentence_to_avg.shows(
    "nothing-by-nothing",
    "Where no word is known there is nothing to divide by: the mean of no vectors is nan. Return zeros there.",
    lambda args, expected, got: bool(np.isnan(np.asarray(got, dtype=float)).any()),
)
sentence_to_avg.hint(
    "A list of the known words' vectors first: for word in sentence.lower().split(), if it is in the map."
)
sentence_to_avg.hint("np.mean(found, axis=0), if anything was found; zeros of a vector's shape if not.")


# cosine_similarity


def _either(*allowed):
    """One of several answers, all of which are in use."""

    def one_of_these(expected, got):
        if any(compare(value, got, "the result") is None for value in allowed):
            return None
        difference = compare(expected, got, "the result")
        return difference.message if difference else None

    return one_of_these


@topic.exercise(reference=reference.cosine_similarity, section="Directions")
def cosine_similarity(rng):
    yield case(
        "two vectors, by hand",
        np.array([3.0, 4.0]),
        np.array([4.0, 3.0]),
        group="two vectors",
        expect=24 / 25,
        tolerance=1e-6,
    )
    for size in (3, 7):
        u, v = rng.normal(size=size), rng.normal(size=size)
        v *= np.sign(np.dot(u, v))  # what becomes of a sign is asked below
        yield case(f"{size} numbers each", u, v, group="two vectors", tolerance=1e-6)
    u = rng.normal(size=4)
    yield case("the same direction, another length", u, 3.5 * u, group="lengths", expect=1.0, tolerance=1e-6)
    yield case("the opposite direction", u, -2.0 * u, group="lengths", expect=-1.0, tolerance=1e-6)
    yield case("a zero vector", np.zeros(4), u, group="lengths", corner=True, compare=_either(0.0, float("nan")))


def _cosine(divide):
    return lambda u, v: float(np.dot(u, v) / divide(u, v)) if np.any(u) and np.any(v) else 0.0


cosine_similarity.mistake(
    "norms-squared",
    "The dot product is divided by the squared norms: the root is missing.",
    _cosine(lambda u, v: np.sum(u**2) * np.sum(v**2)),
)
cosine_similarity.mistake(
    "dot-product", "This is the dot product; it is divided by the product of the two norms.", _cosine(lambda u, v: 1)
)
cosine_similarity.mistake(
    "norms-added",
    "The dot product is divided by the sum of the norms; it is their product.",
    _cosine(lambda u, v: np.linalg.norm(u) + np.linalg.norm(v)),
)
cosine_similarity.mistake(
    "one-norm", "The dot product is divided by one norm only.", _cosine(lambda u, v: np.linalg.norm(u))
)
cosine_similarity.also("one-norm", _cosine(lambda u, v: np.linalg.norm(v)))
cosine_similarity.also("one-norm", _cosine(lambda u, v: np.linalg.norm(u) ** 2))
cosine_similarity.mistake(
    "norm-element-by-element",
    "A norm is one number for a vector, the root of the sum of its squares; np.abs keeps every element by itself.",
    lambda u, v: np.dot(u, v) / (np.abs(u) * np.abs(v)),
)
cosine_similarity.also("norm-element-by-element", lambda u, v: np.dot(u, v) / (np.sqrt(u**2) * np.sqrt(v**2)))
cosine_similarity.mistake(
    "sum-of-absolute-values",
    "The norms are sums of absolute values; here they are roots of sums of squares.",
    _cosine(lambda u, v: np.abs(u).sum() * np.abs(v).sum()),
)
cosine_similarity.mistake(
    "product-element-by-element",
    "u * v multiplies element by element and keeps an array; the dot product adds these up, np.dot(u, v).",
    lambda u, v: u * v / max(np.linalg.norm(u) * np.linalg.norm(v), 1e-300),
)
cosine_similarity.mistake(
    "distance",
    "This is 1 - cos, a distance; asked for is the similarity.",
    lambda u, v: 1 - reference.cosine_similarity(u, v),
)
cosine_similarity.mistake(
    "angle",
    "This is the angle; asked for is its cosine.",
    lambda u, v: float(np.arccos(np.clip(reference.cosine_similarity(u, v), -1, 1))),
)
cosine_similarity.mistake(
    "without-its-sign",
    "The sign is gone: vectors that point in opposite directions have -1.",
    lambda u, v: abs(reference.cosine_similarity(u, v)),
)
cosine_similarity.mistake(
    "multiplied",
    "The dot product is multiplied by the norms; it is divided by their product.",
    _cosine(lambda u, v: 1 / (np.linalg.norm(u) * np.linalg.norm(v))),
)
cosine_similarity.mistake(
    "norm-by-norm",
    "One norm is divided by the other; the dot product is divided by their product.",
    _cosine(lambda u, v: np.linalg.norm(u) / np.linalg.norm(v)),
)
cosine_similarity.also("norm-by-norm", _cosine(lambda u, v: np.linalg.norm(v) / np.linalg.norm(u)))


def _doubled(*doubles):
    """The product of the norms, in one or both of which the numbers are doubled in place of squared."""
    squares = [(lambda x: 2 * x) if double else np.square for double in doubles]
    return _cosine(lambda u, v: np.sqrt(np.sum(squares[0](u))) * np.sqrt(np.sum(squares[1](v))))


cosine_similarity.mistake(
    "doubled", "u * 2 doubles each number; a norm is the root of the sum of the squares, u ** 2.", _doubled(True, True)
)
cosine_similarity.also("doubled", _doubled(True, False))
cosine_similarity.also("doubled", _doubled(False, True))
cosine_similarity.mistake(
    "zero-vector-as-one",
    "The zero vector has no direction, so it is similar to none: return 0 there.",
    lambda u, v: reference.cosine_similarity(u, v) if np.any(u) and np.any(v) else 1.0,
)
cosine_similarity.raises(
    "nothing-by-nothing",
    "The zero vector has no direction, and Python refuses 0 / 0: return 0 where a norm is 0.",
    "ZeroDivisionError",
)
cosine_similarity.hint("Three numbers: np.dot(u, v), and the two norms, np.sqrt(np.sum(u ** 2)) or np.linalg.norm(u).")
cosine_similarity.hint("The dot product by the product of the norms; ask first whether that product is 0.")


# complete_analogy


def _nearest(score, others=lambda given, words: [word for word in words if word not in given], best=max):
    """Another way to choose: score(e_a, e_b, e_c, e_d)."""

    def variant(word_a, word_b, word_c, word_to_vec_map):
        given = [word.lower() for word in (word_a, word_b, word_c)]
        vectors = [word_to_vec_map[word] for word in given]
        candidates = others(given, list(word_to_vec_map))
        return best(candidates, key=lambda word: score(*vectors, word_to_vec_map[word]))

    return variant


_cos = reference.cosine_similarity


OTHER_WAYS = {
    "added-to-c": (
        "The word nearest to e_b - e_a + e_c is looked for, which is another rule; here the two differences are "
        "compared, "
        "e_b - e_a and e_d - e_c.",
        _nearest(lambda a, b, c, d: _cos(b - a + c, d)),
    ),
    "one-difference-turned": (
        "One of the differences has the wrong sign, or the smallest cosine is looked for: it is the largest one, of "
        "e_b - e_a with e_d - e_c, each the second word minus the first.",
        _nearest(lambda a, b, c, d: _cos(a - b, d - c)),
    ),
    "wrong-pairs": (
        "The words are paired crosswise: e_c - e_a is compared with e_d - e_b; it is e_b - e_a with e_d - e_c.",
        _nearest(lambda a, b, c, d: _cos(c - a, d - b)),
    ),
    "distance": (
        "The nearest end point is looked for; it is the direction of the differences that is compared, by your "
        "cosine_similarity.",
        _nearest(lambda a, b, c, d: -float(np.sum((b - a - d + c) ** 2))),
    ),
    "words-compared": (
        "The words themselves are compared with word_b; it is the differences.",
        _nearest(lambda a, b, c, d: _cos(b, d)),
    ),
    "dot-product": (
        "The dot product of the differences is compared, which favours words that lie far away; the cosine leaves the "
        "lengths out.",
        _nearest(lambda a, b, c, d: float(np.dot(b - a, d - c))),
    ),
}


def _analogy(rng, count, size, below=False):
    """Words of which each wrong rule finds another one than the right rule; with `below`, all candidates point away."""
    while True:
        words = some_words(rng, count)
        a, b, c, *_ = vectors = rng.normal(size=(count, size))
        towards = b - a
        if below:
            vectors[3:] = (
                c - rng.uniform(0.2, 1.0, size=(count - 3, 1)) * towards + 0.4 * rng.normal(size=(count - 3, size))
            )
        else:
            aside = rng.normal(size=(4, size))
            vectors[3] = c + 2.5 * towards + 0.1 * aside[0]  # the answer: the right way, but far
            vectors[4] = c + towards + 0.5 * aside[1]  # the nearest end point
            vectors[5] = 1.3 * (c + towards) + 0.2 * aside[2]  # the nearest direction from the origin
            vectors[6] = c + 5 * towards + 2.5 * aside[3]  # the largest dot product
        directions = vectors[3:] - c
        cosines = np.sort(directions @ towards / np.linalg.norm(directions, axis=1) / np.linalg.norm(towards))
        if cosines[-1] - cosines[-2] < 0.02 or (below and cosines[-1] > -0.05):
            continue
        from_c = [_cos(towards, other - c) for other in (a, b)]  # some forms leave only word_c out
        given = words[:3]
        word_to_vec_map = dict(zip(words, vectors, strict=True))
        if max(from_c) < cosines[-1] and (below or _tells(given, word_to_vec_map)):
            return (*given, {word: word_to_vec_map[word] for word in rng.permutation(words).tolist()})


def _tells(given, word_to_vec_map):
    right = reference.complete_analogy(*given, word_to_vec_map)
    found = {key: variant(*given, word_to_vec_map) for key, (_, variant) in OTHER_WAYS.items()}
    return right not in found.values() and found["distance"] != found["added-to-c"]


@topic.exercise(reference=reference.complete_analogy, section="Directions", companions=("cosine_similarity",))
def complete_analogy(rng):
    corners = {"man": [0.0, 0.0], "woman": [0.0, 2.0], "king": [3.0, 0.0], "queen": [3.0, 1.0]}
    corners |= {"moat": [3.0, -1.0], "tent": [4.0, 1.0]}  # better than the one before it, and not the best
    yield case(
        "six words in a plane, by hand",
        "man",
        "woman",
        "king",
        {word: np.array(place) for word, place in corners.items()},
        group="analogies",
        expect="queen",
    )
    for count, size in ((8, 3), (10, 5)):
        yield case(f"{count} words", *_analogy(rng, count, size), group="analogies")
    a, b, c, vectors = _analogy(rng, 9, 4)
    yield case("capital letters", a.title(), b.title(), c.title(), vectors, group="capital letters")
    yield case(
        "every candidate points the other way", *_analogy(rng, 7, 4, below=True), group="every candidate points away"
    )


for key, (message, variant) in OTHER_WAYS.items():
    complete_analogy.mistake(key, message, variant)
complete_analogy.mistake(
    "first-word", "The first word of the map comes back, whatever the others are.", _nearest(lambda a, b, c, d: 0.0)
)
complete_analogy.mistake(
    "starts-at-zero",
    "The search begins with a best cosine of 0, so a word whose cosine is negative is never taken: begin with -100, or "
    "minus infinity.",
    lambda word_a, word_b, word_c, word_to_vec_map: _starting_at_zero(word_a, word_b, word_c, word_to_vec_map),
    group="every candidate points away",
)
complete_analogy.mistake(
    "word-c-itself",
    "word_c itself comes back: its difference from itself is zero, and beside candidates that point away that is the "
    "best. "
    "Leave the words of the question out.",
    _nearest(lambda a, b, c, d: _cos(b - a, d - c), others=lambda given, words: words),
    group="every candidate points away",
)
complete_analogy.mistake(
    "best-not-kept",
    "The best cosine so far stays as it was at the beginning, so the last word comes back: where a word is better, "
    "write down its cosine too.",
    lambda *args: _beginning_anew(*args, lambda best, cosine: best),
)
complete_analogy.mistake(
    "better-than-the-one-before",
    "Each word is compared with the one before it, not with the best so far: write its cosine down only where it is "
    "better.",
    lambda *args: _beginning_anew(*args, lambda best, cosine: cosine),
)
complete_analogy.raises(
    "capital-letters", "A word with a capital letter isn't found in the map: word.lower() first.", "KeyError: '[A-Z]"
)
complete_analogy.shows(
    "no-word",
    "What comes back is no word; it is the word itself that is asked for, not its vector or its cosine.",
    lambda args, expected, got: not isinstance(got, str) and got is not None,
)


def _starting_at_zero(word_a, word_b, word_c, word_to_vec_map):
    best, found = 0.0, None
    a, b, c = (word_to_vec_map[word.lower()] for word in (word_a, word_b, word_c))
    for word, vector in word_to_vec_map.items():
        if word not in (word_a.lower(), word_b.lower(), word_c.lower()) and _cos(b - a, vector - c) > best:
            best, found = _cos(b - a, vector - c), word
    return found


def _beginning_anew(word_a, word_b, word_c, word_to_vec_map, kept):
    best, found = -100.0, None
    given = [word.lower() for word in (word_a, word_b, word_c)]
    a, b, c = (word_to_vec_map[word] for word in given)
    for word, vector in word_to_vec_map.items():
        if word not in given:
            cosine = _cos(b - a, vector - c)
            found = word if cosine > best else found
            best = kept(best, cosine)
    return found


complete_analogy.hint("One loop over all words of the map, with the best cosine so far and its word.")
complete_analogy.hint("cosine_similarity(e_b - e_a, word_to_vec_map[w] - e_c), for each w that isn't one of the three.")
complete_analogy.hint("The best cosine so far begins below every cosine, so with -1 or less.")
