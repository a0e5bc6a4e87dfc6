"""Notebook 19: reference and solution against TensorFlow, finite differences, and numbers worked by hand."""

import inspect

import jaxtyping
import keras
import numpy as np
import pytest
import tensorflow as tf
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from solution_functions import functions

from dlcourse import checks, language_model
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes.language_model import Noting
from dlcourse.checks.language_model.parts import alphabet, follows, network, spells
from dlcourse.data.names import first_names
from dlcourse.language_model import EOS, UNK
from dlcourse.recurrent import softmax

solution = functions("language_model")


class Reference:
    """The references, with every shape in their annotations checked."""


for name, function in inspect.getmembers(language_model, inspect.isfunction):
    if function.__module__ == language_model.__name__:
        setattr(Reference, name, staticmethod(jaxtyping.jaxtyped(function, typechecker=beartype)))

both = pytest.mark.parametrize("ours", [Reference, solution], ids=["reference", "solution"])
CHARACTERS = "\nabcdefghijklmnopqrstuvwxyz"
INDEX = {char: index for index, char in enumerate(CHARACTERS)}
NAMES = first_names()
TRAINING = [name for place, name in enumerate(NAMES) if place % 10]
HELD_OUT = NAMES[::10]


def a_text(seed=0, M=6, T=9):
    rng = np.random.default_rng(seed)
    return softmax(rng.normal(size=(M, T))), [int(index) for index in rng.integers(0, M, size=T)], rng


# Words and probabilities


@both
def test_a_vocabulary_and_its_columns(ours):
    corpus = [line.split() for line in ("b a a", "c b d", "e c b")]
    vocabulary = ours.build_vocabulary(corpus, 5)
    assert vocabulary == {"b": 0, "a": 1, "c": 2, EOS: 3, UNK: 4}
    assert ours.build_vocabulary(corpus, 99) == {"b": 0, "a": 1, "c": 2, "d": 3, "e": 4, EOS: 5, UNK: 6}
    assert ours.build_vocabulary(corpus, 2) == {EOS: 0, UNK: 1}
    columns = ours.one_hot(["c", "zebra", "b", EOS], vocabulary)
    np.testing.assert_array_equal(np.argmax(columns, axis=0), [2, 4, 0, 3])
    np.testing.assert_array_equal(columns.sum(axis=0), 1)
    theirs = keras.ops.one_hot([2, 4, 0, 3], 5)
    np.testing.assert_array_equal(columns, keras.ops.convert_to_numpy(theirs).T)


def test_the_toy_vocabulary_of_the_text_is_as_it_says():
    corpus = [sentence.split() for sentence in solution.CORPUS]
    assert list(solution.build_vocabulary(corpus, 5)) == ["all", "night", "cats", EOS, UNK]
    counts = {
        word: sum(sentence.count(word) for sentence in corpus) for word in ("all", "night", "cats", "sleep", "dogs")
    }
    assert counts == {"all": 6, "night": 5, "cats": 4, "sleep": 4, "dogs": 4}


@both
def test_the_chain_rule_on_the_counted_corpus(ours):
    """P(cats) P(sleep | cats) P(all | ...) P(day | ...) is how often the sentence was said."""
    words, before, columns = "cats sleep all day".split(), (), []
    for word in words:
        counts = solution.following(*before)
        columns.append((counts[word], sum(counts.values())))
        before = (*before, word)
    assert columns == [(4, 8), (3, 4), (3, 3), (2, 3)]
    y_hat = np.array([[count / total for count, total in columns], [1 - count / total for count, total in columns]])
    assert ours.sequence_probability(y_hat, [0] * 4) == pytest.approx(solution.CORPUS.count("cats sleep all day") / 8)


@both
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), M=st.integers(2, 6), T=st.integers(1, 9))
def test_probability_loss_and_perplexity_agree(ours, seed, M, T):
    y_hat, y, _ = a_text(seed, M, T)
    loss = keras.losses.sparse_categorical_crossentropy(tf.constant(y), tf.constant(y_hat.T))
    total = float(tf.reduce_sum(loss))
    assert ours.sequence_probability(y_hat, y) == pytest.approx(np.exp(-total), rel=1e-6)
    assert ours.perplexity(y_hat, y) == pytest.approx(np.exp(total / T), rel=1e-6)


