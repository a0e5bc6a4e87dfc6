"""Wrong functions of notebook 20 as learners type them, and right ones in the form of published courses."""

import numpy as np
import pytest
from solution_functions import functions
from typed_mistakes import sequences as typed
from typed_mistakes import slips

from dlcourse import checks

SEEDS = range(2)
EXERCISES = [name for name in checks.topic("sequences").exercises if hasattr(typed, name)]
RIGHT = {name: getattr(typed, name) for name in EXERCISES}
EVERY = typed.SLIPS + [slip for slip in slips.WHOLE if slip.topic == "sequences"]


def defined(slip):
    namespace = dict(vars(functions("sequences")))
    return slips.define(slip, namespace, RIGHT), namespace


@pytest.mark.parametrize("name", EXERCISES)
def test_the_functions_in_which_slips_are_made_are_right(name):
    function, namespace = defined(slips.Slip("sequences", name, "", slips.source_of(RIGHT[name]), name))
    for seed in range(4):
        report = checks.run("sequences", name, function, seed=seed, namespace=namespace)
        assert report.passed, (report.failures[0].case, report.failures[0].message)


@pytest.mark.parametrize("slip", EVERY, ids=lambda slip: slip.title.replace(" ", "_"))
def test_a_slip_is_named(slip):
    function, namespace = defined(slip)
    for seed in SEEDS:
        with np.errstate(all="ignore"):
            report = checks.run("sequences", slip.exercise, function, seed=seed, namespace=namespace)
        assert not report.passed
        assert report.mistake and report.mistake.key == slip.key, (seed, report.mistake, report.failures[0].message)
