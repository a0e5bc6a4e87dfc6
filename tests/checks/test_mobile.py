"""Notebook 07: references and solution against TensorFlow, Keras and finite differences, and the papers' numbers."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from solution_functions import functions

from dlcourse import mobile
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes import models

OURS = {"reference": mobile, "solution": functions("mobile")}


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


# The two convolutions


def drawn(rng):
    f, stride, padding = int(rng.integers(1, 6)), int(rng.integers(1, 4)), str(rng.choice(["same", "valid"]))
    m, n_H, n_W, n_C = (int(n) for n in rng.integers((1, 6, 6, 1), (4, 12, 12, 5)))
    return rng.normal(size=(m, n_H, n_W, n_C)), rng.normal(size=(f, f, n_C)), stride, padding


def tensorflows_depthwise(X, W, stride, padding):
    return tf.nn.depthwise_conv2d(X, tf.expand_dims(W, -1), [1, stride, stride, 1], padding.upper())


@pytest.mark.parametrize("seed", range(12))
def test_a_depthwise_convolution_and_its_gradients_are_tensorflows(ours, seed):
    rng = np.random.default_rng(seed)
    X, W, stride, padding = drawn(rng)
    Z, cache = ours.depthwise_conv(X, W, stride, padding)
    variables = tf.Variable(X), tf.Variable(W)
    with tf.GradientTape() as tape:
        expected = tensorflows_depthwise(*variables, stride, padding)
    np.testing.assert_allclose(Z, expected, rtol=1e-12, atol=1e-12)
    dZ = rng.normal(size=Z.shape)
    for found, gradient in zip(
        ours.depthwise_conv_backward(dZ, cache), tape.gradient(expected, variables, dZ), strict=True
    ):
        np.testing.assert_allclose(found, gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("seed", range(6))
def test_a_depthwise_convolution_is_keras_layer(ours, seed):
    X, W, stride, padding = drawn(np.random.default_rng(100 + seed))
    layer = layers.DepthwiseConv2D(W.shape[0], strides=stride, padding=padding, use_bias=False)
    layer.build(X.shape)
    layer.set_weights([W[..., np.newaxis]])  # Keras's last axis counts the filters of each channel
    np.testing.assert_allclose(ours.depthwise_conv(X, W, stride, padding)[0], layer(X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("stride", "padding"), [(1, "same"), (2, "same"), (2, "valid"), (3, "same")])
def test_the_gradients_of_a_depthwise_convolution_are_finite_differences(ours, stride, padding):
    rng = np.random.default_rng(stride)
    X, W = rng.normal(size=(2, 6, 5, 2)), rng.normal(size=(3, 3, 2))
    Z, cache = ours.depthwise_conv(X, W, stride, padding)
    dZ = rng.normal(size=Z.shape)
    dX, dW = ours.depthwise_conv_backward(dZ, cache)
    forward = ours.depthwise_conv
    np.testing.assert_allclose(
        dX, numerical_gradient(lambda x: forward(x, W, stride, padding)[0], X, dZ), rtol=1e-7, atol=1e-8
    )
    np.testing.assert_allclose(
        dW, numerical_gradient(lambda w: forward(X, w, stride, padding)[0], W, dZ), rtol=1e-7, atol=1e-8
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_pointwise_convolution_and_its_gradients_are_tensorflows_and_finite_differences(ours, seed):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(*rng.integers(1, 5, size=3), 3)), rng.normal(size=(3, int(rng.integers(1, 6))))
    Z, cache = ours.pointwise_conv(X, W)
    variables = tf.Variable(X), tf.Variable(W)
    with tf.GradientTape() as tape:
        expected = tf.nn.conv2d(variables[0], variables[1][None, None], 1, "VALID")
    np.testing.assert_allclose(Z, expected, rtol=1e-12, atol=1e-12)
    dZ = rng.normal(size=Z.shape)
    dX, dW = ours.pointwise_conv_backward(dZ, cache)
    for found, gradient in zip((dX, dW), tape.gradient(expected, variables, dZ), strict=True):
        np.testing.assert_allclose(found, gradient, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dX, numerical_gradient(lambda x: ours.pointwise_conv(x, W)[0], X, dZ), atol=1e-8)
    np.testing.assert_allclose(dW, numerical_gradient(lambda w: ours.pointwise_conv(X, w)[0], W, dZ), atol=1e-8)


def test_the_two_steps_are_an_ordinary_convolution_with_separable_filters(ours):
    rng = np.random.default_rng(0)
    X, D, P = rng.normal(size=(2, 7, 6, 3)), rng.normal(size=(3, 3, 3)), rng.normal(size=(3, 5))
    found = ours.pointwise_conv(ours.depthwise_conv(X, D, 2, "same")[0], P)[0]
    np.testing.assert_allclose(found, tf.nn.conv2d(X, D[..., None] * P, 2, "SAME"), rtol=1e-12, atol=1e-12)


def test_float32_stays_float32(ours):
    rng = np.random.default_rng(0)
    X, W, P = (rng.normal(size=shape).astype("f4") for shape in [(2, 5, 5, 3), (3, 3, 3), (3, 4)])
    Z, cache = ours.depthwise_conv(X, W)
    assert {part.dtype for part in (Z, *ours.depthwise_conv_backward(Z, cache))} == {np.dtype("f4")}
    Z, cache = ours.pointwise_conv(X, P)
    assert {part.dtype for part in (Z, *ours.pointwise_conv_backward(Z, cache))} == {np.dtype("f4")}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mobile.depthwise_conv(np.zeros((1, 4, 4, 3)), np.zeros((3, 3, 2))), "2 channels, the input has 3"),
        (lambda: mobile.depthwise_conv(np.zeros((1, 2, 4, 3)), np.zeros((3, 3, 3)), 1, "valid"), "3 x 3 does not fit"),
        (lambda: mobile.depthwise_conv(np.zeros((1, 4, 4, 3)), np.zeros((3, 3, 3)), 1, "SAME"), "not 'SAME'"),
        (lambda: mobile.pointwise_conv(np.zeros((1, 4, 4, 3)), np.zeros((2, 5))), "2 channels, the input has 3"),
    ],
)
def test_what_cannot_be_convolved_is_refused_with_a_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# What it costs


def test_the_notes_example_of_a_separable_convolution(ours):
    ordinary, depthwise, pointwise = ours.separable_cost(4, 4, 3, 3, 5)
    assert (ordinary, depthwise, pointwise) == (2160, 432, 240)
    assert depthwise + pointwise == 672
    assert round((depthwise + pointwise) / ordinary, 3) == 0.311


def test_what_is_left_is_one_over_the_filters_and_one_over_their_area(ours):
    rng = np.random.default_rng(0)
    for _ in range(20):
        n_H, n_W, f, n_C_prev, n_C = (int(n) for n in rng.integers(1, 60, size=5))
        ordinary, depthwise, pointwise = ours.separable_cost(n_H, n_W, f, n_C_prev, n_C)
        assert (depthwise + pointwise) / ordinary == pytest.approx(1 / n_C + 1 / f**2)
    ordinary, *steps = ours.separable_cost(14, 14, 3, 512, 512)
    assert sum(steps) / ordinary == pytest.approx(0.113, abs=4e-4)


def test_the_peak_of_a_block_by_hand(ours):
    narrow, wide = (56, 56, 24), (56, 56, 144)
    pixels = 56 * 56
    assert ours.peak_memory([narrow, wide, wide, narrow]) == pixels * 288
    assert ours.peak_memory([narrow, wide, wide, narrow], shortcut=True) == pixels * (288 + 24)
    assert ours.peak_memory([wide, wide, wide], shortcut=True) == pixels * 3 * 144
    assert ours.peak_memory([(4, 4, 8), (2, 2, 8)]) == 4 * 4 * 8 + 2 * 2 * 8


def test_a_step_of_compound_scaling_doubles_the_multiplications(ours):
    assert ours.compound_scaling(0) == (1, 1, 1)
    assert ours.compound_scaling(1) == pytest.approx((1.2, 1.1, 1.15))
    for phi in (1, 2, 3.5):
        depth, width, resolution = ours.compound_scaling(phi)
        assert depth * width**2 * resolution**2 == pytest.approx(2**phi, rel=0.04 * phi)
    assert ours.compound_scaling(2, 2.0, 3.0, 5.0) == (4, 9, 25)


def test_the_notebooks_chain_grows_by_2_4_and_4():
    chain = OURS["solution"].chain
    base = chain(10, 32, 64)
    assert [chain(20, 32, 64) / base, chain(10, 64, 64) / base, chain(10, 32, 128) / base] == [2, 4, 4]


# The blocks, written with TensorFlow's functions on numbers. A weight's value follows from its role and shape, here and
# in the models.


def value(role, shape):
    numbers = np.random.default_rng([sum(role.encode()), *shape]).normal(size=shape)
    if role == "kernel":
        return numbers / np.sqrt(np.prod(shape[:2]))
    return 4 + 0.3 * np.tanh(numbers) if role == "gamma" else np.abs(numbers) + 0.5


def filled(model):
    for variable in model.weights:
        variable.assign(value(variable.name, tuple(variable.shape)))
    return model


class Formulas:
    def __init__(self, training):
        self.training = training

    def norm(self, X):
        channels = (X.shape[-1],)
        mean, variance = value("moving_mean", channels), value("moving_variance", channels)
        if self.training:
            mean = tf.reduce_mean(X, axis=(0, 1, 2))
            variance = tf.reduce_mean((X - mean) ** 2, axis=(0, 1, 2))
        return value("gamma", channels) * (X - mean) / tf.sqrt(variance + 1e-3) + value("beta", channels)

    def pointwise(self, X, filters):
        return self.norm(X @ value("kernel", (1, 1, X.shape[-1], filters))[0, 0])

    def depthwise(self, X, stride):
        kernel = value("kernel", (3, 3, X.shape[-1], 1))
        return self.norm(tf.nn.depthwise_conv2d(X, kernel, [1, stride, stride, 1], "SAME"))

    def separable_block(self, X, filters, stride):
        return tf.nn.relu(self.pointwise(tf.nn.relu(self.depthwise(X, stride)), filters))

    def inverted_residual_block(self, X, expansion, filters, stride):
        path = X if expansion == 1 else tf.nn.relu6(self.pointwise(X, expansion * X.shape[-1]))
        path = self.pointwise(tf.nn.relu6(self.depthwise(path, stride)), filters)
        return path + X if path.shape == X.shape else path


BLOCKS = [
    ("separable_block", 3, {"filters": 5, "stride": 1}),
    ("separable_block", 4, {"filters": 4, "stride": 2}),
    ("inverted_residual_block", 3, {"expansion": 4, "filters": 3, "stride": 1}),
    ("inverted_residual_block", 3, {"expansion": 6, "filters": 5, "stride": 1}),
    ("inverted_residual_block", 3, {"expansion": 2, "filters": 3, "stride": 2}),
    ("inverted_residual_block", 4, {"expansion": 1, "filters": 4, "stride": 1}),
    ("inverted_residual_block", 4, {"expansion": 1, "filters": 2, "stride": 1}),
]


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("name", "channels", "arguments"), BLOCKS)
def test_a_block_is_its_formula_and_so_is_its_gradient(ours, name, channels, arguments, training):
    rng = np.random.default_rng(len(name))
    X = tf.constant(rng.normal(size=(3, 5, 6, channels)))
    tensor = keras.Input(X.shape[1:])
    block = filled(keras.Model(tensor, getattr(ours, name)(tensor, **arguments)))
    formula = functools.partial(getattr(Formulas(training), name), **arguments)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(X)
        theirs, expected = block(X, training=training), formula(X)
    np.testing.assert_allclose(theirs, expected, rtol=1e-9, atol=1e-9)
    upstream = rng.normal(size=expected.shape)
    np.testing.assert_allclose(
        tape.gradient(theirs, X, upstream), tape.gradient(expected, X, upstream), rtol=1e-8, atol=1e-8
    )


# The networks


def test_the_parameters_of_the_networks(ours):
    def counted(build, **arguments):
        sizes = models.counts(lambda: getattr(ours, build)(**arguments), {})
        return sizes["parameters"], sizes["trainable"], sizes["output_shape"]

    assert counted("mobilenet_v1") == (4_253_864, 4_231_976, (1000,))
    assert counted("mobilenet_v2") == (3_538_984, 3_504_872, (1000,))
    assert counted("mobilenet_v2", alpha=0.35) == (1_691_208, 1_677_128, (1000,))


def on_paper():
    """For networks of which only shapes are asked: their weights are not drawn, which takes most of the time."""
    return keras.StatelessScope(initialize_variables=False)


@functools.cache
def network(build, alpha):
    with on_paper():
        return build(input_shape=(224, 224, 3), alpha=alpha, classes=1000, weights=None)


@pytest.mark.parametrize("alpha", [1.0, 0.5])
@pytest.mark.parametrize(
    ("name", "theirs"),
    [("mobilenet_v1", keras.applications.MobileNet), ("mobilenet_v2", keras.applications.MobileNetV2)],
)
def test_the_networks_agree_with_keras_layer_by_layer(ours, name, theirs, alpha):
    """In the shape of each layer's output and in its number of parameters, normalisations and sums included."""

    def rows(model):
        kinds = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense, layers.BatchNormalization, layers.Add)
        return [
            (tuple(size for size in layer.output.shape[1:] if size != 1), layer.count_params())
            for layer in model.layers
            if isinstance(layer, kinds)
        ]

    with on_paper():
        ours_built = getattr(ours, name)(alpha=alpha)
    found, expected = rows(ours_built), rows(network(theirs, alpha))
    assert found == expected
    assert len(found) == {"mobilenet_v1": 55, "mobilenet_v2": 115}[name]


