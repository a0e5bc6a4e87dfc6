"""Further mistakes of notebook 02: slips in the loops that most learners write."""

from __future__ import annotations

from math import prod

import numpy as np

from dlcourse import pooling as reference
from dlcourse.checking.exercise import Topic


def add_slips(topic: Topic) -> None:
    """Tell the exercises of the topic what else goes wrong."""
    for name, add in SLIPS.items():
        add(topic.exercises[name])


def _forward(
    window=lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f, left : left + f, c],
    start=lambda h, w, stride, f: (h * stride, w * stride),
    ranges=lambda n_H, n_W: (range(n_H), range(n_W)),
    size=lambda n_H, n_W: (n_H, n_W),
    place=lambda i, h, w, c: (i, h, w, c),
    pools=(np.max, np.mean),
):
    """The loops of the assignment with one thing changed."""

    def variant(A_prev, hparameters, mode="max"):
        f, stride = hparameters["f"], hparameters["stride"]
        n_H, n_W = size(*((n - f) // stride + 1 for n in A_prev.shape[1:3]))
        A = np.zeros((len(A_prev), n_H, n_W, A_prev.shape[3]))
        pool = pools[mode == "average"]
        rows, columns = ranges(n_H, n_W)
        for i in range(len(A)):
            for h in rows:
                for w in columns:
                    top, left = start(h, w, stride, f)
                    for c in range(A.shape[3]):
                        A[place(i, h, w, c)] = pool(window(A_prev, i, top, left, f, c))
        return A, None

    return variant


def _pool_forward(exercise):
    def window(shown):
        return _forward(window=shown)

    exercise.mistake(
        "whole-map",
        "The maximum or mean is that of a whole channel; a window is f by f and begins at h * stride, w * stride.",
        window(lambda A_prev, i, top, left, f, c: A_prev[i, :, :, c]),
    )
    exercise.mistake(
        "whole-image",
        "The maximum or mean is that of the whole image, all channels together; a window is f by f, of one channel.",
        window(lambda A_prev, i, top, left, f, c: A_prev[i]),
    )
    exercise.mistake(
        "across-images",
        "The window goes through all images of the batch at once: is i used where the window is cut out?",
        window(lambda A_prev, i, top, left, f, c: A_prev[:, top : top + f, left : left + f, c]),
    )
    exercise.mistake(
        "image-index-left-out",
        "The image's index i is left out where the window is cut out, so images are taken for rows: A_prev[i, rows, "
        "columns, c].",
        window(lambda A_prev, i, top, left, f, c: A_prev[top : top + f, left : left + f, c]),
    )
    exercise.also(
        "image-index-left-out", window(lambda A_prev, i, top, left, f, c: A_prev[top : top + f, left : left + f])
    )
    exercise.mistake(
        "one-channel-for-all",
        "Every channel gets the result of the first: is c used where the window is cut out?",
        window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f, left : left + f, 0]),
    )
    exercise.also("stride-is-f", _forward(start=lambda h, w, stride, f: (h * f, w * f)))
    exercise.mistake(
        "window-of-another-size",
        "The windows are not f by f: one that begins at row r ends at r + f, which the slice r : r + f leaves out.",
        window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f + 1, left : left + f + 1, c]),
    )
    exercise.also(
        "window-of-another-size",
        window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f - 1, left : left + f - 1, c]),
    )
    exercise.mistake(
        "window-without-an-end",
        "The window has no beginning or no end in one direction: a window is cut out by rows and by columns, "
        "f of each.",
        window(lambda A_prev, i, top, left, f, c: A_prev[i, top : top + f, :, c]),
    )
    for shown in (
        lambda A_prev, i, top, left, f, c: A_prev[i, :, left : left + f, c],
        lambda A_prev, i, top, left, f, c: A_prev[i, top:, left:, c],
    ):
        exercise.also("window-without-an-end", window(shown))
    exercise.mistake(
        "stride-in-one-direction",
        "The stride moves the windows in one direction only: both the row and the column where a window begins are "
        "multiplied by it.",
        _forward(start=lambda h, w, stride, f: (h * stride, w)),
    )
    exercise.also("stride-in-one-direction", _forward(start=lambda h, w, stride, f: (h, w * stride)))
    exercise.mistake(
        "range-of-the-height-twice",
        "Both loops run over the same size, so part of A stays 0: h runs over n_H and w over n_W.",
        _forward(ranges=lambda n_H, n_W: (range(n_H), range(n_H))),
    )
    exercise.also("range-of-the-height-twice", _forward(ranges=lambda n_H, n_W: (range(n_W), range(n_W))))
    exercise.mistake(
        "ranges-exchanged",
        "The ranges of the loops are exchanged: h, the row, runs over n_H and w, the column, over n_W.",
        _forward(ranges=lambda n_H, n_W: (range(n_W), range(n_H))),
    )
    exercise.mistake(
        "rows-and-columns-exchanged",
        "Row and column change places between the window and A: what is seen at row h, column w belongs to "
        "A[i, h, w, c].",
        _forward(place=lambda i, h, w, c: (i, w, h, c)),
    )
    exercise.mistake(
        "smallest",
        'The smallest number of the window is taken; in mode "max" it is the largest.',
        _forward(pools=(np.min, np.mean)),
    )
    exercise.also("width-from-height", _forward(size=lambda n_H, n_W: (n_H, n_H)))
    exercise.also("width-from-height", _forward(size=lambda n_H, n_W: (n_W, n_W)))
    exercise.mistake(
        "average-left-out-and-stride",
        "Two things: the mean is never taken, and the windows still move by 1.",
        _forward(start=lambda h, w, stride, f: (h, w), pools=(np.max, np.max)),
    )


