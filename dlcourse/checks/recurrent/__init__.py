"""The exercises of notebook 17: one recurrent cell, a whole sequence, the loss, and the way back through time."""

from __future__ import annotations

import functools

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import Topic, case, claim, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.panel import notebook
from dlcourse.checking.panel.pictures import strip
from dlcourse.checks.recurrent.slips import add_slips
from dlcourse.recurrent import sigmoid, softmax

topic = Topic("recurrent")
check, hint, solution = notebook.functions(topic)

# Finite differences are good to ten digits, but an answer in float32, which is right too, only to six.
NUMERICAL = 1e-5


def _parameters(rng, n_x, n_a, n_y):
    """Weights small enough that tanh stays off its flat ends, where every gradient would be nearly 0."""
    return {
        "Wax": rng.normal(size=(n_a, n_x)) / n_x**0.5,
        "Waa": rng.normal(size=(n_a, n_a)) / n_a**0.5,
        "Wya": rng.normal(size=(n_y, n_a)),
        "ba": 0.5 * rng.normal(size=(n_a, 1)),
        "by": rng.normal(size=(n_y, 1)),
    }


def _cell(rng, n_x=3, n_a=5, n_y=2, m=4):
    return rng.normal(size=(n_x, m)), np.tanh(rng.normal(size=(n_a, m))), _parameters(rng, n_x, n_a, n_y)


def _sequence(rng, n_x=3, n_a=5, n_y=2, m=4, T=5):
    return rng.normal(size=(n_x, m, T)), np.tanh(rng.normal(size=(n_a, m))), _parameters(rng, n_x, n_a, n_y)


def _numbers(Wax, Waa, Wya, ba, by):
    """Parameters from nested lists."""
    names = ("Wax", "Waa", "Wya", "ba", "by")
    return {name: np.array(value, float) for name, value in zip(names, (Wax, Waa, Wya, ba, by), strict=True)}


def _with(forward, name, value):
    return forward(**{name: value})


# rnn_cell_forward


@topic.exercise(
    reference=reference.rnn_cell_forward, outputs=("a_next", "yt_pred", None), section="One step", by_output=True
)
def rnn_cell_forward(rng):
    parameters = _numbers([[2.0]], [[-1.0]], [[2.0], [0.0]], [[0.5]], [[0.0], [1.0]])
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
    yield case("one example", *_cell(rng, 3, 2, 2, 1), group="one example")
    yield case("several examples", *_cell(rng, 3, 5, 2, 4), group="several examples")
    yield case("as many inputs as units", *_cell(rng, 4, 4, 3, 2), group="several examples")
    yield case("more inputs than units", *_cell(rng, 6, 3, 4, 5), group="several examples")
    xt, a_prev, parameters = _cell(rng, 3, 4, 3, 2)
    yield case("large numbers, where tanh is flat", 20 * xt, a_prev, parameters, group="several examples")


def _rnn_cell(step=np.tanh, output=softmax, carry=1.0, ba=1.0, by=1.0, seen="a_next"):
    """A cell with one thing changed."""

    def variant(xt, a_prev, parameters):
        z = carry * (parameters["Waa"] @ a_prev) + parameters["Wax"] @ xt + ba * parameters["ba"]
        a_next = step(z)
        source = a_next if seen == "a_next" else a_prev
        return a_next, output(parameters["Wya"] @ source + by * parameters["by"]), None

    return variant


