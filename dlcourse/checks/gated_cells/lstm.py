"""The exercises of notebook 18 on the LSTM: one step and whole sequences, forth and back."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.panel.pictures import strip
from dlcourse.checks.gated_cells.gates import (
    LSTM,
    NUMERICAL,
    by_biases,
    finite_differences,
    last_only,
    number,
    random_sequence,
    random_step,
    topic,
    weight_names,
)
from dlcourse.recurrent import sigmoid, softmax

# lstm_cell_forward


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


def _lstm_cell(
    gate=sigmoid,
    candidate=np.tanh,
    output=softmax,
    bias=1.0,
    input_first=False,
    memory=lambda f, i, c, c_prev: f * c_prev + i * c,
    shown=lambda o, c_next: o * np.tanh(c_next),
    predict_from="a_next",
    order=LSTM,
    by=1.0,
):
    """An LSTM cell with one thing changed."""

    def variant(xt, a_prev, c_prev, parameters):
        stacked = np.concatenate([xt, a_prev] if input_first else [a_prev, xt])
        z = {
            name: parameters[f"W{source}"] @ stacked + bias * parameters[f"b{source}"]
            for name, source in zip(LSTM, order, strict=True)
        }
        f, i, o = (gate(z[name]) for name in "fio")
        c_next = memory(f, i, candidate(z["c"]), c_prev)
        a_next = shown(o, c_next)
        source = a_next if predict_from == "a_next" else c_next
        return a_next, c_next, output(parameters["Wy"] @ source + by * parameters["by"]), None

    return variant


lstm_cell_forward.mistake(
    "forget-and-input-exchanged",
    "The forget gate and the input gate are exchanged: ft belongs to c_prev, it to the candidate. See 'The LSTM'.",
    _lstm_cell(memory=lambda f, i, c, c_prev: i * c_prev + f * c),
)
lstm_cell_forward.mistake(
    "one-minus-forget",
    "The forget gate is turned round: despite its name, the memory is kept where ft is 1.",
    _lstm_cell(memory=lambda f, i, c, c_prev: (1 - f) * c_prev + i * c),
)
lstm_cell_forward.mistake(
    "nothing-forgotten",
    "The forget gate is not used: c_prev is multiplied by ft.",
    _lstm_cell(memory=lambda f, i, c, c_prev: c_prev + i * c),
)
lstm_cell_forward.mistake(
    "input-gate-left-out",
    "The input gate is not used: the candidate is multiplied by it.",
    _lstm_cell(memory=lambda f, i, c, c_prev: f * c_prev + c),
)
lstm_cell_forward.mistake(
    "as-in-a-GRU",
    "The candidate comes in as far as 1 - ft, as in a GRU; an LSTM has an input gate for it.",
    _lstm_cell(memory=lambda f, i, c, c_prev: f * c_prev + (1 - f) * c),
)
lstm_cell_forward.mistake(
    "memory-shown-as-it-is",
    "a_next is ot * c_next: the memory goes through tanh before the output gate.",
    _lstm_cell(shown=lambda o, c_next: o * c_next),
)
lstm_cell_forward.mistake(
    "output-gate-left-out",
    "The output gate is not used: a_next is ot * tanh(c_next).",
    _lstm_cell(shown=lambda o, c_next: np.tanh(c_next)),
)
lstm_cell_forward.mistake(
    "tanh-in-gates",
    "The gates go through tanh; a gate lies between 0 and 1, so it has a sigmoid. See 'A gate'.",
    _lstm_cell(gate=np.tanh),
)
lstm_cell_forward.mistake(
    "sigmoid-for-the-candidate",
    "The candidate goes through a sigmoid; it may be negative, so it has tanh.",
    _lstm_cell(candidate=sigmoid),
)
lstm_cell_forward.mistake("no-biases", "The biases bf, bi, bc and bo are not added.", _lstm_cell(bias=0.0))
lstm_cell_forward.mistake(
    "input-on-top",
    "The input stands above the hidden state; the weights expect [a_prev; xt], the state on top.",
    _lstm_cell(input_first=True),
)
lstm_cell_forward.mistake(
    "prediction-from-the-memory",
    "yt_pred is computed from c_next; only a_next leaves the cell.",
    _lstm_cell(predict_from="c_next"),
)
lstm_cell_forward.mistake("no-by", "The bias by is not added before the softmax.", _lstm_cell(by=0.0))
lstm_cell_forward.mistake(
    "softmax-over-examples",
    "The softmax runs over the examples. Each column is one example and must add up to 1.",
    _lstm_cell(output=lambda z: softmax(z.T).T),
)
lstm_cell_forward.mistake(
    "input-and-output-exchanged",
    "The input gate and the output gate are exchanged: it belongs to the candidate, ot to tanh(c_next).",
    _lstm_cell(order=("f", "o", "c", "i")),
)
lstm_cell_forward.mistake(
    "no-softmax", "yt_pred is the weighted sum itself; it goes through a softmax.", _lstm_cell(output=lambda z: z)
)
lstm_cell_forward.hint("Stack a_prev on xt once. Three gates and a candidate are made from the same stack.")
lstm_cell_forward.hint("c_next is what is kept, ft * c_prev, plus what is written, it * cct.")
lstm_cell_forward.hint("a_next is ot * np.tanh(c_next), and yt_pred the softmax of Wy @ a_next + by.")


# lstm_forward


@topic.exercise(
    reference=reference.lstm_forward,
    outputs=("a", "y", "c", None),
    section="The LSTM, through time",
    by_output=True,
    picture=strip(),
    companions=("lstm_cell_forward",),
)
def lstm_forward(rng):
    parameters = by_biases(f=0.0, i=0.0, c=np.arctanh(0.5), o=0.0)  # c is halved, and 1/4 added
    c = np.array([0.25, 0.375, 0.4375])
    a = 0.5 * np.tanh(c)
    y = softmax(np.stack([a, -a])).reshape(2, 1, 3)
    yield case(
        "three steps with all gates at 1/2, by hand",
        rng.normal(size=(1, 1, 3)),
        number(0.4),
        parameters,
        group="by hand",
        expect=(a.reshape(1, 1, 3), y, c.reshape(1, 1, 3), None),
    )
    yield case("one step", *random_sequence(rng, LSTM, 3, 2, 4, 5, 1), group="lengths")
    yield case("two steps", *random_sequence(rng, LSTM, 3, 5, 2, 4, 2), group="lengths")
    yield case("five steps", *random_sequence(rng, LSTM, 4, 3, 2, 6, 5), group="lengths")
    yield case("more units than inputs, six steps", *random_sequence(rng, LSTM, 2, 6, 3, 1, 6), group="lengths")


def _lstm_run(
    state=lambda a0, a: a,
    memory=lambda a0, c: c,
    first_memory=np.zeros_like,
    start=1.0,
    axis=2,
    see=lambda x, t: x[:, :, t],
):
    def variant(x, a0, parameters):
        rows, a_next, c_next = [], start * a0, first_memory(a0)
        for t in range(x.shape[2]):
            a_next, c_next, yt_pred, _ = reference.lstm_cell_forward(
                see(x, t), state(a0, a_next), memory(a0, c_next), parameters
            )
            rows.append((a_next, yt_pred, c_next))
        return (*(np.stack(parts, axis=axis) for parts in zip(*rows, strict=True)), None)

    return variant


def _memory_second(x, a0, parameters):
    a, y, c, _ = reference.lstm_forward(x, a0, parameters)
    return a, c, y, None


lstm_forward.mistake(
    "memory-not-carried",
    "Every step starts with an empty memory: hand each step's c_next to the next. If the loop does, "
    "it is lstm_cell_forward that forgets: check that one first.",
    _lstm_run(memory=lambda a0, c: np.zeros_like(c)),
)
lstm_forward.mistake(
    "state-not-carried",
    "Every step starts from a0: hand each step's hidden state to the next. If the loop does, it is "
    "lstm_cell_forward that does not use a_prev: check that one first.",
    _lstm_run(state=lambda a0, a: a0),
)
lstm_forward.mistake(
    "memory-starts-as-a0",
    "The memory starts as a0; it starts empty, as zeros of the same shape.",
    _lstm_run(first_memory=np.copy),
)
lstm_forward.mistake(
    "a0-ignored", "The first step starts from a hidden state of zeros; it must start from a0.", _lstm_run(start=0.0)
)
lstm_forward.mistake(
    "first-input-only",
    "Every step sees the first input: step t sees x[:, :, t].",
    _lstm_run(see=lambda x, t: x[:, :, 0]),
)
lstm_forward.mistake(
    "order-of-results", "The memory comes before the predictions; the order is a, y, c, caches.", _memory_second
)
lstm_forward.mistake(
    "time-first", "Time is the first axis of the results; it must be the last: (n_a, m, T).", _lstm_run(axis=0)
)
lstm_forward.hint(
    "Two variables are handed from step to step: a_next, which is a0 at first, and c_next, zeros at first."
)
lstm_forward.hint(
    "The cell returns a_next, c_next, yt_pred, cache; this function returns a, y, c, caches. Mind the order."
)


# lstm_cell_backward


def _lstm_cache(xt, a_prev, c_prev, parameters):
    documented = reference.lstm_cell_forward(xt, a_prev, c_prev, parameters)[3]
    return made("lstm_cell_forward", xt, a_prev, c_prev, parameters, take=3, otherwise=documented)


def _lstm_cell_case(rng, title, group, numerical=False, **shape):
    xt, a_prev, c_prev, parameters = random_step(rng, LSTM, **shape)
    da_next, dc_next = rng.normal(size=a_prev.shape), rng.normal(size=a_prev.shape)
    cache = _lstm_cache(xt, a_prev, c_prev, parameters)
    if not numerical:
        return case(title, da_next, dc_next, cache, group=group)

    def forward(xt, a_prev, c_prev, **parameters):
        return reference.lstm_cell_forward(xt, a_prev, c_prev, parameters)

    values = {"xt": xt, "a_prev": a_prev, "c_prev": c_prev, **parameters}
    names = ["xt", "a_prev", "c_prev", *weight_names(LSTM)]
    expect = finite_differences(forward, values, names, (da_next, dc_next), lambda result: result[:2])
    return case(title, da_next, dc_next, cache, group=group, expect=expect, tolerance=NUMERICAL)


def _lstm_cell_by_hand():
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
    cache = _lstm_cache(xt, a_prev, c_prev, parameters)
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
    yield _lstm_cell_by_hand()
    yield _lstm_cell_case(rng, "one example", "one example", n_x=3, n_a=2, m=1)
    yield _lstm_cell_case(rng, "finite differences", "several examples", numerical=True, n_x=1, n_a=2, m=3)
    yield _lstm_cell_case(rng, "several examples", "several examples", n_x=3, n_a=5, m=4)
    yield _lstm_cell_case(rng, "as many inputs as units", "several examples", n_x=3, n_a=3, m=2)
    yield _lstm_cell_case(rng, "more inputs than units", "several examples", n_x=6, n_a=2, m=5)


def _lstm_gradients(dz, dc_prev, cache, average=1):
    """The gradients that follow from those of the sums under tanh and sigmoids."""
    _, _, a_prev, _, _, _, _, _, xt, parameters = cache
    stacked = np.concatenate([a_prev, xt])
    dstacked = sum(parameters[f"W{gate}"].T @ dz[gate] for gate in LSTM)
    gradients = {"dxt": dstacked[len(a_prev) :], "da_prev": dstacked[: len(a_prev)], "dc_prev": dc_prev}
    for gate in LSTM:
        gradients[f"dW{gate}"] = dz[gate] @ stacked.T / average
        gradients[f"db{gate}"] = dz[gate].sum(axis=1, keepdims=True) / average
    return gradients


def _lstm_back(dc=None, dz=None, dc_prev=None, change=None, average=lambda m: 1):
    """A wrong variant: `dc` replaces the memory's gradient, `dz` some of the sums', `dc_prev` what is handed back."""

    def variant(da_next, dc_next, cache):
        _, c_next, a_prev, c_prev, f, i, c, o, _, _ = cache
        right = dc_next + da_next * o * (1 - np.tanh(c_next) ** 2)
        memory = right if dc is None else dc(da_next, dc_next, c_next, o)
        sums = {
            "f": memory * c_prev * f * (1 - f),
            "i": memory * c * i * (1 - i),
            "c": memory * i * (1 - c**2),
            "o": da_next * np.tanh(c_next) * o * (1 - o),
        }
        if dz is not None:
            sums.update(dz(memory, da_next, cache))
        handed = memory * f if dc_prev is None else dc_prev(memory, da_next, dc_next, cache)
        gradients = _lstm_gradients(sums, handed, cache, average(da_next.shape[1]))
        return gradients if change is None else {**gradients, **change(sums, cache)}

    return variant


lstm_cell_backward.mistake(
    "state-does-not-reach-the-memory",
    "The memory gets dc_next only. It also gets da_next, through the output gate and tanh: a_next = ot * tanh(c_next). "
    "See 'The way back through an LSTM'.",
    _lstm_back(dc=lambda da, dc, c_next, o: dc),
)
lstm_cell_backward.mistake(
    "dc-next-ignored",
    "dc_next plays no part: what the next step hands back to the memory must be added.",
    _lstm_back(dc=lambda da, dc, c_next, o: da * o * (1 - np.tanh(c_next) ** 2)),
)
lstm_cell_backward.mistake(
    "slope-without-tanh",
    "The slope of tanh at c_next is 1 - tanh(c_next)²; here tanh itself is missing.",
    _lstm_back(dc=lambda da, dc, c_next, o: dc + da * o * (1 - c_next**2)),
)
lstm_cell_backward.mistake(
    "slope-without-square",
    "The slope of tanh at c_next is 1 - tanh(c_next)²; here the square is missing.",
    _lstm_back(dc=lambda da, dc, c_next, o: dc + da * o * (1 - np.tanh(c_next))),
)
lstm_cell_backward.mistake(
    "output-gate-forgotten",
    "On its way to the memory, da_next passes the output gate: multiply by ot.",
    _lstm_back(dc=lambda da, dc, c_next, o: dc + da * (1 - np.tanh(c_next) ** 2)),
)
lstm_cell_backward.mistake(
    "tanh-twice",
    "tanh is applied to the candidate, which is a tanh already: the slope is 1 - cct².",
    _lstm_back(dz=lambda memory, da, cache: {"c": memory * cache[5] * (1 - np.tanh(cache[6]) ** 2)}),
)
lstm_cell_backward.mistake(
    "sigmoid-slope-for-the-candidate",
    "The candidate has tanh: its slope is 1 - cct², not cct (1 - cct).",
    _lstm_back(dz=lambda memory, da, cache: {"c": memory * cache[5] * cache[6] * (1 - cache[6])}),
)
lstm_cell_backward.mistake(
    "no-gate-slopes",
    "The slopes of the gates' sigmoids are missing: ft (1 - ft) for the forget gate, and so on.",
    _lstm_back(
        dz=lambda memory, da, cache: {"f": memory * cache[3], "i": memory * cache[6], "o": da * np.tanh(cache[1])}
    ),
)
lstm_cell_backward.mistake(
    "forget-gate-with-c-next",
    "The forget gate's gradient is made with c_next; on the way forth, ft met c_prev.",
    _lstm_back(dz=lambda memory, da, cache: {"f": memory * cache[1] * cache[4] * (1 - cache[4])}),
)
lstm_cell_backward.mistake(
    "output-gate-with-the-memory",
    "The output gate's gradient is made with c_next; the gate met tanh(c_next).",
    _lstm_back(dz=lambda memory, da, cache: {"o": da * cache[1] * cache[7] * (1 - cache[7])}),
)
lstm_cell_backward.mistake(
    "forget-gate-not-passed",
    "dc_prev is the memory's gradient as it is; on its way back it passes the forget gate.",
    _lstm_back(dc_prev=lambda memory, da, dc, cache: memory),
)
lstm_cell_backward.mistake(
    "dc-prev-from-dc-next",
    "dc_prev is dc_next * ft: the part that came through a_next is missing in it.",
    _lstm_back(dc_prev=lambda memory, da, dc, cache: dc * cache[4]),
)
lstm_cell_backward.mistake(
    "averaged",
    "The gradients of weights and biases are divided by the number of examples. The mean belongs to the loss; it is "
    "already in da_next.",
    _lstm_back(average=lambda m: m),
)
lstm_cell_backward.mistake(
    "biases-averaged",
    "The gradients of the biases are means over the examples; they are sums.",
    _lstm_back(change=lambda dz, cache: {f"db{gate}": dz[gate].mean(axis=1, keepdims=True) for gate in LSTM}),
)
lstm_cell_backward.mistake(
    "biases-flat",
    "The gradients of the biases have lost their second axis: keepdims=True keeps the shape (n_a, 1).",
    _lstm_back(change=lambda dz, cache: {f"db{gate}": dz[gate].sum(axis=1) for gate in LSTM}),
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


# lstm_backward


def _lstm_caches(x, a0, parameters):
    documented = reference.lstm_forward(x, a0, parameters)[3]
    return made("lstm_forward", x, a0, parameters, take=3, otherwise=documented)


def _lstm_backward_case(rng, title, group, numerical=False, **shape):
    x, a0, parameters = random_sequence(rng, LSTM, **shape)
    da, caches = rng.normal(size=(*a0.shape, x.shape[2])), _lstm_caches(x, a0, parameters)
    if not numerical:
        return case(title, da, caches, group=group)

    def forward(x, a0, **parameters):
        return reference.lstm_forward(x, a0, parameters)

    expect = finite_differences(forward, {"x": x, "a0": a0, **parameters}, ["x", "a0", *weight_names(LSTM)], da)
    return case(title, da, caches, group=group, expect=expect, tolerance=NUMERICAL)


@topic.exercise(
    reference=reference.lstm_backward,
    section="The way back through an LSTM",
    by_output=True,
    picture=strip(),
    companions=("lstm_forward", "lstm_cell_forward", "lstm_cell_backward"),
)
def lstm_backward(rng):
    yield _lstm_backward_case(rng, "one step", "lengths", n_x=2, n_a=3, m=4, T=1)
    yield _lstm_backward_case(rng, "two steps", "lengths", n_x=3, n_a=2, m=4, T=2)
    yield _lstm_backward_case(rng, "finite differences", "lengths", numerical=True, n_x=1, n_a=2, m=3, T=2)
    yield _lstm_backward_case(rng, "five steps", "lengths", n_x=3, n_a=4, m=2, T=5)
    yield _lstm_backward_case(rng, "as many units as examples as steps", "lengths", n_x=2, n_a=3, m=3, T=3)


def _lstm_all(da, caches, order=None, back=1.0, back_memory=1.0, add=True):
    """The way back with its order, its handing back, or its adding up changed."""
    cells, x = caches
    da_prev, dc_prev, dx, total = np.zeros(da.shape[:2]), np.zeros(da.shape[:2]), np.zeros(x.shape), {}
    for t in reversed(range(len(cells))) if order is None else order(len(cells)):
        step = reference.lstm_cell_backward(da[:, :, t] + back * da_prev, back_memory * dc_prev, cells[t])
        dx[:, :, t], da_prev, dc_prev = step.pop("dxt"), step.pop("da_prev"), step.pop("dc_prev")
        total = {name: value + (total.get(name, 0.0) if add else 0.0) for name, value in step.items()}
    return {"dx": dx, "da0": da_prev, **total}


lstm_backward.mistake(
    "state-not-handed-back",
    "Each step gets only its own da[:, :, t]: the da_prev that comes back from the step after it must be added.",
    lambda da, caches: _lstm_all(da, caches, back=0.0),
)
lstm_backward.mistake(
    "memory-not-handed-back",
    "The memory's gradient is not handed back: each step gets the dc_prev of the step after it. If the loop does so, "
    "it is lstm_cell_backward that leaves it out: check that one first.",
    lambda da, caches: _lstm_all(da, caches, back_memory=0.0),
)
lstm_backward.mistake(
    "nothing-handed-back",
    "Each step gets only its own da[:, :, t]: neither da_prev nor dc_prev comes back from the step after "
    "it. A table of expected values that is passed around has this mistake.",
    lambda da, caches: _lstm_all(da, caches, back=0.0, back_memory=0.0),
)
lstm_backward.mistake(
    "own-gradients-lost",
    "Only the last step gets its own da[:, :, t]; every step does, on top of what comes back.",
    lambda da, caches: _lstm_all(last_only(da), caches),
)
lstm_backward.mistake(
    "overwritten",
    "The gradients of the weights hold one step's share; all steps share the weights, so add up (`+=`).",
    lambda da, caches: _lstm_all(da, caches, add=False),
)
lstm_backward.mistake(
    "forwards",
    "The loop runs from the first step to the last; the way back starts at the last.",
    lambda da, caches: _lstm_all(da, caches, order=range),
)
lstm_backward.mistake(
    "da0-zero",
    "da0 is 0: it is the da_prev that is left after the first step of the sequence.",
    lambda da, caches: {**_lstm_all(da, caches), "da0": np.zeros(da.shape[:2])},
)
lstm_backward.mistake(
    "dx-reversed",
    "dx has its steps in the order of the loop, last first: put dxt into dx[:, :, t].",
    lambda da, caches: {**_lstm_all(da, caches), "dx": _lstm_all(da, caches)["dx"][:, :, ::-1]},
)
lstm_backward.hint(
    "Two gradients are handed from step to step here, da_prev and dc_prev; both are zeros after the last step."
)
lstm_backward.hint(
    "lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, cells[t]): the loss sees a<t>, and never c<t> itself."
)
