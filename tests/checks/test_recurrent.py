"""Notebook 17: reference and solution against Keras's SimpleRNN, finite differences, and numbers worked by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from annotated_references import annotated
from hypothesis import given, settings
from hypothesis import strategies as st
from solution_functions import functions

from dlcourse import checks, recurrent
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.data.toy_sequences import binary_sums
from dlcourse.recurrent import softmax

solution = functions("recurrent")
reference = annotated(recurrent)
both = pytest.mark.parametrize("ours", [reference, solution], ids=["reference", "solution"])
shapes = st.fixed_dictionaries(
    {
        "n_x": st.integers(1, 4),
        "n_a": st.integers(1, 4),
        "n_y": st.integers(2, 3),
        "m": st.integers(1, 4),
        "T": st.integers(1, 6),
        "seed": st.integers(0, 10**6),
    }
)


def draw(n_x=3, n_a=5, n_y=2, m=4, T=6, seed=0):
    rng = np.random.default_rng(seed)
    parameters = {
        "Wax": rng.normal(size=(n_a, n_x)),
        "Waa": rng.normal(size=(n_a, n_a)) / n_a**0.5,
        "Wya": rng.normal(size=(n_y, n_a)),
        "ba": rng.normal(size=(n_a, 1)),
        "by": rng.normal(size=(n_y, 1)),
    }
    return rng.normal(size=(n_x, m, T)), np.tanh(rng.normal(size=(n_a, m))), parameters, rng


def in_keras(x, a0, parameters, da):
    """The states that SimpleRNN gives, and the gradients of sum(da * states), in the course's order of axes."""
    weights = [tf.Variable(parameters[name].T) for name in ("Wax", "Waa")] + [tf.Variable(parameters["ba"].ravel())]
    layer = keras.layers.SimpleRNN(len(a0), return_sequences=True, dtype="float64")
    x, a0 = tf.constant(x.transpose(1, 2, 0)), tf.constant(a0.T)
    layer.build(x.shape)
    layer.set_weights(weights)
    with tf.GradientTape() as tape:
        tape.watch((x, a0))
        a = layer(x, initial_state=a0)
    dx, da0, dWax, dWaa, dba = tape.gradient(
        a, [x, a0, *(weight.value for weight in layer.weights)], output_gradients=tf.constant(da.transpose(1, 2, 0))
    )
    gradients = {
        "dx": dx.numpy().transpose(2, 0, 1),
        "da0": da0.numpy().T,
        "dWax": dWax.numpy().T,
        "dWaa": dWaa.numpy().T,
        "dba": dba.numpy().reshape(-1, 1),
    }
    return a.numpy().transpose(2, 0, 1), gradients


@both
@settings(deadline=None, max_examples=25)
@given(shape=shapes)
def test_a_whole_sequence_and_its_gradients_are_those_of_keras(ours, shape):
    x, a0, parameters, rng = draw(**shape)
    a, y_pred, caches = ours.rnn_forward(x, a0, parameters)
    da = rng.normal(size=a.shape)
    theirs, gradients = in_keras(x, a0, parameters, da)
    np.testing.assert_allclose(a, theirs, atol=1e-12)
    logits = np.einsum("ya,amt->ymt", parameters["Wya"], theirs) + parameters["by"][:, :, None]
    np.testing.assert_allclose(y_pred, keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=0)), atol=1e-12)
    got = ours.rnn_backward(da, caches)
    assert set(got) == set(gradients)
    for name, value in gradients.items():
        np.testing.assert_allclose(got[name], value, atol=1e-10, err_msg=name)


@both
def test_one_step_back_is_that_of_finite_differences(ours):
    x, a_prev, parameters, rng = draw(n_x=2, n_a=3, m=4)
    xt, da_next = x[:, :, 0], rng.normal(size=a_prev.shape)

    def forward(xt=xt, a_prev=a_prev, **changed):
        return ours.rnn_cell_forward(xt, a_prev, {**parameters, **changed})[0]

    got = ours.rnn_cell_backward(da_next, ours.rnn_cell_forward(xt, a_prev, parameters)[2])
    np.testing.assert_allclose(got["dxt"], numerical_gradient(lambda v: forward(xt=v), xt, da_next), atol=1e-8)
    expected = numerical_gradient(lambda v: forward(a_prev=v), a_prev, da_next)
    np.testing.assert_allclose(got["da_prev"], expected, atol=1e-8)
    for name in ("Wax", "Waa", "ba"):
        expected = numerical_gradient(lambda v, name=name: forward(**{name: v}), parameters[name], da_next)
        np.testing.assert_allclose(got[f"d{name}"], expected, atol=1e-8)


@both
def test_stacked_weights_act_like_the_two_matrices(ours):
    x, a_prev, parameters, _ = draw()
    Wa = ours.stack_weights(parameters["Waa"], parameters["Wax"])
    stacked = np.concatenate([a_prev, x[:, :, 0]])
    np.testing.assert_allclose(Wa @ stacked, parameters["Waa"] @ a_prev + parameters["Wax"] @ x[:, :, 0])
    assert ours.stack_weights(np.zeros((100, 100)), np.zeros((100, 10_000))).shape == (100, 10_100)


