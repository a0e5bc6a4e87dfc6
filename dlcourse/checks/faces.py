"""The exercises of notebook 13: triplet loss, triplets worth learning from, verification, recognition."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dlcourse import faces as reference
from dlcourse.checking.comparing import compare, real_numbers
from dlcourse.checking.exercise import Topic, case, claim
from dlcourse.checking.panel import notebook
from dlcourse.faces import img_to_encoding

topic = Topic("faces")
check, hint, solution = notebook.functions(topic)
# What a function at the door receives; the cases hold the numbers that these are made of.
AT_THE_DOOR = {"image_path": "a picture file", "database": "a dictionary of encodings", "model": "the network"}


# triplet_loss


def _triplets(rng, m, d):
    """Anchors, and two neighbours of each; the far one is the negative in every other triplet, so that in any batch
    some triplets count and some do not."""
    anchor, near, far = rng.normal(size=(m, d)), rng.normal(size=(m, d)), rng.normal(size=(m, d))
    # no two distances alike, so that without a maximum they do not cancel
    near = anchor + rng.uniform(0.8, 1.2, (m, 1)) * near / np.linalg.norm(near, axis=1, keepdims=True)
    far = anchor + rng.uniform(2.2, 2.8, (m, 1)) * far / np.linalg.norm(far, axis=1, keepdims=True)
    swap = np.arange(m)[:, None] % 2 == 0
    return [anchor, np.where(swap, far, near), np.where(swap, near, far)]


TENSORS, GRADIENT = "dlcourse.checking.probes.tensors:tensors", "dlcourse.checking.probes.tensors:gradient"


def _float32(parts):
    """As a network gives them; rounding the squares of numbers below 10 leaves some 1e-6."""
    return [np.asarray(part, "float32") for part in parts]


def _gradient(parts, alpha):
    """By hand: the triplets whose loss is above 0 pull and push, the others do nothing."""
    anchor, positive, negative = parts
    near, far = np.sum((anchor - positive) ** 2, axis=1), np.sum((anchor - negative) ** 2, axis=1)
    counts = (near - far + alpha > 0)[:, None]
    return [2 * counts * part for part in (negative - positive, positive - anchor, anchor - negative)]


def _compare_gradients(expected, got):
    expected, got = (part.get("gradient") if isinstance(part, dict) else None for part in (expected, got))
    if expected is None or got is None:
        return (
            None
            if expected is got
            else (
                "No gradient comes back to the embeddings, so no network can learn from this loss. Use TensorFlow's "
                "functions: NumPy's, .numpy() and float() break the chain."
            )
        )
    difference = compare(expected, got, "the gradient", 1e-4)
    return difference.message if difference else None


@topic.exercise(reference=reference.triplet_loss, section="The triplet loss", needs="tensorflow")
def triplet_loss(rng):
    options = {"probe": TENSORS, "tolerance": 1e-5}
    A, P, N = _float32([[[0.0, 0.0]], [[3.0, 4.0]], [[6.0, 8.0]]])
    yield case(
        "one triplet with the positive nearer: 25 - 100 + 0.2 is below 0",
        None,
        [A, P, N],
        0.2,
        group="one triplet",
        expect=0.0,
        **options,
    )
    yield case(
        "one triplet with the negative nearer: 100 - 25 + 0.2",
        None,
        [A, N, P],
        0.2,
        group="one triplet",
        expect=75.2,
        **options,
    )
    near = _float32([A, [[1.0, 0.0]], [[0.0, 1.05]]])
    yield case(
        "the negative is farther, but by less than the margin",
        None,
        near,
        0.2,
        group="one triplet",
        expect=1.0 - 1.05**2 + 0.2,
        **options,
    )
    for m, d in ((4, 3), (8, 16)):
        yield case(
            f"{m} triplets of {d} numbers", None, _float32(_triplets(rng, m, d)), 0.2, group="a batch", **options
        )
    yield case("one triplet, a margin of 1", None, near, 1.0, group="the margin", expect=2 - 1.05**2, **options)
    for title, margin in (("a margin of 1", (1.0,)), ("the margin left at 0.2", ())):
        parts = _float32(_triplets(rng, 6, 5))
        yield case(title, None, parts, *margin, group="the margin", besides=("a batch",), **options)
    for title, m, besides in (("its gradient, of one triplet", 1, ()), ("its gradient", 6, ("a batch",))):
        parts = _float32(_triplets(rng, m, 4))
        yield case(
            title,
            None,
            parts,
            0.2,
            group="gradient",
            expect={"gradient": _gradient(parts, 0.2)},
            probe=GRADIENT,
            compare=_compare_gradients,
            besides=besides,
        )


def _loss(formula, power=2):
    """A wrong loss from the distances of positives and negatives."""

    def variant(y_true, y_pred, alpha=0.2):
        anchor, positive, negative = (tf.convert_to_tensor(part) for part in y_pred)
        distances = (tf.reduce_sum(tf.abs(anchor - part) ** power, axis=-1) for part in (positive, negative))
        return formula(*distances, alpha)

    return variant


def _between(distance, far_from=0):
    """Other distances, or that to the negative from elsewhere than the anchor."""

    def variant(y_true, y_pred, alpha=0.2):
        parts = [tf.convert_to_tensor(part) for part in y_pred]
        near, far = ((parts[start] - parts[end]) ** 2 for start, end in ((0, 1), (far_from, 2)))
        return tf.reduce_sum(tf.nn.relu(distance(near) - distance(far) + alpha))

    return variant


def _for_each_number(y_true, y_pred, alpha=0.2):
    anchor, positive, negative = y_pred
    return tf.reduce_sum(tf.nn.relu((anchor - positive) ** 2 - (anchor - negative) ** 2 + alpha))


triplet_loss.mistake(
    "left-tensorflow",
    "The value is right, but no gradient comes back to the embeddings: the calculation leaves "
    "TensorFlow, as it does with NumPy's functions, .numpy() or float().",
    lambda y_true, y_pred, alpha=0.2: np.asarray(tf.stop_gradient(reference.triplet_loss(y_true, y_pred, alpha))),
)
triplet_loss.mistake(
    "no-maximum",
    "Triplets that are right already make the loss smaller than 0: nothing stops at 0. See 'The triplet loss'.",
    _loss(lambda p, n, alpha: tf.reduce_sum(p - n + alpha)),
)
triplet_loss.mistake(
    "maximum-of-the-sum",
    "The maximum with 0 is taken after the sum; each triplet has its own.",
    _loss(lambda p, n, alpha: tf.nn.relu(tf.reduce_sum(p - n + alpha))),
)
triplet_loss.mistake(
    "margin-left-out",
    "The margin alpha is left out: a network that maps everything to one point would be perfect.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n))),
)
triplet_loss.mistake(
    "margin-subtracted",
    "The margin is subtracted; it is added, so that a negative must be farther by alpha.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n - alpha))),
)
triplet_loss.mistake(
    "exchanged",
    "Positive and negative are exchanged: this pulls strangers together.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(n - p + alpha))),
)
triplet_loss.mistake(
    "mean",
    "This is the mean over the batch; the course sums. See 'The triplet loss'.",
    _loss(lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(p - n + alpha))),
)
triplet_loss.mistake(
    "not-squared",
    "The distances are not squared.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(tf.sqrt(p) - tf.sqrt(n) + alpha))),
)
triplet_loss.mistake(
    "not-summed-over-features",
    "The maximum with 0 is taken for each number of the vectors; a distance sums over them first (axis=-1).",
    _for_each_number,
)
for _key, _message, _formula in (
    (
        "margin-added-once",
        "The margin is added once to the sum over the batch, and one maximum taken of it; each triplet has its own "
        "margin and its own maximum. A distance sums over a vector's numbers only (axis=-1), which leaves one for each "
        "triplet.",
        lambda p, n, alpha: tf.nn.relu(tf.reduce_sum(p - n) + alpha),
    ),
    (
        "margin-outside",
        "The margin is added to the finished sum, where no triplet meets it: it belongs inside the maximum of each.",
        lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n)) + alpha,
    ),
    (
        "minimum",
        "This is the minimum with 0, which keeps the triplets that are right already; take the maximum.",
        lambda p, n, alpha: tf.reduce_sum(tf.minimum(p - n + alpha, 0.0)),
    ),
    (
        "margin-written-in",
        "The margin is 0.2 whatever alpha is: use the argument.",
        lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n + 0.2)),
    ),
    (
        "one-distance-twice",
        "Both distances are to the same picture, so that they cancel and only the margins are left: one goes to the "
        "positive, the other to the negative.",
        lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - p + alpha)),
    ),
    (
        "one-for-each-triplet",
        "One number for each triplet comes back: add them up at the end.",
        lambda p, n, alpha: tf.nn.relu(p - n + alpha),
    ),
):
    triplet_loss.mistake(_key, _message, _loss(_formula))
triplet_loss.mistake(
    "mean-over-features",
    "The distances are means over a vector's numbers; they are sums: tf.reduce_sum(..., axis=-1).",
    _between(lambda squares: tf.reduce_mean(squares, axis=-1)),
)
triplet_loss.mistake(
    "absolute-differences",
    "The differences are not squared, only their sizes added: tf.square.",
    _loss(lambda p, n, alpha: tf.reduce_sum(tf.nn.relu(p - n + alpha)), power=1),
)
triplet_loss.mistake(
    "summed-over-the-batch",
    "The distances are summed over the batch (axis 0); each triplet has its own, summed over a vector's numbers: "
    "axis=-1.",
    _between(lambda squares: tf.reduce_sum(squares, axis=0)),
)
triplet_loss.mistake(
    "between-positive-and-negative",
    "One of the distances is that between positive and negative; both begin at the anchor.",
    _between(lambda squares: tf.reduce_sum(squares, axis=-1), far_from=1),
)
for _first, _second, _formula in (
    ("no-maximum", "mean", lambda p, n, alpha: tf.reduce_mean(p - n + alpha)),
    ("margin-left-out", "no-maximum", lambda p, n, alpha: tf.reduce_sum(p - n)),
    ("margin-left-out", "mean", lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(p - n))),
    ("maximum-of-the-sum", "mean", lambda p, n, alpha: tf.nn.relu(tf.reduce_mean(p - n + alpha))),
    ("exchanged", "mean", lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(n - p + alpha))),
    ("exchanged", "no-maximum", lambda p, n, alpha: tf.reduce_sum(n - p + alpha)),
    ("not-squared", "mean", lambda p, n, alpha: tf.reduce_mean(tf.nn.relu(tf.sqrt(p) - tf.sqrt(n) + alpha))),
    ("not-squared", "no-maximum", lambda p, n, alpha: tf.reduce_sum(tf.sqrt(p) - tf.sqrt(n) + alpha)),
):
    triplet_loss.pair(_first, _second, _loss(_formula))
triplet_loss.hint("Two distances for each triplet: a squared difference, summed over a vector's numbers (axis=-1).")
triplet_loss.hint("Basic loss: distance to the positive, minus the one to the negative, plus alpha.")
triplet_loss.hint("tf.maximum with 0 for each triplet, then tf.reduce_sum over the batch.")


# triplets


def _batch(rng, people, each, d=4, spread=0.6):
    """Embeddings of some pictures of each person, not sorted by person."""
    labels = rng.permutation(np.repeat(np.arange(people), each))
    centres = rng.normal(size=(people, d))
    return centres[labels] + spread * rng.normal(size=(len(labels), d)), labels


def same_triplets(expected, got):
    """Compare lists of (anchor, positive, negative): their order does not matter."""
    try:
        rows = real_numbers(got)
        answer = sorted((int(a), int(p), int(n)) for a, p, n in rows) if rows.size else []
    except (TypeError, ValueError, OverflowError):
        return "The result must be triplets of indices (anchor, positive, negative): an array of shape (triplets, 3)."
    wanted = sorted(tuple(int(i) for i in row) for row in np.asarray(expected).reshape(-1, 3))
    if answer == wanted:
        return None
    missing, surplus = sorted(set(wanted) - set(answer)), sorted(set(answer) - set(wanted))
    if not missing and not surplus:
        return "Some triplets occur more than once."
    parts = [f"{len(answer)} triplets came, {len(wanted)} were expected."]
    if missing:
        parts.append(f"{missing[0]} is missing.")
    if surplus:
        parts.append(f"{surplus[0]} does not belong there.")
    return " ".join(parts)


LINE = np.array([[0.0], [1.0], [3.0], [3.5], [10.0]])
TWO_PEOPLE = np.array([0, 0, 0, 1, 1])


@topic.exercise(reference=reference.batch_hard_triplets, section="Which triplets", needs="tensorflow")
def batch_hard_triplets(rng):
    yield case(
        "five points on a line, two people",
        LINE,
        TWO_PEOPLE,
        group="two people",
        compare=same_triplets,
        expect=np.array([[0, 2, 3], [1, 2, 3], [2, 0, 3], [3, 4, 2], [4, 3, 2]]),
    )
    yield case("eight pictures of two people", *_batch(rng, 2, 4), group="two people", compare=same_triplets)
    yield case("four people", *_batch(rng, 4, 3), group="more people", compare=same_triplets)
    points, labels = _batch(rng, 3, 3)
    lonely = np.concatenate([points, points[:1] + 0.1]), np.append(labels, 9)
    yield case("somebody with a single picture is nobody's anchor", *lonely, group="more people", compare=same_triplets)
    yield case(
        "four pictures of one person, one of another",
        points[:5],
        np.array([4, 4, 7, 4, 4]),
        group="two people",
        compare=same_triplets,
    )
    yield case(
        "nobody else in the batch",
        points[:4],
        np.full(4, 5),
        group="more people",
        compare=same_triplets,
        expect=np.zeros((0, 3), int),
    )


ITSELF = "A picture is taken for its own positive. Anchor and positive are two different pictures: p is not a."
ORDER = "The triplets are (anchor, negative, positive); the order is (anchor, positive, negative)."
INDICES = "The triplets hold the embeddings themselves; their indices are asked for: (a, p, n)."


def _columns(function):
    """The same triplets with the last two columns exchanged."""
    return lambda *given: np.asarray(function(*given)).reshape(-1, 3)[:, [0, 2, 1]]


def _holds_vectors(args, expected, got):
    """Whether rows of embeddings came in place of their indices."""
    return isinstance(got, np.ndarray) and got.ndim == 3 and got.shape[1:] == (3, args[0].shape[1])


def _nearest_of_all(embeddings, labels):
    """The nearest other picture in the place of the negative."""
    distances = reference.squared_distances(embeddings)
    triplets = []
    for a, label in enumerate(labels):
        friends = [i for i in np.flatnonzero(labels == label) if i != a]
        others = [i for i in range(len(labels)) if i != a]
        if friends:
            nearest = others[distances[a, others].argmin()]
            triplets.append((a, friends[distances[a, friends].argmax()], nearest))
    return np.array(triplets)


def _with_nobody(embeddings, labels):
    """-1 where there is no positive or no negative."""
    distances = reference.squared_distances(embeddings)
    triplets = []
    for a, label in enumerate(labels):
        friends = [i for i in np.flatnonzero(labels == label) if i != a]
        others = np.flatnonzero(labels != label)
        positive = friends[distances[a, friends].argmax()] if friends else -1
        negative = others[distances[a, others].argmin()] if len(others) else -1
        triplets.append((a, positive, negative))
    return np.array(triplets)


def _mined(positive_pick, negative_pick, include_self=False):
    """Batch mining with other choices than the right ones."""

    def variant(embeddings, labels):
        distances = reference.squared_distances(embeddings)
        triplets = []
        for a, label in enumerate(labels):
            others = np.flatnonzero(labels != label)
            friends = np.array([i for i in np.flatnonzero(labels == label) if include_self or i != a])
            if len(friends) and len(others):
                triplets.append(
                    (a, friends[positive_pick(distances[a, friends])], others[negative_pick(distances[a, others])])
                )
        return np.array(triplets)

    return variant


batch_hard_triplets.mistake(
    "easy-positive",
    "The nearest positive is taken; the hardest one is the farthest. See 'Which triplets'.",
    _mined(np.argmin, np.argmin),
)
batch_hard_triplets.mistake(
    "easy-negative",
    "The farthest negative is taken; the hardest one is the nearest. See 'Which triplets'.",
    _mined(np.argmax, np.argmax),
)
batch_hard_triplets.mistake(
    "both-exchanged",
    "The nearest positive and the farthest negative are the easiest triplet, not the hardest.",
    _mined(np.argmin, np.argmax),
)
batch_hard_triplets.mistake(
    "labels-ignored",
    "The nearest point is taken as the negative, whoever it shows: it must be another person.",
    lambda embeddings, labels: np.array(
        [
            (
                a,
                reference.batch_hard_triplets(embeddings, labels)[row, 1],
                np.argsort(reference.squared_distances(embeddings)[a])[1],
            )
            for row, a in enumerate(reference.batch_hard_triplets(embeddings, labels)[:, 0])
        ]
    ),
)
batch_hard_triplets.also("labels-ignored", _nearest_of_all)
batch_hard_triplets.mistake("itself-as-positive", ITSELF, _mined(np.argmax, np.argmin, include_self=True))
batch_hard_triplets.mistake("negative-before-positive", ORDER, _columns(reference.batch_hard_triplets))
batch_hard_triplets.mistake(
    "nobody-left",
    "An anchor whose person has no other picture, or that has no other person beside it, makes no triplet: leave it "
    "out, in place of an index such as -1 that stands for nobody.",
    _with_nobody,
)
batch_hard_triplets.raises(
    "nobody-left", batch_hard_triplets.mistakes[-1].message, r"attempt to get arg(max|min) of an empty sequence"
)
batch_hard_triplets.shows("indices-wanted", INDICES, _holds_vectors)
batch_hard_triplets.hint("Compute all distances first, m x m. labels[:, None] == labels[None, :] says who is who.")
batch_hard_triplets.hint("np.where(allowed, distances, -np.inf).argmax(axis=1) finds the farthest allowed in each row.")


@topic.exercise(reference=reference.semi_hard_triplets, section="Which triplets", needs="tensorflow")
def semi_hard_triplets(rng):
    yield case(
        "five points on a line, a margin of 4",
        LINE,
        TWO_PEOPLE,
        4.0,
        group="by hand",
        compare=same_triplets,
        expect=np.array([[0, 2, 3], [1, 2, 3]]),
    )
    yield case(
        "no negative within the margin",
        np.array([[0.0], [1.0], [9.0]]),
        np.array([0, 0, 1]),
        0.2,
        group="by hand",
        compare=same_triplets,
        expect=np.zeros((0, 3), int),
    )
    yield case(
        "a negative as far as the positive",
        np.array([[0.0], [2.0], [-2.0], [3.0]]),
        np.array([0, 0, 1, 1]),
        6.0,
        group="by hand",
        compare=same_triplets,
        expect=np.array([[0, 1, 3]]),
    )
    yield case(
        "a negative farther by exactly the margin",
        np.array([[0.0], [2.0], [3.0], [10.0]]),
        np.array([0, 0, 1, 1]),
        5.0,
        group="by hand",
        compare=same_triplets,
        expect=np.zeros((0, 3), int),
    )
    for people, each, alpha in ((3, 3, 2.0), (4, 3, 5.0), (2, 5, 3.0)):
        yield case(
            f"{people} people, a margin of {alpha:g}",
            *_batch(rng, people, each),
            alpha,
            group="random",
            compare=same_triplets,
        )


def _within(p, n, alpha):
    return p < n < p + alpha


def _semi(allowed, squared=True, pick=np.argmin, each_pair=True, itself=False):
    def variant(embeddings, labels, alpha=0.2):
        distances = reference.squared_distances(embeddings)
        distances = distances if squared else np.sqrt(distances)
        triplets = []
        for a in range(len(labels)):
            for p in range(len(labels)):
                if (a == p and not itself) or labels[a] != labels[p] or (not each_pair and p < a):
                    continue
                others = [
                    n
                    for n in range(len(labels))
                    if labels[n] != labels[a] and allowed(distances[a, p], distances[a, n], alpha)
                ]
                if pick is None:
                    triplets += [(a, p, n) for n in others]
                elif others:
                    triplets.append((a, p, others[pick([distances[a, n] for n in others])]))
        return np.array(triplets, dtype=int).reshape(-1, 3)

    return variant


semi_hard_triplets.mistake(
    "hard-too",
    "Negatives nearer than the positive are hard, not semi-hard. See 'Which triplets'.",
    _semi(lambda p, n, alpha: n < p + alpha),
)
semi_hard_triplets.mistake(
    "no-margin",
    "Every negative farther than the positive is taken; it must lie within the margin.",
    _semi(lambda p, n, alpha: n > p),
)
semi_hard_triplets.mistake(
    "as-far-as-the-positive",
    "A negative exactly as far as the positive is taken; it must be farther (< instead of <=).",
    _semi(lambda p, n, alpha: p <= n < p + alpha),
)
semi_hard_triplets.mistake(
    "at-the-margin",
    "A negative farther by exactly the margin is taken: its loss is 0, and it must be less far (< instead of <=).",
    _semi(lambda p, n, alpha: p < n <= p + alpha),
)
semi_hard_triplets.mistake(
    "farthest",
    "Of the allowed negatives, the farthest is taken; the nearest teaches most.",
    _semi(lambda p, n, alpha: p < n < p + alpha, pick=np.argmax),
)
semi_hard_triplets.mistake(
    "not-squared",
    "The distances are not squared; the margin belongs to squared ones, as in the loss.",
    _semi(lambda p, n, alpha: p < n < p + alpha, squared=False),
)
semi_hard_triplets.mistake(
    "each-pair-once",
    "Each pair is used once; anchor and positive can change places, which makes another triplet.",
    _semi(lambda p, n, alpha: p < n < p + alpha, each_pair=False),
)
semi_hard_triplets.mistake("itself-as-positive", ITSELF, _semi(_within, itself=True))
semi_hard_triplets.mistake("negative-before-positive", ORDER, _columns(reference.semi_hard_triplets))
semi_hard_triplets.mistake(
    "every-negative",
    "Each allowed negative makes a triplet; for a pair of anchor and positive only the nearest of them does.",
    _semi(_within, pick=None),
)
semi_hard_triplets.mistake(
    "margin-written-in",
    "The margin is 0.2 whatever alpha is: use the argument.",
    lambda embeddings, labels, alpha=0.2: reference.semi_hard_triplets(embeddings, labels, 0.2),
)
semi_hard_triplets.pair("hard-too", "not-squared", _semi(lambda p, n, alpha: n < p + alpha, squared=False))
semi_hard_triplets.pair("no-margin", "farthest", _semi(lambda p, n, alpha: n > p, pick=np.argmax))
semi_hard_triplets.hint("Go through all pairs of two pictures of one person, in both orders.")
semi_hard_triplets.hint("Keep the others n with d(a, p) < d(a, n) < d(a, p) + alpha, and take the nearest.")


# At the door


def _pictures(rng, names, size=4):
    return {name: rng.integers(0, 256, size=(size, size, 3), dtype=np.uint8) for name in names}


def _another(rng, picture, change):
    """The same person on another day: each pixel a little different."""
    noisy = picture + rng.normal(scale=change, size=picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


AT_THE_DOOR = {"probe": "dlcourse.checking.probes.faces:at_the_door"}
NAMES = ("younes", "tian", "andrew", "bertrand", "danielle")


def _weights(rng, size=4, d=8):
    """A projection that sees no brightness: random pictures lie far apart under it."""
    weights = rng.normal(size=(size * size * 3, d))
    return weights - weights.mean(axis=0)


@topic.exercise(
    reference=reference.verify,
    shown_as=AT_THE_DOOR,
    outputs=("dist", "door_open"),
    section="At the door",
    needs="tensorflow",
    companions=("img_to_encoding",),
)
def verify(rng):
    known, weights = _pictures(rng, NAMES), _weights(rng)
    same = _another(rng, known["younes"], 4)
    yield case(
        "the very picture of the database",
        known["tian"],
        "tian",
        known,
        weights,
        group="the right person",
        **AT_THE_DOOR,
    )
    yield case("another picture of the person", same, "younes", known, weights, group="the right person", **AT_THE_DOOR)
    stranger, name = _stranger(rng, known, weights)
    yield case("a stranger who claims a name", stranger, name, known, weights, group="the wrong person", **AT_THE_DOOR)
    yield case(
        "somebody known who claims another's name",
        *_impostor(rng, known, weights),
        known,
        weights,
        group="the wrong person",
        **AT_THE_DOOR,
    )
    # neither the square of the distance nor its root lies on the same side
    for title, low, high, group in (
        ("a distance a little below 0.7", 0.66, 0.695, "the right person"),
        ("a distance a little above 0.7", 0.705, 0.74, "the wrong person"),
    ):
        yield case(title, *_at_a_distance(rng, known, weights, low, high), known, weights, group=group, **AT_THE_DOOR)


class _Pixels:
    """The probe's model, for drawing cases that are clearly on one side of the threshold."""

    def __init__(self, weights):
        self.weights = weights

    def distance(self, left, right):
        return float(np.linalg.norm(self.encode(left) - self.encode(right)))

    def encode(self, picture):
        encoding = (picture.astype(np.float32) / 255.0).reshape(1, -1) @ self.weights
        return encoding / np.linalg.norm(encoding)


