"""The curves that grow while something trains."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse.figures import learning_curves
from dlcourse.figures.learning_curves import LearningCurves


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def pictures(captured) -> list[bool]:
    """For each picture that reached the page, whether it took the place of another."""
    return [output["update"] for output in captured._outputs if "image/png" in output["data"]]


def test_each_value_draws_the_curve_again_in_its_place(shell, monkeypatch):
    monkeypatch.setattr(learning_curves, "PAUSE", 0.0)
    curves = LearningCurves(3, "pass", "loss")
    with capture_output() as captured:
        for value in (0.7, 0.5, 0.25):
            curves.add("a network", value)
    assert curves.curves == {"a network": [0.7, 0.5, 0.25]}
    assert pictures(captured) == [False, True, True]


def test_quick_values_are_drawn_first_and_last(shell, monkeypatch):
    monkeypatch.setattr(learning_curves, "PAUSE", 1000.0)
    curves = LearningCurves(40, "pass", "loss")
    with capture_output() as captured:
        for value in range(40):
            curves.add("a network", value)
    assert pictures(captured) == [False, True]


def test_the_line_below_counts():
    curves = LearningCurves(2, "pass", "loss")
    with capture_output():
        curves.add("a network", 0.7)
        assert curves.words("a network").startswith("a network: pass 1 of 2, loss 0.700, about ")
        curves.add("a network", 0.1234)
    assert curves.words("a network").startswith("a network: pass 2 of 2, loss 0.123, ")
    assert curves.words("a network").endswith(" s")


def test_one_training_after_another_is_a_curve_of_its_own(shell, monkeypatch):
    monkeypatch.setattr(learning_curves, "PAUSE", 0.0)
    with capture_output() as captured:
        curves = LearningCurves(2, "epoch", "wrong", curves=2)
        for name in ("tanh", "relu"):
            for value in (0.5, 0.25):
                curves.add(name, value)
        curves.finish("Two trainings.")
    texts = [output["data"]["text/plain"] for output in captured._outputs if "text/markdown" in output["data"]]
    assert [text.rpartition(",")[0] for text in texts[:-1]] == [
        "tanh: epoch 1 of 2, wrong 0.500",
        "tanh: epoch 2 of 2, wrong 0.250",
        "relu: epoch 1 of 2, wrong 0.500",
        "relu: epoch 2 of 2, wrong 0.250",
    ]
    assert [text.rpartition(" ")[2] for text in texts[:-1]] == ["go", "go", "go", "s"]  # all trainings are counted
    assert texts[-1] == "Two trainings." and curves.curves == {"tanh": [0.5, 0.25], "relu": [0.5, 0.25]}
    assert [output["update"] for output in captured._outputs] == [False, False] + [True] * 8


def test_curves_are_not_drawn_at_every_step(shell):
    with capture_output() as captured:
        curves = LearningCurves(500, "step", "loss")
        for value in np.linspace(1, 0, 200):
            curves.add("loss", float(value))
    assert len(captured._outputs) < 20


def test_losses_of_nothing_can_be_drawn():
    with capture_output():
        LearningCurves(1, "step", "loss").add("a network", 0.0)
