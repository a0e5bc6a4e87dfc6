"""The exercises of notebook 11 on what is learned of a region: `multi_task_loss`, `paste_mask`."""

from __future__ import annotations

import numpy as np

from dlcourse import regions as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.regions.proposing import topic

# multi_task_loss

LOSS = {"probe": "dlcourse.checking.probes.detection:loss", "tolerance": 2e-5}
GRADIENT = {"probe": "dlcourse.checking.probes.regions:loss_gradient", "tolerance": 2e-5}
KIND, BOX, MASK, BACKGROUND = "the class", "the box", "the mask", "background"
SURE = 12.0  # a score so far from 0 that its cross-entropy is 6e-6


def _tf():
    import tensorflow as tf

    return tf


def _batch(rng, n=4, classes=3, side=4, labels=None, kind=True, box=True, mask=True):
    """A batch in which what is not asked for is right."""
    labels = rng.integers(0, classes + 1, n) if labels is None else np.asarray(labels)
    n = len(labels)
    scores = rng.normal(size=(n, classes + 1))
    offsets_true, offsets = rng.normal(size=(n, 4)), rng.normal(size=(n, classes, 4))
    offsets[:, :, :2] *= 3  # some are far from right: there the loss is straight
    masks_true = rng.integers(0, 2, (n, side, side)).astype("f4")
    masks = rng.normal(size=(n, side, side, classes)) * 2
    for number, label in enumerate(labels):
        if not kind:
            scores[number] = np.where(np.arange(classes + 1) == label, SURE, -SURE)
        if label and not box:
            offsets[number] = offsets_true[number]
        if label and not mask:
            masks[number] = -SURE
            masks[number, :, :, label - 1] = SURE * (2 * masks_true[number] - 1)
    plain = (labels.astype("i4"), scores, offsets_true, offsets, masks_true, masks)
    return tuple(part if part.dtype == np.int32 else part.astype("f4") for part in plain)


@topic.exercise(
    reference=reference.multi_task_loss,
    section="Three losses in one",
    needs="tensorflow",
    aliases={"y": "labels", "logits": "scores", "t_true": "offsets_true", "t": "offsets", "m_true": "masks_true"},
)
def multi_task_loss(rng):
    def drawn(title, group, how=LOSS, besides=(), **options):
        return case(title, *_batch(rng, **options), group=group, besides=besides, **how)

    nothing = {"box": False, "mask": False}
    yield drawn("only the classes are wrong", KIND, labels=[1, 2, 3, 2], **nothing)
    yield drawn("only the classes, two regions", KIND, labels=[3, 1], **nothing)
    yield drawn("only the boxes are wrong", BOX, kind=False, mask=False, labels=[1, 2, 3, 3])
    yield drawn("only the boxes, five regions", BOX, kind=False, mask=False, labels=[3, 2, 1, 1, 2])
    yield drawn("only the masks are wrong", MASK, kind=False, box=False, labels=[1, 2, 3, 3])
    yield drawn("only the masks, 5x5 pixels", MASK, kind=False, box=False, labels=[3, 1, 2], side=5)
    yield drawn("nothing but background", BACKGROUND, labels=[0, 0, 0])
    yield drawn("background besides boxes", BACKGROUND, labels=[0, 2, 0, 1, 3], mask=False, besides=(BOX,))
    yield drawn("background besides masks", BACKGROUND, labels=[3, 0, 0, 1, 2], box=False, besides=(MASK,))
    difficulties = (KIND, BOX, MASK, BACKGROUND)
    yield drawn("larger numbers of classes", "all together", n=3, classes=5, labels=[5, 4, 1], **nothing)
    yield drawn("all together", "all together", labels=[1, 0, 3, 2, 0, 1], besides=difficulties)
    yield drawn("two classes", "all together", classes=2, labels=[2, 1, 0, 2, 1], besides=difficulties)
    yield drawn("the gradient", "the gradient", GRADIENT, difficulties, labels=[2, 0, 1, 3])
    yield drawn("the gradient of the classes", "the gradient", GRADIENT, labels=[3, 1], **nothing)


