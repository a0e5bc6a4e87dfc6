"""What the notebooks on sequences are given: small tasks, an optimiser, figures, the two explorers."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from scipy import special

from dlcourse import gated_cells, recurrent
from dlcourse.checking.quiet import quiet
from dlcourse.data import toy_sequences
from dlcourse.figures import sequences as plots_sequences
from dlcourse.figures.notebook_tools import attempt
from dlcourse.widgets.gated_cells import MemoryExplorer, explore_memory
from dlcourse.widgets.recurrent import GradientExplorer, explore_gradients


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def number(bits):
    return sum(int(bit) << place for place, bit in enumerate(bits))


def test_softmax_and_sigmoid_are_scipys_and_do_not_overflow():
    z = np.random.default_rng(0).normal(size=(4, 3, 5))
    np.testing.assert_allclose(recurrent.softmax(z), special.softmax(z, axis=0))
    np.testing.assert_allclose(recurrent.sigmoid(z), special.expit(z))
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_array_equal(recurrent.sigmoid(np.array([-1e4, 1e4])), [0, 1])
        np.testing.assert_array_equal(recurrent.softmax(np.array([[1e4], [-1e4]])), [[1], [0]])


def test_binary_sums_are_sums():
    x, y = toy_sequences.binary_sums(np.random.default_rng(0), m=50, bits=9)
    assert x.shape == (2, 50, 10)
    assert y.shape == (1, 50, 10)
    for i in range(50):
        assert number(x[0, i]) + number(x[1, i]) == number(y[0, i])


def test_marked_numbers_are_held_until_the_next_mark():
    x, y = toy_sequences.marked_numbers(np.random.default_rng(0), m=20, steps=30)
    assert np.all(x[1, :, 0] == 1)
    for i in range(20):
        held = None
        for t in range(30):
            held = x[0, i, t] if x[1, i, t] else held
            assert y[0, i, t] == held


def test_recall_asks_for_the_marked_sign():
    x, y = toy_sequences.recall(np.random.default_rng(0), m=200, gap=7)
    assert x.shape == (2, 200, 10)
    np.testing.assert_array_equal(x[1].sum(axis=1), 1)
    assert set(np.argmax(x[1], axis=1)) == {0, 1, 2}
    np.testing.assert_array_equal(2 * y - 1, np.sum(x[0] * x[1], axis=1))
    assert 0.3 < y.mean() < 0.7


def test_adam_takes_kerass_steps():
    import keras

    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 2))
    parameters = {"W": start.copy()}
    ours, theirs = recurrent.Adam(parameters, 0.05), keras.optimizers.Adam(0.05, epsilon=1e-8)
    variable = keras.Variable(start, dtype="float64")
    for _ in range(5):
        gradient = rng.normal(size=(3, 2))
        ours.step({"dW": gradient, "dx": None})
        theirs.apply_gradients([(keras.ops.convert_to_tensor(gradient), variable)])
    np.testing.assert_allclose(parameters["W"], np.asarray(variable), rtol=1e-5)


FIGURES = {
    "network": lambda: plots_sequences.show_network(["x", None], ["y", "y"], start="a", caption="words"),
    "way back": lambda: plots_sequences.show_network(["x"] * 3, [None, None, "y"], backwards=True, caption="words"),
    "five shapes": lambda: plots_sequences.show_five_shapes("words"),
    "plain cell": lambda: plots_sequences.show_rnn_cell("words"),
    "GRU": lambda: plots_sequences.show_gru_cell("words"),
    "LSTM": lambda: plots_sequences.show_lstm_cell("words"),
    "over time": lambda: plots_sequences.show_over_time({"x": np.arange(3), "a": -np.ones((4, 3))}, "words"),
    "reach": lambda: plots_sequences.show_reach({"one": np.array([0.0, 1.0])}, "norm", "words"),
}


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_is_a_picture_with_its_caption(shell, figure):
    with capture_output() as captured:
        FIGURES[figure]()
    picture, words = (output["data"] for output in captured._outputs)
    assert "image/png" in picture
    assert words["text/markdown"] == "*words*"


def explorer():
    return GradientExplorer(recurrent.rnn_forward, recurrent.gradient_through_time)


def test_the_sliders_decide_whether_gradients_vanish_or_explode():
    explored = explorer()
    explored.size.value = 0.0
    for radius in (0.5, 1.0, 2.0):
        explored.radius.value = radius
        np.testing.assert_allclose(explored.norms(), radius ** np.arange(59.0, -1, -1), rtol=1e-9)
    explored.size.value = 1.0
    assert explored.norms()[0] < 1e-3 * 2.0**59


def test_moving_a_slider_replaces_the_picture_and_its_words(shell):
    with capture_output() as captured:
        explored = explorer()
        explored.show()
        explored.radius.value = 2.5
    kinds = [set(output["data"]) for output in captured._outputs]
    assert "application/vnd.jupyter.widget-view+json" in kinds[0]
    assert ["image/png" in kind for kind in kinds] == [False, True, False, True, False]
    first, second = (captured._outputs[place]["data"]["text/markdown"] for place in (2, 4))
    assert "radius 0.8" in first
    assert "smaller by a factor of 10⁷" in first
    assert "radius 2.5" in second


def test_an_unwritten_function_leaves_no_controls_behind(shell):
    def stub(*args):
        raise NotImplementedError("not written yet")

    with capture_output() as captured, pytest.raises(NotImplementedError):
        explore_gradients(stub, recurrent.gradient_through_time)
    assert captured._outputs == []


def test_a_function_that_fails_later_is_named_below_the_picture(shell):
    calls = []

    def sometimes(a, Waa):
        calls.append(1)
        if len(calls) > 1:
            raise ValueError("shapes do not fit")
        return recurrent.gradient_through_time(a, Waa)

    with capture_output() as captured:
        explored = GradientExplorer(recurrent.rnn_forward, sometimes)
        explored.show()
        explored.radius.value = 2.5
    assert "ValueError: shapes do not fit" in captured._outputs[-1]["data"]["text/markdown"]


def gate_over_time(gate, a, x, parameters):
    """As in notebook 18."""
    stacked = np.concatenate([np.zeros((1, 1)), a[:, :-1]], axis=1), x
    return special.expit(parameters["W" + gate] @ np.concatenate(stacked) + parameters["b" + gate])


def memory_explorer(lstm_forward=gated_cells.lstm_forward, gru_forward=gated_cells.gru_forward):
    return MemoryExplorer(lstm_forward, gru_forward, gate_over_time)


@pytest.mark.parametrize("bias", [0.0, 2.0, 10.0])
def test_between_marks_both_cells_keep_the_part_that_the_bias_says(bias):
    explored = memory_explorer()
    explored.bias.value, explored.others.value = bias, 0.0
    strips = explored.strips()
    kept = special.expit(bias) ** np.arange(36)
    for memory in ("memory", "state"):
        held = strips[memory]
        np.testing.assert_allclose(held[4:40] / held[4], kept, rtol=1e-3)
        np.testing.assert_allclose(held[[4, 40]], np.tanh([0.9, -0.9]), rtol=2e-3)
    np.testing.assert_allclose(strips["LSTM: forget gate"][5:40], special.expit(bias))
    np.testing.assert_allclose(strips["GRU: update gate"][5:40], special.expit(-bias))


def test_only_the_gru_takes_unmarked_numbers_in_where_it_does_not_keep():
    explored = memory_explorer()

    def change_of(memory, bias):
        held = []
        for explored.others.value in (0.0, 1.0):
            explored.bias.value = bias
            held.append(explored.strips()[memory])
        return np.max(np.abs(held[0] - held[1]))

    assert change_of("memory", 1.0) < 1e-3 < 0.1 < change_of("state", 1.0)
    assert change_of("state", 10.0) < 1e-2


@pytest.mark.parametrize("control, value", [("bias", 6.0), ("others", 0.0)])
def test_moving_a_slider_of_the_memory_replaces_its_picture_and_words(shell, control, value):
    with capture_output() as captured:
        explored = memory_explorer()
        explored.show()
        getattr(explored, control).value = value
    controls, *pictures = (output["data"] for output in captured._outputs)
    assert "application/vnd.jupyter.widget-view+json" in controls
    assert "JupyterLab" in controls["text/plain"]
    assert len(pictures) == 4
    assert pictures[0]["image/png"] != pictures[2]["image/png"]
    assert pictures[1]["text/markdown"] != pictures[3]["text/markdown"]
    assert "Forget bias 2.0" in pictures[1]["text/markdown"]
    assert captured._outputs[1]["metadata"]["image/png"]["alt"] in pictures[1]["text/plain"]


@pytest.mark.parametrize("unwritten", ["lstm_forward", "gru_forward"])
def test_a_memory_that_is_not_written_leaves_no_controls_behind(shell, unwritten):
    def lstm_forward(x, a0, parameters):
        raise NotImplementedError("not written yet")

    def gru_forward(x, a0, parameters):
        raise NotImplementedError("not written yet")

    functions = {"lstm_forward": gated_cells.lstm_forward, "gru_forward": gated_cells.gru_forward}
    functions[unwritten] = {"lstm_forward": lstm_forward, "gru_forward": gru_forward}[unwritten]
    with capture_output() as captured, attempt():
        explore_memory(**functions, gate_over_time=gate_over_time)
    assert captured._outputs == []
    assert captured.stdout.strip() == f"Waiting for {unwritten}: it is not written yet."
    assert captured.stderr == ""


def test_a_memory_that_fails_later_is_named_below_the_picture(shell):
    def wrong(x, a0, parameters):
        if parameters["bu"] == 0:
            raise ValueError("shapes do not fit")
        return gated_cells.gru_forward(x, a0, parameters)

    with capture_output() as captured:
        explored = memory_explorer(gru_forward=wrong)
        explored.show()
        explored.bias.value = 0.0
    message = captured._outputs[-1]["data"]["text/markdown"]
    assert message == "One of your functions raised ValueError: shapes do not fit"


def test_quiet_silences_what_is_written_below_python(capfd):
    import os

    with quiet():
        os.write(2, b"a notice\n")
    os.write(2, b"an error\n")
    assert capfd.readouterr().err == "an error\n"
    with pytest.raises(ValueError), quiet():
        raise ValueError
