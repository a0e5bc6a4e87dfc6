"""The exercise of notebook 08 on several networks that answer together."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.transfer.chance import topic

TOGETHER = "dlcourse.checking.probes.reuse:together"
ALIASES = {"images": "X", "x": "X", "labels": "Y", "y": "Y", "base_model": "model", "lr": "learning_rate"}


@topic.exercise(
    reference=reference.ensemble_predict,
    section="Several networks at once",
    needs="tensorflow",
    aliases={**ALIASES, "nets": "models", "networks": "models"},
)
def ensemble_predict(rng):
    def models(count):
        return [f"model {number}" for number in rng.integers(10**6, size=count)]

    several, options = "several networks", {"probe": TOGETHER, "tolerance": TOLERANCE}
    for count, m, group, besides in (
        (1, 3, "one network", ()),
        (1, 4, "one network", ()),
        (3, 5, several, ()),
        (1, 1, "one picture", ()),
        (5, 1, "one picture", (several,)),
    ):
        X = rng.normal(size=(m, 6, 6, 1))
        yield case(f"{count} and {m} pictures", models(count), X, group=group, besides=besides, **options)


def _joined(join, training=False):
    return lambda models, X: join([np.asarray(model(X, training=training), "float64") for model in models])


def _votes(answers):
    return np.mean([np.eye(a.shape[1])[a.argmax(axis=1)] for a in answers], axis=0)


for _key, _message, _variant in (
    (
        "sum",
        "The probabilities are added up and not divided by the number of networks: together they are more than 1.",
        _joined(lambda answers: np.sum(answers, axis=0)),
    ),
    (
        "multiplied",
        "The sum of the probabilities is multiplied by the number of networks; it is divided by it.",
        _joined(lambda answers: np.sum(answers, axis=0) * len(answers)),
    ),
    (
        "divided-by-pictures",
        "The sum is divided by the number of pictures; it is divided by the number of networks, len(models).",
        _joined(lambda answers: np.sum(answers, axis=0) / len(answers[0])),
    ),
    (
        "last-only-divided",
        "Only the last network's answer is left, divided by their number: `=` forgets the ones before, `+=` adds.",
        _joined(lambda answers: answers[-1] / len(answers)),
    ),
    (
        "votes",
        "Each network has one vote, whether it is sure or not. The mean of the probabilities keeps how sure they are.",
        _joined(_votes),
    ),
    (
        "class-numbers",
        "The result is a class for each picture. The mean of the probabilities is asked for, (m, classes); "
        "np.argmax is "
        "up to whoever calls.",
        _joined(lambda answers: np.mean(answers, axis=0).argmax(axis=1)),
    ),
    (
        "in-training",
        "The networks answer in training mode, with dropout: the same picture gets another answer each time. "
        "training=False, or predict.",
        _joined(lambda answers: np.mean(answers, axis=0), training=True),
    ),
    ("last-only", "Only the last network's answer counts.", _joined(lambda answers: answers[-1])),
    ("first-only", "Only the first network's answer counts.", _joined(lambda answers: answers[0])),
    (
        "mean-over-pictures",
        "The mean runs over the pictures; it runs over the networks, and each picture keeps an answer of its own.",
        _joined(lambda answers: np.mean(answers, axis=1)),
    ),
    ("all-answers", "All networks' answers come back side by side; their mean is asked for.", _joined(np.stack)),
):
    _group = "several networks" if _key not in ("class-numbers", "all-answers", "in-training") else None
    ensemble_predict.mistake(_key, _message, _variant, group=_group)
ensemble_predict.hint("Ask each network for its probabilities (m, classes). How many arrays of this shape are there?")
ensemble_predict.hint("np.mean(list_of_arrays, axis=0) is the mean over the list.")
