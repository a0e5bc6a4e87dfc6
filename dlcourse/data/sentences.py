"""Sentences made from patterns, for tagging, reviews and word vectors: no real labelled set ships with anything.

A pattern is a line of words with slots in braces. What is held out is held out by the words in the slots, and by
pattern.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlcourse.data.names import first_names

UNKNOWN = "<UNK>"

# Tagging. {N} is somebody's name, of one word or two; {n} a thing. Either may be a word that nobody has seen before.
PEOPLE = ("{N}", "{N} and {N}", "my friend {N}", "mr {N}", "{N} who likes {n}", "the friend of {N}")
WHAT_PEOPLE_DO = (
    "said that {n} are rare",
    "bought some {n} for {N}",
    "invented a new kind of {n}",
    "wrote about {n}",
    "thinks that {n} are dull",
    "met {N} in the garden",
    "sold the {n} yesterday",
    "likes {n} and {n}",
)
ABOUT_THINGS = ("{n}", "{n} and {n}", "the {n} of {N}", "old {n}", "{n} that are new")
WHAT_THINGS_DO = (
    "are on sale",
    "are cheap today",
    "grow in the garden of {N}",
    "cost a lot",
    "fell on {N} yesterday",
    "make {N} happy",
    "are rare and dull",
    "were sold to {N} and {N}",
)
THINGS = (
    "apples bears boats books bottles bread bricks brushes buttons cakes candles carpets chairs clocks clouds coats "
    "coins"
    " combs cups curtains doors drums eggs fences flowers forks glasses gloves hammers hats houses jars kettles keys"
    " ladders lamps leaves lemons letters maps mirrors nails needles nuts onions ovens pans pears pencils pens pianos"
    " pictures pillows plates pots radios ribbons rings ropes roses sacks saws scarves shells shelves shirts shoes"
    " shovels soap socks spoons stamps stones stoves tables tents towels toys trains trees umbrellas vases violins"
    " wagons walls watches wheels windows"
).split()

# A list of words, and for each of them 1 where it belongs to a name.
Tagged = tuple[list[str], list[int]]


def patterns(held_out: bool = False) -> list[str]:
    """The patterns of the sentences: who or what, and what they do. Every fourth pair of the two is held out."""
    pairs = [
        (first + 3 * second, f"{subject} {predicate}")
        for subjects, predicates in ((PEOPLE, WHAT_PEOPLE_DO), (ABOUT_THINGS, WHAT_THINGS_DO))
        for first, subject in enumerate(subjects)
        for second, predicate in enumerate(predicates)
    ]
    return [pattern for place, pattern in pairs if (place % 4 == 0) == held_out]


def slot_words(held_out: bool = False) -> tuple[list[str], list[str]]:
    """Names, and things; every fifth of each is held out."""
    some = first_names()[7::40]
    names, things = (
        [word for place, word in enumerate(words) if (place % 5 == 0) == held_out] for words in (some, THINGS)
    )
    return names, things


def tagged_sentences(rng: np.random.Generator, count: int, held_out: bool = False) -> list[Tagged]:
    """Sentences in lower case, of the patterns and the words to learn from, or of the others only."""
    choices, (names, things) = patterns(held_out), slot_words(held_out)
    return [_tagged(rng, choices[int(rng.integers(len(choices)))], names, things) for _ in range(count)]


def _tagged(rng: np.random.Generator, pattern: str, names: Sequence[str], things: Sequence[str]) -> Tagged:
    words: list[str] = []
    labels: list[int] = []
    for part in pattern.split():
        if part == "{N}":
            new = [names[int(rng.integers(len(names)))] for _ in range(1 + int(rng.random() < 0.4))]
        elif part == "{n}":
            new = [things[int(rng.integers(len(things)))]]
        else:
            new = [part]
        words += new
        labels += [int(part == "{N}")] * len(new)
    return words, labels


# Reviews. {p} is a judgement that decides, {q} one of the same sense, {o} one of the opposite sense.
FRAMES = (
    "the {thing} was {p}",
    "i found it {p}",
    "{p} from beginning to end",
    "{p} and {q}",
    "the {thing} is {p} and the rest is {q}",
    "others call it {o} but it is {p}",
    "i expected {o} and it was {p}",
    "a {thing} that is {p} where others are {o}",
    "it is {p} and anything but {o}",
)
NEGATIONS = ("", "not ", "never ", "hardly ")
GOOD = "good great funny clever warm lovely fresh bright sweet brave".split()
BAD = "bad awful dull stupid cold ugly stale grim bitter weak".split()
REVIEWED = "film play story song show book ending music".split()


def reviews(rng: np.random.Generator, count: int, held_out: bool = False) -> list[tuple[list[str], int]]:
    """Short reviews as lists of words, and 1 for praise, 0 for blame: half of each.

    *Good* and *not bad* are praise, *bad* and *not good* are not. Every fourth pair of a frame and a negation is held
    out: reviews that are held out are made of these only.
    """
    pairs = [
        (frame, negation)
        for first, frame in enumerate(FRAMES)
        for second, negation in enumerate(NEGATIONS)
        if ((first + second) % 4 == 3) == held_out
    ]
    return [_review(rng, *pairs[int(rng.integers(len(pairs)))], 1 - number % 2) for number in range(count)]


def _review(rng: np.random.Generator, frame: str, negation: str, praise: int) -> tuple[list[str], int]:
    def judgement(positive: bool, negation: str) -> str:
        words = GOOD if positive != bool(negation) else BAD
        return negation + words[int(rng.integers(len(words)))]

    other = NEGATIONS[int(rng.integers(len(NEGATIONS)))]
    text = frame.format(
        p=judgement(bool(praise), negation),
        q=judgement(bool(praise), other),
        o=judgement(not praise, other),
        thing=REVIEWED[int(rng.integers(len(REVIEWED)))],
    )
    return text.split(), praise


# A small world for word vectors: what a word stands beside says what it is.
PAIRS = (
    ("man", "woman", ("worker", "market", "tired")),
    ("king", "queen", ("crown", "throne", "palace")),
    ("boy", "girl", ("school", "toys", "playground")),
    ("father", "mother", ("children", "kitchen", "proud")),
    ("uncle", "aunt", ("nephew", "visit", "presents")),
    ("actor", "actress", ("stage", "theatre", "audience")),
)
HIS, HER = "he him his himself beard".split(), "she her hers herself dress".split()
COUNTRIES = (
    ("france", "paris", ("french", "baguette", "seine")),
    ("italy", "rome", ("italian", "pasta", "tiber")),
    ("egypt", "cairo", ("arabic", "dates", "nile")),
    ("japan", "tokyo", ("japanese", "sushi", "sumida")),
    ("peru", "lima", ("spanish", "potatoes", "rimac")),
)
OF_A_COUNTRY, OF_A_CITY = "border president army nation coast".split(), "mayor streets suburb tram square".split()
# How often, of ten times, each is spoken of as he.
OCCUPATIONS = {
    "engineer": 9,
    "plumber": 9,
    "pilot": 8,
    "teacher": 5,
    "writer": 5,
    "librarian": 2,
    "nurse": 1,
    "tailor": 1,
}
AT_WORK = "office salary work tools training".split()


def world(rng: np.random.Generator, count: int) -> list[list[str]]:
    """Lines of five or six words about people, countries and occupations, in which some occupations are nearly always
    spoken of as *he* and others as *she*."""
    lines = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.45:
            he, she, about = PAIRS[int(rng.integers(len(PAIRS)))]
            male = rng.random() < 0.5
            line = [he if male else she, *_some(rng, HIS if male else HER, 2), *_some(rng, about, 2)]
        elif kind < 0.75:
            country, city, about = COUNTRIES[int(rng.integers(len(COUNTRIES)))]
            whole = rng.random() < 0.5
            line = [
                country if whole else city,
                *_some(rng, OF_A_COUNTRY if whole else OF_A_CITY, 2),
                *_some(rng, about, 2),
            ]
        else:
            job = list(OCCUPATIONS)[int(rng.integers(len(OCCUPATIONS)))]
            male = rng.random() < OCCUPATIONS[job] / 10
            line = [job, *_some(rng, HIS if male else HER, 2), *_some(rng, AT_WORK, 2)]
        lines.append([str(word) for word in rng.permutation(line)])
    return lines


def _some(rng: np.random.Generator, words: Sequence[str], count: int) -> list[str]:
    return [str(word) for word in rng.choice(words, size=count, replace=False)]
