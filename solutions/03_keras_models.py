#: You write: networks in Keras: create, train, save and restore
#: Applied to: the Keras layer and your own, number by number

# %% [markdown]
# # ConvNets in Keras
#
# You have built a network from nothing but NumPy. It took a while, and a larger one would take longer: every
# new layer needs a way back, and every loop costs time. A deep-learning library knows the layers, works out
# all gradients by itself, and computes them fast.
#
# In this notebook you build models with Keras: make them, compile them, train them, evaluate them, save them
# and load them again. First, though, see that there is nothing in it that you do not know.
#
# **Stands on** notebooks 01 and 02. **Takes** about half an hour to read and one to do.

# %% setup
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    from keras import layers

from dlcourse.checks.keras_models import check, hint, solution
from dlcourse.data import datasets
from dlcourse.data.smiles import smiles
from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.keras_models import explore_digits

# %% [markdown]
# ## The same convolution
#
# Here is the convolution of notebook 01, with two loops instead of four, as in notebook 02. Paste your own
# over it if you like.


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


# %% [markdown]
# In Keras, a convolution is a layer, `layers.Conv2D`. It has the same choices under other names: `filters`
# ($n_C$), `kernel_size` ($f$), `strides`, and `padding`, which is `"valid"` or `"same"`. It keeps its weights
# itself, in the same shape `(f, f, n_C_prev, n_C)`, and its biases as `(n_C,)`. Give it yours, and compare.

# %% demo
rng = np.random.default_rng(0)
A_prev = rng.normal(size=(2, 8, 8, 3))
W, b = rng.normal(size=(3, 3, 3, 4)), rng.normal(size=(1, 1, 1, 4))


def largest_difference(stride, pad, padding, dtype="float64", A_prev=A_prev):
    """Between conv_forward and Keras's layer, given the same weights."""
    layer = layers.Conv2D(4, 3, strides=stride, padding=padding, dtype=dtype)
    layer.build(A_prev.shape)
    layer.set_weights([W, b.ravel()])
    Z, _ = conv_forward(A_prev, W, b, {"stride": stride, "pad": pad})
    difference = np.abs(keras.ops.convert_to_numpy(layer(A_prev)) - Z).max()
    return f"{difference:.0e}" if difference < 0.1 else f"{difference:.0f}"


show_table(
    ["padding in Keras", "pad", "stride", "numbers", "largest difference"],
    [
        ("valid", 0, 1, "float64", largest_difference(1, 0, "valid")),
        ("valid", 0, 2, "float64", largest_difference(2, 0, "valid")),
        ("same", 1, 1, "float64", largest_difference(1, 1, "same")),
        ("same", 1, 1, "float32", largest_difference(1, 1, "same", "float32")),
        ("same", 1, 2, "float64", largest_difference(2, 1, "same")),
    ],
    "The same numbers, up to rounding. In float32, Keras's default, rounding begins at"
    " the seventh digit. The last row is the exception.",
)

# %% [markdown]
# In the last row the two do not do the same. You have met this in notebook 01, under "Two meanings of
# 'same'": 8 pixels, a filter of 3 and a stride of 2 need a single zero, and Keras puts it *after* the
# image. Your border of 1 lies on both sides, so all windows begin one pixel earlier. With this one zero, the
# difference is gone:

# %% demo
one_zero_after = np.pad(A_prev, ((0, 0), (0, 1), (0, 1), (0, 0)))
Z, _ = conv_forward(one_zero_after, W, b, {"stride": 2, "pad": 0})
layer = layers.Conv2D(4, 3, strides=2, padding="same", dtype="float64")
layer.build(A_prev.shape)
layer.set_weights([W, b.ravel()])
difference = np.abs(keras.ops.convert_to_numpy(layer(A_prev)) - Z).max()
print(f"stride 2, one zero after: {difference:.0e}")

# %% [markdown]
# ## A model is a list of layers
#
# The simplest model is a list: what comes out of one layer goes into the next. `keras.Sequential` takes
# such a list. The first entry says what an image looks like, without the number of images.

# %%
small = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        layers.Conv2D(8, 3, padding="same"),
        layers.ReLU(),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]
)
small.summary()

