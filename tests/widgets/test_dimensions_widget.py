"""The dilation explorer of notebook 16: what it shows, and what moving a control changes."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse import dimensions
from dlcourse.widgets.dimensions import STEPS, DilationExplorer


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def explorer(f=2, layers=4, kind="1, 2, 4, ...", causal_conv1d=dimensions.causal_conv1d):
    shown = DilationExplorer(causal_conv1d)
    shown.f.value, shown.layers.value, shown.kind.value = f, layers, kind
    return shown


@pytest.mark.parametrize(
    ("f", "layers", "kind", "said"),
    [
        (
            2,
            4,
            "1, 2, 4, ...",
            "8 weights, dilations 1, 2, 4, 8. The last output looks back over 16 steps, and misses none",
        ),
        (
            2,
            4,
            "1, 1, 1, ...",
            "dilations 1, 1, 1, 1. The last output looks back over 5 steps, and misses none of them.",
        ),
        (2, 2, "4, 4, 4, ...", "looks back over 9 steps, and misses 6 of them."),
        (3, 3, "1, 3, 9, ...", "looks back over 27 steps, and misses none of them."),
        (2, 5, "1, 2, 4, ...", "looks back to the first of these 32 steps, or further."),
        (1, 3, "1, 2, 4, ...", "looks back over 1 steps"),
    ],
)
def test_it_says_how_far_the_last_output_looks_back(f, layers, kind, said):
    picture, words = explorer(f, layers, kind)._draw()
    assert said in str(words) and picture.data


def test_what_is_needed_is_what_steps_seen_counts():
    for f, layers in ((2, 3), (3, 2), (4, 2)):
        shown = explorer(f, layers)
        needed = shown.needed()
        assert len(needed) == layers + 1 and needed[-1].sum() == 1
        assert needed[0].sum() == dimensions.steps_seen(f, shown.dilations())


def test_the_picture_is_made_by_the_readers_function():
    def sees_the_future(x, W, dilation):
        return dimensions.causal_conv1d(x[:, ::-1], W, dilation)[:, ::-1]

    shown = explorer(causal_conv1d=sees_the_future)
    assert np.flatnonzero(shown.needed()[0]).tolist() == [STEPS - 1]
    _, words = explorer(causal_conv1d=lambda x, W, dilation: 0 * x)._draw()
    assert "depends on no step" in str(words)


@pytest.mark.parametrize(("control", "value"), [("f", 3), ("layers", 2), ("kind", "4, 4, 4, ...")])
def test_moving_a_control_replaces_the_picture_and_its_words(shell, control, value):
    shown = explorer()
    with capture_output():
        shown.show()
    with capture_output() as captured:
        getattr(shown, control).value = value
    assert [output["update"] for output in captured._outputs] == [True, True]
