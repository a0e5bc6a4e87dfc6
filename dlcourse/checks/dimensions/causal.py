"""The exercise of notebook 16 on convolutions that see only what has been."""

from __future__ import annotations

import numpy as np

from dlcourse import dimensions as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.dimensions.parts import topic


def _signals(rng, m=2, T=8, n_C_prev=2, n_C=3, f=3):
    return rng.normal(size=(m, T, n_C_prev)), rng.normal(size=(f, n_C_prev, n_C))


@topic.exercise(
    reference=reference.causal_conv1d,
    section="Only what has been",
    aliases={"X": "x", "A_prev": "x", "filters": "W", "w": "W", "dilation_rate": "dilation"},
)
def causal_conv1d(rng):
    bang = np.array([0.0, 1, 0, 0, 0, 0]).reshape(1, 6, 1)
    W = np.array([3.0, 2, 1]).reshape(3, 1, 1)
    now, later = np.array([0.0, 1, 2, 3, 0, 0]), np.array([0.0, 1, 0, 2, 0, 3])
    yield case("a bang and the filter 3, 2, 1", bang, W, 1, group="neighbours", expect=now.reshape(1, 6, 1))
    yield case("one channel, one filter", *_signals(rng, 1, 7, 1, 1), 1, group="neighbours")
    yield case("several signals, channels and filters", *_signals(rng, 3, 6, 2, 4), 1, group="neighbours")
    yield case("as many channels as filters", *_signals(rng, 2, 5, 3, 3, f=2), 1, group="neighbours")
    yield case("a filter of one step", *_signals(rng, 2, 4, 3, 2, f=1), 1, group="neighbours")
    yield case("the bang, dilation 2", bang, W, 2, group="dilation", expect=later.reshape(1, 6, 1))
    yield case("dilation 2", *_signals(rng, 2, 9, 2, 3), 2, group="dilation")
    yield case("dilation 3, a filter of 4", *_signals(rng, 1, 12, 2, 2, f=4), 3, group="dilation")
    yield case("dilation 4, a filter of 2", *_signals(rng, 2, 7, 1, 2, f=2), 4, group="dilation")
    short, dilated = "short signals", ("dilation",)
    yield case("two steps and a filter of four", *_signals(rng, 2, 2, 2, 2, f=4), 1, group=short)
    far = _signals(rng, 2, 3, 2, 2)
    yield case("a filter that reaches far beyond the beginning", *far, 5, group=short, besides=dilated)
    yield case("a signal of one step", *_signals(rng, 2, 1, 2, 3), 2, group=short, besides=dilated)


def _gathered(x, W, steps):
    """The sum over the weights k of x, `steps(k)` steps earlier (later, below 0), times W[k]."""
    y = np.zeros((*x.shape[:2], W.shape[2]))
    T = x.shape[1]
    for k, weights in enumerate(W):
        back = steps(k)
        if abs(back) < T:
            to, since = slice(max(back, 0), T + min(back, 0)), slice(max(-back, 0), T + min(-back, 0))
            y[:, to] += x[:, since] @ weights
    return y


def _variant(steps):
    """steps(k, f, dilation): how far back weight k looks."""
    return lambda x, W, dilation=1: _gathered(x, W, lambda k: steps(k, len(W), dilation))


for _key, _message, _wrong in (
    (
        "looks-ahead",
        "The output looks ahead: what comes out at step t may not depend on a later step. All zeros go in front.",
        _variant(lambda k, f, dilation: -k * dilation),
    ),
    (
        "same",
        "Half of the zeros stand in front and half behind, as for 'same': the filter is laid around the present, and "
        "sees the future. All of them go in front.",
        _variant(lambda k, f, dilation: (f - 1) * dilation // 2 - k * dilation),
    ),
    (
        "filter-reversed",
        "The filter is reversed: its last weight meets the present, and its first one what is furthest back.",
        _variant(lambda k, f, dilation: k * dilation),
    ),
    (
        "dilation-ignored",
        "The dilation is left out: from one weight to the next it goes back by so many steps.",
        _variant(lambda k, f, dilation: f - 1 - k),
    ),
    (
        "not-the-present",
        "The present is not seen: the last weight meets x[t], so the sum ends at t and not before it.",
        _variant(lambda k, f, dilation: (f - k) * dilation),
    ),
    (
        "one-step-late",
        "Everything comes one step too late, because one zero too many stands in front: f weights have f - 1 gaps.",
        _variant(lambda k, f, dilation: (f - 1 - k) * dilation + 1),
    ),
    (
        "padded-for-neighbours",
        "The zeros in front are f - 1, as for neighbours; with a dilation the filter reaches (f - 1) * dilation back.",
        _variant(lambda k, f, dilation: f - 1 - k * dilation),
    ),
    (
        "dilation-less-one",
        "The gap is one step too small or too large: weight k and weight k + 1 lie dilation steps apart, so that 1 "
        "means neighbours.",
        _variant(lambda k, f, dilation: (f - 1 - k) * (dilation + 1)),
    ),
    (
        "stride-for-dilation",
        "The steps of the output are taken further apart; with a dilation it is the weights, and every step of the "
        "output is computed.",
        lambda x, W, dilation=1: reference.causal_conv1d(x, W, 1)[:, ::dilation],
    ),
    (
        "no-zeros",
        "No zeros are put in front, so the first (f - 1) * dilation outputs are missing: the output is as long as x.",
        lambda x, W, dilation=1: reference.causal_conv1d(x, W, dilation)[:, (len(W) - 1) * dilation :],
    ),
    (
        "channels-not-summed",
        "Only the first channel of the input is used; a filter spans all of them.",
        lambda x, W, dilation=1: reference.causal_conv1d(x[..., :1], W[:, :1], dilation),
    ),
    (
        "one-filter-for-all",
        "Every channel of the output comes from the first filter.",
        lambda x, W, dilation=1: np.repeat(reference.causal_conv1d(x, W[..., :1], dilation), W.shape[2], axis=2),
    ),
    (
        "wrapped-round",
        "The beginning sees the end: an index below 0, or np.roll, takes the last steps of the signal. Before the "
        "first step there are zeros.",
        lambda x, W, dilation=1: sum(
            np.roll(x, (len(W) - 1 - k) * dilation, axis=1) @ weights for k, weights in enumerate(W)
        ),
    ),
):
    causal_conv1d.mistake(_key, _message, _wrong)
causal_conv1d.also("dilation-less-one", _variant(lambda k, f, dilation: (f - 1 - k) * (dilation - 1)))
causal_conv1d.raises(
    "sizes-at-the-beginning",
    "At the beginning the window is shorter than the filter: put (f - 1) * dilation zeros in front of the signal.",
    r"together with shapes \(\d+,\d+\) \(\d+,\d+",
)
causal_conv1d.hint("How far back does the first weight look? So many zeros are needed in front.")
causal_conv1d.hint("With them in front, the window of step t is x_pad[:, t : t + (f - 1) * dilation + 1 : dilation].")
causal_conv1d.hint("Or weight by weight: W[k] meets x_pad[:, k * dilation : k * dilation + T], all steps at once.")
