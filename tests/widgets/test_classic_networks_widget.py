"""The layer explorer of notebook 04: what it shows, and what moving a control changes."""

import keras
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dlcourse import classic_networks
from dlcourse.widgets.classic_networks import LayerExplorer, layers_of


@pytest.fixture
def shell():
    """An IPython shell, gone afterwards: other tests want a plain Python session."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def explorer():
    def lenet(side):
        return classic_networks.lenet5((side, side, 1))

    def slim_vgg(side):
        return classic_networks.vgg(16, (side, side, 3), 10, 2, 8)

    return LayerExplorer({"LeNet-5": (lenet, 32), "VGG": (slim_vgg, 64)})


def words_of(outputs):
    return next(data["text/plain"] for data in (output["data"] for output in outputs) if "text/markdown" in data)


def test_the_rows_are_what_the_notebooks_functions_count():
    for build in (lambda: classic_networks.lenet5(), lambda: classic_networks.vgg(16, (64, 32, 3), 10, 2, 8)):
        model = build()
        rows = layers_of(model)
        assert sum(row[1] for row in rows) == classic_networks.activation_memory(model)[0]
        assert sum(row[2] for row in rows) == model.count_params()
        assert rows[0][0] == "image" and rows[-1][0] == "dense"


def test_a_larger_image_leaves_the_convolutions_as_they_are():
    shown = explorer()
    shown.network.value = "VGG"
    before, shown.size.value = shown.rows(), 200
    after = shown.rows()
    for (kind, activations, parameters), (_, more, others) in zip(before[:-3], after[:-3], strict=True):
        assert more == 4 * activations and others == parameters, kind
    assert after[-3][2] > 3 * before[-3][2]


@pytest.mark.parametrize(("control", "value"), [("network", "LeNet-5"), ("size", 50)])
def test_moving_a_control_replaces_the_picture_and_its_words(shell, control, value):
    shown = explorer()
    with capture_output() as first:
        shown.show()
    with capture_output() as second:
        getattr(shown, control).value = value
    assert [output["update"] for output in second._outputs] == [True, True]
    assert words_of(first._outputs) != words_of(second._outputs)
    assert "activations" in words_of(second._outputs)


def test_an_image_that_is_too_small_is_told_below_the_picture(shell):
    shown = LayerExplorer({"AlexNet": (lambda side: classic_networks.alexnet((side, side, 3), 5, (2,) * 5, 4), 60)})
    shown.size.value = 200
    with capture_output():
        shown.show()
    with capture_output() as captured:
        shown.size.value = 50
    assert words_of(captured._outputs).startswith("The network raised ValueError")


def test_networks_on_paper_have_rows_too():
    with keras.StatelessScope(initialize_variables=False):
        rows = layers_of(classic_networks.vgg())
    assert sum(row[2] for row in rows) == 138_357_544
