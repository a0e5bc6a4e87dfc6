#: You write: 1 × 1 convolutions forward and backward, what convolutions cost, inception blocks, GoogLeNet with its heads
#: Applied to: bottleneck against naive blocks: accuracy, multiplications and milliseconds

# %% [markdown]
# # 1 × 1 convolutions and Inception
#
# Is the right filter 1 × 1, 3 × 3 or 5 × 5? The network that won the ImageNet competition of 2014 does not choose: it
# takes all of them, side by side. What makes that affordable is the smallest filter of all.
#
# You will write the 1 × 1 convolution forwards and backwards, count what convolutions cost and cut the bill,
# build the inception block, and GoogLeNet of nine such blocks with its two auxiliary heads. At the end you measure
# whether the saving costs accuracy, and whether it saves time.
#
# **Stands on** notebooks 01, 03 and 04. **Takes** about half an hour to read and two and a half to do.

# %% setup
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import Input
    from keras.layers import (
        AveragePooling2D,
        Concatenate,
        Conv2D,
        Dense,
        Dropout,
        Flatten,
        GlobalAveragePooling2D,
        MaxPooling2D,
    )

from dlcourse.checks.inception import check, hint, solution
from dlcourse.data import datasets
from dlcourse.figures import block_diagrams, diagrams, plots
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.inception import explore_bottleneck

# %% [markdown]
# ## A dense layer at every pixel
#
# A filter of one pixel sees no neighbours. On an image with one channel it can only multiply every number by its one
# weight, which hardly deserves the name of a layer:

# %% demo
grey = np.arange(36).reshape(6, 6)
diagrams.show_numbers(
    grey,
    "∗",
    np.array([[2]]),
    "=",
    2 * grey,
    titles=["6 × 6 × 1", "filter, 1 × 1 × 1", "6 × 6 × 1"],
    signed=False,
    caption="One channel: every number is doubled, and nothing else happens.",
)

# %% [markdown]
# With 32 channels it is another matter. A filter is as deep as its input, so it has 32 weights here: at each pixel it
# makes *one* number of 32, a weighted sum. Five filters make five numbers.

# %% demo
diagrams.show_volumes(
    (6, 6, 32),
    "∗",
    (1, 1, 32, 5),
    "=",
    (6, 6, 5),
    titles=["input", "five filters", "output"],
    caption="Height and width stay; 32 channels become 5.",
)

# %% [markdown]
# At one pixel, 32 numbers go in and 5 come out, each a weighted sum of all that went in, plus a bias. That is a dense
# layer with 32 inputs and 5 units, and it is the same layer at every pixel:
#
# $$Z_{i,h,w,k} = \sum_{c} X_{i,h,w,c}\,W_{0,0,c,k} + b_{0,0,0,k}$$
#
# **Predict.** Such a layer turns 192 channels into 32, on a volume of 28 × 28 × 192. How many numbers does it learn?
# Write your guess into the next cell, run it, then run the one below it.

# %%
my_guess = None

# %% demo
learned = 192 * 32 + 32
print(
    "your guess:", my_guess, "   it learns:", f"{learned:,}", "   (28 × 28 plays no part)"
)

# %% [markdown]
# ### Exercise: one_by_one
#
# Return `Z`. `W` has the shape that every filter of this course has, `(f, f, n_C_prev, n_C)`, here with f = 1.


# %% exercise="one_by_one"
def one_by_one(X, W, b):
    """A 1x1 convolution.

    X has shape (m, n_H, n_W, n_C_prev), W (1, 1, n_C_prev, n_C), b (1, 1, 1, n_C).
    Returns Z of shape (m, n_H, n_W, n_C).
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C_prev = X.shape
    Z = np.zeros((m, n_H, n_W, W.shape[3]))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                Z[i, h, w] = X[i, h, w] @ W[0, 0] + b[0, 0, 0]
    return Z
    ### END SOLUTION


# %% check="one_by_one" points=3

# %% [markdown]
# Keras has two names for it. With the same weights, `Conv2D(5, 1)` and `Dense(5)`, which Keras applies along the last
# axis, compute what yours does:

# %% example
with attempt():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2, 6, 6, 32))
    W, b = rng.normal(size=(1, 1, 32, 5)), rng.normal(size=(1, 1, 1, 5))
    Z = one_by_one(X, W, b)
    for layer, kernel in [
        (Conv2D(5, 1, dtype="float64"), W),
        (Dense(5, dtype="float64"), W[0, 0]),
    ]:
        layer.build(X.shape)
        layer.set_weights([kernel, b.ravel()])
        print(type(layer).__name__, "differs by at most", np.max(np.abs(layer(X) - Z)))

# %% [markdown]
# It works the other way round as well: a dense layer is a 1 × 1 convolution of a 1 × 1 "image". A network that ends in 1 × 1
# convolutions where others have dense layers takes images of any size. Notebook 09 lives on that.
#
# With a ReLU behind it, a 1 × 1 convolution also makes a network deeper at every pixel. Lin, Chen and Yan, who introduced
# it in 2013, called this a *network in network*.
#
# ## The way back
#
# One pixel, two channels, one filter: $Z = 3·w_1 + 5·w_2 + b$ where the channels are 3 and 5. Let the loss have the gradient
# 10 with respect to $Z$. Then each weight gets 10 times the number that it met, and each channel gets 10 times the weight
# that it met:

# %% demo
diagrams.show_numbers(
    np.array([[3, 5]]),
    "∗",
    np.array([[2, -1]]),
    "→",
    np.array([[30, 50]]),
    "",
    np.array([[20, -10]]),
    titles=["X", "W", "dW = 10 X", "dX = 10 W"],
    caption="One pixel and one filter, with dZ = 10.",
)

# %% [markdown]
# Now with everything: $n_C$ filters, many pixels, many images. Two questions are yours to answer:
#
# - A channel of one pixel goes into all $n_C$ numbers of that pixel. What does its gradient add up?
# - A weight is used at every pixel of every image. What does *its* gradient add up? And a bias?
#
# Whatever the sums are, each gradient has the shape of what it belongs to.
#
# ### Exercise: one_by_one_backward
#
# Return `dX`, `dW` and `db`. `dZ` is the gradient of the loss with respect to `Z`; do not divide by m.


# %% exercise="one_by_one_backward"
def one_by_one_backward(dZ, X, W):
    """The gradients of the loss with respect to X, W and b.

    dZ has shape (m, n_H, n_W, n_C); X (m, n_H, n_W, n_C_prev); W (1, 1, n_C_prev, n_C).
    Returns dX, dW and db, in the shapes of X, W and b.
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C_prev = X.shape
    dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros((1, 1, 1, W.shape[3]))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                dX[i, h, w] = W[0, 0] @ dZ[i, h, w]
                dW[0, 0] += np.outer(X[i, h, w], dZ[i, h, w])
                db[0, 0, 0] += dZ[i, h, w]
    return dX, dW, db
    ### END SOLUTION


