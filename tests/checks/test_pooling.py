"""Notebook 02: references against TensorFlow's kernels and finite differences, the solution against the references,
differently written answers, the numbers of the curriculum, and the network that reads digits."""

from types import SimpleNamespace

import jaxtyping
import numpy as np
import pytest
import tensorflow as tf
from beartype import beartype
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from solution_functions import functions

from dlcourse import checks, pooling
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.data import datasets

pool_forward = jaxtyping.jaxtyped(pooling.pool_forward, typechecker=beartype)
pool_backward = jaxtyping.jaxtyped(pooling.pool_backward, typechecker=beartype)

pools = st.fixed_dictionaries(
    {
        "m": st.integers(1, 3),
        "n_H": st.integers(1, 9),
        "n_W": st.integers(1, 9),
        "n_C": st.integers(1, 3),
        "f": st.integers(1, 4),
        "stride": st.integers(1, 4),
        "mode": st.sampled_from(["max", "average"]),
        "seed": st.integers(0, 10**6),
        "ties": st.booleans(),
    }
)


def draw(pool):
    rng = np.random.default_rng(pool["seed"])
    assume(min(pool["n_H"], pool["n_W"]) >= pool["f"])
    shape = pool["m"], pool["n_H"], pool["n_W"], pool["n_C"]
    A_prev = rng.integers(-1, 2, size=shape).astype(float) if pool["ties"] else rng.normal(size=shape)
    return A_prev, {"f": pool["f"], "stride": pool["stride"]}, rng


# The references


