"""The exercise of notebook 21 on attention in many heads."""

from __future__ import annotations

import tensorflow as tf

from dlcourse import attention as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.attention.parts import (
    GRADIENT,
    GRADIENTS,
    LAYER,
    TOLERANCE,
    attention_parameters,
    compare_gradients,
    name_the_cut,
    normal,
    other_forms,
    padded,
    topic,
    visible,
)

# multi_head_attention


@topic.exercise(
    reference=reference.multi_head_attention,
    section="Many heads",
    needs="tensorflow",
    outputs=("output", "attention_weights"),
    companions=("scaled_dot_product_attention",),
    aliases={"x": "query", "memory": "value", "heads": "num_heads", "h": "num_heads"},
    weights={"several heads": 2.0},
)
def multi_head_attention(rng):
    def args(m, T_q, T_k, d, heads, mask=None):
        return normal(rng, m, T_q, d), normal(rng, m, T_k, d), mask, attention_parameters(rng, d), heads

    for m, T_q, T_k, d in ((2, 3, 5, 4), (3, 4, 2, 3)):
        given = args(m, T_q, T_k, d, 1)
        yield case(f"one head of {d} columns", *given, group="one head", probe=LAYER, tolerance=TOLERANCE)
    for m, T_q, T_k, d, heads in ((2, 3, 5, 6, 3), (3, 4, 6, 8, 2)):
        yield case(
            f"{heads} heads of {d // heads} columns",
            *args(m, T_q, T_k, d, heads),
            group="several heads",
            probe=LAYER,
            tolerance=TOLERANCE,
        )
    for m, shape, words in ((3, (3, 1, 6), "padding"), (2, (2, 4, 6), "as many examples as heads")):
        mask = padded(rng, 3, 6) if words == "padding" else visible(rng, *shape)
        given = args(m, 4, 6, 8, 2, mask)
        yield case(
            f"a mask, {words}",
            *given,
            group="mask",
            probe=LAYER,
            tolerance=TOLERANCE,
            also=other_forms(*given, places=(2,)),
        )
    yield case(
        "its gradients", *args(2, 3, 5, 6, 2), group=GRADIENTS, probe=GRADIENT, compare=compare_gradients, corner=True
    )


