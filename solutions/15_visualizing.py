#: You write: receptive fields, strongest patches, occlusion and saliency maps, class images, a deconvnet
#: Applied to: what a network of streets and one of photographs look at

# %% [markdown]
# # What ConvNets learn
#
# You will be able to ask a trained network what a unit sees, what it reacts to, and which pixels an answer rests on; and you
# will catch a network that gives right answers for a wrong reason.
#
# **Stands on** notebooks 03, 09 and 12. **Takes** about forty minutes to read and three hours to do.

# %% setup
import numpy as np

from dlcourse.checking.quiet import quiet

with quiet():
    import keras
    import tensorflow as tf
    from keras import layers

from dlcourse.checks.visualizing import check, hint, solution
from dlcourse.data import datasets, features, scenes
from dlcourse.figures import diagrams, plots
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, caption, show_table
from dlcourse.visualizing import layers_until
from dlcourse.widgets.visualizing import explore_fields

# %% [markdown]
# ## What a unit sees
#
# A unit of a deep layer reads a small window of the layer before. Each unit of *that* window has read a window of its own. So the further
# you go, the more of the image a unit depends on: its **receptive field**.

# %% demo
diagrams.show_numbers(
    np.arange(1, 13).reshape(1, 12),
    titles=["twelve pixels of a row"],
    marks={0: [(0, 0, 1, 6)]},
    caption="A pooling of 2 (stride 2), then a filter of 3: three windows of 2 lie side by side, so the first unit sees the pixels 1 to 6;"
    " its neighbour begins two pixels farther on, and sees 3 to 8.",
)

# %% [markdown]
# Three numbers say it all, along one side of the image:
#
# - $r$, how many pixels a unit sees;
# - *jump*, how many pixels two neighbouring units lie apart;
# - *start*, the first pixel that unit 0 sees, counted from 0. With padding it is negative: the field begins outside the image.
#
# Before any layer, a unit is a pixel: $r = 1$, jump 1, start 0. Now let a layer come, with a window of $f$, a stride $s$ and a padding of $p$
# at each side. Its window begins at one unit of the layer before, and goes $f - 1$ steps farther. Each of these steps is so many pixels long as
# the units *before* it lie apart. All strides so far make a step longer; a layer's own stride does that only for those who come after.
#
# Unit $h$ then sees the $r$ pixels from $start + h \cdot jump$ on.
#
# **Predict.** VGG-16 stacks convolutions of 3 × 3, thirteen of them, with four poolings of 2 in between. How many of the 224 pixels of a row does a
# unit of the thirteenth see: 27, about 100, about 200, all?
#
# ### Exercise: receptive_field
#
# `layers` is a list of tuples `(f, stride, pad)`, from the image on. Find out how each layer changes the three numbers; for an empty
# list they are those of a pixel.


# %% exercise="receptive_field"
def receptive_field(layers):
    """What a unit of the last layer sees, along one side.

    layers: a list of (f, stride, pad): window, stride, pixels added at each side.
    Returns r (pixels seen), jump (pixels between neighbours' fields) and start
    (the first pixel that unit 0 sees, negative in the padding), three whole numbers.
    """
    ### BEGIN SOLUTION
    r, jump, start = 1, 1, 0
    for f, stride, pad in layers:
        r = r + (f - 1) * jump
        start = start - pad * jump
        jump = jump * stride
    return r, jump, start
    ### END SOLUTION


# %% check="receptive_field" points=4

# %% example
CONV5, CONV3, POOL2, POOL3 = (5, 1, 0), (3, 1, 1), (2, 2, 0), (3, 2, 0)
LENET = [CONV5, POOL2, CONV5, POOL2, CONV5]
ALEXNET = [(11, 4, 0), POOL3, (5, 1, 2), POOL3, CONV3, CONV3, CONV3, POOL3]
VGG = [layer for count in (2, 2, 3, 3, 3) for layer in [CONV3] * count + [POOL2]]
WINDOWS = [CONV5, POOL2, CONV5, (1, 1, 0), (1, 1, 0)]
with attempt():
    show_table(
        ["network", "layer", "r", "jump", "start"],
        [
            ("14 × 14 pixels, notebook 09", "output", *receptive_field(WINDOWS)),
            ("LeNet-5", "C5", *receptive_field(LENET)),
            ("AlexNet", "conv5", *receptive_field(ALEXNET[:-1])),
            ("AlexNet", "pool5", *receptive_field(ALEXNET)),
            ("VGG-16", "conv5_3", *receptive_field(VGG[:-1])),
            ("VGG-16", "pool5", *receptive_field(VGG)),
        ],
        "LeNet's C5 sees its whole input of 32 pixels. AlexNet's last pooling sees 195 of 227, VGG's 212 of "
        "224.",
    )

# %% [markdown]
# The first row is the square of notebook 09, under its usual name. A network for windows of 14 × 14 that slides over a larger image has a *window* of $r =
# 14$ and a *stride* of jump $= 2$: nobody chooses them, the layers do.
#
# Move the controls: which is the cheaper way to see far, one large filter, many small ones, or a stride?

# %% example
with attempt():
    explore_fields(receptive_field)

# %% [markdown]
# ### Does it see all of that equally well?
#
# A pixel in the middle reaches the unit by many ways, through many windows; one in the corner by a single way. So the field that a unit
# *can* see is larger than what it really depends on.
#
# **Predict.** Take ten convolutions of 3 × 3 with random weights: $r = 21$. How much of that square does the unit really use: almost all, about
# half of its width, a few pixels?

