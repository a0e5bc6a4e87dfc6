"""Training with `model.fit` in one graph: the training that a reader's call asks for, without what Keras spends on each
step and each epoch, which for small models is most of the time.

The steps are the model's own: its `train_step`, its optimizer, its batches, as many epochs as were asked for.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


@contextlib.contextmanager
def in_one_graph(keras: Any) -> Iterator[None]:
    """Within it, `fit` on arrays trains in one graph. A call that asks for more than batches and epochs (callbacks,
    validation, weights, a data set, eager steps) is Keras's own."""
    own, graphs = keras.Model.fit, []

    @functools.wraps(own)
    def fit(
        model: Any,
        x: Any = None,
        y: Any = None,
        batch_size: Any = None,
        epochs: Any = 1,
        verbose: Any = "auto",
        *further: Any,
        **more: Any,
    ) -> Any:
        if further or more or not _is_plain(model, x, y, batch_size, epochs):
            return own(model, x, y, batch_size, epochs, verbose, *further, **more)
        return _fit(keras, model, x, y, batch_size or 32, epochs, graphs)

    inherited = "fit" not in vars(keras.Model)
    keras.Model.fit = fit
    try:
        yield
    finally:
        if inherited:
            del keras.Model.fit
        else:
            keras.Model.fit = own


def _is_plain(model: Any, x: Any, y: Any, batch_size: Any, epochs: Any) -> bool:
    arrays = all(isinstance(values, np.ndarray) and values.ndim for values in (x, y)) and len(x) == len(y) > 0
    counts = all(isinstance(count, int) and count > 0 for count in (batch_size or 32, epochs))
    ready = model.compiled and model.optimizer is not None and not model.run_eagerly and not model.optimizer.use_ema
    return arrays and counts and ready and x.dtype.kind in "fiu" and y.dtype.kind in "fiub"


def _fit(keras: Any, model: Any, x: np.ndarray, y: np.ndarray, batch_size: int, epochs: int, graphs: list) -> Any:
    """As Keras's `fit` does: the examples in another order each time, and a last batch of what is left."""
    import tensorflow as tf

    x, y = (tf.constant(values, keras.config.floatx() if values.dtype.kind == "f" else None) for values in (x, y))
    graph = _graph_of(model, x, y, graphs)
    history = keras.callbacks.History()
    history.set_model(model)
    history.on_train_begin()
    for number in range(epochs):
        model.reset_metrics()
        graph(x, y, tf.constant(np.random.permutation(len(x))), tf.constant(batch_size, "int64"))
        history.on_epoch_end(number, {name: float(value) for name, value in sorted(model.get_metrics_result().items())})
    return history


def _graph_of(model: Any, x: Any, y: Any, graphs: list) -> Callable:
    """One epoch of a model, drawn once for as long as it is compiled in the same way."""
    import tensorflow as tf

    if not model.built:
        model(x[:1])
    compiled = [model, model.optimizer, model.loss, *model.trainable_variables]
    for known, graph in graphs:
        if len(known) == len(compiled) and all(map(_is, known, compiled)):
            return graph
    # A graph in which variables are made is drawn twice, so they are made before.
    model.optimizer.build(model.trainable_variables)
    answers = model(x[:1])
    model.compute_loss(x[:1], y[:1], answers)
    model.compute_metrics(x[:1], y[:1], answers)

    @functools.partial(tf.function, autograph=False, reduce_retracing=True)
    def graph(x: Any, y: Any, order: Any, batch_size: Any) -> None:
        def step(first: Any) -> list:
            chosen = order[first : first + batch_size]
            model.train_step((tf.gather(x, chosen), tf.gather(y, chosen)))
            return [first + batch_size]

        length = tf.shape(order, "int64")[0]
        tf.while_loop(lambda first: first < length, step, [tf.constant(0, "int64")], parallel_iterations=1)

    graphs.append((compiled, graph))
    return graph


def _is(left: Any, right: Any) -> bool:
    return left is right
