#: You write: transposed convolutions forward and backward, U-Net, losses and scores for maps of pixels, counted pieces
#: Applied to: what every pixel of a drawn street shows

# %% [markdown]
# # Semantic segmentation
#
# You will be able to teach a network to say of *every pixel* what it shows. On the way you make images larger with a
# convolution, build U-Net, and learn to mistrust the share of right pixels.
#
# **Stands on** notebooks 01, 03 and 10. **Takes** about forty minutes to read and three hours to do.

# %% setup
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import layers

from dlcourse.checks.segmentation import check, hint, solution
from dlcourse.data import scenes
from dlcourse.figures import detection as plots_detection
from dlcourse.figures import diagrams, plots
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.segmentation import explore_overlaps

# %% [markdown]
# ## What every pixel shows
#
# A box says roughly where a car is. Its corners hold asphalt, though, and a pedestrian fills hardly half of theirs. Whoever has to
# steer around them, or measure a tumour, needs more: the pixels.

# %% demo
crowd = next(
    scene
    for scene in scenes.thought_up(300, seed=40)
    if sorted(thing.kind for thing in scene.things) == ["car", *scenes.CLASSES]
)
PALETTE = np.array(
    [
        [0.22, 0.24, 0.27],
        *(
            [int(c[n : n + 2], 16) / 255 for n in (1, 3, 5)]
            for c in plots_detection.COLOURS
        ),
        [1, 1, 1],
    ]
)


def in_colours(labels):
    """A map of labels as an image: dark street, orange cars, blue pedestrians, green lights."""
    return PALETTE[np.minimum(labels, 5)]


image = scenes.draw(crowd, 96)
plots.show_images(
    [
        image,
        in_colours(scenes.draw_labels(crowd, 96)),
        in_colours(scenes.draw_labels(crowd, 96, one_by_one=True)),
    ],
    ["a street", "semantic: which class", "instance: which thing"],
    "In the middle every pixel has the label of a class: street, car, pedestrian, traffic light. On the right every"
    " thing has a number of its own, so two cars stay two where they touch. The streets are drawn by a program, so each"
    " pixel's label is known.",
)

# %% [markdown]
# This is **semantic segmentation**: an image goes in, a map of the same size comes out, with one label for each pixel. Labels are
# whole numbers from 0, here 0 for the street with all its houses, 1 for a car, 2 for a pedestrian, 3 for a traffic light.
#
# A network for it could keep the size all the way, but then each layer works on every pixel, and none sees far. Classifiers pool
# for good reasons: what is small is cheap, and a unit in a small volume sees much of the image. So a network for maps goes
# *down*, as a classifier does, and then up again. Down you can: convolve with a stride, or pool. The way up is new.
#
# ## A convolution, backwards
#
# Take a convolution with a stride of 2. Each number of its small output comes from one window of its large input. Turn the arrow
# round: each number of a small input *writes into* one window of a large output. It writes the filter, times itself.
# Where windows overlap, what is written adds up. That is a **transposed convolution**.

# %% demo
small = np.array([[1, 2], [3, 4]])
stamp = np.array([[1, 2], [3, 5]])
stamps = [np.zeros((3, 3), int) for _ in range(4)]
for number, (h, w) in enumerate(np.ndindex(2, 2)):
    stamps[number][h : h + 2, w : w + 2] = small[h, w] * stamp
diagrams.show_numbers(
    small,
    "",
    stamp,
    "→",
    stamps[0],
    "+",
    stamps[1],
    "+",
    stamps[2],
    "+",
    stamps[3],
    "=",
    sum(stamps),
    titles=["A", "W", "1 · W", "2 · W", "3 · W", "4 · W", "Z"],
    marks={2 + number: [(h, w, 2, 2)] for number, (h, w) in enumerate(np.ndindex(2, 2))},
    caption="Stride 1. Each of the four numbers of A puts the filter W into its own window, and the four sheets are added."
    " The middle pixel gets something from all four: 5 + 2·3 + 3·2 + 4·1 = 21.",
)

