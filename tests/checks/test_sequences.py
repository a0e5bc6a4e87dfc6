"""Notebook 20: reference and solution against Keras, finite differences, and numbers worked by hand."""

import inspect
import itertools
import warnings

import jaxtyping
import keras
import numpy as np
import pytest
import tensorflow as tf
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from solution_functions import functions

from dlcourse import checks, sequences
from dlcourse.checking.exercise import UNCHANGED
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.sequences import searching
from dlcourse.checks.sequences.parts import cell, lengths_of, mask_of, network
from dlcourse.data import sentences
from dlcourse.data.toy_sequences import NAMES, SENTENCE

solution = functions("sequences")


class Reference:
    """The references, with every shape in their annotations checked."""


for name, function in inspect.getmembers(sequences, inspect.isfunction):
    if function.__module__ == sequences.__name__:
        setattr(Reference, name, staticmethod(jaxtyping.jaxtyped(function, typechecker=beartype)))

both = pytest.mark.parametrize("ours", [Reference, solution], ids=["reference", "solution"])


def batch(seed=0, n_x=3, m=4, T=6):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_x, m, T)), mask_of(lengths_of(rng, m, T), T), rng


# Masks


@both
def test_a_mask_is_that_of_tensorflow(ours):
    lengths = [3, 0, 5, 1]
    np.testing.assert_array_equal(ours.padding_mask(lengths, 5), tf.sequence_mask(lengths, 5).numpy())


@both
def test_the_mean_of_the_words_is_that_of_keras(ours):
    x, mask, _ = batch()
    theirs = keras.layers.GlobalAveragePooling1D(dtype="float64")(x.transpose(1, 2, 0), mask=tf.constant(mask))
    np.testing.assert_allclose(ours.masked_mean(x, mask).T, np.asarray(theirs), atol=1e-12)
    np.testing.assert_array_equal(ours.masked_mean(x, np.zeros_like(mask)), 0)
    np.testing.assert_allclose(ours.masked_mean(x, mask.astype(float)), ours.masked_mean(x, mask))


@both
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), n_y=st.integers(1, 3))
def test_the_loss_of_the_words_is_that_of_keras_on_the_words(ours, seed, n_y):
    _, mask, rng = batch(seed)
    y_hat, y = rng.uniform(0.05, 0.95, size=(n_y, 4, 6)), rng.integers(0, 2, size=(n_y, 4, 6)).astype(float)
    theirs = keras.losses.binary_crossentropy(tf.constant(y[:, mask].T), tf.constant(y_hat[:, mask].T))
    assert ours.masked_loss(y_hat, y, mask) == pytest.approx(n_y * float(np.mean(theirs)), rel=1e-5)


@both
def test_a_network_that_is_sure_of_the_padding_changes_no_loss(ours):
    y_hat, y, mask = np.full((1, 2, 3), 0.5), np.ones((1, 2, 3)), mask_of([3, 1], 3)
    y_hat[0, 1, 1:] = [0.0, 1.0]
    with np.errstate(all="ignore"):
        assert ours.masked_loss(y_hat, y, mask) == pytest.approx(np.log(2))


@both
def test_sentences_are_turned_round_as_tensorflow_does_it(ours):
    x, mask, _ = batch()
    theirs = tf.reverse_sequence(x, mask.sum(axis=1), seq_axis=2, batch_axis=1).numpy()
    np.testing.assert_array_equal(ours.reverse_sentences(x, mask)[:, mask], theirs[:, mask])
    np.testing.assert_array_equal(ours.reverse_sentences(ours.reverse_sentences(x, mask), mask)[:, mask], x[:, mask])


# Both directions


def keras_bidirectional(forward, backward, n_x, T):
    n_a = len(forward["ba"])
    layer = keras.layers.Bidirectional(keras.layers.SimpleRNN(n_a, return_sequences=True, dtype="float64"))
    layer.build((None, T, n_x))
    weights = [(p["Wax"].T, p["Waa"].T, p["ba"].ravel()) for p in (forward, backward)]
    layer.set_weights([*weights[0], *weights[1]])
    return layer


