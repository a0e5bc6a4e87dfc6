"""The exercise of notebook 09 on a loss of squares, and what both losses share."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.localization.targets import topic

LOSS = {"probe": "dlcourse.checking.probes.detection:loss", "tolerance": 1e-5}
GRADIENT = {"probe": "dlcourse.checking.probes.detection:loss_gradient", "tolerance": 1e-5}
ALIASES = {"y": "y_true", "target": "y_true", "y_hat": "y_pred", "prediction": "y_pred", "yhat": "y_pred"}


def tensorflow():
    import tensorflow as tf

    return tf


def targets(rng, present, num_classes=3):
    """Targets of examples with an object and without one."""
    rows = []
    for there in present:
        low = rng.uniform(5, 40, 2)
        box = np.concatenate([low, low + rng.uniform(15, 50, 2)]) if there else None
        rows.append(reference.encode_target(box, int(rng.integers(num_classes)), num_classes, (100, 100)))
    return np.array(rows, dtype="f4")


def _answers(rng, y_true, p):
    """What a network could say: its first numbers are p, and a threshold on them decides otherwise than the truth."""
    y_pred = rng.uniform(0.1, 0.9, y_true.shape)
    y_pred[:, 0] = p
    return y_pred.astype("f4")


def batches(rng, raw):
    """The cases of both losses; `raw`: the network's numbers are those before a sigmoid and a softmax."""
    low, high = (-1.5, 1.5) if raw else (0.2, 0.8)

    def drawn(title, group, present, p, how, num_classes=3):
        y_true = targets(rng, present, num_classes)
        y_pred = _answers(rng, y_true, p)
        if raw:
            y_pred[:, 5:] = rng.normal(size=y_pred[:, 5:].shape)
        return case(title, y_true, y_pred, group=group, **how)

    yield drawn("one object, of which the network is not sure", "an object", [1], [low], LOSS)
    yield drawn("one object, four classes", "an object", [1], [high], LOSS, 4)
    yield drawn("nothing there, and the network is nearly sure of it", "nothing there", [0], [low], LOSS)
    yield drawn("nothing there, and the network thinks otherwise", "nothing there", [0], [high], LOSS)
    yield drawn("four objects", "several examples", [1] * 4, [low, high, low, high], LOSS)
    present, p = [1, 0, 0, 1, 0], [low, high, low, high, high]
    yield drawn("objects in two of five images", "some with, some without", present, p, LOSS)
    yield drawn("the same in another order", "some with, some without", present[::-1], p[::-1], LOSS)
    yield drawn("the gradient", "gradient", [1, 0, 1], [low, high, high], GRADIENT)


# localization_loss


@topic.exercise(
    reference=reference.localization_loss,
    section="How wrong is the network",
    needs="tensorflow",
    aliases=ALIASES,
    weights={"an object": 2.0},
)
def localization_loss(rng):
    target = np.array([[1, 0.5, 0.5, 0.25, 0.25, 1, 0]], "f4")
    yield case(
        "off by 0.75 in p_c and by 0.25 in b_x and b_h, by hand",
        target,
        np.array([[0.25, 0.75, 0.5, 0.5, 0.25, 1, 0]], "f4"),
        group="an object",
        expect=np.float32(0.5625 + 0.0625 + 0.0625),
        **LOSS,
    )
    yield case(
        "nothing there: only p_c counts, by hand",
        np.zeros((1, 7), "f4"),
        np.array([[0.75, 0.75, 0.5, 0.5, 0.25, 1, 0]], "f4"),
        group="nothing there",
        expect=np.float32(0.5625),
        **LOSS,
    )
    yield from batches(rng, raw=False)
    y_true = np.stack([reference.landmark_target(rng.uniform(size=(6, 2))), reference.landmark_target(None, 6)])
    y_pred = rng.uniform(size=y_true.shape)
    arrays = y_true.astype("f4"), y_pred.astype("f4")
    yield case("six landmarks, with a face and without one", *arrays, group="some with, some without", **LOSS)


def _squares(
    switch=lambda y_true, y_pred: y_true[:, 0],
    of_p=lambda difference, there: difference**2,
    each=lambda difference: difference**2,
    rest=slice(1, None),
    total=None,
):
    """localization_loss with one thing changed."""

    def variant(y_true, y_pred):
        tf = tensorflow()
        y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        difference = y_pred - y_true
        there = switch(y_true, y_pred)
        loss = of_p(difference[:, 0], there) + there * tf.reduce_sum(each(difference[:, rest]), axis=1)
        return total(loss, y_true) if total else tf.reduce_mean(loss)

    return variant


def sure_of_it(y_true, y_pred):
    return tensorflow().cast(y_pred[:, 0] >= 0.5, y_pred.dtype)


def everywhere(y_true, y_pred):
    return tensorflow().ones_like(y_true[:, 0])


