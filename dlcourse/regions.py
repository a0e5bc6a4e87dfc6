"""Regions proposed, pooled, classified and outlined, from R-CNN to Mask R-CNN: the references of notebook 11.

Boxes are corners (y1, x1, y2, x2), as in notebook 09; y runs downwards. Their unit is the pixel of the image, or the
cell of a feature map where a function says so. Pixel (or cell) i reaches from i to i + 1, its centre is at i + 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from dlcourse.yolo import iou

if TYPE_CHECKING:
    import tensorflow as tf


# Which regions


def similarities(one: dict, other: dict, pixels: int) -> tuple[float, float, float, float]:
    """How alike two regions are: s_colour, s_texture, s_size, s_fill, each from 0 to 1.

    s_colour and s_texture are the sums of the smaller entries of both histograms; s_size = 1 - (both sizes) / pixels;
    s_fill = 1 - (area of the box around both - both sizes) / pixels.

    Args:
        one, other: regions: "size" in pixels, "box" with the corners (y1, x1, y2, x2) in pixels, and two histograms
            "colour" and "texture" that add up to 1.
        pixels: of the whole picture.

    Source: Uijlings and others, Selective Search for Object Recognition, 2013, section 3.2.
    """
    colour, texture = (float(np.minimum(one[name], other[name]).sum()) for name in ("colour", "texture"))
    both = one["size"] + other["size"]
    around = _enclosing(one["box"], other["box"])
    gap = np.prod(around[2:] - around[:2]) - both
    return colour, texture, 1 - both / pixels, float(1 - gap / pixels)


def merge_regions(
    regions: Sequence[dict], pairs: Sequence[tuple[int, int]], pixels: int
) -> tuple[tuple[int, int], dict]:
    """One step of selective search: the neighbours whose similarities have the largest sum become one region.

    Args:
        regions: as in `similarities`.
        pairs: numbers of regions that are neighbours; of equally similar pairs the first wins.
        pixels: of the whole picture.

    Returns:
        The pair, and the region that it becomes: sizes added, the box around both, each histogram the mean of both,
        weighted by their sizes.
    """
    pair = max(pairs, key=lambda pair: sum(similarities(regions[pair[0]], regions[pair[1]], pixels)))
    one, other = (regions[number] for number in pair)
    size = one["size"] + other["size"]
    merged = {"size": size, "box": _enclosing(one["box"], other["box"])}
    for name in ("colour", "texture"):
        merged[name] = (one["size"] * one[name] + other["size"] * other[name]) / size
    return tuple(pair), merged


def _enclosing(box1: np.ndarray, box2: np.ndarray) -> np.ndarray:
    return np.concatenate([np.minimum(box1[:2], box2[:2]), np.maximum(box1[2:], box2[2:])])


# What a region holds


def warp_regions(
    image: Num[np.ndarray, "n_H n_W n_C"], boxes: Float[np.ndarray, "n 4"], size: int
) -> Num[np.ndarray, "n {size} {size} n_C"]:
    """Each region stretched to a square: a pixel takes the colour of the image's pixel in which its centre lies.

    Args:
        boxes: corners in pixels; a centre outside of the image takes the nearest pixel.

    Source: Girshick and others, Rich Feature Hierarchies, 2014, section 2.1, with nearest neighbours.
    """
    y, x = _centres(boxes, size)
    rows = np.clip(np.floor(y).astype(int), 0, image.shape[0] - 1)
    columns = np.clip(np.floor(x).astype(int), 0, image.shape[1] - 1)
    return image[rows[:, :, None], columns[:, None, :]]


def _centres(boxes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The middles of `size` equal parts of each box, downwards and to the right: twice (n, size)."""
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    part = (np.arange(size) + 0.5) / size
    return tuple(boxes[:, [axis]] + part * (boxes[:, [axis + 2]] - boxes[:, [axis]]) for axis in (0, 1))


