"""The exercises of notebook 02 that a step of training is made of: loss, dense layer and ReLU on the way back."""

from __future__ import annotations

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checks.pooling.shared import images, topic

# softmax_loss

TOLERANCE = 1e-5  # a small number added under the logarithm, so that it never meets a 0, is as right
LOSS, GRADIENT = 0, 1


@topic.exercise(reference=reference.softmax_loss, section="The loss, and the first step back")
def softmax_loss(rng):
    scores, Y = np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]])
    by_hand = (np.log(2), np.array([[-0.5, 0.5]]))
    yield _part(LOSS, "one image, two equal scores", scores, Y, expect=by_hand)
    for m, classes in ((1, 4), (3, 5), (6, 10)):
        drawn = _scores(rng, m, classes)
        yield _part(LOSS, f"{m} images, {classes} classes", *drawn)
        yield _part(GRADIENT, f"{m} images, {classes} classes", *drawn)
    scores, Y = _scores(rng, 4, 5)
    yield case(
        "scores of 1,000 and more",
        scores + 1000 * rng.choice([-1, 1], size=(4, 1)),
        Y,
        group="large scores",
        compare=_compare_large,
    )


def _scores(rng, m, classes):
    return 1.5 * images(rng, m, classes), np.eye(classes)[rng.permutation(max(m, classes))[:m] % classes]


def _part(number, title, scores, Y, **options):
    group, compare_one = (("the loss", _compare_loss), ("the gradient", _compare_gradient))[number]
    return case(title, scores, Y, group=group, compare=compare_one, **options)


def _two(got):
    return isinstance(got, (tuple, list)) and len(got) == 2


def _compare_loss(expected, got, tolerance=TOLERANCE):
    if not _two(got):
        return "softmax_loss returns two values: the loss, and the gradient of the scores."
    found = compare(expected[LOSS], got[LOSS], "the loss", tolerance)
    return found.message if found else None


def _compare_gradient(expected, got):
    if not _two(got):
        return "softmax_loss returns two values: the loss, and the gradient of the scores."
    found = compare(expected[GRADIENT], got[GRADIENT], "dscores", TOLERANCE)
    return found.message if found else None


def _compare_large(expected, got):
    """The loss, and a gradient that is made of numbers: which, the other cases ask."""
    if said := _compare_loss(expected, got, 1e-3):  # float32 keeps four digits behind the point of such scores
        return said
    made_of_numbers, due = (
        array.dtype.kind in "fiu" and bool(np.all(np.isfinite(array)))
        for array in (np.asarray(got[GRADIENT]), np.asarray(expected[GRADIENT]))
    )
    if made_of_numbers == due:  # of a wrong variant, neither may be
        return None
    return "dscores is not made of numbers here: inf or nan come of exponentials that overflow."


def _softmax(scores, axis=1, largest=True):
    exponentials = np.exp(scores - (scores.max(axis=axis, keepdims=True) if largest else 0))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _loss(scores, Y, loss=None, gradient=None, **softmax):
    """The loss and its gradient, with one of them, or the softmax, changed."""
    P, m = _softmax(scores, **softmax), len(scores)
    J = -np.sum(Y * np.log(P)) / m if loss is None else loss(P, Y, m)
    return J, (P - Y) / m if gradient is None else gradient(P, Y, m)


