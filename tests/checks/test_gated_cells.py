"""Notebook 18: reference and solution against Keras's GRU and LSTM, finite differences, and numbers worked by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from annotated_references import annotated
from hypothesis import given, settings
from hypothesis import strategies as st
from solution_functions import functions

from dlcourse import checks, gated_cells
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.data.toy_sequences import marked_numbers, recall
from dlcourse.recurrent import sigmoid, softmax

solution = functions("gated_cells")
GRU, LSTM = "urc", "fico"
reference = annotated(gated_cells)
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


def draw(gates, n_x=3, n_a=5, n_y=2, m=4, T=6, seed=0):
    rng = np.random.default_rng(seed)
    parameters = {"Wy": rng.normal(size=(n_y, n_a)), "by": rng.normal(size=(n_y, 1))}
    for gate in gates:
        parameters["W" + gate] = rng.normal(size=(n_a, n_a + n_x)) / n_a**0.5
        parameters["b" + gate] = rng.normal(size=(n_a, 1))
    return rng.normal(size=(n_x, m, T)), np.tanh(rng.normal(size=(n_a, m))), parameters, rng


def in_keras(layer, x, a0, parameters, gates, da):
    """The states that a layer gives, and the gradients of sum(da * states), in the course's order of axes."""
    n_a = len(a0)
    W = np.concatenate([parameters["W" + gate] for gate in gates])
    b = np.concatenate([parameters["b" + gate] for gate in gates])
    x, a0 = tf.constant(x.transpose(1, 2, 0)), tf.constant(a0.T)
    layer.build(x.shape)
    layer.set_weights([W[:, n_a:].T, W[:, :n_a].T, b.ravel()])
    with tf.GradientTape() as tape:
        tape.watch((x, a0))
        a = layer(x, initial_state=[a0, tf.zeros_like(a0)] if len(gates) == 4 else a0)
    variables = [weight.value for weight in layer.weights]
    dx, da0, dW_x, dW_a, db = tape.gradient(a, [x, a0, *variables], output_gradients=tf.constant(da.transpose(1, 2, 0)))
    gradients = {"dx": dx.numpy().transpose(2, 0, 1), "da0": da0.numpy().T}
    dW = np.concatenate([dW_a.numpy().T, dW_x.numpy().T], axis=1)
    for position, gate in enumerate(gates):
        rows = slice(position * n_a, (position + 1) * n_a)
        gradients["dW" + gate], gradients["db" + gate] = dW[rows], db.numpy().reshape(-1, 1)[rows]
    return a.numpy().transpose(2, 0, 1), gradients


def predictions(a, parameters):
    return softmax(np.einsum("ya,amt->ymt", parameters["Wy"], a) + parameters["by"][:, :, None])


def assert_alike(got, expected):
    assert set(got) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, atol=1e-10, err_msg=name)


@both
@settings(deadline=None, max_examples=20)
@given(shape=shapes)
def test_an_lstm_and_its_gradients_are_those_of_keras(ours, shape):
    x, a0, parameters, rng = draw(LSTM, **shape)
    a, y, c, caches = ours.lstm_forward(x, a0, parameters)
    da = rng.normal(size=a.shape)
    layer = keras.layers.LSTM(shape["n_a"], return_sequences=True, dtype="float64")
    theirs, gradients = in_keras(layer, x, a0, parameters, "ifco", da)
    np.testing.assert_allclose(a, theirs, atol=1e-12)
    np.testing.assert_allclose(y, predictions(theirs, parameters), atol=1e-12)
    assert c.shape == a.shape
    assert_alike(ours.lstm_backward(da, caches), gradients)