@both
@pytest.mark.parametrize("masked", [False, True])
def test_both_directions_are_those_of_keras_at_the_words(ours, masked):
    x, mask, rng = batch(1)
    forward, backward = cell(rng, 2, 3), cell(rng, 2, 3)
    layer = keras_bidirectional(forward, backward, 3, 6)
    theirs = layer(tf.constant(x.transpose(1, 2, 0)), mask=tf.constant(mask) if masked else None)
    mine = ours.bidirectional_forward(x, forward, backward, *([mask] if masked else []))
    real = mask if masked else np.ones_like(mask)
    np.testing.assert_allclose(mine[:, real], np.asarray(theirs).transpose(2, 0, 1)[:, real], atol=1e-6)


@both
def test_with_a_mask_every_sentence_is_read_as_if_it_were_alone(ours):
    x, mask, rng = batch(2)
    parameters = network(rng, 3, 3, 1)
    tags, labels = ours.tag_sequence(x, parameters, mask), ours.classify_sequence(x, parameters, mask)
    for i, length in enumerate(mask.sum(axis=1)):
        alone, all_words = x[:, i : i + 1, :length], np.ones((1, length), dtype=bool)
        np.testing.assert_allclose(ours.tag_sequence(alone, parameters, all_words)[:, 0], tags[:, i, :length])
        np.testing.assert_allclose(ours.classify_sequence(alone, parameters, all_words)[:, 0], labels[:, i])


@both
def test_a_label_is_a_dense_layer_on_what_keras_has_read(ours):
    x, mask, rng = batch(3)
    parameters = network(rng, 2, 3, 2)
    n_a = 2
    layer = keras.layers.Bidirectional(keras.layers.SimpleRNN(n_a, dtype="float64"))
    layer.build((None, 6, 3))
    cells = [(p["Wax"].T, p["Waa"].T, p["ba"].ravel()) for p in (parameters["forward"], parameters["backward"])]
    layer.set_weights([*cells[0], *cells[1]])
    read_all = layer(tf.constant(x.transpose(1, 2, 0)), mask=tf.constant(mask))
    theirs = keras.ops.sigmoid(read_all @ parameters["Wya"].T + parameters["by"].ravel())
    np.testing.assert_allclose(ours.classify_sequence(x, parameters, mask).T, np.asarray(theirs), atol=1e-6)


@both
def test_a_sentence_without_words_has_been_read_by_nobody(ours):
    x, _, rng = batch(4)
    parameters = network(rng, 2, 3, 1)
    mask = mask_of([0, 6, 2, 0], 6)
    labels = ours.classify_sequence(x, parameters, mask)
    np.testing.assert_allclose(labels[0, [0, 3]], 1 / (1 + np.exp(-parameters["by"][0, 0])))


def test_the_gradients_of_the_text_are_those_of_finite_differences():
    """Of the loss of tags, by every weight: the notebook's own way back, with padding."""
    x, mask, rng = batch(5)
    parameters, _ = solution.new_network(rng, 3, 2)
    y = rng.integers(0, 2, size=(1, *mask.shape)).astype(float)
    dz = (solution.tag_sequence(x, parameters, mask) - y) * mask / mask.sum()
    gradients = solution.all_gradients(x, mask, parameters, dz, dz)
    for part in ("forward", "backward", "output"):
        for name in ("Wya", "by") if part == "output" else ("Wax", "Waa", "ba"):

            def loss_at(weights, part=part, name=name):
                changed = {name: weights} if part == "output" else {part: {**parameters[part], name: weights}}
                tags = solution.tag_sequence(x, {**parameters, **changed}, mask)
                return np.array(solution.masked_loss(tags, y, mask))

            value = parameters[name] if part == "output" else parameters[part][name]
            expected = numerical_gradient(loss_at, value, np.array(1.0))
            np.testing.assert_allclose(gradients[part][f"d{name}"], expected, atol=1e-7, err_msg=f"{part} {name}")


# What it is applied to


