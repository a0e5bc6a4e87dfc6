"""The exercise of notebook 14 on the total cost."""

from __future__ import annotations

from functools import partial

import numpy as np

from dlcourse import style as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.style.parts import (
    GRADIENT,
    TENSORS,
    TOLERANCE,
    compare_gradients,
    gradient_lost,
    off_the_tape,
    topic,
)


@topic.exercise(reference=reference.total_cost, section="The total cost", needs="tensorflow")
def total_cost(rng):
    def costs():
        return [np.array(rng.uniform(0.1, 2.0), "f4") for _ in range(2)]

    yield case(
        "content 1, style 2, the usual weights",
        *(np.array(value, "f4") for value in (1, 2)),
        group="the usual weights",
        expect=90.0,
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    yield case(
        "random costs, the usual weights", *costs(), group="the usual weights", probe=TENSORS, tolerance=TOLERANCE
    )
    for alpha, beta in ((3, 5), (1, 100), (10, 1)):
        yield case(
            f"alpha {alpha}, beta {beta}",
            *costs(),
            alpha,
            beta,
            group="other weights",
            probe=TENSORS,
            tolerance=TOLERANCE,
        )
    for title, weights, besides in (
        ("its gradient, the usual weights", (), ()),
        ("its gradient", (3, 5), ("other weights",)),
    ):
        yield case(
            title,
            *costs(),
            *weights,
            group="gradient",
            probe=GRADIENT,
            compare=partial(compare_gradients, source="the two costs"),
            besides=besides,
        )


total_cost.mistake(
    "exchanged",
    "The weights are exchanged: alpha belongs to the content, beta to the style. See 'The total cost'.",
    lambda J_content, J_style, alpha=10, beta=40: beta * J_content + alpha * J_style,
)
total_cost.mistake(
    "no-weights",
    "The two costs are added without alpha and beta. See 'The total cost'.",
    lambda J_content, J_style, alpha=10, beta=40: J_content + J_style,
)
total_cost.mistake(
    "fixed-weights",
    "The weights are always 10 and 40: use the arguments alpha and beta.",
    lambda J_content, J_style, alpha=10, beta=40: 10 * J_content + 40 * J_style,
)
total_cost.mistake(
    "mean",
    "The sum is divided by alpha + beta; it is left as it is. See 'The total cost'.",
    lambda J_content, J_style, alpha=10, beta=40: (alpha * J_content + beta * J_style) / (alpha + beta),
)
total_cost.mistake(
    "one-weight",
    "Both costs are multiplied by alpha; the style has a weight of its own, beta.",
    lambda J_content, J_style, alpha=10, beta=40: alpha * (J_content + J_style),
)
total_cost.mistake("left-tensorflow", gradient_lost("the two costs"), off_the_tape(reference.total_cost))
total_cost.mistake(
    "defaults-exchanged",
    "Where no weights are given, 40 is taken for alpha and 10 for beta: the defaults of the first line are exchanged.",
    lambda J_content, J_style, alpha=40, beta=10: alpha * J_content + beta * J_style,
)
total_cost.shows(
    "other-defaults",
    "With alpha and beta handed over it is right, but not with the usual ones: the first line of the function says "
    "alpha=10, beta=40.",
    lambda args, expected, got: len(args) == 2,
)
total_cost.mistake(
    "style-weighed-twice",
    "The style is multiplied by both weights: alpha * J_content + beta * J_style, without brackets around the sum.",
    lambda J_content, J_style, alpha=10, beta=40: alpha * (J_content + beta * J_style),
)
total_cost.mistake(
    "multiplied",
    "The two costs are multiplied; they are added.",
    lambda J_content, J_style, alpha=10, beta=40: alpha * J_content * beta * J_style,
)
total_cost.mistake(
    "subtracted",
    "The style cost is subtracted, so that the image would move away from the style; the two are added.",
    lambda J_content, J_style, alpha=10, beta=40: alpha * J_content - beta * J_style,
)
total_cost.mistake(
    "divided",
    "A weight is divided by its cost; each cost is multiplied by its weight.",
    lambda J_content, J_style, alpha=10, beta=40: alpha / J_content + beta * J_style,
)
total_cost.also("divided", lambda J_content, J_style, alpha=10, beta=40: alpha * J_content + beta / J_style)
total_cost.also("divided", lambda J_content, J_style, alpha=10, beta=40: alpha / J_content + beta / J_style)
total_cost.also("divided", lambda J_content, J_style, alpha=10, beta=40: J_content / alpha + J_style / beta)
total_cost.hint("Each cost has its own weight. Which of the two Greek letters belongs to the content?")
total_cost.hint("alpha times the one plus beta times the other; nothing else is divided or rounded.")
