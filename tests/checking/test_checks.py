"""The engine: what it accepts, what it refuses, what it says."""

import builtins
import contextlib
import json
import pickle
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dlcourse import checks, convolution
from dlcourse.checking import calling, plain
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic, case, made
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.checking.judging import judge
from dlcourse.checking.panel import notebook, panel


def run(name, fn, **options):
    return checks.run("convolution", name, fn, **options)


def loops(A_prev, W, b, hparameters):
    """The course's own loops, as learners paste them in."""
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    f, _, _, n_C = W.shape
    n_H, n_W = (n_H_prev - f + 2 * pad) // stride + 1, (n_W_prev - f + 2 * pad) // stride + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    window = A_pad[i, h * stride : h * stride + f, w * stride : w * stride + f]
                    Z[i, h, w, c] = np.sum(window * W[..., c]) + float(b[0, 0, 0, c])
    return Z, (A_prev, W, b, hparameters)


# Right answers, differently written


def with_einsum(A_prev, W, b, hparameters):
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(A_pad, (f, f), axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("mhwcij,ijck->mhwk", windows, W) + b, (A_prev, W, b, hparameters)


def with_a_list(A_prev, W, b, hparameters):
    Z, cache = loops(A_prev, W, b, hparameters)
    return [Z, cache]


def in_float32(A_prev, W, b, hparameters):
    Z, cache = loops(A_prev.astype("f4"), W.astype("f4"), b.astype("f4"), hparameters)
    return Z.astype("f4"), cache


def other_names(images, filters, biases, settings):
    return loops(images, filters, biases, settings)


def other_order(hparameters, b, W, A_prev):
    return loops(A_prev, W, b, hparameters)


def with_more(A_prev, W, b, hparameters, verbose=False):
    return loops(A_prev, W, b, hparameters)


def with_any(*args):
    return loops(*args)


@pytest.mark.parametrize(
    "fn", [loops, with_einsum, with_a_list, in_float32, other_names, other_order, with_more, with_any]
)
def test_a_right_answer_passes_however_it_is_written(fn):
    report = run("conv_forward", fn, seed=11)
    assert report.passed, report.failures[0].message


def own_cache_pair():
    """A forward and a backward pass that keep something else in the cache than the course does."""

    def conv_forward(A_prev, W, b, hparameters):
        Z, _ = convolution.conv_forward(A_prev, W, b, hparameters)
        return Z, {"input": A_prev, "filters": W, "step": hparameters["stride"], "border": hparameters["pad"], "b": b}

    def conv_backward(dZ, cache):
        documented = (cache["input"], cache["filters"], cache["b"], {"stride": cache["step"], "pad": cache["border"]})
        return convolution.conv_backward(dZ, documented)

    return {"conv_forward": conv_forward, "conv_backward": conv_backward}


def test_the_cache_is_the_learners_own_business():
    own = own_cache_pair()
    assert run("conv_backward", own["conv_backward"], namespace=own).passed


def test_a_right_backward_pass_passes_beside_a_broken_forward_pass():
    around = {"conv_forward": lambda *args: 1 / 0}
    assert run("conv_backward", convolution.conv_backward, namespace=around).passed


# Wrong answers


@pytest.mark.parametrize(
    "wrong",
    [
        lambda dZ, cache: (np.ones_like(cache[0]), np.ones_like(cache[1]), np.ones_like(cache[2])),
        lambda dZ, cache: tuple(part[::-1, ::-1] for part in convolution.conv_backward(dZ, cache)),
        lambda dZ, cache: (lambda A, W, b: (A[..., ::-1], W[:, :, ::-1], b))(*convolution.conv_backward(dZ, cache)),
        lambda dZ, cache: (lambda A, W, b: (A, W[..., ::-1], b[..., ::-1]))(*convolution.conv_backward(dZ, cache)),
        lambda dZ, cache: tuple(np.full_like(part, part.mean()) for part in convolution.conv_backward(dZ, cache)),
        lambda dZ, cache: tuple(part.mean() for part in convolution.conv_backward(dZ, cache)),
    ],
    ids=["constant", "rotated", "input channels swapped", "filters swapped", "only the mean is right", "a mean"],
)
def test_gradients_are_compared_element_by_element(wrong):
    report = run("conv_backward", wrong)
    assert not report.passed
    assert report.score < 1


def test_each_gradient_has_its_own_verdict_and_points():
    def only_db_is_wrong(dZ, cache):
        dA_prev, dW, db = convolution.conv_backward(dZ, cache)
        return dA_prev, dW, 3 * db

    report = run("conv_backward", only_db_is_wrong)
    assert report.failures[0].verdicts == {"dA_prev": True, "dW": True, "db": False}
    assert {group.name: group.passed for group in report.groups} == {
        "dA_prev": True,
        "dW": True,
        "db": False,
        "inputs unchanged": False,
    }
    assert report.score == pytest.approx(4 / 6)
    assert report.failures[0].message.startswith("db[0, 0, 0, 0]")


@pytest.mark.parametrize("error", [1e-2, 1e-4, 1e-7])
def test_a_small_error_is_an_error_in_float64(error):
    report = run("conv_forward", lambda *args: (convolution.conv_forward(*args)[0] + error, None))
    assert report.score == 0.0


def test_float32_is_no_excuse_for_a_percent():
    report = run("conv_forward", lambda *args: ((1.01 * convolution.conv_forward(*args)[0]).astype("f4"), None))
    assert report.score == 0.0


def test_hard_coded_answers_do_not_survive_another_seed():
    first = judge_outcomes("conv_forward", seed=1)
    answers = iter(first)
    report = run("conv_forward", lambda *args: next(answers), seed=2)
    assert not report.passed


def judge_outcomes(name, seed):
    kept = []
    run(name, lambda *args: kept.append(convolution.conv_forward(*args)) or kept[-1], seed=seed)
    return kept


def test_an_input_that_is_changed_costs_its_group_and_is_named():
    def changes_W(A_prev, W, b, hparameters):
        result = convolution.conv_forward(A_prev, W, b, hparameters)
        W *= 2
        return result

    report = run("conv_forward", changes_W)
    assert [group.name for group in report.groups if not group.passed] == ["inputs unchanged"]
    assert "W" in report.failures[0].message
    assert report.mistake.key == "changes-input"


def test_reading_the_notebooks_variables_is_pointed_out():
    namespace = {"np": np, "hparameters": {"stride": 1, "pad": 0}, "loops": loops}
    exec("def conv_forward(A_prev, W, b, hp):\n    return loops(A_prev, W, b, hparameters)", namespace)
    report = run("conv_forward", namespace["conv_forward"])
    assert not report.passed
    assert "`hparameters`" in report.note


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda A, W, b, h: None, "returned None"),
        (lambda A, W, b, h: convolution.conv_forward(A, W, b, h)[0][0], "returns one value; 2 were expected"),
        (lambda A, W, b, h: (convolution.conv_forward(A, W, b, h)[0][0], None), "has the shape"),
        (lambda A, W, b, h: ("text", None), "numbers were expected"),
        (lambda A, W, b, h: (object(), None), "is a object"),
        (lambda A, W, b, h: (np.full((1, 4, 4, 1), np.nan), None), "nan"),
        (lambda A, W, b, h: A.reshap(3), "AttributeError"),
        (lambda A, W: A, "TypeError"),
    ],
)
def test_what_is_wrong_is_said_in_words(wrong, said):
    report = run("conv_forward", wrong)
    assert report.score == 0.0
    assert said in report.failures[0].message


