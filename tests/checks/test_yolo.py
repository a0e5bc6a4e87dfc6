"""The references of notebook 10 against TensorFlow, its solution, other ways to write them, and the paper's numbers."""

import base64

import jaxtyping
import keras
import numpy as np
import pytest
import tensorflow as tf
from beartype import beartype
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from keras import layers
from solution_functions import functions

from dlcourse import checks, yolo
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.probes import isolation, models
from dlcourse.checks.yolo import comparing_boxes
from dlcourse.data import scenes
from dlcourse.figures import detection
from dlcourse.widgets.yolo import ThresholdExplorer

SEEDS = range(6)
TYPED = {
    name: jaxtyping.jaxtyped(getattr(yolo, name), typechecker=beartype)
    for name in (
        "iou",
        "yolo_filter_boxes",
        "yolo_non_max_suppression",
        "yolo_boxes_to_corners",
        "yolo_eval",
        "assign_anchors",
        "kmeans_anchors",
        "decode_head",
        "space_to_depth",
    )
}


@pytest.fixture(scope="module")
def solution():
    return functions("yolo")


def score(name, function, seed=0, **namespace):
    report = checks.run("yolo", name, function, seed=seed, namespace=namespace or None)
    return report.score, [(failure.case, failure.message) for failure in report.failures]


def accepts(name, function, seeds=range(3), **namespace):
    for seed in seeds:
        assert score(name, function, seed, **namespace) == (1.0, [])


# iou


def counted(box1, box2):
    """IoU of boxes with whole corners, by counting unit squares."""
    paper = np.zeros((2, 12, 12), bool)
    for sheet, (x1, y1, x2, y2) in zip(paper, (box1, box2), strict=True):
        sheet[y1:y2, x1:x2] = True
    union = np.sum(paper[0] | paper[1])
    return np.sum(paper[0] & paper[1]) / union if union else 0.0


@pytest.mark.parametrize("seed", range(60))
def test_iou_is_what_counting_squares_gives(solution, seed):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 7, (2, 2))
    boxes = np.concatenate([start, start + rng.integers(0, 6, (2, 2))], axis=1)
    expected = counted(*boxes)
    assert TYPED["iou"](*boxes) == pytest.approx(expected)
    assert solution.iou(*boxes) == pytest.approx(expected)


def test_iou_of_many_pairs_at_once_equals_keras():
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 1, (2, 20, 2))
    boxes = np.concatenate([start, start + rng.uniform(0.01, 1, (2, 20, 2))], axis=2)
    expected = keras.utils.bounding_boxes.compute_iou(boxes[0], boxes[1], bounding_box_format="xyxy")
    np.testing.assert_allclose(yolo.iou(boxes[0][:, None], boxes[1][None]), expected, atol=1e-6)


def test_the_numbers_of_the_notes():
    assert yolo.iou(np.array([2, 1, 4, 3]), np.array([1, 2, 3, 4])) == pytest.approx(1 / 7)
    assert yolo.iou(np.array([1, 2, 3, 4]), np.array([5, 6, 7, 8])) == 0
    assert yolo.iou(np.array([1, 1, 2, 2]), np.array([2, 2, 3, 3])) == 0
    features = np.zeros((1, 3, 3, 2 * 8), "f4")
    assert [part.shape[1:] for part in yolo.decode_head(features, np.ones((2, 2), "f4"), 3)] == [
        (3, 3, 2, 2),
        (3, 3, 2, 2),
        (3, 3, 2, 1),
        (3, 3, 2, 3),
    ]


@pytest.mark.parametrize("boxes", [
    ((1, 1, 1, 1), (1, 1, 1, 1)), ((0, 1, 3, 1), (0, 1, 3, 1)), ((3, 0, 1, 2), (0, 0, 4, 2)),
    ((3, 3, 1, 1), (0, 0, 4, 4)), ((3, 3, 1, 1), (3, 3, 1, 1)), ((0, 0, 2, 2), (2, 0, 4, 2)),
])  # fmt: skip
def test_boxes_that_share_no_area_have_iou_0_without_a_warning(solution, boxes, recwarn):
    box1, box2 = np.array(boxes, dtype=float)
    for function in (yolo.iou, solution.iou):
        assert function(box1, box2) == function(box2, box1) == 0
    assert not recwarn.list


# The filter, the suppression, the whole way


