#: You write: IoU, filtering, non-max suppression, anchors, the head, the loss
#: Applied to: a small YOLO on drawn street scenes

# %% [markdown]
# # YOLO: what is where, at one look
#
# A classifier says what an image shows. A detector says what is where: it draws a box around every object and names it.
# Sliding a window over the image and classifying each position is slow. YOLO, *You Only Look Once*, runs one network over
# the whole image once, and all boxes come out together.
#
# In this notebook you write every step of it: the overlap of boxes, the filter, non-max suppression, anchors, the target,
# the loss. Then you train a small YOLO on street scenes with your own functions, and measure how good it is on scenes that
# it has not seen. At the end stands the network of YOLOv2, with its fifty million parameters.
#
# **Stands on** notebooks 03 and 05. **Takes** about an hour to read and three to do.

# %% setup
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import layers

from dlcourse.checks.yolo import check, hint, solution
from dlcourse.data import scenes
from dlcourse.figures import detection as plots_detection
from dlcourse.figures import diagrams, plots
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.yolo import explore_thresholds
from dlcourse.yolo import average_precision, precision_and_recall

# %% [markdown]
# ## The task
#
# The scenes are drawn by code: a street with cars, pedestrians and traffic lights. For each object we know its class and its
# box. This is what a detector should find.

# %% demo
streets, truth = scenes.streets(8, seed=40, size=160)
perfect = [
    (np.ones(len(boxes)), plots_detection.pixels(boxes, image), boxes[:, 4])
    for image, boxes in zip(streets, truth, strict=True)
]
plots_detection.show_detections(
    streets,
    perfect,
    scenes.CLASSES,
    scores=False,
    caption="Eight scenes with the true boxes. Some objects are large, some are far "
    "away, some hide a part of another.",
)

# %% [markdown]
# ### Three ways to write a box
#
# A box is four numbers, and every library writes them differently. Three ways occur in this notebook. x runs to the right, y
# downwards, as in every image.
#
# | written as | numbers | where |
# | :--- | :--- | :--- |
# | corners, x first | $(x_1, y_1, x_2, y_2)$ | `iou` |
# | corners, y first | $(y_1, x_1, y_2, x_2)$ | from `yolo_boxes_to_corners` on; TensorFlow's own functions want this one |
# | centre and size | $(x, y, w, h)$ | the network, the anchors and the true boxes |
#
# The unit differs too: pixels, fractions of the image, or cells of a grid. Every function below says what it takes. When a
# detector draws boxes that are almost right, one of the two was mixed up.
#
# ## How well do two boxes agree
#
# A detector never hits the true box exactly. How near is near enough? The usual measure is the **intersection over union**,
# IoU: the area that both boxes share, over the area that they cover together.

# %% demo
plots_detection.show_pairs(
    [
        ((0, 0, 3, 3), (1, 1, 4, 4)),
        ((0, 0, 4, 4), (1, 1, 3, 3)),
        ((0, 0, 2, 2), (2, 2, 4, 4)),
    ],
    titles=["4 / 14 = 0.29", "4 / 16 = 0.25", "0 / 8 = 0"],
    caption="The shared area is green. Left: two boxes of area 9 share 4 units and "
    "cover 14. Middle: the small box lies inside the large one, and still they "
    "do not agree well. Right: boxes that only touch share nothing.",
)

# %% [markdown]
# The shared part is a rectangle again. It begins at the *larger* of the two left edges and ends at the *smaller* of the two
# right ones, and the same holds from top to bottom. If it ends before it begins, the boxes lie apart, and the side is 0:
#
# $$\text{shared} = \max\bigl(0, \min(x_2, x_2') - \max(x_1, x_1')\bigr)\cdot\max\bigl(0, \min(y_2, y_2') - \max(y_1, y_1')\bigr)$$
#
# In the union the shared part must not count twice:
#
# $$\mathrm{IoU} = \frac{\text{shared}}{\text{area} + \text{area}' - \text{shared}}$$
#
# Two boxes of 2 × 2 that share one square have $1 / (4 + 4 - 1) = 1/7$. IoU is 1 for equal boxes and 0 for boxes apart. A found box usually counts as right when its IoU with the true one is at
# least 0.5.
#
# ### Exercise: iou
#
# Return the IoU of two boxes as a number. Where nothing is shared it is 0, also for boxes without area: a box of width or
# height 0, or one whose corners are the wrong way round, encloses nothing.


# %% exercise="iou"
def iou(box1, box2):
    """The intersection over union of two boxes.

    box1 and box2 are arrays of four numbers: corners (x1, y1, x2, y2), in the same unit.
    Returns a number from 0 to 1; 0 for boxes that share no area.
    """
    ### BEGIN SOLUTION
    width = max(min(box1[2], box2[2]) - max(box1[0], box2[0]), 0)
    height = max(min(box1[3], box2[3]) - max(box1[1], box2[1]), 0)
    shared = width * height
    if shared == 0:
        return 0.0
    area1 = (box1[2] - box1[0]) * (box1[3] - box1[1])
    area2 = (box2[2] - box2[0]) * (box2[3] - box2[1])
    return shared / (area1 + area2 - shared)
    ### END SOLUTION


# %% check="iou" points=3

# %% [markdown]
# Nothing in it depends on which of the two directions comes first, as long as both boxes agree. So `iou` is right for
# corners $(y_1, x_1, y_2, x_2)$ too.
#
# **Predict.** A box of 10 × 10 pixels is found two pixels too far to the right. What is its IoU with the true one: 0.9, 0.8 or less?

# %% example
with attempt():
    table = []
    for shift in (0, 1, 2, 4, 6, 8):
        overlap = iou(np.array([0, 0, 10, 10]), np.array([shift, 0, shift + 10, 10]))
        table.append((f"{shift} of 10 pixels", f"{overlap:.2f}"))
    show_table(
        ["moved to the right by", "IoU"],
        table,
        "IoU is strict: a box that misses by a third of its width has fallen to 0.5.",
    )

# %% [markdown]
# ## A grid of predictions
#
# How can one network find an unknown number of objects, when its output has a fixed shape? YOLO lays a grid over the image.
# **The cell that holds the centre of an object is responsible for it.**