@both
def test_the_loss_is_keras_binary_cross_entropy_summed_over_time(ours):
    rng = np.random.default_rng(1)
    y_hat, y = rng.uniform(0.1, 0.9, size=(2, 3, 5)), rng.integers(0, 2, size=(2, 3, 5)).astype(float)
    each = keras.losses.binary_crossentropy(tf.constant(y[..., None]), tf.constant(y_hat[..., None]))
    assert ours.sequence_loss(y_hat, y) == pytest.approx(float(np.sum(each)) / 3, rel=1e-6)
    sentence = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0]).reshape(1, 1, 9)
    assert ours.sequence_loss(np.full((1, 1, 9), 0.5), sentence) == pytest.approx(9 * np.log(2))


@both
def test_gradients_through_time_are_those_of_the_network(ours):
    x, a0, parameters, _ = draw(n_a=4, m=1, T=6)
    a, _, _ = ours.rnn_forward(x, a0, parameters)
    norms = ours.gradient_through_time(a[:, 0, :], parameters["Waa"])
    for t in range(6):

        def last_state(state, t=t):
            if t == 5:
                return state.copy()
            return ours.rnn_forward(x[:, :, t + 1 :], state, parameters)[0][:, :, -1]

        jacobian = [numerical_gradient(last_state, a[:, :, t], unit.reshape(4, 1)).ravel() for unit in np.eye(4)]
        assert norms[t] == pytest.approx(np.linalg.norm(np.array(jacobian), 2), rel=1e-6)


@both
def test_gradients_vanish_or_explode_with_the_spectral_radius(ours):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0]
    states = np.zeros((8, 51))
    for radius in (0.8, 1.0, 1.25):
        np.testing.assert_allclose(
            ours.gradient_through_time(states, radius * turn), radius ** np.arange(50.0, -1, -1), rtol=1e-9
        )
    flat = np.full((8, 51), 0.999)
    assert ours.gradient_through_time(flat, 2.0 * turn)[0] < 1e-100


@both
def test_inputs_come_back_unchanged(ours):
    x, a0, parameters, rng = draw()
    kept = x.copy(), a0.copy(), {name: value.copy() for name, value in parameters.items()}
    a, y_pred, caches = ours.rnn_forward(x, a0, parameters)
    ours.rnn_backward(rng.normal(size=a.shape), caches)
    a += 1
    y_pred += 1
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(a0, kept[1])
    for name, value in parameters.items():
        np.testing.assert_array_equal(value, kept[2][name])


def test_the_notebooks_network_learns_to_add():
    parameters, losses = solution.adding_network()
    assert losses[0] > 4
    assert losses[-1] < 0.05
    x, y = binary_sums(np.random.default_rng(7), m=500, bits=40)
    _, y_pred, _ = solution.rnn_forward(x, np.zeros((8, 500)), parameters)
    assert np.mean(np.all((y_pred[1] > 0.5) == y[0], axis=1)) > 0.99


# Right answers, written in another way


def cell_with_a_dictionary_for_a_cache(xt, a_prev, parameters):
    z = np.einsum("ij,jm->im", parameters["Waa"], a_prev) + np.einsum("ij,jm->im", parameters["Wax"], xt)
    a_next = 2 / (1 + np.exp(-2 * (z + parameters["ba"]))) - 1
    scores = np.exp(parameters["Wya"].dot(a_next) + parameters["by"])
    return [a_next, scores / scores.sum(axis=0), {"a": a_next, "before": a_prev, "x": xt, "p": parameters}]


def cell_back_with_a_dictionary_for_a_cache(da_next, cache):
    dz = da_next - da_next * cache["a"] ** 2
    return {
        "dba": dz.sum(axis=1)[:, None],
        "dWaa": np.einsum("im,jm->ij", dz, cache["before"]),
        "dWax": np.einsum("im,jm->ij", dz, cache["x"]),
        "da_prev": np.einsum("ij,im->jm", cache["p"]["Waa"], dz),
        "dxt": np.einsum("ij,im->jm", cache["p"]["Wax"], dz),
        "more": "is no harm",
    }


def forward_with_the_time_in_a_list(x, a0, parameters):
    states, predictions, caches = [], [], []
    for xt in np.moveaxis(x, 2, 0):
        a0, yt_pred, cache = cell_with_a_dictionary_for_a_cache(xt, a0, parameters)
        states.append(a0)
        predictions.append(yt_pred)
        caches.append(cache)
    return np.stack(states, axis=-1), np.stack(predictions, axis=-1), caches


