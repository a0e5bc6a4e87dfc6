"""The exercise of notebook 17 on one step: `rnn_cell_forward`."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.recurrent.shared import numbers, random_step, topic
from dlcourse.recurrent import sigmoid, softmax


@topic.exercise(
    reference=reference.rnn_cell_forward, outputs=("a_next", "yt_pred", None), section="One step", by_output=True
)
def rnn_cell_forward(rng):
    parameters = numbers([[2.0]], [[-1.0]], [[2.0], [0.0]], [[0.5]], [[0.0], [1.0]])
    a = np.tanh(2 * 0.5 - 1 * 0.3 + 0.5)
    y = np.exp([2 * a, 1.0]) / np.sum(np.exp([2 * a, 1.0]))
    yield case(
        "one number for each array, by hand",
        np.array([[0.5]]),
        np.array([[0.3]]),
        parameters,
        group="by hand",
        expect=(np.array([[a]]), y.reshape(2, 1), None),
    )
    yield case("one example", *random_step(rng, 3, 2, 2, 1), group="one example")
    yield case("several examples", *random_step(rng, 3, 5, 2, 4), group="several examples")
    yield case("as many inputs as units", *random_step(rng, 4, 4, 3, 2), group="several examples")
    yield case("more inputs than units", *random_step(rng, 6, 3, 4, 5), group="several examples")
    xt, a_prev, parameters = random_step(rng, 3, 4, 3, 2)
    yield case("large numbers, where tanh is flat", 20 * xt, a_prev, parameters, group="several examples")


def _step(
    z=lambda xt, a, p: p["Waa"] @ a + p["Wax"] @ xt + p["ba"],
    tanh=np.tanh,
    y=lambda a_next, a_prev, p: p["Wya"] @ a_next + p["by"],
    output=softmax,
):
    """A step with one thing changed: a sum, or what a sum goes through."""

    def variant(xt, a_prev, parameters):
        a_next = tanh(z(xt, a_prev, parameters))
        return a_next, output(y(a_next, a_prev, parameters)), None

    return variant


rnn_cell_forward.mistake(
    "no-tanh", "The hidden state is the weighted sum itself: tanh is missing. See 'One step'.", _step(tanh=lambda z: z)
)
rnn_cell_forward.mistake(
    "sigmoid-for-tanh",
    "The hidden state goes through a sigmoid; this cell has tanh, from -1 to 1. See 'One step'.",
    _step(tanh=sigmoid),
)
rnn_cell_forward.mistake(
    "relu-for-tanh",
    "The hidden state goes through ReLU; this cell has tanh. See 'One step'.",
    _step(tanh=lambda z: np.maximum(z, 0)),
)
rnn_cell_forward.mistake(
    "no-memory",
    "a_prev plays no part, so the cell forgets everything: Waa a_prev is missing. See 'One step'.",
    _step(lambda xt, a, p: p["Wax"] @ xt + p["ba"]),
)
rnn_cell_forward.mistake(
    "no-ba", "The bias ba is not added to the hidden state's sum.", _step(lambda xt, a, p: p["Waa"] @ a + p["Wax"] @ xt)
)
rnn_cell_forward.mistake(
    "no-by", "The bias by is not added before the softmax.", _step(y=lambda a_next, a_prev, p: p["Wya"] @ a_next)
)
rnn_cell_forward.mistake(
    "no-softmax",
    "yt_pred is the weighted sum itself: without softmax it is no probability. See 'One step'.",
    _step(output=lambda z: z),
)
rnn_cell_forward.mistake(
    "sigmoid-for-softmax",
    "yt_pred goes through a sigmoid, so its entries do not add up to 1; this cell has softmax.",
    _step(output=sigmoid),
)
rnn_cell_forward.mistake(
    "softmax-over-examples",
    "The softmax runs over the examples. Each column is one example and must add up to 1.",
    _step(output=lambda z: softmax(z.T).T),
)
rnn_cell_forward.mistake(
    "softmax-over-everything",
    "The softmax divides by the sum over all examples together; each column is one example.",
    _step(output=lambda z: softmax(z.ravel()).reshape(z.shape)),
)
rnn_cell_forward.mistake(
    "prediction-from-a-prev",
    "yt_pred is computed from a_prev: it must see this step's input, through a_next.",
    _step(y=lambda a_next, a_prev, p: p["Wya"] @ a_prev + p["by"]),
)
rnn_cell_forward.raises(
    "number-by-number",
    "Weights meet their vectors in a matrix product, @ or np.dot; * multiplies number by number. See 'One step'.",
    r"could not be broadcast together|does not have enough dimensions",
    r"\*",
)
rnn_cell_forward.raises(
    "weights-exchanged",
    "Wax belongs to the input xt and Waa to the state a_prev: the second letter says what a matrix meets.",
    "mismatch in its core dimension|not aligned",
    r"Waa\b[^+]*\bxt|Wax\b[^+]*\ba_prev",
)
rnn_cell_forward.raises(
    "order-of-the-product",
    "The weights stand on the left of what they meet: Waa @ a_prev, with the columns of a_prev as the examples.",
    "mismatch in its core dimension|not aligned",
    r"(a_prev|xt|a_next)(, ?| @ ?)(parameters\[\")?W",
)
rnn_cell_forward.raises(
    "ba-and-by-exchanged",
    "ba has an entry for each unit and by one for each prediction: ba belongs to a_next, by to yt_pred.",
    "could not be broadcast together",
)
rnn_cell_forward.raises(
    "ba-and-by-exchanged",
    "Wya does not meet a_next, which should have the shape (n_a, m): is it ba that was added to it, and not by?",
    "mismatch in its core dimension|not aligned",
    r"Wya",
)
rnn_cell_forward.mistake(
    "weights-exchanged",
    "Wax belongs to the input xt and Waa to the state a_prev: the second letter says what a matrix meets.",
    _step(lambda xt, a, p: p["Waa"] @ xt + p["Wax"] @ a + p["ba"]),
)
rnn_cell_forward.mistake(
    "minus",
    "Something is subtracted in the sum of a cell: all three parts are added, weights times state, weights times "
    "input, and bias.",
    _step(lambda xt, a, p: p["Waa"] @ a + p["Wax"] @ xt - p["ba"]),
)
rnn_cell_forward.also("minus", _step(lambda xt, a, p: p["Waa"] @ a - p["Wax"] @ xt + p["ba"]))
rnn_cell_forward.also("minus", _step(lambda xt, a, p: p["Wax"] @ xt - p["Waa"] @ a + p["ba"]))
rnn_cell_forward.also("minus", _step(y=lambda a, a_prev, p: p["Wya"] @ a - p["by"]))
rnn_cell_forward.mistake(
    "no-input",
    "xt plays no part: Wax xt is missing in the sum. See 'One step'.",
    _step(lambda xt, a, p: p["Waa"] @ a + p["ba"]),
)
rnn_cell_forward.mistake(
    "no-biases",
    "Both biases are left out, ba in the state and by in the prediction.",
    _step(lambda xt, a, p: p["Waa"] @ a + p["Wax"] @ xt, y=lambda a, a_prev, p: p["Wya"] @ a),
)
rnn_cell_forward.mistake(
    "tanh-twice",
    "tanh is applied twice: a_next is a tanh already when it goes into the prediction.",
    _step(y=lambda a, a_prev, p: p["Wya"] @ np.tanh(a) + p["by"]),
)
rnn_cell_forward.mistake(
    "tanh-of-a-part",
    "tanh is applied to one part only; it goes over the whole sum. Look at where its brackets end.",
    _step(lambda xt, a, p: np.tanh(p["Waa"] @ a + p["Wax"] @ xt) + p["ba"], tanh=lambda z: z),
)
rnn_cell_forward.also(
    "tanh-of-a-part", _step(lambda xt, a, p: np.tanh(p["Waa"] @ a) + p["Wax"] @ xt + p["ba"], tanh=lambda z: z)
)
rnn_cell_forward.mistake(
    "Waa-transposed",
    "Waa is transposed on the way forth; that belongs to the way back.",
    _step(lambda xt, a, p: p["Waa"].T @ a + p["Wax"] @ xt + p["ba"]),
)
rnn_cell_forward.mistake(
    "sigmoid-for-both",
    "Both lines go through a sigmoid: this cell has tanh for the state and softmax for the prediction.",
    _step(tanh=sigmoid, output=sigmoid),
)
rnn_cell_forward.place(
    "prediction-only",
    "a_next is right and yt_pred is not: look at its line. It is the softmax of Wya times a_next, plus by.",
    ["yt_pred"],
)
rnn_cell_forward.hint("Two lines of mathematics, two lines of code: a_next first, then yt_pred from a_next.")
rnn_cell_forward.hint("A matrix meets a matrix of columns with @; biases of shape (n_a, 1) are added to every column.")
rnn_cell_forward.hint("np.tanh(Waa @ a_prev + Wax @ xt + ba), and softmax of the same kind of sum with Wya and by.")
