"""The exercise of notebook 12 on how wrong pixels are: `pixel_loss`."""

from __future__ import annotations

import numpy as np

from dlcourse import segmentation as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.segmentation.forwards import topic

LOSS = {"probe": "dlcourse.checking.probes.detection:loss", "tolerance": 1e-5}
GRADIENT = {"probe": "dlcourse.checking.probes.detection:loss_gradient", "tolerance": 1e-5}
ALL_COUNT, SOME_COUNT = "every pixel counts", "ignored pixels"
NONE_COUNTS, SURE = "no pixel counts", "very sure networks"


def _tf():
    import tensorflow as tf

    return tf


@topic.exercise(
    reference=reference.pixel_loss,
    section="How wrong is a map",
    needs="tensorflow",
    weights={ALL_COUNT: 2.0},
    aliases={"labels": "y_true", "logits": "y_pred", "y": "y_true", "y_hat": "y_pred", "void": "ignore"},
)
def pixel_loss(rng):
    def drawn(title, group, how, shape=(2, 3, 4), n_classes=4, share=0.0, scale=1.0, ignore=255):
        y_true = rng.integers(n_classes, size=shape)
        hidden = np.zeros(shape, bool)
        # unequal shares in the images, so that a mean of means is another number
        if share:
            hidden[0].flat[: int(share * hidden[0].size)] = True
            hidden[-1].flat[:1] = True
        y_true[hidden] = ignore
        y_pred = scale * rng.normal(size=(*shape, n_classes))
        if scale > 1:  # far apart, and the right class never the best one
            y_pred = np.where(np.eye(n_classes)[np.minimum(y_true, n_classes - 1)] > 0, -scale, scale) + rng.normal(
                size=y_pred.shape
            )
        return case(title, y_true.astype("i4"), y_pred.astype("f4"), ignore, group=group, **how)

    equal = np.array([[[0, 1]]], "i4"), np.zeros((1, 1, 2, 4), "f4"), 255
    yield case(
        "two pixels, four classes, equal scores: ln 4, by hand",
        *equal,
        group=ALL_COUNT,
        expect=np.float32(np.log(4)),
        **LOSS,
    )
    yield drawn("one image", ALL_COUNT, LOSS, (1, 3, 4))
    yield drawn("three images, two classes", ALL_COUNT, LOSS, (3, 2, 5), 2)
    y_true = np.array([[[0, 255, 255, 255]]], "i4")
    by_hand = np.zeros((1, 1, 4, 2), "f4")
    by_hand[0, 0, 1:] = [4.0, -4.0]
    yield case(
        "one pixel of four counts: ln 2, by hand",
        y_true,
        by_hand,
        255,
        group=SOME_COUNT,
        expect=np.float32(np.log(2)),
        **LOSS,
    )
    yield drawn("pixels that are ignored", SOME_COUNT, LOSS, (3, 4, 5), share=0.6)
    yield drawn("another label is ignored", SOME_COUNT, LOSS, (2, 4, 3), share=0.5, ignore=9)
    yield drawn("one image, of which every pixel counts", NONE_COUNTS, LOSS, (1, 2, 3), 3)
    empty = np.full((2, 2, 3), 255, "i4"), rng.normal(size=(2, 2, 3, 3)).astype("f4"), 255
    yield case(
        "every pixel is ignored",
        *empty,
        group=NONE_COUNTS,
        **LOSS,
        expect=np.float32(0),
        corner=True,
        besides=(SOME_COUNT,),
    )
    yield drawn("scores far from 0", SURE, LOSS, scale=300.0)
    yield drawn("the gradient", "gradient", GRADIENT, (2, 3, 3), 3)


def _loss(
    counts=lambda tf, y_true, ignore: tf.not_equal(y_true, ignore),
    each=lambda tf, labels, scores: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores),
    mean=lambda tf, losses, counts: tf.math.divide_no_nan(tf.reduce_sum(losses * counts), tf.reduce_sum(counts)),
):
    """pixel_loss with one thing changed."""

    def variant(y_true, y_pred, ignore=255):
        tf = _tf()
        y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        valid = counts(tf, y_true, ignore)
        labels = tf.where(tf.not_equal(y_true, ignore), y_true, tf.zeros_like(y_true))
        return mean(tf, each(tf, labels, y_pred), tf.cast(valid, y_pred.dtype))

    return variant


