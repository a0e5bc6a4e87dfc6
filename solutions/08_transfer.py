#: You write: mirror images, windows, turns, warps and colours by chance, a new head, freezing, fine-tuning, ensembles
#: Applied to: a network that has learned from drawn digits, and reads real ones

# %% [markdown]
# # Transfer learning, augmentation, ensembles
#
# You will be able to make many pictures of few, to put a network that has learned one thing to another use,
# and to measure which of it helps, and when nothing does.
#
# **Stands on** notebooks 03, 05 and 07. **Takes** about three quarters of an hour to read and four to do.

# %% setup
import os
import tempfile
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import layers
    from keras.applications.mobilenet_v2 import preprocess_input
    from keras.layers import RandomFlip, RandomRotation

from dlcourse.checks.transfer import check, hint, solution
from dlcourse.data import datasets
from dlcourse.data.drawn_digits import drawn_digits
from dlcourse.figures import plots, timelines
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.transfer import load_mobilenet
from dlcourse.widgets.transfer import explore_augmentation

IMG_SIZE = (160, 160)
tfl = layers  # its name in Andrew Ng's course

# %% [markdown]
# ## More pictures from the ones you have
#
# A photograph of a cat is one of a cat when it is mirrored, turned a little, cut at the edge or taken in other light. To a
# network these are different pictures: nearly every number has changed. So from one labelled picture you can make many, for
# nothing. This is **augmentation**, and nearly every network for images is trained with it.

# %% demo
cat = datasets.photograph("chelsea", size=75)[:, 15:105][np.newaxis]
changed = {
    "the photograph": cat[0],
    "mirrored": cat[0, :, ::-1],
    "cut": cat[0, 8:66, 12:82],
    "in other light": np.clip(cat[0] + [0.12, 0.0, -0.12], 0, 1),
}
plots.show_images(
    list(changed.values()),
    list(changed),
    "One label, four pictures. " + datasets.credit("chelsea"),
)

# %% [markdown]
# All functions that follow take a batch `X` of shape `(m, n_H, n_W, n_C)` and a generator of random numbers `rng`, and
# return new pictures. Each picture of the batch gets its own chance; `X` stays as it is.
#
# Why is the generator handed in? So that a run can be repeated: `np.random.default_rng(0)` gives the same numbers each time
# it is made. And whoever calls decides on it, so nothing is hidden in the function. The ones that you need:
#
# | call | gives |
# | :--- | :--- |
# | `rng.random()` | a number from 0 to 1 |
# | `rng.uniform(low, high)` | a number from low to high, all equally likely |
# | `rng.integers(low, high)` | a whole number from low to high - 1 |
# | `rng.normal(mean, deviation)` | a normal number |
#
# With `size=...`, each gives an array.
#
# ## Mirror images
#
# The simplest one: exchange left and right. With a fair coin for each picture, a batch is never twice the same.
#
# The label stays. That is the condition for every augmentation, and not always true: a mirrored "b" is a "d", and the left
# eye of a mirrored face is on its right.
#
# ### Exercise: mirror
#
# Return the pictures, each of them mirrored with a probability of one half.


# %% exercise="mirror"
def mirror(X, rng):
    """Each picture as it is, or left and right exchanged, as a coin decides.

    X: shape (m, n_H, n_W, n_C); rng: a NumPy generator.
    Returns an array of the shape of X.
    """
    ### BEGIN SOLUTION
    result = X.copy()
    for i in range(len(X)):
        if rng.random() < 0.5:
            result[i] = X[i, :, ::-1]
    return result
    ### END SOLUTION


# %% check="mirror" points=2

# %% [markdown]
# No random function can be compared with one right array. The check hands in pictures that say where each of their pixels
# is: whatever comes back, it can be read off where everything came from, and over some hundreds of pictures how often.
#
# ## Windows
#
# A **random crop** cuts a window out of each picture. What it shows is at another place each time, so the network can't
# rely on places.
#
# The window must not be too small, or it misses what the label says. Some crops will be wrong in this way, and a few are
# harmless; in practice windows are large, such as 224 of 256 pixels.
#
# **Predict.** At how many places can a window of 4 × 4 lie in a picture of 6 × 9?

# %%
print((6 - 4 + 1) * (9 - 4 + 1), "places: 3 rows times 6 columns to begin at")

# %% [markdown]
# ### Exercise: random_crop
#
# Cut a square of `size` × `size` out of each picture. Every place where it fits is equally likely, the last row and the last
# column included; a window as large as the picture is the picture.


