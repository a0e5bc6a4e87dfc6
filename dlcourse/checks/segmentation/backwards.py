"""The exercise of notebook 12 on the way back of a transposed convolution."""

from __future__ import annotations

import numpy as np

from dlcourse import segmentation as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.segmentation.forwards import ALIASES, layer, topic

# transposed_conv_backward


def _way_back(rng, title, stride=1, pad=0, group="no border", numerical=False, **shape):
    A, W = layer(rng, **shape)
    dZ = rng.normal(size=reference.transposed_conv(A, W, stride, pad).shape)
    if not numerical:
        return case(title, dZ, A, W, stride, pad, group=group)
    expect = (
        numerical_gradient(lambda x: reference.transposed_conv(x, W, stride, pad), A, dZ),
        numerical_gradient(lambda x: reference.transposed_conv(A, x, stride, pad), W, dZ),
    )
    return case(title, dZ, A, W, stride, pad, group=group, expect=expect, tolerance=1e-7)


def _by_hand():
    """One pixel puts down 7 times the filter: it is blamed for filter times dZ, and each weight for 7 dZ."""
    A, W = np.full((1, 1, 1, 1), 7.0), np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1)
    dZ = np.array([[1.0, 0.0], [0.0, 10.0]]).reshape(1, 2, 2, 1)
    expect = np.full((1, 1, 1, 1), 41.0), np.array([[7.0, 0.0], [0.0, 70.0]]).reshape(2, 2, 1, 1)
    return case("one pixel and a 2x2 filter, by hand", dZ, A, W, 1, 0, group="no border", expect=expect)


@topic.exercise(
    reference=reference.transposed_conv_backward,
    outputs=("dA", "dW"),
    section="The way back of the way back",
    by_output=True,
    aliases=ALIASES,
)
def transposed_conv_backward(rng):
    yield _by_hand()
    yield _way_back(rng, "one image, one channel", n_H=3, n_W=4)
    yield _way_back(rng, "finite differences", 2, 1, "all", True, m=2, n_H=3, n_W=2, n_C_prev=2, n_C=3)
    yield _way_back(rng, "as many channels in as out", 1, 0, "channels", m=2, n_C_prev=3, n_C=3, f=2)
    yield _way_back(rng, "stride 2", 2, 0, "stride", n_C_prev=2, n_C=3)
    yield _way_back(rng, "a stride larger than the filter", 3, 0, "stride", f=2)
    yield _way_back(rng, "a border of 1", 1, 1, "border", n_C=2)
    yield _way_back(rng, "stride 3, a border of 2, a filter of 5x5", 3, 2, "all", m=3, n_C_prev=2, n_C=2, f=5)


def _windows(dZ, A, W, stride, pad):
    """The window of dZ that each pixel of A has filled: (m, h, w, f, f, n_C)."""
    f = W.shape[0]
    padded = np.pad(dZ, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    rows, columns = (np.arange(n)[:, None] * stride + np.arange(f) for n in A.shape[1:3])
    far = [max(int(places.max()) + 1 - n, 0) for places, n in zip((rows, columns), padded.shape[1:3], strict=True)]
    padded = np.pad(padded, ((0, 0), (0, far[0]), (0, far[1]), (0, 0)))
    return padded[:, rows[:, None, :, None], columns[None, :, None, :]]


def _changed(
    for_A=lambda W: W,
    windows=_windows,
    input_windows=None,
    dA=lambda windows, W: np.einsum("mhwabc,abcd->mhwd", windows, W),
    dW=lambda windows, A: np.einsum("mhwabc,mhwd->abcd", windows, A),
    both=lambda dA, dW, A: (dA, dW),
):
    """transposed_conv_backward with one thing changed."""

    def variant(dZ, A, W, stride, pad):
        seen = windows(dZ, A, W, stride, pad)
        seen_by_A = seen if input_windows is None else input_windows(dZ, A, W, stride, pad)
        return both(dA(seen_by_A, for_A(W)), dW(seen, A), A)

    return variant


def _not_padded(dZ, A, W, stride, pad):
    return _windows(dZ, A, W, stride, 0)


def _not_strided(dZ, A, W, stride, pad):
    return _windows(dZ, A, W, 1, pad)


for _key, _message, _variant in (
    (
        "filter-turned",
        "dA uses the filter turned by 180 degrees; each pixel gets back the very weights that it has put down.",
        _changed(for_A=lambda W: W[::-1, ::-1]),
    ),
    (
        "border-forgotten",
        "The windows are cut from dZ without its border: what was cut off on the way forth has to be put back as "
        "zeros, `pad` at each side.",
        _changed(windows=_not_padded),
    ),
    (
        "stride-forgotten",
        "The windows of dZ move by 1; the window of pixel (h, w) begins at (h * stride, w * stride).",
        _changed(windows=_not_strided),
    ),
    (
        "dA-border-forgotten",
        "For dA the windows are cut from dZ without its border: put `pad` rows and columns of zeros around it first.",
        _changed(input_windows=_not_padded),
    ),
    (
        "dW-averaged",
        "dW is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
        _changed(dW=lambda windows, A: np.einsum("mhwabc,mhwd->abcd", windows, A) / len(A)),
    ),
    (
        "dW-last-pixel",
        "dW holds the part of the last pixel only (`=` for `+=`): every pixel has put the filter down, so their parts "
        "add up.",
        _changed(dW=lambda windows, A: np.einsum("mhwabc,mhwd->abcd", windows[-1:, -1:, -1:], A[-1:, -1:, -1:])),
    ),
    (
        "dW-last-image",
        "dW holds the part of the last image only; the images' parts add up.",
        _changed(dW=lambda windows, A: np.einsum("mhwabc,mhwd->abcd", windows[-1:], A[-1:])),
    ),
    (
        "dW-channels-exchanged",
        "The last two axes of dW are exchanged: like W it is (f, f, n_C, n_C_prev).",
        _changed(dW=lambda windows, A: np.einsum("mhwabc,mhwd->abdc", windows, A)),
    ),
    (
        "dW-turned",
        "dW is turned by 180 degrees: window[row, column] belongs to W[row, column].",
        _changed(dW=lambda windows, A: np.einsum("mhwabc,mhwd->abcd", windows[:, :, :, ::-1, ::-1], A)),
    ),
    ("exchanged", "dA and dW come back in the wrong order.", _changed(both=lambda dA, dW, A: (dW, dA))),
):
    transposed_conv_backward.mistake(_key, _message, _variant)
transposed_conv_backward.hint(
    "Pixel (h, w) has put W * A[i, h, w] into one window. Which numbers of dZ can blame it? With which weights?"
)
transposed_conv_backward.hint(
    "Put the border back around dZ, as zeros. Then dA[i, h, w] is the sum of window * W over rows, columns and n_C: "
    "an ordinary convolution of dZ."
)
transposed_conv_backward.hint(
    "For each pixel: dA[i, h, w] = np.tensordot(window, W, axes=3), and dW += window[..., None] * A[i, h, w]."
)
