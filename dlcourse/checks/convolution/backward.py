"""The exercise of notebook 01 on the way back: `conv_backward`."""

from __future__ import annotations

import numpy as np

from dlcourse import convolution as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.convolution.shared import random_layer, topic


def _backward_case(rng, title, group, numerical=False, **shape):
    A_prev, W, b, hparameters = random_layer(rng, bias=True, **shape)
    Z, _ = reference.conv_forward(A_prev, W, b, hparameters)
    dZ = rng.normal(size=Z.shape)
    cache = made("conv_forward", A_prev, W, b, hparameters, take=1, otherwise=(A_prev, W, b, hparameters))
    if not numerical:
        return case(title, dZ, cache, group=group)

    def forward(A_prev=A_prev, W=W, b=b):
        return reference.conv_forward(A_prev, W, b, hparameters)[0]

    expect = (
        numerical_gradient(lambda x: forward(A_prev=x), A_prev, dZ),
        numerical_gradient(lambda x: forward(W=x), W, dZ),
        numerical_gradient(lambda x: forward(b=x), b, dZ),
    )
    return case(title, dZ, cache, group=group, expect=expect, tolerance=1e-7)


def _by_hand():
    """One 2x2 filter on a 2x2 image: dW is the image and dA_prev the filter, both times dZ."""
    A_prev = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    W = np.array([[5.0, 6.0], [7.0, 8.0]]).reshape(2, 2, 1, 1)
    b, hparameters = np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0}
    dZ = np.full((1, 1, 1, 1), 10.0)
    cache = made("conv_forward", A_prev, W, b, hparameters, take=1, otherwise=(A_prev, W, b, hparameters))
    expect = (10 * W.reshape(1, 2, 2, 1), 10 * A_prev.reshape(2, 2, 1, 1), np.full((1, 1, 1, 1), 10.0))
    return case("a 2x2 image under a 2x2 filter, by hand", dZ, cache, group="without a border", expect=expect)


@topic.exercise(
    reference=reference.conv_backward,
    outputs=("dA_prev", "dW", "db"),
    section="The way back",
    by_output=True,
    companions=("zero_pad", "conv_forward"),
    weights={"dA_prev": 2.0, "dW": 2.0},
)
def conv_backward(rng):
    # without a border only where nothing else is difficult: x[pad:-pad], which is empty then, raises
    yield _by_hand()
    yield _backward_case(rng, "one image, one filter", "without a border", m=1, n_H=4, n_W=4, n_C_prev=1, n_C=1)
    yield _backward_case(rng, "finite differences", "stride 1", True, m=2, n_H=3, n_W=2, n_C_prev=2, n_C=2, f=2, pad=1)
    yield _backward_case(rng, "several images, channels and filters", "stride 1", m=3, n_H=4, n_C_prev=2, n_C=3, pad=1)
    yield _backward_case(rng, "as many channels as filters", "stride 1", m=2, n_H=4, n_W=3, n_C=3, pad=1)
    yield _backward_case(rng, "a filter of 5x5", "stride 1", m=1, n_H=4, n_W=3, n_C_prev=2, n_C=2, f=5, pad=1)
    yield _backward_case(rng, "padding 2", "padding", m=2, n_H=3, n_W=4, n_C_prev=2, n_C=3, pad=2)
    yield _backward_case(rng, "stride 2", "stride", m=2, n_H=5, n_W=7, n_C_prev=2, n_C=3, stride=2, pad=1)
    yield _backward_case(
        rng, "stride 2 that leaves a rest", "stride", m=2, n_H=4, n_W=6, n_C_prev=2, n_C=2, stride=2, pad=1
    )
    yield _backward_case(rng, "padding 2 and stride 3", "stride", m=2, n_H=6, n_W=7, n_C_prev=2, n_C=2, stride=3, pad=2)