# %% check="one_by_one_backward" points=4

# %% [markdown]
# ### What you have just built
#
# A photograph has three channels. A 1 × 1 convolution from three to three mixes its colours, and so are many colour filters
# made. Here is one whose numbers your layer is not told: it gets only the photograph before and after, and has to find them.

# %%
photo = datasets.photograph("coffee", size=(30, 45))[None]
SECRET = np.array([[0.39, 0.35, 0.27], [0.77, 0.69, 0.53], [0.19, 0.17, 0.13]])
wanted = photo @ SECRET

learning_rate = 0.5  # yours to change: what happens at 0.05, and what at 3?

with attempt():
    W, b, losses = np.zeros((1, 1, 3, 3)), np.zeros((1, 1, 1, 3)), []
    for step in range(100):
        Z = one_by_one(photo, W, b)
        losses.append(np.sum((Z - wanted) ** 2) / Z[..., 0].size)  # per pixel
        dZ = 2 * (Z - wanted) / Z[..., 0].size
        dX, dW, db = one_by_one_backward(dZ, photo, W)
        W -= learning_rate * dW
        b -= learning_rate * db
    plots.show_images(
        [photo[0], np.clip(Z[0], 0, 1), wanted[0]],
        ["before", "your layer, after 100 steps", "after"],
        f"Twelve learned numbers repaint the photograph. {datasets.credit('coffee')}",
    )
    plots.show_curves(
        {"loss": losses},
        x_label="step",
        y_label="squared error per pixel",
        logarithmic=True,
        caption="The loss of the loop above. A straight line on this scale is steady progress; where it bends, what is left"
        " to learn are mixtures of colours that this photograph hardly shows.",
    )

# %% [markdown]
# ## What a convolution costs
#
# How long a convolution takes has much to do with how many multiplications it needs. (Nearly as many additions go with
# them; everybody counts one of the two.) Count them in two steps: how many numbers has the output, and how many products
# is each of them a sum of?
#
# **Predict.** A 5 × 5 convolution with padding "same" makes 28 × 28 × 32 of 28 × 28 × 192. How many multiplications is that:
# a hundred thousand, a million, ten millions, a hundred millions?

# %%
my_guess = None

# %% demo
numbers, each = 28 * 28 * 32, 5 * 5 * 192
print(
    "your guess:",
    my_guess,
    "   multiplications:",
    f"{numbers:,} · {each:,} = {numbers * each:,}",
)

# %% [markdown]
# A stride makes the output smaller, and so does padding "valid". You know the sizes from notebook 01: with "same" the
# output has $n / s$ rows, rounded up; with "valid" the filter must fit into the image. Products with the zeros of the
# padding count like all others.
#
# ### Exercise: conv_cost
#
# Return the number of multiplications. `input_shape` is `(n_H, n_W, n_C_prev)`; the bias is only added, so it costs nothing here.


# %% exercise="conv_cost"
def conv_cost(input_shape, filters, f, stride=1, padding="same"):
    """How many multiplications a convolution takes.

    input_shape: (n_H, n_W, n_C_prev); filters: how many, each of f x f pixels;
    padding: "same" or "valid".
    """
    ### BEGIN SOLUTION
    n_H, n_W, n_C_prev = input_shape
    if padding == "same":
        rows, columns = int(np.ceil(n_H / stride)), int(np.ceil(n_W / stride))
    else:
        rows, columns = (n_H - f) // stride + 1, (n_W - f) // stride + 1
    return rows * columns * filters * (f * f * n_C_prev)
    ### END SOLUTION


