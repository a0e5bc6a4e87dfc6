"""What a mistake costs does not depend on the seed: the same groups of cases fail, whichever numbers are drawn."""

import collections

import numpy as np
import pytest
from one_slip import NOT_YET, groups_lost

from dlcourse import checks
from dlcourse.checking import judging

EXERCISES = [
    exercise
    for exercise in checks.exercises()
    if exercise.needs == "numpy" and exercise.name != "spot_the_mistake" and exercise.topic not in NOT_YET
]
# those that draw many names or pictures take a second for each seed
FEWER = {"sample", "rotate", "shear"}
# by chance: without its biases the network of `sample` isn't sure of what it spells
CHANCE = {("sample", "no-b")}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: f"{exercise.topic}/{exercise.name}")
def test_every_seed_takes_the_same_groups_from_a_mistake(exercise):
    """Two seeds where the groups are outputs, which hang on what is computed rather than on numbers."""
    failing = collections.defaultdict(set)
    for seed in range(2 if exercise.by_output or exercise.name in FEWER else 3):
        with np.errstate(all="ignore"):
            prepared = judging._prepare(exercise, seed)
            for mistake in exercise.mistakes:
                report = judging.verdict(exercise, outcomes_of(prepared, mistake), seed, naming=False)
                failing[mistake.key].add(groups_lost(report))
    changing = {key: found for key, found in failing.items() if len(found) > 1}
    assert {key: found for key, found in changing.items() if (exercise.name, key) not in CHANCE} == {}


def outcomes_of(prepared, mistake):
    """What a wrong variant gives, in place of what a learner's function does, case by case."""
    outcomes = [None] * len(prepared.calls)
    for row, (_, _, positions) in enumerate(prepared.rows):
        for position in positions:
            outcomes[position] = prepared.variant(mistake, row)
    return outcomes
