"""The region explorer of notebook 11: what it shows, and what moving a control changes."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse import regions
from dlcourse.widgets.regions import RegionExplorer, bump


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def explorer(top=1.6, left=2.3, side=3.5, bins=2, roi_align=regions.roi_align):
    shown = RegionExplorer(regions.roi_pool, roi_align)
    shown.top.value, shown.left.value, shown.side.value, shown.bins.value = top, left, side, bins
    return shown


@pytest.mark.parametrize(("top", "cells"), [(1.6, "5 × 4"), (2.0, "4 × 4"), (1.5, "4 × 4")])
def test_it_says_which_cells_are_pooled(top, cells):
    picture, words = explorer(top=top)._draw()
    assert f"the {cells} cells of which RoI pooling takes maxima" in str(words) and picture.data


def test_pooling_is_never_below_the_map_and_both_means_are_said():
    pooled = regions.roi_pool(bump(), [[1.6, 2.3, 5.1, 5.8]], 2).mean()
    aligned = regions.roi_align(bump(), [[1.6, 2.3, 5.1, 5.8]], 2).mean()
    _, words = explorer()._draw()
    assert f"mean {aligned:.2f}" in str(words) and f"mean {pooled:.2f}" in str(words) and pooled > aligned


def test_the_picture_is_made_by_the_readers_function():
    _, words = explorer(roi_align=lambda features, rois, size: 7 + 0 * regions.roi_align(features, rois, size))._draw()
    assert "asks, mean 7.00" in str(words)


@pytest.mark.parametrize(("control", "value"), [("top", 0.2), ("left", 3.3), ("side", 1.0), ("bins", 4)])
def test_moving_a_control_replaces_the_picture_and_its_words(shell, control, value):
    shown = explorer()
    with capture_output():
        shown.show()
    with capture_output() as captured:
        getattr(shown, control).value = value
    assert [output["update"] for output in captured._outputs] == [True, True]