def test_nothing_that_is_held_out_was_learned_from():
    rng = np.random.default_rng(0)
    learned, held_out = sentences.tagged_sentences(rng, 2000), sentences.tagged_sentences(rng, 500, held_out=True)
    assert not set(sentences.patterns()) & set(sentences.patterns(held_out=True))
    for kept, tested in zip(sentences.slot_words(), sentences.slot_words(held_out=True), strict=True):
        assert kept and tested and not set(kept) & set(tested)
    names, things = (set(words) for words in sentences.slot_words(held_out=True))
    assert not {word for words, _ in learned for word in words} & (names | things)
    for words, labels in held_out:
        assert {word for word, label in zip(words, labels, strict=True) if label} <= names
        assert not {word for word, label in zip(words, labels, strict=True) if not label} & names


def test_names_and_things_are_no_words_of_the_patterns():
    fixed = {word for held_out in (False, True) for pattern in sentences.patterns(held_out) for word in pattern.split()}
    for held_out in (False, True):
        for words in sentences.slot_words(held_out):
            assert not fixed & set(words)


def test_reviews_are_half_praise_and_those_held_out_have_patterns_of_their_own():
    rng = np.random.default_rng(0)
    learned, held_out = sentences.reviews(rng, 3000), sentences.reviews(rng, 600, held_out=True)
    assert np.mean([label for _, label in learned]) == np.mean([label for _, label in held_out]) == 0.5
    assert not {" ".join(words) for words, _ in learned} & {" ".join(words) for words, _ in held_out}


def test_the_labels_of_the_notes_sentence():
    assert len(SENTENCE) == len(NAMES) and list(NAMES) == [1, 1, 0, 1, 1, 0, 0, 0, 0]


def test_a_tagger_learns_within_a_few_steps_and_knows_the_notes_sentence(monkeypatch):
    """A third of the notebook's training; its figures are in the text."""

    class NoCurves:
        def __init__(self, *args, **named):
            pass

        def add(self, *args):
            pass

    monkeypatch.setitem(solution.learn_tags.__globals__, "LearningCurves", NoCurves)
    trained = solution.learn_tags(steps=170)
    right, mask, unknown = solution.tagged(trained, solution.HELD_OUT)
    assert right[mask].mean() > 0.97 and unknown[:, 0].sum() > 100
    parameters, vocabulary = trained
    x, mask = solution.to_arrays([[word.lower() for word in SENTENCE]], vocabulary)
    np.testing.assert_array_equal(solution.tag_sequence(x, parameters, mask)[0, 0] > 0.5, NAMES)


# Word vectors


@both
def test_the_mean_of_known_words(ours):
    vectors = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 6.0])}
    np.testing.assert_allclose(ours.sentence_to_avg("A b B zebra", vectors), [7 / 3, 14 / 3])
    np.testing.assert_array_equal(ours.sentence_to_avg("zebra", vectors), [0, 0])


@both
def test_pairs_are_those_of_keras_skipgrams_without_sampling(ours):
    """Keras 3 has no skipgrams any more; counted by hand: 2 w T - w (w + 1) pairs where T > w."""
    for T, window in ((7, 2), (9, 4), (3, 1)):
        pairs = ours.skip_gram_pairs([str(i) for i in range(T)], window)
        assert len(pairs) == len(set(pairs)) == 2 * window * T - window * (window + 1)
        assert all(0 < abs(int(a) - int(b)) <= window for a, b in pairs)


@both
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 5), d=st.integers(1, 6))
def test_negative_sampling_is_that_of_tensorflow(ours, seed, k, d):
    rng = np.random.default_rng(seed)
    given_vectors = [tf.Variable(v) for v in (rng.normal(size=d), rng.normal(size=d), rng.normal(size=(k, d)))]
    with tf.GradientTape() as tape:
        v, u, U = given_vectors
        scores = tf.concat([tf.linalg.matvec(u[None], v), tf.linalg.matvec(U, v)], 0)
        labels = tf.concat([tf.ones(1, scores.dtype), tf.zeros(k, scores.dtype)], 0)
        loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels, scores))
    mine = ours.negative_sampling_loss(*(value.numpy() for value in given_vectors))
    for got, due in zip(mine, (loss, *tape.gradient(loss, given_vectors)), strict=True):
        np.testing.assert_allclose(got, due.numpy(), rtol=1e-9, atol=1e-12)


