#: You write: targets and losses for one object, landmarks, sliding windows, image pyramids, dense layers as convolutions
#: Applied to: points on drawn faces, and a car found in drawn streets

# %% [markdown]
# # Localisation, landmarks, sliding windows
#
# You will be able to teach a network to say *where* something is: with a box, or with points. And you will turn a classifier
# into a detector, by sliding it over an image, and see how all windows can be looked at in a single pass.
#
# **Stands on** notebooks 01, 02 and 03. **Takes** about forty minutes to read and three hours to do.

# %% setup
import time

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import layers

from dlcourse.checks.localization import check, hint, solution
from dlcourse.data import drawn_faces, scenes
from dlcourse.figures import detection as plots_detection
from dlcourse.figures import diagrams, plots
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.localization import explore_windows

# %% [markdown]
# ## Where is it
#
# A classifier says *car*. That is not enough for whoever wants to drive past it.

# %% demo
known = [scene for scene in scenes.thought_up(60, seed=40) if len(scene.things) in (1, 4)]
alone = next(s for s in known if len(s.things) == 1 and s.things[0].kind == "car")
crowd = next(s for s in known if len(s.things) == 4)
street, crowded = scenes.draw(alone, 200), scenes.draw(crowd, 200)
box = plots_detection.pixels(alone.boxes, street)
figure = plots.figure(height=2.8)
for axes, image, found, title in zip(
    figure.subplots(1, 3),
    (street, street, crowded),
    (box[:0], box, plots_detection.pixels(crowd.boxes, crowded)),
    ("classification: a car", "localisation: a car, there", "detection: all of them"),
    strict=True,
):
    plots.draw_image(axes, image, title)
    plots_detection.draw_boxes(axes, found, [plots_detection.COLOURS[0]] * len(found))
plots.show(
    figure,
    "Localisation asks for one object and its box, detection for as many as there are. The"
    " streets are drawn by a program, so each box is known.",
)

# %% [markdown]
# ### How a box is written
#
# A box is four numbers, and every library writes them differently. x runs to the right, y downwards, as in every image. In
# this notebook a box is written in two ways:
#
# | written as | numbers | unit | where |
# | :--- | :--- | :--- | :--- |
# | corners, y first | $(y_1, x_1, y_2, x_2)$ | pixels | everywhere but in targets; TensorFlow's own functions write it so |
# | centre and size | $(b_x, b_y, b_h, b_w)$ | fractions of the image | in a target, for a network |
#
# A box begins at the upper left corner of its first pixel and ends at the lower right corner of its last one, so a box that
# holds pixels 3, 4 and 5 goes from 3 to 6. Notebook 10 has a third way, corners with x first, and says where.

# %% demo
figure = plots.figure(5.6, 3.4)
axes = figure.subplots()
plots.draw_image(axes, street)
y1, x1, y2, x2 = box[0]
plots_detection.draw_boxes(axes, box, [plots_detection.COLOURS[0]])
words = {
    "color": "#111418",
    "fontsize": 9,
    "bbox": {"facecolor": "#ffffffd0", "edgecolor": "none", "pad": 1.5},
}
axes.text(x1 - 4, y1 - 2, "(y₁, x₁)", ha="right", **words)
axes.text(x2 + 4, y2 + 6, "(y₂, x₂)", ha="left", **words)
axes.scatter(
    (x1 + x2) / 2, (y1 + y2) / 2, c="#ffffff", edgecolors="#111418", s=45, zorder=5
)
axes.text((x1 + x2) / 2 + 6, (y1 + y2) / 2 - 5, "(b_x, b_y)", **words)
axes.text((x1 + x2) / 2, y1 - 9, "b_w", ha="center", **words)
axes.text(x2 + 4, (y1 + y2) / 2, "b_h", va="center", **words)
plots.show(
    figure,
    f"The same box twice: corners ({y1:.0f}, {x1:.0f}, {y2:.0f}, {x2:.0f}) in pixels of 200, and centre"
    f" and size ({(x1 + x2) / 400:.2f}, {(y1 + y2) / 400:.2f}, {(y2 - y1) / 200:.2f}, {(x2 - x1) / 200:.2f}).",
)

# %% [markdown]
# ## A target for one object
#
# A network that localises says several things in one row of numbers. With $C$ classes there are $5 + C$ of them:
#
# $$\bigl[\,p_c,\;\; b_x,\; b_y,\; b_h,\; b_w,\;\; c_1, \dots, c_C\,\bigr]$$
#
# $p_c$ is 1 if there is an object and 0 if there is none. The box is written as centre and size, as *fractions of the image*: a
# network sees images of one size, and what it says has to fit the photograph as well, whatever its size. Of the classes one
# is 1 and the others are 0.
#
# Where nothing is, the box and the classes mean nothing. Something must stand there all the same; we write zeros.
#
# ### Exercise: encode_target
#
# From corners in pixels, make the target. `image_shape` is `(height, width)`, and the image need not be a square. `label` is
# the class, counted from 0; where there is no object, `box` is `None`, and `label` says nothing.


# %% exercise="encode_target"
def encode_target(box, label, num_classes, image_shape):
    """The target [p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C] of one image.

    box: corners (y1, x1, y2, x2) in pixels, or None; label: the class, from 0;
    image_shape: (height, width) in pixels.
    Returns an array of shape (5 + num_classes,): centre and size are fractions of the
    image. Without an object all numbers are 0.
    """
    ### BEGIN SOLUTION
    target = np.zeros(5 + num_classes)
    if box is None:
        return target
    y1, x1, y2, x2 = box
    height, width = image_shape
    target[0] = 1
    target[1] = (x1 + x2) / 2 / width
    target[2] = (y1 + y2) / 2 / height
    target[3] = (y2 - y1) / height
    target[4] = (x2 - x1) / width
    target[5 + label] = 1
    return target
    ### END SOLUTION


# %% check="encode_target" points=3

# %% example
of_the_car, of_nothing = np.array([1, 0.59, 0.43, 0.25, 0.42, 1, 0, 0]), np.zeros(8)
with attempt():
    names = ["p_c", "b_x", "b_y", "b_h", "b_w", *scenes.CLASSES]
    of_the_car = encode_target(box[0], 0, 3, street.shape[:2])
    of_nothing = encode_target(None, 0, 3, street.shape[:2])
    show_table(
        ["", *names],
        [
            ("the street above", *(f"{number:.2f}" for number in of_the_car)),
            ("an empty street", *(f"{number:.2f}" for number in of_nothing)),
        ],
        "The target of the street with its car, and that of a street where nothing is.",
    )

