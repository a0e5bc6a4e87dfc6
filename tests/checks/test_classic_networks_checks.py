"""The checks of notebook 04: right answers written differently, and wrong ones that no named mistake describes."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from solution_functions import functions

from dlcourse import checks, classic_networks
from dlcourse.checking.probes import classic_networks as probes


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("classic_networks")])
def test_the_solution_passes(name):
    solution = functions("classic_networks")
    for seed in (1, 2):
        report = checks.run("classic_networks", name, getattr(solution, name), seed=seed, namespace=vars(solution))
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Right answers, written differently


def lenet5_of_convolutions(input_shape, classes, activation, pooling):
    """The dense layers as convolutions; the first is as large as what is left of the image."""
    X = image = keras.Input(input_shape)
    pool = keras.ops.average_pool if pooling == "average" else keras.ops.max_pool
    for filters in (6, 16):
        X = pool(Activation(activation)(Conv2D(filters, (5, 5), padding="valid")(X)), 2, 2)
    X = Conv2D(120, X.shape[1:3], activation=activation)(X)
    X = Conv2D(84, 1, activation=activation)(X)
    return keras.Model(image, layers.Softmax()(Flatten()(Conv2D(classes, 1)(X))))


class LeNet5(keras.Model):
    """It meets its input when it is called."""

    def __init__(self, classes, activation, pooling):
        super().__init__()
        self.answer = Dense(classes, "softmax")
        self.dense = [Dense(84, activation), Dense(120, activation)]
        self.convolutions = [Conv2D(16, 5, activation=activation), Conv2D(6, 5, activation=activation)]
        self.pool = {"max": MaxPooling2D, "average": layers.AveragePooling2D}[pooling](2)
        self.flatten = Flatten()

    def call(self, X):
        for convolution in self.convolutions[::-1]:
            X = self.pool(convolution(X))
        X = self.flatten(X)
        for dense in self.dense[::-1]:
            X = dense(X)
        return self.answer(X)


def lenet5_subclassed(input_shape=(32, 32, 1), num_classes=10, activation="tanh", pooling="average"):
    return LeNet5(num_classes, activation, pooling)


def alexnet_as_printed(input_shape=(227, 227, 3), classes=1000, filters=(64, 192, 384, 256, 256), units=4096):
    """A list with a layer for each line of the printout, which drops in front of the dense layers; borders by hand."""
    f1, f2, f3, f4, f5 = filters
    return keras.Sequential(
        [
            keras.Input(input_shape),
            Conv2D(f1, kernel_size=(11, 11), strides=(4, 4)),
            layers.ReLU(),
            MaxPooling2D(pool_size=3, strides=2),
            layers.ZeroPadding2D(2),
            Conv2D(f2, kernel_size=(5, 5)),
            layers.ReLU(),
            MaxPooling2D(pool_size=3, strides=2),
            Conv2D(f3, kernel_size=(3, 3), padding="same"),
            layers.ReLU(),
            layers.ZeroPadding2D((1, 1)),
            Conv2D(f4, kernel_size=(3, 3)),
            layers.ReLU(),
            Conv2D(f5, kernel_size=(3, 3), padding="same"),
            layers.ReLU(),
            MaxPooling2D(pool_size=3, strides=2),
            Flatten(),
            Dropout(0.5),
            Dense(units),
            layers.ReLU(),
            Dropout(0.5),
            Dense(units),
            layers.ReLU(),
            Dense(classes),
            layers.Softmax(),
        ]
    )


def alexnet_with_a_convolution_as_dense_layer(input_shape, classes, filters=(64, 192, 384, 256, 256), units=4096):
    X = image = keras.Input(input_shape)
    for number, (count, size, stride) in enumerate(zip(filters, (11, 5, 3, 3, 3), (4, 1, 1, 1, 1), strict=True)):
        X = Conv2D(count, size, stride, "same" if number else "valid")(X)
        X = keras.ops.maximum(X, 0)
        X = MaxPooling2D((3, 3), (2, 2))(X) if number in (0, 1, 4) else X
    X = Flatten()(Conv2D(units, X.shape[1:3], activation="relu")(X))
    X = Dropout(0.5, seed=3)(X)
    X = Dropout(rate=0.5)(Dense(units, "relu")(X))
    return keras.Model(image, Dense(classes, keras.activations.softmax)(X))


class Normalization(layers.Layer):
    def __init__(self, n=5, k=2.0, alpha=1e-4, beta=0.75):
        super().__init__()
        self.n, self.k, self.alpha, self.beta = n, k, alpha, beta

    def call(self, X):
        """The sum of neighbouring squares as an average over the channels, times their number."""
        squares = keras.ops.expand_dims(keras.ops.square(X), -1)
        squares = keras.ops.pad(squares, ((0, 0), (0, 0), (0, 0), (self.n // 2, self.n // 2), (0, 0)))
        means = keras.ops.average_pool(squares, (1, 1, self.n), 1)
        return X / keras.ops.power(self.k + self.alpha * self.n * means[..., 0], self.beta)


def alexnet_of_two_towers(
    input_shape, classes=1000, filters=(96, 256, 384, 384, 256), units=4096, groups=2, normalize=Normalization
):
    """Each group is a convolution of its own."""

    def convolution(X, count, size, groups):
        if groups == 1:
            return Conv2D(count, size, padding="same", activation="relu")(X)
        parts = keras.ops.split(X, groups, axis=-1)
        return layers.concatenate([convolution(part, count // groups, size, 1) for part in parts])

    image = keras.Input(input_shape)
    X = Conv2D(filters[0], 11, 4, activation="relu")(image)
    X = MaxPooling2D(3, 2)(normalize()(X))
    X = convolution(X, filters[1], 5, groups)
    X = MaxPooling2D(3, 2)(normalize()(X))
    X = convolution(X, filters[2], 3, 1)
    X = convolution(convolution(X, filters[3], 3, groups), filters[4], 3, groups)
    X = Flatten()(MaxPooling2D(3, 2)(X))
    for _ in range(2):
        X = Dropout(0.5)(Dense(units, activation="relu")(X))
    return keras.Model(image, Dense(classes, activation="softmax")(X))


def alexnet_2012_in_tensorflow(input_shape, classes, filters=(96, 256, 384, 384, 256), units=4096, groups=2):
    def normalize():
        return layers.Lambda(lambda A: tf.nn.lrn(A, 2, 2, 1e-4, 0.75))

    return alexnet_of_two_towers(input_shape, classes, filters, units, groups, normalize)


def zfnet_in_a_list(input_shape, classes, filters=(96, 256, 384, 384, 256), units=4096):
    relu = {"activation": "relu"}
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.ZeroPadding2D((1, 1)),
            Conv2D(filters[0], 7, 2, **relu),
            MaxPooling2D(3, 2, "same"),
            Conv2D(filters[1], 5, 2, **relu),
            MaxPooling2D(3, 2, "same"),
            *(Conv2D(count, 3, padding="same", **relu) for count in filters[2:]),
            MaxPooling2D(3, 2),
            Flatten(),
            Dense(units, **relu),
            Dropout(0.5),
            Dense(units, **relu),
            Dropout(0.5),
            Dense(classes, "softmax"),
        ]
    )


def zfnet_that_drops_before(input_shape, classes, filters=(96, 256, 384, 384, 256), units=4096):
    body = zfnet_in_a_list(input_shape, classes, filters, units).layers[:-5]
    X = image = keras.Input(input_shape)
    for layer in body:
        X = layer(X)
    for _ in range(2):
        X = Dense(units, "relu")(Dropout(0.5)(X))
    return keras.Model(image, Dense(classes, "softmax")(X))


def vgg_as_in_keras(depth=16, input_shape=(224, 224, 3), classes=1000, filters=64, units=4096, place=""):
    """Layer by layer, with names."""
    model = keras.Sequential([keras.Input(input_shape)])
    for block in range(1, 6):
        convolutions = 2 if block < 3 else 3 + (depth == 19)
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            width = min(filters * 2 ** (block - 1), 8 * filters)
            model.add(Conv2D(width, (3, 3), activation="relu", padding="same", name=name))
        model.add(MaxPooling2D((2, 2), strides=(2, 2), name=f"block{block}_pool"))
    model.add(Flatten(name="flatten"))
    for name in ("fc1", "fc2"):
        if place == "before":
            model.add(Dropout(0.5))
        model.add(Dense(units, activation="relu", name=name))
        if place == "after":
            model.add(Dropout(0.5))
    model.add(Dense(classes, activation="softmax", name="predictions"))
    return model


def vgg_with_borders_by_hand(depth, input_shape, classes, filters=64, units=4096):
    counts = {16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4]}[depth]
    X = image = keras.Input(input_shape)
    for count, width in zip(counts, (1, 2, 4, 8, 8), strict=True):
        for _ in range(count):
            X = layers.ReLU()(Conv2D(width * filters, 3)(layers.ZeroPadding2D(1)(X)))
        X = MaxPooling2D()(X)
    X = Flatten()(X)
    X = Activation("relu")(Dense(units)(X))
    X = Activation("relu")(Dense(units)(X))
    return keras.Model(image, keras.ops.softmax(Dense(classes)(X)))


def normalization_by_a_matrix(A, n, k, alpha, beta):
    channels = np.arange(A.shape[-1])
    near = np.abs(channels[:, None] - channels) <= n // 2
    return A * (k + alpha * np.square(A) @ near) ** -beta


def normalization_by_einsum(A, n=5, bias=2.0, alpha=1e-4, beta=0.75):
    padded = np.pad(A, ((0, 0), (0, 0), (0, 0), (n // 2, n // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, n, axis=-1)
    return A / np.power(bias + alpha * np.einsum("mhwcj,mhwcj->mhwc", windows, windows), beta)


def normalization_in_float32(A, n, k, alpha, beta):
    return normalization_by_a_matrix(A.astype("f4"), n, k, alpha, beta).astype("f4")


def normalization_of_tensorflow(A, n=5, k=2, alpha=1e-4, beta=0.75):
    return tf.nn.local_response_normalization(tf.constant(A, "float32"), n // 2, k, alpha, beta)


def normalization_pixel_by_pixel(A, n=5, k=2, alpha=1e-4, beta=0.75):
    B = np.empty_like(A)
    m, n_H, n_W, n_C = A.shape
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    total = sum(A[i, h, w, j] ** 2 for j in range(n_C) if abs(j - c) <= n // 2)
                    B[i, h, w, c] = A[i, h, w, c] / (k + alpha * total) ** beta
    return B


def memory_by_names(network):
    values = int(np.prod(network.inputs[0].shape[1:]))
    for layer in network.layers:
        if any(word in type(layer).__name__ for word in ("Conv", "Pooling", "Dense")):
            values += int(np.prod([size for size in layer.output.shape if size]))
    return [values, np.float64(4 * values)]


def memory_of_all_that_is_left(model):
    idle = (layers.InputLayer, Flatten, layers.ReLU, Activation, layers.Softmax, Dropout)
    total = sum(
        np.prod(layer.compute_output_shape(layer.input.shape)[1:]) for layer in model.layers if type(layer) not in idle
    )
    total = total + np.prod(model.inputs[0].shape[1:])
    return total, total * np.dtype("float32").itemsize


def share_by_weights(model):
    sizes = {"Conv2D": 0, "Dense": 0}
    for layer in model.layers:
        if type(layer).__name__ in sizes:
            sizes[type(layer).__name__] += sum(int(np.prod(weight.shape)) for weight in layer.weights)
    whole = sum(int(np.prod(weight.shape)) for weight in model.weights)
    return sizes["Conv2D"], sizes["Dense"], (sizes["Dense"] / whole if whole else 0)


def share_by_get_weights(model):
    def count(kind):
        return sum(array.size for layer in model.layers if isinstance(layer, kind) for array in layer.get_weights())

    whole = count(layers.Layer)
    return [count(Conv2D), count(Dense), count(Dense) / whole if whole > 0 else 0.0]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("lenet5", lenet5_of_convolutions),
        ("lenet5", lenet5_subclassed),
        ("alexnet", alexnet_as_printed),
        ("alexnet", alexnet_with_a_convolution_as_dense_layer),
        ("alexnet_2012", alexnet_of_two_towers),
        ("alexnet_2012", alexnet_2012_in_tensorflow),
        ("zfnet", zfnet_in_a_list),
        ("zfnet", zfnet_that_drops_before),
        ("vgg", vgg_as_in_keras),
        ("vgg", functools.partial(vgg_as_in_keras, place="before")),
        ("vgg", functools.partial(vgg_as_in_keras, place="after")),
        ("vgg", vgg_with_borders_by_hand),
        ("local_response_normalization", normalization_by_a_matrix),
        ("local_response_normalization", normalization_by_einsum),
        ("local_response_normalization", normalization_in_float32),
        ("local_response_normalization", normalization_of_tensorflow),
        ("local_response_normalization", normalization_pixel_by_pixel),
        ("activation_memory", memory_by_names),
        ("activation_memory", memory_of_all_that_is_left),
        ("parameter_share", share_by_weights),
        ("parameter_share", share_by_get_weights),
    ],
    ids=lambda part: part if isinstance(part, str) else getattr(part, "__name__", "with dropout"),
)
def test_a_differently_written_right_answer_passes(name, function):
    report = checks.run("classic_networks", name, function, seed=2)
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


def test_an_answer_in_megabytes_may_be_rounded():
    right = {"six_times_faster": "Training", "vgg_place": 2, "dense_layers": 3}
    for megabytes, passes in ((61, True), (60.95, True), (60.9, True), (58.1, False), (63, False)):
        answers = {**right, "vgg_megabytes": megabytes}
        assert checks.run("classic_networks", "spot_the_mistake", lambda answers=answers: answers).passed == passes


# Wrong answers that no named mistake describes


def changed_vgg(number, change):
    """VGG whose convolution of this number, from 0, is another."""

    def vgg(depth, input_shape, classes, filters=64, units=4096):
        X, place = keras.Input(input_shape), 0
        image = X
        for count, width in zip((2, 2, *[3 + (depth == 19)] * 3), (1, 2, 4, 8, 8), strict=True):
            for _ in range(count):
                options = {"filters": width * filters, "kernel_size": 3, "padding": "same", "activation": "relu"}
                X = Conv2D(**{**options, **(change if place == number else {})})(X)
                place += 1
            X = MaxPooling2D(2)(X)
        X = Dense(units, "relu")(Dense(units, "relu")(Flatten()(X)))
        return keras.Model(image, Dense(classes, "softmax")(X))

    return vgg


@pytest.mark.parametrize("number", [0, 3, 7, 12])
@pytest.mark.parametrize("change", [{"activation": "elu"}, {"use_bias": False}, {"dilation_rate": 2}], ids=str)
def test_one_wrong_convolution_of_vgg_shows(number, change):
    report = checks.run("classic_networks", "vgg", changed_vgg(number, change))
    assert not report.passed and report.mistake is None
    assert {group.name for group in report.groups if group.passed} <= {"at full size"}


def test_what_the_changed_vgg_starts_from_is_right():
    assert checks.run("classic_networks", "vgg", changed_vgg(0, {})).passed


def test_dropout_of_another_share_in_vgg_is_wrong():
    def vgg(depth, input_shape, classes, filters=64, units=4096):
        body = classic_networks.vgg(depth, input_shape, classes, filters, units)
        return keras.Model(body.input, body.layers[-1](Dropout(0.3)(body.layers[-2].output)))

    report = checks.run("classic_networks", "vgg", vgg)
    assert [group.name for group in report.groups if group.passed] == ["at full size"]


@pytest.mark.parametrize(
    "constants", [(2, 2.0, 1e-3, 0.75), (1, 2.0, 1e-4, 0.75), (2, 2.0, 1e-4, 0.7), (2, 3.0, 1e-4, 0.75)]
)
def test_other_constants_of_the_normalization_are_wrong(constants):
    """Such a small factor shows on bright pictures only."""

    def normalize():
        return layers.Lambda(lambda A: tf.nn.local_response_normalization(A, *constants))

    wrong = functools.partial(alexnet_of_two_towers, normalize=normalize)
    report = checks.run("classic_networks", "alexnet_2012", wrong)
    assert [group.name for group in report.groups if not group.passed] == ["what it computes"]


def test_one_slip_costs_the_groups_that_it_touches_only():
    def groups_of(name, key):
        (mistake,) = (mistake for mistake in checks.get("classic_networks", name).mistakes if mistake.key == key)
        report = checks.run("classic_networks", name, mistake.variant)
        return [group.name for group in report.groups if not group.passed]

    assert groups_of("alexnet", "no-softmax") == ["what it computes"]
    assert groups_of("alexnet", "square-only")[-1:] == ["at full size"]
    assert groups_of("alexnet_2012", "always-two-groups") == ["all channels joined"]
    assert groups_of("vgg", "always-16")[0] == "VGG-19"
    assert groups_of("lenet5", "max-always") == ["as in 1998"]
    assert groups_of("lenet5", "average-always") == ["ReLU and max pooling"]
    assert groups_of("parameter_share", "divides-by-zero") == ["no parameters at all"]
    assert groups_of("parameter_share", "of-both-kinds") == ["other parameters"]
    assert groups_of("activation_memory", "dropout-counted") == ["layers that keep nothing"]


def test_a_network_that_is_not_slim_is_not_computed():
    slim = {"input_shape": (99, 131, 3), "classes": 7, "filters": (4, 6, 8, 10, 12), "units": 9}
    found = probes.slim_network(lambda **given: classic_networks.alexnet(classes=7), slim)
    assert set(found) == {"output_shape", "parameters", "trainable"}
