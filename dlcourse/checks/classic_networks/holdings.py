"""The exercises of notebook 04 on what a network holds: activations and parameters."""

from __future__ import annotations

import math

from keras import layers

from dlcourse import classic_networks as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.classic_networks.parts import topic

PROBE = "dlcourse.checking.probes.classic_networks:of_a_model"
OF_MODELS = {"needs": "tensorflow", "aliases": {"network": "model", "net": "model"}}


def _conv(filters, f, stride=1, padding="valid", activation=None):
    return ["Conv2D", filters, f, stride, padding, None, [1, 1], 1, activation]


def _described(sequential, shape, *parts):
    return {"sequential": sequential, "layers": [list(shape), *parts]}


def _shape(rng, n_C=3):
    return (*(int(n) for n in rng.integers(9, 16, size=2)), n_C)


# activation_memory


@topic.exercise(
    reference=reference.activation_memory,
    section="What it costs to remember",
    outputs=("the values", "the bytes"),
    weights={"functional models": 1.0},
    **OF_MODELS,
)
def activation_memory(rng):
    shape, units = _shape(rng), [int(n) for n in rng.integers(3, 9, size=3)]
    by_hand = _described(False, (6, 6, 1), _conv(2, 3), ["MaxPooling2D", 2], ["Flatten"], ["Dense", 5])
    yield case(
        "a 6x6 image, 2 filters of 3x3, a pooling, 5 units: 36 + 32 + 8 + 5 values",
        by_hand,
        group="a model that is drawn",
        probe=PROBE,
        expect=(81, 324),
    )
    yield case(
        "another image, another number of filters and units",
        _described(False, shape, _conv(units[1], 3), ["MaxPooling2D", 2], ["Flatten"], ["Dense", units[0]]),
        group="a model that is drawn",
        probe=PROBE,
    )
    yield case(
        "a drawn model with ReLUs and dropout as layers",
        _described(
            False,
            shape,
            _conv(units[0], 3, padding="same"),
            ["ReLU"],
            ["AveragePooling2D", 2],
            _conv(units[1], 2, 2),
            ["Activation", "tanh"],
            ["Flatten"],
            ["Dense", 4 * units[2], "relu"],
            ["Dropout", 0.5],
            ["Dense", 3],
            ["Softmax"],
        ),
        group="layers that keep nothing",
        probe=PROBE,
    )
    yield case(
        "a list of layers, in which the image is no layer",
        _described(
            True,
            shape,
            _conv(units[2], 3, activation="relu"),
            ["MaxPooling2D", 3, 2, "same"],
            ["Flatten"],
            ["Dense", 7],
        ),
        group="a list of layers",
        probe=PROBE,
    )


KEPT = (layers.Conv2D, layers.MaxPooling2D, layers.AveragePooling2D, layers.Dense)


def _memory(kinds=KEPT, image="once", count=math.prod, bytes_each=4, floats=None, swapped=False):
    """activation_memory with one thing changed."""

    def activation_memory(model):
        values = 0
        for layer in model.layers:
            counts = isinstance(layer, kinds)
            if image in ("as a layer", "twice"):
                counts = counts or isinstance(layer, layers.InputLayer)
            if counts:
                values += layer.count_params() if count == "parameters" else count(layer.output.shape[1:])
        if image in ("once", "twice"):
            values += math.prod(model.input_shape[1:])
        pair = values, floats(values) if floats else bytes_each * values
        return pair[::-1] if swapped else pair

    return activation_memory


def _from_the_input(model):
    math.prod(model.input.shape[1:])
    return _memory()(model)


def _with_the_batch(model):
    return _memory(count=lambda shape: math.prod((None, *shape)))(model)


