"""The checks of notebook 05: right answers written differently, and wrong ones that no named mistake describes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.initializers import glorot_uniform, random_uniform
from keras.layers import Activation, Add, AveragePooling2D, BatchNormalization, Conv2D, Dense, Flatten, ReLU
from solution_functions import SOLUTIONS, functions

from dlcourse import checks, residual
from dlcourse.checking import networks_seen
from dlcourse.checking.panel import help, session
from dlcourse.checking.probes import models
from dlcourse.checks.residual import resnets

# What is expected of large networks, and what the notebook's solution earns


@pytest.mark.parametrize(
    ("name", "input_shape", "classes"),
    [("ResNet50", (64, 64, 3), 6), ("resnet18", (33, 33, 3), 7), ("resnet34", (33, 33, 3), 7)],
)
def test_what_the_checks_expect_of_large_networks_is_what_the_references_compute(name, input_shape, classes):
    build = getattr(residual, name)
    seen = models.large_model(lambda **given: build(**given), {"input_shape": input_shape, "classes": classes})
    noted = networks_seen.seen(name)
    np.testing.assert_allclose(noted.pop("training"), seen.pop("training"), atol=2e-5)
    assert noted == seen


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("residual")])
def test_the_solution_passes(name):
    solution = functions("residual")
    report = checks.run("residual", name, getattr(solution, name), seed=1, namespace=vars(solution))
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Right answers, written differently


def identity_of_2017(X, f, filters, stage, block):
    conv, bn = f"res{stage}{block}_branch", f"bn{stage}{block}_branch"
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(
        filters=F1,
        kernel_size=(1, 1),
        strides=(1, 1),
        padding="valid",
        name=conv + "2a",
        kernel_initializer=glorot_uniform(seed=0),
    )(X)
    X = BatchNormalization(axis=3, name=bn + "2a")(X)
    X = Activation("relu")(X)
    X = Conv2D(
        filters=F2,
        kernel_size=(f, f),
        strides=(1, 1),
        padding="same",
        name=conv + "2b",
        kernel_initializer=glorot_uniform(seed=0),
    )(X)
    X = BatchNormalization(axis=3, name=bn + "2b")(X)
    X = Activation("relu")(X)
    X = Conv2D(
        filters=F3,
        kernel_size=(1, 1),
        strides=(1, 1),
        padding="valid",
        name=conv + "2c",
        kernel_initializer=glorot_uniform(seed=0),
    )(X)
    X = BatchNormalization(axis=3, name=bn + "2c")(X)
    return Activation("relu")(Add()([X, X_shortcut]))


def identity_of_2021(X, f, filters, training=True, initializer=random_uniform):
    F1, F2, F3 = filters
    X_shortcut = X
    X = Conv2D(F1, 1, padding="valid", kernel_initializer=initializer(seed=0))(X)
    X = Activation("relu")(BatchNormalization(axis=3)(X, training=training))
    X = Conv2D(F2, f, padding="same", kernel_initializer=initializer(seed=0))(X)
    X = Activation("relu")(BatchNormalization(axis=3)(X, training=training))
    X = Conv2D(F3, 1, padding="valid", kernel_initializer=initializer(seed=0))(X)
    X = BatchNormalization(axis=3)(X, training=training)
    return Activation("relu")(Add()([X_shortcut, X]))


def identity_of_2023(X, f, filters, initializer=random_uniform):
    return identity_of_2021(X, f, filters, None, initializer)


class IdentityBlock(keras.Model):
    """The parts made in the reverse order."""

    def __init__(self, f, filters):
        super().__init__()
        self.third, self.third_norm = Conv2D(filters[2], 1), BatchNormalization()
        self.second, self.second_norm = Conv2D(filters[1], f, padding="same"), BatchNormalization()
        self.first, self.first_norm = Conv2D(filters[0], 1), BatchNormalization()

    def call(self, X, training=None):
        path = keras.activations.relu(self.first_norm(self.first(X), training=training))
        path = keras.ops.relu(self.second_norm(self.second(path), training=training))
        return tf.nn.relu(X + self.third_norm(self.third(path), training=training))


def identity_subclassed(X, f, filters):
    return IdentityBlock(f, filters)(X)


def identity_sequential(x, kernel_size, filters):
    first, second, third = filters
    path = keras.Sequential(
        [
            Conv2D(first, 1),
            BatchNormalization(epsilon=1e-5, momentum=0.99),
            ReLU(),
            Conv2D(second, kernel_size, padding="same"),
            BatchNormalization(epsilon=1.001e-5),
            ReLU(),
            Conv2D(third, 1),
            BatchNormalization(),
        ]
    )
    return keras.ops.maximum(layers.add([x, path(x)]), 0)


def identity_with_a_model_inside(X, f, filters, stage=None, block=None):
    inner = keras.Input(X.shape[1:])
    return keras.Model(inner, residual.identity_block(inner, f, list(filters), stage, block))(X)


def identity_from_parts(X, f, filters, *unused):
    def part(X, count, size, **options):
        return BatchNormalization(scale=True)(Conv2D(count, (size, size), 1, "same")(X), **options)

    return ReLU()(X + part(ReLU()(part(ReLU()(part(X, filters[0], 1)), filters[1], f)), filters[2], 1))


def convolutional_of_2021(X, f, filters, s=2, training=True, initializer=glorot_uniform):
    F1, F2, F3 = filters
    X_shortcut = BatchNormalization(axis=3)(
        Conv2D(F3, 1, strides=(s, s), kernel_initializer=initializer(seed=0))(X), training=training
    )
    X = Activation("relu")(BatchNormalization(axis=3)(Conv2D(F1, 1, strides=(s, s))(X), training=training))
    X = Activation("relu")(BatchNormalization(axis=3)(Conv2D(F2, f, padding="same")(X), training=training))
    X = BatchNormalization(axis=3)(Conv2D(F3, 1)(X), training=training)
    return Activation("relu")(Add()([X, X_shortcut]))


def convolutional_that_picks_pixels(X, f, filters, stage, block, s=2):
    """A 1x1 convolution with a stride looks at every s-th pixel only."""
    return convolutional_of_2021(X[:, ::s, ::s], f, filters, s=1)


def ResNet50_of_2021(input_shape=(64, 64, 3), classes=6, training=False):
    """A block for each line, the average written as a layer with a window of 2."""
    X_input = keras.Input(input_shape)
    X = layers.ZeroPadding2D((3, 3))(X_input)
    X = Conv2D(64, (7, 7), strides=(2, 2), kernel_initializer=glorot_uniform(seed=0))(X)
    X = Activation("relu")(BatchNormalization(axis=3)(X))
    X = layers.MaxPooling2D((3, 3), strides=(2, 2))(X)
    X = convolutional_of_2021(X, f=3, filters=[64, 64, 256], s=1)
    X = identity_of_2021(X, 3, [64, 64, 256])
    X = identity_of_2021(X, 3, [64, 64, 256])
    for filters, count in (([128, 128, 512], 3), ([256, 256, 1024], 5), ([512, 512, 2048], 2)):
        X = convolutional_of_2021(X, f=3, filters=filters, s=2)
        for _ in range(count):
            X = identity_of_2021(X, 3, filters)
    X = AveragePooling2D((2, 2))(X)
    X = Flatten()(X)
    X = Dense(classes, activation="softmax", kernel_initializer=glorot_uniform(seed=0))(X)
    return keras.Model(inputs=X_input, outputs=X)


class BasicBlock(layers.Layer):
    def __init__(self, filters, stride):
        super().__init__()
        self.filters, self.stride, self.side = filters, stride, None
        self.main = keras.Sequential(
            [
                Conv2D(filters, 3, stride, "same", use_bias=False),
                BatchNormalization(),
                Activation("relu"),
                Conv2D(filters, 3, 1, "same", use_bias=False),
                BatchNormalization(),
            ]
        )

    def build(self, shape):
        self.main.build(shape)
        if self.stride != 1 or shape[-1] != self.filters:
            self.side = keras.Sequential([Conv2D(self.filters, 1, self.stride, use_bias=False), BatchNormalization()])
            self.side.build(shape)

    def call(self, X, training=False):
        shortcut = X if self.side is None else self.side(X, training=training)
        return keras.activations.relu(self.main(X, training=training) + shortcut)


def basic_subclassed(X, filters, s=1):
    return BasicBlock(filters, s)(X)


def basic_with_explicit_borders(X, filters, strides=1):
    """As PyTorch pads: one pixel on each side. At a stride of 2 that is "same" for odd sizes."""
    path = Conv2D(filters, 3, strides, use_bias=False)(layers.ZeroPadding2D(1)(X))
    path = ReLU()(BatchNormalization(epsilon=1e-5)(path))
    path = BatchNormalization(epsilon=1e-5)(Conv2D(filters, 3, padding="same", use_bias=False)(path))
    if strides > 1 or filters != X.shape[-1]:
        X = BatchNormalization(epsilon=1e-5)(Conv2D(filters, 1, strides, use_bias=False)(X))
    return ReLU()(path + X)


def resnet18_sequential(input_shape=(224, 224, 3), classes=1000, blocks=(2, 2, 2, 2)):
    strides = [2 if row and not number else 1 for row in range(4) for number in range(blocks[row])]
    filters = [64 * 2**row for row in range(4) for _ in range(blocks[row])]
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.ZeroPadding2D(3),
            Conv2D(64, 7, 2, use_bias=False),
            BatchNormalization(),
            ReLU(),
            layers.ZeroPadding2D(1),
            layers.MaxPooling2D(3, 2),
            *(BasicBlock(*filters_and_stride) for filters_and_stride in zip(filters, strides, strict=True)),
            layers.GlobalAvgPool2D(),
            Dense(classes),
            layers.Softmax(),
        ]
    )


class ResNet18(keras.Model):
    """It meets its input when it is called, and its blocks make their weights then."""

    def __init__(self, classes):
        super().__init__()
        self.first, self.norm = Conv2D(64, 7, 2, "same", use_bias=False), BatchNormalization()
        self.pool = layers.MaxPooling2D(3, 2, "same")
        self.blocks = [LateBlock(64 * 2 ** (n // 2), 2 if n in (2, 4, 6) else 1) for n in range(8)]
        self.average, self.last = layers.GlobalAveragePooling2D(), Dense(classes, activation="softmax")

    def call(self, X, training=None):
        X = self.pool(keras.ops.relu(self.norm(self.first(X), training=training)))
        for block in self.blocks:
            X = block(X, training=training)
        return self.last(self.average(X))


class LateBlock(layers.Layer):
    def __init__(self, filters, stride):
        super().__init__()
        self.first, self.first_norm = Conv2D(filters, 3, stride, "same", use_bias=False), BatchNormalization()
        self.second, self.second_norm = Conv2D(filters, 3, padding="same", use_bias=False), BatchNormalization()
        self.side = [Conv2D(filters, 1, stride, use_bias=False), BatchNormalization()] if stride > 1 else []

    def call(self, X, training=None):
        path = keras.ops.relu(self.first_norm(self.first(X), training=training))
        path = self.second_norm(self.second(path), training=training)
        for layer in self.side:
            X = layer(X)
        return keras.ops.relu(path + X)


def resnet18_subclassed(input_shape=(224, 224, 3), classes=1000):
    return ResNet18(classes)


def resnet18_of_an_older_notebook(input_shape=(224, 224, 3), classes=1000):
    return residual.resnet18(input_shape, classes)


def resnet18_with_any_arguments(*args):
    return residual.resnet18(*args)


def dense_by_a_list(X, growth_rate, n_layers):
    parts = [X]
    for _ in range(n_layers):
        seen = parts[0] if len(parts) == 1 else layers.concatenate(parts)
        seen = Activation("relu")(BatchNormalization()(seen))
        parts.append(Conv2D(growth_rate, (3, 3), use_bias=False, padding="same")(seen))
    return keras.ops.concatenate(parts, axis=3)


def transition_that_pools_with_strides(x, theta):
    filters = int(np.floor(x.shape[3] * theta))
    x = Activation("relu")(BatchNormalization()(x))
    x = layers.AveragePooling2D((2, 2), strides=2, padding="valid")(x)  # a mean of sums is a sum of means
    return Conv2D(filters, 1, use_bias=False)(x)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("identity_block", identity_of_2017),
        ("identity_block", identity_of_2021),
        ("identity_block", identity_of_2023),
        ("identity_block", identity_subclassed),
        ("identity_block", identity_sequential),
        ("identity_block", identity_with_a_model_inside),
        ("identity_block", identity_from_parts),
        ("convolutional_block", convolutional_of_2021),
        ("convolutional_block", convolutional_that_picks_pixels),
        ("ResNet50", ResNet50_of_2021),
        ("basic_block", basic_subclassed),
        ("basic_block", basic_with_explicit_borders),
        ("resnet18", resnet18_sequential),
        ("resnet18", resnet18_subclassed),
        ("resnet18", resnet18_of_an_older_notebook),
        ("resnet18", resnet18_with_any_arguments),
        ("dense_block", dense_by_a_list),
        ("transition_layer", transition_that_pools_with_strides),
    ],
    ids=lambda part: part if isinstance(part, str) else part.__name__,
)
def test_a_differently_written_right_answer_passes(name, function):
    report = checks.run("residual", name, function, seed=2)
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Wrong answers that no named mistake describes


def changed_identity(leak=0.0, epsilon=1e-3, half=1.0, add=layers.add, **options):
    """The identity block with something changed."""

    def block(X, f, filters):
        path = X
        for number, size in enumerate((1, f, 1)):
            path = Conv2D(filters[number], size, padding="same", **options)(path)
            path = BatchNormalization(epsilon=epsilon)(path)
            path = layers.LeakyReLU(negative_slope=leak)(path) if number < 2 else path
        return ReLU()(add([path, half * X]))

    return block


def without_gradient(X, f, filters):
    cut = layers.Lambda(keras.ops.stop_gradient, output_shape=lambda shape: shape)
    return residual.identity_block(cut(X), f, filters)


def frozen(X, f, filters):
    inner = keras.Input(X.shape[1:])
    model = keras.Model(inner, residual.identity_block(inner, f, filters))
    model.trainable = False
    return model(X)


def with_dropout(X, f, filters):
    return layers.Dropout(0.3)(residual.identity_block(X, f, filters))


def always_predicting(X, f, filters):
    class Predicting(layers.Layer):
        def __init__(self):
            super().__init__()
            inner = keras.Input(X.shape[1:])
            self.model = keras.Model(inner, residual.identity_block(inner, f, filters))

        def call(self, given):
            return self.model(given, training=False)

    return Predicting()(X)


def test_what_the_changed_block_starts_from_is_right():
    report = checks.run("residual", "identity_block", changed_identity())
    assert report.passed, [(failure.case, failure.message) for failure in report.failures]


@pytest.mark.parametrize(
    "function",
    [
        changed_identity(leak=0.1),
        changed_identity(epsilon=0.1),
        changed_identity(half=0.5),
        changed_identity(add=layers.subtract),
        changed_identity(add=layers.multiply),
        changed_identity(add=layers.average),
        changed_identity(add=layers.maximum),
        changed_identity(groups=1, dilation_rate=2),
        without_gradient,
        frozen,
        with_dropout,
        always_predicting,
    ],
    ids=[
        "leaky",
        "large epsilon",
        "half a shortcut",
        "subtracted",
        "multiplied",
        "averaged",
        "maximum",
        "dilated",
        "no gradient",
        "frozen",
        "dropout",
        "always predicting",
    ],
)
def test_a_wrong_block_earns_nothing(function):
    report = checks.run("residual", "identity_block", function)
    assert report.score == 0.0
    assert report.mistake is None


def test_a_network_with_one_shortcut_missing_fails_although_its_counts_are_right():
    calls = []

    def basic_block(X, filters, stride=1):
        calls.append(filters)
        if len(calls) == 7:  # the seventh block's shapes agree
            return keras.Sequential(
                [
                    Conv2D(filters, 3, padding="same", use_bias=False),
                    BatchNormalization(),
                    ReLU(),
                    Conv2D(filters, 3, padding="same", use_bias=False),
                    BatchNormalization(),
                    ReLU(),
                ]
            )(X)
        return residual.basic_block(X, filters, stride)

    def resnet34(input_shape=(224, 224, 3), classes=1000):
        calls.clear()
        X = image = keras.Input(input_shape)
        X = ReLU()(BatchNormalization()(Conv2D(64, 7, 2, "same", use_bias=False)(X)))
        X = layers.MaxPooling2D(3, 2, "same")(X)
        for stage, count in enumerate((3, 4, 6, 3)):
            for number in range(count):
                X = basic_block(X, 64 * 2**stage, 2 if stage and not number else 1)
        return keras.Model(image, Dense(classes, "softmax")(layers.GlobalAveragePooling2D()(X)))

    report = checks.run("residual", "resnet34", resnet34)
    assert [group.name for group in report.groups if group.passed] == ["shapes and parameters"]
    assert report.mistake is None


# What large networks are asked beside their counts


@pytest.mark.parametrize(
    ("used", "key"),
    [(lambda blocks: (2, 2, 2, 2), "blocks-ignored"), (lambda blocks: [blocks[0]] * 4, "first-number-for-all")],
)
def test_a_resnet18_that_does_not_use_its_blocks_is_told_so(used, key):
    def resnet18(input_shape=(224, 224, 3), classes=1000, blocks=(2, 2, 2, 2)):
        return residual.resnet18(input_shape, classes, used(blocks))

    report = checks.run("residual", "resnet18", resnet18)
    assert [group.name for group in report.groups if not group.passed] == ["other numbers of blocks"]
    assert report.mistake.key == key


@pytest.mark.parametrize("name", ["ResNet50", "resnet18", "resnet34"])
@pytest.mark.parametrize("seed", range(3))
def test_a_network_for_square_pictures_only_fails(name, seed):
    def square(input_shape, classes):
        return getattr(residual, name)((input_shape[0], input_shape[0], input_shape[2]), classes)

    report = checks.run("residual", name, square, seed=seed)
    assert [group.name for group in report.groups if not group.passed] == ["shapes and parameters"]
    assert report.mistake.key == "square-only"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (', stage=2, block="a", s=1)', ', stage=2, block="a")', "halved-too-often"),
        ("MaxPooling2D(3, strides=2)", 'MaxPooling2D(3, strides=2, padding="same")', "max-pooling-padded"),
        ("Conv2D(64, 7, strides=2)", 'Conv2D(64, 7, strides=2, padding="same")', "stem-padded-twice"),
    ],
)
def test_likely_slips_in_resnet50_are_named(old, new, key):
    namespace = dict(vars(functions("residual")))
    notebook = (SOLUTIONS / "05_residual.py").read_text(encoding="utf-8")
    text = notebook[notebook.index("def ResNet50(") : notebook.index('# %% check="ResNet50"')]
    assert text.count(old) == 1
    exec(text.replace(old, new), namespace)
    report = checks.run("residual", "ResNet50", namespace["ResNet50"], namespace=namespace)
    assert report.mistake.key == key, [failure.message for failure in report.failures]


# The solution that is shown


@pytest.mark.parametrize("name", ["identity_block", "convolutional_block", "ResNet50", "basic_block", "resnet18"])
def test_a_shown_solution_holds_the_helpers_that_it_calls(name):
    session.record_attempt("residual", name, 0.0)
    shown = help.solution(checks.get("residual", name)).text
    namespace = {**vars(functions("residual")), "layers": None}
    exec(shown.partition("\n\n")[2], namespace)
    assert checks.run("residual", name, namespace[name], namespace=namespace).passed


def test_the_numbers_of_other_counts_of_blocks_are_the_references():
    for blocks, trainable in resnets.TRAINABLE.items():
        args = {"input_shape": (64, 64, 3), "classes": 1000, "blocks": list(blocks)}
        assert models.counts(lambda **given: residual.resnet18(**given), args)["trainable"] == trainable


def test_a_network_for_pictures_of_any_size_passes():
    def resnet18(input_shape=(224, 224, 3), classes=1000, blocks=(2, 2, 2, 2)):
        return resnets._network(blocks)((None, None, input_shape[2]), classes)

    assert checks.run("residual", "resnet18", resnet18).passed
