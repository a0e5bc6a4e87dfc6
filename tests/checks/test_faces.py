"""The references of notebook 13 against TensorFlow and scikit-learn, its numbers, and its drawn faces."""

import jaxtyping
import numpy as np
import pytest
import tensorflow as tf
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from solution_functions import functions

from dlcourse import checks, faces
from dlcourse.data import drawn_faces
from dlcourse.data.embedding import embedding_network, train_on_triplets
from dlcourse.widgets.faces import ThresholdExplorer

NAMES = [exercise.name for exercise in checks.exercises("faces")]


@pytest.fixture(scope="module")
def solution():
    return functions("faces")


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes(solution, name):
    report = checks.run("faces", name, getattr(solution, name), seed=3)
    assert report.passed, report.failures[0].message


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 8), st.floats(0, 2), st.integers(0, 10**6))
def test_reference_solution_and_tensorflow_agree_on_the_loss(m, d, alpha, seed):
    parts = list(np.random.default_rng(seed).normal(size=(3, m, d)))
    near = tf.norm(parts[0] - parts[1], axis=-1) ** 2
    far = tf.norm(parts[0] - parts[2], axis=-1) ** 2
    expected = tf.reduce_sum(tf.nn.relu(near - far + alpha)).numpy()
    assert float(faces.triplet_loss(None, parts, alpha)) == pytest.approx(expected, abs=1e-9)
    assert float(functions("faces").triplet_loss(None, parts, alpha)) == pytest.approx(expected, abs=1e-9)


def differently_written():
    def triplet_loss(y_true, y_pred, alpha=0.2):
        return sum(
            tf.maximum(tf.norm(a - p) ** 2 - tf.tensordot(a - n, a - n, 1) + tf.constant(alpha), tf.constant(0.0))
            for a, p, n in zip(*y_pred, strict=True)
        )

    def batch_hard_triplets(embeddings, labels):
        rows = faces.batch_hard_triplets(embeddings, labels)
        return [tuple(row) for row in rows[::-1]]

    def semi_hard_triplets(embeddings, labels, alpha=0.2):
        return faces.semi_hard_triplets(embeddings, labels, alpha)[::-1].tolist()

    def verify(image_path, identity, database, model):
        from dlcourse.faces import img_to_encoding

        difference = tf.cast(img_to_encoding(image_path, model) - database[identity], tf.float32)
        dist = tf.norm(difference)
        return dist, tf.less(dist, 0.7)

    def who_is_it(image_path, database, model):
        from dlcourse.faces import img_to_encoding

        encoding = img_to_encoding(image_path, model)
        return min((float(np.linalg.norm(encoding - known)), name) for name, known in database.items())

    def choose_threshold(different, rate):
        return max(np.float32(limit) for limit in different if np.mean(different < limit) <= rate)

    def siamese_probability(f1, f2, w, b):
        return tf.sigmoid(tf.tensordot(w, tf.abs(f1 - f2), 1) + b)

    def chi_square(f1, f2):
        return sum((a - b) ** 2 / (a + b) if a + b else 0.0 for a, b in zip(f1, f2, strict=True))

    return locals()


@pytest.mark.parametrize("name", sorted(differently_written()))
def test_a_right_answer_passes_however_it_is_written(name):
    report = checks.run("faces", name, differently_written()[name], seed=5)
    assert report.passed, report.failures[0].message


def test_the_numbers_of_the_curriculum():
    assert round(0.99**100, 3) == 0.366
    assert round(0.999**100, 3) == 0.905
    apart = [np.zeros((1, 2)), np.array([[1.0, 0.0]]), np.array([[np.sqrt(1.2), 0.0]])]
    assert float(faces.triplet_loss(None, apart, 0.2)) == pytest.approx(0, abs=1e-12)
    assert float(faces.triplet_loss(None, apart, 0.3)) == pytest.approx(0.1)


