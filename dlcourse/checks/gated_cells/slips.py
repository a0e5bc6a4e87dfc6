"""Further mistakes of notebook 18: slips in single symbols, brackets and loops of both cells."""

from __future__ import annotations

import numpy as np

from dlcourse import gated_cells as reference
from dlcourse.checking.exercise import Topic
from dlcourse.recurrent import sigmoid, softmax

GATES = {"gru": "cur", "lstm": "fico"}
NAMES = {"u": "update gate", "r": "relevance gate", "f": "forget gate", "i": "input gate", "o": "output gate"}
NAMES["c"] = "candidate"


def add_slips(topic: Topic) -> None:
    """Tell the exercises of the topic what else goes wrong."""
    for cell, section in (("gru", "The GRU"), ("lstm", "The LSTM")):
        exercises = {name: topic.exercises[f"{cell}_{name}"] for name in PARTS}
        _errors(exercises["cell_forward"], exercises["forward"], section)
        _sequence(exercises["forward"], cell)
        _cell_places(exercises["cell_backward"], cell)
        _sequence_back(exercises["backward"], cell)
    _gru_forward(topic.exercises["gru_cell_forward"])
    _lstm_forward(topic.exercises["lstm_cell_forward"])
    _gru_backward(topic.exercises["gru_cell_backward"])
    _lstm_backward(topic.exercises["lstm_cell_backward"])


PARTS = ("cell_forward", "forward", "cell_backward", "backward")


def _errors(cell_forward, forward, section):
    cell_forward.raises(
        "number-by-number",
        "Weights meet the stack in a matrix product, @ or np.dot; * multiplies number by number, and is for gates.",
        r"could not be broadcast together",
        r"W\w+\b[^+]*\*|\*[^+]*W",
    )
    cell_forward.raises(
        "order-of-the-product",
        f"The weights stand on the left of what they meet: W @ stacked. See '{section}'.",
        "mismatch in its core dimension|not aligned",
        r"(concat|stacked|a_prev|xt|a_next)\w*(, ?| @ ?)(parameters\[.)?W",
    )
    cell_forward.raises(
        "not-stacked",
        "The weights are as wide as a_prev and xt together: stack a_prev on xt first, np.concatenate([a_prev, xt]).",
        "mismatch in its core dimension|not aligned",
        r"W[fiocur]\b",
    )
    cell_forward.raises(
        "matrix-product-of-gates",
        "A gate multiplies number by number, with *; @ and np.dot are for weights.",
        "mismatch in its core dimension|not aligned",
        r"\b(f|i|o|u|r)t?\b|gamma|cc?t?\b",
    )
    cell_forward.raises(
        "side-by-side",
        "a_prev and xt are put side by side; one stands above the other: axis 0, which np.concatenate takes by itself.",
        "must match exactly",
    )
    forward.raises(
        "input-of-a-step",
        "What comes out of a step does not fit. Each step sees its own input only, x[:, :, t] of the shape "
        "(n_x, m): not the whole of x, and time is the last axis.",
        r"could not broadcast|could not be broadcast|out of bounds|core dimension|not aligned|must match exactly|"
        r"same number of dimensions",
    )


def _gru_cell(z=None, a=lambda u, c, a: u * c + (1 - u) * a, r=lambda r, a: r * a, y=None, gates=(sigmoid, sigmoid)):
    """A GRU step; `z(gate, product, bias)` is what goes into a gate or the candidate."""

    def variant(xt, a_prev, p):
        def summed(gate, state):
            product, bias = p[f"W{gate}"] @ np.concatenate([state, xt]), p[f"b{gate}"]
            return product + bias if z is None else z(gate, product, bias, p, np.concatenate([state, xt]))

        u, rel = gates[0](summed("u", a_prev)), gates[1](summed("r", a_prev))
        c = np.tanh(summed("c", r(rel, a_prev)))
        a_next = a(u, c, a_prev)
        return a_next, softmax(p["Wy"] @ a_next + p["by"]) if y is None else y(a_next, p), None

    return variant


