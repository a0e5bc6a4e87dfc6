"""Answers found by reading the checks as an adversary: right ones that were once rejected, wrong ones that were once
accepted, or told something that is not so."""

import numpy as np
import pytest
import tensorflow as tf
from keras import Input, Model, Sequential, layers
from solution_functions import functions

from dlcourse import checks, convolution, faces, pooling, yolo
from dlcourse.checking.calling import Call, perform
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import UNCHANGED
from dlcourse.checking.panel import panel
from dlcourse.faces import img_to_encoding

SEEDS = range(4)

# Right


def sum_in_float32(A_prev, hparameters, mode="max"):
    A, cache = pooling.pool_forward(A_prev.astype("float32"), hparameters, mode)
    stored = np.zeros(A.shape)
    stored[...] = A
    return stored, cache


def loss_with_a_small_number(y_hat, y):
    e = 1e-8
    return float(np.sum(-y * np.log(y_hat + e) - (1 - y) * np.log(1 - y_hat + e)) / y.shape[1])


def triplet_loss_with_constants(y_true, y_pred, alpha=0.2):
    anchor, positive, negative = y_pred
    near, far = (tf.reduce_sum(tf.square(anchor - part), -1) for part in (positive, negative))
    return tf.reduce_sum(tf.maximum(near - far + tf.constant(alpha), tf.constant(0.0)))


def iou_with_a_small_number(box1, box2):
    x1, y1 = np.maximum(box1[:2], box2[:2])
    x2, y2 = np.minimum(box1[2:], box2[2:])
    area1, area2 = (max(box[2] - box[0], 0) * max(box[3] - box[1], 0) for box in (box1, box2))
    shared = max(x2 - x1, 0) * max(y2 - y1, 0)
    return 0.0 if area1 == 0 or area2 == 0 else shared / (area1 + area2 - shared + 1e-7)


def decode_head_with_whole_numbers(features, anchors, num_classes):
    m, n_H, n_W, _ = features.shape
    parts = features.reshape(m, n_H, n_W, len(anchors), -1)
    cells = np.stack(np.meshgrid(np.arange(n_W), np.arange(n_H)), -1)[:, :, None]
    box_xy = (1 / (1 + np.exp(-parts[..., 0:2])) + cells) / (n_W, n_H)
    box_wh = anchors * np.exp(parts[..., 2:4]) / (n_W, n_H)
    powers = np.exp(parts[..., 5:] - parts[..., 5:].max(axis=-1, keepdims=True))
    return box_xy, box_wh, 1 / (1 + np.exp(-parts[..., 4:5])), powers / powers.sum(axis=-1, keepdims=True)


def content_cost_with_gather(content_output, generated_output):
    a_C, a_G = (tf.gather(output[-1], 0) for output in (content_output, generated_output))
    return tf.reduce_sum((a_C - a_G) ** 2) / (4 * tf.size(a_C, out_type=tf.int32).numpy())


def happyModel_with_a_convolution_as_large_as_its_input():
    return Sequential(
        [
            Input((64, 64, 3)),
            layers.ZeroPadding2D(3),
            layers.Conv2D(32, 7),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2D(1, 32, activation="sigmoid"),
            layers.Flatten(),
        ]
    )


@pytest.mark.parametrize(
    ("topic", "name", "function"),
    [
        ("keras_models", "happyModel", happyModel_with_a_convolution_as_large_as_its_input),
        ("pooling", "pool_forward", sum_in_float32),
        ("style", "compute_content_cost", content_cost_with_gather),
        ("recurrent", "sequence_loss", loss_with_a_small_number),
        ("faces", "triplet_loss", triplet_loss_with_constants),
        ("faces", "chi_square", lambda f1, f2: np.sum((f1 - f2) ** 2 / (f1 + f2 + 1e-8))),
        ("yolo", "iou", iou_with_a_small_number),
        ("yolo", "decode_head", decode_head_with_whole_numbers),
        ("convolution", "same_padding", lambda n, f, stride: np.array(convolution.same_padding(n, f, stride))),
    ],
)
def test_a_right_answer_passes(topic, name, function):
    for seed in SEEDS:
        report = checks.run(topic, name, function, seed=seed)
        assert report.passed, (seed, report.failures[0].case, report.failures[0].message)


