"""The exercise of notebook 17 on a shorter way to write a step: `stack_weights`."""

from __future__ import annotations

import numpy as np

from dlcourse import recurrent as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.recurrent.shared import topic


@topic.exercise(reference=reference.stack_weights, section="A shorter way to write it")
def stack_weights(rng):
    yield case(
        "two units and one input, by hand",
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[5.0], [6.0]]),
        group="two units",
        expect=np.array([[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]]),
    )
    yield case("as many inputs as units", rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), group="two units")
    for n_a, n_x in ((3, 5), (4, 2)):
        yield case(
            f"{n_a} units and {n_x} inputs",
            rng.normal(size=(n_a, n_a)),
            rng.normal(size=(n_a, n_x)),
            group="other sizes",
        )


stack_weights.mistake(
    "below-each-other",
    "The matrices are put one below the other; they stand side by side. See 'A shorter way to write it'.",
    lambda Waa, Wax: np.concatenate([Waa, Wax], axis=0),
)
stack_weights.mistake(
    "wrong-order",
    "Wax comes first; the vector it will meet has a_prev on top, so Waa is the left part.",
    lambda Waa, Wax: np.concatenate([Wax, Waa], axis=1),
)
stack_weights.mistake(
    "result-transposed",
    "The result is transposed: it has a row for each unit.",
    lambda Waa, Wax: np.concatenate([Waa, Wax], axis=1).T,
)
stack_weights.mistake(
    "Waa-transposed",
    "Waa is transposed on the way; it goes in as it is.",
    lambda Waa, Wax: np.concatenate([Waa.T, Wax], axis=1),
)
stack_weights.raises(
    "wrong-order",
    "The matrices are to stand side by side, Waa first and then Wax: they have the same number of rows.",
    "must match exactly",
)
stack_weights.also("below-each-other", lambda Waa, Wax: np.concatenate([Wax, Waa], axis=0))
stack_weights.hint("How many rows has each of the two? The result has just as many.")
stack_weights.hint("np.concatenate takes a tuple of arrays, and axis=1 puts them side by side; so does np.hstack.")
