"""The exercises of notebook 16 on the way back through convolutions over one and over three axes."""

from __future__ import annotations

import numpy as np

from dlcourse import dimensions as reference
from dlcourse.checking.exercise import case, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checks.dimensions.parts import BACKWARD, FORWARD, cut, layer, on, padded, topic, windows_of

OPTIONS = {"outputs": ("dA_prev", "dW", "db"), "by_output": True, "weights": {"dA_prev": 2.0, "dW": 2.0}}


def _cached(axes, dZ, *given):
    return dZ, made(f"conv{axes}d_forward", *given, take=1, otherwise=given)


def _case(rng, axes, title, group, numerical=False, **shape):
    given = layer(rng, bias=True, **shape)
    dZ = rng.normal(size=FORWARD[axes](*given)[0].shape)
    if not numerical:
        return case(title, *_cached(axes, dZ, *given), group=group)
    *arrays, hparameters = given

    def with_(place, value):
        return FORWARD[axes](*arrays[:place], value, *arrays[place + 1 :], hparameters)[0]

    expect = tuple(
        numerical_gradient(lambda x, place=place: with_(place, x), array, dZ) for place, array in enumerate(arrays)
    )
    return case(title, *_cached(axes, dZ, *given), group=group, expect=expect, tolerance=1e-7)


def _by_hand(axes):
    """One filter as large as its input: dW is the input and dA_prev the filter, both times dZ."""
    sizes, shape = (2,) * axes, (1,) * (axes + 2)
    A_prev, W = (np.arange(start, start + 2.0**axes).reshape(sizes) for start in (1, 11))
    given = A_prev[None, ..., None], W[..., None, None], np.zeros(shape), {"stride": 1, "pad": 0}
    expect = 10 * W[None, ..., None], 10 * A_prev[..., None, None], np.full(shape, 10.0)
    title = f"{' x '.join('2' * axes)} numbers under a filter as large, by hand"
    return case(title, *_cached(axes, np.full(shape, 10.0), *given), group="without a border", expect=expect)


# without a border only where nothing else is difficult: x[pad:-pad], which is empty then, raises
@topic.exercise(reference=reference.conv1d_backward, section="The way back", companions=("conv1d_forward",), **OPTIONS)
def conv1d_backward(rng):
    yield _by_hand(1)
    yield _case(rng, 1, "one signal, one filter", "without a border", m=1, sizes=(5,), n_C_prev=1, n_C=1)
    yield _case(rng, 1, "finite differences", "stride 1", True, m=2, sizes=(4,), n_C_prev=2, n_C=3, pad=1)
    yield _case(rng, 1, "several signals, channels and filters", "stride 1", m=3, sizes=(6,), pad=1)
    yield _case(rng, 1, "as many channels as filters", "stride 1", m=2, sizes=(5,), n_C_prev=3, n_C=3, pad=1)
    yield _case(rng, 1, "a filter of 5", "stride 1", m=2, sizes=(7,), n_C_prev=2, n_C=2, f=5, pad=1)
    yield _case(rng, 1, "padding 2", "padding", m=2, sizes=(5,), n_C_prev=2, n_C=3, pad=2)
    yield _case(rng, 1, "stride 2", "stride", m=2, sizes=(7,), n_C_prev=2, n_C=3, stride=2, pad=1)
    yield _case(rng, 1, "stride 2 that leaves a rest", "stride", m=2, sizes=(8,), n_C_prev=2, n_C=2, stride=2, pad=1)
    yield _case(rng, 1, "padding 2 and stride 3", "stride", m=2, sizes=(9,), n_C_prev=2, n_C=2, stride=3, pad=2)