def test_whole_numbers_may_be_floats_and_are_not_rounded():
    assert compare(250, (4 + 10 / 60) * 60, "minutes") is None
    assert compare(11_689_512, 11_689_513.0, "the parameters") is not None
    assert compare(np.array([True, False]), np.array([1.0, 0.0]), "the mask") is None
    assert compare(np.array([True, False]), np.array([1.0, 1e-3]), "the mask") is not None


@pytest.mark.parametrize("seed", [355, 3346, 4487, 6697])
def test_no_seed_puts_two_numbers_so_close_that_a_finite_difference_exchanges_them(seed):
    assert checks.run("pooling", "pool_backward", pooling.pool_backward, seed=seed).passed


@pytest.mark.parametrize(
    ("topic", "answer"), [("gated_cells", {"ten_steps": 0.0436}), ("recurrent", {"loss_of_a_word": 1.61})]
)
def test_an_answer_may_be_rounded(topic, answer):
    (claim,) = answer
    right = functions(topic).spot_the_mistake()
    assert checks.run(topic, "spot_the_mistake", lambda: {**right, **answer}).passed
    assert not checks.run(topic, "spot_the_mistake", lambda: {**right, claim: answer[claim] * 1.05}).passed


# Wrong


def first_maximum(start):
    def pool_forward(A_prev, hparameters, mode="max"):
        A, cache = pooling.pool_forward(A_prev, hparameters, mode)
        return (np.maximum(A, start) if mode == "max" else A), cache

    return pool_forward


def empties_its_list(layers, input_shape):
    table = pooling.layer_table(layers, input_shape)
    layers.clear()
    return table


def door(opens):
    def verify(image_path, identity, database, model):
        dist = float(np.linalg.norm(img_to_encoding(image_path, model) - database[identity]))
        return dist, opens(dist)

    return verify


def search_from(start):
    def who_is_it(image_path, database, model):
        encoding, min_dist, identity = img_to_encoding(image_path, model), start, None
        for name, known in database.items():
            dist = np.linalg.norm(encoding - known)
            if dist < min_dist:
                min_dist, identity = dist, name
        return min_dist, identity

    return who_is_it


def empties_the_database(image_path, database, model):
    found = faces.who_is_it(image_path, database, model)
    database.clear()
    return found


def loss_in_numpy(y_true, y_pred, alpha=0.2):
    anchor, positive, negative = map(np.asarray, y_pred)
    near, far = (np.sum((anchor - part) ** 2, axis=-1) for part in (positive, negative))
    return np.sum(np.maximum(near - far + alpha, 0))


