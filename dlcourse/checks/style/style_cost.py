"""The exercise of notebook 14 on the style cost of several layers."""

from __future__ import annotations

import tensorflow as tf

from dlcourse import style as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.style.content_cost import name_one_image, volumes
from dlcourse.checks.style.layer_style_cost import OR_GRAM
from dlcourse.checks.style.parts import (
    GRADIENT,
    LIST_CHANGED,
    TENSORS,
    TOLERANCE,
    compare_gradients,
    gradient_lost,
    lists_changed,
    off_the_tape,
    topic,
)

SHAPES = ((6, 8, 2), (6, 8, 3), (3, 4, 4))


def _outputs(rng, layers):
    content = (3, 4, 5)
    return [volumes(rng, *SHAPES[:layers], content) for _ in range(2)]


def _weights(rng, layers):
    return [(f"layer{number}", round(float(rng.uniform(0.3, 2.0)), 2)) for number in range(1, layers + 1)]


@topic.exercise(
    reference=reference.compute_style_cost,
    section="Several layers",
    needs="tensorflow",
    aliases={"a_S": "style_image_output", "a_G": "generated_image_output"},
    companions=("gram_matrix", "compute_layer_style_cost"),
)
def compute_style_cost(rng):
    yield case(
        "one style layer and the content layer",
        *_outputs(rng, 1),
        [("layer1", 1.0)],
        group="one layer",
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    yield case(
        "one style layer with a weight",
        *_outputs(rng, 1),
        _weights(rng, 1),
        group="one layer",
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    yield case(
        "two layers that count alike",
        *_outputs(rng, 2),
        [("layer1", 0.5), ("layer2", 0.5)],
        group="several layers",
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    yield case(
        "two layers", *_outputs(rng, 2), _weights(rng, 2), group="several layers", probe=TENSORS, tolerance=TOLERANCE
    )
    yield case(
        "three layers", *_outputs(rng, 3), _weights(rng, 3), group="several layers", probe=TENSORS, tolerance=TOLERANCE
    )
    gradient = {"group": "gradient", "probe": GRADIENT, "compare": compare_gradients}
    yield case("its gradient, of one layer", *_outputs(rng, 1), _weights(rng, 1), **gradient)
    yield case("its gradient", *_outputs(rng, 2), _weights(rng, 2), besides=("several layers",), **gradient)


def _style(combine, layers=slice(None, -1)):
    def cost(style_image_output, generated_image_output, STYLE_LAYERS):
        pairs = zip(style_image_output[layers], generated_image_output[layers], strict=True)
        costs = [reference.compute_layer_style_cost(a_S, a_G) for a_S, a_G in pairs]
        return combine(costs, [weight for _, weight in STYLE_LAYERS])

    return cost


def _weighted(costs, weights):
    return tf.add_n([weight * cost for weight, cost in zip(weights, costs, strict=False)])


def _style_without_the_content(style_image_output, generated_image_output, STYLE_LAYERS):
    content = style_image_output.pop(), generated_image_output.pop()
    return reference.compute_style_cost(
        [*style_image_output, content[0]], [*generated_image_output, content[1]], STYLE_LAYERS
    )


compute_style_cost.mistake(
    "no-weights",
    "The layers are added up without their weights. See 'Several layers'.",
    _style(lambda costs, weights: tf.add_n(costs)),
)
compute_style_cost.mistake(
    "mean",
    "This is the mean of the layers; each counts with its own weight. See 'Several layers'.",
    _style(lambda costs, weights: tf.add_n(costs) / len(costs)),
)
compute_style_cost.mistake(
    "last-layer-only",
    "Only the last style layer counts: is the sum begun anew in each turn of the loop?",
    _style(lambda costs, weights: weights[-1] * costs[-1]),
)
compute_style_cost.mistake(
    "first-layer-only",
    "Only the first style layer counts: is the return inside the loop?",
    _style(lambda costs, weights: weights[0] * costs[0]),
)
compute_style_cost.mistake(
    "content-layer-counted",
    "The layers and the weights are out of step: the first style layer is left out and the content layer counts.",
    _style(_weighted, layers=slice(1, None)),
)
compute_style_cost.mistake(
    "over-the-weights",
    "The sum is divided by the sum of the weights; it is left as it is. See 'Several layers'.",
    _style(lambda costs, weights: _weighted(costs, weights) / sum(weights)),
)
compute_style_cost.mistake(
    "weight-squared",
    "Each weight counts twice, as a square. See 'Several layers'.",
    _style(lambda costs, weights: _weighted(costs, [weight**2 for weight in weights])),
)
compute_style_cost.mistake("left-tensorflow", gradient_lost() + OR_GRAM, off_the_tape(reference.compute_style_cost))
compute_style_cost.mistake(
    "list-changed", LIST_CHANGED, _style_without_the_content, group="gradient", recognise=lists_changed
)
name_one_image(compute_style_cost)
compute_style_cost.mistake(
    "first-layer-each-time",
    "Every turn of the loop takes the same layer: is the index i used?",
    _style(lambda costs, weights: sum(weights) * costs[0]),
)
compute_style_cost.raises(
    "name-for-a-weight",
    "STYLE_LAYERS holds pairs (name, weight), and the name is multiplied here: take the weight, the second of the two.",
    r"Cannot convert 'layer|can't multiply sequence|could not convert string|Attempt to convert a value \('layer",
)
for _first, _second, _combine in (
    ("no-weights", "last-layer-only", lambda costs, weights: costs[-1]),
    ("no-weights", "first-layer-only", lambda costs, weights: costs[0]),
):
    compute_style_cost.pair(_first, _second, _style(_combine))
compute_style_cost.hint("It calls compute_layer_style_cost, so that one has to be right first.")
compute_style_cost.hint("STYLE_LAYERS and the first entries of both lists belong together: zip walks through them.")
compute_style_cost.hint("Begin with J_style = 0; each turn adds the layer's weight times its cost; return at the end.")