@settings(deadline=None)
@given(pools)
def test_both_passes_equal_tensorflows_equal_numbers_included(pool):
    A_prev, hparameters, rng = draw(pool)
    in_tensorflow = tf.nn.max_pool2d if pool["mode"] == "max" else tf.nn.avg_pool2d
    x = tf.Variable(A_prev)
    with tf.GradientTape() as tape:
        expected = in_tensorflow(x, pool["f"], pool["stride"], "VALID")
    A, cache = pool_forward(A_prev, hparameters, pool["mode"])
    np.testing.assert_allclose(A, expected, rtol=1e-12, atol=1e-12)
    dA = rng.normal(size=A.shape)
    theirs = tape.gradient(expected, x, output_gradients=tf.constant(dA))
    np.testing.assert_allclose(pool_backward(dA, cache, pool["mode"]), theirs, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(pools)
def test_the_solution_equals_the_reference(pool):
    A_prev, hparameters, rng = draw(pool)
    ours = functions("pooling")
    A, cache = ours.pool_forward(A_prev, hparameters, pool["mode"])
    np.testing.assert_allclose(A, pooling.pool_forward(A_prev, hparameters, pool["mode"])[0], rtol=1e-12, atol=1e-12)
    dA = rng.normal(size=A.shape)
    expected = pooling.pool_backward(dA, (A_prev, hparameters), pool["mode"])
    np.testing.assert_allclose(ours.pool_backward(dA, cache, pool["mode"]), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["max", "average"])
@pytest.mark.parametrize(("f", "stride"), [(2, 2), (3, 1), (2, 3)])
def test_gradients_are_those_of_finite_differences(mode, f, stride):
    rng = np.random.default_rng(f)
    A_prev, hparameters = rng.normal(size=(2, 6, 5, 2)), {"f": f, "stride": stride}
    A, cache = pool_forward(A_prev, hparameters, mode)
    dA = rng.normal(size=A.shape)
    expected = numerical_gradient(lambda x: pool_forward(x, hparameters, mode)[0], A_prev, dA)
    np.testing.assert_allclose(pool_backward(dA, cache, mode), expected, atol=1e-7)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_precision_is_kept_and_inputs_come_back_unchanged(dtype):
    A_prev = np.random.default_rng(0).normal(size=(2, 4, 4, 2)).astype(dtype)
    kept = A_prev.copy()
    for mode in ("max", "average"):
        for f in (1, 2):
            A, cache = pool_forward(A_prev, {"f": f, "stride": 2}, mode)
            assert A.dtype == dtype
            A += 1
            gradient = pool_backward(np.ones_like(A), cache, mode)
            assert gradient.dtype == dtype
            gradient += 1
    np.testing.assert_array_equal(A_prev, kept)


def test_a_window_hands_back_what_it_was_given():
    A_prev = np.zeros((1, 4, 4, 1))
    dA = np.arange(1.0, 5.0).reshape(1, 2, 2, 1)
    for mode in ("max", "average"):
        assert pool_backward(dA, (A_prev, {"f": 2, "stride": 2}), mode).sum() == dA.sum()
    assert pooling.create_mask_from_window(np.zeros((3, 2))).sum() == 1


def test_bad_arguments_are_refused_in_a_sentence():
    A_prev = np.zeros((1, 4, 4, 1))
    with pytest.raises(ValueError, match="not 'mean'"):
        pooling.pool_forward(A_prev, {"f": 2, "stride": 2}, "mean")
    with pytest.raises(ValueError, match="not 'mean'"):
        pooling.pool_backward(A_prev, (A_prev, {"f": 1, "stride": 1}), "mean")
    with pytest.raises(ValueError, match="does not fit"):
        pooling.pool_forward(A_prev, {"f": 5, "stride": 1})
    with pytest.raises(ValueError, match="not 'dropout'"):
        pooling.layer_table([{"kind": "dropout"}], (4, 4, 1))


# The table


def lenet(first):
    pool = {"kind": "pool", "f": 2, "stride": 2}
    convolutions = [{"kind": "conv", "f": 5, "stride": 1, "pad": 0, "filters": n} for n in (first, 16)]
    return [convolutions[0], pool, convolutions[1], pool, *({"kind": "dense", "units": n} for n in (120, 84, 10))]


@pytest.mark.parametrize("layer_table", [pooling.layer_table, functions("pooling").layer_table])
def test_the_numbers_of_the_curriculum(layer_table):
    rows = layer_table(lenet(8), (32, 32, 3))
    assert [row[1] for row in rows] == [3072, 6272, 1568, 1600, 400, 120, 84, 10]
    assert [row[2] for row in rows if row[2]] == [608, 3216, 48120, 10164, 850]
    assert sum(row[2] for row in rows) == 62958
    rows = layer_table(lenet(6), (32, 32, 3))
    assert [row[2] for row in rows if row[2]] == [456, 2416, 48120, 10164, 850]
    assert sum(row[2] for row in rows) == 62006


def test_the_table_is_that_of_keras():
    import keras

    made = {
        "conv": lambda layer: keras.layers.Conv2D(layer["filters"], layer["f"]),
        "pool": lambda layer: keras.layers.MaxPooling2D(layer["f"], layer["stride"]),
        "dense": lambda layer: keras.layers.Dense(layer["units"]),
    }
    x = keras.Input((32, 32, 3))
    rows = pooling.layer_table(lenet(8), (32, 32, 3))
    for layer, (shape, _, parameters) in zip(lenet(8), rows[1:], strict=True):
        if layer["kind"] == "dense" and len(x.shape) == 4:
            x = keras.layers.Flatten()(x)
        keras_layer = made[layer["kind"]](layer)
        x = keras_layer(x)
        assert (x.shape[1:], keras_layer.count_params()) == (shape, parameters)


# The network


def network(rng, channels=(2, 3, 4), classes=3, n_H=8, n_W=4):
    c0, c1, c2 = channels
    shapes = {
        "W1": (3, 3, c0, c1),
        "b1": (1, 1, 1, c1),
        "W2": (3, 3, c1, c2),
        "b2": (1, 1, 1, c2),
        "W3": (n_H * n_W * c2 // 16, classes),
        "b3": (1, classes),
    }
    return {name: 0.5 * rng.normal(size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("train_step", [pooling.train_step, functions("pooling").train_step])
def test_a_step_equals_tensorflows(train_step):
    rng = np.random.default_rng(3)
    parameters, X, Y = network(rng), rng.normal(size=(5, 8, 4, 2)), np.eye(3)[[0, 1, 2, 0, 1]]
    variables = {name: tf.Variable(value) for name, value in parameters.items()}
    with tf.GradientTape() as tape:
        x = tf.constant(X)
        for number in "12":
            x = tf.nn.conv2d(x, variables[f"W{number}"], 1, "SAME") + variables[f"b{number}"]
            x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
        scores = tf.reshape(x, (5, -1)) @ variables["W3"] + variables["b3"]
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(Y, scores))
    gradients = tape.gradient(loss, variables)
    new, ours = train_step(parameters, X, Y, 0.7)
    np.testing.assert_allclose(ours, loss, rtol=1e-12)
    assert set(new) == set(parameters)
    for name, value in new.items():
        np.testing.assert_allclose(value, parameters[name] - 0.7 * gradients[name].numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("pieces", [pooling, functions("pooling")], ids=["reference", "solution"])
def test_the_pieces_of_a_step_equal_tensorflows(pieces):
    rng = np.random.default_rng(4)
    scores, Y = tf.Variable(3 * rng.normal(size=(6, 5))), np.eye(5)[[0, 3, 3, 1, 4, 2]]
    with tf.GradientTape() as tape:
        expected = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(Y, scores))
    loss, dscores = pieces.softmax_loss(scores.numpy(), Y)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    np.testing.assert_allclose(dscores, tape.gradient(expected, scores), rtol=1e-12, atol=1e-15)

    A, W, b = (tf.Variable(rng.normal(size=shape)) for shape in ((6, 4), (4, 3), (1, 3)))
    back = rng.normal(size=(6, 3))
    with tf.GradientTape() as tape:
        Z = A @ W + b
        through = tf.nn.relu(Z)
    theirs = tape.gradient(through, [A, W, b], output_gradients=tf.constant(back))
    ours = pieces.dense_backward(pieces.relu_backward(back, Z.numpy()), A.numpy(), W.numpy())
    for left, right in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("im2col", [pooling.im2col, functions("pooling").im2col], ids=["reference", "solution"])
@pytest.mark.parametrize(("f", "stride", "pad"), [(3, 1, 1), (2, 2, 0), (3, 2, 2), (1, 1, 0), (4, 3, 1)])
def test_windows_as_rows_are_tensorflows_patches_and_make_a_convolution(im2col, f, stride, pad):
    rng = np.random.default_rng(5)
    A_prev, W, b = rng.normal(size=(2, 6, 7, 3)), rng.normal(size=(f, f, 3, 4)), rng.normal(size=(1, 1, 1, 4))
    rows = im2col(A_prev, f, stride, pad)
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    patches = tf.image.extract_patches(padded, (1, f, f, 1), (1, stride, stride, 1), (1, 1, 1, 1), "VALID")
    np.testing.assert_array_equal(rows, patches.numpy().reshape(-1, f * f * 3))
    Z, _ = functions("convolution").conv_forward(A_prev, W, b, {"stride": stride, "pad": pad})
    np.testing.assert_allclose((rows @ W.reshape(-1, 4)).reshape(Z.shape) + b, Z, rtol=1e-12, atol=1e-12)


def test_the_notebooks_convolution_equals_that_of_notebook_01():
    rng = np.random.default_rng(0)
    A_prev, W, b = rng.normal(size=(2, 7, 6, 2)), rng.normal(size=(3, 3, 2, 4)), rng.normal(size=(1, 1, 1, 4))
    for hparameters in ({"stride": 1, "pad": 1}, {"stride": 2, "pad": 0}):
        ours, theirs = functions("pooling"), functions("convolution")
        Z, cache = ours.conv_forward(A_prev, W, b, hparameters)
        expected, their_cache = theirs.conv_forward(A_prev, W, b, hparameters)
        np.testing.assert_allclose(Z, expected, rtol=1e-12, atol=1e-12)
        dZ = rng.normal(size=Z.shape)
        for left, right in zip(ours.conv_backward(dZ, cache), theirs.conv_backward(dZ, their_cache), strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)


def test_the_network_reads_held_out_digits():
    """The bar of the notebook: 95 % of digits that it has not seen, with vectorised layers."""
    from dlcourse import convolution

    notebook = functions("pooling")
    layers = SimpleNamespace(
        conv_forward=convolution.conv_forward,
        conv_backward=convolution.conv_backward,
        pool_forward=pooling.pool_forward,
        pool_backward=pooling.pool_backward,
    )
    X, labels = datasets.digits()
    order = np.random.default_rng(0).permutation(len(X))
    training, held_out = order[:1400], order[1400:]
    rng, parameters = np.random.default_rng(1), notebook.random_parameters(1)
    for _ in range(15):
        shuffled = rng.permutation(training)
        for start in range(0, len(shuffled), 32):
            batch = shuffled[start : start + 32]
            parameters, _ = notebook.train_step(parameters, X[batch], np.eye(10)[labels[batch]], 0.2, layers)
    probabilities, _ = notebook.forward(parameters, X[held_out], layers)
    assert np.mean(probabilities.argmax(axis=1) == labels[held_out]) >= 0.97


def test_a_mask_of_all_equal_numbers_changes_the_training_from_the_second_step_on():
    """What the notebook says about the blank corners of the digits."""
    from dlcourse import convolution

    notebook = functions("pooling")
    shared = {"conv_forward": convolution.conv_forward, "conv_backward": convolution.conv_backward}
    one = SimpleNamespace(**shared, pool_forward=pooling.pool_forward, pool_backward=pooling.pool_backward)
    every = SimpleNamespace(**shared, pool_forward=pooling.pool_forward, pool_backward=backward_with_course_mask)
    X, labels = datasets.digits()
    losses = []
    for layers in (one, every):
        parameters, found = notebook.random_parameters(1), []
        for start in (0, 32, 64, 96):
            batch = slice(start, start + 32)
            parameters, loss = notebook.train_step(parameters, X[batch], np.eye(10)[labels[batch]], 0.2, layers)
            found.append(loss)
        losses.append(found)
    assert abs(losses[0][0] - losses[1][0]) < 1e-12
    assert 1e-6 < abs(losses[0][3] - losses[1][3]) < 0.5


# Right answers, written differently


def pool_by_windows(A_prev, hparameters, mode="max"):
    from numpy.lib.stride_tricks import sliding_window_view

    f, s = hparameters["f"], hparameters["stride"]
    windows = sliding_window_view(A_prev, (f, f), axis=(1, 2))[:, ::s, ::s]
    return {"max": np.max, "average": np.mean}[mode](windows, axis=(4, 5)), [A_prev, windows, f, s]


def pool_backward_of_windows(dA, cache, mode="max"):
    """Works with its own cache only, and shares equal numbers out."""
    A_prev, windows, f, s = cache
    dA_prev = np.zeros_like(A_prev)
    for i, h, w, c in np.ndindex(dA.shape):
        window = windows[i, h, w, c]
        share = window == window.max() if mode == "max" else np.ones((f, f))
        dA_prev[i, h * s : h * s + f, w * s : w * s + f, c] += dA[i, h, w, c] * share / share.sum()
    return dA_prev


def backward_with_course_mask(dA, cache, mode="max"):
    (A_prev, hparameters) = cache
    f, s = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i in range(dA.shape[0]):
        for h in range(dA.shape[1]):
            for w in range(dA.shape[2]):
                for c in range(dA.shape[3]):
                    vs, ve, hs, he = h * s, h * s + f, w * s, w * s + f
                    window = A_prev[i][vs:ve, hs:he, c]
                    part = (window == np.max(window)) * dA[i, h, w, c]
                    if mode == "average":
                        part = np.ones((f, f)) * dA[i, h, w, c] / f**2
                    dA_prev[i, vs:ve, hs:he, c] += part
    return dA_prev


def one_shared_mask(x):
    mask = (x == x.max()).astype(float)
    return mask / mask.sum()


def table_of_lists(layers, input_shape):
    shape = list(input_shape)
    rows = [[shape, np.prod(shape), 0]]
    for layer in layers:
        parameters = 0
        match layer["kind"]:
            case "dense":
                parameters = layer["units"] * int(np.prod(shape)) + layer["units"]
                shape = [layer["units"]]
            case kind:
                pad, f, s = layer.get("pad", 0), layer["f"], layer["stride"]
                channels = layer["filters"] if kind == "conv" else shape[2]
                parameters = channels + f * f * shape[2] * channels if kind == "conv" else 0
                shape = [int(np.floor((n + 2 * pad - f) / s)) + 1 for n in shape[:2]] + [channels]
        rows.append([shape, np.int64(np.prod(shape)), np.int64(parameters)])
    return rows


def step_in_tensorflow(parameters, X, Y, learning_rate):
    variables = [tf.Variable(parameters[name]) for name in ("W1", "b1", "W2", "b2", "W3", "b3")]
    W1, b1, W2, b2, W3, b3 = variables
    with tf.GradientTape() as tape:
        x = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(X, W1, 1, "SAME") + b1), 2, 2, "VALID")
        x = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(x, W2, 1, "SAME") + b2), 2, 2, "VALID")
        scores = tf.reshape(x, (len(X), -1)) @ W3 + b3
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(Y, scores))
    new = [v - learning_rate * g for v, g in zip(variables, tape.gradient(loss, variables), strict=True)]
    return dict(zip(("W1", "b1", "W2", "b2", "W3", "b3"), new, strict=True)), loss


