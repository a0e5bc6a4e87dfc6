"""The augmentation explorer: what its controls do to the picture."""

import numpy as np

from dlcourse import transfer
from dlcourse.widgets.transfer import SHOWN, AugmentationExplorer

IMAGE = np.random.default_rng(0).uniform(size=(12, 14, 3))
AUGMENTATIONS = {
    "rotate": lambda X, strength, rng: transfer.rotate(X, 90 * strength, rng),
    "crop": lambda X, strength, rng: transfer.random_crop(X, round(10 - 8 * strength), rng),
}


def test_strength_draw_and_kind_change_the_pictures():
    explorer = AugmentationExplorer(IMAGE, AUGMENTATIONS)
    first = explorer.pictures()
    assert first.shape == (SHOWN, *IMAGE.shape)
    explorer.draw.value = 1
    assert not np.array_equal(explorer.pictures(), first)
    explorer.draw.value = 0
    assert np.array_equal(explorer.pictures(), first)
    explorer.strength.value = 0.0
    np.testing.assert_allclose(explorer.pictures(), np.repeat(IMAGE[np.newaxis], SHOWN, axis=0))
    explorer.which.value, explorer.strength.value = "crop", 1.0
    assert explorer.pictures().shape == (SHOWN, 2, 2, 3)


def test_the_caption_names_what_is_shown():
    explorer = AugmentationExplorer(IMAGE, AUGMENTATIONS)
    picture, words = explorer._draw()
    assert picture.data[:4] == b"\x89PNG"
    assert "rotate, 30%" in repr(words) and "draw 0" in repr(words)