def _stranger(rng, known, weights):
    """A picture farther than the threshold, squared or not, from some person."""
    while True:
        picture = _pictures(rng, ["stranger"])["stranger"]
        for name in NAMES:
            if _Pixels(weights).distance(picture, known[name]) > 1.0:
                return picture, name


def _at_a_distance(rng, known, weights, low, high):
    """A picture between that of a known person and a stranger's, at a distance between `low` and `high`."""
    model = _Pixels(weights)
    while True:
        stranger, name = _stranger(rng, known, weights)
        for share in np.linspace(0, 1, 100):
            mixed = np.round((1 - share) * known[name] + share * stranger).astype(np.uint8)
            if low < model.distance(mixed, known[name]) < high:
                return mixed, name


def _impostor(rng, known, weights):
    """The picture of one known person, and the name of another, clearly apart."""
    model = _Pixels(weights)
    pairs = [(a, b) for a in NAMES for b in NAMES if a != b]
    a, b = max(pairs, key=lambda pair: model.distance(known[pair[0]], known[pair[1]]))
    return _another(rng, known[a], 2), b


def _door(distance, opens):
    def variant(image_path, identity, database, model):
        encoding, known = img_to_encoding(image_path, model), database[identity]
        found = distance(encoding - known)
        return found, opens(found)

    return variant