# %% [markdown]
# With a stride of $s$ the windows begin $s$ pixels apart. The last of $n$ begins at $(n - 1)s$ and is $f$ wide. And what a convolution
# has *padded* with $p$ pixels at each side, its way back *cuts off*:
#
# $$n_{out} = (n - 1)\,s + f - 2p$$
#
# You have written this before. In notebook 01 `conv_backward` gave each gradient back to its window, as `dA_prev`: it *was* a transposed
# convolution. That is why a filter here has its channels in that order: `W` has the shape `(f, f, n_C, n_C_prev)`, first the
# channels that come out, then those that go in, as in Keras.
#
# **Predict.** Three pixels in a row, a filter of 3, a stride of 2, nothing cut off. How many pixels come out, and how many of
# them are written twice?
#
# ### Exercise: transposed_conv
#
# One new thing only is left to find: how much room to make, and where to cut. `W @ A[i, h, w]` multiplies the filters with all channels of one pixel: `(f, f,
# n_C, n_C_prev) @ (n_C_prev,)` has the shape `(f, f, n_C)`. A stride may be larger than the filter; then some pixels stay 0.


# %% exercise="transposed_conv"
def transposed_conv(A, W, stride, pad):
    """Each pixel writes the filter, times itself, into its window; overlaps add up.

    A has shape (m, n_H_prev, n_W_prev, n_C_prev), W has (f, f, n_C, n_C_prev);
    `pad` rows and columns are cut off at each side.
    Returns an array of shape (m, n_H, n_W, n_C).
    """
    ### BEGIN SOLUTION
    m, rows, columns, _ = A.shape
    f, _, n_C, _ = W.shape
    n_H, n_W = (rows - 1) * stride + f, (columns - 1) * stride + f
    Z = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(rows):
            for w in range(columns):
                y, x = h * stride, w * stride
                Z[i, y : y + f, x : x + f] += W @ A[i, h, w]
    return Z[:, pad : n_H - pad, pad : n_W - pad]
    ### END SOLUTION


# %% check="transposed_conv" points=5

# %% example
with attempt():
    row = transposed_conv(np.ones((1, 3, 1, 1)), np.ones((3, 3, 1, 1)), 2, 0)[0, :, 1, 0]
    print(f"three pixels become {len(row)}, written {row.astype(int).tolist()} times")

# %% [markdown]
# ### Is it Keras's layer?
#
# `keras.layers.Conv2DTranspose` knows no number of pixels to cut off, only two words. "valid" cuts nothing. "same" makes the output exactly $n
# \cdot s$ large. Which rows it cuts off for that is Keras's own choice, so let us measure: compare your uncut result with Keras's.

# %% example
with attempt():
    rng = np.random.default_rng(0)
    rows = []
    for f, stride in ((3, 1), (3, 2), (4, 2), (2, 2), (5, 2), (3, 3), (5, 3)):
        layer = layers.Conv2DTranspose(
            2, f, strides=stride, padding="same", use_bias=False
        )
        A = rng.normal(size=(1, 5, 7, 3)).astype("float32")
        same = layer(A).numpy()
        whole = transposed_conv(A, layer.kernel.numpy(), stride, 0)
        n_H, n_W = same.shape[1:3]
        cuts = {
            before: np.abs(
                whole[:, before : before + n_H, before : before + n_W] - same
            ).max()
            for before in range(whole.shape[1] - n_H + 1)
        }
        before = min(cuts, key=cuts.get)
        rows.append(
            (
                f,
                stride,
                f"{n_H} × {n_W}",
                before,
                whole.shape[1] - n_H - before,
                f"{cuts[before]:.0e}",
            )
        )
    show_table(
        ["filter", "stride", '"same"', "cut before", "cut after", "largest difference"],
        rows,
        "5 × 7 pixels. Of f - s rows too many the smaller half goes above, the larger below; so it is your function with"
        " one row more cut off below wherever f - s is odd.",
    )

# %% [markdown]
# ## The way back of the way back
#
# A network must learn the filter, so the gradient has to find its way back. For one image and one channel: pixel $(h, w)$ wrote
# $W \cdot A_{hw}$ into its window of $Z$, and nowhere else. Whatever the loss thinks of that window, $dZ$ there, concerns
# this pixel:
#
# - $A_{hw}$ went into each of the window's pixels, with the weight that lay there;
# - each weight went into one pixel of *each* window, times that window's $A_{hw}$.
#
# What was cut off had no part in the loss: its gradient is 0.
#
# **Predict.** The gradient of a convolution is a transposed convolution. What will the gradient of a transposed convolution be?
#
# ### Exercise: transposed_conv_backward
#
# From the two sentences, write `dA` and `dW`, for many images and channels.


