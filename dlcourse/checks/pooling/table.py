"""The exercise of notebook 02 on a whole network: `layer_table`."""

from __future__ import annotations

from math import prod

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.pooling.shared import lenet, topic


def _random_convolution(rng):
    f = int(rng.integers(2, 5))
    return {
        "kind": "conv",
        "f": f,
        "stride": int(rng.integers(1, 3)),
        "pad": int(rng.integers(1, 3)),
        "filters": int(rng.integers(4, 20)),
    }


def _random_pool(rng):
    return {"kind": "pool", "f": 3, "stride": int(rng.integers(1, 3))}


@topic.exercise(reference=reference.layer_table, section="A whole network, layer by layer")
def layer_table(rng):
    size = (int(rng.integers(20, 30)), int(rng.integers(31, 40)), 3)
    yield case("one convolution", [_random_convolution(rng)], size, group="convolutions and pools")
    yield case("one pool", [_random_pool(rng)], (14, 17, 5), group="convolutions and pools")
    yield case(
        "three layers on a rectangular image",
        [_random_convolution(rng), _random_pool(rng), _random_convolution(rng)],
        size,
        group="convolutions and pools",
    )
    even = (2 * int(rng.integers(10, 15)), 2 * int(rng.integers(16, 20)), 4)
    moved_by_two = {**_random_convolution(rng), "f": 3, "stride": 2}
    yield case("a convolution that leaves a rest", [moved_by_two], even, group="convolutions and pools")
    yield case(
        "a pool that leaves a rest", [{"kind": "pool", "f": 3, "stride": 2}], even, group="convolutions and pools"
    )
    units = [int(n) for n in rng.integers(5, 40, size=3)]
    dense = [{"kind": "dense", "units": n} for n in units]
    yield case("a row of numbers and dense layers", dense, (int(rng.integers(10, 90)),), group="dense layers")
    yield case("an image and one dense layer", dense[:1], size, group="dense layers")
    for first, counts in ((8, (608, 0, 3216, 0, 48120, 10164, 850)), (6, (456, 0, 2416, 0, 48120, 10164, 850))):
        shapes = [(28, 28, first), (14, 14, first), (10, 10, 16), (5, 5, 16), (120,), (84,), (10,)]
        rows = [((32, 32, 3), 3072, 0), *((s, int(np.prod(s)), p) for s, p in zip(shapes, counts, strict=True))]
        yield case(
            f"the network of the notes with {first} filters",
            lenet(first),
            (32, 32, 3),
            group="a whole network",
            expect=rows,
        )


def _table(layers, input_shape, count=None, rows=lambda rows: rows, **changed):
    """The right table with other parameters where count(layer, shape before) gives a number."""
    table = reference.layer_table(
        [{**layer, **{k: v for k, v in changed.items() if k in layer}} for layer in layers], input_shape
    )
    if count is not None:
        for number, layer in enumerate(layers, start=1):
            shape, size, parameters = table[number]
            other = count(layer, table[number - 1][0])
            table[number] = (shape, size, parameters if other is None else other)
    return rows(table)


