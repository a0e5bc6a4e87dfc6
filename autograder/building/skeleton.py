"""The five files of a new notebook, small and whole: it builds, and its solution earns its points.

Every line that says what is left to write has the word that `bar` looks for.
"""

from __future__ import annotations

from pathlib import Path

from autograder.building.bar import UNWRITTEN, places

TEXT = '''\
# %% [markdown]
# # <Title>
#
# LEFT: three lines on what the reader will be able to do.

# %% setup
import numpy as np
from dlcourse.checks.<topic> import check, hint, solution
from dlcourse.figures.notebook_tools import attempt
from dlcourse.widgets.<topic> import explore_doubling

# %% [markdown]
# ## Doubling
#
# LEFT: a picture or a number, the idea, the formula.
#
# ### Exercise: double
#
# Return twice the array.


# %% exercise="double"
def double(x):
    """Twice x, an array of any shape."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% check="double" points=1

# %% example
with attempt():
    explore_doubling(double)
'''
REFERENCE = '''\
"""LEFT: what this topic computes: the references of notebook <number>."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def double(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """x + x. LEFT: the formula, what may be raised, the source."""
    return x + x
'''
CHECKS = '''\
"""The exercises of notebook <number>. LEFT: replace `double` by what the notebook teaches."""

from __future__ import annotations

from dlcourse import <topic> as reference
from dlcourse.checking.exercise import Topic, case
from dlcourse.checking.panel import notebook

topic = Topic("<topic>")
check, hint, solution = notebook.functions(topic)


@topic.exercise(reference=reference.double, section="Doubling")
def double(rng):
    yield case("four numbers", rng.normal(size=4), group="one row")
    yield case("a table", rng.normal(size=(3, 4)), group="tables")


double.mistake("squared", "The numbers are squared; twice a number is the number plus itself.", lambda x: x**2)
double.hint("What is a number plus itself?")
'''
WIDGET = '''\
"""The explorer of notebook <number>. LEFT: a picture that changes with a control."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below


class DoublingExplorer(Explorer):
    """Choose a number; see it doubled."""

    blamed = "`double`"

    def __init__(self, double: Callable):
        self.double = double
        self.number = ipywidgets.IntSlider(3, 0, 9, description="number", continuous_update=False)
        self._arrange(self.number, layout=below(self.number))

    def _draw(self) -> tuple[plots.Picture, Words]:
        number = self.number.value
        drawing = plots.figure(height=1.5)
        drawing.subplots().barh(["number", "doubled"], [number, float(self.double(np.array(number)))])
        words = f"{number} doubled is {self.double(np.array(number))}."
        return plots.as_image(drawing, words), in_italics(words)


def explore_doubling(double: Callable) -> None:
    """Show a DoublingExplorer."""
    DoublingExplorer(double).show()
'''
TESTS = '''\
"""Notebook <number>.

LEFT: reference = solution = TensorFlow on random shapes, gradients, a case by hand, other right answers.
"""

import numpy as np
from solution_functions import functions

from dlcourse import <topic> as reference


def test_reference_and_solution_agree():
    x = np.random.default_rng(0).normal(size=(2, 3))
    np.testing.assert_allclose(functions("<topic>").double(x), reference.double(x))
'''
FILES = {"text": TEXT, "reference": REFERENCE, "checks": CHECKS, "widget": WIDGET, "tests": TESTS}


def files(name: str) -> dict[Path, str]:
    """The text of each file of the notebook NN_topic."""
    number, _, topic = name.partition("_")
    words = {"<topic>": topic, "<Title>": topic.replace("_", " ").capitalize(), "<number>": number}
    made = {}
    for what, place in places(name).items():
        text = FILES[what].replace("LEFT:", f"{UNWRITTEN}:")
        for mark, word in words.items():
            text = text.replace(mark, word)
        made[place] = text
    return made
