"""The window explorer of notebook 09: what it shows, and what moving a control changes."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse import localization
from dlcourse.widgets.localization import WindowExplorer


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def explorer(n=28, f=5, pool=2, units=400, window_and_stride=localization.window_and_stride):
    shown = WindowExplorer(window_and_stride, localization.window_cost)
    shown.n.value, shown.f.value, shown.pool.value, shown.units.value = n, f, pool, units
    return shown


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({}, "8 × 8 windows of 14 × 14, 2 pixels apart"),
        ({}, "28,262,400 multiplications one by one, 21,273,600 at once: 1.33 times fewer."),
        ({"n": 16}, "2 × 2 windows of 14 × 14"),
        ({"n": 14}, "One window of 14 × 14, 2 pixels apart"),
        ({"n": 13}, "The window is 14 pixels wide, wider than the image"),
        ({"pool": 1}, "windows of 9 × 9, 1 pixel apart"),
        ({"pool": 4, "n": 40}, "5 × 5 windows of 24 × 24, 4 pixels apart"),
    ],
)
def test_it_says_how_many_windows_there_are_and_what_they_cost(controls, said):
    picture, words = explorer(**controls)._draw()
    assert said in str(words) and picture.data


def test_small_dense_layers_save_more():
    def saved(units):
        shown = explorer(units=units)
        apart, together = localization.window_cost(shown.network(), 28)
        return apart / together

    assert saved(4) > saved(20) > saved(100) > saved(400)


def test_the_picture_is_made_by_the_readers_function():
    _, words = explorer(window_and_stride=lambda layers: (10, 6))._draw()
    assert "4 × 4 windows of 10 × 10, 6 pixels apart" in str(words)


@pytest.mark.parametrize(("control", "value"), [("n", 20), ("f", 3), ("pool", 3), ("units", 20)])
def test_moving_a_control_replaces_the_picture_and_its_words(shell, control, value):
    shown = explorer()
    with capture_output():
        shown.show()
    with capture_output() as captured:
        getattr(shown, control).value = value
    assert [output["update"] for output in captured._outputs] == [True, True]