# %% example
FIELD_SIDE = 41
with attempt():
    rng = np.random.default_rng(0)
    pictures = []
    for count in (3, 6, 10):
        reached = np.zeros((FIELD_SIDE, FIELD_SIDE))
        for _ in range(15):
            x = A = tf.Variable(
                rng.normal(size=(1, FIELD_SIDE, FIELD_SIDE, 1)), dtype=tf.float32
            )
            with tf.GradientTape() as tape:
                for number in range(count):
                    shape = (3, 3, 1 if number == 0 else 8, 8)
                    W = tf.constant(
                        rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[:3])),
                        tf.float32,
                    )
                    A = tf.nn.relu(tf.nn.conv2d(A, W, 1, "SAME"))
                middle = tf.reduce_sum(A[0, FIELD_SIDE // 2, FIELD_SIDE // 2])
            reached += tape.gradient(middle, x).numpy()[0, :, :, 0] ** 2
        pictures.append((count, receptive_field([CONV3] * count)[0], np.sqrt(reached)))
    drawing = plots.figure(plots.MAX_WIDTH, 2.7)
    for axes, (count, r, reached) in zip(drawing.subplots(1, 3), pictures, strict=True):
        plots.draw_image(
            axes, reached / reached.max(), f"{count} layers, r = {r}", (0, 1), False
        )
        plots.mark_pixels(axes, FIELD_SIDE // 2 - r // 2, FIELD_SIDE // 2 - r // 2, r, r)
    plots.show(
        drawing,
        "How strongly the middle unit depends on each pixel (its gradient, over 15 random networks). The "
        "frame is your r: the *theoretical* field. What"
        " it depends on, the *effective* field, is a blob in its middle, and the blob grows more slowly "
        "than the frame.",
    )

# %% [markdown]
# The effective field grows like the *root* of the number of layers, as a sum of random steps does. A unit for whole objects therefore wants a receptive field that is a
# good deal larger than the objects.
#
# ## A network to look into
#
# The streets of notebook 12, 48 pixels wide, and three questions that may each be answered yes: is there a car, a pedestrian, a traffic light? Four convolutions,
# poolings in between, then the *largest* activation of each channel, wherever it was, and from these 48 numbers three scores.


# %%
SIDE = 48


def street_network():
    """Four convolutions; a score for each of car, pedestrian, traffic light."""
    image = keras.Input((SIDE, SIDE, 3))
    X = layers.Rescaling(4, offset=-2)(image)
    for number, (f, n_C) in enumerate([(5, 12), (3, 24), (3, 32), (3, 48)], 1):
        if number > 1:
            X = layers.MaxPooling2D(2, name=f"pool{number - 1}")(X)
        X = layers.Conv2D(
            n_C,
            f,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"conv{number}",
        )(X)
    return keras.Model(image, layers.Dense(3)(layers.GlobalMaxPooling2D()(X)))


def drawn(streets):
    """The images of scenes, and for each which of the three classes are there, 0 or 1."""
    images = np.stack([scenes.draw(street, SIDE) for street in streets])
    there = [
        [any(thing.kind == c for thing in street.things) for c in scenes.CLASSES]
        for street in streets
    ]
    return images, np.array(there, "float32")


def train(network, X, Y, steps, curves=None, name="training", batch=16):
    """Adam, a learning rate that falls to 0; a value of the curve every 50 steps."""
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(6e-3, steps))
    rng = np.random.default_rng(0)

    @tf.function(autograph=False)
    def step(x, y):
        with tf.GradientTape() as tape:
            losses = tf.nn.sigmoid_cross_entropy_with_logits(y, network(x, training=True))
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, network.trainable_variables, strict=True)
        )
        return loss

    recent = []
    for number in range(steps):
        chosen = rng.choice(len(X), min(batch, len(X)), replace=False)
        recent.append(float(step(X[chosen], Y[chosen])))
        if curves is not None and (number + 1) % 50 == 0:
            curves.add(name, np.mean(recent[-50:]))
    return float(np.mean(recent[-5:]))


# %% [markdown]
# First, can it learn sixteen streets by heart?

# %%
many = scenes.thought_up(4000, seed=1)
keras.utils.set_random_seed(0)
X, Y = drawn(many[:2500])
after = train(street_network(), X[:16], Y[:16], 40)
print(f"sixteen streets learned by heart: loss {after:.3f}")

# %% [markdown]
# Now 2,500. Two hundred others are put aside.