# %% [markdown]
# ## How wrong is the network
#
# The simplest loss adds up squares: the difference of each number to its target. But where nothing is, the box of the target
# is no box, and to compare with it would teach the network to draw boxes of size 0. So the *true* $p_c$ is a switch:
#
# $$L(y, \hat y) = \begin{cases} (\hat y_1 - y_1)^2 + (\hat y_2 - y_2)^2 + \dots + (\hat y_n - y_n)^2 & \text{if } y_1 = 1\\ (\hat y_1 - y_1)^2 & \text{if } y_1 = 0 \end{cases}$$
#
# **Predict.** If the *predicted* $p_c$ were the switch, what would a lazy network learn to say?
#
# ### Exercise: localization_loss
#
# The mean of $L$ over the examples of a batch. Write it for rows of any length whose first number is the switch: it serves for
# landmarks as well. `tf.reduce_sum` and `tf.reduce_mean` take an `axis`, and let the gradient find its way back.


# %% exercise="localization_loss"
def localization_loss(y_true, y_pred):
    """The mean of the squared errors; where y_true begins with 0, only the first number counts.

    y_true and y_pred have shape (m, n). Returns one number.
    """
    ### BEGIN SOLUTION
    squares = (y_pred - y_true) ** 2
    first = squares[:, 0]
    others = tf.reduce_sum(squares[:, 1:], axis=1)
    return tf.reduce_mean(first + y_true[:, 0] * others)
    ### END SOLUTION


# %% check="localization_loss" points=4

# %% example
truth = tf.constant([of_the_car, of_nothing], dtype=tf.float32)
with attempt():
    lazy = tf.constant([[0, 0.9, 0.9, 0.9, 0.9, 0, 0, 0]] * 2, dtype=tf.float32)
    for number, name in enumerate(("the street with a car", "the empty street")):
        loss = localization_loss(truth[number : number + 1], lazy[number : number + 1])
        print(
            f"{name}: the lazy network, which says p_c = 0 and some box, loses {loss:.2f}"
        )

# %% [markdown]
# Switched by its own $p_c$, the lazy network would have lost 1 for its $p_c$ in the first street and nothing for its box: it
# pays to deny everything. A threshold on the predicted $p_c$ has its place *after* training, when there is no target.
#
# ### To each part its own loss
#
# Squares treat everything alike. But $p_c$ is a probability, and so are the classes. For a network that says $p_c = 0.001$ of a car
# that is there, the square is hardly larger than for one that says 0.1. The logarithm makes a difference of it. So the usual
# loss is mixed:
#
# | part | what the network gives | its loss | where |
# | :--- | :--- | :--- | :--- |
# | $p_c$ | a number before the sigmoid | cross-entropy: $-\ln\sigma(t)$ if something is there, $-\ln(1 - \sigma(t))$ if not | everywhere |
# | box | four numbers | the sum of the four squares | where $p_c$ is truly 1 |
# | classes | $C$ numbers before the softmax | $-\ln$ of the softmax of the right class | where $p_c$ is truly 1 |
#
# Sigmoid and softmax belong into the loss: of a very sure network the sigmoid *is* 0 to a computer, and its logarithm
# infinite. TensorFlow's functions for logits stay finite. The switch is needed for the classes, too: where all labels are 0
# the second function gives 0, but its gradient is not 0, since it takes for granted that one label is 1.
#
# | function | gives |
# | :--- | :--- |
# | `tf.nn.sigmoid_cross_entropy_with_logits(labels=, logits=)` | the first loss, for each number |
# | `tf.nn.softmax_cross_entropy_with_logits(labels=, logits=)` | the last one, for each row of ones and zeros |
#
# ### Exercise: mixed_loss
#
# The mean over the examples of the sum of the three parts.


# %% exercise="mixed_loss"
def mixed_loss(y_true, y_pred):
    """Logarithms for p_c and the classes, squares for the box.

    y_true has shape (m, 5 + C): rows [p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C].
    y_pred has the same shape: p_c before the sigmoid, the box, the classes before the
    softmax. Returns one number, the mean over the m examples.
    """
    ### BEGIN SOLUTION
    is_there = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=y_true[:, 0], logits=y_pred[:, 0]
    )
    box = tf.reduce_sum((y_pred[:, 1:5] - y_true[:, 1:5]) ** 2, axis=1)
    kind = tf.nn.softmax_cross_entropy_with_logits(
        labels=y_true[:, 5:], logits=y_pred[:, 5:]
    )
    return tf.reduce_mean(is_there + y_true[:, 0] * (box + kind))
    ### END SOLUTION


# %% check="mixed_loss" points=4

# %% example
with attempt():
    rows = []
    for p in (0.9, 0.5, 0.1, 0.001):
        said = of_the_car.copy()
        said[0] = p
        squares = localization_loss(truth[:1], tf.constant([said], dtype=tf.float32))
        logits = np.concatenate([[np.log(p / (1 - p))], said[1:5], 100 * said[5:]])
        mixed = mixed_loss(truth[:1], tf.constant([logits], dtype=tf.float32))
        rows.append((f"{p:g}", f"{squares:.2f}", f"{mixed:.2f}"))
    show_table(
        ["it says p_c =", "squares", "mixed"],
        rows,
        "A car is there, box and class are right. To the squares 0.1 and 0.001 are nearly the same; to the"
        " logarithm the second is three times as wrong.",
    )

# %% [markdown]
# ## Landmarks
#
# Where something is need not be a box. For a face one asks for points: the corners of the eyes, the tip of the nose, the
# ends of the mouth. They are called **landmarks**. A program that puts a crown on somebody's head, or reads from a mouth
# whether it smiles, begins with them.

# %% demo
rng = np.random.default_rng(3)
shown, points = drawn_faces.pictures_with_landmarks(
    drawn_faces.identities(5, rng), 1, rng
)
COLOURS = ("#ff9f1c", "#4cc9f0", "#f15bb5", "#9ef01a", "#ffffff", "#b565c4")


def draw_landmarks(axes, picture, places, title="", hollow=None):
    """A face with its landmarks, each in its colour; those in `hollow` as rings."""
    plots.draw_image(axes, picture, title)
    side = len(picture)
    axes.scatter(
        *(places * side - 0.5).T,
        c=COLOURS[: len(places)],
        s=34,
        edgecolors="#111418",
        zorder=4,
    )
    if hollow is not None:
        axes.scatter(
            *(hollow * side - 0.5).T,
            facecolors="none",
            edgecolors=COLOURS[: len(places)],
            s=90,
            zorder=3,
        )


figure = plots.figure(height=1.8)
for axes, picture, places in zip(figure.subplots(1, 5), shown, points, strict=True):
    draw_landmarks(axes, picture, places)
plots.show(
    figure,
    "Drawn faces, 32 × 32 pixels, with six landmarks: left eye (orange), right eye (blue), nose (pink), left"
    " corner of the mouth (green), right corner (white), chin (violet). Left and right are those of the picture.",
)

# %% [markdown]
# The target is again one row: first whether there is a face, then the points, x before y, in fractions of the picture.
#
# $$\bigl[\,p,\;\; l_{1x},\, l_{1y},\; l_{2x},\, l_{2y},\; \dots,\; l_{kx},\, l_{ky}\,\bigr]$$
#
# With 64 landmarks that makes $1 + 2\cdot 64 = 129$ numbers. One thing makes it possible: **landmark $k$ is the same point in
# every picture.** The left eye always comes first, whatever the face looks like.
#
# ### Exercise: landmark_target
#
# `points` has shape `(k, 2)`, rows `(x, y)`; where there is no face it is `None`, and `count` says how many landmarks there would
# be.