SWITCHES = (
    (
        "switched-by-the-prediction",
        "The box is compared where the *predicted* p_c is high; the true p_c decides what counts. A threshold on the "
        "prediction belongs to the time after training. See 'How wrong is the network'.",
        sure_of_it,
    ),
    (
        "weighed-by-the-prediction",
        "The box counts as much as the predicted p_c; the true p_c, 1 or 0, decides whether it counts.",
        lambda y_true, y_pred: y_pred[:, 0],
    ),
    (
        "everywhere",
        "All numbers count, even where nothing is: there is no box to compare with then, and only p_c counts.",
        everywhere,
    ),
    (
        "turned-round",
        "The switch is turned round: the other numbers count where p_c is 1, not where it is 0.",
        lambda y_true, y_pred: 1 - y_true[:, 0],
    ),
    (
        "first-example-decides",
        "The first example decides for the whole batch; each example has a p_c of its own.",
        lambda y_true, y_pred: y_true[0, 0] * everywhere(y_true, y_pred),
    ),
)
for _key, _message, _switch in SWITCHES:
    localization_loss.mistake(_key, _message, _squares(switch=_switch))
for _key, _message, _changed in (
    (
        "nothing-costs-nothing",
        "Where nothing is, the loss is 0 whatever the network says, so it may see objects everywhere: p_c "
        "counts there.",
        {"of_p": lambda difference, there: there * difference**2},
    ),
    (
        "p_c-left-out",
        "p_c itself is not compared: its square counts in every example.",
        {"of_p": lambda difference, there: 0 * difference},
    ),
    (
        "p_c-only-of-nothing",
        "Where an object is, p_c is not compared: its square counts in every example.",
        {"of_p": lambda difference, there: (1 - there) * difference**2},
    ),
    (
        "p_c-twice",
        "Where an object is, p_c counts twice: once by itself, and once among all the others.",
        {"rest": slice(0, None)},
    ),
    (
        "only-the-box",
        "Only the first five numbers count; the classes, or the other landmarks, do as well.",
        {"rest": slice(1, 5)},
    ),
    (
        "absolute",
        "These are absolute values; they should be squares.",
        {"each": abs, "of_p": lambda difference, there: abs(difference)},
    ),
    (
        "not-averaged",
        "The losses of the examples are summed; divide by their number.",
        {"total": lambda loss, y_true: tensorflow().reduce_sum(loss)},
    ),
    (
        "one-for-each",
        "One number for each example comes back; the loss of a batch is their mean.",
        {"total": lambda loss, y_true: loss},
    ),
    (
        "averaged-over-numbers",
        "The sum is divided by all numbers of the target; within an example the squares are added, and the mean "
        "is taken "
        "over the examples.",
        {"total": lambda loss, y_true: tensorflow().reduce_mean(loss) / y_true.shape[1]},
    ),
    (
        "averaged-over-objects",
        "The sum is divided by the number of objects; it is the mean over all examples, and there may be no object.",
        {"total": lambda loss, y_true: tensorflow().reduce_sum(loss) / tensorflow().reduce_sum(y_true[:, 0])},
    ),
    (
        "halved",
        "Everything is halved. That is usual elsewhere; here the squares are added as they are.",
        {"total": lambda loss, y_true: tensorflow().reduce_mean(loss) / 2},
    ),
    (
        "rooted",
        "This is the root of the sum of squares; the sum itself is asked for.",
        {"total": lambda loss, y_true: tensorflow().reduce_mean(loss**0.5)},
    ),
):
    localization_loss.mistake(_key, _message, _squares(**_changed))
localization_loss.also(
    "averaged-over-objects",
    _squares(
        total=lambda loss, y_true: (
            tensorflow().reduce_sum(loss) / tensorflow().maximum(tensorflow().reduce_sum(y_true[:, 0]), 1)
        )
    ),
)
localization_loss.also("averaged-over-numbers", lambda y_true, y_pred: _mean_of_the_box(y_true, y_pred))
for _first, _changed in (
    ("everywhere", {"switch": everywhere}),
    ("switched-by-the-prediction", {"switch": sure_of_it}),
    ("nothing-costs-nothing", {"of_p": lambda difference, there: there * difference**2}),
):
    localization_loss.pair(
        _first, "not-averaged", _squares(**_changed, total=lambda loss, y_true: tensorflow().reduce_sum(loss))
    )


def _mean_of_the_box(y_true, y_pred):
    tf = tensorflow()
    squares = (tf.convert_to_tensor(y_pred) - y_true) ** 2
    return tf.reduce_mean(squares[:, 0] + y_true[:, 0] * tf.reduce_mean(squares[:, 1:], axis=1))


localization_loss.hint("What should the network say about the box, where nothing is? Anything: so it must not count.")
localization_loss.hint("squares = (y_pred - y_true) ** 2 has one row for each example; its first column always counts.")
localization_loss.hint(
    "y_true[:, 0] is 1 or 0: multiply it by the sum of the other columns, tf.reduce_sum(..., axis=1). Then the mean."
)