# %% exercise="random_crop"
def random_crop(X, size, rng):
    """From each picture a window at a place of its own.

    X: shape (m, n_H, n_W, n_C); size: the side of the window, at most n_H and n_W.
    Returns an array of shape (m, size, size, n_C).
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C = X.shape
    windows = []
    for i in range(m):
        top = rng.integers(0, n_H - size + 1)
        left = rng.integers(0, n_W - size + 1)
        windows.append(X[i, top : top + size, left : left + size])
    return np.stack(windows)
    ### END SOLUTION


# %% check="random_crop" points=3

# %% [markdown]
# Keras has a layer for it, `RandomCrop`, with two surprises: in training it cuts a whole batch at *one* place, and outside
# training it returns the picture uncut (or resized), although the model's summary declares the crop. Crop in the data
# pipeline, and take the middle in use.
#
# ## Turning and slanting
#
# To turn a picture, think backwards. Don't ask where a pixel goes: ask, for each pixel of the *result*, where in the picture
# its colour comes from. Then no pixel stays empty.
#
# That place lies between pixels. `sample_at` mixes the four around it, the nearer ones more (bilinear interpolation), and
# takes the nearest pixel of the border where the place lies outside.


# %%
def sample_at(image, rows, columns):
    """The colours of an image (n_H, n_W, n_C) at these places, one for each pixel of the result."""
    n_H, n_W = image.shape[:2]
    rows, columns = np.clip(rows, 0, n_H - 1), np.clip(columns, 0, n_W - 1)
    rows, columns = np.broadcast_arrays(rows, columns)
    r, c = np.floor(rows).astype(int), np.floor(columns).astype(int)
    below, right = np.minimum(r + 1, n_H - 1), np.minimum(c + 1, n_W - 1)
    down, across = (rows - r)[..., np.newaxis], (columns - c)[..., np.newaxis]
    upper = (1 - across) * image[r, c] + across * image[r, right]
    lower = (1 - across) * image[below, c] + across * image[below, right]
    return (1 - down) * upper + down * lower


# %% [markdown]
# With $r$ and $c$ for the row and the column of a pixel, both *counted from the middle of the picture*, the place that it
# looks at is
#
# $$r' = r\cos\alpha - c\sin\alpha \qquad c' = r\sin\alpha + c\cos\alpha$$
#
# again counted from the middle. In an array pixels are counted from the corner, from 0 to $n-1$: where the middle is, is
# left to you.
#
# ### Exercise: rotate
#
# Turn each picture about its middle, by an angle of its own between `-most` and `most` degrees. The shape stays.


# %% exercise="rotate"
def rotate(X, most, rng):
    """Each picture, turned about its middle.

    X: shape (m, n_H, n_W, n_C); most: the largest angle, in degrees.
    Returns an array of the shape of X.
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C = X.shape
    middle_r, middle_c = (n_H - 1) / 2, (n_W - 1) / 2
    r = np.arange(n_H)[:, np.newaxis] - middle_r
    c = np.arange(n_W) - middle_c
    result = []
    for image in X:
        angle = np.deg2rad(rng.uniform(-most, most))
        rows = middle_r + r * np.cos(angle) - c * np.sin(angle)
        columns = middle_c + r * np.sin(angle) + c * np.cos(angle)
        result.append(sample_at(image, rows, columns))
    return np.stack(result)
    ### END SOLUTION


# %% check="rotate" points=4

# %% [markdown]
# **Shearing** slants a picture: each row is shifted sideways, the further from the middle row the more. A row one below
# another is shifted by $s$ more; $s$ is the picture's random number.
#
# ### Exercise: shear
#
# Slant each picture by an $s$ of its own between `-most` and `most`. The middle row stays.


# %% exercise="shear"
def shear(X, most, rng):
    """Each picture, slanted sideways about its middle row.

    X: shape (m, n_H, n_W, n_C); most: the largest shift from one row to the next, in pixels.
    Returns an array of the shape of X.
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C = X.shape
    r = np.arange(n_H)[:, np.newaxis]
    c = np.arange(n_W)
    result = []
    for image in X:
        s = rng.uniform(-most, most)
        result.append(sample_at(image, r, c + s * (r - (n_H - 1) / 2)))
    return np.stack(result)
    ### END SOLUTION


# %% check="shear" points=3

# %% [markdown]
# ## Printed on rubber
#
# A **local warp** moves different parts of a picture differently, as if it were printed on rubber. If every pixel moved by
# chance, the picture would be torn to pieces. So only a few points move, $4 \times 4$ **knots** from the first pixel to the
# last in both directions, and the pixels between them follow.
#
# How do they follow? The knots' moves are a tiny picture themselves: 4 × 4 pixels with two channels, how far down and how
# far to the right. Enlarged to the size of the picture, it says of every pixel how far off to look.
#
# ### Exercise: local_warp
#
# For each picture, draw a move for each of `knots` × `knots` knots, down and to the right, both uniform between `-most` and
# `most` pixels. Look at the picture at the places that are moved so. `sample_at` serves twice.


# %% exercise="local_warp"
def local_warp(X, most, rng, knots=4):
    """Each picture as if printed on rubber.

    X: shape (m, n_H, n_W, n_C); most: how far a knot moves in each direction, in pixels;
    knots: how many in each direction, evenly spread, the first on the first pixel and the
    last on the last.
    Returns an array of the shape of X.
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C = X.shape
    between_rows = np.linspace(0, knots - 1, n_H)[:, np.newaxis]
    between_columns = np.linspace(0, knots - 1, n_W)
    result = []
    for image in X:
        moves = rng.uniform(-most, most, size=(knots, knots, 2))
        field = sample_at(moves, between_rows, between_columns)
        rows = np.arange(n_H)[:, np.newaxis] + field[:, :, 0]
        columns = np.arange(n_W) + field[:, :, 1]
        result.append(sample_at(image, rows, columns))
    return np.stack(result)
    ### END SOLUTION


# %% check="local_warp" points=4

# %% example
with attempt():
    rng = np.random.default_rng(3)
    four = np.repeat(cat, 4, axis=0)
    turned, slanted = rotate(four[:1], 25, rng), shear(four[:1], 0.4, rng)
    warped = local_warp(four[:2], 7, rng)
    plots.show_images(
        [cat[0], turned[0], slanted[0], *warped],
        ["as it was", "rotate", "shear", "local_warp", "local_warp"],
        "The same cat five times. Where a place lies outside the photograph, the colours of its border are drawn out.",
    )

# %% [markdown]
# ## Other light
#
# The sun is yellow in the evening, a shadow is blue. Add a number to red, another to green and a third to blue, the same for
# all pixels of a picture.
#
# ### Exercise: color_shift
#
# For each picture, draw a number for each channel, uniform between `-most` and `most`, and add it to that channel.
# Brightness stays between 0 and 1: what is beyond, stops there.


