"""The exercises of notebook 21 on attention in a recurrent network: one step, and the whole model."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as keras_layers

from dlcourse import attention as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.models import TOLERANCE as OF_MODELS
from dlcourse.checks.attention.parts import PROBES, TOLERANCE, normal, topic

ONE_STEP, MODEL = f"{PROBES}:one_step", f"{PROBES}:attention_model"


# one_step_attention


def _context(expected, got):
    if not isinstance(got, dict) or not isinstance(got.get("context"), np.ndarray):
        return "one_step_attention must return the context, an array (m, 1, 2 n_a)."
    if difference := compare(expected["context"], got["context"], "the context", TOLERANCE):
        return difference.message
    return None


def _dense(rng, n_in, units):
    return [normal(rng, n_in, units, scale=1.5 / n_in**0.5), normal(rng, units, scale=0.3)]


def _reordered(dense, n_a2):
    """The same layer for [s_prev, a] in place of [a, s_prev]."""
    kernel, bias = dense
    return [np.concatenate([kernel[n_a2:], kernel[:n_a2]]), bias]


@topic.exercise(
    reference=reference.one_step_attention,
    section="Attention in a recurrent network",
    needs="tensorflow",
    optional=("layers",),
    aliases={"s": "s_prev"},
    shown_as={"layers": "the shared layers"},
)
def one_step_attention(rng):
    for m, Tx, n_a2, n_s in ((2, 5, 4, 3), (3, 4, 6, 5), (2, 1, 4, 3)):
        a, s_prev = normal(rng, m, Tx, n_a2), normal(rng, m, n_s)
        first, second = _dense(rng, n_a2 + n_s, 10), _dense(rng, 10, 1)
        second[0], second[1] = 2 * second[0], np.array([1.5], "f4")  # so that most energies are above the ReLU's 0
        alone = _dense(rng, n_a2 + n_s, 1)
        alone[1] = np.array([1.5], "f4")
        two, one = {"densor1": first, "densor2": second}, {"densor": alone}
        yield case(
            f"{m} texts of {Tx} characters",
            a,
            s_prev,
            two,
            group="context",
            probe=ONE_STEP,
            compare=_of_either(two, one),
            also=[(a, s_prev, one), (a, s_prev, {**two, "densor1": _reordered(first, n_a2)})],
            expect={"context": _contexts(a, s_prev, two), "first": _contexts(a, s_prev, one)},
        )


def _contexts(a, s_prev, given):
    """The context, in NumPy."""
    x = np.concatenate([a, np.repeat(s_prev[:, np.newaxis], a.shape[1], axis=1)], axis=-1).astype(float)
    if "densor" in given:
        kernel, bias = given["densor"]
        e = np.maximum(x @ kernel + bias, 0)
    else:
        (W1, b1), (W2, b2) = given["densor1"], given["densor2"]
        e = np.maximum(np.tanh(x @ W1 + b1) @ W2 + b2, 0)
    alphas = np.exp(e - e.max(axis=1, keepdims=True))
    alphas /= alphas.sum(axis=1, keepdims=True)
    return np.sum(alphas * a, axis=1, keepdims=True).astype("f4")


def _of_either(two, one):
    """The context of the layers that were there when it was made: both generations' are right."""

    def sentence(expected, got):
        called = got.get("called") if isinstance(got, dict) else None
        alone = isinstance(called, dict) and "densor" in called
        return _context({"context": expected["first" if alone else "context"]}, got)

    return sentence


def _called(got, name):
    called = got.get("called") if isinstance(got, dict) else None
    return called.get(name, 0) if isinstance(called, dict) else 0


def _stepping(
    repeated=lambda L, s: L["repeator"](s),
    joined=lambda L, a, s: L["concatenator"]([a, s]),
    energies=lambda L, x: L["densor2"](L["densor1"](x)),
    alphas=lambda L, e: L["activator"](e),
    context=lambda L, alphas, e, a: L["dotor"]([alphas, a]),
):
    """one_step_attention with one thing changed."""

    def variant(a, s_prev, layers):
        e = energies(layers, joined(layers, a, repeated(layers, s_prev)))
        return context(layers, alphas(layers, e), e, a)

    return variant