# %% exercise="landmark_target"
def landmark_target(points, count=64):
    """The target [p, l_1x, l_1y, ..., l_kx, l_ky] of one picture.

    points: shape (k, 2), rows (x, y), fractions of the picture; or None, without a face.
    Returns an array of shape (1 + 2 * k,), or 1 + 2 * count zeros where there is no face.
    """
    ### BEGIN SOLUTION
    if points is None:
        return np.zeros(1 + 2 * count)
    return np.concatenate([[1], points.reshape(-1)])
    ### END SOLUTION


# %% check="landmark_target" points=1

# %% [markdown]
# ## In a mirror
#
# Labelled faces are rare, and notebook 08 has made two pictures of one by a mirror. The landmarks have to be mirrored, too:
# what was a quarter of the way from the left is a quarter of the way from the right.
#
# **Predict.** Close your left eye and look into a mirror. In a *picture* of a face, is the landmark called "left eye" still
# the left one after mirroring, if its x has become $1 - x$?

# %% demo
figure = plots.figure(height=2.4)
left, middle, right = figure.subplots(1, 3)
draw_landmarks(left, shown[3], points[3], "the picture")
draw_landmarks(
    middle, shown[3][:, ::-1], points[3] * (-1, 1) + (1, 0), "x → 1 - x, and no more"
)
order = [1, 0, 2, 4, 3, 5]
draw_landmarks(
    right, shown[3][:, ::-1], points[3][order] * (-1, 1) + (1, 0), "pairs exchanged"
)
plots.show(
    figure,
    "Look at the colours. In the middle, orange, the left eye, lies on the right: a network trained with this"
    " learns that either eye may be the left one, and answers with the mean of both, on the nose.",
)

# %% [markdown]
# ### Exercise: mirror_landmarks
#
# `pairs` lists the landmarks that change places: `[(0, 1), (3, 4)]` for our six. Others, such as the nose, keep their place in
# the row. Let it work for one face, `(k, 2)`, and for many, `(m, k, 2)`: in NumPy, `points[..., 0]` are all x of either.


# %% exercise="mirror_landmarks"
def mirror_landmarks(points, pairs):
    """The landmarks of the mirrored picture.

    points: shape (k, 2) or (..., k, 2), (x, y) as fractions of the picture;
    pairs: which landmarks change places, a list of (number, number).
    Returns an array of the same shape.
    """
    ### BEGIN SOLUTION
    mirrored = points.copy()
    mirrored[..., 0] = 1 - points[..., 0]
    for a, b in pairs:
        mirrored[..., [a, b], :] = mirrored[..., [b, a], :]
    return mirrored
    ### END SOLUTION


# %% check="mirror_landmarks" points=3

# %% [markdown]
# ### A network that finds landmarks
#
# Time to use all four functions. 200 drawn people, eight pictures of each and each of these mirrored, and 150 pictures of
# streets, where no face is. Landmarks don't depend on colours, so the network sees brightness only, in each picture with mean
# 0 and deviation 1.


# %%
def brightness(pictures):
    """Grey pictures with mean 0 and standard deviation 1, each for itself."""
    grey = pictures.mean(axis=-1, keepdims=True)
    grey = grey - grey.mean(axis=(1, 2), keepdims=True)
    return (grey / (grey.std(axis=(1, 2), keepdims=True) + 1e-3)).astype("float32")


def landmark_network(start):
    """13 numbers from a grey picture; before training it answers with the row `start`."""
    same = {"padding": "same", "activation": "relu"}
    network = keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            layers.Conv2D(16, 5, strides=2, **same),
            layers.Conv2D(32, 3, **same),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, **same),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(13, kernel_initializer="zeros"),
        ]
    )
    network.layers[-1].bias.assign(start)
    return network


def train(network, X, Y, steps, loss, curves=None, name="training", rate=2e-3):
    """Adam, batches of 32, a learning rate that falls to 0; a value of the curve every 50 steps."""
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))
    rng = np.random.default_rng(0)

    @tf.function(autograph=False)
    def step(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, network(x, training=True))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, network.trainable_variables, strict=True)
        )
        return value

    recent = []
    for number in range(steps):
        chosen = rng.choice(len(X), min(32, len(X)), replace=False)
        recent.append(float(step(X[chosen], Y[chosen])))
        if curves is not None and (number + 1) % 50 == 0:
            curves.add(name, np.mean(recent[-50:]))
    return float(np.mean(recent[-10:]))


PEOPLE = 200
STEPS = 450

rng = np.random.default_rng(0)
faces, places = drawn_faces.pictures_with_landmarks(
    drawn_faces.identities(PEOPLE, rng), 8, rng
)
no_faces, _ = scenes.streets(150, seed=0, size=32)
start = np.concatenate([[0.9], places.mean(axis=0).ravel()])  # the mean face


def faces_to_learn(pairs=drawn_faces.PAIRS):
    """All pictures and their targets, made by your functions."""
    mirrored = mirror_landmarks(places, pairs)
    pictures = np.concatenate([faces, faces[:, :, ::-1], no_faces])
    targets = [landmark_target(row) for row in np.concatenate([places, mirrored])]
    targets += [landmark_target(None, 6)] * len(no_faces)
    return brightness(pictures), np.array(targets, dtype="float32")


# %% example
with attempt():
    X, Y = faces_to_learn()
    keras.utils.set_random_seed(0)
    few = landmark_network(start)
    before = float(localization_loss(Y[:8], few(X[:8])))
    after = train(few, X[:8], Y[:8], 60, localization_loss)
    print(f"eight faces learned by heart: loss {before:.4f} before, {after:.4f} after")

# %% [markdown]
# That works: eight faces can be learned by heart. Now all of them. The network begins with the mean face, so what it has to
# learn is how each face differs from that.
#
# **Yours to change.** Write `faces_to_learn(pairs=[])` below, as if no landmarks had to change places. What will the dots on the
# eyes do?

