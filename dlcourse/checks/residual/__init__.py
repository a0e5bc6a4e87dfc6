"""The exercises of notebook 05: residual blocks, ResNets, dense blocks."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import residual as reference
from dlcourse.checking.exercise import claim
from dlcourse.checking.momentum import momentum_mistakes
from dlcourse.checking.panel import notebook
from dlcourse.checks.residual.bottlenecks import convolutional_block, identity_block
from dlcourse.checks.residual.parts import block_case, normalised, pictures, topic
from dlcourse.checks.residual.resnet50 import ResNet50
from dlcourse.checks.residual.resnets import basic_block, resnet18, resnet34

__all__ = [
    "ResNet50",
    "basic_block",
    "check",
    "convolutional_block",
    "dense_block",
    "hint",
    "identity_block",
    "resnet18",
    "resnet34",
    "solution",
    "spot_the_mistake",
    "transition_layer",
]

check, hint, solution = notebook.functions(topic)

# dense_block


@topic.exercise(
    reference=reference.dense_block,
    section="DenseNet",
    needs="tensorflow",
    optional=("training",),
    aliases={"n_layers": "layers", "num_layers": "layers", "k": "growth_rate", "x": "X"},
)
def dense_block(rng):
    yield block_case("one layer", pictures(rng, 4, 5, 6), 3, 1, group="one layer")
    yield block_case("two layers", pictures(rng, 5, 4, 4), 3, 2, group="several layers")
    yield block_case("four layers", pictures(rng, 4, 4, 3), 2, 4, group="several layers")


def _dense(
    use_bias=False,
    front=False,
    size=3,
    sees="all",
    keeps="all",
    order="norm relu conv",
    padding="same",
    momentum=reference.MOMENTUM,
):
    def variant(X, growth_rate, layers):
        parts, newest = [X], X
        for _ in range(layers):
            seen = {"all": lambda: _together(parts, front), "newest": lambda newest=newest: newest, "input": lambda: X}[
                sees
            ]()
            conv = keras.layers.Conv2D(growth_rate, size, padding=padding, use_bias=use_bias)
            if order == "norm relu conv":
                newest = conv(keras.layers.ReLU()(normalised(seen, momentum)))
            elif order == "norm conv":
                newest = conv(normalised(seen))
            elif order == "relu conv":
                newest = conv(keras.layers.ReLU()(seen))
            else:
                newest = keras.layers.ReLU()(normalised(conv(seen)))
            parts.append(newest)
        return {
            "all": lambda: _together(parts, front),
            "new": lambda: _together(parts[1:], front),
            "newest": lambda: newest,
            "sum": lambda: sum(parts[2:], parts[1]),
        }[keeps]()

    return variant


def _together(parts, front):
    parts = parts[::-1] if front else parts
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate()(list(parts))


dense_block.mistake(
    "sees-only-the-newest",
    "Each layer sees only the channels that the layer before it made; it sees all that came "
    "before, the block's input too. See 'DenseNet'.",
    _dense(sees="newest"),
)
dense_block.mistake(
    "sees-only-the-input",
    "Every layer sees the block's input only; it sees what the layers before it made as well.",
    _dense(sees="input"),
)
dense_block.mistake(
    "input-dropped", "The result holds the new channels only; the block's input belongs to it too.", _dense(keeps="new")
)
dense_block.mistake(
    "last-layer-only",
    "Only the last layer's channels are returned; all are appended to the input.",
    _dense(keeps="newest"),
)
dense_block.mistake(
    "new-first", "New channels are put in front; append them behind those that are there.", _dense(front=True)
)
dense_block.mistake(
    "convolution-first",
    "The order is convolution, batch normalisation, ReLU; in a dense block batch normalisation "
    "and ReLU come before the convolution.",
    _dense(order="conv norm relu"),
)
dense_block.mistake("relu-missing", "The ReLU before the convolution is missing.", _dense(order="norm conv"))
dense_block.mistake("norm-missing", "The batch normalisation before ReLU is missing.", _dense(order="relu conv"))
dense_block.mistake(
    "biases", "The convolutions have biases; leave them out with use_bias=False.", _dense(use_bias=True)
)
dense_block.mistake("one-by-one", "The convolutions are 1x1; they are 3x3.", _dense(size=1))
dense_block.mistake(
    "never-joined",
    "Nothing is appended: each turn of the loop leaves only the channels that it has made. Join X and the new ones.",
    _dense(sees="newest", keeps="newest"),
)
dense_block.mistake(
    "one-layer-only",
    "Only one layer is made, however many are asked for: is the return inside the loop?",
    lambda X, growth_rate, layers: _dense()(X, growth_rate, 1),
)
dense_block.raises(
    "added",
    "The new channels are added to X, and for that the shapes must agree. They are appended: Concatenate()([X, new]).",
    r"Inputs have incompatible shapes",
)
momentum_mistakes(dense_block, lambda momentum: _dense(momentum=momentum))
dense_block.hint("In each turn of the loop, X grows by growth_rate channels, and the next turn works on all of X.")
dense_block.hint(
    "new = batch normalisation, ReLU, Conv2D(growth_rate, 3, padding='same', use_bias=False) of X; then join X and new."
)


# transition_layer


@topic.exercise(
    reference=reference.transition_layer,
    section="DenseNet",
    needs="tensorflow",
    optional=("training",),
    aliases={"theta": "compression", "reduction": "compression", "x": "X"},
)
def transition_layer(rng):
    yield block_case("half of eight channels", pictures(rng, 4, 6, 8), 0.5, group="half the channels")
    yield block_case("half of seven channels is three", pictures(rng, 6, 4, 7), 0.5, group="other shares")
    yield block_case("all channels stay", pictures(rng, 4, 4, 5), 1.0, group="other shares")
    yield block_case("an image of odd size", pictures(rng, 5, 7, 6), 0.7, group="other shares")


def _transition(
    pooling="average",
    size=1,
    rounding=int,
    use_bias=False,
    norm=True,
    relu=True,
    compress=True,
    strided=False,
    momentum=reference.MOMENTUM,
):
    def variant(X, compression):
        filters = rounding(compression * X.shape[-1]) if compress else X.shape[-1]
        X = normalised(X, momentum) if norm else X
        X = layers.ReLU()(X) if relu else X
        X = layers.Conv2D(filters, size, padding="same", use_bias=use_bias, strides=2 if strided else 1)(X)
        return {
            "average": lambda: layers.AveragePooling2D(2)(X),
            "max": lambda: layers.MaxPooling2D(2)(X),
            "same": lambda: layers.AveragePooling2D(2, padding="same")(X),
            "none": lambda: X,
        }[pooling]()

    return variant


transition_layer.mistake(
    "no-compression",
    "The number of channels stays: the 1x1 convolution has floor(compression * n_C) filters.",
    _transition(compress=False),
)
transition_layer.mistake("max-pooling", "This is max pooling; a transition takes the average.", _transition("max"))
transition_layer.mistake("no-pooling", "The 2x2 average pooling is missing.", _transition("none"))
transition_layer.mistake(
    "rounded-up",
    "Where the share is no whole number, it is rounded down.",
    _transition(rounding=lambda x: int(np.ceil(x))),
)
transition_layer.mistake("three-by-three", "The convolution is 3x3; it is 1x1.", _transition(size=3))
transition_layer.mistake(
    "norm-missing", "The batch normalisation at the beginning is missing.", _transition(norm=False)
)
transition_layer.mistake("relu-missing", "The ReLU after the batch normalisation is missing.", _transition(relu=False))
transition_layer.mistake(
    "biases", "The convolution has biases; leave them out with use_bias=False.", _transition(use_bias=True)
)
transition_layer.mistake(
    "same-pooling",
    "A last row or column is pooled although it is only half there; average pooling leaves it out (padding 'valid').",
    _transition("same"),
)
transition_layer.mistake(
    "strided",
    "The size is halved by a stride of the convolution; it is halved by average pooling.",
    _transition("none", strided=True),
)
momentum_mistakes(transition_layer, lambda momentum: _transition(momentum=momentum))
transition_layer.hint("Four layers in a row: batch normalisation, ReLU, a 1x1 convolution, average pooling.")
transition_layer.hint("X.shape[-1] is the number of channels; int() rounds compression * X.shape[-1] down.")


# spot_the_mistake


spot_the_mistake = topic.claims(
    claim(
        "skipped_layers",
        "how many convolutional layers does the shortcut of your identity_block skip?",
        3,
        {
            2: "Two are skipped in the basic block; count the convolutions of identity_block.",
            1: "Count the convolutions between the two ends of the shortcut.",
            4: "The convolution count is one too high: the addition is no layer with weights.",
        },
    ),
    claim(
        "resnet18_parameters",
        "the trainable parameters of ResNet-18 with 1000 classes.",
        11_689_512,
        {
            2_000_000: "About 2 million is ResNet-110 for the small images of CIFAR-10. Ask your resnet18.",
            1_727_962: "This is ResNet-110 for CIFAR-10. Ask your resnet18.",
            11_699_112: "The moving averages of batch normalisation are counted too; they are not trained.",
            21_797_672: "This is ResNet-34.",
        },
    ),
    claim(
        "shift",
        "internal ... shift: what did the authors of batch normalisation call it?",
        "covariate",
        {
            "covariance": "A covariance is a matrix. The inputs of a layer are its covariates, as statisticians say.",
            "correlation": "The word is in the title of the paper on batch normalisation.",
        },
        choices=("covariance", "covariate", "correlation"),
    ),
    claim(
        "plain_networks",
        "why do deep plain networks with batch normalisation train worse, as Kaiming He and others argue?",
        "degradation",
        {
            "vanishing gradients": "They measured the gradients: with batch normalisation their norms are healthy, "
            "forward and backward.",
            "overfitting": "The training error itself is higher; overfitting would lower it.",
        },
        choices=("vanishing gradients", "overfitting", "degradation"),
    ),
    claim(
        "dense_layers",
        "the number of fully connected layers of ResNet-34.",
        1,
        {
            0: "After the average of each channel comes one more layer: which one makes 1000 numbers?",
            3: "Three is VGG-16; ResNet-34 averages each channel first.",
            2: "Look at the end of your resnet18: what comes after the average of each channel?",
        },
    ),
    claim(
        "dense_connections",
        "from which layers of its block does a layer of DenseNet get its input?",
        "preceding",
        {
            "all": "Not from all: those that come after it have computed nothing yet.",
            "the last": "That is a plain network.",
            "following": "A layer cannot see what comes after it.",
        },
        choices=("all", "preceding", "following", "the last"),
    ),
    claim(
        "last_competition",
        "the year of the last ImageNet competition (ILSVRC).",
        2017,
        {
            2015: "ResNet won in 2015; there were two more.",
            2016: "There was one more, won by squeeze-and-excitation networks.",
            2012: "This was AlexNet's year.",
        },
    ),
)
spot_the_mistake.hint("For the numbers ask your own functions: build the model and count.")
spot_the_mistake.hint(
    "For the words read 'The degradation problem' and 'DenseNet' again, for `shift` the end "
    "of notebook 03; the year follows from the last section of this one."
)
