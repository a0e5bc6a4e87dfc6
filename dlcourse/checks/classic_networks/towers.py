"""The exercises of notebook 04 on the two AlexNets, and what can go wrong in any network of their kind."""

from __future__ import annotations

from dlcourse import classic_networks as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import COMPUTES, may_show
from dlcourse.checks.classic_networks.parts import (
    BRIGHT,
    FULL_SIZE,
    NETWORK,
    SIZES,
    normalised,
    sizes_case,
    slim_case,
    square_only,
    topic,
    tower,
)

CLASSES, FILTERS, UNITS = 7, (4, 6, 8, 10, 12), 9
ONE_GROUP = "all channels joined"


def whole(rng, n):
    """The network itself, on images as high or as wide as the paper's, and larger the other way."""
    sides = [n, n + 16 * int(rng.integers(1, 5))]
    rng.shuffle(sides)
    classes = int(rng.integers(20, 900))
    return sizes_case(f"{sides[0]}x{sides[1]} images, {classes} classes", (*sides, 3), classes)


# Wrong in one place, whichever of the three networks it is: key, sentence, and what it changes of `tower`

ANY_OF_THEM = (
    (
        "pools-do-not-overlap",
        "The pooling windows are 2x2; they are 3x3 with a stride of 2, so neighbouring windows overlap.",
        {"window": 2},
    ),
    ("average-pooling", "The pooling takes averages; it takes maxima.", {"kind": "average"}),
    ("no-relu-in-the-convolutions", "The convolutions have no ReLU.", {"activation": None}),
    (
        "no-relu-in-the-dense-layers",
        "The two large dense layers have no ReLU, so all three together are one linear layer.",
        {"dense_activation": None},
    ),
    ("tanh", "The convolutions have tanh; they have ReLU, with which training is faster.", {"activation": "tanh"}),
    (
        "no-dropout",
        "There is no dropout: while the network learns, half of the outputs of the two large dense layers are dropped.",
        {"dropout": ""},
    ),
    ("another-rate", "The dropout takes another share than one half: Dropout(0.5).", {"rate": 0.2}),
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
)
NOT_SLIM = "The arguments filters and units are not used: the network is as large as the whole one, whatever they say."


# alexnet


@topic.exercise(
    reference=reference.alexnet,
    section="AlexNet, 2012",
    weights={COMPUTES: 2.0},
    may_show=may_show("alexnet"),
    **NETWORK,
)
def alexnet(rng):
    slim = {"input_shape": (99, 131, 3), "classes": CLASSES, "filters": FILTERS, "units": UNITS}
    yield slim_case("a slim one: 4 to 12 filters, 9 units, 99x131 images", reference.alexnet, slim, *OF_ALEXNET)
    yield whole(rng, 227)


def _alexnet(**changed):
    def alexnet(input_shape=(227, 227, 3), classes=1000, filters=(64, 192, 384, 256, 256), units=4096):
        return tower(input_shape, classes, filters, units, **changed)

    return alexnet


OF_ALEXNET = (_alexnet(dropout="before"),)  # right too: the printout has dropout in front of the dense layers

