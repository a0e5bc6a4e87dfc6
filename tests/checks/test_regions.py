"""Notebook 11: references and solution against TensorFlow, Keras, SciPy, finite differences and one another."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from annotated_references import annotated
from scipy import ndimage
from solution_functions import functions

from dlcourse import regions
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.regions import proposing
from dlcourse.data import scenes, segments

OURS = {"reference": annotated(regions), "solution": functions("regions")}
SEEDS = range(4)


@pytest.fixture(params=OURS)
def ours(request):
    return OURS[request.param]


def a_map(seed, n_H=7, n_W=9, n_C=3):
    return np.random.default_rng(seed).normal(size=(n_H, n_W, n_C))


def rois_in(seed, n_H=7, n_W=9, count=5):
    rng = np.random.default_rng(seed)
    begin = rng.uniform(0, 1, (count, 2)) * (n_H - 1.5, n_W - 1.5)
    end = begin + 1.2 + rng.uniform(0, 1, (count, 2)) * (np.array([n_H - 1.2, n_W - 1.2]) - begin)
    return np.concatenate([begin, end], axis=1)


def boxes_of(seed, count=6):
    rng = np.random.default_rng(seed)
    begin = rng.uniform(0, 40, (count, 2))
    return np.concatenate([begin, begin + rng.uniform(5, 25, (count, 2))], axis=1)


# Selective search


def test_a_picture_of_100_pixels_has_25_million_boxes():
    edges = len(list(itertools.combinations(range(101), 2)))
    assert edges == 100 * 101 // 2 and edges**2 == 25_502_500


@pytest.mark.parametrize("group", proposing.PICTURES)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_similarity_alone_decides_on_its_picture(ours, group, seed):
    """The right pair wins by this similarity, and by no other: the other three are equal."""
    image, labels = proposing.PICTURES[group](np.random.default_rng(seed))
    found = segments.describe(image, labels)
    right, wrong = (ours.similarities(found[i], found[j], labels.size) for i, j in ((0, 1), (1, 2)))
    names = (proposing.COLOUR, proposing.TEXTURE, proposing.SIZE, proposing.FILL)
    for name, more, less in zip(names, right, wrong, strict=True):
        assert more > less + 0.01 if name == group else more == pytest.approx(less)
    pair, _ = ours.merge_regions(found, [(1, 2), (0, 1)], labels.size)
    assert tuple(pair) == (0, 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_merged_is_what_would_be_described(ours, seed):
    scene = scenes.thought_up(1, seed=seed)[0]
    image = scenes.draw(scene, 48)
    labels = segments.cut_up(image)
    found, pairs = segments.describe(image, labels), segments.neighbours(labels)
    (i, j), merged = ours.merge_regions(found, pairs, labels.size)
    assert (i, j) in pairs
    _, together = segments.describe(image, ((labels == i) | (labels == j)).astype(int))
    for name, value in together.items():
        np.testing.assert_allclose(merged[name], value, atol=1e-12)


def test_pieces_hang_together_and_are_large_enough():
    image = scenes.draw(scenes.thought_up(1, seed=5)[0], 48)
    labels = segments.cut_up(image, least=10)
    assert set(np.unique(labels)) == set(range(labels.max() + 1)) and np.bincount(labels.ravel()).min() >= 10
    for number in range(labels.max() + 1):
        assert ndimage.label(labels == number)[1] == 1
    for one, other in segments.neighbours(labels):
        assert one < other and np.any(ndimage.binary_dilation(labels == one) & (labels == other))


# Cutting out


def test_a_whole_image_is_warped_as_tensorflow_resizes_it(ours):
    image = a_map(0, 9, 12)
    for size in (3, 4, 6, 18):
        resized = tf.image.resize(image, (size, size), "nearest").numpy()
        np.testing.assert_array_equal(ours.warp_regions(image, np.array([[0.0, 0, 9, 12]]), size)[0], resized)


@pytest.mark.parametrize("seed", SEEDS)
def test_bilinear_is_scipys(ours, seed):
    features, rng = a_map(seed), np.random.default_rng(seed)
    for y, x in rng.uniform((0, 0), (7, 9), (20, 2)):
        expected = [
            ndimage.map_coordinates(features[..., c], [[y - 0.5], [x - 0.5]], order=1, mode="nearest")[0]
            for c in range(3)
        ]
        np.testing.assert_allclose(ours.bilinear(features, y, x), expected, atol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_roi_align_is_bilinear_sampling_at_the_bins_middles(ours, size):
    features, rois = a_map(size), rois_in(size)
    aligned = ours.roi_align(features, rois, size)
    assert aligned.shape == (5, size, size, 3)
    for n, i, j, c in itertools.product(range(5), range(size), range(size), range(3)):
        y1, x1, y2, x2 = rois[n]
        place = [y1 + (i + 0.5) * (y2 - y1) / size - 0.5], [x1 + (j + 0.5) * (x2 - x1) / size - 0.5]
        expected = ndimage.map_coordinates(features[..., c], place, order=1, mode="nearest")[0]
        assert aligned[n, i, j, c] == pytest.approx(expected)


def test_roi_align_is_crop_and_resize_of_another_box(ours):
    """TensorFlow samples corner to corner; told the middles of the outer bins it gives the same."""
    features, size = a_map(1), 3
    n_H, n_W = features.shape[:2]
    rois = np.array([[1.1, 1.3, 5.4, 7.2], [0.9, 2.0, 6.2, 6.1]])
    (h, w) = ((rois[:, 2:] - rois[:, :2]) / size).T
    middles = np.stack([rois[:, 0] + h / 2, rois[:, 1] + w / 2, rois[:, 2] - h / 2, rois[:, 3] - w / 2], axis=1) - 0.5
    boxes = middles / (n_H - 1, n_W - 1, n_H - 1, n_W - 1)
    same = tf.image.crop_and_resize(features[None], boxes, [0, 0], (size, size)).numpy()
    np.testing.assert_allclose(ours.roi_align(features, rois, size), same, atol=1e-5)
    plain = tf.image.crop_and_resize(features[None], rois / (n_H, n_W, n_H, n_W), [0, 0], (size, size)).numpy()
    assert np.abs(ours.roi_align(features, rois, size) - plain).max() > 0.1


def test_the_four_by_four_of_the_notebook(ours):
    ramp = np.arange(16.0).reshape(4, 4, 1)
    whole = np.array([[0.0, 0, 4, 4]])
    np.testing.assert_array_equal(ours.roi_align(ramp, whole, 2)[0, :, :, 0], [[2.5, 4.5], [10.5, 12.5]])
    corners = tf.image.crop_and_resize(ramp[None], [[0.0, 0, 1, 1]], [0], (2, 2)).numpy()
    np.testing.assert_array_equal(corners[0, :, :, 0], [[0, 3], [12, 15]])
    np.testing.assert_array_equal(ours.roi_pool(ramp, whole, 2)[0, :, :, 0], [[5, 7], [13, 15]])


# Pooling


def touched(begin, end, size, part):
    """The cells that a bin touches, after the region has been pushed outwards: another way to say it."""
    first, last = int(np.floor(begin)), int(np.ceil(end))
    cells = last - first
    return [
        cell
        for cell in range(first, last)
        if (cell - first) * size < (part + 1) * cells and (cell + 1 - first) * size > part * cells
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_bin_has_the_cells_that_it_touches(ours, size):
    features, rois = a_map(size), rois_in(size)
    pooled = ours.roi_pool(features, rois, size)
    for n, i, j in itertools.product(range(5), range(size), range(size)):
        y1, x1, y2, x2 = rois[n]
        cells = features[np.ix_(touched(y1, y2, size, i), touched(x1, x2, size, j))]
        np.testing.assert_array_equal(pooled[n, i, j], cells.max(axis=(0, 1)))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_way_back_is_that_of_finite_differences_and_tensorflow(ours, size):
    features, rois = a_map(size, 6, 7, 2), rois_in(size, 6, 7, 3)
    dA = np.random.default_rng(7).normal(size=(3, size, size, 2))
    found = ours.roi_pool_backward(dA, features, rois)
    np.testing.assert_allclose(
        found, numerical_gradient(lambda x: regions.roi_pool(x, rois, size), features, dA), atol=1e-7
    )
    watched = tf.Variable(features)
    with tf.GradientTape() as tape:
        loss = 0.0
        for n, i, j in itertools.product(range(3), range(size), range(size)):
            y1, x1, y2, x2 = rois[n]
            rows, columns = touched(y1, y2, size, i), touched(x1, x2, size, j)
            cells = watched[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            loss += tf.reduce_sum(tf.reduce_max(cells, axis=(0, 1)) * dA[n, i, j])
    np.testing.assert_allclose(found, tape.gradient(loss, watched), atol=1e-12)


def test_of_equal_cells_the_first_gets_the_gradient(ours):
    found = ours.roi_pool_backward(np.ones((1, 1, 1, 1)), np.zeros((2, 2, 1)), np.array([[0.0, 0, 2, 2]]))
    np.testing.assert_array_equal(found[..., 0], [[1, 0], [0, 0]])


# Anchors


def test_anchors_have_their_areas_ratios_and_centres(ours):
    scales, ratios = [8.0, 20.0], [0.5, 1.0, 3.0]
    anchors = ours.generate_anchors((3, 2), 16.0, scales, ratios).reshape(3, 2, 2, 3, 4)
    sides = anchors[..., 2:] - anchors[..., :2]
    np.testing.assert_allclose(sides.prod(axis=-1), np.broadcast_to(np.square(scales)[:, None], (3, 2, 2, 3)))
    np.testing.assert_allclose(sides[..., 0] / sides[..., 1], np.broadcast_to(ratios, (3, 2, 2, 3)))
    centres = (anchors[..., :2] + anchors[..., 2:]) / 2
    np.testing.assert_allclose(centres[1, 1], np.broadcast_to([24, 24], (2, 3, 2)))
    np.testing.assert_allclose(centres[2, 0], np.broadcast_to([40, 8], (2, 3, 2)))


@pytest.mark.parametrize("seed", SEEDS)
def test_there_and_back_is_where_one_was(ours, seed):
    boxes, anchors = boxes_of(seed), boxes_of(seed + 10)
    offsets = ours.encode_boxes(boxes, anchors)
    np.testing.assert_allclose(ours.decode_boxes(offsets, anchors), boxes, atol=1e-12)
    np.testing.assert_allclose(ours.encode_boxes(ours.decode_boxes(offsets, anchors), anchors), offsets, atol=1e-12)
    np.testing.assert_allclose(ours.encode_boxes(boxes, boxes), 0, atol=1e-12)
    np.testing.assert_allclose(offsets, regions.encode_boxes(boxes, anchors), atol=1e-12)


def test_thresholds_met_exactly_and_best_anchors(ours):
    box = np.array([[0.0, 0, 10, 10]])
    anchors = np.array(
        [[0.0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 5, 5], [0, 0, 5, 4], [20, 20, 30, 30]]
    )  # 1, .5, .25, .2, 0
    for high, low, expected in (
        (0.5, 0.25, [1, 1, -1, 0, 0]),
        (0.5000001, 0.25, [1, -1, -1, 0, 0]),
        (0.5, 0.2500001, [1, 1, 0, 0, 0]),
    ):
        labels, matched = ours.rpn_targets(anchors, box, high, low)
        np.testing.assert_array_equal(labels, expected)
        np.testing.assert_array_equal(matched, 0)
    labels, _ = ours.rpn_targets(anchors[3:], box)  # the best one has .2
    np.testing.assert_array_equal(labels, [1, 0])
    labels, _ = ours.rpn_targets(anchors[4:], box)  # no anchor touches it
    np.testing.assert_array_equal(labels, [0])
    labels, matched = ours.rpn_targets(anchors, np.zeros((0, 4)))
    assert not labels.any() and not matched.any() and labels.shape == matched.shape == (5,)


@pytest.mark.parametrize("seed", SEEDS)
def test_targets_are_the_same(seed):
    anchors, boxes = boxes_of(seed, 40), boxes_of(seed + 20, 3)
    for found in zip(*(ours.rpn_targets(anchors, boxes, 0.5, 0.2) for ours in OURS.values()), strict=True):
        np.testing.assert_array_equal(*found)


def test_ssd_of_300_pixels_has_its_default_boxes(ours):
    four, six = (1.0, 2.0, 1 / 2), (1.0, 2.0, 1 / 2, 3.0, 1 / 3)
    boxes = ours.default_boxes((38, 19, 10, 5, 3, 1), (four, six, six, six, four, four))
    assert boxes.shape == (8732, 4)
    sides = boxes[:, 2:] - boxes[:, :2]
    np.testing.assert_allclose(sides[0], 0.2)
    np.testing.assert_allclose(sides[3], np.sqrt(0.2 * 0.34))
    np.testing.assert_allclose(sides[-4], 0.9)
    np.testing.assert_allclose((boxes[-1, :2] + boxes[-1, 2:]) / 2, 0.5)
    np.testing.assert_allclose(sides[1, 0] / sides[1, 1], 2)


# What is learned of a region


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loss_region_by_region_with_keras(ours, seed):
    rng = np.random.default_rng(seed)
    n, K, s = 6, 3, 5
    labels = np.array([0, *rng.integers(0, K + 1, n - 1)], "int32")
    scores, offsets = rng.normal(size=(n, K + 1)).astype("f4"), 2 * rng.normal(size=(n, K, 4)).astype("f4")
    offsets_true, masks = rng.normal(size=(n, 4)).astype("f4"), rng.normal(size=(n, s, s, K)).astype("f4")
    masks_true = rng.integers(0, 2, (n, s, s)).astype("f4")
    expected = 0.0
    for k, label in enumerate(labels):
        expected += float(keras.losses.sparse_categorical_crossentropy(label, scores[k], from_logits=True))
        if label:
            # Huber's loss is a mean over the last axis
            expected += 4 * float(keras.losses.huber(offsets_true[k], offsets[k, label - 1]))
            of_class = masks[k, :, :, label - 1].ravel()
            expected += float(keras.losses.binary_crossentropy(masks_true[k].ravel(), of_class, from_logits=True))
    given = (labels, scores, offsets_true, offsets, masks_true, masks)
    loss = ours.multi_task_loss(*(tf.constant(part) for part in given))
    assert float(loss) == pytest.approx(expected / n, rel=1e-5)


def test_other_classes_masks_may_say_what_they_like(ours):
    rng = np.random.default_rng(0)
    labels = tf.constant([2, 0])
    scores, offsets = tf.zeros((2, 4)), tf.zeros((2, 3, 4))
    masks = rng.normal(size=(2, 3, 3, 3)).astype("f4")
    others = masks.copy()
    others[:, :, :, [0, 2]], others[1] = 50, -50
    losses = [
        float(ours.multi_task_loss(labels, scores, tf.zeros((2, 4)), offsets, tf.ones((2, 3, 3)), tf.constant(part)))
        for part in (masks, others)
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_masks_are_pasted_between_pixels_as_scipy_would(ours, seed):
    rng = np.random.default_rng(seed)
    mask, shape = rng.uniform(size=(6, 6)), (13, 16)
    y1, x1 = rng.uniform(-3, 5, 2)
    y2, x2 = y1 + rng.uniform(4, 12), x1 + rng.uniform(4, 12)
    expected = np.zeros(shape, bool)
    for i, j in np.ndindex(shape):
        if y1 <= i + 0.5 < y2 and x1 <= j + 0.5 < x2:
            place = [(i + 0.5 - y1) / (y2 - y1) * 6 - 0.5], [(j + 0.5 - x1) / (x2 - x1) * 6 - 0.5]
            expected[i, j] = ndimage.map_coordinates(mask, place, order=1, mode="nearest")[0] >= 0.5
    np.testing.assert_array_equal(ours.paste_mask(mask, np.array([y1, x1, y2, x2]), shape), expected)


def test_a_moved_box_moves_its_mask_by_less_than_a_pixel(ours):
    """Of a full mask each pixel is there whose centre is in the box."""
    full = np.ones((4, 4))
    for shift, first in ((0.0, 2), (0.4, 2), (0.6, 3), (1.0, 3)):
        pasted = ours.paste_mask(full, np.array([2 + shift, 2, 6 + shift, 6]), (10, 10))
        rows = np.flatnonzero(pasted.any(axis=1))
        assert (rows[0], len(rows)) == (first, 4)
