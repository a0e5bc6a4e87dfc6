"""The exercises of notebook 21 on the layers of a Transformer: an encoder layer, a decoder layer."""

from __future__ import annotations

import numpy as np
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
    feed_forward_parameters,
    name_the_cut,
    name_what_classes_raise,
    norm_parameters,
    normal,
    other_forms,
    padded,
    topic,
)

# encoder_layer


def _encoder_parameters(rng, d, units):
    return {
        "attention": attention_parameters(rng, d),
        "norm1": norm_parameters(rng, d),
        "feed_forward": feed_forward_parameters(rng, d, units),
        "norm2": norm_parameters(rng, d),
    }


@topic.exercise(
    reference=reference.encoder_layer,
    section="The layers of a Transformer",
    needs="tensorflow",
    companions=("scaled_dot_product_attention", "multi_head_attention"),
    aliases={"heads": "num_heads"},
)
def encoder_layer(rng):
    def args(m, T, d, heads, mask=None):
        return normal(rng, m, T, d), mask, _encoder_parameters(rng, d, 2 * d + 1), heads

    for m, T, d, heads in ((2, 3, 4, 2), (3, 5, 6, 3)):
        given = args(m, T, d, heads)
        yield case(f"{m} texts of {T} tokens", *given, group="values", probe=LAYER, tolerance=TOLERANCE)
    given = args(3, 6, 4, 2, padded(rng, 3, 6))
    yield case("padding", *given, group="mask", probe=LAYER, tolerance=TOLERANCE, also=other_forms(*given, places=(1,)))
    yield case(
        "its gradients", *args(2, 3, 4, 2), group=GRADIENTS, probe=GRADIENT, compare=compare_gradients, corner=True
    )


def _encoding(
    first=lambda x, a, norm: norm(x + a, "norm1"),
    second=lambda x, h, f, norm: norm(h + f, "norm2"),
    fed=lambda x, h: h,
    masked=lambda mask: mask,
    relu=True,
):
    """encoder_layer with one thing changed."""

    def variant(x, mask, parameters, num_heads):
        def norm(values, name):
            return reference.layer_norm(values, parameters[name])

        attended, _ = reference.multi_head_attention(x, x, masked(mask), parameters["attention"], num_heads)
        h = first(x, attended, norm)
        f = _fed_forward(fed(x, h), parameters["feed_forward"], relu)
        return second(x, h, f, norm)

    return variant


def _fed_forward(x, P, relu=True):
    inner = x @ P["W1"] + P["b1"]
    return (tf.nn.relu(inner) if relu else inner) @ P["W2"] + P["b2"]


def _norm_first(x, mask, parameters, num_heads):
    h = reference.layer_norm(x, parameters["norm1"])
    x = x + reference.multi_head_attention(h, h, mask, parameters["attention"], num_heads)[0]
    h = reference.layer_norm(x, parameters["norm2"])
    return x + _fed_forward(h, parameters["feed_forward"])


for _key, _message, *_variants in (
    (
        "first-shortcut-left-out",
        "x is not added to what the attention gives, before the first norm.",
        _encoding(first=lambda x, a, norm: norm(a, "norm1")),
    ),
    (
        "second-shortcut-left-out",
        "What went into the feed-forward part is not added to what comes out of it, before the second norm.",
        _encoding(second=lambda x, h, f, norm: norm(f, "norm2")),
    ),
    (
        "no-shortcuts",
        "Nothing is added to what the two parts give: the input of each part goes around it, as in a residual block.",
        _encoding(first=lambda x, a, norm: norm(a, "norm1"), second=lambda x, h, f, norm: norm(f, "norm2")),
    ),
    (
        "x-around-both",
        "Around the feed-forward part goes x, the input of the whole layer; it should be what went into that part, "
        "after the first norm.",
        _encoding(second=lambda x, h, f, norm: norm(x + f, "norm2")),
    ),
    (
        "x-fed-forward",
        "The feed-forward part is given x; it takes what the first norm gives.",
        _encoding(fed=lambda x, h: x),
    ),
    (
        "norm-before-adding",
        "The norm is taken before x is added; here it comes after the sum: norm(x + attended).",
        _encoding(first=lambda x, a, norm: x + norm(a, "norm1"), second=lambda x, h, f, norm: h + norm(f, "norm2")),
        _norm_first,
    ),
    (
        "norms-left-out",
        "A norm is missing: one after each of the two sums.",
        _encoding(first=lambda x, a, norm: x + a),
        _encoding(second=lambda x, h, f, norm: h + f),
        _encoding(first=lambda x, a, norm: x + a, second=lambda x, h, f, norm: h + f),
    ),
    (
        "one-norm-twice",
        'The same norm stands in both places: the first has the parameters "norm1", the second "norm2".',
        _encoding(second=lambda x, h, f, norm: norm(h + f, "norm1")),
        _encoding(first=lambda x, a, norm: norm(x + a, "norm2")),
        _encoding(first=lambda x, a, norm: norm(x + a, "norm2"), second=lambda x, h, f, norm: norm(h + f, "norm1")),
    ),
    (
        "mask-ignored",
        "The mask is not handed on to the attention, so that real tokens look at padding.",
        _encoding(masked=lambda mask: None),
    ),
    (
        "feed-forward-left-out",
        "The feed-forward part is missing.",
        _encoding(second=lambda x, h, f, norm: norm(h, "norm2")),
        _encoding(second=lambda x, h, f, norm: h),
    ),
    (
        "attention-left-out",
        "The attention is missing: without it no token learns anything of another.",
        _encoding(first=lambda x, a, norm: norm(x, "norm1")),
    ),
):
    encoder_layer.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        encoder_layer.also(_key, _other)
