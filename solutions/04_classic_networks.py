#: You write: LeNet-5, AlexNet, ZFNet and VGG from their tables, local response normalization, parameters and activations
#: Applied to: tanh against ReLU on real digits: is it six times faster?

# %% [markdown]
# # Classic networks: LeNet-5, AlexNet, ZFNet, VGG
#
# Four networks, sixteen years: from 60,000 parameters that read the digits on cheques to 138 million that know a
# thousand kinds of things. Each of the four added one or two ideas that every later network has kept, and a few
# that nobody uses any more. You build all of them, measure what is said of them, and find out where their parameters
# and their memory are.
#
# Afterwards you can read the table of layers in a paper and write the network down, and you can say what a network will cost
# before you train it.
#
# **Stands on** notebooks 02 and 03. **Takes** about half an hour to read and two and a half to do.

# %% setup
from functools import partial

import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import layers

from dlcourse.checks.classic_networks import check, hint, solution
from dlcourse.classic_networks import load_pretrained
from dlcourse.data import datasets
from dlcourse.figures import diagrams, plots
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.classic_networks import explore_layers

# %% [markdown]
# ## LeNet-5, 1998
#
# Here are real handwritten digits, enlarged to 28 × 28 pixels, with a border of 2: 32 × 32. The border is there on purpose.
# The strokes' ends, which tell a 4 from a 9, shall lie in the middle of a filter somewhere, not at its edge.

# %% demo
small, labels = datasets.digits()
order = np.random.default_rng(0).permutation(len(small))
small, labels = small[order], labels[order]
grown = np.asarray(tf.image.resize(small, (28, 28)), "float32")
digits = np.pad(grown, ((0, 0), (2, 2), (2, 2), (0, 0)))
training, held_out = slice(0, 1408), slice(1408, len(digits))

ten = [np.flatnonzero(labels == digit)[0] for digit in range(10)]
plots.show_images(
    digits[ten],
    titles=[str(digit) for digit in range(10)],
    columns=5,
    caption="Ten of 1,797 digits. They were scanned at 8 × 8, so the enlarged ones look soft.",
)

# %% [markdown]
# Until then, one part of such a program found features that somebody had thought up, and a second part learned to
# classify them. Yann LeCun and his colleagues let one network learn both. Its form is the one that you know:
# convolution and pooling, twice, then dense layers.

# %% demo
diagrams.show_volumes(
    (32, 32, 1),
    "→",
    (28, 28, 6),
    "→",
    (14, 14, 6),
    "→",
    (10, 10, 16),
    "→",
    (5, 5, 16),
    caption="LeNet-5 up to its dense layers: the images become smaller and more. The last"
    " 5 · 5 · 16 = 400 numbers go into dense layers of 120, 84 and 10 units.",
)

# %% [markdown]
# | layer | output |
# | :--- | :--- |
# | an image | 32 × 32 × 1 |
# | 6 filters of 5 × 5, activation | 28 × 28 × 6 |
# | pooling, windows of 2 × 2 | 14 × 14 × 6 |
# | 16 filters of 5 × 5, activation | 10 × 10 × 16 |
# | pooling, windows of 2 × 2 | 5 × 5 × 16 |
# | flatten | 400 |
# | dense, activation | 120 |
# | dense, activation | 84 |
# | dense, softmax | 10 |
#
# Where the 5 comes from: the authors counted layers with weights, and a convolution with its pooling as one. That makes two,
# and three dense ones. Three things were different in 1998:
#
# - the activation was $\tanh$, and the pooling took the *average* (times a learned number, plus another);
# - not every one of the 16 filters looked at all 6 images;
# - there was no softmax: the ten outputs were distances to ten drawn patterns. Today the softmax stands there.
#
# ### Exercise: lenet5
#
# Return the network of the table as a Keras model, neither compiled nor trained. `activation` belongs to every layer but the
# last. The sizes in the table tell you which padding the convolutions have.