@both
@settings(deadline=None, max_examples=20)
@given(shape=shapes)
def test_a_gru_and_its_gradients_are_those_of_keras(ours, shape):
    """Keras's update gate is the complement of the course's: turning the sign of Wu and bu makes one of the other."""
    x, a0, parameters, rng = draw(GRU, **shape)
    a, y_pred, caches = ours.gru_forward(x, a0, parameters)
    da = rng.normal(size=a.shape)
    turned = {**parameters, "Wu": -parameters["Wu"], "bu": -parameters["bu"]}
    layer = keras.layers.GRU(shape["n_a"], return_sequences=True, reset_after=False, dtype="float64")
    theirs, gradients = in_keras(layer, x, a0, turned, "urc", da)
    gradients.update(dWu=-gradients["dWu"], dbu=-gradients["dbu"])
    np.testing.assert_allclose(a, theirs, atol=1e-12)
    np.testing.assert_allclose(y_pred, predictions(theirs, parameters), atol=1e-12)
    assert_alike(ours.gru_backward(da, caches), gradients)


def test_keras_resets_after_the_product_unless_it_is_told_otherwise():
    x, a0, parameters, _ = draw(GRU)
    turned = {**parameters, "Wu": -parameters["Wu"], "bu": -parameters["bu"]}
    W = np.concatenate([turned["W" + gate] for gate in GRU])
    b = np.concatenate([turned["b" + gate] for gate in GRU]).ravel()
    layer = keras.layers.GRU(5, return_sequences=True, dtype="float64")
    layer.build((4, 6, 3))
    layer.set_weights([W[:, 5:].T, W[:, :5].T, np.stack([b, 0 * b])])
    theirs = np.asarray(layer(x.transpose(1, 2, 0), initial_state=tf.constant(a0.T))).transpose(2, 0, 1)
    assert np.max(np.abs(theirs - gated_cells.gru_forward(x, a0, parameters)[0])) > 0.01


@both
def test_one_step_of_an_lstm_back_is_that_of_finite_differences(ours):
    x, a_prev, parameters, rng = draw(LSTM, n_x=2, n_a=3)
    c_prev, da_next, dc_next = (rng.normal(size=a_prev.shape) for _ in range(3))
    values = {"xt": x[:, :, 0], "a_prev": a_prev, "c_prev": c_prev, **parameters}

    def loss(**changed):
        given = {**values, **changed}
        first = {name: given.pop(name) for name in ("xt", "a_prev", "c_prev")}
        a_next, c_next, _, _ = ours.lstm_cell_forward(**first, parameters=given)
        return np.sum(da_next * a_next) + np.sum(dc_next * c_next)

    cache = ours.lstm_cell_forward(x[:, :, 0], a_prev, c_prev, parameters)[3]
    got = ours.lstm_cell_backward(da_next, dc_next, cache)
    for name in set(values) - {"Wy", "by"}:
        expected = numerical_gradient(lambda v, name=name: loss(**{name: v}), values[name], np.array(1.0))
        np.testing.assert_allclose(got[f"d{name}"], expected, atol=1e-8, err_msg=name)


@both
def test_one_step_of_a_gru_back_is_that_of_finite_differences(ours):
    x, a_prev, parameters, rng = draw(GRU, n_x=2, n_a=3)
    da_next = rng.normal(size=a_prev.shape)
    values = {"xt": x[:, :, 0], "a_prev": a_prev, **parameters}

    def forward(**changed):
        given = {**values, **changed}
        return ours.gru_cell_forward(given.pop("xt"), given.pop("a_prev"), given)[0]

    got = ours.gru_cell_backward(da_next, ours.gru_cell_forward(x[:, :, 0], a_prev, parameters)[2])
    for name in set(values) - {"Wy", "by"}:
        expected = numerical_gradient(lambda v, name=name: forward(**{name: v}), values[name], da_next)
        np.testing.assert_allclose(got[f"d{name}"], expected, atol=1e-8, err_msg=name)


@both
def test_shut_gates_keep_the_memory_and_its_gradient(ours):
    x, a0, parameters, rng = draw(GRU, T=50)
    parameters["bu"] = np.full((5, 1), -60.0)
    a, _, caches = ours.gru_forward(x, a0, parameters)
    np.testing.assert_allclose(a[:, :, -1], a0, atol=1e-12)
    da = np.zeros(a.shape)
    da[:, :, -1] = rng.normal(size=a0.shape)
    np.testing.assert_allclose(ours.gru_backward(da, caches)["da0"], da[:, :, -1], atol=1e-12)

    x, a0, parameters, _ = draw(LSTM, T=50)
    parameters.update(bf=np.full((5, 1), 60.0), bi=np.full((5, 1), -60.0))
    cache = gated_cells.lstm_cell_forward(x[:, :, 0], a0, 2 * a0, parameters)[3]
    step = ours.lstm_cell_backward(np.zeros_like(a0), a0, cache)
    np.testing.assert_allclose(step["dc_prev"], a0, atol=1e-12)


