"""The exercises of notebook 17: one recurrent cell, a whole sequence, the loss, and the way back through time."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.recurrent.loss import sequence_loss
from dlcourse.checks.recurrent.sequence import rnn_forward
from dlcourse.checks.recurrent.sequence_back import rnn_backward
from dlcourse.checks.recurrent.shared import topic
from dlcourse.checks.recurrent.stacking import stack_weights
from dlcourse.checks.recurrent.step import rnn_cell_forward
from dlcourse.checks.recurrent.step_back import rnn_cell_backward
from dlcourse.checks.recurrent.through_time import gradient_through_time

__all__ = [
    "check",
    "gradient_through_time",
    "hint",
    "rnn_backward",
    "rnn_cell_backward",
    "rnn_cell_forward",
    "rnn_forward",
    "sequence_loss",
    "solution",
    "spot_the_mistake",
    "stack_weights",
    "topic",
]

check, hint, solution = notebook.functions(topic)

_right_loss = reference.sequence_loss(np.array([[[0.2]]]), np.array([[[1.0]]]))
_columns = reference.stack_weights(np.zeros((100, 100)), np.zeros((100, 10_000))).shape[1]

spot_the_mistake = topic.claims(
    claim(
        "stacking",
        "how do Waa and Wax stand in Wa, which meets [a; x]?",
        "side by side",
        {
            "one below the other": "The semicolon reads like that; but then the rows of Wa would not be the units.",
            "added": "They have different shapes and cannot be added; each meets a vector of its own.",
        },
        choices=("side by side", "one below the other", "added"),
    ),
    claim(
        "stacked_columns",
        "the columns of Wa with 100 units and 10,000 words.",
        _columns,
        {
            100: "100 is the number of its rows, one for each unit.",
            10_000: "These are the columns of Wax alone; Waa stands beside it.",
            100 * 10_100: "This is how many weights Wa has in all.",
        },
    ),
    claim(
        "loss_of_a_word",
        "the loss of a name (y = 1) that the network believes with y_hat = 0.2.",
        _right_loss,
        {
            0.2 - 1: "This is y_hat - y. The loss is L(y_hat, y), not a loss of the difference.",
            1 - 0.2: "This is the distance between y_hat and y. The loss is a logarithm.",
            -np.log(0.8): "This is the loss of a word that is not a name.",
            np.log(0.2): "The sign: a loss is not negative.",
        },
        tolerance=0.005,
    ),
    claim(
        "zero_vector",
        "the vectors that are 0 when a network begins to write a text: a<0>, and which input?",
        "x<1>",
        {
            "x<0>": "There is no x<0>: inputs are counted from 1, states from 0.",
            "y<0>": "Outputs are counted from 1 too, and none of them is given.",
        },
        choices=("x<0>", "x<1>", "y<0>"),
    ),
    claim(
        "shared_gradient",
        "dWaa of a sequence, from the shares of its steps.",
        "sum",
        {
            "last": "The last step's share is one of many: the same Waa was used at each step.",
            "mean": "A mean would make the gradient T times too small.",
            "product": "Products of Waa carry a gradient back through the states; the shares for Waa itself add up.",
        },
        choices=("last", "mean", "sum", "product"),
    ),
)
spot_the_mistake.hint("Write the shapes down: Wa has a row for each unit, and meets a vector of n_a + n_x numbers.")
spot_the_mistake.hint("Your own functions give the numbers: the shape of stack_weights, sequence_loss for one word.")
