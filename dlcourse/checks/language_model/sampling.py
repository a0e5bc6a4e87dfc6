"""The exercises on sampling: a name from the network, temperature, the largest entries, the nucleus."""

from __future__ import annotations

import functools

import numpy as np

from dlcourse import language_model as reference
from dlcourse.checking.comparing import agrees
from dlcourse.checking.exercise import case
from dlcourse.checks.language_model.parts import alphabet, distribution, follows, network, random_name, spells, topic
from dlcourse.recurrent import softmax

SAMPLED, DRAWN = (f"dlcourse.checking.probes.language_model:{name}" for name in ("names", "draws"))
SURE = 6.0  # standard deviations: by chance as far off once in 500 million
PRECISE = (1e-5, 1, 1.0)  # probabilities computed in float32 are right to six digits

# sample


def _seeds(rng, count):
    return [int(seed) for seed in rng.integers(0, 2**31, size=count)]


def _of(text, char_to_ix):
    return [char_to_ix[char] for char in text]


@topic.exercise(
    reference=reference.sample,
    section="Sampling",
    weights={"drawn, not chosen": 2.0},
    shown_as={"seed": "each of these seeds"},
)
def sample(rng):
    yield case(
        "a network that spells 'anna', whatever the seed",
        spells("anna\n", {"\n": 0, "a": 1, "n": 2}),
        {"\n": 0, "a": 1, "n": 2},
        _seeds(rng, 4),
        group="the state is carried on",
        expect=_sure_of([1, 2, 2, 1, 0], 4),
        probe=SAMPLED,
        compare=_same_names,
    )
    for size, length in ((5, 4), (7, 9)):
        char_to_ix = alphabet(rng, size)
        text = f"{random_name(rng, char_to_ix, length)}\n"
        yield case(
            f"a network that spells {text[:-1]!r}",
            spells(text, char_to_ix),
            char_to_ix,
            _seeds(rng, 4),
            group="the state is carried on",
            expect=_sure_of(_of(text, char_to_ix), 4),
            probe=SAMPLED,
            compare=_same_names,
        )
    char_to_ix = alphabet(rng, 6)
    zero, *others = (char for char in char_to_ix if char != "\n")
    chain = [*(str(char) for char in rng.permutation(others)), zero, "\n"]
    yield case(
        "a network that knows which character follows which",
        follows(dict(zip(chain, chain[1:], strict=False)), chain[0], char_to_ix),
        char_to_ix,
        _seeds(rng, 4),
        group="the drawn character goes in",
        expect=_sure_of(_of(chain, char_to_ix), 4),
        probe=SAMPLED,
        compare=_same_names,
    )
    first, second, third, fourth = chain[:4]
    yield case(
        "two first characters, each with a successor of its own",
        follows({first: third, second: fourth, third: "\n", fourth: "\n"}, [first, second], char_to_ix),
        char_to_ix,
        _seeds(rng, 16),
        group="the drawn character goes in",
        probe=SAMPLED,
        compare=functools.partial(
            _one_of, [_of(f"{first}{third}\n", char_to_ix), _of(f"{second}{fourth}\n", char_to_ix)]
        ),
        corner=True,
    )
    letter = chain[0]
    yield case(
        "a network that never ends a name",
        follows({letter: letter}, letter, char_to_ix),
        char_to_ix,
        _seeds(rng, 2),
        group="a name ends",
        expect=_sure_of([char_to_ix[letter]] * reference.LONGEST + [char_to_ix["\n"]], 2),
        probe=SAMPLED,
        compare=_same_names,
    )
    yield case(
        "a network that ends a name at once",
        follows({}, "\n", char_to_ix),
        char_to_ix,
        _seeds(rng, 4),
        group="a name ends",
        expect=_sure_of([char_to_ix["\n"]], 4),
        probe=SAMPLED,
        compare=_same_names,
    )
    coin = {name: 0 * weights for name, weights in follows({}, "\n", char_to_ix).items()}
    coin["by"][[char_to_ix[char] for char in char_to_ix if char not in (first, second)]] = -30.0
    coin["by"][char_to_ix["\n"]] = -4.0
    yield case(
        "a network that tosses a coin at every step",
        coin,
        char_to_ix,
        _seeds(rng, 4),
        group="each step by itself",
        probe=SAMPLED,
        compare=_varied,
    )
    several = follows(dict.fromkeys(chain[:4], "\n"), chain[:4], char_to_ix)
    several["Wya"][[char_to_ix[char] for char in chain[:4]], -1] += rng.permutation([0.0, 0.7, 1.4, 2.1])
    yield case(
        "50 names of one of four letters, some of them likelier",
        several,
        char_to_ix,
        _seeds(rng, 50),
        group="drawn, not chosen",
        probe=SAMPLED,
        compare=_same_distribution,
    )
    char_to_ix = alphabet(rng, 5)
    parameters = network(rng, 5, 4, 0.8)
    parameters["by"][char_to_ix["\n"]] += 1.0 - parameters["by"].mean()  # most names are short
    yield case(
        "50 names of a network that isn't sure",
        parameters,
        char_to_ix,
        _seeds(rng, 50),
        group="drawn, not chosen",
        probe=SAMPLED,
        compare=_same_distribution,
        besides=("the state is carried on", "the drawn character goes in", "a name ends", "each step by itself"),
    )


