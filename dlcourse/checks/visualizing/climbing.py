"""The exercise of notebook 15 on images that are made: `class_model_image`."""

from __future__ import annotations

import numpy as np

from dlcourse import visualizing as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.visualizing.answers import NAMES
from dlcourse.checks.visualizing.parts import MODEL, NO_MODEL, classifier, pictures, topic

PLAIN, PENALTY = "the score alone", "the penalty"


@topic.exercise(
    reference=reference.class_model_image,
    section="An image for a score",
    needs="tensorflow",
    shown_as={"model": NO_MODEL},
    aliases={
        **NAMES,
        "x0": "start",
        "initial_image": "start",
        "lr": "learning_rate",
        "rate": "learning_rate",
        "alpha": "learning_rate",
        "l2": "penalty",
        "lam": "penalty",
        "lambda_": "penalty",
    },
)
def class_model_image(rng):
    def climb(title, label, steps, learning_rate, penalty, group, side=(6, 6), **how):
        start = pictures(rng, *side, 3)
        model = classifier(rng, (*side, 3))
        return case(title, model, label, start, steps, learning_rate, penalty, group=group, **how, **MODEL)

    yield climb("one step, no penalty", 0, 1, 0.2, 0.0, PLAIN)
    yield climb("another label and size, no penalty", 2, 2, 0.05, 0.0, PLAIN, (8, 6))
    yield climb("one step with a penalty", 1, 1, 0.1, 0.8, PENALTY)
    yield climb("four steps with a penalty", 2, 4, 0.05, 0.5, PENALTY, besides=(PLAIN,))


def _climbed(
    sign=1,
    score=lambda scores, label: scores[0, label],
    decay=lambda image, penalty: 2 * penalty * image,
    steps=lambda steps: steps,
    scale=lambda gradient: gradient,
    after=lambda image: image,
    rate=lambda learning_rate: learning_rate,
    keep=False,
    first=lambda start: np.array(start),
    batch=False,
):
    """class_model_image with one thing changed."""

    def variant(model, label, start, steps_=100, learning_rate=0.1, penalty=0.1):
        import tensorflow as tf

        image = at = first(start).astype("f4")
        for _ in range(steps(steps_)):
            x = tf.constant(at[np.newaxis])
            with tf.GradientTape() as tape:
                tape.watch(x)
                J = score(model(x), label)
            gradient = tape.gradient(J, x).numpy()[0]
            climbs = scale(gradient - decay(at, penalty))
            image = after((image + sign * rate(learning_rate) * climbs).astype("f4"))
            at = at if keep else image
        return image[np.newaxis] if batch else image

    def named(model, label, start, steps=100, learning_rate=0.1, penalty=0.1):
        return variant(model, label, start, steps, learning_rate, penalty)

    return named


def _log_softmax(scores, label):
    import tensorflow as tf

    return tf.nn.log_softmax(scores)[0, label]


def _softmax(scores, label):
    import tensorflow as tf

    return tf.nn.softmax(scores)[0, label]


def _weights_trained(model, label, start, steps=100, learning_rate=0.1, penalty=0.1):
    return np.array(start)


