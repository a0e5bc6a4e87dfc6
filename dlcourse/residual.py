"""Residual blocks, ResNets and dense blocks in Keras: the references of notebook 05.

The bottleneck blocks and ResNet50 have biases in their convolutions, as the course that made these signatures known;
everything else has none in front of a batch normalisation, whose beta takes their place, as in the papers.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

MOMENTUM = 0.9  # Keras's 0.99 needs hundreds of steps before inference may be trusted


def identity_block(X, f: int, filters: Sequence[int], stage: int | None = None, block: str | None = None):
    """ReLU(F(X) + X), F being three convolutions, 1x1, fxf and 1x1, each with batch normalisation.

    Args:
        f: size of the middle convolution's filters, in pixels.
        filters: of the three convolutions; the last as many as X has channels.
        stage, block: a number and a letter for the layers' names; they change nothing else.

    Input shape:
        `(m, n_H, n_W, filters[2])`

    Output shape:
        The same.

    Source: He and others, Deep Residual Learning for Image Recognition, figure 5 on the right.
    """
    path = _bottleneck(X, f, filters, stride=1, name=_name(stage, block, "2"))
    return layers.ReLU()(path + X)


def convolutional_block(
    X, f: int, filters: Sequence[int], stage: int | None = None, block: str | None = None, s: int = 2
):
    """ReLU(F(X) + projection of X), where the shapes of F(X) and X differ.

    Args:
        f, filters, stage, block: as in `identity_block`; the number of channels of X is free.
        s: stride of the first convolution and of the projection, a 1x1 convolution with batch normalisation.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, ceil(n_H / s), ceil(n_W / s), filters[2])`

    Source: as `identity_block`, section 3.3, option B.
    """
    path = _bottleneck(X, f, filters, stride=s, name=_name(stage, block, "2"))
    shortcut = _convolution(X, filters[2], 1, s, use_bias=True, name=_name(stage, block, "1"))
    return layers.ReLU()(path + shortcut)


def ResNet50(input_shape: tuple[int, int, int] = (64, 64, 3), classes: int = 6) -> keras.Model:
    """ResNet-50: a 7x7 convolution and pooling, then 3, 4, 6 and 3 bottleneck blocks, average pooling, softmax.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: He and others, table 1, column "50-layer".
    """
    inputs = keras.Input(input_shape)
    X = layers.ZeroPadding2D(3)(inputs)
    X = layers.ReLU()(_convolution(X, 64, 7, 2, padding="valid", use_bias=True))
    X = layers.MaxPooling2D(3, strides=2)(X)
    for number, (width, count) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True)):
        X = convolutional_block(X, 3, (width, width, 4 * width), number + 2, "a", s=1 if number == 0 else 2)
        for letter in "bcdef"[: count - 1]:
            X = identity_block(X, 3, (width, width, 4 * width), number + 2, letter)
    X = layers.Flatten()(layers.AveragePooling2D(2)(X))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(X), name="ResNet50")


def basic_block(X, filters: int, stride: int = 1):
    """ReLU(F(X) + shortcut), F being two 3x3 convolutions without biases, each with batch normalisation.

    Args:
        filters: of both convolutions.
        stride: of the first. The shortcut is X itself, or, where the stride or the number of channels forbids that,
            a 1x1 convolution of X with this stride, without bias, with batch normalisation.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, ceil(n_H / stride), ceil(n_W / stride), filters)`

    Source: He and others, figure 5 on the left.
    """
    path = layers.ReLU()(_convolution(X, filters, 3, stride))
    path = _convolution(path, filters, 3)
    same_shape = stride == 1 and X.shape[-1] == filters
    return layers.ReLU()(path + (X if same_shape else _convolution(X, filters, 1, stride)))


def resnet18(
    input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000, blocks: Sequence[int] = (2, 2, 2, 2)
) -> keras.Model:
    """ResNet-18: a 7x7 convolution and pooling, stages of basic blocks with 64, 128, 256 and 512 filters, the average
    of each channel, softmax.

    Args:
        blocks: how many basic blocks each of the four stages has; from the second stage on the first has a stride of 2.

    Input shape:
        `(m, *input_shape)`

    Output shape:
        `(m, classes)`

    Source: He and others, table 1, column "18-layer".
    """
    return _imagenet_network(basic_block, input_shape, classes, blocks, expansion=1)


def resnet34(input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000) -> keras.Model:
    """ResNet-34: as `resnet18`, with 3, 4, 6 and 3 blocks. Source: He and others, table 1, column "34-layer"."""
    return resnet18(input_shape, classes, (3, 4, 6, 3))


def bottleneck_network(
    blocks: Sequence[int], input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000
) -> keras.Model:
    """ResNet-50, -101 and -152 for ImageNet, without biases: (3, 4, 6, 3), (3, 4, 23, 3) and (3, 8, 36, 3) blocks.

    Source: He and others, table 1.
    """

    def bottleneck(X, filters, stride):
        same_shape = stride == 1 and X.shape[-1] == filters
        path = _bottleneck(X, 3, (filters // 4, filters // 4, filters), stride, use_bias=False)
        return layers.ReLU()(path + (X if same_shape else _convolution(X, filters, 1, stride)))

    return _imagenet_network(bottleneck, input_shape, classes, blocks, expansion=4)


def cifar_network(n: int, classes: int = 10) -> keras.Model:
    """The 6n + 2 layers of the paper's section 4.2 for 32x32 pictures: 16, 32 and 64 filters, n basic blocks each.

    Where the shape changes, the shortcut takes every second pixel and fills the new channels with zeros, so it has no
    parameters (option A).
    """

    def block(X, filters, stride):
        path = layers.ReLU()(_convolution(X, filters, 3, stride))
        path = _convolution(path, filters, 3)
        if stride != 1:
            more = filters - X.shape[-1]
            X = keras.ops.pad(X[:, ::stride, ::stride], ((0, 0), (0, 0), (0, 0), (more // 2, more - more // 2)))
        return layers.ReLU()(path + X)

    inputs = keras.Input((32, 32, 3))
    X = layers.ReLU()(_convolution(inputs, 16, 3))
    for stage, filters in enumerate((16, 32, 64)):
        for number in range(n):
            X = block(X, filters, stride=2 if stage > 0 and number == 0 else 1)
    outputs = layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(X))
    return keras.Model(inputs, outputs)


def dense_block(X, growth_rate: int, layers: int):
    """`layers` times: batch normalisation, ReLU and a 3x3 convolution of all that came before, appended to it.

    Args:
        growth_rate: new channels of each layer; the convolutions have no biases.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, n_H, n_W, n_C + layers * growth_rate)`

    Source: Huang and others, Densely Connected Convolutional Networks, section 3.
    """
    for _ in range(layers):
        new = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=MOMENTUM)(X))
        new = keras.layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(new)
        X = keras.layers.Concatenate()([X, new])
    return X


def transition_layer(X, compression: float):
    """Batch normalisation, ReLU, a 1x1 convolution to fewer channels, and 2x2 average pooling.

    Args:
        compression: the share of the channels that stays, above 0 and at most 1, rounded down; no biases.

    Input shape:
        `(m, n_H, n_W, n_C)`

    Output shape:
        `(m, n_H // 2, n_W // 2, floor(compression * n_C))`

    Source: Huang and others, section 3, "Pooling layers" and "Compression".
    """
    filters = int(compression * X.shape[-1])
    X = layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(X))
    X = layers.Conv2D(filters, 1, use_bias=False)(X)
    return layers.AveragePooling2D(2)(X)


def _convolution(X, filters, size, stride=1, padding="same", use_bias=False, name=None):
    """A convolution and its batch normalisation; `name` is completed for each."""
    names = {"conv": None, "bn": None} if name is None else {kind: kind + name for kind in ("conv", "bn")}
    X = layers.Conv2D(filters, size, strides=stride, padding=padding, use_bias=use_bias, name=names["conv"])(X)
    return layers.BatchNormalization(momentum=MOMENTUM, name=names["bn"])(X)


def _bottleneck(X, f, filters, stride, use_bias=True, name=None):
    sizes, strides = (1, f, 1), (stride, 1, 1)
    for number, (count, size, step) in enumerate(zip(filters, sizes, strides, strict=True)):
        part = None if name is None else name + "abc"[number]
        X = layers.ReLU()(X) if number else X
        X = _convolution(X, count, size, step, use_bias=use_bias, name=part)
    return X


def _name(stage, block, branch):
    return None if stage is None and block is None else f"{stage}{block}_branch{branch}"


def _imagenet_network(block, input_shape, classes, blocks, expansion):
    inputs = keras.Input(input_shape)
    X = layers.ReLU()(_convolution(inputs, 64, 7, 2))
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    for stage, count in enumerate(blocks):
        for number in range(count):
            X = block(X, expansion * 64 * 2**stage, stride=2 if stage > 0 and number == 0 else 1)
    outputs = layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(X))
    return keras.Model(inputs, outputs)
