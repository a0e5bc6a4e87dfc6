"""The checks of notebook 15: right answers written differently, slips as they are typed, errors in words."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from solution_functions import functions

from dlcourse import checks
from dlcourse.visualizing import layers_until

SOLUTION = functions("visualizing")
SEEDS = range(1)


def run(name, function, seed=0):
    return checks.run("visualizing", name, function, seed=seed, namespace={**vars(SOLUTION), name: function})


# Right answers, written differently


def fields_from_the_end(stack):
    r, start, jump = 1, 0, 1
    for f, s, p in reversed(stack):
        r, start, jump = (r - 1) * s + f, start * s - p, jump * s
    return [np.int64(r), jump, float(start)]


def fields_with_dictionaries(layers):
    found = {"r": 1, "jump": 1, "start": 0}
    for layer in layers:
        found["r"] += (layer[0] - 1) * found["jump"]
        found["start"] -= layer[2] * found["jump"]
        found["jump"] *= layer[1]
    return tuple(found.values())


def filters_one_by_one(network):
    for layer in network.layers:
        if "conv" in layer.name:
            kernel, _ = layer.get_weights()
            break
    images = np.full((kernel.shape[-1], *kernel.shape[:-1]), 0.5, "float32")
    for n in range(kernel.shape[-1]):
        if np.any(kernel[..., n]):
            images[n] += 0.5 * kernel[..., n] / np.abs(kernel[..., n]).max()
    return images


def filters_by_tensorflow(model):
    first = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)][0]
    W = tf.transpose(first.weights[0], [3, 0, 1, 2])
    return 0.5 + tf.math.divide_no_nan(W, 2 * tf.reduce_max(tf.abs(W), axis=[1, 2, 3], keepdims=True))


def patches_image_by_image(model, layer, unit, images, k):
    r, jump, start = SOLUTION.receptive_field(layers_until(model, layer))
    inner = keras.models.Model(inputs=model.inputs, outputs=[model.get_layer(layer).output])
    found = []
    for image in images:
        A = np.asarray(inner.predict(image[None], verbose=0))
        A = A.reshape(A.shape[-3:])[:, :, unit]
        best = A.argmax()
        y, x = start + best // A.shape[1] * jump, start + best % A.shape[1] * jump
        patch = np.zeros((r, r, image.shape[2]))
        for a in range(r):
            for b in range(r):
                if 0 <= y + a < image.shape[0] and 0 <= x + b < image.shape[1]:
                    patch[a, b] = image[y + a, x + b]
        found.append((float(A.max()), patch))
    found.sort(key=lambda row: row[0], reverse=True)
    return [patch for _, patch in found[:k]], [value for value, _ in found[:k]]


def covered_one_by_one(model, image, label, size, stride):
    whole = model.predict(image[np.newaxis], verbose=0)[0][label]
    rows, columns = (image.shape[0] - size) // stride + 1, (image.shape[1] - size) // stride + 1
    falls = np.zeros((rows, columns))
    mean = np.array([image[:, :, c].mean() for c in range(3)])
    for h in range(rows):
        for w in range(columns):
            covered = np.array(image)
            covered[h * stride : h * stride + size, w * stride : w * stride + size, :] = mean
            falls[h, w] = whole - float(model(tf.constant(covered[None]))[0, label])
    return falls


def saliency_of_a_variable(model, image, label):
    x = tf.Variable(tf.expand_dims(tf.cast(image, tf.float32), 0))
    with tf.GradientTape() as tape:
        scores = model(x, training=False)
        target = tf.reduce_sum(scores * tf.one_hot([label], scores.shape[1]))
    return tf.reduce_max(tf.abs(tape.gradient(target, x))[0], axis=-1)


def saliency_in_a_graph(network, x, class_index):
    @tf.function(autograph=False)
    def slopes(batch):
        return tf.gradients(network(batch)[:, class_index], batch)[0]

    return np.abs(slopes(tf.constant(x[None])).numpy()).max(-1).squeeze()


def climbed_by_an_optimizer(model, label, start, steps, learning_rate, penalty):
    x = tf.Variable(start[np.newaxis])
    optimizer = keras.optimizers.SGD(learning_rate)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = -model(x)[0, label] + penalty * tf.reduce_sum(tf.square(x))
        optimizer.apply_gradients([(tape.gradient(loss, x), x)])
    return x[0]


def climbed_with_the_penalty_apart(model, label, x0, steps, lr, l2):
    image = np.copy(x0)
    for _ in range(steps):
        x = tf.convert_to_tensor(image[None])
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = tf.gather(model(x), label, axis=1)
        image = image + lr * (tape.gradient(score, x).numpy()[0] - 2 * l2 * image)
    return image


def climbed_in_a_graph(model, label, start, steps, learning_rate, penalty):
    @tf.function(autograph=False)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            J = model(x)[0, label] - penalty * tf.reduce_sum(x * x)
        return x + learning_rate * tape.gradient(J, x)

    x = tf.constant(start[np.newaxis], tf.float32)
    for _ in range(steps):
        x = step(x)
    return x.numpy().squeeze(0)


def unpooled_switch_by_switch(A, switches):
    out = np.zeros((A.shape[0], 2 * A.shape[1], 2 * A.shape[2], A.shape[3]))
    for s in range(4):
        out[:, s // 2 :: 2, s % 2 :: 2] = A * (switches == s)
    return out


def unpooled_by_a_mask(pooled, indices):
    one_hot = np.eye(4)[indices].astype("float32")
    return (
        np.einsum("mhwcs,mhwc->mhwcs", one_hot, pooled.astype("float32"))
        .reshape(*pooled.shape, 2, 2)
        .transpose(0, 1, 4, 2, 5, 3)
        .reshape(len(pooled), 2 * pooled.shape[1], 2 * pooled.shape[2], -1)
    )


def relu_back_by_where(R, Z, rule):
    forward, backward = np.where(Z > 0, R, 0), np.maximum(R, 0)
    return {"gradient": forward, "deconvnet": backward, "guided": np.where(Z > 0, backward, 0)}[rule]


def relu_back_in_place(dA, Z, rule):
    out = np.array(dA, copy=True)
    if rule in ("gradient", "guided"):
        out[Z <= 0] = 0
    if rule in ("deconvnet", "guided"):
        out[out < 0] = 0
    return out


def back_by_correlation(image, weights, unit, rule="deconvnet"):
    """SciPy's correlations, pixel for pixel; float64."""
    A, kept = image.astype(float), []
    for number, (W, b) in enumerate(weights):
        if number:
            pooled, switches = SOLUTION.pool_with_switches(A[None])
            A = pooled[0]
        else:
            switches = None
        Z = sum(
            np.stack([ndimage.correlate(A[..., c], W[:, :, c, n], mode="constant") for n in range(W.shape[3])], -1)
            for c in range(W.shape[2])
        )
        kept.append((Z + b, switches))
        A = np.maximum(Z + b, 0)
    R = np.where((A == A[..., unit].max()) & (np.arange(A.shape[-1]) == unit), 1.0, 0.0)
    for (W, _), (Z, switches) in zip(weights[::-1], kept[::-1], strict=True):
        R = relu_back_by_where(R, Z, rule)
        R = np.stack(
            [
                sum(ndimage.convolve(R[..., n], W[:, :, c, n], mode="constant") for n in range(W.shape[3]))
                for c in range(W.shape[2])
            ],
            -1,
        )
        if switches is not None:
            R = unpooled_switch_by_switch(R[None], switches)[0]
    return R