def _sure_of(name, times):
    return {"names": [name] * times, "again": [], "first": None, "changed": False}


def _is_sampled(got):
    """Whether this is what the probe of `sample` tells; a submission's process may say anything."""
    if not isinstance(got, dict) or not {"names", "again", "first", "changed"} <= set(got):
        return False
    first = got["first"]
    known = first is None or (isinstance(first, np.ndarray) and first.dtype.kind == "f" and first.size > 0)
    known = known and isinstance(got["changed"], bool)
    return known and isinstance(got["names"], list) and isinstance(got["again"], list) and len(got["names"]) > 0


def _in_order(got):
    """What is wrong with an answer in itself, or None."""
    if not _is_sampled(got):
        return "sample must return the list of the characters' indices."
    if got["changed"]:
        return "The parameters are not the same after the call: work on copies."
    for name in got["names"]:
        if not isinstance(name, list):
            return "sample must return the list of the characters' indices."
        for index in name:
            if not isinstance(index, int) or isinstance(index, bool):
                return f"The list holds {index!r}; it holds indices, which are whole numbers."
    if got["again"] != got["names"][: len(got["again"])]:
        return "With the same seed there came two different names: everything that is drawn must follow from the seed."
    return None


def _same_names(expected, got):
    if words := _in_order(got):
        return words
    first, due = got["first"], expected["first"]
    if due is not None and due.max() < 0.999 and first is not None:  # a wrong variant that isn't sure
        return None if first.shape == due.shape and agrees(due, first, *PRECISE) else "The first probabilities differ."
    if len({tuple(name) for name in expected["names"]}) > 1:  # one that isn't sure later on: what it draws is chance
        several = len({tuple(name) for name in got["names"]}) > 1
        return None if several else "All names are the same."
    for right, name in zip(expected["names"], got["names"], strict=False):
        if right != name:
            return (
                f"The name is {_short(name)}; {_short(right)} was expected, for the network is sure of each character."
            )
    return None


def _one_of(names, expected, got):
    """The name must be one of those that the network can write; in either answer, or in neither."""
    if words := _in_order(got):
        return words
    strange = [next((name for name in answer["names"] if name not in names), None) for answer in (expected, got)]
    if (strange[0] is None) == (strange[1] is None):
        return None
    return f"{_short(strange[1] or strange[0])} came; this network writes {names[0]} and {names[1]} only."


def _varied(expected, got):
    """Names in which one character comes at every step, in both answers or in neither."""
    if words := _in_order(got):
        return words
    constant = [all(len(set(name[:-1])) <= 1 for name in answer["names"]) for answer in (expected, got)]
    return (
        None
        if constant[0] == constant[1]
        else f"The name is {_short(got['names'][0])}: each step is a toss of its own."
    )


def _short(name):
    return str(name) if len(name) <= 12 else f"{str(name[:10])[:-1]}, ...] of length {len(name)}"


