"""An exercise of notebook 10: the loss."""

from __future__ import annotations

import numpy as np

from dlcourse import yolo as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.yolo.anchors import ANCHORS, drawn_truth
from dlcourse.checks.yolo.comparing_boxes import topic


def _sure(rng, size, sign):
    """Logits so large that a logarithm of the sigmoid would be infinite."""
    features = rng.normal(size=size)
    features[..., 4:] *= 0
    features[..., 4] = sign * 120.0
    features[..., 5] = sign * 110.0
    return features


def _loss_case(rng, title, group, m, grid, objects, num_classes=3, options=(), probe="loss", sure=0, besides=()):
    anchors = ANCHORS
    targets = [reference.assign_anchors(drawn_truth(rng, objects, grid), anchors, grid) for _ in range(m)]
    y_true = np.stack(targets).astype("f4")
    y_true[..., 5] = np.where(y_true[..., 4] > 0, y_true[..., 5] % num_classes, 0)
    shape = (m, *grid, len(anchors), 5 + num_classes)
    features = _sure(rng, shape, sure) if sure else rng.normal(size=shape)
    return case(
        title,
        y_true,
        features.reshape(m, *grid, -1).astype("f4"),
        *options,
        group=group,
        probe=f"dlcourse.checking.probes.detection:{probe}",
        tolerance=1e-5,
        besides=besides,
    )


@topic.exercise(
    reference=reference.yolo_loss,
    section="The loss",
    needs="tensorflow",
    aliases={"target": "y_true", "features": "y_pred"},
    weights={"images with objects": 2.0},
)
def yolo_loss(rng):
    """Cases from one cell to many images; log is the natural logarithm."""
    probe = "dlcourse.checking.probes.detection:loss"
    zeros, empty = np.zeros((1, 1, 1, 7), "f4"), np.zeros((1, 1, 1, 1, 6), "f4")
    yield case(
        "one cell with nothing in it, an output of zeros",
        empty,
        zeros,
        group="one cell",
        probe=probe,
        expect=np.float32(0.5 * np.log(2)),
        tolerance=1e-5,
    )
    middle = np.array([0.5, 0.5, 0, 0, 1, 1], "f4").reshape(1, 1, 1, 1, 6)
    yield case(
        "one object where the output of zeros says it is",
        middle,
        zeros,
        group="one cell",
        probe=probe,
        expect=np.float32(2 * np.log(2)),
        tolerance=1e-5,
    )
    yield case(
        "one object beside it",
        np.array([0.9, 0.2, 0.5, -1, 1, 0], "f4").reshape(1, 1, 1, 1, 6),
        zeros,
        group="one cell",
        probe=probe,
        expect=np.float32(5 * (0.16 + 0.09 + 0.25 + 1) + 2 * np.log(2)),
        tolerance=1e-5,
    )
    whole = "images with objects"
    yield _loss_case(rng, "one image with two objects", whole, 1, (3, 3), 2)
    yield _loss_case(rng, "four images", whole, 4, (3, 4), 3)
    yield _loss_case(rng, "images without objects", whole, 3, (2, 3), 0)
    yield _loss_case(rng, "lambda_coord = 2", "the two weights", 2, (3, 3), 2, options=(2.0,), besides=(whole,))
    yield _loss_case(rng, "lambda_noobj = 0.1", "the two weights", 2, (3, 3), 2, options=(5.0, 0.1), besides=(whole,))
    yield _loss_case(
        rng, "very sure, and wrong everywhere", "very sure networks", 2, (3, 3), 2, sure=1, besides=(whole,)
    )
    yield _loss_case(
        rng, "very sure that there is nothing", "very sure networks", 2, (3, 3), 2, sure=-1, besides=(whole,)
    )
    yield _loss_case(rng, "the gradient", "gradient", 2, (3, 3), 3, probe="loss_gradient", besides=(whole,))
    yield _loss_case(
        rng, "the gradient of one image", "gradient", 1, (3, 4), 2, probe="loss_gradient", besides=(whole,)
    )
    # The same difficulties in one cell with one anchor, where there is nothing to add up.
    target = np.array([0.3, 0.6, 0.2, -0.4, 1, 1], "f4").reshape(1, 1, 1, 1, 6)
    features = rng.normal(size=(1, 1, 1, 7)).astype("f4")
    for title, y_true, options in (
        ("lambda_coord = 3, one cell", target, (3.0,)),
        ("lambda_noobj = 0.2, one cell", empty, (5.0, 0.2)),
    ):
        yield case(title, y_true, features, *options, group="the two weights", probe=probe, tolerance=1e-5)
    sure = _sure(rng, (1, 1, 1, 1, 7), -1).reshape(1, 1, 1, 7).astype("f4")
    yield case("very sure, and wrong, one cell", target, sure, group="very sure networks", probe=probe, tolerance=1e-5)
    gradient = "dlcourse.checking.probes.detection:loss_gradient"
    yield case("the gradient of one cell", target, features, group="gradient", probe=gradient, tolerance=1e-5)


