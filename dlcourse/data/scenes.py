"""Street scenes drawn by code: cars, pedestrians, traffic lights, the box of each one, and what each pixel shows.

A scene is a description in fractions of the image, so the same scene can be drawn small for a network and large for
the reader. Everything follows from the seed; nothing is downloaded.
"""

from __future__ import annotations

import colorsys
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("car", "pedestrian", "traffic light")
OVERSAMPLING = 4  # drawn so many times larger, then averaged: edges become smooth

# height of an object over its width
PROPORTIONS = {"car": (0.45, 0.6), "pedestrian": (1.7, 2.1), "traffic light": (1.8, 2.2)}
SIZES = {"car": (0.36, 0.58), "pedestrian": (0.42, 0.62), "traffic light": (0.36, 0.54)}  # of the longer side
MOST_OVERLAP = 0.1

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Thing:
    """One object: its class, its box (centre and size as fractions of the image), and a seed for its looks."""

    kind: str
    x: float
    y: float
    w: float
    h: float
    looks: int

    @property
    def row(self) -> tuple[float, float, float, float, int]:
        """(x, y, w, h, class), as the notebook's functions want it."""
        return self.x, self.y, self.w, self.h, CLASSES.index(self.kind)


@dataclass(frozen=True)
class Scene:
    """A street: what stands in it, from the back to the front, and a seed for the houses and the light."""

    things: tuple[Thing, ...]
    horizon: float
    looks: int

    @property
    def boxes(self) -> np.ndarray:
        """One row (x, y, w, h, class) for each object: centre and size, as fractions of the image."""
        return np.array([thing.row for thing in self.things], dtype=np.float64).reshape(-1, 5)


def street(rng: random.Random, most: int = 4) -> Scene:
    """Think up a street scene with one to `most` objects that hide little of each other."""
    horizon = rng.uniform(0.34, 0.46)
    things: list[Thing] = []
    for _ in range(rng.randint(1, most)):
        for _ in range(20):
            thing = _thing(rng, horizon)
            if all(_shared(thing, other) <= MOST_OVERLAP for other in things):
                things.append(thing)
                break
    things.sort(key=lambda thing: thing.y + thing.h / 2)
    return Scene(tuple(things), horizon, rng.getrandbits(32))


def draw(scene: Scene, size: int = 48) -> np.ndarray:
    """The image of a scene: (size, size, 3), brightness between 0 and 1, float32."""
    side = size * OVERSAMPLING
    canvas = Image.new("RGB", (side, side))
    pencil = ImageDraw.Draw(canvas)
    _draw_street(pencil, side, scene)
    for thing in scene.things:
        left, top = (thing.x - thing.w / 2) * side, (thing.y - thing.h / 2) * side
        PAINTERS[thing.kind](_Pencil(pencil, left, top, thing.w * side, thing.h * side), thing.looks)
    return np.asarray(canvas.reduce(OVERSAMPLING), dtype=np.float32) / 255


