"""The exercises of notebook 06 on 1x1 convolutions, forward and backward."""

from __future__ import annotations

import numpy as np

from dlcourse import inception as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.inception.shared import topic


def _layer(rng, m=1, n_H=3, n_W=4, n_C_prev=3, n_C=2, bias=False):
    X, W = rng.normal(size=(m, n_H, n_W, n_C_prev)), rng.normal(size=(1, 1, n_C_prev, n_C))
    return X, W, rng.normal(size=(1, 1, 1, n_C)) if bias else np.zeros((1, 1, 1, n_C))


# one_by_one


@topic.exercise(
    reference=reference.one_by_one, section="A dense layer at every pixel", aliases={"A_prev": "X", "x": "X", "A": "X"}
)
def one_by_one(rng):
    counted = np.arange(36.0).reshape(1, 6, 6, 1)
    doubled = np.full((1, 1, 1, 1), 2.0), np.zeros((1, 1, 1, 1))
    yield case("a 6x6x1 image times 2", counted, *doubled, group="one channel", expect=2 * counted)
    yield case("a 3x5x1 image and one weight", *_layer(rng, 1, 3, 5, 1, 1), group="one channel")
    yield case("a 6x6x32 volume and one filter", *_layer(rng, 1, 6, 6, 32, 1), group="channels and filters")
    yield case("a 6x6x32 volume and five filters", *_layer(rng, 1, 6, 6, 32, 5), group="channels and filters")
    yield case("as many filters as channels", *_layer(rng, 1, 3, 3, 3, 3), group="channels and filters")
    yield case("more filters than channels", *_layer(rng, 1, 2, 3, 2, 7), group="channels and filters")
    yield case("one pixel", *_layer(rng, 1, 1, 1, 4, 3), group="channels and filters")
    channels, images = "channels and filters", "several images"
    yield case("three rectangular images of one channel", *_layer(rng, 3, 2, 5, 1, 1), group=images)
    yield case("three rectangular images", *_layer(rng, 3, 2, 5, 4, 3), group=images, besides=(channels,))
    X, W, b = _layer(rng, 1, 5, 4, 1, 1, bias=True)
    yield case("a bias below 0", X, W, -np.abs(b), group="bias")
    yield case("a bias for each filter", *_layer(rng, 1, 2, 2, 3, 4, bias=True), group="bias", besides=(channels,))
    yield case("all together", *_layer(rng, 2, 3, 4, 5, 3, bias=True), group="bias", besides=(channels, images))


def _one_filter_for_all(X, W, b):
    return reference.one_by_one(X, np.repeat(W[..., :1], W.shape[3], axis=3), b)


def _first_image_only(X, W, b):
    Z = reference.one_by_one(X, W, b)
    return np.repeat(Z[:1], len(Z), axis=0)


def _first_pixel_only(X, W, b):
    Z = reference.one_by_one(X, W, b)
    return np.broadcast_to(Z[:, :1, :1], Z.shape).copy()


def _mistake(key, message, variant):
    one_by_one.mistake(key, message, variant)


_mistake(
    "no-bias",
    "The bias b is never added: each filter has one. See 'A dense layer at every pixel'.",
    lambda X, W, b: reference.one_by_one(X, W, 0 * b),
)
_mistake(
    "two-axes-too-many",
    "The result has two axes too many: W has the shape (1, 1, n_C_prev, n_C), and np.dot and np.tensordot keep its two "
    "axes of length 1. The matrix is W[0, 0]. See 'A dense layer at every pixel'.",
    lambda X, W, b: np.dot(X, W) + b,
)
_mistake(
    "transposed",
    "W[0, 0] is used with rows and columns exchanged: its rows belong to the channels that come in, its columns to the "
    "filters. See 'A dense layer at every pixel'.",
    lambda X, W, b: X @ W[0, 0].T + b,
)
_mistake(
    "reshaped",
    "The numbers of W are counted off anew: reshape does not exchange rows and columns, and none need be exchanged.",
    lambda X, W, b: X @ W.reshape(W.shape[3], W.shape[2]).T + b,
)
_mistake(
    "not-summed",
    "Each channel is multiplied by its weight, but the products are not added up: a filter makes one number of all "
    "channels of a pixel.",
    lambda X, W, b: X[..., None] * W[0, 0] + b[..., None],
)
_mistake(
    "mean",
    "This is the mean over the channels; a filter takes the sum.",
    lambda X, W, b: reference.one_by_one(X, W / X.shape[-1], b),
)
_mistake(
    "bias-in-the-sum",
    "The bias is added to every product before the sum, so it counts n_C_prev times; it is added once.",
    lambda X, W, b: reference.one_by_one(X, W, b * X.shape[-1]),
)
_mistake(
    "one-channel-only",
    "Only the first channel of the input is used; a filter spans all of them.",
    lambda X, W, b: reference.one_by_one(X[..., :1], W[:, :, :1], b),
)
_mistake(
    "one-filter-for-all",
    "Every channel of the output comes from the first filter: is the loop's index used?",
    _one_filter_for_all,
)
_mistake(
    "first-image-only",
    "Every image of the batch gets the result of the first: is the loop's index used?",
    _first_image_only,
)
_mistake("first-pixel-only", "Every pixel gets the result of the first: is the loop's index used?", _first_pixel_only)
_mistake(
    "relu",
    "Results below 0 become 0: that is the ReLU, which comes after the convolution, in a layer of its own.",
    lambda X, W, b: np.maximum(reference.one_by_one(X, W, b), 0),
)
one_by_one.hint("At one pixel: n_C_prev numbers come in, n_C numbers go out. Which operation of notebook 01 is that?")
one_by_one.hint("W[0, 0] is a matrix of shape (n_C_prev, n_C). Z[i, h, w] = X[i, h, w] @ W[0, 0] + b[0, 0, 0].")
one_by_one.hint("The operator @ works on the last axes and leaves those in front as they are: no loop is needed.")


