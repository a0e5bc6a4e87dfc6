"""The exercises of notebook 20 that take a direction out of word vectors: `neutralize` and `equalize`."""

from __future__ import annotations

import numpy as np

from dlcourse import sequences as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.sequences.parts import topic
from dlcourse.checks.sequences.vectors import some_words, space

SECTION = "A direction too many"

# neutralize


@topic.exercise(reference=reference.neutralize, section=SECTION)
def neutralize(rng):
    yield case(
        "three numbers, by hand",
        "owl",
        np.array([2.0, 0.0, 0.0]),
        {"owl": np.array([3.0, 4.0, 5.0]), "hen": np.array([1.0, 1.0, 0.0])},
        group="along an axis",
        expect=np.array([0.0, 4.0, 5.0]),
    )
    words = some_words(rng, 4)
    yield case(
        "an axis that is not the first", words[2], 2.5 * np.eye(5)[3], space(rng, words, 5), group="along an axis"
    )
    for size in (4, 7):
        words = some_words(rng, 4)
        g = rng.normal(size=size) * float(rng.choice([0.4, 2.5]))
        yield case(f"{size} numbers", words[1], g, space(rng, words, size), group="along any direction")


def _without(part):
    """e minus another part: part(e, g)."""
    return lambda word, g, word_to_vec_map: word_to_vec_map[word] - part(word_to_vec_map[word], g)


_along = reference._along


neutralize.mistake(
    "norm-not-squared",
    "The part along g is divided by ||g||; it is ||g||^2, once for the length of the shadow and once to make g a unit "
    "vector.",
    _without(lambda e, g: np.dot(e, g) / np.linalg.norm(g) * g),
)
neutralize.mistake(
    "not-divided",
    "The part along g isn't divided by ||g||^2, which only a g of length 1 would allow.",
    _without(lambda e, g: np.dot(e, g) * g),
)
neutralize.mistake(
    "norm-element-by-element",
    "||g|| is read element by element, as np.abs(g) or g ** 2: a norm is one number, the root of the sum of the "
    "squares.",
    _without(lambda e, g: np.dot(e, g) / np.abs(g) ** 2 * g),
)
neutralize.also("norm-element-by-element", _without(lambda e, g: np.dot(e, g) / np.abs(g) * g))
neutralize.mistake(
    "product-element-by-element",
    "e * g multiplies element by element; the dot product adds these products up to one number.",
    _without(lambda e, g: e * g / np.dot(g, g) * g),
)
neutralize.mistake(
    "norm-of-e",
    "The part along g is divided by the squared norm of e; it is that of g.",
    _without(lambda e, g: np.dot(e, g) / np.dot(e, e) * g),
)
neutralize.mistake(
    "shadow-on-e",
    "This is the part of g along e; it is the part of e along g that has to go: the vector at the end of the formula "
    "is g.",
    _without(lambda e, g: np.dot(e, g) / np.dot(g, g) * e),
)
neutralize.mistake(
    "the-part-itself",
    "This is the part along g itself; it is to be taken away from e.",
    lambda word, g, word_to_vec_map: _along(word_to_vec_map[word], g),
)
neutralize.mistake("added", "The part along g is added; it is to be taken away.", _without(lambda e, g: -_along(e, g)))
neutralize.mistake("g-itself", "g itself is taken away; it is the part of e along g.", _without(lambda e, g: g))
neutralize.mistake(
    "unit-length",
    "The result is brought to length 1; it keeps the length that it has.",
    lambda word, g, word_to_vec_map: _unit(reference.neutralize(word, g, word_to_vec_map)),
)
neutralize.hint("First the shadow of e on g, a number: np.dot(e, g) / np.dot(g, g). Times g it is a vector.")
neutralize.hint("Take that vector away from e. To see whether it is right: the dot product of the result with g is 0.")


def _unit(vector):
    return vector / np.linalg.norm(vector)


# equalize


@topic.exercise(reference=reference.equalize, section=SECTION, outputs=("e1", "e2"))
def equalize(rng):
    yield case(
        "two numbers, by hand",
        ("owl", "hen"),
        np.array([2.0, 0.0]),
        {"owl": np.array([-0.5, 0.6]), "hen": np.array([0.1, 0.6])},
        group="short vectors",
        expect=(np.array([-0.8, 0.6]), np.array([0.8, 0.6])),
    )
    for size, length in ((4, 0.7), (6, 0.8)):
        yield case(f"{size} numbers, vectors shorter than 1", *_pair(rng, size, length), group="short vectors")
    for size, length in ((5, 2.0), (3, 3.0)):
        yield case(f"{size} numbers, vectors longer than 1", *_pair(rng, size, length), group="long vectors")