def _norm(difference):
    return float(np.linalg.norm(difference))


def _by_lengths(encoding, known):
    found = _norm(encoding) - _norm(known)
    return found, found < 0.7


verify.mistake(
    "squared",
    "The distance is squared; the threshold of 0.7 belongs to the distance itself. See 'At the door'.",
    _door(lambda d: float(np.sum(d**2)), lambda found: found < 0.7),
)
verify.mistake(
    "opens-for-strangers",
    "The door opens when the distance is large: it must be small.",
    _door(_norm, lambda found: found > 0.7),
)
verify.mistake(
    "sum-of-differences",
    "Differences are added without a square or an absolute value, so they cancel out.",
    _door(lambda d: float(np.sum(d)), lambda found: found < 0.7),
)
verify.mistake(
    "sum-of-absolutes",
    "This sums the absolute differences; the distance is the root of the sum of squares.",
    _door(lambda d: float(np.sum(np.abs(d))), lambda found: found < 0.7),
)
verify.mistake(
    "anybody",
    "The door opens for anybody in the database; verification asks about one name.",
    lambda image_path, identity, database, model: (
        _norm(img_to_encoding(image_path, model) - database[identity]),
        min(_norm(img_to_encoding(image_path, model) - known) for known in database.values()) < 0.7,
    ),
)
verify.mistake(
    "always-open",
    "The door opens for everybody: it opens only where the distance is below 0.7.",
    _door(_norm, lambda found: True),
)
verify.mistake(
    "never-open",
    "The door stays shut for everybody: it opens where the distance is below 0.7.",
    _door(_norm, lambda found: False),
)
verify.mistake(
    "another-threshold",
    "The distance is right, and the door opens at another one than 0.7.",
    _door(_norm, lambda found: found < 0.5),
)
verify.also("another-threshold", _door(_norm, lambda found: found < 1.0))
verify.mistake(
    "difference-of-lengths",
    "This is the difference of two lengths, and all encodings are equally long: take the length of the difference.",
    lambda image_path, identity, database, model: _by_lengths(img_to_encoding(image_path, model), database[identity]),
)
for _first, _distance in (
    ("squared", lambda d: float(np.sum(d**2))),
    ("sum-of-absolutes", lambda d: float(np.sum(np.abs(d)))),
    ("sum-of-differences", lambda d: float(np.sum(d))),
):
    verify.pair(_first, "opens-for-strangers", _door(_distance, lambda found: found > 0.7))