@both
def test_perplexities_that_one_knows(ours):
    for M in (2, 6, 27, 10_000):
        assert ours.perplexity(np.full((M, 3), 1 / M), [0, 1, M - 1]) == pytest.approx(M)
    assert [round(float(np.log(M)), 2) for M in (27, 10_000, 50_000)] == [3.30, 9.21, 10.82]
    long = np.full((4, 5000), 0.25)
    assert ours.perplexity(long, [1] * 5000) == pytest.approx(4)
    with np.errstate(divide="ignore"):
        assert ours.perplexity(np.eye(3), [0, 1, 0]) == np.inf


# Counting


@both
def test_trigrams_add_up_to_one_and_count_what_came(ours):
    P = ours.trigram_model(["anna", "ann"], INDEX, 0.5)
    np.testing.assert_allclose(P.sum(axis=2), 1)
    a, n = INDEX["a"], INDEX["n"]
    assert P[0, 0, a] == pytest.approx(2.5 / (2 + 13.5))
    assert P[n, n, a] == pytest.approx(1.5 / (2 + 13.5))
    assert P[n, n, 0] == pytest.approx(1.5 / (2 + 13.5))
    assert P[5, 6, 7] == pytest.approx(1 / 27)


def held_out_nats(P):
    losses = []
    for name in HELD_OUT:
        text = [INDEX[char] for char in f"\n\n{name}\n"]
        losses += [-np.log(P[i, j, k]) for i, j, k in zip(text, text[1:], text[2:], strict=False)]
    return float(np.mean(losses))


def test_the_number_to_beat():
    """The text says 2.105 nats at best, with an alpha of .1."""
    nats = {
        alpha: held_out_nats(language_model.trigram_model(TRAINING, INDEX, alpha)) for alpha in (0.01, 0.1, 1.0, 10.0)
    }
    assert round(nats[0.1], 3) == 2.105
    assert min(nats, key=nats.get) == 0.1


def test_the_names_are_what_the_text_says():
    assert (len(NAMES), len(TRAINING), len(HELD_OUT)) == (5163, 4646, 517)
    assert set("".join(NAMES)) == set(CHARACTERS[1:]) and len(set(NAMES)) == len(NAMES)


# Learning


def drawn(seed=0, M=5, n_a=4, T=6):
    rng = np.random.default_rng(seed)
    parameters = network(rng, M, n_a, 0.7)
    Y = [int(index) for index in rng.integers(0, M, size=T)]
    return [None, *Y[:-1]], Y, rng.normal(size=(n_a, 1)), parameters


def of_solution(X, Y, a_prev, parameters):
    loss, cache = solution.rnn_forward(X, Y, a_prev, parameters)
    gradients, a = solution.rnn_backward(X, Y, parameters, cache)
    return loss, gradients, a[-1]


gradients_of = pytest.mark.parametrize(
    "ours", [language_model.loss_and_gradients, of_solution], ids=["reference", "solution"]
)


@gradients_of
def test_gradients_are_those_of_finite_differences(ours):
    X, Y, a_prev, parameters = drawn()
    loss, gradients, last = ours(X, Y, a_prev, parameters)
    assert set(gradients) == {f"d{name}" for name in parameters}
    for name, value in parameters.items():

        def loss_at(weights, name=name):
            return np.array(ours(X, Y, a_prev, {**parameters, name: weights})[0])

        expected = numerical_gradient(loss_at, value, np.array(1.0))
        np.testing.assert_allclose(gradients[f"d{name}"], expected, atol=1e-7, err_msg=name)
    assert last.shape == a_prev.shape


@gradients_of
def test_the_loss_and_the_last_state_are_those_of_keras(ours):
    X, Y, a_prev, parameters = drawn(1)
    layer = keras.layers.SimpleRNN(4, return_sequences=True, dtype="float64")
    x = np.zeros((1, len(X), 5))
    for t, index in enumerate(X):
        if index is not None:
            x[0, t, index] = 1
    layer.build(x.shape)
    layer.set_weights([parameters["Wax"].T, parameters["Waa"].T, parameters["b"].ravel()])
    a = np.asarray(layer(x, initial_state=tf.constant(a_prev.T)))[0]
    scores = a @ parameters["Wya"].T + parameters["by"].ravel()
    theirs = keras.ops.sparse_categorical_crossentropy(tf.constant(Y), tf.constant(scores), from_logits=True)
    loss, _, last = ours(X, Y, a_prev, parameters)
    assert loss == pytest.approx(float(np.sum(theirs)))
    np.testing.assert_allclose(last.ravel(), a[-1], atol=1e-12)