# %% exercise="transposed_conv_backward"
def transposed_conv_backward(dZ, A, W, stride, pad):
    """The gradients of the loss with respect to A and W of transposed_conv.

    dZ has the shape of its result, (m, n_H, n_W, n_C).
    Returns dA and dW, with the shapes of A and W.
    """
    ### BEGIN SOLUTION
    m, rows, columns, _ = A.shape
    f = W.shape[0]
    dZ = np.pad(dZ, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dA, dW = np.zeros(A.shape), np.zeros(W.shape)
    for i in range(m):
        for h in range(rows):
            for w in range(columns):
                y, x = h * stride, w * stride
                window = dZ[i, y : y + f, x : x + f]
                dA[i, h, w] = np.tensordot(window, W, axes=3)
                dW += window[..., np.newaxis] * A[i, h, w]
    return dA, dW
    ### END SOLUTION


# %% check="transposed_conv_backward" points=4

# %% [markdown]
# `dA` is a plain convolution of `dZ`, with the very filter, the stride and the padding that the transposed one went against. Each of
# the two is the other's way back, in size and in gradient. It is **not its inverse**, though it is often called "deconvolution":

# %% example
with attempt():
    rng = np.random.default_rng(1)
    A, W = rng.normal(size=(1, 4, 4, 1)), rng.normal(size=(3, 3, 1, 1))
    large = transposed_conv(A, W, 2, 1)
    again, _ = transposed_conv_backward(large, A, W, 2, 1)
    diagrams.show_numbers(
        A[0, :, :, 0].round(1),
        "→",
        large[0, :, :, 0].round(1),
        "→",
        again[0, :, :, 0].round(1),
        titles=["A", "transposed", "convolved"],
        caption="The sizes come back, the numbers don't.",
    )

# %% [markdown]
# ### A chessboard that nobody painted
#
# A filter of 3 with a stride of 2 writes some pixels once, some twice, some four times. If its weights don't learn to make up for it,
# the image shows a pattern of squares, the **checkerboard** that networks which paint are known for.

# %% example
with attempt():
    photo = scenes.draw(crowd, 48)[..., :1]
    weights = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])[..., None, None] / 4
    uneven = transposed_conv(photo[np.newaxis], np.full((3, 3, 1, 1), 4 / 9), 2, 1)[0]
    even = transposed_conv(photo[np.newaxis], weights, 2, 1)[0]
    plots.show_images(
        [photo, uneven, even],
        ["48 pixels", "3 × 3 equal weights", "weights 1, 2, 1"],
        "Doubled by your function, stride 2. Equal weights write a pattern over the whole image. With 1, 2, 1 in both"
        " directions every pixel gets the same in all: this filter lies among those that can be learned.",
    )

# %% [markdown]
# Move the controls: for which filters and strides is the middle even? What do they have in common?

# %% example
with attempt():
    explore_overlaps(transposed_conv)

# %% [markdown]
# The middle is even where the stride divides the filter. So a filter of 2 or 4 with a stride of 2 would be wiser than 3. The well-known U-Net takes 3,
# and learns to make up for it.
#
# ## Down, up, and across
#
# Now the network. On the way down an image becomes smaller and deeper; at the bottom a unit sees nearly all of it and knows
# *what* is there, but on a few pixels only. On the way up it becomes larger again, yet *where* exactly the edges ran has been
# pooled away. The idea of **U-Net**: hand the volumes of the way down across to the way up, level by level.

