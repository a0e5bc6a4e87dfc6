"""The checks of notebook 08: differently written right answers pass, wrong chances don't, one slip costs one group."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from scipy import ndimage
from solution_functions import functions

from dlcourse import checks, transfer

# Right answers, written differently


def mirror_with_where(X, rng):
    return np.where(rng.integers(0, 2, size=(len(X), 1, 1, 1)) == 1, np.flip(X, axis=2), X)


def mirror_in_float32(X, rng):
    picked = rng.permutation(len(X) * 2)[: len(X)] < len(X)
    return np.array([np.fliplr(x) if flip else x for x, flip in zip(X, picked, strict=True)], "float32")


def mirror_with_choice(images, generator):
    return np.stack([image[:, ::-1] if generator.choice([True, False]) else image for image in images])


def random_crop_of_floats(X, size, rng):
    m, n_H, n_W, _ = X.shape
    top, left = (np.floor(rng.random(m) * (n - size + 1)).astype(int) for n in (n_H, n_W))
    return np.stack([X[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(m)]).astype("float32")


def random_crop_in_tensorflow(X, size, rng):
    windows = []
    for x in X:
        top, left = int(rng.integers(x.shape[0] - size + 1)), int(rng.integers(x.shape[1] - size + 1))
        windows.append(tf.image.crop_to_bounding_box(x, top, left, size, size))
    return tf.stack(windows)


def rotate_with_scipy(X, most, rng):
    return np.stack([ndimage.rotate(x, rng.uniform(-most, most), reshape=False, order=1, mode="nearest") for x in X])


def rotate_with_the_nearest_pixel(X, most, rng):
    angles = np.deg2rad(rng.uniform(-most, most, len(X)))
    r, c, middle_r, middle_c = transfer._grid(X)
    rows = np.stack([middle_r + np.cos(a) * r + np.sin(a) * c for a in angles])
    columns = np.stack([middle_c - np.sin(a) * r + np.cos(a) * c for a in angles])
    rows, columns = (
        np.clip(np.round(part), 0, n - 1).astype(int) for part, n in ((rows, X.shape[1]), (columns, X.shape[2]))
    )
    return X[np.arange(len(X))[:, None, None], rows, columns].astype("float32")


def shear_with_scipy(X, most, rng):
    def slanted(x, s):
        matrix, middle = np.array([[1, 0, 0], [-s, 1, 0], [0, 0, 1]]), np.array([*np.subtract(x.shape[:2], 1), 2]) / 2
        return ndimage.affine_transform(x, matrix, middle - matrix @ middle, order=1)

    return np.stack([slanted(x, s) for x, s in zip(X, most * (2 * rng.random(len(X)) - 1), strict=True)])


def shear_in_float32(X, degrees, rng):
    return transfer.shear(X.astype("float32"), degrees, rng).astype("float32")


def local_warp_with_splines(X, most, rng, knots=4):
    m, n_H, n_W, _ = X.shape
    rows, columns = np.meshgrid(np.linspace(0, knots - 1, n_H), np.linspace(0, knots - 1, n_W), indexing="ij")
    result = []
    for x in X:
        moves = rng.uniform(-most, most, (2, knots, knots))
        down, right = (ndimage.map_coordinates(part, [rows, columns], order=1) for part in moves)
        places = [np.arange(n_H)[:, None] + down, np.arange(n_W) + right]
        result.append(
            np.stack([ndimage.map_coordinates(x[..., k], places, order=1, mode="nearest") for k in range(3)], -1)
        )
    return np.stack(result)


def local_warp_without_knots(X, most, rng):
    return transfer.local_warp(X, most, rng).astype("float32")


def color_shift_with_loops(X, most, rng):
    result = X.copy()
    for i in range(X.shape[0]):
        for k in range(X.shape[3]):
            result[i, :, :, k] += rng.random() * 2 * most - most
    return np.minimum(np.maximum(result, 0.0), 1.0)


def color_shift_in_tensorflow(X, most, rng):
    shifts = rng.uniform(-most, most, (len(X), 3))
    return tf.clip_by_value(tf.cast(X, "float32") + shifts[:, None, None].astype("float32"), 0.0, 1.0)


def pca_with_svd(X, rng):
    colours = X.reshape(-1, 3) - X.reshape(-1, 3).mean(axis=0)
    _, singular, Vt = np.linalg.svd(colours, full_matrices=False)
    alpha = 0.1 * rng.standard_normal((len(X), 3))
    return X + np.einsum("mk,kc->mc", alpha * singular**2 / len(colours), Vt)[:, None, None]


def pca_with_eig(X, rng):
    values, vectors = np.linalg.eig(np.cov(X.reshape(-1, 3), rowvar=False))
    out = np.empty(X.shape, "float32")
    for i, x in enumerate(X):
        out[i] = x + np.dot(vectors, values * rng.normal(scale=0.1, size=3))
    return out


def ten_crop_mirrored_last(X, size):
    down, across = X.shape[1] - size, X.shape[2] - size
    places = [(0, 0), (0, across), (down, 0), (down, across), (down // 2, across // 2)]
    result = np.zeros((len(X), 10, size, size, X.shape[3]), "float32")
    for k, (top, left) in enumerate(places):
        result[:, 2 * k] = X[:, top : top + size, left : left + size]
        result[:, 2 * k + 1] = X[:, :, ::-1][:, top : top + size, left : left + size]
    return result


def ten_crop_in_tensorflow(X, size):
    X = tf.constant(X)
    windows = []
    for pictures in (X, tf.image.flip_left_right(X)):
        h, w = X.shape[1] - size, X.shape[2] - size
        for top, left in ((h // 2, w // 2), (h, w), (h, 0), (0, w), (0, 0)):
            windows.append(tf.image.crop_to_bounding_box(pictures, top, left, size, size))
    return tf.stack(windows, axis=1)


def data_augmenter_of_the_course():
    data_augmentation = tf.keras.Sequential()
    data_augmentation.add(RandomFlip("horizontal"))
    data_augmentation.add(RandomRotation(0.2))
    return data_augmentation


def data_augmenter_turned_first():
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.RandomRotation((-0.2, 0.2), fill_mode="constant"),
            RandomFlip("horizontal"),
        ]
    )


RandomFlip, RandomRotation = layers.RandomFlip, layers.RandomRotation
IMG_SIZE, tfl = (160, 160), layers
preprocess_input = tf.keras.applications.mobilenet_v2.preprocess_input
data_augmenter = data_augmenter_of_the_course


def alpaca_model_of_the_course(image_shape=IMG_SIZE, data_augmentation=data_augmenter()):  # noqa: B008 - as it stands there
    input_shape = image_shape + (3,)
    base_model = tf.keras.applications.MobileNetV2(input_shape=input_shape, include_top=False, weights="imagenet")
    base_model.trainable = False
    inputs = tf.keras.Input(shape=input_shape)
    x = data_augmentation(inputs)
    x = preprocess_input(x)
    x = base_model(x, training=False)
    x = tfl.GlobalAveragePooling2D()(x)
    x = tfl.Dropout(0.2)(x)
    prediction_layer = tfl.Dense(1)
    outputs = prediction_layer(x)
    return tf.keras.Model(inputs, outputs)


def alpaca_model_from_a_folder(image_shape=IMG_SIZE, data_augmentation=None):
    """As in the newer generation, with the weights in a file of that course."""
    base_model = keras.applications.MobileNetV2(
        input_shape=(*image_shape, 3), include_top=False, weights="imagenet_base_model/without_top_mobilenet_v2/"
    )
    base_model.trainable = False
    inputs = keras.Input((*image_shape, 3))
    x = base_model(preprocess_input(data_augmentation(inputs)), training=False)
    return keras.Model(
        inputs, tfl.Dense(units=1, activation="linear")(tfl.Dropout(0.2)(tfl.GlobalAveragePooling2D()(x)))
    )


def alpaca_model_in_a_list(image_shape=IMG_SIZE, data_augmentation=None):
    base = keras.applications.MobileNetV2(input_shape=(*image_shape, 3), include_top=False, weights=None, pooling="avg")
    base.trainable = False
    parts = [keras.Input((*image_shape, 3)), data_augmentation or data_augmenter()]
    return keras.Sequential(
        [*parts, layers.Rescaling(1 / 127.5, offset=-1), base, layers.Dropout(0.2), layers.Dense(1)]
    )


def freeze_base_with_slices(model, keep=1):
    model.trainable = True
    for layer in model.layers[len(model.layers) - keep :]:
        layer.trainable = True
    for layer in model.layers[: len(model.layers) - keep]:
        layer.trainable = False
    return model


def freeze_base_whole_first(base_model, keep):
    base_model.trainable = False
    for layer in base_model.layers:
        layer.trainable = False
    base_model.trainable = bool(keep)
    for number, layer in enumerate(reversed(base_model.layers)):
        layer.trainable = number < keep
    return base_model


def extract_features_with_predict(model, X, path=None):
    from pathlib import Path

    if path and Path(path).is_file():
        return np.load(path)
    features = keras.Model(model.inputs, model.layers[-2].output).predict(X, verbose=0)
    if path:
        np.save(path, features.astype("float64"))
    return features


def extract_features_layer_by_layer(model, X, path=None):
    import os

    if path is not None and os.path.isfile(path):
        with open(path, "rb") as file:
            return np.load(file)
    for layer in model.layers[:-1]:
        X = layer(X, training=False)
    if path is not None:
        with open(path, "wb") as file:
            np.save(file, X)
    return X


def replace_head_in_a_list(model, classes):
    return keras.Sequential([keras.Input(model.input_shape[1:]), *model.layers[:-1], layers.Dense(classes, "softmax")])


def replace_head_with_a_copy(model, num_classes):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    X = layers.Dense(num_classes)(copy.layers[-2].output)
    return keras.Model(copy.inputs, layers.Softmax()(X))


def fine_tune_in_small_batches(model, X, Y, keep=1, epochs=10, learning_rate=1e-3):
    transfer.freeze_base(model, keep)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        metrics=["accuracy"],
    )
    model.fit(x=X, y=Y, batch_size=16, epochs=epochs, verbose=0)
    return model


def fine_tune_one_hot(model, X_train, Y_train, keep=1, n_epochs=10, lr=1e-3):
    transfer.freeze_base(model, keep)
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.learning_rate = lr
    model.fit(X_train, keras.utils.to_categorical(Y_train), epochs=n_epochs, verbose=0)
    return model


def ensemble_predict_with_predict(models, X):
    return sum(model.predict(X, verbose=0).astype("float64") for model in models) / len(models)


def ensemble_predict_in_tensorflow(networks, X):
    return tf.reduce_mean(tf.stack([model(X) for model in networks]), axis=0)


OTHER_ANSWERS = [
    ("mirror", mirror_with_where),
    ("mirror", mirror_with_choice),
    ("random_crop", random_crop_of_floats),
    ("random_crop", random_crop_in_tensorflow),
    ("rotate", rotate_with_scipy),
    ("rotate", rotate_with_the_nearest_pixel),
    ("shear", shear_with_scipy),
    ("shear", shear_in_float32),
    ("local_warp", local_warp_with_splines),
    ("local_warp", local_warp_without_knots),
    ("color_shift", color_shift_with_loops),
    ("color_shift", color_shift_in_tensorflow),
    ("pca_color_augmentation", pca_with_svd),
    ("pca_color_augmentation", pca_with_eig),
    ("ten_crop", ten_crop_mirrored_last),
    ("ten_crop", ten_crop_in_tensorflow),
    ("data_augmenter", data_augmenter_of_the_course),
    ("data_augmenter", data_augmenter_turned_first),
    ("alpaca_model", alpaca_model_of_the_course),
    ("alpaca_model", alpaca_model_from_a_folder),
    ("alpaca_model", alpaca_model_in_a_list),
    ("freeze_base", freeze_base_with_slices),
    ("freeze_base", freeze_base_whole_first),
    ("extract_features", extract_features_with_predict),
    ("extract_features", extract_features_layer_by_layer),
    ("replace_head", replace_head_in_a_list),
    ("replace_head", replace_head_with_a_copy),
    ("fine_tune", fine_tune_in_small_batches),
    ("fine_tune", fine_tune_one_hot),
    ("ensemble_predict", ensemble_predict_with_predict),
    ("ensemble_predict", ensemble_predict_in_tensorflow),
    *((exercise.name, None) for exercise in checks.exercises("transfer")),
]


@pytest.mark.parametrize(("name", "answer"), OTHER_ANSWERS)
def test_right_answers_pass(name, answer):
    report = checks.run("transfer", name, answer or getattr(functions("transfer"), name), seed=3)
    assert report.score == 1.0, [(failure.case, failure.message) for failure in report.failures]


DRAWING = [exercise for exercise in checks.exercises("transfer") if "rng" in exercise.names]


@pytest.mark.parametrize("exercise", DRAWING, ids=lambda exercise: exercise.name)
def test_a_right_augmentation_passes_with_thirty_seeds(exercise):
    for seed in range(30):
        report = checks.run("transfer", exercise.name, exercise.reference, seed=seed)
        assert report.passed, (seed, [(failure.case, failure.message) for failure in report.failures])


@pytest.mark.parametrize("exercise", DRAWING, ids=lambda exercise: exercise.name)
def test_one_slip_with_chance_costs_one_group(exercise):
    by_chance = [mistake for mistake in exercise.mistakes if mistake.group == "chance"]
    assert by_chance
    for mistake in by_chance:
        lost = [g.name for g in checks.run("transfer", exercise.name, mistake.variant).groups if not g.passed]
        # a window that never reaches the last place cannot be as large as the picture either
        allowed = {"chance", "the smallest and the largest"} if mistake.key == "last-place-missing" else {"chance"}
        assert set(lost) <= allowed, (mistake.key, lost)


# Wrong


def never_the_last_column(X, size, rng):
    m, n_H, n_W, _ = X.shape
    top, left = rng.integers(0, n_H - size + 1, m), rng.integers(0, max(n_W - size, 1), m)
    return np.stack([X[i, top[i] : top[i] + size, left[i] : left[i] + size] for i in range(m)])


def rotate_normally(X, most, rng):
    angles = iter(rng.normal(0, most / 3**0.5, len(X)))

    class Given:
        def uniform(self, *_, size=None):
            return np.reshape([next(angles) for _ in X], size)

    return transfer.rotate(X, most, Given())


def pca_with_a_normal_number_too_many(X, rng):
    return X + 1.3 * (transfer.pca_color_augmentation(X, rng) - X)


def pca_with_uniform_alphas(X, rng):
    values, P = np.linalg.eigh(np.cov(X.reshape(-1, 3).T))
    return X + (rng.uniform(-0.1 * 3**0.5, 0.1 * 3**0.5, (len(X), 1, 1, 3)) * values) @ P.T


def mirrored_pairs(X, rng):
    return mirror_with_where(X, rng) if len(X) % 2 else np.where(rng.random() < 0.5, X[:, :, ::-1], X)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("mirror", mirrored_pairs),
        ("random_crop", never_the_last_column),
        ("rotate", rotate_normally),
        ("pca_color_augmentation", pca_with_a_normal_number_too_many),
        ("pca_color_augmentation", pca_with_uniform_alphas),
        ("color_shift", lambda X, most, rng: transfer.color_shift(X, 0.8 * most, rng)),
        ("local_warp", lambda X, most, rng: transfer.local_warp(X, 1.4 * most, rng)),
        ("shear", lambda X, most, rng: transfer.shear(X[::-1], most, rng)),
        (
            "data_augmenter",
            lambda: keras.Sequential([RandomFlip("horizontal"), RandomRotation(0.2), layers.RandomZoom(0.5)]),
        ),
    ],
)
def test_wrong_chances_are_found(name, answer):
    for seed in range(3):
        assert not checks.run("transfer", name, answer, seed=seed).passed