# %% example
keras.utils.set_random_seed(0)
finder = landmark_network(start)
with attempt():
    X, Y = faces_to_learn()
    curves = LearningCurves(STEPS // 50, "fifty steps", "loss")
    train(finder, X, Y, STEPS, localization_loss, curves)

# %% example
with attempt():
    rng = np.random.default_rng(1)  # other people
    new_faces, new_places = drawn_faces.pictures_with_landmarks(
        drawn_faces.identities(150, rng), 2, rng
    )
    new_streets, _ = scenes.streets(150, seed=1, size=32)
    said = finder(brightness(new_faces)).numpy()
    found = said[:, 1:].reshape(-1, 6, 2)
    off = 32 * np.linalg.norm(found - new_places, axis=-1)
    of_the_mean = 32 * np.linalg.norm(start[1:].reshape(6, 2) - new_places, axis=-1)
    denied = finder(brightness(new_streets)).numpy()[:, 0] < 0.5
    show_table(
        ["300 pictures of people it has never seen", *drawn_faces.LANDMARKS],
        [
            ("the mean face is off by", *(f"{x:.2f}" for x in of_the_mean.mean(axis=0))),
            ("the network is off by", *(f"{x:.2f}" for x in off.mean(axis=0))),
        ],
        f"Mean distances in pixels of 32; over all landmarks {off.mean():.2f}, where the mean face is off by"
        f" {of_the_mean.mean():.2f}. It sees a face in {np.mean(said[:, 0] >= 0.5):.1%} of the faces, and none in"
        f" {denied.mean():.1%} of 150 streets.",
    )
    figure = plots.figure(height=3.2)
    for number, axes in enumerate(figure.subplots(2, 6).ravel()):
        draw_landmarks(
            axes, new_faces[number * 2], found[number * 2], hollow=new_places[number * 2]
        )
    plots.show(
        figure,
        "Twelve people who were put aside. Dots: what your network says; rings: where the landmarks are.",
    )

# %% [markdown]
# ## Windows that slide
#
# So far one object filled the picture. In a street the car may be anywhere, and small. Here is the oldest idea for finding
# it: train a classifier on pictures that a car fills, cut a **window** out of the street, ask the classifier, move the window on,
# and ask again.

# %% demo
figure = plots.figure(height=2.8)
first, second = figure.subplots(1, 2)
plots.draw_image(first, street, "one window after the other")
for number, column in enumerate(range(0, 136, 28)):
    plots.mark_pixels(first, 10, column, 64, 64, plots.ACCENTS[number % 4])
plots.draw_image(second, street, "… row by row")
for row in range(10, 137, 42):
    for column in range(0, 137, 34):
        plots.mark_pixels(second, row, column, 64, 64, plots.PAPER)
y1, x1, y2, x2 = box[0]
plots.mark_pixels(
    second, (y1 + y2) / 2 - (x2 - x1) / 2, x1, x2 - x1, x2 - x1, plots.ORANGE
)
plots.show(
    figure,
    "A window slides over the street, in steps smaller than itself, or the car would be cut in two by each of"
    " them. The orange one is what the classifier wants to see.",
)

# %% [markdown]
# The step from window to window is the **stride**. Windows lie wholly inside the image, so along $n$ pixels a window of size $f$ has
#
# $$\left\lfloor\frac{n - f}{s}\right\rfloor + 1$$
#
# places: the formula of notebook 01, since a window slides as a filter does.
#
# **Predict.** An image of 16 × 16, windows of 14 × 14, stride 2. How many windows are there?
#
# ### Exercise: sliding_windows
#
# Return the windows, one behind the other, and their corners. Row by row: first all windows of the uppermost row.


# %% exercise="sliding_windows"
def sliding_windows(image, size, stride):
    """All windows that lie wholly inside the image, row by row.

    image has shape (n_H, n_W, n_C); size and stride are in pixels.
    Returns the windows, of shape (n, size, size, n_C), and their corners
    (y1, x1, y2, x2) in pixels, of shape (n, 4).
    """
    ### BEGIN SOLUTION
    n_H, n_W, _ = image.shape
    windows, corners = [], []
    for y in range(0, n_H - size + 1, stride):
        for x in range(0, n_W - size + 1, stride):
            windows.append(image[y : y + size, x : x + size])
            corners.append((y, x, y + size, x + size))
    return np.array(windows), np.array(corners)
    ### END SOLUTION


# %% check="sliding_windows" points=3

# %% example
with attempt():
    cut, corners = sliding_windows(street[8:24, 8:24], 14, 2)
    print(f"{len(cut)} windows of {cut.shape[1]} × {cut.shape[2]}, at {corners.tolist()}")

# %% [markdown]
# ### Large and small
#
# A window has one size, the size that the classifier was trained with. Cars come in many. Several classifiers would be one way.
# The usual one is cheaper: leave window and classifier as they are, and make the *image* larger and smaller. Its copies in
# several sizes are called a **pyramid**. In a copy half as large, a window of 24 pixels covers 48 of the image.
#
# To resize an image well, pixels have to be averaged; leaving out every second one makes thin lines flicker. This function
# does it.


# %%
def resized(image, shape):
    """The image with `shape` = (rows, columns) pixels; where it becomes smaller, pixels are averaged."""
    return tf.image.resize(image, shape, antialias=True).numpy()


# %% [markdown]
# ### Exercise: pyramid
#
# Return a list with one image for each scale, in their order. Its sides are those of the image times the scale, rounded to the
# nearest whole number.


# %% exercise="pyramid"
def pyramid(image, scales):
    """The image in several sizes.

    image has shape (n_H, n_W, n_C); scales: numbers such as 0.5, for half as high and wide.
    Returns a list of images.
    """
    ### BEGIN SOLUTION
    n_H, n_W, _ = image.shape
    return [resized(image, (round(n_H * s), round(n_W * s))) for s in scales]
    ### END SOLUTION


# %% check="pyramid" points=2

# %% example
with attempt():
    levels = pyramid(street, [0.5, 0.35, 0.25])
    figure = plots.figure(height=2.6)
    for axes, level in zip(figure.subplots(1, 3), levels, strict=True):
        plots.draw_image(axes, level, f"{len(level)} × {len(level[0])}")
        axes.set_xlim(-0.5, 99.5)
        axes.set_ylim(99.5, -0.5)
        plots.mark_pixels(axes, 0, 0, 24, 24)
        axes.axis("off")
    plots.show(
        figure,
        "The same window of 24 × 24 on three sizes of the street. Somewhere between the second and the third, the"
        " car is as wide as the window.",
    )

# %% [markdown]
# ## Which window, and which stride
#
# How large should the window be, and how far should it move? Write a classifier down as a list of its layers:
#
# | layer | written as |
# | :--- | :--- |
# | a convolution with `n_C` filters of size `f`, stride `s`, no padding | `("conv", f, s, n_C)` |
# | pooling of `f` × `f`, stride `s` | `("pool", f, s)` |
#
# This one is known from Andrew Ng's lecture. It classifies images of 14 × 14 × 3. (Its three last layers look strange; wait for
# the next section.)

# %%
EXAMPLE = [
    ("conv", 5, 1, 16),  # 14 x 14 x 3 -> 10 x 10 x 16
    ("pool", 2, 2),  # -> 5 x 5 x 16
    ("conv", 5, 1, 400),  # -> 1 x 1 x 400
    ("conv", 1, 1, 400),
    ("conv", 1, 1, 4),  # -> 1 x 1 x 4: four classes
]

# %% [markdown]
# Take the last layer's single output and ask backwards which square of the image it has seen. It has seen one place of the
# layer before, $r = 1$. Now suppose that we know of $r$ neighbouring places in the output of some layer. Which stretch of its
# *input* did they see? The first of them saw $f$ places. The next one lies $s$ further. And so on to the last.
#
# **Predict.** Two neighbouring outputs of a pool of 2 × 2 with stride 2: how many inputs do they see together? And three
# neighbouring outputs of a 5 × 5 convolution with stride 1?
#
# So much for the window. The stride is simpler: move by one place in the last output. How far is that in the image?
#
# ### Exercise: window_and_stride
#
# Return the side of the square of the image that one output sees, and how many pixels further the next output's square
# lies. All layers have a stride, convolutions too.


# %% exercise="window_and_stride"
def window_and_stride(layers):
    """Which square of the image one output sees, and how far it is to the next one's.

    layers: ("conv", f, stride, n_C) or ("pool", f, stride), from first to last.
    Returns two whole numbers of pixels.
    """
    ### BEGIN SOLUTION
    window, step = 1, 1
    for _, f, stride, *_ in reversed(layers):
        window = (window - 1) * stride + f
        step = step * stride
    return window, step
    ### END SOLUTION


# %% check="window_and_stride" points=3

# %% example
with attempt():
    rows = []
    for count in range(1, 6):
        window, step = window_and_stride(EXAMPLE[:count])
        rows.append((f"the first {count}" if count > 1 else "the first", window, step))
    show_table(
        ["layers", "window", "stride"],
        rows,
        "The whole network sees 14 × 14 pixels, which is the size it was trained on, and its windows lie 2 apart.",
    )

# %% [markdown]
# This answers a question that stood open in the notes that this course grew out of. *The window is the size of the images that the network was trained on,
# and you don't choose the stride: it is the product of all strides in the network.* Objects of other sizes are found by resizing
# the image, not by another network. Notebook 15 comes back to this square, under its usual name, the **receptive field**.
#
# ## A dense layer is a convolution
#
# A classifier that is slid over an image computes nearly the same again and again, where windows overlap. Could the whole
# image go through the network at once? Its convolutions don't mind: they slide anyway. The dense layers mind, since their
# matrices have a fixed size.
#
# But look at what a dense layer does. It takes 5 × 5 × 16 numbers in a row, and each of its 400 units multiplies all of them by
# weights of its own and adds up. A filter of 5 × 5 × 16 does the same, when there is only one place to put it.

# %% demo
diagrams.show_volumes(
    (14, 14, 3),
    "→",
    (10, 10, 16),
    "→",
    (5, 5, 16),
    "→",
    (1, 1, 400),
    "→",
    (1, 1, 400),
    "→",
    (1, 1, 4),
    titles=[
        "image",
        "conv 5 × 5",
        "pool",
        "400 filters 5 × 5",
        "400 of 1 × 1",
        "4 of 1 × 1",
    ],
    caption="The classifier with all dense layers as convolutions. Where 400 units were, there is a volume of"
    " 1 × 1 × 400. Nothing else has changed, and not one weight more or less.",
)

# %% [markdown]
# The layers of notebooks 01 and 02 serve here as they are. To be quick, they look at all windows through one array, and since nothing
# is learned here, they don't pad and keep nothing for the way back:


# %%
def conv_forward(A_prev, W, b, hparameters):
    """That of notebook 01, without padding and without a cache."""
    f, stride = len(W), hparameters["stride"]
    windows = np.lib.stride_tricks.sliding_window_view(A_prev, (f, f), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.tensordot(windows, W, axes=([4, 5, 3], [0, 1, 2])) + b, None


def pool_forward(A_prev, hparameters):
    """That of notebook 02, for the maximum and without a cache."""
    f, stride = hparameters["f"], hparameters["stride"]
    windows = np.lib.stride_tricks.sliding_window_view(A_prev, (f, f), axis=(1, 2))
    return windows[:, ::stride, ::stride].max(axis=(4, 5)), None


# %% [markdown]
# The weights only have to be put into another order. A dense layer stands behind a layer that flattens: row by row, and each pixel
# with all its channels. Row number 16 of the matrix `W` (counted from 0) belongs to which pixel and channel of the 5 × 5 × 16?
#
# ### Exercise: dense_to_conv
#
# From `W`, of shape `(n_H · n_W · n_C, units)`, and `b`, of shape `(units,)`, make filters and biases for
# `conv_forward`: of the shapes `(n_H, n_W, n_C, units)` and `(1, 1, 1, units)`.


# %% exercise="dense_to_conv"
def dense_to_conv(W, b, input_shape):
    """The filters and biases of the convolution that computes what a dense layer computes.

    W: shape (n_H * n_W * n_C, units); b: shape (units,); input_shape: (n_H, n_W, n_C) of
    what was flattened.
    Returns filters (n_H, n_W, n_C, units) and biases (1, 1, 1, units).
    """
    ### BEGIN SOLUTION
    n_H, n_W, n_C = input_shape
    units = W.shape[1]
    return W.reshape(n_H, n_W, n_C, units), b.reshape(1, 1, 1, units)
    ### END SOLUTION


# %% check="dense_to_conv" points=2

# %% example
with attempt():
    rng = np.random.default_rng(0)
    volume = rng.normal(size=(1, 5, 5, 16))
    W, b = rng.normal(size=(400, 400)), rng.normal(size=400)
    dense = volume.reshape(1, -1) @ W + b
    filters, biases = dense_to_conv(W, b, (5, 5, 16))
    convolved, _ = conv_forward(volume, filters, biases, {"stride": 1, "pad": 0})
    print(
        f"{W.size + b.size:,} parameters as a matrix, {filters.size + biases.size:,} as filters"
    )
    print(
        f"largest difference of the 400 outputs: {np.abs(convolved[0, 0, 0] - dense[0]).max():.0e}"
    )

# %% [markdown]
# No difference but rounding, if any: they are the same products, added in whatever order.
#
# ## All windows at once
#
# Here is the classifier as plain lines. A network is a list of its layers, now with their weights: `("conv", W, b)`, `("pool", f)`
# with stride `f`, and `("dense", W, b)`. A ReLU follows each layer with weights but the last, whose numbers are the scores of the
# classes.


# %%
def classify(network, window):
    """The scores of one window, which has the size that the network was trained on."""
    A = window[np.newaxis]
    for number, (kind, first, *rest) in enumerate(network):
        if kind == "pool":
            A, _ = pool_forward(A, {"f": first, "stride": first})
        elif kind == "conv":
            A, _ = conv_forward(A, first, rest[0], {"stride": 1, "pad": 0})
        else:
            A = A.reshape(1, -1) @ first + rest[0]
        if kind != "pool" and number < len(network) - 1:
            A = np.maximum(A, 0)
    return A[0]


def lecture_network(seed=0):
    """The example with weights by chance, its last three layers dense."""
    rng = np.random.default_rng(seed)

    def weights(*shape):
        scale = np.sqrt(2 / np.prod(shape[:-1]))
        return rng.normal(scale=scale, size=shape), rng.normal(scale=0.1, size=shape[-1])

    W, b = weights(5, 5, 3, 16)
    convolution = ("conv", W, b.reshape(1, 1, 1, 16))
    dense = [("dense", *weights(*shape)) for shape in ((400, 400), (400, 400), (400, 4))]
    return [convolution, ("pool", 2), *dense]


# %% [markdown]
# The image may now be larger than a window. What comes out of the convolution and the pool is then larger than 5 × 5, and the first
# dense layer, as a convolution of 5 × 5, slides over it. The next ones are convolutions of 1 × 1. Out come the scores of all
# windows, each in its place.
#
# One thing is left to find: how large are the filters of a dense layer? The network doesn't say what was flattened. But `W` has
# a row for each number that was, and you know how many channels come in; windows are squares.
#
# ### Exercise: conv_sliding_windows
#
# Return the scores of every window, of shape `(rows, columns, outputs)`: the lines of `classify`, with your `dense_to_conv`
# where it flattens.


# %% exercise="conv_sliding_windows"
def conv_sliding_windows(network, image):
    """The scores of all windows of an image in one pass.

    network: ("conv", W, b) with stride 1, ("pool", f) with stride f, ("dense", W, b); no
    padding; a ReLU behind each layer with weights but the last.
    image has shape (n_H, n_W, n_C). Returns an array of shape (rows, columns, outputs).
    """
    ### BEGIN SOLUTION
    A = image[np.newaxis]
    for number, (kind, first, *rest) in enumerate(network):
        if kind == "pool":
            A, _ = pool_forward(A, {"f": first, "stride": first})
            continue
        W, b = first, rest[0]
        if kind == "dense":
            n_C = A.shape[-1]
            side = round(np.sqrt(len(W) / n_C))
            W, b = dense_to_conv(W, b, (side, side, n_C))
        A, _ = conv_forward(A, W, b, {"stride": 1, "pad": 0})
        if number < len(network) - 1:
            A = np.maximum(A, 0)
    return A[0]
    ### END SOLUTION


# %% check="conv_sliding_windows" points=5

# %% example
with attempt():
    network = lecture_network()
    sizes = [
        sum(part.size for part in layer[1:]) for layer in network if layer[0] != "pool"
    ]
    print(" + ".join(f"{size:,}" for size in sizes), "=", f"{sum(sizes):,} parameters")
    rng = np.random.default_rng(1)
    rows = []
    for n in (14, 16, 28):
        image = rng.uniform(size=(n, n, 3))
        scores = conv_sliding_windows(network, image)
        cut, _ = sliding_windows(image, 14, 2)
        one_by_one = np.array([classify(network, window) for window in cut])
        difference = np.abs(scores.reshape(-1, 4) - one_by_one).max()
        rows.append(
            (
                f"{n} × {n}",
                len(cut),
                " × ".join(map(str, scores.shape)),
                f"{difference:.0e}",
            )
        )
    show_table(
        ["image", "windows", "all at once", "largest difference to one by one"],
        rows,
        "In a 16 × 16 image there are four windows of 14 × 14, 2 pixels apart, and the single pass gives the four"
        " answers of four passes.",
    )

# %% [markdown]
# ## What is saved
#
# How much cheaper is it? Count multiplications. A convolution of $f × f$ makes $f^2 · depth$ of them for each number of its output; a pool
# makes none. Window by window, the network runs over $14 × 14$ pixels as often as there are windows. At once, it runs over the
# whole image a single time.
#
# **Predict.** On 28 × 28 pixels there are 64 windows, and a pixel in the middle lies in 49 of them. By what factor will the number
# of multiplications fall: about 50, about 10, or less than 2?
#
# ### Exercise: window_cost
#
# Return both numbers for an image of `n` × `n` pixels with `channels` channels. Your `window_and_stride` says how large a window is;
# what is left over at the edge, no window reaches.


# %% exercise="window_cost"
def window_cost(layers, n, channels=3):
    """The multiplications for an image of n x n: window by window, and all windows at once.

    layers: ("conv", f, stride, n_C) or ("pool", f, stride), from first to last.
    Returns two whole numbers.
    """

    ### BEGIN SOLUTION
    def cost(side):
        total, depth = 0, channels
        for layer in layers:
            f, stride = layer[1:3]
            side = (side - f) // stride + 1
            if layer[0] == "conv":
                total += side**2 * layer[3] * f**2 * depth
                depth = layer[3]
        return total

    window, stride = window_and_stride(layers)
    windows = ((n - window) // stride + 1) ** 2
    return windows * cost(window), cost(n)
    ### END SOLUTION


# %% check="window_cost" points=4

# %% example
with attempt():
    rows = []
    for n in (14, 16, 28, 100):
        apart, together = window_cost(EXAMPLE, n)
        # the convolution and the pool alone, for the windows of the whole network
        windows = apart // window_cost(EXAMPLE, 14)[0]
        convolution = windows * window_cost(EXAMPLE[:1], 14)[1]
        shared = window_cost(EXAMPLE[:1], n)[1]
        rows.append(
            (
                f"{n} × {n}",
                apart,
                together,
                f"{apart / together:.2f}",
                f"{convolution / shared:.1f}",
            )
        )
    show_table(
        ["image", "window by window", "at once", "saved: all", "the convolution alone"],
        rows,
        "On 28 × 28 pixels 28,262,400 multiplications become 21,273,600: a factor of 1.33. The convolution alone"
        " becomes 11 times cheaper.",
    )

# %% [markdown]
# Less than 2, and it stays so. Only what windows *share* is saved. The convolution is shared: its output at a pixel is the same whichever window
# the pixel is seen in. The dense layers are not: each window has an input of its own to them, so each needs all their products, and in
# this network nearly all products are theirs. A network that is to be slid should have small dense layers.
#
# And the clock? It says something else.

# %% example
with attempt():
    image = np.random.default_rng(2).uniform(size=(100, 100, 3))
    network = lecture_network()
    start_time = time.perf_counter()
    cut, _ = sliding_windows(image, 14, 2)
    for window in cut:
        classify(network, window)
    middle_time = time.perf_counter()
    conv_sliding_windows(network, image)
    end_time = time.perf_counter()
    apart, together = window_cost(EXAMPLE, 100)
    print(f"{len(cut):,} windows one by one: {1000 * (middle_time - start_time):.0f} ms")
    print(f"all at once: {1000 * (end_time - middle_time):.0f} ms")
    print(f"{apart / together:.1f} times fewer multiplications, but", end=" ")
    print(f"{(middle_time - start_time) / (end_time - middle_time):.0f} times faster")

# %% [markdown]
# Where does the rest come from? From calls. Two thousand small multiplications of matrices, each with its own call, cost more than one large
# one with the same products: every call has to be prepared, and for each the 160,000 weights are fetched from memory anew. What saves
# time here is that the computer is asked once.
#
# Move the controls: a larger pool makes the window larger *and* the stride, so there are fewer windows.

# %% example
with attempt():
    explore_windows(window_and_stride, window_cost)

# %% [markdown]
# ## Back on the image
#
# The network is run on each image of a pyramid, and gives a map of scores for each. The highest score of all of them wins. But
# where is that window *on the image itself*? Row 3 of a map is row 3 · stride of the resized image, and that was made smaller by
# `scale`.
#
# ### Exercise: best_window
#
# Return the highest score, and the corners $(y_1, x_1, y_2, x_2)$ of its window in pixels of the image before it was resized. If no
# score reaches the threshold, return `None`; a score equal to it is enough. The corners may fall between pixels: do not round them.


# %% exercise="best_window"
def best_window(maps, scales, size, stride, threshold=0.5):
    """The window with the highest score, as a box on the image itself.

    maps: for each scale the scores of all windows, shape (rows, columns);
    size, stride: of the windows, in pixels of the resized image.
    Returns the score and the corners (y1, x1, y2, x2), or None.
    """
    ### BEGIN SOLUTION
    best = None
    for scores, scale in zip(maps, scales, strict=True):
        row, column = np.unravel_index(np.argmax(scores), scores.shape)
        score = scores[row, column]
        if score >= threshold and (best is None or score > best[0]):
            y1, x1 = row * stride / scale, column * stride / scale
            best = (score, (y1, x1, y1 + size / scale, x1 + size / scale))
    return best
    ### END SOLUTION


# %% check="best_window" points=4

# %% [markdown]
# ## How often is it right
#
# In some pictures there is a car, in others none; in some the detector finds something, in others nothing. Two shares say how good
# it is:
#
# - **recall**: of the cars that are there, how many were found?
# - **precision**: of the boxes that were found, how many are right?
#
# Who finds nothing has a precision of 1: nothing said is nothing wrong. A share of nothing is 1.
#
# When is a box right? Windows come in a few sizes and steps, so none fits exactly. Here a box is right if its *centre* lies in the true box,
# edges included. (Notebook 10 asks for more, with the overlap of both boxes.)
#
# ### Exercise: score_detections
#
# `found` and `truth` have one entry for each picture: corners, or `None`. Return recall and precision.


# %% exercise="score_detections"
def score_detections(found, truth):
    """Recall and precision, for pictures with at most one object.

    found, truth: for each picture the corners (y1, x1, y2, x2), or None.
    A box is right where its centre lies in the true box, edges included.
    Returns two numbers from 0 to 1; a share of nothing is 1.
    """
    ### BEGIN SOLUTION
    right = objects = boxes = 0
    for box, true in zip(found, truth, strict=True):
        objects += true is not None
        boxes += box is not None
        if box is not None and true is not None:
            y, x = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            right += true[0] <= y <= true[2] and true[1] <= x <= true[3]
    recall = right / objects if objects else 1.0
    precision = right / boxes if boxes else 1.0
    return recall, precision
    ### END SOLUTION


# %% check="score_detections" points=3

# %% [markdown]
# ## What you have just built
#
# A detector, all but the classifier. Now find cars in streets: 96 × 96 pixels, with one car or none, and with pedestrians and traffic
# lights that are none. Around each the outermost pixels are repeated, so that a window fits around a car at the edge, too.

# %%
SIZE = 24  # of the windows, in pixels
SCALES = (0.35, 0.4, 0.46, 0.53, 0.6)
SIDE = 96  # of the streets
MARGIN = 16
WINDOW_LAYERS = [
    ("conv", 5, 1, 16),
    ("pool", 2, 2),
    ("conv", 3, 1, 32),
    ("pool", 2, 2),
    ("conv", 4, 1, 64),
    ("conv", 1, 1, 1),
]


def streets_with_a_car(count, seed):
    """Images with a margin, and for each the corners of its car, or None."""
    images, boxes = [], []
    for scene in scenes.thought_up(2 * count, seed):
        cars = [thing for thing in scene.things if thing.kind == "car"]
        if len(cars) < 2 and len(images) < count:
            images.append(
                np.pad(scenes.draw(scene, SIDE), ((MARGIN,) * 2,) * 2 + ((0, 0),), "edge")
            )
            boxes.append(None)
            for car in cars:
                centre, half = np.array([car.y, car.x]), np.array([car.h, car.w]) / 2
                boxes[-1] = np.concatenate([centre - half, centre + half]) * SIDE + MARGIN
    return np.array(images), boxes


def labels(corners, box, scale):
    """For each window: 1 if it holds the car well, 0 if it doesn't, -1 for something in between."""
    if box is None:
        return np.zeros(len(corners))
    y1, x1, y2, x2 = box * scale
    off = np.abs(
        (corners[:, :2] + corners[:, 2:]) / 2 - ((y1 + y2) / 2, (x1 + x2) / 2)
    ).max(axis=1)
    filled = (x2 - x1) / SIZE
    found = np.full(len(corners), -1.0)
    found[(off <= 3) & (0.72 <= filled <= 0.98)] = 1
    found[(off > 6) | (filled < 0.6) | (filled > 1.15)] = 0
    return found


# %% [markdown]
# The classifier is small, 38,753 parameters, and its single output is $p_c$ before the sigmoid. By your `window_and_stride`, its
# windows are 24 pixels large and lie 4 apart. A second function moves its weights into a network without dense layers,
# which takes images of any size.


# %%
def window_classifier():
    """Is this window of 24 x 24 x 3 a car? One number, before the sigmoid."""
    return keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(1),
        ]
    )


def without_dense_layers(classifier):
    """The same network for images of any size: a map of probabilities."""
    conv1, pool1, conv2, pool2, _, dense1, dense2 = classifier.layers
    as_conv1, as_conv2 = (
        layers.Conv2D(64, 4, activation="relu"),
        layers.Conv2D(1, 1, activation="sigmoid"),
    )
    image = keras.Input((None, None, 3))
    network = keras.Model(image, as_conv2(as_conv1(pool2(conv2(pool1(conv1(image)))))))
    for layer, dense, shape in (
        (as_conv1, dense1, (4, 4, 32)),
        (as_conv2, dense2, (1, 1, 64)),
    ):
        filters, biases = dense_to_conv(*dense.get_weights(), shape)
        layer.set_weights([filters, biases.ravel()])
    return network


def maps_of(network, stacks):
    """For each image the maps of all scales; stacks: for each scale all images in that size."""
    by_scale = [
        network.predict(stack, verbose=0, batch_size=50)[..., 0] for stack in stacks
    ]
    return list(zip(*by_scale, strict=True))


def in_all_sizes(images):
    """For each scale all images in that size, made by your pyramid."""
    return [
        np.array(level)
        for level in zip(*(pyramid(image, SCALES) for image in images), strict=True)
    ]


def car_loss(is_car, number):
    """Cross-entropy; a window with a car counts three-fold, since there are few of them."""
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels=is_car, logits=number[:, 0])
    return tf.reduce_mean((1 + 2 * is_car) * each)