# %% demo
figure = plots.figure(height=3.4)
axes = figure.subplots()
axes.set_xlim(-0.4, 10.4)
axes.set_ylim(-0.2, 5.3)
axes.axis("off")
for level, (width, side) in enumerate(((1, 96), (2, 48), (4, 24), (8, 12), (16, 6))):
    y, words = 4.3 - level, f"{'' if width == 1 else width} n"
    places = (0.9 * level, 9 - 0.9 * level) if level < 4 else (3.9,)
    for place in places:
        wide = 1 if level < 4 else 2.2
        axes.add_patch(
            plots.Rectangle(
                (place, y),
                wide,
                0.55,
                facecolor=plots.BLUE,
                alpha=0.25,
                edgecolor=plots.INK,
            )
        )
        axes.text(
            place + wide / 2, y + 0.27, words, ha="center", va="center", color=plots.INK
        )
    axes.text(
        places[0] - 0.08,
        y + 0.27,
        f"{side}",
        ha="right",
        va="center",
        color=plots.INK,
        fontsize=8,
    )
    arrow = {"arrowstyle": "->", "color": plots.INK}
    if level < 4:
        axes.annotate(
            "",
            (8.95 - 0.9 * level, y + 0.27),
            (0.9 * level + 1.05, y + 0.27),
            arrowprops={**arrow, "color": plots.ORANGE},
        )
        axes.annotate(
            "",
            (0.9 * level + 1.2, y - 0.42),
            (0.9 * level + 0.6, y - 0.02),
            arrowprops=arrow,
        )
        axes.annotate(
            "",
            (9.4 - 0.9 * level, y - 0.02),
            (8.8 - 0.9 * level, y - 0.42),
            arrowprops=arrow,
        )
plots.show(
    figure,
    "U-Net for images of 96 rows. Boxes are volumes with their channels, n to 16 n; on the left their rows. Down: max"
    " pooling. Up: transposed convolutions. Across, orange: the volume itself, as further channels.",
)

# %% [markdown]
# ### One level down
#
# | step | layer |
# | :--- | :--- |
# | 1, 2 | two convolutions, 3 × 3, `n_filters`, padding "same", each with ReLU |
# | 3 | a dropout, if `dropout_prob` is above 0 |
# | 4 | a max pooling of 2 × 2, if `max_pooling` |
#
# Two tensors come out: what the next level reads, and what is handed across. Across goes what was there *before* the pooling.
#
# ### Exercise: conv_block
#
# Write the level. (In the well-known course both convolutions have `kernel_initializer="he_normal"`; it is no part of the check.)


# %% exercise="conv_block"
def conv_block(inputs=None, n_filters=32, dropout_prob=0, max_pooling=True):
    """One level on the way down.

    Returns two Keras tensors: what the next level reads, and what is handed across.
    """
    ### BEGIN SOLUTION
    options = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    conv = layers.Conv2D(n_filters, 3, **options)(inputs)
    conv = layers.Conv2D(n_filters, 3, **options)(conv)
    if dropout_prob > 0:
        conv = layers.Dropout(dropout_prob)(conv)
    next_layer = layers.MaxPooling2D(2)(conv) if max_pooling else conv
    return next_layer, conv
    ### END SOLUTION


# %% check="conv_block" points=4

# %% [markdown]
# ### One level up
#
# | step | layer |
# | :--- | :--- |
# | 1 | a transposed convolution of what comes from below, 3 × 3, `n_filters`, stride 2, padding "same", no ReLU |
# | 2 | what was handed across, laid beside it as further channels |
# | 3, 4 | two convolutions, 3 × 3, `n_filters`, padding "same", each with ReLU |
#
# Residual networks *add* what a shortcut brings. Here it is laid beside: fine edges and a rough idea of what they belong to are two different
# things, and the convolutions behind may learn what to make of them.
#
# ### Exercise: upsampling_block


# %% exercise="upsampling_block"
def upsampling_block(expansive_input, contractive_input, n_filters=32):
    """One level on the way up: what comes from below, and what was handed across.

    Returns a Keras tensor as high and wide as contractive_input.
    """
    ### BEGIN SOLUTION
    options = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    larger = layers.Conv2DTranspose(n_filters, 3, strides=2, padding="same")(
        expansive_input
    )
    both = layers.Concatenate()([larger, contractive_input])
    conv = layers.Conv2D(n_filters, 3, **options)(both)
    return layers.Conv2D(n_filters, 3, **options)(conv)
    ### END SOLUTION


# %% check="upsampling_block" points=4

# %% [markdown]
# ### Sizes that fit
#
# **Predict.** One level down, one level up. For an image of 7 × 7 pixels, what will Keras say?

# %% example
with attempt():
    for n in (8, 7):
        X = keras.Input((n, n, 3))
        below, across = conv_block(X, 4)
        try:
            there = upsampling_block(below, across, 4)
            print(f"{n} pixels: {below.shape[1]} below, {there.shape[1]} above again")
        except ValueError:
            print(
                f"{n} pixels: {below.shape[1]} below, {2 * below.shape[1]} above again, and {across.shape[1]} from the side:"
                " they do not fit"
            )