for _key, _message, _variant in (
    (
        "downhill",
        "The image goes downhill: subtracting the gradient lowers the score; here it is added.",
        _climbed(sign=-1),
    ),
    (
        "not-moved",
        "The image comes back as it went in: it is the *image* that is changed by each step, and the network's "
        "weights stay. See 'An image for a score'.",
        _weights_trained,
    ),
    (
        "one-step",
        "Only one step is made, or each from the start again: go on from the image of the step before.",
        _climbed(steps=lambda steps: 1),
    ),
    (
        "gradient-of-the-start",
        "The gradient is taken at the start in each step; take it at the image as it has become.",
        _climbed(keep=True),
    ),
    (
        "penalty-added",
        "The penalty has the wrong sign, so that the image grows: J is the score *minus* the penalty.",
        _climbed(decay=lambda image, penalty: -2 * penalty * image),
    ),
    (
        "penalty-not-doubled",
        "The penalty pulls half as hard as it should: the derivative of penalty x^2 is 2 penalty x.",
        _climbed(decay=lambda image, penalty: penalty * image),
    ),
    (
        "no-penalty",
        "There is no penalty: J is the score minus penalty times the sum of all squared pixels.",
        _climbed(decay=lambda image, penalty: 0 * image),
    ),
    (
        "penalty-of-the-mean",
        "The penalty takes the mean of the squared pixels; it takes their sum.",
        _climbed(decay=lambda image, penalty: 2 * penalty * image / image.size),
    ),
    (
        "penalty-of-the-norm",
        "The penalty takes the root of the sum of squares; it takes the sum itself.",
        _climbed(decay=lambda image, penalty: penalty * image / max(float(np.sqrt((image**2).sum())), 1e-12)),
    ),
    (
        "penalty-of-sizes",
        "The penalty takes |x|; it takes the squares, an L2 penalty.",
        _climbed(decay=lambda image, penalty: penalty * np.sign(image)),
    ),
    (
        "probability",
        "The softmax is climbed, and that is done also by making other labels unlikely; climb the score itself.",
        _climbed(score=_softmax),
    ),
    (
        "cross-entropy",
        "The logarithm of the softmax is climbed, with all labels in it; climb the score itself.",
        _climbed(score=_log_softmax),
    ),
    (
        "all-labels",
        "All scores are climbed at once: a tape adds up what is no single number. Take that of `label`.",
        _climbed(score=lambda scores, label: scores),
    ),
    (
        "first-label",
        "The score of label 0 is climbed: is `label` used?",
        _climbed(score=lambda scores, label: scores[0, 0]),
    ),
    (
        "sign-only",
        "Only the sign of the gradient is used, so that every pixel moves equally far.",
        _climbed(scale=np.sign),
    ),
    (
        "gradient-scaled",
        "The gradient is divided by its length; a step is learning_rate times the gradient as it is.",
        _climbed(scale=lambda gradient: gradient / max(float(np.sqrt((gradient**2).sum())), 1e-12)),
    ),
    (
        "clipped",
        "The image is clipped to 0 to 1 after each step; here only the penalty keeps it small.",
        _climbed(after=lambda image: np.clip(image, 0, 1)),
    ),
    (
        "no-learning-rate",
        "The gradient is added as it is; a step is learning_rate times as long.",
        _climbed(rate=lambda learning_rate: 1.0),
    ),
    ("a-start-of-its-own", "The climb begins at zeros; it begins at `start`.", _climbed(first=np.zeros_like)),
    ("a-step-too-many", "There is a step too many.", _climbed(steps=lambda steps: steps + 1)),
    ("batch-left", "The batch's axis is left: return image[0].", _climbed(batch=True)),
):
    class_model_image.mistake(_key, _message, _variant)
class_model_image.raises(
    "not-watched",
    "tape.gradient gives None: a tape follows variables by itself, a constant only after tape.watch(x), and it "
    "sees only what is computed inside `with`, from x itself, by TensorFlow.",
    r"NoneType|None values not supported|non-None",
)
class_model_image.raises(
    "array-is-not-watched",
    "tape.watch wants a tensor: x = tf.Variable(start[np.newaxis]), or tf.constant.",
    r"has no attribute '(watch|assign_add|assign|_handle|_id)'|Expected.*tensor|Passed in object",
)
class_model_image.raises(
    "no-batch",
    "The network wants a batch: start[np.newaxis] is (1, n_H, n_W, 3), and its scores are (1, labels).",
    r"expected (min_)?ndim|found ndim|incompatible (with the layer|rank|shape)|expected shape|Invalid input shape|"
    r"must be rank",
)
class_model_image.hint("x = tf.Variable(start[np.newaxis]): the image is what is learned, so it is the variable.")
class_model_image.hint(
    "Inside the tape J = model(x)[0, label] - penalty * tf.reduce_sum(x**2); outside x.assign_add(learning_rate * "
    "tape.gradient(J, x))."
)
class_model_image.hint("Tape and step stand in the loop; after it return x.numpy()[0].")
