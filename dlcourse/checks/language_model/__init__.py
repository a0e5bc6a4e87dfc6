"""The exercises of notebook 19: vocabularies, the probability of texts, counting, clipping, training, sampling."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.language_model import descent, sampling, words  # noqa: F401  (they declare their exercises)
from dlcourse.checks.language_model.parts import topic

check, hint, solution = notebook.functions(topic)

_knows_nothing = float(np.log(10_000))

spot_the_mistake = topic.claims(
    claim(
        "end_of_sentence",
        "what EOS is.",
        "added",
        {
            "full stop": "The full stop is part of the text, and may be a token of its own; EOS stands behind it.",
            "last word": "The last word has its own place in the vocabulary, and comes elsewhere too.",
        },
        choices=("added", "full stop", "last word"),
    ),
    claim(
        "labels_of_the_sentence",
        "the labels y of 'Cats average 15 hours of sleep a day.', the full stop and EOS among them.",
        len("Cats average 15 hours of sleep a day".split()) + 2,
        {
            8: "So many words it has. The full stop is a token, and EOS is the last label.",
            9: "One is missing: the full stop is one token, and EOS is another.",
            11: "One too many: eight words, a full stop, EOS.",
        },
    ),
    claim(
        "training",
        "which shape of network a language model has in training.",
        "many to many",
        {
            "one to many": "So it is in sampling, where the network makes its own inputs. In training x<t> is y<t-1>, "
            "which the text gives.",
            "many to one": "There is a loss at every step, not only at the last.",
        },
        choices=("one to many", "many to many", "many to one"),
    ),
    claim(
        "sum_in_the_loss",
        "over what the sum in the loss of one step, -sum of y_i log y_hat_i, runs.",
        "entries",
        {
            "steps": "The sum over the steps is another one, outside: it adds up the losses of all steps.",
            "sentences": "The sum over sentences is another one, outside: it adds up the losses of the training set.",
        },
        choices=("entries", "steps", "sentences"),
    ),
    claim(
        "knows_nothing",
        "the loss of a word before any training, with 10,000 words.",
        _knows_nothing,
        {
            0.0: "A loss of 0 would mean that the network is sure of every word, and right.",
            1.0: "A loss has no scale from 0 to 1: it is -log P, and P is 1 / 10,000.",
            1e-4: "This is the probability of each word; the loss is its negative logarithm.",
            float(np.log2(10_000)): "This is in bits; the course's logarithm is the natural one, and the unit nats.",
            float(np.log10(10_000)): "This is the logarithm to base 10; the course's is the natural one.",
        },
        tolerance=0.005,
    ),
)
spot_the_mistake.hint("Count on paper: Cats, average, 15, ... and think of what the last label must be.")
spot_the_mistake.hint("In training every step has an input that the text gives, and a label. At the start, P is 1 / M.")
