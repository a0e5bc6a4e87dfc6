"""The exercises on training: clipping by value and by norm, one step, and the whole training."""

from __future__ import annotations

import numpy as np

from dlcourse import language_model as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.language_model.parts import alphabet, network, random_name, topic

PROBES = "dlcourse.checking.probes.language_model"
GRADIENTS, STEP, TRAINED = (f"{PROBES}:{name}" for name in ("gradients", "step", "trained"))
NAMES = ("dWax", "dWaa", "dWya", "db", "dby")


# clip


def _gradients(rng, size, n_a, scale):
    shapes = {"dWax": (n_a, size), "dWaa": (n_a, n_a), "dWya": (size, n_a), "db": (n_a, 1), "dby": (size, 1)}
    drawn = {name: scale * rng.normal(size=shape) for name, shape in shapes.items()}
    for gradient in drawn.values():  # each of them has entries beyond either bound, and one that is small
        ends = gradient.reshape(-1)
        ends[:3] = scale * np.array([3.0, -3.0, 0.1]) * rng.uniform(0.9, 1.1, size=3)
        gradient[...] = rng.permutation(ends).reshape(gradient.shape)
    return drawn


def _scaled(factors, numbers=(1.0,)):
    return {
        name: np.array([[factor * number for number in numbers]]) for name, factor in zip(NAMES, factors, strict=True)
    }


@topic.exercise(reference=reference.clip, section="Clipping")
def clip(rng):
    numbers = (-20.0, -10.0, 3.0, 11.0)
    yield case(
        "bounds of -10 and 10, by hand",
        _scaled((1, 1, 1, 1, 1), numbers),
        10,
        group="beyond the bounds",
        expect=_scaled((1, 1, 1, 1, 1), (-10.0, -10.0, 3.0, 10.0)),
        probe=GRADIENTS,
    )
    for size, n_a, maxValue in ((5, 4, 1.0), (7, 3, 0.3), (4, 6, 2.5)):
        yield case(
            f"bounds of -{maxValue} and {maxValue}",
            _gradients(rng, size, n_a, 1.5 * maxValue),
            maxValue,
            group="beyond the bounds",
            probe=GRADIENTS,
        )
    yield case("nothing beyond the bounds", _gradients(rng, 4, 5, 0.5), 10, group="inside the bounds", probe=GRADIENTS)
    some = {**_gradients(rng, 5, 3, 0.3), "dWax": _gradients(rng, 5, 3, 2.0)["dWax"]}
    yield case("one gradient beyond the bounds", some, 1.0, group="inside the bounds", probe=GRADIENTS)


def _each(change):
    """Each gradient changed by itself."""
    return lambda gradients, bound: {name: change(gradient, bound) for name, gradient in gradients.items()}


clip.mistake(
    "upper-bound-only",
    "Large positive entries are cut, large negative ones are not: the lower bound is -maxValue.",
    _each(lambda g, bound: np.minimum(g, bound)),
)
clip.mistake(
    "lower-bound-only",
    "Large negative entries are cut, large positive ones are not: the upper bound is maxValue.",
    _each(lambda g, bound: np.maximum(g, -bound)),
)
clip.mistake(
    "from-zero",
    "The lower bound is 0, so negative entries are lost; it is -maxValue.",
    _each(lambda g, bound: np.clip(g, 0, bound)),
)
clip.mistake(
    "size-only",
    "The minus signs are lost: an entry below -maxValue becomes -maxValue.",
    _each(lambda g, bound: np.minimum(np.abs(g), bound)),
)
clip.mistake(
    "set-to-zero",
    "Entries beyond the bounds become 0; they become the bound itself, so that the direction stays.",
    _each(lambda g, bound: np.where(np.abs(g) > bound, 0.0, g)),
)
clip.mistake(
    "by-norm",
    "Each gradient is shortened as a whole; by value means that every entry is cut by itself. See 'Clipping'.",
    _each(lambda g, bound: g * min(1.0, bound / np.linalg.norm(g))),
)
clip.mistake(
    "common-norm",
    "All gradients are shortened together, which is the next exercise; by value, every entry is cut by itself.",
    reference.clip_by_norm,
)
clip.mistake(
    "scaled",
    "Everything is divided by the largest entry: entries inside the bounds stay as they are.",
    _each(lambda g, bound: g * bound / np.max(np.abs(g))),
)
clip.mistake(
    "unchanged",
    "The gradients come back as they were: np.clip returns a new array, unless out= says where to write.",
    _each(lambda g, bound: g.copy()),
)
clip.mistake("fixed-bound", "The bound is 10, whatever maxValue is.", _each(lambda g, bound: np.clip(g, -10, 10)))
clip.also("fixed-bound", _each(lambda g, bound: np.clip(g, -5, 5)))
clip.mistake(
    "bounds-exchanged",
    "The bounds are exchanged, so every entry is -maxValue: np.clip takes the lower one first.",
    _each(lambda g, bound: np.clip(g, bound, -bound)),
)