def widths(model):
    return [layer.filters for layer in model.layers if type(layer) is layers.Conv2D]


@functools.cache
def widths_of_keras(alpha):
    with on_paper():
        return widths(keras.applications.MobileNetV2((96, 96, 3), alpha=alpha, classes=3, weights=None))


@pytest.mark.parametrize("alpha", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4])
def test_filters_are_rounded_as_keras_rounds_them(ours, alpha):
    with on_paper():
        made = ours.mobilenet_v2((96, 96, 3), 3, alpha)
    assert widths(made) == widths_of_keras(alpha)


def test_ten_of_the_seventeen_blocks_of_the_second_network_have_a_shortcut(ours):
    with on_paper():
        made = ours.mobilenet_v2((96, 64, 3), 5)
    assert sum(isinstance(layer, layers.Add) for layer in made.layers) == 10
    assert sum(isinstance(layer, layers.DepthwiseConv2D) for layer in made.layers) == 17 == 1 + 2 + 3 + 4 + 3 + 3 + 1


def test_the_first_network_has_thirteen_blocks_after_one_ordinary_convolution(ours):
    with on_paper():
        made = ours.mobilenet_v1((96, 64, 3), 5)
    multiplying = [layer for layer in made.layers if isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D))]
    assert [layer.kernel_size for layer in multiplying] == [(3, 3)] + [(3, 3), (1, 1)] * 13
    assert sum(isinstance(layer, layers.DepthwiseConv2D) for layer in multiplying) == 13


