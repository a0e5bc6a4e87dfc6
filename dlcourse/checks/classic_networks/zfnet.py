"""The exercise of notebook 04 on ZFNet."""

from __future__ import annotations

from dlcourse import classic_networks as reference
from dlcourse.checking.networks_seen import COMPUTES, may_show
from dlcourse.checks.classic_networks.parts import NETWORK, slim_case, square_only, topic, tower
from dlcourse.checks.classic_networks.towers import ANY_OF_THEM, CLASSES, FILTERS, NOT_SLIM, UNITS, whole


@topic.exercise(
    reference=reference.zfnet,
    section="ZFNet, 2013",
    weights={COMPUTES: 2.0},
    may_show=may_show("zfnet"),
    companions=("alexnet",),
    **NETWORK,
)
def zfnet(rng):
    slim = {"input_shape": (96, 128, 3), "classes": CLASSES, "filters": FILTERS, "units": UNITS}
    yield slim_case("a slim one: 4 to 12 filters, 9 units, 96x128 images", reference.zfnet, slim, *OF_ZFNET)
    yield whole(rng, 224)


def _zfnet(**changed):
    own = {"border": 1, "first": (7, 2, "valid"), "second": (5, 2, "valid"), "pools": ("same", "same", "valid")}

    def zfnet(input_shape=(224, 224, 3), classes=1000, filters=(96, 256, 384, 384, 256), units=4096):
        return tower(input_shape, classes, filters, units, **{**own, **changed})

    return zfnet


OF_ZFNET = (_zfnet(dropout="before"),)

for _key, _message, _changed in (
    (
        "alexnets-first-layer",
        "The first convolution is AlexNet's, 11x11 with a stride of 4; here it is 7x7 with a stride of 2.",
        {"first": (11, 4, "valid")},
    ),
    ("first-five-by-five", "The filters of the first convolution are 5x5; they are 7x7.", {"first": (5, 2, "valid")}),
    (
        "second-three-by-three",
        "The filters of the second convolution are 3x3; they are 5x5.",
        {"second": (3, 2, "valid")},
    ),
    ("others-five-by-five", "The filters of the last three convolutions are 5x5; they are 3x3.", {"others": 5}),
    ("no-border", "The image has no border: with one pixel of zeros around it, 224 becomes 110.", {"border": 0}),
    (
        "first-same",
        'The first convolution has padding "same", which makes 112 of 224 pixels; a border of one pixel and "valid" '
        "make "
        "110.",
        {"border": 0, "first": (7, 2, "same")},
    ),
    (
        "padded-twice",
        'The image has its border, and the first convolution pads once more; with "valid" 226 becomes 110.',
        {"first": (7, 2, "same")},
    ),
    (
        "first-pool-valid",
        "The first pooling leaves out what does not fill a window, 110 -> 54; the table says 55, which is padding "
        '"same".',
        {"pools": ("valid", "same", "valid")},
    ),
    (
        "second-pool-valid",
        "The second pooling leaves out what does not fill a window, 26 -> 12, and perhaps the first one does so too; "
        'the table says 110 -> 55 and 26 -> 13, which is padding "same".',
        {"pools": ("valid", "valid", "valid")},
    ),
    (
        "last-pool-same",
        'The last pooling has padding "same", which makes 7 of 13 pixels; the table says 6.',
        {"pools": ("same", "same", "same")},
    ),
    (
        "last-pool-missing",
        "The pooling behind the last convolution is missing: 13 -> 6.",
        {"pools": ("same", "same", "")},
    ),
    (
        "second-stride-missing",
        "The second convolution has no stride; it has one of 2, 55 -> 26.",
        {"second": (5, 1, "valid")},
    ),
    (
        "second-same",
        'The second convolution has padding "same", which makes 28 of 55 pixels; the table says 26.',
        {"second": (5, 2, "same")},
    ),
    *ANY_OF_THEM,
):
    zfnet.mistake(_key, _message, _zfnet(**_changed))
square_only(zfnet, reference.zfnet)
zfnet.mistake(
    "not-slim",
    NOT_SLIM,
    lambda input_shape, classes, filters=(), units=0: reference.zfnet(input_shape, classes),
    group=COMPUTES,
)
zfnet.hint(
    "The image gets its border from layers.ZeroPadding2D(1); after that, each layer is either 'valid' or 'same'."
)
zfnet.hint('A stride of 2 halves: with padding "same" exactly, rounded up; with "valid" a little less comes out.')
zfnet.hint("Of the poolings, the first two are 'same' (110 -> 55, 26 -> 13) and the last is 'valid' (13 -> 6).")
