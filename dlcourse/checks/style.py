"""The exercises of notebook 14: the content cost, Gram matrices, the style cost, and a step that paints."""

from __future__ import annotations

from functools import partial

import numpy as np
import tensorflow as tf

from dlcourse import style as reference
from dlcourse.checking.comparing import compare
from dlcourse.checking.exercise import Topic, case, claim
from dlcourse.checking.panel import notebook

topic = Topic("style")
check, hint, solution = notebook.functions(topic)

TENSORS, CONTENT = "dlcourse.checking.probes.tensors:tensors", "dlcourse.checking.probes.tensors:content"
GRADIENT, TRAINING = "dlcourse.checking.probes.tensors:gradient", "dlcourse.checking.probes.tensors:training"
TOLERANCE = 1e-4  # sums of some thousand squares in float32; the named mistakes are off by far more
ACTIVATIONS = "the generated image's activations"


def _left(source=ACTIVATIONS):
    return (
        f"The value is right, but no gradient comes back to {source}: the calculation leaves TensorFlow, as it does "
        "with NumPy's functions, .numpy(), float() or a new tf.Variable."
    )


def _normal(rng, *shape):
    return rng.normal(size=shape).astype("f4")


def _compare_gradients(expected, got, source=ACTIVATIONS) -> str | None:
    if _changed(got) != _changed(expected):
        return f"It changes the list {' and '.join(_changed(got))}, which the next step needs as it was."
    expected, got = ((part or {}).get("gradient") if isinstance(part, dict) else None for part in (expected, got))
    if got is None or expected is None:
        return (
            None
            if got is expected
            else (
                f"No gradient comes back to {source}. Use TensorFlow's functions from there to the result: NumPy's "
                "functions, .numpy() and float() break the chain."
            )
        )
    difference = compare(expected, got, "the gradient", tolerance=TOLERANCE)
    return difference.message if difference else None


def _changed(got) -> tuple:
    """The lists that a cost has changed."""
    return tuple(got.get("changed", ())) if isinstance(got, dict) else ()


LIST_CHANGED = (
    "A list is not the same after the call, as with .pop() or .append(): the next step needs it as it was. Read "
    "its entries by index, as in content_output[-1]."
)


def _numpy(function):
    """The same calculation, cut off from its gradient."""
    return lambda *args: np.asarray(tf.stop_gradient(function(*args)))


# compute_content_cost


def _layers(rng, *shapes):
    return [_normal(rng, 1, *shape) for shape in shapes]


@topic.exercise(
    reference=reference.compute_content_cost,
    section="The content cost",
    needs="tensorflow",
    aliases={"a_C": "content_output", "a_G": "generated_output"},
)
def compute_content_cost(rng):
    by_hand = np.array([[1, 2], [3, 4]], "f4").reshape(1, 2, 2, 1)
    first = np.full((1, 4, 4, 2), 3, "f4")
    yield case(
        "a layer of 2 x 2 x 1, by hand",
        [first, by_hand],
        [0 * first, 0 * by_hand],
        group="one layer",
        expect=30 / 16,
        probe=CONTENT,
        tolerance=TOLERANCE,
    )
    for shape in ((3, 5, 4), (6, 4, 7)):
        before = tuple(2 * n for n in shape)
        yield case(
            f"a last layer of {' x '.join(map(str, shape))}",
            _layers(rng, before, shape),
            _layers(rng, before, shape),
            group="one layer",
            probe=CONTENT,
            tolerance=TOLERANCE,
        )
    for shape in ((5, 3, 4), (4, 6, 3)):
        before = [(8, 10, 3), (7, 9, 5)]
        yield case(
            f"three layers, the last of {' x '.join(map(str, shape))}",
            _layers(rng, *before, shape),
            _layers(rng, *before, shape),
            group="the last of several layers",
            probe=CONTENT,
            tolerance=TOLERANCE,
        )
    yield case(
        "its gradient",
        _layers(rng, (6, 8, 2), (3, 4, 5)),
        _layers(rng, (6, 8, 2), (3, 4, 5)),
        group="gradient",
        probe=GRADIENT,
        compare=_compare_gradients,
    )


def _content(measure, layer=-1):
    def cost(content_output, generated_output):
        a_C, a_G = content_output[layer], generated_output[layer]
        return measure(a_C - a_G, int(np.prod(a_C.shape[1:])))

    return cost


SQUARE_OF_THE_SUM = "The sum is squared; each difference is squared first, and then they are added up."
ONE_IMAGE = "The cost is always 0: one image is compared with itself. Look at which name stands where."


