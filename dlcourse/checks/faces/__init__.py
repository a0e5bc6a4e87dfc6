"""The exercises of notebook 13: triplet loss, triplets worth learning from, verification, recognition."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.faces.door import verify, who_is_it
from dlcourse.checks.faces.parts import topic
from dlcourse.checks.faces.probabilities import chi_square, siamese_probability
from dlcourse.checks.faces.threshold import choose_threshold
from dlcourse.checks.faces.triplet_loss import triplet_loss
from dlcourse.checks.faces.triplets import batch_hard_triplets, semi_hard_triplets

__all__ = [
    "batch_hard_triplets",
    "check",
    "chi_square",
    "choose_threshold",
    "hint",
    "semi_hard_triplets",
    "siamese_probability",
    "solution",
    "spot_the_mistake",
    "topic",
    "triplet_loss",
    "verify",
    "who_is_it",
]

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "loss_zero",
        "the largest value of d(A, P) - d(A, N) at which the loss is 0, for alpha = 0.2.",
        -0.2,
        {
            0: "At 0 the margin is still missing: the loss is alpha.",
            0.2: "The sign: the negative must be farther than the positive, by alpha.",
        },
    ),
    claim(
        "sigmoid_place",
        "where does the sigmoid of the siamese network stand?",
        "around the sum",
        {
            "inside the sum": "Inside, each feature would answer for itself, and the sum would be no probability.",
            "nowhere": "Without it the answer is not between 0 and 1.",
        },
        choices=("inside the sum", "around the sum", "nowhere"),
    ),
    claim(
        "vector_distance",
        "||(1, 2) - (4, 6)|| squared, where the notes write (f(A) - f(P))^2.",
        float(np.sum((np.array([1.0, 2.0]) - np.array([4.0, 6.0])) ** 2)),
        {
            5: "5 is the norm; its square is asked for.",
            49: "Squares first, then the sum: not the square of the sum.",
            7: "These are the differences, added up.",
        },
    ),
    claim(
        "different_people",
        "how should the encodings of two different persons be?",
        "far apart",
        {"close": "Close is for two pictures of the same person.", "equal": "Then nobody could be told from anybody."},
        choices=("close", "far apart", "equal"),
    ),
    claim(
        "letter",
        "what is the distance with the Greek letter called, which the notes spell 'Ki square'?",
        "chi",
        {"ki": "It sounds so; the letter is written otherwise.", "xi": "That is another letter."},
    ),
    claim(
        "chance_of_no_error",
        "the probability that 100 comparisons are all right, each with 99 %.",
        0.99**100,
        {
            0.99: "This is one comparison.",
            0.9: "This is what 99.9 % for each comparison would give.",
            0.0: "99 % a hundred times over is less than a half, but not nothing.",
        },
        tolerance=0.005,
    ),
)
spot_the_mistake.hint("Write each one as a small computation, and read the formulas of the notebook once more.")
spot_the_mistake.hint("The loss is max(d(A, P) - d(A, N) + alpha, 0). At which difference is the first part 0?")