for _key, _message, _change in (
    (
        "loss-summed",
        "The loss is the sum over the images; it is their mean.",
        {"loss": lambda P, Y, m: -np.sum(Y * np.log(P))},
    ),
    (
        "mean-of-all-numbers",
        "The loss is divided by the number of all entries; it is the mean over the images: divide by m.",
        {"loss": lambda P, Y, m: -np.mean(Y * np.log(P))},
    ),
    (
        "no-logarithm",
        "The loss has no logarithm: it is the mean of -log(probability of the right class).",
        {"loss": lambda P, Y, m: -np.sum(Y * P) / m},
    ),
    (
        "loss-below-zero",
        "The loss has the other sign: logarithms of probabilities are below 0, and a loss is above.",
        {"loss": lambda P, Y, m: np.sum(Y * np.log(P)) / m},
    ),
    (
        "likeliest-class",
        "The loss asks for the probability of the likeliest class; it is that of the right one, which Y marks.",
        {"loss": lambda P, Y, m: -np.mean(np.log(P.max(axis=1)))},
    ),
    (
        "both-classes",
        "This is the loss of a yes-or-no question, with log(1 - p) for all other classes; only the right class counts.",
        {"loss": lambda P, Y, m: -np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / m},
    ),
    (
        "gradient-not-averaged",
        "The gradient is that of the sum over the images. The loss is a mean, so it is divided by m too.",
        {"gradient": lambda P, Y, m: P - Y},
    ),
    (
        "labels-forgotten",
        "The gradient is the probabilities alone; the labels must be subtracted.",
        {"gradient": lambda P, Y, m: P / m},
    ),
    (
        "turned-round",
        "The gradient has the other sign: where the right class is thought unlikely, its score must grow, so its "
        "gradient is below 0.",
        {"gradient": lambda P, Y, m: (Y - P) / m},
    ),
    (
        "gradient-of-probabilities",
        "This is the gradient of the probabilities, -Y / P; that of the scores, through the softmax, is simpler.",
        {"gradient": lambda P, Y, m: -Y / P / m},
    ),
    (
        "largest-not-subtracted",
        "With large scores the exponentials overflow. Subtract each row's largest score first: the softmax stays the "
        "same.",
        {"largest": False},
    ),
    (
        "softmax-down-the-columns",
        "The softmax runs over the images; each image has one of its own: axis=1.",
        {"axis": 0},
    ),
):
    softmax_loss.mistake(_key, _message, lambda scores, Y, change=_change: _loss(scores, Y, **change))
softmax_loss.hint("probabilities: the exponentials of the scores, each row less its largest, over the sum of the row.")
softmax_loss.hint("The loss: -np.sum(Y * np.log(probabilities)) / m, where m is the number of rows.")
softmax_loss.hint("dscores, by the first line of the table: (probabilities - Y) / m.")

# dense_backward


@topic.exercise(
    reference=reference.dense_backward,
    section="A dense layer and a ReLU, backwards",
    outputs=("dA_prev", "dW", "db"),
    by_output=True,
)
def dense_backward(rng):
    yield case(
        "one image, two numbers in, one out",
        np.array([[2.0]]),
        np.array([[1.0, 3.0]]),
        np.array([[4.0], [5.0]]),
        group="by hand",
        expect=(np.array([[8.0, 10.0]]), np.array([[2.0], [6.0]]), np.array([[2.0]])),
    )
    for m, before, after in ((4, 4, 4), (3, 5, 2), (7, 2, 6)):
        yield case(
            f"{m} images, {before} numbers in, {after} out",
            images(rng, m, after),
            images(rng, m, before),
            images(rng, before, after),
            group="random",
        )


def _dense(dZ, A_prev, W, dA=None, dW=None, db=None):
    return (
        dZ @ W.T if dA is None else dA(dZ, A_prev, W),
        A_prev.T @ dZ if dW is None else dW(dZ, A_prev, W),
        dZ.sum(axis=0, keepdims=True) if db is None else db(dZ, A_prev, W),
    )


