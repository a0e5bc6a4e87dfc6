"""The exercise of notebook 21 on the way back through attention."""

from __future__ import annotations

import numpy as np

from dlcourse import attention as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.attention.looking import ALIASES
from dlcourse.checks.attention.parts import TOLERANCE, topic, visible

# attention_backward


def _softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _backward_inputs(rng, lead=(), T_q=3, T_k=5, d_k=4, d_v=6, mask=None):
    q, k, v = rng.normal(size=(*lead, T_q, d_k)), rng.normal(size=(*lead, T_k, d_k)), rng.normal(size=(*lead, T_k, d_v))
    scores = q @ np.swapaxes(k, -1, -2) / d_k**0.5
    weights = _softmax(scores if mask is None else np.where(mask > 0, scores, -1e9))
    return rng.normal(size=(*lead, T_q, d_v)), q, k, v, weights


@topic.exercise(
    reference=reference.attention_backward,
    section="The way back",
    outputs=("dq", "dk", "dv"),
    by_output=True,
    aliases={**ALIASES, "attention_weights": "weights", "dout": "d_output"},
)
def attention_backward(rng):
    yield case("three queries, five keys", *_backward_inputs(rng), group="one sequence", tolerance=TOLERANCE)
    yield case(
        "as many queries as keys", *_backward_inputs(rng, (), 4, 4, 4, 4), group="one sequence", tolerance=TOLERANCE
    )
    yield case(
        "leading axes (2, 3)", *_backward_inputs(rng, (2, 3), 4, 5, 6, 2), group="leading axes", tolerance=TOLERANCE
    )
    yield case(
        "hidden keys", *_backward_inputs(rng, (2,), mask=visible(rng, 2, 3, 5)), group="mask", tolerance=TOLERANCE
    )


def _back(
    through=lambda w, dw: w * (dw - np.sum(w * dw, axis=-1, keepdims=True)),
    scale=lambda q, k: q.shape[-1] ** 0.5,
    dq=lambda ds, q, k: ds @ k,
    dk=lambda ds, q, k: np.swapaxes(ds, -1, -2) @ q,
    dv=lambda w, d: np.swapaxes(w, -1, -2) @ d,
):
    """attention_backward with one thing changed."""

    def variant(d_output, q, k, v, weights):
        dw = d_output @ np.swapaxes(v, -1, -2)
        ds = through(weights, dw) / scale(q, k)
        return dq(ds, q, k), dk(ds, q, k), dv(weights, d_output)

    return variant


for _key, _message, *_variants in (
    (
        "softmax-as-if-alone",
        "Each weight is treated as if it depended on its own score alone: w (1 - w) is the slope of a sigmoid. In a "
        "softmax every score moves all weights of its row, and the sum over the row has to be subtracted.",
        _back(through=lambda w, dw: w * (1 - w) * dw),
    ),
    (
        "no-sum-subtracted",
        "Something is missing on the way through the softmax: the sum of weights * d_weights over the keys has to be "
        "subtracted from d_weights.",
        _back(through=lambda w, dw: w * dw),
    ),
    (
        "softmax-left-out",
        "The gradient of the weights is taken for that of the scores: the softmax in between is left out.",
        _back(through=lambda w, dw: dw),
    ),
    (
        "sum-over-queries",
        "The sum on the way through the softmax runs along another axis: the keys are the last one, axis=-1 with "
        "keepdims=True.",
        _back(through=lambda w, dw: w * (dw - np.sum(w * dw, axis=-2, keepdims=True))),
        _back(through=lambda w, dw: w * (dw - np.sum(w * dw))),
    ),
    (
        "sum-of-d_weights",
        "What is subtracted is the plain sum of d_weights; each is first multiplied by its weight.",
        _back(through=lambda w, dw: w * (dw - np.sum(dw, axis=-1, keepdims=True))),
        _back(through=lambda w, dw: w * (dw - np.mean(dw, axis=-1, keepdims=True))),
    ),
    (
        "scale-left-out",
        "The scores were divided by the root of d_k on the way forward, so their gradients are on the way back.",
        _back(scale=lambda q, k: 1.0),
    ),
    (
        "divided-by-d_k",
        "The gradients are divided by d_k; forward it was its square root.",
        _back(scale=lambda q, k: q.shape[-1]),
    ),
    (
        "d_k-from-the-length",
        "The gradients are divided by the root of a length. d_k is how many numbers one key has: k.shape[-1].",
        _back(scale=lambda q, k: k.shape[-2] ** 0.5),
        _back(scale=lambda q, k: k.shape[0] ** 0.5),
    ),
    (
        "not-transposed",
        "dk or dv is multiplied with a matrix that is not transposed: a row of it belongs to a query, and dk and dv "
        "need a row for each key.",
        _back(dk=lambda ds, q, k: ds @ q),
        _back(dv=lambda w, d: w @ d),
        _back(dk=lambda ds, q, k: ds @ q, dv=lambda w, d: w @ d),
    ),
    (
        "q-and-k-exchanged",
        "dq and dk are exchanged, or made of the wrong one: what q is multiplied with on the way forward, k, comes "
        "back in dq.",
        _back(dq=lambda ds, q, k: ds @ q, dk=lambda ds, q, k: np.swapaxes(ds, -1, -2) @ k),
        _back(dq=lambda ds, q, k: np.swapaxes(ds, -1, -2) @ q, dk=lambda ds, q, k: ds @ k),
    ),
):
    attention_backward.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        attention_backward.also(_key, _other)
attention_backward.raises(
    "all-axes-reversed",
    ".T reverses all axes, also those that count examples and heads. Exchange the last two only: "
    "np.swapaxes(k, -1, -2).",
    r"matmul|mismatch|broadcast|shapes|aligned",
    r"\.T\b|transpose\(\w+\)",
)
attention_backward.hint("Backwards, one line for each line of the forward pass; start with output = weights @ v.")
attention_backward.hint(
    "d_weights = d_output @ v^T, with the last two axes exchanged by np.swapaxes(v, -1, -2), and dv = weights^T @ "
    "d_output."
)
attention_backward.hint(
    "d_scores = weights * (d_weights - s), where s is the sum of weights * d_weights over the last axis, keepdims=True."
)