@topic.exercise(
    reference=reference.conv3d_backward,
    section="The way back through a volume",
    companions=("conv3d_forward",),
    **OPTIONS,
)
def conv3d_backward(rng):
    small = {"m": 2, "n_C_prev": 2, "n_C": 2}
    yield _by_hand(3)
    yield _case(rng, 3, "one volume, one filter", "without a border", m=1, sizes=(3, 3, 3), n_C_prev=1, n_C=1, f=2)
    yield _case(rng, 3, "finite differences", "stride 1", True, m=1, sizes=(2, 1, 2), n_C_prev=2, n_C=2, f=2, pad=1)
    yield _case(rng, 3, "volumes with three sizes", "stride 1", sizes=(2, 3, 4), f=2, pad=1, **small)
    yield _case(rng, 3, "three filters on two channels", "stride 1", m=1, sizes=(3, 2, 2), n_C_prev=2, n_C=3, pad=1)
    yield _case(rng, 3, "padding 2", "padding", m=1, sizes=(1, 2, 1), n_C_prev=1, n_C=2, pad=2)
    yield _case(rng, 3, "stride 2", "stride", m=1, sizes=(3, 3, 5), n_C_prev=2, n_C=2, stride=2, pad=1)
    yield _case(rng, 3, "stride 2 that leaves a rest", "stride", sizes=(4, 5, 2), stride=2, pad=1, **small)


# Wrong variants


def _backward(axes, change):
    """A wrong variant that changes the three right gradients."""

    def variant(dZ, cache):
        A_prev, W, b, hparameters = cache
        return change(dZ, A_prev, W, b, hparameters, *BACKWARD[axes](dZ, cache))

    return variant


def _window_by_window(to_input=True, to_weights=True):
    """`=` for `+=`: the last window, filter and example win, in dA_prev, in dW, or in both."""

    def change(dZ, A, W, b, h, dA, dW, db):
        A_pad = padded(A, h["pad"])
        dA_pad, last = np.zeros_like(A_pad), np.zeros_like(dW)
        for place, window in windows_of(dZ, len(W), h["stride"]):
            dz = dZ[(slice(None), *place)]
            dA_pad[(slice(None), *window)] = dz[:, -1].reshape(-1, *(1,) * (W.ndim - 1)) * W[..., -1]
            last = A_pad[(-1, *window)][..., None] * dz[-1]
        return cut(dA_pad, A, h["pad"]) if to_input else dA, last if to_weights else dW, db

    return change


def _not_strided(axes, moving=()):
    """Windows that move by 1 on the way back along all but the axes in `moving`."""

    def change(dZ, A, W, b, h, dA, dW, db):
        stride, A_pad = h["stride"], padded(A, h["pad"])
        thick = [(n - 1) * (stride if axis in moving else 1) + 1 for axis, n in enumerate(dZ.shape[1:-1])]
        dense = np.zeros((len(dZ), *thick, dZ.shape[-1]))
        dense[(slice(None), *(slice(None, None, stride if axis in moving else 1) for axis in range(axes)))] = dZ
        used = A_pad[(slice(None), *(slice(n + len(W) - 1) for n in thick))]
        part, dW, db = BACKWARD[axes](dense, (used, W, b, {"stride": 1, "pad": 0}))
        dA_pad = np.zeros_like(A_pad)
        dA_pad[tuple(slice(n) for n in used.shape)] = part
        return cut(dA_pad, A, h["pad"]), dW, db

    return change


def _border_kept(axes):
    return lambda dZ, A, W, b, h, dA, dW, db: (
        BACKWARD[axes](dZ, (padded(A, h["pad"]), W, b, {**h, "pad": 0}))[0],
        dW,
        db,
    )


def _cut_at_the_end(axes):
    """All of the border is taken off behind, so that what comes back is shifted."""

    def change(dZ, A, W, b, h, dA, dW, db):
        whole = _border_kept(axes)(dZ, A, W, b, h, dA, dW, db)[0]
        return whole[tuple(slice(n) for n in A.shape)], dW, db

    return change


def _unpadded(axes):
    """dW from the input without its border: windows over the end are cut short."""

    def change(dZ, A, W, b, h, dA, dW, db):
        longer = padded(A, 0, after=2 * h["pad"])
        return dA, BACKWARD[axes](dZ, (longer, W, b, {**h, "pad": 0}))[1], db

    return change


