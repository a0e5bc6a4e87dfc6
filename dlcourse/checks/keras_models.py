"""The exercises of notebook 03: models in Keras, made, trained, saved and loaded."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import datasets
from dlcourse import keras_models as reference
from dlcourse.checks._momentum import momentum_mistakes
from dlcourse.checks.exercise import Topic, case, claim
from dlcourse.probes.models import TOLERANCE

topic = Topic("keras_models")
check, hint, solution = topic.check, topic.hint, topic.solution

MODEL = "dlcourse.probes.training:keras_model"
TRAINED = "dlcourse.probes.training:held_out_digits"
RESTORED = "dlcourse.probes.training:restored"
BAR = 0.95


# happyModel


@topic.exercise(
    reference=reference.happyModel, section="A model is a list of layers", needs="tensorflow", by_output=True,
    weights={"inference": 2.0},
)
def happyModel(rng):
    yield case("the model under weights of the check", group="model", probe=MODEL, tolerance=TOLERANCE)


def _happy(
    pad=3, norm=lambda: layers.BatchNormalization(), pool=lambda: layers.MaxPooling2D(2), relu=True, relu_first=False,
    last=lambda: layers.Dense(1, activation="sigmoid"), f=7,
):
    """happyModel with one thing changed."""
    middle = [norm(), layers.ReLU()] if relu else [norm()]
    parts = [
        keras.Input((64, 64, 3)), layers.ZeroPadding2D(pad), layers.Conv2D(32, f),
        *(middle[::-1] if relu_first else middle), pool(), layers.Flatten(), last(),
    ]
    return keras.Sequential([part for part in parts if part is not None])


happyModel.mistake(
    "no-padding", "The border of 3 around the image is missing: ZeroPadding2D comes first.", lambda: _happy(pad=0)
)
happyModel.mistake(
    "no-batch-norm", "There is no BatchNormalization between the convolution and the ReLU.",
    lambda: _happy(norm=lambda: None),
)
happyModel.mistake(
    "no-relu", "There is no ReLU: a convolution and a dense layer alone are one linear function.",
    lambda: _happy(relu=False),
)
happyModel.mistake(
    "relu-before-norm", "The ReLU comes before the normalisation; here it comes after.",
    lambda: _happy(relu_first=True),
)
happyModel.mistake("no-pool", "There is no pool: MaxPooling2D halves height and width.",
                   lambda: _happy(pool=lambda: None))
happyModel.mistake("average-pool", "The pool takes the mean; MaxPooling2D takes the maximum.",
                   lambda: _happy(pool=lambda: layers.AveragePooling2D(2)))
happyModel.mistake(
    "softmax-of-one",
    "A softmax over a single unit is always 1. For one yes-or-no answer the activation is a sigmoid. See 'A model is a "
    "list of layers'.", lambda: _happy(last=lambda: layers.Dense(1, activation="softmax")),
)
happyModel.mistake(
    "no-sigmoid", "The last layer has no activation, so its output is no probability.",
    lambda: _happy(last=lambda: layers.Dense(1)),
)
happyModel.mistake(
    "two-units", "The last layer has two units; one probability is enough for a question with yes or no.",
    lambda: _happy(last=lambda: layers.Dense(2, activation="softmax")),
)
happyModel.mistake(
    "norm-over-rows", "The normalisation works on rows; it belongs to the channels, the last axis, which is its "
    "default.", lambda: _happy(norm=lambda: layers.BatchNormalization(axis=1)),
)
momentum_mistakes(
    happyModel, lambda momentum: lambda: _happy(norm=lambda: layers.BatchNormalization(momentum=momentum))
)
happyModel.hint("One line for each layer of the table, in the same order, in a list: keras.Sequential([...]).")
happyModel.hint("Begin with keras.Input(shape=(64, 64, 3)). The window of the convolution is 7 x 7, so f is 7.")
happyModel.hint('The last line is a Dense layer of 1 unit with activation="sigmoid".')


# convolutional_model


@topic.exercise(
    reference=reference.convolutional_model, section="When a list is not enough", needs="tensorflow", by_output=True,
    weights={"inference": 2.0},
)
def convolutional_model(rng):
    n_H, n_W = (int(n) for n in rng.integers(41, 55, size=2))
    yield case("64x64 colour images", (64, 64, 3), group="model", probe=MODEL, tolerance=TOLERANCE)
    yield case("rectangular grey images", (n_H, n_W + 16, 1), group="model", probe=MODEL, tolerance=TOLERANCE)
    # The maximum of 64 numbers is rarely negative: only a tiny image shows whether a ReLU stands before the first pool
    yield case("images of two pixels", (1, 2, 3), group="model", probe=MODEL, tolerance=TOLERANCE)


def _convolutional(
    input_shape, filters=(8, 16), sizes=(4, 2), pools=(8, 4), strides=(8, 4), relu=("relu", "relu"), padding="same",
    pool_padding="same", pool=layers.MaxPooling2D, last="softmax", units=6,
):
    """convolutional_model with one thing changed."""
    pictures = x = keras.Input(input_shape)
    for n_C, f, window, stride, activation in zip(filters, sizes, pools, strides, relu, strict=True):
        x = layers.Conv2D(n_C, f, padding=padding, activation=activation)(x)
        x = pool(window, strides=stride, padding=pool_padding)(x)
    return keras.Model(pictures, layers.Dense(units, activation=last)(layers.Flatten()(x)))


convolutional_model.mistake(
    "pools-valid", 'The pools leave out what does not fill a window; they have padding="same" as well.',
    lambda input_shape: _convolutional(input_shape, pool_padding="valid"),
)
convolutional_model.mistake(
    "convolutions-valid", 'The convolutions have no border; they have padding="same".',
    lambda input_shape: _convolutional(input_shape, padding="valid"),
)
convolutional_model.mistake(
    "no-relu", "The ReLUs are missing: without them the convolutions are one linear function.",
    lambda input_shape: _convolutional(input_shape, relu=(None, None)),
)
convolutional_model.mistake(
    "first-relu-missing", "The ReLU after the first convolution is missing.",
    lambda input_shape: _convolutional(input_shape, relu=(None, "relu")),
)
convolutional_model.mistake(
    "second-relu-missing", "The ReLU after the second convolution is missing.",
    lambda input_shape: _convolutional(input_shape, relu=("relu", None)),
)
convolutional_model.mistake(
    "average-pool", "The pools take the mean; MaxPooling2D takes the maximum.",
    lambda input_shape: _convolutional(input_shape, pool=layers.AveragePooling2D),
)
convolutional_model.mistake(
    "pools-halve", "The pools have windows and strides of 2, Keras's default; here they are 8 and 4.",
    lambda input_shape: _convolutional(input_shape, pools=(2, 2), strides=(2, 2)),
)
convolutional_model.mistake(
    "filters-exchanged", "The first convolution has 8 filters and the second 16; here it is the other way round.",
    lambda input_shape: _convolutional(input_shape, filters=(16, 8)),
)
convolutional_model.mistake(
    "no-softmax", "The last layer has no activation, so its outputs are no probabilities.",
    lambda input_shape: _convolutional(input_shape, last=None),
)
convolutional_model.mistake(
    "sigmoid", "Six sigmoids are six answers that know nothing of each other. An image shows one sign: softmax.",
    lambda input_shape: _convolutional(input_shape, last="sigmoid"),
)
convolutional_model.hint("x = layers.Conv2D(...)(x): make the layer, then call it on what came out of the one before.")
convolutional_model.hint('A window of 8 and a stride of 8: layers.MaxPooling2D(8, strides=8, padding="same").')
convolutional_model.hint("At the end: return keras.Model(inputs, outputs), both of them tensors that you have named.")


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
    share = float(np.mean(outputs.argmax(axis=1) == expected))
    if share >= BAR:
        return None
    return (
        f"The model reads {share:.1%} of {len(expected)} held-out digits right; {BAR:.0%} are asked for. Of the digits "
        f"that it has learned from, it reads {got['training']:.1%} right."
    )


def _kind(got):
    """What kind of wrong training this was."""
    if not isinstance(got, dict) or "held_out" not in got:
        return f"no model but {got.get('returned') if isinstance(got, dict) else None}"
    outputs = np.asarray(got["held_out"])
    if outputs.ndim != 2 or outputs.shape[1] != 10:
        return f"outputs of {outputs.shape[1:]}"
    if got["steps"] == 0:
        return "never fitted"
    if got["training"] < 0.9 and got["with_batch_statistics"] - got["training"] > 0.2:
        return "moving averages"
    if not np.isfinite(outputs).all() or len(np.unique(outputs.argmax(axis=1))) == 1:
        return "one answer"
    return "stopped too early" if got["training"] < BAR else "does not carry over"


@topic.exercise(
    reference=reference.train_digits, section="Reading digits", needs="tensorflow", optional=("seed",),
    aliases={"X": "X_train", "Y": "Y_train", "y": "Y_train", "y_train": "Y_train"},
)
def train_digits(rng):
    _, labels = datasets.digits()
    training = np.sort(rng.permutation(len(labels))[:1400])
    held_out = np.setdiff1d(np.arange(len(labels)), training)
    yield case(
        "digits that the model has never seen", {"digits": training}, {"digits": training}, int(rng.integers(1000)),
        group="held-out digits", probe=TRAINED, expect=labels[held_out], compare=_judge,
    )


def _trained(X_train, Y_train, momentum=0.9, epochs=1, units=10, learning_rate=0.005, last="softmax", seed=0):
    """A small model, trained with one thing changed."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(16, 3, padding="same"), layers.BatchNormalization(momentum=momentum),
        layers.ReLU(), layers.MaxPooling2D(2), layers.Conv2D(16, 3, padding="same"),
        layers.BatchNormalization(momentum=momentum), layers.ReLU(), layers.Flatten(),
        layers.Dense(units, activation=last),
    ])
    loss = "sparse_categorical_crossentropy" if units == 10 else "mse"
    model.compile(keras.optimizers.Adam(learning_rate), loss)
    if epochs:
        model.fit(X_train, Y_train, batch_size=64, epochs=epochs, verbose=0)
    return model


