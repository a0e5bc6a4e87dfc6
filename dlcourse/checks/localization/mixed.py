"""The exercise of notebook 09 on a loss of three parts."""

from __future__ import annotations

import numpy as np

from dlcourse import localization as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.localization.losses import ALIASES, LOSS, SWITCHES, batches, everywhere, targets, tensorflow
from dlcourse.checks.localization.targets import topic

# mixed_loss


@topic.exercise(
    reference=reference.mixed_loss,
    section="To each part its own loss",
    needs="tensorflow",
    aliases=ALIASES,
    weights={"an object": 2.0},
)
def mixed_loss(rng):
    """Cases from one example to many; log is the natural logarithm."""
    yield case(
        "a right box, and a network that knows nothing else, by hand",
        np.array([[1, 0.5, 0.5, 0.25, 0.25, 0, 1]], "f4"),
        np.array([[0, 0.5, 0.5, 0.25, 0.25, 0, 0]], "f4"),
        group="an object",
        expect=np.float32(2 * np.log(2)),
        **LOSS,
    )
    yield case(
        "nothing there, and a network that knows nothing, by hand",
        np.zeros((1, 8), "f4"),
        np.array([[0, 0.5, 0.5, 0.25, 0.25, 1, 2, 0]], "f4"),
        group="nothing there",
        expect=np.float32(np.log(2)),
        **LOSS,
    )
    yield from batches(rng, raw=True)
    y_true = targets(rng, [1, 0])
    sure = y_true * 0
    sure[:, 0], sure[:, 1:5] = [-120, 120], y_true[:, 1:5]
    sure[:, 5:] = 130 * (1 - y_true[:, 5:])
    yield case("very sure, and wrong", y_true, sure, group="very sure networks", **LOSS)


def _mixed(
    switch=lambda y_true, y_pred: y_true[:, 0],
    of_p=None,
    of_class=None,
    free_box=False,
    free_class=False,
    of_box=lambda box, truth: (box - truth) ** 2,
    total=None,
):
    """mixed_loss with one thing changed."""

    def variant(y_true, y_pred):
        tf = tensorflow()
        y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        there = switch(y_true, y_pred)
        is_there = tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true[:, 0], logits=y_pred[:, 0])
        if of_p:
            is_there = of_p(y_true[:, 0], y_pred[:, 0])
        kind = tf.nn.softmax_cross_entropy_with_logits(labels=y_true[:, 5:], logits=y_pred[:, 5:])
        if of_class:
            kind = of_class(y_true[:, 5:], y_pred[:, 5:])
        box = tf.reduce_sum(of_box(y_pred[:, 1:5], y_true[:, 1:5]), axis=1)
        loss = is_there + (1 if free_box else there) * box + (1 if free_class else there) * kind
        return total(loss, y_true) if total else tf.reduce_mean(loss)

    return variant


def _log_of_the_sigmoid(truth, p):
    tf = tensorflow()
    sure = tf.sigmoid(p)
    return -truth * tf.math.log(sure) - (1 - truth) * tf.math.log(1 - sure)


def _log_of_the_softmax(truth, z):
    tf = tensorflow()
    return -tf.reduce_sum(truth * tf.math.log(tf.nn.softmax(z)), axis=1)


for _key, _message, _switch in (
    *SWITCHES[:2],
    (
        "everywhere",
        "Box and classes count even where nothing is; only p_c counts there: multiply by the true p_c.",
        everywhere,
    ),
    *SWITCHES[3:],
):
    mixed_loss.mistake(_key, _message, _mixed(switch=_switch))
