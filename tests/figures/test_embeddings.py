"""A map of pictures: each at its place."""

import numpy as np
from matplotlib.offsetbox import AnnotationBbox

from dlcourse.figures.embeddings import draw_map


def test_each_picture_stands_at_its_place():
    rng = np.random.default_rng(0)
    pictures, places = rng.random((5, 8, 8, 3)), rng.normal(size=(5, 2))
    (axes,) = draw_map(pictures, places).axes
    shown = [part for part in axes.get_children() if isinstance(part, AnnotationBbox)]
    np.testing.assert_allclose([part.xy for part in shown], places)
    for part, picture in zip(shown, pictures, strict=True):
        np.testing.assert_array_equal(part.offsetbox.get_data(), picture)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert np.all((left < places[:, 0]) & (places[:, 0] < right))
    assert np.all((low < places[:, 1]) & (places[:, 1] < high))
