"""Notebook 06: the references and the solution against TensorFlow, finite differences and the papers' numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.layers import Concatenate, Conv2D, Dense, MaxPooling2D
from solution_functions import functions

from dlcourse import inception
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes import isolation, models

OURS = {"reference": inception, "solution": functions("inception")}


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


@pytest.fixture
def in_float64():
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


# 1x1 convolutions


def drawn_layer(rng):
    m, n_H, n_W, n_C_prev, n_C = (int(n) for n in rng.integers(1, 7, size=5))
    X, W = rng.normal(size=(m, n_H, n_W, n_C_prev)), rng.normal(size=(1, 1, n_C_prev, n_C))
    return X, W, rng.normal(size=(1, 1, 1, n_C))


def test_a_1x1_convolution_and_its_gradients_are_tensorflows(ours):
    rng = np.random.default_rng(0)
    for _ in range(20):
        X, W, b = drawn_layer(rng)
        given = [tf.constant(part) for part in (X, W, b)]
        with tf.GradientTape() as tape:
            tape.watch(given)
            expected = tf.nn.conv2d(given[0], given[1], 1, "VALID") + given[2]
        Z = ours.one_by_one(X, W, b)
        np.testing.assert_allclose(Z, expected, atol=1e-12)
        dZ = rng.normal(size=Z.shape)
        gradients = tape.gradient(expected, given, dZ)
        for name, got, right in zip("XWb", ours.one_by_one_backward(dZ, X, W), gradients, strict=True):
            np.testing.assert_allclose(got, right, atol=1e-11, err_msg=f"d{name}")


def test_its_gradients_are_those_of_finite_differences(ours):
    rng = np.random.default_rng(1)
    X, W, b = rng.normal(size=(2, 3, 2, 3)), rng.normal(size=(1, 1, 3, 2)), rng.normal(size=(1, 1, 1, 2))
    dZ = rng.normal(size=(2, 3, 2, 2))
    dX, dW, db = ours.one_by_one_backward(dZ, X, W)
    np.testing.assert_allclose(dX, numerical_gradient(lambda x: ours.one_by_one(x, W, b), X, dZ), atol=1e-7)
    np.testing.assert_allclose(dW, numerical_gradient(lambda x: ours.one_by_one(X, x, b), W, dZ), atol=1e-7)
    np.testing.assert_allclose(db, numerical_gradient(lambda x: ours.one_by_one(X, W, x), b, dZ), atol=1e-7)


@pytest.mark.usefixtures("in_float64")
def test_a_1x1_convolution_is_a_dense_layer_at_every_pixel(ours):
    rng = np.random.default_rng(2)
    X, W, b = rng.normal(size=(2, 6, 6, 32)), rng.normal(size=(1, 1, 32, 5)), rng.normal(size=(1, 1, 1, 5))
    dense = Dense(5)
    dense.build(X.shape)
    dense.set_weights([W[0, 0], b.ravel()])
    Z = ours.one_by_one(X, W, b)
    assert Z.shape == (2, 6, 6, 5)
    np.testing.assert_allclose(dense(X), Z, atol=1e-12)


def test_on_one_channel_it_only_multiplies(ours):
    X = np.arange(36.0).reshape(1, 6, 6, 1)
    np.testing.assert_array_equal(ours.one_by_one(X, np.full((1, 1, 1, 1), 2.0), np.zeros((1, 1, 1, 1))), 2 * X)


def test_inputs_come_back_unchanged(ours):
    X, W, b = drawn_layer(np.random.default_rng(3))
    dZ = ours.one_by_one(X, W, b)
    kept = [part.copy() for part in (X, W, b, dZ)]
    ours.one_by_one_backward(dZ, X, W)
    for part, before in zip((X, W, b, dZ), kept, strict=True):
        np.testing.assert_array_equal(part, before)


# What a convolution costs


def test_the_numbers_of_the_notes(ours):
    assert ours.conv_cost((28, 28, 192), 32, 5) == 120_422_400
    assert ours.conv_cost((28, 28, 192), 16, 1) == 2_408_448
    assert ours.conv_cost((28, 28, 16), 32, 5) == 10_035_200
    assert ours.bottleneck_cost((28, 28, 192), 16, 32, 5) == 12_443_648
    assert round(100 * 12_443_648 / 120_422_400, 1) == 10.3


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_the_cost_is_the_size_of_the_layers_output_times_that_of_a_filter(ours, padding):
    rng = np.random.default_rng(4)
    for _ in range(20):
        n_H, n_W, n_C_prev, filters = (int(n) for n in rng.integers(7, 20, size=4))
        f, stride = int(rng.integers(1, 8)), int(rng.integers(1, 5))
        layer = Conv2D(filters, f, strides=stride, padding=padding)
        _, rows, columns, channels = layer.compute_output_shape((None, n_H, n_W, n_C_prev))
        expected = rows * columns * channels * f * f * n_C_prev
        assert ours.conv_cost((n_H, n_W, n_C_prev), filters, f, stride, padding) == expected


def test_the_bottleneck_of_192_channels_breaks_even_between_154_and_155(ours):
    whole = ours.conv_cost((28, 28, 192), 32, 5)
    assert ours.bottleneck_cost((28, 28, 192), 154, 32, 5) < whole < ours.bottleneck_cost((28, 28, 192), 155, 32, 5)


# Blocks


def value(shape):
    return np.random.default_rng(list(shape)).normal(size=shape) / np.sqrt(np.prod(shape[:-1]))


def filled(model):
    for variable in model.weights:
        variable.assign(value(tuple(variable.shape)))
    return model


def relu_of(X, filters, f):
    Z = tf.nn.conv2d(X, value((f, f, X.shape[-1], filters)), 1, "SAME")
    return tf.nn.relu(Z + value((filters,)))


def naive_formula(X, filters):
    branches = [relu_of(X, count, f) for count, f in zip(filters, (1, 3, 5), strict=True)]
    return tf.concat([*branches, tf.nn.max_pool2d(X, 3, 1, "SAME")], axis=-1)


def inception_formula(X, filters):
    second = relu_of(relu_of(X, filters[1], 1), filters[2], 3)
    third = relu_of(relu_of(X, filters[3], 1), filters[4], 5)
    fourth = relu_of(tf.nn.max_pool2d(X, 3, 1, "SAME"), filters[5], 1)
    return tf.concat([relu_of(X, filters[0], 1), second, third, fourth], axis=-1)


BLOCKS = {"naive_inception_block": (naive_formula, 3), "inception_block": (inception_formula, 6)}


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_its_formula_and_so_is_its_gradient(ours, name):
    formula, count = BLOCKS[name]
    rng = np.random.default_rng(5)
    for _ in range(3):
        filters = [int(n) for n in rng.integers(2, 8, size=count)]
        X = tf.constant(rng.normal(size=(2, *rng.integers(3, 7, size=2), int(rng.integers(2, 6)))))
        tensor = keras.Input(X.shape[1:])
        block = filled(keras.Model(tensor, getattr(ours, name)(tensor, filters)))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(X)
            theirs, expected = block(X), formula(X, filters)
        np.testing.assert_allclose(theirs, expected, atol=1e-10)
        upstream = rng.normal(size=expected.shape)
        np.testing.assert_allclose(tape.gradient(theirs, X, upstream), tape.gradient(expected, X, upstream), atol=1e-9)


def test_module_3a_and_its_naive_sister_have_the_papers_sizes(ours):
    X = keras.Input((28, 28, 192))
    module = keras.Model(X, ours.inception_block(X, (64, 96, 128, 16, 32, 32)))
    assert (module.output_shape, module.count_params()) == ((None, 28, 28, 256), 163_696)
    assert keras.Model(X, ours.naive_inception_block(X, (64, 128, 32))).output_shape == (None, 28, 28, 416)


def test_a_1x1_convolution_of_192_channels_to_32_learns_6176_numbers():
    layer = Conv2D(32, 1)
    layer.build((None, 28, 28, 192))
    assert layer.count_params() == 6_176


# GoogLeNet


def counted(ours, **arguments):
    """(all numbers, output shape) of a model; none of its weights is ever made."""
    sizes = models.counts(lambda **given: ours.googlenet(**given), arguments)
    return sizes["parameters"], sizes["output_shape"]


def test_the_parameters_of_googlenet(ours):
    assert counted(ours, auxiliary=False) == (6_998_552, (1000,))
    assert counted(ours) == (13_378_280, [(1000,)] * 3)


@pytest.mark.parametrize(("channels", "parameters"), [(512, 3_188_840), (528, 3_190_888)])
def test_the_parameters_of_its_heads(ours, channels, parameters):
    X = keras.Input((14, 14, channels))
    head = keras.Model(X, ours.auxiliary_head(X, 1000))
    assert head.count_params() == parameters
    assert head.output_shape == (None, 1000)


def test_it_has_nine_modules_and_22_layers_with_weights_27_with_pools(ours):
    network = isolation.apart(lambda keras: ours.googlenet(auxiliary=False))
    modules = [layer for layer in network.layers if isinstance(layer, Concatenate)]
    assert len(modules) == 9
    convolutions = [layer for layer in network.layers if isinstance(layer, Conv2D)]
    assert len(convolutions) == 57 == 3 + 9 * 6
    assert 3 + 9 * 2 + 1 == 22
    halving = [layer for layer in network.layers if isinstance(layer, MaxPooling2D) and layer.strides == (2, 2)]
    assert 22 + len(halving) + 1 == 27
    assert [layer for layer in network.layers if isinstance(layer, Dense)] == [network.layers[-1]]


def test_its_longest_way_from_the_image_to_the_answer_has_22_layers_with_weights(ours):
    network = isolation.apart(lambda keras: ours.googlenet(auxiliary=False))
    deep = {}
    for operation in network.operations:
        nodes = [node for node in operation._inbound_nodes if node.input_tensors]
        below = max((deep[t._keras_history.operation] for node in nodes for t in node.input_tensors), default=0)
        deep[operation] = below + isinstance(operation, (Conv2D, Dense))
    assert max(deep.values()) == 22


def test_the_modules_have_the_shapes_of_the_notebooks_table(ours):
    network = isolation.apart(lambda keras: ours.googlenet(auxiliary=False))
    shapes = [tuple(layer.output.shape[1:]) for layer in network.layers if isinstance(layer, Concatenate)]
    expected = [(28, 256), (28, 480), (14, 512), (14, 512), (14, 512), (14, 528), (14, 832), (7, 832), (7, 1024)]
    assert shapes == [(size, size, channels) for size, channels in expected]


def test_the_slim_sister_has_an_eighth_of_every_number_of_filters(ours):
    full, slim = (
        isolation.apart(lambda keras, alpha=alpha: ours.googlenet((96, 96, 3), 10, alpha)) for alpha in (1.0, 0.125)
    )
    pairs = [
        (large.filters, small.filters)
        for large, small in zip(full.layers, slim.layers, strict=True)
        if isinstance(large, Conv2D)
    ]
    assert len(pairs) == 59
    assert all(large == 8 * small for large, small in pairs)


def test_with_and_without_heads_the_own_output_is_the_same(ours):
    keras.utils.set_random_seed(0)
    network = ours.googlenet((80, 80, 3), 5, 0.125)
    alone = ours.googlenet((80, 80, 3), 5, 0.125, auxiliary=False)
    trunk = keras.Model(network.inputs, network.outputs[0])
    alone.set_weights(trunk.get_weights())
    X = np.random.default_rng(0).normal(size=(2, 80, 80, 3)).astype("float32")
    np.testing.assert_allclose(alone(X), network(X)[0], atol=1e-6)


# The loss


def drawn_outputs(rng, m, classes, count=3):
    numbers = np.exp(rng.normal(size=(count, m, classes)))
    return rng.integers(0, classes, size=m), [tf.constant(p / p.sum(axis=1, keepdims=True)) for p in numbers]


@pytest.mark.usefixtures("in_float64")
def test_the_loss_is_that_of_keras_with_loss_weights(ours):
    y_true, y_pred = drawn_outputs(np.random.default_rng(6), 5, 4)
    loss = keras.losses.SparseCategoricalCrossentropy()
    expected = sum(w * float(loss(y_true, p)) for w, p in zip((1.0, 0.3, 0.3), y_pred, strict=True))
    assert float(ours.googlenet_loss(y_true, y_pred)) == pytest.approx(expected, rel=1e-6)


def test_in_use_only_the_own_output_counts(ours):
    y_true, y_pred = drawn_outputs(np.random.default_rng(7), 6, 3)
    expected = -np.mean(np.log(y_pred[0].numpy()[np.arange(6), y_true]))
    assert float(ours.googlenet_loss(y_true, y_pred[0])) == pytest.approx(expected, rel=1e-6)
    assert float(ours.googlenet_loss(y_true, y_pred, 0.0)) == pytest.approx(expected, rel=1e-6)
