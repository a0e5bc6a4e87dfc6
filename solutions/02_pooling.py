#: You write: pooling forward and backward, a table of layers, the loss, dense layers and ReLUs backwards, a training step, windows as rows
#: Applied to: a NumPy network that reads handwritten digits

# %% [markdown]
# # Pooling, a whole layer, and a network of your own
#
# A convolution says where something was found, to the pixel. A network that has to say *what* is in an
# image needs less: that an eye was found, above a nose, and roughly where. Pooling is how it lets go of the
# rest.
#
# In this notebook you write pooling, forwards and backwards, and count what is in a network. Then you put
# your layers together and train them: at the end, a network made of nothing but your NumPy functions reads
# real handwritten digits.
#
# **Stands on** notebook 01. **Takes** about an hour to read and three to do.

# %% setup
import time
from types import SimpleNamespace

import numpy as np

from dlcourse import convolution, pooling
from dlcourse.checks.pooling import check, hint, solution
from dlcourse.data import datasets
from dlcourse.figures import diagrams, plots
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.pooling import explore_pools

# %% [markdown]
# ## Pooling
#
# Lay a window of 2 × 2 on the upper left corner of an image, and keep only the largest of its four numbers.
# Move the window by two pixels, so that the windows touch and do not overlap, and do it again. This is
# **max pooling**.

# %% demo
by_hand = np.array([[3, 1, 0, 2], [7, 1, 4, 2], [0, 2, 5, 5], [1, 1, 9, 1]])
four_windows = [(0, 0, 2, 2), (0, 2, 2, 2), (2, 0, 2, 2), (2, 2, 2, 2)]
four_numbers = [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]

diagrams.show_numbers(
    by_hand,
    "→",
    np.array([[7, 4], [2, 9]]),
    titles=["image, 4 × 4", "maximum, 2 × 2"],
    marks={0: four_windows, 1: four_numbers},
    caption="Of each window, the largest number is kept. A quarter of"
    " the numbers is left.",
)
diagrams.show_numbers(
    by_hand,
    "→",
    np.array([[3, 2], [1, 5]]),
    titles=["image, 4 × 4", "average, 2 × 2"],
    marks={0: four_windows, 1: four_numbers},
    caption="Average pooling keeps the mean of each window instead:"
    " (3 + 1 + 7 + 1) / 4 = 3.",
)

# %% [markdown]
# The size $f$ of the window and the stride $s$ are chosen beforehand. Most often both are 2; $f = 3$ and
# $s = 2$, with windows that overlap, is found too. There is nothing to learn: a pool has **no parameters**.
# Padding is rare. So the output is as large as that of a convolution without padding:
#
# $$n_H = \left\lfloor \frac{n_{H,prev} - f}{s} \right\rfloor + 1 \qquad\qquad
# n_W = \left\lfloor \frac{n_{W,prev} - f}{s} \right\rfloor + 1$$
#
# Each channel is pooled by itself. A filter looks through all channels of its window; a pool does not, and
# as many channels come out as went in.

# %% demo
diagrams.show_volumes(
    (4, 4, 10),
    "→",
    (2, 2, 10),
    titles=["ten channels", "f = 2, stride 2"],
    caption="Rows and columns are halved, the ten channels stay (at most six"
    " sheets are drawn).",
)

# %% [markdown]
# For image $i$, row $h$, column $w$ and channel $c$, with the same window as in a convolution:
#
# $$A_{i,h,w,c} = \max_{u,\,v}\; A_{prev}\,[\,i,\; hs+u,\; ws+v,\; c\,] \qquad u, v = 0 \dots f-1$$
#
# or the mean of the same $f · f$ numbers.
#
# ### Exercise: pool_forward
#
# Return `A`, of shape `(m, n_H, n_W, n_C)`, and `cache`, the tuple `(A_prev, hparameters)`, which the way
# back will need. `hparameters` is a dictionary with the keys `"f"` and `"stride"`; `mode` is `"max"` or
# `"average"`.


# %% exercise="pool_forward"
def pool_forward(A_prev, hparameters, mode="max"):
    """Pool each channel of each image.

    A_prev has shape (m, n_H_prev, n_W_prev, n_C); hparameters is a dictionary with "f"
    and "stride"; mode is "max" or "average".
    Returns A, of shape (m, n_H, n_W, n_C), and the cache (A_prev, hparameters).
    """
    ### BEGIN SOLUTION
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]

    n_H = (n_H_prev - f) // stride + 1
    n_W = (n_W_prev - f) // stride + 1
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                top, left = h * stride, w * stride
                for c in range(n_C):
                    window = A_prev[i, top : top + f, left : left + f, c]
                    A[i, h, w, c] = np.max(window) if mode == "max" else np.mean(window)

    cache = (A_prev, hparameters)
    return A, cache
    ### END SOLUTION


# %% check="pool_forward" points=4

# %% [markdown]
# Where do the two differ? Below are the edges of a photograph: large where neighbouring pixels differ. Your
# function pools them with windows of 3 × 3.

# %% example
coins = datasets.photograph("coins", grey=True, size=(120, 152))
edges = np.hypot(coins[1:, :-1] - coins[:-1, :-1], coins[:-1, 1:] - coins[:-1, :-1])

with attempt():
    hparameters = {"f": 3, "stride": 3}
    by_maximum, _ = pool_forward(edges[np.newaxis, :, :, np.newaxis], hparameters, "max")
    by_average, _ = pool_forward(
        edges[np.newaxis, :, :, np.newaxis], hparameters, "average"
    )
    plots.show_images(
        [edges, by_maximum[0], by_average[0]],
        titles=[f"edges, {edges.shape[0]} × {edges.shape[1]}", "maximum", "average"],
        limits=(0, float(edges.max())),
        caption="The same grey means the same number in all three. An edge is thin: its"
        " maximum is as strong as before, its average over a window is faint. "
        + datasets.credit("coins"),
    )

# %% [markdown]
# Most numbers after a ReLU are 0 or small, and the few large ones say that something was found. To the
# question "was it found anywhere here?" the maximum is the better answer, and hidden layers nearly always
# use it. The average asks "how much of it is there?", and has its place at the end of deep networks, where
# it reduces each channel to a single number.
#
# ### What a pool forgets
#
# A bright pixel moves to the right, one step at a time.