def test_the_simplest_failing_case_comes_first_with_both_sides():
    report = run("conv_forward", lambda *args: (0 * convolution.conv_forward(*args)[0], None))
    failure = report.failures[0]
    assert failure.case == "the bright-to-dark image and the vertical filter"
    assert failure.index == (0, 0, 1, 0)
    assert failure.expected[0].shape == failure.got[0].shape == (1, 4, 4, 1)


def test_an_exit_in_a_function_does_not_end_the_notebook():
    report = run("conv_forward", lambda *args: sys.exit("bye"))
    assert "SystemExit" in report.failures[0].message


# Calls


def test_a_made_argument_falls_back_to_its_documented_form():
    call = calling.Call("double", ("x",), (calling.Made("make", (1,), None, 21),))
    namespace = {"double": lambda x: 2 * x}
    assert calling.perform(namespace, [call])[0].kind == "no companion"
    assert calling.perform({**namespace, "make": lambda x: x + 1}, [call])[0].value == 4


def test_older_signatures_are_bound_by_name():
    def older(box_confidence, boxes, threshold=0.5):
        return box_confidence, boxes, threshold

    def renamed(content_output, generated_output):
        return content_output, generated_output

    def longer(X, f, filters, stage, block):
        return X, f, filters, stage, block

    def shorter(X, f, filters):
        return X, f, filters

    assert calling.bind(older, ("boxes", "box_confidence"), (1, 2))() == (2, 1, 0.5)
    aliases = {"content_output": "a_C", "generated_output": "a_G"}
    assert calling.bind(renamed, ("a_C", "a_G"), (1, 2), aliases)() == (1, 2)
    names, args = ("X", "f", "filters", "stage", "block"), (1, 2, 3, 4, 5)
    assert calling.bind(longer, names, args, {}, ("stage", "block"))() == args
    assert calling.bind(shorter, names, args, {}, ("stage", "block"))() == (1, 2, 3)