rnn_cell_forward.mistake(
    "no-tanh",
    "The hidden state is the weighted sum itself: tanh is missing. See 'One step'.",
    _rnn_cell(step=lambda z: z),
)
rnn_cell_forward.mistake(
    "sigmoid-for-tanh",
    "The hidden state goes through a sigmoid; this cell has tanh, from -1 to 1. See 'One step'.",
    _rnn_cell(step=sigmoid),
)
rnn_cell_forward.mistake(
    "relu-for-tanh",
    "The hidden state goes through ReLU; this cell has tanh. See 'One step'.",
    _rnn_cell(step=lambda z: np.maximum(z, 0)),
)
rnn_cell_forward.mistake(
    "no-memory",
    "a_prev plays no part, so the cell forgets everything: Waa a_prev is missing. See 'One step'.",
    _rnn_cell(carry=0.0),
)
rnn_cell_forward.mistake("no-ba", "The bias ba is not added to the hidden state's sum.", _rnn_cell(ba=0.0))
rnn_cell_forward.mistake("no-by", "The bias by is not added before the softmax.", _rnn_cell(by=0.0))
rnn_cell_forward.mistake(
    "no-softmax",
    "yt_pred is the weighted sum itself: without softmax it is no probability. See 'One step'.",
    _rnn_cell(output=lambda z: z),
)
rnn_cell_forward.mistake(
    "sigmoid-for-softmax",
    "yt_pred goes through a sigmoid, so its entries do not add up to 1; this cell has softmax.",
    _rnn_cell(output=sigmoid),
)
rnn_cell_forward.mistake(
    "softmax-over-examples",
    "The softmax runs over the examples. Each column is one example and must add up to 1.",
    _rnn_cell(output=lambda z: softmax(z.T).T),
)
rnn_cell_forward.mistake(
    "softmax-over-everything",
    "The softmax divides by the sum over all examples together; each column is one example.",
    _rnn_cell(output=lambda z: softmax(z.ravel()).reshape(z.shape)),
)
rnn_cell_forward.mistake(
    "prediction-from-a-prev",
    "yt_pred is computed from a_prev: it must see this step's input, through a_next.",
    _rnn_cell(seen="a_prev"),
)
rnn_cell_forward.hint("Two lines of mathematics, two lines of code: a_next first, then yt_pred from a_next.")
rnn_cell_forward.hint("A matrix meets a matrix of columns with @; biases of shape (n_a, 1) are added to every column.")
rnn_cell_forward.hint("np.tanh(Waa @ a_prev + Wax @ xt + ba), and softmax of the same kind of sum with Wya and by.")


# stack_weights


@topic.exercise(reference=reference.stack_weights, section="A shorter way to write it")
def stack_weights(rng):
    yield case(
        "two units and one input, by hand",
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[5.0], [6.0]]),
        group="two units",
        expect=np.array([[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]),
    )
    yield case("as many inputs as units", rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), group="two units")
    for n_a, n_x in ((3, 5), (4, 2)):
        yield case(
            f"{n_a} units and {n_x} inputs",
            rng.normal(size=(n_a, n_a)),
            rng.normal(size=(n_a, n_x)),
            group="other sizes",
        )


stack_weights.mistake(
    "below-each-other",
    "The matrices are put one below the other; they stand side by side. See 'A shorter way to write it'.",
    lambda Waa, Wax: np.concatenate([Waa, Wax], axis=0),
)
stack_weights.mistake(
    "wrong-order",
    "Wax comes first; the vector it will meet has a_prev on top, so Waa is the left part.",
    lambda Waa, Wax: np.concatenate([Wax, Waa], axis=1),
)
stack_weights.mistake(
    "result-transposed",
    "The result is transposed: it has a row for each unit.",
    lambda Waa, Wax: np.concatenate([Waa, Wax], axis=1).T,
)
stack_weights.mistake(
    "Waa-transposed",
    "Waa is transposed on the way; it goes in as it is.",
    lambda Waa, Wax: np.concatenate([Waa.T, Wax], axis=1),
)
stack_weights.hint("How many rows has each of the two? The result has just as many.")
stack_weights.hint("np.concatenate takes a tuple of arrays, and axis=1 puts them side by side; so does np.hstack.")


# rnn_forward


@topic.exercise(
    reference=reference.rnn_forward,
    outputs=("a", "y_pred", None),
    section="The whole sequence",
    by_output=True,
    picture=strip(),
    companions=("rnn_cell_forward",),
    weights={"a": 2.0},
)
def rnn_forward(rng):
    parameters = _numbers([[1.0]], [[0.5]], [[1.0], [-1.0]], [[0.0]], [[0.0], [0.0]])
    first = np.tanh(1.0 + 0.5 * 0.2)
    states = np.array([first, np.tanh(-1.0 + 0.5 * first)])
    expect = np.stack([np.exp(states), np.exp(-states)]) / (np.exp(states) + np.exp(-states))
    yield case(
        "two steps of one number, by hand",
        np.array([[[1.0, -1.0]]]),
        np.array([[0.2]]),
        parameters,
        group="by hand",
        expect=(states.reshape(1, 1, 2), expect.reshape(2, 1, 2), None),
    )
    yield case("one step", *_sequence(rng, 3, 2, 4, 5, 1), group="lengths")
    yield case("two steps", *_sequence(rng, 3, 5, 2, 4, 2), group="lengths")
    yield case("five steps", *_sequence(rng, 4, 3, 2, 6, 5), group="lengths")
    yield case("more units than inputs, seven steps", *_sequence(rng, 2, 6, 3, 1, 7), group="lengths")


