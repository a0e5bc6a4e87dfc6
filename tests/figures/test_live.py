"""The curve that grows while something trains."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse.figures import live
from dlcourse.figures.live import LiveCurve


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def pictures(captured) -> list[bool]:
    """For each picture that reached the page, whether it took the place of another."""
    return [output["update"] for output in captured._outputs if "image/png" in output["data"]]


def test_each_value_draws_the_curve_again_in_its_place(shell, monkeypatch):
    monkeypatch.setattr(live, "PAUSE", 0.0)
    curve = LiveCurve(3, "pass", "loss", "a network")
    with capture_output() as captured:
        for value in (0.7, 0.5, 0.25):
            curve.add(value)
    assert curve.values == [0.7, 0.5, 0.25]
    assert pictures(captured) == [False, True, True]


def test_quick_values_are_drawn_first_and_last(shell, monkeypatch):
    monkeypatch.setattr(live, "PAUSE", 1000.0)
    curve = LiveCurve(40, "pass", "loss")
    with capture_output() as captured:
        for value in range(40):
            curve.add(value)
    assert pictures(captured) == [False, True]


def test_the_line_below_it_counts():
    curve = LiveCurve(2, "pass", "loss", "a network")
    with capture_output():
        curve.add(0.7)
        assert curve.words().startswith("a network: pass 1 of 2, loss 0.700, about ")
        curve.add(0.1234)
    assert curve.words().startswith("a network: pass 2 of 2, loss 0.123, ")
    assert curve.words().endswith(" s")


def test_losses_of_nothing_can_be_drawn():
    with capture_output():
        LiveCurve(1, "step", "loss").add(0.0)
