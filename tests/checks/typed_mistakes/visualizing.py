"""Notebook 15, as learners write it."""

import numpy as np
import tensorflow as tf
from typed_mistakes.slips import slip


def receptive_field(layers):
    r = 1
    jump = 1
    start = 0
    for f, stride, pad in layers:
        r = r + (f - 1) * jump
        start = start - pad * jump
        jump = jump * stride
    return r, jump, start


def first_layer_filters(model):
    for layer in model.layers:
        if "conv" in layer.__class__.__name__.lower():
            kernel = layer.get_weights()[0]
            break
    images = []
    for n in range(kernel.shape[3]):
        w = kernel[:, :, :, n]
        largest = np.max(np.abs(w))
        if largest == 0:
            largest = 1
        images.append(0.5 + w / (2 * largest))
    return np.array(images)


def occlusion_map(model, image, label, size, stride):
    mean = image.mean(axis=(0, 1))
    whole = model(image[np.newaxis])[0, label]
    rows = (image.shape[0] - size) // stride + 1
    columns = (image.shape[1] - size) // stride + 1
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            covered = image.copy()
            covered[i * stride : i * stride + size, j * stride : j * stride + size] = mean
            result[i, j] = whole - model(covered[np.newaxis])[0, label]
    return result


def saliency(model, image, label):
    x = tf.Variable(image[np.newaxis])
    with tf.GradientTape() as tape:
        score = model(x)[0, label]
    g = tape.gradient(score, x).numpy()[0]
    return np.max(np.abs(g), axis=2)


def class_model_image(model, label, start, steps=100, learning_rate=0.1, penalty=0.1):
    x = tf.Variable(start[np.newaxis])
    for _ in range(steps):
        with tf.GradientTape() as tape:
            J = model(x)[0, label] - penalty * tf.reduce_sum(x * x)
        x.assign(x + learning_rate * tape.gradient(J, x))
    return x.numpy()[0]