def back_by_recursion(da, caches):
    if not caches:
        return {"dx": [], "da0": np.zeros(da.shape[:2]), "dWax": 0, "dWaa": 0, "dba": 0}
    later = back_by_recursion(da[:, :, 1:], caches[1:])
    step = cell_back_with_a_dictionary_for_a_cache(da[:, :, 0] + later["da0"], caches[0])
    sums = {name: step[name] + later[name] for name in ("dWax", "dWaa", "dba")}
    return {"dx": [step["dxt"], *later["dx"]], "da0": step["da_prev"], **sums}


def rnn_backward_by_recursion(da, caches):
    gradients = back_by_recursion(da, caches)
    return {**gradients, "dx": np.stack(gradients["dx"], axis=2)}


def single_precision(function):
    """The same function, computed in float32."""

    def cast(value):
        if isinstance(value, np.ndarray):
            return value.astype(np.float32)
        if isinstance(value, dict):
            return {name: cast(part) for name, part in value.items()}
        return type(value)(map(cast, value)) if isinstance(value, (list, tuple)) else value

    return lambda *args: function(*map(cast, args))


def norms_by_singular_values(a, Waa):
    slopes, product, norms = 1 - np.square(a), np.eye(len(a)), [1.0]
    for t in range(a.shape[1] - 1, 0, -1):
        product = product.dot(slopes[:, [t]] * Waa)
        norms.insert(0, np.linalg.svd(product, compute_uv=False).max())
    return norms


OTHERWISE = {
    "rnn_cell_forward": [cell_with_a_dictionary_for_a_cache, single_precision(recurrent.rnn_cell_forward)],
    "stack_weights": [lambda Waa, Wax: np.hstack((Waa, Wax)), lambda Waa, Wax: np.block([Waa, Wax]).tolist()],
    "rnn_forward": [forward_with_the_time_in_a_list, single_precision(recurrent.rnn_forward)],
    "sequence_loss": [
        lambda y_hat, y: np.mean(
            [-np.sum(np.log(np.where(y[:, i], y_hat[:, i], 1 - y_hat[:, i]))) for i in range(y.shape[1])]
        ),
        single_precision(solution.sequence_loss),
    ],
    "rnn_cell_backward": [cell_back_with_a_dictionary_for_a_cache, single_precision(recurrent.rnn_cell_backward)],
    "rnn_backward": [rnn_backward_by_recursion, single_precision(recurrent.rnn_backward)],
    "gradient_through_time": [norms_by_singular_values],
}
COMPANIONS = {
    "rnn_cell_forward": cell_with_a_dictionary_for_a_cache,
    "rnn_forward": forward_with_the_time_in_a_list,
    "rnn_cell_backward": cell_back_with_a_dictionary_for_a_cache,
}


def labels_under_the_logarithm(least, dtype, inside):
    """y_hat and y exchanged, with a smallest number that keeps the logarithm from 0, or with none."""

    def loss(y_hat, y):
        y_hat, y = y_hat.astype(dtype), y.astype(dtype)
        least_one = np.array(least, dtype)
        ones, zeros = inside(y, least_one), inside(1 - y, least_one)
        return float(np.sum(-y_hat * np.log(ones) - (1 - y_hat) * np.log(zeros)) / y.shape[1])

    return loss


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("least", [0.0, 1e-7, 1e-12, 1e-15])
@pytest.mark.parametrize(
    "inside", [lambda y, least: np.clip(y, least, 1 - least), lambda y, least: y + least], ids=["clipped", "added"]
)
def test_labels_under_the_logarithm_are_named(dtype, least, inside):
    for seed in range(3):
        loss = labels_under_the_logarithm(least, dtype, inside)
        report = checks.run("recurrent", "sequence_loss", loss, seed=seed)
        assert report.score == 0 and report.mistake.message.startswith("Labels and probabilities are exchanged")


@pytest.mark.parametrize(("name", "number"), [(name, i) for name, all_ in OTHERWISE.items() for i in range(len(all_))])
def test_right_answers_written_in_another_way_pass(name, number):
    for seed in range(3):
        report = checks.run("recurrent", name, OTHERWISE[name][number], seed=seed, namespace=COMPANIONS)
        assert report.passed, report.failures[0].message


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("recurrent")])
def test_the_solution_passes(name):
    for seed in range(2):
        report = checks.run("recurrent", name, getattr(solution, name), seed=seed)
        assert report.passed, report.failures[0].message


def test_a_wrong_gradient_costs_its_own_points_only():
    def without_dba(da_next, cache):
        return {**recurrent.rnn_cell_backward(da_next, cache), "dba": np.zeros((len(da_next), 1))}

    report = checks.run("recurrent", "rnn_cell_backward", without_dba)
    assert {group.name for group in report.groups if not group.passed} == {"dba", "inputs unchanged"}
    assert 0.5 < report.score < 1


def test_a_prediction_of_zeros_earns_nothing_for_it():
    def silent(xt, a_prev, parameters):
        a_next, yt_pred, cache = recurrent.rnn_cell_forward(xt, a_prev, parameters)
        return a_next, softmax(0 * yt_pred), cache

    report = checks.run("recurrent", "rnn_cell_forward", silent)
    assert {group.name for group in report.groups if group.passed} == {"a_next"}