ALEXNETS_OWN = (
    (
        "padded-first",
        "The first convolution pads the image, as is done for images of 224 pixels; those of 227 need no border: "
        "(227 - 11) / 4 + 1 = 55.",
        {"border": 2},
    ),
    (
        "first-same",
        'The first convolution has padding "same", which makes 57 of 227 pixels; without padding it is 55.',
        {"first": (11, 4, "same")},
    ),
    (
        "pools-padded",
        'The pooling has padding "same", which makes 28 of 55 pixels; without it is 27, as in the table.',
        {"pools": ("same",) * 3},
    ),
    (
        "first-stride-missing",
        "The first convolution has no stride of 4, so everything behind it is four times as high and as wide.",
        {"first": (11, 1, "valid")},
    ),
    (
        "second-valid",
        'The 5x5 convolution has no border; the table says 27 -> 27, which is padding "same".',
        {"second": (5, 1, "valid")},
    ),
    (
        "inner-valid",
        'The 3x3 convolutions have no border; the table says 13 -> 13, which is padding "same".',
        {"inner_padding": "valid"},
    ),
    (
        "second-three-by-three",
        "The filters of the second convolution are 3x3; they are 5x5.",
        {"second": (3, 1, "same")},
    ),
    (
        "last-pool-missing",
        "The pooling behind the last convolution is missing: 13 -> 6. Without it the first dense layer is four times "
        "as "
        "large.",
        {"pools": ("valid", "valid", "")},
    ),
)
CONVOLUTION_MISSING = tuple(
    (
        f"{which}-convolution-missing",
        f"The {which} convolution, of filters[{number}] filters, is missing: there are five, and the last three, of "
        "3x3, follow one another.",
        {"missing": (number,)},
    )
    for number, which in ((2, "third"), (3, "fourth"), (4, "fifth"))
)
for _key, _message, _changed in (*ALEXNETS_OWN, *CONVOLUTION_MISSING, *ANY_OF_THEM):
    alexnet.mistake(_key, _message, _alexnet(**_changed))
square_only(alexnet, reference.alexnet)
alexnet.mistake(
    "paper-of-2012",
    "The numbers of filters are those of the paper, 96, 256, 384, 384 and 256; without other wishes, the one-tower "
    "network "
    "has 64, 192, 384, 256 and 256.",
    lambda input_shape, classes, filters=(96, 256, 384, 384, 256), units=4096: reference.alexnet(
        input_shape, classes, filters, units
    ),
    group=FULL_SIZE,
)
alexnet.mistake(
    "not-slim",
    NOT_SLIM,
    lambda input_shape, classes, filters=(), units=0: reference.alexnet(input_shape, classes),
    group=COMPUTES,
)
alexnet.hint(
    "Go through the table from top to bottom. Where the size falls by a little without a stride, there is no padding."
)
alexnet.hint('A convolution that keeps its size has padding "same"; all others, and the poolings, have none ("valid").')
alexnet.hint(
    "Of the last images: Flatten, then twice Dense(units, activation='relu') and Dropout(0.5), then the softmax."
)


# alexnet_2012


@topic.exercise(
    reference=reference.alexnet_2012,
    section="Two towers",
    weights={COMPUTES: 2.0},
    may_show=may_show("alexnet_2012"),
    companions=("alexnet",),
    **NETWORK,
)
def alexnet_2012(rng):
    slim = {"input_shape": (99, 131, 3), "classes": CLASSES, "filters": FILTERS, "units": UNITS, "groups": 2}
    yield slim_case(
        "a slim one: 4 to 12 filters, 9 units, 99x131 images", reference.alexnet_2012, slim, *OF_2012, probe=BRIGHT
    )
    yield whole(rng, 227)
    classes = int(rng.integers(20, 900))
    yield case(
        f"groups=1, {classes} classes",
        (227, 227, 3),
        classes,
        (96, 256, 384, 384, 256),
        4096,
        1,
        group=ONE_GROUP,
        probe=SIZES,
    )


def _alexnet_2012(pattern=lambda groups: (1, groups, 1, groups, groups), **changed):
    changed = {"after": normalised, **changed}

    def alexnet_2012(input_shape=(227, 227, 3), classes=1000, filters=(96, 256, 384, 384, 256), units=4096, groups=2):
        return tower(input_shape, classes, filters, units, groups=pattern(groups), **changed)

    return alexnet_2012


# Right too: each group as a convolution of its own, whose weights are then other arrays
OF_2012 = (_alexnet_2012(dropout="before"), _alexnet_2012(apart=True), _alexnet_2012(apart=True, dropout="before"))


def _itself(X):
    return X


