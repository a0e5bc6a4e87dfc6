"""The checks of notebook 12: right answers written differently, what one slip costs, errors in words."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.layers import Conv2D, Conv2DTranspose, Dropout, Input, MaxPooling2D, concatenate
from solution_functions import functions

from dlcourse import checks, convolution

SEEDS = range(2)


def run(name, function, seed=0, **options):
    return checks.run("segmentation", name, function, seed=seed, **options)


@pytest.mark.parametrize("name", [exercise.name for exercise in checks.exercises("segmentation")])
def test_the_solution_passes(name):
    solution = functions("segmentation")
    for seed in SEEDS:
        report = run(name, getattr(solution, name), seed, namespace=vars(solution))
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# Right answers, written differently


def by_conv_backward(A, W, s, p):
    """A transposed convolution is what notebook 01 calls dA_prev."""
    n_H, n_W = ((n - 1) * s + W.shape[0] - 2 * p for n in A.shape[1:3])
    X, b = np.zeros((len(A), n_H, n_W, W.shape[2])), np.zeros((1, 1, 1, W.shape[3]))
    return convolution.conv_backward(A, (X, W, b, {"stride": s, "pad": p}))[0]


def in_float32(A_prev, filters, stride, padding):
    m, rows, columns, _ = A_prev.shape
    f = len(filters)
    Z = np.zeros((m, (rows - 1) * stride + f, (columns - 1) * stride + f, filters.shape[2]), "float32")
    stamps = np.einsum("mhwd,abcd->mhwabc", A_prev.astype("f4"), filters.astype("f4"))
    for h, w in np.ndindex(rows, columns):
        Z[:, h * stride : h * stride + f, w * stride : w * stride + f] += stamps[:, h, w]
    return Z[:, padding : Z.shape[1] - padding, padding : Z.shape[2] - padding]


def back_by_tensorflow(dZ, A, W, stride, pad):
    size = [len(A), *((n - 1) * stride + max(len(W), stride) for n in A.shape[1:3]), W.shape[2]]
    A, W = tf.Variable(A), tf.Variable(W)
    with tf.GradientTape() as tape:
        whole = tf.nn.conv2d_transpose(A, W, size, stride, "VALID")
        Z = whole[:, pad : pad + dZ.shape[1], pad : pad + dZ.shape[2]]
        loss = tf.reduce_sum(Z * dZ)
    return [gradient.numpy() for gradient in tape.gradient(loss, [A, W])]


def back_weight_by_weight(dZ, A, W, stride, pad):
    dZ = convolution.zero_pad(dZ, pad)
    dA, dW = np.zeros_like(A), np.zeros_like(W)
    n_H, n_W = A.shape[1:3]
    for a, b in np.ndindex(W.shape[:2]):
        seen = dZ[:, a : a + (n_H - 1) * stride + 1 : stride, b : b + (n_W - 1) * stride + 1 : stride]
        dA += seen @ W[a, b]
        dW[a, b] = np.tensordot(seen, A, axes=([0, 1, 2], [0, 1, 2]))
    return dA.astype("f4"), dW.astype("f4")


def fitting_by_search(size, levels):
    while size % 2**levels != 0:
        size += 1
    return size


def fitting_by_remainder(n, poolings):
    return np.int64(n + (-n) % (1 << poolings))


def course_conv_block(inputs=None, n_filters=32, dropout_prob=0, max_pooling=True):
    he = "he_normal"
    conv = Conv2D(n_filters, 3, activation="relu", padding="same", kernel_initializer=he)(inputs)
    conv = Conv2D(n_filters, 3, activation="relu", padding="same", kernel_initializer=he)(conv)
    if dropout_prob > 0:
        conv = Dropout(dropout_prob)(conv)
    next_layer = MaxPooling2D(pool_size=(2, 2))(conv) if max_pooling else conv
    skip_connection = conv
    return next_layer, skip_connection


def course_upsampling_block(expansive_input, contractive_input, n_filters=32):
    up = Conv2DTranspose(n_filters, 3, strides=(2, 2), padding="same")(expansive_input)
    merge = concatenate([up, contractive_input], axis=3)
    conv = Conv2D(n_filters, 3, activation="relu", padding="same", kernel_initializer="he_normal")(merge)
    return Conv2D(n_filters, 3, activation="relu", padding="same", kernel_initializer="he_normal")(conv)


def course_unet_model(input_size=(96, 128, 3), n_filters=32, n_classes=23):
    inputs = Input(input_size)
    down = [course_conv_block(inputs, n_filters)]
    for factor, rate, pooled in ((2, 0, True), (4, 0, True), (8, 0.3, True), (16, 0.3, False)):
        down.append(course_conv_block(down[-1][0], n_filters * factor, rate, pooled))
    up = down[4][0]
    for level, factor in ((3, 8), (2, 4), (1, 2), (0, 1)):
        up = course_upsampling_block(up, down[level][1], n_filters * factor)
    conv9 = Conv2D(n_filters, 3, activation="relu", padding="same", kernel_initializer="he_normal")(up)
    conv10 = Conv2D(n_classes, 1, padding="same")(conv9)
    return keras.Model(inputs=inputs, outputs=conv10)


def block_in_single_layers(X, filters, dropout, pool):
    for _ in range(2):
        X = layers.Activation("relu")(layers.Conv2D(filters, (3, 3), padding="SAME")(X))
    X = layers.Dropout(dropout)(X) if dropout else X
    return [layers.MaxPool2D()(X) if pool else X, X]


def up_with_the_side_first(X, skip, filters):
    X = layers.concatenate([skip, layers.Conv2DTranspose(filters, (3, 3), (2, 2), "same")(X)])
    for _ in range(2):
        X = layers.ReLU()(layers.Conv2D(filters, 3, padding="same")(X))
    return X


def unet_with_the_side_first(input_shape, filters, classes):
    X = inputs = layers.Input(input_shape)
    skips = []
    for level in range(4):
        X, skip = block_in_single_layers(X, filters * 2**level, 0.3 * (level == 3), True)
        skips.append(skip)
    X, _ = block_in_single_layers(X, filters * 16, 0.3, False)
    while skips:
        X = up_with_the_side_first(X, skips.pop(), filters * 2 ** len(skips))
    X = layers.Conv2D(filters, 3, padding="same", activation="relu")(X)
    return keras.Model(inputs, layers.Conv2D(classes, 1)(X))


def loss_with_weights(labels, logits, void=255):
    valid = tf.cast(labels != void, tf.float32)
    safe = tf.where(labels == void, 0, labels)
    losses = keras.ops.sparse_categorical_crossentropy(safe, logits, from_logits=True)
    return tf.reduce_sum(losses * valid) / tf.maximum(tf.reduce_sum(valid), 1.0)


def loss_by_log_softmax(y_true, y_pred, ignore=255):
    mask = tf.reshape(tf.not_equal(y_true, ignore), [-1])
    rows = tf.boolean_mask(tf.reshape(tf.nn.log_softmax(y_pred), [-1, y_pred.shape[-1]]), mask)
    right = tf.boolean_mask(tf.reshape(y_true, [-1]), mask)
    if right.shape[0] == 0:
        return tf.constant(0.0)
    return -tf.reduce_mean(tf.gather(rows, right, batch_dims=1))


def iou_by_keras(y_true, y_pred, num_classes):
    metric = keras.metrics.MeanIoU(num_classes)
    metric.update_state(y_true, y_pred)
    return metric.result().numpy()


def iou_by_counting(y_true, y_pred, n_classes):
    pairs = np.bincount((n_classes * y_true + y_pred).ravel(), minlength=n_classes**2).reshape(n_classes, n_classes)
    with np.errstate(invalid="ignore"):
        return np.nanmean(np.diag(pairs) / (pairs.sum(0) + pairs.sum(1) - np.diag(pairs)))


def dice_by_iou(y_true, y_pred):
    either = (y_true | y_pred).sum()
    x = (y_true & y_pred).sum() / either if either else 1
    return np.float32(2 * x / (1 + x))


def dice_in_sets(a, b):
    left, right = (set(np.flatnonzero(mask)) for mask in (a, b))
    return 2 * len(left & right) / (len(left) + len(right)) if left or right else 1


def pieces_of_scipy(mask):
    from scipy import ndimage

    return ndimage.label(mask)[1]


def pieces_by_union(image):
    boss = {tuple(place): tuple(place) for place in np.argwhere(image)}

    def head(place):
        while boss[place] != place:
            place = boss[place]
        return place

    for y, x in boss:
        for other in ((y, x + 1), (y + 1, x)):
            if other in boss:
                boss[head(other)] = head((y, x))
    return float(len({head(place) for place in boss}))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("transposed_conv", by_conv_backward),
        ("transposed_conv", in_float32),
        ("transposed_conv_backward", back_by_tensorflow),
        ("transposed_conv_backward", back_weight_by_weight),
        ("fitting_size", fitting_by_search),
        ("fitting_size", fitting_by_remainder),
        ("conv_block", course_conv_block),
        ("conv_block", block_in_single_layers),
        ("upsampling_block", course_upsampling_block),
        ("upsampling_block", up_with_the_side_first),
        ("unet_model", course_unet_model),
        ("unet_model", unet_with_the_side_first),
        ("pixel_loss", loss_with_weights),
        ("pixel_loss", loss_by_log_softmax),
        ("mean_iou", iou_by_keras),
        ("mean_iou", iou_by_counting),
        ("dice", dice_by_iou),
        ("dice", dice_in_sets),
        ("count_instances", pieces_of_scipy),
        ("count_instances", pieces_by_union),
    ],
)
def test_right_answers_written_differently_pass(name, function):
    for seed in SEEDS:
        report = run(name, function, seed)
        assert report.passed, [(failure.case, failure.message) for failure in report.failures]


# One slip, one group


@pytest.mark.parametrize(
    ("name", "key", "groups"),
    [
        ("transposed_conv", "stride-ignored", ["stride"]),
        ("transposed_conv", "border-kept", ["padding"]),
        ("transposed_conv", "one-channel-out", ["several channels and images"]),
        ("transposed_conv_backward", "dW-averaged", ["dW"]),
        ("fitting_size", "always-more", ["sizes that fit"]),
        ("conv_block", "no-dropout", ["with dropout"]),
        ("conv_block", "always-pooled", ["without pooling"]),
        ("unet_model", "no-dropout", ["in training"]),
        ("pixel_loss", "divided-by-all", ["ignored pixels"]),
        ("pixel_loss", "nan-of-nothing", ["no pixel counts"]),
        ("pixel_loss", "logarithm-of-zero", ["very sure networks"]),
        ("mean_iou", "nowhere-is-zero", ["a class that is nowhere"]),
        ("mean_iou", "true-classes-only", ["a class in one map only"]),
        ("dice", "nothing-is-zero", ["both are empty"]),
        ("count_instances", "corners-connect", ["corners and edges"]),
        ("count_instances", "one-sweep", ["winding pieces"]),
    ],
)
def test_a_slip_costs_what_it_touches(name, key, groups):
    mistake = next(mistake for mistake in checks.get("segmentation", name).mistakes if mistake.key == key)
    report = run(name, mistake.variant)
    lost = [group.name for group in report.groups if not group.passed]
    assert [group for group in lost if group != "inputs unchanged"] == groups


# Errors, in the course's words


def block_across_the_wrong_level(input_size=(96, 128, 3), n_filters=32, n_classes=23):
    inputs = Input(input_size)
    first = course_conv_block(inputs, n_filters)
    second = course_conv_block(first[0], 2 * n_filters)
    return keras.Model(inputs, course_upsampling_block(second[0], first[1], n_filters))


def both_results_handed_on(input_size=(96, 128, 3), n_filters=32, n_classes=23):
    inputs = Input(input_size)
    return keras.Model(inputs, course_conv_block(course_conv_block(inputs, n_filters), n_filters)[0])


def without_padding(X, skip, n_filters):
    return layers.Concatenate()([layers.Conv2DTranspose(n_filters, 3, strides=2)(X), skip])


def added_by_keras(X, skip, n_filters):
    return layers.Add()([layers.Conv2DTranspose(n_filters, 3, strides=2, padding="same")(X), skip])


def added_by_a_sign(X, skip, n_filters):
    return layers.Conv2DTranspose(n_filters, 3, strides=2, padding="same")(X) + skip


def labels_left_in(y_true, y_pred, ignore=255):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y_true, logits=y_pred)
    return tf.reduce_mean(losses[y_true != ignore])


def fill_by_recursion(mask):
    left = mask.copy()

    def fill(y, x):
        if 0 <= y < len(left) and 0 <= x < left.shape[1] and left[y, x]:
            left[y, x] = False
            for a, b in ((y, x + 1), (y + 1, x), (y, x - 1), (y - 1, x)):
                fill(a, b)
            return 1
        return 0

    return sum(fill(y, x) for y, x in np.argwhere(mask))


def cut_with_minus_pad(A, W, stride, pad):
    whole = by_conv_backward(A, W, stride, 0)
    return whole[:, pad:-pad, pad:-pad]


@pytest.mark.parametrize(
    ("name", "function", "key"),
    [
        ("unet_model", block_across_the_wrong_level, "skip-of-another-size"),
        ("unet_model", both_results_handed_on, "both-results"),
        ("upsampling_block", without_padding, "sizes-differ"),
        ("upsampling_block", added_by_keras, "added-as-they-are"),
        ("upsampling_block", added_by_a_sign, "added-as-they-are"),
        ("pixel_loss", labels_left_in, "label-outside"),
        ("count_instances", fill_by_recursion, "recursion"),
        ("transposed_conv", cut_with_minus_pad, "minus-nothing"),
    ],
)
def test_an_error_is_told_in_the_courses_words(name, function, key):
    for seed in SEEDS:
        report = run(name, function, seed)
        assert not report.passed and report.mistake and report.mistake.key == key, report.failures[0].message