# %% check="conv_cost" points=3

# %% [markdown]
# ## The bottleneck
#
# Most of those 120 million multiplications come from the depth of the filters: 192 channels. So make the volume thin first:
# a 1 × 1 convolution to 16 channels, and only then the 5 × 5.

# %% demo
figure = plots.figure(4.6, 2.2)
axes = plots.style(figure.subplots(), y_label="channels")
names = ["input", "after 1 × 1", "after 5 × 5"]
axes.bar_label(axes.bar(names, [192, 16, 32], color=plots.BLUE), color=plots.INK)
plots.show(
    figure,
    "The bottleneck: 192 channels are pressed into 16, and 32 are made of those. Height and width stay 28.",
)

# %% [markdown]
# ### Exercise: bottleneck_cost
#
# Return the multiplications of both convolutions together: the 1 × 1 to `reduced` channels and the f × f to `filters`. Both have
# padding "same" and stride 1.


# %% exercise="bottleneck_cost"
def bottleneck_cost(input_shape, reduced, filters, f):
    """How many multiplications a 1x1 convolution and an f x f convolution behind it take.

    input_shape: (n_H, n_W, n_C_prev);
    reduced: channels between the two; filters: channels at the end.
    """
    ### BEGIN SOLUTION
    n_H, n_W, n_C_prev = input_shape
    first = conv_cost(input_shape, reduced, 1)
    second = conv_cost((n_H, n_W, reduced), filters, f)
    return first + second
    ### END SOLUTION


# %% check="bottleneck_cost" points=2

# %% [markdown]
# **Predict.** What share of the 120,422,400 is left: a half, a fifth, a tenth, a hundredth?

# %% example
my_guess = None

with attempt():
    whole = conv_cost((28, 28, 192), 32, 5)
    first, both = (
        conv_cost((28, 28, 192), 16, 1),
        bottleneck_cost((28, 28, 192), 16, 32, 5),
    )
    print("your guess:", my_guess)
    show_table(
        ["28 × 28 × 192 → 28 × 28 × 32", "multiplications", "share"],
        [
            ("5 × 5", whole, "100 %"),
            ("1 × 1 to 16 channels", first, f"{first / whole:.1%}"),
            ("then 5 × 5", both - first, f"{(both - first) / whole:.1%}"),
            ("both together", both, f"{both / whole:.1%}"),
        ],
        "The 1 × 1 convolution costs little and saves nine tenths.",
    )

# %% [markdown]
# Move the sliders. Things to look at:
#
# - From how many channels in the middle on is the bottleneck dearer than the convolution without it?
# - With a filter of 1 × 1 at the end, can it save anything at all? When?

# %% demo
with attempt():
    explore_bottleneck(conv_cost, bottleneck_cost)

# %% [markdown]
# ## Milliseconds are not multiplications
#
# A tenth of the multiplications: is that a tenth of the time? Nothing is easier than to measure it.


# %%
def milliseconds(layers, shape, images):
    """The shortest of 15 times that a row of Keras layers takes for a batch of images."""
    network = keras.Sequential([Input(shape), *layers])
    compute = tf.function(lambda batch: network(batch, training=False))
    batch, seconds = tf.zeros((images, *shape)), []
    compute(batch)  # the first call is slow: TensorFlow prepares the computation
    for _ in range(15):
        start = time.perf_counter()
        compute(batch).numpy()
        seconds.append(time.perf_counter() - start)
    return 1000 * min(seconds)  # other programs only ever make it longer


# %% demo
with attempt():
    large = (28, 28, 192)
    small = (7, 7, 192)
    rows, measured = [], {}
    for shape in (large, small):
        kinds = {
            "5 × 5": ([Conv2D(32, 5, padding="same")], conv_cost(shape, 32, 5)),
            "1 × 1, 5 × 5": (
                [Conv2D(16, 1), Conv2D(32, 5, padding="same")],
                bottleneck_cost(shape, 16, 32, 5),
            ),
        }
        for kind, (layers, cost) in kinds.items():
            times = [milliseconds(layers, shape, images) for images in (1, 8)]
            measured[shape, kind] = times
            name = " × ".join(map(str, shape))
            rows.append((name, kind, cost, *(f"{each:.2f}" for each in times)))
    faster = [
        measured[shape, "5 × 5"][which] / measured[shape, "1 × 1, 5 × 5"][which]
        for shape, which in ((small, 0), (large, 1))
    ]
    show_table(
        ["input", "convolutions", "multiplications", "ms, 1 image", "ms, 8 images"],
        rows,
        "Measured on this machine just now. The multiplications of each pair differ by a factor of 9.7, whatever the size;"
        f" the times by {faster[0]:.1f} for one small volume and by {faster[1]:.1f} for eight large ones.",
    )