def _same_distribution(expected, got):
    if words := _in_order(got):
        return words
    first, due = got["first"], expected["first"]
    if due is not None and first is not None and first.shape == due.shape and not agrees(due, first, *PRECISE):
        return f"The first character is drawn with the probabilities {_rounded(first)}; {_rounded(due)} was expected."
    distinct = {tuple(name) for name in got["names"]}
    if len(distinct) == 1 and len({tuple(name) for name in expected["names"]}) > 1:
        return f"All {len(got['names'])} seeds give the same name: each character is drawn, with its probability."
    if len(distinct) > 1 and len({tuple(name) for name in expected["names"]}) == 1:
        return "The names differ."
    if _apart(_features(expected), _features(got)):
        return "Over many seeds, some characters or lengths come far more often than the network's probabilities say."
    return None


def _rounded(values):
    return "[" + ", ".join(f"{value:.3f}" for value in values) + "]"


def _features(outcome):
    """For each name: its first character, which characters it has, its length, and whether characters repeat."""
    names = outcome["names"]
    size = 1 + max(max(name, default=0) for name in names)
    rows = np.zeros((len(names), max(size, 64) * 2 + 2))
    for row, name in zip(rows, names, strict=True):
        if name:
            row[min(max(name[0], 0), 63)] = 1
            for index in name:
                row[64 + min(max(index, 0), 63)] += 1
        row[-2], row[-1] = len(name), sum(a == b for a, b in zip(name, name[1:], strict=False))
    return rows


def _apart(left, right):
    """Whether two samples are of different distributions, beyond chance."""
    variance = left.var(axis=0) / len(left) + right.var(axis=0) / len(right)
    rare = 1 / len(left) ** 2 + 1 / len(right) ** 2
    distance = (left.mean(axis=0) - right.mean(axis=0)) ** 2
    return bool(np.any(distance > SURE**2 * (variance + rare)))


def _sampler(
    choose=None,
    feed=lambda drawn, size: np.eye(size)[:, [drawn]],
    carry=1.0,
    longest=reference.LONGEST,
    close=True,
    ended=lambda name, newline: name[-1] == newline,
    finish=lambda name, newline: name,
    seeded=lambda seed: seed,
    b=1.0,
    by=1.0,
    output=softmax,
    state=np.tanh,
    start=0.0,
    newline=None,
):
    """sample with one thing changed."""
    choose = choose or reference.draw

    def variant(parameters, char_to_ix, seed):
        rng, size = np.random.default_rng(seeded(seed)), len(parameters["by"])
        end = char_to_ix["\n"] if newline is None else newline
        a, x, name = np.full_like(parameters["b"], start), np.zeros((size, 1)), []
        while len(name) < longest:
            a = state(parameters["Wax"] @ x + carry * parameters["Waa"] @ a + b * parameters["b"])
            drawn = choose(output(parameters["Wya"] @ a + by * parameters["by"]), rng)
            name.append(drawn)
            if ended(name, end):
                return finish(name, end)
            x = feed(drawn, size)
        return [*name, end] if close else name

    return variant


def _is_drawn(got):
    """Whether NumPy was asked to choose."""
    return _is_sampled(got) and _in_order(got) is None and got["first"] is not None


sample.mistake(
    "one-seed-for-all",
    "Every seed gives the same name: the generator is made from a number that stands in the function, not from seed.",
    _sampler(seeded=lambda seed: 0),
    group="drawn, not chosen",
    recognise=lambda got: _is_drawn(got) and len({tuple(name) for name in got["names"]}) == 1,
)
sample.mistake(
    "likeliest",
    "At each step the likeliest character is taken, so that there is one name for all seeds: draw, with the "
    "probabilities y. See 'Sampling'.",
    _sampler(choose=lambda y, rng: int(np.argmax(y))),
)
sample.mistake(
    "uniform",
    "All characters are drawn with the same probability: p=y is missing in the call that draws.",
    _sampler(choose=lambda y, rng: int(rng.choice(y.size))),
    recognise=lambda got: _is_drawn(got) and np.ptp(got["first"]) < 1e-9,
)
sample.mistake(
    "state-not-carried",
    "Every step begins with the state a<0>: hand each step's hidden state to the next, a_prev = a.",
    _sampler(carry=0.0),
)
sample.mistake(
    "nothing-fed-in",
    "The input is 0 at every step: the character that was drawn is the next step's input.",
    _sampler(feed=lambda drawn, size: np.zeros((size, 1))),
)