layer_table.mistake(
    "no-input-row",
    "The table begins with the first layer; its first row is the input itself, with 0 parameters.",
    lambda layers, input_shape: _table(layers, input_shape, rows=lambda rows: rows[1:]),
)
layer_table.mistake(
    "channels-left-out",
    "A filter has f * f weights for each channel of what comes in; these channels are left out.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: (layer["f"] ** 2 + 1) * layer["filters"] if layer["kind"] == "conv" else None,
    ),
)
layer_table.mistake(
    "one-bias",
    "One bias is counted for each layer; every filter and every unit has its own. See 'A whole network, layer by "
    "layer'.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: {
            "conv": lambda: layer["f"] ** 2 * shape[-1] * layer["filters"] + 1,
            "dense": lambda: int(np.prod(shape)) * layer["units"] + 1,
            "pool": lambda: 0,
        }[layer["kind"]](),
    ),
)
layer_table.mistake(
    "no-bias",
    "The biases are not counted: each filter has one, and each unit.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: {
            "conv": lambda: layer["f"] ** 2 * shape[-1] * layer["filters"],
            "dense": lambda: int(np.prod(shape)) * layer["units"],
            "pool": lambda: 0,
        }[layer["kind"]](),
    ),
)
layer_table.mistake(
    "pool-parameters",
    "Pools are counted with parameters. They have none: a maximum has nothing to learn.",
    lambda layers, input_shape: _table(
        layers,
        input_shape,
        lambda layer, shape: (layer["f"] ** 2 * shape[-1] + 1) * shape[-1] if layer["kind"] == "pool" else None,
    ),
)
layer_table.mistake(
    "no-padding",
    "The padding of the convolutions is left out of their output's size.",
    lambda layers, input_shape: _table(layers, input_shape, pad=0),
)
layer_table.mistake(
    "no-stride",
    "The stride is left out of the output's size.",
    lambda layers, input_shape: _table(layers, input_shape, stride=1),
)
layer_table.mistake(
    "last-axis-only",
    "A dense layer after a volume has a weight for each of its numbers, not for each channel only.",
    lambda layers, input_shape: _table(
        layers, input_shape, lambda layer, shape: (shape[-1] + 1) * layer["units"] if layer["kind"] == "dense" else None
    ),
)


