"""The exercise of notebook 18 on the way back through one step of a GRU: `gru_cell_backward`."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import TOLERANCE, numerical_gradients
from dlcourse.checks.gated_cells.either_cell import BRACKETS, places_of_a_step_back
from dlcourse.checks.gated_cells.gates import GRU, by_biases, number, random_step, topic, weight_names


def _cache(xt, a_prev, parameters):
    documented = reference.gru_cell_forward(xt, a_prev, parameters)[2]
    return made("gru_cell_forward", xt, a_prev, parameters, take=2, otherwise=documented)


def _case(rng, title, group, numerical=False, **shape):
    xt, a_prev, parameters = random_step(rng, GRU, **shape)
    da_next, cache = rng.normal(size=a_prev.shape), _cache(xt, a_prev, parameters)
    if not numerical:
        return case(title, da_next, cache, group=group)

    def forward(xt, a_prev, **parameters):
        return reference.gru_cell_forward(xt, a_prev, parameters)

    values = {"xt": xt, "a_prev": a_prev, **parameters}
    names = ["xt", "a_prev", *weight_names(GRU)]
    expect = numerical_gradients(forward, values, names, da_next)
    return case(title, da_next, cache, group=group, expect=expect, tolerance=TOLERANCE)


def _by_hand():
    """Weights of 0, an update gate of 1/2 and a candidate of 0, so tanh has the slope 1: dzc is 10 * 1/2 = 5, and dzu
    is 10 * (0 - 2) * 1/4 = -5."""
    parameters = by_biases(c=0.0, u=0.0, r=0.0)
    xt, a_prev = number(3), number(2)
    expect = {
        "dxt": number(0),
        "da_prev": number(5),
        "dWc": np.array([[5.0, 15.0]]),
        "dbc": number(5),
        "dWu": np.array([[-10.0, -15.0]]),
        "dbu": number(-5),
        "dWr": np.zeros((1, 2)),
        "dbr": number(0),
    }
    cache = _cache(xt, a_prev, parameters)
    return case("weights of 0 and gates of 1/2, by hand", number(10), cache, group="by hand", expect=expect)


@topic.exercise(
    reference=reference.gru_cell_backward,
    section="The way back through a GRU",
    by_output=True,
    companions=("gru_cell_forward",),
    weights={"da_prev": 2.0},
)
def gru_cell_backward(rng):
    yield _by_hand()
    yield _case(rng, "one example", "one example", n_x=3, n_a=2, m=1)
    yield _case(rng, "finite differences", "several examples", numerical=True, n_x=1, n_a=2, m=3)
    yield _case(rng, "several examples", "several examples", n_x=3, n_a=5, m=4)
    yield _case(rng, "as many inputs as units", "several examples", n_x=3, n_a=3, m=2)
    yield _case(rng, "more inputs than units", "several examples", n_x=6, n_a=2, m=5)


def _back(
    dzc=lambda da, a_prev, c, u, r: da * u * (1 - c**2),
    dzu=lambda da, a_prev, c, u, r: da * (c - a_prev) * u * (1 - u),
    dzr=lambda seen, a_prev, r: seen * a_prev * r * (1 - r),
    direct=lambda da, a_prev, c, u, r: da * (1 - u),
    through_candidate=lambda seen, r: seen * r,
    through_gates=1.0,
    change=lambda right, dz, a_prev, xt, p: {},
):
    """The way back with one thing changed: the gradient of a sum, a way to a_prev, or some of what comes of them.

    `seen` is the gradient of what the candidate sees of the state, rt * a_prev.
    """

    def variant(da_next, cache):
        _, a_prev, c, u, r, xt, p = cache
        n_a, parts = len(a_prev), (da_next, a_prev, c, u, r)
        dz = {"c": dzc(*parts), "u": dzu(*parts)}
        dcandidate = p["Wc"].T @ dz["c"]
        dz["r"] = dzr(dcandidate[:n_a], a_prev, r)
        gates = p["Wu"].T @ dz["u"] + p["Wr"].T @ dz["r"]
        right = {
            "dxt": dcandidate[n_a:] + gates[n_a:],
            "da_prev": direct(*parts) + through_candidate(dcandidate[:n_a], r) + through_gates * gates[:n_a],
        }
        stacked, relevant = np.concatenate([a_prev, xt]), np.concatenate([r * a_prev, xt])
        for gate, met in (("c", relevant), ("u", stacked), ("r", stacked)):
            right[f"dW{gate}"], right[f"db{gate}"] = dz[gate] @ met.T, dz[gate].sum(axis=1, keepdims=True)
        return {**right, **change(right, dz, a_prev, xt, p)}

    return variant


gru_cell_backward.mistake(
    "update-gate-turned-round",
    "The update gate is the wrong way round on the way back: through the candidate comes ut, directly comes 1 - ut.",
    _back(
        dzc=lambda da, a_prev, c, u, r: da * (1 - u) * (1 - c**2),
        dzu=lambda da, a_prev, c, u, r: da * (a_prev - c) * u * (1 - u),
        direct=lambda da, a_prev, c, u, r: da * u,
    ),
)
gru_cell_backward.mistake(
    "no-direct-way",
    "da_prev lacks the direct way: (1 - ut) * a_prev stands in the sum itself. See 'The way back through a GRU'.",
    _back(direct=lambda da, a_prev, c, u, r: 0.0),
)
gru_cell_backward.mistake(
    "no-way-through-the-gates",
    "da_prev lacks the way through the gates: both gates see a_prev too.",
    _back(through_gates=0.0),
)
gru_cell_backward.mistake(
    "no-way-through-the-candidate",
    "da_prev lacks the way through the candidate, which sees rt * a_prev.",
    _back(through_candidate=lambda seen, r: 0.0),
)
gru_cell_backward.mistake(
    "relevance-gate-forgotten",
    "Through the candidate, da_prev is multiplied by rt: the candidate sees rt * a_prev.",
    _back(through_candidate=lambda seen, r: seen),
)
gru_cell_backward.mistake(
    "old-state-not-subtracted",
    "The update gate's gradient has the candidate only: ut also takes away a_prev, so it is cct - a_prev.",
    _back(dzu=lambda da, a_prev, c, u, r: da * c * u * (1 - u)),
)
gru_cell_backward.mistake(
    "no-tanh-slope",
    "The slope of the candidate's tanh, 1 - cct², is missing.",
    _back(dzc=lambda da, a_prev, c, u, r: da * u),
)
gru_cell_backward.mistake(
    "tanh-twice",
    "tanh is applied to the candidate, which is a tanh already: the slope is 1 - cct².",
    _back(dzc=lambda da, a_prev, c, u, r: da * u * (1 - np.tanh(c) ** 2)),
)
gru_cell_backward.mistake(
    "no-update-slope",
    "The slope of the update gate's sigmoid, ut (1 - ut), is missing.",
    _back(dzu=lambda da, a_prev, c, u, r: da * (c - a_prev)),
)
gru_cell_backward.mistake(
    "no-relevance-slope",
    "The slope of the relevance gate's sigmoid, rt (1 - rt), is missing.",
    _back(dzr=lambda seen, a_prev, r: seen * a_prev),
)
gru_cell_backward.mistake(
    "dWc-from-a-prev",
    "dWc is made with a_prev; on the way forth, Wc met rt * a_prev.",
    _back(change=lambda right, dz, a_prev, xt, p: {"dWc": dz["c"] @ np.concatenate([a_prev, xt]).T}),
)
gru_cell_backward.mistake(
    "averaged",
    "The gradients of weights and biases are divided by the number of examples. The mean belongs to the loss; it is "
    "already in da_next.",
    _back(
        change=lambda right, dz, a_prev, xt, p: {
            name: gradient / xt.shape[1] for name, gradient in right.items() if name[:2] in ("dW", "db")
        }
    ),
)
gru_cell_backward.mistake(
    "biases-not-summed",
    "The gradients of the biases have a column for each example: sum over the examples.",
    _back(change=lambda right, dz, a_prev, xt, p: {"dbc": dz["c"]}),
)
gru_cell_backward.mistake(
    "dxt-from-the-candidate-only",
    "dxt holds the candidate's part only; the input goes into both gates too.",
    _back(change=lambda right, dz, a_prev, xt, p: {"dxt": (p["Wc"].T @ dz["c"])[len(a_prev) :]}),
)
places_of_a_step_back(gru_cell_backward, GRU)
gru_cell_backward.mistake(
    "slope-without-brackets", BRACKETS, _back(dzu=lambda da, a_prev, c, u, r: da * (c - a_prev) * u * 1 - u)
)
for form in (
    {"dzr": lambda seen, a_prev, r: seen * a_prev * r * 1 - r},
    {"dzc": lambda da, a_prev, c, u, r: da * u * 1 - c**2},
    {"dzc": lambda da, a_prev, c, u, r: 1 - c**2 * da * u},
    {
        "dzu": lambda da, a_prev, c, u, r: da * (c - a_prev) * u * 1 - u,
        "dzr": lambda seen, a_prev, r: seen * a_prev * r * 1 - r,
        "dzc": lambda da, a_prev, c, u, r: da * u * 1 - c**2,
    },
):
    gru_cell_backward.also("slope-without-brackets", _back(**form))
gru_cell_backward.mistake(
    "candidate-less-a-prev-without-brackets",
    "cct - a_prev is one factor, which needs brackets: da_next * (cct - a_prev).",
    _back(dzu=lambda da, a_prev, c, u, r: da * c - a_prev * u * (1 - u)),
)
gru_cell_backward.hint(
    "Three arrays first: dzc, dzu and dzr, the gradients of what goes into tanh and into either sigmoid."
)
gru_cell_backward.hint("Wc' dzc is the gradient of [rt * a_prev; xt]. Its upper part, times a_prev, is that of rt.")
gru_cell_backward.hint(
    "a_prev stands in four places: in (1 - ut) * a_prev, in rt * a_prev, and in the stack that either gate sees. Add "
    "four gradients."
)
