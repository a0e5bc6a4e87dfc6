"""The exercises of notebook 15 on the way back to the pixels: `unpool`, `relu_back` and `deconv_visualization`."""

from __future__ import annotations

import itertools

import numpy as np

from dlcourse import visualizing as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.visualizing.parts import pictures, topic

# unpool


@topic.exercise(
    reference=reference.unpool,
    section="Switches",
    aliases={"pooled": "A", "X": "A", "x": "A", "indices": "switches", "R": "A"},
)
def unpool(rng):
    def drawn(title, m, h, w, n_C, group):
        return case(title, rng.normal(size=(m, h, w, n_C)), rng.integers(4, size=(m, h, w, n_C)), group=group)

    two = np.array([5.0, 7.0]).reshape(1, 1, 2, 1)
    switches = np.array([1, 2]).reshape(1, 1, 2, 1)
    by_hand = np.array([[0, 5, 0, 0], [0, 0, 7, 0]], float).reshape(1, 2, 4, 1)
    yield case("two windows, by hand", two, switches, group="one channel", expect=by_hand)
    yield drawn("one channel", 1, 3, 2, 1, "one channel")
    yield drawn("three channels, each with switches of its own", 1, 2, 3, 3, "channels and images")
    yield drawn("two images", 2, 3, 2, 2, "channels and images")