# %% [markdown]
# 7 is halved to 3, and 3 doubled is 6. A pooling with padding "same" makes it 4, and 8 above, which fits as little. A size has to be even at *each* level.
# Images of other sizes are filled up with a border first, whose pixels then don't count (we come to that).
#
# ### Exercise: fitting_size
#
# The smallest size from `n` on that comes through so many poolings without a rest. A whole number.


# %% exercise="fitting_size"
def fitting_size(n, poolings):
    """The smallest size, n or more, that can be halved `poolings` times without a rest."""
    ### BEGIN SOLUTION
    unit = 2**poolings
    return (n + unit - 1) // unit * unit
    ### END SOLUTION


# %% check="fitting_size" points=2

# %% [markdown]
# ### U-Net
#
# | | level | filters | dropout | gets from the side |
# | :--- | :--- | :--- | :--- | :--- |
# | 1 to 3 | `conv_block` | `n_filters`, 2 and 4 times as many | | |
# | 4 | `conv_block` | 8 times as many | 0.3 | |
# | 5 | `conv_block`, not pooled | 16 times as many | 0.3 | |
# | 6 | `upsampling_block` | 8 times as many | | the fourth |
# | 7 | `upsampling_block` | 4 times as many | | the third |
# | 8 | `upsampling_block` | 2 times as many | | the second |
# | 9 | `upsampling_block` | `n_filters` | | the first |
# | 10 | convolution 3 × 3, "same", ReLU | `n_filters` | | |
# | 11 | convolution 1 × 1 | `n_classes` | | |
#
# The last layer has no activation: it gives a *score* of each class for each pixel, before the softmax, and a pixel's label is its
# best class.
#
# ### Exercise: unet_model
#
# Build it from your two blocks. `input_size` is `(height, width, channels)`.


# %% exercise="unet_model"
def unet_model(input_size=(96, 128, 3), n_filters=32, n_classes=23):
    """U-Net: an image in, for each pixel the scores of all classes out.

    Returns a Keras model from (n_H, n_W, n_C) to (n_H, n_W, n_classes).
    """
    ### BEGIN SOLUTION
    inputs = keras.Input(input_size)
    cblock1 = conv_block(inputs, n_filters)
    cblock2 = conv_block(cblock1[0], 2 * n_filters)
    cblock3 = conv_block(cblock2[0], 4 * n_filters)
    cblock4 = conv_block(cblock3[0], 8 * n_filters, dropout_prob=0.3)
    cblock5 = conv_block(cblock4[0], 16 * n_filters, dropout_prob=0.3, max_pooling=False)
    ublock6 = upsampling_block(cblock5[0], cblock4[1], 8 * n_filters)
    ublock7 = upsampling_block(ublock6, cblock3[1], 4 * n_filters)
    ublock8 = upsampling_block(ublock7, cblock2[1], 2 * n_filters)
    ublock9 = upsampling_block(ublock8, cblock1[1], n_filters)
    conv10 = layers.Conv2D(
        n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
    )(ublock9)
    scores = layers.Conv2D(n_classes, 1)(conv10)
    return keras.Model(inputs, scores)
    ### END SOLUTION


# %% check="unet_model" points=6

# %% example
with attempt():
    unet = unet_model()
    print(
        f"{unet.count_params():,} parameters; {unet.input_shape[1:]} in, {unet.output_shape[1:]} out"
    )

# %% [markdown]
# That is the well-known one, for streets with 23 classes. Ours will be smaller.
#
# ## How wrong is a map
#
# Each pixel is a small classification, so each has a cross-entropy: $-\ln$ of the softmax of its right class. The loss of a map is the
# mean over its pixels. Over *all* its pixels? Images are filled up with borders; people who label leave out what they cannot tell,
# the blurred, the hairline between two things. Such pixels carry a label that is no class, often 255, and must not count: neither in the
# sum, nor in the number by which you divide.
#
# ### Exercise: pixel_loss
#
# The mean over all pixels of the batch whose label is not `ignore`; 0 if there is none. `tf.boolean_mask(x, mask)` keeps the entries where a
# mask is true, and `tf.math.divide_no_nan(a, b)` is 0 where `b` is.


