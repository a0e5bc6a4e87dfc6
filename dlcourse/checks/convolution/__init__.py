"""The exercises of notebook 01: padding, output sizes, convolution forward and backward, parameters."""

from __future__ import annotations

from dlcourse import convolution as reference
from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checking.working import Working
from dlcourse.checks.convolution.backward import conv_backward
from dlcourse.checks.convolution.forward import conv_forward, conv_single_step
from dlcourse.checks.convolution.padding import conv_output_size, same_padding, zero_pad
from dlcourse.checks.convolution.parameters import conv_parameters
from dlcourse.checks.convolution.shared import topic

__all__ = [
    "check",
    "conv_backward",
    "conv_forward",
    "conv_output_size",
    "conv_parameters",
    "conv_single_step",
    "hint",
    "same_padding",
    "solution",
    "spot_the_mistake",
    "topic",
    "zero_pad",
]

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "conv1_parameters",
        "the parameters of six 5x5 filters on a 32x32x3 input.",
        reference.conv_parameters(5, 3, 6),
        {
            (5 * 5 + 1) * 6: "156 is right for a grey image. This one has three channels, and a filter spans them all.",
            5 * 5 * 3 * 6: "The six biases are missing.",
            5 * 5 * 3 * 6 + 1: "One bias is counted; there is one for each filter.",
        },
        working=Working(
            lambda rows, columns, n_C_prev, bias, filters: (rows * columns * n_C_prev + bias) * filters,
            {
                "a filter's rows": 5,
                "a filter's columns": 5,
                "the channels of the input": 3,
                "the bias of a filter": 1,
                "the number of filters": 6,
            },
        ),
    ),
    claim(
        "flip",
        "which axes does mathematics' convolution flip?",
        "both",
        {
            "neither": "Without a flip it is cross-correlation, which deep-learning libraries call convolution.",
            "rows": "The rows are flipped, and something else too: the filter is turned by 180 degrees.",
            "columns": "The columns are flipped, and something else too: the filter is turned by 180 degrees.",
        },
        choices=("rows", "columns", "both", "neither"),
    ),
    claim(
        "output_size",
        "the size of the output for n = 7, pad = 1, f = 4, stride = 2.",
        reference.conv_output_size(7, 4, 1, 2),
        {
            7 + 2 - 4 / 2 + 1: "Read literally, the notes divide only f by the stride.",
            (7 + 2 - 4) / 2 + 1: "A filter cannot be placed half a time: round down.",
            -(-(7 + 2 - 4) // 2) + 1: "Round down: the last place hangs over the edge.",
        },
        working=Working(
            lambda n, pad, f, stride, first: (n + 2 * pad - f) // stride + first,
            {"n": 7, "pad": 1, "f": 4, "stride": 2, "the first place": 1},
        ),
    ),
    claim(
        "conv1_units",
        "what are the 28 * 28 * 6 = 4704?",
        "units",
        {
            "layers": "It is one layer; each of these is a single number in its output.",
            "filters": "There are six filters; each gives a plane of 28 * 28 numbers.",
            "parameters": "Filters are shared between places, so the parameters are far fewer.",
        },
        choices=("layers", "units", "filters", "parameters"),
    ),
    claim(
        "wide_image_weights",
        "the weights between a 3000x3000x3 image and 1000 units, fully connected.",
        3000 * 3000 * 3 * 1000,
        {
            1000 * 1000 * 3 * 1000: "3 billion is the figure for an image of 1000x1000x3.",
            3000 * 3000 * 1000: "The three channels are missing.",
            3000 * 3000 * 3: "These are the inputs; each of the 1000 units has a weight for every one of them.",
        },
        working=Working(
            lambda n_H, n_W, n_C, units: n_H * n_W * n_C * units,
            {"the image's rows": 3000, "its columns": 3000, "its channels": 3, "the number of units": 1000},
        ),
    ),
)

spot_the_mistake.hint("Write each sentence of the notes as a small computation; your functions can do most of them.")
spot_the_mistake.hint("Look for a missing factor, a division that ends too early, a word that names the wrong thing.")