def removes_while_it_goes(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    order, kept = list(np.argsort(-scores, kind="stable")), []
    while order and len(kept) < max_boxes:
        kept.append(order.pop(0))
        for j in order:
            if classes[j] == classes[kept[-1]] and yolo.iou(boxes[kept[-1]], boxes[j]) > iou_threshold:
                order.remove(j)
    return scores[kept], boxes[kept], classes[kept]


def nearest_logarithms(boxes, anchors, grid):
    sizes = np.log(boxes[:, 2:4] * grid[::-1])
    best = ((sizes[:, None] - np.log(anchors)) ** 2).sum(axis=-1).argmin(axis=1)
    target = np.zeros((*grid, len(anchors), 6))
    for box, anchor in zip(boxes, best, strict=True):
        single = yolo.assign_anchors(box[None], anchors[anchor : anchor + 1], grid)[:, :, 0]
        place = (single[..., 4] == 1) & (target[:, :, anchor, 4] == 0)
        target[place, anchor] = single[place]
    return target


def content_cost_of_the_lists(content_output, generated_output):
    m, n_H, n_W, n_C = generated_output.shape
    return tf.reduce_sum(tf.square(content_output - generated_output)) / (4 * n_H * n_W * n_C)


def unequal_shares(x):
    mask = np.zeros(x.shape)
    places = np.argwhere(x == x.max())
    for place, share in zip(places, [1.0] if len(places) == 1 else [0.9, 0.1], strict=False):
        mask[tuple(place)] = share
    return mask


def train_step_with_its_own_layers(parameters, X, Y, learning_rate, layers=None):
    return pooling.train_step(parameters, X, Y, learning_rate)


@pytest.mark.parametrize(
    ("topic", "name", "function", "key"),
    [
        ("pooling", "pool_forward", first_maximum(-1000.0), None),
        ("pooling", "create_mask_from_window", unequal_shares, None),
        ("pooling", "train_step", train_step_with_its_own_layers, "layers-ignored"),
        ("style", "compute_content_cost", content_cost_of_the_lists, "all-layers"),
        ("pooling", "create_mask_from_window", lambda x: (x == x.max()) & (x != 0), "not-at-zero"),
        ("pooling", "pool_backward", lambda dA, cache, mode="average": pooling.pool_backward(dA, cache, mode), None),
        ("faces", "verify", door(lambda dist: dist < 0.6), "another-threshold"),
        ("faces", "verify", door(lambda dist: dist < 0.8), "another-threshold"),
        ("faces", "verify", door(lambda dist: dist**2 < 0.7), "another-threshold"),
        ("faces", "verify", door(lambda dist: dist**0.5 < 0.7), "another-threshold"),
        ("faces", "who_is_it", search_from(1.5), None),
        ("faces", "who_is_it", empties_the_database, None),
        ("faces", "triplet_loss", loss_in_numpy, "left-tensorflow"),
        (
            "convolution",
            "conv_output_size",
            lambda n, f, pad, stride: np.floor((n + 2 * pad - f) / stride) + 1,
            "float",
        ),
        ("convolution", "conv_output_size", lambda n, f, pad, stride: round((n + 2 * pad - f) / stride + 1), "rounded"),
        ("convolution", "conv_parameters", lambda f, n_C_prev, n_C: (f**2.0 * n_C_prev + 1) * n_C, "float"),
        ("convolution", "conv_single_step", lambda a, W, b: max(np.sum(a * W) + b.item(), 0.0), "relu"),
        ("convolution", "conv_single_step", lambda a, W, b: np.sum(a * W) + abs(b.item()), None),
        ("convolution", "conv_forward", lambda A, W, b, h: convolution.conv_forward(A, W[:3, :3], b, h), None),
        ("yolo", "iou", lambda box1, box2: 0.0, None),
        ("yolo", "yolo_non_max_suppression", removes_while_it_goes, None),
        ("yolo", "assign_anchors", nearest_logarithms, None),
    ],
)
def test_a_wrong_answer_fails_with_every_seed(topic, name, function, key):
    for seed in SEEDS:
        report = checks.run(topic, name, function, seed=seed)
        assert not report.passed
        assert (report.mistake and report.mistake.key) == key


def test_a_list_that_is_emptied_costs_the_points_for_inputs_left_unchanged():
    report = checks.run("pooling", "layer_table", empties_its_list)
    assert [group.name for group in report.groups if not group.passed] == [UNCHANGED]
    assert report.mistake.key == "changes-input"


def test_the_sum_before_the_absolute_value_is_not_told_that_it_keeps_its_sign():
    for seed in SEEDS:
        report = checks.run(
            "faces",
            "siamese_probability",
            lambda f1, f2, w, b: 1 / (1 + np.exp(-abs(np.sum(w * (f1 - f2))) - b)),
            seed=seed,
        )
        assert not report.passed
        assert report.mistake is None


# A network of 22 units, one of which is another


def yolov2_with_one_unit_of(number, change):
    units = 0

    def yolov2(input_shape, num_anchors, num_classes, filters=32):
        nonlocal units
        units = 0

        def convolution(X, size, multiple):
            nonlocal units
            units += 1
            X = layers.Conv2D(multiple * filters, size, padding="same", use_bias=False)(X)
            X = layers.BatchNormalization()(X)
            return change(X) if units == number else layers.LeakyReLU(negative_slope=0.1)(X)

        image = X = Input(input_shape)
        for multiples in ((1,), (2,), (4, 2, 4), (8, 4, 8), (16, 8, 16, 8, 16)):
            for place, multiple in enumerate(multiples):
                X = convolution(X, 1 if place % 2 else 3, multiple)
            fine, X = X, layers.MaxPooling2D(2)(X)
        for size, multiple in ((3, 32), (1, 16), (3, 32), (1, 16), (3, 32), (3, 32), (3, 32)):
            X = convolution(X, size, multiple)
        fine = convolution(fine, 1, 2)
        fine = layers.Concatenate()([fine[:, row::2, column::2] for row in (0, 1) for column in (0, 1)])
        X = convolution(layers.Concatenate()([fine, X]), 3, 32)
        return Model(image, layers.Conv2D(num_anchors * (5 + num_classes), 1)(X))

    return yolov2


def test_a_wrong_activation_in_any_unit_of_yolov2_shows():
    right = yolov2_with_one_unit_of(0, None)
    assert checks.run("yolo", "yolov2", right).passed
    for number in (1, 2, 5, 8, 13, 20):
        report = checks.run("yolo", "yolov2", yolov2_with_one_unit_of(number, layers.ReLU()))
        assert [group.name for group in report.groups if group.passed] == ["parameters and shapes"], number
        assert report.mistake is None


# What is said of errors


def fitted(labels):
    model = Sequential([Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.zeros((len(labels), 4)), labels, verbose=0)


@pytest.mark.parametrize(
    ("raising", "reason"),
    [
        (lambda: layers.AveragePooling2D(2)(Input((1, 1, 3))), "ValueError: Computed output size would be zero"),
        (lambda: fitted(np.array([0, 9])), "InvalidArgumentError: Received a label value of 9"),
        (
            lambda: tf.matmul(tf.zeros((2, 3)), tf.zeros((2, 3))),
            "InvalidArgumentError: Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]",
        ),
        (
            tf.function(lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[9], logits=tf.zeros((1, 3)))),
            "InvalidArgumentError: Received a label value of 9",
        ),
        (lambda: [][0], "IndexError: list index out of range"),
    ],
)
def test_of_keras_and_tensorflows_errors_the_reason_is_told(raising, reason):
    (outcome,) = perform({"f": raising}, [Call("f", (), ())])
    assert outcome.error.startswith(reason)
    assert not outcome.error.endswith(".")


# What is not written yet, and values that no check thought of


def companions(**functions):
    """A notebook in which some functions are written, and can call one another."""
    namespace = {"np": np, "tf": tf}
    for source in functions.values():
        exec(source, namespace)
    return namespace


STUB = (
    "def rnn_cell_forward(xt, a_prev, parameters):\n"
    "    raise NotImplementedError('rnn_cell_forward is not written yet')"
)
LOOP = (
    "def rnn_forward(x, a0, parameters):\n"
    "    return [rnn_cell_forward(x[:, :, t], a0, parameters) for t in range(x.shape[2])]"
)


def test_a_function_that_calls_an_unwritten_one_is_not_called_unwritten_itself():
    namespace = companions(stub=STUB, loop=LOOP)
    report = checks.run("recurrent", "rnn_forward", namespace["rnn_forward"], namespace=namespace)
    assert report.attempted and report.score == 0
    said = "This needs another of your functions: rnn_cell_forward is not written yet."
    assert {failure.message for failure in report.failures} == {said}
    assert not checks.run("recurrent", "rnn_cell_forward", namespace["rnn_cell_forward"]).attempted


def test_a_wrong_cache_is_named_where_it_is_used():
    def pool_forward(A_prev, hparameters, mode="max"):
        A, _ = pooling.pool_forward(A_prev, hparameters, mode)
        return A, (A, hparameters)

    for forward, said in ((pool_forward, "your pool_forward returns"), (pooling.pool_forward, "")):
        report = checks.run("pooling", "pool_backward", pooling.pool_backward, namespace={"pool_forward": forward})
        assert report.passed and said in report.note and bool(report.note) == bool(said)


def test_a_library_that_raises_not_implemented_is_an_error_of_the_function():
    @tf.function
    def gram_matrix(A):
        return A.numpy() @ A.numpy().T

    report = checks.run("style", "gram_matrix", gram_matrix)
    assert report.attempted and "gram_matrix raised" in report.failures[0].message


def test_a_bare_not_implemented_error_is_a_stub():
    def zero_pad(X, pad):
        raise NotImplementedError

    assert not checks.run("convolution", "zero_pad", zero_pad).attempted


ODD = [
    np.array(1.0),
    np.array("abc"),
    np.str_("abc"),
    np.array(1 + 2j),
    10**5000,
    -(10**5000),
    1e308,
    np.full(3, 1e308),
    np.array([np.inf, -np.inf]),
    [np.array(5), (3, np.array(2))],
    {"a": 10**5000},
    (1 + 2j),
    object(),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("topic", ["convolution", "pooling", "recurrent", "gated_cells", "style", "faces", "yolo"])
def test_odd_values_are_judged_without_a_crash_or_a_warning(topic):
    for exercise in checks.exercises(topic):
        if exercise.needs != "numpy" and topic != "style":
            continue  # those of networks take their time
        for value in ODD:
            report = checks.run(topic, exercise.name, lambda *args, value=value, **named: value)
            assert report.attempted and not report.passed
            panel.of_report(exercise, report, 0.0, 1.0)
