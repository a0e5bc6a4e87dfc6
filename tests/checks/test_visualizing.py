"""Notebook 15: references and solution against TensorFlow, finite differences, and one another."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from annotated_references import annotated
from solution_functions import functions

from dlcourse import visualizing
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes.visualizing import network
from dlcourse.checks.visualizing import fields
from dlcourse.checks.visualizing.parts import classifier, conv, pictures

OURS = {"reference": annotated(visualizing), "solution": functions("visualizing")}


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


# What a unit sees

CURRICULUM = [
    (fields.CNN14, 14, 2),
    (fields.LENET_C5, 32, 4),
    (fields.ALEXNET_POOL5[:-1], 163, 16),
    (fields.ALEXNET_POOL5, 195, 32),
    (fields.VGG_CONV5_3, 196, 16),
    ([*fields.VGG_CONV5_3, (2, 2, 0)], 212, 32),
]


@pytest.mark.parametrize(("layers", "r", "jump"), CURRICULUM)
def test_the_fields_of_the_curriculum(ours, layers, r, jump):
    assert ours.receptive_field(layers)[:2] == (r, jump)
    assert seen(layers, 0) == range(ours.receptive_field(layers)[2], ours.receptive_field(layers)[2] + r)


def seen(layers, unit):
    """The pixels that a unit sees, followed back window by window: nothing of the formula is used."""
    first = last = unit
    for f, stride, pad in reversed(layers):
        first, last = first * stride - pad, last * stride - pad + f - 1
    return range(first, last + 1)


@pytest.mark.parametrize("seed", range(20))
def test_unit_h_sees_r_pixels_from_start_and_h_jumps_on(ours, seed):
    rng = np.random.default_rng(seed)
    layers = [
        (int(rng.integers(1, 6)), int(rng.integers(1, 4)), int(rng.integers(0, 3))) for _ in range(rng.integers(0, 6))
    ]
    r, jump, start = ours.receptive_field(layers)
    for h in (0, 1, 5):
        assert seen(layers, h) == range(start + h * jump, start + h * jump + r)


def test_a_gradient_reaches_just_the_pixels_of_the_field():
    layers = [(3, 2, 1), (2, 2, 0), (3, 1, 1)]
    r, jump, start = visualizing.receptive_field(layers)
    x = tf.Variable(np.zeros((1, 40, 1, 1)))
    with tf.GradientTape() as tape:
        A = x
        for f, stride, pad in layers:
            A = tf.pad(A, [[0, 0], [pad, pad], [0, 0], [0, 0]])
            A = tf.nn.conv2d(A, np.ones((f, 1, 1, 1)), (stride, 1), "VALID")
        unit = A[0, 3, 0, 0]
    reached = np.nonzero(tape.gradient(unit, x).numpy().ravel())[0]
    assert reached[0] == start + 3 * jump and reached[-1] == start + 3 * jump + r - 1


def test_the_layers_of_a_model():
    model = network(
        {
            "shape": (20, 20, 3),
            "layers": [
                ("scale", 0.5),
                conv(np.random.default_rng(0), 5, 3, 2),
                ("pool", 2),
                conv(np.random.default_rng(1), 3, 2, 2, 2, "valid"),
            ],
        }
    )
    assert visualizing.layers_until(model, "pool1") == [(5, 1, 2), (2, 2, 0)]
    assert visualizing.layers_until(model, "conv2") == [(5, 1, 2), (2, 2, 0), (3, 2, 0)]
    with pytest.raises(ValueError, match="no layer called 'conv9'"):
        visualizing.layers_until(model, "conv9")
    even = network({"shape": (8, 8, 3), "layers": [conv(np.random.default_rng(0), 4, 3, 2)]})
    with pytest.raises(ValueError, match="odd window"):
        visualizing.layers_until(even, "conv1")


# What units react to


def test_filters_as_images(ours):
    rng = np.random.default_rng(0)
    described = {"shape": (8, 8, 3), "layers": [("scale", 2.0), conv(rng, 3, 3, 5), conv(rng, 3, 5, 2)]}
    described["layers"][1][1][..., 2] = 0
    kernel = described["layers"][1][1]
    images = ours.first_layer_filters(network(described))
    assert images.shape == (5, 3, 3, 3) and images.min() >= 0 and images.max() <= 1
    assert np.all(images[2] == 0.5)
    for number in (0, 1, 3, 4):
        away = images[number] - 0.5
        assert np.abs(away).max() == pytest.approx(0.5)
        assert np.corrcoef(away.ravel(), kernel[..., number].ravel())[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_patch_alone_excites_the_unit_as_much_as_its_image(ours, padding):
    """In the middle of an image of its own size a patch makes the network say the same number."""
    rng = np.random.default_rng(3)
    stack = [conv(rng, 3, 3, 4, padding=padding), ("pool", 2), conv(rng, 3, 4, 3, padding=padding)]
    model = network({"shape": (16, 16, 3), "layers": stack})
    images = pictures(rng, 5, 16, 16, 3)
    patches, values = ours.top_patches(model, "conv2", 1, images, 3)
    assert patches.shape == (3, 8, 8, 3) and values.shape == (3,)
    everywhere = np.asarray(model(images))[..., 1]
    np.testing.assert_allclose(values, np.sort(everywhere.max(axis=(1, 2)))[::-1][:3], rtol=1e-5)
    unpadded = [(kind, *given[:-1], "valid") if kind == "conv" else (kind, *given) for kind, *given in stack]
    alone = network({"shape": (8, 8, 3), "layers": unpadded})
    if padding == "valid":
        np.testing.assert_allclose(np.asarray(alone(patches))[:, 0, 0, 1], values, rtol=1e-5)


def test_outside_of_an_image_lies_nothing(ours):
    rng = np.random.default_rng(1)
    model = network({"shape": (4, 4, 3), "layers": [conv(rng, 5, 3, 2), conv(rng, 5, 2, 2)]})
    images = 1 + pictures(rng, 2, 4, 4, 3)
    patches, _ = ours.top_patches(model, "conv2", 0, images, 9)
    assert patches.shape == (2, 9, 9, 3)
    assert all((patch == 0).all(axis=-1).sum() == 81 - 16 for patch in patches)


# What an answer rests on


@pytest.fixture(scope="module")
def model():
    return network(classifier(np.random.default_rng(5), (8, 10, 3)))


def test_covering_changes_the_score_by_what_the_map_says(ours, model):
    image = pictures(np.random.default_rng(2), 8, 10, 3)
    falls = ours.occlusion_map(model, image, 1, 4, 3)
    assert falls.shape == (2, 3)
    covered = image.copy()
    covered[3:7, 6:10] = image.mean(axis=(0, 1))
    expected = model(image[np.newaxis])[0, 1] - model(covered[np.newaxis])[0, 1]
    assert falls[1, 2] == pytest.approx(float(expected), abs=1e-5)


@pytest.mark.parametrize("label", range(3))
def test_saliency_is_that_of_finite_differences(ours, model, label):
    image = pictures(np.random.default_rng(label), 8, 10, 3)
    found = ours.saliency(model, image, label)
    dense, rows = model.layers[-1], [layer for layer in model.layers if hasattr(layer, "kernel")]
    in_double = network(classifier(np.random.default_rng(5), (8, 10, 3)))
    weights = [layer.get_weights() for layer in rows]
    assert dense.kernel.shape[1] == 3 and in_double.count_params() == model.count_params()
    slopes = numerical_gradient(lambda x: score(x, weights)[label : label + 1], image.astype(float), np.ones(1))
    np.testing.assert_allclose(found, np.abs(slopes).max(axis=-1), atol=1e-4)


def score(x, weights):
    """The classifier, in float64."""
    A = x[np.newaxis]
    for number, (W, b) in enumerate(weights[:-1]):
        A = tf.nn.max_pool2d(A, 2, 2, "VALID") if number else A
        A = tf.nn.relu(tf.nn.conv2d(A, W.astype(float), 1, "SAME") + b)
    W, b = weights[-1]
    return np.asarray(tf.reduce_max(A, axis=(1, 2)))[0] @ W + b


def test_a_small_climb_raises_what_is_climbed(ours, model):
    start = pictures(np.random.default_rng(7), 8, 10, 3)

    def J(x):
        return float(model(x[np.newaxis])[0, 2]) - 0.3 * np.sum(x**2)

    climbed = ours.class_model_image(model, 2, start, 5, 0.01, 0.3)
    assert climbed.shape == start.shape and J(climbed) > J(start)
    assert np.array_equal(ours.class_model_image(model, 2, start, 0, 0.01, 0.3), start)


def test_a_penalty_alone_shrinks_the_image(ours, model):
    start = np.full((8, 10, 3), 1.0, "f4")
    without = ours.class_model_image(model, 0, start, 1, 0.1, 0.0)
    with_penalty = ours.class_model_image(model, 0, start, 1, 0.1, 0.5)
    np.testing.assert_allclose(without - with_penalty, 0.1 * start, atol=1e-5)


# The way back


def test_unpooling_is_the_gradient_of_pooling(ours):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(2, 6, 4, 3))
    pooled, switches = OURS["solution"].pool_with_switches(A)
    np.testing.assert_allclose(pooled, tf.nn.max_pool2d(A, 2, 2, "VALID"), rtol=1e-6)
    upstream = rng.normal(size=pooled.shape)
    x = tf.constant(A)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.nn.max_pool2d(x, 2, 2, "VALID") * upstream)
    np.testing.assert_allclose(ours.unpool(upstream, switches), tape.gradient(loss, x), rtol=1e-6)
    again, _ = OURS["solution"].pool_with_switches(ours.unpool(np.abs(upstream), switches))
    np.testing.assert_array_equal(again, np.abs(upstream))


def test_ways_back_through_a_relu(ours):
    rng = np.random.default_rng(0)
    R, Z = rng.normal(size=(2, 5, 6))
    x = tf.constant(Z)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.nn.relu(x) * R)
    gradient = tape.gradient(loss, x).numpy()
    np.testing.assert_array_equal(ours.relu_back(R, Z, "gradient"), gradient)
    np.testing.assert_array_equal(ours.relu_back(R, Z, "deconvnet"), np.maximum(R, 0))
    np.testing.assert_array_equal(ours.relu_back(R, Z, "guided"), np.maximum(gradient, 0))


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="choose one of"):
        visualizing.relu_back(np.ones(2), np.ones(2), "backwards")


@pytest.mark.parametrize("seed", range(4))
def test_the_way_back_is_the_gradient_of_the_strongest_unit(ours, seed):
    rng = np.random.default_rng(seed)
    image = pictures(rng, 8, 12, 3)
    weights = [conv(rng, f, *channels)[1:3] for f, channels in ((5, (3, 4)), (3, (4, 4)), (3, (4, 5)))]
    x = tf.constant(image[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(x)
        A = x
        for number, (W, b) in enumerate(weights):
            A = keras.ops.max_pool(A, 2, 2) if number else A
            A = tf.nn.relu(tf.nn.conv2d(A, W, 1, "SAME") + b)
        strongest = tf.reduce_max(A[..., 3])
    expected = tape.gradient(strongest, x).numpy()[0]
    np.testing.assert_allclose(ours.deconv_visualization(image, weights, 3, "gradient"), expected, atol=1e-5)


@pytest.mark.parametrize("rule", visualizing.RULES)
@pytest.mark.parametrize("seed", range(3))
def test_reference_and_solution_agree_on_each_rule(rule, seed):
    rng = np.random.default_rng(seed)
    image = pictures(rng, 12, 8, 3)
    weights = [conv(rng, 3, *channels, lift=0.0)[1:3] for channels in ((3, 4), (4, 5), (5, 3))]
    one, other = (ours.deconv_visualization(image, weights, 1, rule) for ours in OURS.values())
    assert one.shape == image.shape
    np.testing.assert_allclose(one, other, atol=1e-5)
