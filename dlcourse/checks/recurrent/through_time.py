"""The exercise of notebook 17 on how far back gradients reach: `gradient_through_time`."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.recurrent.shared import topic


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


def _norms(
    jacobian=lambda a, t, Waa: (1 - a[:, t] ** 2)[:, None] * Waa,
    norm=lambda matrix: np.linalg.norm(matrix, 2),
    steps=lambda T: range(T - 1, 0, -1),
    place=lambda t: t - 1,
    last=1.0,
    multiplied=np.matmul,
):
    """The norms with one thing changed; `last` is the last entry, or makes it from the identity matrix."""

    def variant(a, Waa):
        T = a.shape[1]
        product, norms = np.eye(len(Waa)), np.zeros(T)
        norms[T - 1] = last(product) if callable(last) else last
        for t in steps(T):
            product = multiplied(product, jacobian(a, t, Waa))
            norms[place(t)] = norm(product)
        return norms

    return variant


def _norms_multiplied(a, Waa):
    each = [np.linalg.norm((1 - a[:, t] ** 2)[:, None] * Waa, 2) for t in range(1, a.shape[1])]
    return np.append(np.cumprod(each[::-1])[::-1], 1.0)


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
    _norms(multiplied=lambda product, jacobian: jacobian @ product),
)
gradient_through_time.mistake(
    "Frobenius",
    "This is the Frobenius norm. Asked for is the largest singular value: np.linalg.norm(matrix, 2).",
    _norms(norm=np.linalg.norm, last=np.linalg.norm),
)
gradient_through_time.mistake(
    "norms-multiplied",
    "The norms of the steps are multiplied; multiply the matrices, and take the norm of the product.",
    _norms_multiplied,
)
gradient_through_time.mistake(
    "one-factor-more",
    "Every product has one factor too many: da<T>/da<T> has none, and its norm is 1.",
    _norms(steps=lambda T: range(T - 1, -1, -1), place=lambda t: t),
)
gradient_through_time.mistake(
    "order-reversed",
    "The norms come in the order of the loop; the last entry must be that of the last step, 1.",
    lambda a, Waa: reference.gradient_through_time(a, Waa)[::-1],
)
gradient_through_time.mistake(
    "Waa-transposed",
    "Waa is transposed; da<t>/da<t-1> has it as it is, with a slope for each of its rows.",
    _norms(lambda a, t, Waa: (1 - a[:, t] ** 2)[:, None] * Waa.T),
)
gradient_through_time.mistake(
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
    gradient_through_time.also("another-slope", _norms(lambda a, t, Waa, slope=slope: slope(a[:, t])[:, None] * Waa))
gradient_through_time.also("Frobenius", _norms(norm=lambda matrix: np.abs(matrix).max()))
gradient_through_time.mistake(
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
    gradient_through_time.also("norm-of-another-kind", _norms(norm=norm))
gradient_through_time.mistake(
    "last-is-not-one",
    "The last entry is da<T>/da<T>, the identity: its norm is 1, before anything is multiplied.",
    _norms(last=0.0),
)
gradient_through_time.also("last-is-not-one", _norms(last=2.0))
gradient_through_time.mistake(
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
    gradient_through_time.also("steps-left-out", _norms(steps=steps))
gradient_through_time.mistake(
    "forwards",
    "The loop runs from the first step to the last; the product grows from the last step backwards.",
    _norms(steps=lambda T: range(1, T)),
)
gradient_through_time.mistake(
    "one-place-off",
    "The norms stand one place off: the product that includes step t's slope and Waa is da<T>/da<t-1>.",
    _norms(place=lambda t: t),
)
gradient_through_time.also("one-place-off", _norms(place=lambda t: t - 2))
gradient_through_time.hint("Start with the identity matrix at the last step and walk back, one factor for each step.")
gradient_through_time.hint("da<t>/da<t-1> is diag(1 - a<t>²) Waa: row i of Waa times 1 - a[i, t]².")
gradient_through_time.hint(
    "product = product @ (np.diag(1 - a[:, t] ** 2) @ Waa); its np.linalg.norm(product, 2) belongs at t - 1."
)