def _ran_away(X_train, Y_train, seed=0):
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(32, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])
    model.compile(keras.optimizers.SGD(1e20), "sparse_categorical_crossentropy", run_eagerly=True)
    model.fit(X_train[:128], Y_train[:128], batch_size=64, epochs=2, verbose=0)
    return model


def _mistaken(**changed):
    return lambda X_train, Y_train, seed=0: _trained(X_train, Y_train, **changed)


# A learner has waited for a training already: what came of it shows the mistake, so no other model is trained
for _key, _shown, _variant, _message in (
    ("not-returned", "no model but History", lambda X_train, Y_train, seed=0: keras.callbacks.History(),
     "What `fit` returns is the history of the training, not the model. Return the model."),
    ("never-fitted", "never fitted", _mistaken(epochs=0),
     "The model comes back as it was made: `fit` was never called on it."),
    ("one-unit", "outputs of (1,)", _mistaken(epochs=0, units=1, last="sigmoid"),
     "The model has one output. There are ten digits: ten units with a softmax."),
    ("ran-away", "one answer", _ran_away,
     "The model gives every image the same answer: its weights have run away. Try a learning rate a hundred times "
     "smaller."),
    ("stopped-too-early", "stopped too early",
     lambda X_train, Y_train, seed=0: _trained(X_train[:320], Y_train[:320], momentum=0.0),
     "The model does not yet know the digits that it learns from: train it longer. See 'Reading digits'."),
    ("moving-averages", "moving averages", _mistaken(momentum=0.99, epochs=3),
     "In training the model reads well, and in use it does not: the moving averages of its batch normalisation have "
     "not caught up. See 'Two ways to run'."),
):
    train_digits.mistake(_key, _message, _variant, recognise=lambda got, shown=_shown: _kind(got) == shown)
