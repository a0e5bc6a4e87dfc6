"""Errors of TensorFlow's own functions, outside of networks: what each means, in the course's words."""

from __future__ import annotations

from dlcourse.checking.raised import raised

TENSORS = (
    raised(
        "argument-missing",
        "A function of tf gets fewer arguments in this line than it needs: which one has been left out?",
        r"TypeError: Missing required positional argument",
    ),
    raised(
        "shapes-differ",
        "Tensors of the shapes {left} and {right} do not fit together number by number. Print both shapes before this "
        "line: which of the two is not as you expect?",
        r"Incompatible shapes: (?P<left>\[[\d,]*\]) vs\. (?P<right>\[[\d,]*\])",
    ),
    raised(
        "float-for-a-size",
        "Sizes must be whole numbers, and / gives a fraction even where it comes out even: use //, or *, as the shape "
        "asks for.",
        r"Value for attr 'Tshape' of float",
    ),
    raised(
        "gradient-of-nothing",
        "tape.gradient(cost, variable) is asked for the gradient of None: the cost comes first in its brackets, and "
        "is computed inside `with tf.GradientTape() as tape:`.",
        r"Argument `target` should be a list or nested structure of Tensors",
    ),
    raised(
        "gradient-of-nothing",
        "tape.gradient(cost, variable) does not get the variable of which the gradient is to be taken: it comes second "
        "in its brackets.",
        r"Cannot convert the argument `type_value`: None to a TensorFlow DType",
        r"gradient\(",
    ),
)
