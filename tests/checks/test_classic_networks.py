"""Notebook 04: the references and the solution against TensorFlow's own functions, and the papers' numbers."""

import functools
import os
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from solution_functions import SOLUTIONS, functions

from autograder.building import source
from dlcourse import classic_networks
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes import isolation

OURS = {"reference": classic_networks, "solution": functions("classic_networks")}
FILTERS, UNITS = (4, 6, 8, 10, 12), 9


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


def on_paper(build, *args, **named):
    """A network with shapes, of which no weight is ever made."""
    return isolation.apart(lambda keras: build(*args, **named), floatx="float32")


# The networks, written with TensorFlow's functions on numbers


class Formulas:
    """Takes the weights in the order of the layers: a kernel, a bias, a kernel, ..."""

    def __init__(self, weights):
        self.weights = iter(weights)

    def convolution(self, X, stride=1, padding="VALID", groups=1, activation=tf.nn.relu):
        kernel, bias = next(self.weights), next(self.weights)
        parts = zip(tf.split(X, groups, -1), tf.split(kernel, groups, -1), strict=True)
        Z = tf.concat([tf.nn.conv2d(part, filters, stride, padding) for part, filters in parts], -1)
        return activation(Z + bias)

    def dense(self, X, activation=tf.nn.relu):
        return activation(X @ next(self.weights) + next(self.weights))

    def three_dense(self, X):
        X = tf.reshape(X, (len(X), -1))
        return self.dense(self.dense(self.dense(X)), tf.nn.softmax)

    def lenet5(self, X, activation, pooling):
        g, kind = getattr(tf.nn, activation), {"average": "AVG", "max": "MAX"}[pooling]
        for _ in range(2):
            X = tf.nn.pool(self.convolution(X, activation=g), (2, 2), kind, (2, 2), "VALID")
        X = tf.reshape(X, (len(X), -1))
        return self.dense(self.dense(self.dense(X, g), g), tf.nn.softmax)

    def alexnet(self, X, groups=1, normalised=lambda X: X):
        X = tf.nn.max_pool2d(normalised(self.convolution(X, 4)), 3, 2, "VALID")
        X = tf.nn.max_pool2d(normalised(self.convolution(X, 1, "SAME", groups)), 3, 2, "VALID")
        for count in (1, groups, groups):
            X = self.convolution(X, 1, "SAME", count)
        return self.three_dense(tf.nn.max_pool2d(X, 3, 2, "VALID"))

    def alexnet_2012(self, X, groups):
        return self.alexnet(X, groups, lambda X: tf.nn.local_response_normalization(X, 2, 2.0, 1e-4, 0.75))

    def zfnet(self, X):
        X = tf.pad(X, [[0, 0], [1, 1], [1, 1], [0, 0]])
        for _ in range(2):
            X = tf.nn.max_pool2d(self.convolution(X, 2), 3, 2, "SAME")
        for _ in range(3):
            X = self.convolution(X, 1, "SAME")
        return self.three_dense(tf.nn.max_pool2d(X, 3, 2, "VALID"))

    def vgg(self, X, depth):
        for count in {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}[depth]:
            for _ in range(count):
                X = self.convolution(X, 1, "SAME")
            X = tf.nn.max_pool2d(X, 2, 2, "VALID")
        return self.three_dense(X)


SLIM = {"classes": 7, "filters": FILTERS, "units": UNITS}
CASES = [
    ("lenet5", {"input_shape": (32, 32, 1)}, {"activation": "tanh", "pooling": "average"}),
    ("lenet5", {"input_shape": (28, 35, 3), "classes": 4}, {"activation": "relu", "pooling": "max"}),
    ("alexnet", {"input_shape": (99, 131, 3), **SLIM}, {}),
    ("alexnet", {"input_shape": (227, 115, 1), **SLIM}, {}),
    ("alexnet_2012", {"input_shape": (131, 99, 3), **SLIM}, {"groups": 2}),
    ("alexnet_2012", {"input_shape": (99, 99, 3), **SLIM}, {"groups": 1}),
    ("zfnet", {"input_shape": (96, 128, 3), **SLIM}, {}),
    ("zfnet", {"input_shape": (101, 90, 3), **SLIM}, {}),
    ("vgg", {"input_shape": (32, 64, 3), "classes": 7, "filters": 3, "units": UNITS}, {"depth": 16}),
    ("vgg", {"input_shape": (70, 33, 2), "classes": 7, "filters": 2, "units": UNITS}, {"depth": 19}),
]