def back_by_tensorflow(image, weights, unit, rule):
    """Pooling's own gradient in place of switches, and tensors all the way."""
    A, volumes = tf.constant(image[None]), []
    for number, (W, b) in enumerate(weights):
        before = A
        if number:
            A = tf.nn.max_pool2d(A, 2, 2, "VALID")
        Z = tf.nn.conv2d(A, W, 1, "SAME") + b
        volumes.append((before, A, Z, W))
        A = tf.nn.relu(Z)
    channel = A[0, :, :, unit].numpy()
    R = np.zeros(A.shape, "float32")
    R[(0, *np.unravel_index(channel.argmax(), channel.shape), unit)] = 1
    for number, (before, A, Z, W) in reversed(list(enumerate(volumes))):
        R = SOLUTION.relu_back(R, Z.numpy(), rule)
        R = tf.nn.conv2d_transpose(R, W, A.shape, 1, "SAME")
        if number:
            R = tf.raw_ops.MaxPoolGrad(
                orig_input=before, orig_output=A, grad=R, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"
            )
        R = np.asarray(R)
    return R[0]


RIGHT = [
    ("receptive_field", fields_from_the_end),
    ("receptive_field", fields_with_dictionaries),
    ("first_layer_filters", filters_one_by_one),
    ("first_layer_filters", filters_by_tensorflow),
    ("top_patches", patches_image_by_image),
    ("occlusion_map", covered_one_by_one),
    ("saliency", saliency_of_a_variable),
    ("saliency", saliency_in_a_graph),
    ("class_model_image", climbed_by_an_optimizer),
    ("class_model_image", climbed_with_the_penalty_apart),
    ("class_model_image", climbed_in_a_graph),
    ("unpool", unpooled_switch_by_switch),
    ("unpool", unpooled_by_a_mask),
    ("relu_back", relu_back_by_where),
    ("relu_back", relu_back_in_place),
    ("deconv_visualization", back_by_correlation),
    ("deconv_visualization", back_by_tensorflow),
]