for _key, _message, _changed in (
    (
        "no-groups",
        "All channels are joined with all; the second, fourth and fifth convolution have groups=groups.",
        {"pattern": lambda groups: (1, 1, 1, 1, 1)},
    ),
    (
        "third-in-groups",
        "The third convolution is in groups too; it is the one in which the two processors talk to each other.",
        {"pattern": lambda groups: (1, groups, groups, groups, groups)},
    ),
    (
        "second-only",
        "Only the second convolution is in groups; so are the fourth and the fifth.",
        {"pattern": lambda groups: (1, groups, 1, 1, 1)},
    ),
    (
        "last-not-in-groups",
        "The fifth convolution is not in groups; the second, fourth and fifth are.",
        {"pattern": lambda groups: (1, groups, 1, groups, 1)},
    ),
    ("no-normalisation", "The local response normalization is missing.", {"after": _itself}),
    (
        "normalised-before-relu",
        "The normalization comes before the ReLU; in the paper it comes after.",
        {"after": _itself, "before": normalised},
    ),
    (
        "normalised-behind-the-pooling",
        "The normalization comes behind the pooling; in the paper it stands between the ReLU and the pooling.",
        {"after": _itself, "behind": normalised},
    ),
    ("normalised-everywhere", "All five convolutions are normalized; only the first two are.", {"both": 5}),
    ("first-only", "Only the first convolution is normalized; the second is too.", {"both": 1}),
    (
        "radius-n",
        "The normalization looks at 11 channels: TensorFlow's depth_radius is how many lie on each side, n // 2 = 2.",
        {"after": lambda X: normalised(X, radius=5)},
    ),
    (
        "tensorflows-defaults",
        "The normalization has TensorFlow's own constants (depth_radius 5, bias 1, alpha 1, beta 0.5); the paper's are "
        "2, "
        "2, 0.0001 and 0.75.",
        {"after": lambda X: normalised(X, 5, 1.0, 1.0, 0.5)},
    ),
    (
        "bias-one",
        "The constant k of the normalization is 1, TensorFlow's own bias; the paper's is 2.",
        {"after": lambda X: normalised(X, constant=1.0)},
    ),
    (
        "alpha-over-n",
        "The factor alpha of the normalization is too small: divided by n, as PyTorch does it; TensorFlow's is not.",
        {"after": lambda X: normalised(X, factor=2e-5)},
    ),
    (
        "beta-one-half",
        "The exponent beta of the normalization is 0.5, TensorFlow's own; the paper's is 0.75.",
        {"after": lambda X: normalised(X, exponent=0.5)},
    ),
    *ALEXNETS_OWN,
    *ANY_OF_THEM,
):
    alexnet_2012.mistake(_key, _message, _alexnet_2012(**_changed))
square_only(alexnet_2012, reference.alexnet_2012)
alexnet_2012.mistake(
    "always-two-groups",
    "There are two groups whatever the argument says: hand it on, groups=groups.",
    _alexnet_2012(pattern=lambda groups: (1, 2, 1, 2, 2)),
    group=ONE_GROUP,
)
alexnet_2012.mistake(
    "not-slim",
    NOT_SLIM,
    lambda input_shape, classes, filters=(), units=0, groups=2: reference.alexnet_2012(
        input_shape, classes, groups=groups
    ),
    group=COMPUTES,
)
alexnet_2012.raises(
    "first-in-groups",
    "The first convolution is in groups too, and the three channels of a picture cannot be shared out in twos: both "
    "processors saw the whole picture. The second, fourth and fifth convolution have groups=groups.",
    r"ValueError: The number of input channels must be evenly divisible by the number of groups.*has 3 channels",
)
alexnet_2012.hint(
    "Begin with a copy of your alexnet: other numbers of filters, three arguments groups=groups, two new lines."
)
alexnet_2012.hint(
    "The new line stands between a convolution with its ReLU and the pooling: X = layers.Lambda(lambda A: "
    "tf.nn.local_response_normalization(A, ...))(X)."
)
alexnet_2012.hint("depth_radius is what lies on one side: 5 channels are the one in the middle and 2 on each side.")