def loss_of_logarithms(scores, Y):
    largest = scores.max(axis=1)
    totals = np.log(np.sum(np.exp(scores.T - largest), axis=0)) + largest
    logs = scores - totals[:, None]
    return float(-logs[Y == 1].mean()), (np.exp(logs) - Y) / len(Y)


def loss_in_float32(scores, Y):
    loss, dscores = loss_of_logarithms(np.float32(scores), np.float32(Y))
    return np.float32(loss), dscores.astype("float32")


def dense_in_loops(dZ, A_prev, W):
    dA_prev, dW, db = np.zeros(A_prev.shape), np.zeros(W.shape), np.zeros((1, W.shape[1]))
    for i, j in np.ndindex(dZ.shape):
        dA_prev[i] += dZ[i, j] * W[:, j]
        dW[:, j] += dZ[i, j] * A_prev[i]
        db[0, j] += dZ[i, j]
    return dA_prev, dW, db


def patches_of_tensorflow(A_prev, f, stride, pad):
    padded = tf.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    return tf.reshape(
        tf.image.extract_patches(padded, (1, f, f, 1), (1, stride, stride, 1), (1, 1, 1, 1), "VALID"),
        (-1, f * f * A_prev.shape[3]),
    )


def undivided_step(parameters, X, Y, learning_rate, layers=None):
    """As the notebook had it before the step was divided."""
    notebook = functions("pooling")
    layers = layers or notebook.own_layers()
    m = len(X)
    probabilities, kept = notebook.forward(parameters, X, layers)
    loss = -np.sum(Y * np.log(probabilities)) / m
    dscores = (probabilities - Y) / m
    gradients = {"W3": kept["features"].T @ dscores, "b3": np.sum(dscores, axis=0, keepdims=True)}
    dP2 = (dscores @ parameters["W3"].T).reshape(kept["P2"].shape)
    dZ2 = layers.pool_backward(dP2, kept["pool2"]) * (kept["Z2"] > 0)
    dP1, gradients["W2"], gradients["b2"] = layers.conv_backward(dZ2, kept["conv2"])
    dZ1 = layers.pool_backward(dP1, kept["pool1"]) * (kept["Z1"] > 0)
    _, gradients["W1"], gradients["b1"] = layers.conv_backward(dZ1, kept["conv1"])
    return {name: value - learning_rate * gradients[name] for name, value in parameters.items()}, loss


