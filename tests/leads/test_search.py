"""The search finds the line, and is silent where nothing sure can be said. Its budget here is a number of evaluations,
not a time: a machine that does other work finds the same."""

import numpy as np
import pytest

from dlcourse import checks
from dlcourse.leads.search import find
from dlcourse.leads.trying import Trying
from dlcourse.leads.unread import unread

CONV = """def conv_forward(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    f, _, _, n_C = W.shape
    n_H = (n_H_prev + 2 * pad - f) // stride + 1
    n_W = (n_W_prev + 2 * pad - f) // stride + 1
    A_pad = zero_pad(A_prev, pad)
    Z = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    top = h * stride
                    left = w * stride
                    window = A_pad[i, top : top + f, left : left + f]
                    Z[i, h, w, c] = np.sum(window * W[..., c]) + b[0, 0, 0, c]
    return Z, (A_prev, W, b, hparameters)
"""
BACKWARD = """def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    f = W.shape[0]
    A_pad = zero_pad(A_prev, pad)
    dA_pad, dW, db = np.zeros_like(A_pad), np.zeros_like(W), np.zeros_like(b)
    for i in range(dZ.shape[0]):
        for h in range(dZ.shape[1]):
            for w in range(dZ.shape[2]):
                for c in range(dZ.shape[3]):
                    top, left = h * stride, w * stride
                    dA_pad[i, top : top + f, left : left + f] += W[..., c] * dZ[i, h, w, c]
                    dW[..., c] += A_pad[i, top : top + f, left : left + f] * dZ[i, h, w, c]
                    db[..., c] += dZ[i, h, w, c]
    dA_prev = dA_pad[:, pad : pad + A_prev.shape[1], pad : pad + A_prev.shape[2]]
    return dA_prev, dW, db
"""
STEP = """def rnn_cell_forward(xt, a_prev, parameters):
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    ba, by = parameters["ba"], parameters["by"]
    a_next = np.tanh(np.dot(Wax, xt) + np.dot(Waa, a_prev) + ba)
    yt_pred = softmax(np.dot(Wya, a_next) + by)
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)
"""


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def softmax(x):
    e = np.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


NAMESPACE = {"np": np, "zero_pad": zero_pad, "softmax": softmax}
TOPIC = {"conv_forward": "convolution", "conv_backward": "convolution", "rnn_cell_forward": "recurrent"}
NAMES = {CONV: "conv_forward", BACKWARD: "conv_backward", STEP: "rnn_cell_forward"}


def changed(source, *pairs):
    for before, after in pairs:
        assert before in source
        source = source.replace(before, after)
    return source


def lead(source, name, evaluations=2500, run=None):
    exercise = checks.get(TOPIC[name], name)
    run = run or Trying(name, NAMESPACE, each=30, whole=60)
    return find(exercise, 0, source, run, seconds=600, evaluations=evaluations)


# a right function, what is typed in place of what, the line, the kind's first words, whether the kind is told
FOUND = [
    (STEP, ("np.dot(Waa, a_prev)", "np.dot(Waa, xt)"), 4, "one name"),
    (STEP, ("return a_next, yt_pred", "return yt_pred, a_next"), 6, "two things"),
    (CONV, ("left = w * stride", "left = w"), 14, "a place in an array is counted"),
    (CONV, ("Z[i, h, w, c]", "Z[i, w, h, c]"), 16, "two places"),
    (CONV, ("(n_W_prev + 2", "(n_H_prev + 2"), 6, "one name"),
]


@pytest.mark.parametrize(("right", "slip", "line", "kind"), FOUND)
def test_a_slip_that_nobody_foresaw_is_found_in_its_line(right, slip, line, kind):
    found = lead(changed(right, slip), NAMES[right])
    assert found.lines == (line,) and found.proves == "every case" and found.kind.startswith(kind)
    (span,) = found.spans
    text = changed(right, slip).splitlines()[line - 1]
    assert span[0] == line and 0 <= span[1] < span[2] <= len(text)
    assert text[span[1] : span[2]] in slip[1] or slip[1].partition(" ")[2] in text[span[1] : span[2]]


def test_one_slip_in_several_lines_is_one_lead():
    found = lead(changed(CONV, ("top = h * stride", "top = h"), ("left = w * stride", "left = w")), "conv_forward")
    assert found.lines == (13, 14) and found.proves == "every case"


def test_of_several_outputs_the_one_that_a_change_mends_is_named():
    """Two slips, of which one is not small: the lead is on the other, and says what it gains."""
    source = changed(
        BACKWARD,
        ("dW[..., c] += A_pad", "dW[..., c] = A_pad"),
        ("dA_pad[:, pad : pad + A_prev.shape[1], pad : pad + A_prev.shape[2]]", "np.flip(np.cumsum(dA_pad, 1), 2)"),
    )
    found = lead(source, "conv_backward", evaluations=2500)
    assert found.lines == (13,) and found.proves == ("dW",)
    assert found.kind == ""  # "=" for "+=": to name the kind is to say what should be there


