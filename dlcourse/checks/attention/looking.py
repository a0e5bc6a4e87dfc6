"""The exercise of notebook 21 on scaled dot-product attention."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlcourse import attention as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checks.attention.parts import (
    GRADIENT,
    GRADIENTS,
    LAYER,
    TOLERANCE,
    compare_gradients,
    name_the_cut,
    normal,
    other_forms,
    topic,
    visible,
)

ALIASES = {
    "Q": "q",
    "K": "k",
    "V": "v",
    "query": "q",
    "key": "k",
    "value": "v",
    "queries": "q",
    "keys": "k",
    "values": "v",
    **dict.fromkeys(("attention_mask", "attn_mask", "hidden", "blocked", "forbidden", "ignored", "mask_out"), "mask"),
}

# scaled_dot_product_attention


def _inputs(rng, lead=(), T_q=3, T_k=5, d_k=4, d_v=6, scale=1.0):
    return (
        normal(rng, *lead, T_q, d_k, scale=scale),
        normal(rng, *lead, T_k, d_k, scale=scale),
        normal(rng, *lead, T_k, d_v),
    )


def _pair(got):
    """Output and weights as arrays of numbers, or None."""
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        return None
    arrays = [np.asarray(part) for part in got if isinstance(part, np.ndarray)]
    return arrays if len(arrays) == 2 and all(array.dtype.kind in "f" for array in arrays) else None


def _blind_compare(values, blind):
    """Where nothing may be seen, weights that are all 0 are as good as weights that add up to 1; other rows must be
    right."""

    def sentence(expected, got):
        pair = _pair(got)
        if pair is None or any(a.shape != b.shape for a, b in zip(expected, pair, strict=True)):
            return "The function must return the output and the weights, in the shapes of the other cases."
        output, weights = pair
        if np.isnan(weights).any() or np.isnan(output).any():
            return "There are NaN in the result: a query that may not look at any key must give numbers too."
        for name, right, mine in zip(("output", "attention_weights"), expected, pair, strict=True):
            if difference := compare(right[~blind], mine[~blind], f"{name} (of the other queries)", TOLERANCE):
                return difference.message
        rows = weights[blind]
        sums = rows.sum(axis=-1)
        if (rows < -1e-6).any() or not np.all((abs(sums - 1) < 1e-4) | (abs(sums) < 1e-4)):
            return "The weights of a query that may not look at any key must be all 0, or add up to 1."
        due = np.matmul(weights, values)[blind]
        found = compare(due, output[blind], "output (of a query that sees nothing)", TOLERANCE)
        return found.message if found else None

    return sentence


@topic.exercise(
    reference=reference.scaled_dot_product_attention,
    section="A look-up that is soft",
    needs="tensorflow",
    outputs=("output", "attention_weights"),
    aliases=ALIASES,
    optional=("mask",),
    weights={"leading axes": 2.0, "mask": 2.0},
)
def scaled_dot_product_attention(rng):
    yield case(
        "one query and two keys, by hand",
        np.array([[2, 0, 0, 0]], "f4"),
        np.array([[np.log(3), 1, 0, 0], [0, 0, 5, 1]], "f4"),
        np.array([[4], [0]], "f4"),
        None,
        group="one sequence",
        probe=LAYER,
        tolerance=TOLERANCE,
        expect=(np.array([[3]], "f4"), np.array([[0.75, 0.25]], "f4")),
    )
    yield case("three queries, five keys", *_inputs(rng), None, group="one sequence", probe=LAYER, tolerance=TOLERANCE)
    for lead in ((2,), (2, 3)):
        args = (*_inputs(rng, lead, T_q=4, T_k=7, d_k=5, d_v=3), None)
        yield case(f"leading axes {lead}", *args, group="leading axes", probe=LAYER, tolerance=TOLERANCE)
    for lead, shape, words in (((), (3, 5), "one sequence"), ((2, 4), (2, 1, 3, 5), "the same for four heads")):
        args = (*_inputs(rng, lead), visible(rng, *shape))
        yield case(
            f"a mask, {words}",
            *args,
            group="mask",
            probe=LAYER,
            tolerance=TOLERANCE,
            also=other_forms(*args, places=(3,)),
        )
    args = (*_inputs(rng, (2, 4)), visible(rng, 3, 5))
    yield case(
        "a mask, the same for all examples",
        *args,
        group="mask",
        probe=LAYER,
        tolerance=TOLERANCE,
        also=other_forms(*args, places=(3,)),
    )
    q, k, v = _inputs(rng, (2,), scale=1.0)
    yield case(
        "scores in the hundreds",
        40 * q,
        10 * k,
        v,
        None,
        group="large scores",
        probe=LAYER,
        tolerance=2e-3,
        corner=True,
    )
    args = (*_inputs(rng, (2,)), visible(rng, 2, 3, 5))
    blind = np.zeros((2, 3), bool)
    blind[1, rng.integers(3)] = True
    args[3][blind] = 0
    yield case(
        "a query that may not look anywhere",
        *args,
        group="nothing to see",
        probe=LAYER,
        compare=_blind_compare(args[2], blind),
        also=other_forms(*args, places=(3,)),
        corner=True,
    )
    args = (*_inputs(rng, (2,)), None)
    yield case("its gradients", *args, group=GRADIENTS, probe=GRADIENT, compare=compare_gradients, corner=True)


def _attending(
    scale=lambda q, k, v: q.shape[-1] ** 0.5,
    scores=lambda q, k: tf.matmul(q, k, transpose_b=True),
    hide=lambda s, mask: s + (1 - mask) * -1e9,
    soft=lambda s: tf.nn.softmax(s, axis=-1),
    weigh=lambda w, mask: w,
    result=lambda w, s, q, k, v: (tf.matmul(w, v), w),
):
    """scaled_dot_product_attention with one thing changed."""

    def variant(q, k, v, mask=None):
        s = scores(q, k) / scale(q, k, v)
        if mask is not None:
            s = hide(s, tf.cast(mask, s.dtype))
        w = weigh(soft(s), mask)
        return result(w, s, q, k, v)

    return variant


for _key, _message, *_variants in (
    (
        "d_k-from-the-length",
        "The scores are divided by the root of the number of keys. d_k is how many numbers *one* key has: the last "
        "axis of k, k.shape[-1], and not k.shape[0].",
        _attending(scale=lambda q, k, v: k.shape[-2] ** 0.5),
        _attending(scale=lambda q, k, v: k.shape[0] ** 0.5),
        _attending(scale=lambda q, k, v: q.shape[-2] ** 0.5),
        _attending(scale=lambda q, k, v: q.shape[0] ** 0.5),
        _attending(scale=lambda q, k, v: k.shape[1] ** 0.5),
    ),
    (
        "d_v-for-d_k",
        "The scores are divided by the root of the depth of the values; it is the keys' depth that counts.",
        _attending(scale=lambda q, k, v: v.shape[-1] ** 0.5),
    ),
    (
        "not-scaled",
        "The scores are not divided by anything: with many numbers in a key they get large, and the softmax picks one "
        "key only. Divide by the root of d_k.",
        _attending(scale=lambda q, k, v: 1.0),
    ),
    (
        "no-root",
        "The scores are divided by d_k; they are to be divided by its square root.",
        _attending(scale=lambda q, k, v: q.shape[-1]),
    ),
    (
        "multiplied",
        "The scores are multiplied by the root of d_k; they are to be divided by it.",
        _attending(scale=lambda q, k, v: q.shape[-1] ** -0.5),
    ),
    (
        "all-axes-reversed",
        "Transposing without saying which axes reverses all of them, also those that count examples and heads. "
        "Exchange the last two only: tf.matmul(q, k, transpose_b=True).",
        _attending(scores=lambda q, k: tf.matmul(q, tf.transpose(k))),
    ),
    (
        "softmax-over-queries",
        "The softmax runs along another axis: each query's weights must add up to 1, so it runs along the keys, the "
        "last axis.",
        _attending(soft=lambda s: tf.nn.softmax(s, axis=-2)),
        _attending(soft=lambda s: tf.nn.softmax(s, axis=0)),
        _attending(soft=lambda s: tf.nn.softmax(s, axis=1)),
    ),
    (
        "no-softmax",
        "The scores themselves are the weights: a softmax along the keys is missing.",
        _attending(soft=lambda s: s),
    ),
    (
        "scores-returned",
        "The second result is the scores; asked for are the weights, what the softmax makes of them.",
        _attending(result=lambda w, s, q, k, v: (tf.matmul(w, v), s)),
    ),
    (
        "results-exchanged",
        "The results are right, and come back in another order: the output first, then the weights.",
        _attending(result=lambda w, s, q, k, v: (w, tf.matmul(w, v))),
    ),
    (
        "keys-averaged",
        "What is averaged are the keys. The keys decide how much, and the *values* are averaged.",
        _attending(result=lambda w, s, q, k, v: (tf.matmul(w, k), w)),
    ),
    (
        "mask-the-other-way-round",
        "The mask works the other way round: what should be hidden is seen, and what should be seen is hidden. Here a "
        "1 means that the query may look. (If a function of yours is from a course in which a 1 hides, say so in its "
        "docstring: it is then asked in its own way.)",
        _attending(hide=lambda s, mask: s + mask * -1e9),
        _attending(hide=lambda s, mask: s + (1 - mask) * 1e9),
        _attending(hide=lambda s, mask: tf.where(mask > 0, float("-inf"), s)),
    ),
    (
        "mask-ignored",
        "The mask changes nothing: hidden keys are looked at like the others. Is it used, and is what the calculation "
        "gives kept?",
        _attending(hide=lambda s, mask: s),
    ),
    (
        "small-mask-ignored",
        "A mask with fewer axes than the scores is left out. It holds for all examples: TensorFlow spreads it over the "
        "axes in front by itself, so ask only whether mask is None.",
        _attending(hide=lambda s, mask: s + (1 - mask) * -1e9 if len(mask.shape) == len(s.shape) else s),
    ),
    (
        "mask-after-the-softmax",
        "The mask comes after the softmax, so that the weights that are left don't add up to 1. Hide the scores, "
        "before the softmax.",
        _attending(hide=lambda s, mask: s, weigh=lambda w, mask: w if mask is None else w * mask),
    ),
    (
        "mask-multiplied",
        "The scores are multiplied by the mask. A score of 0 is not hidden, exp(0) is 1: add a large negative number "
        "where the mask is 0.",
        _attending(hide=lambda s, mask: s * mask),
    ),
    (
        "mask-added",
        "The mask itself is added to the scores, which moves them by 1. Where it is 0, a large negative number is to "
        "be added: (1 - mask) * -1e9.",
        _attending(hide=lambda s, mask: s + mask),
        _attending(hide=lambda s, mask: s - mask),
        _attending(hide=lambda s, mask: s + (1 - mask)),
        _attending(hide=lambda s, mask: s - (1 - mask)),
    ),
):
    scaled_dot_product_attention.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        scaled_dot_product_attention.also(_key, _other)


def _has_nan(got):
    return isinstance(got, (tuple, list)) and any(
        isinstance(part, np.ndarray) and part.dtype.kind == "f" and np.isnan(part).any() for part in got
    )


for _key, _message, _group, _variant in (
    (
        "exp-overflows",
        "exp of a large score is infinite, and infinity by infinity is NaN. Use tf.nn.softmax, which subtracts the "
        "largest score first.",
        "large scores",
        _attending(soft=lambda s: tf.exp(s) / tf.reduce_sum(tf.exp(s), axis=-1, keepdims=True)),
    ),
    (
        "nan-where-nothing-is-seen",
        "Where every key is hidden, the softmax divides 0 by 0, and NaN then goes through the whole network. That is "
        "so with minus infinity for a hidden score: a large finite number, -1e9, hides as well.",
        "nothing to see",
        _attending(hide=lambda s, mask: tf.where(mask > 0, s, float("-inf"))),
    ),
):
    scaled_dot_product_attention.mistake(_key, _message, _variant, group=_group, recognise=_has_nan)
name_the_cut(scaled_dot_product_attention, reference.scaled_dot_product_attention)
scaled_dot_product_attention.raises(
    "all-axes-reversed",
    "k.T would reverse all axes, also those that count examples and heads, and TensorFlow's tensors don't have it. "
    "Exchange the last two only: tf.matmul(q, k, transpose_b=True).",
    r"has no attribute '(T|transpose|swapaxes)'",
)
scaled_dot_product_attention.raises(
    "sizes-of-integers",
    "The root of a whole number is taken by TensorFlow, which wants a fraction there: write k.shape[-1] ** 0.5, or "
    "cast the size to tf.float32 first.",
    r"(int32|not in list of allowed values)",
    r"sqrt",
)
scaled_dot_product_attention.hint("Four lines: scores, divided by a root, hidden where the mask is 0, then a softmax.")
scaled_dot_product_attention.hint(
    "tf.matmul(q, k, transpose_b=True) multiplies the last two axes and leaves those before them alone."
)
scaled_dot_product_attention.hint(
    "(1 - mask) * -1e9 is 0 where one may look. Add it before the softmax, and only if mask is not None."
)