verify.hint("img_to_encoding(image_path, model) gives the encoding of the picture; the database has the other one.")
verify.hint("np.linalg.norm of the difference is the distance. The door opens when it is below 0.7.")


@topic.exercise(
    reference=reference.who_is_it,
    shown_as=AT_THE_DOOR,
    outputs=("min_dist", "identity"),
    section="Who is it",
    needs="tensorflow",
    companions=("img_to_encoding",),
)
def who_is_it(rng):
    known, weights = _pictures(rng, NAMES), _weights(rng)
    for name in (NAMES[0], NAMES[2], NAMES[-1]):
        yield case(
            f"another picture of {name}",
            _another(rng, known[name], 4),
            known,
            weights,
            group="known people",
            **AT_THE_DOOR,
        )
    yield case(
        "a stranger: the nearest is asked for all the same",
        _pictures(rng, ["stranger"])["stranger"],
        known,
        weights,
        group="a stranger",
        **AT_THE_DOOR,
    )
    yield case(
        "a stranger, far from the only person there is",
        _far_from(rng, known[NAMES[0]], weights),
        {NAMES[0]: known[NAMES[0]]},
        weights,
        group="a stranger",
        **AT_THE_DOOR,
    )
    two = {name: known[name] for name in NAMES[:2]}
    yield case("only two people", _another(rng, known[NAMES[1]], 4), two, weights, group="known people", **AT_THE_DOOR)