def _piling_up(parameters, char_to_ix, seed):
    rng, name = np.random.default_rng(seed), []
    a, x = np.zeros_like(parameters["b"]), np.zeros_like(parameters["by"])
    while len(name) < reference.LONGEST:
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a + parameters["b"])
        name.append(reference.draw(softmax(parameters["Wya"] @ a + parameters["by"]), rng))
        if name[-1] == char_to_ix["\n"]:
            return name
        x[name[-1]] = 1
    return [*name, char_to_ix["\n"]]


sample.mistake(
    "inputs-pile-up",
    "The ones of earlier characters are still in x: each step begins with a new vector of zeros.",
    _piling_up,
)


def _feeding_back(parameters, char_to_ix, seed):
    rng, name = np.random.default_rng(seed), []
    a, x = np.zeros_like(parameters["b"]), np.zeros_like(parameters["by"])
    while len(name) < reference.LONGEST:
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a + parameters["b"])
        x = softmax(parameters["Wya"] @ a + parameters["by"])
        name.append(reference.draw(x, rng))
        if name[-1] == char_to_ix["\n"]:
            return name
    return [*name, char_to_ix["\n"]]


sample.mistake(
    "probabilities-fed-in",
    "The probabilities y are the next input; it is the character that was drawn, one-hot.",
    _feeding_back,
)
sample.mistake("no-b", "The bias b is not added to the hidden state's sum.", _sampler(b=0.0))
sample.mistake("no-by", "The bias by is not added before the softmax.", _sampler(by=0.0))
sample.mistake("no-tanh", "The hidden state is the sum itself: tanh is missing.", _sampler(state=lambda z: z))
sample.mistake(
    "starts-with-ones", "The state before the first character is not 0: a_prev begins as zeros.", _sampler(start=1.0)
)
sample.mistake(
    "newline-left-out",
    "The newline at the end is left out; it is the last index of the list.",
    _sampler(finish=lambda name, newline: name[:-1]),
)
sample.mistake(
    "newline-is-zero",
    "A name ends at the index 0; it ends at the newline, whose index is char_to_ix['\\n'].",
    _sampler(newline=0),
)
sample.mistake(
    "never-ends",
    "The newline doesn't end the name: the loop stops when the newline's index was drawn.",
    _sampler(ended=lambda name, newline: False),
)
sample.mistake(
    "not-closed",
    f"After {reference.LONGEST} characters the newline is missing: it is put at the end of a name that the network "
    "doesn't end.",
    _sampler(close=False),
)
for longest, key, words in (
    (
        reference.LONGEST - 1,
        "one-too-few",
        f"A name has at most {reference.LONGEST - 1} characters; it may have {reference.LONGEST}.",
    ),
    (
        reference.LONGEST + 1,
        "one-too-many",
        f"A name has up to {reference.LONGEST + 1} characters; at most {reference.LONGEST} are drawn.",
    ),
):
    sample.mistake(key, words, _sampler(longest=longest))
sample.also("one-too-few", _sampler(longest=reference.LONGEST - 1, close=False))
sample.mistake(
    "stops-at-a-repeat",
    "A name ends where a character comes twice; it ends with the newline.",
    _sampler(ended=lambda name, newline: name[-1] == newline or name[-1] in name[:-1]),
)
sample.mistake(
    "seed-ignored",
    "The seed plays no part: np.random.default_rng(seed) makes a generator that always draws the same from the same "
    "seed.",
    _sampler(seeded=lambda seed: None),
    group="each step by itself",
    recognise=lambda got: _is_sampled(got) and got["again"] != got["names"][: len(got["again"])],
)


def _always_the_same_number(parameters, char_to_ix, seed):
    """A new generator from the same seed at every step."""
    return _sampler(choose=lambda y, rng: reference.draw(y, np.random.default_rng(seed)))(parameters, char_to_ix, seed)