train_digits.hint("Two convolutions with pools, as in notebook 02, then Flatten and Dense(10) with a softmax.")
train_digits.hint('The labels are numbers, not one-hot rows: the loss is "sparse_categorical_crossentropy".')
train_digits.hint("keras.optimizers.Adam(0.005), batches of 64 and 10 epochs are enough. Return the model, not the "
                  "history.")


# save_and_restore


@topic.exercise(
    reference=reference.save_and_restore, section="Keeping a model", needs="tensorflow", by_output=True,
)
def save_and_restore(rng):
    described = {"input_shape": (6, 7, 2), "seed": int(rng.integers(1000))}
    yield case("a small model after one step of training", described, "kept.keras", group="model", probe=RESTORED,
               expect={"file": True, "outputs": True, "training": True})


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


save_and_restore.mistake(
    "not-loaded", "The file is there, but what comes back is the model that was given. Load another one from the file.",
    _saved,
)
save_and_restore.mistake(
    "no-file", "Nothing is written to the path: the copy exists in memory only, and is gone tomorrow.", _copied
)
save_and_restore.mistake(
    "weights-lost", "The model that comes back has the same layers and other weights: it is made anew, not read from "
    "the file.", _saved_and_made_new,
)
save_and_restore.mistake(
    "elsewhere", "The model is saved under another name; the file must be at `path`.", _saved_elsewhere
)
save_and_restore.mistake(
    "training-lost", "The model computes the same and cannot go on learning where it was: its optimizer is not "
    "restored. Leave out compile=False.", _loaded_without_training,
)
save_and_restore.mistake(
    "no-such-function", "Keras has no function or method of this name. See 'Keeping a model'.", _with_the_notes_names
)
save_and_restore.hint("Saving is a method of the model; loading is a function, since there is no model yet.")
save_and_restore.hint("model.save(...) and keras.models.load_model(...), both with the same path.")


