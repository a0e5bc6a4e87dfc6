"""The exercise `train_step` of notebook 02: one step of gradient descent for a small convolutional network."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.layers import LAYERS
from dlcourse.checks.pooling.shared import topic
from dlcourse.convolution import conv_backward, conv_forward


@topic.exercise(
    reference=reference.train_step,
    section="One step of training",
    companions=(
        "pool_forward",
        "pool_backward",
        "conv_forward",
        "conv_backward",
        "softmax_loss",
        "dense_backward",
        "relu_backward",
    ),
    weights={"W2 and b2": 2.0, "W1 and b1": 2.0},
)
def train_step(rng):
    yield _case(rng, "the loss", "loss", (), 2, 4, 4, (1, 2, 2), 3)
    yield _case(rng, "the loss of several images", "loss", (), 5, 4, 8, (2, 3, 2), 4)
    yield _case(rng, "the dense layer", "W3 and b3", ("W3", "b3"), 3, 8, 4, (1, 2, 3), 3)
    yield _case(rng, "the second convolution", "W2 and b2", ("W2", "b2"), 3, 4, 8, (2, 3, 2), 4)
    yield _case(rng, "the second convolution, one image", "W2 and b2", ("W2", "b2"), 1, 8, 4, (1, 2, 3), 3)
    yield _case(rng, "the first convolution", "W1 and b1", ("W1", "b1"), 3, 8, 4, (2, 3, 4), 3)
    yield _case(rng, "the first convolution, one image", "W1 and b1", ("W1", "b1"), 1, 4, 8, (1, 4, 2), 4)
    args = _case(rng, "", "", (), 2, 4, 4, (1, 2, 2), 3).args
    yield case(
        "layers that are not the notebook's",
        *args,
        group="W1 and b1",
        probe="dlcourse.checking.probes.layers:given_layers",
        expect={"result": _step(*args, LAYERS)},
        compare=_compare_given_layers,
    )


def _case(rng, title, group, names, m, n_H, n_W, channels, classes):
    while True:
        parameters, X = _network(rng, m, n_H, n_W, channels, classes)
        if _both_ways(parameters, X):
            break
    Y = np.eye(classes)[np.arange(m) % classes]
    return case(title, parameters, X, Y, float(rng.uniform(0.5, 1.5)), group=group, compare=partial(_compare, names))


def _both_ways(parameters, X):
    """Whether each ReLU stops some of what its pool hands back: one that stops nothing could be left out."""
    for number in (1, 2):
        Z, _ = conv_forward(X, parameters[f"W{number}"], parameters[f"b{number}"], reference.SAME_3x3)
        X, _ = reference.pool_forward(Z, reference.HALVE)
        if not X.min() <= 0 < X.max():
            return False
        X = np.maximum(X, 0)
    return True


def _network(rng, m, n_H, n_W, channels, classes):
    c0, c1, c2 = channels
    parameters = {
        "W1": rng.normal(size=(3, 3, c0, c1)),
        "b1": rng.normal(size=(1, 1, 1, c1)),
        "W2": 0.5 * rng.normal(size=(3, 3, c1, c2)),
        "b2": rng.normal(size=(1, 1, 1, c2)),
        "W3": 0.1 * rng.normal(size=(n_H * n_W * c2 // 16, classes)),
        "b3": rng.normal(size=(1, classes)),
    }
    return parameters, rng.normal(size=(m, n_H, n_W, c0))


# A small number added under the logarithm, so that it never meets a 0, is as right.
LOSS = 1e-5


def _compare(names, expected, got):
    """The parameters `names` of a step, or its loss where no name is given."""
    if not isinstance(got, (tuple, list)) or len(got) != 2 or not isinstance(got[0], dict):
        return "train_step returns two values: the dictionary of the new parameters, and the loss."
    if not names:
        found = compare(expected[1], got[1], "the loss", LOSS)
        return None if found is None else found.message
    for name in names:
        if name not in got[0]:
            return f"The new parameters have no entry {name!r}."
        found = compare(expected[0][name], got[0][name], f"the new {name}", 1e-9)
        if found is not None:
            return found.message
    return None


def _compare_given_layers(expected, got):
    """An older train_step, without the argument `layers`, always uses its notebook's."""
    if got is None or (isinstance(got, dict) and not got):
        return None
    result = got.get("result") if isinstance(got, dict) else got
    return _compare(("W1", "b1"), expected["result"], result)


OWN_LAYERS = SimpleNamespace(
    conv_forward=conv_forward,
    conv_backward=conv_backward,
    pool_forward=reference.pool_forward,
    pool_backward=reference.pool_backward,
)


