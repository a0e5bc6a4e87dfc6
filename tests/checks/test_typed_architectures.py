"""Wrong answers as a learner types them into the solutions of the architectures: each is told its own sentence."""

import numpy as np
import pytest
from solution_functions import SOLUTIONS, functions

from dlcourse import checks

# exercise, what is typed, in the place of what, and the mistake that is told; ⏎ begins a new line
TYPED = """
classic_networks/lenet5
    pool(2) -> pool(2, strides=1) | pools-step-by-one
    pool(2),⏎            layers.Conv2D(16 -> layers.Conv2D(16 | first-pooling-missing
    Conv2D(6, 5, activation=activation) -> Conv2D(6, 5) | first-convolution-without-activation
    Conv2D(16, 5, activation=activation) -> Conv2D(16, 5) | second-convolution-without-activation
    Dense(120, activation=activation) -> Dense(120) | first-dense-layer-without-activation
    Dense(84, activation=activation) -> Dense(84) | second-dense-layer-without-activation
    layers.Flatten() -> layers.GlobalAveragePooling2D() | averaged
classic_networks/alexnet
    layers.Conv2D(filters[2], 3, padding="same", activation="relu")(X) -> X | third-convolution-missing
    layers.Conv2D(filters[3], 3, padding="same", activation="relu")(X) -> X | fourth-convolution-missing
    layers.Conv2D(filters[4], 3, padding="same", activation="relu")(X) -> X | fifth-convolution-missing
classic_networks/local_response_normalization
    k + alpha * sums -> k * alpha * sums | k-times-the-sum
    k + alpha * sums -> (k + alpha) * sums | bracket-too-early
    , axis=-1) -> ) | over-pixels-too
    np.sum(A[..., first : last + 1] ** 2, axis=-1) -> np.sum(A**2) | to-one-number
    first : last + 1] ** 2, axis=-1) -> first : last + 1], axis=-1) ** 2 | squared-sum
classic_networks/alexnet_2012
    filters[0], 11, strides=4, -> filters[0], 11, strides=4, groups=groups, | first-in-groups
    X = layers.Lambda(normalize)(X)⏎    X = layers.MaxPooling2D(3, strides=2)(X) -> \
X = layers.MaxPooling2D(3, strides=2)(X)⏎    X = layers.Lambda(normalize)(X) | normalised-behind-the-pooling
classic_networks/zfnet
    filters[0], 7, strides=2 -> filters[0], 5, strides=2 | first-five-by-five
    filters[1], 5, strides=2 -> filters[1], 3, strides=2 | second-three-by-three
    count, 3, -> count, 5, | others-five-by-five
classic_networks/vgg
    times * filters -> times * 64 | filters-always-64
    activation="relu")(X)⏎        X = layers.Max -> activation="relu")(X)⏎    X = layers.Max | pooled-once
classic_networks/parameter_share
    += layer.count_params() -> += 1 | layers-counted
classic_networks/activation_memory
    layers.MaxPooling2D, layers.AveragePooling2D, layers.Dense -> layers.Dense | pools-left-out
    layers.MaxPooling2D, layers.AveragePooling2D -> layers.AveragePooling2D | average-pools-only
    (layers.Conv2D, layers.MaxPooling2D -> (layers.MaxPooling2D | convolutions-left-out
    int(np.prod(layer.output.shape[1:])) -> layer.count_params() | image-and-parameters
mobile/depthwise_conv
    np.sum(window * W, axis=(0, 1)) -> np.sum(window * W) | summed-over-channels
    h * stride, w * stride -> h, w | stride-not-in-the-window
    borders(n_W_prev, f, stride, padding) -> borders(n_H_prev, f, stride, padding) | columns-padded-as-rows
mobile/depthwise_conv_backward
    dW += window -> dW = window | last-place-only
    += W * dZ -> += window * dZ | window-in-dx
    dX_pad[:, top : top + n_H_prev, left : left + n_W_prev] -> \
dX_pad[:, rows[0] : -rows[1], columns[0] : -columns[1]] | empty-slice
mobile/separable_cost
    n_H * n_W * n_C * f * f * n_C_prev -> n_H * n_W * n_C * f * f / n_C_prev | divided
    depthwise = n_H * n_W * n_C_prev * f * f -> depthwise = n_H * n_W * n_C_prev * f / f | divided
    pointwise = n_H * n_W -> pointwise = n_H / n_W | divided
    n_H * n_W * n_C_prev * f * f -> n_H * n_W * f * f | one-depthwise-filter
mobile/peak_memory
    len(sizes) - 1 -> len(sizes) - 2 | last-layer-left-out
    sizes[layer + 1] -> sizes[layer - 1] | layer-before
    shortcut and layer > 0 -> shortcut or layer > 0 | or-for-and
    layer > 0 -> layer > 1 | waits-from-the-third-layer
    n_H * n_W * n_C for -> n_H * n_W / n_C for | divided
    n_H * n_W * n_C for -> n_H / n_W * n_C for | divided
    sizes[layer] + sizes[layer + 1] -> max(sizes[layer], sizes[layer + 1]) | larger-of-the-two
    peak = max(peak, needed) -> peak += needed | layers-added-up
    needed += sizes[0] -> needed = sizes[0] | only-the-input-waits
mobile/compound_scaling
    alpha**phi -> alpha * phi | depth-multiplied
    beta**phi -> beta * phi | width-multiplied
    gamma**phi -> gamma * phi | resolution-multiplied
mobile/inverted_residual_block
    return X -> return ReLU(max_value=6)(X) | relu-at-last
mobile/mobilenet_v2
    multiple_of_8(alpha * filters), stride -> int(alpha * filters), stride | blocks-not-rounded-to-8
inception/one_by_one_backward
    dW[0, 0] += np.outer -> dW[0, 0] = np.outer | dW-of-one-pixel
    += dZ[i, h, w] -> += dZ[i, h, w] / m | db-divided-by-m
inception/conv_cost
    padding == "same" -> padding != "same" | paddings-exchanged
    (n_H - f) // stride + 1, (n_W - f) // stride + 1 -> (n_H - f) // stride, (n_W - f) // stride | one-forgotten
    (n_H - f) // stride + 1, (n_W - f) // stride + 1 -> \
(n_H - f) // stride - 1, (n_W - f) // stride - 1 | one-subtracted
    (n_H - f) // stride + 1, (n_W - f) // stride + 1 -> \
(n_H - f + 1) // stride, (n_W - f + 1) // stride | one-added-too-early
    (n_H - f) // stride + 1, (n_W - f) // stride + 1 -> \
(n_H - f) / stride + 1, (n_W - f) / stride + 1 | valid-not-rounded
    return rows -> return 2 * rows | additions-counted
inception/bottleneck_cost
    first + second -> first * second | multiplied
    first + second -> first, second | two-numbers
inception/naive_inception_block
    Conv2D(F5, 5 -> Conv2D(F5, 3 | two-3x3
    F3, 3, padding="same", activation="relu")(X) -> F3, 3, padding="same", activation="relu")(ones) | 3x3-reads-the-1x1
inception/inception_block
    activation="relu")(second) -> activation="relu")(X) | 3x3-not-reduced
    activation="relu")(third) -> activation="relu")(X) | 5x5-not-reduced
    reduce3, 1, padding="same", activation="relu" -> reduce3, 1, padding="same" | 3x3-reduction-without-relu
    reduce5, 1, padding="same", activation="relu" -> reduce5, 1, padding="same" | 5x5-reduction-without-relu
inception/auxiliary_head
    strides=3 -> strides=1 | pooling-stride-1
inception/googlenet
    int(alpha * number) -> round(alpha * number) | rounded
    ("3b", "4e") -> ("3a", "4e") | pooled-after-3a
inception/googlenet_loss
    tf.reduce_mean(losses) -> losses | not-averaged
    sparse_categorical_crossentropy -> categorical_crossentropy | one-hot-expected
    return total -> return total / len(y_pred) | divided-by-three
transfer/rotate
    (n_H - 1) / 2, (n_W - 1) / 2 -> n_H // 2, n_W // 2 | half-a-pixel
transfer/shear
    s * (r - (n_H - 1) / 2) -> s * (r - (n_W - 1) / 2) | shifted
    (n_H - 1) / 2 -> n_H // 2 | half-a-row
transfer/local_warp
    np.arange(n_H)[:, np.newaxis] + field[:, :, 0] -> field[:, :, 0] | too-far
transfer/pca_color_augmentation
    np.cov(colours.T) -> colours.T @ colours | sums
transfer/ten_crop
    (n_H - size) // 2, (n_W - size) // 2 -> n_H // 2, n_W // 2 | over-the-edge
    [0, n_H - size] -> [0, n_H - size - 1] | off-by-one
    [0, n_W - size] -> [0, n_W - size - 1] | off-by-one
    [0, n_W - size] -> [0, n_H - size] | rows-for-columns
    np.stack(windows, axis=1) -> np.concatenate(windows, axis=1) | end-to-end
    np.stack(windows, axis=1) -> np.concatenate(windows) | end-to-end
transfer/data_augmenter
    RandomRotation(0.2) -> RandomRotation(20) | too-far
    RandomRotation(0.2) -> RandomRotation(1.2) | too-far
transfer/replace_head
    model.layers[-1].input -> model.output | on-the-old-head
    layers.Dense(classes -> layers.Dense(10 | ten-classes-always
transfer/freeze_base
    position >= first_free -> position < first_free | other-way-round
    position >= first_free -> position > first_free | one-less
transfer/fine_tune
    "sparse_categorical_crossentropy" -> "categorical_crossentropy" | one-hot-expected
transfer/alpaca_model
    include_top=False -> include_top=True | with-its-top
transfer/ensemble_predict
    return total / len(models) -> return total / len(X) | divided-by-pictures
    return total / len(models) -> return total * len(models) | multiplied
    total = total + -> total = | last-only-divided
"""


def slips():
    exercise = ""
    for line in filter(None, TYPED.splitlines()):
        if line.startswith(" "):
            change, _, key = line.rpartition(" | ")
            right, typed = change.strip().replace("⏎", "\n").split(" -> ")
            yield pytest.param(exercise, right, typed, key, id=f"{exercise}-{key}")
        else:
            exercise = line


@pytest.mark.parametrize(("exercise", "right", "typed", "key"), list(slips()))
def test_a_slip_is_named(exercise, right, typed, key):
    topic, name = exercise.split("/")
    (notebook,) = SOLUTIONS.glob(f"[0-9][0-9]_{topic}.py")
    text = notebook.read_text(encoding="utf-8")
    text = text[text.index(f'# %% exercise="{name}"') : text.index(f'# %% check="{name}"')]
    assert right in text
    namespace = dict(vars(functions(topic)))
    exec(text.replace(right, typed), namespace)
    # networks take their time, and what they compute depends little on the seed
    for seed in range(1 if checks.get(topic, name).needs == "tensorflow" else 3):
        with np.errstate(all="ignore"):
            report = checks.run(topic, name, namespace[name], seed=seed, namespace=namespace)
        assert not report.passed
        assert report.mistake and report.mistake.key == key, (seed, report.failures[0])
