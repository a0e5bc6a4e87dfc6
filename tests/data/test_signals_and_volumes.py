"""Drawn heartbeats and volumes: the same seed gives the same ones, and they are what they are said to be."""

import numpy as np
import pytest

from dlcourse.data import heartbeats, volumes


@pytest.fixture(scope="module")
def drawn():
    return heartbeats.heartbeats(np.random.default_rng(0), 300, people=20)


def test_the_same_seed_draws_the_same():
    for draw in (lambda seed: heartbeats.heartbeats(seed, 5), lambda seed: volumes.lungs(seed, 3)):
        first, second, other = (draw(np.random.default_rng(seed))[0] for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first, other)


def test_beats_are_a_lead_in_millivolts(drawn):
    beats, kinds, whose = drawn
    assert beats.shape == (300, heartbeats.STEPS, 1)
    assert set(kinds) == set(range(len(heartbeats.KINDS))) and set(whose) <= set(range(20))
    assert 0.5 < np.median(beats.max(axis=(1, 2))) < 2 and np.abs(beats).max() < 6


def width_of_the_beat(beat):
    """For how many samples the beat in the middle is above half of its height."""
    middle = beat[55:105] - np.median(beat)
    return int(np.sum(middle > middle.max() / 2))


def test_ventricular_beats_are_wide_and_normal_ones_narrow(drawn):
    beats, kinds, _ = drawn
    widths = np.array([width_of_the_beat(beat[:, 0]) for beat in beats])
    narrow, wide = (np.median(widths[kinds == kind]) for kind in (0, 1))
    assert wide > 2 * narrow


def test_a_volume_has_one_ball_and_tubes_from_end_to_end():
    scans, nodules = volumes.lungs(np.random.default_rng(0), 30)
    assert scans.shape == nodules.shape == (30, *(volumes.SIDE,) * 3, 1) and nodules.dtype == bool
    assert np.all(nodules.sum(axis=(1, 2, 3, 4)) > 8)
    in_slices = nodules.any(axis=(2, 3, 4))
    assert np.all(in_slices.sum(axis=1) < 6), "a ball ends"
    assert not nodules[:, [0, -1]].any()
    bright = (scans > 0.6) & ~nodules
    assert np.all(bright.any(axis=(2, 3, 4)).mean(axis=1) == 1), "vessels go through every slice"
    assert 0.7 < scans[nodules].mean() < 1.1


def test_in_one_slice_a_ball_is_a_disc_like_others():
    """Its brightness does not give it away."""
    scans, nodules = volumes.lungs(np.random.default_rng(1), 40)
    middle_of_vessels = (scans > 0.85) & ~nodules
    assert abs(scans[nodules & (scans > 0.85)].mean() - scans[middle_of_vessels].mean()) < 0.03