# one_by_one_backward


def _backward_case(rng, title, numerical=False, **shape):
    X, W, b = _layer(rng, **shape)
    dZ = rng.normal(size=(*X.shape[:3], W.shape[3]))
    if not numerical:
        return case(title, dZ, X, W, group="the way back")
    expect = (
        numerical_gradient(lambda x: reference.one_by_one(x, W, b), X, dZ),
        numerical_gradient(lambda x: reference.one_by_one(X, x, b), W, dZ),
        numerical_gradient(lambda x: reference.one_by_one(X, W, x), b, dZ),
    )
    return case(title, dZ, X, W, group="the way back", expect=expect, tolerance=1e-7)


def _one_pixel():
    """Z = 3 * 2 + 5 * (-1) for one filter: each input's gradient is its weight, each weight's is its input."""
    X, W = np.array([3.0, 5.0]).reshape(1, 1, 1, 2), np.array([2.0, -1.0]).reshape(1, 1, 2, 1)
    dZ = np.full((1, 1, 1, 1), 10.0)
    expect = (np.array([20.0, -10.0]).reshape(X.shape), np.array([30.0, 50.0]).reshape(W.shape), dZ)
    return case("one pixel, two channels, one filter, by hand", dZ, X, W, group="by hand", expect=expect)


@topic.exercise(
    reference=reference.one_by_one_backward,
    outputs=("dX", "dW", "db"),
    section="The way back",
    by_output=True,
    weights={"dX": 2.0, "dW": 2.0},
    aliases={"A_prev": "X", "x": "X", "A": "X"},
)
def one_by_one_backward(rng):
    yield _one_pixel()
    yield _backward_case(rng, "one pixel, several channels and filters", n_H=1, n_W=1, n_C_prev=3, n_C=4)
    yield _backward_case(rng, "finite differences", True, m=2, n_H=2, n_W=3, n_C_prev=3, n_C=2)
    yield _backward_case(rng, "as many filters as channels", m=2, n_H=3, n_W=2, n_C_prev=3, n_C=3)
    yield _backward_case(rng, "one image", n_H=4, n_W=3, n_C_prev=4, n_C=2)
    yield _backward_case(rng, "several images", m=4, n_H=3, n_W=5, n_C_prev=2, n_C=6)


def _changed(change):
    """A wrong variant that changes some of the three right gradients."""

    def variant(dZ, X, W):
        gradients = dict(zip(("dX", "dW", "db"), reference.one_by_one_backward(dZ, X, W), strict=True))
        return tuple({**gradients, **change(dZ, X, W, **gradients)}.values())

    return variant


def _of_one(dZ, X, W, place):
    """The gradients of dW and db as they are for a part of the batch or of the pixels."""
    _, dW, db = reference.one_by_one_backward(dZ[place], X[place], W)
    return dW, db