# %% demo
street, rows = scenes.draw(scenes.thought_up(8, seed=40)[1], 320), truth[1]
figure = plots.figure(height=3.6)
left, right = figure.subplots(1, 2)
plots.draw_image(left, street, "3 × 3 cells")
plots_detection.draw_grid(left, street, (3, 3))
corners = plots_detection.pixels(rows, street)
colours = [plots_detection.COLOURS[int(kind)] for kind in rows[:, 4]]
plots_detection.draw_boxes(left, corners, colours)
centres = rows[:, :2] * 320
left.scatter(*centres.T, c=colours, s=30, edgecolors="#111418", zorder=4)
cells = np.array([[""] * 3] * 3, dtype=object)
for x, y, _, _, kind in rows:
    cells[int(3 * y), int(3 * x)] = scenes.CLASSES[int(kind)].replace(" ", "\n")
diagrams.draw_numbers(right, cells, "responsible")
plots.show(
    figure,
    "Left: the dot is the centre of each object. Right: the cell in which it lies "
    "answers for it, however many cells the object covers.",
)

# %% [markdown]
# For each cell the network says:
#
# - $p_c$, the confidence that an object has its centre here,
# - the box: two numbers for its centre, two for its size,
# - one number for each class.
#
# With three classes these are $5 + 3 = 8$ numbers, and the output of a network with 3 × 3 cells is a volume of 3 × 3 × 8.
#
# Two objects can have their centres in one cell. So each cell gets several predictions, each specialised in one shape, for
# instance one for tall objects and one for wide ones. The shapes are called **anchors**. One anchor of one cell has room for one
# object. With two anchors the output is
# 3 × 3 × 2·8 = 3 × 3 × 16. A large network has 19 × 19 cells, five anchors and eighty classes: 19 × 19 × 5·(5 + 80) =
# 19 × 19 × 425.

# %% demo
diagrams.show_volumes(
    (48, 48, 3),
    "→",
    (3, 3, 16),
    titles=["image", "output"],
    caption="The small network of this notebook. Each of its nine cells gives 2·8 "
    "numbers, so at most 18 boxes come out.",
)

# %% [markdown]
# ## Keep the sure ones
#
# 18 boxes come out of a small network, 1805 out of a large one, whatever the image shows. Most of them are nonsense with a low
# confidence. What is the probability that a box holds a car? That it holds an object, times that this object is a car:
#
# $$\text{score}_c = p_c \cdot P(c \mid \text{object})$$
#
# Each box keeps its best class and that class's score. A box whose score is **at least** the threshold stays.
#
# | $p_c$ | car | pedestrian | traffic light | scores | best | threshold 0.6 |
# | ---: | ---: | ---: | ---: | :--- | :--- | :--- |
# | 0.9 | 0.1 | 0.8 | 0.1 | 0.09, 0.72, 0.09 | pedestrian, 0.72 | stays |
# | 0.9 | 0.4 | 0.3 | 0.3 | 0.36, 0.27, 0.27 | car, 0.36 | goes: an object, but which? |
# | 0.3 | 0.0 | 0.0 | 1.0 | 0.00, 0.00, 0.30 | traffic light, 0.30 | goes: if an object, then a traffic light |
#
# ### Exercise: yolo_filter_boxes
#
# The arrays have one entry for each row, column and anchor of the grid. Return `scores`, `boxes` and `classes` of the boxes
# that stay, of shapes `(n,)`, `(n, 4)` and `(n,)`. Classes are numbers from 0.


# %% exercise="yolo_filter_boxes"
def yolo_filter_boxes(boxes, box_confidence, box_class_probs, threshold=0.6):
    """Keep the boxes whose best class has a score of at least threshold.

    boxes has shape (n_H, n_W, anchors, 4): corners, handed on as they are.
    box_confidence has shape (n_H, n_W, anchors, 1),
    box_class_probs (n_H, n_W, anchors, classes).
    Returns scores (n,), boxes (n, 4) and classes (n,) of the n boxes that stay.
    """
    ### BEGIN SOLUTION
    box_scores = box_confidence * box_class_probs
    best = np.max(box_scores, axis=-1)
    classes = np.argmax(box_scores, axis=-1)
    stays = best >= threshold
    return best[stays], boxes[stays], classes[stays]
    ### END SOLUTION


# %% check="yolo_filter_boxes" points=3

# %% [markdown]
# ## One box for each object
#
# The filter is not enough. Neighbouring cells see the same car, and several of them report it:

# %% demo
candidates = scenes.guesses(scenes.thought_up(8, seed=40)[1], seed=3)
sure = candidates[0] >= 0.3
eager = [part[sure] for part in candidates]
eager[1] = eager[1] * 320
plots_detection.show_detections(
    [street, street],
    [(np.zeros(0), np.zeros((0, 4)), np.zeros(0)), eager],
    scenes.CLASSES,
    columns=2,
    scores=False,
    caption="What an eager detector could report after the filter (made up): four boxes "
    "for every object, one of them with a wrong class.",
)

# %% [markdown]
# **Non-max suppression** cleans up:
#
# 1. Take the box with the highest score, and keep it.
# 2. Drop all boxes *of the same class* that overlap it by an IoU **greater than** the threshold.
# 3. Go on with the best of the boxes that are left, until none is left or enough are kept.
#
# Why only the same class? A pedestrian in front of a car overlaps it, and both are there. And a box that was dropped drops no
# others: step 3 goes on with those that are left.
#
# The two boundaries matter when you compare with a library: a score equal to its threshold stays, an IoU equal to its
# threshold stays too.
#
# ### Exercise: yolo_non_max_suppression
#
# Return `scores`, `boxes` and `classes` of the boxes that are kept, by falling score, at most `max_boxes` of all classes
# together. Of equal scores, either may come first. No boxes in, no boxes out.


