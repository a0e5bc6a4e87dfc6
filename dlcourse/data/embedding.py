"""A small network that makes embeddings, trained on triplets with whatever loss and choice of triplets it is given."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from IPython.display import display
from jaxtyping import Float, Int

from dlcourse.figures.notebook_tools import Words

PEOPLE, EACH = 20, 5  # in one batch


def embedding_network(side: int = 32, size: int = 32):
    """Three convolutions and a dense layer; the embeddings have length 1.

    Input shape:
        (m, side, side, 3), in [0, 1].

    Output shape:
        (m, size).
    """
    import keras

    layers = keras.layers
    network = [layers.Input((side, side, 3))]
    for filters in (16, 32, 48):
        network += [layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.MaxPooling2D()]
    return keras.Sequential([*network, layers.Flatten(), layers.Dense(size), layers.UnitNormalization()])


def train_on_triplets(
    network,
    pictures: Float[np.ndarray, "m side side 3"],
    labels: Int[np.ndarray, " m"],
    choose: Callable[[np.ndarray, np.ndarray, float], np.ndarray],
    loss: Callable,
    steps: int = 300,
    seed: int = 0,
) -> list[float]:
    """Train in place, and show how far it is.

    Args:
        choose: (embeddings, labels, share of the training that is over) -> triplets of indices.
        loss: called as loss(None, [anchors, positives, negatives]) with tensors.

    Returns:
        The loss for each triplet, step by step.
    """
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(labels == person) for person in np.unique(labels)]
    optimizer = keras.optimizers.Adam(2e-3)

    optimizer.build(network.trainable_variables)
    learn = tf.function(lambda batch: network(batch, training=True), reduce_retracing=True)
    update = tf.function(lambda gradients: optimizer.apply(gradients))

    def step(batch, triplets):
        # the loss stays outside the graphs, so that it may be written with Python's loops too
        with tf.GradientTape() as tape:
            embeddings = learn(batch)
            parts = [tf.gather(embeddings, triplets[:, column]) for column in range(3)]
            total = tf.cast(loss(None, parts), tf.float32) / len(triplets)
        update(tape.gradient(total, network.trainable_variables))
        return total

    embed = tf.function(lambda batch: network(batch, training=False), reduce_retracing=True)
    history, shown, start = [], display(_progress(0, steps, 0.0), display_id=True), time.perf_counter()
    for done in range(steps):
        people = rng.choice(len(rows), min(PEOPLE, len(rows)), replace=False)
        chosen = np.concatenate([rng.choice(rows[person], EACH, replace=False) for person in people])
        batch = tf.constant(pictures[chosen], tf.float32)
        triplets = np.asarray(choose(embed(batch).numpy(), labels[chosen], done / steps), dtype=np.int32)
        if len(triplets):
            history.append(float(step(batch, tf.constant(triplets.reshape(-1, 3)))))
        if shown is not None and (done + 1) % 20 == 0:
            shown.update(_progress(done + 1, steps, time.perf_counter() - start))
    return history


def _progress(done: int, steps: int, seconds: float) -> Words:
    left = f", about {seconds / done * (steps - done):.0f} s left" if 0 < done < steps else ""
    text = f"Step {done} of {steps}{left}."
    return Words(text, text)
