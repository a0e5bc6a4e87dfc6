"""Drawn street scenes: the same seed gives the same scene at any size, and the boxes hold what was drawn."""

import random

import numpy as np
import pytest

from dlcourse.data import scenes


def test_the_same_seed_gives_the_same_images_and_boxes():
    images, boxes = scenes.streets(5, seed=3)
    again, boxes_again = scenes.streets(5, seed=3)
    other, _ = scenes.streets(5, seed=4)
    np.testing.assert_array_equal(images, again)
    for rows, rows_again in zip(boxes, boxes_again, strict=True):
        np.testing.assert_array_equal(rows, rows_again)
    assert not np.array_equal(images, other)


def test_a_shorter_list_is_the_beginning_of_a_longer_one():
    few, _ = scenes.streets(2, seed=3)
    more, _ = scenes.streets(4, seed=3)
    np.testing.assert_array_equal(few, more[:2])


def test_images_are_float32_between_0_and_1_and_boxes_lie_inside():
    images, boxes = scenes.streets(40, seed=0, size=32)
    assert images.shape == (40, 32, 32, 3)
    assert images.dtype == np.float32
    assert 0 <= images.min() < images.max() <= 1
    for rows in boxes:
        assert rows.shape[1] == 5
        assert 1 <= len(rows) <= 4
        centre, size = rows[:, :2], rows[:, 2:4]
        assert np.all(centre - size / 2 >= -1e-9)
        assert np.all(centre + size / 2 <= 1 + 1e-9)
        assert set(rows[:, 4]) <= {0.0, 1.0, 2.0}


def test_every_class_occurs_about_equally_often():
    _, boxes = scenes.streets(300, seed=0, size=8)
    shares = np.bincount(np.concatenate(boxes)[:, 4].astype(int), minlength=3) / sum(map(len, boxes))
    assert shares.min() > 0.25


@pytest.mark.parametrize("kind", scenes.CLASSES)
def test_an_object_fills_its_box_and_nothing_else(kind):
    w, h = (0.5, 0.26) if kind == "car" else (0.24, 0.5)
    thing = scenes.Thing(kind, 0.5, 0.6, w, h, looks=7)
    street = scenes.Scene((), 0.4, looks=5)
    size = 200
    changed = np.any(scenes.draw(scenes.Scene((thing,), 0.4, looks=5), size) != scenes.draw(street, size), axis=2)
    rows, columns = np.nonzero(changed)
    found = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]) / size
    np.testing.assert_allclose(found, [0.6 - h / 2, 0.5 - w / 2, 0.6 + h / 2, 0.5 + w / 2], atol=0.03)
    assert changed.sum() > 0.3 * w * h * size**2


def test_objects_hide_little_of_each_other():
    rng = random.Random(0)
    for _ in range(100):
        things = scenes.street(rng).things
        for one in things:
            for other in things:
                assert one is other or scenes._shared(one, other) <= scenes.MOST_OVERLAP


def test_one_scene_can_be_drawn_at_any_size():
    (scene,) = scenes.thought_up(1, seed=9)
    small, large = scenes.draw(scene, 24), scenes.draw(scene, 96)
    reduced = large.reshape(24, 4, 24, 4, 3).mean(axis=(1, 3))
    assert np.abs(small - reduced).mean() < 0.02


def test_guesses_cover_every_object_and_stay_in_the_image():
    (scene,) = scenes.thought_up(1, seed=2)
    scores, boxes, classes = scenes.guesses(scene, seed=1)
    assert len(scores) == len(boxes) == len(classes) == 4 * len(scene.things) + 4
    assert boxes.min() >= 0
    assert boxes.max() <= 1
    assert scores.max() < 1
    assert len(set(scores.tolist())) == len(scores)
