"""The exercises of notebook 06 on blocks of branches: the naive one, and the one with reductions.

Each branch is a group of its own, so that a slip in one of them costs that branch and the sizes.
"""

from __future__ import annotations

from keras import layers

from dlcourse import inception as reference
from dlcourse.checking.exercise import case
from dlcourse.checking.networks_seen import may_show
from dlcourse.checking.probes.canonical import noise
from dlcourse.checking.probes.models import TOLERANCE
from dlcourse.checks.inception.shared import conv, joined, pool, topic

BRANCHES = "dlcourse.checking.probes.branches:branches"
WEIGHTS = {"sizes": 2.0}


def _block_case(title, X, *filters):
    return case(title, X, list(filters), group="block", probe=BRANCHES, tolerance=TOLERANCE)


def _pictures(rng, n_H, n_W, n_C):
    return rng.normal(size=(2, n_H, n_W, n_C))


def _the_pictures(n_H, n_W, n_C):
    """The same for every seed: of a first case is kept what the wrong blocks make of it."""
    return noise("pictures", (2, n_H, n_W, n_C))


# naive_inception_block


@topic.exercise(
    reference=reference.naive_inception_block,
    section="All of them",
    needs="tensorflow",
    by_output=True,
    weights=WEIGHTS,
    aliases={"x": "X", "X_input": "X"},
    may_show=may_show("naive_inception_block"),
)
def naive_inception_block(rng):
    yield _block_case("a 5x6 image with 3 channels, filters 2, 4 and 5", _the_pictures(5, 6, 3), 2, 4, 5)
    yield _block_case("more channels", _pictures(rng, 7, 5, 7), 3, 2, 6)


def _naive(
    sizes=(1, 3, 5),
    activation="relu",
    how="concatenated",
    order=(0, 1, 2, 3),
    pooling=lambda X, filters: pool(X),
    with_pooling=True,
    chained=False,
    second_reads_first=False,
    **options,
):
    def variant(X, filters):
        branches, below = [], X
        for place, (count, f) in enumerate(zip(filters, sizes, strict=True)):
            from_below = chained or (second_reads_first and place == 1)
            below = conv(below if from_below else X, count, f, activation=activation, **options)
            branches.append(below)
        branches = [*branches, pooling(X, filters)] if with_pooling else branches
        return joined([branches[place] for place in order if place < len(branches)], how)

    return variant


for _key, _message, _variant in (
    (
        "no-relu",
        "The convolutions have no ReLU: each of the three is followed by one. See 'All of them'.",
        _naive(activation=None),
    ),
    (
        "pooling-strided",
        "The pooling has a stride of 2, so the sizes no longer agree. Here it has strides=1.",
        _naive(pooling=lambda X, filters: pool(X, stride=2)),
    ),
    (
        "pooling-default-stride",
        "Without strides=1 the pooling moves by the size of its window, 3: the sizes no longer agree.",
        _naive(pooling=lambda X, filters: pool(X, stride=3)),
    ),
    (
        "pooling-valid",
        "The pooling has no padding, so its result is smaller than those of the convolutions: padding='same'.",
        _naive(pooling=lambda X, filters: pool(X, padding="valid")),
    ),
    (
        "average-pooling",
        "The pooling takes averages; it takes maxima here.",
        _naive(pooling=lambda X, filters: pool(X, layers.AveragePooling2D)),
    ),
    ("pooling-2x2", "The window of the pooling is 2x2; it is 3x3.", _naive(pooling=lambda X, filters: pool(X, size=2))),
    ("no-pooling", "The pooling is missing: it is the fourth branch. See 'All of them'.", _naive(with_pooling=False)),
    (
        "pooling-projected",
        "A 1x1 convolution follows the pooling; the naive block has none, so all channels are kept. That one comes in "
        "'The inception block'.",
        _naive(pooling=lambda X, filters: conv(pool(X), filters[-1], 1)),
    ),
    (
        "added",
        "The branches are added; they are laid behind one another as channels, with Concatenate.",
        _naive(how="added"),
    ),
    (
        "along-the-height",
        "The branches are joined along axis 1, the height; channels are the last axis.",
        _naive(how="along the height"),
    ),
    (
        "pooling-first",
        "The pooling comes first in the result; the order is 1x1, 3x3, 5x5, pooling.",
        _naive(order=(3, 0, 1, 2)),
    ),
    (
        "one-after-the-other",
        "Each convolution reads what the one before it made; all branches start from X.",
        _naive(chained=True),
    ),
    (
        "3x3-reads-the-1x1",
        "The 3x3 convolution reads what the 1x1 has made; every branch starts from X. (A 1x1 in front of it is the "
        "idea of the next block.)",
        _naive(second_reads_first=True),
    ),
    ("two-3x3", "The third convolution is 3x3, like the second; it is 5x5.", _naive(sizes=(1, 3, 3))),
    ("all-3x3", "All three convolutions are 3x3; they are 1x1, 3x3 and 5x5.", _naive(sizes=(3, 3, 3))),
    ("seven", "The sizes are 3x3, 5x5 and 7x7; they are 1x1, 3x3 and 5x5.", _naive(sizes=(3, 5, 7))),
    (
        "no-biases",
        "The convolutions have no biases. No batch normalisation follows them, so they need theirs.",
        _naive(use_bias=False),
    ),
    (
        "relu-after-joining",
        "ReLU comes after the branches are joined, so the pooled channels lose their negative numbers too; it belongs "
        "to the three convolutions.",
        _naive(activation=None, how="relu after"),
    ),
):
    naive_inception_block.mistake(_key, _message, _variant)