def _create_mask(exercise):
    exercise.mistake(
        "number",
        "This is the largest number itself. Asked for is a mask of the window's shape: compare the window with it.",
        lambda x: x.max(),
    )
    exercise.mistake(
        "above-the-mean", "Every number above the mean is marked; only the largest may be.", lambda x: x > x.mean()
    )
    exercise.mistake(
        "nothing-marked",
        "No number is marked: where the window is equal to its maximum, the mask is True.",
        np.zeros_like,
    )
    exercise.mistake(
        "everything-marked", "Every number is marked: only the place of the largest gets True.", lambda x: x == x
    )
    exercise.also("everything-marked", lambda x: x <= x.max())
    exercise.also("smallest", lambda x: np.arange(x.size).reshape(x.shape) == x.argmin())
    exercise.mistake(
        "rows-of-the-place",
        "The whole row or column of the largest number is marked: np.argmax counts through the whole window, and "
        "np.unravel_index turns that into row and column.",
        lambda x: (x == x.max()).any(axis=1, keepdims=True) & np.ones(x.shape, bool),
    )
    exercise.also("rows-of-the-place", lambda x: (x == x.max()).any(axis=0, keepdims=True) & np.ones(x.shape, bool))


def _distribute_value(exercise):
    exercise.mistake(
        "precedence",
        "dz / n_H * n_W divides by n_H and multiplies by n_W: the product of the sides needs brackets.",
        lambda dz, shape: np.full(shape, dz / shape[0] * shape[1]),
    )
    exercise.mistake(
        "multiplied",
        "dz is multiplied by the number of places; it is shared out, so divide.",
        lambda dz, shape: np.full(shape, dz * prod(shape)),
    )
    exercise.also("one-side", lambda dz, shape: np.full(shape, dz / shape[1]))
    exercise.also("height-squared", lambda dz, shape: np.full(shape, dz / shape[1] ** 2))
    exercise.also("precedence", lambda dz, shape: np.full(shape, dz / (shape[0] / shape[1])))


def _backward(
    hand,
    start=lambda h, w, stride: (h * stride, w * stride),
    upstream=lambda dA, i, h, w, c, top, left: dA[i, h, w, c],
    add=lambda old, new: old + new,
    window=lambda top, left, f: (slice(top, top + f), slice(left, left + f)),
):
    """The loops of the way back; `hand(window, dz, mode, its gradient so far)` gives what a window hands back."""

    def variant(dA, cache, mode="max"):
        A_prev, hparameters = cache
        f, stride = hparameters["f"], hparameters["stride"]
        dA_prev = np.zeros(A_prev.shape)
        for i, h, w, c in np.ndindex(dA.shape):
            top, left = start(h, w, stride)
            place = (i, *window(top, left, f), c)
            dz = upstream(dA, i, h, w, c, top, left)
            dA_prev[place] = add(dA_prev[place], hand(A_prev[place], dz, mode, dA_prev[place]))
        return dA_prev

    return variant


