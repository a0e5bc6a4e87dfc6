#: You write: convolutions over one and three axes forward and backward, causal and dilated ones, networks for signals and volumes
#: Applied to: kinds of heartbeats, by a ConvNet and by an RNN; a nodule among vessels, in 3D and slice by slice

# %% [markdown]
# # Signals and volumes
#
# A convolution looks for one small pattern everywhere. So far *everywhere* meant the rows and columns of an image. The
# same idea works along a single axis, for a voice or a heartbeat, and along three, for a scan of the body or a film.
#
# In this notebook you write convolutions over one axis and over three with NumPy, forwards and backwards, and one that
# never looks into the future. At the end a network of yours tells four kinds of heartbeats apart, against a recurrent
# network, which reads the same beats step by step; another finds a small ball in a volume that nobody can find slice by slice.
#
# **Stands on** notebooks 01 and 03. **Takes** about forty minutes to read and three hours to do.

# %% setup
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import Input
    from keras.layers import (
        GRU,
        BatchNormalization,
        Conv1D,
        Conv3D,
        Dense,
        GlobalMaxPooling1D,
        MaxPooling1D,
        ReLU,
        Reshape,
    )

from dlcourse.checks.dimensions import check, hint, solution
from dlcourse.data import heartbeats, volumes
from dlcourse.figures import diagrams, plots
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.dimensions import explore_dilations

# %% [markdown]
# ## One axis
#
# The heart moves a little electric charge with each beat, and two electrodes on the skin measure it: an
# **electrocardiogram**, ECG for short. To a program it is a row of numbers.

# %% demo
beats, kinds, _ = heartbeats.heartbeats(np.random.default_rng(0), 40)
normal = beats[np.flatnonzero(kinds == 0)[0], :, 0]
seconds = np.arange(heartbeats.STEPS) / heartbeats.RATE

figure = plots.figure(height=2.2)
axes = plots.style(figure.subplots(), "seconds", "millivolts")
axes.plot(seconds, normal, color=plots.BLUE, linewidth=1.5)
plots.show(
    figure,
    "One beat: a small wave (P), the sharp peak (R) with a dip behind it, and a broad"
    " wave (T). 160 numbers, 125 a second, in millivolts.",
)

# %% [markdown]
# This one is drawn by a program. Real recordings with names for their beats exist, but no package that the course
# installs brings one along, so all signals here are sums of smooth bumps, with the disturbances of real ones: breathing
# moves the baseline, muscles make noise, and the power line adds a hum of 50 Hz.
#
# A filter for a signal is a short row of numbers. Lay it on the signal, multiply number by number, add up, move on by
# one step:

# %% demo
diagrams.show_numbers(
    np.array([[0, 0, 0, 10, 10, 10]]),
    "∗",
    np.array([[-1, 0, 1]]),
    "=",
    np.array([[0, 10, 10, 0]]),
    titles=["signal, 6", "filter, 3", "output, 4"],
    signed=[False, True, True],
    marks={0: [(0, 1, 1, 3)], 2: [(0, 1, 1, 1)]},
    caption="The filter finds the step in the signal as a filter of notebook 01 finds an edge in"
    " an image. The frames show one place: 0·(-1) + 0·0 + 10·1 = 10.",
)

# %% [markdown]
# Signals can have channels too: an ECG with twelve *leads* (pairs of places on the skin) has twelve numbers at each step, a stereo sound has two. So the
# arrays are those of notebook 01 with one axis less. The filter slides along the steps, and spans all channels.
#
# | array | what it holds | shape |
# | :--- | :--- | :--- |
# | `A_prev` | $m$ signals | `(m, n_prev, n_C_prev)` |
# | `W` | the filters; the last axis says which one | `(f, n_C_prev, n_C)` |
# | `b` | a bias for each filter | `(1, 1, n_C)` |
# | `Z` | the output | `(m, n, n_C)` |
#
# $$Z_{i,t,c} = \sum_{u=0}^{f-1}\;\sum_{k} A^{pad}_{i,\;ts+u,\;k}\;W_{u,k,c} \;+\; b_c
# \qquad\qquad n = \left\lfloor \frac{n_{prev} + 2p - f}{s} \right\rfloor + 1$$
#
# with stride $s$ and $p$ zeros at both ends of the signal.
#
# ### Exercise: conv1d_forward
#
# Return `Z` and the cache `(A_prev, W, b, hparameters)`. `hparameters` has the keys `"stride"` and `"pad"`.


# %% exercise="conv1d_forward"
def conv1d_forward(A_prev, W, b, hparameters):
    """Convolve each signal with each filter.

    A_prev has shape (m, n_prev, n_C_prev), W has shape (f, n_C_prev, n_C), b has shape
    (1, 1, n_C); hparameters is a dictionary with "stride" and "pad".
    Returns Z, of shape (m, n, n_C), and the cache (A_prev, W, b, hparameters).
    """
    ### BEGIN SOLUTION
    m, n_prev, n_C_prev = A_prev.shape
    f, _, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]

    n = (n_prev + 2 * pad - f) // stride + 1
    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (0, 0)))
    Z = np.zeros((m, n, n_C))
    for i in range(m):
        for t in range(n):
            window = A_prev_pad[i, t * stride : t * stride + f]
            for c in range(n_C):
                Z[i, t, c] = np.sum(window * W[:, :, c]) + b[0, 0, c]
    return Z, (A_prev, W, b, hparameters)
    ### END SOLUTION