naive_inception_block.hint("Four branches, and X goes into each of them: give every result a name of its own.")
naive_inception_block.hint(
    "Concatenate wants equal heights and widths: padding='same' everywhere, and a stride of 1 for the pooling too."
)
naive_inception_block.hint("return Concatenate()([ones, threes, fives, pooled]): channels are its axis by default.")


# inception_block


@topic.exercise(
    reference=reference.inception_block,
    section="The inception block",
    needs="tensorflow",
    by_output=True,
    weights=WEIGHTS,
    aliases={"x": "X", "X_input": "X"},
    may_show=may_show("inception_block"),
)
def inception_block(rng):
    yield _block_case(
        "a 5x6 image with 4 channels, filters 2, 3, 5, 4, 6 and 7", _the_pictures(5, 6, 4), 2, 3, 5, 4, 6, 7
    )
    yield _block_case("more channels", _pictures(rng, 7, 5, 7), 3, 5, 2, 2, 4, 6)


def _inception(
    order=(0, 1, 2, 3),
    reduction="relu",
    reduction_relus=(3, 5),
    activation="relu",
    how="concatenated",
    sizes=(3, 5),
    reduced_by=1,
    take=lambda filters: filters,
    reduce=(3, 5),
    backwards=False,
    pooling="before",
    kind=layers.MaxPooling2D,
    pool_options=None,
    projection=True,
    projection_activation="relu",
    one_reduction=False,
    **options,
):
    """inception_block with something changed; `take` says which six numbers are read from `filters`."""

    def branch(X, reduced, count, f):
        if backwards:
            return conv(
                conv(X, reduced, f, activation=reduction, **options), count, 1, activation=activation, **options
            )
        relu = reduction if f in reduction_relus else None
        below = conv(X, reduced, reduced_by, activation=relu, **options) if f in reduce else X
        return conv(below, count, f, activation=activation, **options)

    def variant(X, filters):
        ones, reduce3, threes, reduce5, fives, projected = take(filters)
        first = conv(X, ones, 1, activation=activation, **options)
        second = branch(X, reduce3, threes, sizes[0])
        if one_reduction:
            shared = conv(X, reduce3, 1, activation=reduction)
            second, third = conv(shared, threes, sizes[0]), conv(shared, fives, sizes[1])
        else:
            third = branch(X, reduce5, fives, sizes[1])
        pooled = pool(X, kind, **(pool_options or {})) if pooling == "before" else X
        if projection:
            pooled = conv(pooled, projected, 1, activation=projection_activation, **options)
        pooled = pool(pooled, kind, **(pool_options or {})) if pooling == "after" else pooled
        branches = [first, second, third, pooled]
        return joined([branches[place] for place in order], how)

    return variant


def _with_normalisation(X, filters):
    def unit(X, count, f):
        return layers.ReLU()(layers.BatchNormalization()(conv(X, count, f, activation=None)))

    ones, reduce3, threes, reduce5, fives, projected = filters
    return joined(
        [
            unit(X, ones, 1),
            unit(unit(X, reduce3, 1), threes, 3),
            unit(unit(X, reduce5, 1), fives, 5),
            unit(pool(X), projected, 1),
        ]
    )