# %% exercise="lenet5"
def lenet5(input_shape=(32, 32, 1), classes=10, activation="tanh", pooling="average"):
    """LeNet-5, from an image of input_shape to the probabilities of the classes.

    activation: Keras's name of it, such as "tanh" or "relu";
    pooling: "average" or "max".
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    if pooling == "average":
        pool = layers.AveragePooling2D
    else:
        pool = layers.MaxPooling2D

    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(6, 5, activation=activation),
            pool(2),
            layers.Conv2D(16, 5, activation=activation),
            pool(2),
            layers.Flatten(),
            layers.Dense(120, activation=activation),
            layers.Dense(84, activation=activation),
            layers.Dense(classes, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% check="lenet5" points=4

# %% [markdown]
# **Predict.** Which of the five layers with weights has the most parameters? (Notebook 02 has the formula.)

# %% example
with attempt():
    network = lenet5()
    rows = [
        (
            layer.name.rstrip("_0123456789"),
            str(layer.output.shape[1:]),
            layer.count_params(),
        )
        for layer in network.layers
        if layer.count_params()
    ]
    show_table(
        ["layer", "output", "parameters"],
        [*rows, ("together", "", network.count_params())],
        "The first dense layer: it has a weight for each pair of 400 inputs and 120 units.",
    )

# %% [markdown]
# The paper speaks of 60,000 parameters, and it is exactly right. Its pooling has two parameters for each image, its second
# convolution is not connected to everything, and the distances at the end are not learned:

# %% demo
# how many of the six images each of the sixteen filters looks at
seen = [3] * 6 + [4] * 9 + [6]
of_1998 = [
    ("convolution, 6 filters", (5 * 5 * 1 + 1) * 6),
    ("pooling: a factor and a bias for each of 6 images", 2 * 6),
    ("convolution, 16 filters", sum(5 * 5 * images + 1 for images in seen)),
    ("pooling, 16 images", 2 * 16),
    ("dense, 120 units", (400 + 1) * 120),
    ("dense, 84 units", (120 + 1) * 84),
]
show_table(
    ["LeNet-5 as in the paper", "learned"],
    [*of_1998, ("together", sum(learned for _, learned in of_1998))],
    "Sixteen filters that look at all six images would have 2,416 parameters; these have"
    " 1,516. The filters were meant to find different things because they see different"
    " things.",
)

# %% [markdown]
# ## Tanh against ReLU, measured
#
# In 2012 the authors of AlexNet wrote that a network with ReLUs reaches a training error of 25 % on the photographs of
# CIFAR-10 *six times faster* than the same network with $\tanh$. Between LeNet-5 as it was and a
# LeNet-5 of today lie two changes: ReLU for $\tanh$, and the maximum for the average. Your function takes both as
# arguments, so you can change one at a time.
#
# This is the whole training, with momentum as in the paper. An epoch is once through all digits, in another order each time, 32 at a step:


# %%
loss_of = keras.losses.SparseCategoricalCrossentropy()


def trainer(network, learning_rate=0.02, momentum=0.9):
    """A function that trains the network on one batch and returns the loss."""
    optimizer = keras.optimizers.SGD(learning_rate, momentum=momentum)
    optimizer.build(network.trainable_variables)

    @tf.function
    def step(images, answers):
        with tf.GradientTape() as tape:
            loss = loss_of(answers, network(images, training=True))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
        return loss

    return step


def train(network, epochs, each_epoch, learning_rate=0.02, momentum=0.9):
    """Train on the training digits; tell each_epoch the share that is read wrong."""
    rng = np.random.default_rng(0)
    step = trainer(network, learning_rate, momentum)
    for _ in range(epochs):
        for batch in rng.permutation(1408).reshape(44, 32):
            step(digits[batch], labels[batch])
        each_epoch(share_wrong(network, training))


def share_wrong(network, which):
    answers = np.argmax(network(digits[which], training=False), axis=1)
    return float(np.mean(answers != labels[which]))


# %% [markdown]
# Before a long training, a short question: can the network learn a handful of examples by heart? If it cannot, something is
# wrong with the network, the labels or the loop, and no patience will help.

# %% example
with attempt():
    keras.utils.set_random_seed(0)
    network = lenet5()
    step = trainer(network)
    losses = [float(step(digits[:10], labels[:10])) for _ in range(40)]
    print(f"Loss on ten digits: {losses[0]:.2f} before, {losses[-1]:.4f} after 40 steps.")

# %% [markdown]
# **Predict.** How many times fewer epochs does the network with ReLU and maxima need until it reads 99 % of its
# training digits right: six times, two, none at all? And which of the two changes matters more?

# %% demo
EPOCHS = 6
kinds = {
    "tanh, average (1998)": ("tanh", "average"),
    "tanh, max": ("tanh", "max"),
    "ReLU, average": ("relu", "average"),
    "ReLU, max (today)": ("relu", "max"),
}
wrong, trained = {}, {}
with attempt():
    for kind, (activation, pooling) in kinds.items():
        keras.utils.set_random_seed(0)
        trained[kind] = lenet5(activation=activation, pooling=pooling)
    curves = LearningCurves(
        EPOCHS, "epoch", "training digits read wrong", curves=len(kinds)
    )
    for kind, network in trained.items():
        train(network, EPOCHS, partial(curves.add, kind))
    curves.finish(
        "The same digits in the same order, the same learning rate. All four end near"
        " zero; the question is when."
    )
    wrong = curves.curves


# %% demo
def epochs_until(shares, bar):
    """The first epoch at whose end at most this share is read wrong."""
    return next((n + 1 for n, share in enumerate(shares) if share <= bar), None)


def in_words(epoch):
    return f"more than {EPOCHS}" if epoch is None else f"{epoch}"


if wrong:
    show_table(
        ["LeNet-5 with", "5 % wrong", "2 % wrong", "1 % wrong", "held out, right"],
        [
            (
                kind,
                *(in_words(epochs_until(shares, bar)) for bar in (0.05, 0.02, 0.01)),
                f"{1 - share_wrong(trained[kind], held_out):.1%}",
            )
            for kind, shares in wrong.items()
        ],
        "Epochs until so few of the 1,408 training digits are read wrong, and the share of"
        " the 389 others that is read right after all epochs.",
    )

# %% [markdown]
# No six, and not even a gain: with this momentum all four need about the same time, and $\tanh$ reaches each mark as early as ReLU or an epoch or two before it. With plain gradient descent, without
# momentum and with a rate of 0.05, the network of 1998 takes about 13 epochs to reach 1 % and that of today about 8, which is a factor of 1.6. The paper's figure was
# drawn for a network of four layers on photographs and with a learning rate chosen for each curve. A number from one experiment
# belongs to that experiment.
#
# Why ReLU won all the same: where $\tanh$ is saturated, its derivative is nearly zero, and with it the gradient of everything below; the derivative of ReLU is 1 wherever it is not
# 0. The deeper the network, the more of these factors are multiplied. Five layers are not deep.
#
# This experiment is yours to change. What will happen with a momentum of 0? With a learning rate of 0.1? With `"sigmoid"`, whose derivative is at most a
# quarter? Say first what you expect.

# %% example
MY_ACTIVATION, MY_POOLING = "tanh", "max"
MY_RATE, MY_MOMENTUM, MY_EPOCHS = 0.05, 0.0, 2

with attempt():
    keras.utils.set_random_seed(0)
    network = lenet5(activation=MY_ACTIVATION, pooling=MY_POOLING)
    shares = []
    train(network, MY_EPOCHS, shares.append, MY_RATE, MY_MOMENTUM)
    print("read wrong after each epoch:", ", ".join(f"{share:.1%}" for share in shares))

# %% [markdown]
# ## AlexNet, 2012
#
# For fourteen years networks like this read digits, and little else. Then Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton trained
# one on 1.2 million photographs of a thousand classes. In the ImageNet contest of 2012 its five best guesses held the right answer
# for 85 % of the images; the next best, without a network, got 74 %. What was new:
#
# - **size**: 60 million parameters, images of 227 × 227 in colour;
# - **ReLU**, for faster training;
# - **dropout**: while the network learns, each output of the large dense layers is set to 0 with probability ½,
#   so that no unit can rely on a certain other one;
# - **two graphics cards**, as one could not hold it, and
# - **local response normalization**, of which more below.
#
# There are two AlexNets in use. Let us begin with the simpler one, which lies in many libraries and in many printouts: one tower,
# no normalization.
#
# | layer | output |
# | :--- | :--- |
# | an image | 227 × 227 × 3 |
# | 64 filters of 11 × 11, stride 4, ReLU | 55 × 55 × 64 |
# | max pooling 3 × 3, stride 2 | 27 × 27 × 64 |
# | 192 filters of 5 × 5, ReLU | 27 × 27 × 192 |
# | max pooling 3 × 3, stride 2 | 13 × 13 × 192 |
# | 384 filters of 3 × 3, ReLU | 13 × 13 × 384 |
# | 256 filters of 3 × 3, ReLU | 13 × 13 × 256 |
# | 256 filters of 3 × 3, ReLU | 13 × 13 × 256 |
# | max pooling 3 × 3, stride 2 | 6 × 6 × 256 |
# | flatten | 9,216 |
# | dense, ReLU, dropout of one half | 4,096 |
# | dense, ReLU, dropout of one half | 4,096 |
# | dense, softmax | 1,000 |
#
# The windows of the pooling are larger than their stride, so they overlap. The paddings are not in the table; papers
# seldom print them. They follow from the sizes and $\lfloor (n + 2p - f)/s \rfloor + 1$. (The paper itself speaks of
# images of 224 × 224, and then the first size cannot be right: $(224 - 11)/4$ is no whole number. With 227 it is.)
#
# ### Exercise: alexnet
#
# Return the network of the table. `filters` are the numbers of filters of the five convolutions, `units` the size of the two
# large dense layers. The check asks for a slim sister, with a handful of filters, to see what it computes, and for the
# whole one to count.


# %% exercise="alexnet"
def alexnet(
    input_shape=(227, 227, 3), classes=1000, filters=(64, 192, 384, 256, 256), units=4096
):
    """AlexNet in one tower, from an image to the probabilities of the classes.

    filters: of the five convolutions;
    units: of the first two dense layers.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    X_input = keras.Input(input_shape)

    X = layers.Conv2D(filters[0], 11, strides=4, activation="relu")(X_input)
    X = layers.MaxPooling2D(3, strides=2)(X)
    X = layers.Conv2D(filters[1], 5, padding="same", activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2)(X)
    X = layers.Conv2D(filters[2], 3, padding="same", activation="relu")(X)
    X = layers.Conv2D(filters[3], 3, padding="same", activation="relu")(X)
    X = layers.Conv2D(filters[4], 3, padding="same", activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2)(X)

    X = layers.Flatten()(X)
    for _ in range(2):
        X = layers.Dense(units, activation="relu")(X)
        X = layers.Dropout(0.5)(X)
    outputs = layers.Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="alexnet" points=5

