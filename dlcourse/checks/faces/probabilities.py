"""The exercises of notebook 13 on two vectors: the probability of a siamese network, and the chi-square distance."""

from __future__ import annotations

import numpy as np

from dlcourse import faces as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.faces.parts import topic


@topic.exercise(reference=reference.siamese_probability, section="A yes-or-no question", needs="tensorflow")
def siamese_probability(rng):
    one = np.array([1.0, 2.0])
    yield case("two equal vectors and a bias of 0", one, one, np.array([-3.0, 5.0]), 0.0, group="by hand", expect=0.5)
    yield case(
        "(3, 1) and (1, 2), weights (-1, 0.5), bias 1",
        np.array([3.0, 1.0]),
        one,
        np.array([-1.0, 0.5]),
        1.0,
        group="by hand",
        expect=1 / (1 + np.exp(0.5)),
    )
    for d in (3, 16, 128):
        yield case(
            f"{d} numbers",
            rng.normal(size=d),
            rng.normal(size=d),
            rng.normal(size=d) / np.sqrt(d),
            float(rng.normal()),
            group="random",
        )


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


siamese_probability.mistake(
    "sigmoid-inside",
    "The sigmoid is taken of each difference, inside the sum; it belongs around the whole sum.",
    lambda f1, f2, w, b: np.sum(w * _sigmoid(np.abs(f1 - f2))) + b,
)
siamese_probability.mistake(
    "no-absolute-value",
    "The differences keep their sign, so exchanging the two pictures changes the answer.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2)) + b),
)
siamese_probability.mistake(
    "squared",
    "The differences are squared; here their absolute values are weighed.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2) ** 2) + b),
)
siamese_probability.mistake(
    "no-bias", "The bias b is left out.", lambda f1, f2, w, b: _sigmoid(np.sum(w * np.abs(f1 - f2)))
)
siamese_probability.mistake(
    "no-sigmoid",
    "The sum is returned as it is; a probability lies between 0 and 1, which the sigmoid sees to.",
    lambda f1, f2, w, b: np.sum(w * np.abs(f1 - f2)) + b,
)
siamese_probability.mistake(
    "bias-for-each-feature",
    "The bias is added for each feature; it is added once, behind the sum.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w * np.abs(f1 - f2) + b)),
)
siamese_probability.mistake(
    "exponent-without-minus",
    "The answer is 1 minus the probability: the sigmoid is 1 / (1 + exp(-z)), with a minus.",
    lambda f1, f2, w, b: _sigmoid(-np.sum(w * np.abs(f1 - f2)) - b),
)
siamese_probability.mistake(
    "no-weights",
    "The differences are added up without the weights w.",
    lambda f1, f2, w, b: _sigmoid(np.sum(np.abs(f1 - f2)) + b),
)
siamese_probability.mistake(
    "distance-weighed",
    "The whole distance is multiplied by the sum of the weights; each difference has its own weight.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w) * np.sum(np.abs(f1 - f2)) + b),
)
for _first, _second, _formula in (
    ("no-absolute-value", "no-bias", lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2)))),
    ("no-bias", "no-sigmoid", lambda f1, f2, w, b: np.sum(w * np.abs(f1 - f2))),
    ("no-absolute-value", "no-sigmoid", lambda f1, f2, w, b: np.sum(w * (f1 - f2)) + b),
    ("squared", "no-bias", lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2) ** 2))),
    ("squared", "no-sigmoid", lambda f1, f2, w, b: np.sum(w * (f1 - f2) ** 2) + b),
):
    siamese_probability.pair(_first, _second, _formula)
siamese_probability.hint("Inside out: the absolute differences, each times its weight, their sum, plus b.")
siamese_probability.hint("At the very end, once: 1 / (1 + exp(-z)).")


# A small number added to each total, so that none is 0, is as right.
ROUGHLY = 1e-5


