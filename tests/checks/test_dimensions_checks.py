"""The checks of notebook 16: right answers written differently, and what one slip costs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from solution_functions import functions

from dlcourse import checks, dimensions


def failed_groups(name, function, seed=0, **options):
    report = checks.run("dimensions", name, function, seed=seed, **options)
    return [group.name for group in report.groups if not group.passed]


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("dimensions")])
def test_the_solution_passes(name):
    solution = functions("dimensions")
    report = checks.run("dimensions", name, getattr(solution, name), seed=1, namespace=vars(solution))
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Right answers, written differently


def with_einsum(axes):
    places, offsets = "xyz"[:axes], "uvw"[:axes]

    def forward(X, filters, bias, hparams):
        stride, pad = hparams["stride"], hparams["pad"]
        X_pad = np.pad(X, [(0, 0), *[(pad, pad)] * axes, (0, 0)])
        windows = np.lib.stride_tricks.sliding_window_view(X_pad, filters.shape[:axes], tuple(range(1, axes + 1)))
        windows = windows[(slice(None), *[slice(None, None, stride)] * axes)]
        Z = np.einsum(f"m{places}c{offsets},{offsets}ck->m{places}k", windows, filters) + bias.ravel()
        return [Z, {"all of it": (X, filters, bias, hparams)}]

    return forward


def in_lists(axes):
    """Plain numbers, and pixels beyond the end left out in place of zeros."""

    def forward(A_prev, W, b, hparameters):
        stride, pad, f = hparameters["stride"], hparameters["pad"], len(W)
        sizes = A_prev.shape[1:-1]
        places = [(n + 2 * pad - f) // stride + 1 for n in sizes]
        Z = np.empty((len(A_prev), *places, W.shape[-1]))
        Z[:] = b
        for place in np.ndindex(*places):
            for offset in np.ndindex(*[f] * axes):
                at = [p * stride + o - pad for p, o in zip(place, offset, strict=True)]
                if all(0 <= a < n for a, n in zip(at, sizes, strict=True)):
                    Z[(slice(None), *place)] += A_prev[(slice(None), *at)] @ W[offset]
        return Z.tolist(), None

    return forward


def with_tensorflow(axes):
    def forward(A_prev, W, b, hparameters):
        pad, stride = hparameters["pad"], hparameters["stride"]
        A_pad = tf.pad(A_prev, [[0, 0], *[[pad, pad]] * axes, [0, 0]])
        strides = stride if axes == 1 else [1, stride, stride, stride, 1]
        Z = (tf.nn.conv1d if axes == 1 else tf.nn.conv3d)(A_pad, W, strides, "VALID") + b.ravel()
        return Z, (A_prev, W, b, hparameters)

    return forward


def in_float32(axes):
    forward = getattr(dimensions, f"conv{axes}d_forward")
    return lambda A_prev, W, b, h: forward(*(array.astype("f4") for array in (A_prev, W, b)), h)


@pytest.mark.parametrize("axes", [1, 3])
@pytest.mark.parametrize("written", [with_einsum, in_lists, with_tensorflow, in_float32])
def test_convolutions_written_differently_pass(written, axes):
    for seed in range(2):
        assert failed_groups(f"conv{axes}d_forward", written(axes), seed) == []


def backward_with_slices(axes):
    def backward(dZ, cache):
        A_prev, W, b, hparameters = cache
        stride, pad = hparameters["stride"], hparameters["pad"]
        A_pad = np.pad(A_prev, [(0, 0), *[(pad, pad)] * axes, (0, 0)])
        dA, dW = np.zeros_like(A_pad), np.zeros_like(W)
        for offset in np.ndindex(*W.shape[:axes]):
            met = (
                slice(None),
                *(slice(o, o + stride * n, stride) for o, n in zip(offset, dZ.shape[1:-1], strict=True)),
            )
            dA[met] += dZ @ W[offset].T
            dW[offset] = np.tensordot(A_pad[met], dZ, axes=[range(axes + 1)] * 2)
        inside = (slice(None), *(slice(pad, pad + n) for n in A_prev.shape[1:-1]))
        return [dA[inside].astype("f4"), dW.astype("f4"), dZ.sum(axis=tuple(range(axes + 1)), keepdims=True)]

    return backward


def backward_with_a_tape(axes):
    def backward(dZ, cache):
        A_prev, W, b, hparameters = cache
        variables = [tf.Variable(array) for array in (A_prev, W, b)]
        with tf.GradientTape() as tape:
            A, filters, bias = variables
            pad, stride = hparameters["pad"], hparameters["stride"]
            A_pad = tf.pad(A, [[0, 0], *[[pad, pad]] * axes, [0, 0]])
            strides = stride if axes == 1 else [1, stride, stride, stride, 1]
            Z = (tf.nn.conv1d if axes == 1 else tf.nn.conv3d)(A_pad, filters, strides, "VALID") + bias
        return tuple(tape.gradient(Z, variables, tf.constant(dZ)))

    return backward


@pytest.mark.parametrize("axes", [1, 3])
@pytest.mark.parametrize("written", [backward_with_slices, backward_with_a_tape])
def test_backward_passes_written_differently_pass(written, axes):
    for seed in range(2):
        assert failed_groups(f"conv{axes}d_backward", written(axes), seed) == []


@pytest.mark.parametrize("axes", [1, 3])
def test_a_backward_pass_may_live_on_a_cache_of_its_own(axes):
    def backward(dZ, cache):
        return getattr(dimensions, f"conv{axes}d_backward")(dZ, cache["all of it"])

    own = {f"conv{axes}d_forward": with_einsum(axes)}
    assert failed_groups(f"conv{axes}d_backward", backward, namespace=own) == []


def step_by_step(x, W, dilation):
    y = [[0.0] * W.shape[2] for _ in range(x.shape[1])]
    y = np.array([y] * len(x))
    for t in range(x.shape[1]):
        for k in range(len(W)):
            since = t - (len(W) - 1 - k) * dilation
            if since >= 0:
                y[:, t] += x[:, since] @ W[k]
    return y.tolist()


def spread_filter(X, filters, dilation_rate=1):
    """An ordinary convolution with zeros between the weights."""
    f = len(filters)
    wide = np.zeros(((f - 1) * dilation_rate + 1, *filters.shape[1:]))
    wide[::dilation_rate] = filters
    A = np.pad(X, ((0, 0), (len(wide) - 1, 0), (0, 0)))
    return dimensions.conv1d_forward(A, wide, np.zeros((1, 1, filters.shape[2])), {"stride": 1, "pad": 0})[0]


def by_keras(x, W, dilation=1):
    layer = layers.Conv1D(W.shape[2], len(W), padding="causal", dilation_rate=dilation, use_bias=False, dtype="float64")
    layer.build(x.shape)
    layer.set_weights([W])
    return layer(x)


@pytest.mark.parametrize("function", [step_by_step, spread_filter, by_keras])
def test_causal_convolutions_written_differently_pass(function):
    for seed in range(2):
        assert failed_groups("causal_conv1d", function, seed) == []


def numbers_in_a_loop(input_shape, f, filters, stride=1, padding=0):
    shape, weights = [], input_shape[-1]
    for n in input_shape[:-1]:
        shape.append(int(np.floor((n + 2 * padding - f) / stride)) + 1)
        weights *= f
    return np.array([*shape, filters]), np.int64(weights * filters + filters)


def test_counting_written_differently_passes():
    assert failed_groups("layer_in_numbers", numbers_in_a_loop) == []
    assert (
        failed_groups(
            "steps_seen", lambda kernel_size, dilations: np.sum([(kernel_size - 1) * d for d in dilations]) + 1
        )
        == []
    )


def beats_in_a_list(input_shape=(160, 1), classes=4):
    parts = [keras.Input(input_shape)]
    for filters in (16, 32, 32):
        parts += [layers.Conv1D(filters, 5), layers.ReLU(), layers.MaxPooling1D()]
    return keras.Sequential([*parts, layers.GlobalMaxPool1D(), layers.Dense(classes), layers.Softmax()])


def beats_as_flat_images(input_shape, classes):
    signal = keras.Input(input_shape)
    X = layers.Reshape((1, *input_shape))(signal)
    for filters in (16, 32, 32):
        X = layers.MaxPooling2D((1, 2))(layers.Conv2D(filters, (1, 5), activation="relu")(X))
    return keras.Model(signal, layers.Dense(classes, "softmax")(layers.GlobalMaxPooling2D()(X)))


class Beats(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.parts = [layers.Conv1D(n, 5, activation="relu") for n in (16, 32, 32)]
        self.last = layers.Dense(classes, activation="softmax")

    def call(self, X):
        for part in self.parts:
            X = keras.ops.max_pool(part(X), 2, 2)
        return self.last(keras.ops.max(X, axis=1))


@pytest.mark.parametrize(
    "function", [beats_in_a_list, beats_as_flat_images, lambda input_shape, num_classes: Beats(num_classes)]
)
def test_networks_for_beats_written_differently_pass(function):
    assert failed_groups("heartbeat_model", function) == []


def volumes_in_a_list(input_shape=(12, 12, 12, 1), depth=3):
    parts = [keras.Input(input_shape)]
    for _ in range(3):
        parts.append(layers.Conv3D(8, kernel_size=(depth, 3, 3), padding="same", use_bias=False))
        parts += [layers.BatchNormalization(momentum=0.8), layers.Activation("relu")]
    return keras.Sequential([*parts, layers.Conv3D(1, 1), layers.Activation("sigmoid")])


def volumes_with_a_dense_layer(input_shape, depth):
    """A convolution with one voxel is a dense layer at every place."""
    X = volume = keras.Input(input_shape)
    for _ in range(3):
        X = layers.Conv3D(8, [depth, 3, 3], padding="same", use_bias=False)(X)
        X = keras.ops.relu(layers.BatchNormalization(momentum=0.9)(X))
    return keras.Model(volume, layers.Dense(1, "sigmoid")(X))


@pytest.mark.parametrize("function", [volumes_in_a_list, volumes_with_a_dense_layer])
def test_networks_for_volumes_written_differently_pass(function):
    assert failed_groups("volume_model", function) == []


# One slip, one group


@pytest.mark.parametrize(
    ("name", "key", "groups"),
    [
        ("conv1d_forward", "no-bias", ["bias"]),
        ("conv3d_forward", "no-bias", ["bias"]),
        ("causal_conv1d", "dilation-ignored", ["dilation"]),
        ("layer_in_numbers", "no-bias", ["parameters"]),
        ("layer_in_numbers", "stride-ignored", ["output_shape"]),
        ("conv1d_backward", "db-averaged", ["db"]),
        ("conv3d_backward", "filter-rotated", ["dA_prev"]),
        ("conv3d_backward", "averaged", ["dW", "db"]),
        ("steps_seen", "last-layer-only", ["several layers"]),
    ],
)
def test_a_slip_costs_what_it_touches(name, key, groups):
    mistake = next(mistake for mistake in checks.get("dimensions", name).mistakes if mistake.key == key)
    assert [group for group in failed_groups(name, mistake.variant) if group != "inputs unchanged"] == groups


def test_networks_are_judged_by_what_is_kept_of_wrong_ones():
    for name in ("heartbeat_model", "volume_model"):
        exercise = checks.get("dimensions", name)
        for mistake in exercise.mistakes[:3]:
            report = checks.run("dimensions", name, mistake.variant)
            assert not report.passed and report.mistake.key == mistake.key
