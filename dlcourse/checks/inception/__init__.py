"""The exercises of notebook 06: 1x1 convolutions, what they cost, inception blocks, GoogLeNet."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.inception.blocks import inception_block, naive_inception_block
from dlcourse.checks.inception.costs import bottleneck_cost, conv_cost
from dlcourse.checks.inception.heads import auxiliary_head
from dlcourse.checks.inception.losses import googlenet_loss
from dlcourse.checks.inception.networks import googlenet
from dlcourse.checks.inception.pixels import one_by_one, one_by_one_backward
from dlcourse.checks.inception.shared import topic

__all__ = [
    "auxiliary_head",
    "bottleneck_cost",
    "check",
    "conv_cost",
    "googlenet",
    "googlenet_loss",
    "hint",
    "inception_block",
    "naive_inception_block",
    "one_by_one",
    "one_by_one_backward",
    "solution",
    "spot_the_mistake",
]

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "naive_channels",
        "the channels that come out of the naive block with 64, 128 and 32 filters on a 28x28x192 volume.",
        64 + 128 + 32 + 192,
        {
            256: "256 needs a projection to 32 channels behind the pooling, which the naive block has not.",
            224: "These are the three convolutions; the pooled channels are handed on too.",
            192: "These are the channels that go in.",
        },
    ),
    claim(
        "reduced_5x5",
        "the channels to which GoogLeNet's module 3a reduces 192 before its 5x5 convolution with 32 filters.",
        16,
        {
            32: "32 is what the 5x5 convolution makes of them.",
            96: "96 is the reduction before the 3x3 convolution.",
            192: "These are the channels before the reduction.",
        },
    ),
    claim(
        "dense_layers",
        "the dense layers of your googlenet(auxiliary=False).",
        1,
        {
            0: "After the average of each channel comes one more layer: which one makes 1000 numbers?",
            3: "Three is VGG-16; GoogLeNet averages each channel first.",
            2: "Look at the end of your googlenet: how many layers come after the average of each channel?",
        },
    ),
    claim(
        "dense_layers_in_training",
        "the dense layers of your googlenet(auxiliary=True).",
        5,
        {
            3: "Each of the two heads has two.",
            4: "These are those of the heads; the network has one of its own.",
            1: "This is the network without its heads.",
            2: "Each head has two, and there are two heads; count the network's own too.",
        },
    ),
)
spot_the_mistake.hint("Build it and count: googlenet(...).layers holds the layers, and isinstance(layer, Dense) tells.")
spot_the_mistake.hint("The reductions stand in MODULES, and in the table of 'GoogLeNet'.")
