"""The exercises of notebook 15 on the ways back through single layers: `unpool` and `relu_back`."""

from __future__ import annotations

import numpy as np

from dlcourse import visualizing as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.visualizing.parts import topic

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


def repeated(A, switches):
    return A.repeat(2, axis=1).repeat(2, axis=2)


for _key, _message, _variant in (
    (
        "no-switches",
        "Each number fills its whole window; it goes to one pixel of it, where the switch says, and 0 to the others.",
        repeated,
    ),
    (
        "shared-out",
        "Each number is shared out evenly over its window, as by average pooling; it goes whole to one pixel.",
        lambda A, switches: repeated(A, switches) / 4,
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
    "An index lies behind the end: the result is (m, 2h, 2w, n_C), and a switch of 3 is row 3 // 2 and column 3 % "
    "2 of its window.",
    r"out of bounds",
)
unpool.hint("The window of A[i, h, w] covers the rows 2h and 2h + 1, and the columns 2w and 2w + 1, of the result.")
unpool.hint("Row and column within the window are np.divmod(switch, 2): 0 is (0, 0), 1 (0, 1), 2 (1, 0), 3 (1, 1).")
unpool.hint("out[i, 2 * h + switch // 2, 2 * w + switch % 2, c] = A[i, h, w, c], for each channel by itself.")

# relu_back


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
    off = np.where(rng.random((3, 4)) < 0.5, 0.0, rng.uniform(0.5, 1, (3, 4)))
    off[0, 0] = 0.0
    for rule in ("gradient", "guided"):
        yield case(f"units at exactly 0, {rule}", rng.uniform(1, 2, (3, 4)), off, rule, group=rule, corner=True)


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
relu_back.mistake(
    "at-zero",
    "Where Z is exactly 0 the unit was off, and nothing passes: Z > 0, not Z >= 0.",
    _ruled(lambda R, Z: R * (Z >= 0), None, lambda R, Z: R * (R > 0) * (Z >= 0)),
)
relu_back.raises(
    "truth-of-an-array",
    "`if`, `and` and `or` want one truth, and an array has many: use & for both, | for either, and np.where or a "
    "product in place of `if`.",
    r"truth value of an array",
)
relu_back.hint("Z > 0 is an array of true and false; R * (Z > 0) is R where it is true, and 0 elsewhere.")
relu_back.hint("'gradient' looks at Z alone, 'deconvnet' at R alone: np.maximum(R, 0).")
relu_back.hint("'guided' is both at once: R * (R > 0) * (Z > 0).")