# %% example
with attempt():
    for column, caption in [
        (2, "The pixel is in the second window of its row."),
        (
            3,
            "It has moved, and is still the largest of the same window: the output has"
            " not changed.",
        ),
        (4, "It has moved again, into the next window: now the output has changed."),
    ]:
        image = np.zeros((1, 4, 6, 1), dtype=int)
        image[0, 1, column, 0] = 9
        pooled, _ = pool_forward(image, {"f": 2, "stride": 2})
        diagrams.show_numbers(
            image[0, :, :, 0],
            "→",
            pooled[0, :, :, 0].astype(int),
            marks={0: [(0, 2, 2, 2)], 1: [(0, 1, 1, 1)]},
            caption=caption,
        )

# %% [markdown]
# Now try windows, strides and movements of your own. With a window of 1 and a stride of 4, pixels are
# thrown away unseen: compare what is left with a window of 4.

# %% example
digits, labels = datasets.digits()
pictures = {
    "coins": coins,
    "edges of the coins": edges / edges.max(),
    "chelsea": datasets.photograph("chelsea", grey=True, size=(100, 150)),
    "a digit": np.pad(digits[0, :, :, 0], 4),
}
with attempt():
    explore_pools(pictures, pool_forward)

# %% [markdown]
# ## The winner takes it all
#
# Now backwards. From $dA$, the gradient of the output, the pool has to work out $dA_{prev}$, the gradient
# of its input. There are no parameters, so this is all.
#
# Take one window of a max pool, with the numbers 3, 1, 7 and 1. Its output is 7. If the 7 grows by a tiny
# $\varepsilon$, the output grows by $\varepsilon$. If one of the others grows by $\varepsilon$, the output
# remains 7. So the whole gradient goes to the largest number, and the others get nothing.

# %% demo
window = np.array([[3, 1], [7, 1]])
diagrams.show_numbers(
    window,
    "→",
    np.array([["F", "F"], ["T", "F"]]),
    "·",
    np.array([[5]]),
    "=",
    np.array([[0, 0], [5, 0]]),
    titles=["window", "mask", "dA", "gradient"],
    signed=False,
    caption="The mask is true where the largest number is (T) and false elsewhere (F). It"
    " lets the gradient 5 through in one place.",
)

# %% [markdown]
# **Equal numbers.** If the largest number stands in a window twice, there is no right answer: nudge one of
# the two up, and the output grows with it; nudge it down, and the output stays. Three conventions are in
# use.
#
# | the gradient goes | for two equal numbers and $dA = 1$ | adds up to |
# | :--- | :--- | ---: |
# | to all of them, in full: the mask is `x == np.max(x)` | 1 and 1 | 2 |
# | to the first of them, as in TensorFlow | 1 and 0 | 1 |
# | to all of them, in equal shares | 0.5 and 0.5 | 1 |
#
# The first is the shortest to write, and you find it in many courses. Know what it does: a window then
# hands back more gradient than it was given. With measured data equal numbers seem unlikely, but the blank
# corner of a digit is a window full of them. The check accepts all three.
#
# ### Exercise: create_mask_from_window
#
# Return an array of the shape of `x` that is `True` (or 1) at its largest number, and `False` (or 0)
# elsewhere.


# %% exercise="create_mask_from_window"
def create_mask_from_window(x):
    """Mark the largest number of a window.

    x has shape (n_H, n_W).
    Returns a mask of the same shape.
    """
    ### BEGIN SOLUTION
    mask = np.zeros(x.shape, dtype=bool)
    # argmax gives the first of equals
    mask[np.unravel_index(np.argmax(x), x.shape)] = True
    return mask
    ### END SOLUTION


# %% check="create_mask_from_window" points=1

# %% [markdown]
# What does yours do with the corner of a digit, where all numbers are equal?

# %% example
with attempt():
    handed_back = np.sum(create_mask_from_window(np.zeros((2, 2))))
    print(f"A window of four equal numbers is given 1 and hands back {handed_back:g}.")

# %% [markdown]
# ## Equal shares
#
# In an average pool each of the $f · f$ numbers counts $\frac{1}{f \cdot f}$ in the mean. If one grows by
# $\varepsilon$, the output grows by $\frac{\varepsilon}{f \cdot f}$. So all get the same share, and the
# shares add up to the gradient.

# %% demo
diagrams.show_numbers(
    np.array([[2]]),
    "→",
    np.full((2, 2), 0.5),
    titles=["dA", "gradient"],
    signed=False,
    caption="A gradient of 2, shared by the four numbers of a window.",
)

# %% [markdown]
# ### Exercise: distribute_value
#
# Return an array of the given shape `(n_H, n_W)` whose numbers are equal and add up to `dz`.


# %% exercise="distribute_value"
def distribute_value(dz, shape):
    """Share a number out equally.

    dz is a number; shape is a pair (n_H, n_W).
    Returns an array of this shape.
    """
    ### BEGIN SOLUTION
    n_H, n_W = shape
    return np.full(shape, dz / (n_H * n_W))
    ### END SOLUTION


# %% check="distribute_value" points=1

# %% [markdown]
# ## Both ways back
#
# As with convolution, take the outputs one by one and send each gradient back to where its output came
# from. $dA_{i,h,w,c}$ goes to the window at row $h·s$ and column $w·s$ of channel $c$ of image $i$: to its
# largest number, or in equal shares. A window that overlaps with another adds to what is there already.

# %% demo
gradient = np.array([[4, 8], [-4, 12]])
diagrams.show_numbers(
    gradient,
    "→",
    np.array([[0, 0, 0, 0], [4, 0, 8, 0], [0, -4, 0, 0], [0, 0, 12, 0]]),
    titles=["dA", "dA_prev, maximum"],
    signed=True,
    marks={0: four_numbers, 1: four_windows},
    caption="The image is the one from the beginning: each gradient goes to where"
    " 7, 4, 2 and 9 stood.",
)
diagrams.show_numbers(
    gradient,
    "→",
    np.kron(gradient / 4, np.ones((2, 2))),
    titles=["dA", "dA_prev, average"],
    signed=True,
    marks={0: four_numbers, 1: four_windows},
    caption="The same gradients, in equal shares.",
)

