"""Every photograph opens offline, between 0 and 1, in the size asked for, and its terms are written down."""

import socket
import sys

import numpy as np
import pytest

from dlcourse.data import datasets


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*arguments, **named):
        raise AssertionError("a picture must not need the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", datasets.PHOTOGRAPHS)
def test_a_photograph_is_brightness_between_0_and_1(name):
    image = datasets.photograph(name)
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert image.dtype == np.float64
    assert 0 <= image.min() < 0.5 < image.max() <= 1


@pytest.mark.parametrize("name", datasets.PHOTOGRAPHS)
def test_source_and_licence_are_stated(name):
    photo = datasets.PHOTOGRAPHS[name]
    assert photo.licence in {"CC0", "CC BY 2.0", "public domain", "no known restrictions"}
    assert photo.source in datasets.credit(name)
    assert photo.licence in datasets.credit(name)


def test_grey_weighs_the_colours_as_scikit_image_does():
    from skimage.color import rgb2gray

    colour = datasets.photograph("coffee")
    np.testing.assert_allclose(datasets.photograph("coffee", grey=True), rgb2gray(colour), atol=1e-12)


def test_a_size_is_rows_and_columns_and_one_number_keeps_the_proportions():
    assert datasets.photograph("coffee").shape == (400, 600, 3)
    assert datasets.photograph("coffee", grey=True, size=(20, 40)).shape == (20, 40)
    assert datasets.photograph("coffee", size=100).shape == (100, 150, 3)


def test_resizing_keeps_the_picture():
    whole, small = datasets.photograph("coffee", grey=True), datasets.photograph("coffee", grey=True, size=(40, 60))
    blocks = whole.reshape(40, 10, 60, 10).mean(axis=(1, 3))
    assert np.abs(blocks - small).mean() < 0.02


def test_two_calls_give_independent_arrays():
    first = datasets.photograph("coffee", size=10)
    first[:] = 0
    assert datasets.photograph("coffee", size=10).max() > 0.5


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="no photograph 'cofee'.*coffee, coins"):
        datasets.photograph("cofee")


def test_a_package_without_its_pictures_says_what_to_install(monkeypatch):
    missing = datasets.Photograph("skimage", "data/not_there.png", "nobody", "CC0")
    monkeypatch.setitem(datasets.PHOTOGRAPHS, "missing", missing)
    with pytest.raises(FileNotFoundError, match="missing from the installed skimage; pip installs a wheel that has it"):
        datasets.photograph("missing")
    absent = datasets.Photograph("no_such_package_here", "a.png", "nobody", "CC0")
    monkeypatch.setitem(datasets.PHOTOGRAPHS, "absent", absent)
    with pytest.raises(FileNotFoundError, match="part of no_such_package_here; install it"):
        datasets.photograph("absent")


def test_digits_are_8x8_between_0_and_1_with_their_labels():
    X, y = datasets.digits()
    assert X.shape == (1797, 8, 8, 1)
    assert (X.min(), X.max()) == (0.0, 1.0)
    assert y.shape == (1797,)
    assert set(y.tolist()) == set(range(10))
    assert y[:4].tolist() == [0, 1, 2, 3]


def test_the_support_modules_know_nothing_of_checks_or_references():
    """They run in the learner's process, where expected values must not be."""
    import subprocess

    program = (
        "import sys, pkgutil, importlib; from dlcourse import data, figures, widgets\n"
        "for room in data, figures, widgets:\n"
        "    for one in pkgutil.iter_modules(room.__path__): importlib.import_module(f'{room.__name__}.{one.name}')\n"
        "print([name for name in sys.modules if name.startswith('dlcourse.checks') or name == 'dlcourse.convolution'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