DIFFERENTLY_WRITTEN = [
    ("softmax_loss", loss_of_logarithms, {}),
    ("softmax_loss", loss_in_float32, {}),
    ("dense_backward", dense_in_loops, {}),
    (
        "dense_backward",
        lambda dZ, A_prev, W: [np.inner(dZ, W), np.einsum("ij,ik->jk", A_prev, dZ), np.ones((1, len(dZ))) @ dZ],
        {},
    ),
    ("relu_backward", lambda dA, Z: np.where(Z > 0, dA, 0), {}),
    ("relu_backward", lambda dA, Z: dA * (Z >= 0).astype("float32"), {}),
    ("im2col", patches_of_tensorflow, {}),
    ("im2col", lambda *args: pooling.im2col(*args).tolist(), {}),
    ("train_step", undivided_step, {}),
    ("pool_forward", pool_by_windows, {}),
    ("pool_backward", pool_backward_of_windows, {"pool_forward": pool_by_windows}),
    ("pool_backward", backward_with_course_mask, {}),
    ("create_mask_from_window", lambda x: x == np.max(x), {}),
    ("create_mask_from_window", one_shared_mask, {}),
    ("distribute_value", lambda dz, shape: np.ones(shape) * dz / np.prod(shape), {}),
    ("layer_table", table_of_lists, {}),
    ("train_step", step_in_tensorflow, {}),
]