@both
def test_clipping_is_that_of_tensorflow(ours):
    rng = np.random.default_rng(0)
    gradients = {name: 3 * rng.normal(size=(4, 3)) for name in ("dWax", "dWaa", "dWya", "db", "dby")}
    for name, clipped in ours.clip({name: g.copy() for name, g in gradients.items()}, 2.0).items():
        np.testing.assert_allclose(clipped, tf.clip_by_value(gradients[name], -2.0, 2.0))
    for bound in (1.0, 1000.0):
        theirs, norm = tf.clip_by_global_norm([tf.constant(g) for g in gradients.values()], bound)
        got = ours.clip_by_norm({name: g.copy() for name, g in gradients.items()}, bound)
        for mine, other in zip(got.values(), theirs, strict=True):
            np.testing.assert_allclose(mine, other)
        assert np.sqrt(sum(np.sum(g**2) for g in got.values())) == pytest.approx(min(bound, float(norm)))


@both
def test_a_step_changes_the_parameters_in_place_and_lowers_the_loss(ours):
    X, Y, a_prev, parameters = drawn(2)
    kept = parameters["Wya"]
    losses = [ours.optimize(X, Y, a_prev, parameters, 0.05)[0] for _ in range(40)]
    assert parameters["Wya"] is kept
    assert losses[-1] < 0.3 * losses[0]


@both
def test_a_few_names_are_learned_by_heart(ours):
    names = ["ann", "bob", "cleo"]
    parameters = ours.model(names, dict(enumerate(CHARACTERS)), INDEX, 300, 32, 0.05)
    for name in names:
        Y = [INDEX[char] for char in f"{name}\n"]
        loss = language_model.loss_and_gradients([None, *Y[:-1]], Y, np.zeros((32, 1)), parameters)[0]
        assert loss < 1.6  # the first letter is one of three: log 3 = 1.1


@both
def test_the_loss_before_training_is_that_of_27_equal_letters(ours):
    parameters = ours.model(["ann"], dict(enumerate(CHARACTERS)), INDEX, 0, 20)
    Y = [INDEX[char] for char in "zoe\n"]
    loss = language_model.loss_and_gradients([None, *Y[:-1]], Y, np.zeros((20, 1)), parameters)[0]
    assert loss / 4 == pytest.approx(np.log(27), abs=0.05)


def test_a_network_that_has_seen_every_name_once_nears_the_trigrams():
    """One pass of three; the notebook's own training goes on from there, and its figure is in the text."""
    rng = np.random.default_rng(0)
    parameters = language_model.initialize_parameters(100, 27, 27, rng)
    order = rng.permutation(len(TRAINING))
    for step, place in enumerate(order):
        Y = [INDEX[char] for char in f"{TRAINING[place]}\n"]
        rate = 0.02 * (1 - step / len(order))
        solution.optimize([None, *Y[:-1]], Y, np.zeros((100, 1)), parameters, rate)
    losses, characters = 0.0, 0
    for name in HELD_OUT:
        Y = [INDEX[char] for char in f"{name}\n"]
        losses += solution.rnn_forward([None, *Y[:-1]], Y, np.zeros((100, 1)), parameters)[0]
        characters += len(Y)
    assert losses / characters < 2.2


# Sampling


@both
def test_networks_that_are_sure_write_what_they_know(ours):
    rng = np.random.default_rng(0)
    char_to_ix = alphabet(rng, 5)
    letters = [char for char in char_to_ix if char != "\n"]
    text = "".join(letters) + letters[0] + "\n"
    indices = [char_to_ix[char] for char in text]
    for seed in range(5):
        assert ours.sample(spells(text, char_to_ix), char_to_ix, seed) == indices
    endless = ours.sample(follows({letters[0]: letters[0]}, [letters[0]], char_to_ix), char_to_ix, 0)
    assert endless == [char_to_ix[letters[0]]] * 50 + [char_to_ix["\n"]]


@both
def test_first_characters_come_as_often_as_the_network_says(ours):
    char_to_ix = {"\n": 0, "a": 1, "b": 2, "c": 3}
    parameters = network(np.random.default_rng(3), 4, 3)
    due = softmax(parameters["Wya"] @ np.tanh(parameters["b"]) + parameters["by"]).ravel()
    names = [ours.sample(parameters, char_to_ix, seed) for seed in range(400)]
    often = np.bincount([name[0] for name in names], minlength=4) / len(names)
    np.testing.assert_allclose(often, due, atol=0.12)
    assert all(name[-1] == 0 and 0 not in name[:-1] and len(name) <= 51 for name in names)
    assert names[:20] == [ours.sample(parameters, char_to_ix, seed) for seed in range(20)]


