"""Notebook 08: references and solution against SciPy, scikit-image, TensorFlow and Keras, and the numbers of the
curriculum."""

import os
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from solution_functions import functions

from dlcourse import transfer
from dlcourse.checking.probes import reuse
from dlcourse.checking.probes.augmenting import SCALE, coordinates

BOTH = pytest.mark.parametrize("ours", [transfer, functions("transfer")], ids=["reference", "solution"])


def draw(m, n_H, n_W, n_C=3, seed=0):
    return np.random.default_rng(seed).uniform(size=(m, n_H, n_W, n_C))


def rng(seed=0):
    return np.random.default_rng(seed)


# Augmentation


@BOTH
@pytest.mark.parametrize("shape", [(5, 6, 9, 3), (40, 3, 3, 1), (1, 8, 5, 2)])
def test_a_mirror_image_is_tensorflows_and_about_half_are(ours, shape):
    X = draw(*shape)
    result = ours.mirror(X, rng())
    mirrored = np.asarray(tf.image.flip_left_right(X))
    for before, after, flipped in zip(X, result, mirrored, strict=True):
        assert np.array_equal(after, before) or np.array_equal(after, flipped)
    many = ours.mirror(np.repeat(draw(1, 2, 2), 4000, axis=0), rng())
    assert 0.45 < np.mean(many[:, 0, 0, 0] != draw(1, 2, 2)[0, 0, 0, 0]) < 0.55


@BOTH
def test_every_window_occurs_equally_often_and_is_one(ours):
    windows = ours.random_crop(coordinates(3600, 6, 9), 4, rng())
    assert windows.shape == (3600, 4, 4, 3)
    top, left = np.round(windows[:, 0, 0, 0] * SCALE), np.round(windows[:, 0, 0, 1] * SCALE)
    counts = np.zeros((3, 6))
    np.add.at(counts, (top.astype(int), left.astype(int)), 1)
    assert counts.min() > 120 and counts.max() < 290  # 200 expected for each of the 18 places
    assert np.array_equal(ours.random_crop(draw(2, 5, 5), 5, rng()), draw(2, 5, 5))


@BOTH
@pytest.mark.parametrize(("n_H", "n_W"), [(9, 9), (8, 11), (12, 7)])
def test_a_turn_is_scipys(ours, n_H, n_W):
    X = draw(1, n_H, n_W)
    angle = rng(5).uniform(-40, 40)
    # SciPy turns by a matrix about the first pixel, so the middle is put back by an offset
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    matrix, middle = np.array([[cos, -sin], [sin, cos]]), np.array([n_H - 1, n_W - 1]) / 2
    expected = np.stack(
        [
            ndimage.affine_transform(X[0, :, :, k], matrix, middle - matrix @ middle, order=1, mode="nearest")
            for k in range(3)
        ],
        axis=-1,
    )
    np.testing.assert_allclose(ours.rotate(X, 40, rng(5))[0], expected, atol=1e-9)


@BOTH
@pytest.mark.parametrize(("n_H", "n_W"), [(9, 9), (8, 11)])
def test_a_slant_is_scipys(ours, n_H, n_W):
    X = draw(1, n_H, n_W)
    s = rng(2).uniform(-0.5, 0.5)
    expected = ndimage.affine_transform(
        X[0, :, :, 0], [[1, 0], [s, 1]], [0, -s * (n_H - 1) / 2], order=1, mode="nearest"
    )
    np.testing.assert_allclose(ours.shear(X, 0.5, rng(2))[0, :, :, 0], expected, atol=1e-9)


@BOTH
def test_a_warp_moves_knots_and_what_lies_between_follows(ours):
    X = coordinates(1, 31, 31)
    moves = rng(1).uniform(-2, 2, size=(1, 4, 4, 2))[0]
    places = ours.local_warp(X, 2.0, rng(1))[0] * SCALE
    for i in (1, 2):
        for j in (1, 2):
            np.testing.assert_allclose(places[10 * i, 10 * j, :2] - 10 * np.array([i, j]), moves[i, j], atol=1e-9)
    halfway = places[10, 15, :2] - [10, 15]
    np.testing.assert_allclose(halfway, (moves[1, 1] + moves[1, 2]) / 2, atol=1e-9)
    assert ours.local_warp(draw(2, 9, 9), 1.0, rng(), knots=6).shape == (2, 9, 9, 3)


