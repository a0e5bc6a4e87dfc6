#: You write: selective search, RoI pooling and its gradient, RoIAlign, anchors and their targets, a loss of three parts, masks on a picture, SSD's boxes
#: Applied to: boxes and masks of what stands in drawn streets, from proposals of two kinds

# %% [markdown]
# # Regions: R-CNN, Fast, Faster, Mask
#
# You will be able to find objects in two looks: first *where* something could be, then *what* it is, and which pixels are its own. You build each step
# from R-CNN to Mask R-CNN, and see for yourself why each came after the other.
#
# **Stands on** notebooks 03 and 10. **Takes** about an hour to read and five to do.

# %% setup
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import layers

from dlcourse.checks.regions import check, hint, solution
from dlcourse.data import scenes, segments
from dlcourse.figures import detection as plots_detection
from dlcourse.figures import diagrams, plots
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.regions import explore_regions
from dlcourse.yolo import average_precision, precision_and_recall

# %% [markdown]
# ## Too many boxes
#
# A window that slides must have the right size and the right shape. Why not try all boxes, then?
#
# **Predict.** A picture of 100 × 100 pixels. A box has an upper and a lower edge, a left and a right one. How many different boxes are
# there: ten thousand, a million, or more?

# %% example
pairs_of_edges = 101 * 100 // 2
print(f"{pairs_of_edges:,} pairs of edges in each direction, {pairs_of_edges**2:,} boxes")

# %% [markdown]
# 25 million, and each would go through a network. So somebody has to **propose** a few hundred boxes first: any box that *might* hold something.
# That is the family of this notebook. It looks twice, where YOLO looks once.
#
# | method | proposes with | looks at each region with | a mask? |
# | :--- | :--- | :--- | :--- |
# | R-CNN (2014) | selective search, 2,000 boxes | a whole network each, then a linear classifier for each class: 47 s a picture | no |
# | Fast R-CNN (2015) | selective search | a pooled piece of *one* feature map | no |
# | Faster R-CNN (2015) | a network on the same map | a pooled piece of that map | no |
# | Mask R-CNN (2017) | a network on the same map | an *aligned* piece of that map | yes |
# | R-FCN (2016) | a network on the same map | the mean of its parts, each read from a map of its own | no |
# | MultiBox (2014) | a network, a fixed number of boxes | a classifier each | no |
# | SSD, YOLO (2016) | nothing: they look once | – | no |
#
# Most were compared on the twenty classes of PASCAL VOC, from aeroplane to television, Mask R-CNN on the eighty of COCO. We stay in our street, with three.
#
# **Boxes here** are corners $(y_1, x_1, y_2, x_2)$, in pixels or in cells of a feature map. As in notebook 09 $y$ runs downwards. Pixel $i$ reaches from $i$ to $i + 1$, so its *centre* is at $i + 0.5$. Much
# of this notebook hangs on that half.


# %%
def overlaps(boxes, others):
    """IoU of each of n boxes with each of k others, (n, k): notebook 10, all at once."""
    boxes, others = np.asarray(boxes)[:, None], np.asarray(others)[None]
    sides = np.minimum(boxes[..., 2:], others[..., 2:]) - np.maximum(
        boxes[..., :2], others[..., :2]
    )
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    areas = [np.prod(b[..., 2:] - b[..., :2], axis=-1) for b in (boxes, others)]
    return shared / (areas[0] + areas[1] - shared)


# %% [markdown]
# ## Which pieces belong together
#
# Selective search begins with small pieces of nearly one colour, and puts pieces together that belong together, until the picture is
# one piece. Each piece that ever was is a proposal.

# %% demo
SIDE = 64
crowd = next(
    scene
    for scene in scenes.thought_up(300, seed=40)
    if sorted(thing.kind for thing in scene.things) == ["car", *scenes.CLASSES]
)
street = scenes.draw(crowd, SIDE)
pieces = segments.cut_up(street)
hues = np.random.default_rng(3).uniform(0.15, 1, (pieces.max() + 1, 3))
plots.show_images(
    [street, hues[pieces]],
    ["a street", f"{pieces.max() + 1} pieces"],
    "Pixels beside each other are in one piece if their colours are alike. A car is many pieces: glass, wheels, paint. No"
    " single rule puts them together.",
)

# %% [markdown]
# When do two pieces belong together? No single rule is right everywhere, so selective search has four, each from 0 to 1. A piece is described by its
# size in pixels, its box, and two histograms whose entries add up to 1, of its colours and of the directions of its edges (its texture).
#
# - $s_{colour}$ and $s_{texture}$: what both histograms, $h$ and $h'$, have in common, $\sum_k \min(h_k, h'_k)$;
# - $s_{size} = 1 - \dfrac{\text{size} + \text{size}'}{\text{pixels of the picture}}$: small pieces go first, or else one eats all others;
# - $s_{fill} = 1 - \dfrac{\text{gap}}{\text{pixels of the picture}}$: the gap is what the box around both holds besides them.
#
# ### Exercise: similarities
#
# A piece is a dictionary with `"size"`, `"box"`, `"colour"` and `"texture"`. Return the four numbers in this order. The box around both is yours to find.


# %% exercise="similarities"
def similarities(one, other, pixels):
    """How alike two pieces are: s_colour, s_texture, s_size, s_fill.

    one, other: dictionaries with "size", "box" (y1, x1, y2, x2), "colour", "texture";
    pixels: of the whole picture. Returns four numbers from 0 to 1.
    """
    ### BEGIN SOLUTION
    s_colour = np.sum(np.minimum(one["colour"], other["colour"]))
    s_texture = np.sum(np.minimum(one["texture"], other["texture"]))
    both = one["size"] + other["size"]
    top, left = (min(one["box"][k], other["box"][k]) for k in (0, 1))
    bottom, right = (max(one["box"][k], other["box"][k]) for k in (2, 3))
    gap = (bottom - top) * (right - left) - both
    return s_colour, s_texture, 1 - both / pixels, 1 - gap / pixels
    ### END SOLUTION


# %% check="similarities" points=4

# %% [markdown]
# ## One step of the search
#
# Take the pair of neighbours with the largest *sum* of the four, and make one piece of it. Its histograms need not be counted again: they follow from both, but how? A wheel of 20 pixels and a door of 200 are not
# equal partners.
#
# ### Exercise: merge_regions
#
# Return the pair, and the new piece: a dictionary as above. Of equally similar pairs the first of the list wins.


