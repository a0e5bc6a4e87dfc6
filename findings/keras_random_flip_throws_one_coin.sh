#!/usr/bin/env bash
# Guess: RandomFlip() ("horizontal_and_vertical", the default) decides left-right and up-down apart from each other, as two
# layers would: a quarter of the images comes back as it was, a quarter in each of the three other positions.
# So: one random number decides both. Half of the images is turned by 180 degrees, half is as it was; no image is ever
# mirrored in one direction alone.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "tensorflow-cpu==2.20.0" "keras==3.15.1" "numpy==2.1.3"
TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow "$work/venv/bin/python" - 2>/dev/null <<'PY'
import collections, keras, numpy as np
from keras import layers

NAMES = {(0, 1, 2, 3): "as it was", (1, 0, 3, 2): "left-right", (2, 3, 0, 1): "up-down", (3, 2, 1, 0): "both"}
images = np.arange(4, dtype="float32").reshape(1, 2, 2, 1).repeat(4000, axis=0)


def counted(flip):
    pictures = np.asarray(flip(images))
    return collections.Counter(NAMES[tuple(int(value) for value in picture.ravel())] for picture in pictures)


one = counted(lambda x: layers.RandomFlip(seed=1)(x, training=True))
two = [layers.RandomFlip("horizontal", seed=1), layers.RandomFlip("vertical", seed=2)]
both = counted(lambda x: two[1](two[0](x, training=True), training=True))
print("keras", keras.__version__)
print("RandomFlip() of 4,000 images:", dict(one))
print("one layer for each direction:", dict(both))
assert set(one) == {"as it was", "both"} and set(both) == set(NAMES.values())
PY