@both
def test_open_gates_replace_the_memory(ours):
    x, a0, parameters, _ = draw(GRU)
    parameters["bu"] = np.full((5, 1), 60.0)
    a_next, _, _ = ours.gru_cell_forward(x[:, :, 0], a0, parameters)
    rt = sigmoid(parameters["Wr"] @ np.concatenate([a0, x[:, :, 0]]) + parameters["br"])
    candidate = np.tanh(parameters["Wc"] @ np.concatenate([rt * a0, x[:, :, 0]]) + parameters["bc"])
    np.testing.assert_allclose(a_next, candidate, atol=1e-12)


@both
@pytest.mark.parametrize("gates", [GRU, LSTM])
def test_inputs_come_back_unchanged(ours, gates):
    x, a0, parameters, rng = draw(gates)
    kept = x.copy(), a0.copy(), {name: value.copy() for name, value in parameters.items()}
    forward, backward = (
        (ours.gru_forward, ours.gru_backward) if gates == GRU else (ours.lstm_forward, ours.lstm_backward)
    )
    results = forward(x, a0, parameters)
    backward(rng.normal(size=results[0].shape), results[-1])
    for part in results[:-1]:
        part += 1
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(a0, kept[1])
    for name, value in parameters.items():
        np.testing.assert_array_equal(value, kept[2][name])


def test_the_numbers_that_spot_the_mistake_asks_for():
    claims = solution.spot_the_mistake()
    layer = keras.layers.GRU(100)
    layer.build((1, 1, 50))
    assert claims["keras_gru_parameters"] == layer.count_params() == 45_600
    layer = keras.layers.GRU(100, reset_after=False)
    layer.build((1, 1, 50))
    assert layer.count_params() == 45_300
    assert claims["ten_steps"] == pytest.approx(0.0436, abs=1e-4)


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
def test_gates_learn_to_open_at_the_marks(cell):
    seed = {"GRU": 0, "LSTM": 1}[cell]
    parameters = solution.holding_network(cell, seed=seed)
    x, y = marked_numbers(np.random.default_rng(2), m=1, steps=40, often=0.07)
    forward = solution.gru_forward if cell == "GRU" else solution.lstm_forward
    a = forward(x, np.zeros((4, 1)), parameters)[0][:, 0]
    answer = parameters["Wy"] @ a + parameters["by"]
    assert np.sqrt(np.mean((answer - y[0]) ** 2)) < 0.25
    gate = solution.gate_over_time("u" if cell == "GRU" else "f", a, x[:, 0], parameters)
    marked = x[1, 0] == 1
    apart = gate[:, marked].mean(axis=1) - gate[:, ~marked].mean(axis=1)
    assert np.max(apart if cell == "GRU" else -apart) > 0.5


def test_gated_cells_remember_over_a_gap_where_the_plain_cell_does_not():
    x, y = recall(np.random.default_rng(1), m=500, gap=20)
    right = {}
    for cell in ("LSTM", "GRU", "plain"):
        forward, parameters, losses = solution.recalling_network(cell, 20)
        right[cell] = np.mean((forward(x, np.zeros((16, 500)), parameters)[1][1, :, -1] > 0.5) == y)
    assert right["LSTM"] > 0.95
    assert right["GRU"] > 0.95
    assert right["plain"] < 0.65


# Right answers, written in another way