def _rnn_steps(x, a0, parameters, carried=True, order=None, see=lambda x, t: x[:, :, t]):
    """The hidden states and predictions of the steps in `order`, as lists."""
    states, predictions, a_next = [], [], a0
    for t in range(x.shape[2]) if order is None else order:
        a_next, yt_pred, _ = reference.rnn_cell_forward(see(x, t), a_next if carried else a0, parameters)
        states.append(a_next)
        predictions.append(yt_pred)
    return states, predictions


def _rnn_run(axis=2, start=1.0, **changed):
    def variant(x, a0, parameters):
        states, predictions = _rnn_steps(x, start * a0, parameters, **changed)
        return np.stack(states, axis=axis), np.stack(predictions, axis=axis), None

    return variant


def _from_the_end(x, a0, parameters):
    states, predictions = _rnn_steps(x, a0, parameters, order=range(x.shape[2])[::-1])
    return np.stack(states[::-1], axis=2), np.stack(predictions[::-1], axis=2), None


def _one_step_late(x, a0, parameters):
    """The states that went into each step, rather than those that came out of it."""
    states, predictions = _rnn_steps(x, a0, parameters)
    return np.stack([a0, *states[:-1]], axis=2), np.stack(predictions, axis=2), None


def _last_step_only(x, a0, parameters):
    states, predictions = _rnn_steps(x, a0, parameters)
    a, y_pred = np.zeros((*states[0].shape, len(states))), np.zeros((*predictions[0].shape, len(states)))
    a[:, :, -1], y_pred[:, :, -1] = states[-1], predictions[-1]
    return a, y_pred, None


rnn_forward.mistake(
    "state-not-carried",
    "Every step starts from a0: hand each step's hidden state to the next. If the loop does, it is rnn_cell_forward "
    "that does not use a_prev: check that one first. See 'The whole sequence'.",
    _rnn_run(carried=False),
)
rnn_forward.mistake("a0-ignored", "The first step starts from zeros; it must start from a0.", _rnn_run(start=0.0))
rnn_forward.mistake(
    "first-input-only",
    "Every step sees the first input: step t sees x[:, :, t].",
    _rnn_run(see=lambda x, t: x[:, :, 0]),
)
rnn_forward.mistake(
    "from-the-end",
    "The sequence is read from its end; a recurrent network reads it from the first step on.",
    _from_the_end,
)
rnn_forward.mistake(
    "one-step-late",
    "a[:, :, t] holds the state that goes into step t; it must hold the one that comes out of it.",
    _one_step_late,
)
rnn_forward.mistake(
    "time-first",
    "Time is the first axis of the result; it must be the last: (n_a, m, T). See 'The whole sequence'.",
    _rnn_run(axis=0),
)
rnn_forward.mistake(
    "last-step-only",
    "Only the last step is filled in: is the assignment to a and y_pred inside the loop?",
    _last_step_only,
)
rnn_forward.hint("Begin with zeros: a of shape (n_a, m, T) and y_pred of shape (n_y, m, T). Each step fills a slice.")
rnn_forward.hint("One variable carries the hidden state: it is a0 before the loop, and each step replaces it.")
rnn_forward.hint("In the loop: a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters).")


# sequence_loss


def _answers(rng, n_y, m, T):
    return rng.uniform(0.03, 0.97, size=(n_y, m, T)), rng.integers(0, 2, size=(n_y, m, T)).astype(float)


@topic.exercise(reference=reference.sequence_loss, section="The loss over time")
def sequence_loss(rng):
    # a small number added under the logarithms, so that they never meet a 0, is as right
    one, several = {"group": "one sequence", "tolerance": 1e-5}, {"group": "several sequences", "tolerance": 1e-5}
    yield case("one word that is a name, by hand", np.array([[[0.8]]]), np.array([[[1.0]]]), expect=-np.log(0.8), **one)
    yield case("one word that is none, by hand", np.array([[[0.3]]]), np.array([[[0.0]]]), expect=-np.log(0.7), **one)
    yield case("nine words", *_answers(rng, 1, 1, 9), **one)
    yield case("four sequences", *_answers(rng, 1, 4, 6), **several)
    yield case("two labels for each word", *_answers(rng, 2, 3, 5), **several)
    y_hat, y = _answers(rng, 1, 5, 3)
    yield case("labels as whole numbers", y_hat, y.astype(np.int64), **several)