def _name_one_image(exercise):
    """One image compared with itself: the first, which leaves the second without a gradient, or the second."""
    exercise.mistake("one-image-twice", ONE_IMAGE, lambda one, two, *rest: exercise.reference(one, one, *rest))
    exercise.also("one-image-twice", lambda one, two, *rest: exercise.reference(two, two, *rest))


def _without(axis):
    """The constant without one of the three sizes."""

    def cost(content_output, generated_output):
        a_C, a_G = content_output[-1], generated_output[-1]
        sizes = [n for place, n in enumerate(a_C.shape[1:]) if place != axis]
        return _total((a_C - a_G) ** 2) / (4 * int(np.prod(sizes)))

    return cost


def _total(values):
    return tf.reduce_sum(values)


compute_content_cost.mistake(
    "half",
    "The sum of squares is divided by 2. This course divides by 4 n_H n_W n_C. See 'The content cost'.",
    _content(lambda d, size: _total(d**2) / 2),
)
compute_content_cost.mistake(
    "no-constant",
    "The sum of squares is not divided by anything: the constant is missing. See 'The content cost'.",
    _content(lambda d, size: _total(d**2)),
)
compute_content_cost.mistake(
    "mean",
    "This is the mean of the squares; the 4 in the constant is missing. See 'The content cost'.",
    _content(lambda d, size: _total(d**2) / size),
)
compute_content_cost.mistake(
    "not-squared",
    "The differences are added up without being squared, so they cancel. See 'The content cost'.",
    _content(lambda d, size: _total(d) / (4 * size)),
)
compute_content_cost.mistake(
    "absolute",
    "The absolute differences are added up; the cost takes their squares. See 'The content cost'.",
    _content(lambda d, size: _total(tf.abs(d)) / (4 * size)),
)
compute_content_cost.mistake(
    "root",
    "A square root was taken: this is the norm of the difference, and the cost takes the norm squared.",
    _content(lambda d, size: _total(d**2) ** 0.5 / (4 * size)),
)
compute_content_cost.mistake(
    "style-constant",
    "The constant is squared, as in the style cost; here it is 1 / (4 n_H n_W n_C).",
    _content(lambda d, size: _total(d**2) / (2 * size) ** 2),
)
compute_content_cost.mistake(
    "first-layer",
    "The first layer of the list is compared; the content layer is the last one.",
    _content(lambda d, size: _total(d**2) / (4 * size), layer=0),
)
compute_content_cost.mistake("left-tensorflow", _left(), _numpy(reference.compute_content_cost))
compute_content_cost.mistake(
    "list-changed",
    LIST_CHANGED,
    lambda content_output, generated_output: reference.compute_content_cost(
        [content_output.pop()], [generated_output.pop()]
    ),
    group="gradient",
    recognise=_changed,
)
compute_content_cost.mistake(
    "brackets-missing",
    "Without brackets only the 4 stands below the line, and the cost is multiplied by the sizes: "
    "... / (4 * n_H * n_W * n_C).",
    _content(lambda d, size: _total(d**2) / 4 * size),
)
compute_content_cost.also("brackets-missing", _content(lambda d, size: 1 / 4 * size * _total(d**2)))
compute_content_cost.mistake("channels-left-out", "n_C is missing in the constant 4 n_H n_W n_C.", _without(2))
compute_content_cost.mistake("side-left-out", "n_H or n_W is missing in the constant 4 n_H n_W n_C.", _without(0))
compute_content_cost.also("side-left-out", _without(1))
compute_content_cost.mistake(
    "twice-for-four",
    "The constant has a 2 where a 4 belongs: it is 1 / (4 n_H n_W n_C). See 'The content cost'.",
    _content(lambda d, size: _total(d**2) / (2 * size)),
)
compute_content_cost.mistake(
    "square-of-the-sum", SQUARE_OF_THE_SUM, _content(lambda d, size: _total(d) ** 2 / (4 * size))
)
_name_one_image(compute_content_cost)
for _first, _second, _measure in (
    ("no-constant", "not-squared", lambda d, size: _total(d)),
    ("no-constant", "absolute", lambda d, size: _total(tf.abs(d))),
    ("no-constant", "root", lambda d, size: _total(d**2) ** 0.5),
    ("mean", "not-squared", lambda d, size: _total(d) / size),
    ("mean", "absolute", lambda d, size: _total(tf.abs(d)) / size),
    ("half", "not-squared", lambda d, size: _total(d) / 2),
):
    compute_content_cost.pair(_first, _second, _content(_measure))
