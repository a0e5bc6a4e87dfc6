"""The exercise of notebook 15 on the whole way back to the pixels: `deconv_visualization`."""

from __future__ import annotations

import itertools

import numpy as np

from dlcourse import visualizing as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.visualizing.parts import convolved, forth, pictures, topic
from dlcourse.checks.visualizing.through_layers import repeated

# deconv_visualization

GRADIENT, DECONVNET = "the gradient", "the deconvnet"


def _network(rng, image, channels, unit, f=3):
    """Filters and biases, drawn anew until the unit has one strongest place, and the three rules, and none at all, end
    in different images: they do so only where all four units of a window that is pooled are off."""
    while True:
        weights, n_C_prev = [], image.shape[2]
        for n_C in channels:
            W = rng.normal(size=(f, f, n_C_prev, n_C)) / np.sqrt(f * f * n_C_prev)
            weights.append((W.astype("f4"), rng.normal(0, 0.1, size=n_C).astype("f4")))
            n_C_prev = n_C
        ranked = np.sort(forth(image, weights)[-1][0][..., unit].ravel())
        if ranked[-1] < 1e-2 or ranked[-1] - ranked[-2] < 1e-3:
            continue
        found = [_projected()(image, weights, unit, rule) for rule in reference.RULES]
        found.append(_without_relu(image, weights, unit))
        apart = [np.abs(one - other).max() for one, other in itertools.combinations(found, 2)]
        if len(channels) == 1 or min(apart) > 0.02 * max(np.abs(one).max() for one in found):
            return weights


@topic.exercise(
    reference=reference.deconv_visualization,
    section="All the way back",
    needs="tensorflow",
    companions=("unpool", "relu_back"),
    aliases={"x": "image", "img": "image", "layers": "weights", "network": "weights", "channel": "unit"},
)
def deconv_visualization(rng):
    def back(title, side, channels, unit, rule, group, colours=3, f=3):
        image = pictures(rng, *side, colours)
        besides = (GRADIENT,) if group == DECONVNET and len(channels) > 1 else ()
        weights = _network(rng, image, channels, unit, f)
        return case(title, image, weights, unit, rule, group=group, besides=besides, tolerance=1e-4)

    yield back("one convolution, the gradient", (4, 4), (3,), 1, "gradient", GRADIENT)
    yield back("one convolution, the deconvnet", (4, 6), (3,), 2, "deconvnet", DECONVNET, f=5)
    yield back("two convolutions, the gradient", (4, 4), (3, 4), 2, "gradient", GRADIENT)
    yield back("three convolutions, the gradient", (8, 8), (3, 3, 3), 1, "gradient", GRADIENT)
    yield back("two convolutions, the deconvnet", (6, 4), (4, 4), 3, "deconvnet", DECONVNET)
    yield back("three convolutions, the deconvnet", (8, 8), (3, 3, 3), 0, "deconvnet", DECONVNET)
    yield back("two convolutions, guided", (4, 6), (4, 3), 1, "guided", DECONVNET)


def _projected(
    seed=lambda Z, unit: _one_hot(Z, unit),
    rule=lambda rule: rule,
    filters=lambda W: W,
    place=lambda R, switches: reference.unpool(R, switches),
    first_relu=True,
    last_relu=True,
    order="relu first",
    end=lambda R: R[0],
    biased=lambda R, b: R,
):
    """deconv_visualization with one thing changed."""

    def variant(image, weights, unit, rule_="deconvnet"):
        volumes = forth(image, weights)
        R = seed(volumes[-1][0], unit)
        for number in reversed(range(len(weights))):
            W, b = weights[number]
            Z = volumes[number][0]
            last = number == len(weights) - 1
            if (first_relu or not last) and (last_relu or number):
                R = reference.relu_back(biased(R, b), Z, rule(rule_))
            R = convolved(R, np.swapaxes(filters(W)[::-1, ::-1], 2, 3))
            if number:
                R = place(R, volumes[number - 1][2])
        return end(R)

    def named(image, weights, unit, rule="deconvnet"):
        return variant(image, weights, unit, rule)

    return named


def _one_hot(Z, unit, value=lambda peak: 1.0):
    R = np.zeros(Z.shape)
    h, w = np.unravel_index(np.argmax(Z[0, :, :, unit]), Z.shape[1:3])
    R[0, h, w, unit] = value(Z[0, h, w, unit])
    return R


def _whole_channel(Z, unit):
    R = np.zeros(Z.shape)
    R[..., unit] = 1
    return R


def _activations(Z, unit):
    R = np.zeros(Z.shape)
    R[..., unit] = np.maximum(Z[..., unit], 0)
    return R


def _every_channel(Z, unit):
    R = np.zeros(Z.shape)
    h, w = np.unravel_index(np.argmax(Z[0, :, :, unit]), Z.shape[1:3])
    R[0, h, w] = 1
    return R


def _strongest_of_all(Z, unit):
    R = np.zeros(Z.shape)
    R[np.unravel_index(np.argmax(Z), Z.shape)] = 1
    return R