def _loss(of_each, average=lambda losses: losses.sum() / losses.shape[1]):
    return lambda y_hat, y: float(average(of_each(y_hat, y)))


def _cross_entropy(y_hat, y):
    return -y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)


sequence_loss.mistake(
    "difference",
    "This sums y_hat - y: the loss is L(y_hat, y), a function of both, not of their difference. See 'The "
    "loss over time'.",
    _loss(lambda y_hat, y: y_hat - y),
)
sequence_loss.mistake(
    "absolute-difference",
    "This sums the distances between y_hat and y; the loss takes logarithms. See 'The loss over time'.",
    _loss(lambda y_hat, y: np.abs(y_hat - y)),
)
sequence_loss.mistake(
    "squared-difference",
    "This sums squared differences; for probabilities the loss takes logarithms.",
    _loss(lambda y_hat, y: (y_hat - y) ** 2),
)
sequence_loss.mistake(
    "no-minus",
    "The sign is missing: logarithms of probabilities are negative, and a loss is not.",
    _loss(lambda y_hat, y: -_cross_entropy(y_hat, y)),
)
sequence_loss.mistake(
    "ones-only",
    "Words with the label 0 cost nothing here: the second half, with 1 - y and 1 - y_hat, is missing.",
    _loss(lambda y_hat, y: -y * np.log(y_hat)),
)
sequence_loss.mistake(
    "mean-over-time",
    "The steps are averaged; their losses are summed, and only the sequences averaged.",
    _loss(_cross_entropy, np.mean),
)
sequence_loss.mistake(
    "divided-by-the-steps",
    "The sum is divided by the number of steps too; the steps are summed, and only the sequences averaged.",
    _loss(_cross_entropy, lambda losses: losses.sum() / losses[0].size),
)
sequence_loss.mistake(
    "not-averaged", "The sequences are summed; over the m sequences the loss is a mean.", _loss(_cross_entropy, np.sum)
)
sequence_loss.mistake(
    "last-step-only",
    "Only the last step counts here; every step has a label.",
    _loss(_cross_entropy, lambda losses: losses[:, :, -1].sum() / losses.shape[1]),
)
sequence_loss.mistake(
    "exchanged",
    "Labels and probabilities are exchanged: the logarithm is taken of the probabilities.",
    _loss(lambda y_hat, y: _cross_entropy(np.clip(y, 1e-12, 1 - 1e-12), y_hat)),
)
sequence_loss.hint("Compute an array with the loss of every word first; it has the shape of y.")
sequence_loss.hint("Add everything up with np.sum, and divide by the number of sequences, y.shape[1].")


# rnn_cell_backward


def _cell_cache(xt, a_prev, parameters):
    documented = reference.rnn_cell_forward(xt, a_prev, parameters)[2]
    return made("rnn_cell_forward", xt, a_prev, parameters, take=2, otherwise=documented)


def _cell_backward_case(rng, title, group, numerical=False, **shape):
    xt, a_prev, parameters = _cell(rng, **shape)
    da_next, cache = rng.normal(size=a_prev.shape), _cell_cache(xt, a_prev, parameters)
    if not numerical:
        return case(title, da_next, cache, group=group)

    def forward(xt=xt, a_prev=a_prev, **changed):
        return reference.rnn_cell_forward(xt, a_prev, {**parameters, **changed})[0]

    expect = {
        "dxt": numerical_gradient(lambda value: forward(xt=value), xt, da_next),
        "da_prev": numerical_gradient(lambda value: forward(a_prev=value), a_prev, da_next),
    }
    for name in ("Wax", "Waa", "ba"):
        changed = functools.partial(_with, forward, name)
        expect[f"d{name}"] = numerical_gradient(changed, parameters[name], da_next)
    return case(title, da_next, cache, group=group, expect=expect, tolerance=NUMERICAL)


def _cell_backward_by_hand():
    """The sum is 3 * 2 - 2 * 3 = 0, where tanh has the slope 1: dz is da_next."""
    parameters = _numbers([[3.0]], [[-2.0]], [[1.0], [0.0]], [[0.0]], [[0.0], [0.0]])
    xt, a_prev = np.array([[2.0]]), np.array([[3.0]])
    gradients = {"dxt": 30.0, "da_prev": -20.0, "dWax": 20.0, "dWaa": 30.0, "dba": 10.0}
    return case(
        "one number for each array, by hand",
        np.array([[10.0]]),
        _cell_cache(xt, a_prev, parameters),
        group="by hand",
        expect={name: np.array([[value]]) for name, value in gradients.items()},
    )


