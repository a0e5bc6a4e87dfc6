"""The exercises of notebook 15 on what units react to: `first_layer_filters` and `top_patches`."""

from __future__ import annotations

import numpy as np

from dlcourse import visualizing as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.visualizing.parts import MODEL, NO_MODEL, conv, pictures, topic

# first_layer_filters


@topic.exercise(
    reference=reference.first_layer_filters,
    section="The first layer",
    needs="tensorflow",
    shown_as={"model": NO_MODEL},
    aliases={"network": "model", "net": "model"},
)
def first_layer_filters(rng):
    def network(*layers):
        return {"shape": (8, 8, layers[-1][1].shape[2]), "layers": list(layers)}

    second = conv(rng, 3, 4, 5)
    yield case("4 filters of 3x3x3", network(conv(rng, 3, 3, 4)), group="filters", **MODEL)
    both = {"shape": (8, 8, 3), "layers": [conv(rng, 5, 3, 4), second]}
    yield case("a second convolution behind it", both, group="filters", **MODEL)
    scaled = {"shape": (8, 8, 3), "layers": [("scale", 0.5), conv(rng, 3, 3, 6), ("pool", 2)]}
    yield case("a layer without filters in front", scaled, group="another layer in front", **MODEL)
    kind, kernel, bias, *how = conv(rng, 3, 3, 4)
    kernel[..., 1] = 0
    yield case(
        "a filter of zeros", network((kind, kernel, bias, *how)), group="a filter of zeros", corner=True, **MODEL
    )