def _backward(change):
    """A wrong variant that changes the three right gradients."""

    def variant(dZ, cache):
        A_prev, W, b, hparameters = cache
        return change(dZ, A_prev, W, b, hparameters, *reference.conv_backward(dZ, cache))

    return variant


def _input_gradient(dZ, A_prev, W, hparameters):
    zero = np.zeros((1, 1, 1, W.shape[3]))
    return reference.conv_backward(dZ, (A_prev, W, zero, hparameters))[0]


def _overwritten(dZ, A_prev, W, b, hparameters, dA, dW, db):
    """`=` for `+=` in the window of the input's gradient: the last window and filter win."""
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    dA_pad = np.zeros_like(reference.zero_pad(A_prev, pad))
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            window = np.s_[:, h * stride : h * stride + f, w * stride : w * stride + f]
            dA_pad[window] = W[..., -1] * dZ[:, h, w, -1][:, None, None, None]
    n_H, n_W = A_prev.shape[1:3]
    return dA_pad[:, pad : pad + n_H, pad : pad + n_W], dW, db


def _window_not_strided(dZ, A_prev, W, b, hparameters, dA, dW, db):
    """Windows that move by 1 on the way back although the way forth had a stride."""
    pad, f = hparameters["pad"], W.shape[0]
    A_pad = reference.zero_pad(A_prev, pad)
    used = A_pad[:, : dZ.shape[1] + f - 1, : dZ.shape[2] + f - 1]
    part, dW, db = reference.conv_backward(dZ, (used, W, b, {"stride": 1, "pad": 0}))
    dA_pad = np.zeros_like(A_pad)
    dA_pad[:, : used.shape[1], : used.shape[2]] = part
    n_H, n_W = A_prev.shape[1:3]
    return dA_pad[:, pad : pad + n_H, pad : pad + n_W], dW, db


def _weights_gradient_unpadded(dZ, A_prev, W, hparameters):
    """The windows of the way forth, taken from the image without its border: those over the edge are cut short."""
    stride, f = hparameters["stride"], W.shape[0]
    grown = np.pad(A_prev, [(0, 0), (0, 2 * hparameters["pad"]), (0, 2 * hparameters["pad"]), (0, 0)])
    zero = np.zeros((1, 1, 1, W.shape[3]))
    assert grown.shape[1] >= (dZ.shape[1] - 1) * stride + f
    return reference.conv_backward(dZ, (grown, W, zero, {**hparameters, "pad": 0}))[1]


conv_backward.mistake(
    "filter-rotated",
    "dA_prev uses the filter turned by 180 degrees. Each input pixel gets back the very weight that it met on the "
    "way forth. See 'The way back'.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (_input_gradient(dZ, A, W[::-1, ::-1], h), dW, db)),
)
conv_backward.mistake(
    "overwritten",
    "Windows overlap, so gradients must be added up: dA_prev holds only the last one (`=` for `+=`).",
    _backward(_overwritten),
)
conv_backward.mistake(
    "stride-forgotten",
    "The windows move by 1 on the way back; they must begin where they began on the way forth: at "
    "h * stride. See 'The way back'.",
    _backward(_window_not_strided),
)
conv_backward.mistake(
    "border-kept",
    "dA_prev still has the border of the padding: cut it off before returning.",
    _backward(
        lambda dZ, A, W, b, h, dA, dW, db: (
            reference.conv_backward(dZ, (reference.zero_pad(A, h["pad"]), W, b, {**h, "pad": 0}))[0],
            dW,
            db,
        )
    ),
)
conv_backward.mistake(
    "averaged",
    "dW and db are divided by the number of images. The mean belongs to the loss; it is already in dZ.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW / len(dZ), db / len(dZ))),
)
conv_backward.mistake(
    "db-averaged",
    "db is a mean of dZ; a bias is added everywhere, so its gradient is a sum.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, dZ.mean(axis=(0, 1, 2)).reshape(b.shape))),
)
conv_backward.mistake(
    "db-over-filters",
    "db sums over the filters too; each filter has a bias of its own.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, np.full_like(b, dZ.sum()))),
)
conv_backward.mistake(
    "db-last-pixel",
    "db holds the gradient of one place only: is it added up over all images, rows and columns?",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, dZ[-1, -1, -1].reshape(b.shape))),
)
conv_backward.mistake(
    "last-image-only",
    "dW holds the gradient of the last image only: it must be added up over the batch.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, reference.conv_backward(dZ[-1:], (A[-1:], W, b, h))[1], db)),
)
conv_backward.mistake(
    "unpadded",
    "dW is computed from the images without their border; use the padded ones, as on the way forth.",
    _backward(lambda dZ, A, W, b, h, dA, dW, db: (dA, _weights_gradient_unpadded(dZ, A, W, h), db)),
)