def _thin_window(axes):
    """A window of one place along the first axis, stretched over the filter; the gradient for the place is summed."""

    def change(dZ, A, W, b, h, dA, dW, db):
        return dA, np.broadcast_to(dW[:1], dW.shape), db

    return change


def _rotated(axes):
    turned = on(axes, slice(None, None, -1))[1:]
    return lambda dZ, A, W, b, h, dA, dW, db: (BACKWARD[axes](dZ, (A, W[turned], b, h))[0], dW, db)


def _both(exercise, axes, what, section):
    for key, message, change in (
        (
            "filter-rotated",
            "dA_prev uses the filter turned round. Each number of the input gets back the very weight that it met on "
            f"the way forth. See '{section}'.",
            _rotated(axes),
        ),
        (
            "overwritten",
            "Windows overlap, so gradients must be added up: dA_prev holds only the last one (`=` for `+=`).",
            _window_by_window(to_weights=False),
        ),
        (
            "dW-overwritten",
            "dW keeps only the last window's share: a filter meets many windows, so add up (`+=`).",
            _window_by_window(to_input=False),
        ),
        (
            "dA-and-dW-overwritten",
            "dA_prev and dW keep only what came last: windows overlap and filters are shared, so add up (`+=`).",
            _window_by_window(),
        ),
        (
            "all-overwritten",
            "All three gradients keep only what came last: what is shared or overlaps adds up (`+=` in all three "
            "lines).",
            lambda dZ, A, W, b, h, dA, dW, db: (
                *_window_by_window()(dZ, A, W, b, h, dA, dW, db)[:2],
                dZ.reshape(-1, dZ.shape[-1])[-1].reshape(b.shape),
            ),
        ),
        (
            "stride-forgotten",
            "The windows move by 1 on the way back; they must begin where they began on the way forth.",
            _not_strided(axes),
        ),
        (
            "border-kept",
            "dA_prev still has the border of the padding: cut it off before returning.",
            _border_kept(axes),
        ),
        (
            "cut-at-the-end",
            "The border is cut off at one end only, and dA_prev is shifted: pad places come off in front, too.",
            _cut_at_the_end(axes),
        ),
        (
            "nothing-written-back",
            "dA_prev stays 0: what was gathered in the padded array is never copied into it. Cut the border off, and "
            "return what is left.",
            lambda dZ, A, W, b, h, dA, dW, db: (0 * dA, dW, db),
        ),
        (
            "unpadded",
            f"dW is computed from the {what}s without their border; use the padded ones, as on the way forth.",
            _unpadded(axes),
        ),
        (
            "averaged",
            f"dW and db are divided by the number of {what}s. The mean belongs to the loss; it is already in dZ.",
            lambda dZ, A, W, b, h, dA, dW, db: (dA, dW / len(dZ), db / len(dZ)),
        ),
        (
            "dW-averaged",
            f"dW is divided by the number of {what}s. The mean belongs to the loss; it is already in dZ.",
            lambda dZ, A, W, b, h, dA, dW, db: (dA, dW / len(dZ), db),
        ),
        (
            "db-averaged-over-examples",
            f"db is divided by the number of {what}s. The mean belongs to the loss; it is already in dZ.",
            lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, db / len(dZ)),
        ),
        (
            "db-averaged",
            "db is a mean of dZ; a bias is added everywhere, so its gradient is a sum.",
            lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, db * dZ.shape[-1] / dZ.size),
        ),
        (
            "db-over-filters",
            "db sums over the filters too; each filter has a bias of its own.",
            lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, np.full_like(b, dZ.sum())),
        ),
        (
            "db-last-place",
            f"db holds the gradient of one place only: is it added up over all {what}s and places?",
            lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, dZ.reshape(-1, dZ.shape[-1])[-1].reshape(b.shape)),
        ),
        (
            "last-example-only",
            f"dW holds the gradient of the last {what} only: it must be added up over the batch.",
            lambda dZ, A, W, b, h, dA, dW, db: (dA, BACKWARD[axes](dZ[-1:], (A[-1:], W, b, h))[1], db),
        ),
        (
            "dZ-of-one-filter",
            "Every filter gets the gradient of the first: is c used in dZ?",
            lambda dZ, A, W, b, h, dA, dW, db: BACKWARD[axes](
                np.repeat(dZ[..., :1], dZ.shape[-1], axis=-1), (A, W, b, h)
            ),
        ),
        (
            "dA-of-one-filter",
            "dA_prev hears of one filter only: every filter sends its gradient back, and they add up.",
            lambda dZ, A, W, b, h, dA, dW, db: (
                BACKWARD[axes](dZ[..., -1:], (A, W[..., -1:], b[..., -1:], h))[0],
                dW,
                db,
            ),
        ),
        (
            "one-place-of-the-window",
            "dW grows by one slice of the window, stretched over the filter; it grows by the whole window times dZ.",
            _thin_window(axes),
        ),
        (
            "minus",
            "Gradients are taken away where they are added up (`-=` for `+=`, or a minus).",
            lambda dZ, A, W, b, h, dA, dW, db: (-dA, dW, db),
        ),
    ):
        exercise.mistake(key, message, _backward(axes, change))
    exercise.also("minus", _backward(axes, lambda dZ, A, W, b, h, dA, dW, db: (dA, -dW, db)))
    exercise.also("minus", _backward(axes, lambda dZ, A, W, b, h, dA, dW, db: (dA, dW, -db)))
    exercise.also(
        "dA-of-one-filter",
        _backward(
            axes,
            lambda dZ, A, W, b, h, dA, dW, db: (BACKWARD[axes](dZ[..., :1], (A, W[..., :1], b[..., :1], h))[0], dW, db),
        ),
    )
    for wrong, what_it_is in (
        ("dA_prev", "each window of it grows by W[..., c] * dZ in this place and filter"),
        ("dW", "W[..., c]'s gradient grows by the window times dZ in this place and filter"),
        ("db", "it is the sum, for each filter, of all its dZ"),
    ):
        exercise.place(
            f"only-{wrong}",
            f"Only {wrong} is wrong, in another way than those known here: {what_it_is}. See '{section}'.",
            [wrong],
        )


