"""Notebook 21, as learners write it: some in TensorFlow, some as the well-known course has it."""

import numpy as np
import tensorflow as tf
from typed_mistakes.slips import slip, whole


def scaled_dot_product_attention(q, k, v, mask=None):
    """mask is 1 where a query may look and 0 where not."""
    matmul_qk = tf.matmul(q, k, transpose_b=True)
    dk = tf.cast(tf.shape(k)[-1], tf.float32)
    scaled_attention_logits = matmul_qk / tf.math.sqrt(dk)
    if mask is not None:
        scaled_attention_logits += (1.0 - mask) * -1.0e9
    attention_weights = tf.nn.softmax(scaled_attention_logits, axis=-1)
    output = tf.matmul(attention_weights, v)
    return output, attention_weights


def attention_backward(d_output, q, k, v, weights):
    dk_size = k.shape[-1]
    dv = np.matmul(np.swapaxes(weights, -1, -2), d_output)
    dA = np.matmul(d_output, np.swapaxes(v, -1, -2))
    total = np.sum(dA * weights, axis=-1, keepdims=True)
    dS = weights * (dA - total)
    dS = dS / np.sqrt(dk_size)
    dq = np.matmul(dS, k)
    dk = np.matmul(np.swapaxes(dS, -1, -2), q)
    return dq, dk, dv


def padding_mask(tokens):
    seq = 1 - tf.cast(tf.math.equal(tokens, 0), tf.float32)
    return seq[:, tf.newaxis, :]


def look_ahead_mask(positions):
    mask = np.zeros((positions, positions))
    for i in range(positions):
        for j in range(i + 1):
            mask[i, j] = 1
    return mask[np.newaxis]


def positional_encoding(positions, d):
    pe = np.zeros((positions, d))
    for pos in range(positions):
        for k in range(d):
            i = k // 2
            angle = pos / np.power(10000, 2 * i / d)
            if k % 2 == 0:
                pe[pos, k] = np.sin(angle)
            else:
                pe[pos, k] = np.cos(angle)
    return pe[np.newaxis, ...]


def one_step_attention(a, s_prev):
    s_prev = repeator(s_prev)
    concat = concatenator([a, s_prev])
    e = densor1(concat)
    energies = densor2(e)
    alphas = activator(energies)
    context = dotor([alphas, a])
    return context


def multi_head_attention(query, value, mask, parameters, num_heads):
    d = query.shape[2]
    depth = d // num_heads
    q = tf.matmul(query, parameters["Wq"]) + parameters["bq"]
    k = tf.matmul(value, parameters["Wk"]) + parameters["bk"]
    v = tf.matmul(value, parameters["Wv"]) + parameters["bv"]
    q = tf.transpose(tf.reshape(q, (-1, q.shape[1], num_heads, depth)), perm=[0, 2, 1, 3])
    k = tf.transpose(tf.reshape(k, (-1, k.shape[1], num_heads, depth)), perm=[0, 2, 1, 3])
    v = tf.transpose(tf.reshape(v, (-1, v.shape[1], num_heads, depth)), perm=[0, 2, 1, 3])
    if mask is not None:
        mask = mask[:, tf.newaxis, :, :]
    out, weights = scaled_dot_product_attention(q, k, v, mask)
    out = tf.transpose(out, perm=[0, 2, 1, 3])
    out = tf.reshape(out, (-1, out.shape[1], d))
    out = tf.matmul(out, parameters["Wo"]) + parameters["bo"]
    return out, weights


def encoder_layer(x, mask, parameters, num_heads):
    attn_output, _ = multi_head_attention(x, x, mask, parameters["attention"], num_heads)
    out1 = layer_norm(x + attn_output, parameters["norm1"])
    ffn_output = feed_forward(out1, parameters["feed_forward"])
    out2 = layer_norm(out1 + ffn_output, parameters["norm2"])
    return out2


def decoder_layer(y, memory, look_ahead, padding, parameters, num_heads):
    attn1, _ = multi_head_attention(y, y, look_ahead, parameters["self_attention"], num_heads)
    out1 = layer_norm(attn1 + y, parameters["norm1"])
    attn2, weights = multi_head_attention(out1, memory, padding, parameters["cross_attention"], num_heads)
    out2 = layer_norm(attn2 + out1, parameters["norm2"])
    ffn = feed_forward(out2, parameters["feed_forward"])
    out3 = layer_norm(ffn + out2, parameters["norm3"])
    return out3, weights


def encoder_parameters(d, units):
    mha = 4 * (d * d + d)
    ffn = d * units + units + units * d + d
    norm = 2 * 2 * d
    return mha + ffn + norm


def greedy_decode(scores, length, start=0):
    tokens = [start]
    for _ in range(length):
        table = scores(tokens)
        next_token = int(np.argmax(table[-1]))
        tokens.append(next_token)
    return tokens[1:]


