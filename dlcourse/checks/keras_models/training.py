"""The exercises of notebook 03 on models that are trained, saved and loaded."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from dlcourse import keras_models as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.keras_models.networks import topic
from dlcourse.data import datasets

TRAINED = "dlcourse.checking.probes.training:held_out_digits"
RESTORED = "dlcourse.checking.probes.training:restored"

# The share of held-out digits that is asked for. With 397 of them one standard error is 1.1 %, and the training that
# the last hint recommends comes out between 94.7 and 99 %: what may be chance is not held against anybody.
BAR, CHANCE = 0.95, 0.02

# How far ten probabilities may be from 1 together: in float16 a softmax is a few thousandths off.
ROUNDING = 0.01


# train_digits


def _judge(expected, got):
    """A bar for held-out digits."""
    kind = _kind(got)
    if kind.startswith("no model"):
        return "train_digits returns the trained Keras model."
    outputs = np.asarray(got["held_out"])
    if outputs.shape != (len(expected), 10):
        return (
            f"For {len(expected)} digits the model's output has the shape {outputs.shape}; {(len(expected), 10)} was "
            "expected."
        )
    if not np.isfinite(outputs).all():
        return "The model's output is not a number: the training has run away. Try a smaller learning rate."
    if not _are_probabilities(outputs):
        return "The ten numbers for an image are no probabilities: none of those is below 0, and together they are 1."
    share = float(np.mean(outputs.argmax(axis=1) == expected))
    if share >= BAR - CHANCE:
        return None
    return (
        f"The model reads {share:.1%} of {len(expected)} held-out digits right; {BAR:.0%} are asked for. Of the digits "
        f"that it has learned from, it reads {got['training']:.1%} right."
    )


def _are_probabilities(outputs):
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=ROUNDING))


def _kind(got):
    """What kind of wrong training this was."""
    if not isinstance(got, dict) or "held_out" not in got:
        return f"no model but {got.get('returned') if isinstance(got, dict) else None}"
    outputs = np.asarray(got["held_out"])
    if outputs.ndim != 2 or outputs.shape[1] != 10:
        return f"outputs of {outputs.shape[1:]}"
    if got["training"] < 0.5 < got["by_usual_names"]:
        return "other names"
    if got["steps"] == 0 and got["training"] < BAR:
        return "never fitted"
    if np.isfinite(outputs).all() and not _are_probabilities(outputs):
        return "no probabilities"
    if got["training"] < 0.9 and got["with_batch_statistics"] - got["training"] > 0.2:
        return "moving averages"
    if not np.isfinite(outputs).all() or len(np.unique(outputs.argmax(axis=1))) == 1:
        return "one answer"
    return "stopped too early" if got["training"] < BAR else "does not carry over"


@topic.exercise(
    reference=reference.train_digits,
    shown_as={"X_train": "1400 pictures (8, 8, 1)", "Y_train": "1400 labels"},
    section="Reading digits",
    needs="tensorflow",
    optional=("seed",),
    aliases={"X": "X_train", "Y": "Y_train", "y": "Y_train", "y_train": "Y_train"},
)
def train_digits(rng):
    _, labels = datasets.digits()
    training = np.sort(rng.permutation(len(labels))[:1400])
    held_out = np.setdiff1d(np.arange(len(labels)), training)
    seed, names = int(rng.integers(1000)), rng.permutation(10)  # new names: a model of an earlier training is no answer
    yield case(
        "digits that the model has never seen",
        {"digits": training},
        {"digits": training, "names": names},
        seed,
        group="held-out digits",
        probe=TRAINED,
        expect=names[labels[held_out]],
        compare=_judge,
    )


def _trained(X_train, Y_train, momentum=0.9, epochs=1, units=10, learning_rate=0.005, last="softmax", seed=0):
    """A small model, trained with one thing changed."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same"),
            layers.BatchNormalization(momentum=momentum),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, padding="same"),
            layers.BatchNormalization(momentum=momentum),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(units, activation=last),
        ]
    )
    loss = "sparse_categorical_crossentropy" if units == 10 else "mse"
    model.compile(keras.optimizers.Adam(learning_rate), loss)
    if epochs:
        model.fit(X_train, Y_train, batch_size=64, epochs=epochs, verbose=0)
    return model