for _key, _message, _wrong in (
    (
        "image-missing",
        "The image itself is missing: its values are kept too, the first convolution needs them on the way back.",
        _memory(image="never"),
    ),
    (
        "image-as-a-layer",
        "The image is counted only where it is a layer; in a list of layers (keras.Sequential) it is none. "
        "model.input_shape has it in both.",
        _memory(image="as a layer"),
    ),
    (
        "model-input",
        "model.input is not there in a list of layers (keras.Sequential) that was never called; model.input_shape is "
        "there in every model.",
        _from_the_input,
    ),
    (
        "image-twice",
        "In a drawn model the image is counted twice: it is the first layer there, an InputLayer.",
        _memory(image="twice"),
    ),
    (
        "every-layer",
        "Every layer counts, also those that keep nothing of their own: ReLU, dropout, softmax and Flatten.",
        _memory(kinds=layers.Layer),
    ),
    (
        "flatten-counted",
        "Flatten counts, though it only counts the same numbers anew.",
        _memory(kinds=(*KEPT, layers.Flatten)),
    ),
    (
        "activations-counted",
        "Layers that only apply a function count (ReLU, Activation, Softmax); they work in place.",
        _memory(kinds=(*KEPT, layers.ReLU, layers.Activation, layers.Softmax)),
    ),
    ("dropout-counted", "Dropout counts; it works in place.", _memory(kinds=(*KEPT, layers.Dropout))),
    (
        "pools-left-out",
        "The outputs of the poolings are left out; the next layer needs them.",
        _memory(kinds=(layers.Conv2D, layers.Dense)),
    ),
    (
        "max-pools-only",
        "Of the poolings only those with maxima count; the averages of AveragePooling2D are kept as well.",
        _memory(kinds=(layers.Conv2D, layers.Dense, layers.MaxPooling2D)),
    ),
    (
        "average-pools-only",
        "Of the poolings only those with averages count; the maxima of MaxPooling2D are kept as well.",
        _memory(kinds=(layers.Conv2D, layers.Dense, layers.AveragePooling2D)),
    ),
    ("convolutions-left-out", "The outputs of the convolutions are left out.", _memory(kinds=KEPT[1:])),
    ("dense-left-out", "The outputs of the dense layers are left out.", _memory(kinds=KEPT[:3])),
    (
        "parameters",
        "These are the parameters; the numbers that come out of the layers are asked for.",
        _memory(count="parameters", image="never"),
    ),
    (
        "image-and-parameters",
        "What is added to the image's values are the layers' parameters; the numbers that come out of the layers are "
        "asked for.",
        _memory(count="parameters"),
    ),
    (
        "one-channel",
        "The channels are left out: a value is a height, a width and a channel.",
        _memory(count=lambda s: math.prod(s[:2])),
    ),
    (
        "eight-bytes",
        "A value takes 8 bytes here; in float32, which Keras computes in, it takes 4.",
        _memory(bytes_each=8),
    ),
    ("bits", "A value takes 32 bits, which are 4 bytes.", _memory(bytes_each=32)),
    (
        "megabytes",
        "The second number is in megabytes; it is asked for in bytes.",
        _memory(floats=lambda n: 4 * n / 1e6),
    ),
    ("exchanged", "The two numbers are exchanged: first the values, then the bytes.", _memory(swapped=True)),
    (
        "batch-axis",
        "The first number of a shape is None, the open number of images, and nothing can be multiplied by it: leave it "
        "out, shape[1:].",
        _with_the_batch,
    ),
):
    activation_memory.mistake(_key, _message, _wrong)
activation_memory.hint("layer.output.shape of each layer in model.layers, and model.input_shape for the image.")
activation_memory.hint(
    "isinstance(layer, (layers.Conv2D, layers.Dense, ...)) says whether a layer is one that counts; shape[1:] leaves "
    "the "
    "number of images out."
)
activation_memory.hint("int(np.prod(shape[1:])) for each, added up; four bytes for each value.")


# parameter_share


@topic.exercise(
    reference=reference.parameter_share,
    section="Where the parameters are",
    outputs=("of the convolutions", "of the dense layers", "the share"),
    **OF_MODELS,
)
def parameter_share(rng):
    shape, units = _shape(rng), [int(n) for n in rng.integers(3, 9, size=3)]
    by_hand = _described(False, (6, 6, 1), _conv(2, 3), ["MaxPooling2D", 2], ["Flatten"], ["Dense", 5])
    yield case(
        "2 filters of 3x3x1 are 20 parameters, 5 units of 8 numbers 45",
        by_hand,
        group="convolutions and dense layers",
        probe=PROBE,
        expect=(20, 45, 45 / 65),
    )
    yield case(
        "two convolutions and two dense layers in a list",
        _described(
            True,
            shape,
            _conv(units[0], 3, padding="same", activation="relu"),
            ["MaxPooling2D", 2],
            _conv(units[1], 2),
            ["Flatten"],
            ["Dense", units[2], "relu"],
            ["Dense", 3],
        ),
        group="convolutions and dense layers",
        probe=PROBE,
    )
    yield case(
        "with batch normalisation, whose parameters belong to neither",
        _described(
            False, shape, _conv(units[1], 3), ["BatchNormalization"], ["ReLU"], ["Flatten"], ["Dense", units[0]]
        ),
        group="other parameters",
        probe=PROBE,
    )
    yield case(
        "no dense layer",
        _described(False, shape, _conv(units[2], 3), ["MaxPooling2D", 2]),
        group="nothing of one kind",
        probe=PROBE,
    )
    yield case(
        "no parameters at all",
        _described(False, shape, ["MaxPooling2D", 2], ["Flatten"]),
        group="no parameters at all",
        probe=PROBE,
    )
    yield case(  # a constant earns nothing
        "nothing but one dense layer",
        _described(False, shape, ["Flatten"], ["Dense", units[0]]),
        group="no parameters at all",
        probe=PROBE,
    )


