"""The exercise of notebook 04 on VGG."""

from __future__ import annotations

import keras

from dlcourse import classic_networks as reference
from dlcourse.checking.networks_seen import may_show
from dlcourse.checks.classic_networks.parts import (
    FULL_SIZE,
    NETWORK,
    convolution,
    dense_part,
    pooled,
    sizes_case,
    slim_case,
    topic,
)

OF_16, OF_19 = "VGG-16", "VGG-19"


@topic.exercise(reference=reference.vgg, section="VGG, 2014", may_show=may_show("vgg"), **NETWORK)
def vgg(rng):
    for depth, group in ((16, OF_16), (19, OF_19)):
        slim = {"depth": depth, "input_shape": (32, 64, 3), "classes": 7, "filters": 4, "units": 9}
        yield slim_case(
            f"a slim one of {depth} layers: 4 filters in the first block, 9 units, 32x64 images",
            reference.vgg,
            slim,
            *WITH_DROPOUT,
            group=group,
        )
    n_H, n_W = (32 * int(n) for n in rng.choice(range(4, 9), 2, replace=False))
    classes = int(rng.integers(20, 900))
    depth = int(rng.choice([16, 19]))
    yield sizes_case(f"VGG-{depth}, {n_H}x{n_W} images, {classes} classes", depth, (n_H, n_W, 3), classes)


BLOCKS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def _vgg(
    blocks=lambda depth: BLOCKS[depth],
    widths=(1, 2, 4, 8, 8),
    padding="same",
    size=3,
    pools=(True,) * 5,
    kind="max",
    window=2,
    activation="relu",
    dense_layers=2,
    square=False,
    slim=True,
    fixed=False,
    dropout="",
    **dense,
):
    """vgg with something changed."""

    def vgg(depth=16, input_shape=(224, 224, 3), classes=1000, filters=64, units=4096):
        filters, units = (64 if fixed or not slim else filters), (units if slim else 4096)
        X = image = keras.Input((input_shape[0], *input_shape[::2]) if square else input_shape)
        for count, width, pool in zip(blocks(depth), widths, pools, strict=True):
            for _ in range(count):
                X = convolution(X, filters * width, size, padding=padding, activation=activation)
            X = pooled(X, window, 2, "valid" if window == 2 else "same", kind) if pool else X
        return keras.Model(image, dense_part(X, classes, [units] * dense_layers, dropout, **dense))

    return vgg


WITH_DROPOUT = _vgg(dropout="after"), _vgg(dropout="before")  # as in the paper, at either place

for _key, _message, _changed in (
    (
        "doubled-five-times",
        "The fifth block has twice as many filters as the fourth; it has as many: 64, 128, 256, 512, 512.",
        {"widths": (1, 2, 4, 8, 16)},
    ),
    (
        "as-wide-everywhere",
        "All blocks have as many filters as the first; up to the fourth each has twice as many as the one before.",
        {"widths": (1,) * 5},
    ),
    (
        "three-in-each",
        "Each block has three convolutions; the first two have two.",
        {"blocks": lambda depth: (3, 3, *BLOCKS[depth][2:])},
    ),
    (
        "valid",
        'The convolutions have no border, so the images shrink; they have padding "same".',
        {"padding": "valid", "pools": (True, True, False, False, False)},
    ),
    ("five-by-five", "The filters are 5x5; they are 3x3, everywhere.", {"size": 5}),
    (
        "last-pool-missing",
        "The pooling behind the last block is missing: there are five. Without it the first dense layer is four times "
        "as "
        "large.",
        {"pools": (True, True, True, True, False)},
    ),
    (
        "pooled-once",
        "There is one pooling, behind all blocks; each of the five blocks ends with one of its own, so that the line "
        "belongs into the loop over the blocks.",
        {"pools": (False, False, False, False, True)},
    ),
    ("pools-overlap", "The pooling windows are 3x3, as in AlexNet; they are 2x2 with a stride of 2.", {"window": 3}),
    ("average-pooling", "The pooling takes averages; it takes maxima.", {"kind": "average"}),
    ("no-relu-in-the-convolutions", "The convolutions have no ReLU.", {"activation": None}),
    (
        "no-relu-in-the-dense-layers",
        "The two large dense layers have no ReLU, so all three together are one linear layer.",
        {"dense_activation": None},
    ),
    (
        "two-dense-layers",
        "There is one large dense layer; there are two before that of the classes, three dense layers in all.",
        {"dense_layers": 1},
    ),
    ("no-softmax", "The last layer has no softmax, so its outputs are no probabilities.", {"last": None}),
    (
        "averaged",
        "The last images are averaged, as later networks do; here they are flattened, so that no number is lost.",
        {"flat": False},
    ),
):
    vgg.mistake(_key, _message, _vgg(**_changed))
for _key, _message, _group, _changed in (
    (
        "always-16",
        "The network has 16 layers whatever depth says; with 19, the last three blocks have four convolutions each.",
        OF_19,
        {"blocks": lambda depth: BLOCKS[16]},
    ),
    (
        "always-19",
        "The network has 19 layers whatever depth says; with 16, the last three blocks have three convolutions each.",
        OF_16,
        {"blocks": lambda depth: BLOCKS[19]},
    ),
    (
        "three-more-in-front",
        "The three further convolutions of VGG-19 are in the first three blocks; they are in the last three.",
        OF_19,
        {"blocks": lambda depth: (3, 3, 4, 3, 3) if depth == 19 else BLOCKS[16]},
    ),
    (
        "square-only",
        "The network takes square images only: input_shape holds a height, a width and the channels. Give it to Input "
        "as it is.",
        FULL_SIZE,
        {"square": True},
    ),
    (
        "not-slim",
        "The arguments filters and units are not used: the network is as large as the whole one, whatever they say.",
        OF_16,
        {"slim": False},
    ),
    (
        "filters-always-64",
        "The first block has 64 filters whatever the argument says; it has `filters`, and each number behind it is a "
        "multiple of that.",
        OF_16,
        {"fixed": True},
    ),
):
    vgg.mistake(_key, _message, _vgg(**_changed), group=_group)
vgg.hint("Two loops: over the five blocks, and inside over the convolutions of a block; a pooling closes each block.")
vgg.hint("The numbers of filters are filters times 1, 2, 4, 8 and 8; those of the convolutions depend on depth only.")
vgg.hint("After the last pooling: Flatten, Dense(units) with ReLU twice, Dense(classes) with softmax.")