# %% [markdown]
# ### Exercise: pool_backward
#
# From `dA`, of the shape of `A`, and the cache of `pool_forward`, compute `dA_prev`, of the shape of
# `A_prev`.


# %% exercise="pool_backward"
def pool_backward(dA, cache, mode="max"):
    """The gradient of the input.

    dA has shape (m, n_H, n_W, n_C); cache is (A_prev, hparameters), from pool_forward;
    mode is "max" or "average".
    Returns dA_prev, with the shape of A_prev.
    """
    ### BEGIN SOLUTION
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    m, n_H, n_W, n_C = dA.shape

    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                rows = slice(h * stride, h * stride + f)
                columns = slice(w * stride, w * stride + f)
                for c in range(n_C):
                    dz = dA[i, h, w, c]
                    if mode == "max":
                        mask = create_mask_from_window(A_prev[i, rows, columns, c])
                        dA_prev[i, rows, columns, c] += mask * dz
                    else:
                        dA_prev[i, rows, columns, c] += distribute_value(dz, (f, f))
    return dA_prev
    ### END SOLUTION


# %% check="pool_backward" points=4

# %% [markdown]
# With windows that overlap, one number can be the largest of several. Then it collects.

# %% example
with attempt():
    peak = np.array(
        [
            [1, 0, 2, 0, 1],
            [0, 3, 1, 2, 0],
            [2, 0, 9, 0, 1],
            [1, 2, 0, 3, 2],
            [0, 1, 2, 0, 1],
        ]
    )
    A, cache = pool_forward(peak.reshape(1, 5, 5, 1), {"f": 3, "stride": 2})
    dA = np.array([[1, 2], [3, 4]])
    dA_prev = pool_backward(dA.reshape(1, 2, 2, 1), cache)
    diagrams.show_numbers(
        peak,
        "→",
        A[0, :, :, 0],
        "",
        dA,
        "→",
        dA_prev[0, :, :, 0],
        titles=["image", "A", "dA", "dA_prev"],
        signed=False,
        caption="Four windows of 3 × 3 share the 9 in the middle. It gets 1 + 2 + 3 + 4.",
    )

# %% [markdown]
# ## A whole network, layer by layer
#
# Convolutions find things, pools shrink the image, and at the end a few fully connected layers (dense
# layers) decide. This network for 32 × 32 colour images is close to LeNet-5, with which Yann LeCun and
# others read bank cheques in the 1990s:

# %% demo
diagrams.show_volumes(
    (32, 32, 3),
    "→",
    (28, 28, 8),
    "→",
    (14, 14, 8),
    "→",
    (10, 10, 16),
    "→",
    (5, 5, 16),
    titles=["image", "CONV1", "POOL1", "CONV2", "POOL2"],
    caption="CONV1 has 8 filters, CONV2 has 16, all of 5 × 5 with stride 1 and no"
    " padding. The pools have f = 2 and stride 2. The last volume, written as a list of"
    " 400 numbers, goes through 120 and 84 units (FC3 and FC4) into a softmax of 10.",
)

# %% [markdown]
# Three numbers say most about a layer: the shape of what comes out, how many numbers that is (memory), and
# how many parameters it has (what must be learned and stored). The rules:
#
# | layer | height and width | channels | parameters |
# | :--- | :--- | :--- | :--- |
# | convolution | $\lfloor\frac{n + 2p - f}{s}\rfloor + 1$ | one for each filter | $(f · f · n_{C,prev} + 1)· n_C$ |
# | pool | $\lfloor\frac{n - f}{s}\rfloor + 1$ | as before | 0 |
# | dense | none: one number for each unit | none | (numbers that come in + 1) · units |
#
# The 1 is the bias: each filter has one, and each unit.
#
# Layers are described by dictionaries, like this:

# %%
lenet = [
    {"kind": "conv", "f": 5, "stride": 1, "pad": 0, "filters": 8},
    {"kind": "pool", "f": 2, "stride": 2},
    {"kind": "conv", "f": 5, "stride": 1, "pad": 0, "filters": 16},
    {"kind": "pool", "f": 2, "stride": 2},
    {"kind": "dense", "units": 120},
    {"kind": "dense", "units": 84},
    {"kind": "dense", "units": 10},
]

# %% [markdown]
# ### Exercise: layer_table
#
# Return a list with one row for the input and one for each layer. A row is `(shape, size, parameters)`:
# a tuple, the count of its numbers, and the count of the layer's parameters. The first row, for a
# 32 × 32 × 3 image, is `((32, 32, 3), 3072, 0)`; a dense layer's shape has one number, such as `(120,)`.


