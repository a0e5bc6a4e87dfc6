"""The exercises of notebook 12: transposed convolutions, U-Net, losses and scores of maps, and what they count."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook

# they declare their exercises, in the order of the notebook
# isort: off
from dlcourse.checks.segmentation import forwards, backwards, blocks, upwards, sizes, unet, losses, scores, pieces  # noqa: F401

# isort: on
from dlcourse.checks.segmentation.forwards import topic

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "each_pixel",
        "which segmentation gives each pixel the label of a class, and no more?",
        "semantic",
        {
            "instance": "Instance segmentation also says which of two cars a pixel belongs to.",
            "both": "Of both, only one stops at the class; the other tells two cars apart.",
            "neither": "One of the two does just that: it knows classes, and no objects.",
        },
        choices=("semantic", "instance", "both", "neither"),
    ),
    claim(
        "deconvolution",
        "what of its input does a convolution's transposed one give back?",
        "size",
        {
            "numbers": "The numbers are others: it is the way back of a gradient, and no inverse.",
            "both": "The size it does; compare the numbers, as the notebook did.",
            "neither": "It does give back one of the two: count the rows.",
        },
        choices=("size", "numbers", "both", "neither"),
    ),
)
spot_the_mistake.hint("Two cars stand side by side. What does a map of classes say of the border between them?")
spot_the_mistake.hint("Convolve an image, send the result back through the transposed convolution, and compare.")