def _all_but(left_out):
    return lambda gradients, bound: {
        name: gradient.copy() if name in left_out else np.clip(gradient, -bound, bound)
        for name, gradient in gradients.items()
    }


for name in NAMES:
    clip.mistake(f"misses-{name}", f"{name} is not clipped; the others are.", _all_but({name}))
clip.mistake("misses-biases", "The gradients of the biases, db and dby, are not clipped.", _all_but({"db", "dby"}))
clip.mistake(
    "only-one", "Only one of the gradients is clipped: is the `return` inside the loop?", _all_but(set(NAMES[1:]))
)
for name in NAMES[1:]:
    clip.also("only-one", _all_but(set(NAMES) - {name}))
LACKING = "The dictionary that comes back lacks one of the five gradients: dWax, dWaa, dWya, db and dby."


def _lacks_one(args, expected, got):
    return isinstance(got, dict) and bool(set(expected) - set(got))


clip.shows("entry-missing", LACKING, _lacks_one)
clip.hint("np.clip(array, lowest, highest) cuts every entry of an array at two bounds.")
clip.hint("Do it for all five: a loop over gradients.items(), or over a list of the five arrays with out=gradient.")


# clip_by_norm


@topic.exercise(reference=reference.clip_by_norm, section="Clipping")
def clip_by_norm(rng):
    # 1 + 4 + 4 + 16 + 144 = 169, so the norm is 13
    yield case(
        "a norm of 13, at most 6.5, by hand",
        _scaled((1, 2, -2, 4, -12)),
        6.5,
        group="above the bound",
        expect=_scaled((0.5, 1, -1, 2, -6)),
        probe=GRADIENTS,
    )
    for size, n_a, bound in ((5, 4, 1.0), (7, 3, 0.2), (4, 6, 3.0)):
        yield case(
            f"a bound of {bound}", _gradients(rng, size, n_a, bound), bound, group="above the bound", probe=GRADIENTS
        )
    short = _gradients(rng, 4, 5, 0.5)
    yield case("below the bound", short, 50.0, group="near the bound and below", probe=GRADIENTS)
    yield case(
        "a little above the bound", short, float(0.9 * _norm(short)), group="near the bound and below", probe=GRADIENTS
    )
    yield case(
        "nothing but zeros",
        {name: 0 * gradient for name, gradient in short.items()},
        1.0,
        group="near the bound and below",
        probe=GRADIENTS,
        corner=True,
    )


def _norm(gradients):
    return np.sqrt(sum(np.sum(gradient**2) for gradient in gradients.values()))


def _by_norm(norm=_norm, factor=lambda norm, bound: min(1.0, bound / norm)):
    def variant(gradients, bound):
        length = norm(gradients)
        times = 1.0 if length == 0 else factor(length, bound)
        return {name: gradient * times for name, gradient in gradients.items()}

    return variant