# %% exercise="merge_regions"
def merge_regions(regions, pairs, pixels):
    """One step of selective search.

    regions: a list of pieces; pairs: a list of numbers (i, j) of pieces that touch.
    Returns the most similar pair, and the piece that it becomes.
    """
    ### BEGIN SOLUTION
    pair = max(
        pairs, key=lambda p: sum(similarities(regions[p[0]], regions[p[1]], pixels))
    )
    one, other = regions[pair[0]], regions[pair[1]]
    size = one["size"] + other["size"]
    merged = {
        "size": size,
        "box": np.append(
            np.minimum(one["box"][:2], other["box"][:2]),
            np.maximum(one["box"][2:], other["box"][2:]),
        ),
    }
    for name in ("colour", "texture"):
        sums = one["size"] * one[name] + other["size"] * other[name]
        merged[name] = sums / size
    return pair, merged
    ### END SOLUTION


# %% check="merge_regions" points=4

# %% [markdown]
# The rest is a loop. The last piece is the whole picture, so the largest are proposed first.


# %%
def selective_search(image):
    """Boxes (y1, x1, y2, x2) that might hold something, the last merged first."""
    labels = segments.cut_up(image)
    regions = segments.describe(image, labels)
    pairs = segments.neighbours(labels)
    while pairs:
        (i, j), merged = merge_regions(regions, pairs, labels.size)
        regions.append(merged)
        new = len(regions) - 1
        renamed = {tuple(sorted(new if n in (i, j) else n for n in p)) for p in pairs}
        pairs = sorted(pair for pair in renamed if pair[0] != pair[1])
    return np.array([region["box"] for region in regions[::-1]], dtype=float)


# %% example
true_boxes = plots_detection.pixels(crowd.boxes, street)
with attempt():
    proposed = selective_search(street)
    best = overlaps(true_boxes, proposed)
    drawing = plots.figure(4.2, 4.2)
    axes = drawing.subplots()
    plots.draw_image(axes, street)
    plots_detection.draw_boxes(axes, proposed, [plots.PAPER] * len(proposed), dashed=True)
    plots_detection.draw_boxes(
        axes,
        proposed[best.argmax(axis=1)],
        [plots_detection.COLOURS[int(kind)] for kind in crowd.boxes[:, 4]],
        [f"{overlap:.2f}" for overlap in best.max(axis=1)],
    )
    plots.show(
        drawing,
        f"{len(proposed)} proposals (dashed), and for each thing the one that fits best, with its IoU. No class yet, and"
        " no score: these are only places to look at.",
    )

# %% [markdown]
# ## R-CNN: cut out, stretch, classify
#
# R-CNN cuts each proposal out of the *picture*, stretches it to one size, and sends it through a network. A network wants squares, so each side is stretched by itself.
# Cut the box into `size` × `size` parts; each takes the colour of the pixel in which its *middle* lies.
#
# ### Exercise: warp_regions
#
# Boxes may have fractions, and may reach out of the image; a middle outside takes the nearest pixel.


# %% exercise="warp_regions"
def warp_regions(image, boxes, size):
    """Each region stretched to a square by nearest neighbours.

    image: (n_H, n_W, n_C); boxes: (n, 4), corners in pixels.
    Returns an array (n, size, size, n_C).
    """
    ### BEGIN SOLUTION
    n_H, n_W = image.shape[:2]
    middles = (np.arange(size) + 0.5) / size
    warped = []
    for y1, x1, y2, x2 in boxes:
        rows = np.floor(y1 + middles * (y2 - y1)).astype(int)
        columns = np.floor(x1 + middles * (x2 - x1)).astype(int)
        rows, columns = np.clip(rows, 0, n_H - 1), np.clip(columns, 0, n_W - 1)
        warped.append(image[rows[:, None], columns])
    return np.array(warped)
    ### END SOLUTION


# %% check="warp_regions" points=3

# %% example
with attempt():
    plots.show_images(
        list(warp_regions(street, true_boxes, 28)),
        [thing.kind for thing in crowd.things],
        "What the network of an R-CNN sees: a square, whatever shape the thing has.",
    )

# %% [markdown]
# ## RoI pooling
#
# Two thousand proposals overlap, so the same pixels go through the network again and again. **Fast R-CNN** turns it round: *one* feature map of the whole picture, and each proposal,
# divided by the stride of the map, is a region of it, a **region of interest**. But regions have different sizes, and a dense layer wants one. So: `size` × `size` bins, of each the maximum.
#
# A region's edges seldom lie between cells, and 5 rows don't make 2 bins. Both are settled by pushing *outwards*:
#
# 1. rows from $\lfloor y_1 \rfloor$ to $\lceil y_2 \rceil$, the end not included: $h = \lceil y_2 \rceil - \lfloor y_1 \rfloor$ of them;
# 2. bin $i$ has, of these $h$ rows, those from $\lfloor i\,h / size \rfloor$ to $\lceil (i + 1)\,h / size \rceil$, the end not included. The same along $x$.

# %% demo
numbers = np.array([[1, 2, 3, 4], [8, 7, 6, 5], [9, 10, 11, 12], [16, 15, 14, 13]])
diagrams.show_numbers(
    numbers,
    "→",
    np.array([[8, 6], [16, 14]]),
    titles=["a region of 4 × 4", "2 × 2 bins"],
    marks={0: [(0, 0, 2, 2), (0, 2, 2, 2), (2, 0, 2, 2), (2, 2, 2, 2)]},
    caption="Of each bin the largest number.",
)

# %% [markdown]
# **Predict.** A region has 5 rows and there are 2 bins. Which rows has the first, which the second?
#
# ### Exercise: roi_pool
#
# Regions are corners in cells of the map, and lie inside it.


# %% exercise="roi_pool"
def roi_pool(features, rois, size):
    """The maxima of size x size bins of each region, for each channel.

    features: (n_H, n_W, n_C); rois: (n, 4), corners in cells.
    Returns an array (n, size, size, n_C).
    """
    ### BEGIN SOLUTION
    pooled = np.zeros((len(rois), size, size, features.shape[2]))
    for n, (y1, x1, y2, x2) in enumerate(rois):
        top, left = int(np.floor(y1)), int(np.floor(x1))
        h, w = int(np.ceil(y2)) - top, int(np.ceil(x2)) - left
        for i in range(size):
            a, b = top + i * h // size, top + int(np.ceil((i + 1) * h / size))
            for j in range(size):
                c, d = left + j * w // size, left + int(np.ceil((j + 1) * w / size))
                pooled[n, i, j] = features[a:b, c:d].max(axis=(0, 1))
    return pooled
    ### END SOLUTION


