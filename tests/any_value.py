"""Values of every kind, and of every size that fits into an answer: what a learner's function may return by mistake."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

LONG = "x" * 100_000
MANY_DIGITS = 10**4000


def specimens() -> dict[str, object]:
    """One of each kind that has a plain form, by name; trivial, odd, wrong in type, and large."""
    numbers = {
        "zero": 0,
        "one": 1,
        "minus one": -1,
        "true": True,
        "half": 0.5,
        "infinity": math.inf,
        "minus infinity": -math.inf,
        "nan": math.nan,
        "of many digits": MANY_DIGITS,
        "float64": np.float64(1.5),
        "float32 nan": np.float32("nan"),
        "uint8": np.uint8(200),
        "int64": np.int64(-(2**63)),
        "bool_": np.True_,
        "complex": np.complex128(1 + 1j),
        "long double": np.longdouble(3),
        "half precision": np.float16(60000),
    }
    arrays = {
        "no numbers": np.array([]),
        "no rows": np.zeros((0, 3)),
        "no columns": np.zeros((3, 0)),
        "many rows of nothing": np.zeros((2**16, 0)),
        "a number alone": np.array(2.0),
        "infinities": np.full((2, 2), np.inf),
        "nans": np.full((3,), np.nan),
        "largest": np.full((2, 3), np.finfo(float).max),
        "bools": np.array([True, False]),
        "bytes": np.arange(256, dtype=np.uint8),
        "unsigned": np.array([2**64 - 1], dtype=np.uint64),
        "texts": np.array(["cat", "dog"]),
        "complex numbers": np.array([1j, 2]),
        "ten dimensions": np.ones((1,) * 10),
        "thirty dimensions": np.ones((1,) * 30),
        "Fortran's order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "a million": np.ones(10**6, dtype=np.uint8),
        "a thousand by a thousand": np.ones((1000, 1000), dtype=np.float32),
    }
    others = {
        "none": None,
        "text": "flip",
        "no text": "",
        "lone surrogate": "\ud800",
        "control characters": "\x00\x1b[2J",
        "long text": LONG,
        "no list": [],
        "no tuple": (),
        "no dictionary": {},
        "list of none": [None, None],
        "ragged": [[1.0], [1.0, 2.0]],
        "mixed": [1, "a", None, 2.5],
        "mixed arrays": (np.zeros(3), "b", {"c": 1}),
        "texts of different lengths": [LONG, *["a"] * 1000],
        "nested": [[[[[[1]]]]]],
        "dictionary of odd keys": {0: 1, "": None, None: 2},
        "not plain": {"not plain": "generator"},
        "not plain at all": {"not plain": [1, 2]},
        "many values": [0.5] * 40_000,
        "many pairs": [[1, 2]] * 15_000,
        "many triples": [(1, 2, 3)] * 10_000,
        "many keys": {f"k{i}": i for i in range(10_000)},
        "wide beside narrow": [np.ones(1000, dtype=np.clongdouble), *[np.ones(1000, dtype=bool)] * 200],
    }
    return numbers | arrays | others


def like(expected: object) -> Iterator[object]:
    """Values that have something of the expected one: its keys, its length or its shape, with other things in them."""
    fillings = (None, "", "a", -1, math.inf, math.nan, MANY_DIGITS, [], {}, np.zeros((2, 0)), np.array("b"), 1 + 0j)
    fillings = tuple(np.complex128(one) if isinstance(one, complex) else one for one in fillings)
    if isinstance(expected, dict):
        for one in (*fillings, [1.0], np.full(3, np.nan)):
            yield dict.fromkeys(expected, one)
            for key in expected:
                yield {**expected, key: one}
        yield {str(key): value for key, value in reversed(expected.items())}
    elif isinstance(expected, (list, tuple)):
        for one in fillings:
            yield [one] * len(expected)
            for position in range(min(len(expected), 4)):
                yield (*expected[:position], one, *expected[position + 1 :])
        yield expected[:-1]
        yield dict(enumerate(expected))
        for position, part in enumerate(expected[:4]):
            for one in like(part):
                yield (*expected[:position], one, *expected[position + 1 :])
    elif isinstance(expected, np.ndarray):
        for dtype in (np.float32, np.float16, np.complex128, np.longdouble, np.uint8, bool, str):
            with np.errstate(all="ignore"):
                yield expected.astype(dtype)
        for one in (np.inf, -np.inf, np.nan, 1e308):
            yield np.full(expected.shape, one)
        yield expected.tolist()
        yield expected.ravel()
        yield expected[None]
        yield [expected, expected]
        yield {"result": expected}
        yield np.full(expected.shape, "text")
    else:
        yield from fillings
        yield [expected]
        yield np.array([expected, expected], dtype=object).tolist()
        yield {"result": expected}
