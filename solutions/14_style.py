#: You write: content and style costs, the Gram matrix, a training step on pixels
#: Applied to: a photograph in the style of another

# %% [markdown]
# # Neural style transfer
#
# Paint a photograph in the style of another one: the things of the first, the colours and strokes of the
# second. In this notebook no network is trained. The network is finished and stays as it is; what gradient
# descent changes are the pixels of an image.
#
# You write the costs that say what a good painting is, and the step that improves it. At the end, a
# photograph becomes a painting before your eyes, in 200 of your steps.
#
# The functions here are written with TensorFlow, because it works out the gradients. Everything from the
# activations to the cost must stay in TensorFlow: `tf.square` instead of `np.square`, no `.numpy()`.
#
# **Stands on** notebook 03. **Takes** about half an hour to read and one to do.

# %% setup
import functools

import numpy as np
from PIL import Image, ImageOps

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf

from dlcourse.checks.style import check, hint, solution
from dlcourse.data import datasets, features
from dlcourse.figures import diagrams, plots
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.style import explore_painting, explore_weights, paint, picture_after

# %% [markdown]
# ## A network to look with
#
# Comparing two images pixel by pixel is of no use here: a painting of a cat differs from a photograph of
# the cat in every pixel. What they share is edges, patches of fur, eyes in a certain place. That is what the
# layers of a trained convolutional network respond to.
#
# The network of this notebook is small: six convolutions in three blocks, which have learned to tell from
# which part of which photograph a piece was cut. Its weights come with the course. Published style transfer
# uses VGG-19, trained on a million photographs; if you are online and have a little patience,
# `features.feature_network(pretrained=True)` downloads it, and the rest of the notebook works with it too.

# %%
STYLE_NAMES = list(features.LAYERS)
CONTENT_NAME = "block2_conv2"

network = features.feature_network()
outputs = features.layer_outputs(network, [*STYLE_NAMES, CONTENT_NAME])