def _far_from(rng, picture, weights):
    """Farther than a search might begin with: 2 is the largest distance of two vectors of length 1."""
    while True:
        stranger = _pictures(rng, ["stranger"])["stranger"]
        if _Pixels(weights).distance(stranger, picture) > 1.6:
            return stranger


def _search(pick):
    def variant(image_path, database, model):
        encoding = img_to_encoding(image_path, model)
        distances = {name: _norm(encoding - known) for name, known in database.items()}
        return pick(distances)

    return variant


def _name_of_the_near(distances):
    name = min(distances, key=distances.get)
    return name if distances[name] <= 0.7 else None


def _sum_of_absolutes(image_path, database, model):
    encoding = img_to_encoding(image_path, model)
    distances = {name: float(np.sum(np.abs(encoding - known))) for name, known in database.items()}
    return min(distances.values()), min(distances, key=distances.get)


who_is_it.mistake(
    "last-one",
    "The last person of the database is returned: is the smallest distance kept while the loop goes on?",
    _search(lambda distances: (list(distances.values())[-1], list(distances)[-1])),
)
who_is_it.mistake(
    "farthest",
    "The farthest person is returned; the nearest is asked for.",
    _search(lambda distances: (max(distances.values()), max(distances, key=distances.get))),
)
who_is_it.mistake(
    "name-of-the-last",
    "The distance is the smallest one, but the name is the last of the loop: keep both together.",
    _search(lambda distances: (min(distances.values()), list(distances)[-1])),
)
who_is_it.mistake(
    "distance-of-the-last",
    "The name is right, but the distance is the last of the loop: keep both together.",
    _search(lambda distances: (list(distances.values())[-1], min(distances, key=distances.get))),
)
who_is_it.mistake(
    "squared",
    "The distance is squared; use the distance itself, as in verify.",
    _search(lambda distances: (min(distances.values()) ** 2, min(distances, key=distances.get))),
)
who_is_it.mistake(
    "no-stranger",
    "Somebody far from everybody gets no name. The nearest person is asked for, however far away.",
    _search(lambda distances: (min(distances.values()), _name_of_the_near(distances))),
)
who_is_it.mistake(
    "first-one",
    "Only the first person of the database is looked at: is the return inside the loop?",
    _search(lambda distances: (list(distances.values())[0], list(distances)[0])),
)
who_is_it.mistake(
    "never-smaller",
    "The smallest distance is the one that the search began with, and no person was nearer: begin with a number that "
    "is larger than any distance, such as np.inf.",
    _search(lambda distances: (0, None)),
)
who_is_it.mistake(
    "start-returned",
    "The distance that comes back is the number with which the search began: where a person is nearer, keep the "
    "distance and the name.",
    _search(lambda distances: (100, list(distances)[-1])),
)
for _start in (10, 1000, 10000, np.inf):
    who_is_it.also("start-returned", _search(lambda distances, start=_start: (start, list(distances)[-1])))