@both
def test_a_temperature_sharpens_and_flattens(ours):
    y = np.array([0.5, 0.3, 0.2, 0.0])
    for temperature in (0.5, 1.0, 3.0):
        noted = []
        rng = Noting(np.random.PCG64(0), noted)
        drawn = [ours.sample_with_temperature(y, temperature, rng) for _ in range(10)]
        power = y ** (1 / temperature)
        np.testing.assert_allclose(np.ravel(noted[0]), power / power.sum(), atol=1e-12)
        assert all(type(index) is int for index in drawn)
    assert ours.sample_with_temperature(y, 0, np.random.default_rng(0)) == 0
    tiny = np.array([0.001, 0.0009, 0.0])
    assert ours.sample_with_temperature(tiny, 0.001, np.random.default_rng(0)) == 0


@both
def test_the_tail_is_cut_off(ours):
    y = np.array([0.1, 0.4, 0.2, 0.3])
    np.testing.assert_allclose(ours.top_k(y, 2), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(ours.top_k(y, 9), y)
    np.testing.assert_allclose(ours.nucleus(y, 0.6), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(ours.nucleus(y, 0.05), [0, 1, 0, 0])
    np.testing.assert_allclose(ours.nucleus(y, 0.95), y)
    values, places = tf.math.top_k(y, 3)
    np.testing.assert_allclose(np.flatnonzero(ours.top_k(y, 3)), np.sort(places))
    np.testing.assert_array_equal(y, [0.1, 0.4, 0.2, 0.3])


# Right answers, written in another way


def single_precision(function):
    """The same function, computed in float32."""

    def cast(value):
        if isinstance(value, np.ndarray):
            return value.astype(np.float32)
        return {name: cast(part) for name, part in value.items()} if isinstance(value, dict) else value

    return lambda *args: function(*map(cast, args))


def sample_by_sums(parameters, char_to_ix, seed):
    """With one random number for each step, and the sums of the probabilities."""
    rng, size = np.random.RandomState(seed % 2**32), len(parameters["by"])
    state, x, name = np.zeros(parameters["b"].shape), np.zeros((size, 1)), []
    for _ in range(50):
        state = np.tanh(parameters["Wax"].dot(x) + parameters["Waa"].dot(state) + parameters["b"])
        scores = np.exp(parameters["Wya"].dot(state) + parameters["by"] - np.max(parameters["by"]))
        with np.errstate(invalid="ignore"):
            sums = np.cumsum(softmax(parameters["Wya"].dot(state) + parameters["by"]))
        assert scores.shape == (size, 1)
        name.append(int(np.searchsorted(sums, rng.rand() * sums[-1], side="right")))
        x = np.eye(size)[:, [name[-1]]]
        if name[-1] == char_to_ix["\n"]:
            return np.array(name)
    return np.array([*name, char_to_ix["\n"]])


def temperature_by_gumbel(y, temperature, rng):
    if temperature == 0:
        return int(y.argmax())
    noise = -np.log(-np.log(rng.random(y.size)))
    with np.errstate(divide="ignore"):
        return np.argmax(np.log(y) / temperature + noise)


def temperature_by_multinomial(y, temperature, rng):
    if temperature < 1e-9:
        return y.argmax()
    with np.errstate(divide="ignore"):
        scores = np.exp((np.log(y) - np.log(y).max()) / temperature)
    return rng.multinomial(1, scores / scores.sum()).argmax()


def clip_in_place(gradients, maxValue):
    for gradient in gradients.values():
        gradient[gradient > maxValue] = maxValue
        gradient[gradient < -maxValue] = -maxValue
    return gradients


def nucleus_by_a_mask(y, p):
    order = np.argsort(y)[::-1]
    keep = np.zeros(len(y), bool)
    keep[order] = np.concatenate([[0.0], np.cumsum(y[order])[:-1]]) < p
    return list(np.where(keep, y, 0.0) / y[keep].sum())


def model_in_a_drawn_order(data_x, ix_to_char, char_to_ix, num_iterations=1000, n_a=50, learning_rate=0.02):
    """In an order of its own, from other numbers, and with more than was asked for."""
    rng = np.random.default_rng()
    parameters = language_model.initialize_parameters(n_a, len(char_to_ix), len(char_to_ix), rng)
    order, last = rng.permutation(len(data_x)), ""
    for j in range(num_iterations):
        last = data_x[order[j % len(data_x)]]
        X = [None] + [char_to_ix[char] for char in last]
        Y = X[1:] + [char_to_ix["\n"]]
        language_model.optimize(X, Y, np.zeros((n_a, 1)), parameters, learning_rate)
    return parameters, last


OTHERWISE = {
    "sequence_probability": [
        lambda y_hat, y: (
            np.exp(sum(np.log(y_hat[index, t] or 1e-300) for t, index in enumerate(y)))
            if all(y_hat[index, t] for t, index in enumerate(y))
            else 0
        ),
        single_precision(solution.sequence_probability),
    ],
    "build_vocabulary": [
        lambda corpus, size: dict(
            zip(
                [*dict(language_model.Counter(sum(corpus, [])).most_common(max(size - 2, 0))), EOS, UNK],
                range(99),
                strict=False,
            )
        )
    ],
    "one_hot": [
        lambda words, vocabulary: [
            [int(vocabulary.get(w, vocabulary[UNK]) == i) for w in words] for i in vocabulary.values()
        ]
    ],
    "perplexity": [
        lambda y_hat, y: 2 ** (-np.mean(np.log2([y_hat[index, t] for t, index in enumerate(y)]))),
        single_precision(solution.perplexity),
    ],
    "trigram_model": [lambda *args: language_model.trigram_model(*args).astype(np.float32)],
    "clip": [
        clip_in_place,
        lambda gradients, maxValue: {k: np.maximum(np.minimum(g, maxValue), -maxValue) for k, g in gradients.items()},
    ],
    "clip_by_norm": [
        lambda gradients, max_norm: {
            name: np.array(value)
            for name, value in zip(
                gradients,
                tf.clip_by_global_norm([tf.constant(g) for g in gradients.values()], max_norm)[0],
                strict=True,
            )
        },
        single_precision(solution.clip_by_norm),
    ],
    "optimize": [lambda *args: list(language_model.optimize(*args))],
    "model": [model_in_a_drawn_order],
    "sample": [sample_by_sums, lambda *args: tuple(map(np.int64, language_model.sample(*args)))],
    "sample_with_temperature": [temperature_by_gumbel, temperature_by_multinomial],
    "top_k": [
        lambda y, k: np.where(y >= np.sort(y)[-min(k, len(y))], y, 0) / np.sort(y)[-k:].sum(),
        single_precision(solution.top_k),
    ],
    "nucleus": [nucleus_by_a_mask, single_precision(solution.nucleus)],
}


@pytest.mark.parametrize(("name", "number"), [(name, i) for name, all_ in OTHERWISE.items() for i in range(len(all_))])
def test_right_answers_written_in_another_way_pass(name, number):
    for seed in range(3):
        with np.errstate(divide="ignore"):
            report = checks.run("language_model", name, OTHERWISE[name][number], seed=seed, namespace=vars(solution))
        assert report.passed, (report.failures[0].case, report.failures[0].message)


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("language_model")])
def test_the_solution_passes(name):
    for seed in range(3):
        report = checks.run("language_model", name, getattr(solution, name), seed=seed, namespace=vars(solution))
        assert report.passed, (report.failures[0].case, report.failures[0].message)