sample.mistake(
    "seeded-in-every-step",
    "The generator is made anew in each step, so that every step draws the same random number: make it once, before "
    "the loop.",
    _always_the_same_number,
    group="each step by itself",
)
sample.mistake(
    "letters",
    "The list holds letters; it holds their indices.",
    lambda parameters, char_to_ix, seed: [
        {index: char for char, index in char_to_ix.items()}[index]
        for index in reference.sample(parameters, char_to_ix, seed)
    ],
    recognise=lambda got: (
        _is_sampled(got)
        and all(isinstance(name, list) and all(isinstance(c, str) for c in name) for name in got["names"])
    ),
)
sample.raises(
    "softmax-left-out",
    "The probabilities must be at least 0 and add up to 1: softmax makes them so.",
    "probabilities (are not non-negative|do not sum to 1)|Probabilities",
)
sample.raises(
    "y-is-a-column",
    "The probabilities must be one row of numbers, and y is a column: y.ravel().",
    "must be 1-dimensional",
)
sample.hint("Before the loop: x and a_prev of zeros, an empty list, and rng = np.random.default_rng(seed).")
sample.hint("A step: a and y as in rnn_cell_forward, then rng.choice(len(y), p=y.ravel()), which is added to the list.")
sample.hint(
    "Then a new x of zeros with a 1 in the row of what was drawn, and a_prev = a. Stop at the newline or after 50."
)


# sample_with_temperature


UNDERFLOW = (
    "Near a temperature of 0 the powers of all probabilities become 0, and 0 / 0 is nan: subtract the largest "
    "logarithm before the exponential, as softmax does."
)


@topic.exercise(
    reference=reference.sample_with_temperature,
    section="Temperature",
    shown_as={"rng": "a generator, in several hundred calls"},
)
def sample_with_temperature(rng):
    def drawn(title, y, temperature, group, **how):
        return case(
            title, y, temperature, int(rng.integers(2**31)), group=group, probe=DRAWN, compare=_drawn_alike, **how
        )

    yield drawn("probabilities of .8 and .2, temperature 1", np.array([0.8, 0.2]), 1.0, "temperature 1")
    yield drawn("five characters, temperature 1", distribution(rng, 5), 1.0, "temperature 1")
    yield drawn("temperature 0.5", distribution(rng, 4), 0.5, "other temperatures")
    yield drawn("temperature 2", distribution(rng, 6), 2.0, "other temperatures")
    some = distribution(rng, 5)
    some[int(np.argmin(some))] = 0.0
    yield drawn("a character that cannot come", some / some.sum(), 1.5, "a character that cannot come")
    many = distribution(rng, 6)
    many[:] = 0.002 * many  # as the letters of a large vocabulary
    many = np.concatenate([many, np.full(200, (1 - many.sum()) / 200) * rng.uniform(0.5, 1.0, 200)])
    many[3] = many.max() * 1.4
    yield drawn("206 characters, temperature 0.001", many / many.sum(), 0.001, "temperatures near 0", corner=True)
    some = distribution(rng, 5)
    some = np.roll(some, 1 + int(rng.integers(4)) - int(np.argmax(some)))  # the likeliest is not the first
    yield drawn("temperature 0", some, 0, "temperature 0", corner=True)


def _drawn_alike(expected, got):
    if not isinstance(got, dict) or not isinstance(got.get("drawn"), list) or not got["drawn"]:
        return "sample_with_temperature must return one index."
    for index in got["drawn"]:
        if not isinstance(index, int) or isinstance(index, bool):
            return f"It returned {_brief(index)}; one index was expected, a whole number."
    due, weights = expected["weights"], got.get("weights")
    if not isinstance(weights, np.ndarray) or weights.dtype.kind != "f":
        weights = None
    if due is not None and weights is not None and due.shape == weights.shape:
        if not agrees(due, weights, *PRECISE):
            return f"The probabilities are {_cut(weights)}; {_cut(due)} was expected."
        return None if not _far(weights, got["drawn"]) else "The index that is returned isn't the one that was drawn."
    if got.get("unused") and not expected["unused"] and len(set(expected["drawn"])) > 1:
        return "The generator rng is not used: draw with it, or nobody can repeat what was drawn."
    if due is None:
        size = 1 + max([*expected["drawn"], *got["drawn"]])
        due = np.bincount(expected["drawn"], minlength=size) / len(expected["drawn"])
    if _far(due, got["drawn"]):
        often = np.bincount(np.maximum(got["drawn"], 0), minlength=len(due)) / len(got["drawn"])
        return f"In {len(got['drawn'])} calls the frequencies are {_cut(often)}; {_cut(due)} was expected."
    return None