for _second, _measure in (
    ("half", lambda d, size: _total(d**2) / 2),
    ("no-constant", lambda d, size: _total(d**2)),
    ("mean", lambda d, size: _total(d**2) / size),
):
    compute_content_cost.pair("first-layer", _second, _content(_measure, layer=0))
compute_content_cost.raises(
    "all-layers",
    "All activations of the list are taken at once; the content layer is the last of them: content_output[-1].",
    r"Shapes of all inputs must match|'list' object has no attribute|unsupported operand type\(s\) for -: 'list'",
)
compute_content_cost.hint("Take the last activations of each list. Their shape gives n_H, n_W and n_C.")
compute_content_cost.hint("tf.square works number by number, and tf.reduce_sum adds up everything.")
compute_content_cost.hint("The sum of the squared differences, divided by 4 * n_H * n_W * n_C.")


# gram_matrix


@topic.exercise(reference=reference.gram_matrix, section="The Gram matrix", needs="tensorflow")
def gram_matrix(rng):
    by_hand = np.array([[1, 2, 0], [0, 1, 3]], "f4")
    yield case(
        "two channels, three positions, by hand",
        by_hand,
        group="values",
        probe=TENSORS,
        tolerance=TOLERANCE,
        expect=np.array([[5, 2], [2, 10]], "f4"),
    )
    for channels, positions in ((3, 8), (4, 30)):
        yield case(
            f"{channels} channels, {positions} positions",
            _normal(rng, channels, positions),
            group="values",
            probe=TENSORS,
            tolerance=TOLERANCE,
        )
    yield case(
        "more channels than positions", _normal(rng, 6, 4), group="any shape", probe=TENSORS, tolerance=TOLERANCE
    )
    yield case(
        "as many channels as positions", _normal(rng, 5, 5), group="any shape", probe=TENSORS, tolerance=TOLERANCE
    )
    yield case(
        "its gradient",
        _normal(rng, 3, 5),
        group="gradient",
        probe=GRADIENT,
        compare=partial(_compare_gradients, source="A"),
    )


def _product(A, B=None):
    return tf.matmul(A, A if B is None else B, transpose_b=True)


def _cosine(A):
    lengths = tf.norm(A, axis=1, keepdims=True)
    return _product(A / lengths)


gram_matrix.mistake(
    "between-positions",
    "This multiplies positions with positions. G has a row and a column for each channel. See 'The Gram matrix'.",
    lambda A: tf.matmul(A, A, transpose_a=True),
)
gram_matrix.mistake(
    "mean",
    "The sums are divided by the number of positions; this course's Gram matrix keeps the sums.",
    lambda A: _product(A) / A.shape[1],
)
gram_matrix.mistake(
    "covariance",
    "The mean of each channel is subtracted first, as for a covariance; the Gram matrix multiplies the activations "
    "as they are.",
    lambda A: _product(A - tf.reduce_mean(A, axis=1, keepdims=True)),
)
gram_matrix.mistake(
    "cosine",
    "The channels are scaled to length 1 first; the Gram matrix multiplies the activations as they are.",
    _cosine,
)
gram_matrix.mistake(
    "diagonal-only",
    "Only products of a channel with itself are kept; those between two channels matter as well.",
    lambda A: tf.linalg.diag(tf.reduce_sum(A * A, axis=1)),
)
gram_matrix.mistake(
    "number-by-number", "A is squared number by number. G is a matrix product. See 'The Gram matrix'.", lambda A: A * A
)
gram_matrix.mistake(
    "size",
    "The sums are divided by the number of entries of A; this course's Gram matrix keeps the sums.",
    lambda A: _product(A) / tf.cast(tf.size(A), A.dtype),
)
gram_matrix.mistake("left-tensorflow", _left("A"), _numpy(reference.gram_matrix))
gram_matrix.mistake(
    "not-transposed",
    "A is multiplied by itself as it is; the second A is transposed, so that rows of channels meet rows of channels.",
    lambda A: tf.matmul(A, A),
)
gram_matrix.also("number-by-number", lambda A: A * tf.transpose(A))
gram_matrix.hint("G has one row and one column for each channel. Which axis of A counts channels?")
gram_matrix.hint("Entry (k, l) is the sum over positions of A[k] * A[l]: a row of A times a column of A transposed.")
gram_matrix.hint("tf.matmul multiplies two matrices; tf.transpose exchanges rows and columns.")