def _walk(out=None, count=None, first=0, size=None, prod=prod):
    """The right loop with one number changed: `out` gives height or width, `count` the parameters; `prod` may
    cut off what is no whole number."""

    def variant(layers, input_shape):
        shape = tuple(input_shape)
        rows = [(shape, prod(shape), first)]
        for layer in layers:
            kind, before = layer["kind"], shape
            if kind == "dense":
                shape = (layer["units"],)
                parameters = (prod(before) + 1) * layer["units"]
            else:
                pad = layer.get("pad", 0)
                right = [(n + 2 * pad - layer["f"]) // layer["stride"] + 1 for n in before[:2]]
                sides = [
                    right[axis] if out is None else out(axis, n, pad, layer, right[axis])
                    for axis, n in enumerate(before[:2])
                ]
                shape = (*sides, layer.get("filters", before[2]))
                parameters = (layer["f"] ** 2 * before[2] + 1) * layer["filters"] if kind == "conv" else 0
            if count is not None:
                parameters = count(kind, before, shape, layer, parameters)
            rows.append((shape, prod(shape) if size is None else size(shape), parameters))
        return rows

    return variant


def _of(kind, out):
    return lambda axis, n, pad, layer, right: out(axis, n, pad, layer, right) if layer["kind"] == kind else right


def _whole_prod(shape):
    return int(prod(shape))


def _along(one_axis, out):
    return lambda axis, n, pad, layer, right: out(axis, n, pad, layer, right) if axis == one_axis else right


def _square(layers, input_shape):
    if len(input_shape) == 1:
        return reference.layer_table(layers, input_shape)
    return [(tuple(input_shape), prod(input_shape), 0)] + reference.layer_table(
        layers, (input_shape[0], input_shape[0], *input_shape[2:])
    )[1:]


def _one_column(args, expected, got):
    if not isinstance(got, (list, tuple)) or len(got) != len(expected):
        return False
    wrong = {
        column
        for left, right in zip(expected, got, strict=True)
        for column in range(3)
        if not isinstance(right, (list, tuple)) or len(right) != 3 or _differ(left[column], right[column])
    }
    return len(wrong) == 1


def _differ(left, right):
    try:
        return not np.array_equal(np.asarray(left, float), np.asarray(right, float))
    except (TypeError, ValueError):
        return True


WRONG_SIZES = {
    "first-place-missing": (
        "Heights and widths are one too small: the first place of the filter counts too, the + 1.",
        [lambda axis, n, pad, layer, right: right - 1],
    ),
    "one-subtracted": (
        "Heights and widths are two too small: the 1 at the end of the formula, for the first place, is added.",
        [lambda axis, n, pad, layer, right: right - 2],
    ),
    "one-too-many": (
        "Heights and widths are one too large: the filter's first place is counted once, + 1.",
        [lambda axis, n, pad, layer, right: right + 1],
    ),
    "padding-once": (
        "The padding is counted once; it lies on both sides.",
        [lambda axis, n, pad, layer, right: (n + pad - layer["f"]) // layer["stride"] + 1],
    ),
    "rounded-up": (
        "Where the last step does not fit, the size is rounded up: it is rounded down.",
        [lambda axis, n, pad, layer, right: -(-(n + 2 * pad - layer["f"]) // layer["stride"]) + 1],
    ),
    "fraction": (
        "A height or width is a fraction where the last step does not fit: // rounds down.",
        [
            lambda axis, n, pad, layer, right: (n + 2 * pad - layer["f"]) / layer["stride"] + 1,
            lambda axis, n, pad, layer, right: right if axis == 0 else (n + 2 * pad - layer["f"]) / layer["stride"] + 1,
            lambda axis, n, pad, layer, right: right if axis else (n + 2 * pad - layer["f"]) / layer["stride"] + 1,
        ],
    ),
    "filter-left-out": (
        "The filter's size is left out or added; it takes away room: n + 2 pad - f.",
        [
            lambda axis, n, pad, layer, right: (n + 2 * pad) // layer["stride"] + 1,
            lambda axis, n, pad, layer, right: (n + 2 * pad + layer["f"]) // layer["stride"] + 1,
        ],
    ),
}
for key, (message, outs) in WRONG_SIZES.items():
    layer_table.mistake(key, message, _walk(outs[0]))
    for out in outs[1:]:
        layer_table.also(key, _walk(out))
    for kind in ("conv",) if key == "padding-once" else ("conv", "pool"):
        layer_table.also(key, _walk(_of(kind, outs[0])))
        for one_axis in (0, 1):  # height and width stand in lines of their own, and one of them is right
            for out in outs[:2]:
                layer_table.also(key, _walk(_of(kind, _along(one_axis, out))))
            if key == "fraction":
                layer_table.also(key, _walk(_of(kind, _along(one_axis, outs[0])), prod=_whole_prod))
    if key == "fraction":
        layer_table.also(key, _walk(outs[0], prod=_whole_prod))
layer_table.mistake("square", "The width is computed from the height; images need not be square.", _square)
layer_table.mistake(
    "padded-in-one-direction",
    "One side of the image is computed in another way than the other: height and width follow one formula.",
    _walk(lambda axis, n, pad, layer, right: right if axis else (n - layer["f"]) // layer["stride"] + 1),
)
layer_table.mistake(
    "parameters-of-the-new-shape",
    "The parameters are counted with the shape that comes out; weights meet what comes in. Count before `shape` is "
    "changed.",
    _walk(
        count=lambda kind, before, shape, layer, right: {
            "conv": lambda: (layer["f"] ** 2 * shape[-1] + 1) * layer["filters"],
            "dense": lambda: (prod(shape) + 1) * layer["units"],
            "pool": lambda: 0,
        }[kind]()
    ),
)
layer_table.also(
    "parameters-of-the-new-shape",
    _walk(
        count=lambda kind, before, shape, layer, right: (prod(shape) + 1) * layer["units"] if kind == "dense" else right
    ),
)
layer_table.mistake(
    "size-of-the-channels",
    "The second number of a row is how many numbers come out, height times width times channels.",
    _walk(size=lambda shape: shape[-1]),
)
layer_table.also("size-of-the-channels", _walk(size=sum))
layer_table.also("size-of-the-channels", _walk(size=lambda shape: prod(shape[:2])))
layer_table.mistake("input-with-parameters", "The input has no parameters: its row ends with 0.", _walk(first=1))
layer_table.shows(
    "one-column-of-the-table",
    "One column of the table is wrong and the other two are right: shape, numbers, parameters. Compare "
    "the first row that differs with the formula for its layer.",
    _one_column,
)
layer_table.hint("Walk through the layers with one variable `shape`: what comes out of one layer goes into the next.")
layer_table.hint("For conv and pool: height and width by (n + 2 pad - f) // stride + 1; for dense: the shape (units,).")
layer_table.hint(
    "Parameters: (f * f * channels before + 1) * filters; 0; (numbers before + 1) * units, where np.prod(shape) "
    "counts the numbers."
)