def test_the_chosen_threshold_is_the_largest_that_lets_in_no_more_than_the_rate():
    rng = np.random.default_rng(0)
    for n, rate in ((1, 0.0), (7, 0.5), (100, 0.03), (33, 0.999)):
        different = rng.normal(size=n)
        threshold = faces.choose_threshold(different, rate)
        assert np.mean(different < threshold) <= rate < np.mean(different <= threshold)


def test_chi_square_is_scikit_learns():
    from sklearn.metrics.pairwise import additive_chi2_kernel

    rng = np.random.default_rng(0)
    f1, f2 = rng.uniform(0.1, 1, size=(2, 7))
    checked = jaxtyping.jaxtyped(faces.chi_square, typechecker=beartype)
    assert checked(f1, f2) == pytest.approx(-additive_chi2_kernel(f1[None], f2[None]).item())


def test_every_triplet_is_one():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, size=20)
    embeddings = rng.normal(size=(20, 3))
    distances = faces.squared_distances(embeddings)
    for a, p, n in faces.semi_hard_triplets(embeddings, labels, 1.0):
        assert a != p
        assert labels[a] == labels[p] != labels[n]
        assert distances[a, p] < distances[a, n] < distances[a, p] + 1.0
    for a, p, n in faces.batch_hard_triplets(embeddings, labels):
        assert distances[a, p] == max(distances[a, i] for i in range(20) if labels[i] == labels[a] and i != a)
        assert distances[a, n] == min(distances[a, i] for i in range(20) if labels[i] != labels[a])


def test_an_empty_database_is_refused():
    with pytest.raises(ValueError, match="nobody"):
        faces.who_is_it("picture.png", {}, None)


def test_faces_are_drawn_from_the_seed_alone():
    def drawn(seed):
        rng = np.random.default_rng(seed)
        return drawn_faces.pictures(drawn_faces.identities(3, rng), 2, rng)

    first, labels = drawn(1)
    np.testing.assert_array_equal(first, drawn(1)[0])
    assert not np.array_equal(first, drawn(2)[0])
    assert first.shape == (6, 32, 32, 3)
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert first.min() >= 0
    assert first.max() <= 1


def test_training_brings_pictures_of_one_person_together():
    rng = np.random.default_rng(0)
    pictures, labels = drawn_faces.pictures(drawn_faces.identities(12, rng), 8, rng)
    tf.keras.utils.set_random_seed(0)
    network = embedding_network()

    def spread():
        distances = faces.squared_distances(network(pictures).numpy())
        same = labels[:, None] == labels[None]
        return distances[same].mean() / distances[~same].mean()

    before = spread()
    train_on_triplets(
        network,
        pictures,
        labels,
        lambda e, y, done: faces.semi_hard_triplets(e, y),
        functions("faces").triplet_loss,
        steps=30,
    )
    assert spread() < 0.7 * before


def test_hard_triplets_from_the_start_end_at_one_point():
    rng = np.random.default_rng(0)
    pictures, labels = drawn_faces.pictures(drawn_faces.identities(20, rng), 5, rng)
    tf.keras.utils.set_random_seed(0)
    spread = []

    def hardest(embeddings, labels, done):
        spread.append(np.sqrt(faces.squared_distances(embeddings)).mean())
        return faces.batch_hard_triplets(embeddings, labels)

    loss = functions("faces").triplet_loss
    history = train_on_triplets(embedding_network(), pictures, labels, hardest, loss, steps=12)
    assert spread[-1] < 0.3 * spread[0]
    assert history[-1] == pytest.approx(0.2, abs=0.01)  # the margin: both distances are nearly 0


def test_moving_the_threshold_changes_who_is_let_in():
    explorer = ThresholdExplorer(np.array([0.1, 0.4, 0.9]), np.array([0.5, 1.0, 1.2]), 0.6)
    assert explorer.rates() == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    before = explorer._draw()[0].data
    explorer.slider.value = 1.1
    assert explorer.rates() == (1.0, pytest.approx(2 / 3))
    assert explorer._draw()[0].data != before