def _brief(value):
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) and value.ndim else f"{value!r:.40}"


def _cut(values):
    return _rounded(values) if len(values) <= 8 else f"{_rounded(values[:8])[:-1]}, ...]"


def _far(due, drawn):
    """Whether indices came more often, or less often, than chance allows."""
    if min(drawn) < 0 or max(drawn) >= len(due):
        return True
    often, count = np.bincount(drawn, minlength=len(due)) / len(drawn), len(drawn)
    return bool(np.any(np.abs(often - due) > SURE * np.sqrt(due * (1 - due) / count + 1 / count**2) * (due > 0)))


def _tempered(weights, cold=lambda y: np.eye(y.size)[np.argmax(y)]):
    """Probabilities changed, then drawn."""

    def variant(y, temperature, rng):
        if temperature == 0:
            probabilities = cold(y)
        else:
            raw = weights(y, temperature)
            probabilities = raw / raw.sum()
        return int(rng.choice(y.size, p=probabilities))

    return variant


sample_with_temperature.mistake(
    "upside-down",
    "The exponent is the temperature itself; it is 1 / temperature: a high temperature makes the distribution flatter.",
    _tempered(lambda y, t: y**t),
)
sample_with_temperature.mistake("temperature-ignored", "The temperature plays no part.", _tempered(lambda y, t: y))
sample_with_temperature.mistake(
    "softmax-of-probabilities",
    "softmax is taken of y / temperature; it is taken of log(y) / temperature, or every distribution comes out nearly "
    "flat.",
    _tempered(lambda y, t: softmax(y / t)),
)
sample_with_temperature.mistake(
    "likeliest",
    "The likeliest index is taken at every temperature: draw, with the new probabilities.",
    lambda y, temperature, rng: int(np.argmax(y)),
)
sample_with_temperature.mistake(
    "uniform",
    "All indices are drawn with the same probability: p= is missing in the call that draws.",
    lambda y, temperature, rng: int(rng.choice(y.size)),
)
sample_with_temperature.mistake(
    "index-of-the-sorted",
    "The probabilities were sorted, and the index is one of the sorted list.",
    _tempered(lambda y, t: np.sort(y)[::-1] ** (1 / t)),
)
sample_with_temperature.mistake(
    "squared-root-of-both",
    "The exponent is 1 / temperature², where it is 1 / temperature: the power is taken twice.",
    _tempered(lambda y, t: y ** (1 / t**2)),
)
sample_with_temperature.mistake(
    "one-minus",
    "The exponent is 1 - temperature or 2 - temperature; it is 1 / temperature.",
    _tempered(lambda y, t: y ** (2 - t)),
)
sample_with_temperature.shows("underflow", UNDERFLOW, lambda args, expected, got: args[1] == 0.001)
sample_with_temperature.raises("underflow", UNDERFLOW, "[Pp]robabilities contain NaN|probabilities do not sum")
sample_with_temperature.raises(
    "division-by-zero",
    "At a temperature of 0 nothing can be divided by it: return the likeliest index there, before anything else.",
    "ZeroDivisionError",
)
sample_with_temperature.raises(
    "y-is-a-column", "The probabilities must be one row of numbers: y.ravel().", "must be 1-dimensional"
)
sample_with_temperature.hint(
    "Divide the logarithms by the temperature, then softmax: a power of each, divided by the sum."
)
sample_with_temperature.hint("Then rng.choice(len(y), p=...). At 0 return np.argmax(y) first of all.")


# top_k


@topic.exercise(reference=reference.top_k, section="The likeliest only")
def top_k(rng):
    yield case(
        "two of four, by hand",
        np.array([0.4, 0.1, 0.3, 0.2]),
        2,
        group="some are kept",
        tolerance=1e-6,
        expect=np.array([4 / 7, 0.0, 3 / 7, 0.0]),
    )
    for size, k in ((5, 3), (8, 2), (27, 10)):
        yield case(f"{k} of {size}", distribution(rng, size), k, group="some are kept", tolerance=1e-6)
    y = distribution(rng, 6)
    yield case("one", np.roll(y, y.argmax() == 0), 1, group="one or all", tolerance=1e-6)  # never the first
    yield case("all", distribution(rng, 5), 5, group="one or all", tolerance=1e-6)
    yield case("more than there are", distribution(rng, 4), 9, group="one or all", tolerance=1e-6, corner=True)