@pytest.mark.parametrize(("name", "shapes", "kind"), CASES, ids=str)
def test_a_network_is_its_formula_and_so_is_its_gradient(ours, name, shapes, kind):
    keras.utils.set_random_seed(3)
    network = getattr(ours, name)(**shapes, **kind)
    rng = np.random.default_rng(len(name))
    for variable in network.weights:
        if variable.path.endswith("bias"):
            variable.assign(rng.normal(size=variable.shape) / 5)
    # pixels up to 255 and more: there the normalization's small factor counts
    X = tf.constant(100 * rng.normal(size=(2, *shapes["input_shape"])), "float32")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(X)
        weights = [tf.constant(variable.numpy()) for variable in network.trainable_weights]
        theirs, expected = network(X), getattr(Formulas(weights), name)(X, **kind)
    np.testing.assert_allclose(theirs, expected, rtol=2e-3, atol=1e-5)
    upstream = rng.normal(size=expected.shape).astype("f4")
    gradients = [np.asarray(tape.gradient(output, X, upstream)) for output in (theirs, expected)]
    np.testing.assert_allclose(*gradients, atol=2e-3 * np.abs(gradients[1]).max() + 1e-7)


def test_the_gradient_of_lenet5_is_that_of_finite_differences(ours):
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # once somebody has asked for it, it no longer follows floatx
    try:
        keras.utils.set_random_seed(1)
        network = ours.lenet5((16, 17, 1), 3)
        X = np.random.default_rng(0).normal(size=(1, 16, 17, 1))
        upstream = np.array([[1.0, -2.0, 0.5]])
        with tf.GradientTape() as tape:
            given = tf.Variable(X)
            output = network(given)
        compiled = tf.function(network)
        expected = numerical_gradient(lambda x: np.asarray(compiled(tf.constant(x))), X, upstream)
        np.testing.assert_allclose(tape.gradient(output, given, upstream), expected, atol=1e-7)
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(policy)


def test_dropout_drops_half_of_both_dense_layers_while_it_learns(ours):
    for build in (ours.alexnet, ours.alexnet_2012, ours.zfnet):
        network = build((99, 131, 3), 7, FILTERS, 400)
        large = [layer.output for layer in network.layers if isinstance(layer, layers.Dropout)]
        behind = keras.Model(network.input, large)
        for learning, share in ((True, 0.5), (False, 0.0)):
            image = np.ones((1, 99, 131, 3), "f4")
            alive = [np.asarray(keras.ops.relu(output)) > 0 for output in behind(image, training=False)]
            kept = [np.asarray(output) > 0 for output in behind(image, training=learning)]
            dropped = 1 - np.sum(kept[0] & alive[0]) / np.sum(alive[0])
            assert len(large) == 2 and abs(dropped - share) < 0.15


# Local response normalization


