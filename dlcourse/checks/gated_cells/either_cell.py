"""What goes wrong in a step of a GRU and of an LSTM alike."""

from __future__ import annotations

from dlcourse.checks.gated_cells.gates import GATE_NAMES, GRU, LSTM

BRACKETS = (
    "The brackets of a slope are missing: x (1 - x) and 1 - x² are one factor, and the other factors "
    "multiply the whole of it."
)


def errors_of_a_step(exercise):
    """What an error in a step means."""
    exercise.raises(
        "number-by-number",
        "Weights meet the stack in a matrix product, @ or np.dot; * multiplies number by number, and is for gates.",
        r"could not be broadcast together",
        r"W\w+\b[^+]*\*|\*[^+]*W",
    )
    exercise.raises(
        "order-of-the-product",
        f"The weights stand on the left of what they meet: W @ stacked. See '{exercise.section}'.",
        "mismatch in its core dimension|not aligned",
        r"(concat|stacked|a_prev|xt|a_next)\w*(, ?| @ ?)(parameters\[.)?W",
    )
    exercise.raises(
        "not-stacked",
        "The weights are as wide as a_prev and xt together: stack a_prev on xt first, np.concatenate([a_prev, xt]).",
        "mismatch in its core dimension|not aligned",
        r"W[fiocur]\b",
    )
    exercise.raises(
        "matrix-product-of-gates",
        "A gate multiplies number by number, with *; @ and np.dot are for weights.",
        "mismatch in its core dimension|not aligned",
        r"\b(f|i|o|u|r)t?\b|gamma|cc?t?\b",
    )
    exercise.raises(
        "side-by-side",
        "a_prev and xt are put side by side; one stands above the other: axis 0, which np.concatenate takes by itself.",
        "must match exactly",
    )


def prediction_only(exercise):
    exercise.place(
        "prediction-only",
        "The state is right and yt_pred is not: look at its line. It is the softmax of Wy times a_next, plus by.",
        ["yt_pred"],
    )


def places_of_a_step_back(exercise, gates):
    """Where to look, told by which of the many gradients are wrong."""
    section = exercise.section
    handed = ("dxt", "da_prev")
    for gate in gates:
        through = handed if not (gates is GRU and gate == "c") else (*handed, "dWr", "dbr")
        exercise.place(
            f"everything-through-{gate}",
            f"What passes through the {GATE_NAMES[gate]} is wrong, and only that: dW{gate} and db{gate} are made from "
            f"one array, the gradient of the {GATE_NAMES[gate]}'s sum. Look at its three factors, and at the brackets "
            f"of its slope. See '{section}'.",
            [f"dW{gate}", f"db{gate}"],
            through,
        )
        exercise.place(
            f"only-dW{gate}",
            f"Only dW{gate} is wrong: it is the gradient of the {GATE_NAMES[gate]}'s sum, times what W{gate} met, "
            f"transposed.",
            [f"dW{gate}"],
        )
        exercise.place(
            f"only-db{gate}",
            f"Only db{gate} is wrong: it is the gradient of the {GATE_NAMES[gate]}'s sum, added up over the examples "
            f"(axis=1, keepdims=True).",
            [f"db{gate}"],
        )
    exercise.place(
        "all-biases",
        "The gradients of the biases are wrong, and those of the weights right: sum over the examples, "
        "axis=1, and keep the second axis.",
        [f"db{gate}" for gate in gates],
    )
    exercise.place(
        "all-weights",
        "The gradients of the weights are wrong, and those of the biases right: each is its sum's gradient "
        "times what the weights met, transposed.",
        [f"dW{gate}" for gate in gates],
    )
    exercise.place(
        "parts-of-the-stack",
        "dxt and da_prev are wrong, and the weights' gradients right: they are the two parts of the gradient "
        "of the stack, n_a rows for a_prev and the rest for xt, to which every sum adds W transposed times its "
        "gradient.",
        ["dxt", "da_prev"],
    )
    exercise.place(
        "only-da_prev",
        "Only da_prev is wrong: count the places in which a_prev stands on the way forth, and add what comes "
        f"back from each. See '{section}'.",
        ["da_prev"],
    )
    exercise.place(
        "only-dxt",
        "Only dxt is wrong: it is the part of the stack's gradient below the first n_a rows, from every sum.",
        ["dxt"],
    )
    if gates is LSTM:
        exercise.place(
            "only-dc_prev",
            "Only dc_prev is wrong: it is the whole gradient of the memory, times the forget gate.",
            ["dc_prev"],
        )
        exercise.place(
            "everything-through-the-memory",
            "Everything that passes through the memory is wrong, and the output gate right: look at dc, which is "
            f"dc_next plus what da_next sends through ot * tanh(c_next). See '{section}'.",
            ["dc_prev", "dWf", "dbf", "dWi", "dbi", "dWc", "dbc"],
            handed,
        )