# %% [markdown]
# As a rule the times come closer to the multiplications the more work there is, and on small inputs hardly follow them. Three
# reasons why the two factors are not the same:
#
# - *Every call has a price of its own*: choosing an algorithm, waking threads, reserving memory. Two layers pay it twice, and
#   on a small input there is not much else.
# - *Numbers must be fetched before they are multiplied.* The 5 × 5 convolution uses each number of its input 800 times
#   (25 places, 32 filters), the 1 × 1 to 16 channels only 16 times: it waits for memory while the processor's
#   multipliers idle.
# - *The second layer cannot begin before the first has finished*, and a thin volume is harder to share among many cores.
#
# So say what you save: multiplications, parameters, memory, or seconds. They are four different things, and only the last
# must be measured.
#
# ## All of them
#
# Back to the question at the beginning. A 1 × 1 filter sees a point, a 3 × 3 a corner, a 5 × 5 something larger, and max pooling
# tells what is strong nearby. Take all four of the same input and lay the results behind one another as channels. The
# layers that follow choose.

# %% demo
block_diagrams.show_branches(
    [["conv 1×1"], ["conv 3×3"], ["conv 5×5"], ["max pool 3×3"]],
    caption="The naive block. X goes into all four branches; their results are laid behind one another.",
)

# %% [markdown]
# This only works where all four have the same height and width. So the convolutions have padding "same", and so has
# the pooling, which moves by *one* pixel: it makes nothing smaller here.
#
# **Predict.** The input is 28 × 28 × 192, the convolutions have 64, 128 and 32 filters. How many channels come out? The check
# below will tell you whether your block agrees.
#
# ### Exercise: naive_inception_block
#
# Return the four results, joined in this order: 1 × 1, 3 × 3, 5 × 5, pooling. Each convolution is followed by ReLU; max pooling has
# a window of 3 × 3.


# %% exercise="naive_inception_block"
def naive_inception_block(X, filters):
    """1x1, 3x3 and 5x5 convolutions and 3x3 max pooling of X, side by side.

    X: Keras tensor (m, n_H, n_W, n_C);
    filters: three numbers, for the 1x1, the 3x3 and the 5x5 convolution.
    Returns a tensor of the same height and width.
    """
    ### BEGIN SOLUTION
    F1, F3, F5 = filters
    ones = Conv2D(F1, 1, padding="same", activation="relu")(X)
    threes = Conv2D(F3, 3, padding="same", activation="relu")(X)
    fives = Conv2D(F5, 5, padding="same", activation="relu")(X)
    pooled = MaxPooling2D(3, strides=1, padding="same")(X)
    return Concatenate()([ones, threes, fives, pooled])
    ### END SOLUTION


# %% check="naive_inception_block" points=3

# %% example
my_guess = None

with attempt():
    X = Input((28, 28, 192))
    naive = keras.Model(X, naive_inception_block(X, [64, 128, 32]))
    print("your guess:", my_guess, "   the block:", naive.output_shape)

# %% [markdown]
# Pooling hands on all channels that it gets, so the volume can only grow: 192 become 416, and behind nine such blocks there would
# be thousands.
#
# ## The inception block
#
# Two things have to change, and a 1 × 1 convolution does both. *In front of* the 3 × 3 and the 5 × 5 it makes the bottleneck. *Behind*
# the pooling it projects the channels to as few as we like.

# %% demo
block_diagrams.show_branches(
    [
        ["conv 1×1"],
        ["conv 1×1", "conv 3×3"],
        ["conv 1×1", "conv 5×5"],
        ["max pool 3×3", "conv 1×1"],
    ],
    caption="The inception block. All six convolutions have a ReLU.",
)

# %% [markdown]
# Six numbers describe a block, in the order in which the paper's table has them:
#
# | | 1 × 1 | before 3 × 3 | 3 × 3 | before 5 × 5 | 5 × 5 | behind pooling |
# | :--- | ---: | ---: | ---: | ---: | ---: | ---: |
# | `filters[...]` | 0 | 1 | 2 | 3 | 4 | 5 |
# | the first block of GoogLeNet, "3a" | 64 | 96 | 128 | 16 | 32 | 32 |
#
# ### Exercise: inception_block
#
# Return the four results, joined in the order of the picture: 1 × 1, 3 × 3, 5 × 5, pooling. Every convolution has padding "same", a bias, and
# ReLU; the pooling is that of the naive block (3 × 3, stride 1, "same").


# %% exercise="inception_block"
def inception_block(X, filters):
    """Four branches with 1x1 convolutions that keep the cost down.

    X: Keras tensor (m, n_H, n_W, n_C);
    filters: six numbers, for 1x1; 1x1 and then 3x3; 1x1 and then 5x5;
    1x1 behind the 3x3 max pooling.
    Returns a tensor of the same height and width.
    """
    ### BEGIN SOLUTION
    ones, reduce3, threes, reduce5, fives, projected = filters

    first = Conv2D(ones, 1, padding="same", activation="relu")(X)

    second = Conv2D(reduce3, 1, padding="same", activation="relu")(X)
    second = Conv2D(threes, 3, padding="same", activation="relu")(second)

    third = Conv2D(reduce5, 1, padding="same", activation="relu")(X)
    third = Conv2D(fives, 5, padding="same", activation="relu")(third)

    fourth = MaxPooling2D(3, strides=1, padding="same")(X)
    fourth = Conv2D(projected, 1, padding="same", activation="relu")(fourth)

    return Concatenate()([first, second, third, fourth])
    ### END SOLUTION


