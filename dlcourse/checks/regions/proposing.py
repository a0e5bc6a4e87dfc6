"""The exercises of notebook 11 on selective search: `similarities`, `merge_regions`."""

from __future__ import annotations

import numpy as np

from dlcourse import regions as reference
from dlcourse.checking.exercise import Topic, case
from dlcourse.data import segments

topic = Topic("regions")

ALIASES = {"a": "one", "b": "other", "r1": "one", "r2": "other", "region1": "one", "region2": "other", "size": "pixels"}
COLOUR, TEXTURE, SIZE, FILL = "colour decides", "texture decides", "size decides", "fill decides"

# Pictures in which one of the four alone tells two pairs of neighbours apart


def _strips(*widths, height=4):
    return np.repeat(np.arange(len(widths)), widths)[None].repeat(height, axis=0)


def _by_colour(rng):
    """Three equal squares, two of them of one colour."""
    labels = _strips(4, 4, 4)
    hues = rng.permutation(3)
    colours = 0.1 + 0.8 * np.eye(3)[[hues[0], hues[0], hues[1]]]
    return colours[labels], labels


def _by_texture(rng):
    """Three equal squares with the same two greys: stripes across, across, and along."""
    labels = _strips(8, 8, 8, height=8)
    rows, columns = np.indices(labels.shape)
    dark, bright = rng.uniform(0.05, 0.15), rng.uniform(0.85, 0.95)
    stripes = np.where(labels < 2, rows // 2 % 2, columns // 2 % 2)
    return np.where(stripes, bright, dark)[..., None].repeat(3, axis=2), labels


def _by_size(rng):
    """Three strips of one colour, two of them narrow."""
    labels = _strips(*rng.integers(1, 3, 2), int(rng.integers(6, 9)))
    return np.full((*labels.shape, 3), rng.uniform(0.2, 0.8)), labels


def _by_fill(rng):
    """Three equal areas of one colour: two lie flush beside each other, the third stands across below."""
    side = int(rng.integers(3, 5))
    labels = np.full((2 * side + side * side, 2 * side), 3)
    labels[:side, :side], labels[:side, side:], labels[side : side + side * side, side] = 1, 0, 2
    return np.full((*labels.shape, 3), rng.uniform(0.2, 0.8)), labels


PICTURES = {COLOUR: _by_colour, TEXTURE: _by_texture, SIZE: _by_size, FILL: _by_fill}


def _described(image, labels):
    return segments.describe(image, labels), int(labels.size)


def _region(rng, height=40, width=50):
    """A region of any shape, with histograms of its own."""
    top, left = rng.integers(0, height // 2), rng.integers(0, width // 2)
    box = np.array([top, left, top + rng.integers(4, height // 2), left + rng.integers(4, width // 2)])
    size = int(np.prod(box[2:] - box[:2]) * rng.uniform(0.4, 1))
    return {"size": size, "box": box, "colour": rng.dirichlet(np.ones(6)), "texture": rng.dirichlet(np.ones(4))}


# similarities


@topic.exercise(
    reference=reference.similarities,
    outputs=("s_colour", "s_texture", "s_size", "s_fill"),
    section="Which pieces belong together",
    by_output=True,
    aliases=ALIASES,
)
def similarities(rng):
    one = {"size": 6, "box": np.array([0, 0, 2, 3]), "colour": np.array([0.5, 0.5, 0.0]), "texture": np.array([1.0, 0])}
    other = {
        "size": 4,
        "box": np.array([2, 1, 4, 5]),
        "colour": np.array([0.25, 0.25, 0.5]),
        "texture": np.array([0.25, 0.75]),
    }
    # the box around both has 4 x 5 pixels, 10 of which are neither's
    yield case("two regions, by hand", one, other, 40, group="all four", expect=(0.5, 0.25, 0.75, 0.75))
    yield case("two regions of any shape", _region(rng), _region(rng), 2000, group="all four")
    yield case("other two", _region(rng), _region(rng), 3000, group="all four")
    yield case("two of three squares", *_pair(_by_colour(rng), 1, 2), group="colour")
    yield case("stripes along and across", *_pair(_by_texture(rng), 1, 2), group="texture")
    yield case("narrow and wide", *_pair(_by_size(rng), 1, 2), group="size")
    yield case("one stands across below the other", *_pair(_by_fill(rng), 1, 2), group="fill")


def _pair(picture, first, second):
    regions, pixels = _described(*picture)
    return regions[first], regions[second], pixels


def _shared(name, how=np.minimum):
    return lambda one, other, pixels: how(one[name], other[name]).sum()


def _size(one, other, pixels):
    return 1 - (one["size"] + other["size"]) / pixels


def _fill(one, other, pixels, around=None, less=None):
    box = (around or reference._enclosing)(one["box"], other["box"])
    area = np.prod(np.maximum(box[2:] - box[:2], 0))
    return 1 - (area - (one["size"] + other["size"] if less is None else less(one, other))) / pixels


def _four(**changed):
    """similarities with some of them changed."""
    terms = {"colour": _shared("colour"), "texture": _shared("texture"), "size": _size, "fill": _fill, **changed}

    def variant(one, other, pixels):
        return tuple(float(term(one, other, pixels)) for term in terms.values())

    return variant


def _without(name):
    """The sum of the other three."""
    four = _four(**{name: lambda one, other, pixels: 0.0})
    return lambda one, other, pixels: sum(four(one, other, pixels))


def _all(one, other, pixels):
    return sum(reference.similarities(one, other, pixels))


def _intersection(box1, box2):
    return np.concatenate([np.maximum(box1[:2], box2[:2]), np.minimum(box1[2:], box2[2:])])


def _box_area(region):
    return np.prod(region["box"][2:] - region["box"][:2])


for _key, _message, _variant in (
    (
        "larger-entries",
        "The *larger* entries of the histograms are added up; what both have is the smaller one of each pair.",
        _four(colour=_shared("colour", np.maximum), texture=_shared("texture", np.maximum)),
    ),
    (
        "products",
        "The histograms' entries are multiplied; what both have is the smaller one of each pair.",
        _four(colour=_shared("colour", np.multiply), texture=_shared("texture", np.multiply)),
    ),
    (
        "size-upside-down",
        "Large regions come out as more similar: s_size is 1 - (both sizes) / pixels, so that small ones go first.",
        _four(size=lambda one, other, pixels: 1 - _size(one, other, pixels)),
    ),
    (
        "fill-upside-down",
        "A large gap makes them more similar: s_fill is 1 - gap / pixels.",
        _four(fill=lambda one, other, pixels: 1 - _fill(one, other, pixels)),
    ),
    (
        "whole-box",
        "s_fill takes the whole box around both; only what neither of them covers counts: subtract both sizes.",
        _four(fill=lambda one, other, pixels: _fill(one, other, pixels, less=lambda one, other: 0)),
    ),
    (
        "boxes-for-sizes",
        "The areas of the boxes are subtracted in s_fill; a region need not fill its box: subtract the sizes.",
        _four(
            fill=lambda one, other, pixels: _fill(
                one, other, pixels, less=lambda one, other: _box_area(one) + _box_area(other)
            )
        ),
    ),
    (
        "shared-box",
        "s_fill takes the box that both share; it is the box *around* both: the smaller of the upper left corners, the "
        "larger of the lower right ones.",
        _four(fill=lambda one, other, pixels: _fill(one, other, pixels, _intersection)),
    ),
    (
        "exchanged",
        "Colour and texture have changed places: the order is s_colour, s_texture, s_size, s_fill.",
        _four(colour=_shared("texture"), texture=_shared("colour")),
    ),
):
    similarities.mistake(_key, _message, _variant)
similarities.hint("np.minimum(one['colour'], other['colour']).sum() is what both histograms have.")
similarities.hint(
    "The box around both goes from np.minimum of the first two numbers to np.maximum of the last two. Its area less "
    "both sizes is the gap."
)


# merge_regions


def _deciding(rng, title, group, first):
    """A picture in which one similarity decides, its regions in any order, the right pair the first of the list
    or the second."""
    image, labels = PICTURES[group](rng)
    order = rng.permutation(int(labels.max()) + 1)
    right, wrong = (tuple(sorted(int(order[number]) for number in pair)) for pair in ((0, 1), (1, 2)))
    pairs = [right, wrong] if first else [wrong, right]
    return case(title, segments.describe(image, order[labels]), pairs, int(labels.size), group=group)


@topic.exercise(
    reference=reference.merge_regions,
    outputs=("pair", "merged"),
    section="One step of the search",
    companions=("similarities",),
    aliases={"neighbours": "pairs", "size": "pixels"},
)
def merge_regions(rng):
    for group, title in (
        (COLOUR, "three squares, two of one colour"),
        (TEXTURE, "stripes along and across"),
        (SIZE, "two narrow strips and a wide one"),
        (FILL, "one stands across below"),
    ):
        yield _deciding(rng, title, group, False)
        yield _deciding(rng, f"{title}, again", group, True)
    regions = [_region(rng) for _ in range(2)]
    yield case("a single pair", regions, [(0, 1)], 2000, group="what becomes of them")
    regions = [_region(rng) for _ in range(6)]
    # the last region is the first one again, and no neighbour of it
    regions.append({name: np.copy(value) if name != "size" else value for name, value in regions[0].items()})
    pairs = [(0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (5, 6)]
    deciding = (COLOUR, TEXTURE, SIZE, FILL)
    yield case("seven regions, six pairs", regions, pairs, 2000, group="what becomes of them", besides=deciding)


def _merge(score=_all, which=max, size=lambda a, b: a + b, box=reference._enclosing, mean=None, among=None):
    mean = mean or (lambda a, b, x, y: (a * x + b * y) / (a + b))

    def variant(regions, pairs, pixels):
        pairs = among(regions) if among else pairs
        pair = which(pairs, key=lambda pair: score(regions[pair[0]], regions[pair[1]], pixels))
        one, other = (regions[number] for number in pair)
        a, b = one["size"], other["size"]
        merged = {"size": size(a, b), "box": box(one["box"], other["box"])}
        for name in ("colour", "texture"):
            merged[name] = mean(a, b, one[name], other[name])
        return tuple(pair), merged

    return variant


def _any_pair(regions):
    return [(i, j) for i in range(len(regions)) for j in range(i + 1, len(regions))]


for _key, _message, _variant in (
    (
        "least-similar",
        "The *least* similar pair is merged; take the one with the largest similarity.",
        _merge(which=min),
    ),
    (
        "not-neighbours",
        "Regions that are no neighbours are merged; only the pairs of the list come into question.",
        _merge(among=_any_pair),
    ),
    (
        "first-pair",
        "It is always the first pair; take the most similar one.",
        _merge(score=lambda one, other, pixels: 0),
    ),
    ("no-colour", "Colour alone should decide somewhere, and does not.", _merge(score=_without("colour"))),
    ("no-texture", "Texture alone should decide somewhere, and does not.", _merge(score=_without("texture"))),
    (
        "no-size",
        "Size alone should decide somewhere, and does not: small regions go first.",
        _merge(score=_without("size")),
    ),
    (
        "no-fill",
        "Fill alone should decide somewhere, and does not: regions without a gap go first.",
        _merge(score=_without("fill")),
    ),
    (
        "plain-mean",
        "The histograms are averaged as if both regions were of one size; weigh each by its number of pixels.",
        _merge(mean=lambda a, b, x, y: (x + y) / 2),
    ),
    (
        "histograms-added",
        "The histograms are added and add up to 2 now; the mean, weighted by size, adds up to 1 again.",
        _merge(mean=lambda a, b, x, y: x + y),
    ),
    (
        "not-divided",
        "The weighed histograms are added, and not divided by the size of both: a histogram adds up to 1.",
        _merge(mean=lambda a, b, x, y: a * x + b * y),
    ),
    (
        "weights-exchanged",
        "Each histogram is weighed by the size of the *other* region.",
        _merge(mean=lambda a, b, x, y: (b * x + a * y) / (a + b)),
    ),
    ("shared-box", "The new box is the one that both share; it goes around both.", _merge(box=_intersection)),
    ("first-box", "The new region keeps the box of the first; it goes around both.", _merge(box=lambda a, b: a)),
):
    merge_regions.mistake(_key, _message, _variant)
merge_regions.hint(
    "max(pairs, key=...) finds the pair with the largest sum(similarities(regions[i], regions[j], pixels))."
)
merge_regions.hint("A histogram counts shares, so the new one is (size_i * h_i + size_j * h_j) / (size_i + size_j).")
