"""Notebook 21: reference and solution against Keras, TensorFlow's gradients, finite differences and numbers by hand."""

import inspect

import jaxtyping
import keras
import numpy as np
import pytest
import tensorflow as tf
from beartype import beartype
from solution_functions import functions

from dlcourse import attention, checks
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes.attention import polarity
from dlcourse.checks.attention.parts import attention_parameters, feed_forward_parameters, norm_parameters, visible
from dlcourse.data.dates import LANGUAGES, dates

solution = functions("attention")


class Reference:
    """The references, with every shape in their annotations checked."""


for name, function in inspect.getmembers(attention, inspect.isfunction):
    if function.__module__ == attention.__name__ and name != "initialize_transformer":
        setattr(Reference, name, staticmethod(jaxtyping.jaxtyped(function, typechecker=beartype)))

both = pytest.mark.parametrize("ours", [Reference, solution], ids=["reference", "solution"])


def drawn(seed, *lead, T_q=3, T_k=5, d_k=4, d_v=6, dtype="float64"):
    rng = np.random.default_rng(seed)
    shapes = ((*lead, T_q, d_k), (*lead, T_k, d_k), (*lead, T_k, d_v))
    return [tf.constant(rng.normal(size=shape).astype(dtype)) for shape in shapes], rng


# Attention


@both
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)], ids=str)
def test_attention_is_that_of_keras(ours, lead):
    (q, k, v), rng = drawn(0, *lead, d_v=4)
    mask = tf.constant(visible(rng, *lead, 3, 5), tf.float64)
    for given in (None, mask):
        output, weights = ours.scaled_dot_product_attention(q, k, v, given)
        one_head = [tf.reshape(x, (-1, x.shape[-2], 1, x.shape[-1])) for x in (q, k, v)]
        seen = None if given is None else tf.cast(tf.reshape(given, (-1, 1, 3, 5)), tf.bool)
        theirs = keras.ops.dot_product_attention(*one_head, mask=seen)
        np.testing.assert_allclose(np.reshape(output, theirs.shape), theirs, atol=1e-6)
        np.testing.assert_allclose(np.sum(weights, axis=-1), 1, atol=1e-7)
        if given is not None:
            assert np.max(weights.numpy()[mask.numpy() == 0]) < 1e-12


@both
def test_a_query_that_sees_nothing_gets_numbers(ours):
    (q, k, v), rng = drawn(1, 2, dtype="float32")
    mask = visible(rng, 2, 3, 5)
    mask[1, 2] = 0
    output, weights = ours.scaled_dot_product_attention(q, k, v, tf.constant(mask))
    assert np.isfinite(output).all()
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1, atol=1e-5)


@both
@pytest.mark.parametrize("hidden", [False, True])
def test_the_way_back_is_that_of_finite_differences_and_of_tensorflow(ours, hidden):
    tensors, rng = drawn(2, 2)
    q, k, v = (x.numpy() for x in tensors)
    mask = tf.constant(visible(rng, 2, 3, 5), tf.float64) if hidden else None
    d_output = rng.normal(size=(2, 3, 6))
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output, weights = ours.scaled_dot_product_attention(*tensors, mask)
        J = tf.reduce_sum(output * d_output)
    theirs = tape.gradient(J, tensors)
    mine = ours.attention_backward(d_output, q, k, v, weights.numpy())
    for place, (gradient, other) in enumerate(zip(mine, theirs, strict=True)):
        np.testing.assert_allclose(gradient, other, atol=1e-7)

        def at(x, place=place):
            given = [tf.constant(x) if other == place else part for other, part in enumerate(tensors)]
            return np.asarray(ours.scaled_dot_product_attention(*given, mask)[0])

        expected = numerical_gradient(at, tensors[place].numpy(), d_output)
        np.testing.assert_allclose(gradient, expected, atol=1e-6)


@both
def test_the_order_counts_only_with_positions(ours):
    x = tf.constant(np.random.default_rng(3).normal(size=(1, 5, 8)))
    order = [3, 0, 4, 1, 2]
    encoding = tf.constant(np.asarray(ours.positional_encoding(5, 8), dtype="float64"))
    for added, same in ((0 * encoding, True), (encoding, False)):
        straight = ours.scaled_dot_product_attention(x + added, x + added, x + added)[0].numpy()
        mixed_in = tf.gather(x, order, axis=1) + added
        mixed = ours.scaled_dot_product_attention(mixed_in, mixed_in, mixed_in)[0].numpy()
        assert np.allclose(mixed, straight[:, order]) == same