# %% check="inception_block" points=6


# %%
def block_cost(shape, filters):
    """Multiplications of an inception block (six numbers) or of a naive one (three)."""
    if len(filters) == 3:
        return sum(conv_cost(shape, count, f) for count, f in zip(filters, (1, 3, 5)))
    ones, reduce3, threes, reduce5, fives, projected = filters
    alone = conv_cost(shape, ones, 1) + conv_cost(shape, projected, 1)
    pairs = (
        bottleneck_cost(shape, reduce3, threes, 3),
        bottleneck_cost(shape, reduce5, fives, 5),
    )
    return alone + sum(pairs)


# %% example
with attempt():
    X = Input((28, 28, 192))
    rows = []
    for name, build, filters in [
        ("naive", naive_inception_block, (64, 128, 32)),
        ("inception 3a", inception_block, (64, 96, 128, 16, 32, 32)),
    ]:
        block = keras.Model(X, build(X, filters))
        cost = block_cost((28, 28, 192), filters)
        sizes = block.output_shape[-1], block.count_params(), cost
        rows.append((name, *sizes, milliseconds([block], (28, 28, 192), 1)))
    naive_time, time_3a = (row[-1] for row in rows)
    show_table(
        ["block on 28 × 28 × 192", "channels", "parameters", "multiplications", "ms"],
        [(*row[:-1], f"{row[-1]:.1f}") for row in rows],
        "With the same 64, 128 and 32 filters, the second block takes 42 % of the parameters and of the multiplications,"
        f" and, just now, {time_3a / naive_time:.0%} of the time for one image; and the volume that it hands on is thinner.",
    )

# %% [markdown]
# ## Help on the way
#
# Nine such blocks, one behind the other, make a network of 22 layers. In 2014 there was no batch normalisation yet, nor the shortcuts of notebook 05,
# and the authors feared that too little of the error would arrive at the front. So they put two small classifiers into
# the middle, **auxiliary heads**, each with a loss of its own, from which the layers in front of it learn directly. A head
# reads the volume of a block:
#
# | layer | 14 × 14 × 512 becomes |
# | :--- | :--- |
# | average pooling 5 × 5, stride 3, no padding | 4 × 4 × 512 |
# | convolution 1 × 1, 128 filters, ReLU | 4 × 4 × 128 |
# | flatten | 2048 |
# | dense, 1024 units, ReLU | 1024 |
# | dropout: 70 % are set to zero in training | 1024 |
# | dense, softmax | the classes |
#
# ### Exercise: auxiliary_head
#
# Return the probabilities, a tensor of shape `(m, classes)`.


# %% exercise="auxiliary_head"
def auxiliary_head(X, classes, filters=128, units=1024):
    """A classifier on the features in the middle of a network.

    X: Keras tensor (m, n_H, n_W, n_C);
    filters: of the 1x1 convolution; units: of the first dense layer.
    Returns the probabilities, a tensor of shape (m, classes).
    """
    ### BEGIN SOLUTION
    X = AveragePooling2D(5, strides=3)(X)
    X = Conv2D(filters, 1, activation="relu")(X)
    X = Flatten()(X)
    X = Dense(units, activation="relu")(X)
    X = Dropout(0.7)(X)
    return Dense(classes, activation="softmax")(X)
    ### END SOLUTION


# %% check="auxiliary_head" points=4

# %% [markdown]
# ## GoogLeNet
#
# The name bows to LeNet. All paddings are "same" (outside the heads), every convolution has a bias and ReLU:
#
# | layer | output |
# | :--- | :--- |
# | the image | 224 × 224 × 3 |
# | convolution 7 × 7, 64 filters, stride 2 | 112 × 112 × 64 |
# | max pooling 3 × 3, stride 2 | 56 × 56 × 64 |
# | convolution 1 × 1, 64 filters | 56 × 56 × 64 |
# | convolution 3 × 3, 192 filters | 56 × 56 × 192 |
# | max pooling 3 × 3, stride 2 | 28 × 28 × 192 |
# | inception blocks 3a and 3b | 28 × 28 × 480 |
# | max pooling 3 × 3, stride 2 | 14 × 14 × 480 |
# | inception blocks 4a, 4b, 4c, 4d, 4e; the heads read what comes out of **4a** and of **4d** | 14 × 14 × 832 |
# | max pooling 3 × 3, stride 2 | 7 × 7 × 832 |
# | inception blocks 5a and 5b | 7 × 7 × 1024 |
# | the average of each channel | 1024 |
# | dropout: 40 % are set to zero in training | 1024 |
# | dense, softmax | 1000 |
#
# (The paper also has a "local response normalisation" in two places, from AlexNet. It learns nothing and was soon given
# up; we leave it out.) The filters of the nine blocks, for `inception_block`:

# %%
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}