def _right(window, dz, mode, old):
    return _mask(window) * dz if mode == "max" else np.full(window.shape, dz / window.size)


def _mask(window):
    return reference.create_mask_from_window(window)


def _in_mode(only, hand):
    return lambda window, dz, mode, old: (hand if mode == only else _right)(window, dz, mode, old)


def _pool_backward(exercise):
    exercise.mistake(
        "max-overwritten",
        'In mode "max" each pixel keeps only the last window\'s gradient (`=` for `+=`): windows overlap, so add up.',
        _only_max(_backward(_right, add=lambda old, new: new)),
    )
    exercise.mistake(
        "average-overwritten",
        'In mode "average" each pixel keeps only the last window\'s share (`=` for `+=`): windows overlap, so add up.',
        _only_average(_backward(_right, add=lambda old, new: new)),
    )
    exercise.mistake(
        "dA-at-the-input's-place",
        "dA is read where the window begins in A_prev; its own place is h, w: dA[i, h, w, c].",
        _backward(_right, upstream=lambda dA, i, h, w, c, top, left: dA[i, top, left, c]),
    )
    exercise.also("dA-at-the-input's-place", _only_max(exercise.mistakes[-1].variant))
    exercise.also("dA-at-the-input's-place", _only_average(exercise.mistakes[-1].variant))
    exercise.mistake(
        "modes-exchanged",
        'The two modes are exchanged: "max" is shared out, and "average" goes to the largest number.',
        lambda dA, cache, mode="max": reference.pool_backward(dA, cache, "average" if mode == "max" else "max"),
    )
    exercise.mistake(
        "mask-of-the-gradient",
        "The mask is made of dA_prev, which is being filled; it is made of A_prev's window: where was the maximum?",
        _backward(_in_mode("max", lambda window, dz, mode, old: (old == old.max()) * dz)),
    )
    exercise.also("mask-of-the-gradient", _backward(_in_mode("max", lambda window, dz, mode, old: _mask(old) * dz)))
    exercise.mistake(
        "only-the-last-mode",
        'In mode "average" nothing is handed back: which word is the mode compared with? It is "average".',
        _backward(_in_mode("average", lambda window, dz, mode, old: 0 * window)),
    )
    exercise.mistake(
        "max-hands-nothing-back",
        'In mode "max" nothing is handed back: which word is the mode compared with? It is "max".',
        _backward(_in_mode("max", lambda window, dz, mode, old: 0 * window)),
    )
    exercise.mistake(
        "minus",
        "The gradients are taken away where they are added up (`-=` for `+=`).",
        _backward(_right, add=lambda old, new: old - new),
    )
    exercise.also("minus", _only_max(_backward(_right, add=lambda old, new: old - new)))
    exercise.also("minus", _only_average(_backward(_right, add=lambda old, new: old - new)))
    exercise.mistake(
        "divided-by-the-gradient",
        "The mask is divided by the gradient; it is multiplied by it, and is 0 elsewhere.",
        _backward(_in_mode("max", lambda window, dz, mode, old: _mask(window) / dz)),
    )
    exercise.mistake(
        "multiplied-by-the-window",
        'In mode "average" the gradient is multiplied by the size of the window; the numbers share it.',
        _backward(_in_mode("average", lambda window, dz, mode, old: np.full(window.shape, dz * window.size))),
    )
    exercise.mistake(
        "mean-of-the-window",
        'In mode "average" the numbers of A_prev play a part; an average hands back equal shares, whatever they are.',
        _backward(_in_mode("average", lambda window, dz, mode, old: np.full(window.shape, window.mean() * dz))),
    )
    exercise.also("mask-through-channels", _only_max(lambda dA, cache, mode="max": _mask_of_all_channels(dA, cache)))
    exercise.mistake(
        "window-without-an-end",
        "The place in dA_prev has no beginning or no end: output (h, w) looked at the rows from h * stride "
        "to h * stride + f and at the columns from w * stride to w * stride + f, and at no others.",
        _backward(_right, window=lambda top, left, f: (slice(None), slice(left, left + f))),
    )
    for window in (
        lambda top, left, f: (slice(top, top + f), slice(None)),
        lambda top, left, f: (slice(None, top + f), slice(left, left + f)),
        lambda top, left, f: (slice(top, None), slice(left, left + f)),
        lambda top, left, f: (slice(top, top + f), slice(None, left + f)),
        lambda top, left, f: (slice(top, top + f), slice(left, None)),
        lambda top, left, f: (slice(top, None), slice(left, None)),
    ):
        exercise.also("window-without-an-end", _backward(_right, window=window))
        exercise.also("window-without-an-end", _only_max(_backward(_right, window=window)))


