"""The exercises of notebook 15 on what an answer rests on: `occlusion_map` and `saliency`."""

from __future__ import annotations

import numpy as np

from dlcourse import visualizing as reference
from dlcourse.checking.exercise import case
from dlcourse.checks.visualizing.parts import MODEL, NO_MODEL, not_the_best, pictures, scores, topic

NAMES = {"network": "model", "net": "model", "x": "image", "X": "image", "img": "image", "class_index": "label"}

# occlusion_map


def _spread(rng, *shape):
    """A picture whose three colours have means far apart, and whose bright half decides its maxima."""
    return (pictures(rng, *shape) * np.array([1.0, 0.6, 0.3], "f4")).astype("f4")


@topic.exercise(
    reference=reference.occlusion_map,
    section="Cover a part",
    needs="tensorflow",
    shown_as={"model": NO_MODEL},
    aliases={**NAMES, "patch_size": "size", "window": "size", "step": "stride"},
)
def occlusion_map(rng):
    def asked(title, n_H, n_W, label, size, stride, group):
        image = _spread(rng, n_H, n_W, 3)

        def rises_and_falls(model):
            covered = []
            for y in range(0, n_H - size + 1, stride):
                for x in range(0, n_W - size + 1, stride):
                    covered.append(image.copy())
                    covered[-1][y : y + size, x : x + size] = image.mean(axis=(0, 1))
            falls = scores(model, image)[label] - np.array([scores(model, one)[label] for one in covered])
            return falls.min() < -0.02 and falls.max() > 0.02

        model = not_the_best(rng, image, label, also=rises_and_falls)
        return case(title, model, image, label, size, stride, group=group, **MODEL)

    yield asked("four squares side by side", 8, 8, 0, 4, 4, "squares side by side")
    yield asked("another label", 8, 8, 2, 4, 4, "squares side by side")
    yield asked("squares that overlap", 8, 10, 1, 4, 2, "strides")
    yield asked("a stride that leaves a rest", 10, 8, 1, 5, 3, "strides")