@topic.exercise(
    reference=reference.rnn_cell_backward,
    section="The way back through one step",
    by_output=True,
    companions=("rnn_cell_forward",),
)
def rnn_cell_backward(rng):
    yield _cell_backward_by_hand()
    yield _cell_backward_case(rng, "one example", "one example", n_x=3, n_a=2, m=1)
    yield _cell_backward_case(rng, "finite differences", "several examples", numerical=True, n_x=2, n_a=3, m=4)
    yield _cell_backward_case(rng, "several examples", "several examples", n_x=3, n_a=5, m=4)
    yield _cell_backward_case(rng, "as many inputs as units", "several examples", n_x=3, n_a=3, m=2)
    yield _cell_backward_case(rng, "more inputs than units", "several examples", n_x=6, n_a=2, m=5)


def _cell_gradients(dz, a_prev, xt, parameters):
    return {
        "dxt": parameters["Wax"].T @ dz,
        "da_prev": parameters["Waa"].T @ dz,
        "dWax": dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(axis=1, keepdims=True),
    }


def _slope(slope):
    """A wrong variant with another slope of tanh."""

    def variant(da_next, cache):
        a_next, a_prev, xt, parameters = cache
        return _cell_gradients(da_next * slope(a_next, a_prev), a_prev, xt, parameters)

    return variant


def _cell_backward(change):
    """A wrong variant that changes some of the right gradients."""

    def variant(da_next, cache):
        a_next, a_prev, xt, parameters = cache
        dz = da_next * (1 - a_next**2)
        return {**_cell_gradients(dz, a_prev, xt, parameters), **change(dz, a_next, a_prev, xt, parameters)}

    return variant


rnn_cell_backward.mistake(
    "no-tanh-slope",
    "The slope of tanh is left out: da_next must be multiplied by 1 - a_next² before anything else. See 'The way back "
    "through one step'.",
    _slope(lambda a_next, a_prev: 1.0),
)
rnn_cell_backward.mistake(
    "not-squared",
    "The slope of tanh is 1 minus the square of a_next; the square is missing.",
    _slope(lambda a_next, a_prev: 1 - a_next),
)
rnn_cell_backward.mistake(
    "tanh-twice",
    "tanh is applied to a_next, which is a tanh already: the slope is 1 - a_next².",
    _slope(lambda a_next, a_prev: 1 - np.tanh(a_next) ** 2),
)
rnn_cell_backward.mistake(
    "slope-at-a-prev",
    "The slope of tanh is taken at a_prev; tanh gave a_next.",
    _slope(lambda a_next, a_prev: 1 - a_prev**2),
)
rnn_cell_backward.mistake(
    "sigmoid-slope",
    "a_next (1 - a_next) is the slope of a sigmoid; this cell has tanh.",
    _slope(lambda a_next, a_prev: a_next * (1 - a_next)),
)
rnn_cell_backward.mistake(
    "Waa-not-transposed",
    "da_prev uses Waa as on the way forth; on the way back it is transposed.",
    _cell_backward(lambda dz, a_next, a_prev, xt, parameters: {"da_prev": parameters["Waa"] @ dz}),
)
rnn_cell_backward.mistake(
    "dWaa-from-a-next",
    "dWaa is made with a_next; on the way forth, Waa met a_prev.",
    _cell_backward(lambda dz, a_next, a_prev, xt, parameters: {"dWaa": dz @ a_next.T}),
)
rnn_cell_backward.mistake(
    "averaged",
    "dWax, dWaa and dba are divided by the number of examples. The mean belongs to the loss; it is already in da_next.",
    _cell_backward(
        lambda dz, a_next, a_prev, xt, parameters: {
            "dWax": dz @ xt.T / dz.shape[1],
            "dWaa": dz @ a_prev.T / dz.shape[1],
            "dba": dz.mean(axis=1, keepdims=True),
        }
    ),
)
rnn_cell_backward.mistake(
    "dba-averaged",
    "dba is a mean over the examples; the bias is added to each of them, so its gradient is a sum.",
    _cell_backward(lambda dz, a_next, a_prev, xt, parameters: {"dba": dz.mean(axis=1, keepdims=True)}),
)
rnn_cell_backward.mistake(
    "dba-not-summed",
    "dba has a column for each example; ba has one column, so sum over the examples.",
    _cell_backward(lambda dz, a_next, a_prev, xt, parameters: {"dba": dz}),
)
rnn_cell_backward.mistake(
    "dba-flat",
    "dba has lost its second axis: ba has the shape (n_a, 1), and keepdims=True keeps it.",
    _cell_backward(lambda dz, a_next, a_prev, xt, parameters: {"dba": dz.sum(axis=1)}),
)
rnn_cell_backward.mistake(
    "dba-before-the-slope",
    "dba sums da_next itself; the slope of tanh comes before the bias, on the way back.",
    _cell_backward(
        lambda dz, a_next, a_prev, xt, parameters: {"dba": (dz / (1 - a_next**2)).sum(axis=1, keepdims=True)}
    ),
)
rnn_cell_backward.hint("First cross the tanh: one array dz, shaped like da_next, from which all five are made.")
rnn_cell_backward.hint("z = Waa a_prev + Wax xt + ba. A gradient has its array's shape: which product has (n_a, n_x)?")
rnn_cell_backward.hint("dWax is dz times xt transposed, dxt is Wax transposed times dz, dba sums dz over examples.")


