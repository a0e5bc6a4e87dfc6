#!/usr/bin/env bash
# Guess: for probabilities p (from_logits=False), the gradient of the mean of -log p[y] is -1/(m p[y]) at y, 0 elsewhere.
# So: Keras's TensorFlow back end takes log(p) for logits, whose softmax divides by sum(p): each entry gets 1/m besides.
# Where p adds up to 1 the loss is the same; a gradient check by finite differences of the single entries agrees with
# Keras and not with the formula in the books.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "tensorflow-cpu==2.20.0" "keras==3.12.0" "numpy==2.1.3"
TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow "$work/venv/bin/python" - 2>/dev/null <<'PY'
import keras, numpy as np, tensorflow as tf

p, y = tf.constant([[0.5, 0.3, 0.2]], tf.float64), tf.constant([0])
with tf.GradientTape() as tape:
    tape.watch(p)
    loss = keras.losses.sparse_categorical_crossentropy(y, p)
seen = tape.gradient(loss, p).numpy()[0]
books = np.array([-1 / 0.5, 0.0, 0.0])
print("keras", keras.__version__, "tensorflow", tf.__version__)
print("gradient by Keras:", seen, " -1/p at the true class:", books, " difference:", seen - books)
assert np.allclose(loss, -np.log(0.5)) and np.allclose(seen - books, 1.0, atol=1e-6), seen
PY