# %% [markdown]
# Training pictures are windows of the streets, cut by your `sliding_windows`: all that hold a car, each also mirrored, and two by
# chance at each scale that hold none.

# %% example
STREETS = 300
rng = np.random.default_rng(0)
images, boxes = streets_with_a_car(STREETS, seed=1)
keras.utils.set_random_seed(0)
classifier = window_classifier()
with attempt():
    size, stride = window_and_stride(WINDOW_LAYERS)
    stacks = in_all_sizes(images)
    windows, is_car = [], []
    for scale, stack in zip(SCALES, stacks, strict=True):
        for image, box in zip(stack, boxes, strict=True):
            cut, corners = sliding_windows(image, size, stride)
            label = labels(corners, box, scale)
            chosen = np.concatenate(
                [
                    np.flatnonzero(label == 1),
                    rng.permutation(np.flatnonzero(label == 0))[:2],
                ]
            )
            windows.append(cut[chosen])
            is_car.append(label[chosen])
    windows, is_car = np.concatenate(windows), np.concatenate(is_car).astype("float32")
    mirrored = windows[is_car == 1][:, :, ::-1]
    windows = np.concatenate([windows, mirrored])
    is_car = np.concatenate([is_car, np.ones(len(mirrored), "float32")])
    print(
        f"windows of {size} × {size}, {stride} apart; {len(windows):,} to learn from, {is_car.mean():.0%} with a car"
    )

    curves = LearningCurves(14, "fifty steps", "loss")
    train(classifier, windows, is_car, 300, car_loss, curves, "first round")