@both
def test_cosines_are_those_of_keras(ours):
    rng = np.random.default_rng(0)
    for d in (2, 7):
        u, v = rng.normal(size=(2, d))
        theirs = float(keras.ops.sum(keras.ops.normalize(u[None]) * keras.ops.normalize(v[None])))
        assert ours.cosine_similarity(u, v) == pytest.approx(theirs, abs=1e-6)
        assert ours.cosine_similarity(u, -2 * u) == pytest.approx(-1)
    assert ours.cosine_similarity(np.zeros(3), np.ones(3)) == 0


@both
def test_an_analogy_in_a_plane(ours):
    places = {"man": [0, 0], "woman": [0, 1], "king": [4, 0], "queen": [4, 3], "apple": [5, 1], "lemon": [2, -3]}
    vectors = {word: np.array(place, dtype=float) for word, place in places.items()}
    assert ours.complete_analogy("Man", "woman", "King", vectors) == "queen"


@both
def test_what_is_neutral_has_no_part_along_g(ours):
    rng = np.random.default_rng(0)
    g, vectors = 3 * rng.normal(size=5), {"nurse": rng.normal(size=5)}
    kept = vectors["nurse"].copy()
    neutral = ours.neutralize("nurse", g, vectors)
    assert neutral @ g == pytest.approx(0, abs=1e-12)
    assert np.linalg.matrix_rank(np.stack([kept - neutral, g])) == 1
    np.testing.assert_array_equal(vectors["nurse"], kept)


@both
def test_what_is_equalized_has_length_1_and_stands_symmetrically(ours):
    rng = np.random.default_rng(0)
    vectors = {
        word: vector / np.linalg.norm(vector) for word, vector in zip("ab", rng.normal(size=(2, 6)), strict=True)
    }
    g, neutral = 2 * rng.normal(size=6), rng.normal(size=6)
    neutral -= neutral @ g / (g @ g) * g
    e1, e2 = ours.equalize(("a", "b"), g, vectors)
    assert np.linalg.norm(e1) == pytest.approx(1) and np.linalg.norm(e2) == pytest.approx(1)
    assert ours.cosine_similarity(e1, g) == pytest.approx(-ours.cosine_similarity(e2, g))
    assert e1 @ neutral == pytest.approx(e2 @ neutral)
    assert np.sign(e1 @ g - e2 @ g) == np.sign(vectors["a"] @ g - vectors["b"] @ g)


# Right answers that are written otherwise, and published ones


def run(name, function, seed, namespace=None):
    with np.errstate(all="ignore"):
        return checks.run("sequences", name, function, seed=seed, namespace=namespace)


def cosine_of_2018(u, v):
    dot = np.dot(u, v)
    norm_u = np.sqrt(np.sum(np.power(u, 2)))
    norm_v = np.sqrt(np.sum(np.power(v, 2)))
    return dot / (norm_u * norm_v)


def cosine_of_2021(u, v):
    if np.all(u == v):
        return 1
    dot, norms = np.dot(u, v), np.linalg.norm(u) * np.linalg.norm(v)
    return 0 if np.isclose(norms, 0, atol=1e-32) else dot / norms


def analogy_that_leaves_c_out(word_a, word_b, word_c, word_to_vec_map):
    word_a, word_b, word_c = word_a.lower(), word_b.lower(), word_c.lower()
    e_a, e_b, e_c = word_to_vec_map[word_a], word_to_vec_map[word_b], word_to_vec_map[word_c]
    max_cosine_sim, best_word = -100, None
    for w in word_to_vec_map.keys():
        if w == word_c:
            continue
        cosine_sim = cosine_of_2021(e_b - e_a, word_to_vec_map[w] - e_c)
        if cosine_sim > max_cosine_sim:
            max_cosine_sim, best_word = cosine_sim, w
    return best_word


def neutralize_by_norm(word, g, word_to_vec_map):
    e = word_to_vec_map[word]
    return e - np.dot(e, g) / np.square(np.linalg.norm(g)) * g


