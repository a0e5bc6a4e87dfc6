"""The exercise of notebook 17 on the way back through one step: `rnn_cell_backward`."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import TOLERANCE, numerical_gradients
from dlcourse.checks.recurrent.shared import numbers, places_of_single_outputs, random_step, topic


def _cache(xt, a_prev, parameters):
    documented = reference.rnn_cell_forward(xt, a_prev, parameters)[2]
    return made("rnn_cell_forward", xt, a_prev, parameters, take=2, otherwise=documented)


def _case(rng, title, group, numerical=False, **shape):
    xt, a_prev, parameters = random_step(rng, **shape)
    da_next, cache = rng.normal(size=a_prev.shape), _cache(xt, a_prev, parameters)
    if not numerical:
        return case(title, da_next, cache, group=group)

    def forward(xt, a_prev, **parameters):
        return reference.rnn_cell_forward(xt, a_prev, parameters)

    values = {"xt": xt, "a_prev": a_prev, **parameters}
    expect = numerical_gradients(forward, values, ("xt", "a_prev", "Wax", "Waa", "ba"), da_next)
    return case(title, da_next, cache, group=group, expect=expect, tolerance=TOLERANCE)


def _by_hand():
    """The sum is 3 * 2 - 2 * 3 = 0, where tanh has the slope 1: dz is da_next."""
    parameters = numbers([[3.0]], [[-2.0]], [[1.0], [0.0]], [[0.0]], [[0.0], [0.0]])
    xt, a_prev = np.array([[2.0]]), np.array([[3.0]])
    gradients = {"dxt": 30.0, "da_prev": -20.0, "dWax": 20.0, "dWaa": 30.0, "dba": 10.0}
    return case(
        "one number for each array, by hand",
        np.array([[10.0]]),
        _cache(xt, a_prev, parameters),
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
    yield _by_hand()
    yield _case(rng, "one example", "one example", n_x=3, n_a=2, m=1)
    yield _case(rng, "finite differences", "several examples", numerical=True, n_x=2, n_a=3, m=4)
    yield _case(rng, "several examples", "several examples", n_x=3, n_a=5, m=4)
    yield _case(rng, "as many inputs as units", "several examples", n_x=3, n_a=3, m=2)
    yield _case(rng, "more inputs than units", "several examples", n_x=6, n_a=2, m=5)


def _back(dz=lambda da, a, a_prev: da * (1 - a**2), change=lambda dz, da, a, a_prev, xt, p: {}):
    """The way back with another gradient of the sum, or with some of the gradients that follow from it changed."""

    def variant(da_next, cache):
        a_next, a_prev, xt, p = cache
        z = dz(da_next, a_next, a_prev)
        right = {
            "dxt": p["Wax"].T @ z,
            "da_prev": p["Waa"].T @ z,
            "dWax": z @ xt.T,
            "dWaa": z @ a_prev.T,
            "dba": z.sum(axis=1, keepdims=True),
        }
        return {**right, **change(z, da_next, a_next, a_prev, xt, p)}

    return variant


rnn_cell_backward.mistake(
    "no-tanh-slope",
    "The slope of tanh is left out: da_next must be multiplied by 1 - a_next² before anything else. See 'The way back "
    "through one step'.",
    _back(lambda da, a, a_prev: da),
)
rnn_cell_backward.mistake(
    "not-squared",
    "The slope of tanh is 1 minus the square of a_next; the square is missing.",
    _back(lambda da, a, a_prev: da * (1 - a)),
)
rnn_cell_backward.mistake(
    "tanh-twice",
    "tanh is applied to a_next, which is a tanh already: the slope is 1 - a_next².",
    _back(lambda da, a, a_prev: da * (1 - np.tanh(a) ** 2)),
)
rnn_cell_backward.mistake(
    "slope-at-a-prev",
    "The slope of tanh is taken at a_prev; tanh gave a_next.",
    _back(lambda da, a, a_prev: da * (1 - a_prev**2)),
)
rnn_cell_backward.mistake(
    "sigmoid-slope",
    "a_next (1 - a_next) is the slope of a sigmoid; this cell has tanh.",
    _back(lambda da, a, a_prev: da * a * (1 - a)),
)
rnn_cell_backward.mistake(
    "Waa-not-transposed",
    "da_prev uses Waa as on the way forth; on the way back it is transposed.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"da_prev": p["Waa"] @ dz}),
)
rnn_cell_backward.mistake(
    "dWaa-from-a-next",
    "dWaa is made with a_next; on the way forth, Waa met a_prev.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dWaa": dz @ a.T}),
)
rnn_cell_backward.mistake(
    "averaged",
    "dWax, dWaa and dba are divided by the number of examples. The mean belongs to the loss; it is already in da_next.",
    _back(
        change=lambda dz, da, a, a_prev, xt, p: {
            "dWax": dz @ xt.T / dz.shape[1],
            "dWaa": dz @ a_prev.T / dz.shape[1],
            "dba": dz.mean(axis=1, keepdims=True),
        }
    ),
)
rnn_cell_backward.mistake(
    "dba-averaged",
    "dba is a mean over the examples; the bias is added to each of them, so its gradient is a sum.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": dz.mean(axis=1, keepdims=True)}),
)
rnn_cell_backward.mistake(
    "dba-not-summed",
    "dba has a column for each example; ba has one column, so sum over the examples.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": dz}),
)
rnn_cell_backward.mistake(
    "dba-flat",
    "dba has lost its second axis: ba has the shape (n_a, 1), and keepdims=True keeps it.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": dz.sum(axis=1)}),
)
rnn_cell_backward.mistake(
    "dba-before-the-slope",
    "dba sums da_next itself; the slope of tanh comes before the bias, on the way back.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": da.sum(axis=1, keepdims=True)}),
)
rnn_cell_backward.mistake(
    "slope-without-brackets",
    "The brackets are missing: 1 - a_next² comes first, and da_next is multiplied by the whole of it.",
    _back(lambda da, a, a_prev: 1 - a**2 * da),
)
rnn_cell_backward.also("slope-without-brackets", _back(lambda da, a, a_prev: da * 1 - a**2))
rnn_cell_backward.mistake(
    "another-slope",
    "The slope of tanh is 1 - a_next², in another form here: a plus, another power or another number. "
    "See 'The way back through one step'.",
    _back(lambda da, a, a_prev: da * (1 + a**2)),
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
    rnn_cell_backward.also("another-slope", _back(lambda da, a, a_prev, slope=slope: da * slope(a)))
rnn_cell_backward.raises(
    "Wax-not-transposed",
    "Weights are transposed on the way back: Wax has the shape (n_a, n_x), and dxt must come out as (n_x, m).",
    "core dimension|not aligned",
    r"Wax\b(?!\.T|\.transpose|\"\]\.T)",
)
rnn_cell_backward.raises(
    "weights-exchanged",
    "Each gradient goes back through the matrix that its array met: dxt through Wax, da_prev through Waa.",
    "core dimension|not aligned",
    r"^dxt.*Waa|^da_prev.*Wax",
)
rnn_cell_backward.mistake(
    "weights-exchanged",
    "Each gradient goes back through the matrix that its array met: dxt through Wax, da_prev through Waa.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dxt": p["Waa"].T @ dz, "da_prev": p["Wax"].T @ dz}),
)
rnn_cell_backward.mistake(
    "dba-over-everything",
    "dba is one number, the sum over units and examples; each unit has a bias of its own: axis=1.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz)}),
)
rnn_cell_backward.also(
    "dba-over-everything", _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz, keepdims=True)})
)
rnn_cell_backward.mistake(
    "dba-over-the-units",
    "dba sums over the units; it sums over the examples, axis=1, and keeps one number for each unit.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz, axis=0, keepdims=True)}),
)
rnn_cell_backward.also("dba-over-the-units", _back(change=lambda dz, da, a, a_prev, xt, p: {"dba": np.sum(dz, axis=0)}))
rnn_cell_backward.mistake(
    "dWax-and-dWaa-exchanged",
    "dWax and dWaa are exchanged: dWax is made with xt, which Wax met, and dWaa with a_prev.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dWax": dz @ a_prev.T, "dWaa": dz @ xt.T}),
)
rnn_cell_backward.mistake(
    "slope-forgotten-in-one",
    "One of the gradients is made from da_next itself: the slope of tanh comes before all five of them.",
    _back(change=lambda dz, da, a, a_prev, xt, p: {"dxt": p["Wax"].T @ da}),
)
for change in (
    lambda dz, da, a, a_prev, xt, p: {"da_prev": p["Waa"].T @ da},
    lambda dz, da, a, a_prev, xt, p: {"dWax": da @ xt.T},
    lambda dz, da, a, a_prev, xt, p: {"dWaa": da @ a_prev.T},
):
    rnn_cell_backward.also("slope-forgotten-in-one", _back(change=change))
rnn_cell_backward.place(
    "everything-through-the-slope",
    "All five gradients are wrong, and all five are made from one array: da_next times the slope of "
    "tanh, 1 - a_next². Look at that line first. See 'The way back through one step'.",
    ["dxt", "da_prev", "dWax", "dWaa", "dba"],
)
places_of_single_outputs(
    rnn_cell_backward,
    {
        "dxt": "Wax transposed times dz",
        "da_prev": "Waa transposed times dz",
        "dWax": "dz times xt transposed",
        "dWaa": "dz times a_prev transposed",
        "dba": "the sum of dz over the examples",
    },
    "The way back through one step",
)
rnn_cell_backward.hint("First cross the tanh: one array dz, shaped like da_next, from which all five are made.")
rnn_cell_backward.hint("z = Waa a_prev + Wax xt + ba. A gradient has its array's shape: which product has (n_a, n_x)?")
rnn_cell_backward.hint("dWax is dz times xt transposed, dxt is Wax transposed times dz, dba sums dz over examples.")
