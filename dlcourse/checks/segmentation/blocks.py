"""The exercise of notebook 12 on a level of the way down: `conv_block`."""

from __future__ import annotations

from keras import layers

from dlcourse import segmentation as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import may_show
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.segmentation.forwards import topic

BLOCK = "dlcourse.checking.probes.models:block"


def conv(X, filters, size=3, activation="relu", padding="same", **options):
    return layers.Conv2D(filters, size, activation=activation, padding=padding, **options)(X)


# conv_block

PLAIN, WITH_DROPOUT, LOWEST = "pooled", "with dropout", "without pooling"


@topic.exercise(
    reference=reference.conv_block,
    section="One level down",
    needs="tensorflow",
    weights={PLAIN: 2.0},
    aliases={
        "X": "inputs",
        "x": "inputs",
        "filters": "n_filters",
        "dropout": "dropout_prob",
        "dropout_rate": "dropout_prob",
        "pool": "max_pooling",
        "pooling": "max_pooling",
    },
    may_show=may_show("conv_block"),
)
def conv_block(rng):
    def down(title, shape, n_filters, dropout_prob, max_pooling, group):
        # the same for every seed: of a first case is kept what the wrong blocks make of it
        pictures = noise("pictures", (3, *shape)) if group == PLAIN else rng.normal(size=(3, *shape))
        how = {"group": group, "probe": BLOCK, "tolerance": TOLERANCE}
        return case(title, pictures, n_filters, dropout_prob, max_pooling, **how)

    yield down("a 7x6 image with 3 channels, 4 filters", (7, 6, 3), 4, 0, True, PLAIN)
    yield down("8x4 pixels with 5 channels, 2 filters", (8, 4, 5), 2, 0, True, PLAIN)
    yield down("a dropout of 0.4", (6, 8, 3), 5, 0.4, True, WITH_DROPOUT)
    yield down("the lowest level: no pooling", (5, 4, 3), 4, 0, False, LOWEST)


def _down(
    count=2,
    filters=lambda n: (n, n),
    sizes=(3, 3),
    activations=("relu", "relu"),
    padding="same",
    drop=lambda X, p: layers.Dropout(p)(X) if p else X,
    drop_first=False,
    drop_between=False,
    pool=lambda X: layers.MaxPooling2D(2)(X),
    pools=lambda wanted: wanted,
    returns=lambda below, across, before: (below, across),
    norm=False,
):
    """conv_block with one thing changed."""

    def variant(inputs, n_filters=32, dropout_prob=0, max_pooling=True):
        X = drop(inputs, dropout_prob) if drop_first else inputs
        for number in range(count):
            X = conv(X, filters(n_filters)[number], sizes[number], activations[number], padding)
            if norm:
                X = layers.BatchNormalization()(X)
            if drop_between and number == 0:
                X = drop(X, dropout_prob)
        before = X
        X = X if drop_first or drop_between else drop(X, dropout_prob)
        below = pool(X) if pools(max_pooling) else X
        return returns(below, X, before)

    return variant


def _dropped_after_pooling(inputs, n_filters=32, dropout_prob=0, max_pooling=True):
    below, across = _down()(inputs, n_filters, 0, max_pooling)
    return (layers.Dropout(dropout_prob)(below) if dropout_prob else below), across