# rnn_backward


def _sequence_caches(x, a0, parameters):
    documented = reference.rnn_forward(x, a0, parameters)[2]
    return made("rnn_forward", x, a0, parameters, take=2, otherwise=documented)


def _backward_case(rng, title, group, numerical=False, **shape):
    x, a0, parameters = _sequence(rng, **shape)
    da, caches = rng.normal(size=(*a0.shape, x.shape[2])), _sequence_caches(x, a0, parameters)
    if not numerical:
        return case(title, da, caches, group=group)

    def forward(x=x, a0=a0, **changed):
        return reference.rnn_forward(x, a0, {**parameters, **changed})[0]

    expect = {
        "dx": numerical_gradient(lambda value: forward(x=value), x, da),
        "da0": numerical_gradient(lambda value: forward(a0=value), a0, da),
    }
    for name in ("Wax", "Waa", "ba"):
        changed = functools.partial(_with, forward, name)
        expect[f"d{name}"] = numerical_gradient(changed, parameters[name], da)
    return case(title, da, caches, group=group, expect=expect, tolerance=NUMERICAL)


def _backward_by_hand():
    """All inputs are 0, so all states are, and tanh has the slope 1: each step back multiplies by Waa = 2."""
    parameters = _numbers([[3.0]], [[2.0]], [[1.0], [0.0]], [[0.0]], [[0.0], [0.0]])
    x, a0 = np.zeros((1, 1, 3)), np.zeros((1, 1))
    dz = [1 + 2 * (10 + 2 * 100), 10 + 2 * 100, 100]
    expect = {
        "dx": 3.0 * np.array(dz).reshape(1, 1, 3),
        "da0": np.array([[2.0 * dz[0]]]),
        "dWax": np.zeros((1, 1)),
        "dWaa": np.zeros((1, 1)),
        "dba": np.array([[float(sum(dz))]]),
    }
    da = np.array([1.0, 10.0, 100.0]).reshape(1, 1, 3)
    caches = _sequence_caches(x, a0, parameters)
    return case("three steps of zeros, by hand", da, caches, group="by hand", expect=expect)


@topic.exercise(
    reference=reference.rnn_backward,
    section="The way back through time",
    by_output=True,
    picture=strip(),
    companions=("rnn_forward", "rnn_cell_forward", "rnn_cell_backward"),
)
def rnn_backward(rng):
    yield _backward_by_hand()
    yield _backward_case(rng, "one step", "lengths", n_x=2, n_a=3, m=4, T=1)
    yield _backward_case(rng, "two steps", "lengths", n_x=3, n_a=2, m=4, T=2)
    yield _backward_case(rng, "finite differences over three steps", "lengths", numerical=True, n_x=1, n_a=2, m=3, T=3)
    yield _backward_case(rng, "five steps", "lengths", n_x=3, n_a=4, m=2, T=5)
    yield _backward_case(rng, "as many units as examples as steps", "lengths", n_x=2, n_a=3, m=3, T=3)


