"""The exercises of notebook 03: models in Keras, made, trained, saved and loaded."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.keras_models.networks import convolutional_model, happyModel, topic
from dlcourse.checks.keras_models.training import save_and_restore, train_digits

__all__ = [
    "check",
    "convolutional_model",
    "happyModel",
    "hint",
    "save_and_restore",
    "solution",
    "spot_the_mistake",
    "train_digits",
]

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "save",
        "which call writes a model to a file?",
        "model.save(path)",
        {
            "model_save(path)": "There is no such function: saving is a method, with a dot.",
            "model.save_weights(path)": "This writes the weights alone; the layers would have to be made again.",
        },
        choices=("model.save(path)", "model_save(path)", "model.save_weights(path)"),
    ),
    claim(
        "load",
        "which call reads a model from a file?",
        "keras.models.load_model(path)",
        {
            "model_load(path)": "There is no such function. The word order is the other one.",
            "model.load(path)": "A method needs a model, and there is none before the file is read.",
        },
        choices=("keras.models.load_model(path)", "model_load(path)", "model.load(path)"),
    ),
    claim(
        "freeze",
        "what keeps a layer's weights as they are during training?",
        "layer.trainable = False",
        {
            "layer.freeze = 0": "Layers have no such attribute. Python makes one without a word, and nothing freezes.",
            "layer.trainable = True": "This is how it is anyway: the weights would go on changing.",
        },
        choices=("layer.trainable = False", "layer.freeze = 0", "layer.trainable = True"),
    ),
    claim(
        "back_ends",
        "on what does Keras 3 run?",
        "TensorFlow, JAX and PyTorch",
        {
            "TensorFlow, Theano and CNTK": "So it was in 2017. The development of Theano and CNTK has ended.",
            "TensorFlow": "So it was for some years, until 2023. Since version 3 there is a choice again.",
        },
        choices=("TensorFlow, JAX and PyTorch", "TensorFlow, Theano and CNTK", "TensorFlow"),
    ),
)
spot_the_mistake.hint('The first two you have used; hasattr(layer, "freeze") answers the third.')
spot_the_mistake.hint("help(keras.config.backend) names what Keras can run on.")