def draw_labels(scene: Scene, size: int = 48, one_by_one: bool = False) -> np.ndarray:
    """What each pixel of `draw(scene, size)` shows at its centre: (size, size) whole numbers, 0 for the street.

    Args:
        one_by_one: number the objects 1, 2, 3, ... from the back to the front, and not their classes.
    """
    side = size * OVERSAMPLING
    canvas = Image.new("L", (side, side))
    pencil = ImageDraw.Draw(canvas)
    for number, thing in enumerate(scene.things, 1):
        left, top = (thing.x - thing.w / 2) * side, (thing.y - thing.h / 2) * side
        flat = number if one_by_one else 1 + CLASSES.index(thing.kind)
        PAINTERS[thing.kind](_OneNumber(pencil, left, top, thing.w * side, thing.h * side, flat), thing.looks)
    middle = slice(OVERSAMPLING // 2, None, OVERSAMPLING)
    return np.array(canvas)[middle, middle]


def labelled_streets(count: int, seed: int, size: int = 48, most: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Images of `count` scenes, (count, size, size, 3) in float32, and what each pixel shows, (count, size, size) in
    int32: 0 is the street, 1 the first of CLASSES."""
    scenes = thought_up(count, seed, most)
    images, labels = ([paint(scene, size) for scene in scenes] for paint in (draw, draw_labels))
    return np.stack(images), np.stack(labels).astype(np.int32)


def streets(count: int, seed: int, size: int = 48, most: int = 4) -> tuple[np.ndarray, list[np.ndarray]]:
    """Images of `count` scenes and, for each, the boxes of its objects.

    Returns:
        (count, size, size, 3) in float32, and `count` arrays of rows (x, y, w, h, class): centre and size as fractions
        of the image, the class as its place in CLASSES.
    """
    scenes = thought_up(count, seed, most)
    return np.stack([draw(scene, size) for scene in scenes]), [scene.boxes for scene in scenes]


def thought_up(count: int, seed: int, most: int = 4) -> list[Scene]:
    """The scenes that `streets` draws."""
    rng = random.Random(seed)
    return [street(rng, most) for _ in range(count)]


def guesses(scene: Scene, seed: int = 0, each: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What an eager detector could say of a scene: several boxes around each object, some of the wrong class, and a few
    doubtful ones where there is nothing.

    Returns:
        scores; boxes as corners (y1, x1, y2, x2), fractions of the image; classes.
    """
    rng = random.Random(seed)
    found = []
    for thing in scene.things:
        for number in range(each):
            blur = 0.02 + 0.025 * number
            x, y = thing.x + rng.gauss(0, blur) * thing.w, thing.y + rng.gauss(0, blur) * thing.h
            w, h = thing.w * (1 + rng.gauss(0, blur)), thing.h * (1 + rng.gauss(0, blur))
            kind = CLASSES.index(thing.kind)
            if number == each - 1:
                kind = (kind + 1) % len(CLASSES)
            score = 0.95 - 0.1 * number - rng.uniform(0, 0.08)
            found.append((score, (y - h / 2, x - w / 2, y + h / 2, x + w / 2), kind))
    for _ in range(4):
        x, y, w, h = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.3), rng.uniform(0.1, 0.3)
        corners = (y - h / 2, x - w / 2, y + h / 2, x + w / 2)
        found.append((rng.uniform(0.05, 0.3), corners, rng.randrange(len(CLASSES))))
    rng.shuffle(found)
    scores, boxes, classes = zip(*found, strict=True)
    return np.array(scores, "f4"), np.clip(np.array(boxes, "f4"), 0, 1), np.array(classes)


# Thinking up


def _thing(rng: random.Random, horizon: float) -> Thing:
    kind = rng.choice(CLASSES)
    longer, proportion = rng.uniform(*SIZES[kind]), rng.uniform(*PROPORTIONS[kind])
    w, h = (longer, longer * proportion) if proportion < 1 else (longer / proportion, longer)
    x = rng.uniform(w / 2, 1 - w / 2)
    # feet and wheels stand below the horizon
    lowest = rng.uniform(max(horizon + 0.1, h + 0.01), 0.99)
    return Thing(kind, x, lowest - h / 2, w, h, rng.getrandbits(32))


def _shared(one: Thing, other: Thing) -> float:
    """The shared area, as a fraction of the smaller object."""
    width = min(one.x + one.w / 2, other.x + other.w / 2) - max(one.x - one.w / 2, other.x - other.w / 2)
    height = min(one.y + one.h / 2, other.y + other.h / 2) - max(one.y - one.h / 2, other.y - other.h / 2)
    return max(width, 0.0) * max(height, 0.0) / min(one.w * one.h, other.w * other.h)


# Drawing


class _Pencil:
    """Draws in fractions of one object's box."""

    def __init__(self, pencil: ImageDraw.ImageDraw, left: float, top: float, width: float, height: float) -> None:
        self.pencil, self.left, self.top, self.width, self.height = pencil, left, top, width, height

    def points(self, *points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(self.left + x * self.width, self.top + y * self.height) for x, y in points]

    def polygon(self, colour: Colour | int, *points: tuple[float, float]) -> None:
        self.pencil.polygon(self.points(*points), fill=colour)

    def rectangle(
        self, colour: Colour, left: float, top: float, right: float, bottom: float, radius: float = 0
    ) -> None:
        box = self.points((left, top), (right, bottom))
        if radius:
            self.pencil.rounded_rectangle(box, radius * min(self.width, self.height), fill=colour)
        else:
            self.pencil.rectangle(box, fill=colour)

    def disc(self, colour: Colour, x: float, y: float, radius: float) -> None:
        """A disc; its radius is a fraction of the box's width."""
        [(x, y)] = self.points((x, y))
        radius *= self.width
        self.pencil.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


class _OneNumber(_Pencil):
    """Draws everything in one number, whatever colour it is asked for."""

    def __init__(self, pencil, left: float, top: float, width: float, height: float, number: int) -> None:
        super().__init__(pencil, left, top, width, height)
        self.number = number

    def polygon(self, colour: Colour, *points: tuple[float, float]) -> None:
        super().polygon(self.number, *points)

    def rectangle(
        self, colour: Colour, left: float, top: float, right: float, bottom: float, radius: float = 0
    ) -> None:
        super().rectangle(self.number, left, top, right, bottom, radius)

    def disc(self, colour: Colour, x: float, y: float, radius: float) -> None:
        super().disc(self.number, x, y, radius)


def _draw_street(pencil: ImageDraw.ImageDraw, side: int, scene: Scene) -> None:
    rng = random.Random(scene.looks)
    light = rng.uniform(0.75, 1.0)
    whole = _Pencil(pencil, 0, 0, side, side)
    whole.rectangle(_hsv(0.57, rng.uniform(0.1, 0.4), light), 0, 0, 1, 1)
    left = -rng.uniform(0, 0.2)
    while left < 1:
        right, top = left + rng.uniform(0.14, 0.3), rng.uniform(0.03, scene.horizon - 0.08)
        hue, brightness = rng.uniform(0.02, 0.14), light * rng.uniform(0.5, 0.85)
        whole.rectangle(_hsv(hue, rng.uniform(0.05, 0.4), brightness), left, top, right, scene.horizon)
        glass = _hsv(0.58, 0.3, brightness * 0.7)
        for y in np.arange(top + 0.05, scene.horizon - 0.08, 0.11):
            for x in np.arange(left + 0.03, right - 0.05, 0.08):
                whole.rectangle(glass, x, y, x + 0.04, y + 0.055)
        left = right
    kerb = scene.horizon + 0.08
    whole.rectangle(_hsv(0.1, 0.08, light * 0.72), 0, scene.horizon, 1, kerb)
    whole.rectangle(_hsv(0.6, 0.06, light * rng.uniform(0.3, 0.48)), 0, kerb, 1, 1)
    middle, start = kerb + (1 - kerb) * 0.45, -rng.uniform(0, 0.3)
    for x in np.arange(start, 1, 0.3):
        whole.rectangle(_hsv(0.1, 0.05, light * 0.85), x, middle, x + 0.16, middle + 0.02)


def _draw_car(pencil: _Pencil, looks: int) -> None:
    rng = random.Random(looks)
    paint = _hsv(rng.random(), rng.uniform(0.4, 0.95), rng.uniform(0.45, 0.95))
    shade = tuple(int(0.75 * part) for part in paint)
    glass = _hsv(0.55, 0.25, rng.uniform(0.75, 0.95))
    nose = rng.uniform(0.12, 0.3)
    rear = rng.uniform(0.04, 0.18)
    if rng.random() < 0.5:
        nose, rear = rear, nose
    pencil.polygon(paint, (nose, 0.45), (nose + 0.13, 0.0), (1 - rear - 0.1, 0.0), (1 - rear, 0.45))
    pencil.polygon(glass, (nose + 0.07, 0.42), (nose + 0.16, 0.09), (0.5, 0.09), (0.5, 0.42))
    pencil.polygon(glass, (0.54, 0.42), (0.54, 0.09), (1 - rear - 0.13, 0.09), (1 - rear - 0.06, 0.42))
    pencil.rectangle(paint, 0, 0.4, 1, 0.84, radius=0.14)
    pencil.rectangle(shade, 0.02, 0.7, 0.98, 0.84, radius=0.05)
    for x in (0.22, 0.78):
        pencil.disc((25, 25, 28), x, 0.8, 0.1)
        pencil.disc((150, 150, 155), x, 0.8, 0.045)
    pencil.rectangle((250, 235, 160), 0.0, 0.5, 0.05, 0.6)
    pencil.rectangle((200, 40, 40), 0.95, 0.5, 1.0, 0.6)


def _draw_pedestrian(pencil: _Pencil, looks: int) -> None:
    rng = random.Random(looks)
    skin = _hsv(rng.uniform(0.05, 0.09), rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.95))
    coat = _hsv(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.95))
    trousers = _hsv(rng.uniform(0.55, 0.7), rng.uniform(0.1, 0.6), rng.uniform(0.12, 0.5))
    hair = _hsv(rng.uniform(0.03, 0.12), rng.uniform(0.2, 0.7), rng.uniform(0.08, 0.6))
    step = rng.uniform(0.1, 0.4)
    for foot in (0.5 - step, 0.5 + step):
        pencil.polygon(trousers, (0.3, 0.55), (0.7, 0.55), (foot + 0.1, 1.0), (foot - 0.1, 1.0))
    swing = rng.uniform(0.0, 0.1)
    pencil.polygon(coat, (0.25, 0.24), (0.36, 0.24), (0.14 + swing, 0.58), (0.0 + swing, 0.56))
    pencil.polygon(coat, (0.64, 0.24), (0.75, 0.24), (1.0 - swing, 0.56), (0.86 - swing, 0.58))
    pencil.rectangle(coat, 0.24, 0.21, 0.76, 0.62, radius=0.14)
    pencil.disc(hair, 0.5, 0.095, 0.25)
    pencil.disc(skin, 0.5, 0.115, 0.21)


def _draw_traffic_light(pencil: _Pencil, looks: int) -> None:
    rng = random.Random(looks)
    lit = rng.randrange(3)
    pencil.rectangle((128, 134, 140), 0.41, 0.55, 0.59, 1.0)
    pencil.rectangle((28, 32, 34), 0.0, 0.0, 1.0, 0.64, radius=0.16)
    for lamp, (y, hue) in enumerate(zip((0.12, 0.32, 0.52), (0.0, 0.13, 0.38), strict=True)):
        pencil.disc(_hsv(hue, 0.9, 1.0 if lamp == lit else 0.28), 0.5, y, 0.27)


PAINTERS = {"car": _draw_car, "pedestrian": _draw_pedestrian, "traffic light": _draw_traffic_light}


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    return tuple(int(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))