def _loss(
    kind=lambda tf, labels, scores: tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores),
    smooth=lambda tf, d: tf.where(tf.abs(d) < 1, d**2 / 2, tf.abs(d) - 0.5),
    of_box=lambda tf, smoothed: tf.reduce_sum(smoothed, axis=1),
    of_mask=lambda tf, t, m, chosen, there: tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(t, tf.einsum("nyxk,nk->nyx", m, chosen)), axis=(1, 2)
    ),
    offset=lambda tf, offsets, chosen: tf.einsum("nkt,nk->nt", offsets, chosen),
    counted=lambda tf, there: (there, there),
    mean=lambda tf, kind, box, mask, there: tf.reduce_mean(kind + box + mask),
    shift=1,
):
    """multi_task_loss with one thing changed."""

    def variant(labels, scores, offsets_true, offsets, masks_true, masks):
        tf = _tf()
        labels, scores, offsets, masks = (tf.convert_to_tensor(part) for part in (labels, scores, offsets, masks))
        classes = offsets.shape[1]
        there = tf.cast(labels > 0, scores.dtype)
        chosen = tf.one_hot(tf.maximum(labels - shift, 0) if shift else labels % classes, classes, dtype=scores.dtype)
        box = of_box(tf, smooth(tf, offset(tf, offsets, chosen) - tf.cast(offsets_true, scores.dtype)))
        mask = of_mask(tf, tf.cast(masks_true, scores.dtype), masks, chosen, there)
        with_box, with_mask = counted(tf, there)
        return mean(tf, kind(tf, labels, scores), with_box * box, with_mask * mask, there)

    return variant


def _softmax_masks(tf, t, m, chosen, there):
    """Classes compete for each pixel."""
    logits = tf.einsum("nyxk,nk->nyx", tf.nn.log_softmax(m), chosen)
    return -tf.reduce_mean(t * logits, axis=(1, 2))


def _all_classes(tf, t, m, chosen, there):
    wanted = t[..., None] * chosen[:, None, None, :]
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(wanted, m), axis=(1, 2, 3))


def _all_classes_summed(tf, t, m, chosen, there):
    wanted = t[..., None] * chosen[:, None, None, :]
    return tf.reduce_mean(tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(wanted, m), axis=3), axis=(1, 2))


def _summed_mask(tf, t, m, chosen, there):
    return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(t, tf.einsum("nyxk,nk->nyx", m, chosen)), axis=(1, 2))


def _per_object(tf, kind, box, mask, there):
    return tf.reduce_mean(kind) + tf.reduce_sum(box + mask) / tf.maximum(tf.reduce_sum(there), 1.0)


for _key, _message, _variant in (
    (
        "softmax-masks",
        "A softmax lets the classes compete for each pixel of a mask; each class has a sigmoid of its own, and "
        "only that of the true "
        "class counts.",
        _loss(of_mask=_softmax_masks),
    ),
    (
        "all-masks",
        "The masks of all classes are compared; only that of the true class counts, the others may say what they like.",
        _loss(of_mask=_all_classes),
    ),
    (
        "all-masks-summed",
        "The masks of all classes are compared, and added up; only that of the true class counts.",
        _loss(of_mask=_all_classes_summed),
    ),
    (
        "mask-summed",
        "The cross-entropies of a mask's pixels are added up; their mean is asked for.",
        _loss(of_mask=_summed_mask),
    ),
    (
        "background-has-a-box",
        "Regions of the background count in the loss of the box; there is no object, so no box to learn.",
        _loss(counted=lambda tf, there: (tf.ones_like(there), there)),
    ),
    (
        "background-has-a-mask",
        "Regions of the background count in the loss of the mask; there is no object, so no mask to learn.",
        _loss(counted=lambda tf, there: (there, tf.ones_like(there))),
    ),
    (
        "background-counts",
        "Regions of the background count in the losses of box and mask; there is no object, so neither is to learn.",
        _loss(counted=lambda tf, there: (tf.ones_like(there), tf.ones_like(there))),
    ),
    (
        "class-shifted",
        "Box and mask are those of the next class: label 1 is the first of them, entry 0.",
        _loss(shift=0),
    ),
    (
        "squares",
        "The box's loss is the square everywhere; beyond 1 the smooth L1 goes on straight: |d| - 1/2.",
        _loss(smooth=lambda tf, d: d**2 / 2),
    ),
    (
        "absolute",
        "The box's loss is the absolute value everywhere; below 1 the smooth L1 is d² / 2.",
        _loss(smooth=lambda tf, d: tf.abs(d)),
    ),
    (
        "half-forgotten",
        "Below 1 the smooth L1 is d² / 2; the half is missing, so that the pieces do not meet.",
        _loss(smooth=lambda tf, d: tf.where(tf.abs(d) < 1, d**2, tf.abs(d) - 0.5)),
    ),
    (
        "box-averaged",
        "The four numbers of a box are averaged; they are added up.",
        _loss(of_box=lambda tf, smoothed: tf.reduce_mean(smoothed, axis=1)),
    ),
    (
        "per-object",
        "Box and mask are averaged over the regions with an object; the mean of all three is over *all* regions.",
        _loss(mean=_per_object),
    ),
    (
        "summed-over-regions",
        "The losses of the regions are added up; their mean is asked for.",
        _loss(mean=lambda tf, kind, box, mask, there: tf.reduce_sum(kind + box + mask)),
    ),
):
    multi_task_loss.mistake(_key, _message, _variant)
