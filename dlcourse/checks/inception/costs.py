"""The exercises of notebook 06 on multiplications: a convolution, and a bottleneck of two."""

from __future__ import annotations

import math

from dlcourse import inception as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.inception.shared import topic

# conv_cost


def _shape(rng, low=8, high=40):
    """Height, width and channels that cannot be taken for one another."""
    n_H, n_W = (int(n) for n in rng.choice(range(low, high), 2, replace=False))
    return n_H, n_W, int(rng.integers(high, 2 * high))


@topic.exercise(
    reference=reference.conv_cost,
    section="What a convolution costs",
    aliases={"n_C": "filters", "f_size": "f", "kernel_size": "f", "strides": "stride"},
)
def conv_cost(rng):
    one, larger, valid = ({"group": group} for group in ("stride 1", "larger strides", "padding 'valid'"))
    yield case(
        "a 5x5 convolution, 28x28x192 to 32 channels", (28, 28, 192), 32, 5, 1, "same", expect=120_422_400, **one
    )
    yield case("1x1, 28x28x192 to 16 channels", (28, 28, 192), 16, 1, 1, "same", expect=2_408_448, **one)
    yield case("rows and columns differ", _shape(rng), int(rng.integers(2, 8)), 3, 1, "same", **one)
    yield case("stride 2, an even image", (6, 8, 3), 4, 3, 2, "same", expect=3 * 4 * 4 * 27, **larger)
    yield case("stride 2 that leaves a rest", (7, 9, 3), 4, 3, 2, "same", expect=4 * 5 * 4 * 27, **larger)
    yield case("stride 4", _shape(rng), int(rng.integers(2, 8)), 5, 4, "same", **larger)
    yield case("no padding", (6, 8, 3), 10, 3, 1, "valid", expect=4 * 6 * 10 * 27, **valid)
    valid |= {"besides": ("larger strides",)}
    yield case("no padding, stride 2", (7, 9, 2), 3, 3, 2, "valid", expect=3 * 4 * 3 * 18, **valid)
    yield case("no padding, stride 2 that leaves a rest", (6, 8, 2), 3, 3, 2, "valid", expect=2 * 3 * 3 * 18, **valid)
    yield case("no padding, stride 3", _shape(rng), int(rng.integers(2, 8)), 7, 3, "valid", **valid)


def _cost(size=None, each=lambda f, n_C_prev: f * f * n_C_prev, filters=True):
    """conv_cost with the output's size, the products of each of its numbers, or the filters changed."""

    def right(n, f, stride, padding):
        return math.ceil(n / stride) if padding == "same" else (n - f) // stride + 1

    def variant(input_shape, count, f, stride=1, padding="same"):
        n_H, n_W, n_C_prev = input_shape
        rows, columns = ((size or right)(n, f, stride, padding) for n in (n_H, n_W))
        return rows * columns * (count if filters else 1) * each(f, n_C_prev)

    return variant


def _with_the_bias(input_shape, filters, f, stride=1, padding="same"):
    return _cost(each=lambda f, n_C_prev: f * f * n_C_prev + 1)(input_shape, filters, f, stride, padding)


