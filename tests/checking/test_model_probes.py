"""Models are judged by what they do: equal for all ways to write the same, different for what computes otherwise, and
nothing of the reader's is touched."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, ReLU

from dlcourse import residual, yolo
from dlcourse.checking.comparing import compare
from dlcourse.checking.probes import models

X = np.random.default_rng(0).normal(size=(3, 5, 4, 6))


def block(function, **arguments):
    return models.block(lambda **given: function(**given), {"X": X, **arguments})


def the_same(first, second, tolerance=1e-5):
    difference = compare(first, second, "the outcome", tolerance)
    assert difference is None, difference.message


def which_differ(first, second):
    """The entries in which two outcomes differ by more than the checks allow."""
    return {name for name in first if compare(first[name], second[name], name, models.TOLERANCE)}


# Counts


@pytest.mark.parametrize(
    ("build", "counted", "parameters"),
    [
        (residual.ResNet50, "parameters", 23_600_006),
        (residual.resnet18, "trainable", 11_689_512),
        (residual.resnet34, "trainable", 21_797_672),
        (lambda: residual.bottleneck_network((3, 4, 6, 3)), "trainable", 25_557_032),
        (lambda: residual.bottleneck_network((3, 4, 23, 3)), "trainable", 44_549_160),
        (lambda: residual.bottleneck_network((3, 8, 36, 3)), "trainable", 60_192_808),
        (lambda: residual.cifar_network(3), "trainable", 269_722),
        (lambda: residual.cifar_network(18), "trainable", 1_727_962),
        (yolo.yolov2, "parameters", 50_983_561),
    ],
    ids=["ResNet50", "18", "34", "50", "101", "152", "CIFAR 20", "CIFAR 110", "YOLOv2"],
)
def test_the_networks_have_the_numbers_of_the_papers(build, counted, parameters):
    assert models.counts(build, {})[counted] == parameters


def test_counting_makes_no_weights():
    def build():
        return keras.Sequential([keras.Input((10**6,)), Dense(10**6)])  # 4 TB

    assert models.counts(build, {})["parameters"] == 10**12 + 10**6


def test_frozen_and_shared_weights_are_counted_once_and_apart():
    def build():
        inputs = keras.Input((4,))
        shared, frozen = Dense(4), Dense(4, trainable=False)
        return keras.Model(inputs, frozen(shared(shared(inputs))))

    assert models.counts(build, {}) == {"output_shape": (4,), "parameters": 40, "trainable": 20}


def test_a_block_may_be_counted_from_the_shape_of_its_input():
    found = models.block_counts(
        lambda X, filters: residual.basic_block(X, filters), {"X": {"input": (56, 56, 64)}, "filters": 64}
    )
    assert found == {"output_shape": (56, 56, 64), "parameters": 2 * (9 * 64 * 64 + 4 * 64), "trainable": 73_984}


# The same, written in other ways


def plain(X):
    X = ReLU()(BatchNormalization()(Conv2D(4, 3, padding="same")(X)))
    return Dense(2, activation="sigmoid")(Flatten()(X))


def fused(X):
    X = Conv2D(4, (3, 3), strides=1, padding="same", name="first")(X)
    X = BatchNormalization(axis=3, name="norm")(X)
    return keras.activations.sigmoid(Dense(2)(layers.Reshape((-1,))(layers.Activation("relu")(X))))


def in_a_list(X):
    return keras.Sequential(
        [
            Conv2D(4, 3, padding="same"),
            BatchNormalization(momentum=0.9),
            ReLU(),
            Flatten(),
            Dense(2),
            layers.Activation("sigmoid"),
        ]
    )(X)


def in_a_model(X):
    inner = keras.Input(X.shape[1:])
    return keras.Model(inner, plain(inner))(X)


class Parts(layers.Layer):
    def __init__(self):
        super().__init__()
        self.last = Dense(2, activation="sigmoid")
        self.norm = BatchNormalization()
        self.first = Conv2D(4, 3, padding="same")

    def call(self, X, training=None):
        X = tf.nn.relu(self.norm(self.first(X), training=training))
        return self.last(tf.reshape(X, (tf.shape(X)[0], X.shape[1] * X.shape[2] * X.shape[3])))


def in_a_class(X):
    return Parts()(X)


def with_borders_of_its_own(X):
    X = Conv2D(4, 3)(layers.ZeroPadding2D(1)(X))
    return Dense(2, "sigmoid")(Flatten()(keras.ops.maximum(BatchNormalization()(X), 0)))


def dense_as_convolution(X):
    X = ReLU()(BatchNormalization()(Conv2D(4, 3, padding="same")(X)))
    return Flatten()(Conv2D(2, X.shape[1:3], activation="sigmoid")(X))


def with_values_of_its_own(X):
    X = Conv2D(4, 3, padding="same", kernel_initializer="zeros", bias_initializer="ones")(X)
    X = ReLU()(BatchNormalization(gamma_initializer="zeros")(X))
    return Dense(2, "sigmoid", kernel_initializer=keras.initializers.RandomNormal(seed=0))(Flatten()(X))


def told_to_train(X, training=True):
    X = ReLU()(BatchNormalization()(Conv2D(4, 3, padding="same")(X), training=training))
    return Dense(2, activation="sigmoid")(Flatten()(X))


def with_another_epsilon(X):
    X = ReLU()(BatchNormalization(epsilon=1e-5, momentum=0.1)(Conv2D(4, 3, padding="same")(X)))
    return Dense(2, activation="sigmoid")(Flatten()(X))


@pytest.mark.parametrize(
    "other",
    [
        fused,
        in_a_list,
        in_a_model,
        in_a_class,
        with_borders_of_its_own,
        dense_as_convolution,
        with_values_of_its_own,
        told_to_train,
        with_another_epsilon,
    ],
    ids=lambda function: function.__name__,
)
def test_what_computes_the_same_gives_the_same(other):
    the_same(block(plain), block(other))


@pytest.mark.parametrize("epsilon", [1e-3, 1.001e-5, 1e-5, 1e-7])
def test_a_small_epsilon_is_no_difference_even_where_a_channel_hardly_varies(epsilon):
    def flat(X):
        return BatchNormalization(epsilon=epsilon)(0.01 * X)

    def usual(X):
        return BatchNormalization()(0.01 * X)

    the_same(block(usual), block(flat))


def test_the_epsilon_is_put_back():
    made = keras.Sequential([keras.Input((4,)), BatchNormalization(epsilon=1e-5)])
    models.describe(made, [np.ones((3, 4))])
    assert made.layers[0].epsilon == 1e-5


def test_a_model_may_be_functional_in_a_list_subclassed_or_compiled():
    def functional():
        inputs = keras.Input((5, 4, 6))
        return keras.Model(inputs, plain(inputs))

    def compiled():
        made = keras.Sequential(
            [
                keras.Input((5, 4, 6)),
                Conv2D(4, 3, padding="same"),
                BatchNormalization(),
                ReLU(),
                Flatten(),
                Dense(2, activation="sigmoid"),
            ]
        )
        made.compile("adam", "mse", metrics=["accuracy"])
        return made

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = Parts()

        def call(self, X, training=False):
            return self.parts(X, training=training)

    expected = models.model(functional, {})
    the_same(expected, models.model(compiled, {}))
    shaped = {"input_shape": (5, 4, 6)}  # a subclassed model declares none
    the_same(expected, models.model(lambda input_shape: Subclassed(), shaped))


def test_two_inputs_and_two_outputs_are_told_one_by_one():
    def joined(parts):
        first, second = parts
        return [layers.Concatenate()([first, second]), Dense(3)(second)]

    given = {"parts": [np.ones((2, 4)), np.full((2, 5), 2.0)]}
    found = models.block(lambda parts: joined(parts), given)
    assert found["output_shape"] == [(9,), (3,)]
    np.testing.assert_array_equal(found["inference"][0], [[1] * 4 + [2] * 5] * 2)
    assert [gradient.shape for gradient in found["input_gradient"]] == [(2, 4), (2, 5)]
    the_same(found, models.block(lambda parts: dict(enumerate(joined(parts))), given))


def test_whole_numbers_stay_whole():
    words = np.array([[1, 2, 0], [2, 2, 1]])
    found = models.block(lambda words: layers.Embedding(3, 4)(words), {"words": words})
    np.testing.assert_array_equal(found["inference"][0, 1], found["inference"][1, 0])


# What computes otherwise


def residual_block(add=True, norm=True, relu=True, epsilon=1e-3, cut=False, side=0, last=ReLU, groups=1):
    def function(X):
        path = Conv2D(6, 3, padding="same", groups=groups)(X)
        path = BatchNormalization(epsilon=epsilon)(path) if norm else path
        path = ReLU()(path) if relu else path
        shortcut = layers.Lambda(keras.ops.stop_gradient, output_shape=X.shape[1:])(X) if cut else X
        for _ in range(side):
            shortcut = Conv2D(6, 1)(shortcut)
        return last()(path + shortcut if add else path)

    return function


OUTPUTS = {"inference", "input_gradient", "training"}


@pytest.mark.parametrize(
    ("changed", "seen"),
    [
        ({"add": False}, OUTPUTS),
        ({"relu": False}, OUTPUTS),
        ({"last": layers.Identity}, OUTPUTS),
        ({"last": layers.LeakyReLU}, OUTPUTS),
        ({"cut": True}, {"input_gradient"}),
        ({"norm": False}, OUTPUTS | {"parameters", "trainable"}),
        ({"epsilon": 0.1}, OUTPUTS),
        ({"side": 1}, OUTPUTS | {"parameters", "trainable"}),
        ({"groups": 2}, OUTPUTS | {"parameters", "trainable"}),
    ],
    ids=["no addition", "no ReLU", "no end", "leaky", "cut off", "not normalised", "epsilon", "side", "groups"],
)
def test_what_is_wired_otherwise_is_told_apart(changed, seen):
    assert which_differ(block(residual_block()), block(residual_block(**changed))) == seen


def test_the_order_of_layers_is_told_apart():
    def norm_first(X):
        X = Conv2D(4, 3, padding="same")(X)
        return Dense(2, "sigmoid")(Flatten()(ReLU()(BatchNormalization()(X))))

    def relu_first(X):
        X = Conv2D(4, 3, padding="same")(X)
        return Dense(2, "sigmoid")(Flatten()(BatchNormalization()(ReLU()(X))))

    the_same(block(plain), block(norm_first))
    assert which_differ(block(norm_first), block(relu_first)) == OUTPUTS


def test_a_network_that_always_predicts_or_never_stops_training_is_told_apart():
    class Fixed(layers.Layer):
        def __init__(self, training):
            super().__init__()
            self.norm, self.mode = BatchNormalization(), training

        def call(self, X):
            return self.norm(X, training=self.mode)

    usual = block(lambda X: BatchNormalization()(X))
    assert which_differ(usual, block(lambda X: Fixed(False)(X))) == {"training", "moving_averages"}
    assert which_differ(usual, block(lambda X: Fixed(True)(X))) == {"inference", "input_gradient"}


def test_dropout_shows_in_training_only_and_its_seed_does_not():
    without, with_it = block(lambda X: Dense(4)(X)), block(lambda X: Dropout(0.4)(Dense(4)(X)))
    assert which_differ(without, with_it) == {"training"}
    the_same(with_it, block(lambda X: Dropout(0.4, seed=77)(Dense(4)(X))))
    assert which_differ(with_it, block(lambda X: Dropout(0.2)(Dense(4)(X)))) == {"training"}


def test_frozen_layers_show_in_the_count_of_what_is_trained():
    found = which_differ(block(lambda X: Dense(4)(X)), block(lambda X: Dense(4, trainable=False)(X)))
    assert found == {"trainable"}


def test_a_large_model_is_looked_at_in_training_only():
    def build(input_shape, last):
        return keras.Sequential([keras.Input(input_shape), Flatten(), Dense(3, activation=last)])

    soft = models.large_model(build, {"input_shape": (4, 4, 1), "last": "softmax"})
    assert set(soft) == {"output_shape", "parameters", "trainable", "training", "moving_averages"}
    assert soft["training"].shape == (2, 3)
    np.testing.assert_allclose(soft["training"].sum(axis=1), 1, rtol=1e-6)
    assert which_differ(soft, models.large_model(build, {"input_shape": (4, 4, 1), "last": None})) == {"training"}


def test_of_a_network_that_is_larger_still_only_the_sizes_are_looked_at():
    def build(units):
        return keras.Sequential([keras.Input((1000,)), Dense(units, use_bias=False), Dense(1, use_bias=False)])

    units = models.LARGEST // 1001
    assert set(models.large_model(build, {"units": units})) > {"parameters", "training"}
    assert models.large_model(build, {"units": units + 1}) == {
        "output_shape": (1,),
        "parameters": 1001 * (units + 1),
        "trainable": 1001 * (units + 1),
    }


def test_a_subclassed_model_is_drawn_once_and_its_layers_make_their_weights_then():
    drawn = []

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = Dense(3)

        def call(self, X, training=False):
            drawn.append(X)
            return self.last(X)

    found = models.counts(lambda input_shape: Subclassed(), {"input_shape": (4,)})
    assert found == {"output_shape": (3,), "parameters": 15, "trainable": 15}
    assert len(drawn) == 1


# What is said of an answer that is no model


def test_a_missing_return_is_none_and_an_unwritten_function_raises():
    assert block(lambda X: None) is None
    assert models.counts(lambda: None, {}) is None

    def unwritten(X):
        raise NotImplementedError("unwritten is not written yet")

    with pytest.raises(NotImplementedError, match="unwritten"):
        block(unwritten)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda X: 3, "a value of type int, where a Keras tensor is asked for"),
        (lambda X: Dense(2), "where a Keras tensor is asked for"),
        (lambda X: keras.Input((3,)), "does not come from the tensor that it was given"),
    ],
    ids=["number", "layer", "another input"],
)
def test_an_answer_that_is_no_tensor_is_told_so(function, words):
    with pytest.raises((TypeError, ValueError), match=words):
        block(function)


def test_an_answer_that_is_no_model_or_has_no_input_is_told_so():
    with pytest.raises(TypeError, match="a value of type str, where a Keras model is asked for"):
        models.model(lambda: "model", {})
    with pytest.raises(ValueError, match="begin it with keras.Input"):
        models.model(lambda: keras.Sequential([Dense(2)]), {})


# What stays as it was


def test_nothing_of_the_readers_is_changed():
    made = keras.Sequential([keras.Input((5,)), BatchNormalization(), Dropout(0.5), Dense(2)])
    before = [variable.numpy() for variable in made.variables]
    random.seed(3)
    np.random.seed(3)
    expected = random.random(), np.random.random()
    random.seed(3)
    np.random.seed(3)

    def draws():
        random.random()
        np.random.random()
        return keras.Sequential([keras.Input((5,)), BatchNormalization(), Dropout(0.5), Dense(2)])

    models.model(draws, {})
    models.describe(made, [np.ones((3, 5))])
    assert (random.random(), np.random.random()) == expected
    assert keras.config.floatx() == "float32"
    for variable, value in zip(made.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_the_precision_is_put_back_after_an_error():
    with pytest.raises(ZeroDivisionError):
        block(lambda X: 1 / 0)
    assert keras.config.floatx() == "float32"


def test_a_function_that_needs_values_in_float32_is_looked_at_all_the_same():
    def needs_values(X):
        layer = Dense(2, dtype="float32", name="own")
        layer.build(X.shape)
        layer.set_weights([np.ones((6, 2), "f4"), np.zeros(2, "f4")])
        return layer(X)

    the_same(block(lambda X: Dense(2)(X)), block(needs_values), tolerance=1e-4)
