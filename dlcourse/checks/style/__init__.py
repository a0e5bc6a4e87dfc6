"""The exercises of notebook 14: the content cost, Gram matrices, the style cost, and a step that paints."""

from __future__ import annotations

import numpy as np

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checking.working import Working
from dlcourse.checks.style.content_cost import compute_content_cost
from dlcourse.checks.style.gram import gram_matrix
from dlcourse.checks.style.layer_style_cost import compute_layer_style_cost
from dlcourse.checks.style.painting import train_step
from dlcourse.checks.style.parts import topic
from dlcourse.checks.style.style_cost import compute_style_cost
from dlcourse.checks.style.total import total_cost

__all__ = [
    "check",
    "compute_content_cost",
    "compute_layer_style_cost",
    "compute_style_cost",
    "gram_matrix",
    "hint",
    "solution",
    "spot_the_mistake",
    "topic",
    "total_cost",
    "train_step",
]

check, hint, solution = notebook.functions(topic)

G_STYLE, G_GENERATED = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])
_difference = G_STYLE - G_GENERATED
_unrolled = np.zeros((64, 32 * 32), "f4")  # 64 channels

spot_the_mistake = topic.claims(
    claim(
        "style_sum",
        "what must be added up for these two Gram matrices?",
        float(np.sum(_difference**2)),
        {
            float(np.sum(_difference)): "Without the square, differences of opposite sign cancel. See 'The style cost "
            "of one layer'.",
            float(np.sum(np.abs(_difference))): "The differences are squared; their absolute values are not enough.",
        },
        working=Working(
            lambda *differences: sum(difference * abs(difference) for difference in differences),
            {
                f"the difference in row {row + 1} and column {column + 1} (without its sign)": abs(float(difference))
                for (row, column), difference in np.ndenumerate(_difference)
            },
        ),
    ),
    claim(
        "gram_numbers",
        "how many numbers are in the Gram matrix of this layer?",
        (_unrolled @ _unrolled.T).size,
        {
            (32 * 32) ** 2: "That is positions by positions: what F times its transpose gives when the rows of F are "
            "positions. See 'The Gram matrix'.",
            64 * 32 * 32: "These are the activations; the Gram matrix has a row and a column for each channel.",
        },
        working=Working(lambda rows, columns: rows * columns, {"its rows": 64, "its columns": 64}),
    ),
    claim(
        "style_divisor",
        "what is the sum of squares divided by for this layer?",
        (2 * 4 * 3 * 2) ** 2,
        {
            2 * 4 * 3 * 2: "The constant is squared. See 'The style cost of one layer'.",
            4 * 4 * 3 * 2: "That is the content cost's constant. See 'The content cost'.",
            (4 * 3 * 2) ** 2: "The 2 is squared as well.",
        },
        working=Working(
            lambda two, n_H, n_W, n_C: (two * n_H * n_W * n_C) ** 2, {"the constant": 2, "n_H": 4, "n_W": 3, "n_C": 2}
        ),
    ),
    claim(
        "pixel",
        "which value has this pixel after the step?",
        0.5 - 0.01 * 30,
        {
            0.5 - 30.0: "The learning rate is missing: a step of the full gradient leaves the picture at once. See 'A "
            "step that paints'.",
            0.5 + 0.01 * 30: "That is uphill: the gradient is subtracted.",
            0.0: "No clipping is needed: the step is the learning rate times the gradient.",
        },
        working=Working(
            lambda pixel, rate, gradient: pixel - rate * gradient,
            {"the pixel": 0.5, "the learning rate": 0.01, "the gradient": 30},
        ),
    ),
    claim(
        "half",
        "what is the 1/2?",
        "constant",
        {
            "regularisation": "Regularisation is a term of its own, which keeps weights small; this factor only scales "
            "the cost. See 'The content cost'.",
            "probability": "Nothing here is random: the factor only scales the cost.",
            "learning rate": "The learning rate multiplies the gradient in each step, not the cost.",
        },
        choices=("constant", "regularisation", "probability", "learning rate"),
    ),
    claim(
        "session",
        "what do you use instead in TensorFlow 2?",
        "GradientTape",
        {
            "InteractiveSession": "Sessions belong to TensorFlow 1. See 'A step that paints'.",
            "placeholder": "Placeholders belong to TensorFlow 1: a function is called with its values.",
            "global_variables_initializer": "A tf.Variable of TensorFlow 2 has its value from the start.",
        },
        choices=("InteractiveSession", "placeholder", "global_variables_initializer", "GradientTape"),
    ),
)
spot_the_mistake.hint("Each claim is explained in a section above; four of them are sums that you can do by hand.")
spot_the_mistake.hint(
    "Rows of F are positions: F transposed times F is channels by channels. Steps are learning rate times gradient."
)
