"""The overlap explorer of notebook 12: what it shows, and what moving a control changes."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse import segmentation
from dlcourse.widgets.segmentation import OverlapExplorer


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def explorer(n=6, f=3, stride=2, pad=0, transposed_conv=segmentation.transposed_conv):
    shown = OverlapExplorer(transposed_conv)
    shown.n.value, shown.f.value, shown.stride.value, shown.pad.value = n, f, stride, pad
    return shown


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({}, "(6 - 1) · 2 + 3 - 2 · 0 = 13; 13 × 13 pixels, written 1 to 4 times: the brighter, the more often."),
        ({"f": 4}, "14 × 14 pixels, written 1 to 4 times, and within the edges all 4 times: no checkerboard."),
        ({"f": 2}, "12 × 12 pixels, each written 1 times: even grey."),
        ({"f": 2, "stride": 3}, "written 0 to 1 times: the brighter, the more often. Black pixels are never written."),
        ({"n": 1, "pad": 2}, "(1 - 1) · 2 + 3 - 2 · 2 = -1: nothing is left of the image."),
    ],
)
def test_it_says_how_often_pixels_are_written(controls, said):
    picture, words = explorer(**controls)._draw()
    assert said in str(words) and picture.data


def test_the_picture_is_made_by_the_readers_function():
    _, words = explorer(transposed_conv=lambda A, W, stride, pad: 7 + 0 * A)._draw()
    assert "6 × 6 pixels, each written 7 times" in str(words)


@pytest.mark.parametrize(("control", "value"), [("n", 4), ("f", 5), ("stride", 1), ("pad", 1)])
def test_moving_a_control_replaces_the_picture_and_its_words(shell, control, value):
    shown = explorer()
    with capture_output():
        shown.show()
    with capture_output() as captured:
        getattr(shown, control).value = value
    assert [output["update"] for output in captured._outputs] == [True, True]