@whole("scaled_dot_product_attention", "left-tensorflow")
def in_numpy(q, k, v, mask=None):
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / np.sqrt(k.shape[-1])
    if mask is not None:
        scores = scores + (1 - np.array(mask, "f4")) * -1e9
    e = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = e / np.sum(e, axis=-1, keepdims=True)
    return np.matmul(weights, v), weights


SLIPS = [
    slip(scaled_dot_product_attention, "d_k-from-the-length", ("tf.shape(k)[-1]", "tf.shape(k)[0]")),
    slip(scaled_dot_product_attention, "d_k-from-the-length", ("tf.shape(k)[-1]", "k.shape[-2]")),
    slip(
        scaled_dot_product_attention,
        "small-mask-ignored",
        ("if mask is not None:", "if mask is not None and len(mask.shape) == len(q.shape):"),
    ),
    slip(scaled_dot_product_attention, "d_v-for-d_k", ("tf.shape(k)[-1]", "tf.shape(v)[-1]")),
    slip(scaled_dot_product_attention, "not-scaled", (" / tf.math.sqrt(dk)", "")),
    slip(scaled_dot_product_attention, "no-root", ("tf.math.sqrt(dk)", "dk")),
    slip(scaled_dot_product_attention, "all-axes-reversed", ("tf.matmul(q, k, transpose_b=True)", "tf.matmul(q, k.T)")),
    slip(
        scaled_dot_product_attention,
        "all-axes-reversed",
        ("tf.matmul(q, k, transpose_b=True)", "tf.matmul(q, tf.transpose(k))"),
    ),
    slip(scaled_dot_product_attention, "mask-the-other-way-round", ("(1.0 - mask) * -1.0e9", "mask * -1.0e9")),
    slip(scaled_dot_product_attention, "mask-the-other-way-round", ("* -1.0e9", "* 1.0e9")),
    slip(scaled_dot_product_attention, "mask-ignored", ("scaled_attention_logits += (1.0 - mask) * -1.0e9", "pass")),
    slip(scaled_dot_product_attention, "mask-multiplied", ("+= (1.0 - mask) * -1.0e9", "*= mask")),
    slip(scaled_dot_product_attention, "softmax-over-queries", ("axis=-1", "axis=-2")),
    slip(scaled_dot_product_attention, "softmax-over-queries", ("axis=-1", "axis=0")),
    slip(
        scaled_dot_product_attention,
        "scores-returned",
        ("output, attention_weights", "output, scaled_attention_logits"),
    ),
    slip(
        scaled_dot_product_attention,
        "results-exchanged",
        ("return output, attention_weights", "return attention_weights, output"),
    ),
    slip(
        scaled_dot_product_attention,
        "nan-where-nothing-is-seen",
        ("+= (1.0 - mask) * -1.0e9", '= tf.where(tf.cast(mask, tf.bool), scaled_attention_logits, float("-inf"))'),
    ),
    slip(attention_backward, "no-sum-subtracted", ("(dA - total)", "dA")),
    slip(attention_backward, "softmax-as-if-alone", ("weights * (dA - total)", "weights * (1 - weights) * dA")),
    slip(attention_backward, "sum-over-queries", ("axis=-1", "axis=-2")),
    slip(attention_backward, "sum-of-d_weights", ("dA * weights, axis", "dA, axis")),
    slip(attention_backward, "scale-left-out", ("dS = dS / np.sqrt(dk_size)", "pass")),
    slip(attention_backward, "divided-by-d_k", ("np.sqrt(dk_size)", "dk_size")),
    slip(attention_backward, "d_k-from-the-length", ("k.shape[-1]", "k.shape[-2]")),
    slip(padding_mask, "the-other-way-round", ("1 - tf.cast", "tf.cast")),
    slip(padding_mask, "no-axis-for-queries", ("seq[:, tf.newaxis, :]", "seq")),
    slip(padding_mask, "axis-at-the-end", ("seq[:, tf.newaxis, :]", "seq[:, :, tf.newaxis]")),
    slip(padding_mask, "axis-of-heads", ("seq[:, tf.newaxis, :]", "seq[:, tf.newaxis, tf.newaxis, :]")),
    slip(look_ahead_mask, "no-axis-for-examples", ("mask[np.newaxis]", "mask")),
    slip(look_ahead_mask, "not-itself", ("range(i + 1)", "range(i)")),
    slip(look_ahead_mask, "one-ahead", ("range(i + 1)", "range(min(i + 2, positions))")),
    slip(look_ahead_mask, "upper-triangle", ("mask[i, j]", "mask[j, i]")),
    slip(look_ahead_mask, "future-only", ("return mask[np.newaxis]", "return 1 - mask[np.newaxis]")),
    slip(positional_encoding, "a-frequency-for-each-column", ("2 * i / d", "k / d")),
    slip(positional_encoding, "column-for-i", ("2 * i / d", "2 * k / d")),
    slip(positional_encoding, "two-left-out", ("2 * i / d", "i / d")),
    slip(positional_encoding, "sines-only", ("np.cos", "np.sin")),
    slip(positional_encoding, "sine-and-cosine-exchanged", ("k % 2 == 0", "k % 2 == 1")),
    slip(positional_encoding, "positions-from-1", ("angle = pos", "angle = (pos + 1)")),
    slip(positional_encoding, "no-axis-for-examples", ("pe[np.newaxis, ...]", "pe")),
    slip(one_step_attention, "softmax-left-out", ("activator(energies)", "energies")),
    slip(one_step_attention, "one-dense-layer-left-out", ("densor2(e)", "e")),
    slip(one_step_attention, "dot-the-other-way-round", ("[alphas, a]", "[a, alphas]")),
    slip(one_step_attention, "alphas-returned", ("return context", "return alphas")),
    slip(one_step_attention, "no-list", ("dotor([alphas, a])", "dotor(alphas, a)")),
    slip(one_step_attention, "s_prev-not-repeated", ("    s_prev = repeator(s_prev)\n", "")),
    slip(
        multi_head_attention,
        "split-without-transposing",
        *[
            (
                f"tf.transpose(tf.reshape({x}, (-1, {x}.shape[1], num_heads, depth)), perm=[0, 2, 1, 3])",
                f"tf.reshape({x}, (-1, num_heads, {x}.shape[1], depth))",
            )
            for x in "qkv"
        ],
    ),
    slip(
        multi_head_attention,
        "joined-without-transposing",
        (
            "    out = tf.transpose(out, perm=[0, 2, 1, 3])\n    out = tf.reshape(out, (-1, out.shape[1], d))",
            "    out = tf.reshape(out, (-1, out.shape[2], d))",
        ),
    ),
    slip(multi_head_attention, "mask-ignored", ("q, k, v, mask)", "q, k, v, None)")),
    slip(multi_head_attention, "attends-to-itself", ("tf.matmul(value", "tf.matmul(query")),
    slip(multi_head_attention, "no-biases", *[(f' + parameters["b{x}"]', "") for x in "qkv"]),
    slip(multi_head_attention, "last-bias-left-out", (' + parameters["bo"]', "")),
    slip(multi_head_attention, "one-kernel-for-all", ('parameters["Wk"]', 'parameters["Wq"]')),
    slip(encoder_layer, "first-shortcut-left-out", ("x + attn_output", "attn_output")),
    slip(encoder_layer, "second-shortcut-left-out", ("out1 + ffn_output", "ffn_output")),
    slip(encoder_layer, "x-around-both", ("out1 + ffn_output", "x + ffn_output")),
    slip(encoder_layer, "x-fed-forward", ("feed_forward(out1", "feed_forward(x")),
    slip(encoder_layer, "mask-ignored", ("x, x, mask", "x, x, None")),
    slip(encoder_layer, "one-norm-twice", ('"norm2"', '"norm1"')),
    slip(decoder_layer, "memory-not-read", ("out1, memory, padding", "out1, out1, padding")),
    slip(
        decoder_layer,
        "masks-exchanged",
        ("y, y, look_ahead", "y, y, padding"),
        ("memory, padding,", "memory, look_ahead,"),
    ),
    slip(decoder_layer, "looks-ahead", ("y, y, look_ahead", "y, y, None")),
    slip(decoder_layer, "one-attention-twice", ('"cross_attention"', '"self_attention"')),
    slip(decoder_layer, "y-around-the-second", ("attn2 + out1", "attn2 + y")),
    slip(
        decoder_layer, "weights-of-itself", ("attn1, _ =", "attn1, own ="), ("return out3, weights", "return out3, own")
    ),
    slip(encoder_parameters, "three-maps", ("4 * (d", "3 * (d")),
    slip(encoder_parameters, "no-norms", ("+ ffn + norm", "+ ffn")),
    slip(
        encoder_parameters,
        "no-biases",
        ("(d * d + d)", "d * d"),
        ("d * units + units + units * d + d", "d * units + units * d"),
    ),
    slip(greedy_decode, "first-row", ("table[-1]", "table[0]")),
    slip(greedy_decode, "over-the-whole-table", ("table[-1]", "table")),
    slip(greedy_decode, "start-returned", ("tokens[1:]", "tokens")),
    slip(greedy_decode, "last-token-only", ("scores(tokens)", "scores(tokens[-1:])")),
    slip(greedy_decode, "least-likely", ("argmax", "argmin")),
    slip(greedy_decode, "one-too-few", ("range(length)", "range(length - 1)")),
]
