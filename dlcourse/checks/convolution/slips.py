"""Further mistakes of notebook 01: slips in the loops that most learners write."""

from __future__ import annotations

import numpy as np

from dlcourse import convolution as reference
from dlcourse.checking.exercise import Topic


def add_slips(topic: Topic) -> None:
    """Tell the exercises of the topic what else goes wrong."""
    for name, add in SLIPS.items():
        add(topic.exercises[name])


def _zero_pad(exercise):
    exercise.shows(
        "border-not-zero",
        "The images are in their places, but the border around them holds other numbers than zeros. np.empty "
        "leaves what stood in the memory before; np.zeros does not. See 'Padding'.",
        _images_in_place,
    )
    exercise.mistake(
        "padding-once",
        "The border is half as wide as it should be, or on one side only: it takes 2 * pad from edge to edge.",
        lambda X, pad: np.pad(X, ((0, 0), (pad, 0), (pad, 0), (0, 0))),
    )


def _images_in_place(args, expected, got):
    X, pad = args
    inside = np.s_[:, pad : pad + X.shape[1], pad : pad + X.shape[2]]
    return pad > 0 and np.shape(got) == expected.shape and np.array_equal(np.asarray(got)[inside], X)


def _places(n, f, pad, stride):
    return (n + 2 * pad - f) // stride + 1


def _conv_output_size(exercise):
    exercise.also("precedence", lambda n, f, pad, stride: int(n - f + 2 * pad / stride) + 1)
    exercise.also("precedence", lambda n, f, pad, stride: int(n - f / stride + 2 * pad) + 1)
    exercise.mistake(
        "stride-forgotten",
        "The stride is left out: a filter that moves by 2 stands in half as many places. See 'Stride and output size'.",
        lambda n, f, pad, stride: n + 2 * pad - f + 1,
    )
    exercise.mistake(
        "filter-added",
        "f is added; the filter takes away room: n + 2 pad - f. See 'Stride and output size'.",
        lambda n, f, pad, stride: (n + f + 2 * pad) // stride + 1,
    )
    exercise.mistake(
        "padding-subtracted",
        "The padding is taken away; it makes the image larger: n + 2 pad.",
        lambda n, f, pad, stride: (n - f - 2 * pad) // stride + 1,
    )
    exercise.also("padding-subtracted", lambda n, f, pad, stride: int((n - f - 2 * pad) / stride) + 1)
    exercise.mistake(
        "padding-forgotten",
        "The padding is left out: with it the image has n + 2 pad pixels.",
        lambda n, f, pad, stride: (n - f) // stride + 1,
    )
    exercise.mistake(
        "stride-multiplied",
        "The travel of the filter is multiplied by the stride; larger steps are fewer, so divide.",
        lambda n, f, pad, stride: (n + 2 * pad - f) * stride + 1,
    )
    exercise.mistake(
        "first-place-taken-off",
        "1 is taken off where it should be added: the place where the filter begins counts too.",
        lambda n, f, pad, stride: (n + 2 * pad - f) // stride - 1,
    )
    exercise.mistake(
        "one-too-many",
        "One place too many is counted: the first place counts once.",
        lambda n, f, pad, stride: (n + 2 * pad - f) // stride + 2,
    )