clip_by_norm.mistake(
    "each-by-itself",
    "Each gradient is shortened by its own norm, so they no longer point together where they did: one norm for all.",
    _each(lambda g, bound: g if not g.any() else g * min(1.0, bound / np.linalg.norm(g))),
)
clip_by_norm.mistake(
    "always-scaled",
    "Gradients that are short enough are made longer: where the norm is at most max_norm they stay as they are.",
    _by_norm(factor=lambda norm, bound: bound / norm),
)
clip_by_norm.mistake(
    "no-root",
    "The sum of squares is taken for the norm: the root is missing.",
    _by_norm(norm=lambda gradients: _norm(gradients) ** 2),
)
clip_by_norm.mistake(
    "sum-of-norms",
    "The norms of the gradients are added; their squares are, and then the root is taken.",
    _by_norm(norm=lambda gradients: sum(np.linalg.norm(gradient) for gradient in gradients.values())),
)
clip_by_norm.mistake(
    "largest-norm",
    "The norm of the largest gradient alone is taken; all entries of all gradients make one vector.",
    _by_norm(norm=lambda gradients: max(np.linalg.norm(gradient) for gradient in gradients.values())),
)
clip_by_norm.mistake(
    "absolute-values",
    "The sizes of the entries are added up; the norm adds their squares, and takes the root.",
    _by_norm(norm=lambda gradients: sum(np.abs(gradient).sum() for gradient in gradients.values())),
)
clip_by_norm.mistake(
    "largest-entry",
    "The largest entry is taken for the norm; the norm is the root of the sum of all squares.",
    _by_norm(norm=lambda gradients: max(np.abs(gradient).max() for gradient in gradients.values())),
)
clip_by_norm.mistake(
    "divided-by-the-norm",
    "The gradients have the length 1 and not max_norm: multiply by max_norm besides.",
    _by_norm(factor=lambda norm, bound: 1 / norm if norm > bound else 1.0),
)
clip_by_norm.mistake(
    "upside-down",
    "The quotient is upside down: what is too long is multiplied by max_norm / norm, which is below 1.",
    _by_norm(factor=lambda norm, bound: norm / bound if norm > bound else 1.0),
)
clip_by_norm.mistake(
    "by-value",
    "Each entry is cut by itself, which turns the direction; all are shortened by one factor.",
    reference.clip,
)
clip_by_norm.mistake(
    "short-ones-lost",
    "Gradients that are short enough come back as zeros: they stay as they are.",
    _by_norm(factor=lambda norm, bound: bound / norm if norm > bound else 0.0),
)
clip_by_norm.mistake(
    "never-shortened",
    "The gradients come back as they were, however long: is the condition the right way round?",
    _by_norm(factor=lambda norm, bound: 1.0),
)
clip_by_norm.mistake(
    "condition-reversed",
    "The condition is the wrong way round: long gradients stay, and short ones are made longer.",
    _by_norm(factor=lambda norm, bound: bound / norm if norm < bound else 1.0),
)
clip_by_norm.shows(
    "zero-by-zero",
    "Gradients of nothing but zeros become nan, of 0 / 0: they are short enough, and stay as they are.",
    lambda args, expected, got: not any(g.any() for g in args[0].values()) and all(np.isnan(got[n]).all() for n in got),
)
clip_by_norm.shows("entry-missing", LACKING, _lacks_one)
clip_by_norm.hint("First one number: add np.sum(gradient ** 2) over all five gradients, and take the root.")
clip_by_norm.hint("If it is above max_norm, every gradient is multiplied by the same factor, max_norm / norm.")


# optimize


def _example(rng, size, n_a, length, scale=1.0):
    parameters = network(rng, size, n_a, scale)
    Y = [int(index) for index in rng.integers(0, size, size=length)]
    return [None, *Y[:-1]], Y, rng.normal(size=(n_a, 1)), parameters


def _worth_clipping(rng, size, n_a, length):
    """A name that the network is surely wrong about, so that gradients are larger than 5, in all five arrays."""
    for _ in range(100):
        drawn = _example(rng, size, n_a, length, 3.0)
        if all(np.abs(g).max() > 7 for g in reference.loss_and_gradients(*drawn)[1].values()):
            return drawn
    raise RuntimeError("No gradients are large enough.")


@topic.exercise(
    reference=reference.optimize,
    section="One step of learning",
    outputs=("loss", "gradients", "a_last"),
    by_output=True,
    companions=("clip",),
    weights={"parameters": 2.0},
)
def optimize(rng):
    yield case("a name of one character", *_example(rng, 4, 3, 1), 0.1, group="small gradients", probe=STEP)
    yield case("a name of five characters", *_example(rng, 6, 4, 5, 0.5), 0.05, group="small gradients", probe=STEP)
    yield case("without a learning rate", *_example(rng, 4, 4, 4, 0.5), group="small gradients", probe=STEP)
    yield case("gradients that are clipped", *_worth_clipping(rng, 6, 7, 15), 0.03, group="clipped", probe=STEP)


