"""Compute again what the checks of notebooks 03, 04, 05, 06, 07, 10, 12 and 16 keep: see networks_seen in the engine.

python tests/seen_networks.py      after a change of a network, of a mistake in one, or of the probe; about a minute
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from dlcourse import checks
from dlcourse.checking import calling, judging, networks_seen
from dlcourse.checking.probes import mobile, models
from dlcourse.checks.inception import networks as inception_networks
from dlcourse.checks.segmentation import unet as segmentation_networks
from dlcourse.checks.yolo import networks as yolo_networks

SMALL = [
    ("keras_models", "happyModel"),
    ("keras_models", "convolutional_model"),
    ("residual", "identity_block"),
    ("residual", "convolutional_block"),
    ("residual", "basic_block"),
    ("inception", "naive_inception_block"),
    ("inception", "inception_block"),
    ("classic_networks", "lenet5"),
    ("classic_networks", "alexnet"),
    ("classic_networks", "alexnet_2012"),
    ("classic_networks", "zfnet"),
    ("classic_networks", "vgg"),
    ("mobile", "separable_block"),
    ("mobile", "inverted_residual_block"),
    ("dimensions", "heartbeat_model"),
    ("dimensions", "volume_model"),
    ("transfer", "alpaca_model"),
    ("segmentation", "conv_block"),
    ("segmentation", "upsampling_block"),
]
LARGE = [
    ("residual", "ResNet50", models.large_model),
    ("residual", "resnet18", models.large_model),
    ("residual", "resnet34", models.large_model),
    ("mobile", "mobilenet_v1", mobile.slim_network),
    ("mobile", "mobilenet_v2", mobile.steep_network),
]


SHAPES = ("output_shape", "input_shape")  # a list of them, where there are several outputs


def look_at_network(exercise: checks.Exercise, function: Callable, probe: Callable) -> dict:
    """What the probe sees of a right or wrong network on the case that does not depend on the seed."""
    case = next(case for case in judging.draw_cases(exercise, seed=0) if case.group == networks_seen.COMPUTES)
    found = probe(lambda **given: function(**given), dict(zip(exercise.names, case.args, strict=False)))
    if "training" in found:
        found["training"] = rounded(found["training"])
    return found


def look_in_short(exercise: checks.Exercise, function: Callable) -> dict:
    """What the probe sees of a wrong model or block in the first case, in short."""
    call = exercise.call(judging.draw_cases(exercise, seed=0)[0])
    short = networks_seen.in_short(calling.perform({exercise.name: function}, [call])[0])
    return {
        name: rounded([value])[0] if name not in SHAPES and isinstance(value, list) else value
        for name, value in short.items()
    }


def look_at_yolov2(changed: dict) -> dict:
    """The sizes at full size, and the first outputs of a small one, with the two paths joined in either order."""
    variant = functools.partial(yolo_networks._variant_of_yolov2, **changed)
    found, channels = {}, []
    for classes in (80, 20):
        seen = models.counts(variant, {"num_anchors": 5, "num_classes": classes})
        channels.append(seen["output_shape"][-1] - yolo_networks.PAPER_CHANNELS)
        for name in yolo_networks.PAPER:
            found.setdefault(name, []).append(seen[name])
    kept = {}
    for name, (more, less) in found.items():
        kept[f"{name} per channel"] = (more - less) // (channels[0] - channels[1])
        kept[name] = more - kept[f"{name} per channel"] * channels[0]
    small = [functools.partial(variant, fine_first=fine_first) for fine_first in (True, False)]
    outputs = [yolo_networks.first_outputs(models.deep_model(build, yolo_networks.SMALL)) for build in small]
    return {**kept, "inference": rounded(outputs)}


def look_at_googlenet(group: str, function: Callable) -> dict:
    """What the probe of one group sees of a right or wrong network: of a slim one, with or without its heads."""
    exercise = checks.get("inception", "googlenet")
    case = next(case for case in judging.draw_cases(exercise, seed=0) if case.group == group)
    found = calling.perform({exercise.name: function}, [exercise.call(case)])[0].value
    return {look: [rounded(rows) for rows in value] if look in LOOKS else value for look, value in found.items()}


LOOKS = ("inference", "training")


def kept_of_googlenet() -> dict:
    exercise = checks.get("inception", "googlenet")
    groups = inception_networks.COMPUTES, inception_networks.HEADS
    kept = {f"{group}: right": look_at_googlenet(group, exercise.reference) for group in groups}
    shared = inception_networks.one_dropout_for_both_heads
    kept[f"{groups[1]}: one dropout"] = look_at_googlenet(groups[1], shared)
    for mistake in exercise.mistakes:
        if mistake.group in groups:
            kept[mistake.key] = look_at_googlenet(mistake.group, mistake.variant)
    return kept


def kept_of_unet() -> dict:
    """What the probes see of the slim U-Net, right and wrong, in use or in training."""
    return {
        key: {name: rounded([value])[0] if name in LOOKS else value for name, value in found.items()}
        for key, found in segmentation_networks.kept().items()
    }


def rounded(rows: Iterable) -> list[list[float]]:
    return [[float(f"{number:.6g}") for number in row] for row in rows]


def main() -> None:
    kept = {}
    for topic, network, probe in LARGE:
        exercise = checks.get(topic, network)
        functions = {"right": exercise.reference} | {
            mistake.key: mistake.variant for mistake in exercise.mistakes if mistake.group == networks_seen.COMPUTES
        }
        kept[network] = {key: look_at_network(exercise, function, probe) for key, function in functions.items()}
    for topic, name in SMALL:
        exercise = checks.get(topic, name)
        kept[name] = {mistake.key: look_in_short(exercise, mistake.variant) for mistake in exercise.mistakes}
    mistakes = checks.get("yolo", "yolov2").mistakes
    kept["yolov2"] = {mistake.key: look_at_yolov2(mistake.variant.keywords) for mistake in mistakes}
    kept["googlenet"] = kept_of_googlenet()
    kept["unet_model"] = kept_of_unet()
    for network, rows in kept.items():
        lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items())
        (networks_seen.FOLDER / f"{network}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