def _gru_forward(exercise):
    exercise.mistake(
        "minus",
        "Something is subtracted where it is added: inside each sum W times the stack and b, and between "
        "what is new and what is kept.",
        _gru_cell(a=lambda u, c, a: u * c - (1 - u) * a),
    )
    exercise.also("minus", _gru_cell(y=lambda a, p: softmax(p["Wy"] @ a - p["by"])))
    for name in "ucr":
        exercise.also("minus", _gru_cell(lambda g, v, b, p, s, name=name: v - b if g == name else v + b))
    exercise.mistake(
        "one-bias-missing",
        "One of the biases bu, br and bc is not added.",
        _gru_cell(lambda g, v, b, p, s: v if g == "u" else v + b),
    )
    for name in "rc":
        exercise.also("one-bias-missing", _gru_cell(lambda g, v, b, p, s, name=name: v if g == name else v + b))
    exercise.mistake(
        "gates-exchanged",
        "The weights of the two gates are exchanged: Wu and bu are the update gate's, Wr and br the relevance gate's.",
        _gru_cell(lambda g, v, b, p, s: p["W" + _other(g)] @ s + p["b" + _other(g)]),
    )
    exercise.mistake(
        "one-gate-for-both",
        "Both gates are the same, or the update gate stands where the relevance gate belongs: each has its "
        "own weights, Wu and Wr.",
        _gru_cell(lambda g, v, b, p, s: p["Wu"] @ s + p["bu"] if g == "r" else v + b),
    )
    exercise.also("one-gate-for-both", _gru_cell(lambda g, v, b, p, s: p["Wr"] @ s + p["br"] if g == "u" else v + b))
    exercise.mistake(
        "another-mixture",
        "a_next is a mixture: ut times the candidate, plus 1 - ut times a_prev. Here the two shares do not "
        "add up to 1, or are divided.",
        _gru_cell(a=lambda u, c, a: u * c + (1 + u) * a),
    )
    for a in (
        lambda u, c, a: u * c + (2 - u) * a,
        lambda u, c, a: u / c + (1 - u) * a,
        lambda u, c, a: u * c + (1 - u) / a,
        lambda u, c, a: u * c + u * a,
        lambda u, c, a: c + (1 - u) * a,
        lambda u, c, a: u * c + 1 - u * a,
    ):
        exercise.also("another-mixture", _gru_cell(a=a))
    exercise.mistake(
        "divided-by-the-gate",
        "a_prev is divided by the relevance gate; it is multiplied by it.",
        _gru_cell(r=lambda r, a: a / r),
    )
    exercise.also("divided-by-the-gate", _gru_cell(r=lambda r, a: r / a))
    exercise.mistake(
        "prediction-from-a-prev",
        "yt_pred is computed from a_prev: it must see this step's input, through a_next.",
        lambda xt, a_prev, p: (_gru_cell()(xt, a_prev, p)[0], softmax(p["Wy"] @ a_prev + p["by"]), None),
    )
    _prediction_only(exercise)


def _other(gate):
    return {"u": "r", "r": "u"}.get(gate, gate)


def _prediction_only(exercise):
    exercise.place(
        "prediction-only",
        "The state is right and yt_pred is not: look at its line. It is the softmax of Wy times a_next, plus by.",
        ["yt_pred"],
    )


def _lstm_cell(z=None, c=lambda f, i, c, old: f * old + i * c, a=lambda o, c: o * np.tanh(c), y=None):
    def variant(xt, a_prev, c_prev, p):
        stacked = np.concatenate([a_prev, xt])

        def summed(gate):
            product, bias = p[f"W{gate}"] @ stacked, p[f"b{gate}"]
            return product + bias if z is None else z(gate, product, bias, p, stacked)

        f, i, o = (sigmoid(summed(gate)) for gate in "fio")
        c_next = c(f, i, np.tanh(summed("c")), c_prev)
        a_next = a(o, c_next)
        return a_next, c_next, softmax(p["Wy"] @ a_next + p["by"]) if y is None else y(a_next, p), None

    return variant