@pytest.mark.parametrize("seed", SEEDS)
def test_the_filter_equals_tensorflows_mask(solution, seed):
    rng = np.random.default_rng(seed)
    n_H, n_W, anchors, classes = rng.integers(1, 6, 4)
    confidence = rng.uniform(size=(n_H, n_W, anchors, 1)).astype("f4")
    probabilities = rng.uniform(size=(n_H, n_W, anchors, classes)).astype("f4")
    boxes = rng.uniform(size=(n_H, n_W, anchors, 4)).astype("f4")
    box_scores = tf.constant(confidence) * probabilities
    best = tf.reduce_max(box_scores, axis=-1)
    expected = [tf.boolean_mask(part, best >= 0.3) for part in (best, boxes, tf.argmax(box_scores, axis=-1))]
    for function in (TYPED["yolo_filter_boxes"], solution.yolo_filter_boxes):
        for ours, theirs in zip(function(boxes, confidence, probabilities, 0.3), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def tf_suppression(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    """The suppression of the well-known course: class by class, sorted at the end."""
    places = []
    for kind in np.unique(classes):
        mine = np.flatnonzero(classes == kind)
        kept = tf.image.non_max_suppression(boxes[mine], scores[mine], max_boxes, iou_threshold)
        places.append(tf.gather(mine, kept))
    places = tf.concat(places, axis=0) if places else tf.zeros(0, tf.int64)
    places = tf.gather(places, tf.argsort(tf.gather(scores, places), direction="DESCENDING")[:max_boxes])
    return tf.gather(scores, places), tf.gather(boxes, places), tf.gather(classes, places)


@pytest.mark.parametrize("seed", range(12))
def test_suppression_equals_tensorflows_class_by_class(solution, seed):
    rng = np.random.default_rng(seed)
    threshold = float(rng.choice([0.2, 0.5, 0.8]))
    rows = comparing_boxes.scattered(rng, int(rng.integers(1, 12)), int(rng.integers(1, 6)), threshold)
    max_boxes = int(rng.integers(1, 30))
    expected = tf_suppression(*rows, max_boxes, threshold)
    for function in (TYPED["yolo_non_max_suppression"], solution.yolo_non_max_suppression):
        for ours, theirs in zip(function(*rows, max_boxes, threshold), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_kept_boxes_of_one_class_never_overlap_by_more_than_the_threshold():
    rng = np.random.default_rng(1)
    scores, boxes, classes = yolo.yolo_non_max_suppression(*comparing_boxes.scattered(rng, 30, 3, 0.4), 1000, 0.4)
    same = classes[:, None] == classes[None]
    overlaps = yolo.iou(boxes[:, None], boxes[None])
    np.fill_diagonal(overlaps, 0)
    assert overlaps[same].max() <= 0.4 < overlaps.max()
    assert np.all(np.diff(scores) <= 0)


def test_nothing_in_nothing_out(solution):
    empty = np.zeros(0, "f4"), np.zeros((0, 4), "f4"), np.zeros(0, int)
    for function in (yolo.yolo_non_max_suppression, solution.yolo_non_max_suppression, tf_suppression):
        assert [np.shape(part) for part in function(*empty)] == [(0,), (0, 4), (0,)]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_whole_way_equals_tensorflows(solution, seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, 3))
    confidence, probabilities = comparing_boxes.predictions(rng, (*shape[:2], 4), 3, 0.2)
    xy, wh = rng.uniform(0.2, 0.8, (2, *shape[:2], 4, 2)).astype("f4")
    outputs = xy, wh, confidence, probabilities
    corners = tf.concat([xy[..., ::-1] - wh[..., ::-1] / 2, xy[..., ::-1] + wh[..., ::-1] / 2], axis=-1)
    best = tf.reduce_max(confidence * probabilities, axis=-1)
    keep = best >= 0.2
    rows = (
        tf.boolean_mask(best, keep).numpy(),
        tf.boolean_mask(corners * tf.constant([90.0, 160, 90, 160]), keep).numpy(),
        tf.boolean_mask(tf.argmax(probabilities, axis=-1), keep).numpy(),
    )
    expected = tf_suppression(*rows, 6, 0.4)
    for function in (TYPED["yolo_eval"], solution.yolo_eval):
        found = function(outputs, (90.0, 160.0), 6, 0.2, 0.4)
        assert comparing_boxes.same_boxes_by_score(tuple(map(np.asarray, expected)), found) is None


# Anchors, targets, reading


@pytest.mark.parametrize("seed", SEEDS)
def test_reading_undoes_the_target(solution, seed):
    rng = np.random.default_rng(seed)
    n_H, n_W, count = (int(number) for number in rng.integers(2, 6, 3))
    anchors = rng.uniform(0.3, 3, (3, 2))
    cells = rng.choice(n_H * n_W, min(count, n_H * n_W), replace=False)
    place = rng.uniform(0.01, 0.99, (len(cells), 2))
    xy = (np.stack([cells % n_W, cells // n_W], axis=1) + place) / (n_W, n_H)
    boxes = np.column_stack([xy, rng.uniform(0.05, 0.9, (len(cells), 2)), rng.integers(0, 4, len(cells))])
    for assign, decode in (
        (TYPED["assign_anchors"], TYPED["decode_head"]),
        (solution.assign_anchors, solution.decode_head),
    ):
        target = assign(boxes, anchors, (n_H, n_W))
        features = np.zeros((1, n_H, n_W, 3, 9))
        inside = np.clip(target[..., :2], 1e-9, 1 - 1e-9)
        features[0, ..., :2] = np.log(inside / (1 - inside))
        features[0, ..., 2:4] = target[..., 2:4]
        box_xy, box_wh, _, _ = decode(features.reshape(1, n_H, n_W, -1), anchors, 4)
        present = target[..., 4] == 1
        assert present.sum() == len(boxes)
        found = np.column_stack([box_xy[0][present], box_wh[0][present], target[present][:, 5]])
        np.testing.assert_allclose(sorted(map(tuple, found)), sorted(map(tuple, boxes)), atol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_targets_of_solution_and_reference_are_equal_for_crowded_images(solution, seed):
    rng = np.random.default_rng(seed)
    boxes = np.column_stack([rng.uniform(0, 1, (40, 2)), rng.uniform(0.05, 0.9, (40, 2)), rng.integers(0, 9, 40)])
    anchors = rng.uniform(0.3, 3, (4, 2))
    np.testing.assert_allclose(
        yolo.assign_anchors(boxes, anchors, (3, 4)), solution.assign_anchors(boxes, anchors, (3, 4)), atol=1e-12
    )


def tf_decode(features, anchors, num_classes):
    """As in the well-known course, written with TensorFlow."""
    m, n_H, n_W = features.shape[:3]
    parts = tf.reshape(tf.constant(features), (m, n_H, n_W, len(anchors), num_classes + 5))
    columns, rows = tf.meshgrid(tf.range(n_W), tf.range(n_H))
    corner = tf.cast(tf.stack([columns, rows], axis=-1)[None, :, :, None], parts.dtype)
    size = tf.constant([n_W, n_H], parts.dtype)
    return (
        (tf.sigmoid(parts[..., :2]) + corner) / size,
        tf.exp(parts[..., 2:4]) * anchors / size,
        tf.sigmoid(parts[..., 4:5]),
        tf.nn.softmax(parts[..., 5:]),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_reading_equals_tensorflows(solution, seed):
    rng = np.random.default_rng(seed)
    m, n_H, n_W, k, classes = (int(number) for number in rng.integers(1, 6, 5))
    features = (3 * rng.normal(size=(m, n_H, n_W, k * (5 + classes)))).astype("f4")
    anchors = rng.uniform(0.3, 4, (k, 2)).astype("f4")
    expected = tf_decode(features, anchors, classes)
    for function in (TYPED["decode_head"], solution.decode_head):
        for ours, theirs in zip(function(features, anchors, classes), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_anchors_have_come_to_rest_and_fit_better_than_boxes_drawn_at_random(solution, k):
    rng = np.random.default_rng(k)
    wh = rng.uniform(0.05, 0.6, (300, 2))
    drawn = np.mean([comparing_boxes.fit(wh, wh[rng.choice(300, k)]) for _ in range(50)])
    for function in (TYPED["kmeans_anchors"], solution.kmeans_anchors):
        anchors = function(wh, k)
        assert comparing_boxes.judged(wh, k, comparing_boxes.fit(wh, anchors), anchors) == ("right", "")
        assert comparing_boxes.fit(wh, anchors) > drawn


# The loss


def loss_by_loops(y_true, y_pred, lambda_coord=5.0, lambda_noobj=0.5):
    """The formula, one entry at a time."""
    m, n_H, n_W, k, _ = y_true.shape
    cells, total = y_pred.reshape(m, n_H, n_W, k, -1), 0.0
    for place in np.ndindex(m, n_H, n_W, k):
        x, y, w, h, present, kind = y_true[place]
        t_x, t_y, t_w, t_h, t_o, *classes = cells[place]
        sigmoid = [1 / (1 + np.exp(-t)) for t in (t_x, t_y, t_o)]
        if present:
            box = (sigmoid[0] - x) ** 2 + (sigmoid[1] - y) ** 2 + (t_w - w) ** 2 + (t_h - h) ** 2
            probability = np.exp(classes[int(kind)]) / np.sum(np.exp(classes))
            total += lambda_coord * box - np.log(sigmoid[2]) - np.log(probability)
        else:
            total -= lambda_noobj * np.log(1 - sigmoid[2])
    return total / m


def batch(seed, dtype="f8"):
    rng = np.random.default_rng(seed)
    m, n_H, n_W = (int(number) for number in rng.integers(1, 4, 3))
    y_true = np.concatenate([rng.uniform(size=(m, n_H, n_W, 2, 2)), rng.normal(size=(m, n_H, n_W, 2, 2))], axis=-1)
    present = rng.uniform(size=(m, n_H, n_W, 2, 1)) < 0.4
    kind = rng.integers(0, 3, (m, n_H, n_W, 2, 1))
    y_true = np.concatenate([y_true, present, kind], axis=-1) * present
    return y_true.astype(dtype), rng.normal(size=(m, n_H, n_W, 16)).astype(dtype)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loss_is_its_formula_and_its_gradient_that_of_finite_differences(solution, seed):
    y_true, y_pred = batch(seed)
    expected = loss_by_loops(y_true, y_pred, 3.0, 0.2)
    slope = numerical_gradient(lambda x: loss_by_loops(y_true, x, 3.0, 0.2), y_pred, np.ones(()))
    for function in (yolo.yolo_loss, solution.yolo_loss):
        given = tf.constant(y_pred)
        with tf.GradientTape() as tape:
            tape.watch(given)
            value = function(tf.constant(y_true), given, 3.0, 0.2)
        np.testing.assert_allclose(value, expected, rtol=1e-10)
        np.testing.assert_allclose(tape.gradient(value, given), slope, atol=1e-7)


def test_the_loss_stays_finite_for_a_very_sure_network():
    y_true, y_pred = batch(0, "f4")
    assert np.isfinite(yolo.yolo_loss(y_true, 200 * np.sign(y_pred)))


def test_the_loss_can_be_compiled_into_a_model_and_learns(solution):
    model = solution.small_yolo(2, 3)
    y_true = np.zeros((4, 3, 3, 2, 6), "f4")
    y_true[:, 1, 1, 0] = (0.3, 0.6, 0.1, -0.2, 1, 2)
    X = np.random.default_rng(0).uniform(size=(4, 24, 24, 12)).astype("f4")
    for function in (yolo.yolo_loss, solution.yolo_loss):
        keras.utils.set_random_seed(0)
        model.compile("adam", loss=function)
        losses = model.fit(X, y_true, epochs=8, verbose=0).history["loss"]
        assert losses[-1] < losses[0]


# The network


@pytest.mark.parametrize("seed", SEEDS)
def test_space_to_depth_equals_tensorflows(solution, seed):
    rng = np.random.default_rng(seed)
    block, m, h, w, n_C = (int(number) for number in rng.integers(2, 5, 5))
    X = rng.normal(size=(m, h * block, w * block, n_C))
    expected = tf.nn.space_to_depth(X, block)
    np.testing.assert_array_equal(TYPED["space_to_depth"](X, block), expected)
    np.testing.assert_array_equal(solution.space_to_depth(X, block), expected)


def test_squares_that_do_not_fill_the_image_are_refused():
    with pytest.raises(ValueError, match="Squares of 2 pixels do not fill an image of 3 x 4"):
        yolo.space_to_depth(np.zeros((1, 3, 4, 1)), 2)


def test_yolov2_has_the_sizes_of_the_paper(solution):
    for build in (yolo.yolov2, solution.yolov2):
        found = models.counts(lambda build=build, **args: build(**args), {
            "input_shape": (608, 608, 3), "num_anchors": 5, "num_classes": 80, "filters": 32
        })  # fmt: skip
        assert found == {"output_shape": (19, 19, 425), "parameters": 50_983_561, "trainable": 50_962_889}
        assert found["parameters"] - found["trainable"] == 20_672


def test_yolov2s_passthrough_and_last_layer_have_the_sizes_of_the_paper(solution):
    def shapes_and_counts(build):
        made = build((608, 608, 3), 5, 80)
        shapes = [tuple(layer.output.shape[1:]) for layer in made.layers]
        joined = next(layer for layer in made.layers if isinstance(layer, layers.Concatenate))
        count = sum(int(np.prod(weight.shape)) for weight in made.layers[-1].weights)
        return shapes, [tuple(part.shape[1:]) for part in joined.input], joined.output.shape[1:], count

    for build in (yolo.yolov2, solution.yolov2):
        shapes, parts, joined, last = isolation.apart(lambda keras, build=build: shapes_and_counts(build))
        assert (38, 38, 64) in shapes
        assert sorted(parts) == [(19, 19, 256), (19, 19, 1024)]
        assert joined == (19, 19, 1280)
        assert last == 435_625


# Other ways to write them


def test_a_pasted_iou_is_accepted():
    def iou(box1, box2):
        (box1_x1, box1_y1, box1_x2, box1_y2) = box1
        (box2_x1, box2_y1, box2_x2, box2_y2) = box2
        inter_width = max(0, min(box1_x2, box2_x2) - max(box1_x1, box2_x1))
        inter_height = max(0, min(box1_y2, box2_y2) - max(box1_y1, box2_y1))
        inter_area = inter_width * inter_height
        union = (box1_x2 - box1_x1) * (box1_y2 - box1_y1) + (box2_x2 - box2_x1) * (box2_y2 - box2_y1) - inter_area
        return inter_area / union if union > 0 else 0.0

    accepts("iou", iou)

    def in_float32(box1, box2):
        box1, box2 = (tf.cast(box, tf.float32) for box in (box1, box2))
        sides = tf.nn.relu(tf.minimum(box1[2:], box2[2:]) - tf.maximum(box1[:2], box2[:2]))
        area1, area2 = (tf.reduce_prod(box[2:] - box[:2]) for box in (box1, box2))
        shared = tf.reduce_prod(sides)
        return tf.math.divide_no_nan(shared, area1 + area2 - shared)

    accepts("iou", in_float32)


def test_the_notebooks_of_the_well_known_course_are_accepted(solution):
    def yolo_filter_boxes(boxes, box_confidence, box_class_probs, threshold=0.6):
        box_scores = box_class_probs * box_confidence
        box_classes = tf.math.argmax(box_scores, axis=-1)
        box_class_scores = tf.math.reduce_max(box_scores, axis=-1)
        filtering_mask = box_class_scores >= threshold
        return (
            tf.boolean_mask(box_class_scores, filtering_mask),
            tf.boolean_mask(boxes, filtering_mask),
            tf.boolean_mask(box_classes, filtering_mask),
        )

    def older_filter(box_confidence, boxes, box_class_probs, threshold=0.6):
        return yolo_filter_boxes(boxes, box_confidence, box_class_probs, threshold)

    def yolo_boxes_to_corners(box_xy, box_wh):
        box_mins, box_maxes = box_xy - (box_wh / 2.0), box_xy + (box_wh / 2.0)
        return tf.concat([box_mins[..., 1:2], box_mins[..., 0:1], box_maxes[..., 1:2], box_maxes[..., 0:1]], axis=-1)

    def evaluation(newer):
        def yolo_eval(yolo_outputs, image_shape=(720.0, 1280.0), max_boxes=10, score_threshold=0.6, iou_threshold=0.5):
            if newer:
                box_xy, box_wh, box_confidence, box_class_probs = yolo_outputs
            else:
                box_confidence, box_xy, box_wh, box_class_probs = yolo_outputs
            boxes = yolo_boxes_to_corners(box_xy, box_wh)
            scores, boxes, classes = yolo_filter_boxes(boxes, box_confidence, box_class_probs, score_threshold)
            height, width = image_shape
            boxes = boxes * tf.reshape(tf.stack([height, width, height, width]), [1, 4])
            return tf_suppression(scores.numpy(), boxes.numpy(), classes.numpy(), max_boxes, iou_threshold)

        return yolo_eval

    accepts("yolo_filter_boxes", yolo_filter_boxes)
    accepts("yolo_filter_boxes", older_filter)
    accepts("yolo_boxes_to_corners", yolo_boxes_to_corners)
    accepts("yolo_non_max_suppression", tf_suppression)
    accepts("yolo_eval", evaluation(newer=True))
    accepts("yolo_eval", evaluation(newer=False))


def test_lists_loops_and_another_order_of_equal_answers_are_accepted(solution):
    def filter_by_loops(boxes, box_confidence, box_class_probs, threshold=0.6):
        scores, kept, classes = [], [], []
        n_H, n_W, anchors, _ = boxes.shape
        for b in reversed(range(anchors)):
            for i in range(n_H):
                for j in range(n_W):
                    every = box_confidence[i, j, b, 0] * box_class_probs[i, j, b]
                    if max(every) >= threshold:
                        scores.append(max(every))
                        kept.append(boxes[i, j, b])
                        classes.append(int(np.argmax(every)))
        return scores, kept, classes

    def suppression_last_first(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
        order, kept = list(np.argsort(scores)), []
        while order:  # of equal scores the last comes first
            i = order.pop()
            kept.append(i)
            order = [j for j in order if classes[j] != classes[i] or solution.iou(boxes[i], boxes[j]) <= iou_threshold]
        kept = kept[:max_boxes]
        return np.array(scores[kept]), np.array(boxes[kept]), np.array(classes[kept])

    accepts("yolo_filter_boxes", filter_by_loops)
    accepts("yolo_non_max_suppression", suppression_last_first)


def test_every_start_and_mean_or_median_is_accepted_for_the_anchors():
    rng = np.random.default_rng(0)

    def clustering(middle, steps, restarts):
        def one(wh, k):
            anchors = wh[rng.choice(len(wh), k, replace=False)]
            for _ in range(steps):
                shared = np.minimum(wh[:, None], anchors).prod(-1)
                nearest = (shared / (wh.prod(1)[:, None] + anchors.prod(1) - shared)).argmax(1)
                anchors = np.array(
                    [middle(wh[nearest == i], axis=0) if np.any(nearest == i) else anchors[i] for i in range(k)]
                )
            return anchors

        def kmeans_anchors(wh, k):
            return max((one(wh, k) for _ in range(restarts)), key=lambda anchors: comparing_boxes.fit(wh, anchors))[
                ::-1
            ]

        return kmeans_anchors

    for middle in (np.mean, np.median):
        for seed in range(12):
            accepts("kmeans_anchors", clustering(middle, 60, 1), [seed])
        accepts("kmeans_anchors", clustering(middle, 60, 3))


def test_targets_and_reading_written_otherwise_are_accepted(solution):
    def with_lists(boxes, anchors, grid):
        rows, columns = grid
        target = np.zeros((rows, columns, len(anchors), 6), "f4")
        for box in boxes.tolist():
            i, j = min(int(box[1] * rows), rows - 1), min(int(box[0] * columns), columns - 1)
            size = (box[2] * columns, box[3] * rows)

            def fit(anchor, size=size):
                shared = min(size[0], anchor[0]) * min(size[1], anchor[1])
                return shared / (size[0] * size[1] + anchor[0] * anchor[1] - shared)

            best = max(range(len(anchors)), key=lambda a: fit(anchors[a]))
            if not target[i, j, best].any():
                target[i, j, best] = [
                    box[0] * columns - j,
                    box[1] * rows - i,
                    np.log(size[0] / anchors[best][0]),
                    np.log(size[1] / anchors[best][1]),
                    1.0,
                    box[4],
                ]
        return target

    accepts("assign_anchors", with_lists)
    accepts("decode_head", tf_decode)
    accepts("space_to_depth", lambda X, block: tf.nn.space_to_depth(X, block))
    accepts(
        "space_to_depth",
        lambda X, block: keras.ops.concatenate(
            [X[:, i::block, j::block] for i in range(block) for j in range(block)], axis=-1
        ),
    )


def numpy_loss(y_true, y_pred, lambda_coord=5.0, lambda_noobj=0.5):
    y_true, y_pred = np.asarray(y_true, "f8"), np.asarray(y_pred, "f8")
    cells = y_pred.reshape(*y_true.shape[:4], -1)
    present, t_o = y_true[..., 4], cells[..., 4]
    place = 1 / (1 + np.exp(-cells[..., :2]))
    box = ((place - y_true[..., :2]) ** 2).sum(-1) + ((cells[..., 2:4] - y_true[..., 2:4]) ** 2).sum(-1)
    confidence = np.logaddexp(0, t_o) - present * t_o
    logits = cells[..., 5:]
    chosen = np.take_along_axis(logits, y_true[..., 5:].astype(int), axis=-1)[..., 0]
    kind = np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1)) + logits.max(-1) - chosen
    each = present * (lambda_coord * box + confidence + kind) + (1 - present) * lambda_noobj * confidence
    return each.sum() / len(y_true)


def test_the_loss_may_be_written_with_keras_and_numpy_lacks_only_the_gradient():
    def with_keras(y_true, y_pred, lambda_coord=5.0, lambda_noobj=0.5):
        ops = keras.ops
        cells = ops.reshape(y_pred, (*y_true.shape[:4], -1))
        present = y_true[..., 4:5]
        error = ops.concatenate([ops.sigmoid(cells[..., :2]), cells[..., 2:4]], axis=-1) - y_true[..., :4]
        box = ops.sum(ops.square(error), axis=-1, keepdims=True)
        confidence = ops.softplus(cells[..., 4:5]) - present * cells[..., 4:5]
        one_hot = ops.one_hot(ops.cast(y_true[..., 5], "int32"), cells.shape[-1] - 5)
        kind = -ops.sum(one_hot * ops.log_softmax(cells[..., 5:]), axis=-1, keepdims=True)
        each = present * (lambda_coord * box + confidence + kind) + (1 - present) * lambda_noobj * confidence
        return ops.sum(each) / y_true.shape[0]

    accepts("yolo_loss", with_keras)
    report = checks.run("yolo", "yolo_loss", numpy_loss)
    assert {group.name for group in report.groups if not group.passed} == {"gradient"}
    assert "the gradient does not reach y_pred" in report.failures[0].message


def test_yolov2_may_join_in_the_other_order_and_use_a_lambda():
    def right(input_shape=(608, 608, 3), num_anchors=5, num_classes=80, filters=32):
        def unit(X, n_C, f=3):
            X = layers.Conv2D(n_C * filters, f, padding="same", use_bias=False)(X)
            X = layers.BatchNormalization(epsilon=1e-5)(X)
            return layers.Activation(lambda X: tf.nn.leaky_relu(X, 0.1))(X)

        first = X = keras.Input(input_shape)
        plan = [(1, 3), 0, (2, 3), 0, (4, 3), (2, 1), (4, 3), 0, (8, 3), (4, 1), (8, 3), 0]
        plan += [(16, 3), (8, 1), (16, 3), (8, 1), (16, 3)]
        for step in plan:
            X = unit(X, *step) if step else layers.MaxPooling2D()(X)
        fine = X
        X = layers.MaxPooling2D()(X)
        for step in [(32, 3), (16, 1), (32, 3), (16, 1), (32, 3), (32, 3), (32, 3)]:
            X = unit(X, *step)
        fine = layers.Lambda(lambda X: tf.nn.space_to_depth(X, 2))(unit(fine, 2, 1))
        X = unit(layers.concatenate([X, fine]), 32)
        X = layers.Conv2D(num_anchors * (num_classes + 5), (1, 1))(X)
        return keras.Model(first, X)

    accepts("yolov2", right, [0])


def test_the_solutions_pass_their_checks(solution):
    for exercise in checks.exercises("yolo"):
        accepts(exercise.name, getattr(solution, exercise.name), [0, 1])


# What a reader is told


def test_the_simplest_failure_is_told_in_words():
    def rising(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
        found = yolo.yolo_non_max_suppression(scores, boxes, classes, max_boxes, iou_threshold)
        return tuple(part[::-1] for part in found)

    report = checks.run("yolo", "yolo_non_max_suppression", rising)
    assert report.failures[0].case == "two boxes on one object, one on another"
    assert report.failures[0].message == "These are the right boxes, but not by falling score."
    boxes = np.array([[0, 0, 1, 1], [2, 2, 3, 3]], "f4")
    right = np.array([0.9, 0.5], "f4"), boxes, np.array([0, 1])
    for wrong, words in [
        ((right[0][:1], boxes[:1], right[2][:1]), "One box comes back; 2 were expected. Missing is the box (2, 2,"),
        ((right[0], boxes, np.array([0, 2])), "The box (2, 2, 3, 3) has the class 2; 1 was expected."),
        ((np.array([0.9, 0.4]), boxes, right[2]), "The box (2, 2, 3, 3) has the score 0.4; 0.5 was expected."),
        ((right[0], boxes.T, right[2]), "have the shapes (2,), (4, 2) and (2,)"),
        (right[:2], "2 values come back; 3 were expected"),
    ]:
        assert words in comparing_boxes.same_boxes(right, wrong)


def test_either_of_two_boxes_with_equal_scores_may_stay_but_not_both():
    report = checks.run(
        "yolo",
        "yolo_non_max_suppression",
        lambda scores, boxes, classes, max_boxes=10, iou_threshold=0.5: yolo.yolo_non_max_suppression(
            scores, boxes, classes, max_boxes, 2.0
        ),
    )
    assert "equal scores, boxes without area" in {group.name for group in report.groups if not group.passed}


# The scores and the pictures


def test_average_precision_by_hand():
    box, other = np.array([0.0, 0.0, 1.0, 1.0]), np.array([2.0, 2.0, 3.0, 3.0])
    far = np.array([5.0, 5.0, 6.0, 6.0])
    truth = [(np.array([box, other]), np.array([0, 0])), (np.array([box]), np.array([0]))]
    found = [
        (np.array([0.9, 0.8, 0.6]), np.array([box, box, other]), np.array([0, 0, 0])),
        (np.array([0.7]), np.array([far]), np.array([0])),
    ]
    precision, recall = yolo.precision_and_recall(found, truth, 0, yolo.iou)
    np.testing.assert_allclose(precision, [1, 1 / 2, 1 / 3, 2 / 4])  # right, twice, beside it, right
    np.testing.assert_allclose(recall, [1 / 3, 1 / 3, 1 / 3, 2 / 3])
    assert yolo.average_precision(precision, recall) == pytest.approx(1 / 3 + 1 / 3 * 2 / 4)


def test_a_perfect_detector_has_average_precision_1_and_a_blind_one_0():
    _, boxes = scenes.streets(20, seed=0, size=8)
    truth = [(detection.pixels(rows, np.zeros((1, 1))), rows[:, 4]) for rows in boxes]
    perfect = [(np.ones(len(rows)), corners, kinds) for rows, (corners, kinds) in zip(boxes, truth, strict=True)]
    blind = [(np.zeros(0), np.zeros((0, 4)), np.zeros(0))] * 20
    for found, expected in ((perfect, 1.0), (blind, 0.0)):
        for kind in range(3):
            precision, recall = yolo.precision_and_recall(found, truth, kind, yolo.iou)
            assert yolo.average_precision(precision, recall) == pytest.approx(expected)


@pytest.fixture
def explorer():
    rng = np.random.default_rng(3)
    images, _ = scenes.streets(2, seed=5, size=60)
    outputs = []
    for _ in images:
        xy, wh = rng.uniform(0.3, 0.6, (3, 3, 2, 2)), rng.uniform(0.3, 0.5, (3, 3, 2, 2))
        outputs.append((xy, wh, rng.uniform(size=(3, 3, 2, 1)), rng.dirichlet(np.ones(3), (3, 3, 2))))
    return ThresholdExplorer(list(images), outputs, scenes.CLASSES, yolo.yolo_eval)


def test_moving_the_thresholds_changes_the_boxes(explorer):
    explorer.score_threshold.value, explorer.iou_threshold.value = 0.01, 0.99
    every, dropped = explorer.found()
    assert (len(every[0]), len(dropped)) == (18, 0)
    explorer.iou_threshold.value = 0.3
    some, dropped = explorer.found()
    assert len(some[0]) + len(dropped) == 18
    assert len(dropped) > 0
    explorer.score_threshold.value = 0.99
    assert len(explorer.found()[0][0]) == 0
    assert "Sure enough: 0." in explorer._draw()[1].plain


def test_the_explorer_shows_a_picture_where_no_controls_are_and_updates_it(explorer):
    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            explorer.show()
        data = [output["data"] for output in captured._outputs]
        assert "controls work when" in data[0]["text/plain"]
        assert base64.b64decode(data[1]["image/png"]).startswith(b"\x89PNG")
        assert "Boxes from the network: 18." in data[2]["text/plain"]
        with capture_output() as captured:
            explorer.image_choice.value = 1
        assert [output["update"] for output in captured._outputs] == [True, True]
    finally:
        InteractiveShell.clear_instance()


def test_an_error_in_the_readers_function_is_shown_under_the_picture(explorer):
    InteractiveShell.instance()
    try:
        with capture_output():
            explorer.show()

        def broken(*args):
            raise ValueError("mind the order")

        explorer.yolo_eval = broken
        with capture_output() as captured:
            explorer.score_threshold.value = 0.7
        assert "`yolo_eval` raised ValueError: mind the order" in captured._outputs[-1]["data"]["text/plain"]
    finally:
        InteractiveShell.clear_instance()


def test_boxes_are_drawn_where_they_are():
    np.testing.assert_allclose(
        detection.pixels(np.array([[0.5, 0.25, 0.2, 0.5, 1]]), np.zeros((100, 200, 3))), [[0, 80, 50, 120]]
    )