def _loops(
    start=lambda h, w, stride: (h * stride, w * stride),
    to_input=lambda window, weights, dz, old: old + weights * dz,
    to_weights=lambda window, weights, dz, old: old + window * dz,
    to_bias=lambda dz, old: old + dz,
    upstream=lambda dZ, i, h, w, c: dZ[i, h, w, c],
    seen=lambda A_pad, A_prev: A_pad,
    begin=np.zeros_like,
    end=lambda dA_prev, dW, db, m: (dA_prev, dW, db),
):
    """The loops of the way back with one thing changed."""

    def variant(dZ, cache):
        A_prev, W, b, hparameters = cache
        stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
        m, n_H_prev, n_W_prev, _ = A_prev.shape
        A_pad = reference.zero_pad(A_prev, pad)
        dA_pad, dW, db = begin(A_pad), np.zeros(W.shape), np.zeros(W.shape[3])
        images = seen(A_pad, A_prev)
        for i, h, w, c in np.ndindex(dZ.shape):
            top, left = start(h, w, stride)
            place = np.s_[i, top : top + f, left : left + f]
            dz, window = upstream(dZ, i, h, w, c), images[place]
            dA_pad[place] = to_input(window, W[..., c], dz, dA_pad[place])
            dW[..., c] = to_weights(window, W[..., c], dz, dW[..., c])
            db[c] = to_bias(dz, db[c])
        dA_prev = dA_pad[:, pad : pad + n_H_prev, pad : pad + n_W_prev]
        return end(dA_prev, dW, db.reshape(1, 1, 1, -1), m)

    return variant