who_is_it.mistake(
    "sum-of-absolutes",
    "This sums the absolute differences; the distance is the root of the sum of squares: np.linalg.norm.",
    _sum_of_absolutes,
)
who_is_it.hint("Begin with a distance that is larger than any, and go through database.items().")
who_is_it.hint("Where a distance is smaller than the smallest so far, keep it and its name.")


# Probabilities and other distances


@topic.exercise(reference=reference.siamese_probability, section="A yes-or-no question", needs="tensorflow")
def siamese_probability(rng):
    one = np.array([1.0, 2.0])
    yield case("two equal vectors and a bias of 0", one, one, np.array([-3.0, 5.0]), 0.0, group="by hand", expect=0.5)
    yield case(
        "(3, 1) and (1, 2), weights (-1, 0.5), bias 1",
        np.array([3.0, 1.0]),
        one,
        np.array([-1.0, 0.5]),
        1.0,
        group="by hand",
        expect=1 / (1 + np.exp(0.5)),
    )
    for d in (3, 16, 128):
        yield case(
            f"{d} numbers",
            rng.normal(size=d),
            rng.normal(size=d),
            rng.normal(size=d) / np.sqrt(d),
            float(rng.normal()),
            group="random",
        )


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


siamese_probability.mistake(
    "sigmoid-inside",
    "The sigmoid is taken of each difference, inside the sum; it belongs around the whole sum.",
    lambda f1, f2, w, b: np.sum(w * _sigmoid(np.abs(f1 - f2))) + b,
)
siamese_probability.mistake(
    "no-absolute-value",
    "The differences keep their sign, so exchanging the two pictures changes the answer.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2)) + b),
)
siamese_probability.mistake(
    "squared",
    "The differences are squared; here their absolute values are weighed.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2) ** 2) + b),
)
siamese_probability.mistake(
    "no-bias", "The bias b is left out.", lambda f1, f2, w, b: _sigmoid(np.sum(w * np.abs(f1 - f2)))
)
siamese_probability.mistake(
    "no-sigmoid",
    "The sum is returned as it is; a probability lies between 0 and 1, which the sigmoid sees to.",
    lambda f1, f2, w, b: np.sum(w * np.abs(f1 - f2)) + b,
)
siamese_probability.mistake(
    "bias-for-each-feature",
    "The bias is added for each feature; it is added once, behind the sum.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w * np.abs(f1 - f2) + b)),
)
siamese_probability.mistake(
    "exponent-without-minus",
    "The answer is 1 minus the probability: the sigmoid is 1 / (1 + exp(-z)), with a minus.",
    lambda f1, f2, w, b: _sigmoid(-np.sum(w * np.abs(f1 - f2)) - b),
)
siamese_probability.mistake(
    "no-weights",
    "The differences are added up without the weights w.",
    lambda f1, f2, w, b: _sigmoid(np.sum(np.abs(f1 - f2)) + b),
)
siamese_probability.mistake(
    "distance-weighed",
    "The whole distance is multiplied by the sum of the weights; each difference has its own weight.",
    lambda f1, f2, w, b: _sigmoid(np.sum(w) * np.sum(np.abs(f1 - f2)) + b),
)
for _first, _second, _formula in (
    ("no-absolute-value", "no-bias", lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2)))),
    ("no-bias", "no-sigmoid", lambda f1, f2, w, b: np.sum(w * np.abs(f1 - f2))),
    ("no-absolute-value", "no-sigmoid", lambda f1, f2, w, b: np.sum(w * (f1 - f2)) + b),
    ("squared", "no-bias", lambda f1, f2, w, b: _sigmoid(np.sum(w * (f1 - f2) ** 2))),
    ("squared", "no-sigmoid", lambda f1, f2, w, b: np.sum(w * (f1 - f2) ** 2) + b),
):
    siamese_probability.pair(_first, _second, _formula)