# %% check="roi_pool" points=5

# %% example
with attempt():
    rows = np.arange(5.0).reshape(5, 1, 1)
    first, second = roi_pool(rows, [[0, 0, 5, 1]], 2)[0, :, 0, 0]
    _, other = -roi_pool(-rows, [[0, 0, 5, 1]], 2)[0, :, 0, 0]
    print(
        f"the first bin has rows 0 to {first:.0f}, the second rows {other:.0f} to {second:.0f}"
    )

# %% [markdown]
# Row 2 belongs to both.
#
# ## The way back
#
# The layers before the pooling learn from all regions at once. In notebook 02 the gradient of a maximum went to the cell that won. Now a cell can win in two bins, and in many regions.
#
# ### Exercise: roi_pool_backward
#
# `dA` is the gradient with respect to what `roi_pool` gave. What does each cell of the map get? (If two cells of a bin are equally large, give it to the first, row by row.)


# %% exercise="roi_pool_backward"
def roi_pool_backward(dA, features, rois):
    """The gradient with respect to the feature map.

    dA: (n, size, size, n_C); features, rois: as in roi_pool.
    Returns an array with the shape of features.
    """
    ### BEGIN SOLUTION
    d_features = np.zeros(features.shape)
    size = dA.shape[1]
    for n, (y1, x1, y2, x2) in enumerate(rois):
        top, left = int(np.floor(y1)), int(np.floor(x1))
        h, w = int(np.ceil(y2)) - top, int(np.ceil(x2)) - left
        for i in range(size):
            a, b = top + i * h // size, top + int(np.ceil((i + 1) * h / size))
            for j in range(size):
                c, d = left + j * w // size, left + int(np.ceil((j + 1) * w / size))
                for k in range(features.shape[2]):
                    cells = features[a:b, c:d, k]
                    row, column = np.unravel_index(cells.argmax(), cells.shape)
                    d_features[a + row, c + column, k] += dA[n, i, j, k]
    return d_features
    ### END SOLUTION


# %% check="roi_pool_backward" points=4

# %% [markdown]
# ## Between four cells
#
# With a stride of 16 a cell is 16 pixels wide, and pooling pushes a region's edge by up to a whole cell. For a class that does no harm. For a *mask* it does: it is drawn where the region isn't. The cure
# is to round nothing, and to ask the map for values *between* its cells.
#
# A point lies between the centres of four cells. Along $x$, the nearer of two gets the larger weight: $(1 - t)\,left + t\,right$, where $t$ is how far the point is from the left centre. Do
# that in the upper row and in the lower, then the same once more downwards. That is **bilinear**.
#
# Two questions are yours. Cell $i$ has its centre at $i + 0.5$: which cells lie around $y$, and what is $t$? And at the border a point may lie beyond the outermost centres: move it onto the nearest one first.
#
# ### Exercise: bilinear


# %% exercise="bilinear"
def bilinear(features, y, x):
    """The value of a map at one point, between the four cells around it.

    features: (n_H, n_W, n_C); y, x: two numbers, in cells; centres are at 0.5, 1.5, ...
    Returns an array (n_C,).
    """
    ### BEGIN SOLUTION
    n_H, n_W = features.shape[:2]
    y, x = min(max(y - 0.5, 0), n_H - 1), min(max(x - 0.5, 0), n_W - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, n_H - 1), min(left + 1, n_W - 1)
    down, along = y - top, x - left
    upper = (1 - along) * features[top, left] + along * features[top, right]
    lower = (1 - along) * features[bottom, left] + along * features[bottom, right]
    return (1 - down) * upper + down * lower
    ### END SOLUTION


# %% check="bilinear" points=4

# %% [markdown]
# ## RoIAlign
#
# Bins again, `size` × `size` equal ones, with fractions as they come. Each takes the value in its *middle*. (Mask R-CNN takes four points in a bin and averages them, and finds that one does nearly as well.)
#
# ### Exercise: roi_align


# %% exercise="roi_align"
def roi_align(features, rois, size):
    """The map in the middles of size x size bins of each region; nothing is rounded.

    features: (n_H, n_W, n_C); rois: (n, 4), corners in cells.
    Returns an array (n, size, size, n_C).
    """
    ### BEGIN SOLUTION
    aligned = np.zeros((len(rois), size, size, features.shape[2]))
    for n, (y1, x1, y2, x2) in enumerate(rois):
        height, width = (y2 - y1) / size, (x2 - x1) / size
        for i in range(size):
            for j in range(size):
                y, x = y1 + (i + 0.5) * height, x1 + (j + 0.5) * width
                aligned[n, i, j] = bilinear(features, y, x)
    return aligned
    ### END SOLUTION


# %% check="roi_align" points=4

# %% [markdown]
# Move the region slowly downwards: which of the two results moves along, and which jumps?

# %% example
with attempt():
    explore_regions(roi_pool, roi_align)

# %% [markdown]
# ### Is it TensorFlow's function?
#
# **Predict.** `tf.image.crop_and_resize` also cuts a box out bilinearly. The whole of a 4 × 4 map, resized to 2 × 2: the same as RoIAlign?

# %% example
with attempt():
    ramp = np.arange(16.0).reshape(4, 4, 1)
    whole = np.array([[0, 0, 4, 4]])
    aligned = roi_align(ramp, whole, 2)[0, :, :, 0]
    boxes = [[0.0, 0.0, 1.0, 1.0]]
    cropped = tf.image.crop_and_resize(ramp[None], boxes, [0], [2, 2])[0, :, :, 0].numpy()
    # 0 is the centre of its first pixel and 1 that of its last: hand it the bins' middles
    middle = [[(1 - 0.5) / 3, (1 - 0.5) / 3, (3 - 0.5) / 3, (3 - 0.5) / 3]]
    same = tf.image.crop_and_resize(ramp[None], middle, [0], [2, 2])[0, :, :, 0].numpy()
    diagrams.show_numbers(
        ramp[:, :, 0].astype(int),
        "→",
        aligned.astype(str),
        "≠",
        cropped.astype(str),
        "→",
        same.astype(str),
        titles=["the map", "RoIAlign", "crop_and_resize", "for middles"],
        caption="crop_and_resize asks from the first cell's centre to the last one's, RoIAlign in the middles of the bins. To get RoIAlign of it, one gives it a smaller box, from the"
        " middle of the first bin to that of the last.",
    )