# %% [markdown]
# Two arguments make the network easier to use. `alpha` multiplies *every* number of filters, and the heads' 128 filters and 1024
# units: with 1/8 you get a slim sister that fits anywhere. And `auxiliary` says whether the heads are there. They are
# for training; in use there are none.
#
# ### Exercise: googlenet
#
# Return a `keras.Model`. It has three outputs, `[own, head on 4a, head on 4d]`; with `auxiliary=False` it has only its own. Round
# `alpha` times a number of filters or units down to a whole number. (`classes` is not scaled.)


# %% exercise="googlenet"
def googlenet(input_shape=(224, 224, 3), classes=1000, alpha=1.0, auxiliary=True):
    """GoogLeNet, from an image of input_shape to the probabilities of the classes.

    alpha: multiplies every number of filters, and those of the heads and their units;
    auxiliary: True for three outputs, the network's own first; False for one.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION

    def scaled(number):
        return int(alpha * number)

    inputs = Input(input_shape)
    X = Conv2D(scaled(64), 7, strides=2, padding="same", activation="relu")(inputs)
    X = MaxPooling2D(3, strides=2, padding="same")(X)
    X = Conv2D(scaled(64), 1, padding="same", activation="relu")(X)
    X = Conv2D(scaled(192), 3, padding="same", activation="relu")(X)
    X = MaxPooling2D(3, strides=2, padding="same")(X)

    heads = []
    for name, filters in MODULES.items():
        X = inception_block(X, [scaled(number) for number in filters])
        if name in ("4a", "4d") and auxiliary:
            heads.append(auxiliary_head(X, classes, scaled(128), scaled(1024)))
        if name in ("3b", "4e"):
            X = MaxPooling2D(3, strides=2, padding="same")(X)

    X = GlobalAveragePooling2D()(X)
    X = Dropout(0.4)(X)
    outputs = Dense(classes, activation="softmax")(X)
    return keras.Model(inputs, [outputs, *heads] if auxiliary else outputs)
    ### END SOLUTION


# %% check="googlenet" points=8

# %% example
# within a StatelessScope a network has shapes and no weights, as in notebook 04
with attempt(), keras.StatelessScope(initialize_variables=False):
    network = googlenet()
    alone = keras.Model(network.inputs, network.outputs[0])  # the heads are cut off
    heads = network.count_params() - alone.count_params()
    show_table(
        ["GoogLeNet with 1000 classes", "parameters"],
        [
            ("in use", alone.count_params()),
            ("both heads", heads),
            ("in training", network.count_params()),
        ],
        "AlexNet has 61 million, VGG-16 138 million. The heads are nearly as large as the network: most of each is"
        " its dense layer behind the flattened volume, 2048 · 1024 weights.",
    )
    del network, alone

# %% [markdown]
# *22 layers* counts those with weights on the way from the image to the answer: 3 convolutions, 9 blocks of two in a row, 1
# dense layer. With the five poolings between them it is 27. Count all 57 convolutions and you have another number again: always
# say what you count.
#
# Where does the work go?

# %% demo
with attempt():
    sizes = {"3": 28, "4": 14, "5": 7}
    channels, naive_costs, costs = 192, [], []
    for name, filters in MODULES.items():
        shape = (sizes[name[0]], sizes[name[0]], channels)
        costs.append(block_cost(shape, filters) / 1e6)
        naive_costs.append(block_cost(shape, (filters[0], filters[2], filters[4])) / 1e6)
        channels = filters[0] + filters[2] + filters[4] + filters[5]
    figure = plots.figure(6.4, 2.8)
    axes = plots.style(figure.subplots(), "block", "million multiplications")
    places = np.arange(len(MODULES))
    axes.bar(
        places - 0.2, naive_costs, 0.4, color=plots.ORANGE, label="without reductions"
    )
    axes.bar(places + 0.2, costs, 0.4, color=plots.BLUE, label="as it is")
    axes.set_xticks(places, list(MODULES))
    axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
    plots.show(
        figure,
        "The nine blocks, on the volumes that they really get. Without its reductions each block"
        " would multiply two to five times as much, and all nine together 3.5 times. The factor in seconds is another one, as you have seen.",
    )

# %% [markdown]
# ## Three losses
#
# In training the network has three answers, and each is compared with the truth. Let $L(p) = -\ln p_{y}$ be the
# cross-entropy of an answer $p$, where $y$ is the right class, averaged over the batch. In the loss $J$ that is trained, a head counts 0.3:
#
# $$J = L(p^{own}) + 0.3\,L(p^{4a}) + 0.3\,L(p^{4d})$$
#
# In use, and for a validation loss that can be compared with other networks', only the first term is left.
#
# ### Exercise: googlenet_loss
#
# Return $J$ as a TensorFlow number. `y_pred` is a list of three tensors, or, in use, one tensor alone. Use TensorFlow's or Keras's
# functions, so that a gradient can be taken.


# %% exercise="googlenet_loss"
def googlenet_loss(y_true, y_pred, weight=0.3):
    """The loss of a network with auxiliary heads.

    y_true: the right classes, whole numbers of shape (m,);
    y_pred: a list of probabilities, each (m, classes): the network's own first,
    then those of the heads; or the network's own alone;
    weight: how much each head counts.
    """
    ### BEGIN SOLUTION
    if not isinstance(y_pred, (list, tuple)):
        y_pred = [y_pred]
    total = 0.0
    for place, probabilities in enumerate(y_pred):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, probabilities)
        total += (1.0 if place == 0 else weight) * tf.reduce_mean(losses)
    return total
    ### END SOLUTION


# %% check="googlenet_loss" points=3

# %% [markdown]
# Do the heads do what they are for? **Predict.** By which factor do they change the gradient that arrives at the first
# convolution, before any training? Here is the slim sister on twelve digits, blown up to 96 × 96 pixels.

# %% demo
digits, labels = datasets.digits()
order = np.random.default_rng(0).permutation(len(digits))
digits, labels = digits[order].astype("float32"), labels[order]


def gradient_sizes(network, images, answers, weight):
    """The size of the loss's gradient for each convolution, the first one first."""
    kernels = [
        variable for variable in network.trainable_weights if len(variable.shape) == 4
    ]
    with tf.GradientTape() as tape:
        loss = googlenet_loss(answers, network(images, training=False), weight)
    gradients = tape.gradient(loss, [kernel.value for kernel in kernels])
    return [float(tf.norm(gradient)) for gradient in gradients if gradient is not None]