# %% [markdown]
# The summary is the table that you wrote in notebook 02; `None` stands for the number of images. An
# activation can be a layer, as the ReLU here, or an argument of the layer before it, as the softmax.
#
# Two layers are new. `ZeroPadding2D(p)` puts a border of zeros around each image. `BatchNormalization`
# keeps the numbers between layers in a range that is good for learning. It takes each channel, subtracts
# its mean $\mu$ over the batch, divides by its standard deviation $\sigma$ (a small $\epsilon$ keeps it from being 0),
# and then gives it a scale $\gamma$ and a shift $\beta$ of its own, which are learned:
#
# $$A = \gamma\, \frac{Z - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta$$
#
# The model of the next exercise looks at a face and says whether it smiles. That is a question with yes or
# no, so one number is enough: the probability of a yes. Its activation is the **sigmoid**
# $\frac{1}{1 + e^{-z}}$, which is the softmax for two classes. (A softmax over a *single* unit would always
# be 1.)
#
# | layer | output |
# | :--- | :--- |
# | an image | 64 × 64 × 3 |
# | a border of 3 zeros | 70 × 70 × 3 |
# | 32 filters of 7 × 7, stride 1, no further padding | 64 × 64 × 32 |
# | batch normalisation, over the last axis, which is the default | 64 × 64 × 32 |
# | ReLU | 64 × 64 × 32 |
# | max pooling, 2 × 2 | 32 × 32 × 32 |
# | flatten: the volume as a list | 32768 |
# | dense, one unit, sigmoid | 1 |
#
# **Predict.** Which has more parameters, the 32 filters or the single unit at the end? The summary below has the answer.
#
# ### Exercise: happyModel
#
# Return this model, neither compiled nor trained. For the batch normalisation, write
# `layers.BatchNormalization(momentum=0.9)`; the section 'Two ways to run' says why.


# %% exercise="happyModel"
def happyModel():
    """Does the face smile? From images (m, 64, 64, 3) to probabilities (m, 1).

    Returns a Keras model.
    """
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input(shape=(64, 64, 3)),
            layers.ZeroPadding2D(3),
            layers.Conv2D(32, 7),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %% check="happyModel" points=3

# %% example
with attempt():
    happyModel().summary()

# %% [markdown]
# 64 of the parameters are not trainable: they are the means and variances that the batch normalisation
# remembers, two for each channel. Most of the others belong to the last layer, which has a weight for each of
# 32,768 numbers. `layer.trainable` says whether `fit` may change the weights of a layer at all.
#
# ## Compile, fit, evaluate
#
# The faces are drawn by a program, so that nobody's photograph is needed: 64 × 64 pixels, half of them with
# a smile.

# %% demo
X_faces, Y_faces = smiles(340, seed=0)
X_known, Y_known, X_new, Y_new = (
    X_faces[:240],
    Y_faces[:240],
    X_faces[240:],
    Y_faces[240:],
)
plots.show_images(
    X_known[:12],
    titles=["smile" if smile else "no smile" for smile in Y_known[:12]],
    columns=6,
    caption="Some of the 240 faces to learn from. Size, colours, light and everything"
    " else vary by chance.",
)

# %% [markdown]
# A model is trained in three calls.
#
# 1. `compile` says *how* it shall learn: the loss, the optimizer, and what to report.
# 2. `fit` goes through the training images, batch by batch, as often as `epochs` says. Each batch is one step:
#    forth, back, and a change of all weights.
# 3. `evaluate` measures loss and accuracy on other images, and changes nothing.
#
# **The loss** goes with the last layer:
#
# | last layer | labels | loss |
# | :--- | :--- | :--- |
# | one unit, sigmoid | 0 or 1 | `"binary_crossentropy"` |
# | one unit for each class, softmax | one-hot rows | `"categorical_crossentropy"` |
# | one unit for each class, softmax | the number of the class | `"sparse_categorical_crossentropy"` |
#
# **The optimizer** decides how a gradient becomes a step. Gradient descent, as in notebook 02, is
# `keras.optimizers.SGD(0.2)`. The usual choice is `Adam`, which finds a step size for each weight from the
# gradients that it has seen, and seldom needs to be tuned.
#
# A trained model is a function: `predict` takes images, in batches, and returns NumPy arrays.

