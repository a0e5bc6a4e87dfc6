"""Wrong functions of notebook 15 as learners type them: each is told its own sentence, with every seed."""

import numpy as np
import pytest
from solution_functions import functions
from typed_mistakes import slips
from typed_mistakes import visualizing as typed

from dlcourse import checks

SEEDS = range(3)
RIGHT = {name: getattr(typed, name) for name in checks.topic("visualizing").exercises if hasattr(typed, name)}


def defined(slip):
    namespace = dict(vars(functions("visualizing")))
    return slips.define(slip, namespace, RIGHT), namespace


@pytest.mark.parametrize("name", RIGHT)
def test_the_functions_in_which_slips_are_made_are_right(name):
    function, namespace = defined(slips.Slip("visualizing", name, "", slips.source_of(RIGHT[name]), name))
    for seed in SEEDS:
        report = checks.run("visualizing", name, function, seed=seed, namespace=namespace)
        assert report.passed, report.failures[0].message


@pytest.mark.parametrize("slip", typed.SLIPS, ids=lambda slip: slip.title.replace(" ", "_"))
def test_a_slip_is_named(slip):
    function, namespace = defined(slip)
    for seed in SEEDS:
        with np.errstate(all="ignore"):
            report = checks.run("visualizing", slip.exercise, function, seed=seed, namespace=namespace)
        assert not report.passed
        assert report.mistake and report.mistake.key == slip.key, (seed, report.failures[0])
        assert not report.helper