def _pair(rng, size, length):
    """Two words with a mean whose part across the axis is shorter or longer than 1, and a third word.

    Both lie on one side of the axis' middle, so that it always shows whether the mean's part was taken away.
    """
    words = some_words(rng, 3)
    axis = rng.normal(size=size) * float(rng.choice([0.4, 2.5]))
    across = rng.normal(size=size)
    across -= _along(across, axis)
    mu = length * _unit(across) + rng.uniform(0.3, 0.45) * _unit(axis)
    apart = rng.normal(size=size)
    apart = 0.5 * _unit(apart - _along(apart, axis)) + rng.choice([-1, 1]) * rng.uniform(0.1, 0.25) * _unit(axis)
    vectors = {words[0]: mu + apart, words[1]: mu - apart, words[2]: rng.normal(size=size)}
    return (words[0], words[1]), axis, vectors


def _equal(
    mean=lambda e1, e2: (e1 + e2) / 2,
    along=_along,
    orthogonal=lambda mu, mu_B: mu - mu_B,
    root=lambda mu_orth, mu: np.sqrt(abs(1 - np.dot(mu_orth, mu_orth))),
    part=lambda e_B, mu_B: e_B - mu_B,
    divide=lambda e, e_B, mu_orth, mu_B: np.linalg.norm(e_B - mu_B),
    finish=lambda corrected, mu_orth, mu, mu_B: corrected + mu_orth,
    of=lambda e1, e2: (e1, e2),
):
    """Every step of the formula; each may be another one."""

    def variant(pair, bias_axis, word_to_vec_map):
        e1, e2 = (word_to_vec_map[word] for word in pair)
        mu = mean(e1, e2)
        mu_B = along(mu, bias_axis)
        mu_orth = orthogonal(mu, mu_B)
        results = []
        for e in of(e1, e2):
            e_B = along(e, bias_axis)
            corrected = root(mu_orth, mu) * part(e_B, mu_B) / divide(e, e_B, mu_orth, mu_B)
            results.append(finish(corrected, mu_orth, mu, mu_B))
        return tuple(results)

    return variant


ELEMENT_BY_ELEMENT = (
    "The norm under e_B - mu_B is read element by element, as np.abs: every entry is divided by itself, and only "
    "signs are "
    "left. A norm is one number, np.linalg.norm."
)