# %% check="conv1d_forward" points=4

# %% [markdown]
# Two filters of seven steps on the beat above, with your function. One compares what comes with what has been, the other
# takes the average.

# %% example
with attempt():
    slope = np.array([-1, -1, -1, 0, 1, 1, 1]) / 3
    average = np.full(7, 1 / 7)
    W = np.stack([slope, average], axis=-1)[:, np.newaxis]
    hparameters = {"stride": 1, "pad": 3}
    Z, _ = conv1d_forward(normal.reshape(1, -1, 1), W, np.zeros((1, 1, 2)), hparameters)
    figure = plots.figure(height=2.4)
    axes = plots.style(figure.subplots(), "seconds", "millivolts")
    axes.plot(seconds, normal, color=plots.INK, linewidth=1, label="signal")
    axes.plot(seconds, Z[0, :, 0], color=plots.ORANGE, linewidth=1.5, label="slope")
    axes.plot(seconds, Z[0, :, 1], color=plots.BLUE, linewidth=1.5, label="average")
    axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
    plots.show(
        figure,
        "Where the signal rises, the slope is above 0, where it falls, below. The average is"
        " the signal without its noise, and with the sharp peak flattened. At both ends the"
        " zeros of the padding show.",
    )

# %% [markdown]
# ## A signal is a flat image
#
# Is this a new operation? Take a signal as an image of height 1, and a filter as one of 1 × $f$. The next cell gives both
# to the convolution for images, and compares.
#
# **Predict.** Will the largest difference be zero? And what would have to be done with the padding?

# %% example
with attempt():
    rng = np.random.default_rng(1)
    A_prev, W = rng.normal(size=(2, 14, 3)), rng.normal(size=(5, 3, 4))
    Z, _ = conv1d_forward(A_prev, W, np.zeros((1, 1, 4)), {"stride": 2, "pad": 1})
    only_the_width = [[0, 0], [0, 0], [1, 1], [0, 0]]
    flat = tf.nn.conv2d(A_prev[:, np.newaxis], W[np.newaxis], 2, only_the_width)
    print("an image of shape", tuple(A_prev[:, np.newaxis].shape), "gives", flat.shape)
    print("largest difference:", np.max(np.abs(flat[:, 0] - Z)))

# %% [markdown]
# None but rounding: a 1D convolution is a 2D one with height 1, if the border is put at the two ends only. Everything
# that you know about padding, strides and channels stays true.
#
# ## Sizes and parameters
#
# So one formula for sizes does for any number of axes, and so does one for parameters. Here is the way that 14 numbers
# take through two layers, and beside it that of a cube of 14 × 14 × 14 numbers, a piece of a scan:
#
# | layer | signal | volume |
# | :--- | ---: | ---: |
# | input | 14 × 1 | 14 × 14 × 14 × 1 |
# | 16 filters of size 5 | 10 × 16 | 10 × 10 × 10 × 16 |
# | 32 filters of size 5 | 6 × 32 | 6 × 6 × 6 × 32 |
#
# **Predict.** How many numbers does *one* filter of the second layer hold, in the left column and in the right?
#
# ### Exercise: layer_in_numbers
#
# For a layer with `n_C` filters of size `f` along every axis, return the output's shape, a tuple, and the number of
# parameters, biases included. `input_shape` is that of one example, the channels last: `(14, 1)` for the signal,
# `(14, 14, 14, 1)` for the volume. Sizes along different axes need not be equal.