@pytest.mark.parametrize(("name", "function"), RIGHT, ids=lambda value: getattr(value, "__name__", value))
def test_a_right_answer_written_differently_passes(name, function):
    for seed in SEEDS:
        report = run(name, function, seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("visualizing")])
def test_the_solution_passes(name):
    for seed in SEEDS:
        report = run(name, getattr(SOLUTION, name), seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Slips as they are typed


def own_stride(layers):
    r = jump = 1
    start = 0
    for f, s, p in layers:
        jump = jump * s
        r = r + (f - 1) * jump
        start = start - p * jump
    return r, jump, start


def layer_as_one_number(layers):
    r, jump, start = 1, 1, 0
    for layer in layers:
        f, s = layer
        r += (f - 1) * jump
        jump *= s
    return r, jump, start


def first_layer_by_number(model):
    W = model.layers[0].get_weights()[0]
    return 0.5 + np.moveaxis(W, -1, 0) / (2 * np.abs(W).max())


def weakest_patches(model, layer, unit, images, k=9):
    patches, values = patches_image_by_image(model, layer, unit, images, len(images))
    return patches[::-1][:k], values[::-1][:k]


def cut_short_at_the_border(model, layer, unit, images, k=9):
    r, jump, start = SOLUTION.receptive_field(layers_until(model, layer))
    A = keras.Model(model.input, model.get_layer(layer).output)(images).numpy()[..., unit]
    patches = []
    for i in np.argsort(-A.max(axis=(1, 2)))[:k]:
        h, w = np.unravel_index(A[i].argmax(), A[i].shape)
        y, x = max(start + h * jump, 0), max(start + w * jump, 0)
        patches.append(images[i, y : start + h * jump + r, x : start + w * jump + r])
    return np.stack(patches), np.sort(A.max(axis=(1, 2)))[::-1][:k]


def stays_covered(model, image, label, size, stride):
    covered, scores = image.copy(), []
    for y in range(0, image.shape[0] - size + 1, stride):
        scores.append([])
        for x in range(0, image.shape[1] - size + 1, stride):
            covered[y : y + size, x : x + size] = image.mean(axis=(0, 1))
            scores[-1].append(float(model(covered[None])[0, label]))
    return float(model(image[None])[0, label]) - np.array(scores)


def image_without_a_batch(model, image, label, size, stride):
    return float(model(image)[0, label]) * np.ones((2, 2))


def nothing_watched(model, image, label):
    x = tf.constant(image[None])
    with tf.GradientTape() as tape:
        score = model(x)[0, label]
    return np.abs(tape.gradient(score, x)[0]).max(axis=-1)


def all_scores(model, image, label):
    x = tf.Variable(image[None])
    with tf.GradientTape() as tape:
        score = model(x)
    return np.abs(tape.gradient(score, x)[0]).max(axis=-1)


def downhill(model, label, start, steps, learning_rate, penalty):
    x = tf.Variable(start[None])
    for _ in range(steps):
        with tf.GradientTape() as tape:
            J = model(x)[0, label] - penalty * tf.reduce_sum(x**2)
        x.assign_sub(learning_rate * tape.gradient(J, x))
    return x.numpy()[0]


def penalty_by_the_mean(model, label, start, steps, learning_rate, penalty):
    x = tf.Variable(start[None])
    for _ in range(steps):
        with tf.GradientTape() as tape:
            J = model(x)[0, label] - penalty * tf.reduce_mean(x**2)
        x.assign_add(learning_rate * tape.gradient(J, x))
    return x.numpy()[0]


def filled_windows(A, switches):
    return np.repeat(np.repeat(A, 2, 1), 2, 2)


def columns_first(A, switches):
    out = np.zeros((A.shape[0], 2 * A.shape[1], 2 * A.shape[2], A.shape[3]))
    for i, y, x, c in np.ndindex(A.shape):
        column, row = divmod(switches[i, y, x, c], 2)
        out[i, 2 * y + row, 2 * x + column, c] = A[i, y, x, c]
    return out


def rules_exchanged(R, Z, rule):
    if rule == "deconvnet":
        return R * (Z > 0)
    if rule == "gradient":
        return np.maximum(R, 0)
    return np.maximum(R, 0) * (Z > 0)


def truth_of_an_array(R, Z, rule):
    return R if Z > 0 else 0 * R


def back_from_the_activation(image, weights, unit, rule="deconvnet"):
    A = image[None]
    for number, (W, b) in enumerate(weights):
        A = SOLUTION.pool_with_switches(A)[0] if number else A
        A = np.maximum((tf.nn.conv2d(A, W, 1, "SAME") + b).numpy(), 0)
    return A[..., unit].max() * SOLUTION.deconv_visualization(image, weights, unit, rule)


def back_by_the_gradient_alone(image, weights, unit, rule="deconvnet"):
    return SOLUTION.deconv_visualization(image, weights, unit, "gradient")


SLIPS = [
    ("receptive_field", own_stride, "own-stride"),
    ("receptive_field", layer_as_one_number, "layer-of-three"),
    ("first_layer_filters", first_layer_by_number, "layer-by-number"),
    ("top_patches", weakest_patches, "weakest-first"),
    ("top_patches", cut_short_at_the_border, "patches-of-different-sizes or cut-short"),
    ("occlusion_map", stays_covered, "stays-covered"),
    ("occlusion_map", image_without_a_batch, "no-batch"),
    ("saliency", nothing_watched, "not-watched"),
    ("saliency", all_scores, "all-labels"),
    ("class_model_image", downhill, "downhill"),
    ("class_model_image", penalty_by_the_mean, "penalty-of-the-mean"),
    ("unpool", filled_windows, "no-switches"),
    ("unpool", columns_first, "columns-first"),
    ("relu_back", rules_exchanged, "exchanged"),
    ("relu_back", truth_of_an_array, "truth-of-an-array"),
    ("deconv_visualization", back_from_the_activation, "its-activation"),
    ("deconv_visualization", back_by_the_gradient_alone, "gradient-always"),
]


@pytest.mark.parametrize(("name", "function", "key"), SLIPS, ids=lambda value: getattr(value, "__name__", value))
def test_a_slip_is_named(name, function, key):
    for seed in SEEDS:
        with np.errstate(all="ignore"):
            report = run(name, function, seed)
        assert not report.passed
        assert report.mistake and report.mistake.key in key.split(" or "), (seed, report.mistake, report.failures[0])