# %% exercise="layer_table"
def layer_table(layers, input_shape):
    """Shape, size and number of parameters of the input and of each layer.

    layers is a list of dictionaries: {"kind": "conv", "f", "stride", "pad", "filters"},
    {"kind": "pool", "f", "stride"} or {"kind": "dense", "units"}; input_shape is the
    shape of one image, such as (32, 32, 3), or of a row of numbers, such as (400,).
    Returns a list of rows (shape, size, parameters); the first is the input's.
    """
    ### BEGIN SOLUTION
    shape = tuple(input_shape)
    rows = [(shape, int(np.prod(shape)), 0)]
    for layer in layers:
        size_before = int(np.prod(shape))
        if layer["kind"] == "conv":
            f, stride, pad, n_C = (
                layer["f"],
                layer["stride"],
                layer["pad"],
                layer["filters"],
            )
            n_H, n_W, n_C_prev = shape
            shape = (
                (n_H + 2 * pad - f) // stride + 1,
                (n_W + 2 * pad - f) // stride + 1,
                n_C,
            )
            parameters = (f * f * n_C_prev + 1) * n_C
        elif layer["kind"] == "pool":
            f, stride = layer["f"], layer["stride"]
            n_H, n_W, n_C = shape
            shape = ((n_H - f) // stride + 1, (n_W - f) // stride + 1, n_C)
            parameters = 0
        else:
            shape = (layer["units"],)
            parameters = (size_before + 1) * layer["units"]
        rows.append((shape, int(np.prod(shape)), parameters))
    return rows
    ### END SOLUTION


# %% check="layer_table" points=3

# %% example
names = ["image", "CONV1", "POOL1", "CONV2", "POOL2", "FC3", "FC4", "softmax"]

with attempt():
    rows = layer_table(lenet, (32, 32, 3))
    with_six = layer_table([{**lenet[0], "filters": 6}, *lenet[1:]], (32, 32, 3))
    show_table(
        ["layer", "shape", "numbers in it", "parameters", "with 6 in CONV1"],
        [
            (name, " × ".join(map(str, shape)), size, f"{count:,}", f"{fewer:,}")
            for name, (shape, size, count), (_, _, fewer) in zip(
                names, rows, with_six, strict=True
            )
        ],
        f"{sum(row[2] for row in rows):,} parameters in all, or"
        f" {sum(row[2] for row in with_six):,} with 6 filters in CONV1.",
    )
    figure = plots.figure(height=2.6)
    left, right = figure.subplots(1, 2)
    for axes, column, title in [
        (left, 1, "numbers in the output"),
        (right, 2, "parameters"),
    ]:
        plots.style(axes, title=title)
        axes.barh(names[::-1], [row[column] for row in rows[::-1]], color=plots.BLUE)
        axes.locator_params(axis="x", nbins=4)
    plots.show(
        figure,
        "The convolutions hold most of the numbers and few of the parameters; with the"
        " dense layers it is the other way round.",
    )

# %% [markdown]
# The total is 62,958. With 6 filters in CONV1 in place of 8, as LeNet-5 had, it is 62,006: fewer filters
# save little, because the weights between POOL2 and FC3 are more than three quarters of all.
#
# How many layers are these? A pool has nothing to learn, so most authors count a convolution and its pool as
# *one* layer. Counted like this the network has five, and that is why its dense layers are called FC3 and FC4.
#
# Two habits of convolutional networks can be read off the table. Height and width shrink from layer to
# layer while the channels grow. And the size of the output shrinks slowly, with ups and downs: 3072, 6272,
# 1568, 1600, 400, 120, 84, 10.
#
# ## A network of your own
#
# Now build a small network and train it. It reads these:

# %% demo
chosen = [
    np.flatnonzero(labels == digit)[number] for number in (0, 7) for digit in range(10)
]
plots.show_images(
    [digits[i] for i in chosen],
    titles=[str(labels[i]) for i in chosen],
    columns=10,
    caption="Two each of 1,797 handwritten digits, 8 × 8 pixels, and what they are. Data:"
    " E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI (CC BY"
    " 4.0), shipped with scikit-learn.",
)

# %% [markdown]
# The images are small, so the filters are too: 3 × 3, with a border of 1.

# %% demo
diagrams.show_volumes(
    (8, 8, 1),
    "→",
    (8, 8, 8),
    "→",
    (4, 4, 8),
    "→",
    (4, 4, 16),
    "→",
    (2, 2, 16),
    titles=["X", "Z1, ReLU", "P1", "Z2, ReLU", "P2"],
    caption="Convolution, pool, convolution, pool. The last volume, as a list of 64"
    " numbers, goes into a softmax of 10: one probability for each digit.",
)

# %% [markdown]
# The convolution is the one of notebook 01. Here it has two loops instead of four: the window is taken from
# all images at once, and `np.tensordot` multiplies it by all filters at once. If you would rather use your
# own, paste it over this cell, with the functions that it calls: it does the same.


# %%
def conv_forward(A_prev, W, b, hparameters):
    """Z and the cache, as in notebook 01."""
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n_H, n_W = ((n - f) // stride + 1 for n in A_pad.shape[1:3])
    Z = np.zeros((len(A_prev), n_H, n_W, W.shape[3]))
    for h in range(n_H):
        for w in range(n_W):
            windows = A_pad[
                :, h * stride : h * stride + f, w * stride : w * stride + f, :
            ]
            Z[:, h, w, :] = np.tensordot(windows, W, axes=3) + b[0, 0]
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):
    """dA_prev, dW and db, as in notebook 01."""
    A_prev, W, b, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dA_pad, dW = np.zeros(A_pad.shape), np.zeros(W.shape)
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            rows = slice(h * stride, h * stride + f)
            columns = slice(w * stride, w * stride + f)
            dA_pad[:, rows, columns] += np.tensordot(dZ[:, h, w], W, axes=(1, 3))
            dW += np.tensordot(A_pad[:, rows, columns], dZ[:, h, w], axes=(0, 0))
    n_H, n_W = A_prev.shape[1:3]
    db = dZ.sum(axis=(0, 1, 2)).reshape(b.shape)
    return dA_pad[:, pad : pad + n_H, pad : pad + n_W], dW, db


# %% [markdown]
# And this is the way forth through the network, from the images to the probabilities. It keeps everything
# that the way back will need. The functions come from `layers`, so that faster ones can be put in later.

# %%
SAME = {"stride": 1, "pad": 1}
HALVE = {"f": 2, "stride": 2}


def own_layers():
    """The layers of this notebook."""
    return SimpleNamespace(
        conv_forward=conv_forward,
        conv_backward=conv_backward,
        pool_forward=pool_forward,
        pool_backward=pool_backward,
    )


def forward(parameters, X, layers=None):
    """Probabilities of shape (m, classes) for images X, and what was met on the way."""
    layers = layers or own_layers()
    Z1, conv1 = layers.conv_forward(X, parameters["W1"], parameters["b1"], SAME)
    P1, pool1 = layers.pool_forward(np.maximum(Z1, 0), HALVE)
    Z2, conv2 = layers.conv_forward(P1, parameters["W2"], parameters["b2"], SAME)
    P2, pool2 = layers.pool_forward(np.maximum(Z2, 0), HALVE)

    features = P2.reshape(len(X), -1)  # (m, 2, 2, 16) -> (m, 64)
    scores = features @ parameters["W3"] + parameters["b3"]
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities, {
        "Z1": Z1,
        "conv1": conv1,
        "P1": P1,
        "pool1": pool1,
        "Z2": Z2,
        "conv2": conv2,
        "P2": P2,
        "pool2": pool2,
        "features": features,
        "scores": scores,
    }


def random_parameters(seed):
    """Small random weights, and biases of 0."""
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(3, 3, 1, 8)) * np.sqrt(2 / 9),
        "b1": np.zeros((1, 1, 1, 8)),
        "W2": rng.normal(size=(3, 3, 8, 16)) * np.sqrt(2 / 72),
        "b2": np.zeros((1, 1, 1, 16)),
        "W3": rng.normal(size=(64, 10)) * np.sqrt(1 / 64),
        "b3": np.zeros((1, 10)),
    }