# %% exercise="layer_in_numbers"
def layer_in_numbers(input_shape, f, n_C, stride=1, pad=0):
    """The output's shape and the number of parameters of a convolution over any axes.

    input_shape: sizes along the axes, then the channels; f: size of the filters along
    each axis; n_C: how many filters; stride and pad: the same along each axis.
    Returns a tuple, and an int.
    """
    ### BEGIN SOLUTION
    sizes, n_C_prev = input_shape[:-1], input_shape[-1]
    output_shape = tuple((n + 2 * pad - f) // stride + 1 for n in sizes) + (n_C,)
    weights = f ** len(sizes) * n_C_prev
    return output_shape, (weights + 1) * n_C
    ### END SOLUTION


# %% check="layer_in_numbers" points=3

# %% example
with attempt():
    table = []
    for name, shape in [
        ("signal", (14, 1)),
        ("image", (14, 14, 1)),
        ("volume", (14,) * 3 + (1,)),
    ]:
        for n_C in (16, 32):
            before = shape
            shape, parameters = layer_in_numbers(before, 5, n_C)
            one = (parameters // n_C) - 1
            table.append((name, " × ".join(map(str, shape)), one, parameters))
    show_table(
        ["input", "output", "weights of one filter", "parameters"],
        table,
        "A filter of the second layer is 5 × 16, 5 × 5 × 16 or 5 × 5 × 5 × 16: it spans the"
        " channels, in every number of dimensions.",
    )

# %% [markdown]
# 96 and 2,592 parameters for the signal, 2,016 and 64,032 for the volume. Each axis more multiplies the weights by $f$,
# and the work by $f$ and by the number of places along that axis: in the first layer 800 products become 2,000,000. That
# is why signals are cheap, and volumes are looked at with small filters.
#
# ## The way back
#
# Given $dZ$, the gradient of the loss with respect to $Z$, the layer needs those with respect to its input, its filters
# and its biases. Take the formula at one place: $Z_{i,t,c}$ is the window times the filter, plus the bias. Each of the
# three gets its share of $dZ_{i,t,c}$, and shares from different places add up. Which shares? In notebook 01 you have
# stamped filters on images; here the stamp is a row.

# %% demo
signal, W, dZ = np.array([[1, 0, 2, 1, 3]]), np.array([[1, 2, 3]]), np.array([[1, 0, -1]])
diagrams.show_numbers(
    signal, "∗", W, "=", np.array([["", "", ""]]), titles=["signal", "filter", "output"]
)
diagrams.show_numbers(
    np.array([[1, 2, 3, 0, 0]]),
    "+",
    np.array([[0, 0, -1, -2, -3]]),
    "=",
    np.array([[1, 2, 2, -2, -3]]),
    titles=["1 × filter", "-1 × filter", "dA_prev"],
    signed=True,
    marks={0: [(0, 0, 1, 3, plots.VIOLET)], 1: [(0, 2, 1, 3, plots.VIOLET)]},
    caption="With dZ = (1, 0, -1): each number of dZ stamps the filter on the window of its"
    " output, and where stamps overlap, they add up.",
)

# %% [markdown]
# Find $dW$ for this example by hand before you write code: it has three numbers, and it is made of windows.
#
# ### Exercise: conv1d_backward
#
# From `dZ`, of the shape of `Z`, and the cache, compute `dA_prev`, `dW` and `db`, of the shapes of `A_prev`, `W` and `b`.
# The windows lie on the *padded* signal, so its gradient is gathered there, and the border comes off at the end.


# %% exercise="conv1d_backward"
def conv1d_backward(dZ, cache):
    """The gradients of the input, the filters and the biases of conv1d_forward.

    dZ has shape (m, n, n_C); cache is (A_prev, W, b, hparameters).
    Returns dA_prev, dW and db, with the shapes of A_prev, W and b.
    """
    ### BEGIN SOLUTION
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    f = W.shape[0]
    m, n, n_C = dZ.shape

    A_prev_pad = np.pad(A_prev, ((0, 0), (pad, pad), (0, 0)))
    dA_prev_pad = np.zeros(A_prev_pad.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    for i in range(m):
        for t in range(n):
            steps = slice(t * stride, t * stride + f)
            for c in range(n_C):
                dA_prev_pad[i, steps] += W[:, :, c] * dZ[i, t, c]
                dW[:, :, c] += A_prev_pad[i, steps] * dZ[i, t, c]
                db[:, :, c] += dZ[i, t, c]
    return dA_prev_pad[:, pad : pad + A_prev.shape[1]], dW, db
    ### END SOLUTION


# %% check="conv1d_backward" points=5

# %% example
with attempt():
    A_prev, W = signal.reshape(1, 5, 1), np.array([1, 2, 3]).reshape(3, 1, 1)
    layer = (A_prev, W, np.zeros((1, 1, 1)), {"stride": 1, "pad": 0})
    dA_prev, dW, db = conv1d_backward(dZ.reshape(1, 3, 1), layer)
    print("dA_prev:", dA_prev.ravel(), "  dW:", dW.ravel(), "  db:", db.ravel())

# %% [markdown]
# The first window minus the last one, (1, 0, 2) - (2, 1, 3): was it what you found?
#
# With these two functions a layer can learn. Here is a puzzle for it: somebody has sent beats through an unknown filter of
# nine steps, and you have both what went in and what came out. Eleven lines find the filter. (A step keeps 0.9 of the one before it, which makes the learning faster: *momentum*.)

# %% example
with attempt():
    secret = np.array([0, 0, 1, 2, 3, -2, -2, -2, 0.0]).reshape(9, 1, 1)
    hparameters = {"stride": 1, "pad": 4}
    A_prev, W, b = beats[:8], np.zeros((9, 1, 1)), np.zeros((1, 1, 1))
    target, _ = conv1d_forward(A_prev, secret, b, hparameters)
    errors, speed_W, speed_b = [], 0, 0
    for step in range(80):
        Z, cache = conv1d_forward(A_prev, W, b, hparameters)
        errors.append(np.mean((Z - target) ** 2))
        _, dW, db = conv1d_backward((Z - target) / Z.size, cache)
        speed_W, speed_b = 0.9 * speed_W + dW, 0.9 * speed_b + db
        W, b = W - 0.8 * speed_W, b - 0.8 * speed_b
    diagrams.show_numbers(
        np.round(secret[:, 0].T, 1),
        "",
        np.round(W[:, 0].T, 1),
        titles=["the secret filter", "what was learned"],
        signed=True,
        caption=f"The mean squared error fell from {errors[0]:.3f} to {errors[-1]:.5f}. What the"
        " beats hardly contain, the quickest changes, is learned last.",
    )

# %% [markdown]
# ## Only what has been
#
# A monitor at a bedside, a forecast, a program that writes a sentence: they have to answer *now*, and the rest of the
# signal is not there yet. The convolutions above lay their filter around each step, so half of what it sees is the future.
# A **causal** convolution sees the present and the past only. It has no padding at the end; all zeros go in front.
#
# One thing more is asked of it. A filter of three steps at 125 a second sees a fortieth of a second. Longer filters have
# more weights. Instead, the weights of a **dilated** filter stand $d$ steps apart. A filter of three weights at
# dilations 1 and 4:

# %% demo
past, row = np.full((1, 10), "", dtype="<U2"), np.full((1, 10), "", dtype="<U2")
past[0, 7:], row[0, 1::4] = ["W₀", "W₁", "W₂"], ["W₀", "W₁", "W₂"]
diagrams.show_numbers(past, marks={0: [(0, 9, 1, 1)]}, titles=["dilation 1"])
diagrams.show_numbers(
    row,
    marks={0: [(0, 9, 1, 1)]},
    titles=["dilation 4"],
    caption="The frame is the present, which the last weight meets; to its left is the past. The"
    " number of weights is the same.",
)

# %% [markdown]
# As a formula, with no bias and with $x = 0$ before the first step:
#
# $$y_{i,t} = \sum_{k=0}^{f-1} x_{i,\;t - (f-1-k)\,d}\;W_k$$
#
# $x$ holds $m$ signals of $T$ steps, in the shape `(m, T, n_C_prev)`: $x_{i,t}$ is a row of channels, and $W_k$ a matrix of
# the shape `(n_C_prev, n_C)`. The last weight meets the present, as in Keras.
#
# **Predict.** One step $t_0$ of the signal is changed. Which outputs change: with a filter of 3 and dilation 1? With
# dilation 4?
#
# ### Exercise: causal_conv1d
#
# Return `y`, of shape `(m, T, n_C)`: as many steps as `x` has. How many zeros in front does that take?


# %% exercise="causal_conv1d"
def causal_conv1d(x, W, dilation=1):
    """A convolution whose output at step t depends on the steps up to t only.

    x has shape (m, T, n_C_prev), W has shape (f, n_C_prev, n_C);
    dilation: how many steps lie from one weight to the next.
    Returns y of shape (m, T, n_C).
    """
    ### BEGIN SOLUTION
    m, T, _ = x.shape
    f, _, n_C = W.shape
    zeros = (f - 1) * dilation
    x_pad = np.pad(x, ((0, 0), (zeros, 0), (0, 0)))
    y = np.zeros((m, T, n_C))
    for k in range(f):
        y += x_pad[:, k * dilation : k * dilation + T] @ W[k]
    return y
    ### END SOLUTION


# %% check="causal_conv1d" points=4

# %% example
with attempt():
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(1, 30, 1)), rng.normal(size=(3, 1, 1))
    changed = x.copy()
    changed[0, 12] += 1
    for dilation in (1, 4):
        difference = causal_conv1d(changed, W, dilation) - causal_conv1d(x, W, dilation)
        print(f"dilation {dilation}: steps", np.flatnonzero(np.abs(difference) > 1e-9))
    with quiet():
        layer = Conv1D(1, 3, padding="causal", dilation_rate=4, use_bias=False)
        layer.build(x.shape)
        layer.set_weights([W])
        same = np.allclose(layer(x), causal_conv1d(x, W, 4), atol=1e-5)
    print("Keras, with dilation 4, gives the same:", same)

# %% [markdown]
# A change at step 12 shows at 12, 13 and 14, or at 12, 16 and 20: never before it happens.
#
# ## Steps further apart
#
# Put causal layers on top of each other. Each looks back from where the one above has looked. With dilations that double,
# 1, 2, 4, 8, a few layers of two weights see far, and miss nothing in between. Move the sliders; the picture is made by
# your function, which is asked which outputs answer to a single 1 at each step.

# %% example
with attempt():
    explore_dilations(causal_conv1d)

# %% [markdown]
# ### Exercise: steps_seen
#
# How many steps reach from the present back to the oldest step that an output depends on, both included? All layers have
# filters of `f` weights; `dilations` is a list with one number for each layer, in any order. An empty list means no layer.


# %% exercise="steps_seen"
def steps_seen(f, dilations):
    """How many steps a stack of causal convolutions sees, the present included.

    f: weights of each filter; dilations: one for each layer.
    Returns an int.
    """
    ### BEGIN SOLUTION
    return 1 + (f - 1) * sum(dilations)
    ### END SOLUTION


# %% check="steps_seen" points=2

# %% example
with attempt():
    table = []
    for layers in (1, 2, 4, 8, 10):
        doubling = [2**layer for layer in range(layers)]
        table.append((layers, steps_seen(2, [1] * layers), steps_seen(2, doubling)))
    show_table(
        ["layers", "all dilations 1", "1, 2, 4, ..."],
        table,
        "Steps seen with filters of two weights. Ten layers and twenty weights see 1,024 steps.",
    )

# %% [markdown]
# ## A network for heartbeats
#
# Four kinds of beats. Those called *early* come before their time; the program that draws them knows which is which.

# %% demo
named = {
    "normal": "normal",
    "ventricular": "ventricular: early, no P, wide",
    "atrial": "atrial: early, P upside down",
    "bundle branch block": "bundle branch block: split R",
}
figure = plots.figure(height=3.2)
for axes, (kind, name) in zip(figure.subplots(2, 2).flat, named.items(), strict=True):
    plots.style(axes, title=name)
    for number in np.flatnonzero(kinds == heartbeats.KINDS.index(kind))[:2]:
        axes.plot(seconds, beats[number, :, 0], linewidth=1.3, alpha=0.85)
    axes.set_ylim(-1.2, 2.4)
plots.show(
    figure,
    "Two beats of each kind; millivolts over 1.28 seconds. The beat in question is near the"
    " middle, never at the same place, with parts of its neighbours beside it.",
)

# %% [markdown]
# What is to be seen is a matter of shapes: a P wave upside down, a split peak. And shapes may be anywhere. So: three
# convolutions with pools, then the largest answer of each filter, wherever in the signal it was given.
#
# | layers | output, for 160 samples and 4 kinds |
# | :--- | ---: |
# | the signal | 160 × 1 |
# | convolution, 16 filters of 5 (no padding), ReLU; max pool of 2 | 78 × 16 |
# | convolution, 32 filters of 5, ReLU; max pool of 2 | 37 × 32 |
# | convolution, 32 filters of 5, ReLU; max pool of 2 | 16 × 32 |
# | the maximum of each channel: `GlobalMaxPooling1D` | 32 |
# | dense, softmax | 4 |
#
# The first two are the layers with 96 and 2,592 parameters from above.
#
# ### Exercise: heartbeat_model
#
# Return a `keras.Model`.


# %% exercise="heartbeat_model"
def heartbeat_model(input_shape=(160, 1), classes=4):
    """From a signal to the probabilities of its kinds, with convolutions over one axis.

    input_shape: (samples, leads); classes: how many kinds.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    signal = Input(input_shape)
    X = signal
    for filters in (16, 32, 32):
        X = Conv1D(filters, 5, activation="relu")(X)
        X = MaxPooling1D(2)(X)
    X = GlobalMaxPooling1D()(X)
    return keras.Model(signal, Dense(classes, activation="softmax")(X))
    ### END SOLUTION


# %% check="heartbeat_model" points=4

# %% [markdown]
# Most networks for one-dimensional data, it is often said, are recurrent ones. So here is one for comparison, a GRU of
# notebook 18 with about as many parameters. It reads four samples at each of its 40 steps, and says at the end what it has
# seen. (You need not know what is inside; it reads step by step, and keeps 44 numbers in mind.)


# %%
def recurrent_model(samples_at_once=4, units=44):
    """A recurrent network that reads a beat from its beginning to its end."""
    signal = Input((160, 1))
    X = Reshape((160 // samples_at_once, samples_at_once))(signal)
    return keras.Model(signal, Dense(4, activation="softmax")(GRU(units)(X)))


# %% [markdown]
# The loop that trains, for both. (`clipnorm` shortens a gradient that is longer than 1, which the recurrent network needs
# now and then.) People differ in how their beats look, so the beats that are held out are of *other people*.


# %%
def train(network, X, Y, passes, learning_rate, loss_of, batch, name):
    """Train a network; draw the loss of each pass while it learns."""
    steps = len(X) // batch
    falling = keras.optimizers.schedules.CosineDecay(learning_rate, passes * steps)
    optimizer = keras.optimizers.Adam(falling, clipnorm=1.0)
    weights = network.trainable_variables
    optimizer.build(weights)

    @tf.function
    def step(X, Y):
        with tf.GradientTape() as tape:
            loss = loss_of(Y, network(X, training=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    rng = np.random.default_rng(0)
    curves = LearningCurves(passes, "pass", "loss")
    for _ in range(passes):
        order = rng.permutation(len(X))[: steps * batch].reshape(steps, batch)
        curves.add(name, np.mean([step(X[part], Y[part]) for part in order]))


kind_loss = keras.losses.SparseCategoricalCrossentropy()


def share_right(network, X, kinds):
    """The share of the signals of which the most probable kind is the right one."""
    return float(np.mean(network(X, training=False).numpy().argmax(axis=1) == kinds))


# %% [markdown]
# First the sanity check, on sixteen beats: can they be learned by heart?

# %% example
rng = np.random.default_rng(7)
beats, kinds, _ = heartbeats.heartbeats(rng, 1000, people=60)
fresh_beats, fresh_kinds, _ = heartbeats.heartbeats(rng, 600, people=40)  # other people
beats, fresh_beats = beats.astype("float32"), fresh_beats.astype("float32")

with attempt():
    keras.utils.set_random_seed(0)
    network = heartbeat_model()
    train(network, beats[:16], kinds[:16], 60, 0.01, kind_loss, 16, "sixteen beats")
    print(f"{share_right(network, beats[:16], kinds[:16]):.0%} of the sixteen are right")

# %% [markdown]
# Now both networks on the same 1,000 beats, as often, each with the learning rate that suits it.
#
# **Predict.** Which will be right more often on people whom neither has met? Which will take longer?

# %%
NETWORKS = {
    "convolutions": (lambda: heartbeat_model(), 0.005),
    "recurrent, 4 samples a step": (lambda: recurrent_model(4), 0.01),
}
PASSES = 8

# %% example
with attempt():
    table = []
    for name, (build, learning_rate) in NETWORKS.items():
        keras.utils.set_random_seed(0)
        network = build()
        start = time.perf_counter()
        train(network, beats, kinds, PASSES, learning_rate, kind_loss, 50, name)
        taken = f"{time.perf_counter() - start:.0f}"
        right = f"{share_right(network, fresh_beats, fresh_kinds):.1%}"
        table.append((name, network.count_params(), taken, right))
    show_table(
        ["network", "parameters", "seconds", "right, other people"],
        table,
        "600 beats of 40 people of whom no beat was learned. Guessing gives 25%.",
    )

# %% [markdown]
# The convolutions are right more often. Over ten choices of beats, people and first weights they were right on 96% of the
# beats of new people (median; 93% in the worst case), the recurrent network on 73% (63%) after as many passes. With one
# sample at each of 160 steps it had learned next to nothing after eight passes.
#
# Why? What tells these kinds apart is a shape, a tenth of a second long, somewhere. A filter is made for that, and the
# maximum at the end remembers that it was there. The recurrent network has to notice the shape in passing and carry it to
# the end through all the steps that remain; notebook 17 shows why that is hard to learn. Where the order of things over
# a long stretch matters, it may be the other way round. So a signal does not *need* a recurrent network: measure both.
#
# **Yours to change.** Give both networks more `PASSES`, or the recurrent one a single sample at a time: `recurrent_model(1)`
# in `NETWORKS` (which takes four times as long). Or ask whether the ConvNet needs its pools: write another builder, and put
# it into `NETWORKS`. Say first what you expect.
#
# ## Three axes
#
# A scanner (CT, computed tomography) looks at a body slice by slice, and the slices together are a volume: a number for
# each small cube, a **voxel**. A film is a volume, too: its slices are the images, and the first axis is time; its colours
# are channels.
#
# A filter for a volume is a cube, $f × f × f$, and spans the channels besides. It slides along all three axes.
#
# | array | shape |
# | :--- | :--- |
# | `A_prev` | `(m, n_D_prev, n_H_prev, n_W_prev, n_C_prev)`: slices (depth), rows, columns, channels |
# | `W` | `(f, f, f, n_C_prev, n_C)` |
# | `b` | `(1, 1, 1, 1, n_C)` |
# | `Z` | `(m, n_D, n_H, n_W, n_C)` |
#
# $$Z_{i,d,h,w,c} = \sum_{u,v,x=0}^{f-1}\;\sum_{k} A^{pad}_{i,\;ds+u,\;hs+v,\;ws+x,\;k}\;W_{u,v,x,k,c} \;+\; b_c$$
#
# ### Exercise: conv3d_forward
#
# Return `Z` and the cache `(A_prev, W, b, hparameters)`. The border of `pad` zeros goes around the volume on all six
# sides; depth, height and width may differ.


# %% exercise="conv3d_forward"
def conv3d_forward(A_prev, W, b, hparameters):
    """Convolve each volume with each filter.

    A_prev has shape (m, n_D_prev, n_H_prev, n_W_prev, n_C_prev), W has shape
    (f, f, f, n_C_prev, n_C), b has shape (1, 1, 1, 1, n_C); hparameters is a dictionary
    with "stride" and "pad".
    Returns Z, of shape (m, n_D, n_H, n_W, n_C), and the cache.
    """
    ### BEGIN SOLUTION
    f, n_C = W.shape[0], W.shape[-1]
    stride, pad = hparameters["stride"], hparameters["pad"]

    border = (pad, pad)
    A_prev_pad = np.pad(A_prev, ((0, 0), border, border, border, (0, 0)))
    n_D, n_H, n_W = [(n + 2 * pad - f) // stride + 1 for n in A_prev.shape[1:4]]
    Z = np.zeros((A_prev.shape[0], n_D, n_H, n_W, n_C))
    for d in range(n_D):
        for h in range(n_H):
            for w in range(n_W):
                slices = slice(d * stride, d * stride + f)
                rows = slice(h * stride, h * stride + f)
                columns = slice(w * stride, w * stride + f)
                windows = A_prev_pad[:, slices, rows, columns]  # of all volumes
                for c in range(n_C):
                    products = windows * W[..., c]
                    Z[:, d, h, w, c] = np.sum(products, axis=(1, 2, 3, 4))
    return Z + b, (A_prev, W, b, hparameters)
    ### END SOLUTION


# %% check="conv3d_forward" points=4

# %% [markdown]
# A film, then, of eight images: a bright square on its way to the right, and below it one on its way to the left, by two
# columns from image to image. The filter compares each place with the place two columns further right in the next image.
# It is a filter for a *movement*, and a filter that sees a single image cannot be one.

# %% example
with attempt():
    film = np.zeros((1, 8, 12, 24, 1))
    for image in range(8):
        film[0, image, 2:5, 1 + 2 * image : 4 + 2 * image] = 1  # two columns an image
        film[0, image, 7:10, 18 - 2 * image : 21 - 2 * image] = 1  # the other way
    to_the_right = np.zeros((3, 3, 3, 1, 1))
    to_the_right[0, 1, 0], to_the_right[1, 1, 2] = -1, 1  # was here; is two columns on
    to_the_left = to_the_right[:, :, ::-1]
    W = np.concatenate([to_the_right, to_the_left], axis=-1)
    Z, _ = conv3d_forward(film, W, np.zeros((1, 1, 1, 1, 2)), {"stride": 1, "pad": 1})
    answers = [np.abs(Z[0, 4, :, :, c]) for c in range(2)]
    plots.show_images(
        [film[0, 3, :, :, 0], film[0, 4, :, :, 0], *answers],
        ["image 3", "image 4", "filter for → : what is left", "filter for ←"],
        columns=2,
        signed=False,
        caption="Each filter subtracts where a thing should have been. The one for movement to"
        " the right leaves nothing of the upper square, which does move to the right, and the"
        " lower one stays; with the other filter it is the other way round.",
    )

# %% [markdown]
# ## The way back through a volume
#
# Nothing new has to be thought here. Where a window was a slice of the steps, it is now three slices, and the rest is your
# `conv1d_backward`.
#
# **Predict.** In the middle of a large volume, under filters of 3 × 3 × 3 and stride 1, how many windows does one voxel lie
# in? How many shares add up in its gradient, for ten filters?
#
# ### Exercise: conv3d_backward
#
# Return `dA_prev`, `dW` and `db`, of the shapes of `A_prev`, `W` and `b`.


# %% exercise="conv3d_backward"
def conv3d_backward(dZ, cache):
    """The gradients of the input, the filters and the biases of conv3d_forward.

    dZ has shape (m, n_D, n_H, n_W, n_C); cache is (A_prev, W, b, hparameters).
    Returns dA_prev, dW and db, with the shapes of A_prev, W and b.
    """
    ### BEGIN SOLUTION
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    f = W.shape[0]

    border = (pad, pad)
    A_prev_pad = np.pad(A_prev, ((0, 0), border, border, border, (0, 0)))
    dA_prev_pad = np.zeros(A_prev_pad.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    for i, d, h, w, c in np.ndindex(dZ.shape):  # five loops in one line
        slices = slice(d * stride, d * stride + f)
        rows = slice(h * stride, h * stride + f)
        columns = slice(w * stride, w * stride + f)
        dz = dZ[i, d, h, w, c]
        dA_prev_pad[i, slices, rows, columns] += W[..., c] * dz
        dW[..., c] += A_prev_pad[i, slices, rows, columns] * dz
        db[..., c] += dz

    n_D, n_H, n_W = A_prev.shape[1:4]
    dA_prev = dA_prev_pad[:, pad : pad + n_D, pad : pad + n_H, pad : pad + n_W]
    return dA_prev, dW, db
    ### END SOLUTION


# %% check="conv3d_backward" points=5

# %% example
with attempt():
    rng = np.random.default_rng(1)
    A_prev, W = rng.normal(size=(1, 5, 5, 5, 1)), np.ones((3, 3, 3, 1, 10))
    Z, cache = conv3d_forward(
        A_prev, W, np.zeros((1,) * 4 + (10,)), {"stride": 1, "pad": 0}
    )
    dA_prev, _, _ = conv3d_backward(np.ones(Z.shape), cache)
    print("shares of 1 that the voxel in the middle has got:", dA_prev[0, 2, 2, 2, 0])
    print("and the voxel in the corner:", dA_prev[0, 0, 0, 0, 0])

# %% [markdown]
# 27 windows, ten filters: 270 shares. The voxel in the corner lies in one window.
#
# ## A network for volumes
#
# Why three axes, if a scan is a pile of images? Because some things cannot be seen in an image. In the lung there are
# vessels, long tubes, and sometimes there is a small ball, a nodule, which a physician wants to know about. Cut across, a
# tube is a disc, and so is a ball.

# %% demo
scans, nodules = volumes.lungs(np.random.default_rng(11), 100)
shown = 51
middle = np.flatnonzero(nodules[shown].any(axis=(1, 2, 3)))
chosen = range(middle[0] - 2, middle[0] + 6)
plots.show_images(
    [scans[shown, number, :, :, 0] for number in chosen],
    [f"slice {number}" for number in chosen],
    columns=4,
    signed=False,
    limits=(0, 1),
    caption="Eight slices of a drawn volume, one after the other. Three discs wander from slice to"
    " slice and never end: vessels. One comes and goes: the nodule, in slices"
    f" {middle[0]} to {middle[-1]}. In each slice alone they look alike.",
)

# %% [markdown]
# The network says for *every voxel* how probable it is that it belongs to a nodule. So nothing is pooled, and the padding
# is "same".
#
# | layers | output |
# | :--- | ---: |
# | the volume | 12 × 12 × 12 × 1 |
# | three times: convolution, 8 filters of `depth` × 3 × 3, "same", no biases; normalisation (`momentum=0.9`); ReLU | 12 × 12 × 12 × 8 |
# | convolution, 1 filter of a single voxel, sigmoid | 12 × 12 × 12 × 1 |
#
# With `depth` 3 its filters are cubes. With `depth` 1 they are flat, and each slice is looked at by itself, as if the
# others did not exist.
#
# ### Exercise: volume_model
#
# Return a `keras.Model`. The sizes of the volume may differ.


# %% exercise="volume_model"
def volume_model(input_shape=(12, 12, 12, 1), depth=3):
    """For each voxel of a volume, the probability that it belongs to a nodule.

    input_shape: (n_D, n_H, n_W, n_C); depth: how many slices a filter spans.
    Returns a keras.Model with an output of shape (m, n_D, n_H, n_W, 1).
    """
    ### BEGIN SOLUTION
    volume = Input(input_shape)
    X = volume
    for _ in range(3):
        X = Conv3D(8, (depth, 3, 3), padding="same", use_bias=False)(X)
        X = BatchNormalization(momentum=0.9)(X)
        X = ReLU()(X)
    return keras.Model(volume, Conv3D(1, 1, activation="sigmoid")(X))
    ### END SOLUTION


# %% check="volume_model" points=4

# %% [markdown]
# ## What you have just built
#
# Time to use it. One voxel in seventy belongs to a nodule; a network that says *no* everywhere is right 98.6 times in 100. So
# the voxels of nodules count 21-fold in the loss. And what is measured is not how many voxels are right: in each fresh
# volume we look at the one voxel of which the network is surest. Is it in the nodule?


# %%
def voxel_loss(is_nodule, probability):
    """The cross-entropy of each voxel; those of nodules count 21-fold."""
    probability = tf.clip_by_value(probability, 1e-6, 1 - 1e-6)
    right = tf.where(is_nodule, probability, 1 - probability)
    return -tf.reduce_mean(tf.where(is_nodule, 21.0, 1.0) * tf.math.log(right))


def found(network, scans, nodules):
    """The share of the volumes of which the surest voxel lies in the nodule."""
    probability = network.predict(scans, verbose=0).reshape(len(scans), -1)
    surest = probability.argmax(axis=1)
    return float(np.mean(nodules.reshape(len(scans), -1)[np.arange(len(scans)), surest]))


# %% [markdown]
# **Predict.** In a slice that cuts the nodule there are four bright discs. In what share of the volumes will the network with
# flat filters find it?

# %% example
scans = scans.astype("float32")
fresh_scans, fresh_nodules = volumes.lungs(np.random.default_rng(12), 200)
with attempt():
    table, trained = [], {}
    for name, depth in [("cubes, 3 × 3 × 3", 3), ("flat, 1 × 3 × 3", 1)]:
        keras.utils.set_random_seed(0)
        trained[name] = volume_model(depth=depth)
        train(trained[name], scans, nodules, 6, 0.01, voxel_loss, 5, name)
        share = f"{found(trained[name], fresh_scans, fresh_nodules):.1%}"
        table.append((name, trained[name].count_params(), share))
    show_table(
        ["filters", "parameters", "nodules found"],
        table,
        "In 200 volumes that neither network has seen: how often the surest voxel lies in the"
        " nodule.",
    )

# %% example
with attempt():
    number = 11
    where = np.flatnonzero(fresh_nodules[number].any(axis=(1, 2, 3)))
    shown = int(where[len(where) // 2])
    pictures = [fresh_scans[number, shown, :, :, 0]]
    for network in trained.values():
        answer = network.predict(fresh_scans[number : number + 1], verbose=0)
        pictures.append(answer[0, shown, :, :, 0])
    pictures.append(fresh_nodules[number, shown, :, :, 0].astype(float))
    plots.show_images(
        pictures,
        [f"slice {shown}", "cubes", "flat", "the nodule"],
        signed=False,
        limits=(0, 1),
        caption="What both say of one slice of a new volume. The flat filters give every disc some"
        " probability, and cannot know better; the cubes have seen the slices before and after.",
    )

# %% [markdown]
# Over ten choices of volumes and first weights the cubes found 93.5% of the nodules (median), the flat filters about a
# quarter, and never more than a third. (In one of the ten the cubes had not discovered the third axis after six passes,
# and found 15%.) The flat network is not badly trained. It has learned what a single slice can tell: a nodule is a bright
# disc. So is every vessel, and to pick one of four discs is all that is left. The cubes have seen where a disc ends.
#
# That is what the third axis buys. Its price is 27 products where a flat filter has nine, and a volume where there was an
# image. Real programs for scans of the lung work on pieces of volumes, as this one does, for that reason.
#
# ## Spot the mistake
#
# The first two sentences are from the notes that this course grew out of, the others are often heard. Set them right.
#
# | name | the claim | your answer |
# | :--- | :--- | :--- |
# | `second_filters` | 14 × 14 × 14 × 1, 16 filters of 5: 10 × 10 × 10 × 16. The second layer's filters are 5 × 5 × 5. | the weights of *one* of them, without its bias |
# | `one_dimension` | 1D data need RNNs (recurrent networks). | what can read a signal, see below |
# | `film_axes` | A film in colour has four dimensions, so it takes a 4D convolution. | along how many axes the filter slides |
# | `dilated_weights` | A filter of 3 with a dilation of 8 has 17 weights. | how many it has, for one channel, without the bias |
#
# For `one_dimension`, answer `"recurrent"`, `"convolutions"`, `"both"` or `"neither"`.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these four names and your answers. Leave out what you do not know yet; each answer counts by
# itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"second_filters": a number, "one_dimension": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "second_filters": 5 * 5 * 5 * 16,
        "one_dimension": "both",
        "film_axes": 3,
        "dilated_weights": 3,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Write one `conv_forward` for any number of axes. `itertools.product(*map(range, sizes))` walks through the places;
#   `np.lib.stride_tricks.sliding_window_view` takes all windows at once.
# - A beat has to be named while it happens: build the heartbeat network of causal layers with dilations 1, 2, 4, ..., one
#   answer at each step, and draw how the probabilities change as the beat goes on. How long after the peak is it sure?
# - A filter of 3 × 3 × 3 can be taken apart into one of 1 × 3 × 3 and one of 3 × 1 × 1 after it, as in notebook 07. How many
#   weights are saved? Does it still find the nodules?
#
# ## Where this comes from
#
# Alex Waibel and others slid filters along time to recognise sounds of speech (*time-delay neural networks*, 1989). Aäron
# van den Oord and others stacked causal convolutions with dilations that double, and called the network that speaks
# *WaveNet* (2016); Bai, Kolter and Koltun compared such networks with recurrent ones on many tasks (2018). Serkan Kiranyaz
# and others read heartbeats with 1D convolutions (2016). Ji, Xu, Yang and Yu put 3D convolutions on films (2010), Tran
# and others made them common (*C3D*, 2015), and Çiçek and others segmented volumes with a *3D U-Net* (2016). The drawn beats
# are made of bumps as McSharry, Clifford, Tarassenko and Smith proposed (2003).
#
# The next notebook reads sequences in the other way: step by step, with a memory.
