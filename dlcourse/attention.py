"""Attention, masks, positions, and the layers of a Transformer: the references of notebook 21.

Sequences stand in rows: (m, T, d) holds m examples of T positions with d numbers each. A mask has a 1 where a query
(second to last axis) may look at a key (last axis), and a 0 where it may not. Everything but `attention_backward` is
computed with TensorFlow, so that its gradients are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float, Int, Num

GIVEN = ("initialize_transformer",)  # to notebooks, also while these are graded

HIDDEN = -1e9  # what is added to a score that does not count
EPSILON = 1e-6  # under the square root of a layer normalisation


def scaled_dot_product_attention(
    q: Float[tf.Tensor, "*lead T_q d_k"],
    k: Float[tf.Tensor, "*lead T_k d_k"],
    v: Float[tf.Tensor, "*lead T_k d_v"],
    mask: Any = None,
) -> tuple[Float[tf.Tensor, "*lead T_q d_v"], Float[tf.Tensor, "*lead T_q T_k"]]:
    """softmax(q k^T / sqrt(d_k)) v, and the weights that the softmax gives; those of hidden keys are 0.

    A query from which every key is hidden looks at all of them alike: its weights are 1 / T_k.

    Args:
        mask: 1 where a query may look and 0 where not; any shape that broadcasts to that of the weights.

    Source: Vaswani and others, Attention is all you need, 2017, equation 1.
    """
    scores = tf.einsum("...qd,...kd->...qk", q, k) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = tf.where(tf.cast(mask, tf.bool), scores, tf.cast(HIDDEN, scores.dtype))
    weights = tf.nn.softmax(scores, axis=-1)
    return tf.einsum("...qk,...kd->...qd", weights, v), weights


def attention_backward(
    d_output: Float[np.ndarray, "*lead T_q d_v"],
    q: Float[np.ndarray, "*lead T_q d_k"],
    k: Float[np.ndarray, "*lead T_k d_k"],
    v: Float[np.ndarray, "*lead T_k d_v"],
    weights: Float[np.ndarray, "*lead T_q T_k"],
) -> tuple[Float[np.ndarray, "*lead T_q d_k"], Float[np.ndarray, "*lead T_k d_k"], Float[np.ndarray, "*lead T_k d_v"]]:
    """The gradients dq, dk, dv of scaled_dot_product_attention, in NumPy.

    Through a softmax, d_scores = weights * (d_weights - sum of weights * d_weights over the keys).

    Args:
        d_output: the gradient of the output.
        weights: what the softmax gave; where it is 0, as at hidden keys, nothing goes back.
    """
    d_scores = np.matmul(d_output, np.swapaxes(v, -1, -2))
    d_scores -= np.einsum("...qk,...qk->...q", weights, d_scores)[..., np.newaxis]
    d_scores *= weights
    scale = q.shape[-1] ** -0.5
    return (
        np.matmul(d_scores, k) * scale,
        np.matmul(np.swapaxes(d_scores, -1, -2), q) * scale,
        np.matmul(np.swapaxes(weights, -1, -2), d_output),
    )


def padding_mask(tokens: Int[tf.Tensor, "m T"]) -> Float[tf.Tensor, "m 1 T"]:
    """1 where a token stands and 0 where there is padding, the token 0."""
    return tf.cast(tf.not_equal(tokens, 0), tf.float32)[:, tf.newaxis, :]


def look_ahead_mask(positions: int) -> Float[tf.Tensor, "1 positions positions"]:
    """1 where the key's position is not after the query's."""
    order = tf.range(positions)
    return tf.cast(order[:, tf.newaxis] >= order, tf.float32)[tf.newaxis]


def positional_encoding(positions: int, d: int) -> Float[np.ndarray, "1 positions d"]:
    """sin(p / 10000^(2i/d)) in column 2i and cos(p / 10000^(2i/d)) in column 2i + 1, for each position p.

    Source: Vaswani and others, 2017, section 3.5.
    """
    column = np.arange(d)
    # a cosine is a sine that is a quarter of a turn ahead
    angles = np.arange(positions)[:, np.newaxis] / 10_000.0 ** ((column - column % 2) / d)
    return np.sin(angles + np.pi / 2 * (column % 2))[np.newaxis]


def multi_head_attention(
    query: Float[tf.Tensor, "m T_q d"],
    value: Float[tf.Tensor, "m T_k d"],
    mask: Num[tf.Tensor, "_ _ T_k"] | None,
    parameters: Mapping[str, Any],
    num_heads: int,
) -> tuple[Float[tf.Tensor, "m T_q d"], Float[tf.Tensor, "m {num_heads} T_q T_k"]]:
    """Attention in `num_heads` parts of the d columns side by side, and the weights of each.

    Queries are query Wq + bq; keys and values are value Wk + bk and value Wv + bv. Head h has the columns from
    h d / num_heads on of all three. The heads' outputs, side by side again, are times Wo plus bo.

    Args:
        mask: as for `scaled_dot_product_attention`, the same for all heads, without an axis for them.
        parameters: Wq, Wk, Wv, Wo of shape (d, d), and bq, bk, bv, bo of shape (d,).

    Source: Vaswani and others, 2017, section 3.2.2.
    """
    d = query.shape[-1]

    def heads(x: tf.Tensor, name: str) -> tf.Tensor:
        kernel = tf.reshape(parameters[f"W{name}"], (d, num_heads, d // num_heads))
        bias = tf.reshape(parameters[f"b{name}"], (num_heads, 1, d // num_heads))
        return tf.einsum("mtd,dhe->mhte", x, kernel) + bias

    along = None if mask is None else tf.expand_dims(mask, axis=1)
    q, k, v = heads(query, "q"), heads(value, "k"), heads(value, "v")
    by_head, weights = scaled_dot_product_attention(q, k, v, along)
    joined = tf.einsum("mhte,hed->mtd", by_head, tf.reshape(parameters["Wo"], (num_heads, d // num_heads, d)))
    return joined + parameters["bo"], weights


def layer_norm(x: Float[tf.Tensor, "*lead d"], parameters: Mapping[str, Any]) -> Float[tf.Tensor, "*lead d"]:
    """(x - mean) / sqrt(variance + EPSILON) * gamma + beta; mean and variance of the d numbers of each position."""
    mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + EPSILON) * parameters["gamma"] + parameters["beta"]


def feed_forward(x: Float[tf.Tensor, "*lead d"], parameters: Mapping[str, Any]) -> Float[tf.Tensor, "*lead d"]:
    """max(x W1 + b1, 0) W2 + b2, for each position by itself."""
    inner = tf.nn.relu(tf.einsum("...d,du->...u", x, parameters["W1"]) + parameters["b1"])
    return tf.einsum("...u,ud->...d", inner, parameters["W2"]) + parameters["b2"]


def encoder_layer(
    x: Float[tf.Tensor, "m T d"], mask: Num[tf.Tensor, "_ _ T"] | None, parameters: Mapping[str, Any], num_heads: int
) -> Float[tf.Tensor, "m T d"]:
    """norm2(h + feed_forward(h)) with h = norm1(x + attention of x to itself).

    Args:
        parameters: "attention", "norm1", "feed_forward" and "norm2", a dictionary each.

    Source: Vaswani and others, 2017, section 3.1.
    """
    attended, _ = multi_head_attention(x, x, mask, parameters["attention"], num_heads)
    h = layer_norm(x + attended, parameters["norm1"])
    return layer_norm(h + feed_forward(h, parameters["feed_forward"]), parameters["norm2"])


def decoder_layer(
    y: Float[tf.Tensor, "m T_y d"],
    memory: Float[tf.Tensor, "m T_x d"],
    look_ahead: Num[tf.Tensor, "_ _ T_y"] | None,
    padding: Num[tf.Tensor, "_ _ T_x"] | None,
    parameters: Mapping[str, Any],
    num_heads: int,
) -> tuple[Float[tf.Tensor, "m T_y d"], Float[tf.Tensor, "m {num_heads} T_y T_x"]]:
    """norm3(h + feed_forward(h)) with h = norm2(g + attention of g to memory), g = norm1(y + attention of y to itself).

    Args:
        memory: what the encoder made of the input.
        look_ahead: the mask of y for itself.
        padding: the mask of y for memory.
        parameters: "self_attention", "norm1", "cross_attention", "norm2", "feed_forward" and "norm3".

    Returns:
        The output, and the weights with which y looks at memory.
    """
    itself, _ = multi_head_attention(y, y, look_ahead, parameters["self_attention"], num_heads)
    g = layer_norm(y + itself, parameters["norm1"])
    attended, weights = multi_head_attention(g, memory, padding, parameters["cross_attention"], num_heads)
    h = layer_norm(g + attended, parameters["norm2"])
    return layer_norm(h + feed_forward(h, parameters["feed_forward"]), parameters["norm3"]), weights


def encoder_parameters(d: int, units: int) -> int:
    """How many numbers an encoder layer learns: four maps of the attention, two of the feed-forward part, two norms.

    Args:
        units: between the two maps of the feed-forward part.
    """
    return 4 * (d + 1) * d + (d + 1) * units + (units + 1) * d + 2 * 2 * d


def greedy_decode(scores: Callable[[list[int]], Any], length: int, start: int = 0) -> list[int]:
    """The tokens that a decoder writes if it takes the likeliest at each position.

    Args:
        scores: from the tokens that went in, `start` first, to an array (count, M): row t scores what comes after the
            tokens 0, ..., t.
        length: how many tokens to write.
    """
    written = [start]
    while len(written) <= length:
        written.append(int(np.argmax(np.asarray(scores(list(written)))[-1])))
    return written[1:]


# Attention in a recurrent network


def one_step_attention(
    a: Float[Any, "m Tx n_a2"], s_prev: Float[Any, "m n_s"], layers: Mapping[str, Callable]
) -> Float[Any, "m 1 n_a2"]:
    """The context of one output step: the mean of all a<t'>, weighted by what a small network says of (a<t'>, s_prev).

    Args:
        a: the states of the encoder in both directions, for each step of the input.
        s_prev: the state of the decoder before this step.
        layers: by their names in the notebook: repeator, concatenator, densor1 and densor2 (or, in its first
            generation, densor alone), activator and dotor. The same layers serve every step.

    Source: Bahdanau, Cho and Bengio, Neural machine translation by jointly learning to align and translate, 2015.
    """
    x = layers["concatenator"]([a, layers["repeator"](s_prev)])
    energies = layers["densor"](x) if "densor" in layers else layers["densor2"](layers["densor1"](x))
    return layers["dotor"]([layers["activator"](energies), a])


def modelf(
    Tx: int, Ty: int, n_a: int, n_s: int, human_vocab_size: int, machine_vocab_size: int, layers: Mapping[str, Callable]
) -> keras.Model:
    """A network that reads Tx one-hot characters in both directions and writes Ty, each after a look at all of them.

    Args:
        layers: those of `one_step_attention`, and post_activation_LSTM_cell and output_layer, which write.

    Input shape:
        [(m, Tx, human_vocab_size), s0 (m, n_s), c0 (m, n_s)].

    Output shape:
        A list of Ty arrays (m, machine_vocab_size).
    """
    X, s0, c0 = keras.Input((Tx, human_vocab_size)), keras.Input((n_s,)), keras.Input((n_s,))
    a = keras.layers.Bidirectional(keras.layers.LSTM(n_a, return_sequences=True))(X)
    s, c, outputs = s0, c0, []
    for _ in range(Ty):
        context = one_step_attention(a, s, layers)
        _, s, c = layers["post_activation_LSTM_cell"](context, initial_state=[s, c])
        outputs.append(layers["output_layer"](s))
    return keras.Model([X, s0, c0], outputs)


# Given to the notebooks


def initialize_transformer(human: int, machine: int, d: int = 64, units: int = 128, seed: int = 0) -> dict[str, Any]:
    """Variables of a Transformer of one encoder and one decoder layer, drawn as Glorot and Bengio (2010) say.

    Args:
        human, machine: the sizes of the vocabularies that it reads and writes.
        units: between the two maps of a feed-forward part.
    """
    rng = np.random.default_rng(seed)

    def kernel(n: int, k: int) -> tf.Variable:
        return tf.Variable((rng.uniform(-1, 1, size=(n, k)) * (6 / (n + k)) ** 0.5).astype("float32"))

    def zeros(n: int) -> tf.Variable:
        return tf.Variable(tf.zeros(n))

    def attention() -> dict[str, Any]:
        return {**{f"W{part}": kernel(d, d) for part in "qkvo"}, **{f"b{part}": zeros(d) for part in "qkvo"}}

    def norm() -> dict[str, Any]:
        return {"gamma": tf.Variable(tf.ones(d)), "beta": zeros(d)}

    def fed_forward() -> dict[str, Any]:
        return {"W1": kernel(d, units), "b1": zeros(units), "W2": kernel(units, d), "b2": zeros(d)}

    def embedding(size: int) -> tf.Variable:
        return tf.Variable((0.4 * rng.normal(size=(size, d))).astype("float32"))

    return {
        "human": embedding(human),
        "machine": embedding(machine),
        "encoder": {"attention": attention(), "norm1": norm(), "feed_forward": fed_forward(), "norm2": norm()},
        "decoder": {
            "self_attention": attention(),
            "norm1": norm(),
            "cross_attention": attention(),
            "norm2": norm(),
            "feed_forward": fed_forward(),
            "norm3": norm(),
        },
        "W": kernel(d, machine),
        "b": zeros(machine),
    }
