"""The exercises of notebook 07 on what networks cost: multiplications, memory, compound scaling."""

from __future__ import annotations

import math
from numbers import Real

from dlcourse import mobile as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.mobile.parts import topic

# separable_cost


@topic.exercise(
    reference=reference.separable_cost,
    outputs=("ordinary", "depthwise", "pointwise"),
    section="Counting multiplications",
    by_output=True,
)
def separable_cost(rng):
    yield case("4x4 pixels, 3x3 filters, 3 channels to 5", 4, 4, 3, 3, 5, group="by hand", expect=(2160, 432, 240))
    yield case("7x7 pixels, 3x3 filters, 512 channels to 512", 7, 7, 3, 512, 512, group="layers")
    for _ in range(4):
        n_H, n_W, n_C_prev, n_C = (int(n) for n in rng.choice(range(4, 60), 4, replace=False))
        f = int(rng.choice([2, 3, 5, 7]))
        title = f"{n_H}x{n_W} pixels, {f}x{f} filters, {n_C_prev} channels to {n_C}"
        yield case(title, n_H, n_W, f, n_C_prev, n_C, group="layers")


def _cost(**wrong):
    """The three counts, some of them replaced."""

    def variant(n_H, n_W, f, n_C_prev, n_C):
        right = dict(
            zip(
                ("ordinary", "depthwise", "pointwise"),
                reference.separable_cost(n_H, n_W, f, n_C_prev, n_C),
                strict=True,
            )
        )
        changed = {name: count(n_H * n_W, f, n_C_prev, n_C) for name, count in wrong.items()}
        return tuple((right | changed).values())

    return variant


separable_cost.mistake(
    "pixels-left-out",
    "These are the numbers of weights. Every weight is used at each of the n_H * n_W places of the output.",
    _cost(
        ordinary=lambda p, f, n, k: f * f * n * k,
        depthwise=lambda p, f, n, k: f * f * n,
        pointwise=lambda p, f, n, k: n * k,
    ),
)
separable_cost.mistake(
    "depthwise-for-each-filter",
    "The depthwise step is counted once for each of the n_C filters. It runs once: n_C comes in with the pointwise "
    "step only. See 'Counting multiplications'.",
    _cost(depthwise=lambda p, f, n, k: p * f * f * n * k),
)
separable_cost.mistake(
    "depthwise-with-n_C",
    "The depthwise step has a filter for each channel of its input: n_C_prev of them, not n_C.",
    _cost(depthwise=lambda p, f, n, k: p * f * f * k),
)
separable_cost.mistake(
    "one-depthwise-filter",
    "The depthwise step is counted for one channel; there are n_C_prev.",
    _cost(depthwise=lambda p, f, n, k: p * f * f),
)
separable_cost.mistake(
    "pointwise-with-f",
    "The pointwise filters are 1 x 1: f plays no part in their count.",
    _cost(pointwise=lambda p, f, n, k: p * f * f * n * k),
)
separable_cost.mistake(
    "pointwise-one-channel",
    "Each number of the pointwise step's output is a sum over n_C_prev channels.",
    _cost(pointwise=lambda p, f, n, k: p * k),
)
separable_cost.mistake(
    "f-not-squared",
    "A filter is f high and f wide: f * f numbers for each channel.",
    _cost(ordinary=lambda p, f, n, k: p * f * n * k, depthwise=lambda p, f, n, k: p * f * n),
)
separable_cost.mistake(
    "ordinary-one-channel",
    "An ordinary filter is as deep as its input: f * f * n_C_prev multiplications for each number of the output.",
    _cost(ordinary=lambda p, f, n, k: p * f * f * k),
)
separable_cost.mistake(
    "total",
    "The two steps are added up; the exercise asks for three numbers: ordinary, depthwise, pointwise.",
    lambda n_H, n_W, f, n_C_prev, n_C: (
        reference.separable_cost(n_H, n_W, f, n_C_prev, n_C)[0],
        sum(reference.separable_cost(n_H, n_W, f, n_C_prev, n_C)[1:]),
    ),
)
separable_cost.shows(
    "divided",
    "One of the factors divides (`/`); a count of multiplications is a product of whole numbers.",
    lambda args, expected, got: any(
        isinstance(count, Real) and count != right and any(math.isclose(count * factor**2, right) for factor in args)
        for right, count in zip(expected, got, strict=True)
    ),
)
separable_cost.hint("How many numbers has the output of each step? And how many products are summed for one of them?")
separable_cost.hint(
    "After the depthwise step there are n_H * n_W * n_C_prev numbers, each a sum of f * f products; after the "
    "pointwise step n_H * n_W * n_C, each a sum of n_C_prev products."
)


