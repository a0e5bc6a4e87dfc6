"""The feature network: its shipped weights, what it knows, and Keras's VGG-19 behind the flag, from a stand-in file."""

import h5py
import keras
import numpy as np
import pytest

from dlcourse.data import datasets, features


@pytest.fixture(scope="module")
def network():
    return features.feature_network()


def test_the_shipped_weights_are_small_and_complete(network):
    assert features.WEIGHTS.stat().st_size <= 500_000
    assert network.count_params() == 204_000
    assert not network.trainable_weights
    assert all(np.isfinite(values).all() and np.ptp(values) > 0 for values in network.get_weights())
    assert (features.WEIGHTS.parent / "README.md").read_text().count("features.npz")


def test_layers_come_in_the_order_asked_for(network):
    image = datasets.photograph("coffee", size=(40, 60))[np.newaxis].astype("f4")
    names = [*features.LAYERS, "block2_conv2"]
    outputs = features.layer_outputs(network, names)(image)
    assert [a.shape[-1] for a in outputs] == [*features.FILTERS, 64]
    np.testing.assert_array_equal(outputs[3], outputs[6])
    assert all(float(keras.ops.max(a)) > 0 and float(keras.ops.min(a)) == 0 for a in outputs)


def test_folding_the_normalisation_changes_nothing(tmp_path):
    keras.utils.set_random_seed(0)
    normalized = features.small_network(batch_normalization=True)
    rng = np.random.default_rng(0)
    for layer in normalized.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, size=values.shape) for values in layer.get_weights()])
    features.save_weights(tmp_path / "weights.npz", features.folded_weights(normalized))
    folded = features.feature_network(weights=tmp_path / "weights.npz")
    image = rng.random((1, 64, 64, 3)).astype("f4")
    expected = features.layer_outputs(normalized, ["block1_conv2"])(image)
    got = features.layer_outputs(folded, ["block1_conv2"])(image)
    border = features.MIRROR - 2  # each convolution without padding takes one
    inner = np.asarray(got)[:, border:-border, border:-border]
    # zeros or a mirror: the border of the image itself differs
    np.testing.assert_allclose(inner[:, 2:-2, 2:-2], np.asarray(expected)[:, 2:-2, 2:-2], rtol=0.02, atol=0.02)


def test_trained_features_tell_textures_apart_better_than_random_ones(network):
    names = ["brick", "grass", "gravel", "immunohistochemistry"]

    def right(network):
        def style(name, part):
            image = datasets.photograph(name, size=160)[np.newaxis, 80 * part : 80 * part + 80].astype("f4")
            a = features.layer_outputs(network, ["block3_conv2"])(image)
            a = np.reshape(a, (-1, a.shape[-1]))
            return a.T @ a / len(a)

        first, second = ([style(name, part) for name in names] for part in (0, 1))
        nearest = [np.argmin([np.sum((G - other) ** 2) for other in second]) for G in first]
        return np.mean(np.equal(nearest, range(len(names))))

    assert right(network) == 1.0


def stand_in(path):
    """A file as Keras's VGG-19 is published in, with all its layers and hardly any bytes."""
    vgg = keras.applications.VGG19(include_top=False, weights=None)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name for layer in vgg.layers]
        for layer in vgg.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}" for weight in layer.weights]
            group.attrs["weight_names"] = names
            for name, weight in zip(names, layer.weights, strict=True):
                fill = 0.5 if "bias" in name else 0.0
                group.create_dataset(name, weight.shape, "f4", compression="gzip", fillvalue=fill)
    return path


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_the_flag_loads_vgg19_through_keras(how, tmp_path, monkeypatch):
    file = stand_in(tmp_path / "vgg19_notop.h5")
    assert file.stat().st_size < 100_000
    asked = []

    def get_file(name, origin, **options):
        asked.append((name, options["file_hash"]))
        return str(file)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    if how == "environment":
        monkeypatch.setenv("DLCOURSE_PRETRAINED", "1")
        network = features.feature_network()
    else:
        network = features.feature_network(pretrained=True)
    assert len(asked) == 1
    assert "vgg19" in asked[0][0]
    assert not network.trainable_weights
    image = np.random.default_rng(0).random((1, 32, 48, 3)).astype("f4")
    outputs = features.layer_outputs(network, [*features.LAYERS, "block2_conv2"])(image)
    assert [tuple(a.shape) for a in outputs[:3]] == [(1, 32, 48, 64), (1, 32, 48, 64), (1, 16, 24, 128)]
    assert all(np.all(np.asarray(a) == 0.5) for a in outputs)  # the stand-in's biases


def test_vgg19_is_given_its_own_colours():
    network = features.feature_network(pretrained=True, weights="random")
    image = np.random.default_rng(0).random((1, 8, 8, 3)).astype("f4")
    prepared = keras.applications.vgg19.preprocess_input(255 * image)
    expected = keras.ops.relu(keras.ops.conv(prepared, network.get_layer("block1_conv1").kernel, padding="same"))
    np.testing.assert_allclose(features.layer_outputs(network, ["block1_conv1"])(image), expected, atol=1e-2)


def test_no_download_by_default(monkeypatch):
    def get_file(*args, **options):
        raise AssertionError("a download was asked for")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    monkeypatch.delenv("DLCOURSE_PRETRAINED", raising=False)
    assert len(features.feature_network().layers) < 12