# What one slip costs


def test_a_guard_that_is_missing_costs_one_group():
    def unguarded(y, temperature, rng):
        return solution.sample_with_temperature(y, temperature or 1 / temperature, rng)

    report = checks.run("language_model", "sample_with_temperature", unguarded)
    assert {group.name for group in report.groups if not group.passed} == {"temperature 0"}
    assert report.mistake.key == "division-by-zero"


def test_parameters_that_are_not_updated_cost_their_own_points():
    def idle(X, Y, a_prev, parameters, learning_rate=0.01):
        return language_model.optimize(X, Y, a_prev, {name: w.copy() for name, w in parameters.items()}, learning_rate)

    report = checks.run("language_model", "optimize", idle)
    assert {group.name for group in report.groups if not group.passed} == {"parameters"}
    assert report.mistake.key == "never-updated"


def test_a_function_that_returns_its_input_or_zeros_earns_nothing():
    zeros = {
        name: lambda *args: {key: 0 * value for key, value in args[0].items()} for name in ("clip", "clip_by_norm")
    }
    zeros |= {name: lambda y, *_: 0 * y for name in ("top_k", "nucleus")}
    for name, function in zeros.items():
        report = checks.run("language_model", name, function)
        assert [group.name for group in report.groups if group.passed] == []
