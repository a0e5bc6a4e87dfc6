"""The references of a dozen notebooks against TensorFlow's and Keras's own kernels, on the same arrays, in one run.

python benchmarks/references.py             prints a table
python benchmarks/references.py --quick     few rounds
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one thread each: two that wait for each other measure the load

import keras
import numpy as np
import tensorflow as tf
from keras.utils.bounding_boxes import compute_iou
from rich.console import Console
from rich.table import Table

from dlcourse import (
    attention,
    classic_networks,
    dimensions,
    faces,
    gated_cells,
    inception,
    keras_models,
    language_model,
    localization,
    mobile,
    pooling,
    recurrent,
    residual,
    segmentation,
    sequences,
    style,
    transfer,
    yolo,
)

ROUNDS, QUICK = 15, 3
STEPS = [(16, 10, 32, 30), (32, 64, 128, 60)]  # examples, inputs, units, steps


@dataclass(frozen=True)
class Pair:
    """A reference and what TensorFlow or Keras has for it: two functions without arguments, with equal results."""

    notebook: str
    what: str
    shape: str
    ours: Callable
    theirs: Callable
    rounds: int = ROUNDS
    comparable: bool = True  # False: two networks with random weights of their own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds")
    rounds = QUICK if parser.parse_args().quick else ROUNDS
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    table = Table(title=f"Medians of at most {rounds} interleaved rounds, one thread, float32, milliseconds")
    for heading in ("notebook", "what", "shape", "dlcourse", "TensorFlow", "ratio"):
        table.add_column(heading, justify="left" if heading in ("notebook", "what", "shape") else "right")
    rng = np.random.default_rng(0)
    for part in (
        pools,
        models,
        normalizations,
        pixels,
        separable,
        augmented,
        windows,
        boxes,
        enlarged,
        triplets,
        styles,
        signals_and_volumes,
        plain_cells,
        gated,
        clipped,
        both_ways,
        attended,
    ):
        for pair in part(rng):
            ours, theirs = measure(pair, min(rounds, pair.rounds))
            numbers = f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}"
            table.add_row(pair.notebook, pair.what, pair.shape, *numbers)
    Console(width=120).print(table)


def measure(pair: Pair, rounds: int) -> tuple[float, float]:
    """The medians of both, in milliseconds, after a look at whether they do the same."""
    results = [as_arrays(function()) for function in (pair.ours, pair.theirs)]
    for mine, other in zip(*results, strict=True) if pair.comparable else ():
        np.testing.assert_allclose(mine, other, rtol=2e-3, atol=2e-3 * max(1e-3, np.max(np.abs(other), initial=0)))
    times = [[clock(pair.ours), clock(pair.theirs)] for _ in range(rounds + 1)][1:]
    return tuple(1e3 * statistics.median(column) for column in zip(*times, strict=True))


def as_arrays(result: object) -> list[np.ndarray]:
    return [np.asarray(part) for part in (result if isinstance(result, list | tuple) else [result])]


def clock(function: Callable) -> float:
    start = time.perf_counter()
    as_arrays(function())  # TensorFlow's answer has to be there, too
    return time.perf_counter() - start


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype("f4")


# 02


def pools(rng: np.random.Generator) -> Iterator[Pair]:
    kernels = {
        "max": (
            tf.raw_ops.MaxPool,
            lambda A, Z, dZ, how: tf.raw_ops.MaxPoolGrad(orig_input=A, orig_output=Z, grad=dZ, **how),
        ),
        "average": (
            tf.raw_ops.AvgPool,
            lambda A, Z, dZ, how: tf.raw_ops.AvgPoolGrad(orig_input_shape=A.shape, grad=dZ, **how),
        ),
    }
    for m, n, n_C, f, stride in [(16, 32, 16, 2, 2), (8, 32, 32, 3, 2)]:
        hparameters = {"f": f, "stride": stride}
        how = {"ksize": [1, f, f, 1], "strides": [1, stride, stride, 1], "padding": "VALID"}
        A_prev = normal(rng, m, n, n, n_C)
        image, shape = tf.constant(A_prev), f"{m}x{n}x{n}x{n_C}, {f}x{f}, /{stride}"
        for mode, (forward, backward) in kernels.items():
            argument = "input" if mode == "max" else "value"
            given = {argument: image, **how}
            Z, cache = pooling.pool_forward(A_prev, hparameters, mode)
            dZ = normal(rng, *Z.shape)
            made, upstream = tf.constant(Z), tf.constant(dZ)
            yield Pair(
                "02",
                f"{mode}, forward",
                shape,
                lambda A=A_prev, h=hparameters, mode=mode: pooling.pool_forward(A, h, mode)[0],
                lambda forward=forward, given=given: forward(**given),
            )
            yield Pair(
                "02",
                f"{mode}, backward",
                shape,
                lambda dZ=dZ, cache=cache, mode=mode: pooling.pool_backward(dZ, cache, mode),
                lambda backward=backward, args=(image, made, upstream, how): backward(*args),
            )


# 03 and 05: the references are made of Keras's layers


def models(rng: np.random.Generator) -> Iterator[Pair]:
    signs, images = keras_models.convolutional_model((64, 64, 3)), tf.constant(normal(rng, 32, 64, 64, 3))
    W1, b1, W2, b2, W3, b3 = (tf.constant(weight) for weight in signs.get_weights())

    @tf.function
    def kernels(X):
        X = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(X, W1, 1, "SAME") + b1), 8, 8, "SAME")
        X = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(X, W2, 1, "SAME") + b2), 4, 4, "SAME")
        return tf.nn.softmax(tf.reshape(X, (len(X), -1)) @ W3 + b3)

    ours = tf.function(signs)
    yield Pair("03", "convolutional_model, forward", "32x64x64x3", lambda: ours(images), lambda: kernels(images))

    def build(make, **options):
        keras.backend.clear_session()
        return make(**options).count_params()

    size = {"input_shape": (64, 64, 3), "classes": 6}
    theirs = {"make": keras.applications.ResNet50, "weights": None, **size}
    yield Pair(
        "05",
        "ResNet50, build",
        "64x64x3, 6 classes",
        lambda: build(residual.ResNet50, **size),
        lambda: build(**theirs),
        rounds=5,
    )
    networks = [tf.function(residual.ResNet50(**size)), tf.function(keras.applications.ResNet50(weights=None, **size))]
    few = images[:8]
    yield Pair(
        "05", "ResNet50, forward", "8x64x64x3", lambda: networks[0](few), lambda: networks[1](few), comparable=False
    )


# 04


def normalizations(rng: np.random.Generator) -> Iterator[Pair]:
    A = 50 * normal(rng, 8, 27, 27, 96)
    tensor = tf.constant(A)
    yield Pair(
        "04",
        "local response normalization",
        "8x27x27x96",
        lambda: classic_networks.local_response_normalization(A),
        lambda: tf.nn.local_response_normalization(tensor, 2, 2.0, 1e-4, 0.75),
    )


# 06


def pixels(rng: np.random.Generator) -> Iterator[Pair]:
    shape = "32x28x28x192, to 32 channels"
    X, W, b = normal(rng, 32, 28, 28, 192), normal(rng, 1, 1, 192, 32), normal(rng, 1, 1, 1, 32)
    dZ = normal(rng, 32, 28, 28, 32)
    given = [tf.constant(part) for part in (X, W, b)]
    upstream = tf.constant(dZ)

    @tf.function
    def forward(X, W, b):
        return tf.nn.conv2d(X, W, 1, "VALID") + b

    @tf.function
    def backward(dZ, X, W, b):
        with tf.GradientTape() as tape:
            tape.watch([X, W, b])
            Z = forward(X, W, b)
        return tape.gradient(Z, [X, W, b], dZ)

    yield Pair("06", "one_by_one", shape, lambda: inception.one_by_one(X, W, b), lambda: forward(*given))
    yield Pair(
        "06",
        "one_by_one, backward",
        shape,
        lambda: inception.one_by_one_backward(dZ, X, W),
        lambda: backward(upstream, *given),
    )


# 07


def separable(rng: np.random.Generator) -> Iterator[Pair]:
    for m, n, n_C, stride in [(16, 32, 32, 1), (8, 56, 64, 2), (16, 14, 256, 1)]:
        X, W = normal(rng, m, n, n, n_C), normal(rng, 3, 3, n_C)
        Z, cache = mobile.depthwise_conv(X, W, stride)
        dZ, shape = normal(rng, *Z.shape), f"{m}x{n}x{n}x{n_C}, 3x3, /{stride}"
        image, filters, upstream = tf.constant(X), tf.constant(W[..., None]), tf.constant(dZ)
        how = {"strides": [1, stride, stride, 1], "padding": "SAME"}

        def gradients(image=image, filters=filters, upstream=upstream, how=how):
            given = {"filter_sizes": filters.shape, "out_backprop": upstream, **how}
            dW = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(input=image, **given)
            given = {"input_sizes": image.shape, "out_backprop": upstream, **how}
            return tf.raw_ops.DepthwiseConv2dNativeBackpropInput(filter=filters, **given), dW[..., 0]

        yield Pair(
            "07",
            "depthwise, forward",
            shape,
            lambda X=X, W=W, stride=stride: mobile.depthwise_conv(X, W, stride)[0],
            lambda image=image, filters=filters, how=how: tf.nn.depthwise_conv2d(image, filters, **how),
        )
        yield Pair(
            "07",
            "depthwise, backward",
            shape,
            lambda dZ=dZ, cache=cache: mobile.depthwise_conv_backward(dZ, cache),
            gradients,
        )


# 09


def windows(rng: np.random.Generator) -> Iterator[Pair]:
    for n, size, stride in [(96, 24, 4), (28, 14, 2)]:
        image = normal(rng, n, n, 3)
        batch = tf.constant(image[np.newaxis])
        how = {"sizes": [1, size, size, 1], "strides": [1, stride, stride, 1], "rates": [1] * 4, "padding": "VALID"}
        yield Pair(
            "09",
            "sliding_windows",
            f"{n}x{n}x3, {size}x{size}, /{stride}",
            lambda image=image, size=size, stride=stride: localization.sliding_windows(image, size, stride)[0].reshape(
                -1
            ),
            lambda batch=batch, how=how: tf.reshape(tf.image.extract_patches(batch, **how), [-1]),
        )


# 10


def boxes(rng: np.random.Generator) -> Iterator[Pair]:
    def corners(n):
        centres, halves = rng.uniform(0, 1, size=(n, 2)), rng.uniform(0.02, 0.15, size=(n, 2))
        return np.concatenate([centres - halves, centres + halves], axis=1).astype("f4")

    first, second = corners(500), corners(500)
    yield Pair(
        "10",
        "iou, each with each",
        "500 and 500 boxes",
        lambda: yolo.iou(first[:, None], second[None]),
        lambda: compute_iou(first, second, bounding_box_format="xyxy"),
    )
    for n in (100, 1000):
        found, scores = corners(n), rng.permutation(n).astype("f4") / n
        tensors = tf.constant(found), tf.constant(scores)
        one_class = np.zeros(n, "i4")
        yield Pair(
            "10",
            "non-max suppression",
            f"{n} boxes of one class",
            lambda b=found, s=scores, c=one_class: yolo.yolo_non_max_suppression(s, b, c, 10, 0.5)[1],
            lambda b=found, t=tensors: b[tf.image.non_max_suppression(*t, 10, 0.5).numpy()],
        )
    grid = corners(19 * 19 * 5).reshape(19, 19, 5, 4)
    confidence, probabilities = (rng.uniform(size=(19, 19, 5, last)).astype("f4") for last in (1, 80))
    tensors = [tf.constant(part) for part in (grid, confidence, probabilities)]

    @tf.function
    def kept(grid, confidence, probabilities):
        scores = confidence * probabilities
        best = tf.reduce_max(scores, -1)
        keep = best >= 0.6
        return tuple(tf.boolean_mask(part, keep) for part in (best, grid, tf.argmax(scores, -1)))

    yield Pair(
        "10",
        "filter",
        "19x19x5 boxes, 80 classes",
        lambda: yolo.yolo_filter_boxes(grid, confidence, probabilities, 0.6),
        lambda: kept(*tensors),
    )


# 12


def enlarged(rng: np.random.Generator) -> Iterator[Pair]:
    m, n, n_C_prev, n_C, f = 8, 16, 32, 16, 3
    A, W, side = normal(rng, m, n, n, n_C_prev), normal(rng, f, f, n_C, n_C_prev), 2 * (n - 1) + f
    dZ = normal(rng, m, side, side, n_C)
    shape = f"{m} of {n}x{n}x{n_C_prev} -> {n_C}, {f}x{f}, /2"
    batch, filters, upstream = (tf.constant(array) for array in (A, W, dZ))
    how = {"strides": [1, 2, 2, 1], "padding": "VALID"}
    yield Pair(
        "12",
        "transposed_conv",
        shape,
        lambda: segmentation.transposed_conv(A, W, 2, 0),
        lambda: tf.nn.conv2d_transpose(batch, filters, (m, side, side, n_C), 2, "VALID"),
    )
    yield Pair(
        "12",
        "transposed_conv_backward",
        shape,
        lambda: segmentation.transposed_conv_backward(dZ, A, W, 2, 0),
        lambda: (
            tf.nn.conv2d(upstream, filters, 2, "VALID"),
            tf.raw_ops.Conv2DBackpropFilter(input=upstream, filter_sizes=W.shape, out_backprop=batch, **how),
        ),
    )


# 13 and 14


def triplets(rng: np.random.Generator) -> Iterator[Pair]:
    embeddings = [normal(rng, 512, 128) / 12 for _ in range(3)]
    tensors = [tf.constant(part) for part in embeddings]

    @tf.function
    def loss(anchor, positive, negative):
        near = tf.reduce_sum(tf.math.squared_difference(anchor, positive), -1)
        return tf.reduce_sum(tf.nn.relu(near - tf.reduce_sum(tf.math.squared_difference(anchor, negative), -1) + 0.2))

    yield Pair("13", "triplet loss", "512 of 128", lambda: faces.triplet_loss(None, embeddings), lambda: loss(*tensors))


# 08


def augmented(rng: np.random.Generator) -> Iterator[Pair]:
    X = rng.uniform(size=(64, 96, 96, 3)).astype("f4")
    places = [(0, 0), (0, 16), (16, 0), (16, 16), (8, 8)]

    def tensorflows_crops():
        both = [X, tf.image.flip_left_right(X)]
        windows = [tf.image.crop_to_bounding_box(x, top, left, 80, 80) for x in both for top, left in places]
        return tf.stack(windows, axis=1)

    def tensorflows_colours():
        shifts = np.random.default_rng(0).uniform(-0.2, 0.2, size=(64, 1, 1, 3))
        return tf.clip_by_value(X + tf.constant(shifts, "float32"), 0.0, 1.0)

    yield Pair("08", "ten crops of 80x80", "64x96x96x3", lambda: transfer.ten_crop(X, 80), tensorflows_crops)
    yield Pair(
        "08",
        "colour shift",
        "64x96x96x3",
        lambda: transfer.color_shift(X, 0.2, np.random.default_rng(0)),
        tensorflows_colours,
    )


def styles(rng: np.random.Generator) -> Iterator[Pair]:
    for n, n_C in [(64, 64), (16, 512)]:
        a_S, a_G = (tf.constant(normal(rng, 1, n, n, n_C)) for _ in range(2))
        by_channel, gram = tf.transpose(tf.reshape(a_G, (-1, n_C))), tf.function(style.gram_matrix)
        by_sum = tf.function(lambda a: tf.einsum("bijc,bijd->cd", a, a))

        def theirs(a_S, a_G, by_sum=by_sum, numbers=n * n * n_C):
            return tf.reduce_sum(tf.square(by_sum(a_S) - by_sum(a_G))) / (2 * numbers) ** 2

        costs = [tf.function(with_gradient(cost)) for cost in (style.compute_layer_style_cost, theirs)]
        shape = f"{n}x{n}x{n_C}"
        yield Pair("14", "Gram matrix", shape, lambda g=gram, a=by_channel: g(a), lambda g=by_sum, a=a_G: g(a))
        yield Pair(
            "14",
            "layer's style cost and its gradient",
            shape,
            lambda c=costs[0], a=(a_S, a_G): c(*a),
            lambda c=costs[1], a=(a_S, a_G): c(*a),
        )


def with_gradient(cost: Callable) -> Callable:
    def both(a_S, a_G):
        with tf.GradientTape() as tape:
            tape.watch(a_G)
            J = cost(a_S, a_G)
        return J, tape.gradient(J, a_G)

    return both


# 16


def signals_and_volumes(rng: np.random.Generator) -> Iterator[Pair]:
    layers = [(16, (160,), 16, 32, 5, 1), (16, (320,), 32, 32, 5, 2), (4, (16,) * 3, 8, 16, 3, 1)]
    for m, sizes, n_C_prev, n_C, f, stride in layers:
        axes = len(sizes)
        forward, backward = (getattr(dimensions, f"conv{axes}d_{way}") for way in ("forward", "backward"))
        A_prev, W = normal(rng, m, *sizes, n_C_prev), normal(rng, *(f,) * axes, n_C_prev, n_C)
        layer = A_prev, W, np.zeros((1,) * (axes + 1) + (n_C,), "f4"), {"stride": stride, "pad": 0}
        Z, cache = forward(*layer)
        dZ, shape = normal(rng, *Z.shape), f"{m}x{'x'.join(map(str, sizes))}x{n_C_prev}, {n_C} of {f}, /{stride}"
        given, filters, upstream = (tf.constant(array) for array in (A_prev, W, dZ))

        def theirs(A=given, W=filters, axes=axes, stride=stride):
            if axes == 1:
                return tf.nn.conv1d(A, W, stride, "VALID")
            return tf.nn.conv3d(A, W, [1, *[stride] * axes, 1], "VALID")

        def gradients(A=given, W=filters, upstream=upstream, theirs=theirs):
            with tf.GradientTape() as tape:
                tape.watch((A, W))
                Z = theirs(A, W)
            db = tf.reduce_sum(upstream, axis=range(len(upstream.shape) - 1), keepdims=True)
            return *tape.gradient(Z, (A, W), upstream), db

        yield Pair("16", f"conv{axes}d, forward", shape, lambda go=forward, layer=layer: go(*layer)[0], theirs)
        yield Pair(
            "16",
            f"conv{axes}d, both ways",  # a tape goes the way forth too
            shape,
            lambda go=forward, back=backward, layer=layer, dZ=dZ: back(dZ, go(*layer)[1]),
            gradients,
        )
    x, W = normal(rng, 16, 256, 32), normal(rng, 3, 32, 32)
    signal, filters = tf.constant(x), tf.constant(W)
    yield Pair(
        "16",
        "causal_conv1d",
        "16x256x32, 32 of 3, dilation 4",
        lambda: dimensions.causal_conv1d(x, W, 4),
        lambda: tf.nn.conv1d(tf.pad(signal, [[0, 0], [8, 0], [0, 0]]), filters, 1, "VALID", dilations=4),
    )


# 17 and 18: Keras keeps time second and examples first; a softmax with two outputs is ours alone


def plain_cells(rng: np.random.Generator) -> Iterator[Pair]:
    for m, n_x, n_a, T in STEPS:
        weights = {"Wax": normal(rng, n_a, n_x) / 9, "Waa": normal(rng, n_a, n_a) / 9, "ba": normal(rng, n_a, 1)}
        layer = keras.layers.SimpleRNN(n_a, return_sequences=True)
        keras_weights = [weights["Wax"].T, weights["Waa"].T, weights["ba"].ravel()]
        parameters = {**weights, "Wya": normal(rng, 2, n_a), "by": normal(rng, 2, 1)}
        functions = recurrent.rnn_forward, recurrent.rnn_backward
        yield from through_time(rng, "17", "plain cell", functions, parameters, layer, keras_weights, (m, n_x, n_a, T))


def gated(rng: np.random.Generator) -> Iterator[Pair]:
    for m, n_x, n_a, T in STEPS:
        for name, gates in (("GRU", "urc"), ("LSTM", "ifco")):
            weights = {gate: (normal(rng, n_a, n_a + n_x) / 9, normal(rng, n_a, 1)) for gate in gates}
            # Keras's update gate keeps where ours replaces
            signs = {gate: -1 if gate == "u" else 1 for gate in gates}
            W = np.concatenate([signs[gate] * weights[gate][0] for gate in gates])
            b = np.concatenate([signs[gate] * weights[gate][1] for gate in gates])
            parameters = {"Wy": normal(rng, 2, n_a), "by": normal(rng, 2, 1)}
            parameters |= {"W" + gate: pair[0] for gate, pair in weights.items()}
            parameters |= {"b" + gate: pair[1] for gate, pair in weights.items()}
            how = {"return_sequences": True} | ({"reset_after": False} if name == "GRU" else {})
            layer = getattr(keras.layers, name)(n_a, **how)
            functions = (getattr(gated_cells, f"{name.lower()}_{way}") for way in ("forward", "backward"))
            keras_weights = [W[:, n_a:].T, W[:, :n_a].T, b.ravel()]
            yield from through_time(rng, "18", name, functions, parameters, layer, keras_weights, (m, n_x, n_a, T))


def through_time(rng, notebook, name, functions, parameters, layer, keras_weights, sizes) -> Iterator[Pair]:
    """A cell forward, and forward and backward: Keras has no way back without the way there."""
    (forward, backward), (m, n_x, n_a, T) = functions, sizes
    layer.build((m, T, n_x))
    layer.set_weights(keras_weights)
    x, da, a0 = normal(rng, n_x, m, T), normal(rng, n_a, m, T), np.zeros((n_a, m), "f4")
    sequences, upstream = (tf.constant(part.transpose(1, 2, 0)) for part in (x, da))

    @tf.function
    def there(x):
        return tf.transpose(layer(x), (2, 0, 1))

    @tf.function
    def there_and_back(x, upstream):
        with tf.GradientTape() as tape:
            tape.watch(x)
            a = layer(x)
        gradients = tape.gradient(a, [x, *layer.trainable_variables], output_gradients=upstream)
        return tf.transpose(gradients[0], (2, 0, 1)), *gradients[1:]

    def ours_and_back():
        return backward(da, forward(x, a0, parameters)[-1])["dx"]

    shape = f"{m} of {T} steps, {n_x} in, {n_a} units"
    yield Pair(notebook, f"{name}, forward", shape, lambda: forward(x, a0, parameters)[0], lambda: there(sequences))
    yield Pair(
        notebook, f"{name}, forward and backward", shape, ours_and_back, lambda: there_and_back(sequences, upstream)[0]
    )


# 19


def clipped(rng: np.random.Generator) -> Iterator[Pair]:
    for n_a, n_x in ((100, 27), (256, 1000)):
        sizes = {"dWaa": (n_a, n_a), "dWax": (n_a, n_x), "dWya": (n_x, n_a), "db": (n_a, 1), "dby": (n_x, 1)}
        gradients = {name: normal(rng, *size) for name, size in sizes.items()}
        tensors, shape = [tf.constant(part) for part in gradients.values()], f"{n_a} units, {n_x} characters"
        by_norm = tf.function(lambda tensors: tf.clip_by_global_norm(tensors, 1.0)[0])
        by_value = tf.function(lambda tensors: [tf.clip_by_value(part, -1.0, 1.0) for part in tensors])
        for what, ours, theirs in (
            ("clip, global norm", language_model.clip_by_norm, by_norm),
            ("clip, value", language_model.clip, by_value),
        ):
            yield Pair(
                "19",
                what,
                shape,
                lambda ours=ours, gradients=gradients: list(ours(gradients, 1.0).values()),
                lambda theirs=theirs, tensors=tensors: theirs(tensors),
            )


# 20


def both_ways(rng: np.random.Generator) -> Iterator[Pair]:
    for m, n_x, n_a, T in STEPS:
        cells = [
            {"Wax": normal(rng, n_a, n_x) / 9, "Waa": normal(rng, n_a, n_a) / 9, "ba": normal(rng, n_a, 1)}
            for _ in range(2)
        ]
        x, shape = normal(rng, n_x, m, T), f"{m} of {T} steps, {n_x} in, {n_a} units each way"
        layer = keras.layers.Bidirectional(keras.layers.SimpleRNN(n_a, return_sequences=True))
        layer.build((m, T, n_x))
        layer.set_weights([part for cell in cells for part in (cell["Wax"].T, cell["Waa"].T, cell["ba"].ravel())])
        sequences_first = tf.constant(x.transpose(1, 2, 0))
        theirs = tf.function(lambda x, layer=layer: tf.transpose(layer(x), (2, 0, 1)))
        yield Pair(
            "20",
            "both directions, forward",
            shape,
            lambda x=x, cells=cells: sequences.bidirectional_forward(x, *cells),
            lambda x=sequences_first, theirs=theirs: theirs(x),
        )


# 21


def attended(rng: np.random.Generator) -> Iterator[Pair]:
    m, T, d, heads = 16, 64, 128, 8
    P = {
        **{f"W{part}": normal(rng, d, d) / d**0.5 for part in "qkvo"},
        **{f"b{part}": normal(rng, d) for part in "qkvo"},
    }
    x, shape = tf.constant(normal(rng, m, T, d)), f"{m} of {T}, {d} columns, {heads} heads"
    layer = keras.layers.MultiHeadAttention(heads, d // heads)
    layer.build(x.shape, x.shape)
    cut = [(P[f"W{part}"].reshape(d, heads, -1), P[f"b{part}"].reshape(heads, -1)) for part in "qkv"]
    layer.set_weights([*sum(cut, ()), P["Wo"].reshape(heads, -1, d), P["bo"]])
    yield Pair(
        "21",
        "multi-head attention, forward",
        shape,
        lambda: attention.multi_head_attention(x, x, None, P, heads)[0],
        lambda: layer(x, x),
    )

    q, k, v, upstream = (normal(rng, m, heads, T, 16) for _ in range(4))
    tensors = [tf.constant(part) for part in (q, k, v)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(tensors)
        output, weights = attention.scaled_dot_product_attention(*tensors)
    seen = weights.numpy()
    yield Pair(
        "21",
        "attention, backward",
        shape,
        lambda: attention.attention_backward(upstream, q, k, v, seen),
        lambda: tape.gradient(output, tensors, output_gradients=tf.constant(upstream)),
    )


if __name__ == "__main__":
    main()