def _kernel(model):
    return next(np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel"))


def _as_images(
    take=_kernel,
    scale=lambda W: 0.5 + W / (2 * np.maximum(np.abs(W).max(axis=(0, 1, 2)), 1e-12)),
    turn=lambda W: np.moveaxis(W, -1, 0),
):
    def variant(model):
        return turn(scale(take(model)))

    return variant


def _unguarded(W):
    return 0.5 + W / (2 * np.abs(W).max(axis=(0, 1, 2)))


def _from_the_smallest(W):
    low, high = W.min(axis=(0, 1, 2)), W.max(axis=(0, 1, 2))
    return (W - low) / np.maximum(high - low, 1e-12)


def _from_the_smallest_of_all(W):
    return (W - W.min()) / (W.max() - W.min())


for _key, _message, _variant in (
    (
        "one-maximum",
        "All filters share one maximum, so that a weak filter is an even grey; each has a maximum of its own. See "
        "'The first layer'.",
        _as_images(scale=lambda W: 0.5 + W / (2 * np.abs(W).max())),
    ),
    (
        "smallest-black",
        "The smallest weight becomes 0 and the largest 1, so that a weight of 0 is another grey in each filter; 0 "
        "becomes 0.5, and the largest of |w| becomes 0 or 1.",
        _as_images(scale=_from_the_smallest),
    ),
    (
        "signless-maximum",
        "The filters are divided by their largest weight instead of the largest |w|, so that strong negative ones "
        "fall below 0.",
        _as_images(scale=lambda W: 0.5 + W / (2 * W.max(axis=(0, 1, 2)))),
    ),
    (
        "not-halved",
        "The filters reach from -0.5 to 1.5: w / max |w| lies between -1 and 1, so halve it before 0.5 is added.",
        _as_images(scale=lambda W: 0.5 + W / np.maximum(np.abs(W).max(axis=(0, 1, 2)), 1e-12)),
    ),
    ("not-scaled", "These are the weights as they are; an image lies between 0 and 1.", _as_images(scale=lambda W: W)),
    (
        "not-moved-up",
        "The filters lie between -1 and 1; an image lies between 0 and 1, with 0.5 for a weight of 0.",
        _as_images(scale=lambda W: W / np.maximum(np.abs(W).max(axis=(0, 1, 2)), 1e-12)),
    ),
    (
        "magnitudes",
        "Only the size of the weights is left, without their sign: 0 becomes 0.5.",
        _as_images(scale=lambda W: np.abs(W) / np.maximum(np.abs(W).max(axis=(0, 1, 2)), 1e-12)),
    ),
    (
        "each-colour",
        "Each colour has a maximum of its own, so that the filter's colours are lost; take the maximum over all "
        "three axes of a filter.",
        _as_images(scale=lambda W: 0.5 + W / (2 * np.maximum(np.abs(W).max(axis=(0, 1)), 1e-12))),
    ),
    (
        "filters-last",
        "The filters are on the last axis still, as Keras keeps them; bring them to the front, (n_C, f, f, n_C_prev).",
        _as_images(turn=lambda W: W),
    ),
    (
        "transposed",
        "Rows and columns are exchanged, as .T does to all axes: move the last axis to the front, np.moveaxis(W, "
        "-1, 0).",
        _as_images(turn=lambda W: np.moveaxis(W, -1, 0).swapaxes(1, 2)),
    ),
    (
        "reshaped",
        "The filters are torn apart: reshape reads the numbers on in their order; np.moveaxis moves an axis.",
        _as_images(turn=lambda W: W.reshape(W.shape[3], *W.shape[:3])),
    ),
):
    first_layer_filters.mistake(_key, _message, _variant)
first_layer_filters.also("smallest-black", _as_images(scale=_from_the_smallest_of_all))
first_layer_filters.also("transposed", _as_images(turn=lambda W: W.T))
first_layer_filters.mistake(
    "last-layer",
    "These are the filters of a later convolution; the first is the one that reads the image's colours.",
    _as_images(take=lambda model: [np.asarray(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")][-1]),
)
first_layer_filters.shows(
    "divided-by-zero",
    "A filter of zeros is divided by 0 and becomes NaN: it is an even grey, 0.5.",
    lambda args, expected, got: bool(np.isnan(np.asarray(got, float)).any()) and np.shape(got) == np.shape(expected),
)
first_layer_filters.raises(
    "layer-by-number",
    "The layer that is taken has no filters: look for the first one in model.layers that is a keras.layers.Conv2D, "
    "since an input and other layers may stand in front.",
    r"list index out of range|has no attribute '(kernel|weights)'|not enough values to unpack|Layer.* has no attribute",
)
first_layer_filters.hint("model.layers are all layers, the input first; layer.get_weights() is [kernel, bias].")
first_layer_filters.hint(
    "The kernel is (f, f, n_C_prev, n_C). np.max(np.abs(kernel), axis=(0, 1, 2)) is one number for each filter."
)
first_layer_filters.hint(
    "0.5 + kernel / (2 * largest), with 1 for largest where it is 0; at the end np.moveaxis(images, -1, 0)."
)

# top_patches


@topic.exercise(
    reference=reference.top_patches,
    outputs=("patches", "values"),
    section="Nine patches for a unit",
    by_output=True,
    needs="tensorflow",
    companions=("receptive_field",),
    shown_as={"model": NO_MODEL},
    aliases={"network": "model", "channel": "unit", "layer_name": "layer", "X": "images", "n": "k"},
)
def top_patches(rng):
    def network(*layers, side=(12, 12), colours=3):
        return {"shape": (*side, colours), "layers": list(layers)}

    one = network(conv(rng, 3, 3, 4, padding="valid"))
    yield case("one convolution, three images", one, "conv1", 2, pictures(rng, 3, 12, 12, 3), 3, group="all", **MODEL)
    deep = network(conv(rng, 3, 3, 4, padding="valid"), ("pool", 2), conv(rng, 3, 4, 3, padding="valid"), side=(12, 16))
    yield case(
        "two convolutions and a pooling, the best four of six",
        deep,
        "conv2",
        1,
        pictures(rng, 6, 12, 16, 3),
        4,
        group="all",
        **MODEL,
    )
    yield case("fewer images than patches", deep, "pool1", 3, pictures(rng, 2, 12, 16, 3), 9, group="all", **MODEL)
    padded = network(conv(rng, 5, 3, 4), ("pool", 2), conv(rng, 5, 4, 4), side=(10, 8))
    yield case(
        "fields that reach out of the image", padded, "conv2", 0, pictures(rng, 4, 10, 8, 3), 4, group="all", **MODEL
    )


def _chosen(
    order=lambda peaks, k: np.argsort(-peaks, kind="stable")[:k],
    channel=lambda A, unit: A[..., unit],
    field=lambda r, jump, start: (r, jump, start),
    exchange=False,
    several=False,
    fill="constant",
    model_of=lambda model, layer: layer,
    values=lambda peaks: peaks,
    signs=lambda A: A,
    peak=lambda flat: np.argmax(flat, axis=1),
):
    """top_patches with one thing changed."""

    def variant(model, layer, unit, images, k=9):
        import keras

        activations = np.asarray(keras.Model(model.input, model.get_layer(layer).output)(images))
        A = signs(channel(activations, unit))
        r, jump, start = field(*reference.receptive_field(reference.layers_until(model, layer)))
        flat = A.reshape(len(A), -1)
        if several:  # the strongest places of all images together
            best = np.argsort(-flat.ravel(), kind="stable")[:k]
            numbers, places = np.divmod(best, flat.shape[1])
        else:
            numbers = order(flat.max(axis=1), k)
            places = peak(flat)[numbers]
        far = r + abs(start) + jump
        wide = np.pad(images, ((0, 0), (far, far), (far, far), (0, 0)), mode=fill)
        patches = []
        for number, place in zip(numbers, places, strict=True):
            h, w = np.divmod(place, A.shape[2])
            h, w = (w, h) if exchange else (h, w)
            y, x = far + start + h * jump, far + start + w * jump
            patches.append(wide[number, y : y + r, x : x + r])
        return np.array(patches), values(flat[numbers, places])

    return variant


for _key, _message, _variant in (
    (
        "several-of-one-image",
        "Several patches come from one image; of each image only its strongest one may come. See 'Nine patches for "
        "a unit'.",
        _chosen(several=True),
    ),
    (
        "weakest-first",
        "The images are sorted from the weakest on: np.argsort goes upwards.",
        _chosen(order=lambda peaks, k: np.argsort(peaks, kind="stable")[:k]),
    ),
    (
        "strongest-last",
        "The right patches, the strongest last: np.argsort goes upwards, so turn them round.",
        _chosen(order=lambda peaks, k: np.argsort(peaks, kind="stable")[-k:]),
    ),
    (
        "not-sorted",
        "The images are taken in their own order; the strongest comes first.",
        _chosen(order=lambda peaks, k: np.arange(len(peaks))[:k]),
    ),
    (
        "right-images-not-sorted",
        "The right images, in their own order; the strongest comes first.",
        _chosen(order=lambda peaks, k: np.sort(np.argsort(-peaks, kind="stable")[:k])),
    ),
    ("rows-and-columns", "Rows and columns are exchanged where the patch is cut out.", _chosen(exchange=True)),
    (
        "no-jump",
        "The patch is cut out at the unit's own row and column; on the image each step is `jump` pixels long.",
        _chosen(field=lambda r, jump, start: (r, 1, start)),
    ),
    (
        "no-start",
        "The first field is taken to begin at pixel 0; with padding it begins at `start`, outside of the image.",
        _chosen(field=lambda r, jump, start: (r, jump, 0)),
    ),
    (
        "start-inside",
        "The patch is shifted the wrong way: row h of a layer sees the image from start + h * jump on, and start "
        "is negative.",
        _chosen(field=lambda r, jump, start: (r, jump, -start)),
    ),
    (
        "centred",
        "The patch begins half a field too early: start is its first pixel already, and not its middle.",
        _chosen(field=lambda r, jump, start: (r, jump, start - r // 2)),
    ),
    (
        "a-row-too-many",
        "The patches have a row and a column too many: r pixels, from the first one on.",
        _chosen(field=lambda r, jump, start: (r + 1, jump, start)),
    ),
    ("edge-repeated", "Outside of the image its edge is repeated; put 0 there.", _chosen(fill="edge")),
    (
        "first-channel",
        "This is channel 0 whatever the unit: is `unit` used?",
        _chosen(channel=lambda A, unit: A[..., 0]),
    ),
    (
        "all-channels",
        "The channels are added up; a unit is one channel of the layer.",
        _chosen(channel=lambda A, unit: A.sum(axis=-1)),
    ),
):
    top_patches.mistake(_key, _message, _variant)


def _by_mean(model, layer, unit, images, k=9):
    import keras

    A = np.asarray(keras.Model(model.input, model.get_layer(layer).output)(images))[..., unit]
    means = A.mean(axis=(1, 2))
    return _chosen(order=lambda peaks, k: np.argsort(-means, kind="stable")[:k])(model, layer, unit, images, k)


def _shrunk(model, layer, unit, images, k=9):
    """Where the field reaches out of the image it is pushed back into it."""
    r, jump, start = reference.receptive_field(reference.layers_until(model, layer))
    import keras

    A = np.asarray(keras.Model(model.input, model.get_layer(layer).output)(images))[..., unit]
    flat = A.reshape(len(A), -1)
    numbers = np.argsort(-flat.max(axis=1), kind="stable")[:k]
    patches = []
    for number in numbers:
        h, w = np.divmod(np.argmax(flat[number]), A.shape[2])
        y, x = (
            int(np.clip(start + place * jump, 0, max(n - r, 0)))
            for place, n in ((h, images.shape[1]), (w, images.shape[2]))
        )
        patches.append(images[number, y : y + r, x : x + r])
    return np.array(patches), flat.max(axis=1)[numbers]


top_patches.mistake(
    "by-mean",
    "The images are ranked by the unit's mean activation; a unit looks for one thing, so its largest activation "
    "counts.",
    _by_mean,
)
top_patches.mistake(
    "pushed-inside",
    "Where a field reaches out of the image the patch is pushed inside; leave it where it is, and put 0 outside.",
    _shrunk,
)
top_patches.raises(
    "patches-of-different-sizes",
    "The patches have different sizes: at the border a slice is cut short. Pad the images with zeros before you cut.",
    r"inhomogeneous|all input array.* must have the same shape|could not broadcast|must match exactly",
)
top_patches.shows(
    "cut-short",
    "The patches are smaller than the field: at the border a slice is cut short. Pad the images with zeros before "
    "you cut.",
    lambda args, expected, got: (
        isinstance(got, (tuple, list))
        and len(got) == 2
        and np.ndim(got[0]) == 4
        and np.shape(got[0])[0] == len(expected[0])
        and any(n < r for n, r in zip(np.shape(got[0])[1:3], expected[0].shape[1:3], strict=True))
    ),
)
top_patches.raises(
    "a-layer-is-no-model",
    "A layer computes from its own input, and not from the image: make a model from the network's inputs to this "
    "layer's output, keras.Model(model.input, model.get_layer(layer).output).",
    r"expected axis|incompatible with the layer|expected shape|Input 0 of layer|has no attribute 'shape'",
)
top_patches.hint(
    "keras.Model(model.input, model.get_layer(layer).output)(images) gives the layer's activations, (m, h, w, "
    "channels)."
)
top_patches.hint(
    "For each image: the largest activation of the channel, and np.unravel_index(np.argmax(A), A.shape) for its "
    "row and column. Sort the images by the largest, downwards."
)
top_patches.hint(
    "r, jump, start = receptive_field(layers_until(model, layer)); the patch has the rows start + h * jump to "
    "start + h * jump + r. Pad each image by r zeros first, and add r to the row and the column."
)