# %%
STEPS = 500
keras.utils.set_random_seed(0)
network = street_network()
curves = LearningCurves(STEPS // 50, "50 steps", "loss")
train(network, X, Y, STEPS, curves)
test_streets = scenes.thought_up(200, seed=2)
test_images, test_labels = drawn(test_streets)
right = (network.predict(test_images, verbose=0) > 0) == test_labels
shares = zip(scenes.CLASSES, right.mean(axis=0), strict=True)
print("right on streets put aside:", ", ".join(f"{c} {share:.1%}" for c, share in shares))

# %% [markdown]
# Cars and lights it knows, pedestrians less surely (with ten other first weights 70 to 91 % of the answers about them were right). Now, how?
#
# ## The first layer
#
# The filters of the first layer have three channels, red, green and blue: they are small images, and can simply be shown. Weights are negative as well, so bring them
# into the range of an image: a weight of 0 becomes the grey 0.5, and each filter's weight that is farthest from 0 becomes 0 or 1. A filter whose weights are all
# 0 stays grey.
#
# ### Exercise: first_layer_filters
#
# In a Keras model, `model.layers` begins with the input, and other layers may stand in front of the first convolution
# (`keras.layers.Conv2D`). A convolution's `kernel` has the shape (f, f, n_C_prev, n_C).


# %% exercise="first_layer_filters"
def first_layer_filters(model):
    """The filters of a model's first convolution as images between 0 and 1.

    0.5 is a weight of 0; each filter is scaled by its own largest |weight|.
    Returns an array of shape (n_C, f, f, n_C_prev), filters first.
    """
    ### BEGIN SOLUTION
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    images = []
    for W in np.moveaxis(first.kernel.numpy(), -1, 0):
        largest = np.abs(W).max()
        images.append(0.5 + W / (2 * largest) if largest > 0 else np.full(W.shape, 0.5))
    return np.array(images)
    ### END SOLUTION


# %% check="first_layer_filters" points=2

# %% [markdown]
# Beside it, look at the course's own feature network, with which notebook 14 paints: it has learned from photographs.

# %% example
# the course's own small trained network; pretrained=True would load VGG-19
seeing = features.feature_network(pretrained=False)
# without the mirrored border, so that every field lies within the photograph
inside = keras.Model(seeing.get_layer("block1_conv1").input, seeing.output)
seeing = keras.models.clone_model(inside)
seeing.set_weights(inside.get_weights())
with attempt():
    for model, words in (
        (network, "The 12 filters of the street network, 5 × 5 pixels."),
        (
            seeing,
            "The 32 filters of the feature network, 3 × 3 pixels. Do you find an edge?",
        ),
    ):
        plots.show_images(
            list(first_layer_filters(model)),
            [],
            words,
            columns=16,
            limits=(0, 1),
            signed=False,
        )

# %% [markdown]
# A network that has been trained for days on a million photographs shows clean edges and spots of colour here. These two show little more than coloured noise: the first one's training ended as soon as its answers were
# right, and nine pixels are too few for our eyes. That a filter *looks* like noise doesn't mean that it finds nothing. And it is the only layer that can be shown so: a filter of the second has as many channels as the first has filters, and these
# are no colours.
#
# ## Nine patches for a unit
#
# So don't look at the filter, look at what it *finds*. Show the network many images, and note where the unit is most active. A *unit* here is one channel of a layer: the
# same filter everywhere. Cut out what it sees there. From each image take only the strongest place, or all nine will come from one.
#
# ### Exercise: top_patches
#
# You need the activations of a layer inside the network: `keras.Model(model.input, model.get_layer(layer).output)` is a model of its own, which ends there. And you need
# to know what the unit sees: your `receptive_field`. `layers_until(model, layer)` gives you the list of `(f, stride, pad)`. A field may reach out of the image; put 0 there.


# %% exercise="top_patches"
def top_patches(model, layer, unit, images, k=9):
    """What excites a unit most: its receptive field where it is most active.

    layer: a layer's name; unit: a channel of its output; images: (m, n_H, n_W, n_C).
    From each image comes the strongest place only, from the k strongest images,
    the strongest first. Outside of an image lies 0.
    Returns the patches, (k, r, r, n_C), and the activations, (k,); m of them if m < k.
    """
    ### BEGIN SOLUTION
    inner = keras.Model(model.input, model.get_layer(layer).output)
    activations = inner(images).numpy()[..., unit]
    r, jump, start = receptive_field(layers_until(model, layer))
    room = r - start
    padded = np.pad(images, ((0, 0), (room, room), (room, room), (0, 0)))
    values = activations.max(axis=(1, 2))
    strongest = np.argsort(-values)[:k]
    patches = []
    for i in strongest:
        h, w = np.unravel_index(np.argmax(activations[i]), activations[i].shape)
        y, x = room + start + h * jump, room + start + w * jump
        patches.append(padded[i, y : y + r, x : x + r])
    return np.array(patches), values[strongest]
    ### END SOLUTION


# %% check="top_patches" points=5

# %% [markdown]
# **Predict.** The unit of `conv4` that speaks most for "pedestrian" sees 40 × 40 pixels, enough for a whole pedestrian. Which part of one will it look for?

# %% example
with attempt():
    shown, titles = [], []
    last = network.layers[-1].get_weights()[0]
    for layer, units in (
        ("conv1", (0, 5)),
        ("conv2", (3, 8)),
        ("conv3", (7, 20)),
        ("conv4", last.argmax(axis=0)),
    ):
        for unit in units:
            patches, _ = top_patches(network, layer, int(unit), test_images[:100])
            shown += list(patches)
            titles += [f"{layer} {unit}"] + [""] * 8
    plots.show_images(
        shown,
        titles,
        "Nine patches for a unit, a row for each. `conv1` finds colours and edges, `conv2` and `conv3` round "
        "things, such as lamps, wheels and heads, and corners; the last three rows are the units that "
        "count most for car, pedestrian and traffic light.",
        columns=9,
    )

# %% [markdown]
# Edges, then corners and discs, then parts: nobody has told it what a wheel is. Now real photographs, and the network that was trained on them.

# %% example
NAMES = [name for name in datasets.PHOTOGRAPHS if name != "camera"]
with attempt():
    photos = np.stack(
        [datasets.photograph(name, size=(112, 140)) for name in NAMES]
    ).astype("float32")
    shown, titles = [], []
    for layer, units in (
        ("block1_conv2", (3, 12)),
        ("block2_conv2", (5, 20)),
        ("block3_conv2", (4, 30)),
    ):
        for unit in units:
            patches, _ = top_patches(seeing, layer, unit, photos)
            shown += list(patches)
            titles += [f"{layer[:6]}: {unit}"] + [""] * 8
    plots.show_images(
        shown,
        titles,
        "Fifteen photographs, at most one patch of each. Edges and bright corners first, then spots and "
        "bars, then larger patterns. Parts of things, such as wheels or eyes, you won't find: this "
        "network has learned which photograph a piece comes from, and for that textures are enough. "
        "What is learned is what the task asks for.",
        columns=9,
    )

# %% [markdown]
# ## Cover a part
#
# What does a single *answer* rest on? Cover a part of the image and ask again. If the score falls, the part was needed. Do this everywhere, and you have a map. It needs no look into the network at all.
#
# With what do you cover? Black would be a new thing with edges of its own. Take the image's own mean colour.
#
# ### Exercise: occlusion_map
#
# Squares of `size` pixels begin at the rows and columns 0, stride, 2·stride, ..., as long as they lie within the image. For each one: by how much does the score fall?


# %% exercise="occlusion_map"
def occlusion_map(model, image, label, size, stride):
    """How far a label's score falls while a square is covered with the mean colour.

    image: (n_H, n_W, 3); model gives scores, (m, labels).
    Returns score of the image - score of the covered image for each square,
    an array (rows, columns); negative where the score rises.
    """
    ### BEGIN SOLUTION
    n_H, n_W, _ = image.shape
    rows = range(0, n_H - size + 1, stride)
    columns = range(0, n_W - size + 1, stride)
    batch = [image]
    for y in rows:
        for x in columns:
            covered = image.copy()
            covered[y : y + size, x : x + size] = image.mean(axis=(0, 1))
            batch.append(covered)
    scores = np.asarray(model(np.stack(batch)))[:, label]
    return (scores[0] - scores[1:]).reshape(len(rows), len(columns))
    ### END SOLUTION


# %% check="occlusion_map" points=4


# %%
def laid_over(image, falls, size=9, stride=3):
    """The image, darker where covering costs little: each pixel has the mean of its squares."""
    total, count = np.zeros(image.shape[:2]), np.full(image.shape[:2], 1e-9)
    for (h, w), fall in np.ndenumerate(np.maximum(falls, 0)):
        total[h * stride : h * stride + size, w * stride : w * stride + size] += fall
        count[h * stride : h * stride + size, w * stride : w * stride + size] += 1
    heat = total / count
    return image * (0.15 + 0.85 * heat / max(heat.max(), 1e-9))[..., np.newaxis]


# %% example
busy = [n for n in range(200) if test_labels[n].sum() == 3 and right[n].all()][:2]
with attempt():
    shown, titles = [], []
    for n in busy:
        shown.append(test_images[n])
        titles.append("a street")
        for label, kind in enumerate(scenes.CLASSES):
            shown.append(
                laid_over(
                    test_images[n], occlusion_map(network, test_images[n], label, 9, 3)
                )
            )
            titles.append(kind)
    plots.show_images(
        shown,
        titles,
        "Bright is what the answer rests on, for each of three labels. Each score rests mostly on its own "
        "thing, and on a part of it more than on the rest.",
        columns=4,
    )

# %% [markdown]
# ### Object or context?
#
# Now a trap. The next network learns from streets in which a pedestrian stands *if and only if* a traffic light does. On streets of that kind it will be right. But what has it learned to call a
# pedestrian?
#
# **Predict.** A street with a light and without a pedestrian: what will it answer? Where will the map of its "pedestrian" be bright?


# %%
def go_together(street):
    """Whether a pedestrian and a traffic light are both there, or neither."""
    return (
        len({"pedestrian", "traffic light"} & {thing.kind for thing in street.things})
        != 1
    )


together = [street for street in many if go_together(street)]
suspect = street_network()
after = train(suspect, *drawn(together[:1500]), 120)
print(f"trained on {len(together[:1500])} streets: loss {after:.3f}")

# %% example
PEDESTRIAN, LIGHT = 1, 2
with attempt():
    one_of_both = test_labels[:, PEDESTRIAN] != test_labels[:, LIGHT]
    rows = []
    for name, model in (
        ("all streets", network),
        ("pedestrian if and only if light", suspect),
    ):
        said = (model.predict(test_images, verbose=0)[:, PEDESTRIAN] > 0) == test_labels[
            :, PEDESTRIAN
        ]
        rows.append(
            (name, f"{said[~one_of_both].mean():.1%}", f"{said[one_of_both].mean():.1%}")
        )
    show_table(
        ["trained on", "both or neither", "one without the other"],
        rows,
        "How often 'pedestrian' is answered rightly, on streets that were put aside. As long as the two go "
        "together, nothing looks wrong.",
    )
    lonely = [
        n
        for n in range(200)
        if one_of_both[n] and test_labels[n, LIGHT] and len(test_streets[n].things) > 1
    ][:2]
    shown, titles = [], []
    for n in lonely:
        shown += [test_images[n]]
        titles += ["no pedestrian here"]
        for name, model in (("all streets", network), ("if and only if", suspect)):
            score = float(model(test_images[n : n + 1])[0, PEDESTRIAN])
            falls = occlusion_map(model, test_images[n], PEDESTRIAN, 9, 3)
            shown.append(laid_over(test_images[n], falls))
            titles.append(f"{name}: score {score:.1f}")
    plots.show_images(
        shown,
        titles,
        "What 'pedestrian' rests on, for both networks. The score of the second one is above 0, a yes, and "
        "it rests on the traffic light: a context that it took for the object.",
        columns=3,
    )

# %% [markdown]
# Do not trust two images. Take a dozen streets with both things, and see in which box the square lies whose covering costs "pedestrian" most.


# %%
def rests_on(falls, street, size=9, stride=3):
    """The kind of thing in whose box the square with the largest fall has its middle, or "elsewhere"."""
    h, w = np.unravel_index(np.argmax(falls), falls.shape)
    y, x = (h * stride + size / 2) / SIDE, (w * stride + size / 2) / SIDE
    near = [
        t
        for t in street.things
        if abs(x - t.x) <= t.w / 2 + 0.05 and abs(y - t.y) <= t.h / 2 + 0.05
    ]
    return (
        min(near, key=lambda t: abs(x - t.x) / t.w + abs(y - t.y) / t.h).kind
        if near
        else "elsewhere"
    )


# %% example
with attempt():
    both = [
        n for n in range(200) if test_labels[n, PEDESTRIAN] and test_labels[n, LIGHT]
    ][:12]
    rows = []
    for name, model in (
        ("all streets", network),
        ("pedestrian if and only if light", suspect),
    ):
        found = [
            rests_on(
                occlusion_map(model, test_images[n], PEDESTRIAN, 9, 3), test_streets[n]
            )
            for n in both
        ]
        rows.append(
            (
                name,
                *(
                    f"{found.count(kind) / len(both):.0%}"
                    for kind in ("pedestrian", "traffic light", "car", "elsewhere")
                ),
            )
        )
    show_table(
        ["trained on", "on the pedestrian", "on the light", "on a car", "elsewhere"],
        rows,
        f"Where 'pedestrian' rests, over {len(both)} streets that have both. Compare the first two columns: do the two networks look at the same thing?",
    )

# %% [markdown]
# **Yours to change.** Let a tenth of the second network's streets be ordinary ones: `drawn(together[:1350] + many[:150])`. Is that enough for it to look at the pedestrian?
#
# ## Ask the gradient
#
# Covering asks hundreds of questions. The gradient answers a smaller one for all pixels at once: if this pixel changed by a very little, how much would the score change? Three colours give three
# numbers; take the largest absolute value. That is a **saliency map**.
#
# ### Exercise: saliency
#
# TensorFlow finds gradients: what is computed inside `with tf.GradientTape() as tape:` from a tensor `x`, `tape.gradient(score, x)` differentiates. A `tf.Variable` is followed by itself, a `tf.constant` only after `tape.watch(x)`. Differentiate the *score* of the label
# and not its probability: a probability also rises when other labels lose.


# %% exercise="saliency"
def saliency(model, image, label):
    """For each pixel the largest |d score of the label / d colour| of its colours.

    image: (n_H, n_W, 3); model gives scores, (m, labels).
    Returns an array (n_H, n_W).
    """
    ### BEGIN SOLUTION
    x = tf.constant(image[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = model(x)[0, label]
    gradient = tape.gradient(score, x)[0].numpy()
    return np.abs(gradient).max(axis=-1)
    ### END SOLUTION


# %% check="saliency" points=3

# %% example
with attempt():
    shown, titles = [], []
    for n in busy:
        shown.append(test_images[n])
        titles.append("a street")
        for label, kind in enumerate(scenes.CLASSES):
            found = saliency(network, test_images[n], label)
            shown.append(
                np.repeat(found[..., np.newaxis] / found.max(), 3, axis=-1) ** 0.7
            )
            titles.append(kind)
    plots.show_images(
        shown,
        titles,
        "The same streets and labels. The gradient points at the same places, finer and noisier: it knows "
        "nothing of what happens when a whole part is missing.",
        columns=4,
    )

# %% [markdown]
# ## An image for a score
#
# The gradient also says how to *change* pixels so that the score rises. Take such steps again and again, from noise or from a mean image, and an image comes out that the network would call, say, a three, more than any three
# that it has seen. The network stays as it is; what is learned is its **input**.
#
# Nothing keeps the pixels small, so a penalty does it:
#
# $$J(x) = S_{label}(x) - \lambda \sum_{i} x_i^2 \qquad x \leftarrow x + \alpha \frac{\partial J}{\partial x}$$
#
# ### Exercise: class_model_image
#
# Climb. `start` is the first image; $\lambda$ is `penalty`, $\alpha$ is `learning_rate`.


# %% exercise="class_model_image"
def class_model_image(model, label, start, steps=100, learning_rate=0.1, penalty=0.1):
    """Gradient ascent on the input: score of the label - penalty * sum of squares.

    start: the first image, (n_H, n_W, n_C). Each step adds learning_rate times dJ/dx.
    Returns the image after all steps, an array of the same shape.
    """
    ### BEGIN SOLUTION
    x = tf.Variable(start[np.newaxis])
    for _ in range(steps):
        with tf.GradientTape() as tape:
            J = model(x)[0, label] - penalty * tf.reduce_sum(x**2)
        x.assign_add(learning_rate * tape.gradient(J, x))
    return x.numpy()[0]
    ### END SOLUTION


# %% check="class_model_image" points=5

# %% [markdown]
# What do such images look like? Take a network of handwritten digits, 8 × 8 pixels, trained with the loop above. Begin with noise, and climb, once without a penalty and once with one.
#
# **Predict.** A pixel of the noise is one that the score doesn't care about. With $\alpha = 0.08$ and $\lambda = 1$, by what does each step multiply it? And what is left of it
# after 40 steps?


# %%
digit_images, digit_labels = datasets.digits()
order = np.random.default_rng(0).permutation(len(digit_images))
digit_images, digit_labels = digit_images[order].astype("float32"), digit_labels[order]
keras.utils.set_random_seed(0)
digits = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10),
    ]
)
train(
    digits,
    digit_images[:1400],
    np.eye(10, dtype="float32")[digit_labels[:1400]],
    300,
    batch=64,
)
found = digits.predict(digit_images[1400:], verbose=0).argmax(axis=1)
print(f"right on digits put aside: {np.mean(found == digit_labels[1400:]):.1%}")

