"""The exercises of notebook 02: pooling forward and backward, the table of a network, a step of training."""

from __future__ import annotations

import itertools

from dlcourse import pooling as reference
from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checking.working import Working
from dlcourse.checks.pooling.backward import pool_backward
from dlcourse.checks.pooling.forward import pool_forward
from dlcourse.checks.pooling.pieces import dense_backward, relu_backward, softmax_loss
from dlcourse.checks.pooling.rows import im2col
from dlcourse.checks.pooling.shared import lenet, topic
from dlcourse.checks.pooling.table import layer_table
from dlcourse.checks.pooling.training import train_step
from dlcourse.checks.pooling.windows import create_mask_from_window, distribute_value

__all__ = [
    "check",
    "create_mask_from_window",
    "dense_backward",
    "distribute_value",
    "hint",
    "im2col",
    "layer_table",
    "pool_backward",
    "pool_forward",
    "relu_backward",
    "softmax_loss",
    "solution",
    "spot_the_mistake",
    "topic",
    "train_step",
]

check, hint, solution = notebook.functions(topic)


def _fully_connected(inputs, units):
    return reference.layer_table([{"kind": "dense", "units": units}], (inputs,))[-1][2]


def _of_dense(inputs, units):
    return Working(
        lambda inputs, bias, units: (inputs + bias) * units,
        {"the numbers that come in": inputs, "the bias of a unit": 1, "the number of units": units},
    )


def _course_of(counts):
    """The parameters from layer to layer, in a word."""
    steps = ["grow" if after > before else "shrink" for before, after in itertools.pairwise(counts)]
    return ", then ".join(name for name, _ in itertools.groupby(steps))


_COUNTS = [row[2] for row in reference.layer_table(lenet(8), (32, 32, 3)) if row[2]]


spot_the_mistake = topic.claims(
    claim(
        "fc4_parameters",
        "the parameters of 84 units, fully connected to 120.",
        _fully_connected(120, 84),
        {
            16164: "A digit has been copied wrong: 120 * 84 is 10,080, and there are 84 biases.",
            120 * 84: "The 84 biases are missing.",
            120 * 84 + 1: "One bias is counted for the whole layer; each of the 84 units has its own.",
            120 * 84 + 120: "The biases belong to the 84 units, not to the 120 numbers that come in.",
        },
        working=_of_dense(120, 84),
    ),
    claim(
        "softmax_parameters",
        "the parameters of 10 units, fully connected to 84.",
        _fully_connected(84, 10),
        {
            856: "84 * 10 is 840. How many units have a bias?",
            841: "One bias is counted for the whole layer; each of the 10 units has its own.",
            840: "The 10 biases are missing.",
            84 * 10 + 84: "The biases belong to the 10 units, not to the 84 numbers that come in.",
        },
        working=_of_dense(84, 10),
    ),
    claim(
        "deeper",
        "what do the parameters do from CONV1 to the softmax, the pools left out?",
        _course_of(_COUNTS),
        {
            "grow": "They grow up to FC3. Look at the layers after it.",
            "shrink": "They do shrink after FC3. Look at the layers before it.",
        },
        choices=("grow", "shrink", "grow, then shrink"),
    ),
    claim(
        "convolution",
        "what is a convolution, if the image moves and its output moves with it?",
        "equivariant",
        {"invariant": "Invariant would mean that the output does not change when the image moves. It moves along."},
        choices=("equivariant", "invariant"),
    ),
    claim(
        "max_pooling",
        "against which movements does one 2 x 2 pool protect?",
        "small",
        {
            "all": "Move the image by four pixels: the pooled image moves by two.",
            "none": "Where the largest number moves within its window, the output stays as it is.",
        },
        choices=("all", "small", "none"),
    ),
)
spot_the_mistake.hint("Your layer_table answers three of the five.")
spot_the_mistake.hint("For the other two, look again at the figures of 'What a pool forgets'.")