def _lstm_forward(exercise):
    exercise.mistake(
        "minus",
        "Something is subtracted where it is added: inside each sum W times the stack and b, and between "
        "what is kept and what is written.",
        _lstm_cell(c=lambda f, i, c, old: f * old - i * c),
    )
    exercise.also("minus", _lstm_cell(y=lambda a, p: softmax(p["Wy"] @ a - p["by"])))
    for name in "fico":
        exercise.also("minus", _lstm_cell(lambda g, v, b, p, s, name=name: v - b if g == name else v + b))
    exercise.mistake(
        "one-bias-missing",
        "One of the biases bf, bi, bc and bo is not added.",
        _lstm_cell(lambda g, v, b, p, s: v if g == "f" else v + b),
    )
    for name in "ico":
        exercise.also("one-bias-missing", _lstm_cell(lambda g, v, b, p, s, name=name: v if g == name else v + b))
    exercise.mistake(
        "gate-with-another's-weights",
        "One gate is made with the weights or the bias of another: a line was copied, and a letter left as it was.",
        _lstm_cell(lambda g, v, b, p, s: p["Wf"] @ s + p["bf"] if g == "i" else v + b),
    )
    for name in "fico":
        for other in "fico":
            if name != other:
                exercise.also(
                    "gate-with-another's-weights",
                    _lstm_cell(lambda g, v, b, p, s, n=name, o=other: p[f"W{o}"] @ s + p[f"b{o}"] if g == n else v + b),
                )
                exercise.also(
                    "gate-with-another's-weights",
                    _lstm_cell(lambda g, v, b, p, s, n=name, o=other: p[f"W{o}"] @ s + b if g == n else v + b),
                )
                exercise.also(
                    "gate-with-another's-weights",
                    _lstm_cell(lambda g, v, b, p, s, n=name, o=other: v + p[f"b{o}"] if g == n else v + b),
                )
    exercise.mistake(
        "divided-by-a-gate",
        "Something is divided by a gate, or a gate by something; a gate multiplies.",
        _lstm_cell(c=lambda f, i, c, old: f / old + i * c),
    )
    for c in (lambda f, i, c, old: f * old + i / c, lambda f, i, c, old: old / f + i * c):
        exercise.also("divided-by-a-gate", _lstm_cell(c=c))
    exercise.also("divided-by-a-gate", _lstm_cell(a=lambda o, c: o / np.tanh(c)))
    exercise.mistake(
        "gates-added", "A gate is added to what it should multiply.", _lstm_cell(c=lambda f, i, c, old: f + old + i * c)
    )
    exercise.also("gates-added", _lstm_cell(a=lambda o, c: o + np.tanh(c)))
    exercise.mistake(
        "prediction-from-a-prev",
        "yt_pred is computed from a_prev: it must see this step's input, through a_next.",
        lambda xt, a, c, p: (*_lstm_cell()(xt, a, c, p)[:2], softmax(p["Wy"] @ a + p["by"]), None),
    )
    exercise.mistake(
        "old-memory-shown",
        "a_next shows c_prev, the memory before this step; it shows c_next.",
        lambda xt, a, c, p: _with_old_memory(xt, a, c, p),
    )
    _prediction_only(exercise)


def _with_old_memory(xt, a_prev, c_prev, p):
    _, c_next, _, _ = _lstm_cell()(xt, a_prev, c_prev, p)
    a_next = sigmoid(p["Wo"] @ np.concatenate([a_prev, xt]) + p["bo"]) * np.tanh(c_prev)
    return a_next, c_next, softmax(p["Wy"] @ a_next + p["by"]), None


def _sequence(exercise, cell):
    run = reference.lstm_forward if cell == "lstm" else reference.gru_forward

    def masked(keep):
        def variant(x, a0, parameters):
            *results, _ = run(x, a0, parameters)
            return (*(result * keep(np.arange(x.shape[2]), x.shape[2]) for result in results), None)

        return variant

    exercise.mistake(
        "last-step-only",
        "Only the last step is filled in: are the assignments inside the loop?",
        masked(lambda t, T: t == T - 1),
    )
    exercise.mistake(
        "last-step-missing",
        "The last step is still 0: range(T_x) already ends at T_x - 1.",
        masked(lambda t, T: t < T - 1),
    )
    exercise.mistake(
        "one-step-ahead",
        "Step t sees the input of another step: it is x[:, :, t].",
        lambda x, a0, p: (*run(np.roll(x, -1, axis=2), a0, p)[:-1], None),
    )