# %% exercise="yolo_non_max_suppression"
def yolo_non_max_suppression(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
    """Keep the surest box of each object.

    scores has shape (n,), boxes (n, 4), classes (n,): whole numbers.
    boxes are corners, x first or y first.
    A box goes if its IoU with a kept one of the same class is greater than iou_threshold.
    Returns scores, boxes and classes of at most max_boxes boxes, by falling score.
    """
    ### BEGIN SOLUTION
    kept = []
    for i in np.argsort(-scores):
        rivals = [j for j in kept if classes[j] == classes[i]]
        if all(iou(boxes[i], boxes[j]) <= iou_threshold for j in rivals):
            kept.append(i)
    kept = np.array(kept[:max_boxes], dtype=int)
    return scores[kept], boxes[kept], classes[kept]
    ### END SOLUTION


# %% check="yolo_non_max_suppression" points=5

# %% example
with attempt():
    clean = yolo_non_max_suppression(*eager)
    careless = yolo_non_max_suppression(*eager, iou_threshold=0.9)
    plots_detection.show_detections(
        [street, street],
        [clean, careless],
        scenes.CLASSES,
        columns=2,
        titles=["IoU at most 0.5", "IoU at most 0.9"],
        caption="The same boxes after your suppression. The wrong classes survive it, "
        "since no surer box of their own class overlaps them; only a higher "
        "threshold for the score removes them.",
    )

# %% [markdown]
# ## Centres and corners
#
# The network gives centres and sizes, the functions above want corners. A box reaches half its size to each side of its
# centre. The well-known course on which many notebooks build writes y before x here, because TensorFlow does, and so do we.
#
# ### Exercise: yolo_boxes_to_corners
#
# Turn centres `(x, y)` and sizes `(w, h)` into corners $(y_1, x_1, y_2, x_2)$, along the last axis, whatever the axes before.


# %% exercise="yolo_boxes_to_corners"
def yolo_boxes_to_corners(box_xy, box_wh):
    """Corners (y1, x1, y2, x2) of boxes given by centre and size, in the same unit.

    box_xy has shape (..., 2): x, then y; box_wh has shape (..., 2): width, then height.
    Returns an array of shape (..., 4).
    """
    ### BEGIN SOLUTION
    low = box_xy - box_wh / 2
    high = box_xy + box_wh / 2
    return np.concatenate(
        [low[..., 1:2], low[..., 0:1], high[..., 1:2], high[..., 0:1]], axis=-1
    )
    ### END SOLUTION


# %% check="yolo_boxes_to_corners" points=1

# %% [markdown]
# ## The whole way
#
# From the output of the network to the boxes that are drawn there are four steps: corners, filter, scale, suppression. The
# network knows nothing of pixels, its boxes are fractions of the image. In an image of `image_shape = (height, width)`, y has
# to be multiplied by the height and x by the width.
#
# ### Exercise: yolo_eval
#
# `yolo_outputs` is a tuple of `box_xy`, `box_wh`, `box_confidence` and `box_class_probs`. Return `scores`, `boxes` and `classes`,
# by falling score, with boxes in pixels. A box may reach over the edge of the image; leave it as it is.


# %% exercise="yolo_eval"
def yolo_eval(
    yolo_outputs,
    image_shape=(720.0, 1280.0),
    max_boxes=10,
    score_threshold=0.6,
    iou_threshold=0.5,
):
    """The boxes to draw, from the decoded output of the network.

    yolo_outputs is (box_xy, box_wh, box_confidence, box_class_probs), of shapes
    (n_H, n_W, anchors, 2), (..., 2), (..., 1) and (..., classes).
    Its centres and sizes are fractions of the image; image_shape is (height, width).
    Returns scores (n,), boxes (n, 4) and classes (n,). Boxes are corners (y1, x1, y2, x2)
    in pixels.
    """
    ### BEGIN SOLUTION
    box_xy, box_wh, box_confidence, box_class_probs = yolo_outputs
    boxes = yolo_boxes_to_corners(box_xy, box_wh)
    scores, boxes, classes = yolo_filter_boxes(
        boxes, box_confidence, box_class_probs, threshold=score_threshold
    )
    height, width = image_shape
    boxes = boxes * np.array([height, width, height, width], dtype=boxes.dtype)
    return yolo_non_max_suppression(
        scores, boxes, classes, max_boxes=max_boxes, iou_threshold=iou_threshold
    )
    ### END SOLUTION


# %% check="yolo_eval" points=2

# %% [markdown]
# This is the whole way from a network to boxes. What is missing is the network. The rest of the notebook trains one.
#
# ## Which anchors
#
# Anchors are the shapes that each cell starts from. They could be chosen by eye. Better is to ask the training set: which few
# shapes stand best for all of its boxes? That is a question for **k-means**:
#
# 1. Begin with $k$ of the boxes, drawn at random, as anchors.
# 2. Give each box to the anchor that is nearest.
# 3. Move each anchor to the mean of its boxes. Repeat from 2 until nothing changes.
#
# What does *nearest* mean? With the ordinary distance between $(w, h)$ and $(w, h)$, a large box that misses by 10 % is further
# away than a small box that misses by half. But what counts for a detector is IoU. So the distance is
#
# $$d(\text{box}, \text{anchor}) = 1 - \mathrm{IoU}(\text{box}, \text{anchor}),$$
#
# with both boxes laid on the same centre, since only the shape matters here.
#
# Here is the training set: the sizes of all boxes in 3000 scenes, in cells of a 3 × 3 grid.

# %%
GRID = (3, 3)
images, boxes = scenes.streets(3000, seed=1)
wh = np.concatenate(boxes)[:, 2:4] * GRID[::-1]
print(images.shape, wh.shape)

anchors = np.array([[0.7, 1.4], [1.4, 0.7]])  # by eye; yours take their place below

# %% [markdown]
# ### Exercise: kmeans_anchors
#
# Return `k` anchors as an array of shape `(k, 2)`. An anchor that loses all its boxes stays where it is. The result depends a
# little on the start; the check asks that the boxes have a high IoU with the best of your anchors, and that each anchor has
# come to rest. The mean may be replaced by the median. It should stay quick for some thousand boxes: an array of all IoUs, of
# shape `(n, k)`, helps.


# %% exercise="kmeans_anchors"
def kmeans_anchors(wh, k):
    """k sizes that stand for many, by k-means with the distance 1 - IoU.

    wh has shape (n, 2): widths and heights.
    Returns the anchors, an array of shape (k, 2), in the same unit.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)
    anchors = wh[rng.choice(len(wh), k, replace=False)]
    nearest = None
    for _ in range(100):
        shared = np.minimum(wh[:, np.newaxis], anchors).prod(axis=2)  # (n, k)
        union = wh.prod(axis=1)[:, np.newaxis] + anchors.prod(axis=1) - shared
        before, nearest = nearest, np.argmax(shared / union, axis=1)
        if before is not None and np.array_equal(before, nearest):
            break
        for i in range(k):
            if np.any(nearest == i):
                anchors[i] = wh[nearest == i].mean(axis=0)
    return anchors
    ### END SOLUTION


# %% check="kmeans_anchors" points=4

# %% example
with attempt():
    anchors = np.asarray(kmeans_anchors(wh, 2))
    anchors = anchors[np.argsort(anchors[:, 0])]
    figure = plots.figure(height=3.0)
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    plots.style(left, "width, in cells", "height, in cells")
    kinds = np.concatenate(boxes)[:, 4].astype(int)
    left.scatter(*wh.T, s=3, c=np.array(plots.ACCENTS)[kinds], alpha=0.35, linewidths=0)
    left.scatter(*anchors.T, s=130, marker="X", color=plots.INK, edgecolors=plots.PAPER)
    plots.style(right, "anchors", "mean IoU")
    fits = []
    for k in range(1, 7):
        found = kmeans_anchors(wh, k)
        shared = np.minimum(wh[:, np.newaxis], found).prod(axis=2)
        union = wh.prod(axis=1)[:, np.newaxis] + np.prod(found, axis=1) - shared
        fits.append((shared / union).max(axis=1).mean())
    right.plot(range(1, 7), fits, marker="o", color=plots.BLUE)
    plots.show(
        figure,
        "Left: each point is a box; cars in orange, pedestrians in blue, traffic lights "
        "in green. The two crosses are your anchors, one tall and one wide. Right: more "
        "anchors fit better, but two do most of it.",
    )

# %% [markdown]
# ## Who is responsible
#
# To train, the network needs a target for each image: an array with one entry for each row, column and anchor. Each true box
# goes to exactly one entry:
#
# - to the cell in which its centre lies: row `int(y)`, column `int(x)`, when x and y are measured in cells;
# - there, to the anchor with which it has the largest IoU, both laid on the same centre.
#
# What should the network say there? Not the box itself. YOLOv2 lets it correct what the cell and the anchor say already. For a
# box of size $w, h$ in cells at an anchor $(p_w, p_h)$, the entry is
#
# $$\bigl(x - \text{column},\;\; y - \text{row},\;\; t_w = \ln\tfrac{w}{p_w},\;\; t_h = \ln\tfrac{h}{p_h},\;\; p_c = 1,\;\; \text{class}\bigr)$$
#
# The first two are the place inside the cell, from 0 to 1. The logarithm makes "twice as wide as the anchor" as far from 0 as
# "half as wide". All other entries are zeros: $p_c = 0$ says that nobody is here.
#
# Lectures often write the same vector in another order, with $p_c$ first and the classes as ones and zeros. Here the order is
# that of the network's output below, so that each number meets its partner.
#
# ### Exercise: assign_anchors
#
# `boxes` has rows `(x, y, w, h, class)`, in fractions of the image; `anchors` has rows `(w, h)`, in cells; `grid` is
# `(n_H, n_W)`. Return the target, of shape `(n_H, n_W, anchors, 6)`. A centre on the right or lower edge of the image belongs
# to the last cell. If two boxes want the same entry, the first one keeps it and the other is left out. Your `iou` helps: lay
# both boxes into the same corner.


# %% exercise="assign_anchors"
def assign_anchors(boxes, anchors, grid):
    """The target of one image.

    boxes has shape (n, 5): (x, y, w, h, class), centre and size as fractions of the
    image.
    anchors has shape (k, 2): (w, h) in cells. grid is (n_H, n_W): rows and columns.
    A centre on the right or lower edge belongs to the last cell; an entry that is taken
    keeps its first box.
    Returns an array of shape (n_H, n_W, k, 6): (x, y, t_w, t_h, p_c, class), with x and y
    inside the cell.
    """
    ### BEGIN SOLUTION
    n_H, n_W = grid
    target = np.zeros((n_H, n_W, len(anchors), 6))
    for x, y, w, h, kind in boxes:
        x, y, w, h = x * n_W, y * n_H, w * n_W, h * n_H
        column, row = min(int(x), n_W - 1), min(int(y), n_H - 1)
        overlaps = [iou((0, 0, w, h), (0, 0, p_w, p_h)) for p_w, p_h in anchors]
        best = np.argmax(overlaps)
        if target[row, column, best, 4] == 0:
            p_w, p_h = anchors[best]
            target[row, column, best] = (
                x - column,
                y - row,
                np.log(w / p_w),
                np.log(h / p_h),
                1,
                kind,
            )
    return target
    ### END SOLUTION


# %% check="assign_anchors" points=4

# %% example
with attempt():
    target = assign_anchors(truth[1], anchors, GRID)
    table = [
        (
            row,
            column,
            "tall" if anchor == 0 else "wide",
            *(f"{number:.2f}" for number in target[row, column, anchor, 0:4]),
            scenes.CLASSES[int(target[row, column, anchor, 5])],
        )
        for row, column, anchor in zip(*np.nonzero(target[..., 4]), strict=True)
    ]
    show_table(
        ["row", "column", "anchor", "x", "y", "t_w", "t_h", "class"],
        table,
        "The entries that are not zero, for the scene on which the grid lay.",
    )
    figure = plots.figure(3.4, 3.4)
    axes = figure.subplots()
    plots.draw_image(axes, street)
    plots_detection.draw_grid(axes, street, GRID)
    plots_detection.draw_boxes(axes, corners, colours)
    for row, column, anchor in zip(*np.nonzero(target[..., 4]), strict=True):
        x, y = (np.array([column, row]) + target[row, column, anchor, 0:2]) / 3
        shape = plots_detection.pixels(np.array([[x, y, *anchors[anchor] / 3]]), street)
        plots_detection.draw_boxes(axes, shape, [plots.PAPER], dashed=True)
    plots.show(
        figure,
        "Dashed: the responsible anchor, laid on the centre of its object. What the "
        "network has to say is only how the true box differs from it.",
    )

# %% [markdown]
# Two objects that want the same entry are more than it holds: the network is never told of the second. **Predict.** Of a hundred
# objects of our streets, how many are lost like this on 3 × 3 cells with a single anchor? And with two, with five, or on a finer
# grid?

# %% example
with attempt():
    some = boxes[:1000]
    many, table = sum(map(len, some)), []
    for side in (3, 6):
        for k in (1, 2, 5):
            shapes = np.asarray(kmeans_anchors(wh * side / 3, k))
            targets = [assign_anchors(rows, shapes, (side, side)) for rows in some]
            lost = many - int(sum(target[..., 4].sum() for target in targets))
            table.append((f"{side} × {side}", k, lost, f"{lost / many:.1%}"))
    show_table(
        ["cells", "anchors", "objects lost", "of all"],
        table,
        f"{many:,} objects in 1,000 streets. More anchors help where two objects differ in "
        "shape; smaller cells help always, and here they are enough.",
    )

# %% [markdown]
# ## Reading the output
#
# The last layer of the network gives any numbers, for each anchor in turn $(t_x, t_y, t_w, t_h, t_o, \text{one for each class})$.
# Reading them undoes what the target did, and keeps every number where it belongs:
#
# $$b_x = \frac{\sigma(t_x) + \text{column}}{n_W} \qquad b_y = \frac{\sigma(t_y) + \text{row}}{n_H} \qquad b_w = \frac{p_w\,e^{t_w}}{n_W} \qquad b_h = \frac{p_h\,e^{t_h}}{n_H}$$
#
# The sigmoid $\sigma(z) = \frac{1}{1 + e^{-z}}$ keeps the centre inside its cell, the exponential keeps the size positive, and both boxes come out as fractions of
# the image. The confidence is $\sigma(t_o)$, and the classes go through a softmax: they exclude one another.
#
# What a network says about the *size* is written in three ways, and they are easily mixed up. For a box 96 pixels wide in a picture of
# 480 pixels with 3 × 3 cells, and an anchor half a cell wide:
#
# | | what the network says | here |
# | :--- | :--- | ---: |
# | YOLO, the first | a fraction of the image: $w$ | 96 / 480 = 0.2 |
# | many lectures | a multiple of the cell, and more than 1 for large objects: $w\,n_W$ | 96 / 160 = 0.6 |
# | YOLOv2, and this notebook | how it differs from the anchor: $t_w = \ln\frac{w\,n_W}{p_w}$ | ln(0.6 / 0.5) = 0.18 |
#
# The softmax divides exponentials, and $e^{1000}$ is too large for a computer. Subtract the largest number of each softmax from
# all of them first: the result is the same, and no exponential is larger than 1.
#
# ### Exercise: decode_head
#
# `features` has shape `(m, n_H, n_W, anchors · (5 + num_classes))`. Return `box_xy`, `box_wh`, `box_confidence` and
# `box_class_probs`, of shapes `(m, n_H, n_W, anchors, 2)`, `(..., 2)`, `(..., 1)` and `(..., num_classes)`.


# %% exercise="decode_head"
def decode_head(features, anchors, num_classes):
    """Boxes, confidences and class probabilities from the output of the network.

    features has shape (m, n_H, n_W, k * (5 + num_classes)): for each of the k anchors in
    turn (t_x, t_y, t_w, t_h, t_o, one number for each class).
    anchors has shape (k, 2): (w, h) in cells.
    Returns box_xy and box_wh in fractions of the image, box_confidence, box_class_probs.
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, _ = features.shape
    features = features.reshape(m, n_H, n_W, len(anchors), 5 + num_classes)

    # the column and the row of each cell, as (x, y); the third axis is for the anchors
    corner = np.zeros((n_H, n_W, 1, 2), dtype=features.dtype)
    for row in range(n_H):
        for column in range(n_W):
            corner[row, column, 0] = (column, row)
    size = np.array([n_W, n_H], dtype=features.dtype)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    box_xy = (sigmoid(features[..., 0:2]) + corner) / size
    box_wh = anchors * np.exp(features[..., 2:4]) / size
    box_confidence = sigmoid(features[..., 4:5])
    classes = features[..., 5:]
    powers = np.exp(classes - classes.max(axis=-1, keepdims=True))
    box_class_probs = powers / powers.sum(axis=-1, keepdims=True)
    return box_xy, box_wh, box_confidence, box_class_probs
    ### END SOLUTION


# %% check="decode_head" points=4

# %% [markdown]
# A test that needs no network: write the target of a scene into features, the places through the inverse of the sigmoid, and
# read it again. The boxes of the scene should come back.

# %% example
with attempt():
    target = assign_anchors(truth[1], anchors, GRID)
    features = np.zeros((1, *GRID, 2, 5 + 3))
    place = np.clip(target[..., 0:2], 1e-6, 1 - 1e-6)
    features[0, ..., 0:2] = np.log(place / (1 - place))
    features[0, ..., 2:4] = target[..., 2:4]
    features[0, ..., 4] = np.where(target[..., 4] == 1, 9, -9)
    features[0, ..., 5:] = 9 * (target[..., 5:6] == np.arange(3))
    decoded = decode_head(features.reshape(1, *GRID, -1), anchors, 3)
    outputs = [part[0] for part in decoded]
    plots_detection.show_detections(
        [street],
        [yolo_eval(outputs, (320, 320))],
        scenes.CLASSES,
        columns=2,
        caption="The target of the scene, read by your decode_head and your yolo_eval.",
    )

# %% [markdown]
# ## The loss
#
# Training needs one number that says how wrong the output is. It has three parts. Let $1_{obj}$ be the *true* $p_c$ of the target,
# 1 where an object is and 0 elsewhere:
#
# $$L = \frac{1}{m}\sum_{\text{images, cells, anchors}} 1_{obj}\,\bigl(\lambda_{coord}\,L_{box} + L_{conf} + L_{class}\bigr) + (1 - 1_{obj})\,\lambda_{noobj}\,L_{conf}$$
#
# - $L_{box} = (\sigma(t_x) - x)^2 + (\sigma(t_y) - y)^2 + (t_w - \hat t_w)^2 + (t_h - \hat t_h)^2$, where $x, y$ and, with their hats, $\hat t_w, \hat t_h$ are the target's.
# - $L_{conf}$ is the cross-entropy of $\sigma(t_o)$: $-\ln\sigma(t_o)$ where an object is, $-\ln(1 - \sigma(t_o))$ where none is.
# - $L_{class} = -\ln P(\text{true class})$, with $P$ from the softmax.
#
# Three remarks. The box and the class count only where an object *truly* is; elsewhere there is no box to compare with. It is
# the target that decides, never the prediction. Of eighteen entries about sixteen are empty, and they would drown the others, so they
# count with $\lambda_{noobj} = 0.5$. And good boxes matter more than anything, so $\lambda_{coord} = 5$.
#
# The logarithm of a sigmoid that has become exactly 0 is infinite. TensorFlow's functions that end in `_with_logits` take the
# numbers before the sigmoid or the softmax, and stay finite:
#
# | function | gives |
# | :--- | :--- |
# | `tf.nn.sigmoid_cross_entropy_with_logits(labels=, logits=)` | $L_{conf}$ for each entry |
# | `tf.nn.sparse_softmax_cross_entropy_with_logits(labels=, logits=)` | $L_{class}$ for each entry; labels are whole numbers (`tf.int32`) |
#
# ### Exercise: yolo_loss
#
# Return the loss of a batch as one number. Use TensorFlow's functions, since the gradient has to find its way back;
# `tf.shape(y_pred)[0]` is the number of images, which training does not know beforehand.


# %% exercise="yolo_loss"
def yolo_loss(y_true, y_pred, lambda_coord=5.0, lambda_noobj=0.5):
    """How wrong the output of the network is.

    y_true has shape (m, n_H, n_W, k, 6): targets made by assign_anchors, as float32.
    y_pred has shape (m, n_H, n_W, k * (5 + classes)): for each anchor in turn
    (t_x, t_y, t_w, t_h, t_o, one number for each class).
    Returns one number: the sum over cells and anchors, the mean over the m images.
    """
    ### BEGIN SOLUTION
    m = tf.shape(y_pred)[0]
    n_H, n_W, k = y_true.shape[1:4]
    y_pred = tf.reshape(y_pred, (m, n_H, n_W, k, -1))
    present = y_true[..., 4]

    place = tf.sigmoid(y_pred[..., 0:2]) - y_true[..., 0:2]
    size = y_pred[..., 2:4] - y_true[..., 2:4]
    box = tf.reduce_sum(place**2, axis=-1) + tf.reduce_sum(size**2, axis=-1)
    confidence = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=present, logits=y_pred[..., 4]
    )
    kind = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.cast(y_true[..., 5], tf.int32), logits=y_pred[..., 5:]
    )
    full = present * (lambda_coord * box + confidence + kind)
    empty = (1 - present) * lambda_noobj * confidence
    return tf.reduce_sum(full + empty) / tf.cast(m, y_pred.dtype)
    ### END SOLUTION