# %% [markdown]
# ## Anchors
#
# Proposals are now what takes longest: selective search needs more time than the network. **Faster R-CNN** lets the network propose as well. In each cell of the feature map stand some **anchors**, boxes of fixed
# shapes, and a few convolutions, the *region proposal network* (RPN), say of each: is something there, and how must the anchor be moved?
#
# Shapes are given by a scale $s$ and a ratio $r$, height over width. All ratios of a scale have the *same area*, $s^2$. What are height and width?
#
# ### Exercise: generate_anchors
#
# Anchors stand around the *centre* of each cell. Cells come row by row, in each the scales in turn, for each scale the ratios.


# %% exercise="generate_anchors"
def generate_anchors(grid, stride, scales, ratios):
    """Boxes of all scales and ratios around the centre of every cell.

    grid: (rows, columns); stride: side of a cell in pixels; ratios: height over width.
    Returns corners (y1, x1, y2, x2) in pixels, (rows * columns * scales * ratios, 4).
    """
    ### BEGIN SOLUTION
    anchors = []
    for i in range(grid[0]):
        for j in range(grid[1]):
            y, x = (i + 0.5) * stride, (j + 0.5) * stride
            for s in scales:
                for r in ratios:
                    h, w = s * np.sqrt(r), s / np.sqrt(r)
                    anchors.append([y - h / 2, x - w / 2, y + h / 2, x + w / 2])
    return np.array(anchors)
    ### END SOLUTION


# %% check="generate_anchors" points=4

# %% [markdown]
# ## Four numbers
#
# How must an anchor be moved and stretched? In units of its own size, so that the numbers are about equally large for small and for large ones:
#
# $$t_x = \frac{x - x_a}{w_a}, \quad t_y = \frac{y - y_a}{h_a}, \quad t_w = \ln\frac{w}{w_a}, \quad t_h = \ln\frac{h}{h_a}$$
#
# $x$, $y$ are the centre of the box, $w$ and $h$ its width and height; those with $a$ are the anchor's. Boxes come in and go out as corners, $y$ first; the four numbers have $x$ first, as in the papers.
#
# ### Exercise: encode_boxes


# %% exercise="encode_boxes"
def encode_boxes(boxes, anchors):
    """The four numbers (t_x, t_y, t_w, t_h) that lead from each anchor to its box.

    boxes, anchors: (n, 4), corners (y1, x1, y2, x2). Returns an array (n, 4).
    """
    ### BEGIN SOLUTION
    h, w = (boxes[:, 2:] - boxes[:, :2]).T
    h_a, w_a = (anchors[:, 2:] - anchors[:, :2]).T
    y, x = (boxes[:, :2] + boxes[:, 2:]).T / 2
    y_a, x_a = (anchors[:, :2] + anchors[:, 2:]).T / 2
    return np.stack(
        [(x - x_a) / w_a, (y - y_a) / h_a, np.log(w / w_a), np.log(h / h_a)], axis=1
    )
    ### END SOLUTION


# %% check="encode_boxes" points=3

# %% [markdown]
# ### Exercise: decode_boxes
#
# And back: which box is meant? No formula this time, it follows from the four above.


# %% exercise="decode_boxes"
def decode_boxes(offsets, anchors):
    """The boxes to which the four numbers lead from the anchors.

    offsets: (n, 4), (t_x, t_y, t_w, t_h); anchors: (n, 4), corners.
    Returns corners (y1, x1, y2, x2), an array (n, 4).
    """
    ### BEGIN SOLUTION
    t_x, t_y, t_w, t_h = offsets.T
    h_a, w_a = (anchors[:, 2:] - anchors[:, :2]).T
    y_a, x_a = (anchors[:, :2] + anchors[:, 2:]).T / 2
    y, x = y_a + t_y * h_a, x_a + t_x * w_a
    h, w = h_a * np.exp(t_h), w_a * np.exp(t_w)
    return np.stack([y - h / 2, x - w / 2, y + h / 2, x + w / 2], axis=1)
    ### END SOLUTION


# %% check="decode_boxes" points=3

# %% example
with attempt():
    anchors = generate_anchors((16, 16), 4, [22], [0.5, 1, 2])
    somewhere = true_boxes[np.arange(len(anchors)) % len(true_boxes)]
    back = decode_boxes(encode_boxes(somewhere, anchors), anchors)
    print(
        f"{len(anchors)} anchors; there and back again, {np.abs(back - somewhere).max():.0e} off"
    )

# %% [markdown]
# ## What an anchor should say
#
# Is something there? An anchor never fits exactly, so its IoU with the true boxes decides:
#
# - **1**, an object: its IoU with some box is at least `high`;
# - **0**, none: its IoU with *every* box is below `low`;
# - **-1**, it does not count: what lies between teaches nothing.
#
# One rule comes on top. It may be that no anchor reaches `high` for some box, and that box would be lost. So the **best** anchor of each box says 1 as well, however small the IoU, as long as they overlap at all; if
# several are equally good, all of them.
#
# ### Exercise: rpn_targets
#
# Return the labels, and for each anchor the number, from 0, of the box with which its IoU is largest (the first of equals). A picture may hold no box: then all labels are 0, and all numbers too. `overlaps(anchors, boxes)` from the top of this notebook gives
# all IoUs.


# %% exercise="rpn_targets"
def rpn_targets(anchors, boxes, high=0.7, low=0.3):
    """What the network should say of each anchor.

    anchors: (n, 4), boxes: (k, 4), corners in the same unit.
    Returns labels, (n,), each 1, 0 or -1, and the number of each anchor's best box, (n,).
    """
    ### BEGIN SOLUTION
    labels = np.full(len(anchors), -1)
    if len(boxes) == 0:
        return np.zeros_like(labels), np.zeros_like(labels)
    table = overlaps(anchors, boxes)
    best = table.max(axis=1)
    labels[best < low] = 0
    labels[best >= high] = 1
    for k in range(len(boxes)):
        of_box = table[:, k]
        if of_box.max() > 0:
            labels[of_box == of_box.max()] = 1
    return labels, table.argmax(axis=1)
    ### END SOLUTION


# %% check="rpn_targets" points=5

