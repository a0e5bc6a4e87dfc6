"""The bottleneck explorer: its numbers are the reader's functions', and moving a control changes them."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse import inception
from dlcourse.widgets.inception import BottleneckExplorer


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def explorer():
    return BottleneckExplorer(inception.conv_cost, inception.bottleneck_cost)


def test_it_begins_with_the_notebooks_example(explorer):
    assert explorer.costs() == (120_422_400, 2_408_448, 10_035_200)
    _, words = explorer._draw()
    assert "10.3%" in words.plain


def test_moving_a_control_redraws_picture_and_words(shell, explorer):
    with capture_output() as captured:
        explorer.show()
        before = len(captured._outputs)
        explorer.reduced.value = 160
    updates = [output for output in captured._outputs[before:] if output["update"]]
    assert len(updates) == 2
    assert "1.03 times" in updates[1]["data"]["text/plain"]


def test_every_end_of_every_control_can_be_drawn(explorer):
    for control, values in (
        (explorer.channels, (16, 512)),
        (explorer.filters, (16, 512)),
        (explorer.f, (1, 7)),
        (explorer.reduced, (4, 256)),
    ):
        for value in values:
            control.value = value
            picture, words = explorer._draw()
            assert picture.data and words.plain


def test_an_error_of_the_readers_function_is_told(shell):
    def broken(input_shape, filters, f):
        if filters > 32:
            raise KeyError("f")
        return inception.conv_cost(input_shape, filters, f)

    explorer = BottleneckExplorer(broken, inception.bottleneck_cost)
    with capture_output() as captured:
        explorer.show()
        explorer.filters.value = 64
    assert "The cost raised KeyError" in captured._outputs[-1]["data"]["text/plain"]