def _kept(y, order):
    kept = np.zeros_like(y)
    kept[order] = y[order]
    return kept / kept.sum()


def _unscaled(y, order):
    kept = np.zeros_like(y)
    kept[order] = y[order]
    return kept


def _downwards(y):
    return np.argsort(-y, kind="stable")


top_k.mistake(
    "not-divided",
    "What is left doesn't add up to 1: divide it by its sum.",
    lambda y, k: _unscaled(y, _downwards(y)[:k]),
)
top_k.mistake(
    "smallest",
    "The k smallest are kept: np.argsort goes from small to large.",
    lambda y, k: _kept(y, np.argsort(y)[:k]),
)
top_k.mistake(
    "first-k", "The first k entries are kept, not the largest.", lambda y, k: _kept(y, np.arange(min(k, len(y))))
)
top_k.mistake(
    "sorted",
    "The entries are in another order: each stays in its place, for the place says which character it is.",
    lambda y, k: _kept(np.sort(y)[::-1], np.arange(min(k, len(y)))),
)
top_k.mistake(
    "shorter",
    "Only k entries come back; all M places stay, with 0 in those that are left out.",
    lambda y, k: (lambda largest: largest / largest.sum())(y[np.sort(_downwards(y)[:k])]),
)
top_k.also("shorter", lambda y, k: np.sort(y)[::-1][:k] / np.sort(y)[::-1][:k].sum())
top_k.mistake("one-too-many", "k + 1 entries are kept.", lambda y, k: _kept(y, _downwards(y)[: k + 1]))
top_k.mistake(
    "one-too-few",
    "k - 1 entries are kept: the k-th largest itself is one of them, `>=`.",
    lambda y, k: _kept(y, _downwards(y)[: k - 1] if k <= len(y) else _downwards(y)),
)
top_k.mistake(
    "softmax-of-what-is-left",
    "softmax is taken of the probabilities that are left; they are only divided by their sum.",
    lambda y, k: _softmax_of(y, _downwards(y)[:k]),
)
top_k.mistake(
    "equally-likely",
    "The entries that are kept are all equally likely; they keep their proportions.",
    lambda y, k: _kept(np.ones_like(y), _downwards(y)[:k]),
)
top_k.mistake(
    "indices",
    "These are the indices of the largest entries; asked for is the distribution.",
    lambda y, k: _downwards(y)[:k],
)
top_k.mistake(
    "all-kept", "All entries are kept; the others than the k largest are 0.", lambda y, k: _kept(y, _downwards(y))
)
top_k.mistake(
    "multiplied",
    "What is left is multiplied by its sum; divided by it, it adds up to 1.",
    lambda y, k: (lambda kept: kept * kept.sum())(_unscaled(y, _downwards(y)[:k])),
)
top_k.raises(
    "more-than-there-are",
    "There are fewer than k entries; then all are kept: min(k, len(y)).",
    r"kth\(=.*out of bounds|index -?\d+ is out of bounds",
)


def _softmax_of(y, order):
    kept = np.zeros_like(y)
    kept[order] = np.exp(y[order]) / np.exp(y[order]).sum()
    return kept


top_k.hint("np.argsort(y)[-k:] are the indices of the k largest entries.")
top_k.hint("Begin with zeros of y's shape, copy these entries to their places, and divide by the sum.")


# nucleus


def _between(rng, size, count):
    """A distribution, and a p that lies clearly between what `count` - 1 and `count` of its largest have together."""
    y = distribution(rng, size)
    sums = np.concatenate([[0.0], np.cumsum(np.sort(y)[::-1])])
    return y, float(sums[count - 1] + rng.uniform(0.3, 0.7) * (sums[count] - sums[count - 1]))


@topic.exercise(reference=reference.nucleus, section="The likeliest only")
def nucleus(rng):
    yield case(
        "two of four, by hand",
        np.array([0.4, 0.1, 0.3, 0.2]),
        0.6,
        group="some are kept",
        tolerance=1e-6,
        expect=np.array([4 / 7, 0.0, 3 / 7, 0.0]),
    )
    for size, count in ((5, 3), (8, 2), (27, 6)):
        yield case(f"{count} of {size} are needed", *_between(rng, size, count), group="some are kept", tolerance=1e-6)
    y, p = _between(rng, 6, 1)
    yield case("one is enough", np.roll(y, y.argmax() == 0), p, group="one or all", tolerance=1e-6)  # never the first
    yield case("all are needed", *_between(rng, 5, 5), group="one or all", tolerance=1e-6)


