#: You write: identity, projection and basic blocks, ResNet-18, -34, -50, dense blocks
#: Applied to: plain against residual networks of growing depth

# %% [markdown]
# # Residual networks
#
# In 2014 the best networks had about twenty layers, and those with more were worse. A year later a network
# of 152 layers won the ImageNet competition, and soon there were some with a thousand. What had changed is
# one addition.
#
# In this notebook you see eighteen layers fail, write the block that mends it, build ResNet-50, ResNet-18 and
# ResNet-34 from it, and then DenseNet's answer to the same question. At the end your block is put into the
# very networks that failed.
#
# **Stands on** notebooks 01 to 03. **Takes** about an hour to read and one and a half to do.

# %% setup
import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import Input
    from keras.layers import (
        Add,
        AveragePooling2D,
        BatchNormalization,
        Concatenate,
        Conv2D,
        Dense,
        Flatten,
        GlobalAveragePooling2D,
        MaxPooling2D,
        ReLU,
        ZeroPadding2D,
    )

from dlcourse.checks.residual import check, hint, solution
from dlcourse.data import datasets
from dlcourse.figures import block_diagrams, diagrams, plots
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.residual import explore_depth, last_loss, show_degradation

# %% [markdown]
# ## The degradation problem
#
# Here are 1,797 handwritten digits, and a network that grows by a number: first one convolution, then `n`
# blocks with 8 filters, then `n` blocks with 16 filters on images half as large, at the end the average of
# each channel and ten answers. A block has two convolutions, each with batch normalisation and ReLU. That
# makes $4n + 2$ layers with weights.
#
# **Predict.** The network of 18 layers can do whatever those of 6 and 10 can. Which of the three will have the smallest loss
# *on the digits that it learns from*?

# %%
digits, labels = datasets.digits()
order = np.random.default_rng(0).permutation(len(digits))
digits, labels = digits[order].astype("float32"), labels[order]
training, held_out = slice(0, 1297), slice(1297, 1797)


def plain_block(X, filters, stride=1):
    """Two 3x3 convolutions, each with batch normalisation and ReLU."""
    X = Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(X)
    X = ReLU()(BatchNormalization(momentum=0.9)(X))
    X = Conv2D(filters, 3, padding="same", use_bias=False)(X)
    return ReLU()(BatchNormalization(momentum=0.9)(X))


def digit_network(block, n, left_out=None):
    """4n + 2 layers for 8x8 images; block is a function such as plain_block.

    left_out: the number of a block to leave out, counted from 0.
    """
    keras.utils.set_random_seed(0)
    inputs = Input((8, 8, 1))
    X = Conv2D(8, 3, padding="same", use_bias=False)(inputs)
    X = ReLU()(BatchNormalization(momentum=0.9)(X))
    for number in range(2 * n):
        if number != left_out:
            X = block(X, 8 if number < n else 16, 2 if number == n else 1)
    outputs = Dense(10)(GlobalAveragePooling2D()(X))
    return keras.Model(inputs, outputs)


# %% [markdown]
# `fit` from notebook 03 would train it. With many layers and few steps, most of the time would go into
# preparing the training; this is the same thing with less around it: gradient descent with momentum (each
# step also keeps 0.9 of the step before; this momentum is not the one of batch normalisation), 60 steps of
# 128 digits, and a learning rate that falls to 0.