@topic.exercise(reference=reference.chi_square, section="A yes-or-no question", needs="tensorflow")
def chi_square(rng):
    yield case(
        "(1, 3) and (3, 1)",
        np.array([1.0, 3.0]),
        np.array([3.0, 1.0]),
        group="positive features",
        expect=2.0,
        tolerance=ROUGHLY,
    )
    for d in (3, 16):
        yield case(
            f"{d} numbers",
            rng.uniform(0.1, 2, size=d),
            rng.uniform(0.1, 2, size=d),
            group="positive features",
            tolerance=ROUGHLY,
        )
    zero = np.array([0.0, 2.0, 0.0]), np.array([0.0, 1.0, 3.0])
    yield case("a feature that is 0 in both", *zero, group="zeros", expect=1 / 3 + 3.0, tolerance=ROUGHLY)
    sparse = [np.maximum(rng.normal(size=12), 0) for _ in range(2)]
    yield case("features after a ReLU, many of them 0", *sparse, group="zeros", tolerance=ROUGHLY)


def _safe(numerator, denominator):
    return np.sum(np.divide(numerator, denominator, out=np.zeros_like(denominator), where=denominator != 0))


chi_square.mistake(
    "zero-by-zero",
    "Where both features are 0, this divides 0 by 0; such a feature adds 0.",
    lambda f1, f2: np.sum((f1 - f2) ** 2 / (f1 + f2)),
)
chi_square.mistake(
    "halved",
    "The sum is halved. Some books write it with 1/2; the one of this notebook has no such factor.",
    lambda f1, f2: _safe((f1 - f2) ** 2, f1 + f2) / 2,
)
chi_square.mistake("not-squared", "The differences are not squared.", lambda f1, f2: _safe(np.abs(f1 - f2), f1 + f2))
chi_square.mistake(
    "divided-at-the-end",
    "The division comes after the sum; each feature is divided by its own total.",
    lambda f1, f2: np.sum((f1 - f2) ** 2) / np.sum(f1 + f2),
)
chi_square.mistake(
    "denominator-squared",
    "The denominator is the sum of the two features, not squared.",
    lambda f1, f2: _safe((f1 - f2) ** 2, (f1 + f2) ** 2),
)
chi_square.also("not-squared", lambda f1, f2: _safe(f1 - f2, f1 + f2))
chi_square.mistake(
    "brackets-missing",
    "Without brackets only the first feature stands below the line: (f1 - f2) ** 2 / (f1 + f2).",
    lambda f1, f2: np.sum((f1 - f2) ** 2 / f1 + f2),
)
for _guard in (lambda f1, f2: f1 + f2 > 0, lambda f1, f2: f1 > 0):
    chi_square.also("brackets-missing", lambda f1, f2, guard=_guard: np.sum(((f1 - f2) ** 2 / f1 + f2)[guard(f1, f2)]))
chi_square.mistake(
    "one-below-the-line",
    "The squared difference is divided by one of the two features; it is divided by their sum.",
    lambda f1, f2: np.sum((f1 - f2) ** 2 / f2),
)
chi_square.also("one-below-the-line", lambda f1, f2: np.sum((f1 - f2) ** 2 / f1))
for _guard in (lambda f1, f2: f1 + f2 > 0, lambda f1, f2: f2 > 0):
    chi_square.also("one-below-the-line", lambda f1, f2, guard=_guard: np.sum(((f1 - f2) ** 2 / f2)[guard(f1, f2)]))
chi_square.mistake(
    "both-not-zero",
    "A feature that is 0 in one vector only is left out, and counts: only where both are 0 there is nothing to add.",
    lambda f1, f2: _safe(np.where((f1 > 0) & (f2 > 0), (f1 - f2) ** 2, 0.0), f1 + f2),
)
chi_square.pair("not-squared", "zero-by-zero", lambda f1, f2: np.sum(np.abs(f1 - f2) / (f1 + f2)))
chi_square.pair("halved", "zero-by-zero", lambda f1, f2: np.sum((f1 - f2) ** 2 / (f1 + f2)) / 2)
chi_square.pair("denominator-squared", "zero-by-zero", lambda f1, f2: np.sum((f1 - f2) ** 2 / (f1 + f2) ** 2))
chi_square.hint("For each feature: the squared difference over the sum of the two. Then add them up.")
chi_square.hint("np.divide(..., out=np.zeros_like(total), where=total > 0) leaves a 0 where both features are 0.")
