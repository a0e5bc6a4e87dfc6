"""The exercise of notebook 17 on the loss over time: `sequence_loss`."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.recurrent.shared import topic


def _answers(rng, n_y, m, T):
    return rng.uniform(0.03, 0.97, size=(n_y, m, T)), rng.integers(0, 2, size=(n_y, m, T)).astype(float)


@topic.exercise(reference=reference.sequence_loss, section="The loss over time")
def sequence_loss(rng):
    # a small number added under the logarithms, so that they never meet a 0, is as right
    one, several = {"group": "one sequence", "tolerance": 1e-5}, {"group": "several sequences", "tolerance": 1e-5}
    yield case("one word that is a name, by hand", np.array([[[0.8]]]), np.array([[[1.0]]]), expect=-np.log(0.8), **one)
    yield case("one word that is none, by hand", np.array([[[0.3]]]), np.array([[[0.0]]]), expect=-np.log(0.7), **one)
    yield case("nine words", *_answers(rng, 1, 1, 9), **one)
    yield case("four sequences", *_answers(rng, 1, 4, 6), **several)
    yield case("two labels for each word", *_answers(rng, 2, 3, 5), **several)
    y_hat, y = _answers(rng, 1, 5, 3)
    yield case("labels as whole numbers", y_hat, y.astype(np.int64), **several)


def _cross_entropy(y_hat, y):
    return -y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)


def _loss(of_each=_cross_entropy, average=lambda losses: losses.sum() / losses.shape[1]):
    return lambda y_hat, y: float(average(of_each(y_hat, y)))


sequence_loss.mistake(
    "difference",
    "This sums y_hat - y: the loss is L(y_hat, y), a function of both, not of their difference. See 'The "
    "loss over time'.",
    _loss(lambda y_hat, y: y_hat - y),
)
sequence_loss.mistake(
    "absolute-difference",
    "This sums the distances between y_hat and y; the loss takes logarithms. See 'The loss over time'.",
    _loss(lambda y_hat, y: np.abs(y_hat - y)),
)
sequence_loss.mistake(
    "squared-difference",
    "This sums squared differences; for probabilities the loss takes logarithms.",
    _loss(lambda y_hat, y: (y_hat - y) ** 2),
)
sequence_loss.mistake(
    "no-minus",
    "The sign is missing: logarithms of probabilities are negative, and a loss is not.",
    _loss(lambda y_hat, y: -_cross_entropy(y_hat, y)),
)
sequence_loss.mistake(
    "ones-only",
    "Words with the label 0 cost nothing here: the second half, with 1 - y and 1 - y_hat, is missing.",
    _loss(lambda y_hat, y: -y * np.log(y_hat)),
)
sequence_loss.mistake(
    "mean-over-time",
    "The steps are averaged; their losses are summed, and only the sequences averaged.",
    _loss(_cross_entropy, np.mean),
)
sequence_loss.mistake(
    "divided-by-the-steps",
    "The sum is divided by the number of steps too; the steps are summed, and only the sequences averaged.",
    _loss(_cross_entropy, lambda losses: losses.sum() / losses[0].size),
)
sequence_loss.mistake(
    "not-averaged", "The sequences are summed; over the m sequences the loss is a mean.", _loss(_cross_entropy, np.sum)
)
sequence_loss.mistake(
    "last-step-only",
    "Only the last step counts here; every step has a label.",
    _loss(_cross_entropy, lambda losses: losses[:, :, -1].sum() / losses.shape[1]),
)
EXCHANGED = "Labels and probabilities are exchanged: the logarithms are taken of the labels, not of the probabilities."
sequence_loss.mistake(
    "exchanged", EXCHANGED, _loss(lambda y_hat, y: _cross_entropy(np.clip(y, 1e-12, 1 - 1e-12), y_hat))
)


def _logarithms_of_labels(args, expected, got):
    """Whether it is infinite, as the logarithm of 0 is, or as large as a small number in its place makes it. (1 - 1e-12
    is 1 in float32, so one and the same function gives both.)"""
    y_hat, y = args
    distance = np.abs(y - y_hat).sum() / y.shape[1]
    return np.isinf(got) or bool(np.isclose(got, distance * -np.log(SMALL), rtol=0.012, atol=0).any())


SMALL = 10.0 ** -np.arange(5, 17)
sequence_loss.shows("labels-under-the-logarithm", EXCHANGED, _logarithms_of_labels)
sequence_loss.mistake(
    "last-word-only",
    "Only the last word of the last sequence counts: is the loss added up (`+=`) in the loops?",
    _loss(average=lambda losses: losses[-1, -1, -1] / losses.shape[1]),
)
sequence_loss.mistake(
    "sign-of-the-second-half",
    "The two halves have different signs; both are subtracted: -y log(y_hat) - (1 - y) log(1 - y_hat).",
    _loss(lambda y_hat, y: -y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)),
)
sequence_loss.also("sign-of-the-second-half", _loss(lambda y_hat, y: y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)))
sequence_loss.mistake(
    "averaged-over-the-steps-only",
    "The sum is divided by the number of steps; it is divided by the number of sequences, y.shape[1].",
    _loss(average=lambda losses: losses.sum() / losses.shape[2]),
)
sequence_loss.mistake(
    "divided-by-the-labels",
    "The sum is divided by the number of labels; it is divided by the number of sequences, y.shape[1].",
    _loss(average=lambda losses: losses.sum() / losses.shape[0]),
)
sequence_loss.mistake(
    "multiplied",
    "The sum is multiplied by the number of sequences; a mean divides.",
    _loss(average=lambda losses: losses.sum() * losses.shape[1]),
)
sequence_loss.mistake(
    "divided-by-a-logarithm",
    "A label is divided by the logarithm; it is multiplied by it.",
    _loss(lambda y_hat, y: -y / np.log(y_hat) - (1 - y) * np.log(1 - y_hat)),
)
sequence_loss.also("divided-by-a-logarithm", _loss(lambda y_hat, y: -y * np.log(y_hat) - (1 - y) / np.log(1 - y_hat)))
sequence_loss.mistake(
    "every-word-costs-for-nothing",
    "The second half counts for words with the label 1 too: its factor is 1 - y, which is 0 for them.",
    _loss(lambda y_hat, y: -y * np.log(y_hat) - np.log(1 - y_hat)),
)
for factor in (lambda y: 1 + y, lambda y: 2 - y):
    sequence_loss.also(
        "every-word-costs-for-nothing",
        _loss(lambda y_hat, y, factor=factor: -y * np.log(y_hat) - factor(y) * np.log(1 - y_hat)),
    )
sequence_loss.mistake(
    "logarithm-of-another-probability",
    "The second logarithm is taken of another number than 1 - y_hat, the probability of no name.",
    _loss(lambda y_hat, y: -y * np.log(y_hat) - (1 - y) * np.log(y_hat)),
)
for other in (lambda p: 1 + p, lambda p: 2 - p):
    sequence_loss.also(
        "logarithm-of-another-probability",
        _loss(lambda y_hat, y, other=other: -y * np.log(y_hat) - (1 - y) * np.log(other(y_hat))),
    )
sequence_loss.mistake(
    "other-logarithm",
    "The logarithm has another base; np.log is the natural one, which the loss takes.",
    _loss(lambda y_hat, y: _cross_entropy(y_hat, y) / np.log(10)),
)
sequence_loss.also("other-logarithm", _loss(lambda y_hat, y: _cross_entropy(y_hat, y) / np.log(2)))
sequence_loss.hint("Compute an array with the loss of every word first; it has the shape of y.")
sequence_loss.hint("Add everything up with np.sum, and divide by the number of sequences, y.shape[1].")