@pytest.mark.parametrize("n_C", [1, 2, 5, 16, 33])
@pytest.mark.parametrize("n", [1, 3, 5, 9])
def test_the_normalization_is_tensorflows(ours, n_C, n):
    rng = np.random.default_rng([n_C, n])
    A = (20 * rng.normal(size=(2, 3, 4, n_C))).astype("f4")
    k, alpha, beta = rng.uniform(1, 3), rng.uniform(1e-4, 1e-2), rng.choice([0.75, 0.5, rng.uniform(0.3, 1)])
    before = A.copy()
    B = ours.local_response_normalization(A, n, k, alpha, beta)
    theirs = tf.nn.local_response_normalization(A, n // 2, k, alpha, beta)
    np.testing.assert_allclose(B, theirs, rtol=2e-4, atol=1e-5)
    np.testing.assert_array_equal(A, before)


def test_the_normalization_by_hand(ours):
    """Five channels, three in each sum: 1 + 4, 1 + 4 + 9, ..., and the constant 1."""
    A = np.array([1.0, 2, 3, 4, 5]).reshape(1, 1, 1, 5)
    B = ours.local_response_normalization(A, 3, 1.0, 1.0, 1.0)
    np.testing.assert_allclose(B.ravel(), [1 / 6, 2 / 15, 3 / 30, 4 / 51, 5 / 42])


def test_the_papers_constants_are_the_defaults(ours):
    A = 100 * np.random.default_rng(0).normal(size=(1, 2, 2, 12))
    np.testing.assert_array_equal(
        ours.local_response_normalization(A), ours.local_response_normalization(A, 5, 2.0, 1e-4, 0.75)
    )


def test_the_reference_and_the_solution_agree_to_the_last_digits():
    A = 50 * np.random.default_rng(1).normal(size=(2, 3, 3, 20))
    reference, solution = (part.local_response_normalization(A) for part in OURS.values())
    np.testing.assert_allclose(reference, solution, rtol=1e-12)


# The numbers of the papers


def parameters(network):
    return [layer.count_params() for layer in network.layers if layer.count_params()]


def test_lenet5_has_61706_parameters(ours):
    network = on_paper(ours.lenet5)
    assert parameters(network) == [156, 2_416, 48_120, 10_164, 850]
    assert network.count_params() == 61_706
    shapes = [tuple(layer.output.shape[1:]) for layer in network.layers]
    expected = [(28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (400,), (120,), (84,), (10,)]
    assert [shape for shape in shapes if shape != (32, 32, 1)] == expected


def test_the_notebook_counts_the_60000_of_1998():
    assert sum(learned for _, learned in demo("of_1998 = ")["of_1998"]) == 60_000


def demo(begin):
    """What a cell of the notebook that needs nothing else makes."""
    (cell,) = (cell for cell in source.read(SOLUTIONS / "04_classic_networks.py").cells if begin in cell.source)
    namespace = {"show_table": lambda *shown: None}
    exec(cell.source, namespace)
    return namespace


@pytest.mark.parametrize(
    ("name", "named", "count"),
    [
        ("alexnet", {}, 61_100_840),
        ("alexnet_2012", {}, 60_965_224),
        ("alexnet_2012", {"groups": 1}, 62_378_344),
        ("zfnet", {}, 62_357_608),
        ("vgg", {}, 138_357_544),
        ("vgg", {"depth": 19}, 143_667_240),
    ],
)
def test_the_parameters_of_the_networks(ours, name, named, count):
    assert on_paper(getattr(ours, name), **named).count_params() == count


def sides(network):
    """The sides of the images, each once, and the numbers after flattening."""
    shapes = [layer.output.shape for layer in network.layers]
    flat = next(layer.output.shape[1] for layer in network.layers if isinstance(layer, layers.Flatten))
    weighted = (layers.Conv2D, layers.MaxPooling2D)
    found = [layer.output.shape[1] for layer in network.layers if isinstance(layer, weighted)]
    return list(dict.fromkeys([shapes[0][1], *found])), flat


def test_the_sizes_of_the_images(ours):
    for build in (ours.alexnet, ours.alexnet_2012):
        assert sides(on_paper(build)) == ([227, 55, 27, 13, 6], 9_216)
    assert sides(on_paper(ours.zfnet)) == ([224, 110, 55, 26, 13, 6], 9_216)
    assert sides(on_paper(ours.vgg)) == ([224, 112, 56, 28, 14, 7], 25_088)


def test_the_650000_neurons_of_2012(ours):
    network = on_paper(ours.alexnet_2012)
    units = [int(np.prod(layer.output.shape[1:])) for layer in network.layers if layer.count_params()]
    assert sum(units) == 659_272


def test_where_the_parameters_of_the_networks_are(ours):
    convolutions, dense, share = ours.parameter_share(on_paper(ours.vgg))
    assert (convolutions, dense) == (14_714_688, 123_642_856)
    assert round(share, 3) == 0.894
    assert [round(ours.parameter_share(on_paper(build))[2], 2) for build in (ours.lenet5, ours.alexnet)] == [0.96, 0.96]


def test_the_activations_of_vgg16(ours):
    network = on_paper(ours.vgg)
    assert ours.activation_memory(network) == (15_237_608, 60_950_432)
    large = [layer.output.shape for layer in network.layers if isinstance(layer, (layers.Conv2D, layers.MaxPooling2D))]
    early = sum(int(np.prod(shape[1:])) for shape in large if shape[1] >= 112)
    assert round(early / 15_237_608, 3) == 0.685


def test_the_activations_of_a_list_and_of_a_drawing_are_the_same(ours):
    parts = [keras.Input((9, 8, 2)), layers.Conv2D(3, 2), layers.AveragePooling2D(2), layers.Flatten(), layers.Dense(5)]
    drawn = keras.Model(parts[0], functools.reduce(lambda X, layer: layer(X), parts[1:], parts[0]))
    for model in (drawn, keras.Sequential([keras.Input((9, 8, 2)), *parts[1:]])):
        assert ours.activation_memory(model) == (144 + 8 * 7 * 3 + 4 * 3 * 3 + 5, 4 * (144 + 168 + 36 + 5))


def test_a_model_without_parameters_has_a_share_of_nothing(ours):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.MaxPooling2D(2), layers.Flatten()])
    assert ours.parameter_share(model) == (0, 0, 0.0)


