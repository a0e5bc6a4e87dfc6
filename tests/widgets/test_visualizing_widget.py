"""The field explorer of notebook 15: what it shows, and what moving a control changes."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse import visualizing
from dlcourse.widgets.visualizing import FieldExplorer


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def explorer(count=3, f=3, stride=1, pad=0, receptive_field=visualizing.receptive_field):
    shown = FieldExplorer(receptive_field)
    shown.count.value, shown.f.value, shown.stride.value, shown.pad.value = count, f, stride, pad
    return shown


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({}, "In the last one r = 7, jump 1, start 0, with 3 × 3 = 9 weights in a row."),
        ({"count": 1, "f": 7}, "r = 7, jump 1, start 0, with 7 weights in a row."),
        ({"stride": 2}, "r = 15, jump 8, start 0"),
        ({"pad": 1}, "start -3, with 3 × 3 = 9 weights in a row. 3 of the 7 pixels of unit 0 lie in the padding."),
    ],
)
def test_it_says_what_units_see(controls, said):
    picture, words = explorer(**controls)._draw()
    assert said in str(words) and picture.data


def test_the_picture_is_made_by_the_readers_function():
    _, words = explorer(receptive_field=lambda layers: (77, 5, 0))._draw()
    assert "r = 77, jump 5" in str(words)


@pytest.mark.parametrize(("control", "value"), [("count", 2), ("f", 5), ("stride", 2), ("pad", 1)])
def test_moving_a_control_replaces_the_picture_and_its_words(shell, control, value):
    shown = explorer()
    with capture_output():
        shown.show()
    with capture_output() as captured:
        getattr(shown, control).value = value
    assert [output["update"] for output in captured._outputs] == [True, True]
