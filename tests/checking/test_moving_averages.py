"""The moving averages of batch normalisation are judged by what a call in training mode does to them: every momentum
below 1 is right, in whatever form the layer stands."""

import keras
import numpy as np
import pytest
from keras import layers
from keras.layers import BatchNormalization, Conv2D, Dense, Flatten, ReLU

from dlcourse import checks, keras_models, residual
from dlcourse.checking.probes import canonical, models
from dlcourse.checking.probes.moving_averages import FOLLOW, RUN_AWAY, STAND_STILL

X = np.random.default_rng(0).normal(size=(3, 5, 4, 6))


def seen(function, X=X):
    return models.block(lambda X: function(X), {"X": X})["moving_averages"]


@pytest.mark.parametrize("momentum", [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999])
def test_every_momentum_below_1_lets_them_follow(momentum):
    assert seen(lambda X: BatchNormalization(momentum=momentum)(X)) == FOLLOW
    assert seen(lambda X: BatchNormalization(momentum=momentum, dtype="float32")(X)) == FOLLOW
    assert seen(lambda X: BatchNormalization(momentum=momentum)(X), 1000 * X) == FOLLOW


@pytest.mark.parametrize(
    ("momentum", "word"), [(1.0, STAND_STILL), (1.001, RUN_AWAY), (1.9, RUN_AWAY), (-0.1, RUN_AWAY)]
)
def test_other_momenta_do_not(momentum, word):
    assert seen(lambda X: BatchNormalization(momentum=momentum)(X)) == word
    assert seen(lambda X: BatchNormalization(momentum=momentum, dtype="float32")(X)) == word


class Parts(layers.Layer):
    def __init__(self, momentum):
        super().__init__()
        self.parts = {"norm": BatchNormalization(momentum=momentum), "last": [Dense(2), Conv2D(4, 1)]}

    def call(self, X, training=None):
        return self.parts["last"][0](Flatten()(self.parts["norm"](self.parts["last"][1](X), training=training)))


def in_a_list(momentum):
    return lambda X: keras.Sequential([Conv2D(4, 3), BatchNormalization(momentum=momentum), ReLU(), Flatten()])(X)


def in_a_model(momentum):
    def function(X):
        inner = keras.Input(X.shape[1:])
        return keras.Model(inner, BatchNormalization(momentum=momentum)(Conv2D(4, 3)(inner)))(X)

    return function


def told_to_train(momentum):
    return lambda X: BatchNormalization(momentum=momentum)(X, training=True)


def used_twice(momentum):
    norm = []

    def function(X):
        norm[:] = [BatchNormalization(momentum=momentum)]
        return norm[0](ReLU()(norm[0](X)))

    return function


def without_scale(momentum):
    return lambda X: BatchNormalization(momentum=momentum, center=False, scale=False)(X)


def renormalised(momentum):
    return lambda X: BatchNormalization(momentum=momentum, renorm=True)(X)


def synchronised(momentum):
    return lambda X: BatchNormalization(momentum=momentum, synchronized=True)(X)


FORMS = [
    in_a_list,
    in_a_model,
    lambda momentum: lambda X: Parts(momentum)(X),
    told_to_train,
    used_twice,
    without_scale,
    renormalised,
    synchronised,
]


@pytest.mark.parametrize("form", FORMS, ids=[form.__name__ for form in FORMS])
def test_the_form_does_not_matter(form):
    assert [seen(form(momentum)) for momentum in (0.9, 1.0)] == [FOLLOW, STAND_STILL]


def test_one_of_many_is_enough():
    def function(X):
        for momentum in (0.9, 1.5, 0.99):
            X = ReLU()(BatchNormalization(momentum=momentum)(Conv2D(6, 1)(X)))
        return X

    assert seen(function) == RUN_AWAY


def test_what_has_no_batch_normalisation_of_keras_is_in_order():
    class Own(layers.Layer):
        """Its averages are brought up to date elsewhere, after each epoch."""

        def build(self, shape):
            self.moving_mean = self.add_weight(shape=shape[-1:], name="moving_mean", trainable=False)
            self.built = True

        def call(self, X, training=None):
            return X - (keras.ops.mean(X, axis=(0, 1, 2)) if training else self.moving_mean)

    assert seen(lambda X: Own()(X)) == FOLLOW
    assert seen(lambda X: Dense(3)(X)) == FOLLOW


def test_the_outputs_in_training_do_not_see_where_the_averages_begin():
    def function(X):
        return BatchNormalization()(X)

    found = models.block(lambda X: function(X), {"X": X})["training"]
    spread = (X - X.mean(axis=(0, 1, 2))) / np.sqrt(X.var(axis=(0, 1, 2)) + 1e-3)
    gamma, beta = (
        canonical.canonical(type("variable", (), {"name": name, "shape": (6,), "dtype": "float64"}))
        for name in ("gamma", "beta")
    )
    np.testing.assert_allclose(found, gamma * spread + beta, rtol=1e-5, atol=1e-6)


# In the checks


@pytest.mark.parametrize("momentum", [0.5, 0.99, 0.999])
def test_the_checks_accept_another_momentum(monkeypatch, momentum):
    monkeypatch.setattr(residual, "MOMENTUM", momentum)
    for name, seed in (("identity_block", 1), ("transition_layer", 1), ("resnet18", 1)):
        report = checks.run("residual", name, getattr(residual, name), seed=seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


def test_a_network_whose_averages_stand_still_is_wrong():
    def resnet18(input_shape=(224, 224, 3), classes=1000):
        made = residual.resnet18(input_shape, classes)
        return keras.models.clone_model(made, clone_function=_standing_still)

    report = checks.run("residual", "resnet18", resnet18, seed=1)
    assert [group.name for group in report.groups if not group.passed] == ["what it computes"]
    assert STAND_STILL in report.failures[0].message


def _standing_still(layer):
    options = layer.get_config()
    if isinstance(layer, BatchNormalization):
        options["momentum"] = 1.0
    return layer.__class__.from_config(options)


def test_the_averages_belong_to_what_a_model_does_in_training():
    def happyModel():
        return keras.models.clone_model(keras_models.happyModel(), clone_function=_standing_still)

    report = checks.run("keras_models", "happyModel", happyModel)
    assert report.mistake.key == "averages-stand-still"
    assert [group.name for group in report.groups if group.passed] == ["sizes", "inference"]
