"""The exercises of notebook 13 on triplets worth learning from: the hardest ones, and semi-hard ones."""

from __future__ import annotations

import numpy as np

from dlcourse import faces as reference
from dlcourse.checking.comparing import real_numbers
from dlcourse.checking.exercise import case
from dlcourse.checks.faces.parts import topic


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