# %% demo
keras.utils.set_random_seed(1)
with attempt():
    happy = happyModel()
    happy.compile(
        optimizer=keras.optimizers.Adam(0.0005),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    happy.fit(X_known, Y_known, batch_size=12, epochs=3, verbose=2)
    loss, accuracy = happy.evaluate(X_new, Y_new, verbose=0)
    print(f"{accuracy:.0%} of {len(X_new)} new faces are judged right.")

    probabilities = happy.predict(X_new[:12], verbose=0)[:, 0]
    plots.show_images(
        X_new[:12],
        titles=[f"{probability:.0%}" for probability in probabilities],
        columns=6,
        caption="Faces that the model has never seen, and its probability of a smile.",
    )

# %% [markdown]
# ## When a list is not enough
#
# Some networks are not lists. Their paths fork and join: the residual networks of notebook 05 add the input
# of a block to its output, and others run several convolutions side by side. For these, Keras has the
# **functional** way. A layer is called like a function, on a tensor that stands for an image to come, and
# gives back another. At the end, the model is told where it begins and where it ends.

# %%
image = keras.Input(shape=(8, 8, 1))
x = layers.Conv2D(8, 3, padding="same", activation="relu")(image)
y = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
together = layers.Add()([x, y])  # two paths join: this no list can say
answer = layers.Dense(10, activation="softmax")(layers.Flatten()(together))
forked = keras.Model(inputs=image, outputs=answer)
print(forked.output_shape, forked.count_params())

# %% [markdown]
# Nothing has been computed here except shapes. Mind the two pairs of brackets: `layers.Conv2D(8, 3)` makes
# the layer, and `(x)` calls it.
#
# The next model is a list once more, so that you can practise on something simple. It was made for
# photographs of hands that show the numbers 0 to 5.
#
# | layer | choices |
# | :--- | :--- |
# | convolution | 8 filters of 4 × 4, stride 1, `"same"` |
# | ReLU | |
# | max pooling | windows of 8 × 8, stride 8, `"same"` |
# | convolution | 16 filters of 2 × 2, stride 1, `"same"` |
# | ReLU | |
# | max pooling | windows of 4 × 4, stride 4, `"same"` |
# | flatten | |
# | dense | 6 units, softmax |
#
# ### Exercise: convolutional_model
#
# Return this model, made the functional way, for images of any `input_shape`.


# %% exercise="convolutional_model"
def convolutional_model(input_shape):
    """Which of six? From images (m, n_H, n_W, n_C) to probabilities (m, 6).

    input_shape is the shape of one image, such as (64, 64, 3).
    Returns a Keras model.
    """
    ### BEGIN SOLUTION
    input_image = keras.Input(shape=input_shape)
    Z1 = layers.Conv2D(8, 4, strides=1, padding="same")(input_image)
    A1 = layers.ReLU()(Z1)
    P1 = layers.MaxPooling2D(8, strides=8, padding="same")(A1)
    Z2 = layers.Conv2D(16, 2, strides=1, padding="same")(P1)
    A2 = layers.ReLU()(Z2)
    P2 = layers.MaxPooling2D(4, strides=4, padding="same")(A2)
    F = layers.Flatten()(P2)
    outputs = layers.Dense(6, activation="softmax")(F)
    return keras.Model(inputs=input_image, outputs=outputs)
    ### END SOLUTION


# %% check="convolutional_model" points=4

# %% [markdown]
# Instead of hands, let it read the handwritten digits 0 to 5, each enlarged from 8 × 8 to 32 × 32 pixels. A
# window of 8 × 8 then covers 2 × 2 pixels of the original.

# %% demo
digits, labels = datasets.digits()
few = labels < 6
enlarged = np.repeat(np.repeat(digits[few], 4, axis=1), 4, axis=2)

keras.utils.set_random_seed(1)
with attempt():
    model = convolutional_model((32, 32, 1))
    model.compile(
        keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = model.fit(
        enlarged[:800],
        labels[few][:800],
        epochs=6,
        verbose=0,
        validation_data=(enlarged[800:], labels[few][800:]),
    )
    plots.show_curves(
        {
            "training": history.history["accuracy"],
            "held out": history.history["val_accuracy"],
        },
        x=range(1, 7),
        x_label="epoch",
        y_label="share read right",
        caption=f"{model.count_params()} parameters are enough to read six digits fairly"
        " well. `fit` returns the history that is drawn here; the held-out digits come"
        " with `validation_data`.",
    )

# %% [markdown]
# ## Two ways to run
#
# Batch normalisation does one thing in training and another in use. In training, mean and variance are
# those of the batch. In use there may be no batch: a single image shall get the same answer whatever images
# come with it. So the layer keeps **moving averages** of the means and variances that it has met, and uses
# them. With each step of training,
#
# $$\mu_{moving} := \text{momentum} \cdot \mu_{moving} + (1 - \text{momentum}) \cdot \mu_{batch}.$$
#
# `fit` runs a model in the first way, `evaluate` and `predict` in the second. In code it is an
# argument: `model(X, training=True)`.
#
# The momentum in Keras is 0.99 by default. That is right for a long training. But the averages begin at 0
# (and the variances at 1), and after 66 steps they still consist of $0.99^{66}$, that is 52 %, of where they
# began. With 0.9 it is 0.1 %.
#
# **Predict.** Two networks learn the same digits for 66 steps, one with 0.99 and one with 0.9. Which of them reads more
# digits while it learns, and which in use?

# %% demo
order = np.random.default_rng(0).permutation(len(digits))
known, held_out = order[:1400], order[1400:]


def normalised(momentum):
    """A model for digits with batch normalisation."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input(shape=(8, 8, 1)),
            layers.Conv2D(16, 3, padding="same"),
            layers.BatchNormalization(momentum=momentum),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same"),
            layers.BatchNormalization(momentum=momentum),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def share_right(model, training):
    """On the held-out digits, with the batch's statistics or with moving averages."""
    answers = keras.ops.convert_to_numpy(
        model(digits[held_out], training=training)
    ).argmax(axis=1)
    return f"{np.mean(answers == labels[held_out]):.1%}"


rows = []
for momentum in (0.99, 0.9):
    model = normalised(momentum)
    model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy")
    model.fit(digits[known], labels[known], batch_size=64, epochs=3, verbose=0)
    rows.append((f"{momentum}", share_right(model, False), share_right(model, True)))
show_table(
    ["momentum", "in use: moving averages", "statistics of the batch"],
    rows,
    "Held-out digits read right after 66 steps. Both models have learned the same, as the"
    " last column shows. The first cannot use it yet.",
)

# %% [markdown]
# If a model is good while it trains and poor in `evaluate`, think of this before you think of overfitting.
# All short trainings of this course use a momentum of 0.9.
#
# Dropout, which sets some activations to zero while a model learns, has two ways to run as well.
#
# ## Reading digits
#
# Now all of it by yourself: make a model, compile it, fit it. There is no list of layers this time. You know
# from notebook 02 what is enough for the digits.
#
# Training begins with random weights, so two runs differ. `keras.utils.set_random_seed(seed)` makes them
# repeatable: the same seed gives the same model.
#
# ### Exercise: train_digits
#
# `X_train` holds digits of shape `(m, 8, 8, 1)` with numbers from 0 to 1, and `Y_train` says which digit each
# one is, as numbers from 0 to 9. Return a trained Keras model that makes ten probabilities of each image. The
# check trains it on 1,400 digits and asks for the other 397; **at least 95 % must be right**. It first gives the
# ten digits new names by chance, the 3 that of the 7 perhaps, so a model that was trained before does not help.
# A few seconds of training are enough; in more than a minute something is wrong.


# %% exercise="train_digits"
def train_digits(X_train, Y_train, seed=0):
    """Train a model that reads digits.

    X_train has shape (m, 8, 8, 1); Y_train has shape (m,), numbers from 0 to 9; seed
    makes the training repeatable.
    Returns the trained model, from images (m, 8, 8, 1) to probabilities (m, 10).
    """
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input(shape=(8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.005),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(X_train, Y_train, batch_size=64, epochs=10, verbose=0)
    return model
    ### END SOLUTION


# %% check="train_digits" points=4

# %% example
reader = model  # the one with a momentum of 0.9, until yours is written
with attempt():
    reader = train_digits(digits[known], labels[known])
    probabilities = reader.predict(digits[held_out], verbose=0)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels[held_out])
    doubt = wrong[np.argsort(probabilities[wrong].max(axis=1))]  # the least certain first
    plots.show_images(
        [digits[held_out][i] for i in doubt[:6]],
        titles=[
            f"{labels[held_out][i]}, read as {probabilities[i].argmax()}"
            for i in doubt[:6]
        ],
        columns=6,
        caption=f"{1 - len(wrong) / len(held_out):.1%} of {len(held_out)} digits"
        " are right. Here are some of the others, the one that the model was"
        " least sure of first.",
    )

# %% [markdown]
# ## Keeping a model
#
# A trained model is worth keeping. Saved to a file that ends in `.keras`, it takes everything along: the
# layers and how they are connected, the weights, and the state of the optimizer, so that training can go on
# where it stopped. To read it back, nothing of the code that made it is needed.
#
# Saving is a method of the model, since it is there already. Loading is a function of `keras.models`, since
# there is no model yet. Look their names up: type `model.sa` or `keras.models.l` in a cell and press the tab
# key, or read `help(keras.models)`.
#
# ### Exercise: save_and_restore
#
# Save `model` at `path`, then load another model from this file, and return that one. Whatever happens to the
# first afterwards must not change the second.


# %% exercise="save_and_restore"
def save_and_restore(model, path):
    """Write a model to a file, and read it back.

    model is a compiled and trained Keras model; path is a file name that ends in .keras.
    Returns the model that was read from the file.
    """
    ### BEGIN SOLUTION
    model.save(path)
    return keras.models.load_model(path)
    ### END SOLUTION


# %% check="save_and_restore" points=2

# %% [markdown]
# A `.keras` file is a zip archive with three files in it: the layers as text, the weights as numbers, and
# when and with which version it was made.

# %% example
with attempt(), tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.keras"
    again = save_and_restore(reader, path)
    same = np.array_equal(
        again.predict(digits, verbose=0), reader.predict(digits, verbose=0)
    )
    print(f"The restored model gives exactly the same answers: {same}")
    with zipfile.ZipFile(path) as archive:
        rows = [(file.filename, file.file_size) for file in archive.infolist()]
    show_table(
        ["file", "bytes"],
        rows,
        f"The model has {reader.count_params():,} parameters of 4 bytes, and Adam keeps"
        " two more numbers for each.",
    )

# %% [markdown]
# One warning: a model file from a stranger is a program from a stranger. Keras refuses to load code that is
# hidden in one unless you tell it to with `safe_mode=False`; do not.
#
# ## What you have just built
#
# The whole life of a model: made, compiled, trained, evaluated, saved, restored. What does it know, and what
# does it not? Move a digit by one pixel, then by two; add noise; and watch the ten probabilities. The model
# has only ever seen digits that fill their frame.

# %% example
with attempt():
    explore_digits(
        digits[held_out],
        labels[held_out],
        lambda X: keras.ops.convert_to_numpy(reader(X, training=False)),
    )

# %% [markdown]
# Keras itself computes nothing. It hands the work to a **back end**, and several can do it; the environment
# variable `KERAS_BACKEND`, set before Keras is imported, chooses one. Without it Keras asks a file in your home
# folder, `.keras/keras.json`, which also holds the precision (`floatx`) and whether channels come last. This course
# uses TensorFlow, float32 and channels last, whatever that file says.

# %%
print("Keras", keras.__version__, "on", keras.config.backend())

# %% [markdown]
# ## Spot the mistake
#
# Libraries change, and notes grow old. Set these four right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `save` | Save the model with `model_save`. | the call |
# | `load` | Load it with `model_load`. | the call |
# | `freeze` | To keep a layer from learning, set `freeze = 0`. | the line of code |
# | `back_ends` | Keras runs on TensorFlow, Theano and CNTK. | what Keras 3 runs on |
#
# Choose from these:
#
# - `save`: `"model.save(path)"`, `"model_save(path)"`, `"model.save_weights(path)"`
# - `load`: `"keras.models.load_model(path)"`, `"model_load(path)"`, `"model.load(path)"`
# - `freeze`: `"layer.trainable = False"`, `"layer.freeze = 0"`, `"layer.trainable = True"`
# - `back_ends`: `"TensorFlow, JAX and PyTorch"`, `"TensorFlow, Theano and CNTK"`, `"TensorFlow"`
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these four names and your answers. Leave out what you do not know yet.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"save": a call, "load": a call, ...}."""
    ### BEGIN SOLUTION
    return {
        "save": "model.save(path)",
        "load": "keras.models.load_model(path)",
        "freeze": "layer.trainable = False",
        "back_ends": "TensorFlow, JAX and PyTorch",
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Write a layer of your own, a `keras.layers.Layer` with `build` and `call`, that computes what your `conv_forward`
#   does, with `keras.ops` in place of the loops. Put it into `happyModel`: does it train?
# - `happyModel` has more weights in its last unit than anywhere else. Replace the flattening by
#   `layers.GlobalAveragePooling2D()`. How many parameters are left, and how many faces are judged right?
# - Stop `fit` when the held-out loss has not fallen for three epochs, and go back to the best weights
#   (`keras.callbacks.EarlyStopping`). How many epochs does `train_digits` need?
#
# ## Where this comes from
#
# François Chollet published Keras in 2015, as one language for several libraries. From 2017 on it was
# also a part of TensorFlow, later nothing else, and since version 3 (2023) it stands on its own again. Batch
# normalisation is by Sergey Ioffe and Christian Szegedy (2015). They explained its success by a "covariate shift" that it reduces; Shibani
# Santurkar and others showed that it works rather by smoothing the loss (2018). Adam is by Diederik Kingma and
# Jimmy Ba (2014). The digits are by Ethem Alpaydin and Cenk Kaynak (UCI Machine Learning Repository, 1998, CC
# BY 4.0), as shipped with scikit-learn.
#
# The next notebook builds four networks that made history, from their tables, and counts what they cost.