# peak_memory


@topic.exercise(reference=reference.peak_memory, section="Rich inside, little handed on", optional=("shortcut",))
def peak_memory(rng):
    chain, added = "without a shortcut", "with a shortcut"
    yield case("4x4x2 becomes 4x4x3", [(4, 4, 2), (4, 4, 3)], False, group=chain, expect=16 * 5)
    yield case("the middle is the largest", [(2, 2, 3), (2, 2, 9), (2, 2, 5), (2, 2, 4)], False, group=chain, expect=56)
    yield case("wide at the beginning", [(6, 5, 8), (6, 5, 7), (3, 3, 9)], False, group=chain)
    yield case("wide at the end", [(3, 4, 2), (3, 4, 3), (3, 4, 12)], False, group=chain)
    yield _random_block(rng, "a block that halves the image", False, 2, chain)
    yield case(
        "4x4x2, 4x4x12, 4x4x12, 4x4x2",
        [(4, 4, 2), (4, 4, 12), (4, 4, 12), (4, 4, 2)],
        True,
        group=added,
        expect=16 * (12 + 12 + 2),
    )
    yield case("the first layer is the largest", [(3, 3, 8), (3, 3, 9), (3, 3, 1), (3, 3, 8)], True, group=added)
    yield case("the last layer is the largest", [(2, 4, 7), (2, 4, 1), (2, 4, 9), (2, 4, 7)], True, group=added)
    yield _random_block(rng, "an inverted residual block", True, 1, added)


