"""The exercises of notebook 07 on pointwise convolutions, forward and backward."""

from __future__ import annotations

import numpy as np

from dlcourse import mobile as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.mobile.parts import ARRAYS, topic

# pointwise_conv


@topic.exercise(
    reference=reference.pointwise_conv, outputs=("Z", None), section="A mixture at every pixel", aliases=ARRAYS
)
def pointwise_conv(rng):
    pixel = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3)
    W = np.array([[1.0, 0.0], [10.0, 1.0], [100.0, -1.0]])
    expect = np.array([321.0, -1.0]).reshape(1, 1, 1, 2)
    yield case("one pixel with three channels, by hand", pixel, W, group="one pixel", expect=expect)
    yield case("one pixel, five channels to four", *_mixture(rng, 1, 1, 1, 5, 4), group="one pixel")
    yield case("as many channels as before", *_mixture(rng, 1, 1, 1, 3, 3), group="one pixel")
    yield case("a rectangular image", *_mixture(rng, 1, 3, 4, 2, 5), group="many pixels")
    yield case("three images", *_mixture(rng, 3, 4, 3, 4, 2), group="many pixels")
    yield case("three images, as many channels as before", *_mixture(rng, 3, 2, 4, 3, 3), group="many pixels")


def _mixture(rng, m, n_H, n_W, n_C_prev, n_C):
    return rng.normal(size=(m, n_H, n_W, n_C_prev)), rng.normal(size=(n_C_prev, n_C))


def _pointwise(change):
    return lambda X, W: (change(X, W), (X, W))


pointwise_conv.mistake(
    "transposed",
    "W is used transposed: its rows belong to the channels of the input, its columns to those of the output.",
    _pointwise(lambda X, W: X @ W.T),
)
pointwise_conv.mistake(
    "channels-first",
    "The numbers are right, but the channels come first; they are the last axis of Z.",
    _pointwise(lambda X, W: np.tensordot(W, X, axes=([0], [3]))),
)
pointwise_conv.mistake(
    "relu",
    "Numbers below 0 become 0: that is the ReLU, which comes later, in a layer of its own.",
    _pointwise(lambda X, W: np.maximum(X @ W, 0)),
)
pointwise_conv.mistake(
    "averaged",
    "This is the mean of the products; a convolution takes their sum.",
    _pointwise(lambda X, W: X @ W / len(W)),
)
pointwise_conv.mistake(
    "pixels-mixed",
    "The pixels are mixed too: reshape only puts the numbers in other rows. A pixel of Z comes from the pixel of X in "
    "the same place, so the channels must stay the last axis.",
    _pointwise(lambda X, W: (X.reshape(len(X), X.shape[3], -1).swapaxes(1, 2) @ W).reshape(*X.shape[:3], -1)),
)
pointwise_conv.mistake(
    "first-image-only",
    "Every image of the batch gets the result of the first: is the loop's index used?",
    _pointwise(lambda X, W: np.repeat(X[:1] @ W, len(X), axis=0)),
)
pointwise_conv.mistake(
    "not-mixed",
    "Every channel of the output comes from one channel of the input; it is a sum over all of them.",
    _pointwise(lambda X, W: X[..., :1] * W[0]),
)
pointwise_conv.hint("What happens at one pixel? A row of n_C_prev numbers meets a matrix.")
pointwise_conv.hint("The operator @ takes the last axis of X and the first of W, whatever axes come before.")


# pointwise_conv_backward


@topic.exercise(
    reference=reference.pointwise_conv_backward,
    outputs=("dX", "dW"),
    section="The way back through the mixture",
    by_output=True,
    companions=("pointwise_conv",),
)
def pointwise_conv_backward(rng):
    X, W = np.array([2.0, 3.0]).reshape(1, 1, 1, 2), np.array([[5.0], [7.0]])
    cache = made("pointwise_conv", X, W, take=1, otherwise=(X, W))
    expect = (10 * W.reshape(1, 1, 1, 2), 10 * X.reshape(2, 1))
    yield case("one pixel, by hand", np.full((1, 1, 1, 1), 10.0), cache, group="by hand", expect=expect)
    yield _pointwise_case(rng, "one image", 1, 3, 4, 2, 3)
    yield _pointwise_case(rng, "finite differences", 2, 2, 3, 3, 2, numerical=True)
    yield _pointwise_case(rng, "three images", 3, 4, 2, 4, 3)
    yield _pointwise_case(rng, "as many channels as before", 2, 3, 4, 3, 3)


def _pointwise_case(rng, title, *sizes, numerical=False):
    X, W = _mixture(rng, *sizes)
    dZ = rng.normal(size=(*X.shape[:3], W.shape[1]))
    cache = made("pointwise_conv", X, W, take=1, otherwise=(X, W))
    if not numerical:
        return case(title, dZ, cache, group="random")
    forward = reference.pointwise_conv
    expect = (
        numerical_gradient(lambda x: forward(x, W)[0], X, dZ),
        numerical_gradient(lambda w: forward(X, w)[0], W, dZ),
    )
    return case(title, dZ, cache, group="random", expect=expect, tolerance=1e-7)


def _pointwise_backward(change):
    return lambda dZ, cache: change(dZ, *cache, *reference.pointwise_conv_backward(dZ, cache))


pointwise_conv_backward.mistake(
    "w-not-transposed",
    "dX is dZ times W; on the way back the matrix is transposed: from the n_C channels to the n_C_prev.",
    _pointwise_backward(lambda dZ, X, W, dX, dW: (dZ @ W, dW)),
)
pointwise_conv_backward.mistake(
    "dw-transposed",
    "dW is transposed: it has the shape of W, a row for each channel of the input.",
    _pointwise_backward(lambda dZ, X, W, dX, dW: (dX, dW.T)),
)
pointwise_conv_backward.mistake(
    "averaged",
    "dW is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
    _pointwise_backward(lambda dZ, X, W, dX, dW: (dX, dW / len(dZ))),
)
pointwise_conv_backward.mistake(
    "averaged-over-pixels",
    "dW is a mean over all pixels. W is used at every one of them, so their gradients add up.",
    _pointwise_backward(lambda dZ, X, W, dX, dW: (dX, dW / dZ[..., 0].size)),
)
pointwise_conv_backward.mistake(
    "one-for-each-image",
    "dW has one matrix for each image; they are added up.",
    _pointwise_backward(lambda dZ, X, W, dX, dW: (dX, np.einsum("mhwc,mhwk->mck", X, dZ))),
)
pointwise_conv_backward.mistake(
    "last-image-only",
    "dW holds the gradient of the last image only: it must be added up over the batch.",
    _pointwise_backward(lambda dZ, X, W, dX, dW: (dX, np.einsum("hwc,hwk->ck", X[-1], dZ[-1]))),
)
pointwise_conv_backward.mistake(
    "exchanged",
    "The two gradients come in the wrong order: dX first, then dW.",
    _pointwise_backward(lambda dZ, X, W, dX, dW: (dW, dX)),
)
pointwise_conv_backward.hint(
    "At one pixel z = x W. What is the gradient of the loss with respect to x, given that of z?"
)
pointwise_conv_backward.hint(
    "dX has the shape of X, so n_C channels must become n_C_prev: which form of W does that? dW[c, k] adds up "
    "X[i, h, w, c] * dZ[i, h, w, k] over images and pixels."
)
