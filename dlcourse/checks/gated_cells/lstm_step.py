"""The exercise of notebook 18 on one step of an LSTM: `lstm_cell_forward`."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.gated_cells.either_cell import errors_of_a_step, prediction_only
from dlcourse.checks.gated_cells.gates import LSTM, by_biases, number, random_step, topic
from dlcourse.recurrent import sigmoid, softmax


@topic.exercise(
    reference=reference.lstm_cell_forward,
    outputs=("a_next", "c_next", "yt_pred", None),
    section="The LSTM",
    by_output=True,
)
def lstm_cell_forward(rng):
    # forget gate 3/4, input gate 1/4, candidate 0.5, output gate 1/2
    parameters = by_biases(f=np.log(3.0), i=-np.log(3.0), c=np.arctanh(0.5), o=0.0)
    c_next = 0.75 * 2 + 0.25 * 0.5
    a_next = 0.5 * np.tanh(c_next)
    yt_pred = softmax(np.array([[a_next], [-a_next]]))
    yield case(
        "gates of 3/4, 1/4 and 1/2, by hand",
        number(3),
        number(0.3),
        number(2),
        parameters,
        group="by hand",
        expect=(number(a_next), number(c_next), yt_pred, None),
    )
    yield case("one example", *random_step(rng, LSTM, 3, 2, 2, 1), group="one example")
    yield case("several examples", *random_step(rng, LSTM, 3, 5, 2, 4), group="several examples")
    yield case("as many inputs as units", *random_step(rng, LSTM, 4, 4, 3, 2), group="several examples")
    yield case("more inputs than units", *random_step(rng, LSTM, 6, 3, 4, 5), group="several examples")


def _step(
    z=lambda gate, product, bias, p, stacked: product + bias,
    memory=lambda f, i, c, old: f * old + i * c,
    shown=lambda o, c_next, c_prev: o * np.tanh(c_next),
    gate=sigmoid,
    candidate=np.tanh,
    stack=lambda state, xt: np.concatenate([state, xt]),
    y=lambda a_next, c_next, a_prev, p: p["Wy"] @ a_next + p["by"],
    output=softmax,
):
    """A step with one thing changed; `z(gate, product, bias, ...)` is what goes into a gate or the candidate."""

    def variant(xt, a_prev, c_prev, p):
        stacked = stack(a_prev, xt)
        sums = {name: z(name, p[f"W{name}"] @ stacked, p[f"b{name}"], p, stacked) for name in LSTM}
        f, i, o = (gate(sums[name]) for name in "fio")
        c_next = memory(f, i, candidate(sums["c"]), c_prev)
        a_next = shown(o, c_next, c_prev)
        return a_next, c_next, output(y(a_next, c_next, a_prev, p)), None

    return variant


def _gates_exchanged(gate, product, bias, p, stacked):
    other = {"i": "o", "o": "i"}.get(gate, gate)
    return p[f"W{other}"] @ stacked + p[f"b{other}"]


lstm_cell_forward.mistake(
    "forget-and-input-exchanged",
    "The forget gate and the input gate are exchanged: ft belongs to c_prev, it to the candidate. See 'The LSTM'.",
    _step(memory=lambda f, i, c, old: i * old + f * c),
)
lstm_cell_forward.mistake(
    "one-minus-forget",
    "The forget gate is turned round: despite its name, the memory is kept where ft is 1.",
    _step(memory=lambda f, i, c, old: (1 - f) * old + i * c),
)
lstm_cell_forward.mistake(
    "nothing-forgotten",
    "The forget gate is not used: c_prev is multiplied by ft.",
    _step(memory=lambda f, i, c, old: old + i * c),
)
lstm_cell_forward.mistake(
    "input-gate-left-out",
    "The input gate is not used: the candidate is multiplied by it.",
    _step(memory=lambda f, i, c, old: f * old + c),
)
lstm_cell_forward.mistake(
    "as-in-a-GRU",
    "The candidate comes in as far as 1 - ft, as in a GRU; an LSTM has an input gate for it.",
    _step(memory=lambda f, i, c, old: f * old + (1 - f) * c),
)
lstm_cell_forward.mistake(
    "memory-shown-as-it-is",
    "a_next is ot * c_next: the memory goes through tanh before the output gate.",
    _step(shown=lambda o, c_next, c_prev: o * c_next),
)
lstm_cell_forward.mistake(
    "output-gate-left-out",
    "The output gate is not used: a_next is ot * tanh(c_next).",
    _step(shown=lambda o, c_next, c_prev: np.tanh(c_next)),
)
lstm_cell_forward.mistake(
    "tanh-in-gates",
    "The gates go through tanh; a gate lies between 0 and 1, so it has a sigmoid. See 'A gate'.",
    _step(gate=np.tanh),
)
lstm_cell_forward.mistake(
    "sigmoid-for-the-candidate",
    "The candidate goes through a sigmoid; it may be negative, so it has tanh.",
    _step(candidate=sigmoid),
)
lstm_cell_forward.mistake(
    "no-biases", "The biases bf, bi, bc and bo are not added.", _step(lambda gate, product, bias, p, stacked: product)
)
lstm_cell_forward.mistake(
    "input-on-top",
    "The input stands above the hidden state; the weights expect [a_prev; xt], the state on top.",
    _step(stack=lambda state, xt: np.concatenate([xt, state])),
)
lstm_cell_forward.mistake(
    "prediction-from-the-memory",
    "yt_pred is computed from c_next; only a_next leaves the cell.",
    _step(y=lambda a_next, c_next, a_prev, p: p["Wy"] @ c_next + p["by"]),
)
lstm_cell_forward.mistake(
    "no-by", "The bias by is not added before the softmax.", _step(y=lambda a_next, c_next, a_prev, p: p["Wy"] @ a_next)
)
lstm_cell_forward.mistake(
    "softmax-over-examples",
    "The softmax runs over the examples. Each column is one example and must add up to 1.",
    _step(output=lambda z: softmax(z.T).T),
)
lstm_cell_forward.mistake(
    "input-and-output-exchanged",
    "The input gate and the output gate are exchanged: it belongs to the candidate, ot to tanh(c_next).",
    _step(_gates_exchanged),
)
lstm_cell_forward.mistake(
    "no-softmax", "yt_pred is the weighted sum itself; it goes through a softmax.", _step(output=lambda z: z)
)
errors_of_a_step(lstm_cell_forward)
lstm_cell_forward.mistake(
    "minus",
    "Something is subtracted where it is added: inside each sum W times the stack and b, and between "
    "what is kept and what is written.",
    _step(memory=lambda f, i, c, old: f * old - i * c),
)
lstm_cell_forward.also("minus", _step(y=lambda a_next, c_next, a_prev, p: p["Wy"] @ a_next - p["by"]))
for name in "fico":
    lstm_cell_forward.also("minus", _step(lambda g, v, b, p, s, name=name: v - b if g == name else v + b))
lstm_cell_forward.mistake(
    "one-bias-missing",
    "One of the biases bf, bi, bc and bo is not added.",
    _step(lambda g, v, b, p, s: v if g == "f" else v + b),
)
for name in "ico":
    lstm_cell_forward.also("one-bias-missing", _step(lambda g, v, b, p, s, name=name: v if g == name else v + b))
lstm_cell_forward.mistake(
    "gate-with-another's-weights",
    "One gate is made with the weights or the bias of another: a line was copied, and a letter left as it was.",
    _step(lambda g, v, b, p, s: p["Wf"] @ s + p["bf"] if g == "i" else v + b),
)
for name in "fico":
    for other in "fico":
        if name != other:
            lstm_cell_forward.also(
                "gate-with-another's-weights",
                _step(lambda g, v, b, p, s, n=name, o=other: p[f"W{o}"] @ s + p[f"b{o}"] if g == n else v + b),
            )
            lstm_cell_forward.also(
                "gate-with-another's-weights",
                _step(lambda g, v, b, p, s, n=name, o=other: p[f"W{o}"] @ s + b if g == n else v + b),
            )
            lstm_cell_forward.also(
                "gate-with-another's-weights",
                _step(lambda g, v, b, p, s, n=name, o=other: v + p[f"b{o}"] if g == n else v + b),
            )
lstm_cell_forward.mistake(
    "divided-by-a-gate",
    "Something is divided by a gate, or a gate by something; a gate multiplies.",
    _step(memory=lambda f, i, c, old: f / old + i * c),
)
for memory in (lambda f, i, c, old: f * old + i / c, lambda f, i, c, old: old / f + i * c):
    lstm_cell_forward.also("divided-by-a-gate", _step(memory=memory))
lstm_cell_forward.also("divided-by-a-gate", _step(shown=lambda o, c_next, c_prev: o / np.tanh(c_next)))
lstm_cell_forward.mistake(
    "gates-added", "A gate is added to what it should multiply.", _step(memory=lambda f, i, c, old: f + old + i * c)
)
lstm_cell_forward.also("gates-added", _step(shown=lambda o, c_next, c_prev: o + np.tanh(c_next)))
lstm_cell_forward.mistake(
    "prediction-from-a-prev",
    "yt_pred is computed from a_prev: it must see this step's input, through a_next.",
    _step(y=lambda a_next, c_next, a_prev, p: p["Wy"] @ a_prev + p["by"]),
)
lstm_cell_forward.mistake(
    "old-memory-shown",
    "a_next shows c_prev, the memory before this step; it shows c_next.",
    _step(shown=lambda o, c_next, c_prev: o * np.tanh(c_prev)),
)
prediction_only(lstm_cell_forward)
lstm_cell_forward.hint("Stack a_prev on xt once. Three gates and a candidate are made from the same stack.")
lstm_cell_forward.hint("c_next is what is kept, ft * c_prev, plus what is written, it * cct.")
lstm_cell_forward.hint("a_next is ot * np.tanh(c_next), and yt_pred the softmax of Wy @ a_next + by.")
