"""The exercises of notebook 13 at the door: verification and recognition."""

from __future__ import annotations

import numpy as np

from dlcourse import faces as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.faces.parts import topic
from dlcourse.faces import img_to_encoding


def _pictures(rng, names, size=4):
    return {name: rng.integers(0, 256, size=(size, size, 3), dtype=np.uint8) for name in names}


def _another(rng, picture, change):
    """The same person on another day: each pixel a little different."""
    noisy = picture + rng.normal(scale=change, size=picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


AT_THE_DOOR = {"probe": "dlcourse.checking.probes.faces:at_the_door"}
# What a function at the door receives; the cases hold the numbers that these are made of.
RECEIVED = {"image_path": "a picture file", "database": "a dictionary of encodings", "model": "the network"}
NAMES = ("younes", "tian", "andrew", "bertrand", "danielle")


def _weights(rng, size=4, d=8):
    """A projection that sees no brightness: random pictures lie far apart under it."""
    weights = rng.normal(size=(size * size * 3, d))
    return weights - weights.mean(axis=0)


@topic.exercise(
    reference=reference.verify,
    shown_as=RECEIVED,
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
    shown_as=RECEIVED,
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
