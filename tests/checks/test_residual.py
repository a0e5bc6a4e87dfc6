"""Notebook 05: the references and the solution against formulas without Keras's layers, and the papers' numbers."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.layers import BatchNormalization, Conv2D, Dense, ReLU
from solution_functions import functions

from dlcourse import residual
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes import isolation, models

OURS = {"reference": residual, "solution": functions("residual")}


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


@pytest.fixture
def in_float64():
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # once somebody has asked for it, it no longer follows floatx
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


# Formulas. A weight's value follows from its role and shape, here and in the models.


def value(role, shape):
    numbers = np.random.default_rng([sum(role.encode()), *shape]).normal(size=shape)
    if role == "kernel":
        return numbers / np.sqrt(np.prod(shape[:-1]))
    return 1 + 0.3 * np.tanh(numbers) if role in ("gamma", "moving_variance") else 0.3 * numbers


def filled(model):
    for variable in model.weights:
        variable.assign(value(variable.name, tuple(variable.shape)))
    return model


class Formulas:
    """The blocks, written with TensorFlow's functions on numbers."""

    def __init__(self, training):
        self.training = training

    def convolution(self, X, filters, f, stride=1, bias=True):
        Z = tf.nn.conv2d(X, value("kernel", (f, f, X.shape[-1], filters)), stride, "SAME")
        return Z + value("bias", (filters,)) if bias else Z

    def norm(self, X):
        channels = (X.shape[-1],)
        mean, variance = value("moving_mean", channels), value("moving_variance", channels)
        if self.training:
            mean = tf.reduce_mean(X, axis=(0, 1, 2))
            variance = tf.reduce_mean((X - mean) ** 2, axis=(0, 1, 2))
        return value("gamma", channels) * (X - mean) / tf.sqrt(variance + 1e-3) + value("beta", channels)

    def bottleneck(self, X, f, filters, s=1):
        for count, size, stride in zip(filters[:2], (1, f), (s, 1), strict=True):
            X = tf.nn.relu(self.norm(self.convolution(X, count, size, stride)))
        return self.norm(self.convolution(X, filters[2], 1))

    def identity_block(self, X, f, filters):
        return tf.nn.relu(self.bottleneck(X, f, filters) + X)

    def convolutional_block(self, X, f, filters, s=2):
        return tf.nn.relu(self.bottleneck(X, f, filters, s) + self.norm(self.convolution(X, filters[2], 1, s)))

    def basic_block(self, X, filters, stride=1):
        path = tf.nn.relu(self.norm(self.convolution(X, filters, 3, stride, bias=False)))
        path = self.norm(self.convolution(path, filters, 3, bias=False))
        if path.shape != X.shape:
            X = self.norm(self.convolution(X, filters, 1, stride, bias=False))
        return tf.nn.relu(path + X)

    def dense_block(self, X, growth_rate, layers):
        for _ in range(layers):
            new = self.convolution(tf.nn.relu(self.norm(X)), growth_rate, 3, bias=False)
            X = tf.concat([X, new], axis=-1)
        return X

    def transition_layer(self, X, compression):
        filters = int(np.floor(compression * X.shape[-1]))
        X = self.convolution(tf.nn.relu(self.norm(X)), filters, 1, bias=False)
        X = X[:, : X.shape[1] // 2 * 2, : X.shape[2] // 2 * 2]
        return (X[:, ::2, ::2] + X[:, 1::2, ::2] + X[:, ::2, 1::2] + X[:, 1::2, 1::2]) / 4


def drawn(name, rng):
    """Arguments of a block, and how many channels its input has."""
    channels, f = int(rng.integers(2, 7)), int(rng.choice([1, 2, 3, 5]))
    filters = tuple(int(n) for n in rng.integers(2, 7, size=3))
    return {
        "identity_block": (channels, {"f": f, "filters": (*filters[:2], channels)}),
        "convolutional_block": (channels, {"f": f, "filters": filters, "s": int(rng.integers(1, 4))}),
        "basic_block": (channels, {"filters": int(rng.choice([channels, 5])), "stride": int(rng.integers(1, 3))}),
        "dense_block": (channels, {"growth_rate": int(rng.integers(1, 5)), "layers": int(rng.integers(1, 5))}),
        "transition_layer": (channels, {"compression": float(rng.uniform(0.5, 1.0))}),
    }[name]


BLOCKS = ("identity_block", "convolutional_block", "basic_block", "dense_block", "transition_layer")


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_its_formula_and_so_is_its_gradient(ours, name, training):
    rng = np.random.default_rng(len(name))
    for _ in range(4):
        channels, arguments = drawn(name, rng)
        X = tf.constant(rng.normal(size=(3, *rng.integers(2, 7, size=2), channels)))
        tensor = keras.Input(X.shape[1:])
        block = filled(keras.Model(tensor, getattr(ours, name)(tensor, **arguments)))
        formula = functools.partial(getattr(Formulas(training), name), **arguments)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(X)
            theirs, expected = block(X, training=training), formula(X)
        np.testing.assert_allclose(theirs, expected, rtol=1e-9, atol=1e-10)
        upstream = rng.normal(size=expected.shape)
        np.testing.assert_allclose(
            tape.gradient(theirs, X, upstream), tape.gradient(expected, X, upstream), rtol=1e-8, atol=1e-9
        )


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("name", BLOCKS)
def test_the_gradient_of_a_block_is_that_of_finite_differences(ours, name):
    rng = np.random.default_rng(7)
    channels, arguments = drawn(name, rng)
    tensor = keras.Input((4, 3, channels))
    block = filled(keras.Model(tensor, getattr(ours, name)(tensor, **arguments)))
    X = rng.normal(size=(2, 4, 3, channels))
    upstream = rng.normal(size=(2, *block.output_shape[1:]))
    with tf.GradientTape() as tape:
        given = tf.Variable(X)
        output = block(given)
    compiled = tf.function(block)
    expected = numerical_gradient(lambda x: np.asarray(compiled(tf.constant(x))), X, upstream)
    np.testing.assert_allclose(tape.gradient(output, given, upstream), expected, atol=1e-6)


@pytest.mark.usefixtures("in_float64")
def test_an_identity_block_by_hand(ours):
    """One pixel, one channel: 2 -> 3 * 2 - 1 = 5 -> -5, which ReLU makes 0 -> 4 * 0 + 1.5; and 1.5 + 2 = 3.5."""
    tensor = keras.Input((1, 1, 1))
    block = keras.Model(tensor, ours.identity_block(tensor, 1, (1, 1, 1)))
    convolutions = [layer for layer in block.layers if isinstance(layer, Conv2D)]
    for layer, kernel, bias in zip(convolutions, (3, -1, 4), (-1, 0, 1.5), strict=True):
        layer.set_weights([np.full((1, 1, 1, 1), kernel), np.array([bias])])
    for layer in block.layers:
        if isinstance(layer, BatchNormalization):  # gamma 1, beta 0, mean 0 and a variance with which nothing changes
            layer.set_weights(list(np.array([[1.0], [0.0], [0.0], [1 - 1e-3]])))
    np.testing.assert_allclose(np.ravel(block(np.array([2.0, -2.0, -1.0]).reshape(3, 1, 1, 1))), [3.5, 0, 0.5])


def test_a_block_with_nothing_to_add_hands_on_its_input(ours):
    X = np.abs(np.random.default_rng(0).normal(size=(2, 5, 4, 6))).astype("f4")
    tensor = keras.Input(X.shape[1:])
    for outputs in (ours.identity_block(tensor, 3, (2, 3, 6)), ours.basic_block(tensor, 6)):
        block = keras.Model(tensor, outputs)
        for variable in block.trainable_weights:
            variable.assign(np.zeros(variable.shape))
        np.testing.assert_array_equal(block(X), X)


# The numbers of the papers


def counted(build, *args):
    """(learned numbers, all numbers, output shape) of a model; none of its weights is ever made."""
    sizes = models.counts(lambda: build(*args), {})
    return sizes["trainable"], sizes["parameters"], sizes["output_shape"]


def test_the_parameters_of_the_networks(ours):
    assert counted(ours.ResNet50) == (23_546_886, 23_600_006, (6,))
    assert counted(ours.resnet18) == (11_689_512, 11_699_112, (1000,))
    assert counted(ours.resnet34) == (21_797_672, 21_814_696, (1000,))


@pytest.mark.parametrize(
    ("blocks", "parameters"), [((3, 4, 6, 3), 25_557_032), ((3, 4, 23, 3), 44_549_160), ((3, 8, 36, 3), 60_192_808)]
)
def test_the_parameters_of_the_deeper_networks(blocks, parameters):
    assert counted(residual.bottleneck_network, blocks)[0] == parameters
    assert OURS["solution"].imagenet_parameters(blocks, bottleneck=True) == parameters


@pytest.mark.parametrize(("n", "parameters"), [(3, 269_722), (18, 1_727_962)])
def test_the_parameters_of_the_networks_for_cifar(n, parameters):
    assert counted(residual.cifar_network, n)[0] == parameters
    assert OURS["solution"].cifar_parameters(n) == parameters


def test_the_notebooks_formula_counts_the_smaller_networks_too():
    assert OURS["solution"].imagenet_parameters((2, 2, 2, 2), bottleneck=False) == 11_689_512
    assert OURS["solution"].imagenet_parameters((3, 4, 6, 3), bottleneck=False) == 21_797_672


@pytest.mark.parametrize(("build", "depth"), [("resnet18", 18), ("resnet34", 34), ("ResNet50", 50)])
def test_a_network_has_as_many_layers_as_its_name_says(ours, build, depth):
    """Layers with weights on the longest way; the projections lie beside it."""
    network = isolation.apart(lambda keras: getattr(ours, build)())
    projections = [
        layer
        for layer in network.layers
        if isinstance(layer, Conv2D) and layer.kernel_size == (1, 1) and _joins_without_relu(layer)
    ]
    weighted = [layer for layer in network.layers if isinstance(layer, (Conv2D, Dense))]
    bottlenecks_ends = 16 if build == "ResNet50" else 0  # the third convolutions also end in a sum
    assert len(weighted) - (len(projections) - bottlenecks_ends) == depth


def _joins_without_relu(convolution):
    (norm,) = [node.operation for node in convolution._outbound_nodes]
    return all(not isinstance(node.operation, ReLU) for node in norm._outbound_nodes)


def test_the_stages_have_the_shapes_of_the_notebooks_tables(ours):
    def shapes(build, *args):
        network = isolation.apart(lambda keras: getattr(ours, build)(*args))
        return list(dict.fromkeys(tuple(layer.output.shape[1:]) for layer in network.operations if _is_sum(layer)))

    assert shapes("ResNet50") == [(15, 15, 256), (8, 8, 512), (4, 4, 1024), (2, 2, 2048)]
    assert shapes("resnet18") == [(56, 56, 64), (28, 28, 128), (14, 14, 256), (7, 7, 512)]


def _is_sum(layer):
    return type(layer).__name__ == "Add"


def test_dense_blocks_and_transitions_have_the_shapes_of_densenet_121(ours):
    X, found = keras.Input((56, 56, 64)), []
    for count in (6, 12):
        X = ours.dense_block(X, 32, count)
        found.append(X.shape[1:])
        X = ours.transition_layer(X, 0.5)
        found.append(X.shape[1:])
    assert found == [(56, 56, 256), (28, 28, 128), (28, 28, 512), (14, 14, 256)]