for _key, _message, _variant in (
    (
        "one-convolution",
        "There is one convolution; a level has two, one behind the other. See 'One level down'.",
        _down(count=1),
    ),
    ("no-relu", "The convolutions have no ReLU: each is followed by one.", _down(activations=(None, None))),
    (
        "first-without-relu",
        "The first convolution has no ReLU: without one, two convolutions are no more than a single larger one.",
        _down(activations=(None, "relu")),
    ),
    (
        "second-without-relu",
        "The second convolution has no ReLU: each is followed by one.",
        _down(activations=("relu", None)),
    ),
    (
        "valid",
        "The convolutions have no padding, so the image shrinks by 4 pixels; here each has padding='same'.",
        _down(padding="valid"),
    ),
    (
        "pooling-same",
        "The pooling has padding='same': 7 pixels become 4, and doubled again they are 8, one more than what is handed "
        "across. Without padding a rest is left out. See 'Sizes that fit'.",
        _down(pool=lambda X: layers.MaxPooling2D(2, padding="same")(X)),
    ),
    (
        "average-pooling",
        "The pooling takes averages; it takes maxima here.",
        _down(pool=lambda X: layers.AveragePooling2D(2)(X)),
    ),
    (
        "pooling-3x3",
        "The window of the pooling is 3x3; it is 2x2, so that height and width are halved.",
        _down(pool=lambda X: layers.MaxPooling2D(3)(X)),
    ),
    (
        "never-pooled",
        "Nothing is pooled where max_pooling is True: the next level reads an image half as high and wide.",
        _down(pools=lambda wanted: False),
    ),
    (
        "always-pooled",
        "max_pooling changes nothing: at the lowest level, where it is False, nothing is pooled.",
        _down(pools=lambda wanted: True),
    ),
    (
        "across-pooled",
        "What is handed across is pooled already; it keeps its height and width: it is the result *before* the "
        "pooling.",
        _down(returns=lambda below, across, before: (below, below)),
    ),
    (
        "returned-in-the-other-order",
        "The two results come in the other order: first what the next level reads, then what is handed across.",
        _down(returns=lambda below, across, before: (across, below)),
    ),
    (
        "one-result",
        "Only one tensor comes back; there are two: what the next level reads, and what is handed across.",
        _down(returns=lambda below, across, before: below),
    ),
    (
        "no-dropout",
        "There is no dropout where dropout_prob is above 0: it comes behind the two convolutions.",
        _down(drop=lambda X, p: X),
    ),
    (
        "dropout-kept",
        "The dropout drops 1 - dropout_prob; Dropout takes the share that goes.",
        _down(drop=lambda X, p: layers.Dropout(1 - p)(X) if p else X),
    ),
    (
        "dropout-fixed",
        "The dropout does not depend on dropout_prob: Dropout(dropout_prob).",
        _down(drop=lambda X, p: layers.Dropout(0.3)(X) if p else X),
    ),
    ("dropout-first", "The dropout comes before the convolutions; it comes behind both.", _down(drop_first=True)),
    ("dropout-between", "The dropout comes between the convolutions; it comes behind both.", _down(drop_between=True)),
    (
        "across-without-dropout",
        "What is handed across lacks the dropout: take it behind the dropout, before the pooling.",
        _down(returns=lambda below, across, before: (below, before)),
    ),
    (
        "dropout-after-pooling",
        "The dropout comes behind the pooling, so that what is handed across has none; it comes before.",
        _dropped_after_pooling,
    ),
    (
        "filters-doubled-inside",
        "The second convolution has twice the filters of the first; both have n_filters.",
        _down(filters=lambda n: (n, 2 * n)),
    ),
    ("one-by-one", "The second convolution is 1x1; both are 3x3.", _down(sizes=(3, 1))),
    ("filters-fixed", "There are 32 filters, whatever n_filters says.", _down(filters=lambda n: (32, 32))),
    ("normalised", "There is batch normalisation in the block; this U-Net has none.", _down(norm=True)),
):
    conv_block.mistake(_key, _message, _variant)
conv_block.hint("Four lines: a convolution, a second one that reads the first, perhaps a dropout, perhaps a pooling.")
conv_block.hint(
    "Conv2D(n_filters, 3, padding='same', activation='relu') twice, then `if dropout_prob > 0:` and `if max_pooling:`. "
    "Keep what is there before the pooling under a name of its own."
)
conv_block.hint("return next_layer, skip_connection: without a pooling both are the same tensor.")
