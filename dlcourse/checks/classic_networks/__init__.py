"""The exercises of notebook 04: LeNet-5, AlexNet, ZFNet and VGG, and what they hold."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.classic_networks.holdings import activation_memory, parameter_share
from dlcourse.checks.classic_networks.lenet import lenet5
from dlcourse.checks.classic_networks.normalization import local_response_normalization
from dlcourse.checks.classic_networks.parts import topic
from dlcourse.checks.classic_networks.towers import alexnet, alexnet_2012
from dlcourse.checks.classic_networks.vgg import vgg
from dlcourse.checks.classic_networks.zfnet import zfnet

__all__ = [
    "activation_memory",
    "alexnet",
    "alexnet_2012",
    "check",
    "hint",
    "lenet5",
    "local_response_normalization",
    "parameter_share",
    "solution",
    "spot_the_mistake",
    "vgg",
    "zfnet",
]

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "vgg_megabytes",
        "the megabytes (10^6 bytes) of VGG-16's activations for one image of 224 x 224, in float32.",
        4 * 15_237_608 / 1e6,
        {
            96: "The notes took 24 million values, a slip that was copied often. Ask your activation_memory.",
            93: "The notes' 96, in other units. Ask your activation_memory.",
            553: "These are the parameters, and for all images together. Ask your activation_memory.",
            15.237608: "These are the values, in millions. Each takes four bytes.",
            60_950_432: "These are bytes; a megabyte is a million of them.",
            58.13: "These are mebibytes, of 1,048,576 bytes each.",
        },
        tolerance=0.01,
    ),
    claim(
        "six_times_faster",
        "what was six times faster with ReLU than with tanh, in AlexNet's paper?",
        "training",
        {
            "data set": "A data set has no speed. What was drawn over the epochs in the paper's first figure?",
            "prediction": "To compute the answer of a network takes as long with either; the epochs were counted.",
        },
        choices=("data set", "training", "prediction"),
    ),
    claim(
        "vgg_place",
        "VGG's place in the classification contest of 2014.",
        2,
        {
            1: "It was first in localisation; in classification another network was better: that of notebook 06.",
            3: "One place too low.",
        },
    ),
    claim(
        "dense_layers",
        "the number of dense layers of LeNet-5, and of AlexNet: it is the same.",
        3,
        {
            2: "The last one counts too: the softmax has weights, 84 x 10 and 4096 x 1000.",
            1: "Look at your lenet5: how many lines begin with Dense?",
            5: "Five is AlexNet's number of convolutions, and what the 5 of LeNet-5 counts.",
        },
    ),
)
spot_the_mistake.hint("The first you can compute; for the others read the sections on AlexNet and VGG again.")
spot_the_mistake.hint(
    "A dense layer is a dense layer whatever its activation is; count the lines in your own builders."
)