def _loss(
    position=None,
    size=None,
    switch=None,
    everywhere=(),
    total=None,
    coord=None,
    noobj=None,
    confidence=None,
    squared=False,
    unstable=False,
    obj=1.0,
):
    """A wrong variant that changes one part of the right one."""

    def variant(y_true, y_pred, lambda_coord=5.0, lambda_noobj=0.5):
        import tensorflow as tf

        y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        cells = tf.reshape(y_pred, [*y_true.shape[:4], -1])
        present = y_true[..., 4] if switch is None else switch(y_true[..., 4], cells[..., 4])
        truth = y_true[..., 4]
        xy = (position or tf.sigmoid)(cells[..., :2])
        wh = (size or tf.identity)(cells[..., 2:4])
        error = tf.concat([xy - y_true[..., :2], wh - y_true[..., 2:4]], axis=-1)
        boxes = tf.reduce_sum(tf.abs(error) if squared else error**2, axis=-1)
        cross = tf.nn.sigmoid_cross_entropy_with_logits(labels=truth, logits=cells[..., 4])
        if confidence:
            cross = confidence(truth, tf.sigmoid(cells[..., 4]))
        kind = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y_true[..., 5], tf.int32), cells[..., 5:])
        if unstable:
            sure = tf.sigmoid(cells[..., 4])
            cross = -truth * tf.math.log(sure) - (1 - truth) * tf.math.log(1 - sure)
            chosen = tf.gather(tf.nn.softmax(cells[..., 5:]), tf.cast(y_true[..., 5], tf.int32), batch_dims=4)
            kind = -tf.math.log(chosen)
        one = tf.ones_like(present)
        coord_weight = lambda_coord if coord is None else coord(lambda_coord, lambda_noobj)
        obj_weight = lambda_noobj if obj == "noobj" else obj
        noobj_weight = lambda_noobj if noobj is None else noobj(lambda_coord, lambda_noobj)
        each = coord_weight * boxes * (one if "boxes" in everywhere else present)
        each += kind * (one if "classes" in everywhere else present)
        each += obj_weight * cross * truth + noobj_weight * cross * (1 - truth)
        return (total or (lambda each: tf.reduce_sum(each) / each.shape[0]))(each)

    return variant


def _tf():
    import tensorflow as tf

    return tf


