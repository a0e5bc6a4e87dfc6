#: You write: depthwise and pointwise convolutions forward and backward, their cost, MobileNet, MobileNetV2, compound scaling
#: Applied to: one network with ordinary and with separable blocks on drawn streets: multiplications, milliseconds, right answers

# %% [markdown]
# # Networks for a phone
#
# VGG-16 multiplies fifteen thousand million times to look at one image. A server does that without a thought; the
# battery of a phone does not. In 2017 a network appeared that needs a twenty-seventh of it and reads images about
# as well. What it changes is the convolution itself.
#
# In this notebook you take the convolution apart into two cheap steps, write both with NumPy, forwards and backwards,
# and count what they save. Then you build MobileNet and MobileNetV2 from blocks of your own, agree with Keras layer by
# layer, and learn how to make a network larger in a sensible way. At the end your blocks learn to say what is in a
# street, and you measure three things side by side: multiplications, milliseconds, right answers.
#
# **Stands on** notebooks 01 and 05. **Takes** about half an hour to read and three hours to do.

# %% setup
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import Input
    from keras.layers import (
        Add,
        BatchNormalization,
        Conv2D,
        Dense,
        DepthwiseConv2D,
        GlobalAveragePooling2D,
        MaxPooling2D,
        ReLU,
    )

from dlcourse.checks.mobile import check, hint, solution
from dlcourse.data import datasets, scenes
from dlcourse.figures import block_diagrams, diagrams, plots
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.mobile import explore_costs

# %% [markdown]
# ## Two jobs in one
#
# A filter of an ordinary convolution does two jobs at once. It looks *around*: at a window of $f × f$ pixels. And it
# *mixes*: it sums over all channels. For every channel of the output there is another filter that does both again.

# %% demo
diagrams.show_volumes(
    (6, 6, 3),
    "∗",
    (3, 3, 3, 5),
    "=",
    (4, 4, 5),
    titles=["input", "five filters", "output"],
    caption="An ordinary convolution. Each of the 4 · 4 · 5 numbers of the output is a sum"
    " of 3 · 3 · 3 products: 80 · 27 = 2,160 multiplications.",
)

# %% [markdown]
# A **depthwise separable** convolution does one job after the other. The **depthwise** step looks around, each channel
# by itself. The **pointwise** step mixes the channels, each pixel by itself.

# %% demo
diagrams.show_volumes(
    (6, 6, 3),
    "→",
    (4, 4, 3),
    "→",
    (4, 4, 5),
    titles=["input", "depthwise", "pointwise"],
    caption="First one 3 × 3 filter for each of the three channels. Then, at each pixel, five"
    " mixtures of the three numbers that are there.",
)

# %% [markdown]
# **Predict.** The ordinary convolution takes 2,160 multiplications. How many do the two steps take together? You will count them in a moment.
#
# ## A filter for each channel
#
# The depthwise step has a filter $W_{:,:,c}$ for each channel $c$ of its input, and channel $c$ of the output comes
# from channel $c$ alone. For one image, with its border of zeros if it has one, and stride $s$:
#
# $$Z_{h,w,c} = \sum_{i=0}^{f-1}\sum_{j=0}^{f-1} X_{hs+i,\,ws+j,\,c}\;W_{i,j,c}$$
#
# Compare it with the convolution of notebook 01: the sum over the channels is gone, and so is the loop over the
# filters. There is no bias either, since batch normalisation will follow.
#
# `padding` is `"valid"`, no border, or `"same"` as TensorFlow means it: an output of ceil(n / stride). You have
# written how many zeros that takes in notebook 01; here it is again.