def gru_step(xt, a_prev, parameters):
    """Every matrix split, the gate that keeps in place of the one that writes, and a dictionary for a cache."""
    n_a = len(a_prev)

    def summed(gate, state):
        W = parameters["W" + gate]
        split = np.einsum("ij,jm->im", W[:, :n_a], state) + np.einsum("ij,jm->im", W[:, n_a:], xt)
        return split + parameters["b" + gate]

    keep = 1 / (1 + np.exp(summed("u", a_prev)))
    relevance = 1 / (1 + np.exp(-summed("r", a_prev)))
    new = np.tanh(summed("c", relevance * a_prev))
    a_next = new + keep * (a_prev - new)
    scores = np.exp(parameters["Wy"] @ a_next + parameters["by"])
    return [
        a_next,
        scores / scores.sum(axis=0),
        {"a": a_prev, "x": xt, "keep": keep, "relevance": relevance, "new": new, "p": parameters},
    ]


def gru_step_back(da_next, cache):
    a, x, keep, relevance, new, p = (cache[name] for name in ("a", "x", "keep", "relevance", "new", "p"))
    n_a = len(a)
    dz = {"c": (1 - keep) * da_next * (1 - new) * (1 + new), "u": (keep - keep**2) * da_next * (new - a)}
    through = p["Wc"][:, :n_a].T @ dz["c"]
    dz["r"] = through * a * (relevance - relevance**2)
    met = {"c": np.vstack([relevance * a, x]), "u": np.vstack([a, x]), "r": np.vstack([a, x])}
    gradients = {"d" + "W" + gate: np.einsum("im,jm->ij", dz[gate], met[gate]) for gate in "ucr"}
    gradients.update({"db" + gate: dz[gate].sum(1).reshape(n_a, 1) for gate in "ucr"})
    gradients["dxt"] = sum(p["W" + gate][:, n_a:].T @ dz[gate] for gate in "ucr")
    gates = sum(p["W" + gate][:, :n_a].T @ dz[gate] for gate in "ur")
    gradients["da_prev"] = keep * da_next + relevance * through + gates
    return gradients


def lstm_step(xt, a_prev, c_prev, parameters):
    """All gates in one product, tanh for sigmoid, and the cache as a closure over everything."""
    W = np.vstack([parameters["W" + gate] for gate in LSTM])
    b = np.vstack([parameters["b" + gate] for gate in LSTM])
    z = W @ np.vstack([a_prev, xt]) + b
    n_a = len(a_prev)
    f, i, o = (0.5 + 0.5 * np.tanh(0.5 * z[at * n_a : (at + 1) * n_a]) for at in (0, 1, 3))
    new = np.tanh(z[2 * n_a : 3 * n_a])
    c_next = i * new + f * c_prev
    a_next = np.tanh(c_next) * o
    scores = np.exp(parameters["Wy"] @ a_next + parameters["by"])

    def back(da_next, dc_next):
        dc = dc_next + da_next * o / np.cosh(c_next) ** 2
        dz = np.vstack(
            [
                dc * c_prev * (f - f**2),
                dc * new * (i - i**2),
                dc * i * (1 - new**2),
                da_next * np.tanh(c_next) * (o - o**2),
            ]
        )
        dW, db, dstacked = dz @ np.vstack([a_prev, xt]).T, dz.sum(axis=1, keepdims=True), W.T @ dz
        gradients = {"da_prev": dstacked[:n_a], "dxt": dstacked[n_a:], "dc_prev": f * dc}
        for at, gate in enumerate(LSTM):
            gradients["dW" + gate] = dW[at * n_a : (at + 1) * n_a]
            gradients["db" + gate] = db[at * n_a : (at + 1) * n_a]
        return gradients

    return a_next, c_next, scores / np.sum(scores, axis=0), back


def lstm_step_back(da_next, dc_next, cache):
    return cache(da_next, dc_next)


def gru_in_lists(x, a0, parameters):
    rows, cells = [], []
    for t in range(x.shape[2]):
        a0, yt_pred, cell = gru_step(x[:, :, t], a0, parameters)
        rows.append((a0, yt_pred))
        cells.append(cell)
    a, y_pred = (np.stack(parts, axis=-1) for parts in zip(*rows, strict=True))
    return [a, y_pred, cells]