# %% example
CHOSEN = (0, 3, 5)
with attempt():
    noise = np.random.default_rng(0).normal(0, 3, (8, 8, 1)).astype("float32")
    start = noise / np.abs(noise).max()
    shown, titles, rows = [start], ["start"], []
    shown += [digit_images[np.argmax(digit_labels == digit)] for digit in CHOSEN]
    titles += [f"a real {digit}" for digit in CHOSEN]
    for penalty in (0.0, 1.0):
        climbed = [
            class_model_image(digits, digit, noise, 40, 0.08, penalty) for digit in CHOSEN
        ]
        scores = [
            float(digits(x[np.newaxis])[0, digit])
            for x, digit in zip(climbed, CHOSEN, strict=True)
        ]
        shown += [start] + [x / np.abs(x).max() for x in climbed]
        titles += ["start"] + [
            f"penalty {penalty:g}: score {score:.0f}" for score in scores
        ]
        rows.append(
            (f"{penalty:g}", f"{np.mean(scores):.1f}", f"{np.abs(climbed).max():.1f}")
        )
    plots.show_images(
        shown,
        titles,
        "Blue is negative, orange positive, each image in its own range. Without a penalty the noise of the "
        "start stays wherever the score does not care; with one it fades, and what is left"
        " is what the score needs: strokes that a digit has, and in blue places that must be empty.",
        columns=4,
        limits=(-1, 1),
        signed=True,
    )
    real = digits.predict(digit_images[1400:], verbose=0).max(axis=1).mean()
    show_table(
        ["penalty", "score (mean)", "largest pixel"],
        rows,
        f"Real digits have pixels from 0 to 1, and a score of {real:.1f} on average. A score far above that "
        f"says nothing about how much an image looks like a digit.",
    )

