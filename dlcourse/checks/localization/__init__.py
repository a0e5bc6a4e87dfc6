"""The exercises of notebook 09: targets, losses, landmarks, windows, and all windows at once."""

from __future__ import annotations

from dlcourse import localization as reference
from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook

# they declare their exercises, in the order of the notebook
# isort: off
from dlcourse.checks.localization import targets, losses, mixed, landmarks, windows, counting, at_once, finding  # noqa: F401

# isort: on
from dlcourse.checks.localization.targets import topic

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "whole_image",
        "the right b_w of a car that fills the left half of an image of 100 x 100 pixels.",
        0.5,
        {
            100: "100 are pixels, and those of the whole image; b_w is a fraction of its width.",
            50: "50 are pixels; b_w is a fraction of the image's width.",
            1.0: "1 is the whole width.",
            0.25: "b_w is the whole width of the box, not half of it. (0.25 is b_x.)",
        },
    ),
    claim(
        "box_loss",
        "whose p_c decides whether the error of the box counts?",
        "true",
        {
            "predicted": "With the predicted one a network that says p_c = 0 everywhere would be forgiven every box.",
            "both": "The target alone decides; what the network says is what is judged.",
            "neither": "Where nothing is there is no box to compare with, so something has to decide.",
        },
        choices=("true", "predicted", "both", "neither"),
    ),
    claim(
        "window_side",
        "the side of each of the four windows in an image of 16 x 16.",
        reference.window_and_stride(counting.EXAMPLE)[0],
        {
            16: "Only one window of 16 x 16 fits into 16 x 16 pixels.",
            8: "Four windows of 8 x 8 would lie side by side; these overlap.",
            2: "2 is the stride.",
        },
    ),
    claim(
        "l_64x",
        "which coordinate is l_64x?",
        "x",
        {"y": "The letter behind the number says which: y is l_64y."},
        choices=("x", "y"),
    ),
)
spot_the_mistake.hint("Fractions of the image lie between 0 and 1. What does a target say where nothing is?")
spot_the_mistake.hint("The network of the lecture was trained on images of 14 x 14, and its pool moves by 2.")