# %%
def borders(n, f, stride, padding):
    """How many zeros come before and after n pixels."""
    if padding == "valid":
        return 0, 0
    total = max((-(-n // stride) - 1) * stride + f - n, 0)
    return total // 2, total - total // 2


print("6 pixels, a filter of 3, stride 1:", borders(6, 3, 1, "same"))
print("6 pixels, a filter of 3, stride 2:", borders(6, 3, 2, "same"))

# %% [markdown]
# ### Exercise: depthwise_conv
#
# Return `Z`, of shape `(m, n_H, n_W, n_C)`, and a `cache` for the way back. Rows and columns may need different
# borders; `np.pad` takes a pair (before, after) for each axis.


# %% exercise="depthwise_conv"
def depthwise_conv(X, W, stride=1, padding="same"):
    """A convolution in which each channel meets a filter of its own.

    X has shape (m, n_H_prev, n_W_prev, n_C), W has shape (f, f, n_C);
    padding is "same" or "valid".
    Returns Z of shape (m, n_H, n_W, n_C), and the cache (X, W, stride, padding).
    """
    ### BEGIN SOLUTION
    m, n_H_prev, n_W_prev, n_C = X.shape
    f = W.shape[0]
    rows = borders(n_H_prev, f, stride, padding)
    columns = borders(n_W_prev, f, stride, padding)
    X_pad = np.pad(X, ((0, 0), rows, columns, (0, 0)))
    n_H = (n_H_prev + sum(rows) - f) // stride + 1
    n_W = (n_W_prev + sum(columns) - f) // stride + 1

    Z = np.zeros((m, n_H, n_W, n_C), dtype=X.dtype)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                top, left = h * stride, w * stride
                window = X_pad[i, top : top + f, left : left + f]
                Z[i, h, w] = np.sum(window * W, axis=(0, 1))
    return Z, (X, W, stride, padding)
    ### END SOLUTION


# %% check="depthwise_conv" points=4

# %% [markdown]
# Three channels, three filters: on a photograph, let red look for upright edges and green for level ones. Blue looks
# for no edge: it is averaged over nine pixels.

# %% example
with attempt():
    coffee = datasets.photograph("coffee", size=(120, 180))
    upright = np.array([[1.0, 0.0, -1.0]] * 3)
    nothing = np.full((3, 3), 1 / 9)  # an average: blue becomes soft
    filters = np.stack([upright, upright.T, nothing], axis=-1)
    Z, _ = depthwise_conv(coffee[np.newaxis], filters)
    plots.show_images(
        [coffee, Z[0, :, :, 0], Z[0, :, :, 1], Z[0, :, :, 2]],
        ["image", "red, upright", "green, level", "blue, softened"],
        columns=2,
        caption="One filter for each channel, with your function. None of the three knows"
        " what the others have seen. " + datasets.credit("coffee"),
    )

# %% [markdown]
# ## A mixture at every pixel
#
# The pointwise step is a convolution of 1 × 1 without a bias. At each pixel it turns the row $x$ of the $n_C'$ channels
# that are there (in the code `n_C_prev`)
# into a row of $n_C$ new ones. A matrix does that:
#
# $$z = x\,W, \qquad W \text{ of shape } (n_C', n_C)$$
#
# The same matrix serves at all pixels of all images.
#
# ### Exercise: pointwise_conv
#
# Return `Z`, of shape `(m, n_H, n_W, n_C)`, and a `cache`.


# %% exercise="pointwise_conv"
def pointwise_conv(X, W):
    """A convolution of 1 x 1: new channels as mixtures of the old, at each pixel.

    X has shape (m, n_H, n_W, n_C_prev), W has shape (n_C_prev, n_C).
    Returns Z of shape (m, n_H, n_W, n_C), and the cache (X, W).
    """
    ### BEGIN SOLUTION
    Z = X @ W
    return Z, (X, W)
    ### END SOLUTION


# %% check="pointwise_conv" points=2

# %% [markdown]
# One after the other they are a convolution of the ordinary kind, with the filters
# $W_{i,j,c,k} = D_{i,j,c}\,P_{c,k}$. The next cell compares the two ways.
#
# **Predict.** Is it also true the other way round: can *every* set of filters $W_{i,j,c,k}$ be taken apart into a $D$ and
# a $P$? Count the free numbers on both sides, for 3 × 3 filters from 3 channels to 5, before you run the cell.

# %% example
with attempt():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2, 8, 8, 3))
    D, P = rng.normal(size=(3, 3, 3)), rng.normal(size=(3, 5))
    in_two_steps, _ = pointwise_conv(depthwise_conv(X, D)[0], P)
    at_once = tf.nn.conv2d(X, D[:, :, :, None] * P, strides=1, padding="SAME")
    print("largest difference:", np.max(np.abs(in_two_steps - at_once)))
    print("free numbers:", 3 * 3 * 3 * 5, "against", D.size + P.size)

# %% [markdown]
# No: 135 numbers cannot be had from 42. Channel $c$ looks around in *one* way, and all five outputs have to make do with
# it. A separable convolution can say less. The hope is that it says enough.
#
# ## Counting multiplications
#
# What is saved? The measure is the number of multiplications for one image. In an ordinary convolution each of the
# $n_H·n_W·n_C$ numbers of the output is a sum of $f·f·n_C'$ products, with $n_C'$ channels in the input.
#
# ### Exercise: separable_cost
#
# Return three whole numbers: the multiplications of an ordinary convolution, of the depthwise step, and of the pointwise
# step. `n_H` and `n_W` are the output's.


# %% exercise="separable_cost"
def separable_cost(n_H, n_W, f, n_C_prev, n_C):
    """Multiplications for one image: ordinary convolution, depthwise step, pointwise step.

    n_H and n_W are the size of the output, f that of the filters.
    """
    ### BEGIN SOLUTION
    ordinary = n_H * n_W * n_C * f * f * n_C_prev
    depthwise = n_H * n_W * n_C_prev * f * f
    pointwise = n_H * n_W * n_C * n_C_prev
    return ordinary, depthwise, pointwise
    ### END SOLUTION


# %% check="separable_cost" points=3

# %% example
with attempt():
    table = []
    for n_H, n_C_prev, n_C in [(4, 3, 5), (112, 32, 64), (28, 256, 256), (14, 512, 512)]:
        ordinary, depthwise, pointwise = separable_cost(n_H, n_H, 3, n_C_prev, n_C)
        share = (depthwise + pointwise) / ordinary
        layer = f"{n_H} × {n_H}, {n_C_prev} → {n_C}"
        together = depthwise + pointwise
        table.append((layer, ordinary, depthwise, pointwise, together, f"{share:.1%}"))
    show_table(
        ["output and channels", "ordinary", "depthwise", "pointwise", "together", "left"],
        table,
        "3 × 3 filters. The first row is the example from the beginning: 432 + 240 = 672 in"
        " place of 2,160. The more channels, the less is left.",
    )

# %% [markdown]
# Divide the two steps by the ordinary convolution, and nearly everything cancels:
#
# $$\frac{n_H n_W n_C' f^2 + n_H n_W n_C n_C'}{n_H n_W n_C f^2 n_C'} = \frac{1}{n_C} + \frac{1}{f^2}$$
#
# With hundreds of channels the first term is next to nothing. What remains is $1/f^2$: a ninth for 3 × 3 filters,
# however many channels there are. Which of the two steps is it that costs so much? Move the sliders and look.

# %% example
with attempt():
    explore_costs(separable_cost)

# %% [markdown]
# ## The way back
#
# To learn, the two steps need gradients. Given $dZ$, the gradient of the loss with respect to $Z$, look for those with
# respect to $X$ and $W$. The formula of the way forward says it all: $X_{hs+i,\,ws+j,\,c}$ was multiplied by $W_{i,j,c}$ and
# added to $Z_{h,w,c}$. So in this place
#
# - $W_{i,j,c}$ gets the share $X_{hs+i,\,ws+j,\,c}\,dZ_{h,w,c}$,
# - and what does $X_{hs+i,\,ws+j,\,c}$ get? That is yours to find.
#
# Shares from different windows add up. The border that you have put around the image must come off again, and on
# each side as much of it as was put there.
#
# ### Exercise: depthwise_conv_backward
#
# Return `dX` and `dW`, of the shapes of `X` and `W`.


# %% exercise="depthwise_conv_backward"
def depthwise_conv_backward(dZ, cache):
    """Gradients with respect to the input and the filters of depthwise_conv.

    dZ has the shape of Z; cache comes from depthwise_conv.
    Returns dX of the shape of X, dW of the shape of W.
    """
    ### BEGIN SOLUTION
    X, W, stride, padding = cache
    m, n_H_prev, n_W_prev, n_C = X.shape
    f = W.shape[0]
    rows = borders(n_H_prev, f, stride, padding)
    columns = borders(n_W_prev, f, stride, padding)
    X_pad = np.pad(X, ((0, 0), rows, columns, (0, 0)))

    dX_pad = np.zeros_like(X_pad)
    dW = np.zeros_like(W)
    for i in range(m):
        for h in range(dZ.shape[1]):
            for w in range(dZ.shape[2]):
                top, left = h * stride, w * stride
                window = X_pad[i, top : top + f, left : left + f]
                dW += window * dZ[i, h, w]
                dX_pad[i, top : top + f, left : left + f] += W * dZ[i, h, w]
    top, left = rows[0], columns[0]
    return dX_pad[:, top : top + n_H_prev, left : left + n_W_prev], dW
    ### END SOLUTION


# %% check="depthwise_conv_backward" points=5

# %% [markdown]
# ## The way back through the mixture
#
# At one pixel, $z = x\,W$ with a row $x$ of $n_C'$ numbers and a row $z$ of $n_C$. Which product of $dz$ and $W$ is a row of
# $n_C'$ numbers again? And which product of $x$ and $dz$ is a matrix of the shape of $W$? The shapes leave only one answer
# each. (If in doubt, write out $z_k = \sum_c x_c W_{c,k}$ and differentiate.) The matrix is used at every pixel of every
# image, and its shares add up.
#
# ### Exercise: pointwise_conv_backward
#
# Return `dX` and `dW`, of the shapes of `X` and `W`.


# %% exercise="pointwise_conv_backward"
def pointwise_conv_backward(dZ, cache):
    """Gradients with respect to the input and the matrix of pointwise_conv.

    dZ has the shape of Z; cache comes from pointwise_conv.
    Returns dX of the shape of X, dW of the shape of W.
    """
    ### BEGIN SOLUTION
    X, W = cache
    dX = dZ @ W.T
    pixels = X.reshape(-1, X.shape[3])
    dW = pixels.T @ dZ.reshape(-1, dZ.shape[3])
    return dX, dW
    ### END SOLUTION


# %% check="pointwise_conv_backward" points=3

# %% [markdown]
# With these four functions a separable layer can learn. Does it learn anything? Here is a task for it: imitate an
# ordinary layer with random filters. Fifteen lines of gradient descent, made of your functions.

# %% example
with attempt():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(8, 6, 6, 3))
    target = np.asarray(tf.nn.conv2d(X, rng.normal(size=(3, 3, 3, 5)), 1, "SAME"))
    D, P = rng.normal(size=(3, 3, 3)), rng.normal(size=(3, 5))
    errors = []
    for step in range(100):
        middle, depthwise_cache = depthwise_conv(X, D)
        Z, pointwise_cache = pointwise_conv(middle, P)
        errors.append(np.mean((Z - target) ** 2) / np.mean(target**2))
        dmiddle, dP = pointwise_conv_backward(
            (Z - target) / Z[..., 0].size, pointwise_cache
        )
        _, dD = depthwise_conv_backward(dmiddle, depthwise_cache)
        D, P = D - 0.05 * dD, P - 0.05 * dP
    plots.show_curves(
        {"error": errors},
        x_label="step",
        y_label="squared error, as a share",
        caption="It learns, and then stops well above 0: 42 numbers cannot imitate 135 random"
        " ones. The filters of trained networks are not random, and can be imitated better.",
    )