for _key, _message, *_variants in (
    (
        "softmax-left-out",
        "The energies weigh the states as they are: they first go through activator, so that they add up to 1, and "
        "what comes out of it, alphas, goes into dotor.",
        _stepping(alphas=lambda L, e: e),
    ),
    (
        "softmax-over-one",
        "The softmax runs along the last axis, which holds one number, so that every weight is 1. It runs along the "
        "steps, axis 1: that is what activator does.",
        _stepping(alphas=lambda L, e: keras.ops.softmax(e, axis=-1)),
        _stepping(alphas=lambda L, e: keras.ops.ones_like(e)),
    ),
    (
        "one-dense-layer-left-out",
        "One of the two dense layers is left out: densor2(densor1(...)).",
        _stepping(energies=lambda L, x: L["densor1"](x)),
    ),
    (
        "dot-the-other-way-round",
        "alphas and a have changed places, so that the context stands upright, (m, 2 n_a, 1): dotor([alphas, a]).",
        _stepping(context=lambda L, alphas, e, a: L["dotor"]([a, alphas])),
    ),
    (
        "alphas-returned",
        "What comes back are the weights; asked for is the context, the mean of a with these weights: dotor([alphas, "
        "a]).",
        _stepping(context=lambda L, alphas, e, a: alphas),
    ),
    (
        "weighted-not-summed",
        "The states are multiplied by their weights and not added up: dotor([alphas, a]) does both.",
        _stepping(context=lambda L, alphas, e, a: alphas * a),
    ),
    (
        "s_prev-forgotten",
        "The energies depend on a alone. How much each state counts depends on where the decoder is: join a and "
        "s_prev.",
        _stepping(joined=lambda L, a, s: L["concatenator"]([a, 0 * s])),
    ),
):
    one_step_attention.mistake(_key, _message, _variants[0])
    for _other in _variants[1:]:
        one_step_attention.also(_key, _other)
one_step_attention.mistake(
    "layers-of-its-own",
    "The function makes dense layers of its own, new ones in each step, which never learn together. Use densor1 and "
    "densor2, which stand above: every step shares them.",
    _stepping(
        energies=lambda L, x: keras_layers.Dense(1, activation="relu")(keras_layers.Dense(10, activation="tanh")(x))
    ),
    recognise=lambda got: isinstance(got, dict) and not any(_called(got, f"densor{n}") for n in ("", "1", "2")),
)
one_step_attention.raises(
    "no-list",
    "concatenator and dotor take *one* argument, a list: concatenator([a, s_prev]), dotor([alphas, a]).",
    r"should be called on a list|takes 2 positional|takes from|called with|too many positional|2 inputs|got multiple|"
    r"at least 1 input",
    r"concatenator\((?!\[)|dotor\((?!\[)|Dot\(|Concatenate\(|oncat\w*\(",
)
one_step_attention.raises(
    "s_prev-not-repeated",
    "s_prev has one state for each text, and a has one for each of its steps: repeator(s_prev) first.",
    r"(matching shapes|inputs with matching|rank|same number of dimensions|Concat|dimension)",
    r"oncat",
)
one_step_attention.hint("Six calls of layers, one after another, and the last one's result is returned.")
one_step_attention.hint("s_prev = repeator(s_prev), then concat = concatenator([a, s_prev]): a list, in this order.")
one_step_attention.hint(
    "energies = densor2(densor1(concat)), alphas = activator(energies), context = dotor([alphas, a])."
)


# modelf


@topic.exercise(
    reference=reference.modelf,
    section="Attention in a recurrent network",
    needs="tensorflow",
    optional=("layers",),
    companions=("one_step_attention",),
    shown_as={"layers": "the shared layers"},
)
def modelf(rng):
    sizes = (int(rng.integers(low, high)) for low, high in ((2, 5), (3, 6), (5, 40), (4, 12)))
    yield case("4 characters in, 3 out", 4, 3, *sizes, None, group="model", probe=MODEL, tolerance=OF_MODELS)