name_the_cut(encoder_layer, reference.encoder_layer)
name_what_classes_raise(encoder_layer, ("x", "mask"))
encoder_layer.raises(
    "weights-taken-along",
    "multi_head_attention returns two results, the output and the weights: take the first, `attended, _ = ...`.",
    r"(tuple|sequence|list|must be from the same graph|convert|Shapes of all inputs)",
    r"\+|layer_norm|attended|multi_head",
)
encoder_layer.hint("Two parts, and each has the same form: norm(what went in + what came out).")
encoder_layer.hint(
    'attended, _ = multi_head_attention(x, x, mask, parameters["attention"], num_heads): x looks at itself.'
)
encoder_layer.hint('layer_norm(x + attended, parameters["norm1"]) goes into feed_forward, and around it.')


# decoder_layer


def _decoder_parameters(rng, d, units):
    return {
        "self_attention": attention_parameters(rng, d),
        "norm1": norm_parameters(rng, d),
        "cross_attention": attention_parameters(rng, d),
        "norm2": norm_parameters(rng, d),
        "feed_forward": feed_forward_parameters(rng, d, units),
        "norm3": norm_parameters(rng, d),
    }


def _lower(T):
    return np.tril(np.ones((1, T, T), "f4"))


@topic.exercise(
    reference=reference.decoder_layer,
    section="The layers of a Transformer",
    needs="tensorflow",
    outputs=("output", "attention_weights"),
    companions=("scaled_dot_product_attention", "multi_head_attention"),
    aliases={
        "heads": "num_heads",
        "x": "y",
        "enc_output": "memory",
        "look_ahead_mask": "look_ahead",
        "padding_mask": "padding",
    },
)
def decoder_layer(rng):
    def args(m, T_y, T_x, d, heads, look_ahead=None, padding=None):
        parameters = _decoder_parameters(rng, d, 2 * d + 1)
        return normal(rng, m, T_y, d), normal(rng, m, T_x, d), look_ahead, padding, parameters, heads

    for m, T_y, T_x, d, heads in ((2, 3, 5, 4, 2), (3, 4, 4, 6, 3)):
        given = args(m, T_y, T_x, d, heads)
        yield case(f"{T_y} tokens look at {T_x}", *given, group="values", probe=LAYER, tolerance=TOLERANCE)
    for words, look_ahead, padding in (
        ("no look ahead", _lower(5), None),
        ("padding in the input", None, padded(rng, 3, 5)),
        ("both masks", _lower(5), padded(rng, 3, 5)),
    ):
        given = args(3, 5, 5, 4, 2, look_ahead, padding)
        yield case(
            words, *given, group="masks", probe=LAYER, tolerance=TOLERANCE, also=other_forms(*given, places=(2, 3))
        )
    yield case(
        "its gradients", *args(2, 3, 5, 4, 2), group=GRADIENTS, probe=GRADIENT, compare=compare_gradients, corner=True
    )


def _decoding(
    itself=lambda y, memory: (y, y),
    crossed=lambda g, memory, y: (g, memory),
    masks=lambda look_ahead, padding: (look_ahead, padding),
    parts=("self_attention", "cross_attention"),
    first=lambda y, a, norm: norm(y + a, "norm1"),
    second=lambda y, g, a, norm: norm(g + a, "norm2"),
    third=lambda y, g, h, f, norm: norm(h + f, "norm3"),
    weights_of=lambda own, cross: cross,
):
    """decoder_layer with one thing changed."""

    def variant(y, memory, look_ahead, padding, parameters, num_heads):
        def norm(values, name):
            return reference.layer_norm(values, parameters[name])

        def attend(pair, mask, name):
            return reference.multi_head_attention(*pair, mask, parameters[name], num_heads)

        mask1, mask2 = masks(look_ahead, padding)
        a, own = attend(itself(y, memory), mask1, parts[0])
        g = first(y, a, norm)
        a, cross = attend(crossed(g, memory, y), mask2, parts[1])
        h = second(y, g, a, norm)
        return third(y, g, h, _fed_forward(h, parameters["feed_forward"]), norm), weights_of(own, cross)

    return variant