# %% check="yolo_loss" points=5

# %% [markdown]
# ## Space to depth
#
# One more tool, which YOLOv2 needs and our small network uses at its start. A pooling layer halves an image and throws three
# quarters of its numbers away. **Space to depth** halves it and keeps them all: each square of 2 × 2 pixels becomes one pixel
# with four times as many channels. The pixels of a square follow one another row by row, each with all its channels.

# %% demo
square = np.arange(16).reshape(4, 4)
diagrams.show_numbers(
    square,
    "→",
    square[::2, ::2],
    square[::2, 1::2],
    square[1::2, ::2],
    square[1::2, 1::2],
    titles=["4 × 4 × 1", "channel 0", "channel 1", "channel 2", "channel 3"],
    marks={
        0: [(0, 0, 2, 2)],
        1: [(0, 0, 1, 1)],
        2: [(0, 0, 1, 1)],
        3: [(0, 0, 1, 1)],
        4: [(0, 0, 1, 1)],
    },
    caption="4 × 4 × 1 becomes 2 × 2 × 4. The framed square has become one pixel with "
    "four channels: 0, 1, 4, 5.",
)

# %% [markdown]
# ### Exercise: space_to_depth
#
# `(m, n_H, n_W, n_C)` becomes `(m, n_H / block, n_W / block, block · block · n_C)`. `block` divides both sides.