def _sequence_back(exercise, cell):
    step_back = reference.lstm_cell_backward if cell == "lstm" else reference.gru_cell_backward
    weights = [f"d{letter}{gate}" for gate in GATES[cell] for letter in "Wb"]

    def back(
        upstream=lambda da, t, da_prev: da[:, :, t] + da_prev,
        steps=lambda T: range(T - 1, -1, -1),
        add=lambda name, old, new: old + new,
        read=lambda cells, t: cells[t],
    ):
        def variant(da, caches):
            cells, x = caches
            da_prev, dc_prev = np.zeros(da.shape[:2]), np.zeros(da.shape[:2])
            dx, total = np.zeros(x.shape), dict.fromkeys(weights, 0.0)
            for t in steps(da.shape[2]):
                state = upstream(da, t, da_prev)
                step = step_back(state, *((dc_prev,) if cell == "lstm" else ()), read(cells, t))
                dx[:, :, t], da_prev, dc_prev = step["dxt"], step["da_prev"], step.get("dc_prev")
                total = {name: add(name, total[name], step[name]) for name in weights}
            return {"dx": dx, "da0": da_prev, **total}

        return variant

    exercise.raises(
        "time-in-another-place",
        "Time is the last axis: the gradient of step t's state is da[:, :, t], of the shape (n_a, m).",
        r"could not be broadcast|could not broadcast|out of bounds|core dimension|not aligned",
        r"\[:, ?t, ?:\]|\[t, ?:",
    )
    exercise.mistake(
        "own-gradients-left-out",
        "da[:, :, t], what step t's own output sends back, plays no part: it is added to what comes back from the step "
        "after.",
        back(lambda da, t, da_prev: da_prev),
    )
    exercise.mistake(
        "one-overwritten",
        "One of the weights' gradients holds one step's share only: all steps share the weights, so each is "
        "added up (`+=`).",
        back(add=lambda key, old, new: new if key == weights[0] else old + new),
    )
    exercise.mistake(
        "subtracted",
        "Gradients are taken away where they are added up (`-=` for `+=`, or a minus between da and da_prev).",
        back(lambda da, t, da_prev: da[:, :, t] - da_prev),
    )
    exercise.also("subtracted", back(add=lambda key, old, new: old - new))
    for name in weights:
        if name != weights[0]:
            exercise.also(
                "one-overwritten", back(add=lambda key, old, new, name=name: new if key == name else old + new)
            )
        exercise.also("subtracted", back(add=lambda key, old, new, name=name: old - new if key == name else old + new))
    for letter in "Wb":
        exercise.also(
            "one-overwritten", back(add=lambda key, old, new, letter=letter: new if key[1] == letter else old + new)
        )
        exercise.also(
            "subtracted", back(add=lambda key, old, new, letter=letter: old - new if key[1] == letter else old + new)
        )
    exercise.mistake(
        "first-step-missing",
        "The loop never comes to step 0: range(T - 1, -1, -1), or reversed(range(T)), goes down to it.",
        back(steps=lambda T: range(T - 1, 0, -1)),
    )
    exercise.mistake(
        "one-cache-for-all",
        "Every step goes back through the same cell, or through another step's: step t through cells[t].",
        back(read=lambda cells, t: cells[0]),
    )
    exercise.also("one-cache-for-all", back(read=lambda cells, t: cells[-1]))
    exercise.also("one-cache-for-all", back(read=lambda cells, t: cells[len(cells) - 1 - t]))
    for name in ("dx", "da0"):
        what = "dx[:, :, t] is step t's dxt" if name == "dx" else "da0 is the da_prev left after the loop's last round"
        exercise.place(f"only-{name}", f"Only {name} is wrong: {what}.", [name])
    for gate in GATES[cell]:
        exercise.place(
            "one-gate's-weights",
            f"Only the gradients of the {NAMES[gate]}'s weights are wrong: dW{gate} and db{gate} begin as zeros, "
            f"and every step adds its share.",
            [],
            [f"dW{gate}", f"db{gate}"],
        )