# compute_layer_style_cost


@topic.exercise(
    reference=reference.compute_layer_style_cost,
    section="The style cost of one layer",
    needs="tensorflow",
    companions=("gram_matrix",),
)
def compute_layer_style_cost(rng):
    a_S = np.array([[1, 0], [2, 1]], "f4").reshape(1, 1, 2, 2)
    a_G = np.array([[0, 1], [1, 0]], "f4").reshape(1, 1, 2, 2)
    yield case(
        "two positions and two channels, by hand",
        a_S,
        a_G,
        group="values",
        expect=24 / 64,
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    for shape in ((3, 5, 4), (6, 2, 3), (2, 2, 7)):
        yield case(
            f"a layer of {' x '.join(map(str, shape))}",
            _normal(rng, 1, *shape),
            _normal(rng, 1, *shape),
            group="values",
            probe=TENSORS,
            tolerance=TOLERANCE,
        )
    shuffled = _normal(rng, 1, 4, 5, 3)
    elsewhere = rng.permutation(shuffled.reshape(-1, 3)).reshape(shuffled.shape)
    yield case(
        "the same style in other places costs nothing",
        shuffled,
        elsewhere,
        group="place does not matter",
        expect=0.0,
        probe=TENSORS,
        compare=_nothing,
    )
    # one with a difference, so that a constant does not earn the group
    yield case(
        "and another style costs something",
        shuffled,
        _normal(rng, 1, 4, 5, 3),
        group="place does not matter",
        probe=TENSORS,
        tolerance=TOLERANCE,
    )
    yield case(
        "a layer of 24 x 40 x 32",
        _normal(rng, 1, 24, 40, 32),
        _normal(rng, 1, 24, 40, 32),
        group="a layer of real size",
        probe=TENSORS,
        tolerance=1e-3,
    )
    yield case(
        "its gradient",
        _normal(rng, 1, 3, 4, 2),
        _normal(rng, 1, 3, 4, 2),
        group="gradient",
        probe=GRADIENT,
        compare=_compare_gradients,
    )


def _nothing(expected, got) -> str | None:
    """The cost of rounding errors is not quite nothing."""
    number = np.asarray(got) if isinstance(got, (int, float, np.ndarray, np.generic)) else np.empty(0)
    if number.size == 1 and number.dtype.kind in "biuf" and abs(float(number.reshape(())) - expected) < 1e-6:
        return None
    return "Only the positions were exchanged, which costs nothing: Gram matrices do not depend on the order."


def _by_channel(a):
    return tf.transpose(tf.reshape(a, (-1, a.shape[-1])))


def _layer_cost(measure, unrolled=_by_channel, gram=_product):
    def cost(a_S, a_G):
        return measure(gram(unrolled(a_S)) - gram(unrolled(a_G)), int(np.prod(a_S.shape[1:])))

    return cost


def _with_powers(channels=2, positions=2):
    """Other powers of the sizes in the constant."""

    def cost(a_S, a_G):
        _, n_H, n_W, n_C = a_G.shape
        difference = _product(_by_channel(a_S)) - _product(_by_channel(a_G))
        return _total(difference**2) / (4 * float(n_C) ** channels * float(n_H * n_W) ** positions)

    return cost


def _usual(difference, size):
    return _total(difference**2) / (2 * size) ** 2


def _overflow(difference, size):
    with np.errstate(over="ignore", divide="ignore"):
        divisor = np.int32(2 * size) ** 2
    return _total(difference**2) / tf.cast(divisor, tf.float32)


compute_layer_style_cost.mistake(
    "constant-not-squared",
    "The sum is divided by 2 n_H n_W n_C; the constant is squared. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: _total(d**2) / (2 * size)),
)
compute_layer_style_cost.mistake(
    "content-constant",
    "The sum is divided by the content cost's constant 4 n_H n_W n_C. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: _total(d**2) / (4 * size)),
)
compute_layer_style_cost.mistake(
    "no-constant",
    "The sum of squares is not divided by anything. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: _total(d**2)),
)
compute_layer_style_cost.mistake(
    "half",
    "The sum of squares is divided by 2; the constant is (2 n_H n_W n_C)^2. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: _total(d**2) / 2),
)
compute_layer_style_cost.mistake(
    "without-the-2",
    "The 2 in the constant (2 n_H n_W n_C)^2 is missing, so the cost is four times too large.",
    _layer_cost(lambda d, size: _total(d**2) / size**2),
)
compute_layer_style_cost.mistake(
    "not-squared",
    "The differences of the Gram matrices are added up without being squared. See 'The style cost of one layer'.",
    _layer_cost(lambda d, size: _total(d) / (2 * size) ** 2),
)
compute_layer_style_cost.mistake(
    "root",
    "A square root was taken: this is the Frobenius norm, and the cost takes the norm squared.",
    _layer_cost(lambda d, size: _total(d**2) ** 0.5 / (2 * size) ** 2),
)
compute_layer_style_cost.mistake(
    "not-transposed",
    "The activations are reshaped to (n_C, n_H * n_W) at once, which mixes the channels: first reshape to "
    "(n_H * n_W, n_C), then transpose. See 'The Gram matrix'.",
    _layer_cost(_usual, unrolled=lambda a: tf.reshape(a, (a.shape[-1], -1))),
)
compute_layer_style_cost.mistake(
    "between-positions",
    "The Gram matrix is taken between positions instead of channels, and then place matters. See 'The Gram matrix'.",
    _layer_cost(_usual, unrolled=lambda a: tf.reshape(a, (-1, a.shape[-1]))),
)
compute_layer_style_cost.mistake(
    "no-gram",
    "The activations themselves are compared, without Gram matrices: that would copy the style image.",
    _layer_cost(_usual, gram=lambda A: A),
)
compute_layer_style_cost.mistake(
    "overflow",
    "For a large layer the constant does not fit into int32, which tf.shape gives: square it as a Python int, from "
    "a_G.shape, or cast it to float32 first.",
    _layer_cost(_overflow),
)
for _key, _message, _measure in (
    (
        "twice-for-four",
        "The constant has a 2 where a 4 belongs: (2 n_H n_W n_C)^2 is 4 n_H^2 n_W^2 n_C^2.",
        lambda d, size: _total(d**2) / (2 * size**2),
    ),
    (
        "brackets-missing",
        "Without brackets only the 4 stands below the line, and the cost is multiplied by the sizes: "
        "... / (4 * n_C**2 * (n_H * n_W) ** 2).",
        lambda d, size: _total(d**2) / 4 * float(size) ** 2,
    ),
    ("square-of-the-sum", SQUARE_OF_THE_SUM, lambda d, size: _total(d) ** 2 / (2 * size) ** 2),
):
    compute_layer_style_cost.mistake(_key, _message, _layer_cost(_measure))
_name_one_image(compute_layer_style_cost)
compute_layer_style_cost.mistake(
    "channels-not-squared", "n_C is not squared in the constant: it is 4 n_C^2 (n_H n_W)^2.", _with_powers(channels=1)
)
compute_layer_style_cost.mistake(
    "positions-not-squared",
    "n_H n_W is not squared in the constant: it is 4 n_C^2 (n_H n_W)^2.",
    _with_powers(positions=1),
)
for _first, _unrolled in (
    ("not-transposed", lambda a: tf.reshape(a, (a.shape[-1], -1))),
    ("between-positions", lambda a: tf.reshape(a, (-1, a.shape[-1]))),
):
    for _second, _measure in (
        ("constant-not-squared", lambda d, size: _total(d**2) / (2 * size)),
        ("content-constant", lambda d, size: _total(d**2) / (4 * size)),
        ("no-constant", lambda d, size: _total(d**2)),
        ("without-the-2", lambda d, size: _total(d**2) / size**2),
        ("not-squared", lambda d, size: _total(d) / (2 * size) ** 2),
    ):
        compute_layer_style_cost.pair(_first, _second, _layer_cost(_measure, _unrolled))
compute_layer_style_cost.pair(
    "constant-not-squared", "not-squared", _layer_cost(lambda d, size: _total(d) / (2 * size))
)
compute_layer_style_cost.pair("no-constant", "not-squared", _layer_cost(lambda d, size: _total(d)))
OR_GRAM = " Check gram_matrix first: where that one does so, only that one has to change."
compute_layer_style_cost.mistake("left-tensorflow", _left() + OR_GRAM, _numpy(reference.compute_layer_style_cost))
compute_layer_style_cost.hint(
    "It needs a right gram_matrix, which wants a matrix with one row for each channel. In (1, n_H, n_W, n_C) the "
    "channel is the last axis."
)
compute_layer_style_cost.hint("tf.reshape to (n_H * n_W, n_C), then tf.transpose; for both images.")
compute_layer_style_cost.hint(
    "Then the squared differences of the two Gram matrices, added up, over (2 * n_H * n_W * n_C) ** 2."
)


# compute_style_cost

SHAPES = ((6, 8, 2), (6, 8, 3), (3, 4, 4))


def _outputs(rng, layers):
    content = (3, 4, 5)
    return [_layers(rng, *SHAPES[:layers], content) for _ in range(2)]


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
    yield case(
        "its gradient",
        *_outputs(rng, 2),
        _weights(rng, 2),
        group="gradient",
        probe=GRADIENT,
        compare=_compare_gradients,
    )


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
compute_style_cost.mistake("left-tensorflow", _left() + OR_GRAM, _numpy(reference.compute_style_cost))
compute_style_cost.mistake(
    "list-changed", LIST_CHANGED, _style_without_the_content, group="gradient", recognise=_changed
)
_name_one_image(compute_style_cost)
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


# total_cost


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
    yield case(
        "its gradient",
        *costs(),
        3,
        5,
        group="gradient",
        probe=GRADIENT,
        compare=partial(_compare_gradients, source="the two costs"),
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
total_cost.mistake("left-tensorflow", _left("the two costs"), _numpy(reference.total_cost))
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
total_cost.hint("Each cost has its own weight. Which of the two Greek letters belongs to the content?")
total_cost.hint("alpha times the one plus beta times the other; nothing else is divided or rounded.")


# train_step


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


# spot_the_mistake

G_STYLE, G_GENERATED = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])
_difference = G_STYLE - G_GENERATED
_unrolled = np.zeros((64, 32 * 32), "f4")  # 64 channels