# %% [markdown]
# ## Milliseconds
#
# Multiplications are counted on paper. Time is measured. From here on the layers are Keras's, which do the same as
# your functions, only faster.
#
# **Predict.** A 3 × 3 convolution from 64 to 64 channels, and its separable sister with 7.9 times fewer multiplications.
# How many times faster is the sister, for one image and for 32 at once? Write your guess down, then run the next two cells.


# %%
def milliseconds(network, images, rounds=15):
    """The median time of a forward pass, after a first one to warm up."""
    forward = tf.function(lambda X: network(X, training=False))
    images = tf.constant(images)
    forward(images)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        forward(images).numpy()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


# %% demo
X = Input((28, 28, 64))
with quiet():
    layers_alone = {
        "ordinary 3 × 3": Conv2D(64, 3, padding="same", use_bias=False),
        "depthwise 3 × 3": DepthwiseConv2D(3, padding="same", use_bias=False),
        "pointwise": Conv2D(64, 1, use_bias=False),
    }
counted = dict(zip(layers_alone, (9 * 64 * 64, 9 * 64, 64 * 64), strict=True))
noise = np.random.default_rng(0).normal(size=(32, 28, 28, 64)).astype("float32")
table, times = [], []
for name, layer in layers_alone.items():
    network = keras.Model(X, layer(X))
    one, many = milliseconds(network, noise[:1]), milliseconds(network, noise)
    times.append((one, many))
    products = 28 * 28 * counted[name]
    speed = f"{32 * products / many / 1e6:.1f}"
    table.append((name, products, f"{one:.2f}", f"{many:.1f}", speed))
ordinary, depthwise, pointwise = np.array(times)
faster = ordinary / (depthwise + pointwise)
show_table(
    ["layer", "multiplications", "ms, one image", "ms, 32 images", "10⁹ a second"],
    table,
    "28 × 28 pixels, 64 channels to 64, measured on this computer just now: 7.9 times fewer"
    f" multiplications made the two steps {faster[0]:.1f} times faster for one image and {faster[1]:.1f} times"
    " for 32. Look at the last column: how many multiplications a second each kind of layer gets done.",
)