# %% [markdown]
# ## The loss, and the first step back
#
# The labels are one-hot rows: for a 3, all of $Y_i$ is 0 except for a 1 at place 3. The **loss** is large when
# the right digit is thought unlikely. It is the mean, over the $m$ images, of
# $-\log(\text{probability of the right digit})$:
#
# $$J = -\frac{1}{m} \sum_{i=1}^{m} \sum_{k} Y_{i,k} \log \hat{Y}_{i,k}
# \qquad\text{with}\qquad \hat{Y}_{i,k} = \frac{e^{S_{i,k}}}{\sum_{k'} e^{S_{i,k'}}}$$
#
# Softmax and logarithm belong together, for what they make of each other on the way back. For one image whose
# right class is $r$, $-\log \hat{Y}_r = -S_r + \log \sum_{k'} e^{S_{k'}}$. **Predict.** What is the derivative of this
# for $S_r$, and for another $S_k$?
#
# ### Exercise: softmax_loss
#
# Return the loss, and its gradient for the scores, of the scores' shape. Remember that the loss is a mean. And
# $e^{1000}$ is more than a computer can hold: subtract the largest score of each row from all of the row
# first, which leaves the probabilities as they are.


# %% exercise="softmax_loss"
def softmax_loss(scores, Y):
    """The mean cross-entropy of softmax(scores), and its gradient for the scores.

    scores and Y have shape (m, classes); Y is one-hot.
    Returns the loss, a number, and dscores, of shape (m, classes).
    """
    ### BEGIN SOLUTION
    m = len(scores)
    exponentials = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probabilities = exponentials / np.sum(exponentials, axis=1, keepdims=True)
    # the smallest number keeps a probability of 0 out of the logarithm
    loss = -np.sum(Y * np.log(probabilities + np.finfo(float).tiny)) / m
    dscores = (probabilities - Y) / m
    return loss, dscores
    ### END SOLUTION


# %% check="softmax_loss" points=3

# %% [markdown]
# Do you believe your gradient? Nudge one number up and down by a millionth, and see by how much the loss
# changes:


# %% example
def by_nudging(function, x, place, nudge=1e-6):
    """How fast function(x) changes when the number at one place of x does."""
    up, down = x.copy(), x.copy()
    up[place] += nudge
    down[place] -= nudge
    return (function(up) - function(down)) / (2 * nudge)


with attempt():
    rng = np.random.default_rng(0)
    scores, right = rng.normal(size=(3, 4)), np.eye(4)[[2, 0, 3]]
    _, dscores = softmax_loss(scores, right)
    nudged = by_nudging(lambda S: softmax_loss(S, right)[0], scores, (1, 0))
    print(f"by nudging {nudged:.8f}, by softmax_loss {dscores[1, 0]:.8f}")

# %% [markdown]
# ## A dense layer and a ReLU, backwards
#
# Two kinds of layers are left without a way back.
#
# **Dense.** $Z = A_{prev}\,W + b$, with one image in each row: $Z_{i,j} = \sum_k A_{i,k}\,W_{k,j} + b_j$ for image
# $i$ and unit $j$. Who feels it if $W_{k,j}$ grows a little? Unit $j$ of *every* image $i$, the more the larger
# $A_{i,k}$ is. So $dW_{k,j} = \sum_i A_{i,k}\,dZ_{i,j}$, a matrix product. Find the other two in the same way.
#
# **ReLU.** $A = \max(Z, 0)$, number by number. Where $Z$ is above 0, it hands on whatever happens to it.
#
# ### Exercise: dense_backward
#
# Return `dA_prev`, `dW` and `db`, each of the shape of what it belongs to; `b` has the shape `(1, n)`. Nothing
# is divided by $m$: the loss has done that.


# %% exercise="dense_backward"
def dense_backward(dZ, A_prev, W):
    """The gradients of the loss with respect to A_prev, W and b of Z = A_prev @ W + b.

    dZ has shape (m, n), A_prev (m, n_prev), W (n_prev, n).
    Returns dA_prev (m, n_prev), dW (n_prev, n) and db (1, n).
    """
    ### BEGIN SOLUTION
    dA_prev = dZ @ W.T
    dW = A_prev.T @ dZ
    db = np.sum(dZ, axis=0, keepdims=True)
    return dA_prev, dW, db
    ### END SOLUTION


# %% check="dense_backward" points=3

# %% [markdown]
# ### Exercise: relu_backward
#
# Return the gradient of $Z$, of its shape.


# %% exercise="relu_backward"
def relu_backward(dA, Z):
    """The gradient of the loss with respect to Z of A = max(Z, 0).

    dA and Z have the same shape. Returns dZ, of this shape.
    """
    ### BEGIN SOLUTION
    return dA * (Z > 0)
    ### END SOLUTION


# %% check="relu_backward" points=1

# %% [markdown]
# And the three in a chain, a dense layer, a ReLU and the loss, against nudging:

# %% example
with attempt():
    rng = np.random.default_rng(1)
    A, W, b = rng.normal(size=(3, 5)), rng.normal(size=(5, 4)), rng.normal(size=(1, 4))
    right = np.eye(4)[[2, 0, 3]]

    def loss_of(A, W, b):
        return softmax_loss(np.maximum(A @ W + b, 0), right)[0]

    Z = A @ W + b
    dZ = relu_backward(softmax_loss(np.maximum(Z, 0), right)[1], Z)
    dA, dW, db = dense_backward(dZ, A, W)
    nudged = [
        by_nudging(lambda x: loss_of(x, W, b), A, (1, 2)),
        by_nudging(lambda x: loss_of(A, x, b), W, (3, 1)),
        by_nudging(lambda x: loss_of(A, W, x), b, (0, np.abs(db).argmax())),
    ]
    found = [dA[1, 2], dW[3, 1], db.flat[np.abs(db).argmax()]]
    show_table(
        ["one number of", "by nudging", "by your functions"],
        [
            (name, f"{left:.8f}", f"{right:.8f}")
            for name, left, right in zip("AWb", nudged, found, strict=True)
        ],
    )

