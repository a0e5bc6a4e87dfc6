"""The exercise of notebook 18 on the way back through one step of an LSTM: `lstm_cell_backward`."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import TOLERANCE, numerical_gradients
from dlcourse.checks.gated_cells.either_cell import BRACKETS, places_of_a_step_back
from dlcourse.checks.gated_cells.gates import LSTM, by_biases, number, random_step, topic, weight_names


def _cache(xt, a_prev, c_prev, parameters):
    documented = reference.lstm_cell_forward(xt, a_prev, c_prev, parameters)[3]
    return made("lstm_cell_forward", xt, a_prev, c_prev, parameters, take=3, otherwise=documented)


def _case(rng, title, group, numerical=False, **shape):
    xt, a_prev, c_prev, parameters = random_step(rng, LSTM, **shape)
    da_next, dc_next = rng.normal(size=a_prev.shape), rng.normal(size=a_prev.shape)
    cache = _cache(xt, a_prev, c_prev, parameters)
    if not numerical:
        return case(title, da_next, dc_next, cache, group=group)

    def forward(xt, a_prev, c_prev, **parameters):
        return reference.lstm_cell_forward(xt, a_prev, c_prev, parameters)

    values = {"xt": xt, "a_prev": a_prev, "c_prev": c_prev, **parameters}
    names = ["xt", "a_prev", "c_prev", *weight_names(LSTM)]
    expect = numerical_gradients(forward, values, names, (da_next, dc_next), lambda result: result[:2])
    return case(title, da_next, dc_next, cache, group=group, expect=expect, tolerance=TOLERANCE)


def _by_hand():
    """Weights of 0, gates of 1/2, a candidate of 0 and an empty new memory, so both tanh have the slope 1: through the
    output gate 10 * 1/2 = 5 reaches the memory, and with dc_next, 6. c_next is 0 only if c_prev is."""
    parameters = by_biases(f=0.0, i=0.0, c=0.0, o=0.0)
    xt, a_prev, c_prev = number(3), number(2), number(0)
    nothing = {f"d{name}": np.zeros_like(parameters[name]) for name in weight_names("fio")}
    expect = {
        "dxt": number(0),
        "da_prev": number(0),
        "dc_prev": number(3),
        **nothing,
        "dWc": np.array([[6.0, 9.0]]),
        "dbc": number(3),
    }
    cache = _cache(xt, a_prev, c_prev, parameters)
    return case(
        "weights of 0, gates of 1/2 and no memory, by hand",
        number(10),
        number(1),
        cache,
        group="by hand",
        expect=expect,
    )


@topic.exercise(
    reference=reference.lstm_cell_backward,
    section="The way back through an LSTM",
    by_output=True,
    companions=("lstm_cell_forward",),
    weights={"da_prev": 2.0, "dc_prev": 2.0},
)
def lstm_cell_backward(rng):
    yield _by_hand()
    yield _case(rng, "one example", "one example", n_x=3, n_a=2, m=1)
    yield _case(rng, "finite differences", "several examples", numerical=True, n_x=1, n_a=2, m=3)
    yield _case(rng, "several examples", "several examples", n_x=3, n_a=5, m=4)
    yield _case(rng, "as many inputs as units", "several examples", n_x=3, n_a=3, m=2)
    yield _case(rng, "more inputs than units", "several examples", n_x=6, n_a=2, m=5)


def _right_dc(da, dc, v):
    """The gradient of the memory: dc_next, and what da_next sends through ot * tanh(c_next)."""
    return dc + da * v.o * (1 - v.tanh**2)


def _back(
    dc=_right_dc,
    dz=lambda memory, da, v: {},
    dc_prev=lambda memory, da, dc, v: memory * v.f,
    change=lambda right, sums: {},
    average=lambda m: 1,
):
    """The way back with one thing changed: the memory's gradient `dc`, those of some sums, or what comes of them."""

    def variant(da_next, dc_next, cache):
        v = _values(cache)
        memory = dc(da_next, dc_next, v)
        sums = {
            "f": memory * v.c_prev * v.f * (1 - v.f),
            "i": memory * v.c * v.i * (1 - v.i),
            "c": memory * v.i * (1 - v.c**2),
            "o": da_next * v.tanh * v.o * (1 - v.o),
        }
        sums.update(dz(memory, da_next, v))
        stacked, m = np.concatenate([v.a_prev, v.xt]), average(da_next.shape[1])
        dstacked = sum(v.parameters[f"W{gate}"].T @ sums[gate] for gate in LSTM)
        n_a = len(v.a_prev)
        right = {"dxt": dstacked[n_a:], "da_prev": dstacked[:n_a], "dc_prev": dc_prev(memory, da_next, dc_next, v)}
        for gate in LSTM:
            right[f"dW{gate}"] = sums[gate] @ stacked.T / m
            right[f"db{gate}"] = sums[gate].sum(axis=1, keepdims=True) / m
        return {**right, **change(right, sums)}

    return variant