# %% exercise="pixel_loss"
def pixel_loss(y_true, y_pred, ignore=255):
    """The mean cross-entropy of the pixels that count.

    y_true: labels, (m, n_H, n_W); y_pred: scores before the softmax, (m, n_H, n_W, C).
    Pixels labelled `ignore` don't count. Returns one number.
    """
    ### BEGIN SOLUTION
    counts = tf.not_equal(y_true, ignore)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.boolean_mask(y_true, counts), logits=tf.boolean_mask(y_pred, counts)
    )
    number = tf.cast(tf.size(losses), losses.dtype)
    return tf.math.divide_no_nan(tf.reduce_sum(losses), number)
    ### END SOLUTION


# %% check="pixel_loss" points=4

# %% [markdown]
# ## How right is a map
#
# **Predict.** About four fifths of the pixels in our streets show street. A lazy network calls every pixel street. What share of its pixels is
# right? And if you were to give it a mark from 0 to 1, with four classes?
#
# The share of right pixels forgives everything that happens to small things. So take class by class the *intersection over
# union* of notebook 10, of sets of pixels this time: those of the class in both maps, over those of the class in either. Then the mean over the
# classes, **mean IoU**. Two rules at its edge:
#
# - a class that is in neither map says nothing, and doesn't count;
# - a class that is only predicted, or only true, counts, with 0.
#
# ### Exercise: mean_iou
#
# For maps of any shape, one map or many; of many, all pixels are counted together. Labels are below `n_classes`.


# %% exercise="mean_iou"
def mean_iou(y_true, y_pred, n_classes):
    """The mean over the classes of intersection over union.

    y_true, y_pred: labels, arrays of the same shape. A class in neither doesn't count.
    Returns one number.
    """
    ### BEGIN SOLUTION
    scores = []
    for label in range(n_classes):
        true, said = y_true == label, y_pred == label
        either = np.sum(true | said)
        if either > 0:
            scores.append(np.sum(true & said) / either)
    return np.mean(scores)
    ### END SOLUTION


# %% check="mean_iou" points=4

# %% example
images, labels = scenes.labelled_streets(150, seed=2, size=32)
with attempt():
    lazy = np.zeros_like(labels)
    print(
        f"street everywhere: {np.mean(lazy == labels):.1%} of the pixels are right, mean IoU {mean_iou(labels, lazy, 4):.3f}"
    )

# %% [markdown]
# A good fifth, since one of four classes is right to four fifths. (Keras has a `MeanIoU` as well. Give it labels: of probabilities
# it cuts off everything behind the point, and calls a perfect answer of .9 a 0.)
#
# ### Dice
#
# In medicine the other usual number is **Dice**'s, of two masks $A$ and $B$:
#
# $$\frac{2\,|A \cap B|}{|A| + |B|}$$
#
# It is always a little kinder than IoU: with $x$ for IoU it is $2x / (1 + x)$. Two empty masks agree: 1.
#
# ### Exercise: dice


# %% exercise="dice"
def dice(y_true, y_pred):
    """2 |A and B| / (|A| + |B|) of two masks, boolean arrays; 1 if both are empty."""
    ### BEGIN SOLUTION
    total = np.sum(y_true) + np.sum(y_pred)
    if total == 0:
        return 1.0
    return 2 * np.sum(y_true & y_pred) / total
    ### END SOLUTION


# %% check="dice" points=2

# %% [markdown]
# ## One object or two
#
# A map of classes knows no things. Still, one can count: pixels of one class that hang together are one piece. For cells under a
# microscope that is often all that is wanted.
#
# ### Exercise: count_instances
#
# How many connected pieces does a mask have? Pixels are connected if they share a side; a corner is not enough. Begin anywhere, follow
# the piece to its end, wipe it out, begin again. A function that calls itself for each pixel goes too deep for Python, so keep a
# list of pixels that wait.


# %% exercise="count_instances"
def count_instances(mask):
    """The number of connected pieces of a mask, a boolean array (n_H, n_W)."""
    ### BEGIN SOLUTION
    left = np.array(mask, dtype=bool)
    n_H, n_W = left.shape
    count = 0
    for start in np.argwhere(mask):
        if not left[tuple(start)]:
            continue
        count += 1
        left[tuple(start)] = False
        waiting = [tuple(start)]
        while waiting:
            y, x = waiting.pop()
            for a, b in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= a < n_H and 0 <= b < n_W and left[a, b]:
                    left[a, b] = False
                    waiting.append((a, b))
    return count
    ### END SOLUTION