with attempt():
    keras.utils.set_random_seed(0)
    network = googlenet((96, 96, 1), classes=10, alpha=1 / 8)
    large = np.kron(digits[:12], np.ones((1, 12, 12, 1), "float32"))
    with_heads, without = (
        gradient_sizes(network, large, labels[:12], weight) for weight in (0.3, 0.0)
    )
    show_table(
        ["convolution", "own loss alone", "with the heads", "factor"],
        [
            (
                name,
                f"{without[place]:.1e}",
                f"{with_heads[place]:.1e}",
                f"{with_heads[place] / without[place]:.1f}",
            )
            for name, place in [
                ("7 × 7", 0),
                ("1 × 1 behind it", 1),
                ("3 × 3, 192 filters", 2),
            ]
        ],
        "The norm of the gradient before the first step. The heads are nearer to the front, and more of their error"
        " arrives there.",
    )

# %% [markdown]
# Later the authors found that the heads do not speed the beginning up: they help a little at the end, more like a
# regulariser (Szegedy and others, 2015). And with batch normalisation, a year later, they were hardly missed.
#
# ## Does the bottleneck hurt?
#
# "The bottleneck does not hurt, within reason": that is what everybody says. You can measure it. A small network reads digits of
# 8 × 8 pixels with noise on them, with one of three blocks in it, yours all of them:
#
# - the inception block: 16, 32 and 16 filters, with 12 channels before the 3 × 3, 4 before the 5 × 5, and 16 behind the pooling,
# - the naive block with the same 16, 32 and 16 filters,
# - a naive block that costs a little less than the first (85 % of it, over the whole network): 6, 7 and 4 filters.

# %%
NOISE = 0.2
training, held_out = slice(0, 1297), slice(1297, 1797)
choices = {  # yours to change
    "inception": (16, 12, 32, 4, 16, 16),
    "naive, as wide": (16, 32, 16),
    "naive, as cheap": (6, 7, 4),
}


def digit_network(filters):
    """A convolution, a block, pooling, a block, the average of each channel, ten answers."""
    keras.utils.set_random_seed(0)
    block = inception_block if len(filters) == 6 else naive_inception_block
    inputs = Input((8, 8, 1))
    X = Conv2D(32, 3, padding="same", activation="relu")(inputs)
    X = block(X, filters)
    X = MaxPooling2D(2)(X)
    X = block(X, filters)
    outputs = Dense(10, activation="softmax")(GlobalAveragePooling2D()(X))
    return keras.Model(inputs, outputs)


def noisy(images, rng):
    return images + NOISE * rng.normal(size=images.shape).astype("float32")