def _ran_away(X_train, Y_train, seed=0):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.SGD(1e20), "sparse_categorical_crossentropy", run_eagerly=True)
    model.fit(X_train[:128], Y_train[:128], batch_size=64, epochs=2, verbose=0)
    return model


def _with_other_labels(X_train, Y_train, seed=0):
    X, Y = datasets.digits()
    return _trained(X[:640], Y[:640], momentum=0.0, epochs=3)


def _mistaken(**changed):
    return lambda X_train, Y_train, seed=0: _trained(X_train, Y_train, **changed)


# A learner has waited for a training already: what came of it shows the mistake, so no other model is trained
for _key, _shown, _variant, _message in (
    (
        "not-returned",
        "no model but History",
        lambda X_train, Y_train, seed=0: keras.callbacks.History(),
        "What `fit` returns is the history of the training, not the model. Return the model.",
    ),
    (
        "never-fitted",
        "never fitted",
        _mistaken(epochs=0),
        "The model that comes back has taken no step of `fit`, and does not know the digits of X_train. Compile it, "
        "and fit it.",
    ),
    (
        "other-names",
        "other names",
        _with_other_labels,
        "The model has learned from other labels than Y_train: the check gives the ten digits new names. Make and "
        "train it in the function, from X_train and Y_train alone.",
    ),
    (
        "no-probabilities",
        "no probabilities",
        _mistaken(epochs=3, momentum=0.0, last=None),
        "The ten numbers for an image are no probabilities, which are at least 0 and add up to 1: the last layer has a "
        "softmax.",
    ),
    (
        "one-unit",
        "outputs of (1,)",
        _mistaken(epochs=0, units=1, last="sigmoid"),
        "The model has one output. There are ten digits: ten units with a softmax.",
    ),
    (
        "ran-away",
        "one answer",
        _ran_away,
        "The model gives every image the same answer. Look at three things: the learning rate, which may be a "
        "hundred times too large or small; the last layer, a softmax; and the input, whose numbers lie between 0 and "
        "1 already.",
    ),
    (
        "stopped-too-early",
        "stopped too early",
        lambda X_train, Y_train, seed=0: _trained(X_train[:320], Y_train[:320], momentum=0.0),
        "The model does not know the digits of X_train well enough. Train it longer, on all of them, and as they are: "
        "their numbers lie between 0 and 1 already. See 'Reading digits'.",
    ),
    (
        "moving-averages",
        "moving averages",
        _mistaken(momentum=0.99, epochs=3),
        "In training the model reads well, and in use it does not: the moving averages of its batch normalisation have "
        "not caught up, or come from numbers of another scale than X_train's. See 'Two ways to run'.",
    ),
):
    train_digits.mistake(_key, _message, _variant, recognise=lambda got, shown=_shown: _kind(got) == shown)
train_digits.raises(
    "one-hot-loss",
    'The labels are numbers, and this loss wants one-hot rows: "sparse_categorical_crossentropy" takes the numbers as '
    "they are.",
    "must have the same (rank|shape)",
)
train_digits.raises(
    "too-few-units",
    "There is no unit for the label {label}: ten digits want ten units in the last layer.",
    r"label value of (?P<label>\d+) which is outside",
)
train_digits.raises(
    "images-of-another-size",
    "The model was made for images of another size; those of X_train are (8, 8, 1).",
    r"is incompatible with the layer: expected shape=",
)
train_digits.raises(
    "not-compiled", "`fit` needs a loss and an optimizer: `compile` comes before it.", r"must call `compile\(\)`"
)
train_digits.hint("Two convolutions with pools, as in notebook 02, then Flatten and Dense(10) with a softmax.")
train_digits.hint('The labels are numbers, not one-hot rows: the loss is "sparse_categorical_crossentropy".')
train_digits.hint(
    "keras.optimizers.Adam(0.005), batches of 64 and 10 epochs are enough. Return the model, not the history."
)