# %% [markdown]
# Ten digits are simple. What does the network of streets call a car?

# %% example
with attempt():
    mean_street = X.mean(axis=0)
    shown, titles = [mean_street], ["the mean street"]
    for label, kind in enumerate(scenes.CLASSES):
        # the penalty keeps pixels near 0; the street network's black is 0, so shift it to grey
        moved = keras.Sequential(
            [keras.Input((SIDE, SIDE, 3)), layers.Rescaling(1.0, 0.5), network]
        )
        x = class_model_image(moved, label, mean_street - 0.5, 40, 0.03, 0.05)
        shown.append(0.5 + 0.5 * x / np.abs(x).max())
        titles.append(f"{kind}: score {float(moved(x[np.newaxis])[0, label]):.0f}")
    plots.show_images(
        shown,
        titles,
        "The climb begins at the mean of all streets, and ends at coloured noise. For cars and lights most of it lies in one place: the "
        "network takes the largest activation of each channel, so one window that pleases it is enough, "
        "and no penalty makes a car of it. It has learned what tells its classes apart on streets, and "
        "nothing about images that are no streets.",
        columns=4,
    )

# %% [markdown]
# ## Switches
#
# Back to a single unit deep inside. Nine patches show what excites it; but which pixels *in* a patch? Matthew Zeiler and Rob Fergus sent the activation back through the network to the pixels, layer by layer: a **deconvnet**. Each kind of layer needs
# a way back. That of a convolution you have written in notebook 12: transposed filters. That of a pooling is new.
#
# Max pooling keeps the largest of four numbers, and forgets where it was. So note it on the way forth: a **switch** for each window, 0 or 1 in its upper row, 2 or 3 in the lower one.