# %% [markdown]
# Three things keep multiplications and milliseconds apart.
#
# - **Work for each number fetched.** The ordinary layer uses a number from memory in 9 · 64 multiplications, the
#   pointwise one in 64, the depthwise one in nine. A processor multiplies far faster than its memory delivers: with only
#   nine multiplications to do, it waits.
# - **Fixed costs.** Each layer has to be called, and its output needs room. With one small image that is a good part of
#   the time, and a separable layer pays it twice.
# - **Care.** Ordinary and pointwise convolutions become products of matrices, into which libraries have put decades of
#   work.
#
# So a count says what a network *could* cost. On processors made for phones it says much about time and battery, on
# others less. Count, and then measure.
#
# ## MobileNet
#
# The first MobileNet (2017) is a plain chain of one block. Batch normalisation and ReLU come after *each* of the two
# steps.

# %% demo
block_diagrams.show_blocks(
    (
        "the separable block",
        ["depthwise 3×3 / s", "norm", "ReLU", "conv 1×1", "norm", "ReLU"],
        None,
    ),
    caption="The depthwise convolution has the stride s: it makes the image smaller before the"
    " expensive step.",
)

# %% [markdown]
# ### Exercise: separable_block
#
# Return the block's output, a Keras tensor. Padding is "same", the convolutions have no biases, and the normalisations
# `momentum=0.9`, as in notebook 05. (Where it says ReLU here, Keras's MobileNet has the ReLU6 that you will meet
# below; either is right.)


# %% exercise="separable_block"
def separable_block(X, filters, stride=1):
    """A depthwise 3x3 convolution, then a pointwise one, each with norm and ReLU.

    X: Keras tensor (m, n_H, n_W, n_C); filters: of the pointwise convolution;
    stride: of the depthwise one.
    Returns a tensor of shape (m, ceil(n_H / stride), ceil(n_W / stride), filters).
    """
    ### BEGIN SOLUTION
    X = DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(filters, 1, use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)
    return ReLU()(X)
    ### END SOLUTION


# %% check="separable_block" points=4

# %% [markdown]
# The network:
#
# | layers | output |
# | :--- | :--- |
# | the image | 224 × 224 × 3 |
# | an *ordinary* convolution 3 × 3, 32 filters, stride 2, "same", no biases; normalisation; ReLU | 112 × 112 × 32 |
# | separable block, 64 filters | 112 × 112 × 64 |
# | separable block, 128 filters, stride 2; another with stride 1 | 56 × 56 × 128 |
# | separable block, 256 filters, stride 2; another with stride 1 | 28 × 28 × 256 |
# | separable block, 512 filters, stride 2; **five** others with stride 1 | 14 × 14 × 512 |
# | separable block, 1024 filters, stride 2; another with stride 1 | 7 × 7 × 1024 |
# | the average of each channel | 1024 |
# | dense, softmax | 1000 |
#
# For still smaller phones there is a knob: every convolution has `int(alpha * filters)` filters. With $\alpha = 0.5$ that
# is about a quarter of the multiplications. Why a quarter?
#
# ### Exercise: mobilenet_v1
#
# Return a `keras.Model`. The height and the width of the images may differ.


# %% exercise="mobilenet_v1"
def mobilenet_v1(input_shape=(224, 224, 3), classes=1000, alpha=1.0):
    """MobileNet, from an image of input_shape to the probabilities of the classes.

    alpha: each convolution has int(alpha * filters) filters.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    X_input = Input(input_shape)

    X = Conv2D(int(alpha * 32), 3, strides=2, padding="same", use_bias=False)(X_input)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)

    X = separable_block(X, int(alpha * 64))
    for filters, more in [(128, 1), (256, 1), (512, 5), (1024, 1)]:
        X = separable_block(X, int(alpha * filters), stride=2)
        for _ in range(more):
            X = separable_block(X, int(alpha * filters))

    X = GlobalAveragePooling2D()(X)
    outputs = Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="mobilenet_v1" points=4

# %% [markdown]
# Keras ships this network in `keras.applications`, with or without trained weights. Is yours the same? The next cell
# goes through both layer by layer; it also counts multiplications, for any network made of such layers. Both are drawn
# on paper, as in notebook 04: with shapes, and without four million random numbers that nobody looks at.


# %%
def on_paper():
    """Within it, networks have shapes and no weights."""
    return keras.StatelessScope(initialize_variables=False)


def weighted_layers(network):
    """For each layer that multiplies: its output's shape, its number of weights."""
    found = []
    for layer in network.layers:
        if isinstance(layer, (Conv2D, DepthwiseConv2D, Dense)):
            found.append((tuple(layer.output.shape[1:]), layer.count_params()))
    return found


def multiplications(network):
    """Multiplications for one image: each kernel is used at each pixel of its output."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, (Conv2D, DepthwiseConv2D)):
            total += int(np.prod(layer.output.shape[1:3])) * int(
                np.prod(layer.kernel.shape)
            )
        elif isinstance(layer, Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


def compare_with(theirs, ours):
    """How many weighted layers agree with Keras's in shape and in parameters."""
    pairs = list(zip(weighted_layers(ours), weighted_layers(theirs), strict=True))
    # Keras's MobileNet keeps 1 x 1 pixels to the end, where we have only channels
    same = sum(a[1] == b[1] and a[0] == b[0][-len(a[0]) :] for a, b in pairs)
    print(f"{same} of {len(pairs)} layers agree;", end=" ")
    print(f"{ours.count_params():,} parameters and {theirs.count_params():,}")
    learned = sum(int(np.prod(weight.shape)) for weight in ours.trainable_weights)
    print(f"{learned:,} of them are learned; {multiplications(ours):,} multiplications")


# %% example
with attempt(), on_paper():
    compare_with(keras.applications.MobileNet(weights=None), mobilenet_v1())