# %% [markdown]
# The streets are full of things that the windows by chance have not shown: bonnets, halves of cars, pairs of windows above a
# shop. So the half-trained detector is run over the training streets, and every window that it takes for a car by mistake goes into the training
# set, as a window without one (2,500 of them at most). Such **hard negatives** teach more than any others.

# %% example
with attempt():
    size, stride = window_and_stride(WINDOW_LAYERS)
    pyramid(images[0], SCALES)  # the stacks were made with it
    network = without_dense_layers(classifier)
    hard = []
    for number, maps in enumerate(maps_of(network, stacks)):
        for scale, stack, scores in zip(SCALES, stacks, maps, strict=True):
            cut, corners = sliding_windows(stack[number], size, stride)
            wrong = (scores.ravel() > 0.3) & (labels(corners, boxes[number], scale) == 0)
            hard.append(cut[wrong])
    hard = np.concatenate(hard)
    print(f"{len(hard):,} windows were taken for cars by mistake")
    hard = hard[rng.permutation(len(hard))[:2500]]
    windows = np.concatenate([windows, hard])
    is_car = np.concatenate([is_car, np.zeros(len(hard), "float32")])
    train(classifier, windows, is_car, 400, car_loss, curves, "with hard negatives")

# %% [markdown]
# 150 streets were put aside. Each goes through your functions: `pyramid`, the network with the weights of `dense_to_conv`, `best_window`;
# and `score_detections` says how often the box is right.
#
# **Yours to change.** The threshold. Which of the two numbers will fall when it is raised to 0.99, and which at 0.05?

