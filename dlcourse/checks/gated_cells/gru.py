"""The exercises of notebook 18 on the GRU: one step and whole sequences, forth and back."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.panel.pictures import strip
from dlcourse.checks.gated_cells.gates import (
    GRU,
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

# gru_cell_forward


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


def _gru_cell(
    gate=sigmoid,
    candidate=np.tanh,
    output=softmax,
    bias=1.0,
    relevance=None,
    update=lambda u: u,
    keep=lambda u: 1 - u,
    input_first=False,
    relevance_after=False,
    mixed=None,
    by=1.0,
):
    """A GRU cell with one thing changed."""

    def variant(xt, a_prev, parameters):
        n_a = len(a_prev)

        def product(name, state):
            W = parameters[f"W{name}"]
            if input_first:
                return W @ np.concatenate([xt, state])
            return W @ np.concatenate([state, xt])

        u = update(gate(product("u", a_prev) + bias * parameters["bu"]))
        r = gate(product("r", a_prev) + bias * parameters["br"])
        r = r if relevance is None else relevance(r)
        if relevance_after:
            Wc = parameters["Wc"]
            z = r * (Wc[:, :n_a] @ a_prev) + Wc[:, n_a:] @ xt
        elif mixed is not None:
            z = parameters["Wc"] @ mixed(r, a_prev, xt)
        else:
            z = product("c", r * a_prev)
        c = candidate(z + bias * parameters["bc"])
        a_next = u * c + keep(u) * a_prev
        return a_next, output(parameters["Wy"] @ a_next + by * parameters["by"]), None

    return variant


gru_cell_forward.mistake(
    "update-gate-turned-round",
    "The update gate is the wrong way round: where it is 1, the candidate comes in. (Keras's gate is the other way "
    "round.) See 'The GRU'.",
    _gru_cell(update=lambda u: 1 - u),
)
gru_cell_forward.mistake(
    "relevance-gate-left-out",
    "The relevance gate is not used: the candidate sees rt * a_prev, not a_prev. See 'The GRU'.",
    _gru_cell(relevance=np.ones_like),
)
gru_cell_forward.mistake(
    "relevance-after-the-product",
    "The relevance gate multiplies the product with the weights; here it multiplies a_prev before. The other way is "
    "another cell, Keras's reset_after=True.",
    _gru_cell(relevance_after=True),
)
gru_cell_forward.mistake(
    "relevance-on-the-input",
    "The relevance gate multiplies the input too; it belongs to a_prev only.",
    # the gate has n_a entries; on the input it can only stand where there are as many inputs
    _gru_cell(mixed=lambda r, a_prev, xt: np.concatenate([r * a_prev, r * xt])),
)
gru_cell_forward.mistake(
    "nothing-kept",
    "The old state is not kept: (1 - ut) * a_prev is missing. See 'The GRU'.",
    _gru_cell(keep=lambda u: 0.0),
)
gru_cell_forward.mistake(
    "everything-kept",
    "The whole old state is kept whatever the gate says: it is kept as far as 1 - ut.",
    _gru_cell(keep=lambda u: 1.0),
)
gru_cell_forward.mistake(
    "tanh-in-gates",
    "The gates go through tanh; a gate lies between 0 and 1, so it has a sigmoid. See 'A gate'.",
    _gru_cell(gate=np.tanh),
)
gru_cell_forward.mistake(
    "sigmoid-for-the-candidate",
    "The candidate goes through a sigmoid; it may be negative, so it has tanh.",
    _gru_cell(candidate=sigmoid),
)
gru_cell_forward.mistake("no-biases", "The biases bc, bu and br are not added.", _gru_cell(bias=0.0))
gru_cell_forward.mistake(
    "input-on-top",
    "The input stands above the hidden state; the weights expect [a_prev; xt], the state on top.",
    _gru_cell(input_first=True),
)
gru_cell_forward.mistake("no-by", "The bias by is not added before the softmax.", _gru_cell(by=0.0))
gru_cell_forward.mistake(
    "no-softmax", "yt_pred is the weighted sum itself; it goes through a softmax.", _gru_cell(output=lambda z: z)
)
gru_cell_forward.mistake(
    "softmax-over-examples",
    "The softmax runs over the examples. Each column is one example and must add up to 1.",
    _gru_cell(output=lambda z: softmax(z.T).T),
)
gru_cell_forward.hint(
    "Five lines: both gates, the candidate, the mixture, the prediction. np.concatenate stacks a on x."
)
gru_cell_forward.hint(
    "The candidate has a stack of its own: rt * a_prev on top of xt. `*` multiplies number by number."
)
gru_cell_forward.hint("a_next is ut times the candidate, plus 1 - ut times a_prev: an average, unit by unit.")


# gru_forward


@topic.exercise(
    reference=reference.gru_forward,
    outputs=("a", "y_pred", None),
    section="The GRU, through time",
    by_output=True,
    picture=strip(),
    companions=("gru_cell_forward",),
    weights={"a": 2.0},
)
def gru_forward(rng):
    parameters = by_biases(c=np.arctanh(0.5), u=0.0, r=0.0)  # each step goes half of the way to 0.5
    states = np.array([0.25, 0.375, 0.4375])
    y_pred = softmax(np.stack([states, -states])).reshape(2, 1, 3)
    yield case(
        "three steps half of the way to 1/2, by hand",
        rng.normal(size=(1, 1, 3)),
        number(0),
        parameters,
        group="by hand",
        expect=(states.reshape(1, 1, 3), y_pred, None),
    )
    yield case("one step", *random_sequence(rng, GRU, 3, 2, 4, 5, 1), group="lengths")
    yield case("two steps", *random_sequence(rng, GRU, 3, 5, 2, 4, 2), group="lengths")
    yield case("five steps", *random_sequence(rng, GRU, 4, 3, 2, 6, 5), group="lengths")
    yield case("more units than inputs, six steps", *random_sequence(rng, GRU, 2, 6, 3, 1, 6), group="lengths")


def _gru_run(carried=True, start=1.0, axis=2, see=lambda x, t: x[:, :, t], backwards=False):
    def variant(x, a0, parameters):
        states, predictions, a_next = [], [], start * a0
        steps = range(x.shape[2])
        for t in reversed(steps) if backwards else steps:
            a_next, yt_pred, _ = reference.gru_cell_forward(see(x, t), a_next if carried else a0, parameters)
            states.append(a_next)
            predictions.append(yt_pred)
        order = slice(None, None, -1 if backwards else 1)
        return np.stack(states[order], axis=axis), np.stack(predictions[order], axis=axis), None

    return variant


def _gru_one_step_late(x, a0, parameters):
    a, y_pred, _ = reference.gru_forward(x, a0, parameters)
    return np.concatenate([a0[:, :, None], a[:, :, :-1]], axis=2), y_pred, None


gru_forward.mistake(
    "state-not-carried",
    "Every step starts from a0: hand each step's hidden state to the next. If the loop does, it is gru_cell_forward "
    "that does not use a_prev: check that one first.",
    _gru_run(carried=False),
)
gru_forward.mistake("a0-ignored", "The first step starts from zeros; it must start from a0.", _gru_run(start=0.0))
gru_forward.mistake(
    "first-input-only",
    "Every step sees the first input: step t sees x[:, :, t].",
    _gru_run(see=lambda x, t: x[:, :, 0]),
)
gru_forward.mistake(
    "from-the-end", "The sequence is read from its end; begin with the first step.", _gru_run(backwards=True)
)
gru_forward.mistake(
    "one-step-late",
    "a[:, :, t] holds the state that goes into step t; it must hold the one that comes out of it.",
    _gru_one_step_late,
)
gru_forward.mistake(
    "time-first", "Time is the first axis of the result; it must be the last: (n_a, m, T).", _gru_run(axis=0)
)
gru_forward.hint("It is rnn_forward from the notebook before with another cell in the loop.")
gru_forward.hint("a_next, yt_pred, cache = gru_cell_forward(x[:, :, t], a_next, parameters), from a_next = a0 on.")


# gru_cell_backward


def _gru_cache(xt, a_prev, parameters):
    documented = reference.gru_cell_forward(xt, a_prev, parameters)[2]
    return made("gru_cell_forward", xt, a_prev, parameters, take=2, otherwise=documented)


def _gru_cell_case(rng, title, group, numerical=False, **shape):
    xt, a_prev, parameters = random_step(rng, GRU, **shape)
    da_next, cache = rng.normal(size=a_prev.shape), _gru_cache(xt, a_prev, parameters)
    if not numerical:
        return case(title, da_next, cache, group=group)

    def forward(xt, a_prev, **parameters):
        return reference.gru_cell_forward(xt, a_prev, parameters)

    values = {"xt": xt, "a_prev": a_prev, **parameters}
    names = ["xt", "a_prev", *weight_names(GRU)]
    expect = finite_differences(forward, values, names, da_next)
    return case(title, da_next, cache, group=group, expect=expect, tolerance=NUMERICAL)


def _gru_cell_by_hand():
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
    cache = _gru_cache(xt, a_prev, parameters)
    return case("weights of 0 and gates of 1/2, by hand", number(10), cache, group="by hand", expect=expect)


@topic.exercise(
    reference=reference.gru_cell_backward,
    section="The way back through a GRU",
    by_output=True,
    companions=("gru_cell_forward",),
    weights={"da_prev": 2.0},
)
def gru_cell_backward(rng):
    yield _gru_cell_by_hand()
    yield _gru_cell_case(rng, "one example", "one example", n_x=3, n_a=2, m=1)
    yield _gru_cell_case(rng, "finite differences", "several examples", numerical=True, n_x=1, n_a=2, m=3)
    yield _gru_cell_case(rng, "several examples", "several examples", n_x=3, n_a=5, m=4)
    yield _gru_cell_case(rng, "as many inputs as units", "several examples", n_x=3, n_a=3, m=2)
    yield _gru_cell_case(rng, "more inputs than units", "several examples", n_x=6, n_a=2, m=5)


def _gru_gradients(dzc, dzu, direct, cache, dzr=None, relevance=None, ways=("direct", "candidate", "gates")):
    """The gradients that follow from those of the sums under tanh and sigmoid, and of the direct way."""
    _, a_prev, _, _, r, xt, parameters = cache
    n_a = len(a_prev)
    dcandidate = parameters["Wc"].T @ dzc
    if dzr is None:
        dzr = dcandidate[:n_a] * a_prev * r * (1 - r)
    gates = parameters["Wu"].T @ dzu + parameters["Wr"].T @ dzr
    candidate = dcandidate[:n_a] * (r if relevance is None else relevance)
    parts = {"direct": direct, "candidate": candidate, "gates": gates[:n_a]}
    gradients = {"dxt": dcandidate[n_a:] + gates[n_a:], "da_prev": sum(parts[way] for way in ways)}
    stacked, relevant = np.concatenate([a_prev, xt]), np.concatenate([r * a_prev, xt])
    for gate, dz, source in (("c", dzc, relevant), ("u", dzu, stacked), ("r", dzr, stacked)):
        gradients[f"dW{gate}"] = dz @ source.T
        gradients[f"db{gate}"] = dz.sum(axis=1, keepdims=True)
    return gradients


def _gru_back(dzc=None, dzu=None, direct=None, dzr=None, change=None, **options):
    """A wrong variant: each of the first four is a function of what the right one is made of."""

    def variant(da_next, cache):
        _, a_prev, c, u, r, xt, parameters = cache
        parts = (da_next, a_prev, c, u, r)
        right_c, right_u = da_next * u * (1 - c**2), da_next * (c - a_prev) * u * (1 - u)
        used_c = right_c if dzc is None else dzc(*parts)
        used_r = None
        if dzr is not None:
            used_r = dzr((parameters["Wc"].T @ used_c)[: len(a_prev)], a_prev, r)
        gradients = _gru_gradients(
            used_c,
            right_u if dzu is None else dzu(*parts),
            da_next * (1 - u) if direct is None else direct(*parts),
            cache,
            used_r,
            **options,
        )
        return gradients if change is None else {**gradients, **change(gradients, right_c, a_prev, xt, cache)}

    return variant


gru_cell_backward.mistake(
    "update-gate-turned-round",
    "The update gate is the wrong way round on the way back: through the candidate comes ut, directly comes 1 - ut.",
    _gru_back(
        dzc=lambda da, a_prev, c, u, r: da * (1 - u) * (1 - c**2),
        dzu=lambda da, a_prev, c, u, r: da * (a_prev - c) * u * (1 - u),
        direct=lambda da, a_prev, c, u, r: da * u,
    ),
)
gru_cell_backward.mistake(
    "no-direct-way",
    "da_prev lacks the direct way: (1 - ut) * a_prev stands in the sum itself. See 'The way back through a GRU'.",
    _gru_back(ways=("candidate", "gates")),
)
gru_cell_backward.mistake(
    "no-way-through-the-gates",
    "da_prev lacks the way through the gates: both gates see a_prev too.",
    _gru_back(ways=("direct", "candidate")),
)
gru_cell_backward.mistake(
    "no-way-through-the-candidate",
    "da_prev lacks the way through the candidate, which sees rt * a_prev.",
    _gru_back(ways=("direct", "gates")),
)
gru_cell_backward.mistake(
    "relevance-gate-forgotten",
    "Through the candidate, da_prev is multiplied by rt: the candidate sees rt * a_prev.",
    _gru_back(relevance=1.0),
)
gru_cell_backward.mistake(
    "old-state-not-subtracted",
    "The update gate's gradient has the candidate only: ut also takes away a_prev, so it is cct - a_prev.",
    _gru_back(dzu=lambda da, a_prev, c, u, r: da * c * u * (1 - u)),
)
gru_cell_backward.mistake(
    "no-tanh-slope",
    "The slope of the candidate's tanh, 1 - cct², is missing.",
    _gru_back(dzc=lambda da, a_prev, c, u, r: da * u),
)
gru_cell_backward.mistake(
    "tanh-twice",
    "tanh is applied to the candidate, which is a tanh already: the slope is 1 - cct².",
    _gru_back(dzc=lambda da, a_prev, c, u, r: da * u * (1 - np.tanh(c) ** 2)),
)
gru_cell_backward.mistake(
    "no-update-slope",
    "The slope of the update gate's sigmoid, ut (1 - ut), is missing.",
    _gru_back(dzu=lambda da, a_prev, c, u, r: da * (c - a_prev)),
)
gru_cell_backward.mistake(
    "no-relevance-slope",
    "The slope of the relevance gate's sigmoid, rt (1 - rt), is missing.",
    _gru_back(dzr=lambda dcandidate, a_prev, r: dcandidate * a_prev),
)
gru_cell_backward.mistake(
    "dWc-from-a-prev",
    "dWc is made with a_prev; on the way forth, Wc met rt * a_prev.",
    _gru_back(change=lambda right, dzc, a_prev, xt, cache: {"dWc": dzc @ np.concatenate([a_prev, xt]).T}),
)
gru_cell_backward.mistake(
    "averaged",
    "The gradients of weights and biases are divided by the number of examples. The mean belongs to the loss; it is "
    "already in da_next.",
    _gru_back(
        change=lambda right, dzc, a_prev, xt, cache: {
            name: gradient / xt.shape[1] for name, gradient in right.items() if name[:2] in ("dW", "db")
        }
    ),
)
gru_cell_backward.mistake(
    "biases-not-summed",
    "The gradients of the biases have a column for each example: sum over the examples.",
    _gru_back(change=lambda right, dzc, a_prev, xt, cache: {"dbc": dzc}),
)
gru_cell_backward.mistake(
    "dxt-from-the-candidate-only",
    "dxt holds the candidate's part only; the input goes into both gates too.",
    _gru_back(change=lambda right, dzc, a_prev, xt, cache: {"dxt": (cache[6]["Wc"].T @ dzc)[len(a_prev) :]}),
)
gru_cell_backward.hint(
    "Three arrays first: dzc, dzu and dzr, the gradients of what goes into tanh and into either sigmoid."
)
gru_cell_backward.hint("Wc' dzc is the gradient of [rt * a_prev; xt]. Its upper part, times a_prev, is that of rt.")
gru_cell_backward.hint(
    "a_prev stands in four places: in (1 - ut) * a_prev, in rt * a_prev, and in the stack that either gate sees. Add "
    "four gradients."
)


# gru_backward


def _gru_caches(x, a0, parameters):
    documented = reference.gru_forward(x, a0, parameters)[2]
    return made("gru_forward", x, a0, parameters, take=2, otherwise=documented)


def _gru_backward_case(rng, title, group, numerical=False, **shape):
    x, a0, parameters = random_sequence(rng, GRU, **shape)
    da, caches = rng.normal(size=(*a0.shape, x.shape[2])), _gru_caches(x, a0, parameters)
    if not numerical:
        return case(title, da, caches, group=group)

    def forward(x, a0, **parameters):
        return reference.gru_forward(x, a0, parameters)

    expect = finite_differences(forward, {"x": x, "a0": a0, **parameters}, ["x", "a0", *weight_names(GRU)], da)
    return case(title, da, caches, group=group, expect=expect, tolerance=NUMERICAL)


@topic.exercise(
    reference=reference.gru_backward,
    section="The way back through a GRU",
    by_output=True,
    picture=strip(),
    companions=("gru_forward", "gru_cell_forward", "gru_cell_backward"),
)
def gru_backward(rng):
    yield _gru_backward_case(rng, "one step", "lengths", n_x=2, n_a=3, m=4, T=1)
    yield _gru_backward_case(rng, "two steps", "lengths", n_x=3, n_a=2, m=4, T=2)
    yield _gru_backward_case(rng, "finite differences", "lengths", numerical=True, n_x=1, n_a=2, m=3, T=2)
    yield _gru_backward_case(rng, "five steps", "lengths", n_x=3, n_a=4, m=2, T=5)
    yield _gru_backward_case(rng, "as many units as examples as steps", "lengths", n_x=2, n_a=3, m=3, T=3)


def _gru_all(da, caches, order=None, back=1.0, add=True, upstream=1.0):
    """The way back with its order, its handing back, or its adding up changed."""
    cells, x = caches
    da_prev, dx, total = np.zeros(da.shape[:2]), np.zeros(x.shape), {}
    for t in reversed(range(len(cells))) if order is None else order(len(cells)):
        step = reference.gru_cell_backward(da[:, :, t] + back * da_prev, cells[t])
        dx[:, :, t], da_prev = step.pop("dxt"), step.pop("da_prev")
        total = {name: value + (total.get(name, 0.0) if add else 0.0) for name, value in step.items()}
    return {"dx": dx, "da0": da_prev, **total}


gru_backward.mistake(
    "nothing-handed-back",
    "Each step gets only its own da[:, :, t]: add what comes back from the step after it.",
    lambda da, caches: _gru_all(da, caches, back=0.0),
)
gru_backward.mistake(
    "own-gradients-lost",
    "Only the last step gets its own da[:, :, t]; every step does, on top of what comes back.",
    lambda da, caches: _gru_all(last_only(da), caches),
)
gru_backward.mistake(
    "overwritten",
    "The gradients of the weights hold one step's share; all steps share the weights, so add up (`+=`).",
    lambda da, caches: _gru_all(da, caches, add=False),
)
gru_backward.mistake(
    "forwards",
    "The loop runs from the first step to the last; the way back starts at the last.",
    lambda da, caches: _gru_all(da, caches, order=range),
)
gru_backward.mistake(
    "da0-zero",
    "da0 is 0: it is the da_prev that is left after the first step of the sequence.",
    lambda da, caches: {**_gru_all(da, caches), "da0": np.zeros(da.shape[:2])},
)
gru_backward.mistake(
    "dx-reversed",
    "dx has its steps in the order of the loop, last first: put dxt into dx[:, :, t].",
    lambda da, caches: {**_gru_all(da, caches), "dx": _gru_all(da, caches)["dx"][:, :, ::-1]},
)
gru_backward.hint(
    "The loop is that of rnn_backward: from the last step to the first, with a da_prev that is handed back."
)
gru_backward.hint(
    "Each step gets da[:, :, t] + da_prev. The six gradients of weights and biases are added up over the steps."
)
