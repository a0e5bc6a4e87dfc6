#!/usr/bin/env bash
# Guess: base(x, training=False) inside a functional model holds for that call whatever the outer model is told, so that
# fit leaves the base's moving averages alone; Keras's guide to transfer learning says to write it for this purpose.
# So: when the graph is run, the outer call's `training` takes the place of the one that was written down. Under fit the
# moving averages change, and dropout drops. Freezing (trainable = False) is what keeps batch normalisation as it was.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "tensorflow-cpu==2.20.0" "keras==3.15.1" "numpy==2.1.3"
TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow "$work/venv/bin/python" - 2>/dev/null <<'PY'
import keras, numpy as np
from keras import layers


def moved(freeze):
    base = keras.Sequential([keras.Input((3,)), layers.BatchNormalization(momentum=0.9)])
    base.trainable = not freeze
    X = keras.Input((3,))
    model = keras.Model(X, layers.Dense(1)(base(X, training=False)))
    model.compile("sgd", "mse")
    before = base.layers[0].moving_mean.numpy().copy()
    model.fit(np.full((8, 3), 5.0), np.zeros((8, 1)), verbose=0)
    return before, base.layers[0].moving_mean.numpy()


X = keras.Input((1000,))
model = keras.Model(X, layers.Dropout(0.5)(X, training=False))
zeros = float(np.mean(np.asarray(model(np.ones((1, 1000)), training=True)) == 0))
print("keras", keras.__version__)
print("moving mean before and after one epoch, base called with training=False:", *moved(freeze=False))
print("the same, frozen besides:", *moved(freeze=True))
print(f"Dropout(0.5)(X, training=False) in a model that is called with training=True: {zeros:.0%} of the ones are gone")
before, after = moved(freeze=False)
assert np.allclose(before, 0) and np.allclose(after, 0.5), after
assert np.allclose(moved(freeze=True)[1], 0) and 0.4 < zeros < 0.6
PY