for _key, _message, _variant in (
    (
        "channels-forgotten",
        "The channels of the input are left out: a filter is as deep as its input, so each number needs "
        "f * f * n_C_prev multiplications.",
        _cost(each=lambda f, n_C_prev: f * f),
    ),
    (
        "f-not-squared",
        "A filter is f wide and f high: f * f products for each channel.",
        _cost(each=lambda f, n_C_prev: f * n_C_prev),
    ),
    (
        "one-filter",
        "This is the cost of one filter; each number of the output, in all its channels, must be computed.",
        _cost(filters=False),
    ),
    (
        "input-size",
        "The size of the input is taken for that of the output: with a stride, or without padding, there are fewer "
        "numbers to compute.",
        _cost(size=lambda n, f, stride, padding: n),
    ),
    (
        "stride-ignored",
        "The stride is left out: with a stride of 2 the filter is laid on every second row and column only.",
        _cost(size=lambda n, f, stride, padding: n if padding == "same" else n - f + 1),
    ),
    (
        "padding-ignored",
        "The padding is left out: with 'valid' the filter must fit into the image, so there are fewer places for it.",
        _cost(size=lambda n, f, stride, padding: math.ceil(n / stride)),
    ),
    (
        "always-valid",
        "With padding 'same' the output has ceil(n / stride) rows and columns; here it has those of 'valid'.",
        _cost(size=lambda n, f, stride, padding: (n - f) // stride + 1),
    ),
    (
        "rounded-down",
        "With padding 'same' a stride that leaves a rest still has a place for it: n / stride is rounded up.",
        _cost(size=lambda n, f, stride, padding: n // stride if padding == "same" else (n - f) // stride + 1),
    ),
    (
        "not-rounded",
        "Where the stride leaves a rest, the number of places is a fraction; round it, up for 'same', down for "
        "'valid'.",
        _cost(size=lambda n, f, stride, padding: n / stride if padding == "same" else (n - f) / stride + 1),
    ),
    (
        "valid-not-rounded",
        "With padding 'valid' a stride that leaves a rest has no place for it: (n - f) / stride is rounded down.",
        _cost(size=lambda n, f, stride, padding: math.ceil(n / stride) if padding == "same" else (n - f) / stride + 1),
    ),
    (
        "one-added-too-early",
        "With padding 'valid' the first place is added after dividing: (n - f) // stride + 1. Here it is divided too.",
        _cost(size=lambda n, f, stride, padding: math.ceil(n / stride) if padding == "same" else (n - f + 1) // stride),
    ),
    (
        "paddings-exchanged",
        "The paddings are exchanged: with 'same' there are ceil(n / stride) rows, with 'valid' (n - f) // stride + 1.",
        _cost(size=lambda n, f, stride, padding: math.ceil(n / stride) if padding != "same" else (n - f) // stride + 1),
    ),
    (
        "one-forgotten",
        "With padding 'valid' the first place is forgotten: (n - f) // stride steps, and one place more than steps.",
        _cost(size=lambda n, f, stride, padding: math.ceil(n / stride) if padding == "same" else (n - f) // stride),
    ),
    (
        "one-subtracted",
        "With padding 'valid' one is taken away; it is added: (n - f) // stride + 1.",
        _cost(size=lambda n, f, stride, padding: math.ceil(n / stride) if padding == "same" else (n - f) // stride - 1),
    ),
    (
        "additions-counted",
        "This is twice the number: with the additions. Only multiplications are counted here.",
        _cost(each=lambda f, n_C_prev: 2 * f * f * n_C_prev),
    ),
    ("bias-counted", "The bias is counted as a multiplication; it is added.", _with_the_bias),
    (
        "parameters",
        "These are the weights of the filters. Each of them is used in every place where the filter lies.",
        _cost(size=lambda n, f, stride, padding: 1),
    ),
    (
        "stride-once",
        "The stride shortens one direction only; it holds for rows and columns.",
        lambda input_shape, filters, f, stride=1, padding="same": (
            reference.conv_cost((input_shape[0], 1, input_shape[2]), filters, f, stride, "same") * input_shape[1]
            if padding == "same"
            else reference.conv_cost((input_shape[0], f, input_shape[2]), filters, f, stride, "valid")
            * (input_shape[1] - f + 1)
        ),
    ),
):
    conv_cost.mistake(_key, _message, _variant)


def _places(rows, columns):
    """conv_cost with a size of its own for each direction."""

    def variant(input_shape, filters, f, stride=1, padding="same"):
        n_H, n_W, n_C_prev = input_shape
        return rows(n_H, f, stride, padding) * columns(n_W, f, stride, padding) * filters * f * f * n_C_prev

    return variant


def _same(size):
    return lambda n, f, stride, padding: size(n, stride) if padding == "same" else (n - f) // stride + 1


def _valid(size):
    return lambda n, f, stride, padding: math.ceil(n / stride) if padding == "same" else size(n, f, stride)


_right = _same(lambda n, stride: math.ceil(n / stride))
for _key, _message, _wrong in (
    (
        "times-the-stride",
        "With padding 'same' a size is multiplied by the stride; larger strides leave fewer places: ceil(n / stride).",
        _same(lambda n, stride: math.ceil(n * stride)),
    ),
    (
        "filter-added",
        "With padding 'valid' f is added to a size; a filter that must fit takes it away: (n - f) // stride + 1.",
        _valid(lambda n, f, stride: (n + f) // stride + 1),
    ),
    (
        "two-added",
        "With padding 'valid' two places are added to the steps; there is one place more than steps: "
        "(n - f) // stride + 1.",
        _valid(lambda n, f, stride: (n - f) // stride + 2),
    ),
):
    conv_cost.mistake(_key, _message, _places(_wrong, _wrong))
    conv_cost.also(_key, _places(_wrong, _right))
    conv_cost.also(_key, _places(_right, _wrong))
for _key, _wrong in (
    ("one-forgotten", _valid(lambda n, f, stride: (n - f) // stride)),
    ("one-subtracted", _valid(lambda n, f, stride: (n - f) // stride - 1)),
    ("valid-not-rounded", _valid(lambda n, f, stride: (n - f) / stride + 1)),
):
    conv_cost.also(_key, _places(_wrong, _right))
    conv_cost.also(_key, _places(_right, _wrong))
conv_cost.hint("How many numbers has the output? How many multiplications does one of them take?")
conv_cost.hint(
    "The rows: ceil(n_H / stride) with padding 'same', (n_H - f) // stride + 1 with 'valid'. The columns too."
)
conv_cost.hint("One number is a sum of f * f * n_C_prev products.")


# bottleneck_cost


@topic.exercise(
    reference=reference.bottleneck_cost,
    section="The bottleneck",
    aliases={"n_C": "filters", "bottleneck": "reduced", "n_reduced": "reduced"},
    companions=("conv_cost",),
)
def bottleneck_cost(rng):
    yield case(
        "28x28x192, reduced to 16, 5x5 to 32 channels",
        (28, 28, 192),
        16,
        32,
        5,
        group="the example",
        expect=2_408_448 + 10_035_200,
    )
    yield case("the same block with 3x3 filters", (28, 28, 192), 16, 32, 3, group="the example")
    for f in (3, 5, 7):
        reduced, filters = (int(n) for n in rng.choice(range(2, 30), 2, replace=False))
        title = f"reduced to {reduced}, {f}x{f} to {filters} channels"
        yield case(title, _shape(rng), reduced, filters, f, group="others")


def _bottleneck(first, second):
    def variant(input_shape, reduced, filters, f):
        n_H, n_W, n_C_prev = input_shape
        names = {"n": n_C_prev, "r": reduced, "k": filters, "f": f, "1": 1}
        costs = [
            reference.conv_cost((n_H, n_W, names[given]), names[count], names[size]) if given else 0
            for given, count, size in (first, second)
        ]
        return sum(costs)

    return variant


NOTHING = ("", "", "")
for _key, _message, _first, _second in (
    ("second-only", "The 1x1 convolution costs something too: both are added up.", NOTHING, ("r", "k", "f")),
    ("first-only", "The fxf convolution behind the 1x1 is missing.", ("n", "r", "1"), NOTHING),
    (
        "no-bottleneck",
        "This is the cost without a bottleneck: the fxf convolution reads the reduced channels, not the input's.",
        NOTHING,
        ("n", "k", "f"),
    ),
    (
        "second-reads-the-input",
        "The fxf convolution reads what the 1x1 made: `reduced` channels, not those of the input.",
        ("n", "r", "1"),
        ("n", "k", "f"),
    ),
    ("first-is-large", "The first convolution is 1x1; here it is fxf.", ("n", "r", "f"), ("r", "k", "f")),
    ("second-is-1x1", "The second convolution is fxf; here it is 1x1.", ("n", "r", "1"), ("r", "k", "1")),
    (
        "exchanged",
        "The 1x1 convolution makes as many channels as the block has at its end; it makes `reduced`, and the fxf makes "
        "`filters` of them.",
        ("n", "k", "1"),
        ("k", "r", "f"),
    ),
):
    bottleneck_cost.mistake(_key, _message, _bottleneck(_first, _second))


def _both(input_shape, reduced, filters, f):
    return reference.conv_cost(input_shape, reduced, 1), reference.conv_cost((*input_shape[:2], reduced), filters, f)


bottleneck_cost.mistake(
    "multiplied",
    "The two costs are multiplied; one convolution runs after the other, so they are added.",
    lambda input_shape, reduced, filters, f: math.prod(_both(input_shape, reduced, filters, f)),
)
bottleneck_cost.mistake("two-numbers", "Two numbers come back; the exercise asks for one: add them up.", _both)
bottleneck_cost.hint("Two convolutions one after the other: two calls of conv_cost.")
bottleneck_cost.hint("Which shape does the second one read? The padding keeps height and width.")
