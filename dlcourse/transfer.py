"""Augmentation, transfer learning and ensembles: the references of notebook 08.

Random functions draw everything for a whole batch at once, from the generator that they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
from jaxtyping import Float, Int
from keras import layers

GIVEN = ("load_mobilenet",)  # to notebooks, also while these are graded

IMG_SIZE = (160, 160)
SPREAD = 0.1  # the standard deviation of a colour's random steps along the principal axes

Pictures = Float[np.ndarray, "m n_H n_W n_C"]


# Where a picture is looked at


def sample_at(X: Pictures, rows: np.ndarray, columns: np.ndarray) -> Pictures:
    """The colours at places between the pixels, bilinearly; beyond the border those of the nearest pixel.

    Args:
        rows, columns: for each picture and each pixel of the result, in pixels from the middle of the first one;
            shape (m, n_H, n_W), or what can be broadcast to it.
    """
    m, n_H, n_W, _ = X.shape
    rows, columns = np.broadcast_arrays(np.clip(rows, 0, n_H - 1), np.clip(columns, 0, n_W - 1))
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    below, right = np.minimum(top + 1, n_H - 1), np.minimum(left + 1, n_W - 1)
    down, across = (rows - top)[..., np.newaxis], (columns - left)[..., np.newaxis]
    which = np.arange(m).reshape(m, 1, 1)
    upper = (1 - across) * X[which, top, left] + across * X[which, top, right]
    lower = (1 - across) * X[which, below, left] + across * X[which, below, right]
    return (1 - down) * upper + down * lower


def mirror(X: Pictures, rng: np.random.Generator) -> Pictures:
    """Each picture, or with a probability of one half its mirror image: left and right exchanged."""
    coins = rng.random(len(X)) < 0.5
    return np.where(coins[:, np.newaxis, np.newaxis, np.newaxis], X[:, :, ::-1], X)


def random_crop(X: Pictures, size: int, rng: np.random.Generator) -> Float[np.ndarray, "m {size} {size} n_C"]:
    """From each picture a square window, every place being equally likely.

    Args:
        size: the side of the window, in pixels; at most the shorter side of a picture.
    """
    m, n_H, n_W, _ = X.shape
    top = rng.integers(0, n_H - size + 1, size=m).reshape(m, 1, 1)
    left = rng.integers(0, n_W - size + 1, size=m).reshape(m, 1, 1)
    steps = np.arange(size)
    return X[np.arange(m).reshape(m, 1, 1), top + steps[:, np.newaxis], left + steps]


def rotate(X: Pictures, most: float, rng: np.random.Generator) -> Pictures:
    """Each picture, turned about its middle by an angle of its own.

    Args:
        most: the largest angle, in degrees; angles are uniform between -most and most.
    """
    angles = np.deg2rad(rng.uniform(-most, most, size=(len(X), 1, 1)))
    r, c, middle_r, middle_c = _grid(X)
    rows = middle_r + np.cos(angles) * r - np.sin(angles) * c
    columns = middle_c + np.sin(angles) * r + np.cos(angles) * c
    return sample_at(X, rows, columns)


def shear(X: Pictures, most: float, rng: np.random.Generator) -> Pictures:
    """Each picture with its rows shifted sideways, in proportion to their distance from the middle row.

    Args:
        most: the largest shift of one row against the next, in pixels; shifts are uniform between -most and most.
    """
    slants = rng.uniform(-most, most, size=(len(X), 1, 1))
    r, c, middle_r, middle_c = _grid(X)
    return sample_at(X, middle_r + r, middle_c + c + slants * r)


def local_warp(X: Pictures, most: float, rng: np.random.Generator, knots: int = 4) -> Pictures:
    """Each picture as if printed on rubber: knots x knots of its points are moved, and what lies between follows.

    Args:
        most: how far a knot moves down and to the right, in pixels; both uniform between -most and most.
        knots: in each direction, evenly spread from the first pixel to the last.
    """
    m, n_H, n_W, _ = X.shape
    moves = rng.uniform(-most, most, size=(m, knots, knots, 2))
    between_rows = np.linspace(0, knots - 1, n_H)[:, np.newaxis]
    between_columns = np.linspace(0, knots - 1, n_W)
    field = sample_at(moves, between_rows, between_columns)
    return sample_at(X, np.arange(n_H)[:, np.newaxis] + field[..., 0], np.arange(n_W) + field[..., 1])


def _grid(X: Pictures) -> tuple[np.ndarray, np.ndarray, float, float]:
    """The rows and columns of all pixels, counted from the middle, and where that is."""
    middle_r, middle_c = (X.shape[1] - 1) / 2, (X.shape[2] - 1) / 2
    return np.arange(X.shape[1])[:, np.newaxis] - middle_r, np.arange(X.shape[2]) - middle_c, middle_r, middle_c


# Colours


def color_shift(X: Pictures, most: float, rng: np.random.Generator) -> Pictures:
    """Each channel of each picture brighter or darker by a number of its own, kept between 0 and 1.

    Args:
        X: brightness between 0 and 1.
        most: the numbers are uniform between -most and most.
    """
    return np.clip(X + rng.uniform(-most, most, size=(len(X), 1, 1, X.shape[3])), 0.0, 1.0)


def pca_color_augmentation(X: Pictures, rng: np.random.Generator) -> Pictures:
    """x + P (alpha * lambda) for each pixel x, with P and lambda the eigenvectors and eigenvalues of the covariance of
    the colours of all pixels of X, and an alpha for each picture: three normal numbers of standard deviation 0.1.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 4.1.
    """
    eigenvalues, P = np.linalg.eigh(np.cov(X.reshape(-1, X.shape[-1]), rowvar=False))
    alpha = rng.normal(0.0, SPREAD, size=(len(X), len(eigenvalues)))
    shifts = (alpha * eigenvalues) @ P.T  # (m, 3) @ (3, 3) -> (m, 3)
    return X + shifts[:, np.newaxis, np.newaxis]


def data_augmenter() -> keras.Sequential:
    """Layers that mirror pictures and turn them by up to a fifth of a turn, in training only.

    Input shape: (batch, n_H, n_W, n_C).
    Output shape: the same.
    """
    return keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.2)])


# Networks with a past


def alpaca_model(image_shape: tuple[int, int] = IMG_SIZE, data_augmentation: Callable | None = None) -> keras.Model:
    """Augmentation, a frozen MobileNetV2, and one new unit for a yes or a no.

    Input shape: (batch, *image_shape, 3), numbers from 0 to 255.
    Output shape: (batch, 1), before a sigmoid.

    Args:
        data_augmentation: a model or function of pictures; None: data_augmenter().
    """
    base = keras.applications.MobileNetV2(input_shape=(*image_shape, 3), include_top=False, weights=None)
    base.trainable = False
    inputs = keras.Input((*image_shape, 3))
    X = (data_augmentation or data_augmenter())(inputs)
    X = base(keras.applications.mobilenet_v2.preprocess_input(X), training=False)
    X = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(X))
    return keras.Model(inputs, layers.Dense(1)(X))


def load_mobilenet(model: keras.Model, pretrained: bool = True, file: str | Path | None = None) -> None:
    """Give the MobileNetV2 at the beginning of a model, which has a head of its own, the weights that Keras publishes.

    Args:
        pretrained: False leaves the model as it is.
        file: a file in the layout of Keras's own (.h5), instead of the one that Keras fetches, 9 MB.

    Raises:
        FileNotFoundError: the weights are not on this machine, and could not be fetched.
        ValueError: the model does not begin with MobileNetV2.
    """
    if not pretrained:
        return
    try:
        published = keras.applications.MobileNetV2(include_top=False, weights=str(file or "imagenet")).weights
    except Exception as error:  # urllib, sockets and certificates each raise errors of their own
        if file is not None:
            raise
        raise FileNotFoundError(
            "The weights of MobileNetV2 are not on this machine and could not be fetched: call this once with a "
            "network connection, and Keras keeps them in ~/.keras/models."
        ) from error
    base = model.weights[: len(published)]
    if [variable.shape for variable in base] != [variable.shape for variable in published]:
        raise ValueError("The model does not begin with the layers of MobileNetV2, so its weights do not fit.")
    for variable, trained in zip(base, published, strict=True):
        variable.assign(trained)


def freeze_base(model: keras.Model, keep: int = 1) -> keras.Model:
    """Let training change the last `keep` of the model's layers only; returns the model.

    It takes effect when the model is compiled.
    """
    model.trainable = True
    for position, layer in enumerate(model.layers):
        layer.trainable = position >= len(model.layers) - keep
    return model


def extract_features(model: keras.Model, X: Pictures, path: str | Path | None = None) -> Float[np.ndarray, "m n"]:
    """What the model's last layer is given, for each picture, as in use.

    Args:
        path: of a .npy file. If there is none, the features are saved there; if there is one, they are read from it
            and nothing is computed.
    """
    if path is not None and Path(path).exists():
        return np.load(path)
    features = np.asarray(keras.Model(model.inputs[0], model.layers[-1].input)(X, training=False))
    if path is not None:
        np.save(path, features)
    return features


def replace_head(model: keras.Model, classes: int) -> keras.Model:
    """The model with another last layer: dense, one unit for each of `classes`, softmax. The other layers are shared
    with the model, which stays as it is."""
    return keras.Model(model.inputs[0], layers.Dense(classes, activation="softmax")(model.layers[-1].input))


def fine_tune(
    model: keras.Model,
    X: Pictures,
    Y: Int[np.ndarray, " m"],
    keep: int = 1,
    epochs: int = 10,
    learning_rate: float = 1e-3,
) -> keras.Model:
    """Train the last `keep` layers of the model, with a new Adam; returns the model.

    Args:
        Y: the number of each picture's class.
    """
    freeze_base(model, keep)
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy")
    model.fit(X, Y, epochs=epochs, verbose=0)
    return model


def ensemble_predict(models: Sequence[keras.Model], X: Pictures) -> Float[np.ndarray, "m classes"]:
    """The mean of the models' probabilities, as in use."""
    return np.mean([np.asarray(model(X, training=False)) for model in models], axis=0)


def ten_crop(X: Pictures, size: int) -> Float[np.ndarray, "m 10 {size} {size} n_C"]:
    """Windows at the four corners and in the middle of each picture, then the same five of its mirror image.

    Args:
        size: the side of a window, in pixels. The middle one begins at (n_H - size) // 2, (n_W - size) // 2.
    """
    down, across = X.shape[1] - size, X.shape[2] - size
    places = [(0, 0), (0, across), (down, 0), (down, across), (down // 2, across // 2)]
    both = np.stack([X, X[:, :, ::-1]], axis=1)
    windows = [both[:, :, top : top + size, left : left + size] for top, left in places]
    return np.stack(windows, axis=2).reshape(len(X), 10, size, size, X.shape[3])