# %% check="count_instances" points=4

# %% [markdown]
# **Predict.** In the streets that were put aside, of those with two cars, how many will your function count in the *true* map of classes?
# When can it be wrong?

# %% example
with attempt():
    streets = [
        (scene, sum(thing.kind == "car" for thing in scene.things))
        for scene in scenes.thought_up(150, seed=2)
    ]
    counted = [
        (number, count_instances(scenes.draw_labels(scene, 32) == 1))
        for scene, number in streets
    ]
    rows = [
        (
            number,
            sum(cars == number for cars, _ in counted),
            sum(cars == found == number for cars, found in counted),
        )
        for number in (0, 1, 2, 3)
    ]
    show_table(
        ["cars", "streets", "counted right"],
        rows,
        "Pieces of the class car, in maps without any error. Two cars that touch are one piece, and a car behind a"
        " traffic light is two: that is what semantic segmentation cannot know, and instance segmentation is for.",
    )

# %% [markdown]
# ## What you have just built
#
# Everything that a network for maps needs. Now label streets of 32 × 32 pixels with it. For so small an image three poolings do, so the network is a U-Net with a
# level less than `unet_model`, made of your blocks; the loss is your `pixel_loss`, the mark your `mean_iou`.


# %%
SIDE = 32
BATCH = 8


def street_network(skips=True, n_filters=8):
    """A U-Net of four levels; without skips, nothing but zeros is handed across."""
    inputs = keras.Input((SIDE, SIDE, 3))
    X, handed_across = inputs, []
    for level in range(3):
        X, across = conv_block(X, n_filters * 2**level)
        handed_across.append(across if skips else 0 * across)
    X, _ = conv_block(X, n_filters * 8, max_pooling=False)
    for level in (2, 1, 0):
        X = upsampling_block(X, handed_across[level], n_filters * 2**level)
    return keras.Model(inputs, layers.Conv2D(4, 1)(X))


def centred(images):
    """From 0 to 1 to -2 to 2: so a network learns faster."""
    return 4 * images - 2


def train(network, X, Y, steps, curves=None, name="training", rate=5e-3):
    """Adam, small batches; a learning rate that rises for 50 steps, then falls to 0. A value of the curve every 25."""
    falling = keras.optimizers.schedules.CosineDecay(
        rate / 20, steps - 50, warmup_target=rate, warmup_steps=50
    )
    optimizer = keras.optimizers.Adam(falling)
    rng = np.random.default_rng(0)

    @tf.function(autograph=False)
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = pixel_loss(y, network(x, training=True))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, network.trainable_variables, strict=True)
        )
        return loss

    recent = []
    for number in range(steps):
        chosen = rng.choice(len(X), min(BATCH, len(X)), replace=False)
        recent.append(float(step(X[chosen], Y[chosen])))
        if curves is not None and (number + 1) % 25 == 0:
            curves.add(name, np.mean(recent[-25:]))
    return float(np.mean(recent[-5:]))


# %% [markdown]
# First the sanity check: can it learn four streets by heart?

# %% example
X, Y = scenes.labelled_streets(500, seed=1, size=SIDE)
X = centred(X)
with attempt():
    keras.utils.set_random_seed(0)
    few = street_network()
    before = float(pixel_loss(Y[:4], few(X[:4])))
    after = train(few, X[:4], Y[:4], 150)
    print(f"four streets learned by heart: loss {before:.2f} before, {after:.2f} after")

# %% [markdown]
# Now five hundred.
#
# **Yours to change.** Run the next two cells with `SKIPS = False`. Zeros are handed across then, and every edge has to be
# remembered by the bottom, which has 4 × 4 pixels. What will happen to the mean IoU, and what to the pixels at the edges of things?