spot_the_mistake = topic.claims(
    claim(
        "style_sum",
        "what must be added up for these two Gram matrices?",
        float(np.sum(_difference**2)),
        {
            float(np.sum(_difference)): "Without the square, differences of opposite sign cancel. See 'The style cost "
            "of one layer'.",
            float(np.sum(np.abs(_difference))): "The differences are squared; their absolute values are not enough.",
        },
    ),
    claim(
        "gram_numbers",
        "how many numbers are in the Gram matrix of this layer?",
        (_unrolled @ _unrolled.T).size,
        {
            (32 * 32) ** 2: "That is positions by positions: what F times its transpose gives when the rows of F are "
            "positions. See 'The Gram matrix'.",
            64 * 32 * 32: "These are the activations; the Gram matrix has a row and a column for each channel.",
        },
    ),
    claim(
        "style_divisor",
        "what is the sum of squares divided by for this layer?",
        (2 * 4 * 3 * 2) ** 2,
        {
            2 * 4 * 3 * 2: "The constant is squared. See 'The style cost of one layer'.",
            4 * 4 * 3 * 2: "That is the content cost's constant. See 'The content cost'.",
            (4 * 3 * 2) ** 2: "The 2 is squared as well.",
        },
    ),
    claim(
        "pixel",
        "which value has this pixel after the step?",
        0.5 - 0.01 * 30,
        {
            0.5 - 30.0: "The learning rate is missing: a step of the full gradient leaves the picture at once. See 'A "
            "step that paints'.",
            0.5 + 0.01 * 30: "That is uphill: the gradient is subtracted.",
            0.0: "No clipping is needed: the step is the learning rate times the gradient.",
        },
    ),
    claim(
        "half",
        "what is the 1/2?",
        "constant",
        {
            "regularisation": "Regularisation is a term of its own, which keeps weights small; this factor only scales "
            "the cost. See 'The content cost'.",
            "probability": "Nothing here is random: the factor only scales the cost.",
            "learning rate": "The learning rate multiplies the gradient in each step, not the cost.",
        },
        choices=("constant", "regularisation", "probability", "learning rate"),
    ),
    claim(
        "session",
        "what do you use instead in TensorFlow 2?",
        "GradientTape",
        {
            "InteractiveSession": "Sessions belong to TensorFlow 1. See 'A step that paints'.",
            "placeholder": "Placeholders belong to TensorFlow 1: a function is called with its values.",
            "global_variables_initializer": "A tf.Variable of TensorFlow 2 has its value from the start.",
        },
        choices=("InteractiveSession", "placeholder", "global_variables_initializer", "GradientTape"),
    ),
)
spot_the_mistake.hint("Each claim is explained in a section above; four of them are sums that you can do by hand.")
spot_the_mistake.hint(
    "Rows of F are positions: F transposed times F is channels by channels. Steps are learning rate times gradient."
)