def lstm_in_lists(x, a0, parameters):
    rows, cells, c = [], [], 0 * a0
    for t in range(x.shape[2]):
        a0, c, yt_pred, cell = lstm_step(x[:, :, t], a0, c, parameters)
        rows.append((a0, yt_pred, c))
        cells.append(cell)
    return [*(np.stack(parts, axis=-1) for parts in zip(*rows, strict=True)), cells]


def gathered(steps):
    """The steps' gradients, first step first, as those of the sequence."""
    shared = [name for name in steps[0] if name[:2] in ("dW", "db")]
    return {
        "dx": np.stack([step["dxt"] for step in steps], axis=2),
        "da0": steps[0]["da_prev"],
        **{name: np.sum([step[name] for step in steps], axis=0) for name in shared},
    }


def gru_back_in_lists(da, caches):
    steps, back = [], 0
    for t in range(len(caches) - 1, -1, -1):
        steps.insert(0, gru_step_back(da[..., t] + back, caches[t]))
        back = steps[0]["da_prev"]
    return gathered(steps)


def lstm_back_in_lists(da, caches):
    steps, back, memory = [], 0, 0
    for t in range(len(caches) - 1, -1, -1):
        steps.insert(0, lstm_step_back(da[..., t] + back, memory, caches[t]))
        back, memory = steps[0]["da_prev"], steps[0]["dc_prev"]
    return gathered(steps)


OTHERWISE = {
    "gru_cell_forward": gru_step,
    "gru_forward": gru_in_lists,
    "gru_cell_backward": gru_step_back,
    "gru_backward": gru_back_in_lists,
    "lstm_cell_forward": lstm_step,
    "lstm_forward": lstm_in_lists,
    "lstm_cell_backward": lstm_step_back,
    "lstm_backward": lstm_back_in_lists,
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_right_answers_written_in_another_way_pass(name):
    for seed in range(3):
        report = checks.run("gated_cells", name, OTHERWISE[name], seed=seed, namespace=OTHERWISE)
        assert report.passed, report.failures[0].message


def in_single_precision(value):
    if isinstance(value, np.ndarray):
        return value.astype(np.float32)
    if isinstance(value, dict):
        return {name: in_single_precision(part) for name, part in value.items()}
    return type(value)(map(in_single_precision, value)) if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("name", OTHERWISE)
def test_answers_in_single_precision_pass(name):
    def answer(*args):
        return getattr(gated_cells, name)(*map(in_single_precision, args))

    for seed in range(3):
        report = checks.run("gated_cells", name, answer, seed=seed)
        assert report.passed, report.failures[0].message


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("gated_cells")])
def test_the_solution_passes(name):
    for seed in range(2):
        report = checks.run("gated_cells", name, getattr(solution, name), seed=seed)
        assert report.passed, report.failures[0].message


def test_each_gradient_has_a_verdict_of_its_own():
    def wrong_forget_gate(da_next, dc_next, cache):
        right = gated_cells.lstm_cell_backward(da_next, dc_next, cache)
        return {**right, "dWf": 2 * right["dWf"], "dbf": np.zeros_like(right["dbf"])}

    report = checks.run("gated_cells", "lstm_cell_backward", wrong_forget_gate)
    assert {group.name for group in report.groups if not group.passed} == {"dWf", "dbf", "inputs unchanged"}


def test_the_widely_copied_table_of_lstm_backward_is_named_as_wrong():
    """Its values come from a loop that leaves out da_prev."""

    def circulated(da, caches):
        cells, x = caches
        dx, da_prev, dc_prev, total = np.zeros(x.shape), 0, np.zeros(da.shape[:2]), {}
        for t in reversed(range(len(cells))):
            step = gated_cells.lstm_cell_backward(da[:, :, t], dc_prev, cells[t])
            dx[:, :, t], da_prev, dc_prev = step["dxt"], step["da_prev"], step["dc_prev"]
            for name in step:
                if name[:2] in ("dW", "db"):
                    total[name] = total.get(name, 0) + step[name]
        return {"dx": dx, "da0": da_prev, **total}

    report = checks.run("gated_cells", "lstm_backward", circulated)
    assert not report.passed
    assert report.mistake.key == "state-not-handed-back"