multi_task_loss.raises(
    "label-minus-one",
    "The background has label 0, and entry -1 does not exist: tf.maximum(labels - 1, 0), and switch those regions off.",
    r"indices\[.*= -1|is not in \[0|slice index -1|out of range",
)
multi_task_loss.hint(
    "there = tf.cast(labels > 0, scores.dtype) switches box and mask off for the background; tf.one_hot(labels "
    "- 1, K) times the "
    "offsets, summed over the classes, picks the true class."
)
multi_task_loss.hint(
    "tf.einsum('nkt,nk->nt', offsets, of_class) and tf.einsum('nyxk,nk->nyx', masks, of_class) pick; "
    "tf.nn.sigmoid_cross_entropy_with_logits gives a number for each pixel. At last tf.reduce_mean(kind + "
    "there * (box + mask))."
)


# paste_mask

WHOLE, SUBPIXEL, OUT, SHAPE = "whole pixels", "between pixels", "out of the image", "values between the cells"


def _mask(rng, side=5):
    """A blob, with probabilities well away from one half in its cells."""
    mask = rng.uniform(0.02, 0.3, (side, side))
    mask[1:-1, 1:-1] = rng.uniform(0.7, 0.98, (side - 2, side - 2))
    mask[1, -2] = 0.1
    return mask


def _near_half(mask, box, shape):
    """Whether some pixel's decision is close, or its centre near an edge of the box."""
    y1, x1, y2, x2 = box
    y, x = np.arange(shape[0]) + 0.5, np.arange(shape[1]) + 0.5
    values = reference.bilinear(
        mask[..., None], ((y - y1) / (y2 - y1) * len(mask))[:, None], (x - x1) / (x2 - x1) * len(mask)
    )
    edges = np.concatenate([np.abs(y - y1), np.abs(y - y2), np.abs(x - x1), np.abs(x - x2)])
    return np.min(np.abs(values - 0.5)) < 1e-3 or np.min(edges) < 0.01


def _clear(rng, box_of, shape=(14, 17), side=5):
    while True:
        mask, box = _mask(rng, side), np.array(box_of(), dtype=float)
        if not _near_half(mask, box, shape):
            return mask, box, shape


@topic.exercise(
    reference=reference.paste_mask,
    section="A mask on the picture",
    companions=("bilinear",),
    aliases={"shape": "image_shape", "size": "image_shape"},
)
def paste_mask(rng):
    small = np.array([[0.9, 0.2], [0.3, 0.8]])
    by_hand = np.zeros((4, 5), bool)
    by_hand[1, 2] = by_hand[2, 3] = True
    yield case("2x2 cells on 2x2 pixels, by hand", small, np.array([1.0, 2, 3, 4]), (4, 5), group=WHOLE, expect=by_hand)
    top, left = (int(n) for n in rng.integers(1, 6, 2))
    yield case(
        "as many cells as pixels", _mask(rng), np.array([top, left, top + 5.0, left + 5.0]), (14, 17), group=WHOLE
    )
    yield case("larger than the mask", *_clear(rng, lambda: (1, 2, 13, 14)), group=SHAPE)
    yield case("wide", *_clear(rng, lambda: (4, 1, 10, 16)), group=SHAPE)
    yield case("tall, 7x7 cells", *_clear(rng, lambda: (1, 6, 13, 12), side=7), group=SHAPE)
    for title in ("a box between the pixels", "another one"):
        between = _clear(rng, lambda: rng.uniform((1, 1, 7, 9), (4, 5, 11, 15)))
        yield case(title, *between, group=SUBPIXEL, besides=(SHAPE,))
    full = np.full((3, 3), 0.9)
    yield case("everything belongs to it", full, np.array([2.6, 3.3, 6.2, 8.7]), (10, 12), group=SUBPIXEL)
    yield case("it begins behind a pixel's centre", full, np.array([2.4, 3.7, 6.8, 8.3]), (10, 12), group=SUBPIXEL)
    yield case("it reaches out above", full, np.array([-3.0, -2, 4, 5]), (8, 9), group=OUT)
    yield case("it reaches out below", full, np.array([3.0, 4, 12, 14]), (8, 9), group=OUT)
    yield case("a blob that reaches out", *_clear(rng, lambda: (-4, 8, 8, 21)), group=OUT, besides=(SHAPE,))


