"""Drawn faces: an identity is a handful of numbers (how far apart the eyes are, how long the nose is, ...), and each
picture of it has its own pose, light, expression and background.

They stand in for photographs, which cannot be shipped: real faces are personal data. Nothing about real people follows
from them.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

SIDE = 32
# Identity: what stays the same from picture to picture. Each number is drawn uniformly from 0 to 1.
TRAITS = (
    "head_width",
    "head_height",
    "eye_distance",
    "eye_height",
    "eye_size",
    "iris",
    "brow_height",
    "brow_tilt",
    "brow_weight",
    "nose_length",
    "nose_width",
    "mouth_height",
    "mouth_width",
    "lips",
    "skin",
    "warmth",
    "hair",
    "hair_shade",
    "hairline",
    "freckles",
)
# Left and right are those of the picture, not of the person.
LANDMARKS = ("left eye", "right eye", "nose", "left corner of the mouth", "right corner of the mouth", "chin")
PAIRS = ((0, 1), (3, 4))  # which of them change places in a mirror


def identities(count: int, rng: np.random.Generator) -> Float[np.ndarray, "count traits"]:
    """The traits of `count` persons."""
    return rng.uniform(size=(count, len(TRAITS)))


def pictures(
    people: Float[np.ndarray, "count traits"], each: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "count*each 32 32 3"], Int[np.ndarray, " count*each"]]:
    """`each` pictures of every person, in [0, 1], and the row of `people` that each one shows."""
    labels = np.repeat(np.arange(len(people)), each)
    parts = [draw(people[labels[start : start + 500]], rng) for start in range(0, len(labels), 500)]
    return np.concatenate(parts), labels


def pictures_with_landmarks(
    people: Float[np.ndarray, "count traits"], each: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "count*each 32 32 3"], Float[np.ndarray, "count*each 6 2"]]:
    """`each` pictures of every person, and where the LANDMARKS lie in each: (x, y), fractions of the picture."""
    rows = np.repeat(people, each, axis=0)
    parts = [_drawn(rows[start : start + 500], rng) for start in range(0, len(rows), 500)]
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def draw(people: Float[np.ndarray, "n traits"], rng: np.random.Generator) -> Float[np.ndarray, "n 32 32 3"]:
    """One picture for each row, each with a pose, a light, an expression and a background of its own."""
    return _drawn(people, rng)[0]


def _drawn(
    people: Float[np.ndarray, "n traits"], rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n 32 32 3"], Float[np.ndarray, "n 6 2"]]:
    """The pictures, and their landmarks."""
    n = len(people)
    trait = {name: people[:, position].reshape(n, 1, 1) for position, name in enumerate(TRAITS)}

    def any_from(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, size=(n, 1, 1))

    pose = any_from(-0.22, 0.22), any_from(-0.09, 0.09), any_from(-0.09, 0.09), any_from(0.92, 1.1)
    x, y = _posed(*pose)
    smile, open_eyes, raised = any_from(-1, 1), any_from(0.6, 1.1), any_from(-0.03, 0.03)
    turn = any_from(-0.07, 0.07)  # features move sideways on the head when it turns

    width, height = 0.52 + 0.2 * trait["head_width"], 0.7 + 0.16 * trait["head_height"]
    head = _inside(((x / width) ** 2 + ((y - 0.05) / height) ** 2) - 1, 0.09)
    shades = [(0.08, 0.06, 0.05), (0.35, 0.2, 0.1), (0.85, 0.7, 0.4), (0.6, 0.6, 0.62)]
    hair_colour = _colour(trait["hair_shade"], shades)
    skin = _colour(trait["skin"], [(0.36, 0.23, 0.16), (0.6, 0.42, 0.3), (0.82, 0.63, 0.5), (0.95, 0.8, 0.7)])
    skin = skin + (trait["warmth"][..., None] - 0.5) * np.array([0.1, 0.0, -0.1])
    background = rng.uniform(0.15, 0.95, size=(n, 1, 1, 3))

    picture = np.broadcast_to(background, (n, SIDE, SIDE, 3)).copy()
    volume = 1.08 + 0.25 * trait["hair"]
    behind = _inside((x / (width * volume)) ** 2 + ((y + 0.05) / (height * volume)) ** 2 - 1, 0.09)
    long_hair = 0.1 + 0.9 * trait["hair"]
    picture = _over(picture, hair_colour, behind * _inside(y - long_hair, 0.08))
    picture = _over(picture, skin, head)
    fringe = -0.35 - 0.28 * trait["hairline"]
    picture = _over(picture, hair_colour, head * _inside(y - fringe, 0.06))

    x = x - turn
    apart, level = 0.19 + 0.13 * trait["eye_distance"], -0.12 + 0.14 * trait["eye_height"]
    size = 0.075 + 0.055 * trait["eye_size"]
    iris = _colour(trait["iris"], [(0.15, 0.08, 0.04), (0.35, 0.25, 0.1), (0.2, 0.45, 0.25), (0.25, 0.45, 0.75)])
    brow_y = level - 0.15 - 0.07 * trait["brow_height"] + raised
    for side in (-1, 1):
        across = x - side * apart
        eye = _inside((across / (1.5 * size)) ** 2 + ((y - level) / (size * open_eyes)) ** 2 - 1, 0.3)
        picture = _over(picture, np.full((1, 1, 1, 3), 0.95), eye)
        picture = _over(picture, iris, eye * _inside((across**2 + (y - level) ** 2) / (0.75 * size) ** 2 - 1, 0.3))
        tilt = side * 0.45 * (trait["brow_tilt"] - 0.5) * across
        weight = 0.022 + 0.035 * trait["brow_weight"]
        brow = _inside(np.abs(y - brow_y - tilt) / weight - 1, 0.6) * _inside(np.abs(across) / (1.7 * size) - 1, 0.3)
        picture = _over(picture, 0.6 * hair_colour, brow)
    tip = level + 0.2 + 0.16 * trait["nose_length"]
    wide = 0.05 + 0.07 * trait["nose_width"]
    nose = _inside((x / wide) ** 2 + ((y - tip) / 0.05) ** 2 - 1, 0.4)
    nose = np.maximum(nose, 0.5 * _inside(np.abs(x) / 0.035 - 1, 0.5) * (y > level) * (y < tip))
    picture = _over(picture, 0.72 * skin, nose)
    mouth_y = tip + 0.13 + 0.09 * trait["mouth_height"]
    mouth_width = 0.14 + 0.14 * trait["mouth_width"]
    bend = mouth_y - 0.09 * smile * ((x / mouth_width) ** 2 - 0.5)
    lips = _inside(np.abs(y - bend) / (0.03 + 0.04 * trait["lips"]) - 1, 0.5)
    lips = lips * _inside(np.abs(x) / mouth_width - 1, 0.2)
    picture = _over(picture, 0.55 * skin + np.array([0.25, 0.02, 0.04]), lips)
    spots = (np.sin(29 * x) * np.sin(31 * y) > 0.8) & (np.abs(y - tip + 0.05) < 0.12)
    picture = _over(picture, 0.75 * skin, head * spots * np.clip(3 * trait["freckles"] - 2, 0, 1))

    light = any_from(0.75, 1.15) * (1 + any_from(-0.25, 0.25) * x + any_from(-0.15, 0.15) * y)
    picture = picture * light[..., None] + rng.normal(scale=0.02, size=picture.shape)

    corner_y = mouth_y - 0.045 * smile
    places = [(-apart, level), (apart, level), (0 * tip, tip), (-mouth_width, corner_y), (mouth_width, corner_y)]
    on_the_face = [(x + turn, y) for x, y in places] + [(0 * height, 0.05 + height)]
    landmarks = np.stack([np.concatenate(_placed(x, y, *pose), axis=-1)[:, 0] for x, y in on_the_face], axis=1)
    return np.clip(picture, 0, 1).astype(np.float32), landmarks


def _posed(angle: np.ndarray, right: np.ndarray, down: np.ndarray, zoom: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of each pixel on the face, from -1 to 1, x to the right and y down."""
    line = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    x, y = (line[None, None, :] - right) / zoom, (line[None, :, None] - down) / zoom
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _placed(x: np.ndarray, y: np.ndarray, angle: np.ndarray, right: np.ndarray, down: np.ndarray, zoom: np.ndarray):
    """Where a point of the face lies in the picture, (x, y) as fractions of it: what `_posed` does, undone."""
    across, along = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    return (across * zoom + right + 1) / 2, (along * zoom + down + 1) / 2


def _inside(distance: np.ndarray, softness: float) -> np.ndarray:
    """1 where the distance is below 0, with a soft edge, as a camera would see it."""
    return 1 / (1 + np.exp(np.clip(distance / (0.35 * softness), -30, 30)))


def _over(picture: np.ndarray, colour: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return picture + mask[..., None] * (colour - picture)


def _colour(amount: np.ndarray, stops: list[tuple[float, float, float]]) -> np.ndarray:
    """A colour between the stops, for amounts from 0 to 1."""
    places = np.linspace(0, 1, len(stops))
    channels = [np.interp(amount, places, [stop[channel] for stop in stops]) for channel in range(3)]
    return np.stack(channels, axis=-1)