def _nucleus(count):
    """The largest entries whose number is `count(cumulative sums, p)`."""

    def variant(y, p):
        order = _downwards(y)
        return _kept(y, order[: count(np.cumsum(y[order]), p)])

    return variant


nucleus.mistake(
    "below-p",
    "Together, those that are kept have less than p: the one with which the sum reaches p belongs to them.",
    _nucleus(lambda sums, p: int(np.sum(sums < p))),
)
nucleus.mistake(
    "one-too-many", "One entry more than needed is kept.", _nucleus(lambda sums, p: int(np.sum(sums < p)) + 2)
)
nucleus.mistake(
    "threshold",
    "All entries above p are kept; p is what those that are kept have together.",
    lambda y, p: _kept(y, np.flatnonzero(y >= p)),
)
nucleus.mistake(
    "below-the-largest",
    "The entries above p times the largest are kept; p is what those that are kept have together.",
    lambda y, p: _kept(y, np.flatnonzero(y >= p * y.max())),
)
nucleus.mistake(
    "not-divided",
    "What is left doesn't add up to 1: divide it by its sum.",
    lambda y, p: _unscaled(y, np.flatnonzero(reference.nucleus(y, p))),
)
nucleus.mistake(
    "from-the-smallest",
    "The sum begins with the smallest entries; it begins with the largest.",
    lambda y, p: _kept(y, np.argsort(y)[: int(np.sum(np.cumsum(np.sort(y)) < p)) + 1]),
)
nucleus.mistake(
    "not-sorted",
    "The sum goes through the entries in the order of their indices; it begins with the largest.",
    lambda y, p: _kept(y, np.arange(min(int(np.sum(np.cumsum(y) < p)) + 1, len(y)))),
)
nucleus.mistake(
    "sorted",
    "The entries are in another order: each stays in its place, for the place says which character it is.",
    lambda y, p: np.sort(reference.nucleus(y, p))[::-1],
)
nucleus.mistake(
    "shorter",
    "Only those that are kept come back; all M places stay, with 0 in the others.",
    lambda y, p: (lambda kept: kept[kept > 0])(reference.nucleus(y, p)),
)
nucleus.mistake(
    "mask-of-the-sorted",
    "The mask belongs to the sorted entries, and is laid over the entries as they are: go back by the order.",
    lambda y, p: _kept(y, np.flatnonzero(np.cumsum(np.sort(y)[::-1]) - np.sort(y)[::-1] < p)),
)
nucleus.mistake(
    "least-likely-kept",
    "The tail is kept, and the nucleus left out.",
    lambda y, p: (lambda tail: tail / max(tail.sum(), 1e-300))(np.where(reference.nucleus(y, p) > 0, 0.0, y)),
)
nucleus.mistake(
    "not-summed",
    "Each entry by itself is compared with p, so one is kept or all are: compare the sum so far, total += y[index].",
    _nucleus(lambda sums, p: 1 if sums[0] >= p else len(sums)),
)
nucleus.mistake(
    "all-kept",
    "All entries are kept: the sum of those that are kept never reaches p here, or nothing stops when it does.",
    _nucleus(lambda sums, p: len(sums)),
)
nucleus.mistake(
    "largest-only",
    "Only the largest entry is kept: the sum begins with 0, and more come in until it reaches p.",
    _nucleus(lambda sums, p: 1),
)
nucleus.mistake(
    "multiplied",
    "What is left is multiplied by its sum; divided by it, it adds up to 1.",
    lambda y, p: (lambda kept: kept * kept.sum())(_unscaled(y, np.flatnonzero(reference.nucleus(y, p)))),
)
nucleus.hint(
    "order = np.argsort(-y) begins with the largest; np.cumsum(y[order]) says what the first ones have together."
)
nucleus.hint("An entry is kept as long as those before it have less than p: cumsum - y[order] < p.")
