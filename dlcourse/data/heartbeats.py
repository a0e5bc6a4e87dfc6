"""Drawn heartbeats: one lead of an electrocardiogram, as a sum of smooth bumps with the disturbances of a real one.

Nobody's heart has been recorded. The waves have the usual names and sizes, and every drawn person has an own set of
them; a physician would see at once that they are drawn.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

RATE = 125  # samples a second
STEPS = 160  # 1.28 seconds
KINDS = ("normal", "ventricular", "atrial", "bundle branch block")

# The bumps of a normal beat: height in millivolts, middle in seconds after the R wave's, width in seconds.
WAVES = {
    "P": (0.15, -0.17, 0.022),
    "Q": (-0.12, -0.028, 0.009),
    "R": (1.1, 0.0, 0.011),
    "S": (-0.22, 0.03, 0.010),
    "T": (0.3, 0.26, 0.045),
}


def heartbeats(
    rng: np.random.Generator, count: int, people: int = 60
) -> tuple[Float[np.ndarray, "count 160 1"], Int[np.ndarray, " count"], Int[np.ndarray, " count"]]:
    """Windows of 1.28 s, each around one beat, with the end of the beat before and the beginning of the next one.

    - normal;
    - ventricular: begun too early, in the wrong place: no P wave, wide and large, its T wave upside down;
    - atrial: begun too early by the atria: its P wave is upside down, and the beat itself looks normal;
    - bundle branch block: on time, with a P wave, and split in two, because one half of the heart is late.

    Args:
        people: of how many people they are. Each has waves of an own height, width and place.

    Returns:
        The beats in millivolts at 125 samples a second, their kinds (numbers of KINDS), and whose they are.

    Source: the sum of bumps follows McSharry and others, A dynamical model for generating synthetic
    electrocardiogram signals, 2003.
    """
    heights, places, widths = (rng.normal(size=(people, len(WAVES))) for _ in range(3))
    seconds = rng.uniform(0.62, 1.0, people)  # from beat to beat
    whose = rng.integers(people, size=count)
    kinds = rng.integers(len(KINDS), size=count)
    time = np.arange(STEPS) / RATE
    middle = rng.uniform(0.5, 0.78, count)  # where in the window the beat is
    beats = np.zeros((count, STEPS))
    for number, (kind, person) in enumerate(zip(kinds, whose, strict=True)):
        waves = {
            name: (
                height * np.exp(0.2 * heights[person, wave]),
                place + 0.008 * places[person, wave],
                width * np.exp(0.12 * widths[person, wave]),
            )
            for wave, (name, (height, place, width)) in enumerate(WAVES.items())
        }
        early = rng.uniform(0.2, 0.38) if kind in (1, 2) else rng.normal(0, 0.02)
        before = middle[number] - seconds[person] * (1 - early)
        # after a beat that came too early the heart waits a little longer
        after = middle[number] + seconds[person] * (1.0 + 0.5 * early)
        usual = 3 if kind == 3 else 0
        for shape, place in ((usual, before), (kind, middle[number]), (usual, after)):
            beats[number] += _beat(rng, shape, waves, time - place)
    return _disturbed(rng, beats, time)[..., np.newaxis], kinds, whose


def _beat(rng: np.random.Generator, kind: int, waves: dict, time: np.ndarray) -> np.ndarray:
    """One beat of a person, with its R wave at time 0."""
    waves = {name: (height * rng.normal(1, 0.06), place, width) for name, (height, place, width) in waves.items()}
    height, place, width = waves["R"]
    if kind == 1:
        waves = {
            "R": (1.25 * height, place, rng.uniform(2.6, 3.6) * width),
            "S": (-0.5 * height, place + 0.1, 0.035),
            "T": (-1.2 * waves["T"][0], waves["T"][1] + 0.06, 1.2 * waves["T"][2]),
        }
    elif kind == 2:
        P = waves["P"]
        waves["P"] = (-P[0], P[1] + rng.uniform(0.01, 0.04), 0.8 * P[2])
    elif kind == 3:
        waves["R"] = (0.75 * height, place - 0.012, 1.25 * width)
        waves["late R"] = (0.6 * height, place + rng.uniform(0.04, 0.055), 1.7 * width)
        waves["S"] = (0.4 * waves["S"][0], waves["S"][1] + 0.07, waves["S"][2])
    return sum(height * np.exp(-(((time - place) / width) ** 2) / 2) for height, place, width in waves.values())


def _disturbed(rng: np.random.Generator, beats: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Breathing moves the baseline, muscles make noise, and the mains hum at 50 Hz."""
    count = len(beats)

    def wave(size: np.ndarray, frequency: np.ndarray | float) -> np.ndarray:
        phase = rng.uniform(0, 2 * np.pi, (count, 1))
        return size * np.sin(2 * np.pi * frequency * time + phase)

    breathing = wave(rng.uniform(0, 0.25, (count, 1)), rng.uniform(0.15, 0.4, (count, 1)))
    hum = wave(rng.uniform(0, 0.03, (count, 1)), 50.0)
    return beats + breathing + hum + rng.normal(0, 0.02, beats.shape)