for _key, _message, *_variants in (
    (
        "memory-not-read",
        "The second attention looks at the output's own tokens again; it should look at memory, or the decoder never "
        "learns what the input was.",
        _decoding(crossed=lambda g, memory, y: (g, g)),
    ),
    (
        "memory-asks",
        "In the second attention memory asks and the output is looked at; it is the other way round: queries from the "
        "output, keys and values from memory.",
        _decoding(crossed=lambda g, memory, y: (memory, g)),
    ),
    (
        "looks-ahead",
        "The look-ahead mask is not used: each position sees the tokens that it has to predict.",
        _decoding(masks=lambda look_ahead, padding: (None, padding)),
    ),
    (
        "padding-seen",
        "The padding mask is not used in the second attention: the output looks at the input's padding.",
        _decoding(masks=lambda look_ahead, padding: (look_ahead, None)),
    ),
    ("no-masks", "Neither mask is handed on.", _decoding(masks=lambda look_ahead, padding: (None, None))),
    (
        "masks-exchanged",
        "The two masks are exchanged: look_ahead is for the output's look at itself, padding for its look at memory.",
        _decoding(masks=lambda look_ahead, padding: (padding, look_ahead)),
    ),
    (
        "one-attention-twice",
        'Both attentions have the same parameters: the first has "self_attention", the second "cross_attention".',
        _decoding(parts=("self_attention", "self_attention")),
        _decoding(parts=("cross_attention", "cross_attention")),
    ),
    (
        "attentions-exchanged",
        'The parameters are exchanged: the look at itself has "self_attention", that at memory "cross_attention".',
        _decoding(parts=("cross_attention", "self_attention")),
    ),
    (
        "y-asks-again",
        "The second attention is asked by y, the layer's input; it is asked by what the first norm gives.",
        _decoding(crossed=lambda g, memory, y: (y, memory)),
    ),
    (
        "y-around-the-second",
        "Around the second attention goes y, the layer's input; it should be what the first norm gives.",
        _decoding(second=lambda y, g, a, norm: norm(y + a, "norm2")),
    ),
    (
        "shortcut-left-out",
        "A sum is missing: what goes into each of the three parts is added to what comes out of it.",
        _decoding(first=lambda y, a, norm: norm(a, "norm1")),
        _decoding(second=lambda y, g, a, norm: norm(a, "norm2")),
        _decoding(third=lambda y, g, h, f, norm: norm(f, "norm3")),
    ),
    (
        "norm-left-out",
        "A norm is missing: one after each of the three sums.",
        _decoding(first=lambda y, a, norm: y + a),
        _decoding(second=lambda y, g, a, norm: g + a),
        _decoding(third=lambda y, g, h, f, norm: h + f),
    ),
    (
        "one-norm-for-all",
        'The same norm stands in several places: they have the parameters "norm1", "norm2" and "norm3".',
        _decoding(
            second=lambda y, g, a, norm: norm(g + a, "norm1"), third=lambda y, g, h, f, norm: norm(h + f, "norm1")
        ),
        _decoding(second=lambda y, g, a, norm: norm(g + a, "norm1")),
        _decoding(third=lambda y, g, h, f, norm: norm(h + f, "norm2")),
    ),
    (
        "feed-forward-left-out",
        "The feed-forward part is missing.",
        _decoding(third=lambda y, g, h, f, norm: norm(h, "norm3")),
        _decoding(third=lambda y, g, h, f, norm: h),
    ),
    (
        "weights-of-itself",
        "The weights are those of the look at itself; asked for are those of the look at memory.",
        _decoding(weights_of=lambda own, cross: own),
    ),
):
    decoder_layer.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        decoder_layer.also(_key, _other)
name_the_cut(decoder_layer, reference.decoder_layer)
name_what_classes_raise(decoder_layer, ("y", "memory", "look_ahead", "padding"))
decoder_layer.hint(
    "Three parts, each with a sum and a norm after it: y looks at itself, then at memory, then feed_forward."
)
decoder_layer.hint("In the second attention the queries are what the first norm gave, and the value is memory.")
decoder_layer.hint(
    "look_ahead goes with the first attention, padding with the second. The second one's weights come back."
)