# %% [markdown]
# Layer by layer the same shapes and the same numbers of parameters: 4,253,864, of which 4,231,976 are learned, and 569
# million multiplications where VGG-16 has 15,470 million. What differs:
#
# - Keras cuts ReLU off at 6, and drops a thousandth of the units (dropout) before the last layer.
# - Its last layer is a 1 × 1 convolution on a single pixel: the same numbers as our dense layer.
# - Its normalisations have `momentum=0.99`.
# - Where a strided block gets an odd number of rows, Keras's makes one row less than ours: 3 of 7, where ours makes 4. With
#   224 × 224 that happens nowhere.
#
# ## Rich inside, little handed on
#
# Multiplications are one cost. The other is memory: each layer's output has to be kept until the next layer has used it,
# and a small processor has little of the fast kind. What counts is the *peak*, the most that is there at once.
#
# While a layer runs, its input and its output are in memory, and nothing else of the block needs to be. With a shortcut
# the block's input has to wait for the end too. (The addition itself needs no new room: the sum is written where the last
# layer's output stands.)
#
# **Predict.** A block makes 56 × 56 × 144 of 56 × 56 × 24, looks around there, and goes back to 56 × 56 × 24. Which of its
# three layers decides about the peak?
#
# ### Exercise: peak_memory
#
# `block` is a list of shapes: the block's input, and what each layer makes of it. Return the most *numbers* that are in
# memory at once.


# %% exercise="peak_memory"
def peak_memory(block, shortcut=False):
    """The most numbers that are in memory at once while the layers of a block run.

    block: list of shapes (n_H, n_W, n_C), from the block's input to its output;
    shortcut: whether the block's input is added at the end.
    """
    ### BEGIN SOLUTION
    sizes = [n_H * n_W * n_C for n_H, n_W, n_C in block]
    peak = 0
    for layer in range(len(sizes) - 1):
        needed = sizes[layer] + sizes[layer + 1]
        if shortcut and layer > 0:
            needed += sizes[0]
        peak = max(peak, needed)
    return peak
    ### END SOLUTION


# %% check="peak_memory" points=3

# %% example
with attempt():
    narrow, wide = (56, 56, 24), (56, 56, 144)
    handed_on = int(np.prod(narrow))
    kinds = {
        "144 channels throughout": peak_memory([wide, wide, wide], shortcut=True),
        "24, inside 144, 24": peak_memory([narrow, wide, wide, narrow], shortcut=True),
        # and the output beside them, from the beginning
        "24, inside 24 at a time, 24": peak_memory([narrow] * 4, shortcut=True)
        + handed_on,
    }
    table = []
    for name, peak in kinds.items():
        end = handed_on if name.startswith("24") else int(np.prod(wide))
        table.append((name, end, peak, f"{4 * peak / 1e6:.1f}"))
    show_table(
        ["block with a shortcut", "handed on", "at the peak", "MB"],
        table,
        "Four bytes for a number. In the second row the depthwise layer decides: 144 channels come in, 144 go out, and 24 wait. The last row"
        " is explained below.",
    )

# %% [markdown]
# The second block is as rich inside as the first: 144 channels look around. But it hands on a sixth, and what is handed
# on is what the *next* block, and every shortcut, must carry. That is the idea of MobileNetV2: **rich inside, little
# handed on**.
#
# There is more to gain. In the depthwise step channel $c$ needs channel $c$ only. So nobody has to hold all 144 at
# once: make 24 of them, look around, add their part to the output, and go on with the next 24. Then the peak is that of
# the last row (the output is in memory too, from the beginning). It works because the wide part lies *between* the two
# pointwise layers. A bottleneck of notebook 05 is wide outside and narrow inside; this one is the other way round, hence
# its name.
#
# ## The inverted residual block

# %% demo
block_diagrams.show_blocks(
    (
        "the inverted residual block",
        ["conv 1×1", "norm", "ReLU6", "depthwise / s", "norm", "ReLU6"]
        + ["conv 1×1", "norm", "+"],
        [],
    ),
    caption="Expand, look around, project. The shortcut is there only where the stride is 1 and"
    " the block has as many channels at its end as at its beginning.",
)

# %% [markdown]
# - The first convolution **expands**: to `expansion` times the channels of `X`. With an expansion of 1 it is left out.
# - The last one **projects** to `filters` channels. It has no ReLU, and neither has the sum.
# - **ReLU6** is $\min(\max(z, 0), 6)$, in Keras `ReLU(max_value=6)`. Numbers that never exceed 6 can be written with few
#   bits, which small processors like.
#
# Why no ReLU at the end? Here is the authors' argument as a picture. A spiral in the plane is put into $n$ channels by a
# random matrix, goes through ReLU, and is brought back to the plane as well as a matrix can do it.