def train(network, examples, steps, name):
    """Adam on batches of 32 with fresh noise; returns the loss at each step."""
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(5e-3, steps))
    weights = network.trainable_variables
    optimizer.build(weights)

    @tf.function
    def step(images, answers):
        with tf.GradientTape() as tape:
            loss = googlenet_loss(answers, network(images, training=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    rng, losses, start = np.random.default_rng(1), [], time.perf_counter()
    for number in range(1, steps + 1):
        batch = rng.choice(examples, 32)
        losses.append(float(step(noisy(digits[batch], rng), labels[batch])))
        if number in (steps // 4, steps // 2, steps):
            left = (time.perf_counter() - start) / number * (steps - number)
            print(f"{name}: step {number}, loss {losses[-1]:.2f}, {left:.0f} s to go")
    return losses


# %% [markdown]
# First the sanity check: can such a network learn sixteen digits by heart? If not, something is broken, and no long training
# will mend it.

# %% demo
with attempt():
    by_heart = train(
        digit_network(choices["inception"]), examples=16, steps=100, name="by heart"
    )

# %% [markdown]
# Then all three. **Predict.** Which will be best, and which worst?

# %% demo
results, curves = [], {}
with attempt():
    for name, filters in choices.items():
        network = digit_network(filters)
        curves[name] = train(network, training.stop, 150, name)
        rng = np.random.default_rng(2)
        right = [
            np.argmax(network(noisy(digits[held_out], rng)), axis=-1) == labels[held_out]
            for _ in range(4)
        ]
        channels = (
            32 + sum(filters)
            if len(filters) == 3
            else sum(filters) - filters[1] - filters[3]
        )
        cost = conv_cost((8, 8, 1), 32, 3) + block_cost((8, 8, 32), filters)
        cost += block_cost((4, 4, channels), filters)
        times = [milliseconds([network], (8, 8, 1), images) for images in (1, 32)]
        results.append((name, float(np.mean(right)), cost, *times))
    plots.show_curves(
        curves,
        x_label="step",
        y_label="training loss",
        caption="The loss on each batch of 32; the noise is new each time, so the lines shake. The lowest line learns fastest.",
    )

# %% demo
if results:
    figure = plots.figure(5.6, 2.8)
    axes = plots.style(figure.subplots(), "million multiplications", "held-out accuracy")
    for (name, accuracy, cost, *_), colour in zip(results, plots.ACCENTS):
        axes.scatter(cost / 1e6, accuracy, s=60, color=colour, label=name)
    axes.set_xlim(left=0)
    axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
    plots.show(
        figure,
        "Accuracy on 500 digits that no network has seen, each four times with new noise, over the"
        " multiplications for one image. Up and left is better.",
    )

    def spread(column):
        values = [row[column] for row in results]
        return max(values) / min(values)

    show_table(
        ["network", "accuracy", "multiplications", "ms, 1 image", "ms, 32 images"],
        [
            (name, f"{accuracy:.1%}", cost, f"{one:.2f}", f"{many:.2f}")
            for name, accuracy, cost, one, many in results
        ],
        f"Dearest over cheapest: {spread(2):.1f} in multiplications, {spread(4):.1f} in the time for 32 images,"
        f" {spread(3):.1f} for one, on this machine just now.",
    )
else:
    print("Waiting for the blocks and their costs: they are not written yet.")

# %% [markdown]
# In this short training the bottleneck does cost some accuracy when all else is equal. At about equal cost it wins: here a budget
# of multiplications is better spent on width behind a bottleneck. (One run each; with another seed all of them move by a few
# points. Change it and see.) And the milliseconds differ less than the multiplications: on images this small much of the time
# is each layer's price per call, and pooling and laying side by side cost time and multiply nothing. The inception block has the
# most layers.
#
# ## What came after
#
# *Inception v2 and v3* (2015) put batch normalisation behind every convolution, replace a 5 × 5 by two 3 × 3 in a row (18 weights
# for 25), and an n × n by 1 × n and n × 1. *Inception v4 and Inception-ResNet* (2016) tidy the family up and add the shortcuts of
# notebook 05; those make training faster, and the result about as good. `keras.applications.InceptionV3` is the third one: it has
# batch normalisation and no biases, so it is not the network that you have built. The idea of the 1 × 1 convolution
# outlived all of them: you meet it in the bottleneck of ResNet-50.
#
# ## Spot the mistake
#
# These sentences are from the notes that this course grew out of. Set them right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `naive_channels` | The naive block, with 64, 128 and 32 filters and max pooling, makes 28 × 28 × 256 of 28 × 28 × 192. | the number of channels that it makes |
# | `reduced_5x5` | In the inception block a 1 × 1 convolution reduces the 192 channels to 32, then comes the 5 × 5. | to how many, in GoogLeNet's 3a |
# | `dense_layers` | GoogLeNet gets rid of fully connected layers. | how many it has in use |
# | `dense_layers_in_training` | (the same sentence) | how many it has with its heads |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these four names and your answers. Leave out what you do not know yet; each answer counts by
# itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"naive_channels": a number, ...}."""
    ### BEGIN SOLUTION
    return {
        "naive_channels": 64 + 128 + 32 + 192,
        "reduced_5x5": MODULES["3a"][3],
        "dense_layers": 1,
        "dense_layers_in_training": 1 + 2 * 2,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# 1. **Break-even.** Find a formula for the number of channels in the middle from which on a bottleneck costs more than it
#    saves. For 192 → 32 with 5 × 5 it lies between 154 and 155; compare with the widget.
# 2. **Two for one.** Write `inception_block_v2`, whose 5 × 5 is replaced by two 3 × 3. What do its cost and its accuracy on the
#    digits become?
# 3. **Without loops.** `one_by_one` and `one_by_one_backward` take one matrix product each. Write them so, and measure how
#    much faster the photograph is repainted.
#
# ## Where this comes from
#
# Lin, Chen and Yan introduced the 1 × 1 convolution and the average of each channel in the place of dense layers (*Network In
# Network*, 2013). Szegedy and others built GoogLeNet on it (*Going Deeper with Convolutions*, 2014): first in the
# classification task of that year's ImageNet competition, with 6.7 % errors (top 5), before VGG. Later members of the family:
# *Rethinking the Inception Architecture for Computer Vision* (2015; it also looks back at the heads) and *Inception-v4,
# Inception-ResNet and the Impact of Residual Connections on Learning* (2016). The name comes from a film: "We need to go
# deeper."
#
# Notebook 07 saves multiplications in yet another way, and there the 1 × 1 convolution does nearly all the work.
