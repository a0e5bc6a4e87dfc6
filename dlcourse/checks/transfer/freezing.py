"""The exercises of notebook 08 on which layers learn: freezing, and training what is free."""

from __future__ import annotations

import keras
from keras import layers

from dlcourse import transfer as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.transfer.chance import topic

FROZEN = "dlcourse.checking.probes.reuse:frozen"
TUNED = "dlcourse.checking.probes.reuse:fine_tuned"
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
        "keep = 1, then 6": situation(6, before=[1]),
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
        "other-way-round",
        "The last `keep` layers are frozen, and all others learn; it is the other way round: "
        "layer.trainable = position >= len(model.layers) - keep.",
        _freezing(lambda position, count, keep: position < count - keep),
        lambda found: found["keep = 1"].startswith("convolution, normalisation, dense;"),
    ),
    (
        "one-less",
        "One layer too few stays free: with keep = 1 the last one does.",
        _freezing(lambda position, count, keep: position > count - keep),
        lambda found: found["keep = 1"].startswith("nothing") and not found["keep = 6"].startswith("nothing"),
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
        lambda found: found["keep = 1"].startswith("head;") and found["keep = 1, then 6"].startswith("head;"),
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
        expect=WELL_TUNED,
    )


# To train the reference as well takes a second in each check, and what it does is in words.
WELL_TUNED = {
    "head": "head; averages stay",
    "answers": True,
    "all": "convolution, normalisation, dense, head; averages move",
    "epochs": 20,
    "steps": True,
    "compiled": True,
    "optimizer": True,
}


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
fine_tune.raises(
    "one-hot-expected",
    '"categorical_crossentropy" wants a row of zeros and a one for each picture; Y holds the numbers of the classes: '
    '"sparse_categorical_crossentropy".',
    r"ValueError: Arguments `target` and `output` must have the same rank",
)
fine_tune.hint("Three calls in this order: freeze_base, model.compile, model.fit. And return the model.")
fine_tune.hint(
    "model.compile(keras.optimizers.Adam(learning_rate), ...): the labels are numbers, so the loss is "
    '"sparse_categorical_crossentropy".'
)