_both(conv1d_backward, 1, "signal", "The way back")
conv1d_backward.hint("Begin with arrays of zeros in the shapes of A_prev (padded), W and b; everything is added up.")
conv1d_backward.hint("Z[i, t, c] = sum(window * W[:, :, c]) + b[c]. What is its derivative by the window? By W? By b?")
conv1d_backward.hint(
    "Three loops as on the way forth. In each place the window's gradient grows by W[:, :, c] * dZ[i, t, c], that of "
    "W[:, :, c] by window * dZ[i, t, c], that of b by dZ[i, t, c]. The border is cut off at the end."
)

_both(conv3d_backward, 3, "volume", "The way back through a volume")
for _key, _message, _moving in (
    (
        "depth-not-strided",
        "Along the depth the windows move by 1 on the way back; they must begin at d * stride, as on the way forth.",
        (1, 2),
    ),
    (
        "only-the-depth-strided",
        "Along rows and columns the windows move by 1 on the way back; the stride belongs to all three axes.",
        (0,),
    ),
):
    conv3d_backward.mistake(_key, _message, _backward(3, _not_strided(3, _moving)))
conv3d_backward.hint("Your conv1d_backward, with d, h and w in place of t: three slices make the window.")
conv3d_backward.hint("Windows and gradients live on the padded volume; its border comes off all three axes at the end.")
conv3d_backward.hint(
    "In each place the window's gradient grows by W[..., c] * dZ[i, d, h, w, c], that of W[..., c] by window * "
    "dZ[i, d, h, w, c], that of b[..., c] by dZ[i, d, h, w, c]."
)
