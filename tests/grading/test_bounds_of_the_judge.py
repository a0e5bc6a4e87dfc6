"""What a kernel sends is judged within a second and 100 MB, whatever it is, and costs no more than its exercise.

The answers here are forged: random bytes, random structures, and real answers with something changed in them. They take
the judge's own way, from the bytes to the words that a learner reads.
"""

from __future__ import annotations

import gc
import json
import tracemalloc

import any_value
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stopwatch import stopwatch

from autograder.grading.wording import describe
from autograder.running.conversation import outcomes_of, unread
from autograder.running.limits import Limits
from dlcourse import checks
from dlcourse.checking import calling, judging, plain
from dlcourse.checking.calling import Outcome

SECONDS, BYTES, SEED = 1.0, 100 * 2**20, 3
REPLY = Limits().reply
NAMES = [
    ("convolution", "zero_pad"),
    ("convolution", "conv_backward"),
    ("convolution", "spot_the_mistake"),
    ("pooling", "train_step"),
    ("gated_cells", "lstm_backward"),
    ("recurrent", "rnn_forward"),
]


def answered(exercise, data: bytes) -> tuple:
    """The report on an answer, and the words for it."""
    count = len(judging.questions(exercise, SEED))
    try:
        outcomes = outcomes_of(data, count, REPLY)
    except ValueError as error:
        outcomes = unread(error, count)
    report = judging.verdict(exercise, outcomes, SEED)
    return report, describe(exercise, report, None, "", "def f(): pass")


def bounded(exercise, data: bytes) -> tuple:
    """The same, and that neither takes long nor needs much."""
    with stopwatch() as watch:
        answered(exercise, data)
    tracemalloc.start()
    try:
        report, said = answered(exercise, data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert watch.seconds < SECONDS, watch.seconds
    assert most < BYTES, most / 2**20
    assert len(json.dumps(said)) < 10_000
    return report, said


@pytest.fixture(scope="module", autouse=True)
def a_heap_of_its_own():
    """What hundreds of tests have left in this process would slow its collector; a grading process has none of it."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module", params=NAMES, ids="-".join)
def exercise(request):
    found = checks.get(*request.param)
    count = len(judging.questions(found, SEED))
    judging.verdict(found, [Outcome("value", 1)] * count, SEED)  # what is computed once for a class
    return found


def right(exercise) -> list[dict]:
    """The outcomes of the reference, as a kernel describes them."""
    functions = {exercise.name: exercise.reference}
    return [one.to_plain() for one in calling.perform(functions, judging.questions(exercise, SEED))]


def packed(tree: object, numbers: list, data: bytes) -> bytes:
    text = json.dumps({"tree": tree, "numbers": numbers}).encode()
    return plain.MARK + len(text).to_bytes(8, "little") + text + data


def test_the_honest_answer_passes_through_the_same_way(exercise):
    report, said = bounded(exercise, plain.dumps(right(exercise)))
    assert report.passed and said["status"] == "passed"


# --- any bytes, any structure ---------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
kinds = st.sampled_from(
    ["<f8", ">f8", "<f4", "<f2", "|b1", "<i8", "|u1", "<c16", "<U1", "<U7", "<U0", "|O8", "<f16", 3]
)
lengths = st.integers(0, 40) | st.sampled_from([2**18, 2**31, 2**63, 10**30, -1])
described = st.fixed_dictionaries(
    {"array": kinds, "shape": st.lists(lengths, max_size=5), "order": st.sampled_from("CF")}
)
trees = st.recursive(
    described | json_values,
    lambda inner: st.builds(
        lambda kind, parts: {kind: parts if kind != "dict" else [["k", part] for part in parts]},
        st.sampled_from(["list", "tuple", "dict"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400), tree=trees, numbers=st.lists(st.tuples(kinds, lengths), max_size=3))
def test_no_bytes_cost_more_than_the_exercise(exercise, data, tree, numbers):
    count = len(judging.questions(exercise, SEED))
    fields = Outcome("value").to_plain() | {"changed": {"tuple": []}, "reads": {"tuple": []}, "value": tree}
    whole = {"list": [{"dict": [[name, value] for name, value in fields.items()]}] * count}
    for reply in (data, plain.MARK + data, packed(tree, numbers, data), packed(whole, numbers, data)):
        report, said = bounded(exercise, reply)
        assert not report.passed and said["status"] in ("failed", "partly", "not attempted")


fields = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(
            ["value", "error", "not attempted", "missing", "no companion", "died", "passed", "", "x" * 10**5]
        ),
        "value": st.sampled_from(sorted(any_value.specimens())).map(any_value.specimens().get),
        "error": st.text(max_size=20) | st.just("[" * 10**5),
        "line": st.text(max_size=20) | st.just("\n" * 10**5),
        "printed": st.just("\x1b[2J" * 10**4),
        "changed": st.just(tuple(f"name {n}" for n in range(10_000))) | st.just(("X",)),
        "reads": st.just(("\ud800", "=1+1")),
        "seconds": st.sampled_from([float("nan"), float("inf"), -1.0]),
    },
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), fields), min_size=1, max_size=6))
def test_an_answer_with_something_changed_is_judged(exercise, changes):
    rows = [dict(row) for row in right(exercise)]
    for position, fields in changes:
        rows[position % len(rows)] |= fields
    report, said = bounded(exercise, plain.dumps(rows))
    assert said["status"] in ("failed", "partly", "passed", "not attempted") and 0 <= report.score <= 1


# --- as large as an answer may be -----------------------------------------------------------------------------------

FULL = {
    "numbers": np.ones((1000, 1000)),
    "truth values": np.ones(8 * 10**6, dtype=bool),
    "half precision": np.full((4 * 10**6,), np.nan, dtype=np.float16),
    "texts": np.full(1000, "x" * 1900),
    "one text": "x" * (7 * 2**20),
    "lists": [[]] * 60_000,
    "pairs": [[0.1, "a"]] * 30_000,
    "dictionaries": [{"": 0}] * 25_000,
    "floats": [0.1] * 150_000,
    "wide beside narrow": [np.ones(4000, dtype=np.clongdouble), *[np.ones(4000, dtype=bool)] * 1500],
    "text beside texts": ["x" * 10**6, *["a"] * 60_000],
    "nothing": np.zeros((2**18, 0)),
    "deep": None,
}
for _ in range(300):
    FULL["deep"] = [FULL["deep"]]


@pytest.mark.parametrize("name", FULL)
def test_the_largest_answers_stay_within_the_bounds(exercise, name):
    rows = right(exercise)
    for position in judging._prepare(exercise, SEED).rows[0][2]:  # with the learner's own cache, and without
        rows[position]["value"] = FULL[name]
    data = plain.dumps(rows)
    assert len(data) <= 2.5 * REPLY
    report, said = bounded(exercise, data)
    assert not report.passed and said["status"] in ("failed", "partly")