def test_with_odd_sizes_the_first_network_of_keras_leaves_out_a_pixel(ours):
    """What the notebook says of the difference: at 224 pixels there is none."""

    def sides(model):
        return [layer.output.shape[1] for layer in model.layers if isinstance(layer, layers.DepthwiseConv2D)]

    with on_paper():
        theirs = keras.applications.MobileNet((200, 200, 3), classes=3, weights=None, include_top=False)
        made = ours.mobilenet_v1((200, 200, 3), 3)
    assert sides(made) == [100] + [50] * 2 + [25] * 2 + [13] * 6 + [7] * 2
    assert sides(theirs) == [100] + [50] * 2 + [25] * 2 + [12] * 6 + [6] * 2


def test_the_multiplications_of_the_networks_are_the_papers():
    solution = OURS["solution"]
    with on_paper():
        built = mobile.mobilenet_v1(), mobile.mobilenet_v2()
        vgg = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    first, second = map(solution.multiplications, built)
    assert (round(first / 1e6), round(second / 1e6)) == (569, 301)
    dense = 25088 * 4096 + 4096 * 4096 + 4096 * 1000
    assert round((solution.multiplications(vgg) + dense) / 1e6) == 15_470
    assert round((solution.multiplications(vgg) + dense) / first) == 27