def _step(
    clipped=lambda g: reference.clip(g, 5), returned=None, rate=lambda rate: rate, last=None, sign=1.0, scale=None
):
    """A step with one thing changed."""

    def variant(X, Y, a_prev, parameters, learning_rate=0.01):
        loss, raw, a_last = reference.loss_and_gradients(X, Y, a_prev, parameters)
        gradients = clipped(raw)
        reference.update_parameters(parameters, gradients, sign * rate(learning_rate))
        loss = loss if scale is None else scale(loss, X)
        return loss, gradients if returned is None else returned(raw), a_last if last is None else last(a_prev, a_last)

    return variant


optimize.mistake(
    "not-clipped",
    "The gradients are not clipped: clip(gradients, 5) comes before the update.",
    _step(clipped=lambda g: g),
)
optimize.mistake(
    "clipped-too-late",
    "The update is made with gradients that are not clipped: clip comes first.",
    _step(clipped=lambda g: g, returned=lambda g: reference.clip(g, 5)),
)
optimize.mistake(
    "clip-not-kept",
    "The clipped gradients are used for the update, and others are returned: gradients = clip(gradients, 5).",
    _step(returned=lambda g: g),
)
optimize.mistake(
    "other-bound", "The gradients are clipped at another bound than 5.", _step(clipped=lambda g: reference.clip(g, 10))
)
for bound in (0.5, 1, 3, 4, 6, 50):
    optimize.also("other-bound", _step(clipped=lambda g, bound=bound: reference.clip(g, bound)))
optimize.mistake(
    "clipped-by-norm",
    "The gradients are shortened by their norm; asked for is `clip`, by value, at 5.",
    _step(clipped=lambda g: reference.clip_by_norm(g, 5)),
)
optimize.mistake(
    "never-updated",
    "The parameters are the same after the step as before: update_parameters(parameters, gradients, learning_rate) "
    "changes them in place, and a copy of them is of no use.",
    _step(rate=lambda rate: 0.0),
)
optimize.mistake(
    "learning-rate-ignored",
    "The step is made with a learning rate of 0.01, whatever learning_rate is.",
    _step(rate=lambda rate: 0.01),
)
optimize.mistake(
    "no-learning-rate",
    "The learning rate is missing: the step is as long as the gradient.",
    _step(rate=lambda rate: 1.0),
)
optimize.mistake("uphill", "The step goes uphill: gradients are subtracted.", _step(sign=-1.0))
optimize.mistake("twice", "The update is made twice.", _step(rate=lambda rate: 2 * rate))
optimize.mistake(
    "first-state-returned",
    "The state before the name is returned; asked for is the last hidden state, a[len(X) - 1].",
    _step(last=lambda a_prev, a_last: a_prev),
)
optimize.mistake(
    "loss-per-character",
    "The loss is divided by the number of characters; it is what rnn_forward returns.",
    _step(scale=lambda loss, X: loss / len(X)),
)


def _one_not_updated(left_out):
    def variant(X, Y, a_prev, parameters, learning_rate=0.01):
        kept = parameters[left_out].copy()
        results = reference.optimize(X, Y, a_prev, parameters, learning_rate)
        parameters[left_out][...] = kept
        return results

    return variant


optimize.mistake("one-not-updated", "One of the five parameters is not updated.", _one_not_updated("Wax"))
for left_out in ("Waa", "Wya", "b", "by"):
    optimize.also("one-not-updated", _one_not_updated(left_out))


def _from_a_state(state):
    """The forward pass from another state than a_prev."""

    def variant(X, Y, a_prev, parameters, learning_rate=0.01):
        return reference.optimize(X, Y, state * a_prev, parameters, learning_rate)

    return variant


optimize.mistake("a_prev-ignored", "The forward pass begins with zeros; it begins with a_prev.", _from_a_state(0.0))


def _exchanged(X, Y, a_prev, parameters, learning_rate=0.01):
    size = len(parameters["by"])
    return reference.optimize(
        list(Y), [size - 1 if index is None else index for index in X], a_prev, parameters, learning_rate
    )


optimize.mistake("X-and-Y-exchanged", "X and Y are exchanged: X goes in, and Y should come out.", _exchanged)


def _all_steps(X, Y, a_prev, parameters, learning_rate=0.01):
    states = _states(X, a_prev, parameters)
    loss, gradients, _ = reference.optimize(X, Y, a_prev, parameters, learning_rate)
    return loss, gradients, states


def _states(X, a_prev, parameters):
    states = []
    for index in X:
        x = np.zeros((len(parameters["by"]), 1))
        if index is not None:
            x[index] = 1
        a_prev = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a_prev + parameters["b"])
        states.append(a_prev)
    return states