def _cell_places(exercise, cell):
    """Where to look, told by which of the many gradients are wrong."""
    section = exercise.section
    handed = ("dxt", "da_prev")
    for gate in GATES[cell]:
        through = handed if not (cell == "gru" and gate == "c") else (*handed, "dWr", "dbr")
        exercise.place(
            f"everything-through-{gate}",
            f"What passes through the {NAMES[gate]} is wrong, and only that: dW{gate} and db{gate} are made from "
            f"one array, "
            f"the gradient of the {NAMES[gate]}'s sum. Look at its three factors, and at the brackets of its "
            f"slope. See '{section}'.",
            [f"dW{gate}", f"db{gate}"],
            through,
        )
        exercise.place(
            f"only-dW{gate}",
            f"Only dW{gate} is wrong: it is the gradient of the {NAMES[gate]}'s sum, times what W{gate} met, "
            f"transposed.",
            [f"dW{gate}"],
        )
        exercise.place(
            f"only-db{gate}",
            f"Only db{gate} is wrong: it is the gradient of the {NAMES[gate]}'s sum, added up over the examples "
            f"(axis=1, keepdims=True).",
            [f"db{gate}"],
        )
    exercise.place(
        "all-biases",
        "The gradients of the biases are wrong, and those of the weights right: sum over the examples, "
        "axis=1, and keep the second axis.",
        [f"db{gate}" for gate in GATES[cell]],
    )
    exercise.place(
        "all-weights",
        "The gradients of the weights are wrong, and those of the biases right: each is its sum's gradient "
        "times what the weights met, transposed.",
        [f"dW{gate}" for gate in GATES[cell]],
    )
    exercise.place(
        "parts-of-the-stack",
        "dxt and da_prev are wrong, and the weights' gradients right: they are the two parts of the gradient "
        "of the stack, "
        "n_a rows for a_prev and the rest for xt, to which every sum adds W transposed times its gradient.",
        ["dxt", "da_prev"],
    )
    exercise.place(
        "only-da_prev",
        "Only da_prev is wrong: count the places in which a_prev stands on the way forth, and add what comes "
        f"back from each. See '{section}'.",
        ["da_prev"],
    )
    exercise.place(
        "only-dxt",
        "Only dxt is wrong: it is the part of the stack's gradient below the first n_a rows, from every sum.",
        ["dxt"],
    )
    if cell == "lstm":
        exercise.place(
            "only-dc_prev",
            "Only dc_prev is wrong: it is the whole gradient of the memory, times the forget gate.",
            ["dc_prev"],
        )
        exercise.place(
            "everything-through-the-memory",
            "Everything that passes through the memory is wrong, and the output gate right: look at dc, which is "
            f"dc_next plus what da_next sends through ot * tanh(c_next). See '{section}'.",
            ["dc_prev", "dWf", "dbf", "dWi", "dbi", "dWc", "dbc"],
            handed,
        )


def _gru_back(dzc=None, dzu=None, dzr=None):
    """The way back through a GRU, with the gradient of one sum in another form."""

    def variant(da, cache):
        _, a_prev, c, u, r, xt, p = cache
        n = len(a_prev)
        c_sum = da * u * (1 - c**2) if dzc is None else dzc(da, u, c)
        u_sum = da * (c - a_prev) * u * (1 - u) if dzu is None else dzu(da, c, a_prev, u)
        dcandidate = p["Wc"].T @ c_sum
        seen = dcandidate[:n]
        r_sum = seen * a_prev * r * (1 - r) if dzr is None else dzr(seen, a_prev, r)
        gates = p["Wu"].T @ u_sum + p["Wr"].T @ r_sum
        gradients = {"dxt": dcandidate[n:] + gates[n:], "da_prev": da * (1 - u) + seen * r + gates[:n]}
        stacked, relevant = np.concatenate([a_prev, xt]), np.concatenate([r * a_prev, xt])
        for gate, dz, met in (("c", c_sum, relevant), ("u", u_sum, stacked), ("r", r_sum, stacked)):
            gradients[f"dW{gate}"], gradients[f"db{gate}"] = dz @ met.T, dz.sum(axis=1, keepdims=True)
        return gradients

    return variant


BRACKETS = (
    "The brackets of a slope are missing: x (1 - x) and 1 - x² are one factor, and the other factors "
    "multiply the whole of it."
)


def _gru_backward(exercise):
    exercise.mistake("slope-without-brackets", BRACKETS, _gru_back(dzu=lambda da, c, a, u: da * (c - a) * u * 1 - u))
    for form in (
        {"dzr": lambda seen, a, r: seen * a * r * 1 - r},
        {"dzc": lambda da, u, c: da * u * 1 - c**2},
        {"dzc": lambda da, u, c: 1 - c**2 * da * u},
        {
            "dzu": lambda da, c, a, u: da * (c - a) * u * 1 - u,
            "dzr": lambda seen, a, r: seen * a * r * 1 - r,
            "dzc": lambda da, u, c: da * u * 1 - c**2,
        },
    ):
        exercise.also("slope-without-brackets", _gru_back(**form))
    exercise.mistake(
        "candidate-less-a-prev-without-brackets",
        "cct - a_prev is one factor, which needs brackets: da_next * (cct - a_prev).",
        _gru_back(dzu=lambda da, c, a, u: da * c - a * u * (1 - u)),
    )