def test_reference_and_solution_draw_the_same():
    theirs = functions("transfer")
    for name, arguments in (("local_warp", (2.0,)), ("rotate", (30,)), ("shear", (0.4,)), ("color_shift", (0.2,))):
        for shape in ((3, 9, 12, 3), (1, 5, 5, 3)):
            left, right = (getattr(ours, name)(draw(*shape), *arguments, rng(7)) for ours in (transfer, theirs))
            np.testing.assert_allclose(left, right, atol=1e-12, err_msg=name)
    left, right = (ours.pca_color_augmentation(draw(4, 5, 6), rng(7)) for ours in (transfer, theirs))
    np.testing.assert_allclose(left, right, atol=1e-12)


@BOTH
def test_a_shift_of_colour_stays_in_the_range(ours):
    X = draw(50, 3, 4)
    result = ours.color_shift(X, 0.4, rng())
    assert result.min() >= 0 and result.max() <= 1
    inside = (result > 0) & (result < 1)
    for i in range(50):
        for k in range(3):
            assert np.ptp((result - X)[i, :, :, k][inside[i, :, :, k]]) < 1e-12


@BOTH
def test_the_covariance_of_the_shifts_is_that_of_the_formula(ours):
    X = draw(4000, 2, 2) * [1.0, 0.5, 0.3] + draw(4000, 2, 2, 1, seed=1)
    shifts = (ours.pca_color_augmentation(X, rng()) - X)[:, 0, 0]
    eigenvalues, P = np.linalg.eigh(np.cov(X.reshape(-1, 3).T))
    expected = P @ np.diag((0.1 * eigenvalues) ** 2) @ P.T
    np.testing.assert_allclose(np.cov(shifts.T), expected, atol=0.06 * expected.max())


@BOTH
@pytest.mark.parametrize(("n_H", "n_W", "size"), [(8, 8, 5), (7, 9, 4), (5, 5, 5), (6, 7, 1)])
def test_ten_crops_are_those_of_the_image_and_of_its_mirror_image(ours, n_H, n_W, size):
    X = draw(2, n_H, n_W)
    result = ours.ten_crop(X, size)
    assert result.shape == (2, 10, size, size, 3)
    for pictures, first in ((X, 0), (np.asarray(tf.image.flip_left_right(X)), 5)):
        expected = [
            np.asarray(tf.image.crop_to_bounding_box(pictures, top, left, size, size))
            for top, left in [
                (0, 0),
                (0, n_W - size),
                (n_H - size, 0),
                (n_H - size, n_W - size),
                ((n_H - size) // 2, (n_W - size) // 2),
            ]
        ]
        for window in expected:
            assert any(np.array_equal(window, result[:, k]) for k in range(first, first + 5))


# Networks with a past


@BOTH
def test_a_frozen_base_has_no_trainable_weight_and_its_normalisation_does_not_move(ours):
    model = ours.freeze_base(reuse.small_model(keras), keep=1)
    assert [tuple(weight.shape) for weight in model.trainable_weights] == [(12, 3), (3,)]
    before = model.get_weights()
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.train_on_batch(*reuse.pictures(12))
    after = model.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before[:-2], after[:-2], strict=True))
    assert not np.array_equal(before[-2], after[-2])


@BOTH
def test_the_model_for_alpacas_has_1281_trained_weights_of_2259265(ours):
    model = ours.alpaca_model((32, 32))
    assert model.count_params() == 2_259_265 == 2_257_984 + 1_281
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 1_281
    assert model.output_shape == (None, 1)