def photograph(name, rows=120, columns=180):
    """A batch with one photograph, at least rows x columns pixels, cut to this size."""
    n_H, n_W = datasets.photograph(name).shape[:2]
    needed = max(rows, -(-columns * n_H // n_W))
    image = datasets.photograph(name, size=needed)
    return image[np.newaxis, :rows, :columns].astype(np.float32)


tower = photograph("china")
tissue = photograph("immunohistochemistry")

# %% [markdown]
# `outputs` takes a batch with one image and returns a list of activations: those of the style layers first,
# and last the ones of the layer that we use for the content. Each has the shape `(1, n_H, n_W, n_C)`.

# %% demo
show_table(
    ["layer", "used for", "shape of its activations"],
    [
        (name, "content" if number == len(STYLE_NAMES) else "style", str(tuple(a.shape)))
        for number, (name, a) in enumerate(
            zip([*STYLE_NAMES, CONTENT_NAME], outputs(tower), strict=True)
        )
    ],
    "The list that outputs(tower) returns. The photograph is mirrored a little way beyond"
    " its border, so that the filters have something to look at there.",
)

early, late = outputs(tower)[1][0].numpy(), outputs(tower)[5][0].numpy()


def strongest(a, count):
    """The channels that vary most."""
    return [a[:, :, c] for c in np.argsort(-a.std(axis=(0, 1)))[:count]]


plots.show_images(
    [tower[0], *strongest(early, 2), *strongest(late, 3)],
    ["the photograph", "block1_conv2", "block1_conv2", *["block3_conv2"] * 3],
    "Two channels of an early layer and three of a late one; bright is active. Early"
    " layers respond to edges and colours, later ones to coarser patterns. "
    + datasets.credit("china"),
    columns=3,
)

# %% [markdown]
# ## The content cost
#
# Two images have the same content when one layer gives the same activations for both. Call the
# activations $a^{(C)}$ for the content image and $a^{(G)}$ for the generated one, subtract them, square the
# differences and add them up.

# %% demo
content_example = np.array([[1, 2], [3, 4]])
generated_example = np.array([[1, 0], [3, 5]])
diagrams.show_numbers(
    content_example,
    "-",
    generated_example,
    "→",
    (content_example - generated_example) ** 2,
    titles=["content", "generated", "squared difference"],
    signed=[False, False, False],
    caption="A layer of 2 × 2 with one channel. The squares add up to 5, and the cost is"
    " 5 / (4·2·2·1) = 0.3125.",
)

# %% [markdown]
# So that a large layer does not cost more than a small one, the sum is divided by the number of activations,
# and by 4:
#
# $$J_{content} = \frac{1}{4\,n_H\,n_W\,n_C}\,\sum_{\text{all}} \bigl(a^{(C)} - a^{(G)}\bigr)^2$$
#
# Other texts have $\frac{1}{2}$ in its place, as the original paper. It makes no difference that matters:
# it only scales the cost, and how much the content counts is chosen later, with a weight of its own.
#
# ### Exercise: compute_content_cost
#
# Both arguments are lists of activations, as `outputs` returns them. Compare the last ones. Return the cost,
# a tensor with one number.


# %% exercise="compute_content_cost"
def compute_content_cost(content_output, generated_output):
    """The content cost, from the last activations of each list.

    content_output and generated_output are lists of activations; the last ones have the
    same shape (1, n_H, n_W, n_C).
    Returns a tensor with one number.
    """
    ### BEGIN SOLUTION
    a_C = content_output[-1]
    a_G = generated_output[-1]
    m, n_H, n_W, n_C = a_G.shape
    return tf.reduce_sum(tf.square(a_C - a_G)) / (4 * n_H * n_W * n_C)
    ### END SOLUTION


# %% check="compute_content_cost" points=2

# %% [markdown]
# What does your cost find similar? Take the photograph of the tower, change it in some
# ways, and compare.

# %% example
with attempt():
    changed = {
        "the tower itself": tower,
        "a little noise": np.clip(
            tower + np.random.default_rng(0).normal(0, 0.05, tower.shape), 0, 1
        ),
        "warmer colours": np.clip(tower * [1.1, 1.0, 0.9], 0, 1),
        "mirrored": tower[:, :, ::-1],
        "another photograph": photograph("coffee"),
    }
    table = []
    for name, image in changed.items():
        J = compute_content_cost(outputs(tower), outputs(image.astype(np.float32)))
        table.append((name, f"{float(J):.4f}"))
    show_table(
        ["compared with the tower", "content cost"],
        table,
        "Other colours are a small change of content. Mirrored, it costs nearly as much"
        " as another photograph: for the content, places matter.",
    )

# %% [markdown]
# ## The Gram matrix
#
# Style is the opposite: it is the same wherever one looks. What makes gravel gravel is not where the stones
# lie, but which patterns occur, and *which occur together*: dark lines beside round grey patches.
#
# Write the activations of a layer as a matrix $A$, with one row for each channel and one column for each
# position. Multiply two rows number by number, and add up: the sum is large when both channels are active in
# the same places. Do so for every pair of rows, and you have the **Gram matrix**.

# %% demo
A_example = np.array([[1, 2, 0], [0, 1, 3]])
diagrams.show_numbers(
    A_example,
    "·",
    A_example.T,
    "=",
    A_example @ A_example.T,
    titles=["A: 2 channels, 3 positions", "A transposed", "G: 2 × 2"],
    signed=False,
    marks={0: [(0, 0, 1, 3)], 1: [(0, 1, 3, 1)], 2: [(0, 1, 1, 1)]},
    caption="The framed number says how much the two channels occur together:"
    " 1·0 + 2·1 + 0·3 = 2. On the diagonal stands how much there is of each channel"
    " alone.",
)
diagrams.show_numbers(
    A_example[:, [2, 0, 1]],
    "·",
    A_example[:, [2, 0, 1]].T,
    "=",
    A_example @ A_example.T,
    titles=["other order", "A transposed", "the same G"],
    signed=False,
    caption="The same positions in another order give the same G. Where something"
    " is does not enter.",
)

# %% [markdown]
# Is an entry small, then, when two channels have nothing to do with each other? Only if they are near 0 on average.
# $G$ is a *cross-covariance that is not normalised*: nothing is subtracted from the numbers before they are
# multiplied. **Predict.** What is the entry of these two channels? One swings twice as fast as the other.

# %% demo
swings = np.array([[1, 3, 1, 3], [5, 5, 9, 9]])
centred = swings - swings.mean(axis=1, keepdims=True)
show_table(
    ["", "channels", "their entry of G"],
    [
        ("as they are", "(1, 3, 1, 3) and (5, 5, 9, 9)", int(swings[0] @ swings[1])),
        (
            "without their means",
            "(-1, 1, -1, 1) and (-2, -2, 2, 2)",
            int(centred[0] @ centred[1]),
        ),
    ],
    "The two are uncorrelated, and their entry is 56: it also says how active both"
    " are on the whole.",
)

# %% [markdown]
# For style this is welcome: how much there is of a pattern belongs to it.
#
# As a formula, with $k$ and $k'$ for two channels:
#
# $$G_{k,k'} = \sum_{\text{positions } i} A_{k,i}\,A_{k',i} \qquad\text{or}\qquad G = A\,A^T$$
#
# $G$ has one row and one column for each channel, however large the image is.
#
# ### Exercise: gram_matrix
#
# From `A` of shape `(n_C, n_H * n_W)`, compute $G$, of shape `(n_C, n_C)`.


# %% exercise="gram_matrix"
def gram_matrix(A):
    """The products of all pairs of channels, summed over the positions.

    A has shape (n_C, n_H * n_W).
    Returns a tensor of shape (n_C, n_C).
    """
    ### BEGIN SOLUTION
    return tf.matmul(A, tf.transpose(A))
    ### END SOLUTION


# %% check="gram_matrix" points=2

# %% [markdown]
# The activations come as `(1, n_H, n_W, n_C)`, with the channels last. In memory the channels of one position
# lie side by side, so there is only one right way to the matrix: first reshape to `(n_H * n_W, n_C)`, one
# row for each position; then transpose. To reshape to `(n_C, n_H * n_W)` at once gives the right shape and
# mixes up all channels.
#
# Here are the Gram matrices of one layer for two pieces each of three photographs.

# %% example
with attempt():
    textures = {"brick": "brick", "grass": "grass", "tissue": "immunohistochemistry"}
    pieces, matrices, titles = [], [], []
    for name, file in textures.items():
        image = photograph(file, 160, 160)
        for part in (image[:, :80, :80], image[:, 80:, 80:]):
            a = outputs(part)[1]
            G = gram_matrix(tf.transpose(tf.reshape(a, (-1, a.shape[-1]))))
            pieces.append(part[0])
            matrices.append(np.log1p(np.asarray(G)))
            titles.append(name)
    plots.show_images(
        pieces,
        titles,
        columns=6,
        caption="Two pieces each of brick, grass and tissue. "
        + " ".join(datasets.credit(file) for file in textures.values()),
    )
    plots.show_images(
        matrices,
        [f"{title}, G" for title in titles],
        columns=6,
        caption="Their Gram matrices (the logarithm, bright is large). The two of a pair"
        " are hard to tell apart, the pairs easy.",
    )

# %% [markdown]
# ## The style cost of one layer
#
# Two images have the same style when their Gram matrices are equal. So compare those: subtract, square, add
# up. The sum of the squares of a matrix's entries, $\|M\|_F^2 = \sum M_{k,k'}^2$, is called the squared
# *Frobenius norm*.
#
# $$J_{style}^{[l]} = \frac{1}{(2\,n_H\,n_W\,n_C)^2}\,
# \sum_{k}\sum_{k'} \bigl(G^{(S)}_{k,k'} - G^{(G)}_{k,k'}\bigr)^2$$
#
# The entries of a Gram matrix are themselves sums over all positions, so they grow with the image; that is
# why the constant is squared here.
#
# ### Exercise: compute_layer_style_cost
#
# From the activations `a_S` of the style image and `a_G` of the generated image, both of shape
# `(1, n_H, n_W, n_C)`, compute the cost, a tensor with one number. Your `gram_matrix` does half of the work.


# %% exercise="compute_layer_style_cost"
def compute_layer_style_cost(a_S, a_G):
    """How much the style of two images differs in one layer.

    a_S and a_G have shape (1, n_H, n_W, n_C).
    Returns a tensor with one number.
    """
    ### BEGIN SOLUTION
    m, n_H, n_W, n_C = a_G.shape

    # (1, n_H, n_W, n_C) -> (n_H * n_W, n_C) -> (n_C, n_H * n_W)
    A_S = tf.transpose(tf.reshape(a_S, (n_H * n_W, n_C)))
    A_G = tf.transpose(tf.reshape(a_G, (n_H * n_W, n_C)))

    difference = gram_matrix(A_S) - gram_matrix(A_G)
    return tf.reduce_sum(tf.square(difference)) / (2 * n_H * n_W * n_C) ** 2
    ### END SOLUTION


# %% check="compute_layer_style_cost" points=4

# %% [markdown]
# Does it know textures? Cut each of four photographs in two, and compare every left half with every right
# half.

# %% example
with attempt():
    textures = {
        "brick": "brick",
        "grass": "grass",
        "gravel": "gravel",
        "tissue": "immunohistochemistry",
    }
    images = {name: photograph(file, 120, 240) for name, file in textures.items()}
    left = {name: outputs(image[:, :, :120])[3] for name, image in images.items()}
    right = {name: outputs(image[:, :, 120:])[3] for name, image in images.items()}
    table = [
        (
            name,
            *[
                f"{float(compute_layer_style_cost(left[name], right[other])):.2e}"
                for other in textures
            ],
        )
        for name in textures
    ]
    show_table(
        ["left half of", *[f"right half of {name}" for name in textures]],
        table,
        "The style cost in block2_conv2. In each row, the other half of the same"
        " photograph costs least.",
    )

# %% [markdown]
# ## Several layers
#
# An early layer knows fine strokes and colours, a late one coarser patterns. A style has all of them, so the
# style cost adds up several layers, each with a weight $\lambda^{[l]}$:
#
# $$J_{style} = \sum_l \lambda^{[l]}\,J_{style}^{[l]}$$
#
# The weights come as a list of pairs, one for each style layer:
# `STYLE_LAYERS = [("block1_conv1", 0.2), ("block1_conv2", 0.2), ...]`.
#
# ### Exercise: compute_style_cost
#
# `style_image_output` and `generated_image_output` are lists of activations, as `outputs` returns them: first
# one entry for each style layer, in the order of `STYLE_LAYERS`, and then the content layer, which does not
# count here. Return the weighted sum, a tensor with one number.


# %% exercise="compute_style_cost"
def compute_style_cost(style_image_output, generated_image_output, STYLE_LAYERS):
    """The weighted sum of the style costs of several layers.

    style_image_output and generated_image_output are lists of activations: one entry for
    each style layer, then one of the content layer. STYLE_LAYERS is a list of
    (name, weight).
    Returns a tensor with one number.
    """
    ### BEGIN SOLUTION
    J_style = 0.0
    for i, (name, weight) in enumerate(STYLE_LAYERS):
        J_style += weight * compute_layer_style_cost(
            style_image_output[i], generated_image_output[i]
        )
    return J_style
    ### END SOLUTION


# %% check="compute_style_cost" points=3

# %% [markdown]
# Which weights? The costs of our layers are of very different size, so equal weights would let one layer
# decide everything. A fair yardstick is a layer that sees nothing at all, with all activations 0: give each
# layer the weight with which this blank image would cost the same everywhere.


# %%
def balanced_layers(style_output):
    """STYLE_LAYERS with weights such that blank activations cost the same in each."""
    layers = []
    # without the content layer
    for name, a_S in zip(STYLE_NAMES, style_output, strict=False):
        blank = compute_layer_style_cost(a_S, tf.zeros_like(a_S))
        layers.append((name, 1 / (len(STYLE_NAMES) * float(blank))))
    return layers


# %% example
with attempt():
    tissue_output = outputs(tissue)
    STYLE_LAYERS = balanced_layers(tissue_output)
    tower_output = outputs(tower)
    table = []
    for i, (name, weight) in enumerate(STYLE_LAYERS):
        J = float(compute_layer_style_cost(tissue_output[i], tower_output[i]))
        table.append((name, f"{J:.2e}", f"{weight:.2f}", f"{weight * J:.3f}"))
    show_table(
        ["layer", "cost", "weight", "weight · cost"],
        table,
        "The style cost of the unchanged photograph, beside that of tissue. In all:"
        f" {float(compute_style_cost(tissue_output, tower_output, STYLE_LAYERS)):.3f}",
    )

# %% [markdown]
# ## The total cost
#
# A painting should have both, the content of one image and the style of the other. How much of each is a
# matter of taste, and two weights express it:
#
# $$J = \alpha\,J_{content} + \beta\,J_{style}$$
#
# ### Exercise: total_cost
#
# Return $J$. The weights are 10 and 40 unless the caller says otherwise.


# %% exercise="total_cost"
def total_cost(J_content, J_style, alpha=10, beta=40):
    """The weighted sum of the two costs."""
    ### BEGIN SOLUTION
    return alpha * J_content + beta * J_style
    ### END SOLUTION


# %% check="total_cost" points=1

# %% [markdown]
# Now all of it in one function of the generated image. The content image and the style image do not change,
# so their activations are computed once, when the cost is asked for the first time.


# %%
def make_cost(outputs, content_image, style_image, alpha=10, beta=40):
    """The cost of a generated image, as a function of this image alone."""

    @functools.cache
    def fixed():
        content_output, style_output = outputs(content_image), outputs(style_image)
        return content_output, style_output, balanced_layers(style_output)

    def cost(generated_image):
        content_output, style_output, layers = fixed()
        generated_output = outputs(generated_image)
        J_content = compute_content_cost(content_output, generated_output)
        J_style = compute_style_cost(style_output, generated_output, layers)
        return total_cost(J_content, J_style, alpha, beta)

    return cost


# %% [markdown]
# ## A step that paints
#
# The pixels are what learns. With $G$ for the generated image and $dG$ for the gradient of the cost, one step
# of gradient descent is
#
# $$G := G - \text{learning rate} \cdot dG.$$
#
# The learning rate must be there: gradients have a size of their own, and a step of the whole gradient may be
# far too long. In practice an optimizer takes the step; Adam, which you may know from training, chooses the
# length for each pixel by the gradients that it has seen.
#
# TensorFlow records what is computed inside `with tf.GradientTape() as tape:` and then works out gradients
# (with its first version one had to build a graph and run it in a session; that is long gone):

# %%
pixel = tf.Variable(0.75)
with tf.GradientTape() as tape:
    J = 8 * (pixel - 0.5) ** 2
gradient = tape.gradient(J, pixel)
print(f"J = {float(J)}, its gradient for the pixel = {float(gradient)}")

keras.optimizers.SGD(learning_rate=0.05).apply_gradients([(gradient, pixel)])
print(
    f"after one step: pixel = {float(pixel):.2f}, J = {8 * (float(pixel) - 0.5) ** 2:.2f}"
)

# %% [markdown]
# One thing remains. A step may leave the range from 0 to 1 in which brightness lies. What is below 0 is set
# to 0 and what is above 1 to 1; this is called *clipping*. A variable gets a new value with `assign`.
#
# ### Exercise: train_step
#
# Compute the cost of the image and its gradient, let the optimizer apply the gradient, and clip the image, in
# place. Return the cost, as it was before the step.


# %% exercise="train_step"
def train_step(generated_image, cost, optimizer):
    """Change the image so that it costs less; return what it cost before.

    generated_image is a tf.Variable of shape (1, n_H, n_W, 3) with values between 0
    and 1.
    cost is a function from the image to a tensor with one number.
    optimizer is a Keras optimizer.
    """
    ### BEGIN SOLUTION
    with tf.GradientTape() as tape:
        J = cost(generated_image)
    gradient = tape.gradient(J, generated_image)
    optimizer.apply_gradients([(gradient, generated_image)])
    generated_image.assign(tf.clip_by_value(generated_image, 0.0, 1.0))
    return J
    ### END SOLUTION


# %% check="train_step" points=4

# %% [markdown]
# ## What you have just built
#
# A painter. It begins with the photograph and a little noise (where the network sees nothing at all, no
# gradient comes back, and noise gives it something to see), and takes 200 of your steps.


# %% example
def with_noise(image, strength=0.1):
    """The image, each number changed at random, as a start for a painting."""
    noise = np.random.default_rng(0).normal(0, strength, image.shape)
    return np.clip(image + noise, 0, 1).astype(np.float32)


with attempt():
    painting = paint(
        train_step, with_noise(tower)[0], make_cost(outputs, tower, tissue), steps=200
    )

# %% example
with attempt():
    if "painting" in globals():
        painting.show_film(
            0,
            10,
            30,
            60,
            100,
            200,
            columns=3,
            caption="The tower gets its style step by step: colours first,"
            " then strokes. Style: "
            + datasets.credit("immunohistochemistry").removeprefix("Photograph: "),
        )
        plots.show_curves(
            {"cost": painting.costs},
            "step",
            "total cost",
            logarithmic=True,
            caption="Most of the cost is gone after a few dozen steps;"
            " the rest is detail.",
        )

# %% [markdown]
# Go through the steps. Where do you begin to see the style, and where does nothing change any more?

# %% example
if "painting" in globals():
    explore_painting(painting, tissue[0])

# %% [markdown]
# Another style makes another painting. Gravel is grey, so here the photograph is made grey first.

# %% example
gravel = photograph("gravel")
grey_tower = np.repeat(tower.mean(axis=3, keepdims=True), 3, axis=3)

with attempt():
    start = with_noise(grey_tower)[0]
    stones = paint(train_step, start, make_cost(outputs, grey_tower, gravel), steps=50)

# %% example
if "stones" in globals():
    plots.show_images(
        [gravel[0], stones.image_at(50)],
        ["the style", "after 50 steps"],
        "Stones, all but in the smoothest part of the sky, and the"
        " tower keeps its edges. " + datasets.credit("gravel"),
    )

# %% [markdown]
# ### Which layer is the content
#
# Why is the content compared in `block2_conv2`, and not in the first layer or in the last? Begin with noise, leave the style
# out, and let your steps make the *content cost alone* small, in an early, a middle and a late layer.
#
# **Predict.** In which of the three pictures will the tower have its colours back?

# %% example
noise = np.random.default_rng(0).uniform(0, 1, tower.shape).astype(np.float32)

with attempt():
    found = {}
    for name in ("block1_conv1", CONTENT_NAME, "block3_conv2"):
        look = features.layer_outputs(network, [name])
        wanted = [look(tower)]

        def content_alone(image, look=look, wanted=wanted):
            return compute_content_cost(wanted, [look(image)])

        found[name] = paint(train_step, noise[0], content_alone, steps=60).image_at(60)
    plots.show_images(
        list(found.values()),
        list(found),
        "Content alone, 60 steps from noise. The early layer wants every pixel back, and"
        " would leave a style nothing to change. The late one only keeps where something"
        " is and how it is textured.",
        columns=3,
    )

# %% [markdown]
# In between there is a layer that keeps the shapes and gives the colours away.
#
# ### Where to begin
#
# The painting above began as the photograph with a little noise. The first paper began with noise alone:

# %% example
with attempt():
    if "painting" in globals():
        cost = make_cost(outputs, tower, tissue)
        from_noise = paint(train_step, noise[0], cost, steps=60)
        plots.show_images(
            [painting.image_at(60), from_noise.image_at(60)],
            ["60 steps from the photograph", "60 steps from noise"],
            f"The costs: {painting.costs[59]:.1f} and {from_noise.costs[59]:.1f}. The"
            " steps go where most is to be gained, and from noise that is the style; of"
            " the tower there is hardly a trace. Beginning at the photograph, the content"
            " is there and only has to be kept.",
        )

# %% [markdown]
# ### What the network has to do with it
#
# Is a trained network needed at all, or would any do? Take one of the same build whose weights are random
# numbers, and paint the tissue again.
#
# **Predict.** Will there be colours? Will there be strokes?

# %% example
with attempt():
    untrained = features.layer_outputs(
        features.feature_network(weights="random"), [*STYLE_NAMES, CONTENT_NAME]
    )
    blind = paint(
        train_step, with_noise(tower)[0], make_cost(untrained, tower, tissue), steps=30
    )
    plots.show_images(
        [painting.image_at(30), blind.image_at(30)],
        ["trained, 30 steps", "random weights, 30 steps"],
        "Random filters move colours about and leave a blurred grain, the same"
        " everywhere; there are no strokes. What a style is, the network has"
        " learned from photographs.",
    )

# %% [markdown]
# ### Your own photograph, and how much of it
#
# Write the path of a photograph of yours in the place of `"coffee"`, such as `"holiday.jpg"`, and that of anything with
# colours and a texture in the place of `"flower"`. The sliders set $\alpha$ and $\beta$; each time a small picture is painted,
# in 40 of your steps. (Coffee: Rachel Michetti, CC0. Flower: vultilion, CC BY 2.0.)
#
# **Predict.** What changes when both weights are ten times as large?

# %% example
YOURS, LIKE = "coffee", "flower"


def small_picture(name, rows=72, columns=108):
    """A batch with one picture: a photograph of the course by name, or any by its path."""
    if name in datasets.PHOTOGRAPHS:
        return photograph(name, rows, columns)
    upright = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
    return np.asarray(ImageOps.fit(upright, (columns, rows)), np.float32)[None] / 255


def painted(alpha, beta):
    """YOURS in the style of LIKE, after 40 steps."""
    content, style = small_picture(YOURS), small_picture(LIKE)
    cost = make_cost(outputs, content, style, alpha, beta)
    return picture_after(40, train_step, with_noise(content)[0], cost)


with attempt():
    explore_weights(painted)

# %% [markdown]
# Only $\alpha / \beta$ matters here. Ten times the cost has ten times the gradient, and Adam divides each step by the size of
# the gradients that it has seen; plain gradient descent would take steps ten times as long.
#
# One thing more to try, in a cell of your own: only the first two or only the last two layers in `STYLE_NAMES` (run the cells
# that make `outputs` and the cost again). What is left of the style?
#
# ## Spot the mistake
#
# These claims are from the notes that this course grew out of, and each of them is wrong. Set them right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `style_sum` | The style cost adds up $G^{(S)}_{k,k'} - G^{(G)}_{k,k'}$ over all $k$ and $k'$. | what must be added up, without the constant, for $G^{(S)} = \begin{pmatrix}2&1\\1&3\end{pmatrix}$ and $G^{(G)} = \begin{pmatrix}1&2\\2&1\end{pmatrix}$ |
# | `gram_numbers` | Unroll a layer to $F$ with one row for each position; then $G = F\,F^T$. | how many numbers $G$ has for a layer of 32 × 32 × 64 |
# | `style_divisor` | The style constant is $\frac{1}{2\,n_H\,n_W\,n_C}$. | what the sum is divided by for a layer of 4 × 3 × 2 |
# | `pixel` | One step is $G := G - dG$. | the value of a pixel after the step; before it 0.5, gradient 30, learning rate 0.01 |
# | `half` | The $\frac{1}{2}$ in front of the content cost is regularisation. | what it is, see below |
# | `session` | Open an `InteractiveSession` and `run` the cost in it to get gradients. | what TensorFlow 2 has for it, see below |
#
# For `half`, answer `"constant"`, `"regularisation"`, `"probability"` or `"learning rate"`; for `session`,
# `"InteractiveSession"`, `"placeholder"`, `"global_variables_initializer"` or `"GradientTape"`.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these six names and your answers. Leave out what you do not know yet.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"style_sum": a number, "half": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "style_sum": 1**2 + (-1) ** 2 + (-1) ** 2 + 2**2,
        "gram_numbers": 64 * 64,
        "style_divisor": (2 * 4 * 3 * 2) ** 2,
        "pixel": 0.5 - 0.01 * 30,
        "half": "constant",
        "session": "GradientTape",
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=6

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Add the *total variation*, the sum of the absolute differences of neighbouring pixels, to the cost. What does it do to the
#   grain, and how much of it is too much?
# - Paint one photograph in two styles, the left half in one and the right half in the other: which part of the cost has to know
#   where a pixel is?
# - Compare covariances in place of Gram matrices: subtract each channel's mean first. What does a painting lose, and what would
#   have to be added to get it back?
#
# ## Where this comes from
#
# Leon Gatys, Alexander Ecker and Matthias Bethge first used Gram matrices of a network's activations to make
# new textures (2015), and in the same year, in *A Neural Algorithm of Artistic Style*, to paint photographs.
# They took VGG-19, by Karen Simonyan and Andrew Zisserman (2014). That texture is a matter of statistics
# without places is an older idea, of Béla Julesz (1962). Justin Johnson, Alexandre Alahi and Li Fei-Fei
# trained a network that paints in one pass what takes you 200 steps (2016). Adam is by Diederik Kingma and
# Jimmy Ba (2014).
#
# The next notebook leaves pictures for sequences, which are read one step at a time.