# %% [markdown]
# ## Three losses in one
#
# The second look says three things of a region: its class, how its box must be moved, and, in **Mask R-CNN**, which pixels belong to it. Three losses, simply added:
#
# - the **class**: cross-entropy of the softmax of $K + 1$ scores for $K$ classes, number 0 being the background;
# - the **box**: smooth L1, $d^2 / 2$ where $|d| < 1$ and $|d| - \frac12$ beyond, where $d$ is found minus true; added over the four numbers. From 1 on the pull grows no more;
# - the **mask**: binary cross-entropy of each pixel, averaged over the pixels.
#
# The network gives four numbers and one mask *for each class*. Only those of the **true** class count. So each class has a sigmoid of its own, and classes don't compete for pixels: what it is has been said already. The
# background has neither box nor mask.
#
# ### Exercise: multi_task_loss
#
# The mean over all regions of the sum of the three, with TensorFlow. Class $c$ from 1 on has entry $c - 1$ of `offsets` and `masks`. `tf.one_hot` gives a row of zeros for a number that is no class, such as -1.


# %% exercise="multi_task_loss"
def multi_task_loss(labels, scores, offsets_true, offsets, masks_true, masks):
    """The mean over the regions of the losses of class, box and mask.

    labels: (n,), 0 for the background; scores: (n, K + 1), before the softmax;
    offsets_true: (n, 4); offsets: (n, K, 4);
    masks_true: (n, s, s) of 0 and 1; masks: (n, s, s, K), before the sigmoid.
    """
    ### BEGIN SOLUTION
    kind = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores)
    true_class = tf.one_hot(labels - 1, offsets.shape[1])
    d = tf.abs(tf.einsum("nkt,nk->nt", offsets, true_class) - offsets_true)
    box = tf.reduce_sum(tf.where(d < 1, d**2 / 2, d - 0.5), axis=1)
    chosen = tf.einsum("nyxk,nk->nyx", masks, true_class)
    pixels = tf.nn.sigmoid_cross_entropy_with_logits(labels=masks_true, logits=chosen)
    mask = tf.reduce_mean(pixels, axis=[1, 2])
    there = tf.cast(labels > 0, tf.float32)
    return tf.reduce_mean(kind + there * (box + mask))
    ### END SOLUTION


# %% check="multi_task_loss" points=5

# %% [markdown]
# ## A mask on the picture
#
# A mask comes out small, say 14 × 14 cells, and fills its box, whose corners lie anywhere. Which pixels of the picture are the object's? The question goes the other way round: each *pixel* asks. If its centre lies in
# the box, where in the mask is that, counted in cells? And is the value there, between four cells, at least one half?
#
# ### Exercise: paste_mask
#
# The box may reach out of the image.


# %% exercise="paste_mask"
def paste_mask(mask, box, image_shape):
    """Which pixels of an image a mask covers.

    mask: (s, s), probabilities; box: corners (y1, x1, y2, x2) in pixels, with fractions;
    image_shape: (rows, columns). Returns a boolean array of this shape.
    """
    ### BEGIN SOLUTION
    pasted = np.zeros(image_shape, dtype=bool)
    y1, x1, y2, x2 = box
    s = len(mask)
    for i in range(image_shape[0]):
        for j in range(image_shape[1]):
            y, x = i + 0.5, j + 0.5
            if y1 <= y < y2 and x1 <= x < x2:
                v, u = (y - y1) / (y2 - y1) * s, (x - x1) / (x2 - x1) * s
                pasted[i, j] = bilinear(mask[:, :, None], v, u)[0] >= 0.5
    return pasted
    ### END SOLUTION


# %% check="paste_mask" points=4

# %% [markdown]
# ## What you have just built
#
# All of Mask R-CNN. Now let it find, name and outline what stands in the streets. It learns in two steps (the first Faster R-CNN took four, in turns): first the map and the proposals, then, on your RoIAligned regions of that map, classes, boxes and
# masks.


# %%
STRIDE = 4
SHAPES = {"scales": [22], "ratios": [0.5, 1, 2]}


def batches(count, size, epochs):
    """Numbers of examples in a new order each epoch, `size` at a time."""
    rng = np.random.default_rng(0)
    for _ in range(epochs):
        order = rng.permutation(count)
        for start in range(0, count - size + 1, size):
            yield order[start : start + size]


def centred(images):
    """From 0 to 1 to -2 to 2: so a network learns faster."""
    return 4 * images - 2


def proposing_network():
    """The feature map of a picture, a cell for 4 x 4 pixels, and what it says of the anchors."""
    image = keras.Input((None, None, 3))
    X = layers.Conv2D(16, 3, padding="same", activation="relu")(image)
    X = layers.Conv2D(32, 3, padding="same", activation="relu")(layers.MaxPooling2D()(X))
    X = layers.Conv2D(48, 5, padding="same", activation="relu")(layers.MaxPooling2D()(X))
    Y = layers.Conv2D(48, 5, padding="same", activation="relu")(X)
    there = layers.Reshape((-1,))(layers.Conv2D(3, 1)(Y))
    offsets = layers.Reshape((-1, 4))(layers.Conv2D(12, 1)(Y))
    return keras.Model(image, X), keras.Model(image, [there, offsets])


def proposal_loss(labels, offsets_true, there, offsets):
    """Cross-entropy of the anchors that count, both kinds equally, and smooth L1 of those on an object."""
    on, off = (tf.cast(labels == wanted, tf.float32) for wanted in (1, 0))
    wrong = tf.nn.sigmoid_cross_entropy_with_logits(labels=on, logits=there)
    d = tf.abs(offsets - offsets_true)
    away = tf.reduce_sum(tf.where(d < 1, d**2 / 2, d - 0.5), axis=-1)
    objects = tf.reduce_sum(on * (wrong + 3 * away)) / tf.reduce_sum(on)
    return objects + 2 * tf.reduce_sum(off * wrong) / tf.reduce_sum(off)


def train(network, loss, inputs, targets, size, epochs, curves=None, name="", rate=3e-3):
    """Adam, small batches, a learning rate that falls to 0; a value of the curve every 20 steps."""
    steps = len(inputs) // size * epochs
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))

    @tf.function(autograph=False)
    def step(x, *wanted):
        with tf.GradientTape() as tape:
            value = loss(*wanted, *network(x, training=True))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, network.trainable_variables, strict=True)
        )
        return value

    recent = []
    for number, chosen in enumerate(batches(len(inputs), size, epochs), 1):
        recent.append(
            float(step(inputs[chosen], *(target[chosen] for target in targets)))
        )
        if curves is not None and number % 20 == 0:
            curves.add(name, np.mean(recent[-20:]))
    return float(np.mean(recent[-5:]))