# %% exercise="color_shift"
def color_shift(X, most, rng):
    """Each picture in other light.

    X: shape (m, n_H, n_W, n_C), brightness between 0 and 1; most: the largest shift.
    Returns an array of the shape of X, between 0 and 1.
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C = X.shape
    shifts = rng.uniform(-most, most, size=(m, 1, 1, n_C))
    return np.clip(X + shifts, 0, 1)
    ### END SOLUTION


# %% check="color_shift" points=3

# %% [markdown]
# ## Colours that belong together
#
# Independent shifts make colours that no light makes. In photographs red, green and blue rise and fall together, and differ
# from one another only a little. How they do is in the covariance of all pixels' colours, a matrix of 3 × 3: its
# eigenvectors are the directions in which colours vary, its eigenvalues say how much.

# %% demo
colours = datasets.photograph("chelsea", size=60).reshape(-1, 3)
eigenvalues, P = np.linalg.eigh(np.cov(colours.T))
P = P * np.sign(P[0])  # an eigenvector may point either way: let red be positive
show_table(
    ["direction", "red", "green", "blue", "eigenvalue"],
    [
        (name, *(f"{part:.2f}" for part in P[:, k]), f"{eigenvalues[k]:.5f}")
        for name, k in [("first", 2), ("second", 1), ("third", 0)]
    ],
    "The colours of the cat. In the first direction all three go the same way: brighter or"
    " darker. In the second red goes against blue, which is the colour of the light.",
)

# %% [markdown]
# AlexNet was trained with shifts along these directions. Put the eigenvectors as columns into a matrix $P$, and the eigenvalues
# into a vector $\lambda$. A picture gets three random numbers $\alpha$, normal with a *standard deviation* of 0.1, and every
# pixel $x$ of it becomes
#
# $$x + P\,(\alpha * \lambda)$$
#
# with $*$ number by number. The covariance of these shifts is $P\,\mathrm{diag}\bigl((0.1\,\lambda)^2\bigr)P^T$: large where
# colours vary much, next to nothing where they don't. (Brightness of 0 to 255 makes the eigenvalues large. Between 0 and 1
# they are small, and so are the shifts.)
#
# ### Exercise: pca_color_augmentation
#
# The covariance is that of all pixels of all pictures in `X`. Draw an $\alpha$ for each picture. The sum is not clipped.


# %% exercise="pca_color_augmentation"
def pca_color_augmentation(X, rng):
    """Each picture, its colours shifted along the directions in which those of X vary.

    X: shape (m, n_H, n_W, 3).
    Returns an array of the shape of X.
    """
    ### BEGIN SOLUTION
    colours = X.reshape(-1, 3)
    eigenvalues, P = np.linalg.eigh(np.cov(colours.T))
    result = []
    for image in X:
        alpha = rng.normal(0, 0.1, size=3)
        result.append(image + P @ (alpha * eigenvalues))
    return np.stack(result)
    ### END SOLUTION


# %% check="pca_color_augmentation" points=4

# %% example
with attempt():
    many = np.repeat(cat[:, ::9, ::9], 4000, axis=0)
    shifts = (pca_color_augmentation(many, np.random.default_rng(0)) - many)[:, 0, 0]
    values, P = np.linalg.eigh(np.cov(many[0].reshape(-1, 3).T))
    formula = P @ np.diag((0.1 * values) ** 2) @ P.T
    show_table(
        ["covariance of", "red, red", "red, green", "red, blue"],
        [
            (name, *(f"{1e6 * number:.2f}" for number in matrix[0]))
            for name, matrix in [
                ("4,000 shifts", np.cov(shifts.T)),
                ("the formula", formula),
            ]
        ],
        "In millionths. What you have programmed is what the formula says.",
    )
    paler = (
        pca_color_augmentation(
            np.repeat(255 * cat, 4, axis=0) / 16, np.random.default_rng(5)
        )
        * 16
        / 255
    )
    plots.show_images(
        [
            *np.clip(paler, 0, 1),
            *color_shift(np.repeat(cat, 4, axis=0), 0.25, np.random.default_rng(1)),
        ],
        ["along the axes"] * 4 + ["independent"] * 4,
        "Above: shifts along the directions of this photograph's own colours, enlarged. Below: independent shifts,"
        " with tints that daylight has not.",
        columns=4,
    )

# %% [markdown]
# Play with them. What would a network have to be shown so often that it stops to care?

# %% example
with attempt():
    augmentations = {
        "local_warp": lambda X, strength, rng: local_warp(X, 20 * strength, rng),
        "mirror": lambda X, strength, rng: mirror(X, rng),
        "random_crop": lambda X, strength, rng: random_crop(
            X, round(70 - 50 * strength), rng
        ),
        "rotate": lambda X, strength, rng: rotate(X, 90 * strength, rng),
        "shear": shear,
        "color_shift": lambda X, strength, rng: color_shift(X, 0.6 * strength, rng),
    }
    explore_augmentation(cat[0], augmentations)

# %% [markdown]
# ## What it is worth
#
# Real digits, three of each class to learn from: thirty pictures. The network is small, and this is the loop that trains it:
# so many steps with 32 pictures each, however many there are.


# %%
real, labels = datasets.digits()
order = np.random.default_rng(0).permutation(len(real))
real, labels = real[order].astype("float32"), labels[order]
held_out, held_out_labels = real[900:], labels[900:]


def few(each, seed, classes=range(10)):
    """So many real digits of each class to learn from, others for each seed."""
    chosen = np.random.default_rng(seed).permutation(900)
    picked = [chosen[labels[chosen] == digit][:each] for digit in classes]
    return real[np.concatenate(picked)], labels[np.concatenate(picked)]


def digit_network(seed, classes=10):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def trainer(network):
    """A function that trains what is free in a network, from the weights that it has."""
    weights, optimizer = network.trainable_variables, keras.optimizers.Adam()
    optimizer.build(weights)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    X_like = tf.TensorSpec((None, *network.input_shape[1:]))
    whole_numbers = tf.TensorSpec((None,), "int64"), tf.TensorSpec((None, 32), "int64")

    @tf.function(input_signature=[X_like, *whole_numbers])  # drawn once, for any number
    def learn(X, Y, batches):  # of pictures and of steps
        loss = 0.0
        for batch in batches:
            with tf.GradientTape() as tape:
                answers = network(tf.gather(X, batch), training=True)
                loss = loss_of(tf.gather(Y, batch), answers)
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    def train(X, Y, steps=100, learning_rate=1e-3, curves=None):
        for variable in optimizer.variables:  # what the last training has left in the
            variable.assign(tf.zeros_like(variable))  # optimizer is forgotten
        optimizer.learning_rate = learning_rate
        batches = np.random.default_rng(0).integers(len(X), size=(steps, 32))
        for part in np.split(batches, range(50, steps, 50)):
            loss = learn(X, Y, part)
            if curves:
                curves.add("loss", loss)

    return train


def accuracy(network, X=None, Y=None):
    """The share of pictures, by default the held-out ones, that a network reads right."""
    X, Y = (held_out, held_out_labels) if X is None else (X, Y)
    return float(np.mean(np.asarray(network(X, training=False)).argmax(axis=1) == Y))


# %% [markdown]
# First the sanity check: a handful of pictures can be learned by heart.

# %%
X, Y = few(1, seed=0)
network = digit_network(seed=0)
train = trainer(network)
before = accuracy(network, X, Y)
train(X, Y, steps=100)
print(
    f"of its ten pictures it reads {before:.0%} right before, {accuracy(network, X, Y):.0%} after"
)

# %% [markdown]
# Now each picture is augmented forty times before the training begins. `augment` says how; a digit of 8 × 8 pixels bears
# small changes only.
#
# **Predict.** Which of these helps most to read digits? And which one harms?

# %% example
with attempt():
    ways = {
        "nothing": lambda X, rng: X,
        "rotate, 15 degrees": lambda X, rng: rotate(X, 15, rng),
        "crops": lambda X, rng: random_crop(
            np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0))), 8, rng
        ),
        "mirror": mirror,
    }
    worth = {name: [] for name in ways}
    for seed in range(3):
        X, Y = few(3, seed)
        start = digit_network(seed).get_weights()
        for name, augment in ways.items():
            rng = np.random.default_rng(seed)
            more = np.concatenate([augment(X, rng) for _ in range(40)]).astype("float32")
            network.set_weights(start)
            train(more, np.tile(Y, 40), steps=200)
            worth[name].append(accuracy(network))
    show_table(
        ["each picture forty times", "held-out digits read right"],
        [(name, f"{np.mean(shares):.1%}") for name, shares in worth.items()],
        "Thirty real digits to learn from, 897 others to be read; the mean of three draws."
        " Turning helps a little: in ten runs like this one by half a percent in the middle, and by two at best."
        " Crops cost two percent, since a digit that fills its picture is cut; and nobody writes a digit"
        " mirrored: that costs seven.",
    )

# %% [markdown]
# Change a number above, or add a line (`rotate` by 60 degrees, `local_warp` by a pixel), and guess what comes out before you run it.
#
# ## Augmentation as layers
#
# In Keras, augmentations are layers without weights: `RandomFlip`, `RandomRotation`, `RandomZoom`, `RandomContrast`. They act in
# training and hand on their input in use. What is worth knowing about them:
#
# - `RandomRotation(0.1)` turns by up to a tenth of a *turn*, 36 degrees.
# - `RandomZoom(0.5)` zooms *out*.
# - `RandomBrightness` and `RandomContrast` expect 0 to 255, unless `value_range` says otherwise.
# - Called directly, `layer(x)` augments; inside a model that predicts, it doesn't.
#
# ### Exercise: data_augmenter
#
# Return a `keras.Sequential` of two layers: mirror images, left and right only, and turns of up to a fifth of a turn. (With this
# name and these layers the function is known from Andrew Ng's course.)


# %% exercise="data_augmenter"
def data_augmenter():
    """A model that mirrors pictures and turns them by up to 0.2 turns, in training only.

    Returns a keras.Sequential, from pictures (m, n_H, n_W, n_C) to such pictures.
    """
    ### BEGIN SOLUTION
    return keras.Sequential([RandomFlip("horizontal"), RandomRotation(0.2)])
    ### END SOLUTION


# %% check="data_augmenter" points=3

# %% [markdown]
# ### A pipeline that keeps the processor busy
#
# Augmentation takes time. If the network waits for each batch to be made, and the making waits for the network, one of them is
# always idle. A **data pipeline** does both at once: while the network learns from one batch, threads of their own make the
# next ones. In TensorFlow this is `tf.data`: `map` with `num_parallel_calls` makes several batches side by side, `prefetch`
# keeps some ready.
#
# **Predict.** If making a batch takes five times as long as a step of training, how much faster can two threads make it?


# %%
def pipeline(augmenter, batches, threads, prefetch):
    """Batches of pictures (32, 64, 64, 3), with the times at which each was made."""

    def make(number):
        began = tf.timestamp()
        X = tf.random.stateless_uniform((32, 64, 64, 3), (number, 1)) + 0 * tf.cast(
            began, "float32"
        )
        X = augmenter(X, training=True)
        with tf.control_dependencies([X]):
            return X, began, tf.timestamp()

    numbers = tf.data.Dataset.range(batches).map(lambda number: tf.cast(number, "int32"))
    made = numbers.map(make, num_parallel_calls=threads)
    options = tf.data.Options()  # nothing by itself: only what is asked for
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_optimization.inject_prefetch = False
    options.experimental_optimization.map_parallelization = False
    made = made.with_options(options)
    return made.prefetch(prefetch) if prefetch else made


def run_through(batches, step):
    """Events (what, begin, end) of one run, in seconds from its start."""
    events, start = [], time.time()
    for X, began, ended in batches:
        before = time.time()
        step(X)
        events += [("augment", float(began) - start, float(ended) - start)]
        events += [("train", before - start, time.time() - start)]
    return events


# %% demo
with attempt():
    learner = keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            layers.Conv2D(8, 3, strides=2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    weights, optimizer = learner.trainable_variables, keras.optimizers.SGD(0.01)
    optimizer.build(weights)

    @tf.function
    def step(X):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(learner(X, training=True) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    augmenter, runs = data_augmenter(), {}
    step(tf.zeros((32, 64, 64, 3)))  # drawing the graph is not part of the race
    for name, threads, prefetch in [
        ("one after the other", None, 0),
        ("prefetch", None, 2),
        ("two threads, prefetch", 2, 2),
    ]:
        runs[name] = run_through(pipeline(augmenter, 12, threads, prefetch), step)
    timelines.show_timelines(
        runs,
        caption="Orange: a batch is made. Blue: the network learns from it. Above, they take turns, and each"
        " waits for the other. Below, batches are made while the network learns.",
    )
    show_table(
        ["pipeline", "milliseconds a step"],
        [
            (name, f"{timelines.milliseconds_a_step(events):.1f}")
            for name, events in runs.items()
        ],
        "Without the first two batches. How much two threads gain depends on what else the machine is doing,"
        " and on its cores: a thread without a core is no help.",
    )

# %% [markdown]
# Three traps. By default `tf.data` overlaps by itself, which is good and hides the difference: the first line had to be asked for. Python
# functions inside (`numpy_function`) take turns whatever the number of threads, since Python runs one at a time. And measure
# with a loop of your own: `fit` prefetches too.
#
# ## A network with a past
#
# Augmentation makes more of the pictures that you have. **Transfer learning** brings along what was learned from others. You want
# to know which of your two cats is in a photograph, Tigger, Misty or neither, and have twenty pictures of each. Nobody can
# train a network from twenty pictures; but there are networks that know fur, ears and eyes from a million photographs, and
# somebody has paid weeks of computing for them. Take one, cut off its last layer, which names a thousand things, and put in
# its place one with three answers.
#
# Here is the same on a small scale, with a network whose past you can watch. It learns from digits that a program *draws*: as many
# as it likes, for nothing. What you want to read is *real* digits, of which you have a few.

# %% demo
drawn, drawn_labels = drawn_digits(2000, seed=0)
drawn = drawn.astype("float32")
rows = [drawn[drawn_labels == digit][0] for digit in range(10)] + [
    real[labels == digit][0] for digit in range(10)
]
plots.show_images(
    rows,
    ["drawn"] * 10 + ["real"] * 10,
    "Above, drawn by a program. Below, written by people (E. Alpaydin and C. Kaynak, 1998, CC BY 4.0).",
    columns=10,
)

# %% [markdown]
# **Predict.** It learns from 2,000 drawn digits until it reads other drawn ones nearly without a mistake. How many real ones does it
# read right?

# %%
base = digit_network(seed=0)
curves = LearningCurves(8, "fifty steps", "loss")
trainer(base)(drawn, drawn_labels, steps=400, curves=curves)
more_drawn, more_labels = drawn_digits(300, seed=1)
show_table(
    ["the network that has learned from 2,000 drawn digits reads", "right"],
    [
        (
            "other drawn digits",
            f"{accuracy(base, more_drawn.astype('float32'), more_labels):.1%}",
        ),
        ("real digits", f"{accuracy(base):.1%}"),
    ],
    "It has never seen a real one. Much of what it knows carries over, not all: in ten runs, 82 to 86 %.",
)

# %% [markdown]
# ## A new head
#
# Your task will seldom have the classes of the network that you take over. Its last layer, the **head**, must go; what the
# layers below make of a picture, its **features**, is what you want.
#
# The layers of a Keras model know the tensors between them: `layer.input` and `layer.output`. A new model may start and end
# at any of them, and then *shares* its layers, weights included, with the old one.
#
# ### Exercise: replace_head
#
# Return a new model: that of `model` up to what its last layer is given, and a dense layer with softmax on it, one unit for
# each class. The given model must still answer as before.


# %% exercise="replace_head"
def replace_head(model, classes):
    """The model with a new last layer, for other classes.

    model: a keras.Sequential whose last layer is dense; classes: how many.
    Returns a keras.Model that shares all layers but the last with `model`.
    """
    ### BEGIN SOLUTION
    features = model.layers[-1].input
    outputs = layers.Dense(classes, activation="softmax")(features)
    return keras.Model(model.inputs[0], outputs)
    ### END SOLUTION


# %% check="replace_head" points=3

# %% [markdown]
# ## Freezing
#
# A new head begins with random weights. Its first gradients are nonsense, and they would run down into the layers below and spoil
# what these have learned. So those are **frozen**: `layer.trainable = False`. A frozen batch normalisation keeps its averages,
# too, whether it is called in training mode or not.
#
# With more data of your own you can set more layers free, from the end. The first ones see edges and colours, which any
# picture has; the last ones see what the old task was about.
#
# A trap: `model.trainable = False` freezes all layers of a model, and `True` sets them free again; but where only some of its layers were
# frozen, one by one, `model.trainable = True` leaves those as they are (seen with Keras 3.15). Say it to each layer.
#
# ### Exercise: freeze_base
#
# Freeze all of `model.layers` but the last `keep`, and set those free: the model may come back later with another `keep`, or with
# `model.trainable = False`. `keep=0` freezes everything. Return the model.


# %% exercise="freeze_base"
def freeze_base(model, keep=1):
    """Let training change the last `keep` layers only.

    model: a Keras model; keep: from 0 to the number of its layers.
    Returns the model.
    """
    ### BEGIN SOLUTION
    model.trainable = True
    first_free = len(model.layers) - keep
    for position, layer in enumerate(model.layers):
        layer.trainable = position >= first_free
    return model
    ### END SOLUTION


# %% check="freeze_base" points=4

# %% example
with attempt():
    network = freeze_base(replace_head(base, 3), keep=1)
    free = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    print(
        f"{network.count_params():,} weights, of which {free} are trained: a head of 64 * 3 + 3"
    )

# %% [markdown]
# ## Features, computed once
#
# A frozen base makes the same features of a picture in every epoch. Then compute them once, save them to disk, and train the
# head on the file: what took minutes takes a second.
#
# ### Exercise: extract_features
#
# Return what the last layer of `model` is given for the pictures `X`, as in use (no dropout). With a `path`: if there is a file,
# return what it holds and compute nothing; if there is none, save the features there, with `np.save`.


# %% exercise="extract_features"
def extract_features(model, X, path=None):
    """What the model's last layer is given, from a file if there is one.

    model: a Keras model; X: pictures (m, n_H, n_W, n_C); path: of a .npy file, or None.
    Returns an array of shape (m, number of features).
    """
    ### BEGIN SOLUTION
    if path is not None and os.path.exists(path):
        return np.load(path)
    base = keras.Model(model.inputs[0], model.layers[-1].input)
    features = np.asarray(base(X, training=False))
    if path is not None:
        np.save(path, features)
    return features
    ### END SOLUTION


# %% check="extract_features" points=4

# %% example
with attempt(), tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "features.npy")
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        features = extract_features(base, real[:900], path)
        seconds.append(time.perf_counter() - start)
    show_table(
        ["900 digits", "features", "milliseconds"],
        [
            ("computed and saved", str(features.shape), f"{1000 * seconds[0]:.1f}"),
            ("read from the file", str(features.shape), f"{1000 * seconds[1]:.1f}"),
        ],
        "With a network of real size the first number is minutes.",
    )

# %% [markdown]
# ## Four regimes
#
# How much to set free depends on how much data you have of your own.
#
# | you have | set free |
# | :--- | :--- |
# | next to nothing | the new head; on saved features |
# | little | the head and the layers before it |
# | much | everything, beginning with the weights that you took over |
# | as much as those before you | everything, from random weights if you like |
#
# **Fine-tuning** sets layers free that have learned already. Small steps, then: a learning rate of a tenth or less of the one that
# trained them (the page of published weights usually says which), or what they know is gone before it is of use. It is common to
# train the head alone at first, and to unfreeze after a while.
#
# Two traps, both silent in their own way:
#
# - `compile` looks at `trainable`; a training that has begun doesn't. *Freeze, compile, fit*: after a change of `trainable`, without
#   another `compile`, training goes on with the layers as they were.
# - An optimizer keeps averages for the weights that it has met. Compiled again with more free layers, an old one raises "Unknown
#   variable". Make a new one.
#
# ### Exercise: fine_tune
#
# Freeze with your `freeze_base`; compile with a new Adam of this learning rate, for labels that are class numbers; fit. Return the
# model.


# %% exercise="fine_tune"
def fine_tune(model, X, Y, keep=1, epochs=10, learning_rate=1e-3):
    """Train the last `keep` layers of a model that has been trained before.

    X: pictures; Y: the number of each picture's class, shape (m,).
    Returns the model.
    """
    ### BEGIN SOLUTION
    freeze_base(model, keep)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
    )
    model.fit(X, Y, epochs=epochs, verbose=0)
    return model
    ### END SOLUTION


# %% check="fine_tune" points=4

# %% example
with attempt():
    copy = keras.models.clone_model(base)  # the base stays as it is
    copy.set_weights(base.get_weights())
    before = accuracy(copy)
    fine_tune(copy, *few(10, seed=0), keep=3, epochs=25)
    print(
        f"real digits read right: {before:.1%}, and with ten of each class {accuracy(copy):.1%}"
    )

# %% [markdown]
# ### Measured
#
# One, three and ten real digits of each class, and then sixty. Four ways to use them: a network *from scratch*; a *frozen* base, of which only a
# new head learns, on features that are computed once; the base with a new head, *all free*; and the base with its *old head*, since the ten
# classes happen to be the same, all free and with small steps.
#
# **Predict.** With one digit of each class, how many of the others are read right, from scratch and with the drawn past? And with
# sixty?


# %%
def four_regimes(past, classes):
    """A function that learns from a few pictures in four ways, and says how many others it reads right then.

    past: the weights of a network that has learned before; classes: how many there are now.
    """
    network = replace_head(digit_network(seed=0), classes)
    head = keras.Sequential(
        [keras.Input((64,)), layers.Dense(classes, activation="softmax")]
    )
    train, train_head = trainer(network), trainer(head)

    def learn(X, Y, new_X, new_Y, seed, steps=100, same_classes=True):
        random, shares = digit_network(seed, classes).get_weights(), {}
        ways = [
            ("from scratch", random, 1e-3),
            ("all free, new head", past[:-2] + random[-2:], 1e-3),
            ("all free, old head", past, 3e-4),
        ]
        for name, weights, learning_rate in ways if same_classes else ways[:2]:
            network.set_weights(weights)
            train(X, Y, steps, learning_rate)
            shares[name] = accuracy(network, new_X, new_Y)
        network.set_weights(past)
        head.set_weights(random[-2:])
        train_head(extract_features(network, X), Y, steps, learning_rate=1e-2)
        features = extract_features(network, new_X)
        shares["frozen, new head"] = accuracy(head, features, new_Y)
        return shares

    return learn


# %% demo
with attempt():
    each, shares, learn = [1, 3, 10, 60], {}, four_regimes(base.get_weights(), 10)
    draws = {1: [(0, 100), (1, 100)], 60: [(0, 200)]}  # seeds and steps
    for count in each:
        found = [
            learn(*few(count, seed), held_out, held_out_labels, seed, steps=steps)
            for seed, steps in draws.get(count, [(0, 100)])
        ]
        for name in found[0]:
            shares.setdefault(name, []).append(np.mean([right[name] for right in found]))
    drawing = plots.figure(5.6, 2.8)
    axes = plots.style(drawing.subplots(), "real digits of each class", "read right")
    for (name, values), colour in zip(shares.items(), plots.ACCENTS):
        axes.plot(each, values, color=colour, linewidth=2, marker="o", label=name)
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xticks(each, each)
    axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
    plots.show(
        drawing,
        "The past is worth most where there is least of your own. With sixty digits of each"
        " class a network from scratch has overtaken the frozen base.",
    )
    show_table(
        ["of each class", *shares],
        [
            (count, *(f"{values[i]:.1%}" for values in shares.values()))
            for i, count in enumerate(each)
        ],
        "Much of the gain with one digit is the old head's, which knows the classes already. The rest is"
        " the features'. In ten runs with other random numbers the median with one digit was, from left to"
        " right, 63, 67, 85 and 74 %, and with sixty 95, 96, 94 and 93 %.",
    )

# %% [markdown]
# ### A case that gains nothing
#
# Does a past always help? Take a network that has learned to read the real digits 0 to 4, about 450 of them, and transfer it to 5 to 9, with three
# of each to learn from.
#
# **Predict.** It knows real handwriting. Will it be better than one from scratch?

# %% demo
with attempt():
    low, high = labels[:900] < 5, held_out_labels >= 5
    low_base = digit_network(seed=0, classes=5)
    trainer(low_base)(real[:900][low], labels[:900][low], steps=200)
    learn, outcomes = four_regimes(low_base.get_weights(), 5), {}
    for seed in range(3):
        X, Y = few(3, seed, classes=range(5, 10))
        new = held_out[high], held_out_labels[high] - 5
        right = learn(X, Y - 5, *new, seed, same_classes=False)
        for name in ["from scratch", "frozen, new head", "all free, new head"]:
            outcomes.setdefault(name, []).append(right[name])
    show_table(
        ["the digits 5 to 9, three of each", "read right", "worst of three"],
        [
            (name, f"{np.mean(values):.1%}", f"{min(values):.1%}")
            for name, values in outcomes.items()
        ],
        "A few hundred pictures of five other classes teach nothing that is worth taking over: what tells 0 to 4"
        " apart is not what tells 5 to 9 apart. In ten runs, all free was between 8 points worse than from"
        " scratch and 2 better; frozen, it lost 20. A past helps if it was rich, and had to do with the task.",
    )

# %% [markdown]
# ## A base that stays as it is
#
# At full size it looks like this: MobileNetV2 from notebook 07, which has learned from 1.2 million photographs, and one new unit that says whether
# a picture shows an alpaca. From the picture on:
#
# | step | |
# | :--- | :--- |
# | `data_augmentation` | a model such as that of `data_augmenter()` |
# | `preprocess_input` | from 0 to 255 to -1 to 1, as MobileNetV2 has learned |
# | the base, without its own last layer | frozen |
# | global average pooling | 1280 numbers |
# | dropout of 0.2 | |
# | one dense unit, without an activation | the loss is told `from_logits=True` |
#
# `keras.applications.MobileNetV2` takes `input_shape`, `include_top=False`, and `weights`: `"imagenet"` downloads the trained ones,
# 9 MB; `None` makes random ones, which is enough to build the model, and all that the check needs.
#
# In that course the base is called with `training=False` besides, so that its batch normalisation goes by what it knows. In Keras 3
# this alone does nothing: inside a model, `fit` has the last word on `training`. What keeps the averages as they are is freezing.
#
# ### Exercise: alpaca_model
#
# Return the model. `data_augmentation=None` stands for `data_augmenter()`.


# %% exercise="alpaca_model"
def alpaca_model(image_shape=IMG_SIZE, data_augmentation=None):
    """Is it an alpaca? From pictures (m, *image_shape, 3) of 0 to 255 to (m, 1).

    image_shape: height and width; data_augmentation: a model, called on the pictures.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    if data_augmentation is None:
        data_augmentation = data_augmenter()
    input_shape = image_shape + (3,)
    base_model = keras.applications.MobileNetV2(
        input_shape=input_shape, include_top=False, weights=None
    )
    base_model.trainable = False

    inputs = keras.Input(shape=input_shape)
    x = data_augmentation(inputs)
    x = preprocess_input(x)
    x = base_model(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    outputs = layers.Dense(1)(x)
    return keras.Model(inputs, outputs)
    ### END SOLUTION


# %% check="alpaca_model" points=5

# %% example
# within a StatelessScope a network has shapes and no weights, as in notebook 04
with attempt(), keras.StatelessScope(initialize_variables=False):
    alpacas = alpaca_model()
    free = sum(int(np.prod(weight.shape)) for weight in alpacas.trainable_weights)
    print(f"{alpacas.count_params():,} weights, of which {free:,} are trained")
    del alpacas

# %% [markdown]
# A few hundred photographs and some minutes on a laptop, and a model like this tells alpacas from other animals, if its base has
# learned from ImageNet. The weights are one flag away: with `PRETRAINED = True` Keras fetches them (9 MB, once) into the base of
# *your* model. What do its features know of photographs? The next cell cuts four windows out of each of six photographs, puts them
# into other light, and asks of each window which of the six whole photographs has the most similar features.
#
# **Predict.** How many of the 24 windows find their photograph with trained features, and how many with random ones?

# %% example
PRETRAINED = False

if PRETRAINED:
    with attempt():
        names = ["chelsea", "coffee", "astronaut", "rocket", "china", "flower"]
        whole = np.stack(
            [255 * datasets.photograph(name, size=(224, 224)) for name in names]
        )
        rng = np.random.default_rng(0)
        views = random_crop(np.repeat(whole, 4, axis=0), 160, rng)
        views = 255 * color_shift(mirror(views, rng) / 255, 0.5, rng)
        alpacas = alpaca_model()
        for weights in ("random", "of ImageNet"):
            load_mobilenet(alpacas, pretrained=weights == "of ImageNet")
            known = extract_features(alpacas, np.array(tf.image.resize(whole, IMG_SIZE)))
            asked = extract_features(alpacas, views.astype("float32"))
            known, asked = (
                A / np.linalg.norm(A, axis=1, keepdims=True) for A in (known, asked)
            )
            found = np.argmax(asked @ known.T, axis=1) == np.repeat(np.arange(6), 4)
            print(
                f"weights {weights}: {found.sum()} of {len(found)} windows find their photograph"
            )
else:
    print("Set PRETRAINED to True to look at photographs with what ImageNet has taught.")

# %% [markdown]
# ### Data against hand-engineering
#
# Why bother with all this? Where there is much data, a simple network that learns from it wins. Where there is little, knowledge has to come
# from elsewhere: from features that people think up, from a design that fits the task, from augmentation, or from another network's data. Images
# have long had too little; detection, where every box must be drawn by hand, even less. Transfer is the engineering that asks least of you.
#
# ## Several networks at once
#
# Train the same network several times from other random weights. Each errs elsewhere, so the mean of their probabilities errs less. This is an
# **ensemble**.
#
# ### Exercise: ensemble_predict
#
# Return the mean of the models' probabilities, as in use.


# %% exercise="ensemble_predict"
def ensemble_predict(models, X):
    """The mean of the models' probabilities.

    models: a list of Keras models from pictures to probabilities (m, classes).
    Returns an array of shape (m, classes).
    """
    ### BEGIN SOLUTION
    total = 0.0
    for model in models:
        total = total + np.asarray(model(X, training=False))
    return total / len(models)
    ### END SOLUTION


# %% check="ensemble_predict" points=3

# %% [markdown]
# **Predict.** A network reads 95 of 100 right. How many do fifteen read together?

# %% demo
with attempt():
    X, Y = few(20, seed=0)
    network, nets = digit_network(seed=0), []
    train = trainer(network)
    for seed in range(15):
        nets.append(digit_network(seed))
        network.set_weights(nets[-1].get_weights())
        train(X, Y, steps=120)
        nets[-1].set_weights(network.get_weights())
    alone = [ensemble_predict([net], held_out) for net in nets]
    sizes, means, costs = [1, 2, 3, 5, 8, 15], [], []
    for size in sizes:
        starts = range(0, 16 - size, max(1, size // 2))
        groups = [alone[start : start + size] for start in starts]
        answers = [np.mean(group, axis=0).argmax(axis=1) for group in groups]
        means.append(np.mean([np.mean(answer == held_out_labels) for answer in answers]))
        start = time.perf_counter()
        ensemble_predict(nets[:size], held_out)
        costs.append(1000 * (time.perf_counter() - start))
    plots.show_curves(
        {"read right": means},
        "networks in the ensemble",
        "held-out digits read right",
        x=sizes,
        caption="Each network has learned from the same 200 real digits. Three to five bring most of the gain.",
    )
    weights = nets[0].count_params()
    show_table(
        ["networks", "read right", "milliseconds for 897 digits", "weights"],
        [
            (size, f"{mean:.1%}", f"{cost:.0f}", size * weights)
            for size, mean, cost in zip(sizes, means, costs)
        ],
        "In eleven runs like this one, three networks gained 1 to 2.3 percent and fifteen 1.3 to 3.6; with more to"
        " learn from, 1 to 2 are usual. The cost, in time and memory, is that of all networks together.",
    )

# %% [markdown]
# ## Ten crops
#
# A cheaper relative of the ensemble has one network and several views of the picture: windows in the four corners and in the middle, the
# same five of the mirror image, and the mean of the ten answers. It is called **multi-crop** at test time.
#
# ### Exercise: ten_crop
#
# Return the ten windows of each picture: of the image and of its mirror image those top left, top right, bottom left, bottom right, and in the
# middle, which begins at `(n_H - size) // 2`, `(n_W - size) // 2` in both. Their order is up to you.


# %% exercise="ten_crop"
def ten_crop(X, size):
    """Five windows of each picture, and five of its mirror image.

    X: shape (m, n_H, n_W, n_C); size: the side of a window, at most n_H and n_W.
    Returns an array of shape (m, 10, size, size, n_C).
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C = X.shape
    windows = []
    for pictures in [X, X[:, :, ::-1]]:
        for top in [0, n_H - size]:
            for left in [0, n_W - size]:
                windows.append(pictures[:, top : top + size, left : left + size])
        top, left = (n_H - size) // 2, (n_W - size) // 2
        windows.append(pictures[:, top : top + size, left : left + size])
    return np.stack(windows, axis=1)
    ### END SOLUTION


# %% check="ten_crop" points=3

# %% example
with attempt():
    plots.show_images(
        list(ten_crop(cat, 60)[0]),
        columns=5,
        caption="Ten crops of the cat. " + datasets.credit("chelsea"),
    )

# %% [markdown]
# Both are for benchmarks and competitions, where a percent decides who is first. In a service every user would wait, and pay, for
# fifteen networks or ten windows.
#
# ## What you have just built
#
# A tool box for tasks with little data, each tool with a number that says what it is worth: augmentation, which was worth half a percent when it
# fitted and cost seven when it did not; a past that was worth most when there was one example; and an ensemble, which cost fifteen times as much for two or three percent.
#
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - *Mixup*: train on $\mu x_1 + (1 - \mu) x_2$ with the labels mixed likewise. What must the loss become? What does it add to the table of augmentations?
# - *Label by drawing*: change `drawn_digits` (its source is `dlcourse.data.drawn_digits`) so that the network without any real digit reads more than 90 % of
#   them. What was missing in the drawings?
# - *Distillation*: train one network to give the ensemble's probabilities. How much of the gain stays, at a fifteenth of the cost?
#
# ## Spot the mistake
#
# These sentences are from the notes that this course grew out of. Set them right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `ensemble_gain` | Ensembling pushes the result by 2 %. | how much it usually adds: `"1 to 2 %"`, `"2 %"` or `"5 to 10 %"` |
# | `ensemble_size` | (the same sentence) | how many networks such ensembles have: `"2"`, `"3 to 15"` or `"100 or more"` |
# | `multi_crop` | Use multi-crop at test time in production. (Elsewhere they say the opposite.) | what it is for: `"production"`, `"training"` or `"benchmarks and competitions"` |
# | `freezing` | A layer is frozen with `freeze = 0`. | after what really freezes, `model.trainable = False`: how many of the weights of MobileNetV2 without its top are trained |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these four names and your answers. Leave out what you do not know yet.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"ensemble_gain": a text, "freezing": a number, ...}."""
    ### BEGIN SOLUTION
    return {
        "ensemble_gain": "1 to 2 %",
        "ensemble_size": "3 to 15",
        "multi_crop": "benchmarks and competitions",
        "freezing": 0,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Where this comes from
#
# Mirror images, crops and the shifts along the principal axes of colours are in Krizhevsky, Sutskever and Hinton's paper on AlexNet (2012), the ten crops
# too. Digits printed on rubber are from Simard, Steinkraus and Platt (2003), who moved every pixel and smoothed the moves. That the first layers of a
# network serve any task and the last ones only their own, Yosinski, Clune, Bengio and Lipson measured (2014); Donahue and others took AlexNet's features
# for other tasks (2013). Hansen and Salamon averaged networks in 1990. MobileNetV2 is by Sandler and others (2018). The model for alpacas is
# known from Andrew Ng's course.
#
# The next notebook asks where in the picture something is.