# %% demo
turn = np.linspace(0, 4 * np.pi, 300)
spiral = (turn / turn[-1])[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
rng = np.random.default_rng(3)
figure = plots.figure(plots.MAX_WIDTH, 1.8)
panels = figure.subplots(1, 5)
for axes, n in zip(panels, [None, 2, 4, 15, 60], strict=True):
    points, title = spiral, "the spiral"
    if n:
        channels = np.maximum(spiral @ rng.normal(size=(2, n)), 0)
        points = channels @ np.linalg.lstsq(channels, spiral, rcond=None)[0]
        title = f"{n} channels"
    axes.scatter(*points.T, c=turn, s=2, cmap="viridis")
    axes.set_title(title, color=plots.INK, fontsize=10)
    axes.axis("off")
    axes.set_aspect("equal")
plots.show(
    figure,
    "With few channels ReLU cuts off a part of the spiral, and no matrix brings it back;"
    " with many, what one channel loses another one keeps.",
)

# %% [markdown]
# So: ReLU where there are many channels, none where there are few.
#
# ### Exercise: inverted_residual_block
#
# Return the block's output, a Keras tensor. `X` is added at the end if the stride is 1 and `X` has `filters` channels, and only then.
# The depthwise convolution is 3 × 3 and has the stride; padding is "same",
# there are no biases, and `momentum=0.9`.


# %% exercise="inverted_residual_block"
def inverted_residual_block(X, expansion, filters, stride=1):
    """Expand, look around, project; with a shortcut where the shapes agree.

    X: Keras tensor (m, n_H, n_W, n_C); expansion: channels inside, over n_C;
    filters: of the projection; stride: of the depthwise convolution.
    Returns a tensor of shape (m, ceil(n_H / stride), ceil(n_W / stride), filters).
    """
    ### BEGIN SOLUTION
    n_C = X.shape[-1]
    X_shortcut = X

    if expansion != 1:
        X = Conv2D(expansion * n_C, 1, use_bias=False)(X)
        X = BatchNormalization(momentum=0.9)(X)
        X = ReLU(max_value=6)(X)

    X = DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU(max_value=6)(X)

    X = Conv2D(filters, 1, use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)

    if stride == 1 and n_C == filters:
        X = Add()([X, X_shortcut])
    return X
    ### END SOLUTION


# %% check="inverted_residual_block" points=5

# %% [markdown]
# ## MobileNetV2
#
# | layers | output |
# | :--- | :--- |
# | the image | 224 × 224 × 3 |
# | convolution 3 × 3, 32 filters, stride 2, "same", no biases; normalisation; ReLU6 | 112 × 112 × 32 |
# | the seven rows below | 7 × 7 × 320 |
# | convolution 1 × 1, 1280 filters, no biases; normalisation; ReLU6 | 7 × 7 × 1280 |
# | the average of each channel | 1280 |
# | dense, softmax | 1000 |
#
# | expansion | filters | blocks | stride of the first |
# | ---: | ---: | ---: | ---: |
# | 1 | 16 | 1 | 1 |
# | 6 | 24 | 2 | 2 |
# | 6 | 32 | 3 | 2 |
# | 6 | 64 | 4 | 2 |
# | 6 | 96 | 3 | 1 |
# | 6 | 160 | 3 | 2 |
# | 6 | 320 | 1 | 1 |
#
# All other blocks of a row have a stride of 1. With `alpha`, the numbers of filters are rounded to multiples of 8, which
# suits processors; the function is given. The last convolution never has fewer than 1280 filters.


# %%
ROWS = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]


