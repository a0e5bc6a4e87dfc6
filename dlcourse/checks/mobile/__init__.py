"""The exercises of notebook 07: separable convolutions and what they cost, MobileNet, MobileNetV2, scaling."""

from __future__ import annotations

from dlcourse import mobile as reference
from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.mobile.blocks import inverted_residual_block, separable_block
from dlcourse.checks.mobile.costs import compound_scaling, peak_memory, separable_cost
from dlcourse.checks.mobile.depthwise import depthwise_conv, depthwise_conv_backward
from dlcourse.checks.mobile.first_network import mobilenet_v1
from dlcourse.checks.mobile.parts import topic
from dlcourse.checks.mobile.pointwise import pointwise_conv, pointwise_conv_backward
from dlcourse.checks.mobile.second_network import mobilenet_v2

__all__ = [
    "check",
    "compound_scaling",
    "depthwise_conv",
    "depthwise_conv_backward",
    "hint",
    "inverted_residual_block",
    "mobilenet_v1",
    "mobilenet_v2",
    "peak_memory",
    "pointwise_conv",
    "pointwise_conv_backward",
    "separable_block",
    "separable_cost",
    "solution",
    "spot_the_mistake",
]

check, hint, solution = notebook.functions(topic)

_ORDINARY, *_STEPS = reference.separable_cost(1, 1, 3, 512, 512)

spot_the_mistake = topic.claims(
    claim(
        "remaining_share",
        "the share of the multiplications that is left with 512 channels and 3x3 filters.",
        sum(_STEPS) / _ORDINARY,
        {
            0.1: "About, but not quite: 1/9 alone is more than that. Divide the counts of your separable_cost.",
            1 - sum(_STEPS) / _ORDINARY: "This is the share that is saved; which share is left?",
            1 / 9: "The pointwise step is there, and the depthwise one? It adds 1/512.",
            1 / 512: "This is the depthwise step alone; the pointwise one is nearly all of it.",
        },
        tolerance=4e-4,
    ),
    claim(
        "shortcuts",
        "how many of the 17 blocks of MobileNetV2 add their input?",
        10,
        {
            17: "Only where the stride is 1 and the channels are equal: go through the rows of the table.",
            16: "A stride of 2 or other channels forbid it in more than one block.",
            13: "The stride alone does not decide it: where a row begins, the channels differ too.",
            7: "These are the blocks without a shortcut.",
        },
    ),
    claim(
        "ordinary_first",
        "how many ordinary convolutions, of 3x3 and over all channels, come before MobileNet's 13 separable blocks?",
        1,
        {
            0: "Look at the first line of the table of 'MobileNet'.",
            2: "One: look at the first line of the table of 'MobileNet'.",
        },
    ),
    claim(
        "year",
        "the year of the paper on MobileNetV2, by Sandler and others.",
        2018,
        {2019: "2019 is the year of EfficientNet.", 2017: "2017 is the year of the first MobileNet."},
    ),
)
spot_the_mistake.hint("The share: add the two steps of separable_cost and divide by the ordinary one.")
spot_the_mistake.hint(
    "A block adds its input where its stride is 1 and its channels stay the same: in a row of n blocks of which the "
    "first changes something, n - 1 do. The year is at the end of this notebook."
)
