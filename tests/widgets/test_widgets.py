"""The filter explorer: moving a control changes the picture, and a picture is there where no controls are."""

import base64
import io

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from dlcourse import convolution, mobile
from dlcourse.widgets import convolution as widgets
from dlcourse.widgets import mobile as costs

RNG = np.random.default_rng(0)
IMAGES = {"noise": RNG.random((12, 16)), "flat": np.full((12, 12), 0.5)}
FILTERS = {"vertical": np.array([[1, 0, -1]] * 3), "blur": np.full((3, 3), 1 / 9)}


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def explorer():
    return widgets.FilterExplorer(IMAGES, FILTERS, convolution.conv_forward)


def shown(captured) -> list[tuple[str, dict, bool]]:
    """What reached the page: (kind, data, whether it replaces something)."""
    found = []
    for output in captured._outputs:
        data = output["data"]
        kind = next(k for k in ("application/vnd.jupyter.widget-view+json", "image/png", "text/markdown") if k in data)
        found.append((kind.rsplit("/")[1], data, output["update"]))
    return found


def size(data: dict) -> tuple[int, int]:
    return Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size


def test_showing_gives_controls_a_picture_and_its_caption(shell, explorer):
    with capture_output() as captured:
        explorer.show()
    controls, picture, words = shown(captured)
    assert [controls[0], picture[0], words[0]] == ["vnd.jupyter.widget-view+json", "png", "markdown"]
    assert not any(update for _, _, update in (controls, picture, words))
    assert size(picture[1])[0] > 1000
    assert "floor((12 + 2·0 - 3) / 1) + 1 = 10" in words[1]["text/plain"]


def test_where_controls_cannot_be_shown_a_sentence_says_so(shell, explorer):
    with capture_output() as captured:
        explorer.show()
    assert "JupyterLab" in shown(captured)[0][1]["text/plain"]


@pytest.mark.parametrize(
    "control, value", [("filter_choice", "blur"), ("stride", 2), ("pad", 3), ("image_choice", "flat")]
)
def test_moving_a_control_replaces_picture_and_caption_once(shell, explorer, control, value):
    with capture_output() as first:
        explorer.show()
    with capture_output() as second:
        getattr(explorer, control).value = value
    changed = shown(second)
    assert [(kind, update) for kind, _, update in changed] == [("png", True), ("markdown", True)]
    assert changed[0][1]["image/png"] != shown(first)[1][1]["image/png"]
    assert changed[1][1]["text/plain"] != shown(first)[2][1]["text/plain"]


def test_typing_a_number_makes_the_filter_ones_own(shell, explorer):
    with capture_output():
        explorer.show()
    with capture_output() as captured:
        explorer.numbers[4].value = -2.0
    assert explorer.filter_choice.value == widgets.OWN_FILTER
    assert [kind for kind, _, _ in shown(captured)] == ["png", "markdown"]
    expected = FILTERS["vertical"] - 2 * np.eye(3)[1][:, None] * np.eye(3)[1]
    Z, _ = convolution.conv_forward(
        IMAGES["noise"][None, :, :, None], expected[:, :, None, None], np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0}
    )
    np.testing.assert_allclose(explorer.output(), Z[0, :, :, 0])


def test_choosing_a_filter_fills_the_nine_fields(explorer):
    explorer.filter_choice.value = "blur"
    assert [field.value for field in explorer.numbers] == [0.1111] * 9
    explorer.filter_choice.value = "vertical"
    assert [field.value for field in explorer.numbers] == [1, 0, -1] * 3
    assert explorer.filter_choice.value == "vertical"


def test_stride_and_padding_reach_the_readers_function(explorer):
    explorer.stride.value, explorer.pad.value = 3, 2
    assert explorer.output().shape == ((12 + 4 - 3) // 3 + 1, (16 + 4 - 3) // 3 + 1)


def test_every_setting_can_be_drawn(explorer):
    for image in IMAGES:
        for name in [*FILTERS, widgets.OWN_FILTER]:
            for stride, pad in [(1, 0), (4, 8)]:
                explorer.image_choice.value, explorer.filter_choice.value = image, name
                explorer.stride.value, explorer.pad.value = stride, pad
                picture, _ = explorer._draw()
                assert picture.data.startswith(b"\x89PNG")


def test_all_zeros_can_be_drawn(explorer):
    for field in explorer.numbers:
        field.value = 0
    explorer._draw()


def test_an_unwritten_function_leaves_no_controls_behind(shell):
    def conv_forward(A_prev, W, b, hparameters):
        raise NotImplementedError

    with capture_output() as captured, pytest.raises(NotImplementedError):
        widgets.explore_filters(IMAGES, FILTERS, conv_forward)
    assert shown(captured) == []


def test_an_error_after_a_click_is_told_under_the_picture(shell):
    def conv_forward(A_prev, W, b, hparameters):
        if hparameters["stride"] > 1:
            raise ValueError("no strides please")
        return convolution.conv_forward(A_prev, W, b, hparameters)

    explorer = widgets.FilterExplorer(IMAGES, FILTERS, conv_forward)
    with capture_output():
        explorer.show()
    with capture_output() as captured:
        explorer.stride.value = 2
    [(kind, data, update)] = shown(captured)
    assert (kind, update) == ("markdown", True)
    assert data["text/markdown"] == "`conv_forward` raised ValueError: no strides please"


def test_without_jupyter_nothing_breaks(explorer, capsys):
    explorer.show()
    explorer.stride.value = 2
    assert "floor" in capsys.readouterr().out


# The cost explorer of notebook 07


def test_the_cost_explorer_shows_the_learners_own_count():
    asked = []

    def separable_cost(*layer):
        asked.append(layer)
        return mobile.separable_cost(*layer)

    explorer = costs.CostExplorer(separable_cost)
    explorer.side.value, explorer.f.value, explorer.n_C_prev.value, explorer.n_C.value = 4, 3, 2, 8
    picture, words = explorer._draw()
    assert asked[-1] == (4, 4, 3, 2, 8)
    ordinary, depthwise, pointwise = mobile.separable_cost(4, 4, 3, 2, 8)
    assert f"{ordinary:,} multiplications at once; {depthwise:,} + {pointwise:,} in two steps: 23.6%" in str(words)
    assert picture.data


@pytest.mark.parametrize(("f", "channels"), [(1, 1), (9, 1024)])
def test_the_cost_explorer_draws_layers_for_which_two_steps_cost_more_and_much_less(f, channels):
    explorer = costs.CostExplorer(mobile.separable_cost)
    explorer.f.value, explorer.n_C.value, explorer.n_C_prev.value = f, channels, channels
    _, words = explorer._draw()
    assert ("200.0%" if f == 1 else "1.3%") in str(words)
