"""What a mistake costs does not depend on the seed: the same groups of cases fail, whichever numbers are drawn."""

import collections

import numpy as np
import pytest

from dlcourse import checks
from dlcourse.checking import judging
from dlcourse.checking.calling import perform

SEEDS = range(10)
# those that take a network or a gradient need seconds for each seed, and their cases hang on it hardly at all
EXERCISES = [exercise.name for exercise in checks.exercises("yolo") if exercise.name not in ("yolo_loss", "yolov2")]


@pytest.mark.parametrize("name", EXERCISES)
def test_every_seed_takes_the_same_groups_from_a_mistake(name):
    exercise = checks.get("yolo", name)
    failing = collections.defaultdict(set)
    for seed in SEEDS:
        with np.errstate(all="ignore"):
            calls = judging.questions(exercise, seed)
            for mistake in exercise.mistakes:
                report = judging.verdict(exercise, perform({name: mistake.variant}, calls), seed, naming=False)
                failing[mistake.key].add(tuple(group.name for group in report.groups if not group.passed))
    assert {key: found for key, found in failing.items() if len(found) > 1} == {}
