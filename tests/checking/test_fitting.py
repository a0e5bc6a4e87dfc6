"""Training in one graph does what Keras's own `fit` does, and leaves to it what asks for more."""

import keras
import numpy as np
import pytest

from dlcourse.checking.probes import fitting
from dlcourse.data import datasets


def a_small_model(metrics=("accuracy",), optimizer="adam"):
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metrics))
    return model


@pytest.fixture(scope="module")
def digits():
    X, Y = datasets.digits()
    return X[:100], Y[:100]


def both(digits, epochs, batch_size, make=a_small_model):
    """The same model, trained by Keras and in one graph."""
    X, Y = digits
    models = make(), make()
    histories = [models[0].fit(X, Y, batch_size=batch_size, epochs=epochs, verbose=0)]
    with fitting.in_one_graph(keras):
        histories.append(models[1].fit(X, Y, batch_size=batch_size, epochs=epochs, verbose=0))
    return models, histories


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_where_the_order_does_not_matter_the_weights_and_the_history_are_those_of_keras(digits, optimizer):
    (theirs, ours), (noted, seen) = both(digits, 4, 100, lambda: a_small_model(optimizer=optimizer))
    for left, right in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)
    assert list(seen.history) == list(noted.history) == ["accuracy", "loss"]
    np.testing.assert_allclose(seen.history["loss"], noted.history["loss"], rtol=1e-4)
    assert seen.epoch == noted.epoch
    assert ours.history is seen


def test_the_last_batch_is_what_is_left_and_every_epoch_sees_every_example(digits):
    (theirs, ours), _ = both(digits, 3, 32)
    assert int(ours.optimizer.iterations.numpy()) == int(theirs.optimizer.iterations.numpy()) == 3 * 4

    class Noting(keras.Sequential):
        def train_step(self, data):
            self.seen.assign_add(keras.ops.segment_sum(keras.ops.ones_like(data[1]), data[1], num_segments=7))
            return super().train_step(data)

    model = Noting([keras.Input((1,)), keras.layers.Dense(1)])
    model.seen = keras.Variable(np.zeros(7, "int64"), trainable=False, dtype="int64")
    model.compile("sgd", "mse")
    with fitting.in_one_graph(keras):
        model.fit(np.arange(7.0)[:, None], np.arange(7), batch_size=3, epochs=5)
    np.testing.assert_array_equal(model.seen.numpy(), [5] * 7)


def test_the_order_of_the_examples_differs_from_epoch_to_epoch_and_with_the_seed(digits):
    X, Y = digits
    trained = []
    for seed in (1, 1, 2):
        model = a_small_model()
        keras.utils.set_random_seed(seed)
        with fitting.in_one_graph(keras):
            model.fit(X, Y, batch_size=10, epochs=1, verbose=0)
        trained.append(model.get_weights()[0])
    np.testing.assert_array_equal(trained[0], trained[1])
    assert not np.array_equal(trained[0], trained[2])


def test_a_model_that_is_fitted_again_goes_on_and_is_drawn_once_for_as_long_as_it_is_compiled_alike(digits):
    X, Y = digits
    drawn = []

    class Counting(keras.Sequential):
        def train_step(self, data):
            drawn.append(data)
            return super().train_step(data)

    model = Counting(a_small_model().layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    with fitting.in_one_graph(keras):
        for _ in range(3):
            model.fit(X, Y, batch_size=50, verbose=0)
        assert (len(drawn), int(model.optimizer.iterations.numpy())) == (1, 6)
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(X, Y, batch_size=50, verbose=0)
    assert (len(drawn), int(model.optimizer.iterations.numpy())) == (2, 2)


def test_what_asks_for_more_is_keras_s_own(digits):
    X, Y = digits
    seen = []
    noting = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    with fitting.in_one_graph(keras):
        a_small_model().fit(X, Y, batch_size=50, callbacks=[noting], verbose=0)
        a_small_model().fit(X, Y, 50, 1, 0, [noting])
        history = a_small_model().fit(X, Y, batch_size=50, validation_split=0.5, verbose=0)
    assert seen == [0, 1] * 2
    assert "val_loss" in history.history


def test_a_model_that_is_not_compiled_is_told_so_by_keras(digits):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    with fitting.in_one_graph(keras), pytest.raises(ValueError, match="compile"):
        model.fit(*digits)


def test_fit_is_keras_s_own_again_afterwards_even_after_an_error():
    own = keras.Model.fit
    with pytest.raises(ZeroDivisionError), fitting.in_one_graph(keras):
        assert keras.Model.fit is not own
        raise ZeroDivisionError
    assert keras.Model.fit is own
