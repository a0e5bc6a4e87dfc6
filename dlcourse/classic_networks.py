"""LeNet-5, AlexNet, ZFNet and VGG in Keras, and what a network holds: the references of notebook 04."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
from jaxtyping import Float
from keras import layers, ops

GIVEN = ("load_pretrained",)  # to notebooks, also while these are graded

# AlexNet's settings for its normalisation: neighbours, constant, factor, exponent (section 3.3 of the paper)
NEIGHBOURS, CONSTANT, FACTOR, EXPONENT = 5, 2.0, 1e-4, 0.75
# How many convolutions each of VGG's five blocks has
VGG_BLOCKS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def local_response_normalization(
    A: Float[np.ndarray, "m n_H n_W n_C"],
    n: int = NEIGHBOURS,
    k: float = CONSTANT,
    alpha: float = FACTOR,
    beta: float = EXPONENT,
) -> Float[np.ndarray, "m n_H n_W n_C"]:
    """b_i = a_i / (k + alpha * sum of a_j^2)^beta, over the channels j from i - n // 2 to i + n // 2 that exist.

    Args:
        n: channels in the sum, an odd number; TensorFlow's `depth_radius` is n // 2.
        k, alpha, beta: TensorFlow's bias, alpha and beta. PyTorch divides alpha by n.

    Source: Krizhevsky, Sutskever, Hinton, ImageNet Classification with Deep Convolutional Neural Networks, section 3.3.
    """
    radius, n_C = n // 2, A.shape[-1]
    squares = A * A
    sums = squares.copy()
    for step in range(1, min(radius, n_C - 1) + 1):
        sums[..., :-step] += squares[..., step:]
        sums[..., step:] += squares[..., :-step]
    sums *= alpha
    sums += k
    if beta == EXPONENT:  # two square roots are several times faster than a power
        roots = np.sqrt(sums)
        return A / (roots * np.sqrt(roots))
    return A / sums**beta


def lenet5(
    input_shape: tuple[int, int, int] = (32, 32, 1),
    classes: int = 10,
    activation: str = "tanh",
    pooling: str = "average",
) -> keras.Model:
    """LeNet-5 with whole connections and a softmax: twice a convolution and a pooling, then three dense layers.

    Args:
        activation: Keras's name for it, of every layer but the last.
        pooling: "average" as in 1998, or "max".

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document Recognition, section II.B.
    """
    pool = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}[pooling]
    network = [keras.Input(input_shape)]
    for filters in (6, 16):
        network += [layers.Conv2D(filters, 5, activation=activation), pool(2)]
    network += [layers.Flatten(), *(layers.Dense(units, activation=activation) for units in (120, 84))]
    return keras.Sequential([*network, layers.Dense(classes, activation="softmax")], name="lenet5")


def alexnet(
    input_shape: tuple[int, int, int] = (227, 227, 3),
    classes: int = 1000,
    filters: Sequence[int] = (64, 192, 384, 256, 256),
    units: int = 4096,
) -> keras.Model:
    """AlexNet in one tower, without normalisation.

    Args:
        filters: of the five convolutions.
        units: of the first two dense layers.

    Input shape:
        `(m, *input_shape)`; the paper's pictures of 224 pixels only fit with a border of 3.

    Output shape:
        `(m, classes)`

    Source: Krizhevsky, One weird trick for parallelizing convolutional neural networks, section 5.
    """
    image = keras.Input(input_shape)
    return _with_dense_layers(image, _five_convolutions(image, filters), classes, units, "alexnet")


def alexnet_2012(
    input_shape: tuple[int, int, int] = (227, 227, 3),
    classes: int = 1000,
    filters: Sequence[int] = (96, 256, 384, 384, 256),
    units: int = 4096,
    groups: int = 2,
) -> keras.Model:
    """AlexNet as in the paper: normalisation behind the first two ReLUs, and the second, fourth and fifth convolution
    in groups.

    Args:
        filters, units: as in `alexnet`.
        groups: how many processors share the channels of those three; 1 joins all with all.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: Krizhevsky, Sutskever, Hinton, section 3.5 and figure 2.
    """
    image = keras.Input(input_shape)
    features = _five_convolutions(image, filters, (1, groups, 1, groups, groups), _normalised)
    return _with_dense_layers(image, features, classes, units, "alexnet_2012")


def zfnet(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    filters: Sequence[int] = (96, 256, 384, 384, 256),
    units: int = 4096,
) -> keras.Model:
    """ZFNet without its contrast normalisation: AlexNet with a 7x7 filter and a stride of 2 in front.

    Args:
        filters, units: as in `alexnet`.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: Zeiler, Fergus, Visualizing and Understanding Convolutional Networks, figure 3.
    """
    image = keras.Input(input_shape)
    X = layers.Conv2D(filters[0], 7, strides=2, activation="relu")(layers.ZeroPadding2D(1)(image))
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    X = layers.Conv2D(filters[1], 5, strides=2, activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    for count in filters[2:]:
        X = layers.Conv2D(count, 3, padding="same", activation="relu")(X)
    return _with_dense_layers(image, layers.MaxPooling2D(3, strides=2)(X), classes, units, "zfnet")


def vgg(
    depth: int = 16,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    filters: int = 64,
    units: int = 4096,
) -> keras.Model:
    """VGG-16 or VGG-19: five blocks of 3x3 convolutions and a pooling, then three dense layers, as Keras has them.

    The paper drops half of the numbers behind the first two dense layers; Keras does not, nor does this.

    Args:
        depth: 16 or 19 layers with weights.
        filters: of the first block; each block has twice as many as the one before, the last as many as the fourth.
        units: of the first two dense layers.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: Simonyan, Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, table 1, D and E.
    """
    X = image = keras.Input(input_shape)
    for block, count in enumerate(VGG_BLOCKS[depth]):
        width = filters * 2 ** min(block, 3)
        for _ in range(count):
            X = layers.Conv2D(width, 3, padding="same", activation="relu")(X)
        X = layers.MaxPooling2D(2)(X)
    return _with_dense_layers(image, X, classes, units, f"vgg{depth}", dropout=0)


def activation_memory(model: keras.Model) -> tuple[int, int]:
    """The values that a model keeps of one image, and their bytes in float32.

    They are those of the image and of the output of each convolution, pooling and dense layer. ReLU, softmax and
    dropout work in place, and flattening only counts anew.
    """
    kept = (layers.Conv2D, layers.MaxPooling2D, layers.AveragePooling2D, layers.Dense)
    shapes = [model.input_shape, *(layer.output.shape for layer in model.layers if isinstance(layer, kept))]
    values = sum(int(np.prod(shape[1:])) for shape in shapes)
    return values, 4 * values


def parameter_share(model: keras.Model) -> tuple[int, int, float]:
    """The parameters of the convolutions, those of the dense layers, and the share that the dense layers have of all
    parameters of the model; 0 for a model without parameters."""
    convolutions, dense = (
        sum(layer.count_params() for layer in model.layers if isinstance(layer, kind))
        for kind in (layers.Conv2D, layers.Dense)
    )
    return convolutions, dense, dense / max(model.count_params(), 1)


def load_pretrained(
    network: keras.Model, published: Callable[..., keras.Model], file: str | Path | None = None
) -> None:
    """Give a network the weights that Keras publishes for the same layers in the same order, trained on ImageNet.

    Args:
        published: Keras's builder, such as `keras.applications.VGG16`.
        file: a file in the layout of Keras's own (.h5), instead of the one that its builder fetches.

    Raises:
        FileNotFoundError: the weights are not on this machine, and could not be fetched.
        ValueError: the network has other layers.
    """
    if file is not None:
        network.load_weights(file)
        return
    try:
        weights = published(weights="imagenet").get_weights()
    except Exception as error:  # urllib, sockets and certificates each raise errors of their own
        raise FileNotFoundError(
            f"The weights of {published.__name__} are not on this machine and could not be fetched: call this once "
            f"with "
            "a network connection, and Keras keeps them in ~/.keras/models."
        ) from error
    if [array.shape for array in weights] != [tuple(variable.shape) for variable in network.weights]:
        raise ValueError(f"The network's layers are not those of {published.__name__}, so its weights do not fit.")
    network.set_weights(weights)


def _five_convolutions(image, filters, groups=(1,) * 5, normalised=lambda X: X):
    X = layers.Conv2D(filters[0], 11, strides=4, activation="relu")(image)
    X = layers.MaxPooling2D(3, strides=2)(normalised(X))
    X = layers.Conv2D(filters[1], 5, padding="same", groups=groups[1], activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2)(normalised(X))
    for count, group in zip(filters[2:], groups[2:], strict=True):
        X = layers.Conv2D(count, 3, padding="same", groups=group, activation="relu")(X)
    return layers.MaxPooling2D(3, strides=2)(X)


def _with_dense_layers(image, X, classes, units, name, dropout=0.5):
    X = layers.Flatten()(X)
    for _ in range(2):
        X = layers.Dense(units, activation="relu")(X)
        X = layers.Dropout(dropout)(X) if dropout else X
    return keras.Model(image, layers.Dense(classes, activation="softmax")(X), name=name)


def _normalised(X):
    """As `local_response_normalization`, on tensors of either precision; TensorFlow's own has none for float64."""
    radius = NEIGHBOURS // 2
    squares = ops.pad(X * X, ((0, 0), (0, 0), (0, 0), (radius, radius)))
    sums = sum(squares[..., step : step + X.shape[-1]] for step in range(NEIGHBOURS))
    return X / (CONSTANT + FACTOR * sums) ** EXPONENT