# %% exercise="space_to_depth"
def space_to_depth(X, block):
    """Put the pixels of each block x block square behind one another, row by row.

    X has shape (m, n_H, n_W, n_C).
    Returns an array of shape (m, n_H // block, n_W // block, block * block * n_C).
    """
    ### BEGIN SOLUTION
    parts = [X[:, i::block, j::block, :] for i in range(block) for j in range(block)]
    return np.concatenate(parts, axis=-1)
    ### END SOLUTION


# %% check="space_to_depth" points=2

# %% [markdown]
# ## What you have just built
#
# Everything that a detector needs around its network. Now the network: four convolutions of 3 × 3 with batch normalisation, poolings
# between them, and one of 1 × 1 that gives 2·8 numbers for each cell. An image of 48 × 48 enters as 24 × 24 × 12, through your
# `space_to_depth`, and leaves as 3 × 3 × 16.


# %%
def small_yolo(num_anchors, num_classes):
    """A network from 24 x 24 x 12 to 3 x 3 cells."""
    image = keras.Input((24, 24, 12))
    X = image
    for filters in (16, 32, 64, 64):
        X = layers.Conv2D(filters, 3, padding="same", use_bias=False)(X)
        X = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(X))
        if X.shape[1] > 3:
            X = layers.MaxPooling2D(2)(X)
    return keras.Model(image, layers.Conv2D(num_anchors * (5 + num_classes), 1)(X))