def test_calls_and_outcomes_survive_the_way_through_bytes():
    call = calling.Call("f", ("x", "cache"), (np.arange(3.0), calling.Made("g", (1,), 1, (2.0, "a"))), {"y": "x"})
    back = calling.Call.from_plain(plain.loads(plain.dumps(call.to_plain())))
    assert plain.same(back.args[0], call.args[0])
    assert (back.args[1], back.names, back.aliases) == (call.args[1], call.names, call.aliases)
    outcome = calling.perform({"f": lambda x, cache: x + 1, "g": lambda x: (0, x)}, [call])[0]
    again = calling.Outcome.from_plain(plain.loads(plain.dumps(outcome.to_plain())))
    assert plain.same(again.value, np.arange(3.0) + 1)


@pytest.mark.parametrize("forged", [None, 3, {"kind": "value"}, {**calling.Outcome("value").to_plain(), "kind": 3}])
def test_a_forged_outcome_is_refused(forged):
    with pytest.raises(ValueError, match="outcome"):
        calling.Outcome.from_plain(forged)


def test_nothing_reaches_stderr_not_even_from_c(capfd):
    import os

    def noisy(*args):
        os.write(2, b"a line of C++\n")
        print("a line of Python", file=sys.stderr)
        return convolution.conv_forward(*args)

    assert run("conv_forward", noisy).passed
    assert capfd.readouterr().err == ""


# Plain data

scalars = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=5)
numbers = arrays.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.bool_]), arrays.array_shapes(min_dims=0, max_side=3)
)
trees = st.recursive(
    scalars | numbers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(trees)
def test_plain_data_comes_back_as_it_went(tree):
    back = plain.loads(plain.dumps(tree))
    assert plain.dumps(back) == plain.dumps(tree)


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()]), lambda: None])
def test_what_is_not_plain_is_not_written(value):
    with pytest.raises(plain.NotPlain):
        plain.dumps(value)


