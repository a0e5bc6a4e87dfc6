"""The exercises of notebook 08 on the last layer of a network, and on what it is given."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import transfer as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.transfer.chance import topic

FEATURES = "dlcourse.checking.probes.reuse:features"
HEAD = "dlcourse.checking.probes.reuse:new_head"
ALIASES = {"images": "X", "x": "X", "labels": "Y", "y": "Y", "base_model": "model", "lr": "learning_rate"}


# extract_features


@topic.exercise(
    reference=reference.extract_features,
    section="Features, computed once",
    needs="tensorflow",
    optional=("path",),
    aliases={**ALIASES, "file": "path", "filename": "path"},
    by_output=True,
    weights={"features": 2.0},
)
def extract_features(rng):
    for m in (3, 40):
        X = rng.normal(size=(m, 6, 6, 1))
        yield case(f"{m} pictures", {}, X, "features.npy", group="features", probe=FEATURES, tolerance=TOLERANCE)


def _extracted(layer=-1, training=False, save=True, read=True, output=False):
    """extract_features with one thing changed."""

    def variant(model, X, path=None):
        from pathlib import Path

        if read and path is not None and Path(path).exists():
            return np.load(path)
        end = model.layers[layer].output if output else model.layers[layer].input
        features = np.asarray(keras.Model(model.inputs[0], end)(X, training=training))
        if save and path is not None:
            np.save(path, features)
        return features

    return variant


for _key, _message, _changed in (
    (
        "predictions",
        "These are the model's answers. The features are what its last layer is given: the input of model.layers[-1].",
        {"output": True},
    ),
    (
        "one-layer-early",
        "The features are taken one layer too early: they are what the last layer is given.",
        {"layer": -2},
    ),
    (
        "in-training",
        "The features come from a run in training mode, with dropout and the batch's own averages: other "
        "pictures in the "
        "batch change them. training=False.",
        {"training": True},
    ),
    (
        "not-saved",
        "There is no file at `path` afterwards, so the features are computed again each time. np.save(path, features).",
        {"save": False, "read": False},
    ),
    (
        "not-read",
        "The file is written, and never read: a second call computes everything again. If there is a file at `path`, "
        "return what np.load(path) gives.",
        {"read": False},
    ),
):
    extract_features.mistake(_key, _message, _extracted(**_changed))
extract_features.hint(
    "keras.Model(model.inputs, some_tensor) is a model that ends earlier. model.layers[-1].input is the tensor "
    "to end with."
)
extract_features.hint("First ask whether there is a file: `path is not None and os.path.exists(path)`.")
extract_features.hint("Call the shorter model with training=False, and make an array of the result with np.asarray.")


# replace_head


@topic.exercise(
    reference=reference.replace_head,
    section="A new head",
    needs="tensorflow",
    by_output=True,
    aliases={**ALIASES, "num_classes": "classes", "n_classes": "classes"},
)
def replace_head(rng):
    classes = int(rng.integers(4, 9))
    yield case(f"a head for {classes} classes", {"seed": int(rng.integers(1000))}, classes, group="model", probe=HEAD)


def _headed(activation="softmax", on="input", copy=False, drop=1):
    """replace_head with one thing changed."""

    def variant(model, classes):
        source = keras.models.clone_model(model) if copy else model
        last = source.layers[-drop]
        head = layers.Dense(classes, activation=activation)
        return keras.Model(source.inputs[0], head(getattr(last, on)))

    return variant


def _popped(model, classes):
    model.pop()
    model.add(layers.Dense(classes, activation="softmax"))
    return model


for _key, _message, _variant in (
    (
        "on-the-old-head",
        "The new layer is put behind the old head, and sees nothing but its probabilities. It takes the old head's "
        "place: its input is model.layers[-1].input.",
        _headed(on="output"),
    ),
    (
        "no-softmax",
        "The new head has no activation, so its answers are no probabilities: softmax.",
        _headed(activation=None),
    ),
    (
        "sigmoid",
        "The new head has sigmoids, which know nothing of each other. A picture has one class: softmax.",
        _headed(activation="sigmoid"),
    ),
    (
        "new-weights",
        "The new model has lost what the old one had learned: its layers are made anew, with random weights. Use the "
        "model's own layers.",
        _headed(copy=True),
    ),
    (
        "taken-apart",
        "The given model has lost its head: it should answer as before. Make a new model of its layers, without pop.",
        _popped,
    ),
    (
        "ten-classes-always",
        "The new head has ten units whatever `classes` says; it has one for each class.",
        lambda model, classes: _headed()(model, 10),
    ),
    ("too-much-cut", "More than the last layer is cut off: the new head replaces that one alone.", _headed(drop=2)),
):
    replace_head.mistake(_key, _message, _variant)
replace_head.raises(
    "on-the-old-head",
    "`model.output` is the answer of the old head, and a list of layers that was never called has none. The new head "
    "takes the old one's place: its input is model.layers[-1].input.",
    r"AttributeError: The layer \w+ has never been called and thus has no defined output",
)
replace_head.hint("Make a layer, call it on the tensor that the old head is given, and make a model from start to end.")
replace_head.hint(
    'layers.Dense(classes, activation="softmax")(model.layers[-1].input) is the new end; '
    "keras.Model(model.inputs, end)."
)