def _back(da, caches, order=None, back=1.0, add=True):
    """The way back with its order, its handing back, or its adding up changed."""
    cells, x = caches
    da_prev, dx, total = np.zeros(da.shape[:2]), np.zeros(x.shape), {}
    for t in reversed(range(len(cells))) if order is None else order(len(cells)):
        step = reference.rnn_cell_backward(da[:, :, t] + back * da_prev, cells[t])
        dx[:, :, t], da_prev = step["dxt"], step["da_prev"]
        for name in ("dWax", "dWaa", "dba"):
            total[name] = step[name] + (total.get(name, 0.0) if add else 0.0)
    return {"dx": dx, "da0": da_prev, **total}


def _changed(change):
    """A wrong variant that changes some of the right gradients."""
    return lambda da, caches: {**_back(da, caches), **change(_back(da, caches), da, caches)}


def _da_replaced(da, caches):
    """Only the last step's own gradient is used; earlier ones are lost."""
    last = np.zeros_like(da)
    last[:, :, -1] = da[:, :, -1]
    return _back(last, caches)


rnn_backward.mistake(
    "nothing-handed-back",
    "Each step gets only its own da[:, :, t]. What comes back from the step after it, da_prev, must be added. See 'The "
    "way back through time'.",
    lambda da, caches: _back(da, caches, back=0.0),
)
rnn_backward.mistake(
    "own-gradients-lost",
    "Only the last step gets its own da[:, :, t]; every step does, on top of what comes back.",
    _da_replaced,
)
rnn_backward.mistake(
    "overwritten",
    "dWax, dWaa and dba hold one step's share: the weights are shared between steps, so add up (`+=`).",
    lambda da, caches: _back(da, caches, add=False),
)
rnn_backward.mistake(
    "forwards",
    "The loop runs from the first step to the last; the way back starts at the last.",
    lambda da, caches: _back(da, caches, order=range),
)
rnn_backward.mistake(
    "averaged-over-time",
    "dWax, dWaa and dba are divided by the number of steps; they are sums over the steps.",
    _changed(lambda right, da, caches: {name: right[name] / da.shape[2] for name in ("dWax", "dWaa", "dba")}),
)
rnn_backward.mistake(
    "da0-zero",
    "da0 is 0: it is the da_prev that is left after the first step of the sequence.",
    _changed(lambda right, da, caches: {"da0": np.zeros_like(right["da0"])}),
)
rnn_backward.mistake(
    "da0-is-da",
    "da0 is da[:, :, 0], the gradient of the first step's state; da0 belongs to the state before it.",
    _changed(lambda right, da, caches: {"da0": da[:, :, 0]}),
)
rnn_backward.mistake(
    "dx-reversed",
    "dx has its steps in the order of the loop, last first: put dxt into dx[:, :, t].",
    _changed(lambda right, da, caches: {"dx": right["dx"][:, :, ::-1]}),
)
rnn_backward.hint("One variable carries the gradient that comes back from the step after: zeros before the loop.")
rnn_backward.hint("Step t's hidden state feeds two things, its own output and step t + 1. Its gradients add up.")
rnn_backward.hint(
    "For t in reversed(range(T)): rnn_cell_backward(da[:, :, t] + da_prev, cells[t]). Put dxt into dx[:, :, t], add up "
    "the gradients of the weights, and keep da_prev for the next round."
)


# gradient_through_time


def _states(rng, n_a, T, radius=1.0):
    """The hidden states of one random sequence, and Waa with the spectral radius asked for."""
    Waa = rng.normal(size=(n_a, n_a))
    Waa *= radius / np.max(np.abs(np.linalg.eigvals(Waa)))
    states = [np.zeros(n_a)]
    for _ in range(T):
        states.append(np.tanh(Waa @ states[-1] + 0.5 * rng.normal(size=n_a)))
    return np.stack(states[1:], axis=1), Waa


@topic.exercise(reference=reference.gradient_through_time, section="How far back gradients reach")
def gradient_through_time(rng):
    yield case(
        "one unit, three steps, by hand",
        np.array([[0.5, 0.5, -0.5]]),
        np.array([[2.0]]),
        group="one unit",
        expect=np.array([2.25, 1.5, 1.0]),
    )
    yield case("one unit, four steps", *_states(rng, 1, 4), group="one unit")
    yield case(
        "states of 0 and a matrix that turns",
        np.zeros((2, 4)),
        np.array([[0.0, 3.0], [-3.0, 0.0]]),
        group="several units",
        expect=np.array([27.0, 9.0, 3.0, 1.0]),
    )
    yield case("one step", *_states(rng, 3, 1), group="several units")
    yield case("five steps", *_states(rng, 3, 5), group="several units")
    yield case("vanishing", *_states(rng, 4, 8, 0.6), group="several units")
    yield case("exploding", *_states(rng, 5, 7, 2.0), group="several units")


