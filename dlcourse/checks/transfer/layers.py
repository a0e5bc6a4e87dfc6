"""The exercises of notebook 08 on augmentation as layers, and on a model with a frozen base."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from dlcourse import transfer as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import may_show
from dlcourse.checking.probes.augmenting import coordinates
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.transfer.chance import found_key, sentence_of, topic
from dlcourse.checks.transfer.reading import SIGMAS, Finding, affine, disc, numbers_agree, results_of, uniform

# data_augmenter

AUGMENTED = "dlcourse.checking.probes.augmenting:augmented_coordinates"
FLIPS, TURNS, IN_USE = "mirrored", "turned", "in use"
LARGEST_TURN = 72.0  # degrees: a fifth of a turn


@topic.exercise(reference=reference.data_augmenter, section="Augmentation as layers", needs="tensorflow")
def data_augmenter(rng):
    for title, group, look in (
        ("240 pictures in training, mirror images", FLIPS, _look_at_flips),
        ("240 pictures in training, angles", TURNS, _look_at_layer_turns),
        ("pictures in use", IN_USE, _look_in_use),
    ):
        yield case(title, group=group, probe=AUGMENTED, compare=sentence_of(look))


def _layer_fit(got):
    results, wrong = results_of(got)
    if wrong is None and not numbers_agree(results):
        wrong = Finding("other", "The colours of pictures change, or pictures change places.")
    if wrong:
        return None, None, wrong
    fit = affine(results, disc(*results.shape[2:4]))
    return fit, results.shape[:2], None


def _look_at_flips(got):
    fit, shape, wrong = _layer_fit(got)
    if wrong:
        return wrong
    flipped = np.linalg.det(fit.M) < 0
    share, N = float(flipped.mean()), len(flipped)
    angles = _upright(fit)
    on_its_head = np.abs(angles) > 90
    # angles of up to 72 degrees, and of 108 and more, are those of pictures some of which stand on their heads
    if on_its_head.any() and not ((np.abs(angles) > 76) & (np.abs(angles) < 104)).any():
        # turned by 180 degrees is mirrored twice: of what one coin does in both directions nothing is mirrored once
        if flipped.any() and on_its_head[flipped].mean() > 0.9 and not on_its_head[~flipped].any():
            return Finding("vertical", "Pictures are mirrored upside down, not left and right.")
        return Finding("both", "Some of the pictures stand on their heads.")
    if share == 0:
        return Finding("no-flip", f"None of {N} pictures is mirrored.")
    if abs(share - 0.5) > SIGMAS * 0.5 / N**0.5:
        return Finding("share", f"{share:.0%} of {N} pictures are mirrored; about half of them should be.")
    return None


def _upright(fit):
    """The angles of the pictures, in degrees, when those that are mirrored have been mirrored again."""
    flipped = np.linalg.det(fit.M) < 0
    return _angles(np.where(flipped[:, None, None], fit.M @ np.diag([1, -1]), fit.M))


def _angles(M):
    return np.degrees(np.arctan2(M[:, 1, 0] - M[:, 0, 1], M[:, 0, 0] + M[:, 1, 1]))


def _look_at_layer_turns(got):
    fit, shape, wrong = _layer_fit(got)
    if wrong:
        return wrong
    angles = _upright(fit)
    # that pictures stand on their heads is another group's matter: then the angle to their rows counts
    heads = (other := _look_at_flips(got)) and other.key in ("both", "vertical")
    lying = (angles + 90) % 180 - 90 if heads else angles
    if np.abs(fit.M @ fit.M.swapaxes(1, 2) - np.eye(2)).max() > 0.15:
        return Finding("other", "Distances in the pictures change: there are more layers than asked for.")
    if np.abs(lying).max() < 1:
        return Finding("no-turn", "No picture is turned.")
    if np.abs(lying).max() < LARGEST_TURN / 2:
        return Finding("too-little", f"Pictures are turned by up to {np.abs(lying).max():.0f} degrees; 72 is the most.")
    return uniform(lying.reshape(shape), LARGEST_TURN, "The angle in degrees", 0.04)


def _look_in_use(got):
    results, wrong = results_of({**got, "results": [got["in use"]]}) if _is_array(got.get("in use")) else (None, None)
    if results is None or wrong:
        return Finding("shape", "In use the model changes the shape of the pictures.")
    if np.abs(results[0] - coordinates(*got["shape"][:3])).max() > 1e-5:
        return Finding("in-use", "Pictures are changed in use too.")
    return None


def _is_array(value):
    return isinstance(value, np.ndarray)


class _AlwaysOn(keras.layers.Layer):
    """A layer that augments whether it is training or not."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, X):
        return self.inner(X, training=True)


def _augmenter(flip="horizontal", factor=0.2, always=False):
    def variant():
        parts = [layers.RandomFlip(flip)] if flip else []
        parts += [layers.RandomRotation(factor)] if factor else []
        model = keras.Sequential(parts)
        return keras.Sequential([_AlwaysOn(model)]) if always else model

    return variant


