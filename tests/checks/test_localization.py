"""Notebook 09: references and solution against TensorFlow, scikit-learn and one another, and the notes' numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from sklearn.metrics import precision_score, recall_score
from solution_functions import functions

from dlcourse import localization, yolo
from dlcourse.data import drawn_faces
from dlcourse.figures import detection

OURS = {"reference": localization, "solution": functions("localization")}
EXAMPLE = functions("localization").EXAMPLE


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


# One object


@pytest.mark.parametrize("seed", range(5))
def test_a_target_read_backwards_is_the_box(ours, seed):
    rng = np.random.default_rng(seed)
    height, width = (int(n) for n in rng.integers(20, 200, 2))
    low = rng.uniform(0, 0.4, 2) * (height, width)
    box = np.concatenate([low, low + rng.uniform(0.1, 0.5, 2) * (height, width)])
    target = ours.encode_target(box, 2, 4, (height, width))
    x, y, h, w = target[1:5]
    again = detection.pixels(np.array([[x, y, w, h]]), np.zeros((height, width)))
    np.testing.assert_allclose(again[0], box)
    corners = yolo.yolo_boxes_to_corners(np.array([x, y]), np.array([w, h])) * ([height, width] * 2)
    np.testing.assert_allclose(corners, box)
    assert target[0] == 1 and target[5:].tolist() == [0, 0, 1, 0]


def test_a_target_of_nothing_is_zeros(ours):
    assert ours.encode_target(None, 1, 3, (10, 20)).tolist() == [0] * 8


def drawn(seed, m=6, num_classes=3):
    rng = np.random.default_rng(seed)
    y_true = np.zeros((m, 5 + num_classes))
    there = rng.uniform(size=m) < 0.6
    y_true[there, 0] = 1
    y_true[there, 1:5] = rng.uniform(size=(there.sum(), 4))
    y_true[there, 5 + rng.integers(num_classes, size=there.sum())] = 1
    return y_true, rng.normal(size=y_true.shape)


def squares_by_hand(y_true, y_pred):
    losses = [((p - t) ** 2).sum() if t[0] else (p[0] - t[0]) ** 2 for t, p in zip(y_true, y_pred, strict=True)]
    return np.mean(losses)


def mixed_by_hand(y_true, y_pred):
    losses = []
    for t, p in zip(y_true, y_pred, strict=True):
        sure = 1 / (1 + np.exp(-p[0]))
        loss = -np.log(sure if t[0] else 1 - sure)
        if t[0]:
            softmax = np.exp(p[5:]) / np.exp(p[5:]).sum()
            loss += ((p[1:5] - t[1:5]) ** 2).sum() - np.log(softmax[t[5:] == 1][0])
        losses.append(loss)
    return np.mean(losses)


@pytest.mark.parametrize(("name", "by_hand"), [("localization_loss", squares_by_hand), ("mixed_loss", mixed_by_hand)])
@pytest.mark.parametrize("seed", range(4))
def test_losses_are_those_by_hand_and_so_are_their_gradients(ours, name, by_hand, seed):
    y_true, y_pred = drawn(seed)
    given = tf.Variable(y_pred)
    with tf.GradientTape() as tape:
        value = getattr(ours, name)(tf.constant(y_true), given)
    np.testing.assert_allclose(value, by_hand(y_true, y_pred), rtol=1e-10)
    gradient = tape.gradient(value, given).numpy()
    for place in np.ndindex(y_pred.shape):
        step = np.zeros_like(y_pred)
        step[place] = 1e-5
        numerical = (by_hand(y_true, y_pred + step) - by_hand(y_true, y_pred - step)) / 2e-5
        assert abs(gradient[place] - numerical) < 1e-8


def test_the_mixed_loss_of_a_very_sure_network_is_finite(ours):
    y_true, y_pred = drawn(1)
    assert np.isfinite(ours.mixed_loss(tf.constant(y_true), tf.constant(1000 * y_pred)))


def test_both_losses_are_keras_losses(ours):
    y_true, y_pred = drawn(2)
    there = y_true[:, 0] == 1
    binary = keras.losses.BinaryCrossentropy(from_logits=True)(y_true[:, :1], y_pred[:, :1])
    kinds = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="sum")(
        y_true[there, 5:], y_pred[there, 5:]
    )
    box = np.sum((y_true[there, 1:5] - y_pred[there, 1:5]) ** 2)
    expected = float(binary) + (box + float(kinds)) / len(y_true)
    assert abs(float(ours.mixed_loss(tf.constant(y_true), tf.constant(y_pred))) - expected) < 1e-5


def test_tensorflows_cross_entropy_of_no_label_is_0_and_its_gradient_is_not():
    """Why the classes are switched off, too, where nothing is."""
    z = tf.Variable([[0.5, 1.0, 2.0]])
    with tf.GradientTape() as tape:
        value = tf.nn.softmax_cross_entropy_with_logits(labels=tf.zeros((1, 3)), logits=z)
    assert float(value[0]) == 0
    np.testing.assert_allclose(tape.gradient(value, z), tf.nn.softmax(z), rtol=1e-6)


# Landmarks


def test_64_landmarks_are_129_numbers(ours):
    points = np.random.default_rng(0).uniform(size=(64, 2))
    target = ours.landmark_target(points)
    assert target.shape == (129,) == ours.landmark_target(None).shape
    assert target[2 * 64 - 1] == points[63, 0] and target[2 * 64] == points[63, 1]  # l_64x is an x
    assert not ours.landmark_target(None).any()


def test_a_mirrored_face_has_its_landmarks_where_they_are_drawn(ours):
    """Whoever is mirrored as a person, without turn and tilt, has the same eyes: left is left again."""
    rng = np.random.default_rng(0)
    _, points = drawn_faces.pictures_with_landmarks(drawn_faces.identities(20, rng), 1, rng)
    mirrored = ours.mirror_landmarks(points, drawn_faces.PAIRS)
    assert np.all(mirrored[:, 0, 0] < mirrored[:, 1, 0]) and np.all(mirrored[:, 3, 0] < mirrored[:, 4, 0])
    np.testing.assert_allclose(ours.mirror_landmarks(mirrored, drawn_faces.PAIRS), points, atol=1e-12)
    np.testing.assert_allclose(mirrored[..., 1], points[:, [1, 0, 2, 4, 3, 5], 1])


# Windows


@pytest.mark.parametrize("seed", range(6))
def test_windows_are_tensorflows_patches(ours, seed):
    rng = np.random.default_rng(seed)
    size, stride, n_C = (int(n) for n in rng.integers((1, 1, 1), (6, 4, 4)))
    image = rng.normal(size=(*(int(n) for n in rng.integers(size, 14, 2)), n_C))
    windows, corners = ours.sliding_windows(image, size, stride)
    patches = tf.image.extract_patches(image[np.newaxis], [1, size, size, 1], [1, stride, stride, 1], [1] * 4, "VALID")
    np.testing.assert_array_equal(windows, np.reshape(patches, (-1, size, size, n_C)))
    for window, (y1, x1, y2, x2) in zip(windows, corners, strict=True):
        np.testing.assert_array_equal(window, image[y1:y2, x1:x2])


def test_there_are_four_windows_of_14_in_16_pixels(ours):
    windows, corners = ours.sliding_windows(np.zeros((16, 16, 3)), 14, 2)
    assert windows.shape == (4, 14, 14, 3)
    assert corners.tolist() == [[0, 0, 14, 14], [0, 2, 14, 16], [2, 0, 16, 14], [2, 2, 16, 16]]


def test_a_pyramid_has_the_sizes_and_shows_the_image(ours):
    y, x = np.mgrid[:40, :60] / 60
    image = np.stack([y, x, y * x], axis=-1).astype("f4")
    levels = ours.pyramid(image, [0.5, 0.3, 1.5])
    assert [level.shape for level in levels] == [(20, 30, 3), (12, 18, 3), (60, 90, 3)]
    for level in levels:
        np.testing.assert_allclose(level.mean(axis=(0, 1)), image.mean(axis=(0, 1)), atol=0.01)
        assert np.all(np.diff(level[..., 0], axis=0) > -1e-6) and np.all(np.diff(level[..., 1], axis=1) > -1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_window_and_stride_are_what_gradients_reach(ours, seed):
    """The square of the input on which one output of a network depends, and the next output's."""
    rng = np.random.default_rng(seed)
    listed, keras_layers = [], []
    for _ in range(int(rng.integers(1, 4))):
        f, stride = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        if rng.uniform() < 0.4:
            listed.append(("pool", f, stride))
            keras_layers.append(layers.AveragePooling2D(f, stride))
        else:
            listed.append(("conv", f, stride, 1))
            keras_layers.append(layers.Conv2D(1, f, stride, kernel_initializer="ones"))
    window, stride = ours.window_and_stride(listed)
    n = window + stride
    network = keras.Sequential([keras.Input((n, n, 1)), *keras_layers])
    image = tf.Variable(np.ones((1, n, n, 1), "f4"))
    for output in (0, 1):
        with tf.GradientTape() as tape:
            value = network(image)[0, output, output, 0]
        reached = np.flatnonzero(np.any(np.asarray(tape.gradient(value, image))[0, ..., 0] != 0, axis=1))
        assert (reached.min(), reached.max() + 1) == (output * stride, output * stride + window)