for _key, _message, _variant in (
    (
        "its-activation",
        "The way back begins with the activation itself; it begins with 1.",
        _projected(seed=lambda Z, unit: _one_hot(Z, unit, lambda peak: peak)),
    ),
    (
        "whole-channel",
        "The whole channel is sent back; only the place where it is strongest is 1, all others are 0.",
        _projected(seed=_whole_channel),
    ),
    (
        "all-activations",
        "All activations of the channel are sent back; only the place where it is strongest is 1, all others are 0.",
        _projected(seed=_activations),
    ),
    (
        "every-channel",
        "All channels are sent back at the strongest place; the other units are set to 0.",
        _projected(seed=_every_channel),
    ),
    (
        "strongest-of-all",
        "The strongest unit of all channels is sent back: is `unit` used?",
        _projected(seed=_strongest_of_all),
    ),
    (
        "filters-not-turned",
        "The way back through a convolution turns the filters by 180 degrees, as tf.nn.conv2d_transpose does by "
        "itself; here they are used as on the way forth.",
        _projected(filters=lambda W: W[::-1, ::-1]),
    ),
    (
        "gradient-always",
        "The rule changes nothing: each way back is the gradient's.",
        _projected(rule=lambda rule: "gradient"),
    ),
    (
        "deconvnet-always",
        "The rule changes nothing: each way back is the deconvnet's.",
        _projected(rule=lambda rule: "deconvnet"),
    ),
    (
        "no-relu-back",
        "Nothing is done at a ReLU on the way back; each of them lets through what its rule says.",
        lambda image, weights, unit, rule="deconvnet": _without_relu(image, weights, unit),
    ),
    (
        "no-relu-in-the-lowest",
        "The ReLU of the first convolution is left out on the way back.",
        _projected(last_relu=False),
    ),
    (
        "no-switches",
        "Each number fills its whole window on the way up; it goes where its switch says, by unpool.",
        _projected(place=lambda R, switches: repeated(R, switches)),
    ),
    (
        "upper-left",
        "Each number goes to the upper left pixel of its window; it goes where its switch says.",
        _projected(place=lambda R, switches: reference.unpool(R, 0 * switches)),
    ),
    (
        "positive-at-the-end",
        "What arrives at the image goes through a ReLU once more; there is none before the first convolution.",
        _projected(end=lambda R: np.maximum(R[0], 0)),
    ),
    (
        "in-grey-levels",
        "The image is scaled to 0 to 1 at the end; return what has arrived, with its sign.",
        _projected(end=lambda R: (R[0] - R.min()) / max(float(np.ptp(R)), 1e-12)),
    ),
    ("batch-left", "The batch's axis is left: return R[0].", _projected(end=lambda R: R)),
):
    deconv_visualization.mistake(_key, _message, _variant)


def _without_relu(image, weights, unit):
    volumes = forth(image, weights)
    R = _one_hot(volumes[-1][0], unit)
    for number in reversed(range(len(weights))):
        R = convolved(R, np.swapaxes(weights[number][0][::-1, ::-1], 2, 3))
        if number:
            R = reference.unpool(R, volumes[number - 1][2])
    return R[0]


def _rule_by_what_is_behind(image, weights, unit, rule="deconvnet"):
    """The ReLU after the transposed filters, with the Z of the layer below missing: always a ReLU of R."""
    return _projected(rule=lambda rule: "guided")(image, weights, unit, rule)


deconv_visualization.mistake(
    "guided-always", "The rule changes nothing: each way back is the guided one.", _rule_by_what_is_behind
)
deconv_visualization.raises(
    "channels-do-not-meet",
    "The channels do not meet: the way back goes through the layers from the last to the first, and "
    "tf.nn.conv2d_transpose takes the filters of the way forth as they are, with the shape of what comes out.",
    r"(depth|channels|dimension).*(must|not|match|incompatible|mismatch)|Dimensions must be equal|"
    r"[Ss]hapes? .*(incompatible|not aligned|mismatch)|input and filter|out_backprop|inputs? depth|could not be "
    r"broadcast",
)
deconv_visualization.raises(
    "two-precisions",
    "float32 meets float64: np.zeros makes float64, np.zeros(..., 'float32') what TensorFlow's filters are.",
    r"cannot compute .* (float|double)|expected to be a (float|double)|dtype|double tensor|float tensor",
)
deconv_visualization.hint(
    "First the way forth, and keep Z and the switches of each layer. For the last one, R is an array of zeros like "
    "Z, with 1 at [0, h, w, unit] where Z[0, :, :, unit] is largest."
)
deconv_visualization.hint(
    "For the layers from the last to the first: R = relu_back(R, Z, rule), then back through the filters, then, if "
    "there is a pooling below, R = unpool(R, switches)."
)
deconv_visualization.hint(
    "tf.nn.conv2d_transpose(R, W, shape, 1, 'SAME').numpy(), where shape is (1, n_H, n_W, W.shape[2])."
)