def multiple_of_8(channels):
    """The nearest multiple of 8; the next one if more than a tenth would be lost."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


print("alpha = 0.35:", [multiple_of_8(0.35 * filters) for _, filters, _, _ in ROWS])

# %% [markdown]
# ### Exercise: mobilenet_v2
#
# Return a `keras.Model`. The first convolution has `multiple_of_8(alpha * 32)` filters, each block gets
# `multiple_of_8(alpha * filters)`, and the last convolution has `multiple_of_8(1280 * max(alpha, 1))`.


# %% exercise="mobilenet_v2"
def mobilenet_v2(input_shape=(224, 224, 3), classes=1000, alpha=1.0):
    """MobileNetV2, from an image of input_shape to the probabilities of the classes.

    alpha: the first convolution and each block's output have multiple_of_8(alpha *
    filters) channels.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    X_input = Input(input_shape)

    X = Conv2D(multiple_of_8(alpha * 32), 3, strides=2, padding="same", use_bias=False)(
        X_input
    )
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU(max_value=6)(X)

    for expansion, filters, blocks, first_stride in ROWS:
        for number in range(blocks):
            stride = first_stride if number == 0 else 1
            X = inverted_residual_block(
                X, expansion, multiple_of_8(alpha * filters), stride
            )

    X = Conv2D(multiple_of_8(1280 * max(alpha, 1)), 1, use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU(max_value=6)(X)

    X = GlobalAveragePooling2D()(X)
    outputs = Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="mobilenet_v2" points=4

# %% example
with attempt(), on_paper():
    ours = mobilenet_v2()
    compare_with(keras.applications.MobileNetV2(weights=None), ours)
    blocks = sum(count for _, _, count, _ in ROWS)
    shortcuts = sum(isinstance(layer, Add) for layer in ours.layers)
    print(f"{blocks} blocks, {shortcuts} of them with a shortcut")

# %% [markdown]
# 3,538,984 parameters, 3,504,872 of them learned, and 300 million multiplications: half of the first MobileNet's, and it
# reads images a little better. On a computer the milliseconds are seldom halved with them: this network has twice as
# many layers to call, and its wide depthwise steps wait for memory. It differs from Keras's in two things only: Keras's
# normalisations have `momentum=0.999`, and its strided blocks add their zeros in a layer of their own, with the same
# result.
#
# Seventeen blocks, 1 + 2 + 3 + 4 + 3 + 3 + 1. Why do only ten of them have a shortcut?
#
# ## Deeper, wider, larger
#
# A network should be better, and may cost twice as much. What should grow? It can be made **deeper** (more layers),
# **wider** (more channels), or be given **larger** images, its resolution.
#
# **Predict.** By which factor do the multiplications grow when a network gets twice as many layers? Twice as many
# channels everywhere? Images of twice the height and width? The next cell counts.


# %%
def chain(layers, channels, side):
    """Multiplications of a chain of 3 x 3 convolutions with equal channels."""
    return layers * side * side * 3 * 3 * channels * channels


base = chain(10, 32, 64)
print("twice as many layers:  ", chain(20, 32, 64) / base)
print("twice as many channels:", chain(10, 64, 64) / base)
print("twice the side:        ", chain(10, 32, 128) / base)

# %% [markdown]
# Tan and Le (2019) found that one of the three alone soon stops paying off, and let all three grow together. In each
# step the layers are multiplied by $\alpha$, the channels by $\beta$ and the sides of the image by $\gamma$. The three
# constants were searched for among those with which a step doubles the multiplications:
#
# $$\alpha = 1.2, \qquad \beta = 1.1, \qquad \gamma = 1.15, \qquad \alpha\,\beta^2\,\gamma^2 \approx 2$$
#
# You know now why two of them are squared. (This $\alpha$ is not the `alpha` of the MobileNets.) The number of steps is
# $\varphi$; it need not be whole.
#
# ### Exercise: compound_scaling
#
# Return three factors, for the depth, the width and the resolution: by how much the network of $\varphi = 0$ is
# to be multiplied.


# %% exercise="compound_scaling"
def compound_scaling(phi, alpha=1.2, beta=1.1, gamma=1.15):
    """The factors for the layers, the channels and the sides of the image after phi steps.

    Returns depth, width, resolution.
    """
    ### BEGIN SOLUTION
    return alpha**phi, beta**phi, gamma**phi
    ### END SOLUTION


# %% check="compound_scaling" points=2

# %% example
with attempt():
    published = {1: "B2: 1.2, 1.1, 260", 2: "B3: 1.4, 1.2, 300", 3: "B4: 1.8, 1.4, 380"}
    table = []
    for phi in range(6):
        depth, width, resolution = compound_scaling(phi)
        cost = depth * width**2 * resolution**2
        factors = f"{depth:.2f}", f"{width:.2f}", f"{224 * resolution:.0f}", f"{cost:.1f}"
        table.append((phi, *factors, 2**phi, published.get(phi, "")))
    show_table(
        [
            "φ",
            "depth",
            "width",
            "side, from 224",
            "cost",
            "2^φ",
            "published: depth, width, side",
        ],
        table,
        "The rule, and beside it three of the networks that the authors published, which"
        " follow it only roughly.",
    )

# %% [markdown]
# The network of $\varphi = 0$ is **EfficientNet-B0**. It was found by a search, and its blocks are inverted residual
# blocks: yours, with three changes. The depthwise filters are 3 × 3 or 5 × 5. ReLU6 is replaced by the smoother *swish*,
# $z\,\sigma(z)$ with the sigmoid $\sigma$. And between looking around and projecting, every channel is multiplied by a number between 0 and 1 that two
# small layers compute from the averages of all channels (*squeeze and excitation*). Here it is in Keras, stage by stage.

# %% demo
with on_paper():
    b0 = keras.applications.EfficientNetB0(weights=None)
table = []
for layer in b0.layers:
    last_of_stage = layer.name.endswith("_project_bn") and layer.name[6] == "a"
    if last_of_stage:
        count = sum(
            other.name.startswith(layer.name[:6]) and other.name.endswith("_project_bn")
            for other in b0.layers
        )
        depthwise = b0.get_layer(layer.name.replace("project_bn", "dwconv"))
        f = depthwise.kernel_size[0]
        shape = " × ".join(map(str, layer.output.shape[1:]))
        table.append((layer.name[5], f"{f} × {f}", depthwise.strides[0], count, shape))
show_table(
    ["stage", "depthwise", "stride of the first", "blocks", "output"],
    table,
    f"The sixteen blocks of EfficientNet-B0, which has {b0.count_params():,} parameters."
    " MobileNetV2 has seven stages too, of 16, 24, 32, 64, 96, 160 and 320 channels: which are the same?",
)
del b0

# %% [markdown]
# ## What you have just built
#
# The parts of a network that fits into a phone. Do they work? You will meet these streets again in notebook 10: drawn scenes with cars,
# pedestrians and traffic lights. The question here: which of the three are in the picture? Three answers, yes
# or no, and a picture counts as read only if all three are right.


# %%
def contents(boxes):
    """For each scene: is there a car, a pedestrian, a traffic light?"""
    kinds = range(len(scenes.CLASSES))
    return np.array([[kind in rows[:, 4] for kind in kinds] for rows in boxes], "float32")


images, boxes = scenes.streets(800, seed=1)
answers = contents(boxes)
fresh_images, fresh_boxes = scenes.streets(400, seed=2)
fresh_answers = contents(fresh_boxes)

# %% demo
words = ("car", "pedestrian", "light")
titles = [
    ", ".join(word for word, there in zip(words, row, strict=True) if there)
    for row in answers[:4]
]
plots.show_images(
    list(images[:4]),
    titles,
    "Four of the 800 scenes to learn from, 48 × 48 pixels, with what is in them.",
)

# %% [markdown]
# One network, two kinds of blocks. The first convolution is ordinary in both, and has a stride of 2, as in MobileNet. At the
# end each channel is averaged, and three numbers are made of these averages.


# %%
def ordinary_block(X, filters, stride=1):
    """An ordinary 3x3 convolution, with norm and ReLU."""
    X = Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(X)
    return ReLU()(BatchNormalization(momentum=0.9)(X))


def street_network(block, widths):
    """From 48 x 48 pixels to three numbers; above 0 means yes."""
    keras.utils.set_random_seed(0)
    X_input = Input((48, 48, 3))
    X = ordinary_block(X_input, widths[0], stride=2)
    for filters in widths[1:-1]:
        X = MaxPooling2D(2)(block(X, filters))
    X = block(X, widths[-1])
    return keras.Model(X_input, Dense(3)(GlobalAveragePooling2D()(X)))


# %% [markdown]
# The loop that trains: Adam, and a learning rate that falls to 0.


# %%
loss_of = keras.losses.BinaryCrossentropy(from_logits=True)


def train(network, images, answers, passes, batch=32, learning_rate=0.01, name=""):
    """Train a network; draw the loss of each pass while it learns."""
    steps = len(images) // batch
    falling = keras.optimizers.schedules.CosineDecay(learning_rate, passes * steps)
    optimizer = keras.optimizers.Adam(falling)
    weights = network.trainable_variables
    optimizer.build(weights)

    @tf.function
    def step(images, answers):
        with tf.GradientTape() as tape:
            loss = loss_of(answers, network(images, training=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    rng = np.random.default_rng(0)
    curves = LearningCurves(passes, "pass", "loss")
    for _ in range(passes):
        order = rng.permutation(len(images)).reshape(steps, batch)
        curves.add(name, np.mean([step(images[part], answers[part]) for part in order]))


def share_read(network, images, answers):
    """The share of the images of which all three answers are right."""
    said = network(images, training=False).numpy() > 0
    return float(np.mean(np.all(said == answers, axis=1)))


# %% [markdown]
# First the sanity check: can the network learn eight scenes by heart? If not, something is broken, and a long training
# would only hide it.

# %% example
with attempt():
    network = street_network(separable_block, (16, 24, 48, 64))
    train(network, images[:8], answers[:8], passes=60, batch=8, name="eight scenes")
    print(
        f"{share_read(network, images[:8], answers[:8]):.0%} of the eight are read right"
    )

# %% [markdown]
# Then the experiment: three networks, alike in everything but their blocks and widths. The third one is ordinary again,
# and so narrow that it needs no more multiplications than the separable one.
#
# **Predict.** Which of the two cheap networks reads more streets? And how much faster than the first will they be?

# %%
PASSES = 5
NETWORKS = {
    "ordinary": (ordinary_block, (16, 24, 48, 64)),
    "separable, as wide": (separable_block, (16, 24, 48, 64)),
    "ordinary, narrow": (ordinary_block, (8, 9, 18, 28)),
}

# %% example
with attempt():
    table, costs = [], []
    for name, (block, widths) in NETWORKS.items():
        network = street_network(block, widths)
        train(network, images, answers, PASSES, name=name)
        one = milliseconds(network, fresh_images[:1])
        many = milliseconds(network, fresh_images[:32])
        read = share_read(network, fresh_images, fresh_answers)
        costs.append((multiplications(network), one, many))
        sizes = network.count_params(), costs[-1][0]
        table.append((name, *sizes, f"{one:.2f}", f"{many:.1f}", f"{read:.1%}"))
    saved, one, many = np.array(costs[0]) / costs[1]
    show_table(
        ["network", "parameters", "multiplications", "ms, one", "ms, 32", "scenes read"],
        table,
        "Cost on paper, cost on this computer, and the share of 400 scenes never seen before"
        " of which all three answers are right. Separable against ordinary at the same widths:"
        f" {saved:.1f} times fewer multiplications, {one:.1f} times faster with one image, {many:.1f} times with 32.",
    )

# %% [markdown]
# The separable network does less than a fifth of the multiplications of the ordinary one (and three tenths of these are in
# its first layer, which is ordinary), has a sixth of the parameters, and reads about as many streets. The narrow one, at the
# same price on paper, reads fewer: it is better to look around in many channels cheaply than in few thoroughly. (One run
# each: over four runs with other random numbers the medians were 93, 93 and 87 %, in the order of the table, and each share moved by a few percent.)
#
# And the milliseconds? The three factors below the table are not the same, for the reasons above: the poolings and normalisations
# cost what they cost, each separable block calls two layers in place of one, and the depthwise step waits for memory. As a
# rule the time falls by much less than the multiplications, with a single image least of all. (If your numbers say something else,
# another program was busy while they were measured; run the cell again.)
#
# **Yours to change.** Put another network into `NETWORKS`: `(separable_block, (16, 72, 176, 256))` has about as many
# multiplications as the ordinary one. Will it read more? Or give all of them only two passes: who needs the longest to
# learn? And with a learning rate of 0.003 in `train`?
#
# ## Spot the mistake
#
# These sentences are from the notes that this course grew out of. Set them right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `remaining_share` | With 512 channels the cost is reduced up to 10 %. | the share of the multiplications of an ordinary 3 × 3 convolution that is left, from 0 to 1 |
# | `shortcuts` | MobileNetV2 has 17 blocks with a residual connection. | how many of its blocks add their input |
# | `ordinary_first` | MobileNet consists of 13 separable blocks, pooling, a dense layer and softmax. | how many ordinary 3 × 3 convolutions come before them |
# | `year` | MobileNetV2 (Sandler and others, 2019). | the year |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these four names and your answers. Leave out what you do not know yet; each answer counts by
# itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"remaining_share": a number, "shortcuts": a number, ...}."""
    ### BEGIN SOLUTION
    return {
        "remaining_share": 1 / 512 + 1 / 9,
        "shortcuts": 0 + 1 + 2 + 3 + 2 + 2 + 0,
        "ordinary_first": 1,
        "year": 2018,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Write `squeeze_and_excite(X, reduction)`: the average of each channel, a dense layer to `n_C // reduction` with
#   *swish*, one back to `n_C` with a sigmoid, and every channel multiplied by its number. Put it into your inverted
#   residual block and train the street network with it. Build EfficientNet-B0 from the table above, and compare with
#   `compare_with`.
# - Compute an inverted residual block 24 channels at a time, with your NumPy functions, and show that the result is the
#   same. (Without batch normalisation, or with its numbers fixed.)
# - The best separable imitation of given filters can be computed: for each channel $c$, the matrix of $f·f$ rows and
#   $n_C$ columns is to be approximated by a product of a column and a row. Which decomposition of matrices does that?
#   How much of the filters of a *trained* network is lost, compared with random ones?
#
# ## Where this comes from
#
# Laurent Sifre wrote of separable convolutions in his dissertation (*Rigid-motion scattering*, 2014); François Chollet built
# *Xception* of them (2016), whose idea is an Inception block with one tower for each channel. Howard and others made
# *MobileNets* in 2017. Sandler, Howard, Zhu, Zhmoginov and Chen published *MobileNetV2: Inverted Residuals and Linear
# Bottlenecks* in 2018, with the spiral above. Squeeze and excitation is by Hu, Shen and Sun (2017). Tan and Le's
# *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks* appeared in 2019. How much of a processor's
# time goes into waiting for memory is what the *roofline model* draws (Williams, Waterman and Patterson, 2009).
#
# Another question is how to use what others have trained: that is transfer learning.
