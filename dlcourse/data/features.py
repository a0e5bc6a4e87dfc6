"""Feature networks for style transfer: a small one whose weights come with the course, and VGG-19 as an option.

Both map images with values between 0 and 1, shape (m, n_H, n_W, 3), to activations. The small one was trained by
scripts/train_features.py on the photographs of dlcourse.data.datasets; dlcourse/data/README.md says how.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

LAYERS = ("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2", "block3_conv1", "block3_conv2")
MIRROR = 6  # pixels around the image, mirrored at its border
FILTERS = (32, 32, 64, 64, 96, 96)
WEIGHTS = Path(__file__).parent / "features.npz"

# what VGG-19's authors subtracted: the mean blue, green and red of ImageNet
_IMAGENET_MEANS = (103.939, 116.779, 123.68)


def small_network(batch_normalization: bool = False) -> keras.Model:
    """Three blocks of two 3x3 convolutions with ReLU, average pooling between the blocks.

    Input shape:
        `(m, n_H, n_W, 3)`, any height and width.

    Output shape:
        `(m, h, w, 96)`, where h and w are about a quarter of n_H and n_W.

    Args:
        batch_normalization: as in training, zeros around each image, and normalised before each ReLU. Otherwise each
            convolution has a bias, into which the trained normalisation is folded, and the image is mirrored at its
            border: no photograph has a border of zeros, and a picture painted to please the network would show it.
    """
    X = image = keras.Input((None, None, 3), name="image")
    if not batch_normalization:
        X = keras.ops.pad(image, ((0, 0), (MIRROR, MIRROR), (MIRROR, MIRROR), (0, 0)), mode="reflect")
    for index, (name, filters) in enumerate(zip(LAYERS, FILTERS, strict=True)):
        if index in (2, 4):
            X = keras.layers.AveragePooling2D(2, name=f"block{index // 2}_pool")(X)
        if batch_normalization:
            X = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_kernel")(X)
            X = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(X)
            X = keras.layers.Activation("relu", name=name)(X)
        else:
            X = keras.layers.Conv2D(filters, 3, activation="relu", name=name)(X)
    return keras.Model(image, X, name="features")


def folded_weights(network: keras.Model) -> dict[str, np.ndarray]:
    """The weights of a trained small_network(batch_normalization=True), for one without the normalisation.

    In inference, normalisation is one multiplication and one addition per channel, so it fits into the convolution.
    """
    weights = {}
    for name in LAYERS:
        (kernel,) = network.get_layer(f"{name}_kernel").get_weights()
        normalization = network.get_layer(f"{name}_norm")
        gamma, beta, mean, variance = normalization.get_weights()
        scale = gamma / np.sqrt(variance + normalization.epsilon)
        weights[f"{name}/kernel"] = kernel * scale
        weights[f"{name}/bias"] = beta - mean * scale
    return weights


def save_weights(path: Path, weights: dict[str, np.ndarray]) -> None:
    """Write the weights in half precision, which halves the file and changes no picture."""
    np.savez(path, **{name: values.astype(np.float16) for name, values in weights.items()})


def load_weights(network: keras.Model, path: Path = WEIGHTS) -> None:
    """Set the weights of a small_network() to those of a file that save_weights wrote."""
    with np.load(path, allow_pickle=False) as weights:
        for name in LAYERS:
            values = [weights[f"{name}/kernel"].astype(np.float32), weights[f"{name}/bias"].astype(np.float32)]
            network.get_layer(name).set_weights(values)


def feature_network(pretrained: bool | None = None, weights: str | Path | None = None) -> keras.Model:
    """A trained network whose activations describe a picture; its weights are frozen.

    Args:
        pretrained: True for VGG-19 as trained on ImageNet, through Keras's own loader, which downloads 80 MB the
            first time. None: what the environment variable DLCOURSE_PRETRAINED says (1 for VGG-19), else the small one.
        weights: a file with the weights, instead of the usual ones; None: the usual ones. "random": none at all.
    """
    if pretrained is None:
        pretrained = os.environ.get("DLCOURSE_PRETRAINED", "") not in ("", "0")
    if pretrained:
        network = _vgg19("imagenet" if weights is None else weights)
    else:
        network = small_network()
        if weights != "random":
            load_weights(network, Path(weights or WEIGHTS))
    network.trainable = False
    return network


def layer_outputs(network: keras.Model, names: Sequence[str]) -> keras.Model:
    """A model from an image to the list of the named layers' activations, in that order; for one name, no list."""
    return keras.Model(network.inputs[0], [network.get_layer(name).output for name in names], name="layer_outputs")


def _vgg19(weights: str | Path) -> keras.Model:
    image = keras.Input((None, None, 3), name="image")
    # as keras.applications.vgg19.preprocess_input, for values from 0 to 1: blue first, ImageNet's mean subtracted
    X = 255.0 * keras.ops.flip(image, axis=-1) - np.array(_IMAGENET_MEANS, "float32")
    weights = None if weights == "random" else str(weights)
    vgg = keras.applications.VGG19(include_top=False, weights=weights, input_tensor=X)
    return keras.Model(image, vgg.output, name="features")