def _random_block(rng, title, shortcut, stride, group):
    n_H, n_W, n_C = (int(n) for n in rng.choice(range(3, 20), 3, replace=False))
    inside = n_C * int(rng.integers(2, 7))
    after = (-(-n_H // stride), -(-n_W // stride))
    filters = n_C if shortcut else int(rng.integers(2, 20))
    block = [(n_H, n_W, n_C), (n_H, n_W, inside), (*after, inside), (*after, filters)]
    return case(title, block, shortcut, group=group)


def _memory(combine):
    """A wrong variant made of the numbers that each tensor holds."""

    def variant(block, shortcut=False):
        return combine([n_H * n_W * n_C for n_H, n_W, n_C in block], shortcut)

    return variant


def _pairs(sizes):
    return [before + after for before, after in zip(sizes, sizes[1:], strict=False)]


def _waiting(sizes, needed, shortcut):
    """What each layer needs, and beside all but the first the block's input, where it waits for the end."""
    return [number + (sizes[0] if shortcut and layer else 0) for layer, number in enumerate(needed)]


peak_memory.mistake(
    "largest-tensor",
    "This is the largest tensor. While a layer makes it, the layer's input is in memory too.",
    _memory(lambda sizes, shortcut: max(sizes)),
)
peak_memory.mistake(
    "all-added-up",
    "All tensors are added up; once the next layer has its input, those before it are no longer needed.",
    _memory(lambda sizes, shortcut: sum(sizes)),
)
peak_memory.mistake(
    "ends-only",
    "Only the block's input and its output are counted; the tensors between them need room as well.",
    _memory(lambda sizes, shortcut: sizes[0] + sizes[-1]),
)
peak_memory.mistake(
    "larger-of-the-two",
    "Of each layer only the larger of its input and its output is counted; while it runs, both are in memory.",
    _memory(lambda sizes, shortcut: max(_waiting(sizes, map(max, sizes, sizes[1:]), shortcut))),
)
peak_memory.mistake(
    "layers-added-up",
    "What the layers need is added up. They run one after the other, and each frees its room for the next: the peak is "
    "the largest, not the sum.",
    _memory(lambda sizes, shortcut: sum(_waiting(sizes, _pairs(sizes), shortcut))),
)
peak_memory.mistake(
    "only-the-input-waits",
    "With a shortcut only the block's input is counted for the later layers (`=` for `+=`); it is in memory beside "
    "what the layer itself needs.",
    _memory(lambda sizes, shortcut: max(_pairs(sizes)[0], sizes[0]) if shortcut else max(_pairs(sizes))),
)
peak_memory.mistake(
    "shortcut-forgotten",
    "With a shortcut the block's input stays in memory to the end, beside the layer that is running.",
    _memory(lambda sizes, shortcut: max(_pairs(sizes))),
)
peak_memory.mistake(
    "input-counted-twice",
    "While the first layer runs, the block's input is the layer's input: it is in memory once, not twice.",
    _memory(lambda sizes, shortcut: max(_pairs(sizes)) + shortcut * sizes[0]),
)
peak_memory.mistake(
    "input-always-kept",
    "The block's input is kept also where there is no shortcut; then nobody needs it after the first layer.",
    _memory(lambda sizes, shortcut: max(pair + (sizes[0] if layer else 0) for layer, pair in enumerate(_pairs(sizes)))),
)
peak_memory.mistake(
    "addition-as-a-layer",
    "The addition is counted as a layer with an output of its own; its sum is written where the last layer's output "
    "stands.",
    _memory(lambda sizes, shortcut: max(_peak(sizes, shortcut), shortcut * 3 * sizes[-1])),
)
peak_memory.mistake(
    "bytes",
    "These are bytes, four for each number; the exercise asks for numbers.",
    _memory(lambda sizes, shortcut: 4 * _peak(sizes, shortcut)),
)
peak_memory.mistake(
    "last-layer-left-out",
    "The last layer is left out: a list of n shapes has n - 1 layers between them, range(len(block) - 1).",
    _memory(lambda sizes, shortcut: max(_waiting(sizes, _pairs(sizes), shortcut)[:-1], default=0)),
)
peak_memory.mistake(
    "layer-before",
    "A layer's input is counted with the tensor before it; while it runs, its input and its *output* are in memory, "
    "block[k] and block[k + 1].",
    _memory(
        lambda sizes, shortcut: max(_waiting(sizes, [sizes[k] + sizes[k - 1] for k in range(len(sizes) - 1)], shortcut))
    ),
)
peak_memory.mistake(
    "or-for-and",
    "The block's input is added where there is a shortcut *or* a later layer; it waits only where both are so.",
    _memory(
        lambda sizes, shortcut: max(
            pair + (sizes[0] if shortcut or layer else 0) for layer, pair in enumerate(_pairs(sizes))
        )
    ),
)
peak_memory.mistake(
    "waits-from-the-third-layer",
    "The block's input is counted from the third layer on; the second does not need it, and it is in memory "
    "nevertheless.",
    _memory(
        lambda sizes, shortcut: max(
            pair + (sizes[0] if shortcut and layer > 1 else 0) for layer, pair in enumerate(_pairs(sizes))
        )
    ),
)
peak_memory.mistake(
    "divided",
    "A height, a width or a number of channels divides (`/`); a tensor holds n_H * n_W * n_C numbers.",
    lambda block, shortcut=False: _peak([n_H * n_W / n_C for n_H, n_W, n_C in block], shortcut),
)
peak_memory.also("divided", lambda block, shortcut=False: _peak([n_H / n_W * n_C for n_H, n_W, n_C in block], shortcut))
peak_memory.mistake(
    "channels-only",
    "Only the channels are counted: a tensor holds n_H * n_W * n_C numbers.",
    lambda block, shortcut=False: reference.peak_memory([(1, 1, shape[2]) for shape in block], shortcut),
)


def _peak(sizes, shortcut):
    return reference.peak_memory([(1, 1, size) for size in sizes], shortcut)


peak_memory.hint("Go from layer to layer: what must be in memory while this one runs?")
peak_memory.hint("Its input and its output, block[k] and block[k + 1]. The answer is the largest of these sums.")
peak_memory.hint(
    "With a shortcut, block[0] is there as well, except while the first layer runs: there it is counted already."
)


# compound_scaling


@topic.exercise(
    reference=reference.compound_scaling,
    outputs=("depth", "width", "resolution"),
    section="Deeper, wider, larger",
    by_output=True,
    optional=("alpha", "beta", "gamma"),
)
def compound_scaling(rng):
    yield case("the network itself", 0, group="phi", expect=(1.0, 1.0, 1.0))
    yield case("one step", 1, group="phi", expect=(1.2, 1.1, 1.15))
    yield case("two steps", 2, group="phi", expect=(1.44, 1.21, 1.3225))
    for phi in sorted(rng.choice(range(3, 9), 2, replace=False)):
        yield case(f"{phi} steps", int(phi), group="phi")
    phi = round(float(rng.uniform(0.2, 0.8)), 2)
    yield case("less than a step", phi, group="phi")


def _scaled(change):
    return lambda phi, alpha=1.2, beta=1.1, gamma=1.15: change(phi, alpha, beta, gamma)


def _times(phi, constants, place):
    return tuple(constant * phi if place == number else constant**phi for number, constant in enumerate(constants))


compound_scaling.mistake(
    "multiplied",
    "The constants are multiplied by phi. Each step multiplies the network that is there by the constant, so phi steps "
    "multiply it phi times.",
    _scaled(lambda phi, a, b, g: (a * phi, b * phi, g * phi)),
)
for _place, _name in enumerate(("depth", "width", "resolution")):
    compound_scaling.mistake(
        f"{_name}-multiplied",
        f"The factor for the {_name} is its constant times phi; phi steps multiply by the constant phi times, which is "
        "a power.",
        _scaled(lambda phi, *constants, place=_place: _times(phi, constants, place)),
    )
compound_scaling.mistake(
    "added",
    "Each step adds the same amount; it multiplies what is there by the constant.",
    _scaled(lambda phi, a, b, g: (1 + (a - 1) * phi, 1 + (b - 1) * phi, 1 + (g - 1) * phi)),
)
compound_scaling.mistake(
    "wrong-order",
    "Width and resolution are exchanged: the order is depth, width, resolution.",
    _scaled(lambda phi, a, b, g: (a**phi, g**phi, b**phi)),
)
compound_scaling.mistake(
    "depth-and-width-exchanged",
    "Depth and width are exchanged: alpha belongs to the layers, beta to the channels.",
    _scaled(lambda phi, a, b, g: (b**phi, a**phi, g**phi)),
)
compound_scaling.mistake(
    "squared",
    "Width and resolution are squared. Squares come in when multiplications are counted; the channels themselves grow "
    "by beta, the sides by gamma.",
    _scaled(lambda phi, a, b, g: (a**phi, b ** (2 * phi), g ** (2 * phi))),
)
compound_scaling.mistake(
    "phi-ignored", "The three constants come back whatever phi is.", _scaled(lambda phi, a, b, g: (a, b, g))
)
compound_scaling.mistake(
    "one-step-more",
    "This is one step too many: with phi = 0 the network stays as it is, and every factor is 1.",
    _scaled(lambda phi, a, b, g: (a ** (phi + 1), b ** (phi + 1), g ** (phi + 1))),
)
compound_scaling.hint(
    "With phi = 0 nothing changes, with phi = 1 the layers become alpha times as many. And with phi = 2?"
)
compound_scaling.hint("The same factor phi times: that is a power.")