def forged(structure: object, numbers: list | None = None, data: bytes = np.ones(10).tobytes()) -> bytes:
    """Bytes as a learner's process may send them: any structure, any claim about the numbers, any numbers."""
    text = json.dumps({"tree": structure, "numbers": [["<f8", 10]] if numbers is None else numbers}).encode()
    return plain.MARK + len(text).to_bytes(8, "little") + text + data


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back_as_ones_own_with_their_layout(order):
    array = np.asarray(np.arange(6.0).reshape(2, 3), order=order)
    first, second = plain.loads(plain.dumps([array, array]))
    first[:] = 0.0
    assert second.tolist() == array.tolist() and first.flags.owndata
    assert first.flags.c_contiguous == array.flags.c_contiguous


TEN = {"array": "<f8", "shape": [10], "order": "C"}
REFUSED = {
    "nothing": b"",
    "something else": b"PK\x03\x04" + bytes(100),
    "a pickle": pickle.dumps(np.ones(3)),
    "cut off": plain.dumps({"a": np.ones(1000)})[:100],
    "more behind it": plain.dumps({"a": np.ones(1000)}) + b"0",
    "a text of 2**60 letters": plain.MARK + (2**60).to_bytes(8, "little") + b"{}",
    "no text": plain.MARK + bytes(8),
    "no structure": forged(None)[:-80].replace(b"tree", b"free"),
    "the same ten numbers, nine times": forged({"list": [TEN] * 9}),
    "a negative length": forged({**TEN, "shape": [-1]}),
    "a length that is none": forged({**TEN, "shape": [2, 5.0]}),
    "no shape": forged({**TEN, "shape": 10}),
    "another type": forged({**TEN, "array": "<i8"}),
    "an order that is none": forged({**TEN, "order": "D"}),
    "a length of 4000 digits": forged({**TEN, "shape": [10**4000, 10]}),
    "a hundred thousand dimensions": forged({**TEN, "shape": [10**400] * 100_000}),
    "an enormous array of nothing": forged({**TEN, "shape": [2**40, 0]}),
    "an enormous product of nothing": forged({**TEN, "shape": [2**16, 2**16, 0]}),
    "texts without letters": forged({"array": "<U0", "shape": [2**60], "order": "C"}, [["<U0", 2**60]], b""),
    "texts of a gigabyte": forged({"array": "<U250000000", "shape": [1], "order": "C"}, [["<U250000000", 1]]),
    "objects": forged({"array": "|O8", "shape": [10], "order": "C"}, [["|O8", 10]]),
    "a type with fields": forged(TEN, [["f8,f8", 5]]),
    "more numbers than came": forged(TEN, [["<f8", 10**12]]),
    "a negative count": forged(TEN, [["<f8", -1]]),
    "a type twice": forged(TEN, [["<f8", 5], ["<f8", 5]]),
    "deep lists": plain.MARK + (1_700_000).to_bytes(8, "little") + b'{"list":[' * 100_000 + b"]}" * 400_000,
    "a million lists": forged({"list": [{"list": []}] * 1_000_000}, [], b""),
    "a list as a key": forged({"dict": [[{"list": []}, 1]]}, [], b""),
    "keys of one hash": forged({"dict": [[n * (2**61 - 1), n] for n in range(1000)]}, [], b""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_plain_data_is_refused_before_it_takes_time_or_memory(name):
    tracemalloc.start()
    started = time.thread_time()
    try:
        with pytest.raises(ValueError, match="not plain data"):
            plain.loads(REFUSED[name])
        seconds, (_, most) = time.thread_time() - started, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seconds < 1 and most < 30 * 2**20 + 2 * len(REFUSED[name])


def test_what_is_larger_than_it_may_be_is_refused():
    whole = plain.dumps({"a": np.ones(1000)})
    assert plain.loads(whole)["a"].shape == (1000,)
    with pytest.raises(ValueError, match="larger than the limit"):
        plain.loads(whole, largest=100)
    values = plain.dumps([0.5] * 3000)
    assert len(plain.loads(values, most_values=3000)) == 3000
    with pytest.raises(ValueError, match="more than 300 values"):
        plain.loads(values, most_values=300)


def test_forged_truth_values_are_true_or_false():
    odd = forged({"array": "|b1", "shape": [4], "order": "C"}, [["|b1", 4]], b"\x00\x01\x02\xff")
    assert plain.loads(odd).view(np.uint8).tolist() == [0, 1, 1, 1]


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    for whole in (data, plain.MARK + data, forged(TEN)[: len(data)] + data, plain.dumps([1.5, np.ones(3)]) + data):
        with contextlib.suppress(ValueError):
            plain.loads(whole)


# Comparing


@given(
    arrays.arrays(np.float64, arrays.array_shapes(max_dims=3, max_side=4), elements=st.floats(-1e3, 1e3)),
    st.sampled_from([np.float32, np.float64]),
)
def test_rounding_is_forgiven_and_an_error_is_not(right, dtype):
    assert compare(right, right.astype(dtype), "x", terms=10) is None
    worst = np.unravel_index(np.argmax(np.abs(right)), right.shape)
    wrong = right.copy()
    wrong[worst] += max(1.0, abs(right[worst])) * 0.01
    assert compare(right, wrong.astype(dtype), "x", terms=10) is not None


def test_containers_are_judged_by_what_they_hold():
    assert compare((1, 2.0), [1, 2.0], "x") is None
    assert compare({"a": 1}, {"a": 1, "more": 2}, "x") is None
    assert compare(np.float64(3), np.array([3.0]), "x") is None
    assert compare(2, np.int64(2), "x") is None
    assert compare({"a": 1}, {}, "x").kind == "missing"
    assert compare((1, 2), (1,), "x").kind == "length"
    assert compare(np.zeros(3), np.zeros((3, 1)), "x").kind == "shape"
    assert compare(1.0, True, "x") is None
    assert compare(np.zeros((0, 4)), np.zeros((0, 4)), "x") is None


def test_numerical_gradients_are_those_of_calculus():
    x, upstream = np.array([1.0, 2.0, -0.5]), np.array([0.3, -1.0, 2.0])
    np.testing.assert_allclose(numerical_gradient(np.sin, x, upstream), upstream * np.cos(x), rtol=1e-8)


# Reports, panels, the notebook's functions


def test_the_panel_says_the_same_in_html_and_in_text():
    exercise = checks.get("convolution", "conv_forward")
    report = run("conv_forward", exercise.mistakes[0].variant, seed=4)
    shown = panel.of_report(exercise, report, 3.3, 5.0)
    for words in ("conv_forward", "partly right", "3.3 / 5 points", "Known mistake", "seed=4", "bias"):
        assert words in shown.html
        assert words in shown.text
    assert "aria-label" in shown.html
    assert "<script" not in shown.html


def test_a_panel_escapes_what_the_learner_wrote():
    def hostile(*args):
        raise ValueError("<img src=x onerror=alert(1)>")

    report = run("conv_forward", hostile)
    shown = panel.of_report(checks.get("convolution", "conv_forward"), report, 0.0, 5.0)
    assert "<img src=x" not in shown.html


def test_check_returns_a_plain_float_and_repeats_with_a_seed(capsys):
    topic = notebook.functions(checks.topic("convolution"))
    whole = topic.check(convolution.conv_forward, points=5)
    assert type(whole) is float
    assert whole == 5.0
    conv_forward = checks.get("convolution", "conv_forward").mistakes[0].variant
    conv_forward.__name__ = "conv_forward"
    capsys.readouterr()
    assert topic.check(conv_forward, points=6, seed=3) == 4.0
    first = capsys.readouterr().out
    topic.check(conv_forward, points=6, seed=3)
    assert capsys.readouterr().out == first


def test_a_function_may_be_a_lambda_or_an_object_and_is_known_by_the_notebooks_name_for_it():
    """In a kernel's namespace, where names are what counts; as `autograder grade` looks them up."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        shell.run_cell("""
import functools, types
import numpy as np
from dlcourse import convolution as reference
from dlcourse.checks.convolution import check
conv_output_size = lambda pixels, size, p, s: (pixels + 2 * p - size) // s + 1
class Layer:
    def __call__(self, f, n_C_prev, n_C):
        return n_C * (1 + n_C_prev * f**2)
conv_parameters = Layer()
same_padding = functools.partial(reference.same_padding)
my_forward = types.FunctionType(reference.conv_forward.__code__, vars(reference).copy(), "mine")
conv_forward = my_forward
marks = [check(one) for one in (conv_output_size, conv_parameters, same_padding, conv_forward)]
""").raise_error()
        assert shell.user_ns["marks"] == [1.0] * 4
    finally:
        InteractiveShell.clear_instance()


def test_check_of_something_else_says_so(capsys):
    topic = notebook.functions(checks.topic("convolution"))
    assert topic.check(3) == 0.0
    assert topic.check(run) == 0.0
    said = capsys.readouterr().out
    assert "not a function" in said
    assert "no exercise called 'run'" in said


def test_hints_come_one_after_the_other_and_the_solution_after_an_attempt(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    topic = notebook.functions(checks.topic("convolution"))
    topic.solution("zero_pad")
    assert "run its check once" in capsys.readouterr().out
    topic.hint("zero_pad")
    topic.hint("zero_pad")
    said = capsys.readouterr().out
    assert "Hint 1 of 2" in said
    assert "Hint 2 of 2" in said
    topic.check(convolution.zero_pad)
    topic.solution("zero_pad")
    assert "np.pad" in capsys.readouterr().out  # the taught way, not the reference's
    monkeypatch.setenv("DLCOURSE_SOLUTIONS", "off")
    topic.solution("zero_pad")
    assert "turned off" in capsys.readouterr().out


def test_claims_are_graded_one_by_one():
    right = checks.get("convolution", "spot_the_mistake").reference()
    half = {**right, "flip": "rows", "conv1_parameters": 157}
    report = checks.run("convolution", "spot_the_mistake", lambda: half)
    assert report.score == pytest.approx(3 / 5)
    assert report.mistake.key == "flip=rows"


def test_run_names_what_is_unknown():
    with pytest.raises(KeyError, match="no topic"):
        checks.run("convolutoin", "zero_pad", convolution.zero_pad)
    with pytest.raises(KeyError, match="no exercise"):
        checks.run("convolution", "zeropad", convolution.zero_pad)
    with pytest.raises(TypeError, match="must be a function"):
        checks.run("convolution", "zero_pad", 3)


def test_expected_values_never_travel_with_the_calls():
    """What crosses to the learner's process holds neither the expected values nor the reference."""
    topic = Topic("example")

    @topic.exercise(reference=lambda x: x + 1, name="plus_one")
    def plus_one(rng):
        yield case("one", 1.0, group="all", expect=12345.678)
        yield case("made", made("other", 2.0, take=None, otherwise=3.0), group="all")

    sent = []

    def perform(calls):
        sent.extend(plain.dumps(call.to_plain()) for call in calls)
        return calling.perform({"plus_one": lambda x: x + 1}, calls)

    judge(plus_one, perform, 0)
    assert len(sent) == 3
    assert not any(b"12345.678" in data or np.float64(12345.678).tobytes() in data for data in sent)


def test_importing_dlcourse_is_light():
    code = "import sys, json, dlcourse; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
    assert not {"tensorflow", "keras", "matplotlib", "numpy", "IPython"} & set(loaded)


def test_checking_convolutions_needs_no_tensorflow():
    code = "import sys; from dlcourse.checks import convolution; print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_builtins_and_time_are_left_alone():
    before = (builtins.print, time.time)
    run("zero_pad", convolution.zero_pad)
    assert (builtins.print, time.time) == before