@pytest.mark.parametrize(("name", "function", "companions"), DIFFERENTLY_WRITTEN)
def test_a_differently_written_right_answer_passes(name, function, companions):
    for seed in range(3):
        report = checks.run("pooling", name, function, seed=seed, namespace=companions)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("pooling")])
def test_the_solution_passes(name):
    notebook = functions("pooling")
    for seed in range(3):
        report = checks.run("pooling", name, getattr(notebook, name), seed=seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# What the checks say


def test_a_gradient_on_the_wrong_one_of_two_equal_numbers_is_explained():
    report = checks.run("pooling", "create_mask_from_window", lambda x: 2.0 * (x == x.max()))
    assert any("Several numbers of this window are largest" in failure.message for failure in report.failures)


def test_a_step_that_writes_into_its_arguments_loses_only_that():
    def in_place(parameters, X, Y, learning_rate):
        new, loss = pooling.train_step(parameters, X, Y, learning_rate)
        for name in parameters:
            parameters[name][...] = new[name]
        return parameters, loss

    report = checks.run("pooling", "train_step", in_place)
    assert not report.passed
    assert [group.name for group in report.groups if not group.passed] == ["inputs unchanged"]


def test_the_explorer_moves_pools_and_says_what_is_left():
    from IPython.utils.capture import capture_output

    from dlcourse.widgets.pooling import PoolExplorer

    image = np.random.default_rng(0).random((12, 16))
    explorer = PoolExplorer({"noise": image}, pooling.pool_forward)
    with capture_output():
        explorer.show()
    np.testing.assert_array_equal(explorer.output(), image.reshape(6, 2, 8, 2).max(axis=(1, 3)))
    explorer.mode.value, explorer.f.value, explorer.stride.value, explorer.shift.value = "average", 4, 4, 3
    moved = np.concatenate([image[:, :1]] * 3 + [image[:, :13]], axis=1)
    np.testing.assert_allclose(explorer.output(), moved.reshape(3, 4, 4, 4).mean(axis=(1, 3)))
    _, words = explorer._draw()
    assert "6.2% of the numbers are left" in repr(words)