# %% [markdown]
# ## One step of training
#
# Now all of it, from the loss to the first filter, one line for each layer:
#
# | layer | comes in | goes out |
# | :--- | :--- | :--- |
# | softmax and loss | the scores $S$, and $Y$ | the loss and $dS$, by `softmax_loss` |
# | dense | $dS$ | the features' gradient, $dW_3$ and $db_3$, by `dense_backward` |
# |  |  | $dP_2$: the features' gradient, put into the shape of $P_2$ |
# | pool | $dP_2$ | $dA_2$, by `pool_backward` |
# | ReLU | $dA_2$ | $dZ_2$, by `relu_backward` |
# | convolution | $dZ_2$ | $dP_1$, $dW_2$, $db_2$, by `conv_backward` |
# | pool, ReLU, convolution | $dP_1$ | the same three steps again, for $dW_1$ and $db_1$ |
#
# When all gradients are known, each parameter takes a step downhill, by the learning rate $\alpha$:
#
# $$W := W - \alpha \, dW \qquad\qquad b := b - \alpha\, db$$
#
# ### Exercise: train_step
#
# Return the *new* parameters, a dictionary with the same six names, and the loss before the step, a number.
# The arrays that were given must stay as they are, so no `-=`. `forward` has kept the scores and what each layer
# met. The functions of convolutions and pools are those in `layers`, so that the same step can run with faster
# ones.


# %% exercise="train_step"
def train_step(parameters, X, Y, learning_rate, layers=None):
    """One step of gradient descent.

    parameters holds W1, b1, W2, b2, W3, b3; X has shape (m, n_H, n_W, n_C); Y has shape
    (m, classes), one-hot; layers has conv_forward, conv_backward, pool_forward,
    pool_backward.
    Returns the new parameters and the loss before the step.
    """
    layers = layers or own_layers()
    ### BEGIN SOLUTION
    _, kept = forward(parameters, X, layers)
    loss, dscores = softmax_loss(kept["scores"], Y)

    dfeatures, dW3, db3 = dense_backward(dscores, kept["features"], parameters["W3"])
    dP2 = dfeatures.reshape(kept["P2"].shape)

    dZ2 = relu_backward(layers.pool_backward(dP2, kept["pool2"]), kept["Z2"])
    dP1, dW2, db2 = layers.conv_backward(dZ2, kept["conv2"])

    dZ1 = relu_backward(layers.pool_backward(dP1, kept["pool1"]), kept["Z1"])
    _, dW1, db1 = layers.conv_backward(dZ1, kept["conv1"])

    gradients = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}
    new = {
        name: parameters[name] - learning_rate * gradients[name] for name in parameters
    }
    return new, loss
    ### END SOLUTION


# %% check="train_step" points=6

# %% [markdown]
# ## What you have just built
#
# A convolutional network that can learn. Put 397 of the digits aside to test it with; it never sees them
# while it learns. The first steps are made by your own functions, loops and all. The same steps are then
# made by `dlcourse.convolution` and `dlcourse.pooling`, which have no loops over images and pixels: they
# gather the windows of many images in one large matrix, and multiply once.
#
# **Predict.** Before its first step the network knows nothing of the ten digits. About how large is its loss?

# %% demo
order = np.random.default_rng(0).permutation(len(digits))
training, held_out = order[:1400], order[1400:]
Y = np.eye(10)[labels]  # (1797, 10)

vectorised = SimpleNamespace(
    conv_forward=convolution.conv_forward,
    conv_backward=convolution.conv_backward,
    pool_forward=pooling.pool_forward,
    pool_backward=pooling.pool_backward,
)

with attempt():
    parameters, fast = random_parameters(1), random_parameters(1)
    table = []
    for step in range(4):
        batch = training[32 * step : 32 * step + 32]
        start = time.perf_counter()
        parameters, loss = train_step(parameters, digits[batch], Y[batch], 0.2)
        middle = time.perf_counter()
        fast, fast_loss = train_step(fast, digits[batch], Y[batch], 0.2, vectorised)
        end = time.perf_counter()
        own = f"{loss:.10f}", f"{middle - start:.3f} s"
        table.append((step + 1, *own, f"{fast_loss:.10f}", f"{end - middle:.3f} s"))
    show_table(
        ["step", "loss, your layers", "time", "loss, vectorised", "time"],
        table,
        "Four steps of 32 images each. The first loss is the same to the last digit. The"
        " others are too, if your mask hands back 1 in all; if each of several equal"
        " numbers gets 1, they drift apart slowly, because of the blank corners.",
    )

# %% [markdown]
# The same function, the same numbers, at a fraction of the time: the loops are for understanding, the large
# matrix is for working.
#
# ### Windows as rows
#
# What is this large matrix? Cut the images into windows, and write each window as one *row* of numbers. Write
# each filter as one column. Then every number of the output is a row times a column, and a whole layer is a
# single matrix product, for which computers are built. The name of the trick is `im2col`, image to columns,
# from a program that had the windows in the columns.
#
# ### Exercise: im2col
#
# Return one row for each window of each image: all windows of the first image, along its rows, then those of the second. A
# row holds `f * f * n_C` numbers, in the order of `window.ravel()`. Loops are welcome.