conv_backward.mistake(
    "nothing-written-back",
    "dA_prev stays 0: what was gathered in the padded array is never copied into it. Cut the border off, "
    "and return what is left.",
    _loops(end=lambda dA_prev, dW, db, m: (0 * dA_prev, dW, db)),
)
conv_backward.also("unpadded", _loops(seen=lambda A_pad, A_prev: A_prev))
conv_backward.mistake(
    "dW-overwritten",
    "dW keeps only the last window's share: a filter meets many windows, so add up (`+=`).",
    _loops(to_weights=lambda window, weights, dz, old: window * dz),
)
conv_backward.mistake(
    "all-overwritten",
    "All three gradients keep only what came last: what is shared or overlaps adds up (`+=` in all three lines).",
    _loops(
        to_input=lambda window, weights, dz, old: weights * dz,
        to_weights=lambda window, weights, dz, old: window * dz,
        to_bias=lambda dz, old: dz,
    ),
)
conv_backward.mistake(
    "dA-and-dW-overwritten",
    "dA_prev and dW keep only what came last: windows overlap and filters are shared, so add up (`+=`).",
    _loops(
        to_input=lambda window, weights, dz, old: weights * dz, to_weights=lambda window, weights, dz, old: window * dz
    ),
)
conv_backward.mistake(
    "dW-and-db-overwritten",
    "dW and db keep only what came last: filters and biases are shared by all places, so add up (`+=`).",
    _loops(to_weights=lambda window, weights, dz, old: window * dz, to_bias=lambda dz, old: dz),
)
conv_backward.mistake(
    "db-averaged-over-images",
    "db is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
    _loops(end=lambda dA_prev, dW, db, m: (dA_prev, dW, db / m)),
)
conv_backward.mistake(
    "dW-averaged-over-images",
    "dW is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
    _loops(end=lambda dA_prev, dW, db, m: (dA_prev, dW / m, db)),
)
conv_backward.mistake(
    "pixel-for-the-window",
    "dW grows by one pixel of the input; it grows by the whole window that the filter met, times dZ.",
    _loops(to_weights=lambda window, weights, dz, old: old + window[:1, :1] * dz),
)
conv_backward.mistake(
    "dZ-of-one-filter",
    "Every filter gets the gradient of the first: is c used in dZ[i, h, w, c]?",
    _loops(upstream=lambda dZ, i, h, w, c: dZ[i, h, w, 0]),
)
conv_backward.mistake(
    "filter-and-window-exchanged",
    "Window and filter are exchanged: dA_prev grows by the filter times dZ, and dW by the window times "
    "dZ. See 'The way back'.",
    _loops(
        to_input=lambda window, weights, dz, old: old + window * dz,
        to_weights=lambda window, weights, dz, old: old + weights * dz,
    ),
)
conv_backward.mistake(
    "begun-with-the-images",
    "dA_prev begins with the images themselves; gradients are added up from zeros.",
    _loops(begin=np.copy),
)
conv_backward.mistake(
    "minus",
    "Gradients are taken away where they are added up (`-=` for `+=`, or a minus).",
    _loops(to_input=lambda window, weights, dz, old: old - weights * dz),
)
conv_backward.also("minus", _loops(to_weights=lambda window, weights, dz, old: old - window * dz))
conv_backward.also("minus", _loops(to_bias=lambda dz, old: old - dz))
conv_backward.mistake(
    "divided",
    "Something is divided by dZ; each share is a product with dZ[i, h, w, c]. See 'The way back'.",
    _loops(to_input=lambda window, weights, dz, old: old + weights / dz),
)
conv_backward.also("divided", _loops(to_weights=lambda window, weights, dz, old: old + window / dz))
conv_backward.mistake(
    "stride-in-one-direction",
    "The stride moves the windows in one direction only; it belongs to rows and columns, as on the way forth.",
    _loops(start=lambda h, w, stride: (h * stride, w)),
)
conv_backward.also("stride-in-one-direction", _loops(start=lambda h, w, stride: (h, w * stride)))
conv_backward.also("stride-forgotten", _loops(start=lambda h, w, stride: (h, w)))
conv_backward.mistake(
    "window-turned",
    "The window's rows begin at the column and its columns at the row: rows come first, a[rows, columns].",
    _loops(start=lambda h, w, stride: (w * stride, h * stride)),
)
for wrong, message in (
    ("dA_prev", "Only dA_prev is wrong, in another way than those known here: each window of it grows by W[..., c] * "),
    ("dW", "Only dW is wrong, in another way than those known here: W[..., c]'s gradient grows by the window times "),
    ("db", "Only db is wrong, in another way than those known here: it is the sum, for each filter, of all its "),
):
    conv_backward.place(f"only-{wrong}", f"{message}dZ[i, h, w, c]. See 'The way back'.", [wrong])


conv_backward.hint("Begin with arrays of zeros in the shapes of A_prev (padded), W and b; everything is added up.")
conv_backward.hint("Z[i, h, w, c] = sum(window * W[..., c]) + b[c]. What is its derivative by the window? By W? By b?")
conv_backward.hint(
    "Four loops as on the way forth. In each place: the window's gradient grows by W[..., c] * dZ[i, h, w, c], that "
    "of W[..., c] by window * dZ[i, h, w, c], that of b[c] by dZ[i, h, w, c]. The border is cut off at the end."
)