# save_and_restore


@topic.exercise(
    reference=reference.save_and_restore,
    section="Keeping a model",
    needs="tensorflow",
    by_output=True,
    shown_as={"model": "a small model"},
)
def save_and_restore(rng):
    described = {"input_shape": (6, 7, 2), "seed": int(rng.integers(1000))}
    yield case(
        "a small model after one step of training",
        described,
        "kept.keras",
        group="model",
        probe=RESTORED,
        expect={"file": True, "outputs": True, "training": True},
    )


def _saved(model, path):
    model.save(path)
    return model


def _copied(model, path):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _saved_and_made_new(model, path):
    model.save(path)
    return keras.models.clone_model(model)


def _saved_elsewhere(model, path):
    model.save("model.keras")
    return keras.models.load_model("model.keras")


def _loaded_without_training(model, path):
    model.save(path)
    return keras.models.load_model(path, compile=False)


def _with_the_notes_names(model, path):
    keras.models.model_save(model, path)
    return keras.models.model_load(path)


def _file_without_a_model(model, path):
    Path(path).touch()
    return _copied(model, path)


def _came_back(**shown):
    """Whether the probe has seen all this."""
    return lambda got: isinstance(got, dict) and all(got.get(name) == value for name, value in shown.items())


# Each way of losing a model is seen in what comes back, so no other model is trained and saved
for _key, _recognise, _variant, _message in (
    (
        "no-model-file",
        _came_back(there=True, file=False),
        _file_without_a_model,
        "What is at `path` is no Keras file of the model that was given. Let the model write it: saving is one of its "
        "methods.",
    ),
    (
        "no-file",
        _came_back(there=False, training=False),
        _copied,
        "There is no file at `path`. Save the model under exactly this name.",
    ),
    (
        "elsewhere",
        _came_back(there=False, training=True),
        _saved_elsewhere,
        "What comes back is right, but there is no file at `path`: save the model under exactly this name, and leave "
        "the file there.",
    ),
    (
        "not-loaded",
        _came_back(file=True, made=False),
        _saved,
        "The file is there, but what comes back is the model that was given. Load another one from the file.",
    ),
    (
        "weights-lost",
        _came_back(file=True, made=True, outputs=False),
        _saved_and_made_new,
        "The file is right, but the model that comes back is another one: it does not have the weights that are in the "
        "file.",
    ),
    (
        "training-lost",
        _came_back(file=True, made=True, outputs=True, training=False),
        _loaded_without_training,
        "The model computes the same and cannot go on learning where it was: its optimizer is not restored. Return "
        "what load_model(path) gives, as it is.",
    ),
):
    save_and_restore.mistake(_key, _message, _variant, recognise=_recognise)
save_and_restore.mistake(
    "no-such-function", "Keras has no function or method of this name. See 'Keeping a model'.", _with_the_notes_names
)
save_and_restore.raises(
    "no-such-function",
    "Keras has no {name}. Saving is a method of the model, model.save(path); loading is a function, "
    "keras.models.load_model(path). See 'Keeping a model'.",
    r"has no attribute '(?P<name>model_save|model_load|load|save_model|load_model|save_to_file)'",
)
save_and_restore.raises(
    "no-path",
    "The model is saved under the name that stands in `path`, which ends with .keras: path itself goes into the "
    "brackets of save.",
    r"Invalid filepath extension for saving",
)
save_and_restore.raises(
    "weights-only",
    "save_weights writes the weights alone, and the layers would have to be made again: save the whole model, with a "
    "method called save.",
    r"must end in `\.weights\.h5`",
)
save_and_restore.hint("Saving is a method of the model; loading is a function, since there is no model yet.")
save_and_restore.hint("model.save(...) and keras.models.load_model(...), both with the same path.")