def _share(
    of=lambda conv, dense, model: dense / model.count_params() if model.count_params() else 0.0,
    count=None,
    swapped=False,
):
    """parameter_share with one thing changed."""

    def parameter_share(model):
        counted = [
            sum(
                (count or (lambda layer: layer.count_params()))(layer)
                for layer in model.layers
                if isinstance(layer, kind)
            )
            for kind in (layers.Conv2D, layers.Dense)
        ]
        share = of(*counted, model)
        return (*(counted[::-1] if swapped else counted), share)

    return parameter_share


def _or_zero(part, whole):
    return part / whole if whole else 0.0


for _key, _message, _wrong in (
    (
        "divides-by-zero",
        "A model without parameters makes the function divide by 0; its share is 0.",
        _share(lambda conv, dense, model: dense / model.count_params()),
    ),
    (
        "of-both-kinds",
        "The share is of the convolutions and dense layers together; it is of all parameters, model.count_params().",
        _share(lambda conv, dense, model: _or_zero(dense, conv + dense)),
    ),
    (
        "of-both-kinds-divides-by-zero",
        "The share is of the convolutions and dense layers together; it is of all parameters, model.count_params(), "
        "and 0 "
        "where there are none.",
        _share(lambda conv, dense, model: dense / (conv + dense)),
    ),
    (
        "against-the-convolutions",
        "The dense layers are divided by the convolutions; a share is a part of the whole.",
        _share(lambda conv, dense, model: _or_zero(dense, conv)),
    ),
    (
        "against-the-convolutions-divides-by-zero",
        "The dense layers are divided by the convolutions, which fails without any; a share is a part of the whole.",
        _share(lambda conv, dense, model: dense / conv),
    ),
    (
        "share-of-the-convolutions",
        "The share is that of the convolutions; that of the dense layers is asked for.",
        _share(lambda conv, dense, model: _or_zero(conv, model.count_params())),
    ),
    (
        "percent",
        "The share is in percent; it is a number from 0 to 1.",
        _share(lambda conv, dense, model: 100 * _or_zero(dense, model.count_params())),
    ),
    (
        "exchanged",
        "The first two numbers are exchanged: first the convolutions, then the dense layers.",
        _share(swapped=True),
    ),
    (
        "without-biases",
        "The biases are left out; they are parameters too. layer.count_params() counts them.",
        _share(
            lambda conv, dense, model: _or_zero(dense, model.count_params()),
            count=lambda layer: math.prod(layer.kernel.shape),
        ),
    ),
    (
        "layers-counted",
        "The layers are counted; the numbers that each of them learns are asked for, layer.count_params().",
        _share(count=lambda layer: 1),
    ),
    (
        "arrays-counted",
        "The arrays of weights are counted, two for each layer; the numbers in them are asked for.",
        _share(lambda conv, dense, model: _or_zero(dense, len(model.weights)), count=lambda layer: len(layer.weights)),
    ),
):
    parameter_share.mistake(_key, _message, _wrong)


def _added_up(convolutions=sum, dense=sum):
    """parameter_share with the layers of a kind put together otherwise."""

    def parameter_share(model):
        counted = [
            together([layer.count_params() for layer in model.layers if isinstance(layer, kind)])
            for kind, together in ((layers.Conv2D, convolutions), (layers.Dense, dense))
        ]
        return (*counted, _or_zero(counted[1], model.count_params()))

    return parameter_share


def _last(counts):
    return counts[-1] if counts else 0


def _taken_away(counts):
    return -sum(counts)


for _key, _message, _wrong in (
    (
        "last-convolution-only",
        "Of the convolutions only the last one is left, each overwrites the one before: add them up, with +=.",
        _added_up(convolutions=_last),
    ),
    (
        "last-dense-only",
        "Of the dense layers only the last one is left, each overwrites the one before: add them up, with +=.",
        _added_up(dense=_last),
    ),
    (
        "last-of-each-only",
        "Of each kind only the last layer is left, each overwrites the one before: add them up, with +=.",
        _added_up(_last, _last),
    ),
    (
        "convolutions-taken-away",
        "The parameters of the convolutions are taken away, so their number is negative: add them up, with +=.",
        _added_up(convolutions=_taken_away),
    ),
    (
        "dense-taken-away",
        "The parameters of the dense layers are taken away, so their number is negative: add them up, with +=.",
        _added_up(dense=_taken_away),
    ),
    (
        "multiplied",
        "The dense layers are multiplied by the whole; a share is the part divided by the whole, model.count_params().",
        _share(lambda conv, dense, model: dense * model.count_params()),
    ),
):
    parameter_share.mistake(_key, _message, _wrong)
parameter_share.hint(
    "isinstance(layer, layers.Conv2D) says whether a layer is a convolution; layer.count_params() counts."
)
parameter_share.hint("model.count_params() is the whole. What if it is 0?")