def _lstm_back(dc=None, dz=None):
    """The way back through an LSTM, with the memory's gradient or those of some sums in another form."""

    def variant(da, dc_next, cache):
        _, c_next, a_prev, c_prev, f, i, c, o, xt, p = cache
        tanh = np.tanh(c_next)
        memory = dc_next + da * o * (1 - tanh**2) if dc is None else dc(da, dc_next, tanh, o)
        sums = {
            "f": memory * c_prev * f * (1 - f),
            "i": memory * c * i * (1 - i),
            "c": memory * i * (1 - c**2),
            "o": da * tanh * o * (1 - o),
        }
        if dz is not None:
            sums.update(dz(memory, da, {"c_prev": c_prev, "f": f, "i": i, "c": c, "o": o, "tanh": tanh, "a": a_prev}))
        stacked = np.concatenate([a_prev, xt])
        dstacked = sum(p[f"W{gate}"].T @ sums[gate] for gate in "fico")
        gradients = {"dxt": dstacked[len(a_prev) :], "da_prev": dstacked[: len(a_prev)], "dc_prev": memory * f}
        for gate in "fico":
            gradients[f"dW{gate}"] = sums[gate] @ stacked.T
            gradients[f"db{gate}"] = sums[gate].sum(axis=1, keepdims=True)
        return gradients

    return variant


def _without_brackets(memory, da, v):
    return {
        "f": memory * v["c_prev"] * v["f"] * 1 - v["f"],
        "i": memory * v["c"] * v["i"] * 1 - v["i"],
        "c": memory * v["i"] * 1 - v["c"] ** 2,
        "o": da * v["tanh"] * v["o"] * 1 - v["o"],
    }


def _only(gate):
    return lambda memory, da, v: {gate: _without_brackets(memory, da, v)[gate]}


def _lstm_backward(exercise):
    exercise.mistake("slope-without-brackets", BRACKETS, _lstm_back(dz=_without_brackets))
    for gates in ("f", "i", "c", "o", "fio"):
        exercise.also(
            "slope-without-brackets",
            _lstm_back(
                dz=lambda memory, da, v, gates=gates: {gate: _without_brackets(memory, da, v)[gate] for gate in gates}
            ),
        )
    exercise.mistake(
        "memory's-slope-without-brackets",
        "The brackets around 1 - tanh(c_next)² are missing: da_next and ot multiply the whole of it.",
        _lstm_back(dc=lambda da, dc, tanh, o: dc + da * o * 1 - tanh**2),
    )
    exercise.also(
        "memory's-slope-without-brackets", _lstm_back(dc=lambda da, dc, tanh, o: (dc + da * o) * (1 - tanh**2))
    )
    exercise.mistake(
        "output-gate-on-dc-next",
        "dc_next passes the output gate here; it comes straight from the next step's memory: only da_next passes it.",
        _lstm_back(dc=lambda da, dc, tanh, o: (dc + da * (1 - tanh**2)) * o),
    )
    exercise.mistake(
        "state-for-the-memory",
        "a_prev stands where c_prev belongs: the forget gate met the old memory.",
        _lstm_back(dz=lambda memory, da, v: {"f": memory * v["a"] * v["f"] * (1 - v["f"])}),
    )
    exercise.mistake(
        "input-gate-and-candidate-exchanged",
        "The input gate and the candidate are exchanged: the gate's gradient has the candidate as a factor, and the "
        "candidate's the gate.",
        _lstm_back(
            dz=lambda memory, da, v: {
                "i": memory * v["i"] * v["i"] * (1 - v["i"]),
                "c": memory * v["c"] * (1 - v["c"] ** 2),
            }
        ),
    )
    exercise.mistake(
        "only-dc-next-in-the-gates",
        "The gates get dc_next alone; each gets the whole gradient of the memory, with what da_next sends through "
        "ot * tanh(c_next).",
        lambda da, dc, cache: _gates_from(dc)(da, dc, cache),
    )


def _gates_from(alone):
    def variant(da, dc, cache):
        right, wrong = _lstm_back()(da, dc, cache), _lstm_back(dc=lambda *_: alone)(da, dc, cache)
        return {**wrong, "dc_prev": right["dc_prev"]}

    return variant