def test_a_frozen_mobilenet_has_no_trained_weight_of_2257984():
    base = keras.applications.MobileNetV2(input_shape=(32, 32, 3), include_top=False, weights=None)
    free = sum(int(np.prod(weight.shape)) for weight in base.trainable_weights)
    assert (base.count_params(), free, base.count_params() - free) == (2_257_984, 2_223_872, 34_112)
    base.trainable = False
    assert base.trainable_weights == []


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A small file in the layout of those that Keras publishes: a group for each layer, each array of one number."""
    path, number = tmp_path_factory.mktemp("published") / "no_top.h5", 0
    with h5py.File(path, "w") as file:
        network = keras.applications.MobileNetV2(include_top=False, weights=None)
        file.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        file.attrs["keras_version"], file.attrs["backend"] = b"2.0.0", b"tensorflow"
        for layer in network.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{variable.name}:0" for variable in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, variable in zip(names, layer.weights, strict=True):
                group.create_dataset(name, variable.shape, "f4", fillvalue=number)
                number += 1
    assert path.stat().st_size < 1_000_000
    return path


def test_the_weights_in_a_file_of_keras_go_into_the_frozen_base(published):
    model = transfer.alpaca_model((32, 32))
    head = [np.asarray(variable) for variable in model.weights[-2:]]
    transfer.load_mobilenet(model, pretrained=False, file=published)
    assert not all(np.all(variable == number) for number, variable in enumerate(model.get_weights()[:-2]))
    transfer.load_mobilenet(model, file=published)
    assert [np.unique(variable).tolist() for variable in model.get_weights()[:-2]] == [[n] for n in range(260)]
    assert all(np.array_equal(a, b) for a, b in zip(head, model.weights[-2:], strict=True))
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 1_281


def test_a_model_without_mobilenet_is_told_so(published):
    with pytest.raises(ValueError, match="does not begin with the layers of MobileNetV2"):
        transfer.load_mobilenet(reuse.small_model(keras), file=published)


def test_without_a_network_connection_a_sentence_says_which_weights_are_missing(tmp_path):
    """In a process of its own, with nothing in Keras's folder and nobody behind the proxy's door."""
    code = (
        "from dlcourse.transfer import load_mobilenet\n"
        "try:\n    load_mobilenet(None)\nexcept FileNotFoundError as error:\n    print(error)"
    )
    door = "http://127.0.0.1:9"
    away = {"KERAS_HOME": str(tmp_path), "HTTPS_PROXY": door, "https_proxy": door, "no_proxy": "", "NO_PROXY": ""}
    ran = subprocess.run([sys.executable, "-c", code], env={**os.environ, **away}, capture_output=True, text=True)
    said = ran.stdout.strip().splitlines()[-1]
    assert said.startswith("The weights of MobileNetV2 are not on this machine and could not be fetched"), ran.stderr
    assert said.count(". ") == 0 and said.endswith(".")


@BOTH
def test_features_with_the_old_head_are_the_models_answers(ours, tmp_path):
    model = reuse.small_model(keras)
    X, _ = reuse.pictures(9)
    path = str(tmp_path / "features.npy")
    features = ours.extract_features(model, X, path)
    np.testing.assert_allclose(np.asarray(model.layers[-1](features)), np.asarray(model(X)), atol=1e-6)
    assert np.array_equal(ours.extract_features(None, None, path), features)


@BOTH
def test_a_new_head_leaves_the_old_model_alone(ours):
    model = reuse.small_model(keras)
    X, _ = reuse.pictures(5)
    before = np.asarray(model(X))
    new = ours.replace_head(model, 7)
    assert new.output_shape == (None, 7)
    assert new.count_params() == model.count_params() - 13 * 3 + 13 * 7
    np.testing.assert_allclose(np.asarray(new(X)).sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(np.asarray(model(X)), before)


@BOTH
def test_an_ensemble_is_the_mean_of_its_members(ours):
    models = [reuse.tiny_model(keras, word) for word in ("a", "b", "c")]
    X = draw(6, 6, 6, 1).astype("float32")
    expected = sum(model.predict(X, verbose=0) for model in models) / 3
    np.testing.assert_allclose(ours.ensemble_predict(models, X), expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_the_solution_clears_the_bar_of_fine_tune_whatever_the_seed(seed):
    found = reuse.fine_tuned(
        functions("transfer").fine_tune,
        {"model": {"seed": seed}, "X": None, "Y": None, "keep": 1, "epochs": 20, "learning_rate": 0.02},
    )
    assert found["answers"] is True