def _step(
    parameters,
    X,
    Y,
    learning_rate,
    layers=OWN_LAYERS,
    *,
    mean=True,
    sign=-1.0,
    relu1=True,
    relu2=True,
    chained=True,
    pool="max",
    subtract_Y=True,
    loss=lambda loss, m: loss,
    frozen=(),
    flat=lambda P2: P2.reshape(len(P2), -1),
    logarithm=True,
    late_loss=False,
    updated=False,
):
    """A step of training with one thing changed."""
    m = len(X)
    Z1, conv1 = layers.conv_forward(X, parameters["W1"], parameters["b1"], reference.SAME_3x3)
    P1, pool1 = layers.pool_forward(np.maximum(Z1, 0), reference.HALVE)
    Z2, conv2 = layers.conv_forward(P1, parameters["W2"], parameters["b2"], reference.SAME_3x3)
    P2, pool2 = layers.pool_forward(np.maximum(Z2, 0), reference.HALVE)
    features = P2.reshape(m, -1)
    scores = features @ parameters["W3"] + parameters["b3"]
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    value = -np.sum(Y * np.log(probabilities)) / m if logarithm else -np.sum(Y * probabilities) / m
    dscores = (probabilities - Y if subtract_Y else probabilities) / (m if mean else 1)
    gradients = {"W3": features.T @ dscores, "b3": dscores.sum(axis=0, keepdims=True)}
    W3 = parameters["W3"]
    if updated:
        W3 = W3 - learning_rate * gradients["W3"]
    dP2 = (dscores @ W3.T).reshape(P2.shape)
    dA2 = layers.pool_backward(dP2, pool2, pool)
    dP1, gradients["W2"], gradients["b2"] = layers.conv_backward(dA2 * (Z2 > 0) if relu2 else dA2, conv2)
    if not chained:
        dP1 = P1
    dA1 = layers.pool_backward(dP1, pool1, pool)
    _, gradients["W1"], gradients["b1"] = layers.conv_backward(dA1 * (Z1 > 0) if relu1 else dA1, conv1)
    new = {
        name: value if name in frozen else value + sign * learning_rate * gradients[name]
        for name, value in parameters.items()
    }
    if late_loss:
        value = _step(new, X, Y, learning_rate, layers)[1]
    return new, float(loss(value, m))


MISTAKES = [
    (
        "uphill",
        "The parameters go up the gradient: the loss grows. Subtract learning_rate times the gradient.",
        {"sign": 1.0},
    ),
    (
        "not-averaged",
        "The gradients are sums over the images. The loss is a mean, so they are divided by m too.",
        {"mean": False},
    ),
    ("nothing-learned", "The parameters come back as they were.", {"sign": 0.0}),
    (
        "relu-forgotten",
        "The way back passes over both ReLUs: where Z was not above 0, no gradient goes through. See "
        "'One step of training'.",
        {"relu1": False, "relu2": False},
    ),
    (
        "first-relu-forgotten",
        "The way back passes over the first ReLU: where Z1 was not above 0, no gradient goes through.",
        {"relu1": False},
    ),
    (
        "second-relu-forgotten",
        "The way back passes over the second ReLU: where Z2 was not above 0, no gradient goes through.",
        {"relu2": False},
    ),
    (
        "average-on-the-way-back",
        "The pools took the maximum on the way forth and share equally on the way back: call "
        'pool_backward with the mode "max". If you do, check pool_backward first.',
        {"pool": "average"},
    ),
    (
        "labels-forgotten",
        "The gradient of the scores is the probabilities alone; the labels must be subtracted.",
        {"subtract_Y": False},
    ),
    ("biases-not-learned", "The biases stay as they were: they have gradients too.", {"frozen": ("b1", "b2", "b3")}),
    (
        "dense-only",
        "Only the dense layer learns; the gradient goes on to the convolutions. See 'One step of training'.",
        {"frozen": ("W1", "b1", "W2", "b2")},
    ),
    (
        "first-layer-only-watches",
        "W1 and b1 stay as they were: the gradient goes on to the first convolution.",
        {"frozen": ("W1", "b1")},
    ),
    (
        "wrong-thing-handed-on",
        "The first convolution gets P1 where it needs the gradient of P1: the first of the three "
        "that conv_backward returns.",
        {"chained": False},
    ),
    (
        "updated-too-early",
        "W3 is changed before the gradient has passed through it. First all gradients, then the step.",
        {"updated": True},
    ),
    ("loss-summed", "The loss is the sum over the images; it is their mean.", {"loss": lambda loss, m: loss * m}),
    (
        "loss-of-the-step-after",
        "The loss is computed with the new parameters; the one before the step is asked for.",
        {"late_loss": True},
    ),
    (
        "loss-without-logarithm",
        "The loss has no logarithm: it is the mean of -log(probability of the right class).",
        {"logarithm": False},
    ),
]

train_step.mistake(
    "layers-ignored",
    "The argument `layers` is not used: call the functions that are in it, as in "
    "layers.pool_backward(...), and hand it on to forward.",
    lambda parameters, X, Y, learning_rate, layers=None: _step(parameters, X, Y, learning_rate),
)
for key, message, change in MISTAKES:
    train_step.mistake(key, message, partial(_step, **change))
train_step.hint(
    "For images of shape (m, ...) and one-hot Y, the gradient of the scores is (probabilities - Y) / m. The rest "
    "is your functions, in reverse order."
)
train_step.hint(
    "dW3 = features.T @ dscores, db3 is the sum of dscores over the images, and dscores @ W3.T, in the shape of "
    "P2, goes into pool_backward."
)
train_step.hint(
    "After pool_backward comes the ReLU: keep the gradient where Z > 0 and set it to 0 elsewhere. Then "
    "conv_backward, which hands on dP1, and the same two steps once more."
)
train_step.hint("New parameters: {name: value - learning_rate * gradient of the same name}. Do not use -= here.")
