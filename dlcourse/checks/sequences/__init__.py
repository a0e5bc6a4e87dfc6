"""The exercises of notebook 20: padding, both directions, tagging, sentiment, word vectors, debiasing, search."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.sequences import both_ways, debiasing, masks, neighbours, searching, vectors  # noqa: F401  (they declare their exercises)
from dlcourse.checks.sequences.parts import topic

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "before_the_end",
        "what a bidirectional network needs before it can tag the first word.",
        "the whole sentence",
        {
            "the first word": "That is enough for the forward direction alone; the backward one comes from the end.",
            "the next word": "The backward direction begins with the last word, not with the next one.",
        },
        choices=("the first word", "the next word", "the whole sentence"),
    ),
    claim(
        "labels_of_the_sentence",
        "the labels of 'Harry Potter and Hermione Granger invented a new spell', added up.",
        4,
        {
            9: "These are all its words. A label is 1 where the word belongs to a name.",
            2: "So many people there are; each of their names has two words, and every word has a label.",
            5: "and is not part of a name.",
        },
    ),
    claim(
        "beam_of_one",
        "what a beam search of width 1 is.",
        "greedy search",
        {
            "exact search": "It follows the likeliest next word and never looks back; a likelier sentence may begin "
            "with an "
            "unlikelier word.",
            "random search": "Nothing is drawn in a beam search.",
        },
        choices=("exact search", "greedy search", "random search"),
    ),
    claim(
        "states_per_word",
        "how many numbers a bidirectional network with 100 units in each direction has for each word.",
        200,
        {
            100: "So many has one direction; the two are put one below the other.",
            10_000: "The states are put one below the other, not multiplied.",
        },
    ),
    claim(
        "opposite_vectors",
        "the cosine similarity of a vector with minus twice itself.",
        -1.0,
        {
            0.0: "0 is a right angle: vectors that have nothing to do with one another.",
            -2.0: "Lengths don't count: a cosine is never below -1.",
            1.0: "1 is the same direction.",
        },
    ),
)
spot_the_mistake.hint("Where does the backward direction begin to read, and when is that word there?")
spot_the_mistake.hint(
    "For the numbers, your own functions can say: the shape of bidirectional_forward, cosine_similarity."
)
