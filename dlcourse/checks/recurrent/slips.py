"""Further mistakes of notebook 17: slips in single symbols, brackets and loops."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import Topic
from dlcourse.recurrent import sigmoid, softmax

WEIGHTS = ("dWax", "dWaa", "dba")


def add_slips(topic: Topic) -> None:
    """Tell the exercises of the topic what else goes wrong."""
    for name, add in SLIPS.items():
        add(topic.exercises[name])


def _cell(
    z=lambda xt, a, p: p["Waa"] @ a + p["Wax"] @ xt + p["ba"],
    step=np.tanh,
    y=lambda a, p: p["Wya"] @ a + p["by"],
    output=softmax,
):
    def variant(xt, a_prev, parameters):
        a_next = step(z(xt, a_prev, parameters))
        return a_next, output(y(a_next, parameters)), None

    return variant


def _rnn_cell_forward(exercise):
    exercise.raises(
        "number-by-number",
        "Weights meet their vectors in a matrix product, @ or np.dot; * multiplies number by number. See 'One step'.",
        r"could not be broadcast together|does not have enough dimensions",
        r"\*",
    )
    exercise.raises(
        "weights-exchanged",
        "Wax belongs to the input xt and Waa to the state a_prev: the second letter says what a matrix meets.",
        "mismatch in its core dimension|not aligned",
        r"Waa\b[^+]*\bxt|Wax\b[^+]*\ba_prev",
    )
    exercise.raises(
        "order-of-the-product",
        "The weights stand on the left of what they meet: Waa @ a_prev, with the columns of a_prev as the examples.",
        "mismatch in its core dimension|not aligned",
        r"(a_prev|xt|a_next)(, ?| @ ?)(parameters\[\")?W",
    )
    exercise.raises(
        "ba-and-by-exchanged",
        "ba has an entry for each unit and by one for each prediction: ba belongs to a_next, by to yt_pred.",
        "could not be broadcast together",
    )
    exercise.raises(
        "ba-and-by-exchanged",
        "Wya does not meet a_next, which should have the shape (n_a, m): is it ba that was added to it, and not by?",
        "mismatch in its core dimension|not aligned",
        r"Wya",
    )
    exercise.mistake(
        "weights-exchanged",
        "Wax belongs to the input xt and Waa to the state a_prev: the second letter says what a matrix meets.",
        _cell(lambda xt, a, p: p["Waa"] @ xt + p["Wax"] @ a + p["ba"]),
    )
    exercise.mistake(
        "minus",
        "Something is subtracted in the sum of a cell: all three parts are added, weights times state, weights times "
        "input, and bias.",
        _cell(lambda xt, a, p: p["Waa"] @ a + p["Wax"] @ xt - p["ba"]),
    )
    exercise.also("minus", _cell(lambda xt, a, p: p["Waa"] @ a - p["Wax"] @ xt + p["ba"]))
    exercise.also("minus", _cell(lambda xt, a, p: p["Wax"] @ xt - p["Waa"] @ a + p["ba"]))
    exercise.also("minus", _cell(y=lambda a, p: p["Wya"] @ a - p["by"]))
    exercise.mistake(
        "no-input",
        "xt plays no part: Wax xt is missing in the sum. See 'One step'.",
        _cell(lambda xt, a, p: p["Waa"] @ a + p["ba"]),
    )
    exercise.mistake(
        "no-biases",
        "Both biases are left out, ba in the state and by in the prediction.",
        _cell(lambda xt, a, p: p["Waa"] @ a + p["Wax"] @ xt, y=lambda a, p: p["Wya"] @ a),
    )
    exercise.mistake(
        "tanh-twice",
        "tanh is applied twice: a_next is a tanh already when it goes into the prediction.",
        _cell(y=lambda a, p: p["Wya"] @ np.tanh(a) + p["by"]),
    )
    exercise.mistake(
        "tanh-of-a-part",
        "tanh is applied to one part only; it goes over the whole sum. Look at where its brackets end.",
        _cell(lambda xt, a, p: np.tanh(p["Waa"] @ a + p["Wax"] @ xt) + p["ba"], step=lambda z: z),
    )
    exercise.also(
        "tanh-of-a-part", _cell(lambda xt, a, p: np.tanh(p["Waa"] @ a) + p["Wax"] @ xt + p["ba"], step=lambda z: z)
    )
    exercise.mistake(
        "Waa-transposed",
        "Waa is transposed on the way forth; that belongs to the way back.",
        _cell(lambda xt, a, p: p["Waa"].T @ a + p["Wax"] @ xt + p["ba"]),
    )
    exercise.mistake(
        "sigmoid-for-both",
        "Both lines go through a sigmoid: this cell has tanh for the state and softmax for the prediction.",
        _cell(step=sigmoid, output=sigmoid),
    )
    exercise.place(
        "prediction-only",
        "a_next is right and yt_pred is not: look at its line. It is the softmax of Wya times a_next, plus by.",
        ["yt_pred"],
    )


def _rnn(axis=2, see=lambda x, t: x[:, :, t], y=None):
    def variant(x, a0, parameters):
        states, predictions, a_next = [], [], a0
        for t in range(x.shape[2]):
            a_next, yt_pred, _ = reference.rnn_cell_forward(see(x, t), a_next, parameters)
            states.append(a_next)
            predictions.append(yt_pred if y is None else y(a_next, yt_pred))
        return np.stack(states, axis=axis), np.stack(predictions, axis=axis), None

    return variant


def _rnn_forward(exercise):
    exercise.raises(
        "predictions-from-states",
        "a and y_pred are exchanged: a[:, :, t] takes the state, y_pred[:, :, t] the prediction.",
        r"could not broadcast",
        r"y_pred\[.*= *a_next|\ba\[.*= *y",
    )
    exercise.raises(
        "input-of-a-step",
        "What comes out of a step does not fit. Each step sees its own input only, x[:, :, t] of the shape "
        "(n_x, m): not the whole of x, and time is the last axis.",
        r"could not broadcast|could not be broadcast|out of bounds|core dimension|not aligned",
    )
    exercise.mistake(
        "predictions-from-states",
        "a and y_pred are exchanged: a[:, :, t] takes the state, y_pred[:, :, t] the prediction.",
        _rnn(y=lambda a_next, yt_pred: a_next),
    )
    exercise.mistake(
        "time-in-another-place",
        "Time is the last axis: step t is x[:, :, t], of the shape (n_x, m), and fills a[:, :, t].",
        _rnn(see=lambda x, t: x[:, t, :]),
    )
    exercise.mistake("one-step-ahead", "Step t sees the input of the next step: it is x[:, :, t].", _rnn(see=_ahead))
    exercise.mistake(
        "first-step-only", "The steps after the first are still 0: does the loop run over all T of them?", _first_only
    )
    exercise.mistake(
        "last-step-missing", "The last step is still 0: range(T_x) already ends at T_x - 1.", _without_the_last
    )


def _ahead(x, t):
    return x[:, :, (t + 1) % x.shape[2]]


def _first_only(x, a0, parameters):
    a, y_pred, _ = reference.rnn_forward(x, a0, parameters)
    mask = np.arange(x.shape[2]) == 0
    return a * mask, y_pred * mask, None


def _without_the_last(x, a0, parameters):
    a, y_pred, _ = reference.rnn_forward(x, a0, parameters)
    mask = np.arange(x.shape[2]) < x.shape[2] - 1
    return a * mask, y_pred * mask, None


def _stack_weights(exercise):
    exercise.raises(
        "wrong-order",
        "The matrices are to stand side by side, Waa first and then Wax: they have the same number of rows.",
        "must match exactly",
    )
    exercise.also("below-each-other", lambda Waa, Wax: np.concatenate([Wax, Waa], axis=0))


def _loss(of_each=None, end=lambda total, y: total / y.shape[1]):
    def variant(y_hat, y):
        losses = -y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat) if of_each is None else of_each(y_hat, y)
        return float(end(losses.sum(), y))

    return variant


def _sequence_loss(exercise):
    log = np.log
    exercise.mistake(
        "last-word-only",
        "Only the last word of the last sequence counts: is the loss added up (`+=`) in the loops?",
        lambda y_hat, y: float(_loss(end=lambda total, y: total)(y_hat[-1:, -1:, -1:], y[-1:, -1:, -1:]) / y.shape[1]),
    )
    exercise.mistake(
        "sign-of-the-second-half",
        "The two halves have different signs; both are subtracted: -y log(y_hat) - (1 - y) log(1 - y_hat).",
        _loss(lambda y_hat, y: -y * log(y_hat) + (1 - y) * log(1 - y_hat)),
    )
    exercise.also("sign-of-the-second-half", _loss(lambda y_hat, y: y * log(y_hat) - (1 - y) * log(1 - y_hat)))
    exercise.mistake(
        "averaged-over-the-steps-only",
        "The sum is divided by the number of steps; it is divided by the number of sequences, y.shape[1].",
        _loss(end=lambda total, y: total / y.shape[2]),
    )
    exercise.mistake(
        "divided-by-the-labels",
        "The sum is divided by the number of labels; it is divided by the number of sequences, y.shape[1].",
        _loss(end=lambda total, y: total / y.shape[0]),
    )
    exercise.mistake(
        "multiplied",
        "The sum is multiplied by the number of sequences; a mean divides.",
        _loss(end=lambda t, y: t * y.shape[1]),
    )
    exercise.mistake(
        "divided-by-a-logarithm",
        "A label is divided by the logarithm; it is multiplied by it.",
        _loss(lambda y_hat, y: -y / log(y_hat) - (1 - y) * log(1 - y_hat)),
    )
    exercise.also("divided-by-a-logarithm", _loss(lambda y_hat, y: -y * log(y_hat) - (1 - y) / log(1 - y_hat)))
    exercise.mistake(
        "every-word-costs-for-nothing",
        "The second half counts for words with the label 1 too: its factor is 1 - y, which is 0 for them.",
        _loss(lambda y_hat, y: -y * log(y_hat) - log(1 - y_hat)),
    )
    for factor in (lambda y: 1 + y, lambda y: 2 - y):
        exercise.also(
            "every-word-costs-for-nothing",
            _loss(lambda y_hat, y, factor=factor: -y * log(y_hat) - factor(y) * log(1 - y_hat)),
        )
    exercise.mistake(
        "logarithm-of-another-probability",
        "The second logarithm is taken of another number than 1 - y_hat, the probability of no name.",
        _loss(lambda y_hat, y: -y * log(y_hat) - (1 - y) * log(y_hat)),
    )
    for other in (lambda p: 1 + p, lambda p: 2 - p):
        exercise.also(
            "logarithm-of-another-probability",
            _loss(lambda y_hat, y, other=other: -y * log(y_hat) - (1 - y) * log(other(y_hat))),
        )
    exercise.mistake(
        "other-logarithm",
        "The logarithm has another base; np.log is the natural one, which the loss takes.",
        _loss(lambda y_hat, y: (-y * log(y_hat) - (1 - y) * log(1 - y_hat)) / log(10)),
    )
    exercise.also("other-logarithm", _loss(lambda y_hat, y: (-y * log(y_hat) - (1 - y) * log(1 - y_hat)) / log(2)))


def _cell_gradients(dz, a_prev, xt, p):
    return {
        "dxt": p["Wax"].T @ dz,
        "da_prev": p["Waa"].T @ dz,
        "dWax": dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(axis=1, keepdims=True),
    }


def _cell_back(dz=lambda da, a: da * (1 - a**2), change=lambda dz, da, a, a_prev, xt, p: {}):
    def variant(da_next, cache):
        a_next, a_prev, xt, p = cache
        z = dz(da_next, a_next)
        return {**_cell_gradients(z, a_prev, xt, p), **change(z, da_next, a_next, a_prev, xt, p)}

    return variant


def _rnn_cell_backward(exercise):
    exercise.mistake(
        "slope-without-brackets",
        "The brackets are missing: 1 - a_next² comes first, and da_next is multiplied by the whole of it.",
        _cell_back(lambda da, a: 1 - a**2 * da),
    )
    exercise.also("slope-without-brackets", _cell_back(lambda da, a: da * 1 - a**2))
    exercise.mistake(
        "another-slope",
        "The slope of tanh is 1 - a_next², in another form here: a plus, another power or another number. "
        "See 'The way back through one step'.",
        _cell_back(lambda da, a: da * (1 + a**2)),
    )
    for slope in (
        lambda a: 2 - a**2,
        lambda a: 1 - a * 2,
        lambda a: 1 - a**3,
        lambda a: 1 / (1 - a**2),
        lambda a: a**2,
        lambda a: a**2 - 1,
        lambda a: (1 - a) ** 2,
        lambda a: 1 - np.tanh(a),
    ):
        exercise.also("another-slope", _cell_back(lambda da, a, slope=slope: da * slope(a)))
    exercise.raises(
        "Wax-not-transposed",
        "Weights are transposed on the way back: Wax has the shape (n_a, n_x), and dxt must come out as (n_x, m).",
        "core dimension|not aligned",
        r"Wax\b(?!\.T|\.transpose|\"\]\.T)",
    )
    exercise.raises(
        "weights-exchanged",
        "Each gradient goes back through the matrix that its array met: dxt through Wax, da_prev through Waa.",
        "core dimension|not aligned",
        r"^dxt.*Waa|^da_prev.*Wax",
    )
    exercise.mistake(
        "weights-exchanged",
        "Each gradient goes back through the matrix that its array met: dxt through Wax, da_prev through Waa.",
        _cell_back(change=lambda dz, da, a, a_prev, xt, p: {"dxt": p["Waa"].T @ dz, "da_prev": p["Wax"].T @ dz}),
    )
    exercise.mistake(
        "dba-over-everything",
        "dba is one number, the sum over units and examples; each unit has a bias of its own: axis=1.",
        _cell_back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz)}),
    )
    exercise.also(
        "dba-over-everything", _cell_back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz, keepdims=True)})
    )
    exercise.mistake(
        "dba-over-the-units",
        "dba sums over the units; it sums over the examples, axis=1, and keeps one number for each unit.",
        _cell_back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz, axis=0, keepdims=True)}),
    )
    exercise.also("dba-over-the-units", _cell_back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz, axis=0)}))
    exercise.mistake(
        "dWax-and-dWaa-exchanged",
        "dWax and dWaa are exchanged: dWax is made with xt, which Wax met, and dWaa with a_prev.",
        _cell_back(change=lambda dz, da, a, a_prev, xt, p: {"dWax": dz @ a_prev.T, "dWaa": dz @ xt.T}),
    )
    exercise.mistake(
        "slope-forgotten-in-one",
        "One of the gradients is made from da_next itself: the slope of tanh comes before all five of them.",
        _cell_back(change=lambda dz, da, a, a_prev, xt, p: {"dxt": p["Wax"].T @ da}),
    )
    for change in (
        lambda dz, da, a, a_prev, xt, p: {"da_prev": p["Waa"].T @ da},
        lambda dz, da, a, a_prev, xt, p: {"dWax": da @ xt.T},
        lambda dz, da, a, a_prev, xt, p: {"dWaa": da @ a_prev.T},
    ):
        exercise.also("slope-forgotten-in-one", _cell_back(change=change))
    exercise.place(
        "everything-through-the-slope",
        "All five gradients are wrong, and all five are made from one array: da_next times the slope of "
        "tanh, 1 - a_next². Look at that line first. See 'The way back through one step'.",
        ["dxt", "da_prev", "dWax", "dWaa", "dba"],
    )
    _one_by_one(
        exercise,
        {
            "dxt": "Wax transposed times dz",
            "da_prev": "Waa transposed times dz",
            "dWax": "dz times xt transposed",
            "dWaa": "dz times a_prev transposed",
            "dba": "the sum of dz over the examples",
        },
        "The way back through one step",
    )


def _one_by_one(exercise, products, section):
    for name, product in products.items():
        exercise.place(
            f"only-{name}", f"Only {name} is wrong, so its own line is: it is {product}. See '{section}'.", [name]
        )


def _back(
    upstream=lambda da, t, da_prev: da[:, :, t] + da_prev,
    steps=lambda T: range(T - 1, -1, -1),
    add=lambda name, old, new: old + new,
    cell=lambda cells, t: cells[t],
    start=0.0,
):
    def variant(da, caches):
        cells, x = caches
        n_a, m, T = da.shape
        da_prev, dx = np.full((n_a, m), start), np.zeros(x.shape)
        total = {"dWax": np.zeros((n_a, len(x))), "dWaa": np.zeros((n_a, n_a)), "dba": np.zeros((n_a, 1))}
        for t in steps(T):
            step = reference.rnn_cell_backward(upstream(da, t, da_prev), cell(cells, t))
            dx[:, :, t], da_prev = step["dxt"], step["da_prev"]
            total = {name: add(name, total[name], step[name]) for name in WEIGHTS}
        return {"dx": dx, "da0": da_prev, **total}

    return variant


def _rnn_backward(exercise):
    exercise.raises(
        "time-in-another-place",
        "Time is the last axis: the gradient of step t's state is da[:, :, t], of the shape (n_a, m).",
        r"could not be broadcast|could not broadcast|out of bounds|core dimension|not aligned",
        r"\[:, ?t, ?:\]|\[t, ?:",
    )
    exercise.mistake(
        "time-in-another-place",
        "Time is the last axis: the gradient of step t's state is da[:, :, t], of the shape (n_a, m).",
        _back(lambda da, t, da_prev: da[:, t, :] + da_prev),
    )
    exercise.mistake(
        "own-gradients-left-out",
        "da[:, :, t], what step t's own output sends back, plays no part: it is added to what comes back "
        "from the step after.",
        _back(lambda da, t, da_prev: da_prev),
    )
    for name in WEIGHTS:
        exercise.mistake(
            f"{name}-overwritten",
            f"{name} holds one step's share only: all steps share the weights, so add up (`+=`).",
            _back(add=lambda key, old, new, name=name: new if key == name else old + new),
        )
    exercise.mistake(
        "subtracted",
        "Gradients are taken away where they are added up (`-=` for `+=`, or a minus between da and da_prev).",
        _back(add=lambda key, old, new: old - new),
    )
    exercise.also("subtracted", _back(lambda da, t, da_prev: da[:, :, t] - da_prev))
    for name in WEIGHTS:
        exercise.also("subtracted", _back(add=lambda key, old, new, name=name: old - new if key == name else old + new))
    exercise.mistake(
        "first-step-missing",
        "The loop never comes to step 0: range(T - 1, -1, -1), or reversed(range(T)), goes down to it.",
        _back(steps=lambda T: range(T - 1, 0, -1)),
    )
    exercise.mistake(
        "last-step-missing",
        "The loop does not begin at the last step, T - 1.",
        _back(steps=lambda T: range(T - 2, -1, -1)),
    )
    exercise.mistake(
        "one-cache-for-all",
        "Every step goes back through the same cell: step t through cells[t].",
        _back(cell=lambda cells, t: cells[0]),
    )
    exercise.also("one-cache-for-all", _back(cell=lambda cells, t: cells[-1]))
    exercise.also("one-cache-for-all", _back(cell=lambda cells, t: cells[len(cells) - 1 - t]))
    exercise.mistake(
        "whole-gradient-in-each-step",
        "Each step gets the gradients of all steps together; step t gets da[:, :, t], and what comes back.",
        _back(lambda da, t, da_prev: da.sum(axis=2) + da_prev),
    )
    exercise.mistake(
        "starts-with-ones", "Behind the last step there is nothing: da_prev begins as zeros.", _back(start=1.0)
    )
    _one_by_one(
        exercise,
        {
            "dx": "filled step by step: dx[:, :, t] is step t's dxt",
            "da0": "the da_prev that is left when the loop has gone through the first step",
            "dWax": "the sum of all steps' dWax",
            "dWaa": "the sum of all steps' dWaa",
            "dba": "the sum of all steps' dba",
        },
        "The way back through time",
    )


def _norms(
    jacobian=lambda a, t, Waa: (1 - a[:, t] ** 2)[:, None] * Waa,
    norm=lambda matrix: np.linalg.norm(matrix, 2),
    steps=lambda T: range(T - 1, 0, -1),
    place=lambda t: t - 1,
    last=1.0,
):
    def variant(a, Waa):
        T = a.shape[1]
        product, norms = np.eye(len(Waa)), np.zeros(T)
        norms[T - 1] = last
        for t in steps(T):
            product = product @ jacobian(a, t, Waa)
            norms[place(t)] = norm(product)
        return norms

    return variant


def _gradient_through_time(exercise):
    exercise.mistake(
        "Waa-transposed",
        "Waa is transposed; da<t>/da<t-1> has it as it is, with a slope for each of its rows.",
        _norms(lambda a, t, Waa: (1 - a[:, t] ** 2)[:, None] * Waa.T),
    )
    exercise.mistake(
        "another-slope",
        "The slope of tanh is 1 - a², in another form here: a plus, another power or another number.",
        _norms(lambda a, t, Waa: (1 + a[:, t] ** 2)[:, None] * Waa),
    )
    for slope in (
        lambda a: 2 - a**2,
        lambda a: 1 - a * 2,
        lambda a: 1 - a**3,
        lambda a: a**2,
        lambda a: 1 - np.tanh(a) ** 2,
        lambda a: (1 - a) ** 2,
    ):
        exercise.also("another-slope", _norms(lambda a, t, Waa, slope=slope: slope(a[:, t])[:, None] * Waa))
    exercise.also("Frobenius", _norms(norm=lambda matrix: np.abs(matrix).max()))
    exercise.mistake(
        "norm-of-another-kind",
        "Another measure of the product is taken; asked for is its largest singular value, np.linalg.norm(matrix, 2).",
        _norms(norm=lambda matrix: np.linalg.norm(matrix, 1)),
    )
    for norm in (
        lambda matrix: np.abs(np.linalg.eigvals(matrix)).max(),
        lambda matrix: np.linalg.norm(matrix, np.inf),
        lambda matrix: np.linalg.norm(matrix) ** 2,
        lambda matrix: np.linalg.det(matrix),
        lambda matrix: 2.0,
    ):
        exercise.also("norm-of-another-kind", _norms(norm=norm))
    exercise.mistake(
        "last-is-not-one",
        "The last entry is da<T>/da<T>, the identity: its norm is 1, before anything is multiplied.",
        _norms(last=0.0),
    )
    exercise.also("last-is-not-one", _norms(last=2.0))
    exercise.mistake(
        "steps-left-out",
        "Some steps are never reached: from T - 1 down to 1, each gives the norm for the step before it.",
        _norms(steps=lambda T: range(T - 1, 1, -1)),
    )
    for steps in (
        lambda T: range(T - 2, 0, -1),
        lambda T: range(T - 1, 0, -2),
        lambda T: range(0),
        lambda T: range(T - 1, 2, -1),
    ):
        exercise.also("steps-left-out", _norms(steps=steps))
    exercise.mistake(
        "forwards",
        "The loop runs from the first step to the last; the product grows from the last step backwards.",
        _norms(steps=lambda T: range(1, T)),
    )
    exercise.mistake(
        "one-place-off",
        "The norms stand one place off: the product that includes step t's slope and Waa is da<T>/da<t-1>.",
        _norms(place=lambda t: t),
    )
    exercise.also("one-place-off", _norms(place=lambda t: t - 2))


SLIPS = {
    "rnn_cell_forward": _rnn_cell_forward,
    "stack_weights": _stack_weights,
    "rnn_forward": _rnn_forward,
    "sequence_loss": _sequence_loss,
    "rnn_cell_backward": _rnn_cell_backward,
    "rnn_backward": _rnn_backward,
    "gradient_through_time": _gradient_through_time,
}
