"""What the exercises of notebook 06 share: the topic, and the parts of wrong blocks."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse.checking.exercise import Topic

topic = Topic("inception")


def conv(X, filters: int, f: int, stride: int = 1, activation: str | None = "relu", **options) -> keras.KerasTensor:
    return layers.Conv2D(filters, f, strides=stride, padding="same", activation=activation, **options)(X)


def pool(X, kind=layers.MaxPooling2D, size: int = 3, stride: int = 1, padding: str = "same") -> keras.KerasTensor:
    return kind(size, strides=stride, padding=padding)(X)


def joined(branches: list, how: str = "concatenated") -> keras.KerasTensor:
    """The end of a block, right or wrong."""
    return {
        "concatenated": lambda: layers.Concatenate()(branches),
        "added": lambda: layers.Add()(branches),
        "relu after": lambda: layers.ReLU()(layers.Concatenate()(branches)),
        "along the height": lambda: layers.Concatenate(axis=1)(branches),
    }[how]()