# %%
# the network ends without a softmax; the loss applies it
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def train(network, steps=60, learning_rate=0.1):
    """Train a network; return its loss at each step."""
    falling = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.SGD(falling, momentum=0.9)
    weights = network.trainable_variables
    optimizer.build(weights)

    @tf.function
    def step(images, answers):
        with tf.GradientTape() as tape:
            loss = loss_of(answers, network(images, training=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    rng = np.random.default_rng(1)
    batches = [rng.choice(training.stop, 128, replace=False) for _ in range(steps)]
    return [float(step(digits[batch], labels[batch])) for batch in batches]


def accuracy(network):
    """The share of the held-out digits that the network reads right."""
    answers = np.argmax(network(digits[held_out], training=False), axis=-1)
    return float(np.mean(answers == labels[held_out]))


# %% demo
curves = {"plain": {}, "residual": {}}
networks = {"plain": {}, "residual": {}}
accuracies = {"plain": {}, "residual": {}}
for n in [1, 2, 4]:
    network = networks["plain"][4 * n + 2] = digit_network(plain_block, n)
    curves["plain"][4 * n + 2] = train(network)
    accuracies["plain"][4 * n + 2] = accuracy(network)

figure = plots.figure(5.6, 2.8)
axes = plots.style(figure.subplots(), "step", "training loss")
for (depth, losses), colour in zip(curves["plain"].items(), plots.ACCENTS):
    axes.plot(losses, color=colour, linewidth=1.8, label=f"{depth} layers")
axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
plots.show(
    figure,
    "Three plain networks on the digits that they learn from. Ten layers learn"
    " faster than six; eighteen learn much worse.",
)

# %% [markdown]
# A deeper network should never be worse on the data that it learns from. Take the network of 10 layers and
# add 8 that hand on their input unchanged: it has 18 layers and the same loss. So a good solution exists,
# and training does not find it.
#
# Kaiming He and others called this **degradation** (2015). What it is not:
#
# - *Overfitting* would show as a low training loss and many errors on held-out data. Here the training loss
#   itself is high.
# - *Vanishing gradients* were the usual suspect, and for networks without batch normalisation a good one. Look
#   at the gradient of the first step, from layer to layer. **Predict.** How much smaller is it at the first convolution
#   than at the last, with batch normalisation and without?


# %%
def bare_block(X, filters, stride=1):
    """A plain block without batch normalisation."""
    X = Conv2D(filters, 3, strides=stride, padding="same", activation="relu")(X)
    return Conv2D(filters, 3, padding="same", activation="relu")(X)


def gradient_sizes(network):
    """The norm of the loss's gradient for each convolution, before any training."""
    kernels = [weight for weight in network.trainable_weights if len(weight.shape) == 4]
    with tf.GradientTape() as tape:
        loss = loss_of(labels[:128], network(digits[:128], training=True))
    gradients = tape.gradient(loss, [kernel.value for kernel in kernels])
    return [float(tf.norm(gradient)) for gradient in gradients]


# %% demo
plots.show_curves(
    {
        "with batch normalisation": gradient_sizes(digit_network(plain_block, 4)),
        "without in the blocks": gradient_sizes(digit_network(bare_block, 4)),
    },
    x=range(1, 18),
    x_label="convolution",
    y_label="norm of the gradient",
    logarithmic=True,
    caption="17 convolutions, before training. Without batch normalisation in the blocks"
    " the gradients are thousands of times smaller: next to nothing would be learned."
    " With it, every layer gets a signal.",
)

# %% [markdown]
# With batch normalisation the gradients are healthy, and the deep network still does not learn. The authors
# concluded that it is hard to *optimise*: several layers in a row cannot easily learn to leave something
# as it is. (Later work adds to the story, for instance that the gradients of a deep plain network for
# neighbouring inputs have little to do with each other. That shortcuts help is not in doubt.)
#
# ## The skip connection
#
# If it is hard to learn "hand on the input", build it in. Keep the input of the block, and add it to the result
# before the last ReLU:
#
# $$a^{[l+2]} = g\left(z^{[l+2]} + a^{[l]}\right)$$
#
# Here $a^{[l]}$ is the block's input, $z^{[l+2]}$ the result of its last convolution and normalisation, and $g$
# is ReLU. A shortcut may jump over two layers, three or more, but not over one: around a single layer it helps
# little, since $Wa + a$ is just another linear map of $a$. The layers inside only have to learn the *difference* between what comes in and what should go out:
# the residual.

# %% demo
block_diagrams.show_blocks(
    ("a plain block", ["conv 3×3", "norm", "ReLU", "conv 3×3", "norm", "ReLU"], None),
    (
        "a residual block",
        ["conv 3×3", "norm", "ReLU", "conv 3×3", "norm", "+", "ReLU"],
        [],
    ),
    caption="The residual block adds its input on a shortcut (or skip connection), before"
    " the last ReLU.",
)

# %% [markdown]
# What happens where the layers have nothing to add, with weights near zero, as a penalty on large weights
# (weight decay) makes them?

# %% demo
a = np.array([[3.0, 0.0, 1.0, 2.0]])
z = np.zeros((1, 4))
diagrams.show_numbers(
    a,
    "",
    np.maximum(z, 0),
    "",
    np.maximum(z + a, 0),
    titles=["a, the input", "g(z), plain", "g(z + a), residual"],
    signed=False,
    caption="With z = 0 the plain block forgets its input and the residual block hands"
    " it on. This works because the input comes from a ReLU: no number is negative.",
)

# %% [markdown]
# The way back has a shortcut too. The derivative of $z + a$ for $a$ is that of $z$ **plus one**, so the error
# arrives at every block both through its layers and around them.
#
# Addition needs equal shapes: $z^{[l+2]}$ and $a^{[l]}$ must have the same height, width and channels. Keep
# that in mind for the rest of the notebook.
#
# ## The bottleneck
#
# Large networks have many channels, and a 3 × 3 convolution from 256 channels to 256 has
# $3·3·256·256 = 589{,}824$ weights. Two of them make 1,179,648. The blocks of ResNet-50 have three layers
# instead: a 1 × 1 convolution to few channels, a 3 × 3 convolution there, and a 1 × 1 convolution back.

# %% demo
show_table(
    ["block on 256 channels", "weights"],
    [
        ("3 × 3, 256 → 256, twice", 2 * 3 * 3 * 256 * 256),
        (
            "1 × 1, 256 → 64; 3 × 3, 64 → 64; 1 × 1, 64 → 256",
            256 * 64 + 3 * 3 * 64 * 64 + 64 * 256,
        ),
    ],
    "The bottleneck has a seventeenth of the weights, and one more ReLU.",
)

# %% [markdown]
# ## The identity block
#
# With a bottleneck on the main path and the input itself on the shortcut:

# %% demo
block_diagrams.show_blocks(
    (
        "the identity block",
        ["conv 1×1", "norm", "ReLU", "conv f×f", "norm", "ReLU"]
        + ["conv 1×1", "norm", "+", "ReLU"],
        [],
    ),
    caption="Every convolution is followed by batch normalisation. The third has no ReLU"
    " of its own: the shortcut is added first.",
)

# %% [markdown]
# `filters` are three numbers, one for each convolution. The third must be the number of channels of `X`, or
# the two paths cannot be added.
#
# The arguments `stage` and `block` only serve to name the layers; this is how these functions are known from
# Andrew Ng's course, and yours may ignore them. Versions of it also start every layer from the same random
# seed (`glorot_uniform(seed=0)`). Leave that out: layers of the same shape would start with the same numbers.
#
# ### Exercise: identity_block
#
# Return the block's output, a Keras tensor of the shape of `X`. The convolutions keep their biases.


# %% exercise="identity_block"
def identity_block(X, f, filters, stage=None, block=None):
    """A bottleneck of three convolutions, with X itself on the shortcut.

    X: Keras tensor (m, n_H, n_W, n_C); f: size of the middle convolution;
    filters: three numbers of filters, the last of them n_C;
    stage, block: for names, if you like.
    Returns a tensor of the shape of X.
    """
    ### BEGIN SOLUTION
    F1, F2, F3 = filters
    X_shortcut = X

    X = Conv2D(F1, 1)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(F2, f, padding="same")(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(F3, 1)(X)
    X = BatchNormalization(momentum=0.9)(X)

    X = Add()([X, X_shortcut])
    return ReLU()(X)
    ### END SOLUTION


# %% check="identity_block" points=5

# %% [markdown]
# The check gives every weight a value that depends on its shape and its role only, and looks at what your
# block computes, while it learns and while it predicts, and at the gradient that comes out at its input. How
# you wrote it, and what the layers are called, does not matter.

# %% example
with attempt():
    X = Input((15, 15, 256))
    block = keras.Model(X, identity_block(X, 3, [64, 64, 256], stage=2, block="b"))
    print("shape:     ", block.output_shape)
    print("parameters:", f"{block.count_params():,}")

# %% [markdown]
# ## The convolutional block
#
# Where a network makes its images smaller and gives them more channels, the input no longer fits. Then the
# shortcut gets a convolution of its own, a **projection**. It is 1 × 1, has as many filters as the main path at
# its end and the same stride, and no ReLU: it has nothing to do but change the shape.

# %% demo
block_diagrams.show_blocks(
    (
        "the convolutional block",
        ["conv 1×1 / s", "norm", "ReLU", "conv f×f", "norm", "ReLU"]
        + ["conv 1×1", "norm", "+", "ReLU"],
        ["conv 1×1 / s", "norm"],
    ),
    caption="With / s: a stride of s. Both paths come to the sum with the same shape.",
)

# %% [markdown]
# The stride is on the first convolution of the main path. (Most libraries have moved it to the middle one,
# where a stride of 2 skips no pixel, and call that version 1.5. Here we keep the paper's.) There is another way
# without parameters: take every second pixel and fill the new channels with zeros. The paper uses it in its
# small networks.
#
# ### Exercise: convolutional_block
#
# Return the block's output, a tensor of shape `(m, ceil(n_H / s), ceil(n_W / s), filters[2])`. The convolutions
# keep their biases, as in `identity_block`.


# %% exercise="convolutional_block"
def convolutional_block(X, f, filters, stage=None, block=None, s=2):
    """A bottleneck of three convolutions, with a projection of X on the shortcut.

    X: Keras tensor (m, n_H, n_W, n_C);
    f, filters, stage, block: as in identity_block, but n_C is free;
    s: stride of the first convolution of the main path and of the projection.
    Returns a tensor of shape (m, ceil(n_H / s), ceil(n_W / s), filters[2]).
    """
    ### BEGIN SOLUTION
    F1, F2, F3 = filters
    X_shortcut = X

    X = Conv2D(F1, 1, strides=s)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(F2, f, padding="same")(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(F3, 1)(X)
    X = BatchNormalization(momentum=0.9)(X)

    X_shortcut = Conv2D(F3, 1, strides=s)(X_shortcut)
    X_shortcut = BatchNormalization(momentum=0.9)(X_shortcut)

    X = Add()([X, X_shortcut])
    return ReLU()(X)
    ### END SOLUTION


# %% check="convolutional_block" points=5

# %% example
with attempt():
    X = Input((15, 15, 256))
    halved = convolutional_block(X, 3, [128, 128, 512], stage=3, block="a", s=2)
    print(X.shape, "->", halved.shape)

# %% [markdown]
# ## ResNet-50
#
# Fifty layers with weights, made of these two blocks. For images of 64 × 64 and six classes:
#
# | stage | layers | output |
# | :--- | :--- | :--- |
# | | the image | 64 × 64 × 3 |
# | 1 | zero padding of 3; convolution 7 × 7, 64 filters, stride 2; normalisation; ReLU | 32 × 32 × 64 |
# | | max pooling 3 × 3, stride 2 | 15 × 15 × 64 |
# | 2 | convolutional block, filters 64, 64, 256, s = 1; 2 identity blocks | 15 × 15 × 256 |
# | 3 | convolutional block, filters 128, 128, 512, s = 2; 3 identity blocks | 8 × 8 × 512 |
# | 4 | convolutional block, filters 256, 256, 1024, s = 2; 5 identity blocks | 4 × 4 × 1024 |
# | 5 | convolutional block, filters 512, 512, 2048, s = 2; 2 identity blocks | 2 × 2 × 2048 |
# | | average pooling 2 × 2; flatten | 2048 |
# | | dense, softmax | 6 |
#
# All blocks have f = 3. The identity blocks of a stage have the filters of its convolutional block.
#
# ### Exercise: ResNet50
#
# Return a `keras.Model`. Use your two blocks. The convolution of stage 1 keeps its biases too.


# %% exercise="ResNet50"
def ResNet50(input_shape=(64, 64, 3), classes=6):
    """ResNet-50, from an image of input_shape to the probabilities of the classes.

    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    X_input = Input(input_shape)

    X = ZeroPadding2D(3)(X_input)
    X = Conv2D(64, 7, strides=2)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)
    X = MaxPooling2D(3, strides=2)(X)

    X = convolutional_block(X, 3, [64, 64, 256], stage=2, block="a", s=1)
    for letter in "bc":
        X = identity_block(X, 3, [64, 64, 256], stage=2, block=letter)

    X = convolutional_block(X, 3, [128, 128, 512], stage=3, block="a", s=2)
    for letter in "bcd":
        X = identity_block(X, 3, [128, 128, 512], stage=3, block=letter)

    X = convolutional_block(X, 3, [256, 256, 1024], stage=4, block="a", s=2)
    for letter in "bcdef":
        X = identity_block(X, 3, [256, 256, 1024], stage=4, block=letter)

    X = convolutional_block(X, 3, [512, 512, 2048], stage=5, block="a", s=2)
    for letter in "bc":
        X = identity_block(X, 3, [512, 512, 2048], stage=5, block=letter)

    X = AveragePooling2D(2)(X)
    X = Flatten()(X)
    outputs = Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="ResNet50" points=6

# %% example
with attempt():
    network = ResNet50()
    trained = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    show_table(
        ["ResNet-50 with 6 classes", "numbers"],
        [
            ("trained by gradient descent", trained),
            ("moving averages of batch normalisation", network.count_params() - trained),
            ("together", network.count_params()),
        ],
        "Keras counts both kinds; papers count the first.",
    )
    del network

# %% [markdown]
# ## Basic blocks
#
# The smaller members of the family do without the bottleneck: their **basic block** has two 3 × 3 convolutions.
# One function can serve for both kinds of shortcut: `X` itself where the shapes agree, a projection where they
# do not.
#
# From here on the convolutions have no biases. Batch normalisation, right behind, subtracts the mean of each
# channel, and any bias with it; its own beta does the same service. Give it `momentum=0.9`: it is the share
# of the old value when the moving averages for predictions are updated, and with Keras's 0.99 they need
# hundreds of steps before they are of use. Our trainings are short.
#
# ### Exercise: basic_block
#
# Return ReLU of the sum of
#
# - the main path: a 3 × 3 convolution with the stride, normalisation, ReLU, a 3 × 3 convolution,
#   normalisation; with padding "same" and without biases;
# - the shortcut: `X`, if its shape is that of the main path; else a 1 × 1 convolution of `X` with the stride,
#   without a bias, and normalisation.


# %% exercise="basic_block"
def basic_block(X, filters, stride=1):
    """Two 3x3 convolutions, with X or a projection of it on the shortcut.

    X: Keras tensor (m, n_H, n_W, n_C);
    filters: of both convolutions; stride: of the first.
    Returns a tensor of shape (m, ceil(n_H / stride), ceil(n_W / stride), filters).
    """
    ### BEGIN SOLUTION
    X_shortcut = X

    X = Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)
    X = Conv2D(filters, 3, padding="same", use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)

    if stride != 1 or X_shortcut.shape[-1] != filters:
        X_shortcut = Conv2D(filters, 1, strides=stride, use_bias=False)(X_shortcut)
        X_shortcut = BatchNormalization(momentum=0.9)(X_shortcut)

    X = Add()([X, X_shortcut])
    return ReLU()(X)
    ### END SOLUTION


# %% check="basic_block" points=4

# %% example
with attempt():
    X = Input((56, 56, 64))
    print(X.shape, "->", basic_block(X, 64, 1).shape, "->", basic_block(X, 128, 2).shape)

# %% [markdown]
# ## ResNet-18 and ResNet-34
#
# Now the networks for ImageNet, with images of 224 × 224 and 1000 classes. All paddings are "same":
#
# | layers | output |
# | :--- | :--- |
# | the image | 224 × 224 × 3 |
# | convolution 7 × 7, 64 filters, stride 2, no biases; normalisation; ReLU | 112 × 112 × 64 |
# | max pooling 3 × 3, stride 2 | 56 × 56 × 64 |
# | basic blocks with 64 filters, all with stride 1 | 56 × 56 × 64 |
# | basic blocks with 128 filters, the first with stride 2 | 28 × 28 × 128 |
# | basic blocks with 256 filters, the first with stride 2 | 14 × 14 × 256 |
# | basic blocks with 512 filters, the first with stride 2 | 7 × 7 × 512 |
# | the average of each channel | 512 |
# | dense, softmax | 1000 |
#
# ResNet-18 has two blocks in each of the four rows. ResNet-34 has 3, 4, 6 and 3. Where the images are halved the
# channels are doubled, so that every block costs the same time.
#
# ### Exercise: resnet18
#
# Return a `keras.Model`. The argument `blocks` says how many blocks each row has.


# %% exercise="resnet18"
def resnet18(input_shape=(224, 224, 3), classes=1000, blocks=(2, 2, 2, 2)):
    """ResNet-18, from an image of input_shape to the probabilities of the classes.

    blocks: the numbers of basic blocks with 64, 128, 256 and 512 filters.
    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    X_input = Input(input_shape)

    X = Conv2D(64, 7, strides=2, padding="same", use_bias=False)(X_input)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)
    X = MaxPooling2D(3, strides=2, padding="same")(X)

    for row, count in enumerate(blocks):
        for number in range(count):
            stride = 2 if row > 0 and number == 0 else 1
            X = basic_block(X, 64 * 2**row, stride)

    X = GlobalAveragePooling2D()(X)
    outputs = Dense(classes, activation="softmax")(X)
    return keras.Model(X_input, outputs)
    ### END SOLUTION


# %% check="resnet18" points=4

# %% [markdown]
# ### Exercise: resnet34
#
# Return a `keras.Model`. One line is enough.


# %% exercise="resnet34"
def resnet34(input_shape=(224, 224, 3), classes=1000):
    """ResNet-34, from an image of input_shape to the probabilities of the classes.

    Returns a keras.Model.
    """
    ### BEGIN SOLUTION
    return resnet18(input_shape, classes, blocks=(3, 4, 6, 3))
    ### END SOLUTION


# %% check="resnet34" points=1

# %% [markdown]
# How many numbers do they learn? For a convolution without biases and its normalisation,
# $f·f·n_{C,prev}·n_C$ weights, a gamma and a beta for each channel. The rest is adding up:


# %%
def convolution(f, n_C_prev, n_C):
    return f * f * n_C_prev * n_C + 2 * n_C


def imagenet_parameters(blocks, bottleneck):
    """How many numbers a ResNet for ImageNet learns; blocks: how many in each row."""
    total = convolution(7, 3, 64)
    n_C_prev = 64
    for row, count in enumerate(blocks):
        width = 64 * 2**row
        n_C = 4 * width if bottleneck else width
        for _ in range(count):
            if bottleneck:
                total += convolution(1, n_C_prev, width) + convolution(3, width, width)
                total += convolution(1, width, n_C)
            else:
                total += convolution(3, n_C_prev, width) + convolution(3, width, width)
            if n_C_prev != n_C:
                total += convolution(1, n_C_prev, n_C)
            n_C_prev = n_C
    return total + (n_C_prev + 1) * 1000


def cifar_parameters(n):
    """The paper's networks of 6n + 2 layers for the 32x32 images of CIFAR-10."""
    total = convolution(3, 3, 16) + convolution(3, 16, 32) + convolution(3, 32, 64)
    for width in [16, 32, 64]:
        total += (2 * n - (width > 16)) * convolution(3, width, width)
    return total + (64 + 1) * 10


# %% demo
table = [("ResNet-34", "3, 4, 6, 3", "basic", imagenet_parameters([3, 4, 6, 3], False))]
for depth, blocks in [(50, [3, 4, 6, 3]), (101, [3, 4, 23, 3]), (152, [3, 8, 36, 3])]:
    words = ", ".join(map(str, blocks))
    learned = imagenet_parameters(blocks, True)
    table.append((f"ResNet-{depth}", words, "bottleneck", learned))
for n in [3, 18]:
    name = f"ResNet-{6 * n + 2} for CIFAR-10"
    table.append((name, f"{n}, {n}, {n}", "basic", cifar_parameters(n)))
show_table(
    ["network", "blocks", "kind", "learned numbers"],
    table,
    "ResNet-50 has only a sixth more to learn than ResNet-34, thanks to the bottleneck."
    " The networks for CIFAR-10 are narrow (16, 32 and 64 channels): 110 layers fit into"
    " less than two million numbers.",
)

# %% [markdown]
# ## DenseNet
#
# A residual block *adds* what it has found to what was there, and the sum cannot be taken apart again. Huang
# and others (2016) *append* it: new channels beside the old ones. In a **dense block** a layer sees the
# channels of the block's input and of every layer before it, and appends a few of its own.

# %% demo
block_diagrams.show_dense_connections(
    4,
    caption="Each arrow hands on channels. The result is the input and the channels of"
    " all layers, side by side.",
)

# %% [markdown]
# How many channels a layer appends is the **growth rate** $k$. It is small, 12 or 32: a layer need not repeat what
# is already there. After $L$ layers $n_C + L k$ channels have come together.
#
# Here batch normalisation and ReLU come *before* the convolution, as each layer's input is a mixture of channels
# from many places.
#
# ### Exercise: dense_block
#
# Do this `layers` times: batch normalisation and ReLU of all channels, a 3 × 3 convolution to `growth_rate`
# channels (padding "same", no bias), and append them *behind* those that were there.


# %% exercise="dense_block"
def dense_block(X, growth_rate, layers):
    """Layers that each see everything before them, and append growth_rate channels.

    X: Keras tensor (m, n_H, n_W, n_C).
    Returns a tensor of shape (m, n_H, n_W, n_C + layers * growth_rate).
    """
    ### BEGIN SOLUTION
    for _ in range(layers):
        new = BatchNormalization(momentum=0.9)(X)
        new = ReLU()(new)
        new = Conv2D(growth_rate, 3, padding="same", use_bias=False)(new)
        X = Concatenate()([X, new])
    return X
    ### END SOLUTION


# %% check="dense_block" points=4

# %% [markdown]
# Between two dense blocks a **transition layer** makes the image smaller and thins the channels out: batch
# normalisation, ReLU, a 1 × 1 convolution without a bias, 2 × 2 average pooling. The share of the channels that
# stays is the **compression** $\theta$; $\theta n_C$ is rounded down.
#
# ### Exercise: transition_layer
#
# Return a tensor of shape `(m, n_H // 2, n_W // 2, floor(compression * n_C))`.


# %% exercise="transition_layer"
def transition_layer(X, compression):
    """Fewer channels and half the height and width.

    X: Keras tensor (m, n_H, n_W, n_C); compression: above 0, at most 1.
    Returns a tensor of shape (m, n_H // 2, n_W // 2, floor(compression * n_C)).
    """
    ### BEGIN SOLUTION
    filters = int(compression * X.shape[-1])
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)
    X = Conv2D(filters, 1, use_bias=False)(X)
    return AveragePooling2D(2)(X)
    ### END SOLUTION


# %% check="transition_layer" points=3

# %% example
with attempt():
    X = Input((56, 56, 64))
    shapes = [X.shape]
    for layers in [6, 12]:
        X = dense_block(X, 32, layers)
        shapes.append(X.shape)
        X = transition_layer(X, 0.5)
        shapes.append(X.shape)
    steps = ["start", "6 dense layers", "transition", "12 dense layers", "transition"]
    show_table(
        ["after", "height", "width", "channels"],
        [(step, *shape[1:]) for step, shape in zip(steps, shapes)],
        "The first half of DenseNet-121, with your functions: every block gathers"
        " channels, every transition halves them. (In DenseNet-121 each layer also has a"
        " 1 × 1 convolution.)",
    )

# %% [markdown]
# ## What you have just built
#
# The cure. The three networks from the beginning, with your `basic_block` in the place of `plain_block` and
# everything else as it was: the digits, the order of the batches, the 60 steps, the learning rate.

# %% demo
with attempt():
    for n in [1, 2, 4]:
        network = networks["residual"][4 * n + 2] = digit_network(basic_block, n)
        curves["residual"][4 * n + 2] = train(network)
        accuracies["residual"][4 * n + 2] = accuracy(network)
    show_degradation(
        curves,
        caption="The degradation curve. Without shortcuts, the deepest network is the"
        " worst; with them, more layers make the training loss smaller.",
    )
    show_table(
        ["layers", "plain", "residual"],
        [
            (depth, *(f"{accuracies[kind][depth]:.1%}" for kind in ["plain", "residual"]))
            for depth in curves["plain"]
        ],
        "The share of 500 held-out digits that each network reads right after 60 steps.",
    )

# %% [markdown]
# Move the slider to see how each pair learned. Things to look at:
#
# - Six layers: is there already a difference?
# - Eighteen layers: how far has the plain network come when the loss of the residual one is at 0.1?

# %% demo
if curves["residual"]:
    explore_depth(curves)
else:
    print("Waiting for basic_block: it is not written yet.")

# %% [markdown]
# A plain network of 18 layers does learn in the end, with some hundreds of steps more. The paper's networks
# were trained for as long as they would improve, and the gap stayed.
#
# ### One block taken out
#
# Take a trained network, cut one block out, join the ends and train no more. (The block that halves the image has to
# stay.) The plain network of 10 layers reads the digits as well as the residual one of 18.
#
# **Predict.** How well do the two read with one block less?


# %%
def without(network, block, n, number):
    """A trained digit_network without one of its blocks; all other weights stay."""
    smaller = digit_network(block, n, left_out=number)
    size = len(network.layers) - len(smaller.layers)
    # four layers come before the blocks, two behind them; the one that halves may be larger
    start = 4 + size * number if number < n else -2 - size * (2 * n - number)
    start %= len(network.layers)
    kept = network.layers[:start] + network.layers[start + size :]
    for layer, original in zip(smaller.layers, kept, strict=True):
        layer.set_weights(original.get_weights())
    return smaller


# %% demo
with attempt():
    # stops here while basic_block is not written
    basic_block(Input((8, 8, 8)), 8)
    figure = plots.figure(5.6, 2.8)
    axes = plots.style(figure.subplots(), "block that is cut out", "digits read right")
    for (kind, block, n), colour in zip(
        [("plain", plain_block, 2), ("residual", basic_block, 4)], plots.ACCENTS
    ):
        network = networks[kind][4 * n + 2]
        blocks = [number for number in range(2 * n) if number != n]
        left = [accuracy(without(network, block, n, number)) for number in blocks]
        label = f"{kind}, {4 * n + 2} layers"
        axes.plot([b + 1 for b in blocks], left, "o", color=colour, label=label)
        axes.axhline(accuracy(network), color=colour, linewidth=1, linestyle=":")
    axes.set_ylim(0, 1.03)
    axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9, loc="center right")
    plots.show(
        figure,
        "Dotted: nothing is cut out. Without any one of its blocks the plain network"
        " guesses. The residual network needs its first blocks, and hardly notices"
        " that one of the last is gone.",
    )

# %% [markdown]
# In a plain network each layer speaks only to the next. In a residual network there are many ways through: at each block the
# numbers go through the layers and around them, $2^8$ ways with 8 blocks, and a block that is cut out ends half of them.
# Andreas Veit, Michael Wilber and Serge Belongie, who tried this on large networks (2016), see in a ResNet an *ensemble* of
# shallower networks.
#
# ## Spot the mistake
#
# These sentences are from the notes that this course grew out of. Set them right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `skipped_layers` | The skip connection of the identity block is over 2 layers. | how many convolutions it skips in your `identity_block` |
# | `resnet18_parameters` | ResNet has only about 2 million parameters. (Beside a printout of ResNet-18.) | the trainable parameters of ResNet-18 with 1000 classes |
# | `shift` | Batch normalisation reduces the internal covariance shift. | the right word for "covariance" |
# | `plain_networks` | Deep plain networks train badly because of vanishing gradients. | what Kaiming He and others say it is |
# | `dense_layers` | ResNet-34 has no fully connected layers. | how many it has |
# | `dense_connections` | In a DenseNet each layer is connected to all others. | the layers of its block that it gets its input from |
# | `last_competition` | ResNet won the last ImageNet competition. | the year of the last one |
#
# Words to choose from: for `shift` `"covariance"`, `"covariate"` or `"correlation"`; for `plain_networks`
# `"vanishing gradients"`, `"overfitting"` or `"degradation"`; for `dense_connections` `"all"`, `"preceding"`,
# `"following"` or `"the last"`.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these seven names and your answers. Leave out what you do not know yet; each answer
# counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"skipped_layers": a number, "shift": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "skipped_layers": 3,
        "resnet18_parameters": imagenet_parameters([2, 2, 2, 2], False),
        "shift": "covariate",
        "plain_networks": "degradation",
        "dense_layers": 1,
        "dense_connections": "preceding",
        "last_competition": 2017,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=7

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - *Wider, not deeper.* A **Wide ResNet** gives every block $k$ times as many filters. Let `digit_network` take $k$, and train
#   6 layers with $k = 4$ beside 18 layers with $k = 1$. Which learns faster for each step, and which for each second?
# - Put normalisation and ReLU *in front of* each convolution and leave the last ReLU out, as the second paper does. Now nothing
#   stands in the shortcut's way from the first block to the last. How many layers can you train in 60 steps?
# - Read off the **design principles** that VGG and the ResNets share: 3 × 3 filters; twice as many channels where height and width
#   are halved, so that every row of blocks costs about the same; one dense layer at the end. Check the cost row by row for ResNet-34.
#
# ## Where this comes from
#
# Shortcuts around layers are older than deep learning. Srivastava, Greff and Schmidhuber trained hundreds of
# layers with gated ones in 2015 (*Highway Networks*), in the spirit of the LSTM, which you meet in notebook 18. He,
# Zhang, Ren and Sun took the gates away the same year: *Deep Residual Learning for Image Recognition* shows the
# degradation problem, the two blocks of this notebook, and the networks with 18 to 152 layers; an ensemble of them won the ImageNet
# competition of 2015 with 3.57 % errors (top 5). Their second paper, *Identity Mappings in Deep Residual Networks*
# (2016), puts normalisation and ReLU first. Zagoruyko and Komodakis make the blocks wider instead of more
# (*Wide Residual Networks*, 2016). Ioffe and Szegedy introduced batch normalisation in 2015. Balduzzi and others
# compare the gradients of neighbouring inputs (*The Shattered Gradients Problem*, 2017). Huang, Liu, van der Maaten
# and Weinberger wrote *Densely Connected Convolutional Networks* (2016). The competition was held for the last time two years
# after ResNet won it.
#
# The next notebook asks not only what an image shows, but where.