# %% example
THRESHOLD = 0.5
new_images, new_boxes = streets_with_a_car(150, seed=2)
with attempt():
    size, stride = window_and_stride(WINDOW_LAYERS)
    new_maps = maps_of(without_dense_layers(classifier), in_all_sizes(new_images))
    rows = []
    for threshold in (0.05, THRESHOLD, 0.9, 0.99):
        best = [best_window(maps, SCALES, size, stride, threshold) for maps in new_maps]
        recall, precision = score_detections([b and b[1] for b in best], new_boxes)
        rows.append((f"{threshold:g}", f"{recall:.3f}", f"{precision:.3f}"))
    cars = sum(box is not None for box in new_boxes)
    show_table(
        ["threshold", "recall", "precision"],
        rows,
        f"150 streets that it has never seen, {cars} of them with a car.",
    )

    best = [best_window(maps, SCALES, size, stride, THRESHOLD) for maps in new_maps]
    figure = plots.figure(height=5.6)
    for number, axes in enumerate(figure.subplots(3, 4).ravel()):
        plots.draw_image(axes, new_images[number])
        if new_boxes[number] is not None:
            plots_detection.draw_boxes(
                axes, [new_boxes[number]], [plots.PAPER], dashed=True
            )
        if best[number] is not None:
            score, corners = best[number]
            plots_detection.draw_boxes(
                axes, [corners], [plots_detection.COLOURS[0]], [f"car {score:.2f}"]
            )
    plots.show(
        figure,
        "Twelve of them. Dashed: the car; orange: the best window. It is a square, and the car isn't: a window"
        " says where the car is, and roughly how large.",
    )