spot_the_mistake = topic.claims(
    claim(
        "save", "which call writes a model to a file?", "model.save(path)",
        {
            "model_save(path)": "There is no such function: saving is a method, with a dot.",
            "model.save_weights(path)": "This writes the weights alone; the layers would have to be made again.",
        },
        choices=("model.save(path)", "model_save(path)", "model.save_weights(path)"),
    ),
    claim(
        "load", "which call reads a model from a file?", "keras.models.load_model(path)",
        {
            "model_load(path)": "There is no such function. The word order is the other one.",
            "model.load(path)": "A method needs a model, and there is none before the file is read.",
        },
        choices=("keras.models.load_model(path)", "model_load(path)", "model.load(path)"),
    ),
    claim(
        "freeze", "what keeps a layer's weights as they are during training?", "layer.trainable = False",
        {
            "layer.freeze = 0": "Layers have no such attribute. Python makes one without a word, and nothing freezes.",
            "layer.trainable = True": "This is how it is anyway: the weights would go on changing.",
        },
        choices=("layer.trainable = False", "layer.freeze = 0", "layer.trainable = True"),
    ),
    claim(
        "back_ends", "on what does Keras 3 run?", "TensorFlow, JAX and PyTorch",
        {
            "TensorFlow, Theano and CNTK": "So it was in 2017. The development of Theano and CNTK has ended.",
            "TensorFlow": "So it was from 2019 to 2023. Since version 3 there is a choice again.",
        },
        choices=("TensorFlow, JAX and PyTorch", "TensorFlow, Theano and CNTK", "TensorFlow"),
    ),
)
spot_the_mistake.hint("The first two you have used; hasattr(layer, \"freeze\") answers the third.")
spot_the_mistake.hint("help(keras.config.backend) and the end of the notebook say what Keras runs on.")