# %% [markdown]
# The weights of a network of this size are hundreds of megabytes of random numbers, and we only want to look at it. Inside a
# `StatelessScope` Keras draws a network with shapes and without weights, in a tenth of a second:


# %%
def on_paper():
    """Within it, networks have shapes and no weights."""
    return keras.StatelessScope(initialize_variables=False)


# %% [markdown]
# **Predict.** AlexNet has five convolutions and three dense layers. Which share of its parameters is in the dense ones: a half,
# three quarters, nine tenths?

# %% example
with attempt(), on_paper():
    network = alexnet()
    dense = [layer.count_params() for layer in network.layers if "dense" in layer.name]
    print(
        f"{network.count_params():,} parameters, {sum(dense):,} of them in dense layers."
    )
    print(
        f"The first dense layer alone has {dense[0]:,}: 9,216 x 4,096 weights, 4,096 biases."
    )

# %% [markdown]
# ## Neighbours that quieten each other
#
# In the eye, a nerve cell that is strongly excited dampens the cells around it. The authors of AlexNet gave their channels something like
# it. Behind a ReLU, each number $a_i$ (channel $i$ of one pixel) is divided by a power of a sum over the $n$ channels around it:
#
# $$b_i = \frac{a_i}{\left(k + \alpha \sum_j a_j^2\right)^\beta} \qquad j \text{ from } i - \lfloor n/2 \rfloor \text{ to } i + \lfloor n/2 \rfloor,
# \text{ as far as there are channels}$$
#
# with $n = 5$, $k = 2$, $\alpha = 0.0001$, $\beta = 0.75$. The sum runs over the channels of *one* pixel: neighbouring pixels
# have nothing to do with it. A loud neighbour makes a channel quieter:

