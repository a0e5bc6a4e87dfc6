"""The exercise of notebook 12 on sizes that can be halved and doubled: `fitting_size`."""

from __future__ import annotations

import numpy as np

from dlcourse import segmentation as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import case
from dlcourse.checks.segmentation.forwards import topic

FLOAT = "The number is right, but it is a float; a size is a whole number: use // or int(...)."


def _whole(expected: object, got: object) -> str | None:
    """A comparison of whole numbers: a float is none, even where it has the right value."""
    difference = compare(expected, got, "the size")
    if difference is not None:
        return difference.message
    return FLOAT if np.asarray(got).dtype.kind == "f" and np.asarray(expected).dtype.kind != "f" else None


@topic.exercise(
    reference=reference.fitting_size,
    section="Sizes that fit",
    aliases={"size": "n", "levels": "poolings", "n_poolings": "poolings", "times": "poolings"},
)
def fitting_size(rng):
    def sized(n, poolings, group):
        return case(f"{n} pixels, {poolings} poolings", n, poolings, group=group, compare=_whole)

    fits, between = "sizes that do not fit", "sizes that fit"
    yield case("7 pixels, one pooling", 7, 1, group=fits, expect=8, compare=_whole)
    yield sized(13, 2, fits)
    yield sized(16 * int(rng.integers(3, 9)) + int(rng.integers(9, 15)), 4, fits)
    yield sized(16 * int(rng.integers(3, 9)) + int(rng.integers(1, 7)), 4, fits)
    yield sized(3, 3, fits)
    yield sized(6, 1, between)
    yield sized(9, 1, between)
    yield sized(96, 4, between)
    yield sized(16 * int(rng.integers(10, 30)), 4, between)
    yield sized(8 * int(rng.integers(3, 9)), 3, between)


for _key, _message, _variant in (
    (
        "rounded-down",
        "The size is rounded down, so that pixels are lost: it is the smallest that fits *from n on*.",
        lambda n, poolings: n // 2**poolings * 2**poolings,
    ),
    (
        "always-more",
        "A size that fits already comes back larger; then it is n itself.",
        lambda n, poolings: (n // 2**poolings + 1) * 2**poolings,
    ),
    (
        "even-only",
        "An even number can be halved once; it is halved once for each pooling: 2 ** poolings must divide it.",
        lambda n, poolings: n + n % 2,
    ),
    (
        "two-times-the-poolings",
        "The size is a multiple of 2 * poolings; each pooling halves, so it is 2 ** poolings that must divide it.",
        lambda n, poolings: -(-n // (2 * poolings)) * 2 * poolings,
    ),
    (
        "power-of-two",
        "Powers of two always fit, but smaller sizes do, too: 48 is halved four times as well as 64.",
        lambda n, poolings: max(2 ** int(np.ceil(np.log2(n))), 2**poolings),
    ),
    (
        "rounded",
        "n / 2 ** poolings is rounded to the nearest whole number; it must be rounded up.",
        lambda n, poolings: max(int(n / 2**poolings + 0.5), 1) * 2**poolings,
    ),
    ("float", FLOAT, lambda n, poolings: float(-(-n // 2**poolings) * 2**poolings)),
    (
        "how-many",
        "This is the size at the lowest level; multiply it by 2 ** poolings again.",
        lambda n, poolings: -(-n // 2**poolings),
    ),
    (
        "not-one-less",
        "What is added before // is not right: to round up it is 2 ** poolings - 1, one less than the divisor.",
        lambda n, poolings: (n + 2**poolings + 1) // 2**poolings * 2**poolings,
    ),
    (
        "bracket-missing",
        "// and * come before +, so that n itself is never divided: (n + 2 ** poolings - 1) belongs in brackets.",
        lambda n, poolings: n + 2**poolings - 1 // 2**poolings * 2**poolings,
    ),
    (
        "divided-with-a-rest",
        "Divided with / and multiplied again, a number stays what it was; // leaves the rest out.",
        lambda n, poolings: (n + 2**poolings - 1) / 2**poolings * 2**poolings,
    ),
    (
        "base-and-exponent",
        "poolings ** 2 is taken for 2 ** poolings: three poolings halve three times, by 8, not by 9.",
        lambda n, poolings: -(-n // poolings**2) * poolings**2,
    ),
    (
        "rest-added",
        "The rest of the division is added to n; add what is missing to the next multiple: -n % 2 ** poolings.",
        lambda n, poolings: n + n % 2**poolings,
    ),
    (
        "negative",
        "The size is negative: the minus before n is to be taken back, -(-n // k) * k.",
        lambda n, poolings: -n // 2**poolings * 2**poolings,
    ),
):
    fitting_size.mistake(_key, _message, _variant)
fitting_size.also("not-one-less", lambda n, poolings: (n + 2**poolings - 2) // 2**poolings * 2**poolings)
fitting_size.also("not-one-less", lambda n, poolings: (n - 2**poolings - 1) // 2**poolings * 2**poolings)
fitting_size.also("not-one-less", lambda n, poolings: (n - 2**poolings + 1) // 2**poolings * 2**poolings)
fitting_size.hint("What can be halved twice without a rest is a multiple of 4. And four times?")
fitting_size.hint("Divide by 2 ** poolings, round up, multiply again. -(-n // k) is n / k rounded up.")