keras.utils.set_random_seed(0)
model = small_yolo(num_anchors=2, num_classes=3)
print(f"{model.count_params():,} parameters, output {model.output_shape[1:]}")

# %% [markdown]
# The 3000 scenes and their mirror images are the training set; your `assign_anchors` makes the targets. 300 other scenes are put
# aside: the network will be measured on them, and never learns from them.


# %%
def mirrored(images, boxes):
    """The scenes seen in a mirror: x becomes 1 - x, in the images and in the boxes."""
    turned = [rows * (-1, 1, 1, 1, 1) + (1, 0, 0, 0, 0) for rows in boxes]
    return images[:, :, ::-1], turned


class Progress(keras.callbacks.Callback):
    """One line after each pass over the training set."""

    def on_train_begin(self, logs=None):
        self.start = time.time()

    def on_epoch_end(self, epoch, logs=None):
        each = (time.time() - self.start) / (epoch + 1)
        left = each * (self.params["epochs"] - epoch - 1)
        print(f"pass {epoch + 1}: loss {logs['loss']:.2f}, about {left:.0f} s to go")


fresh_images, fresh_boxes = scenes.streets(300, seed=2)

# %% example
EPOCHS, BATCH = 3, 16
with attempt():
    mirror_images, mirror_boxes = mirrored(images, boxes)
    inputs = space_to_depth(np.concatenate([images, mirror_images]), 2)
    targets = np.array(
        [assign_anchors(rows, anchors, GRID) for rows in boxes + mirror_boxes],
        dtype="float32",
    )
    untrained = float(yolo_loss(tf.constant(targets[:100]), model(inputs[:100])))
    print(f"before training: loss {untrained:.2f}")

    steps = EPOCHS * len(inputs) // BATCH
    schedule = keras.optimizers.schedules.CosineDecay(4e-3, steps)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss=yolo_loss)
    learn = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0}
    model.fit(inputs, targets, callbacks=[Progress()], **learn)