for _key, _message, _change in (
    (
        "filter-not-transposed",
        "dX is dZ times W[0, 0]; dZ has one number for each filter, dX one for each channel that came in: W[0, 0] must "
        "be transposed. See 'The way back'.",
        lambda dZ, X, W, **_: {"dX": dZ @ W[0, 0]},
    ),
    (
        "filter-reshaped",
        "W is reshaped where it must be transposed: reshape counts its numbers off anew, .T exchanges rows and "
        "columns.",
        lambda dZ, X, W, **_: {"dX": dZ @ W.reshape(W.shape[3], W.shape[2])},
    ),
    (
        "overwritten",
        "dX holds the part of the last filter only (`=` for `+=`): a channel goes into all filters, and their parts "
        "add up.",
        lambda dZ, X, W, **_: {"dX": dZ[..., -1:] @ W[0, 0, :, -1:].T},
    ),
    (
        "averaged",
        "dW and db are divided by the number of images. The mean belongs to the loss; it is already in dZ.",
        lambda dZ, X, W, dX, dW, db: {"dW": dW / len(X), "db": db / len(X)},
    ),
    (
        "averaged-over-pixels",
        "dW and db are means over images and pixels. The same weight is used everywhere, so its gradients are added "
        "up.",
        lambda dZ, X, W, dX, dW, db: {"dW": dW / dZ[..., 0].size, "db": db / dZ[..., 0].size},
    ),
    (
        "dW-averaged",
        "dW is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
        lambda dZ, X, W, dX, dW, db: {"dW": dW / len(X)},
    ),
    (
        "dW-transposed",
        "dW has rows and columns exchanged: like W, its rows belong to the channels that come in.",
        lambda dZ, X, W, dX, dW, db: {"dW": np.swapaxes(dW, 2, 3)},
    ),
    (
        "dW-reshaped",
        "The numbers of dW are counted off anew by reshape; rows and columns must be exchanged with .T, or the product "
        "taken the other way round.",
        lambda dZ, X, W, dX, dW, db: {"dW": np.swapaxes(dW, 2, 3).reshape(dW.shape)},
    ),
    (
        "dW-is-a-matrix",
        "dW is a matrix; give it the shape of W, (1, 1, n_C_prev, n_C): the step W - rate * dW needs it.",
        lambda dZ, X, W, dX, dW, db: {"dW": dW[0, 0]},
    ),
    (
        "last-image-only",
        "dW and db hold the gradients of the last image only: they must be added up over the batch.",
        lambda dZ, X, W, **_: dict(zip(("dW", "db"), _of_one(dZ, X, W, np.s_[-1:]), strict=True)),
    ),
    (
        "last-pixel-only",
        "dW and db hold the gradients of one place only: they are added up over all images, rows and columns.",
        lambda dZ, X, W, **_: dict(zip(("dW", "db"), _of_one(dZ, X, W, np.s_[-1:, -1:, -1:]), strict=True)),
    ),
    (
        "dW-of-one-pixel",
        "dW holds the gradient of one place only (`=` for `+=`): it is added up over all images, rows and columns.",
        lambda dZ, X, W, **_: {"dW": _of_one(dZ, X, W, np.s_[-1:, -1:, -1:])[0]},
    ),
    (
        "db-divided-by-m",
        "db is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
        lambda dZ, X, W, dX, dW, db: {"db": db / len(X)},
    ),
    (
        "db-averaged",
        "db is a mean of dZ; a bias is added everywhere, so its gradient is a sum.",
        lambda dZ, X, W, **_: {"db": dZ.mean(axis=(0, 1, 2), keepdims=True)},
    ),
    (
        "db-over-filters",
        "db sums over the filters too; each filter has a bias of its own.",
        lambda dZ, X, W, dX, dW, db: {"db": np.full_like(db, dZ.sum())},
    ),
    (
        "db-without-axes",
        "db has one axis only; give it the shape of b, (1, 1, 1, n_C): np.sum has the argument keepdims.",
        lambda dZ, X, W, dX, dW, db: {"db": db.ravel()},
    ),
    (
        "matrix-and-vector",
        "dW is a matrix and db a vector; give them the shapes of W and b, (1, 1, n_C_prev, n_C) and (1, 1, 1, n_C).",
        lambda dZ, X, W, dX, dW, db: {"dW": dW[0, 0], "db": db.ravel()},
    ),
):
    one_by_one_backward.mistake(_key, _message, _changed(_change))
one_by_one_backward.hint(
    "At one pixel Z = X @ W[0, 0] + b. What is the derivative of one number of Z by one of X? By one of W? By b?"
)
one_by_one_backward.hint(
    "A pixel of X meets all filters: dX[i, h, w] = W[0, 0] @ dZ[i, h, w]. A weight meets all pixels: sum over them."
)
one_by_one_backward.hint(
    "X.reshape(-1, n_C_prev) has a row for each pixel of the batch, and dZ.reshape(-1, n_C) too. Which product of the "
    "two has the shape (n_C_prev, n_C)?"
)