def _values(cache):
    """What the way forth kept, by name."""
    names = ("a_next", "c_next", "a_prev", "c_prev", "f", "i", "c", "o", "xt", "parameters")
    v = SimpleNamespace(**dict(zip(names, cache, strict=True)))
    v.tanh = np.tanh(v.c_next)
    return v


def _without_brackets(memory, da, v):
    return {
        "f": memory * v.c_prev * v.f * 1 - v.f,
        "i": memory * v.c * v.i * 1 - v.i,
        "c": memory * v.i * 1 - v.c**2,
        "o": da * v.tanh * v.o * 1 - v.o,
    }


lstm_cell_backward.mistake(
    "state-does-not-reach-the-memory",
    "The memory gets dc_next only. It also gets da_next, through the output gate and tanh: a_next = ot * tanh(c_next). "
    "See 'The way back through an LSTM'.",
    _back(lambda da, dc, v: dc),
)
lstm_cell_backward.mistake(
    "dc-next-ignored",
    "dc_next plays no part: what the next step hands back to the memory must be added.",
    _back(lambda da, dc, v: da * v.o * (1 - v.tanh**2)),
)
lstm_cell_backward.mistake(
    "slope-without-tanh",
    "The slope of tanh at c_next is 1 - tanh(c_next)²; here tanh itself is missing.",
    _back(lambda da, dc, v: dc + da * v.o * (1 - v.c_next**2)),
)
lstm_cell_backward.mistake(
    "slope-without-square",
    "The slope of tanh at c_next is 1 - tanh(c_next)²; here the square is missing.",
    _back(lambda da, dc, v: dc + da * v.o * (1 - v.tanh)),
)
lstm_cell_backward.mistake(
    "output-gate-forgotten",
    "On its way to the memory, da_next passes the output gate: multiply by ot.",
    _back(lambda da, dc, v: dc + da * (1 - v.tanh**2)),
)
lstm_cell_backward.mistake(
    "tanh-twice",
    "tanh is applied to the candidate, which is a tanh already: the slope is 1 - cct².",
    _back(dz=lambda memory, da, v: {"c": memory * v.i * (1 - np.tanh(v.c) ** 2)}),
)
lstm_cell_backward.mistake(
    "sigmoid-slope-for-the-candidate",
    "The candidate has tanh: its slope is 1 - cct², not cct (1 - cct).",
    _back(dz=lambda memory, da, v: {"c": memory * v.i * v.c * (1 - v.c)}),
)
lstm_cell_backward.mistake(
    "no-gate-slopes",
    "The slopes of the gates' sigmoids are missing: ft (1 - ft) for the forget gate, and so on.",
    _back(dz=lambda memory, da, v: {"f": memory * v.c_prev, "i": memory * v.c, "o": da * v.tanh}),
)
lstm_cell_backward.mistake(
    "forget-gate-with-c-next",
    "The forget gate's gradient is made with c_next; on the way forth, ft met c_prev.",
    _back(dz=lambda memory, da, v: {"f": memory * v.c_next * v.f * (1 - v.f)}),
)
lstm_cell_backward.mistake(
    "output-gate-with-the-memory",
    "The output gate's gradient is made with c_next; the gate met tanh(c_next).",
    _back(dz=lambda memory, da, v: {"o": da * v.c_next * v.o * (1 - v.o)}),
)
lstm_cell_backward.mistake(
    "forget-gate-not-passed",
    "dc_prev is the memory's gradient as it is; on its way back it passes the forget gate.",
    _back(dc_prev=lambda memory, da, dc, v: memory),
)
lstm_cell_backward.mistake(
    "dc-prev-from-dc-next",
    "dc_prev is dc_next * ft: the part that came through a_next is missing in it.",
    _back(dc_prev=lambda memory, da, dc, v: dc * v.f),
)
lstm_cell_backward.mistake(
    "averaged",
    "The gradients of weights and biases are divided by the number of examples. The mean belongs to the loss; it is "
    "already in da_next.",
    _back(average=lambda m: m),
)
lstm_cell_backward.mistake(
    "biases-averaged",
    "The gradients of the biases are means over the examples; they are sums.",
    _back(change=lambda right, sums: {f"db{gate}": sums[gate].mean(axis=1, keepdims=True) for gate in LSTM}),
)
lstm_cell_backward.mistake(
    "biases-flat",
    "The gradients of the biases have lost their second axis: keepdims=True keeps the shape (n_a, 1).",
    _back(change=lambda right, sums: {f"db{gate}": sums[gate].sum(axis=1) for gate in LSTM}),
)
places_of_a_step_back(lstm_cell_backward, LSTM)
lstm_cell_backward.mistake("slope-without-brackets", BRACKETS, _back(dz=_without_brackets))
for gates in ("f", "i", "c", "o", "fio"):
    lstm_cell_backward.also(
        "slope-without-brackets",
        _back(dz=lambda memory, da, v, gates=gates: {gate: _without_brackets(memory, da, v)[gate] for gate in gates}),
    )