def _probabilities(tf, labels, scores):
    return tf.reduce_sum(tf.nn.softmax(scores) * tf.one_hot(labels, scores.shape[-1], dtype=scores.dtype), axis=-1)


def _of_each_image(tf, losses, counts):
    sums = [tf.reduce_sum(part, axis=(1, 2)) for part in (losses * counts, counts)]
    return tf.reduce_mean(tf.math.divide_no_nan(*sums))


for _key, _message, _changed in (
    (
        "divided-by-all",
        "The sum over the pixels that count is divided by *all* pixels: the more are ignored, the smaller the loss. "
        "Divide by the number of those that count. See 'How wrong is a map'.",
        {"mean": lambda tf, losses, counts: tf.reduce_mean(losses * counts)},
    ),
    (
        "nothing-ignored",
        "Ignored pixels count as well, as class 0; leave them out of the sum and of the number.",
        {"counts": lambda tf, y_true, ignore: tf.ones_like(y_true, dtype=tf.bool)},
    ),
    (
        "always-255",
        "The pixels labelled 255 are left out, whatever `ignore` says.",
        {"counts": lambda tf, y_true, ignore: tf.not_equal(y_true, 255)},
    ),
    (
        "softmax-twice",
        "The softmax is taken twice: TensorFlow's functions for logits take it themselves.",
        {
            "each": lambda tf, labels, scores: tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=labels, logits=tf.nn.softmax(scores)
            )
        },
    ),
    (
        "logarithm-of-zero",
        "The logarithm of a softmax that is 0 to a computer is infinite. Take a function for logits, or "
        "tf.nn.log_softmax.",
        {"each": lambda tf, labels, scores: -tf.math.log(_probabilities(tf, labels, scores))},
    ),
    (
        "small-number",
        "The small number under the logarithm caps the loss of a very sure network, and its gradient is gone. Take a "
        "function for logits, or tf.nn.log_softmax.",
        {"each": lambda tf, labels, scores: -tf.math.log(_probabilities(tf, labels, scores) + 1e-7)},
    ),
    (
        "not-averaged",
        "The losses are added up; their mean over the pixels that count is asked for.",
        {"mean": lambda tf, losses, counts: tf.reduce_sum(losses * counts)},
    ),
    (
        "image-by-image",
        "This is the mean of the images' means; every pixel of the batch that counts has the same weight.",
        {"mean": _of_each_image},
    ),
    (
        "over-images-only",
        "The sum is divided by the number of images; divide by the number of pixels that count.",
        {
            "mean": lambda tf, losses, counts: (
                tf.reduce_sum(losses * counts) / tf.cast(tf.shape(losses)[0], losses.dtype)
            )
        },
    ),
    (
        "sign",
        "The sign is wrong: what is likely costs little, -ln p.",
        {
            "each": lambda tf, labels, scores: (
                -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores)
            )
        },
    ),
    (
        "probability",
        "This is the mean probability of the right class; the loss is the mean of its -ln.",
        {"each": _probabilities},
    ),
    (
        "nan-of-nothing",
        "Where no pixel counts, 0 / 0 makes the loss NaN, and one such batch ruins the network: return 0 then, as "
        "tf.math.divide_no_nan does.",
        {"mean": lambda tf, losses, counts: tf.reduce_sum(losses * counts) / tf.reduce_sum(counts)},
    ),
):
    pixel_loss.mistake(_key, _message, _loss(**_changed))
pixel_loss.raises(
    "label-outside",
    "A label is no class, because the ignored pixels are still there: take them out with tf.boolean_mask, or give them "
    "some class and the weight 0.",
    r"label value|outside the valid range|Received a label",
)
pixel_loss.hint("Which pixels count? tf.boolean_mask(y_true, mask) keeps them, and works for y_pred as well.")
pixel_loss.hint(
    "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=, logits=) gives the loss of each pixel that is left. How "
    "many are left? tf.math.divide_no_nan(a, b) is 0 where b is 0."
)