# %% exercise="im2col"
def im2col(A_prev, f, stride, pad):
    """Every window of every image as a row of numbers.

    A_prev has shape (m, n_H_prev, n_W_prev, n_C); windows of f x f pixels begin `stride`
    pixels apart, after `pad` zeros were put around each image.
    Returns an array of shape (m * n_H * n_W, f * f * n_C).
    """
    ### BEGIN SOLUTION
    A_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n_H, n_W = ((n - f) // stride + 1 for n in A_pad.shape[1:3])
    rows = []
    for image in A_pad:
        for h in range(n_H):
            for w in range(n_W):
                y, x = h * stride, w * stride
                rows.append(image[y : y + f, x : x + f].ravel())
    return np.array(rows)
    ### END SOLUTION


# %% check="im2col" points=3

# %% [markdown]
# **Predict.** The second convolution of your network reads 4 × 4 pixels with 8 channels, with a border of 1. How many rows and columns
# has the matrix of 32 images, and how many times more numbers than the images?

# %% example
with attempt():
    rng = np.random.default_rng(2)
    images = rng.normal(size=(32, 4, 4, 8))
    filters, none = rng.normal(size=(3, 3, 8, 16)), np.zeros((1, 1, 1, 16))
    rows = im2col(images, 3, 1, 1)
    print(rows.shape, f"{rows.size / images.size:.0f} times the numbers of the images")

    def window_by_window():
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
        Z = np.zeros((32, 4, 4, 16))
        for i, h, w, c in np.ndindex(Z.shape):
            Z[i, h, w, c] = np.sum(padded[i, h : h + 3, w : w + 3] * filters[..., c])
        return Z

    def milliseconds(function):
        start = time.perf_counter()
        function()
        return 1000 * (time.perf_counter() - start)

    ways = {
        "window by window, filter by filter": window_by_window,
        "your im2col: the cutting": lambda: im2col(images, 3, 1, 1),
        "the product": lambda: rows @ filters.reshape(72, 16),
        "dlcourse.convolution, all of it": lambda: convolution.conv_forward(
            images, filters, none, SAME
        ),
    }
    difference = window_by_window().reshape(-1, 16) - rows @ filters.reshape(72, 16)
    show_table(
        ["a convolution of 32 images, from 8 to 16 channels", "milliseconds"],
        [
            (name, f"{min(milliseconds(way) for _ in range(3)):.1f}")
            for name, way in ways.items()
        ],
        f"The same numbers to {np.abs(difference).max():.0e}. The product takes next to no"
        " time; what is left is the cutting, and NumPy can do that too:"
        " `np.lib.stride_tricks.sliding_window_view` shows all windows of an array"
        " without copying one.",
    )

# %% [markdown]
# ### Twenty digits by heart
#
# Before a network learns from 1,400 digits, see whether it can learn twenty by heart. If it can't, something is
# wrong with the step, and no amount of data will help.

# %% example
with attempt():
    few, small = training[:20], random_parameters(1)
    losses = []
    for _ in range(150):
        small, loss = train_step(small, digits[few], Y[few], 0.2, vectorised)
        losses.append(loss)
    read = forward(small, digits[few], vectorised)[0].argmax(axis=1)
    print(f"loss {losses[0]:.2f} before, {losses[-1]:.4f} after 150 steps;")
    print(f"{np.sum(read == labels[few])} of the 20 digits are read right.")

# %% [markdown]
# The full training takes 15 rounds (epochs) through the 1,400 digits, 660 steps.


# %% demo
def accuracy(parameters, chosen):
    """The share of the chosen digits that are read right."""
    probabilities, _ = forward(parameters, digits[chosen], vectorised)
    return np.mean(probabilities.argmax(axis=1) == labels[chosen])


def train(training, held_out, epochs=15, learning_rate=0.2, seed=1):
    """Train from random weights: the parameters, and both accuracies after each epoch."""
    rng = np.random.default_rng(seed)
    parameters = random_parameters(seed)
    history = {"training": [], "held out": []}
    for epoch in range(epochs):
        shuffled = rng.permutation(training)
        for start in range(0, len(shuffled), 32):
            batch = shuffled[start : start + 32]
            parameters, loss = train_step(
                parameters, digits[batch], Y[batch], learning_rate, vectorised
            )
        history["training"].append(accuracy(parameters, training))
        history["held out"].append(accuracy(parameters, held_out))
        if (epoch + 1) % 5 == 0:
            print(
                f"epoch {epoch + 1} of {epochs}: {history['held out'][-1]:.1%}"
                " of the held-out digits"
            )
    return parameters, history


with attempt():
    parameters, history = train(training, held_out)
    plots.show_curves(
        history,
        x=range(1, 16),
        x_label="epoch",
        y_label="share read right",
        caption=f"After 15 epochs your network reads {history['held out'][-1]:.1%}"
        " of 397 digits that it has never seen. It knows the digits that it learned"
        " from a little better.",
    )

# %% [markdown]
# **Yours to change.** The curves don't only rise: now and then an epoch loses what the one before had won. Run the cell above with
# `train(training, held_out, learning_rate=0.02)`, then with 0.5. What becomes of the dips, and what of the share read right?
#
# With 0.2, at least 95 % are right. The others:

# %% demo
with attempt():
    probabilities, _ = forward(parameters, digits[held_out], vectorised)
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels[held_out])[:8]
    plots.show_images(
        [digits[held_out][i] for i in wrong],
        titles=[f"{labels[held_out][i]}, read as {answers[i]}" for i in wrong],
        columns=4,
        caption="Digits that the network reads wrong, and what they are. With some of"
        " them, a person would hesitate too.",
    )

# %% [markdown]
# What have the eight filters of the first layer become? Nobody told them to look for edges.

# %% demo
with attempt():
    example = held_out[0]
    _, kept = forward(parameters, digits[example : example + 1], vectorised)
    found = np.maximum(kept["Z1"][0], 0)
    filters = [parameters["W1"][:, :, 0, c] for c in range(8)]
    plots.show_images(
        filters,
        signed=True,
        titles=[f"filter {c + 1}" for c in range(8)],
        caption="The learned filters. Orange weights look for ink, blue"
        " ones for its absence.",
    )
    plots.show_images(
        [digits[example] * found.max(), *(found[:, :, c] for c in range(7))],
        titles=["a digit", *(f"filter {c + 1}" for c in range(7))],
        limits=(0, float(found.max())),
        caption="What the first seven find in a digit, to one scale. Each answers to"
        " other parts of it, some hardly at all.",
    )

# %% [markdown]
# ### How good is it really?
#
# The digits were written by 13 people, and those of one person stand together in the file. We mixed them
# before we split them, so the network has learned from everybody's hand, and was tested on other digits of
# the same people. Now let it learn from the first 1,400 of the file and test it on the rest, nearly all of
# it from hands that it has never seen:

