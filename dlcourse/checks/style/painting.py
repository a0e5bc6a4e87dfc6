"""The exercise of notebook 14 on a step that paints."""

from __future__ import annotations

import tensorflow as tf

from dlcourse import style as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.style.parts import TOLERANCE, TRAINING, topic


@topic.exercise(
    reference=reference.train_step,
    section="A step that paints",
    needs="tensorflow",
    shown_as={"generated_image": "a variable (1, 4, 5, 3)", "cost": "a function of the image", "optimizer": "SGD"},
)
def train_step(rng):
    def image(low, high):
        return rng.uniform(low, high, size=(1, 4, 5, 3)).astype("f4")

    def cost(low=0.3, high=0.7):
        return {"weights": rng.uniform(0.5, 2.0, size=(1, 4, 5, 3)).astype("f4"), "target": image(low, high)}

    def settings(name, learning_rate, steps=1):
        return {"name": name, "learning_rate": learning_rate, "steps": steps}

    yield case(
        "one step of gradient descent",
        image(0.3, 0.7),
        cost(),
        settings("SGD", 0.05),
        group="gradient descent",
        probe=TRAINING,
        tolerance=TOLERANCE,
    )
    yield case(
        "three steps",
        image(0.3, 0.7),
        cost(),
        settings("SGD", 0.1, 3),
        group="gradient descent",
        probe=TRAINING,
        tolerance=TOLERANCE,
    )
    yield case(
        "two steps with Adam",
        image(0.3, 0.7),
        cost(),
        settings("Adam", 0.03, 2),
        group="the given optimizer",
        probe=TRAINING,
        tolerance=TOLERANCE,
    )
    yield case(
        "a target outside 0 to 1",
        image(0.1, 0.9),
        cost(-1.0, 2.0),
        settings("SGD", 0.3, 2),
        group="values stay between 0 and 1",
        probe=TRAINING,
        tolerance=TOLERANCE,
    )


def _clip(image):
    return tf.clip_by_value(image, 0.0, 1.0)


def _step(
    generated_image,
    cost,
    optimizer,
    sign=1,
    before=tf.identity,
    after=_clip,
    apply=True,
    returns="before",
    scale=lambda gradient: gradient,
):
    with tf.GradientTape() as tape:
        J = cost(generated_image)
    gradient = scale(sign * tape.gradient(J, generated_image))
    if apply:
        generated_image.assign(before(generated_image))
        optimizer.apply_gradients([(gradient, generated_image)])
        generated_image.assign(after(generated_image))
    return J if returns == "before" else cost(generated_image)


def _without_rate(generated_image, cost, optimizer):
    with tf.GradientTape() as tape:
        J = cost(generated_image)
    generated_image.assign(_clip(generated_image - tape.gradient(J, generated_image)))
    return J


def _clipped_first(generated_image, cost, optimizer):
    generated_image.assign(_clip(generated_image))
    return _step(generated_image, cost, optimizer, after=tf.identity)


train_step.mistake(
    "no-learning-rate",
    "The gradient is subtracted as it is. How far a step goes is the optimizer's business: G - learning rate * dG. "
    "See 'A step that paints'.",
    _without_rate,
)
train_step.mistake(
    "uphill",
    "The image moves up the gradient, so it costs more after each step.",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, sign=-1),
)
train_step.mistake(
    "not-clipped",
    "The image leaves the range from 0 to 1: clip it after the step. See 'A step that paints'.",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, after=tf.identity),
)
train_step.mistake(
    "clipped-before", "The image is clipped before the step, and may leave the range from 0 to 1 in it.", _clipped_first
)
train_step.mistake(
    "not-applied",
    "The image has not changed: the optimizer has to apply the gradient to generated_image itself.",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, apply=False),
)
train_step.mistake(
    "clipped-below-only",
    "Values above 1 remain: the image is clipped at 0 only, or at 0 and 255; its values lie between 0 and 1.",
    lambda generated_image, cost, optimizer: _step(
        generated_image, cost, optimizer, after=lambda image: tf.clip_by_value(image, 0.0, 255.0)
    ),
)
train_step.also(
    "clipped-below-only",
    lambda generated_image, cost, optimizer: _step(
        generated_image, cost, optimizer, after=lambda image: tf.clip_by_value(image, 0.0, 2.0)
    ),
)
train_step.mistake(
    "one-value-left",
    "Every pixel of the image is 1, or every pixel 0: tf.clip_by_value(image, 0.0, 1.0) has the smaller limit first.",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, after=tf.ones_like),
)
train_step.also(
    "one-value-left",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, after=tf.zeros_like),
)
train_step.mistake(
    "cost-after",
    "This is the cost after the step; return the one that the gradient was taken of, from before it.",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, returns="after"),
)
train_step.mistake(
    "sign-only",
    "Only the sign of the gradient is used, so every pixel moves equally far.",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, scale=tf.sign),
)
train_step.also(
    "clipped-before",
    lambda generated_image, cost, optimizer: _step(generated_image, cost, optimizer, before=_clip, after=tf.identity),
)
train_step.pair(
    "not-clipped",
    "cost-after",
    lambda generated_image, cost, optimizer: _step(
        generated_image, cost, optimizer, after=tf.identity, returns="after"
    ),
)
train_step.shows(
    "no-return",
    "train_step returns nothing: give the cost back, `return J`.",
    lambda args, expected, got: all(cost is None for cost in got["J"]),
)
train_step.raises(
    "outside-the-tape",
    "The tape has not seen how the cost came from the image: J = cost(generated_image) stands inside `with "
    "tf.GradientTape() as tape:`, and the gradient is taken of generated_image itself.",
    r"No gradients provided for any variable|bad operand type for unary -: 'NoneType'|None values not supported",
)
train_step.raises(
    "list-of-pairs",
    "apply_gradients wants a list of pairs (gradient, variable): [(grad, generated_image)], with both kinds of "
    "brackets.",
    r"not enough values to unpack|too many values to unpack|not iterable",
    r"apply_gradients",
)
train_step.raises(
    "gradient-second",
    "In each pair the gradient comes first and the variable second: [(grad, generated_image)].",
    r"_unique_id|has no attribute|not a.* variable",
    r"apply_gradients",
)
train_step.hint("Compute the cost inside `with tf.GradientTape() as tape:`; a tf.Variable is watched by itself.")
train_step.hint("tape.gradient(J, generated_image) is the gradient; optimizer.apply_gradients([(gradient, variable)]).")
train_step.hint("Last, generated_image.assign(...) with tf.clip_by_value from 0.0 to 1.0, and return J.")