def test_two_slips_are_found_one_after_the_other():
    source = changed(BACKWARD, ("dW[..., c] += A_pad", "dW[..., c] = A_pad"), ("db[..., c] += dZ", "db[..., c] -= dZ"))
    begun = lead(source, "conv_backward", evaluations=2500)
    assert begun.lines == (14,) and begun.proves == ("db",)  # as far as the budget goes


def test_a_lead_says_nothing_of_what_should_stand_there():
    found = lead(changed(CONV, ("left = w * stride", "left = w")), "conv_forward")
    assert "stride" not in repr(found)


SILENT = {
    "right": CONV,
    "right in another way": """def conv_forward(A_prev, W, b, hparameters):
    A = zero_pad(A_prev, hparameters["pad"])
    windows = np.lib.stride_tricks.sliding_window_view(A, W.shape[:2], axis=(1, 2))
    s = hparameters["stride"]
    return np.einsum("mhwcij,ijck->mhwk", windows[:, ::s, ::s], W) + b, (A_prev, W, b, hparameters)
""",
    "stub": """def conv_forward(A_prev, W, b, hparameters):
    raise NotImplementedError("conv_forward is not written yet")
""",
    "half-written": CONV[: CONV.index("    for i in")] + "    return Z, (A_prev, W, b, hparameters)\n",
    "hard-coded": """def conv_forward(A_prev, W, b, hparameters):
    return np.array([[[[9.0]]]]), (A_prev, W, b, hparameters)
""",
    "another architecture": """def conv_forward(A_prev, W, b, hparameters):
    return np.tanh(A_prev @ W[0, 0]) + b, (A_prev, W, b, hparameters)
""",
    "not Python": "def conv_forward(A_prev, W, b, hparameters)\n    return A_prev\n",
    "no function": "conv_forward = None\n",
}


@pytest.mark.parametrize("which", SILENT)
def test_silence(which):
    assert lead(SILENT[which], "conv_forward", evaluations=1500) is None


def test_silence_where_changes_in_different_lines_are_as_good():
    """Whether the sum is made where `s` is computed or where it is handed on, nobody can say."""
    source = "def conv_single_step(a_slice_prev, W, b):\n    s = a_slice_prev * W\n    Z = s\n    return Z + b.item()\n"
    exercise = checks.get("convolution", "conv_single_step")
    assert find(exercise, 0, source, Trying("conv_single_step", NAMESPACE, 30, 60), 600, 1500) is None


@pytest.mark.parametrize("others", [{}, {"zero_vector": "?"}])
def test_answers_are_not_found_by_trying(others):
    """Each claim is one case: that a number passes there says that it is the answer."""
    exercise = checks.get("recurrent", "spot_the_mistake")
    right = exercise.reference()
    answers = {**right, "stacked_columns": right["stacked_columns"] - 1, **others}
    source = f"def spot_the_mistake():\n    return {answers!r}\n"
    assert find(exercise, 0, source, Trying("spot_the_mistake", {}, 30, 60), 600, 1500) is None


def test_the_search_stops_after_so_many_evaluations():
    tried = []

    def run(sources, calls):
        tried.extend(sources)
        return Trying("conv_forward", NAMESPACE, 30, 60)(sources, calls)

    assert lead(SILENT["another architecture"], "conv_forward", evaluations=100, run=run) is None
    assert 100 <= len(tried) <= 130


def test_a_name_that_is_never_read_is_told_without_a_search():
    exercise = checks.get("recurrent", "rnn_cell_forward")
    (found,) = unread(exercise, changed(STEP, (" + ba)", ")")))
    assert (found.name, found.line) == ("ba", 3) and found.sentence == "`ba` is computed and never used."
    (given,) = unread(exercise, changed(STEP, ("np.dot(Wax, xt) + ", ""), (", xt, parameters)", ", parameters)"),
                                        ('Wax, Waa, Wya = parameters["Wax"], ', "Waa, Wya = ")))  # fmt: skip
    assert (given.name, given.line) == ("xt", 1) and given.sentence == "`xt` is given to the function and never used."


def test_what_the_taught_solution_does_not_read_need_not_be_read():
    exercise = checks.get("recurrent", "rnn_cell_forward")
    assert unread(exercise, STEP) == []
    assert unread(exercise, STEP.replace("    ba, by", "    unrelated = 3\n    ba, by")) == []
    assert unread(exercise, "def rnn_cell_forward(") == []