def _modelling(
    read=lambda n_a: keras_layers.Bidirectional(keras_layers.LSTM(n_a, return_sequences=True)),
    attend=lambda a, s, s0, L: reference.one_step_attention(a, s, L),
    state=lambda s, c, s0, c0: (s, c),
    after=lambda s, c, before: (s, c),
    write=lambda L, s, context: L["output_layer"](s),
    count=lambda Ty: Ty,
    cell=lambda L, n_s: L["post_activation_LSTM_cell"],
    returned=lambda outputs: outputs,
):
    """modelf with one thing changed."""

    def variant(Tx, Ty, n_a, n_s, human_vocab_size, machine_vocab_size, layers):
        X, s0, c0 = keras.Input((Tx, human_vocab_size)), keras.Input((n_s,)), keras.Input((n_s,))
        a = read(n_a)(X)
        s, c, outputs = s0, c0, []
        for _ in range(count(Ty)):
            context = attend(a, s, s0, layers)
            before = (s, c)
            _, s, c = cell(layers, n_s)(context, initial_state=list(state(s, c, s0, c0)))
            outputs.append(write(layers, s, context))
            s, c = after(s, c, before)
        return keras.Model([X, s0, c0], returned(outputs))

    return variant


for _key, _message, _variant in (
    (
        "one-direction",
        "The input is read from left to right only: Bidirectional(LSTM(n_a, return_sequences=True)).",
        _modelling(read=lambda n_a: keras_layers.LSTM(2 * n_a, return_sequences=True)),
    ),
    (
        "twice-the-units",
        "The LSTM that reads has the wrong number of units: n_a in each direction.",
        _modelling(read=lambda n_a: keras_layers.Bidirectional(keras_layers.LSTM(2 * n_a, return_sequences=True))),
    ),
    (
        "always-s0",
        "Each step attends, or begins, with the first state s0. It is that of the step before: write the new states "
        "into s and c.",
        _modelling(after=lambda s, c, before: before),
    ),
    (
        "attends-with-s0",
        "The attention of every step looks with s0; it should look with the state of the step before.",
        _modelling(attend=lambda a, s, s0, L: reference.one_step_attention(a, s0, L)),
    ),
    (
        "states-not-handed-on",
        "The LSTM that writes begins every step at zero: hand it initial_state=[s, c].",
        _modelling(state=lambda s, c, s0, c0: (0 * s, 0 * c)),
    ),
    (
        "states-exchanged",
        "The states are exchanged: the LSTM returns its output, then the hidden state, then the memory, and "
        "initial_state is [s, c].",
        _modelling(state=lambda s, c, s0, c0: (c, s)),
    ),
    (
        "a-cell-for-each-step",
        "Each step has an LSTM of its own; post_activation_LSTM_cell, which stands above, is shared by all.",
        _modelling(cell=lambda L, n_s: keras_layers.LSTM(n_s, return_state=True)),
    ),
    (
        "last-output-only",
        "The model returns its last output only; asked for is the list of all Ty.",
        _modelling(returned=lambda outputs: outputs[-1]),
    ),
    ("one-step-too-few", "There is one output too few: range(Ty) has Ty steps.", _modelling(count=lambda Ty: Ty - 1)),
):
    modelf.mistake(_key, _message, _variant)


def _memory_written(Tx, Ty, n_a, n_s, human_vocab_size, machine_vocab_size, layers):
    X, s0, c0 = keras.Input((Tx, human_vocab_size)), keras.Input((n_s,)), keras.Input((n_s,))
    a = keras_layers.Bidirectional(keras_layers.LSTM(n_a, return_sequences=True))(X)
    s, c, outputs = s0, c0, []
    for _ in range(Ty):
        _, s, c = layers["post_activation_LSTM_cell"](reference.one_step_attention(a, s, layers), initial_state=[s, c])
        outputs.append(layers["output_layer"](c))
    return keras.Model([X, s0, c0], outputs)


modelf.mistake(
    "memory-written", "What goes into output_layer is the memory c; it should be the hidden state s.", _memory_written
)
modelf.raises(
    "no-sequences",
    "one_step_attention looks at the states of all steps: the LSTM that reads needs return_sequences=True.",
    r"(expected ndim=3|found ndim=2|matching shapes|rank|dimension|Concat)",
    r"one_step_attention|oncat",
)
modelf.raises(
    "one-result-too-many",
    "An LSTM with return_state=True returns three tensors: its output, the hidden state and the memory.",
    r"(too many values to unpack|not enough values to unpack|cannot unpack)",
)
modelf.hint("Read once, before the loop: a = Bidirectional(LSTM(n_a, return_sequences=True))(X).")
modelf.hint(
    "In the loop: context = one_step_attention(a, s), then _, s, c = post_activation_LSTM_cell(context, "
    "initial_state=[s, c])."
)
modelf.hint("outputs.append(output_layer(s)), and after the loop Model(inputs=[X, s0, c0], outputs=outputs).")