def _bins(begin: float, end: float, size: int) -> list[tuple[int, int]]:
    """Where the parts of a region begin and end, in whole cells, along one axis."""
    first = int(np.floor(begin))
    cells = max(int(np.ceil(end)) - first, 1)
    # -(-a // b) rounds up, without a fraction in between
    return [(first + part * cells // size, first - (-(part + 1) * cells // size)) for part in range(size)]


def roi_pool(
    features: Float[np.ndarray, "n_H n_W n_C"], rois: Float[np.ndarray, "n 4"], size: int
) -> Float[np.ndarray, "n {size} {size} n_C"]:
    """The maxima of size x size bins of each region, whose edges are pushed outwards to whole cells twice.

    A region from y1 to y2 has the cells from floor(y1) to ceil(y2), h of them; bin i has those from floor(i h / size)
    to ceil((i + 1) h / size) of these. The same along x.

    Args:
        rois: corners in cells of the feature map, inside it.

    Source: Girshick, Fast R-CNN, 2015, section 2.1.
    """
    pooled = np.empty((len(rois), size, size, features.shape[2]), dtype=features.dtype)
    for number, (y1, x1, y2, x2) in enumerate(rois):
        for i, (top, bottom) in enumerate(_bins(y1, y2, size)):
            for j, (left, right) in enumerate(_bins(x1, x2, size)):
                pooled[number, i, j] = features[top:bottom, left:right].max(axis=(0, 1))
    return pooled


def roi_pool_backward(
    dA: Float[np.ndarray, "n size size n_C"], features: Float[np.ndarray, "n_H n_W n_C"], rois: Float[np.ndarray, "n 4"]
) -> Float[np.ndarray, "n_H n_W n_C"]:
    """The gradient with respect to the feature map: a bin's goes to its largest cell, and what a cell gets adds up.

    Args:
        dA: the gradient with respect to the result of `roi_pool`.
        rois: corners in cells of the feature map.

    Source: Girshick, Fast R-CNN, 2015, section 2.3, equation 4.
    """
    d_features = np.zeros_like(features)
    channels = np.arange(features.shape[2])
    size = dA.shape[1]
    for gradient, (y1, x1, y2, x2) in zip(dA, rois, strict=True):
        for i, (top, bottom) in enumerate(_bins(y1, y2, size)):
            for j, (left, right) in enumerate(_bins(x1, x2, size)):
                cells = features[top:bottom, left:right].reshape(-1, len(channels))
                row, column = np.unravel_index(cells.argmax(axis=0), (bottom - top, right - left))
                d_features[top + row, left + column, channels] += gradient[i, j]
    return d_features


def bilinear(
    features: Float[np.ndarray, "n_H n_W n_C"], y: float | np.ndarray, x: float | np.ndarray
) -> Float[np.ndarray, "*points n_C"]:
    """The value between the four cells whose centres lie around a point, each weighted by how near it is.

    Args:
        y, x: in cells, whose centres are at 0.5, 1.5, ...; a point beyond the outermost centres is moved there.
    """
    rows, columns = features.shape[:2]
    y, x = np.clip(np.asarray(y) - 0.5, 0, rows - 1), np.clip(np.asarray(x) - 0.5, 0, columns - 1)
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    bottom, right = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
    down, along = (y - top)[..., None], (x - left)[..., None]
    upper = (1 - along) * features[top, left] + along * features[top, right]
    lower = (1 - along) * features[bottom, left] + along * features[bottom, right]
    return (1 - down) * upper + down * lower


def roi_align(
    features: Float[np.ndarray, "n_H n_W n_C"], rois: Float[np.ndarray, "n 4"], size: int
) -> Float[np.ndarray, "n {size} {size} n_C"]:
    """The feature map, bilinearly, in the middles of size x size equal bins of each region; nothing is rounded.

    Args:
        rois: corners in cells of the feature map.

    Source: He and others, Mask R-CNN, 2017, section 3, with one point in each bin.
    """
    y, x = _centres(rois, size)
    return bilinear(features, y[:, :, None], x[:, None, :])


# Anchors


def generate_anchors(
    grid: tuple[int, int], stride: float, scales: Sequence[float], ratios: Sequence[float]
) -> Float[np.ndarray, "anchors 4"]:
    """Boxes around the centre of every cell: for scale s and ratio r one of area s^2, r times as high as it is wide.

    Args:
        grid: rows and columns of cells.
        stride: side of a cell, in pixels.
        scales: in pixels.
        ratios: height over width.

    Returns:
        Corners in pixels: cells row by row, in each the scales, for each scale the ratios. Some reach out of the image.

    Source: Ren and others, Faster R-CNN, 2015, section 3.1.1.
    """
    scales, roots = np.asarray(scales, dtype=float), np.sqrt(np.asarray(ratios, dtype=float))
    shapes = np.stack([np.outer(scales, roots).ravel(), np.outer(scales, 1 / roots).ravel()], axis=1)
    return _around_cells(grid, stride * np.ones(2), shapes)


def default_boxes(
    grids: Sequence[int], ratios: Sequence[Sequence[float]], smallest: float = 0.2, largest: float = 0.9
) -> Float[np.ndarray, "n 4"]:
    """SSD's boxes: those of a fine map are small, those of a coarse one large.

    The scale of map k of m, k from 0, is s_k = smallest + (largest - smallest) k / (m - 1). Around each cell stand
    boxes of area s_k^2, one for each ratio, and last a square with the side sqrt(s_k s_(k+1)).

    Args:
        grids: cells along a side of each map, at least two maps.
        ratios: for each map; height over width.
        smallest, largest: scales of the first and the last map, fractions of the image.

    Returns:
        Corners (y1, x1, y2, x2), fractions of the image: map by map, row by row.

    Source: Liu and others, SSD, 2016, section 2.2.
    """
    scales = smallest + (largest - smallest) * np.arange(len(grids) + 1) / (len(grids) - 1)
    boxes = []
    for number, (side, of_map) in enumerate(zip(grids, ratios, strict=True)):
        roots = np.sqrt(np.asarray(of_map, dtype=float))
        shapes = scales[number] * np.stack([roots, 1 / roots], axis=1)
        square = np.full((1, 2), np.sqrt(scales[number] * scales[number + 1]))
        boxes.append(_around_cells((side, side), np.full(2, 1 / side), np.concatenate([shapes, square])))
    return np.concatenate(boxes)


def _around_cells(grid: tuple[int, int], cell: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Boxes of all shapes (h, w) around the centre of every cell, as corners."""
    # (2, n_H, n_W) -> (n_H * n_W, 1, 2)
    centres = ((np.indices(grid) + 0.5).reshape(2, -1).T * cell)[:, None]
    return np.concatenate([centres - shapes / 2, centres + shapes / 2], axis=-1).reshape(-1, 4)


def encode_boxes(boxes: Float[np.ndarray, "n 4"], anchors: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 4"]:
    """(t_x, t_y, t_w, t_h) = ((x - x_a) / w_a, (y - y_a) / h_a, ln(w / w_a), ln(h / h_a)), x and y being centres.

    Args:
        boxes, anchors: corners (y1, x1, y2, x2), each box beside its anchor.

    Source: Girshick and others, Rich Feature Hierarchies, 2014, appendix C.
    """
    (centre, size), (around, unit) = (_centre_and_size(corners) for corners in (boxes, anchors))
    return np.concatenate([((centre - around) / unit)[..., ::-1], np.log(size / unit)[..., ::-1]], axis=-1)


def decode_boxes(offsets: Float[np.ndarray, "n 4"], anchors: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 4"]:
    """The boxes, as corners (y1, x1, y2, x2), whose `encode_boxes` are these offsets.

    Args:
        offsets: (t_x, t_y, t_w, t_h), each beside its anchor.
        anchors: corners.
    """
    around, unit = _centre_and_size(anchors)
    centre, size = around + offsets[..., 1::-1] * unit, np.exp(offsets[..., :1:-1]) * unit
    return np.concatenate([centre - size / 2, centre + size / 2], axis=-1)


def _centre_and_size(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(y, x) and (h, w)."""
    corners = np.asarray(corners)
    return (corners[..., :2] + corners[..., 2:]) / 2, corners[..., 2:] - corners[..., :2]


def rpn_targets(
    anchors: Float[np.ndarray, "n 4"], boxes: Float[np.ndarray, "k 4"], high: float = 0.7, low: float = 0.3
) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """What a region proposal network shall say of each anchor: 1 for an object, 0 for none, -1 for "does not count".

    1: its IoU with some box is at least `high`, or no anchor has a larger one with some box, and it is above 0.
    0: it is none of these, and its IoU with every box is below `low`. -1: all others.

    Args:
        anchors, boxes: corners, in the same unit.

    Returns:
        The labels, and for each anchor the number of the box with which its IoU is largest (the first of equals; 0
        where there is no box).

    Source: Ren and others, Faster R-CNN, 2015, section 3.1.2.
    """
    if not len(boxes):
        return np.zeros(len(anchors), dtype=int), np.zeros(len(anchors), dtype=int)
    overlaps = iou(np.asarray(anchors)[:, None], np.asarray(boxes)[None])
    best = overlaps.max(axis=1)
    labels = np.where(best < low, 0, -1)
    nearest = (overlaps == overlaps.max(axis=0)) & (overlaps > 0)
    labels[(best >= high) | nearest.any(axis=1)] = 1
    return labels, overlaps.argmax(axis=1)


# What is learned of a region


def multi_task_loss(
    labels: tf.Tensor,
    scores: tf.Tensor,
    offsets_true: tf.Tensor,
    offsets: tf.Tensor,
    masks_true: tf.Tensor,
    masks: tf.Tensor,
) -> tf.Tensor:
    """The mean over the regions of: -ln softmax(scores)[label], and for those with an object also the smooth L1 of the
    offsets, summed, and the binary cross-entropy of the mask, averaged over its pixels; both of the true class only.

    The smooth L1 of a difference d is d^2 / 2 where |d| < 1, and |d| - 1/2 elsewhere.

    Args:
        labels: (n,), 0 for the background, classes from 1.
        scores: (n, K + 1), before the softmax.
        offsets_true, offsets: (n, 4) and (n, K, 4), one row for each class from 1.
        masks_true, masks: (n, s, s) of 0 and 1, and (n, s, s, K) before the sigmoid, one map for each class from 1.

    Source: He and others, Mask R-CNN, 2017, section 3; the smooth L1 is Fast R-CNN's, equation 3.
    """
    import tensorflow as tf

    scores, offsets, masks = (tf.convert_to_tensor(given) for given in (scores, offsets, masks))
    labels = tf.cast(labels, tf.int32)
    of_class = tf.one_hot(labels - 1, offsets.shape[1], dtype=scores.dtype)  # a row of 0 for the background
    there = tf.reduce_sum(of_class, axis=1)
    kind = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
    away = tf.abs(tf.einsum("nkt,nk->nt", offsets, of_class) - tf.cast(offsets_true, scores.dtype))
    box = tf.reduce_sum(tf.where(away < 1, away**2 / 2, away - 0.5), axis=1)
    of_pixel = tf.nn.sigmoid_cross_entropy_with_logits(
        tf.cast(masks_true, scores.dtype), tf.einsum("nyxk,nk->nyx", masks, of_class)
    )
    return tf.reduce_mean(kind + there * (box + tf.reduce_mean(of_pixel, axis=(1, 2))))


def paste_mask(
    mask: Float[np.ndarray, "s s"], box: Float[np.ndarray, " 4"], image_shape: tuple[int, int]
) -> Bool[np.ndarray, "n_H n_W"]:
    """The mask of a region laid into its box: true where a pixel's centre lies in the box, and the mask is at least
    one half there, bilinearly.

    Args:
        mask: probabilities; its cells fill the box.
        box: corners (y1, x1, y2, x2) in pixels, any fractions, y1 < y2 and x1 < x2. It may reach out of the image.
        image_shape: rows and columns.

    Source: He and others, Mask R-CNN, 2017, section 3.1, "Inference".
    """
    y1, x1, y2, x2 = box
    y, x = np.arange(image_shape[0]) + 0.5, np.arange(image_shape[1]) + 0.5
    values = bilinear(
        mask[..., None], ((y - y1) / (y2 - y1) * len(mask))[:, None], (x - x1) / (x2 - x1) * mask.shape[1]
    )
    inside = ((y1 <= y) & (y < y2))[:, None] & ((x1 <= x) & (x < x2))
    return inside & (values[..., 0] >= 0.5)