yolo_loss.mistake(
    "switched-by-the-prediction",
    "The box and class errors are switched on where the *predicted* confidence is high; the true p_c decides. The "
    "threshold on the prediction belongs to the filter. See 'The loss'.",
    _loss(switch=lambda truth, logit: _tf().cast(logit >= 0, truth.dtype)),
)
yolo_loss.mistake(
    "boxes-everywhere",
    "The error of the box counts in empty entries too, where the target is only zeros: multiply by the true p_c.",
    _loss(everywhere=("boxes",)),
)
yolo_loss.mistake(
    "classes-everywhere",
    "The error of the class counts in empty entries too: multiply by the true p_c.",
    _loss(everywhere=("classes",)),
)
yolo_loss.mistake(
    "all-everywhere",
    "The errors of box and class count in empty entries too: multiply both by the true p_c.",
    _loss(everywhere=("boxes", "classes")),
)
yolo_loss.mistake(
    "no-sigmoid",
    "t_x and t_y are compared with the place in the cell as they are; compare their sigmoid.",
    _loss(position=lambda xy: xy),
)
yolo_loss.mistake(
    "exponential-of-the-size",
    "exp(t_w) is compared with ln(w / p_w); the target already holds t_w itself.",
    _loss(size=lambda wh: _tf().exp(wh)),
)
yolo_loss.mistake(
    "no-lambda-noobj",
    "The confidence of empty entries counts in full: weigh it with lambda_noobj.",
    _loss(noobj=lambda coord, noobj: 1.0),
)
yolo_loss.mistake(
    "empty-places-left-out",
    "Empty entries are left out: their confidence must learn to be 0, weighed with lambda_noobj.",
    _loss(noobj=lambda coord, noobj: 0.0),
)
yolo_loss.mistake(
    "no-lambda-coord", "The error of the box is not multiplied by lambda_coord.", _loss(coord=lambda coord, noobj: 1.0)
)
yolo_loss.mistake(
    "weights-exchanged",
    "The two weights are exchanged: lambda_coord is for the boxes, lambda_noobj for empty entries.",
    _loss(coord=lambda coord, noobj: noobj, noobj=lambda coord, noobj: coord),
)
yolo_loss.mistake(
    "mean-over-cells",
    "The errors are averaged over cells and anchors; sum them there, and average over images only.",
    _loss(total=lambda each: _tf().reduce_mean(each)),
)
yolo_loss.mistake(
    "not-averaged",
    "The errors are summed over the images as well; divide by their number.",
    _loss(total=lambda each: _tf().reduce_sum(each)),
)
yolo_loss.mistake(
    "squared-confidence",
    "The error of the confidence is squared, as in the first YOLO; here it is a cross-entropy.",
    _loss(confidence=lambda truth, sure: (truth - sure) ** 2),
)
yolo_loss.mistake(
    "absolute-errors", "The errors of the box are absolute values; they should be squares.", _loss(squared=True)
)
yolo_loss.mistake(
    "logarithm-of-zero",
    "For a very sure network the sigmoid or the softmax is exactly 0 or 1, and its logarithm infinite. TensorFlow's "
    "..._with_logits functions take the numbers before the sigmoid and stay finite.",
    _loss(unstable=True),
)
yolo_loss.mistake(
    "noobj-for-all",
    "lambda_noobj weighs the confidence everywhere; where there is an object, it counts in full.",
    _loss(obj="noobj"),
)
yolo_loss.mistake(
    "objects-left-out",
    "The confidence counts in empty entries only; where there is an object, it must learn to be 1.",
    _loss(obj=0.0),
)
yolo_loss.mistake(
    "weights-written-in",
    "The weights are always 5 and 0.5: use the arguments lambda_coord and lambda_noobj.",
    _loss(coord=lambda coord, noobj: 5.0, noobj=lambda coord, noobj: 0.5),
)
yolo_loss.mistake(
    "defaults-exchanged",
    "Where no weights are given, 0.5 is taken for the boxes and 5 for empty entries: the defaults of lambda_coord and "
    "lambda_noobj are exchanged.",
    lambda y_true, y_pred, lambda_coord=0.5, lambda_noobj=5.0: _loss()(y_true, y_pred, lambda_coord, lambda_noobj),
)
for _first, _second, _changed in (
    ("no-lambda-coord", "no-lambda-noobj", {"coord": lambda coord, noobj: 1.0, "noobj": lambda coord, noobj: 1.0}),
    ("no-sigmoid", "not-averaged", {"position": lambda xy: xy, "total": lambda each: _tf().reduce_sum(each)}),
    (
        "all-everywhere",
        "not-averaged",
        {"everywhere": ("boxes", "classes"), "total": lambda each: _tf().reduce_sum(each)},
    ),
):
    yolo_loss.pair(_first, _second, _loss(**_changed))
yolo_loss.hint(
    "Reshape y_pred to (m, n_H, n_W, anchors, 5 + classes); then every part is a slice of the last axis, as in "
    "the target."
)
yolo_loss.hint("present = y_true[..., 4] is 1 where there is an object: multiplying by it switches a term on and off.")
yolo_loss.hint(
    "tf.nn.sigmoid_cross_entropy_with_logits and tf.nn.sparse_softmax_cross_entropy_with_logits give the two "
    "logarithms, one number for each entry."
)