lstm_cell_backward.mistake(
    "memory's-slope-without-brackets",
    "The brackets around 1 - tanh(c_next)² are missing: da_next and ot multiply the whole of it.",
    _back(lambda da, dc, v: dc + da * v.o * 1 - v.tanh**2),
)
lstm_cell_backward.also("memory's-slope-without-brackets", _back(lambda da, dc, v: (dc + da * v.o) * (1 - v.tanh**2)))
lstm_cell_backward.mistake(
    "output-gate-on-dc-next",
    "dc_next passes the output gate here; it comes straight from the next step's memory: only da_next passes it.",
    _back(lambda da, dc, v: (dc + da * (1 - v.tanh**2)) * v.o),
)
lstm_cell_backward.mistake(
    "state-for-the-memory",
    "a_prev stands where c_prev belongs: the forget gate met the old memory.",
    _back(dz=lambda memory, da, v: {"f": memory * v.a_prev * v.f * (1 - v.f)}),
)
lstm_cell_backward.mistake(
    "input-gate-and-candidate-exchanged",
    "The input gate and the candidate are exchanged: the gate's gradient has the candidate as a factor, and the "
    "candidate's the gate.",
    _back(dz=lambda memory, da, v: {"i": memory * v.i * v.i * (1 - v.i), "c": memory * v.c * (1 - v.c**2)}),
)
lstm_cell_backward.mistake(
    "only-dc-next-in-the-gates",
    "The gates get dc_next alone; each gets the whole gradient of the memory, with what da_next sends through "
    "ot * tanh(c_next).",
    _back(lambda da, dc, v: dc, dc_prev=lambda memory, da, dc, v: _right_dc(da, dc, v) * v.f),
)
lstm_cell_backward.hint(
    "First the whole gradient of c_next: dc_next, plus what da_next sends through ot * tanh(c_next)."
)
lstm_cell_backward.hint(
    "Then four arrays, one for each sum: dzf, dzi, dzc, dzo. Each is a gradient times another factor times a slope."
)
lstm_cell_backward.hint(
    "The stack [a_prev; xt] went into four products, so its gradient is the sum of four: W' times dz. The upper n_a "
    "rows are da_prev, the rest is dxt."
)