siamese_probability.hint("Inside out: the absolute differences, each times its weight, their sum, plus b.")
siamese_probability.hint("At the very end, once: 1 / (1 + exp(-z)).")


# A small number added to each total, so that none is 0, is as right.
ROUGHLY = 1e-5


@topic.exercise(reference=reference.chi_square, section="A yes-or-no question", needs="tensorflow")
def chi_square(rng):
    yield case(
        "(1, 3) and (3, 1)",
        np.array([1.0, 3.0]),
        np.array([3.0, 1.0]),
        group="positive features",
        expect=2.0,
        tolerance=ROUGHLY,
    )
    for d in (3, 16):
        yield case(
            f"{d} numbers",
            rng.uniform(0.1, 2, size=d),
            rng.uniform(0.1, 2, size=d),
            group="positive features",
            tolerance=ROUGHLY,
        )
    zero = np.array([0.0, 2.0, 0.0]), np.array([0.0, 1.0, 3.0])
    yield case("a feature that is 0 in both", *zero, group="zeros", expect=1 / 3 + 3.0, tolerance=ROUGHLY)
    sparse = [np.maximum(rng.normal(size=12), 0) for _ in range(2)]
    yield case("features after a ReLU, many of them 0", *sparse, group="zeros", tolerance=ROUGHLY)