# %%
def pool_with_switches(A):
    """Max pooling of 2 x 2, and where in its window each maximum was: 0 1 above, 2 3 below."""
    m, n_H, n_W, n_C = A.shape
    windows = A.reshape(m, n_H // 2, 2, n_W // 2, 2, n_C).transpose(0, 1, 3, 5, 2, 4)
    windows = windows.reshape(m, n_H // 2, n_W // 2, n_C, 4)
    return windows.max(axis=-1), windows.argmax(axis=-1)


# %% demo
volume = np.array([[1, 9, 2, 0], [3, 4, 8, 5], [0, 1, 6, 7], [5, 2, 3, 3]])
pooled, switches = pool_with_switches(volume.reshape(1, 4, 4, 1))
diagrams.show_numbers(
    volume,
    "→",
    pooled[0, :, :, 0],
    "and",
    switches[0, :, :, 0],
    titles=["A", "largest", "switches"],
    caption="9 was the second of its window (switch 1), 8 the third of its own (2), 5 the third (2), 7 the second (1).",
)

# %% [markdown]
# ### Exercise: unpool
#
# Make the image twice as large again: each number goes to where its switch says, and everything else is 0.


# %% exercise="unpool"
def unpool(A, switches):
    """Put each number where the maximum of its 2 x 2 window was; 0 elsewhere.

    A and switches have the shape (m, h, w, n_C); switches are 0 1 in the upper row
    of a window, 2 3 in the lower one. Returns an array (m, 2h, 2w, n_C).
    """
    ### BEGIN SOLUTION
    m, h, w, n_C = A.shape
    larger = np.zeros((m, 2 * h, 2 * w, n_C), A.dtype)
    for i, y, x, c in np.ndindex(A.shape):
        row, column = divmod(switches[i, y, x, c], 2)
        larger[i, 2 * y + row, 2 * x + column, c] = A[i, y, x, c]
    return larger
    ### END SOLUTION


# %% check="unpool" points=3

# %% [markdown]
# ## Three ways back through a ReLU
#
# On the way forth a ReLU makes $A = \max(Z, 0)$. Let $R$ come back to $A$. What goes on to $Z$?
#
# - `"gradient"`: a unit that was off has not taken part. $R$ passes where $Z$ was positive, whatever its own sign.
# - `"deconvnet"`: Zeiler and Fergus put a ReLU on the way back too. $R$ passes where *it* is positive, whatever $Z$ was.
# - `"guided"`: $R$ passes where both are positive.
#
# ### Exercise: relu_back


# %% exercise="relu_back"
def relu_back(R, Z, rule):
    """The way back through a ReLU: R where the rule lets it pass, 0 elsewhere.

    R comes back, Z went into the ReLU on the way forth: arrays of the same shape.
    rule: "gradient", "deconvnet" or "guided".
    """
    ### BEGIN SOLUTION
    if rule == "gradient":
        return R * (Z > 0)
    if rule == "deconvnet":
        return R * (R > 0)
    return R * ((R > 0) & (Z > 0))
    ### END SOLUTION


# %% check="relu_back" points=3

# %% [markdown]
# **Predict.** A network of one convolution and one ReLU, and the unit that is most active sends back a 1. Which of the three rules give different images?
#
# ## All the way back
#
# The network is a list of filters and biases, one pair for each convolution: "same" padding, stride 1, then a ReLU, and *between* two convolutions a max pooling of 2 × 2. Go forth, and keep each $Z$ and
# all switches. In the last volume of activations find the place where the unit is strongest. Put a 1 there, and 0 everywhere else: nothing but this one unit shall speak. Then go back through each layer in turn.
#
# ### Exercise: deconv_visualization
#
# `tf.nn.conv2d(A, W, 1, "SAME") + b` goes forth. `tf.nn.conv2d_transpose(R, W, shape, 1, "SAME")` goes back with the same `W`, where `shape` is the shape of what had come in, (1, n_H, n_W, n_C_prev). Both give tensors: `.numpy()` makes arrays of them. Use your `unpool` and `relu_back`, and the notebook's
# `pool_with_switches`.


# %% exercise="deconv_visualization"
def deconv_visualization(image, weights, unit, rule="deconvnet"):
    """One unit's strongest activation, sent back to the pixels.

    image: (n_H, n_W, n_C); weights: a list of (W, b), W of shape (f, f, n_C_prev, n_C).
    unit: a channel of the last convolution; the way back begins with 1 at its
    strongest place, after the ReLU. rule: see relu_back.
    Returns an array of the image's shape, with its signs.
    """
    ### BEGIN SOLUTION
    A, kept, switches = image[np.newaxis], [], None
    for number, (W, b) in enumerate(weights):
        if number > 0:
            A, switches = pool_with_switches(A)
        Z = (tf.nn.conv2d(A, W, 1, "SAME") + b).numpy()
        kept.append((A.shape, Z, switches, W))
        A = np.maximum(Z, 0)
    R = np.zeros_like(A)
    h, w = np.unravel_index(np.argmax(A[0, :, :, unit]), A.shape[1:3])
    R[0, h, w, unit] = 1
    for number in reversed(range(len(weights))):
        shape, Z, switches, W = kept[number]
        R = relu_back(R, Z, rule)
        R = tf.nn.conv2d_transpose(R, W, shape, 1, "SAME").numpy()
        if number > 0:
            R = unpool(R, switches)
    return R[0]
    ### END SOLUTION


# %% check="deconv_visualization" points=5

# %% [markdown]
# With one convolution all three agree: the 1 that comes back and the $Z$ there are both positive. With four, is the gradient's rule the gradient? Ask
# TensorFlow. And how far do the other two lie from it?


# %%
def cosine(one, other):
    """1 for images in the same direction, 0 for unrelated ones."""
    return np.sum(one * other) / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-12)


# %% example
with attempt():
    weights = [
        network.get_layer(f"conv{number}").get_weights() for number in (1, 2, 3, 4)
    ]
    inner = keras.Model(
        network.get_layer("conv1").input, network.get_layer("conv4").output
    )
    speak = [int(unit) for unit in network.layers[-1].get_weights()[0].argmax(axis=0)]
    street = 4 * test_images[busy[0]] - 2  # as the first convolution gets it
    rows = []
    for unit, kind in zip(speak, scenes.CLASSES, strict=True):
        x = tf.constant(street[np.newaxis])
        with tf.GradientTape() as tape:
            tape.watch(x)
            strongest = tf.reduce_max(inner(x)[..., unit])
        true = tape.gradient(strongest, x).numpy()[0]
        back = {
            rule: deconv_visualization(street, weights, unit, rule)
            for rule in ("gradient", "deconvnet", "guided")
        }
        rows.append(
            (
                f"{kind} (unit {unit})",
                f"{np.abs(back['gradient'] - true).max():.0e}",
                *(f"{cosine(back[rule], true):.2f}" for rule in ("deconvnet", "guided")),
            )
        )
    show_table(
        [
            "unit of conv4",
            "largest difference from TensorFlow's gradient",
            "deconvnet · gradient",
            "guided · gradient",
        ],
        rows,
        "Your way back with the gradient's rule *is* the gradient. The other two share its switches and its "
        "filters, and so its places, but at each ReLU they"
        " go another way: the last columns say how alike the images are, 1 for the same direction.",
    )

# %% [markdown]
# So a deconvnet is no inverse, and not even new machinery: it is backpropagation with another rule at the ReLU. The filters come back transposed, the switches put numbers back, both as in the gradient. What the ReLU throws away differs: the
# gradient drops what the way *forth* had switched off, the deconvnet what is negative on the way *back*.

# %% example
with attempt():
    shown, titles = [], []
    for unit, kind in zip(speak, scenes.CLASSES, strict=True):
        n = int(
            np.argmax(
                inner.predict(4 * test_images - 2, verbose=0)[..., unit].max(axis=(1, 2))
            )
        )
        shown.append(test_images[n])
        titles.append(f"most excited: {kind}")
        for rule in ("gradient", "deconvnet", "guided"):
            back = deconv_visualization(4 * test_images[n] - 2, weights, unit, rule)
            shown.append(0.5 + 0.5 * back / np.abs(back).max())
            titles.append(rule)
    plots.show_images(
        shown,
        titles,
        "The street that excites each unit most, and what comes back to its pixels; grey is 0. All three "
        "light up the same square, the unit's receptive field, and the same thing in it."
        " The rest of the street stays grey: it is not reconstructed, this unit has never seen it.",
        columns=4,
    )

# %% [markdown]
# ## What you have just built
#
# Four kinds of questions to a network: what a unit *can* see (`receptive_field`), what it *reacts* to (`top_patches`, `class_model_image`), what an answer *rests* on (`occlusion_map`, `saliency`), and what in an image has
# *excited* a unit (`deconv_visualization`). None of them is a proof. Saliency and deconvnets draw fine pictures that invite stories; covering changes the input and sees what happens, and that is how we caught the network that took a light for a
# pedestrian.

# %% [markdown]
# ## Spot the mistake
#
# Both sentences are from the notes that this course grew out of, and both are wrong. Set them right.
#
# | name | the notes say | return |
# | :--- | :--- | :--- |
# | `class_model` | "Class model visualisation optimises the generator model." | what its gradient changes: `"image"`, `"weights"`, `"generator"` or `"both"` |
# | `deconvolution` | "The deconvolution reconstructs the input." | what it shows: `"the input"`, `"what excited the unit"`, `"the filter"` or `"the class"` |
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these two names and your answers. Leave out what you do not know yet; each answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The corrected claims: {"class_model": a word, "deconvolution": some words}."""
    ### BEGIN SOLUTION
    return {"class_model": "image", "deconvolution": "what excited the unit"}
    ### END SOLUTION


# %% check="spot_the_mistake" points=2

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Average `saliency` over twenty copies of an image with a little noise added (*SmoothGrad*). What happens to the map, and why?
# - Cover with black, with noise, with a piece of another street. Which maps change, and what does that say about "the mean colour"?
# - Let `class_model_image` move the image by a pixel or two before each step, and blur it a little now and then. Which digits gain by it?
# - Fill `suspect` with random weights and draw its gradient and its guided images again. Which of them hardly change, although the network knows nothing?
#
# ## Where this comes from
#
# Matthew Zeiler and Rob Fergus showed nine patches for each unit, the deconvnet with its switches and the covered squares (*Visualizing and Understanding Convolutional Networks*, 2014); in this way they saw that AlexNet's first filters and stride were too
# large, and repaired them: ZFNet, of notebook 04. Karen Simonyan, Andrea Vedaldi and Andrew Zisserman climbed scores with an L2 penalty, drew saliency maps, and showed what the deconvnet has in common with the gradient
# (*Deep Inside Convolutional Networks*, 2014). The guided way is by Jost Tobias Springenberg and others (*Striving for Simplicity*, 2015); Julius Adebayo and others showed that it hardly depends on what a network has learned (*Sanity Checks for Saliency Maps*, 2018). Effective receptive fields
# were measured by Wenjie Luo and others (2016).
#
# Cells that see a small part of the whole were first found in the eye: Haldan Keffer Hartline measured the receptive fields of a frog's in 1938. David Hubel and Torsten Wiesel described simple and complex cells in the visual cortex of cats (1962).
#
# The next notebook leaves the plane: signals with one dimension, volumes with three.
