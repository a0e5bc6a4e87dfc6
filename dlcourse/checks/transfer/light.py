"""The exercise of notebook 08 on other light: shifts of the channels."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.probes.canonical import noise
from dlcourse.checks.transfer.chance import CHANCE, PICTURE, drawn, from_the_generator, generator_mistakes, named, topic
from dlcourse.checks.transfer.reading import Finding, most_of, related, results_of, uniform

RANGE = "the range"
ALIASES = {"images": "X", "x": "X", "generator": "rng", "maximum": "most"}


def grey_pictures(m, n_H, n_W):
    """Pictures between 0.35 and 0.65, the same for every seed."""
    return 0.5 + 0.15 * np.tanh(noise("grey pictures", (m, n_H, n_W, 3)))


def bright_pictures(m, n_H, n_W):
    """Pictures of all brightnesses, black and white among them, the same for every seed."""
    return np.clip(0.5 + 0.4 * noise("bright pictures", (m, n_H, n_W, 3)), 0, 1)


@topic.exercise(
    reference=reference.color_shift, name="color_shift", section="Other light", aliases=ALIASES, weights={PICTURE: 2.0}
)
def color_shift(rng):
    n_H, n_W = (int(n) for n in rng.permutation([3, 4, 5])[:2])
    most = float(rng.integers(20, 31)) / 100
    yield drawn(
        "pictures that stay between 0 and 1",
        grey_pictures(10, n_H, n_W),
        most,
        rng=rng,
        group=PICTURE,
        look=_look_at_shifted,
    )
    yield drawn(
        "400 pictures of 2x2", grey_pictures(200, 2, 2), most, rng=rng, group=CHANCE, look=_look_at_shifts, calls=2
    )
    yield drawn(
        "pictures with black and white", bright_pictures(20, 4, 4), most, rng=rng, group=RANGE, look=_look_at_range
    )
    yield from_the_generator(grey_pictures(10, 2, 3), 0.2, rng=rng)


def _shifts(got, pictures=grey_pictures):
    results, wrong = results_of(got)
    if wrong:
        return None, wrong
    return results - pictures(*got["shape"][:3]), None


def _look_at_shifted(got):
    shifts, wrong = _shifts(got)
    if wrong:
        return wrong
    if np.abs(shifts).max() < 1e-6:
        return Finding("nothing", "The pictures are what they were.")
    if np.ptp(shifts, axis=(2, 3)).max() > 1e-4:
        X = grey_pictures(*got["shape"][:3])
        factors = (shifts + X) / X
        if np.ptp(factors, axis=(2, 3)).max() < 1e-4:
            return Finding("multiplied", "Each channel is multiplied by a number; it should be added.")
        return Finding("each-pixel", "Pixels of one channel of one picture are shifted by different numbers.")
    if np.ptp(shifts, axis=4).max() < 1e-4:
        return Finding("grey", "All three channels of a picture are shifted by the same number.")
    return None


def _look_at_shifts(got):
    shifts, wrong = _shifts(got)
    if wrong:
        return wrong
    of_each = shifts[:, :, 0, 0]  # (calls, m, 3)
    most = most_of(got)
    channels = np.moveaxis(of_each, 2, 0)
    found = next(filter(None, (uniform(channel, most, "The shift of a channel") for channel in channels)), None)
    if found:
        return found
    if np.ptp(of_each, axis=2).max() > 1e-4 and related(channels[0], channels[1]):
        return Finding("related", "The shifts of two channels have to do with one another.")
    return None


def _look_at_range(got):
    results, wrong = results_of(got)
    if wrong:
        return wrong
    if results.min() < -1e-6 or results.max() > 1 + 1e-6:
        return Finding(
            "not-clipped",
            f"The result goes from {results.min():.2f} to {results.max():.2f}; brightness lies between 0 and 1.",
        )
    shifts, _ = _shifts(got, bright_pictures)
    if np.abs(shifts).max() < 1e-6:
        return Finding("nothing", "The pictures are what they were.")
    if np.abs(shifts).max() > 1.02 * most_of(got):
        return Finding("wrapped", f"A brightness changes by {np.abs(shifts).max():.2f}, where it would leave 0 to 1.")
    return None


def _shifted(shift=None, join=lambda X, shift: X + shift, finish=lambda Z: np.clip(Z, 0, 1)):
    """color_shift with one thing changed."""
    shift = shift or (lambda rng, shape, most: rng.uniform(-most, most, (shape[0], 1, 1, shape[3])))
    return lambda X, most, rng: finish(join(X, shift(rng, X.shape, most)))


for _key, _message, _changed, _group, _look in (
    (
        "each-pixel",
        "Every pixel gets a number of its own: that is noise. One number for each channel of a picture makes "
        "other light.",
        {"shift": lambda rng, shape, most: rng.uniform(-most, most, shape)},
        PICTURE,
        _look_at_shifted,
    ),
    (
        "grey",
        "One number serves for red, green and blue: the picture gets brighter or darker, and no colour changes. Draw "
        "three.",
        {"shift": lambda rng, shape, most: rng.uniform(-most, most, (shape[0], 1, 1, 1))},
        PICTURE,
        _look_at_shifted,
    ),
    (
        "multiplied",
        "The channels are multiplied by a number; here one is added.",
        {"join": lambda X, shift: X * (1 + shift)},
        PICTURE,
        _look_at_shifted,
    ),
    (
        "one-for-all",
        "All pictures of the batch get the same three numbers. Each picture gets its own.",
        {"shift": lambda rng, shape, most: rng.uniform(-most, most, (1, 1, 1, shape[3]))},
        CHANCE,
        _look_at_shifts,
    ),
    (
        "one-sided",
        "Pictures only get brighter: the numbers are uniform between -most and most.",
        {"shift": lambda rng, shape, most: rng.uniform(0, most, (shape[0], 1, 1, shape[3]))},
        CHANCE,
        _look_at_shifts,
    ),
    (
        "not-clipped",
        "Brightness leaves the range from 0 to 1: what is below 0 becomes 0, and what is above 1 becomes 1.",
        {"finish": lambda Z: Z},
        RANGE,
        _look_at_range,
    ),
    (
        "wrapped",
        "Where a brightness would leave 0 to 1 it comes back at the other end, or the whole picture is stretched. It "
        "should stop at the end: np.clip.",
        {"finish": lambda Z: Z % 1.0},
        RANGE,
        _look_at_range,
    ),
):
    named(color_shift, _key, _message, _shifted(**_changed), _group, _look)


def _colours_in_place(X, most, rng):
    X += rng.uniform(-most, most, size=(len(X), 1, 1, X.shape[3]))
    return np.clip(X, 0, 1)


generator_mistakes(
    color_shift, lambda make: lambda X, most, rng: reference.color_shift(X, most, make()), _colours_in_place
)
color_shift.hint("How many random numbers does a picture need? One for each of its channels, and none for a pixel.")
color_shift.hint("rng.uniform(-most, most, size=(m, 1, 1, n_C)) has axes of length 1 where all pixels share a number.")
color_shift.hint("np.clip(numbers, 0, 1) stops at the ends.")
