"""The checks of notebook 07: right answers written differently, and what one slip costs."""

import keras
import numpy as np
import pytest
from keras import layers
from keras.layers import BatchNormalization, Conv2D, Dense, DepthwiseConv2D, ReLU
from solution_functions import functions

from dlcourse import checks, mobile
from dlcourse.checking import networks_seen
from dlcourse.checking.probes import mobile as probes
from dlcourse.checking.probes import models
from dlcourse.checking.probes.canonical import noise


def failed_groups(name, function, seed=0, **options):
    report = checks.run("mobile", name, function, seed=seed, **options)
    return [group.name for group in report.groups if not group.passed]


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("mobile")])
def test_the_solution_passes(name):
    solution = functions("mobile")
    report = checks.run("mobile", name, getattr(solution, name), seed=1, namespace=vars(solution))
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


@pytest.mark.parametrize(
    ("name", "probe", "input_shape", "alpha"),
    [
        ("mobilenet_v1", probes.slim_network, (96, 64, 3), 0.25),
        ("mobilenet_v2", probes.steep_network, (96, 64, 3), 0.35),
    ],
)
def test_what_the_checks_expect_of_slim_networks_is_what_the_references_compute(name, probe, input_shape, alpha):
    build = getattr(mobile, name)
    found = probe(lambda **given: build(**given), {"input_shape": input_shape, "classes": 7, "alpha": alpha})
    noted = networks_seen.seen(name)
    np.testing.assert_allclose(noted.pop("training"), found.pop("training"), atol=2e-5)
    assert noted == found


# Right answers, written differently


