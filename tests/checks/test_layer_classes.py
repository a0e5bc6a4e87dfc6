"""The layers of notebook 21 as learners of the well-known course have them, as classes; and a training that stops."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.layers import Dense, Dropout, LayerNormalization, MultiHeadAttention
from solution_functions import functions

from dlcourse import checks
from dlcourse.attention import initialize_transformer
from dlcourse.checking.probes.keras_layers import call_layer

solution = functions("attention")


class EncoderLayer(keras.layers.Layer):
    """Keys as long as the whole, and pieces that are made in another order than they are used."""

    def __init__(self, embedding_dim, num_heads, fully_connected_dim, dropout_rate=0.1, layernorm_eps=1e-6):
        super().__init__()
        self.layernorm2 = LayerNormalization(epsilon=layernorm_eps)
        self.layernorm1 = LayerNormalization(epsilon=layernorm_eps)
        self.dropout_ffn = Dropout(dropout_rate)
        self.ffn = keras.Sequential([Dense(fully_connected_dim, activation="relu"), Dense(embedding_dim)])
        self.mha = MultiHeadAttention(num_heads=num_heads, key_dim=embedding_dim, dropout=dropout_rate)

    def call(self, x, training, mask):
        attended = self.mha(x, x, x, attention_mask=mask, training=training)
        return self.fed(self.layernorm1(x + attended), training)

    def fed(self, h, training):
        return self.layernorm2(h + self.dropout_ffn(self.ffn(h), training=training))


class NewerEncoderLayer(EncoderLayer):
    def __init__(self, *, d_model, num_heads, dff, rate):
        super().__init__(d_model, num_heads, dff, rate, layernorm_eps=1e-3)

    def call(self, inputs, mask=None):
        return self.fed(self.layernorm1(self.mha(inputs, inputs, attention_mask=mask) + inputs), False)


class DecoderLayer(keras.layers.Layer):
    def __init__(self, embedding_dim, num_heads, hidden, dropout_rate=0.1, layernorm_eps=1e-6):
        super().__init__()
        self.mha1 = MultiHeadAttention(num_heads=num_heads, key_dim=embedding_dim, dropout=dropout_rate)
        self.mha2 = MultiHeadAttention(num_heads=num_heads, key_dim=embedding_dim, dropout=dropout_rate)
        self.inner, self.outer = Dense(hidden, activation="relu"), Dense(embedding_dim)
        self.norms = [LayerNormalization(epsilon=layernorm_eps) for _ in range(3)]

    def call(self, x, enc_output, training, look_ahead_mask, padding_mask):
        named = {"return_attention_scores": True, "training": training}
        a, first = self.mha1(x, x, x, attention_mask=look_ahead_mask, **named)
        g = self.norms[0](x + a)
        a, second = self.mha2(g, enc_output, enc_output, attention_mask=padding_mask, **named)
        h = self.norms[1](g + a)
        return self.norms[2](h + self.outer(self.inner(h))), first, second


class OneNorm(EncoderLayer):
    def call(self, x, training, mask):
        h = self.layernorm1(x + self.mha(x, x, attention_mask=mask))
        return self.layernorm1(h + self.ffn(h))


class NoMask(EncoderLayer):
    def call(self, x, training, mask):
        return self.fed(self.layernorm1(x + self.mha(x, x)), training)


class MaskByItsPlace(EncoderLayer):
    def call(self, x, training, mask):
        return self.fed(self.layernorm1(x + self.mha(x, x, x, mask)), training)


class PaddingAhead(DecoderLayer):
    def call(self, x, enc_output, training, look_ahead_mask, padding_mask):
        return super().call(x, enc_output, training, padding_mask, look_ahead_mask)


def encoding(layer_class):
    def encoder_layer(x, mask, parameters, num_heads):
        return call_layer(layer_class, parameters, num_heads, x=x, mask=mask)

    return encoder_layer


def decoding(layer_class):
    def decoder_layer(y, memory, look_ahead, padding, parameters, num_heads):
        masks = {"look_ahead": look_ahead, "padding": padding}
        return call_layer(layer_class, parameters, num_heads, y=y, memory=memory, **masks)

    return decoder_layer


def report_on(name, function, seed=0):
    return checks.run("attention", name, function, seed=seed, namespace=vars(solution))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("encoder_layer", encoding(EncoderLayer)),
        ("encoder_layer", encoding(NewerEncoderLayer)),
        ("decoder_layer", decoding(DecoderLayer)),
    ],
)
def test_layers_written_as_classes_pass(name, function):
    for seed in range(2):
        report = report_on(name, function, seed)
        assert report.passed, [failure.message for failure in report.failures]


@pytest.mark.parametrize(
    ("name", "function", "key"),
    [
        ("encoder_layer", encoding(OneNorm), "one-norm-twice"),
        ("encoder_layer", encoding(NoMask), "mask-ignored"),
        ("encoder_layer", encoding(MaskByItsPlace), "mask-by-its-place"),
        ("encoder_layer", EncoderLayer, "a-class"),
        ("decoder_layer", decoding(PaddingAhead), "masks-exchanged"),
        ("decoder_layer", DecoderLayer, "a-class"),
    ],
)
def test_what_is_wrong_in_a_class_has_its_name(name, function, key):
    report = report_on(name, function)
    assert not report.passed and report.mistake.key == key


class TooMuch(EncoderLayer):
    def build(self, shape):
        self.more = self.add_weight(shape=(shape[-1],), name="more")


class ThirdNorm(EncoderLayer):
    def __init__(self, width, heads, inner):
        super().__init__(width, heads, inner)
        self.third = LayerNormalization()

    def call(self, x, training, mask):
        return self.third(super().call(x, training, mask))


class ShortKeys(EncoderLayer):
    def __init__(self, embedding_dim, num_heads, fully_connected_dim):
        super().__init__(embedding_dim, num_heads, fully_connected_dim)
        self.mha = MultiHeadAttention(num_heads, 1)


@pytest.mark.parametrize(
    ("layer_class", "words"),
    [(TooMuch, "learns more than"), (ThirdNorm, "calls 3 layers of LayerNormalization"), (ShortKeys, "key_dim is 1")],
)
def test_what_cannot_be_filled_says_why(layer_class, words):
    parameters = initialize_transformer(5, 4, d=8, units=6)["encoder"]
    with pytest.raises(ValueError, match=words):
        call_layer(layer_class, parameters, 2, x=tf.zeros((1, 3, 8)), mask=None)


def test_a_class_learns_in_a_compiled_step():
    parameters = initialize_transformer(5, 4, d=8, units=6)["encoder"]
    sources = tf.nest.flatten(parameters)

    @tf.function
    def gradients(layer, x):
        with tf.GradientTape() as tape:
            J = tf.reduce_sum(layer(x, None, parameters, 2) ** 3)
        return tape.gradient(J, sources)

    x = tf.random.stateless_normal((2, 5, 8), seed=(0, 1))
    for mine, theirs in zip(gradients(encoding(EncoderLayer), x), gradients(solution.encoder_layer, x), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_a_training_that_is_stopped_keeps_what_was_learned():
    class Stopping:
        def __init__(self, *labels):
            pass

        def add(self, name, value):
            raise KeyboardInterrupt

    around = solution.train.__globals__
    given = {"char_to_ix": {char: 1 + number for number, char in enumerate("7 mars2019")}, "Tx": 12}
    kept = {name: around.get(name) for name in ("LearningCurves", *given)}
    network = initialize_transformer(49, 12)
    before = [array.numpy() for array in tf.nest.flatten(network)]
    around.update(given, LearningCurves=Stopping)
    try:
        with pytest.raises(KeyboardInterrupt):
            solution.train([("7 mars 2019", "2019-03-07")], network, steps=20)
    finally:
        around.update(kept)
    moved = [np.max(np.abs(after - old)) for after, old in zip(tf.nest.flatten(network), before, strict=True)]
    assert all(np.isfinite(moved)) and min(moved[-2:]) > 0
