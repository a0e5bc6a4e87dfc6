"""Notebook 13, as learners write it."""

import numpy as np
import tensorflow as tf
from typed_mistakes.slips import slip, whole

from dlcourse.faces import img_to_encoding


def triplet_loss(y_true, y_pred, alpha=0.2):
    anchor, positive, negative = y_pred[0], y_pred[1], y_pred[2]
    pos_dist = tf.reduce_sum(tf.square(tf.subtract(anchor, positive)), axis=-1)
    neg_dist = tf.reduce_sum(tf.square(tf.subtract(anchor, negative)), axis=-1)
    basic_loss = tf.add(tf.subtract(pos_dist, neg_dist), alpha)
    loss = tf.reduce_sum(tf.maximum(basic_loss, 0.0))
    return loss


def batch_hard_triplets(embeddings, labels):
    triplets = []
    m = len(labels)
    for a in range(m):
        best_p, worst = -1, -1
        best_n, nearest = -1, np.inf
        for i in range(m):
            d = np.sum((embeddings[a] - embeddings[i]) ** 2)
            if labels[i] == labels[a] and i != a:
                if d > worst:
                    worst = d
                    best_p = i
            if labels[i] != labels[a]:
                if d < nearest:
                    nearest = d
                    best_n = i
        if best_p >= 0 and best_n >= 0:
            triplets.append([a, best_p, best_n])
    return np.array(triplets, dtype=int).reshape(-1, 3)


def semi_hard_triplets(embeddings, labels, alpha=0.2):
    triplets = []
    m = len(labels)
    for a in range(m):
        for p in range(m):
            if a == p or labels[a] != labels[p]:
                continue
            d_ap = np.sum((embeddings[a] - embeddings[p]) ** 2)
            best, nearest = -1, np.inf
            for n in range(m):
                if labels[n] == labels[a]:
                    continue
                d_an = np.sum((embeddings[a] - embeddings[n]) ** 2)
                if d_ap < d_an < d_ap + alpha and d_an < nearest:
                    best, nearest = n, d_an
            if best >= 0:
                triplets.append([a, p, best])
    return np.array(triplets, dtype=int).reshape(-1, 3)


def verify(image_path, identity, database, model):
    encoding = img_to_encoding(image_path, model)
    dist = np.linalg.norm(encoding - database[identity])
    if dist < 0.7:
        door_open = True
    else:
        door_open = False
    return dist, door_open


def who_is_it(image_path, database, model):
    encoding = img_to_encoding(image_path, model)
    min_dist = 100
    identity = None
    for name, db_enc in database.items():
        dist = np.linalg.norm(encoding - db_enc)
        if dist < min_dist:
            min_dist = dist
            identity = name
    return min_dist, identity


def choose_threshold(different, rate):
    ordered = sorted(different)
    n = len(ordered)
    allowed = int(rate * n)
    return ordered[allowed]


def siamese_probability(f1, f2, w, b):
    z = 0
    for k in range(len(f1)):
        z += w[k] * abs(f1[k] - f2[k])
    z = z + b
    return 1 / (1 + np.exp(-z))


def chi_square(f1, f2):
    total = 0
    for k in range(len(f1)):
        if f1[k] + f2[k] > 0:
            total += (f1[k] - f2[k]) ** 2 / (f1[k] + f2[k])
    return total