for _key, _message, _change in (
    (
        "W-not-transposed",
        "dA_prev is dZ @ W: the way back goes through W the other way round, W.T.",
        {"dA": lambda dZ, A_prev, W: dZ @ W},
    ),
    (
        "dW-transposed",
        "dW is transposed: it has the shape of W, (numbers in, numbers out).",
        {"dW": lambda dZ, A_prev, W: dZ.T @ A_prev},
    ),
    (
        "dW-averaged",
        "dW is divided by m: dZ comes from a loss that is a mean already, so the images are added up.",
        {"dW": lambda dZ, A_prev, W: A_prev.T @ dZ / len(dZ)},
    ),
    (
        "db-averaged",
        "db is a mean over the images: dZ comes from a loss that is a mean already, so add up.",
        {"db": lambda dZ, A_prev, W: dZ.mean(axis=0, keepdims=True)},
    ),
    (
        "db-flat",
        "db has one axis only: it has the shape of b, (1, numbers out): keepdims=True.",
        {"db": lambda dZ, A_prev, W: dZ.sum(axis=0)},
    ),
    (
        "db-over-the-units",
        "db adds up over the units; each unit has a bias of its own, and the images are added up: axis=0.",
        {"db": lambda dZ, A_prev, W: dZ.sum(axis=1, keepdims=True)},
    ),
    ("db-summed-up", "db is one number: each unit has a bias of its own.", {"db": lambda dZ, A_prev, W: np.sum(dZ)}),
    ("db-not-summed", "db is dZ: the images are still to be added up.", {"db": lambda dZ, A_prev, W: dZ}),
):
    dense_backward.mistake(_key, _message, lambda dZ, A_prev, W, change=_change: _dense(dZ, A_prev, W, **change))
dense_backward.pair(
    "dW-averaged",
    "db-averaged",
    lambda dZ, A_prev, W: (dZ @ W.T, A_prev.T @ dZ / len(dZ), dZ.mean(axis=0, keepdims=True)),
)
dense_backward.hint("Each gradient has the shape of what it belongs to, which leaves one way to multiply.")
dense_backward.hint(
    "dA_prev = dZ @ W.T, dW = A_prev.T @ dZ, and db is the sum of dZ over the images, with keepdims=True."
)

# relu_backward


@topic.exercise(reference=reference.relu_backward, section="A dense layer and a ReLU, backwards")
def relu_backward(rng):
    group = "what goes through"
    yield case(
        "three numbers by hand",
        np.array([5.0, -6.0, 7.0]),
        np.array([1.0, 2.0, -3.0]),
        group=group,
        expect=np.array([5.0, -6.0, 0.0]),
    )
    for shape in ((3, 4), (2, 3, 3, 2)):
        yield case(f"an array of shape {shape}", images(rng, *shape), images(rng, *shape), group=group)


for _key, _message, _variant in (
    (
        "everything-passes",
        "All of the gradient goes through: where Z was not above 0, the ReLU gave 0 whatever Z was, so nothing does.",
        lambda dA, Z: 1.0 * dA,
    ),
    (
        "relu-of-the-gradient",
        "The gradient itself is cut at 0: what decides is the sign of Z.",
        lambda dA, Z: np.maximum(dA, 0),
    ),
    (
        "relu-of-Z",
        "This is the way forth, the ReLU of Z: the gradient dA is not in it.",
        lambda dA, Z: np.maximum(Z, 0),
    ),
    ("mask-alone", "This is the mask, 1 where Z is above 0: multiply it by dA.", lambda dA, Z: (Z > 0) * 1.0),
    (
        "times-the-activation",
        "The gradient is multiplied by the ReLU's output. The slope of a ReLU is 1 where Z is above 0, not Z.",
        lambda dA, Z: dA * np.maximum(Z, 0),
    ),
    (
        "the-other-way-round",
        "The gradient goes through where Z was below 0: it goes through where Z was above.",
        lambda dA, Z: dA * (Z < 0),
    ),
    (
        "times-the-sign",
        "Where Z is below 0 the gradient changes its sign; the slope is 0 there, not -1.",
        lambda dA, Z: dA * np.sign(Z),
    ),
):
    relu_backward.mistake(_key, _message, _variant)
relu_backward.hint("The slope of a ReLU is 1 where Z is above 0, and 0 elsewhere.")
relu_backward.hint("Z > 0 is a mask. Multiplied by a number, True counts as 1 and False as 0.")