def _covered(
    fill=lambda image: image.mean(axis=(0, 1)),
    answer=lambda whole, covered: whole - covered,
    places=lambda n, size, stride: range(0, n - size + 1, stride),
    turn=lambda found: found,
    restore=True,
    scores=lambda scores, label: scores[:, label],
    half=False,
    outside=False,
):
    """occlusion_map with one thing changed."""

    def variant(model, image, label, size, stride):
        n_H, n_W, _ = image.shape
        rows, columns = places(n_H, size, stride), places(n_W, size, stride)
        seen, kept = [image], image.copy()
        for y in rows:
            for x in columns:
                covered = kept if not restore else image.copy()
                if outside:
                    covered[:] = fill(image)
                    covered[y : y + size, x : x + size] = image[y : y + size, x : x + size]
                else:
                    top, left = (max(y - size // 2, 0), max(x - size // 2, 0)) if half else (y, x)
                    covered[top : y + size - (y - top) * half, left : x + size - (x - left) * half] = fill(image)
                seen.append(covered.copy())
        found = scores(np.asarray(model(np.stack(seen))), label)
        return turn(answer(found[0], found[1:]).reshape(len(rows), len(columns)))

    return variant


def _softmax(scores, label):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers[:, label] / powers.sum(axis=1)


for _key, _message, _variant in (
    (
        "the-score-itself",
        "This is the score of the covered image; asked for is how far it falls: the whole image's score minus it.",
        _covered(answer=lambda whole, covered: covered),
    ),
    (
        "sign",
        "The sign is wrong: where covering hurts, the score falls, and the map is positive.",
        _covered(answer=lambda whole, covered: covered - whole),
    ),
    (
        "black",
        "The squares are black; cover with the image's mean colour, which is no edge and no new thing.",
        _covered(fill=lambda image: 0.0),
    ),
    ("grey", "The squares are grey, 0.5; cover with the mean colour of this image.", _covered(fill=lambda image: 0.5)),
    (
        "one-mean",
        "One mean of all the colours makes a grey square; each colour has its own mean, image.mean(axis=(0, 1)).",
        _covered(fill=lambda image: image.mean()),
    ),
    (
        "stays-covered",
        "What was covered stays covered, so the image vanishes bit by bit: cover a fresh copy each time.",
        _covered(restore=False),
    ),
    (
        "probability",
        "These are differences of probabilities; the network's scores are asked for, as it gives them.",
        _covered(scores=_softmax),
    ),
    (
        "best-label",
        "This is the best score, whatever its label: take that of `label`.",
        _covered(scores=lambda scores, label: scores.max(axis=1)),
    ),
    (
        "first-label",
        "This is the score of label 0: is `label` used?",
        _covered(scores=lambda scores, label: scores[:, 0]),
    ),
    (
        "share",
        "The fall is divided by the score; a score can be 0 or negative, so take the difference alone.",
        _covered(answer=lambda whole, covered: (whole - covered) / whole),
    ),
    (
        "size-only",
        "Where the score rises the map is negative: keep the sign, without abs.",
        _covered(answer=lambda whole, covered: np.abs(whole - covered)),
    ),
    (
        "cut-at-zero",
        "Where the score rises the map is negative; here it is cut off at 0.",
        _covered(answer=lambda whole, covered: np.maximum(whole - covered, 0)),
    ),
    (
        "last-square-missing",
        "The last square of each row and column is missing: it may end at the image's edge, range(0, n - size + 1, "
        "stride).",
        _covered(places=lambda n, size, stride: range(0, n - size, stride)),
    ),
    (
        "over-the-edge",
        "Squares reach over the edge; the last one begins at n - size.",
        _covered(places=lambda n, size, stride: range(0, n, stride)),
    ),
    (
        "stride-ignored",
        "The squares lie side by side, whatever the stride: they begin at 0, stride, 2 stride, ...",
        _covered(places=lambda n, size, stride: range(0, n - size + 1, size)),
    ),
    (
        "every-pixel",
        "A square begins at every pixel; they begin at 0, stride, 2 stride, ...",
        _covered(places=lambda n, size, stride: range(n - size + 1)),
    ),
    ("transposed", "Rows and columns of the map are exchanged.", _covered(turn=lambda found: found.T)),
    (
        "all-but-the-square",
        "Everything but the square is covered; cover the square and leave the rest.",
        _covered(outside=True),
    ),
    ("centred", "The squares are centred at 0, stride, ...; their first pixel lies there.", _covered(half=True)),
):
    occlusion_map.mistake(_key, _message, _variant)
occlusion_map.raises(
    "no-batch",
    "The network wants a batch: image[np.newaxis] is (1, n_H, n_W, 3), and its scores are (1, labels).",
    r"expected (min_)?ndim|found ndim|incompatible (with the layer|rank|shape)|expected shape|Invalid input shape|"
    r"must be rank|rank",
)
occlusion_map.hint("image.copy() is a fresh image; covered[y:y + size, x:x + size] = colour covers a square of it.")
occlusion_map.hint(
    "A square fits while y + size <= n_H, so the rows are range(0, n_H - size + 1, stride), and the columns likewise."
)
occlusion_map.hint(
    "The scores are np.asarray(model(batch))[:, label]. Put the whole image and all the covered ones into one "
    "batch: that is quicker than one after the other."
)

# saliency


@topic.exercise(
    reference=reference.saliency,
    section="Ask the gradient",
    needs="tensorflow",
    shown_as={"model": NO_MODEL},
    aliases=NAMES,
)
def saliency(rng):
    def asked(title, n_H, n_W, label, group):
        image = pictures(rng, n_H, n_W, 3)
        return case(title, not_the_best(rng, image, label, labels=4), image, label, group=group, **MODEL)

    yield asked("label 0", 6, 6, 0, "one label")
    yield asked("another size", 8, 6, 0, "one label")
    yield asked("label 2", 6, 8, 2, "any label")
    yield asked("label 3", 8, 8, 3, "any label")


def _gradients(
    of=lambda scores, label: scores[0, label], join=lambda g: np.abs(g).max(axis=-1), at=lambda image: image
):
    def variant(model, image, label):
        import tensorflow as tf

        x = tf.constant(at(image)[np.newaxis])
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = of(model(x), label)
        return join(tape.gradient(score, x).numpy()[0])

    return variant


def _of_probability(scores, label):
    import tensorflow as tf

    return tf.nn.softmax(scores)[0, label]


def _of_loss(scores, label):
    import tensorflow as tf

    return -tf.nn.log_softmax(scores)[0, label]


def _of_best(scores, label):
    import tensorflow as tf

    return tf.reduce_max(scores)


for _key, _message, _variant in (
    (
        "signed",
        "The sign is kept, so that the largest over the colours drops strong negative ones: take abs first.",
        _gradients(join=lambda g: g.max(axis=-1)),
    ),
    (
        "abs-last",
        "abs stands outside of the maximum: the largest of |g|, and not the size of the largest g.",
        _gradients(join=lambda g: np.abs(g.max(axis=-1))),
    ),
    (
        "summed",
        "The colours are added up; take the largest of the three.",
        _gradients(join=lambda g: np.abs(g).sum(axis=-1)),
    ),
    (
        "averaged",
        "This is the mean over the colours; take the largest of the three.",
        _gradients(join=lambda g: np.abs(g).mean(axis=-1)),
    ),
    (
        "colours-left",
        "There are three numbers for each pixel still: take the largest over the colours, axis=-1.",
        _gradients(join=np.abs),
    ),
    (
        "all-labels",
        "The gradient of all scores together is taken: a tape adds up what is no single number. Take that of `label`.",
        _gradients(of=lambda scores, label: scores),
    ),
    (
        "probability",
        "This is the gradient of a softmax, which also rises where *other* labels lose; take the score itself.",
        _gradients(of=_of_probability),
    ),
    (
        "loss",
        "This is the gradient of a cross-entropy, with all labels in it; take the score itself.",
        _gradients(of=_of_loss),
    ),
    (
        "best-label",
        "This is the gradient of the best score, whatever its label: take that of `label`.",
        _gradients(of=_of_best),
    ),
    (
        "first-label",
        "This is the gradient of label 0: is `label` used?",
        _gradients(of=lambda scores, label: scores[0, 0]),
    ),
    (
        "times-image",
        "The gradient is multiplied by the image, so that black pixels count for nothing; take the gradient alone.",
        lambda model, image, label: np.abs(_gradients(join=lambda g: g)(model, image, label) * image).max(axis=-1),
    ),
    (
        "scaled",
        "The map is divided by its largest value; leave it as it is.",
        _gradients(join=lambda g: np.abs(g).max(axis=-1) / np.abs(g).max()),
    ),
):
    saliency.mistake(_key, _message, _variant)
saliency.also("scaled", _gradients(join=lambda g: _from_zero(np.abs(g).max(axis=-1))))
saliency.also("summed", _gradients(join=lambda g: np.abs(g.sum(axis=-1))))
saliency.also("averaged", _gradients(join=lambda g: np.abs(g.mean(axis=-1))))


def _from_zero(found):
    return (found - found.min()) / max(float(np.ptp(found)), 1e-12)


saliency.shows(
    "batch-left",
    "The batch's axis is left: return gradient[0].",
    lambda args, expected, got: np.shape(got) == (1, *np.shape(expected)),
)
saliency.raises(
    "not-watched",
    "tape.gradient gives None: a tape follows variables by itself, a constant only after tape.watch(x), and it "
    "sees only what is computed inside `with`, from x itself, by TensorFlow.",
    r"NoneType|None values not supported|GradientTape\.gradient|non-None",
)
saliency.raises(
    "no-batch",
    "The network wants a batch: image[np.newaxis] is (1, n_H, n_W, 3), and its scores are (1, labels).",
    r"expected (min_)?ndim|found ndim|incompatible (with the layer|rank|shape)|expected shape|Invalid input shape|"
    r"must be rank",
)
saliency.hint("x = tf.constant(image[np.newaxis]), and inside `with tf.GradientTape() as tape:` first tape.watch(x).")
saliency.hint("The score is model(x)[0, label]; tape.gradient(score, x)[0] has the image's shape.")
saliency.hint("At the end the largest size over the colours: np.max(np.abs(gradient), axis=-1).")