# %% [markdown]
# ### Look first
#
# Before any number, look at what it finds in scenes that it has not seen. The network sees 48 × 48 pixels; the same scenes are
# drawn larger here. A score of 0.25 is enough to be drawn.


# %%
def look(images):
    """box_xy, box_wh, box_confidence and box_class_probs of each image."""
    features = model.predict(space_to_depth(images, 2), batch_size=300, verbose=0)
    decoded = decode_head(features, anchors.astype("float32"), num_classes=3)
    return [tuple(np.asarray(part[i]) for part in decoded) for i in range(len(images))]


# %% example
with attempt():
    large, _ = scenes.streets(12, seed=2, size=160)
    found = [
        yolo_eval(outputs, (160, 160), score_threshold=0.25)
        for outputs in look(fresh_images[:12])
    ]
    plots_detection.show_detections(
        large,
        found,
        scenes.CLASSES,
        caption="Twelve of the 300 scenes that were put aside, with what your detector "
        "finds. Look for what it misses, and for objects that it sees twice.",
    )

# %% [markdown]
# ### Then measure
#
# Sort all boxes found in the 300 scenes by score. Go down the list and ask after each box: how many of those so far are right
# (the **precision**), and how many of all objects have been found (the **recall**)? A box is right if its IoU with an object of
# its class, not found before, is at least 0.5. A low threshold finds more and errs more often; the curve shows the trade.
# The area under it is the **average precision** of a class (each precision is first raised to the best one at a larger recall,
# as in the PASCAL VOC benchmark), and the mean over the classes is the **mAP**.

# %% example
with attempt():
    found = [
        yolo_eval(outputs, (1.0, 1.0), max_boxes=18, score_threshold=0.02)
        for outputs in look(fresh_images)
    ]
    unit = np.zeros((1, 1))  # an image of side 1: boxes stay fractions
    answers = [(plots_detection.pixels(rows, unit), rows[:, 4]) for rows in fresh_boxes]
    figure = plots.figure(5.6, 3.0)
    axes = plots.style(figure.subplots(), "recall", "precision")
    table = []
    for kind, name in enumerate(scenes.CLASSES):
        precision, recall = precision_and_recall(found, answers, kind, iou)
        axes.plot(recall, precision, color=plots.ACCENTS[kind], linewidth=2, label=name)
        table.append((name, average_precision(precision, recall)))
    axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
    mean = np.mean([score for _, score in table])
    plots.show(figure, "Precision over recall for each class, on 300 scenes put aside.")
    show_table(
        ["class", "average precision"],
        [(name, f"{score:.3f}") for name, score in [*table, ("mean (mAP)", mean)]],
    )

# %% [markdown]
# ### Two thresholds
#
# Which boxes are drawn is decided by the two thresholds, after training. Move them:
#
# - Score near 0: nearly every entry of the grid shows its box, wherever it is.
# - Score near 1: nothing is left.
# - IoU near 1: the suppression drops nothing, and an object that two cells report has two boxes.
# - IoU near 0: objects of one class that stand close together compete.

# %% example
with attempt():
    crowded = [i for i in range(300) if len(fresh_boxes[i]) >= 3][:12]
    known = scenes.thought_up(300, seed=2)
    explore_thresholds(
        [scenes.draw(known[i], 240) for i in crowded],
        look(fresh_images[crowded]),
        scenes.CLASSES,
        yolo_eval,
    )

# %% [markdown]
# ## The network of YOLOv2
#
# The small network has a big sister. YOLOv2 has 22 convolutions, each followed by batch normalisation and a leaky ReLU that
# keeps a tenth of negative numbers; a 23rd gives the output. In the table, "64, 3 × 3" is a convolution with 64 filters, with
# padding, without bias, with its normalisation and its leaky ReLU. "Pooling" takes the maximum of each square of 2 × 2.
#
# | stage | layers | output |
# | :--- | :--- | :--- |
# | 1 | 32, 3 × 3; pooling | 304 × 304 × 32 |
# | 2 | 64, 3 × 3; pooling | 152 × 152 × 64 |
# | 3 | 128, 3 × 3; 64, 1 × 1; 128, 3 × 3; pooling | 76 × 76 × 128 |
# | 4 | 256, 3 × 3; 128, 1 × 1; 256, 3 × 3; pooling | 38 × 38 × 256 |
# | 5 | 512, 3 × 3; 256, 1 × 1; 512, 3 × 3; 256, 1 × 1; 512, 3 × 3 → **fine** | 38 × 38 × 512 |
# | 6 | pooling of *fine*; 1024, 3 × 3; 512, 1 × 1; 1024, 3 × 3; 512, 1 × 1; 1024, 3 × 3 | 19 × 19 × 1024 |
# | 7 | 1024, 3 × 3; 1024, 3 × 3 → **coarse** | 19 × 19 × 1024 |
# | passthrough | from *fine*: 64, 1 × 1; space to depth | 38 × 38 × 64 → 19 × 19 × 256 |
# | joined | passthrough and *coarse*, one behind the other | 19 × 19 × 1280 |
# | 8 | 1024, 3 × 3 | 19 × 19 × 1024 |
# | output | one 1 × 1 convolution with bias, no normalisation, no activation | 19 × 19 × 5·(5 + 80) |
#
# The **passthrough** is why the network finds small objects: at the end, each cell also sees the finer map of stage 5, and
# space to depth brings it to the same size without losing a number.
#
# Inside a Keras model there are no arrays yet, only their shapes, and your NumPy function cannot run there. This is the same
# operation as a layer:


# %%
def space_to_depth_layer(X, block=2):
    """space_to_depth for the tensors of a Keras model."""
    n_H, n_W, n_C = X.shape[1:]
    X = layers.Reshape((n_H // block, block, n_W // block, block, n_C))(X)
    X = layers.Permute((1, 3, 2, 4, 5))(X)
    return layers.Reshape((n_H // block, n_W // block, block * block * n_C))(X)


# %% [markdown]
# ### Exercise: yolov2
#
# Return the Keras model. `filters` is the number of filters of the first layer, 32 in the paper; all other numbers grow and shrink
# with it (64 is `2 * filters`, 1024 is `32 * filters`), so that `filters=2` gives the same network in small. The sides of the image are
# multiples of 32. The check looks at the sizes of the full network, and at what a small one computes.


# %% exercise="yolov2"
def yolov2(input_shape=(608, 608, 3), num_anchors=5, num_classes=80, filters=32):
    """The network of YOLOv2.

    input_shape is (n_H, n_W, 3), both sides multiples of 32; filters is that of the first
    layer. Returns a Keras model with outputs of shape
    (n_H / 32, n_W / 32, num_anchors * (5 + num_classes)).
    """

    ### BEGIN SOLUTION
    def convolution(X, n_C, f):
        X = layers.Conv2D(n_C, f, padding="same", use_bias=False)(X)
        X = layers.BatchNormalization()(X)
        return layers.LeakyReLU(negative_slope=0.1)(X)

    def narrow_and_wide(X, n_C, times):
        """3 x 3, and then so many times 1 x 1 with half the filters and 3 x 3."""
        X = convolution(X, n_C, 3)
        for _ in range(times):
            X = convolution(X, n_C // 2, 1)
            X = convolution(X, n_C, 3)
        return X

    image = keras.Input(input_shape)
    X = layers.MaxPooling2D(2)(convolution(image, filters, 3))
    X = layers.MaxPooling2D(2)(convolution(X, 2 * filters, 3))
    X = layers.MaxPooling2D(2)(narrow_and_wide(X, 4 * filters, 1))
    X = layers.MaxPooling2D(2)(narrow_and_wide(X, 8 * filters, 1))
    fine = narrow_and_wide(X, 16 * filters, 2)
    X = narrow_and_wide(layers.MaxPooling2D(2)(fine), 32 * filters, 2)
    X = convolution(X, 32 * filters, 3)
    coarse = convolution(X, 32 * filters, 3)

    passthrough = space_to_depth_layer(convolution(fine, 2 * filters, 1))
    X = layers.Concatenate()([passthrough, coarse])
    X = convolution(X, 32 * filters, 3)
    return keras.Model(image, layers.Conv2D(num_anchors * (5 + num_classes), 1)(X))
    ### END SOLUTION


# %% check="yolov2" points=5

# %% [markdown]
# The full network has 50,983,561 parameters: 50,962,889 that are learned, and 20,672 running means and variances of the
# normalisations. The last layer alone has 1024·425 + 425 = 435,625. Below is the sister with an eighth of the filters, which fits in any
# memory.

# %% example
with attempt():
    sister = yolov2((608, 608, 3), 5, 80, filters=4)
    print(f"{sister.count_params():,} parameters, output {sister.output_shape[1:]}")

# %% [markdown]
# ## Spot the mistake
#
# These come from notes that this course grew out of. Each is wrong, or true of something else. Set them right.
#
# | name | the notes say | return |
# | :--- | :--- | :--- |
# | `union` | "The union is the sum of both areas." | the area of the union of the boxes (2, 1, 4, 3) and (1, 2, 3, 4) |
# | `fifth_name` | "The network predicts $[P_c, b_x, b_y, b_h, h_w]$." | what should stand in the last place: `"bx"`, `"by"`, `"bh"` or `"bw"` |
# | `height` | "The car is 90 % as wide and half as high as its cell, so $b_h = 0.9$ and $b_w = 0.8$." | the right $b_h$ |
# | `grid` | "We lay a grid of 19 × 19 on the image of 100 × 100." | the number of cells along a side that are left of 100 pixels after five poolings by 2, each of which drops a pixel that is left over |
# | `first_yolo` | A grid of 19 × 19 cells with anchors is given as YOLO. (It is the second version.) | the numbers for each cell of the first YOLO, which has no anchors: two boxes with their confidences, and probabilities of 20 classes, once for the cell |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these five names and your answers. Leave out what you do not know yet; each answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"union": a number, "fifth_name": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "union": 2 * 2 + 2 * 2 - 1,
        "fifth_name": "bw",
        "height": 0.5,
        "grid": 100 // 32,
        "first_yolo": 2 * 5 + 20,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=5

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - *Soft* non-max suppression drops no box; it lowers the scores of those that overlap a better one. Write it, and compare the
#   two on streets in which cars stand close together.
# - Two boxes apart have IoU 0, however far apart they are: there is no gradient that says where to go. The **generalised IoU** also takes
#   off the share of the smallest box around both that neither of them fills. Write it, and use it in place of the squares in `yolo_loss`.
# - Draw precision over recall for each class at all thresholds, and compute the area under it: the **average precision**, the
#   number by which detectors are compared.
#
# ## Where this comes from
#
# Joseph Redmon, Santosh Divvala, Ross Girshick and Ali Farhadi published *You Only Look Once* in 2016; the first version predicts its
# boxes without anchors. Anchors are an idea of Faster R-CNN (Ren, He, Girshick and Sun, 2015), which the second version took over
# (Redmon and Farhadi, *YOLO9000: Better, Faster, Stronger*, 2016), with k-means to choose them, the sigmoid for the centre and the passthrough. The third
# (2018) measures confidences and classes by cross-entropy, as we did, with a sigmoid for each class
# in place of the softmax. The average precision is that of the PASCAL VOC challenge
# (Everingham and others, 2010).
#
# YOLO is weak where many small objects crowd in one cell. Another family, that of R-CNN, first proposes regions and then
# looks at each of them closely, which takes longer: that is the next notebook.