# Masks and positions


@both
def test_masks_by_hand(ours):
    np.testing.assert_array_equal(ours.padding_mask(tf.constant([[4, 1, 0], [2, 0, 0]])), [[[1, 1, 0]], [[1, 0, 0]]])
    np.testing.assert_array_equal(np.squeeze(ours.look_ahead_mask(3)), [[1, 0, 0], [1, 1, 0], [1, 1, 1]])


@both
@pytest.mark.parametrize("d", [2, 7, 64])
def test_positions_are_hands_of_clocks(ours, d):
    encoding = np.asarray(ours.positional_encoding(20, d))
    assert encoding.shape == (1, 20, d)
    for p in (0, 1, 19):
        for j in range(d):
            angle = p / 10_000 ** (2 * (j // 2) / d)
            assert encoding[0, p, j] == pytest.approx(np.cos(angle) if j % 2 else np.sin(angle), abs=1e-6)


# Layers


def keras_attention(P, d, heads):
    layer = keras.layers.MultiHeadAttention(heads, d // heads)
    layer.build((None, None, d), (None, None, d))
    cut = [(P[f"W{x}"].reshape(d, heads, -1), P[f"b{x}"].reshape(heads, -1)) for x in "qkv"]
    layer.set_weights([*sum(cut, ()), P["Wo"].reshape(heads, -1, d), P["bo"]])
    return layer


def keras_norm(P):
    layer = keras.layers.LayerNormalization(epsilon=1e-6)
    layer.build((None, None, len(P["beta"])))
    layer.set_weights([P["gamma"], P["beta"]])
    return layer


def keras_feed_forward(P):
    model = keras.Sequential(
        [
            keras.Input((None, len(P["W1"]))),
            keras.layers.Dense(len(P["b1"]), activation="relu"),
            keras.layers.Dense(len(P["b2"])),
        ]
    )
    model.set_weights([P["W1"], P["b1"], P["W2"], P["b2"]])
    return model


def with_gradients(function, *inputs):
    """What a function gives, and the gradients of its sum times fixed numbers for the inputs."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        result = function(*inputs)
        upstream = np.random.default_rng(9).normal(size=result.shape).astype("f4")
        J = tf.reduce_sum(result * upstream)
    return [result, *tape.gradient(J, inputs)]


def agree(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-4, rtol=1e-3)


@both
@pytest.mark.parametrize("masked", [False, True])
def test_many_heads_are_those_of_keras(ours, masked):
    rng = np.random.default_rng(4)
    query, value = (tf.constant(rng.normal(size=(3, T, 8)).astype("f4")) for T in (4, 6))
    P = attention_parameters(rng, 8)
    mask = visible(rng, 3, 4, 6) if masked else None
    layer = keras_attention(P, 8, 2)
    given = None if mask is None else tf.constant(mask)
    agree(
        with_gradients(lambda q, v: ours.multi_head_attention(q, v, given, P, 2)[0], query, value),
        with_gradients(lambda q, v: layer(q, v, attention_mask=mask), query, value),
    )
    theirs = layer(query, value, attention_mask=mask, return_attention_scores=True)[1]
    np.testing.assert_allclose(ours.multi_head_attention(query, value, given, P, 2)[1], theirs, atol=1e-5)


@both
def test_an_encoder_layer_of_keras_gives_the_same(ours):
    rng = np.random.default_rng(5)
    x = tf.constant(rng.normal(size=(3, 5, 8)).astype("f4"))
    P = {
        "attention": attention_parameters(rng, 8),
        "norm1": norm_parameters(rng, 8),
        "feed_forward": feed_forward_parameters(rng, 8, 12),
        "norm2": norm_parameters(rng, 8),
    }
    mask = np.tile((np.arange(5) < [[5], [3], [1]]).astype("f4")[:, np.newaxis], (1, 5, 1))
    attend, feed = keras_attention(P["attention"], 8, 2), keras_feed_forward(P["feed_forward"])
    norms = [keras_norm(P["norm1"]), keras_norm(P["norm2"])]

    def theirs(x):
        h = norms[0](x + attend(x, x, attention_mask=mask))
        return norms[1](h + feed(h))

    narrow = tf.constant(mask[:, :1])
    agree(with_gradients(lambda x: ours.encoder_layer(x, narrow, P, 2), x), with_gradients(theirs, x))


@both
def test_a_decoder_layer_of_keras_gives_the_same(ours):
    rng = np.random.default_rng(6)
    y, memory = (tf.constant(rng.normal(size=(2, T, 8)).astype("f4")) for T in (4, 5))
    P = {
        "self_attention": attention_parameters(rng, 8),
        "norm1": norm_parameters(rng, 8),
        "cross_attention": attention_parameters(rng, 8),
        "norm2": norm_parameters(rng, 8),
        "feed_forward": feed_forward_parameters(rng, 8, 12),
        "norm3": norm_parameters(rng, 8),
    }
    padding = (np.arange(5) < [[5], [3]]).astype("f4")[:, np.newaxis]
    itself, cross = (keras_attention(P[f"{x}_attention"], 8, 2) for x in ("self", "cross"))
    norms, feed = [keras_norm(P[f"norm{n}"]) for n in (1, 2, 3)], keras_feed_forward(P["feed_forward"])

    def theirs(y, memory):
        g = norms[0](y + itself(y, y, use_causal_mask=True))
        h = norms[1](g + cross(g, memory, attention_mask=np.tile(padding, (1, 4, 1))))
        return norms[2](h + feed(h))

    masks = ours.look_ahead_mask(4), tf.constant(padding)
    agree(
        with_gradients(lambda y, memory: ours.decoder_layer(y, memory, *masks, P, 2)[0], y, memory),
        with_gradients(theirs, y, memory),
    )


@both
def test_the_base_transformers_encoder_layer_has_as_many_parameters_as_the_text_says(ours):
    assert ours.encoder_parameters(512, 2048) == 3_152_384
    variables = tf.nest.flatten(attention.initialize_transformer(9, 5, 16, 24)["encoder"])
    assert sum(int(np.prod(v.shape)) for v in variables) == ours.encoder_parameters(16, 24)


@both
def test_greedy_decoding_takes_the_likeliest_and_puts_it_in(ours):
    asked = []

    def scores(tokens):
        asked.append(list(tokens))
        return np.eye(6)[[(token + 2) % 6 for token in tokens]]

    assert list(ours.greedy_decode(scores, 4)) == [2, 4, 0, 2]
    assert asked == [[0], [0, 2], [0, 2, 4], [0, 2, 4, 0]]


# Dates


def test_dates_are_written_in_eight_languages_and_no_day_comes_twice():
    pairs = dates(300, seed=0)
    assert pairs == dates(300, seed=0) != dates(300, seed=1)
    assert len({machine for _, machine in pairs}) == 300
    assert len(LANGUAGES) == 8
    assert dates(2, 0, ["fr"])[0][0].split()[-1].isdigit()


def test_the_vocabularies_of_the_notebook_hold_its_dates():
    pairs = dates(8500, seed=0)
    assert len(set("".join(human for human, _ in pairs))) + 1 == solution.HUMAN
    assert len(solution.DIGITS) + 1 == solution.MACHINE
    assert max(len(human) for human, _ in pairs) <= 40


# Right answers, written in another way


def published(q, k, v, mask):
    """Calculate the attention weights.

    The mask has different shapes depending on its type(padding or look ahead)
    but it must be broadcastable for addition.
    """
    logits = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(tf.cast(tf.shape(k)[-1], tf.float32))
    if mask is not None:
        logits += (1.0 - mask) * -1.0e9
    weights = tf.keras.activations.softmax(logits, axis=-1)
    return tf.matmul(weights, v), weights


def published_earlier(q, k, v, mask):
    """Calculate the attention weights.

    The mask has different shapes depending on its type(padding or look ahead)
    but it must be broadcastable for addition.
    """
    logits = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(tf.cast(tf.shape(k)[-1], tf.float32))
    if mask is not None:
        logits += mask * -1e9
    weights = tf.nn.softmax(logits, axis=-1)
    return tf.matmul(weights, v), weights


def told_by_name(q, k, v, hidden=None):
    scores = tf.einsum("...id,...jd->...ij", q, k) / np.sqrt(q.shape[-1])
    if hidden is not None:
        scores = tf.where(tf.cast(hidden, tf.bool), -1e30, scores)
    weights = tf.nn.softmax(scores)
    return weights @ v, weights


def truths_and_zeros(query, key, value, mask=None):
    """mask is True where one may look; a query that sees nothing gets zeros."""
    scores = tf.linalg.matmul(query, key, adjoint_b=True) * key.shape[-1] ** -0.5
    if mask is None:
        weights = tf.nn.softmax(scores)
    else:
        e = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True)) * tf.cast(mask, scores.dtype)
        weights = tf.math.divide_no_nan(e, tf.reduce_sum(e, axis=-1, keepdims=True))
    return [tf.matmul(weights, value), weights]


def backward_in_loops(d_output, q, k, v, weights):
    lead = q.shape[:-2]
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for place in np.ndindex(*lead):
        for i in range(q.shape[-2]):
            a, da = weights[place][i], v[place] @ d_output[place][i]
            ds = (np.diag(a) - np.outer(a, a)) @ da / np.sqrt(q.shape[-1])
            dq[place][i] = k[place].T @ ds
            dk[place] += np.outer(ds, q[place][i])
            dv[place] += np.outer(a, d_output[place][i])
    return dq, dk, dv


def older_one_step(a, s_prev):
    s_prev = repeator(s_prev)  # noqa: F821  (the check hands in the layers of the notebook)
    concat = concatenator([a, s_prev])  # noqa: F821
    e = densor(concat)  # noqa: F821
    alphas = activator(e)  # noqa: F821
    return dotor([alphas, a])  # noqa: F821


def state_first(a, s_prev):
    x = concatenator([repeator(s_prev), a])  # noqa: F821
    return dotor([activator(densor2(densor1(x))), a])  # noqa: F821


def head_by_head(query, value, mask, parameters, num_heads):
    d, P = query.shape[-1] // num_heads, parameters
    outputs, weights = [], []
    for h in range(num_heads):
        columns = slice(h * d, (h + 1) * d)
        q, k, v = (
            x @ P[f"W{name}"][:, columns] + P[f"b{name}"][columns]
            for x, name in ((query, "q"), (value, "k"), (value, "v"))
        )
        output, weight = published(q, k, v, mask)
        outputs.append(output)
        weights.append(weight)
    return tf.concat(outputs, axis=-1) @ P["Wo"] + P["bo"], tf.stack(weights, axis=1)


def encoder_of_keras(x, mask, parameters, num_heads):
    P = parameters["attention"]
    attended, _ = head_by_head(x, x, mask, P, num_heads)
    h = attention.layer_norm(attended + x, parameters["norm1"])
    f = parameters["feed_forward"]
    inner = tf.maximum(tf.matmul(h, f["W1"]) + f["b1"], 0.0)
    return attention.layer_norm(tf.matmul(inner, f["W2"]) + f["b2"] + h, parameters["norm2"])


def angles_first(positions, d_model):
    pos, k = np.arange(positions)[:, np.newaxis], np.arange(d_model)[np.newaxis]
    angles = pos / np.power(10000, 2 * (k // 2) / np.float32(d_model))
    angles[:, 0::2], angles[:, 1::2] = np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])
    return tf.cast(angles[np.newaxis, ...], dtype=tf.float32)


OTHERWISE = {
    "scaled_dot_product_attention": [published, published_earlier, told_by_name, truths_and_zeros],
    "attention_backward": [
        backward_in_loops,
        lambda *args: tuple(x.astype("f4") for x in attention.attention_backward(*args)),
    ],
    "padding_mask": [
        lambda decoder_token_ids: (1 - tf.cast(tf.math.equal(decoder_token_ids, 0), tf.float32))[:, tf.newaxis, :],
        lambda tokens: (np.asarray(tokens) > 0)[:, None],
    ],
    "look_ahead_mask": [
        lambda sequence_length: tf.linalg.band_part(tf.ones((1, sequence_length, sequence_length)), -1, 0),
        lambda positions: np.tri(positions, dtype=bool)[None],
        lambda positions: [[[int(j <= i) for j in range(positions)] for i in range(positions)]],
    ],
    "positional_encoding": [angles_first, lambda positions, d: attention.positional_encoding(positions, d).tolist()],
    "one_step_attention": [older_one_step, state_first],
    "multi_head_attention": [head_by_head],
    "encoder_layer": [encoder_of_keras],
    "encoder_parameters": [lambda d, units: float(4 * d * d + 2 * d * units + 9 * d + units)],
    "greedy_decode": [
        lambda scores, length, start=0: np.array(attention.greedy_decode(scores, length, start)),
        lambda scores, length, start=0: (
            lambda loop: [loop.append(int(np.asarray(scores(loop))[-1].argmax())) for _ in range(length)] and loop[1:]
        )([start]),
    ],
}


@pytest.mark.parametrize(("name", "number"), [(name, i) for name, all_ in OTHERWISE.items() for i in range(len(all_))])
def test_right_answers_written_in_another_way_pass(name, number):
    for seed in range(2):
        report = checks.run("attention", name, OTHERWISE[name][number], seed=seed, namespace=vars(solution))
        assert report.passed, (report.failures[0].case, report.failures[0].message)


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("attention")])
def test_the_solution_passes(name):
    for seed in range(2):
        report = checks.run("attention", name, getattr(solution, name), seed=seed, namespace=vars(solution))
        assert report.passed, (report.failures[0].case, report.failures[0].message)


# What a mask means

MEANINGS = [
    ("looks", "mask is 1 where a query may look, and 0 where it may not."),
    ("looks", "True = attend, False = masked"),
    ("looks", "0 where hidden, 1 where one may look"),
    ("looks", "1 for real tokens and 0 for padding"),
    ("hides", "mask: 1 where padding stands"),
    ("hides", "mask has 1 at positions that must not be seen"),
    ("hides", "True = masked out, False = keep"),
    ("hides", "hidden keys have a 1"),
    ("hides", "1 for pad tokens, 0 for words"),
    ("either", "it must be broadcastable for addition"),
    ("", "Calculate the attention weights."),
    ("", "1 where the key's position is not after the query's."),
]


@pytest.mark.parametrize(("meaning", "words"), MEANINGS)
def test_a_docstring_says_what_a_mask_means(meaning, words):
    def function(q, k, v, mask):
        return q

    function.__doc__ = words
    assert polarity(function) == meaning


def test_a_mask_that_hides_passes_where_its_docstring_says_so_and_is_named_where_not():
    def hiding(q, k, v, mask=None):
        scores = tf.matmul(q, k, transpose_b=True) / k.shape[-1] ** 0.5
        if mask is not None:
            scores += tf.cast(mask, tf.float32) * -1e9
        weights = tf.nn.softmax(scores)
        return tf.matmul(weights, v), weights

    report = checks.run("attention", "scaled_dot_product_attention", hiding)
    assert report.mistake.key == "mask-the-other-way-round"
    assert {group.name for group in report.groups if not group.passed} == {"mask", "nothing to see"}
    hiding.__doc__ = "A 1 in the mask hides a key."
    assert checks.run("attention", "scaled_dot_product_attention", hiding).passed


# What one slip costs


def test_a_cut_gradient_costs_one_group():
    def cut(q, k, v, mask=None):
        return tuple(map(tf.stop_gradient, attention.scaled_dot_product_attention(q, k, v, mask)))

    report = checks.run("attention", "scaled_dot_product_attention", cut)
    assert {group.name for group in report.groups if not group.passed} == {"gradients"}
    assert report.mistake.key == "left-tensorflow"


def test_zeros_and_inputs_earn_nothing():
    def nothing(q, k, v, mask=None):
        return 0 * v, 0 * tf.matmul(q, k, transpose_b=True)

    for name, function in {
        "scaled_dot_product_attention": nothing,
        "encoder_layer": lambda x, mask, parameters, num_heads: x,
        "attention_backward": lambda d_output, q, k, v, weights: (0 * q, 0 * k, 0 * v),
    }.items():
        report = checks.run("attention", name, function, namespace=vars(solution))
        assert [group.name for group in report.groups if group.passed] == []