MARGIN = "tf.add(tf.subtract(pos_dist, neg_dist), alpha)"
ZEROS = "        if f1[k] + f2[k] > 0:\n            total"
DOOR = "    if dist < 0.7:\n        door_open = True\n    else:\n        door_open = False\n"
SLIPS = [
    # choose_threshold
    slip(choose_threshold, "not-sorted", ("sorted(different)", "different")),
    slip(choose_threshold, "kept-outside", ("sorted(different)", "sorted(different, reverse=True)")),
    slip(choose_threshold, "kept-outside", ("int(rate * n)", "int((1 - rate) * n)")),
    slip(choose_threshold, "rounded-up", ("int(rate * n)", "int(np.ceil(rate * n))")),
    slip(choose_threshold, "rounded", ("int(rate * n)", "round(rate * n)")),
    slip(choose_threshold, "one-too-many", ("ordered[allowed]", "ordered[allowed + 1]")),
    slip(choose_threshold, "one-too-few", ("ordered[allowed]", "ordered[allowed - 1]")),
    slip(choose_threshold, "rounded-up", ("ordered[allowed]", "np.quantile(ordered, rate)")),
    slip(choose_threshold, "number-let-in", ("ordered[allowed]", "allowed")),
    slip(choose_threshold, "rate-itself", ("ordered[allowed]", "rate")),
    slip(
        choose_threshold, "share-of-the-range", ("ordered[allowed]", "ordered[0] + rate * (ordered[-1] - ordered[0])")
    ),
    # triplet_loss
    slip(triplet_loss, "margin-added-once", (", axis=-1", "")),
    slip(
        triplet_loss,
        "margin-added-once",
        (MARGIN, "tf.subtract(pos_dist, neg_dist)"),
        ("tf.reduce_sum(tf.maximum(basic_loss, 0.0))", "tf.maximum(tf.reduce_sum(basic_loss) + alpha, 0.0)"),
    ),
    slip(
        triplet_loss,
        "margin-outside",
        (MARGIN, "tf.subtract(pos_dist, neg_dist)"),
        ("tf.reduce_sum(tf.maximum(basic_loss, 0.0))", "tf.reduce_sum(tf.maximum(basic_loss, 0.0)) + alpha"),
    ),
    slip(
        triplet_loss,
        "maximum-of-the-sum",
        ("tf.reduce_sum(tf.maximum(basic_loss, 0.0))", "tf.maximum(tf.reduce_sum(basic_loss), 0.0)"),
    ),
    slip(triplet_loss, "no-maximum", ("tf.maximum(basic_loss, 0.0)", "basic_loss")),
    slip(triplet_loss, "minimum", ("tf.maximum(", "tf.minimum(")),
    slip(triplet_loss, "margin-left-out", (MARGIN, "tf.subtract(pos_dist, neg_dist)")),
    slip(triplet_loss, "margin-subtracted", (MARGIN, "pos_dist - neg_dist - alpha")),
    slip(triplet_loss, "margin-written-in", (MARGIN, "pos_dist - neg_dist + 0.2")),
    slip(triplet_loss, "exchanged", (MARGIN, "neg_dist - pos_dist + alpha")),
    slip(triplet_loss, "exchanged", ("y_pred[1], y_pred[2]", "y_pred[2], y_pred[1]")),
    slip(triplet_loss, "mean", ("loss = tf.reduce_sum(", "loss = tf.reduce_mean(")),
    slip(triplet_loss, "mean-over-features", ("_dist = tf.reduce_sum(", "_dist = tf.reduce_mean(")),
    slip(
        triplet_loss,
        "not-squared",
        ("tf.reduce_sum(tf.square(tf.subtract(anchor, positive)), axis=-1)", "tf.norm(anchor - positive, axis=-1)"),
        ("tf.reduce_sum(tf.square(tf.subtract(anchor, negative)), axis=-1)", "tf.norm(anchor - negative, axis=-1)"),
    ),
    slip(triplet_loss, "absolute-differences", ("tf.square(", "tf.abs(")),
    slip(
        triplet_loss,
        "not-summed-over-features",
        ("tf.reduce_sum(tf.square(tf.subtract(anchor, positive)), axis=-1)", "tf.square(anchor - positive)"),
        ("tf.reduce_sum(tf.square(tf.subtract(anchor, negative)), axis=-1)", "tf.square(anchor - negative)"),
    ),
    slip(triplet_loss, "summed-over-the-batch", ("axis=-1", "axis=0")),
    slip(
        triplet_loss,
        "between-positive-and-negative",
        ("tf.subtract(anchor, negative)", "tf.subtract(positive, negative)"),
    ),
    slip(triplet_loss, "one-distance-twice", ("tf.subtract(anchor, negative)", "tf.subtract(anchor, positive)")),
    slip(
        triplet_loss,
        "one-for-each-triplet",
        ("tf.reduce_sum(tf.maximum(basic_loss, 0.0))", "tf.maximum(basic_loss, 0.0)"),
    ),
    slip(triplet_loss, "left-tensorflow", ("return loss", "return loss.numpy()")),
    slip(
        triplet_loss,
        "left-tensorflow",
        (
            "    anchor, positive, negative = y_pred[0], y_pred[1], y_pred[2]",
            "    anchor, positive, negative = [np.array(y) for y in y_pred]",
        ),
    ),
    slip(triplet_loss, "no-maximum+mean", ("tf.reduce_sum(tf.maximum(basic_loss, 0.0))", "tf.reduce_mean(basic_loss)")),
    slip(
        triplet_loss,
        "margin-left-out+no-maximum",
        (MARGIN, "pos_dist - neg_dist"),
        ("tf.maximum(basic_loss, 0.0)", "basic_loss"),
    ),
    slip(
        triplet_loss,
        "margin-left-out+mean",
        (MARGIN, "pos_dist - neg_dist"),
        ("loss = tf.reduce_sum(", "loss = tf.reduce_mean("),
    ),
    # batch_hard_triplets
    slip(
        batch_hard_triplets,
        "easy-positive",
        ("d > worst", "d < worst"),
        ("best_p, worst = -1, -1", "best_p, worst = -1, np.inf"),
    ),
    slip(
        batch_hard_triplets,
        "easy-negative",
        ("d < nearest", "d > nearest"),
        ("best_n, nearest = -1, np.inf", "best_n, nearest = -1, -1"),
    ),
    slip(
        batch_hard_triplets,
        "both-exchanged",
        ("d > worst", "d < worst"),
        ("best_p, worst = -1, -1", "best_p, worst = -1, np.inf"),
        ("d < nearest", "d > nearest"),
        ("best_n, nearest = -1, np.inf", "best_n, nearest = -1, -1"),
    ),
    slip(batch_hard_triplets, "itself-as-positive", (" and i != a", "")),
    slip(batch_hard_triplets, "labels-ignored", ("if labels[i] != labels[a]:", "if i != a:")),
    slip(batch_hard_triplets, "negative-before-positive", ("[a, best_p, best_n]", "[a, best_n, best_p]")),
    slip(
        batch_hard_triplets,
        "nobody-left",
        ("        if best_p >= 0 and best_n >= 0:\n            triplets", "        triplets"),
    ),
    slip(
        batch_hard_triplets,
        "indices-wanted",
        ("[a, best_p, best_n]", "[embeddings[a], embeddings[best_p], embeddings[best_n]]"),
        (", dtype=int).reshape(-1, 3)", ")"),
    ),
    # semi_hard_triplets
    slip(semi_hard_triplets, "hard-too", ("d_ap < d_an < d_ap + alpha", "d_an < d_ap + alpha")),
    slip(semi_hard_triplets, "no-margin", ("d_ap < d_an < d_ap + alpha", "d_ap < d_an")),
    slip(semi_hard_triplets, "as-far-as-the-positive", ("d_ap < d_an < d_ap", "d_ap <= d_an < d_ap")),
    slip(semi_hard_triplets, "at-the-margin", ("d_an < d_ap + alpha", "d_an <= d_ap + alpha")),
    slip(
        semi_hard_triplets,
        "farthest",
        ("d_an < nearest", "d_an > nearest"),
        ("best, nearest = -1, np.inf", "best, nearest = -1, -1"),
    ),
    slip(
        semi_hard_triplets,
        "not-squared",
        ("np.sum((embeddings[a] - embeddings[p]) ** 2)", "np.linalg.norm(embeddings[a] - embeddings[p])"),
        ("np.sum((embeddings[a] - embeddings[n]) ** 2)", "np.linalg.norm(embeddings[a] - embeddings[n])"),
    ),
    slip(semi_hard_triplets, "each-pair-once", ("for p in range(m)", "for p in range(a, m)")),
    slip(semi_hard_triplets, "itself-as-positive", ("a == p or ", "")),
    slip(
        semi_hard_triplets,
        "every-negative",
        (
            " and d_an < nearest:\n                    best, nearest = n, d_an",
            ":\n                    triplets.append([a, p, n])",
        ),
    ),
    slip(semi_hard_triplets, "negative-before-positive", ("[a, p, best]", "[a, best, p]")),
    slip(semi_hard_triplets, "margin-written-in", ("d_ap + alpha", "d_ap + 0.2")),
    # verify
    slip(
        verify,
        "squared",
        ("np.linalg.norm(encoding - database[identity])", "np.sum((encoding - database[identity]) ** 2)"),
    ),
    slip(
        verify,
        "sum-of-differences",
        ("np.linalg.norm(encoding - database[identity])", "np.sum(encoding - database[identity])"),
    ),
    slip(
        verify,
        "sum-of-absolutes",
        ("np.linalg.norm(encoding - database[identity])", "np.sum(np.abs(encoding - database[identity]))"),
    ),
    slip(verify, "opens-for-strangers", ("dist < 0.7", "dist > 0.7")),
    slip(verify, "results-exchanged", ("return dist, door_open", "return door_open, dist")),
    slip(verify, "results-missing", ("return dist, door_open", "return door_open")),
    slip(
        verify, "truth-of-an-array", ("np.linalg.norm(encoding - database[identity])", "encoding - database[identity]")
    ),
    slip(verify, "always-open", (DOOR, "    door_open = True\n")),
    slip(verify, "another-threshold", ("dist < 0.7", "dist < 0.5")),
    slip(
        verify,
        "difference-of-lengths",
        (
            "np.linalg.norm(encoding - database[identity])",
            "np.linalg.norm(encoding) - np.linalg.norm(database[identity])",
        ),
    ),
    slip(
        verify,
        "squared+opens-for-strangers",
        ("np.linalg.norm(encoding - database[identity])", "np.sum(np.square(encoding - database[identity]))"),
        ("dist < 0.7", "dist > 0.7"),
    ),
    slip(verify, "unknown-key", ("database[identity]", "database['identity']")),
    # who_is_it
    slip(
        who_is_it,
        "last-one",
        (
            "        if dist < min_dist:\n            min_dist = dist\n            identity = name\n",
            "        min_dist = dist\n        identity = name\n",
        ),
    ),
    slip(who_is_it, "farthest", ("dist < min_dist", "dist > min_dist"), ("min_dist = 100", "min_dist = 0")),
    slip(who_is_it, "name-of-the-last", ("            identity = name\n", "        identity = name\n")),
    slip(who_is_it, "squared", ("np.linalg.norm(encoding - db_enc)", "np.sum((encoding - db_enc) ** 2)")),
    slip(who_is_it, "results-exchanged", ("return min_dist, identity", "return identity, min_dist")),
    slip(
        who_is_it,
        "no-stranger",
        (
            "    return min_dist, identity",
            "    if min_dist > 0.7:\n        identity = None\n    return min_dist, identity",
        ),
    ),
    slip(
        who_is_it,
        "first-one",
        ("            identity = name\n", "            identity = name\n        return min_dist, identity\n"),
    ),
    slip(who_is_it, "start-returned", ("            min_dist = dist\n", "")),
    slip(who_is_it, "never-smaller", ("min_dist = 100", "min_dist = 0")),
    slip(who_is_it, "sum-of-absolutes", ("np.linalg.norm(encoding - db_enc)", "np.sum(np.abs(encoding - db_enc))")),
    # siamese_probability
    slip(siamese_probability, "no-absolute-value", ("abs(f1[k] - f2[k])", "(f1[k] - f2[k])")),
    slip(siamese_probability, "squared", ("abs(f1[k] - f2[k])", "(f1[k] - f2[k]) ** 2")),
    slip(siamese_probability, "no-bias", ("    z = z + b\n", "")),
    slip(siamese_probability, "bias-for-each-feature", ("abs(f1[k] - f2[k])\n    z = z + b", "abs(f1[k] - f2[k]) + b")),
    slip(siamese_probability, "no-sigmoid", ("return 1 / (1 + np.exp(-z))", "return z")),
    slip(siamese_probability, "exponent-without-minus", ("np.exp(-z)", "np.exp(z)")),
    slip(siamese_probability, "no-weights", ("w[k] * ", "")),
    slip(
        siamese_probability,
        "sigmoid-inside",
        ("w[k] * abs(f1[k] - f2[k])", "w[k] / (1 + np.exp(-abs(f1[k] - f2[k])))"),
        ("return 1 / (1 + np.exp(-z))", "return z"),
    ),
    slip(siamese_probability, "no-absolute-value+no-bias", ("abs(f1[k] - f2[k])\n    z = z + b", "(f1[k] - f2[k])")),
    # chi_square
    slip(chi_square, "zero-by-zero", (ZEROS, "        if True:\n            total")),
    slip(chi_square, "not-squared", ("(f1[k] - f2[k]) ** 2", "(f1[k] - f2[k])")),
    slip(chi_square, "not-squared", ("(f1[k] - f2[k]) ** 2", "abs(f1[k] - f2[k])")),
    slip(chi_square, "brackets-missing", ("** 2 / (f1[k] + f2[k])", "** 2 / f1[k] + f2[k]")),
    slip(chi_square, "halved", ("return total", "return total / 2")),
    slip(chi_square, "denominator-squared", ("/ (f1[k] + f2[k])", "/ (f1[k] + f2[k]) ** 2")),
    slip(chi_square, "one-below-the-line", ("/ (f1[k] + f2[k])", "/ f2[k]")),
    slip(chi_square, "both-not-zero", ("f1[k] + f2[k] > 0:", "f1[k] > 0 and f2[k] > 0:")),
]


@whole("chi_square", "zero-by-zero")
def chi_square_at_once(f1, f2):
    return np.sum((f1 - f2) ** 2 / (f1 + f2))


@whole("chi_square", "not-squared+zero-by-zero")
def chi_square_without_squares(f1, f2):
    return np.sum(np.abs(f1 - f2) / (f1 + f2))


@whole("chi_square", "divided-at-the-end")
def chi_square_of_sums(f1, f2):
    return np.sum((f1 - f2) ** 2) / np.sum(f1 + f2)


@whole("siamese_probability", "no-absolute-value")
def siamese_with_dot(f1, f2, w, b):
    return 1 / (1 + np.exp(-(np.dot(w, f1 - f2) + b)))


@whole("batch_hard_triplets", "nobody-left")
def hard_without_a_guard(embeddings, labels):
    triplets = []
    for a in range(len(labels)):
        d = np.sum((embeddings - embeddings[a]) ** 2, axis=1)
        pos = [i for i in range(len(labels)) if labels[i] == labels[a] and i != a]
        neg = [i for i in range(len(labels)) if labels[i] != labels[a]]
        triplets.append((a, pos[np.argmax(d[pos])], neg[np.argmin(d[neg])]))
    return np.array(triplets)
