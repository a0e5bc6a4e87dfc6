"""Triplet loss and its mining, verification and recognition, siamese probability: the references of notebook 13.

An embedding is a vector that a network makes of a picture; distances between embeddings are Euclidean, and squared
where a docstring says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

if TYPE_CHECKING:
    import tensorflow as tf

GIVEN = ("img_to_encoding",)  # to notebooks, also while these are graded

# The distance below which two pictures count as the same person, as the well-known course has it. Notebook 13 finds
# the threshold of its own network from pairs that were not used for training.
THRESHOLD = 0.7


def triplet_loss(y_true: object, y_pred: Sequence[Float[tf.Tensor, "m d"]], alpha: float = 0.2) -> Float[tf.Tensor, ""]:
    """sum over the batch of max(||A - P||^2 - ||A - N||^2 + alpha, 0).

    Args:
        y_true: not used; Keras hands it to every loss.
        y_pred: embeddings of the anchors, the positives and the negatives; arrays do as well.
        alpha: the margin, in squared distance.

    Source: Schroff, Kalenichenko and Philbin, FaceNet (2015), equation 3.
    """
    import tensorflow as tf

    anchor, positive, negative = (tf.convert_to_tensor(part) for part in y_pred)
    to_positive = tf.reduce_sum(tf.square(anchor - positive), axis=-1)
    to_negative = tf.reduce_sum(tf.square(anchor - negative), axis=-1)
    return tf.reduce_sum(tf.nn.relu(to_positive - to_negative + alpha))


def squared_distances(embeddings: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m m"]:
    """||x_i - x_j||^2 for all pairs."""
    difference = embeddings[:, None] - embeddings[None, :]
    return np.einsum("ijd,ijd->ij", difference, difference)


def batch_hard_triplets(
    embeddings: Float[np.ndarray, "m d"], labels: Int[np.ndarray, " m"]
) -> Int[np.ndarray, "triplets 3"]:
    """For each anchor that has one of each: its farthest positive and its nearest negative, as indices (a, p, n).

    Source: Hermans, Beyer and Leibe, In Defense of the Triplet Loss (2017), section 2.
    """
    distances = squared_distances(embeddings)
    same = labels[:, None] == labels[None, :]
    positive = same & ~np.eye(len(labels), dtype=bool)
    anchors = np.flatnonzero(positive.any(axis=1) & ~same.all(axis=1))
    farthest = np.where(positive, distances, -np.inf).argmax(axis=1)
    nearest = np.where(same, np.inf, distances).argmin(axis=1)
    return np.stack([anchors, farthest[anchors], nearest[anchors]], axis=1).astype(int)


def semi_hard_triplets(
    embeddings: Float[np.ndarray, "m d"], labels: Int[np.ndarray, " m"], alpha: float = 0.2
) -> Int[np.ndarray, "triplets 3"]:
    """For each anchor and positive: the nearest negative that is farther than the positive by less than alpha.

    Distances are squared; a pair without such a negative gives no triplet.

    Source: FaceNet (2015), equation 4 and the text around it.
    """
    distances = squared_distances(embeddings)
    same = labels[:, None] == labels[None, :]
    anchors, positives = np.nonzero(same & ~np.eye(len(labels), dtype=bool))
    gap = distances[anchors] - distances[anchors, positives][:, None]  # (pairs, m)
    allowed = ~same[anchors] & (gap > 0) & (gap < alpha)
    nearest = np.where(allowed, gap, np.inf).argmin(axis=1)
    kept = allowed.any(axis=1)
    return np.stack([anchors, positives, nearest], axis=1)[kept].astype(int)


def verify(image_path: str, identity: str, database: Mapping, model: object) -> tuple[float, bool]:
    """Whether the picture shows the person `identity`.

    Args:
        database: the encoding of each person's picture, by name.
        model: what `img_to_encoding` makes an encoding with.

    Returns:
        The distance (not squared) to the database's encoding, and whether it is below 0.7.

    Raises:
        KeyError: nobody of that name is in the database.
    """
    distance = float(np.linalg.norm(img_to_encoding(image_path, model) - database[identity]))
    return distance, distance < THRESHOLD


def who_is_it(image_path: str, database: Mapping, model: object) -> tuple[float, str]:
    """The nearest person of the database, however far: the distance (not squared) and the name.

    Raises:
        ValueError: the database is empty.
    """
    if not database:
        raise ValueError("The database has nobody in it.")
    encoding = img_to_encoding(image_path, model)
    distances = {name: float(np.linalg.norm(encoding - known)) for name, known in database.items()}
    identity = min(distances, key=distances.get)
    return distances[identity], identity


def choose_threshold(different: Float[np.ndarray, " n"], rate: float) -> float:
    """The largest threshold that lets in at most `rate` of the strangers: a door opens below it.

    Args:
        different: distances of pairs that show two persons.
        rate: from 0 to below 1, the false-accept rate that is allowed.
    """
    return float(np.sort(different)[int(rate * len(different))])


def siamese_probability(
    f1: Float[np.ndarray, " d"], f2: Float[np.ndarray, " d"], w: Float[np.ndarray, " d"], b: float
) -> float:
    """sigma(sum_k w_k |f1_k - f2_k| + b): the probability that two pictures show one person.

    Source: Taigman, Yang, Ranzato and Wolf, DeepFace (2014), section 4.2.
    """
    z = float(np.dot(w, np.abs(f1 - f2)) + b)
    return float(0.5 * (1.0 + np.tanh(z / 2)))  # the same function, without an overflow for large -z


def chi_square(f1: Float[np.ndarray, " d"], f2: Float[np.ndarray, " d"]) -> float:
    """sum_k (f1_k - f2_k)^2 / (f1_k + f2_k), for features that are not negative; 0 / 0 counts as 0.

    Source: DeepFace (2014), section 4.1 (there with a weight for each k).
    """
    total = f1 + f2
    return float(np.sum(np.divide((f1 - f2) ** 2, total, out=np.zeros_like(total, dtype=float), where=total > 0)))


def img_to_encoding(image_path: str | Path, model: object) -> Float[np.ndarray, "1 d"]:
    """The encoding of one picture, of length 1.

    Args:
        image_path: a picture file; its pixels are scaled to [0, 1] and resized to what the model takes.
        model: a Keras model for one picture, or anything with `predict_on_batch` and `input_shape`.

    Raises:
        FileNotFoundError: there is no such file.
    """
    from PIL import Image

    _, height, width, channels = model.input_shape
    with Image.open(image_path) as picture:
        picture = picture.convert("L" if channels == 1 else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height))
        pixels = np.asarray(picture, dtype=np.float32) / 255.0
    encoding = np.asarray(model.predict_on_batch(pixels.reshape(1, height, width, channels)))
    return encoding / np.linalg.norm(encoding, ord=2)
