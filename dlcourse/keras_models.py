"""Models made, trained, saved and loaded with Keras: the references of notebook 03."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from jaxtyping import Float, Int
from keras import layers

# Keras's default of .99 is meant for tens of thousands of steps: after a few hundred, the moving averages of mean
# and variance would still be near their first values, and predictions would be useless.
MOMENTUM = 0.9


def happyModel() -> keras.Model:
    """ZEROPAD - CONV - BN - RELU - MAXPOOL - FLATTEN - DENSE: is the face smiling?

    Input shape: (batch, 64, 64, 3).
    Output shape: (batch, 1), a probability.
    """
    return keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            layers.ZeroPadding2D(3),
            layers.Conv2D(32, 7),
            layers.BatchNormalization(momentum=MOMENTUM),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def convolutional_model(input_shape: tuple[int, int, int]) -> keras.Model:
    """CONV - RELU - MAXPOOL - CONV - RELU - MAXPOOL - FLATTEN - DENSE, with the functional API.

    Input shape: (batch, *input_shape).
    Output shape: (batch, 6), probabilities.
    """
    pictures = keras.Input(input_shape)
    x = layers.Conv2D(8, 4, padding="same", activation="relu")(pictures)
    x = layers.MaxPooling2D(8, strides=8, padding="same")(x)
    x = layers.Conv2D(16, 2, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(4, strides=4, padding="same")(x)
    outputs = layers.Dense(6, activation="softmax")(layers.Flatten()(x))
    return keras.Model(pictures, outputs)


def train_digits(X_train: Float[np.ndarray, "m 8 8 1"], Y_train: Int[np.ndarray, " m"], seed: int = 0) -> keras.Model:
    """A model that reads the digits 0 to 9, trained for about 110 steps.

    Input shape: (batch, 8, 8, 1), brightness in [0, 1].
    Output shape: (batch, 10), probabilities.

    Args:
        Y_train: which digit each picture is.
    """
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((8, 8, 1))])
    for filters in (16, 32):
        model.add(layers.Conv2D(filters, 3, padding="same"))
        model.add(layers.BatchNormalization(momentum=MOMENTUM))
        model.add(layers.ReLU())
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X_train, Y_train, batch_size=64, epochs=5, verbose=0)
    return model


def save_and_restore(model: keras.Model, path: str | Path) -> keras.Model:
    """Write a model to a file, and read another one from it.

    Args:
        path: ends in .keras. The file holds the layers, the weights, and what training needs to go on.
    """
    model.save(path)
    return keras.models.load_model(path)