def unpool(A, switches):
    m, h, w, n_C = A.shape
    out = np.zeros((m, 2 * h, 2 * w, n_C))
    for n in range(m):
        for i in range(h):
            for j in range(w):
                for c in range(n_C):
                    s = switches[n, i, j, c]
                    out[n, 2 * i + s // 2, 2 * j + s % 2, c] = A[n, i, j, c]
    return out


def relu_back(R, Z, rule):
    if rule == "gradient":
        return R * (Z > 0)
    if rule == "deconvnet":
        return np.maximum(R, 0)
    return np.maximum(R, 0) * (Z > 0)


def spot_the_mistake():
    return {"class_model": "image", "deconvolution": "what excited the unit"}


SLIPS = [
    slip(
        receptive_field,
        "own-stride",
        ("        jump = jump * stride\n", ""),
        ("pad in layers:\n", "pad in layers:\n        jump = jump * stride\n"),
    ),
    slip(receptive_field, "whole-filter", ("(f - 1) * jump", "f * jump")),
    slip(receptive_field, "no-jump", ("(f - 1) * jump", "f - 1")),
    slip(receptive_field, "field-of-nothing", ("r = 1\n", "r = 0\n")),
    slip(receptive_field, "last-stride", ("jump = jump * stride", "jump = stride")),
    slip(receptive_field, "strides-added", ("jump = jump * stride", "jump = jump + stride")),
    slip(receptive_field, "pads-added", ("start - pad * jump", "start - pad")),
    slip(receptive_field, "start-inside", ("start - pad", "start + pad")),
    slip(receptive_field, "from-the-end", ("in layers:", "in layers[::-1]:")),
    slip(first_layer_filters, "one-maximum", ("np.max(np.abs(w))", "np.max(np.abs(kernel))")),
    slip(first_layer_filters, "signless-maximum", ("np.max(np.abs(w))", "np.max(w)")),
    slip(first_layer_filters, "not-halved", ("w / (2 * largest)", "w / largest")),
    slip(first_layer_filters, "not-moved-up", ("0.5 + w / (2 * largest)", "w / largest")),
    slip(first_layer_filters, "filters-last", ("np.array(images)", "np.stack(images, axis=-1)")),
    slip(first_layer_filters, "last-layer", ("            break\n", "")),
    slip(first_layer_filters, "divided-by-zero", ("        if largest == 0:\n            largest = 1\n", "")),
    slip(
        occlusion_map,
        "sign",
        ("whole - model(covered[np.newaxis])[0, label]", "model(covered[np.newaxis])[0, label] - whole"),
    ),
    slip(occlusion_map, "the-score-itself", ("whole - model(", "model(")),
    slip(occlusion_map, "black", ("mean = image.mean(axis=(0, 1))", "mean = 0")),
    slip(occlusion_map, "one-mean", ("image.mean(axis=(0, 1))", "image.mean()")),
    slip(occlusion_map, "stays-covered", ("image.copy()", "image")),
    slip(occlusion_map, "one-too-small", ("// stride + 1", "// stride")),
    slip(occlusion_map, "first-label", ("[0, label]", "[0, 0]")),
    slip(saliency, "signed", ("np.max(np.abs(g), axis=2)", "np.max(g, axis=2)")),
    slip(saliency, "abs-last", ("np.max(np.abs(g), axis=2)", "np.abs(np.max(g, axis=2))")),
    slip(saliency, "summed", ("np.max(np.abs(g), axis=2)", "np.sum(np.abs(g), axis=2)")),
    slip(saliency, "colours-left", ("np.max(np.abs(g), axis=2)", "np.abs(g)")),
    slip(saliency, "all-labels", ("model(x)[0, label]", "model(x)")),
    slip(saliency, "first-label", ("[0, label]", "[0, 0]")),
    slip(saliency, "not-watched", ("tf.Variable(", "tf.constant(")),
    slip(saliency, "batch-left", (".numpy()[0]", ".numpy()"), ("axis=2", "axis=3")),
    slip(class_model_image, "downhill", ("x + learning_rate", "x - learning_rate")),
    slip(class_model_image, "penalty-added", (" - penalty", " + penalty")),
    slip(class_model_image, "no-penalty", (" - penalty * tf.reduce_sum(x * x)", "")),
    slip(class_model_image, "penalty-of-the-mean", ("reduce_sum", "reduce_mean")),
    slip(class_model_image, "a-step-too-many", ("range(steps)", "range(steps + 1)")),
    slip(class_model_image, "no-learning-rate", ("learning_rate * tape", "tape")),
    slip(class_model_image, "batch-left", ("x.numpy()[0]", "x.numpy()")),
    slip(
        class_model_image,
        "clipped",
        ("x + learning_rate * tape.gradient(J, x)", "tf.clip_by_value(x + learning_rate * tape.gradient(J, x), 0, 1)"),
    ),
    slip(unpool, "columns-first", ("s // 2", "s % 2 + 0"), ("2 * j + s % 2", "2 * j + s // 2")),
    slip(unpool, "window-one-pixel-apart", ("2 * i + s", "i + s"), ("2 * j + s", "j + s")),
    slip(unpool, "first-channel-s-switches", ("switches[n, i, j, c]", "switches[n, i, j, 0]")),
    slip(unpool, "first-image-s-switches", ("switches[n, i, j, c]", "switches[0, i, j, c]")),
    slip(unpool, "upper-left", (" + s // 2", ""), (" + s % 2", "")),
    slip(relu_back, "exchanged", ('"gradient"', '"other"'), ('"deconvnet"', '"gradient"'), ('"other"', '"deconvnet"')),
    slip(relu_back, "gradient-of-what-comes-back", ("R * (Z > 0)\n    if", "R * (R > 0)\n    if")),
    slip(relu_back, "guided-is-the-deconvnet", ("np.maximum(R, 0) * (Z > 0)", "np.maximum(R, 0)")),
    slip(relu_back, "guided-is-the-gradient", ("np.maximum(R, 0) * (Z > 0)", "R * (Z > 0)")),
    slip(
        relu_back,
        "the-mask-itself",
        ("return R * (Z > 0)", "return Z > 0"),
        ("return np.maximum(R, 0) * (Z > 0)", "return (R > 0) & (Z > 0)"),
        ("return np.maximum(R, 0)\n", "return R > 0\n"),
    ),
]