# %% demo
with attempt():
    in_order = np.arange(len(digits))
    _, other_hands = train(in_order[:1400], in_order[1400:])
    show_table(
        ["held out", "read right"],
        [
            ("other digits of the same people", f"{history['held out'][-1]:.1%}"),
            ("digits of other people", f"{other_hands['held out'][-1]:.1%}"),
        ],
        "The same network and the same amount of data: what differs is the question"
        " that the test asks.",
    )

# %% [markdown]
# Both numbers are right, and they answer different questions. The second is what a stranger would meet.
#
# ### What if a digit moves?
#
# At the beginning a pixel moved inside a window, and the pool did not notice. Two words are used for such things, and often
# mixed up. If the image moves and the output moves along by as much, an operation is **equivariant** to movement. If the
# image moves and the output stays what it is, it is **invariant**. Below, a digit moves by one pixel, and the difference that this makes is measured: in the
# edges, in the edges moved back, and in the pooled edges.
#
# **Predict.** Which of the three differences will be 0?


# %% example
def vertical_edges(image):
    """The absolute response of a filter for vertical edges, without a border."""
    W = np.array([1.0, 0.0, -1.0])
    return np.abs(image[:, :-2] * W[0] + image[:, 1:-1] * W[1] + image[:, 2:] * W[2])


def difference(A, B):
    """How much of A is different in B, as a percentage."""
    return f"{np.sum(np.abs(A - B)) / np.sum(np.abs(A)):.0%}"


with attempt():
    image = np.pad(digits[0, :, :, 0], 3)  # 14 x 14
    shifted = np.roll(image, 1, axis=1)
    responses = [vertical_edges(image), vertical_edges(shifted)]
    pooled = [
        pool_forward(Z.reshape(1, 14, 12, 1), {"f": 4, "stride": 4})[0] for Z in responses
    ]
    plots.show_images(
        [image, responses[0], pooled[0][0], shifted, responses[1], pooled[1][0]],
        titles=[
            "a digit",
            "its edges",
            "pooled, f = 4",
            "moved by one",
            "its edges",
            "pooled, f = 4",
        ],
        columns=3,
        caption="Above: a digit, its edges, and the pooled edges. Below: the same, after"
        " the digit has moved to the right by one pixel.",
    )
    show_table(
        ["what is compared", "difference"],
        [
            ("edges, before and after", difference(*responses)),
            (
                "edges, moved back",
                difference(responses[0], np.roll(responses[1], -1, axis=1)),
            ),
            ("pooled edges, before and after", difference(*pooled)),
        ],
    )

# %% [markdown]
# The edges have moved with the digit and are otherwise the same: a convolution is equivariant. The pooled edges have changed by
# much less than the edges, but they have changed. Pooling makes a network *somewhat* indifferent to *small* movements.
#
# **Predict.** Your network has two pools of 2. Move all the held-out digits by one pixel, to the right or down. How many does it
# still read?


# %% example
def moved(images, down, right):
    """Images that have moved; what leaves them is lost, and zeros follow."""
    n_H, n_W = images.shape[1:3]
    there = np.pad(images, ((0, 0), (down, 0), (right, 0), (0, 0)))
    return there[:, :n_H, :n_W]


with attempt():
    train_step(random_parameters(1), digits[:1], Y[:1], 0.2, vectorised)  # or stops here
    table = []
    for down, right in ((0, 0), (0, 1), (1, 0), (0, 2), (2, 0)):
        elsewhere = moved(digits[held_out], down, right)
        read = forward(parameters, elsewhere, vectorised)[0].argmax(axis=1)
        table.append((down, right, f"{np.mean(read == labels[held_out]):.1%}"))
    show_table(
        ["pixels down", "pixels to the right", "read right"],
        table,
        "Two pools have not made the network invariant. A pixel is an eighth of these images,"
        " and the softmax has learned which corner of the last volume says what.",
    )

# %% [markdown]
# What helps is to learn from digits that have moved. Notebook 08 is about that.
#
# ## Spot the mistake
#
# These sentences are from the notes that this course grew out of, but for the last, which is what readers make
# of them; the network is the one with 8 and 16 filters. Set them right.
#
# | name | the claim | your answer |
# | :--- | :--- | :--- |
# | `fc4_parameters` | FC4 has 16164 parameters. | the right number |
# | `softmax_parameters` | The softmax layer has 856 parameters. | the right number |
# | `deeper` | The deeper the layer, the more parameters it has. | what they do from CONV1 to the softmax |
# | `convolution` | Convolution is translation invariant. | what it is |
# | `max_pooling` | After max pooling, the position no longer matters. | the movements that do not matter |
#
# The words for `deeper` are `"grow"`, `"shrink"` and `"grow, then shrink"` (the pools, which have no
# parameters, left out); for `convolution` they are `"invariant"` and `"equivariant"`; for `max_pooling`, with
# one pool of 2 × 2, they are `"all"`, `"small"` and `"none"`.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these five names and your answers. Leave out what you do not know yet.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"fc4_parameters": a number, "deeper": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "fc4_parameters": (120 + 1) * 84,
        "softmax_parameters": (84 + 1) * 10,
        "deeper": "grow, then shrink",
        "convolution": "equivariant",
        "max_pooling": "small",
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=5

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - AlexNet's pools overlap: windows of 3 × 3, two apart. Put them into your network (`HALVE`, and what follows from it).
#   Do they read more digits?
# - Write the way back of `im2col`, *col2im*: each number of a row goes back to its pixel, and where windows overlap they are added up.
#   With it, `conv_backward` is two matrix products.
# - Take the two pools out of the network and give the convolutions a stride of 2. What is lost, and what is won?
#
# ## Where this comes from
#
# Kunihiko Fukushima's Neocognitron (1980) alternates cells that detect with cells that tolerate small
# movements: convolution and pooling, before either had its name. Yann LeCun and others trained such
# networks by backpropagation (1989). In their LeNet-5 (1998), pools were averages with a learned factor and
# a bias, so they did have parameters. Maxima appear in the work of Kouichi Yamaguchi and others on speech (1990)
# and of Juyang Weng and others on images (1992); Dominik Scherer and others compared the two and found
# the maximum better (2010). Jost Tobias Springenberg and others left pools out and used strides instead
# (2014), and Richard Zhang showed how a small blur before the stride protects better against movement (2019).
#
# The next notebook does all of this with a library: what took you an afternoon takes Keras ten lines.
