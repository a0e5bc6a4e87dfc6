"""The exercises of notebook 15: what units see and react to, what an answer rests on, the way back to the pixels."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook

# they declare their exercises, in the order of the notebook
# isort: off
from dlcourse.checks.visualizing import fields, patches, answers, climbing, through_layers, backwards  # noqa: F401

# isort: on
from dlcourse.checks.visualizing.parts import topic

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "class_model",
        "what does the gradient change when an image for a class is made?",
        "image",
        {
            "weights": "The weights stay as they were trained: what is learned is the network's input.",
            "generator": "There is no generator here: pixels are changed directly, one gradient step after the other.",
            "both": "Only one of the two is there, and it is no weight that changes.",
        },
        choices=("image", "weights", "generator", "both"),
    ),
    claim(
        "deconvolution",
        "what does a deconvnet show?",
        "what excited the unit",
        {
            "the input": "Pooling and ReLU have thrown parts of the input away, and one unit never saw most of it.",
            "the filter": "The filters of a deep layer have no colours; what comes back depends on the image by its "
            "switches.",
            "the class": "It begins at one unit of one layer, and knows no class.",
        },
        choices=("the input", "what excited the unit", "the filter", "the class"),
    ),
)
spot_the_mistake.hint("Which array did class_model_image hand to the tape, and which one did it change?")
spot_the_mistake.hint(
    "Look at the figures of 'All the way back': is the street's colour there, and what lies far away?"
)