equalize.mistake(
    "norm-element-by-element", ELEMENT_BY_ELEMENT, _equal(divide=lambda e, e_B, mu_orth, mu_B: np.abs(e_B - mu_B))
)
equalize.also("norm-element-by-element", _equal(divide=lambda e, e_B, mu_orth, mu_B: np.abs(e - mu_orth - mu_B)))
equalize.also("norm-element-by-element", _equal(divide=lambda e, e_B, mu_orth, mu_B: np.abs(e_B - mu_orth - mu_B)))
equalize.also("norm-element-by-element", _equal(divide=lambda e, e_B, mu_orth, mu_B: np.sqrt((e_B - mu_B) ** 2)))
equalize.mistake(
    "earlier-formula",
    "This is the formula of earlier hand-outs, which divides by ||(e - mu_orth) - mu_B||. That is the whole distance "
    "from the mean, so the two words don't come out at length 1; divide by ||e_B - mu_B||, the one along the axis.",
    _equal(divide=lambda e, e_B, mu_orth, mu_B: np.linalg.norm(e - mu_orth - mu_B)),
)
equalize.mistake(
    "mu_orth-in-the-norm",
    "The norm is taken of e_B - mu_orth - mu_B; mu_orth lies across the axis and has no business there: ||e_B - "
    "mu_B||.",
    _equal(divide=lambda e, e_B, mu_orth, mu_B: np.linalg.norm(e_B - mu_orth - mu_B)),
)
equalize.mistake(
    "mu_orth-under-it",
    "The norm is taken of e - mu_orth; it is that of e_B - mu_B.",
    _equal(divide=lambda e, e_B, mu_orth, mu_B: np.linalg.norm(e - mu_orth)),
)
equalize.mistake(
    "norm-not-squared",
    "The parts along the axis are divided by ||axis||; it is ||axis||^2.",
    _equal(along=lambda e, axis: np.dot(e, axis) / np.linalg.norm(axis) * axis),
)
equalize.mistake(
    "not-divided",
    "The parts along the axis aren't divided by ||axis||^2, which only an axis of length 1 would allow.",
    _equal(along=lambda e, axis: np.dot(e, axis) * axis),
)
equalize.mistake(
    "axis-element-by-element",
    "The axis' norm is read element by element; it is one number, np.dot(axis, axis) is its square.",
    _equal(along=lambda e, axis: np.dot(e, axis) / np.abs(axis) ** 2 * axis),
)
equalize.mistake(
    "product-element-by-element",
    "e * axis multiplies element by element; the dot product adds these products up to one number.",
    _equal(along=lambda e, axis: e * axis / np.dot(axis, axis) * axis),
)
equalize.mistake(
    "mu_orth-by-Pythagoras",
    "mu_orth is a vector, mu - mu_B. sqrt(mu^2 - mu_B^2) is right for lengths only, and element by element it loses "
    "the "
    "signs.",
    _equal(orthogonal=lambda mu, mu_B: np.sqrt(mu**2 - mu_B**2)),
)
equalize.also("mu_orth-by-Pythagoras", _equal(orthogonal=lambda mu, mu_B: np.sqrt(np.abs(mu**2 - mu_B**2))))
equalize.mistake(
    "both-from-the-second",
    "Both results are made of the second word: e1's is made of e_w1.",
    _equal(of=lambda e1, e2: (e2, e2)),
)
equalize.mistake(
    "both-from-the-first",
    "Both results are made of the first word: e2's is made of e_w2.",
    _equal(of=lambda e1, e2: (e1, e1)),
)
equalize.mistake(
    "exchanged",
    "The two words are exchanged: the first result belongs to the first word.",
    _equal(of=lambda e1, e2: (e2, e1)),
)
equalize.mistake(
    "root-of-a-negative-number",
    "1 - ||mu_orth||^2 is negative where mu_orth is longer than 1, and its root is nan: the formula has |.| around "
    "it, here "
    "an absolute value.",
    _equal(root=lambda mu_orth, mu: np.sqrt(1 - np.dot(mu_orth, mu_orth))),
)
equalize.mistake(
    "negative-cut-to-zero",
    "1 - ||mu_orth||^2 is cut to 0 where it is negative, so that both words fall together; |.| is its absolute value.",
    _equal(root=lambda mu_orth, mu: np.sqrt(max(1 - np.dot(mu_orth, mu_orth), 0.0))),
)
equalize.mistake(
    "mu_orth-not-squared",
    "Under the root stands 1 - ||mu_orth||^2, the square of the norm.",
    _equal(root=lambda mu_orth, mu: np.sqrt(abs(1 - np.linalg.norm(mu_orth)))),
)
equalize.mistake(
    "root-element-by-element",
    "||mu_orth||^2 under the root is read element by element; it is one number, the sum of the squares.",
    _equal(root=lambda mu_orth, mu: np.sqrt(abs(1 - mu_orth**2))),
)
equalize.mistake(
    "no-root",
    "The root over |1 - ||mu_orth||^2| is missing.",
    _equal(root=lambda mu_orth, mu: abs(1 - np.dot(mu_orth, mu_orth))),
)
equalize.mistake(
    "mu-under-the-root",
    "The norm under the root is that of mu; it is that of mu_orth.",
    _equal(root=lambda mu_orth, mu: np.sqrt(abs(1 - np.dot(mu, mu)))),
)
equalize.mistake(
    "sum-for-the-mean", "mu is the sum of the two vectors; the mean is half of it.", _equal(mean=lambda e1, e2: e1 + e2)
)
equalize.mistake(
    "mu_B-not-taken-away",
    "e_B is scaled as it is; the mean's part mu_B is taken away first, or the words aren't equally far from the "
    "middle.",
    _equal(part=lambda e_B, mu_B: e_B, divide=lambda e, e_B, mu_orth, mu_B: np.linalg.norm(e_B)),
)
equalize.mistake(
    "not-scaled",
    "e_B - mu_B isn't divided by its norm, so its own length stays in the result.",
    _equal(divide=lambda e, e_B, mu_orth, mu_B: 1.0),
)
equalize.mistake(
    "mu_orth-left-out",
    "mu_orth isn't added at the end: what the two words have in common is gone.",
    _equal(finish=lambda corrected, mu_orth, mu, mu_B: corrected),
)
equalize.mistake(
    "mu-added",
    "mu is added at the end, with its part along the axis; it is mu_orth.",
    _equal(finish=lambda corrected, mu_orth, mu, mu_B: corrected + mu),
)
equalize.hint("In the order of the formulas: mu, its part mu_B along the axis, the rest mu_orth, and each word's e_B.")
equalize.hint(
    "np.linalg.norm(e_B - mu_B) is one number for each word, and so is np.sqrt(np.abs(1 - np.sum(mu_orth ** 2)))."
)
equalize.hint("To see whether it is right: both results have the same cosine with the axis, with opposite signs.")