def _same(n, f, stride, outputs=None, total=None, split=lambda t: (t // 2, t - t // 2)):
    outputs = -(-n // stride) if outputs is None else outputs(n, f, stride)
    wanted = (outputs - 1) * stride + f - n if total is None else total(outputs, n, f, stride)
    return split(max(wanted, 0))


def _same_padding(exercise):
    def with_(**changed):
        return lambda n, f, stride: _same(n, f, stride, **changed)

    exercise.also("stride-ignored", lambda n, f, stride: ((f - 1) // 2, (f - 1) // 2))
    exercise.also("keeps-n", lambda n, f, stride: (((n - 1) * stride + f - n) // 2,) * 2)
    exercise.mistake(
        "half-of-a-pixel",
        "Half of an odd number is no whole number: t // 2 rounds the first part down, and the rest comes after.",
        with_(split=lambda t: (t / 2, t / 2)),
    )
    exercise.mistake(
        "output-rounded-down",
        "The output has n / stride pixels, rounded up; here it is rounded down, and the last pixels are left out.",
        with_(outputs=lambda n, f, stride: n // stride),
    )
    exercise.mistake(
        "first-place-missing",
        "One step too many: from the first place to the last there are one step fewer than places, (outputs "
        "- 1) * stride.",
        with_(total=lambda outputs, n, f, stride: outputs * stride + f - n),
    )
    exercise.mistake(
        "twice-the-half",
        "Where the total is odd, a pixel is lost: both sides get the half, rounded down. What is left comes after.",
        with_(split=lambda t: (t // 2, t // 2)),
    )
    exercise.mistake(
        "filter-forgotten",
        "The filter's own size is left out: the last window reaches f pixels beyond its beginning.",
        with_(total=lambda outputs, n, f, stride: (outputs - 1) * stride - n),
    )
    exercise.mistake(
        "one-in-the-sum",
        "The total is off by one or two pixels: it is (outputs - 1) * stride + f - n.",
        with_(total=lambda outputs, n, f, stride: (outputs - 1) * stride + f - n + 1),
    )
    exercise.also("one-in-the-sum", with_(total=lambda outputs, n, f, stride: (outputs - 2) * stride + f - n))
    exercise.also("one-in-the-sum", with_(total=lambda outputs, n, f, stride: (outputs + 1) * stride + f - n))
    exercise.mistake(
        "never-none",
        "Where no padding is needed it is 0; here it is never below 1.",
        lambda n, f, stride: (lambda t: (t // 2, t - t // 2))(max((-(-n // stride) - 1) * stride + f - n, 1)),
    )


def _conv_single_step(exercise):
    exercise.raises(
        "matrix-product",
        "@ and np.dot multiply matrices. One step multiplies number by number, with *, and then sums. See 'Volumes and "
        "filters'.",
        "matmul|not aligned",
    )
    exercise.mistake(
        "summed-along-one-axis",
        "The sum runs along one axis only; all products are summed to one number: np.sum without an axis.",
        lambda a, W, b: np.sum(a * W, axis=0) + b.item(),
    )
    exercise.mistake(
        "weights-added",
        "The filter is added to the slice; each number is multiplied by its weight. See 'Volumes and filters'.",
        lambda a, W, b: np.sum(a + W) + b.item(),
    )
    exercise.also("weights-added", lambda a, W, b: np.sum(a / W) + b.item())
    exercise.mistake(
        "bias-subtracted", "The bias is subtracted; it is added.", lambda a, W, b: np.sum(a * W) - b.item()
    )
    exercise.mistake(
        "bias-multiplied", "The sum is multiplied by the bias; it is added.", lambda a, W, b: np.sum(a * W) * b.item()
    )
    exercise.also("bias-in-the-sum", lambda a, W, b: np.sum(a * W + b) + b.item())


def _forward(
    start=lambda h, w, stride: (h * stride, w * stride),
    size=lambda n_H, n_W: (n_H, n_W),
    ranges=lambda n_H, n_W: (range(n_H), range(n_W)),
    window=None,
    weights=lambda W, c: W[..., c],
    bias=lambda b, c: b[0, 0, 0, c],
    image=lambda A_pad, A_prev, i: A_pad[i],
    place=lambda i, h, w, c: (i, h, w, c),
):
    """The loops of the assignment with one thing changed."""

    def variant(A_prev, W, b, hparameters):
        stride, pad = hparameters["stride"], hparameters["pad"]
        f, n_C = W.shape[0], W.shape[3]
        n_H, n_W = size(*(_places(n, f, pad, stride) for n in A_prev.shape[1:3]))
        A_pad = reference.zero_pad(A_prev, pad)
        Z = np.zeros((len(A_prev), n_H, n_W, n_C))
        rows, columns = ranges(n_H, n_W)
        for i in range(len(A_prev)):
            seen = image(A_pad, A_prev, i)
            for h in rows:
                for w in columns:
                    top, left = start(h, w, stride)
                    part = seen[top : top + f, left : left + f] if window is None else window(seen, top, left, f)
                    for c in range(n_C):
                        Z[place(i, h, w, c)] = np.sum(part * weights(W, c)) + bias(b, c)
        return Z, None

    return variant


def _conv_forward(exercise):
    exercise.mistake(
        "unpadded",
        "The windows are taken from the images without their border, so those at the edge are cut short: "
        "take them from the padded images (A_prev_pad, not A_prev). See 'Padding'.",
        _forward(image=lambda A_pad, A_prev, i: A_prev[i]),
    )
    exercise.mistake(
        "stride-in-one-direction",
        "The stride moves the windows in one direction only: both the row and the column where a window begins are "
        "multiplied by it.",
        _forward(start=lambda h, w, stride: (h * stride, w)),
    )
    exercise.also("stride-in-one-direction", _forward(start=lambda h, w, stride: (h, w * stride)))
    exercise.mistake(
        "range-of-the-height-twice",
        "Both loops run over the same size, so part of Z stays 0: h runs over n_H and w over n_W; images "
        "need not be square.",
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
        "Row and column change places between the window and Z: what is seen at row h and column w belongs "
        "to Z[i, h, w, c].",
        _forward(place=lambda i, h, w, c: (i, w, h, c)),
    )
    exercise.mistake(
        "window-turned",
        "The window's rows begin at the column and its columns at the row: rows come first, a[rows, columns].",
        _forward(start=lambda h, w, stride: (w * stride, h * stride)),
    )
    exercise.mistake(
        "whole-image",
        "The filter meets the whole image; one step looks at one window of it, f by f. See 'One layer'.",
        _forward(window=lambda seen, top, left, f: seen),
    )
    exercise.mistake(
        "one-bias-for-all",
        "Every filter gets the bias of the first: is the loop's index used?",
        _forward(bias=lambda b, c: b[0, 0, 0, 0]),
    )
    exercise.mistake(
        "window-of-another-size",
        "The windows are longer or shorter than the filter: a window that begins at row r ends at r + f.",
        _forward(window=lambda seen, top, left, f: seen[top : top + f + 1, left : left + f + 1]),
    )
    exercise.also(
        "window-of-another-size",
        _forward(window=lambda seen, top, left, f: seen[top : top + f - 1, left : left + f - 1]),
    )
    exercise.mistake(
        "last-row-missing",
        "The last row and column are never reached: range(n_H) already ends at n_H - 1.",
        _forward(ranges=lambda n_H, n_W: (range(n_H - 1), range(n_W - 1))),
    )
    exercise.mistake(
        "stride-and-no-bias",
        "Two things: the windows still move by 1 (the stride must decide where one begins), and the bias is not added.",
        _forward(start=lambda h, w, stride: (h, w), bias=lambda b, c: 0.0),
    )
    exercise.mistake(
        "no-padding-and-no-bias",
        "Two things: the padding is left out, and the bias is not added.",
        lambda A_prev, W, b, hparameters: reference.conv_forward(A_prev, W, 0 * b, {**hparameters, "pad": 0}),
    )
    exercise.mistake(
        "no-padding-and-no-stride",
        "Two things: the padding is left out, and the windows move by 1 whatever the stride.",
        lambda A_prev, W, b, hparameters: reference.conv_forward(A_prev, W, b, {"stride": 1, "pad": 0}),
    )


def _backward(
    start=lambda h, w, stride: (h * stride, w * stride),
    to_input=lambda window, weights, dz, old: old + weights * dz,
    to_weights=lambda window, weights, dz, old: old + window * dz,
    to_bias=lambda dz, old: old + dz,
    upstream=lambda dZ, i, h, w, c: dZ[i, h, w, c],
    seen=lambda A_pad, A_prev: A_pad,
    begin=np.zeros_like,
    end=lambda dA_prev, dW, db, m: (dA_prev, dW, db),
):
    """The loops of the way back with one thing changed."""

    def variant(dZ, cache):
        A_prev, W, b, hparameters = cache
        stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
        m, n_H_prev, n_W_prev, _ = A_prev.shape
        A_pad = reference.zero_pad(A_prev, pad)
        dA_pad, dW, db = begin(A_pad), np.zeros(W.shape), np.zeros(W.shape[3])
        images = seen(A_pad, A_prev)
        for i, h, w, c in np.ndindex(dZ.shape):
            top, left = start(h, w, stride)
            place = np.s_[i, top : top + f, left : left + f]
            dz, window = upstream(dZ, i, h, w, c), images[place]
            dA_pad[place] = to_input(window, W[..., c], dz, dA_pad[place])
            dW[..., c] = to_weights(window, W[..., c], dz, dW[..., c])
            db[c] = to_bias(dz, db[c])
        dA_prev = dA_pad[:, pad : pad + n_H_prev, pad : pad + n_W_prev]
        return end(dA_prev, dW, db.reshape(1, 1, 1, -1), m)

    return variant


def _conv_backward(exercise):
    exercise.mistake(
        "nothing-written-back",
        "dA_prev stays 0: what was gathered in the padded array is never copied into it. Cut the border off, "
        "and return what is left.",
        _backward(end=lambda dA_prev, dW, db, m: (0 * dA_prev, dW, db)),
    )
    exercise.also("unpadded", _backward(seen=lambda A_pad, A_prev: A_prev))
    exercise.mistake(
        "dW-overwritten",
        "dW keeps only the last window's share: a filter meets many windows, so add up (`+=`).",
        _backward(to_weights=lambda window, weights, dz, old: window * dz),
    )
    exercise.mistake(
        "all-overwritten",
        "All three gradients keep only what came last: what is shared or overlaps adds up (`+=` in all three lines).",
        _backward(
            to_input=lambda window, weights, dz, old: weights * dz,
            to_weights=lambda window, weights, dz, old: window * dz,
            to_bias=lambda dz, old: dz,
        ),
    )
    exercise.mistake(
        "dA-and-dW-overwritten",
        "dA_prev and dW keep only what came last: windows overlap and filters are shared, so add up (`+=`).",
        _backward(
            to_input=lambda window, weights, dz, old: weights * dz,
            to_weights=lambda window, weights, dz, old: window * dz,
        ),
    )
    exercise.mistake(
        "dW-and-db-overwritten",
        "dW and db keep only what came last: filters and biases are shared by all places, so add up (`+=`).",
        _backward(to_weights=lambda window, weights, dz, old: window * dz, to_bias=lambda dz, old: dz),
    )
    exercise.mistake(
        "db-averaged-over-images",
        "db is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
        _backward(end=lambda dA_prev, dW, db, m: (dA_prev, dW, db / m)),
    )
    exercise.mistake(
        "dW-averaged-over-images",
        "dW is divided by the number of images. The mean belongs to the loss; it is already in dZ.",
        _backward(end=lambda dA_prev, dW, db, m: (dA_prev, dW / m, db)),
    )
    exercise.mistake(
        "pixel-for-the-window",
        "dW grows by one pixel of the input; it grows by the whole window that the filter met, times dZ.",
        _backward(to_weights=lambda window, weights, dz, old: old + window[:1, :1] * dz),
    )
    exercise.mistake(
        "dZ-of-one-filter",
        "Every filter gets the gradient of the first: is c used in dZ[i, h, w, c]?",
        _backward(upstream=lambda dZ, i, h, w, c: dZ[i, h, w, 0]),
    )
    exercise.mistake(
        "filter-and-window-exchanged",
        "Window and filter are exchanged: dA_prev grows by the filter times dZ, and dW by the window times "
        "dZ. See 'The way back'.",
        _backward(
            to_input=lambda window, weights, dz, old: old + window * dz,
            to_weights=lambda window, weights, dz, old: old + weights * dz,
        ),
    )
    exercise.mistake(
        "begun-with-the-images",
        "dA_prev begins with the images themselves; gradients are added up from zeros.",
        _backward(begin=np.copy),
    )
    exercise.mistake(
        "minus",
        "Gradients are taken away where they are added up (`-=` for `+=`, or a minus).",
        _backward(to_input=lambda window, weights, dz, old: old - weights * dz),
    )
    exercise.also("minus", _backward(to_weights=lambda window, weights, dz, old: old - window * dz))
    exercise.also("minus", _backward(to_bias=lambda dz, old: old - dz))
    exercise.mistake(
        "divided",
        "Something is divided by dZ; each share is a product with dZ[i, h, w, c]. See 'The way back'.",
        _backward(to_input=lambda window, weights, dz, old: old + weights / dz),
    )
    exercise.also("divided", _backward(to_weights=lambda window, weights, dz, old: old + window / dz))
    exercise.mistake(
        "stride-in-one-direction",
        "The stride moves the windows in one direction only; it belongs to rows and columns, as on the way forth.",
        _backward(start=lambda h, w, stride: (h * stride, w)),
    )
    exercise.also("stride-in-one-direction", _backward(start=lambda h, w, stride: (h, w * stride)))
    exercise.also("stride-forgotten", _backward(start=lambda h, w, stride: (h, w)))
    exercise.mistake(
        "window-turned",
        "The window's rows begin at the column and its columns at the row: rows come first, a[rows, columns].",
        _backward(start=lambda h, w, stride: (w * stride, h * stride)),
    )
    for wrong, message in (
        (
            "dA_prev",
            "Only dA_prev is wrong, in another way than those known here: each window of it grows by W[..., c] * ",
        ),
        (
            "dW",
            "Only dW is wrong, in another way than those known here: W[..., c]'s gradient grows by the window times ",
        ),
        ("db", "Only db is wrong, in another way than those known here: it is the sum, for each filter, of all its "),
    ):
        exercise.place(f"only-{wrong}", f"{message}dZ[i, h, w, c]. See 'The way back'.", [wrong])


def _conv_parameters(exercise):
    exercise.also("bias-for-each-channel", lambda f, p, c: f * f * p * c + p)
    exercise.also("f-not-squared", lambda f, p, c: (2 * f * p + 1) * c)
    exercise.mistake(
        "bias-taken-off",
        "The bias is taken off; a filter has f * f * n_C_prev weights and one bias more.",
        lambda f, p, c: (f * f * p - 1) * c,
    )
    exercise.mistake(
        "two-biases", "Two biases are counted for each filter; it has one.", lambda f, p, c: (f * f * p + 2) * c
    )
    exercise.mistake(
        "channels-added",
        "The channels are added to something; a filter has f * f weights for each of them, so multiply.",
        lambda f, p, c: (f * f + p + 1) * c,
    )
    exercise.also("channels-added", lambda f, p, c: f * f * p + 1 + c)
    exercise.mistake(
        "divided",
        "Something is divided here; parameters are counted by multiplying and adding.",
        lambda f, p, c: (f * f / p + 1) * c,
    )
    exercise.also("divided", lambda f, p, c: (f / f * p + 1) * c)
    exercise.also("divided", lambda f, p, c: (f * f * p + 1) / c)


SLIPS = {
    "zero_pad": _zero_pad,
    "conv_output_size": _conv_output_size,
    "same_padding": _same_padding,
    "conv_single_step": _conv_single_step,
    "conv_forward": _conv_forward,
    "conv_backward": _conv_backward,
    "conv_parameters": _conv_parameters,
}