for _key, _message, _variant in (
    (
        "no-reductions",
        "The 3x3 and the 5x5 convolution read X itself: the 1x1 convolutions in front of them, which save the cost, "
        "are missing. See 'The inception block'.",
        _inception(reduce=()),
    ),
    (
        "3x3-not-reduced",
        "The 3x3 convolution reads X itself; the 1x1 convolution with filters[1] comes in front of it.",
        _inception(reduce=(5,)),
    ),
    (
        "5x5-not-reduced",
        "The 5x5 convolution reads X itself; the 1x1 convolution with filters[3] comes in front of it.",
        _inception(reduce=(3,)),
    ),
    (
        "3x3-reduction-without-relu",
        "The reduction in front of the 3x3 convolution has no ReLU: every convolution of the block is followed by one.",
        _inception(reduction_relus=(5,)),
    ),
    (
        "5x5-reduction-without-relu",
        "The reduction in front of the 5x5 convolution has no ReLU: every convolution of the block is followed by one.",
        _inception(reduction_relus=(3,)),
    ),
    (
        "no-projection",
        "The pooled channels are not projected: a 1x1 convolution with filters[5] follows the pooling. See 'The "
        "inception block'.",
        _inception(projection=False),
    ),
    (
        "reductions-behind",
        "The 1x1 convolutions come behind the 3x3 and the 5x5, where they no longer save anything; they come first.",
        _inception(backwards=True),
    ),
    (
        "projection-before-pooling",
        "The 1x1 convolution of the pooling branch comes before the pooling; it comes after it.",
        _inception(pooling="after"),
    ),
    (
        "no-relu-in-the-reductions",
        "The two reductions have no ReLU: every convolution of the block is followed by one of its own, the 1x1 too. "
        "One after joining comes too late for them.",
        _inception(reduction=None),
    ),
    (
        "no-relu",
        "The convolutions have no ReLU: each of the six is followed by one.",
        _inception(reduction=None, activation=None, projection_activation=None),
    ),
    (
        "projection-without-relu",
        "The 1x1 convolution after the pooling has no ReLU: every convolution of the block is followed by one.",
        _inception(projection_activation=None),
    ),
    (
        "filters-by-kind",
        "The six numbers are read in another order. They are: 1x1; reduction and 3x3; reduction and 5x5; projection. "
        "Here the 3x3 and the 5x5 come right after the 1x1.",
        _inception(take=lambda f: (f[0], f[3], f[1], f[4], f[2], f[5])),
    ),
    (
        "reductions-first",
        "filters[1] and filters[2] are exchanged, and so are filters[3] and filters[4]: of each pair the reduction "
        "comes first.",
        _inception(take=lambda f: (f[0], f[2], f[1], f[4], f[3], f[5])),
    ),
    (
        "reductions-exchanged",
        "The 3x3 branch is reduced to filters[3] channels and the 5x5 branch to filters[1]: exchange them.",
        _inception(take=lambda f: (f[0], f[3], f[2], f[1], f[4], f[5])),
    ),
    (
        "reduced-to-the-end",
        "The 5x5 branch is reduced to filters[4] channels, as many as it has at its end; it is reduced to filters[3], "
        "16 for 32 in the first module.",
        _inception(take=lambda f: (f[0], f[1], f[2], f[4], f[4], f[5])),
    ),
    (
        "one-reduction",
        "The 3x3 and the 5x5 convolution share one reduction; each has its own.",
        _inception(one_reduction=True),
    ),
    ("reductions-3x3", "The reductions are 3x3 convolutions; they are 1x1.", _inception(reduced_by=3)),
    ("both-3x3", "The third branch is a 3x3 convolution; it is 5x5.", _inception(sizes=(3, 3))),
    (
        "pooling-strided",
        "The pooling has a stride of 2, so the sizes no longer agree. Here it has strides=1.",
        _inception(pool_options={"stride": 2}),
    ),
    (
        "pooling-default-stride",
        "Without strides=1 the pooling moves by the size of its window, 3: the sizes no longer agree.",
        _inception(pool_options={"stride": 3}),
    ),
    (
        "pooling-valid",
        "The pooling has no padding, so its result is smaller than those of the convolutions: padding='same'.",
        _inception(pool_options={"padding": "valid"}),
    ),
    ("average-pooling", "The pooling takes averages; it takes maxima here.", _inception(kind=layers.AveragePooling2D)),
    ("no-pooling", "The pooling is missing: the fourth branch pools X, then projects it.", _inception(pooling="none")),
    ("added", "The branches are added; they are laid behind one another as channels.", _inception(how="added")),
    (
        "along-the-height",
        "The branches are joined along axis 1, the height; channels are the last axis.",
        _inception(how="along the height"),
    ),
    (
        "pooling-first",
        "The pooling branch comes first in the result; the order is 1x1, 3x3, 5x5, pooling.",
        _inception(order=(3, 0, 1, 2)),
    ),
    (
        "normalised",
        "Each convolution is followed by a batch normalisation. They came a year later; this network has none.",
        _with_normalisation,
    ),
    (
        "no-biases",
        "The convolutions have no biases. No batch normalisation follows them, so they need theirs.",
        _inception(use_bias=False),
    ),
):
    inception_block.mistake(_key, _message, _variant)
inception_block.hint("Begin with your naive block. Three 1x1 convolutions come in: which branches get one, and where?")
inception_block.hint(
    "Unpack the six numbers in their order: ones, reduce3, threes, reduce5, fives, projected = filters."
)
inception_block.hint(
    "Two branches are Conv2D(reduced, 1) then Conv2D(count, f); the last is pooling, then Conv2D(projected, 1). Every "
    "convolution has padding='same' and activation='relu'."
)