def _norms(jacobian=lambda a, t, Waa: (1 - a[:, t] ** 2)[:, None] * Waa, norm=lambda matrix: np.linalg.norm(matrix, 2)):
    def variant(a, Waa):
        product, norms = np.eye(len(Waa)), [norm(np.eye(len(Waa)))]
        for t in range(a.shape[1] - 1, 0, -1):
            product = product @ jacobian(a, t, Waa)
            norms.append(norm(product))
        return np.array(norms[::-1])

    return variant


def _norms_multiplied(a, Waa):
    each = [np.linalg.norm((1 - a[:, t] ** 2)[:, None] * Waa, 2) for t in range(1, a.shape[1])]
    return np.append(np.cumprod(each[::-1])[::-1], 1.0)


def _other_side(a, Waa):
    product, norms = np.eye(len(Waa)), [1.0]
    for t in range(a.shape[1] - 1, 0, -1):
        product = ((1 - a[:, t] ** 2)[:, None] * Waa) @ product
        norms.append(np.linalg.norm(product, 2))
    return np.array(norms[::-1])


def _one_factor_more(a, Waa):
    """da<T>/da<t-1> in place of da<T>/da<t>."""
    product, norms = np.eye(len(Waa)), []
    for t in range(a.shape[1] - 1, -1, -1):
        product = product @ ((1 - a[:, t] ** 2)[:, None] * Waa)
        norms.append(np.linalg.norm(product, 2))
    return np.array(norms[::-1])


_right_norms = _norms()

gradient_through_time.mistake(
    "no-slope",
    "Only Waa is multiplied; each step also has the slope of tanh, 1 - a². See 'How far back gradients reach'.",
    _norms(lambda a, t, Waa: Waa),
)
gradient_through_time.mistake(
    "slope-not-squared",
    "The slope of tanh is 1 minus the square of the state; the square is missing.",
    _norms(lambda a, t, Waa: (1 - a[:, t])[:, None] * Waa),
)
gradient_through_time.mistake(
    "state-before",
    "The slope is taken at the state that goes into a step; tanh gave the one that comes out of it.",
    _norms(lambda a, t, Waa: (1 - a[:, t - 1] ** 2)[:, None] * Waa),
)
gradient_through_time.mistake(
    "slope-on-columns",
    "The slopes multiply the columns of Waa; they belong to the units that come out, its rows.",
    _norms(lambda a, t, Waa: (1 - a[:, t] ** 2) * Waa),
)
gradient_through_time.mistake(
    "other-side",
    "Each earlier step's matrix is multiplied from the left; it comes on the right, next to da<t>.",
    _other_side,
)
gradient_through_time.mistake(
    "Frobenius",
    "This is the Frobenius norm. Asked for is the largest singular value: np.linalg.norm(matrix, 2).",
    _norms(norm=np.linalg.norm),
)
gradient_through_time.mistake(
    "norms-multiplied",
    "The norms of the steps are multiplied; multiply the matrices, and take the norm of the product.",
    _norms_multiplied,
)
gradient_through_time.mistake(
    "one-factor-more",
    "Every product has one factor too many: da<T>/da<T> has none, and its norm is 1.",
    _one_factor_more,
)
gradient_through_time.mistake(
    "order-reversed",
    "The norms come in the order of the loop; the last entry must be that of the last step, 1.",
    lambda a, Waa: _right_norms(a, Waa)[::-1],
)
gradient_through_time.hint("Start with the identity matrix at the last step and walk back, one factor for each step.")
gradient_through_time.hint("da<t>/da<t-1> is diag(1 - a<t>²) Waa: row i of Waa times 1 - a[i, t]².")
gradient_through_time.hint(
    "product = product @ (np.diag(1 - a[:, t] ** 2) @ Waa); its np.linalg.norm(product, 2) belongs at t - 1."
)


add_slips(topic)


_right_loss = reference.sequence_loss(np.array([[[0.2]]]), np.array([[[1.0]]]))
_columns = reference.stack_weights(np.zeros((100, 100)), np.zeros((100, 10_000))).shape[1]

spot_the_mistake = topic.claims(
    claim(
        "stacking",
        "how do Waa and Wax stand in Wa, which meets [a; x]?",
        "side by side",
        {
            "one below the other": "So the notes have it; but then the rows of Wa would not be the units.",
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