mixed_loss.also(
    "switched-by-the-prediction",
    _mixed(switch=lambda y_true, y_pred: tensorflow().cast(y_pred[:, 0] >= 0, y_pred.dtype)),
)
mixed_loss.also("weighed-by-the-prediction", _mixed(switch=lambda y_true, y_pred: tensorflow().sigmoid(y_pred[:, 0])))
for _key, _message, _changed in (
    (
        "squared-p_c",
        "p_c is compared by a square; here it is a cross-entropy: tf.nn.sigmoid_cross_entropy_with_logits.",
        {"of_p": lambda truth, p: (truth - tensorflow().sigmoid(p)) ** 2},
    ),
    (
        "p_c-without-sigmoid",
        "p_c is compared by a square, and without its sigmoid; here it is a cross-entropy.",
        {"of_p": lambda truth, p: (truth - p) ** 2},
    ),
    (
        "nothing-costs-nothing",
        "Where nothing is, the loss is 0 whatever the network says: p_c counts in every example, as -ln(1 - "
        "p_c) there.",
        {"of_p": lambda truth, p: truth * tensorflow().nn.softplus(-p)},
    ),
    (
        "squared-classes",
        "The classes are compared by squares; here it is -ln of the softmax of the right class.",
        {"of_class": lambda truth, z: tensorflow().reduce_sum((truth - tensorflow().nn.softmax(z)) ** 2, axis=1)},
    ),
    (
        "classes-without-softmax",
        "The classes are compared by squares, without a softmax; here it is -ln of the softmax of the right class.",
        {"of_class": lambda truth, z: tensorflow().reduce_sum((truth - z) ** 2, axis=1)},
    ),
    (
        "a-sigmoid-for-each-class",
        "Each class has a sigmoid of its own, as if an object could be of several; it is a softmax.",
        {
            "of_class": lambda truth, z: tensorflow().reduce_sum(
                tensorflow().nn.sigmoid_cross_entropy_with_logits(labels=truth, logits=z), axis=1
            )
        },
    ),
    (
        "logarithm-of-a-logit",
        "The logarithm is taken of the network's numbers themselves, before the softmax: they may be negative.",
        {"of_class": lambda truth, z: -tensorflow().reduce_sum(truth * tensorflow().math.log(z), axis=1)},
    ),
    (
        "logarithm-of-zero",
        "For a very sure network the sigmoid or the softmax is exactly 0 or 1, and its logarithm infinite. "
        "TensorFlow's "
        "..._with_logits functions take the numbers before, and stay finite.",
        {"of_p": _log_of_the_sigmoid, "of_class": _log_of_the_softmax},
    ),
    ("box-everywhere", "The box counts even where nothing is: multiply it by the true p_c.", {"free_box": True}),
    (
        "classes-everywhere",
        "The classes count even where nothing is. Their loss is 0 there, but TensorFlow's gradient isn't: it takes for "
        "granted that one of the labels is 1. Multiply it by the true p_c.",
        {"free_class": True},
    ),
    (
        "absolute-box",
        "The box is compared by absolute values; they should be squares.",
        {"of_box": lambda box, truth: abs(box - truth)},
    ),
    (
        "box-through-a-sigmoid",
        "The box goes through a sigmoid; here its four numbers are compared as they come.",
        {"of_box": lambda box, truth: (tensorflow().sigmoid(box) - truth) ** 2},
    ),
    (
        "mean-of-the-box",
        "The mean of the four squares is taken; they are added.",
        {"of_box": lambda box, truth: (box - truth) ** 2 / 4},
    ),
    (
        "p_c-left-out",
        "p_c itself is not compared: its cross-entropy counts in every example.",
        {"of_p": lambda truth, p: 0 * p},
    ),
    (
        "box-left-out",
        "The box is not compared: the sum of its four squares counts where an object is.",
        {"of_box": lambda box, truth: 0 * box},
    ),
    ("classes-left-out", "The classes are not compared.", {"of_class": lambda truth, z: 0 * z[:, 0]}),
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
):
    mixed_loss.mistake(_key, _message, _mixed(**_changed))
mixed_loss.also("logarithm-of-zero", _mixed(of_p=_log_of_the_sigmoid))
mixed_loss.also("logarithm-of-zero", _mixed(of_class=_log_of_the_softmax))
mixed_loss.mistake(
    "all-squares",
    "This is localization_loss: all parts are squares. Here p_c and the classes have logarithms.",
    reference.localization_loss,
)
mixed_loss.pair(
    "everywhere", "not-averaged", _mixed(switch=everywhere, total=lambda loss, y_true: tensorflow().reduce_sum(loss))
)
mixed_loss.hint("Three parts, one number for each example; then the switch; then the mean.")
mixed_loss.hint(
    "tf.nn.sigmoid_cross_entropy_with_logits(labels=..., logits=...) for column 0, "
    "tf.nn.softmax_cross_entropy_with_logits(...) for the columns from 5 on."
)
mixed_loss.hint("is_there + y_true[:, 0] * (box + kind): each of the three has the shape (m,).")