def _pasted(
    shift=0.5,
    snap=lambda box: box,
    threshold=0.5,
    value=None,
    order=None,
    inside=None,
    after=lambda pasted, values: pasted,
):
    value = value or (lambda mask, y, x: reference.bilinear(mask[..., None], y[:, None], x[None])[..., 0])

    def variant(mask, box, image_shape):
        box = snap(np.array(box, dtype=float))
        y1, x1, y2, x2 = box if order is None else box[order]
        y, x = (np.arange(n) + shift for n in image_shape)
        with np.errstate(all="ignore"):
            values = value(mask, (y - y1) / (y2 - y1) * len(mask), (x - x1) / (x2 - x1) * mask.shape[1])
        within = ((y1 <= y) & (y < y2))[:, None] & ((x1 <= x) & (x < x2))
        if inside is not None:
            within = inside(within)
        return after(within & (values >= threshold), np.where(within, values, 0))

    return variant


def _nearest(mask, y, x):
    rows, columns = (np.clip(np.floor(part), 0, n - 1).astype(int) for part, n in zip((y, x), mask.shape, strict=True))
    return mask[rows[:, None], columns]


def _binary_first(mask, y, x):
    return reference.bilinear((mask >= 0.5).astype(float)[..., None], y[:, None], x[None])[..., 0]


def _corner_to_corner(mask, y, x):
    side = len(mask)
    return reference.bilinear(mask[..., None], (y / side * (side - 1) + 0.5)[:, None], x / side * (side - 1) + 0.5)[
        ..., 0
    ]


for _key, _message, _variant in (
    (
        "box-rounded",
        "The box is rounded to whole pixels first; it stays where it is, and each pixel's centre asks where it "
        "lies in the box.",
        _pasted(snap=np.round),
    ),
    (
        "box-cut",
        "The box is cut down to whole numbers first; it stays where it is, and each pixel's centre asks where "
        "it lies in the box.",
        _pasted(snap=np.floor),
    ),
    (
        "corner-of-the-pixel",
        "A pixel asks with its upper left corner; it asks with its centre, at i + 0.5.",
        _pasted(shift=0.0),
    ),
    (
        "nearest",
        "Each pixel takes the cell of the mask in which it lies; take the value between four, with bilinear.",
        _pasted(value=_nearest),
    ),
    (
        "binary-first",
        "The mask is cut at one half before it is enlarged, and its edge becomes another; enlarge the "
        "probabilities, then cut.",
        _pasted(value=_binary_first),
    ),
    (
        "corner-to-corner",
        "The mask is stretched from the centre of its first cell to that of its last; its *cells* fill the box.",
        _pasted(value=_corner_to_corner),
    ),
    (
        "outside-too",
        "The edge of the mask goes on outside of the box; nothing lies there.",
        _pasted(inside=lambda within: True),
    ),
    ("x-first", "Rows and columns are exchanged: a box is (y1, x1, y2, x2).", _pasted(order=[1, 0, 3, 2])),
    (
        "whole-box",
        "The whole box is filled; a pixel belongs to the mask where its value is at least one half.",
        _pasted(threshold=-1.0),
    ),
    ("upside-down", "This is what does *not* belong to the mask.", _pasted(after=lambda pasted, values: ~pasted)),
    (
        "probabilities",
        "These are the probabilities; True or False is asked for: at least one half.",
        _pasted(after=lambda pasted, values: values),
    ),
):
    paste_mask.mistake(_key, _message, _variant)
paste_mask.hint(
    "The centre of pixel (i, j) is (i + 0.5, j + 0.5). Which part of the box's height lies above it, and how "
    "many cells of the mask is that?"
)
paste_mask.hint(
    "Inside the box: bilinear(mask[..., None], (i + 0.5 - y1) / (y2 - y1) * s, (j + 0.5 - x1) / (x2 - x1) * "
    "s)[0] >= 0.5; outside: "
    "False."
)