def test_the_network_of_the_lecture_sees_14_pixels_and_moves_by_2(ours):
    assert tuple(ours.window_and_stride(EXAMPLE)) == (14, 2)


@pytest.mark.parametrize(
    ("n", "apart", "together"), [(14, 441_600, 441_600), (16, 1_766_400, 1_459_200), (28, 28_262_400, 21_273_600)]
)
def test_multiplications_of_the_lecture(ours, n, apart, together):
    assert tuple(ours.window_cost(EXAMPLE, n)) == (apart, together)


def test_what_is_saved(ours):
    def saved(n):
        apart, together = ours.window_cost(EXAMPLE, n)
        windows = ((n - 14) // 2 + 1) ** 2
        return apart / together, windows * ours.window_cost(EXAMPLE[:1], 14)[1] / ours.window_cost(EXAMPLE[:1], n)[1]

    assert [round(ratio, 2) for ratio in (*saved(16), *saved(28))] == [1.21, 2.78, 1.33, 11.11]


# All windows at once


@pytest.mark.parametrize("shape", [(5, 5, 16), (2, 3, 4), (1, 1, 7)])
def test_a_dense_layer_is_a_convolution_exactly(ours, shape):
    rng = np.random.default_rng(0)
    volume, units = rng.normal(size=(3, *shape)), 11
    W, b = rng.normal(size=(int(np.prod(shape)), units)), rng.normal(size=units)
    filters, biases = ours.dense_to_conv(W, b, shape)
    assert filters.shape == (*shape, units) and biases.shape == (1, 1, 1, units)
    convolved = tf.nn.conv2d(volume, filters, 1, "VALID") + biases
    np.testing.assert_allclose(convolved[:, 0, 0], volume.reshape(3, -1) @ W + b, rtol=1e-12, atol=1e-12)


def test_the_layers_of_the_lecture_have_as_many_parameters_in_both_forms(ours):
    network = functions("localization").lecture_network()
    counts = [sum(part.size for part in layer[1:]) for layer in network if layer[0] != "pool"]
    assert counts == [1216, 160_400, 160_400, 1604] and sum(counts) == 323_620
    shapes = [(5, 5, 16), (1, 1, 400), (1, 1, 400)]
    converted = [ours.dense_to_conv(*layer[1:], shape) for layer, shape in zip(network[2:], shapes, strict=True)]
    assert [sum(part.size for part in parts) for parts in converted] == counts[1:]


@pytest.mark.parametrize(("n", "shape"), [(14, (1, 1, 4)), (16, (2, 2, 4)), (28, (8, 8, 4))])
def test_all_windows_at_once_are_the_windows_one_by_one(ours, n, shape):
    network = functions("localization").lecture_network()
    image = np.random.default_rng(n).uniform(size=(n, n, 3))
    scores = ours.conv_sliding_windows(network, image)
    assert scores.shape == shape
    windows, _ = localization.sliding_windows(image, 14, 2)
    one_by_one = [functions("localization").classify(network, window) for window in windows]
    np.testing.assert_allclose(scores.reshape(-1, 4), one_by_one, rtol=1e-11, atol=1e-12)


def test_a_keras_classifier_is_the_same_without_dense_layers():
    notebook = functions("localization")
    keras.utils.set_random_seed(0)
    classifier = notebook.window_classifier()
    assert classifier.count_params() == 38_753
    network = [
        ("pool", 2) if isinstance(layer, layers.MaxPooling2D) else (_kind(layer), *layer.get_weights())
        for layer in classifier.layers
        if not isinstance(layer, layers.Flatten)
    ]
    image = np.random.default_rng(0).uniform(size=(40, 32, 3)).astype("f4")
    logits = localization.conv_sliding_windows(network, image)
    assert logits.shape == (5, 3, 1)
    maps = notebook.without_dense_layers(classifier)(image[np.newaxis])
    np.testing.assert_allclose(maps[0], 1 / (1 + np.exp(-logits)), atol=1e-5)


def _kind(layer):
    return "conv" if isinstance(layer, layers.Conv2D) else "dense"


# What is found


@pytest.mark.parametrize("seed", range(6))
def test_the_best_window_is_the_one_with_the_highest_score_of_all(ours, seed):
    rng = np.random.default_rng(seed)
    scales = rng.uniform(0.3, 1, 3)
    maps = [rng.uniform(size=tuple(rng.integers(1, 6, 2))) for _ in scales]
    size, stride = 12, 4
    listed = [
        (float(score), np.array([row * stride, column * stride, row * stride + size, column * stride + size]) / scale)
        for scores, scale in zip(maps, scales, strict=True)
        for (row, column), score in np.ndenumerate(scores)
    ]
    expected = max(listed, key=lambda entry: entry[0])
    score, corners = ours.best_window(maps, scales, size, stride, 0.0)
    assert score == expected[0]
    np.testing.assert_allclose(corners, expected[1])
    assert ours.best_window(maps, scales, size, stride, score) is not None
    assert ours.best_window(maps, scales, size, stride, np.nextafter(score, 2)) is None


@pytest.mark.parametrize("seed", range(4))
def test_recall_and_precision_are_scikit_learns(ours, seed):
    """Pictures as their labels: of a wrong box in a picture with an object, one is missed and one is false."""
    rng = np.random.default_rng(seed)
    found, truth, labels, answers = [], [], [], []
    for _ in range(40):
        there, said, right = rng.uniform(size=3) < (0.6, 0.7, 0.6)
        truth.append((10, 20, 30, 60) if there else None)
        found.append(((12, 22, 26, 50) if right else (40, 22, 60, 50)) if said else None)
        if there and said and not right:
            labels += [1, 0]
            answers += [0, 1]
        else:
            labels.append(int(there))
            answers.append(int(said))
    recall, precision = ours.score_detections(found, truth)
    assert abs(recall - recall_score(labels, answers)) < 1e-12
    assert abs(precision - precision_score(labels, answers)) < 1e-12


def test_nothing_given_is_changed():
    rng = np.random.default_rng(0)
    points, W, b = rng.uniform(size=(2, 5, 2)), rng.normal(size=(12, 3)), rng.normal(size=3)
    image = rng.normal(size=(8, 8, 2))
    kept = [array.copy() for array in (points, W, b, image)]
    localization.mirror_landmarks(points, [(0, 1)])[:] = 9
    for part in localization.dense_to_conv(W, b, (2, 2, 3)):
        part += 1
    localization.sliding_windows(image, 3, 1)[0][:] = 0
    for before, after in zip(kept, (points, W, b, image), strict=True):
        np.testing.assert_array_equal(before, after)


# The drawn faces


def test_landmarks_lie_where_the_face_has_them():
    """Eyes are where the picture of the same face with other eyes differs most."""
    people = np.full((1, len(drawn_faces.TRAITS)), 0.5)
    changed = people.copy()
    changed[0, drawn_faces.TRAITS.index("iris")] = 0.0
    for seed in range(5):
        picture, points = drawn_faces.pictures_with_landmarks(people, 1, np.random.default_rng(seed))
        other, _ = drawn_faces.pictures_with_landmarks(changed, 1, np.random.default_rng(seed))
        difference = np.abs(picture - other).sum(axis=-1)[0]
        y, x = np.mgrid[:32, :32] + 0.5
        middle = np.average(x, weights=difference) / 32, np.average(y, weights=difference) / 32
        np.testing.assert_allclose(points[0, :2].mean(axis=0), middle, atol=0.5 / 32)  # half a pixel


def test_the_pictures_are_those_without_landmarks():
    rng, same = np.random.default_rng(4), np.random.default_rng(4)
    with_landmarks, points = drawn_faces.pictures_with_landmarks(drawn_faces.identities(3, rng), 2, rng)
    without, _ = drawn_faces.pictures(drawn_faces.identities(3, same), 2, same)
    np.testing.assert_array_equal(with_landmarks, without)
    assert points.shape == (6, len(drawn_faces.LANDMARKS), 2)