def equalize_in_two_lines_each(pair, bias_axis, word_to_vec_map):
    w1, w2 = pair[0], pair[1]
    e_w1, e_w2 = word_to_vec_map[w1], word_to_vec_map[w2]
    mu = (e_w1 + e_w2) / 2.0
    mu_B = np.dot(mu, bias_axis) / np.sum(bias_axis * bias_axis) * bias_axis
    mu_orth = mu - mu_B
    e_w1B = np.dot(e_w1, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    e_w2B = np.dot(e_w2, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    root = np.sqrt(np.abs(1 - np.linalg.norm(mu_orth) ** 2))
    return [root * (e - mu_B) / np.linalg.norm(e - mu_B) + mu_orth for e in (e_w1B, e_w2B)]


def earlier_equalize(pair, bias_axis, word_to_vec_map):
    e_w1, e_w2 = (word_to_vec_map[w] for w in pair)
    mu = (e_w1 + e_w2) / 2
    mu_B = np.dot(mu, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    mu_orth = mu - mu_B
    e_w1B = np.dot(e_w1, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    e_w2B = np.dot(e_w2, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    root = np.sqrt(np.abs(1 - np.linalg.norm(mu_orth) ** 2))
    corrected_e_w1B = root * (e_w1B - mu_B) / np.linalg.norm((e_w1 - mu_orth) - mu_B)
    corrected_e_w2B = root * (e_w2B - mu_B) / np.linalg.norm((e_w2 - mu_orth) - mu_B)
    return corrected_e_w1B + mu_orth, corrected_e_w2B + mu_orth


def masked_reading(x, forward, backward, mask=None):
    """A state that is held at the padding, in place of sentences that are turned round."""
    mask = np.ones(x.shape[1:]) if mask is None else mask

    def go(p, order):
        a, states = np.zeros((len(p["ba"]), x.shape[1])), {}
        for t in order:
            new = np.tanh(p["Wax"] @ x[:, :, t] + p["Waa"] @ a + p["ba"])
            a = states[t] = np.where(mask[:, t], new, a)
        return np.stack([states[t] for t in range(x.shape[2])], axis=2)

    steps = range(x.shape[2])
    return np.vstack([go(forward, steps), go(backward, reversed(steps))])


def mean_by_einsum(a, mask):
    mask = mask.astype(a.dtype)
    return np.einsum("nmt,mt->nm", a, mask) / np.clip(mask.sum(1), 1, None)


def loss_by_loops(y_hat, y, mask):
    total = 0.0
    for i, t in np.argwhere(mask):
        for k in range(len(y)):
            total += -np.log(y_hat[k, i, t]) if y[k, i, t] else -np.log(1 - y_hat[k, i, t])
    return total / mask.sum()


def average_of_50(sentence, word_to_vec_map):
    words = sentence.lower().split()
    avg = np.zeros(word_to_vec_map[next(iter(word_to_vec_map))].shape)
    count = 0
    for w in words:
        if w in word_to_vec_map:
            avg += word_to_vec_map[w]
            count += 1
    if count > 0:
        avg = avg / count
    return avg


OTHERWISE = [
    ("padding_mask", lambda lengths, T: [[1 if t < n else 0 for t in range(T)] for n in lengths]),
    ("padding_mask", lambda lengths, T: (np.arange(T)[None] < np.array(lengths)[:, None]).astype("float32")),
    ("masked_mean", mean_by_einsum),
    ("masked_mean", lambda a, mask: mean_by_einsum(a.astype("float32"), mask)),
    ("masked_loss", loss_by_loops),
    ("masked_loss", lambda y_hat, y, mask: loss_by_loops(y_hat + 1e-9, y, mask)),
    ("reverse_sentences", lambda x, mask: tf.reverse_sequence(x, mask.sum(1), 2, 1).numpy()),
    ("reverse_sentences", lambda x, mask: solution.reverse_sentences(x.astype("float32"), mask) * mask),
    ("bidirectional_forward", masked_reading),
    ("bidirectional_forward", lambda *args: masked_reading(*args).astype("float32")),
    ("tag_sequence", lambda x, p, mask: solution.tag_sequence(x, p, mask) * mask),
    (
        "tag_sequence",
        lambda x, p, mask: (
            1
            / (
                1
                + np.exp(
                    -np.einsum("ya,amt->ymt", p["Wya"], masked_reading(x, p["forward"], p["backward"], mask))
                    - p["by"][:, :, None]
                )
            )
        ),
    ),
    ("classify_sequence", lambda x, p, mask: solution.classify_sequence(x, p, mask).astype("float32")),
    ("classify_sequence", lambda x, p, mask: list(solution.classify_sequence(x, p, mask))),
    ("sentence_to_avg", average_of_50),
    ("sentence_to_avg", lambda s, v: average_of_50(s, v).astype("float32")),
    ("cosine_similarity", cosine_of_2018),
    ("cosine_similarity", cosine_of_2021),
    ("complete_analogy", analogy_that_leaves_c_out),
    ("neutralize", neutralize_by_norm),
    ("neutralize", lambda word, g, v: v[word] - g * (g @ v[word]) / (g @ g)),
    ("equalize", equalize_in_two_lines_each),
    ("equalize", lambda pair, bias_axis, v: tuple(e.astype("float32") for e in sequences.equalize(pair, bias_axis, v))),
    ("equalize", lambda *args: np.array(sequences.equalize(*args))),
    ("skip_gram_pairs", lambda words, window: np.array(solution.skip_gram_pairs(words, window))),
    ("skip_gram_pairs", lambda words, window: [[b, a] for a, b in solution.skip_gram_pairs(words, window)][::-1]),
    (
        "negative_sampling_loss",
        lambda v, u, U: tuple(
            part.astype("float32") for part in map(np.asarray, sequences.negative_sampling_loss(v, u, U))
        ),
    ),
]


@pytest.mark.parametrize(("name", "function"), OTHERWISE, ids=lambda value: getattr(value, "__name__", value))
def test_a_right_answer_that_is_written_otherwise_passes(name, function):
    for seed in range(4):
        report = run(name, function, seed)
        assert report.passed, (seed, report.failures[0].case, report.failures[0].message)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (lambda both: both[::-1], "exchanged"),
        (lambda both: both[:1], "results-missing"),
        (lambda both: np.stack([both[0], both[0]]), "both-from-the-first"),
    ],
)
def test_an_array_stands_for_two_vectors_where_its_rows_are_right(wrong, key):
    for seed in range(3):
        report = run("equalize", lambda *args: wrong(np.array(sequences.equalize(*args))), seed)
        assert not report.passed and report.mistake.key == key


@pytest.mark.parametrize("name", ["masked_mean", "masked_loss"])
def test_an_answer_in_complex_numbers_is_wrong_and_no_warning(name):
    reference = getattr(sequences, name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not run(name, lambda *args: reference(*args) * 1j, 0).passed


def test_every_exercise_accepts_its_solution():
    namespace = dict(vars(solution))
    for name in checks.topic("sequences").exercises:
        for seed in range(3):
            report = run(name, namespace[name], seed, namespace)
            assert report.passed, (name, seed, report.failures[0].case, report.failures[0].message)


def test_the_earlier_formula_has_its_own_name():
    for seed in range(4):
        report = run("equalize", earlier_equalize, seed)
        assert not report.passed and report.mistake.key == "earlier-formula"


def test_one_slip_costs_one_group():
    def no_mask(x, forward, backward, mask=None):
        return masked_reading(x, forward, backward)

    def no_guard(a, mask):
        return np.sum(a * mask, axis=2) / np.sum(mask, axis=1)

    def no_absolute(pair, bias_axis, word_to_vec_map):
        e1, e2 = equalize_in_two_lines_each(pair, bias_axis, word_to_vec_map)
        mu_orth = (e1 + e2) / 2
        return (e1, e2) if mu_orth @ mu_orth < 1 else (e1 * np.nan, e2 * np.nan)

    for name, function, lost in (
        ("bidirectional_forward", no_mask, ["padding"]),
        ("masked_mean", no_guard, ["a sentence without words"]),
        ("equalize", no_absolute, ["long vectors"]),
        (
            "sentence_to_avg",
            lambda s, v: average_of_50(s.replace("O", "o"), v) if s == s.lower() else np.zeros(50),
            ["capital letters"],
        ),
    ):
        report = run(name, function, 0)
        assert [group.name for group in report.groups if not group.passed and group.name != UNCHANGED] == lost, name


def test_a_constant_earns_nothing_for_the_zero_vector():
    for value in (0.0, float("nan")):
        assert run("cosine_similarity", lambda u, v, value=value: value, 0).score == 0


# Search


def a_step(seed, size=4, memory=5):
    """Probabilities that depend on everything before."""
    table = np.random.default_rng(seed).dirichlet(np.ones(size), size=size**memory)

    def step(tokens):
        place = 0
        for token in tokens:
            place = place * size + token + 1
        return table[place % len(table)]

    return step


def every_text(step, size, max_len, alpha):
    def score(tokens):
        return sum(np.log(step(list(tokens[:t]))[token]) for t, token in enumerate(tokens)) / len(tokens) ** alpha

    whole = [
        (*words, last)
        for length in range(1, max_len + 1)
        for words in itertools.product(range(1, size), repeat=length - 1)
        for last in (range(size) if length == max_len else (0,))
    ]
    return list(max(whole, key=score))


@both
@pytest.mark.parametrize("alpha", [0.0, 0.7, 1.0])
def test_a_beam_as_wide_as_everything_finds_the_best_text(ours, alpha):
    for seed in range(5):
        step = a_step(seed)
        assert list(ours.beam_search(step, 4**4, 4, alpha)) == every_text(step, 4, 4, alpha)


@both
def test_a_beam_finds_a_text_that_greedy_search_misses(ours):
    table = {(): [0.02, 0.53, 0.45], (1,): [0.36, 0.33, 0.31], (2,): [0.9, 0.06, 0.04]}

    def step(tokens):
        return np.array(table[tuple(tokens)])

    assert ours.beam_search(step, 1, 2) == [1, 0] and ours.beam_search(step, 2, 2) == [2, 0]


@both
def test_bleu_is_that_of_the_paper_and_of_hand(ours):
    references = ["the cat is on the mat".split(), "there is a cat on the mat".split()]
    assert ours.bleu(["the"] * 7, references, 1) == pytest.approx(2 / 7)
    assert ours.bleu(references[0], references) == pytest.approx(1)
    assert ours.bleu(["the", "cat"], references[:1], 2) == pytest.approx(np.exp(1 - 6 / 2))
    assert ours.bleu("a cat is on mat".split(), references, 2) == pytest.approx(np.exp(1 - 6 / 5) * np.sqrt(3 / 4))
    assert ours.bleu(["dog"] * 5, references) == ours.bleu(["the", "cat"], references) == 0


def test_the_check_knows_the_best_of_all_texts():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        (table,) = searching._tables(rng, 1, 4, 3, 1.0)
        expected = every_text(searching.step_of(table), 3, 4, 0.7)
        assert searching.exhaustive(table, 4, 0.7) == expected
        assert sequences.beam_search(searching.step_of(table), 81, 4, 0.7) == expected


def beam_that_keeps_finished_texts(step, beam_width, max_len, alpha=0.7):
    beam = [([], 1.0)]
    for _ in range(max_len):
        new = [pair for pair in beam if pair[0] and pair[0][-1] == 0]
        for tokens, p in beam:
            if not tokens or tokens[-1] != 0:
                new += [([*tokens, k], p * q) for k, q in enumerate(step(tokens))]
        beam = sorted(new, key=lambda pair: pair[1])[-beam_width:]
    return np.array(max(beam, key=lambda pair: np.log(pair[1]) / len(pair[0]) ** alpha)[0])


def bleu_with_counters(candidate, references, max_n=4):
    from collections import Counter

    total = 1.0
    for n in range(1, max_n + 1):
        grams = [" ".join(candidate[i : i + n]) for i in range(len(candidate) - n + 1)]
        if not grams:
            return 0
        most = Counter()
        for words in references:
            most |= Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
        total *= sum((Counter(grams) & most).values()) / len(grams)
    c = len(candidate)
    r = sorted(map(len, references), key=lambda r: (abs(r - c), r))[0]
    return (1 if c > r else np.exp(1 - r / c)) * total ** (1 / max_n)


@pytest.mark.parametrize(
    ("name", "function"), [("beam_search", beam_that_keeps_finished_texts), ("bleu", bleu_with_counters)]
)
def test_a_search_and_a_score_that_are_written_otherwise_pass(name, function):
    for seed in range(6):
        report = run(name, function, seed)
        assert report.passed, (seed, report.failures[0].case, report.failures[0].message)
