"""Notebook 16: references and solution against TensorFlow, Keras and finite differences, and the notes' numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from solution_functions import functions

from dlcourse import convolution, dimensions
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes import models

OURS = {"reference": dimensions, "solution": functions("dimensions")}
TENSORFLOWS = {1: tf.nn.conv1d, 3: tf.nn.conv3d}
EXACT = {"rtol": 1e-11, "atol": 1e-11}


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


def passes(ours, axes):
    return getattr(ours, f"conv{axes}d_forward"), getattr(ours, f"conv{axes}d_backward")


def drawn(rng, axes):
    """A convolution over one or three axes with everything random."""
    f, stride, pad = (int(rng.integers(*between)) for between in ((1, 5), (1, 4), (0, 3)))
    sizes = [int(n) for n in rng.integers(max(f - 2 * pad, 1), 7, size=axes)]
    m, n_C_prev, n_C = (int(n) for n in rng.integers(1, 4, size=3))
    A_prev = rng.normal(size=(m, *sizes, n_C_prev))
    W = rng.normal(size=(f,) * axes + (n_C_prev, n_C))
    b = rng.normal(size=(1,) * (axes + 1) + (n_C,))
    return A_prev, W, b, {"stride": stride, "pad": pad}


def in_tensorflow(A_prev, W, b, hparameters):
    axes, pad, stride = len(W.shape) - 2, hparameters["pad"], hparameters["stride"]
    A_pad = tf.pad(A_prev, [[0, 0], *[[pad, pad]] * axes, [0, 0]])
    strides = stride if axes == 1 else [1, *[stride] * axes, 1]
    return TENSORFLOWS[axes](A_pad, W, strides, "VALID") + tf.reshape(b, [-1])


@pytest.mark.parametrize("axes", [1, 3])
@pytest.mark.parametrize("seed", range(15))
def test_both_passes_are_tensorflows(ours, axes, seed):
    rng = np.random.default_rng(100 * axes + seed)
    forward, backward = passes(ours, axes)
    *arrays, hparameters = drawn(rng, axes)
    Z, cache = forward(*arrays, hparameters)
    variables = [tf.Variable(array) for array in arrays]
    with tf.GradientTape() as tape:
        expected = in_tensorflow(*variables, hparameters)
    np.testing.assert_allclose(Z, expected, **EXACT)
    dZ = rng.normal(size=Z.shape)
    gradients = tape.gradient(expected, variables, output_gradients=tf.constant(dZ))
    for found, theirs in zip(backward(dZ, cache), gradients, strict=True):
        np.testing.assert_allclose(found, theirs, **EXACT)


@pytest.mark.parametrize("axes", [1, 3])
@pytest.mark.parametrize(("f", "stride", "pad"), [(2, 1, 0), (2, 1, 1), (3, 2, 1), (2, 3, 2)])
def test_gradients_are_those_of_finite_differences(ours, axes, f, stride, pad):
    rng = np.random.default_rng(axes)
    forward, backward = passes(ours, axes)
    sizes = (5,) if axes == 1 else (2, 3, 2)
    A_prev, W = rng.normal(size=(2, *sizes, 2)), rng.normal(size=(f,) * axes + (2, 2))
    b, hparameters = rng.normal(size=(1,) * (axes + 1) + (2,)), {"stride": stride, "pad": pad}
    Z, cache = forward(A_prev, W, b, hparameters)
    dZ = rng.normal(size=Z.shape)
    dA_prev, dW, db = backward(dZ, cache)
    reference = passes(dimensions, axes)[0]
    for found, of, given in (
        (dA_prev, A_prev, lambda x: (x, W, b)),
        (dW, W, lambda x: (A_prev, x, b)),
        (db, b, lambda x: (A_prev, W, x)),
    ):
        numerical = numerical_gradient(lambda x, given=given: reference(*given(x), hparameters)[0], of, dZ)
        np.testing.assert_allclose(found, numerical, atol=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_a_signal_is_an_image_of_height_1_and_an_image_a_volume_of_one_slice(seed):
    rng = np.random.default_rng(seed)
    A_prev, W, b, _ = drawn(rng, 1)
    A_prev = np.concatenate([A_prev, A_prev], axis=1)
    plain = {"stride": 1, "pad": 0}
    if A_prev.shape[1] < len(W):
        W = W[: A_prev.shape[1]]
    Z, _ = dimensions.conv1d_forward(A_prev, W, b, plain)
    flat = tf.nn.conv2d(A_prev[:, None], W[None], 1, "VALID") + b.ravel()
    np.testing.assert_allclose(Z, flat[:, 0], **EXACT)
    image, filters = rng.normal(size=(2, 5, 4, 3)), rng.normal(size=(3, 3, 3, 2))
    expected, _ = convolution.conv_forward(image, filters, np.zeros((1, 1, 1, 2)), {"stride": 1, "pad": 1})
    cube = np.zeros((3, 3, 3, 3, 2))
    cube[1] = filters
    volume, _ = dimensions.conv3d_forward(image[:, None], cube, np.zeros((1, 1, 1, 1, 2)), {"stride": 1, "pad": 1})
    np.testing.assert_allclose(volume[:, 0], expected, **EXACT)


@pytest.mark.parametrize("axes", [1, 3])
def test_float32_stays_float32_and_nothing_given_is_changed(axes):
    rng = np.random.default_rng(0)
    forward, backward = passes(dimensions, axes)
    *arrays, hparameters = drawn(rng, axes)
    arrays = [array.astype("f4") for array in arrays]
    kept = [array.copy() for array in arrays]
    Z, cache = forward(*arrays, hparameters)
    gradients = backward(np.ones_like(Z), cache)
    assert {part.dtype for part in (Z, *gradients)} == {np.dtype("f4")}
    Z += 1
    for gradient in gradients:
        gradient += 1
    for before, after in zip(kept, arrays, strict=True):
        np.testing.assert_array_equal(before, after)


def test_many_examples_are_taken_in_parts():
    rng = np.random.default_rng(0)
    A_prev, W, b = rng.normal(size=(30, 20, 16, 16, 2)), rng.normal(size=(3, 3, 3, 2, 3)), np.zeros((1, 1, 1, 1, 3))
    hparameters = {"stride": 1, "pad": 0}
    Z, cache = dimensions.conv3d_forward(A_prev, W, b, hparameters)
    one, one_cache = dimensions.conv3d_forward(A_prev[17:18], W, b, hparameters)
    np.testing.assert_allclose(Z[17:18], one, **EXACT)
    dZ = np.zeros_like(Z)
    dZ[17] = rng.normal(size=Z.shape[1:])
    for whole, part in zip(
        dimensions.conv3d_backward(dZ, cache), dimensions.conv3d_backward(dZ[17:18], one_cache), strict=True
    ):
        np.testing.assert_allclose(whole[17:18] if len(whole) == 30 else whole, part, **EXACT)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: dimensions.conv1d_forward(np.zeros((1, 5, 2)), np.zeros((3, 3, 1)), 0, PLAIN),
            "3 channels, the input",
        ),
        (lambda: dimensions.conv1d_forward(np.zeros((1, 2, 1)), np.zeros((3, 1, 1)), 0, PLAIN), "3 does not fit in 2"),
        (
            lambda: dimensions.conv1d_forward(np.zeros((1, 5, 1)), np.zeros((1, 1, 1)), 0, {"stride": 1, "pad": -1}),
            "pad must be at least 0, not -1",
        ),
        (
            lambda: dimensions.conv3d_forward(np.zeros((1, 3, 2, 3, 1)), np.zeros((3, 3, 3, 1, 1)), 0, PLAIN),
            "does not fit",
        ),
        (lambda: dimensions.causal_conv1d(np.zeros((1, 5, 2)), np.zeros((3, 3, 1))), "3 channels, the input has 2"),
        (lambda: dimensions.causal_conv1d(np.zeros((1, 5, 2)), np.zeros((3, 2, 1)), 0), "at least 1, not 0"),
        (lambda: dimensions.layer_in_numbers((4, 6, 1), 5, 2), "5 does not fit in 4"),
    ],
)
def test_what_cannot_be_convolved_is_refused_with_a_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()


PLAIN = {"stride": 1, "pad": 0}


# Numbers


def test_the_notes_example_of_a_signal(ours):
    assert ours.layer_in_numbers((14, 1), 5, 16) == ((10, 16), 96)
    assert ours.layer_in_numbers((10, 16), 5, 32) == ((6, 32), 2592)


def test_the_notes_example_of_a_volume(ours):
    assert ours.layer_in_numbers((14, 14, 14, 1), 5, 16) == ((10, 10, 10, 16), 2016)
    assert ours.layer_in_numbers((10, 10, 10, 16), 5, 32) == ((6, 6, 6, 32), 64032)


@pytest.mark.parametrize("seed", range(10))
def test_layers_in_numbers_are_keras_layers(ours, seed):
    rng = np.random.default_rng(seed)
    axes = int(rng.integers(1, 4))
    f, n_C, stride = (int(n) for n in rng.integers((1, 1, 1), (5, 20, 4)))
    shape = (*(int(n) for n in rng.integers(f, 12, size=axes)), int(rng.integers(1, 6)))
    layer = {1: layers.Conv1D, 2: layers.Conv2D, 3: layers.Conv3D}[axes](n_C, f, stride)
    output = layer(keras.Input(shape))
    assert ours.layer_in_numbers(shape, f, n_C, stride) == (tuple(output.shape[1:]), layer.count_params())


def test_layers_in_numbers_agree_with_what_is_computed(ours):
    rng = np.random.default_rng(3)
    for axes in (1, 3):
        for _ in range(10):
            A_prev, W, b, h = drawn(rng, axes)
            Z, _ = passes(ours, axes)[0](A_prev, W, b, h)
            shape, parameters = ours.layer_in_numbers(A_prev.shape[1:], len(W), W.shape[-1], h["stride"], h["pad"])
            assert shape == Z.shape[1:] and parameters == W.size + b.size


# Causal convolutions


@pytest.mark.parametrize("seed", range(10))
def test_a_causal_convolution_is_keras(ours, seed):
    rng = np.random.default_rng(seed)
    m, T, n_C_prev, n_C, f, dilation = (int(n) for n in rng.integers((1, 1, 1, 1, 1, 1), (4, 20, 4, 4, 5, 6)))
    x, W = rng.normal(size=(m, T, n_C_prev)), rng.normal(size=(f, n_C_prev, n_C))
    layer = layers.Conv1D(n_C, f, padding="causal", dilation_rate=dilation, use_bias=False, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([W])
    np.testing.assert_allclose(ours.causal_conv1d(x, W, dilation), layer(x), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_an_output_hears_nothing_of_the_future(ours, dilation):
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(1, 12, 2)), rng.normal(size=(3, 2, 2))
    y = ours.causal_conv1d(x, W, dilation)
    for t in range(12):
        changed = x.copy()
        changed[0, t] += 1
        differs = np.any(ours.causal_conv1d(changed, W, dilation) != y, axis=(0, 2))
        expected = [t + k * dilation for k in range(3) if t + k * dilation < 12]
        assert np.flatnonzero(differs).tolist() == expected


@pytest.mark.parametrize(
    ("f", "dilations", "steps"),
    [
        (3, [1], 3),
        (2, [1, 2, 4, 8], 16),
        (2, [2**k for k in range(10)], 1024),
        (3, [4, 1], 11),
        (4, [], 1),
        (1, [9], 1),
    ],
)
def test_steps_seen_are_those_whose_change_is_heard(ours, f, dilations, steps):
    assert ours.steps_seen(f, dilations) == steps
    T = steps + 3
    x = np.eye(T)[:, :, np.newaxis]  # a bang at each step
    for dilation in dilations:
        x = dimensions.causal_conv1d(x, np.ones((f, 1, 1)), dilation)
    heard = np.flatnonzero(x[:, -1, 0])
    assert T - heard[0] == steps


# Networks


def seen(build, *args):
    names = ("input_shape", "classes") if len(args) == 2 and args[1] > 3 else ("input_shape", "depth")
    return models.model(build, dict(zip(names, args, strict=False)))


@pytest.mark.parametrize(
    ("network", "args"),
    [
        ("heartbeat_model", ((160, 1), 4)),
        ("heartbeat_model", ((80, 3), 6)),
        ("volume_model", ((5, 6, 7, 1), 3)),
        ("volume_model", ((5, 6, 7, 2), 1)),
    ],
)
def test_solution_and_reference_build_the_same_network(network, args):
    one, other = (seen(getattr(module, network), *args) for module in OURS.values())
    assert one["parameters"] == other["parameters"] and one["output_shape"] == other["output_shape"]
    for look in ("inference", "training", "input_gradient"):
        np.testing.assert_allclose(one[look], other[look], atol=1e-6)


def test_the_heartbeat_network_begins_with_the_layers_of_the_example(ours):
    network = ours.heartbeat_model()
    counts = [layer.count_params() for layer in network.layers if layer.count_params()]
    assert counts == [96, 2592, 5152, 132]
    shapes = [tuple(layer.output.shape[1:]) for layer in network.layers if "pool" in layer.name]
    assert shapes == [(78, 16), (37, 32), (16, 32), (32,)]


def test_a_network_with_flat_filters_is_blind_to_the_other_slices(ours):
    rng = np.random.default_rng(0)
    volume = rng.normal(size=(1, 6, 6, 6, 1)).astype("f4")
    changed = volume.copy()
    changed[:, 3] += 1
    for depth, affected in ((1, [3]), (3, list(range(6)))):
        keras.utils.set_random_seed(1)
        network = ours.volume_model((6, 6, 6, 1), depth)
        differs = np.abs(network(changed) - network(volume)).max(axis=(0, 2, 3, 4)) > 0
        assert set(np.flatnonzero(differs)) <= set(affected) and differs[3]
        assert network.output_shape == (None, 6, 6, 6, 1)