optimize.mistake("all-states", "All hidden states are returned; asked for is the last one, a[len(X) - 1].", _all_steps)
optimize.mistake(
    "first-step-state",
    "The state of the first step is returned; asked for is the last one, a[len(X) - 1].",
    lambda *args: (lambda first, results: (*results[:2], first))(
        _states(*args[:1], *args[2:4])[0], reference.optimize(*args)
    ),
)
optimize.shows(
    "results-missing",
    "Three results are asked for: loss, gradients and the last hidden state, separated by commas behind `return`.",
    lambda args, expected, got: not isinstance(got, dict) or "loss" not in got,
)
optimize.hint("Four calls, one after the other: rnn_forward, rnn_backward, clip, update_parameters.")
optimize.hint(
    "loss, cache = rnn_forward(X, Y, a_prev, parameters) and gradients, a = rnn_backward(X, Y, parameters, cache)."
)
optimize.hint("Return loss, the clipped gradients and a[len(X) - 1].")


# model

UNITS, SEEN = 16, 120  # a network as small, and a training as short, as three names need
LEARNED = 0.5  # nats a character; a network that knows nothing has the logarithm of the number of characters


def _losses(parameters, name, char_to_ix):
    """The loss of each character of a name, the newline at its end among them."""
    Y = [char_to_ix[char] for char in f"{name}\n"]
    losses = []
    for index, a in zip(
        Y, _states([None, *Y[:-1]], np.zeros_like(parameters["b"], dtype=float), parameters), strict=True
    ):
        z = parameters["Wya"] @ a + parameters["by"]
        losses.append(float(np.log(np.sum(np.exp(z - z.max()))) + z.max() - z[index, 0]))
    return np.array(losses)


def _profile(outcome):
    """The losses of the names that a training was for, name by name."""
    return [_losses(outcome["parameters"], name, outcome["char_to_ix"]) for name in outcome["data_x"]]


def _level(outcome):
    return float(np.concatenate(_profile(outcome)).mean())


def _wanted(outcome):
    """What is missing for these to be parameters of such a network, or None."""
    if outcome is None:
        return "model returned None: is there a `return` at its end?"
    forms = {"parameters": dict, "data_x": list, "char_to_ix": dict}  # a submission's process may say anything
    if not isinstance(outcome, dict) or not all(isinstance(outcome.get(name), form) for name, form in forms.items()):
        return "model must return the dictionary of the parameters."
    indices = outcome["char_to_ix"].values()
    known = all(isinstance(name, str) and set(name + "\n") <= set(outcome["char_to_ix"]) for name in outcome["data_x"])
    if not known or not outcome["data_x"] or not all(type(ix) is int and 0 <= ix < len(indices) for ix in indices):
        return "model must return the dictionary of the parameters."
    parameters, size = outcome["parameters"], len(outcome["char_to_ix"])
    shapes = {"Wax": (UNITS, size), "Waa": (UNITS, UNITS), "Wya": (size, UNITS), "b": (UNITS, 1), "by": (size, 1)}
    for name, shape in shapes.items():
        if name not in parameters:
            return f"The parameters have no entry {name!r}."
        if not isinstance(parameters[name], np.ndarray) or parameters[name].dtype.kind not in "iuf":
            return f"{name} is no array of numbers."
        if parameters[name].shape != shape:
            return f"{name} has the shape {parameters[name].shape}; {shape} was expected."
    return None


def _learned(expected, got):
    if words := _wanted(got):
        return words
    for name, losses in zip(got["data_x"], _profile(got), strict=True):
        if not losses.mean() < LEARNED:
            return (
                f"After the training the loss of {name!r} is {losses.mean():.2f} nats a character; "
                f"it can be below {LEARNED}."
            )
    return None


def _untrained(expected, got):
    if words := _wanted(got):
        return words
    level, due = _level(got), np.log(len(got["char_to_ix"]))
    if abs(level - due) > 0.2:
        return (
            f"Without any iteration the loss is {level:.2f} nats a character; the logarithm of M, {due:.2f}, was due."
        )
    return None


def _few_names(rng):
    char_to_ix = alphabet(rng, 9)
    letters = [char for char in char_to_ix if char != "\n"]
    starts, others = np.split(rng.permutation(letters), [3])
    # other first letters, so that a network can tell the names apart; nowhere else, so that it must learn them there
    names = [f"{start}{random_name(rng, others, 3)}" for start in starts]
    return names, {index: char for char, index in char_to_ix.items()}, char_to_ix