# %% example
SKIPS = True
STEPS = 500
with attempt():
    keras.utils.set_random_seed(0)
    network = street_network(SKIPS)
    print(f"{network.count_params():,} parameters")
    curves = LearningCurves(STEPS // 25, "25 steps", "loss")
    train(network, X, Y, STEPS, curves)

# %% [markdown]
# 150 streets were put aside; `images` and `labels` hold them. A pixel lies *at an edge* if the pixel on its right or below it has another
# label.


# %%
def at_edges(labels):
    """Where the next pixel on the right or below shows something else."""
    edge = np.zeros(labels.shape, bool)
    edge[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    edge[:, :, :-1] |= labels[:, :, :-1] != labels[:, :, 1:]
    return edge


# %% example
said = np.zeros_like(labels)
with attempt():
    street_network()  # the network is made of your blocks
    start = time.perf_counter()
    said = network.predict(centred(images), verbose=0, batch_size=50).argmax(axis=-1)
    taken = (time.perf_counter() - start) / len(images)
    edge = at_edges(labels)
    rows = [
        (
            what,
            f"{np.mean(answer == labels):.1%}",
            f"{np.mean(answer[edge] == labels[edge]):.1%}",
            f"{mean_iou(labels, answer, 4):.3f}",
            *(f"{dice(labels == c, answer == c):.2f}" for c in (1, 2, 3)),
        )
        for what, answer in (("street everywhere", 0 * labels), ("your network", said))
    ]
    show_table(
        [
            "",
            "right",
            "right at edges",
            "mean IoU",
            *(f"Dice {c}" for c in scenes.CLASSES),
        ],
        rows,
        f"150 streets that it has never seen, {1000 * taken:.0f} ms for each. With ten other first weights the "
        "mean IoU was 0.81 to 0.87.",
    )
    chosen = [number for number in range(150) if len(np.unique(labels[number])) == 4][:4]
    plots.show_images(
        [images[n] for n in chosen]
        + [in_colours(labels[n]) for n in chosen]
        + [in_colours(said[n]) for n in chosen],
        ["street"] * 4 + ["truth"] * 4 + ["your network"] * 4,
        "Four of them, those with all three classes. Look where it errs: at thin things, such as legs and masts, and where one thing"
        " hides another.",
        columns=4,
    )

# %% example
with attempt():
    cars = [count_instances(answer == 1) for answer in said]
    right = np.mean(
        [found == number for found, (_, number) in zip(cars, streets, strict=True)]
    )
    print(
        f"pieces of the class car in its maps: as many as cars in {right:.0%} of the streets"
    )

# %% [markdown]
# Fewer than in the true maps: a few stray pixels are a piece as well. Whoever counts wipes out small pieces first.

# %% [markdown]
# ## Spot the mistake
#
# Both sentences are from the notes that this course grew out of, and both are wrong. Set them right.
#
# | name | the notes say | return |
# | :--- | :--- | :--- |
# | `each_pixel` | "Instance segmentation gives each pixel a label." | which segmentation gives each pixel the label of a class, and no more: `"semantic"`, `"instance"`, `"both"` or `"neither"` |
# | `deconvolution` | "A deconvolution undoes a convolution." | what of the convolution's input it gives back: `"size"`, `"numbers"`, `"both"` or `"neither"` |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these two names and your answers. Leave out what you do not know yet; each answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"each_pixel": a word, "deconvolution": a word}."""
    ### BEGIN SOLUTION
    return {"each_pixel": "semantic", "deconvolution": "size"}
    ### END SOLUTION


# %% check="spot_the_mistake" points=2

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Make a network for maps out of a classifier: take one of notebook 03, turn its dense layers into convolutions as notebook 09 does, and enlarge its small
#   map of scores by a transposed convolution. That is the *fully convolutional network*, the first of its kind.
# - Label the pixels at edges 255 in the training maps, so that `pixel_loss` ignores them. Do the edges become better or worse?
# - Put `1 - dice` into the loss, of softmaxes in place of masks. For which class does it help most?
#
# ## Where this comes from
#
# Jonathan Long, Evan Shelhamer and Trevor Darrell made classifiers into networks for maps, with transposed convolutions and shortcuts that they added (*Fully Convolutional
# Networks for Semantic Segmentation*, 2015). Olaf Ronneberger, Philipp Fischer and Thomas Brox laid the volumes beside each other and drew the U (*U-Net*, 2015), for cells under a
# microscope; their convolutions have no padding, so that the map is smaller than the image. The form with padding and 23 classes is known from Andrew Ng's course. The
# checkerboard was explained by Augustus Odena, Vincent Dumoulin and Chris Olah (2016), the arithmetic of transposed convolutions by Dumoulin and Francesco Visin (2016). The
# overlap of two sets over their union goes back to Paul Jaccard (1901), Dice's number to Lee Dice (1945).
#
# The next notebook looks closely at one thing only, faces.