# %% [markdown]
# A window is a rough answer: square, in five sizes, four pixels apart. Two ways lead further. The network may say the box itself, as
# `encode_target` has it, at each place where it sees something: that is YOLO, the next notebook. Or something finds promising places first,
# and a second network looks at each: notebook 11.
#
# ## Spot the mistake
#
# Each of these sentences stood in the notes that this course grew out of, and each is wrong. Set them right.
#
# | name | the notes say | return |
# | :--- | :--- | :--- |
# | `whole_image` | "The label is $b = (0, 0, 100, 100)$." | the right $b_w$ of a car that fills the left half of an image of 100 × 100 |
# | `box_loss` | "The loss of the box counts if the predicted $p_c$ is above a threshold." | whose $p_c$ decides: `"true"`, `"predicted"`, `"both"` or `"neither"` |
# | `window_side` | "The image of 16 × 16 is cut into four rectangles of 16 × 16." | the side of each of the four windows |
# | `l_64x` | "$l_{64x}$ is a y-coordinate." | which coordinate it is, `"x"` or `"y"` |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these four names and your answers. Leave out what you do not know yet; each answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"whole_image": a number, "box_loss": a word, ...}."""
    ### BEGIN SOLUTION
    return {"whole_image": 0.5, "box_loss": "true", "window_side": 14, "l_64x": "x"}
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Let the classifier say a box as well: train with your `mixed_loss` on targets of `encode_target`, one for each window that holds a part of
#   a car, and draw the box that the best window says in place of the window itself.
# - Find *all* cars of a street with several. What do you do with two windows that both see the same car? (Notebook 10 answers.)
# - Double the scales of the pyramid, or halve them. What happens to recall, and to the time?
#
# ## Where this comes from
#
# Networks that slide over a whole image are as old as LeNet: Matan, Burges, LeCun and Denker read rows of digits so (1992). Pierre Sermanet and
# others made classification, localisation and detection one network, slid over six scales (*OverFeat*, 2013), and wrote down that dense layers
# are convolutions of 1 × 1. Image pyramids with a classifier on windows of fixed size found faces before (Rowley, Baluja and Kanade, 1998), and
# so did hard negatives (Sung and Poggio, 1998). Yi Sun, Xiaogang Wang and Xiaoou Tang placed landmarks with cascades of
# ConvNets (2013). The small network for 14 × 14 pixels is known from Andrew Ng's course.
#
# The next notebook lets the network say its boxes itself, all at one look.