def test_the_street_networks_cost_what_the_notebook_says():
    solution = OURS["solution"]
    ordinary, separable = solution.ordinary_block, solution.separable_block
    with on_paper():
        wide, cheap, narrow, dear = (
            solution.street_network(block, widths)
            for block, widths in [
                (ordinary, (16, 24, 48, 64)),
                (separable, (16, 24, 48, 64)),
                (ordinary, (8, 9, 18, 28)),
                (separable, (16, 72, 176, 256)),
            ]
        )
    costs = {network: solution.multiplications(network) for network in (wide, cheap, narrow, dear)}
    assert 1 / 6 < costs[cheap] / costs[wide] < 1 / 5
    first = 24 * 24 * 16 * 3 * 3 * 3
    assert round(10 * first / costs[cheap]) == 3
    assert round(wide.count_params() / cheap.count_params()) == 6
    assert costs[narrow] == pytest.approx(costs[cheap], rel=0.01)
    assert costs[dear] == pytest.approx(costs[wide], rel=0.05)


def test_what_the_notebook_says_of_efficientnet_b0():
    with on_paper():
        made = keras.applications.EfficientNetB0(weights=None)
    assert made.count_params() == 5_330_571
    projections = [layer for layer in made.layers if layer.name.endswith("_project_bn")]
    assert len(projections) == 16
    ends = [layer.output.shape[1:] for layer in projections if layer.name[6] == "a"]
    assert [(shape[0], shape[2]) for shape in ends] == [
        (112, 16),
        (56, 24),
        (28, 40),
        (14, 80),
        (14, 112),
        (7, 192),
        (7, 320),
    ]