def _only_max(variant):
    return lambda dA, cache, mode="max": (variant if mode == "max" else reference.pool_backward)(dA, cache, mode)


def _only_average(variant):
    return lambda dA, cache, mode="max": (variant if mode == "average" else reference.pool_backward)(dA, cache, mode)


def _mask_of_all_channels(dA, cache):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        window = A_prev[i, h * stride : h * stride + f, w * stride : w * stride + f]
        dA_prev[i, h * stride : h * stride + f, w * stride : w * stride + f, c] += (
            window[:, :, c] == window.max()
        ) * dA[i, h, w, c]
    return dA_prev


def _table(out=None, count=None, first=0, size=None):
    """The right loop with one number changed: `out` gives height or width, `count` the parameters."""

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


def _layer_table(exercise):
    size = {
        "first-place-missing": (
            "Heights and widths are one too small: the first place of the filter counts too, the + 1.",
            [lambda axis, n, pad, layer, right: right - 1],
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
                lambda axis, n, pad, layer, right: (
                    right if axis == 0 else (n + 2 * pad - layer["f"]) / layer["stride"] + 1
                ),
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
        "square": ("The width is computed from the height; images need not be square.", []),
    }
    for key, (message, outs) in size.items():
        if key == "square":
            exercise.mistake(key, message, _square)
            continue
        exercise.mistake(key, message, _table(outs[0]))
        for out in outs[1:]:
            exercise.also(key, _table(out))
        for kind in ("conv",) if key == "padding-once" else ("conv", "pool"):
            exercise.also(key, _table(_of(kind, outs[0])))
    exercise.mistake(
        "padded-in-one-direction",
        "One side of the image is computed in another way than the other: height and width follow one formula.",
        _table(lambda axis, n, pad, layer, right: right if axis else (n - layer["f"]) // layer["stride"] + 1),
    )
    exercise.mistake(
        "parameters-of-the-new-shape",
        "The parameters are counted with the shape that comes out; weights meet what comes in. Count before `shape` is "
        "changed.",
        _table(
            count=lambda kind, before, shape, layer, right: {
                "conv": lambda: (layer["f"] ** 2 * shape[-1] + 1) * layer["filters"],
                "dense": lambda: (prod(shape) + 1) * layer["units"],
                "pool": lambda: 0,
            }[kind]()
        ),
    )
    exercise.also(
        "parameters-of-the-new-shape",
        _table(
            count=lambda kind, before, shape, layer, right: (
                (prod(shape) + 1) * layer["units"] if kind == "dense" else right
            )
        ),
    )
    exercise.mistake(
        "size-of-the-channels",
        "The second number of a row is how many numbers come out, height times width times channels.",
        _table(size=lambda shape: shape[-1]),
    )
    exercise.also("size-of-the-channels", _table(size=sum))
    exercise.also("size-of-the-channels", _table(size=lambda shape: prod(shape[:2])))
    exercise.mistake("input-with-parameters", "The input has no parameters: its row ends with 0.", _table(first=1))
    exercise.shows(
        "one-column-of-the-table",
        "One column of the table is wrong and the other two are right: shape, numbers, parameters. Compare "
        "the first row that differs with the formula for its layer.",
        _one_column,
    )


def _of(kind, out):
    return lambda axis, n, pad, layer, right: out(axis, n, pad, layer, right) if layer["kind"] == kind else right


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


SLIPS = {
    "pool_forward": _pool_forward,
    "create_mask_from_window": _create_mask,
    "distribute_value": _distribute_value,
    "pool_backward": _pool_backward,
    "layer_table": _layer_table,
}
