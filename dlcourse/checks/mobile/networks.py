"""How the whole networks of notebook 07 are judged: their sizes in full, what they compute where they are slim."""

from __future__ import annotations

from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import COMPUTES, network_mistake, seen
from dlcourse.checks.mobile.parts import counts_case

# A slim network in float64; the smallest mistake, a ReLU in place of a ReLU6 in one layer of mobilenet_v2, moves the
# outputs by 12 %.
TOLERANCE = 5e-3

NETWORK = {
    "needs": "tensorflow",
    "optional": ("training",),
    "aliases": {"width": "alpha", "width_multiplier": "alpha", "num_classes": "classes", "n_classes": "classes"},
    "weights": {COMPUTES: 2.0},
}


def network_cases(rng, name, numbers, features, alpha, probe):
    """`numbers` of weights, learned and all, for 1000 classes; `features` are what the last layer sees."""
    n_H, n_W = (32 * int(side) for side in rng.choice(range(3, 8), 2, replace=False))
    classes = int(rng.integers(7, 30))
    fewer = (features + 1) * (1000 - classes)
    yield counts_case(
        f"{n_H}x{n_W} images, {classes} classes",
        (n_H, n_W, 3),
        classes,
        1.0,
        group="shapes and parameters",
        expect={
            "input_shape": (n_H, n_W, 3),
            "output_shape": (classes,),
            "trainable": numbers[0] - fewer,
            "parameters": numbers[1] - fewer,
        },
    )
    yield case(
        f"a slim one: alpha = {alpha}, 96x64 images, 7 classes",
        (96, 64, 3),
        7,
        alpha,
        group=COMPUTES,
        probe=probe,
        tolerance=TOLERANCE,
        expect=seen(name),
    )


def named(exercise, key, message, variant):
    network_mistake(exercise, key, message, variant, TOLERANCE)