def _put(row=lambda s: s // 2, column=lambda s: s % 2, switches=lambda s: s, A=lambda A: A, fill=0.0, step=2):
    def variant(values, places):
        values, places = A(values), switches(places)
        m, h, w, n_C = values.shape
        out = np.full((m, 2 * h, 2 * w, n_C), fill)
        i, y, x, c = np.indices(places.shape)
        out[i, step * y + row(places), step * x + column(places), c] = values
        return out

    return variant


def _repeated(A, switches):
    return A.repeat(2, axis=1).repeat(2, axis=2)


for _key, _message, _variant in (
    (
        "no-switches",
        "Each number fills its whole window; it goes to one pixel of it, where the switch says, and 0 to the others.",
        _repeated,
    ),
    (
        "shared-out",
        "Each number is shared out evenly over its window, as by average pooling; it goes whole to one pixel.",
        lambda A, switches: _repeated(A, switches) / 4,
    ),
    (
        "upper-left",
        "Every number goes to the upper left pixel of its window: are the switches used?",
        _put(row=lambda s: 0 * s, column=lambda s: 0 * s),
    ),
    (
        "columns-first",
        "Switches 1 and 2 are exchanged: 0 and 1 are the upper row of the window, 2 and 3 the lower one.",
        _put(row=lambda s: s % 2, column=lambda s: s // 2),
    ),
    (
        "from-the-other-end",
        "The switches are counted from the lower right pixel; 0 is the upper left one.",
        _put(switches=lambda s: 3 - s),
    ),
    ("window-one-pixel-apart", "The windows begin one pixel apart; that of (h, w) begins at (2h, 2w).", _put(step=1)),
    (
        "first-channel-s-switches",
        "All channels follow the switches of channel 0; each has its own.",
        _put(switches=lambda s: np.repeat(s[..., :1], s.shape[-1], axis=-1)),
    ),
    (
        "first-image-s-switches",
        "All images follow the switches of the first; each has its own.",
        _put(switches=lambda s: np.repeat(s[:1], len(s), axis=0)),
    ),
    (
        "first-image-only",
        "Every image gets the numbers of the first one: is the loop's index used?",
        _put(A=lambda A: np.repeat(A[:1], len(A), axis=0)),
    ),
    ("lowest-elsewhere", "The other pixels are not 0; nothing goes back to them, so they are 0.", _put(fill=-np.inf)),
):
    unpool.mistake(_key, _message, _variant)
unpool.also("lowest-elsewhere", _put(fill=1.0))
unpool.raises(
    "past-the-end",
    "An index lies behind the end: the result is (m, 2h, 2w, n_C), and a switch of 3 is row 3 // 2 and column 3 % 2 "
    "of its "
    "window.",
    r"out of bounds",
)
unpool.hint("The window of A[i, h, w] covers the rows 2h and 2h + 1, and the columns 2w and 2w + 1, of the result.")
unpool.hint("Row and column within the window are np.divmod(switch, 2): 0 is (0, 0), 1 (0, 1), 2 (1, 0), 3 (1, 1).")
unpool.hint("out[i, 2 * h + switch // 2, 2 * w + switch % 2, c] = A[i, h, w, c], for each channel by itself.")

# relu_back

POSITIVE, ALL = "what was positive", "each rule"


@topic.exercise(
    reference=reference.relu_back,
    section="Three ways back through a ReLU",
    aliases={"dA": "R", "grad": "R", "upstream": "R", "signal": "R", "X": "Z", "x": "Z"},
)
def relu_back(rng):
    R, Z = np.array([3.0, -2.0, 5.0, -4.0]), np.array([1.0, 2.0, -1.0, -2.0])
    for rule, expect in (
        ("gradient", [3.0, -2.0, 0.0, 0.0]),
        ("deconvnet", [3.0, 0.0, 5.0, 0.0]),
        ("guided", [3.0, 0.0, 0.0, 0.0]),
    ):
        yield case(f"four numbers, {rule}", R, Z, rule, group=rule, expect=np.array(expect))
    for rule in reference.RULES:
        yield case(f"volumes, {rule}", rng.normal(size=(2, 3, 2, 4)), rng.normal(size=(2, 3, 2, 4)), rule, group=rule)


def _ruled(gradient=None, deconvnet=None, guided=None, which=lambda rule: rule):
    rules = {
        "gradient": gradient or (lambda R, Z: R * (Z > 0)),
        "deconvnet": deconvnet or (lambda R, Z: R * (R > 0)),
        "guided": guided or (lambda R, Z: R * (R > 0) * (Z > 0)),
    }
    return lambda R, Z, rule: rules[which(rule)](R, Z)


for _key, _message, _variant in (
    (
        "gradient-always",
        "The rule changes nothing: each way back is the gradient's.",
        _ruled(which=lambda rule: "gradient"),
    ),
    (
        "deconvnet-always",
        "The rule changes nothing: each way back is the deconvnet's.",
        _ruled(which=lambda rule: "deconvnet"),
    ),
    (
        "exchanged",
        "The first two rules are exchanged: the gradient looks at Z, what went in; the deconvnet at R, what comes "
        "back.",
        _ruled(which=lambda rule: {"gradient": "deconvnet", "deconvnet": "gradient"}.get(rule, rule)),
    ),
    (
        "gradient-of-what-comes-back",
        "The gradient's way back looks at R; a ReLU lets through where Z, what went in, was positive.",
        _ruled(gradient=lambda R, Z: R * (R > 0)),
    ),
    (
        "deconvnet-looks-at-Z",
        "The deconvnet's way back looks at Z; it is a ReLU again, of R itself.",
        _ruled(deconvnet=lambda R, Z: R * (Z > 0)),
    ),
    (
        "guided-lets-either-through",
        "'guided' lets through where one of the two is positive; both must be.",
        _ruled(guided=lambda R, Z: R * ((R > 0) | (Z > 0))),
    ),
    (
        "guided-is-the-deconvnet",
        "'guided' lets through where R is positive, whatever Z was; both must be positive.",
        _ruled(guided=lambda R, Z: R * (R > 0)),
    ),
    (
        "guided-is-the-gradient",
        "'guided' lets through where Z was positive, whatever R is; both must be positive.",
        _ruled(guided=lambda R, Z: R * (Z > 0)),
    ),
    (
        "the-mask-itself",
        "This is where something is let through, 0 or 1; multiply it with R.",
        lambda R, Z, rule: (
            (_ruled()(np.abs(R) + 1, Z, rule) > 0) * 1.0 if rule == "gradient" else (_ruled()(R, Z, rule) > 0) * 1.0
        ),
    ),
    (
        "Z-let-through",
        "Z is handed back, what went in on the way forth; R comes back.",
        lambda R, Z, rule: Z * {"gradient": Z > 0, "deconvnet": R > 0, "guided": (R > 0) & (Z > 0)}[rule],
    ),
    (
        "negative-let-through",
        "The rules are turned round: what was positive goes through, and the rest becomes 0.",
        lambda R, Z, rule: R * {"gradient": Z <= 0, "deconvnet": R <= 0, "guided": (R <= 0) & (Z <= 0)}[rule],
    ),
    (
        "only-the-first-rule",
        "'deconvnet' and 'guided' give back R as it is: is the text of `rule` written as it is here?",
        _ruled(deconvnet=lambda R, Z: R, guided=lambda R, Z: R),
    ),
):
    relu_back.mistake(_key, _message, _variant)
relu_back.raises(
    "truth-of-an-array",
    "`if`, `and` and `or` want one truth, and an array has many: use & for both, | for either, and np.where or a "
    "product in "
    "place of `if`.",
    r"truth value of an array",
)
relu_back.hint("Z > 0 is an array of true and false; R * (Z > 0) is R where it is true, and 0 elsewhere.")
relu_back.hint("'gradient' looks at Z alone, 'deconvnet' at R alone: np.maximum(R, 0).")
relu_back.hint("'guided' is both at once: R * (R > 0) * (Z > 0).")

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


def _convolved(A, W):
    from numpy.lib.stride_tricks import sliding_window_view

    before = (len(W) - 1) // 2
    after = len(W) - 1 - before
    padded = np.pad(A, ((0, 0), (before, after), (before, after), (0, 0)))
    windows = sliding_window_view(padded, W.shape[:2], axis=(1, 2))  # (m, h, w, c, f, f)
    return np.einsum("mhwcab,abcd->mhwd", windows, W)


def _pooled(A):
    m, h, w, n_C = A.shape
    windows = A.reshape(m, h // 2, 2, w // 2, 2, n_C).transpose(0, 1, 3, 5, 2, 4).reshape(m, h // 2, w // 2, n_C, 4)
    return windows.max(axis=-1), windows.argmax(axis=-1)


def forth(image, weights):
    """For each convolution Z, and but for the last one what is pooled of max(Z, 0), and the switches."""
    volumes, A = [], image[np.newaxis].astype(float)
    for number, (W, b) in enumerate(weights, 1):
        Z = _convolved(A, W) + b
        A, switches = _pooled(np.maximum(Z, 0)) if number < len(weights) else (None, None)
        volumes.append((Z, A, switches))
    return volumes


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
            R = _convolved(R, np.swapaxes(filters(W)[::-1, ::-1], 2, 3))
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
        "itself; here "
        "they are used as on the way forth.",
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
        _projected(place=lambda R, switches: _repeated(R, switches)),
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
        R = _convolved(R, np.swapaxes(weights[number][0][::-1, ::-1], 2, 3))
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
    "First the way forth, and keep Z and the switches of each layer. For the last one, R is an array of zeros like Z, "
    "with 1 at "
    "[0, h, w, unit] where Z[0, :, :, unit] is largest."
)
deconv_visualization.hint(
    "For the layers from the last to the first: R = relu_back(R, Z, rule), then back through the filters, then, if "
    "there is a "
    "pooling below, R = unpool(R, switches)."
)
deconv_visualization.hint(
    "tf.nn.conv2d_transpose(R, W, shape, 1, 'SAME').numpy(), where shape is (1, n_H, n_W, W.shape[2])."
)