# Keras's own


@pytest.mark.parametrize(("depth", "build"), [(16, keras.applications.VGG16), (19, keras.applications.VGG19)])
def test_vgg_has_the_layers_of_keras(ours, depth, build):
    def rows(network):
        return [(type(layer).__name__, layer.output.shape, layer.count_params()) for layer in network.layers]

    assert rows(on_paper(ours.vgg, depth)) == rows(on_paper(build, weights=None))


def write_weights(path, network):
    """A file in the layout of those that Keras publishes: for each layer a group, which names its arrays."""
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        weighted = [layer for layer in network.layers if layer.weights]
        file.attrs["layer_names"] = [f"layer_{number}".encode() for number in range(len(weighted))]
        file.attrs["keras_version"], file.attrs["backend"] = b"2.0.0", b"tensorflow"
        for number, layer in enumerate(weighted):
            group = file.create_group(f"layer_{number}")
            names = [f"layer_{number}_{kind}_1:0" for kind in "Wb"]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, variable in zip(names, layer.weights, strict=True):
                group[name] = rng.normal(size=variable.shape).astype("f4")


def test_weights_in_a_file_of_keras_go_into_the_network(ours, tmp_path):
    network, other = (ours.vgg(16, (32, 32, 3), 5, 2, 6) for _ in range(2))
    write_weights(tmp_path / "vgg.h5", network)
    classic_networks.load_pretrained(network, keras.applications.VGG16, tmp_path / "vgg.h5")
    rng = np.random.default_rng(0)
    for layer in (layer for layer in network.layers if layer.weights):
        for array in layer.get_weights():
            np.testing.assert_array_equal(array, rng.normal(size=array.shape).astype("f4"))
    classic_networks.load_pretrained(other, lambda weights: network)
    image = np.ones((1, 32, 32, 3), "f4")
    np.testing.assert_array_equal(other(image), network(image))


def test_a_file_for_another_network_is_refused(tmp_path):
    write_weights(tmp_path / "other.h5", classic_networks.vgg(19, (32, 32, 3), 5, 2, 6))
    with pytest.raises(ValueError):
        network = classic_networks.vgg(16, (32, 32, 3), 5, 2, 6)
        classic_networks.load_pretrained(network, keras.applications.VGG16, tmp_path / "other.h5")


def test_weights_of_another_network_are_refused_in_a_sentence():
    def published(weights):
        return classic_networks.lenet5()

    with pytest.raises(ValueError, match="not those of published"):
        classic_networks.load_pretrained(classic_networks.lenet5(classes=3), published)


def test_without_a_network_connection_a_sentence_says_what_is_missing(tmp_path):
    """In a process of its own, with nothing in Keras's folder and nobody behind the proxy's door."""
    code = (
        "import keras\nfrom dlcourse.classic_networks import lenet5, load_pretrained\n"
        "try:\n    load_pretrained(lenet5(), keras.applications.MobileNet)\n"
        "except FileNotFoundError as error:\n    print(error)"
    )
    door = "http://127.0.0.1:9"
    away = {"KERAS_HOME": str(tmp_path), "HTTPS_PROXY": door, "https_proxy": door, "no_proxy": "", "NO_PROXY": ""}
    ran = subprocess.run([sys.executable, "-c", code], env={**os.environ, **away}, capture_output=True, text=True)
    said = ran.stdout.strip().splitlines()[-1]
    assert said.startswith("The weights of MobileNet are not on this machine and could not be fetched"), ran.stderr
    assert said.count(". ") == 0 and said.endswith(".")