for _key, _message, _changed, _group, _look in (
    (
        "both",
        'Half of the pictures stand on their heads: RandomFlip does both, by one coin, unless it is told "horizontal". '
        "An animal seldom does.",
        {"flip": "horizontal_and_vertical"},
        FLIPS,
        _look_at_flips,
    ),
    (
        "vertical",
        'The pictures are mirrored upside down. Left and right are exchanged by RandomFlip("horizontal").',
        {"flip": "vertical"},
        FLIPS,
        _look_at_flips,
    ),
    ("no-flip", "No picture is mirrored: RandomFlip is missing.", {"flip": None}, FLIPS, _look_at_flips),
    ("no-turn", "No picture is turned: RandomRotation is missing.", {"factor": None}, TURNS, _look_at_layer_turns),
    (
        "too-far",
        "Pictures are turned further than a fifth of a turn. RandomRotation takes a fraction of a turn, not "
        "degrees and "
        "not radians: 0.2.",
        {"factor": 0.4},
        TURNS,
        _look_at_layer_turns,
    ),
    (
        "too-little",
        "Pictures are turned too little. RandomRotation(0.2) goes up to a fifth of a turn in both directions.",
        {"factor": 0.2 / 3.1416},
        TURNS,
        _look_at_layer_turns,
    ),
    (
        "in-use",
        "The model augments in use too, so the same picture gets another answer each time. Leave `training` to Keras: "
        "don't set it inside.",
        {"always": True},
        IN_USE,
        _look_in_use,
    ),
):
    data_augmenter.mistake(
        _key,
        _message,
        _augmenter(**_changed),
        group=_group,
        recognise=lambda got, look=_look, key=_key: found_key(look, got) == key,
    )
data_augmenter.raises(
    "too-far",
    "RandomRotation takes a fraction of a turn, not degrees: a fifth of a turn is 0.2.",
    r"ValueError: The `factor` argument should be a number .*in the range",
)
data_augmenter.hint("keras.Sequential takes a list of layers; here there are two, and no Input is needed.")
data_augmenter.hint('RandomFlip("horizontal") and RandomRotation(0.2), both of keras.layers.')


# alpaca_model

ALPACA = "dlcourse.checking.probes.alpaca:alpaca"


@topic.exercise(
    reference=reference.alpaca_model,
    section="A base that stays as it is",
    needs="tensorflow",
    by_output=True,
    weights={"in use": 2.0},
    aliases={"image_size": "image_shape", "data_augmenter": "data_augmentation", "augmentation": "data_augmentation"},
    may_show=may_show("alpaca_model"),
)
def alpaca_model(rng):
    yield case(
        "pictures of 32x64, and an augmentation that is no chance",
        (32, 64),
        {"scale": 0.8, "offset": 20.0, "seed": int(rng.integers(1000))},
        group="model",
        probe=ALPACA,
        tolerance=TOLERANCE,
    )


def _alpaca(
    preprocess=True,
    augment="first",
    frozen=True,
    pool=layers.GlobalAveragePooling2D,
    dropout=0.2,
    units=1,
    activation=None,
):
    """alpaca_model with one thing changed."""

    def variant(image_shape=reference.IMG_SIZE, data_augmentation=None):
        base = keras.applications.MobileNetV2(input_shape=(*image_shape, 3), include_top=False, weights=None)
        base.trainable = not frozen
        inputs = X = keras.Input((*image_shape, 3))
        if augment == "first":
            X = data_augmentation(X)
        if preprocess:
            X = keras.applications.mobilenet_v2.preprocess_input(X)
        if augment == "after preprocessing":
            X = data_augmentation(X)
        X = pool()(base(X, training=False))
        if dropout:
            X = layers.Dropout(dropout)(X)
        return keras.Model(inputs, layers.Dense(units, activation=activation)(X))

    return variant


for _key, _message, _changed in (
    (
        "no-preprocessing",
        "The numbers go into MobileNetV2 from 0 to 255; it has learned from numbers between -1 and 1. preprocess_input "
        "makes them.",
        {"preprocess": False},
    ),
    (
        "no-augmentation",
        "data_augmentation is never called: the model sees each picture as it is, over and over.",
        {"augment": "never"},
    ),
    (
        "augmented-late",
        "The augmentation comes after preprocess_input; it is made for pictures from 0 to 255, so it comes first.",
        {"augment": "after preprocessing"},
    ),
    (
        "not-frozen",
        "The base is not frozen: 2,223,872 of its weights would be trained, and its batch normalisations would follow "
        "your few pictures, training=False or not. base_model.trainable = False.",
        {"frozen": False},
    ),
    (
        "flattened",
        "The base's output is flattened, which gives the last layer many times the weights; the average of each "
        "channel "
        "is enough: GlobalAveragePooling2D.",
        {"pool": layers.Flatten},
    ),
    (
        "maximum",
        "The pool takes the maximum of each channel; GlobalAveragePooling2D takes the mean.",
        {"pool": layers.GlobalMaxPooling2D},
    ),
    ("no-dropout", "The dropout of 0.2 before the last layer is missing.", {"dropout": None}),
    ("dropout-rate", "The dropout leaves out more than a share of 0.2.", {"dropout": 0.5}),
    (
        "sigmoid",
        "The last layer has a sigmoid. Here the loss brings it along (from_logits=True), so the unit has no "
        "activation.",
        {"activation": "sigmoid"},
    ),
    ("two-units", "The last layer has two units; one is enough for a yes or a no.", {"units": 2}),
):
    alpaca_model.mistake(_key, _message, _alpaca(**_changed))
alpaca_model.raises(
    "with-its-top",
    "The base comes with its own last layers, and answers with 1,000 probabilities in place of maps: "
    "include_top=False leaves them off.",
    r"ValueError: Input 0 .*expected ndim=4, found ndim=2.*1000\)",
)
alpaca_model.hint(
    "keras.applications.MobileNetV2(input_shape=..., include_top=False, weights=None) is the base, without its "
    "own last "
    "layer. Freeze it before you use it."
)
alpaca_model.hint(
    "In order: data_augmentation, preprocess_input, the base, GlobalAveragePooling2D, Dropout(0.2), Dense(1)."
)
