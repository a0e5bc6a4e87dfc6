"""The exercises of notebook 16: convolutions over one and three axes, causal ones, networks for beats and volumes."""

from __future__ import annotations

from dlcourse import dimensions as reference
from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.dimensions.backward import conv1d_backward, conv3d_backward
from dlcourse.checks.dimensions.causal import causal_conv1d
from dlcourse.checks.dimensions.forward import conv1d_forward, conv3d_forward
from dlcourse.checks.dimensions.networks import heartbeat_model, volume_model
from dlcourse.checks.dimensions.numbers import layer_in_numbers, steps_seen
from dlcourse.checks.dimensions.parts import topic

__all__ = [
    "causal_conv1d",
    "check",
    "conv1d_backward",
    "conv1d_forward",
    "conv3d_backward",
    "conv3d_forward",
    "heartbeat_model",
    "hint",
    "layer_in_numbers",
    "solution",
    "spot_the_mistake",
    "steps_seen",
    "volume_model",
]

check, hint, solution = notebook.functions(topic)

_, _SECOND = reference.layer_in_numbers((10, 10, 10, 16), 5, 1)

spot_the_mistake = topic.claims(
    claim(
        "second_filters",
        "the weights of one filter of the second layer, on 10 x 10 x 10 voxels with 16 channels, without its bias.",
        _SECOND - 1,
        {
            5**3: "The filter spans the 16 channels of its input as well: 5 x 5 x 5 for each of them.",
            5 * 5 * 16: "These are the weights over two axes; a volume has three.",
            5**3 * 16 * 32: "These are the weights of all 32 filters; one is asked for.",
            _SECOND: "The bias is counted; it is not one of the 5 x 5 x 5 x 16.",
            5 * 3 * 16: "5 along each of three axes: 5 * 5 * 5, not 5 * 3.",
        },
    ),
    claim(
        "one_dimension",
        "what can read a signal?",
        "both",
        {
            "recurrent": "You have just seen a network without recurrence read one.",
            "convolutions": "Recurrent networks can as well; notebooks 17 and 18 are about them.",
            "neither": "You have just seen a network of convolutions read one.",
        },
        choices=("recurrent", "convolutions", "both", "neither"),
    ),
    claim(
        "film_axes",
        "along how many axes does a filter slide that looks for movements in a film in colour?",
        3,
        {
            4: "The array of a film has four axes; one of them holds the colours, and no filter slides along those.",
            2: "Rows and columns are two; to see a movement it must look at several images, and slide along time.",
            5: "That counts the films of a batch and the colours too; a filter slides along neither.",
            1: "Time is one; there are rows and columns, too.",
        },
    ),
    claim(
        "dilated_weights",
        "the weights of a filter of 3 steps with a dilation of 8, for one channel, without the bias.",
        3,
        {
            17: "It reaches over 17 steps and looks at three of them: a weight for each of these.",
            24: "The dilation says how far apart the weights are, not how many there are.",
            8: "The steps from one weight to the next are 8; how many weights are there?",
        },
    ),
)
spot_the_mistake.hint("Your layer_in_numbers knows the first: one filter, less its bias. The second you have measured.")
spot_the_mistake.hint(
    "A filter slides along the axes that have a before and an after. Draw a filter with a dilation of 8."
)
