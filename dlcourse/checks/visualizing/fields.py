"""The exercise of notebook 15 on what a unit sees: `receptive_field`."""

from __future__ import annotations

from dlcourse import visualizing as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.visualizing.parts import topic

CNN14 = [(5, 1, 0), (2, 2, 0), (5, 1, 0), (1, 1, 0), (1, 1, 0)]
LENET_C5 = [(5, 1, 0), (2, 2, 0), (5, 1, 0), (2, 2, 0), (5, 1, 0)]
ALEXNET_POOL5 = [(11, 4, 0), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)]
VGG_CONV5_3 = [layer for count in (2, 2, 3, 3, 3) for layer in [(3, 1, 1)] * count + [(2, 2, 0)]][:-1]


@topic.exercise(
    reference=reference.receptive_field,
    outputs=("r", "jump", "start"),
    section="What a unit sees",
    by_output=True,
    aliases={"layer": "layers", "stack": "layers"},
)
def receptive_field(rng):
    yield case("one filter of 3, nothing added", [(3, 1, 0)], group="layers", expect=(3, 1, 0))
    yield case("two filters of 3, one pixel added by each", [(3, 1, 1), (3, 1, 1)], group="layers", expect=(5, 1, -2))
    yield case("a pooling of 2, then a filter of 3", [(2, 2, 0), (3, 1, 1)], group="layers", expect=(6, 2, -2))
    yield case("the network of 14 x 14 pixels", CNN14, group="layers", expect=(14, 2, 0))
    yield case("AlexNet up to its last pooling", ALEXNET_POOL5, group="layers")
    yield case("VGG-16 up to its last convolution", VGG_CONV5_3, group="layers")
    drawn = [tuple(map(int, (rng.integers(2, 7), rng.integers(2, 4), rng.integers(1, 3)))) for _ in range(4)]
    yield case("four layers with strides and borders", drawn, group="layers")
    yield case("a network without layers: the image itself", [], group="layers", expect=(1, 1, 0), corner=True)


def _walked(
    grow=lambda r, f, stride, jump: r + (f - 1) * jump,
    hop=lambda jump, stride: jump * stride,
    shift=lambda start, pad, jump, stride, f: start - pad * jump,
    first=(1, 1, 0),
    order=lambda layers: layers,
    end=lambda r, jump, start: (r, jump, start),
):
    """receptive_field with one thing changed."""

    def variant(layers):
        r, jump, start = first
        for f, stride, pad in order(layers):
            r, start = grow(r, f, stride, jump), shift(start, pad, jump, stride, f)
            jump = hop(jump, stride)
        return end(r, jump, start)

    return variant


def _strides_first(layers):
    r, jump, start = 1, 1, 0
    for f, stride, pad in layers:
        jump *= stride
        r, start = r + (f - 1) * jump, start - pad * jump
    return r, jump, start


for _key, _message, _variant in (
    (
        "own-stride",
        "A layer's own stride is counted in its own step: the windows of a layer are f of the units *before* it "
        "wide, so only the strides of earlier layers count. See 'What a unit sees'.",
        _strides_first,
    ),
    (
        "no-jump",
        "Each layer adds f - 1 pixels, as if no layer had a stride; it adds f - 1 steps of the layer before, and "
        "each of them is `jump` pixels long.",
        _walked(grow=lambda r, f, stride, jump: r + f - 1),
    ),
    (
        "whole-filter",
        "Each layer adds f steps; a window of f reaches f - 1 steps farther than one unit.",
        _walked(grow=lambda r, f, stride, jump: r + f * jump),
    ),
    (
        "field-of-nothing",
        "The field grows from 0; before the first layer a unit is a pixel and sees itself, 1.",
        _walked(first=(0, 1, 0)),
    ),
    (
        "own-stride-only",
        "The field grows by the layer's own stride; how long a step is follows from the strides of all earlier "
        "layers, multiplied.",
        _walked(grow=lambda r, f, stride, jump: r + (f - 1) * stride),
    ),
    (
        "from-the-end",
        "The layers are gone through from the last to the first; this rule begins at the image.",
        _walked(order=lambda layers: layers[::-1]),
    ),
    (
        "strides-added",
        "The strides are added up; two layers of stride 2 are 4 pixels apart: they are multiplied.",
        _walked(hop=lambda jump, stride: jump + stride - 1),
    ),
    (
        "last-stride",
        "jump is the stride of the last layer alone; the strides of all layers are multiplied.",
        _walked(hop=lambda jump, stride: stride),
    ),
    ("jump-stays", "jump stays 1: multiply it by the stride of each layer.", _walked(hop=lambda jump, stride: jump)),
    (
        "jump-before-the-last",
        "The last layer's stride is missing from jump: its units lie as far apart as the strides of all layers, "
        "multiplied.",
        lambda layers: (
            reference.receptive_field(layers)[0],
            reference.receptive_field(layers[:-1])[1],
            reference.receptive_field(layers)[2],
        ),
    ),
    (
        "start-stays",
        "start stays 0: what is added at the border shifts the first field to the left, out of the image.",
        _walked(shift=lambda start, pad, jump, stride, f: start),
    ),
    (
        "start-inside",
        "start has the wrong sign: the field of unit 0 begins in the padding, before pixel 0.",
        _walked(shift=lambda start, pad, jump, stride, f: start + pad * jump),
    ),
    (
        "pads-added",
        "The pads are added up as they are; a pixel added to a later layer is `jump` pixels of the image wide.",
        _walked(shift=lambda start, pad, jump, stride, f: start - pad),
    ),
    (
        "pad-with-own-stride",
        "For start a layer's pad is counted with its own stride; only the strides of earlier layers count.",
        _walked(shift=lambda start, pad, jump, stride, f: start - pad * jump * stride),
    ),
    (
        "centre",
        "start is the middle of the field; asked for is the first pixel that unit 0 sees.",
        _walked(shift=lambda start, pad, jump, stride, f: start + ((f - 1) / 2 - pad) * jump),
    ),
    (
        "jump-first",
        "jump and r come back in the wrong order: r, jump, start.",
        _walked(end=lambda r, jump, start: (jump, r, start)),
    ),
):
    receptive_field.mistake(_key, _message, _variant)
receptive_field.also(
    "centre", _walked(first=(1, 1, 0.5), shift=lambda s, pad, jump, stride, f: s + ((f - 1) / 2 - pad) * jump)
)
receptive_field.also("field-of-nothing", _walked(first=(0, 0, 0), hop=lambda jump, stride: max(jump, 1) * stride))
receptive_field.also("strides-added", _walked(hop=lambda jump, stride: jump + stride))
receptive_field.raises(
    "layer-of-three",
    "Each layer is a tuple of three numbers: `for f, stride, pad in layers:`.",
    r"(not enough|too many) values to unpack|tuple indices must be integers|not subscriptable",
)
receptive_field.hint(
    "Two units of a pooling with stride 2 lie side by side. How far apart are the pixels that they see?"
)
receptive_field.hint(
    "Begin with r, jump, start = 1, 1, 0, and go through the layers from the image on. A window of f units is one "
    "unit and f - 1 steps, and each step is jump pixels long."
)
receptive_field.hint("For each layer: r += (f - 1) * jump, start -= pad * jump, and only then jump *= stride.")