def _safe(numerator, denominator):
    return np.sum(np.divide(numerator, denominator, out=np.zeros_like(denominator), where=denominator != 0))


chi_square.mistake(
    "zero-by-zero",
    "Where both features are 0, this divides 0 by 0; such a feature adds 0.",
    lambda f1, f2: np.sum((f1 - f2) ** 2 / (f1 + f2)),
)
chi_square.mistake(
    "halved",
    "The sum is halved. Some books write it with 1/2; the one of this notebook has no such factor.",
    lambda f1, f2: _safe((f1 - f2) ** 2, f1 + f2) / 2,
)
chi_square.mistake("not-squared", "The differences are not squared.", lambda f1, f2: _safe(np.abs(f1 - f2), f1 + f2))
chi_square.mistake(
    "divided-at-the-end",
    "The division comes after the sum; each feature is divided by its own total.",
    lambda f1, f2: np.sum((f1 - f2) ** 2) / np.sum(f1 + f2),
)
chi_square.mistake(
    "denominator-squared",
    "The denominator is the sum of the two features, not squared.",
    lambda f1, f2: _safe((f1 - f2) ** 2, (f1 + f2) ** 2),
)
chi_square.also("not-squared", lambda f1, f2: _safe(f1 - f2, f1 + f2))
chi_square.mistake(
    "brackets-missing",
    "Without brackets only the first feature stands below the line: (f1 - f2) ** 2 / (f1 + f2).",
    lambda f1, f2: np.sum((f1 - f2) ** 2 / f1 + f2),
)
for _guard in (lambda f1, f2: f1 + f2 > 0, lambda f1, f2: f1 > 0):
    chi_square.also("brackets-missing", lambda f1, f2, guard=_guard: np.sum(((f1 - f2) ** 2 / f1 + f2)[guard(f1, f2)]))
chi_square.mistake(
    "one-below-the-line",
    "The squared difference is divided by one of the two features; it is divided by their sum.",
    lambda f1, f2: np.sum((f1 - f2) ** 2 / f2),
)
chi_square.also("one-below-the-line", lambda f1, f2: np.sum((f1 - f2) ** 2 / f1))
for _guard in (lambda f1, f2: f1 + f2 > 0, lambda f1, f2: f2 > 0):
    chi_square.also("one-below-the-line", lambda f1, f2, guard=_guard: np.sum(((f1 - f2) ** 2 / f2)[guard(f1, f2)]))
chi_square.mistake(
    "both-not-zero",
    "A feature that is 0 in one vector only is left out, and counts: only where both are 0 there is nothing to add.",
    lambda f1, f2: _safe(np.where((f1 > 0) & (f2 > 0), (f1 - f2) ** 2, 0.0), f1 + f2),
)
chi_square.pair("not-squared", "zero-by-zero", lambda f1, f2: np.sum(np.abs(f1 - f2) / (f1 + f2)))
chi_square.pair("halved", "zero-by-zero", lambda f1, f2: np.sum((f1 - f2) ** 2 / (f1 + f2)) / 2)
chi_square.pair("denominator-squared", "zero-by-zero", lambda f1, f2: np.sum((f1 - f2) ** 2 / (f1 + f2) ** 2))
chi_square.hint("For each feature: the squared difference over the sum of the two. Then add them up.")
chi_square.hint("np.divide(..., out=np.zeros_like(total), where=total > 0) leaves a 0 where both features are 0.")


spot_the_mistake = topic.claims(
    claim(
        "loss_zero",
        "the largest value of d(A, P) - d(A, N) at which the loss is 0, for alpha = 0.2.",
        -0.2,
        {
            0: "At 0 the margin is still missing: the loss is alpha.",
            0.2: "The sign: the negative must be farther than the positive, by alpha.",
        },
    ),
    claim(
        "sigmoid_place",
        "where does the sigmoid of the siamese network stand?",
        "around the sum",
        {
            "inside the sum": "Inside, each feature would answer for itself, and the sum would be no probability.",
            "nowhere": "Without it the answer is not between 0 and 1.",
        },
        choices=("inside the sum", "around the sum", "nowhere"),
    ),
    claim(
        "vector_distance",
        "||(1, 2) - (4, 6)|| squared, where the notes write (f(A) - f(P))^2.",
        float(np.sum((np.array([1.0, 2.0]) - np.array([4.0, 6.0])) ** 2)),
        {
            5: "5 is the norm; its square is asked for.",
            49: "Squares first, then the sum: not the square of the sum.",
            7: "These are the differences, added up.",
        },
    ),
    claim(
        "different_people",
        "how should the encodings of two different persons be?",
        "far apart",
        {"close": "Close is for two pictures of the same person.", "equal": "Then nobody could be told from anybody."},
        choices=("close", "far apart", "equal"),
    ),
    claim(
        "letter",
        "what is the distance with the Greek letter called, which the notes spell 'Ki square'?",
        "chi",
        {"ki": "It sounds so; the letter is written otherwise.", "xi": "That is another letter."},
    ),
    claim(
        "chance_of_no_error",
        "the probability that 100 comparisons are all right, each with 99 %.",
        0.99**100,
        {
            0.99: "This is one comparison.",
            0.9: "This is what 99.9 % for each comparison would give.",
            0.0: "99 % a hundred times over is less than a half, but not nothing.",
        },
        tolerance=0.005,
    ),
)
spot_the_mistake.hint("Write each one as a small computation, and read the formulas of the notebook once more.")
spot_the_mistake.hint("The loss is max(d(A, P) - d(A, N) + alpha, 0). At which difference is the first part 0?")