# %% demo
loud = np.array([10, 10, 10, 10, 10, 300, 10, 10, 10, 10, 10.0])
near = [loud[max(0, i - 2) : i + 3] for i in range(11)]
quieter = np.array(
    [a / (2 + 1e-4 * (part**2).sum()) ** 0.75 for a, part in zip(loud, near)]
)
figure = plots.figure(plots.MAX_WIDTH, 2.3)
for axes, values, title in zip(figure.subplots(1, 2), (loud, quieter), ("a", "b")):
    plots.style(axes, "channel", "", title)
    axes.bar(range(11), np.minimum(values, 60), color=plots.BLUE)
    axes.set_ylim(0, 62)
plots.show(
    figure,
    "Eleven channels of one pixel before and after, n = 5; the bar in the middle, 300, is cut"
    " off on the left. Two neighbours to each side of it fall to 1.7, the others keep 5.8 of"
    " their 10.",
)

# %% [markdown]
# ### Exercise: local_response_normalization
#
# Return `B`, with the shape of `A`. `n` is odd, and may be larger than there are channels.


# %% exercise="local_response_normalization"
def local_response_normalization(A, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Divide each number by a power of its neighbours' squares, added up.

    A has shape (m, n_H, n_W, n_C); n, an odd number, is how many channels
    lie in the sum, the middle one included.
    Returns an array of the shape of A.
    """
    ### BEGIN SOLUTION
    B = np.zeros(A.shape)
    for i in range(A.shape[-1]):
        first, last = max(0, i - n // 2), i + n // 2
        sums = np.sum(A[..., first : last + 1] ** 2, axis=-1)
        B[..., i] = A[..., i] / (k + alpha * sums) ** beta
    return B
    ### END SOLUTION


# %% check="local_response_normalization" points=4

# %% [markdown]
# TensorFlow has the same function, `tf.nn.local_response_normalization`, with other names: its `bias` is $k$, and instead of $n$ it
# asks for a `depth_radius`. That is *not* $n$. Which one agrees with yours?

# %% example
A = np.random.default_rng(0).normal(size=(2, 4, 4, 16)).astype("float32") * 50
with attempt():
    mine = local_response_normalization(A)
    for radius in (5, 4, 3, 2, 1):
        theirs = tf.nn.local_response_normalization(A, radius, 2.0, 1e-4, 0.75)
        print(
            f"depth_radius = {radius}: largest difference {np.abs(mine - theirs).max():.6f}"
        )

# %% [markdown]
# Networks that came later left this normalization out (VGG's authors found that it gains nothing), and batch normalisation, which
# you know from notebook 03, took its place. It is the part of AlexNet that has not lasted.
#
# ## Two towers
#
# A graphics card of 2012 had 3 GB. So the network was cut lengthwise: each of two cards had half of the filters, and in most
# layers a filter saw only the channels on its own card. Only the third convolution and the dense layers saw everything.
#
# In Keras this is one argument: `layers.Conv2D(..., groups=2)` divides the channels into two halves, and the filters too; the filters of each half see
# one half of the channels. So each filter has half as many weights.
#
# | layer | 2012 |
# | :--- | :--- |
# | filters of the convolutions | 96, 256, 384, 384, 256 |
# | in groups | the second, fourth and fifth convolution |
# | local response normalization | behind the ReLU of the first and second convolution, before the pooling |
# | all else | as in `alexnet` |
#
# ### Exercise: alexnet_2012
#
# Return this network. To use a function of TensorFlow on a Keras tensor, make it a layer: `layers.Lambda(lambda A: ...)`
# holds any function of tensors. You know now what its arguments must be.


# %% exercise="alexnet_2012"
def alexnet_2012(
    input_shape=(227, 227, 3),
    classes=1000,
    filters=(96, 256, 384, 384, 256),
    units=4096,
    groups=2,
):
    """AlexNet as in the paper of 2012.

    filters, units: as in alexnet;
    groups: of the second, fourth and fifth convolution.
    Returns a keras.Model.
    """

    ### BEGIN SOLUTION
    def normalize(A):
        return tf.nn.local_response_normalization(
            A, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75
        )

    X_input = keras.Input(input_shape)

    X = layers.Conv2D(filters[0], 11, strides=4, activation="relu")(X_input)
    X = layers.Lambda(normalize)(X)
    X = layers.MaxPooling2D(3, strides=2)(X)
    X = layers.Conv2D(filters[1], 5, padding="same", groups=groups, activation="relu")(X)
    X = layers.Lambda(normalize)(X)
    X = layers.MaxPooling2D(3, strides=2)(X)
    X = layers.Conv2D(filters[2], 3, padding="same", activation="relu")(X)
    for count in filters[3:]:
        X = layers.Conv2D(count, 3, padding="same", groups=groups, activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2)(X)

    X = layers.Flatten()(X)
    for _ in range(2):
        X = layers.Dense(units, activation="relu")(X)
        X = layers.Dropout(0.5)(X)
    outputs = layers.Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="alexnet_2012" points=4

# %% example
with attempt(), on_paper():
    paper, joined = alexnet_2012(), alexnet_2012(groups=1)
    weighted = [layer for layer in paper.layers if layer.count_params()]
    units = sum(int(np.prod(layer.output.shape[1:])) for layer in weighted)
    show_table(
        ["AlexNet", "parameters"],
        [
            ("one tower, 64/192/384/256/256 filters", alexnet().count_params()),
            ("the paper's, 96/256/384/384/256, two groups", paper.count_params()),
            ("the same, all channels joined", joined.count_params()),
        ],
        f"'60 million parameters' is right for each. The paper's '650,000 neurons' are the"
        f" {units:,} units of its convolutions and dense layers.",
    )

# %% [markdown]
# ## ZFNet, 2013
#
# AlexNet worked, and nobody could say what its layers had learned. Matthew Zeiler and Rob Fergus ran a network backwards, from one
# feature to the pixels that excite it (notebook 15 does such things). In the first layer of AlexNet they saw filters for very coarse and very fine stripes and few in between,
# and in the second layer patterns that came from the large stride, which skips too much. So they made the first filters smaller, 7 × 7, and the stride 2.
# A network of this kind won the contest of 2013.
#
# | layer | output |
# | :--- | :--- |
# | an image | 224 × 224 × 3 |
# | one pixel of zeros on each side | 226 × 226 × 3 |
# | 96 filters of 7 × 7, stride 2, ReLU | 110 × 110 × 96 |
# | max pooling 3 × 3, stride 2 | 55 × 55 × 96 |
# | 256 filters of 5 × 5, stride 2, ReLU | 26 × 26 × 256 |
# | max pooling 3 × 3, stride 2 | 13 × 13 × 256 |
# | 384 filters of 3 × 3, ReLU | 13 × 13 × 384 |
# | 384 filters of 3 × 3, ReLU | 13 × 13 × 384 |
# | 256 filters of 3 × 3, ReLU | 13 × 13 × 256 |
# | max pooling 3 × 3, stride 2 | 6 × 6 × 256 |
# | the dense layers of AlexNet, with dropout | 4,096; 4,096; 1,000 |
#
# (Its own kind of normalization is left out here.) All paddings are Keras's `"valid"` or `"same"`; from the sizes you can tell which is where. Each was
# chosen once, and a wrong one shows only as a pixel more or less.
#
# ### Exercise: zfnet
#
# Return the network of the table.


# %% exercise="zfnet"
def zfnet(
    input_shape=(224, 224, 3), classes=1000, filters=(96, 256, 384, 384, 256), units=4096
):
    """ZFNet, from an image to the probabilities of the classes.

    filters, units: as in alexnet.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    X_input = keras.Input(input_shape)

    X = layers.ZeroPadding2D(1)(X_input)
    X = layers.Conv2D(filters[0], 7, strides=2, activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    X = layers.Conv2D(filters[1], 5, strides=2, activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2, padding="same")(X)
    for count in filters[2:]:
        X = layers.Conv2D(count, 3, padding="same", activation="relu")(X)
    X = layers.MaxPooling2D(3, strides=2)(X)

    X = layers.Flatten()(X)
    for _ in range(2):
        X = layers.Dense(units, activation="relu")(X)
        X = layers.Dropout(0.5)(X)
    outputs = layers.Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="zfnet" points=3

# %% example
with attempt(), on_paper():
    network = zfnet()
    sizes = [layer.output.shape[1] for layer in network.layers if "pool" in layer.name]
    print(f"{network.count_params():,} parameters; after the poolings: {sizes}")

# %% [markdown]
# ## VGG, 2014
#
# How large should a filter be? Karen Simonyan and Andrew Zisserman, of the Visual Geometry Group in Oxford, answered: 3 × 3, everywhere.
# What a larger one sees, two small ones in a row see as well:

# %% demo
once = np.zeros((7, 7))
once[3, 3] = 1
twice = np.zeros((7, 7))
twice[2:5, 2:5] = 1
thrice = np.zeros((7, 7))
thrice[1:6, 1:6] = 1
diagrams.show_numbers(
    once,
    "←",
    twice,
    "←",
    thrice,
    titles=["one number", "of 3 × 3 numbers", "of 5 × 5 pixels"],
    signed=False,
    caption="A number behind two 3 × 3 convolutions comes from 5 × 5 pixels. Behind three of"
    " them it would be 7 × 7.",
)

# %% [markdown]
# With $C$ channels everywhere, a 5 × 5 filter has $25\,C$ weights and two 3 × 3 filters $18\,C$; a 7 × 7 filter $49\,C$ and three small
# ones $27\,C$. And between the small ones there is a ReLU, so what they compute together is more than one filter could.
#
# With that the design becomes regular. A **block** is two or more convolutions with padding "same", each with a ReLU, and a 2 × 2 max pooling that
# halves the image. The next block has twice as many filters, up to 512.
#
# | block | filters | convolutions, VGG-16 | VGG-19 | output |
# | :--- | ---: | ---: | ---: | :--- |
# | | | | | 224 × 224 × 3 |
# | 1 | 64 | 2 | 2 | 112 × 112 × 64 |
# | 2 | 128 | 2 | 2 | 56 × 56 × 128 |
# | 3 | 256 | 3 | 4 | 28 × 28 × 256 |
# | 4 | 512 | 3 | 4 | 14 × 14 × 512 |
# | 5 | 512 | 3 | 4 | 7 × 7 × 512 |
#
# Then flatten, two dense layers of 4,096 units with ReLU, and a dense layer with softmax. The number behind the name counts the layers with weights. (The
# paper also has dropout behind the two; the ones in Keras do without, and here you may do as you like.)
#
# In the contest of 2014 VGG was second in classification, behind the network of notebook 06, and first in
# localisation. It is still in use, as its plain features serve well for other things, such as the style transfer of notebook 14.
#
# ### Exercise: vgg
#
# Return VGG-16 or VGG-19. `filters` is the number of filters of the *first* block; the others follow from it as in the table: once, twice, four, eight
# and eight times as many.


# %% exercise="vgg"
def vgg(depth=16, input_shape=(224, 224, 3), classes=1000, filters=64, units=4096):
    """VGG, from an image to the probabilities of the classes.

    depth: 16 or 19;
    filters: of the convolutions of the first block;
    units: of the first two dense layers.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    more = 3 if depth == 16 else 4
    X = X_input = keras.Input(input_shape)
    for count, times in zip([2, 2, more, more, more], [1, 2, 4, 8, 8]):
        for _ in range(count):
            X = layers.Conv2D(times * filters, 3, padding="same", activation="relu")(X)
        X = layers.MaxPooling2D(2)(X)

    X = layers.Flatten()(X)
    X = layers.Dense(units, activation="relu")(X)
    X = layers.Dense(units, activation="relu")(X)
    outputs = layers.Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="vgg" points=5

# %% [markdown]
# Keras ships the same two networks, without weights if you ask for none. Layer by layer, are the shapes and the parameters the
# same?


# %% example
def weighted_layers(network):
    """Output shape and parameters of each layer that has some."""
    return [
        (layer.output.shape, layer.count_params())
        for layer in network.layers
        if layer.count_params()
    ]


with attempt(), on_paper():
    theirs = {16: keras.applications.VGG16, 19: keras.applications.VGG19}
    for depth, build in theirs.items():
        mine = vgg(depth)
        same = weighted_layers(mine) == weighted_layers(build(weights=None))
        print(f"VGG-{depth}: {mine.count_params():,} parameters, as in Keras: {same}")

# %% [markdown]
# ## Where the parameters are
#
# A network that learns to see should have its parameters where it sees. Let us count.
#
# ### Exercise: parameter_share
#
# Return three numbers for any model whose layers are in `model.layers`: the parameters of its convolutions (`layers.Conv2D`), those of its dense
# layers (`layers.Dense`), and the share of the dense layers in *all* parameters of the model, a number from 0 to 1. A model without
# parameters has a share of 0.


# %% exercise="parameter_share"
def parameter_share(model):
    """Where a model's parameters are.

    Returns the number in its convolutions, the number in its dense layers, and the
    share of the latter in all its parameters (0 if it has none).
    """
    ### BEGIN SOLUTION
    convolutions, dense = 0, 0
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            convolutions += layer.count_params()
        if isinstance(layer, layers.Dense):
            dense += layer.count_params()
    if model.count_params() == 0:
        return convolutions, dense, 0.0
    return convolutions, dense, dense / model.count_params()
    ### END SOLUTION


# %% check="parameter_share" points=3

# %% example
with attempt(), on_paper():
    networks = {
        "LeNet-5": lenet5(),
        "AlexNet, one tower": alexnet(),
        "AlexNet, 2012": alexnet_2012(),
        "ZFNet": zfnet(),
        "VGG-16": vgg(16),
        "VGG-19": vgg(19),
    }
    rows = []
    for name, network in networks.items():
        convolutions, dense, share = parameter_share(network)
        rows.append((name, convolutions, dense, network.count_params(), f"{share:.1%}"))
    show_table(
        ["network", "convolutions", "dense layers", "together", "dense share"],
        rows,
        "In all of them the dense layers have around nine tenths of the parameters."
        " This is where later networks saved first: they average each channel instead of"
        " flattening.",
    )

# %% [markdown]
# ## What it costs to remember
#
# Parameters are one half of the memory. To go backwards, training needs every number that came out of a layer on the way there. ReLU,
# softmax and dropout can write over their input, and flattening moves nothing. So what is kept of each image are
#
# - the image itself,
# - the output of each convolution (`Conv2D`), each pooling (`MaxPooling2D`, `AveragePooling2D`) and each dense layer (`Dense`).
#
# **Predict.** VGG-16 has 138 million parameters. How many such numbers are there, for one image: 15 million, 150 million? And are most of
# them near the image or near the answer?
#
# ### Exercise: activation_memory
#
# Return the number of values that are kept for *one* image, and the bytes they take in float32. Mind that the image is a layer in some
# models (those drawn with `keras.Model`) and not in others (lists, `keras.Sequential`); `model.input_shape` has it in both.


# %% exercise="activation_memory"
def activation_memory(model):
    """What a model keeps of one image.

    Returns the number of values and the number of bytes, as whole numbers.
    """
    ### BEGIN SOLUTION
    kept = (layers.Conv2D, layers.MaxPooling2D, layers.AveragePooling2D, layers.Dense)
    values = int(np.prod(model.input_shape[1:]))
    for layer in model.layers:
        if isinstance(layer, kept):
            values += int(np.prod(layer.output.shape[1:]))
    return values, 4 * values
    ### END SOLUTION


# %% check="activation_memory" points=4

# %% example
with attempt(), on_paper():
    network = vgg()
    values, size = activation_memory(network)
    early = sum(
        int(np.prod(layer.output.shape[1:]))
        for layer in network.layers[1:]
        if len(layer.output.shape) == 4 and layer.output.shape[1] >= 112
    )
    print(f"VGG-16 keeps {values:,} values of an image: {size / 1e6:.0f} MB.")
    print(f"{early / values:.1%} of them come out of layers at 224 and 112 pixels.")
    print(
        f"Its parameters take {4 * network.count_params() / 1e6:.0f} MB, once for all images."
    )
    batch = 32
    print(f"A batch of {batch} images keeps {batch * size / 1e9:.1f} GB.")

# %% [markdown]
# So the two halves lie at opposite ends: the memory of the activations at the first layers, where the images are large, and that of
# the parameters at the end, where everything meets everything.
#
# ## What you have just built
#
# Four classics, and a measure for any network. Choose one of your networks and another image size, and see where the
# bars grow:
#
# - Which of the bars stay as they are when the image becomes larger?
# - At 200 %, which layer of VGG-16 has nine tenths of all parameters? Why does a network with a dense layer behind `Flatten` take
#   images of one size only?


# %% demo
def drawn(build, channels=3):
    """From the side of an image to the network for it, without weights."""

    def at(side):
        with on_paper():
            return build(input_shape=(side, side, channels))

    return at


with attempt():
    explore_layers(
        {
            "LeNet-5": (drawn(lenet5, 1), 32),
            "AlexNet": (drawn(alexnet), 227),
            "ZFNet": (drawn(zfnet), 224),
            "VGG-16": (drawn(vgg), 224),
        }
    )

# %% [markdown]
# ### With the weights of ImageNet
#
# A VGG that was trained for weeks on ImageNet is one flag away. With `PRETRAINED = True` Keras fetches its weights (553 MB, once), they go into
# *your* `vgg()`, and it says what it sees on a photograph. VGG wants its colours from blue to red, with the mean of all training images
# subtracted; `preprocess_input` does that.

# %% example
PRETRAINED = False

if PRETRAINED:
    with attempt():
        network = vgg()
        load_pretrained(network, keras.applications.VGG16)
        cat = 255 * datasets.photograph("chelsea", size=(224, 224))
        seen = network(keras.applications.vgg16.preprocess_input(cat[np.newaxis]))
        top = keras.applications.vgg16.decode_predictions(np.asarray(seen), top=3)
        for _, name, probability in top[0]:
            print(f"{name:20} {probability:.0%}")
else:
    print("Set PRETRAINED to True to look at a cat with VGG-16.")

# %% [markdown]
# ## Spot the mistake
#
# These sentences are from the notes that this course grew out of. Set them right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `vgg_megabytes` | The forward pass of VGG-16 needs 96 MB per image. | the megabytes of its activations (a million bytes each), as counted here |
# | `six_times_faster` | With ReLU, AlexNet has a 6x times faster dataset. | what was six times faster |
# | `vgg_place` | VGG was the best performing model at that time. | its place in classification in 2014 |
# | `dense_layers` | LeNet and AlexNet end in two dense layers. | how many dense layers each of them has |
#
# Choose for `six_times_faster` from `"data set"`, `"training"` and `"prediction"`; the others are numbers.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these four names and your answers. Leave out what you do not know yet; each answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"vgg_megabytes": a number, ...}."""
    ### BEGIN SOLUTION
    with on_paper():
        _, size = activation_memory(vgg())
    return {
        "vgg_megabytes": size / 1e6,
        "six_times_faster": "training",
        "vgg_place": 2,
        "dense_layers": 3,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=4

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Build LeNet-5 with the partial connections of 1998. The first six filters see three neighbouring images, going round; the next six see four neighbouring
#   ones; three see two pairs; the last sees all. It must have 1,516 parameters there.
# - Replace the flattening of your `vgg` by `GlobalAveragePooling2D`. What becomes of its parameters, and what of the images of another size?
# - The two cards of 2012 learned different things: one had grey edges, the other colours. Train your slim `alexnet_2012` on colour photographs
#   (`datasets.photograph`, small crops, "which photograph is it from"), and look at its first filters. Does it happen again?
#
# ## Where this comes from
#
# Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner: *Gradient-Based Learning Applied to Document Recognition* (1998); a first network of this kind read postcodes
# in 1989. Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton: *ImageNet Classification with Deep Convolutional Neural Networks* (2012); the one-tower network is from
# Krizhevsky's *One weird trick for parallelizing convolutional neural networks* (2014). Nitish Srivastava and others describe dropout (2014). Matthew Zeiler and Rob Fergus: *Visualizing and Understanding
# Convolutional Networks* (2013). Karen Simonyan and Andrew Zisserman: *Very Deep Convolutional Networks for Large-Scale Image Recognition* (2014). The digits are by
# Ethem Alpaydin and Cenk Kaynak (UCI Machine Learning Repository, 1998, CC BY 4.0), as shipped with scikit-learn.
#
# VGG's authors tried to go deeper than 19 layers, and it did not help. Why, and what does, is the subject of notebook 05.