def _split(x, heads):
    m, T, d = x.shape
    return tf.transpose(tf.reshape(x, (m, T, heads, d // heads)), (0, 2, 1, 3))


def _join(x):
    m, heads, T, e = x.shape
    return tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (m, T, heads * e))


def _heads(
    split=_split,
    join=_join,
    source=lambda query, value: (query, value, value),
    kernels="qkv",
    bias=1.0,
    out=lambda x, P: x @ P["Wo"] + P["bo"],
    mask_axis=1,
    attend=reference.scaled_dot_product_attention,
    keep_mask=True,
    weights_of=lambda w: w,
):
    """multi_head_attention with one thing changed."""

    def variant(query, value, mask, P, num_heads):
        x = source(query, value)
        q, k, v = (
            split(part @ P[f"W{name}"] + bias * P[f"b{at}"], num_heads)
            for part, name, at in zip(x, kernels, "qkv", strict=True)
        )
        if mask is not None:
            mask = (mask if mask_axis is None else tf.expand_dims(mask, mask_axis)) if keep_mask else None
        output, weights = attend(q, k, v, mask)
        return out(join(output), P), weights_of(weights)

    return variant


def _scaled_by_d(q, k, v, mask):
    return reference.scaled_dot_product_attention(q / q.shape[1] ** 0.5, k, v, mask)


def _one_wide_head(query, value, mask, P, num_heads):
    output, weights = _heads()(query, value, mask, P, 1)
    return output, tf.repeat(weights, num_heads, axis=1)


for _key, _message, *_variants in (
    (
        "split-without-transposing",
        "The columns are cut into heads by a reshape to (m, heads, T, d / heads) alone: it deals the positions out to "
        "the heads. First reshape to (m, T, heads, d / heads), which leaves each position's columns together, then "
        "exchange the two axes in the middle.",
        _heads(split=lambda x, h: tf.reshape(x, (x.shape[0], h, x.shape[1], x.shape[2] // h))),
    ),
    (
        "joined-without-transposing",
        "The heads are joined by a reshape alone, which mixes positions and heads. First exchange the two axes in the "
        "middle, so that the heads of one position stand side by side.",
        _heads(join=lambda x: tf.reshape(x, (x.shape[0], x.shape[2], x.shape[1] * x.shape[3]))),
    ),
    (
        "neither-transposed",
        "Heads are cut and joined by reshapes alone, which deal the positions out to the heads: after the first and "
        "before the second one the two axes in the middle have to be exchanged.",
        _heads(
            split=lambda x, h: tf.reshape(x, (x.shape[0], h, x.shape[1], x.shape[2] // h)),
            join=lambda x: tf.reshape(x, (x.shape[0], x.shape[2], x.shape[1] * x.shape[3])),
        ),
    ),
    (
        "every-second-column",
        "The first head has every num_heads-th column; it has the first d / num_heads ones: reshape to "
        "(m, T, num_heads, d / num_heads), in this order.",
        _heads(
            split=lambda x, h: tf.transpose(tf.reshape(x, (x.shape[0], x.shape[1], x.shape[2] // h, h)), (0, 3, 1, 2))
        ),
    ),
    ("one-head-only", "The columns are not divided: this is one head with all of them.", _one_wide_head),
    (
        "scaled-by-all-columns",
        "The scores are divided by the root of d; each head has keys of d / num_heads numbers, so it is the root of "
        "that.",
        _heads(attend=_scaled_by_d),
    ),
    (
        "mask-without-its-axis",
        "The mask has no axis for the heads: (m, 1, T) meets scores of the shape (m, heads, T, T), and then its axis "
        "of examples stands where the heads are. Put a new axis in after the first: mask[:, tf.newaxis].",
        _heads(mask_axis=None),
        _heads(mask_axis=0),
    ),
    (
        "mask-ignored",
        "The mask changes nothing: it has to be handed on to scaled_dot_product_attention.",
        _heads(keep_mask=False),
    ),
    (
        "attends-to-itself",
        "Keys and values are made of the query; they come from `value`, which can be another sequence.",
        _heads(source=lambda query, value: (query, query, query)),
    ),
    (
        "queries-from-value",
        "Queries and keys have changed places: the query sequence asks, and `value` is looked at.",
        _heads(source=lambda query, value: (value, query, query)),
    ),
    (
        "one-kernel-for-all",
        "The same kernel is used more than once: Wq is for the queries, Wk for the keys, Wv for the values.",
        _heads(kernels="qqq"),
        _heads(kernels="qkk"),
        _heads(kernels="qqv"),
    ),
    (
        "kernels-exchanged",
        "Kernels are exchanged: Wq is for the queries, Wk for the keys, Wv for the values.",
        _heads(kernels="kqv"),
        _heads(kernels="qvk"),
    ),
    ("no-biases", "The biases bq, bk and bv are left out.", _heads(bias=0.0)),
    (
        "no-last-map",
        "The joined heads come back as they are; they still go through Wo and bo.",
        _heads(out=lambda x, P: x),
    ),
    ("last-bias-left-out", "The bias bo is left out.", _heads(out=lambda x, P: x @ P["Wo"])),
    (
        "weights-averaged",
        "The weights are averaged over the heads; asked for are those of each head.",
        _heads(weights_of=lambda w: tf.reduce_mean(w, axis=1)),
        _heads(weights_of=lambda w: w[:, 0]),
    ),
):
    multi_head_attention.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        multi_head_attention.also(_key, _other)
name_the_cut(multi_head_attention, reference.multi_head_attention)
multi_head_attention.hint(
    "q = query @ Wq + bq, k = value @ Wk + bk, v = value @ Wv + bv, then the heads are cut out of each."
)
multi_head_attention.hint(
    "To cut: tf.reshape(x, (m, T, num_heads, d // num_heads)), then tf.transpose(x, (0, 2, 1, 3)). To join: the same "
    "two steps backwards. With -1 in place of m it also works where m is not known yet."
)
multi_head_attention.hint("The mask needs an axis for the heads: mask[:, tf.newaxis], where there is one.")
