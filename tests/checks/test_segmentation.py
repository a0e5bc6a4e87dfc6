"""Notebook 12: references and solution against TensorFlow, Keras, scikit-learn, SciPy and one another."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from annotated_references import annotated
from scipy import ndimage
from sklearn.metrics import f1_score, jaccard_score
from solution_functions import functions

from dlcourse import convolution, segmentation
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.data import scenes

OURS = {"reference": annotated(segmentation), "solution": functions("segmentation")}


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


# Transposed convolutions


def layer(seed, n_H, n_W, f, m=2, n_C_prev=3, n_C=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, n_H, n_W, n_C_prev)), rng.normal(size=(f, f, n_C, n_C_prev))


def fits(n, f, stride, pad):
    return (n - 1) * stride + f - 2 * pad >= 1


@pytest.mark.parametrize("f", range(1, 6))
def test_transposed_conv_is_the_gradient_of_a_convolution(ours, f):
    for stride, pad, size in itertools.product((1, 2, 3), (0, 1, 2), [(1, 1), (4, 3), (2, 5)]):
        is_the_gradient(ours, f, stride, pad, size)


def is_the_gradient(ours, f, stride, pad, size):
    if not all(fits(n, f, stride, pad) for n in size):
        with pytest.raises(ValueError, match="leaves nothing"):
            segmentation.transposed_conv(*layer(0, *size, f), stride, pad)
        return
    A, W = layer(f + stride + pad, *size, f)
    n_H, n_W = ((n - 1) * stride + f - 2 * pad for n in size)
    Z = ours.transposed_conv(A, W, stride, pad)
    assert Z.shape == (2, n_H, n_W, 2)
    X = np.random.default_rng(9).normal(size=Z.shape)
    b, hparameters = np.zeros((1, 1, 1, 3)), {"stride": stride, "pad": pad}
    _, cache = convolution.conv_forward(X, W, b, hparameters)
    np.testing.assert_allclose(convolution.conv_backward(A, cache)[0], Z, atol=1e-12)
    padded = tf.pad(X, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
    uncut = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=padded.shape, filter=W, out_backprop=A, strides=[1, stride, stride, 1], padding="VALID"
    ).numpy()
    np.testing.assert_allclose(uncut[:, pad : pad + n_H, pad : pad + n_W], Z, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("f", [1, 2, 3, 5])
def test_which_rows_keras_cuts_off(f, stride, ours):
    A, W = layer(f, 5, 7, f)
    whole = ours.transposed_conv(A, W, stride, 0)
    n_H, n_W = 5 * stride, 7 * stride
    room = np.zeros((2, 4 * stride + max(f, stride), 6 * stride + max(f, stride), 2))
    room[:, : whole.shape[1], : whole.shape[2]] = whole
    before = max(f - stride, 0) // 2
    for padding, expected in (("valid", room), ("same", room[:, before : before + n_H, before : before + n_W])):
        keras_layer = keras.layers.Conv2DTranspose(
            2, f, strides=stride, padding=padding, use_bias=False, dtype="float64"
        )
        keras_layer.build(A.shape)
        keras_layer.set_weights([W])
        np.testing.assert_allclose(keras_layer(A), expected, atol=1e-12)


@pytest.mark.parametrize(("f", "stride", "pad"), [(2, 1, 0), (3, 2, 1), (3, 1, 1), (2, 3, 0), (4, 3, 2)])
def test_the_way_back_is_that_of_finite_differences_and_a_convolution(ours, f, stride, pad):
    A, W = layer(f, 3, 2, f, n_C_prev=2)
    dZ = np.random.default_rng(3).normal(size=segmentation.transposed_conv(A, W, stride, pad).shape)
    dA, dW = ours.transposed_conv_backward(dZ, A, W, stride, pad)
    for found, forward, at in (
        (dA, lambda x: segmentation.transposed_conv(x, W, stride, pad), A),
        (dW, lambda x: segmentation.transposed_conv(A, x, stride, pad), W),
    ):
        np.testing.assert_allclose(found, numerical_gradient(forward, at, dZ), atol=1e-8)
    convolved, _ = convolution.conv_forward(dZ, W, np.zeros((1, 1, 1, 2)), {"stride": stride, "pad": pad})
    np.testing.assert_allclose(dA, convolved, atol=1e-12)


@pytest.mark.parametrize("f", range(1, 6))
def test_the_ways_back_agree(f):
    for stride, pad in itertools.product((1, 2, 3), (0, 1, 2)):
        if not fits(4, f, stride, pad):
            continue
        A, W = layer(f, 4, 5, f)
        dZ = np.random.default_rng(3).normal(size=segmentation.transposed_conv(A, W, stride, pad).shape)
        found = [ours.transposed_conv_backward(dZ, A, W, stride, pad) for ours in OURS.values()]
        for left, right in zip(*found, strict=True):
            np.testing.assert_allclose(left, right, atol=1e-12)


def test_a_checkerboard(ours):
    written = ours.transposed_conv(np.ones((1, 5, 5, 1)), np.ones((3, 3, 1, 1)), 2, 0)[0, 2:-2, 2:-2, 0]
    assert set(np.unique(written)) == {1, 2, 4}
    even = ours.transposed_conv(np.ones((1, 5, 5, 1)), np.ones((4, 4, 1, 1)), 2, 0)[0, 2:-2, 2:-2, 0]
    assert set(np.unique(even)) == {4}


# U-Net


def test_the_well_known_unet_has_its_parameters(ours):
    model = ours.unet_model()
    assert model.count_params() == 8_640_471
    assert model.input_shape == (None, 96, 128, 3) and model.output_shape == (None, 96, 128, 23)


def test_a_fitting_size_is_the_first_that_is_halved_and_doubled_without_a_rest(ours):
    for n, poolings in itertools.product(range(1, 40), range(5)):
        first = next(size for size in range(n, 100) if size // 2**poolings * 2**poolings == size)
        assert ours.fitting_size(n, poolings) == first


def test_an_odd_size_does_not_fit_and_a_fitting_one_does(ours):
    below, across = ours.conv_block(keras.Input((7, 8, 3)), 2)
    with pytest.raises(ValueError, match="shape"):
        ours.upsampling_block(below, across, 2)
    below, across = ours.conv_block(keras.Input((ours.fitting_size(7, 1), 8, 3)), 2)
    assert ours.upsampling_block(below, across, 2).shape == (None, 8, 8, 2)


# Scores


@pytest.mark.parametrize("seed", range(5))
def test_the_loss_is_keras_loss_that_ignores_a_class(ours, seed):
    rng = np.random.default_rng(seed)
    y_true = rng.choice([0, 1, 2, 255], size=(3, 4, 5)).astype("int32")
    y_pred = rng.normal(size=(3, 4, 5, 3)).astype("float32")
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)(y_true, y_pred)
    np.testing.assert_allclose(ours.pixel_loss(tf.constant(y_true), tf.constant(y_pred)), expected, rtol=1e-5)
    assert float(ours.pixel_loss(tf.constant(np.full_like(y_true, 255)), tf.constant(y_pred))) == 0


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_scikit_learn(ours, seed):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(3, size=(2, 4, 5, 6))
    expected = jaccard_score(y_true.ravel(), y_pred.ravel(), average="macro")
    np.testing.assert_allclose(ours.mean_iou(y_true, y_pred, 5), expected)
    metric = keras.metrics.MeanIoU(5)
    metric.update_state(y_true, y_pred)
    np.testing.assert_allclose(ours.mean_iou(y_true, y_pred, 5), metric.result(), rtol=1e-6)
    np.testing.assert_allclose(ours.dice(y_true > 0, y_pred > 0), f1_score((y_true > 0).ravel(), (y_pred > 0).ravel()))


def test_a_class_in_one_map_only_counts_nothing_and_one_in_neither_does_not_count(ours):
    y_true, y_pred = np.array([0, 0, 0, 0]), np.array([0, 0, 0, 2])
    assert ours.mean_iou(y_true, y_pred, 4) == (3 / 4 + 0) / 2
    assert ours.dice(np.zeros(3, bool), np.zeros(3, bool)) == 1


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.6, 0.7, 1.0])
def test_pieces_are_those_of_scipy(ours, share):
    mask = np.random.default_rng(int(100 * share)).uniform(size=(17, 23)) < share
    assert ours.count_instances(mask) == ndimage.label(mask)[1]


# The labelled streets


def test_labels_are_what_the_image_shows():
    """Where nothing is painted but the street, the image is that of the street alone."""
    for scene in scenes.thought_up(10, seed=5):
        image, labels = scenes.draw(scene, 64), scenes.draw_labels(scene, 64)
        alone = scenes.draw(scenes.Scene((), scene.horizon, scene.looks), 64)
        changed = np.any(image != alone, axis=-1)
        assert np.mean(changed[labels > 0]) > 0.97  # a colour may be the street's by chance
        touched = ndimage.binary_dilation(labels > 0, iterations=2)  # a pole may miss a pixel's centre
        assert not np.any(changed & ~touched)


def test_things_are_numbered_from_the_back_and_hide_one_another():
    scene = scenes.thought_up(1, seed=3)[0]
    numbers = scenes.draw_labels(scene, 64, one_by_one=True)
    labels = scenes.draw_labels(scene, 64)
    assert numbers.max() <= len(scene.things) and np.array_equal(numbers > 0, labels > 0)
    for number, thing in enumerate(scene.things, 1):
        assert set(np.unique(labels[numbers == number])) <= {1 + scenes.CLASSES.index(thing.kind)}
        rows, columns = np.nonzero(numbers == number)
        assert np.all(np.abs((rows + 0.5) / 64 - thing.y) <= 0.6 * thing.h + 1 / 64)  # heads are round, and reach out
        assert np.all(np.abs((columns + 0.5) / 64 - thing.x) <= thing.w / 2 + 1 / 64)


def test_labelled_streets_are_the_streets():
    images, labels = scenes.labelled_streets(3, seed=4, size=32)
    np.testing.assert_array_equal(images, scenes.streets(3, seed=4, size=32)[0])
    assert labels.shape == (3, 32, 32) and labels.dtype == np.int32
