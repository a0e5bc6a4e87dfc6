"""The exercises of notebook 08 on a trained network that is put to another use, and on several at once."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import transfer as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.transfer.chance import topic

FROZEN, FEATURES, HEAD, TUNED, TOGETHER = (
    f"dlcourse.checking.probes.reuse:{name}" for name in ("frozen", "features", "new_head", "fine_tuned", "together")
)
ALIASES = {"images": "X", "x": "X", "labels": "Y", "y": "Y", "base_model": "model", "lr": "learning_rate"}

# freeze_base


@topic.exercise(
    reference=reference.freeze_base,
    section="Freezing",
    needs="tensorflow",
    optional=("keep",),
    aliases={**ALIASES, "n": "keep", "trainable_layers": "keep"},
    by_output=True,
)
def freeze_base(rng):
    def situation(keep, before=(), whole=False):
        return {"keep": keep, "before": list(before), "whole": whole}

    few = int(rng.integers(2, 6))
    situations = {
        "keep = 1": situation(1),
        f"keep = {few}": situation(few),
        "keep = 6": situation(6),
        "keep = 0": situation(0),
        "keep = 1, then 7": situation(7, before=[1]),
        WHOLE: situation(2, whole=True),
    }
    yield case("seven layers, a batch normalisation among them", situations, 1, group="model", probe=FROZEN)


def _freezing(free, thaw=True, whole=True, only=None):
    """freeze_base; `free` says of a position whether the layer there is trained."""

    def variant(model, keep=1):
        if whole and thaw:
            model.trainable = True
        for position, layer in enumerate(model.layers):
            if free(position, len(model.layers), keep):
                if thaw:
                    layer.trainable = True
            elif only is None or isinstance(layer, only):
                layer.trainable = False
        return model

    return variant


def _is_free(position, count, keep):
    return position >= count - keep


def _whole_model(model, keep=1):
    model.trainable = False
    return model


def _freeze_attribute(model, keep=1):
    for layer in model.layers[: len(model.layers) - keep]:
        layer.freeze = 0
    return model


def _minus_keep(position, count, keep):
    return position not in range(count)[:-keep]


ALL, WHOLE = "convolution, normalisation, dense, head;", "frozen as a whole, then keep = 2"


def _in_situations(shows):
    """Whether a mistake shows in what was found in the situations; anything else shows none."""
    return lambda got: isinstance(got, dict) and WHOLE in got and bool(shows(got))


for _key, _message, _variant, _recognise in (
    (
        "whole-model",
        "The whole model is frozen, its head too: nothing is left to learn. Go through model.layers.",
        _whole_model,
        lambda found: all(text.startswith("nothing") for text in found.values()),
    ),
    (
        "freeze-attribute",
        "Nothing is frozen: layers have no attribute `freeze`, and Python makes one without a word. It is "
        "layer.trainable.",
        _freeze_attribute,
        lambda found: found["keep = 1"] == found["keep = 0"] and found["keep = 1"].startswith(ALL),
    ),
    (
        "wrong-end",
        "The first `keep` layers stay free; it should be the last ones. What is general comes first in a network, what "
        "belongs to the task comes last.",
        _freezing(lambda position, count, keep: position < keep),
        lambda found: found["keep = 1"].startswith("convolution;"),
    ),
    (
        "one-more",
        "One layer too many stays free: with keep = 1 only the last one does.",
        _freezing(lambda position, count, keep: position >= count - keep - 1),
        lambda found: found["keep = 1"].startswith("dense, head;"),
    ),
    (
        "convolutions-only",
        "Only some kinds of layers are frozen. A batch normalisation has weights as well, and averages that "
        "move; freeze "
        "every layer but the last ones.",
        _freezing(_is_free, only=layers.Conv2D),
        lambda found: found["keep = 1"].startswith("normalisation, dense, head;"),
    ),
    (
        "minus-zero",
        "With keep = 0 nothing is frozen: model.layers[:-0] is an empty list. Count from the front: "
        "len(model.layers) - keep.",
        _freezing(_minus_keep),
        lambda found: found["keep = 1"].startswith("head;") and not found["keep = 0"].startswith("nothing"),
    ),
    (
        "never-thaws",
        "Layers are only ever frozen. When a model comes back with a larger `keep`, its last layers must be set free "
        "again: trainable = True.",
        _freezing(_is_free, thaw=False),
        lambda found: found["keep = 1"].startswith("head;") and not found["keep = 1, then 7"].startswith(ALL),
    ),
    (
        "model-still-frozen",
        "A model that was frozen as a whole trains nothing, whatever its layers say: set model.trainable = True first, "
        "and then each layer.",
        _freezing(_is_free, whole=False),
        lambda found: found["keep = 1"].startswith("head;") and found[WHOLE].startswith("nothing"),
    ),
):
    freeze_base.mistake(_key, _message, _variant, recognise=_in_situations(_recognise))
freeze_base.hint(
    "Every layer has an attribute `trainable`. Set it for all of model.layers: False, or True for the last."
)
freeze_base.hint("for position, layer in enumerate(model.layers): which positions are the last `keep` of n?")
freeze_base.hint(
    "position >= len(model.layers) - keep is what `trainable` should be. model.trainable = True comes first."
)


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
    ("too-much-cut", "More than the last layer is cut off: the new head replaces that one alone.", _headed(drop=2)),
):
    replace_head.mistake(_key, _message, _variant)
replace_head.hint("Make a layer, call it on the tensor that the old head is given, and make a model from start to end.")
replace_head.hint(
    'layers.Dense(classes, activation="softmax")(model.layers[-1].input) is the new end; '
    "keras.Model(model.inputs, end)."
)


# fine_tune


@topic.exercise(
    reference=reference.fine_tune,
    section="Four regimes",
    needs="tensorflow",
    by_output=True,
    companions=("freeze_base",),
    aliases={**ALIASES, "X_train": "X", "Y_train": "Y", "n_epochs": "epochs"},
)
def fine_tune(rng):
    yield case(
        "a small network: its head, and then all of it",
        {"seed": int(rng.integers(1000))},
        None,
        None,
        1,
        20,
        0.02,
        group="model",
        probe=TUNED,
    )


def _tuned(free=True, compiles=True, optimizer=None, times=None, loss="sparse_categorical_crossentropy", late=False):
    """fine_tune with one thing changed."""
    optimizer = optimizer or (lambda model, learning_rate: keras.optimizers.Adam(learning_rate))

    def variant(model, X, Y, keep=1, epochs=10, learning_rate=1e-3):
        if free:
            reference.freeze_base(model, keep)
        if compiles:
            model.compile(optimizer(model, learning_rate), loss)
        model.fit(X, Y, epochs=epochs if times is None else times, verbose=0)
        return model

    return variant


def _not_fitted(model, X, Y, keep=1, epochs=10, learning_rate=1e-3):
    reference.freeze_base(model, keep)
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy")
    return model


def _always_the_head(model, X, Y, keep=1, epochs=10, learning_rate=1e-3):
    return _tuned()(model, X, Y, 1, epochs, learning_rate)


def _shows(**found):
    """Whether the probe has seen all this."""
    return lambda got: isinstance(got, dict) and all(got.get(name) == value for name, value in found.items())


for _key, _message, _recognise, _variant in (
    (
        "not-compiled",
        "The model is not compiled again. A model that has been trained goes on with the layers that were free when it "
        "was compiled: freezing alone changes nothing, without a word. Freeze, compile, fit, in this order.",
        _shows(compiled=False),
        _tuned(compiles=False),
    ),
    (
        "old-optimizer",
        "The model is compiled with the optimizer that it had. That one knows the weights of earlier, and its own "
        "learning rate: make a new keras.optimizers.Adam(learning_rate) each time.",
        _shows(compiled=True, optimizer=False),
        _tuned(optimizer=lambda model, learning_rate: model.optimizer),
    ),
    (
        "not-fitted",
        "The model is never fitted: after `compile` comes model.fit(X, Y, ...).",
        lambda got: isinstance(got, dict) and str(got.get("head")).startswith("nothing"),
        _not_fitted,
    ),
    (
        "nothing-frozen",
        "All layers learn, whatever `keep` says: call your freeze_base first.",
        lambda got: isinstance(got, dict) and str(got.get("head")).count(",") == 3,
        _tuned(free=False),
    ),
    (
        "always-the-head",
        "Only the head learns, whatever `keep` says: hand it on to freeze_base.",
        lambda got: isinstance(got, dict) and str(got.get("all")).startswith("head;"),
        _always_the_head,
    ),
    (
        "learning-rate-ignored",
        "The steps are larger than `learning_rate` allows: Keras's own, of 0.001, is taken. What a network has learned "
        "is soon gone with large steps.",
        _shows(steps=False, optimizer=True),
        _tuned(optimizer=lambda model, learning_rate: keras.optimizers.Adam(0.02)),
    ),
    (
        "epochs-ignored",
        "The number of epochs is always the same, whatever `epochs` says.",
        lambda got: _shows(steps=True, optimizer=True)(got) and got.get("epochs") == 1,
        _tuned(times=20),
    ),
):
    fine_tune.mistake(_key, _message, _variant, recognise=_recognise)
fine_tune.hint("Three calls in this order: freeze_base, model.compile, model.fit. And return the model.")
fine_tune.hint(
    "model.compile(keras.optimizers.Adam(learning_rate), ...): the labels are numbers, so the loss is "
    '"sparse_categorical_crossentropy".'
)


# ensemble_predict


@topic.exercise(
    reference=reference.ensemble_predict,
    section="Several networks at once",
    needs="tensorflow",
    aliases={**ALIASES, "nets": "models", "networks": "models"},
)
def ensemble_predict(rng):
    def models(count):
        return [f"model {number}" for number in rng.integers(10**6, size=count)]

    for count, m, group in ((1, 3, "one network"), (3, 5, "several networks"), (5, 1, "one picture")):
        X = rng.normal(size=(m, 6, 6, 1))
        yield case(f"{count} and {m} pictures", models(count), X, group=group, probe=TOGETHER, tolerance=TOLERANCE)


def _joined(join, training=False):
    return lambda models, X: join([np.asarray(model(X, training=training), "float64") for model in models])


def _votes(answers):
    return np.mean([np.eye(a.shape[1])[a.argmax(axis=1)] for a in answers], axis=0)


for _key, _message, _variant in (
    (
        "sum",
        "The probabilities are added up and not divided by the number of networks: together they are more than 1.",
        _joined(lambda answers: np.sum(answers, axis=0)),
    ),
    (
        "votes",
        "Each network has one vote, whether it is sure or not. The mean of the probabilities keeps how sure they are.",
        _joined(_votes),
    ),
    (
        "class-numbers",
        "The result is a class for each picture. The mean of the probabilities is asked for, (m, classes); "
        "np.argmax is "
        "up to whoever calls.",
        _joined(lambda answers: np.mean(answers, axis=0).argmax(axis=1)),
    ),
    (
        "in-training",
        "The networks answer in training mode, with dropout: the same picture gets another answer each time. "
        "training=False, or predict.",
        _joined(lambda answers: np.mean(answers, axis=0), training=True),
    ),
    ("last-only", "Only the last network's answer counts.", _joined(lambda answers: answers[-1])),
    ("first-only", "Only the first network's answer counts.", _joined(lambda answers: answers[0])),
    (
        "mean-over-pictures",
        "The mean runs over the pictures; it runs over the networks, and each picture keeps an answer of its own.",
        _joined(lambda answers: np.mean(answers, axis=1)),
    ),
    ("all-answers", "All networks' answers come back side by side; their mean is asked for.", _joined(np.stack)),
):
    _group = "several networks" if _key not in ("class-numbers", "all-answers", "in-training") else None
    ensemble_predict.mistake(_key, _message, _variant, group=_group)
ensemble_predict.hint("Ask each network for its probabilities (m, classes). How many arrays of this shape are there?")
ensemble_predict.hint("np.mean(list_of_arrays, axis=0) is the mean over the list.")
