"""The exercise of notebook 01 on what a layer learns: `conv_parameters`."""

from __future__ import annotations

from dlcourse import convolution as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.convolution.shared import FLOAT, topic, whole_numbers


@topic.exercise(reference=reference.conv_parameters, section="How many parameters")
def conv_parameters(rng):
    options = {"group": "one layer", "compare": whole_numbers("the result")}
    yield case("ten 3x3 filters on three channels", 3, 3, 10, expect=280, **options)
    yield case("twenty 5x5 filters on ten channels", 5, 10, 20, expect=5020, **options)
    for _ in range(4):
        f, n_C_prev, n_C = (int(rng.integers(2, high)) for high in (8, 30, 60))
        yield case(f"{n_C} filters of {f}x{f} on {n_C_prev} channels", f, n_C_prev, n_C, **options)


conv_parameters.mistake(
    "channels-left-out",
    "The channels of the input are left out: a filter has f * f weights for each of them.",
    lambda f, n_C_prev, n_C: (f * f + 1) * n_C,
)
conv_parameters.mistake("no-bias", "The biases are not counted: one for each filter.", lambda f, p, c: f * f * p * c)
conv_parameters.mistake(
    "one-bias", "One bias is counted for the whole layer; each filter has its own.", lambda f, p, c: f * f * p * c + 1
)
conv_parameters.mistake(
    "bias-for-each-channel",
    "A bias is counted for each channel of the input; a filter has one.",
    lambda f, p, c: (f * f + 1) * p * c,
)
conv_parameters.mistake(
    "f-not-squared", "A filter is f wide and f high: f * f weights for each channel.", lambda f, p, c: (f * p + 1) * c
)
conv_parameters.mistake("float", FLOAT, lambda f, n_C_prev, n_C: float(reference.conv_parameters(f, n_C_prev, n_C)))
conv_parameters.also("bias-for-each-channel", lambda f, p, c: f * f * p * c + p)
conv_parameters.also("f-not-squared", lambda f, p, c: (2 * f * p + 1) * c)
conv_parameters.mistake(
    "bias-taken-off",
    "The bias is taken off; a filter has f * f * n_C_prev weights and one bias more.",
    lambda f, p, c: (f * f * p - 1) * c,
)
conv_parameters.mistake(
    "two-biases", "Two biases are counted for each filter; it has one.", lambda f, p, c: (f * f * p + 2) * c
)
conv_parameters.mistake(
    "channels-added",
    "The channels are added to something; a filter has f * f weights for each of them, so multiply.",
    lambda f, p, c: (f * f + p + 1) * c,
)
conv_parameters.also("channels-added", lambda f, p, c: f * f * p + 1 + c)
conv_parameters.mistake(
    "divided",
    "Something is divided here; parameters are counted by multiplying and adding.",
    lambda f, p, c: (f * f / p + 1) * c,
)
conv_parameters.also("divided", lambda f, p, c: (f / f * p + 1) * c)
conv_parameters.also("divided", lambda f, p, c: (f * f * p + 1) / c)
conv_parameters.hint("How many weights has one filter? It is as deep as its input.")
conv_parameters.hint("Add its bias, then multiply by the number of filters. The size of the image plays no part.")
