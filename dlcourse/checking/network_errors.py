"""Errors of Keras that learners meet where they make a network: what each means, in the course's words."""

from __future__ import annotations

from dlcourse.checking.raised import raised

NETWORKS = (
    raised(
        "layer-list",
        "A layer that joins several inputs is made first, and then takes them in one list: Add()([a, b]).",
        r"Merge\.__init__\(\) takes 1 positional argument|layer should be called on a list",
    ),
    raised(
        "layer-twice",
        "A tensor stands in the brackets in which a layer is made. First it is made and then applied, with two pairs "
        "of brackets: Flatten()(x), Conv2D(8, 4)(x).",
        r"symbolic KerasTensor|data_format=<kerastensor|A KerasTensor is symbolic|KerasTensor is not supported",
    ),
    raised(
        "layer-not-called",
        "A layer stands in this line where a tensor is wanted: it was made and not applied to anything. "
        "Layer(...)(x) has two pairs of brackets.",
        r"Only input tensors may be passed|values must be KerasTensors",
    ),
    raised(
        "not-a-model",
        "What comes back is a {kind}, and a Keras model is asked for: keras.Model(inputs, outputs) where the layers "
        "were called one after the other, keras.Sequential([...]) where they stand in a list.",
        r"it returned a value of type (?P<kind>\w+), where a Keras model is asked for",
    ),
    raised(
        "window-larger-than-image",
        'A window is larger than the image that comes to it: is padding="same" left out, or is the image halved too '
        "often on the way?",
        r"Computed output size would be (zero or )?negative|Negative dimension size",
    ),
    raised(
        "unknown-padding",
        'padding is "same" or "valid", in lower-case letters; this layer gets {came}.',
        r"The `padding` argument must be a list/tuple or one of .*Received: (?P<came>\S+)",
    ),
    raised(
        "layer-number",
        "{name} of a layer is a whole number above 0, or one for each direction, such as 3 or (3, 3); this layer gets "
        "{came}.",
        r"The `(?P<name>kernel_size|pool_size|strides|dilation_rate)` argument must be a tuple of \d integers\. "
        r"Received \w+=(?P<came>[^,]+|\([^)]*\))",
    ),
    raised(
        "layer-number",
        "{name} of a layer is a whole number above 0; this layer gets {came}.",
        r"invalid value for (?:argument )?`(?P<name>units|filters)`.*Received: \w+=(?P<came>\S+)",
    ),
    raised(
        "unknown-activation",
        "Keras knows no activation called {name}: how is it written? They are in lower-case letters: relu, sigmoid, "
        "softmax.",
        r"Could not interpret activation function identifier: (?P<name>\w+)",
    ),
)
