"""The checks of notebook 06: right answers written differently, wrong ones that no named mistake describes, and what is
kept of wrong networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from solution_functions import SOLUTIONS, functions

from dlcourse import checks, inception
from dlcourse.checking import networks_seen
from dlcourse.checking.probes import googlenet as probe
from dlcourse.checks.inception import networks

NAMES = [exercise.name for exercise in checks.exercises("inception")]


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes(name):
    solution = functions("inception")
    report = checks.run("inception", name, getattr(solution, name), seed=1, namespace=vars(solution))
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


def test_the_given_modules_are_the_references():
    given = {name: filters for name, filters in inception.MODULES.items() if filters is not None}
    assert functions("inception").MODULES == given


# Right answers, written differently


def one_by_one_by_einsum(X, W, b):
    return np.einsum("mhwc,xyck->mhwk", X, W) + b


def one_by_one_in_float32(X, W, b):
    return (X.astype("f4") @ W[0, 0].astype("f4") + b[0, 0, 0].astype("f4")).astype("f4")


def one_by_one_that_broadcasts(A_prev, W, b):
    return np.matmul(A_prev, W) + b


def one_by_one_by_a_sum(X, W, b):
    return sum(X[..., c, None] * W[0, 0, c] for c in range(X.shape[3])) + b


def one_by_one_by_tensorflow(X, W, b):
    return tf.nn.conv2d(X, W, 1, "VALID") + b


def backward_by_einsum(dZ, X, W):
    dX = np.einsum("mhwk,xyck->mhwc", dZ, W)
    dW = np.einsum("mhwc,mhwk->ck", X, dZ)
    return dX, dW.reshape(W.shape), np.einsum("mhwk->k", dZ).reshape(1, 1, 1, -1)


def backward_by_loops(dZ, X, W):
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros((1, 1, 1, W.shape[3]))
    for place in np.ndindex(X.shape[:3]):
        for k in range(W.shape[3]):
            for c in range(W.shape[2]):
                dX[place][c] += W[0, 0, c, k] * dZ[place][k]
                dW[0, 0, c, k] += X[place][c] * dZ[place][k]
            db[0, 0, 0, k] += dZ[place][k]
    return [dX, dW, db]


def backward_in_float32(dZ, X, W):
    return inception.one_by_one_backward(dZ.astype("f4"), X.astype("f4"), W.astype("f4"))


def cost_in_floats(input_shape, filters, f, stride=1, padding="same"):
    pad = f - 1 if padding == "same" else 0
    rows, columns = (np.floor((n + pad - f) / stride) + 1 for n in input_shape[:2])
    return rows * columns * filters * input_shape[2] * f**2


def cost_by_counting(input_shape, n_C, f, strides=1, padding="same"):
    n_H, n_W, n_C_prev = input_shape
    last = 0 if padding == "same" else f - 1
    places = len(range(0, n_H - last, strides)) * len(range(0, n_W - last, strides))
    return places * n_C * f * f * n_C_prev


def cost_by_keras(input_shape, filters, f, stride=1, padding="same"):
    layer = keras.layers.Conv2D(filters, f, strides=stride, padding=padding, use_bias=False)
    output = layer.compute_output_shape((None, *input_shape))
    return int(np.prod(output[1:])) * f * f * input_shape[2]


def bottleneck_by_hand(input_shape, reduced, filters, f):
    pixels = input_shape[0] * input_shape[1]
    return pixels * reduced * (input_shape[2] + f * f * filters)


def naive_with_layers_made_first(X, filters):
    made = [layers.Conv2D(count, size, padding="same") for count, size in zip(filters, (1, 3, 5), strict=True)]
    pooled = layers.MaxPool2D((3, 3), strides=(1, 1), padding="same")(X)
    return keras.ops.concatenate([*(layers.Activation("relu")(layer(X)) for layer in made), pooled], axis=3)


def naive_by_padding(X, filters):
    def branch(count, size):
        return layers.ReLU()(layers.Conv2D(count, size)(layers.ZeroPadding2D(size // 2)(X)))

    pooled = layers.MaxPooling2D(3, 1, padding="same")(X)
    return layers.concatenate([branch(filters[0], 1), branch(filters[1], 3), branch(filters[2], 5), pooled])


class Inception(layers.Layer):
    """The parts made in the reverse order, and a dense layer for each 1x1 convolution."""

    def __init__(self, filters):
        super().__init__()
        ones, reduce3, threes, reduce5, fives, projected = filters
        self.projection = layers.Dense(projected, activation="relu")
        self.fives = keras.Sequential(
            [layers.Dense(reduce5, activation="relu"), layers.Conv2D(fives, 5, 1, "same", activation="relu")]
        )
        self.threes = keras.Sequential(
            [layers.Dense(reduce3, activation="relu"), layers.Conv2D(threes, 3, 1, "same", activation="relu")]
        )
        self.ones = layers.Dense(ones, activation="relu")

    def call(self, X):
        pooled = tf.nn.max_pool2d(X, 3, 1, "SAME")
        return tf.concat([self.ones(X), self.threes(X), self.fives(X), self.projection(pooled)], axis=-1)


def inception_subclassed(x, filters):
    return Inception(filters)(x)


def inception_from_parts(X, filters):
    def part(X, count, size):
        return keras.ops.relu(layers.Conv2D(count, (size, size), padding="same")(X))

    F = list(filters)
    second = part(part(X, F[1], 1), F[2], 3)
    third = part(part(X, F[3], 1), F[4], 5)
    fourth = part(layers.MaxPooling2D(pool_size=3, strides=1, padding="same")(X), F[5], 1)
    return layers.Concatenate(axis=3)([part(X, F[0], 1), second, third, fourth])


def inception_with_a_model_inside(X, filters):
    inner = keras.Input(X.shape[1:])
    return keras.Model(inner, inception.inception_block(inner, filters))(X)


def head_sequential(X, n_classes, filters=128, units=1024):
    return keras.Sequential(
        [
            layers.AveragePooling2D((5, 5), (3, 3), "valid"),
            layers.Conv2D(filters, 1),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(units),
            layers.Activation("relu"),
            layers.Dropout(rate=0.7, seed=4),
            layers.Dense(n_classes),
            layers.Softmax(),
        ]
    )(X)


def head_with_the_convolution_first(X, classes, filters=128, units=1024):
    """The mean of a linear map is the map of the mean; ReLU comes after both."""
    X = layers.ReLU()(layers.AveragePooling2D(5, 3)(layers.Conv2D(filters, 1)(X)))
    X = layers.Dense(units, "relu")(layers.Reshape((-1,))(X))
    return layers.Dense(classes, "softmax")(layers.Dropout(0.7)(X))


def googlenet_line_by_line(input_shape=(224, 224, 3), classes=1000, alpha=1.0, auxiliary=True):
    def conv(X, count, f, stride=1):
        return layers.ReLU()(layers.Conv2D(int(count * alpha), f, stride, "same")(X))

    def pool(X):
        return layers.MaxPool2D((3, 3), strides=2, padding="same")(X)

    def block(X, *filters):
        return inception.inception_block(X, [int(count * alpha) for count in filters])

    image = keras.Input(shape=input_shape)
    X = conv(pool(conv(image, 64, 7, 2)), 64, 1)
    X = pool(conv(X, 192, 3))
    X = pool(block(block(X, 64, 96, 128, 16, 32, 32), 128, 128, 192, 32, 96, 64))
    a = block(X, 192, 96, 208, 16, 48, 64)
    X = block(block(a, 160, 112, 224, 24, 64, 64), 128, 128, 256, 24, 64, 64)
    d = block(X, 112, 144, 288, 32, 64, 64)
    X = pool(block(d, 256, 160, 320, 32, 128, 128))
    X = block(block(X, 256, 160, 320, 32, 128, 128), 384, 192, 384, 48, 128, 128)
    X = keras.ops.mean(X, axis=(1, 2))
    own = layers.Dense(classes, "softmax")(layers.Dropout(0.4)(X))
    if not auxiliary:
        return keras.Model(image, own)
    heads = [inception.auxiliary_head(part, classes, int(128 * alpha), int(1024 * alpha)) for part in (a, d)]
    return keras.Model(image, (own, *heads))


def googlenet_for_any_size(input_shape=(224, 224, 3), classes=1000, alpha=1.0, auxiliary=True):
    if auxiliary:  # a head's dense layer needs to know its input
        return inception.googlenet(input_shape, classes, alpha)
    return inception.googlenet((None, None, input_shape[2]), classes, alpha, False)


def loss_by_gathering(y_true, y_pred, weight=0.3):
    def cross_entropy(probabilities):
        right = tf.gather(probabilities, y_true, axis=1, batch_dims=1)
        return -tf.reduce_mean(tf.math.log(right))

    if isinstance(y_pred, list):
        own, first, second = y_pred
        return cross_entropy(own) + weight * (cross_entropy(first) + cross_entropy(second))
    return cross_entropy(y_pred)


def loss_by_keras_class(labels, outputs, weight=0.3):
    loss = keras.losses.SparseCategoricalCrossentropy()
    if not isinstance(outputs, (list, tuple)):
        return loss(labels, outputs)
    return loss(labels, outputs[0]) + weight * sum(loss(labels, output) for output in outputs[1:])


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("one_by_one", one_by_one_by_einsum),
        ("one_by_one", one_by_one_in_float32),
        ("one_by_one", one_by_one_that_broadcasts),
        ("one_by_one", one_by_one_by_a_sum),
        ("one_by_one", one_by_one_by_tensorflow),
        ("one_by_one_backward", backward_by_einsum),
        ("one_by_one_backward", backward_by_loops),
        ("one_by_one_backward", backward_in_float32),
        ("conv_cost", cost_in_floats),
        ("conv_cost", cost_by_counting),
        ("conv_cost", cost_by_keras),
        ("bottleneck_cost", bottleneck_by_hand),
        ("naive_inception_block", naive_with_layers_made_first),
        ("naive_inception_block", naive_by_padding),
        ("inception_block", inception_subclassed),
        ("inception_block", inception_from_parts),
        ("inception_block", inception_with_a_model_inside),
        ("auxiliary_head", head_sequential),
        ("auxiliary_head", head_with_the_convolution_first),
        ("googlenet", googlenet_line_by_line),
        ("googlenet", googlenet_for_any_size),
        ("googlenet", networks.one_dropout_for_both_heads),
        ("googlenet_loss", loss_by_gathering),
        ("googlenet_loss", loss_by_keras_class),
    ],
    ids=lambda part: part if isinstance(part, str) else part.__name__,
)
def test_a_differently_written_right_answer_passes(name, function):
    report = checks.run("inception", name, function, seed=2)
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Wrong answers that no named mistake describes


def changed_block(X, filters, **changed):
    """inception_block with one of its six convolutions changed."""
    parts = {
        "ones": {"filters": filters[0], "kernel_size": 1},
        "reduce3": {"filters": filters[1], "kernel_size": 1},
        "threes": {"filters": filters[2], "kernel_size": 3},
        "reduce5": {"filters": filters[3], "kernel_size": 1},
        "fives": {"filters": filters[4], "kernel_size": 5},
        "projected": {"filters": filters[5], "kernel_size": 1},
    }

    def conv(X, name):
        return layers.Conv2D(**{"padding": "same", "activation": "relu", **parts[name], **changed.get(name, {})})(X)

    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(X)
    return layers.Concatenate()(
        [
            conv(X, "ones"),
            conv(conv(X, "reduce3"), "threes"),
            conv(conv(X, "reduce5"), "fives"),
            conv(pooled, "projected"),
        ]
    )


def test_what_the_changed_block_starts_from_is_right():
    assert checks.run("inception", "inception_block", changed_block).passed


@pytest.mark.parametrize(
    ("part", "change", "lost"),
    [
        ("ones", {"activation": "tanh"}, {"the 1x1 branch"}),
        ("threes", {"dilation_rate": 2}, {"the 3x3 branch"}),
        ("reduce5", {"activation": "tanh"}, {"the 5x5 branch"}),
        ("fives", {"kernel_size": 3}, {"the 5x5 branch", "sizes"}),
        ("projected", {"use_bias": False}, {"the pooling branch", "sizes"}),
    ],
)
def test_a_slip_in_one_branch_costs_that_branch_and_the_sizes_only(part, change, lost):
    def inception_block(X, filters):
        return changed_block(X, filters, **{part: change})

    report = checks.run("inception", "inception_block", inception_block)
    assert {group.name for group in report.groups if not group.passed} == lost


def test_a_block_that_sends_no_gradient_back_fails():
    def inception_block(X, filters):
        cut = layers.Lambda(keras.ops.stop_gradient, output_shape=lambda shape: shape)
        return inception.inception_block(cut(X), filters)

    report = checks.run("inception", "inception_block", inception_block)
    assert {group.name for group in report.groups if not group.passed} == {"sizes"}


def test_branches_that_do_not_fit_are_told_with_their_shapes():
    def naive_inception_block(X, filters):
        return layers.Concatenate()([X, layers.MaxPooling2D(2)(X)])

    report = checks.run("inception", "naive_inception_block", naive_inception_block)
    assert report.mistake is None
    assert "5 x 6 x 3, 2 x 3 x 3" in report.failures[0].message


def test_a_slip_in_a_head_costs_the_heads_only():
    def auxiliary_head(X, classes, filters=128, units=1024):
        X = layers.Conv2D(filters, 1, activation="elu")(layers.AveragePooling2D(5, strides=3)(X))
        X = layers.Dropout(0.7)(layers.Dense(units, activation="relu")(layers.Flatten()(X)))
        return layers.Dense(classes, activation="softmax")(X)

    report = checks.run("inception", "googlenet", networks._variant_of_googlenet(head=auxiliary_head))
    assert [group.name for group in report.groups if not group.passed] == [networks.HEADS]
    assert report.mistake is None


@pytest.mark.parametrize("seed", range(3))
def test_a_network_for_square_pictures_only_fails(seed):
    def googlenet(input_shape, classes, alpha, auxiliary):
        n_H, _, n_C = input_shape
        return inception.googlenet((n_H, n_H, n_C), classes, alpha, auxiliary)

    report = checks.run("inception", "googlenet", googlenet, seed=seed)
    assert report.mistake.key == "square-only"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("X = Dropout(0.4)(X)\n", "X = Dropout(0.6)(X)\n", "dropout-kept"),
        ('if name in ("3b", "4e"):', "if False:", "no-poolings-between-modules"),
        ('("4a", "4d") and auxiliary', '("4a", "4e") and auxiliary', "head-after-4e"),
        ("[outputs, *heads] if auxiliary", "[*heads, outputs] if auxiliary", "heads-first"),
        ("scaled(128), scaled(1024)", "128, 1024", "heads-not-scaled"),
        ("GlobalAveragePooling2D()(X)\n", "Flatten()(AveragePooling2D(7)(X))\n", "window-too-large"),
    ],
)
def test_likely_slips_in_googlenet_are_named(old, new, key):
    report = report_on_googlenet_with(old, new)
    assert report.mistake and report.mistake.key == key, [failure.message for failure in report.failures]


def report_on_googlenet_with(old, new):
    """The solution, with a line typed otherwise."""
    namespace = dict(vars(functions("inception")))
    notebook = (SOLUTIONS / "06_inception.py").read_text(encoding="utf-8")
    text = notebook[notebook.index("def googlenet(") : notebook.index('# %% check="googlenet"')]
    assert text.count(old) == 1
    exec(text.replace(old, new), namespace)
    return checks.run("inception", "googlenet", namespace["googlenet"], namespace=namespace)


def test_the_first_convolution_without_its_relu_is_wrong():
    """The pooling behind it takes the largest numbers, few of which are negative."""
    report = report_on_googlenet_with('7, strides=2, padding="same", activation="relu"', '7, strides=2, padding="same"')
    assert networks.COMPUTES in [group.name for group in report.groups if not group.passed]


# What is kept of networks, and what is expected at full size


@pytest.mark.parametrize(
    ("group", "auxiliary", "look"), [(networks.COMPUTES, False, probe.network), (networks.HEADS, True, probe.heads)]
)
def test_what_is_kept_of_the_right_network_is_what_the_reference_computes(group, auxiliary, look):
    seen = look(lambda **given: inception.googlenet(**given), {**networks.SMALL, "auxiliary": auxiliary})
    kept = networks_seen.seen("googlenet", f"{group}: right")
    for name in ("inference", "training"):
        np.testing.assert_allclose(kept.pop(name), np.array(seen.pop(name)), atol=2e-5)
    assert [tuple(shape) for shape in kept.pop("output_shapes")] == seen.pop("output_shapes")
    assert kept == seen


@pytest.mark.parametrize("auxiliary", [True, False])
def test_the_parameters_that_the_check_expects_are_the_references(auxiliary):
    for n_H, n_W, n_C, classes in ((224, 224, 3, 1000), (208, 240, 1, 37), (224, 208, 2, 5)):
        places = ((n_H // 16 - 5) // 3 + 1) * ((n_W // 16 - 5) // 3 + 1)
        args = {"input_shape": (n_H, n_W, n_C), "classes": classes, "auxiliary": auxiliary}
        found = probe.counts(lambda **given: inception.googlenet(**given), args)
        assert found["parameters"] == networks._parameters(n_C, classes, places, auxiliary)


def test_every_kept_network_is_one_that_a_mistake_or_a_right_answer_makes():
    exercise = checks.get("inception", "googlenet")
    groups = (networks.COMPUTES, networks.HEADS)
    keys = {mistake.key for mistake in exercise.mistakes if mistake.group in groups}
    right = {f"{group}: right" for group in groups} | {f"{networks.HEADS}: one dropout"}
    assert set(networks_seen._kept("googlenet")) == keys | right