def four_loops(A_prev, W, stride=1, padding="same"):
    """In lists of plain numbers, and with the border's pixels left out in place of zeros."""
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f = W.shape[0]
    sides = [(0, 0), (0, 0)]
    if padding == "same":
        totals = [max((-(-n // stride) - 1) * stride + f - n, 0) for n in (n_H_prev, n_W_prev)]
        sides = [(total // 2, total - total // 2) for total in totals]
    n_H, n_W = ((n + sum(side) - f) // stride + 1 for n, side in zip((n_H_prev, n_W_prev), sides, strict=True))
    Z = np.zeros((m, n_H, n_W, n_C)).tolist()
    for i, h, w, c in np.ndindex(m, n_H, n_W, n_C):
        for a, b in np.ndindex(f, f):
            row, column = h * stride + a - sides[0][0], w * stride + b - sides[1][0]
            if 0 <= row < n_H_prev and 0 <= column < n_W_prev:
                Z[i][h][w][c] += float(A_prev[i, row, column, c] * W[a, b, c])
    return Z, {"everything": (A_prev, W, stride, padding)}


def windows_and_einsum(X, W, stride, padding):
    sides = [mobile.same_padding(n, W.shape[0], stride) if padding == "same" else (0, 0) for n in X.shape[1:3]]
    X_pad = np.pad(X, ((0, 0), *sides, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(X_pad, W.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return [np.einsum("mhwcij,ijc->mhwc", windows, W), (X, W, stride, padding)]


def in_float32(x, filters, strides=1, pad="same"):
    Z, cache = mobile.depthwise_conv(x.astype("f4"), filters.astype("f4"), strides, pad)
    return Z, cache


def with_keras(X, W, stride=1, padding="same"):
    layer = DepthwiseConv2D(len(W), strides=stride, padding=padding, use_bias=False, dtype="float64")
    layer.build(X.shape)
    layer.set_weights([W[..., None]])
    return layer(X), (X, W, stride, padding)


@pytest.mark.parametrize("function", [four_loops, windows_and_einsum, in_float32, with_keras])
def test_depthwise_convolutions_written_differently_pass(function):
    for seed in range(3):
        assert failed_groups("depthwise_conv", function, seed) == []


def depthwise_backward_with_slices(dZ, cache):
    X, W, stride, padding = cache
    sides = [mobile.same_padding(n, len(W), stride) if padding == "same" else (0, 0) for n in X.shape[1:3]]
    X_pad, (n_H, n_W) = np.pad(X, ((0, 0), *sides, (0, 0))), dZ.shape[1:3]
    dX, dW = np.zeros_like(X_pad), np.zeros_like(W)
    for a, b in np.ndindex(W.shape[:2]):
        place = np.s_[:, a : a + stride * n_H : stride, b : b + stride * n_W : stride]
        dX[place] += dZ * W[a, b]
        dW[a, b] = np.einsum("mhwc,mhwc->c", X_pad[place], dZ)
    return [dX[:, sides[0][0] :, sides[1][0] :][:, : X.shape[1], : X.shape[2]].astype("f4"), dW.astype("f4")]


def backward_with_a_dictionary(dZ, cache):
    return mobile.depthwise_conv_backward(dZ, cache["everything"])


def test_backward_passes_written_differently_pass():
    for seed in range(3):
        assert failed_groups("depthwise_conv_backward", depthwise_backward_with_slices, seed) == []
        own = {"depthwise_conv": four_loops}
        assert failed_groups("depthwise_conv_backward", backward_with_a_dictionary, seed, namespace=own) == []


@pytest.mark.parametrize(
    "function",
    [
        lambda X, W: (np.einsum("mhwc,ck->mhwk", X, W), None),
        lambda X, W: (np.dot(X, W).tolist(), (X, W)),
        lambda A_prev, W: (np.tensordot(A_prev, W, axes=(3, 0)).astype("f4"), (A_prev, W)),
        lambda X, W: (sum(X[..., c, None] * W[c] for c in range(len(W))), (X, W)),
    ],
)
def test_pointwise_convolutions_written_differently_pass(function):
    assert failed_groups("pointwise_conv", function) == []


@pytest.mark.parametrize(
    "function",
    [
        lambda dZ, cache: (np.einsum("mhwk,ck->mhwc", dZ, cache[1]), np.einsum("mhwc,mhwk->ck", cache[0], dZ)),
        lambda dZ, cache: [(dZ @ cache[1].T).astype("f4"), np.tensordot(cache[0], dZ, axes=([0, 1, 2], [0, 1, 2]))],
    ],
)
def test_backward_passes_through_the_mixture_written_differently_pass(function):
    assert failed_groups("pointwise_conv_backward", function) == []


def costs_in_a_list(n_H, n_W, f, n_C_prev, n_C):
    per_pixel = np.array([n_C * f**2 * n_C_prev, n_C_prev * f**2, n_C * n_C_prev])
    return list(n_H * n_W * per_pixel)


def costs_as_floats(n_H, n_W, f, n_C_prev, n_C):
    ordinary = float(n_H * n_W * n_C * f * f * n_C_prev)
    return {"ordinary": ordinary}["ordinary"], ordinary / n_C, ordinary / f**2


def test_costs_written_differently_pass():
    for function in (costs_in_a_list, costs_as_floats):
        assert failed_groups("separable_cost", function) == []


def memory_with_numpy(block, shortcut=False):
    sizes = np.prod(np.array(block), axis=1)
    sums = sizes[:-1] + sizes[1:]
    sums[1:] += sizes[0] * shortcut
    return sums.max()


def memory_with_floats(block, shortcut):
    sizes = [float(np.prod(shape)) for shape in block]
    kept = [0.0] + [sizes[0] if shortcut else 0.0] * (len(sizes) - 2)
    return max(a + b + c for a, b, c in zip(sizes[:-1], sizes[1:], kept, strict=True))


def test_peaks_written_differently_pass():
    for function in (memory_with_numpy, memory_with_floats):
        for seed in range(3):
            assert failed_groups("peak_memory", function, seed) == []


def scaled_step_by_step(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return np.exp(phi * np.log([alpha, beta, gamma])).tolist()


def test_scalings_written_differently_pass():
    assert failed_groups("compound_scaling", scaled_step_by_step) == []
    assert (
        failed_groups(
            "compound_scaling", lambda phi: {0: 1.2**phi, 1: 1.1**phi}.values() and (1.2**phi, 1.1**phi, 1.15**phi)
        )
        == []
    )


# Blocks, written differently


def grouped_separable_block(X, filters, stride=1):
    """As PyTorch writes it: an ordinary convolution with a group for each channel."""
    n_C = X.shape[-1]
    X = Conv2D(n_C, 3, strides=stride, padding="same", groups=n_C, use_bias=False)(X)
    X = ReLU(6.0)(BatchNormalization()(X))
    return ReLU(6.0)(BatchNormalization()(Conv2D(filters, 1, use_bias=False)(X)))


class SeparableBlock(keras.Model):
    """The parts made in the reverse order."""

    def __init__(self, filters, stride):
        super().__init__()
        self.second, self.second_norm = Conv2D(filters, 1, use_bias=False), BatchNormalization(momentum=0.9)
        self.first_norm = BatchNormalization(momentum=0.9)
        self.first = DepthwiseConv2D((3, 3), (stride, stride), "same", use_bias=False)

    def call(self, X, training=None):
        X = keras.ops.relu(self.first_norm(self.first(X), training=training))
        return keras.ops.relu(self.second_norm(self.second(X), training=training))


def padded_by_hand(X, filters, strides=1):
    """As PyTorch pads: on both sides. With odd sizes it is the same."""
    X = layers.ZeroPadding2D(1)(X)
    X = DepthwiseConv2D(3, strides=strides, use_bias=False)(X)
    X = layers.Activation("relu")(BatchNormalization()(X))
    return layers.Activation("relu")(BatchNormalization()(Conv2D(filters, (1, 1), use_bias=False)(X)))


@pytest.mark.parametrize(
    "function",
    [grouped_separable_block, lambda X, filters, stride=1: SeparableBlock(filters, stride)(X), padded_by_hand],
)
def test_separable_blocks_written_differently_pass(function):
    assert failed_groups("separable_block", function) == []


def inverted_with_functions(inputs, expand_ratio, filters, strides=1):
    def relu6(X):
        return keras.ops.minimum(keras.ops.relu(X), 6.0)

    n_C = inputs.shape[-1]
    X = inputs
    if expand_ratio > 1:
        X = relu6(BatchNormalization(momentum=0.99)(Conv2D(n_C * expand_ratio, 1, use_bias=False)(X)))
    X = relu6(BatchNormalization()(DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(X)))
    X = BatchNormalization(epsilon=1e-5)(Conv2D(filters, 1, use_bias=False, padding="same")(X))
    return inputs + X if inputs.shape == X.shape else X


def inverted_with_groups(X, expansion, filters, stride):
    path = X
    if expansion != 1:
        path = layers.Activation("relu6")(
            BatchNormalization()(Conv2D(expansion * X.shape[-1], 1, use_bias=False)(path))
        )
    groups = path.shape[-1]
    path = Conv2D(groups, 3, strides=stride, padding="same", groups=groups, use_bias=False)(path)
    path = layers.Activation("relu6")(BatchNormalization()(path))
    path = BatchNormalization()(Conv2D(filters, 1, use_bias=False)(path))
    return layers.add([X, path]) if stride == 1 and X.shape[-1] == filters else path


@pytest.mark.parametrize("function", [inverted_with_functions, inverted_with_groups])
def test_inverted_residual_blocks_written_differently_pass(function):
    assert failed_groups("inverted_residual_block", function) == []


def test_a_plain_relu_costs_one_group():
    exercise = checks.get("mobile", "inverted_residual_block")
    (plain,) = [mistake.variant for mistake in exercise.mistakes if mistake.key == "plain-relu"]
    assert failed_groups("inverted_residual_block", plain) == ["ReLU6"]


@pytest.mark.parametrize(
    ("name", "key", "groups"),
    [
        ("inverted_residual_block", "no-shortcut", ["shortcut"]),
        ("inverted_residual_block", "expansion-1-expands", ["expansion 1"]),
        ("inverted_residual_block", "no-stride", ["stride 2"]),
        ("separable_block", "stride-twice", ["stride 2"]),
        ("depthwise_conv", "no-stride", ["stride", "stride and 'same' together"]),
        ("depthwise_conv", "padded-as-for-stride-1", ["stride and 'same' together"]),
        ("depthwise_conv_backward", "averaged", ["dW"]),
        ("pointwise_conv_backward", "averaged-over-pixels", ["dW"]),
        ("separable_cost", "depthwise-with-n_C", ["depthwise"]),
        ("peak_memory", "shortcut-forgotten", ["with a shortcut"]),
        ("mobilenet_v1", "alpha-ignored", ["what it computes"]),
    ],
)
def test_one_slip_costs_the_groups_that_it_touches(name, key, groups):
    exercise = checks.get("mobile", name)
    (variant,) = [mistake.variant for mistake in exercise.mistakes if mistake.key == key]
    assert set(failed_groups(name, variant)) - {"inputs unchanged"} == set(groups)


# Networks, written differently


def keras_own(input_shape=(224, 224, 3), classes=1000, alpha=1.0):
    return keras.applications.MobileNetV2(input_shape, alpha, weights=None, classes=classes)


def keras_own_first(input_shape, classes, alpha):
    """Keras's, without the dropout that the text doesn't ask for."""
    return keras.applications.MobileNet(input_shape, alpha, dropout=0.0, weights=None, classes=classes)


def sequential(input_shape=(224, 224, 3), num_classes=1000, alpha=1.0):
    network = keras.Sequential([keras.Input(input_shape)])

    def add(*parts):
        for part in (*parts, BatchNormalization(), ReLU()):
            network.add(part)

    add(Conv2D(int(32 * alpha), 3, 2, "same", use_bias=False))
    for filters, stride in zip(
        (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024),
        (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1),
        strict=True,
    ):
        add(DepthwiseConv2D(3, stride, "same", use_bias=False))
        add(Conv2D(int(filters * alpha), 1, use_bias=False))
    network.add(layers.GlobalAveragePooling2D())
    network.add(Dense(num_classes, activation="softmax"))
    return network


@pytest.mark.parametrize(
    ("name", "function"), [("mobilenet_v2", keras_own), ("mobilenet_v1", keras_own_first), ("mobilenet_v1", sequential)]
)
def test_networks_written_differently_pass(name, function):
    report = checks.run("mobile", name, function)
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


def test_a_relu_in_place_of_a_relu6_shows_in_every_block_of_the_second_network():
    def with_plain_relu_in(wrong):
        number = 0

        def block(X, expansion, filters, stride):
            nonlocal number
            number += 1
            if number - 1 != wrong:
                return mobile.inverted_residual_block(X, expansion, filters, stride)
            path = X
            if expansion != 1:
                path = ReLU(6.0)(BatchNormalization()(Conv2D(expansion * X.shape[-1], 1, use_bias=False)(path)))
            path = ReLU()(BatchNormalization()(DepthwiseConv2D(3, stride, "same", use_bias=False)(path)))
            path = BatchNormalization()(Conv2D(filters, 1, use_bias=False)(path))
            return path + X if path.shape == X.shape else path

        def network(input_shape, classes, alpha):
            nonlocal number
            number = 0
            X = inputs = keras.Input(input_shape)
            X = Conv2D(mobile.multiple_of_8(32 * alpha), 3, 2, "same", use_bias=False)(X)
            X = ReLU(6.0)(BatchNormalization()(X))
            for expansion, filters, count, first in mobile.V2_ROWS:
                for place in range(count):
                    X = block(X, expansion, mobile.multiple_of_8(filters * alpha), 1 if place else first)
            X = ReLU(6.0)(BatchNormalization()(Conv2D(1280, 1, use_bias=False)(X)))
            return keras.Model(inputs, Dense(classes, "softmax")(layers.GlobalAveragePooling2D()(X)))

        return network

    assert failed_groups("mobilenet_v2", with_plain_relu_in(None)) == []
    for wrong in (0, 1, 2, 8, 15, 16):
        report = checks.run("mobile", "mobilenet_v2", with_plain_relu_in(wrong))
        assert [group.name for group in report.groups if not group.passed] == ["what it computes"], wrong
        assert report.mistake is None


# The probes


def test_a_depthwise_kernel_has_the_values_of_a_grouped_one():
    X = noise("pictures", (3, 5, 4, 6))

    def grouped(X):
        return Conv2D(12, 3, groups=6)(X)

    def depthwise(X):
        return DepthwiseConv2D(3, depth_multiplier=2)(X)

    found, expected = (models.block(function, {"X": X}) for function in (depthwise, grouped))
    for look in ("inference", "training", "input_gradient"):
        np.testing.assert_allclose(found[look], expected[look], rtol=1e-6, atol=1e-6)
    assert np.std(found["inference"]) > 0.5  # the signal does not fade with the number of channels


def test_keras_separable_layer_is_its_two_steps():
    X = noise("pictures", (3, 5, 4, 6))
    at_once = models.block(lambda X: layers.SeparableConv2D(7, 3, use_bias=False)(X), {"X": X})
    steps = models.block(lambda X: Conv2D(7, 1, use_bias=False)(DepthwiseConv2D(3, use_bias=False)(X)), {"X": X})
    np.testing.assert_allclose(at_once["inference"], steps["inference"], rtol=1e-6, atol=1e-6)