ONE = np.array([[0.0, 0, 4, 4]])


def first_look():
    """Tries what the proposals are made of: what is not written yet says so."""
    rpn_targets(generate_anchors((1, 1), 4, [4], [1]), ONE)
    decode_boxes(encode_boxes(ONE, ONE), ONE)


def second_look():
    """Tries what the second look is made of."""
    first_look()
    roi_align(np.zeros((4, 4, 1)), ONE, 2)
    warp_regions(np.zeros((4, 4, 1)), ONE, 2)
    paste_mask(np.ones((2, 2)), ONE[0], (4, 4))
    shapes = (1, 2), (1, 4), (1, 1, 4), (1, 2, 2), (1, 2, 2, 1)
    multi_task_loss(tf.constant([1]), *(tf.zeros(shape) for shape in shapes))


# %% [markdown]
# First what the anchors should say, by your `rpn_targets` and `encode_boxes`. Then the sanity check: can the network learn four streets by heart?

# %% example
STREETS, EPOCHS = 200, 6
images, truth = scenes.streets(STREETS, seed=1, size=SIDE)
boxes = [plots_detection.pixels(rows, images[0]) for rows in truth]
kinds = [rows[:, 4].astype(int) + 1 for rows in truth]
with attempt():
    first_look()
    anchors = generate_anchors((SIDE // STRIDE, SIDE // STRIDE), STRIDE, **SHAPES)
    said, moved = [], []
    for n in range(STREETS):
        labels, of_box = rpn_targets(anchors, boxes[n], 0.6, 0.3)
        said.append(labels)
        moved.append(encode_boxes(boxes[n][of_box], anchors))
    said, moved = np.array(said, "int32"), np.array(moved, "float32")
    print(
        f"of {len(anchors)} anchors in a street, on average {np.mean(said == 1) * len(anchors):.0f} say 1,"
        f" {np.mean(said == 0) * len(anchors):.0f} say 0, the others don't count"
    )
    keras.utils.set_random_seed(0)
    _, few = proposing_network()
    before = float(proposal_loss(said[:4], moved[:4], *few(centred(images[:4]))))
    after = train(few, proposal_loss, centred(images[:4]), [said[:4], moved[:4]], 4, 40)
    print(f"four streets learned by heart: loss {before:.2f} before, {after:.2f} after")

# %% [markdown]
# **Yours to change.** Run the last cell and the next with `EPOCHS = 2`, or leave the ratio 2 out of `SHAPES` above and run its cell again (in `proposing_network`, `Conv2D(3, 1)` then becomes `Conv2D(2, 1)`, and `Conv2D(12, 1)` becomes `Conv2D(8, 1)`). Which
# things will it lose? The table of APs further down tells.

# %% example
with attempt():
    first_look()
    keras.utils.set_random_seed(0)
    feature_map, proposer = proposing_network()
    curves = LearningCurves(STREETS // 8 * EPOCHS // 20, "20 steps", "loss")
    train(
        proposer,
        proposal_loss,
        centred(images),
        [said, moved],
        8,
        EPOCHS,
        curves,
        "proposals",
    )


# %% [markdown]
# ### Which proposals are better
#
# Forty streets were put aside. What share of their things is met by one of the first $n$ proposals, with an IoU of at least one half? That is the **recall** of the proposals.
#
# **Predict.** Selective search has never seen a street before, the network has seen 200. Who meets more with ten proposals, and who with sixty?


# %%
def suppressed(scores, found, most, threshold):
    """Numbers of the boxes that stay, the surest first: notebook 10."""
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left) and len(kept) < most:
        kept.append(left[0])
        left = left[1:][overlaps(found[left[:1]], found[left[1:]])[0] <= threshold]
    return np.array(kept, dtype=int)


def propose(pictures, most, threshold=0.5):
    """The surest boxes of each picture, moved as the network says."""
    there, offsets = proposer.predict(centred(pictures), verbose=0, batch_size=40)
    proposals = []
    for scores, t in zip(there, offsets, strict=True):
        sure = np.argsort(-scores)[:100]
        found = np.clip(decode_boxes(t[sure], anchors[sure]), 0, SIDE)
        wide = np.min(found[:, 2:] - found[:, :2], axis=1) > 2
        sure, found = sure[wide], found[wide]
        proposals.append(found[suppressed(scores[sure], found, most, threshold)])
    return proposals


# %% example
new_images, new_truth = scenes.streets(40, seed=2, size=SIDE)
new_scenes = scenes.thought_up(40, seed=2)
new_boxes = [plots_detection.pixels(rows, new_images[0]) for rows in new_truth]
new_kinds = [rows[:, 4].astype(int) + 1 for rows in new_truth]
with attempt():
    first_look()
    start = time.perf_counter()
    searched = [selective_search(picture) for picture in new_images[:12]]
    by_search = (time.perf_counter() - start) / 12
    proposals = propose(new_images, 60)
    start = time.perf_counter()
    propose(new_images, 60)
    by_network = (time.perf_counter() - start) / 40

    def recall(proposed, count):
        met = [
            overlaps(true, some[:count]).max(axis=1) >= 0.5
            for true, some in zip(new_boxes, proposed, strict=False)
        ]
        return np.mean(np.concatenate(met))

    counts = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60]
    curves = {
        "selective search": [recall(searched, n) for n in counts],
        "network": [recall(proposals, n) for n in counts],
    }
    plots.show_curves(
        curves,
        "proposals",
        "recall",
        f"Selective search (on the first 12 streets only) takes {1000 * by_search:.0f} ms a picture, the network (on all 40) {1000 * by_network:.0f} ms. Selective search"
        " begins with the largest pieces, which are no things, and what it has not put together by the end it never"
        " meets; the network knows what it is looking for.",
        x=counts,
    )
    show_table(
        ["proposals", "selective search", "network"],
        [
            (n, *(f"{curve[counts.index(n)]:.2f}" for curve in curves.values()))
            for n in (1, 3, 10, 60)
        ],
    )

# %% [markdown]
# ### The second look
#
# For each street of the training set: some proposals, the true boxes, and the true boxes pushed about a little. A region is of the class of the box with which its IoU is largest, if that is at least one half, else
# background. Its features come from your `roi_align`, and its true mask is the true map of things, cut out by your `warp_regions`.


# %%
MASK = 14


def regions_of(n, proposed):
    """What is learned of one street: features, labels, offsets and masks of its regions."""
    rng = np.random.default_rng(n)
    pushed = np.clip(boxes[n] + rng.normal(0, 2, boxes[n].shape), 0, SIDE)
    regions = np.concatenate([proposed, boxes[n], pushed])
    table = overlaps(regions, boxes[n])
    thing = table.argmax(axis=1)
    labels = np.where(table.max(axis=1) >= 0.5, kinds[n][thing], 0)
    numbers = scenes.draw_labels(training_scenes[n], SIDE, one_by_one=True)
    shown = warp_regions(numbers[..., None], regions, MASK)[..., 0]
    masks = shown == thing[:, None, None] + 1
    features = roi_align(maps[n], regions / STRIDE, 7)
    return features, labels, encode_boxes(boxes[n][thing], regions), masks


def second_network():
    """Class, box and masks of a region from its 7 x 7 features."""
    features = keras.Input((7, 7, 48))
    X = layers.Dense(96, activation="relu")(layers.Flatten()(features))
    scores = layers.Dense(4)(X)
    offsets = layers.Reshape((3, 4))(layers.Dense(12)(X))
    M = layers.Conv2D(24, 3, padding="same", activation="relu")(features)
    M = layers.Conv2D(24, 3, padding="same", activation="relu")(M)
    M = layers.Conv2DTranspose(16, 2, strides=2, activation="relu")(M)
    return keras.Model(features, [scores, offsets, layers.Conv2D(3, 1)(M)])


def region_loss(labels, offsets_true, masks_true, scores, offsets, masks):
    """Your loss, in the order in which `train` hands targets and answers over."""
    return multi_task_loss(labels, scores, offsets_true, offsets, masks_true, masks)


# %% example
training_scenes = scenes.thought_up(STREETS, seed=1)
ROUNDS = 5
with attempt():
    second_look()
    maps = feature_map.predict(centred(images), verbose=0, batch_size=40)
    learned = [regions_of(n, found) for n, found in enumerate(propose(images, 5))]
    features, labels, offsets, masks = (
        np.concatenate(part) for part in zip(*learned, strict=True)
    )
    targets = [labels.astype("int32"), offsets.astype("f4"), masks.astype("f4")]
    print(f"{len(labels)} regions, {np.mean(labels == 0):.0%} of them background")
    keras.utils.set_random_seed(0)
    looker = second_network()
    curves = LearningCurves(len(labels) // 32 * ROUNDS // 20, "20 steps", "loss")
    train(
        looker,
        region_loss,
        features.astype("f4"),
        targets,
        32,
        ROUNDS,
        curves,
        "second look",
        2e-3,
    )


# %% [markdown]
# ### Found, named, outlined


# %%
def look(features, proposed):
    """Scores, boxes, classes and masks of what stands in one picture, from its regions' features."""
    scores, offsets, masks = (part.numpy() for part in looker(features.astype("f4")))
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    kind = shares[:, 1:].argmax(axis=1) + 1
    row = np.arange(len(kind))
    sure = shares[row, kind]
    found = np.clip(decode_boxes(offsets[row, kind - 1], proposed), 0, SIDE)
    kept = []
    for c in (1, 2, 3):
        mine = np.flatnonzero((kind == c) & (sure > 0.05))
        kept += list(mine[suppressed(sure[mine], found[mine], 10, 0.4)])
    kept = np.array(kept, dtype=int)
    small = 1 / (1 + np.exp(-masks[kept, :, :, kind[kept] - 1]))
    return sure[kept], found[kept], kind[kept], small


# %% example
with attempt():
    second_look()
    new_maps = feature_map.predict(centred(new_images), verbose=0, batch_size=40)
    first = [some[:15] for some in proposals]
    seen = [
        look(roi_align(new_maps[n], some / STRIDE, 7), some)
        for n, some in enumerate(first)
    ]

    def one_iou(box, other):
        return float(overlaps(box[None], other[None])[0, 0])

    true = list(zip(new_boxes, new_kinds, strict=True))
    precisions = [
        average_precision(
            *precision_and_recall([part[:3] for part in seen], true, c, one_iou)
        )
        for c in (1, 2, 3)
    ]
    mask_scores, box_scores = [], []
    for n, (_, found, kind, small) in enumerate(seen):
        numbers = scenes.draw_labels(new_scenes[n], SIDE, one_by_one=True)
        for k, box in enumerate(new_boxes[n]):
            mine = np.flatnonzero(kind == new_kinds[n][k])
            if not len(mine):
                continue
            best = mine[overlaps(box[None], found[mine])[0].argmax()]
            if one_iou(box, found[best]) < 0.5:
                continue
            pasted, wanted = (
                paste_mask(small[best], found[best], (SIDE, SIDE)),
                numbers == k + 1,
            )
            mask_scores.append(np.sum(pasted & wanted) / np.sum(pasted | wanted))
            box_scores.append(one_iou(box, found[best]))
    show_table(
        [
            "",
            *(f"AP, {c}" for c in scenes.CLASSES),
            "mAP",
            "IoU of the boxes",
            "IoU of the masks",
        ],
        [
            (
                "40 streets never seen",
                *(f"{p:.2f}" for p in precisions),
                f"{np.mean(precisions):.2f}",
                f"{np.mean(box_scores):.2f}",
                f"{np.mean(mask_scores):.2f}",
            )
        ],
        "15 proposals a street. A box is right with an IoU of at least one half; the last two columns are means over the things"
        " that were found.",
    )

# %% example
with attempt():
    second_look()
    chosen = [n for n in range(40) if len(new_boxes[n]) >= 3][:6]
    drawing = plots.figure(plots.MAX_WIDTH, plots.MAX_WIDTH * 0.66)
    for axes, n in zip(drawing.subplots(2, 3).ravel(), chosen, strict=False):
        sure, found, kind, small = seen[n]
        picture = new_images[n].copy()
        shown = np.flatnonzero(sure > 0.5)
        for k in shown:
            colour = plots_detection.COLOURS[kind[k] - 1]
            paint = np.array([int(colour[m : m + 2], 16) / 255 for m in (1, 3, 5)])
            inside = paste_mask(small[k], found[k], (SIDE, SIDE))
            picture[inside] = 0.45 * picture[inside] + 0.55 * paint
        plots_detection.draw_detections(
            axes, picture, (sure[shown], found[shown], kind[shown] - 1), scenes.CLASSES
        )
    plots.show(
        drawing,
        "Streets it has never seen: boxes, classes, and your pasted masks, each in the colour of its class. Two things of one class have"
        " masks of their own, which a map of classes could not give.",
    )

# %% [markdown]
# ### What sharing saves
#
# Both ways on the same pictures and the same proposals. *One by one*, as R-CNN: your `warp_regions` cuts each region out of the picture, and the network makes a map of each. *Shared*: one map of the picture,
# and your `roi_align` cuts regions out of that. What comes behind is the same.

# %% example
with attempt():
    second_look()
    rows = []
    for count in (5, 20, 60):
        some = [np.resize(proposals[n], (count, 4)) for n in range(4)]
        taken = []
        for shared in (False, True):
            for turn in range(2):  # the first turn warms up
                start = time.perf_counter()
                for n in range(2 if turn else 1):
                    if shared:
                        whole = feature_map(centred(new_images[n : n + 1])).numpy()[0]
                        pieces = roi_align(whole, some[n] / STRIDE, 7)
                    else:
                        cut = warp_regions(new_images[n], some[n], 28)
                        pieces = np.concatenate(
                            [feature_map(centred(one[None])).numpy() for one in cut]
                        )
                    looker(pieces.astype("f4"))
            taken.append((time.perf_counter() - start) / 2)
        pixels = count * 28 * 28, SIDE * SIDE
        rows.append(
            (
                count,
                *(f"{1000 * seconds:.0f} ms" for seconds in taken),
                *(f"{number:,}" for number in pixels),
            )
        )
    show_table(
        [
            "regions",
            "one by one",
            "shared",
            "pixels convolved, one by one",
            "pixels convolved, shared",
        ],
        rows,
        "Time for a picture. Shared, the convolutions cost the same for 5 regions and for 60; what grows is RoIAlign, which here are"
        " loops in Python. Real pictures are a hundred times larger, and real networks a thousand times: there the"
        " difference is 47 seconds against two tenths of one.",
    )

# %% [markdown]
# ## SSD: many maps
#
# Why a second look at all? **SSD** asks *several* feature maps at once, the fine ones for small things and the coarse ones for large ones, and lets its anchors, here called **default boxes**, say the class at once.
#
# With $m$ maps, map $k$ (from 0) has the scale
#
# $$s_k = s_{min} + \frac{s_{max} - s_{min}}{m - 1}\,k$$
#
# of the picture's side. Around the centre of each of its cells stand boxes of area $s_k^2$, one for each ratio, and one square more whose side lies between this scale and the next, $\sqrt{s_k\,s_{k+1}}$. (The formula has a next scale for the last map too.)
#
# ### Exercise: default_boxes
#
# All boxes as corners, in *fractions* of the picture: map by map, cells row by row, in each cell the ratios and then the square.


# %% exercise="default_boxes"
def default_boxes(grids, ratios, smallest=0.2, largest=0.9):
    """The default boxes of SSD.

    grids: cells along a side of each map, such as (8, 4, 2);
    ratios: for each map a list, height over width.
    Returns corners (y1, x1, y2, x2), fractions of the image, (n, 4).
    """
    ### BEGIN SOLUTION
    step = (largest - smallest) / (len(grids) - 1)
    boxes = []
    for k, side in enumerate(grids):
        s, following = smallest + step * k, smallest + step * (k + 1)
        shapes = [(s * r**0.5, s / r**0.5) for r in ratios[k]]
        shapes.append(((s * following) ** 0.5,) * 2)
        for i in range(side):
            for j in range(side):
                y, x = (i + 0.5) / side, (j + 0.5) / side
                boxes += [[y - h / 2, x - w / 2, y + h / 2, x + w / 2] for h, w in shapes]
    return np.array(boxes)
    ### END SOLUTION


# %% check="default_boxes" points=4

# %% example
with attempt():
    four, six = (1, 2, 1 / 2), (1, 2, 1 / 2, 3, 1 / 3)
    ssd300 = default_boxes((38, 19, 10, 5, 3, 1), (four, six, six, six, four, four))
    print(f"SSD for pictures of 300 pixels has {len(ssd300):,} default boxes")

# %% [markdown]
# ## Spot the mistake
#
# From the notes that this course grew out of. Each sentence is wrong; set it right.
#
# | name | the notes say | return |
# | :--- | :--- | :--- |
# | `segmentation` | "R-CNN gives a segmentation in addition to the bounding box." | the first of the family that gives a mask: `"R-CNN"`, `"Fast R-CNN"`, `"Faster R-CNN"` or `"Mask R-CNN"` |
# | `proposals` | "Fast R-CNN proposes regions from the feature map." (Elsewhere: "It is a convolutional sliding window.") | where it finds its regions: `"image"`, `"feature map"` or `"sliding window"` |
# | `roi_align` | "RoIAlign outputs multiple bounding boxes." | what it gives for each region: `"boxes"`, `"features"`, `"classes"` or `"masks"` |
# | `mask_head` | "The mask classifier consists of two CNNs." | how many small convolutional networks give the masks of a region |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these names and your answers. Leave out what you do not know yet; each answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"segmentation": a name, "proposals": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "segmentation": "Mask R-CNN",
        "proposals": "image",
        "roi_align": "features",
        "mask_head": 1,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Write `roi_align_backward`. Each value came from four cells, with four weights; what goes back? Compare with finite differences.
# - Replace `roi_align` in the second look by `roi_pool`, and train again. What becomes of the mask's IoU, and what of the mAP?
# - Run selective search several times, with other likenesses in `segments.cut_up` and with one of the four similarities left out each time, and propose what any of them finds. How much recall is gained, and for
#   how much time?
#
# ## Where this comes from
#
# Jasper Uijlings and others put the pieces together (*Selective Search for Object Recognition*, 2013). Ross Girshick, Jeff Donahue, Trevor Darrell and Jitendra Malik made R-CNN of it (2014), and Girshick made it
# fast (*Fast R-CNN*, 2015). The proposals were learned by Shaoqing Ren, Kaiming He, Girshick and Jian Sun (*Faster R-CNN*, 2015), the masks by He, Georgia Gkioxari, Piotr Dollár and Girshick (*Mask R-CNN*, 2017). MultiBox is by Dumitru Erhan and others (2014),
# SSD by Wei Liu and others (2016), R-FCN by Jifeng Dai and others (2016).
#
# The next notebook asks for no boxes at all: it labels every pixel.