@topic.exercise(reference=reference.model, section="The whole training")
def model(rng):
    yield case(
        "three names, learned by heart",
        *_few_names(rng),
        SEEN,
        UNITS,
        0.1,
        group="learned by heart",
        probe=TRAINED,
        compare=_learned,
    )
    yield case(
        "no iteration at all", *_few_names(rng), 0, UNITS, 0.1, group="no iteration", probe=TRAINED, compare=_untrained
    )
    names, *maps = _few_names(rng)
    yield case(
        "one name only", names[:1], *maps, SEEN // 3, UNITS, 0.1, group="one name", probe=TRAINED, compare=_learned
    )


def _shown_in(test):
    """Whether a training's parameters show a mistake; those of the case without iterations show nothing."""

    def recognise(outcome):
        if _wanted(outcome):
            return False
        profile = _profile(outcome)
        return bool(test(profile, np.log(len(outcome["char_to_ix"]))))

    return recognise


def _trained_with(pair=None, pick=lambda names, j: names[j % len(names)], fresh=False, count=lambda n: n, rate=1.0):
    pair = pair or (lambda Y: ([None, *Y[:-1]], Y))

    def variant(data_x, ix_to_char, char_to_ix, num_iterations=1000, n_a=50, learning_rate=0.02):
        size = len(char_to_ix)
        parameters = reference.initialize_parameters(n_a, size, size)
        for j in range(count(num_iterations)):
            if fresh:
                parameters = reference.initialize_parameters(n_a, size, size)
            X, Y = pair([char_to_ix[char] for char in f"{pick(data_x, j)}\n"])
            reference.optimize(X, Y, np.zeros((n_a, 1)), parameters, rate * learning_rate)
        return parameters

    return variant


model.mistake(
    "not-learned",
    "The network has hardly learned anything: is optimize called in every iteration, on the same parameters, with "
    "learning_rate handed on?",
    _trained_with(rate=0.0),
    group="learned by heart",
    recognise=_shown_in(
        lambda profile, due: np.concatenate(profile).mean() > 0.8 * due and np.concatenate(profile).max() < due + 1.5
    ),
)
model.also("not-learned", _trained_with(fresh=True))
model.mistake(
    "one-name-only",
    "The first name is known by heart, the others are not: iteration j takes the name j % len(data_x).",
    _trained_with(pick=lambda names, j: names[0]),
    group="learned by heart",
    recognise=_shown_in(
        lambda profile, due: profile[0].mean() < LEARNED and all(losses.mean() > 1 for losses in profile[1:])
    ),
)
model.mistake(
    "input-is-the-answer",
    "At each step the input is the very character that should come: X is one step behind Y, and begins with None.",
    _trained_with(pair=lambda Y: (Y, Y)),
    group="learned by heart",
    recognise=_shown_in(lambda profile, due: np.mean([losses[1:-1].mean() for losses in profile]) > due),
)
model.mistake(
    "end-not-learned",
    "The names are known, but not that they end: Y ends with the newline, char_to_ix['\\n'].",
    _trained_with(pair=lambda Y: ([None, *Y[:-2]], Y[:-1])),
    group="learned by heart",
    recognise=_shown_in(
        lambda profile, due: (
            np.mean([losses[:-1].mean() for losses in profile]) < 0.7 and min(losses[-1] for losses in profile) > 1.5
        )
    ),
)
model.mistake(
    "beginning-not-learned",
    "How names begin was not learned: X begins with None, Y with the first character, and every name with a state of "
    "zeros, not with the last state of the name before.",
    _trained_with(pair=lambda Y: (Y[:-1], Y[1:])),
    group="learned by heart",
    recognise=_shown_in(
        lambda profile, due: (
            np.mean([losses[0] for losses in profile]) > 1.7 and np.mean([losses[2:].mean() for losses in profile]) < 1
        )
    ),
)
model.hint("initialize_parameters(n_a, M, M) with M = len(char_to_ix), before the loop.")
model.hint("In iteration j the name is data_x[j % len(data_x)]; Y is its indices and that of the newline.")
model.hint("X is [None] and all of Y but its last; each name begins with a state of zeros, of shape (n_a, 1).")
