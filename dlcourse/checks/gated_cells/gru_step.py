"""The exercise of notebook 18 on one step of a GRU: `gru_cell_forward`."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.gated_cells.either_cell import errors_of_a_step, prediction_only
from dlcourse.checks.gated_cells.gates import GRU, by_biases, number, random_step, topic
from dlcourse.recurrent import sigmoid, softmax


@topic.exercise(
    reference=reference.gru_cell_forward,
    outputs=("a_next", "yt_pred", None),
    section="The GRU",
    by_output=True,
    aliases={"c_prev": "a_prev"},
)
def gru_cell_forward(rng):
    parameters = by_biases(c=np.arctanh(0.5), u=np.log(3.0), r=0.0)  # the candidate is 0.5, the update gate 3/4
    a_next = 0.75 * 0.5 + 0.25 * 0.1
    yt_pred = softmax(np.array([[a_next], [-a_next]]))
    yield case(
        "an update gate of 3/4, by hand",
        number(2),
        number(0.1),
        parameters,
        group="by hand",
        expect=(number(a_next), yt_pred, None),
    )
    parameters = by_biases(c=0.0, u=0.0, r=np.log(3.0))  # the candidate sees 3/4 of a_prev, and the gate is half open
    parameters["Wc"] = np.array([[2.0, 0.5]])
    a_next = 0.5 * np.tanh(2 * 0.75 * 0.4 + 0.5 * 1) + 0.5 * 0.4
    yield case(
        "a relevance gate of 3/4, by hand",
        number(1),
        number(0.4),
        parameters,
        group="by hand",
        expect=(number(a_next), softmax(np.array([[a_next], [-a_next]])), None),
    )
    yield case("one example", *random_step(rng, GRU, 3, 2, 2, 1), group="one example")
    yield case("several examples", *random_step(rng, GRU, 3, 5, 2, 4), group="several examples")
    yield case("as many inputs as units", *random_step(rng, GRU, 4, 4, 3, 2), group="several examples")
    yield case("more inputs than units", *random_step(rng, GRU, 6, 3, 4, 5), group="several examples")


def _step(
    z=lambda gate, product, bias, p, stacked: product + bias,
    candidate_sees=lambda r, a: r * a,
    candidate_sum=None,
    a=lambda u, c, a: u * c + (1 - u) * a,
    gate=sigmoid,
    candidate=np.tanh,
    stack=lambda state, xt: np.concatenate([state, xt]),
    y=lambda a_next, a_prev, p: p["Wy"] @ a_next + p["by"],
    output=softmax,
):
    """A step with one thing changed; `z(gate, product, bias, ...)` is what goes into a gate or the candidate."""

    def variant(xt, a_prev, p):
        def summed(name, state):
            stacked = stack(state, xt)
            return z(name, p[f"W{name}"] @ stacked, p[f"b{name}"], p, stacked)

        u, r = gate(summed("u", a_prev)), gate(summed("r", a_prev))
        if candidate_sum is None:
            c = candidate(summed("c", candidate_sees(r, a_prev)))
        else:
            c = candidate(candidate_sum(r, a_prev, xt, p["Wc"]) + p["bc"])
        a_next = a(u, c, a_prev)
        return a_next, output(y(a_next, a_prev, p)), None

    return variant


def _relevance_after(r, a_prev, xt, Wc):
    return r * (Wc[:, : len(a_prev)] @ a_prev) + Wc[:, len(a_prev) :] @ xt


def _relevance_on_the_input(r, a_prev, xt, Wc):
    # the gate has n_a entries; on the input it can only stand where there are as many inputs
    return Wc @ np.concatenate([r * a_prev, r * xt])


gru_cell_forward.mistake(
    "update-gate-turned-round",
    "The update gate is the wrong way round: where it is 1, the candidate comes in. (Keras's gate is the other way "
    "round.) See 'The GRU'.",
    _step(a=lambda u, c, a: (1 - u) * c + u * a),
)
gru_cell_forward.mistake(
    "relevance-gate-left-out",
    "The relevance gate is not used: the candidate sees rt * a_prev, not a_prev. See 'The GRU'.",
    _step(candidate_sees=lambda r, a: a),
)
gru_cell_forward.mistake(
    "relevance-after-the-product",
    "The relevance gate multiplies the product with the weights; here it multiplies a_prev before. The other way is "
    "another cell, Keras's reset_after=True.",
    _step(candidate_sum=_relevance_after),
)
gru_cell_forward.mistake(
    "relevance-on-the-input",
    "The relevance gate multiplies the input too; it belongs to a_prev only.",
    _step(candidate_sum=_relevance_on_the_input),
)
gru_cell_forward.mistake(
    "nothing-kept",
    "The old state is not kept: (1 - ut) * a_prev is missing. See 'The GRU'.",
    _step(a=lambda u, c, a: u * c),
)
gru_cell_forward.mistake(
    "everything-kept",
    "The whole old state is kept whatever the gate says: it is kept as far as 1 - ut.",
    _step(a=lambda u, c, a: u * c + a),
)
gru_cell_forward.mistake(
    "tanh-in-gates",
    "The gates go through tanh; a gate lies between 0 and 1, so it has a sigmoid. See 'A gate'.",
    _step(gate=np.tanh),
)
gru_cell_forward.mistake(
    "sigmoid-for-the-candidate",
    "The candidate goes through a sigmoid; it may be negative, so it has tanh.",
    _step(candidate=sigmoid),
)
gru_cell_forward.mistake(
    "no-biases", "The biases bc, bu and br are not added.", _step(lambda gate, product, bias, p, stacked: product)
)
gru_cell_forward.mistake(
    "input-on-top",
    "The input stands above the hidden state; the weights expect [a_prev; xt], the state on top.",
    _step(stack=lambda state, xt: np.concatenate([xt, state])),
)
gru_cell_forward.mistake(
    "no-by", "The bias by is not added before the softmax.", _step(y=lambda a_next, a_prev, p: p["Wy"] @ a_next)
)
gru_cell_forward.mistake(
    "no-softmax", "yt_pred is the weighted sum itself; it goes through a softmax.", _step(output=lambda z: z)
)
gru_cell_forward.mistake(
    "softmax-over-examples",
    "The softmax runs over the examples. Each column is one example and must add up to 1.",
    _step(output=lambda z: softmax(z.T).T),
)
errors_of_a_step(gru_cell_forward)


def _other(gate):
    return {"u": "r", "r": "u"}.get(gate, gate)


gru_cell_forward.mistake(
    "minus",
    "Something is subtracted where it is added: inside each sum W times the stack and b, and between "
    "what is new and what is kept.",
    _step(a=lambda u, c, a: u * c - (1 - u) * a),
)
gru_cell_forward.also("minus", _step(y=lambda a_next, a_prev, p: p["Wy"] @ a_next - p["by"]))
for name in "ucr":
    gru_cell_forward.also("minus", _step(lambda g, v, b, p, s, name=name: v - b if g == name else v + b))
gru_cell_forward.mistake(
    "one-bias-missing",
    "One of the biases bu, br and bc is not added.",
    _step(lambda g, v, b, p, s: v if g == "u" else v + b),
)
for name in "rc":
    gru_cell_forward.also("one-bias-missing", _step(lambda g, v, b, p, s, name=name: v if g == name else v + b))
gru_cell_forward.mistake(
    "gates-exchanged",
    "The weights of the two gates are exchanged: Wu and bu are the update gate's, Wr and br the relevance gate's.",
    _step(lambda g, v, b, p, s: p["W" + _other(g)] @ s + p["b" + _other(g)]),
)
gru_cell_forward.mistake(
    "one-gate-for-both",
    "Both gates are the same, or the update gate stands where the relevance gate belongs: each has its "
    "own weights, Wu and Wr.",
    _step(lambda g, v, b, p, s: p["Wu"] @ s + p["bu"] if g == "r" else v + b),
)
gru_cell_forward.also("one-gate-for-both", _step(lambda g, v, b, p, s: p["Wr"] @ s + p["br"] if g == "u" else v + b))
gru_cell_forward.mistake(
    "another-mixture",
    "a_next is a mixture: ut times the candidate, plus 1 - ut times a_prev. Here the two shares do not "
    "add up to 1, or are divided.",
    _step(a=lambda u, c, a: u * c + (1 + u) * a),
)
for a in (
    lambda u, c, a: u * c + (2 - u) * a,
    lambda u, c, a: u / c + (1 - u) * a,
    lambda u, c, a: u * c + (1 - u) / a,
    lambda u, c, a: u * c + u * a,
    lambda u, c, a: c + (1 - u) * a,
    lambda u, c, a: u * c + 1 - u * a,
):
    gru_cell_forward.also("another-mixture", _step(a=a))
gru_cell_forward.mistake(
    "divided-by-the-gate",
    "a_prev is divided by the relevance gate; it is multiplied by it.",
    _step(candidate_sees=lambda r, a: a / r),
)
gru_cell_forward.also("divided-by-the-gate", _step(candidate_sees=lambda r, a: r / a))
gru_cell_forward.mistake(
    "prediction-from-a-prev",
    "yt_pred is computed from a_prev: it must see this step's input, through a_next.",
    _step(y=lambda a_next, a_prev, p: p["Wy"] @ a_prev + p["by"]),
)
prediction_only(gru_cell_forward)


gru_cell_forward.hint(
    "Five lines: both gates, the candidate, the mixture, the prediction. np.concatenate stacks a on x."
)
gru_cell_forward.hint(
    "The candidate has a stack of its own: rt * a_prev on top of xt. `*` multiplies number by number."
)
gru_cell_forward.hint("a_next is ut times the candidate, plus 1 - ut times a_prev: an average, unit by unit.")
